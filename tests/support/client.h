#ifndef TESTS_SUPPORT_CLIENT_H
#define TESTS_SUPPORT_CLIENT_H

/*
 * client — a REST client for tests, on libcurl: one call at a time, many at once, event streams.
 *
 * Every exchange is also appended, as a line of JSON, to the file named by the environment's
 * ARBITER_TRAFFIC (where it is set): a later test holds it against docs/openapi.yaml.
 *
 * Owns:     answers, until the client's next 4096 calls; the client frees them.
 * Threads:  the caller's.
 */

#include "base/attr.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define CLIENT_HEADERS_MAX 8

struct client;

struct client *client_create(const char *base_url);
void client_destroy(struct client *client);

/* One request. Everything but `method` and `path` may be NULL. */
struct client_request {
    const char *method;
    const char *path;
    const char *token;
    const char *body; /* sent as application/json unless `type` says otherwise */
    size_t body_size; /* 0: a text */
    const char *type; /* "" sends none */
    const char *key;  /* Idempotency-Key */
    const char
        *extra; /* one more header line, e.g. "Last-Event-ID: 7"; or more, with "\r\n" between */
};

struct client_answer {
    long status;
    char *body;
    json_t *json; /* NULL where the body is not JSON */
    char *headers;
    char type[96]; /* Content-Type */
};

/* Makes a request; fails the test where no answer comes. */
const struct client_answer *client_call(struct client *client,
                                        const struct client_request *request);

/* Asks for what does not end by itself (a stream, a socket): the answer is its head alone, after
 * which the connection is closed. What ends is answered as by client_call(). */
const struct client_answer *client_begin(struct client *client,
                                         const struct client_request *request);

/* Makes all requests at once, each on a connection of its own; answers in their order. */
void client_call_all(struct client *client, const struct client_request *requests, size_t count,
                     const struct client_answer **out_answers);

/* Shorthand: GET, and POST with a formatted body in which ' stands for ". */
const struct client_answer *client_get(struct client *client, const char *path, const char *token);
const struct client_answer *client_post(struct client *client, const char *path, const char *token,
                                        const char *format, ...) PRINTF_LIKE(4, 5);

/* A member by path, e.g. "games.0.game_id"; NULL or 0 where it is missing. */
const json_t *client_member(const struct client_answer *answer, const char *path);
const char *client_text(const struct client_answer *answer, const char *path);
long long client_integer(const struct client_answer *answer, const char *path);
double client_number(const struct client_answer *answer, const char *path);

/* Returns a header's value in a buffer that the next call overwrites, NULL where it is absent. */
const char *client_header(const struct client_answer *answer, const char *name);

/* ---- event streams -----------------------------------------------------------------------------
 */

struct client_stream;

struct client_event {
    long long id;
    char name[64];
    json_t *data;
};

/* Opens GET /v1/events with this query ("topics=game", may be "") after an event (-1: from now)
 * and waits for its first line. */
struct client_stream *client_stream_open(struct client *client, const char *query,
                                         const char *token, long long last_id);
/* The same as lines of JSON. */
struct client_stream *client_lines_open(struct client *client, const char *query, const char *token,
                                        long long last_id);
void client_stream_close(struct client_stream *stream);

/* Waits for event number `index` of the stream (from 0); NULL after `timeout_ms` without it. */
const struct client_event *client_stream_event(struct client_stream *stream, size_t index,
                                               long timeout_ms);

/* Waits for an event of that name from `*index` on, which is left behind it. */
const struct client_event *client_stream_find(struct client_stream *stream, const char *name,
                                              size_t *index, long timeout_ms);

#endif
