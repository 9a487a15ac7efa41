/* The layer between libmicrohttpd and the loop. */
#include "http/http.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>

#include "base/buffer.h"

enum { CONNECTION_MEMORY = 16384, TIMER_MAX_MS = 1000 };

struct http_server {
    struct loop *loop;
    struct MHD_Daemon *daemon;
    http_handler handler;
    void *user;
    int epoll_fd;
    loop_timer timer;
    bool has_resumed; /* connections wait for the next MHD_run() */
    bool is_closing;
    struct http_request *first; /* all requests, so that closing can let them go */
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
    struct http_stream *stream;    /* where the answer is one */
    struct http_upgrade *upgrade;  /* likewise */
    unsigned code;
    bool is_dispatched;
    bool is_parked; /* suspended until it is answered */
    bool is_gone;   /* the connection ended before the answer */
    bool is_too_large;
};

struct http_stream {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct buffer waiting;
    size_t read; /* bytes of `waiting` that were sent */
    size_t backlog_max;
    http_on_closed on_closed;
    void *user;
    bool is_parked;
    bool is_ended;
};

struct http_upgrade {
    struct http_server *server;
    struct http_request *request;
    struct MHD_UpgradeResponseHandle *handle; /* NULL: not handed over yet */
    http_on_upgraded on_upgraded;
    void *user;
};

static void upgrade_destroy(struct http_upgrade *upgrade);

/* ---- requests ---------------------------------------------------------------------------- */

static struct http_request *request_create(struct http_server *server,
                                           struct MHD_Connection *connection, const char *method,
                                           const char *path)
{
    struct http_request *request = calloc(1, sizeof *request);
    if (request == NULL)
        return NULL;
    request->server = server;
    request->connection = connection;
    arena_init(&request->arena, HTTP_REQUEST_BYTES_MAX);
    request->body.limit = HTTP_BODY_MAX;
    request->method = arena_copy(&request->arena, method, strlen(method));
    request->path = arena_copy(&request->arena, path, strlen(path));
    request->next = server->first;
    if (server->first != NULL)
        server->first->previous = request;
    server->first = request;
    return request;
}

static void request_destroy(struct http_request *request)
{
    if (request->previous != NULL)
        request->previous->next = request->next;
    else
        request->server->first = request->next;
    if (request->next != NULL)
        request->next->previous = request->previous;
    if (request->response != NULL)
        MHD_destroy_response(request->response);
    upgrade_destroy(request->upgrade);
    buffer_deinit(&request->body);
    arena_deinit(&request->arena);
    free(request);
}

const char *http_method(const struct http_request *request)
{
    return request->method;
}

const char *http_path(const struct http_request *request)
{
    return request->path;
}

const char *http_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_query(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

struct query_walk {
    http_on_parameter on_parameter;
    void *user;
};

static enum MHD_Result on_query(void *user, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    const struct query_walk *walk = user;
    (void)kind; /* only GET arguments are asked for */
    return walk->on_parameter(name, value != NULL ? value : "", walk->user) ? MHD_YES : MHD_NO;
}

void http_each_query(const struct http_request *request, http_on_parameter on_parameter, void *user)
{
    struct query_walk walk = {on_parameter, user};
    (void)MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, on_query,
                                    &walk); /* the count is of no use */
}

const char *http_body(const struct http_request *request, size_t *out_size)
{
    *out_size = request->body.size;
    return buffer_text(&request->body);
}

struct arena *http_arena(struct http_request *request)
{
    return &request->arena;
}

void http_set_context(struct http_request *request, void *context)
{
    request->context = context;
}

void *http_context(const struct http_request *request)
{
    return request->context;
}

/* ---- answering --------------------------------------------------------------------------- */

static void run_later(struct http_server *server);

static void wake(struct http_server *server, struct MHD_Connection *connection)
{
    MHD_resume_connection(connection);
    server->has_resumed = true;
    run_later(server);
}

/* Hands a finished response over: at once where the handler is still on the stack, otherwise by
 * waking the connection. */
