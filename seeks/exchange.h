#ifndef SEEKS_EXCHANGE_H
#define SEEKS_EXCHANGE_H

/*
 * exchange — one request on its way through the API, and the words its routes are written in.
 *
 * Lives in its request's arena: routes keep what they need here between one answer of the bus and
 * the next, and end with exactly one exchange_answer… or exchange_problem….
 */

#include "bus/bus.h"
#include "bus/trace.h"
#include "http/http.h"
#include "seeks/entity_tag.h"
#include "seeks/feed.h"
#include "seeks/json_codec.h"
#include "seeks/limits.h"
#include "seeks/token.h"
#include "seeks/waiter.h"

#include <jansson.h>

#define API_KEY_MAX 255 /* of an Idempotency-Key */
#define EXCHANGE_PARAMETERS_MAX 4
#define EXCHANGE_ID_SIZE 24
#define EXCHANGE_NAME_MAX 64 /* bytes of an id in a path, of a player's id */
#define EXCHANGE_COMMON_HEADERS_MAX 5
#define EXCHANGE_ERRORS_MAX 16 /* told at once about one body */

struct api;
struct exchange;
struct sockets;
struct attendance;
struct presence;
struct looks;
struct outlook;
struct seeking_shelf;
struct streams;
struct waiter;

typedef void (*route_handler)(struct exchange *exchange);

/* One row of a route table. A read names a method: its path and query parameters fill the method's
 * input by name, and `unwrap` names the output's field to answer with. Where it has a handler too,
 * that one answers, from the exchange's `read`. */
struct route {
    const char *method;
    const char *pattern; /* "/v1/seeks/{seek_id}/accept"; query parameters that a handler reads
                            follow: "…/why-not?a&b" */
    unsigned roles;      /* any of these; 0: everybody, with or without a token */
    route_handler handler;
    const ProtobufCServiceDescriptor *service;
    const char *service_method;
    const char *unwrap; /* NULL: the whole output */
};

/* A row with a handler. */
#define ROUTE(method, pattern, roles, handler)                                                     \
    {                                                                                              \
        method, pattern, roles, handler, NULL, NULL, NULL                                          \
    }
/* Beside the roles of a route that takes no body and sends its machine one event: its
 * Idempotency-Key need not be remembered here. There is no body that it could stand for, and the
 * event's id, made from it, is the machine's to remember. */
#define ROUTE_BARE (1u << 16)
/* Beside the roles of a route whose one event tells its Idempotency-Key and its body apart by its
 * id, exchange_event_id(): whoever takes the event refuses the key with another body. */
#define ROUTE_KEYED (1u << 18)
/* For who directs, assists or scores the event of the path: see crew.h. */
#define ROUTE_CREW (1u << 19)
/* A change that compares If-Match with the state that it finds, in the turn or commit that makes
 * it. Elsewhere If-Match is refused rather than passed over. */
#define ROUTE_MATCH (1u << 17)

struct exchange {
    struct api *api;
    struct http_request *request;
    const struct route *route;
    struct token_claims claims;  /* roles 0: there is no good token */
    struct limits_verdict limit; /* what is left of the sender's budget */
    const char *parameter_names[EXCHANGE_PARAMETERS_MAX];
    const char *parameter_values[EXCHANGE_PARAMETERS_MAX];
    int parameter_count;
    bool is_page;                /* of a list: see pages.h */
    bool is_lines;               /* … to be answered as lines */
    const char *next;            /* its cursor; NULL: it is the last */
    bool has_waited;             /* for keys to be read again */
    bool is_again;               /* a write whose Idempotency-Key has come before */
    json_t *body;                /* an object; NULL where the route takes none */
    struct entity_tags expected; /* If-Match; empty: absent, or "*" */
    int64_t version;             /* of what is answered with: of its machine, its game; -1: none */
    struct waiter *waiter;
    char trace[TRACE_PARENT_SIZE]; /* its span in the sender's trace, or in one of its own */
    char id[EXCHANGE_ID_SIZE]; /* of what a POST makes: from the Idempotency-Key where there is one
                                */
    char body_id[EXCHANGE_ID_SIZE]; /* of the body, where ROUTE_KEYED has a key; else empty */
    void (*on_crew)(struct exchange *exchange, bool is_crew); /* crew_find()'s */
    void *note;                                               /* the route's own */
    const ProtobufCMessage
        *read; /* what a read's method answered; lives until its handler returns */
};

