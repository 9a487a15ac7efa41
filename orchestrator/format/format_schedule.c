/* A policy's times as the schedule's terms. */
#include "orchestrator/format/format_schedule.h"

#include <assert.h>

static_assert((int)FORMAT_DST_SKIP == (int)SCHEDULE_DST_SKIP &&
                  (int)FORMAT_DST_SHIFT == (int)SCHEDULE_DST_SHIFT &&
                  (int)FORMAT_DST_BOTH == (int)SCHEDULE_DST_BOTH &&
                  (int)FORMAT_DST_FIRST == (int)SCHEDULE_DST_FIRST,
              "both list the rules in one order");

struct schedule_rule format_schedule_rule(const struct format *format, uint64_t seed)
{
    assert(format->time.start[0] != '\0');
    return (struct schedule_rule){.start = format->time.start,
                                  .zone = format->time.zone,
                                  .recurrence = format->time.recurrence,
                                  .excluded = format->time.exclude.items,
                                  .excluded_count = format->time.exclude.count,
                                  .dst = (enum schedule_dst)format->time.dst,
                                  .jitter_ms = format->time.jitter_ms,
                                  .seed = seed};
}
