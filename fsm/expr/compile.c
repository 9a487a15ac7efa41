/* Turns a checked tree into a program: constants folded, common nodes fused, cost bounded. */
#include "fsm/expr/check.h"
#include "fsm/expr/cost.h"
#include "fsm/expr/program.h"

#include <assert.h>
#include <string.h>

enum { FOLD_BUDGET = 20000, NO_LOCAL = 1000 };

struct compiler {
    struct arena *arena;
    const struct expr_request *request;
    struct fault *fault;
    struct expr_variable *reads;
    size_t read_count;
    size_t read_capacity;
    const struct value *constant_error;
};

/* A part that has been made. */
struct made {
    struct expr_node *node;
    struct cost cost;
    bool varies;           /* reads a variable, a state, a zone or asks the host */
    uint32_t lowest_local; /* the outermost macro variable it reads, NO_LOCAL for none */
    uint64_t sizes[2];     /* of its first two parts' values */
};

static enum status compile(struct compiler *compiler, const struct syntax *tree, struct made *out);

/* --- what is read ----------------------------------------------------------------------------- */

static enum status note_read(struct compiler *compiler, const struct expr_variable *variable)
{
    for (size_t i = 0; i < compiler->read_count; i++)
        if (compiler->reads[i].bank == variable->bank &&
            compiler->reads[i].index == variable->index)
            return STATUS_OK;
    if (compiler->read_count == compiler->read_capacity) {
        size_t capacity = compiler->read_capacity == 0 ? 4 : compiler->read_capacity * 2;
        struct expr_variable *reads = arena_array(compiler->arena, capacity, sizeof *reads);
        if (reads == NULL)
            return STATUS_FULL;
        if (compiler->read_count > 0)
            memcpy(reads, compiler->reads, compiler->read_count * sizeof *reads);
        compiler->reads = reads;
        compiler->read_capacity = capacity;
    }
    struct expr_variable copy = *variable;
    copy.name = arena_copy(compiler->arena, variable->name, strlen(variable->name));
    if (copy.name == NULL)
        return STATUS_FULL;
    compiler->reads[compiler->read_count++] = copy;
    return STATUS_OK;
}

/* --- folding and fusing ----------------------------------------------------------------------- */

static void become_constant(struct compiler *compiler, struct made *made, struct value value)
{
    struct expr_node *node = made->node;
    uint32_t column = node->column;
    *node = (struct expr_node){.op = OP_CONSTANT, .column = column, .weight = 1, .constant = value};
    made->varies = false;
    made->lowest_local = NO_LOCAL;
    made->cost = expr_cost_of_value(value);
    made->cost.steps = 1;
    if (value.kind == VALUE_ERROR && compiler->constant_error == NULL)
        compiler->constant_error = &node->constant;
}

/* Evaluates a part that reads nothing that can change. */
static void fold(struct compiler *compiler, struct made *made)
{
    if (made->varies || made->lowest_local != NO_LOCAL || made->node->op == OP_CONSTANT)
        return;
    static const struct expr_input nothing = {0};
    struct expr_run run = {.input = &nothing, .arena = compiler->arena, .budget = FOLD_BUDGET};
    struct arena_mark mark = arena_mark(compiler->arena);
    struct value value = expr_run_node(&run, made->node);
    bool is_held =
        value.kind == VALUE_STRING || value.kind == VALUE_LIST || value.kind == VALUE_MAP;
    if (!is_held)
        arena_rewind(compiler->arena, mark); /* whatever it took to get there */
    enum value_error error = value.kind == VALUE_ERROR ? value.as.error : VALUE_ERROR_NONE;
    if (error == VALUE_ERROR_BUDGET || error == VALUE_ERROR_MEMORY || error == VALUE_ERROR_ZONE)
        made->varies = true; /* it depends on the evaluation's input after all */
    else
        become_constant(compiler, made, value);
}

static bool is_constant_bool(const struct expr_node *node, bool wanted)
{
    return node->op == OP_CONSTANT && node->constant.kind == VALUE_BOOL &&
           node->constant.as.boolean == wanted;
}

/* x || true is true whatever x is, an error included. */
static void decide_logic(struct compiler *compiler, struct made *made)
{
    bool deciding = made->node->op == OP_OR;
    for (uint32_t i = 0; i < made->node->count; i++) {
        if (is_constant_bool(made->node->list[i], deciding)) {
            become_constant(compiler, made, value_bool(deciding));
            return;
        }
    }
}

static uint8_t mirrored(uint8_t op)
{
    switch (op) {
    case OP_LESS:
        return OP_GREATER;
    case OP_LESS_EQUAL:
        return OP_GREATER_EQUAL;
    case OP_GREATER:
        return OP_LESS;
    case OP_GREATER_EQUAL:
        return OP_LESS_EQUAL;
    default: /* == != + are their own */
        return op;
    }
}

