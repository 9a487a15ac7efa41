/* Writes and checks ids in hexadecimal. */
#include "bus/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Where the parts of a traceparent begin. */
enum { TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53 };

void trace_new_id(struct random *random, char out[TRACE_ID_SIZE])
{
    uint64_t high = random_next(random);
    uint64_t low = random_next(random) | 1; /* an id of zeros means none */
    (void)snprintf(out, TRACE_ID_SIZE, "%016" PRIx64 "%016" PRIx64, high, low); /* it fits */
}

static bool is_hex(const char *text, size_t size)
{
    return strspn(text, "0123456789abcdef") >= size;
}

static bool is_zero(const char *text, size_t size)
{
    return strspn(text, "0") >= size;
}

bool trace_is_valid(const char *traceparent)
{
    return strlen(traceparent) == TRACE_PARENT_SIZE - 1 && memcmp(traceparent, "00-", 3) == 0 &&
           is_hex(traceparent + TRACE_AT, 32) && !is_zero(traceparent + TRACE_AT, 32) &&
           traceparent[SPAN_AT - 1] == '-' && is_hex(traceparent + SPAN_AT, 16) &&
           !is_zero(traceparent + SPAN_AT, 16) && traceparent[FLAGS_AT - 1] == '-' &&
           is_hex(traceparent + FLAGS_AT, 2);
}

void trace_new_span(struct random *random, const char *parent, char out[TRACE_PARENT_SIZE])
{
    char trace[TRACE_ID_SIZE];
    const char *flags = "01";
    if (parent != NULL && trace_is_valid(parent)) {
        memcpy(trace, parent + TRACE_AT, 32);
        trace[32] = '\0';
        flags = parent + FLAGS_AT;
    } else {
        trace_new_id(random, trace);
    }
    (void)snprintf(out, TRACE_PARENT_SIZE, "00-%s-%016" PRIx64 "-%s", trace,
                   random_next(random) | 1, flags); /* it fits */
}
