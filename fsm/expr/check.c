/* Walks a syntax tree, resolves every name and deduces every type. Overloads are chosen as CEL's
 * reference checker chooses them; what stays open is dyn. */
#include "fsm/expr/check.h"

#include "base/attr.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct local {
    struct value name;
    const struct expr_type *type;
};

struct checker {
    struct arena *arena;
    const char *text;
    const struct expr_scope *scope;
    struct fault *fault;
    struct unify unify;
    struct local locals[EXPR_LOCALS_MAX];
    uint32_t local_count;
};

static enum status check(struct checker *checker, struct syntax *tree);

/* --- small helpers ---------------------------------------------------------------------------- */

static bool is_named(struct value name, const char *wanted)
{
    return value_equal(name, value_text(wanted));
}

static const char *type_text(struct checker *checker, const struct expr_type *type)
{
    const char *text =
        expr_type_text(checker->arena, expr_unify_resolve(&checker->unify, type, false));
    return text != NULL ? text : "?";
}

static const struct expr_type *resolved(struct checker *checker, const struct syntax *tree)
{
    return expr_unify_resolve(&checker->unify, tree->type, false);
}

#define WRONG(checker, tree, ...)                                                                  \
    expr_syntax_fault((checker)->text, (tree)->offset, (checker)->fault, __VA_ARGS__)

/* Sets the fault of a type that does not fit. */
static enum status want_type(struct checker *checker, struct syntax *tree,
                             const struct expr_type *wanted, const char *what)
{
    if (expr_unify_assignable(&checker->unify, tree->type, wanted))
        return STATUS_OK;
    return WRONG(checker, tree, "%s must be %s, this is %s", what, type_text(checker, wanted),
                 type_text(checker, tree->type));
}

static enum status check_parts(struct checker *checker, struct syntax *tree)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < tree->count && status == STATUS_OK; i++)
        status = check(checker, tree->parts[i]);
    return status;
}

/* --- names ------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    enum value_kind kind;
    struct expr_type type;
} type_names[] = {
    {"bool", VALUE_BOOL, {.kind = EXPR_TYPE, .item = &expr_bool}},
    {"int", VALUE_INT, {.kind = EXPR_TYPE, .item = &expr_int}},
    {"uint", VALUE_UINT, {.kind = EXPR_TYPE, .item = &expr_uint}},
    {"double", VALUE_DOUBLE, {.kind = EXPR_TYPE, .item = &expr_double}},
    {"string", VALUE_STRING, {.kind = EXPR_TYPE, .item = &expr_string}},
    {"list", VALUE_LIST, {.kind = EXPR_TYPE, .item = &expr_dyn}},
    {"map", VALUE_MAP, {.kind = EXPR_TYPE, .item = &expr_dyn}},
    {"null_type", VALUE_NULL, {.kind = EXPR_TYPE, .item = &expr_null}},
    {"type", VALUE_TYPE, {.kind = EXPR_TYPE, .item = &expr_dyn}},
    {"google.protobuf.Duration", VALUE_DURATION, {.kind = EXPR_TYPE, .item = &expr_duration}},
    {"google.protobuf.Timestamp", VALUE_TIMESTAMP, {.kind = EXPR_TYPE, .item = &expr_timestamp}},
};

/* Takes a full, possibly dotted name for a variable or a type. */
static bool resolve_name(struct checker *checker, struct syntax *tree, struct value name)
{
    tree->variable = expr_scope_variable(checker->scope, name);
    if (tree->variable != NULL) {
        tree->type = tree->variable->type;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(type_names); i++) {
        if (is_named(name, type_names[i].name)) {
            tree->is_constant_name = true;
            tree->literal = (struct value){.kind = VALUE_TYPE, .as.natural = type_names[i].kind};
            tree->type = &type_names[i].type;
            return true;
        }
    }
    return false;
}

