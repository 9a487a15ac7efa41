/* The whole house through its REST API: seeks, matches, games, tournaments, live events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "seeks/api.h"
#include "tests/contract/api_scene.h"

enum { CROWD = 200 };

/* ---- seeks -------------------------------------------------------------------------------------
 */

static void a_seek_becomes_a_game_and_two_ratings(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *game = start_game(scene);
    const char *game_id = client_text(game, "game_id");
    assert_string_equal(client_text(game, "status"), "playing");
    report_both(scene, game, 401, 388);
    const struct client_answer *final =
        await_text(scene, path_of("/v1/games/%s", game_id), "status", "final");
    assert_int_equal(client_integer(final, "result.first_score"), 401);
    assert_string_equal(client_text(final, "result.winner"), client_text(game, "first"));
    const char *players[] = {client_text(game, "first"), client_text(game, "second")};
    for (int i = 0; i < 2; i++) {
        const struct client_answer *profile =
            client_get(scene->client, path_of("/v1/players/%s", players[i]), NULL);
        assert_status(profile, 200);
        double change = client_number(profile, "ratings.0.rating") - 1500;
        assert_true(i == 0 ? change > 50 : change < -50);
        const struct client_answer *games =
            client_get(scene->client, path_of("/v1/players/%s/games?limit=5", players[i]), NULL);
        assert_string_equal(client_text(games, "games.0.game_id"), game_id);
        assert_string_equal(client_text(games, "games.0.status"), "final");
    }
}

static void open_seeks_are_listed_until_they_are_taken(void **state)
{
    struct scene *scene = *state;
    const char *seek_id = client_text(post_seek(scene, scene->ann), "seek_id");
    const struct client_answer *seeks = client_get(scene->client, "/v1/seeks", NULL);
    assert_string_equal(client_text(seeks, "seeks.0.seek_id"), seek_id);
    assert_string_equal(client_text(seeks, "seeks.0.status"), "open");
    assert_status(client_call(scene->client,
                              &(struct client_request){.method = "DELETE",
                                                       .path = path_of("/v1/seeks/%s", seek_id),
                                                       .token = scene->ann}),
                  200);
    seeks = client_get(scene->client, "/v1/seeks", NULL);
    assert_int_equal(json_array_size(client_member(seeks, "seeks")), 0);
    const struct client_answer *seek =
        client_get(scene->client, path_of("/v1/seeks/%s", seek_id), NULL);
    assert_string_equal(client_text(seek, "status"), "cancelled");
}

static void one_of_two_hundred_accepters_wins(void **state)
{
    struct scene *scene = *state;
    struct client_request requests[CROWD];
    const struct client_answer *answers[CROWD];
    char name[24];
    const char *seek_id = client_text(post_seek(scene, scene->ann), "seek_id");
    const char *path = path_of("/v1/seeks/%s/accept", seek_id);
    for (int i = 0; i < CROWD; i++) {
        (void)snprintf(name, sizeof name, "crowd-%d", i); /* fits */
        create_player(scene, name);
        requests[i] =
            (struct client_request){.method = "POST",
                                    .path = path,
                                    .token = house_token(scene->house, name, "player", NULL),
                                    .body = "{}"};
    }
    client_call_all(scene->client, requests, CROWD, answers);
    int won = 0;
    for (int i = 0; i < CROWD; i++) {
        won += answers[i]->status == 200;
        if (answers[i]->status != 200) {
            assert_status(answers[i], 409);
            assert_non_null(client_text(answers[i], "type"));
            assert_non_null(client_text(answers[i], "detail"));
        } else {
            assert_non_null(client_text(answers[i], "game_id"));
        }
    }
    assert_int_equal(won, 1);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), 1);
}

