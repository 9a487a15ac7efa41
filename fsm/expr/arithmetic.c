/* Overflow-checked arithmetic on values. */
#include "fsm/expr/arithmetic.h"

static struct value wrong(enum value_error error)
{
    return value_error(error, 0);
}

static bool are(struct value a, struct value b, enum value_kind a_kind, enum value_kind b_kind)
{
    return a.kind == (uint32_t)a_kind && b.kind == (uint32_t)b_kind;
}

static bool are_both(struct value a, struct value b, enum value_kind kind)
{
    return are(a, b, kind, kind);
}

static struct value in_range(int64_t seconds, int64_t nanoseconds)
{
    if (nanoseconds < 0) {
        nanoseconds += VALUE_NANOS_PER_SECOND;
        seconds--;
    } else if (nanoseconds >= VALUE_NANOS_PER_SECOND) {
        nanoseconds -= VALUE_NANOS_PER_SECOND;
        seconds++;
    }
    if (seconds < VALUE_TIMESTAMP_SECONDS_MIN || seconds > VALUE_TIMESTAMP_SECONDS_MAX)
        return wrong(VALUE_ERROR_OVERFLOW);
    return value_timestamp(seconds, (uint32_t)nanoseconds);
}

/* Both parts are far from the limits of 64 bits: no sum here overflows. */
static struct value shift(struct value time, int64_t seconds, int64_t nanoseconds)
{
    return in_range(time.as.integer + seconds, (int64_t)time.size + nanoseconds);
}

static struct value add_duration(struct value time, struct value duration)
{
    return shift(time, duration.as.integer / VALUE_NANOS_PER_SECOND,
                 duration.as.integer % VALUE_NANOS_PER_SECOND);
}

struct value expr_arithmetic_add(struct value a, struct value b)
{
    int64_t sum;
    if (are_both(a, b, VALUE_INT))
        return expr_add_ints(a.as.integer, b.as.integer, &sum) ? value_int(sum)
                                                               : wrong(VALUE_ERROR_OVERFLOW);
    if (are_both(a, b, VALUE_DOUBLE))
        return value_double(a.as.real + b.as.real);
    if (are_both(a, b, VALUE_UINT))
        return a.as.natural > UINT64_MAX - b.as.natural ? wrong(VALUE_ERROR_OVERFLOW)
                                                        : value_uint(a.as.natural + b.as.natural);
    if (are_both(a, b, VALUE_DURATION))
        return expr_add_ints(a.as.integer, b.as.integer, &sum) ? value_duration(sum)
                                                               : wrong(VALUE_ERROR_OVERFLOW);
    if (are(a, b, VALUE_TIMESTAMP, VALUE_DURATION))
        return add_duration(a, b);
    if (are(a, b, VALUE_DURATION, VALUE_TIMESTAMP))
        return add_duration(b, a);
    return wrong(VALUE_ERROR_NO_OVERLOAD);
}

static struct value between(struct value a, struct value b)
{
    int64_t seconds = a.as.integer - b.as.integer; /* timestamps are small enough */
    int64_t nanoseconds = (int64_t)a.size - (int64_t)b.size;
    if (seconds > 0 && nanoseconds < 0) {
        seconds--;
        nanoseconds += VALUE_NANOS_PER_SECOND;
    } else if (seconds < 0 && nanoseconds > 0) {
        seconds++;
        nanoseconds -= VALUE_NANOS_PER_SECOND;
    }
    int64_t total;
    if (seconds > INT64_MAX / VALUE_NANOS_PER_SECOND ||
        seconds < INT64_MIN / VALUE_NANOS_PER_SECOND ||
        !expr_add_ints(seconds * VALUE_NANOS_PER_SECOND, nanoseconds, &total))
        return wrong(VALUE_ERROR_OVERFLOW);
    return value_duration(total);
}

