/* ETag, If-None-Match and If-Match at the API: what is known is not sent again, and what was
 * decided on a state that has gone is not done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

enum { CROWD = 10 };

/* Reads a path and returns its tag. */
static const char *tag_of(struct scene *scene, const char *path, const char *token)
{
    const struct client_answer *answer = client_get(scene->client, path, token);
    assert_status(answer, 200);
    assert_non_null(client_header(answer, "ETag"));
    return path_of("%s", client_header(answer, "ETag"));
}

static const struct client_answer *change(struct scene *scene, struct client_request request,
                                          const char *tags)
{
    request.extra = path_of("If-Match: %s", tags);
    return client_call(scene->client, &request);
}

/* Stale, weak, unknown and malformed tags change nothing; the answer has the tag to go on with. */
static void assert_stale(struct scene *scene, struct client_request request, const char *current)
{
    static const char *const others[] = {"\"999-0123456789abcdef\"", "\"999\"", "\"h12\"", "\"x\""};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        const struct client_answer *answer = change(scene, request, others[i]);
        assert_status(answer, 412);
        assert_string_equal(client_text(answer, "type"), "https://arbiter.dev/problems/conflict");
    }
    assert_status(change(scene, request, path_of("W/%s", current)), 412);
    assert_status(change(scene, request, "unquoted"), 400);
    const char *header = client_header(change(scene, request, "\"999\""), "ETag");
    assert_non_null(header);
    /* The same version as the state that was read: "12" of "12-0123456789abcdef". */
    assert_memory_equal(header, current, strlen(header) - 1);
}

static void a_seek_is_taken_in_the_state_that_was_seen(void **state)
{
    struct scene *scene = *state;
    const char *seek =
        path_of("/v1/seeks/%s", client_text(post_seek(scene, scene->ann), "seek_id"));
    struct client_request accept = {
        .method = "POST", .path = path_of("%s/accept", seek), .token = scene->bob, .body = "{}"};
    struct client_request cancel = {.method = "DELETE", .path = seek, .token = scene->ann};
    const char *tag = tag_of(scene, seek, NULL);
    assert_stale(scene, accept, tag);
    assert_stale(scene, cancel, tag);
    assert_string_equal(client_text(client_get(scene->client, seek, NULL), "status"), "open");
    accept.key = "once";
    assert_status(change(scene, accept, path_of("\"1-other\", %s", tag)), 200);
    assert_status(change(scene, cancel, tag), 412);
    /* What was done is done: the same request again is answered as it was. */
    assert_status(change(scene, accept, path_of("\"1-other\", %s", tag)), 200);
    assert_string_not_equal(tag_of(scene, seek, NULL), tag);
}

static void a_match_is_answered_in_the_state_that_was_seen(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *offered =
        client_post(scene->client, "/v1/matches", scene->ann, "{'opponent': 'bob', " REPORTED "}");
    assert_status(offered, 201);
    const char *match = path_of("/v1/matches/%s", client_text(offered, "match_id"));
    struct client_request accept = {
        .method = "POST", .path = path_of("%s/accept", match), .token = scene->bob, .body = "{}"};
    struct client_request decline = {
        .method = "POST", .path = path_of("%s/decline", match), .token = scene->bob, .body = "{}"};
    struct client_request cancel = {.method = "DELETE", .path = match, .token = scene->ann};
    const char *tag = tag_of(scene, match, scene->bob);
    assert_stale(scene, accept, tag);
    assert_stale(scene, decline, tag);
    assert_stale(scene, cancel, tag);
    assert_status(change(scene, decline, "*"), 200);
    assert_status(change(scene, accept, tag), 412);
}

static void a_game_goes_on_from_the_turn_that_was_seen(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *game = start_game(scene);
    const char *path = path_of("/v1/games/%s", client_text(game, "game_id"));
    const char *first = token_of(scene, client_text(game, "first"));
    const char *second = token_of(scene, client_text(game, "second"));
    struct client_request report = {.method = "POST",
                                    .path = path_of("%s/result", path),
                                    .token = first,
                                    .body = "{\"first_score\": 3, \"second_score\": 1}"};
    const char *before = tag_of(scene, path, NULL);
    assert_stale(scene, report, before);
    assert_status(change(scene, report, path_of("%s, \"7\"", before)), 400); /* one state */
    assert_status(change(scene, report, before), 200);
    report.token = second;
    const struct client_answer *late = change(scene, report, before);
    assert_status(late, 412);
    assert_status(change(scene, report, path_of("%s", client_header(late, "ETag"))), 200);
    struct client_request move = {.method = "POST",
                                  .path = path_of("%s/moves", path),
                                  .token = first,
                                  .body = "{\"move\": \"x\", \"expected_turn\": 5}"};
    assert_status(change(scene, move, "\"4\""), 412); /* the two do not agree */
}

static void open_event(struct scene *scene)
{
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Club', 'tournament_id': 'club-1', 'policy': 'tournament: "
                              "evening\\ndivisions:\\n  - name: open\\n    rounds: 2\\n    game: "
                              "{rules: reported, rated: false}\\n'}"),
                  201);
}

