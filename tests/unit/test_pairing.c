/* What every method must keep whatever the field, and what single methods promise. */
#include "orchestrator/pairing/pairing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

#define PLAYERS 64
#define PAST_MAX 2000

struct event {
    struct pairing_player players[PLAYERS];
    struct pairing_past past[PAST_MAX];
    struct pairing_fixed fixed[8];
    struct pairing_forbidden forbidden[8];
    struct pairing_policy policy;
    struct pairing_input input;
    struct pairing_output output;
    struct fault fault;
};

static struct arena arena;
static struct event event;

static void start(enum pairing_method method, int players, int rounds)
{
    memset(&event, 0, sizeof event);
    event.policy = pairing_policy_default(method);
    for (int i = 0; i < players; i++)
        event.players[i] = (struct pairing_player){.id = i, .seed = i + 1, .rating = 2000 - 10 * i};
    event.input = (struct pairing_input){.players = event.players,
                                         .players_count = players,
                                         .past = event.past,
                                         .fixed = event.fixed,
                                         .forbidden = event.forbidden,
                                         .round_number = 1,
                                         .rounds_total = rounds,
                                         .seed = 42,
                                         .policy = &event.policy};
}

static void make(void)
{
    enum status status = pairing_make(&event.input, &arena, &event.output, &event.fault);
    if (status != STATUS_OK)
        print_message("%s\n", event.fault.text);
    assert_int_equal(status, STATUS_OK);
}

/* The pairs as text, "1-2 3-4 5:bye", by seeds, boards in order. */
static const char *trace(void)
{
    static char text[2048];
    static const char *const kinds[] = {"bye",       "requested", "away",    "absent",
                                        "withdrawn", "suspended", "not yet", "eliminated",
                                        "waiting",   "unpaired"};
    size_t used = 0;
    text[0] = '\0';
    const struct pairing_output *out = &event.output;
    for (int i = 0; i < out->pairs_count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d-%d", used > 0 ? " " : "",
                                 event.players[out->pairs[i].first].seed,
                                 event.players[out->pairs[i].second].seed);
    for (int i = 0; i < out->rests_count; i++)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s%d:%s", used > 0 ? " " : "",
                             event.players[out->rests[i].player].seed, kinds[out->rests[i].kind]);
    return text;
}

/* Plays the round just paired: a better seed wins unless the draw says otherwise. */
static void play(struct random *random)
{
    for (int i = 0; i < event.output.pairs_count; i++) {
        const struct pairing_pair *pair = &event.output.pairs[i];
        int margin = 1 + (int)random_below(random, 200);
        bool first_wins =
            random_below(random, 3) != 0 ? pair->first < pair->second : pair->first > pair->second;
        struct pairing_past *past = &event.past[event.input.past_count++];
        *past = (struct pairing_past){
            .round_number = event.input.round_number,
            .first = pair->first,
            .second = pair->second,
            .result_first = first_wins ? PAIRING_RESULT_WIN : PAIRING_RESULT_LOSS,
            .result_second = first_wins ? PAIRING_RESULT_LOSS : PAIRING_RESULT_WIN,
            .score_first = 400 + (first_wins ? margin : 0),
            .score_second = 400 + (first_wins ? 0 : margin)};
        event.players[first_wins ? pair->first : pair->second].points += 2;
        event.players[pair->first].spread += first_wins ? margin : -margin;
        event.players[pair->second].spread += first_wins ? -margin : margin;
    }
    for (int i = 0; i < event.output.rests_count; i++) {
        const struct pairing_rest *rest = &event.output.rests[i];
        if (rest->kind != PAIRING_REST_BYE)
            continue;
        event.past[event.input.past_count++] =
            (struct pairing_past){.round_number = event.input.round_number,
                                  .first = rest->player,
                                  .second = PAIRING_NOBODY,
                                  .result_first = PAIRING_RESULT_BYE};
        event.players[rest->player].points += 2;
        event.players[rest->player].spread += 50;
    }
    event.input.round_number++;
}

static void everyone_is_once_somewhere(void)
{
    int seen[PLAYERS] = {0};
    for (int i = 0; i < event.output.pairs_count; i++) {
        seen[event.output.pairs[i].first]++;
        seen[event.output.pairs[i].second]++;
        assert_int_equal(event.output.pairs[i].board, i + 1);
        assert_string_not_equal(event.output.pairs[i].first_reason, "");
    }
    for (int i = 0; i < event.output.rests_count; i++)
        seen[event.output.rests[i].player]++;
    for (int i = 0; i < event.input.players_count; i++)
        assert_int_equal(seen[i], 1);
}

static int repeats_made(void)
{
    int repeats = 0;
    for (int i = 0; i < event.output.pairs_count; i++)
        repeats += event.output.pairs[i].meetings > 0;
    return repeats;
}

static void random_states(struct random *random)
{
    for (int i = 0; i < event.input.players_count; i++) {
        uint64_t draw = random_below(random, 20);
        event.players[i].state = draw == 0   ? PAIRING_ABSENT
                                 : draw == 1 ? PAIRING_WITHDRAWN
                                 : draw == 2 ? PAIRING_SUSPENDED
                                             : PAIRING_ACTIVE;
    }
}

