/* rules: what is the same in all games, tested with `reported`, the simplest of them. */
#include "tests/unit/rules_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"

static struct table table;

static void sit(const char *options)
{
    table_open(&table, "reported", (struct rules_options){.text = options});
}

static void assert_ended(enum rules_end end, int winner)
{
    struct rules_result result = rules_result(table.game);
    assert_true(result.over);
    assert_int_equal(result.end, end);
    assert_int_equal(result.winner, winner);
}

static void agreement_of_both_players_ends_the_game(void **state)
{
    (void)state;
    sit("");
    assert_string_equal(table_play(&table, RULES_FIRST, "report 450 380"), "report 450 380");
    assert_false(rules_result(table.game).over);
    assert_string_equal(table_play(&table, RULES_SECOND, "report  450 380 "), "report 450 380");
    assert_ended(RULES_END_STANDARD, RULES_FIRST);
    assert_int_equal(rules_result(table.game).score[1], 380);
    assert_false(rules_result(table.game).by_director);
    table_close(&table);
}

static void a_player_may_agree_instead_of_repeating(void **state)
{
    (void)state;
    sit("");
    assert_string_equal(table_play(&table, RULES_SECOND, "agree"), "NOTHING_REPORTED");
    assert_string_equal(table_play(&table, RULES_FIRST, "report 300 300"), "report 300 300");
    assert_string_equal(table_play(&table, RULES_FIRST, "agree"), "NOTHING_REPORTED");
    assert_string_equal(table_play(&table, RULES_SECOND, "agree"), "agree");
    assert_ended(RULES_END_STANDARD, RULES_NO_WINNER);
    table_close(&table);
}

static void a_disagreement_waits_for_a_director(void **state)
{
    (void)state;
    sit("");
    (void)table_play(&table, RULES_FIRST, "report 400 390");
    (void)table_play(&table, RULES_SECOND, "report 390 400");
    assert_false(rules_result(table.game).over);
    assert_non_null(strstr(table_view(&table, RULES_WATCHER), "\"disputed\":true"));
    assert_string_equal(table_play(&table, RULES_DIRECTOR, "report 390 401"), "report 390 401");
    assert_ended(RULES_END_STANDARD, RULES_SECOND);
    assert_true(rules_result(table.game).by_director);
    table_close(&table);
}

static void a_player_may_correct_a_report(void **state)
{
    (void)state;
    sit("");
    (void)table_play(&table, RULES_FIRST, "report 400 390");
    (void)table_play(&table, RULES_SECOND, "report 390 400");
    (void)table_play(&table, RULES_FIRST, "report 390 400");
    assert_ended(RULES_END_STANDARD, RULES_SECOND);
    table_close(&table);
}

static void a_director_alone_can_report(void **state)
{
    (void)state;
    sit("");
    (void)table_play(&table, RULES_DIRECTOR, "report 1 0");
    assert_ended(RULES_END_STANDARD, RULES_FIRST);
    table_close(&table);
}

static void refuses_draws_where_there_are_none(void **state)
{
    (void)state;
    sit("draws=no max=20");
    assert_string_equal(table_play(&table, RULES_FIRST, "report 3 3"), "NO_DRAWS");
    assert_string_equal(table_play(&table, RULES_FIRST, "report 21 3"), "MALFORMED");
    assert_string_equal(table_play(&table, RULES_FIRST, "report 20 3"), "report 20 3");
    table_close(&table);
}

static void refuses_what_it_cannot_read(void **state)
{
    (void)state;
    static const char *const moves[] = {
        "",
        "   ",
        "report",
        "report 1",
        "report 1 2 3",
        "report x 1",
        "report 1e3 1",
        "report 99999999999999999999 1",
        "report 1 --1",
        "forfeit 2",
        "resign now",
        "add-time 0",
        "timeout 3",
        "agree 1",
        "dispute x",
        "\xff\xfe",
    };
    sit("");
    for (size_t i = 0; i < COUNT_OF(moves); i++) {
        enum rules_party actor = i % 2 == 0 ? RULES_FIRST : RULES_DIRECTOR;
        assert_string_not_equal(table_play(&table, actor, moves[i]), "");
        assert_int_equal(table.outcome.verdict, RULES_REFUSED);
    }
    assert_int_equal(rules_turn_count(table.game), 0);
    table_close(&table);
}

