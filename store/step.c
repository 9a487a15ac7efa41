/*
 * CommitStep: a compare-and-swap on the instance's seq first; only a step that has won writes
 * anything else. The row lock that it holds from there keeps every other step of the instance out
 * until the commit.
 */
#include <string.h>

#include "store/state.h"
#include "proto/game_events.h"
#include "store/retry.h"
#include "store/write_fold.h"
#include "store/write_run.h"

struct step {
    bool has_won;
    bool is_repeated; /* an event of this step was consumed before */
    int64_t repeated_seq;
    ProtobufCBinaryData repeated_answer;
    bool has_asked; /* what became of its events before */
    bool is_decided;
    size_t events_known; /* of those to consume, how many are in the inbox */
    bool has_arrived;    /* the event from outside is in the inbox already, waiting */
    size_t sequence_count;
    int64_t *sequences;
};

static const Arbiter__V1__CommitStepRequest *request_of(const struct op *op)
{
    return (const Arbiter__V1__CommitStepRequest *)op->input;
}

/* ---- first round: who wins ----------------------------------------------------------------------
 */

static void on_event_state(struct op *op, const struct sql_result *result, bool is_arrived)
{
    struct step *step = op->data;
    if (!op_check(op, result) || result->row_count == 0)
        return;
    if (!sql_is_null(result, 0, 0)) {
        step->is_repeated = true;
        step->repeated_seq = sql_read_integer(result, 0, 0);
        step->repeated_answer = op_bytes(op, result, 0, 1);
    } else if (is_arrived) {
        step->has_arrived = true;
    } else {
        step->events_known++;
    }
}

static void on_consumed_state(const struct sql_result *result, void *user)
{
    on_event_state(user, result, false);
}

static void on_arrived_state(const struct sql_result *result, void *user)
{
    on_event_state(user, result, true);
}

static void on_swap(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct step *step = op->data;
    if (op_check(op, result))
        step->has_won = result->changed == 1;
}

static struct sql_value tags_of(struct op *op, const Arbiter__V1__CommitStepRequest *request)
{
    size_t size = 1;
    for (size_t i = 0; i < request->n_tags; i++)
        size += strlen(request->tags[i]) + 1;
    char *text = arena_alloc(&op->arena, size);
    if (text == NULL)
        return sql_text("");
    char *end = text;
    for (size_t i = 0; i < request->n_tags; i++) {
        size_t length = strlen(request->tags[i]);
        memcpy(end, request->tags[i], length);
        end += length;
        *end++ = ' ';
    }
    *end = '\0';
    return sql_text(text);
}

/* Whether it is the start of a game's machine, which is no row (but was, once). */
static bool is_game_start(const Arbiter__V1__CommitStepRequest *request, const char *event_id)
{
    return request->expected_seq == 0 && strcmp(event_id, GAME_START) == 0 &&
           game_of_instance(request->instance_id) != NULL;
}

static void ask_consumed(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    struct step *step = op->data;
    step->has_asked = true;
    for (size_t i = 0; i < request->n_consumed; i++)
        if (is_game_start(request, request->consumed[i]))
            step->events_known++;
        else
            op_send(op, STATEMENT_INBOX_STATE,
                    SQL_PARAMETERS(sql_text(request->instance_id), sql_text(request->consumed[i])),
                    on_consumed_state);
}

static void ask_arrived(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    if (request->arrived != NULL)
        op_send(
            op, STATEMENT_INBOX_STATE,
            SQL_PARAMETERS(sql_text(request->instance_id), sql_text(request->arrived->event_id)),
            on_arrived_state);
}

/* Events hardly ever come twice: who has won need not ask whether they have, it notices when it
 * takes them, and asks before it tries again. */
static enum op_next compare_and_swap(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    bool is_sure = op->is_alone || op->tries > 0;
    if (is_sure) {
        ask_consumed(op);
        ask_arrived(op);
    }
    struct sql_value snapshot = sql_bytes(request->snapshot.data, request->snapshot.len);
    if (request->expected_seq == 0)
        op_send(op, STATEMENT_INSTANCE_FIRST,
                SQL_PARAMETERS(sql_text(request->instance_id), sql_text(request->machine),
                               sql_text(request->machine_hash), snapshot, tags_of(op, request),
                               sql_boolean(request->finished), sql_integer(request->now_ms)),
                on_swap);
    else
        op_send(op, STATEMENT_INSTANCE_STEP,
                SQL_PARAMETERS(sql_text(request->instance_id), sql_integer(request->expected_seq),
                               sql_text(request->machine), sql_text(request->machine_hash),
                               snapshot, tags_of(op, request), sql_boolean(request->finished),
                               sql_integer(request->now_ms)),
                on_swap);
    return OP_AGAIN;
}