static bool resolve_local(struct checker *checker, struct syntax *tree)
{
    for (uint32_t i = checker->local_count; i > 0 && !tree->is_absolute; i--) {
        if (value_equal(checker->locals[i - 1].name, tree->name)) {
            tree->local = i;
            tree->type = checker->locals[i - 1].type;
            return true;
        }
    }
    return false;
}

static enum status unknown_name(struct checker *checker, const struct syntax *tree,
                                struct value name)
{
    const struct expr_variable *member = expr_scope_member(checker->scope, name);
    if (member != NULL) {
        (void)WRONG(checker, tree, "'%.*s' is not a value by itself", (int)name.size,
                    name.as.text); /* the hint follows */
        fault_hint(checker->fault, "name one of its fields, such as '%s'", member->name);
        return STATUS_INVALID_ARGUMENT;
    }
    (void)WRONG(checker, tree, "unknown name '%.*s'", (int)name.size,
                name.as.text); /* the hint follows */
    const char *nearest = expr_scope_nearest_variable(checker->scope, name);
    if (nearest[0] != '\0')
        fault_hint(checker->fault, "did you mean '%s'?", nearest);
    return STATUS_INVALID_ARGUMENT;
}

static enum status check_name(struct checker *checker, struct syntax *tree)
{
    if (resolve_local(checker, tree) || resolve_name(checker, tree, tree->name))
        return STATUS_OK;
    return unknown_name(checker, tree, tree->name);
}

static const struct syntax *root_of(const struct syntax *tree)
{
    while (tree->kind == SYNTAX_SELECT)
        tree = tree->parts[0];
    return tree;
}

static bool is_local_name(struct checker *checker, const struct syntax *tree)
{
    struct syntax probe = *tree;
    return tree->kind == SYNTAX_NAME && resolve_local(checker, &probe);
}

/* The dotted name of a chain of selections that may be a variable; VALUE_UNSET for other trees. */
static struct value global_name(struct checker *checker, const struct syntax *tree)
{
    const struct syntax *root = root_of(tree);
    if (root->kind != SYNTAX_NAME || is_local_name(checker, root))
        return (struct value){.kind = VALUE_UNSET};
    return expr_syntax_dotted_name(checker->arena, tree);
}

/* Whether the name or the beginning of it before a dot names something. */
static bool any_prefix_resolves(struct checker *checker, struct value name)
{
    for (uint32_t size = 1; size <= name.size; size++) {
        struct syntax probe = {.kind = SYNTAX_NAME};
        bool is_end = size == name.size || name.as.text[size] == '.';
        if (is_end && resolve_name(checker, &probe, value_string(name.as.text, size)))
            return true;
    }
    return false;
}

/* --- selections ------------------------------------------------------------------------------- */

static enum status check_select(struct checker *checker, struct syntax *tree)
{
    struct value name = global_name(checker, tree);
    if (name.kind == VALUE_STRING) {
        if (resolve_name(checker, tree, name))
            return STATUS_OK;
        if (!any_prefix_resolves(checker, name))
            return unknown_name(checker, tree, name);
    }
    struct syntax *target = tree->parts[0];
    enum status status = check(checker, target);
    if (status != STATUS_OK)
        return status;
    const struct expr_type *type = resolved(checker, target);
    tree->type = &expr_dyn;
    if (type->kind == EXPR_VARIABLE)
        (void)expr_unify_assignable(&checker->unify, type, &expr_dyn); /* open types take dyn */
    if (type->kind == EXPR_DYN || type->kind == EXPR_VARIABLE)
        return STATUS_OK;
    if (type->kind != EXPR_MAP)
        return WRONG(checker, tree, "%s has no field '%.*s'", type_text(checker, type),
                     (int)tree->name.size, tree->name.as.text);
    if (!expr_unify_assignable(&checker->unify, &expr_string, type->key))
        return WRONG(checker, tree, "the keys of %s are not strings: write it with [ ]",
                     type_text(checker, type));
    tree->type = type->item;
    return STATUS_OK;
}