static const enum pairing_method general[] = {
    PAIRING_MANUAL,           PAIRING_RANDOM, PAIRING_ROUND_ROBIN, PAIRING_INTERLEAVED,
    PAIRING_KING_OF_THE_HILL, PAIRING_SWISS,  PAIRING_QUICKPAIR,
};

static void pairs_or_rests_everyone_once_in_any_event(void **unused)
{
    (void)unused;
    struct random random;
    random_init(&random, 5);
    for (size_t m = 0; m < sizeof general / sizeof general[0]; m++)
        for (int trial = 0; trial < 40; trial++) {
            start(general[m], 2 + (int)random_below(&random, 24), 8);
            event.input.seed = random_next(&random);
            for (int round = 1; round <= 8; round++) {
                random_states(&random);
                make();
                assert_int_equal(event.output.verdict, PAIRING_MADE);
                everyone_is_once_somewhere();
                for (int i = 0; i < event.output.pairs_count; i++) {
                    assert_int_equal(event.players[event.output.pairs[i].first].state,
                                     PAIRING_ACTIVE);
                    assert_int_equal(event.players[event.output.pairs[i].second].state,
                                     PAIRING_ACTIVE);
                }
                play(&random);
                arena_reset(&arena);
            }
        }
}

static void honours_fixed_pairs_and_byes_in_every_method(void **unused)
{
    (void)unused;
    for (size_t m = 0; m < sizeof general / sizeof general[0]; m++) {
        start(general[m], 12, 8);
        event.fixed[0] = (struct pairing_fixed){.first = 9, .second = 0, .keeps_order = true};
        event.fixed[1] = (struct pairing_fixed){.first = 4, .second = PAIRING_NOBODY};
        event.input.fixed_count = 2;
        make();
        everyone_is_once_somewhere();
        assert_non_null(strstr(trace(), "10-1"));
        assert_non_null(strstr(trace(), "5:requested"));
        arena_reset(&arena);
    }
}

static void never_repeats_while_it_can_be_avoided(void **unused)
{
    (void)unused;
    struct random random;
    random_init(&random, 11);
    for (int trial = 0; trial < 30; trial++) {
        start(trial % 2 == 0 ? PAIRING_RANDOM : PAIRING_SWISS, 12 + 2 * (trial % 8), 5);
        event.policy.repeats_over_allowed = false;
        event.input.seed = random_next(&random);
        for (int round = 1; round <= 5; round++) {
            make();
            assert_int_equal(event.output.verdict, PAIRING_MADE);
            assert_int_equal(repeats_made(), 0);
            play(&random);
            arena_reset(&arena);
        }
    }
}

static void round_robin_lets_all_meet_once_a_cycle(void **unused)
{
    (void)unused;
    struct random random;
    random_init(&random, 3);
    for (int players = 2; players <= 25; players++) {
        int rounds = players + players % 2 - 1;
        int byes[PLAYERS] = {0};
        start(PAIRING_ROUND_ROBIN, players, rounds);
        for (int round = 1; round <= rounds; round++) {
            make();
            assert_int_equal(repeats_made(), 0);
            assert_int_equal(event.output.pairs_count, players / 2);
            for (int i = 0; i < event.output.rests_count; i++)
                byes[event.output.rests[i].player]++;
            play(&random);
        }
        for (int i = 0; i < players; i++)
            assert_int_equal(byes[i], players % 2);
        arena_reset(&arena);
    }
}

static void round_robin_keeps_the_line_of_who_has_left(void **unused)
{
    (void)unused;
    start(PAIRING_ROUND_ROBIN, 6, 5);
    event.players[2].state = PAIRING_WITHDRAWN;
    make();
    int away = 0;
    for (int i = 0; i < event.output.rests_count; i++)
        away += event.output.rests[i].kind == PAIRING_REST_OPPONENT_AWAY;
    assert_int_equal(away, 1);
    assert_int_equal(event.output.pairs_count, 2);
    arena_reset(&arena);
}

static void king_of_the_hill_pairs_neighbours(void **unused)
{
    (void)unused;
    start(PAIRING_KING_OF_THE_HILL, 7, 0);
    event.policy.first = PAIRING_FIRST_LISTED;
    event.players[6].points = 6;
    event.players[3].points = 4;
    event.players[3].spread = 10;
    event.players[5].points = 4;
    make();
    assert_string_equal(trace(), "7-4 6-1 2-3 5:bye");
    event.forbidden[0] = (struct pairing_forbidden){.one = 6, .other = 3};
    event.input.forbidden_count = 1;
    make();
    assert_string_equal(trace(), "7-6 4-1 2-3 5:bye");
    arena_reset(&arena);
}