static void directors_do_not_overwrite_each_other(void **state)
{
    struct scene *scene = *state;
    struct client_request requests[CROWD];
    const struct client_answer *answers[CROWD];
    open_event(scene);
    const char *tag = tag_of(scene, "/v1/tournaments/club-1", NULL);
    struct client_request add = {.method = "POST",
                                 .path = "/v1/tournaments/club-1/entrants",
                                 .token = scene->director,
                                 .body = "{\"entrants\": [{\"player\": \"ann\", \"seed\": 1}]}"};
    struct client_request drop = {.method = "DELETE",
                                  .path = "/v1/tournaments/club-1/entrants/ann",
                                  .token = scene->director};
    assert_stale(scene, add, tag);
    assert_stale(scene, drop, tag);
    for (int i = 0; i < CROWD; i++) {
        requests[i] = add;
        requests[i].body = path_of("{\"entrants\": [{\"player\": \"p%d\", \"name\": \"P\", "
                                   "\"seed\": %d, \"rating\": 1500}]}",
                                   i, i + 1);
        requests[i].extra = path_of("If-Match: %s", tag);
    }
    /* All have seen the same list: one changes it. */
    int done = 0;
    client_call_all(scene->client, requests, CROWD, answers);
    for (int i = 0; i < CROWD; i++) {
        done += answers[i]->status == 200;
        if (answers[i]->status != 200)
            assert_status(answers[i], 412);
    }
    assert_int_equal(done, 1);
}

static void players_change_what_they_have_seen_of_a_division(void **state)
{
    struct scene *scene = *state;
    open_event(scene);
    const char *round = "/v1/tournaments/club-1/rounds/1";
    static const struct {
        const char *method;
        const char *path;
    } writes[] = {
        {"POST", "/v1/tournaments/club-1/registration"},
        {"POST", "/v1/tournaments/club-1/return"},
        {"POST", "/v1/tournaments/club-1/check_in"},
        {"DELETE", "/v1/tournaments/club-1/check_in"},
        {"DELETE", "/v1/tournaments/club-1/registration"},
        {"POST", "/v1/tournaments/club-1/byes"},
        {"DELETE", "/v1/tournaments/club-1/byes?round=1"},
    };
    const char *tag = tag_of(scene, round, NULL);
    for (size_t i = 0; i < COUNT_OF(writes); i++) {
        struct client_request request = {.method = writes[i].method,
                                         .path = writes[i].path,
                                         .token = scene->ann,
                                         .body = writes[i].method[0] != 'P' ? NULL
                                                 : strstr(writes[i].path, "byes") != NULL
                                                     ? "{\"round\": 1}"
                                                     : "{}"};
        assert_stale(scene, request, tag);
    }
    struct client_request enter = {
        .method = "POST", .path = writes[0].path, .token = scene->ann, .body = "{}"};
    assert_status(change(scene, enter, tag), 200);
    enter.token = scene->bob;
    assert_status(change(scene, enter, tag), 412);
    assert_status(change(scene, enter, tag_of(scene, round, NULL)), 200);
}

static void where_nothing_is_compared_if_match_is_refused(void **state)
{
    struct scene *scene = *state;
    struct client_request follow = {
        .method = "PUT", .path = "/v1/circle/follows/bob", .token = scene->ann, .body = "{}"};
    assert_status(change(scene, follow, "\"1\""), 400);
    assert_status(change(scene, follow, "*"), 200);
}

static void lists_of_known_tags_are_read_whole(void **state)
{
    struct scene *scene = *state;
    const char *seek =
        path_of("/v1/seeks/%s", client_text(post_seek(scene, scene->ann), "seek_id"));
    const char *paths[] = {"/v1/players/ann", seek, "/v1/tournaments"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        const char *tag = tag_of(scene, paths[i], NULL);
        const struct {
            const char *header;
            long status;
        } cases[] = {
            {tag, 304},
            {path_of("W/%s", tag), 304},
            {path_of("\"a\", W/\"b\",%s", tag), 304},
            {"*", 304},
            {path_of("\"a%s", tag + 1), 200}, /* ends like it */
            {path_of("%.*s\"", 4, tag), 200}, /* begins like it */
            {path_of("\"a\" %s", tag), 200},  /* no list */
            {"\"a\", \"b\"", 200},
        };
        for (size_t j = 0; j < COUNT_OF(cases); j++) {
            const struct client_answer *answer = client_call(
                scene->client,
                &(struct client_request){.method = j % 2 == 0 ? "GET" : "HEAD",
                                         .path = paths[i],
                                         .extra = path_of("If-None-Match: %s", cases[j].header)});
            assert_status(answer, cases[j].status);
            assert_string_equal(client_header(answer, "ETag"), tag);
        }
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        CASE(a_seek_is_taken_in_the_state_that_was_seen),
        CASE(a_match_is_answered_in_the_state_that_was_seen),
        CASE(a_game_goes_on_from_the_turn_that_was_seen),
        CASE(directors_do_not_overwrite_each_other),
        CASE(players_change_what_they_have_seen_of_a_division),
        CASE(where_nothing_is_compared_if_match_is_refused),
        CASE(lists_of_known_tags_are_read_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
