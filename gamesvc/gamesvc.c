/* Serves StartGame, PrepareGame and View; Play is in play.c. */
#include "gamesvc/gamesvc.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/random.h"
#include "gamesvc/task.h"
#include "gamesvc/record.h"
#include "gamesvc/requests.h"

/* ---- starting ---------------------------------------------------------------------------- */

static void on_created(const struct bus_answer *answer, void *user)
{
    struct task *task = user;
    if (answer->status != STATUS_OK) {
        task_fail_like(task, answer);
        return;
    }
    const Arbiter__V1__CreateGameReply *created =
        (const Arbiter__V1__CreateGameReply *)answer->output;
    Arbiter__V1__StartGameReply reply = ARBITER__V1__START_GAME_REPLY__INIT;
    reply.game_id = created->game_id;
    reply.first = (char *)task->first;
    reply.second = (char *)task->second;
    task->gamesvc->stats.games_started += created->existed ? 0 : 1;
    task->on_started(&reply, task->request);
    task_destroy(task);
}

/* Draws who moves first from the request's id: the same request draws the same. */
static int draw_first(const char *request_id)
{
    struct random random;
    random_init_stream(&random, 0, request_id, 0);
    return (int)random_below(&random, 2);
}

static bool seat_players(struct task *task, const Arbiter__V1__StartGameRequest *input,
                         struct fault *out_fault)
{
    if (input->n_players != 2 || input->players[0][0] == '\0' || input->players[1][0] == '\0' ||
        strcmp(input->players[0], input->players[1]) == 0) {
        (void)fault_set(out_fault, 0, 0, "a game has two different players");
        return false;
    }
    int first = draw_first(bus_request_id(task->request));
    if (input->assigned_first[0] != '\0')
        first = strcmp(input->players[0], input->assigned_first) == 0 ? 0 : 1;
    if (input->assigned_first[0] != '\0' &&
        strcmp(input->players[first], input->assigned_first) != 0) {
        (void)fault_set(out_fault, 0, 0, "'%s' is assigned first but does not play",
                        input->assigned_first);
        return false;
    }
    task->first = task_keep(task, input->players[first]);
    task->second = task_keep(task, input->players[1 - first]);
    return true;
}

/* Draws a game's seed and commits to it. The short id is the store's to choose, later: what the
 * seed is bound to is the id of the request, of which the store takes no two. */
static enum status commit_to_seed(struct task *task, Arbiter__V1__CreateGameRequest *create)
{
    uint8_t seed[DRAWS_SEED_SIZE];
    uint8_t commitment[DRAWS_COMMITMENT_SIZE];
    struct seal_bytes sealed;
    create->commitment_id = (char *)bus_request_id(task->request);
    randombytes_buf(seed, sizeof seed);
    draws_commitment(seed, create->commitment_id, commitment);
    table_tools_seed(&task->tools, seed, sizeof seed);
    sodium_memzero(seed, sizeof seed);
    create->commitment = (char *)record_hex(&task->arena, commitment, sizeof commitment);
    if (create->commitment == NULL)
        return STATUS_FULL;
    enum status status =
        table_seal_seed(&task->arena, &task->tools, create->commitment_id, &sealed);
    if (status == STATUS_OK)
        create->sealed_seed = (ProtobufCBinaryData){sealed.size, sealed.data};
    return status;
}

/* The request as it is kept: it says how long the first turn may take, whatever the default will
 * once be. */
static Arbiter__V1__GameRequest *settle_request(struct task *task,
                                                const Arbiter__V1__StartGameRequest *input)
{
    Arbiter__V1__GameRequest *request = arena_alloc(&task->arena, sizeof *request);
    bool in_tournament = input->seat != NULL && input->seat->tournament_id[0] != '\0';
    if (request == NULL)
        return NULL;
    *request = *input->request; /* its texts are borrowed as long as `input` */
    request->start_within_ms = table_start_within_ms(request, in_tournament);
    return request;
}

