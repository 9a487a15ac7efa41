/* draws: the published test vectors, independence, and fairness over many draws. */
#include "gamesvc/rules/draws.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"

static const uint8_t english[27] = {2, 9, 2, 2, 4, 12, 2, 3, 2, 9, 1, 1, 4, 2,
                                    6, 8, 2, 1, 6, 4,  6, 4, 2, 2, 1, 2, 1};

static void fill_seed(uint8_t seed[DRAWS_SEED_SIZE])
{
    for (int i = 0; i < DRAWS_SEED_SIZE; i++)
        seed[i] = (uint8_t)i;
}

static void draws_what_the_vectors_say(void **state)
{
    (void)state;
    static const char *const expected[] = {"ENRUTNB", "RATKRAF", "NEVOD",  "IRAGCTI",
                                           "IME",     "SUZA",    "OILUACR"};
    uint8_t seed[DRAWS_SEED_SIZE];
    uint8_t bag[27];
    struct draws_seeded draws;
    fill_seed(seed);
    memcpy(bag, english, sizeof bag);
    draws_init(&draws, seed, NULL);
    for (uint64_t number = 0; number < COUNT_OF(expected); number++) {
        uint8_t kinds[DRAWS_COUNT_MAX];
        char text[DRAWS_COUNT_MAX + 1] = {0};
        size_t count = strlen(expected[number]);
        draws_draw(&draws, number, bag, sizeof bag, count, kinds);
        for (size_t i = 0; i < count; i++) {
            text[i] = kinds[i] == 0 ? '?' : (char)('A' + kinds[i] - 1);
            bag[kinds[i]]--;
        }
        assert_string_equal(text, expected[number]);
    }
}

static void commits_to_game_and_seed(void **state)
{
    (void)state;
    uint8_t seed[DRAWS_SEED_SIZE];
    uint8_t commitment[DRAWS_COMMITMENT_SIZE];
    char hex[2 * DRAWS_COMMITMENT_SIZE + 1];
    fill_seed(seed);
    draws_commitment(seed, "game-0001", commitment);
    for (size_t i = 0; i < sizeof commitment; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", commitment[i]);
    assert_string_equal(hex, "677a1c44964db8ce2c61776f0115d1dc40138dc23b51ad335844014dcfd54989");
    uint8_t other[DRAWS_COMMITMENT_SIZE];
    draws_commitment(seed, "game-0002", other);
    assert_memory_not_equal(commitment, other, sizeof other);
}

static void nonces_of_both_players_change_the_draws(void **state)
{
    (void)state;
    uint8_t seed[DRAWS_SEED_SIZE];
    uint8_t plain[7];
    uint8_t mixed[7];
    struct draws_seeded draws;
    uint8_t nonces[RULES_SEATS * DRAWS_NONCE_SIZE] = {1, 2, 3};
    fill_seed(seed);
    draws_init(&draws, seed, NULL);
    draws_draw(&draws, 0, english, sizeof english, 7, plain);
    draws_init(&draws, seed, nonces);
    draws_draw(&draws, 0, english, sizeof english, 7, mixed);
    assert_memory_not_equal(plain, mixed, sizeof plain);
}

static void empties_a_bag_exactly(void **state)
{
    (void)state;
    uint8_t seed[DRAWS_SEED_SIZE];
    uint8_t bag[27] = {1, 0, 3, 0, 2};
    uint8_t kinds[6];
    struct draws_seeded draws;
    fill_seed(seed);
    draws_init(&draws, seed, NULL);
    for (uint64_t number = 0; number < 1000; number++) {
        uint8_t left[27];
        memcpy(left, bag, sizeof left);
        draws_draw(&draws, number, bag, sizeof bag, COUNT_OF(kinds), kinds);
        for (size_t i = 0; i < COUNT_OF(kinds); i++)
            assert_true(left[kinds[i]]-- > 0);
    }
}

/* 100,000 first tiles: each kind's count within five standard deviations of its share. */
static void every_tile_is_as_likely_as_any_other(void **state)
{
    (void)state;
    enum { ROUNDS = 100000 };
    uint8_t seed[DRAWS_SEED_SIZE];
    int counts[27] = {0};
    struct draws_seeded draws;
    fill_seed(seed);
    draws_init(&draws, seed, NULL);
    for (uint64_t number = 0; number < ROUNDS; number++) {
        uint8_t kind;
        draws_draw(&draws, number, english, sizeof english, 1, &kind);
        counts[kind]++;
    }
    for (int kind = 0; kind < 27; kind++) {
        double share = english[kind] / 100.0;
        double miss = counts[kind] - ROUNDS * share;
        assert_true(miss * miss < 25 * ROUNDS * share * (1 - share));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_what_the_vectors_say),
        cmocka_unit_test(commits_to_game_and_seed),
        cmocka_unit_test(nonces_of_both_players_change_the_draws),
        cmocka_unit_test(empties_a_bag_exactly),
        cmocka_unit_test(every_tile_is_as_likely_as_any_other),
    };
    return cmocka_run_group_tests_name("draws", tests, NULL, NULL);
}
