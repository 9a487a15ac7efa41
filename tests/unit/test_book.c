/* book: what each format keeps and drops, and where files are wrong. */
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

static struct book read_book(enum book_format format, const char *text)
{
    struct book book = {0};
    struct fault fault = {0};
    if (book_read(format, text, strlen(text), &arena, &book, &fault) != STATUS_OK)
        fail_msg("%d:%d: %s", fault.line, fault.column, fault.text);
    return book;
}

/* The file a book becomes; its losses go to `losses`. */
static const char *written(enum book_format format, const struct book *book,
                           struct book_losses *losses)
{
    const struct book_options options = {.format = format};
    struct buffer out = {0};
    struct fault fault = {0};
    if (book_write(&options, book, &arena, &out, losses, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    const char *copy = arena_copy(&arena, buffer_text(&out), out.size);
    buffer_deinit(&out);
    return copy;
}

static const char *const EVERYTHING =
    "{\"format\": \"arbiter-record/1\", \"event\": {\"name\": \"A \\\"B\\\"\", \"city\": "
    "\"Bj\\u00f6rk\"},"
    " \"divisions\": [{\"name\": \"A\", \"rounds_total\": 5,"
    " \"points\": {\"win\": 3, \"draw\": 1, \"bye_pairing\": 1.5}, \"initial_side\": \"second\","
    " \"players\": [{\"number\": 1, \"name\": \"Ann\", \"rating\": 2000, \"team\": \"X\"},"
    " {\"number\": 5, \"name\": \"Bo\", \"sex\": \"w\", \"class\": \"U20\", \"team\": \"X\"},"
    " {\"number\": 7, \"name\": \"Cy\", \"withdrawn_after\": 3}],"
    " \"rounds\": ["
    "{\"number\": 1, \"date\": \"2026-01-02\", \"games\": [{\"players\": [1, 5], \"first\": 5,"
    " \"scores\": [400, 300]}], \"byes\": [{\"player\": 7, \"kind\": \"pairing\"}]},"
    "{\"number\": 2, \"games\": [{\"players\": [5, 7], \"first\": 5, \"result\": \"win\","
    " \"forfeit\": true}], \"byes\": [{\"player\": 1, \"kind\": \"half\", \"points\": 0.5}]},"
    "{\"number\": 3, \"games\": [{\"players\": [1, 7], \"result\": [\"loss\", \"loss\"],"
    " \"board\": 3, \"unrated\": true}], \"byes\": [{\"player\": 5, \"kind\": \"forfeit\","
    " \"counts_as\": \"loss\"}]},"
    "{\"number\": 4, \"games\": [{\"players\": [1, 5], \"pending\": true}],"
    " \"byes\": [{\"player\": 7, \"kind\": \"absent\", \"spread\": -50, \"counts_as\": "
    "\"loss\"}]}],"
    " \"forbidden\": [{\"players\": [1, 7], \"first_round\": 2, \"last_round\": 3}],"
    " \"requests\": [{\"player\": 5, \"round\": 5, \"kind\": \"zero\"}],"
    " \"acceleration\": [{\"player\": 1, \"round\": 1, \"points\": 1}]}]}";

static void our_own_format_keeps_everything(void **state)
{
    (void)state;
    struct book book = read_book(BOOK_JSON, EVERYTHING);
    struct book_losses losses = {.arena = &arena};
    const char *first = written(BOOK_JSON, &book, &losses);
    struct book again = read_book(BOOK_JSON, first);
    assert_string_equal(written(BOOK_JSON, &again, &losses), first);
    assert_int_equal(losses.count, 0);
    const struct record *record = again.divisions[0].record;
    assert_string_equal(record->event.name, "A \"B\"");
    assert_int_equal(record->rounds_played, 4);
    assert_int_equal(record_points_x10(record, 0, 4), 35);
    assert_int_equal(record_result(record, 0, 1)->side, RECORD_SECOND);
    assert_int_equal(record_result(record, 2, 1)->kind, RECORD_BYE_PAIRING);
    assert_int_equal(record_result(record, 2, 3)->outcome, RECORD_LOSS);
    assert_int_equal(record_result(record, 0, 4)->kind, RECORD_PENDING);
    assert_int_equal(record_result(record, 2, 4)->own_score, -50);
    assert_true(record_is_forbidden(record, 0, 2, 2));
    assert_int_equal(record_virtual_x10(record, 0, 1), 10);
    assert_int_equal(record->requests[0].kind, RECORD_BYE_ZERO);
    assert_string_equal(record->teams[record->players[1].team].name, "X");
    struct fault fault = {0};
    if (record_check(record, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
}

/* Written from the view of whoever comes first among the players, wherever they were listed. */
static void a_match_keeps_its_games(void **state)
{
    (void)state;
    struct book book = read_book(
        BOOK_JSON,
        "{\"players\": [{\"number\": 1, \"name\": \"Ann\"}, {\"number\": 2, \"name\": \"Bo\"}],"
        " \"rounds\": [{\"games\": [{\"players\": [2, 1], \"scores\": [2, 1], \"match\": ["
        "{\"first\": 2, \"result\": \"win\", \"scores\": [400, 350]},"
        " {\"first\": 1, \"void\": true},"
        " {\"result\": [\"loss\", \"loss\"]},"
        " {\"first\": 2, \"result\": \"draw\", \"scores\": [7, 7]},"
        " {\"pending\": true}]}]}]}");
    struct book_losses losses = {.arena = &arena};
    const char *first = written(BOOK_JSON, &book, &losses);
    assert_non_null(strstr(first, "\"match\": [{\"first\": 2, \"result\": \"loss\", \"scores\": "
                                  "[350, 400]}, {\"first\": 1, \"void\": true}, "
                                  "{\"result\": [\"loss\", \"loss\"]}, {\"first\": 2, "
                                  "\"result\": \"draw\", \"scores\": [7, 7]}, "
                                  "{\"pending\": true}]}"));
    struct book again = read_book(BOOK_JSON, first);
    assert_string_equal(written(BOOK_JSON, &again, &losses), first);
    assert_int_equal(losses.count, 0);
    (void)written(BOOK_TSH, &again, &losses);
    bool is_told = false;
    for (int i = 0; i < losses.count; i++)
        is_told |= strstr(losses.lines[i], "the 5 single games of its matches") != NULL;
    assert_true(is_told);
}

static void each_writer_says_what_it_drops(void **state)
{
    (void)state;
    static const struct {
        enum book_format format;
        int losses;
    } cases[] = {{BOOK_TSH, 7}, {BOOK_TOU, 8}, {BOOK_CSV, 1}, {BOOK_TRF26, 5}};
    struct book book = read_book(BOOK_JSON, EVERYTHING);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct book_losses losses = {.arena = &arena};
        (void)written(cases[i].format, &book, &losses);
        if (losses.count != cases[i].losses) {
            for (int k = 0; k < losses.count; k++)
                print_message("%s\n", losses.lines[k]);
            fail_msg("format %d: %d losses", (int)cases[i].format, losses.count);
        }
    }
}

static void tsh_reads_what_it_writes(void **state)
{
    (void)state;
    const char *text = "# tsh archive file\n# written by Arbiter\ndivision A A.t\n"
                       "config archive_source_type = 'tsh'\n#begin_file name=A.t\n"
                       "Smith, Ann Mary 1500 2 0 3; 400 50 -3; p12 1 0 2\n"
                       "Lee 0 1 3; 400 -12; p12 2 1\n"
                       "Moe, Cy 88 0 2 1; -50 310 299; p12 0 2 1\n#end_file name=A.t\n";
    struct book book = read_book(BOOK_TSH, text);
    const struct record *record = book.divisions[0].record;
    assert_string_equal(record->players[0].name, "Smith, Ann Mary");
    assert_int_equal(record_result(record, 0, 1)->outcome, RECORD_DRAW);
    assert_int_equal(record_result(record, 0, 1)->side, RECORD_FIRST);
    assert_int_equal(record_result(record, 0, 2)->kind, RECORD_BYE_PAIRING);
    assert_int_equal(record_result(record, 2, 1)->kind, RECORD_ABSENT);
    assert_int_equal(record_result(record, 1, 3)->kind, RECORD_ABSENT);
    assert_int_equal(record_result(record, 2, 2)->outcome, RECORD_WIN);
    struct fault fault = {0};
    assert_int_equal(record_check(record, &fault), STATUS_OK);
    const char *once = written(BOOK_TSH, &book, NULL);
    struct book again = read_book(BOOK_TSH, once);
    assert_string_equal(written(BOOK_TSH, &again, NULL), once);
}

static void a_bare_t_file_is_a_division(void **state)
{
    (void)state;
    struct book book = read_book(BOOK_TSH, "A 1 2; 3\nB 2 1; 4\nC 3 0\n");
    assert_int_equal(book.count, 1);
    assert_int_equal(book.divisions[0].record->player_count, 3);
    assert_int_equal(record_result(book.divisions[0].record, 0, 1)->outcome, RECORD_LOSS);
}

static void trf_comes_back_through_json(void **state)
{
    (void)state;
    struct buffer file = {0};
    assert_int_equal(buffer_read_file(&file, "tests/data/tiebreak/example.trf"), STATUS_OK);
    struct book book = read_book(BOOK_TRF26, file.data);
    struct book_losses losses = {.arena = &arena};
    const char *json = written(BOOK_JSON, &book, NULL);
    struct book from_json = read_book(BOOK_JSON, json);
    const char *trf = written(BOOK_TRF26, &from_json, &losses);
    struct book again = read_book(BOOK_TRF26, trf);
    assert_string_equal(written(BOOK_JSON, &again, NULL), json);
    assert_int_equal(losses.count, 0);
    buffer_deinit(&file);
}

static void trf_holds_one_division(void **state)
{
    (void)state;
    struct book book = read_book(BOOK_TSH, "A 1 2; 3\nB 2 1; 4\n");
    struct book_division two[2] = {book.divisions[0], book.divisions[0]};
    const struct book pair = {.divisions = two, .count = 2};
    const struct book_options options = {.format = BOOK_TRF16};
    struct buffer out = {0};
    struct fault fault = {0};
    assert_int_equal(book_write(&options, &pair, &arena, &out, NULL, &fault),
                     STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(fault.hint, "--division"));
    buffer_deinit(&out);
}

static void tou_holds_more_than_99_players(void **state)
{
    (void)state;
    struct record *record = record_create(&arena, 120, 1);
    struct book_division division = {.name = "Masters", .record = record};
    const struct book book = {.divisions = &division, .count = 1};
    for (int player = 0; player < 120; player++) {
        record->players[player].name = player == 3 ? "Bj\xC3\xB6rk \xC5\x81ukasz-Very-Long-Name"
                                                   : arena_format(&arena, "P%d", player);
        *record_result(record, player, 1) =
            (struct record_result){.opponent = player ^ 1,
                                   .own_score = 400 + player,
                                   .other_score = 400 + (player ^ 1),
                                   .kind = RECORD_PLAYED,
                                   .outcome = player & 1 ? RECORD_WIN : RECORD_LOSS,
                                   .side = player & 1 ? RECORD_FIRST : RECORD_SECOND,
                                   .has_scores = true};
    }
    record->rounds_played = 1;
    const char *once = written(BOOK_TOU, &book, NULL);
    assert_non_null(strstr(once, "\r\nBjork Lukasz-Very-Lo 2403   +3\r\n"));
    struct book again = read_book(BOOK_TOU, once);
    assert_string_equal(again.divisions[0].name, "Masters");
    assert_string_equal(written(BOOK_TOU, &again, NULL), once);
    assert_int_equal(record_result(again.divisions[0].record, 118, 1)->side, RECORD_SECOND);
}

static void csv_quotes_what_needs_it(void **state)
{
    (void)state;
    struct record *record = record_create(&arena, 1, 0);
    struct book_division division = {.name = "A,B", .record = record};
    const struct book book = {.divisions = &division, .count = 1};
    record->players[0].name = "Say \"hi\"";
    const char *once = written(BOOK_CSV, &book, NULL);
    assert_non_null(strstr(once, "\"A,B\",1,\"Say \"\"hi\"\"\",0,0,0,0.0,0\n"));
    struct book again = read_book(BOOK_CSV, once);
    assert_string_equal(again.divisions[0].name, "A,B");
    assert_string_equal(again.divisions[0].record->players[0].name, "Say \"hi\"");
    assert_int_equal(again.divisions[0].record->players[0].listed_rank, 1);
}

static void formats_are_found_by_name_and_ending(void **state)
{
    (void)state;
    enum book_format format;
    assert_true(book_format_of("/a/b.TOU", &format) && format == BOOK_TOU);
    assert_true(book_format_of("x.t", &format) && format == BOOK_TSH);
    assert_true(book_format_of("x.trf16", &format) && format == BOOK_TRF16);
    assert_false(book_format_of("x.trf.gz", &format));
    assert_true(book_format_named("club", &format) && format == BOOK_CLUB);
    assert_false(book_format_named("xls", &format));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_own_format_keeps_everything),
        cmocka_unit_test(a_match_keeps_its_games),
        cmocka_unit_test(each_writer_says_what_it_drops),
        cmocka_unit_test(tsh_reads_what_it_writes),
        cmocka_unit_test(a_bare_t_file_is_a_division),
        cmocka_unit_test(trf_comes_back_through_json),
        cmocka_unit_test(trf_holds_one_division),
        cmocka_unit_test(tou_holds_more_than_99_players),
        cmocka_unit_test(csv_quotes_what_needs_it),
        cmocka_unit_test(formats_are_found_by_name_and_ending),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
