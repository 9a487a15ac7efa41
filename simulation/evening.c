/* Plays an evening to its end and puts what came of it into words. */
#include "simulation/evening.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "simulation/checks.h"
#include "simulation/people.h"

enum {
    LOOK_MS = 1000,
    PATIENCE_MS = 60 * 60 * 1000,
    TIDY_MS = 60 * 1000 /* longer than any wait of the house: a command has 30 s, its lease more */
};

static uint64_t mix(uint64_t digest, const char *text)
{
    return hash_bytes(hash_text(digest, text), "\xff", 1);
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
    uint64_t digest = HASH_START;
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
static bool run_to_end(const struct evening_options *options, struct world *world,
                       struct people *people)
{
    int64_t patience_ms = options->patience_ms > 0 ? options->patience_ms : PATIENCE_MS;
    for (int64_t at_ms = 0; at_ms < patience_ms; at_ms += LOOK_MS) {
        if (!world->is_healed && at_ms >= TROUBLE_LAST_MS)
            world_heal(world);
        if (people_are_done(people) || (options->stops_at_failure && world->failure_count > 0))
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
    const char *failure = buffer_text(&world->failures);
    failure += strspn(failure, " ");
    (void)snprintf(evening->failure, sizeof evening->failure, "%.*s", (int)strcspn(failure, ":\n"),
                   failure); /* a name that is cut still names it */
    buffer_format(&evening->report,
                  "seed %" PRIu64
                  ": %s, %s, players %d, rounds %d, games a round %d, replicas %d, games %" PRId64
                  ", steps %" PRId64 ", tries %" PRIu64 " for %" PRIu64 " requests, %" PRIu64
                  " for %" PRIu64 " visits, crashes %" PRId64 ", partitions %" PRId64
                  ", lost %" PRId64 ", doubled %" PRId64 ", minutes %.1f, digest "
                  "%016" PRIx64 "\n",
                  world->options.seed, evening->is_sound ? "sound" : "BROKEN", people->method,
                  people->player_count, people->rounds, people->games, world->options.replicas,
                  world_number(world, "SELECT count(*) FROM games"),
                  world_number(world, "SELECT count(*) FROM journal"), people->asks.tries,
                  people->asks.made, people->visits.tries, people->visits.made,
                  world->counts.crashes, world->counts.partitions, world->counts.lost,
                  world->counts.doubled,
                  (double)(loop_now_ms(world->loop) - WORLD_START_MS) / 60000.0, digest_of(world));
    buffer_append_text(&evening->report, buffer_text(&world->failures));
    asks_describe(&people->asks, &evening->report);
    visits_describe(&people->visits, &evening->report);
    if (world->failure_count > WORLD_FAILURES_MAX)
        buffer_format(&evening->report, "    and %d more\n",
                      world->failure_count - WORLD_FAILURES_MAX);
}

/* Who said what when: the steps of all machines, for a trace. */
static void tell_step(int count, char **columns, void *user)
{
    struct world *world = user;
    int64_t at_ms = strtoll(columns[0], NULL, 10) - WORLD_START_MS;
    (void)count; /* as the query says */
    buffer_format(&world->told, "    %5" PRId64 ".%03d  %s step %s takes %s\n", at_ms / 1000,
                  (int)(at_ms % 1000), columns[1], columns[2], columns[3]);
}

struct line {
    const char *text;
    size_t size;
    double at_s;
    size_t number;
};

static int by_time(const void *left, const void *right)
{
    const struct line *a = left;
    const struct line *b = right;
    if (a->at_s != b->at_s)
        return a->at_s < b->at_s ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

/* Puts lines that begin with a time in the order of time. */
static void append_sorted(const char *text, struct buffer *out)
{
    size_t count = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        count++;
    struct line *lines = calloc(count + 1, sizeof *lines);
    assert(lines != NULL);
    for (size_t i = 0; i < count; i++) {
        size_t size = (size_t)(strchr(text, '\n') - text) + 1;
        lines[i] = (struct line){text, size, strtod(text, NULL), i};
        text += size;
    }
    if (count > 0)
        qsort(lines, count, sizeof *lines, by_time);
    for (size_t i = 0; i < count; i++)
        buffer_append(out, lines[i].text, lines[i].size);
    free(lines);
}

static void append_trace(struct world *world, struct evening *evening)
{
    world_rows(
        world,
        "SELECT at_ms, instance_id, seq, coalesce((SELECT group_concat(name, ', ') FROM inbox "
        "AS b WHERE b.instance_id = j.instance_id AND b.consumed_seq = j.seq), 'nothing') "
        "FROM journal AS j ORDER BY at_ms, instance_id, seq",
        tell_step, world);
    append_sorted(buffer_text(&world->told), &evening->report);
}

void evening_play(const struct evening_options *options, struct evening *out_evening)
{
    struct world world;
    struct people people;
    struct trouble drawn = {0};
    struct random random;
    random_init_stream(&random, options->seed, "replicas", 0);
    int replicas = random_below(&random, 3) == 0 ? 1 : WORLD_REPLICAS_MAX;
    replicas = options->replicas > 0 ? options->replicas : replicas;
    if (options->trouble == NULL)
        trouble_draw(&drawn, options->seed, options->faults, replicas);
    struct world_options world_options = {.seed = options->seed,
                                          .trouble =
                                              options->trouble != NULL ? options->trouble : &drawn,
                                          .sabotage = options->sabotage,
                                          .replicas = replicas,
                                          .is_verbose = options->is_verbose,
                                          .policies = options->policies,
                                          .door = options->door};
    world_init(&world, &world_options);
    checks_watch(&world);
    people_init(&people, &world, &options->limits);
    checks_promise_places(&world, people.places);
    world_trouble(&world);
    people_begin(&people);
    if (!run_to_end(options, &world, &people))
        world_fail(&world, "every tournament ends: not after an hour, most of it without faults");
    if (!options->stops_at_failure || world.failure_count == 0) {
        if (!world.is_healed)
            world_heal(&world);
        world_run(&world, TIDY_MS);
        checks_at_end(&world, &people);
    }
    *out_evening =
        (struct evening){.replicas = replicas,
                         .incidents = world_options.trouble->count,
                         .sizes = {people.player_count, people.rounds, people.seek_count}};
    describe(&world, &people, out_evening);
    if (options->is_verbose)
        append_trace(&world, out_evening);
    world_deinit(&world);
    people_deinit(&people);
    trouble_deinit(&drawn);
}
