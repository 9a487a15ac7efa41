/* What the API refuses, and how: each bad request has its status, its problem type, and changes
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/http.h"
#include "tests/contract/api_scene.h"
#include "tests/support/golden.h"

#define PROBLEM "https://arbiter.dev/problems/"

/* A problem document with everything that RFC 9457 and our own documentation promise. */
static void assert_problem(const struct client_answer *answer, long status, const char *slug)
{
    assert_status(answer, status);
    assert_string_equal(answer->type, "application/problem+json");
    const char *type = client_text(answer, "type");
    assert_non_null(type);
    if (strncmp(type, PROBLEM, strlen(PROBLEM)) != 0 || strcmp(type + strlen(PROBLEM), slug) != 0)
        fail_msg("expected %s, got %s", slug, answer->body);
    assert_non_null(client_text(answer, "title"));
    assert_int_equal(client_integer(answer, "status"), status);
    assert_true(strlen(client_text(answer, "detail")) > 0);
}

static const struct client_answer *call(struct scene *scene, const char *method, const char *path,
                                        const char *token)
{
    return client_call(scene->client,
                       &(struct client_request){.method = method, .path = path, .token = token});
}

/* ---- bodies ------------------------------------------------------------------------------------
 */

static void bodies_that_are_not_as_agreed_are_refused(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *body; /* ' stands for " */
        const char *slug;
        const char *pointer; /* of the first error; NULL: none */
    } cases[] = {
        {"{", "malformed", NULL},
        {"{'request': }", "malformed", NULL},
        {"[]", "malformed", NULL},
        {"'text'", "malformed", NULL},
        {"{'request': {'rules': 'reported'}} trailing", "malformed", NULL},
        {"{'request': {'rules': 'reported'}, 'request': {'rules': 'reported'}}", "malformed", NULL},
        {"{'request': {'rules': 'a', 'rules': 'b'}}", "malformed", NULL},
        {"{'request': {'rules': '\\u0000'}}", "malformed", NULL},
        {"{'request': {'rules': '\xff\xfe'}}", "malformed", NULL},
        {"{'rating_max': 1e999}", "malformed", NULL},
        {"{'expires_in_ms': 99999999999999999999}", "malformed", NULL},
        {"{}", "invalid", "/request"},
        {"{'request': 'reported'}", "invalid", "/request"},
        {"{'request': null}", "invalid", "/request"},
        {"{'request': {}}", "invalid", "/request/rules"},
        {"{'request': {'rules': ''}}", "invalid", "/request/rules"},
        {"{'request': {'rules': 7}}", "invalid", "/request"},
        {"{'request': {'rulez': 'reported'}}", "invalid", "/request"},
        {"{'request': {'rules': 'reported', 'initial_time_ms': -1}}", "invalid",
         "/request/initial_time_ms"},
        {"{'request': {'rules': 'reported', 'increment_ms': 99999999999}}", "invalid", "/request"},
        {"{'request': {'rules': 'reported', 'rating_policy': '../keys'}}", "invalid",
         "/request/rating_policy"},
        {"{'request': {'rules': 'reported', 'rating_policy': 'nobody'}}", "invalid",
         "/request/rating_policy"},
        {"{'request': {'rules': 'reported'}, 'colour': 'white'}", "invalid", "/colour"},
        {"{'request': {'rules': 'reported'}, 'rating_min': '1'}", "invalid", "/rating_min"},
        {"{'request': {'rules': 'reported'}, 'rating_min': -1}", "invalid", "/rating_min"},
        {"{'request': {'rules': 'reported'}, 'rating_max': 10001}", "invalid", "/rating_max"},
        {"{'request': {'rules': 'reported'}, 'rating_min': 2, 'rating_max': 1}", "invalid",
         "/rating_min"},
        {"{'request': {'rules': 'reported'}, 'expires_in_ms': 1.5}", "invalid", "/expires_in_ms"},
        {"{'request': {'rules': 'reported'}, 'expires_in_ms': 999}", "invalid", "/expires_in_ms"},
        {"{'request': {'rules': 'reported'}, 'expires_in_ms': 1209600001}", "invalid",
         "/expires_in_ms"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct client_answer *answer =
            client_post(scene->client, "/v1/seeks", scene->ann, "%s", cases[i].body);
        assert_problem(answer, 400, cases[i].slug);
        const char *pointer = client_text(answer, "errors.0.pointer");
        if (cases[i].pointer != NULL && (pointer == NULL || strcmp(pointer, cases[i].pointer) != 0))
            fail_msg("%s: no pointer %s: %s", cases[i].body, cases[i].pointer, answer->body);
    }
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM seeks"), 0);
}

