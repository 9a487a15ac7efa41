#ifndef SEEKS_SOCKET_TEXT_H
#define SEEKS_SOCKET_TEXT_H

/*
 * socket_text — what is said with every move, written straight into its text: the same as
 * socket_message_write() makes of an object, without the object.
 *
 * It knows plain texts only (printable ASCII without quotes and backslashes), which moves and ids
 * are. Where there is another one the text is given up, and its writer takes the longer way.
 *
 * Owns:     nothing; the buffer is the caller's.
 * Threads:  none inside.
 * Errors:   socket_text_end() returns false, with the buffer's content to be thrown away.
 */

#include "base/attr.h"
#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

#define SOCKET_TEXT_PATH_MAX 96

struct socket_text {
    struct buffer *out;
    bool is_json;
    bool has_failed;
    bool is_first; /* of the object's members */
    size_t path_size;
    char path[SOCKET_TEXT_PATH_MAX]; /* of a line: "data.last_turn." */
};

/* Begins a message of a type; `ref` may be "". */
void socket_text_begin(struct socket_text *text, struct buffer *out, bool is_json, const char *type,
                       const char *ref);

void socket_text_add(struct socket_text *text, const char *name, const char *value);
void socket_text_add_number(struct socket_text *text, const char *name, int64_t number);

/* Adds what is JSON already. It is checked: it may come from anybody's game service. */
void socket_text_add_json(struct socket_text *text, const char *name, const char *json);

/* What follows goes into an object of that name. */
void socket_text_enter(struct socket_text *text, const char *name);
void socket_text_leave(struct socket_text *text);

bool socket_text_end(struct socket_text *text) MUST_CHECK;

#endif
