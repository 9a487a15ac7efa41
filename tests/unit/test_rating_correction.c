/* Recomputing forward after a correction ends with the bits that would have been there had the
 * result been right from the start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "orchestrator/rating_correction.h"

enum { PLAYERS = 12, GAMES = 300, BYTES = 16 << 20 };

static const char *const policies[] = {"glicko2", "elo", "woogles", "lichess"};

/* A pool as it was played: who met whom, when, and with what result. */
struct meeting {
    char id[16];
    int first;
    int second;
    int winner; /* 0 first, 1 second, 2 nobody */
    int32_t scores[2];
    int64_t at_ms;
};

struct pool {
    struct arena arena;
    struct rating_policy policy;
    struct meeting meetings[GAMES];
    struct rating_state states[PLAYERS];
    int versions[PLAYERS];
    Arbiter__V1__RatedRow *rows[2 * GAMES];
    size_t row_count;
};

static const char *const names[PLAYERS] = {"ann", "bob", "cat", "dan", "eve", "fay",
                                           "gus", "hal", "ida", "jon", "kim", "lea"};

static void draw_meetings(struct pool *pool, uint64_t seed)
{
    struct random random;
    random_init(&random, seed);
    for (int i = 0; i < GAMES; i++) {
        struct meeting *meeting = &pool->meetings[i];
        meeting->first = (int)random_below(&random, PLAYERS);
        meeting->second = (int)random_below(&random, PLAYERS - 1);
        meeting->second += meeting->second >= meeting->first;
        meeting->winner = (int)random_below(&random, 3);
        meeting->scores[0] = meeting->winner == 0 ? 420 : 380;
        meeting->scores[1] = meeting->winner == 1 ? 420 : 380;
        /* Several at the same time, so that the clock alone does not order them. */
        meeting->at_ms = 1000000 + i / 4 * 60000;
        (void)snprintf(meeting->id, sizeof meeting->id, "g%04d", i); /* fits */
    }
}

static char *copy_text(struct pool *pool, const char *text)
{
    char *copy = arena_copy(&pool->arena, text, strlen(text));
    assert_non_null(copy);
    return copy;
}

static void add_row(struct pool *pool, const struct meeting *meeting, int player,
                    const struct rating_state *before, double rating)
{
    char text[RATING_STATE_TEXT_SIZE];
    Arbiter__V1__RatedRow *row = arena_alloc(&pool->arena, sizeof *row);
    assert_non_null(row);
    arbiter__v1__rated_row__init(row);
    rating_state_write(before, text);
    row->player_id = (char *)names[player];
    row->pool = "club";
    row->version = ++pool->versions[player];
    row->game_id = (char *)meeting->id;
    row->rated_at_ms = meeting->at_ms;
    row->rating = rating;
    row->state_before = copy_text(pool, text);
    row->first = (char *)names[meeting->first];
    row->second = (char *)names[meeting->second];
    row->winner = (char *)(meeting->winner == 2
                               ? ""
                               : names[meeting->winner == 0 ? meeting->first : meeting->second]);
    row->first_score = meeting->scores[0];
    row->second_score = meeting->scores[1];
    row->reason = "played";
    pool->rows[pool->row_count++] = row;
}

/* Rates all meetings in order; the rows from number `since` on are what the store would list. */
static void play(struct pool *pool, const char *policy, int since)
{
    arena_init(&pool->arena, BYTES);
    assert_int_equal(rating_policy_named(policy, &pool->policy), STATUS_OK);
    pool->row_count = 0;
    for (int i = 0; i < PLAYERS; i++) {
        pool->states[i] = rating_initial(&pool->policy);
        pool->versions[i] = 0;
    }
    for (int i = 0; i < GAMES; i++) {
        const struct meeting *meeting = &pool->meetings[i];
        struct rating_game game = {
            .has_scores = true,
            .scores = {meeting->scores[0], meeting->scores[1]},
            .winner = meeting->winner == 0   ? RATING_WINNER_FIRST
                      : meeting->winner == 1 ? RATING_WINNER_SECOND
                                             : RATING_WINNER_NONE,
            .ended_at_ms = meeting->at_ms,
        };
        int seats[2] = {meeting->first, meeting->second};
        struct rating_state before[2] = {pool->states[seats[0]], pool->states[seats[1]]};
        struct rating_state after[2];
        assert_int_equal(rating_rate_game(&pool->policy, before, &game, after), RATING_RATED);
        for (int side = 0; side < 2; side++) {
            pool->states[seats[side]] = after[side];
            if (i >= since)
                add_row(pool, meeting, seats[side], &before[side], after[side].rating);
            else
                pool->versions[seats[side]]++;
        }
    }
}

