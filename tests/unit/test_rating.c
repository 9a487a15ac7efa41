/* rating: published examples of each system, what is not rated and why, and that histories
 * recomputed give the same bits. */
#include "orchestrator/rating/rating.h"

#include "base/attr.h"
#include "base/hash.h"
#include "base/random.h"
#include "orchestrator/rating/rating_math.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct rating_policy named(const char *name)
{
    struct rating_policy policy;
    struct fault fault = {0};
    assert_int_equal(rating_policy_named(name, &policy), STATUS_OK);
    assert_int_equal(rating_policy_check(&policy, &fault), STATUS_OK);
    return policy;
}

static struct rating_state glicko(double rating, double deviation, double volatility)
{
    return (struct rating_state){.rating = rating,
                                 .deviation = deviation,
                                 .volatility = volatility,
                                 .peak = rating,
                                 .rated_at_ms = RATING_NEVER_MS};
}

static struct rating_game won_by_first(int first, int second)
{
    return (struct rating_game){.players = {first, second}, .winner = RATING_WINNER_FIRST};
}

static struct rating_game drawn(int first, int second)
{
    return (struct rating_game){.players = {first, second}, .winner = RATING_WINNER_NONE};
}

static void near(double actual, double expected, double tolerance)
{
    if (fabs(actual - expected) > tolerance)
        fail_msg("%.10g is not within %g of %.10g", actual, tolerance, expected);
}

/* Rates a list in a throwaway arena. */
static void rate_all(const struct rating_policy *policy, struct rating_state *states, int count,
                     const struct rating_game *games, int game_count)
{
    struct arena arena;
    arena_init(&arena, 1 << 24);
    assert_int_equal(
        rating_rate_games(policy, states, count, games, game_count, 1000, &arena, NULL), STATUS_OK);
    arena_deinit(&arena);
}

static void exp_and_log_agree_with_the_library(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 11);
    for (int i = 0; i < 100000; i++) {
        double x = ((double)random_below(&random, 2000001) - 1000000.0) / 10000.0;
        near(rating_exp(x) / exp(x), 1.0, 1e-15);
        near(rating_log(exp(x)), x, 1e-14 * (1 + fabs(x)));
    }
    assert_true(rating_exp(0) == 1.0);
    assert_true(rating_log(1) == 0.0);
    assert_true(rating_exp(-1000) == 0.0);
}

static void glicko2_reproduces_the_papers_example(void **state)
{
    (void)state;
    struct rating_policy policy = named("glicko2");
    policy.timing = RATING_PER_PERIOD;
    policy.growth = RATING_GROWTH_PERIOD;
    struct rating_state players[] = {glicko(1500, 200, .06), glicko(1400, 30, .06),
                                     glicko(1550, 100, .06), glicko(1700, 300, .06)};
    struct rating_game games[] = {won_by_first(0, 1), won_by_first(2, 0), won_by_first(3, 0)};
    rate_all(&policy, players, 4, games, 3);
    near(players[0].rating, 1464.0507, 0.00005);
    near(players[0].deviation, 151.5165, 0.00005);
    near(players[0].volatility, 0.0599960, 0.00000005);
    assert_int_equal(players[0].games, 3);
    assert_int_equal(players[0].losses, 2);
}

static void an_idle_period_only_widens_the_deviation(void **state)
{
    (void)state;
    struct rating_policy policy = named("glicko2");
    policy.timing = RATING_PER_PERIOD;
    policy.growth = RATING_GROWTH_PERIOD;
    struct rating_state player = glicko(1700, 50, .06);
    rate_all(&policy, &player, 1, NULL, 0);
    near(player.deviation, sqrt(50 * 50 + 173.7178 * 173.7178 * .06 * .06), 1e-9);
    assert_true(player.rating == 1700);
    assert_int_equal(player.games, 0);
}

struct lichess_case {
    struct rating_state before[2];
    enum rating_winner winner;
    double ratings[2];
    double deviations[2];
};

