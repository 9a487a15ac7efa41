/* Finds the route, checks the token, parses the body; forms answers and problems. */
#include "seeks/api.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "seeks/exchange.h"
#include "seeks/stream.h"
#include "seeks/waiter.h"

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

#define PROBLEM_BASE "https://arbiter.dev/problems/"

enum { TITLE_MAX = 128, DETAIL_MAX = 512 };

static const struct route *const tables[] = {player_routes, read_routes, seek_routes,
                                             match_routes,  game_routes, tournament_routes,
                                             stream_routes};

/* ---- answers
 * --------------------------------------------------------------------------------------------------
 */

struct arena *exchange_arena(struct exchange *exchange)
{
    return http_arena(exchange->request);
}

static void answer_json(struct exchange *exchange, unsigned code, const char *type, json_t *json,
                        const struct http_header *headers, size_t count)
{
    char *text = json_dumps(json, JSON_COMPACT);
    struct http_answer answer = {.code = text != NULL ? code : 500,
                                 .content_type = type,
                                 .body = text != NULL ? text : "",
                                 .body_size = text != NULL ? strlen(text) : 0,
                                 .header_count = count};
    for (size_t i = 0; i < count; i++)
        answer.headers[i] = headers[i];
    json_decref(json);
    if (exchange->body != NULL)
        json_decref(exchange->body);
    exchange->body = NULL;
    exchange_stop_waiting(exchange);
    http_answer(exchange->request, &answer); /* the exchange is gone after this */
    free(text);
}

void exchange_answer(struct exchange *exchange, unsigned code, json_t *json, const char *location)
{
    struct http_header header = {"Location", location};
    answer_json(exchange, code, "application/json", json, &header, location != NULL ? 1 : 0);
}

void exchange_answer_message(struct exchange *exchange, unsigned code,
                             const ProtobufCMessage *message, const char *unwrap,
                             const char *location)
{
    json_t *json = json_from_message(message);
    if (unwrap != NULL) {
        json_t *inner = json_incref(json_object_get(json, unwrap));
        json_decref(json);
        json = inner != NULL ? inner : json_object();
    }
    exchange_answer(exchange, code, json, location);
}

/* ---- problems
 * ---------------------------------------------------------------------------------------------------
 */

static json_t *problem_json(unsigned code, const char *slug, const char *title, const char *detail)
{
    char type[TITLE_MAX];
    (void)snprintf(type, sizeof type, PROBLEM_BASE "%s", slug); /* slugs are short constants */
    return json_pack("{s:s, s:s, s:i, s:s}", "type", type, "title", title, "status", (int)code,
                     "detail", detail);
}

static void answer_problem(struct exchange *exchange, unsigned code, json_t *problem)
{
    struct http_header headers[2] = {{"Cache-Control", "no-store"}, {"Retry-After", "1"}};
    if (code == 401)
        headers[1] = (struct http_header){"WWW-Authenticate", "Bearer"};
    size_t count = code == 503 || code == 401 ? 2 : 1;
    exchange->api->problems++;
    answer_json(exchange, code, "application/problem+json", problem, headers, count);
}

