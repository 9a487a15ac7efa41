#ifndef FSM_EXPR_NUMBER_H
#define FSM_EXPR_NUMBER_H

/*
 * number — numbers from text and to text, the same under every locale.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_TEXT_MAX 32 /* bytes of any number printed here, terminator included */

/* Reads decimal digits (hexadecimal after "0x" where `base` is 16), all of them, no sign. Returns
 * false on other characters, none at all, or above UINT64_MAX. */
bool expr_number_parse_digits(const char *text, size_t size, unsigned base, uint64_t *out);

/* Reads all of `text` as an optionally signed decimal int. */
bool expr_number_parse_int(const char *text, size_t size, int64_t *out);

/* Reads all of `text` as an optionally signed decimal number: digits, point, exponent, or one of
 * inf, infinity, nan in any case. Returns false on anything else and on overflow. */
bool expr_number_parse_double(const char *text, size_t size, double *out);

/* Writes the shortest decimal text that reads back as the same double: 1.5, 1e+23, -0, inf, nan.
 * With `point` a whole number keeps a point ("1.0"), so that it reads back as a double. Returns the
 * number of bytes before the terminator. */
size_t expr_number_print_double(double number, bool point, char out[NUMBER_TEXT_MAX]);

#endif
