#ifndef SIMULATION_DOOR_H
#define SIMULATION_DOOR_H

/*
 * door — the edge of the house as a world knows it: something that is started on a bus, asked over
 * HTTP, and killed. Who builds a world may give it one (tests/simulation/edge.c has the real edge);
 * a world without a door is asked by its people as the edge would ask.
 */

#include "bus/bus.h"

/* A request of a player, as their client makes it. Texts are copied. */
struct door_visit {
    const char *method;
    const char *path;
    const char *player; /* whose token it carries */
    const char *key;    /* its Idempotency-Key */
    const char *body;   /* JSON */
};

/* `body` is JSON and lives until it returns. */
typedef void (*door_on_answer)(unsigned code, const char *body, void *user);

struct door {
    /* NULL where it cannot be started. */
    void *(*start)(struct bus *bus, void *context);
    void (*stop)(void *self);
    /* Asks; the answer never comes where the edge is stopped before. */
    void (*visit)(void *self, const struct door_visit *visit, door_on_answer on_answer, void *user);
    void *context; /* for start() */
};

#endif
