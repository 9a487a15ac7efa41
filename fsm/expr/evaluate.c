/* Evaluation: one function that dispatches on a node and calls itself for its parts. The first
 * error a part has is the whole's, but for && || and the macros made of them. */
#include "fsm/expr/arithmetic.h"
#include "fsm/expr/library.h"
#include "fsm/expr/program.h"

#include <assert.h>
#include <string.h>

static bool is_error(struct value value)
{
    return value.kind == VALUE_ERROR;
}

static struct value fail(const struct expr_node *node, enum value_error error)
{
    return value_error(error, node->column);
}

/* Gives an error made without one the column of its node. */
static struct value placed(const struct expr_node *node, struct value value)
{
    if (value.kind == VALUE_ERROR && value.size == 0)
        value.size = node->column;
    return value;
}

/* --- logic ------------------------------------------------------------------------------------ */

/* && and ||: the deciding value wins over any error, wherever it stands. */
static struct value run_logic(struct expr_run *run, const struct expr_node *node, bool deciding)
{
    struct value problem = {.kind = VALUE_UNSET};
    for (uint32_t i = 0; i < node->count; i++) {
        struct value part = expr_run_node(run, node->list[i]);
        if (part.kind == VALUE_BOOL) {
            if (part.as.boolean == deciding)
                return part;
        } else if (problem.kind == VALUE_UNSET) {
            problem = is_error(part) ? part : fail(node->list[i], VALUE_ERROR_NO_OVERLOAD);
        }
    }
    return problem.kind == VALUE_UNSET ? value_bool(!deciding) : problem;
}

static struct value run_not(struct expr_run *run, const struct expr_node *node)
{
    struct value a = expr_run_node(run, node->a);
    if (a.kind == VALUE_BOOL)
        return value_bool(!a.as.boolean);
    return is_error(a) ? a : fail(node, VALUE_ERROR_NO_OVERLOAD);
}

/* --- comparisons ------------------------------------------------------------------------------ */

/* Steps that comparing two values takes at most: sizes of all that is in the smaller one. */
static uint64_t steps_of(struct value value)
{
    if (value.kind == VALUE_STRING)
        return value.size / EXPR_STEP_BYTES;
    uint64_t steps = 0;
    if (value.kind == VALUE_LIST)
        for (uint32_t i = 0; i < value.size; i++)
            steps += 1 + steps_of(value.as.items[i]);
    if (value.kind == VALUE_MAP)
        for (uint32_t i = 0; i < value.size; i++)
            steps += value.size / 4 + 1 + steps_of(value.as.entries[i].value);
    return steps;
}

static struct value run_equality(struct expr_run *run, const struct expr_node *node, bool wanted)
{
    struct value a = expr_run_node(run, node->a);
    if (is_error(a))
        return a;
    struct value b = expr_run_node(run, node->b);
    if (is_error(b))
        return b;
    if (a.kind == VALUE_INT && b.kind == VALUE_INT)
        return value_bool((a.as.integer == b.as.integer) == wanted);
    bool has_parts = a.kind == VALUE_LIST || a.kind == VALUE_MAP;
    if (has_parts && a.kind == b.kind && !expr_charge(run, steps_of(a)))
        return fail(node, VALUE_ERROR_BUDGET);
    return value_bool(value_equal(a, b) == wanted);
}

static bool order_holds(enum expr_op op, int order)
{
    switch (op) {
    case OP_LESS:
        return order < 0;
    case OP_LESS_EQUAL:
        return order <= 0;
    case OP_GREATER:
        return order > 0;
    default:
        return order >= 0;
    }
}

static bool is_ordered_number(struct value value)
{
    return value.kind == VALUE_INT || value.kind == VALUE_UINT || value.kind == VALUE_DOUBLE;
}

static struct value run_order(struct expr_run *run, const struct expr_node *node, enum expr_op op)
{
    struct value a = expr_run_node(run, node->a);
    if (is_error(a))
        return a;
    struct value b = expr_run_node(run, node->b);
    if (is_error(b))
        return b;
    int order;
    if (value_compare(a, b, &order))
        return value_bool(order_holds(op, order));
    if (is_ordered_number(a) && is_ordered_number(b))
        return value_bool(false); /* NaN */
    return fail(node, VALUE_ERROR_NO_OVERLOAD);
}