static enum status check_has(struct checker *checker, struct syntax *tree)
{
    struct syntax select = *tree;
    select.kind = SYNTAX_SELECT;
    enum status status = check_select(checker, &select);
    if (status != STATUS_OK)
        return status;
    if (select.is_constant_name)
        return WRONG(checker, tree, "has() takes a field, this is a type");
    tree->variable = select.variable;
    tree->type = &expr_bool;
    return STATUS_OK;
}

/* --- enums ------------------------------------------------------------------------------------ */

static bool is_member(const struct expr_type *type, struct value name)
{
    for (uint32_t i = 0; i < type->names_count; i++)
        if (is_named(name, type->names[i]))
            return true;
    return false;
}

/* Refuses a string literal that is none of an enum's values. */
static enum status check_member(struct checker *checker, const struct expr_type *type,
                                const struct syntax *tree)
{
    if (tree->kind != SYNTAX_LITERAL || tree->literal.kind != VALUE_STRING ||
        is_member(type, tree->literal))
        return STATUS_OK;
    (void)WRONG(checker, tree, "'%.*s' is not one of %s", (int)tree->literal.size,
                tree->literal.as.text, type_text(checker, type)); /* the hint follows */
    return STATUS_INVALID_ARGUMENT;
}

/* Compares, looks up and lists literals of enums only as one of their values. */
static enum status check_enum_operands(struct checker *checker, struct syntax *tree)
{
    bool is_equality = is_named(tree->name, "_==_") || is_named(tree->name, "_!=_");
    if (!is_equality && !is_named(tree->name, "@in"))
        return STATUS_OK;
    struct syntax *a = tree->parts[0];
    struct syntax *b = tree->parts[1];
    const struct expr_type *a_type = resolved(checker, a);
    const struct expr_type *b_type = resolved(checker, b);
    enum status status = STATUS_OK;
    if (is_equality && a_type->kind == EXPR_ENUM)
        status = check_member(checker, a_type, b);
    if (is_equality && b_type->kind == EXPR_ENUM && status == STATUS_OK)
        status = check_member(checker, b_type, a);
    if (is_equality)
        return status;
    for (uint32_t i = 0;
         b->kind == SYNTAX_LIST && a_type->kind == EXPR_ENUM && i < b->count && status == STATUS_OK;
         i++)
        status = check_member(checker, a_type, b->parts[i]);
    if (status == STATUS_OK && b_type->kind == EXPR_LIST && b_type->item->kind == EXPR_ENUM)
        status = check_member(checker, b_type->item, a);
    return status;
}

/* --- calls ------------------------------------------------------------------------------------ */

struct call {
    struct syntax *tree;
    struct value name;
    bool is_method;
    const struct expr_type *types[EXPR_ARGUMENTS_MAX];
    uint32_t count;
    const struct expr_type *result; /* NULL until an overload fits */
};

static void add_result(struct call *call, const struct expr_type *result)
{
    if (call->result == NULL)
        call->result = result;
    else if (call->result->kind != EXPR_DYN && !expr_type_equal(call->result, result))
        call->result = &expr_dyn;
}

static void try_library(struct checker *checker, struct call *call,
                        const struct library_function *function)
{
    struct unify *unify = &checker->unify;
    const struct expr_type *a = expr_unify_variable(unify);
    const struct expr_type *b = expr_unify_variable(unify);
    const struct expr_type *wanted[LIBRARY_PARAMETERS_MAX];
    if (a == NULL || b == NULL)
        return;
    for (uint32_t i = 0; i < call->count; i++)
        wanted[i] = expr_unify_instantiate(unify, function->parameters[i], a, b);
    if (!expr_unify_all_assignable(unify, call->types, wanted, call->count))
        return;
    const struct expr_type *result = expr_unify_instantiate(unify, function->result, a, b);
    add_result(call, expr_unify_resolve(unify, result, false));
    if (call->tree->function == NULL)
        call->tree->function = function;
}

