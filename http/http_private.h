#ifndef HTTP_HTTP_PRIVATE_H
#define HTTP_HTTP_PRIVATE_H

/*
 * http_private — what http.c (requests and the loop) and hand_over.c (connections that outlive
 * their request) share.
 */

#include "http/head.h"
#include "http/http.h"

#include "base/buffer.h"
#include "http/visitors.h"

#include <microhttpd.h>

struct http_server {
    struct loop *loop;
    struct MHD_Daemon *daemon;
    http_handler handler;
    http_handler on_abandoned;
    void *user;
    int epoll_fd;
    loop_timer timer;
    bool has_resumed; /* connections wait for the next MHD_run() */
    bool is_closing;
    struct http_request *first; /* all requests, so that closing can let them go */
    struct visitors *visitors;
    loop_timer round; /* looks for the late */
    struct http_stats stats;
    uint64_t logged; /* refusals and timeouts that the log knows of */
};

struct http_request {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct http_request *previous;
    struct http_request *next;
    struct arena arena;
    struct buffer body;
    const char *method;
    const char *path;
    void *context;
    struct MHD_Response *response; /* once it is answered */
    struct http_upgrade *upgrade;  /* where that is the answer */
    struct http_taken *taken;      /* likewise */
    unsigned code;
    bool is_dispatched;
    bool is_parked; /* suspended until it is answered */
    bool is_gone;   /* the connection ended before the answer */
    enum head_fault head_fault;
    bool was_taken; /* the connection goes on without it */
};

/* A connection whose descriptor has been taken from libmicrohttpd. */
struct http_taken {
    struct http_server *server;
    struct visitor *visitor; /* NULL: not taken yet */
    http_on_taken on_taken;
    void *user;
    int descriptor;
};

struct http_upgrade {
    struct http_server *server;
    struct http_request *request;
    struct MHD_UpgradeResponseHandle *handle; /* NULL: not handed over yet */
    http_on_upgraded on_upgraded;
    void *user;
};

int64_t http_now_ms(void);

/* Who is behind a connection; NULL where that is not known. */
struct visitor *http_visitor_of(struct MHD_Connection *connection);
/* From now on the connection has as long as such a visit may take. */
void http_expect(struct http_server *server, struct MHD_Connection *connection, enum visit visit);

void http_request_destroy(struct http_request *request);

/* Hands a finished response over: at once where the handler is still on the stack, otherwise by
 * waking the connection. */
void http_deliver(struct http_request *request, struct MHD_Response *response, unsigned code);
void http_add_headers(struct MHD_Response *response, const char *content_type,
                      const struct http_header *headers, size_t count);

/* Resumes a connection. */
void http_wake(struct http_server *server, struct MHD_Connection *connection);
/* Has libmicrohttpd run in the loop's next round. */
void http_run_later(struct http_server *server);

/* ---- hand_over.c ------------------------------------------------------------------------- */

/* Carries out http_answer_takeover(), as far as it can. */
void http_take_over(struct http_request *request);
/* Of requests that go before the connection was handed over. NULL is allowed. */
void http_upgrade_destroy(struct http_upgrade *upgrade);
void http_taken_destroy(struct http_taken *taken);

#endif
