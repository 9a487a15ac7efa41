#ifndef DUTCH_BRACKET_H
#define DUTCH_BRACKET_H

/*
 * bracket — settles one bracket: finds the best candidate and, among equals, the first one in the
 * order in which the rules generate them.
 *
 * Two ways, one answer. Together with everybody below, completion (C4) and the look ahead (C8) are
 * fields of the weights. Alone, the bracket is paired as if the rest could take any players moved
 * down; the candidate found stands if the rest can indeed take these with the best C8 there could
 * be, which is then no worse than anything another candidate could offer.
 */

#include "orchestrator/pairing/dutch/blossom.h"
#include "orchestrator/pairing/dutch/dutch.h"

/* Players moved down that a bracket paired alone may have. */
#define BRACKET_FLOATS_MAX 16

/* A round in the making. Seats are vertices by their place in pairing order; the bye is vertex
 * `seat_count`, and after it come BRACKET_FLOATS_MAX stand-ins. */
struct dutch_round {
    const struct dutch_seat *seats;
    int seat_count;
    int rounds_played;
    bool with_bye;
    int bye_score_x10; /* C5; set where with_bye */
    int *held_for;     /* [seat_count] partner insisted on, the bye's vertex, or BLOSSOM_NONE */
    int *partner;      /* [vertex_count] in the last pairing found of many, legal but not chosen by
                          the criteria; BLOSSOM_NONE: not known. Where later ones start from */
    int *open_from;    /* [seat_count + 1] rest_least_open() as far as it was asked, else -1 */
    uint64_t *compatible; /* [vertex_count] rows of row_words */
    int row_words;
    int vertex_count;
    struct arena *arena;
    enum dutch_method method;
    bool prove;        /* every solution is checked by its duals */
    bool disproved;    /* and one was found wanting */
    int64_t searches;  /* made so far */
    size_t memory_max; /* most bytes of the arena in use so far */
};

/* One bracket: seats by their index, in pairing order. */
struct dutch_bracket_job {
    const int *mdps;
    int mdp_count;
    int resident_first; /* residents are the seats from here */
    int next_first;     /* to before here; the next lower score begins here */
    int low_first;      /* and ends before here */
};

/* What came out. Arrays have room for all seats. */
struct dutch_bracket_result {
    int *pairs; /* two seats a pair, the better one first; the other may be the bye */
    int pair_count;
    int *unpaired; /* in pairing order */
    int unpaired_count;
    enum dutch_proof proof;
};

/* Vertex of the bye. */
int round_bye(const struct dutch_round *round);

/* Settles a bracket. Errors: STATUS_FULL; STATUS_INTERNAL where no candidate was found, which the
 * check of the whole round before rules out. */
enum status bracket_settle(struct dutch_round *round, const struct dutch_bracket_job *job,
                           struct dutch_bracket_result *out) MUST_CHECK;

#endif
