/* format: good policies with every default filled in; each bad one under tests/policies/bad-formats
 * with what its director reads (ARBITER_UPDATE=1 writes the expected texts); the schema for editors
 * is what the reader's own table prints. */
#include "gamesvc/rules/timing.h"
#include "orchestrator/format/format.h"

#include "base/buffer.h"
#include "orchestrator/format/format_keys.h"
#include "tests/support/golden.h"
#include "tests/support/schema_file.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REFERENCE_FILE "docs/policy-reference.md"

enum { MEMORY_MAX = 16 << 20, BAD_MIN = 100, PATH_SIZE = 512 };

static const struct format *read_good(struct arena *arena, const char *text, size_t size)
{
    struct yaml_faults faults = {.arena = arena};
    const struct format *format = NULL;
    arena_init(arena, MEMORY_MAX);
    if (format_read(arena, text, size, &faults, &format) != STATUS_OK)
        fail_msg("line %d: %s", faults.items[0].line, faults.items[0].text);
    return format;
}

static void defaults_are_filled_in(void **state)
{
    (void)state;
    static const char text[] = "tournament: club\n"
                               "divisions:\n"
                               "  - {name: open, rounds: 7, game: {rules: reported}}\n";
    struct arena arena;
    const struct format *format = read_good(&arena, text, strlen(text));
    const struct format_division *division = format_find_division(format, "open");
    assert_int_equal(format->version, 1);
    assert_string_equal(format->doc, "");
    assert_non_null(division);
    assert_int_equal(division->game.initial_time_ms, 0);
    assert_true(division->game.rated);
    assert_string_equal(division->game.rating_policy, "glicko2");
    assert_string_equal(division->order, "SPREAD");
    assert_false(division->is_paired_by_director);
    assert_false(division->is_advanced_by_director);
    assert_int_equal(division->range_count, 1);
    assert_int_equal(division->ranges[0].last_round, 7);
    assert_int_equal(division->ranges[0].pairing.method, PAIRING_SWISS);
    assert_null(format_find_division(format, "closed"));
    arena_deinit(&arena);
}

static void every_key_is_read(void **state)
{
    (void)state;
    static const char text[] =
        "tournament: weekend\nversion: 3\ndoc: Two halves.\n"
        "divisions:\n"
        "  - name: a\n"
        "    rounds: 5\n"
        "    game: {rules: crossword, variant: wide, lexicon: L1, challenge_rule: double,\n"
        "           initial_time: 25m, increment: 5s, rated: false,\n"
        "           rating_policy: elo, rating_pool: otb}\n"
        "    paired_by: policy\n"
        "    pairing:\n"
        "      - {rounds: 1-3, method: swiss, repeats: 2, repeat_weight: 7, win_weight: 9}\n"
        "      - {rounds: 4, method: factor, factor: 6}\n"
        "      - {rounds: \"5\", method: king_of_the_hill}\n"
        "    next_round: director\n"
        "    order: BH/C1,SB\n"
        "    spread_cap: 350\n"
        "  - {name: b, rounds: 1, game: {rules: reported, overtime: 1m30s}, paired_by: director}\n";
    struct arena arena;
    const struct format *format = read_good(&arena, text, strlen(text));
    const struct format_division *a = &format->divisions[0];
    assert_int_equal(format->version, 3);
    assert_int_equal(format->division_count, 2);
    assert_string_equal(a->game.variant, "wide");
    assert_string_equal(a->game.lexicon, "L1");
    assert_string_equal(a->game.challenge_rule, "double");
    assert_int_equal(a->game.initial_time_ms, 25 * 60 * 1000);
    assert_int_equal(a->game.increment_ms, 5000);
    assert_int_equal(format->divisions[1].game.overtime_ms, 90 * 1000);
    assert_false(a->game.rated);
    assert_string_equal(a->game.rating_policy, "elo");
    assert_string_equal(a->game.rating_pool, "otb");
    assert_true(a->is_advanced_by_director);
    assert_string_equal(a->order, "BH/C1,SB");
    assert_int_equal(a->spread_cap, 350);
    assert_int_equal(format_range_of(a, 3)->pairing.repeats_max, 2);
    assert_int_equal(format_range_of(a, 3)->pairing.repeat_weight, 7);
    assert_int_equal(format_range_of(a, 3)->pairing.win_weight, 9);
    assert_int_equal(format_range_of(a, 4)->pairing.factor, 6);
    assert_int_equal(format_range_of(a, 5)->pairing.method, PAIRING_KING_OF_THE_HILL);
    assert_true(format->divisions[1].is_paired_by_director);
    assert_int_equal(format->divisions[1].ranges[0].pairing.method, PAIRING_MANUAL);
    arena_deinit(&arena);
}