static void refuses_a_stale_turn_and_says_the_current_count(void **state)
{
    (void)state;
    sit("");
    (void)table_play(&table, RULES_FIRST, "report 2 1");
    struct rules_event event = {"late", 0, RULES_SECOND, 5, "report 2 1", 10};
    struct rules_outcome outcome;
    assert_int_equal(rules_apply(table.game, &event, &outcome), STATUS_OK);
    assert_int_equal(outcome.verdict, RULES_REFUSED);
    assert_string_equal(outcome.reason, "STALE_TURN");
    assert_int_equal(outcome.status, STATUS_ABORTED);
    assert_int_equal(outcome.turn_count, 1);
    event.turn = RULES_TURN_ANY;
    assert_int_equal(rules_apply(table.game, &event, &outcome), STATUS_OK);
    assert_int_equal(outcome.verdict, RULES_ACCEPTED);
    table_close(&table);
}

static void refuses_event_ids_that_could_not_be_stored(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "", "two words", "new\nline", "\xc3\xa9",
        "0123456789012345678901234567890123456789012345678901234567890123456789"};
    sit("");
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        struct rules_event event = {ids[i], 0, RULES_FIRST, 5, "report 2 1", 10};
        struct rules_outcome outcome;
        assert_int_equal(rules_apply(table.game, &event, &outcome), STATUS_OK);
        assert_string_equal(outcome.reason, "BAD_EVENT_ID");
    }
    table_close(&table);
}

static void players_resign_and_officials_end_games(void **state)
{
    (void)state;
    static const struct {
        enum rules_party actor;
        const char *move;
        enum rules_end end;
        int winner;
    } cases[] = {
        {RULES_FIRST, "resign", RULES_END_RESIGNED, RULES_SECOND},
        {RULES_SECOND, "resign", RULES_END_RESIGNED, RULES_FIRST},
        {RULES_DIRECTOR, "forfeit 0", RULES_END_FORCE_FORFEIT, RULES_SECOND},
        {RULES_CLOCK, "forfeit 1", RULES_END_FORCE_FORFEIT, RULES_FIRST},
        {RULES_DIRECTOR, "forfeit both", RULES_END_FORCE_FORFEIT, RULES_NO_WINNER},
        {RULES_DIRECTOR, "abort", RULES_END_ABORTED, RULES_NO_WINNER},
        {RULES_CLOCK, "cancel", RULES_END_CANCELLED, RULES_NO_WINNER},
        {RULES_DIRECTOR, "adjudicate", RULES_END_ADJUDICATED, RULES_NO_WINNER},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        sit("");
        assert_string_equal(table_play(&table, cases[i].actor, cases[i].move), cases[i].move);
        assert_ended(cases[i].end, cases[i].winner);
        assert_string_equal(table_play(&table, RULES_DIRECTOR, "report 1 0"), "GAME_OVER");
        table_close(&table);
    }
}

static void players_cannot_say_what_officials_say(void **state)
{
    (void)state;
    sit("");
    assert_string_equal(table_play(&table, RULES_FIRST, "forfeit 1"), "NOT_ALLOWED");
    assert_string_equal(table_play(&table, RULES_SECOND, "abort"), "NOT_ALLOWED");
    assert_string_equal(table_play(&table, RULES_WATCHER, "resign"), "NOT_ALLOWED");
    assert_string_equal(table_play(&table, RULES_WATCHER, "report 1 0"), "NOT_ALLOWED");
    assert_string_equal(table_play(&table, RULES_CLOCK, "report 1 0"), "NOT_ALLOWED");
    assert_string_equal(table_play(&table, RULES_DIRECTOR, "resign"), "NOT_ALLOWED");
    assert_string_equal(table_play(&table, RULES_SECOND, "timeout"), "TIME_LEFT");
    table_close(&table);
}

static void refuses_options_it_does_not_know(void **state)
{
    (void)state;
    static const char *const wrong[] = {"colour=red", "draws",   "draws=maybe",
                                        "max=0",      "max=1e9", "max=5 max=6"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct arena arena;
        arena_init(&arena, 1 << 20);
        struct rules_options options = {.text = wrong[i]};
        struct rules_game *game = NULL;
        struct fault fault = {0};
        assert_int_equal(rules_create(&arena, rules_find("reported"), &options, &game, &fault),
                         STATUS_INVALID_ARGUMENT);
        assert_true(fault.text[0] != '\0');
        arena_deinit(&arena);
    }
}

static void replay_refuses_turns_that_are_not_of_this_game(void **state)
{
    (void)state;
    static const struct rules_turn wrong[] = {
        {1, "a", RULES_FIRST, 0, "report 1 0"},
        {0, "a b", RULES_FIRST, 0, "report 1 0"},
        {0, "a", RULES_FIRST, 0, "report 1 0\nand more"},
        {0, "a", RULES_FIRST, 0, "report 1"},
        {0, "a", RULES_FIRST, 0, "report 01 0"},
        {0, "a", RULES_WATCHER, 0, "report 1 0"},
        {0, "a", RULES_FIRST, 0, ""},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        sit("");
        struct fault fault = {0};
        assert_int_equal(rules_replay(table.game, &wrong[i], &fault), STATUS_DATA_LOSS);
        assert_int_equal(fault.line, (int)wrong[i].number + 1);
        table_close(&table);
    }
}

