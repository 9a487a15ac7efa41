/* Rows that several operations write: inbox rows and events. */
#include <string.h>

#include "store/state.h"

void inbox_lay(struct op *op, const char *instance_id, const Arbiter__V1__InboxEvent *event)
{
    op_send(op, STATEMENT_INBOX_PUT,
            SQL_PARAMETERS(sql_text(instance_id), sql_text(event->event_id), sql_text(event->name),
                           op_packed(op, event->data != NULL ? &event->data->base : NULL),
                           sql_integer(event->due_at_ms), sql_integer(event->fired_at_ms),
                           sql_text(event->actor), sql_text(event->note),
                           sql_integer(event->received_at_ms), op_position(op), sql_null(),
                           sql_null()),
            NULL);
}

void inbox_put(struct op *op, const char *instance_id, const Arbiter__V1__InboxEvent *event)
{
    inbox_lay(op, instance_id, event);
    op_ring(op, instance_id);
}

static void on_event(const struct sql_result *result, void *user)
{
    struct op_event *note = user;
    if (op_check(note->op, result) && result->row_count == 1)
        note->sequence = sql_read_integer(result, 0, 0);
    if (note->on_sequence != NULL)
        note->on_sequence(result, note->op);
}

void event_put(struct op *op, const Arbiter__V1__OutEvent *event, int64_t now_ms,
               sql_on_result on_sequence)
{
    char *topic = arena_format(&op->arena, "%s.%s", event->kind, event->id);
    struct sql_value position = op_position(op);
    struct op_event *note = tail_note(op, event, position.as.integer, now_ms);
    if (topic == NULL || note == NULL)
        return; /* the batch notices the full arena */
    note->on_sequence = on_sequence;
    /* The topic stays locked until the commit: sequences commit in order. */
    op_send(op, STATEMENT_TOPIC_LOCK, SQL_PARAMETERS(sql_text(topic)), NULL);
    op_send_for(
        op, STATEMENT_EVENT_PUT,
        SQL_PARAMETERS(sql_text(topic), position, sql_text(event->kind), sql_text(event->id),
                       sql_text(event->name), sql_integer(now_ms),
                       op_packed(op, event->payload != NULL ? &event->payload->base : NULL)),
        on_event, note);
    op->has_events = true;
}
