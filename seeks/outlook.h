#ifndef SEEKS_OUTLOOK_H
#define SEEKS_OUTLOOK_H

/*
 * outlook — says how long a seek will wait.
 *
 * In:       the seeks that closed lately, read from the store at every round.
 * Out:      estimates.
 * Owns:     what it has learnt; a new edge learns it from the store again.
 * Threads:  the loop's.
 * Errors:   a round that fails is made again by the next one.
 */

#include "orchestrator/seeking/estimate.h"

#include "arbiter/v1/domain.pb-c.h"

#define OUTLOOK_ROUND_MS 2000

struct api;
struct outlook;

/* Begins to learn; the API outlives it. NULL without memory. */
struct outlook *outlook_create(struct api *api);
void outlook_destroy(struct outlook *outlook);

/* Estimates the rest of a wait; STATUS_FULL: the arena is. */
enum status outlook_estimate(struct outlook *outlook, const char *policy,
                             const Arbiter__V1__GameRequest *request, int64_t waited_ms,
                             struct arena *arena, struct seeking_estimate *out_estimate) MUST_CHECK;

/* How many estimates have been told to seeks that then found a game, and how many of them held. */
void outlook_calibration(const struct outlook *outlook, uint64_t *out_told, uint64_t *out_held);

#endif
