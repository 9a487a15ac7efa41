/* Games that begin, by CreateGame or within a step, and AppendTurn. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/reflect.h"
#include "proto/game_events.h"
#include "store/state.h"

#define ATTEMPTS_MAX 256 /* ids drawn for one game: past it something else is wrong */

static char *instance_of(struct op *op, const char *game_id)
{
    char *instance_id = arena_format(&op->arena, GAME_PREFIX "%s", game_id);
    return instance_id != NULL ? instance_id : (char *)protobuf_c_empty_string;
}

/* ---- a game begins ----------------------------------------------------------------------- */

static void insert_game(struct op *op, const struct new_game *new_game, sql_on_result on_inserted)
{
    const Arbiter__V1__CreateGameRequest *game = new_game->game;
    static const Arbiter__V1__TournamentSeat no_seat = ARBITER__V1__TOURNAMENT_SEAT__INIT;
    const Arbiter__V1__TournamentSeat *seat = game->seat != NULL ? game->seat : &no_seat;
    /* The clocks start when the game service says: its replays begin at that moment. */
    int64_t start_ms = game->created_at_ms > 0 ? game->created_at_ms : store_now_ms(op->store);
    op_send(op, STATEMENT_GAME_PUT,
            SQL_PARAMETERS(sql_text(new_game->game_id), sql_text(new_game->request_id),
                           sql_text(game->first), sql_text(game->second),
                           op_packed(op, game->request != NULL ? &game->request->base : NULL),
                           sql_text(seat->tournament_id), sql_text(seat->division_id),
                           sql_integer(seat->round), sql_integer(seat->board),
                           sql_integer(start_ms), sql_bytes(game->state.data, game->state.len),
                           sql_text(game->owner), sql_integer(game->deadline_at_ms),
                           sql_text(game->commitment),
                           sql_bytes(game->sealed_seed.data, game->sealed_seed.len),
                           sql_text(game->commitment_id)),
            on_inserted);
}

/* Returns whether the row is there; fails the op where it cannot be. What else the row refers to
 * are players. */
static bool game_is_inserted(struct op *op, const struct sql_result *result)
{
    if (result->status == STATUS_FAILED_PRECONDITION)
        (void)op_fail(op, STATUS_FAILED_PRECONDITION, "both players must be registered");
    else if (op_check(op, result))
        return result->changed == 1;
    return false;
}

static void announce_start(struct op *op, const struct new_game *new_game, int64_t now_ms)
{
    const Arbiter__V1__CreateGameRequest *game = new_game->game;
    Arbiter__V1__GameStarted started = ARBITER__V1__GAME_STARTED__INIT;
    started.game_id = (char *)new_game->game_id;
    started.first = game->first;
    started.second = game->second;
    started.request = game->request;
    started.seat = game->seat;
    started.commitment = game->commitment;
    started.commitment_id = game->commitment_id;
    Arbiter__V1__EventPayload payload = ARBITER__V1__EVENT_PAYLOAD__INIT;
    payload.payload_case = ARBITER__V1__EVENT_PAYLOAD__PAYLOAD_GAME_STARTED;
    payload.game_started = &started;
    Arbiter__V1__OutEvent event = ARBITER__V1__OUT_EVENT__INIT;
    event.kind = "game";
    event.id = (char *)new_game->game_id;
    event.name = "started";
    event.payload = &payload;
    event_put(op, &event, now_ms, NULL);
}

static bool can_be_played(const Arbiter__V1__CreateGameRequest *game)
{
    return game->first[0] != '\0' && strcmp(game->first, game->second) != 0;
}

static void on_begun(const struct sql_result *result, void *user)
{
    struct op *op = user;
    if (game_is_inserted(op, result) || op->has_failed)
        return;
    (void)op_fail(op, STATUS_ABORTED, "the id of the new game is taken");
    op_detail(op, "game_id", "taken");
}

