/* A server whose connections are calls. */
#include "http/http_memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <utlist.h>

struct http_server {
    struct loop *loop;
    struct http_options options;
    struct http_request *first;
};

struct http_request {
    struct http_request *prev; /* utlist's names */
    struct http_request *next;
    struct http_server *server;
    struct arena arena;
    struct http_memory_request said;
    loop_timer timer; /* until the handler has it */
    void *context;
    http_memory_on_answer on_answer;
    void *user;
};

static void request_free(struct http_request *request)
{
    DL_DELETE(request->server->first, request);
    loop_cancel(request->server->loop, request->timer);
    arena_deinit(&request->arena);
    free(request);
}

/* ---- the server -------------------------------------------------------------------------- */

struct http_server *http_create(struct loop *loop, const struct http_options *options,
                                struct fault *out_fault)
{
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        (void)fault_set(out_fault, 0, 0, "out of memory");
        return NULL;
    }
    *server = (struct http_server){.loop = loop, .options = *options};
    return server;
}

void http_destroy(struct http_server *server)
{
    if (server == NULL)
        return;
    while (server->first != NULL) {
        if (server->first->timer == 0 && server->options.on_abandoned != NULL)
            server->options.on_abandoned(server->first, server->options.user);
        server->first->on_answer(NULL, server->first->user);
        request_free(server->first);
    }
    free(server);
}

uint16_t http_port(const struct http_server *server)
{
    return server->options.port;
}

void http_stats(const struct http_server *server, struct http_stats *out_stats)
{
    const struct http_request *request;
    *out_stats = (struct http_stats){0};
    DL_FOREACH(server->first, request)
    out_stats->open++;
}

/* ---- asking ------------------------------------------------------------------------------ */

static void hand_over(void *user)
{
    struct http_request *request = user;
    request->timer = 0;
    request->server->options.handler(request, request->server->options.user);
}

static const char *keep(struct http_request *request, const char *text)
{
    return text != NULL ? arena_copy(&request->arena, text, strlen(text)) : NULL;
}

enum status http_memory_ask(struct http_server *server, const struct http_memory_request *said,
                            http_memory_on_answer on_answer, void *user)
{
    struct http_request *request = calloc(1, sizeof *request);
    if (request == NULL)
        return STATUS_FULL;
    *request = (struct http_request){.server = server, .on_answer = on_answer, .user = user};
    DL_APPEND(server->first, request);
    arena_init(&request->arena, HTTP_REQUEST_BYTES_MAX);
    request->said = *said;
    request->said.method = keep(request, said->method);
    request->said.path = keep(request, said->path);
    request->said.query = keep(request, said->query);
    request->said.body = keep(request, said->body != NULL ? said->body : "");
    for (size_t i = 0; i < said->header_count; i++) {
        request->said.headers[i].name = keep(request, said->headers[i].name);
        request->said.headers[i].value = keep(request, said->headers[i].value);
    }
    enum status status = arena_full(&request->arena) ? STATUS_FULL : STATUS_OK;
    if (status == STATUS_OK)
        status = loop_after(server->loop, 0, hand_over, request, &request->timer);
    if (status != STATUS_OK)
        request_free(request);
    return status;
}

/* ---- the request ------------------------------------------------------------------------- */

const char *http_method(const struct http_request *request)
{
    return request->said.method;
}

const char *http_path(const struct http_request *request)
{
    return request->said.path;
}

const char *http_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->said.header_count; i++)
        if (strcasecmp(request->said.headers[i].name, name) == 0)
            return request->said.headers[i].value;
    return NULL;
}

/* Calls back with each "name=value"; both live as long as the request. */
void http_each_query(const struct http_request *request, http_on_parameter on_parameter, void *user)
{
    struct arena *arena = &((struct http_request *)request)->arena; /* ours, and not const */
    const char *at = request->said.query != NULL ? request->said.query : "";
    while (*at != '\0') {
        size_t size = strcspn(at, "&");
        size_t name_size = strcspn(at, "=&");
        size_t value_at = name_size < size ? name_size + 1 : size;
        const char *name = arena_copy(arena, at, name_size);
        const char *value = arena_copy(arena, at + value_at, size - value_at);
        if (name == NULL || value == NULL || !on_parameter(name, value, user))
            return;
        at += size + (at[size] == '&');
    }
}

struct wanted {
    const char *name;
    const char *value;
};

static bool is_wanted(const char *name, const char *value, void *user)
{
    struct wanted *wanted = user;
    if (strcmp(name, wanted->name) != 0)
        return true;
    wanted->value = value;
    return false;
}

const char *http_query(const struct http_request *request, const char *name)
{
    struct wanted wanted = {name, NULL};
    http_each_query(request, is_wanted, &wanted);
    return wanted.value;
}

const char *http_body(const struct http_request *request, size_t *out_size)
{
    *out_size = strlen(request->said.body);
    return request->said.body;
}

const char *http_peer(struct http_request *request)
{
    (void)request;
    return "127.0.0.1";
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

/* ---- the answer -------------------------------------------------------------------------- */

void http_answer(struct http_request *request, const struct http_answer *answer)
{
    request->on_answer(answer, request->user);
    request_free(request);
}

void http_answer_upgrade(struct http_request *request, const struct http_header *headers,
                         size_t header_count, http_on_upgraded on_upgraded, void *user)
{
    (void)headers, (void)header_count; /* nobody reads them */
    on_upgraded(NULL, -1, NULL, 0, user);
    request_free(request);
}

void http_upgrade_close(struct http_upgrade *upgrade)
{
    (void)upgrade; /* none is ever handed over */
}

void http_answer_takeover(struct http_request *request, http_on_taken on_taken, void *user)
{
    on_taken(NULL, -1, user);
    request_free(request);
}

void http_taken_close(struct http_taken *taken)
{
    (void)taken; /* none is ever taken over */
}
