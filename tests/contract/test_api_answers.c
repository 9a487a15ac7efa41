/* Answers that want a scene of their own: things that have not changed, things that cannot happen
 * now, streams and sockets. openapi.sh holds all of them against docs/openapi.yaml. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "tests/contract/api_scene.h"

enum { HOUR_MS = 3600 * 1000, PATIENCE_MS = 60000, ROW = 16 };

#define EVENT "/v1/tournaments/club-1"
#define DIVISION EVENT "/divisions/1"

static const struct client_answer *call(struct scene *scene, const char *method, const char *path,
                                        const char *token)
{
    return client_call(scene->client,
                       &(struct client_request){.method = method, .path = path, .token = token});
}

static const struct client_answer *put(struct scene *scene, const char *path, const char *token,
                                       const char *body)
{
    return client_call(
        scene->client,
        &(struct client_request){.method = "PUT", .path = path, .token = token, .body = body});
}

/* What a thing that was just made is called. */
static const char *name_of(const struct client_answer *answer, long status, const char *member)
{
    assert_status(answer, status);
    assert_non_null(client_text(answer, member));
    return path_of("%s", client_text(answer, member));
}

/* ---- what has not changed ---------------------------------------------------------------------
 */

/* An event whose first round is paired. */
static void open_event(struct scene *scene)
{
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Club', 'tournament_id': 'club-1', 'policy': 'tournament: "
                              "evening\\ndivisions:\\n  - name: open\\n    rounds: 2\\n    game: "
                              "{rules: reported, rated: false}\\n'}"),
                  201);
    assert_status(client_post(scene->client, EVENT "/entrants", scene->director,
                              "{'entrants': [{'player': 'ann', 'name': 'Ann', 'seed': 1, 'rating': "
                              "1600}, {'player': 'bob', 'name': 'Bob', 'seed': 2, 'rating': "
                              "1500}]}"),
                  200);
    (void)direct(scene, "club-1", "{'action': 'start'}");
    (void)await_text(scene, EVENT "/rounds/1", "pairings.0.status", "playing");
}

static void is_sent_once(struct scene *scene, const char *path, const char *token)
{
    const struct client_answer *answer = client_get(scene->client, path, token);
    assert_status(answer, 200);
    assert_non_null(client_header(answer, "ETag"));
    struct client_request again = {.method = "GET",
                                   .path = path,
                                   .token = token,
                                   .extra =
                                       path_of("If-None-Match: %s", client_header(answer, "ETag"))};
    answer = client_call(scene->client, &again);
    if (answer->status != 304)
        fail_msg("%s: %ld", path, answer->status);
    assert_string_equal(answer->body, "");
}

static void what_has_not_changed_is_not_sent_again(void **state)
{
    struct scene *scene = *state;
    const char *seek = name_of(post_seek(scene, scene->ann), 201, "seek_id");
    struct client_request why = {.method = "GET",
                                 .path = path_of("/v1/seeks/%s/why", seek),
                                 .extra = "If-None-Match: *"}; /* its estimate moves with time */
    assert_status(client_call(scene->client, &why), 304);
    assert_status(call(scene, "DELETE", path_of("/v1/seeks/%s", seek), scene->ann), 200);
    const char *ticket =
        name_of(client_post(scene->client, "/v1/pools/classical-30-20/tickets", scene->ann, "{}"),
                201, "ticket_id");
    is_sent_once(scene, path_of("/v1/tickets/%s", ticket), NULL);
    assert_status(call(scene, "DELETE", path_of("/v1/tickets/%s", ticket), scene->ann), 200);
    is_sent_once(scene, path_of("/v1/tickets/%s/why", ticket), NULL);
    assert_status(put(scene, "/v1/clubs/chess", scene->director, "{\"name\": \"Chess\"}"), 201);
    is_sent_once(scene, "/v1/clubs/chess", NULL);
    const char *bulk = name_of(client_post(scene->client, "/v1/bulks", scene->director,
                                           "{'games': [{'first': 'ann', 'second': 'bob'}], "
                                           "'pair_at_ms': %lld, " REPORTED "}",
                                           (long long)clock_now_ms() + HOUR_MS),
                               201, "bulk_id");
    is_sent_once(scene, path_of("/v1/bulks/%s", bulk), scene->director);
    const char *match = name_of(
        client_post(scene->client, "/v1/matches", scene->ann, "{'opponent': 'bob', " REPORTED "}"),
        201, "match_id");
    is_sent_once(scene, path_of("/v1/matches/%s", match), scene->bob);
    const char *game = name_of(start_game(scene), 200, "game_id");
    is_sent_once(scene, path_of("/v1/games/%s", game), NULL);
}

