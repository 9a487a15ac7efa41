#ifndef TESTS_CONTRACT_STORE_STAGE_H
#define TESTS_CONTRACT_STORE_STAGE_H

/*
 * store_stage — a store on a database of its own, a bus in memory, and somebody who asks.
 */

#include "bus/bus.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

#include "arbiter/v1/store.pb-c.h"

struct stage;
struct postgres;

struct stage_backend {
    const char *name;
    struct loop *(*open)(struct stage *stage); /* NULL: not to be had here */
    void (*close)(struct stage *stage);
    struct sql_session *(*session)(struct stage *stage, bool is_writer);
    /* Returns the first column of the first row as an integer, or -1. */
    int64_t (*query)(struct stage *stage, const char *sql);
};

extern const struct stage_backend stage_memory;
extern const struct stage_backend stage_pg; /* needs stage_cluster */

extern struct postgres *stage_cluster;
const char *stage_pg_conninfo(const struct stage *stage);

#define STAGE_STORES_MAX 3

struct stage {
    const struct stage_backend *backend;
    struct loop *loop;
    struct bus_network *network;
    struct bus *asker;
    struct bus *store_buses[STAGE_STORES_MAX];
    struct store *stores[STAGE_STORES_MAX];
    struct store_options options; /* what stores are made with; sessions filled in */
    void *database;
    int asked;
};

/* Opens a database and a network, with `asker` on it and no store yet; NULL where the backend is
 * not to be had. */
struct stage *stage_open(const struct stage_backend *backend);
void stage_close(struct stage *stage);

/* Starts store number `i`; kills it as a crash would. */
void stage_start(struct stage *stage, int i);
void stage_kill(struct stage *stage, int i);

/* What an answer was: filled when it has come. */
struct asked {
    bool is_answered;
    enum status status;
    char message[256];
    char detail_key[64];
    char detail_value[64];
    ProtobufCMessage *output; /* unpacked copy; freed by asked_free() */
};

/* Asks the store without waiting; `request_id` NULL: a fresh one. */
void stage_ask(struct stage *stage, const char *method, const ProtobufCMessage *input,
               const char *request_id, struct asked *asked);

/* Runs the loop until all of `asked` are answered. */
void stage_wait(struct stage *stage, struct asked *asked, size_t count);

/* Asks and waits. */
struct asked stage_call(struct stage *stage, const char *method, const ProtobufCMessage *input,
                        const char *request_id);
void asked_free(struct asked *asked);

/* Makes an active player whose name is the id. */
void stage_register_player(struct stage *stage, const char *id);

/* Runs the loop for `duration_ms`. */
void stage_run(struct stage *stage, int64_t duration_ms);
int64_t stage_now(const struct stage *stage);

/* A value map from a text such as "id=s1 rounds=#3 rating=%1500.5": # integer, % double, ?yes
 * boolean, plain text otherwise; "+" stands for a space. Lives until the next stage_open(). */
Arbiter__V1__ValueMap *stage_map(const char *text);
Arbiter__V1__Value *stage_value_map(Arbiter__V1__ValueMap *map);
void stage_map_add(Arbiter__V1__ValueMap *map, const char *key, Arbiter__V1__Value *value);
Arbiter__V1__Value *stage_value_list(Arbiter__V1__Value **items, size_t count);

/* A new write with such an input. */
Arbiter__V1__Write *stage_write(const char *command, const char *input);

#endif
