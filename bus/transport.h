#ifndef BUS_TRANSPORT_H
#define BUS_TRANSPORT_H

/*
 * transport — what a backend does for the bus: carry bytes between subjects.
 *
 * The core (bus.c, call.c, serve.c) knows envelopes, deadlines and services; a transport knows a
 * nats-server or a simulated network. Private to bus/.
 *
 * Owns:     listeners and consumers are the core's; a transport keeps pointers to them until it has
 *           been told to let them go. Bytes are borrowed until the call returns, both ways.
 * Threads:  everything on the loop's thread.
 */

#include "base/random.h"
#include "bus/bus.h"

struct bus_outgoing {
    const char *subject;
    const char *reply;      /* where an answer goes; NULL: none is wanted */
    const uint32_t *slot;   /* of the open call whose answer `reply` awaits; NULL: none */
    const char *message_id; /* streams keep a message with the same id once; NULL: none */
    const void *data;
    size_t size;
};

struct bus_incoming {
    const char *subject;
    const char *reply; /* "" where no answer is wanted */
    const void *data;
    size_t size;
    bool no_responders; /* not a message: nobody listens where the request went */
};

typedef void (*bus_on_incoming)(const struct bus_incoming *message, void *user);

/* One interest of the member. */
struct bus_listener {
    struct bus_listener *next;
    char subject[BUS_SUBJECT_MAX];
    char queue_group[BUS_SUBJECT_MAX]; /* "" where every listener hears every message */
    bus_on_incoming on_incoming;
    void *user;
    void *handle;    /* the transport's */
    struct bus *bus; /* these three are the core's, for bus_subscribe() */
    bus_on_message on_message;
    void *message_user;
};

/* One durable consumption. */
struct bus_consumer {
    struct bus_consumer *next;
    char stream[BUS_SUBJECT_MAX];
    char durable_name[BUS_SUBJECT_MAX];
    char filter[BUS_SUBJECT_MAX];
    bus_on_durable on_message;
    void *user;
    void *handle; /* the transport's */
    struct bus *bus;
};

struct bus_transport_ops {
    /* STATUS_UNAVAILABLE: not connected, or no room to buffer. */
    enum status (*send)(void *transport, const struct bus_outgoing *message);
    enum status (*listen)(void *transport, struct bus_listener *listener);
    /* Routes nothing new to the listener; what is on its way may still arrive. */
    void (*unlisten)(void *transport, struct bus_listener *listener);
    enum status (*declare_stream)(void *transport, const struct bus_stream *stream);
    enum status (*consume)(void *transport, struct bus_consumer *consumer);
    /* Stops asking for messages. */
    void (*unconsume)(void *transport, struct bus_consumer *consumer);
    bool (*connected)(const void *transport);
    /* Frees the transport; the core's listeners and consumers are not touched afterwards. */
    void (*destroy)(void *transport);
};

struct bus_setup {
    struct loop *loop;
    const struct bus_transport_ops *ops;
    void *transport;
    const char *name;    /* copied */
    const char *version; /* copied */
    const char *inbox;   /* subject prefix of this member's answers; copied */
    struct random random;
};

/* Returns a member on a transport, NULL without memory (the transport then stays the caller's). */
struct bus *bus_create(const struct bus_setup *setup);

/* Answers come to "<inbox>.<slot>.<generation>", slots counting from 0 up to BUS_CALLS_MAX. */
/* Whether the slot's current call still waits; writes its whole reply subject where `out_reply` is
 * not NULL. */
bool bus_slot_is_open(const struct bus *bus, uint32_t slot, char *out_reply, size_t out_size);

/* Starts listening for answers, on "<inbox>.>"; called once, when the transport can take listeners.
 */
enum status bus_start(struct bus *bus) MUST_CHECK;

/* The connection is gone: what was asked through it ends in UNAVAILABLE. */
void bus_connection_lost(struct bus *bus);

/* The connection is back. */
void bus_connection_restored(struct bus *bus);

/* Gives a stream's message to its consumer; STATUS_OK acknowledges it. */
enum status bus_take_durable(struct bus_consumer *consumer, const struct bus_incoming *message,
                             uint64_t stream_sequence) MUST_CHECK;

/* Whether a subject matches a pattern with the wildcards `*` (one word) and `>` (all the rest). */
bool subject_matches(const char *pattern, const char *subject);

/* Whether a subject, or with `wildcards` a pattern, is well formed and fits BUS_SUBJECT_MAX. */
bool subject_is_valid(const char *subject, bool wildcards);

#endif
