#ifndef BUS_MEMBER_H
#define BUS_MEMBER_H

/*
 * member — what bus.c, call.c, serve.c and info.c share about one member of the bus.
 *
 * Private to the core of bus/: transports see transport.h only.
 */

#include "base/arena.h"
#include "bus/answers.h"
#include "bus/envelope_codec.h"
#include "bus/transport.h"

#define BUS_NAME_MAX 64
#define BUS_SERVICES_MAX 16
#define BUS_GATHERED_MAX 1024

struct bus_open_call;

/* A generated service on offer, its methods by subject, and their counters. */
struct bus_method {
    const char *name; /* last word of the subject, snake_case */
    unsigned index;   /* in the descriptor */
    uint64_t requests;
    uint64_t errors;
    int64_t busy_us; /* from arrival to answer, summed up */
    char last_error[128];
};

struct bus_service {
    struct bus *bus;
    ProtobufCService *service;
    char prefix[BUS_SUBJECT_MAX]; /* "arbiter.v1.store" */
    char *names;                  /* the methods' words, one after another */
    struct bus_method *methods;   /* sorted by name */
    size_t method_count;
};

struct bus {
    struct loop *loop;
    const struct bus_transport_ops *ops;
    void *transport;
    char name[BUS_NAME_MAX];
    char version[BUS_NAME_MAX];
    char id[33];
    char inbox[BUS_NAME_MAX];
    struct random random;
    int64_t started_ms;
    struct bus_stats stats;
    struct bus_listener *listeners;
    struct bus_consumer *consumers;
    bool draining;
    bool closing; /* says nothing any more */

    struct bus_open_call **calls; /* BUS_CALLS_MAX places, filled from the front */
    size_t calls_made;
    struct bus_open_call *calls_free;
    struct bus_open_call *calls_refused; /* outside the table, waiting to be told so */
    struct arena answer_arena;
    struct envelope_scratch scratch;

    struct bus_service *services[BUS_SERVICES_MAX];
    size_t service_count;
    struct bus_request *held; /* doubly linked */
    size_t held_count;
    struct answers answers;
};

/* Adds an interest of the core's or of the user's. */
enum status member_listen(struct bus *bus, const char *subject, const char *queue_group,
                          bus_on_incoming on_incoming, void *user) MUST_CHECK;

/* Sends bytes; counts them. What makes no promise may leave the status aside. */
enum status member_send(struct bus *bus, const struct bus_outgoing *message);

/* call.c: takes what arrived in the inbox; ends every open call; ends those that are under way. */
void calls_take_answer(struct bus *bus, const struct bus_incoming *message);
void calls_end_all(struct bus *bus, enum status status, const char *message);
void calls_lose_connection(struct bus *bus);
void calls_deinit(struct bus *bus);

/* serve.c: forgets held requests and services. */
void serve_deinit(struct bus *bus);

/* info.c: answers $SRV.PING, $SRV.INFO and $SRV.STATS. */
enum status info_listen(struct bus *bus) MUST_CHECK;

#endif
