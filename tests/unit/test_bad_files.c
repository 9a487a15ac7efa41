/* What is wrong with an event's file, for every format and every fault that it can express: the
 * reader refuses it and names line and column. */
#include "base/buffer.h"
#include "orchestrator/record/book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)256 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

struct bad_file {
    enum book_format format;
    const char *text;
    int line;
    int column;
    const char *says; /* part of the sentence */
};

static enum status read_bytes(enum book_format format, const char *bytes, size_t size,
                              struct fault *fault)
{
    struct book book;
    enum status status = book_read(format, bytes, size, &arena, &book, fault);
    arena_reset(&arena); /* a fault holds its own text */
    return status;
}

static void assert_refused(const struct bad_file *file)
{
    struct fault fault = {0};
    enum status status = read_bytes(file->format, file->text, strlen(file->text), &fault);
    if (status == STATUS_OK || fault.line != file->line || fault.column != file->column ||
        strstr(fault.text, file->says) == NULL)
        fail_msg("%s\nstatus %d, %d:%d: %s", file->text, (int)status, fault.line, fault.column,
                 fault.text);
}

#define ALL(files)                                                                                 \
    for (size_t i = 0; i < COUNT_OF(files); i++)                                                   \
        assert_refused(&(files)[i]);

/* Players' lines of TRF up to the points (columns 81 to 84), and rounds from column 92. */
#define ALPHA "001    1      Alpha                                                           "
#define BRAVO "001    2      Bravo                                                           "
#define CSV "division,rank,username,wins,losses,draws,winpts,spread\n"
#define TOU "*M x\n*A\n"

static void wrong_points(void **state)
{
    (void)state;
    static const struct bad_file FILES[] = {
        {BOOK_TRF26, ALPHA "   2.0    1     2 w 1\n" BRAVO "   0.0    2     1 b 0\n", 1, 81,
         "player 1's score of 2.0 does not match the results, which give 1.0"},
        {BOOK_TRF16, "BBW  3.0\n" ALPHA "   1.0    1     2 w 1\n" BRAVO "   0.0    2     1 b 0\n",
         2, 81, "which give 3.0"},
        {BOOK_CSV, CSV "A,1,P,2,1,1,3.0,5\n", 2, 13, "not wins and half the draws"},
        {BOOK_JSON,
         "{\"players\": [{}, {\"number\": 2}], \"rounds\": [\n{\"games\": [{\"players\": [1, 2],"
         " \"result\": \"win\", \"points\": [1]}]}]}",
         2, 12, "two numbers of points"},
    };
    ALL(FILES)
}

/* Points may differ where something in the file gives or takes them. */
static void points_that_are_right(void **state)
{
    (void)state;
    static const char *const FILES[] = {
        ALPHA "   1.0    1     2 w 1\n" BRAVO "   0.0    2     1 b 0\n",
        /* with the virtual points of the next round, and its bye */
        "XXR 5\nXXA    1  1.0  1.0\n" ALPHA "   2.0    1     2 w 1\n" BRAVO
        "   0.0    2     1 b 0\n",
        ALPHA "   1.5    1     2 w 1  0000 - H\n" BRAVO "   0.0    2     1 b 0\n",
        "BBW  3.0\n" ALPHA "   3.0    1     2 w 1\n" BRAVO "   0.0    2     1 b 0\n",
        "162  W 2.0\n" ALPHA "   2.0    1     2 w 1\n" BRAVO "   0.0    2     1 b 0\n",
        /* kinds of points that are not worked out here, and a list without rounds */
        "299    1  0.5\n" ALPHA "   1.5    1     2 w 1\n" BRAVO "   0.0    2     1 b 0\n",
        "XXS W=2\n" ALPHA "   2.0    1     2 w 1\n" BRAVO "   0.0    2     1 b 0\n",
        ALPHA "   4.5    1\n" BRAVO "   4.0    2\n",
    };
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        struct fault fault = {0};
        if (read_bytes(BOOK_TRF26, FILES[i], strlen(FILES[i]), &fault) != STATUS_OK)
            fail_msg("file %zu: %d:%d: %s", i, fault.line, fault.column, fault.text);
    }
}

