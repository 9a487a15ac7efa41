/* Retry policies: which failures are tried again, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/retry.h"

static Arbiter__V1__RetryPolicy policy_of(int64_t delay_ms, double backoff, int64_t max_delay_ms)
{
    Arbiter__V1__RetryPolicy policy = ARBITER__V1__RETRY_POLICY__INIT;
    policy.delay_ms = delay_ms;
    policy.backoff = backoff;
    policy.max_delay_ms = max_delay_ms;
    return policy;
}

static void codes_are_small_canonical_names(void **state)
{
    (void)state; /* no fixture */
    char code[RETRY_CODE_MAX];
    assert_string_equal(retry_code(STATUS_INVALID_ARGUMENT, code), "invalid_argument");
    assert_string_equal(retry_code(STATUS_DEADLINE_EXCEEDED, code), "timeout");
    assert_string_equal(retry_code(STATUS_FULL, code), "resource_exhausted");
}

static void waits_grow_to_their_limit(void **state)
{
    (void)state; /* no fixture */
    struct random random;
    random_init(&random, 1);
    const Arbiter__V1__RetryPolicy policy = policy_of(100, 2.0, 1000);
    static const int64_t expected[] = {100, 200, 400, 800, 1000, 1000};
    for (int64_t attempt = 1; attempt <= 6; attempt++)
        assert_int_equal(retry_wait_ms(&policy, attempt, &random), expected[attempt - 1]);
    assert_int_equal(retry_wait_ms(&policy, 1000000, &random), 1000);
}

static void waits_without_limit_end_at_a_day(void **state)
{
    (void)state; /* no fixture */
    struct random random;
    random_init(&random, 1);
    const Arbiter__V1__RetryPolicy policy = policy_of(1000, 10.0, 0);
    assert_int_equal(retry_wait_ms(&policy, 400, &random), 86400000);
}

static void jitter_draws_between_nothing_and_the_wait(void **state)
{
    (void)state; /* no fixture */
    struct random random;
    random_init(&random, 3);
    Arbiter__V1__RetryPolicy policy = policy_of(100, 1.0, 0);
    policy.jitter = true;
    int64_t lowest = 100, highest = 0;
    for (int i = 0; i < 10000; i++) {
        int64_t wait_ms = retry_wait_ms(&policy, 1, &random);
        assert_in_range(wait_ms, 0, 100);
        lowest = wait_ms < lowest ? wait_ms : lowest;
        highest = wait_ms > highest ? wait_ms : highest;
    }
    assert_int_equal(lowest, 0);
    assert_int_equal(highest, 100);
}

static void only_declared_failures_are_tried_again(void **state)
{
    (void)state; /* no fixture */
    Arbiter__V1__RetryPolicy policy = policy_of(100, 1.0, 0);
    char *named[] = {"NOT_FOUND", "timeout"};
    assert_false(retry_again(NULL, "unavailable", 1));
    assert_true(retry_again(&policy, "unavailable", 1000));
    assert_false(retry_again(&policy, "invalid_argument", 1));
    policy.except = named;
    policy.n_except = 1;
    assert_true(retry_again(&policy, "invalid_argument", 1));
    assert_false(retry_again(&policy, "not_found", 1));
    policy.n_except = 0;
    policy.errors = named;
    policy.n_errors = 2;
    assert_true(retry_again(&policy, "not_found", 1));
    assert_false(retry_again(&policy, "unavailable", 1));
    policy.max_attempts = 3;
    assert_true(retry_again(&policy, "timeout", 2));
    assert_false(retry_again(&policy, "timeout", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_small_canonical_names),
        cmocka_unit_test(waits_grow_to_their_limit),
        cmocka_unit_test(waits_without_limit_end_at_a_day),
        cmocka_unit_test(jitter_draws_between_nothing_and_the_wait),
        cmocka_unit_test(only_declared_failures_are_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