static void every_error_of_a_body_is_listed(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *answer =
        client_post(scene->client, "/v1/seeks", scene->ann,
                    "{'rating_min': true, 'rating_max': 'high', 'extra': 1}");
    assert_problem(answer, 400, "invalid");
    assert_int_equal(json_array_size(client_member(answer, "errors")), 4);
}

static void deep_and_large_bodies_are_refused(void **state)
{
    struct scene *scene = *state;
    enum { DEPTH = 100000 };
    char *deep = malloc(DEPTH + 1);
    char *large = malloc(HTTP_BODY_MAX + 2);
    assert_non_null(deep);
    assert_non_null(large);
    memset(deep, '[', DEPTH);
    deep[DEPTH] = '\0';
    memset(large, ' ', HTTP_BODY_MAX + 1);
    large[HTTP_BODY_MAX + 1] = '\0';
    struct client_request post = {
        .method = "POST", .path = "/v1/seeks", .token = scene->ann, .body = deep};
    assert_problem(client_call(scene->client, &post), 400, "malformed");
    post.body = large;
    assert_problem(client_call(scene->client, &post), 413, "too-large");
    free(deep);
    free(large);
}

static void only_json_is_taken(void **state)
{
    struct scene *scene = *state;
    static const char *const types[] = {"", "text/plain", "application/jsonx",
                                        "application/x-www-form-urlencoded"};
    struct client_request post = {.method = "POST",
                                  .path = "/v1/seeks",
                                  .token = scene->ann,
                                  .body = "{\"request\": {\"rules\": \"reported\"}}"};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        post.type = types[i];
        assert_problem(client_call(scene->client, &post), 415, "media-type");
    }
    post.type = "application/json; charset=utf-8";
    assert_status(client_call(scene->client, &post), 201);
}

/* ---- tokens ------------------------------------------------------------------------------------
 */

static void tokens_that_do_not_count_are_refused(void **state)
{
    struct scene *scene = *state;
    struct house *elsewhere = house_open(NULL);
    char tampered[4096];
    (void)snprintf(tampered, sizeof tampered, "%s", scene->ann); /* a token is shorter */
    char *payload = strchr(tampered, '.') + 10;
    *payload = *payload == 'A' ? 'B' : 'A';
    const char *const tokens[] = {
        NULL,
        "",
        "nonsense",
        "a.b.c",
        tampered,
        house_expired_token(scene->house, "ann"),
        house_token(elsewhere, "ann", "player", NULL),
        house_token(scene->house, "ann smith", "player", NULL),
        house_token(scene->house, "$clock", "player", NULL),
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJyb2xlcyI6WyJwbGF5ZXIiXX0.",
    };
    for (size_t i = 0; i < COUNT_OF(tokens); i++) {
        const struct client_answer *answer =
            client_post(scene->client, "/v1/seeks", tokens[i], "{" REPORTED "}");
        assert_problem(answer, 401, "unauthenticated");
        assert_string_equal(client_header(answer, "WWW-Authenticate"), "Bearer");
    }
    /* A bad token is refused even where none is needed. */
    assert_problem(client_get(scene->client, "/v1/seeks", "nonsense"), 401, "unauthenticated");
    house_close(elsewhere);
}

