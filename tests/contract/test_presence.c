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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_seek_ends_when_its_owner_has_gone, open_scene,
                                        close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
