#ifndef RULES_TEXT_H
#define RULES_TEXT_H

/*
 * text — writing lines of text into an arena, and reading them word by word.
 *
 * Owns:     nothing; written text lives in the arena, spans point into the text that is read.
 * Errors:   a writer that meets the arena's limit sets `full` and writes no more, so that callers
 *           check once, at their end.
 */

#include "base/arena.h"
#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    struct arena *arena;
    char *data; /* not NUL-terminated before text_end() */
    size_t size;
    size_t capacity;
    bool full;
};

struct text_span {
    const char *data;
    size_t size;
};

struct text_reader {
    const char *next;
    const char *end;
    int line; /* of `next`, from 1 */
};

/* Starts an empty text in `arena`. */
void text_start(struct text *text, struct arena *arena);

void text_add(struct text *text, const char *bytes, size_t size);
void text_add_char(struct text *text, char character);
void text_add_string(struct text *text, const char *string);
void text_add_number(struct text *text, int64_t number);

/* Adds `string` as a JSON string, quotes included. */
void text_add_json(struct text *text, const char *bytes, size_t size);

/* Returns the text NUL-terminated, or NULL where the arena was full. */
const char *text_end(struct text *text);

struct text_reader text_reader(const char *text, size_t size);

/* Takes the next line, without its end, off the reader as a reader of its own that knows the line's
 * number. Returns false at the end of the text. */
bool text_read_line(struct text_reader *reader, struct text_reader *out_line);

/* Skips blanks and takes the next word of a line; false where there is none. */
bool text_read_word(struct text_reader *reader, struct text_span *out_word);

/* Takes the next word, which must be a decimal number within bounds. */
bool text_read_number(struct text_reader *reader, int64_t min, int64_t max, int64_t *out_number);

/* Whether nothing but blanks is left. */
bool text_is_done(const struct text_reader *reader);

bool text_span_is(struct text_span span, const char *string);
bool text_span_number(struct text_span span, int64_t min, int64_t max, int64_t *out_number);

#endif
