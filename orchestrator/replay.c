/* Feeds a journal to the engine again and compares. */
#include "orchestrator/replay.h"

#include <string.h>

#include "fsm/snapshot.h"
#include "orchestrator/inbox_codec.h"

void replay_init(struct replay *replay, const char *instance_id)
{
    *replay = (struct replay){.instance_id = instance_id};
    arena_init(&replay->kept, REPLAY_BYTES_MAX);
    arena_init(&replay->scratch, REPLAY_BYTES_MAX);
}

void replay_deinit(struct replay *replay)
{
    arena_deinit(&replay->kept);
    arena_deinit(&replay->scratch);
}

/* Whether the step consumed this event without taking it, because its effects could not be
 * committed: the journal says so. */
static bool was_given_up(const Arbiter__V1__JournalEntry *entry, const char *name)
{
    static const char words[] = "given up ";
    size_t size = strlen(name);
    for (const char *at = strstr(entry->effects, words); at != NULL; at = strstr(at, words)) {
        at += sizeof words - 1;
        if (strncmp(at, name, size) == 0 && at[size] == ':')
            return true;
    }
    return false;
}

/* Where the engine stands within an entry. */
struct stand {
    const struct fsm_machine *machine;
    const struct fsm_instance *instance;
};

/* Moves to the entry's version. A move that was refused leaves the entry on the version before. */
static enum status move(struct replay *replay, struct stand *stand,
                        const struct fsm_machine *machine, int64_t now_ms, struct fault *out_fault)
{
    const uint8_t *bytes = NULL;
    size_t size = 0;
    struct fsm_step step = {0};
    if (machine == stand->machine || stand->instance == NULL)
        return STATUS_OK;
    enum status status =
        fsm_snapshot_write(stand->machine, stand->instance, &replay->scratch, &bytes, &size);
    if (status == STATUS_OK)
        status =
            fsm_snapshot_migrate(machine, bytes, size, now_ms, &replay->scratch, &step, out_fault);
    if (status == STATUS_OK)
        *stand = (struct stand){machine, step.after};
    return status;
}

static enum status step_again(struct replay *replay, struct stand *stand,
                              const struct inbox_item *item, int64_t now_ms)
{
    struct fsm_step step = {0};
    enum status status = STATUS_OK;
    if (item->is_start && stand->instance == NULL)
        status = fsm_start(stand->machine, replay->instance_id, &item->data, now_ms, 0,
                           &replay->scratch, &step);
    else if (!item->is_start && stand->instance != NULL)
        status =
            fsm_step(stand->machine, stand->instance, &item->event, 0, &replay->scratch, &step);
    else if (!item->is_start)
        return STATUS_DATA_LOSS;
    if (status == STATUS_OK && step.after != NULL && step.answer == FSM_TAKEN)
        stand->instance = step.after;
    return status;
}

static enum status take_event(struct replay *replay, struct stand *stand,
                              const struct fsm_machine *machine,
                              const Arbiter__V1__JournalEntry *entry,
                              const Arbiter__V1__InboxEvent *event, struct fault *out_fault)
{
    struct inbox_item *item = arena_alloc(&replay->scratch, sizeof *item);
    if (item == NULL)
        return STATUS_FULL;
    enum status status = inbox_decode(&replay->scratch, event, entry->now_ms, item);
    if (status == STATUS_DATA_LOSS || was_given_up(entry, event->name))
        return STATUS_OK; /* consumed, and that was all */
    if (status != STATUS_OK)
        return status;
    if (item->moves_to != NULL)
        return move(replay, stand, machine, entry->now_ms, out_fault);
    if (stand->machine != machine)
        return STATUS_DATA_LOSS; /* another version without a move */
    return step_again(replay, stand, item, entry->now_ms);
}

static enum status compare(struct replay *replay, const struct stand *stand,
                           const ProtobufCBinaryData *stored)
{
    const uint8_t *bytes = NULL;
    size_t size = 0;
    if (stand->instance == NULL)
        return STATUS_DATA_LOSS;
    enum status status =
        fsm_snapshot_write(stand->machine, stand->instance, &replay->scratch, &bytes, &size);
    if (status != STATUS_OK)
        return status;
    return size == stored->len && memcmp(bytes, stored->data, size) == 0 ? STATUS_OK
                                                                         : STATUS_DATA_LOSS;
}

static enum status keep(struct replay *replay, const struct stand *stand)
{
    struct arena fresh;
    arena_init(&fresh, REPLAY_BYTES_MAX);
    const struct fsm_instance *copy = fsm_instance_copy(stand->machine, stand->instance, &fresh);
    if (copy == NULL) {
        arena_deinit(&fresh);
        return STATUS_FULL;
    }
    arena_deinit(&replay->kept);
    replay->kept = fresh;
    replay->machine = stand->machine;
    replay->instance = copy;
    return STATUS_OK;
}

enum status replay_take(struct replay *replay, const struct fsm_machine *machine,
                        const Arbiter__V1__JournalEntry *entry, struct fault *out_fault)
{
    struct stand stand = {replay->machine != NULL ? replay->machine : machine, replay->instance};
    enum status status = STATUS_OK;
    arena_reset(&replay->scratch);
    for (size_t i = 0; i < entry->n_events && status == STATUS_OK; i++) {
        status = take_event(replay, &stand, machine, entry, entry->events[i], out_fault);
        if (status == STATUS_DATA_LOSS)
            return fault_set(out_fault, 0, 0, "step %lld: '%s' cannot have been taken",
                             (long long)entry->seq, entry->events[i]->name),
                   status;
    }
    if (status == STATUS_OK)
        status = compare(replay, &stand, &entry->snapshot);
    if (status == STATUS_DATA_LOSS)
        (void)fault_set(out_fault, 0, 0,
                        "step %lld: the replay ends in another state than the one "
                        "stored",
                        (long long)entry->seq);
    return status == STATUS_OK ? keep(replay, &stand) : status;
}
