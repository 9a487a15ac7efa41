/* Writes the list of incidents. */
#include "simulation/trouble.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/random.h"

enum {
    QUIET_MAX_MS = 1500, /* between two incidents */
    DOWN_MAX_MS = 3000,
    CUT_OFF_MAX_MS = 4000,
    SLOW_MAX_MS = 1500,
    SLOW_FOR_MAX_MS = 8000,
    CLOCK_MAX_MS = 15000,
    EFFECTS_MAX = 16,
    WINDOW_MS = 20000, /* of equally bad messages and transactions */
    DELAY_MAX_MS = 40,
    MESSAGES_PER_MILLION = 60000,
    TRANSACTIONS_PER_MILLION = 30000,
    CAPACITY = TROUBLE_LAST_MS / WINDOW_MS * 2 + 2000
};

const char *world_part_name(enum world_part part)
{
    static const char *const names[WORLD_PARTS] = {[WORLD_STORE] = "store",
                                                   [WORLD_ORCHESTRATOR] = "orchestrator",
                                                   [WORLD_GAMESVC] = "gamesvc",
                                                   [WORLD_EDGE] = "edge"};
    return names[part];
}

static int64_t draw(struct random *random, int64_t bound)
{
    return (int64_t)random_below(random, (uint64_t)bound);
}

static void add(struct trouble *trouble, const struct incident *incident)
{
    if (trouble->count < CAPACITY)
        trouble->items[trouble->count++] = *incident;
}

/* ---- single incidents ---------------------------------------------------------------------- */

/* How often each kind comes, of a hundred. */
static const struct {
    enum incident_kind kind;
    unsigned fault;
    int share;
} kinds[] = {
    {INCIDENT_KILL_AT_EFFECT, WORLD_FAULT_CRASHES, 44},
    {INCIDENT_KILL, WORLD_FAULT_CRASHES, 20},
    {INCIDENT_CUT_OFF, WORLD_FAULT_PARTITIONS, 20},
    {INCIDENT_SLOW, WORLD_FAULT_SLOWNESS, 12},
    {INCIDENT_CLOCK, WORLD_FAULT_CLOCK, 4},
};

static size_t draw_kind(struct random *random)
{
    int64_t drawn = draw(random, 100);
    size_t i = 0;
    while (drawn >= kinds[i].share)
        drawn -= kinds[i++].share;
    return i;
}

static void draw_amounts(struct random *random, struct incident *incident)
{
    int64_t amount = draw(random, INT32_MAX);
    int64_t duration = draw(random, INT32_MAX);
    switch (incident->kind) {
    case INCIDENT_KILL:
    case INCIDENT_KILL_AT_EFFECT:
        incident->amount = 1 + amount % EFFECTS_MAX;
        incident->duration_ms = duration % DOWN_MAX_MS;
        return;
    case INCIDENT_CUT_OFF:
        incident->duration_ms = 1 + duration % CUT_OFF_MAX_MS;
        return;
    case INCIDENT_SLOW:
        incident->amount = 100 + amount % SLOW_MAX_MS;
        incident->duration_ms = 1 + duration % SLOW_FOR_MAX_MS;
        return;
    case INCIDENT_CLOCK:
        incident->amount = amount % (2 * CLOCK_MAX_MS + 1) - CLOCK_MAX_MS;
        return;
    case INCIDENT_MESSAGES:
    case INCIDENT_DATABASE:
        return;
    }
}

static void draw_incidents(struct trouble *trouble, struct random *random, unsigned faults,
                           int replicas)
{
    for (int64_t at_ms = 0; at_ms < TROUBLE_LAST_MS; at_ms += draw(random, QUIET_MAX_MS)) {
        size_t kind = draw_kind(random);
        struct incident incident = {.kind = kinds[kind].kind, .at_ms = at_ms};
        incident.part = (enum world_part)draw(random, WORLD_PARTS);
        incident.replica = (int)draw(random, replicas);
        draw_amounts(random, &incident);
        if ((faults & kinds[kind].fault) != 0)
            add(trouble, &incident);
    }
}