static bool is_fusable(const struct expr_node *node, struct value constant)
{
    bool is_equality = node->op == OP_EQUAL || node->op == OP_UNEQUAL;
    return constant.kind == VALUE_INT || (constant.kind == VALUE_STRING && is_equality);
}

/* Makes one node of a variable and a constant int, or a string it is compared with. */
static void fuse(struct expr_node *node)
{
    bool is_comparison = node->op >= OP_EQUAL && node->op <= OP_GREATER_EQUAL;
    bool is_sum = node->op == OP_ADD || node->op == OP_SUBTRACT;
    if (!is_comparison && !is_sum)
        return;
    const struct expr_node *a = node->a;
    const struct expr_node *b = node->b;
    if (a->op == OP_CONSTANT && b->op == OP_VARIABLE && node->op != OP_SUBTRACT &&
        is_fusable(node, a->constant)) {
        node->a = b;
        node->b = a;
        node->op = mirrored(node->op);
        a = node->a;
        b = node->b;
    }
    if (a->op != OP_VARIABLE || b->op != OP_CONSTANT || !is_fusable(node, b->constant))
        return;
    node->bank = a->bank;
    node->index = a->index;
    node->constant = b->constant;
    if (b->constant.kind == VALUE_STRING)
        node->op = node->op == OP_EQUAL ? OP_VARIABLE_IS : OP_VARIABLE_IS_NOT;
    else if (is_comparison)
        node->op = (uint8_t)(OP_VARIABLE_EQUAL + (node->op - OP_EQUAL));
    else
        node->op = node->op == OP_ADD ? OP_VARIABLE_ADD : OP_VARIABLE_SUBTRACT;
}

/* --- calls ------------------------------------------------------------------------------------ */

/* Adds what matching costs: the text times the pattern's instructions. */
static void add_match_cost(struct made *made, uint64_t instructions)
{
    uint64_t bytes = made->sizes[0];
    uint64_t steps = bytes < COST_MAX / PATTERN_INSTRUCTIONS_MAX
                         ? bytes * instructions / EXPR_STEP_BYTES
                         : COST_MAX;
    made->cost.steps = made->cost.steps + steps < COST_MAX ? made->cost.steps + steps : COST_MAX;
}

/* text.matches('constant'): the pattern is read now, and refused now. */
static enum status compile_pattern(struct compiler *compiler, const struct syntax *tree,
                                   struct made *made, const struct expr_node *pattern)
{
    struct expr_node *node = made->node;
    size_t offset;
    const char *sentence = NULL;
    struct value text = pattern->constant;
    enum status status = expr_pattern_compile(compiler->arena, text.as.text, text.size,
                                              &node->as.pattern, &offset, &sentence);
    if (status == STATUS_OK) {
        node->op = OP_MATCHES;
        add_match_cost(made, expr_pattern_size(node->as.pattern));
        return STATUS_OK;
    }
    if (sentence == NULL)
        return STATUS_FULL;
    (void)expr_syntax_fault(compiler->request->text, tree->parts[1]->offset, compiler->fault,
                            "pattern: %s (at its byte %zu)", sentence,
                            offset + 1); /* reported with the status */
    return status;
}

static void make_operator(struct expr_node *node, const struct syntax *tree)
{
    node->op = tree->function->op;
    node->a = node->list[0];
    node->b = node->count > 1 ? node->list[1] : NULL;
    node->c = node->count > 2 ? node->list[2] : NULL;
    node->list = NULL;
    node->count = 0;
}

static enum status compile_call(struct compiler *compiler, const struct syntax *tree,
                                struct made *made)
{
    struct expr_node *node = made->node;
    if (tree->is_state) {
        node->op = OP_ACTIVE;
        node->index = (uint16_t)tree->state;
        node->list = NULL;
        node->count = 0;
        made->varies = true;
        return STATUS_OK;
    }
    if (tree->host != NULL) {
        node->op = OP_HOST;
        node->as.host = tree->host;
        made->varies = true;
        return STATUS_OK;
    }
    if (tree->function->op != OP_CALL) {
        make_operator(node, tree);
        return STATUS_OK;
    }
    node->op = OP_CALL;
    node->as.function = tree->function->call;
    const struct expr_node *second = node->count == 2 ? node->list[1] : NULL;
    if (tree->function->call == expr_library_matches && second->op == OP_CONSTANT &&
        second->constant.kind == VALUE_STRING) {
        node->a = node->list[0];
        return compile_pattern(compiler, tree, made, second);
    }
    if (tree->function->call == expr_library_matches) {
        add_match_cost(made, PATTERN_INSTRUCTIONS_MAX);
        made->cost.steps += made->sizes[1] < COST_MAX / PATTERN_REPEAT_MAX
                                ? made->sizes[1] * PATTERN_REPEAT_MAX / EXPR_STEP_BYTES
                                : COST_MAX;
    }
    return STATUS_OK;
}

