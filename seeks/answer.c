/* Forms answers and problems, with the headers that all of them have in common. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/log.h"
#include "seeks/exchange.h"
#include "seeks/pages.h"

#define PROBLEM_TYPE "application/problem+json"
#define PROBLEM_BASE "https://arbiter.dev/problems/"

enum { TITLE_MAX = 128, DETAIL_MAX = 512, TAG_BYTES = 8 };

/* Rounded up: after so many it is true. */
static int64_t seconds_of(int64_t ms)
{
    return (ms + 999) / 1000;
}

/* ---- headers ----------------------------------------------------------------------------- */

/* Whether a list such as "https://a.example,https://b.example" has this entry, or is "*". */
static bool lists_origin(const char *list, const char *origin)
{
    size_t size = strlen(origin);
    if (strcmp(list, "*") == 0)
        return true;
    for (const char *entry = list; *entry != '\0';
         entry += strcspn(entry, ","), entry += *entry == ',') {
        size_t entry_size = strcspn(entry, ",");
        if (entry_size == size && memcmp(entry, origin, size) == 0)
            return true;
    }
    return false;
}

size_t exchange_common_headers(const struct exchange *exchange, struct http_header *out)
{
    const char *origin = http_header(exchange->request, "Origin");
    const char *origins = exchange->api->cors_origins;
    size_t count = 0;
    out[count++] = (struct http_header){"traceparent", exchange->trace};
    if (origins == NULL || origins[0] == '\0')
        return count;
    out[count++] = (struct http_header){"Vary", "Origin"};
    if (origin == NULL || !lists_origin(origins, origin))
        return count;
    out[count++] = (struct http_header){"Access-Control-Allow-Origin", origin};
    out[count++] = (struct http_header){"Access-Control-Expose-Headers",
                                        "Location, ETag, Retry-After, Allow, "
                                        "RateLimit, RateLimit-Policy, Next-Cursor, traceparent"};
    return count;
}

/* What is left, as draft-ietf-httpapi-ratelimit-headers-10 writes it: two at most. */
static size_t limit_headers(struct exchange *exchange, struct http_header *out)
{
    const struct limits_verdict *limit = &exchange->limit;
    struct arena *arena = exchange_arena(exchange);
    if (limit->budget == NULL)
        return 0;
    const char *policy = arena_format(arena, "\"%s\";q=%lld;w=%lld", limit->budget->name,
                                      (long long)limit->budget->quota.requests,
                                      (long long)limit->budget->quota.window_ms / 1000);
    const char *left =
        arena_format(arena, "\"%s\";r=%lld;t=%lld", limit->budget->name,
                     (long long)limit->state.left, (long long)seconds_of(limit->state.full_in_ms));
    if (policy == NULL || left == NULL)
        return 0;
    out[0] = (struct http_header){"RateLimit-Policy", policy};
    out[1] = (struct http_header){"RateLimit", left};
    return 2;
}

static void make_tag(const struct exchange *exchange, const char *text, size_t size, char *out)
{
    unsigned char bytes[16];
    char hash[2 * TAG_BYTES + 1];
    (void)crypto_generichash(bytes, sizeof bytes, (const unsigned char *)text, size, NULL,
                             0); /* cannot fail: the sizes fit */
    for (size_t i = 0; i < TAG_BYTES; i++)
        (void)snprintf(hash + 2 * i, 3, "%02x", bytes[i]); /* two digits fit */
    entity_tag_write(exchange->version, hash, out);
}

static bool is_read(const struct exchange *exchange)
{
    return exchange->route != NULL && strcmp(exchange->route->method, "GET") == 0;
}

/* Whether the client says that it has this very answer already. What is no list of tags says
 * nothing. */
static bool has_it(const struct exchange *exchange, const char *tag)
{
    const char *known = http_header(exchange->request, "If-None-Match");
    struct entity_tags tags;
    return known != NULL && entity_tags_read(known, &tags) && entity_tags_have(&tags, tag);
}

/* ---- answers ----------------------------------------------------------------------------- */

/* What one of us got wrong is loud; everything else is there for who follows a trace. */
static void log_answer(const struct exchange *exchange, unsigned code)
{
    char path[256];
    log_event(code >= 500 && code != 503 ? LOG_WARN : LOG_DEBUG, "answered",
              "method=%s path=%s code=%u trace=%s", http_method(exchange->request),
              log_quote(http_path(exchange->request), path, sizeof path), code, exchange->trace);
}

/* Ends the exchange: what it holds is given back, and it is gone after this. */
static void finish(struct exchange *exchange, struct http_answer *answer)
{
    if (exchange->body != NULL)
        json_decref(exchange->body);
    exchange->body = NULL;
    exchange_stop_waiting(exchange);
    log_answer(exchange, answer->code);
    answer->header_count +=
        exchange_common_headers(exchange, answer->headers + answer->header_count);
    answer->header_count += limit_headers(exchange, answer->headers + answer->header_count);
    http_answer(exchange->request, answer);
}