static bool holds(enum expr_op op, int64_t a, int64_t b)
{
    switch (op) {
    case OP_VARIABLE_EQUAL:
        return a == b;
    case OP_VARIABLE_UNEQUAL:
        return a != b;
    case OP_VARIABLE_LESS:
        return a < b;
    case OP_VARIABLE_LESS_EQUAL:
        return a <= b;
    case OP_VARIABLE_GREATER:
        return a > b;
    default:
        return a >= b;
    }
}

static bool is_same_text(struct value a, struct value b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.as.text, b.as.text, a.size) == 0);
}

/* --- sums of text and lists ------------------------------------------------------------------- */

static struct value add_strings(struct expr_run *run, struct value a, struct value b)
{
    if (a.size == 0 || b.size == 0)
        return a.size == 0 ? b : a;
    size_t size = (size_t)a.size + b.size;
    if (!expr_charge(run, size / EXPR_STEP_BYTES))
        return value_error(VALUE_ERROR_BUDGET, 0);
    char *text = size <= UINT32_MAX && run->arena != NULL ? arena_alloc(run->arena, size) : NULL;
    if (text == NULL)
        return value_error(VALUE_ERROR_MEMORY, 0);
    memcpy(text, a.as.text, a.size);
    memcpy(text + a.size, b.as.text, b.size);
    return value_string(text, size);
}

static struct value add_lists(struct expr_run *run, struct value a, struct value b)
{
    if (a.size == 0 || b.size == 0)
        return a.size == 0 ? b : a;
    size_t count = (size_t)a.size + b.size;
    if (!expr_charge(run, count))
        return value_error(VALUE_ERROR_BUDGET, 0);
    struct value *items = count <= UINT32_MAX && run->arena != NULL
                              ? arena_array(run->arena, count, sizeof *items)
                              : NULL;
    if (items == NULL)
        return value_error(VALUE_ERROR_MEMORY, 0);
    memcpy(items, a.as.items, a.size * sizeof *items);
    memcpy(items + a.size, b.as.items, b.size * sizeof *items);
    return value_list(items, count);
}

static struct value add(struct expr_run *run, struct value a, struct value b)
{
    if (a.kind == VALUE_STRING && b.kind == VALUE_STRING)
        return add_strings(run, a, b);
    if (a.kind == VALUE_LIST && b.kind == VALUE_LIST)
        return add_lists(run, a, b);
    return expr_arithmetic_add(a, b);
}

static struct value run_arithmetic(struct expr_run *run, const struct expr_node *node,
                                   enum expr_op op)
{
    struct value a = expr_run_node(run, node->a);
    if (is_error(a))
        return a;
    struct value b = expr_run_node(run, node->b);
    if (is_error(b))
        return b;
    switch (op) {
    case OP_ADD:
        return placed(node, add(run, a, b));
    case OP_SUBTRACT:
        return placed(node, expr_arithmetic_subtract(a, b));
    case OP_MULTIPLY:
        return placed(node, expr_arithmetic_multiply(a, b));
    case OP_DIVIDE:
        return placed(node, expr_arithmetic_divide(a, b));
    default:
        return placed(node, expr_arithmetic_remainder(a, b));
    }
}

/* --- collections ------------------------------------------------------------------------------ */

static struct value find_key(struct expr_run *run, const struct expr_node *node, struct value map,
                             struct value key, const struct value **out_found)
{
    if (!expr_charge(run, map.size / 4))
        return fail(node, VALUE_ERROR_BUDGET);
    *out_found = value_find(map, key);
    return value_null();
}

