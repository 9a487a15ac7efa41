#ifndef SIMULATION_ASK_H
#define SIMULATION_ASK_H

/*
 * ask — a request that is made again under the same request id until it has an answer, as the edge
 * and its clients do.
 *
 * Owns:     each request, until its answer; asks_deinit() forgets those without.
 * Threads:  the loop's.
 */

#include "base/buffer.h"
#include "bus/bus.h"

#include <stdbool.h>
#include <stdint.h>

/* Called once with the final answer: OK, or a refusal that trying again does not change. */
typedef void (*ask_on_answer)(const struct bus_answer *answer, void *user);

struct ask;

/* Requests that have no answer yet. */
struct asks {
    struct bus *bus;
    struct ask *first;
    int open;
    uint64_t made; /* names the request ids */
    uint64_t tries;
};

struct ask_what {
    const ProtobufCServiceDescriptor *service;
    const char *method;
    const ProtobufCMessage *input; /* copied */
    bool is_twice;                 /* sent twice at once, as an impatient client does */
};

void ask(struct asks *asks, const struct ask_what *what, ask_on_answer on_answer, void *user);

/* Says what has no answer yet, a line each. */
void asks_describe(const struct asks *asks, struct buffer *out_text);

/* Frees what is open. Call after the bus is destroyed. */
void asks_deinit(struct asks *asks);

#endif