static void try_host(struct checker *checker, struct call *call,
                     const struct expr_function *function)
{
    if (call->result != NULL || !is_named(call->name, function->name) ||
        function->is_method != call->is_method || function->parameter_count != call->count)
        return;
    if (expr_unify_all_assignable(&checker->unify, call->types, function->parameters,
                                  call->count)) {
        call->tree->host = function;
        call->result = function->result;
    }
}

static void find_overloads(struct checker *checker, struct call *call)
{
    for (size_t i = 0; i < expr_library_function_count; i++) {
        const struct library_function *function = &expr_library_functions[i];
        if (function->is_method == call->is_method && function->count == call->count &&
            is_named(call->name, function->name))
            try_library(checker, call, function);
    }
    for (const struct expr_scope *scope = checker->scope; scope != NULL; scope = scope->parent)
        for (size_t i = 0; i < scope->function_count; i++)
            try_host(checker, call, &scope->functions[i]);
}

static bool is_known_function(const struct checker *checker, struct value name, bool is_method)
{
    for (size_t i = 0; i < expr_library_function_count; i++)
        if (expr_library_functions[i].is_method == is_method &&
            is_named(name, expr_library_functions[i].name))
            return true;
    for (const struct expr_scope *scope = checker->scope; scope != NULL; scope = scope->parent)
        for (size_t i = 0; i < scope->function_count; i++)
            if (scope->functions[i].is_method == is_method &&
                is_named(name, scope->functions[i].name))
                return true;
    return false;
}

static const char *types_text(struct checker *checker, const struct call *call, uint32_t from,
                              const char *between)
{
    const char *text = "";
    for (uint32_t i = from; i < call->count && text != NULL; i++)
        text = arena_format(checker->arena, "%s%s%s", text, i > from ? between : "",
                            type_text(checker, call->types[i]));
    return text != NULL ? text : "?";
}

/* The sign of an operator's name: "+" of "_+_", "in" of "@in"; "" for functions. */
static const char *operator_sign(struct checker *checker, struct value name)
{
    if (is_named(name, "@in"))
        return "in";
    if (is_named(name, "_?_:_"))
        return "? :";
    if (is_named(name, "_[_]"))
        return "[ ]";
    if (name.as.text[0] == '_' && name.size > 2 && name.as.text[name.size - 1] == '_') {
        const char *sign = arena_copy(checker->arena, name.as.text + 1, name.size - 2);
        return sign != NULL ? sign : "?";
    }
    if (is_named(name, "-_") || is_named(name, "!_"))
        return name.as.text[0] == '-' ? "-" : "!";
    return "";
}

static bool is_kind(const struct expr_type *type, enum expr_type_kind kind)
{
    return type->kind == kind || (type->kind == EXPR_ENUM && kind == EXPR_STRING);
}

static bool is_number(const struct expr_type *type)
{
    return type->kind == EXPR_INT || type->kind == EXPR_UINT || type->kind == EXPR_DOUBLE;
}

static void hint_conversion(struct checker *checker, const struct call *call)
{
    if (call->count != 2)
        return;
    const struct expr_type *a = expr_unify_resolve(&checker->unify, call->types[0], true);
    const struct expr_type *b = expr_unify_resolve(&checker->unify, call->types[1], true);
    bool a_text = is_kind(a, EXPR_STRING);
    bool b_text = is_kind(b, EXPR_STRING);
    if (is_named(call->name, "_+_") && a_text != b_text && (is_number(a) || is_number(b)))
        fault_hint(checker->fault, "convert the number with string(…)");
    else if (is_number(a) && is_number(b))
        fault_hint(checker->fault, "convert one side with int(…), uint(…) or double(…)");
    else if (is_number(a) != is_number(b) && (a->kind == EXPR_DURATION || b->kind == EXPR_DURATION))
        fault_hint(checker->fault, "a span of time is written duration('90s')");
}