static void deliver(struct http_request *request, struct MHD_Response *response, unsigned code)
{
    assert(request->response == NULL);
    request->response = response;
    request->code = code;
    if (request->is_gone) {
        request_destroy(request);
    } else if (request->is_parked) {
        request->is_parked = false;
        wake(request->server, request->connection);
    }
}

static void add_headers(struct MHD_Response *response, const char *content_type,
                        const struct http_header *headers, size_t count)
{
    if (content_type != NULL)
        (void)MHD_add_response_header(response, "Content-Type", content_type);
    for (size_t i = 0; i < count; i++)
        (void)MHD_add_response_header(response, headers[i].name, headers[i].value);
    /* A header that cannot be added is left out: there is nothing better to do without memory. */
}

void http_answer(struct http_request *request, const struct http_answer *answer)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->body_size, (void *)(uintptr_t)answer->body, MHD_RESPMEM_MUST_COPY);
    if (response != NULL)
        add_headers(response, answer->content_type, answer->headers, answer->header_count);
    deliver(request, response, answer->code);
}

/* ---- streams ----------------------------------------------------------------------------- */

static ssize_t read_stream(void *user, uint64_t position, char *out, size_t size)
{
    struct http_stream *stream = user;
    (void)position; /* bytes are read once, in order */
    size_t left = stream->waiting.size - stream->read;
    if (left == 0 && stream->is_ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (left == 0) {
        stream->is_parked = true;
        MHD_suspend_connection(stream->connection);
        return 0;
    }
    size_t count = left < size ? left : size;
    memcpy(out, stream->waiting.data + stream->read, count);
    stream->read += count;
    if (stream->read == stream->waiting.size) {
        buffer_deinit(&stream->waiting); /* ten thousand idle streams keep no memory */
        stream->read = 0;
    }
    return (ssize_t)count;
}

static void free_stream(void *user)
{
    struct http_stream *stream = user;
    if (stream->on_closed != NULL)
        stream->on_closed(stream, stream->user);
    buffer_deinit(&stream->waiting);
    free(stream);
}

struct http_stream *http_answer_stream(struct http_request *request, const char *content_type,
                                       const struct http_header *headers, size_t header_count,
                                       size_t backlog_max, http_on_closed on_closed, void *user)
{
    struct http_stream *stream = calloc(1, sizeof *stream);
    struct MHD_Response *response = NULL;
    if (stream != NULL)
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, stream,
                                                     free_stream);
    if (response == NULL) {
        free(stream);
        http_answer(request, &(struct http_answer){.code = MHD_HTTP_SERVICE_UNAVAILABLE});
        return NULL;
    }
    *stream = (struct http_stream){.server = request->server,
                                   .connection = request->connection,
                                   .backlog_max = backlog_max,
                                   .on_closed = on_closed,
                                   .user = user};
    add_headers(response, content_type, headers, header_count);
    request->stream = stream;
    deliver(request, response, MHD_HTTP_OK);
    return stream;
}

static void unpark(struct http_stream *stream)
{
    if (!stream->is_parked)
        return;
    stream->is_parked = false;
    wake(stream->server, stream->connection);
}

/* A reader that is always a little behind never empties the buffer: what was sent is dropped once
 * it is half of it, so that the memory stays within twice the backlog. */
static void drop_sent(struct http_stream *stream)
{
    size_t left = stream->waiting.size - stream->read;
    if (stream->read < left || stream->read == 0)
        return;
    memmove(stream->waiting.data, stream->waiting.data + stream->read, left);
    stream->waiting.size = left;
    stream->read = 0;
}

bool http_stream_write(struct http_stream *stream, const void *bytes, size_t size)
{
    if (stream->is_ended)
        return false;
    if (stream->waiting.size - stream->read + size > stream->backlog_max) {
        http_stream_end(stream);
        return false;
    }
    drop_sent(stream);
    buffer_append(&stream->waiting, bytes, size);
    if (stream->waiting.failed) {
        http_stream_end(stream);
        return false;
    }
    unpark(stream);
    return true;
}

size_t http_stream_backlog(const struct http_stream *stream)
{
    return stream->waiting.size - stream->read;
}

