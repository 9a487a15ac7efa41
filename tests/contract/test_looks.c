/* Who accepts a seek has looked at it a moment ago, and is not read again: unless something of the
 * player has changed since. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

static const struct client_answer *call(struct scene *scene, const char *method, const char *path,
                                        const char *token, const char *key)
{
    const struct client_request request = {
        .method = method, .path = path, .token = token, .body = "{}", .key = key};
    return client_call(scene->client, &request);
}

static char *open_seek(struct scene *scene)
{
    const struct client_answer *posted = post_seek(scene, scene->ann);
    assert_status(posted, 201);
    return strdup(client_text(posted, "seek_id"));
}

static void look(struct scene *scene, const char *seek)
{
    const struct client_answer *seen =
        client_get(scene->client, path_of("/v1/seeks/%s", seek), scene->bob);
    assert_status(seen, 200);
    assert_string_equal(client_text(seen, "owner"), "ann");
}

static const struct client_answer *accept_seek(struct scene *scene, const char *seek)
{
    return call(scene, "POST", path_of("/v1/seeks/%s/accept", seek), scene->bob, "once");
}

/* Behind the store's back, so that no bell rings: only who reads again can know. */
static void block_unheard(struct scene *scene)
{
    assert_int_equal(house_query(scene->house,
                                 "INSERT INTO circles (player_id, kind, other, since_ms) VALUES "
                                 "('ann', 'block', 'bob', 1) RETURNING 7"),
                     7);
}

static void a_look_is_as_good_as_reading_again(void **state)
{
    struct scene *scene = *state;
    char *seek = open_seek(scene);
    look(scene, seek);
    block_unheard(scene);
    const struct client_answer *accepted = accept_seek(scene, seek);
    assert_status(accepted, 200);
    assert_true(strlen(client_text(accepted, "game_id")) > 0);
    const char *game = client_text(accepted, "game_id");
    assert_int_equal(house_query(scene->house, "DELETE FROM circles RETURNING 7"), 7);
    accepted = accept_seek(scene, seek); /* the same request again, which is read */
    assert_status(accepted, 200);
    assert_string_equal(client_text(accepted, "game_id"), game);
    free(seek);
}

static void who_has_not_looked_is_read(void **state)
{
    struct scene *scene = *state;
    char *seek = open_seek(scene);
    block_unheard(scene);
    assert_status(accept_seek(scene, seek), 409);
    free(seek);
}

static void a_look_at_another_seek_is_none(void **state)
{
    struct scene *scene = *state;
    char *seek = open_seek(scene);
    char *other = open_seek(scene);
    look(scene, seek);
    look(scene, other);
    block_unheard(scene);
    assert_status(accept_seek(scene, seek), 409);
    free(seek);
    free(other);
}

static void a_block_holds_at_once(void **state)
{
    struct scene *scene = *state;
    char *seek = open_seek(scene);
    look(scene, seek);
    assert_status(call(scene, "PUT", "/v1/circle/blocks/bob", scene->ann, "block"), 200);
    assert_status(accept_seek(scene, seek), 409);
    assert_status(call(scene, "DELETE", "/v1/circle/blocks/bob", scene->ann, "unblock"), 200);
    look(scene, seek);
    assert_status(call(scene, "PUT", "/v1/circle/blocks/ann", scene->bob, "back"), 200);
    assert_status(accept_seek(scene, seek), 409);
    free(seek);
}

static void a_seek_that_has_gone_is_gone(void **state)
{
    struct scene *scene = *state;
    char *seek = open_seek(scene);
    look(scene, seek);
    assert_status(call(scene, "DELETE", path_of("/v1/seeks/%s", seek), scene->ann, "away"), 200);
    assert_status(accept_seek(scene, seek), 409);
    free(seek);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_look_is_as_good_as_reading_again, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(who_has_not_looked_is_read, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_look_at_another_seek_is_none, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_block_holds_at_once, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_seek_that_has_gone_is_gone, open_scene, close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
