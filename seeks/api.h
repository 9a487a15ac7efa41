#ifndef SEEKS_API_H
#define SEEKS_API_H

/*
 * api — the REST API: routes, authorisation, problems; what each route does is in *_routes.c.
 *
 * In:       HTTP requests with bearer tokens; JSON bodies.
 * Out:      NATS requests to store, orchestrator and gamesvc; JSON answers, RFC 9457 problems,
 *           server-sent events.
 * Owns:     nothing that lasts: the edge can be killed at any instruction.
 * Threads:  the loop's.
 * Errors:   every failure is a problem document with a stable `type`; 503 carries Retry-After.
 *
 * docs/openapi.yaml describes all of it; a test holds the two together.
 */

#include "base/attr.h"
#include "base/fault.h"
#include "bus/bus.h"
#include "http/http.h"
#include "seeks/kept.h"
#include "seeks/key_ring.h"
#include "seeks/token.h"

#include <stdint.h>

struct api;
struct http_server;
struct seeking_shelf;

struct api_options {
    struct bus *bus;
    const struct token_keys *keys;
    struct key_ring *ring; /* reads the keys again for a token of an unknown one; NULL: not */
    const char *address;   /* NULL: every address */
    uint16_t port;         /* 0: any free one */
    const struct seeking_shelf *shelf; /* policies of seeks; NULL: read from the folder */
    const char *policies_folder;       /* ready-made formats and ratings are found by name in it */
    int socket_rate;                   /* messages a second on one socket; 0: SOCKET_RATE_DEFAULT */
    int socket_ping_s;              /* silence after which it is pinged; 0: SOCKET_PING_S_DEFAULT */
    const char *cors_origins;       /* "https://a.example,https://b.example" or "*"; NULL: none */
    const char *limits;             /* name of a policy under policies/limits; NULL, "": none */
    unsigned proxies;               /* before us, each of which adds to X-Forwarded-For */
    size_t connections_max;         /* in all; 0: HTTP_CONNECTIONS_DEFAULT */
    size_t address_connections_max; /* from one address; 0: as many as in all */
    unsigned header_seconds;        /* for a request's header; 0: HTTP_HEADER_SECONDS */
    unsigned body_seconds;          /* for the rest of it; 0: HTTP_BODY_SECONDS */
    unsigned look_seconds; /* that a look at a seek counts for accepting it; 0: none does */
};

/* Serves; the options' pointers must outlive the API. NULL with a fault where it cannot. */
struct api *api_create(const struct api_options *options, struct fault *out_fault);
void api_destroy(struct api *api);

/* Whether requests and event streams can be served now: for /readyz. */
bool api_is_ready(const struct api *api);

uint16_t api_port(const struct api *api);

/* Its HTTP server: for whoever links http_memory in place of sockets. */
struct http_server *api_http(const struct api *api);

struct api_stats {
    uint64_t requests;
    uint64_t problems;
    uint64_t limited;          /* … because of too many requests */
    uint64_t limits_forgotten; /* clients that the table of limits had no room for */
    uint64_t streams;          /* open now */
    uint64_t stream_frames;    /* written to them, so far */
    uint64_t streams_dropped;  /* by us: slow, hostile */
    uint64_t streams_slow;
    uint64_t sockets; /* open now */
    uint64_t socket_messages;
    uint64_t sockets_dropped; /* by us: slow, silent, hostile */
    struct http_stats http;
    struct kept_stats looks;
    uint64_t waits_told; /* estimates told to seeks that then became games */
    uint64_t waits_held; /* those of them whose wait ended within the interval */
};
void api_stats(const struct api *api, struct api_stats *out_stats);

/* Walks the routes for documentation and tests: index from 0, false past the last. */
bool api_route(size_t index, const char **out_method, const char **out_pattern);

#endif
