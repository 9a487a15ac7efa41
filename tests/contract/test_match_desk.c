/* A director corrects results of double elimination and of matches of several games through the
 * REST API: who stands in which slot of the winners' and the losers' bracket and of the final
 * follows, a match that is decided ends, and the preview says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

#define EVENT "cup"
#define ACTIONS "/v1/tournaments/" EVENT "/actions"

static const char policy[] =
    "tournament: cup\\n"
    "entry: {capacity: 4}\\n"
    "divisions:\\n"
    "  - name: open\\n"
    "    rounds: 5\\n"
    "    game: {rules: reported, rated: true, rating_policy: glicko2}\\n"
    "    order: WINS,TPN\\n"
    "    pairing:\\n"
    "      - {rounds: 1-5, method: double_elimination, reset_final: true}\\n"
    "    next_round: director\\n";

/* ---- the scene --------------------------------------------------------------------------- */

/* Four players: Ann meets Dan and Bob meets Cat. */
static int open_cup(void **state)
{
    struct scene *scene = scene_create(NULL);
    *state = scene;
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Cup', 'tournament_id': '" EVENT "', 'policy': '%s'}",
                              policy),
                  201);
    enter_four(scene, EVENT);
    (void)direct(scene, EVENT, "{'action': 'start'}");
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 1 AND status = 'playing'", 2);
    return 0;
}

/* The board of a round at which a player meets somebody; 0 where he does not. */
static int board_of(struct scene *scene, int round, const char *player)
{
    return (int)house_query(
        scene->house, path_of("SELECT coalesce(max(board), 0) FROM pairings WHERE round = %d AND "
                              "second_player <> '' AND status <> 'void' AND '%s' IN (first_player, "
                              "second_player)",
                              round, player));
}

static bool sits_first(struct scene *scene, int round, const char *player)
{
    return house_query(scene->house,
                       path_of("SELECT count(*) FROM pairings WHERE round = %d AND board = %d AND "
                               "first_player = '%s'",
                               round, board_of(scene, round, player), player)) == 1;
}

static bool meet(struct scene *scene, int round, const char *one, const char *other)
{
    int board = board_of(scene, round, one);
    return board > 0 && board == board_of(scene, round, other);
}

/* As the data of an action: the player wins, or has won. */
static const char *won_by(struct scene *scene, int round, const char *player)
{
    bool is_first = sits_first(scene, round, player);
    return path_of("'outcome': '%s', 'first_score': %d, 'second_score': %d",
                   is_first ? "first" : "second", is_first ? 420 : 380, is_first ? 380 : 420);
}

static void win(struct scene *scene, int round, const char *player)
{
    int board = board_of(scene, round, player);
    assert_int_not_equal(board, 0);
    (void)direct(scene, EVENT, "{'action': 'set_result', 'round': %d, 'board': %d, 'data': {%s}}",
                 round, board, won_by(scene, round, player));
}

/* Waits for the round's end, and for the games of the next one. */
static void next_round(struct scene *scene, int next, int boards)
{
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        if (try_to_direct(scene, EVENT, scene->director, "{'action': 'next_round'}")->status == 200)
            break;
        usleep(STEP_US);
    }
    await_count(scene,
                path_of("SELECT count(*) FROM pairings WHERE round = %d AND status = 'playing' AND "
                        "game_id <> ''",
                        next),
                boards);
}

static const char *amendment(struct scene *scene, int round, const char *winner, const char *later)
{
    return path_of("{'action': 'amend_result', 'data': {'round': %d, 'board': %d, %s, 'later': "
                   "'%s'}}",
                   round, board_of(scene, round, winner), won_by(scene, round, winner), later);
}

static const struct client_answer *preview(struct scene *scene, const char *body)
{
    const struct client_answer *answer =
        client_post(scene->client, ACTIONS "?dry_run=true", scene->director, "%s", body);
    assert_status(answer, 200);
    return answer;
}

