#ifndef ORCHESTRATOR_DECIDERS_H
#define ORCHESTRATOR_DECIDERS_H

/*
 * deciders — the services Pairing, Standings and Schedule: read a division, decide, write or
 * answer.
 *
 * In:       pairing.make (a command of the division machine), standings.compute (a reader's
 * question). Out:      SavePairings to the store; answers. Threads:  the loop's. The deciding
 * itself is a pure function of the division's rows and policy. Errors:   FAILED_PRECONDITION where
 * no legal pairing exists (the message names what to relax) or a result is missing;
 * INVALID_ARGUMENT for a round outside the division.
 */

#include "base/attr.h"
#include "base/status.h"
#include "bus/bus.h"

struct deciders;

/* Serves them on `bus`, which must outlive it; NULL without memory or where the bus
 * refuses. */
struct deciders *deciders_create(struct bus *bus);
void deciders_destroy(struct deciders *deciders);

#endif
