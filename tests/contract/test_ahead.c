/* A game begins with the step that asks for it, whatever is in the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/short_id.h"
#include "tests/contract/api_scene.h"

static const char *open_seek(struct scene *scene)
{
    const struct client_answer *seek = post_seek(scene, scene->ann);
    assert_status(seek, 201);
    return path_of("%s", client_text(seek, "seek_id"));
}

static const struct client_answer *accept(struct scene *scene, const char *seek_id)
{
    return client_post(scene->client, path_of("/v1/seeks/%s/accept", seek_id), scene->bob, "{}");
}

static int64_t count(struct scene *scene, const char *format, const char *id)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql, format, id);
    return house_query(scene->house, sql);
}

static void an_accept_is_one_step_and_leaves_no_command(void **state)
{
    struct scene *scene = *state;
    const char *seek_id = open_seek(scene);
    const struct client_answer *game = accept(scene, seek_id);
    assert_status(game, 200);
    const char *game_id = path_of("%s", client_text(game, "game_id"));
    assert_int_equal(
        count(scene, "SELECT seq FROM instances WHERE instance_id = 'seek:%s'", seek_id), 2);
    assert_int_equal(count(scene,
                           "SELECT count(*) FROM inbox WHERE instance_id = 'seek:%s' AND "
                           "consumed_seq = 2 AND answered IS NOT NULL",
                           seek_id),
                     1); /* the accept, with the answer that nobody had to bring */
    assert_int_equal(count(scene, "SELECT count(*) FROM outbox WHERE '%s' <> ''", ""), 0);
    assert_int_equal(
        count(scene, "SELECT count(*) FROM games WHERE request_id = 'seek:%s/2/3'", seek_id), 1);
    assert_int_equal(count(scene, "SELECT count(*) FROM events WHERE topic = 'game.%s'", game_id),
                     1);
}

/* The id that the first try of the seek's command draws. */
static void first_id(const char *seek_id, char out[SHORT_ID_SIZE_MAX + 1])
{
    const struct short_ids ids = {SHORT_ID_ALPHABET, SHORT_ID_SIZE_DEFAULT, 0};
    struct random random;
    random_init_stream(&random, 0, path_of("seek:%s/2/3", seek_id), 0);
    short_id_draw(&ids, &random, out);
}

static void an_id_that_is_taken_is_drawn_again(void **state)
{
    struct scene *scene = *state;
    const char *other = path_of("%s", client_text(start_game(scene), "game_id"));
    const char *seek_id = open_seek(scene);
    char id[SHORT_ID_SIZE_MAX + 1];
    first_id(seek_id, id);
    (void)house_query(scene->house,
                      path_of("UPDATE games SET game_id = '%s' WHERE game_id = '%s'", id, other));
    assert_int_equal(count(scene, "SELECT count(*) FROM games WHERE game_id = '%s'", id), 1);
    const struct client_answer *game = accept(scene, seek_id);
    assert_status(game, 200);
    assert_string_not_equal(client_text(game, "game_id"), id);
    assert_int_equal(count(scene, "SELECT count(*) FROM games WHERE game_id <> '%s'", id), 1);
    assert_int_equal(
        count(scene, "SELECT seq FROM instances WHERE instance_id = 'seek:%s'", seek_id), 2);
}

/* Without a game service there is nothing to be had ahead: the command waits in the outbox. */
static void without_a_game_service_the_command_waits(void **state)
{
    struct scene *scene = *state;
    const char *seek_id = open_seek(scene);
    house_kill(scene->house, HOUSE_GAMESVC);
    const struct client_answer *pending = accept(scene, seek_id);
    assert_true(pending->status >= 200 && pending->status != 404);
    assert_int_equal(
        count(scene, "SELECT count(*) FROM outbox WHERE instance_id = 'seek:%s'", seek_id), 1);
    house_start(scene->house, HOUSE_GAMESVC);
    (void)await_text(scene, path_of("/v1/seeks/%s", seek_id), "status", "matched");
    assert_int_equal(count(scene, "SELECT count(*) FROM games WHERE '%s' = ''", ""), 1);
    assert_int_equal(
        count(scene, "SELECT seq FROM instances WHERE instance_id = 'seek:%s'", seek_id), 3);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_accept_is_one_step_and_leaves_no_command),
        CASE(an_id_that_is_taken_is_drawn_again),
        CASE(without_a_game_service_the_command_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
