#ifndef BUS_BUS_H
#define BUS_BUS_H

/*
 * bus — how modules talk: typed requests and replies, events, and nothing else.
 *
 * In:       protobuf services (`arbiter.v1.<service>.<method>`, queue group `<service>`), events.
 * Out:      answers and events, through callbacks on the loop's thread.
 * Owns:     connections, subscriptions, requests in flight; messages given to callbacks are the
 *           bus's and live until the callback returns (a request's input: until it is answered).
 * Threads:  one loop, one thread.
 * Errors:   every request ends in exactly one callback: an answer, the receiver's error, or
 *           DEADLINE_EXCEEDED / UNAVAILABLE (no receiver, connection away, queue full).
 *
 * Two backends: bus_nats.h (a nats-server) and bus_memory.h (in one process, real or virtual time,
 * with a network that can lose, double, delay and reorder messages and crash its members). One
 * contract suite, tests/contract/test_bus.c, runs on both.
 */

#include "base/attr.h"
#include "base/status.h"
#include "bus/loop.h"

#include <protobuf-c/protobuf-c.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Requests a member may have open as a caller, and hold unanswered as a receiver. Past it the call
 * (or the sender) is answered UNAVAILABLE at once. */
#define BUS_CALLS_MAX 16384
#define BUS_HELD_MAX 16384
#define BUS_SUBJECT_MAX 256
/* Bytes of one message, envelope included; a nats-server's own default is the same. */
#define BUS_MESSAGE_MAX (1u << 20)
#define BUS_DETAILS_MAX 16
#define BUS_TIMEOUT_DEFAULT_MS 5000
/* Successful answers a member remembers to repeat, and their bytes altogether. */
#define BUS_ANSWERS_MAX 4096
#define BUS_ANSWERS_SIZE_MAX (8u << 20)

struct bus;

/* ---- asking ------------------------------------------------------------------------------------
 */

struct bus_detail {
    const char *key;
    const char *value;
};

/* How a request ended. With STATUS_OK `output` is the decoded output message; otherwise it is NULL
 * and `message` is a sentence. All of it lives until the callback returns. */
struct bus_answer {
    enum status status;
    const ProtobufCMessage *output;
    const char *message;
    const struct bus_detail *details;
    size_t detail_count;
};

typedef void (*bus_on_answer)(const struct bus_answer *answer, void *user);

struct bus_call {
    const ProtobufCServiceDescriptor *service; /* &arbiter__v1__store__descriptor */
    const char *method;                        /* "CommitStep" */
    const ProtobufCMessage *input;             /* read before bus_call() returns */
    const char *request_id;                    /* NULL: a fresh one */
    const char *traceparent;                   /* NULL: a fresh trace; else a span within it */
    int64_t timeout_ms;                        /* 0: BUS_TIMEOUT_DEFAULT_MS */
};

/* Sends a request; `on_answer` is called exactly once, never before bus_call() has returned. What
 * is wrong with the call itself comes that way too: RESOURCE_EXHAUSTED for an input larger than
 * BUS_MESSAGE_MAX, UNIMPLEMENTED for a method the service has not. */
void bus_call(struct bus *bus, const struct bus_call *call, bus_on_answer on_answer, void *user);

/* The same for bytes already encoded and a subject instead of a method (the outbox): the answer's
 * `output` is NULL and `payload` of `struct bus_raw_answer` holds the encoded output message. */
struct bus_raw_call {
    const char *subject;
    const void *payload;
    size_t payload_size;
    const char *request_id;
    const char *traceparent;
    int64_t timeout_ms;
};
struct bus_raw_answer {
    struct bus_answer head;
    const void *payload;
    size_t payload_size;
};
typedef void (*bus_on_raw_answer)(const struct bus_raw_answer *answer, void *user);
void bus_call_raw(struct bus *bus, const struct bus_raw_call *call, bus_on_raw_answer on_answer,
                  void *user);

/* Asks everybody who listens on a subject, with bytes as they are (no envelope), and hands on each
 * answer until `timeout_ms` is over, then calls `on_end`: how `arbiter status` finds the services
 * behind "$SRV.STATS". STATUS_OK also where nobody answered; UNAVAILABLE with the connection away.
 */
struct bus_question {
    const char *subject;
    const void *data;
    size_t size;
    int64_t timeout_ms; /* 0: BUS_TIMEOUT_DEFAULT_MS */
};
typedef void (*bus_on_message)(const char *subject, const void *data, size_t size, void *user);
typedef void (*bus_on_done)(enum status status, void *user);
void bus_gather(struct bus *bus, const struct bus_question *question, bus_on_message on_message,
                bus_on_done on_end, void *user);

/* Returns the detail's value, or NULL. */
const char *bus_answer_detail(const struct bus_answer *answer, const char *key);

/* ---- answering ---------------------------------------------------------------------------------
 */

/* A request being answered: the `closure_data` that a generated service method receives. It and the
 * input message are valid until it has been answered by the method's closure, bus_fail(),
 * bus_fail_like() or bus_answer_again(): exactly one of them, now or later. */
struct bus_request;

/* Offers a generated service (protobuf-c's `Arbiter__V1__<Service>_Service`, its functions filled
 * in) to the queue group of its name. The service must outlive the bus. Undecodable requests are
 * answered INVALID_ARGUMENT, unknown methods (and functions left NULL) UNIMPLEMENTED, requests past
 * their deadline are dropped; none of those reach the service.
 *
 * A request that comes twice (same method, request_id and input) reaches the service once: the
 * second waits for the first one's answer, or gets the same again as long as it is among the last
 * BUS_ANSWERS_MAX. Errors are not remembered: they changed nothing, so the request may be tried
 * anew. Memory of this member only: what must hold across replicas and restarts is the store's. */
