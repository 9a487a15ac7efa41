#ifndef TESTS_CONTRACT_BUS_STAGE_H
#define TESTS_CONTRACT_BUS_STAGE_H

/*
 * bus_stage — one backend of the bus set up for a contract test, and how to run its loop.
 */

#include "bus/bus.h"

#include <stdbool.h>

struct bus_network;
struct nats_server;

struct stage {
    struct loop *loop;
    struct bus_network *network; /* memory only */
    struct nats_server *nats;    /* nats only */
    struct bus *members[16];
    int member_count;
};

/* What each backend can do; the cases ask for members and troubles only through it. */
struct stage_backend {
    const char *name;
    void (*open)(struct stage *stage);
    void (*close)(struct stage *stage);
    struct bus *(*member)(struct stage *stage, const char *name);
    /* The server dies at once, forgetting its connections; comes back with its streams. */
    void (*server_kill)(struct stage *stage);
    void (*server_start)(struct stage *stage);
    /* Runs the loop until what the members have sent so far, and what that led to within two more
     * steps, has arrived. */
    void (*settle)(struct stage *stage);
};

extern const struct stage_backend stage_memory;
extern const struct stage_backend stage_nats;

/* Runs the loop until `done(user)` or for at most `limit_ms`; returns whether it was done. */
bool stage_run_until(struct stage *stage, bool (*done)(void *user), void *user, int64_t limit_ms);

/* Runs the loop for a while: what should not happen has had the chance to. */
void stage_run_for(struct stage *stage, int64_t duration_ms);

#endif