/* Sets the game up once, which is how its request is checked, and for its first deadline. */
static enum status set_up(struct task *task, const Arbiter__V1__StartGameRequest *input,
                          Arbiter__V1__CreateGameRequest *create, struct fault *out_fault)
{
    struct table table;
    if (input->request == NULL)
        return fault_set(out_fault, 0, 0, "a game request is missing");
    if (!seat_players(task, input, out_fault))
        return STATUS_INVALID_ARGUMENT;
    enum status status = table_check(&task->tools, input->request, out_fault);
    if (status == STATUS_OK && table_has_chance(input->request))
        status = commit_to_seed(task, create);
    create->created_at_ms = task_now_ms(task);
    create->request = settle_request(task, input);
    task->tools.first = task->first;
    if (create->request == NULL)
        return STATUS_FULL;
    if (status == STATUS_OK)
        status = table_open(&task->arena, &task->tools, create->request, create->created_at_ms,
                            &table, out_fault);
    if (status == STATUS_OK)
        create->deadline_at_ms = table_deadline_ms(&table);
    return status;
}

/* What the store is to create; false where the request has been answered with why not. There is no
 * state: the turns are all there is, and a state would tell the store what nobody may know. */
static bool prepare_game(struct task *task, const Arbiter__V1__StartGameRequest *input,
                         Arbiter__V1__CreateGameRequest *create)
{
    struct fault fault = {0};
    enum status status = set_up(task, input, create, &fault);
    if (status != STATUS_OK) {
        task_fail(task, status, &fault);
        return false;
    }
    create->first = (char *)task->first;
    create->second = (char *)task->second;
    create->seat = input->seat;
    create->owner = input->owner;
    return true;
}

static void serve_start_game(Arbiter__V1__Gamesvc_Service *service,
                             const Arbiter__V1__StartGameRequest *input,
                             Arbiter__V1__StartGameReply_Closure closure, void *request)
{
    struct task *task = task_create(service, request);
    Arbiter__V1__CreateGameRequest create = ARBITER__V1__CREATE_GAME_REQUEST__INIT;
    if (task == NULL || !prepare_game(task, input, &create))
        return;
    task->on_started = closure;
    task_ask_store(task, "CreateGame", &create.base, on_created);
}

static void serve_prepare_game(Arbiter__V1__Gamesvc_Service *service,
                               const Arbiter__V1__StartGameRequest *input,
                               Arbiter__V1__PrepareGameReply_Closure closure, void *request)
{
    struct task *task = task_create(service, request);
    Arbiter__V1__CreateGameRequest create = ARBITER__V1__CREATE_GAME_REQUEST__INIT;
    Arbiter__V1__PrepareGameReply reply = ARBITER__V1__PREPARE_GAME_REPLY__INIT;
    if (task == NULL || !prepare_game(task, input, &create))
        return;
    reply.game = &create;
    closure(&reply, request);
    task_destroy(task);
}

/* ---- viewing ----------------------------------------------------------------------------- */

/* The view anybody may have at any time; the other formats tell all, and wait for the end. */
static enum status write_view(struct task *task, const struct table *table,
                              const Arbiter__V1__LoadGameReply *stored, const char **out_text,
                              struct fault *out_fault)
{
    struct arena *arena = &task->arena;
    bool is_gcg = strcmp(task->format, "gcg") == 0;
    if (task->format[0] == '\0' || strcmp(task->format, "json") == 0)
        return rules_view(table->game, table_party(table, task->viewer), arena, out_text);
    if (!is_gcg && strcmp(task->format, "record") != 0)
        return fault_set(out_fault, 0, 0, "there is no format '%s'", task->format);
    if (!rules_result(table->game).over) {
        (void)fault_set(out_fault, 0, 0, "the game is not over");
        return STATUS_FAILED_PRECONDITION;
    }
    return is_gcg ? record_gcg(arena, table, stored, out_text, out_fault)
                  : record_json(arena, table, &task->tools, stored, out_text);
}

