#ifndef SEEKING_ESTIMATE_H
#define SEEKING_ESTIMATE_H

/*
 * estimate — how much longer a wait will be, from the waits that have ended.
 *
 * The share of players still waiting after a time is estimated as Kaplan and Meier do, so that
 * those who left count for as long as they stayed. Its quantiles, given the wait so far, are the
 * interval. The interval is made wider or narrower until the promised share of them holds
 * (seeking_calibrated), so a promise of eight in ten is one.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEEKING_HISTORY_MAX 500
#define SEEKING_PROMISE 0.8 /* share of intervals that are to hold */

/* A wait that has ended. */
struct seeking_wait {
    int64_t waited_ms;
    bool is_matched; /* false: gave up */
    bool was_told;   /* an interval had been given */
    bool held;       /* and the wait ended within it */
};

/* Remaining time; `high_ms` is where the longest known waits end, at the latest. */
struct seeking_estimate {
    int64_t low_ms;
    int64_t middle_ms;
    int64_t high_ms;
    int32_t samples; /* waits it rests on */
};

/* Estimates the rest of a wait of `waited_ms`. `history` is in any order; with little of it, a few
 * waits of some `period_ms` are assumed. `level` is the share between the bounds. */
enum status seeking_estimate(const struct seeking_wait *history, size_t count, int64_t waited_ms,
                             int64_t period_ms, double level, struct arena *arena,
                             struct seeking_estimate *out_estimate) MUST_CHECK;

/* Returns the level to ask for so that SEEKING_PROMISE of the intervals hold: a step up for each
 * of the waits (oldest first) whose interval did not, a smaller one down for each that did. */
double seeking_calibrated(const struct seeking_wait *history, size_t count);

#endif
