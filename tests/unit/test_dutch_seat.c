/* What pairing knows about a player, colours, and the places where FIDE and bbpPairings differ. */
#include "orchestrator/pairing/dutch/dutch.h"
#include "orchestrator/pairing/dutch/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first. */
#include <cmocka.h>

#include <string.h>

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static void play(struct record *record, int round, int white, int black, enum record_outcome one,
                 enum record_outcome two)
{
    *record_result(record, white, round) = (struct record_result){
        .opponent = black, .kind = RECORD_PLAYED, .side = RECORD_FIRST, .outcome = (uint8_t)one};
    *record_result(record, black, round) = (struct record_result){
        .opponent = white, .kind = RECORD_PLAYED, .side = RECORD_SECOND, .outcome = (uint8_t)two};
}

static struct record *make_record(int players, int rounds)
{
    struct record *record = record_create(&arena, players, rounds + 1);
    record->rounds_total = 9;
    record->rounds_played = rounds;
    record->initial_side = RECORD_FIRST;
    return record;
}

/* Seats by player; everybody is present unless he has an entry for the round. */
static const struct dutch_seat *seat_of(const struct record *record, int player,
                                        enum dutch_compat compat)
{
    bool *present = arena_array(&arena, (size_t)record->player_count, sizeof *present);
    struct dutch_input input = {
        .record = record, .round = record->rounds_played + 1, .present = present, .compat = compat};
    int count = 0;
    dutch_present_next(record, input.round, present);
    const struct dutch_seat *seats = dutch_seats(&input, &arena, &count);
    for (int i = 0; i < count; i++)
        if (seats[i].player == player)
            return &seats[i];
    return NULL;
}

static void ranks_preferences_by_difference_and_last_games(void **state)
{
    (void)state;
    struct record *record = make_record(4, 4);
    play(record, 1, 0, 1, RECORD_WIN, RECORD_LOSS);
    const struct dutch_seat *seat = seat_of(record, 0, DUTCH_FIDE);
    assert_int_equal(seat->preference, DUTCH_BLACK);
    assert_int_equal(seat->strength, DUTCH_STRONG);
    play(record, 2, 2, 0, RECORD_DRAW, RECORD_DRAW);
    seat = seat_of(record, 0, DUTCH_FIDE);
    assert_int_equal(seat->preference, DUTCH_WHITE);
    assert_int_equal(seat->strength, DUTCH_MILD);
    play(record, 3, 3, 0, RECORD_DRAW, RECORD_DRAW);
    seat = seat_of(record, 0, DUTCH_FIDE);
    assert_int_equal(seat->strength, DUTCH_ABSOLUTE);
    assert_int_equal(seat->repeated, DUTCH_BLACK);
    /* An unplayed round is no colour: W B B stays as it is. */
    record_result(record, 0, 4)->kind = RECORD_BYE_HALF;
    assert_int_equal(seat_of(record, 0, DUTCH_FIDE)->games, 3);
    assert_int_equal(seat_of(record, 3, DUTCH_FIDE)->preference, DUTCH_BLACK);
    assert_int_equal(seat_of(record, 2, DUTCH_FIDE)->strength, DUTCH_STRONG);
}

static void judges_floats_and_byes(void **state)
{
    (void)state;
    struct record *record = make_record(6, 2);
    play(record, 1, 0, 1, RECORD_WIN, RECORD_LOSS);
    play(record, 2, 1, 0, RECORD_DRAW, RECORD_DRAW);
    record_result(record, 2, 1)->kind = RECORD_BYE_ZERO;
    record_result(record, 2, 2)->kind = RECORD_BYE_PAIRING;
    record_result(record, 3, 2)->kind = RECORD_BYE_FULL;
    record_result(record, 4, 2)->kind = RECORD_BYE_HALF;
    assert_int_equal(seat_of(record, 0, DUTCH_FIDE)->floated[0], DUTCH_DOWN);
    assert_int_equal(seat_of(record, 1, DUTCH_FIDE)->floated[0], DUTCH_UP);
    assert_int_equal(seat_of(record, 0, DUTCH_FIDE)->floated[1], DUTCH_LEVEL);
    assert_int_equal(seat_of(record, 2, DUTCH_FIDE)->floated[0], DUTCH_DOWN);
    assert_int_equal(seat_of(record, 2, DUTCH_FIDE)->floated[1], DUTCH_LEVEL);
    assert_false(seat_of(record, 2, DUTCH_FIDE)->may_get_bye);
    assert_false(seat_of(record, 3, DUTCH_FIDE)->may_get_bye);
    assert_true(seat_of(record, 4, DUTCH_FIDE)->may_get_bye);
    record->points.bye_pairing_x10 = 0; /* worth no more than a loss */
    assert_int_equal(seat_of(record, 2, DUTCH_FIDE)->floated[0], DUTCH_DOWN);
    assert_int_equal(seat_of(record, 2, DUTCH_BBP)->floated[0], DUTCH_LEVEL);
    assert_false(seat_of(record, 2, DUTCH_BBP)->may_get_bye);
}

