/* gcg: what old and new writers put into files, and what a strict reader refuses. Every file that
 * is accepted here is also written plainly and read again. */
#include "gamesvc/rules/crossword/gcg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "gamesvc/rules/crossword/gcg_replay.h"

#define HEAD "#player1 A Ann\n#player2 B Ben\n"

static struct arena arena;
static struct fault fault;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    fault = (struct fault){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static enum status try_replay(const char *file, struct gcg *gcg, const char **out_rows)
{
    struct text rows;
    enum status status = gcg_read(&arena, file, strlen(file), gcg, &fault);
    if (status != STATUS_OK)
        return status;
    text_start(&rows, &arena);
    status = gcg_replay_write(gcg, &rows, &fault);
    *out_rows = text_end(&rows);
    return status;
}

/* Returns the rows of a file that must be accepted. */
static const char *rows_of(const char *file)
{
    struct gcg gcg;
    struct gcg again;
    const char *rows = NULL;
    const char *rows_again = NULL;
    struct text written;
    if (try_replay(file, &gcg, &rows) != STATUS_OK)
        fail_msg("line %d: %s in\n%s", fault.line, fault.text, file);
    text_start(&written, &arena);
    gcg_write(&gcg, &written);
    const char *text = text_end(&written);
    if (try_replay(text, &again, &rows_again) != STATUS_OK)
        fail_msg("line %d: %s in\n%s", fault.line, fault.text, text);
    assert_string_equal(rows, rows_again);
    return rows;
}

static void assert_row(const char *file, const char *row)
{
    const char *rows = rows_of(file);
    if (strstr(rows, row) == NULL)
        fail_msg("no row \"%s\" in\n%s", row, rows);
}

/* Returns the line that is refused, 0 for the file as a whole; fails where nothing is. */
static int refused_line(const char *file)
{
    struct gcg gcg;
    const char *rows = NULL;
    fault = (struct fault){.line = -1};
    if (try_replay(file, &gcg, &rows) != STATUS_INVALID_ARGUMENT)
        fail_msg("accepted:\n%s", file);
    assert_true(fault.text[0] != '\0');
    return fault.line;
}

/* ---- what is accepted -------------------------------------------------------------------- */

static void takes_files_as_programs_write_them(void **state)
{
    (void)state;
    static const char *const files[] = {
        HEAD ">A: HATS 8G HAT +12 12\n",
        "\xEF\xBB\xBF#character-encoding UTF-8\r\n#player1 A Ann\r\n#player2 B Ben\r\n"
        ">A: HATS 8G HAT +12 12\r\n",
        "#Character-Encoding utf8\n" HEAD "\n>A:\tHATS\t8g   HAT   +12\t12   HAT and more\n",
        "#character-encoding ISO-8859-1\n#title J\xE4nner\n" HEAD ">A: HATS 8G HAT +12 12\n",
        "#unknown thing\n#- going on\n#tile Q 10\n" HEAD ">A: HATS 8G HAT +12 12\n#incomplete S\n",
        "#player2 B Ben\n#player1 A\n>A: HATS 8G HAT +12 12\n#note one\n  two\nthree\n#note four\n",
        HEAD "#note nobody has played yet\n>A: HATS 8G HAT +12 12\n#rack1 S\n#rack2 QZ\n",
    };
    for (size_t i = 0; i < COUNT_OF(files); i++)
        assert_row(files[i], "0\tPLACE\tA\tHATS\t8G\tHAT\t12\t12\t83\tHAT\n");
}

static void letters_on_the_board_are_played_through(void **state)
{
    (void)state;
    static const char *const plays[] = {"H.T", "HAT", "H(A)T", "HaT", "H(.)T"};
    for (size_t i = 0; i < COUNT_OF(plays); i++) {
        char file[256];
        (void)snprintf(file, sizeof file, HEAD ">A: HATS 8G HAT +12 12\n>B: HT H7 %s +6 6\n",
                       plays[i]);
        assert_row(file, "1\tPLACE\tB\tHT\tH7\tH.T\t6\t6\t81\tHAT\n");
    }
}

static void blanks_score_nothing_and_stay_lower_case(void **state)
{
    (void)state;
    assert_row(HEAD ">A: H?TS 8G HaT +10 10\n", "8G\tHaT\t10\t10\t83\tHaT\n");
}

static void either_player_may_begin(void **state)
{
    (void)state;
    assert_row(HEAD ">B: HATS 8G HAT +12 12\n>A: Q - +0 0\n", "1\tPASS\tA\tQ");
}

static void exchanges_may_only_be_counted(void **state)
{
    (void)state;
    assert_row(HEAD ">A: HATS -4 +0 0\n", "0\tEXCH\tA\tHATS\t-\t4\t0\t0\t86\t-\n");
    assert_row(HEAD ">A: ?HATS -?A +0 0\n", "0\tEXCH\tA\t?HATS\t-\t?A\t0\t0\t86\t-\n");
}

static void a_bonus_needs_no_rack(void **state)
{
    (void)state;
    static const char *const racks[] = {"", " ", " UNKNOWN", " EEIOU", " S"};
    for (size_t i = 0; i < COUNT_OF(racks); i++) {
        char file[256];
        (void)snprintf(file, sizeof file, HEAD ">A: HATS 8G HAT +12 12\n>A:%s (challenge) +5 17\n",
                       racks[i]);
        assert_row(file, "1\tCHALBONUS\tA\t-\t-\t-\t5\t17\t83\t-\n");
    }
}

static void phonies_come_off_with_or_without_their_points(void **state)
{
    (void)state;
    assert_row(HEAD ">A: HATS 8G HAT +12 12\n>A: STAH -- -12 0\n",
               "1\tPHONY\tA\tSTAH\t-\t-\t-12\t0\t86\t-\nfinal\t0\t0\tincomplete\tstandard\tbag=86\t"
               "zero=1\tonturn=B\tstate=PLAYING\n");
    assert_row(HEAD ">A: HATS 8G HAT +12 12\n>A: STAH --  +0 0\n",
               "1\tPHONY\tA\tSTAH\t-\t-\t-12\t0\t86\t-\n");
    assert_row(HEAD ">A: HATS 8G HAT +0 0\n>A: HATS --  +0 0\n>B: Q - +0 0\n",
               "1\tPHONY\tA\tHATS\t-\t-\t0\t0\t86\t-\n");
    assert_int_equal(refused_line(HEAD ">A: HATS 8G HAT +0 0\n>B: Q - +0 0\n"), 3);
    assert_row(HEAD ">A: HATS -- +0 0\n>B: Q - +0 0\n", "0\tPHONY\tA\tHATS\t-\t-\t0\t0\t86\t-\n");
}

static void totals_may_be_below_zero(void **state)
{
    (void)state;
    static const char six[] = HEAD ">A: AEIOUHT - +0 0\n>B: AEIOUHT - +0 0\n>A: AEIOUHT - +0 0\n"
                                   ">B: AEIOUHT - +0 0\n>A: AEIOUHT - +0 0\n>B: AEIOUHT - +0 0\n"
                                   ">B: AEIOUHT (AEIOUHT) -10 -10\n"
                                   ">A: AEIOUHT (AEIOUHT) -10 -10\n"
                                   ">A: (time) -10 -20\n>B: AEIOUHT (time) +-20 -30\n";
    assert_row(six, "final\t-20\t-30\tcomplete\tstandard\tbag=86\tzero=6\tonturn=A\tstate=OVER\n");
}

static void the_large_board_is_taken(void **state)
{
    (void)state;
    assert_row("#game-type classic_super\n" HEAD ">A: HATS 11K HAT +12 12\n",
               "0\tPLACE\tA\tHATS\t11K\tHAT\t12\t12\t183\tHAT\n");
    assert_row("#board-layout SuperCrosswordGame\n" HEAD ">A: HATS K11 HAT +12 12\n",
               "0\tPLACE\tA\tHATS\tK11\tHAT\t12\t12\t183\tHAT\n");
}

/* ---- what is refused --------------------------------------------------------------------- */

static void refuses_headers_that_name_no_two_players(void **state)
{
    (void)state;
    assert_int_equal(refused_line("#player1 A Ann\n"), 0);
    assert_int_equal(refused_line(""), 0);
    assert_int_equal(refused_line("#player1 A\n#player2 A\n"), 2);
    assert_int_equal(refused_line("#player1 A\n#player1 B\n"), 2);
    assert_int_equal(refused_line("#player1\n#player2 B\n"), 1);
    assert_int_equal(refused_line("#player1 A\n>A: HATS 8G HAT +12 12\n#player2 B\n"), 2);
    assert_int_equal(refused_line(HEAD ">C: HATS 8G HAT +12 12\n"), 3);
}

static void refuses_encodings_it_cannot_trust(void **state)
{
    (void)state;
    assert_int_equal(refused_line(HEAD "#character-encoding UTF-8\n"), 3);
    assert_int_equal(refused_line("#character-encoding KOI8-R\n" HEAD), 1);
    assert_int_equal(refused_line("#character-encoding UTF-8\n" HEAD "#title J\xE4nner\n"), 4);
    assert_int_equal(refused_line("#board-layout Mine\n" HEAD), 1);
    assert_int_equal(refused_line("#tile-distribution polish\n" HEAD), 1);
}

static void refuses_lines_of_no_known_form(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "hello",
        ">A",
        ">A:",
        ">A HATS 8G HAT +12 12",
        ">A: HATS 8G HAT 12 12",
        ">A: HATS 8G HAT +x 12",
        ">A: HATS 8G HAT +12",
        ">A: HATS 8P HAT +12 12",
        ">A: HATS 88 HAT +12 12",
        ">A: HATS GG8 HAT +12 12",
        ">A: HATS 16A HAT +12 12",
        ">A: HATS 8G H4T +12 12",
        ">A: HATS 8G H(A +12 12",
        ">A: HATS 8G HA) +12 12",
        ">A: hats 8G HAT +12 12",
        ">A: HATSHATS 8G HAT +12 12",
        ">A: HATS -8 +0 0",
        ">A: HATS -HATS +1 1",
        ">A: HATS - +1 1",
        ">A: HATS (HAT) -12 -12",
        ">A: HATS 8G HAT +12 99999999999999999999",
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        char file[256];
        (void)snprintf(file, sizeof file, HEAD "%s\n", lines[i]);
        assert_int_equal(refused_line(file), 3);
    }
}

