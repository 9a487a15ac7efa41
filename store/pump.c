/*
 * What time brings: timers and flags become inbox rows, commands whose turn has come are tried
 * again. One op takes everything that is due, so that it happens once however many replicas look;
 * the loop's timer is set for whatever is due next, and a sweep finds what a replica that died had
 * in mind.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fsm/value_codec.h"
#include "store/state.h"

#define NEVER_MS INT64_MAX
#define LOOK_MS INT64_C(3600000) /* what is due later is looked for again in an hour */
#define DUE_COLUMNS 3            /* of NEXT_DUE; then the number of rows in the outbox */

struct due_timer {
    const char *instance_id;
    const char *timer_id;
    const char *event;
    int64_t due_at_ms;
    Arbiter__V1__ValueMap *data;
    int64_t set_seq;
};

struct due_flag {
    const char *game_id;
    int64_t deadline_at_ms;
    int64_t turn_count;
};

struct round {
    struct due_timer *timers;
    size_t timer_count;
    struct due_flag *flags;
    size_t flag_count;
    struct outbox_row *commands;
    size_t command_count;
    bool is_full; /* there may be more that is due */
    int64_t next_ms;
};

/* ---- what is due ------------------------------------------------------------------------- */

static void on_timers(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct round *round = op->data;
    if (!op_check(op, result))
        return;
    round->timers = arena_array(&op->arena, result->row_count, sizeof *round->timers);
    for (size_t row = 0; round->timers != NULL && row < result->row_count; row++)
        round->timers[round->timer_count++] = (struct due_timer){
            .instance_id = op_text(op, sql_read_text(result, row, 0)),
            .timer_id = op_text(op, sql_read_text(result, row, 1)),
            .event = op_text(op, sql_read_text(result, row, 2)),
            .due_at_ms = sql_read_integer(result, row, 3),
            .data = (Arbiter__V1__ValueMap *)op_unpacked(op, &arbiter__v1__value_map__descriptor,
                                                         result, row, 4),
            .set_seq = sql_read_integer(result, row, 5),
        };
    round->is_full = round->is_full || result->row_count == STORE_DUE_MAX;
}

static void on_flags(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct round *round = op->data;
    if (!op_check(op, result))
        return;
    round->flags = arena_array(&op->arena, result->row_count, sizeof *round->flags);
    for (size_t row = 0; round->flags != NULL && row < result->row_count; row++)
        if (sql_is_null(result, row, 3)) /* otherwise the deadline has moved since it was set */
            round->flags[round->flag_count++] = (struct due_flag){
                .game_id = op_text(op, sql_read_text(result, row, 0)),
                .deadline_at_ms = sql_read_integer(result, row, 1),
                .turn_count = sql_read_integer(result, row, 2),
            };
    round->is_full = round->is_full || result->row_count == STORE_DUE_MAX;
}

static struct outbox_row read_command(struct op *op, const struct sql_result *result, size_t row)
{
    ProtobufCBinaryData payload = op_bytes(op, result, row, 4);
    ProtobufCBinaryData retry = op_bytes(op, result, row, 5);
    return (struct outbox_row){
        .command_id = op_text(op, sql_read_text(result, row, 0)),
        .instance_id = op_text(op, sql_read_text(result, row, 1)),
        .invoke_id = op_text(op, sql_read_text(result, row, 2)),
        .subject = op_text(op, sql_read_text(result, row, 3)),
        .payload = payload.data,
        .payload_size = payload.len,
        .retry = retry.data,
        .retry_size = retry.len,
        .attempt = sql_read_integer(result, row, 6),
        .timeout_ms = sql_read_integer(result, row, 7),
        .deadline_at_ms = sql_read_integer(result, row, 8),
    };
}

static void on_commands(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct round *round = op->data;
    if (!op_check(op, result))
        return;
    round->commands = arena_array(&op->arena, result->row_count, sizeof *round->commands);
    for (size_t row = 0; round->commands != NULL && row < result->row_count; row++)
        round->commands[round->command_count++] = read_command(op, result, row);
    round->is_full = round->is_full || result->row_count > 0; /* few: looking again costs little */
}

static enum op_next take_due(struct op *op)
{
    struct store *store = op->store;
    struct sql_value now = sql_integer(store_now_ms(store));
    struct sql_value limit = sql_integer(STORE_DUE_MAX);
    op_send(op, STATEMENT_TIMERS_DUE, SQL_PARAMETERS(now, limit), on_timers);
    op_send(op, STATEMENT_GAMES_FLAG, SQL_PARAMETERS(now, limit), on_flags);
    if (store->outbox.count < STORE_COMMANDS_MAX)
        op_send(op, STATEMENT_OUTBOX_CLAIM,
                SQL_PARAMETERS(now, sql_integer(outbox_hold_until_ms(store)),
                               sql_integer((int64_t)(STORE_COMMANDS_MAX - store->outbox.count))),
                on_commands);
    return OP_AGAIN;
}

/* ---- inbox rows -------------------------------------------------------------------------- */

