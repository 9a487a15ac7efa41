#ifndef FSM_PATHS_H
#define FSM_PATHS_H

/*
 * paths — sequences of events that together take every transition of a machine.
 *
 * Searches the configurations a machine can be in, with guards as free choices and nothing
 * computed: a path shows which events and which outcomes of guards lead somewhere, not with which
 * values. Timers, results and failures count as events.
 *
 * Owns:     nothing: everything lives in the arena.
 * Threads:  none inside.
 * Errors:   STATUS_FULL where the arena is full. Past FSM_PATHS_NODES_MAX configurations the search
 *           stops and what it has not seen counts as not covered.
 */

#include "fsm/fsm.h"

#define FSM_PATHS_NODES_MAX 4000

struct fsm_path_step {
    int transition;     /* FSM_NONE (-1): a path begins here */
    const char *leaves; /* where it leads */
};

struct fsm_paths {
    const struct fsm_path_step *steps;
    size_t step_count;
    size_t path_count;
    const bool *covered; /* by transition */
    size_t covered_count;
};

enum status fsm_find_paths(const struct fsm_machine *machine, struct arena *arena,
                           struct fsm_paths *out) MUST_CHECK;

#endif