void game_begin(struct op *op, const struct new_game *new_game)
{
    if (new_game->game_id[0] == '\0' || new_game->request_id[0] == '\0' || new_game->game == NULL ||
        !can_be_played(new_game->game)) {
        (void)op_fail(op, STATUS_INVALID_ARGUMENT, "a new game needs an id and two players");
        return;
    }
    int64_t now_ms = store_now_ms(op->store);
    insert_game(op, new_game, on_begun);
    announce_start(op, new_game, now_ms);
}

void game_begun(struct store *store, const Arbiter__V1__CreateGameRequest *game)
{
    if (game->deadline_at_ms > 0)
        pump_wake(store, game->deadline_at_ms);
    publisher_wake(store);
}

/* ---- CreateGame -------------------------------------------------------------------------- */

struct creation {
    char game_id[SHORT_ID_SIZE_MAX + 1];
    const char *existing; /* the game that this request made before */
    bool is_inserted;
    bool has_asked; /* whether this request has made a game before */
    int attempts;
};

static const Arbiter__V1__CreateGameRequest *creation_of(const struct op *op)
{
    return (const Arbiter__V1__CreateGameRequest *)op->input;
}

static struct new_game new_game_of(const struct op *op)
{
    const struct creation *creation = op->data;
    return (struct new_game){creation->game_id, bus_request_id(op->request), creation_of(op)};
}

static void on_existing(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct creation *creation = op->data;
    if (op_check(op, result) && result->row_count == 1)
        creation->existing = op_text(op, sql_read_text(result, 0, 0));
}

static void on_inserted(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct creation *creation = op->data;
    creation->is_inserted = game_is_inserted(op, result);
}

static enum op_next draw_id(struct op *op)
{
    struct creation *creation = op->data;
    short_id_draw(&op->store->ids, &op->store->random, creation->game_id);
    struct new_game new_game = new_game_of(op);
    insert_game(op, &new_game, on_inserted);
    return OP_AGAIN;
}

static enum op_next reply_game(struct op *op, const char *game_id, bool existed)
{
    Arbiter__V1__CreateGameReply *reply =
        OP_OUTPUT(op, Arbiter__V1__CreateGameReply, arbiter__v1__create_game_reply__init);
    reply->game_id = op_text(op, game_id);
    reply->existed = existed;
    return OP_READY;
}

/* Something was in the way of the new row: the request's own game, or else the drawn id. */
static enum op_next ask_for_existing(struct op *op)
{
    op_send(op, STATEMENT_GAME_OF_REQUEST, SQL_PARAMETERS(sql_text(bus_request_id(op->request))),
            on_existing);
    return OP_AGAIN;
}

static enum op_next draw_again(struct op *op)
{
    struct creation *creation = op->data;
    op->store->stats.id_retries++;
    short_id_collided(&op->store->ids, (int)strlen(creation->game_id));
    if (++creation->attempts == ATTEMPTS_MAX)
        return op_fail(op, STATUS_UNAVAILABLE, "no id was free; try again");
    return draw_id(op);
}

static enum op_next after_insert(struct op *op)
{
    struct creation *creation = op->data;
    if (creation->existing != NULL) {
        op->store->stats.repeats++;
        return reply_game(op, creation->existing, true);
    }
    if (!creation->is_inserted) {
        creation->has_asked = !creation->has_asked;
        return creation->has_asked ? ask_for_existing(op) : draw_again(op);
    }
    short_id_taken(&op->store->ids);
    int64_t now_ms = store_now_ms(op->store);
    struct new_game new_game = new_game_of(op);
    announce_start(op, &new_game, now_ms);
    (void)reply_game(op, creation->game_id, false); /* READY once these are written */
    return OP_LAST;
}

static enum op_next advance_creation(struct op *op)
{
    const Arbiter__V1__CreateGameRequest *request = creation_of(op);
    if (op->phase > 0)
        return after_insert(op);
    if (!can_be_played(request))
        return op_refuse(op, STATUS_INVALID_ARGUMENT, "a game needs two different players");
    return draw_id(op);
}

