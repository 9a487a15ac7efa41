/* Feeds the journals' events to the engine again. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsm/fsm.h"
#include "fsm/snapshot.h"
#include "orchestrator/inbox_codec.h"
#include "simulation/checks.h"

enum { REPLAY_BYTES_MAX = 64 << 20, ID_MAX = 96 };

struct replay {
    struct world *world;
    struct arena arena;
    char id[ID_MAX];
    const struct fsm_machine *machine;
    const struct fsm_instance *instance; /* NULL: not begun */
    int64_t now_ms;
    bool has_failed;
};

static int digit_of(char c)
{
    return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* Reads what SQL's hex() wrote; `text` may be NULL. */
static uint8_t *read_hex(struct arena *arena, const char *text, size_t *out_size)
{
    size_t size = text != NULL ? strlen(text) / 2 : 0;
    uint8_t *bytes = arena_alloc(arena, size + 1);
    assert(bytes != NULL);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(digit_of(text[2 * i]) << 4 | digit_of(text[2 * i + 1]));
    *out_size = size;
    return bytes;
}

static void fail(struct replay *replay, const char *seq, const char *what)
{
    if (!replay->has_failed)
        world_fail(replay->world, "journals replay: %s, step %s: %s", replay->id, seq, what);
    replay->has_failed = true;
}

/* event_id, name, data, due_at_ms, fired_at_ms, actor, received_at_ms */
static void step_again(int count, char **columns, void *user)
{
    struct replay *replay = user;
    Arbiter__V1__InboxEvent row = ARBITER__V1__INBOX_EVENT__INIT;
    struct inbox_item *item = arena_alloc(&replay->arena, sizeof *item);
    struct fsm_step step = {0};
    size_t size = 0;
    (void)count; /* as the query says */
    const uint8_t *data = read_hex(&replay->arena, columns[2], &size);
    row.event_id = columns[0];
    row.name = columns[1];
    row.data = arbiter__v1__value_map__unpack(NULL, size, data);
    row.due_at_ms = strtoll(columns[3], NULL, 10);
    row.fired_at_ms = strtoll(columns[4], NULL, 10);
    row.actor = columns[5];
    row.received_at_ms = strtoll(columns[6], NULL, 10);
    assert(item != NULL && row.data != NULL);
    enum status status = inbox_decode(&replay->arena, &row, replay->now_ms, item);
    arbiter__v1__value_map__free_unpacked(row.data, NULL);
    if (status != STATUS_OK) {
        fail(replay, columns[0], "an event that cannot be read");
        return;
    }
    if (item->is_start && replay->instance == NULL)
        status = fsm_start(replay->machine, replay->id, &item->data, replay->now_ms, 0,
                           &replay->arena, &step);
    else if (!item->is_start && replay->instance != NULL)
        status =
            fsm_step(replay->machine, replay->instance, &item->event, 0, &replay->arena, &step);
    if (status != STATUS_OK)
        fail(replay, columns[0], "the engine cannot take the event");
    else if (step.answer == FSM_TAKEN)
        replay->instance = step.after;
}

static void compare(struct replay *replay, const char *seq, const char *snapshot)
{
    const uint8_t *bytes = NULL;
    size_t size = 0;
    size_t stored_size = 0;
    const uint8_t *stored = read_hex(&replay->arena, snapshot, &stored_size);
    if (replay->instance == NULL)
        fail(replay, seq, "no event has begun it");
    else if (fsm_snapshot_write(replay->machine, replay->instance, &replay->arena, &bytes, &size) !=
             STATUS_OK)
        fail(replay, seq, "its state cannot be written");
    else if (size != stored_size || memcmp(bytes, stored, size) != 0)
        fail(replay, seq, "the replay ends in another state than the one stored");
}

static void begin(struct replay *replay, const char *id)
{
    arena_reset(&replay->arena);
    assert(strlen(id) < sizeof replay->id);
    memcpy(replay->id, id, strlen(id) + 1);
    replay->instance = NULL;
    replay->has_failed = false;
}

/* instance_id, seq, at_ms, machine, machine_hash, snapshot */
static void replay_step(int count, char **columns, void *user)
{
    struct replay *replay = user;
    char sql[384];
    (void)count; /* as the query says */
    if (strcmp(columns[0], replay->id) != 0)
        begin(replay, columns[0]);
    const struct catalogue_entry *entry =
        catalogue_find(replay->world->options.policies->catalogue, columns[3], columns[4]);
    assert(entry != NULL);
    replay->machine = entry->machine;
    replay->now_ms = strtoll(columns[2], NULL, 10);
    (void)snprintf(sql, sizeof sql,
                   "SELECT event_id, name, hex(data), due_at_ms, fired_at_ms, actor, "
                   "received_at_ms FROM inbox WHERE instance_id = '%s' AND consumed_seq = %s ORDER "
                   "BY position",
                   columns[0], columns[1]); /* fits: ids are short */
    world_rows(replay->world, sql, step_again, replay);
    compare(replay, columns[1], columns[5]);
}

void check_journals(struct world *world)
{
    struct replay replay = {.world = world};
    arena_init(&replay.arena, REPLAY_BYTES_MAX);
    world_rows(world,
               "SELECT j.instance_id, j.seq, j.at_ms, i.machine, j.machine_hash, hex(j.snapshot) "
               "FROM journal AS j JOIN instances AS i USING (instance_id) ORDER BY j.instance_id, "
               "j.seq",
               replay_step, &replay);
    arena_deinit(&replay.arena);
}