void exchange_problem(struct exchange *exchange, unsigned code, const char *slug, const char *title,
                      const char *format, ...)
{
    char detail[DETAIL_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(detail, sizeof detail, format, arguments); /* a sentence; cutting it is fine */
    va_end(arguments);
    answer_problem(exchange, code, problem_json(code, slug, title, detail));
}

void exchange_problem_with(struct exchange *exchange, const char *detail, json_t *errors)
{
    json_t *problem = problem_json(400, "invalid", "The request is not valid", detail);
    (void)json_object_set_new(problem, "errors", errors); /* without memory the answer lacks it */
    answer_problem(exchange, 400, problem);
}

void exchange_problem_busy(struct exchange *exchange)
{
    exchange_problem(exchange, 503, "unavailable", "The service is busy or away", "try again");
}

/* How the house's codes look from outside. */
static const struct {
    enum status status;
    unsigned code;
    const char *slug;
    const char *title;
} problems[] = {
    {STATUS_INVALID_ARGUMENT, 400, "invalid", "The request is not valid"},
    {STATUS_UNAUTHENTICATED, 401, "unauthenticated", "A valid token is needed"},
    {STATUS_PERMISSION_DENIED, 403, "forbidden", "That is not yours to do"},
    {STATUS_NOT_FOUND, 404, "not-found", "There is no such thing"},
    {STATUS_ALREADY_EXISTS, 409, "exists", "It exists already"},
    {STATUS_FAILED_PRECONDITION, 409, "refused", "That cannot happen now"},
    {STATUS_ABORTED, 409, "conflict", "Somebody was faster"},
    {STATUS_OUT_OF_RANGE, 400, "invalid", "The request is not valid"},
    {STATUS_FULL, 429, "limit", "A limit has been reached"},
    {STATUS_UNAVAILABLE, 503, "unavailable", "The service is busy or away"},
    {STATUS_DEADLINE_EXCEEDED, 503, "unavailable", "The service is busy or away"},
    {STATUS_CANCELLED, 503, "unavailable", "The service is busy or away"},
};

void exchange_problem_of(struct exchange *exchange, const struct bus_answer *answer)
{
    unsigned code = 500;
    const char *slug = "internal";
    const char *title = "Something went wrong on our side";
    for (size_t i = 0; i < COUNT_OF(problems); i++)
        if (problems[i].status == answer->status) {
            code = problems[i].code;
            slug = problems[i].slug;
            title = problems[i].title;
        }
    json_t *problem = problem_json(code, slug, title, answer->message);
    (void)json_object_set_new(problem, "code", json_string(status_name(answer->status)));
    for (size_t i = 0; i < answer->detail_count; i++)
        if (answer->details[i].value[0] != '\0')
            (void)json_object_set_new(problem, answer->details[i].key,
                                      json_string(answer->details[i].value));
    answer_problem(exchange, code, problem);
}

bool exchange_check(struct exchange *exchange, const struct bus_answer *answer)
{
    if (answer->status == STATUS_OK)
        return true;
    exchange_problem_of(exchange, answer);
    return false;
}

/* ---- asking
 * ---------------------------------------------------------------------------------------------------------
 */

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
    call->traceparent = http_header(exchange->request, "traceparent");
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
    char *request_id = arena_format(exchange_arena(exchange), "%s/%s", exchange->id, method);
    ask(exchange,
        &(struct bus_call){
            .service = service, .method = method, .input = input, .request_id = request_id},
        on_answer);
}

void exchange_send_event(struct exchange *exchange, const struct exchange_event *event,
                         bus_on_answer on_answer)
{
    struct arena *arena = exchange_arena(exchange);
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
    exchange_call(exchange, &arbiter__v1__orchestrator__descriptor, "SendEvent", &request.base,
                  on_answer);
}

/* ---- routing
 * --------------------------------------------------------------------------------------------------------
 */

/* Matches a path against a pattern, segment by segment, and keeps what its names stand for. */
static bool match(struct exchange *exchange, const char *pattern, const char *path)
{
    struct arena *arena = exchange_arena(exchange);
    exchange->parameter_count = 0;
    while (*pattern == '/' && *path == '/') {
        size_t name = strcspn(++pattern, "/");
        size_t value = strcspn(++path, "/");
        if (pattern[0] == '{') {
            if (value == 0 || exchange->parameter_count == EXCHANGE_PARAMETERS_MAX)
                return false;
            int i = exchange->parameter_count++;
            exchange->parameter_names[i] = arena_copy(arena, pattern + 1, name - 2);
            exchange->parameter_values[i] = arena_copy(arena, path, value);
        } else if (name != value || memcmp(pattern, path, name) != 0) {
            return false;
        }
        pattern += name;
        path += value;
    }
    return *pattern == '\0' && *path == '\0' && !arena_full(arena);
}

/* Finds the route; `*out_is_known` tells whether the path exists with another method. */
static const struct route *find_route(struct exchange *exchange, bool *out_is_known)
{
    const char *method = http_method(exchange->request);
    const char *path = http_path(exchange->request);
    *out_is_known = false;
    for (size_t t = 0; t < COUNT_OF(tables); t++)
        for (const struct route *route = tables[t]; route->method != NULL; route++) {
            if (!match(exchange, route->pattern, path))
                continue;
            *out_is_known = true;
            if (strcmp(route->method, method) == 0)
                return route;
        }
    return NULL;
}

bool api_route(size_t index, const char **out_method, const char **out_pattern)
{
    for (size_t t = 0; t < COUNT_OF(tables); t++)
        for (const struct route *route = tables[t]; route->method != NULL; route++)
            if (index-- == 0) {
                *out_method = route->method;
                *out_pattern = route->pattern;
                return true;
            }
    return false;
}

