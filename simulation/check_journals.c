/* Feeds the journals to the engine again: every step must end in the state that was stored. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orchestrator/replay.h"
#include "simulation/checks.h"
#include "proto/game_events.h"

enum { ENTRY_BYTES_MAX = 64 << 20, ID_MAX = 96, EVENTS_MAX = 64 };

struct reading {
    struct world *world;
    char id[ID_MAX]; /* of the instance whose journal is read */
    struct replay replay;
    struct arena arena; /* one entry and its events */
    Arbiter__V1__JournalEntry entry;
    Arbiter__V1__InboxEvent *events[EVENTS_MAX];
    bool has_failed;
};

static int digit_of(char c)
{
    return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* Reads what SQL's hex() wrote; `text` may be NULL. */
static ProtobufCBinaryData read_hex(struct arena *arena, const char *text)
{
    size_t size = text != NULL ? strlen(text) / 2 : 0;
    uint8_t *bytes = arena_alloc(arena, size + 1);
    assert(bytes != NULL);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(digit_of(text[2 * i]) << 4 | digit_of(text[2 * i + 1]));
    return (ProtobufCBinaryData){size, bytes};
}

static char *keep(struct arena *arena, const char *text)
{
    char *copy = arena_copy(arena, text, strlen(text));
    assert(copy != NULL);
    return copy;
}

/* The answers that a step had ahead come after the event that caused it. */
static void add_answered(struct reading *reading, const char *hex)
{
    struct arena *arena = &reading->arena;
    ProtobufCBinaryData bytes = read_hex(arena, hex);
    Arbiter__V1__AnsweredEvents *answered =
        arbiter__v1__answered_events__unpack(NULL, bytes.len, bytes.data);
    assert(answered != NULL && reading->entry.n_events + answered->n_events <= EVENTS_MAX);
    for (size_t i = 0; i < answered->n_events; i++) {
        Arbiter__V1__InboxEvent *event = arena_alloc(arena, sizeof *event);
        assert(event != NULL);
        arbiter__v1__inbox_event__init(event);
        event->event_id = keep(arena, answered->events[i]->event_id);
        event->name = keep(arena, answered->events[i]->name);
        event->received_at_ms = answered->events[i]->received_at_ms;
        event->data = answered->events[i]->data; /* freed with those of rows */
        answered->events[i]->data = NULL;
        reading->events[reading->entry.n_events++] = event;
    }
    arbiter__v1__answered_events__free_unpacked(answered, NULL);
}

/* event_id, name, data, due_at_ms, fired_at_ms, actor, received_at_ms, answered */
static void add_event(int count, char **columns, void *user)
{
    struct reading *reading = user;
    struct arena *arena = &reading->arena;
    Arbiter__V1__InboxEvent *event = arena_alloc(arena, sizeof *event);
    (void)count; /* as the query says */
    assert(event != NULL && reading->entry.n_events < EVENTS_MAX);
    arbiter__v1__inbox_event__init(event);
    ProtobufCBinaryData data = read_hex(arena, columns[2]);
    event->event_id = keep(arena, columns[0]);
    event->name = keep(arena, columns[1]);
    event->data = arbiter__v1__value_map__unpack(NULL, data.len, data.data);
    event->due_at_ms = strtoll(columns[3], NULL, 10);
    event->fired_at_ms = strtoll(columns[4], NULL, 10);
    event->actor = keep(arena, columns[5]);
    event->received_at_ms = strtoll(columns[6], NULL, 10);
    reading->events[reading->entry.n_events++] = event;
    add_answered(reading, columns[7]);
}

static void read_events(struct reading *reading, const char *seq)
{
    char sql[384];
    (void)snprintf(sql, sizeof sql,
                   "SELECT event_id, name, hex(data), due_at_ms, fired_at_ms, actor, "
                   "received_at_ms, hex(answered) FROM inbox WHERE instance_id = '%s' AND "
                   "consumed_seq = %s ORDER BY position",
                   reading->id, seq); /* fits: ids are short */
    reading->entry.events = reading->events;
    world_rows(reading->world, sql, add_event, reading);
}

/* game_id, first_player, second_player, request, owner, tournament_id, created_at_ms */
static void add_start(int count, char **columns, void *user)
{
    struct reading *reading = user;
    struct arena *arena = &reading->arena;
    (void)count; /* as the query says */
    ProtobufCBinaryData request = read_hex(arena, columns[3]);
    Arbiter__V1__TournamentSeat seat = ARBITER__V1__TOURNAMENT_SEAT__INIT;
    Arbiter__V1__Game game = ARBITER__V1__GAME__INIT;
    game.game_id = columns[0];
    game.first = columns[1];
    game.second = columns[2];
    game.request = arbiter__v1__game_request__unpack(NULL, request.len, request.data);
    game.owner = columns[4];
    game.seat = &seat;
    seat.tournament_id = columns[5];
    game.created_at_ms = strtoll(columns[6], NULL, 10);
    Arbiter__V1__InboxEvent *start = game_start(arena, &game);
    assert(start != NULL && reading->entry.n_events == 0);
    /* A copy of its data, as events of rows have it: it is freed with theirs. */
    size_t size = arbiter__v1__value_map__get_packed_size(start->data);
    uint8_t *bytes = arena_alloc(arena, size + 1);
    assert(bytes != NULL);
    (void)arbiter__v1__value_map__pack(start->data, bytes); /* sized above */
    start->data = arbiter__v1__value_map__unpack(NULL, size, bytes);
    arbiter__v1__game_request__free_unpacked(game.request, NULL);
    reading->events[reading->entry.n_events++] = start;
}

/* The start of a game's machine is no row. */
static void read_start(struct reading *reading, const char *game_id)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql,
                   "SELECT game_id, first_player, second_player, hex(request), owner, "
                   "tournament_id, created_at_ms FROM games WHERE game_id = '%.64s'",
                   game_id); /* fits: ids are short */
    reading->entry.events = reading->events;
    world_rows(reading->world, sql, add_start, reading);
}

