#ifndef BUS_NATS_TRANSPORT_H
#define BUS_NATS_TRANSPORT_H

/*
 * nats_transport — what bus_nats.c (the connection), nats_notes.c (what the library's threads say),
 * nats_options.c and nats_stream.c (JetStream) share.
 *
 * JetStream is spoken as plain requests on the same event-loop connection ($JS.API.…), because the
 * library's own calls block.
 *
 * Threads:  the loop's, except for `posted`, which nats.c's threads write under `lock`.
 */

#include "bus/bus_nats.h"
#include "bus/transport.h"

#include <nats/nats.h>
#include <pthread.h>

#define NATS_SPENT_MAX 1024
#define NATS_SPENT_SIZE_MAX ((size_t)1 << 20)

struct nats_route;
struct nats_slot;
struct nats_stream;
struct nats_consumer;

/* What nats.c asks for from any of its threads, until the loop gets to it. */
struct nats_posted {
    int descriptor; /* a duplicate of the new socket, ours to close; -1: no news */
    bool detach;
    bool write;
    bool lost;
    bool restored;
    bool closed;
};

struct nats_transport {
    struct bus *bus;
    struct loop *loop;
    pthread_t loop_thread;
    natsOptions *options;
    natsConnection *connection;
    struct random jitter; /* of the reconnect thread */

    pthread_mutex_t lock;
    pthread_cond_t closing;
    struct nats_posted posted;

    int descriptor;      /* watched; -1: none */
    bool write_wanted;   /* bytes wait for ProcessWriteEvent */
    bool watching_write; /* the socket was full */
    loop_timer flush;    /* makes sure of a round after a late send */
    bool was_connected;

    struct nats_route *routes;
    char inbox[64];
    struct bus_listener *answers; /* the core's, for what comes to its slots */
    struct nats_slot *slots;      /* by number, up to slot_count */
    size_t slot_count;
    uint32_t *awaiting; /* numbers of the slots in which answers may arrive */
    size_t awaiting_count;
    struct nats_stream *streams;
    struct nats_consumer *consumers;
    uint64_t pulls; /* numbers every pull request */

    natsMsg *spent[NATS_SPENT_MAX]; /* to be destroyed together */
    size_t spent_count;
    size_t spent_size; /* bytes of their data */
};

/* bus_nats.c: sends bytes; see struct bus_transport_ops. */
enum status nats_send(void *transport, const struct bus_outgoing *message) MUST_CHECK;

/* bus_nats.c: leaves the socket alone. */
void nats_unwatch(struct nats_transport *transport);

/* nats_options.c: options as the user wants them, without callbacks; whoever called destroys them,
 * after a failure, too. */
natsStatus nats_options_create(natsOptions **out_options, const struct bus_nats_options *wanted);

/* nats_notes.c: registers what leaves notes in `posted`. */
natsStatus nats_notes_init(struct nats_transport *transport);
/* Takes what has been posted; `closed` stays. */
struct nats_posted nats_notes_take(struct nats_transport *transport);
/* Whether the socket at hand is about to be replaced: a thread of the library uses it. */
bool nats_notes_overtake(struct nats_transport *transport);
/* Notes that the connection stands. */
void nats_notes_connected(natsConnection *connection, void *user);
/* Waits until the library has made its last callback. */
void nats_notes_wait_closed(struct nats_transport *transport);

/* nats_stream.c */
enum status nats_declare_stream(void *transport, const struct bus_stream *stream);
enum status nats_consume(void *transport, struct bus_consumer *consumer);
void nats_unconsume(void *transport, struct bus_consumer *consumer);
/* Takes what arrives below `<inbox>.js.`; the message is taken over. */
void nats_streams_take(struct nats_transport *transport, natsMsg *message);
void nats_streams_connected(struct nats_transport *transport);
void nats_streams_lost(struct nats_transport *transport);
void nats_streams_deinit(struct nats_transport *transport);

#endif
