/* Serves StartGame, Play and View: load, replay, judge, store. */
#include "gamesvc/gamesvc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/random.h"
#include "gamesvc/record.h"
#include "gamesvc/table.h"

#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum { GAME_BYTES_MAX = 16 << 20, NUMBER_TEXT_MAX = 16 };

/* The generated service with a way back; `base` comes first. */
struct gamesvc {
    Arbiter__V1__Gamesvc_Service base;
    struct bus *bus;
    struct gamesvc_stats stats;
    const struct lexicon_shelf *shelf;
};

/* A request under way. Owns copies of what it was asked, in `arena`. */
struct errand {
    struct gamesvc *gamesvc;
    void *request;
    struct arena arena;
    struct table_tools tools;
    Arbiter__V1__StartGameReply_Closure on_started;
    Arbiter__V1__PlayReply_Closure on_played;
    Arbiter__V1__ViewReply_Closure on_viewed;
    const char *first; /* of a game being started */
    const char *second;
    Arbiter__V1__PlayRequest play; /* its texts are copies */
    const char *seed;              /* of the game, hexadecimal; for nobody before its end */
    const char *viewer;
    const char *format;
    Arbiter__V1__PlayReply played; /* the answer once the turn is stored */
    int tries;
};

static struct errand *errand_create(Arbiter__V1__Gamesvc_Service *service, void *request)
{
    struct errand *errand = calloc(1, sizeof *errand);
    if (errand == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return NULL;
    }
    errand->gamesvc = (struct gamesvc *)service;
    errand->request = request;
    errand->tools.shelf = errand->gamesvc->shelf;
    arena_init(&errand->arena, GAME_BYTES_MAX);
    return errand;
}

static void errand_destroy(struct errand *errand)
{
    draws_forget(&errand->tools.draws);
    arena_deinit(&errand->arena);
    free(errand);
}

static void errand_fail(struct errand *errand, enum status status, const struct fault *fault)
{
    bus_fail(errand->request, status, NULL, 0, "%s",
             fault != NULL && fault->text[0] != '\0' ? fault->text : status_name(status));
    errand_destroy(errand);
}

static void errand_fail_like(struct errand *errand, const struct bus_answer *answer)
{
    bus_fail_like(errand->request, answer);
    errand_destroy(errand);
}

static const char *keep(struct errand *errand, const char *text)
{
    const char *copy = arena_copy(&errand->arena, text, strlen(text));
    return copy != NULL ? copy : "";
}

static void ask_store(struct errand *errand, const char *method, const ProtobufCMessage *input,
                      bus_on_answer on_answer)
{
    bus_call(errand->gamesvc->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = method,
                                .input = input,
                                .request_id = bus_request_id(errand->request),
                                .traceparent = bus_request_traceparent(errand->request)},
             on_answer, errand);
}

static int64_t now_ms(const struct errand *errand)
{
    return loop_now_ms(bus_loop(errand->gamesvc->bus));
}

/* ---- starting ---------------------------------------------------------------------------- */

static void on_created(const struct bus_answer *answer, void *user)
{
    struct errand *errand = user;
    if (answer->status != STATUS_OK) {
        errand_fail_like(errand, answer);
        return;
    }
    const Arbiter__V1__CreateGameReply *created =
        (const Arbiter__V1__CreateGameReply *)answer->output;
    Arbiter__V1__StartGameReply reply = ARBITER__V1__START_GAME_REPLY__INIT;
    reply.game_id = created->game_id;
    reply.first = (char *)errand->first;
    reply.second = (char *)errand->second;
    errand->gamesvc->stats.games_started += created->existed ? 0 : 1;
    errand->on_started(&reply, errand->request);
    errand_destroy(errand);
}

/* Draws who moves first from the request's id: the same request draws the same. */
static int draw_first(const char *request_id)
{
    struct random random;
    random_init_stream(&random, 0, request_id, 0);
    return (int)random_below(&random, 2);
}

