/* Connections that outlive their request: WebSockets, which libmicrohttpd goes on holding, and
 * those whose descriptor is taken from it. */
#include "http/http_private.h"

#include <stdlib.h>

#include <fcntl.h>
#include <unistd.h>

/* ---- connections handed over ------------------------------------------------------------- */

void http_upgrade_destroy(struct http_upgrade *upgrade)
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
    (void)state; /* the request, which the upgrade knows */
    upgrade->handle = handle;
    http_expect(upgrade->server, connection, VISIT_WORK); /* how long it lives is not ours to say */
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
    http_add_headers(response, NULL, headers, header_count);
    request->upgrade = upgrade;
    http_deliver(request, response, MHD_HTTP_SWITCHING_PROTOCOLS);
}

void http_upgrade_close(struct http_upgrade *upgrade)
{
    struct http_server *server = upgrade->server;
    (void)MHD_upgrade_action(upgrade->handle,
                             MHD_UPGRADE_ACTION_CLOSE); /* cannot fail: it is open */
    server->has_resumed = true;
    http_run_later(server);
}

/* ---- connections taken over -------------------------------------------------------------- */

void http_taken_destroy(struct http_taken *taken)
{
    if (taken == NULL)
        return;
    taken->on_taken(NULL, -1, taken->user);
    free(taken);
}

void http_answer_takeover(struct http_request *request, http_on_taken on_taken, void *user)
{
    struct http_taken *taken = calloc(1, sizeof *taken);
    if (taken == NULL) {
        on_taken(NULL, -1, user);
        http_answer(request, &(struct http_answer){.code = MHD_HTTP_SERVICE_UNAVAILABLE});
        return;
    }
    *taken = (struct http_taken){
        .server = request->server, .on_taken = on_taken, .user = user, .descriptor = -1};
    request->taken = taken;
    if (request->is_gone) {
        http_request_destroy(request);
    } else if (request->is_parked) {
        request->is_parked = false;
        http_wake(request->server, request->connection);
    }
}

/* libmicrohttpd closes its descriptor and keeps ours: it forgets the old one's epoll entry and, in
 * its turbo mode, does not shut the connection down first. */
void http_take_over(struct http_request *request)
{
    struct http_taken *taken = request->taken;
    struct visitor *visitor = http_visitor_of(request->connection);
    if (visitor == NULL || request->server->is_closing)
        return; /* its user hears of it when the request goes */
    int descriptor = fcntl(visitor->descriptor, F_DUPFD_CLOEXEC, 0);
    if (descriptor < 0)
        return; /* likewise */
    request->taken = NULL;
    request->was_taken = true;
    visitor->is_taken = true;
    visitors_move(request->server->visitors, visitor, VISIT_WORK, http_now_ms());
    taken->visitor = visitor;
    taken->descriptor = descriptor;
    taken->on_taken(taken, descriptor, taken->user);
}

void http_taken_close(struct http_taken *taken)
{
    visitors_remove(taken->server->visitors, taken->visitor);
    (void)close(taken->descriptor); /* nothing can be done about a failure */
    free(taken);
}
