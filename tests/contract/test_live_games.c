/* Whole games with tiles and words through the API: played by bots, nothing told that must not be,
 * and proved fair at their end. Argument: a folder of lexicons with EN80. */
#include "tests/contract/api_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "cli/bot.h"
#include "gamesvc/lexicon/lexicon_shelf.h"

enum { TURNS_MAX = 200, RACK_FULL = 7, RACK_BYTES = 16 };

static struct lexicon_shelf shelf;

#define CROSSWORD                                                                                  \
    "'request': {'rules': 'crossword', 'lexicon': 'EN80', 'challenge_rule': 'void', "              \
    "'initial_time_ms': 900000, 'rated': true, 'rating_policy': 'glicko2'}"
#define BREAKTHROUGH                                                                               \
    "'request': {'rules': 'breakthrough', 'rated': true, 'rating_policy': 'glicko2'}"

static int open_house(void **state)
{
    *state = scene_create(&(struct house_options){.shelf = &shelf});
    return 0;
}

/* Ann seeks, Bob accepts; returns the game as a stranger sees it. */
static const struct client_answer *start(struct scene *scene, const char *body)
{
    const struct client_answer *seek =
        client_post(scene->client, "/v1/seeks", scene->ann, "%s", body);
    assert_status(seek, 201);
    const struct client_answer *accepted =
        client_post(scene->client, path_of("/v1/seeks/%s/accept", client_text(seek, "seek_id")),
                    scene->bob, "{}");
    assert_status(accepted, 200);
    const struct client_answer *game =
        client_get(scene->client, path_of("/v1/games/%s", client_text(accepted, "game_id")), NULL);
    assert_status(game, 200);
    return game;
}

/* What is written of a rack is sorted: seven sorted letters stand nowhere else by chance. */
static void assert_silent(const char *text, const char *rack)
{
    if (strlen(rack) == RACK_FULL && strstr(text, rack) != NULL)
        fail_msg("rack %s is told: %s", rack, text);
}

static void copy_rack(const struct client_answer *seen, int seat, char out[RACK_BYTES])
{
    const char *rack = client_text(seen, seat == 0 ? "view.racks.0" : "view.racks.1");
    assert_non_null(rack);
    (void)snprintf(out, RACK_BYTES, "%s", rack); /* at most seven tiles */
}

/* Plays one move of whoever is on turn; false when the game is over. */
static bool play_on(struct scene *scene, const char *game_id, const char *tokens[2],
                    struct client_stream *stream, size_t *event)
{
    char racks[2][RACK_BYTES];
    const char *path = path_of("/v1/games/%s", game_id);
    const struct client_answer *seen[2] = {client_get(scene->client, path, tokens[0]),
                                           client_get(scene->client, path, tokens[1])};
    const struct client_answer *stranger = client_get(scene->client, path, NULL);
    const char *on_turn = client_text(seen[0], "view.on_turn");
    if (on_turn == NULL)
        return false;
    int seat = strcmp(on_turn, "second") == 0;
    struct arena arena;
    const char *move = NULL;
    arena_init(&arena, (size_t)1 << 20);
    for (int i = 0; i < 2; i++) {
        copy_rack(seen[i], i, racks[i]);
        assert_silent(seen[1 - i]->body, racks[i]);
        assert_silent(stranger->body, racks[i]);
        assert_null(client_text(seen[i], "seed"));
        assert_null(client_member(seen[i], "state"));
    }
    assert_int_equal(
        bot_move(&arena, &shelf.files[0].lexicon, client_member(seen[seat], "view"), seat, &move),
        STATUS_OK);
    const struct client_answer *played =
        client_post(scene->client, path_of("/v1/games/%s/moves", game_id), tokens[seat],
                    "{'move': '%s', 'expected_turn': %lld}", move,
                    client_integer(seen[seat], "view.turn_count"));
    assert_status(played, 200);
    const struct client_event *told =
        client_stream_find(stream, "game.turn", event, PATIENCE_STEPS);
    assert_non_null(told);
    char *text = json_dumps(told->data, 0);
    if (strcmp(client_text(played, "status"), "playing") == 0) {
        assert_silent(played->body, racks[1 - seat]);
        assert_silent(text, racks[0]);
        assert_silent(text, racks[1]);
    }
    free(text);
    arena_deinit(&arena);
    return true;
}