static bool seat_players(struct errand *errand, const Arbiter__V1__StartGameRequest *input,
                         struct fault *out_fault)
{
    if (input->n_players != 2 || input->players[0][0] == '\0' || input->players[1][0] == '\0' ||
        strcmp(input->players[0], input->players[1]) == 0) {
        (void)fault_set(out_fault, 0, 0, "a game has two different players");
        return false;
    }
    int first = draw_first(bus_request_id(errand->request));
    if (input->assigned_first[0] != '\0')
        first = strcmp(input->players[0], input->assigned_first) == 0 ? 0 : 1;
    if (input->assigned_first[0] != '\0' &&
        strcmp(input->players[first], input->assigned_first) != 0) {
        (void)fault_set(out_fault, 0, 0, "'%s' is assigned first but does not play",
                        input->assigned_first);
        return false;
    }
    errand->first = keep(errand, input->players[first]);
    errand->second = keep(errand, input->players[1 - first]);
    return true;
}

/* Draws a game's seed and commits to it. The game's id is the store's to choose, later: the
 * commitment is bound to the seed alone, so two games with one seed would show it. */
static void draw_seed(struct table_tools *tools, uint8_t out_seed[DRAWS_SEED_SIZE],
                      uint8_t out_commitment[DRAWS_COMMITMENT_SIZE])
{
    randombytes_buf(out_seed, DRAWS_SEED_SIZE);
    draws_commitment(out_seed, "", out_commitment);
    table_tools_seed(tools, out_seed, DRAWS_SEED_SIZE);
}

static void serve_start_game(Arbiter__V1__Gamesvc_Service *service,
                             const Arbiter__V1__StartGameRequest *input,
                             Arbiter__V1__StartGameReply_Closure closure, void *request)
{
    struct errand *errand = errand_create(service, request);
    struct fault fault = {0};
    struct table table;
    const char *state = NULL;
    if (errand == NULL)
        return;
    errand->on_started = closure;
    if (input->request == NULL)
        (void)fault_set(&fault, 0, 0, "a game request is missing");
    if (input->request == NULL || !seat_players(errand, input, &fault)) {
        errand_fail(errand, STATUS_INVALID_ARGUMENT, &fault);
        return;
    }
    int64_t start_ms = now_ms(errand);
    uint8_t seed[DRAWS_SEED_SIZE] = {0};
    uint8_t commitment[DRAWS_COMMITMENT_SIZE];
    const char *commitment_text = "";
    bool has_chance = table_has_chance(input->request);
    if (has_chance) {
        draw_seed(&errand->tools, seed, commitment);
        commitment_text = record_hex(&errand->arena, commitment, sizeof commitment);
    }
    enum status status = table_check(&errand->tools, input->request, &fault);
    if (status == STATUS_OK)
        status =
            table_open(&errand->arena, &errand->tools, input->request, start_ms, &table, &fault);
    if (status == STATUS_OK)
        status = rules_encode(table.game, &errand->arena, &state);
    if (status == STATUS_OK && commitment_text == NULL)
        status = STATUS_FULL;
    if (status != STATUS_OK) {
        sodium_memzero(seed, sizeof seed);
        errand_fail(errand, status, &fault);
        return;
    }
    Arbiter__V1__CreateGameRequest create = ARBITER__V1__CREATE_GAME_REQUEST__INIT;
    create.first = (char *)errand->first;
    create.second = (char *)errand->second;
    create.request = input->request;
    create.seat = input->seat;
    create.owner = input->owner;
    create.state = (ProtobufCBinaryData){strlen(state), (uint8_t *)(uintptr_t)state};
    create.deadline_at_ms = table_deadline_ms(&table);
    create.created_at_ms = start_ms;
    create.commitment = (char *)commitment_text;
    create.sealed_seed = (ProtobufCBinaryData){has_chance ? sizeof seed : 0, seed};
    ask_store(errand, "CreateGame", &create.base, on_created); /* packs it before it returns */
    sodium_memzero(seed, sizeof seed);
}

/* ---- playing ----------------------------------------------------------------------------- */

static void load_to_play(struct errand *errand);

static void refuse_move(struct errand *errand, const struct rules_outcome *outcome)
{
    char count[NUMBER_TEXT_MAX];
    (void)snprintf(count, sizeof count, "%u", outcome->turn_count); /* at most ten digits */
    struct bus_detail details[] = {{"reason", outcome->reason}, {"turn_count", count}};
    errand->gamesvc->stats.moves_refused++;
    bus_fail(errand->request, outcome->status, details, COUNT_OF(details), "%s", outcome->text);
    errand_destroy(errand);
}