static struct value run_in(struct expr_run *run, const struct expr_node *node)
{
    struct value wanted = expr_run_node(run, node->a);
    if (is_error(wanted))
        return wanted;
    struct value range = expr_run_node(run, node->b);
    if (is_error(range))
        return range;
    if (range.kind == VALUE_MAP) {
        const struct value *found;
        struct value problem = find_key(run, node, range, wanted, &found);
        return is_error(problem) ? problem : value_bool(found != NULL);
    }
    if (range.kind != VALUE_LIST)
        return fail(node, VALUE_ERROR_NO_OVERLOAD);
    uint64_t each = steps_of(wanted);
    if (!expr_charge(run, range.size / 4 + range.size * each))
        return fail(node, VALUE_ERROR_BUDGET);
    for (uint32_t i = 0; i < range.size; i++)
        if (value_equal(range.as.items[i], wanted))
            return value_bool(true);
    return value_bool(false);
}

/* Takes an index that may be a uint or a whole double; false for others. */
static bool index_of(struct value value, uint64_t *out)
{
    if (value.kind == VALUE_INT && value.as.integer >= 0) {
        *out = (uint64_t)value.as.integer;
        return true;
    }
    if (value.kind == VALUE_UINT) {
        *out = value.as.natural;
        return true;
    }
    bool is_whole = value.kind == VALUE_DOUBLE && value.as.real >= 0 && value.as.real < 1e15 &&
                    (double)(uint64_t)value.as.real == value.as.real;
    if (is_whole)
        *out = (uint64_t)value.as.real;
    return is_whole;
}

static struct value run_index(struct expr_run *run, const struct expr_node *node)
{
    struct value target = expr_run_node(run, node->a);
    if (is_error(target))
        return target;
    struct value key = expr_run_node(run, node->b);
    if (is_error(key))
        return key;
    if (target.kind == VALUE_MAP) {
        const struct value *found;
        struct value problem = find_key(run, node, target, key, &found);
        if (is_error(problem))
            return problem;
        return found != NULL ? *found : fail(node, VALUE_ERROR_NO_SUCH_KEY);
    }
    if (target.kind != VALUE_LIST)
        return fail(node, VALUE_ERROR_NO_OVERLOAD);
    uint64_t index;
    if (index_of(key, &index) && index < target.size)
        return target.as.items[index];
    bool is_number = is_ordered_number(key);
    return fail(node, is_number ? VALUE_ERROR_INDEX : VALUE_ERROR_NO_OVERLOAD);
}

static struct value run_select(struct expr_run *run, const struct expr_node *node)
{
    struct value target = expr_run_node(run, node->a);
    if (is_error(target))
        return target;
    if (target.kind != VALUE_MAP)
        return fail(node, VALUE_ERROR_NO_OVERLOAD);
    const struct value *found;
    struct value problem = find_key(run, node, target, node->constant, &found);
    if (is_error(problem))
        return problem;
    if (node->op == OP_HAS)
        return value_bool(found != NULL);
    return found != NULL ? *found : fail(node, VALUE_ERROR_NO_SUCH_KEY);
}

static struct value run_list(struct expr_run *run, const struct expr_node *node)
{
    struct value *items = NULL;
    if (node->count > 0) {
        items = run->arena != NULL ? arena_array(run->arena, node->count, sizeof *items) : NULL;
        if (items == NULL)
            return fail(node, VALUE_ERROR_MEMORY);
    }
    for (uint32_t i = 0; i < node->count; i++) {
        items[i] = expr_run_node(run, node->list[i]);
        if (is_error(items[i]))
            return items[i];
    }
    return value_list(items, node->count);
}

static bool is_key(struct value value)
{
    return value.kind == VALUE_BOOL || value.kind == VALUE_INT || value.kind == VALUE_UINT ||
           value.kind == VALUE_STRING;
}

static struct value run_map(struct expr_run *run, const struct expr_node *node)
{
    uint32_t count = node->count / 2;
    struct value_entry *entries = NULL;
    if (count > 0) {
        entries = run->arena != NULL ? arena_array(run->arena, count, sizeof *entries) : NULL;
        if (entries == NULL)
            return fail(node, VALUE_ERROR_MEMORY);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct value key = expr_run_node(run, node->list[2 * i]);
        if (is_error(key))
            return key;
        if (!is_key(key))
            return fail(node->list[2 * i], VALUE_ERROR_NO_OVERLOAD);
        if (!expr_charge(run, i / 4))
            return fail(node, VALUE_ERROR_BUDGET);
        if (value_find(value_map(entries, i), key) != NULL)
            return fail(node->list[2 * i], VALUE_ERROR_DUPLICATE_KEY);
        struct value value = expr_run_node(run, node->list[2 * i + 1]);
        if (is_error(value))
            return value;
        entries[i] = (struct value_entry){key, value};
    }
    return value_map(entries, count);
}