static void roles_and_events_bound_what_may_be_done(void **state)
{
    struct scene *scene = *state;
    struct client *client = scene->client;
    const char *scoped = house_token(scene->house, "dirk", "director", "cup-1");
    assert_problem(client_post(client, "/v1/tournaments", scene->ann, "{'name': 'x'}"), 403,
                   "forbidden");
    assert_problem(client_post(client, "/v1/seeks", scoped, "{" REPORTED "}"), 403, "forbidden");
    assert_problem(client_post(client, "/v1/players", scene->ann, "{'player_id': 'bob'}"), 403,
                   "forbidden");
    assert_problem(client_post(client, "/v1/tournaments", scoped,
                               "{'name': 'x', 'tournament_id': 'cup-2', 'format': 'club-night'}"),
                   403, "forbidden");
    assert_status(client_post(client, "/v1/tournaments", scoped,
                              "{'name': 'x', 'tournament_id': 'cup-1', 'format': 'club-night'}"),
                  201);
    assert_status(client_post(client, "/v1/tournaments", scene->director,
                              "{'name': 'x', 'tournament_id': 'cup-2', 'format': 'club-night'}"),
                  201);
    assert_problem(
        client_post(client, "/v1/tournaments/cup-2/actions", scoped, "{'action': 'start'}"), 403,
        "forbidden");
    /* A director of other tournaments has no say in a casual game. */
    const char *game_id = client_text(start_game(scene), "game_id");
    assert_problem(client_post(client, path_of("/v1/games/%s/result", game_id), scoped,
                               "{'first_score': 1, 'second_score': 0}"),
                   403, "forbidden");
    assert_problem(client_post(client, path_of("/v1/games/%s/result", game_id), scene->ann,
                               "{'first_score': 1, 'second_score': 0, 'as_director': true}"),
                   403, "forbidden");
}

/* ---- things that are not there -----------------------------------------------------------------
 */

static void unknown_things_are_not_found(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *method;
        const char *path;
        const char *slug;
    } cases[] = {
        {"GET", "/", "no-route"},
        {"GET", "/v2/seeks", "no-route"},
        {"GET", "/v1/seeks/", "no-route"},
        {"GET", "/v1/seeks//", "no-route"},
        {"GET", "/v1/seeks/a/b/c", "no-route"},
        {"GET", "/v1/seeks/nothing", "not-found"},
        {"GET", "/v1/seeks/a%2Fb", "no-route"},
        {"GET", "/v1/seeks/a%20b", "not-found"},
        {"GET", "/v1/seeks/%00", "no-route"},
        {"GET", "/v1/matches/nothing", "not-found"},
        {"GET", "/v1/games/nothing", "not-found"},
        {"GET", "/v1/players/nobody", "not-found"},
        {"GET", "/v1/tournaments/none", "not-found"},
        {"GET", "/v1/tournaments/none/standings", "not-found"},
        {"GET", "/v1/tournaments/none/rounds/1", "not-found"},
        {"GET", "/v1/tournaments/none/entrants", "not-found"},
        {"POST", "/v1/seeks/nothing/accept", "not-found"},
        {"DELETE", "/v1/seeks/nothing", "not-found"},
        {"POST", "/v1/matches/nothing/accept", "not-found"},
        {"POST", "/v1/matches/nothing/decline", "not-found"},
        {"DELETE", "/v1/matches/nothing", "not-found"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct client_answer *answer =
            call(scene, cases[i].method, cases[i].path, scene->ann);
        if (answer->status != 404)
            fail_msg("%s %s: %ld %s", cases[i].method, cases[i].path, answer->status, answer->body);
        assert_problem(answer, 404, cases[i].slug);
    }
    assert_problem(client_post(scene->client, "/v1/games/nothing/result", scene->ann,
                               "{'first_score': 1, 'second_score': 0}"),
                   404, "not-found");
    assert_problem(client_post(scene->client, "/v1/tournaments/none/actions", scene->director,
                               "{'action': 'start'}"),
                   404, "not-found");
    assert_problem(client_post(scene->client, "/v1/matches", scene->ann,
                               "{'opponent': 'nobody', " REPORTED "}"),
                   400, "invalid");
}

static void other_methods_are_told_which_fit(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *answer = call(scene, "PUT", "/v1/seeks", scene->ann);
    assert_problem(answer, 405, "method");
    assert_string_equal(client_header(answer, "Allow"), "OPTIONS, GET, HEAD, POST");
    assert_status(call(scene, "OPTIONS", "/v1/seeks", NULL), 204);
    assert_status(call(scene, "HEAD", "/v1/seeks", NULL), 200);
}