static void on_appended(const struct bus_answer *answer, void *user)
{
    struct errand *errand = user;
    if (answer->status == STATUS_ABORTED && ++errand->tries < GAMESVC_TRIES_MAX) {
        errand->gamesvc->stats.conflicts++;
        load_to_play(errand); /* somebody moved in between: judge again on what is true now */
        return;
    }
    if (answer->status != STATUS_OK) {
        errand_fail_like(errand, answer);
        return;
    }
    errand->gamesvc->stats.moves_accepted++;
    errand->on_played(&errand->played, errand->request);
    errand_destroy(errand);
}

/* What everybody may see of the turn goes out with its transaction. */
static enum status turn_event(struct errand *errand, const struct table *table,
                              const struct rules_outcome *outcome,
                              Arbiter__V1__OutEvent **out_event)
{
    struct arena *arena = &errand->arena;
    Arbiter__V1__OutEvent *event = arena_alloc(arena, sizeof *event);
    Arbiter__V1__EventPayload *payload = arena_alloc(arena, sizeof *payload);
    Arbiter__V1__GameTurn *turn = arena_alloc(arena, sizeof *turn);
    const char *json = NULL;
    if (event == NULL || payload == NULL || turn == NULL)
        return STATUS_FULL;
    enum status status = rules_view_turn(table->game, &outcome->turn, RULES_WATCHER, arena, &json);
    if (status != STATUS_OK)
        return status;
    arbiter__v1__game_turn__init(turn);
    turn->game_id = errand->play.game_id;
    turn->turn_count = (int32_t)outcome->turn_count;
    turn->player_id = errand->play.player_id;
    turn->last_turn = (char *)json;
    turn->status = (char *)(rules_result(table->game).over ? "ended" : "playing");
    arbiter__v1__event_payload__init(payload);
    payload->payload_case = ARBITER__V1__EVENT_PAYLOAD__PAYLOAD_GAME_TURN;
    payload->game_turn = turn;
    arbiter__v1__out_event__init(event);
    event->kind = (char *)"game";
    event->id = errand->play.game_id;
    event->name = (char *)"turn";
    event->payload = payload;
    *out_event = event;
    return STATUS_OK;
}

/* Only the answer to the last turn says that the game is over: a repeat is answered as before. */
static bool is_last(const struct table *table, const struct rules_turn *turn)
{
    return turn->number + 1 == rules_turn_count(table->game);
}

static enum status prepare_answer(struct errand *errand, const struct table *table,
                                  const struct rules_turn *turn, enum rules_party viewer)
{
    const char *json = "{}";
    Arbiter__V1__GameResult *result = arena_alloc(&errand->arena, sizeof *result);
    enum status status = rules_view_turn(table->game, turn, viewer, &errand->arena, &json);
    if (status != STATUS_OK || result == NULL)
        return STATUS_FULL;
    table_result(table, errand->play.player_id, result);
    bool is_over = rules_result(table->game).over && is_last(table, turn);
    arbiter__v1__play_reply__init(&errand->played);
    errand->played.turn_count = (int32_t)turn->number + 1;
    errand->played.status = (char *)(is_over ? "ended" : "playing");
    errand->played.last_turn = (char *)json;
    errand->played.result = is_over ? result : NULL;
    return STATUS_OK;
}

static void store_turn(struct errand *errand, const struct table *table,
                       const struct rules_outcome *outcome, enum rules_party party)
{
    struct arena *arena = &errand->arena;
    Arbiter__V1__AppendTurnRequest append = ARBITER__V1__APPEND_TURN_REQUEST__INIT;
    Arbiter__V1__OutEvent *event = NULL;
    const char *state = NULL;
    enum status status =
        table_turn_row(arena, &outcome->turn, errand->play.player_id, &append.turn);
    if (status == STATUS_OK)
        status = rules_encode(table->game, arena, &state);
    if (status == STATUS_OK)
        status = turn_event(errand, table, outcome, &event);
    if (status == STATUS_OK)
        status = prepare_answer(errand, table, &outcome->turn, party);
    if (status != STATUS_OK) {
        errand_fail(errand, status, NULL);
        return;
    }
    append.game_id = errand->play.game_id;
    append.expected_turn = (int32_t)outcome->turn.number;
    append.state = (ProtobufCBinaryData){strlen(state), (uint8_t *)(uintptr_t)state};
    append.ended = errand->played.result;
    if (append.ended != NULL)
        append.seed = (char *)errand->seed;
    append.deadline_at_ms = append.ended == NULL ? table_deadline_ms(table) : 0;
    append.events = &event;
    append.n_events = 1;
    ask_store(errand, "AppendTurn", &append.base, on_appended);
}

