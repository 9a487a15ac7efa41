/*
 * The tail: the latest events that this store has committed, kept for publishing so that they need
 * not be read back. It is only kept where nothing can be missing from it: the transaction was the
 * oldest one running when it began, and the events before it are known. Otherwise it is dropped,
 * and the publisher reads the table.
 */
#include <stdlib.h>
#include <string.h>

#include "arbiter/v1/store.pb-c.h"
#include "store/state.h"

#define TAIL_MAX 8192

void tail_drop(struct store *store)
{
    struct tail *tail = &store->tail;
    while (tail->first != NULL) {
        struct tail_event *event = tail->first;
        tail->first = event->next;
        free(event);
    }
    *tail = (struct tail){0};
}

void tail_forget(struct store *store, int64_t position)
{
    struct tail *tail = &store->tail;
    while (tail->first != NULL && tail->first->position <= position) {
        struct tail_event *event = tail->first;
        tail->first = event->next;
        free(event);
        tail->count--;
    }
    if (tail->first == NULL)
        tail->last = NULL;
}

bool tail_covers(const struct store *store, int64_t position)
{
    const struct tail *tail = &store->tail;
    return tail->is_kept && tail->from <= position && position <= tail->to;
}

/* ---- keeping ----------------------------------------------------------------------------- */

static bool append(struct tail *tail, const struct op_event *from)
{
    size_t subject_size = strlen(from->subject) + 1;
    struct tail_event *event = malloc(sizeof *event + subject_size + from->size);
    if (event == NULL)
        return false;
    *event = (struct tail_event){.position = from->position,
                                 .sequence = from->sequence,
                                 .subject = event->memory,
                                 .bytes = (const uint8_t *)event->memory + subject_size,
                                 .size = from->size};
    memcpy(event->memory, from->subject, subject_size);
    memcpy(event->memory + subject_size, from->bytes, from->size);
    if (tail->last != NULL)
        tail->last->next = event;
    else
        tail->first = event;
    tail->last = event;
    tail->to = event->position;
    tail->count++;
    return true;
}

static int by_position(const void *left, const void *right)
{
    int64_t a = (*(const struct op_event *const *)left)->position;
    int64_t b = (*(const struct op_event *const *)right)->position;
    return a < b ? -1 : a > b;
}

static size_t count_events(struct op *const ops[], size_t op_count)
{
    size_t count = 0;
    for (size_t i = 0; i < op_count; i++)
        for (const struct op_event *event = ops[i]->events; event != NULL; event = event->next)
            count++;
    return count;
}

/* Returns whether all of them could be kept. */
static bool append_all(struct tail *tail, struct op *const ops[], size_t op_count, size_t count)
{
    const struct op_event **events = malloc(count * sizeof(const struct op_event *));
    bool is_whole = events != NULL;
    size_t at = 0;
    for (size_t i = 0; is_whole && i < op_count; i++)
        for (const struct op_event *event = ops[i]->events; event != NULL; event = event->next)
            events[at++] = event;
    if (is_whole)
        qsort(events, count, sizeof *events, by_position);
    for (size_t i = 0; is_whole && i < count; i++)
        is_whole = events[i]->bytes != NULL && append(tail, events[i]);
    free(events);
    return is_whole;
}

void tail_keep(struct store *store, struct op *const ops[], size_t op_count)
{
    struct tail *tail = &store->tail;
    const struct batch *batch = &store->batch;
    size_t count = count_events(ops, op_count);
    if (count == 0)
        return;
    if (!batch->is_oldest || tail->count + count > TAIL_MAX) {
        tail_drop(store);
        return;
    }
    if (!tail->is_kept || batch->last_event != tail->to) {
        tail_drop(store); /* others have written events since: they come first */
        *tail = (struct tail){.is_kept = true, .from = batch->last_event, .to = batch->last_event};
    }
    if (!append_all(tail, ops, op_count, count))
        tail_drop(store);
}

/* ---- an op's events ---------------------------------------------------------------------- */

struct op_event *tail_note(struct op *op, const Arbiter__V1__OutEvent *event, int64_t position,
                           int64_t now_ms)
{
    struct op_event *note = arena_alloc(&op->arena, sizeof *note);
    if (note == NULL)
        return NULL; /* the batch notices the full arena */
    *note = (struct op_event){.next = op->events, .op = op, .position = position};
    op->events = note;
    if (!publisher_has_lease(op->store))
        return note;
    Arbiter__V1__Event message = ARBITER__V1__EVENT__INIT;
    message.position = position;
    message.kind = event->kind;
    message.id = event->id;
    message.name = event->name;
    message.at_ms = now_ms;
    message.payload = event->payload;
    char subject[BUS_SUBJECT_MAX];
    event_subject(STORE_EVENT_PREFIX, &message, subject);
    struct sql_value packed = op_packed(op, &message.base);
    note->subject = op_text(op, subject);
    note->bytes = packed.as.bytes;
    note->size = packed.size;
    return note;
}

/* ---- publishing -------------------------------------------------------------------------- */

int64_t tail_publish(struct store *store, int64_t position, size_t count,
                     void (*publish)(struct store *store, const struct tail_event *event,
                                     const Arbiter__V1__Event *rest))
{
    int64_t after = position;
    const struct tail_event *event = store->tail.first;
    for (size_t i = 0; i < count; i++, event = event->next) {
        Arbiter__V1__Event rest = ARBITER__V1__EVENT__INIT;
        rest.sequence = event->sequence;
        rest.after = after;
        after = event->position;
        publish(store, event, &rest);
    }
    return after;
}