static void lichess_reproduces_its_published_vectors(void **state)
{
    (void)state;
    const struct rating_policy policy = named("lichess");
#define SIDE(r, d, v)                                                                              \
    {                                                                                              \
        .rating = r, .deviation = d, .volatility = v, .rated_at_ms = INT64_MIN                     \
    }
#define FAR SIDE(1400, 79, .06), SIDE(1550, 110, .065)
#define WIDE SIDE(1200, 60, .053), SIDE(1850, 200, .062)
    static const struct lichess_case cases[] = {
        {{SIDE(1500, 350, .06), SIDE(1500, 350, .06)}, 1, {1662.21, 1337.79}, {290.2305, 290.2305}},
        {{FAR}, 1, {1422.63, 1506.32}, {77.4956, 105.8706}},
        {{FAR}, 2, {1389.99, 1568.90}, {77.4956, 105.8706}},
        {{FAR}, 3, {1406.31, 1537.61}, {77.4956, 105.8706}},
        {{WIDE}, 1, {1216.73, 1635.99}, {59.9006, 196.9873}},
        {{WIDE}, 2, {1199.29, 1855.42}, {59.9006, 196.9873}},
        {{WIDE}, 3, {1208.01, 1745.71}, {59.9006, 196.9873}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rating_state after[2];
        struct rating_game game = {.winner = cases[i].winner, .turns = 40};
        assert_int_equal(rating_rate_game(&policy, cases[i].before, &game, after), RATING_RATED);
        for (int seat = 0; seat < 2; seat++) {
            near(after[seat].rating, cases[i].ratings[seat], 0.01);
            near(after[seat].deviation, cases[i].deviations[seat], 0.0005);
        }
    }
}

static void lichess_deviation_grows_from_60_to_110_in_a_year(void **state)
{
    (void)state;
    const struct rating_policy policy = named("lichess");
    struct rating_state player = glicko(1500, 60, .06);
    player.rated_at_ms = 0;
    near(rating_deviation_at(&policy, &player, (int64_t)365 * 86400000), 110, 1.0);
    assert_false(rating_is_provisional(&policy, &player, 0));
    assert_true(rating_is_provisional(&policy, &player, (int64_t)730 * 86400000));
    assert_true(rating_deviation_at(&policy, &player, -5) == 60);
}

static void a_game_against_a_bot_counts_half(void **state)
{
    (void)state;
    const struct rating_policy policy = named("lichess");
    const struct rating_state before[2] = {glicko(1500, 60, .06), glicko(1500, 60, .06)};
    struct rating_state full[2];
    struct rating_state half[2];
    struct rating_game game = won_by_first(0, 1);
    (void)rating_rate_game(&policy, before, &game, full);
    game.bots[1] = true;
    assert_int_equal(rating_rate_game(&policy, before, &game, half), RATING_RATED);
    near((half[0].rating - 1500) / (full[0].rating - 1500), 0.5, 0.02);
}

static void fide_tables_and_k_match_the_handbook(void **state)
{
    (void)state;
    static const struct {
        double opponent;
        enum rating_winner winner;
        double expected;
    } cases[] = {{1500, 1, 1520}, {1900, 1, 1537}, {1600, 1, 1526},
                 {1600, 3, 1506}, {1600, 2, 1486}, {3000, 1, 1537}};
    const struct rating_policy policy = named("fide");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rating_state players[2] = {rating_seeded(&policy, 1500, 0),
                                          rating_seeded(&policy, cases[i].opponent, 100)};
        struct rating_game game = {.players = {0, 1}, .winner = cases[i].winner};
        rate_all(&policy, players, 2, &game, 1);
        assert_true(players[0].rating == cases[i].expected);
    }
    assert_int_equal(rating_fide_difference(3, 2), 193);
    assert_int_equal(rating_fide_difference(0, 4), -800);
    assert_int_equal(rating_fide_difference(4, 4), 0);
    assert_int_equal(rating_fide_expectation_x100(735), 99);
    assert_int_equal(rating_fide_expectation_x100(736), 100);
    assert_int_equal(rating_fide_expectation_x100(-3), 50);
    assert_int_equal(rating_fide_expectation_x100(-4), 49);
}

