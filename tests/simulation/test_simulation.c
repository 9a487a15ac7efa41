/* The simulator itself: the same seed gives the same bytes, and mistakes made on purpose are found.
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
#include "simulation/evening.h"

enum { SEEDS_TO_CATCH = 40 };

static struct world_policies policies;

static struct evening play(uint64_t seed, unsigned faults, enum world_sabotage sabotage)
{
    struct evening_options options = {
        .seed = seed, .faults = faults, .sabotage = sabotage, .policies = &policies};
    struct evening evening;
    evening_play(&options, &evening);
    return evening;
}

static void same_seed_gives_the_same_bytes(void **state)
{
    (void)state; /* none */
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct evening first = play(seed, WORLD_FAULTS_ALL, WORLD_SABOTAGE_NONE);
        struct evening second = play(seed, WORLD_FAULTS_ALL, WORLD_SABOTAGE_NONE);
        assert_string_equal(buffer_text(&first.report), buffer_text(&second.report));
        buffer_deinit(&first.report);
        buffer_deinit(&second.report);
    }
}

static void another_seed_gives_another_evening(void **state)
{
    (void)state; /* none */
    struct evening first = play(1, 0, WORLD_SABOTAGE_NONE);
    struct evening second = play(2, 0, WORLD_SABOTAGE_NONE);
    const char *one = strstr(buffer_text(&first.report), "digest");
    const char *other = strstr(buffer_text(&second.report), "digest");
    assert_non_null(one);
    assert_non_null(other);
    assert_string_not_equal(one, other);
    buffer_deinit(&first.report);
    buffer_deinit(&second.report);
}

/* Plays until the mistake shows, and says what showed it. */
static void assert_caught(enum world_sabotage sabotage, const char *name)
{
    for (uint64_t seed = 1; seed <= SEEDS_TO_CATCH; seed++) {
        struct evening evening = play(seed, WORLD_FAULTS_ALL, sabotage);
        bool is_caught = !evening.is_sound;
        if (is_caught)
            (void)printf("%s is caught by seed %llu:\n%.400s\n", name, (unsigned long long)seed,
                         buffer_text(&evening.report));
        buffer_deinit(&evening.report);
        if (is_caught)
            return;
    }
    fail_msg("%s was not caught by %d seeds", name, SEEDS_TO_CATCH);
}

static void lost_bell_never_swept_is_caught(void **state)
{
    (void)state; /* none */
    assert_caught(WORLD_SABOTAGE_NO_SWEEP, "no sweep");
}

static void step_without_compare_and_swap_is_caught(void **state)
{
    (void)state; /* none */
    assert_caught(WORLD_SABOTAGE_NO_SWAP, "no compare-and-swap");
}

static void event_taken_twice_is_caught(void **state)
{
    (void)state; /* none */
    assert_caught(WORLD_SABOTAGE_NO_DEDUPE, "no dedupe");
}

static void timer_lost_on_restart_is_caught(void **state)
{
    (void)state; /* none */
    assert_caught(WORLD_SABOTAGE_LOSE_TIMERS, "timers lost on restart");
}

static void rating_outside_the_transaction_is_caught(void **state)
{
    (void)state; /* none */
    assert_caught(WORLD_SABOTAGE_LOOSE_RATING, "rating outside the transaction");
}

int main(void)
{
    static const struct CMUnitTest cases[] = {
        cmocka_unit_test(same_seed_gives_the_same_bytes),
        cmocka_unit_test(another_seed_gives_another_evening),
        cmocka_unit_test(lost_bell_never_swept_is_caught),
        cmocka_unit_test(step_without_compare_and_swap_is_caught),
        cmocka_unit_test(event_taken_twice_is_caught),
        cmocka_unit_test(timer_lost_on_restart_is_caught),
        cmocka_unit_test(rating_outside_the_transaction_is_caught),
    };
    log_init("simulation", LOG_ERROR);
    if (!world_policies_load("policies", &policies))
        return 1;
    int failed = cmocka_run_group_tests(cases, NULL, NULL);
    world_policies_deinit(&policies);
    return failed;
}