static void policies_that_come_with_arbiter_are_good(void **state)
{
    (void)state;
    DIR *folder = opendir("policies/formats");
    int count = 0;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct buffer text = {0};
        struct arena arena;
        char path[PATH_SIZE];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "policies/formats/%s", entry->d_name); /* short names */
        assert_int_equal(buffer_read_file(&text, path), STATUS_OK);
        const struct format *format = read_good(&arena, text.data, text.size);
        size_t size = strlen(format->name);
        assert_memory_equal(entry->d_name, format->name, size);
        assert_string_equal(entry->d_name + size, ".yaml");
        arena_deinit(&arena);
        buffer_deinit(&text);
        count++;
    }
    (void)closedir(folder); /* only read */
    assert_true(count >= 2);
}

static void faults_of(const char *file, const struct buffer *text, struct buffer *out)
{
    struct arena arena;
    arena_init(&arena, MEMORY_MAX);
    struct yaml_faults faults = {.arena = &arena};
    const struct format *format = NULL;
    enum status status = format_read(&arena, text->data, text->size, &faults, &format);
    if (status != STATUS_INVALID_ARGUMENT)
        print_error("%s: %s\n", file, status_name(status));
    yaml_faults_sort(&faults);
    yaml_faults_print(&faults, file, text->data, text->size, out);
    arena_deinit(&arena);
}

static void every_bad_format_gets_its_message(void **state)
{
    (void)state;
    assert_true(golden_folder("tests/policies/bad-formats", faults_of) >= BAD_MIN);
}

static void more_divisions_than_fit_are_refused(void **state)
{
    (void)state;
    struct buffer text = {0};
    struct arena arena;
    arena_init(&arena, MEMORY_MAX);
    struct yaml_faults faults = {.arena = &arena};
    const struct format *format = NULL;
    buffer_format(&text, "tournament: huge\ndivisions:\n");
    for (int i = 0; i <= FORMAT_DIVISIONS_MAX; i++)
        buffer_format(&text, "  - {name: d%d, rounds: 1, game: {rules: reported}}\n", i);
    assert_int_equal(format_read(&arena, text.data, text.size, &faults, &format),
                     STATUS_INVALID_ARGUMENT);
    assert_null(format);
    buffer_deinit(&text);
    arena_deinit(&arena);
}

static const struct format_division *first_division(struct arena *arena, const char *lines)
{
    struct buffer text = {0};
    buffer_format(&text,
                  "tournament: t\ndivisions:\n  - name: a\n    rounds: 12\n"
                  "    game: {rules: reported}\n%s",
                  lines);
    const struct format *format = read_good(arena, text.data, text.size);
    buffer_deinit(&text);
    return &format->divisions[0];
}

static void pairing_may_be_a_mapping_from_rounds_to_methods(void **state)
{
    (void)state;
    struct arena arena;
    const struct format_division *division =
        first_division(&arena, "    pairing:\n"
                               "      1-3: initial_fontes\n"
                               "      4-10: \"swiss {repeats: 2, repeat_weight: 9}\"\n"
                               "      11: {method: factor, factor: 3}\n"
                               "      12: king_of_the_hill\n");
    assert_int_equal(division->range_count, 4);
    assert_int_equal(format_range_of(division, 3)->pairing.method, PAIRING_FONTES);
    assert_int_equal(format_range_of(division, 4)->pairing.repeats_max, 2);
    assert_int_equal(format_range_of(division, 10)->pairing.repeat_weight, 9);
    assert_int_equal(format_range_of(division, 11)->pairing.factor, 3);
    assert_int_equal(format_range_of(division, 12)->pairing.method, PAIRING_KING_OF_THE_HILL);
    arena_deinit(&arena);
}