static void end_creation(struct op *op)
{
    if (op->is_committed && op->has_events)
        game_begun(op->store, creation_of(op));
}

const struct op_kind op_create_game = {"CreateGame", advance_creation, end_creation,
                                       sizeof(struct creation), ""};

/* ---- AppendTurn -------------------------------------------------------------------------- */

struct append {
    int64_t existing_turn; /* the turn this event made before; 0: none */
    bool is_known;
    bool is_playing;
    int64_t turn_count;
    bool has_won;
};

static const Arbiter__V1__AppendTurnRequest *append_of(const struct op *op)
{
    return (const Arbiter__V1__AppendTurnRequest *)op->input;
}

static const char *turn_event_id(const struct op *op)
{
    const Arbiter__V1__Turn *turn = append_of(op)->turn;
    return turn->event_id[0] != '\0' ? turn->event_id : bus_request_id(op->request);
}

static void on_existing_turn(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct append *append = op->data;
    if (op_check(op, result) && result->row_count == 1)
        append->existing_turn = sql_read_integer(result, 0, 0);
}

static void on_game_status(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct append *append = op->data;
    if (!op_check(op, result) || result->row_count == 0)
        return;
    append->is_known = true;
    append->turn_count = sql_read_integer(result, 0, 0);
    append->is_playing = strcmp(sql_read_text(result, 0, 1), "playing") == 0;
}

static void on_turn_swap(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct append *append = op->data;
    if (op_check(op, result))
        append->has_won = result->changed == 1;
}

/* The swap alone says whether the turn is stored; why not is only asked where it is not. */
static void swap_turn(struct op *op, const Arbiter__V1__AppendTurnRequest *request,
                      const char *event_id, sql_on_result on_swap)
{
    op_send(op, STATEMENT_GAME_TURN,
            SQL_PARAMETERS(sql_text(request->game_id), sql_integer(request->expected_turn),
                           sql_bytes(request->state.data, request->state.len),
                           sql_text(request->ended != NULL ? "ended" : "playing"),
                           sql_integer(request->ended != NULL ? request->turn->played_at_ms : 0),
                           sql_integer(request->ended != NULL ? 0 : request->deadline_at_ms),
                           sql_text(event_id), sql_text(request->requests),
                           sql_integer(request->expected_requests)),
            on_swap);
}

static void put_turn(struct op *op, const Arbiter__V1__AppendTurnRequest *request,
                     const char *event_id)
{
    const Arbiter__V1__Turn *turn = request->turn;
    op_send(op, STATEMENT_TURN_PUT,
            SQL_PARAMETERS(sql_text(request->game_id), sql_integer(request->expected_turn + 1),
                           sql_text(event_id), sql_text(turn->player_id),
                           sql_bytes(turn->event.data, turn->event.len),
                           sql_integer(turn->played_at_ms)),
            NULL);
    for (size_t i = 0; i < request->n_events; i++)
        event_put(op, request->events[i], store_now_ms(op->store), NULL);
}

static enum op_next ask_why(struct op *op)
{
    struct sql_value game = sql_text(append_of(op)->game_id);
    op_send(op, STATEMENT_TURN_OF_EVENT, SQL_PARAMETERS(game, sql_text(turn_event_id(op))),
            on_existing_turn);
    op_send(op, STATEMENT_GAME_STATUS, SQL_PARAMETERS(game), on_game_status);
    return OP_AGAIN;
}

/* The winner must be one of the two: the statement writes nothing otherwise. */
static void on_result_written(const struct sql_result *result, void *user)
{
    struct op *op = user;
    if (op_check(op, result) && result->changed != 1)
        (void)op_fail(op, STATUS_INVALID_ARGUMENT, "the winner is not a player of this game");
}