static enum status no_operator(struct checker *checker, const struct call *call, const char *sign)
{
    if (is_named(call->name, "_?_:_"))
        (void)WRONG(checker, call->tree, "a ? b : c does not take (%s)",
                    types_text(checker, call, 0, ", ")); /* the hint follows */
    else if (is_named(call->name, "_[_]"))
        (void)WRONG(checker, call->tree, "%s cannot be indexed with %s",
                    type_text(checker, call->types[0]),
                    type_text(checker, call->types[1])); /* likewise */
    else
        (void)WRONG(checker, call->tree, "'%s' does not take %s", sign,
                    types_text(checker, call, 0, " and ")); /* likewise */
    hint_conversion(checker, call);
    return STATUS_INVALID_ARGUMENT;
}

static enum status no_function(struct checker *checker, const struct call *call)
{
    const char *sign = operator_sign(checker, call->name);
    if (sign[0] != '\0')
        return no_operator(checker, call, sign);
    int size = (int)call->name.size;
    const char *name = call->name.as.text;
    if (is_known_function(checker, call->name, call->is_method)) {
        if (call->is_method)
            return WRONG(checker, call->tree, "%s.%.*s(%s): no such overload",
                         type_text(checker, call->types[0]), size, name,
                         types_text(checker, call, 1, ", "));
        return WRONG(checker, call->tree, "%.*s(%s): no such overload", size, name,
                     types_text(checker, call, 0, ", "));
    }
    (void)WRONG(checker, call->tree, "unknown function '%.*s'", size, name); /* the hint follows */
    const char *nearest = expr_scope_nearest_function(checker->scope, call->name, call->is_method);
    if (is_known_function(checker, call->name, !call->is_method))
        fault_hint(checker->fault, call->is_method ? "call it as %.*s(…)" : "call it as x.%.*s(…)",
                   size, name);
    else if (nearest[0] != '\0')
        fault_hint(checker->fault, "did you mean '%s'?", nearest);
    return STATUS_INVALID_ARGUMENT;
}

static enum status check_overloads(struct checker *checker, struct syntax *tree, bool is_method)
{
    struct call call = {
        .tree = tree, .name = tree->name, .is_method = is_method, .count = tree->count};
    if (tree->count > EXPR_ARGUMENTS_MAX)
        return WRONG(checker, tree, "'%.*s' has too many arguments", (int)tree->name.size,
                     tree->name.as.text);
    enum status status = check_parts(checker, tree);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < tree->count; i++)
        call.types[i] = tree->parts[i]->type;
    find_overloads(checker, &call);
    if (call.result == NULL)
        return no_function(checker, &call);
    tree->type = call.result;
    return tree->count == 2 ? check_enum_operands(checker, tree) : STATUS_OK;
}

/* active('state') */
static enum status check_active(struct checker *checker, struct syntax *tree,
                                const struct expr_scope *scope)
{
    const struct syntax *name = tree->count == 1 ? tree->parts[0] : NULL;
    if (name == NULL || name->kind != SYNTAX_LITERAL || name->literal.kind != VALUE_STRING)
        return WRONG(checker, tree, "active() takes the name of a state in quotes");
    const char *suggestion = NULL;
    struct value text = name->literal;
    tree->is_state = scope->resolve_state(scope->resolve_user, text.as.text, text.size,
                                          &tree->state, &suggestion);
    tree->type = &expr_bool;
    if (tree->is_state && tree->state <= UINT16_MAX)
        return STATUS_OK;
    (void)WRONG(checker, name, "unknown state '%.*s'", (int)text.size,
                text.as.text); /* the hint follows */
    if (suggestion != NULL)
        fault_hint(checker->fault, "did you mean '%s'?", suggestion);
    return STATUS_INVALID_ARGUMENT;
}

