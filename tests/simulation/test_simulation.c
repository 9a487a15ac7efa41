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
#include "simulation/shrink.h"

/* Mistakes are caught by these seeds, 1 to SEEDS_TO_CATCH, every time; docs/simulation.md says how
 * many of them catch which. */
enum { SEEDS_TO_CATCH = 150, INCIDENTS_MAX = 16, LINES_MAX = 150 };

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

static void place_that_is_not_there_is_caught(void **state)
{
    (void)state; /* none */
    assert_caught(WORLD_SABOTAGE_LOOSE_PLACES, "no limit of places");
}

static int count_lines(const char *text)
{
    int lines = 0;
    for (; (text = strchr(text, '\n')) != NULL; text++)
        lines++;
    return lines;
}

/* Shrinks an evening that a mistake breaks, one that does not hang on much; twice, to see that it
 * is the same. */
static void assert_shrinks(enum world_sabotage sabotage)
{
    struct evening_options options = {
        .faults = WORLD_FAULTS_ALL, .sabotage = sabotage, .policies = &policies};
    struct shrunk shrunk;
    struct shrunk again;
    bool is_shrunk = false;
    for (options.seed = 1; !is_shrunk && options.seed <= SEEDS_TO_CATCH; options.seed++) {
        is_shrunk = shrink(&options, &shrunk);
        if (is_shrunk && shrunk.incidents > INCIDENTS_MAX) {
            buffer_deinit(&shrunk.trace);
            is_shrunk = false;
        }
    }
    options.seed--; /* the one that was found */
    assert_true(is_shrunk);
    assert_true(shrink(&options, &again));
    (void)printf("seed %llu, %d tries, %d of %d incidents, %d players:\n%.1000s",
                 (unsigned long long)options.seed, shrunk.tries, shrunk.incidents,
                 shrunk.incidents_before, shrunk.sizes.players, buffer_text(&shrunk.trace));
    assert_non_null(strstr(buffer_text(&shrunk.trace), "BROKEN"));
    assert_in_range(shrunk.incidents, 0, INCIDENTS_MAX);
    assert_in_range(shrunk.sizes.rounds, 0, 2);
    assert_in_range(count_lines(buffer_text(&shrunk.trace)), 5, LINES_MAX);
    assert_string_equal(buffer_text(&shrunk.trace), buffer_text(&again.trace));
    buffer_deinit(&shrunk.trace);
    buffer_deinit(&again.trace);
}

static void failure_is_shrunk_to_a_small_trace(void **state)
{
    (void)state; /* none */
    assert_shrinks(WORLD_SABOTAGE_NO_SWAP);
    assert_shrinks(WORLD_SABOTAGE_NO_DEDUPE);
}

static void sound_evening_has_nothing_to_shrink(void **state)
{
    (void)state; /* none */
    struct evening_options options = {.seed = 1, .policies = &policies};
    struct shrunk shrunk;
    assert_false(shrink(&options, &shrunk));
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
        cmocka_unit_test(place_that_is_not_there_is_caught),
        cmocka_unit_test(failure_is_shrunk_to_a_small_trace),
        cmocka_unit_test(sound_evening_has_nothing_to_shrink),
    };
    log_init("simulation", LOG_ERROR);
    if (!world_policies_load("policies", &policies))
        return 1;
    int failed = cmocka_run_group_tests(cases, NULL, NULL);
    world_policies_deinit(&policies);
    return failed;
}
