#ifndef FSM_EXPR_ARITHMETIC_H
#define FSM_EXPR_ARITHMETIC_H

/*
 * arithmetic — the operators on numbers and times, checked for overflow. The kinds are those the
 * values have, whatever the static types said. Errors carry no column.
 */

#include "fsm/expr/value.h"

/* Addition and subtraction of ints; false on overflow. */
static inline bool expr_add_ints(int64_t a, int64_t b, int64_t *out)
{
    uint64_t sum = (uint64_t)a + (uint64_t)b;
    *out = (int64_t)sum;
    return (int64_t)((sum ^ (uint64_t)a) & (sum ^ (uint64_t)b)) >= 0;
}

static inline bool expr_subtract_ints(int64_t a, int64_t b, int64_t *out)
{
    uint64_t difference = (uint64_t)a - (uint64_t)b;
    *out = (int64_t)difference;
    return (int64_t)(((uint64_t)a ^ (uint64_t)b) & ((uint64_t)a ^ difference)) >= 0;
}

/* Numbers, durations and timestamps; strings and lists are not added here. */
struct value expr_arithmetic_add(struct value a, struct value b);
struct value expr_arithmetic_subtract(struct value a, struct value b);
struct value expr_arithmetic_multiply(struct value a, struct value b);
struct value expr_arithmetic_divide(struct value a, struct value b);
struct value expr_arithmetic_remainder(struct value a, struct value b);
struct value expr_arithmetic_negate(struct value a);

#endif