struct api {
    struct bus *bus;
    struct loop *loop; /* outlives the bus, where that is taken away first */
    const struct token_keys *keys;
    struct seen_tokens *seen_tokens;
    struct random random;  /* of spans */
    struct key_ring *ring; /* NULL: the keys stay as they are */
    const char *policies_folder;
    const struct seeking_shelf *shelf; /* the policies under policies/seeks */
    struct seeking_shelf *own_shelf;   /* NULL: it is somebody else's */
    const char *cors_origins;
    struct limits *limits; /* NULL: any number of requests */
    unsigned proxies;
    struct http_server *http;
    struct feed *feed;
    struct waiting_rooms waiting;
    struct streams *streams;
    struct presence *presence;
    struct attendance *attendance;
    struct outlook *outlook;
    struct looks *looks;
    struct sockets *sockets;
    uint64_t requests;
    uint64_t problems;
    uint64_t limited;
};

/* The route tables, each ended by a row without a method. */
extern const struct route read_routes[];
extern const struct route player_routes[];
extern const struct route seek_routes[];
extern const struct route seek_read_routes[];
extern const struct route match_routes[];
extern const struct route conduct_routes[];
extern const struct route pool_routes[];
extern const struct route why_routes[];
extern const struct route circle_routes[];
extern const struct route club_routes[];
extern const struct route bulk_routes[];
extern const struct route game_routes[];
extern const struct route tournament_routes[];
extern const struct route desk_routes[];
extern const struct route entry_routes[];
extern const struct route stream_routes[];
extern const struct route socket_routes[];

/* ---- asking ------------------------------------------------------------------------------ */

struct arena *exchange_arena(struct exchange *exchange);

/* Returns a path parameter; asserts that the pattern has it. */
const char *exchange_parameter(const struct exchange *exchange, const char *name);

/* One member of a body. Numbers lie between `min` and `max` where those differ; texts have at most
 * `max` bytes, EXCHANGE_NAME_MAX - 1 where it is 0. */
enum body_kind {
    BODY_TEXT,    /* const char * */
    BODY_INTEGER, /* int64_t */
    BODY_NUMBER,  /* double */
    BODY_BOOLEAN, /* bool */
    BODY_OBJECT,  /* json_t *, borrowed from the body */
    BODY_ARRAY    /* as above */
};
struct body_field {
    const char *name;
    enum body_kind kind;
    bool is_required;
    void *out; /* left as it is where the member is absent */
    double min;
    double max;
};

/* Reads the body's members, strictly: an unknown member is an error too. Returns false after having
 * answered with a problem that lists up to EXCHANGE_ERRORS_MAX errors with JSON pointers. */
bool exchange_read_body(struct exchange *exchange, const struct body_field *fields, size_t count);

/* Returns a game as it is shown, from the game service's View; NULL without memory. */
struct Arbiter__V1__ViewReply;
json_t *exchange_game_json(const struct Arbiter__V1__ViewReply *reply);

/* Whether a text may be an id: letters, digits, '-' and '_', up to EXCHANGE_NAME_MAX - 1 of them,
 * so that it can be part of a subject, a topic and an address. */
bool exchange_is_id(const char *text);