static bool tells(const struct client_answer *answer, const char *what)
{
    const json_t *changes = client_member(answer, "consequences.changes");
    for (size_t i = 0; i < json_array_size(changes); i++)
        if (strstr(json_string_value(json_array_get(changes, i)), what) != NULL)
            return true;
    return false;
}

/* One of the sentences is about this round and seats the two together. */
static void assert_seats(const struct client_answer *answer, int round, const char *one,
                         const char *other)
{
    const json_t *changes = client_member(answer, "consequences.changes");
    const char *start = path_of("round %d, board ", round);
    const char *ways[] = {path_of(": %s against %s instead of", one, other),
                          path_of(": %s against %s instead of", other, one)};
    for (size_t i = 0; i < json_array_size(changes); i++) {
        const char *text = json_string_value(json_array_get(changes, i));
        if (strncmp(text, start, strlen(start)) == 0 &&
            (strstr(text, ways[0]) != NULL || strstr(text, ways[1]) != NULL))
            return;
    }
    fail_msg("round %d: nothing seats %s against %s: %s", round, one, other, answer->body);
}

static void amend(struct scene *scene, int round, const char *winner, const char *later)
{
    (void)direct(scene, EVENT, "%s", amendment(scene, round, winner, later));
}

/* Waits until the two sit together, and play. */
static void await_game(struct scene *scene, int round, const char *one, const char *other)
{
    for (int i = 0; i < PATIENCE_STEPS && !meet(scene, round, one, other); i++)
        usleep(STEP_US);
    assert_true(meet(scene, round, one, other));
    await_count(scene,
                path_of("SELECT count(*) FROM pairings WHERE round = %d AND board = %d AND status "
                        "= 'playing' AND game_id <> ''",
                        round, board_of(scene, round, one)),
                1);
}

/* ---- the brackets ------------------------------------------------------------------------ */

/* Round 1: Ann and Bob win. */
static void play_round_1(struct scene *scene)
{
    assert_true(meet(scene, 1, "ann", "dan"));
    assert_true(meet(scene, 1, "bob", "cat"));
    win(scene, 1, "ann");
    win(scene, 1, "bob");
    next_round(scene, 2, 2);
    assert_true(meet(scene, 2, "ann", "bob"));
    assert_true(meet(scene, 2, "cat", "dan"));
}

/* Round 2: Ann is unbeaten, Cat has beaten Dan, who is out; Bob meets Cat. */
static void play_round_2(struct scene *scene)
{
    play_round_1(scene);
    win(scene, 2, "ann");
    win(scene, 2, "cat");
    next_round(scene, 3, 1);
    assert_true(meet(scene, 3, "bob", "cat"));
}

/* Round 3: Bob comes to the final. */
static void play_round_3(struct scene *scene)
{
    play_round_2(scene);
    win(scene, 3, "bob");
    next_round(scene, 4, 1);
    assert_true(meet(scene, 4, "ann", "bob"));
}

static void a_first_round_result_moves_players_of_both_brackets(void **state)
{
    struct scene *scene = *state;
    play_round_1(scene);
    const struct client_answer *told = preview(scene, amendment(scene, 1, "dan", "re_pair"));
    assert_int_equal(client_integer(told, "level"), 4);
    assert_seats(told, 2, "dan", "bob");
    assert_seats(told, 2, "ann", "cat");
    assert_int_equal(json_array_size(client_member(told, "consequences.pairings")), 4);
    amend(scene, 1, "dan", "re_pair");
    await_game(scene, 2, "dan", "bob");
    await_game(scene, 2, "ann", "cat");
    (void)direct(scene, EVENT, "{'action': 'undo'}");
    await_game(scene, 2, "ann", "bob");
    await_game(scene, 2, "cat", "dan");
}