enum status bus_serve(struct bus *bus, ProtobufCService *service) MUST_CHECK;

/* Ends a request with an error instead of the method's closure. `details` (count may be 0) is
 * copied. Usage: `bus_fail(closure_data, STATUS_NOT_FOUND, NULL, 0, "no game %s", id);` */
void bus_fail(void *request, enum status status, const struct bus_detail *details,
              size_t detail_count, const char *format, ...) PRINTF_LIKE(5, 6);

/* Passes another service's error on as the answer to this request. */
void bus_fail_like(void *request, const struct bus_answer *answer);

/* Ends a request with an output message that is encoded already: an answer kept from the first
 * time. */
void bus_answer_again(void *request, const void *output, size_t output_size);

/* Sets how many successful answers are remembered, up to BUS_ANSWERS_MAX (the default); 0: none,
 * and a request repeated while the first is held reaches the service too. */
void bus_set_answers_kept(struct bus *bus, size_t count);

/* Live until the request is answered. */
const char *bus_request_id(const void *request);
const char *bus_request_traceparent(const void *request);
int64_t bus_request_deadline_ms(const void *request); /* 0: none */

/* ---- events ------------------------------------------------------------------------------------
 */

/* Publishes without a promise: a bell, a hint. Dropped where the connection is away. */
void bus_publish(struct bus *bus, const char *subject, const void *data, size_t size);

/* Hears messages on a subject (NATS wildcards `*` and `>`). With a queue group each message reaches
 * one member of it; NULL: every subscriber. Errors: INVALID_ARGUMENT for a malformed subject, FULL
 * without memory. */
enum status bus_subscribe(struct bus *bus, const char *subject, const char *queue_group,
                          bus_on_message on_message, void *user) MUST_CHECK;

/* A message for the stream that captures `subject`; the same `message_id` twice within the stream's
 * window is kept once. */
struct bus_durable {
    const char *subject;
    const char *message_id;
    const void *data;
    size_t size;
};
typedef void (*bus_on_stored)(enum status status, uint64_t sequence, void *user);

/* Publishes into a stream. `on_stored` is called exactly once, never before the call returns:
 * STATUS_OK and the message's sequence in the stream when that has acknowledged; UNAVAILABLE where
 * no stream captures the subject or the connection is away; DEADLINE_EXCEEDED after
 * BUS_TIMEOUT_DEFAULT_MS. After an error the message may or may not be in the stream: publish it
 * again with the same id. */
void bus_publish_durable(struct bus *bus, const struct bus_durable *message,
                         bus_on_stored on_stored, void *user);

/* The same without an acknowledgement. A stream takes one member's messages in their order and
 * gives each new one the next sequence: whoever alone publishes into it knows from the sequence of
 * a later message whether those before it are there. */
void bus_publish_unasked(struct bus *bus, const struct bus_durable *message);

/* Declares that stream `name` captures `subjects` (wildcards), keeping messages for `max_age_ms`
 * and at most `max_bytes` (0: no limit). The strings are copied. It is made, or changed to this, as
 * soon as the server is there and again after each reconnect, so a server that lost its disk heals;
 * trouble is logged and tried again. Errors: INVALID_ARGUMENT for a malformed name or subject,
 * FULL without memory. */
struct bus_stream {
    const char *name;
    const char *subjects;
    int64_t max_age_ms;
    int64_t max_bytes;
};
enum status bus_stream_ensure(struct bus *bus, const struct bus_stream *stream) MUST_CHECK;

/* Consumes a stream under a durable name: every message at least once, in order, from where the
 * name left off. The callback's return acknowledges it (STATUS_OK) or asks for it again later; the
 * messages behind it wait. Several members under one name share the messages, then in order only
 * each for itself. The stream may be declared later. */
typedef enum status (*bus_on_durable)(const char *subject, const void *data, size_t size,
                                      uint64_t stream_sequence, void *user);
enum status bus_consume(struct bus *bus, const char *stream, const char *durable_name,
                        const char *filter_subject, bus_on_durable on_message,
                        void *user) MUST_CHECK;

/* ---- the member itself --------------------------------------------------------------------------
 */

struct loop *bus_loop(struct bus *bus);

/* Whether requests can be sent now: for /readyz. */
bool bus_connected(const struct bus *bus);

/* Counters since the start, for metrics. */
struct bus_stats {
    uint64_t calls;
    uint64_t calls_failed;
    uint64_t requests;
    uint64_t requests_refused; /* held queue full or past the deadline */
    uint64_t messages_in;
    uint64_t messages_out;
    uint64_t reconnects;
    uint64_t repeats; /* requests answered from memory, or waiting for their first delivery's end */
    size_t calls_open;
    size_t requests_held;
};
void bus_stats(const struct bus *bus, struct bus_stats *out_stats);

/* Stops taking new requests, queue-group messages and durable messages; requests held, and those
 * already on their way here, are still answered. Drained when `requests_held` is 0. */
void bus_drain(struct bus *bus);

/* Closes the member: open calls end in CANCELLED (called back from within), held requests are
 * dropped and their pointers are dead. Not from within one of the member's own callbacks. NULL is
 * allowed. */
void bus_destroy(struct bus *bus);

/* Writes the subject of a method, e.g. "arbiter.v1.store.commit_step", into `out`; the method's
 * name "*" gives the subject of them all. Errors: STATUS_NOT_FOUND where the service has no such
 * method, STATUS_FULL where it does not fit. */
enum status bus_subject(const ProtobufCServiceDescriptor *service, const char *method, char *out,
                        size_t out_size) MUST_CHECK;

#endif
