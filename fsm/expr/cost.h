#ifndef FSM_EXPR_COST_H
#define FSM_EXPR_COST_H

/*
 * cost — how much work an expression can be, from the declared sizes of what it reads. A step is
 * one node evaluated, or EXPR_STEP_BYTES bytes of text gone through.
 */

#include "fsm/expr/library.h"
#include "fsm/expr/syntax.h"

/* What is known about a part of an expression. Numbers saturate. */
struct cost {
    uint64_t steps; /* to evaluate it */
    uint64_t size;  /* of its value: bytes of text, items, entries; 0 for numbers and the like */
    uint64_t item;  /* size of the largest item, key or entry of it */
};

#define COST_MAX (UINT64_MAX / 4)

/* What a value of a declared type can be; steps are 0. */
struct cost expr_cost_of_type(const struct expr_type *type);

/* What a constant is; steps are 0. */
struct cost expr_cost_of_value(struct value value);

/* Of a tree whose parts are known; NULL where they are not evaluated (a dotted variable). */
struct cost expr_cost_of_tree(const struct syntax *tree, const struct cost *parts);

#endif