static void queries_are_read_strictly(void **state)
{
    struct scene *scene = *state;
    static const char *const paths[] = {
        "/v1/seeks?limit=ten",
        "/v1/seeks?limit=",
        "/v1/seeks?limit=99999999999",
        "/v1/seeks?colour=white",
        "/v1/players/ann/games?limit=5x",
        "/v1/tournaments?order=up",
        "/v1/tournaments/none/standings?round=-1",
        "/v1/tournaments/none/standings?division=0",
        "/v1/tournaments/none/entrants?division=0",
        "/v1/tournaments/none/rounds/zero",
        "/v1/tournaments/none/rounds/0",
        "/v1/events?topics=,",
        "/v1/events?last_event_id=soon",
    };
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        const struct client_answer *answer = client_get(scene->client, paths[i], NULL);
        if (answer->status != 400)
            fail_msg("%s: %ld %s", paths[i], answer->status, answer->body);
        assert_problem(answer, 400, "invalid");
    }
}

static void a_socket_wants_its_handshake(void **state)
{
    struct scene *scene = *state;
    assert_problem(client_get(scene->client, "/v1/socket", NULL), 426, "upgrade");
    assert_problem(client_get(scene->client, "/v1/socket", "no.such.token"), 401,
                   "unauthenticated");
}

/* ---- things that cannot happen now -------------------------------------------------------------
 */

static void seeks_are_for_others_and_for_once(void **state)
{
    struct scene *scene = *state;
    const char *eve = house_token(scene->house, "eve", "player", NULL);
    const char *path =
        path_of("/v1/seeks/%s", client_text(post_seek(scene, scene->ann), "seek_id"));
    char accept[128];
    (void)snprintf(accept, sizeof accept, "%s/accept", path); /* fits */
    assert_problem(client_post(scene->client, accept, scene->ann, "{}"), 409, "refused");
    assert_problem(client_post(scene->client, accept, eve, "{}"), 409, "no-profile");
    assert_problem(call(scene, "DELETE", path, scene->bob), 409, "refused");
    assert_status(client_post(scene->client, accept, scene->bob, "{}"), 200);
    create_player(scene, "eve");
    assert_problem(client_post(scene->client, accept, eve, "{}"), 409, "refused");
    assert_problem(call(scene, "DELETE", path, scene->ann), 409, "refused");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), 1);
}

static void a_rating_window_is_kept(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *seek =
        client_post(scene->client, "/v1/seeks", scene->ann,
                    "{" REPORTED ", 'rating_min': 1600, 'rating_max': 1700}");
    assert_status(seek, 201);
    const struct client_answer *answer =
        client_post(scene->client, path_of("/v1/seeks/%s/accept", client_text(seek, "seek_id")),
                    scene->bob, "{}");
    assert_problem(answer, 409, "refused");
    assert_string_equal(client_text(answer, "guard"), "may_accept");
    assert_non_null(strstr(client_text(answer, "detail"), "from 1600 to 1700"));
}

static void a_game_nobody_can_play_is_called_off(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *seek =
        client_post(scene->client, "/v1/seeks", scene->ann, "{'request': {'rules': 'hopscotch'}}");
    assert_status(seek, 201);
    const char *id = client_text(seek, "seek_id");
    assert_problem(client_post(scene->client, path_of("/v1/seeks/%s/accept", id), scene->bob, "{}"),
                   409, "not-started");
    assert_string_equal(
        client_text(client_get(scene->client, path_of("/v1/seeks/%s", id), NULL), "status"),
        "cancelled");
}

static void results_come_from_players_of_a_running_game(void **state)
{
    struct scene *scene = *state;
    struct client *client = scene->client;
    const char *eve = house_token(scene->house, "eve", "player", NULL);
    const struct client_answer *game = start_game(scene);
    const char *path = path_of("/v1/games/%s/result", client_text(game, "game_id"));
    const char *first = token_of(scene, client_text(game, "first"));
    const char *scores = "{'first_score': 1, 'second_score': 0}";
    assert_problem(client_post(client, path, eve, "%s", scores), 403, "forbidden");
    assert_problem(client_post(client, path, NULL, "%s", scores), 401, "unauthenticated");
    assert_problem(client_post(client, path, first, "{'first_score': 1}"), 400, "invalid");
    assert_problem(client_post(client, path, first, "{'first_score': 1e9, 'second_score': 0}"), 400,
                   "invalid");
    assert_problem(client_post(client, path, first, "{'first_score': 99999999, 'second_score': 0}"),
                   400, "invalid");
    report_both(scene, game, 1, 0);
    await_text(scene, path_of("/v1/games/%s", client_text(game, "game_id")), "status", "final");
    assert_problem(client_post(client, path, first, "%s", scores), 409, "refused");
    assert_problem(client_post(client, path, scene->director,
                               "{'first_score': 0, 'second_score': 1, 'as_director': true}"),
                   409, "refused");
}