static void decoding_refuses_what_encoding_never_writes(void **state)
{
    (void)state;
    sit("");
    (void)table_play(&table, RULES_FIRST, "report 2 1");
    const char *text = NULL;
    assert_int_equal(rules_encode(table.game, &table.arena, &text), STATUS_OK);
    size_t size = strlen(text);
    struct rules_game *copy = NULL;
    struct fault fault = {0};
    for (size_t cut = 0; cut < size - 1; cut++)
        assert_int_equal(
            rules_decode(&table.arena, table.set, &table.options, text, cut, &copy, &fault),
            STATUS_DATA_LOSS);
    table_close(&table);
}

static void a_full_arena_is_said_and_not_survived(void **state)
{
    (void)state;
    static char memory[2400];
    struct arena arena;
    arena_init_fixed(&arena, memory, sizeof memory);
    struct rules_options options = {.text = ""};
    struct rules_game *game = NULL;
    assert_int_equal(rules_create(&arena, rules_find("reported"), &options, &game, NULL),
                     STATUS_OK);
    static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < COUNT_OF(ids) && status == STATUS_OK; i++) {
        struct rules_event event = {ids[i], RULES_TURN_ANY, RULES_FIRST, 5, "report 2 1", 10};
        struct rules_outcome outcome;
        status = rules_apply(game, &event, &outcome);
    }
    assert_int_equal(status, STATUS_FULL);
}

static void a_quarrel_leaves_room_for_the_director(void **state)
{
    (void)state;
    sit("");
    for (int i = 0; i < 16; i++)
        assert_string_equal(table_play(&table, RULES_FIRST, "report 9 0"), "report 9 0");
    assert_string_equal(table_play(&table, RULES_FIRST, "report 9 0"), "TOO_MANY_REPORTS");
    assert_string_equal(table_play(&table, RULES_FIRST, "dispute"), "dispute");
    assert_string_equal(table_play(&table, RULES_SECOND, "dispute"), "ALREADY_DISPUTED");
    assert_string_equal(table_play(&table, RULES_DIRECTOR, "report 0 9"), "report 0 9");
    table_close(&table);
}

static void views_show_the_clocks_and_the_move(void **state)
{
    (void)state;
    sit("");
    (void)table_play(&table, RULES_SECOND, "report 7 9");
    assert_string_equal(table_view_last_turn(&table, RULES_FIRST),
                        "{\"turn_number\":0,\"event_id\":\"event-0\",\"actor\":\"second\","
                        "\"at_ms\":0,\"move\":\"report 7 9\",\"turn_count\":1,\"on_turn\":null,"
                        "\"status\":\"playing\",\"end\":0,\"winner\":null,\"score\":[0,0]}");
    assert_string_equal(table_view(&table, RULES_FIRST),
                        "{\"rules\":\"reported\",\"turn_count\":1,\"on_turn\":null,"
                        "\"status\":\"playing\",\"end\":0,\"winner\":null,\"score\":[0,0],"
                        "\"disputed\":false,\"reports\":[null,[7,9]]}");
    table_close(&table);
}

static void knows_its_rule_sets_by_name(void **state)
{
    (void)state;
    assert_string_equal(rules_name(rules_find("reported")), "reported");
    assert_null(rules_find("tiddlywinks"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agreement_of_both_players_ends_the_game),
        cmocka_unit_test(a_player_may_agree_instead_of_repeating),
        cmocka_unit_test(a_disagreement_waits_for_a_director),
        cmocka_unit_test(a_player_may_correct_a_report),
        cmocka_unit_test(a_director_alone_can_report),
        cmocka_unit_test(refuses_draws_where_there_are_none),
        cmocka_unit_test(refuses_what_it_cannot_read),
        cmocka_unit_test(refuses_a_stale_turn_and_says_the_current_count),
        cmocka_unit_test(refuses_event_ids_that_could_not_be_stored),
        cmocka_unit_test(players_resign_and_officials_end_games),
        cmocka_unit_test(players_cannot_say_what_officials_say),
        cmocka_unit_test(refuses_options_it_does_not_know),
        cmocka_unit_test(replay_refuses_turns_that_are_not_of_this_game),
        cmocka_unit_test(decoding_refuses_what_encoding_never_writes),
        cmocka_unit_test(a_full_arena_is_said_and_not_survived),
        cmocka_unit_test(a_quarrel_leaves_room_for_the_director),
        cmocka_unit_test(views_show_the_clocks_and_the_move),
        cmocka_unit_test(knows_its_rule_sets_by_name),
    };
    return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
