/* verify: a game as it was played passes; any other seed, draw, score or order does not. */
#include "gamesvc/rules/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "tests/unit/rules_table.h"

static struct table table;
static struct draws_seeded draws;
static struct verify_game published;
static struct rules_turn turns[TABLE_TURNS_MAX];
static uint8_t nonces[RULES_SEATS * DRAWS_NONCE_SIZE];

/* Plays a game of passes and one exchange, and publishes it. */
static int setup(void **state)
{
    (void)state;
    published = (struct verify_game){.rules = "crossword",
                                     .options = "challenge=single",
                                     .commitment_id = "g7Kp2",
                                     .has_chance = true,
                                     .seed = {1, 2, 3},
                                     .nonces = nonces};
    nonces[0] = 9;
    draws_commitment(published.seed, published.commitment_id, published.commitment);
    draws_init(&draws, published.seed, nonces);
    table_open(&table, "crossword",
               (struct rules_options){.text = published.options, .draws = draws_source(&draws)});
    const char *rack = strstr(table_view(&table, RULES_FIRST), "\"racks\":[\"") + 10;
    char exchange[] = "exchange ???";
    memcpy(exchange + 9, rack, 3);
    (void)table_play(&table, RULES_FIRST, exchange);
    for (int i = 1; i < 6; i++)
        (void)table_play(&table, (enum rules_party)(i % 2), "pass");
    assert_true(rules_result(table.game).over);
    published.turn_count = rules_turn_count(table.game);
    memcpy(turns, table.turns, sizeof turns);
    published.turns = turns;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    table_close(&table);
    return 0;
}

static char said[FAULT_TEXT_MAX];

static enum status verify(int *out_line)
{
    struct rules_result result = {0};
    struct fault fault = {0};
    enum status status = verify_game(&table.arena, &published, &result, &fault);
    if (status == STATUS_OK) {
        assert_int_equal(result.end, rules_result(table.game).end);
        assert_int_equal(result.winner, rules_result(table.game).winner);
        assert_int_equal(result.score[0], rules_result(table.game).score[0]);
    } else {
        assert_true(fault.text[0] != '\0');
    }
    *out_line = fault.line;
    memcpy(said, fault.text, sizeof said);
    return status;
}

static void a_fair_game_passes(void **state)
{
    (void)state;
    int line = 0;
    assert_int_equal(verify(&line), STATUS_OK);
}

static void another_seed_does_not_fit_the_commitment(void **state)
{
    (void)state;
    int line = -1;
    published.seed[31] ^= 1;
    assert_int_equal(verify(&line), STATUS_DATA_LOSS);
    assert_int_equal(line, 0);
    published.seed[31] ^= 1;
    published.commitment_id = "g7Kp3";
    assert_int_equal(verify(&line), STATUS_DATA_LOSS);
    assert_int_equal(line, 0);
}

static void a_seed_changed_with_its_commitment_does_not_fit_the_draws(void **state)
{
    (void)state;
    int line = 0;
    published.seed[31] ^= 1;
    draws_commitment(published.seed, published.commitment_id, published.commitment);
    assert_int_equal(verify(&line), STATUS_DATA_LOSS);
    assert_int_equal(line, 1);
}

static void other_nonces_do_not_fit_the_draws(void **state)
{
    (void)state;
    int line = 0;
    nonces[40] = 1;
    assert_int_equal(verify(&line), STATUS_DATA_LOSS);
    assert_int_equal(line, 1);
    nonces[40] = 0;
}

static void turns_cannot_be_changed_left_out_or_swapped(void **state)
{
    (void)state;
    int line = 0;
    char record[RULES_RECORD_MAX];
    memcpy(record, turns[0].record, strlen(turns[0].record) + 1);
    char *drawn = strstr(record, "DRAW 0 ") + 7;
    drawn[0] = drawn[0] == 'A' ? 'B' : 'A';
    turns[0].record = record;
    assert_int_equal(verify(&line), STATUS_DATA_LOSS);
    assert_int_equal(line, 1);
    assert_non_null(strstr(said, "recorded is 'DRAW 0 "));
    assert_non_null(strstr(said, "comes to 'DRAW 0 "));
    turns[0] = table.turns[0];
    turns[2] = table.turns[3];
    assert_int_equal(verify(&line), STATUS_DATA_LOSS);
    assert_int_equal(line, 4);
    turns[2] = table.turns[2];
    turns[2].actor = RULES_SECOND;
    assert_int_equal(verify(&line), STATUS_DATA_LOSS);
    assert_int_equal(line, 3);
}

static void unknown_rules_are_said_to_be_unknown(void **state)
{
    (void)state;
    int line = 0;
    published.rules = "tiddlywinks";
    assert_int_equal(verify(&line), STATUS_INVALID_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_fair_game_passes),
        TEST(another_seed_does_not_fit_the_commitment),
        TEST(a_seed_changed_with_its_commitment_does_not_fit_the_draws),
        TEST(other_nonces_do_not_fit_the_draws),
        TEST(turns_cannot_be_changed_left_out_or_swapped),
        TEST(unknown_rules_are_said_to_be_unknown),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
