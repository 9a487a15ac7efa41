/* seeking_policy: the files under policies/seeks read; what is wrong in one is said at its place.
 */
#include "orchestrator/seeking/policy/seeking_policy.h"

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

static void files_are_read_whole(void **state)
{
    static const struct {
        const char *name;
        int rules;
        int pools;
    } files[] = {{"default", 0, 0},         {"quick", 2, 1},         {"lobby", 0, 0},
                 {"flexmatch-style", 8, 1}, {"lichess-pool", 5, 11}, {"woogles-seek", 0, 0}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct arena arena;
        struct buffer file = {0};
        char path[128];
        const struct seeking_policy *policy = NULL;
        arena_init(&arena, 4 << 20);
        struct yaml_faults faults = {.arena = &arena};
        snprintf(path, sizeof path, "policies/seeks/%s.yaml", files[i].name);
        assert_int_equal(buffer_read_file(&file, path), STATUS_OK);
        if (seeking_policy_read(&arena, buffer_text(&file), file.size, NULL, &faults, &policy) !=
            STATUS_OK)
            fail_msg("%s:%d:%d: %s", path, faults.items[0].line, faults.items[0].column,
                     faults.items[0].text);
        assert_string_equal(policy->name, files[i].name);
        assert_int_equal(policy->rule_count, files[i].rules);
        assert_int_equal(policy->pool_count, files[i].pools);
        buffer_deinit(&file);
        arena_deinit(&arena);
    }
}

static void a_place_needs_a_connection_unless_games_are_by_letter(void **state)
{
    static const char source[] =
        "seeks: x\nlimits: {gone: 7s}\npools:\n  live: {request: {rules: reported}}\n  letters: "
        "{request: {rules: breakthrough, clock: correspondence}}\n";
    static const char lax[] = "seeks: x\npools:\n  live: {request: {rules: reported}}\n";
    struct arena arena;
    const struct seeking_policy *policy = NULL;
    (void)state;
    arena_init(&arena, 4 << 20);
    struct yaml_faults faults = {.arena = &arena};
    assert_int_equal(seeking_policy_read(&arena, source, strlen(source), NULL, &faults, &policy),
                     STATUS_OK);
    assert_int_equal(seeking_pool_gone_ms(policy, seeking_pool_find(policy, "live")), 7000);
    assert_int_equal(seeking_pool_gone_ms(policy, seeking_pool_find(policy, "letters")), 0);
    assert_int_equal(seeking_policy_read(&arena, lax, strlen(lax), NULL, &faults, &policy),
                     STATUS_OK);
    assert_int_equal(seeking_pool_gone_ms(policy, seeking_pool_find(policy, "live")), 0);
    arena_deinit(&arena);
}

#define HEAD                                                                                       \
    "seeks: x\nattributes:\n  rating: {type: number, from: rating}\n  tags: {type: texts, "        \
    "default: []}\n"
#define RULE HEAD "rules:\n  r: "
#define WAITS                                                                                      \
    HEAD "  waited: {type: number, from: waited}\n  misses: {type: number, from: misses}\n  "      \
         "patience: {type: number, value: \"2.0 * player.waited\"}\n"

/* What only ever widens is let in, whatever it is made of. */
static void waiting_may_only_help(void **state)
{
    static const char *const good[] = {
        WAITS
        "rules:\n  r: {kind: condition, if: \"abs(one.rating - other.rating) <= 100.0 + 5.0 * "
        "min(one.waited, other.waited)\"}\n",
        WAITS "rules:\n  r: {kind: condition, if: \"one.misses > 3.0 ? true : one.tags == "
              "other.tags\"}\n",
        WAITS
        "rules:\n  r: {kind: condition, if: \"!(one.patience < 60.0 && one.rating > 9.0)\"}\n",
        WAITS "pair: {cost: \"100.0 / (1.0 + one.waited)\", limit: \"one.misses * 3.0\"}\n",
        WAITS "rules:\n  r: {kind: range, of: rating, low: rating, high: patience}\n",
        WAITS "pair: {cost: one.waited}\n", /* without a limit a price keeps nobody apart */
        WAITS "pair: {near: patience}\n",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct arena arena;
        const struct seeking_policy *policy = NULL;
        arena_init(&arena, 4 << 20);
        struct yaml_faults faults = {.arena = &arena};
        if (seeking_policy_read(&arena, good[i], strlen(good[i]), NULL, &faults, &policy) !=
            STATUS_OK)
            fail_msg("%s: %s", good[i], faults.items[0].text);
        arena_deinit(&arena);
    }
}

/* The place in a text where a piece of it stands, the last time. */
static void find_place(const char *text, const char *piece, int *out_line, int *out_column)
{
    const char *found = NULL;
    for (const char *at = strstr(text, piece); at != NULL; at = strstr(at + 1, piece))
        found = at;
    assert_non_null(found);
    *out_line = 1;
    *out_column = 1;
    for (const char *at = text; at < found; at++) {
        *out_line += *at == '\n';
        *out_column = *at == '\n' ? 1 : *out_column + 1;
    }
}