static enum status check_call(struct checker *checker, struct syntax *tree)
{
    const struct expr_scope *states = expr_scope_with_states(checker->scope);
    if (states != NULL && is_named(tree->name, "active"))
        return check_active(checker, tree, states);
    return check_overloads(checker, tree, false);
}

/* a.b.f(x) is the function "a.b.f" where there is one and a is no variable. */
static enum status join_namespace(struct checker *checker, struct syntax *tree)
{
    struct value target = global_name(checker, tree->parts[0]);
    if (target.kind != VALUE_STRING || any_prefix_resolves(checker, target))
        return STATUS_OK;
    const char *joined = arena_format(checker->arena, "%.*s.%.*s", (int)target.size, target.as.text,
                                      (int)tree->name.size, tree->name.as.text);
    if (joined == NULL)
        return STATUS_FULL;
    if (is_known_function(checker, value_text(joined), false)) {
        tree->kind = SYNTAX_CALL;
        tree->name = value_text(joined);
        tree->parts++;
        tree->count--;
        return STATUS_OK;
    }
    const char *nearest = expr_scope_nearest_function(checker->scope, value_text(joined), false);
    if (nearest[0] == '\0')
        return STATUS_OK;                                        /* the target will be reported */
    (void)WRONG(checker, tree, "unknown function '%s'", joined); /* the hint follows */
    fault_hint(checker->fault, "did you mean '%s'?", nearest);
    return STATUS_INVALID_ARGUMENT;
}

static enum status check_method(struct checker *checker, struct syntax *tree)
{
    enum status status = join_namespace(checker, tree);
    return status == STATUS_OK ? check_overloads(checker, tree, tree->kind == SYNTAX_METHOD)
                               : status;
}

/* --- literals --------------------------------------------------------------------------------- */

static const struct expr_type *literal_type(struct value literal)
{
    switch ((enum value_kind)literal.kind) {
    case VALUE_NULL:
        return &expr_null;
    case VALUE_BOOL:
        return &expr_bool;
    case VALUE_INT:
        return &expr_int;
    case VALUE_UINT:
        return &expr_uint;
    case VALUE_DOUBLE:
        return &expr_double;
    case VALUE_STRING:
        return &expr_string;
    case VALUE_UNSET:
    case VALUE_LIST:
    case VALUE_MAP:
    case VALUE_DURATION:
    case VALUE_TIMESTAMP:
    case VALUE_TYPE:
    case VALUE_ERROR:
        break;
    }
    assert(!"not a literal");
    return &expr_dyn;
}

/* The common type of every `step`th part from `first` on; a fresh variable where there is none. */
static const struct expr_type *common_type(struct checker *checker, const struct syntax *tree,
                                           uint32_t first, uint32_t step)
{
    const struct expr_type *type = NULL;
    for (uint32_t i = first; i < tree->count; i += step)
        type = type == NULL ? tree->parts[i]->type
                            : expr_unify_join(&checker->unify, type, tree->parts[i]->type);
    if (type == NULL)
        type = expr_unify_variable(&checker->unify);
    return type != NULL ? type : &expr_dyn;
}

static enum status check_list(struct checker *checker, struct syntax *tree)
{
    enum status status = check_parts(checker, tree);
    if (status == STATUS_OK)
        tree->type =
            expr_unify_compound(&checker->unify, EXPR_LIST, NULL, common_type(checker, tree, 0, 1));
    return status;
}

static enum status check_map(struct checker *checker, struct syntax *tree)
{
    enum status status = check_parts(checker, tree);
    for (uint32_t i = 0; i < tree->count && status == STATUS_OK; i += 2) {
        const struct expr_type *key = resolved(checker, tree->parts[i]);
        bool is_key = is_kind(key, EXPR_STRING) || key->kind == EXPR_INT ||
                      key->kind == EXPR_UINT || key->kind == EXPR_BOOL || key->kind == EXPR_DYN ||
                      key->kind == EXPR_VARIABLE;
        if (!is_key)
            return WRONG(checker, tree->parts[i],
                         "keys of a map are bool, int, uint or string, this is %s",
                         type_text(checker, key));
    }
    if (status == STATUS_OK)
        tree->type =
            expr_unify_compound(&checker->unify, EXPR_MAP, common_type(checker, tree, 0, 2),
                                common_type(checker, tree, 1, 2));
    return status;
}

