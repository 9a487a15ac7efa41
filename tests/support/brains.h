#ifndef TESTS_SUPPORT_BRAINS_H
#define TESTS_SUPPORT_BRAINS_H

/*
 * brains — everything that the orchestrator's program answers with, on one bus: machines, ratings,
 * conduct, pairing, the director's desk, the matchmaker.
 *
 * Threads:  the loop's; what takes long is the worker's.
 * Errors:   brains that cannot be made fail the test.
 */

#include "bus/bus.h"

#include <stdbool.h>
#include <stdint.h>

struct brains;
struct brains_shelves;
struct worker;

/* Machines and policies, read once for any number of brains. NULL: from "policies". */
struct brains_shelves *brains_shelves_read(const char *policies);
void brains_shelves_destroy(struct brains_shelves *shelves);

struct brains_options {
    const char *policies;                 /* a folder of machines and seeks; NULL: "policies" */
    const struct brains_shelves *shelves; /* borrowed; NULL: read from the folder */
    struct worker *worker; /* becomes the brains'; NULL: decides on the loop itself */
    int64_t sweep_ms;      /* how often lost bells are looked for; 0: as usual */
};

struct brains *brains_create(struct bus *bus, const struct brains_options *how);
void brains_destroy(struct brains *brains);

bool brains_are_serving(const struct brains *brains);

#endif
