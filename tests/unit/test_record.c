/* The tournament's record: tables, points, and the check that both sides of a game agree. */
#include "orchestrator/record/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first. */
#include <cmocka.h>

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static void play(struct record *record, int round, int first, int second, enum record_outcome one,
                 enum record_outcome two)
{
    *record_result(record, first, round) = (struct record_result){
        .opponent = second, .kind = RECORD_PLAYED, .side = RECORD_FIRST, .outcome = (uint8_t)one};
    *record_result(record, second, round) = (struct record_result){
        .opponent = first, .kind = RECORD_PLAYED, .side = RECORD_SECOND, .outcome = (uint8_t)two};
}

static void starts_blank(void **state)
{
    (void)state;
    struct record *record = record_create(&arena, 3, 2);
    assert_non_null(record);
    assert_int_equal(record->players[2].number, 3);
    assert_string_equal(record->players[0].name, "");
    assert_int_equal(record_result(record, 2, 2)->opponent, RECORD_NOBODY);
    assert_int_equal(record_points_x10(record, 1, 2), 0);
    struct fault fault = {0};
    assert_int_equal(record_check(record, &fault), STATUS_OK);
}

static void adds_points_by_the_systems_worth(void **state)
{
    (void)state;
    struct record *record = record_create(&arena, 2, 3);
    record->points.win_x10 = 30;
    play(record, 1, 0, 1, RECORD_WIN, RECORD_LOSS);
    record_result(record, 0, 2)->kind = RECORD_BYE_HALF;
    record_result(record, 1, 2)->kind = RECORD_BYE_PAIRING;
    record_result(record, 1, 3)->kind = RECORD_BYE_PAIRING;
    record_result(record, 1, 3)->points_override = true;
    record_result(record, 1, 3)->points_x10 = 7;
    assert_int_equal(record_points_x10(record, 0, 3), 35);
    assert_int_equal(record_points_x10(record, 1, 3), 17);
    assert_true(record_was_paired(record_result(record, 1, 2)));
    assert_false(record_was_paired(record_result(record, 0, 2)));
}

static void tells_of_sides_that_disagree(void **state)
{
    (void)state;
    struct record *record = record_create(&arena, 3, 1);
    struct fault fault = {0};
    play(record, 1, 0, 1, RECORD_WIN, RECORD_WIN);
    assert_int_equal(record_check(record, &fault), STATUS_OK); /* results need not be opposite */
    record_result(record, 1, 1)->side = RECORD_FIRST;
    assert_int_equal(record_check(record, &fault), STATUS_INVALID_ARGUMENT);
    assert_string_equal(fault.text, "players 1 and 2 disagree about their round 1");
    record_result(record, 1, 1)->opponent = 2;
    assert_int_equal(record_check(record, &fault), STATUS_INVALID_ARGUMENT);
}

static void keeps_virtual_points_and_forbidden_pairs(void **state)
{
    (void)state;
    struct record *record = record_create(&arena, 3, 2);
    assert_int_equal(record_virtual_x10(record, 1, 2), 0);
    assert_int_equal(record_set_virtual(record, &arena, 1, 2, 10), STATUS_OK);
    assert_int_equal(record_set_virtual(record, &arena, 1, 2, RECORD_POINTS_X10_MAX + 1),
                     STATUS_OUT_OF_RANGE);
    assert_int_equal(record_virtual_x10(record, 1, 2), 10);
    int both[] = {0, 2};
    struct record_forbidden list = {.first_round = 2, .last_round = 2, .players = both, .count = 2};
    record->forbidden = &list;
    record->forbidden_count = 1;
    assert_true(record_is_forbidden(record, 2, 0, 2));
    assert_false(record_is_forbidden(record, 2, 0, 1));
    assert_false(record_is_forbidden(record, 1, 0, 2));
}

static void refuses_past_its_limits(void **state)
{
    (void)state;
    assert_null(record_create(&arena, RECORD_PLAYERS_MAX + 1, 1));
    assert_null(record_create(&arena, 1, RECORD_ROUNDS_MAX + 1));
    assert_null(record_create(&arena, RECORD_PLAYERS_MAX, RECORD_ROUNDS_MAX)); /* arena is small */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(starts_blank, set_up, tear_down),
        cmocka_unit_test_setup_teardown(adds_points_by_the_systems_worth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_of_sides_that_disagree, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_virtual_points_and_forbidden_pairs, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refuses_past_its_limits, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
