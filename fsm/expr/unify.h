#ifndef FSM_EXPR_UNIFY_H
#define FSM_EXPR_UNIFY_H

/*
 * unify — type parameters: what a type variable stands for, found by making types agree.
 */

#include "fsm/expr/expr.h"

/* The variables of one check. Variable number n is a type of kind EXPR_VARIABLE whose names_count
 * is n. */
struct unify {
    struct arena *arena;
    const struct expr_type **bound; /* by variable number; NULL: still open */
    uint32_t count;
    uint32_t capacity;
    uint32_t *trail; /* variables changed since the check began, and what they were */
    const struct expr_type **trail_before;
    uint32_t trail_count;
    uint32_t trail_capacity;
    bool full; /* the arena was full: results are not to be trusted */
};

/* Returns a fresh type variable; NULL where the arena is full. */
const struct expr_type *expr_unify_variable(struct unify *unify);

/* Whether a value of type `from` may stand where `to` is wanted; binds variables where it may, and
 * leaves them alone where not. Dyn agrees with everything. */
bool expr_unify_assignable(struct unify *unify, const struct expr_type *from,
                           const struct expr_type *to);

/* Like expr_unify_assignable() for several at once: all or nothing. */
bool expr_unify_all_assignable(struct unify *unify, const struct expr_type *const *from,
                               const struct expr_type *const *to, uint32_t count);

/* Returns `type` with bound variables replaced; with `close` open ones become dyn. */
const struct expr_type *expr_unify_resolve(struct unify *unify, const struct expr_type *type,
                                           bool close);

/* Returns the type of a collection that holds both: the more general one where one may stand for
 * the other, else dyn. */
const struct expr_type *expr_unify_join(struct unify *unify, const struct expr_type *a,
                                        const struct expr_type *b);

/* Returns `type` with expr_library_a and expr_library_b replaced by `a` and `b`. */
const struct expr_type *expr_unify_instantiate(struct unify *unify, const struct expr_type *type,
                                               const struct expr_type *a,
                                               const struct expr_type *b);

/* Returns a compound type of these parts. */
const struct expr_type *expr_unify_compound(struct unify *unify, enum expr_type_kind kind,
                                            const struct expr_type *key,
                                            const struct expr_type *item);

#endif
