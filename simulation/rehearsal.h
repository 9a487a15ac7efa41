#ifndef SIMULATION_REHEARSAL_H
#define SIMULATION_REHEARSAL_H

/*
 * rehearsal — one run of a format policy with made-up (or recorded) players: the house's own
 * services and machines, without faults, in virtual time.
 *
 * Owns:     nothing between calls.
 * Threads:  none inside; the caller may run several processes.
 * Errors:   STATUS_INVALID_ARGUMENT with a fault where the policy, the players and the record do
 *           not fit each other.
 */

#include "base/fault.h"
#include "simulation/tale.h"

#define REHEARSAL_PLAYERS_MAX 10000

struct rehearsal_options {
    const struct world_policies *policies;
    const char *text; /* the format policy */
    struct model model;
    uint64_t seed;
    int player_count;            /* 0 with a record: those of the record */
    const struct record *record; /* an event to go on with; NULL: none */
    int from_round;              /* first round that is simulated; 1: all */
    bool is_verbose;
};

enum status rehearsal_play(const struct rehearsal_options *options, struct tale *out_tale,
                           struct fault *out_fault) MUST_CHECK;

#endif