/* Round 2 has been published and is held; its games begin with the right players. */
static void a_slot_that_has_not_begun_begins_with_the_right_players(void **state)
{
    struct scene *scene = *state;
    (void)direct(scene, EVENT, "{'action': 'hold_round'}");
    win(scene, 1, "ann");
    win(scene, 1, "bob");
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        if (try_to_direct(scene, EVENT, scene->director, "{'action': 'next_round'}")->status == 200)
            break;
        usleep(STEP_US);
    }
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 2 AND status = 'paired'", 2);
    (void)direct(scene, EVENT, "{'action': 'publish_pairings'}");
    const struct client_answer *told = preview(scene, amendment(scene, 1, "dan", "re_pair"));
    assert_seats(told, 2, "dan", "bob");
    assert_seats(told, 2, "ann", "cat");
    assert_int_equal(json_array_size(client_member(told, "consequences.games")), 0);
    amend(scene, 1, "dan", "re_pair");
    (void)direct(scene, EVENT, "{'action': 'release_round'}");
    await_game(scene, 2, "dan", "bob");
    await_game(scene, 2, "ann", "cat");
}

static void assert_refused(struct scene *scene, const char *body, const char *because)
{
    const struct client_answer *answer =
        client_post(scene->client, ACTIONS "?dry_run=true", scene->director, "%s", body);
    assert_true(answer->status == 400 || answer->status == 409);
    if (strstr(answer->body, because) == NULL)
        fail_msg("'%s' is not in %s", because, answer->body);
}

/* Of round 2 the losers' board is over: those two have no other slot, and so have the others. */
static void a_slot_that_has_been_played_stays(void **state)
{
    struct scene *scene = *state;
    play_round_1(scene);
    win(scene, 2, "cat");
    assert_refused(scene, amendment(scene, 1, "dan", "re_pair"), "round 2 is as it is");
    const struct client_answer *told = preview(scene, amendment(scene, 1, "dan", "keep"));
    assert_int_equal(client_integer(told, "level"), 4);
    assert_int_equal(json_array_size(client_member(told, "consequences.pairings")), 4);
    assert_int_equal(json_array_size(client_member(told, "consequences.games")), 0);
    amend(scene, 1, "dan", "keep");
    assert_true(meet(scene, 2, "ann", "bob"));
    /* Ann has lost to Dan and now to Bob; Dan has lost to Cat, Cat to Bob: Bob is unbeaten. */
    win(scene, 2, "bob");
    next_round(scene, 3, 1);
    assert_true(meet(scene, 3, "cat", "dan"));
}

static void who_was_out_comes_back_by_a_losers_result(void **state)
{
    struct scene *scene = *state;
    play_round_2(scene);
    const struct client_answer *told = preview(scene, amendment(scene, 2, "dan", "re_pair"));
    assert_int_equal(client_integer(told, "level"), 4);
    assert_seats(told, 3, "dan", "bob");
    amend(scene, 2, "dan", "re_pair");
    await_game(scene, 3, "dan", "bob");
    assert_int_equal(board_of(scene, 3, "cat"), 0);
    win(scene, 3, "dan");
    next_round(scene, 4, 1);
    assert_true(meet(scene, 4, "ann", "dan"));
}

static void the_unbeaten_one_goes_back_to_the_losers_bracket(void **state)
{
    struct scene *scene = *state;
    play_round_2(scene);
    const struct client_answer *told = preview(scene, amendment(scene, 2, "bob", "re_pair"));
    assert_seats(told, 3, "ann", "cat");
    amend(scene, 2, "bob", "re_pair");
    await_game(scene, 3, "ann", "cat");
    win(scene, 3, "cat");
    next_round(scene, 4, 1);
    assert_true(meet(scene, 4, "bob", "cat"));
}

static void the_final_gets_who_has_won_the_losers_bracket(void **state)
{
    struct scene *scene = *state;
    play_round_3(scene);
    const struct client_answer *told = preview(scene, amendment(scene, 3, "cat", "re_pair"));
    assert_int_equal(client_integer(told, "level"), 4);
    assert_seats(told, 4, "ann", "cat");
    assert_true(tells(told, "round 3"));
    amend(scene, 3, "cat", "re_pair");
    await_game(scene, 4, "ann", "cat");
    (void)direct(scene, EVENT, "{'action': 'undo'}");
    await_game(scene, 4, "ann", "bob");
    amend(scene, 3, "cat", "void");
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 4 AND status = 'playing'", 0);
    (void)direct(scene, EVENT, "{'action': 're_pair', 'round': 4}");
    await_game(scene, 4, "ann", "cat");
}