static enum rules_party party_of(const struct errand *errand, const struct table *table)
{
    if (errand->play.as_director)
        return RULES_DIRECTOR;
    if (strcmp(errand->play.player_id, "$clock") == 0)
        return RULES_CLOCK; /* no player's id: those have no '$' */
    return table_party(table, errand->play.player_id);
}

static void judge(struct errand *errand, const struct table *table)
{
    enum rules_party party = party_of(errand, table);
    struct rules_outcome outcome;
    if (party == RULES_WATCHER) {
        bus_fail(errand->request, STATUS_PERMISSION_DENIED, NULL, 0,
                 "'%s' does not play in this game", errand->play.player_id);
        errand_destroy(errand);
        return;
    }
    struct rules_event event = {
        .id = errand->play.event_id,
        .turn =
            errand->play.expected_turn < 0 ? RULES_TURN_ANY : (uint32_t)errand->play.expected_turn,
        .actor = party,
        .at_ms = now_ms(errand),
        .move = errand->play.event,
        .move_size = strlen(errand->play.event),
    };
    enum status status = rules_apply(table->game, &event, &outcome);
    if (status != STATUS_OK) {
        errand_fail(errand, status, NULL);
    } else if (outcome.verdict == RULES_REFUSED) {
        refuse_move(errand, &outcome);
    } else if (outcome.verdict == RULES_ACCEPTED) {
        store_turn(errand, table, &outcome, party);
    } else if (prepare_answer(errand, table, &table->turns[outcome.turn_number], party) !=
               STATUS_OK) {
        errand_fail(errand, STATUS_FULL, NULL);
    } else {
        errand->on_played(&errand->played, errand->request);
        errand_destroy(errand);
    }
}

static void on_loaded_to_play(const struct bus_answer *answer, void *user)
{
    struct errand *errand = user;
    struct fault fault = {0};
    struct table table;
    if (answer->status != STATUS_OK) {
        errand_fail_like(errand, answer);
        return;
    }
    const Arbiter__V1__LoadGameReply *stored = (const Arbiter__V1__LoadGameReply *)answer->output;
    enum status status = table_replay(&errand->arena, &errand->tools, stored, &table, &fault);
    errand->seed = record_hex(&errand->arena, stored->sealed_seed.data, stored->sealed_seed.len);
    if (status == STATUS_OK && errand->seed == NULL)
        status = STATUS_FULL;
    if (status == STATUS_OK)
        judge(errand, &table);
    else
        errand_fail(errand, status, &fault);
}

static void load_to_play(struct errand *errand)
{
    Arbiter__V1__LoadGameRequest load = ARBITER__V1__LOAD_GAME_REQUEST__INIT;
    load.game_id = errand->play.game_id;
    bus_call(errand->gamesvc->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "LoadGame",
                                .input = &load.base,
                                .traceparent = bus_request_traceparent(errand->request)},
             on_loaded_to_play, errand);
}

static void serve_play(Arbiter__V1__Gamesvc_Service *service, const Arbiter__V1__PlayRequest *input,
                       Arbiter__V1__PlayReply_Closure closure, void *request)
{
    struct errand *errand = errand_create(service, request);
    if (errand == NULL)
        return;
    errand->on_played = closure;
    arbiter__v1__play_request__init(&errand->play);
    const char *event_id = input->event_id[0] != '\0' ? input->event_id : bus_request_id(request);
    errand->play.game_id = (char *)keep(errand, input->game_id);
    errand->play.expected_turn = input->expected_turn;
    errand->play.event_id = (char *)keep(errand, event_id);
    errand->play.player_id = (char *)keep(errand, input->player_id);
    errand->play.as_director = input->as_director;
    errand->play.event = (char *)keep(errand, input->event);
    load_to_play(errand);
}

