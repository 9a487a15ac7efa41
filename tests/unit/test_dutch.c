/*
 * The Dutch system against itself and against the letter of the rules: thousands of random states
 * of up to ten players must be paired as literal.c pairs them, larger ones alike in both ways.
 *
 * `test_dutch SEED COUNT` tries other states than the usual ones.
 */
#include "base/random.h"
#include "dutch/literal.h"
#include "orchestrator/pairing/dutch/dutch.h"
#include "orchestrator/pairing/dutch/explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first. */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

static uint64_t seed_from = 20260201;
static uint64_t state_count = 4000;

struct wishes {
    int players;
    int rounds; /* behind them */
    int drawn;  /* per cent; likewise the others */
    int forfeited;
    int absent;
    int late;
    int forbidden;
    int accelerated;
    int random_pairs; /* rounds paired at random instead of by the rules */
    bool last;        /* the round to pair is the last one */
    bool football;    /* 3 points for a win */
};

static bool chance(struct random *random, int per_cent)
{
    return random_below(random, 100) < (uint64_t)per_cent;
}

static struct wishes make_wishes(struct random *random, int players_max)
{
    struct wishes wishes = {
        .players = 2 + (int)random_below(random, (uint64_t)players_max - 1),
        .drawn = (int)random_below(random, 100),
        .forfeited = chance(random, 40) ? 12 : 0,
        .absent = chance(random, 40) ? 15 : 0,
        .late = chance(random, 20) ? 20 : 0,
        .forbidden = chance(random, 30) ? 8 : 0,
        .accelerated = chance(random, 20) ? 40 : 0,
        .random_pairs = chance(random, 50) ? 60 : 0,
        .last = chance(random, 40),
        .football = chance(random, 15),
    };
    int most = wishes.players < 9 ? wishes.players : 9;
    wishes.rounds = (int)random_below(random, (uint64_t)most);
    return wishes;
}

/* ---- making a past ----------------------------------------------------------------------- */

static void set_game(struct record *record, int round, int white, int black,
                     const struct wishes *wishes, struct random *random)
{
    bool forfeited = chance(random, wishes->forfeited);
    enum record_outcome first = RECORD_DRAW;
    enum record_outcome second = RECORD_DRAW;
    if (forfeited || !chance(random, wishes->drawn)) {
        bool white_wins = chance(random, 50);
        first = white_wins ? RECORD_WIN : RECORD_LOSS;
        second = white_wins ? RECORD_LOSS : RECORD_WIN;
    }
    struct record_result game = {.kind = forfeited ? RECORD_FORFEIT : RECORD_PLAYED};
    game.opponent = black;
    game.side = RECORD_FIRST;
    game.outcome = (uint8_t)first;
    *record_result(record, white, round) = game;
    game.opponent = white;
    game.side = RECORD_SECOND;
    game.outcome = (uint8_t)second;
    *record_result(record, black, round) = game;
}

static void pair_at_random(struct record *record, int round, const bool *present,
                           const struct wishes *wishes, struct random *random)
{
    int open = RECORD_NOBODY;
    int start = (int)random_below(random, (uint64_t)record->player_count);
    for (int k = 0, at = start; k < record->player_count;
         k++, at = (at + 1) % record->player_count) {
        if (!present[at])
            continue;
        if (open == RECORD_NOBODY) {
            open = at;
            continue;
        }
        bool swap = chance(random, 50);
        set_game(record, round, swap ? at : open, swap ? open : at, wishes, random);
        open = RECORD_NOBODY;
    }
    if (open != RECORD_NOBODY)
        record_result(record, open, round)->kind = RECORD_BYE_PAIRING;
}

static void pair_by_rules(struct record *record, int round, const bool *present,
                          const struct wishes *wishes, struct random *random, struct arena *arena)
{
    struct dutch_input input = {
        .record = record, .round = round, .present = present, .compat = DUTCH_BBP};
    struct dutch_output output = {0};
    assert_int_equal(dutch_pair(&input, arena, &output, NULL), STATUS_OK);
    if (!output.possible) {
        pair_at_random(record, round, present, wishes, random);
        return;
    }
    for (int i = 0; i < output.pair_count; i++) {
        struct dutch_pair pair = output.pairs[i];
        if (pair.second == RECORD_NOBODY)
            record_result(record, pair.first, round)->kind = RECORD_BYE_PAIRING;
        else
            set_game(record, round, pair.first, pair.second, wishes, random);
    }
}

