/* Takes a request from its token to its handler, and asks the house. Which route it is for is found
 * in routing.c, reads are made in reading.c, what is answered is formed in answer.c. */
#include "seeks/api.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "base/buffer.h"
#include "base/log.h"
#include "http/push.h"
#include "orchestrator/seeking/shelf.h"
#include "seeks/attendance.h"
#include "seeks/crew.h"
#include "seeks/exchange.h"
#include "seeks/looks.h"
#include "seeks/outlook.h"
#include "seeks/presence.h"
#include "seeks/reading.h"
#include "seeks/routing.h"
#include "seeks/seen_tokens.h"
#include "seeks/socket.h"
#include "seeks/stream.h"
#include "seeks/waiter.h"

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

/* ---- asking ------------------------------------------------------------------------------ */

struct arena *exchange_arena(struct exchange *exchange)
{
    return http_arena(exchange->request);
}

const char *exchange_parameter(const struct exchange *exchange, const char *name)
{
    int i = 0;
    while (i < exchange->parameter_count && strcmp(exchange->parameter_names[i], name) != 0)
        i++;
    assert(i < exchange->parameter_count);
    return exchange->parameter_values[i];
}

static void ask(struct exchange *exchange, struct bus_call *call, bus_on_answer on_answer)
{
    call->traceparent = exchange->trace;
    bus_call(exchange->api->bus, call, on_answer, exchange);
}

void exchange_ask(struct exchange *exchange, const ProtobufCServiceDescriptor *service,
                  const char *method, const ProtobufCMessage *input, bus_on_answer on_answer)
{
    ask(exchange, &(struct bus_call){.service = service, .method = method, .input = input},
        on_answer);
}

void exchange_call(struct exchange *exchange, const ProtobufCServiceDescriptor *service,
                   const char *method, const ProtobufCMessage *input, bus_on_answer on_answer)
{
    const char *id = exchange_event_id(exchange);
    char *request_id =
        id != NULL ? arena_format(exchange_arena(exchange), "%s/%s", id, method) : NULL;
    ask(exchange,
        &(struct bus_call){
            .service = service, .method = method, .input = input, .request_id = request_id},
        on_answer);
}

void exchange_send_event(struct exchange *exchange, const struct exchange_event *event,
                         bus_on_answer on_answer)
{
    struct arena *arena = exchange_arena(exchange);
    int64_t seqs[ENTITY_TAGS_MAX];
    Arbiter__V1__SendEventRequest request = ARBITER__V1__SEND_EVENT_REQUEST__INIT;
    if (event->data == NULL || event->instance_id == NULL ||
        json_to_value_map(arena, event->data, &request.data) != STATUS_OK) {
        exchange_problem_busy(exchange);
        return;
    }
    request.instance_id = (char *)event->instance_id;
    request.event_id = exchange->id;
    request.name = (char *)event->name;
    request.actor = exchange->claims.subject;
    request.note = (char *)(event->note != NULL ? event->note : "");
    request.expected_seqs = seqs;
    request.n_expected_seqs = entity_tags_versions(&exchange->expected, seqs);
    exchange_call(exchange, &arbiter__v1__orchestrator__descriptor, "SendEvent", &request.base,
                  on_answer);
}

/* ---- who is asking ----------------------------------------------------------------------- */

static void go_on(void *user);

/* Reads the token, if there is a good one; otherwise `out_fault` says what is wrong with it. False:
 * goes on when the keys have been read again, for it names one that we do not know. */
static bool identify(struct exchange *exchange, struct fault *out_fault)
{
    static const char scheme[] = "Bearer ";
    struct api *api = exchange->api;
    const char *header = http_header(exchange->request, "Authorization");
    if (header == NULL || strncmp(header, scheme, sizeof scheme - 1) != 0) {
        (void)fault_set(out_fault, 0, 0, "send 'Authorization: Bearer <token>'");
        return true;
    }
    enum status status =
        seen_tokens_verify(api->seen_tokens, api->keys, header + sizeof scheme - 1,
                           loop_wall_ms(bus_loop(api->bus)), &exchange->claims, out_fault);
    if (status == STATUS_NOT_FOUND && api->ring != NULL && !exchange->has_waited) {
        exchange->has_waited = true;
        return !key_ring_wait(api->ring, go_on, exchange);
    }
    if (status == STATUS_OK && !exchange_is_id(exchange->claims.subject)) {
        (void)fault_set(out_fault, 0, 0,
                        "the token's subject is 1 to %d letters, digits, '-' and '_'",
                        EXCHANGE_NAME_MAX - 1);
        exchange->claims = (struct token_claims){0};
    }
    return true;
}

