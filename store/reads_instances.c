/* Reads of instances: a machine's state, what waits for it, its journal. */
#include <string.h>

#include "proto/game_events.h"
#include "store/reads.h"

#define JOURNAL_BYTES_MAX (BUS_MESSAGE_MAX / 2) /* the events come on top */

static void refuse_instance(struct op *op)
{
    (void)op_refuse(op, STATUS_NOT_FOUND, "there is no instance '%s'",
                    INPUT(LoadInstance)->instance_id);
}

static void on_instance(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0) {
        if (game_of_instance(INPUT(LoadInstance)->instance_id) == NULL)
            refuse_instance(op);
        return;
    }
    Arbiter__V1__LoadInstanceReply *reply = REPLY(LoadInstance);
    const size_t row = 0;
    reply->machine = TEXT(0);
    reply->machine_hash = TEXT(1);
    reply->seq = INTEGER(2);
    reply->snapshot = op_bytes(op, result, row, 3);
    reply->finished = INTEGER(4) != 0;
    reply->updated_at_ms = INTEGER(5);
}

static void on_waiting(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__LoadInstanceReply *reply = REPLY(LoadInstance);
    FILL(reply->pending, reply->n_pending, read_inbox);
}

static void on_event_asked(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0 || sql_is_null(result, 0, 0))
        return;
    REPLY(LoadInstance)->event_consumed = true;
    REPLY(LoadInstance)->answer = op_bytes(op, result, 0, 1);
}

/* Puts an event before the others. */
static Arbiter__V1__InboxEvent **with_first(struct op *op, Arbiter__V1__InboxEvent *first,
                                            Arbiter__V1__InboxEvent **rest, size_t rest_count)
{
    Arbiter__V1__InboxEvent **events =
        arena_array(&op->arena, rest_count + 1, sizeof(Arbiter__V1__InboxEvent *));
    if (events == NULL)
        return NULL;
    events[0] = first;
    if (rest_count > 0)
        memcpy(events + 1, rest, rest_count * sizeof(Arbiter__V1__InboxEvent *));
    return events;
}

/* Where the game's machine has not begun. */
static void on_game_to_begin(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__LoadInstanceReply *reply = REPLY(LoadInstance);
    if (reply->machine[0] != '\0')
        return;
    const Arbiter__V1__Game *game = result->row_count > 0 ? read_game(op, result, 0) : NULL;
    Arbiter__V1__InboxEvent *start = game != NULL ? game_start(&op->arena, game) : NULL;
    if (start == NULL) {
        refuse_instance(op);
        return;
    }
    reply->machine = op_text(op, GAME_MACHINE);
    reply->updated_at_ms = game->created_at_ms;
    if (INPUT(LoadInstance)->pending_max == 0)
        return;
    reply->pending = with_first(op, start, reply->pending, reply->n_pending);
    reply->n_pending = reply->pending != NULL ? reply->n_pending + 1 : 0;
}

static enum op_next load_instance(struct op *op)
{
    const Arbiter__V1__LoadInstanceRequest *request = INPUT(LoadInstance);
    struct sql_value id = sql_text(request->instance_id);
    (void)OP_OUTPUT(op, Arbiter__V1__LoadInstanceReply, arbiter__v1__load_instance_reply__init);
    op_send(op, STATEMENT_INSTANCE_LOAD, SQL_PARAMETERS(id), on_instance);
    if (request->pending_max > 0)
        op_send(op, STATEMENT_INBOX_WAITING,
                SQL_PARAMETERS(id, sql_integer(reads_limit(request->pending_max))), on_waiting);
    if (request->event_id[0] != '\0')
        op_send(op, STATEMENT_INBOX_STATE, SQL_PARAMETERS(id, sql_text(request->event_id)),
                on_event_asked);
    const char *game_id = game_of_instance(request->instance_id);
    if (game_id != NULL)
        op_send(op, STATEMENT_GAME_GET, SQL_PARAMETERS(sql_text(game_id)), on_game_to_begin);
    return OP_LAST;
}

static void on_forgotten(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListPendingReply *reply = REPLY(ListPending);
    reply->instance_ids = reads_new_list(op, result);
    for (size_t row = 0; reply->instance_ids != NULL && row < result->row_count; row++)
        reply->instance_ids[reply->n_instance_ids++] = TEXT(0);
}

static enum op_next list_pending(struct op *op)
{
    (void)OP_OUTPUT(op, Arbiter__V1__ListPendingReply, arbiter__v1__list_pending_reply__init);
    op_send(op, STATEMENT_INBOX_FORGOTTEN,
            SQL_PARAMETERS(sql_integer(INPUT(ListPending)->older_than_ms),
                           sql_integer(reads_limit(INPUT(ListPending)->limit))),
            on_forgotten);
    return OP_LAST;
}

static Arbiter__V1__LiveInstance *read_live(struct op *op, const struct sql_result *result,
                                            size_t row)
{
    Arbiter__V1__LiveInstance *live =
        NEW(op, Arbiter__V1__LiveInstance, arbiter__v1__live_instance__init);
    if (live == NULL)
        return NULL;
    live->instance_id = TEXT(0);
    live->machine_hash = TEXT(1);
    live->seq = INTEGER(2);
    live->snapshot = op_bytes(op, result, row, 3);
    return live;
}

static void on_live(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListInstancesReply *reply = REPLY(ListInstances);
    FILL(reply->instances, reply->n_instances, read_live);
    size_t size = 0;
    for (size_t i = 0; i < reply->n_instances; i++) {
        size += arbiter__v1__live_instance__get_packed_size(reply->instances[i]);
        if (size > JOURNAL_BYTES_MAX && i > 0) {
            reply->n_instances = i;
            break;
        }
    }
}

