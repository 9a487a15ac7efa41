#ifndef SEEKS_SOCKET_MESSAGE_H
#define SEEKS_SOCKET_MESSAGE_H

/*
 * socket_message — what clients say on the socket, as JSON or as a line of text, and how they are
 * answered: one table of verbs, one parser, one printer.
 *
 *     {"do": "move", "ref": "7", "game": "k3fq9x", "expected_turn": 12, "move": "place 8D
 * .LANKErs"} #7 move k3fq9x 12 place 8D .LANKErs
 *
 * Owns:     nothing; texts live in the arena given.
 * Threads:  none inside, no state.
 * Errors:   STATUS_INVALID_ARGUMENT with a fault that names the member or word; STATUS_FULL.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buffer.h"
#include "base/fault.h"
#include "base/status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOCKET_MESSAGE_BYTES_MAX 4096
#define SOCKET_REF_MAX 32
#define SOCKET_GAME_MAX 63
#define SOCKET_MOVE_MAX 512
#define SOCKET_KIND_MAX 16
#define SOCKET_REQUEST_MAX 128 /* bytes of a request's id */

enum socket_verb {
    SOCKET_ACCEPT,
    SOCKET_DENY,
    SOCKET_HELP,
    SOCKET_MOVE,
    SOCKET_PING,
    SOCKET_REQUEST,
    SOCKET_STATE,
    SOCKET_TOKEN,
    SOCKET_UNWATCH,
    SOCKET_WATCH
};

struct socket_message {
    enum socket_verb verb;
    bool is_json;
    const char *ref;       /* the client's own mark, repeated in the answer; "" */
    const char *game;      /* "*": all of one's own (watch, unwatch) */
    const char *move;      /* in the rules' notation */
    const char *kind;      /* of a request: "abort", "nudge", "add-time" */
    const char *request;   /* a request's id, as the game's `requests` say it */
    const char *token;     /* likewise "" where the verb has none */
    int64_t expected_turn; /* turns the sender has seen; -1: whatever it is */
    int64_t after;         /* sequence number of the last event the sender had; -1: not said */
};

/* Reads one message. `is_json` and `ref` are set as far as they could be read, so that an error can
 * be answered in the right form. */
enum status socket_message_read(struct arena *arena, const char *text, size_t size,
                                struct socket_message *out_message,
                                struct fault *out_fault) MUST_CHECK;

const char *socket_verb_name(enum socket_verb verb);

/* Appends one line for each verb: how it is written. */
void socket_verbs_help(struct buffer *out);

/* Appends a message to a client, in its form. In JSON it is the object; in text "TYPE #REF" and the
 * other members as `name=value`, nested ones as `outer.inner=value`, values that hold anything but
 * letters, digits and "_.:*+-" as JSON strings. */
void socket_message_write(const json_t *object, bool is_json, struct buffer *out);

#endif