static void mirrored_results_that_disagree(void **state)
{
    (void)state;
    static const struct bad_file FILES[] = {
        {BOOK_TRF26, ALPHA "   1.0    1     2 w 1\n" BRAVO "   1.0    2     1 b 1\n", 1, 92,
         "player 1's game in round 1 contradicts the line of player 2"},
        {BOOK_TRF26, ALPHA "   1.0    1     2 w 1\n" BRAVO "   0.0    2     1 w 0\n", 1, 92,
         "contradicts"},
        {BOOK_TRF26, ALPHA "   1.0    1     2 w +\n" BRAVO "   1.0    2     1 b +\n", 1, 92,
         "contradicts"},
        {BOOK_TRF26,
         ALPHA "   2.0    1     2 w 1     2 b 1\n" BRAVO "   0.0    2     1 b 0  0000 - Z\n", 1,
         102, "in round 2"},
        {BOOK_TSH, "A 1 2 2; 3 4\nB 2 1 0; 4\n", 1, 7, "players 1 and 2 disagree about round 2"},
        {BOOK_TSH, "A 1 2; 3\nB 2 0; 4\n", 1, 5, "disagree"},
        {BOOK_TSH, "A 1 2; 3; p12 1\nB 2 1; 4; p12 1\n", 1, 5, "disagree"},
        {BOOK_TOU, TOU "P                    2400   2\nQ                    2300   1\n", 3, 21,
         "players 1 and 2 disagree about round 1"},
        {BOOK_TOU, TOU "P                    2400  +2\nQ                     300  +1\n", 3, 21,
         "disagree"},
        {BOOK_JSON,
         "{\"players\": [{}, {\"number\": 2}], \"rounds\": [\n{\"games\": [{\"players\": [1, 2],"
         " \"result\": [\"win\", \"draw\"]}]}]}",
         2, 12, "nobody wins what the other does not lose"},
    };
    ALL(FILES)
}

static void unknown_ids(void **state)
{
    (void)state;
    static const struct bad_file FILES[] = {
        {BOOK_TRF26, ALPHA "   1.0    1     7 w 1\n" BRAVO "   0.0    2     1 b 0\n", 1, 92,
         "the opponent is not in the file"},
        {BOOK_TRF26, "XXP 1 7\n" ALPHA "   0.0\n", 1, 7, "there is no player 7"},
        {BOOK_TSH, "A 1 2; 3\nB 2 3; 4\n", 2, 5, "no such opponent"},
        {BOOK_TSH, "A 1 1; 3\nB 2 0; 4\n", 1, 5, "no such opponent"},
        {BOOK_TOU, TOU "P                    2400   3\n", 3, 27, "no such opponent"},
        {BOOK_JSON, "{\"players\": [{}],\n \"rounds\": [{\"games\": [\n  {\"players\": [1, 2]}]}]}",
         3, 15, "no player with number 2"},
        {BOOK_JSON, "{\"players\": [{}],\n \"rounds\": [{\"byes\": [\n  {\"player\": 9}]}]}", 3, 14,
         "no player with number 9"},
    };
    ALL(FILES)
}

