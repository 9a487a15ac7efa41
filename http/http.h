#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

/*
 * http — an HTTP server on the loop: requests in, answers out, now or later.
 *
 * libmicrohttpd does the protocol; this is the thin layer that gathers a request whole, hands it to
 * one handler, parks the connection until the answer is there, and bounds everything.
 *
 * In:       connections.
 * Out:      struct http_request to the handler, which answers each exactly once.
 * Owns:     requests, from the handler's call until http_answer(); texts returned by the accessors
 *           live as long as the request.
 * Threads:  the loop's.
 * Errors:   bodies past the limit are answered 413, addresses 414, headers 431 (past some 30 kB by
 *           libmicrohttpd, without a problem's body), bad lengths 400, too many connections (in all
 * or from one address) closed at once, slow requests answered 408 and closed, all before the
 *           handler hears of them.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "bus/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_BODY_MAX (1u << 20)
#define HTTP_ADDRESS_BYTES_MAX 8192 /* method, path and query */
#define HTTP_HEADER_BYTES_MAX 16384 /* names and values of all headers */
#define HTTP_CONNECTIONS_MAX 60000  /* LOOP_WATCHES_MAX, and some for everything else */
#define HTTP_CONNECTIONS_DEFAULT 16000
#define HTTP_HEADER_SECONDS 10  /* for a request's header, however it trickles in */
#define HTTP_BODY_SECONDS 30    /* for the rest of a request */
#define HTTP_ANSWER_SECONDS 120 /* for an answer to be taken */
#define HTTP_IDLE_SECONDS 60    /* between two requests, and without a byte in any case */
#define HTTP_HEADERS_MAX 12     /* of an answer */
#define HTTP_REQUEST_BYTES_MAX (8u << 20)

struct http_server;
struct http_request;

typedef void (*http_handler)(struct http_request *request, void *user);

struct http_options {
    const char *address; /* "127.0.0.1"; NULL: every address */
    uint16_t port;       /* 0: any free one */
    http_handler handler;
    http_handler on_abandoned; /* hears of requests that end with the server, without an answer; may
                                  be NULL */
    void *user;
    size_t connections_max;         /* 0: HTTP_CONNECTIONS_DEFAULT; never more than files allow */
    size_t address_connections_max; /* from one address; 0: as many as in all */
    unsigned header_seconds;        /* 0: HTTP_HEADER_SECONDS */
    unsigned body_seconds;          /* 0: HTTP_BODY_SECONDS */
};

/* Listens; NULL where the address is taken (out_fault says). */
struct http_server *http_create(struct loop *loop, const struct http_options *options,
                                struct fault *out_fault);

/* Closes all connections. NULL is allowed. */
void http_destroy(struct http_server *server);

/* Returns the port that is listened on. */
uint16_t http_port(const struct http_server *server);

/* ---- the request ------------------------------------------------------------------------- */

const char *http_method(const struct http_request *request);
const char *http_path(const struct http_request *request); /* decoded, without the query */

/* Returns a header's or a query parameter's value, NULL where it is absent. */
const char *http_header(const struct http_request *request, const char *name);
const char *http_query(const struct http_request *request, const char *name);

/* Calls back for each query parameter until it returns false. */
typedef bool (*http_on_parameter)(const char *name, const char *value, void *user);
void http_each_query(const struct http_request *request, http_on_parameter on_parameter,
                     void *user);

const char *http_body(const struct http_request *request, size_t *out_size);

/* Returns the address that the connection comes from, "192.0.2.7"; "" without memory. */
const char *http_peer(struct http_request *request);

/* Memory that lives as long as the request. */
struct arena *http_arena(struct http_request *request);

/* A pointer of the handler's own, NULL at first. */
void http_set_context(struct http_request *request, void *context);
void *http_context(const struct http_request *request);

/* ---- the answer -------------------------------------------------------------------------- */

struct http_header {
    const char *name;
    const char *value;
};

/* Answers with a body (copied). */
struct http_answer {
    unsigned code;
    const char *content_type;
    const void *body;
    size_t body_size;
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
};
void http_answer(struct http_request *request, const struct http_answer *answer);

/* ---- connections handed over ------------------------------------------------------------- */

/* A connection that speaks another protocol from now on (RFC 9110, 7.8). */
struct http_upgrade;

/* Hands over the descriptor, which stays the server's to close, and the bytes that the client sent
 * after its request, if it has. Called once: with NULL and -1 where the connection ended, or the
 * server was destroyed, before it could be handed over. */
typedef void (*http_on_upgraded)(struct http_upgrade *upgrade, int descriptor, const void *early,
                                 size_t early_size, void *user);

/* Answers 101 with these headers and hands the connection over. The request is gone after it. */
void http_answer_upgrade(struct http_request *request, const struct http_header *headers,
                         size_t header_count, http_on_upgraded on_upgraded, void *user);

/* Closes the descriptor; all of a server's must be closed before http_destroy(). */
void http_upgrade_close(struct http_upgrade *upgrade);

/* ---- connections taken over -------------------------------------------------------------- */

/* A connection whose answer is written by somebody else, header and all, and ends with it. It still
 * counts among the server's. */
struct http_taken;

/* Hands over the descriptor, to be closed with http_taken_close(). Called once: with NULL and -1
 * where the connection ended, or the server was destroyed, before it could be handed over. */
typedef void (*http_on_taken)(struct http_taken *taken, int descriptor, void *user);

/* The request is gone after it; what `on_taken` needs of it is copied before. */
void http_answer_takeover(struct http_request *request, http_on_taken on_taken, void *user);

/* Closes the descriptor; all of a server's must be closed before http_destroy(). */
void http_taken_close(struct http_taken *taken);

/* ---- figures ----------------------------------------------------------------------------- */

struct http_stats {
    size_t open;              /* connections now, those handed or taken over too */
    uint64_t refused_full;    /* closed at once because there were too many in all */
    uint64_t refused_address; /* … from one address */
    uint64_t late_requests;   /* cut off because a header or a body did not come in time */
    uint64_t late_answers;    /* … because an answer was not taken in time */
};
void http_stats(const struct http_server *server, struct http_stats *out_stats);

#endif