/* A page tells where the next one begins: a document inside, lines in a header. */
static size_t page_headers(const struct exchange *exchange, struct http_header *out)
{
    size_t count = 0;
    if (!exchange->is_page)
        return 0;
    out[count++] = (struct http_header){"Vary", "Accept"};
    if (exchange->is_lines && exchange->next != NULL)
        out[count++] = (struct http_header){"Next-Cursor", exchange->next};
    return count;
}

static void answer_json(struct exchange *exchange, unsigned code, const char *type, json_t *json,
                        const struct http_header *headers, size_t count)
{
    char tag[ENTITY_TAG_MAX];
    bool is_lines = code == 200 && exchange->is_lines;
    if (code == 200 && exchange->is_page && exchange->next != NULL)
        (void)json_object_set_new(json, "next", json_string(exchange->next)); /* without memory it
                                                                                  lacks it */
    char *text = is_lines ? pages_lines(json) : json_dumps(json, JSON_COMPACT);
    if (is_lines)
        type = PAGES_LINES;
    struct http_answer answer = {.code = text != NULL ? code : 500,
                                 .content_type = type,
                                 .body = text != NULL ? text : "",
                                 .body_size = text != NULL ? strlen(text) : 0,
                                 .header_count = count};
    for (size_t i = 0; i < count; i++)
        answer.headers[i] = headers[i];
    json_decref(json);
    if (answer.code == 200 && is_read(exchange)) {
        answer.header_count += page_headers(exchange, answer.headers + answer.header_count);
        make_tag(exchange, text, answer.body_size, tag);
        answer.headers[answer.header_count++] = (struct http_header){"ETag", tag};
        if (has_it(exchange, tag)) {
            answer.code = 304;
            answer.body_size = 0;
        }
    } else if (exchange->version >= 0 && (answer.code < 300 || answer.code == 412)) {
        entity_tag_write(exchange->version, "", tag); /* for the next If-Match */
        answer.headers[answer.header_count++] = (struct http_header){"ETag", tag};
    }
    finish(exchange, &answer);
    free(text);
}

void exchange_answer_text(struct exchange *exchange, const char *type, const char *text)
{
    struct http_answer answer = {
        .code = 200, .content_type = type, .body = text, .body_size = strlen(text)};
    finish(exchange, &answer);
}