static void bots_finish_a_game_and_tell_no_racks(void **state)
{
    struct scene *scene = *state;
    struct client_stream *stream = client_stream_open(scene->client, "", scene->ann, -1);
    const struct client_answer *game = start(scene, "{" CROSSWORD "}");
    const char *game_id = client_text(game, "game_id");
    const char *tokens[2] = {token_of(scene, client_text(game, "first")),
                             token_of(scene, client_text(game, "second"))};
    size_t event = 0;
    int turns = 0;
    assert_int_equal(strlen(client_text(game, "commitment")), 64);
    assert_status(client_get(scene->client, path_of("/v1/games/%s.gcg", game_id), NULL), 409);
    assert_status(client_get(scene->client, path_of("/v1/games/%s/record", game_id), scene->ann),
                  409);
    while (play_on(scene, game_id, tokens, stream, &event))
        assert_true(++turns < TURNS_MAX);
    assert_true(turns > 10);
    const struct client_answer *over =
        await_text(scene, path_of("/v1/games/%s", game_id), "status", "final");
    assert_int_equal(strlen(client_text(over, "seed")), 64);
    assert_string_equal(client_text(over, "commitment"), client_text(game, "commitment"));
    size_t from = 0;
    const struct client_event *finished =
        client_stream_find(stream, "game.finished", &from, PATIENCE_STEPS);
    assert_non_null(finished);
    char *text = json_dumps(finished->data, 0);
    assert_non_null(strstr(text, client_text(over, "seed")));
    free(text);
    client_stream_close(stream);
    const struct client_answer *gcg =
        client_get(scene->client, path_of("/v1/games/%s.gcg", game_id), NULL);
    assert_status(gcg, 200);
    assert_non_null(strstr(gcg->body, "#lexicon EN80"));
    assert_status(client_get(scene->client, path_of("/v1/games/%s/record", game_id), NULL), 200);
}

static void a_repeated_move_is_answered_as_before(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *game = start(scene, "{" BREAKTHROUGH "}");
    const char *path = path_of("/v1/games/%s/moves", client_text(game, "game_id"));
    struct client_request request = {.method = "POST",
                                     .path = path,
                                     .token = token_of(scene, client_text(game, "first")),
                                     .body = "{\"move\": \"move a2a3\", \"expected_turn\": 0}",
                                     .key = "once"};
    const struct client_answer *once = client_call(scene->client, &request);
    assert_status(once, 200);
    assert_status(client_post(scene->client, path, token_of(scene, client_text(game, "second")),
                              "{'move': 'move a7a6'}"),
                  200);
    assert_string_equal(client_call(scene->client, &request)->body, once->body);
    request.key = "twice";
    assert_status(client_call(scene->client, &request), 409);
}

#define TIMED "'request': {'rules': 'breakthrough', 'initial_time_ms': 900000}"

/* Asks as `token` and returns the answer, of which `requests.open_id` is the id to answer by. */
static const struct client_answer *ask(struct scene *scene, const char *game_id, const char *token,
                                       const char *kind)
{
    return client_post(scene->client, path_of("/v1/games/%s/requests", game_id), token,
                       "{'kind': '%s'}", kind);
}

static const struct client_answer *answer(struct scene *scene, const char *game_id,
                                          const char *request_id, const char *token,
                                          const char *word)
{
    struct client_request request = {
        .method = "POST",
        .path = path_of("/v1/games/%s/requests/%s/%s", game_id, request_id, word),
        .token = token};
    return client_call(scene->client, &request);
}