/* --- calls ------------------------------------------------------------------------------------ */

static struct value run_call(struct expr_run *run, const struct expr_node *node)
{
    struct value arguments[EXPR_ARGUMENTS_MAX];
    assert(node->count <= EXPR_ARGUMENTS_MAX);
    for (uint32_t i = 0; i < node->count; i++) {
        arguments[i] = expr_run_node(run, node->list[i]);
        if (is_error(arguments[i]))
            return arguments[i];
    }
    if (node->op == OP_CALL)
        return placed(node, node->as.function(run, arguments, node->count));
    const struct expr_function *host = node->as.host;
    for (uint32_t i = 0; i < node->count; i++)
        if (!expr_type_admits(host->parameters[i], arguments[i]))
            return fail(node, VALUE_ERROR_NO_OVERLOAD); /* a dyn held something else */
    if (!expr_charge(run, host->cost))
        return fail(node, VALUE_ERROR_BUDGET);
    struct value result = host->call(host->user, arguments, run->arena);
    if (is_error(result))
        result.size = 0;
    return placed(node, result);
}

static struct value run_matches(struct expr_run *run, const struct expr_node *node)
{
    struct value text = expr_run_node(run, node->a);
    if (is_error(text))
        return text;
    if (text.kind != VALUE_STRING)
        return fail(node, VALUE_ERROR_NO_OVERLOAD);
    uint64_t steps = (uint64_t)text.size * expr_pattern_size(node->as.pattern) / EXPR_STEP_BYTES;
    if (!expr_charge(run, steps))
        return fail(node, VALUE_ERROR_BUDGET);
    bool found;
    if (run->arena == NULL || expr_pattern_search(node->as.pattern, run->arena, text.as.text,
                                                  text.size, &found) != STATUS_OK)
        return fail(node, VALUE_ERROR_MEMORY);
    return value_bool(found);
}

/* --- macros ----------------------------------------------------------------------------------- */

static bool is_range(struct value value)
{
    return value.kind == VALUE_LIST || value.kind == VALUE_MAP;
}

static struct value element(struct value range, uint32_t i)
{
    return range.kind == VALUE_LIST ? range.as.items[i] : range.as.entries[i].key;
}

/* Sets the macro's variable to an element; false where the budget is used up. */
static bool begin_round(struct expr_run *run, const struct expr_node *node, struct value range,
                        uint32_t i)
{
    run->locals[node->index] = element(range, i);
    uint64_t condition = node->c != NULL ? node->c->weight : 0;
    return expr_charge(run, node->b->weight + condition);
}

/* all() and exists(): && and || over the elements. */
static struct value run_quantifier(struct expr_run *run, const struct expr_node *node,
                                   bool deciding)
{
    struct value range = expr_run_node(run, node->a);
    if (!is_range(range))
        return is_error(range) ? range : fail(node, VALUE_ERROR_NO_OVERLOAD);
    struct value problem = {.kind = VALUE_UNSET};
    for (uint32_t i = 0; i < range.size; i++) {
        if (!begin_round(run, node, range, i))
            return fail(node, VALUE_ERROR_BUDGET);
        struct value part = expr_run_node(run, node->b);
        if (part.kind == VALUE_BOOL) {
            if (part.as.boolean == deciding)
                return part;
        } else if (problem.kind == VALUE_UNSET) {
            problem = is_error(part) ? part : fail(node->b, VALUE_ERROR_NO_OVERLOAD);
        }
    }
    return problem.kind == VALUE_UNSET ? value_bool(!deciding) : problem;
}

