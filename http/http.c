/* The layer between libmicrohttpd and the loop. */
#include "http/http_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/* A connection's memory is twice what its headers may have: ours is the first to say no, where
 * libmicrohttpd would do it with a page of HTML. It is held as long as the connection, so that it
 * is most of what an idle socket costs. */
enum { CONNECTION_MEMORY = 32768, TIMER_MAX_MS = 1000, ROUND_MS = 1000, FILES_SPARE = 256 };

int64_t http_now_ms(void)
{
    return clock_monotonic_us() / 1000;
}

/* ---- who is connected -------------------------------------------------------------------- */

/* Returns NULL for a connection there was no memory to count. */
struct visitor *http_visitor_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void http_expect(struct http_server *server, struct MHD_Connection *connection, enum visit visit)
{
    struct visitor *visitor = http_visitor_of(connection);
    if (visitor != NULL && !visitor->is_taken)
        visitors_move(server->visitors, visitor, visit, http_now_ms());
}

static uint32_t address_of(const struct sockaddr *address)
{
    return address->sa_family == AF_INET
               ? ((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr
               : 0;
}

/* Asked for every connection before anything is spent on it. */
static enum MHD_Result on_knock(void *user, const struct sockaddr *address, socklen_t size)
{
    struct http_server *server = user;
    (void)size; /* of an IPv4 address */
    switch (visitors_room(server->visitors, address_of(address))) {
    case VISITORS_ROOM:
        return MHD_YES;
    case VISITORS_FULL:
        server->stats.refused_full++;
        return MHD_NO;
    case VISITORS_ADDRESS_FULL:
        server->stats.refused_address++;
        return MHD_NO;
    }
    return MHD_NO;
}

static void on_visit(void *user, struct MHD_Connection *connection, void **context,
                     enum MHD_ConnectionNotificationCode what)
{
    struct http_server *server = user;
    struct visitor *visitor = *context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        int descriptor =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        const struct sockaddr *address =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
        *context = visitors_add(server->visitors, descriptor, address_of(address), http_now_ms());
        if (*context == NULL)
            (void)shutdown(descriptor, SHUT_RDWR); /* without memory: nobody comes in */
    } else if (visitor != NULL && !visitor->is_taken) {
        visitors_remove(server->visitors, visitor);
    }
}

static void say_late(const struct visitor *visitor)
{
    static const char body[] = "{\"type\":\"https://arbiter.dev/problems/too-slow\","
                               "\"title\":\"The request came too slowly\",\"status\":408,"
                               "\"detail\":\"send a request without pauses; try again\"}";
    char answer[512];
    int size = snprintf(answer, sizeof answer,
                        "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
                        "Content-Type: application/problem+json\r\nContent-Length: %zu\r\n\r\n%s",
                        sizeof body - 1, body);
    (void)send(visitor->descriptor, answer, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);
    /* Who does not listen either misses nothing. */
}

/* Who is late is told so where that can be read, and cut off: libmicrohttpd sees an end and cleans
 * up. */
static void turn_out(struct http_server *server, const struct visitor *visitor)
{
    if (visitor->visit == VISIT_HEADER || visitor->visit == VISIT_BODY) {
        say_late(visitor);
        server->stats.late_requests++;
    } else if (visitor->visit == VISIT_ANSWER) {
        server->stats.late_answers++;
    }
    (void)shutdown(visitor->descriptor, SHUT_RDWR); /* fails where it has ended already */
}

static void log_hostile(struct http_server *server)
{
    const struct http_stats *stats = &server->stats;
    uint64_t sum =
        stats->refused_full + stats->refused_address + stats->late_requests + stats->late_answers;
    if (sum == server->logged)
        return;
    server->logged = sum;
    log_event(
        LOG_WARN, "connections_turned_away",
        "open=%zu refused_full=%llu refused_address=%llu late_requests=%llu late_answers=%llu "
        "next=\"others are served\"",
        visitors_count(server->visitors), (unsigned long long)stats->refused_full,
        (unsigned long long)stats->refused_address, (unsigned long long)stats->late_requests,
        (unsigned long long)stats->late_answers);
}

static void on_round(void *user)
{
    struct http_server *server = user;
    struct visitor *late;
    int64_t now = http_now_ms();
    while ((late = visitors_take_late(server->visitors, now)) != NULL)
        turn_out(server, late);
    log_hostile(server);
    if (loop_after(server->loop, ROUND_MS, on_round, server, &server->round) != STATUS_OK)
        server->round = 0; /* a full loop: the idle time of libmicrohttpd still holds */
}

void http_stats(const struct http_server *server, struct http_stats *out_stats)
{
    *out_stats = server->stats;
    out_stats->open = visitors_count(server->visitors);
}

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

void http_request_destroy(struct http_request *request)
{
    if (request->previous != NULL)
        request->previous->next = request->next;
    else
        request->server->first = request->next;
    if (request->next != NULL)
        request->next->previous = request->previous;
    if (request->response != NULL)
        MHD_destroy_response(request->response);
    http_upgrade_destroy(request->upgrade);
    http_taken_destroy(request->taken);
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

const char *http_peer(struct http_request *request)
{
    const struct sockaddr *address =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
            ->client_addr;
    char text[INET_ADDRSTRLEN] = "";
    uint32_t number = address_of(address);
    if (inet_ntop(AF_INET, &number, text, sizeof text) == NULL)
        return "";
    const char *copy = arena_copy(&request->arena, text, strlen(text));
    return copy != NULL ? copy : "";
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

void http_wake(struct http_server *server, struct MHD_Connection *connection)
{
    MHD_resume_connection(connection);
    server->has_resumed = true;
    http_run_later(server);
}

void http_deliver(struct http_request *request, struct MHD_Response *response, unsigned code)
{
    assert(request->response == NULL);
    request->response = response;
    request->code = code;
    if (request->is_gone) {
        http_request_destroy(request);
    } else if (request->is_parked) {
        request->is_parked = false;
        http_wake(request->server, request->connection);
    }
}

void http_add_headers(struct MHD_Response *response, const char *content_type,
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
        http_add_headers(response, answer->content_type, answer->headers, answer->header_count);
    http_deliver(request, response, answer->code);
}

/* ---- libmicrohttpd's callbacks ----------------------------------------------------------- */

static enum MHD_Result queue_answer(struct http_request *request)
{
    if (request->taken != NULL)
        http_take_over(request);
    if (request->response == NULL)
        return MHD_NO; /* taken over, or no memory for an answer: close */
    http_expect(request->server, request->connection, VISIT_ANSWER);
    return MHD_queue_response(request->connection, request->code, request->response);
}

static void refuse(struct http_request *request)
{
    struct http_answer answer;
    head_refusal(request->head_fault, &answer);
    http_answer(request, &answer);
}

static enum MHD_Result dispatch(struct http_request *request)
{
    request->is_dispatched = true;
    http_expect(request->server, request->connection, VISIT_WORK);
    if (request->head_fault != HEAD_GOOD)
        refuse(request);
    else
        request->server->handler(request, request->server->user);
    if (request->response != NULL || request->taken != NULL)
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
        http_expect(server, connection, VISIT_BODY);
        *state = request = request_create(server, connection, method, path);
        if (request != NULL)
            request->head_fault = head_judge(connection, method, path);
        return request != NULL ? MHD_YES : MHD_NO;
    }
    if (*data_size > 0) {
        buffer_append(&request->body, data, *data_size);
        if (request->body.failed && request->head_fault == HEAD_GOOD)
            request->head_fault = HEAD_LARGE_BODY;
        *data_size = 0;
        return MHD_YES;
    }
    return request->is_dispatched ? queue_answer(request) : dispatch(request);
}

static void on_completed(void *user, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    struct http_request *request = *state;
    (void)code;
    http_expect(user, connection, VISIT_IDLE);
    if (request == NULL)
        return;
    *state = NULL;
    if (request->is_dispatched && request->response == NULL && request->taken == NULL &&
        !request->was_taken)
        request->is_gone = true; /* its handler still holds it: http_deliver() frees it */
    else
        http_request_destroy(request);
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

void http_run_later(struct http_server *server)
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

static size_t number_or(size_t number, size_t otherwise)
{
    return number != 0 ? number : otherwise;
}

/* A connection is a file, and some are kept for everything else. */
static size_t connections_max(const struct http_options *options)
{
    struct rlimit files;
    size_t wanted = number_or(options->connections_max, HTTP_CONNECTIONS_DEFAULT);
    size_t most = HTTP_CONNECTIONS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < most + FILES_SPARE)
        most = files.rlim_cur > 2 * FILES_SPARE ? files.rlim_cur - FILES_SPARE : FILES_SPARE;
    if (wanted > most)
        log_event(LOG_WARN, "connections_limited", "wanted=%zu most=%zu why=\"%s\"", wanted, most,
                  most < HTTP_CONNECTIONS_MAX ? "the limit of open files (ulimit -n)" : "a port");
    return wanted < most ? wanted : most;
}

static struct visitors *create_visitors(const struct http_options *options)
{
    int64_t header_ms = 1000 * (int64_t)number_or(options->header_seconds, HTTP_HEADER_SECONDS);
    int64_t body_ms = 1000 * (int64_t)number_or(options->body_seconds, HTTP_BODY_SECONDS);
    return visitors_create(&(struct visitors_limits){
        .all = connections_max(options),
        .address = options->address_connections_max,
        .patience_ms = {[VISIT_HEADER] = header_ms,
                        [VISIT_IDLE] = HTTP_IDLE_SECONDS * 1000 + header_ms,
                        [VISIT_BODY] = body_ms,
                        [VISIT_ANSWER] = HTTP_ANSWER_SECONDS * 1000}});
}

static struct MHD_Daemon *start_daemon(struct http_server *server,
                                       const struct sockaddr_in *address)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE, 0, on_knock,
        server, on_access, server, MHD_OPTION_SOCK_ADDR, (const struct sockaddr *)address,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION, on_visit,
        server, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_SECONDS,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)(HTTP_CONNECTIONS_MAX + FILES_SPARE),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
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
    server->on_abandoned = options->on_abandoned;
    server->user = options->user;
    if (!fill_address(options, &address)) {
        (void)fault_set(out_fault, 0, 0, "'%s' is no IPv4 address", options->address);
        free(server);
        return NULL;
    }
    server->visitors = create_visitors(options);
    if (server->visitors != NULL)
        server->daemon = start_daemon(server, &address);
    if (server->daemon == NULL) {
        (void)fault_set(out_fault, 0, 0, "cannot listen on port %u; is it taken?", options->port);
        visitors_destroy(server->visitors);
        free(server);
        return NULL;
    }
    server->epoll_fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    if (loop_watch(loop, server->epoll_fd, LOOP_READABLE, on_ready, server) != STATUS_OK) {
        http_destroy(server);
        return NULL;
    }
    http_run_later(server);
    on_round(server);
    return server;
}

void http_destroy(struct http_server *server)
{
    if (server == NULL)
        return;
    server->is_closing = true;
    loop_cancel(server->loop, server->timer);
    loop_cancel(server->loop, server->round);
    loop_unwatch(server->loop, server->epoll_fd);
    for (struct http_request *request = server->first; request != NULL; request = request->next)
        if (request->is_parked)
            MHD_resume_connection(request->connection); /* a suspended one cannot be closed */
    MHD_stop_daemon(server->daemon);
    while (server->first != NULL) {
        if (server->first->is_parked && server->on_abandoned != NULL)
            server->on_abandoned(server->first, server->user);
        http_request_destroy(server->first);
    }
    visitors_destroy(server->visitors);
    free(server);
}

uint16_t http_port(const struct http_server *server)
{
    return MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}
