/*
 * Commands: rows of the outbox that leave as requests until an answer is committed. Whoever has the
 * row has it until its next_at_ms, and holds on to it while the attempt lasts; a replica that dies
 * in between loses nothing but a hold's time, and the receiver knows a second request by the
 * command's id.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fsm/value_codec.h"
#include "proto/copy.h"
#include "proto/reflect.h"
#include "store/retry.h"
#include "store/state.h"

#include "arbiter/v1/orchestrator.pb-c.h"

#define COMMAND_BYTES_MAX (2u << 20)
#define ANSWER_DEPTH_MAX 100 /* messages inside each other */
#define RENEWAL_MS 1000      /* holds are looked at so often */
#define DELIVERY_MS 1500     /* an orchestrator has so long to take an answer and commit its step */

/* One attempt under way, and then its outcome on the way into the database. */
struct command {
    struct command *next;
    struct store *store;
    struct arena arena;
    struct outbox_row row;
    Arbiter__V1__RetryPolicy *retry; /* NULL: one attempt */
    int64_t held_until_ms;
    /* the outcome */
    const char *event_name; /* NULL: nobody waits for it */
    Arbiter__V1__ValueMap *event_data;
    int64_t next_at_ms; /* of the next attempt; 0: this was the last */
};

static const char *copy(struct arena *arena, const char *text)
{
    return arena_copy(arena, text, strlen(text));
}

/* ---- holding on to rows ------------------------------------------------------------------ */

int64_t outbox_hold_until_ms(const struct store *store)
{
    return store_now_ms(store) + loop_span_ms(store->loop, OUTBOX_HOLD_MS);
}

struct hold {
    int64_t before_ms; /* holds that lapse earlier are renewed */
    int64_t until_ms;
};

static bool is_lapsing(const struct store *store, int64_t before_ms)
{
    const struct command *command = store->outbox.first;
    while (command != NULL && command->held_until_ms >= before_ms)
        command = command->next;
    return command != NULL;
}

static enum op_next advance_hold(struct op *op)
{
    struct hold *hold = op->data;
    hold->until_ms = outbox_hold_until_ms(op->store);
    hold->before_ms = hold->until_ms - loop_span_ms(op->store->loop, OUTBOX_HOLD_MS / 2);
    bool is_sent = false;
    for (const struct command *it = op->store->outbox.first; it != NULL; it = it->next)
        if (it->held_until_ms < hold->before_ms) {
            is_sent = true;
            op_send(op, STATEMENT_OUTBOX_HOLD,
                    SQL_PARAMETERS(sql_text(it->row.command_id), sql_integer(hold->until_ms)),
                    NULL);
        }
    return is_sent ? OP_LAST : OP_READY; /* what was lapsing may have been answered since */
}

static void end_hold(struct op *op)
{
    const struct hold *hold = op->data;
    if (!op->is_committed)
        return;
    for (struct command *it = op->store->outbox.first; it != NULL; it = it->next)
        if (it->held_until_ms < hold->before_ms) /* younger ones lapse later */
            it->held_until_ms = hold->until_ms;
}

static const struct op_kind op_hold = {NULL, advance_hold, end_hold, sizeof(struct hold), NULL};

static void arm_renewal(struct store *store);

static void on_renewal(void *user)
{
    struct store *store = user;
    store->outbox.renewal = 0;
    if (store->outbox.count == 0 || store->is_silent)
        return;
    int64_t before_ms = store_now_ms(store) + loop_span_ms(store->loop, OUTBOX_HOLD_MS / 2);
    struct op *op = is_lapsing(store, before_ms) ? op_create(store, &op_hold, NULL) : NULL;
    if (op != NULL)
        batch_add(store, op);
    arm_renewal(store);
}

static void arm_renewal(struct store *store)
{
    if (store->outbox.renewal == 0 &&
        loop_after(store->loop, RENEWAL_MS, on_renewal, store, &store->outbox.renewal) != STATUS_OK)
        store->outbox.renewal = 0; /* at worst another replica asks the same again */
}

/* ---- the list ---------------------------------------------------------------------------- */

static void command_end(struct command *command)
{
    struct outbox *outbox = &command->store->outbox;
    struct command **link = &outbox->first;
    while (*link != command)
        link = &(*link)->next;
    *link = command->next;
    outbox->count--;
    arena_deinit(&command->arena);
    free(command);
}