static struct value run_exists_one(struct expr_run *run, const struct expr_node *node)
{
    struct value range = expr_run_node(run, node->a);
    if (!is_range(range))
        return is_error(range) ? range : fail(node, VALUE_ERROR_NO_OVERLOAD);
    uint32_t count = 0;
    for (uint32_t i = 0; i < range.size; i++) {
        if (!begin_round(run, node, range, i))
            return fail(node, VALUE_ERROR_BUDGET);
        struct value part = expr_run_node(run, node->b);
        if (part.kind != VALUE_BOOL)
            return is_error(part) ? part : fail(node->b, VALUE_ERROR_NO_OVERLOAD);
        count += part.as.boolean;
    }
    return value_bool(count == 1);
}

/* filter() and map(): a new list of the elements, or of what becomes of them. */
static struct value run_collect(struct expr_run *run, const struct expr_node *node)
{
    struct value range = expr_run_node(run, node->a);
    if (!is_range(range))
        return is_error(range) ? range : fail(node, VALUE_ERROR_NO_OVERLOAD);
    struct value *items = NULL;
    if (range.size > 0) {
        items = run->arena != NULL ? arena_array(run->arena, range.size, sizeof *items) : NULL;
        if (items == NULL)
            return fail(node, VALUE_ERROR_MEMORY);
    }
    const struct expr_node *condition = node->op == OP_FILTER ? node->b : node->c;
    uint32_t count = 0;
    for (uint32_t i = 0; i < range.size; i++) {
        if (!begin_round(run, node, range, i))
            return fail(node, VALUE_ERROR_BUDGET);
        struct value wanted = value_bool(true);
        if (condition != NULL)
            wanted = expr_run_node(run, condition);
        if (wanted.kind != VALUE_BOOL)
            return is_error(wanted) ? wanted : fail(condition, VALUE_ERROR_NO_OVERLOAD);
        if (!wanted.as.boolean)
            continue;
        items[count] = node->op == OP_FILTER ? element(range, i) : expr_run_node(run, node->b);
        if (is_error(items[count]))
            return items[count];
        count++;
    }
    return value_list(items, count);
}

static struct value run_bind(struct expr_run *run, const struct expr_node *node)
{
    struct value value = expr_run_node(run, node->a);
    if (is_error(value))
        return value; /* evaluated whether it is needed or not: errors show early */
    run->locals[node->index] = value;
    return expr_run_node(run, node->b);
}

/* --- dispatch --------------------------------------------------------------------------------- */

static struct value run_condition(struct expr_run *run, const struct expr_node *node)
{
    struct value a = expr_run_node(run, node->a);
    if (a.kind != VALUE_BOOL)
        return is_error(a) ? a : fail(node, VALUE_ERROR_NO_OVERLOAD);
    return expr_run_node(run, a.as.boolean ? node->b : node->c);
}

static struct value run_negate(struct expr_run *run, const struct expr_node *node)
{
    struct value a = expr_run_node(run, node->a);
    return is_error(a) ? a : placed(node, expr_arithmetic_negate(a));
}

/* The fused nodes where the variable is not an int: unset, or a dyn. */
static struct value run_unfused(struct expr_run *run, const struct expr_node *node)
{
    switch ((enum expr_op)node->op) {
    case OP_VARIABLE_EQUAL:
    case OP_VARIABLE_IS:
        return run_equality(run, node, true);
    case OP_VARIABLE_UNEQUAL:
    case OP_VARIABLE_IS_NOT:
        return run_equality(run, node, false);
    case OP_VARIABLE_LESS:
        return run_order(run, node, OP_LESS);
    case OP_VARIABLE_LESS_EQUAL:
        return run_order(run, node, OP_LESS_EQUAL);
    case OP_VARIABLE_GREATER:
        return run_order(run, node, OP_GREATER);
    case OP_VARIABLE_GREATER_EQUAL:
        return run_order(run, node, OP_GREATER_EQUAL);
    case OP_VARIABLE_ADD:
        return run_arithmetic(run, node, OP_ADD);
    default:
        assert(node->op == OP_VARIABLE_SUBTRACT);
        return run_arithmetic(run, node, OP_SUBTRACT);
    }
}

