#ifndef DUTCH_CRITERIA_H
#define DUTCH_CRITERIA_H

/*
 * criteria — the rules C6 to C21 as weights of edges, most important first.
 *
 * Each criterion is a field of a weight, wide enough for the sum over a whole matching, so that the
 * heaviest matching is the candidate that is best criterion by criterion. What an edge weighs
 * depends only on what is written in the types of its two ends.
 */

#include "orchestrator/pairing/dutch/blossom.h"
#include "orchestrator/pairing/dutch/dutch.h"

/* Part of a vertex in the bracket being paired. The order matters: an edge is looked up from the
 * lower role. */
enum role {
    ROLE_MDP,      /* moved down from above */
    ROLE_RESIDENT, /* has the bracket's score */
    ROLE_NEXT,     /* of the next lower score, which C8 looks at */
    ROLE_LOW,      /* further down: must only be paired somehow */
    ROLE_BYE,      /* the bye */
    ROLE_FLOAT,    /* stands for somebody below all those who take part */
    ROLE_NEEDED    /* for one who cannot do without somebody from above */
};

/* All that an edge's weight depends on. */
struct seat_type {
    enum role role;
    int score_index; /* of an MDP: place of its score among the MDPs' scores, highest 0 */
    enum dutch_colour preference;
    enum dutch_strength strength;
    int difference;             /* absolute value; 0 unless the preference is absolute */
    enum dutch_colour repeated; /* likewise */
    enum dutch_float floated[2];
    int bye_games; /* games played, where C9 counts and the bye may be his; else 0 */
    bool upper_half;
};

/* A field's place in a weight. */
struct weight_field {
    int limb; /* -1 = the field does not exist, as it cannot differ */
    int shift;
};

/* What the widths of the fields follow from. */
struct criteria_counts {
    int vertices; /* all of the matching */
    int bracket;  /* MDPs and residents */
    int residents;
    int next;
    int score_count; /* of the MDPs */
    const int *mdps; /* [score_count] MDPs of each score */
    int rounds;      /* played */
    bool with_below; /* players below take part */
    bool single_bye; /* C9 counts */
};

struct criteria {
    struct weight_field complete;
    struct weight_field c6;
    struct weight_field *c7; /* [score_count]; likewise c8_scores (+ 1), c18 to c21 */
    struct weight_field c8_pairs;
    struct weight_field *c8_scores;
    struct weight_field c9;
    struct weight_field colour[4];        /* C10 to C13 */
    struct weight_field resident_down[2]; /* C14, C16 */
    struct weight_field resident_up[2];   /* C15, C17 */
    struct weight_field *mdp_down[2];     /* C18, C20 */
    struct weight_field *mdp_up[2];       /* C19, C21 */
    struct weight_field exchange;
    int bye_games_max; /* most that C9's field may hold for one edge */
    int score_count;
    int limbs;
    bool floats_meet; /* there may be more stand-ins than are needed */
};

/* What 1 in a field is, in the doubled weights of the solver: a multiple of 4, so that the duals it
 * starts from are even and tight edges need no rounding. */
#define CRITERIA_UNIT 4

/* Lays the fields out; false when the arena is full or the weights grow too wide. */
bool criteria_init(struct criteria *criteria, struct arena *arena,
                   const struct criteria_counts *counts);

/* Which of C10 to C13 a pair of these violates: bit 0 for C10 and so on. */
unsigned criteria_colour_faults(const struct seat_type *a, const struct seat_type *b);

/* Adds up the doubled weight of an edge in `out` [limbs], zeroed before. Returns false where the
 * two may not meet whatever else holds. */
bool criteria_weigh(const struct criteria *criteria, const struct seat_type *a,
                    const struct seat_type *b, int64_t *out);

/* Whether two types are the same in everything. */
bool criteria_same_type(const struct seat_type *a, const struct seat_type *b);

/* Adds up in `out` [limbs], zeroed before, what a vertex of a type brings to most of its edges,
 * doubled. */
void criteria_potential(const struct criteria *criteria, const struct seat_type *type,
                        int64_t *out);

/* The part of a seat that colours depend on, as a type of role ROLE_RESIDENT. */
struct seat_type criteria_type_of(const struct dutch_seat *seat);

#endif