static void what_has_not_changed_of_an_event_is_not_sent_again(void **state)
{
    static const char *const paths[] = {
        EVENT,
        EVENT "/standings",
        EVENT "/entrants",
        EVENT "/rounds/1",
        EVENT "/export?format=trf&report=true",
        DIVISION "/rounds/1/explain",
        DIVISION "/rounds/1/why-not?a=ann&b=bob",
        DIVISION "/standings/explain?player=ann",
    };
    struct scene *scene = *state;
    open_event(scene);
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        is_sent_once(scene, paths[i], NULL);
}

/* ---- what cannot happen now -------------------------------------------------------------------
 */

static void offers_that_were_not_made_are_not_answered(void **state)
{
    struct scene *scene = *state;
    const char *ticket =
        name_of(client_post(scene->client, "/v1/pools/classical-30-20/tickets", scene->ann, "{}"),
                201, "ticket_id");
    assert_status(
        client_post(scene->client, path_of("/v1/tickets/%s/accept", ticket), scene->ann, "{}"),
        409);
    assert_status(
        client_post(scene->client, path_of("/v1/tickets/%s/decline", ticket), scene->ann, "{}"),
        409);
}

static void clubs_belong_to_who_founded_them(void **state)
{
    struct scene *scene = *state;
    const char *other = house_token(scene->house, "dirk", "director", NULL);
    assert_status(put(scene, "/v1/clubs/chess", scene->director, "{\"name\": \"Chess\"}"), 201);
    assert_status(put(scene, "/v1/clubs/chess", other, "{\"name\": \"Mine\"}"), 409);
}

/* Whoever reads before the other has written is refused by the store: one bulk gets the players. */
static void bulks_of_the_same_players_do_not_both_come_in(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *answers[ROW];
    struct client_request requests[ROW];
    int refused = 0;
    for (int hour = 1; refused == 0; hour++) {
        assert_in_range(hour, 1, 100);
        const char *body = path_of("{\"games\": [{\"first\": \"ann\", \"second\": \"bob\"}], "
                                   "\"pair_at_ms\": %lld, \"request\": {\"rules\": \"reported\"}}",
                                   (long long)clock_now_ms() + hour * (long long)HOUR_MS);
        for (int i = 0; i < ROW; i++)
            requests[i] = (struct client_request){
                .method = "POST", .path = "/v1/bulks", .token = scene->director, .body = body};
        int taken = 0;
        client_call_all(scene->client, requests, ROW, answers);
        for (int i = 0; i < ROW; i++) {
            taken += answers[i]->status == 201;
            refused += answers[i]->status == 409;
            if (answers[i]->status != 201 && answers[i]->status != 409)
                assert_status(answers[i], 400);
        }
        assert_int_equal(taken, 1);
    }
}

static void a_circle_is_for_who_has_a_profile(void **state)
{
    static const char *const paths[] = {"/v1/circle/blocks/ann", "/v1/circle/follows/ann"};
    struct scene *scene = *state;
    const char *eve = house_token(scene->house, "eve", "player", NULL);
    assert_status(call(scene, "GET", "/v1/circle", eve), 409);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        assert_status(put(scene, paths[i], eve, "{}"), 409);
        assert_status(call(scene, "DELETE", paths[i], eve), 409);
    }
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM circles"), 0);
}

static void a_match_ends_once(void **state)
{
    struct scene *scene = *state;
    const char *match = name_of(
        client_post(scene->client, "/v1/matches", scene->ann, "{'opponent': 'bob', " REPORTED "}"),
        201, "match_id");
    const char *path = path_of("/v1/matches/%s", match);
    const char *decline = path_of("%s/decline", path);
    assert_status(call(scene, "DELETE", path, scene->bob), 409);
    assert_status(client_post(scene->client, decline, scene->ann, "{}"), 409);
    assert_status(client_post(scene->client, decline, scene->bob, "{}"), 200);
    assert_status(client_post(scene->client, decline, scene->bob, "{}"), 409);
    assert_status(call(scene, "DELETE", path, scene->ann), 409);
}

static void things_that_are_not_there_take_nothing(void **state)
{
    static const struct {
        const char *path;
        const char *body; /* ' stands for " */
    } posts[] = {
        {"/v1/games/none/moves", "{'move': 'pass'}"},
        {"/v1/games/none/requests", "{'kind': 'abort'}"},
        {"/v1/players/none/conduct/appeals", "{'note': 'why'}"},
        {"/v1/tournaments/none/entrants", "{'entrants': [{'player': 'ann', 'seed': 1}]}"},
    };
    struct scene *scene = *state;
    const char *all = house_token(scene->house, "ann", "player,director,admin", NULL);
    for (size_t i = 0; i < COUNT_OF(posts); i++) {
        const struct client_answer *answer =
            client_post(scene->client, posts[i].path, all, "%s", posts[i].body);
        if (answer->status != 404)
            fail_msg("%s: %ld %s", posts[i].path, answer->status, answer->body);
    }
}