static void refuses_events_that_make_no_game(void **state)
{
    (void)state;
    static const char *const lines[] = {
        ">A: HAT - +0 12",               /* not on turn */
        ">B: QQ - +0 0",                 /* one Q in the bag */
        ">B: HATS 8G HAT +12 12",        /* on top of it */
        ">B: HATS 9G EAT +12 12",        /* E is not on the rack */
        ">B: HATS 1A HAT +12 12",        /* touches nothing */
        ">B: HATS 8F .AT +12 12",        /* through an empty square */
        ">B: HATS 8J HATS +12 12",       /* only a part of the word */
        ">B: S 8G ...S +14 14",          /* scores 7 */
        ">B: S 8G ...S +7 14",           /* makes 7 */
        ">B: HATS -- -12 0",             /* no play of B's */
        ">A: HATS -- -11 1",             /* scored 12 */
        ">A: HAT -- -12 0",              /* another rack */
        ">B: (challenge) +5 5",          /* no play of B's */
        ">A: (AEIOU) +10 22",            /* has not gone out */
        ">B: AEIOUHT (AEIOUHT) -10 -10", /* not after one turn */
        ">A: (time) -10 12",             /* makes 2 */
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        char file[256];
        (void)snprintf(file, sizeof file, HEAD ">A: HATS 8G HAT +12 12\n%s\n", lines[i]);
        assert_int_equal(refused_line(file), 4);
    }
}

