/* A game's last turn, its result and both ratings are there together, whatever is in the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

static int64_t count(struct scene *scene, const char *format, const char *id)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql, format, id);
    return house_query(scene->house, sql);
}

/* Ann and Bob have a game, and the first of them has said how it ended. Returns its id. */
static const char *half_reported(struct scene *scene, const char **out_second)
{
    const struct client_answer *game = start_game(scene);
    const char *game_id = path_of("%s", client_text(game, "game_id"));
    const char *first = path_of("%s", client_text(game, "first"));
    *out_second = path_of("%s", client_text(game, "second"));
    report(scene, game_id, token_of(scene, first), 400, 300);
    return game_id;
}

static void a_game_ends_in_one_step(void **state)
{
    struct scene *scene = *state;
    const char *second;
    const char *game_id = half_reported(scene, &second);
    report(scene, game_id, token_of(scene, second), 400, 300);
    /* Nothing is waited for: with the answer everything is there. */
    assert_int_equal(count(scene,
                           "SELECT count(*) FROM games WHERE game_id = '%s' AND status = 'final'",
                           game_id),
                     1);
    assert_int_equal(
        count(scene, "SELECT count(*) FROM rating_history WHERE game_id = '%s'", game_id), 2);
    assert_int_equal(count(scene, "SELECT count(*) FROM turns WHERE game_id = '%s'", game_id), 2);
    assert_int_equal(
        count(scene, "SELECT seq FROM instances WHERE instance_id = 'game:%s'", game_id), 1);
    assert_int_equal(count(scene,
                           "SELECT count(*) FROM inbox WHERE instance_id = 'game:%s' AND event_id "
                           "= 'game.ended' AND consumed_seq = 1",
                           game_id),
                     1);
}

/* The same report again is answered as before, and rates nobody twice. */
static void a_last_turn_said_twice_counts_once(void **state)
{
    struct scene *scene = *state;
    const char *second;
    const char *game_id = half_reported(scene, &second);
    const struct client_request post = {
        .method = "POST",
        .path = path_of("/v1/games/%s/result", game_id),
        .token = token_of(scene, second),
        .key = "said-once",
        .body = "{\"first_score\": 400, \"second_score\": 300}",
    };
    for (int i = 0; i < 2; i++) {
        const struct client_answer *answer = client_call(scene->client, &post);
        assert_status(answer, 200);
        assert_string_equal(client_text(answer, "status"), "ended");
    }
    assert_int_equal(count(scene, "SELECT count(*) FROM turns WHERE game_id = '%s'", game_id), 2);
    assert_int_equal(
        count(scene, "SELECT count(*) FROM rating_history WHERE game_id = '%s'", game_id), 2);
}

/* A machine that has heard of something before is at another step than a new one. */
static void a_machine_that_has_begun_hears_of_the_end(void **state)
{
    struct scene *scene = *state;
    const char *second;
    const char *game_id = half_reported(scene, &second);
    assert_status(client_post(scene->client, path_of("/v1/games/%s/requests", game_id),
                              token_of(scene, second), "{'kind': 'abort'}"),
                  200);
    await_count(
        scene, path_of("SELECT count(*) FROM instances WHERE instance_id = 'game:%s'", game_id), 1);
    report(scene, game_id, token_of(scene, second), 400, 300);
    assert_int_equal(
        count(scene, "SELECT count(*) FROM rating_history WHERE game_id = '%s'", game_id), 2);
    assert_int_equal(
        count(scene, "SELECT seq FROM instances WHERE instance_id = 'game:%s'", game_id), 2);
}

/* Nobody who could take the step is there: the turn is kept, and what it means comes later. */
static void without_an_orchestrator_the_turn_is_kept(void **state)
{
    struct scene *scene = *state;
    const char *second;
    const char *game_id = half_reported(scene, &second);
    house_kill(scene->house, HOUSE_ORCHESTRATOR);
    report(scene, game_id, token_of(scene, second), 400, 300);
    assert_int_equal(count(scene,
                           "SELECT count(*) FROM games WHERE game_id = '%s' AND status = 'ended'",
                           game_id),
                     1);
    assert_int_equal(
        count(scene, "SELECT count(*) FROM rating_history WHERE game_id = '%s'", game_id), 0);
    house_start(scene->house, HOUSE_ORCHESTRATOR);
    await_count(scene, path_of("SELECT count(*) FROM rating_history WHERE game_id = '%s'", game_id),
                2);
    assert_int_equal(count(scene, "SELECT count(*) FROM turns WHERE game_id = '%s'", game_id), 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_game_ends_in_one_step),
        CASE(a_last_turn_said_twice_counts_once),
        CASE(a_machine_that_has_begun_hears_of_the_end),
        CASE(without_an_orchestrator_the_turn_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