/* ---- second round: what the winner writes -------------------------------------------------------
 */

static void on_arrival(const struct sql_result *result, void *user)
{
    struct op *op = user;
    if (op_check(op, result) && result->changed != 1)
        (void)op_fail(op, STATUS_ABORTED, "the event has arrived twice at once");
}

static void on_consumed(const struct sql_result *result, void *user)
{
    struct op *op = user;
    if (op_check(op, result) && result->changed != 1)
        (void)op_fail(op, STATUS_FAILED_PRECONDITION,
                      "an event that '%s' consumed is not in its inbox",
                      request_of(op)->instance_id);
}

/* An event arrives and is consumed in one. */
static void take_event(struct op *op, const Arbiter__V1__InboxEvent *event, struct sql_value answer,
                       struct sql_value answered)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    op_send(op, STATEMENT_INBOX_TAKE,
            SQL_PARAMETERS(
                sql_text(request->instance_id), sql_text(event->event_id), sql_text(event->name),
                op_packed(op, event->data != NULL ? &event->data->base : NULL),
                sql_integer(event->due_at_ms), sql_integer(event->fired_at_ms),
                sql_text(event->actor), sql_text(event->note),
                sql_integer(event->received_at_ms > 0 ? event->received_at_ms : request->now_ms),
                op_position(op), sql_integer(request->expected_seq + 1), answer, answered),
            on_arrival);
}

static struct sql_value pack_answered(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    Arbiter__V1__AnsweredEvents answered = ARBITER__V1__ANSWERED_EVENTS__INIT;
    answered.events = request->answered;
    answered.n_events = request->n_answered;
    return op_packed(op, request->n_answered > 0 ? &answered.base : NULL);
}

static void consume(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    const struct step *step = op->data;
    struct sql_value answer = sql_bytes(request->answer.data, request->answer.len);
    struct sql_value seq = sql_integer(request->expected_seq + 1);
    for (size_t i = 0; i < request->n_consumed; i++)
        op_send(op, STATEMENT_INBOX_CONSUME,
                SQL_PARAMETERS(sql_text(request->instance_id), sql_text(request->consumed[i]), seq,
                               request->arrived == NULL ? answer : sql_null()),
                is_game_start(request, request->consumed[i]) ? NULL : on_consumed);
    const Arbiter__V1__InboxEvent *event = request->arrived;
    if (event == NULL)
        return;
    if (step->has_arrived) {
        op_send(
            op, STATEMENT_INBOX_CONSUME,
            SQL_PARAMETERS(sql_text(request->instance_id), sql_text(event->event_id), seq, answer),
            NULL);
        return;
    }
    take_event(op, event, answer, pack_answered(op));
}

/* Those that go with no event which arrives are rows of their own. */
static void take_answered(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    const struct step *step = op->data;
    bool are_taken = request->arrived != NULL && !step->has_arrived;
    for (size_t i = 0; !are_taken && i < request->n_answered; i++)
        take_event(op, request->answered[i], sql_null(), sql_null());
}

static void begin_games(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    for (size_t i = 0; i < request->n_games && !op->has_failed; i++)
        game_begin(op, &(struct new_game){request->games[i]->game_id, request->games[i]->request_id,
                                          request->games[i]->game});
}

static void on_settled(const struct sql_result *result, void *user)
{
    struct op *op = user;
    if (op_check(op, result) && result->changed != 1)
        (void)op_fail(op, STATUS_FAILED_PRECONDITION, "the command has been settled before");
}

/* The event that has arrived is a command's answer: from here on nobody need ask again. */
static void settle_command(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    if (request->settles && request->arrived != NULL)
        op_send(op, STATEMENT_OUTBOX_DONE, SQL_PARAMETERS(sql_text(request->arrived->event_id)),
                on_settled);
}

static void write_journal(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    op_send(op, STATEMENT_JOURNAL_PUT,
            SQL_PARAMETERS(sql_text(request->instance_id), sql_integer(request->expected_seq + 1),
                           sql_integer(request->now_ms), sql_text(request->machine_hash),
                           sql_bytes(request->snapshot.data, request->snapshot.len),
                           sql_text(request->effects), sql_text(request->actor),
                           sql_text(request->note)),
            NULL);
}