static void fide_expectation_is_a_staircase_of_whole_hundredths(void **state)
{
    (void)state;
    int steps = 0;
    assert_int_equal(rating_fide_expectation_x100(0), 50);
    for (int difference = 0; difference <= 1000; difference++) {
        int here = rating_fide_expectation_x100(difference);
        int next = rating_fide_expectation_x100(difference + 1);
        assert_int_equal(here + rating_fide_expectation_x100(-difference), 100);
        assert_true(next == here || next == here + 1);
        steps += next - here;
    }
    assert_int_equal(steps, 50);
    assert_int_equal(rating_fide_expectation_x100(INT32_MAX), 100);
    for (int hundredths = 1; hundredths < 100; hundredths++) /* the tables agree to a hundredth */
        assert_in_range(rating_fide_expectation_x100(rating_fide_difference(2 * hundredths, 100)),
                        hundredths - 1, hundredths + 1);
}

static void fide_k_falls_with_games_and_peak(void **state)
{
    (void)state;
    const struct rating_policy policy = named("fide");
    static const struct {
        double rating;
        double peak;
        int games;
        uint32_t flags;
        double change;
    } cases[] = {{2399, 2399, 29, 0, 20},
                 {2399, 2399, 30, 0, 10},
                 {2390, 2400, 99, 0, 5},
                 {2299, 2299, 99, RATING_FLAG_JUNIOR, 20},
                 {2300, 2300, 99, RATING_FLAG_JUNIOR, 10}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rating_state players[2] = {rating_seeded(&policy, cases[i].rating, cases[i].games),
                                          rating_seeded(&policy, cases[i].rating, 99)};
        players[0].peak = cases[i].peak;
        players[0].flags = cases[i].flags;
        struct rating_game game = won_by_first(0, 1);
        rate_all(&policy, players, 2, &game, 1);
        assert_true(players[0].rating - cases[i].rating == cases[i].change);
    }
}

static void fide_limits_k_times_games_to_700(void **state)
{
    (void)state;
    const struct rating_policy policy = named("fide");
    struct rating_state players[2] = {rating_seeded(&policy, 1500, 0),
                                      rating_seeded(&policy, 1500, 99)};
    struct rating_game games[20];
    for (int i = 0; i < 20; i++)
        games[i] = won_by_first(0, 1);
    rate_all(&policy, players, 2, games, 20);
    assert_true(players[0].rating == 1500 + 35 * 10); /* 700 / 20 = 35 */
}

static void fide_gives_a_first_rating_after_five_games(void **state)
{
    (void)state;
    const struct rating_policy policy = named("fide");
    struct rating_state players[2] = {rating_initial(&policy), rating_seeded(&policy, 1600, 99)};
    struct rating_game games[5] = {won_by_first(0, 1), won_by_first(0, 1), drawn(0, 1),
                                   won_by_first(1, 0), won_by_first(0, 1)};
    rate_all(&policy, players, 2, games, 4);
    assert_true(players[0].rating == 0 && players[0].pool_games == 4);
    assert_true(players[1].rating == 1600); /* against an unrated player nothing moves */
    rate_all(&policy, players, 2, games + 4, 1);
    /* 3.5 of 5 and two draws against 1800: 4.5 of 7 = .64, 102 above the average of 1657 */
    assert_true(players[0].rating == 1759);
    assert_int_equal(players[0].pool_games, 0);
    assert_int_equal(players[0].games, 5);
}

static void a_first_rating_below_the_floor_is_none(void **state)
{
    (void)state;
    const struct rating_policy policy = named("fide");
    struct rating_state players[2] = {rating_initial(&policy), rating_seeded(&policy, 1400, 99)};
    struct rating_game games[5];
    for (int i = 0; i < 5; i++)
        games[i] = won_by_first(1, 0);
    rate_all(&policy, players, 2, games, 5);
    assert_true(players[0].rating == 0);
}

