/* What names and fields mean: macro variables, declared variables, types, keys of maps. */
#include "fsm/expr/checker.h"

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
        if (expr_checker_is_named(name, type_names[i].name)) {
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

enum status expr_check_name(struct checker *checker, struct syntax *tree)
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
struct value expr_checker_global_name(struct checker *checker, const struct syntax *tree)
{
    const struct syntax *root = root_of(tree);
    if (root->kind != SYNTAX_NAME || is_local_name(checker, root))
        return (struct value){.kind = VALUE_UNSET};
    return expr_syntax_dotted_name(checker->arena, tree);
}

/* Whether the name or the beginning of it before a dot names something. */
bool expr_checker_any_prefix(struct checker *checker, struct value name)
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

enum status expr_check_select(struct checker *checker, struct syntax *tree)
{
    struct value name = expr_checker_global_name(checker, tree);
    if (name.kind == VALUE_STRING) {
        if (resolve_name(checker, tree, name))
            return STATUS_OK;
        if (!expr_checker_any_prefix(checker, name))
            return unknown_name(checker, tree, name);
    }
    struct syntax *target = tree->parts[0];
    enum status status = expr_check_part(checker, target);
    if (status != STATUS_OK)
        return status;
    const struct expr_type *type = expr_checker_type(checker, target);
    tree->type = &expr_dyn;
    if (type->kind == EXPR_VARIABLE)
        (void)expr_unify_assignable(&checker->unify, type, &expr_dyn); /* open types take dyn */
    if (type->kind == EXPR_DYN || type->kind == EXPR_VARIABLE)
        return STATUS_OK;
    if (type->kind != EXPR_MAP)
        return WRONG(checker, tree, "%s has no field '%.*s'", expr_checker_type_text(checker, type),
                     (int)tree->name.size, tree->name.as.text);
    if (!expr_unify_assignable(&checker->unify, &expr_string, type->key))
        return WRONG(checker, tree, "the keys of %s are not strings: write it with [ ]",
                     expr_checker_type_text(checker, type));
    tree->type = type->item;
    return STATUS_OK;
}

enum status expr_check_has(struct checker *checker, struct syntax *tree)
{
    struct syntax select = *tree;
    select.kind = SYNTAX_SELECT;
    enum status status = expr_check_select(checker, &select);
    if (status != STATUS_OK)
        return status;
    if (select.is_constant_name)
        return WRONG(checker, tree, "has() takes a field, this is a type");
    tree->variable = select.variable;
    tree->type = &expr_bool;
    return STATUS_OK;
}
