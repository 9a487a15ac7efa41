#ifndef CLI_EVENT_FILE_H
#define CLI_EVENT_FILE_H

/*
 * event_file — an event's file as commands take it: found by its ending or by name, read whole, and
 * what is wrong said as `file:line:column: message`.
 */

#include "orchestrator/record/book.h"

struct event_file {
    struct arena arena; /* holds the book */
    struct book book;
};

/* Reads a file. `format_name` is NULL where the file's ending decides. Returns false with the
 * reason on standard error. The caller calls event_file_close() in either case. */
bool event_file_open(struct event_file *file, const char *path, const char *format_name);

/* Frees the book; safe on a zeroed file. */
void event_file_close(struct event_file *file);

/* Returns the division with this name; NULL with the reason on standard error where there is none.
 * `name` may be NULL where there is only one. */
const struct book_division *event_file_division(const struct event_file *file, const char *path,
                                                const char *name);

/* Prints a fault on standard error, with its hint. */
void event_file_complain(const char *path, const struct fault *fault);

/* Writes a text as a JSON string. */
void event_file_json_text(struct buffer *out, const char *text);

#endif