static enum status check_logic(struct checker *checker, struct syntax *tree)
{
    const char *what = tree->kind == SYNTAX_AND ? "each side of &&" : "each side of ||";
    enum status status = check_parts(checker, tree);
    for (uint32_t i = 0; i < tree->count && status == STATUS_OK; i++)
        status = want_type(checker, tree->parts[i], &expr_bool, what);
    tree->type = &expr_bool;
    return status;
}

/* --- macros ----------------------------------------------------------------------------------- */

static const struct expr_type *element_type(struct checker *checker, const struct syntax *range)
{
    const struct expr_type *type = resolved(checker, range);
    if (type->kind == EXPR_LIST)
        return type->item;
    if (type->kind == EXPR_MAP)
        return type->key;
    if (type->kind == EXPR_VARIABLE)
        (void)expr_unify_assignable(&checker->unify, type, &expr_dyn); /* open types take dyn */
    return type->kind == EXPR_DYN || type->kind == EXPR_VARIABLE ? &expr_dyn : NULL;
}

/* Declares a macro's variable and checks the parts after the first under it. */
static enum status check_body(struct checker *checker, struct syntax *tree,
                              const struct expr_type *type)
{
    if (checker->local_count == EXPR_LOCALS_MAX) {
        (void)WRONG(checker, tree, "macros nest too deeply"); /* reported as a limit */
        return STATUS_FULL;
    }
    tree->local = checker->local_count;
    checker->locals[checker->local_count++] = (struct local){tree->name, type};
    enum status status = STATUS_OK;
    for (uint32_t i = 1; i < tree->count && status == STATUS_OK; i++)
        status = check(checker, tree->parts[i]);
    checker->local_count--;
    return status;
}

static enum status check_bind(struct checker *checker, struct syntax *tree)
{
    enum status status = check(checker, tree->parts[0]);
    if (status == STATUS_OK)
        status = check_body(checker, tree, tree->parts[0]->type);
    if (status == STATUS_OK)
        tree->type = tree->parts[1]->type;
    return status;
}

static enum status check_macro(struct checker *checker, struct syntax *tree)
{
    enum status status = check(checker, tree->parts[0]);
    if (status != STATUS_OK)
        return status;
    const struct expr_type *element = element_type(checker, tree->parts[0]);
    if (element == NULL)
        return WRONG(checker, tree, "only lists and maps can be gone through, this is %s",
                     type_text(checker, tree->parts[0]->type));
    status = check_body(checker, tree, element);
    if (status != STATUS_OK)
        return status;
    uint32_t condition = tree->kind == SYNTAX_TRANSFORM ? 2 : 1;
    if (condition < tree->count)
        status = want_type(checker, tree->parts[condition], &expr_bool, "a macro's condition");
    tree->type = &expr_bool;
    if (tree->kind == SYNTAX_FILTER)
        tree->type = expr_unify_compound(&checker->unify, EXPR_LIST, NULL, element);
    if (tree->kind == SYNTAX_TRANSFORM)
        tree->type = expr_unify_compound(&checker->unify, EXPR_LIST, NULL, tree->parts[1]->type);
    return status;
}

/* --- the tree --------------------------------------------------------------------------------- */

