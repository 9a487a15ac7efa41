/* Unification as CEL's reference checker has it: a variable takes the first type it meets and is
 * widened to a more general one (dyn) where a later meeting allows it. */
#include "fsm/expr/unify.h"

#include "fsm/expr/library.h"

#include <assert.h>
#include <string.h>

static void *grow(struct unify *unify, const void *old, uint32_t count, size_t size,
                  uint32_t *capacity)
{
    uint32_t wanted = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = arena_array(unify->arena, wanted, size);
    if (grown == NULL) {
        unify->full = true;
        return NULL;
    }
    if (count > 0)
        memcpy(grown, old, count * size);
    *capacity = wanted;
    return grown;
}

const struct expr_type *expr_unify_variable(struct unify *unify)
{
    if (unify->count == unify->capacity) {
        const struct expr_type **bound =
            grow(unify, unify->bound, unify->count, sizeof *bound, &unify->capacity);
        if (bound == NULL)
            return NULL;
        unify->bound = bound;
    }
    struct expr_type *variable = arena_alloc(unify->arena, sizeof *variable);
    if (variable == NULL) {
        unify->full = true;
        return NULL;
    }
    variable->kind = EXPR_VARIABLE;
    variable->names_count = unify->count;
    unify->bound[unify->count++] = NULL;
    return variable;
}

static void bind(struct unify *unify, const struct expr_type *variable,
                 const struct expr_type *type)
{
    if (unify->trail_count == unify->trail_capacity) {
        uint32_t capacity = unify->trail_capacity;
        uint32_t *trail = grow(unify, unify->trail, unify->trail_count, sizeof *trail, &capacity);
        const struct expr_type **before = grow(unify, unify->trail_before, unify->trail_count,
                                               sizeof *before, &unify->trail_capacity);
        if (trail == NULL || before == NULL)
            return;
        unify->trail = trail;
        unify->trail_before = before;
    }
    uint32_t number = variable->names_count;
    unify->trail[unify->trail_count] = number;
    unify->trail_before[unify->trail_count++] = unify->bound[number];
    unify->bound[number] = type;
}

static void undo(struct unify *unify, uint32_t mark)
{
    while (unify->trail_count > mark) {
        unify->trail_count--;
        unify->bound[unify->trail[unify->trail_count]] = unify->trail_before[unify->trail_count];
    }
}

/* Enums are strings to everything but the check of their literals. */
static enum expr_type_kind kind_of(const struct expr_type *type)
{
    return type->kind == EXPR_ENUM ? EXPR_STRING : type->kind;
}

static bool is_same_variable(const struct expr_type *a, const struct expr_type *b)
{
    return a->kind == EXPR_VARIABLE && b->kind == EXPR_VARIABLE && a->names_count == b->names_count;
}

static bool occurs(const struct unify *unify, const struct expr_type *variable,
                   const struct expr_type *type)
{
    if (type == NULL)
        return false;
    if (type->kind == EXPR_VARIABLE) {
        if (type->names_count == variable->names_count)
            return true;
        const struct expr_type *bound = unify->bound[type->names_count];
        return bound != NULL && occurs(unify, variable, bound);
    }
    return occurs(unify, variable, type->key) || occurs(unify, variable, type->item);
}

/* Whether `a` says no more than `b`: the one to keep when both must be covered. */
static bool is_more_general(const struct expr_type *a, const struct expr_type *b)
{
    if (a->kind == EXPR_DYN || a->kind == EXPR_VARIABLE)
        return true;
    if (b->kind == EXPR_DYN || b->kind == EXPR_VARIABLE)
        return false;
    if (a->kind == EXPR_STRING && b->kind == EXPR_ENUM)
        return true;
    if (a->kind != b->kind)
        return false;
    if (a->kind == EXPR_LIST)
        return is_more_general(a->item, b->item);
    if (a->kind == EXPR_MAP)
        return is_more_general(a->key, b->key) && is_more_general(a->item, b->item);
    return a->kind != EXPR_ENUM || expr_type_equal(a, b);
}

static const struct expr_type *more_general(const struct expr_type *a, const struct expr_type *b)
{
    if (b->kind == EXPR_NULL) /* it agrees with times, which say more */
        return a;
    return is_more_general(a, b) ? a : b;
}

static bool agree(struct unify *unify, const struct expr_type *a, const struct expr_type *b);

/* Tries to let `variable` stand for `type`. *out_had tells whether it already stood for something.
 */
