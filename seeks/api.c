/* Finds the route, checks the token, parses the body, asks the house. What is answered is formed in
 * answer.c. */
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
#include "seeks/exchange.h"
#include "seeks/outlook.h"
#include "seeks/pages.h"
#include "seeks/presence.h"
#include "seeks/socket.h"
#include "seeks/stream.h"
#include "seeks/waiter.h"

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

static const struct route *const tables[] = {
    player_routes,     read_routes,  seek_read_routes, seek_routes,   match_routes, conduct_routes,
    pool_routes,       why_routes,   circle_routes,    club_routes,   bulk_routes,  game_routes,
    tournament_routes, entry_routes, desk_routes,      stream_routes, socket_routes};

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

/* ---- routing ----------------------------------------------------------------------------- */

/* Keeps what the `{name}` of a segment stands for; "{game_id}.gcg" wants that ending. */
static bool match_name(struct exchange *exchange, const char *pattern, size_t pattern_size,
                       const char *path, size_t path_size)
{
    struct arena *arena = exchange_arena(exchange);
    size_t name = strcspn(pattern, "}") - 1;
    size_t ending = pattern_size - name - 2;
    if (path_size <= ending || exchange->parameter_count == EXCHANGE_PARAMETERS_MAX ||
        memcmp(pattern + name + 2, path + path_size - ending, ending) != 0)
        return false;
    int i = exchange->parameter_count++;
    exchange->parameter_names[i] = arena_copy(arena, pattern + 1, name);
    exchange->parameter_values[i] = arena_copy(arena, path, path_size - ending);
    return true;
}

/* Matches a path against a pattern, segment by segment, and keeps what its names stand for. */
static bool match(struct exchange *exchange, const char *pattern, const char *path)
{
    struct arena *arena = exchange_arena(exchange);
    exchange->parameter_count = 0;
    while (*pattern == '/' && *path == '/') {
        size_t name = strcspn(++pattern, "/?");
        size_t value = strcspn(++path, "/");
        if (pattern[0] == '{') {
            if (!match_name(exchange, pattern, name, path, value))
                return false;
        } else if (name != value || memcmp(pattern, path, name) != 0) {
            return false;
        }
        pattern += name;
        path += value;
    }
    return (*pattern == '\0' || *pattern == '?') && *path == '\0' && !arena_full(arena);
}

/* Whether a pattern names this query parameter: "/v1/x?dry_run&round". */
static bool takes_query(const char *pattern, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = strpbrk(pattern, "?"); at != NULL; at = strchr(at, '&')) {
        at++;
        if (strncmp(at, name, size) == 0 && (at[size] == '&' || at[size] == '\0'))
            return true;
    }
    return false;
}

struct query_check {
    const char *pattern;
    const char *stranger; /* a parameter that the pattern does not name */
};

static bool check_query_name(const char *name, const char *value, void *user)
{
    struct query_check *check = user;
    (void)value; /* the handler's */
    if (!takes_query(check->pattern, name))
        check->stranger = name;
    return check->stranger == NULL;
}

/* A read knows its parameters from its input message (on_query). */
static bool check_query(struct exchange *exchange)
{
    struct query_check check = {.pattern = exchange->route->pattern};
    if (exchange->route->service_method == NULL)
        http_each_query(exchange->request, check_query_name, &check);
    if (check.stranger != NULL)
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "there is no query parameter '%.100s' here", check.stranger);
    return check.stranger == NULL;
}

/* Finds the route; `*out_is_known` tells whether the path exists with another method. */
static const struct route *find_route(struct exchange *exchange, bool *out_is_known)
{
    const char *method = http_method(exchange->request);
    const char *path = http_path(exchange->request);
    if (strcmp(method, "HEAD") == 0)
        method = "GET"; /* the body is left out by the server */
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
        token_verify(api->keys, header + sizeof scheme - 1, loop_wall_ms(bus_loop(api->bus)),
                     &exchange->claims, out_fault);
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

/* ---- reads ------------------------------------------------------------------------------- */

struct read {
    struct exchange *exchange;
    ProtobufCMessage *input;
    struct fault fault;
    bool is_bad;
};

/* A cursor stands in the input's field for what the page before ended with. */
static enum status set_cursor(struct read *read, const char *value)
{
    struct arena *arena = exchange_arena(read->exchange);
    const char *id = pages_read(arena, value);
    if (id != NULL)
        return json_set_field(arena, read->input, pages_field(read->input->descriptor), id,
                              &read->fault);
    (void)fault_set(&read->fault, 0, 0, "that is no cursor: give back 'next' as it came");
    return STATUS_INVALID_ARGUMENT;
}

static enum status check_limit(struct read *read, const char *value)
{
    char *end = NULL;
    long limit = strtol(value, &end, 10);
    if (*end != '\0' || (limit >= 0 && limit <= PAGES_LIMIT_MAX))
        return STATUS_OK; /* what is no number has been told already */
    (void)fault_set(&read->fault, 0, 0, "'limit' is from 0 to %d", PAGES_LIMIT_MAX);
    return STATUS_INVALID_ARGUMENT;
}

static bool on_query(const char *name, const char *value, void *user)
{
    struct read *read = user;
    bool is_cursor = read->exchange->is_page && strcmp(name, "cursor") == 0;
    enum status status = is_cursor ? set_cursor(read, value)
                                   : json_set_field(exchange_arena(read->exchange), read->input,
                                                    name, value, &read->fault);
    if (status == STATUS_NOT_FOUND)
        (void)fault_set(&read->fault, 0, 0, "there is no query parameter '%s' here", name);
    if (status == STATUS_OK && strcmp(name, "limit") == 0)
        status = check_limit(read, value);
    read->is_bad = status != STATUS_OK;
    return !read->is_bad;
}

/* Lists come as one document or as lines. */
static bool choose_form(struct exchange *exchange, const ProtobufCMethodDescriptor *method)
{
    exchange->is_page = pages_is_page(method->output) && pages_field(method->input) != NULL;
    if (!exchange->is_page)
        return true;
    switch (pages_form(http_header(exchange->request, "Accept"))) {
    case PAGES_NEITHER:
        exchange_problem(exchange, 406, "not-acceptable", "It does not come in that form",
                         "accept application/json or " PAGES_LINES);
        return false;
    case PAGES_NDJSON:
        exchange->is_lines = true;
        return true;
    case PAGES_JSON:
        return true;
    }
    return true;
}

/* Replies of resources that have a machine say where it is. */
static int64_t version_in(const ProtobufCMessage *message)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, "version");
    if (field == NULL || field->type != PROTOBUF_C_TYPE_INT64)
        return -1;
    int64_t version;
    memcpy(&version, (const char *)message + field->offset, sizeof version);
    return version > 0 ? version : -1;
}