static enum op_next list_instances(struct op *op)
{
    (void)OP_OUTPUT(op, Arbiter__V1__ListInstancesReply, arbiter__v1__list_instances_reply__init);
    op_send(op, STATEMENT_INSTANCES_LIVE,
            SQL_PARAMETERS(sql_text(INPUT(ListInstances)->machine),
                           sql_text(INPUT(ListInstances)->after),
                           sql_integer(reads_limit(INPUT(ListInstances)->limit))),
            on_live);
    return OP_LAST;
}

static Arbiter__V1__JournalEntry *read_entry(struct op *op, const struct sql_result *result,
                                             size_t row)
{
    Arbiter__V1__JournalEntry *entry =
        NEW(op, Arbiter__V1__JournalEntry, arbiter__v1__journal_entry__init);
    if (entry == NULL)
        return NULL;
    entry->seq = INTEGER(0);
    entry->machine_hash = TEXT(1);
    entry->snapshot = op_bytes(op, result, row, 2);
    entry->effects = TEXT(3);
    entry->now_ms = INTEGER(4);
    entry->actor = TEXT(5);
    entry->note = TEXT(6);
    return entry;
}

/* A reply must fit into one message: what does not is for the next page. */
static void on_journal(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ReadJournalReply *reply = REPLY(ReadJournal);
    FILL(reply->entries, reply->n_entries, read_entry);
    size_t size = 0;
    for (size_t i = 0; i < reply->n_entries; i++) {
        size += arbiter__v1__journal_entry__get_packed_size(reply->entries[i]);
        if (size > JOURNAL_BYTES_MAX && i > 0) {
            reply->n_entries = i;
            break;
        }
    }
}

static void give_event(struct op *op, Arbiter__V1__JournalEntry *entry,
                       Arbiter__V1__InboxEvent *event)
{
    Arbiter__V1__InboxEvent **events =
        arena_array(&op->arena, entry->n_events + 1, sizeof(Arbiter__V1__InboxEvent *));
    if (events == NULL || event == NULL)
        return;
    if (entry->n_events > 0)
        memcpy(events, entry->events, entry->n_events * sizeof(Arbiter__V1__InboxEvent *));
    events[entry->n_events++] = event;
    entry->events = events;
}

/* After an event, the answers that its step had before it was committed. */
static void give_answered(struct op *op, Arbiter__V1__JournalEntry *entry,
                          const struct sql_result *result, size_t row)
{
    const Arbiter__V1__AnsweredEvents *answered = (const Arbiter__V1__AnsweredEvents *)op_unpacked(
        op, &arbiter__v1__answered_events__descriptor, result, row, 9);
    for (size_t i = 0; answered != NULL && i < answered->n_events; i++)
        give_event(op, entry, answered->events[i]);
}

/* Both lists are in the order of their steps. */
static void on_consumed(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ReadJournalReply *reply = REPLY(ReadJournal);
    size_t at = 0;
    for (size_t row = 0; row < result->row_count; row++) {
        int64_t seq = INTEGER(8);
        while (at < reply->n_entries && reply->entries[at]->seq < seq)
            at++;
        if (at == reply->n_entries || reply->entries[at]->seq != seq)
            continue;
        give_event(op, reply->entries[at], read_inbox(op, result, row));
        give_answered(op, reply->entries[at], result, row);
    }
}

/* A game's first step took its start, which is no row. */
static void on_game_that_began(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ReadJournalReply *reply = REPLY(ReadJournal);
    Arbiter__V1__JournalEntry *entry = reply->n_entries > 0 ? reply->entries[0] : NULL;
    if (result->row_count == 0 || entry == NULL || entry->seq != 1 ||
        (entry->n_events > 0 && strcmp(entry->events[0]->event_id, GAME_START) == 0))
        return;
    const Arbiter__V1__Game *game = read_game(op, result, 0);
    Arbiter__V1__InboxEvent *start = game != NULL ? game_start(&op->arena, game) : NULL;
    if (start == NULL)
        return; /* the read notices the full arena */
    entry->events = with_first(op, start, entry->events, entry->n_events);
    entry->n_events = entry->events != NULL ? entry->n_events + 1 : 0;
}

static enum op_next read_journal(struct op *op)
{
    const Arbiter__V1__ReadJournalRequest *request = INPUT(ReadJournal);
    struct sql_value id = sql_text(request->instance_id);
    struct sql_value after = sql_integer(request->after_seq);
    struct sql_value limit = sql_integer(reads_limit(request->limit));
    (void)OP_OUTPUT(op, Arbiter__V1__ReadJournalReply, arbiter__v1__read_journal_reply__init);
    op_send(op, STATEMENT_JOURNAL_READ, SQL_PARAMETERS(id, after, limit), on_journal);
    op_send(op, STATEMENT_INBOX_CONSUMED, SQL_PARAMETERS(id, after, limit), on_consumed);
    const char *game_id = game_of_instance(request->instance_id);
    if (game_id != NULL && request->after_seq == 0)
        op_send(op, STATEMENT_GAME_GET, SQL_PARAMETERS(sql_text(game_id)), on_game_that_began);
    return OP_LAST;
}

const struct op_kind instance_reads[] = {
    {"LoadInstance", load_instance, NULL, 1, NULL},
    {"ListPending", list_pending, NULL, 1, NULL},
    {"ListInstances", list_instances, NULL, 1, NULL},
    {"ReadJournal", read_journal, NULL, 1, NULL},
    {NULL, NULL, NULL, 0, NULL},
};