/* Answers 400: the body's member at `pointer` is not as it should be. */
void exchange_problem_at(struct exchange *exchange, const char *pointer, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The id of the event that the request is: made from its Idempotency-Key, where there is one, and,
 * on a ROUTE_KEYED, from its body; NULL without memory. */
const char *exchange_event_id(struct exchange *exchange);

/* Asks for something that changes nothing: always asked anew. */
void exchange_ask(struct exchange *exchange, const ProtobufCServiceDescriptor *service,
                  const char *method, const ProtobufCMessage *input, bus_on_answer on_answer);

/* Asks for a change; the request's id is the exchange's, so that a retried POST is the same one. */
void exchange_call(struct exchange *exchange, const ProtobufCServiceDescriptor *service,
                   const char *method, const ProtobufCMessage *input, bus_on_answer on_answer);

/* Sends an event to a machine's instance. Members of `data` (borrowed) are the event's fields. */
struct exchange_event {
    const char *instance_id;
    const char *name;
    json_t *data;
    const char *note; /* a director's reason; NULL: none */
};
void exchange_send_event(struct exchange *exchange, const struct exchange_event *event,
                         bus_on_answer on_answer);

/* Whether an answer is good; otherwise answers with its problem. */
bool exchange_check(struct exchange *exchange, const struct bus_answer *answer);

/* Calls `on_event` for the first such event that comes, or with NULL after `timeout_ms`. Begin to
 * wait before asking for what causes it. Returns false where nobody more may wait; `on_event` is
 * then never called. */
struct waited_event {
    const char *kind;
    const char *id;
    const char *name;
};
bool exchange_wait(struct exchange *exchange, const struct waited_event *event, int64_t timeout_ms,
                   void (*on_event)(struct exchange *exchange, const struct feed_event *event));
void exchange_stop_waiting(struct exchange *exchange);

/* ---- answering --------------------------------------------------------------------------- */

/* Answers with JSON, which is given back here; `location` may be NULL. */
void exchange_answer(struct exchange *exchange, unsigned code, json_t *json, const char *location);

/* Answers 200 with a text of this type. */
void exchange_answer_text(struct exchange *exchange, const char *type, const char *text);

/* Answers without a body. */
void exchange_answer_empty(struct exchange *exchange, unsigned code,
                           const struct http_header *headers, size_t count);

/* Writes the headers that every answer has (its trace, CORS) to `out`, of
 * EXCHANGE_COMMON_HEADERS_MAX; returns how many. More than one: the page that asks comes from an
 * origin that may. */
size_t exchange_common_headers(const struct exchange *exchange, struct http_header *out);

/* Answers with a message, or with the field `unwrap` of it. */
void exchange_answer_message(struct exchange *exchange, unsigned code,
                             const ProtobufCMessage *message, const char *unwrap,
                             const char *location);

/* Answers with a problem: `slug` ends its type, `detail` is one sentence with what to do next. */
void exchange_problem(struct exchange *exchange, unsigned code, const char *slug, const char *title,
                      const char *format, ...) PRINTF_LIKE(5, 6);

/* Answers 400 with a list of {pointer, detail}, which is given back here. */
void exchange_problem_with(struct exchange *exchange, const char *detail, json_t *errors);

/* Answers with a problem whose members are all said already; it is given back here. */
void exchange_answer_problem(struct exchange *exchange, unsigned code, json_t *problem);

/* Answers 405 with the methods that are allowed. */
void exchange_problem_method(struct exchange *exchange, const char *methods);

/* Answers 409: the token's player has no profile, and how to make one. */
void exchange_problem_no_profile(struct exchange *exchange);

/* Answers 429: the budget that the request counts in is used up, and when there is more. */
void exchange_problem_limited(struct exchange *exchange);

/* Answers 412: If-Match names another state than this one; -1: not known. */
void exchange_problem_stale(struct exchange *exchange, int64_t version, const char *detail);

/* Answers 422: the Idempotency-Key came with another body before. */
void exchange_problem_reused(struct exchange *exchange);

/* Answers 503: no memory for the request. */
void exchange_problem_busy(struct exchange *exchange);

/* Returns how an error of the house is called outside. */
const char *exchange_slug(enum status status);

/* Answers with the problem that an error of the house is. */
void exchange_problem_of(struct exchange *exchange, const struct bus_answer *answer);

#endif
