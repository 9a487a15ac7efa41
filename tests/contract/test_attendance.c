/* Places in pools: they end with their owner's connection where the policy says so, and whoever
 * waits hears how long it will take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

enum { CROWD = 2000, WAVE_MS = 30000 };

/* Joins the pool "standard": waves every five seconds, twenty without a connection are too long. */
static char *join(struct scene *scene, const char *token)
{
    const struct client_answer *ticket =
        client_post(scene->client, "/v1/pools/standard/tickets", token, "{}");
    assert_status(ticket, 201);
    return strdup(client_text(ticket, "ticket_id"));
}

static void keep_apart(struct scene *scene)
{
    const struct client_request block = {
        .method = "PUT", .path = "/v1/circle/blocks/bob", .token = scene->ann, .body = "{}"};
    assert_status(client_call(scene->client, &block), 200);
}

static const char *status_of(struct scene *scene, const char *ticket_id)
{
    return client_text(client_get(scene->client, path_of("/v1/tickets/%s", ticket_id), NULL),
                       "status");
}

/* As if nobody had been heard of for so long that the time is over. */
static void let_time_run_out(struct scene *scene, const char *player)
{
    (void)house_query(
        scene->house,
        path_of("UPDATE tickets SET here_until_ms = 1 WHERE player_id = '%s'", player));
}

/* ---- presence ---------------------------------------------------------------------------- */

static void a_place_ends_when_its_owner_has_gone(void **state)
{
    struct scene *scene = *state;
    keep_apart(scene);
    struct client_stream *events =
        client_stream_open(scene->client, "topics=pool", scene->director, -1);
    struct client_stream *stream =
        client_stream_open(scene->client, "topics=offer", scene->ann, -1);
    char *ann = join(scene, scene->ann);
    char *bob = join(scene, scene->bob);
    let_time_run_out(scene, "bob");
    await_count(scene, "SELECT count(*) FROM tickets WHERE player_id = 'bob' AND status = 'left'",
                1);
    /* Everybody hears which places a wave has given up; their owners may come again. */
    size_t index = 0;
    const struct client_event *waved = client_stream_find(events, "pool.waved", &index, WAVE_MS);
    while (waved != NULL &&
           json_array_size(json_object_get(json_object_get(waved->data, "data"), "gone")) == 0)
        waved = client_stream_find(events, "pool.waved", &index, WAVE_MS);
    assert_non_null(waved);
    assert_string_equal(json_string_value(json_array_get(
                            json_object_get(json_object_get(waved->data, "data"), "gone"), 0)),
                        bob);
    free(bob);
    bob = join(scene, scene->bob);

    /* Whose owner is connected is told again in time ... */
    assert_string_equal(status_of(scene, ann), "waiting");
    (void)house_query(scene->house, "UPDATE tickets SET here_until_ms = here_until_ms - 60000 "
                                    "WHERE player_id = 'ann'");
    await_count(scene,
                "SELECT count(*) FROM tickets AS a JOIN tickets AS b ON b.player_id = 'bob' WHERE "
                "a.player_id = 'ann' AND a.here_until_ms > b.here_until_ms AND b.status = "
                "'waiting'",
                1);
    /* ... and not long after the connection's end the time is that which the policy gives. */
    client_stream_close(stream);
    await_count(scene,
                "SELECT count(*) FROM tickets AS a JOIN tickets AS b ON b.player_id = 'bob' WHERE "
                "a.player_id = 'ann' AND a.here_until_ms < b.here_until_ms - 60000 AND b.status = "
                "'waiting'",
                1);
    client_stream_close(events);
    free(ann);
    free(bob);
}

/* Nobody is left who could say that the owner has gone, and all have been away meanwhile. */
static void a_places_end_survives_restarts(void **state)
{
    struct scene *scene = *state;
    struct client_stream *stream =
        client_stream_open(scene->client, "topics=offer", scene->ann, -1);
    char *ann = join(scene, scene->ann);
    house_kill(scene->house, HOUSE_API);
    client_stream_close(stream);
    house_kill(scene->house, HOUSE_ORCHESTRATOR);
    let_time_run_out(scene, "ann");
    house_kill(scene->house, HOUSE_STORE);
    house_start(scene->house, HOUSE_STORE);
    house_start(scene->house, HOUSE_ORCHESTRATOR);
    house_start(scene->house, HOUSE_API);
    await_count(scene, "SELECT count(*) FROM tickets WHERE status = 'left'", 1);
    assert_string_equal(status_of(scene, ann), "left");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM slots"), 0);
    free(ann);
}

/* ---- estimates --------------------------------------------------------------------------- */

struct heard {
    bool is_told[CROWD];
    size_t count;
};

static void hear(struct heard *heard, const struct client_event *event)
{
    size_t index;
    json_t *one;
    json_array_foreach(json_object_get(json_object_get(event->data, "data"), "estimates"), index,
                       one)
    {
        const char *id = json_string_value(json_object_get(one, "ticket_id"));
        int number = id != NULL && strncmp(id, "crowd-", 6) == 0 ? atoi(id + 6) : 0;
        if (number < 1 || number > CROWD || heard->is_told[number - 1])
            continue;
        assert_true(json_integer_value(json_object_get(one, "high_ms")) > 0);
        heard->is_told[number - 1] = true;
        heard->count++;
    }
}

/* More than one event holds: others follow it, and nobody is left out. */
static void everybody_who_waits_hears_how_long_it_will_take(void **state)
{
    struct scene *scene = *state;
    static const char players[] =
        "INSERT INTO players (player_id, name, status, created_at_ms) WITH RECURSIVE n(i) AS "
        "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT 'crowd-' || i, 'C', "
        "'active', 1 FROM n";
    static const char tickets[] = /* too far apart to play, ever */
        "INSERT INTO tickets (ticket_id, pool, policy, player_id, said, rating, deviation, games, "
        "conduct, balance, status, since_ms, misses, offer, game_id, ended_at_ms, low_ms, high_ms) "
        "SELECT player_id, 'standard', 'flexmatch-style', player_id, NULL, 5000.0 * CAST(substr("
        "player_id, 7) AS integer), 60, 9, 0, 0, 'waiting', 1, 0, '', '', 0, 1, 9 FROM players "
        "WHERE name = 'C'";
    struct heard heard = {.count = 0};
    size_t index = 0;
    size_t others = 0;
    (void)house_query(scene->house, players);
    (void)house_query(scene->house, tickets);
    await_count(scene, "SELECT count(*) FROM tickets WHERE status = 'waiting'", CROWD);
    struct client_stream *stream =
        client_stream_open(scene->client, "topics=pool", scene->director, -1);
    free(join(scene, scene->ann));
    while (heard.count < CROWD) {
        const struct client_event *event = client_stream_event(stream, index++, WAVE_MS);
        if (event == NULL)
            fail_msg("%zu of %d heard of their wait, in %zu events", heard.count, CROWD, index);
        hear(&heard, event);
        others += strcmp(event->name, "pool.estimated") == 0;
    }
    assert_true(others >= 3); /* five hundred an event */
    client_stream_close(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_place_ends_when_its_owner_has_gone, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(a_places_end_survives_restarts, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(everybody_who_waits_hears_how_long_it_will_take, open_scene,
                                        close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
