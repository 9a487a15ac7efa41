#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

/*
 * buffer — bytes that grow at the end: output text, encoded messages, files read whole.
 *
 * Owns:     `data`, from malloc; always NUL-terminated past `size` (not counted), so text can be
 *           read as a C string. A zeroed buffer is a valid empty one.
 * Threads:  none inside.
 * Errors:   growth past `limit` (0 = BUFFER_SIZE_MAX) or without memory sets `failed`; appending
 *           then does nothing, so a writer checks once, at its end.
 */

#include "base/attr.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

#define BUFFER_SIZE_MAX ((size_t)1 << 30)

struct buffer {
    char *data;
    size_t size;
    size_t capacity;
    size_t limit;
    bool failed;
};

/* Frees the bytes; safe on a zeroed buffer, which it leaves behind (the limit too is forgotten). */
void buffer_deinit(struct buffer *buffer);

/* Empties the buffer, keeps its memory and limit, clears `failed`. */
void buffer_reset(struct buffer *buffer);

void buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_char(struct buffer *buffer, char character);
void buffer_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* Returns the contents as a C string, "" when empty; valid until the next call on the buffer. */
const char *buffer_text(const struct buffer *buffer);

/* Appends a whole file ("-" is standard input). Errors: STATUS_NOT_FOUND or
 * STATUS_PERMISSION_DENIED (errno of open), STATUS_FULL past the limit, STATUS_UNAVAILABLE on a
 * read error; the buffer may then hold a part. */
enum status buffer_read_file(struct buffer *buffer, const char *path) MUST_CHECK;

#endif