static enum status check(struct checker *checker, struct syntax *tree)
{
    if (checker->unify.full)
        return STATUS_FULL;
    switch (tree->kind) {
    case SYNTAX_LITERAL:
        tree->type = literal_type(tree->literal);
        return STATUS_OK;
    case SYNTAX_NAME:
        return check_name(checker, tree);
    case SYNTAX_SELECT:
        return check_select(checker, tree);
    case SYNTAX_HAS:
        return check_has(checker, tree);
    case SYNTAX_CALL:
        return check_call(checker, tree);
    case SYNTAX_METHOD:
        return check_method(checker, tree);
    case SYNTAX_AND:
    case SYNTAX_OR:
        return check_logic(checker, tree);
    case SYNTAX_LIST:
        return check_list(checker, tree);
    case SYNTAX_MAP:
        return check_map(checker, tree);
    case SYNTAX_ALL:
    case SYNTAX_EXISTS:
    case SYNTAX_EXISTS_ONE:
    case SYNTAX_FILTER:
    case SYNTAX_TRANSFORM:
        return check_macro(checker, tree);
    case SYNTAX_BIND:
        return check_bind(checker, tree);
    }
    assert(!"a kind of its own");
    return STATUS_INTERNAL;
}

/* Whether a value of type `from` always fits `to`: nothing left to chance, unlike assignability. */
static bool surely_fits(const struct expr_type *from, const struct expr_type *to)
{
    if (to->kind == EXPR_DYN || from->kind == EXPR_VARIABLE)
        return true;
    if (from->kind == EXPR_ENUM && to->kind == EXPR_STRING)
        return true;
    if (from->kind != to->kind)
        return false;
    if (to->kind == EXPR_LIST)
        return surely_fits(from->item, to->item);
    if (to->kind == EXPR_MAP)
        return surely_fits(from->key, to->key) && surely_fits(from->item, to->item);
    return to->kind != EXPR_ENUM || expr_type_equal(from, to);
}

/* A result for an enum: one of its names, the same enum, or a choice between such. */
static enum status check_enum_result(struct checker *checker, const struct syntax *tree,
                                     const struct expr_type *wanted)
{
    if (tree->kind == SYNTAX_CALL && is_named(tree->name, "_?_:_")) {
        enum status status = check_enum_result(checker, tree->parts[1], wanted);
        return status == STATUS_OK ? check_enum_result(checker, tree->parts[2], wanted) : status;
    }
    if (tree->kind == SYNTAX_LITERAL && tree->literal.kind == VALUE_STRING)
        return check_member(checker, wanted, tree);
    if (surely_fits(resolved(checker, tree), wanted))
        return STATUS_OK;
    return WRONG(checker, tree, "this is %s where %s is wanted", type_text(checker, tree->type),
                 type_text(checker, wanted));
}

static enum status check_result(struct checker *checker, struct syntax *tree,
                                const struct expr_type *wanted)
{
    if (wanted->kind == EXPR_ENUM)
        return check_enum_result(checker, tree, wanted);
    (void)expr_unify_assignable(&checker->unify, tree->type,
                                wanted); /* opens [] and {}; judged below */
    if (surely_fits(resolved(checker, tree), wanted))
        return STATUS_OK;
    (void)WRONG(checker, tree, "this is %s where %s is wanted", type_text(checker, tree->type),
                type_text(checker, wanted)); /* the hint follows */
    if (resolved(checker, tree)->kind == EXPR_DYN)
        fault_hint(checker->fault, "convert it, for example with int(…) or string(…)");
    return STATUS_INVALID_ARGUMENT;
}

enum status expr_check_tree(struct arena *arena, const struct expr_request *request,
                            struct syntax *tree, const struct expr_type **out_type,
                            struct fault *out_fault)
{
    struct checker checker = {.arena = arena,
                              .text = request->text,
                              .scope = request->scope,
                              .fault = out_fault,
                              .unify = {.arena = arena}};
    enum status status = check(&checker, tree);
    if (status == STATUS_OK && request->want != NULL)
        status = check_result(&checker, tree, request->want);
    if (status == STATUS_OK)
        *out_type = expr_unify_resolve(&checker.unify, tree->type, true);
    return checker.unify.full ? STATUS_FULL : status;
}
