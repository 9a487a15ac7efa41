#ifndef BUS_BUS_MEMORY_H
#define BUS_BUS_MEMORY_H

/*
 * bus_memory — the bus inside one process: members of one network on one loop.
 *
 * For tests and simulation. Messages take `delay_min_ms` to `delay_max_ms` and may be lost, doubled
 * or overtaken, all drawn from the network's seed; durable streams survive their members. A member
 * that crashes (bus_destroy without drain) loses what it held, as a killed process would.
 */

#include "bus/bus.h"

struct bus_network;

struct bus_network_options {
    uint64_t seed;
    int32_t delay_min_ms;
    int32_t delay_max_ms;
    int32_t drop_per_million;      /* requests, replies and events lost */
    int32_t duplicate_per_million; /* delivered twice */
};

/* Returns a network on `loop`, which must outlive it; NULL without memory. */
struct bus_network *bus_network_create(struct loop *loop,
                                       const struct bus_network_options *options);
void bus_network_destroy(struct bus_network *network);

/* Changes the faults from now on (the seed is kept). */
void bus_network_set_faults(struct bus_network *network, const struct bus_network_options *options);

/* Cuts a member off, or joins it again; while cut off it hears nothing and nobody hears it. */
void bus_network_partition(struct bus_network *network, struct bus *member, bool cut_off);

/* Makes everything that reaches a member take so much longer: a slow consumer. 0: no more. */
void bus_network_slow(struct bus_network *network, struct bus *member, int32_t delay_ms);

/* What became of a message on its way to one listener. */
struct bus_fate {
    const char *from; /* names of members; "" where a stream sends */
    const char *to;
    const char *subject;
    int32_t delay_ms;
    bool is_lost;
    bool is_doubled;
};

/* Watches a network: `on_send` is asked before a member sends, and where it returns false the
 * message is never sent (nor is the sender told); `on_fate` hears of each message on its way.
 * Either may be NULL. */
struct bus_watch {
    bool (*on_send)(struct bus *member, const char *subject, void *user);
    void (*on_fate)(const struct bus_fate *fate, void *user);
    void *user;
};
void bus_network_watch(struct bus_network *network, const struct bus_watch *watch);

/* Returns a new member named `name` (copied). */
struct bus *bus_memory_create(struct bus_network *network, const char *name);

#endif