/* Over a round that has been played: Dan, out since round 2, has lost only once, and Cat, who has
 * played in his place, is out. The final begins no more; first Bob and Dan meet. */
static void a_result_two_rounds_back_takes_the_final_off(void **state)
{
    struct scene *scene = *state;
    play_round_3(scene);
    const struct client_answer *told = preview(scene, amendment(scene, 2, "dan", "re_pair"));
    assert_int_equal(client_integer(told, "level"), 4);
    assert_seats(told, 4, "bob", "dan");
    assert_string_equal(client_text(told, "consequences.games.0.what"), "stopped");
    amend(scene, 2, "dan", "re_pair");
    await_game(scene, 4, "bob", "dan");
    assert_int_equal(board_of(scene, 4, "ann"), 0);
    win(scene, 4, "dan");
    next_round(scene, 5, 1);
    assert_true(meet(scene, 5, "ann", "dan"));
}

/* The second final has begun; the first one was Ann's after all, so nobody plays another. */
static void a_second_final_that_is_not_needed_is_taken_off(void **state)
{
    struct scene *scene = *state;
    play_round_3(scene);
    win(scene, 4, "bob");
    next_round(scene, 5, 1);
    assert_true(meet(scene, 5, "ann", "bob"));
    const struct client_answer *told = preview(scene, amendment(scene, 4, "ann", "re_pair"));
    assert_int_equal(client_integer(told, "level"), 4);
    assert_true(tells(told, "round 5, board 1: ann against bob no longer") ||
                tells(told, "round 5, board 1: bob against ann no longer"));
    assert_string_equal(client_text(told, "consequences.games.0.what"), "stopped");
    amend(scene, 4, "ann", "re_pair");
    await_count(scene, "SELECT count(*) FROM divisions WHERE status = 'finished'", 1);
    assert_int_equal(board_of(scene, 5, "ann"), 0);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games WHERE status = "
                                               "'playing'"),
                     0);
}

/* All has been played: a result is put right, slots are not; the preview says who should have met.
 */
static void after_the_last_round_only_the_results_change(void **state)
{
    struct scene *scene = *state;
    play_round_3(scene);
    win(scene, 4, "bob");
    next_round(scene, 5, 1);
    win(scene, 5, "bob");
    await_count(scene, "SELECT count(*) FROM divisions WHERE status = 'finished'", 1);
    static const char *const laters[] = {"re_pair", "void"};
    for (size_t i = 0; i < COUNT_OF(laters); i++)
        assert_refused(scene, amendment(scene, 3, "cat", laters[i]), "");
    const struct client_answer *told = preview(scene, amendment(scene, 3, "cat", "keep"));
    assert_int_equal(client_integer(told, "level"), 4);
    assert_true(json_array_size(client_member(told, "consequences.pairings")) > 0);
    assert_int_equal(json_array_size(client_member(told, "consequences.choices")), 0);
    amend(scene, 3, "cat", "keep");
    assert_true(meet(scene, 4, "ann", "bob"));
    assert_true(meet(scene, 5, "ann", "bob"));
}

/* ---- matches ----------------------------------------------------------------------------- */

static const char best_of_three[] = "tournament: duels\\n"
                                    "entry: {capacity: 2}\\n"
                                    "divisions:\\n"
                                    "  - name: open\\n"
                                    "    rounds: 1\\n"
                                    "    games_per_round: 3\\n"
                                    "    game: {rules: reported, rated: true}\\n"
                                    "    pairing: {1: round_robin}\\n";

static void await_number(struct scene *scene, int number)
{
    await_count(scene,
                path_of("SELECT count(*) FROM match_games WHERE board = 1 AND number = %d AND "
                        "status = 'playing'",
                        number),
                1);
}

