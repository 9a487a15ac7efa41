/* Starts the API on a world's bus and hands it requests with tokens. */
#include "tests/simulation/edge.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "http/http_memory.h"
#include "orchestrator/seeking/shelf.h"
#include "seeks/api.h"
#include "seeks/token.h"

enum { TOKEN_LIFE_MS = 3600000 };

struct house_door {
    struct token_keys *keys;
    struct seeking_shelf *shelf;
    const char *folder;
};

struct edge {
    const struct house_door *door;
    struct bus *bus;
    struct api *api;
};

static void *edge_start(struct bus *bus, void *context)
{
    const struct house_door *door = context;
    struct edge *edge = calloc(1, sizeof *edge);
    struct fault fault = {0};
    assert(edge != NULL);
    *edge = (struct edge){.door = door, .bus = bus};
    const struct api_options options = {
        .bus = bus, .keys = door->keys, .shelf = door->shelf, .policies_folder = door->folder};
    edge->api = api_create(&options, &fault);
    if (edge->api == NULL)
        (void)fprintf(stderr, "the edge cannot be started: %s\n", fault.text);
    assert(edge->api != NULL);
    return edge;
}

static void edge_stop(void *self)
{
    struct edge *edge = self;
    api_destroy(edge->api);
    free(edge);
}

/* ---- visits ------------------------------------------------------------------------------ */

struct caller {
    door_on_answer on_answer;
    void *user;
};

static void on_answer(const struct http_answer *answer, void *user)
{
    struct caller *caller = user;
    struct buffer body = {0};
    if (answer == NULL) { /* killed: whoever asked hears nothing */
        free(caller);
        return;
    }
    buffer_append(&body, answer->body != NULL ? answer->body : "", answer->body_size);
    caller->on_answer(answer->code, buffer_text(&body), caller->user);
    buffer_deinit(&body);
    free(caller);
}

static void edge_visit(void *self, const struct door_visit *visit, door_on_answer answered,
                       void *user)
{
    struct edge *edge = self;
    struct buffer bearer = {0};
    struct caller *caller = malloc(sizeof *caller);
    struct token_claims claims = {.roles = TOKEN_PLAYER};
    int64_t now_ms = loop_now_ms(bus_loop(edge->bus));
    assert(caller != NULL);
    *caller = (struct caller){answered, user};
    (void)snprintf(claims.subject, sizeof claims.subject, "%s", visit->player); /* short ids */
    claims.expires_at_ms = now_ms + TOKEN_LIFE_MS;
    buffer_append_text(&bearer, "Bearer ");
    enum status status = token_sign(edge->door->keys, &claims, now_ms, &bearer);
    assert(status == STATUS_OK);
    const struct http_memory_request request = {
        .method = visit->method,
        .path = visit->path,
        .headers = {{"Authorization", buffer_text(&bearer)},
                    {"Content-Type", "application/json"},
                    {"Idempotency-Key", visit->key}},
        .header_count = 3,
        .body = visit->body,
    };
    status = http_memory_ask(api_http(edge->api), &request, on_answer, caller);
    assert(status == STATUS_OK);
    (void)status; /* only asserted */
    buffer_deinit(&bearer);
}

/* ---- the door ---------------------------------------------------------------------------- */

bool edge_door_init(struct door *door, const char *folder)
{
    static const char private_name[] = "/tmp/arbiter-sim-XXXXXX";
    char private_path[sizeof private_name + 8];
    char public_path[sizeof private_name + 8];
    char place[sizeof private_name];
    char shelf_path[256];
    struct buffer report = {0};
    struct fault fault;
    struct house_door *made = calloc(1, sizeof *made);
    memcpy(place, private_name, sizeof place);
    if (made == NULL || mkdtemp(place) == NULL) {
        free(made);
        return false;
    }
    (void)snprintf(private_path, sizeof private_path, "%s/private", place); /* fits */
    (void)snprintf(public_path, sizeof public_path, "%s/public", place);    /* fits */
    if (token_keys_generate(private_path, public_path, &fault) == STATUS_OK)
        made->keys = token_keys_load(private_path, &fault);
    (void)unlink(private_path);
    (void)unlink(public_path);
    (void)rmdir(place);
    made->folder = folder;
    (void)snprintf(shelf_path, sizeof shelf_path, "%s/seeks", folder); /* cut: an empty shelf */
    made->shelf = seeking_shelf_load(shelf_path, &report);
    buffer_deinit(&report);
    *door = (struct door){edge_start, edge_stop, edge_visit, made};
    if (made->keys != NULL && made->shelf != NULL)
        return true;
    edge_door_deinit(door);
    return false;
}

void edge_door_deinit(struct door *door)
{
    struct house_door *made = door->context;
    token_keys_destroy(made->keys);
    seeking_shelf_destroy(made->shelf);
    free(made);
}
