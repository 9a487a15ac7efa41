/* Limits: buckets, the files that size them, and who a request is counted as. */
#include "seeks/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/schema_file.h"

#include "base/buffer.h"
#include "seeks/token.h"

static const int64_t noon_ms = INT64_C(1795370004000);
static const struct quota_budget ten_in_five = {.requests = 10, .window_ms = 5000};

/* ---- buckets ----------------------------------------------------------------------------- */

static struct quota_state take(struct quota *quota, uint64_t client, int64_t at_ms)
{
    struct quota_state state;
    quota_take(quota, client, &ten_in_five, noon_ms + at_ms, &state);
    return state;
}

static void admits_as_many_as_the_budget_and_says_when_there_is_more(void **state)
{
    (void)state;
    struct quota *quota = quota_create(64);
    for (int i = 0; i < 10; i++) {
        struct quota_state taken = take(quota, 7, 0);
        assert_true(taken.is_admitted);
        assert_int_equal(taken.left, 9 - i);
        assert_int_equal(taken.full_in_ms, (i + 1) * 500);
    }
    struct quota_state refused = take(quota, 7, 0);
    assert_false(refused.is_admitted);
    assert_int_equal(refused.next_in_ms, 500);
    assert_int_equal(refused.full_in_ms, 5000);
    assert_false(take(quota, 7, 499).is_admitted); /* and what is refused costs nothing: */
    assert_true(take(quota, 7, 500).is_admitted);
    assert_false(take(quota, 7, 500).is_admitted);
    quota_destroy(quota);
}

static void is_full_again_after_a_window_and_never_fuller(void **state)
{
    (void)state;
    struct quota *quota = quota_create(64);
    for (int i = 0; i < 10; i++)
        assert_true(take(quota, 7, 0).is_admitted);
    assert_int_equal(take(quota, 7, 5000).left, 9);
    assert_int_equal(take(quota, 7, 1000000).left, 9);
    quota_destroy(quota);
}

static void never_admits_more_than_the_budget_in_any_window(void **state)
{
    (void)state;
    static const struct quota_budget odd = {.requests = 7, .window_ms = 3000};
    struct quota *quota = quota_create(64);
    int64_t admitted[4096];
    int count = 0;
    for (int64_t at = 0; at < 60000 && count < 4096; at += 13) {
        struct quota_state taken;
        quota_take(quota, 1, &odd, noon_ms + at, &taken);
        if (taken.is_admitted)
            admitted[count++] = at;
    }
    /* A burst, then evenly: in a window that begins with the burst twice the budget at most, and in
     * the long run the budget. */
    for (int i = 14; i < count; i++)
        assert_true(admitted[i] - admitted[i - 14] >= 3000);
    assert_true(count <= 7 + 20 * 7);
    assert_true(count >= 20 * 7);
    quota_destroy(quota);
}

static void a_clock_set_back_leaves_a_bucket_empty_for_a_window_at_most(void **state)
{
    (void)state;
    struct quota *quota = quota_create(64);
    for (int i = 0; i < 10; i++)
        (void)take(quota, 7, 3600 * 1000);
    assert_false(take(quota, 7, 0).is_admitted);
    assert_true(take(quota, 7, 500).is_admitted);
    quota_destroy(quota);
}

static void clients_do_not_share_and_a_full_table_forgets_the_lightest(void **state)
{
    (void)state;
    struct quota *quota = quota_create(8); /* one set of eight */
    for (int i = 0; i < 10; i++)
        (void)take(quota, 100, 0); /* the heavy one */
    for (uint64_t client = 1; client <= 200; client++)
        assert_true(take(quota, client * 1000, 0).is_admitted);
    assert_false(take(quota, 100, 0).is_admitted);
    assert_int_equal(quota_forgotten(quota), 200 - 7);
    quota_destroy(quota);
}

/* ---- policies ---------------------------------------------------------------------------- */

struct reading {
    struct arena arena;
    struct limits_policy policy;
    enum status status;
    struct fault fault;
};

static void read_text(struct reading *out, const char *text)
{
    *out = (struct reading){0};
    arena_init(&out->arena, 1 << 20);
    struct yaml_faults faults = {.arena = &out->arena};
    out->status = limits_policy_read(&out->arena, text, strlen(text), &faults, &out->policy);
    if (out->status != STATUS_OK)
        yaml_first_error(&faults, &out->fault);
}