/* Whether no token can be checked because no keys could be read yet. */
static bool lacks_keys(const struct exchange *exchange)
{
    return exchange->api->ring != NULL && !key_ring_is_ready(exchange->api->ring) &&
           http_header(exchange->request, "Authorization") != NULL;
}

static bool authorise(struct exchange *exchange, const struct fault *fault)
{
    unsigned wanted = exchange->route->roles;
    if (exchange->claims.roles == 0 &&
        (wanted != 0 || http_header(exchange->request, "Authorization") != NULL)) {
        exchange_problem(exchange, 401, "unauthenticated", "A valid token is needed", "%s",
                         fault->text);
        return false;
    }
    if (wanted != 0 && (exchange->claims.roles & wanted) == 0) {
        exchange_problem(exchange, 403, "forbidden", "That is not yours to do",
                         "your token does not have a role that may do this");
        return false;
    }
    return true;
}

/* Counts the request where it belongs; false after having answered that it was one too many. */
static bool admit(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const char *method = http_method(exchange->request);
    struct limits_request request = {
        .roles = exchange->claims.roles,
        .subject = exchange->claims.subject,
        .address = http_peer(exchange->request),
        .forwarded = http_header(exchange->request, "X-Forwarded-For"),
        .proxies = api->proxies,
        .method = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ? LIMITS_READS
                                                                            : LIMITS_WRITES,
        .pattern = exchange->route != NULL ? exchange->route->pattern : NULL};
    if (api->limits == NULL)
        return true;
    limits_take(api->limits, &request, loop_wall_ms(bus_loop(api->bus)), &exchange->limit);
    if (exchange->limit.budget == NULL || exchange->limit.state.is_admitted)
        return true;
    exchange_problem_limited(exchange);
    return false;
}

/* ---- bodies ------------------------------------------------------------------------------ */

static bool has_body(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

static bool is_json(const struct exchange *exchange)
{
    const char *type = http_header(exchange->request, "Content-Type");
    size_t size = strlen("application/json");
    return type != NULL && strncasecmp(type, "application/json", size) == 0 &&
           (type[size] == '\0' || type[size] == ';' || type[size] == ' ');
}

static bool parse_body(struct exchange *exchange)
{
    size_t size;
    struct fault fault = {0};
    const char *text = http_body(exchange->request, &size);
    if (!has_body(exchange->route->method))
        return true;
    if (size == 0) {
        exchange->body = json_object();
        return exchange->body != NULL;
    }
    if (!is_json(exchange)) {
        exchange_problem(exchange, 415, "media-type", "The body should be JSON",
                         "send 'Content-Type: application/json'");
        return false;
    }
    if (json_parse(text, size, &exchange->body, &fault) != STATUS_OK) {
        exchange_problem(exchange, 400, "malformed", "The body is not JSON", "line %d: %s",
                         fault.line, fault.text);
        return false;
    }
    if (json_is_object(exchange->body))
        return true;
    exchange_problem(exchange, 400, "malformed", "The body is not JSON", "an object is needed");
    return false;
}

/* ---- ids --------------------------------------------------------------------------------- */

enum { ID_BYTES = 16 };

static void spell_id(const unsigned char *bytes, char *out)
{
    static const char letters[] = "23456789abcdefghjkmnpqrstuvwxyz";
    for (size_t i = 0; i < ID_BYTES; i++)
        out[i] = letters[bytes[i] % (sizeof letters - 1)];
    out[ID_BYTES] = '\0';
}

/* The same sender with the same Idempotency-Key makes the same thing. Without a key it is drawn. */
static void make_id(struct exchange *exchange, const char *key)
{
    unsigned char bytes[ID_BYTES];
    if (key == NULL) {
        randombytes_buf(bytes, sizeof bytes);
    } else {
        crypto_generichash_state state;
        (void)crypto_generichash_init(&state, NULL, 0, sizeof bytes); /* cannot fail: sizes fit */
        const char *parts[] = {exchange->claims.subject, http_method(exchange->request),
                               http_path(exchange->request), key};
        for (size_t i = 0; i < COUNT_OF(parts); i++)
            (void)crypto_generichash_update(&state, (const unsigned char *)parts[i],
                                            strlen(parts[i]) + 1);
        (void)crypto_generichash_final(&state, bytes, sizeof bytes);
    }
    spell_id(bytes, exchange->id);
}

/* Of a request's body. */
struct fingerprint {
    unsigned char bytes[ID_BYTES];
};

static void take_fingerprint(const struct exchange *exchange, struct fingerprint *out)
{
    size_t size;
    const char *body = http_body(exchange->request, &size);
    (void)crypto_generichash(out->bytes, sizeof out->bytes, (const unsigned char *)body, size, NULL,
                             0); /* cannot fail: the sizes fit */
}

const char *exchange_event_id(struct exchange *exchange)
{
    if (exchange->body_id[0] == '\0')
        return exchange->id;
    return arena_format(exchange_arena(exchange), "%s_%s", exchange->id, exchange->body_id);
}

static bool is_write(const struct exchange *exchange)
{
    return strcmp(exchange->route->method, "GET") != 0;
}

/* Which states a change is for. A director's action has a number there: desk_routes.c reads it. */
static bool read_expected(struct exchange *exchange)
{
    const char *header = http_header(exchange->request, "If-Match");
    int64_t versions[ENTITY_TAGS_MAX];
    if (header == NULL || !is_write(exchange))
        return true;
    if (!entity_tags_read(header, &exchange->expected))
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "If-Match is a list of up to %d tags in quotes, as ETag gives them, or *",
                         ENTITY_TAGS_MAX);
    else if (!exchange->expected.is_any && (exchange->route->roles & ROUTE_MATCH) == 0)
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "If-Match means nothing here: leave it out");
    else if (!exchange->expected.is_any && entity_tags_versions(&exchange->expected, versions) == 0)
        exchange_problem_stale(exchange, -1,
                               "no tag of If-Match is one of this resource's: read it, and send "
                               "the ETag that it has");
    else
        return true;
    return false;
}