static void a_key_stands_for_one_body(void **state)
{
    struct scene *scene = *state;
    struct client_request post = {.method = "POST",
                                  .path = "/v1/seeks",
                                  .token = scene->ann,
                                  .key = "one",
                                  .body = "{\"request\": {\"rules\": \"reported\"}}"};
    assert_status(client_call(scene->client, &post), 201);
    post.body = "{\"request\": {\"rules\": \"reported\"}, \"rating_min\": 1}";
    assert_problem(client_call(scene->client, &post), 422, "key-reused");
    post.token = scene->bob; /* another client's key is another key */
    assert_status(client_call(scene->client, &post), 201);
}

/* The same key with the same body again, and with another one. */
static void send_thrice(struct scene *scene, struct client_request post, const char *other)
{
    assert_status(client_call(scene->client, &post), 200);
    assert_status(client_call(scene->client, &post), 200);
    post.body = other;
    assert_problem(client_call(scene->client, &post), 422, "key-reused");
}

/* What is open between the players of a game. */
static const char *open_request(struct scene *scene, const char *game)
{
    const struct client_answer *answer = client_get(scene->client, game, NULL);
    return path_of("%s", client_text(answer, "requests.open_id"));
}

/* A game remembers the keys of what it took: its turns, and its players' words. */
static void a_key_of_a_game_stands_for_one_body(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *started = start_game(scene);
    const char *game = path_of("/v1/games/%s", client_text(started, "game_id"));
    const char *first = token_of(scene, client_text(started, "first"));
    const char *second = token_of(scene, client_text(started, "second"));
    struct client_request post = {.method = "POST", .key = "mine", .token = first};

    post.path = path_of("%s/result", game);
    post.body = "{\"first_score\": 3, \"second_score\": 2}";
    send_thrice(scene, post, "{\"first_score\": 2, \"second_score\": 3}");
    post.path = path_of("%s/moves", game);
    post.body = "{\"move\": \"report 3 1\"}";
    send_thrice(scene, post, "{\"move\": \"report 2 1\"}");
    assert_int_equal(client_integer(client_get(scene->client, game, NULL), "turn_count"), 2);

    post.path = path_of("%s/requests", game);
    post.body = "{\"kind\": \"abort\"}";
    send_thrice(scene, post, "{\"kind\": \"nudge\"}");
    post.token = second;
    post.path = path_of("%s/requests/%s/deny", game, open_request(scene, game));
    post.body = "{}";
    send_thrice(scene, post, "{ }");
    post.path = path_of("%s/requests", game);
    post.body = "{\"kind\": \"abort\"}";
    send_thrice(scene, post, "{\"kind\": \"nudge\"}");
    post.token = first;
    post.path = path_of("%s/requests/%s/accept", game, open_request(scene, game));
    post.body = "{}";
    send_thrice(scene, post, "{ }");
}

static void players_have_plain_ids_and_names(void **state)
{
    struct scene *scene = *state;
    static const char *const bodies[] = {
        "{'player_id': ''}",
        "{'player_id': 'a b'}",
        "{'player_id': 'a.b'}",
        "{'player_id': '$clock'}",
        "{'player_id': 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}",
        "{'player_id': 'x', 'name': ''}",
        "{'player_id': 'x', 'name': 'a\\nb'}",
        "{'player_id': 7}",
        "{'name': 'x'}",
    };
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        assert_problem(client_post(scene->client, "/v1/players", scene->director, "%s", bodies[i]),
                       400, "invalid");
    assert_status(client_post(scene->client, "/v1/players",
                              house_token(scene->house, "new-1", "player", NULL),
                              "{'player_id': 'new-1', 'name': 'N\xc3\xa9w'}"),
                  201);
}