static void elo_moves_by_k_times_the_surprise(void **state)
{
    (void)state;
    const struct rating_policy policy = named("elo");
    const struct rating_state before[2] = {rating_seeded(&policy, 1600, 50),
                                           rating_seeded(&policy, 1400, 5)};
    struct rating_state after[2];
    struct rating_game game = {.winner = RATING_WINNER_SECOND};
    assert_int_equal(rating_rate_game(&policy, before, &game, after), RATING_RATED);
    double expected = 1 / (1 + pow(10, -0.5));
    near(after[0].rating, 1600 - 20 * expected, 1e-9);
    near(after[1].rating, 1400 + 40 * expected, 1e-9);
}

static void uscf_follows_the_published_formula(void **state)
{
    (void)state;
    const struct rating_policy policy = named("uscf");
    struct rating_state players[5] = {rating_seeded(&policy, 1500, 50)};
    for (int i = 1; i < 5; i++)
        players[i] = rating_seeded(&policy, 1500, 50);
    struct rating_game games[4];
    for (int i = 0; i < 4; i++)
        games[i] = won_by_first(0, i + 1);
    rate_all(&policy, players, 5, games, 4);
    double effective = 50 / sqrt(0.662 + 0.00000739 * 1069 * 1069);
    double change = 800 / (effective + 4) * 2;
    double bonus = change - 14 * 2;
    assert_true(players[0].rating == floor(1500 + change + bonus + 0.5));
    assert_true(players[0].peak == players[0].rating);
}

static void uscf_newcomers_get_the_rating_that_explains_their_score(void **state)
{
    (void)state;
    const struct rating_policy policy = named("uscf");
    struct rating_state players[3] = {rating_initial(&policy), rating_seeded(&policy, 1400, 50),
                                      rating_seeded(&policy, 1600, 50)};
    struct rating_game even[2] = {won_by_first(0, 1), won_by_first(2, 0)};
    rate_all(&policy, players, 3, even, 2);
    assert_true(players[0].rating == 1500);
    struct rating_state loser[2] = {rating_initial(&policy), rating_seeded(&policy, 1500, 50)};
    struct rating_game lost = won_by_first(1, 0);
    rate_all(&policy, loser, 2, &lost, 1);
    assert_true(loser[0].rating == 1100); /* the nearest rating that expects nothing */
}

/* A drew a rated 1500 and drew B, who played nobody else; both are new, so 1300 for a start. By
 * hand: first A = (1500 + 1300) / 2 = 1400 and B = 1300; then A = 1400, B = 1400; so in the end
 * A = (1500 + 1400) / 2 = 1450, B = 1400, and the rated one drew with a 1400. */
static void uscf_newcomers_are_worth_what_they_show(void **state)
{
    (void)state;
    const struct rating_policy policy = named("uscf");
    struct rating_state players[3] = {rating_initial(&policy), rating_initial(&policy),
                                      rating_seeded(&policy, 1500, 50)};
    struct rating_game games[2] = {{.players = {0, 2}, .winner = RATING_WINNER_NONE},
                                   {.players = {1, 0}, .winner = RATING_WINNER_NONE}};
    rate_all(&policy, players, 3, games, 2);
    assert_true(players[0].rating == 1450);
    assert_true(players[1].rating == 1400);
    double effective = 50 / sqrt(0.662 + 0.00000739 * 1069 * 1069);
    double change = 800 / (effective + 1) * (0.5 - 1 / (1 + pow(10, -100.0 / 400)));
    assert_true(players[2].rating == floor(1500 + change + 0.5));
}