struct value expr_arithmetic_subtract(struct value a, struct value b)
{
    int64_t difference;
    if (are_both(a, b, VALUE_INT))
        return expr_subtract_ints(a.as.integer, b.as.integer, &difference)
                   ? value_int(difference)
                   : wrong(VALUE_ERROR_OVERFLOW);
    if (are_both(a, b, VALUE_DOUBLE))
        return value_double(a.as.real - b.as.real);
    if (are_both(a, b, VALUE_UINT))
        return a.as.natural < b.as.natural ? wrong(VALUE_ERROR_OVERFLOW)
                                           : value_uint(a.as.natural - b.as.natural);
    if (are_both(a, b, VALUE_DURATION))
        return expr_subtract_ints(a.as.integer, b.as.integer, &difference)
                   ? value_duration(difference)
                   : wrong(VALUE_ERROR_OVERFLOW);
    if (are(a, b, VALUE_TIMESTAMP, VALUE_DURATION))
        return shift(a, -(b.as.integer / VALUE_NANOS_PER_SECOND),
                     -(b.as.integer % VALUE_NANOS_PER_SECOND));
    if (are_both(a, b, VALUE_TIMESTAMP))
        return between(a, b);
    return wrong(VALUE_ERROR_NO_OVERLOAD);
}

static uint64_t magnitude(int64_t a)
{
    return a < 0 ? 0 - (uint64_t)a : (uint64_t)a;
}

static struct value multiply_ints(int64_t a, int64_t b)
{
    bool is_negative = (a < 0) != (b < 0);
    uint64_t limit = (uint64_t)INT64_MAX + is_negative;
    uint64_t x = magnitude(a);
    uint64_t y = magnitude(b);
    if (y != 0 && x > limit / y)
        return wrong(VALUE_ERROR_OVERFLOW);
    uint64_t product = x * y;
    return value_int((int64_t)(is_negative ? 0 - product : product));
}

struct value expr_arithmetic_multiply(struct value a, struct value b)
{
    if (are_both(a, b, VALUE_INT))
        return multiply_ints(a.as.integer, b.as.integer);
    if (are_both(a, b, VALUE_DOUBLE))
        return value_double(a.as.real * b.as.real);
    if (!are_both(a, b, VALUE_UINT))
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    if (b.as.natural != 0 && a.as.natural > UINT64_MAX / b.as.natural)
        return wrong(VALUE_ERROR_OVERFLOW);
    return value_uint(a.as.natural * b.as.natural);
}

/* IEEE division written out for a zero divisor, which C leaves undefined. */
static double divide_doubles(double a, double b)
{
    if (b != 0.0)
        return a / b;
    uint64_t a_bits;
    uint64_t b_bits;
    memcpy(&a_bits, &a, sizeof a_bits);
    memcpy(&b_bits, &b, sizeof b_bits);
    uint64_t bits = UINT64_C(0x7FF8000000000000); /* NaN */
    if (a == a && a != 0.0)
        bits = UINT64_C(0x7FF0000000000000) | ((a_bits ^ b_bits) & UINT64_C(0x8000000000000000));
    double quotient;
    memcpy(&quotient, &bits, sizeof quotient);
    return quotient;
}

struct value expr_arithmetic_divide(struct value a, struct value b)
{
    if (are_both(a, b, VALUE_DOUBLE))
        return value_double(divide_doubles(a.as.real, b.as.real));
    if (!are_both(a, b, VALUE_INT) && !are_both(a, b, VALUE_UINT))
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    if (b.as.natural == 0)
        return wrong(VALUE_ERROR_DIVISION);
    if (a.kind == VALUE_UINT)
        return value_uint(a.as.natural / b.as.natural);
    if (a.as.integer == INT64_MIN && b.as.integer == -1)
        return wrong(VALUE_ERROR_OVERFLOW);
    return value_int(a.as.integer / b.as.integer);
}

struct value expr_arithmetic_remainder(struct value a, struct value b)
{
    if (!are_both(a, b, VALUE_INT) && !are_both(a, b, VALUE_UINT))
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    if (b.as.natural == 0)
        return wrong(VALUE_ERROR_DIVISION);
    if (a.kind == VALUE_UINT)
        return value_uint(a.as.natural % b.as.natural);
    if (a.as.integer == INT64_MIN && b.as.integer == -1)
        return wrong(VALUE_ERROR_OVERFLOW);
    return value_int(a.as.integer % b.as.integer);
}

struct value expr_arithmetic_negate(struct value a)
{
    if (a.kind == VALUE_DOUBLE)
        return value_double(-a.as.real);
    if (a.kind != VALUE_INT)
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    return a.as.integer == INT64_MIN ? wrong(VALUE_ERROR_OVERFLOW) : value_int(-a.as.integer);
}
