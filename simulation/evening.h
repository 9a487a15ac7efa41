#ifndef SIMULATION_EVENING_H
#define SIMULATION_EVENING_H

/*
 * evening — one seed's whole evening: a world, its people, its faults, and the checks.
 */

#include "base/buffer.h"
#include "simulation/world.h"

/* What came of it. `report` is the caller's to deinit. */
struct evening {
    bool is_sound;
    struct buffer report; /* a line, and what is wrong below it */
};

/* Plays the evening. The same options give the same report, byte for byte. */
void evening_play(const struct world_options *options, struct evening *out_evening);

#endif