/* ---- the same key, the same request ------------------------------------------------------ */

static void carry_out(struct exchange *exchange)
{
    if (exchange->route->service_method != NULL)
        reading_start(exchange);
    else
        exchange->route->handler(exchange);
}

static void on_crew(struct exchange *exchange, bool is_crew)
{
    if (is_crew)
        carry_out(exchange);
    else
        exchange_problem(exchange, 403, "forbidden", "That is not yours to do",
                         "this is for the event's directors, assistants and scorers");
}

static void handle(struct exchange *exchange)
{
    if ((exchange->route->roles & ROUTE_CREW) != 0)
        crew_find(exchange, on_crew);
    else
        carry_out(exchange);
}

static void on_remembered(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__RememberAnswerReply *reply =
        (const Arbiter__V1__RememberAnswerReply *)answer->output;
    const struct fingerprint *mine = exchange->note;
    exchange->is_again = reply->existed;
    if (reply->existed && (reply->answer.len != sizeof mine->bytes ||
                           memcmp(reply->answer.data, mine->bytes, sizeof mine->bytes) != 0))
        exchange_problem_reused(exchange);
    else
        handle(exchange);
}

/* What a key stands for is in the store, so that the edge may be restarted between the attempts. */
static void check_key(struct exchange *exchange)
{
    struct fingerprint *mine = arena_alloc(exchange_arena(exchange), sizeof *mine);
    Arbiter__V1__RememberAnswerRequest request = ARBITER__V1__REMEMBER_ANSWER_REQUEST__INIT;
    request.key = arena_format(exchange_arena(exchange), "edge/%s", exchange->id);
    if (mine == NULL || request.key == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    take_fingerprint(exchange, mine);
    exchange->note = mine;
    request.answer = (ProtobufCBinaryData){sizeof mine->bytes, mine->bytes};
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "RememberAnswer", &request.base,
                 on_remembered);
}

static void use_key(struct exchange *exchange)
{
    struct fingerprint body;
    if ((exchange->route->roles & (ROUTE_BARE | ROUTE_KEYED)) == 0) {
        check_key(exchange);
        return;
    }
    if ((exchange->route->roles & ROUTE_KEYED) != 0) {
        take_fingerprint(exchange, &body);
        spell_id(body.bytes, exchange->body_id);
    }
    handle(exchange);
}

/* ---- other methods ----------------------------------------------------------------------- */

