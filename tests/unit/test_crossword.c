/* crossword: challenges under all six rules, scoreless turns, clocks, what others may see. */
#include "tests/unit/rules_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "gamesvc/rules/lexicon.h"

static struct arena words_arena;
static struct lexicon lexicon;
static struct table table;

/* What the draws bring, by number; further ones take the first tiles of the bag. */
static const char *const drawn[] = {"ACERSTX", "DGIIOQS", "EENOT", "AAIUV", "BEHLM"};

static void draw_listed(void *user, uint64_t number, const uint8_t *left, size_t kind_count,
                        size_t count, uint8_t *out_kinds)
{
    size_t taken = 0;
    (void)user;
    for (; number < COUNT_OF(drawn) && taken < count && drawn[number][taken] != '\0'; taken++)
        out_kinds[taken] = (uint8_t)(drawn[number][taken] - 'A' + 1);
    for (size_t kind = 1; kind < kind_count; kind++)
        for (int i = 0; i < left[kind] && taken < count; i++)
            out_kinds[taken++] = (uint8_t)kind;
}

static int setup(void **state)
{
    static const char words[] = "CARES\nSO\nDOGS\nDOGES\nQIS\nAX\nEX\nTAX\nRE\n";
    struct fault fault;
    (void)state;
    arena_init(&words_arena, (size_t)16 << 20);
    assert_int_equal(
        lexicon_from_words(&words_arena, "TEST", words, sizeof words - 1, &lexicon, &fault),
        STATUS_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    table_close(&table);
    arena_deinit(&words_arena);
    return 0;
}

static void sit_with_clock(const char *options, struct timing_control control)
{
    table_open(&table, "crossword",
               (struct rules_options){.text = options,
                                      .control = control,
                                      .draws = {draw_listed, NULL},
                                      .lexicon = &lexicon});
}

static void sit(const char *options)
{
    sit_with_clock(options, (struct timing_control){0});
}

static const char *play(enum rules_party actor, const char *move)
{
    return table_play(&table, actor, move);
}

static void assert_score(int first, int second)
{
    struct rules_result result = rules_result(table.game);
    assert_int_equal(result.score[0], first);
    assert_int_equal(result.score[1], second);
}

static void assert_ended(enum rules_end end, int winner)
{
    assert_int_equal(rules_result(table.game).end, end);
    assert_int_equal(rules_result(table.game).winner, winner);
}

/* ---- placements -------------------------------------------------------------------------- */

static void a_placement_scores_and_draws(void **state)
{
    (void)state;
    sit("lexicon=TEST");
    assert_string_equal(play(RULES_FIRST, "place 8D CARES"),
                        "place 8D CARES\n"
                        "PLACE 0 ACERSTX 8D CARES 20 20 CARES\n"
                        "DRAW 0 EENOT");
    assert_string_equal(play(RULES_SECOND, "place H8 .O"), "place H8 .O\n"
                                                           "PLACE 1 DGIIOQS H8 .O 2 2 SO\n"
                                                           "DRAW 1 A");
    assert_score(20, 2);
}

static void placements_against_the_rules_are_refused(void **state)
{
    (void)state;
    static const char *const refusals[][2] = {
        {"place 8D CARED", "NOT_ON_RACK"},
        {"place 8L CARES", "OFF_BOARD"},
        {"place 1A CAR", "MISSES_CENTRE"},
        {"place 8H C", "TOO_SHORT"},
        {"place 8H C.", "GAP"},
        {"place 8H CC", "NOT_ON_RACK"},
        {"place 8H ca", "NOT_ON_RACK"},
        {"place 16A CAR", "MALFORMED"},
        {"place P1 CAR", "MALFORMED"},
        {"place 8D", "MALFORMED"},
        {"place 8D CAR ES", "MALFORMED"},
        {"place 8D C(A)R", "MALFORMED"},
        {"place D CAR", "MALFORMED"},
        {"place 0A CAR", "MALFORMED"},
        {"place 8D CARESTXCARESTXCA", "MALFORMED"},
        {"place 8D C\xc3\x84R", "MALFORMED"},
        {"exchange Z", "NOT_ON_RACK"},
        {"exchange", "MALFORMED"},
        {"exchange a", "MALFORMED"},
        {"exchange ACERSTXX", "MALFORMED"},
        {"challenge", "NOTHING_TO_CHALLENGE"},
        {"pass please", "MALFORMED"},
        {"dance", "UNKNOWN_MOVE"},
    };
    sit("");
    for (size_t i = 0; i < COUNT_OF(refusals); i++)
        assert_string_equal(play(RULES_FIRST, refusals[i][0]), refusals[i][1]);
    (void)play(RULES_FIRST, "place 8D CARES");
}

static void later_placements_must_fit_the_board(void **state)
{
    (void)state;
    sit("");
    (void)play(RULES_FIRST, "place 8D CARES");
    assert_string_equal(play(RULES_SECOND, "place 8H SO"), "OCCUPIED");
    assert_string_equal(play(RULES_SECOND, "place 8I OI"), "NOT_WHOLE_WORD");
    assert_string_equal(play(RULES_SECOND, "place 1A DOGS"), "NOT_TOUCHING");
    assert_string_equal(play(RULES_SECOND, "place 8D ....."), "NO_TILE");
    assert_string_equal(play(RULES_SECOND, "place H7 O"), "NOT_WHOLE_WORD");
    assert_string_equal(play(RULES_SECOND, "place 7H O"), "TOO_SHORT");
    assert_string_equal(play(RULES_FIRST, "pass"), "NOT_ON_TURN");
    assert_string_equal(play(RULES_DIRECTOR, "pass"), "NOT_ALLOWED");
}

/* ---- challenges -------------------------------------------------------------------------- */

static void void_refuses_invalid_words_and_challenges(void **state)
{
    (void)state;
    sit("challenge=VOID");
    assert_string_equal(play(RULES_FIRST, "place 8D RACES"), "INVALID_WORDS");
    assert_string_equal(table.outcome.text, "not in the lexicon: RACES");
    (void)play(RULES_FIRST, "place 8D CARES");
    assert_string_equal(play(RULES_SECOND, "place 9D DOI"), "INVALID_WORDS");
    assert_string_equal(table.outcome.text, "not in the lexicon: DOI, CD, AO, RI");
    assert_string_equal(play(RULES_SECOND, "challenge"), "NOTHING_TO_CHALLENGE");
}

static void a_phony_comes_off_and_its_draw_goes_back(void **state)
{
    (void)state;
    sit("challenge=double");
    (void)play(RULES_FIRST, "place 8D RACES");
    assert_non_null(strstr(table_view(&table, RULES_FIRST), "\"racks\":[\"EENOTTX\",null]"));
    assert_string_equal(play(RULES_SECOND, "challenge"), "challenge\n"
                                                         "PHONY 0 ACERSTX 8D RACES -16 0 -");
    assert_non_null(strstr(table_view(&table, RULES_FIRST), "\"racks\":[\"ACERSTX\",null]"));
    assert_non_null(strstr(table_view(&table, RULES_FIRST), "\"bag\":86"));
    assert_int_equal(rules_on_turn(table.game), RULES_SECOND);
    assert_string_equal(play(RULES_SECOND, "challenge"), "NOTHING_TO_CHALLENGE");
    assert_non_null(strstr(table_view(&table, RULES_FIRST), "\"scoreless_turns\":1"));
}

static void single_costs_nothing(void **state)
{
    (void)state;
    sit("challenge=single");
    (void)play(RULES_FIRST, "place 8D CARES");
    assert_string_equal(play(RULES_SECOND, "challenge"),
                        "challenge\nCHALBONUS 0 EENOTTX - - 0 20 -");
    assert_int_equal(rules_on_turn(table.game), RULES_SECOND);
    assert_string_equal(play(RULES_SECOND, "challenge"), "NOTHING_TO_CHALLENGE");
}

static void double_costs_the_turn(void **state)
{
    (void)state;
    sit("challenge=double");
    (void)play(RULES_FIRST, "place 8D CARES");
    assert_string_equal(play(RULES_SECOND, "challenge"), "challenge\nTURNLOSS 1 DGIIOQS - - 0 0 -");
    assert_int_equal(rules_on_turn(table.game), RULES_FIRST);
    assert_string_equal(play(RULES_FIRST, "challenge"), "NOTHING_TO_CHALLENGE");
    assert_non_null(strstr(table_view(&table, RULES_FIRST), "\"scoreless_turns\":1"));
}

static void five_and_ten_points_go_to_the_player_challenged(void **state)
{
    (void)state;
    sit("challenge=five-point");
    (void)play(RULES_FIRST, "place 8D CARES");
    assert_string_equal(play(RULES_SECOND, "challenge"),
                        "challenge\nCHALBONUS 0 EENOTTX - - 5 25 -");
    table_close(&table);
    sit("challenge=TEN_POINT");
    (void)play(RULES_FIRST, "place 8D CARES");
    assert_string_equal(play(RULES_SECOND, "challenge"),
                        "challenge\nCHALBONUS 0 EENOTTX - - 10 30 -");
}

static void words_can_be_challenged_one_by_one(void **state)
{
    (void)state;
    sit("challenge=five-point");
    (void)play(RULES_FIRST, "place 8D CARES");
    (void)play(RULES_SECOND, "place 9G DO"); /* DO is not a word here, ED is not, SO is */
    assert_string_equal(play(RULES_FIRST, "challenge 3"), "MALFORMED");
    assert_string_equal(play(RULES_FIRST, "challenge 2 2"), "MALFORMED");
    assert_string_equal(play(RULES_FIRST, "challenge x"), "MALFORMED");
    assert_string_equal(play(RULES_FIRST, "challenge 2"),
                        "challenge 2\nCHALBONUS 1 AAGIIQS - - 5 17 -");
}

static void triple_ends_the_game_either_way(void **state)
{
    (void)state;
    sit("challenge=triple");
    (void)play(RULES_FIRST, "place 8D CARES");
    assert_string_equal(play(RULES_SECOND, "challenge"), "challenge");
    assert_ended(RULES_END_TRIPLE_CHALLENGE, RULES_FIRST);
    table_close(&table);
    sit("challenge=triple");
    (void)play(RULES_FIRST, "place 8D RACES");
    assert_string_equal(play(RULES_SECOND, "challenge"),
                        "challenge\nPHONY 0 ACERSTX 8D RACES -16 0 -");
    assert_ended(RULES_END_TRIPLE_CHALLENGE, RULES_SECOND);
}

static void a_replay_does_not_ask_the_lexicon(void **state)
{
    (void)state;
    sit("challenge=double");
    (void)play(RULES_FIRST, "place 8D CARES");
    (void)play(RULES_SECOND, "challenge");
    struct rules_options options = table.options;
    struct rules_game *game = NULL;
    struct fault fault = {0};
    options.lexicon = NULL;
    assert_int_equal(rules_create(&table.arena, table.set, &options, &game, &fault), STATUS_OK);
    for (uint32_t i = 0; i < rules_turn_count(table.game); i++)
        assert_int_equal(rules_replay(game, &table.turns[i], &fault), STATUS_OK);
    struct rules_event event = {"new", 2, RULES_FIRST, 0, "challenge", 9};
    struct rules_outcome outcome;
    assert_int_equal(rules_apply(game, &event, &outcome), STATUS_OK);
    assert_string_equal(outcome.reason, "NOTHING_TO_CHALLENGE");
}

static void a_replay_finds_draws_that_were_tampered_with(void **state)
{
    (void)state;
    sit("");
    (void)play(RULES_FIRST, "place 8D CARES");
    struct rules_game *game = NULL;
    struct fault fault = {0};
    struct rules_turn turn = table.turns[0];
    turn.record = "place 8D CARES\nPLACE 0 ACERSTX 8D CARES 20 20 CARES\nDRAW 0 ESSTT";
    assert_int_equal(rules_create(&table.arena, table.set, &table.options, &game, &fault),
                     STATUS_OK);
    assert_int_equal(rules_replay(game, &turn, &fault), STATUS_DATA_LOSS);
}

/* ---- endings ----------------------------------------------------------------------------- */

static void six_scoreless_turns_of_any_kind_end_the_game(void **state)
{
    (void)state;
    sit("challenge=double");
    assert_string_equal(play(RULES_FIRST, "pass"), "pass\nPASS 0 ACERSTX - - 0 0 -");
    assert_string_equal(play(RULES_SECOND, "exchange QS"),
                        "exchange QS\nEXCH 1 DGIIOQS - QS 0 0 -\nDRAW 1 AA");
    (void)play(RULES_FIRST, "place 8D RACES");
    (void)play(RULES_SECOND, "challenge");
    (void)play(RULES_SECOND, "pass");
    (void)play(RULES_FIRST, "pass");
    assert_string_equal(play(RULES_SECOND, "pass"), "pass\n"
                                                    "PASS 1 AADGIIO - - 0 0 -\n"
                                                    "RACKPEN 1 AADGIIO - - -9 -9 -\n"
                                                    "RACKPEN 0 ACERSTX - - -16 -16 -");
    assert_ended(RULES_END_CONSECUTIVE_ZEROES, RULES_SECOND);
    assert_string_equal(play(RULES_FIRST, "pass"), "GAME_OVER");
}

static void a_phony_can_be_the_sixth_scoreless_turn(void **state)
{
    (void)state;
    sit("challenge=single");
    for (int i = 0; i < 4; i++)
        (void)play((enum rules_party)(i % 2), "pass");
    (void)play(RULES_FIRST, "pass");
    (void)play(RULES_SECOND, "place 8F DOG");
    assert_string_equal(play(RULES_FIRST, "challenge"), "challenge\n"
                                                        "PHONY 1 DGIIOQS 8F DOG -10 0 -\n"
                                                        "RACKPEN 1 DGIIOQS - - -18 -18 -\n"
                                                        "RACKPEN 0 ACERSTX - - -16 -16 -");
    assert_ended(RULES_END_CONSECUTIVE_ZEROES, RULES_FIRST);
}

static void a_turn_lost_can_be_the_sixth_scoreless_turn(void **state)
{
    (void)state;
    sit("challenge=double");
    (void)play(RULES_FIRST, "place 8D CARES");
    (void)play(RULES_SECOND, "challenge");
    for (int i = 0; i < 4; i++)
        (void)play((enum rules_party)(i % 2), "pass");
    assert_false(rules_result(table.game).over);
    (void)play(RULES_FIRST, "pass");
    assert_ended(RULES_END_CONSECUTIVE_ZEROES, RULES_FIRST);
}

static void a_score_of_any_size_starts_the_count_again(void **state)
{
    (void)state;
    sit("challenge=single");
    for (int i = 0; i < 5; i++)
        (void)play((enum rules_party)(i % 2), "pass");
    (void)play(RULES_SECOND, "place 8E DOGS");
    assert_non_null(strstr(table_view(&table, RULES_FIRST), "\"scoreless_turns\":0"));
}

/* ---- clocks ------------------------------------------------------------------------------ */

static const struct timing_control with_overtime = {TIMING_REAL_TIME, 15000, 0, 120000, 0};

static void overtime_costs_whoever_took_it_however_the_game_ends(void **state)
{
    (void)state;
    sit_with_clock("", with_overtime);
    table.now_ms = 15000 + 60001;
    (void)play(RULES_FIRST, "place 8D CARES");
    assert_string_equal(play(RULES_SECOND, "resign"), "resign\nTIME 0 - - - -20 0 -");
    assert_ended(RULES_END_RESIGNED, RULES_FIRST);
    table_close(&table);
    sit_with_clock("", with_overtime);
    table.now_ms = 15000 + 60001;
    (void)play(RULES_FIRST, "place 8D CARES");
    assert_string_equal(play(RULES_DIRECTOR, "abort"), "abort");
    assert_score(20, 0);
}

static void adjudication_counts_the_penalties_first(void **state)
{
    (void)state;
    sit_with_clock("", with_overtime);
    table.now_ms = 15000 + 60001;
    (void)play(RULES_FIRST, "place 8D CARES");
    (void)play(RULES_SECOND, "place H8 .O");
    assert_string_equal(play(RULES_DIRECTOR, "adjudicate"), "adjudicate\nTIME 0 - - - -20 0 -");
    assert_ended(RULES_END_ADJUDICATED, RULES_SECOND);
    assert_true(rules_result(table.game).by_director);
}

static void a_flag_that_falls_loses_with_the_full_penalty(void **state)
{
    (void)state;
    sit_with_clock("", with_overtime);
    assert_int_equal(timing_deadline_ms(rules_timing(table.game)), 135000);
    table.now_ms = 135001;
    assert_string_equal(play(RULES_SECOND, "timeout"), "timeout\nTIME 0 - - - -20 -20 -");
    assert_ended(RULES_END_TIME, RULES_SECOND);
}

static void a_challenge_takes_time_but_gains_none(void **state)
{
    (void)state;
    sit_with_clock("challenge=single",
                   (struct timing_control){TIMING_REAL_TIME, 60000, 5000, 0, 0});
    table.now_ms = 1000;
    (void)play(RULES_FIRST, "place 8D CARES");
    table.now_ms = 4000;
    (void)play(RULES_SECOND, "challenge");
    assert_int_equal(rules_timing(table.game)->remaining_ms[0], 64000);
    assert_int_equal(rules_timing(table.game)->remaining_ms[1], 57000);
    assert_int_equal(rules_timing(table.game)->seat_on_turn, RULES_SECOND);
    table.now_ms = 5000;
    (void)play(RULES_SECOND, "pass");
    assert_int_equal(rules_timing(table.game)->remaining_ms[1], 61000);
}

/* ---- what others may see ----------------------------------------------------------------- */

static void nobody_sees_the_racks_of_others_before_the_end(void **state)
{
    (void)state;
    static const enum rules_party strangers[] = {RULES_SECOND, RULES_WATCHER, RULES_DIRECTOR,
                                                 RULES_CLOCK};
    sit("challenge=double");
    (void)play(RULES_FIRST, "exchange TX");
    for (size_t i = 0; i < COUNT_OF(strangers); i++) {
        const char *turn = table_view_last_turn(&table, strangers[i]);
        assert_null(strstr(turn, "ACERS"));
        assert_null(strstr(turn, "TX"));
        assert_null(strstr(turn, "EE"));
        assert_non_null(strstr(turn, "\"exchanged\":2"));
        assert_null(strstr(table_view(&table, strangers[i]), "ACEEE"));
    }
    const char *own = table_view_last_turn(&table, RULES_FIRST);
    assert_non_null(strstr(own, "\"rack\":\"ACERSTX\""));
    assert_non_null(strstr(own, "\"tiles\":\"TX\""));
    assert_non_null(strstr(own, "\"drawn\":\"EE\""));
    assert_non_null(strstr(table_view(&table, RULES_FIRST), "\"racks\":[\"ACEEERS\",null]"));
    assert_non_null(strstr(table_view(&table, RULES_WATCHER), "\"racks\":[null,null]"));
    (void)play(RULES_SECOND, "resign");
    assert_non_null(
        strstr(table_view(&table, RULES_WATCHER), "\"racks\":[\"ACEEERS\",\"DGIIOQS\"]"));
}

static void a_phony_shows_its_tiles_but_not_the_rest_of_the_rack(void **state)
{
    (void)state;
    sit("challenge=double");
    (void)play(RULES_FIRST, "place 8D RACES");
    (void)play(RULES_SECOND, "challenge");
    const char *turn = table_view_last_turn(&table, RULES_SECOND);
    assert_non_null(strstr(turn, "\"tiles\":\"RACES\""));
    assert_null(strstr(turn, "ACERSTX"));
}

/* ---- options ----------------------------------------------------------------------------- */

static void refuses_options_that_make_no_game(void **state)
{
    (void)state;
    static const char *const wrong[] = {"challenge=quadruple", "board=Chess", "tiles=klingon",
                                        "variant=wordsmog",    "lexicon=NWL", "speed=fast"};
    sit("");
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct rules_options options = table.options;
        struct rules_game *game = NULL;
        struct fault fault = {0};
        options.text = wrong[i];
        assert_int_equal(rules_create(&table.arena, table.set, &options, &game, &fault),
                         STATUS_INVALID_ARGUMENT);
        assert_true(fault.text[0] != '\0');
    }
    struct rules_options options = table.options;
    struct rules_game *game = NULL;
    options.draws.draw = NULL;
    assert_int_equal(rules_create(&table.arena, table.set, &options, &game, NULL),
                     STATUS_INVALID_ARGUMENT);
}