static int by_due_time(const void *left, const void *right)
{
    const struct due_timer *a = left;
    const struct due_timer *b = right;
    if (a->due_at_ms != b->due_at_ms)
        return a->due_at_ms < b->due_at_ms ? -1 : 1;
    int order = strcmp(a->instance_id, b->instance_id);
    return order != 0 ? order : strcmp(a->timer_id, b->timer_id);
}

static int by_deadline(const void *left, const void *right)
{
    const struct due_flag *a = left;
    const struct due_flag *b = right;
    if (a->deadline_at_ms != b->deadline_at_ms)
        return a->deadline_at_ms < b->deadline_at_ms ? -1 : 1;
    return strcmp(a->game_id, b->game_id);
}

/* The id names this setting of the timer: set again, it is another event. */
static void put_timer(struct op *op, const struct due_timer *timer, int64_t now_ms)
{
    Arbiter__V1__InboxEvent event = ARBITER__V1__INBOX_EVENT__INIT;
    event.event_id = arena_format(&op->arena, "timer/%s/%" PRId64, timer->timer_id, timer->set_seq);
    event.name = (char *)timer->event;
    event.data = timer->data;
    event.due_at_ms = timer->due_at_ms;
    event.fired_at_ms = event.received_at_ms = now_ms;
    if (event.event_id != NULL)
        inbox_put(op, timer->instance_id, &event);
}

static void put_flag(struct op *op, const struct due_flag *flag, int64_t now_ms)
{
    Arbiter__V1__InboxEvent event = ARBITER__V1__INBOX_EVENT__INIT;
    event.event_id = arena_format(&op->arena, "flag/%" PRId64, flag->turn_count);
    event.name = "game.flag";
    const struct value_entry data = {value_text("turn_count"), value_int(flag->turn_count)};
    if (value_codec_map(&op->arena, value_map(&data, 1), &event.data) != STATUS_OK)
        return; /* the batch notices the full arena */
    event.due_at_ms = flag->deadline_at_ms;
    event.fired_at_ms = event.received_at_ms = now_ms;
    char *instance_id = arena_format(&op->arena, "game:%s", flag->game_id);
    if (event.event_id != NULL && instance_id != NULL)
        inbox_put(op, instance_id, &event);
}

static void on_next_due(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct round *round = op->data;
    if (!op_check(op, result) || result->row_count != 1)
        return;
    round->next_ms = NEVER_MS;
    op->store->stats.outbox_rows = sql_read_integer(result, 0, DUE_COLUMNS);
    for (size_t column = 0; column < DUE_COLUMNS; column++)
        if (!sql_is_null(result, 0, column) && sql_read_integer(result, 0, column) < round->next_ms)
            round->next_ms = sql_read_integer(result, 0, column);
}

static enum op_next put_rows(struct op *op)
{
    struct round *round = op->data;
    int64_t now_ms = store_now_ms(op->store);
    if (round->timer_count > 0)
        qsort(round->timers, round->timer_count, sizeof *round->timers, by_due_time);
    if (round->flag_count > 0)
        qsort(round->flags, round->flag_count, sizeof *round->flags, by_deadline);
    for (size_t i = 0; i < round->timer_count; i++)
        put_timer(op, &round->timers[i], now_ms);
    for (size_t i = 0; i < round->flag_count; i++)
        put_flag(op, &round->flags[i], now_ms);
    op_send(op, STATEMENT_NEXT_DUE, NULL, 0, on_next_due);
    return OP_LAST;
}

static enum op_next advance_round(struct op *op)
{
    return op->phase == 0 ? take_due(op) : put_rows(op);
}

static void end_round(struct op *op)
{
    struct store *store = op->store;
    const struct round *round = op->data;
    store->pump.is_busy = false;
    if (!op->is_committed || op->status != STATUS_OK || round == NULL)
        return; /* the sweep comes back */
    store->stats.timers_fired += round->timer_count;
    store->stats.flags_fired += round->flag_count;
    for (size_t i = 0; i < round->command_count; i++)
        outbox_send(store, &round->commands[i]);
    if (round->is_full)
        pump_wake(store, store_now_ms(store));
    else if (round->next_ms != NEVER_MS)
        pump_wake(store, round->next_ms);
}

static const struct op_kind op_pump = {NULL, advance_round, end_round, sizeof(struct round), NULL};

/* ---- when -------------------------------------------------------------------------------- */

static void on_time(void *user)
{
    struct store *store = user;
    struct pump *pump = &store->pump;
    pump->timer = 0;
    pump->at_ms = 0;
    if (pump->is_busy || store->is_silent)
        return;
    struct op *op = op_create(store, &op_pump, NULL);
    if (op == NULL)
        return; /* the sweep comes back */
    pump->is_busy = true;
    batch_add(store, op);
}

void pump_wake(struct store *store, int64_t at_ms)
{
    struct pump *pump = &store->pump;
    if (pump->timer != 0 && pump->at_ms <= at_ms)
        return;
    loop_cancel(store->loop, pump->timer);
    pump->timer = 0;
    int64_t look_ms = store_now_ms(store) + LOOK_MS;
    if (loop_at(store->loop, at_ms < look_ms ? at_ms : look_ms, on_time, store, &pump->timer) ==
        STATUS_OK)
        pump->at_ms = at_ms;
}

void pump_deinit(struct store *store)
{
    loop_cancel(store->loop, store->pump.timer);
}
