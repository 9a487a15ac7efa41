/* format_check: evenings that cannot be, each under tests/policies/bad-evenings with the
 * counter-example that its director reads (ARBITER_UPDATE=1 writes the expected texts); the
 * policies that come with Arbiter, which can. */
#include "orchestrator/format/format_check.h"

#include "base/buffer.h"
#include "tests/support/golden.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MEMORY_MAX = 256 << 20, BAD_MIN = 20, PATH_SIZE = 512 };

static const char *const rules[] = {"breakthrough", "crossword", "reported"};
static const char *const ratings[] = {"elo",  "fide", "glicko2", "lichess",
                                      "none", "uscf", "woogles"};
static const char *const conduct[] = {"playban", "woogles"};
static const struct format_names names = {.rules = rules,
                                          .rules_count = COUNT_OF(rules),
                                          .ratings = ratings,
                                          .ratings_count = COUNT_OF(ratings),
                                          .conduct = conduct,
                                          .conduct_count = COUNT_OF(conduct)};

static enum status check(const char *file, const struct buffer *text, struct buffer *out)
{
    struct arena arena;
    arena_init(&arena, MEMORY_MAX);
    struct yaml_faults faults = {.arena = &arena};
    const struct format *format = NULL;
    enum status status = format_check(&arena, text->data, text->size, &names, &faults, &format);
    yaml_faults_sort(&faults);
    yaml_faults_print(&faults, file, text->data, text->size, out);
    arena_deinit(&arena);
    return status;
}

static void on_bad(const char *file, const struct buffer *text, struct buffer *out)
{
    if (check(file, text, out) != STATUS_INVALID_ARGUMENT)
        fail_msg("%s is taken for good", file);
}

static void every_evening_that_cannot_be_is_refuted(void **state)
{
    (void)state;
    assert_true(golden_folder("tests/policies/bad-evenings", on_bad) >= BAD_MIN);
}

static void policies_that_come_with_arbiter_can_be_played(void **state)
{
    (void)state;
    DIR *folder = opendir("policies/formats");
    int count = 0;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct buffer text = {0}, out = {0};
        char path[PATH_SIZE];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "policies/formats/%s", entry->d_name); /* short names */
        assert_int_equal(buffer_read_file(&text, path), STATUS_OK);
        if (check(entry->d_name, &text, &out) != STATUS_OK || out.size > 0)
            fail_msg("%s", buffer_text(&out));
        buffer_deinit(&text);
        buffer_deinit(&out);
        count++;
    }
    (void)closedir(folder); /* only read */
    assert_true(count >= 5);
}

static void an_evening_that_just_fits_is_good(void **state)
{
    (void)state;
    static const char good[] =
        "tournament: t\n"
        "time: {session: 5h30m, between_rounds: 3m, countdown: 4m}\n"
        "divisions:\n  - {name: a, rounds: 7, game: {rules: reported, initial_time: 22m}}\n";
    struct buffer text = {0}, out = {0};
    buffer_append_text(&text, good); /* 4 + 7 * 44 + 6 * 3 = 330 minutes */
    if (check("good.yaml", &text, &out) != STATUS_OK || out.size > 0)
        fail_msg("%s", buffer_text(&out));
    buffer_deinit(&text);
    buffer_deinit(&out);
}

/* Forbidden pairs beyond what is looked at are told, not taken for proved. */
static void a_proof_that_would_take_too_long_is_a_warning(void **state)
{
    (void)state;
    struct buffer text = {0}, out = {0};
    buffer_append_text(&text, "tournament: t\ndivisions:\n"
                              "  - name: a\n    rounds: 1\n    game: {rules: reported}\n"
                              "    forbidden_pairs:\n");
    for (int i = 0; i < 1001; i++)
        buffer_format(&text, "      - {one: a%d, other: b%d}\n", i, i);
    assert_int_equal(check("many.yaml", &text, &out), STATUS_OK);
    assert_non_null(strstr(buffer_text(&out), "warning: not proved that these can be kept apart"));
    buffer_deinit(&text);
    buffer_deinit(&out);
}

static void a_round_robin_that_is_broken_off_is_told(void **state)
{
    (void)state;
    static const char policy[] = "tournament: t\nentry: {capacity: 6}\ndivisions:\n"
                                 "  - name: a\n    rounds: 4\n    game: {rules: reported}\n"
                                 "    pairing: {1-3: round_robin, 4: king_of_the_hill}\n";
    struct buffer text = {0}, out = {0};
    buffer_append_text(&text, policy);
    assert_int_equal(check("broken-off.yaml", &text, &out), STATUS_OK);
    assert_non_null(strstr(buffer_text(&out), "warning: 5 players do not all meet"));
    buffer_deinit(&text);
    buffer_deinit(&out);
}

static void methods_say_how_many_rounds_they_need(void **state)
{
    (void)state;
    static const struct {
        enum pairing_method method;
        int players;
        int rounds;
    } cases[] = {
        {PAIRING_ROUND_ROBIN, 8, 7},  {PAIRING_ROUND_ROBIN, 7, 7},  {PAIRING_TEAM, 8, 4},
        {PAIRING_ELIMINATION, 16, 4}, {PAIRING_ELIMINATION, 17, 5}, {PAIRING_ELIMINATION, 2, 1},
        {PAIRING_SWISS, 8, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pairing_policy policy = pairing_policy_default(cases[i].method);
        assert_int_equal(format_rounds_needed(&policy, cases[i].players), cases[i].rounds);
    }
    struct pairing_policy policy = pairing_policy_default(PAIRING_ROUND_ROBIN);
    policy.legs = 2;
    assert_int_equal(format_rounds_needed(&policy, 6), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_evening_that_cannot_be_is_refuted),
        cmocka_unit_test(policies_that_come_with_arbiter_can_be_played),
        cmocka_unit_test(an_evening_that_just_fits_is_good),
        cmocka_unit_test(a_proof_that_would_take_too_long_is_a_warning),
        cmocka_unit_test(a_round_robin_that_is_broken_off_is_told),
        cmocka_unit_test(methods_say_how_many_rounds_they_need),
    };
    return cmocka_run_group_tests_name("format_check", tests, NULL, NULL);
}
