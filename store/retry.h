#ifndef STORE_RETRY_H
#define STORE_RETRY_H

/*
 * retry — whether and when a command that failed is tried again, as its policy declares.
 *
 * Codes are those of machine files: "timeout" (one attempt got no answer in time), "unavailable",
 * "invalid_argument" and so on, canonical names in small letters; they compare without regard to
 * case, and DEADLINE_EXCEEDED is "timeout". A policy that names no codes means timeout,
 * unavailable, aborted and resource_exhausted; one that only excepts some means all others.
 *
 * Threads:  none inside; pure.
 */

#include "base/random.h"
#include "base/status.h"

#include "arbiter/v1/store.pb-c.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RETRY_CODE_MAX 32
#define RETRY_TIMEOUT_DEFAULT_MS 5000

/* Writes the code that a failed attempt is known by; returns `out`. */
const char *retry_code(enum status status, char out[RETRY_CODE_MAX]);

/* Whether a command whose attempt number `attempt` (from 1) failed with `code` is tried again.
 * `policy` may be NULL: one attempt. */
bool retry_again(const Arbiter__V1__RetryPolicy *policy, const char *code, int64_t attempt);

/* Returns the wait before the attempt after number `attempt`:
 * min(max_delay, delay * backoff^(attempt - 1)), with jitter a draw between 0 and that. */
int64_t retry_wait_ms(const Arbiter__V1__RetryPolicy *policy, int64_t attempt,
                      struct random *random);

/* Returns how long one attempt may take. */
int64_t retry_timeout_ms(const Arbiter__V1__RetryPolicy *policy);

#endif
