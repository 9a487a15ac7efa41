/* A live seek lives as long as its owner's connection, by a policy that says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

static char *post(struct scene *scene, const char *token)
{
    const struct client_answer *seek =
        client_post(scene->client, "/v1/seeks", token, "{" REPORTED ", 'policy': 'lobby'}");
    assert_status(seek, 201);
    return strdup(client_text(seek, "seek_id"));
}

static void a_seek_ends_when_its_owner_has_gone(void **state)
{
    struct scene *scene = *state;
    struct client_stream *stream = client_stream_open(scene->client, "topics=seek", scene->ann, -1);
    char *ann = post(scene, scene->ann);
    char *bob = post(scene, scene->bob);
    usleep(6500000);
    client_stream_close(stream);
    assert_string_equal(
        client_text(client_get(scene->client, path_of("/v1/seeks/%s", ann), NULL), "status"),
        "open");
    /* The connection's end is noticed with the next keep-alive, the seek ends five seconds later.
     */
    for (int i = 0;
         i < 4 * PATIENCE_STEPS &&
         house_query(scene->house,
                     "SELECT count(*) FROM seeks WHERE status = 'open' AND owner = 'ann'") > 0;
         i++)
        usleep(STEP_US);
    assert_string_equal(
        client_text(client_get(scene->client, path_of("/v1/seeks/%s", ann), NULL), "status"),
        "expired");
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