#define HEAD "limits: x\nversion: 1\nbudgets:\n"

static void the_first_budget_that_fits_counts(void **state)
{
    (void)state;
    struct reading reading;
    read_text(&reading, HEAD
              "  - {budget: a, for: [player], methods: [writes], routes: [/v1/seeks, '/v1/g*'], "
              "requests: 1, window: 1s}\n"
              "  - {budget: b, for: [anonymous], requests: 1, window: 1m}\n"
              "  - {budget: c, methods: [reads], requests: 1, window: 1m}\n");
    assert_int_equal(reading.status, STATUS_OK);
    const struct limits_policy *policy = &reading.policy;
    assert_int_equal(policy->clients_max, 65536);
    static const struct {
        unsigned who;
        enum limits_method method;
        const char *pattern;
        const char *wanted;
    } cases[] = {
        {LIMITS_PLAYER, LIMITS_WRITES, "/v1/seeks", "a"},
        {LIMITS_PLAYER | LIMITS_ADMIN, LIMITS_WRITES, "/v1/seeks?x&y", "a"},
        {LIMITS_PLAYER, LIMITS_WRITES, "/v1/seeks/{seek_id}", NULL},
        {LIMITS_PLAYER, LIMITS_WRITES, "/v1/games/{game_id}/moves", "a"},
        {LIMITS_PLAYER, LIMITS_READS, "/v1/seeks", "c"},
        {LIMITS_PLAYER, LIMITS_WRITES, NULL, NULL},
        {LIMITS_ANONYMOUS, LIMITS_WRITES, "/v1/seeks", "b"},
        {LIMITS_ANONYMOUS, LIMITS_READS, NULL, "b"},
        {LIMITS_DIRECTOR, LIMITS_READS, NULL, "c"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct limits_budget *found =
            limits_find(policy, cases[i].who, cases[i].method, cases[i].pattern);
        assert_string_equal(found != NULL ? found->name : "none",
                            cases[i].wanted != NULL ? cases[i].wanted : "none");
    }
    arena_deinit(&reading.arena);
}

static void what_is_wrong_with_a_policy_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int line;
        const char *fault;
    } cases[] = {
        {"limits: x\nversion: 1\n", 1, "budgets"},
        {HEAD "  - {budget: a, requests: 0, window: 1s}\n", 4, "1"},
        {HEAD "  - {budget: a, requests: 5, window: 500ms}\n", 4, "whole seconds"},
        {HEAD "  - {budget: a, requests: 5, window: 1500ms}\n", 4, "whole seconds"},
        {HEAD "  - {budget: a, requests: 5, window: 2d}\n", 4, "whole seconds"},
        {HEAD "  - {budget: a, requests: 5, window: 1s, for: []}\n", 4, "empty"},
        {HEAD "  - {budget: a, requests: 5, window: 1s, for: [bots]}\n", 4, "bots"},
        {HEAD "  - {budget: a, requests: 5, window: 1s, routes: []}\n", 4, "routes"},
        {HEAD "  - {budget: a, requests: 5, window: 1s, routes: [v1]}\n", 4, "begins with"},
        {HEAD "  - {budget: a, requests: 5, window: 1s, routes: ['/*/x']}\n", 4, "begins with"},
        {HEAD "  - {budget: a, requests: 5, window: 1s}\n"
              "  - {budget: a, requests: 5, window: 1s}\n",
         5, "second budget"},
        {HEAD "  - {budget: a, requests: 5, window: 1s}\n"
              "  - {budget: b, for: [player], requests: 5, window: 1s}\n",
         5, "nothing comes here"},
        {HEAD "  - {budget: a, routes: ['/v1/s*'], requests: 5, window: 1s}\n"
              "  - {budget: b, routes: [/v1/seeks], requests: 5, window: 1s}\n",
         5, "nothing comes here"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading reading;
        read_text(&reading, cases[i].text);
        assert_int_equal(reading.status, STATUS_INVALID_ARGUMENT);
        if (strstr(reading.fault.text, cases[i].fault) == NULL ||
            reading.fault.line != cases[i].line)
            fail_msg("case %zu: line %d: %s", i, reading.fault.line, reading.fault.text);
        arena_deinit(&reading.arena);
    }
}