static void a_repeated_key_is_the_same_seek_and_the_same_game(void **state)
{
    struct scene *scene = *state;
    struct client_request post = {.method = "POST",
                                  .path = "/v1/seeks",
                                  .token = scene->ann,
                                  .key = "my-seek-1",
                                  .body = "{\"request\": {\"rules\": \"reported\"}}"};
    const struct client_answer *first = client_call(scene->client, &post);
    const struct client_answer *second = client_call(scene->client, &post);
    assert_status(first, 201);
    assert_status(second, 201);
    assert_string_equal(client_text(first, "seek_id"), client_text(second, "seek_id"));
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM seeks"), 1);
    struct client_request accept = {
        .method = "POST",
        .path = path_of("/v1/seeks/%s/accept", client_text(first, "seek_id")),
        .token = scene->bob,
        .key = "take-it",
        .body = "{}"};
    const struct client_answer *taken = client_call(scene->client, &accept);
    const struct client_answer *again = client_call(scene->client, &accept);
    assert_status(taken, 200);
    assert_status(again, 200);
    assert_string_equal(client_text(taken, "game_id"), client_text(again, "game_id"));
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), 1);
}

static void a_seek_expires(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *seek = client_post(scene->client, "/v1/seeks", scene->ann,
                                                   "{" REPORTED ", 'expires_in_ms': 1000}");
    assert_status(seek, 201);
    await_text(scene, path_of("/v1/seeks/%s", client_text(seek, "seek_id")), "status", "expired");
}

static void a_profile_is_made_once(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *again =
        client_post(scene->client, "/v1/players", scene->ann, "{'player_id': 'ann', 'name': 'X'}");
    assert_status(again, 200);
    assert_string_equal(client_text(again, "name"), "The ann");
}

static void a_game_is_played_move_by_move(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *seek = client_post(scene->client, "/v1/seeks", scene->ann,
                                                   "{'request': {'rules': 'breakthrough'}}");
    const struct client_answer *accepted =
        client_post(scene->client, path_of("/v1/seeks/%s/accept", client_text(seek, "seek_id")),
                    scene->bob, "{}");
    assert_status(accepted, 200);
    const char *path = path_of("/v1/games/%s", client_text(accepted, "game_id"));
    const char *first = client_text(client_get(scene->client, path, NULL), "first");
    const char *second = strcmp(first, "ann") == 0 ? "bob" : "ann";
    const char *moves = path_of("%s/moves", path);
    assert_status(client_post(scene->client, moves, token_of(scene, second),
                              "{'move': 'move b7b6', 'expected_turn': 0}"),
                  409);
    assert_status(client_post(scene->client, moves, token_of(scene, first),
                              "{'move': 'move b2b3', 'expected_turn': 0}"),
                  200);
    assert_status(client_post(scene->client, moves, token_of(scene, second), "{'move': 'resign'}"),
                  200);
    await_text(scene, path, "result.winner", first);
}

/* ---- matches -----------------------------------------------------------------------------------
 */

static const char *offer_match(struct scene *scene)
{
    const struct client_answer *match =
        client_post(scene->client, "/v1/matches", scene->ann, "{'opponent': 'bob', " REPORTED "}");
    assert_status(match, 201);
    return client_text(match, "match_id");
}

static void a_match_is_accepted_by_its_opponent_only(void **state)
{
    struct scene *scene = *state;
    const char *id = offer_match(scene);
    const char *eve = house_token(scene->house, "eve", "player", NULL);
    const struct client_answer *offer =
        client_get(scene->client, path_of("/v1/matches/%s", id), scene->bob);
    assert_status(offer, 200);
    assert_string_equal(client_text(offer, "challenger"), "ann");
    assert_status(client_post(scene->client, path_of("/v1/matches/%s/accept", id), eve, "{}"), 409);
    assert_status(client_get(scene->client, path_of("/v1/matches/%s", id), eve), 404);
    assert_status(client_get(scene->client, path_of("/v1/seeks/%s", id), NULL), 404);
    const struct client_answer *match =
        client_post(scene->client, path_of("/v1/matches/%s/accept", id), scene->bob, "{}");
    assert_status(match, 200);
    assert_string_equal(client_text(match, "status"), "matched");
    assert_status(
        client_get(scene->client, path_of("/v1/games/%s", client_text(match, "game_id")), NULL),
        200);
}