static void assert_same_bits(const struct rating_state *one, const struct rating_state *other)
{
    uint8_t bytes[2][RATING_STATE_SIZE];
    rating_state_encode(one, bytes[0]);
    rating_state_encode(other, bytes[1]);
    assert_memory_equal(bytes[0], bytes[1], RATING_STATE_SIZE);
}

/* The store lists by time; of one time in no order that means anything. */
static void shuffle_rows(struct pool *pool, uint64_t seed)
{
    struct random random;
    random_init(&random, seed);
    for (size_t i = pool->row_count; i > 1; i--) {
        size_t other = random_below(&random, i);
        Arbiter__V1__RatedRow *row = pool->rows[i - 1];
        pool->rows[i - 1] = pool->rows[other];
        pool->rows[other] = row;
    }
}

static void correct_one(const char *policy, int amended, uint64_t seed)
{
    static struct pool wrong, right;
    struct rating_correction correction;
    struct fault fault = {0};
    draw_meetings(&wrong, seed);
    memcpy(right.meetings, wrong.meetings, sizeof right.meetings);
    struct meeting *meeting = &right.meetings[amended];
    meeting->winner = (meeting->winner + 1) % 3;
    meeting->scores[0] = meeting->winner == 0 ? 500 : 300;
    meeting->scores[1] = meeting->winner == 1 ? 500 : 300;
    play(&wrong, policy, amended);
    play(&right, policy, 0);
    shuffle_rows(&wrong, seed + 1);
    struct rating_verdict verdict = {
        .game_id = meeting->id,
        .winner = meeting->winner == 2
                      ? ""
                      : names[meeting->winner == 0 ? meeting->first : meeting->second],
        .scores = {meeting->scores[0], meeting->scores[1]},
    };
    assert_int_equal(rating_correct(&wrong.arena, &wrong.policy, wrong.rows, wrong.row_count,
                                    &verdict, &correction, &fault),
                     STATUS_OK);
    assert_in_range(correction.player_count, 2, PLAYERS);
    for (int i = 0; i < PLAYERS; i++) {
        const struct rating_state *now = &wrong.states[i];
        for (size_t p = 0; p < correction.player_count; p++)
            if (strcmp(correction.players[p].player, names[i]) == 0) {
                now = &correction.players[p].state;
                assert_int_equal(correction.players[p].version, wrong.versions[i]);
            }
        assert_same_bits(now, &right.states[i]);
    }
    arena_deinit(&wrong.arena);
    arena_deinit(&right.arena);
}

static void recomputing_forward_gives_the_bits_of_the_right_result(void **state)
{
    (void)state;
    print_message("seeds 1 to 20\n");
    for (size_t p = 0; p < COUNT_OF(policies); p++)
        for (uint64_t seed = 1; seed <= 20; seed++)
            correct_one(policies[p], (int)(seed * 14) % GAMES, seed);
}

static void the_last_game_touches_its_players_only(void **state)
{
    (void)state;
    static struct pool pool;
    struct rating_correction correction;
    struct fault fault = {0};
    draw_meetings(&pool, 7);
    play(&pool, "glicko2", GAMES - 1);
    struct rating_verdict verdict = {.game_id = pool.meetings[GAMES - 1].id, .winner = ""};
    assert_int_equal(rating_correct(&pool.arena, &pool.policy, pool.rows, pool.row_count, &verdict,
                                    &correction, &fault),
                     STATUS_OK);
    assert_int_equal(correction.player_count, 2);
    assert_int_equal(correction.revision_count, 2);
    arena_deinit(&pool.arena);
}

static void too_many_rows_and_torn_states_are_refused(void **state)
{
    (void)state;
    static struct pool pool;
    struct rating_correction correction;
    struct fault fault = {0};
    draw_meetings(&pool, 7);
    play(&pool, "glicko2", 290);
    struct rating_verdict verdict = {.game_id = pool.meetings[290].id, .winner = ""};
    for (size_t i = 0; i < pool.row_count; i++)
        pool.rows[i]->state_before = "0123";
    assert_int_equal(rating_correct(&pool.arena, &pool.policy, pool.rows, pool.row_count, &verdict,
                                    &correction, &fault),
                     STATUS_DATA_LOSS);
    assert_int_equal(rating_correct(&pool.arena, &pool.policy, pool.rows,
                                    RATING_CORRECTION_ROWS_MAX + 1, &verdict, &correction, &fault),
                     STATUS_INVALID_ARGUMENT);
    arena_deinit(&pool.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recomputing_forward_gives_the_bits_of_the_right_result),
        cmocka_unit_test(the_last_game_touches_its_players_only),
        cmocka_unit_test(too_many_rows_and_torn_states_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
