#ifndef HTTP_HTTP_MEMORY_H
#define HTTP_HTTP_MEMORY_H

/*
 * http_memory — http.h without sockets: requests come from the same process, in the loop's time.
 * Whoever links this library instead of `http` drives its handlers in a virtual loop, with every
 * byte decided by whoever asks.
 *
 * Threads:  the loop's.
 * Errors:   connections cannot be handed or taken over: whoever wants one is told that it has
 * ended.
 */

#include "http/http.h"

struct http_memory_request {
    const char *method;
    const char *path;  /* decoded, without a query */
    const char *query; /* decoded, "a=1&b=2"; NULL: none */
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    const char *body; /* NULL: none */
};

/* Called once. `answer` lives until it returns; NULL: the server was destroyed before. */
typedef void (*http_memory_on_answer)(const struct http_answer *answer, void *user);

/* Hands a request (copied) to the server's handler in the loop's next round. */
enum status http_memory_ask(struct http_server *server, const struct http_memory_request *request,
                            http_memory_on_answer on_answer, void *user) MUST_CHECK;

#endif