static void write_timers(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    struct sql_value instance = sql_text(request->instance_id);
    for (size_t i = 0; i < request->n_timers_cancelled; i++)
        op_send(op, STATEMENT_TIMER_CANCEL,
                SQL_PARAMETERS(instance, sql_text(request->timers_cancelled[i])), NULL);
    for (size_t i = 0; i < request->n_timer_prefixes_cancelled; i++)
        op_send(op, STATEMENT_TIMER_CANCEL_PREFIX,
                SQL_PARAMETERS(instance, sql_text(request->timer_prefixes_cancelled[i])), NULL);
    for (size_t i = 0; i < request->n_timers_set; i++) {
        const Arbiter__V1__TimerSet *timer = request->timers_set[i];
        op_send(op, STATEMENT_TIMER_SET,
                SQL_PARAMETERS(instance, sql_text(timer->timer_id), sql_text(timer->event),
                               sql_integer(timer->due_at_ms),
                               op_packed(op, timer->data != NULL ? &timer->data->base : NULL),
                               sql_integer(request->expected_seq + 1)),
                NULL);
    }
}

/* A machine that waits for an answer hears that there is none. */
static bool is_unserved(const struct op *op, const Arbiter__V1__Command *command)
{
    return command->invoke_id[0] == '\0' && strcmp(command->subject, op->store->unserved) == 0;
}

static void write_commands(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    int64_t now_ms = store_now_ms(op->store);
    for (size_t i = 0; i < request->n_commands_cancelled; i++)
        op_send(op, STATEMENT_OUTBOX_CANCEL,
                SQL_PARAMETERS(sql_text(request->commands_cancelled[i]),
                               sql_text(request->instance_id)),
                NULL);
    for (size_t i = 0; i < request->n_commands; i++) {
        const Arbiter__V1__Command *command = request->commands[i];
        int64_t timeout_ms = retry_timeout_ms(command->retry);
        if (is_unserved(op, command))
            continue;
        op_send(op, STATEMENT_OUTBOX_PUT,
                SQL_PARAMETERS(sql_text(command->command_id), sql_text(request->instance_id),
                               sql_text(command->invoke_id), sql_text(command->subject),
                               sql_bytes(command->payload.data, command->payload.len),
                               op_packed(op, command->retry != NULL ? &command->retry->base : NULL),
                               sql_integer(timeout_ms),
                               sql_integer(outbox_hold_until_ms(op->store)),
                               sql_integer(command->deadline_at_ms), sql_integer(now_ms)),
                NULL);
    }
}

static void write_sends(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    for (size_t i = 0; i < request->n_sends; i++) {
        const Arbiter__V1__Send *send = request->sends[i];
        Arbiter__V1__InboxEvent event = ARBITER__V1__INBOX_EVENT__INIT;
        event.event_id = send->event_id;
        event.name = send->name;
        event.data = send->data;
        event.actor = request->actor;
        event.note = request->note;
        event.received_at_ms = request->now_ms;
        inbox_put(op, send->to, &event);
    }
}

static void on_sequence(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct step *step = op->data;
    if (op_check(op, result) && result->row_count == 1)
        step->sequences[step->sequence_count++] = sql_read_integer(result, 0, 0);
}

static void write_events(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    struct step *step = op->data;
    step->sequences = arena_array(&op->arena, request->n_events, sizeof *step->sequences);
    for (size_t i = 0; step->sequences != NULL && i < request->n_events; i++)
        event_put(op, request->events[i], request->now_ms, on_sequence);
}

static void run_writes(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    const struct write_scope scope = {request->instance_id, request->now_ms};
    size_t count;
    Arbiter__V1__Write **writes =
        write_fold(&op->arena, request->writes, request->n_writes, &count);
    for (size_t i = 0; writes != NULL && i < count && !op->has_failed; i++)
        write_run(op, writes[i], &scope);
}

static enum op_next write_all(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    consume(op);
    take_answered(op);
    settle_command(op);
    write_journal(op);
    write_timers(op);
    if (request->turn != NULL)
        game_append_last(op, request->turn);
    run_writes(op);
    begin_games(op); /* a match's next game follows the result of its last */
    write_sends(op);
    write_commands(op);
    write_events(op);
    /* The reply holds pointers that are filled while the answers come in. */
    Arbiter__V1__CommitStepReply *reply =
        OP_OUTPUT(op, Arbiter__V1__CommitStepReply, arbiter__v1__commit_step_reply__init);
    const struct step *step = op->data;
    reply->seq = request->expected_seq + 1;
    reply->event_sequences = step->sequences;
    reply->n_event_sequences = request->n_events;
    bool may_be_refused = request->n_writes > 0 || request->n_games > 0 ||
                          request->n_consumed > 0 || request->settles || request->turn != NULL;
    return may_be_refused ? OP_AGAIN : OP_LAST;
}

