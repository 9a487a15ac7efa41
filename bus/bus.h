#ifndef BUS_BUS_H
#define BUS_BUS_H

/*
 * bus — how modules talk: typed requests and replies, events, and nothing else.
 *
 * In:       protobuf services (`arbiter.v1.<service>.<method>`, queue group `<service>`) and
 * events. Out:      answers and events, through callbacks on the loop's thread. Owns: connections,
 * subscriptions, requests in flight; messages given to callbacks are the bus's and live until the
 * callback returns. Threads:  one loop, one thread. Errors:   every request ends in exactly one
 * callback: an answer, the receiver's error, or DEADLINE_EXCEEDED / UNAVAILABLE (no receiver,
 * connection away, queue full).
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
#define BUS_MESSAGE_MAX (1u << 20)
#define BUS_TIMEOUT_DEFAULT_MS 5000

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
    const char *traceparent;                   /* NULL: a fresh trace */
    int64_t timeout_ms;                        /* 0: BUS_TIMEOUT_DEFAULT_MS */
};

/* Sends a request; `on_answer` is called exactly once, never before bus_call() has returned. */
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

/* Returns the detail's value, or NULL. */
const char *bus_answer_detail(const struct bus_answer *answer, const char *key);

/* ---- answering ---------------------------------------------------------------------------------
 */

/* A request being answered: the `closure_data` that a generated service method receives. Valid
 * until it has been answered by the method's closure, bus_fail() or bus_answer_again(): exactly one
 * of them, now or later. */
struct bus_request;

/* Offers a generated service (protobuf-c's `Arbiter__V1__<Service>_Service`, its functions filled
 * in) to the queue group of its name. The service must outlive the bus. Undecodable requests are
 * answered INVALID_ARGUMENT, unknown methods UNIMPLEMENTED, requests past their deadline are
 * dropped; none of those reach the service. */
enum status bus_serve(struct bus *bus, ProtobufCService *service) MUST_CHECK;

/* Ends a request with an error instead of the method's closure. `details` (count may be 0) is
 * copied. Usage: `bus_fail(closure_data, STATUS_NOT_FOUND, NULL, 0, "no game %s", id);` */
void bus_fail(void *request, enum status status, const struct bus_detail *details,
              size_t detail_count, const char *format, ...) PRINTF_LIKE(5, 6);

/* Passes another service's error on as the answer to this request. */
void bus_fail_like(void *request, const struct bus_answer *answer);

const char *bus_request_id(const void *request);
const char *bus_request_traceparent(const void *request);
int64_t bus_request_deadline_ms(const void *request); /* 0: none */

/* ---- events ------------------------------------------------------------------------------------
 */

typedef void (*bus_on_message)(const char *subject, const void *data, size_t size, void *user);

/* Publishes without a promise: a bell, a hint. Dropped where the connection is away. */
void bus_publish(struct bus *bus, const char *subject, const void *data, size_t size);

/* Hears messages on a subject (NATS wildcards `*` and `>`). With a queue group each message reaches
 * one member of it; NULL: every subscriber. */
enum status bus_subscribe(struct bus *bus, const char *subject, const char *queue_group,
                          bus_on_message on_message, void *user) MUST_CHECK;

/* Publishes into the stream that captures `subject`; the same `message_id` twice within the
 * stream's window is kept once. `on_done` tells when the stream has acknowledged. */
typedef void (*bus_on_done)(enum status status, void *user);
void bus_publish_durable(struct bus *bus, const char *subject, const char *message_id,
                         const void *data, size_t size, bus_on_done on_done, void *user);

/* Makes sure that stream `name` captures `subjects` (wildcards), keeping messages for `max_age_ms`
 * and at most `max_bytes`. Idempotent. */
struct bus_stream {
    const char *name;
    const char *subjects;
    int64_t max_age_ms;
    int64_t max_bytes;
};
enum status bus_stream_ensure(struct bus *bus, const struct bus_stream *stream) MUST_CHECK;

/* Consumes a stream under a durable name: every message at least once, in order, from where the
 * name left off. The callback's return acknowledges it (STATUS_OK) or asks for it again later. */
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
};
void bus_stats(const struct bus *bus, struct bus_stats *out_stats);

/* Stops taking new requests (drain); requests held may still be answered. */
void bus_drain(struct bus *bus);

/* Closes the member: open calls end in CANCELLED, held requests are dropped. NULL is allowed. */
void bus_destroy(struct bus *bus);

/* Writes the subject of a method, e.g. "arbiter.v1.store.commit_step", into `out`. */
enum status bus_subject(const ProtobufCServiceDescriptor *service, const char *method, char *out,
                        size_t out_size) MUST_CHECK;

#endif
