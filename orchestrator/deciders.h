#ifndef ORCHESTRATOR_DECIDERS_H
#define ORCHESTRATOR_DECIDERS_H

/*
 * deciders — the services Pairing, Standings and Schedule: read a division, decide, write or
 * answer.
 *
 * In:       pairing.make (a command of the division machine), standings.compute (a reader's
 *           question).
 * Out:      SavePairings to the store; answers.
 * Threads:  the loop's; a pairing is computed by the worker, beside the loop, from a copy of the
 *           division's rows. The deciding itself is a pure function of them and the policy.
 * Errors:   FAILED_PRECONDITION where no legal pairing exists (the message names what to relax) or
 *           a result is missing; INVALID_ARGUMENT for a round outside the division.
 */

#include "base/attr.h"
#include "base/status.h"
#include "bus/bus.h"

struct deciders;
struct worker;

/* Serves them on `bus`, which must outlive it; NULL without memory or where the bus refuses. The
 * worker (NULL: pairings are computed at once, on the loop) is destroyed before the bus, or after
 * it, but before the loop. */
struct deciders *deciders_create(struct bus *bus, struct worker *worker);
void deciders_destroy(struct deciders *deciders);

#endif