static bool is_any_route(const char *route)
{
    return strncmp(route, "/v1/", 4) == 0;
}

static bool is_no_route(const char *route)
{
    (void)route;
    return false;
}

static void ready_policies_load_and_unknown_routes_do_not(void **state)
{
    (void)state;
    static const char *const names[] = {"default", "public"};
    struct fault fault = {0};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct limits *limits = limits_load("policies", names[i], is_any_route, &fault);
        assert_non_null(limits);
        limits_destroy(limits);
    }
    assert_null(limits_load("policies", "public", is_no_route, &fault));
    assert_non_null(strstr(fault.text, "there is no route"));
    assert_null(limits_load("policies", "absent", is_any_route, &fault));
    assert_non_null(strstr(fault.text, "cannot be read"));
}

/* ---- who ---------------------------------------------------------------------------------- */

static const char *address_of(const char *forwarded, unsigned proxies)
{
    static char out[64];
    limits_address(&(struct limits_request){.address = "192.0.2.1",
                                            .forwarded = forwarded,
                                            .proxies = proxies},
                   out, sizeof out);
    return out;
}

static void only_our_own_proxies_are_believed(void **state)
{
    (void)state;
    assert_string_equal(address_of("203.0.113.9", 0), "192.0.2.1");
    assert_string_equal(address_of(NULL, 1), "192.0.2.1");
    assert_string_equal(address_of("203.0.113.9", 1), "203.0.113.9");
    assert_string_equal(address_of("1.2.3.4 , 203.0.113.9 ", 1), "203.0.113.9");
    assert_string_equal(address_of("1.2.3.4, 203.0.113.9,10.0.0.1", 2), "203.0.113.9");
    assert_string_equal(address_of("203.0.113.9", 2), "192.0.2.1");
    assert_string_equal(address_of("", 1), "192.0.2.1");
    assert_string_equal(address_of(",", 1), "192.0.2.1");
    assert_string_equal(address_of("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::");
}

static void tokens_and_addresses_are_counted_apart(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct limits *limits = limits_load("tests/data", "tight", is_any_route, &fault);
    assert_non_null(limits);
    struct limits_request request = {.roles = TOKEN_PLAYER,
                                     .subject = "ann",
                                     .address = "192.0.2.1",
                                     .method = LIMITS_READS,
                                     .pattern = "/v1/seeks"};
    struct limits_verdict verdict;
    for (int i = 0; i < 4; i++)
        limits_take(limits, &request, noon_ms, &verdict);
    assert_false(verdict.state.is_admitted);
    request.subject = "bob";
    limits_take(limits, &request, noon_ms, &verdict);
    assert_true(verdict.state.is_admitted);
    request.roles = 0;
    request.subject = "";
    limits_take(limits, &request, noon_ms, &verdict);
    assert_true(verdict.state.is_admitted);
    assert_string_equal(verdict.budget->name, "address");
    request.pattern = "/v1/players/{player_id}";
    limits_take(limits, &request, noon_ms, &verdict);
    assert_null(verdict.budget);
    assert_int_equal(limits_forgotten(limits), 0);
    limits_destroy(limits);
}

static void the_schema_for_editors_is_up_to_date(void **state)
{
    (void)state;
    schema_file_holds(&limits_policy_shape, "limits", "Limits policy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(admits_as_many_as_the_budget_and_says_when_there_is_more),
        cmocka_unit_test(is_full_again_after_a_window_and_never_fuller),
        cmocka_unit_test(never_admits_more_than_the_budget_in_any_window),
        cmocka_unit_test(a_clock_set_back_leaves_a_bucket_empty_for_a_window_at_most),
        cmocka_unit_test(clients_do_not_share_and_a_full_table_forgets_the_lightest),
        cmocka_unit_test(the_first_budget_that_fits_counts),
        cmocka_unit_test(what_is_wrong_with_a_policy_is_said),
        cmocka_unit_test(ready_policies_load_and_unknown_routes_do_not),
        cmocka_unit_test(only_our_own_proxies_are_believed),
        cmocka_unit_test(tokens_and_addresses_are_counted_apart),
        cmocka_unit_test(the_schema_for_editors_is_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