static void an_event_that_is_over_takes_nobody(void **state)
{
    struct scene *scene = *state;
    open_event(scene);
    (void)direct(scene, "club-1", "{'action': 'cancel'}");
    (void)await_text(scene, EVENT, "status", "cancelled");
    assert_status(client_post(scene->client, EVENT "/entrants", scene->director,
                              "{'entrants': [{'player': 'cat', 'seed': 3}]}"),
                  409);
    assert_status(call(scene, "DELETE", EVENT "/entrants/ann", scene->director), 409);
}

/* ---- streams and sockets ----------------------------------------------------------------------
 */

#define HANDSHAKE(key)                                                                             \
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"                   \
    "Sec-WebSocket-Key: " key

static const struct client_answer *begin(struct scene *scene, const char *path, const char *token,
                                         const char *extra)
{
    return client_begin(
        scene->client,
        &(struct client_request){.method = "GET", .path = path, .token = token, .extra = extra});
}

static void streams_and_sockets_begin_or_say_why_not(void **state)
{
    struct scene *scene = *state;
    const char *good = HANDSHAKE("AAAAAAAAAAAAAAAAAAAAAA==");
    assert_status(begin(scene, "/v1/events", scene->ann, NULL), 200);
    assert_status(begin(scene, "/v1/events", "no.good.token", NULL), 401);
    assert_status(begin(scene, "/v1/socket", scene->ann, good), 101);
    assert_status(begin(scene, "/v1/socket", scene->ann, HANDSHAKE("short")), 400);
    assert_status(begin(scene, "/v1/socket", "no.good.token", good), 401);
}

/* The same events, in the same order, with the same positions. */
static void events_come_as_lines_as_well(void **state)
{
    struct scene *scene = *state;
    struct client_stream *lines = client_lines_open(scene->client, "topics=seek", NULL, 0);
    (void)post_seek(scene, scene->ann);
    (void)post_seek(scene, scene->bob);
    struct client_stream *sent = client_stream_open(scene->client, "topics=seek", NULL, 0);
    for (size_t i = 0; i < 2; i++) {
        const struct client_event *line = client_stream_event(lines, i, PATIENCE_MS);
        const struct client_event *event = client_stream_event(sent, i, PATIENCE_MS);
        assert_non_null(line);
        assert_non_null(event);
        assert_string_equal(line->name, "seek.opened");
        assert_int_equal(line->id, event->id);
        assert_true(json_equal(line->data, event->data));
    }
    client_stream_close(lines);
    client_stream_close(sent);
    assert_string_equal(
        begin(scene, "/v1/events", NULL, "Accept: application/x-ndjson, text/event-stream;q=0.5")
            ->type,
        "application/x-ndjson");
    assert_string_equal(begin(scene, "/v1/events", NULL, "Accept: */*")->type, "text/event-stream");
}

static void streams_and_sockets_are_counted_as_requests(void **state)
{
    (void)state;
    struct scene *scene =
        scene_create(&(struct house_options){.limits = "../../tests/data/limits/closed"});
    const char *cat = house_token(scene->house, "cat", "player", NULL);
    for (int i = 0; i < 5; i++) /* see tests/data/limits/closed.yaml */
        (void)client_get(scene->client, "/v1/seeks", cat);
    assert_status(begin(scene, "/v1/events", cat, NULL), 429);
    assert_status(begin(scene, "/v1/socket", cat, HANDSHAKE("AAAAAAAAAAAAAAAAAAAAAA==")), 429);
    scene_destroy(scene);
}

static void streams_and_sockets_wait_for_the_events(void **state)
{
    (void)state;
    struct house *house = house_open(&(struct house_options){.without[HOUSE_STORE] = true});
    struct scene scene = {.house = house, .client = client_create(house_url(house))};
    assert_status(begin(&scene, "/v1/events", NULL, NULL), 503);
    assert_status(begin(&scene, "/v1/socket", NULL, HANDSHAKE("AAAAAAAAAAAAAAAAAAAAAA==")), 503);
    client_destroy(scene.client);
    house_close(house);
}

/* ---- the same request again --------------------------------------------------------------- */

/* Sends it twice with one key: the second answer is as good as the first, whose text is returned
 * where there is such a member. */
