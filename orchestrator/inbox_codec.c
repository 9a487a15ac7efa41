/* Reads inbox rows. */
#include "orchestrator/inbox_codec.h"

#include <string.h>

#include "fsm/value_codec.h"

static const char *after_prefix(const char *text, const char *prefix)
{
    size_t size = strlen(prefix);
    return strncmp(text, prefix, size) == 0 ? text + size : NULL;
}

static const char *text_field(struct arena *arena, struct value map, const char *name)
{
    const struct value *found = value_find(map, value_text(name));
    if (found == NULL || found->kind != VALUE_STRING)
        return NULL;
    return arena_copy(arena, found->as.text, found->size);
}

static int int_field(struct value map, const char *name)
{
    const struct value *found = value_find(map, value_text(name));
    return found != NULL && found->kind == VALUE_INT ? (int)found->as.integer : 0;
}

/* "error.invoke.<id>.<code>": ids have no dots. */
static void read_failure(struct arena *arena, const char *rest, struct inbox_item *item)
{
    size_t id_size = strcspn(rest, ".");
    item->event.kind = FSM_EVENT_ERROR;
    item->event.name = arena_copy(arena, rest, id_size);
    item->event.code = rest[id_size] == '.' ? rest + id_size + 1 : "unknown";
    item->event.detail = text_field(arena, item->data, "detail");
    item->event.attempt = int_field(item->data, "attempt");
}

static enum status read_key(const char *event_id, struct fsm_key *out_key)
{
    size_t id_size;
    return fsm_key_parse(event_id, &id_size, out_key) == STATUS_OK ? STATUS_OK : STATUS_DATA_LOSS;
}

const char *inbox_moves_to(const Arbiter__V1__InboxEvent *row)
{
    return after_prefix(row->name, "$migrate.");
}

/* The row goes with the answer it came in; what the new state keeps of it must not. */
static enum status read_data(struct arena *arena, const Arbiter__V1__ValueMap *map,
                             struct value *out)
{
    struct value borrowed;
    enum status status = value_codec_from_map(arena, map, &borrowed);
    if (status == STATUS_INVALID_ARGUMENT)
        return STATUS_DATA_LOSS;
    if (status != STATUS_OK)
        return status;
    return value_copy(arena, borrowed, out) ? STATUS_OK : STATUS_FULL;
}

enum status inbox_decode(struct arena *arena, const Arbiter__V1__InboxEvent *row, int64_t now_ms,
                         struct inbox_item *out_item)
{
    *out_item = (struct inbox_item){0};
    enum status status = read_data(arena, row->data, &out_item->data);
    if (status != STATUS_OK)
        return status;
    const char *name = arena_copy(arena, row->name, strlen(row->name));
    if (name == NULL)
        return STATUS_FULL;
    struct fsm_event *event = &out_item->event;
    *event = (struct fsm_event){.name = name, .data = &out_item->data, .now_ms = now_ms};
    const char *rest;
    if (strcmp(name, "$start") == 0) {
        out_item->is_start = true;
    } else if ((rest = after_prefix(name, "$migrate.")) != NULL) {
        out_item->moves_to = rest;
    } else if ((rest = after_prefix(name, "$timer.")) != NULL) {
        event->kind = FSM_EVENT_TIMER;
        event->name = rest;
        event->due_ms = row->due_at_ms;
    } else if ((rest = after_prefix(name, "done.invoke.")) != NULL) {
        event->kind = FSM_EVENT_DONE;
        event->name = rest;
        status = read_key(row->event_id, &event->key);
    } else if ((rest = after_prefix(name, "error.invoke.")) != NULL) {
        read_failure(arena, rest, out_item);
        status = read_key(row->event_id, &event->key);
    }
    if (arena_full(arena))
        return STATUS_FULL;
    return status;
}