static void play_round(struct record *record, int round, const struct wishes *wishes,
                       struct random *random, struct arena *arena)
{
    static const enum record_kind away[] = {RECORD_BYE_HALF, RECORD_BYE_ZERO, RECORD_BYE_FULL};
    bool *present = arena_array(arena, (size_t)record->player_count, sizeof *present);
    for (int i = 0; i < record->player_count; i++) {
        bool late = record->players[i].entry_round > round;
        present[i] = !late && !chance(random, wishes->absent);
        if (!present[i])
            record_result(record, i, round)->kind =
                late ? RECORD_ABSENT : (uint8_t)away[random_below(random, 3)];
    }
    if (chance(random, wishes->random_pairs))
        pair_at_random(record, round, present, wishes, random);
    else
        pair_by_rules(record, round, present, wishes, random, arena);
    record->rounds_played = round;
}

static void forbid_some(struct record *record, const struct wishes *wishes, struct random *random,
                        struct arena *arena)
{
    int room = record->player_count * record->player_count;
    record->forbidden = arena_array(arena, (size_t)room, sizeof *record->forbidden);
    for (int a = 0; a < record->player_count; a++)
        for (int b = 0; b < a; b++) {
            if (!chance(random, wishes->forbidden))
                continue;
            struct record_forbidden *pair = &record->forbidden[record->forbidden_count++];
            pair->players = arena_array(arena, 2, sizeof *pair->players);
            pair->players[0] = a;
            pair->players[1] = b;
            pair->count = 2;
            pair->first_round = 1;
            pair->last_round = 99;
        }
}

static struct record *make_record(const struct wishes *wishes, struct random *random,
                                  struct arena *arena)
{
    struct record *record = record_create(arena, wishes->players, wishes->rounds + 1);
    record->initial_side = chance(random, 50) ? RECORD_FIRST : RECORD_SECOND;
    record->rounds_total = wishes->rounds + (wishes->last ? 1 : 3);
    if (wishes->football) {
        record->points.win_x10 = record->points.bye_pairing_x10 = 30;
        record->points.forfeit_win_x10 = record->points.bye_full_x10 = 30;
        record->points.draw_x10 = record->points.bye_half_x10 = 10;
    }
    for (int i = 0; i < wishes->players; i++) {
        if (chance(random, wishes->late))
            record->players[i].entry_round = 2 + (int)random_below(random, 3);
        for (int round = 1; round <= wishes->rounds + 1; round++)
            if (chance(random, wishes->accelerated))
                assert_int_equal(record_set_virtual(record, arena, i, round, 10), STATUS_OK);
    }
    forbid_some(record, wishes, random, arena);
    for (int round = 1; round <= wishes->rounds; round++)
        play_round(record, round, wishes, random, arena);
    return record;
}

static struct dutch_input make_input(const struct record *record, struct random *random,
                                     struct arena *arena)
{
    bool *present = arena_array(arena, (size_t)record->player_count, sizeof *present);
    for (int i = 0; i < record->player_count; i++)
        present[i] = !chance(random, 5);
    return (struct dutch_input){.record = record,
                                .round = record->rounds_played + 1,
                                .present = present,
                                .prove = true,
                                .compat = DUTCH_BBP};
}

/* ---- comparisons ------------------------------------------------------------------------- */

static void check_against_letter(const struct dutch_input *input, struct arena *arena,
                                 uint64_t seed)
{
    struct dutch_output output = {0};
    assert_int_equal(dutch_pair(input, arena, &output, NULL), STATUS_OK);
    struct literal_result literal =
        literal_pair(input->record, input->round, output.seats, output.seat_count);
    int *partner = arena_array(arena, (size_t)input->record->player_count + 1, sizeof *partner);
    for (int i = 0; i < output.pair_count; i++) {
        struct dutch_pair pair = output.pairs[i];
        partner[pair.first] = pair.second == RECORD_NOBODY ? pair.first : pair.second;
        if (pair.second != RECORD_NOBODY)
            partner[pair.second] = pair.first;
    }
    bool same = output.possible == literal.possible;
    for (int i = 0; same && output.possible && i < output.seat_count; i++)
        same = partner[output.seats[i].player] == output.seats[literal.partner[i]].player;
    if (!same)
        print_error("seed %llu: %d players, round %d: not as the rules say\n",
                    (unsigned long long)seed, output.seat_count, input->round);
    assert_true(same);
}

