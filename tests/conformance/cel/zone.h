#ifndef TESTS_CONFORMANCE_CEL_ZONE_H
#define TESTS_CONFORMANCE_CEL_ZONE_H

/*
 * zone — UTC offsets of named time zones from the system's time zone files. Not for threads: it
 * sets TZ.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An expr_zone_offset; `user` is not used. */
bool zone_offset(void *user, const char *name, size_t size, int64_t seconds, int32_t *out_offset);

#endif
