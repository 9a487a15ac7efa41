/* exp and log from first principles: reduce the argument to a short interval, sum a series there.
 * Accuracy comes from the length of the series, reproducibility from its fixed order. */
#include "orchestrator/rating/rating_math.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* ln 2 in two parts; the first has enough trailing zeros for exact products with exponents. */
static const double LN2_HIGH = 0x1.62e42fee00000p-1;
static const double LN2_LOW = 0x1.a39ef35793c76p-33;
static const double INVERSE_LN2 = 0x1.71547652b82fep+0;
static const double SQUARE_ROOT_HALF = 0x1.6a09e667f3bcdp-1;
static const double EXP_MAX = 709.0;
static const double EXP_MIN = -708.0;

static double power_of_two(int exponent)
{
    assert(exponent >= -1022 && exponent <= 1023);
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The series of e^r for |r| <= 0.35, by Horner from its 14th term. */
static double exp_series(double r)
{
    static const double inverse[] = {1.0,      1.0 / 2,  1.0 / 3,  1.0 / 4, 1.0 / 5,
                                     1.0 / 6,  1.0 / 7,  1.0 / 8,  1.0 / 9, 1.0 / 10,
                                     1.0 / 11, 1.0 / 12, 1.0 / 13, 1.0 / 14};
    double sum = 1.0;
    for (int i = 13; i >= 1; i--)
        sum = 1.0 + sum * (r * inverse[i]);
    return 1.0 + r * sum;
}

double rating_exp(double x)
{
    if (x < EXP_MIN)
        return 0.0;
    if (x > EXP_MAX)
        x = EXP_MAX;
    int exponent = (int)(x * INVERSE_LN2 + (x < 0 ? -0.5 : 0.5));
    double reduced = (x - exponent * LN2_HIGH) - exponent * LN2_LOW;
    return exp_series(reduced) * power_of_two(exponent);
}

/* 2 atanh(s) = ln((1 + s) / (1 - s)) for |s| <= 0.1716, by Horner from its 12th term. */
static double log_series(double s)
{
    static const double inverse[] = {1.0,      1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11,
                                     1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21, 1.0 / 23};
    double square = s * s;
    double sum = inverse[11];
    for (int i = 10; i >= 0; i--)
        sum = inverse[i] + square * sum;
    return 2.0 * s * sum;
}

double rating_log(double x)
{
    assert(x >= 0x1p-1022);
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52) - 1022;
    bits = (bits & 0x000FFFFFFFFFFFFFu) | 0x3FE0000000000000u; /* now in [0.5, 1) */
    double mantissa;
    memcpy(&mantissa, &bits, sizeof mantissa);
    if (mantissa < SQUARE_ROOT_HALF) {
        mantissa *= 2.0;
        exponent--;
    }
    double series = log_series((mantissa - 1.0) / (mantissa + 1.0));
    return exponent * LN2_HIGH + (series + exponent * LN2_LOW);
}
