#ifndef FSM_EXPR_TREND_H
#define FSM_EXPR_TREND_H

/*
 * trend — which way an expression's value can go while some of its variables go theirs.
 *
 * In:       a program, and for each variable its trend.
 * Out:      the trend of the program's value. What it says is proven, and it says less than there
 *           is to know: WANDERS means that nothing could be shown.
 * Owns:     nothing.
 * Threads:  none inside.
 * Errors:   none.
 *
 * Numbers are ordered as numbers, bools false before true; an evaluation that fails counts as less
 * than any bool. Sums, differences, products and quotients, comparisons, && || !, ?: and host
 * functions that say how they grow are followed; anything else is WANDERS unless all it reads is
 * STEADY.
 */

#include "fsm/expr/expr.h"

enum expr_direction {
    EXPR_STEADY, /* always the same */
    EXPR_RISES,  /* never becomes less */
    EXPR_FALLS,  /* never becomes more */
    EXPR_WANDERS /* anything */
};

struct expr_trend {
    enum expr_direction direction;
    double low, high; /* it is never outside; bools are 0 and 1 */
    bool may_fail;    /* or be no number */
};

/* Tells the trend of the variable banks[bank][index]. */
typedef struct expr_trend (*expr_trend_of)(void *user, unsigned bank, unsigned index);

/* Returns the trend of a program's value. */
struct expr_trend expr_trend(const struct expr_program *program, expr_trend_of of, void *user);

#endif
