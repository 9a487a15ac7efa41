#ifndef CLI_PACE_H
#define CLI_PACE_H

/*
 * pace — how fast a house's time runs, kept in the file `clock` of its place.
 *
 * What is in the database goes by the time it was written in, so a place keeps the pace it began
 * with; a place without the file runs as the world does.
 *
 * Errors:   STATUS_INVALID_ARGUMENT with a fault where the place has another pace already,
 *           STATUS_UNAVAILABLE where the file cannot be written.
 */

#include "base/attr.h"
#include "base/clock.h"
#include "base/fault.h"
#include "cli/place.h"

/* What the person asked for. */
struct pace_wish {
    int64_t speed;   /* 0: not said */
    int64_t time_ms; /* what the house's time is to be at the start; 0: the world's */
};

/* Reads the place's pace, or keeps the one wished for in a place that has never been used. */
enum status pace_keep(const struct place *place, const struct pace_wish *wish,
                      struct clock_pace *out_pace, struct fault *out_fault) MUST_CHECK;

#endif