static const char *game_is(const char *action, int game, const char *winner)
{
    return path_of("{'action': '%s', 'round': 1, 'board': 1, 'data': {'game': %d, 'outcome': '%s', "
                   "'first_score': 1, 'second_score': 1}}",
                   action, game, winner);
}

static int open_duels(void **state)
{
    struct scene *scene = scene_create(NULL);
    *state = scene;
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Duels', 'tournament_id': '" EVENT "', 'policy': '%s'}",
                              best_of_three),
                  201);
    enter_four(scene, EVENT);
    (void)direct(scene, EVENT, "{'action': 'start'}");
    await_number(scene, 1);
    (void)direct(scene, EVENT, "%s", game_is("set_result", 1, "first"));
    await_number(scene, 2);
    return 0;
}

static const struct client_answer *duel(struct scene *scene)
{
    return client_get(scene->client, "/v1/tournaments/" EVENT "/rounds/1", NULL);
}

static void a_match_decided_by_an_amendment_loses_its_open_game(void **state)
{
    struct scene *scene = *state;
    (void)direct(scene, EVENT, "%s", game_is("set_result", 2, "second"));
    await_number(scene, 3);
    const struct client_answer *told = preview(scene, game_is("amend_result", 2, "first"));
    assert_non_null(strstr(client_text(told, "consequences.notes.0"), "the match is decided"));
    (void)direct(scene, EVENT, "%s", game_is("amend_result", 2, "first"));
    await_count(scene,
                "SELECT count(*) FROM pairings WHERE board = 1 AND status = 'final' AND outcome = "
                "'first'",
                1);
    const struct client_answer *row = duel(scene);
    assert_string_equal(client_text(row, "pairings.0.games.2.status"), "void");
    await_count(scene,
                path_of("SELECT count(*) FROM games WHERE game_id = '%s' AND status = 'playing'",
                        client_text(row, "pairings.0.games.2.game_id")),
                0);
}

static void a_match_that_goes_on_does_so_after_an_amendment(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *told = preview(scene, game_is("amend_result", 1, "second"));
    assert_int_equal(json_array_size(client_member(told, "consequences.notes")), 0);
    (void)direct(scene, EVENT, "%s", game_is("amend_result", 1, "second"));
    await_number(scene, 2);
    (void)direct(scene, EVENT, "%s", game_is("set_result", 2, "first"));
    await_number(scene, 3);
}

/* What is over is over; the director is told before, and says who has won. */
static void a_match_undecided_again_is_told_to_stay_over(void **state)
{
    struct scene *scene = *state;
    (void)direct(scene, EVENT, "%s", game_is("set_result", 2, "first"));
    await_count(scene, "SELECT count(*) FROM pairings WHERE board = 1 AND status = 'final'", 1);
    const struct client_answer *told = preview(scene, game_is("amend_result", 2, "second"));
    assert_non_null(strstr(client_text(told, "consequences.notes.0"), "no further game begins"));
    (void)direct(scene, EVENT, "%s", game_is("amend_result", 2, "second"));
    assert_string_equal(client_text(duel(scene), "pairings.0.outcome"), "draw");
}

#define DUEL(name) cmocka_unit_test_setup_teardown(name, open_duels, close_scene)
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_cup, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_first_round_result_moves_players_of_both_brackets),
        CASE(a_slot_that_has_not_begun_begins_with_the_right_players),
        CASE(a_slot_that_has_been_played_stays),
        CASE(who_was_out_comes_back_by_a_losers_result),
        CASE(the_unbeaten_one_goes_back_to_the_losers_bracket),
        CASE(the_final_gets_who_has_won_the_losers_bracket),
        CASE(a_result_two_rounds_back_takes_the_final_off),
        CASE(a_second_final_that_is_not_needed_is_taken_off),
        CASE(after_the_last_round_only_the_results_change),
        DUEL(a_match_decided_by_an_amendment_loses_its_open_game),
        DUEL(a_match_that_goes_on_does_so_after_an_amendment),
        DUEL(a_match_undecided_again_is_told_to_stay_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
