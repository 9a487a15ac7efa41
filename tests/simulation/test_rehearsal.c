/* Rehearsals: the model, the edits of a policy, recorded rounds, and that a seed means one thing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "orchestrator/record/book.h"
#include "simulation/policy_text.h"
#include "simulation/rehearsal.h"
#include "simulation/sample.h"

static struct world_policies policies;

static const char swiss[] = "tournament: t\n"
                            "version: 1\n"
                            "divisions:\n"
                            "  - name: open\n"
                            "    rounds: 5\n"
                            "    game: {rules: crossword, initial_time: 20m, rated: true}\n"
                            "    pairing:\n"
                            "      - {rounds: 1-5, method: swiss, repeats: 1}\n"
                            "    order: SPREAD,TPN\n";

/* Longer than any of the recorded events. */
static const char long_swiss[] = "tournament: t\n"
                                 "version: 1\n"
                                 "divisions:\n"
                                 "  - name: open\n"
                                 "    rounds: 27\n"
                                 "    game: {rules: reported, initial_time: 20m, rated: false}\n"
                                 "    pairing:\n"
                                 "      - {rounds: 1-27, method: swiss, repeats: 2}\n"
                                 "    order: SPREAD,TPN\n";

static struct tale play(const struct rehearsal_options *given)
{
    struct rehearsal_options options = *given;
    struct fault fault = {0};
    struct tale tale = {0};
    options.policies = &policies;
    enum status status = rehearsal_play(&options, &tale, &fault);
    if (status != STATUS_OK)
        fail_msg("%d:%d: %s", fault.line, fault.column, fault.text);
    return tale;
}

static struct rehearsal_options plain(const char *text, int players)
{
    return (struct rehearsal_options){
        .text = text, .model = model_default(), .seed = 7, .player_count = players};
}

/* ---- the model ----------------------------------------------------------------------------- */

static void better_player_wins_as_often_as_elo_expects(void **state)
{
    enum { GAMES = 4000 };
    (void)state; /* none */
    struct model model = model_default();
    struct model_clock clock = {.initial_ms = 20 * 60000};
    int points_x2 = 0;
    for (int i = 0; i < GAMES; i++) {
        struct model_pair pair = {
            .first = "a", .second = "b", .first_rating = 1700, .second_rating = 1500, .round = i};
        struct model_game game;
        model_game_draw(&model, 1, &clock, &pair, &game);
        points_x2 += game.scores[0] > game.scores[1] ? 2 : game.scores[0] == game.scores[1] ? 1 : 0;
        assert_in_range(game.duration_ms, 2 * 60000 + 20 * 60000, 2 * 60000 + 40 * 60000);
        assert_true(game.scores[0] >= 0 && game.scores[1] >= 0);
    }
    /* 0.7597 expected; four deviations of the mean of 4,000 are 0.027 */
    assert_in_range(points_x2, (int)(2 * GAMES * 0.733), (int)(2 * GAMES * 0.787));
}

static void who_sits_first_changes_nothing(void **state)
{
    (void)state; /* none */
    struct model model = model_default();
    struct model_clock clock = {.initial_ms = 20 * 60000};
    struct model_pair pair = {
        .first = "a", .second = "b", .first_rating = 1700, .second_rating = 1500, .round = 3};
    struct model_pair turned = {
        .first = "b", .second = "a", .first_rating = 1500, .second_rating = 1700, .round = 3};
    struct model_game one;
    struct model_game other;
    model_game_draw(&model, 9, &clock, &pair, &one);
    model_game_draw(&model, 9, &clock, &turned, &other);
    assert_int_equal(one.scores[0], other.scores[1]);
    assert_int_equal(one.scores[1], other.scores[0]);
    assert_int_equal(one.duration_ms, other.duration_ms);
}

static void a_share_of_the_players_does_not_come(void **state)
{
    (void)state; /* none */
    struct model model = model_default();
    int absent = 0;
    model.no_show_ppm = 200000;
    for (int i = 0; i < 2000; i++) {
        char id[16];
        struct model_person person;
        (void)snprintf(id, sizeof id, "p%d", i); /* fits */
        model_person_draw(&model, 1, id, 7, &person);
        absent += person.is_absent;
    }
    assert_in_range(absent, 330, 470);
}

/* ---- edits --------------------------------------------------------------------------------- */

static const char *edit(struct arena *arena, const char *text, enum policy_place place,
                        const char *key, const char *value)
{
    struct policy_edit what = {place, key, value};
    const char *edited = NULL;
    assert_int_equal(policy_text_set(arena, text, &what, &edited), STATUS_OK);
    return edited;
}

static void a_key_is_changed_where_it_stands(void **state)
{
    (void)state; /* none */
    struct arena arena;
    arena_init(&arena, 1 << 20);
    const char *text = edit(&arena, swiss, POLICY_GAME, "rules", "reported");
    assert_non_null(strstr(text, "game: {rules: reported, initial_time: 20m, rated: true}\n"));
    assert_int_equal(strlen(text), strlen(swiss) - strlen("crossword") + strlen("reported"));
    arena_deinit(&arena);
}

