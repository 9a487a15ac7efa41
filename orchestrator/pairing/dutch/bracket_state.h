#ifndef DUTCH_BRACKET_STATE_H
#define DUTCH_BRACKET_STATE_H

/*
 * bracket_state — a bracket being settled; private to bracket*.c.
 */

#include "orchestrator/pairing/dutch/bracket.h"
#include "orchestrator/pairing/dutch/criteria.h"

struct bracket {
    struct dutch_round *round;
    const struct dutch_bracket_job *job;
    struct dutch_bracket_result *result;
    struct blossom *blossom;
    struct criteria criteria;
    struct seat_type *types; /* [type_count] */
    int type_count;
    int score_count; /* of the MDPs */
    int *scores;     /* [score_count] highest first */
    int *score_members;
    enum dutch_proof with; /* who takes part besides the bracket */
    int float_count;       /* stand-ins in use, unless with the whole */
    int needed_count;      /* of the stand-ins, so many must be used: those further down need them;
                              0 until that is asked */
    bool single_bye;
    bool *upper_half; /* [seat_count] */
    int *rest;        /* the remainder, in rank order */
    int rest_count;
    int64_t target[BLOSSOM_LIMBS_MAX];
    int64_t total[BLOSSOM_LIMBS_MAX];
};

/* ---- bracket.c: the problem -------------------------------------------------------------- */

/* Part of a vertex in the bracket. */
enum role bracket_role(const struct bracket *b, int vertex);

/* Whether the bye must go to a member of this bracket (C5). */
bool bracket_has_bye(const struct bracket *b);

/* Whether the bye goes to somebody who takes part (`with`). */
bool bracket_takes_bye(const struct bracket *b);

/* Gives each active vertex its type and fills the table of weights; false when out of room. */
bool bracket_set_weights(struct bracket *b);

/* Finds the best candidates' common value and one of them. Errors: STATUS_FULL; STATUS_INTERNAL
 * where there is none. */
enum status bracket_solve(struct bracket *b) MUST_CHECK;

/* Where proofs are asked for, checks the solution at hand. */
void bracket_check(struct bracket *b);

/* Settles the bracket together with others (`with`, `float_count`), C9 where it counts. Errors:
 * STATUS_FULL; STATUS_INTERNAL where there is no candidate. */
enum status bracket_settle_with(struct bracket *b, enum dutch_proof with,
                                int float_count) MUST_CHECK;

/* ---- bracket_choose.c -------------------------------------------------------------------- */

/* From the solved problem to the first of the best candidates. Errors: STATUS_FULL. */
enum status bracket_choose(struct bracket *b) MUST_CHECK;

/* ---- bracket_alone.c --------------------------------------------------------------------- */

/* Settles the bracket without those below. STATUS_INTERNAL stands for "not shown", and the whole
 * has to be asked. */
enum status bracket_settle_alone(struct bracket *b) MUST_CHECK;

/* Settles the bracket with the next score's players only; likewise. */
enum status bracket_settle_ahead(struct bracket *b) MUST_CHECK;

#endif