/* ---- viewing ----------------------------------------------------------------------------- */

/* The view anybody may have at any time; the other formats tell all, and wait for the end. */
static enum status write_view(struct errand *errand, const struct table *table,
                              const Arbiter__V1__LoadGameReply *stored, const char **out_text,
                              struct fault *out_fault)
{
    struct arena *arena = &errand->arena;
    bool is_gcg = strcmp(errand->format, "gcg") == 0;
    if (errand->format[0] == '\0' || strcmp(errand->format, "json") == 0)
        return rules_view(table->game, table_party(table, errand->viewer), arena, out_text);
    if (!is_gcg && strcmp(errand->format, "record") != 0)
        return fault_set(out_fault, 0, 0, "there is no format '%s'", errand->format);
    if (!rules_result(table->game).over) {
        (void)fault_set(out_fault, 0, 0, "the game is not over");
        return STATUS_FAILED_PRECONDITION;
    }
    return is_gcg ? record_gcg(arena, table, stored, out_text, out_fault)
                  : record_json(arena, table, stored, out_text);
}

static void on_loaded_to_view(const struct bus_answer *answer, void *user)
{
    struct errand *errand = user;
    struct fault fault = {0};
    struct table table;
    const char *json = NULL;
    if (answer->status != STATUS_OK) {
        errand_fail_like(errand, answer);
        return;
    }
    const Arbiter__V1__LoadGameReply *stored = (const Arbiter__V1__LoadGameReply *)answer->output;
    enum status status = table_replay(&errand->arena, &errand->tools, stored, &table, &fault);
    if (status == STATUS_OK)
        status = write_view(errand, &table, stored, &json, &fault);
    if (status != STATUS_OK) {
        errand_fail(errand, status, &fault);
        return;
    }
    Arbiter__V1__Game game = *stored->game;
    game.state = (ProtobufCBinaryData){0, NULL}; /* the encoded state holds every secret */
    Arbiter__V1__ViewReply reply = ARBITER__V1__VIEW_REPLY__INIT;
    reply.game = &game;
    reply.view = (char *)json;
    reply.commitment = stored->commitment;
    if (rules_result(table.game).over)
        reply.seed =
            (char *)record_hex(&errand->arena, stored->sealed_seed.data, stored->sealed_seed.len);
    if (reply.seed == NULL) {
        errand_fail(errand, STATUS_FULL, NULL);
        return;
    }
    errand->on_viewed(&reply, errand->request);
    errand_destroy(errand);
}

static void serve_view(Arbiter__V1__Gamesvc_Service *service, const Arbiter__V1__ViewRequest *input,
                       Arbiter__V1__ViewReply_Closure closure, void *request)
{
    struct errand *errand = errand_create(service, request);
    if (errand == NULL)
        return;
    errand->on_viewed = closure;
    errand->viewer = keep(errand, input->viewer);
    errand->format = keep(errand, input->format);
    Arbiter__V1__LoadGameRequest load = ARBITER__V1__LOAD_GAME_REQUEST__INIT;
    load.game_id = input->game_id;
    ask_store(errand, "LoadGame", &load.base, on_loaded_to_view);
}

/* ---- life -------------------------------------------------------------------------------- */

struct gamesvc *gamesvc_create(struct bus *bus, const struct lexicon_shelf *shelf)
{
    if (sodium_init() < 0) /* seeds must be nobody's to guess */
        return NULL;
    struct gamesvc *gamesvc = calloc(1, sizeof *gamesvc);
    if (gamesvc == NULL)
        return NULL;
    gamesvc->base = (Arbiter__V1__Gamesvc_Service)ARBITER__V1__GAMESVC__INIT(serve_);
    gamesvc->bus = bus;
    gamesvc->shelf = shelf;
    if (bus_serve(bus, &gamesvc->base.base) == STATUS_OK)
        return gamesvc;
    free(gamesvc);
    return NULL;
}

void gamesvc_destroy(struct gamesvc *gamesvc)
{
    free(gamesvc);
}

void gamesvc_stats(const struct gamesvc *gamesvc, struct gamesvc_stats *out_stats)
{
    *out_stats = gamesvc->stats;
}
