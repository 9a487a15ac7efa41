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
struct worker;

/* Reads machines and seeks' policies from `policies` (NULL: "policies"). Owns the worker; NULL:
 * everything is decided on the loop itself, as virtual time wants it. It looks for lost bells every
 * `sweep_ms`; 0: as the program does. */
struct brains *brains_create(struct bus *bus, const char *policies, struct worker *worker,
                             int64_t sweep_ms);
void brains_destroy(struct brains *brains);

bool brains_are_serving(const struct brains *brains);

#endif
