#ifndef SEEKS_WAITS_H
#define SEEKS_WAITS_H

/*
 * waits — how long seeks of one kind wait, learnt from those that have closed.
 *
 * In:       closed seeks, in any order, any of them more than once.
 * Out:      estimates of the rest of a wait; how many of the estimates told have held.
 * Owns:     the latest WAITS_KEPT waits of each of WAITS_KINDS_MAX kinds; when there are more
 *           kinds, the one that nobody has asked for or added to for the longest is forgotten.
 * Threads:  any one.
 *
 * A kind is a policy and everything of a request that decides who will accept it: rules, variant,
 * word list, clock, and whether it is rated.
 */

#include "base/arena.h"
#include "orchestrator/seeking/estimate.h"

#include "arbiter/v1/domain.pb-c.h"

#define WAITS_KINDS_MAX 256
#define WAITS_KEPT 200
#define WAITS_PERIOD_MS 30000 /* assumed where nothing is known yet: some waits about so long */

struct waits;

/* NULL without memory. */
struct waits *waits_create(void);
void waits_destroy(struct waits *waits);

/* Takes a closed seek in; one that is known already changes nothing. */
void waits_add(struct waits *waits, const Arbiter__V1__Seek *seek);

/* Estimates the rest of a wait of `waited_ms`. STATUS_FULL: the arena is. */
enum status waits_estimate(struct waits *waits, const char *policy,
                           const Arbiter__V1__GameRequest *request, int64_t waited_ms,
                           struct arena *arena, struct seeking_estimate *out_estimate) MUST_CHECK;

/* Of all waits taken in that ended with a game: how many had been estimated, and how many of those
 * ended within the interval. */
void waits_calibration(const struct waits *waits, uint64_t *out_told, uint64_t *out_held);

#endif