static void a_match_is_declined_or_taken_back(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *declined = client_post(
        scene->client, path_of("/v1/matches/%s/decline", offer_match(scene)), scene->bob, "{}");
    assert_status(declined, 200);
    assert_string_equal(client_text(declined, "status"), "declined");
    const struct client_answer *cancelled =
        client_call(scene->client,
                    &(struct client_request){.method = "DELETE",
                                             .path = path_of("/v1/matches/%s", offer_match(scene)),
                                             .token = scene->ann});
    assert_status(cancelled, 200);
    assert_string_equal(client_text(cancelled, "status"), "cancelled");
}

/* ---- tournaments -------------------------------------------------------------------------------
 */

static const char policy[] = "tournament: evening\\n"
                             "divisions:\\n"
                             "  - name: open\\n"
                             "    rounds: 2\\n"
                             "    game: {rules: reported, rated: true, rating_policy: glicko2}\\n"
                             "    paired_by: %s\\n"
                             "    order: SPREAD,TPN\\n";

static void act(struct scene *scene, const char *format, ...) PRINTF_LIKE(2, 3);
static void act(struct scene *scene, const char *format, ...)
{
    char body[2048];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(body, sizeof body, format, arguments); /* a test's own text */
    va_end(arguments);
    (void)direct(scene, "club-1", "%s", body); /* it fails the test by itself */
}

static void open_tournament(struct scene *scene, const char *paired_by)
{
    char text[512];
    (void)snprintf(text, sizeof text, policy, paired_by); /* fits */
    const struct client_answer *opened =
        client_post(scene->client, "/v1/tournaments", scene->director,
                    "{'name': 'Club', 'tournament_id': 'club-1', 'policy': '%s'}", text);
    assert_status(opened, 201);
    assert_string_equal(client_text(opened, "tournament_id"), "club-1");
    enter_four(scene, "club-1");
    act(scene, "{'action': 'start'}");
}

static const struct client_answer *await_round(struct scene *scene, int round, const char *status)
{
    const char *path = path_of("/v1/tournaments/club-1/rounds/%d", round);
    const struct client_answer *answer = NULL;
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        answer = client_get(scene->client, path, NULL);
        const char *first = client_text(answer, "pairings.0.status");
        const char *second = client_text(answer, "pairings.1.status");
        if (first != NULL && second != NULL && strcmp(first, status) == 0 &&
            strcmp(second, status) == 0)
            return answer;
        usleep(STEP_US);
    }
    fail_msg("round %d never was '%s': %s", round, status, answer->body);
    return NULL;
}

static void play_round(struct scene *scene, int round, int first, int second)
{
    const struct client_answer *boards = await_round(scene, round, "playing");
    for (int board = 0; board < 2; board++) {
        const char *game_id = client_text(boards, path_of("pairings.%d.game_id", board));
        const char *white = client_text(boards, path_of("pairings.%d.first", board));
        const char *black = client_text(boards, path_of("pairings.%d.second", board));
        report(scene, game_id, house_token(scene->house, white, "player", NULL), first, second);
        report(scene, game_id, house_token(scene->house, black, "player", NULL), first, second);
    }
    await_round(scene, round, "final");
}

static void assert_rank(const struct client_answer *standings, int index, const char *player,
                        int points_x2, int spread)
{
    const char *found = client_text(standings, path_of("standings.%d.player_id", index));
    if (found == NULL || strcmp(found, player) != 0)
        fail_msg("rank %d is not %s: %s", index + 1, player, standings->body);
    assert_int_equal(client_integer(standings, path_of("standings.%d.points_x2", index)),
                     points_x2);
    assert_int_equal(client_integer(standings, path_of("standings.%d.spread", index)), spread);
}

