#ifndef FORMAT_FORMAT_SCHEDULE_H
#define FORMAT_FORMAT_SCHEDULE_H

/*
 * format_schedule — a policy's `time` as a schedule: its firings are the starts of events.
 */

#include "orchestrator/format/format.h"
#include "schedule/schedule.h"

/* Returns the rule of the policy's start and recurrence; the texts are the format's. The policy
 * must have a start. `seed` is the jitter's. */
struct schedule_rule format_schedule_rule(const struct format *format, uint64_t seed);

#endif
