/* SaveRequests: what players ask of each other beside the board, and what they answer. */
#include <inttypes.h>
#include <string.h>

#include "store/state.h"

struct saving {
    int64_t existing; /* the number this event has already; 0: none */
    int64_t turn_count;
    bool is_known;
    bool is_playing;
    bool has_won;
};

static const Arbiter__V1__SaveRequestsRequest *saving_of(const struct op *op)
{
    return (const Arbiter__V1__SaveRequestsRequest *)op->input;
}

static void on_existing(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct saving *saving = op->data;
    if (op_check(op, result) && result->row_count == 1)
        saving->existing = sql_read_integer(result, 0, 0);
}

static void on_game_status(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct saving *saving = op->data;
    if (!op_check(op, result) || result->row_count == 0)
        return;
    saving->is_known = true;
    saving->turn_count = sql_read_integer(result, 0, 0);
    saving->is_playing = strcmp(sql_read_text(result, 0, 1), "playing") == 0;
}

static void on_swap(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct saving *saving = op->data;
    if (op_check(op, result))
        saving->has_won = result->changed == 1;
}

static enum op_next swap_requests(struct op *op)
{
    const Arbiter__V1__SaveRequestsRequest *request = saving_of(op);
    struct sql_value game = sql_text(request->game_id);
    struct sql_value event_id = sql_text(request->event_id);
    op_send(op, STATEMENT_REQUEST_OF_EVENT, SQL_PARAMETERS(game, event_id), on_existing);
    op_send(op, STATEMENT_GAME_STATUS, SQL_PARAMETERS(game), on_game_status);
    op_send(op, STATEMENT_GAME_REQUESTS,
            SQL_PARAMETERS(game, sql_integer(request->expected_turn),
                           sql_integer(request->expected_requests), sql_text(request->requests),
                           event_id),
            on_swap);
    return OP_AGAIN;
}

static void reply_saved(struct op *op, bool existed)
{
    OP_OUTPUT(op, Arbiter__V1__SaveRequestsReply, arbiter__v1__save_requests_reply__init)->existed =
        existed;
}

static enum op_next write_requests(struct op *op)
{
    const Arbiter__V1__SaveRequestsRequest *request = saving_of(op);
    int64_t now_ms = store_now_ms(op->store);
    op_send(op, STATEMENT_REQUEST_PUT,
            SQL_PARAMETERS(sql_text(request->game_id), sql_integer(request->expected_requests + 1),
                           sql_text(request->event_id), sql_text(request->player_id),
                           sql_text(request->event),
                           sql_integer(request->at_ms > 0 ? request->at_ms : now_ms)),
            NULL);
    for (size_t i = 0; i < request->n_events; i++)
        event_put(op, request->events[i], now_ms, NULL);
    char *instance_id = arena_format(&op->arena, "game:%s", request->game_id);
    if (request->told != NULL && instance_id != NULL)
        inbox_put(op, instance_id, request->told);
    reply_saved(op, false);
    return OP_LAST;
}

static enum op_next refuse(struct op *op)
{
    const Arbiter__V1__SaveRequestsRequest *request = saving_of(op);
    const struct saving *saving = op->data;
    if (!saving->is_known)
        return op_refuse(op, STATUS_NOT_FOUND, "there is no game '%s'", request->game_id);
    if (!saving->is_playing)
        return op_refuse(op, STATUS_FAILED_PRECONDITION, "game '%s' is over", request->game_id);
    op->store->stats.conflicts++;
    return op_refuse(op, STATUS_ABORTED,
                     "game '%s' has gone on: it has %" PRId64 " turns, or something was asked",
                     request->game_id, saving->turn_count);
}

static enum op_next advance_saving(struct op *op)
{
    const struct saving *saving = op->data;
    if (op->phase == 0 && saving_of(op)->event_id[0] == '\0')
        return op_refuse(op, STATUS_INVALID_ARGUMENT, "event_id is missing");
    if (op->phase == 0)
        return swap_requests(op);
    if (saving->existing > 0) {
        op->store->stats.repeats++;
        reply_saved(op, true);
        return OP_READY;
    }
    return saving->has_won ? write_requests(op) : refuse(op);
}

static void end_saving(struct op *op)
{
    if (op->is_committed && op->has_events)
        publisher_wake(op->store);
}

const struct op_kind op_save_requests = {"SaveRequests", advance_saving, end_saving,
                                         sizeof(struct saving), "game_id"};
