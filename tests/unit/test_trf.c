/* TRF files: what is read from them, where they are refused, and that writing loses nothing. */
#include "orchestrator/record/trf.h"

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
    arena_init(&arena, (size_t)64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

#define HEAD "012 Spring Open\rXXR 5\rXXC white1\r"
#define ALPHA "001    1 m GM Núñez, Ana                        2400 FID        1001 1990/01/01  "
#define BRAVO "001    2 w    Bravo                             2300 FID        1002 1991/02/03  "
#define CHARLIE "001    3      Charlie                                                            "

static struct record *read_text(const char *text, enum trf_purpose purpose)
{
    struct record *record = NULL;
    struct fault fault = {0};
    enum status status = trf_read(text, strlen(text), purpose, &arena, &record, &fault);
    if (status != STATUS_OK)
        print_error("line %d, column %d: %s\n", fault.line, fault.column, fault.text);
    assert_int_equal(status, STATUS_OK);
    return record;
}

static void assert_refused(const char *text, enum trf_purpose purpose, int line, int column,
                           const char *sentence)
{
    struct record *record = NULL;
    struct fault fault = {0};
    assert_int_not_equal(trf_read(text, strlen(text), purpose, &arena, &record, &fault), STATUS_OK);
    assert_null(record);
    assert_string_equal(fault.text, sentence);
    assert_int_equal(fault.line, line);
    assert_int_equal(fault.column, column);
}

static void reads_players_rounds_and_settings(void **state)
{
    (void)state;
    struct record *record =
        read_text(HEAD ALPHA "1.0    1     2 w 1\r" BRAVO "0.0    3     1 b 0\r" CHARLIE
                             "1.0    2  0000 - U  0000 - H\r",
                  TRF_TO_READ);
    assert_string_equal(record->event.name, "Spring Open");
    assert_int_equal(record->rounds_total, 5);
    assert_int_equal(record->initial_side, RECORD_FIRST);
    assert_int_equal(record->player_count, 3);
    assert_int_equal(record->rounds_played, 1);
    assert_string_equal(record->players[0].name, "Núñez, Ana");
    assert_string_equal(record->players[0].title, "GM");
    assert_int_equal(record->players[0].rating, 2400);
    assert_string_equal(record->players[1].birth, "1991/02/03");
    assert_int_equal(record->players[1].sex, 'w');
    const struct record_result *result = record_result(record, 1, 1);
    assert_int_equal(result->kind, RECORD_PLAYED);
    assert_int_equal(result->opponent, 0);
    assert_int_equal(result->side, RECORD_SECOND);
    assert_int_equal(record_result(record, 2, 1)->kind, RECORD_BYE_PAIRING);
    assert_int_equal(record_result(record, 2, 2)->kind, RECORD_BYE_HALF);
    assert_int_equal(record_result(record, 0, 2)->kind, RECORD_NONE);
}

static void takes_any_line_end(void **state)
{
    (void)state;
    struct record *record = read_text("XXR 3\r\n\r\n152 B\n" CHARLIE "0.0\r", TRF_TO_READ);
    assert_int_equal(record->rounds_total, 3);
    assert_int_equal(record->initial_side, RECORD_SECOND);
    assert_int_equal(record->players[0].number, 3);
}

static void names_line_and_column_of_a_fault(void **state)
{
    (void)state;
    assert_refused(HEAD ALPHA "1.0    1     2 x 1\r" BRAVO "0.0    2     1 b 0\r", TRF_TO_PAIR, 4,
                   97, "the colour is none of w, b, - and blank");
    assert_refused(HEAD ALPHA "1.0    1     2 w 1\r" BRAVO "0.0    2     1 w 0\r", TRF_TO_PAIR, 4,
                   92, "player 1's game in round 1 contradicts the line of player 2");
    assert_refused(HEAD ALPHA "1.5    1     2 w 1\r" BRAVO "0.0    2     1 b 0\r", TRF_TO_PAIR, 4,
                   81, "player 1's score of 1.5 does not match the results, which give 1.0");
    assert_refused(HEAD ALPHA "0.0\r" ALPHA "0.0\r", TRF_TO_PAIR, 5, 5,
                   "start number 1 is given twice");
    assert_refused(HEAD ALPHA "0.0\r" CHARLIE "0.0\r", TRF_TO_PAIR, 5, 5,
                   "start number 2 is missing: the next one is 3");
    assert_refused(HEAD "XXP 1 7\r" ALPHA "0.0\r", TRF_TO_PAIR, 4, 7, "there is no player 7");
    assert_refused(HEAD "001    1\r", TRF_TO_PAIR, 4, 9,
                   "a player's line needs at least 84 columns, to the end of the points");
    assert_refused("XXR x\r", TRF_TO_READ, 1, 4, "the number of rounds is not a positive number");
    assert_refused("012 ok\r\n012 \xC3(\r\n", TRF_TO_READ, 2, 5,
                   "the bytes here are not UTF-8 text");
}

static void judges_only_what_is_to_be_paired(void **state)
{
    (void)state;
    const char *team = "013 Team\r" CHARLIE "9.0\r";
    assert_refused(team, TRF_TO_PAIR, 1, 1, "team tournaments are not supported");
    struct record *record = read_text(team, TRF_TO_READ);
    assert_int_equal(record->line_count, 1);
    assert_int_equal(record->players[0].listed_points_x10, 90);
    struct record *pending =
        read_text(HEAD ALPHA "0.0    1     2 w  \r" BRAVO "0.0    2     1 b  \r", TRF_TO_READ);
    assert_int_equal(record_result(pending, 0, 1)->kind, RECORD_PENDING);
}

/* A player's line of which only number, points and what follows matter. */
static const char *player(int number, const char *points, const char *rest)
{
    const char *head = arena_format(&arena, "001 %4d      Player", number);
    return arena_format(&arena, "%-80s%4s%s\r", head, points, rest);
}

static void accelerates_by_baku(void **state)
{
    (void)state;
    const char *text = arena_format(
        &arena, "192 FIDE_DUTCH_BAKU\r142 9\r152 W\r%s%s%s%s%s", player(1, "0.0", ""),
        player(2, "0.0", ""), player(3, "0.0", ""), player(4, "0.0", ""), player(5, "0.0", ""));
    struct record *fide = read_text(text, TRF_TO_PAIR);
    struct record *bbp = read_text(text, TRF_TO_PAIR_LIKE_BBP);
    assert_int_equal(record_virtual_x10(fide, 3, 1), 10); /* 2 * ceil(5 / 4) players */
    assert_int_equal(record_virtual_x10(fide, 4, 1), 0);
    assert_int_equal(record_virtual_x10(bbp, 3, 1), 0); /* ceil(5 / 2) players */
    assert_int_equal(record_virtual_x10(fide, 0, 3), 10);
    assert_int_equal(record_virtual_x10(fide, 0, 4), 5);
    assert_int_equal(record_virtual_x10(fide, 0, 5), 5);
    assert_int_equal(record_virtual_x10(fide, 0, 6), 0);
}

static const char *full_file(void)
{
    return arena_format(&arena,
                        "012 Spring Open\r042 2026/03/01\r062 4\r072 2\r092 Individual\r"
                        "999 kept as it is\r142 7\r152 B\r162  W 3.0    D 1.0    P 1.0\r"
                        "192 FIDE_DUTCH\r250       2.0   1   2    1    2\r"
                        "260   1   4    1    3\r240 H   3    4\r%s%s%s%s",
                        ALPHA "4.0    1     2 w W     3 b =\r",
                        BRAVO "3.0    2     1 b L     4 w +\r",
                        player(3, "2.0", "    3  0000 - U     1 w ="),
                        player(4, "0.0", "    4  0000 - Z     2 b -"));
}

static void assert_same(const struct record *one, const struct record *two)
{
    assert_int_equal(one->player_count, two->player_count);
    assert_int_equal(one->rounds_played, two->rounds_played);
    assert_int_equal(one->rounds_total, two->rounds_total);
    assert_int_equal(one->initial_side, two->initial_side);
    assert_memory_equal(&one->points, &two->points, sizeof one->points);
    assert_int_equal(one->line_count, two->line_count);
    for (int i = 0; i < one->player_count; i++) {
        assert_string_equal(one->players[i].name, two->players[i].name);
        assert_int_equal(one->players[i].rating, two->players[i].rating);
        for (int round = 1; round <= one->rounds_played; round++) {
            assert_int_equal(record_virtual_x10(one, i, round), record_virtual_x10(two, i, round));
            assert_memory_equal(record_result(one, i, round), record_result(two, i, round),
                                sizeof(struct record_result));
        }
    }
    assert_int_equal(one->forbidden_count, two->forbidden_count);
}

static void writes_what_it_read(void **state)
{
    (void)state;
    struct record *record = read_text(full_file(), TRF_TO_PAIR);
    assert_int_equal(record->points.bye_pairing_x10, 10);
    assert_int_equal(record_virtual_x10(record, 1, 2), 20);
    static const enum trf_edition editions[] = {TRF_26, TRF_16};
    for (int i = 0; i < 2; i++) {
        struct buffer out = {0};
        trf_write(record, editions[i], &out);
        assert_false(out.failed);
        struct record *again = read_text(buffer_text(&out), TRF_TO_PAIR);
        assert_same(record, again);
        struct buffer twice = {0};
        trf_write(again, editions[i], &twice);
        assert_string_equal(buffer_text(&out), buffer_text(&twice));
        buffer_deinit(&out);
        buffer_deinit(&twice);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_players_rounds_and_settings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_any_line_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_line_and_column_of_a_fault, set_up, tear_down),
        cmocka_unit_test_setup_teardown(judges_only_what_is_to_be_paired, set_up, tear_down),
        cmocka_unit_test_setup_teardown(accelerates_by_baku, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_what_it_read, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("trf", tests, NULL, NULL);
}