static void pairs_small_fields_by_the_letter(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, (size_t)256 << 20);
    print_message("seeds %llu to %llu\n", (unsigned long long)seed_from,
                  (unsigned long long)(seed_from + state_count - 1));
    for (uint64_t seed = seed_from; seed < seed_from + state_count; seed++) {
        struct random random;
        random_init(&random, seed);
        arena_reset(&arena);
        struct wishes wishes = make_wishes(&random, chance(&random, 30) ? 10 : 8);
        struct record *record = make_record(&wishes, &random, &arena);
        struct dutch_input input = make_input(record, &random, &arena);
        check_against_letter(&input, &arena, seed);
    }
    arena_deinit(&arena);
}

/* `seen` counts brackets by the way they were settled. */
static void check_both_ways(struct dutch_input *input, struct arena *arena, uint64_t seed,
                            int seen[])
{
    struct dutch_output fast = {0};
    struct dutch_output whole = {0};
    input->method = DUTCH_FAST;
    assert_int_equal(dutch_pair(input, arena, &fast, NULL), STATUS_OK);
    input->method = DUTCH_WHOLE;
    assert_int_equal(dutch_pair(input, arena, &whole, NULL), STATUS_OK);
    bool same = fast.possible == whole.possible && fast.pair_count == whole.pair_count;
    for (int i = 0; same && i < fast.pair_count; i++)
        same = fast.pairs[i].first == whole.pairs[i].first &&
               fast.pairs[i].second == whole.pairs[i].second;
    assert_int_equal(fast.proved && whole.proved, fast.possible);
    if (!same)
        print_error("seed %llu: the two ways differ\n", (unsigned long long)seed);
    assert_true(same);
    for (int i = 0; i < fast.bracket_count; i++)
        seen[fast.brackets[i].proof]++;
}

static void both_ways_agree_on_larger_fields(void **state)
{
    (void)state;
    struct arena arena;
    int seen[DUTCH_PROOF_WHOLE + 1] = {0};
    arena_init(&arena, (size_t)1 << 30);
    for (uint64_t seed = seed_from; seed < seed_from + state_count / 10; seed++) {
        struct random random;
        random_init_stream(&random, seed, "larger", 0);
        arena_reset(&arena);
        struct wishes wishes = make_wishes(&random, 70);
        struct record *record = make_record(&wishes, &random, &arena);
        struct dutch_input input = make_input(record, &random, &arena);
        check_both_ways(&input, &arena, seed, seen);
    }
    assert_true(seen[DUTCH_PROOF_ALONE] > 0 && seen[DUTCH_PROOF_AHEAD] > 0 &&
                seen[DUTCH_PROOF_WHOLE] > 0);
    arena_deinit(&arena);
}

/* ---- explanations ------------------------------------------------------------------------ */

static int compare_values(const struct dutch_value *a, const struct dutch_value *b)
{
    for (int i = 0; i < a->count && i < b->count; i++)
        if (a->items[i] != b->items[i])
            return a->items[i] < b->items[i] ? -1 : 1;
    return a->count - b->count;
}

/* Whatever pair is wished for: if it is possible, the first criterion that differs is worse. */
static void check_wish(const struct dutch_input *input, const struct dutch_output *output, int one,
                       int other, struct arena *arena, uint64_t seed)
{
    struct dutch_why why = {0};
    int round = 0;
    assert_int_equal(dutch_why_not(input, output, one, other, arena, &why), STATUS_OK);
    bool obstacle =
        dutch_obstacle_between(input, output, one, other, &round) != DUTCH_OBSTACLE_NONE;
    if (why.kind != DUTCH_WHY_PAIRED)
        assert_int_equal(why.kind == DUTCH_WHY_OBSTACLE, obstacle);
    if (why.kind != DUTCH_WHY_CRITERION || why.criterion == DUTCH_ORDER)
        return;
    int order = compare_values(&why.as_paired, &why.as_wished);
    if (order >= 0)
        print_error("seed %llu: %d-%d would have been better by %s\n", (unsigned long long)seed,
                    one + 1, other + 1, dutch_criterion_name(why.criterion));
    assert_true(order < 0);
}

static void no_wish_is_better_than_what_was_paired(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, (size_t)1 << 30);
    for (uint64_t seed = seed_from; seed < seed_from + state_count / 10; seed++) {
        struct random random;
        struct dutch_output output = {0};
        random_init_stream(&random, seed, "wishes", 0);
        arena_reset(&arena);
        struct wishes wishes = make_wishes(&random, 14);
        struct record *record = make_record(&wishes, &random, &arena);
        struct dutch_input input = make_input(record, &random, &arena);
        assert_int_equal(dutch_pair(&input, &arena, &output, NULL), STATUS_OK);
        for (int a = 0; output.possible && a < record->player_count; a++)
            for (int b = RECORD_NOBODY; b < a; b++) {
                struct arena_mark mark = arena_mark(&arena);
                check_wish(&input, &output, a, b, &arena, seed);
                arena_rewind(&arena, mark);
            }
    }
    arena_deinit(&arena);
}

