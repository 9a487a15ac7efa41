/* What every method must keep whatever the field, and what single methods promise. */
#include "orchestrator/pairing/pairing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "orchestrator/pairing/league.h"
#include "orchestrator/pairing/policy.h"
#include "orchestrator/pairing/rows.h"
#include "orchestrator/record/record.h"

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
            start(general[m], 6 + (int)random_below(&random, 20), 8);
            event.policy.cop.division_simulations = 50;
            event.policy.cop.control_loss_simulations = 50;
            event.policy.cop.step_budget = 20000;
            event.input.seed = random_next(&random);
            for (int round = 1; round <= 8; round++) {
                random_states(&random);
                make();
                if (general[m] == PAIRING_DUTCH && event.output.verdict == PAIRING_IMPOSSIBLE) {
                    assert_true(event.output.conflicts_count > 0); /* small fields run out */
                    break;
                }
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

/* Players 10 and 1 are at the two ends of the field: no round of the Dutch system would pair them
 * first, nor give the fifth a bye. */
static void dutch_honours_fixed_pairs_and_byes_in_every_round(void **unused)
{
    (void)unused;
    struct random random;
    random_init(&random, 17);
    start(PAIRING_DUTCH, 12, 5);
    for (int round = 1; round <= 5; round++) {
        event.fixed[0] = (struct pairing_fixed){.first = 9, .second = 0, .keeps_order = true};
        event.fixed[1] = (struct pairing_fixed){.first = 4, .second = PAIRING_NOBODY};
        event.input.fixed_count = 2;
        make();
        everyone_is_once_somewhere();
        assert_int_equal(event.output.verdict, PAIRING_MADE);
        assert_non_null(strstr(trace(), "10-1"));
        assert_non_null(strstr(trace(), "5:requested"));
        play(&random);
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

static void teams_meet_each_other_and_take_turns_going_first(void **unused)
{
    (void)unused;
    start(PAIRING_TEAM, 6, 6);
    event.policy.legs = 2;
    for (int i = 0; i < 6; i++)
        event.players[i].team = 1 + i % 2;
    int met[6][6] = {{0}};
    for (int round = 1; round <= 6; round++) {
        event.input.round_number = round;
        make();
        assert_int_equal(event.output.pairs_count, 3);
        for (int i = 0; i < 3; i++) {
            const struct pairing_pair *pair = &event.output.pairs[i];
            assert_int_not_equal(event.players[pair->first].team, event.players[pair->second].team);
            met[pair->first][pair->second]++;
        }
        arena_reset(&arena);
    }
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++)
            assert_int_equal(met[i][j], i % 2 != j % 2);
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

static void cop_answers_the_same_for_a_seed_and_within_its_budget(void **unused)
{
    (void)unused;
    struct random random;
    random_init(&random, 8);
    start(PAIRING_COP, 17, 10);
    event.policy.cop.place_prizes = 3;
    event.policy.cop.step_budget = 100000;
    for (int round = 1; round <= 10; round++) {
        char first[2048];
        make();
        snprintf(first, sizeof first, "%s", trace());
        make();
        assert_string_equal(trace(), first);
        everyone_is_once_somewhere();
        assert_true(event.output.proved);
        play(&random);
        arena_reset(&arena);
    }
}

static void cop_plays_king_of_the_hill_for_prizes_last(void **unused)
{
    (void)unused;
    start(PAIRING_COP, 8, 5);
    event.input.round_number = 5;
    event.policy.cop.place_prizes = 2;
    static const int points[] = {8, 8, 7, 6, 4, 2, 2, 0};
    for (int i = 0; i < 8; i++)
        event.players[i].points = points[i];
    make();
    assert_int_equal(event.output.pairs[0].first + event.output.pairs[0].second, 0 + 1);
    assert_int_equal(event.output.pairs[1].first + event.output.pairs[1].second, 2 + 3);
    arena_reset(&arena);
}

static void chew_sends_the_lowest_contender_against_the_leader(void **unused)
{
    (void)unused;
    start(PAIRING_CHEW, 10, 10);
    event.input.round_number = 9;
    event.policy.first = PAIRING_FIRST_LISTED;
    event.policy.chew.place_prizes = 1;
    static const int points[] = {14, 14, 13, 11, 9, 8, 8, 6, 4, 2};
    for (int i = 0; i < 10; i++)
        event.players[i].points = points[i];
    make();
    /* Two rounds left: 11 points and more can still win; the flight cap is four. */
    assert_int_equal(event.output.pairs[0].first, 0);
    assert_int_equal(event.output.pairs[0].second, 3);
    assert_int_equal(event.output.pairs[1].first, 1);
    assert_int_equal(event.output.pairs[1].second, 2);
    arena_reset(&arena);
}

/* The open race is decided; in each class two prizes' worth of players are still level. */
static void class_prizes_are_races_of_their_own(void **unused)
{
    (void)unused;
    static const enum pairing_method both[] = {PAIRING_COP, PAIRING_CHEW};
    static const int points[] = {16, 12, 8, 8, 8, 8, 4, 4, 4, 4};
    for (size_t m = 0; m < 2; m++) {
        start(both[m], 10, 9);
        event.input.round_number = 9;
        event.policy.cop.division_simulations = 50;
        event.policy.cop.control_loss_simulations = 50;
        assert_int_equal(pairing_policy_set(&event.policy, "class_prizes", "1,1", &event.fault),
                         STATUS_OK);
        for (int i = 0; i < 10; i++)
            event.players[i].points = points[i];
        event.players[2].class_number = event.players[5].class_number = 1;
        event.players[6].class_number = event.players[9].class_number = 2;
        make();
        int together = 0;
        for (int i = 0; i < event.output.pairs_count; i++) {
            const struct pairing_pair *pair = &event.output.pairs[i];
            int class_number = event.players[pair->first].class_number;
            together +=
                class_number > 0 && class_number == event.players[pair->second].class_number;
        }
        assert_int_equal(together, 2);
        everyone_is_once_somewhere();
        arena_reset(&arena);
    }
}

static void bracket_keeps_the_best_apart_and_gives_them_the_byes(void **unused)
{
    (void)unused;
    start(PAIRING_ELIMINATION, 6, 3);
    event.policy.first = PAIRING_FIRST_LISTED;
    make();
    assert_string_equal(trace(), "3-6 4-5 1:bye 2:bye");
    arena_reset(&arena);
}

/* The better seed wins every match. */
static void knock_out_round(void)
{
    for (int i = 0; i < event.output.pairs_count; i++) {
        const struct pairing_pair *pair = &event.output.pairs[i];
        bool first_wins = pair->first < pair->second;
        event.past[event.input.past_count++] = (struct pairing_past){
            .round_number = event.input.round_number,
            .first = pair->first,
            .second = pair->second,
            .result_first = first_wins ? PAIRING_RESULT_WIN : PAIRING_RESULT_LOSS,
            .result_second = first_wins ? PAIRING_RESULT_LOSS : PAIRING_RESULT_WIN};
    }
    event.input.round_number++;
}

static void bracket_follows_corrected_results(void **unused)
{
    (void)unused;
    start(PAIRING_ELIMINATION, 8, 3);
    event.policy.first = PAIRING_FIRST_LISTED;
    make();
    assert_string_equal(trace(), "1-8 2-7 3-6 4-5");
    knock_out_round();
    make();
    assert_string_equal(trace(), "1-4 2-3 5:eliminated 6:eliminated 7:eliminated 8:eliminated");
    event.past[0].result_first = PAIRING_RESULT_LOSS; /* 1 lost to 8 after all */
    event.past[0].result_second = PAIRING_RESULT_WIN;
    make();
    assert_string_equal(trace(), "2-3 4-8 1:eliminated 5:eliminated 6:eliminated 7:eliminated");
    event.past[0].result_first = PAIRING_RESULT_OPEN;
    make();
    assert_int_equal(event.output.verdict, PAIRING_NOT_READY);
    assert_int_equal(event.output.conflicts[0].kind, PAIRING_CONFLICT_RESULT);
    arena_reset(&arena);
}

static void bracket_ends_with_one_winner_in_any_field(void **unused)
{
    (void)unused;
    for (int players = 2; players <= 33; players++)
        for (int twice = 0; twice < 2; twice++) {
            start(twice == 1 ? PAIRING_DOUBLE_ELIMINATION : PAIRING_ELIMINATION, players, 0);
            int games = 0;
            for (int round = 0; round < 40; round++) {
                make();
                assert_int_equal(event.output.verdict, PAIRING_MADE);
                everyone_is_once_somewhere();
                if (event.output.pairs_count == 0)
                    break;
                games += event.output.pairs_count;
                knock_out_round();
                arena_reset(&arena);
            }
            /* Everybody but the winner has lost once, or twice. */
            assert_int_equal(games, (players - 1) * (twice + 1));
        }
}

static void arena_never_repeats_the_last_game(void **unused)
{
    (void)unused;
    struct random random;
    random_init(&random, 6);
    start(PAIRING_ARENA, 21, 0);
    for (int wave = 1; wave <= 30; wave++) {
        for (int i = 0; i < 21; i++)
            event.players[i].waiting_ms = (int64_t)random_below(&random, 10000);
        make();
        everyone_is_once_somewhere();
        assert_int_equal(event.output.pairs_count, 10);
        for (int i = 0; i < event.output.pairs_count; i++) {
            const struct pairing_pair *pair = &event.output.pairs[i];
            for (int g = event.input.past_count - 1; g >= 0; g--) {
                const struct pairing_past *past = &event.past[g];
                if (past->round_number < wave - 1)
                    break;
                assert_false((past->first == pair->first && past->second == pair->second) ||
                             (past->first == pair->second && past->second == pair->first));
            }
        }
        play(&random);
        arena_reset(&arena);
    }
}

static void gives_the_bye_to_another_where_only_that_is_legal(void **unused)
{
    (void)unused;
    start(PAIRING_SWISS, 3, 0);
    event.forbidden[0] = (struct pairing_forbidden){.one = 0, .other = 1};
    event.input.forbidden_count = 1;
    make();
    assert_int_equal(event.output.verdict, PAIRING_MADE);
    assert_int_equal(event.output.rests[0].player, 1);
    arena_reset(&arena);
}

static void says_why_not(void **unused)
{
    (void)unused;
    struct pairing_why why;
    start(PAIRING_SWISS, 6, 0);
    static const int points[] = {6, 6, 4, 4, 2, 2};
    for (int i = 0; i < 6; i++)
        event.players[i].points = points[i];
    make();
    assert_int_equal(pairing_why_not(&event.input, &event.output, 0, 5, &arena, &why, NULL),
                     STATUS_OK);
    assert_true(why.possible && why.dearer);
    assert_string_equal(why.text, "possible, but with it the whole round costs 10 more in "
                                  "\"record and repeats\"");
    assert_int_equal(pairing_why_not(&event.input, &event.output, 0, 1, &arena, &why, NULL),
                     STATUS_OK);
    assert_string_equal(why.text, "they are paired");
    event.forbidden[0] = (struct pairing_forbidden){.one = 0, .other = 2, .reason = "same family"};
    event.input.forbidden_count = 1;
    make();
    assert_int_equal(pairing_why_not(&event.input, &event.output, 2, 0, &arena, &why, NULL),
                     STATUS_OK);
    assert_string_equal(why.text, "they may not meet: same family");
    start(PAIRING_COP, 8, 5);
    event.input.round_number = 5;
    for (int i = 0; i < 8; i++)
        event.players[i].points = 8 - i;
    make();
    assert_int_equal(pairing_why_not(&event.input, &event.output, 6, 4, &arena, &why, NULL),
                     STATUS_OK);
    assert_true(why.possible && why.dearer);
    assert_int_equal(pairing_why_not(&event.input, &event.output, 0, 7, &arena, &why, NULL),
                     STATUS_OK);
    assert_false(why.possible);
    assert_non_null(strstr(why.text, "a rule of the method"));
    start(PAIRING_KING_OF_THE_HILL, 4, 0);
    make();
    assert_int_equal(pairing_why_not(&event.input, &event.output, 0, 3, &arena, &why, NULL),
                     STATUS_OK);
    assert_non_null(strstr(why.text, "next to each other in standing"));
    arena_reset(&arena);
}

/* Whether the players left can all be paired within `legal`. */
static bool can_match(bool legal[8][8], int count, unsigned used)
{
    int one = 0;
    while (one < count && used >> one & 1)
        one++;
    if (one == count)
        return true;
    for (int other = one + 1; other < count; other++)
        if (!(used >> other & 1) && legal[one][other] &&
            can_match(legal, count, used | 1u << one | 1u << other))
            return true;
    return false;
}

/* Without `top` pairs of the top half do not count. */
static bool exists(int players, bool top)
{
    bool legal[8][8] = {{false}};
    int count = players + players % 2;
    for (int i = 0; i < count; i++)
        for (int j = i + 1; j < count; j++)
            legal[i][j] = top || i >= count / 2 || j >= count / 2;
    for (int f = 0; f < event.input.forbidden_count; f++) {
        int one = event.forbidden[f].one;
        int other = event.forbidden[f].other;
        legal[one < other ? one : other][one < other ? other : one] = false;
    }
    return can_match(legal, count, 0);
}

static void australian_draws_whenever_a_draw_exists(void **unused)
{
    (void)unused;
    struct random random;
    random_init(&random, 13);
    for (int trial = 0; trial < 4000; trial++) {
        int players = 2 + (int)random_below(&random, 7);
        start(PAIRING_AUSTRALIAN, players, 9);
        for (int i = 0; i < players; i++)
            for (int j = i + 1; j < players; j++)
                if (random_below(&random, 3) == 0 && event.input.forbidden_count < 8)
                    event.forbidden[event.input.forbidden_count++] =
                        (struct pairing_forbidden){.one = i, .other = j};
        bool first_round = trial % 2 == 0;
        event.input.round_number = first_round ? 1 : 4;
        make();
        assert_int_equal(event.output.verdict == PAIRING_MADE, exists(players, true));
        if (event.output.verdict == PAIRING_MADE && first_round && exists(players, false)) {
            int half = (players + players % 2) / 2;
            for (int i = 0; i < event.output.pairs_count; i++)
                assert_false(event.output.pairs[i].first < half &&
                             event.output.pairs[i].second < half);
        }
        arena_reset(&arena);
    }
}

static void reads_rows_from_a_record(void **unused)
{
    (void)unused;
    struct record *record = record_create(&arena, 4, 3);
    assert_non_null(record);
    *record_result(record, 0, 1) = (struct record_result){.opponent = 2,
                                                          .kind = RECORD_PLAYED,
                                                          .outcome = RECORD_WIN,
                                                          .side = RECORD_FIRST,
                                                          .own_score = 420,
                                                          .other_score = 400,
                                                          .has_scores = true};
    *record_result(record, 2, 1) = (struct record_result){.opponent = 0,
                                                          .kind = RECORD_PLAYED,
                                                          .outcome = RECORD_LOSS,
                                                          .side = RECORD_SECOND,
                                                          .own_score = 400,
                                                          .other_score = 420,
                                                          .has_scores = true};
    *record_result(record, 1, 1) =
        (struct record_result){.opponent = RECORD_NOBODY, .kind = RECORD_BYE_PAIRING};
    record->rounds_played = 1;
    record->players[3].withdrawn_after = 1;
    start(PAIRING_KING_OF_THE_HILL, 0, 0);
    assert_int_equal(pairing_rows_from_record(record, &arena, &event.input), STATUS_OK);
    event.policy.points_win = 10;
    event.policy.first = PAIRING_FIRST_LISTED;
    event.input.policy = &event.policy;
    assert_int_equal(event.input.past_count, 2);
    assert_int_equal(event.input.players[0].spread, 20);
    assert_int_equal(event.input.players[3].state, PAIRING_WITHDRAWN);
    make();
    assert_int_equal(event.output.pairs_count, 1);
    assert_int_equal(event.output.pairs[0].first, 0);
    assert_int_equal(event.output.pairs[0].second, 1);
    arena_reset(&arena);
}

static void sets_policies_by_name(void **unused)
{
    (void)unused;
    struct fault fault;
    struct pairing_policy policy = pairing_policy_default(PAIRING_COP);
    assert_int_equal(pairing_policy_set(&policy, "cop_hopefulness", "0.02", &fault), STATUS_OK);
    assert_int_equal(policy.cop.hopefulness_ppm, 20000);
    assert_int_equal(pairing_policy_set(&policy, "first", "lot", &fault), STATUS_OK);
    assert_int_equal(policy.first, PAIRING_FIRST_LOT);
    assert_int_equal(pairing_policy_set(&policy, "gibson", "true", &fault), STATUS_OK);
    assert_true(policy.gibson.enabled);
    assert_int_equal(pairing_policy_set(&policy, "factor", "12", &fault), STATUS_OK);
    assert_int_equal(policy.factor, 12);
    assert_int_equal(pairing_policy_set(&policy, "no_such", "1", &fault), STATUS_NOT_FOUND);
    assert_int_equal(pairing_policy_set(&policy, "class_prizes", "2,0,1", &fault), STATUS_OK);
    assert_int_equal(policy.class_prizes_count, 3);
    assert_int_equal(policy.class_prizes[0] + 10 * policy.class_prizes[2], 12);
    static const char *const wrong[][2] = {{"factor", "-1"},         {"factor", "1x"},
                                           {"factor", ""},           {"cop_hopefulness", "1.5"},
                                           {"cop_hopefulness", "0"}, {"first", "nobody"},
                                           {"gibson", "1"},          {"win_weight", "101"},
                                           {"class_prizes", "1,,2"}, {"class_prizes", ""},
                                           {"class_prizes", "1,x"},  {"factor", "99999999999"},
                                           {"factor", "1.5"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(pairing_policy_set(&policy, wrong[i][0], wrong[i][1], &fault),
                         STATUS_INVALID_ARGUMENT);
}

static void league_gives_everybody_as_many_games_and_firsts(void **unused)
{
    (void)unused;
    for (int players = 2; players <= 60; players++) {
        struct league_ask ask = {.players = players, .seed = 3};
        struct league_game *games;
        int count;
        int played[64] = {0};
        int firsts[64] = {0};
        assert_int_equal(league_schedule(&ask, &arena, &games, &count, NULL), STATUS_OK);
        bool met[64][64] = {{false}};
        for (int g = 0; g < count; g++) {
            assert_true(games[g].one < games[g].other);
            assert_false(met[games[g].one][games[g].other]);
            met[games[g].one][games[g].other] = true;
            played[games[g].one]++;
            played[games[g].other]++;
            firsts[games[g].one_first ? games[g].one : games[g].other]++;
        }
        int wanted = players - 1 < LEAGUE_GAMES_MAX ? players - 1 : LEAGUE_GAMES_MAX;
        for (int i = 0; i < players; i++) {
            assert_int_equal(played[i], wanted);
            assert_in_range(firsts[i], wanted / 2 - (wanted > 1), (wanted + 1) / 2 + 1);
        }
        arena_reset(&arena);
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
        cmocka_unit_test(dutch_honours_fixed_pairs_and_byes_in_every_round),
        cmocka_unit_test(never_repeats_while_it_can_be_avoided),
        cmocka_unit_test(round_robin_lets_all_meet_once_a_cycle),
        cmocka_unit_test(round_robin_keeps_the_line_of_who_has_left),
        cmocka_unit_test(teams_meet_each_other_and_take_turns_going_first),
        cmocka_unit_test(king_of_the_hill_pairs_neighbours),
        cmocka_unit_test(gives_the_bye_to_fewest_then_lowest),
        cmocka_unit_test(balances_firsts),
        cmocka_unit_test(names_the_fewest_constraints_when_nothing_is_legal),
        cmocka_unit_test(gibsonized_leader_meets_who_is_out_of_the_race),
        cmocka_unit_test(refuses_rows_that_contradict_each_other),
        cmocka_unit_test(cop_answers_the_same_for_a_seed_and_within_its_budget),
        cmocka_unit_test(cop_plays_king_of_the_hill_for_prizes_last),
        cmocka_unit_test(chew_sends_the_lowest_contender_against_the_leader),
        cmocka_unit_test(class_prizes_are_races_of_their_own),
        cmocka_unit_test(bracket_keeps_the_best_apart_and_gives_them_the_byes),
        cmocka_unit_test(bracket_follows_corrected_results),
        cmocka_unit_test(bracket_ends_with_one_winner_in_any_field),
        cmocka_unit_test(arena_never_repeats_the_last_game),
        cmocka_unit_test(gives_the_bye_to_another_where_only_that_is_legal),
        cmocka_unit_test(says_why_not),
        cmocka_unit_test(australian_draws_whenever_a_draw_exists),
        cmocka_unit_test(reads_rows_from_a_record),
        cmocka_unit_test(sets_policies_by_name),
        cmocka_unit_test(league_gives_everybody_as_many_games_and_firsts),
        cmocka_unit_test(finds_every_method_by_its_name),
    };
    return cmocka_run_group_tests_name("pairing", tests, set_up, tear_down);
}
