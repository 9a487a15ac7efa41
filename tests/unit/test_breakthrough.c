/* breakthrough: move counts against an independent engine, and how a game ends. */
#include "tests/unit/rules_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"

static struct table table;

static void sit(void)
{
    table_open(&table, "breakthrough", (struct rules_options){.text = ""});
}

static struct rules_game *copy_of(const char *text)
{
    struct rules_game *game = NULL;
    struct fault fault = {0};
    enum status status =
        rules_decode(&table.arena, table.set, &table.options, text, strlen(text), &game, &fault);
    if (status != STATUS_OK)
        fail_msg("line %d: %s", fault.line, fault.text);
    return game;
}

static bool try_move(struct rules_game *game, int square, int sideways)
{
    static const int forward[] = {1, -1};
    int seat = rules_on_turn(game);
    int column = square % 8;
    int row = square / 8;
    char move[16];
    char id[16];
    (void)snprintf(move, sizeof move, "move %c%c%c%c", 'a' + column, '1' + row,
                   'a' + column + sideways, '1' + row + forward[seat]);
    (void)snprintf(id, sizeof id, "e%u", (unsigned)rules_turn_count(game));
    struct rules_event event = {id, RULES_TURN_ANY, (enum rules_party)seat, 0, move, strlen(move)};
    struct rules_outcome outcome;
    assert_int_equal(rules_apply(game, &event, &outcome), STATUS_OK);
    return outcome.verdict == RULES_ACCEPTED;
}

/* Counts the games of `depth` moves from a position. */
static unsigned perft(const char *text, int depth)
{
    unsigned count = 0;
    struct arena_mark mark = arena_mark(&table.arena);
    struct rules_game *game = copy_of(text);
    for (int i = 0; i < 64 * 3 && !rules_result(game).over; i++) {
        if (!try_move(game, i / 3, i % 3 - 1))
            continue;
        const char *next = NULL;
        assert_int_equal(rules_encode(game, &table.arena, &next), STATUS_OK);
        count += depth == 1 ? 1 : perft(next, depth - 1);
        game = copy_of(text);
    }
    arena_rewind(&table.arena, mark);
    return count;
}

/* The counts are those of Fairy-Stockfish 11.1 (`go perft N`, variant breakthrough). */
static void counts_the_moves_of_the_first_position(void **state)
{
    (void)state;
    static const unsigned expected[] = {22, 484, 11132};
    sit();
    const char *text = NULL;
    assert_int_equal(rules_encode(table.game, &table.arena, &text), STATUS_OK);
    for (int depth = 1; depth <= (int)COUNT_OF(expected); depth++)
        assert_int_equal(perft(text, depth), expected[depth - 1]);
    table_close(&table);
}

static void counts_moves_with_captures_and_ends(void **state)
{
    (void)state;
    static const unsigned expected[] = {13, 106, 1374};
    static const char position[] = "game breakthrough 1\non-turn 0\nresult 0 1 0 0 -1 0 0\n"
                                   "clock 0 0 0 0 0 0 0\nboard "
                                   ".w......w.............b.....w...."
                                   "w.b......b.........w....b......\nend\n";
    sit();
    for (int depth = 1; depth <= (int)COUNT_OF(expected); depth++)
        assert_int_equal(perft(position, depth), expected[depth - 1]);
    table_close(&table);
}

static void the_far_row_wins(void **state)
{
    (void)state;
    static const char *const moves[] = {"a2a3", "h7h6", "a3a4", "h6h5", "a4a5",
                                        "h5h4", "a5a6", "h4h3", "a6b7", "h3g2"};
    sit();
    for (size_t i = 0; i < COUNT_OF(moves); i++) {
        char move[16];
        (void)snprintf(move, sizeof move, "move %s", moves[i]);
        assert_string_equal(table_play(&table, (enum rules_party)(i % 2), move), move);
    }
    assert_string_equal(table_play(&table, RULES_FIRST, "move b7a8"), "move b7a8");
    struct rules_result result = rules_result(table.game);
    assert_int_equal(result.end, RULES_END_STANDARD);
    assert_int_equal(result.winner, RULES_FIRST);
    assert_int_equal(result.score[0], 1);
    table_close(&table);
}

static void refuses_moves_against_the_rules(void **state)
{
    (void)state;
    sit();
    assert_string_equal(table_play(&table, RULES_SECOND, "move a7a6"), "NOT_ON_TURN");
    assert_string_equal(table_play(&table, RULES_FIRST, "move a7a6"), "ILLEGAL");
    assert_string_equal(table_play(&table, RULES_FIRST, "move a2a4"), "ILLEGAL");
    assert_string_equal(table_play(&table, RULES_FIRST, "move a1b2"), "ILLEGAL");
    assert_string_equal(table_play(&table, RULES_FIRST, "move h2i3"), "MALFORMED");
    assert_string_equal(table_play(&table, RULES_FIRST, "move a2a3 b2b3"), "MALFORMED");
    assert_string_equal(table_play(&table, RULES_FIRST, "pass"), "MALFORMED");
    assert_string_equal(table_play(&table, RULES_DIRECTOR, "move a2a3"), "NOT_ALLOWED");
    table_close(&table);
}

static void a_late_move_is_a_loss_on_time(void **state)
{
    (void)state;
    table_open(&table, "breakthrough",
               (struct rules_options){
                   .text = "", .control = {TIMING_REAL_TIME, 60000, 1000, 0, 0}, .start_ms = 5000});
    table.now_ms = 65000;
    assert_string_equal(table_play(&table, RULES_FIRST, "move a2a3"), "move a2a3");
    assert_int_equal(timing_deadline_ms(rules_timing(table.game)), 65000 + 60000);
    assert_string_equal(table_play(&table, RULES_FIRST, "timeout"), "TIME_LEFT");
    table.now_ms = 125001;
    assert_string_equal(table_play(&table, RULES_SECOND, "move a7a6"), "timeout");
    assert_string_equal(table.outcome.reason, "TIME_OVER");
    assert_int_equal(rules_result(table.game).end, RULES_END_TIME);
    assert_int_equal(rules_result(table.game).winner, RULES_FIRST);
    assert_int_equal(timing_deadline_ms(rules_timing(table.game)), TIMING_NEVER);
    table_close(&table);
}

static void time_can_be_added(void **state)
{
    (void)state;
    table_open(&table, "breakthrough",
               (struct rules_options){
                   .text = "", .control = {TIMING_REAL_TIME, 60000, 0, 0, 0}, .start_ms = 0});
    table.now_ms = 30000;
    assert_string_equal(table_play(&table, RULES_CLOCK, "add-time 0 15000"), "add-time 0 15000");
    assert_int_equal(timing_deadline_ms(rules_timing(table.game)), 75000);
    table.now_ms = 75001;
    assert_string_equal(table_play(&table, RULES_CLOCK, "timeout"), "timeout");
    table_close(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_the_moves_of_the_first_position),
        cmocka_unit_test(counts_moves_with_captures_and_ends),
        cmocka_unit_test(the_far_row_wins),
        cmocka_unit_test(refuses_moves_against_the_rules),
        cmocka_unit_test(a_late_move_is_a_loss_on_time),
        cmocka_unit_test(time_can_be_added),
    };
    return cmocka_run_group_tests_name("breakthrough", tests, NULL, NULL);
}