/* OPTIONS is answered for every path, with what a browser asks before it lets a page call us. */
static void answer_other_method(struct exchange *exchange)
{
    const char *methods = routing_methods(exchange);
    const struct http_header headers[] = {
        {"Allow", methods},
        {"Access-Control-Allow-Methods", methods},
        {"Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, "
                                         "If-Match, If-None-Match, Last-Event-ID, traceparent"},
        {"Access-Control-Max-Age", "600"},
    };
    struct http_header common[EXCHANGE_COMMON_HEADERS_MAX];
    bool is_foreign = exchange_common_headers(exchange, common) > 2;
    if (strcmp(http_method(exchange->request), "OPTIONS") == 0)
        exchange_answer_empty(exchange, 204, headers, is_foreign ? COUNT_OF(headers) : 1);
    else
        exchange_problem_method(exchange, methods);
}

/* ---- one request ------------------------------------------------------------------------- */

static void go_on(void *user)
{
    struct exchange *exchange = user;
    struct fault fault = {0};
    bool is_known;
    exchange->route = routing_find(exchange, &is_known);
    if (!identify(exchange, &fault) || !admit(exchange))
        return;
    if (lacks_keys(exchange)) {
        exchange_problem_busy(exchange);
        return;
    }
    if (exchange->route == NULL && is_known) {
        answer_other_method(exchange);
        return;
    }
    if (exchange->route == NULL) {
        exchange_problem(exchange, 404, "no-route", "There is nothing here",
                         "see docs/openapi.yaml");
        return;
    }
    if (!routing_check_parameters(exchange) || !routing_check_query(exchange) ||
        !authorise(exchange, &fault) || !read_expected(exchange) || !parse_body(exchange))
        return;
    const char *key = http_header(exchange->request, "Idempotency-Key");
    if (key != NULL && (key[0] == '\0' || strlen(key) > API_KEY_MAX)) {
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "an Idempotency-Key has 1 to %d characters", API_KEY_MAX);
        return;
    }
    make_id(exchange, key);
    if (key != NULL && is_write(exchange))
        use_key(exchange);
    else
        handle(exchange);
}

/* The API ends before the answer. What its arena holds goes with the request. */
static void on_abandoned(struct http_request *request, void *user)
{
    const struct exchange *exchange = http_context(request);
    (void)user; /* the API, on its way out */
    if (exchange != NULL)
        json_decref(exchange->body);
}

static void on_request(struct http_request *request, void *user)
{
    struct api *api = user;
    struct exchange *exchange = arena_alloc(http_arena(request), sizeof *exchange);
    api->requests++;
    if (exchange == NULL) {
        http_answer(request, &(struct http_answer){.code = 503});
        return;
    }
    *exchange = (struct exchange){.api = api, .request = request, .version = -1};
    trace_new_span(&api->random, http_header(request, "traceparent"), exchange->trace);
    http_set_context(request, exchange);
    go_on(exchange);
}

/* ---- life -------------------------------------------------------------------------------- */

/* A policy that does not check is a reason not to begin. */
static struct seeking_shelf *load_shelf(const char *folder, struct fault *out_fault)
{
    struct buffer path = {0};
    struct buffer report = {0};
    buffer_format(&path, "%s/seeks", folder != NULL ? folder : "policies");
    struct seeking_shelf *shelf = seeking_shelf_load(buffer_text(&path), &report);
    if (shelf == NULL)
        (void)fault_set(out_fault, 0, 0, "a policy does not check: %s", buffer_text(&report));
    buffer_deinit(&report);
    buffer_deinit(&path);
    return shelf;
}

/* Policies know routes by their text: one that means nothing here is a reason not to begin. */
static bool is_route(const char *route)
{
    const char *method;
    const char *pattern;
    for (size_t i = 0; api_route(i, &method, &pattern); i++)
        if (limits_route_is(route, pattern))
            return true;
    return false;
}

static bool load_limits(struct api *api, const struct api_options *options, struct fault *out_fault)
{
    if (options->limits == NULL || options->limits[0] == '\0')
        return true;
    const char *folder = options->policies_folder != NULL ? options->policies_folder : "policies";
    if (!limits_exist(folder)) {
        log_event(LOG_WARN, "no_limits", "folder=%s next=\"any number of requests is taken\"",
                  folder);
        return true;
    }
    api->limits = limits_load(folder, options->limits, is_route, out_fault);
    return api->limits != NULL;
}