static void numbers_late_entries_as_told(void **state)
{
    (void)state;
    struct record *record = make_record(4, 0);
    record_result(record, 0, 1)->kind = RECORD_BYE_ZERO; /* has not arrived */
    assert_int_equal(seat_of(record, 1, DUTCH_FIDE)->number, 1);
    assert_int_equal(seat_of(record, 1, DUTCH_BBP)->number, 0);
    assert_null(seat_of(record, 0, DUTCH_FIDE));
}

static void gives_colours_by_the_five_rules(void **state)
{
    (void)state;
    static const uint8_t wb[] = {DUTCH_WHITE, DUTCH_BLACK};
    static const uint8_t bw[] = {DUTCH_BLACK, DUTCH_WHITE};
    struct dutch_seat a = {.player = 0, .number = 0, .score_x10 = 10};
    struct dutch_seat b = {.player = 1, .number = 1, .score_x10 = 10};
    assert_int_equal(dutch_colour_rule_of(&a, &b), DUTCH_COLOUR_NUMBER);
    assert_true(dutch_first_has_white(&a, &b, RECORD_FIRST));
    assert_false(dutch_first_has_white(&a, &b, RECORD_SECOND));
    a.number = 1;
    assert_false(dutch_first_has_white(&a, &b, RECORD_FIRST));
    a.preference = b.preference = DUTCH_WHITE;
    a.strength = b.strength = DUTCH_MILD;
    assert_int_equal(dutch_colour_rule_of(&a, &b), DUTCH_COLOUR_HIGHER_RANK);
    assert_true(dutch_first_has_white(&a, &b, RECORD_FIRST));
    assert_false(dutch_first_has_white(&b, &a, RECORD_FIRST));
    a.colours = wb;
    b.colours = bw;
    a.colour_count = b.colour_count = 2;
    assert_int_equal(dutch_colour_rule_of(&a, &b), DUTCH_COLOUR_ALTERNATE);
    assert_true(dutch_first_has_white(&a, &b, RECORD_FIRST)); /* b had white when they differed */
    b.strength = DUTCH_STRONG;
    assert_int_equal(dutch_colour_rule_of(&a, &b), DUTCH_COLOUR_STRONGER);
    assert_false(dutch_first_has_white(&a, &b, RECORD_FIRST));
    a.strength = b.strength = DUTCH_ABSOLUTE;
    a.difference = -2;
    b.difference = -1;
    assert_true(dutch_first_has_white(&a, &b, RECORD_FIRST));
    b.preference = DUTCH_BLACK;
    assert_int_equal(dutch_colour_rule_of(&a, &b), DUTCH_COLOUR_BOTH_WISHES);
    assert_true(dutch_first_has_white(&a, &b, RECORD_FIRST));
}

static void orders_boards_by_the_scores_told(void **state)
{
    (void)state;
    struct record *record = make_record(4, 0);
    bool present[] = {true, true, true, true};
    assert_int_equal(record_set_virtual(record, &arena, 2, 1, 10), STATUS_OK);
    assert_int_equal(record_set_virtual(record, &arena, 3, 1, 10), STATUS_OK);
    struct dutch_input input = {.record = record, .round = 1, .present = present};
    struct dutch_output output = {0};
    struct buffer out = {0};
    assert_int_equal(dutch_pair(&input, &arena, &output, NULL), STATUS_OK);
    dutch_report_pairs(record, &output, &out);
    assert_string_equal(buffer_text(&out), "2\n3 4\n1 2\n");
    buffer_reset(&out);
    input.compat = DUTCH_BBP;
    assert_int_equal(dutch_pair(&input, &arena, &output, NULL), STATUS_OK);
    dutch_report_pairs(record, &output, &out);
    assert_string_equal(buffer_text(&out), "2\n1 2\n3 4\n");
    buffer_deinit(&out);
}

static void refuses_what_it_cannot_pair(void **state)
{
    (void)state;
    struct record *record = make_record(2, 0);
    bool present[] = {true, true};
    struct dutch_input input = {.record = record, .round = 3, .present = present};
    struct dutch_output output = {0};
    struct fault fault = {0};
    assert_int_equal(dutch_pair(&input, &arena, &output, &fault), STATUS_INVALID_ARGUMENT);
    assert_string_equal(fault.text, "there is no round 3 to pair");
    input.round = 1;
    record->initial_side = RECORD_SIDE_NONE;
    assert_int_equal(dutch_pair(&input, &arena, &output, &fault), STATUS_INVALID_ARGUMENT);
    record->initial_side = RECORD_FIRST;
    struct dutch_pair twice = {0, 0};
    input.insisted = &twice;
    input.insisted_count = 1;
    assert_int_equal(dutch_pair(&input, &arena, &output, &fault), STATUS_INVALID_ARGUMENT);
    input.insisted_count = 0;
    char small[2000];
    struct arena tight;
    arena_init_fixed(&tight, small, sizeof small);
    assert_int_equal(dutch_pair(&input, &tight, &output, &fault), STATUS_FULL);
    assert_null(output.pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ranks_preferences_by_difference_and_last_games, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(judges_floats_and_byes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers_late_entries_as_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_colours_by_the_five_rules, set_up, tear_down),
        cmocka_unit_test_setup_teardown(orders_boards_by_the_scores_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_it_cannot_pair, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("dutch_seat", tests, NULL, NULL);
}