/* ---- deciding -----------------------------------------------------------------------------------
 */

static void answer_as_before(struct op *op)
{
    const struct step *step = op->data;
    Arbiter__V1__CommitStepReply *reply =
        OP_OUTPUT(op, Arbiter__V1__CommitStepReply, arbiter__v1__commit_step_reply__init);
    reply->seq = step->repeated_seq;
    reply->repeated_event = true;
    reply->answer = step->repeated_answer;
    op->store->stats.repeats++;
}

static enum op_next decide(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    struct step *step = op->data;
    step->is_decided = true;
    if (step->is_repeated) {
        answer_as_before(op);
        op->has_failed = step->has_won; /* the swap must not stay */
        return OP_READY;
    }
    if (!step->has_won) {
        op->store->stats.conflicts++;
        return op_refuse(op, STATUS_ABORTED, "'%s' is not at step %lld any more",
                         request->instance_id, (long long)request->expected_seq);
    }
    if (step->has_asked && step->events_known != request->n_consumed)
        return op_fail(op, STATUS_FAILED_PRECONDITION,
                       "an event that '%s' consumed is not in its inbox", request->instance_id);
    return write_all(op);
}

/* Who has lost may have been answered before. */
static enum op_next ask_why(struct op *op)
{
    ask_consumed(op);
    ask_arrived(op);
    return OP_AGAIN;
}

static bool turn_is_sound(const Arbiter__V1__CommitStepRequest *request)
{
    const Arbiter__V1__AppendTurnRequest *last = request->turn;
    const char *game_id = game_of_instance(request->instance_id);
    return last == NULL ||
           (last->turn != NULL && last->turn->event_id[0] != '\0' && last->ended != NULL &&
            game_id != NULL && strcmp(last->game_id, game_id) == 0);
}

static enum op_next advance_step(struct op *op)
{
    const struct step *step = op->data;
    if (op->phase == 0 && request_of(op)->instance_id[0] == '\0')
        return op_refuse(op, STATUS_INVALID_ARGUMENT, "instance_id is missing");
    if (op->phase == 0 && !turn_is_sound(request_of(op)))
        return op_refuse(op, STATUS_INVALID_ARGUMENT,
                         "a step brings the last turn of its own game, with an event id");
    if (op->phase == 0)
        return compare_and_swap(op);
    if (step->is_decided)
        return OP_READY; /* all writes have been accepted */
    if (!step->has_won && !step->has_asked)
        return ask_why(op);
    return decide(op);
}

/* ---- after the commit ---------------------------------------------------------------------------
 */

static void send_command(struct op *op, const Arbiter__V1__Command *command)
{
    struct sql_value retry = op_packed(op, command->retry != NULL ? &command->retry->base : NULL);
    outbox_send(op->store, &(struct outbox_row){.command_id = command->command_id,
                                                .instance_id = request_of(op)->instance_id,
                                                .invoke_id = command->invoke_id,
                                                .subject = command->subject,
                                                .payload = command->payload.data,
                                                .payload_size = command->payload.len,
                                                .retry = retry.as.bytes,
                                                .retry_size = retry.size,
                                                .timeout_ms = retry_timeout_ms(command->retry),
                                                .deadline_at_ms = command->deadline_at_ms});
}

static void end_step(struct op *op)
{
    const Arbiter__V1__CommitStepRequest *request = request_of(op);
    const struct step *step = op->data;
    if (!op->is_committed || op->status != STATUS_OK || step->is_repeated)
        return;
    for (size_t i = 0; i < request->n_timers_set; i++)
        pump_wake(op->store, request->timers_set[i]->due_at_ms);
    for (size_t i = 0; i < request->n_commands; i++)
        if (!is_unserved(op, request->commands[i]))
            send_command(op, request->commands[i]);
    for (size_t i = 0; i < request->n_games; i++)
        game_begun(op->store, request->games[i]->game);
    for (size_t i = 0; !request->is_told && i < request->n_events; i++)
        word_send(op->store, request->events[i], request->now_ms);
    if (op->has_events)
        publisher_wake(op->store);
}

const struct op_kind op_commit_step = {"CommitStep", advance_step, end_step, sizeof(struct step),
                                       "instance_id"};
