/* Reads retry policies. */
#include "store/retry.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define WAIT_MAX_MS INT64_C(86400000) /* a day: past it waiting is giving up */

static const char *const default_codes[] = {"timeout", "unavailable", "aborted",
                                            "resource_exhausted"};

const char *retry_code(enum status status, char out[RETRY_CODE_MAX])
{
    const char *name = status == STATUS_DEADLINE_EXCEEDED ? "timeout" : status_name(status);
    size_t i = 0;
    for (; name[i] != '\0' && i < RETRY_CODE_MAX - 1; i++)
        out[i] = (char)tolower((unsigned char)name[i]);
    out[i] = '\0';
    return out;
}

static bool is_named(char *const *codes, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(codes[i], code) == 0)
            return true;
        if (strcasecmp(codes[i], "DEADLINE_EXCEEDED") == 0 && strcmp(code, "timeout") == 0)
            return true;
    }
    return false;
}

static bool is_default(const char *code)
{
    for (size_t i = 0; i < sizeof default_codes / sizeof default_codes[0]; i++)
        if (strcasecmp(default_codes[i], code) == 0)
            return true;
    return false;
}

bool retry_again(const Arbiter__V1__RetryPolicy *policy, const char *code, int64_t attempt)
{
    if (policy == NULL || (policy->max_attempts > 0 && attempt >= policy->max_attempts))
        return false;
    if (is_named(policy->except, policy->n_except, code))
        return false;
    if (policy->n_errors > 0)
        return is_named(policy->errors, policy->n_errors, code);
    return policy->n_except > 0 || is_default(code);
}

int64_t retry_wait_ms(const Arbiter__V1__RetryPolicy *policy, int64_t attempt,
                      struct random *random)
{
    bool is_limited = policy->max_delay_ms > 0 && policy->max_delay_ms < WAIT_MAX_MS;
    double limit = (double)(is_limited ? policy->max_delay_ms : WAIT_MAX_MS);
    double wait = policy->delay_ms > 0 ? (double)policy->delay_ms : 0.0;
    for (int64_t i = 1; i < attempt && wait < limit && policy->backoff > 1.0; i++)
        wait *= policy->backoff;
    if (wait > limit)
        wait = limit;
    int64_t wait_ms = (int64_t)wait;
    if (policy->jitter && wait_ms > 0)
        return (int64_t)random_below(random, (uint64_t)wait_ms + 1);
    return wait_ms;
}

int64_t retry_timeout_ms(const Arbiter__V1__RetryPolicy *policy)
{
    if (policy == NULL || policy->timeout_ms <= 0)
        return RETRY_TIMEOUT_DEFAULT_MS;
    return policy->timeout_ms < WAIT_MAX_MS ? policy->timeout_ms : WAIT_MAX_MS;
}
