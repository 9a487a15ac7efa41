#ifndef SIMULATION_SHRINK_H
#define SIMULATION_SHRINK_H

/*
 * shrink — from an evening that is not sound to the smallest one that is not: fewer rounds, players
 * and seeks, and only the incidents without which all is well.
 *
 * The same options give the same trace: nothing here is drawn.
 *
 * Owns:     nothing between calls.
 * Threads:  none inside.
 */

#include "simulation/evening.h"

#define SHRINK_TRIES_MAX 250 /* evenings played on the way */

struct shrunk {
    int tries;
    struct people_limits sizes;
    int incidents_before;
    int incidents;
    struct buffer trace; /* what went wrong, then a line for each thing that happened, by time */
};

/* Shrinks; false where the evening is sound (nothing to shrink). `out_shrunk->trace` is the
 * caller's to deinit. */
bool shrink(const struct evening_options *options, struct shrunk *out_shrunk);

#endif
