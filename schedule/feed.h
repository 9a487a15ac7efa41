#ifndef SCHEDULE_FEED_H
#define SCHEDULE_FEED_H

/*
 * feed — a calendar that people subscribe to: iCalendar (RFC 5545), written by libical.
 *
 * Owns:     nothing; texts are borrowed for the call.
 * Threads:  none inside.
 * Errors:   STATUS_FULL without memory.
 */

#include "base/attr.h"
#include "base/buffer.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/* One entry. Times are milliseconds since the epoch. */
struct feed_entry {
    const char *uid; /* the same entry has the same one for ever */
    const char *summary;
    const char *description;
    int64_t starts_at_ms;
    int64_t ends_at_ms; /* 0: has no end of its own */
    int64_t stamp_ms;   /* when the entry was made */
    bool is_cancelled;
};

/* Appends the calendar to `out`. */
enum status feed_write(const char *name, const struct feed_entry *entries, size_t count,
                       struct buffer *out) MUST_CHECK;

#endif