void http_stream_end(struct http_stream *stream)
{
    stream->is_ended = true;
    unpark(stream);
}

/* ---- connections handed over ------------------------------------------------------------- */

static void upgrade_destroy(struct http_upgrade *upgrade)
{
    if (upgrade == NULL)
        return;
    if (upgrade->handle == NULL)
        upgrade->on_upgraded(NULL, -1, NULL, 0, upgrade->user);
    free(upgrade);
}

/* What the request needed is given back now: the connection may live for days. */
static void on_upgrade(void *user, struct MHD_Connection *connection, void *state,
                       const char *early, size_t early_size, MHD_socket descriptor,
                       struct MHD_UpgradeResponseHandle *handle)
{
    struct http_upgrade *upgrade = user;
    (void)connection;
    (void)state; /* the request, which the upgrade knows */
    upgrade->handle = handle;
    if (upgrade->server->is_closing) {
        http_upgrade_close(upgrade);
        upgrade->handle = NULL; /* so that its user hears of it when the request goes */
        return;
    }
    arena_deinit(&upgrade->request->arena);
    buffer_deinit(&upgrade->request->body);
    upgrade->on_upgraded(upgrade, descriptor, early, early_size, upgrade->user);
}

void http_answer_upgrade(struct http_request *request, const struct http_header *headers,
                         size_t header_count, http_on_upgraded on_upgraded, void *user)
{
    struct http_upgrade *upgrade = calloc(1, sizeof *upgrade);
    struct MHD_Response *response = NULL;
    if (upgrade != NULL)
        response = MHD_create_response_for_upgrade(on_upgrade, upgrade);
    if (response == NULL) {
        free(upgrade);
        on_upgraded(NULL, -1, NULL, 0, user);
        http_answer(request, &(struct http_answer){.code = MHD_HTTP_SERVICE_UNAVAILABLE});
        return;
    }
    *upgrade = (struct http_upgrade){
        .server = request->server, .request = request, .on_upgraded = on_upgraded, .user = user};
    add_headers(response, NULL, headers, header_count);
    request->upgrade = upgrade;
    deliver(request, response, MHD_HTTP_SWITCHING_PROTOCOLS);
}

void http_upgrade_close(struct http_upgrade *upgrade)
{
    struct http_server *server = upgrade->server;
    (void)MHD_upgrade_action(upgrade->handle,
                             MHD_UPGRADE_ACTION_CLOSE); /* cannot fail: it is open */
    server->has_resumed = true;
    run_later(server);
}

/* ---- libmicrohttpd's callbacks ----------------------------------------------------------- */

static enum MHD_Result queue_answer(struct http_request *request)
{
    if (request->response == NULL)
        return MHD_NO; /* no memory for an answer: close */
    return MHD_queue_response(request->connection, request->code, request->response);
}

static void answer_too_large(struct http_request *request)
{
    static const char body[] = "{\"type\":\"https://arbiter.dev/problems/too-large\","
                               "\"title\":\"The body is too large\",\"status\":413,"
                               "\"detail\":\"a body has a megabyte at most\"}";
    http_answer(request, &(struct http_answer){.code = MHD_HTTP_CONTENT_TOO_LARGE,
                                               .content_type = "application/problem+json",
                                               .body = body,
                                               .body_size = sizeof body - 1});
}

static enum MHD_Result dispatch(struct http_request *request)
{
    request->is_dispatched = true;
    if (request->is_too_large)
        answer_too_large(request);
    else
        request->server->handler(request, request->server->user);
    if (request->response != NULL)
        return queue_answer(request);
    request->is_parked = true;
    MHD_suspend_connection(request->connection);
    return MHD_YES;
}

static enum MHD_Result on_access(void *user, struct MHD_Connection *connection, const char *path,
                                 const char *method, const char *version, const char *data,
                                 size_t *data_size, void **state)
{
    struct http_server *server = user;
    struct http_request *request = *state;
    (void)version; /* 1.0 and 1.1 are answered alike */
    if (request == NULL) {
        *state = request_create(server, connection, method, path);
        return *state != NULL ? MHD_YES : MHD_NO;
    }
    if (*data_size > 0) {
        buffer_append(&request->body, data, *data_size);
        request->is_too_large = request->body.failed;
        *data_size = 0;
        return MHD_YES;
    }
    return request->is_dispatched ? queue_answer(request) : dispatch(request);
}

