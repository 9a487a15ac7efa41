#ifndef SEEKS_EXCHANGE_H
#define SEEKS_EXCHANGE_H

/*
 * exchange — one request on its way through the API, and the words its routes are written in.
 *
 * Lives in its request's arena: routes keep what they need here between one answer of the bus and
 * the next, and end with exactly one exchange_answer… or exchange_problem….
 */

#include "bus/bus.h"
#include "seeks/feed.h"
#include "http/http.h"
#include "seeks/json_codec.h"
#include "seeks/token.h"

#include <jansson.h>

#define EXCHANGE_PARAMETERS_MAX 4
#define EXCHANGE_ID_SIZE 24

struct api;
struct exchange;
struct waiter;
struct streams;

typedef void (*route_handler)(struct exchange *exchange);

/* One row of a route table. A read has no handler but a store method: its path and query parameters
 * fill the method's input by name, and `unwrap` names the output's field to answer with. */
struct route {
    const char *method;
    const char *pattern; /* "/v1/seeks/{seek_id}/accept" */
    unsigned roles;      /* any of these; 0: everybody, with or without a token */
    route_handler handler;
    const ProtobufCServiceDescriptor *service;
    const char *service_method;
    const char *unwrap; /* NULL: the whole output */
};

struct exchange {
    struct api *api;
    struct http_request *request;
    const struct route *route;
    struct token_claims claims;
    const char *parameter_names[EXCHANGE_PARAMETERS_MAX];
    const char *parameter_values[EXCHANGE_PARAMETERS_MAX];
    int parameter_count;
    json_t *body; /* an object; NULL where the route takes none */
    struct waiter *waiter;
    char id[EXCHANGE_ID_SIZE]; /* of what a POST makes: from the Idempotency-Key where there is one
                                */
    void *note;                /* the route's own */
};

struct api {
    struct bus *bus;
    const struct token_keys *keys;
    const char *formats_folder;
    struct http_server *http;
    struct feed *feed;
    struct waiter *waiters;
    struct streams *streams;
    uint64_t requests;
    uint64_t problems;
};

/* The route tables, each ended by a row without a method. */
extern const struct route read_routes[];
extern const struct route seek_routes[];
extern const struct route tournament_routes[];
extern const struct route stream_routes[];

/* ---- asking
 * ---------------------------------------------------------------------------------------- */

struct arena *exchange_arena(struct exchange *exchange);

/* Returns a path parameter; asserts that the pattern has it. */
const char *exchange_parameter(const struct exchange *exchange, const char *name);

/* Reads members of the body with jansson's format, strictly: an unknown member is a problem.
 * Returns false after having answered. */
bool exchange_body(struct exchange *exchange, const char *format, ...);

/* Sends a request; its id is the exchange's, so that a retried POST is the same request. */
void exchange_call(struct exchange *exchange, const ProtobufCServiceDescriptor *service,
                   const char *method, const ProtobufCMessage *input, bus_on_answer on_answer);

/* Sends an event to a machine's instance. Members of `data` (borrowed) are the event's fields. */
void exchange_send_event(struct exchange *exchange, const char *instance_id, const char *event,
                         json_t *data, const char *note, bus_on_answer on_answer);

/* Whether an answer is good; otherwise answers with its problem. */
bool exchange_check(struct exchange *exchange, const struct bus_answer *answer);

/* Calls `on_event` for the first event <kind>.<id>.<name> that comes, or with NULL after
 * `timeout_ms`. Begin to wait before asking for what causes it. */
void exchange_wait(struct exchange *exchange, const char *kind, const char *id, const char *name,
                   int64_t timeout_ms,
                   void (*on_event)(struct exchange *exchange, const struct feed_event *event));
void exchange_stop_waiting(struct exchange *exchange);

/* ---- answering
 * --------------------------------------------------------------------------------------- */

/* Answers with JSON, which is given back here; `location` may be NULL. */
void exchange_answer(struct exchange *exchange, unsigned code, json_t *json, const char *location);

/* Answers with a message, or with the field `unwrap` of it. */
void exchange_answer_message(struct exchange *exchange, unsigned code,
                             const ProtobufCMessage *message, const char *unwrap,
                             const char *location);

/* Answers with a problem: `slug` ends its type, `detail` is one sentence with what to do next. */
void exchange_problem(struct exchange *exchange, unsigned code, const char *slug, const char *title,
                      const char *format, ...) PRINTF_LIKE(5, 6);

/* Answers with the problem that an error of the house is. */
void exchange_problem_of(struct exchange *exchange, const struct bus_answer *answer);

#endif
