/* A live seek lives as long as its owner's connection, by a policy that says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

static char *post_request(struct scene *scene, const char *token, const char *request)
{
    const struct client_answer *seek = client_post(scene->client, "/v1/seeks", token,
                                                   "{'policy': 'lobby', 'request': %s}", request);
    assert_status(seek, 201);
    return strdup(client_text(seek, "seek_id"));
}

static char *post(struct scene *scene, const char *token)
{
    return post_request(scene, token, "{'rules': 'reported'}");
}

static void assert_open(struct scene *scene, const char *seek_id)
{
    const struct client_answer *seek =
        client_get(scene->client, path_of("/v1/seeks/%s", seek_id), NULL);
    assert_string_equal(client_text(seek, "status"), "open");
}

static void a_seek_ends_when_its_owner_has_gone(void **state)
{
    struct scene *scene = *state;
    struct client_stream *stream = client_stream_open(scene->client, "topics=seek", scene->ann, -1);
    char *ann = post(scene, scene->ann);
    char *letter = post_request(
        scene, scene->ann,
        "{'rules': 'breakthrough', 'clock': 'correspondence', 'initial_time_ms': 259200000}");
    char *bob = post(scene, scene->bob);
    usleep(6500000);
    client_stream_close(stream);
    assert_open(scene, ann);
    /* The connection's end is noticed with the next keep-alive, the seek ends five seconds later.
     */
    for (int i = 0;
         i < 4 * PATIENCE_STEPS &&
         house_query(scene->house,
                     "SELECT count(*) FROM seeks WHERE status = 'open' AND owner = 'ann'") > 1;
         i++)
        usleep(STEP_US);
    assert_string_equal(
        client_text(client_get(scene->client, path_of("/v1/seeks/%s", ann), NULL), "status"),
        "expired");
    assert_open(scene, letter); /* whoever plays by letter need not be here */
    free(letter);
    free(ann);
    free(bob);
}

static void await_heard(struct scene *scene, const char *name, int64_t count)
{
    await_count(
        scene,
        path_of("SELECT count(*) FROM inbox WHERE name = '%s' AND consumed_seq IS NOT NULL", name),
        count);
}

/* Her other connection, to another edge, has ended: that one says so, this one knows better. */
static void a_seek_lives_while_one_connection_does(void **state)
{
    struct scene *scene = *state;
    struct client_stream *stream = client_stream_open(scene->client, "topics=seek", scene->ann, -1);
    char *ann = post(scene, scene->ann);
    await_heard(scene, "seek.here", 1);
    (void)house_query(scene->house,
                      path_of("INSERT INTO timers (instance_id, timer_id, event, due_at_ms, "
                              "set_seq) VALUES ('seek:%s', 'elsewhere', 'seek.gone', 1, 1)",
                              ann));
    await_heard(scene, "seek.gone", 1);
    size_t index = 0;
    assert_non_null(client_stream_find(stream, "seek.missed", &index, 10000));
    await_heard(scene, "seek.here", 2);
    usleep(6000000); /* longer than the seek outlives its owner */
    assert_open(scene, ann);
    client_stream_close(stream);
    free(ann);
}

/* Everything dies while the owner is away; the time goes on. */
static void a_seeks_end_survives_restarts(void **state)
{
    static const enum house_part parts[] = {HOUSE_STORE, HOUSE_ORCHESTRATOR, HOUSE_GAMESVC,
                                            HOUSE_API};
    struct scene *scene = *state;
    struct client_stream *stream = client_stream_open(scene->client, "topics=seek", scene->ann, -1);
    char *ann = post(scene, scene->ann);
    await_heard(scene, "seek.here", 1);
    client_stream_close(stream);
    await_heard(scene, "seek.gone", 1);
    for (size_t i = COUNT_OF(parts); i > 0; i--)
        house_kill(scene->house, parts[i - 1]);
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        house_start(scene->house, parts[i]);
    await_count(scene, "SELECT count(*) FROM seeks WHERE status = 'expired'", 1);
    assert_int_equal(house_query(scene->house,
                                 "SELECT count(*) FROM inbox WHERE name LIKE '$timer.%' AND "
                                 "fired_at_ms < due_at_ms"),
                     0);
    free(ann);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_seek_ends_when_its_owner_has_gone, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(a_seek_lives_while_one_connection_does, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(a_seeks_end_survives_restarts, open_scene, close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
