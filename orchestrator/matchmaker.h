#ifndef ORCHESTRATOR_MATCHMAKER_H
#define ORCHESTRATOR_MATCHMAKER_H

/*
 * matchmaker — serves Matchmaking: waves, estimates and reasons, over what the store holds.
 *
 * In:       requests MakeWave, EstimateWait, ExplainTicket; the places in a pool, from the store.
 * Out:      replies. Nothing is changed here: the pool's machine writes the offers of a wave.
 * Owns:     nothing that lasts.
 * Threads:  the loop's; pairs are made beside it, by the worker.
 * Errors:   NOT_FOUND for a policy or pool that is not on the shelf.
 */

#include "base/attr.h"
#include "bus/bus.h"
#include "orchestrator/seeking/shelf.h"

#define MATCHMAKER_ESTIMATES_MAX 500 /* in one reply: EstimateWaits tells the rest */
#define MATCHMAKER_OFFERS_MAX 250    /* in one reply: the next wave, at once, offers more */
#define MATCHMAKER_OTHERS_MAX 100    /* explained at once */

/* A wave looks at the longest waits, as many as one message of the store holds (STORE_TICKETS_MAX).
 * Only where those make no pair at all it looks at more: at MATCHMAKER_LOOK_MAX at a time, of which
 * MATCHMAKER_LOOK_AGAIN have been looked at before, until there is a pair or everybody has had a
 * look, up to PLACES_MAX (places.h). A look at so many takes up to a second (bench/seeks). */
#define MATCHMAKER_LOOK_MAX 10000
#define MATCHMAKER_LOOK_AGAIN 2000

struct matchmaker;
struct worker;

/* Serves on `bus`; all three must outlive it. `worker` NULL: pairs are made on the loop. NULL
 * without memory or where the bus refuses. */
struct matchmaker *matchmaker_create(struct bus *bus, struct worker *worker,
                                     const struct seeking_shelf *shelf);
void matchmaker_destroy(struct matchmaker *matchmaker);

struct matchmaker_stats {
    uint64_t waves;
    uint64_t pairs;
    double slowest_wave_ms; /* since the start */
    uint64_t told;          /* ended waits that an estimate was given for, as last seen */
    uint64_t held;          /* ... and ended within it */
};
void matchmaker_stats(const struct matchmaker *matchmaker, struct matchmaker_stats *out_stats);

#endif