static void repeated_players(void **state)
{
    (void)state;
    static const struct bad_file FILES[] = {
        {BOOK_TRF26, ALPHA "   0.0\n\n" ALPHA "   0.0\n", 3, 5, "start number 1 is given twice"},
        {BOOK_TSH, "A B 1 0; 50\n\nC 2 0; 50\nA B 3 0; 50\n", 4, 1,
         "player A B is given twice, first on line 1"},
        {BOOK_TOU, TOU "P                      50   1\nP                      50   2\n", 4, 1,
         "player P is given twice"},
        {BOOK_CSV, CSV "A,1,P,0,0,0,0,0\nA,2,Q,0,0,0,0,0\nA,3,P,0,0,0,0,0\n", 4, 1,
         "player P is given twice"},
        {BOOK_JSON, "{\"players\": [{\"number\": 1},\n {\"number\": 1}]}", 2, 2,
         "start number 1 is given twice"},
        {BOOK_JSON,
         "{\"players\": [{}, {\"number\": 2}], \"rounds\": [\n{\"games\": "
         "[{\"players\": [1, 1], \"result\": \"win\"}]}]}",
         2, 12, "plays himself"},
        {BOOK_JSON,
         "{\"players\": [{}, {\"number\": 2}], \"rounds\": [\n{\"games\": [{\"players\": [1, 2],"
         " \"result\": \"win\"}],\n\"byes\": [{\"player\": 2, \"kind\": \"zero\"}]}]}",
         3, 10, "already has a result"},
    };
    ALL(FILES)
}

#define MATCH(game)                                                                                \
    "{\"format\": \"arbiter-record/1\", \"divisions\": [{\"players\": [{}, {\"number\": 2}], "     \
    "\"rounds\": [\n{\"games\": "                                                                  \
    "[{\"players\": [1, 2], \"result\": \"win\", \"match\":\n " game "}]}]}]}"

static void games_of_a_match(void **state)
{
    (void)state;
    static const struct bad_file FILES[] = {
        {BOOK_JSON, MATCH("[{\"first\": 9, \"result\": \"win\"}]"), 3, 3,
         "\"first\" should be one of the two players"},
        {BOOK_JSON, MATCH("[{\"void\": true}, {\"void\": true, \"result\": \"win\"}]"), 3, 19,
         "has one of \"result\", \"void\" and \"pending\""},
        {BOOK_JSON, MATCH("[{\"scores\": [1, 0]}]"), 3, 3, "has one of"},
        {BOOK_JSON, MATCH("[{\"result\": \"won\"}]"), 3, 14, ""},
        {BOOK_JSON, MATCH("[{\"number\": 1, \"void\": true}]"), 3, 14, "is not known here"},
        {BOOK_JSON, MATCH("7"), 3, 2, ""},
    };
    ALL(FILES)
}

static void malformed(void **state)
{
    (void)state;
    static const struct bad_file FILES[] = {
        {BOOK_JSON, "{\"format\": \"arbiter-record/1\", \"players\": [],\n \"roundz\": []}", 2, 12,
         "roundz"},
        {BOOK_JSON, "{\"players\": [],\n \"players\": []}", 2, 10, "players"},
        {BOOK_JSON, "{\"players\": [\n{\"number\": 1, \"rating\": \"x\"}]}", 2, 25, "rating"},
        {BOOK_JSON,
         "{\"players\": [{}, {\"number\": 2}], \"rounds\": [\n{\"games\": "
         "[{\"players\": [1, 2]}]}]}",
         2, 12, "needs"},
        {BOOK_JSON, "[]", 1, 1, "object"},
        {BOOK_JSON, "", 1, 1, ""},
        {BOOK_TRF26, "001    1\n", 1, 9, "84 columns"},
        {BOOK_TSH, "A 1 2; 3 4\nB 2 1; 4\n", 1, 10, "more scores than opponents"},
        {BOOK_TSH, "A -1 0; 50\n", 1, 3, "not negative"},
        {BOOK_TSH, "A\n", 1, 2, "name and a rating"},
        {BOOK_TSH, "A 99999999999999999999\n", 1, 3, "too large"},
        {BOOK_TSH, "", 1, 1, "no player"},
        {BOOK_TOU, TOU "P                    24\n", 3, 21, "cut off"},
        {BOOK_TOU, "P\n", 1, 1, "before any division"},
        {BOOK_CSV, "rank\n", 1, 1, "first line"},
        {BOOK_CSV, CSV "A,1,P\n", 2, 6, "eight fields"},
        {BOOK_CSV, CSV "A,x,P,0,0,0,0,0\n", 2, 3, "rank"},
        {BOOK_CSV, CSV "A,1,P,-1,0,0,0,0\n", 2, 7, "number of games"},
        {BOOK_CSV, CSV "A,1,P,0,0,0,many,0\n", 2, 13, "not a number"},
    };
    ALL(FILES)
}

