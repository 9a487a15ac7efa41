#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * log — one line an event, key=value, on standard error. For shells; cores never log.
 *
 *     log_event(LOG_WARN, "bus_timeout", "tournament=%s try=%d next=%s", id, 2, "\"retry in 2
 * s\""); time=2026-11-22T15:59:43.120Z level=warn svc=orchestrator event=bus_timeout tournament=…
 *
 * ERROR wakes somebody; WARN is handled but odd; INFO is a fact of the game; DEBUG is for one
 * machine. Text that a player wrote goes through log_quote(). Lines are written whole, so several
 * threads may log at once. The service's name and the threshold are set once, by main.
 */

#include "base/attr.h"

#include <stddef.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

#define LOG_LINE_MAX 2048

/* Sets the `svc` of every line and the lowest level that is written; `service` must outlive the
 * process's logging. Called before threads start. */
void log_init(const char *service, enum log_level threshold);

/* Writes one line; `format` holds the key=value pairs after the event's name and may be "". */
void log_event(enum log_level level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);

/* Writes `text` into `out` as a double-quoted, escaped value without control characters, cut to
 * fit; returns `out`. */
const char *log_quote(const char *text, char *out, size_t out_size);

#endif