static void faults_are_at_their_place(void **state)
{
    static const struct {
        const char *text;
        const char *at; /* where the fault is */
        const char *says;
        const char *hint;
    } cases[] = {
        {"seeks: x\nrulez: {}\n", "rulez", "rulez", "rules"},
        {RULE "{kind: distanse, of: rating, max: 1}\n", "distanse", "distanse", "distance"},
        {RULE "{kind: distance, of: ratnig, max: 1}\n", "ratnig", "ratnig", "rating"},
        {RULE "{kind: distance, of: rating}\n", "r: {kind", "needs `max`", ""},
        {RULE "{kind: distance, of: tags, max: 1}\n", "tags, max", "not a number", ""},
        {RULE "{kind: overlap, of: tags, max: 1}\n", "max", "has no `max`", ""},
        {RULE "{kind: distance, of: rating, max: 100, widen: [{after: 5s, to: 80}]}\n", "80",
         "80 is narrower than 100", "more than 100"},
        {RULE
         "{kind: distance, of: rating, max: 1, widen: [{after: 5s, to: 2}, {after: 9s, to: 2}]}\n",
         "2}]", "may only widen", "more than 2"},
        {RULE "{kind: distance, of: rating, max: 100, widen: [{every: 5s, by: 10, to: 90}]}\n",
         "90", "narrower", "more than 100"},
        {RULE
         "{kind: distance, of: rating, max: 1, widen: [{after: 5s, to: 2}, {after: 5s, to: 3}]}\n",
         "5s, to: 3", "in order", ""},
        {RULE "{kind: overlap, of: tags, min: 1, widen: [{after: 5s, to: 2}]}\n", "2}",
         "2 is narrower", "less than 1"},
        {RULE "{kind: repeats, within: 10m, widen: [{after: 5s, to: 1h}]}\n", "1h",
         "1h is narrower", "less than 600s"},
        {RULE "{kind: blocks, widen: [{after: 5s, drop: true}]}\n", "[{after", "does not widen",
         "stays blocked"},
        {RULE "{kind: equal, of: rating, widen: [{after: 5s, to: 3}]}\n", "3}",
         "no number to widen", "drop"},
        {RULE "{kind: bands, of: rating, at: [3, 2]}\n", "2]", "rising", ""},
        {RULE "{kind: condition, if: one.rating > other.rtaing}\n", "rtaing", "other.rtaing",
         "rating"},
        {HEAD "pair: {cost: \"one.rating > 1.0\"}\n", "> 1.0", "bool", ""},
        {HEAD "pair: {aim: best}\n", "best", "limit", "most"},
        {HEAD "request:\n  - {name: a, if: request.lexikon == 'x'}\n", "lexikon", "lexikon",
         "lexicon"},
        {HEAD "rating_pool: pol\ndefine: {pool: \"'x'\"}\n", "pol\n", "pol", "pool"},
        {WAITS "rules:\n  r: {kind: condition, if: \"one.waited < 30.0 || one.rating > 9.0\"}\n",
         "\"one.waited <", "and here it does: after 20 s it may be true and after 30 s false",
         "let it only help"},
        {WAITS "rules:\n  r: {kind: condition, if: one.waited == other.waited}\n",
         "one.waited ==", "that it does not cannot be seen", "&& ||"},
        {WAITS "pair: {cost: one.waited, limit: \"9.0\"}\n", "one.waited, limit",
         "a price may not grow with waiting, and here it does", ""},
        {WAITS "pair: {cost: one.rating, limit: \"90.0 - one.misses\"}\n", "\"90.0",
         "after 0 s it may be 90 and after 5 s 89", ""},
        {WAITS "pair: {near: patience, limit: \"9.0\"}\n", "patience, l",
         "`patience` must not change", "by `widen`"},
        {WAITS "rules:\n  r: {kind: distance, of: patience, max: 9}\n", "patience, max",
         "`patience` must not change", "by `widen`"},
        {WAITS "rules:\n  r: {kind: range, of: rating, low: patience, high: rating}\n",
         "patience, high", "`patience` may only fall", ""},
        {HEAD "wave: {period: 50ms}\n", "50ms", "100ms", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena arena;
        const struct seeking_policy *policy = NULL;
        int line, column;
        arena_init(&arena, 4 << 20);
        find_place(cases[i].text, cases[i].at, &line, &column);
        struct yaml_faults faults = {.arena = &arena};
        enum status status = seeking_policy_read(&arena, cases[i].text, strlen(cases[i].text), NULL,
                                                 &faults, &policy);
        if (status != STATUS_INVALID_ARGUMENT || faults.count == 0)
            fail_msg("not refused: %s", cases[i].text);
        const struct yaml_fault *fault = &faults.items[0];
        if (fault->line != line || fault->column != column ||
            strstr(fault->text, cases[i].says) == NULL ||
            strstr(fault->hint != NULL ? fault->hint : "", cases[i].hint) == NULL)
            fail_msg("%s-> %d:%d, not %d:%d: %s (%s)", cases[i].text, fault->line, fault->column,
                     line, column, fault->text, fault->hint != NULL ? fault->hint : "");
        arena_deinit(&arena);
    }
}

static void the_schema_for_editors_is_up_to_date(void **state)
{
    (void)state;
    schema_file_holds(&seeking_policy_shape, "seeks", "Seeks policy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_whole),
        cmocka_unit_test(a_place_needs_a_connection_unless_games_are_by_letter),
        cmocka_unit_test(waiting_may_only_help),
        cmocka_unit_test(faults_are_at_their_place),
        cmocka_unit_test(the_schema_for_editors_is_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
