/* Walks a syntax tree and deduces the type of every part; what stays open is dyn. Names and calls
 * are looked up by check_name.c and check_call.c. */
#include "fsm/expr/checker.h"

#include <assert.h>

bool expr_checker_is_named(struct value name, const char *wanted)
{
    return value_equal(name, value_text(wanted));
}

const char *expr_checker_type_text(struct checker *checker, const struct expr_type *type)
{
    const char *text =
        expr_type_text(checker->arena, expr_unify_resolve(&checker->unify, type, false));
    return text != NULL ? text : "?";
}

const struct expr_type *expr_checker_type(struct checker *checker, const struct syntax *tree)
{
    return expr_unify_resolve(&checker->unify, tree->type, false);
}

enum status expr_check_parts(struct checker *checker, struct syntax *tree)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < tree->count && status == STATUS_OK; i++)
        status = expr_check_part(checker, tree->parts[i]);
    return status;
}

bool expr_checker_is_kind(const struct expr_type *type, enum expr_type_kind kind)
{
    return type->kind == kind || (type->kind == EXPR_ENUM && kind == EXPR_STRING);
}

/* Sets the fault of a type that does not fit. */
static enum status want_type(struct checker *checker, struct syntax *tree,
                             const struct expr_type *wanted, const char *what)
{
    if (expr_unify_assignable(&checker->unify, tree->type, wanted))
        return STATUS_OK;
    return WRONG(checker, tree, "%s must be %s, this is %s", what,
                 expr_checker_type_text(checker, wanted),
                 expr_checker_type_text(checker, tree->type));
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
    enum status status = expr_check_parts(checker, tree);
    if (status == STATUS_OK)
        tree->type =
            expr_unify_compound(&checker->unify, EXPR_LIST, NULL, common_type(checker, tree, 0, 1));
    return status;
}

static enum status check_map(struct checker *checker, struct syntax *tree)
{
    enum status status = expr_check_parts(checker, tree);
    for (uint32_t i = 0; i < tree->count && status == STATUS_OK; i += 2) {
        const struct expr_type *key = expr_checker_type(checker, tree->parts[i]);
        bool is_key = expr_checker_is_kind(key, EXPR_STRING) || key->kind == EXPR_INT ||
                      key->kind == EXPR_UINT || key->kind == EXPR_BOOL || key->kind == EXPR_DYN ||
                      key->kind == EXPR_VARIABLE;
        if (!is_key)
            return WRONG(checker, tree->parts[i],
                         "keys of a map are bool, int, uint or string, this is %s",
                         expr_checker_type_text(checker, key));
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
    enum status status = expr_check_parts(checker, tree);
    for (uint32_t i = 0; i < tree->count && status == STATUS_OK; i++)
        status = want_type(checker, tree->parts[i], &expr_bool, what);
    tree->type = &expr_bool;
    return status;
}

/* --- macros ----------------------------------------------------------------------------------- */

static const struct expr_type *element_type(struct checker *checker, const struct syntax *range)
{
    const struct expr_type *type = expr_checker_type(checker, range);
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
        status = expr_check_part(checker, tree->parts[i]);
    checker->local_count--;
    return status;
}

static enum status check_bind(struct checker *checker, struct syntax *tree)
{
    enum status status = expr_check_part(checker, tree->parts[0]);
    if (status == STATUS_OK)
        status = check_body(checker, tree, tree->parts[0]->type);
    if (status == STATUS_OK)
        tree->type = tree->parts[1]->type;
    return status;
}

static enum status check_macro(struct checker *checker, struct syntax *tree)
{
    enum status status = expr_check_part(checker, tree->parts[0]);
    if (status != STATUS_OK)
        return status;
    const struct expr_type *element = element_type(checker, tree->parts[0]);
    if (element == NULL)
        return WRONG(checker, tree, "only lists and maps can be gone through, this is %s",
                     expr_checker_type_text(checker, tree->parts[0]->type));
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

enum status expr_check_part(struct checker *checker, struct syntax *tree)
{
    if (checker->unify.full)
        return STATUS_FULL;
    switch (tree->kind) {
    case SYNTAX_LITERAL:
        tree->type = literal_type(tree->literal);
        return STATUS_OK;
    case SYNTAX_NAME:
        return expr_check_name(checker, tree);
    case SYNTAX_SELECT:
        return expr_check_select(checker, tree);
    case SYNTAX_HAS:
        return expr_check_has(checker, tree);
    case SYNTAX_CALL:
        return expr_check_call(checker, tree);
    case SYNTAX_METHOD:
        return expr_check_method(checker, tree);
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
    if (tree->kind == SYNTAX_CALL && expr_checker_is_named(tree->name, "_?_:_")) {
        enum status status = check_enum_result(checker, tree->parts[1], wanted);
        return status == STATUS_OK ? check_enum_result(checker, tree->parts[2], wanted) : status;
    }
    if (tree->kind == SYNTAX_LITERAL && tree->literal.kind == VALUE_STRING)
        return expr_check_member(checker, wanted, tree);
    if (surely_fits(expr_checker_type(checker, tree), wanted))
        return STATUS_OK;
    return WRONG(checker, tree, "this is %s where %s is wanted",
                 expr_checker_type_text(checker, tree->type),
                 expr_checker_type_text(checker, wanted));
}

static enum status check_result(struct checker *checker, struct syntax *tree,
                                const struct expr_type *wanted)
{
    if (wanted->kind == EXPR_ENUM)
        return check_enum_result(checker, tree, wanted);
    (void)expr_unify_assignable(&checker->unify, tree->type,
                                wanted); /* opens [] and {}; judged below */
    if (surely_fits(expr_checker_type(checker, tree), wanted))
        return STATUS_OK;
    (void)WRONG(checker, tree, "this is %s where %s is wanted",
                expr_checker_type_text(checker, tree->type),
                expr_checker_type_text(checker, wanted)); /* the hint follows */
    if (expr_checker_type(checker, tree)->kind == EXPR_DYN)
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
    enum status status = expr_check_part(&checker, tree);
    if (status == STATUS_OK && request->want != NULL)
        status = check_result(&checker, tree, request->want);
    if (status == STATUS_OK)
        *out_type = expr_unify_resolve(&checker.unify, tree->type, true);
    return checker.unify.full ? STATUS_FULL : status;
}