static void ranges_follow_their_division(void **state)
{
    (void)state;
    struct arena arena;
    const struct format_division *division =
        first_division(&arena, "    first_move: lot\n"
                               "    byes: {to: highest, rank_min: 9}\n"
                               "    gibsonization: {enabled: true, spread_per_round: 250}\n"
                               "    prizes: {places: 4}\n"
                               "    on_no_legal_pairing: ask_director\n"
                               "    pairing:\n"
                               "      1-11: {method: swiss, first: listed, bye: lot}\n"
                               "      12: {method: cop, cop_place_prizes: 2}\n");
    const struct pairing_policy *swiss = &division->ranges[0].pairing;
    const struct pairing_policy *cop = &division->ranges[1].pairing;
    assert_int_equal(swiss->first, PAIRING_FIRST_LISTED);
    assert_int_equal(swiss->bye_order, PAIRING_BYE_LOT);
    assert_int_equal(swiss->bye_rank_min, 9);
    assert_true(swiss->gibson.enabled);
    assert_int_equal(swiss->gibson.spread_per_round, 250);
    assert_false(swiss->repeats_over_allowed);
    assert_int_equal(cop->first, PAIRING_FIRST_LOT);
    assert_int_equal(cop->bye_order, PAIRING_BYE_HIGHEST);
    assert_int_equal(cop->cop.place_prizes, 2);
    arena_deinit(&arena);
}

static void keys_of_the_event_are_read(void **state)
{
    (void)state;
    static const char text[] =
        "tournament: t\n"
        "time: {start: 2026-11-28T20:00, zone: Europe/Berlin, recurrence: FREQ=WEEKLY,\n"
        "       exclude: [2026-12-26], dst: both, jitter: 30s, overlap: wait, catch_up: latest,\n"
        "       check_in_opens: 30m, countdown: 5m, ready_deadline: 2m, begins: on_time,\n"
        "       session_breaks: [{after_round: 1, duration: 1h}]}\n"
        "entry: {registration: invited, invited: [ann, bob], late_until_round: 2,\n"
        "        missed_rounds: half_bye}\n"
        "no_show: {forfeit_after: 10m, remove_after: 2}\n"
        "authority: {re_pair: assistant director L4 reason}\n"
        "changes: {level_min: L3, frozen: [divisions.order]}\n"
        "divisions:\n  - {name: a, rounds: 2, game: {rules: reported},\n"
        "     byes: {requested_max: 2, requested_points: 0.5}, points: {win: 3, draw: 1}}\n";
    struct arena arena;
    const struct format *format = read_good(&arena, text, strlen(text));
    assert_string_equal(format->time.zone, "Europe/Berlin");
    assert_int_equal(format->time.exclude.count, 1);
    assert_int_equal(format->time.dst, FORMAT_DST_BOTH);
    assert_int_equal(format->time.overlap, FORMAT_OVERLAP_WAIT);
    assert_int_equal(format->time.catch_up, FORMAT_CATCH_UP_LATEST);
    assert_int_equal(format->time.max_lateness_ms, 15 * 60 * 1000);
    assert_int_equal(format->time.breaks[0].duration_ms, 3600 * 1000);
    assert_int_equal(format->time.begins, FORMAT_BEGINS_ON_TIME);
    assert_string_equal(format->entry.invited.items[1], "bob");
    assert_int_equal(format->entry.missed_rounds, FORMAT_ABSENCE_HALF);
    assert_int_equal(format->no_show.forfeit_after_ms, 10 * 60 * 1000);
    const struct format_right *right = &format->authority[FORMAT_ACTION_re_pair];
    assert_int_equal(right->roles, FORMAT_ROLE_ASSISTANT | FORMAT_ROLE_DIRECTOR);
    assert_int_equal(right->level, FORMAT_L4);
    assert_true(right->needs_reason);
    assert_int_equal(format->authority[FORMAT_ACTION_amend_old_round].level, FORMAT_L4);
    assert_int_equal(format->changes.level_min, FORMAT_L3);
    assert_int_equal(format->divisions[0].points.win_x10, 30);
    assert_int_equal(format->divisions[0].byes.requested_points_x10, 5);
    arena_deinit(&arena);
}

/* ---- limits ------------------------------------------------------------------------------ */

static enum status read_text(const struct buffer *text, struct buffer *out_report)
{
    struct arena arena;
    const struct format *format = NULL;
    arena_init(&arena, 256 << 20);
    struct yaml_faults faults = {.arena = &arena};
    enum status status = format_read(&arena, text->data, text->size, &faults, &format);
    for (size_t i = 0; i < faults.count; i++)
        buffer_format(out_report, "%s\n", faults.items[i].text);
    arena_deinit(&arena);
    return status;
}