/* Fewest pairs (or byes) against the rules with which those in `left` can be paired. */
static int fewest_against_rules(const struct dutch_input *input, const struct dutch_output *output,
                                unsigned left)
{
    if (left == 0)
        return 0;
    int seat = 0;
    int best = 99;
    int round = 0;
    while (((left >> seat) & 1) == 0)
        seat++;
    unsigned rest = left & ~(1u << seat);
    int one = output->seats[seat].player;
    for (int i = seat + 1; i < output->seat_count; i++) {
        if (((rest >> i) & 1) == 0)
            continue;
        int cost = dutch_obstacle_between(input, output, one, output->seats[i].player, &round) !=
                   DUTCH_OBSTACLE_NONE;
        int total = cost + fewest_against_rules(input, output, rest & ~(1u << i));
        best = total < best ? total : best;
    }
    int members = 0;
    for (unsigned mask = left; mask != 0; mask &= mask - 1)
        members++;
    if (members % 2 == 0)
        return best;
    int total = !output->seats[seat].may_get_bye + fewest_against_rules(input, output, rest);
    return total < best ? total : best;
}

static void names_the_fewest_rules_to_relax(void **state)
{
    (void)state;
    struct arena arena;
    int impossible = 0;
    arena_init(&arena, (size_t)256 << 20);
    for (uint64_t seed = seed_from; seed < seed_from + state_count; seed++) {
        struct random random;
        struct dutch_output output = {0};
        random_init_stream(&random, seed, "relax", 0);
        arena_reset(&arena);
        struct wishes wishes = make_wishes(&random, 8);
        wishes.forbidden += 25;
        struct record *record = make_record(&wishes, &random, &arena);
        struct dutch_input input = make_input(record, &random, &arena);
        assert_int_equal(dutch_pair(&input, &arena, &output, NULL), STATUS_OK);
        if (output.possible)
            continue;
        impossible++;
        assert_int_equal(output.relax_count,
                         fewest_against_rules(&input, &output, (1u << output.seat_count) - 1));
        /* Allowed, they do make a pairing possible. */
        input.insisted = output.relax;
        input.insisted_count = output.relax_count;
        struct dutch_output relaxed = {0};
        assert_int_equal(dutch_pair(&input, &arena, &relaxed, NULL), STATUS_OK);
        assert_true(relaxed.possible);
    }
    assert_true(impossible > 0);
    arena_deinit(&arena);
}

/* Memory may run out anywhere; then the call says so, and with enough it answers as always. */
static void says_so_where_memory_runs_out(void **state)
{
    (void)state;
    enum { SIZE_MAX_TRIED = 600000, STEP = 1777 };
    struct arena arena;
    struct random random;
    struct dutch_output enough = {0};
    random_init(&random, seed_from);
    arena_init(&arena, (size_t)256 << 20);
    struct wishes wishes = {.players = 15, .rounds = 5, .drawn = 40, .absent = 10};
    struct record *record = make_record(&wishes, &random, &arena);
    struct dutch_input input = make_input(record, &random, &arena);
    assert_int_equal(dutch_pair(&input, &arena, &enough, NULL), STATUS_OK);
    char *memory = malloc(SIZE_MAX_TRIED);
    assert_non_null(memory);
    enum status status = STATUS_FULL;
    for (size_t size = 0; size < SIZE_MAX_TRIED; size += STEP) {
        struct arena tight;
        struct dutch_output output = {0};
        arena_init_fixed(&tight, memory, size);
        status = dutch_pair(&input, &tight, &output, NULL);
        assert_true(status == STATUS_OK || status == STATUS_FULL);
        if (status == STATUS_OK)
            assert_memory_equal(output.pairs, enough.pairs,
                                (size_t)enough.pair_count * sizeof *enough.pairs);
    }
    assert_int_equal(status, STATUS_OK);
    free(memory);
    arena_deinit(&arena);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        seed_from = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        state_count = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_small_fields_by_the_letter),
        cmocka_unit_test(both_ways_agree_on_larger_fields),
        cmocka_unit_test(no_wish_is_better_than_what_was_paired),
        cmocka_unit_test(names_the_fewest_rules_to_relax),
        cmocka_unit_test(says_so_where_memory_runs_out),
    };
    return cmocka_run_group_tests_name("dutch", tests, NULL, NULL);
}
