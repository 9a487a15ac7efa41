/* conduct: outcomes, warnings first, suspensions that grow, what time and appeals take away. */
#include "orchestrator/conduct/conduct_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/schema_file.h"

#include "base/buffer.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define NOON_MS INT64_C(1800000000000)

static struct arena arena;
static struct conduct_policy policy;
static struct conduct_history history;
static int64_t now_ms;
static int games;

static const char simple[] = "conduct: simple\n"
                             "version: 1\n"
                             "judged: game.rated\n"
                             "outcomes:\n"
                             "  - {outcome: left, if: game.lost && game.acts == 0, points: 2}\n"
                             "  - {outcome: threw, if: game.lost && game.moves < 2, points: 1.5}\n"
                             "good: {takes: 1}\n"
                             "decay: {every: 7d, takes: 1}\n"
                             "sanctions:\n"
                             "  - {if: player.newest_is_bad && player.warnings == 0 && "
                             "player.suspensions == 0, warn: careful}\n"
                             "  - if: player.newest_is_bad && player.points > 3.0\n"
                             "    suspend: \"10 * (player.suspensions + 1)\"\n"
                             "    from: rated\n"
                             "    because: you leave games\n"
                             "immunity: {before: 5m, after: 10m}\n";

static enum status read_text(const char *text, struct conduct_policy *out_policy)
{
    struct yaml_faults faults = {.arena = &arena};
    enum status status = conduct_policy_read(&arena, text, strlen(text), &faults, out_policy);
    if (status != STATUS_OK)
        assert_true(faults.error_count > 0);
    return status;
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    history = (struct conduct_history){0};
    now_ms = NOON_MS;
    games = 0;
    assert_int_equal(read_text(simple, &policy), STATUS_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

/* Adds a game, an hour after the one before; returns what followed. */
static struct conduct_entry play(struct conduct_game game)
{
    char id[16];
    double points;
    (void)snprintf(id, sizeof id, "g%d", games++); /* fits */
    now_ms += HOUR_MS;
    game.game_id = id;
    if (game.reason == NULL)
        game.reason = "resigned";
    const char *outcome = conduct_judge(&policy, &game, &arena, &points);
    assert_non_null(outcome);
    const struct conduct_entry *entry =
        conduct_add(&policy, &history, id, outcome, points, now_ms, &arena);
    assert_non_null(entry);
    return *entry;
}

static struct conduct_entry leave(void)
{
    return play((struct conduct_game){.rated = true, .lost = true});
}

static struct conduct_entry behave(void)
{
    return play((struct conduct_game){.rated = true, .won = true, .acts = 9, .moves = 9});
}

static double points(void)
{
    return conduct_standing(&policy, &history, now_ms).points;
}

static void judges_by_the_first_condition_that_holds(void **state)
{
    (void)state;
    double weight;
    struct conduct_game game = {.reason = "resigned", .lost = true, .rated = true};
    assert_string_equal(conduct_judge(&policy, &game, &arena, &weight), "left");
    assert_true(weight == 2.0);
    game.acts = 1;
    assert_string_equal(conduct_judge(&policy, &game, &arena, &weight), "threw");
    game.lost = false;
    assert_string_equal(conduct_judge(&policy, &game, &arena, &weight), CONDUCT_GOOD);
    game.rated = false;
    assert_null(conduct_judge(&policy, &game, &arena, &weight));
}

static void warns_first_and_suspends_for_longer_each_time(void **state)
{
    (void)state;
    assert_int_equal(leave().measure, CONDUCT_WARNED);
    struct conduct_entry second = leave();
    assert_int_equal(second.measure, CONDUCT_SUSPENDED);
    assert_int_equal(second.until_ms - now_ms, 10 * 60000);
    struct conduct_standing standing = conduct_standing(&policy, &history, now_ms);
    assert_int_equal(standing.measure, CONDUCT_SUSPENDED);
    assert_string_equal(standing.from, "rated");
    assert_string_equal(standing.because, "you leave games");
    assert_int_equal(conduct_standing(&policy, &history, second.until_ms).measure, CONDUCT_WARNED);
    assert_int_equal(leave().until_ms - now_ms, 20 * 60000);
}

static void good_games_and_time_take_points_away(void **state)
{
    (void)state;
    (void)leave();
    (void)leave();
    assert_true(points() == 4.0);
    assert_int_equal(behave().measure, CONDUCT_NONE);
    assert_true(points() == 3.0);
    now_ms += 15 * DAY_MS;
    assert_true(points() == 1.0);
    now_ms += 100 * DAY_MS;
    assert_true(points() == 0.0);
    assert_int_equal(behave().measure, CONDUCT_NONE);
    assert_true(points() == 0.0);
}

static void the_same_game_counts_once(void **state)
{
    (void)state;
    (void)leave();
    assert_null(conduct_add(&policy, &history, "g0", "left", 2.0, now_ms, &arena));
    assert_true(points() == 2.0);
}

static void an_appeal_takes_back_what_followed(void **state)
{
    (void)state;
    (void)leave();
    (void)leave();
    (void)leave();
    assert_int_equal(history.entries[2].until_ms - history.entries[2].at_ms, 20 * 60000);
    assert_true(conduct_appeal(&policy, &history, "g1", &arena));
    assert_int_equal(history.entries[1].measure, CONDUCT_NONE);
    assert_int_equal(history.entries[2].until_ms - history.entries[2].at_ms, 10 * 60000);
    assert_true(points() == 4.0);
    assert_true(conduct_appeal(&policy, &history, "g2", &arena));
    assert_int_equal(conduct_standing(&policy, &history, now_ms).measure, CONDUCT_WARNED);
    assert_false(conduct_appeal(&policy, &history, "g2", &arena));
    assert_false(conduct_appeal(&policy, &history, "nosuch", &arena));
}

static void forecasts_what_one_more_would_mean(void **state)
{
    (void)state;
    struct conduct_forecast forecasts[CONDUCT_FORECASTS_MAX];
    assert_int_equal(conduct_forecast(&policy, &history, now_ms, &arena, forecasts), 2);
    assert_int_equal(forecasts[0].measure, CONDUCT_WARNED);
    (void)leave();
    struct conduct_history before = history;
    assert_int_equal(conduct_forecast(&policy, &history, now_ms, &arena, forecasts), 2);
    assert_memory_equal(&before, &history, sizeof history);
    assert_string_equal(forecasts[0].outcome, "left");
    assert_int_equal(forecasts[0].measure, CONDUCT_SUSPENDED);
    assert_int_equal(forecasts[0].minutes, 10);
    assert_int_equal(forecasts[0].within_ms, DAY_MS); /* in a week a point is forgotten */
}

static void games_around_an_outage_are_excused(void **state)
{
    (void)state;
    const struct conduct_incident outage = {NOON_MS, NOON_MS + HOUR_MS};
    assert_true(conduct_is_excused(&policy, &outage, 1, NOON_MS - 5 * 60000));
    assert_true(conduct_is_excused(&policy, &outage, 1, NOON_MS + HOUR_MS + 10 * 60000));
    assert_false(conduct_is_excused(&policy, &outage, 1, NOON_MS - 6 * 60000));
    assert_false(conduct_is_excused(&policy, &outage, 1, NOON_MS + HOUR_MS + 11 * 60000));
    assert_false(conduct_is_excused(&policy, NULL, 0, NOON_MS));
}

static void a_long_history_is_summed_up(void **state)
{
    (void)state;
    for (int i = 0; i < 3 * CONDUCT_ENTRIES_MAX; i++)
        (void)leave();
    assert_int_equal(history.count, CONDUCT_ENTRIES_MAX);
    assert_true(points() > 300.0);
    assert_true(history.suspensions_before > CONDUCT_ENTRIES_MAX);
}

static void a_history_reads_as_it_was_written(void **state)
{
    (void)state;
    static struct conduct_history read;
    (void)leave();
    (void)leave();
    (void)behave();
    (void)conduct_appeal(&policy, &history, "g0", &arena);
    const char *text = conduct_history_write(&history, &arena);
    assert_int_equal(conduct_history_read(text, &read), STATUS_OK);
    assert_string_equal(conduct_history_write(&read, &arena), text);
    assert_int_equal(conduct_history_read("", &read), STATUS_OK);
    assert_int_equal(read.count, 0);
    static const char *const bad[] = {"conduct 2 0 0 0 0\n", "conduct 1 0 0 0 0", "x\n",
                                      "conduct 1 0 0 0 0\n1 g left\n",
                                      "conduct 1 0 0 0 0\n1 g left 1 2 0 0 - \n"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(conduct_history_read(bad[i], &read), STATUS_DATA_LOSS);
}

/* lichess's rules as far as they are in the file: a warning, ten minutes, then longer. */
static void the_playban_grows_when_it_comes_again_soon(void **state)
{
    (void)state;
    struct buffer text = {0};
    assert_int_equal(buffer_read_file(&text, "policies/conduct/playban.yaml"), STATUS_OK);
    assert_int_equal(read_text(buffer_text(&text), &policy), STATUS_OK);
    buffer_deinit(&text);
    const struct conduct_game quits = {
        .lost = true, .reason = "forfeit", .acts = 3, .clock_ms = 300000};
    int64_t minutes[3] = {0};
    int warnings = 0;
    for (int found = 0, i = 0; found < 3 && i < 60; i++) {
        struct conduct_entry entry = play(quits);
        warnings += entry.measure == CONDUCT_WARNED;
        if (entry.measure == CONDUCT_SUSPENDED)
            minutes[found++] = (entry.until_ms - entry.at_ms) / 60000;
    }
    assert_int_equal(warnings, 1);
    assert_int_equal(minutes[0], 10);
    assert_true(minutes[1] > minutes[0] && minutes[2] > minutes[1]);
}

static void wrong_policies_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "conduct: x\nversion: 1\noutcomes: []\n",
        "conduct: x\nversion: 1\noutcomes: [{outcome: a, if: nope, points: 1}]\nsanctions: []\n",
        "conduct: x\nversion: 1\noutcomes: [{outcome: good, if: game.lost, points: 1}]\n"
        "sanctions: []\n",
        "conduct: x\nversion: 1\noutcomes: [{outcome: a, if: game.lost, points: -1}]\n"
        "sanctions: []\n",
        "conduct: x\nversion: 1\noutcomes: []\nsanctions: [{if: player.points > 1.0}]\n",
        "conduct: x\nversion: 1\noutcomes: []\nsanctions: [{if: player.points > 1.0, suspend: "
        "player.points}]\n",
        "conduct: x\nversion: 1\noutcomes: []\nsanctions: []\nkeep: 0\n",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(read_text(bad[i], &policy), STATUS_INVALID_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void the_schema_for_editors_is_up_to_date(void **state)
{
    (void)state;
    schema_file_holds(&conduct_policy_shape, "conduct", "Conduct policy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(judges_by_the_first_condition_that_holds),
        TEST(warns_first_and_suspends_for_longer_each_time),
        TEST(good_games_and_time_take_points_away),
        TEST(the_same_game_counts_once),
        TEST(an_appeal_takes_back_what_followed),
        TEST(forecasts_what_one_more_would_mean),
        TEST(games_around_an_outage_are_excused),
        TEST(a_long_history_is_summed_up),
        TEST(a_history_reads_as_it_was_written),
        TEST(the_playban_grows_when_it_comes_again_soon),
        TEST(wrong_policies_are_refused),
        TEST(the_schema_for_editors_is_up_to_date),
    };
    return cmocka_run_group_tests_name("conduct", tests, NULL, NULL);
}