static void players_ask_and_answer_beside_the_board(void **state)
{
    struct scene *scene = *state;
    const char *game_id = client_text(start(scene, "{" TIMED "}"), "game_id");
    const struct client_answer *asked = ask(scene, game_id, scene->ann, "abort");
    assert_status(asked, 200);
    assert_string_equal(client_text(asked, "requests.asked_by"), "ann");
    const char *id = client_text(asked, "requests.open_id");
    const struct client_answer *seen =
        client_get(scene->client, path_of("/v1/games/%s", game_id), NULL);
    assert_string_equal(client_text(seen, "requests.open_id"), id);
    assert_status(ask(scene, game_id, scene->bob, "abort"), 409); /* one is open */
    assert_status(answer(scene, game_id, id, scene->ann, "accept"), 409);
    assert_status(answer(scene, game_id, "other", scene->bob, "accept"), 404);
    const struct client_answer *denied = answer(scene, game_id, id, scene->bob, "deny");
    assert_status(denied, 200);
    assert_string_equal(client_text(denied, "requests.open_id"), "");
    assert_status(ask(scene, game_id, scene->ann, "abort"), 429); /* one a player */
    assert_status(ask(scene, game_id, scene->ann, "a break"), 400);
    const struct client_answer *more = ask(scene, game_id, scene->ann, "add-time");
    assert_status(more, 200);
    assert_int_equal(client_integer(more, "turn_count"), 1);
    asked = ask(scene, game_id, scene->bob, "abort");
    assert_status(asked, 200);
    const struct client_answer *granted =
        answer(scene, game_id, client_text(asked, "requests.open_id"), scene->ann, "accept");
    assert_status(granted, 200);
    assert_string_equal(client_text(granted, "status"), "ended");
    assert_string_equal(client_text(granted, "result.reason"), "aborted");
    (void)await_text(scene, path_of("/v1/games/%s", game_id), "status", "final");
}

static void a_director_ends_a_game_by_word(void **state)
{
    struct scene *scene = *state;
    const char *game_id = client_text(start(scene, "{" TIMED "}"), "game_id");
    const char *path = path_of("/v1/games/%s/moves", game_id);
    assert_status(client_post(scene->client, path, scene->ann, "{'move': 'adjudicate'}"), 403);
    assert_status(
        client_post(scene->client, path, scene->ann, "{'move': 'adjudicate', 'as_director': true}"),
        403);
    const struct client_answer *decided =
        client_post(scene->client, path, scene->director, "{'move': 'forfeit 1'}");
    assert_status(decided, 200);
    assert_string_equal(client_text(decided, "result.reason"), "forfeit");
    assert_string_equal(client_text(decided, "result.decided_by"), "dora");
}

static void a_game_with_an_unknown_lexicon_is_not_started(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *seek =
        client_post(scene->client, "/v1/seeks", scene->ann,
                    "{'request': {'rules': 'crossword', 'lexicon': 'NONE'}}");
    assert_status(seek, 201);
    const struct client_answer *accepted =
        client_post(scene->client, path_of("/v1/seeks/%s/accept", client_text(seek, "seek_id")),
                    scene->bob, "{}");
    const char *game_id = client_text(accepted, "game_id");
    assert_true(accepted->status >= 400 || game_id == NULL || game_id[0] == '\0');
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bots_finish_a_game_and_tell_no_racks, open_house,
                                        close_scene),
        cmocka_unit_test_setup_teardown(a_repeated_move_is_answered_as_before, open_house,
                                        close_scene),
        cmocka_unit_test_setup_teardown(players_ask_and_answer_beside_the_board, open_house,
                                        close_scene),
        cmocka_unit_test_setup_teardown(a_director_ends_a_game_by_word, open_house, close_scene),
        cmocka_unit_test_setup_teardown(a_game_with_an_unknown_lexicon_is_not_started, open_house,
                                        close_scene),
    };
    struct fault fault = {0};
    if (argc != 2 || lexicon_shelf_open(&shelf, argv[1], &fault) != STATUS_OK ||
        lexicon_shelf_find(&shelf, "EN80") != &shelf.files[0].lexicon) {
        fprintf(stderr, "usage: test_live_games FOLDER-WITH-EN80 %s\n", fault.text);
        return EXIT_FAILURE;
    }
    int failed = cmocka_run_group_tests_name("live_games", tests, NULL, NULL);
    lexicon_shelf_close(&shelf);
    return failed;
}
