#ifndef PAIRING_GRAPH_H
#define PAIRING_GRAPH_H

/*
 * graph — pairs a list of players at least cost. Private to the folder.
 *
 * The cost of a pair is a row of numbers, the first that differs between two sums decides. Pairs
 * far apart in the list are priced against the certificate of a matching that leaves them out, and
 * only those that could improve it are put in: the result is the optimum over all pairs.
 */

#include "orchestrator/pairing/field.h"

#include "orchestrator/pairing/matching/matching.h"

#define GRAPH_LEVELS_MAX 6

/* What a method says about a pair. */
struct graph_price {
    int64_t cost[GRAPH_LEVELS_MAX];
    bool barred; /* only if there is no other way, and then it is named as a conflict */
    enum pairing_conflict_kind why;
    bool never; /* not even then */
};

/* Fills `out` (zeroed before) for the players at two places of the list, `one` < `other`. */
typedef void (*graph_price_function)(const struct field *field, const int *list, int one, int other,
                                     struct graph_price *out, const void *user);

struct graph_answer;

struct graph_ask {
    const int *list;
    int count;
    const char *const *names; /* of the cost levels */
    int levels;
    int window; /* pairs up to this distance in the list are tried first; 0 = 16 */
    const int
        *likely;     /* by place: a place further down whose neighbourhood is tried too; or NULL */
    bool leave_over; /* an odd list leaves over one; otherwise it must be even */
    graph_price_function price;
    const void *user;
    bool (*tolerates)(const struct graph_answer *answer); /* takes barred pairs; NULL = never */
};

struct graph_answer {
    int *mates; /* by place in the list, -1 = left over */
    int64_t total[GRAPH_LEVELS_MAX];
    int barred;   /* pairs that should not be */
    bool refused; /* because of them; they are then in the field's conflicts */
    bool proved;
};

/* Solves. STATUS_FULL when the arena is; STATUS_OUT_OF_RANGE when costs are too large. */
enum status graph_solve(struct field *field, const struct graph_ask *ask, struct graph_answer *out);

/* Solves and makes the pairs, with their costs; `reason` writes each pair's sentence (may be NULL).
 * Adds the totals to the output. */
enum status graph_pair(struct field *field, const struct graph_ask *ask,
                       const char *(*reason)(struct field *field, int one, int other));

#endif