static void the_large_board_is_only_another_table(void **state)
{
    (void)state;
    sit("variant=classic_super");
    assert_non_null(strstr(table_view(&table, RULES_FIRST), "\"bag\":186"));
    assert_string_equal(play(RULES_FIRST, "place 8D CARES"), "MISSES_CENTRE");
    assert_string_equal(play(RULES_FIRST, "place 11H CARES"),
                        "place 11H CARES\n"
                        "PLACE 0 ACERSTX 11H CARES 14 14 CARES\n"
                        "DRAW 0 EENOT");
    assert_string_equal(play(RULES_SECOND, "place L11 .O"), "place L11 .O\n"
                                                            "PLACE 1 DGIIOQS L11 .O 3 3 SO\n"
                                                            "DRAW 1 A");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_placement_scores_and_draws),
        TEST(placements_against_the_rules_are_refused),
        TEST(later_placements_must_fit_the_board),
        TEST(void_refuses_invalid_words_and_challenges),
        TEST(a_phony_comes_off_and_its_draw_goes_back),
        TEST(single_costs_nothing),
        TEST(double_costs_the_turn),
        TEST(five_and_ten_points_go_to_the_player_challenged),
        TEST(words_can_be_challenged_one_by_one),
        TEST(triple_ends_the_game_either_way),
        TEST(a_replay_does_not_ask_the_lexicon),
        TEST(a_replay_finds_draws_that_were_tampered_with),
        TEST(six_scoreless_turns_of_any_kind_end_the_game),
        TEST(a_phony_can_be_the_sixth_scoreless_turn),
        TEST(a_turn_lost_can_be_the_sixth_scoreless_turn),
        TEST(a_score_of_any_size_starts_the_count_again),
        TEST(overtime_costs_whoever_took_it_however_the_game_ends),
        TEST(adjudication_counts_the_penalties_first),
        TEST(a_flag_that_falls_loses_with_the_full_penalty),
        TEST(a_challenge_takes_time_but_gains_none),
        TEST(nobody_sees_the_racks_of_others_before_the_end),
        TEST(a_phony_shows_its_tiles_but_not_the_rest_of_the_rack),
        TEST(refuses_options_that_make_no_game),
        TEST(the_large_board_is_only_another_table),
    };
    return cmocka_run_group_tests_name("crossword", tests, NULL, NULL);
}