static void an_event_is_played_from_the_directors_pairings(void **state)
{
    struct scene *scene = *state;
    open_tournament(scene, "director");
    act(scene, "{'action': 'pairings', 'data': {'pairings': ["
               "{'board': 1, 'first': 'ann', 'second': 'dan', 'kind': 'game'},"
               "{'board': 2, 'first': 'bob', 'second': 'cat', 'kind': 'game'}]}}");
    play_round(scene, 1, 400, 350);
    const struct client_answer *standings =
        client_get(scene->client, "/v1/tournaments/club-1/standings?round=1", NULL);
    assert_status(standings, 200);
    assert_rank(standings, 0, "ann", 2, 50);
    assert_rank(standings, 3, "dan", 0, -50);
    assert_int_equal(client_integer(standings, "standings.0.firsts"), 1);
    assert_int_equal(client_integer(standings, "standings.0.seconds"), 0);
    assert_int_equal(client_integer(standings, "standings.3.seconds"), 1);
    assert_int_equal(client_integer(standings, "standings.0.rests"), 0);
    act(scene, "{'action': 'pairings', 'data': {'pairings': ["
               "{'board': 1, 'first': 'bob', 'second': 'ann', 'kind': 'game'},"
               "{'board': 2, 'first': 'cat', 'second': 'dan', 'kind': 'game'}]}}");
    play_round(scene, 2, 300, 280);
    await_text(scene, "/v1/tournaments/club-1", "status", "finished");
    standings = client_get(scene->client, "/v1/tournaments/club-1/standings", NULL);
    assert_rank(standings, 0, "bob", 4, 70);
    assert_rank(standings, 1, "ann", 2, 30);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), 4);
}

static void entrants_come_and_go_until_the_start(void **state)
{
    struct scene *scene = *state;
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Club', 'tournament_id': 'club-1', 'format': "
                              "'club-night'}"),
                  201);
    assert_status(client_post(scene->client, "/v1/tournaments/club-1/entrants", scene->director,
                              "{'entrants': [{'player': 'ann', 'seed': 1}, {'player': 'bob', "
                              "'seed': 2}]}"),
                  200);
    assert_status(
        client_call(scene->client,
                    &(struct client_request){.method = "DELETE",
                                             .path = "/v1/tournaments/club-1/entrants/bob",
                                             .token = scene->director}),
        200);
    assert_int_equal(
        house_query(scene->house, "SELECT count(*) FROM entrants WHERE status = 'withdrawn'"), 1);
    const struct client_answer *list = client_get(scene->client, "/v1/tournaments", NULL);
    assert_status(list, 200);
    assert_string_equal(client_text(list, "tournaments.0.tournament_id"), "club-1");
}

static void an_event_pairs_itself_by_its_policy(void **state)
{
    struct scene *scene = *state;
    open_tournament(scene, "policy");
    play_round(scene, 1, 400, 350);
    play_round(scene, 2, 300, 280);
    await_text(scene, "/v1/tournaments/club-1", "status", "finished");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), 4);
}

static void a_directors_result_and_amendment_count(void **state)
{
    struct scene *scene = *state;
    open_tournament(scene, "director");
    act(scene, "{'action': 'pairings', 'data': {'pairings': ["
               "{'board': 1, 'first': 'ann', 'second': 'dan', 'kind': 'game'},"
               "{'board': 2, 'first': 'bob', 'second': 'cat', 'kind': 'game'}]}}");
    await_round(scene, 1, "playing");
    for (int board = 1; board <= 2; board++)
        act(scene,
            "{'action': 'result', 'round': 1, 'board': %d, 'note': 'slips were lost', 'data': "
            "{'outcome': 'first', 'first_score': 300, 'second_score': 200}}",
            board);
    await_round(scene, 1, "final");
    act(scene, "{'action': 'amend', 'note': 'scores were swapped', 'data': {'round': 1, 'board': "
               "1, 'outcome': 'second', 'first_score': 200, 'second_score': 300}}");
    const struct client_answer *standings =
        client_get(scene->client, "/v1/tournaments/club-1/standings?round=1", NULL);
    assert_status(standings, 200);
    assert_int_equal(client_integer(standings, "standings.0.spread"), 100);
    assert_rank(standings, 2, "ann", 0, -100);
}

