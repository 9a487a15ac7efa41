/* Points, spread, ratings and waiting times at the bounds of their types: every method answers or
 * refuses, and what it says of costs is not the other way round. Run under the undefined-behaviour
 * sanitizer this finds every sum that overflows. */
#include "orchestrator/pairing/pairing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

enum { PLAYERS = 12 };

static struct arena arena;

static int at_a_bound(struct random *random, int max)
{
    const int bounds[] = {max, -max, max - 1, 1 - max, 0, 1, -1};
    return bounds[random_below(random, sizeof bounds / sizeof bounds[0])];
}

static void fill_players(struct random *random, struct pairing_player *players)
{
    for (int i = 0; i < PLAYERS; i++)
        players[i] = (struct pairing_player){
            .id = INT64_MAX - i,
            .seed = INT32_MAX - i,
            .rating = at_a_bound(random, PAIRING_VALUE_MAX),
            .points = at_a_bound(random, PAIRING_VALUE_MAX),
            .spread = at_a_bound(random, PAIRING_VALUE_MAX),
            .joined_round = 1,
            .waiting_ms = at_a_bound(random, PAIRING_VALUE_MAX) < 0 ? INT64_MIN : INT64_MAX,
            .misses = at_a_bound(random, PAIRING_VALUE_MAX),
            .rating_min = 0,
            .rating_max = 0};
}

static int fill_past(struct random *random, struct pairing_past *past)
{
    int count = 0;
    for (int i = 0; i + 1 < PLAYERS; i += 2)
        past[count++] =
            (struct pairing_past){.round_number = 1,
                                  .first = i,
                                  .second = i + 1,
                                  .result_first = PAIRING_RESULT_WIN,
                                  .result_second = PAIRING_RESULT_LOSS,
                                  .score_first = at_a_bound(random, PAIRING_SCORE_MAX),
                                  .score_second = at_a_bound(random, PAIRING_SCORE_MAX)};
    return count;
}

static void every_method_answers_at_the_bounds(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 13);
    for (int method = 0; method < PAIRING_METHOD_COUNT; method++)
        for (int trial = 0; trial < 60; trial++) {
            struct pairing_player players[PLAYERS];
            struct pairing_past past[PLAYERS];
            struct pairing_policy policy = pairing_policy_default((enum pairing_method)method);
            struct pairing_output output = {0};
            struct fault fault = {0};
            fill_players(&random, players);
            policy.cop.division_simulations = policy.cop.control_loss_simulations = 20;
            policy.gibson = (struct pairing_gibson){
                .enabled = trial % 2 == 0, .spread_per_round = INT32_MAX, .place_min = 2};
            policy.repeat_weight = policy.win_weight = 100;
            policy.points_win = trial % 3 == 0 ? 1 : trial % 3 == 1 ? INT32_MAX : 2;
            struct pairing_input input = {.players = players,
                                          .players_count = PLAYERS,
                                          .past = past,
                                          .past_count = fill_past(&random, past),
                                          .round_number = 2,
                                          .rounds_total = PAIRING_ROUNDS_MAX,
                                          .seed = UINT64_MAX,
                                          .policy = &policy};
            arena_reset(&arena);
            enum status status = pairing_make(&input, &arena, &output, &fault);
            if (status != STATUS_OK && fault.text[0] == '\0')
                fail_msg("%s: status %d without a word", pairing_method_name(policy.method),
                         (int)status);
            for (int i = 0; i < output.pairs_count; i++)
                for (int k = 0; k < output.pairs[i].costs_count; k++)
                    if (strcmp(output.pairs[i].costs[k].name, "record and repeats") == 0)
                        assert_true(output.pairs[i].costs[k].value >= 0);
        }
}

/* One past a bound in any place is refused, whatever the method. */
static void past_the_bounds_is_refused(void **state)
{
    (void)state;
    for (int method = 0; method < PAIRING_METHOD_COUNT; method++)
        for (int place = 0; place < 16; place++) {
            struct pairing_player players[2] = {{.seed = 1}, {.seed = 2}};
            struct pairing_past past = {.round_number = 1, .first = 0, .second = 1};
            struct pairing_policy policy = pairing_policy_default((enum pairing_method)method);
            struct pairing_output output;
            struct fault fault = {0};
            int sign = place % 2 == 0 ? 1 : -1;
            int *values[] = {&players[1].points, &players[1].spread,     &players[1].rating,
                             &players[1].misses, &players[1].rating_min, &players[1].rating_max,
                             &past.score_first,  &past.score_second};
            *values[place / 2] = sign * ((place < 12 ? PAIRING_VALUE_MAX : PAIRING_SCORE_MAX) + 1);
            struct pairing_input input = {.players = players,
                                          .players_count = 2,
                                          .past = &past,
                                          .past_count = 1,
                                          .round_number = 2,
                                          .rounds_total = 3,
                                          .policy = &policy};
            arena_reset(&arena);
            assert_int_equal(pairing_make(&input, &arena, &output, &fault),
                             STATUS_INVALID_ARGUMENT);
            assert_non_null(strstr(fault.text, "not within plus or minus"));
        }
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)256 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_answers_at_the_bounds),
        cmocka_unit_test(past_the_bounds_is_refused),
    };
    return cmocka_run_group_tests_name("pairing_bounds", tests, set_up, tear_down);
}
