/* format: good policies with every default filled in; each bad one under tests/policies/bad-formats
 * with what its director reads (ARBITER_UPDATE=1 writes the expected texts); the schema for editors
 * is what the reader's own table prints. */
#include "orchestrator/format/format.h"

#include "base/buffer.h"
#include "fsm/yaml/schema.h"
#include "orchestrator/format/format_keys.h"
#include "tests/support/golden.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SCHEMA_FILE "policies/schema/format.schema.json"
#define REFERENCE_FILE "docs/policy-reference.md"

enum { MEMORY_MAX = 16 << 20, BAD_MIN = 55, PATH_SIZE = 512 };

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
        "           initial_time: 25m, increment: 5s, overtime: 1m30s, rated: false,\n"
        "           rating_policy: elo, rating_pool: otb}\n"
        "    paired_by: policy\n"
        "    pairing:\n"
        "      - {rounds: 1-3, method: swiss, repeats: 2, repeat_weight: 7, win_weight: 9}\n"
        "      - {rounds: 4, method: factor, factor: 6}\n"
        "      - {rounds: \"5\", method: king_of_the_hill}\n"
        "    next_round: director\n"
        "    order: BH/C1,SB\n"
        "    spread_cap: 350\n"
        "  - {name: b, rounds: 1, game: {rules: reported}, paired_by: director}\n";
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
    assert_int_equal(a->game.overtime_ms, 90 * 1000);
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

/* Holds a file to a text; with ARBITER_UPDATE=1 the file is written instead. */
static void hold_file(const char *path, const struct buffer *want)
{
    struct buffer have = {0};
    if (getenv("ARBITER_UPDATE") != NULL) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(buffer_text(want), file) >= 0);
        assert_int_equal(fclose(file), 0);
    }
    assert_int_equal(buffer_read_file(&have, path), STATUS_OK);
    assert_string_equal(buffer_text(&have), buffer_text(want));
    buffer_deinit(&have);
}

static void the_schema_is_the_readers_table(void **state)
{
    (void)state;
    struct arena arena;
    struct buffer want = {0};
    arena_init(&arena, MEMORY_MAX);
    yaml_schema_write(format_shape(&arena), "https://arbiter.example/schema/format.schema.json",
                      "An Arbiter tournament format", &want);
    hold_file(SCHEMA_FILE, &want);
    arena_deinit(&arena);
    buffer_deinit(&want);
}

static void the_reference_is_the_readers_table(void **state)
{
    (void)state;
    struct buffer want = {0};
    format_reference(&want);
    hold_file(REFERENCE_FILE, &want);
    buffer_deinit(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_filled_in),
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(policies_that_come_with_arbiter_are_good),
        cmocka_unit_test(every_bad_format_gets_its_message),
        cmocka_unit_test(more_divisions_than_fit_are_refused),
        cmocka_unit_test(a_small_arena_is_full),
        cmocka_unit_test(the_schema_is_the_readers_table),
        cmocka_unit_test(the_reference_is_the_readers_table),
    };
    return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