/* --- the rest --------------------------------------------------------------------------------- */

static enum status compile_variable(struct compiler *compiler, const struct syntax *tree,
                                    struct made *made)
{
    made->node->bank = tree->variable->bank;
    made->node->index = tree->variable->index;
    made->node->op = tree->kind == SYNTAX_HAS ? OP_HAS_VARIABLE : OP_VARIABLE;
    made->varies = true;
    return note_read(compiler, tree->variable);
}

static void compile_macro(const struct syntax *tree, struct made *made)
{
    struct expr_node *node = made->node;
    switch (tree->kind) {
    case SYNTAX_ALL:
        node->op = OP_ALL;
        break;
    case SYNTAX_EXISTS:
        node->op = OP_EXISTS;
        break;
    case SYNTAX_EXISTS_ONE:
        node->op = OP_EXISTS_ONE;
        break;
    case SYNTAX_FILTER:
        node->op = OP_FILTER;
        break;
    case SYNTAX_TRANSFORM:
        node->op = OP_TRANSFORM;
        break;
    default:
        assert(tree->kind == SYNTAX_BIND);
        node->op = OP_BIND;
        break;
    }
    node->index = (uint16_t)tree->local;
    node->a = node->list[0];
    node->b = node->list[1];
    node->c = node->count > 2 ? node->list[2] : NULL;
    node->list = NULL;
    node->count = 0;
    if (made->lowest_local >= tree->local)
        made->lowest_local = NO_LOCAL;
}

static enum status fill_in(struct compiler *compiler, const struct syntax *tree, struct made *made)
{
    struct expr_node *node = made->node;
    if (tree->variable != NULL)
        return compile_variable(compiler, tree, made);
    switch (tree->kind) {
    case SYNTAX_LITERAL:
        node->constant = tree->literal;
        return STATUS_OK;
    case SYNTAX_NAME:
        if (tree->local != 0) {
            node->op = OP_LOCAL;
            node->index = (uint16_t)(tree->local - 1);
            made->lowest_local = node->index;
        } else {
            node->constant = tree->literal;
        }
        return STATUS_OK;
    case SYNTAX_SELECT:
    case SYNTAX_HAS:
        if (tree->is_constant_name) {
            node->constant = tree->literal;
            return STATUS_OK;
        }
        node->op = tree->kind == SYNTAX_SELECT ? OP_SELECT : OP_HAS;
        node->constant = tree->name;
        node->a = node->list[0];
        return STATUS_OK;
    case SYNTAX_CALL:
    case SYNTAX_METHOD:
        return compile_call(compiler, tree, made);
    case SYNTAX_AND:
    case SYNTAX_OR:
        node->op = tree->kind == SYNTAX_AND ? OP_AND : OP_OR;
        return STATUS_OK;
    case SYNTAX_LIST:
    case SYNTAX_MAP:
        node->op = tree->kind == SYNTAX_LIST ? OP_LIST : OP_MAP;
        return STATUS_OK;
    case SYNTAX_ALL:
    case SYNTAX_EXISTS:
    case SYNTAX_EXISTS_ONE:
    case SYNTAX_FILTER:
    case SYNTAX_TRANSFORM:
    case SYNTAX_BIND:
        compile_macro(tree, made);
        return STATUS_OK;
    }
    assert(!"a kind of its own");
    return STATUS_INTERNAL;
}

/* Whether the tree's parts are parts of its node too: not those of a dotted variable. */
static bool has_parts(const struct syntax *tree)
{
    return tree->count > 0 && tree->variable == NULL && !tree->is_constant_name && !tree->is_state;
}

static bool is_macro(const struct syntax *tree)
{
    return tree->kind == SYNTAX_ALL || tree->kind == SYNTAX_EXISTS ||
           tree->kind == SYNTAX_EXISTS_ONE || tree->kind == SYNTAX_FILTER ||
           tree->kind == SYNTAX_TRANSFORM;
}