static void uscf_starts_the_young_lower(void **state)
{
    (void)state;
    static const double expected[][2] = {{-1, 1300}, {0, 450},   {3, 450},  {8, 700},
                                         {19, 1250}, {20, 1300}, {70, 1300}};
    const struct rating_policy policy = named("uscf");
    const struct rating_policy elo = named("elo");
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        int age = (int)expected[i][0];
        assert_true(rating_initial_aged(&policy, age).rating == expected[i][1]);
        assert_true(rating_initial_aged(&elo, age).rating == elo.initial_rating);
    }
    /* The start counts where the score alone tells nothing certain: won all against 500. */
    struct rating_state pair[2] = {rating_initial_aged(&policy, 8),
                                   rating_seeded(&policy, 200, 50)};
    struct rating_game won = won_by_first(0, 1);
    rate_all(&policy, pair, 2, &won, 1);
    assert_true(pair[0].rating == 700);
}

static void uscf_floor_is_200_below_the_peak(void **state)
{
    (void)state;
    const struct rating_policy policy = named("uscf");
    struct rating_state players[2] = {rating_seeded(&policy, 1800, 60),
                                      rating_seeded(&policy, 1200, 60)};
    players[0].rating = 1605;
    players[0].wins = players[0].losses = 20;
    struct rating_game lost[2] = {won_by_first(1, 0), won_by_first(1, 0)};
    rate_all(&policy, players, 2, lost, 2);
    assert_true(players[0].rating == 1600);
}

static void each_refusal_has_its_reason(void **state)
{
    (void)state;
    struct rating_policy policy = named("lichess");
    const struct rating_state before[2] = {rating_initial(&policy), rating_initial(&policy)};
    struct rating_state after[2];
    struct {
        struct rating_game game;
        const char *name;
    } cases[] = {
        {{.winner = 1}, "rated"},
        {{.winner = 1, .casual = true}, "casual"},
        {{.winner = 1, .end = RATING_END_ABORTED}, "aborted"},
        {{.winner = 1, .end = RATING_END_CANCELLED}, "aborted"},
        {{.winner = 1, .end = RATING_END_NO_SHOW}, "forfeit"},
        {{.winner = 1, .turns = 1}, "short"},
        {{.winner = 1, .turns = 1, .tournament = true}, "rated"},
        {{.turns = 9}, "no_winner"},
        {{.has_scores = true, .scores = {3, 5}}, "rated"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum rating_unrated reason = rating_rate_game(&policy, before, &cases[i].game, after);
        assert_string_equal(rating_unrated_name(reason), cases[i].name);
        assert_int_equal(after[0].games, reason == RATING_RATED);
    }
    policy.bot_factor = 0;
    struct rating_game bot = {.winner = 1, .bots = {false, true}};
    assert_int_equal(rating_rate_game(&policy, before, &bot, after), RATING_UNRATED_BOT);
    policy = named("none");
    assert_int_equal(rating_rate_game(&policy, before, &bot, after), RATING_UNRATED_SYSTEM);
    policy = named("fide");
    policy.refuse_gap = 600;
    policy.refuse_above = 2600;
    const struct rating_state apart[2] = {rating_seeded(&policy, 2601, 99),
                                          rating_seeded(&policy, 2001, 99)};
    struct rating_game game = {.winner = 1};
    assert_int_equal(rating_rate_game(&policy, apart, &game, after), RATING_UNRATED_GAP);
    assert_int_equal(rating_rate_game(&policy, before, &game, after), RATING_UNRATED_LATER);
}

/* A season of random games among 40 players. */
static void random_season(struct rating_game *games, int count, uint64_t seed)
{
    struct random random;
    random_init(&random, seed);
    for (int i = 0; i < count; i++) {
        int first = (int)random_below(&random, 40);
        int second = (first + 1 + (int)random_below(&random, 39)) % 40;
        games[i] = (struct rating_game){
            .players = {first, second},
            .winner = (enum rating_winner)(1 + random_below(&random, 3)),
            .ended_at_ms = (int64_t)i * 3600000,
        };
    }
}

static void a_recompute_ends_with_the_same_bits(void **state)
{
    (void)state;
    static const char *const names[] = {"glicko2", "lichess", "woogles", "elo", "fide", "uscf"};
    struct rating_game games[500];
    for (size_t n = 0; n < COUNT_OF(names); n++) {
        const struct rating_policy policy = named(names[n]);
        struct rating_state wrong[40];
        struct rating_state right[40];
        random_season(games, 500, 7);
        for (int p = 0; p < 40; p++)
            wrong[p] = right[p] = rating_seeded(&policy, 1500 + p, p);
        rate_all(&policy, right, 40, games, 500);
        games[3].winner =
            games[3].winner == RATING_WINNER_FIRST ? RATING_WINNER_SECOND : RATING_WINNER_FIRST;
        rate_all(&policy, wrong, 40, games, 500); /* as it was first published */
        random_season(games, 500, 7);             /* the correction */
        struct rating_state again[40];
        for (int p = 0; p < 40; p++)
            again[p] = rating_seeded(&policy, 1500 + p, p);
        rate_all(&policy, again, 40, games, 500);
        bool moved = false;
        for (int p = 0; p < 40; p++) {
            uint8_t bytes[2][RATING_STATE_SIZE];
            rating_state_encode(&again[p], bytes[0]);
            rating_state_encode(&right[p], bytes[1]);
            assert_memory_equal(bytes[0], bytes[1], RATING_STATE_SIZE);
            moved = moved || wrong[p].rating != right[p].rating;
        }
        assert_true(moved);
    }
}

static void the_bits_are_those_of_every_machine(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t hash;
    } golden[] = {
        {"glicko2", 0x40a42597631dcbee},
        {"lichess", 0xbb8dffc22cfdc10a},
        {"woogles", 0xbd52631b4b5ae72a},
        {"elo", 0xe6e20bf34d2a1dbe},
    };
    struct rating_game games[500];
    random_season(games, 500, 99);
    for (size_t n = 0; n < COUNT_OF(golden); n++) {
        const struct rating_policy policy = named(golden[n].name);
        struct rating_state players[40];
        for (int p = 0; p < 40; p++)
            players[p] = rating_seeded(&policy, 1300 + 10 * p, 0);
        rate_all(&policy, players, 40, games, 500);
        uint64_t hash = HASH_START;
        for (int p = 0; p < 40; p++) {
            uint8_t bytes[RATING_STATE_SIZE];
            rating_state_encode(&players[p], bytes);
            hash = hash_bytes(hash, bytes, sizeof bytes);
        }
        if (hash != golden[n].hash)
            fail_msg("%s: 0x%016llx", golden[n].name, (unsigned long long)hash);
    }
}