static void on_read(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    exchange->read = answer->output;
    exchange->version = version_in(answer->output);
    exchange->next = pages_next(exchange_arena(exchange), answer->output);
    if (exchange->route->handler != NULL)
        exchange->route->handler(exchange);
    else
        exchange_answer_message(exchange, 200, answer->output, exchange->route->unwrap, NULL);
}

static void read_through(struct exchange *exchange)
{
    const struct route *route = exchange->route;
    const ProtobufCMethodDescriptor *method =
        protobuf_c_service_descriptor_get_method_by_name(route->service, route->service_method);
    struct read read = {.exchange = exchange};
    if (!choose_form(exchange, method))
        return;
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

/* ---- the same key, the same request ------------------------------------------------------ */

static void handle(struct exchange *exchange)
{
    if (exchange->route->service_method != NULL)
        read_through(exchange);
    else
        exchange->route->handler(exchange);
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

/* ---- other methods ----------------------------------------------------------------------- */

static const char *allowed_methods(struct exchange *exchange)
{
    const char *path = http_path(exchange->request);
    const char *methods = "OPTIONS";
    for (size_t t = 0; t < COUNT_OF(tables); t++)
        for (const struct route *route = tables[t]; route->method != NULL; route++)
            if (match(exchange, route->pattern, path))
                methods = arena_format(exchange_arena(exchange), "%s, %s%s",
                                       methods != NULL ? methods : "", route->method,
                                       strcmp(route->method, "GET") == 0 ? ", HEAD" : "");
    return methods != NULL ? methods : "";
}

/* OPTIONS is answered for every path, with what a browser asks before it lets a page call us. */
static void answer_other_method(struct exchange *exchange)
{
    const char *methods = allowed_methods(exchange);
    const struct http_header headers[] = {
        {"Allow", methods},
        {"Access-Control-Allow-Methods", methods},
        {"Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, "
                                         "If-Match, If-None-Match, Last-Event-ID, traceparent"},
        {"Access-Control-Max-Age", "600"},
    };
    struct http_header common[EXCHANGE_COMMON_HEADERS_MAX];
    bool is_foreign = exchange_common_headers(exchange, common) > 1;
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
    exchange->route = find_route(exchange, &is_known);
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
    if (!check_parameters(exchange) || !check_query(exchange) || !authorise(exchange, &fault) ||
        !read_expected(exchange) || !parse_body(exchange))
        return;
    const char *key = http_header(exchange->request, "Idempotency-Key");
    if (key != NULL && (key[0] == '\0' || strlen(key) > API_KEY_MAX)) {
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "an Idempotency-Key has 1 to %d characters", API_KEY_MAX);
        return;
    }
    make_id(exchange, key);
    if (key != NULL && strcmp(exchange->route->method, "GET") != 0 &&
        (exchange->route->roles & ROUTE_BARE) == 0)
        check_key(exchange);
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
    for (size_t t = 0; t < COUNT_OF(tables); t++)
        for (const struct route *row = tables[t]; row->method != NULL; row++)
            if (limits_route_is(route, row->pattern))
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
    api->feed = feed_create(options->bus);
    if (api->feed == NULL || feed_listen(api->feed, waiters_on_event, api) != STATUS_OK ||
        bus_subscribe(options->bus, WAITED_WORDS, NULL, waiters_on_word, api) != STATUS_OK) {
        (void)fault_set(out_fault, 0, 0, "the event feed could not be started");
        api_destroy(api);
        return NULL;
    }
    api->streams = streams_create(api->feed, options->bus);
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
        api->outlook = outlook_create(api);
    if (api->outlook != NULL)
        return api;
    api_destroy(api);
    return NULL;
}

void api_destroy(struct api *api)
{
    if (api == NULL)
        return;
    outlook_destroy(api->outlook);
    presence_destroy(api->presence);
    sockets_destroy(api->sockets);
    streams_destroy(api->streams);
    waiters_forget(&api->waiting, api->loop);
    http_destroy(api->http);
    feed_destroy(api->feed);
    seeking_shelf_destroy(api->own_shelf);
    limits_destroy(api->limits);
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
    outlook_calibration(api->outlook, &out_stats->waits_told, &out_stats->waits_held);
}