/* ---- live events -------------------------------------------------------------------------------
 */

static void a_stream_goes_on_where_it_ended(void **state)
{
    struct scene *scene = *state;
    struct client_stream *stream = client_stream_open(scene->client, "", NULL, -1);
    const struct client_answer *game = start_game(scene);
    report_both(scene, game, 401, 388);
    size_t index = 0;
    assert_non_null(client_stream_find(stream, "seek.opened", &index, 5000));
    assert_non_null(client_stream_find(stream, "seek.closed", &index, 5000));
    const struct client_event *finished = client_stream_find(stream, "game.finished", &index, 5000);
    assert_non_null(finished);
    /* Again, from after the first event: exactly the same ones, in the same order. */
    struct client_stream *resumed =
        client_stream_open(scene->client, "", NULL, client_stream_event(stream, 0, 1000)->id);
    for (size_t i = 1; i < index; i++) {
        const struct client_event *wanted = client_stream_event(stream, i, 1000);
        const struct client_event *got = client_stream_event(resumed, i - 1, 5000);
        assert_non_null(got);
        assert_int_equal(got->id, wanted->id);
        assert_true(json_equal(got->data, wanted->data));
    }
    client_stream_close(resumed);
    client_stream_close(stream);
}

static void a_stream_goes_on_after_every_service_was_killed(void **state)
{
    struct scene *scene = *state;
    struct client_stream *stream = client_stream_open(scene->client, "topics=seek", NULL, -1);
    post_seek(scene, scene->ann);
    long long last_id = client_stream_event(stream, 0, 5000)->id;
    post_seek(scene, scene->bob);
    const struct client_event *missed = client_stream_event(stream, 1, 5000);
    assert_non_null(missed);
    for (int part = HOUSE_PARTS - 1; part >= 0; part--)
        house_kill(scene->house, (enum house_part)part);
    for (int part = 0; part < HOUSE_PARTS; part++)
        house_start(scene->house, (enum house_part)part);
    client_stream_close(stream);
    stream = client_stream_open(scene->client, "topics=seek", NULL, last_id);
    const struct client_event *again = client_stream_event(stream, 0, 5000);
    assert_non_null(again);
    assert_string_equal(json_string_value(json_object_get(again->data, "name")), "opened");
    post_seek(scene, scene->ann);
    const struct client_event *next = client_stream_event(stream, 1, 5000);
    assert_non_null(next);
    assert_true(next->id > again->id);
    assert_null(client_stream_event(stream, 2, 200));
    client_stream_close(stream);
}

static void topics_choose_what_is_heard(void **state)
{
    struct scene *scene = *state;
    struct client_stream *games = client_stream_open(scene->client, "topics=game", NULL, -1);
    const struct client_answer *game = start_game(scene);
    struct client_stream *one = client_stream_open(
        scene->client, path_of("topics=seek,game.%s", client_text(game, "game_id")), NULL, -1);
    report_both(scene, game, 401, 388);
    start_game(scene);
    size_t index = 0;
    assert_non_null(client_stream_find(games, "game.finished", &index, 5000));
    assert_non_null(client_stream_find(games, "game.started", &index, 5000));
    for (size_t i = 0; i < index; i++)
        assert_memory_equal(client_stream_event(games, i, 1000)->name, "game.", 5);
    index = 0;
    assert_non_null(client_stream_find(one, "game.finished", &index, 5000));
    assert_non_null(client_stream_find(one, "seek.closed", &index, 5000));
    size_t more = 0;
    assert_null(client_stream_find(one, "game.started", &more, 200)); /* the other game's */
    client_stream_close(games);
    client_stream_close(one);
}