static enum status fill_view(struct task *task, const struct table *table,
                             const Arbiter__V1__LoadGameReply *stored,
                             Arbiter__V1__ViewReply *reply)
{
    bool is_over = rules_result(table->game).over;
    struct requests *requests = arena_alloc(&task->arena, sizeof *requests);
    enum status status =
        requests != NULL ? requests_decode(&task->arena, stored->requests, requests) : STATUS_FULL;
    if (status != STATUS_OK)
        return status;
    requests_tell(requests, table, &task->requests);
    reply->requests = &task->requests;
    reply->commitment = stored->commitment;
    reply->commitment_id = stored->commitment_id;
    if (is_over && task->tools.has_draws)
        reply->seed = (char *)record_hex(&task->arena, task->tools.seed, DRAWS_SEED_SIZE);
    return reply->seed != NULL ? STATUS_OK : STATUS_FULL;
}

static void on_loaded_to_view(const struct bus_answer *answer, void *user)
{
    struct task *task = user;
    struct fault fault = {0};
    struct table table;
    const char *json = NULL;
    Arbiter__V1__ViewReply reply = ARBITER__V1__VIEW_REPLY__INIT;
    if (answer->status != STATUS_OK) {
        task_fail_like(task, answer);
        return;
    }
    const Arbiter__V1__LoadGameReply *stored = (const Arbiter__V1__LoadGameReply *)answer->output;
    enum status status = table_replay(&task->arena, &task->tools, stored, &table, &fault);
    if (status == STATUS_OK)
        status = write_view(task, &table, stored, &json, &fault);
    if (status == STATUS_OK)
        status = fill_view(task, &table, stored, &reply);
    if (status != STATUS_OK) {
        task_fail(task, status, &fault);
        return;
    }
    Arbiter__V1__Game game = *stored->game;
    game.state = (ProtobufCBinaryData){0, NULL}; /* another service may have stored its secrets */
    reply.game = &game;
    reply.view = (char *)json;
    task->on_viewed(&reply, task->request);
    task_destroy(task);
}

static void serve_view(Arbiter__V1__Gamesvc_Service *service, const Arbiter__V1__ViewRequest *input,
                       Arbiter__V1__ViewReply_Closure closure, void *request)
{
    struct task *task = task_create(service, request);
    if (task == NULL)
        return;
    task->on_viewed = closure;
    task->viewer = task_keep(task, input->viewer);
    task->format = task_keep(task, input->format);
    task_load(task, task_keep(task, input->game_id), on_loaded_to_view);
}

static void serve_play(Arbiter__V1__Gamesvc_Service *service, const Arbiter__V1__PlayRequest *input,
                       Arbiter__V1__PlayReply_Closure closure, void *request)
{
    play_serve(service, input, closure, request);
}

/* ---- life -------------------------------------------------------------------------------- */

struct gamesvc *gamesvc_create(struct bus *bus, const struct gamesvc_options *options)
{
    if (sodium_init() < 0) /* seeds must be nobody's to guess */
        return NULL;
    struct gamesvc *gamesvc = calloc(1, sizeof *gamesvc);
    if (gamesvc == NULL)
        return NULL;
    gamesvc->base = (Arbiter__V1__Gamesvc_Service)ARBITER__V1__GAMESVC__INIT(serve_);
    gamesvc->bus = bus;
    gamesvc->options = *options;
    gamesvc->hands.bytes_max = options->hands_bytes_max;
    gamesvc->lines = (struct lines){.loop = bus_loop(bus), .play = play_task};
    if (bus_serve(bus, &gamesvc->base.base) == STATUS_OK)
        return gamesvc;
    free(gamesvc);
    return NULL;
}

void gamesvc_destroy(struct gamesvc *gamesvc)
{
    if (gamesvc == NULL)
        return;
    lines_deinit(&gamesvc->lines);
    hands_deinit(&gamesvc->hands);
    free(gamesvc);
}

void gamesvc_stats(const struct gamesvc *gamesvc, struct gamesvc_stats *out_stats)
{
    *out_stats = gamesvc->stats;
}
