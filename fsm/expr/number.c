/* Reads and prints numbers. The C library does the correct rounding; it is only ever handed, and
 * asked for, digits and an exponent, so that the locale's decimal point has no part in it. */
#include "fsm/expr/number.h"

#include "base/attr.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits beyond this cannot change a correctly rounded double by themselves; a last non-zero one
 * stands for the rest ("sticky"). */
enum { DIGITS_MAX = 800, EXPONENT_MAX = 100000 };

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

bool expr_number_parse_digits(const char *text, size_t size, unsigned base, uint64_t *out)
{
    assert(base == 10 || base == 16);
    if (size == 0)
        return false;
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned digit = (unsigned)digit_value(text[i]);
        if (digit >= base || number > (UINT64_MAX - digit) / base)
            return false;
        number = number * base + digit;
    }
    *out = number;
    return true;
}

bool expr_number_parse_int(const char *text, size_t size, int64_t *out)
{
    bool is_signed = size > 0 && (text[0] == '-' || text[0] == '+');
    bool is_negative = is_signed && text[0] == '-';
    uint64_t magnitude;
    if (!expr_number_parse_digits(text + is_signed, size - is_signed, 10, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + is_negative)
        return false;
    *out = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

static bool equals_ignoring_case(const char *text, size_t size, const char *lower)
{
    if (strlen(lower) != size)
        return false;
    for (size_t i = 0; i < size; i++)
        if ((text[i] | 0x20) != lower[i])
            return false;
    return true;
}

struct decimal {
    char digits[DIGITS_MAX + 1];
    size_t count;
    int64_t exponent; /* of the last digit */
    bool any;
};

static void decimal_add(struct decimal *decimal, char digit, bool is_fraction)
{
    decimal->any = true;
    if (decimal->count == 0 && digit == '0') {
        decimal->exponent -= is_fraction;
        return;
    }
    if (decimal->count < DIGITS_MAX) {
        decimal->digits[decimal->count++] = digit;
        decimal->exponent -= is_fraction;
        return;
    }
    if (digit != '0')
        decimal->digits[DIGITS_MAX - 1] = '1'; /* sticky */
    decimal->exponent += !is_fraction;
}

static const char *read_mantissa(const char *at, const char *end, struct decimal *decimal)
{
    bool is_fraction = false;
    for (; at < end; at++) {
        if (*at == '.' && !is_fraction)
            is_fraction = true;
        else if (*at >= '0' && *at <= '9')
            decimal_add(decimal, *at, is_fraction);
        else
            break;
    }
    return at;
}

/* Reads "e+12" up to `end`; large exponents saturate. */
static bool read_exponent(const char *at, const char *end, int64_t *out)
{
    bool is_negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return false;
    int64_t exponent = 0;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return false;
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (*at - '0');
    }
    *out = is_negative ? -exponent : exponent;
    return true;
}

static double decimal_to_double(struct decimal *decimal)
{
    if (decimal->count == 0)
        return 0.0;
    int64_t exponent = decimal->exponent;
    exponent = exponent > EXPONENT_MAX ? EXPONENT_MAX : exponent;
    exponent = exponent < -EXPONENT_MAX ? -EXPONENT_MAX : exponent;
    char text[DIGITS_MAX + 16];
    (void)snprintf(text, sizeof text, "%.*se%lld", (int)decimal->count, decimal->digits,
                   (long long)exponent); /* fits: sized for it */
    return strtod(text, NULL);
}

static bool parse_special(const char *text, size_t size, double *out)
{
    if (equals_ignoring_case(text, size, "nan")) {
        *out = strtod("nan", NULL);
        return true;
    }
    if (equals_ignoring_case(text, size, "inf") || equals_ignoring_case(text, size, "infinity")) {
        *out = strtod("inf", NULL);
        return true;
    }
    return false;
}

bool expr_number_parse_double(const char *text, size_t size, double *out)
{
    bool is_signed = size > 0 && (text[0] == '-' || text[0] == '+');
    bool is_negative = is_signed && text[0] == '-';
    const char *at = text + is_signed;
    const char *end = text + size;
    double number;
    if (!parse_special(at, (size_t)(end - at), &number)) {
        struct decimal decimal = {.count = 0};
        at = read_mantissa(at, end, &decimal);
        int64_t exponent = 0;
        if (!decimal.any)
            return false;
        if (at < end && (*at == 'e' || *at == 'E')) {
            if (!read_exponent(at + 1, end, &exponent))
                return false;
        } else if (at < end) {
            return false;
        }
        decimal.exponent += exponent;
        number = decimal_to_double(&decimal);
        if (number - number != 0.0)
            return false; /* overflow to infinity */
    }
    *out = is_negative ? -number : number;
    return true;
}

/* --- printing -------------------------------------------------------------------------------- */

/* The fewest digits that read back as `number` (positive, finite), and the place of the point:
 * 0.d1d2d3… times ten to `*out_point`. */
static int shortest_digits(double number, char digits[20], int *out_point)
{
    for (int precision = 1; precision <= 17; precision++) {
        char text[40];
        (void)snprintf(text, sizeof text, "%.*e", precision - 1, number); /* fits: below 30 bytes */
        if (precision < 17 && strtod(text, NULL) != number)
            continue;
        int count = 0;
        const char *at = text;
        for (; *at != 'e'; at++)
            if (*at >= '0' && *at <= '9')
                digits[count++] = *at;
        *out_point = atoi(at + 1) + 1;
        while (count > 1 && digits[count - 1] == '0')
            count--;
        return count;
    }
    assert(!"seventeen digits always do");
    return 0;
}

static size_t print_fixed(const char *digits, int count, int point, bool keep_point, char *out)
{
    char *at = out;
    if (point <= 0) {
        *at++ = '0';
        *at++ = '.';
        for (int i = point; i < 0; i++)
            *at++ = '0';
        memcpy(at, digits, (size_t)count);
        return (size_t)(at + count - out);
    }
    for (int i = 0; i < point; i++)
        *at++ = i < count ? digits[i] : '0';
    if (count > point) {
        *at++ = '.';
        memcpy(at, digits + point, (size_t)(count - point));
        return (size_t)(at + (count - point) - out);
    }
    if (keep_point) {
        *at++ = '.';
        *at++ = '0';
    }
    return (size_t)(at - out);
}

static size_t print_exponent(const char *digits, int count, int point, char *out)
{
    char *at = out;
    *at++ = digits[0];
    if (count > 1) {
        *at++ = '.';
        memcpy(at, digits + 1, (size_t)(count - 1));
        at += count - 1;
    }
    at += snprintf(at, 8, "e%+d", point - 1);
    return (size_t)(at - out);
}

size_t expr_number_print_double(double number, bool point, char out[NUMBER_TEXT_MAX])
{
    if (number != number || number - number != 0.0) {
        const char *name = number != number ? "nan" : number < 0 ? "-inf" : "inf";
        memcpy(out, name, strlen(name) + 1);
        return strlen(name);
    }
    size_t size = 0;
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    if (bits >> 63 != 0) {
        out[size++] = '-';
        number = -number;
    }
    char digits[20] = "0";
    int count = 1;
    int place = 1;
    if (number != 0.0)
        count = shortest_digits(number, digits, &place);
    if (place > -6 && place <= 21)
        size += print_fixed(digits, count, place, point, out + size);
    else
        size += print_exponent(digits, count, place, out + size);
    assert(size < NUMBER_TEXT_MAX);
    out[size] = '\0';
    return size;
}