static void bad_policies_are_refused_with_their_place(void **state)
{
    struct scene *scene = *state;
    struct client *client = scene->client;
    const struct client_answer *answer = client_post(
        client, "/v1/tournaments", scene->director,
        "{'name': 'x', 'policy': 'tournament: x\\ndivisions:\\n  - name: open\\n    rouns: 3\\n'}");
    assert_problem(answer, 400, "invalid");
    assert_string_equal(client_text(answer, "line"), "4");
    assert_non_null(client_text(answer, "column"));
    assert_problem(
        client_post(client, "/v1/tournaments", scene->director, "{'name': 'x', 'policy': '{['}"),
        400, "invalid");
    assert_problem(client_post(client, "/v1/tournaments", scene->director,
                               "{'name': 'x', 'format': '../machines/seek'}"),
                   400, "invalid");
    assert_problem(client_post(client, "/v1/tournaments", scene->director,
                               "{'name': 'x', 'format': 'club-night', 'policy': 'x'}"),
                   400, "invalid");
    assert_problem(client_post(client, "/v1/tournaments", scene->director, "{'name': 'x'}"), 400,
                   "invalid");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM tournaments"), 0);
}

/* ---- what `arbiter check` refutes ----------------------------------------------------------- */

#define BAD_EVENINGS "tests/policies/bad-evenings"
enum { BAD_MIN = 20 };

static const struct client_answer *open_with(struct scene *scene, const char *id,
                                             const struct buffer *policy)
{
    json_t *body = json_pack("{s:s, s:s, s:s}", "name", "x", "tournament_id", id, "policy",
                             buffer_text(policy));
    char *text = json_dumps(body, 0);
    const struct client_answer *answer = client_call(
        scene->client,
        &(struct client_request){
            .method = "POST", .path = "/v1/tournaments", .token = scene->director, .body = text});
    free(text);
    json_decref(body);
    return answer;
}

static struct scene *golden_scene; /* a golden file's reader has no place for it */

/* A game that ours does not have may be another game service's: it is told, not refused. */
static void add_report(const char *file, const struct buffer *policy, struct buffer *out)
{
    static const char name[] = "policy.yaml";
    const struct client_answer *answer = open_with(golden_scene, "t-bad", policy);
    if (strcmp(file, "rules_unknown.yaml") == 0) {
        assert_status(answer, 201);
        assert_string_equal(client_text(answer, "warnings.0.hint"), "did you mean `reported`?");
        assert_non_null(strstr(client_text(answer, "warnings.0.text"), "'reportd'"));
        assert_int_equal(buffer_read_file(out, BAD_EVENINGS "/rules_unknown.expect"), STATUS_OK);
        return;
    }
    assert_problem(answer, 400, "invalid");
    assert_non_null(client_text(answer, "line"));
    assert_non_null(client_text(answer, "column"));
    const char *report = client_text(answer, "report");
    assert_non_null(report);
    for (const char *at; (at = strstr(report, name)) != NULL; report = at + strlen(name)) {
        buffer_append(out, report, (size_t)(at - report));
        buffer_append_text(out, file);
    }
    buffer_append_text(out, report);
}

static void a_policy_that_check_refutes_opens_nothing(void **state)
{
    golden_scene = *state;
    assert_true(golden_folder(BAD_EVENINGS, add_report) >= BAD_MIN);
    assert_int_equal(house_query(golden_scene->house, "SELECT count(*) FROM tournaments"), 1);
}

static void actions_that_do_not_fit_are_refused(void **state)
{
    struct scene *scene = *state;
    struct client *client = scene->client;
    const char *path = "/v1/tournaments/t-1/actions";
    assert_status(client_post(client, "/v1/tournaments", scene->director,
                              "{'name': 'x', 'tournament_id': 't-1', 'format': 'swiss-15'}"),
                  201);
    assert_problem(client_post(client, "/v1/tournaments", scene->director,
                               "{'name': 'y', 'tournament_id': 't-1', 'format': 'swiss-15'}"),
                   409, "exists");
    assert_problem(client_post(client, path, scene->director, "{'action': 'dance'}"), 400,
                   "invalid");
    assert_problem(client_post(client, path, scene->director, "{'action': 'result'}"), 400,
                   "invalid");
    assert_problem(client_post(client, path, scene->director, "{'action': 'next_round'}"), 409,
                   "refused");
    assert_problem(client_post(client, path, scene->director, "{'action': 'start', 'data': []}"),
                   400, "invalid");
    assert_problem(
        client_post(client, path, scene->director,
                    "{'action': 'amend', 'data': {'round': 'one', 'board': 1, 'outcome': 'first', "
                    "'first_score': 1, 'second_score': 0}}"),
        400, "invalid");
    assert_problem(client_post(client, "/v1/tournaments/t-1/entrants", scene->director,
                               "{'entrants': [{'player': 'a b', 'seed': 1}]}"),
                   400, "invalid");
    assert_problem(
        client_post(client, "/v1/tournaments/t-1/entrants", scene->director, "{'entrants': []}"),
        400, "invalid");
    const struct client_answer *without_seed =
        client_post(client, "/v1/tournaments/t-1/entrants", scene->director,
                    "{'entrants': [{'player': 'ann', 'seed': 1}, {'player': 'bob'}]}");
    assert_problem(without_seed, 400, "invalid");
    assert_non_null(strstr(without_seed->body, "/entrants/1/seed"));
}