struct api *api_create(const struct api_options *options, struct fault *out_fault)
{
    uint64_t seed;
    struct api *api = calloc(1, sizeof *api);
    if (api == NULL || sodium_init() < 0) {
        free(api);
        return NULL;
    }
    api->bus = options->bus;
    api->loop = bus_loop(options->bus);
    api->keys = options->keys;
    api->ring = options->ring;
    api->policies_folder = options->policies_folder;
    api->proxies = options->proxies;
    if (options->shelf == NULL)
        api->own_shelf = load_shelf(options->policies_folder, out_fault);
    api->shelf = options->shelf != NULL ? options->shelf : api->own_shelf;
    if (api->shelf == NULL || !load_limits(api, options, out_fault)) {
        seeking_shelf_destroy(api->own_shelf);
        free(api);
        return NULL;
    }
    api->cors_origins = options->cors_origins;
    randombytes_buf(&seed, sizeof seed);
    random_init_stream(&api->random, seed, "traces", 0);
    api->seen_tokens = seen_tokens_create(SEEN_TOKENS_DEFAULT);
    api->feed = feed_create(options->bus);
    if (api->seen_tokens == NULL || api->feed == NULL ||
        feed_listen(api->feed, waiters_on_event, api) != STATUS_OK ||
        bus_subscribe(options->bus, WAITED_WORDS, NULL, waiters_on_word, api) != STATUS_OK) {
        (void)fault_set(out_fault, 0, 0, "the event feed could not be started");
        api_destroy(api);
        return NULL;
    }
    api->streams = streams_create(api->feed, options->bus, api->shelf);
    api->sockets = sockets_create(&(struct sockets_options){.feed = api->feed,
                                                            .bus = options->bus,
                                                            .keys = options->keys,
                                                            .rate = options->socket_rate,
                                                            .ping_s = options->socket_ping_s});
    struct http_options http = {.address = options->address,
                                .port = options->port,
                                .handler = on_request,
                                .on_abandoned = on_abandoned,
                                .user = api,
                                .connections_max = options->connections_max,
                                .address_connections_max = options->address_connections_max,
                                .header_seconds = options->header_seconds,
                                .body_seconds = options->body_seconds};
    api->http = http_create(bus_loop(options->bus), &http, out_fault);
    if (api->streams != NULL && api->sockets != NULL && api->http != NULL)
        api->presence = presence_create(api);
    if (api->presence != NULL)
        api->attendance = attendance_create(api);
    if (api->attendance != NULL)
        api->outlook = outlook_create(api);
    if (api->outlook != NULL)
        api->looks = looks_create(options->bus, (int64_t)1000 * options->look_seconds);
    if (api->looks != NULL)
        return api;
    api_destroy(api);
    return NULL;
}

void api_destroy(struct api *api)
{
    if (api == NULL)
        return;
    looks_destroy(api->looks);
    outlook_destroy(api->outlook);
    attendance_destroy(api->attendance);
    presence_destroy(api->presence);
    sockets_destroy(api->sockets);
    streams_destroy(api->streams);
    waiters_forget(&api->waiting, api->loop);
    http_destroy(api->http);
    feed_destroy(api->feed);
    seeking_shelf_destroy(api->own_shelf);
    limits_destroy(api->limits);
    seen_tokens_destroy(api->seen_tokens);
    free(api);
}

bool api_is_ready(const struct api *api)
{
    return feed_position(api->feed) >= 0 && (api->ring == NULL || key_ring_is_ready(api->ring));
}

struct http_server *api_http(const struct api *api)
{
    return api->http;
}

uint16_t api_port(const struct api *api)
{
    return http_port(api->http);
}

void api_stats(const struct api *api, struct api_stats *out_stats)
{
    struct push_stats streams;
    *out_stats = (struct api_stats){.requests = api->requests,
                                    .problems = api->problems,
                                    .limited = api->limited,
                                    .limits_forgotten = limits_forgotten(api->limits)};
    streams_stats(api->streams, &streams);
    http_stats(api->http, &out_stats->http);
    out_stats->streams = streams.open;
    out_stats->stream_frames = streams.frames;
    out_stats->streams_slow = streams.slow;
    out_stats->streams_dropped = streams.slow + streams.chatter;
    sockets_stats(api->sockets, out_stats);
    looks_stats(api->looks, &out_stats->looks);
    outlook_calibration(api->outlook, &out_stats->waits_told, &out_stats->waits_held);
}