static void what_is_told_to_one_player_is_not_told_to_others(void **state)
{
    struct scene *scene = *state;
    struct client_stream *bob =
        client_stream_open(scene->client, "topics=user,match", scene->bob, -1);
    struct client_stream *ann =
        client_stream_open(scene->client, "topics=user,user.bob", scene->ann, -1);
    struct client_stream *stranger = client_stream_open(scene->client, "", NULL, -1);
    (void)offer_match(scene); /* its opponent is told */
    size_t index = 0;
    assert_non_null(client_stream_find(bob, "user.notified", &index, 5000));
    assert_null(client_stream_event(ann, 0, 200));
    index = 0;
    assert_non_null(client_stream_find(bob, "match.offered", &index, 5000));
    (void)post_seek(scene, scene->ann);
    index = 0;
    assert_non_null(
        client_stream_find(stranger, "seek.opened", &index, 5000)); /* what came later */
    index = 0;
    assert_null(client_stream_find(stranger, "match.offered", &index, 0));
    index = 0;
    assert_null(client_stream_find(stranger, "user.notified", &index, 200));
    client_stream_close(bob);
    client_stream_close(ann);
    client_stream_close(stranger);
}

/* Every event of the seeks' history, in order, once. */
static void hear_history(struct scene *scene, const char *token, size_t count)
{
    struct client_stream *stream = client_stream_open(scene->client, "topics=seek", token, 0);
    long long last_id = 0;
    for (size_t i = 0; i < count; i++) {
        const struct client_event *event = client_stream_event(stream, i, 10000);
        assert_non_null(event);
        assert_true(event->id > last_id);
        last_id = event->id;
    }
    client_stream_close(stream);
}

/* From the edge's memory; and after its restart from the store up to what it remembers; to a player
 * too, of whom is asked for each seek whether he may see it. */
static void a_long_history_is_caught_up_whole(void **state)
{
    enum { SEEKS = 500 };
    struct scene *scene = *state;
    for (int i = 0; i < SEEKS; i++) {
        const char *id = client_text(post_seek(scene, scene->ann), "seek_id");
        assert_status(
            client_call(scene->client, &(struct client_request){.method = "DELETE",
                                                                .path = path_of("/v1/seeks/%s", id),
                                                                .token = scene->ann}),
            200);
    }
    hear_history(scene, NULL, 2 * SEEKS);
    house_kill(scene->house, HOUSE_API);
    house_start(scene->house, HOUSE_API);
    hear_history(scene, NULL, 2 * SEEKS);
    hear_history(scene, scene->bob, 2 * SEEKS);
}

/* For tests/contract/openapi.mjs, which holds the routes against the documentation. */
static void note_routes(void)
{
    const char *path = getenv("ARBITER_TRAFFIC");
    FILE *file = path != NULL ? fopen(path, "a") : NULL;
    const char *method;
    const char *pattern;
    if (file == NULL)
        return;
    for (size_t i = 0; api_route(i, &method, &pattern); i++)
        fprintf(file, "{\"route\": \"%s %s\"}\n", method, pattern);
    (void)fclose(file); /* a short file fails the test that reads it */
}

int main(void)
{
    note_routes();
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        CASE(a_seek_becomes_a_game_and_two_ratings),
        CASE(open_seeks_are_listed_until_they_are_taken),
        CASE(one_of_two_hundred_accepters_wins),
        CASE(a_repeated_key_is_the_same_seek_and_the_same_game),
        CASE(a_seek_expires),
        CASE(a_profile_is_made_once),
        CASE(a_game_is_played_move_by_move),
        CASE(entrants_come_and_go_until_the_start),
        CASE(a_match_is_accepted_by_its_opponent_only),
        CASE(a_match_is_declined_or_taken_back),
        CASE(an_event_is_played_from_the_directors_pairings),
        CASE(an_event_pairs_itself_by_its_policy),
        CASE(a_directors_result_and_amendment_count),
        CASE(a_stream_goes_on_where_it_ended),
        CASE(a_stream_goes_on_after_every_service_was_killed),
        CASE(topics_choose_what_is_heard),
        CASE(what_is_told_to_one_player_is_not_told_to_others),
        CASE(a_long_history_is_caught_up_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
