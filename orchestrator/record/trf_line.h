#ifndef RECORD_TRF_LINE_H
#define RECORD_TRF_LINE_H

/*
 * trf_line — a line of a TRF file and its columns; private to the reader.
 */

#include "base/fault.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct trf_line {
    const char *text;
    size_t size; /* bytes */
    int columns; /* characters */
    int number;  /* from 1 */
};

/* A stretch of a line, by columns from 1, both ends included. */
struct trf_span {
    const char *text;
    size_t size;
    int column; /* where its first character that is not blank stands, else where it begins */
};

/* Takes the next line off the input; false at the end. `*at` and `*number` walk along. */
bool trf_next_line(const char *bytes, size_t size, size_t *at, int *number,
                   struct trf_line *out_line);

/* Returns the columns first..last without blanks around them; empty past the line's end. */
struct trf_span trf_field(const struct trf_line *line, int first, int last);

/* Returns the character in a column, ' ' past the end; 0 where it is not ASCII. */
char trf_char(const struct trf_line *line, int column);

/* Takes the next word (blanks and tabs between) from column `*column` on; false at the end. */
bool trf_word(const struct trf_line *line, int *column, struct trf_span *out_word);

/* Whether a span is exactly this text. */
bool trf_span_is(struct trf_span span, const char *text);

/* Reads digits only; false for anything else or more than `max`. */
bool trf_number(struct trf_span span, int max, int *out_number);

/* Reads d+ or d+.d as tenths; false for anything else or more than RECORD_POINTS_X10_MAX * 10. */
bool trf_points(struct trf_span span, int *out_x10);

/* Returns whether bytes are UTF-8 without zero bytes; else sets the line and column of the first
 * that are not. */
bool trf_is_utf8(const char *bytes, size_t size, int *out_line, int *out_column);

#endif