static void begin(struct reading *reading, const char *id)
{
    assert(strlen(id) < sizeof reading->id);
    memcpy(reading->id, id, strlen(id) + 1);
    replay_deinit(&reading->replay);
    replay_init(&reading->replay, reading->id);
    reading->has_failed = false;
}

/* instance_id, seq, at_ms, machine, machine_hash, snapshot, effects */
static void take_entry(int count, char **columns, void *user)
{
    struct reading *reading = user;
    struct fault fault = {0};
    (void)count; /* as the query says */
    if (strcmp(columns[0], reading->id) != 0)
        begin(reading, columns[0]);
    if (reading->has_failed)
        return; /* what follows a broken step says nothing new */
    const struct catalogue_entry *machine =
        catalogue_find(reading->world->options.policies->catalogue, columns[3], columns[4]);
    assert(machine != NULL);
    arena_reset(&reading->arena);
    arbiter__v1__journal_entry__init(&reading->entry);
    reading->entry.seq = strtoll(columns[1], NULL, 10);
    reading->entry.now_ms = strtoll(columns[2], NULL, 10);
    reading->entry.snapshot = read_hex(&reading->arena, columns[5]);
    reading->entry.effects = columns[6];
    const char *game_id = game_of_instance(reading->id);
    if (game_id != NULL && reading->entry.seq == 1)
        read_start(reading, game_id);
    read_events(reading, columns[1]);
    if (replay_take(&reading->replay, machine->machine, &reading->entry, &fault) != STATUS_OK) {
        reading->has_failed = true;
        world_fail(reading->world, "journals replay: %s, %s", reading->id,
                   fault.text[0] != '\0' ? fault.text : "a step is too large");
    }
    for (size_t i = 0; i < reading->entry.n_events; i++)
        arbiter__v1__value_map__free_unpacked(reading->events[i]->data, NULL);
}

void check_journals(struct world *world)
{
    struct reading reading = {.world = world};
    arena_init(&reading.arena, ENTRY_BYTES_MAX);
    replay_init(&reading.replay, reading.id);
    world_rows(world,
               "SELECT j.instance_id, j.seq, j.at_ms, i.machine, j.machine_hash, hex(j.snapshot), "
               "j.effects FROM journal AS j JOIN instances AS i USING (instance_id) ORDER BY "
               "j.instance_id, j.seq",
               take_entry, &reading);
    replay_deinit(&reading.replay);
    arena_deinit(&reading.arena);
}