static void a_missing_key_is_added(void **state)
{
    (void)state; /* none */
    struct arena arena;
    arena_init(&arena, 1 << 20);
    const char *text = edit(&arena, swiss, POLICY_DIVISION, "paired_by", "director");
    assert_non_null(strstr(text, "  - paired_by: director\n    name: open\n"));
    text = edit(&arena, swiss, POLICY_GAME, "increment", "5s");
    assert_non_null(strstr(text, "game: {increment: 5s, rules: crossword,"));
    arena_deinit(&arena);
}

static void no_policy_cannot_be_changed(void **state)
{
    (void)state; /* none */
    static const char *const texts[] = {"", "a: 1\n", "divisions: 3\n", "divisions: [1]\n", "{"};
    struct arena arena;
    struct policy_edit what = {POLICY_GAME, "rules", "reported"};
    const char *edited = NULL;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_not_equal(policy_text_set(&arena, texts[i], &what, &edited), STATUS_OK);
    assert_null(edited);
    arena_deinit(&arena);
}

/* ---- whole events -------------------------------------------------------------------------- */

static void assert_rounds_follow_each_other(const struct tale *tale)
{
    int64_t before_ms = 0;
    for (int i = tale->recorded_rounds; i < tale->round_count; i++) {
        const struct tale_round *round = &tale->rounds[i];
        assert_int_equal(round->number, i + 1);
        assert_true(round->starts_ms >= before_ms);
        assert_true(round->ends_ms > round->starts_ms);
        before_ms = round->ends_ms;
    }
}

static void an_event_is_played_to_its_end(void **state)
{
    (void)state; /* none */
    struct rehearsal_options options = plain(swiss, 9);
    struct tale tale = play(&options);
    assert_true(tale.is_finished);
    assert_int_equal(tale.round_count, 5);
    assert_int_equal(tale.pairing_count, 5 * 5);
    assert_int_equal(tale.standing_count, 9);
    assert_rounds_follow_each_other(&tale);
    for (int i = 0; i < tale.round_count; i++) {
        assert_int_equal(tale.rounds[i].games, 4);
        assert_int_equal(tale.rounds[i].byes, 1);
    }
    tale_deinit(&tale);
}

static void who_does_not_come_is_told_of_and_taken_out(void **state)
{
    (void)state; /* none */
    struct rehearsal_options options = plain(swiss, 12);
    int forfeits = 0;
    options.model.no_show_ppm = 300000;
    struct tale tale = play(&options);
    for (int i = 0; i < tale.round_count; i++)
        forfeits += tale.rounds[i].forfeits;
    assert_true(tale.is_finished);
    assert_true(forfeits > 0);
    assert_true(tale.counts[CROWD_NO_SHOW] > 0);
    assert_int_equal(tale.counts[CROWD_REFUSED], 0);
    tale_deinit(&tale);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state; /* none */
    struct rehearsal_options options = plain("tournament: t\nrounds: 4\n", 8);
    struct fault fault = {0};
    struct tale tale = {0};
    options.policies = &policies;
    assert_int_equal(rehearsal_play(&options, &tale, &fault), STATUS_INVALID_ARGUMENT);
    assert_int_equal(fault.line, 2);
    options.text = swiss;
    options.player_count = 1;
    fault = (struct fault){0};
    assert_int_equal(rehearsal_play(&options, &tale, &fault), STATUS_INVALID_ARGUMENT);
    assert_string_not_equal(fault.text, "");
}

/* ---- recorded events ----------------------------------------------------------------------- */

static const struct tale_pairing *find_pairing(const struct tale *tale, int round, int player)
{
    for (int i = 0; i < tale->pairing_count; i++) {
        const struct tale_pairing *pairing = &tale->pairings[i];
        if (pairing->round == round && (pairing->first == player || pairing->second == player))
            return pairing;
    }
    return NULL;
}

static void assert_as_recorded(const struct tale *tale, const struct record *record, int rounds)
{
    for (int round = 1; round <= rounds; round++) {
        for (int player = 0; player < record->player_count; player++) {
            const struct record_result *result = record_result(record, player, round);
            const struct tale_pairing *pairing = find_pairing(tale, round, player);
            if (result->kind == RECORD_NONE || result->kind == RECORD_ABSENT) {
                assert_null(pairing);
                continue;
            }
            assert_non_null(pairing);
            bool is_first = pairing->first == player;
            assert_int_equal(is_first ? pairing->second : pairing->first, result->opponent);
            assert_int_equal(is_first ? pairing->first_score : pairing->second_score,
                             result->own_score);
        }
    }
}

/* Points as `2 * wins + ties` over all rounds against the standings that the house computed. */
static void assert_standings_add_up(const struct tale *tale)
{
    for (int i = 0; i < tale->standing_count; i++) {
        const struct tale_standing *row = &tale->standings[i];
        assert_int_equal(row->points_x2, 2 * row->wins + row->draws);
        assert_true(i == 0 || row->points_x2 <= tale->standings[i - 1].points_x2);
    }
}