static enum status compile_parts(struct compiler *compiler, const struct syntax *tree,
                                 struct made *made)
{
    if (!has_parts(tree)) {
        made->cost = expr_cost_of_tree(tree, NULL);
        return STATUS_OK;
    }
    const struct expr_node **list = arena_array(compiler->arena, tree->count, sizeof *list);
    struct cost *costs = arena_array(compiler->arena, tree->count, sizeof *costs);
    if (list == NULL || costs == NULL)
        return STATUS_FULL;
    for (uint32_t i = 0; i < tree->count; i++) {
        struct made part;
        enum status status = compile(compiler, tree->parts[i], &part);
        if (status != STATUS_OK)
            return status;
        list[i] = part.node;
        costs[i] = part.cost;
        if (i < 2)
            made->sizes[i] = part.cost.size;
        made->varies |= part.varies;
        if (part.lowest_local < made->lowest_local)
            made->lowest_local = part.lowest_local;
        if (i == 0 || !is_macro(tree))
            made->node->weight += part.node->weight; /* a macro charges for its body itself */
    }
    made->node->list = list;
    made->node->count = tree->count;
    made->cost = expr_cost_of_tree(tree, costs);
    return STATUS_OK;
}

/* A choice that is always the same is made now. */
static void decide_condition(struct made *made)
{
    const struct expr_node *node = made->node;
    if (is_constant_bool(node->a, true) || is_constant_bool(node->a, false))
        *made->node = node->a->constant.as.boolean ? *node->b : *node->c;
}

static enum status compile(struct compiler *compiler, const struct syntax *tree, struct made *out)
{
    struct made made = {.lowest_local = NO_LOCAL};
    made.node = arena_alloc(compiler->arena, sizeof *made.node);
    if (made.node == NULL)
        return STATUS_FULL;
    made.node->op = OP_CONSTANT;
    made.node->column = tree->offset + 1;
    made.node->weight = 1;
    enum status status = compile_parts(compiler, tree, &made);
    if (status == STATUS_OK)
        status = fill_in(compiler, tree, &made);
    if (status != STATUS_OK)
        return status;
    fold(compiler, &made);
    if (made.node->op == OP_AND || made.node->op == OP_OR)
        decide_logic(compiler, &made);
    else if (made.node->op == OP_CONDITION)
        decide_condition(&made);
    else
        fuse(made.node);
    *out = made;
    return STATUS_OK;
}

static enum status check_cost(const struct compiler *compiler, uint64_t steps)
{
    uint64_t most = compiler->request->cost_max != 0 ? compiler->request->cost_max : EXPR_COST_MAX;
    if (steps <= most)
        return STATUS_OK;
    (void)fault_set(compiler->fault, 1, 1,
                    "the expression may take %llu steps, more than the %llu allowed",
                    (unsigned long long)steps, (unsigned long long)most); /* the hint follows */
    fault_hint(compiler->fault, "declare a max_size for the lists, maps and strings it reads");
    return STATUS_INVALID_ARGUMENT;
}

static enum status build(struct compiler *compiler, const struct expr_program **out_program)
{
    const struct expr_request *request = compiler->request;
    struct syntax *tree;
    const struct expr_type *type;
    enum status status =
        expr_syntax_parse(compiler->arena, request->text, request->size, &tree, compiler->fault);
    if (status == STATUS_OK)
        status = expr_check_tree(compiler->arena, request, tree, &type, compiler->fault);
    struct made root;
    if (status == STATUS_OK)
        status = compile(compiler, tree, &root);
    if (status == STATUS_OK)
        status = check_cost(compiler, root.cost.steps);
    if (status != STATUS_OK)
        return status;
    struct expr_program *program = arena_alloc(compiler->arena, sizeof *program);
    if (program == NULL)
        return STATUS_FULL;
    *program = (struct expr_program){.root = root.node,
                                     .type = type,
                                     .cost = root.cost.steps,
                                     .constant_error = compiler->constant_error,
                                     .reads = compiler->reads,
                                     .read_count = compiler->read_count};
    *out_program = program;
    return STATUS_OK;
}

enum status expr_compile(struct arena *arena, const struct expr_request *request,
                         const struct expr_program **out_program, struct fault *out_fault)
{
    assert(request->text != NULL || request->size == 0);
    struct compiler compiler = {.arena = arena, .request = request, .fault = out_fault};
    bool was_full = arena_full(arena);
    enum status status = build(&compiler, out_program);
    /* Without memory a name may not have been recognised: do not blame the source. */
    return status != STATUS_OK && !was_full && arena_full(arena) ? STATUS_FULL : status;
}

const struct expr_type *expr_result_type(const struct expr_program *program)
{
    return program->type;
}

uint64_t expr_cost(const struct expr_program *program)
{
    return program->cost;
}

const struct value *expr_constant(const struct expr_program *program)
{
    return program->root->op == OP_CONSTANT ? &program->root->constant : NULL;
}

const struct value *expr_constant_error(const struct expr_program *program)
{
    return program->constant_error;
}

const struct expr_variable *expr_reads(const struct expr_program *program, size_t *out_count)
{
    *out_count = program->read_count;
    return program->reads;
}