static void gives_the_bye_to_fewest_then_lowest(void **unused)
{
    (void)unused;
    struct random random;
    random_init(&random, 2);
    int byes[5] = {0};
    start(PAIRING_KING_OF_THE_HILL, 5, 10);
    for (int round = 1; round <= 10; round++) {
        make();
        for (int i = 0; i < event.output.rests_count; i++)
            byes[event.output.rests[i].player]++;
        play(&random);
    }
    for (int i = 0; i < 5; i++)
        assert_int_equal(byes[i], 2);
    arena_reset(&arena);
}

static void balances_firsts(void **unused)
{
    (void)unused;
    struct random random;
    random_init(&random, 4);
    start(PAIRING_SWISS, 20, 12);
    int firsts[PLAYERS] = {0};
    for (int round = 1; round <= 12; round++) {
        make();
        for (int i = 0; i < event.output.pairs_count; i++)
            firsts[event.output.pairs[i].first]++;
        play(&random);
    }
    for (int i = 0; i < 20; i++)
        assert_in_range(firsts[i], 5, 7);
    arena_reset(&arena);
}

static void names_the_fewest_constraints_when_nothing_is_legal(void **unused)
{
    (void)unused;
    start(PAIRING_SWISS, 4, 0);
    event.forbidden[0] = (struct pairing_forbidden){.one = 0, .other = 1};
    event.forbidden[1] = (struct pairing_forbidden){.one = 0, .other = 2};
    event.forbidden[2] = (struct pairing_forbidden){.one = 0, .other = 3};
    event.input.forbidden_count = 3;
    make();
    assert_int_equal(event.output.verdict, PAIRING_IMPOSSIBLE);
    assert_int_equal(event.output.conflicts_count, 1);
    assert_int_equal(event.output.conflicts[0].kind, PAIRING_CONFLICT_FORBIDDEN);
    assert_int_equal(event.output.pairs_count, 0);
    arena_reset(&arena);
}

static void gibsonized_leader_meets_who_is_out_of_the_race(void **unused)
{
    (void)unused;
    start(PAIRING_KING_OF_THE_HILL, 8, 10);
    event.policy.gibson = (struct pairing_gibson){.enabled = true, .place_min = 3};
    event.input.round_number = 10;
    static const int points[] = {18, 14, 14, 13, 12, 11, 9, 8};
    for (int i = 0; i < 8; i++)
        event.players[i].points = points[i];
    make();
    assert_int_equal(event.output.gibsonized_count, 1);
    /* Places 1 to 3 matter; 11 points is the most that cannot reach the 14 of the third. */
    assert_int_equal(event.output.pairs[0].first + event.output.pairs[0].second, 0 + 5);
    arena_reset(&arena);
}

static void refuses_rows_that_contradict_each_other(void **unused)
{
    (void)unused;
    start(PAIRING_SWISS, 4, 0);
    event.players[1].seed = 1;
    assert_int_equal(pairing_make(&event.input, &arena, &event.output, &event.fault),
                     STATUS_INVALID_ARGUMENT);
    start(PAIRING_SWISS, 4, 0);
    event.fixed[0] = (struct pairing_fixed){.first = 1, .second = 2};
    event.fixed[1] = (struct pairing_fixed){.first = 2, .second = PAIRING_NOBODY};
    event.input.fixed_count = 2;
    assert_int_equal(pairing_make(&event.input, &arena, &event.output, &event.fault),
                     STATUS_INVALID_ARGUMENT);
    start(PAIRING_FACTOR, 4, 0);
    event.policy.factor = 3;
    assert_int_equal(pairing_make(&event.input, &arena, &event.output, &event.fault),
                     STATUS_INVALID_ARGUMENT);
    arena_reset(&arena);
}

static void finds_every_method_by_its_name(void **unused)
{
    (void)unused;
    for (int i = 0; i < PAIRING_METHOD_COUNT; i++) {
        enum pairing_method found;
        assert_true(pairing_method_find(pairing_method_name((enum pairing_method)i), &found));
        assert_int_equal(found, i);
    }
}

static int set_up(void **unused)
{
    (void)unused;
    arena_init(&arena, (size_t)1 << 30);
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    arena_deinit(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_or_rests_everyone_once_in_any_event),
        cmocka_unit_test(honours_fixed_pairs_and_byes_in_every_method),
        cmocka_unit_test(never_repeats_while_it_can_be_avoided),
        cmocka_unit_test(round_robin_lets_all_meet_once_a_cycle),
        cmocka_unit_test(round_robin_keeps_the_line_of_who_has_left),
        cmocka_unit_test(king_of_the_hill_pairs_neighbours),
        cmocka_unit_test(gives_the_bye_to_fewest_then_lowest),
        cmocka_unit_test(balances_firsts),
        cmocka_unit_test(names_the_fewest_constraints_when_nothing_is_legal),
        cmocka_unit_test(gibsonized_leader_meets_who_is_out_of_the_race),
        cmocka_unit_test(refuses_rows_that_contradict_each_other),
        cmocka_unit_test(finds_every_method_by_its_name),
    };
    return cmocka_run_group_tests_name("pairing", tests, set_up, tear_down);
}