/* ---- when the house is not whole ---------------------------------------------------------------
 */

static void assert_away(const struct client_answer *answer)
{
    assert_problem(answer, 503, "unavailable");
    assert_non_null(client_header(answer, "Retry-After"));
}

static void what_is_away_is_said_and_nothing_is_lost(void **state)
{
    struct scene *scene = *state;
    struct client *client = scene->client;
    const char *seek_id = client_text(post_seek(scene, scene->ann), "seek_id");
    house_kill(scene->house, HOUSE_ORCHESTRATOR);
    assert_away(client_post(client, "/v1/seeks", scene->ann, "{" REPORTED "}"));
    house_start(scene->house, HOUSE_ORCHESTRATOR);
    house_kill(scene->house, HOUSE_STORE);
    assert_away(client_get(client, "/v1/seeks", NULL));
    assert_away(client_post(client, "/v1/seeks", scene->ann, "{" REPORTED "}"));
    house_start(scene->house, HOUSE_STORE);
    house_kill(scene->house, HOUSE_GAMESVC);
    assert_away(client_get(client, "/v1/games/any", NULL));
    const char *path = path_of("/v1/seeks/%s", seek_id);
    struct client_request accept = {.method = "POST",
                                    .path = path_of("/v1/seeks/%s/accept", seek_id),
                                    .token = scene->bob,
                                    .key = "patient"};
    /* Accepted without a game service: claimed, and the game follows when there is one again. */
    assert_status(client_call(client, &accept), 202);
    const struct client_answer *match =
        client_post(client, "/v1/matches", scene->ann, "{'opponent': 'bob', " REPORTED "}");
    assert_status(client_post(client,
                              path_of("/v1/matches/%s/accept", client_text(match, "match_id")),
                              scene->bob, "{}"),
                  202);
    house_start(scene->house, HOUSE_GAMESVC);
    await_text(scene, path_of("/v1/matches/%s", client_text(match, "match_id")), "game_id", NULL);
    await_text(scene, path, "game_id", NULL);
    assert_status(client_call(client, &accept), 200);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), 2);
}

/* ---- what browsers need ------------------------------------------------------------------------
 */

static void answers_known_already_are_not_sent_again(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *answer = client_get(scene->client, "/v1/players/ann", NULL);
    const char *tag = client_header(answer, "ETag");
    assert_non_null(tag);
    struct client_request again = {
        .method = "GET", .path = "/v1/players/ann", .extra = path_of("If-None-Match: %s", tag)};
    answer = client_call(scene->client, &again);
    assert_status(answer, 304);
    assert_string_equal(answer->body, "");
    again.extra = "If-None-Match: \"0000\"";
    assert_status(client_call(scene->client, &again), 200);
}

static void only_listed_origins_may_call(void **state)
{
    (void)state;
    struct scene *scene = scene_create(
        &(struct house_options){.cors_origins = "https://a.example,https://b.example"});
    struct client_request ask = {
        .method = "GET", .path = "/v1/seeks", .extra = "Origin: https://b.example"};
    const struct client_answer *answer = client_call(scene->client, &ask);
    assert_string_equal(client_header(answer, "Access-Control-Allow-Origin"), "https://b.example");
    ask.method = "OPTIONS";
    answer = client_call(scene->client, &ask);
    assert_status(answer, 204);
    assert_non_null(client_header(answer, "Access-Control-Allow-Methods"));
    ask.extra = "Origin: https://c.example";
    answer = client_call(scene->client, &ask);
    assert_null(client_header(answer, "Access-Control-Allow-Origin"));
    assert_null(client_header(answer, "Access-Control-Allow-Methods"));
    scene_destroy(scene);
}