static void nothing_follows_a_penalty_for_time_but_another(void **state)
{
    (void)state;
    assert_int_equal(refused_line(HEAD ">A: HATS 8G HAT +12 12\n>B: (time) -10 -10\n"
                                       ">A: (time) -10 2\n>B: (time) -10 -20\n"),
                     6);
    assert_int_equal(
        refused_line(HEAD ">A: HATS 8G HAT +12 12\n>B: (time) -10 -10\n>B: Q - +0 -10\n"), 5);
}

static void a_seventh_scoreless_turn_is_one_too_many(void **state)
{
    (void)state;
    assert_int_equal(refused_line(HEAD ">A: Q - +0 0\n>B: Q - +0 0\n>A: Q - +0 0\n>B: Q - +0 0\n"
                                       ">A: Q - +0 0\n>B: Q - +0 0\n>A: Q - +0 0\n"),
                     9);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_files_as_programs_write_them),
        TEST(letters_on_the_board_are_played_through),
        TEST(blanks_score_nothing_and_stay_lower_case),
        TEST(either_player_may_begin),
        TEST(exchanges_may_only_be_counted),
        TEST(a_bonus_needs_no_rack),
        TEST(phonies_come_off_with_or_without_their_points),
        TEST(totals_may_be_below_zero),
        TEST(the_large_board_is_taken),
        TEST(refuses_headers_that_name_no_two_players),
        TEST(refuses_encodings_it_cannot_trust),
        TEST(refuses_lines_of_no_known_form),
        TEST(refuses_events_that_make_no_game),
        TEST(nothing_follows_a_penalty_for_time_but_another),
        TEST(a_seventh_scoreless_turn_is_one_too_many),
    };
    return cmocka_run_group_tests_name("gcg", tests, NULL, NULL);
}