/* ---- weather ------------------------------------------------------------------------------- */

static void draw_windows(struct trouble *trouble, struct random *random, unsigned faults)
{
    for (int64_t at_ms = 0; at_ms < TROUBLE_LAST_MS; at_ms += WINDOW_MS) {
        struct incident messages = {
            .kind = INCIDENT_MESSAGES,
            .at_ms = at_ms,
            .duration_ms = WINDOW_MS,
            .amount = draw(random, DELAY_MAX_MS),
            .first_per_million = (int32_t)draw(random, MESSAGES_PER_MILLION),
            .second_per_million = (int32_t)draw(random, MESSAGES_PER_MILLION),
        };
        struct incident database = {
            .kind = INCIDENT_DATABASE,
            .at_ms = at_ms,
            .duration_ms = WINDOW_MS,
            .first_per_million = (int32_t)draw(random, TRANSACTIONS_PER_MILLION),
            .second_per_million = (int32_t)draw(random, TRANSACTIONS_PER_MILLION),
        };
        if ((faults & WORLD_FAULT_MESSAGES) != 0)
            add(trouble, &messages);
        if ((faults & WORLD_FAULT_DATABASE) != 0)
            add(trouble, &database);
    }
}

/* ---- the list ------------------------------------------------------------------------------ */

void trouble_draw(struct trouble *out_trouble, uint64_t seed, unsigned faults, int replicas)
{
    struct random random;
    *out_trouble = (struct trouble){.items = calloc(CAPACITY, sizeof *out_trouble->items)};
    assert(out_trouble->items != NULL);
    random_init_stream(&random, seed, "weather", 0);
    draw_windows(out_trouble, &random, faults);
    random_init_stream(&random, seed, "incidents", 0);
    draw_incidents(out_trouble, &random, faults, replicas);
}

void trouble_without(const struct trouble *trouble, const bool *drop, struct trouble *out_trouble)
{
    *out_trouble =
        (struct trouble){.items = calloc((size_t)trouble->count + 1, sizeof *out_trouble->items)};
    assert(out_trouble->items != NULL);
    for (int i = 0; i < trouble->count; i++)
        if (!drop[i])
            out_trouble->items[out_trouble->count++] = trouble->items[i];
}

void trouble_deinit(struct trouble *trouble)
{
    free(trouble->items);
    *trouble = (struct trouble){0};
}

void incident_describe(const struct incident *incident, struct buffer *out)
{
    const char *part = world_part_name(incident->part);
    int number = incident->replica + 1;
    switch (incident->kind) {
    case INCIDENT_KILL:
        buffer_format(out, "%s %d is killed", part, number);
        return;
    case INCIDENT_KILL_AT_EFFECT:
        buffer_format(out, "%s %d is to die before effect %" PRId64 " from now", part, number,
                      incident->amount);
        return;
    case INCIDENT_CUT_OFF:
        buffer_format(out, "%s %d is cut off for %" PRId64 " ms", part, number,
                      incident->duration_ms);
        return;
    case INCIDENT_SLOW:
        buffer_format(out, "everything reaches %s %d %" PRId64 " ms later, for %" PRId64 " ms",
                      part, number, incident->amount, incident->duration_ms);
        return;
    case INCIDENT_CLOCK:
        buffer_format(out, "the clock is set by %+" PRId64 " ms", incident->amount);
        return;
    case INCIDENT_MESSAGES:
        buffer_format(
            out, "messages take up to %" PRId64 " ms, and of a million %d are lost, %d doubled",
            incident->amount, incident->first_per_million, incident->second_per_million);
        return;
    case INCIDENT_DATABASE:
        buffer_format(out, "of a million transactions %d fail, %d lose their answer",
                      incident->first_per_million, incident->second_per_million);
        return;
    }
}