static bool substitute(struct unify *unify, const struct expr_type *type,
                       const struct expr_type *variable, bool *out_had)
{
    *out_had = true;
    if (is_same_variable(type, variable))
        return true;
    const struct expr_type *bound = unify->bound[variable->names_count];
    if (bound == NULL) {
        *out_had = false;
        if (occurs(unify, variable, type))
            return false;
        bind(unify, variable, type);
        return true;
    }
    if (is_same_variable(type, bound) || type == bound)
        return true;
    if (!agree(unify, type, bound))
        return false;
    const struct expr_type *general = more_general(type, bound);
    if (general != bound && !occurs(unify, variable, general))
        bind(unify, variable, general);
    return true;
}

/* Null may stand for a time: CEL's checker has it so. */
static bool takes_null(const struct expr_type *type)
{
    return type->kind == EXPR_NULL || type->kind == EXPR_DURATION || type->kind == EXPR_TIMESTAMP;
}

static bool agree(struct unify *unify, const struct expr_type *a, const struct expr_type *b)
{
    bool had;
    if (b->kind == EXPR_VARIABLE) {
        if (substitute(unify, a, b, &had))
            return true;
        if (had)
            return false;
    }
    if (a->kind == EXPR_VARIABLE)
        return substitute(unify, b, a, &had);
    if (a->kind == EXPR_DYN || b->kind == EXPR_DYN)
        return true;
    if (a->kind == EXPR_NULL || b->kind == EXPR_NULL)
        return takes_null(a->kind == EXPR_NULL ? b : a);
    if (kind_of(a) != kind_of(b))
        return false;
    if (a->kind == EXPR_LIST)
        return agree(unify, a->item, b->item);
    if (a->kind == EXPR_MAP)
        return agree(unify, a->key, b->key) && agree(unify, a->item, b->item);
    return true;
}

bool expr_unify_all_assignable(struct unify *unify, const struct expr_type *const *from,
                               const struct expr_type *const *to, uint32_t count)
{
    uint32_t mark = unify->trail_count;
    for (uint32_t i = 0; i < count; i++) {
        if (!agree(unify, from[i], to[i])) {
            undo(unify, mark);
            return false;
        }
    }
    return true;
}

bool expr_unify_assignable(struct unify *unify, const struct expr_type *from,
                           const struct expr_type *to)
{
    return expr_unify_all_assignable(unify, &from, &to, 1);
}

const struct expr_type *expr_unify_compound(struct unify *unify, enum expr_type_kind kind,
                                            const struct expr_type *key,
                                            const struct expr_type *item)
{
    struct expr_type *type = arena_alloc(unify->arena, sizeof *type);
    if (type == NULL) {
        unify->full = true;
        return &expr_dyn;
    }
    type->kind = kind;
    type->key = key;
    type->item = item;
    return type;
}

const struct expr_type *expr_unify_resolve(struct unify *unify, const struct expr_type *type,
                                           bool close)
{
    if (type->kind == EXPR_VARIABLE) {
        const struct expr_type *bound = unify->bound[type->names_count];
        if (bound != NULL)
            return expr_unify_resolve(unify, bound, close);
        return close ? &expr_dyn : type;
    }
    if (type->item == NULL)
        return type;
    const struct expr_type *key =
        type->key != NULL ? expr_unify_resolve(unify, type->key, close) : NULL;
    const struct expr_type *item = expr_unify_resolve(unify, type->item, close);
    if (key == type->key && item == type->item)
        return type;
    struct expr_type *resolved = arena_alloc(unify->arena, sizeof *resolved);
    if (resolved == NULL) {
        unify->full = true;
        return &expr_dyn;
    }
    *resolved = *type;
    resolved->key = key;
    resolved->item = item;
    return resolved;
}

const struct expr_type *expr_unify_join(struct unify *unify, const struct expr_type *a,
                                        const struct expr_type *b)
{
    return expr_unify_assignable(unify, a, b) ? more_general(a, b) : &expr_dyn;
}

const struct expr_type *expr_unify_instantiate(struct unify *unify, const struct expr_type *type,
                                               const struct expr_type *a, const struct expr_type *b)
{
    if (type == &expr_library_a)
        return a;
    if (type == &expr_library_b)
        return b;
    if (type->item == NULL)
        return type;
    const struct expr_type *key =
        type->key != NULL ? expr_unify_instantiate(unify, type->key, a, b) : NULL;
    const struct expr_type *item = expr_unify_instantiate(unify, type->item, a, b);
    if (key == type->key && item == type->item)
        return type;
    return expr_unify_compound(unify, type->kind, key, item);
}