static struct command *command_begin(struct store *store, const struct outbox_row *row)
{
    struct command *command = calloc(1, sizeof *command);
    if (command == NULL)
        return NULL;
    struct arena *arena = &command->arena;
    arena_init(arena, COMMAND_BYTES_MAX);
    command->store = store;
    command->row = *row;
    command->row.command_id = copy(arena, row->command_id);
    command->row.instance_id = copy(arena, row->instance_id);
    command->row.invoke_id = copy(arena, row->invoke_id);
    command->row.subject = copy(arena, row->subject);
    command->row.payload =
        arena_copy(arena, row->payload != NULL ? row->payload : "", row->payload_size);
    if (row->retry_size > 0)
        command->retry = proto_unpack_in(arena, &arbiter__v1__retry_policy__descriptor, row->retry,
                                         row->retry_size);
    if (arena_full(arena)) {
        arena_deinit(arena);
        free(command);
        return NULL;
    }
    command->held_until_ms = outbox_hold_until_ms(store);
    command->next = store->outbox.first;
    store->outbox.first = command;
    store->outbox.count++;
    arm_renewal(store);
    return command;
}

void outbox_deinit(struct store *store)
{
    loop_cancel(store->loop, store->outbox.renewal);
    while (store->outbox.first != NULL)
        command_end(store->outbox.first);
}

/* ---- committing the outcome -------------------------------------------------------------- */

struct settlement {
    struct command *command;
    bool was_there; /* the row had not been settled or withdrawn before */
};

static void on_deleted(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct settlement *settlement = op->data;
    if (op_check(op, result))
        settlement->was_there = result->changed == 1;
}

static enum op_next advance_done(struct op *op)
{
    const struct command *command = op->request;
    const struct settlement *settlement = op->data;
    if (op->phase == 0) {
        op_send(op, STATEMENT_OUTBOX_DONE, SQL_PARAMETERS(sql_text(command->row.command_id)),
                on_deleted);
        return OP_AGAIN;
    }
    if (!settlement->was_there || command->event_name == NULL)
        return OP_READY;
    Arbiter__V1__InboxEvent event = ARBITER__V1__INBOX_EVENT__INIT;
    event.event_id = (char *)command->row.command_id;
    event.name = (char *)command->event_name;
    event.data = command->event_data;
    event.received_at_ms = store_now_ms(op->store);
    inbox_put(op, command->row.instance_id, &event);
    return OP_LAST;
}

static enum op_next advance_retry(struct op *op)
{
    const struct command *command = op->request;
    op_send(op, STATEMENT_OUTBOX_RETRY,
            SQL_PARAMETERS(sql_text(command->row.command_id), sql_integer(command->row.attempt + 1),
                           sql_integer(command->next_at_ms)),
            NULL);
    return OP_LAST;
}

/* Where the outcome could not be committed the row is still there, and its time comes again. */
static void end_settlement(struct op *op)
{
    struct command *command = op->request;
    if (op->is_committed && command->next_at_ms > 0)
        pump_wake(op->store, command->next_at_ms);
    command_end(command);
}

static const struct op_kind op_done = {NULL, advance_done, end_settlement,
                                       sizeof(struct settlement), NULL};
static const struct op_kind op_retry = {NULL, advance_retry, end_settlement, 1, NULL};

static void settle(struct command *command)
{
    struct op *op = op_create(command->store, command->next_at_ms > 0 ? &op_retry : &op_done, NULL);
    if (op == NULL) {
        command_end(command); /* the row's time comes again */
        return;
    }
    op->request = command;
    batch_add(command->store, op);
}

/* ---- handing the outcome over ------------------------------------------------------------ */

static void on_delivered(const struct bus_answer *answer, void *user)
{
    struct command *command = user;
    if (answer->status == STATUS_OK || answer->status == STATUS_CANCELLED)
        command_end(command); /* the step that took it has settled the row; or the bus is closing */
    else
        settle(command);
}

/* The outcome goes to its machine at once, and the step that takes it settles the row. Where that
 * does not happen, or is not heard to have happened, the outcome waits in the inbox: of the two
 * only one finds the row. */
static void deliver(struct command *command)
{
    Arbiter__V1__TakeReplyRequest request = ARBITER__V1__TAKE_REPLY_REQUEST__INIT;
    Arbiter__V1__InboxEvent event = ARBITER__V1__INBOX_EVENT__INIT;
    if (command->event_name == NULL) {
        settle(command);
        return;
    }
    event.event_id = (char *)command->row.command_id;
    event.name = (char *)command->event_name;
    event.data = command->event_data;
    event.received_at_ms = store_now_ms(command->store);
    request.instance_id = (char *)command->row.instance_id;
    request.event = &event;
    bus_call(command->store->bus,
             &(struct bus_call){.service = &arbiter__v1__orchestrator__descriptor,
                                .method = "TakeReply",
                                .input = &request.base,
                                .timeout_ms = DELIVERY_MS},
             on_delivered, command);
}

/* ---- outcomes ---------------------------------------------------------------------------- */

