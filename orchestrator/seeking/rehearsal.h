#ifndef SEEKING_REHEARSAL_H
#define SEEKING_REHEARSAL_H

/*
 * rehearsal — a pool played through by itself: people arrive, wait, are paired or give up.
 *
 * In:       a policy, its clock, and arrivals in the order of their times; a seed for everything
 *           drawn by lot.
 * Out:      what became of each arrival. The same input gives the same output on every machine.
 * Owns:     nothing: results live in the arena given.
 * Threads:  none inside.
 * Errors:   STATUS_FULL for the arena or SEEKING_TICKETS_MAX waiting at once,
 *           STATUS_INVALID_ARGUMENT for arrivals out of order.
 */

#include "orchestrator/seeking/seeking.h"

#define REHEARSAL_MEETINGS_MAX 32 /* games a player is remembered to have had */

struct rehearsal_arrival {
    int64_t at_ms;
    int32_t player;      /* from 0 */
    int64_t patience_ms; /* gives up after this */
    struct seeking_facts facts;
    struct value said;
};

struct rehearsal_input {
    const struct seeking_policy *policy;
    struct seeking_clock clock;
    const struct rehearsal_arrival *arrivals;
    int32_t count;
    int32_t player_count;
    double acceptance; /* share of offers a player accepts, where the policy makes offers */
    int64_t repeat_ms; /* a second game within this counts as a repeat */
    uint64_t seed;
};

enum rehearsal_end { REHEARSAL_LEFT, REHEARSAL_MATCHED, REHEARSAL_DECLINED };

struct rehearsal_outcome {
    enum rehearsal_end end;
    int64_t waited_ms;
    double gap; /* of ratings */
    bool is_repeat;
    int64_t low_ms; /* the wait as estimated at the beginning */
    int64_t high_ms;
};

struct rehearsal {
    struct rehearsal_outcome *outcomes; /* one an arrival, in order */
    int32_t waves;
    int32_t games;
    int32_t waiting_most;
};

/* Plays it through until everybody has been paired or has given up. */
enum status rehearsal_run(const struct rehearsal_input *input, struct arena *arena,
                          struct rehearsal *out) MUST_CHECK;

#endif
