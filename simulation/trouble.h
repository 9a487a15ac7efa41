#ifndef SIMULATION_TROUBLE_H
#define SIMULATION_TROUBLE_H

/*
 * trouble — what is going to go wrong in a world, and when: a list that the seed writes beforehand.
 *
 * Because it is a list, it can be shortened: shrink.h looks for the few incidents that a failure
 * needs. Which messages and transactions suffer within an incident is drawn when they come by.
 *
 * Owns:     the list, until trouble_deinit().
 * Threads:  none inside.
 */

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

#define TROUBLE_LAST_MS (10 * 60 * 1000) /* nothing goes wrong after that */

/* Kinds of faults, a set of bits. */
enum world_faults {
    WORLD_FAULT_MESSAGES = 1 << 0,   /* lost, doubled, late, overtaken */
    WORLD_FAULT_DATABASE = 1 << 1,   /* transactions fail, or their answers are lost */
    WORLD_FAULT_CRASHES = 1 << 2,    /* services die, between any two effects, and come again */
    WORLD_FAULT_PARTITIONS = 1 << 3, /* members are cut off for a while */
    WORLD_FAULT_SLOWNESS = 1 << 4,   /* members hear everything late for a while */
    WORLD_FAULT_CLOCK = 1 << 5,      /* the clock is set forward or back */
    WORLD_FAULTS_ALL = (1 << 6) - 1
};

/* What happens to an edge is nothing in a world without one. */
enum world_part { WORLD_STORE, WORLD_ORCHESTRATOR, WORLD_GAMESVC, WORLD_EDGE, WORLD_PARTS };

enum incident_kind {
    INCIDENT_KILL,           /* at once */
    INCIDENT_KILL_AT_EFFECT, /* before its `amount`-th message or commit from now */
    INCIDENT_CUT_OFF,
    INCIDENT_SLOW,     /* everything reaches it `amount` ms later */
    INCIDENT_CLOCK,    /* set by `amount` ms, for good */
    INCIDENT_MESSAGES, /* of a million so many are lost, doubled; all take up to `amount` ms */
    INCIDENT_DATABASE  /* of a million transactions so many fail, lose their answer */
};

struct incident {
    enum incident_kind kind;
    enum world_part part;
    int replica;         /* index */
    int64_t at_ms;       /* from the beginning */
    int64_t duration_ms; /* until the killed one is back, the cut-off one joined, … */
    int64_t amount;
    int32_t first_per_million; /* lost messages; failing transactions */
    int32_t second_per_million;
};

struct trouble {
    struct incident *items; /* by time */
    int count;
};

/* Draws what goes wrong with `replicas` of each service. */
void trouble_draw(struct trouble *out_trouble, uint64_t seed, unsigned faults, int replicas);

/* Makes a copy without the incidents for which `drop` is true. */
void trouble_without(const struct trouble *trouble, const bool *drop, struct trouble *out_trouble);

void trouble_deinit(struct trouble *trouble);

const char *world_part_name(enum world_part part);

/* Appends what it is, without its time. */
void incident_describe(const struct incident *incident, struct buffer *out);

#endif
