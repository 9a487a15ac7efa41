#ifndef SIMULATION_WORLD_H
#define SIMULATION_WORLD_H

/*
 * world — every service of the house, unchanged, in one process in virtual time; one seed decides
 * everything.
 *
 * The bus, the database and the clock are the ones in memory. What goes wrong is a list
 * (trouble.h): messages lost, doubled, overtaken; transactions that fail or whose answer is lost;
 * services that die between any two effects and come again; members that are cut off or slow; a
 * clock that is set.
 *
 * Owns:     the loop, the network, the database, the services.
 * Threads:  one.
 * Errors:   a world that cannot be built ends the program: there is nothing to simulate.
 */

#include "base/buffer.h"
#include "base/random.h"
#include "bus/bus.h"
#include "bus/bus_memory.h"
#include "orchestrator/catalogue.h"
#include "orchestrator/ratings_shelf.h"
#include "simulation/door.h"
#include "simulation/trouble.h"
#include "store/sql_memory.h"

#include <stdbool.h>
#include <stdint.h>

#define WORLD_REPLICAS_MAX 2
#define WORLD_TOLD_MAX (1 << 20) /* bytes of a trace */
#define WORLD_START_MS INT64_C(1790000000000)
#define WORLD_FAILURES_MAX 20 /* sentences kept; more are counted */

/* Mistakes put in on purpose, to see that the checks find them. */
enum world_sabotage {
    WORLD_SABOTAGE_NONE,
    WORLD_SABOTAGE_NO_SWEEP,     /* a lost bell is never swept */
    WORLD_SABOTAGE_NO_SWAP,      /* a step is committed whatever the instance's seq is */
    WORLD_SABOTAGE_NO_DEDUPE,    /* an event that was taken already is taken again */
    WORLD_SABOTAGE_LOSE_TIMERS,  /* a store that starts forgets the timers */
    WORLD_SABOTAGE_LOOSE_RATING, /* a rating may be missing though its step was committed */
    WORLD_SABOTAGE_LOOSE_PLACES, /* a seek or start finds a place though there is none left */
    WORLD_SABOTAGE_COUNT
};

/* What files say, read once for any number of worlds. */
struct world_policies {
    struct catalogue *catalogue;
    struct ratings_shelf *ratings;
};

struct world_options {
    uint64_t seed;
    const struct trouble *trouble; /* borrowed; NULL: nothing goes wrong */
    enum world_sabotage sabotage;
    int replicas;     /* of each service, up to WORLD_REPLICAS_MAX */
    int64_t start_ms; /* 0: WORLD_START_MS */
    int64_t sweep_ms; /* how often services look for what was lost; 0: often, as with faults */
    bool is_verbose;  /* keeps a trace of what happens: world->told */
    const struct world_policies *policies;
    const struct door *door; /* borrowed; NULL: a world without an edge */
};

/* One replica of a service. `bus` is NULL while it is down. */
struct replica {
    struct world *world;
    enum world_part part;
    int number; /* from 1 */
    struct bus *bus;
    void *self;
    bool is_cut_off;
    bool is_doomed;       /* dead already, though not taken away: nothing it does comes through */
    int64_t effects_left; /* before it dies; -1: it does not */
    int64_t down_ms;      /* how long it will be away then */
};

struct world_counts {
    int64_t crashes;
    int64_t partitions;
    int64_t lost; /* messages */
    int64_t doubled;
    int64_t poisoned; /* inbox rows that an orchestrator gave up on */
};

struct archive;

struct world {
    struct world_options options;
    struct loop *loop;
    struct bus_network *network;
    struct sql_memory *database;
    struct archive *archive; /* keeps no copies */
    struct bus *edge; /* the people's way in where there is no door, or they do not use it: never
                         killed, but its messages get lost as well */
    struct replica replicas[WORLD_PARTS][WORLD_REPLICAS_MAX];
    struct happening *happenings;      /* of the trouble, in its order */
    uint64_t starts;                   /* so that each store draws from a seed of its own */
    const struct incident *weather[2]; /* that holds: of messages, of transactions */
    bool is_healed;
    struct world_counts counts;
    struct buffer told;     /* the trace, a line each */
    struct buffer failures; /* a line each; empty: all is well */
    int failure_count;
};

/* Builds the world and brings it up, without faults at first. */
void world_init(struct world *world, const struct world_options *options);
void world_deinit(struct world *world);

/* Lets the faults begin; ends them and brings everybody up for good. */
void world_trouble(struct world *world);
void world_heal(struct world *world);

/* Lets virtual time pass. */
void world_run(struct world *world, int64_t duration_ms);

/* Notes that something is not as it must be. */
void world_fail(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);

/* Adds a line to the trace, where one is kept. */
void world_tell(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);

/* Returns the first column of the first row as a number, 0 for none. A query that the database
 * refuses is a mistake of ours. */
int64_t world_number(struct world *world, const char *sql);

/* Calls back with each row. */
void world_rows(struct world *world, const char *sql, sql_memory_on_row on_row, void *user);

/* Reads machines and rating policies from `folder`/machines and `folder`/ratings; false with a
 * report on standard error. */
bool world_policies_load(const char *folder, struct world_policies *out_policies);
void world_policies_deinit(struct world_policies *policies);

#endif