static struct value failure_data(struct command *command, const char *code, const char *detail,
                                 int64_t attempt)
{
    struct value_entry *entries = arena_array(&command->arena, 3, sizeof *entries);
    if (entries == NULL)
        return value_map(NULL, 0);
    entries[0] = (struct value_entry){value_text("code"), value_text(code)};
    entries[1] = (struct value_entry){value_text("detail"), value_text(detail)};
    entries[2] = (struct value_entry){value_text("attempt"), value_int(attempt)};
    return value_map(entries, 3);
}

/* The last attempt has failed: the machine is told where it waits. */
static void give_up(struct command *command, const char *code, const char *detail, int64_t attempt)
{
    command->store->stats.commands_failed++;
    if (command->row.invoke_id[0] != '\0') {
        command->event_name =
            arena_format(&command->arena, "error.invoke.%s.%s", command->row.invoke_id, code);
        struct value data = failure_data(command, copy(&command->arena, code), detail, attempt);
        if (value_codec_map(&command->arena, data, &command->event_data) != STATUS_OK)
            command->event_data = NULL; /* the event's name says the code */
    }
    deliver(command);
}

static void fail(struct command *command, enum status status, const char *detail)
{
    struct store *store = command->store;
    int64_t attempt = command->row.attempt + 1;
    char code[RETRY_CODE_MAX];
    (void)retry_code(status, code);
    if (!retry_again(command->retry, code, attempt)) {
        give_up(command, code, detail, attempt);
        return;
    }
    int64_t wait_ms = retry_wait_ms(command->retry, attempt, &store->random);
    command->next_at_ms = store_now_ms(store) + loop_span_ms(store->loop, wait_ms);
    if (command->row.deadline_at_ms > 0 && command->next_at_ms >= command->row.deadline_at_ms) {
        command->next_at_ms = 0;
        give_up(command, "deadline", detail, attempt);
        return;
    }
    settle(command);
}

/* The answer as a map; a service that is not of the house may answer what we cannot read. */
static enum status read_answer(struct command *command, const struct bus_raw_answer *answer)
{
    struct reflect_method found;
    if (reflect_find_method(command->row.subject, &found) != STATUS_OK)
        return STATUS_OK; /* nobody knows its type: an empty map */
    if (!value_codec_nests_within(found.method->output, answer->payload, answer->payload_size,
                                  ANSWER_DEPTH_MAX))
        return STATUS_DATA_LOSS; /* protobuf-c unpacks by recursion */
    const ProtobufCMessage *output = proto_unpack_in(&command->arena, found.method->output,
                                                     answer->payload, answer->payload_size);
    struct value map;
    if (output == NULL)
        return STATUS_DATA_LOSS;
    enum status status = reflect_to_value(&command->arena, output, &map);
    if (status != STATUS_OK)
        return STATUS_DATA_LOSS;
    return value_codec_map(&command->arena, map, &command->event_data);
}

static void succeed(struct command *command, const struct bus_raw_answer *answer)
{
    if (command->row.invoke_id[0] != '\0') {
        if (read_answer(command, answer) != STATUS_OK) {
            give_up(command, "data_loss", "the answer cannot be read", command->row.attempt + 1);
            return;
        }
        command->event_name =
            arena_format(&command->arena, "done.invoke.%s", command->row.invoke_id);
    }
    command->store->stats.commands_done++;
    deliver(command);
}

static void on_answer(const struct bus_raw_answer *answer, void *user)
{
    struct command *command = user;
    enum status status = answer->head.status;
    if (status == STATUS_OK)
        succeed(command, answer);
    else if (status == STATUS_CANCELLED)
        command_end(command); /* the bus is closing: whoever comes next makes the attempt */
    else
        fail(command, status,
             answer->head.message != NULL ? answer->head.message : status_name(status));
}

void outbox_send(struct store *store, const struct outbox_row *row)
{
    if (store->outbox.count >= STORE_COMMANDS_MAX || store->is_silent)
        return; /* its time comes again */
    struct command *command = command_begin(store, row);
    if (command == NULL)
        return;
    int64_t now_ms = store_now_ms(store);
    int64_t timeout_ms = row->timeout_ms;
    if (row->deadline_at_ms > 0 && row->deadline_at_ms <= now_ms) {
        give_up(command, "deadline", "its time is over", row->attempt);
        return;
    }
    int64_t speed = loop_span_ms(store->loop, 1);
    if (row->deadline_at_ms > 0 && (row->deadline_at_ms - now_ms) / speed < timeout_ms)
        timeout_ms = (row->deadline_at_ms - now_ms) / speed + 1;
    store->stats.commands_sent++;
    bus_call_raw(store->bus,
                 &(struct bus_raw_call){.subject = command->row.subject,
                                        .payload = command->row.payload,
                                        .payload_size = command->row.payload_size,
                                        .request_id = command->row.command_id,
                                        .timeout_ms = timeout_ms},
                 on_answer, command);
}