/* What cannot be an id names nothing. */
static bool check_parameters(struct exchange *exchange)
{
    for (int i = 0; i < exchange->parameter_count; i++)
        if (!exchange_is_id(exchange->parameter_values[i])) {
            exchange_problem(exchange, 404, "not-found", "There is no such thing",
                             "'%.100s' is no %s", exchange->parameter_values[i],
                             exchange->parameter_names[i]);
            return false;
        }
    return true;
}

/* ---- who is asking
 * ----------------------------------------------------------------------------------------------------
 */

static bool authorise(struct exchange *exchange)
{
    static const char scheme[] = "Bearer ";
    struct fault fault = {0};
    const char *header = http_header(exchange->request, "Authorization");
    if (header == NULL && exchange->route->roles == 0)
        return true;
    if (header == NULL || strncmp(header, scheme, sizeof scheme - 1) != 0) {
        exchange_problem(exchange, 401, "unauthenticated", "A valid token is needed",
                         "send 'Authorization: Bearer <token>'");
        return false;
    }
    int64_t now_ms = loop_now_ms(bus_loop(exchange->api->bus));
    if (token_verify(exchange->api->keys, header + sizeof scheme - 1, now_ms, &exchange->claims,
                     &fault) != STATUS_OK) {
        exchange_problem(exchange, 401, "unauthenticated", "A valid token is needed", "%s",
                         fault.text);
        return false;
    }
    if (!exchange_is_id(exchange->claims.subject)) {
        exchange_problem(exchange, 401, "unauthenticated", "A valid token is needed",
                         "the token's subject is 1 to %d letters, digits, '-' and '_'",
                         EXCHANGE_NAME_MAX - 1);
        return false;
    }
    if (exchange->route->roles != 0 && (exchange->claims.roles & exchange->route->roles) == 0) {
        exchange_problem(exchange, 403, "forbidden", "That is not yours to do",
                         "your token does not have a role that may do this");
        return false;
    }
    return true;
}

/* ---- bodies
 * -------------------------------------------------------------------------------------------------------------
 */

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

/* ---- ids
 * ---------------------------------------------------------------------------------------------------------------------
 */

/* The same sender with the same Idempotency-Key makes the same thing. Without a key it is drawn. */
static void make_id(struct exchange *exchange, const char *key)
{
    static const char letters[] = "23456789abcdefghjkmnpqrstuvwxyz";
    unsigned char bytes[16];
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
    for (size_t i = 0; i < sizeof bytes; i++)
        exchange->id[i] = letters[bytes[i] % (sizeof letters - 1)];
    exchange->id[sizeof bytes] = '\0';
}

/* Of a request's body. */
struct fingerprint {
    unsigned char bytes[16];
};

/* ---- reads
 * -------------------------------------------------------------------------------------------------------------------------
 */

struct read {
    struct exchange *exchange;
    ProtobufCMessage *input;
    struct fault fault;
    bool is_bad;
};

static bool on_query(const char *name, const char *value, void *user)
{
    struct read *read = user;
    enum status status =
        json_set_field(exchange_arena(read->exchange), read->input, name, value, &read->fault);
    if (status == STATUS_NOT_FOUND)
        (void)fault_set(&read->fault, 0, 0, "there is no query parameter '%s' here", name);
    read->is_bad = status != STATUS_OK;
    return !read->is_bad;
}

static void on_read(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        exchange_answer_message(exchange, 200, answer->output, exchange->route->unwrap, NULL);
}

