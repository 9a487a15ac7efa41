/* A series on all services with a virtual clock: each event appears once and in time, whatever
 * crashes and gets lost; what is to be skipped is skipped; the series ends with its rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "simulation/ask.h"
#include "simulation/world.h"

#include "arbiter/v1/orchestrator.pb-c.h"

enum { HOUR_MS = 3600000, TEXT_SIZE = 1024, SEEDS = 2, REPLICAS = 2, FIRST_OPENING_MS = 9900000 };

static struct world_policies policies;

/* The world begins on 2026-09-21 at 14:13 UTC. */
static void write_policy(char out[TEXT_SIZE], const char *more)
{
    (void)snprintf(out, TEXT_SIZE,
                   "tournament: club\n"
                   "time: {start: 2026-09-21T20:00, zone: Europe/Berlin,\n"
                   "       recurrence: FREQ=DAILY;COUNT=3, exclude: [2026-09-22],\n"
                   "       announce: 1h, jitter: 5m, begins: on_time, ends: director, %s}\n"
                   "divisions:\n  - {name: open, rounds: 1, game: {rules: reported}}\n",
                   more); /* short */
}

static void on_opened(const struct bus_answer *answer, void *user)
{
    bool *is_open = user;
    if (answer->status != STATUS_OK)
        fail_msg("%s", answer->message);
    *is_open = true;
}

struct text_entry {
    Arbiter__V1__ValueEntry entry;
    Arbiter__V1__Value key;
    Arbiter__V1__Value value;
};

static void put(struct text_entry *out, char *key, char *text)
{
    arbiter__v1__value_entry__init(&out->entry);
    arbiter__v1__value__init(&out->key);
    arbiter__v1__value__init(&out->value);
    out->key.kind_case = out->value.kind_case = ARBITER__V1__VALUE__KIND_STRING_VALUE;
    out->key.string_value = key;
    out->value.string_value = text;
    out->entry.key = &out->key;
    out->entry.value = &out->value;
}

static void open_series(struct world *world, struct asks *asks, char *policy, bool *out_is_open)
{
    Arbiter__V1__StartInstanceRequest request = ARBITER__V1__START_INSTANCE_REQUEST__INIT;
    Arbiter__V1__ValueMap map = ARBITER__V1__VALUE_MAP__INIT;
    struct text_entry entries[4];
    Arbiter__V1__ValueEntry *list[4];
    char *keys[] = {"policy", "name", "prefix", "actor"};
    char *texts[] = {policy, "Club night", "club", "dora"};
    for (int i = 0; i < 4; i++) {
        put(&entries[i], keys[i], texts[i]);
        list[i] = &entries[i].entry;
    }
    map.entries = list;
    map.n_entries = 4;
    request.machine = "series";
    request.instance_id = "series:club";
    request.input = &map;
    *asks = (struct asks){.bus = world->edge};
    ask(asks,
        &(struct ask_what){&arbiter__v1__orchestrator__descriptor, "StartInstance", &request.base,
                           false},
        on_opened, out_is_open);
}

struct course {
    int64_t tournaments;
    int64_t distinct_starts;
    int64_t out_of_time; /* starts that are not within five minutes after 18:00 UTC */
    int64_t early;       /* opened more than an hour before they begin */
    int64_t finished;
};

static struct course play(const struct trouble *trouble, const char *more)
{
    char policy[TEXT_SIZE];
    struct world_options options = {.seed = 1,
                                    .trouble = trouble,
                                    .sweep_ms = trouble != NULL ? 30000 : 300000,
                                    .replicas = REPLICAS,
                                    .policies = &policies};
    struct world world;
    struct asks asks;
    bool is_open = false;
    write_policy(policy, more);
    world_init(&world, &options);
    open_series(&world, &asks, policy, &is_open);
    world_trouble(&world);
    world_run(&world, 30 * HOUR_MS);
    world_heal(&world);
    world_run(&world, 30 * HOUR_MS);
    assert_true(is_open);
    struct course course = {
        .tournaments = world_number(&world, "SELECT count(*) FROM tournaments"),
        .distinct_starts =
            world_number(&world, "SELECT count(DISTINCT starts_at_ms / 86400000) FROM tournaments"),
        .out_of_time = world_number(&world, "SELECT count(*) FROM tournaments WHERE starts_at_ms % "
                                            "86400000 NOT BETWEEN 64800000 AND 65100000"),
        .early = world_number(&world, "SELECT count(*) FROM tournaments WHERE starts_at_ms - "
                                      "created_at_ms > 3600000"),
        .finished = world_number(&world, "SELECT count(*) FROM instances WHERE instance_id = "
                                         "'series:club' AND finished = true"),
    };
    world_deinit(&world);
    asks_deinit(&asks);
    return course;
}

static void want(const struct course *course, int64_t tournaments)
{
    if (course->tournaments != tournaments || course->distinct_starts != tournaments ||
        course->out_of_time != 0 || course->early != 0 || course->finished != 1)
        fail_msg("%d events on %d days, not %d; %d out of time, %d early, %d series ended",
                 (int)course->tournaments, (int)course->distinct_starts, (int)tournaments,
                 (int)course->out_of_time, (int)course->early, (int)course->finished);
}

static void each_event_appears_once_and_in_time(void **state)
{
    (void)state;
    struct course course = play(NULL, "overlap: allow");
    want(&course, 2); /* of three, one is excluded */
}

/* Everything goes wrong while the first event is to be opened. */
static void crashes_and_lost_messages_open_none_twice(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct trouble trouble;
        trouble_draw(&trouble, seed,
                     WORLD_FAULT_MESSAGES | WORLD_FAULT_DATABASE | WORLD_FAULT_CRASHES, REPLICAS);
        for (int i = 0; i < trouble.count; i++)
            trouble.items[i].at_ms += FIRST_OPENING_MS;
        struct course course = play(&trouble, "overlap: allow");
        want(&course, 2);
        trouble_deinit(&trouble);
    }
}

/* All orchestrators are down from before the first event is to appear until hours after its start.
 */
static struct course play_outage(const char *more)
{
    struct incident outage[REPLICAS];
    for (int i = 0; i < REPLICAS; i++)
        outage[i] = (struct incident){.kind = INCIDENT_KILL,
                                      .part = WORLD_ORCHESTRATOR,
                                      .replica = i,
                                      .at_ms = 2 * HOUR_MS,
                                      .duration_ms = 8 * HOUR_MS};
    struct trouble trouble = {outage, REPLICAS};
    return play(&trouble, more);
}

static void an_outage_is_made_up_for_as_the_policy_says(void **state)
{
    (void)state;
    struct course course = play_outage("overlap: allow, catch_up: none");
    want(&course, 1);
    course = play_outage("overlap: allow, catch_up: all, max_lateness: 5h");
    want(&course, 1);
    course = play_outage("overlap: allow, catch_up: all, max_lateness: 12h");
    want(&course, 2);
}

/* Events end on a word, and nobody says it. */
static void an_event_that_still_runs_keeps_the_next_away(void **state)
{
    (void)state;
    struct course course = play(NULL, "overlap: skip");
    want(&course, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_appears_once_and_in_time),
        cmocka_unit_test(crashes_and_lost_messages_open_none_twice),
        cmocka_unit_test(an_outage_is_made_up_for_as_the_policy_says),
        cmocka_unit_test(an_event_that_still_runs_keeps_the_next_away),
    };
    log_init("simulation", LOG_ERROR);
    if (!world_policies_load("policies", &policies))
        return 1;
    int failed = cmocka_run_group_tests_name("series", tests, NULL, NULL);
    world_policies_deinit(&policies);
    return failed;
}
