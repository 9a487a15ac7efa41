#ifndef SEEKS_SOCKET_PRIVATE_H
#define SEEKS_SOCKET_PRIVATE_H

/*
 * socket_private — what the socket's files share: socket.c (life and limits), socket_verbs.c (what
 * clients ask for), socket_watch.c (what they hear).
 */

#include "http/http.h"
#include "seeks/exchange.h"
#include "seeks/socket.h"
#include "seeks/socket_message.h"
#include "seeks/socket_text.h"
#include "websocket/websocket.h"

#define SOCKET_BUCKETS 4096 /* of watched games, by their id's hash */

struct watch;

/* One connection. Freed when it is closed and no request of it is under way. */
struct socket {
    struct socket *previous;
    struct socket *next;
    struct sockets *sockets;
    struct websocket *websocket; /* NULL: closed */
    struct http_upgrade *upgrade;
    char player[EXCHANGE_NAME_MAX]; /* "": a stranger, who may watch */
    unsigned roles;
    int64_t expires_at_ms;
    bool speaks_text;    /* the form of the client's last message */
    bool follows;        /* watches every game that the player plays */
    bool is_catching_up; /* a page of past events is on its way, or waits for the reader */
    loop_timer pause;
    struct watch *watches;
    int watch_count;
    int pending;            /* requests under way */
    int64_t credit_ms;      /* how much may be said: each message costs 1000 / rate */
    int64_t credited_at_ms; /* by the monotonic clock, as below */
    int64_t pinged_at_ms;
    int excess; /* messages past the rate so far */
};

struct sockets {
    struct sockets_options options;
    struct loop *loop;
    struct socket *first;
    size_t count;
    uint64_t messages;
    uint64_t dropped;
    loop_timer sweep;
    struct watch *watched[SOCKET_BUCKETS];
};

/* Adds a member to an object; without memory the message lacks it. */
void socket_add(json_t *object, const char *name, json_t *value);

/* Sends a message, which is given back here. */
void socket_say(struct socket *socket, json_t *message, bool is_json);

/* Sends what has been written, where the socket is still open. */
void socket_send(struct socket *socket, const struct buffer *text);

/* Returns a message of this type with the mark, the verb and the game it is about. */
json_t *socket_answer(const char *type, const struct socket_message *message);

/* Answers with an error. */
void socket_refuse(struct socket *socket, const struct socket_message *message, const char *code,
                   const char *text);

/* Closes for the peer's fault. */
void socket_drop(struct socket *socket, unsigned code, const char *reason);

/* Counts a request's end; false where the socket is gone, and may be freed now. */
bool socket_is_there(struct socket *socket);

/* Whether one more socket of this player may be there. */
bool sockets_have_room(const struct sockets *sockets, const char *player);

/* ---- socket_verbs.c ---------------------------------------------------------------------- */

/* Does what a message asks for. */
void socket_do(struct socket *socket, const struct socket_message *message);

/* Answers with the error that the house's answer is. */
void socket_refuse_like(struct socket *socket, const struct socket_message *message,
                        const struct bus_answer *answer);

/* A request under way and what it was asked for. */
struct socket_errand {
    struct socket *socket;
    struct socket_message message; /* its ref and game are copies; its other texts are "" */
    char ref[SOCKET_REF_MAX + 1];
    char game[SOCKET_GAME_MAX + 1];
};

/* Asks the house; `on_answer` gets the errand, which it ends with socket_errand_end(). */
struct socket_call {
    const ProtobufCServiceDescriptor *service;
    const char *method;
    const ProtobufCMessage *input;
    const char *request_id; /* NULL: a fresh one */
    bool is_ours;           /* not the client's wish: does not count against its limit */
};
void socket_ask(struct socket *socket, const struct socket_message *message,
                const struct socket_call *call, bus_on_answer on_answer);

/* Begins to handle an answer: returns the socket, or NULL where it is gone. */
struct socket *socket_errand_arrived(struct socket_errand *errand);

/* ---- socket_watch.c ---------------------------------------------------------------------- */

void socket_watch(struct socket *socket, const struct socket_message *message);
void socket_unwatch(struct socket *socket, const struct socket_message *message);
void socket_unwatch_all(struct socket *socket);
void sockets_on_event(const struct feed_event *event, void *user);

/* Remembers that the socket itself has made a move, after which the game has so many turns. */
void socket_note_move(struct socket *socket, const char *game, int64_t turn_count);

/* Sends the state of a game that the client has not asked for. */
void socket_push_state(struct socket *socket, const char *game);

#endif
