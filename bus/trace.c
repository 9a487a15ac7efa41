/* Writes and checks ids in hexadecimal. */
#include "bus/trace.h"

#include <string.h>

/* Where the parts of a traceparent begin. */
enum { TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53 };

/* Sixteen digits without a terminator. By hand: it happens thrice a request. */
static void write_hex(uint64_t number, char *out)
{
    for (int i = 15; i >= 0; i--, number >>= 4)
        out[i] = "0123456789abcdef"[number & 15];
}

void trace_new_id(struct random *random, char out[TRACE_ID_SIZE])
{
    uint64_t high = random_next(random);
    uint64_t low = random_next(random) | 1; /* an id of zeros means none */
    write_hex(high, out);
    write_hex(low, out + 16);
    out[32] = '\0';
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
    if (parent != NULL && trace_is_valid(parent)) {
        memcpy(out, parent, TRACE_PARENT_SIZE);
    } else {
        memcpy(out, "00-", 3);
        trace_new_id(random, out + TRACE_AT);
        memcpy(out + FLAGS_AT - 1, "-01", 4);
    }
    out[SPAN_AT - 1] = '-';
    write_hex(random_next(random) | 1, out + SPAN_AT);
}