/* 200 divisions of 500 rounds in 64 ranges, forbidden pairs among 10,000 players: all it may be. */
static void the_largest_policy_is_read(void **state)
{
    (void)state;
    struct buffer text = {0};
    struct buffer report = {0};
    buffer_append_text(&text, "tournament: huge\nentry: {capacity: 10000}\ndivisions:\n");
    for (int i = 0; i < FORMAT_DIVISIONS_MAX; i++) {
        buffer_format(&text,
                      "  - name: d%d\n    rounds: 500\n    game: {rules: reported}\n"
                      "    pairing:\n",
                      i);
        for (int r = 0; r < FORMAT_RANGES_MAX; r++)
            buffer_format(&text, "      %d-%d: swiss\n", 1 + 7 * r,
                          r + 1 < FORMAT_RANGES_MAX ? 7 * r + 7 : 500);
        buffer_append_text(&text, "    forbidden_pairs:\n");
        for (int p = 0; p < 50; p++)
            buffer_format(&text, "      - {one: p%d, other: q%d}\n", 50 * i + p, 50 * i + p);
    }
    assert_true(text.size > YAML_SOURCE_MAX / 2 && text.size <= YAML_SOURCE_MAX);
    if (read_text(&text, &report) != STATUS_OK)
        fail_msg("%.300s", buffer_text(&report));
    buffer_deinit(&text);
    buffer_deinit(&report);
}

static void what_is_too_much_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *limit;
    } cases[] = {
        {"tournament: t\nentry: {capacity: 10001}\n"
         "divisions: [{name: a, rounds: 1, game: {rules: reported}}]\n",
         "10000"},
        {"tournament: t\ndivisions: [{name: a, rounds: 501, game: {rules: reported}}]\n", "500"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer text = {0};
        struct buffer report = {0};
        buffer_append_text(&text, cases[i].text);
        assert_int_equal(read_text(&text, &report), STATUS_INVALID_ARGUMENT);
        assert_non_null(strstr(buffer_text(&report), cases[i].limit));
        buffer_deinit(&text);
        buffer_deinit(&report);
    }
    struct buffer text = {0};
    struct buffer report = {0};
    buffer_append_text(&text, "tournament: t\n");
    while (text.size <= YAML_SOURCE_MAX)
        buffer_append_text(&text, "# nothing but comments\n");
    assert_int_equal(read_text(&text, &report), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(buffer_text(&report), "1048576"));
    buffer_deinit(&text);
    buffer_deinit(&report);
}

static void a_small_arena_is_full(void **state)
{
    (void)state;
    static const char text[] = "tournament: club\n"
                               "divisions: [{name: open, rounds: 7, game: {rules: reported}}]\n";
    for (size_t limit = 64; limit <= 2048; limit *= 2) {
        struct arena arena;
        arena_init(&arena, limit);
        struct yaml_faults faults = {.arena = &arena};
        const struct format *format = NULL;
        assert_int_equal(format_read(&arena, text, strlen(text), &faults, &format), STATUS_FULL);
        assert_null(format);
        arena_deinit(&arena);
    }
}

static void the_schema_is_the_readers_table(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, MEMORY_MAX);
    schema_file_holds(format_shape(&arena), "format", "An Arbiter tournament format");
    arena_deinit(&arena);
}

static void the_reference_is_the_readers_table(void **state)
{
    (void)state;
    struct buffer want = {0};
    format_reference(&want);
    golden_file(REFERENCE_FILE, &want);
    buffer_deinit(&want);
}

/* The format may not know the game service: its limits of clocks stand twice. */
static void clocks_have_the_game_services_limits(void **state)
{
    (void)state;
    assert_int_equal(FORMAT_INITIAL_MIN_MS, TIMING_INITIAL_MIN_MS);
    assert_int_equal(FORMAT_INCREMENT_MAX_MS, TIMING_INCREMENT_MAX_MS);
    assert_int_equal(FORMAT_OVERTIME_MAX_MS, TIMING_OVERTIME_MAX_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_have_the_game_services_limits),
        cmocka_unit_test(defaults_are_filled_in),
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(policies_that_come_with_arbiter_are_good),
        cmocka_unit_test(every_bad_format_gets_its_message),
        cmocka_unit_test(more_divisions_than_fit_are_refused),
        cmocka_unit_test(pairing_may_be_a_mapping_from_rounds_to_methods),
        cmocka_unit_test(ranges_follow_their_division),
        cmocka_unit_test(keys_of_the_event_are_read),
        cmocka_unit_test(the_largest_policy_is_read),
        cmocka_unit_test(what_is_too_much_is_named),
        cmocka_unit_test(a_small_arena_is_full),
        cmocka_unit_test(the_schema_is_the_readers_table),
        cmocka_unit_test(the_reference_is_the_readers_table),
    };
    return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