/* Everything but the nodes that expr_run_node() does itself. */
static struct value run_other(struct expr_run *run, const struct expr_node *node)
{
    enum expr_op op = (enum expr_op)node->op;
    switch (op) {
    case OP_NEGATE:
        return run_negate(run, node);
    case OP_EQUAL:
    case OP_UNEQUAL:
        return run_equality(run, node, op == OP_EQUAL);
    case OP_LESS:
    case OP_LESS_EQUAL:
    case OP_GREATER:
    case OP_GREATER_EQUAL:
        return run_order(run, node, op);
    case OP_ADD:
    case OP_SUBTRACT:
    case OP_MULTIPLY:
    case OP_DIVIDE:
    case OP_REMAINDER:
        return run_arithmetic(run, node, op);
    case OP_IN:
        return run_in(run, node);
    case OP_INDEX:
        return run_index(run, node);
    case OP_SELECT:
    case OP_HAS:
        return run_select(run, node);
    case OP_LIST:
        return run_list(run, node);
    case OP_MAP:
        return run_map(run, node);
    case OP_CALL:
    case OP_HOST:
        return run_call(run, node);
    case OP_MATCHES:
        return run_matches(run, node);
    case OP_ALL:
    case OP_EXISTS:
        return run_quantifier(run, node, op == OP_EXISTS);
    case OP_EXISTS_ONE:
        return run_exists_one(run, node);
    case OP_FILTER:
    case OP_TRANSFORM:
        return run_collect(run, node);
    case OP_BIND:
        return run_bind(run, node);
    default:
        return run_unfused(run, node);
    }
}

struct value expr_run_node(struct expr_run *run, const struct expr_node *node)
{
    const struct value *variable;
    int64_t sum;
    enum expr_op op = (enum expr_op)node->op;
    switch (op) {
    case OP_CONSTANT:
        return node->constant;
    case OP_LOCAL:
        return run->locals[node->index];
    case OP_VARIABLE:
        variable = &run->input->banks[node->bank][node->index];
        return variable->kind != VALUE_UNSET ? *variable : fail(node, VALUE_ERROR_UNSET);
    case OP_HAS_VARIABLE:
        variable = &run->input->banks[node->bank][node->index];
        return value_bool(variable->kind != VALUE_UNSET);
    case OP_ACTIVE:
        return value_bool(run->input->active[node->index / 64] >> (node->index % 64) & 1);
    case OP_NOT:
        return run_not(run, node);
    case OP_AND:
    case OP_OR:
        return run_logic(run, node, op == OP_OR);
    case OP_CONDITION:
        return run_condition(run, node);
    case OP_VARIABLE_EQUAL:
    case OP_VARIABLE_UNEQUAL:
    case OP_VARIABLE_LESS:
    case OP_VARIABLE_LESS_EQUAL:
    case OP_VARIABLE_GREATER:
    case OP_VARIABLE_GREATER_EQUAL:
        variable = &run->input->banks[node->bank][node->index];
        if (variable->kind == VALUE_INT)
            return value_bool(holds(op, variable->as.integer, node->constant.as.integer));
        return run_unfused(run, node);
    case OP_VARIABLE_IS:
    case OP_VARIABLE_IS_NOT:
        variable = &run->input->banks[node->bank][node->index];
        if (variable->kind == VALUE_STRING)
            return value_bool(is_same_text(*variable, node->constant) == (op == OP_VARIABLE_IS));
        return run_unfused(run, node);
    case OP_VARIABLE_ADD:
        variable = &run->input->banks[node->bank][node->index];
        if (variable->kind == VALUE_INT &&
            expr_add_ints(variable->as.integer, node->constant.as.integer, &sum))
            return value_int(sum);
        return run_unfused(run, node);
    case OP_VARIABLE_SUBTRACT:
        variable = &run->input->banks[node->bank][node->index];
        if (variable->kind == VALUE_INT &&
            expr_subtract_ints(variable->as.integer, node->constant.as.integer, &sum))
            return value_int(sum);
        return run_unfused(run, node);
    default:
        return run_other(run, node);
    }
}

struct value expr_evaluate(const struct expr_program *program, const struct expr_input *input)
{
    struct expr_run run;
    run.input = input;
    run.arena = input->arena;
    run.budget = input->budget != 0 ? input->budget : EXPR_COST_MAX;
    return expr_run_node(&run, program->root);
}
