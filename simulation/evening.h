#ifndef SIMULATION_EVENING_H
#define SIMULATION_EVENING_H

/*
 * evening — one seed's whole evening: a world, its people, its faults, and the checks.
 */

#include "base/buffer.h"
#include "simulation/people.h"
#include "simulation/world.h"

struct evening_options {
    const struct world_policies *policies;
    const struct door *door; /* NULL: everybody asks the services directly */
    uint64_t seed;
    unsigned faults; /* of enum world_faults; which of them a seed draws */
    enum world_sabotage sabotage;
    struct people_limits limits;
    const struct trouble *trouble; /* in place of what the seed draws; NULL: that */
    int replicas;                  /* 0: one or two, drawn */
    int64_t patience_ms;           /* 0: an hour */
    bool stops_at_failure;         /* ends as soon as something is wrong */
    bool is_verbose;               /* the report ends with a trace */
};

#define EVENING_FAILURE_MAX 64

/* What came of it. `report` is the caller's to deinit. */
struct evening {
    bool is_sound;
    char failure[EVENING_FAILURE_MAX]; /* name of the first check that failed */
    int replicas;                      /* as drawn */
    int incidents;                     /* in the list */
    struct people_limits sizes;        /* as drawn */
    struct buffer report;              /* a line, and what is wrong below it */
};

/* Plays the evening. The same options give the same report, byte for byte. */
void evening_play(const struct evening_options *options, struct evening *out_evening);

#endif