static void read_through(struct exchange *exchange)
{
    const struct route *route = exchange->route;
    const ProtobufCMethodDescriptor *method =
        protobuf_c_service_descriptor_get_method_by_name(route->service, route->service_method);
    struct read read = {.exchange = exchange};
    read.input = arena_alloc(exchange_arena(exchange), method->input->sizeof_message);
    if (read.input == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    protobuf_c_message_init(method->input, read.input);
    http_each_query(exchange->request, on_query, &read);
    for (int i = 0; !read.is_bad && i < exchange->parameter_count; i++)
        (void)on_query(exchange->parameter_names[i], exchange->parameter_values[i], &read);
    if (read.is_bad)
        exchange_problem(exchange, 400, "invalid", "The request is not valid", "%s",
                         read.fault.text);
    else
        exchange_ask(exchange, route->service, route->service_method, read.input, on_read);
}

/* ---- the same key, the same request
 * ---------------------------------------------------------------------------------------------- */

static void handle(struct exchange *exchange)
{
    if (exchange->route->handler != NULL)
        exchange->route->handler(exchange);
    else
        read_through(exchange);
}

static void on_remembered(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__RememberAnswerReply *reply =
        (const Arbiter__V1__RememberAnswerReply *)answer->output;
    const struct fingerprint *mine = exchange->note;
    if (reply->existed && (reply->answer.len != sizeof mine->bytes ||
                           memcmp(reply->answer.data, mine->bytes, sizeof mine->bytes) != 0))
        exchange_problem(exchange, 422, "key-reused", "This key was for another request",
                         "an Idempotency-Key stands for one body; take a new one");
    else
        handle(exchange);
}

/* What a key stands for is in the store, so that the edge may be restarted between the attempts. */
static void check_key(struct exchange *exchange)
{
    size_t size;
    const char *body = http_body(exchange->request, &size);
    struct fingerprint *mine = arena_alloc(exchange_arena(exchange), sizeof *mine);
    Arbiter__V1__RememberAnswerRequest request = ARBITER__V1__REMEMBER_ANSWER_REQUEST__INIT;
    request.key = arena_format(exchange_arena(exchange), "edge/%s", exchange->id);
    if (mine == NULL || request.key == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    (void)crypto_generichash(mine->bytes, sizeof mine->bytes, (const unsigned char *)body, size,
                             NULL, 0); /* cannot fail: the sizes fit */
    exchange->note = mine;
    request.answer = (ProtobufCBinaryData){sizeof mine->bytes, mine->bytes};
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "RememberAnswer", &request.base,
                 on_remembered);
}

/* ---- one request
 * ---------------------------------------------------------------------------------------------------------------------
 */

static void on_request(struct http_request *request, void *user)
{
    struct api *api = user;
    bool is_known;
    struct exchange *exchange = arena_alloc(http_arena(request), sizeof *exchange);
    api->requests++;
    if (exchange == NULL) {
        http_answer(request, &(struct http_answer){.code = 503});
        return;
    }
    *exchange = (struct exchange){.api = api, .request = request};
    exchange->route = find_route(exchange, &is_known);
    if (exchange->route == NULL && is_known) {
        exchange_problem(exchange, 405, "method", "The method does not fit",
                         "see docs/openapi.yaml");
        return;
    }
    if (exchange->route == NULL) {
        exchange_problem(exchange, 404, "no-route", "There is nothing here",
                         "see docs/openapi.yaml");
        return;
    }
    if (!check_parameters(exchange) || !authorise(exchange) || !parse_body(exchange))
        return;
    const char *key = http_header(request, "Idempotency-Key");
    make_id(exchange, key);
    if (key != NULL && strcmp(exchange->route->method, "GET") != 0)
        check_key(exchange);
    else
        handle(exchange);
}

/* ---- life
 * ----------------------------------------------------------------------------------------------------------------------------------
 */

struct api *api_create(const struct api_options *options, struct fault *out_fault)
{
    struct api *api = calloc(1, sizeof *api);
    if (api == NULL || sodium_init() < 0) {
        free(api);
        return NULL;
    }
    api->bus = options->bus;
    api->keys = options->keys;
    api->policies_folder = options->policies_folder;
    api->cors_origins = options->cors_origins;
    api->feed = feed_create(options->bus);
    if (api->feed == NULL || feed_listen(api->feed, waiters_on_event, api) != STATUS_OK) {
        (void)fault_set(out_fault, 0, 0, "the event feed could not be started");
        api_destroy(api);
        return NULL;
    }
    api->streams = streams_create(api->feed, options->bus);
    struct http_options http = {
        .address = options->address, .port = options->port, .handler = on_request, .user = api};
    api->http = http_create(bus_loop(options->bus), &http, out_fault);
    if (api->streams != NULL && api->http != NULL)
        return api;
    api_destroy(api);
    return NULL;
}

void api_destroy(struct api *api)
{
    if (api == NULL)
        return;
    http_destroy(api->http);
    streams_destroy(api->streams);
    feed_destroy(api->feed);
    free(api);
}

uint16_t api_port(const struct api *api)
{
    return http_port(api->http);
}

void api_stats(const struct api *api, struct api_stats *out_stats)
{
    *out_stats = (struct api_stats){.requests = api->requests,
                                    .problems = api->problems,
                                    .streams = streams_count(api->streams)};
}
