#ifndef BUS_TRACE_H
#define BUS_TRACE_H

/*
 * trace — request ids and W3C Trace Context.
 */

#include "base/random.h"

#include <stdbool.h>

#define TRACE_ID_SIZE 33     /* 32 hexadecimal digits and a terminator */
#define TRACE_PARENT_SIZE 56 /* "00-<trace id>-<span id>-<flags>" and a terminator */

/* Writes a fresh id of 128 random bits. */
void trace_new_id(struct random *random, char out[TRACE_ID_SIZE]);

/* Whether a traceparent is well formed, version 00, with ids that are not zero. */
bool trace_is_valid(const char *traceparent);

/* Writes a traceparent for a span within `parent`'s trace, or in a fresh, sampled trace where
 * `parent` is NULL or malformed. */
void trace_new_span(struct random *random, const char *parent, char out[TRACE_PARENT_SIZE]);

#endif
