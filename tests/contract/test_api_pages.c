/* Lists a page at a time: nothing is left out or told twice while others come in; and as lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

enum { SEEKS = 7 };

static void post_by(struct scene *scene, const char *name)
{
    create_player(scene, name);
    assert_status(post_seek(scene, house_token(scene->house, name, "player", NULL)), 201);
}

static void pages_neither_skip_nor_repeat_while_others_come_in(void **state)
{
    struct scene *scene = *state;
    char seen[SEEKS + 1] = "";
    const char *cursor = NULL;
    for (int i = 0; i < SEEKS; i++) {
        post_by(scene, path_of("%c-old", 'a' + i));
        usleep(2000); /* lists go by the millisecond */
    }
    for (int page = 0; page < SEEKS; page++) {
        const char *path =
            cursor != NULL ? path_of("/v1/seeks?limit=2&cursor=%s", cursor) : "/v1/seeks?limit=2";
        const struct client_answer *answer = client_get(scene->client, path, NULL);
        assert_status(answer, 200);
        for (int i = 0; i < 2; i++) {
            const char *owner = client_text(answer, path_of("seeks.%d.owner", i));
            if (owner != NULL && strstr(owner, "-old") != NULL) {
                assert_null(strchr(seen, owner[0]));
                seen[strlen(seen)] = owner[0];
            }
        }
        post_by(scene, path_of("new-%d", page)); /* before all that is left */
        cursor = client_text(answer, "next");
        assert_int_equal(cursor != NULL, json_is_true(client_member(answer, "more")));
        if (cursor == NULL)
            break;
    }
    assert_null(cursor);
    assert_string_equal(seen, "gfedcba"); /* the newest first */
}

static void cursors_and_limits_are_read_strictly(void **state)
{
    struct scene *scene = *state;
    static const char *const bad[] = {
        "limit=501", "limit=-1", "cursor=", "cursor=xyz", "cursor=%00", "cursor=Mjph"};
    static const char *const lists[] = {"/v1/seeks", "/v1/tournaments", "/v1/players/ann/games",
                                        "/v1/clubs/none/members"};
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        for (size_t j = 0; j < COUNT_OF(bad); j++)
            assert_status(client_get(scene->client, path_of("%s?%s", lists[i], bad[j]), NULL), 400);
        assert_status(client_get(scene->client, path_of("%s?limit=500", lists[i]), NULL), 200);
    }
    /* Where there are no pages, there is no cursor. */
    assert_status(client_get(scene->client, "/v1/players/ann?cursor=MTph", NULL), 400);
}

static const struct client_answer *get_as(struct scene *scene, const char *path, const char *type)
{
    return client_call(scene->client,
                       &(struct client_request){.method = "GET",
                                                .path = path,
                                                .token = scene->director,
                                                .extra = path_of("Accept: %s", type)});
}

static void lists_come_as_lines(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < 3; i++) {
        post_by(scene, path_of("%c-old", 'a' + i));
        usleep(2000); /* lists go by the millisecond */
    }
    const struct client_answer *answer = get_as(scene, "/v1/seeks?limit=2", "application/x-ndjson");
    assert_status(answer, 200);
    assert_string_equal(answer->type, "application/x-ndjson");
    const char *end = strchr(answer->body, '\n');
    assert_non_null(end);
    json_t *first = json_loadb(answer->body, (size_t)(end - answer->body), 0, NULL);
    json_t *second = json_loads(end + 1, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(first, "owner")), "c-old");
    assert_string_equal(json_string_value(json_object_get(second, "owner")), "b-old");
    json_decref(first);
    json_decref(second);
    assert_non_null(client_header(answer, "Next-Cursor"));
    const char *next = path_of("%s", client_header(answer, "Next-Cursor"));
    answer = get_as(scene, path_of("/v1/seeks?limit=2&cursor=%s", next), "application/x-ndjson");
    assert_non_null(strstr(answer->body, "a-old"));
    assert_null(client_header(answer, "Next-Cursor"));
    const char *tag = path_of("%s", client_header(answer, "ETag"));
    answer = get_as(scene, path_of("/v1/seeks?limit=2&cursor=%s", next), "application/json");
    assert_string_equal(answer->type, "application/json");
    assert_string_not_equal(client_header(answer, "ETag"), tag);
}

static void forms_that_there_are_not_are_told(void **state)
{
    struct scene *scene = *state;
    static const char *const lists[] = {"/v1/seeks", "/v1/tournaments", "/v1/players/ann/games",
                                        "/v1/clubs/none/members", "/v1/tournaments/none/actions"};
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const struct client_answer *answer = get_as(scene, lists[i], "text/html");
        assert_status(answer, 406);
        assert_string_equal(client_text(answer, "type"),
                            "https://arbiter.dev/problems/not-acceptable");
        answer = get_as(scene, lists[i], "application/x-ndjson");
        assert_status(answer, 200);
        assert_string_equal(answer->type, "application/x-ndjson");
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        CASE(pages_neither_skip_nor_repeat_while_others_come_in),
        CASE(cursors_and_limits_are_read_strictly),
        CASE(lists_come_as_lines),
        CASE(forms_that_there_are_not_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
