/* Chooses overloads as CEL's reference checker chooses them, and explains why none fits. */
#include "fsm/expr/checker.h"

#include <string.h>

/* --- enums ------------------------------------------------------------------------------------ */

static bool is_member(const struct expr_type *type, struct value name)
{
    for (uint32_t i = 0; i < type->names_count; i++)
        if (expr_checker_is_named(name, type->names[i]))
            return true;
    return false;
}

/* Refuses a string literal that is none of an enum's values. */
enum status expr_check_member(struct checker *checker, const struct expr_type *type,
                              const struct syntax *tree)
{
    if (tree->kind != SYNTAX_LITERAL || tree->literal.kind != VALUE_STRING ||
        is_member(type, tree->literal))
        return STATUS_OK;
    (void)WRONG(checker, tree, "'%.*s' is not one of %s", (int)tree->literal.size,
                tree->literal.as.text,
                expr_checker_type_text(checker, type)); /* the hint follows */
    return STATUS_INVALID_ARGUMENT;
}

/* Compares, looks up and lists literals of enums only as one of their values. */
static enum status check_enum_operands(struct checker *checker, struct syntax *tree)
{
    bool is_equality =
        expr_checker_is_named(tree->name, "_==_") || expr_checker_is_named(tree->name, "_!=_");
    if (!is_equality && !expr_checker_is_named(tree->name, "@in"))
        return STATUS_OK;
    struct syntax *a = tree->parts[0];
    struct syntax *b = tree->parts[1];
    const struct expr_type *a_type = expr_checker_type(checker, a);
    const struct expr_type *b_type = expr_checker_type(checker, b);
    enum status status = STATUS_OK;
    if (is_equality && a_type->kind == EXPR_ENUM)
        status = expr_check_member(checker, a_type, b);
    if (is_equality && b_type->kind == EXPR_ENUM && status == STATUS_OK)
        status = expr_check_member(checker, b_type, a);
    if (is_equality)
        return status;
    for (uint32_t i = 0;
         b->kind == SYNTAX_LIST && a_type->kind == EXPR_ENUM && i < b->count && status == STATUS_OK;
         i++)
        status = expr_check_member(checker, a_type, b->parts[i]);
    if (status == STATUS_OK && b_type->kind == EXPR_LIST && b_type->item->kind == EXPR_ENUM)
        status = expr_check_member(checker, b_type->item, a);
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
    if (call->result != NULL || !expr_checker_is_named(call->name, function->name) ||
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
            expr_checker_is_named(call->name, function->name))
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
            expr_checker_is_named(name, expr_library_functions[i].name))
            return true;
    for (const struct expr_scope *scope = checker->scope; scope != NULL; scope = scope->parent)
        for (size_t i = 0; i < scope->function_count; i++)
            if (scope->functions[i].is_method == is_method &&
                expr_checker_is_named(name, scope->functions[i].name))
                return true;
    return false;
}

static const char *types_text(struct checker *checker, const struct call *call, uint32_t from,
                              const char *between)
{
    const char *text = "";
    for (uint32_t i = from; i < call->count && text != NULL; i++)
        text = arena_format(checker->arena, "%s%s%s", text, i > from ? between : "",
                            expr_checker_type_text(checker, call->types[i]));
    return text != NULL ? text : "?";
}

/* The sign of an operator's name: "+" of "_+_", "in" of "@in"; "" for functions. */
static const char *operator_sign(struct checker *checker, struct value name)
{
    if (expr_checker_is_named(name, "@in"))
        return "in";
    if (expr_checker_is_named(name, "_?_:_"))
        return "? :";
    if (expr_checker_is_named(name, "_[_]"))
        return "[ ]";
    if (name.as.text[0] == '_' && name.size > 2 && name.as.text[name.size - 1] == '_') {
        const char *sign = arena_copy(checker->arena, name.as.text + 1, name.size - 2);
        return sign != NULL ? sign : "?";
    }
    if (expr_checker_is_named(name, "-_") || expr_checker_is_named(name, "!_"))
        return name.as.text[0] == '-' ? "-" : "!";
    return "";
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
    if ((a->kind == EXPR_NULL) != (b->kind == EXPR_NULL)) {
        fault_hint(checker->fault, "whether there is a value is asked with has(…)");
        return;
    }
    bool a_text = expr_checker_is_kind(a, EXPR_STRING);
    bool b_text = expr_checker_is_kind(b, EXPR_STRING);
    if (expr_checker_is_named(call->name, "_+_") && a_text != b_text &&
        (is_number(a) || is_number(b)))
        fault_hint(checker->fault, "convert the number with string(…)");
    else if (is_number(a) && is_number(b))
        fault_hint(checker->fault, "convert one side with int(…), uint(…) or double(…)");
    else if (is_number(a) != is_number(b) && (a->kind == EXPR_DURATION || b->kind == EXPR_DURATION))
        fault_hint(checker->fault, "a span of time is written duration('90s')");
}

static enum status no_operator(struct checker *checker, const struct call *call, const char *sign)
{
    if (expr_checker_is_named(call->name, "_?_:_"))
        (void)WRONG(checker, call->tree, "a ? b : c does not take (%s)",
                    types_text(checker, call, 0, ", ")); /* the hint follows */
    else if (expr_checker_is_named(call->name, "_[_]"))
        (void)WRONG(checker, call->tree, "%s cannot be indexed with %s",
                    expr_checker_type_text(checker, call->types[0]),
                    expr_checker_type_text(checker, call->types[1])); /* likewise */
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
                         expr_checker_type_text(checker, call->types[0]), size, name,
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
    enum status status = expr_check_parts(checker, tree);
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

enum status expr_check_call(struct checker *checker, struct syntax *tree)
{
    const struct expr_scope *states = expr_scope_with_states(checker->scope);
    if (states != NULL && expr_checker_is_named(tree->name, "active"))
        return check_active(checker, tree, states);
    return check_overloads(checker, tree, false);
}

/* a.b.f(x) is the function "a.b.f" where there is one and a is no variable. */
static enum status join_namespace(struct checker *checker, struct syntax *tree)
{
    struct value target = expr_checker_global_name(checker, tree->parts[0]);
    if (target.kind != VALUE_STRING || expr_checker_any_prefix(checker, target))
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

enum status expr_check_method(struct checker *checker, struct syntax *tree)
{
    enum status status = join_namespace(checker, tree);
    return status == STATUS_OK ? check_overloads(checker, tree, tree->kind == SYNTAX_METHOD)
                               : status;
}