static void end_game(struct op *op)
{
    const Arbiter__V1__AppendTurnRequest *request = append_of(op);
    const Arbiter__V1__GameResult *ended = request->ended;
    op_send(op, STATEMENT_RESULT_PUT,
            SQL_PARAMETERS(sql_text(request->game_id), sql_text(ended->winner),
                           sql_integer(ended->first_score), sql_integer(ended->second_score),
                           sql_text(ended->reason), sql_text(ended->decided_by),
                           sql_integer(request->turn->played_at_ms)),
            on_result_written);
    const Arbiter__V1__InboxEvent *event = game_end(&op->arena, request, store_now_ms(op->store));
    if (event != NULL)
        inbox_put(op, instance_of(op, request->game_id), event);
    else
        (void)op_fail(op, STATUS_INVALID_ARGUMENT, "the result cannot be given to a machine");
}

static enum op_next reply_turn(struct op *op, int64_t turn_count, bool existed)
{
    Arbiter__V1__AppendTurnReply *reply =
        OP_OUTPUT(op, Arbiter__V1__AppendTurnReply, arbiter__v1__append_turn_reply__init);
    reply->turn_count = (int32_t)turn_count;
    reply->existed = existed;
    return OP_READY;
}

static enum op_next refuse_turn(struct op *op)
{
    const Arbiter__V1__AppendTurnRequest *request = append_of(op);
    const struct append *append = op->data;
    if (!append->is_known)
        return op_refuse(op, STATUS_NOT_FOUND, "there is no game '%s'", request->game_id);
    if (!append->is_playing)
        return op_refuse(op, STATUS_FAILED_PRECONDITION, "game '%s' is over", request->game_id);
    op->store->stats.conflicts++;
    if (append->turn_count == request->expected_turn)
        (void)op_refuse(op, STATUS_ABORTED, "something was asked in game '%s' in between",
                        request->game_id);
    else
        (void)op_refuse(op, STATUS_ABORTED, "game '%s' has %" PRId64 " turns, not %d",
                        request->game_id, append->turn_count, request->expected_turn);
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, append->turn_count); /* 20 digits fit */
    op_detail(op, "turn_count", text);
    return OP_READY;
}

static enum op_next write_turn(struct op *op)
{
    const Arbiter__V1__AppendTurnRequest *request = append_of(op);
    put_turn(op, request, turn_event_id(op));
    if (request->ended != NULL)
        end_game(op);
    (void)reply_turn(op, request->expected_turn + 1, false); /* READY once these are written */
    return request->ended != NULL ? OP_AGAIN : OP_LAST;
}

static enum op_next advance_append(struct op *op)
{
    const struct append *append = op->data;
    if (op->phase == 0 && append_of(op)->turn == NULL)
        return op_refuse(op, STATUS_INVALID_ARGUMENT, "turn is missing");
    if (op->phase == 0) {
        swap_turn(op, append_of(op), turn_event_id(op), on_turn_swap);
        return OP_AGAIN;
    }
    if (op->phase == 1)
        return append->has_won ? write_turn(op) : ask_why(op);
    if (append->has_won)
        return OP_READY;
    if (append->existing_turn > 0) {
        op->store->stats.repeats++;
        return reply_turn(op, append->existing_turn, true);
    }
    return refuse_turn(op);
}

static void end_append(struct op *op)
{
    if (!op->is_committed || op->status != STATUS_OK)
        return;
    if (append_of(op)->deadline_at_ms > 0)
        pump_wake(op->store, append_of(op)->deadline_at_ms);
    if (op->has_events)
        publisher_wake(op->store);
}

const struct op_kind op_append_turn = {"AppendTurn", advance_append, end_append,
                                       sizeof(struct append), "game_id"};

/* ---- the last turn, with the step that takes the end -------------------------------------- */

static void on_last_swap(const struct sql_result *result, void *user)
{
    struct op *op = user;
    if (!op_check(op, result) || result->changed == 1)
        return;
    (void)op_fail(op, STATUS_ABORTED, "another turn came first");
    op_detail(op, "turn", "taken");
}

void game_append_last(struct op *op, const Arbiter__V1__AppendTurnRequest *last)
{
    swap_turn(op, last, last->turn->event_id, on_last_swap);
    put_turn(op, last, last->turn->event_id);
}