/* A file with `count` copies of `part` between two texts. */
static const char *repeated(struct buffer *out, const char *before, const char *part, int count,
                            const char *after)
{
    buffer_reset(out);
    buffer_append_text(out, before);
    for (int i = 0; i < count; i++)
        buffer_append_text(out, part);
    buffer_append_text(out, after);
    return buffer_text(out);
}

static void ten_thousand_columns(void **state)
{
    (void)state;
    static const struct {
        enum book_format format;
        const char *before;
        const char *part;
        const char *after;
        int line;
        int column;
    } FILES[] = {
        {BOOK_TRF26, "012 x\n" ALPHA "   0.0    1  ", "0000 - Z  ", "\n", 2, 92},
        {BOOK_TSH, "B 1 0;\nA 1 ", "0 ", "\n", 2, 5 + 2 * 999},
        {BOOK_TOU, TOU "P                   ", "  50   1", "\n", 3, 21},
        {BOOK_CSV, CSV "A,1,P,0,0,0,0,0", ",0", "\n", 2, 16},
        {BOOK_JSON, "{\"players\": [{}], \"rounds\": [\n{}", ",\n{}", "]}", 1001, 1},
    };
    struct buffer text = {0};
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        struct fault fault = {0};
        repeated(&text, FILES[i].before, FILES[i].part, 10000, FILES[i].after);
        enum status status = read_bytes(FILES[i].format, buffer_text(&text), text.size, &fault);
        if (status == STATUS_OK || fault.line != FILES[i].line || fault.column != FILES[i].column)
            fail_msg("format %zu: status %d, %d:%d: %s", i, (int)status, fault.line, fault.column,
                     fault.text);
    }
    buffer_deinit(&text);
}

static void bytes_that_are_not_utf8(void **state)
{
    (void)state;
    static const enum book_format FORMATS[] = {BOOK_JSON, BOOK_CLUB, BOOK_TRF16, BOOK_TRF26,
                                               BOOK_TSH,  BOOK_TOU,  BOOK_CSV};
    static const char *const TEXTS[] = {"ok\nab\xFFz", "ok\nab\xC3(", "ok\nab\xE0\x80\x80",
                                        "ok\nab\xED\xA0\x80", "ok\nab\xF4\x90\x80\x80"};
    for (size_t i = 0; i < COUNT_OF(FORMATS); i++)
        for (size_t k = 0; k < COUNT_OF(TEXTS); k++) {
            struct fault fault = {0};
            assert_int_equal(read_bytes(FORMATS[i], TEXTS[k], strlen(TEXTS[k]), &fault),
                             STATUS_DATA_LOSS);
            assert_int_equal(fault.line, 2);
            assert_int_equal(fault.column, 3);
        }
    struct fault fault = {0};
    assert_int_equal(read_bytes(BOOK_TSH, "a\0b", 3, &fault), STATUS_DATA_LOSS);
    assert_int_equal(fault.column, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_points),
        cmocka_unit_test(points_that_are_right),
        cmocka_unit_test(mirrored_results_that_disagree),
        cmocka_unit_test(unknown_ids),
        cmocka_unit_test(repeated_players),
        cmocka_unit_test(games_of_a_match),
        cmocka_unit_test(malformed),
        cmocka_unit_test(ten_thousand_columns),
        cmocka_unit_test(bytes_that_are_not_utf8),
    };
    return cmocka_run_group_tests_name("bad_files", tests, setup, teardown);
}