static void extreme_ratings_stay_finite(void **state)
{
    (void)state;
    static const char *const names[] = {"glicko2", "lichess", "woogles", "elo", "fide", "uscf"};
    for (size_t n = 0; n < COUNT_OF(names); n++) {
        const struct rating_policy policy = named(names[n]);
        for (int winner = 1; winner <= 3; winner++) {
            struct rating_state players[2] = {rating_seeded(&policy, 1e30, 0),
                                              rating_seeded(&policy, 1e-30, 0)};
            struct rating_game game = {.players = {0, 1},
                                       .winner = (enum rating_winner)winner,
                                       .ended_at_ms = INT64_MAX / 2};
            rate_all(&policy, players, 2, &game, 1);
            for (int p = 0; p < 2; p++) {
                uint8_t bytes[RATING_STATE_SIZE];
                struct rating_state back;
                rating_state_encode(&players[p], bytes);
                assert_int_equal(rating_state_decode(bytes, sizeof bytes, &back), STATUS_OK);
                assert_memory_equal(&back.rating, &players[p].rating, sizeof back.rating);
            }
        }
    }
}

static void decoding_refuses_what_cannot_be(void **state)
{
    (void)state;
    uint8_t bytes[RATING_STATE_SIZE];
    struct rating_state player = glicko(1500, 350, .06);
    struct rating_state back;
    player.rating = NAN;
    rating_state_encode(&player, bytes);
    assert_int_equal(rating_state_decode(bytes, sizeof bytes, &back), STATUS_DATA_LOSS);
    assert_int_equal(rating_state_decode(bytes, 3, &back), STATUS_DATA_LOSS);
    player = glicko(1500, 350, .06);
    rating_state_encode(&player, bytes);
    bytes[0] = 9;
    assert_int_equal(rating_state_decode(bytes, sizeof bytes, &back), STATUS_DATA_LOSS);
}

