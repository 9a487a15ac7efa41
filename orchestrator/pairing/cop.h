#ifndef PAIRING_COP_H
#define PAIRING_COP_H

/*
 * cop — what may still happen in an event: gibsonized ranks, closed groups, simulations of the
 * rounds left, control loss. Private to the folder and to its conformance tests.
 *
 * Players are meant by their rank, from 0. An odd field has a bye as one rank more at the end,
 * which loses every game. Every simulation draws its numbers from its own stream of the seed, so
 * the counts do not depend on how the work is shared out.
 */

#include "base/arena.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

#define COP_NOBODY (-1)
#define COP_BYE_SPREAD 50
#define COP_BATCH 10000
#define COP_MARGINS 4096

struct cop_record {
    int half_wins;
    int spread;
};

struct cop_setting {
    int players;
    const struct cop_record *records; /* by rank */
    int rounds_left;
    int place_prizes;
    int gibson_spread; /* most spread a game is assumed to bring */
    int hopefulness_ppm;
    int control_loss_ppm;
    int simulations;
    int control_simulations;
    int64_t step_budget; /* games that may be simulated, 0 = any number */
    uint64_t seed;
};

/* A player in a simulation. */
struct cop_runner {
    int rank; /* before the simulation */
    int half_wins;
    int spread;
};

struct cop {
    const struct cop_setting *setting;
    struct arena *arena;
    int size;     /* players, and one for the bye where that is odd */
    bool *gibson; /* by rank */
    int *group;   /* by rank: 1.. closed groups between gibsonized ranks, 0 = all others */
    int *pairs;   /* scratch: ranks, two by two */
    int *list;    /* scratch: the ranks of a group */
    struct cop_runner *runners; /* scratch: the standing of a simulation */
    int *schedule;              /* [rounds_left][size]: ranks that meet, by rounds left minus 1 */
    int *margins;               /* game margins to draw from */
    int32_t *ended;             /* [players][players]: how often rank i ended at rank j */
    int simulated;              /* how many simulations `ended` counts */
    int control_simulated;      /* how many each test of control loss made; 0 = none was made */
    int64_t steps;              /* games simulated so far */
    int max_factor;
    int *highest_hopefully; /* by rank: the best rank reached often enough */
    int *highest_absolutely;
    int *lowest_absolutely;
    int *lowest_hopeful_for; /* by place: the lowest rank that can hope for it */
    int lowest_absolute_casher;
    int lowest_hopeful_casher;
    int child; /* rank the leader must play or lose control of his fate, or COP_NOBODY */
};

/* Whether the player at rank `behind` can still catch the one at `ahead`. */
bool cop_can_catch(const struct cop_setting *setting, int rounds_left, int64_t spread, int ahead,
                   int behind);

/* Marks gibsonized ranks and groups; STATUS_FULL when the arena is. */
enum status cop_start(struct cop *cop, const struct cop_setting *setting, struct arena *arena);

/* Writes the ranks that meet when `rounds_left` rounds are to be simulated, two by two, as many as
 * `size`. */
void cop_simulated_pairs(const struct cop *cop, int rounds_left, int max_factor, int *out);

/* Simulates all rounds left and fills the limits. */
void cop_simulate(struct cop *cop);

/* Looks for the rank whom the leader must play: he wins the event more often by winning all games
 * against the leader than by winning all games in factor pairings. */
void cop_control_loss(struct cop *cop);

/* The same question for one rank: whether meeting the leader each round instead of factor pairings
 * gains it so much that the leader loses control. `first_factor` replaces the factor of the next
 * round where it is not 0. Writes how often the rank ends first when it meets the leader. */
bool cop_loses_control(struct cop *cop, int rank, int first_factor, int *out_meeting);

/* Simulates anew with the next round's factor given; the limits follow. */
void cop_simulate_factor(struct cop *cop, int first_factor);

/* How often in `simulated` runs the rank ended at `place` or better. */
int cop_reached(const struct cop *cop, int rank, int place);

/* How often is enough to hope. */
int cop_hope(const struct cop *cop);

#endif