void exchange_answer_empty(struct exchange *exchange, unsigned code,
                           const struct http_header *headers, size_t count)
{
    struct http_answer answer = {.code = code, .body = "", .header_count = count};
    for (size_t i = 0; i < count; i++)
        answer.headers[i] = headers[i];
    finish(exchange, &answer);
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

/* ---- problems ---------------------------------------------------------------------------- */

/* A sentence may quote what the client sent, which need not be UTF-8; then only its ASCII stays. */
static json_t *sentence_json(const char *sentence)
{
    char plain[DETAIL_MAX];
    json_t *json = json_string(sentence);
    size_t size = 0;
    if (json != NULL)
        return json;
    for (; sentence[size] != '\0' && size < sizeof plain - 1; size++)
        plain[size] = (unsigned char)sentence[size] < 0x80 ? sentence[size] : '?';
    return json_stringn(plain, size);
}

static json_t *problem_json(unsigned code, const char *slug, const char *title, const char *detail)
{
    char type[TITLE_MAX];
    (void)snprintf(type, sizeof type, PROBLEM_BASE "%s", slug); /* slugs are short constants */
    return json_pack("{s:s, s:s, s:i, s:o}", "type", type, "title", title, "status", (int)code,
                     "detail", sentence_json(detail));
}

void exchange_answer_problem(struct exchange *exchange, unsigned code, json_t *problem)
{
    const struct http_header headers[] = {
        {"Cache-Control", "no-store"},
        code == 401 ? (struct http_header){"WWW-Authenticate", "Bearer"}
                    : (struct http_header){"Retry-After", "1"},
    };
    exchange->api->problems++;
    answer_json(exchange, code, PROBLEM_TYPE, problem, headers,
                code == 401 || code == 429 || code == 503 ? 2 : 1);
}

void exchange_problem_method(struct exchange *exchange, const char *methods)
{
    const struct http_header allow = {"Allow", methods};
    exchange->api->problems++;
    answer_json(exchange, 405, PROBLEM_TYPE,
                problem_json(405, "method", "The method does not fit",
                             "the Allow header lists those that do"),
                &allow, 1);
}

void exchange_problem(struct exchange *exchange, unsigned code, const char *slug, const char *title,
                      const char *format, ...)
{
    char detail[DETAIL_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(detail, sizeof detail, format, arguments); /* a sentence; cutting it is fine */
    va_end(arguments);
    exchange_answer_problem(exchange, code, problem_json(code, slug, title, detail));
}

void exchange_problem_with(struct exchange *exchange, const char *detail, json_t *errors)
{
    json_t *problem = problem_json(400, "invalid", "The request is not valid", detail);
    (void)json_object_set_new(problem, "errors", errors); /* without memory the answer lacks it */
    exchange_answer_problem(exchange, 400, problem);
}

void exchange_problem_no_profile(struct exchange *exchange)
{
    exchange_problem(exchange, 409, "no-profile", "You have no profile yet",
                     "make one first: POST /v1/players with player_id '%s'",
                     exchange->claims.subject);
}

void exchange_problem_limited(struct exchange *exchange)
{
    const struct limits_verdict *limit = &exchange->limit;
    long long seconds = (long long)seconds_of(limit->state.next_in_ms);
    const char *after = arena_format(exchange_arena(exchange), "%lld", seconds);
    const struct http_header headers[] = {{"Cache-Control", "no-store"},
                                          {"Retry-After", after != NULL ? after : "1"}};
    char detail[DETAIL_MAX];
    (void)snprintf(detail, sizeof detail,
                   "%lld requests in %lld s are yours here; wait %lld s, and listen to /v1/events "
                   "where you poll",
                   (long long)limit->budget->quota.requests,
                   (long long)limit->budget->quota.window_ms / 1000, seconds); /* short */
    json_t *problem = problem_json(429, "rate-limited", "Too many requests", detail);
    (void)json_object_set_new(problem, "violated-policies",
                              json_pack("[s]", limit->budget->name)); /* as the draft calls it */
    exchange->api->problems++;
    exchange->api->limited++;
    answer_json(exchange, 429, PROBLEM_TYPE, problem, headers, COUNT_OF(headers));
}

void exchange_problem_stale(struct exchange *exchange, int64_t version, const char *detail)
{
    exchange->version = version;
    exchange_problem(exchange, 412, "conflict", "Somebody was faster", "%s", detail);
}

void exchange_problem_reused(struct exchange *exchange)
{
    exchange_problem(exchange, 422, "key-reused", "This key was for another request",
                     "an Idempotency-Key stands for one body; take a new one");
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

const char *exchange_slug(enum status status)
{
    for (size_t i = 0; i < COUNT_OF(problems); i++)
        if (problems[i].status == status)
            return problems[i].slug;
    return "internal";
}

static const char *detail_of(const struct bus_answer *answer, const char *key)
{
    for (size_t i = 0; i < answer->detail_count; i++)
        if (strcmp(answer->details[i].key, key) == 0)
            return answer->details[i].value;
    return NULL;
}

/* Returns the version that was found instead of those that If-Match names, NULL where that is not
 * what went wrong. */
static const char *stale_version(const struct exchange *exchange, const struct bus_answer *answer)
{
    const char *seq = detail_of(answer, "seq");
    const char *reason = detail_of(answer, "reason");
    if (exchange->expected.count == 0)
        return NULL;
    if (answer->status == STATUS_ABORTED && seq != NULL)
        return seq;
    return reason != NULL && strcmp(reason, "STALE_TURN") == 0 ? detail_of(answer, "turn_count")
                                                               : NULL;
}

/* What a rule looked at can be another's: an event's password, an opponent's rating. It is for
 * those who run every event; everybody else is told the rule and its sentence. */
static bool may_see(const struct exchange *exchange, const struct bus_detail *detail)
{
    const struct token_claims *claims = &exchange->claims;
    bool runs_everything = (claims->roles & TOKEN_ADMIN) != 0 ||
                           ((claims->roles & TOKEN_DIRECTOR) != 0 && claims->event_count == 0);
    return runs_everything || strcmp(detail->key, "values") != 0;
}

void exchange_problem_of(struct exchange *exchange, const struct bus_answer *answer)
{
    unsigned code = 500;
    const char *slug = "internal";
    const char *title = "Something went wrong on our side";
    const char *version = stale_version(exchange, answer);
    if (version != NULL) {
        exchange_problem_stale(exchange, strtoll(version, NULL, 10), answer->message);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(problems); i++)
        if (problems[i].status == answer->status) {
            code = problems[i].code;
            slug = problems[i].slug;
            title = problems[i].title;
        }
    json_t *problem = problem_json(code, slug, title, answer->message);
    (void)json_object_set_new(problem, "code", json_string(status_name(answer->status)));
    for (size_t i = 0; i < answer->detail_count; i++)
        if (answer->details[i].value[0] != '\0' && may_see(exchange, &answer->details[i]))
            (void)json_object_set_new(problem, answer->details[i].key,
                                      sentence_json(answer->details[i].value));
    exchange_answer_problem(exchange, code, problem);
}

bool exchange_check(struct exchange *exchange, const struct bus_answer *answer)
{
    if (answer->status == STATUS_OK)
        return true;
    exchange_problem_of(exchange, answer);
    return false;
}
