/* sheets and losses: a match's games and void boards in what is printed, listed and left out. */
#include "orchestrator/desk/sheets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "orchestrator/desk/losses.h"

struct scene {
    Arbiter__V1__Division division;
    Arbiter__V1__Entrant entrants[4];
    Arbiter__V1__Entrant *entrant_list[4];
    Arbiter__V1__BoardPairing rows[3];
    Arbiter__V1__BoardPairing *row_list[3];
    Arbiter__V1__MatchGame games[3];
    Arbiter__V1__MatchGame *game_list[3];
    struct buffer out;
};

static void set_row(struct scene *scene, int index, const char *status, const char *outcome)
{
    Arbiter__V1__BoardPairing *row = &scene->rows[index];
    arbiter__v1__board_pairing__init(row);
    row->round = index < 2 ? 1 : 2;
    row->board = index < 2 ? index + 1 : 1;
    row->first = index == 1 ? "cat" : "ann";
    row->second = index == 1 ? "dan" : "bob";
    row->kind = "game";
    row->status = (char *)status;
    row->outcome = (char *)outcome;
    scene->row_list[index] = row;
}

static void set_game(struct scene *scene, int index, const char *status, const char *outcome,
                     int first, int second)
{
    Arbiter__V1__MatchGame *game = &scene->games[index];
    arbiter__v1__match_game__init(game);
    game->number = index + 1;
    game->game_id = (char *)(index == 0 ? "g1" : index == 1 ? "g2" : "g3");
    game->starts = (char *)(index % 2 == 0 ? "ann" : "bob");
    game->status = (char *)status;
    game->outcome = (char *)outcome;
    game->first_score = first;
    game->second_score = second;
    scene->game_list[index] = game;
}

/* Round 1: a match of three games, one of them void, and a void board of two others; round 2: a
 * plain board. */
static int open_scene(void **state)
{
    static struct scene scene;
    static char *const names[] = {"ann", "bob", "cat", "dan"};
    scene = (struct scene){0};
    arbiter__v1__division__init(&scene.division);
    scene.division.name = "open";
    scene.division.entrants = scene.entrant_list;
    scene.division.n_entrants = 4;
    for (int i = 0; i < 4; i++) {
        arbiter__v1__entrant__init(&scene.entrants[i]);
        scene.entrants[i].player_id = names[i];
        scene.entrants[i].name = (char *)(i == 0 ? "Ann, A." : names[i]);
        scene.entrant_list[i] = &scene.entrants[i];
    }
    set_row(&scene, 0, "final", "first");
    set_row(&scene, 1, "void", "");
    set_row(&scene, 2, "final", "second");
    set_game(&scene, 0, "final", "first", 400, 350);
    set_game(&scene, 1, "void", "", 0, 0);
    set_game(&scene, 2, "final", "second", 300, 320);
    scene.rows[0].first_score = 2;
    scene.rows[0].second_score = 1;
    scene.rows[0].games = scene.game_list;
    scene.rows[0].n_games = 3;
    scene.rows[2].game_id = "g9";
    scene.rows[2].first_score = 10;
    scene.rows[2].second_score = 20;
    scene.division.pairings = scene.row_list;
    scene.division.n_pairings = 3;
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    buffer_deinit(&((struct scene *)*state)->out);
    return 0;
}

static void results_list_each_game_of_a_match_and_void_boards(void **state)
{
    struct scene *scene = *state;
    buffer_append_text(&scene->out, SHEET_RESULTS_HEADER);
    sheet_results(&scene->out, &scene->division);
    assert_string_equal(
        buffer_text(&scene->out),
        "division,round,board,first,second,kind,status,outcome,first_score,second_score,game,"
        "game_id,starts\r\n"
        "\"open\",1,1,\"Ann, A.\",\"bob\",game,final,first,2,1,,,\r\n"
        "\"open\",1,1,\"Ann, A.\",\"bob\",match_game,final,first,400,350,1,g1,\"Ann, A.\"\r\n"
        "\"open\",1,1,\"Ann, A.\",\"bob\",match_game,void,,0,0,2,g2,\"bob\"\r\n"
        "\"open\",1,1,\"Ann, A.\",\"bob\",match_game,final,second,300,320,3,g3,\"Ann, A.\"\r\n"
        "\"open\",1,2,\"cat\",\"dan\",game,void,,0,0,,,\r\n"
        "\"open\",2,1,\"Ann, A.\",\"bob\",game,final,second,10,20,,g9,\r\n");
}

static void a_sheet_shows_a_matchs_games_and_what_is_void(void **state)
{
    struct scene *scene = *state;
    sheet_pairings(&scene->out, &scene->division, 1);
    const char *text = buffer_text(&scene->out);
    assert_non_null(strstr(text, ">2–1 (400–350, void, 300–320)</td>"));
    assert_non_null(strstr(text, "<td>dan</td><td class=\"n\">void</td></tr>"));
    assert_null(strstr(text, "10–20"));
}

static void a_board_whose_players_sit_elsewhere_is_none(void **state)
{
    struct scene *scene = *state;
    struct book_losses losses = {0};
    scene->rows[2].round = 1;
    scene->rows[2].second = "dan"; /* one of the two has another seat in that round */
    scene->rows[2].board = 3;
    scene->division.pairings = &scene->row_list[1];
    scene->division.n_pairings = 2;
    assert_true(sheet_is_replaced(&scene->division, &scene->rows[1]));
    assert_false(sheet_is_replaced(&scene->division, &scene->rows[2]));
    losses_of_boards(&scene->division, &losses);
    assert_int_equal(losses.count, 0);
    sheet_pairings(&scene->out, &scene->division, 1);
    assert_null(strstr(buffer_text(&scene->out), "void"));
    assert_non_null(strstr(buffer_text(&scene->out), "10–20"));
}

static void what_a_record_has_no_place_for_is_said(void **state)
{
    struct scene *scene = *state;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    struct book_losses losses = {.arena = &arena};
    losses_of_boards(&scene->division, &losses);
    assert_int_equal(losses.count, 1);
    assert_string_equal(losses.lines[0],
                        "open: board 2 of round 1 is void: cat and dan are written "
                        "as if they had not been paired");
    scene->division.pairings = &scene->row_list[2]; /* a plain board alone */
    scene->division.n_pairings = 1;
    losses = (struct book_losses){.arena = &arena};
    losses_of_boards(&scene->division, &losses);
    assert_int_equal(losses.count, 0);
    arena_deinit(&arena);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(results_list_each_game_of_a_match_and_void_boards),
        CASE(a_sheet_shows_a_matchs_games_and_what_is_void),
        CASE(a_board_whose_players_sit_elsewhere_is_none),
        CASE(what_a_record_has_no_place_for_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
