/* rating_policy: the files under policies/ratings are the built-in policies, and what is wrong in a
 * file is said at its place. */
#include "orchestrator/rating/rating_policy.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/schema_file.h"

static void files_are_the_built_in_policies(void **state)
{
    (void)state;
    static const char *const names[] = {"none", "glicko2", "lichess", "woogles",
                                        "elo",  "fide",    "uscf"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct arena arena;
        struct buffer file = {0};
        struct rating_policy built_in;
        struct rating_policy read = {0};
        char path[128];
        arena_init(&arena, 1 << 20);
        struct yaml_faults faults = {.arena = &arena};
        snprintf(path, sizeof path, "policies/ratings/%s.yaml", names[i]);
        assert_int_equal(buffer_read_file(&file, path), STATUS_OK);
        assert_int_equal(rating_policy_named(names[i], &built_in), STATUS_OK);
        if (rating_policy_read(file.data, file.size, &arena, &faults, &read) != STATUS_OK)
            fail_msg("%s: line %d: %s", path, faults.items[0].line, faults.items[0].text);
        if (memcmp(&built_in, &read, sizeof read) != 0)
            fail_msg("%s differs from the built-in policy", path);
        buffer_deinit(&file);
        arena_deinit(&arena);
    }
}

static void faults_are_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int line;
        const char *says;
    } cases[] = {
        {"name: x\nsystem: glicko3\n", 2, "glicko3"},
        {"name: x\nsystem: glicko2\ntaw: 0.5\n", 3, "taw"},
        {"name: x\nsystem: glicko2\ntau: high\n", 3, "high"},
        {"name: x\nsystem: glicko2\ntau: 0\n", 3, "tau"},
        {"name: x\nsystem: glicko2\ndeviation: {min: 400}\n", 3, "deviation.min"},
        {"name: x\nsystem: elo\nk: [{factor: 20, games_below: 3}]\n", 3, "last step"},
        {"name: x\nsystem: fide\nbots: 0.5\n", 3, "bots"},
        {"system: elo\n", 1, "name"},
        {"name: a-name-that-is-much-longer-than-any-pool\nsystem: elo\n", 1, "at most"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena arena;
        struct rating_policy policy;
        arena_init(&arena, 1 << 20);
        struct yaml_faults faults = {.arena = &arena};
        assert_int_equal(
            rating_policy_read(cases[i].text, strlen(cases[i].text), &arena, &faults, &policy),
            STATUS_INVALID_ARGUMENT);
        assert_true(faults.count > 0);
        if (faults.items[0].line != cases[i].line ||
            strstr(faults.items[0].text, cases[i].says) == NULL)
            fail_msg("%s-> line %d: %s", cases[i].text, faults.items[0].line, faults.items[0].text);
        arena_deinit(&arena);
    }
}

static void the_schema_for_editors_is_up_to_date(void **state)
{
    (void)state;
    schema_file_holds(&rating_policy_shape, "rating", "Rating policy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_the_built_in_policies),
        cmocka_unit_test(faults_are_at_their_place),
        cmocka_unit_test(the_schema_for_editors_is_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