/* Three requests at once, and one more a second: see tests/data/limits/tight.yaml. */
static void too_many_requests_wait_as_long_as_is_said(void **state)
{
    (void)state;
    struct scene *scene = scene_create(
        &(struct house_options){.limits = "../../tests/data/limits/tight"}); /* of policies/ */
    const struct client_answer *answer = client_get(scene->client, "/v1/seeks", scene->ann);
    assert_status(answer, 200);
    assert_string_equal(client_header(answer, "RateLimit-Policy"), "\"tight\";q=3;w=3");
    assert_non_null(strstr(client_header(answer, "RateLimit"), "\"tight\";r="));
    for (int i = 0; i < PATIENCE_STEPS && answer->status == 200; i++)
        answer = client_get(scene->client, "/v1/seeks", scene->ann);
    assert_status(answer, 429);
    assert_string_equal(client_text(answer, "type"), "https://arbiter.dev/problems/rate-limited");
    assert_string_equal(client_text(answer, "violated-policies.0"), "tight");
    assert_string_equal(client_header(answer, "Retry-After"), "1");
    assert_string_equal(client_header(answer, "RateLimit"), "\"tight\";r=0;t=3");
    /* Bob's are his own; so are those of whoever has no token; other routes have no limit. */
    assert_status(client_get(scene->client, "/v1/seeks", scene->bob), 200);
    assert_status(client_get(scene->client, "/v1/seeks", NULL), 200);
    const struct client_answer *other = client_get(scene->client, "/v1/players/ann", scene->ann);
    assert_status(other, 200);
    assert_null(client_header(other, "RateLimit"));
    for (int i = 0; i < PATIENCE_STEPS && answer->status == 429; i++) {
        (void)usleep(STEP_US);
        answer = client_get(scene->client, "/v1/seeks", scene->ann);
    }
    assert_status(answer, 200);
    scene_destroy(scene);
}

/* Without a token, and with one that is none, an address has its own. */
static void an_address_without_a_token_has_a_limit(void **state)
{
    (void)state;
    struct scene *scene =
        scene_create(&(struct house_options){.limits = "../../tests/data/limits/tight"});
    const struct client_answer *answer = client_get(scene->client, "/v1/seeks", "no.good.token");
    for (int i = 0; i < PATIENCE_STEPS && answer->status == 401; i++)
        answer = client_get(scene->client, "/v1/seeks", "no.good.token");
    assert_status(answer, 429);
    assert_string_equal(client_text(answer, "violated-policies.0"), "address");
    assert_status(client_get(scene->client, "/v1/seeks", scene->ann), 200);
    scene_destroy(scene);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        CASE(bodies_that_are_not_as_agreed_are_refused),
        CASE(every_error_of_a_body_is_listed),
        CASE(deep_and_large_bodies_are_refused),
        CASE(only_json_is_taken),
        CASE(tokens_that_do_not_count_are_refused),
        CASE(roles_and_events_bound_what_may_be_done),
        CASE(unknown_things_are_not_found),
        CASE(other_methods_are_told_which_fit),
        CASE(queries_are_read_strictly),
        CASE(a_socket_wants_its_handshake),
        CASE(seeks_are_for_others_and_for_once),
        CASE(a_rating_window_is_kept),
        CASE(a_game_nobody_can_play_is_called_off),
        CASE(results_come_from_players_of_a_running_game),
        CASE(a_key_stands_for_one_body),
        CASE(a_key_of_a_game_stands_for_one_body),
        CASE(players_have_plain_ids_and_names),
        CASE(bad_policies_are_refused_with_their_place),
        CASE(a_policy_that_check_refutes_opens_nothing),
        CASE(actions_that_do_not_fit_are_refused),
        CASE(what_is_away_is_said_and_nothing_is_lost),
        CASE(answers_known_already_are_not_sent_again),
        cmocka_unit_test(only_listed_origins_may_call),
        cmocka_unit_test(too_many_requests_wait_as_long_as_is_said),
        cmocka_unit_test(an_address_without_a_token_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