static void on_completed(void *user, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    struct http_request *request = *state;
    (void)user;
    (void)connection;
    (void)code;
    if (request == NULL)
        return;
    *state = NULL;
    if (request->is_dispatched && request->response == NULL)
        request->is_gone = true; /* its handler still holds it: deliver() frees it */
    else
        request_destroy(request);
}

/* ---- turning with the loop --------------------------------------------------------------- */

static void run(struct http_server *server);

static void on_timer(void *user)
{
    struct http_server *server = user;
    server->timer = 0;
    run(server);
}

static void set_timer(struct http_server *server, int64_t delay_ms)
{
    loop_cancel(server->loop, server->timer);
    server->timer = 0;
    if (loop_after(server->loop, delay_ms, on_timer, server, &server->timer) != STATUS_OK)
        server->timer = 0; /* the next connection's traffic will run it */
}

static void run_later(struct http_server *server)
{
    if (!server->is_closing)
        set_timer(server, 0);
}

static void run(struct http_server *server)
{
    server->has_resumed = false;
    (void)MHD_run(server->daemon); /* fails only for daemons with threads of their own */
    MHD_UNSIGNED_LONG_LONG timeout_ms = 0;
    if (server->has_resumed)
        set_timer(server, 0);
    else if (MHD_get_timeout(server->daemon, &timeout_ms) == MHD_YES)
        set_timer(server, timeout_ms < TIMER_MAX_MS ? (int64_t)timeout_ms : TIMER_MAX_MS);
}

static void on_ready(int descriptor, unsigned events, void *user)
{
    (void)descriptor;
    (void)events;
    run(user);
}

/* ---- life -------------------------------------------------------------------------------- */

static bool fill_address(const struct http_options *options, struct sockaddr_in *out)
{
    *out = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(options->port)};
    if (options->address == NULL) {
        out->sin_addr.s_addr = htonl(INADDR_ANY);
        return true;
    }
    return inet_pton(AF_INET, options->address, &out->sin_addr) == 1;
}

static struct MHD_Daemon *start_daemon(struct http_server *server,
                                       const struct sockaddr_in *address)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE, 0, NULL, NULL, on_access,
        server, MHD_OPTION_SOCK_ADDR, (const struct sockaddr *)address, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, server, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_SECONDS,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
}

struct http_server *http_create(struct loop *loop, const struct http_options *options,
                                struct fault *out_fault)
{
    struct sockaddr_in address;
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return NULL;
    server->loop = loop;
    server->handler = options->handler;
    server->user = options->user;
    if (!fill_address(options, &address)) {
        (void)fault_set(out_fault, 0, 0, "'%s' is no IPv4 address", options->address);
        free(server);
        return NULL;
    }
    server->daemon = start_daemon(server, &address);
    if (server->daemon == NULL) {
        (void)fault_set(out_fault, 0, 0, "cannot listen on port %u; is it taken?", options->port);
        free(server);
        return NULL;
    }
    server->epoll_fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    if (loop_watch(loop, server->epoll_fd, LOOP_READABLE, on_ready, server) != STATUS_OK) {
        http_destroy(server);
        return NULL;
    }
    run_later(server);
    return server;
}

void http_destroy(struct http_server *server)
{
    if (server == NULL)
        return;
    server->is_closing = true;
    loop_cancel(server->loop, server->timer);
    loop_unwatch(server->loop, server->epoll_fd);
    for (struct http_request *request = server->first; request != NULL; request = request->next)
        if (request->is_parked || (request->stream != NULL && request->stream->is_parked))
            MHD_resume_connection(request->connection); /* a suspended one cannot be closed */
    MHD_stop_daemon(server->daemon);
    while (server->first != NULL)
        request_destroy(server->first);
    free(server);
}

uint16_t http_port(const struct http_server *server)
{
    return MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}
