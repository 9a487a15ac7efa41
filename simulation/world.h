#ifndef SIMULATION_WORLD_H
#define SIMULATION_WORLD_H

/*
 * world — every service of the house, unchanged, in one process in virtual time; one seed decides
 * everything.
 *
 * The bus, the database and the clock are the ones in memory. Faults are drawn from the seed:
 * messages lost, doubled, overtaken; transactions that fail or whose answer is lost; services that
 * are killed and come again; members that are cut off.
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
#include "store/sql_memory.h"

#include <stdbool.h>
#include <stdint.h>

#define WORLD_REPLICAS_MAX 2
#define WORLD_START_MS INT64_C(1790000000000)
#define WORLD_FAILURES_MAX 20 /* sentences kept; more are counted */

/* Kinds of faults, a set of bits. */
enum world_faults {
    WORLD_FAULT_MESSAGES = 1 << 0,   /* lost, doubled, late */
    WORLD_FAULT_DATABASE = 1 << 1,   /* transactions fail, or their answers are lost */
    WORLD_FAULT_CRASHES = 1 << 2,    /* services are killed and come again */
    WORLD_FAULT_PARTITIONS = 1 << 3, /* members are cut off for a while */
    WORLD_FAULTS_ALL = (1 << 4) - 1
};

/* Mistakes put in on purpose, to see that the checks find them. */
enum world_sabotage {
    WORLD_SABOTAGE_NONE,
    WORLD_SABOTAGE_NO_SWEEP,     /* a lost bell is never swept */
    WORLD_SABOTAGE_NO_SWAP,      /* a step is committed whatever the instance's seq is */
    WORLD_SABOTAGE_NO_DEDUPE,    /* an event that was taken already is taken again */
    WORLD_SABOTAGE_LOSE_TIMERS,  /* a store that starts forgets the timers */
    WORLD_SABOTAGE_LOOSE_RATING, /* a rating may be missing though its step was committed */
    WORLD_SABOTAGE_COUNT
};

/* What files say, read once for any number of worlds. */
struct world_policies {
    struct catalogue *catalogue;
    struct ratings_shelf *ratings;
};

struct world_options {
    uint64_t seed;
    unsigned faults; /* of enum world_faults */
    enum world_sabotage sabotage;
    int replicas;     /* of each service; 0: one or two, drawn */
    int64_t sweep_ms; /* how often services look for what was lost; 0: often, as with faults */
    bool is_verbose;  /* tells each fault on standard output */
    const struct world_policies *policies;
};

enum world_part { WORLD_STORE, WORLD_ORCHESTRATOR, WORLD_GAMESVC, WORLD_PARTS };

/* One replica of a service. `bus` is NULL while it is down. */
struct replica {
    struct world *world;
    enum world_part part;
    int number; /* from 1 */
    struct bus *bus;
    void *self;
    bool is_cut_off;
};

struct world_counts {
    int64_t crashes;
    int64_t partitions;
    int64_t poisoned; /* inbox rows that an orchestrator gave up on */
};

struct world {
    struct world_options options;
    struct loop *loop;
    struct bus_network *network;
    struct sql_memory *database;
    struct bus *edge; /* the people's way in: never killed, but its messages get lost as well */
    struct replica replicas[WORLD_PARTS][WORLD_REPLICAS_MAX];
    int replica_count;
    uint64_t starts;      /* so that each store draws from a seed of its own */
    struct random random; /* of faults */
    bool is_healed;
    struct world_counts counts;
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

/* Tells something where the world is verbose. */
void world_tell(const struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);

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
