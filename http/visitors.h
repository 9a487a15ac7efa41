#ifndef HTTP_VISITORS_H
#define HTTP_VISITORS_H

/*
 * visitors — who is connected: how many in all and from one address, and how long each lets us
 * wait.
 *
 * libmicrohttpd knows one idle time, which one byte a minute defeats. Here each connection is in a
 * phase that has to be over by a declared time, however many bytes trickle in meanwhile.
 *
 * In:       what happens to connections, with the time.
 * Out:      whether one more may come; which have had their time.
 * Owns:     visitors, from visitors_add() to visitors_remove().
 * Threads:  one at a time. No clock, no sockets.
 */

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct visitors;

/* What we wait for. */
enum visit {
    VISIT_HEADER, /* the header of the first request, since it was accepted */
    VISIT_IDLE,   /* the next request's, since the last answer was taken */
    VISIT_BODY,   /* the rest of a request, since its header was there */
    VISIT_ANSWER, /* that the answer is taken, since it was ready */
    VISIT_WORK,   /* ourselves; or the connection speaks another protocol: no limit */
    VISIT_COUNT
};

struct visitor {
    struct visitor *previous; /* in its phase, longest there first */
    struct visitor *next;
    int descriptor;
    uint32_t address;
    enum visit visit;
    int64_t since_ms;
    bool is_taken; /* the connection goes on without the server that accepted it */
};

struct visitors_limits {
    size_t all;
    size_t address;                   /* 0: none */
    int64_t patience_ms[VISIT_COUNT]; /* 0: no end */
};

/* NULL without memory. */
struct visitors *visitors_create(const struct visitors_limits *limits);

/* Frees all, visitors too. NULL is allowed. */
void visitors_destroy(struct visitors *visitors);

/* Whether one more may come from there. */
enum visitors_room { VISITORS_ROOM, VISITORS_FULL, VISITORS_ADDRESS_FULL };
enum visitors_room visitors_room(const struct visitors *visitors, uint32_t address);

/* One more is there, in VISIT_HEADER; NULL without memory. */
struct visitor *visitors_add(struct visitors *visitors, int descriptor, uint32_t address,
                             int64_t now_ms);
void visitors_move(struct visitors *visitors, struct visitor *visitor, enum visit visit,
                   int64_t now_ms);
void visitors_remove(struct visitors *visitors, struct visitor *visitor);

/* Returns one whose time is up, and begins its time anew; NULL: no more. */
struct visitor *visitors_take_late(struct visitors *visitors, int64_t now_ms);

size_t visitors_count(const struct visitors *visitors);

#endif