static char *twice(struct scene *scene, const char *method, const char *path, const char *token,
                   const char *body, const char *member)
{
    struct client_request request = {
        .method = method, .path = path, .token = token, .body = body, .key = "once"};
    const struct client_answer *first = client_call(scene->client, &request);
    const char *text = client_text(first, member);
    char *kept = text != NULL ? strdup(text) : NULL;
    long status = first->status;
    if (status >= 300)
        fail_msg("%s %s: %ld: %s", method, path, status, first->body);
    const struct client_answer *second = client_call(scene->client, &request);
    if (second->status >= 300)
        fail_msg("%s %s again: %ld: %s", method, path, second->status, second->body);
    if (kept != NULL)
        assert_string_equal(client_text(second, member), kept);
    return kept;
}

#define BREAKTHROUGH "\"request\": {\"rules\": \"breakthrough\", \"initial_time_ms\": 60000}"

static void what_is_sent_again_with_its_key_is_done_once(void **state)
{
    struct scene *scene = *state;
    const char *cat = house_token(scene->house, "cat", "player", NULL);
    free(twice(scene, "POST", "/v1/players", cat, "{\"player_id\": \"cat\"}", "player_id"));
    free(twice(scene, "PUT", "/v1/circle/follows/bob", scene->ann, "{}", "player_id"));
    free(twice(scene, "DELETE", "/v1/circle/follows/bob", scene->ann, NULL, "player_id"));
    free(twice(scene, "PUT", "/v1/clubs/one", scene->director, "{\"name\": \"One\"}", "owner"));
    free(twice(scene, "PUT", "/v1/clubs/one/members/ann", scene->director, "{}", "club_id"));
    free(twice(scene, "DELETE", "/v1/clubs/one/members/ann", scene->director, NULL, "club_id"));
    char *ticket =
        twice(scene, "POST", "/v1/pools/classical-30-20/tickets", scene->ann, "{}", "ticket_id");
    free(twice(scene, "DELETE", path_of("/v1/tickets/%s", ticket), scene->ann, NULL, "status"));
    char *seek = twice(scene, "POST", "/v1/seeks", scene->ann, "{" BREAKTHROUGH "}", "seek_id");
    free(twice(scene, "DELETE", path_of("/v1/seeks/%s", seek), scene->ann, NULL, "status"));
    char *match = twice(scene, "POST", "/v1/matches", scene->ann,
                        "{" BREAKTHROUGH ", \"opponent\": \"bob\"}", "match_id");
    char *game =
        twice(scene, "POST", path_of("/v1/matches/%s/accept", match), scene->bob, "{}", "game_id");
    free(twice(scene, "POST", path_of("/v1/games/%s/moves", game), scene->ann,
               "{\"move\": \"resign\"}", "status"));
    char body[256];
    (void)snprintf(body, sizeof body,
                   "{" BREAKTHROUGH ", \"pair_at_ms\": %lld, \"games\": [{\"first\": \"ann\", "
                   "\"second\": \"bob\"}]}",
                   (long long)clock_now_ms() + 3600000); /* it fits */
    char *bulk = twice(scene, "POST", "/v1/bulks", scene->director, body, "bulk_id");
    free(twice(scene, "DELETE", path_of("/v1/bulks/%s", bulk), scene->director, NULL, "status"));
    free(twice(scene, "POST", "/v1/tournaments", scene->director,
               "{\"name\": \"Open\", \"tournament_id\": \"open-1\", \"format\": \"club-night\"}",
               "tournament_id"));
    free(twice(scene, "POST", "/v1/incidents", scene->director,
               "{\"from_ms\": 1, \"to_ms\": 2, \"what\": \"the network\"}", "incident_id"));
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), 1);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM tickets"), 1);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM bulks"), 1);
    free(ticket);
    free(seek);
    free(match);
    free(game);
    free(bulk);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        CASE(what_has_not_changed_is_not_sent_again),
        CASE(what_has_not_changed_of_an_event_is_not_sent_again),
        CASE(offers_that_were_not_made_are_not_answered),
        CASE(clubs_belong_to_who_founded_them),
        CASE(bulks_of_the_same_players_do_not_both_come_in),
        CASE(a_circle_is_for_who_has_a_profile),
        CASE(a_match_ends_once),
        CASE(things_that_are_not_there_take_nothing),
        CASE(an_event_that_is_over_takes_nobody),
        CASE(streams_and_sockets_begin_or_say_why_not),
        CASE(events_come_as_lines_as_well),
        CASE(what_is_sent_again_with_its_key_is_done_once),
        cmocka_unit_test(streams_and_sockets_are_counted_as_requests),
        cmocka_unit_test(streams_and_sockets_wait_for_the_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