static void assert_gone_are_not_paired(const struct tale *tale, const struct record *record)
{
    for (int player = 0; player < record->player_count; player++) {
        int after = record->players[player].withdrawn_after;
        for (int round = after + 1; after > 0 && after <= tale->recorded_rounds && round <= 27;
             round++)
            assert_null(find_pairing(tale, round, player));
    }
}

static void go_on_from(const struct record *record, int from_round)
{
    struct rehearsal_options options = plain(long_swiss, 0);
    options.record = record;
    options.from_round = from_round;
    struct tale tale = play(&options);
    assert_true(tale.is_finished);
    assert_int_equal(tale.round_count, 27);
    assert_int_equal(tale.recorded_rounds, from_round - 1);
    assert_as_recorded(&tale, record, from_round - 1);
    assert_rounds_follow_each_other(&tale);
    assert_standings_add_up(&tale);
    assert_gone_are_not_paired(&tale, record);
    tale_deinit(&tale);
}

/* From its first round, from one in the middle and from where the record ends. */
static void go_on_with(const char *path)
{
    struct buffer bytes = {.limit = BOOK_FILE_MAX};
    struct arena arena;
    struct book book;
    struct fault fault = {0};
    arena_init(&arena, 64 << 20);
    assert_int_equal(buffer_read_file(&bytes, path), STATUS_OK);
    assert_int_equal(book_read(BOOK_JSON, bytes.data, bytes.size, &arena, &book, &fault),
                     STATUS_OK);
    const struct record *record = book.divisions[0].record;
    go_on_from(record, 1);
    go_on_from(record, 2 + record->rounds_played / 2);
    go_on_from(record, record->rounds_played + 1);
    buffer_deinit(&bytes);
    arena_deinit(&arena);
}

static void recorded_events_go_on_from_any_round(void **state)
{
    (void)state; /* none */
    static const char *const paths[] = {
        "tests/data/events/event-b.json", "tests/data/events/event-c.json",
        "tests/data/events/event-d.json", "tests/data/events/event-e.json"};
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        go_on_with(paths[i]);
}

/* ---- figures ------------------------------------------------------------------------------- */

static void percentiles_are_of_the_values_that_are_there(void **state)
{
    (void)state; /* none */
    struct sample sample;
    struct sample_summary summary;
    sample_init(&sample, 101);
    for (int run = 0; run < 100; run++) { /* the last run has none */
        struct tale_metric metric = {.name = "a", .value = run + 1};
        sample_add(&sample, run, &metric, 1);
    }
    sample_summarise(sample_find(&sample, "a")->values, sample.runs, &summary);
    assert_int_equal(summary.count, 100);
    assert_int_equal(summary.percentiles[0], 5);
    assert_int_equal(summary.percentiles[2], 50);
    assert_int_equal(summary.percentiles[4], 95);
    assert_true(summary.mean == 50.5);
    assert_null(sample_find(&sample, "b"));
    sample_deinit(&sample);
}

static void differences_are_of_the_same_run(void **state)
{
    (void)state; /* none */
    struct sample one;
    struct sample other;
    struct sample_summary summary;
    int lower;
    int higher;
    sample_init(&one, 3);
    sample_init(&other, 3);
    for (int run = 0; run < 3; run++) {
        struct tale_metric metric = {.name = "a", .value = 10 * run};
        sample_add(&one, run, &metric, 1);
        metric.value += run - 1; /* -1, 0, +1 */
        sample_add(&other, run, &metric, 1);
    }
    sample_compare(sample_find(&one, "a"), sample_find(&other, "a"), 3, &summary, &lower, &higher);
    assert_int_equal(lower, 1);
    assert_int_equal(higher, 1);
    assert_true(summary.mean == 0.0);
    sample_deinit(&one);
    sample_deinit(&other);
}

int main(void)
{
    static const struct CMUnitTest cases[] = {
        cmocka_unit_test(better_player_wins_as_often_as_elo_expects),
        cmocka_unit_test(who_sits_first_changes_nothing),
        cmocka_unit_test(a_share_of_the_players_does_not_come),
        cmocka_unit_test(a_key_is_changed_where_it_stands),
        cmocka_unit_test(a_missing_key_is_added),
        cmocka_unit_test(no_policy_cannot_be_changed),
        cmocka_unit_test(an_event_is_played_to_its_end),
        cmocka_unit_test(who_does_not_come_is_told_of_and_taken_out),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(recorded_events_go_on_from_any_round),
        cmocka_unit_test(percentiles_are_of_the_values_that_are_there),
        cmocka_unit_test(differences_are_of_the_same_run),
    };
    log_init("simulation", LOG_ERROR);
    if (!world_policies_load("policies", &policies))
        return 1;
    int failed = cmocka_run_group_tests(cases, NULL, NULL);
    world_policies_deinit(&policies);
    return failed;
}