static void a_policy_that_cannot_be_is_refused_with_its_key(void **state)
{
    (void)state;
    struct rating_policy policy = named("glicko2");
    struct fault fault = {0};
    policy.tau = NAN;
    assert_int_equal(rating_policy_check(&policy, &fault), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(fault.text, "tau"));
    policy = named("fide");
    policy.steps[3].games_below = 3;
    assert_int_equal(rating_policy_check(&policy, &fault), STATUS_INVALID_ARGUMENT);
    assert_int_equal(rating_policy_named("nonsense", &policy), STATUS_NOT_FOUND);
}

static void overtime_costs_ten_points_a_started_minute(void **state)
{
    (void)state;
    assert_int_equal(rating_time_penalty(0, 1), 0);
    assert_int_equal(rating_time_penalty(1, 1), 10);
    assert_int_equal(rating_time_penalty(60000, 1), 10);
    assert_int_equal(rating_time_penalty(60001, 5), 20);
    assert_int_equal(rating_time_penalty(999999, 1), 10);
}

static void an_unknown_player_index_is_refused(void **state)
{
    (void)state;
    const struct rating_policy policy = named("elo");
    struct rating_state players[2] = {rating_initial(&policy), rating_initial(&policy)};
    struct rating_game game = won_by_first(0, 2);
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_int_equal(rating_rate_games(&policy, players, 2, &game, 1, 0, &arena, NULL),
                     STATUS_INVALID_ARGUMENT);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_and_log_agree_with_the_library),
        cmocka_unit_test(glicko2_reproduces_the_papers_example),
        cmocka_unit_test(an_idle_period_only_widens_the_deviation),
        cmocka_unit_test(lichess_reproduces_its_published_vectors),
        cmocka_unit_test(lichess_deviation_grows_from_60_to_110_in_a_year),
        cmocka_unit_test(a_game_against_a_bot_counts_half),
        cmocka_unit_test(fide_tables_and_k_match_the_handbook),
        cmocka_unit_test(fide_expectation_is_a_staircase_of_whole_hundredths),
        cmocka_unit_test(fide_k_falls_with_games_and_peak),
        cmocka_unit_test(fide_limits_k_times_games_to_700),
        cmocka_unit_test(fide_gives_a_first_rating_after_five_games),
        cmocka_unit_test(a_first_rating_below_the_floor_is_none),
        cmocka_unit_test(elo_moves_by_k_times_the_surprise),
        cmocka_unit_test(uscf_follows_the_published_formula),
        cmocka_unit_test(uscf_newcomers_get_the_rating_that_explains_their_score),
        cmocka_unit_test(uscf_newcomers_are_worth_what_they_show),
        cmocka_unit_test(uscf_starts_the_young_lower),
        cmocka_unit_test(uscf_floor_is_200_below_the_peak),
        cmocka_unit_test(each_refusal_has_its_reason),
        cmocka_unit_test(a_recompute_ends_with_the_same_bits),
        cmocka_unit_test(the_bits_are_those_of_every_machine),
        cmocka_unit_test(extreme_ratings_stay_finite),
        cmocka_unit_test(decoding_refuses_what_cannot_be),
        cmocka_unit_test(a_policy_that_cannot_be_is_refused_with_its_key),
        cmocka_unit_test(overtime_costs_ten_points_a_started_minute),
        cmocka_unit_test(an_unknown_player_index_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
