/* Plays an evening to its end and puts what came of it into words. */
#include "simulation/evening.h"

#include <inttypes.h>
#include <string.h>

#include "simulation/checks.h"
#include "simulation/people.h"

enum {
    LOOK_MS = 1000,
    TROUBLE_MS = 10 * 60 * 1000, /* faults end then at the latest */
    PATIENCE_MS = 60 * 60 * 1000,
    TIDY_MS = 15 * 1000 /* for sweeps, after everybody is done */
};

static uint64_t mix(uint64_t digest, const char *text)
{
    for (; *text != '\0'; text++)
        digest = (digest ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return (digest ^ 0xff) * UINT64_C(1099511628211);
}

static void mix_row(int count, char **columns, void *user)
{
    uint64_t *digest = user;
    for (int i = 0; i < count; i++)
        *digest = mix(*digest, columns[i] != NULL ? columns[i] : "");
}

/* A number that tells two evenings apart: over who did what when, and what is in the books. */
static uint64_t digest_of(struct world *world)
{
    uint64_t digest = UINT64_C(14695981039346656037);
    world_rows(world,
               "SELECT instance_id, seq, at_ms, hex(snapshot), effects FROM journal ORDER BY "
               "instance_id, seq",
               mix_row, &digest);
    world_rows(world, "SELECT * FROM rating_history ORDER BY player_id, pool, version", mix_row,
               &digest);
    world_rows(world, "SELECT position, topic, name, at_ms, hex(payload) FROM events", mix_row,
               &digest);
    return digest;
}

/* Runs until everybody is done, looking in on the way; false where they never are. */
static bool run_to_end(struct world *world, struct people *people)
{
    for (int64_t at_ms = 0; at_ms < PATIENCE_MS; at_ms += LOOK_MS) {
        if (!world->is_healed && at_ms >= TROUBLE_MS)
            world_heal(world);
        if (people_are_done(people))
            return true;
        world_run(world, LOOK_MS);
        if (world->failure_count == 0)
            checks_always(world);
    }
    return false;
}

static void describe(struct world *world, const struct people *people, struct evening *evening)
{
    evening->is_sound = world->failure_count == 0;
    buffer_format(&evening->report,
                  "seed %" PRIu64 ": %s, players %d, rounds %d, replicas %d, games %" PRId64
                  ", steps %" PRId64 ", tries %" PRIu64 " for %" PRIu64
                  " requests, crashes %" PRId64 ", partitions %" PRId64 ", minutes %.1f, digest "
                  "%016" PRIx64 "\n",
                  world->options.seed, evening->is_sound ? "sound" : "BROKEN", people->player_count,
                  people->rounds, world->replica_count,
                  world_number(world, "SELECT count(*) FROM games"),
                  world_number(world, "SELECT count(*) FROM journal"), people->asks.tries,
                  people->asks.made, world->counts.crashes, world->counts.partitions,
                  (double)(loop_now_ms(world->loop) - WORLD_START_MS) / 60000.0, digest_of(world));
    buffer_append_text(&evening->report, buffer_text(&world->failures));
    asks_describe(&people->asks, &evening->report);
    if (world->failure_count > WORLD_FAILURES_MAX)
        buffer_format(&evening->report, "    and %d more\n",
                      world->failure_count - WORLD_FAILURES_MAX);
}

void evening_play(const struct world_options *options, struct evening *out_evening)
{
    struct world world;
    struct people people;
    world_init(&world, options);
    people_init(&people, &world);
    world_trouble(&world);
    people_begin(&people);
    if (!run_to_end(&world, &people))
        world_fail(&world, "after an hour, most of it without faults, it has not ended");
    if (!world.is_healed)
        world_heal(&world);
    world_run(&world, TIDY_MS);
    checks_at_end(&world, &people);
    *out_evening = (struct evening){0};
    describe(&world, &people, out_evening);
    world_deinit(&world);
    people_deinit(&people);
}
