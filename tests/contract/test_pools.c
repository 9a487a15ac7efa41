/* Pools, bulks and circles through the REST API, on the whole house in one process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "tests/contract/api_scene.h"

enum { PEOPLE = 40, CROWD = 20, THOUSAND = 1000 };

/* ---- words -------------------------------------------------------------------------------------
 */

static const struct client_answer *call(struct scene *scene, const char *method, const char *path,
                                        const char *token, const char *body)
{
    return client_call(
        scene->client,
        &(struct client_request){.method = method, .path = path, .token = token, .body = body});
}

static const struct client_answer *join(struct scene *scene, const char *pool, const char *token)
{
    return call(scene, "POST", path_of("/v1/pools/%s/tickets", pool), token, "{}");
}

static char *kept(const struct client_answer *answer, const char *member)
{
    const char *text = client_text(answer, member);
    assert_non_null(text);
    return strdup(text);
}

/* ---- pools -------------------------------------------------------------------------------------
 */

static void the_pools_of_all_policies_are_listed(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *pools = client_get(scene->client, "/v1/pools", NULL);
    assert_status(pools, 200);
    assert_true(json_array_size(client_member(pools, "pools")) >= 12);
    assert_non_null(client_text(pools, "pools.0.pool"));
}

static void two_who_wait_in_a_pool_play(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *first = join(scene, "quick", scene->ann);
    assert_status(first, 201);
    assert_string_equal(client_text(first, "status"), "waiting");
    assert_true(client_integer(first, "high_ms") > 0);
    char *ann = kept(first, "ticket_id");
    char *bob = kept(join(scene, "quick", scene->bob), "ticket_id");
    const struct client_answer *ticket =
        await_text(scene, path_of("/v1/tickets/%s", ann), "status", "matched");
    char *game_id = kept(ticket, "game_id");
    ticket = await_text(scene, path_of("/v1/tickets/%s", bob), "status", "matched");
    assert_string_equal(client_text(ticket, "game_id"), game_id);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), 1);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM slots"), 0);
    assert_status(call(scene, "DELETE", path_of("/v1/tickets/%s", ann), scene->ann, NULL), 409);
    free(ann);
    free(bob);
    free(game_id);
}

static void nobody_waits_in_two_places(void **state)
{
    struct scene *scene = *state;
    char *ann = kept(join(scene, "classical-30-20", scene->ann), "ticket_id");
    assert_status(join(scene, "quick", scene->ann), 409);
    assert_status(join(scene, "classical-30-20", scene->ann), 409);
    assert_status(call(scene, "DELETE", path_of("/v1/tickets/%s", ann), scene->bob, NULL), 403);
    const struct client_answer *left =
        call(scene, "DELETE", path_of("/v1/tickets/%s", ann), scene->ann, NULL);
    assert_status(left, 200);
    assert_string_equal(client_text(left, "status"), "left");
    assert_status(call(scene, "DELETE", path_of("/v1/tickets/%s", ann), scene->ann, NULL), 409);
    assert_status(join(scene, "classical-30-20", scene->ann), 201);
    assert_status(join(scene, "nowhere", scene->bob), 404);
    assert_status(call(scene, "POST", "/v1/pools/classical-30-20/tickets", scene->bob,
                       "{\"attributes\": {\"rating\": 3000}}"),
                  400);
    free(ann);
}

static void a_player_is_told_why_and_until_when(void **state)
{
    struct scene *scene = *state;
    char *ann = kept(join(scene, "classical-30-20", scene->ann), "ticket_id");
    assert_status(call(scene, "PUT", "/v1/circle/blocks/bob", scene->ann, "{}"), 200);
    assert_status(join(scene, "classical-30-20", scene->bob), 201);
    const struct client_answer *why =
        client_get(scene->client, path_of("/v1/tickets/%s/why", ann), NULL);
    assert_status(why, 200);
    assert_string_equal(client_text(why, "others.0.player_id"), "bob");
    assert_string_equal(client_text(why, "others.0.obstacles.0.rule"), "blocks");
    assert_int_equal(client_integer(why, "others.0.until_ms"), -1);
    assert_true(client_integer(why, "estimate.high_ms") >= client_integer(why, "estimate.low_ms"));
    assert_status(call(scene, "DELETE", "/v1/circle/blocks/bob", scene->ann, NULL), 200);
    why = client_get(scene->client, path_of("/v1/tickets/%s/why", ann), NULL);
    assert_int_equal(json_array_size(client_member(why, "others.0.obstacles")), 0);
    free(ann);
}

/* Regions keep two apart for twenty seconds: the wave that finds that gone is named beforehand. */
static void a_rule_that_relaxes_says_when(void **state)
{
    struct scene *scene = *state;
    static const char body[] = "{\"attributes\": {\"region\": \"%s\"}}";
    char mine[64];
    char theirs[64];
    (void)snprintf(mine, sizeof mine, body, "here");
    (void)snprintf(theirs, sizeof theirs, body, "there");
    const struct client_answer *ticket =
        call(scene, "POST", "/v1/pools/standard/tickets", scene->ann, mine);
    assert_status(ticket, 201);
    char *ann = kept(ticket, "ticket_id");
    ticket = call(scene, "POST", "/v1/pools/standard/tickets", scene->bob, theirs);
    assert_status(ticket, 201);
    long long since_ms = client_integer(ticket, "since_ms"); /* the newest's wait counts */
    const struct client_answer *why =
        client_get(scene->client, path_of("/v1/tickets/%s/why", ann), NULL);
    assert_status(why, 200);
    assert_int_equal(json_array_size(client_member(why, "others.0.obstacles")), 1);
    assert_string_equal(client_text(why, "others.0.obstacles.0.rule"), "region");
    long long until_ms = client_integer(why, "others.0.obstacles.0.until_ms");
    assert_true(until_ms >= since_ms + 20000 && until_ms < since_ms + 60000);
    assert_true(client_integer(why, "others.0.until_ms") == until_ms);
    free(ann);
}

static void an_offer_is_for_both_to_accept(void **state)
{
    struct scene *scene = *state;
    char *ann = kept(join(scene, "standard", scene->ann), "ticket_id");
    char *bob = kept(join(scene, "standard", scene->bob), "ticket_id");
    const struct client_answer *ticket =
        await_text(scene, path_of("/v1/tickets/%s", ann), "status", "offered");
    int64_t since_ms = client_integer(ticket, "since_ms");
    assert_status(call(scene, "POST", path_of("/v1/tickets/%s/accept", ann), scene->ann, "{}"),
                  200);
    assert_status(call(scene, "POST", path_of("/v1/tickets/%s/decline", bob), scene->bob, "{}"),
                  200);
    ticket = await_text(scene, path_of("/v1/tickets/%s", ann), "status", "waiting");
    assert_int_equal(client_integer(ticket, "since_ms"), since_ms); /* the old wait */
    await_text(scene, path_of("/v1/tickets/%s", bob), "status", "declined");
    free(bob);
    bob = kept(join(scene, "standard", scene->bob), "ticket_id");
    await_text(scene, path_of("/v1/tickets/%s", bob), "status", "offered");
    assert_status(call(scene, "POST", path_of("/v1/tickets/%s/accept", bob), scene->bob, "{}"),
                  200);
    assert_status(call(scene, "POST", path_of("/v1/tickets/%s/accept", ann), scene->ann, "{}"),
                  200);
    await_text(scene, path_of("/v1/tickets/%s", ann), "status", "matched");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), 1);
    free(ann);
    free(bob);
}

static void join_crowd(struct scene *scene, const char *pool, int count)
{
    struct client_request requests[PEOPLE] = {{0}};
    const struct client_answer *answers[PEOPLE];
    for (int i = 0; i < count; i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "crowd-%d", i);
        create_player(scene, name);
        requests[i] =
            (struct client_request){.method = "POST",
                                    .path = path_of("/v1/pools/%s/tickets", pool),
                                    .token = house_token(scene->house, name, "player", NULL),
                                    .body = "{}"};
    }
    client_call_all(scene->client, requests, (size_t)count, answers);
    for (int i = 0; i < count; i++)
        assert_status(answers[i], 201);
}

static void a_crowd_is_paired_and_nobody_twice(void **state)
{
    struct scene *scene = *state;
    join_crowd(scene, "quick", PEOPLE);
    for (int i = 0;
         i < PATIENCE_STEPS && house_query(scene->house, "SELECT count(*) FROM games") < PEOPLE / 2;
         i++)
        usleep(STEP_US);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), PEOPLE / 2);
    assert_int_equal(house_query(scene->house,
                                 "SELECT count(DISTINCT p) FROM (SELECT first_player AS p "
                                 "FROM games UNION ALL SELECT second_player FROM games) AS x"),
                     PEOPLE);
}

/* More than one message holds: the wave goes on in others, at once. */
static void a_wave_of_a_thousand_offers_everybody_a_game(void **state)
{
    struct scene *scene = *state;
    static const char players[] =
        "INSERT INTO players (player_id, name, status, created_at_ms) WITH RECURSIVE n(i) AS "
        "(SELECT "
        "1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT 'somebody-of-the-thousand-' || i, "
        "'N', 'active', 1 FROM n";
    static const char tickets[] =
        "INSERT INTO tickets (ticket_id, pool, policy, player_id, said, rating, deviation, games, "
        "conduct, balance, status, since_ms, misses, offer, game_id, ended_at_ms, low_ms, high_ms) "
        "SELECT 'ticket-' || player_id, 'quick', 'quick', player_id, NULL, 1500, 60, 9, 0, 0, "
        "'waiting', 1, 0, '', '', 0, 1, 9 FROM players WHERE name = 'N'";
    (void)house_query(scene->house, players); /* they say nothing; what they did is counted */
    (void)house_query(scene->house, tickets);
    await_count(scene, "SELECT count(*) FROM tickets WHERE status = 'waiting'", THOUSAND);
    assert_status(join(scene, "quick", scene->ann), 201);
    await_count(scene, "SELECT count(*) FROM games", THOUSAND / 2);
    assert_int_equal(house_query(scene->house,
                                 "SELECT count(DISTINCT p) FROM (SELECT first_player AS p "
                                 "FROM games UNION ALL SELECT second_player FROM games) AS x"),
                     THOUSAND);
    await_count(scene, "SELECT count(*) FROM tickets WHERE status = 'waiting'", 1);
    /* They were parts of one wave: who played in the last of them has not missed the first. */
    assert_int_equal(
        house_query(scene->house,
                    "SELECT count(*) FROM tickets WHERE misses > 0 AND status <> 'waiting'"),
        0);
}

/* Those who have waited longest are too far from everybody. Who came after them is not kept waiting
 * by that, however many they are. */
static void whoever_comes_after_a_crowd_that_nobody_suits_plays(void **state)
{
    struct scene *scene = *state;
    static const char players[] =
        "INSERT INTO players (player_id, name, status, created_at_ms) WITH RECURSIVE n(i) AS "
        "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2100) SELECT 'far-' || i, 'F', "
        "'active', 1 FROM n";
    static const char tickets[] =
        "INSERT INTO tickets (ticket_id, pool, policy, player_id, said, rating, deviation, games, "
        "conduct, balance, status, since_ms, misses, offer, game_id, ended_at_ms, low_ms, high_ms) "
        "SELECT 'ticket-' || player_id, 'classical-30-0', 'lichess-pool', player_id, NULL, "
        "10000.0 * CAST(substr(player_id, 5) AS integer), 60, 9, 0, 0, 'waiting', 1, 0, '', '', 0, "
        "1, 9 FROM players WHERE name = 'F'";
    (void)house_query(scene->house, players);
    (void)house_query(scene->house, tickets);
    await_count(scene, "SELECT count(*) FROM tickets WHERE status = 'waiting'", 2100);
    join_crowd(scene, "classical-30-0", CROWD); /* so many that their wave comes at once */
    await_count(scene, "SELECT count(*) FROM games", CROWD / 2);
    await_count(scene, "SELECT count(*) FROM tickets WHERE status = 'waiting'", 2100);
}

/* ---- bulks -------------------------------------------------------------------------------------
 */

static void games_arranged_in_bulk_begin_together(void **state)
{
    struct scene *scene = *state;
    create_player(scene, "cat");
    create_player(scene, "dan");
    const struct client_answer *bulk = client_post(
        scene->client, "/v1/bulks", scene->director,
        "{" REPORTED
        ", 'games': [{'first': 'ann', 'second': 'bob'}, {'first': 'cat', 'second': 'dan'}]}");
    assert_status(bulk, 201);
    char *id = kept(bulk, "bulk_id");
    bulk = await_text(scene, path_of("/v1/bulks/%s", id), "games.1.game_id", NULL);
    assert_string_equal(client_text(bulk, "status"), "paired");
    await_text(scene, path_of("/v1/bulks/%s", id), "games.0.game_id", NULL);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), 2);
    assert_status(call(scene, "DELETE", path_of("/v1/bulks/%s", id), scene->director, NULL), 409);
    free(id);
}

static void a_bulk_is_taken_whole_or_not_and_names_everybody(void **state)
{
    struct scene *scene = *state;
    char body[1024];
    int64_t at_ms = clock_now_ms() + 3600000;
    const struct client_answer *bulk =
        client_post(scene->client, "/v1/bulks", scene->director,
                    "{" REPORTED ", 'games': [{'first': 'ann', 'second': 'eve'}, {'first': 'bob', "
                    "'second': 'mal'}, {'first': 'ann', 'second': 'ann'}]}");
    assert_status(bulk, 400);
    assert_non_null(strstr(client_text(bulk, "errors.0.detail"), "'ann' is in more than one game"));
    bulk =
        client_post(scene->client, "/v1/bulks", scene->director,
                    "{" REPORTED ", 'games': [{'first': 'ann', 'second': 'eve'}, {'first': 'bob', "
                    "'second': 'mal'}]}");
    assert_status(bulk, 400);
    assert_int_equal(json_array_size(client_member(bulk, "errors")), 2);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM bulks"), 0);

    (void)snprintf(body, sizeof body,
                   "{\"request\": {\"rules\": \"reported\"}, \"pair_at_ms\": %lld, \"games\": "
                   "[{\"first\": \"ann\", \"second\": \"bob\"}]}",
                   (long long)at_ms);
    bulk = call(scene, "POST", "/v1/bulks", scene->director, body);
    assert_status(bulk, 201);
    char *id = kept(bulk, "bulk_id");
    (void)snprintf(body, sizeof body,
                   "{\"request\": {\"rules\": \"reported\"}, \"pair_at_ms\": %lld, \"games\": "
                   "[{\"first\": \"bob\", \"second\": \"ann\"}]}",
                   (long long)at_ms + 60000);
    bulk = call(scene, "POST", "/v1/bulks", scene->director,
                body); /* not the same minute: still taken up */
    assert_status(bulk, 400);
    assert_int_equal(json_array_size(client_member(bulk, "errors")), 2);
    bulk = call(scene, "DELETE", path_of("/v1/bulks/%s", id), scene->director, NULL);
    assert_status(bulk, 200);
    assert_string_equal(client_text(bulk, "status"), "cancelled");
    assert_status(call(scene, "POST", "/v1/bulks", scene->director, body), 201);
    assert_status(call(scene, "POST", "/v1/bulks", scene->ann, body), 403);
    free(id);
}

static void nobody_waits_so_shortly_before_an_arranged_game(void **state)
{
    struct scene *scene = *state;
    char body[512];
    (void)snprintf(body, sizeof body,
                   "{\"request\": {\"rules\": \"reported\"}, \"pair_at_ms\": %lld, \"games\": "
                   "[{\"first\": \"ann\", \"second\": \"bob\"}]}",
                   (long long)clock_now_ms() + 120000);
    assert_status(call(scene, "POST", "/v1/bulks", scene->director, body), 201);
    const struct client_answer *refused = join(scene, "blitz-3-0", scene->ann);
    assert_status(refused, 409);
    assert_non_null(strstr(client_text(refused, "type"), "event-soon"));
}

/* ---- circles -----------------------------------------------------------------------------------
 */

static void a_circle_is_the_players_own(void **state)
{
    struct scene *scene = *state;
    assert_status(call(scene, "PUT", "/v1/circle/blocks/bob", scene->ann, "{}"), 200);
    const struct client_answer *circle =
        call(scene, "PUT", "/v1/circle/follows/cat", scene->ann, "{}");
    assert_string_equal(client_text(circle, "blocks.0"), "bob");
    assert_string_equal(client_text(circle, "follows.0"), "cat");
    assert_status(call(scene, "PUT", "/v1/circle/blocks/ann", scene->ann, "{}"), 400);
    assert_status(call(scene, "DELETE", "/v1/circle/blocks/bob", scene->ann, NULL), 200);
    assert_status(call(scene, "DELETE", "/v1/circle/follows/cat", scene->ann, NULL), 200);
    circle = client_get(scene->client, "/v1/circle", scene->ann);
    assert_int_equal(json_array_size(client_member(circle, "blocks")), 0);
    assert_status(client_get(scene->client, "/v1/circle", NULL), 401);
}

/* ---- seeks under a policy ----------------------------------------------------------------------
 */

static const struct client_answer *seek_with(struct scene *scene, const char *token,
                                             const char *more)
{
    return client_post(scene->client, "/v1/seeks", token, "{" REPORTED "%s}", more);
}

static const struct client_answer *accept(struct scene *scene, const char *seek_id,
                                          const char *token)
{
    return call(scene, "POST", path_of("/v1/seeks/%s/accept", seek_id), token, "{}");
}

static void a_policys_limit_counts_seeks_and_pools_together(void **state)
{
    struct scene *scene = *state;
    char *ann = kept(seek_with(scene, scene->ann, ", 'policy': 'quick'"), "seek_id");
    assert_status(seek_with(scene, scene->ann, ", 'policy': 'quick'"), 409);
    assert_status(join(scene, "quick", scene->ann), 409);
    char *bob = kept(seek_with(scene, scene->bob, ", 'policy': 'quick'"), "seek_id");
    assert_status(accept(scene, ann, scene->bob),
                  409); /* bob waits elsewhere: one game, never two */
    assert_status(call(scene, "DELETE", path_of("/v1/seeks/%s", bob), scene->bob, NULL), 200);
    assert_status(accept(scene, ann, scene->bob), 200);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM slots"), 0);
    assert_status(seek_with(scene, scene->ann, ", 'policy': 'no-such'"), 400);
    free(ann);
    free(bob);
}

static void a_seek_is_for_whom_its_owner_wants(void **state)
{
    struct scene *scene = *state;
    char *seek = kept(seek_with(scene, scene->ann, ", 'followed_only': true"), "seek_id");
    assert_status(accept(scene, seek, scene->bob), 409);
    assert_status(call(scene, "PUT", "/v1/circle/follows/bob", scene->ann, "{}"), 200);
    assert_status(call(scene, "PUT", "/v1/circle/blocks/ann", scene->bob, "{}"), 200);
    assert_status(accept(scene, seek, scene->bob), 409); /* blocks hold both ways */
    assert_status(
        client_post(scene->client, "/v1/matches", scene->ann, "{" REPORTED ", 'opponent': 'bob'}"),
        409);
    assert_status(call(scene, "DELETE", "/v1/circle/blocks/ann", scene->bob, NULL), 200);
    assert_status(accept(scene, seek, scene->bob), 200);
    free(seek);
    seek = kept(seek_with(scene, scene->ann, ", 'established_only': true"), "seek_id");
    const struct client_answer *refused = accept(scene, seek, scene->bob);
    assert_status(refused, 409);
    assert_non_null(strstr(client_text(refused, "detail"), "established"));
    free(seek);
    const struct client_answer *window =
        seek_with(scene, scene->ann, ", 'rating_below': 100, 'rating_above': 50");
    assert_true(client_number(window, "rating_min") == 1400 &&
                client_number(window, "rating_max") == 1550);
    assert_status(seek_with(scene, scene->ann, ", 'place': 'open-2027'"), 403);
}

static size_t seeks_seen(struct scene *scene, const char *path, const char *token)
{
    const struct client_answer *list = client_get(scene->client, path, token);
    assert_status(list, 200);
    return json_array_size(client_member(list, "seeks"));
}

static void a_seek_may_be_private_to_a_club(void **state)
{
    struct scene *scene = *state;
    static const char club[] = "{\"name\": \"The Anagrammers\"}";
    assert_status(call(scene, "PUT", "/v1/clubs/anagrams", scene->ann, club), 403);
    assert_status(client_get(scene->client, "/v1/clubs/anagrams", NULL), 404);
    const struct client_answer *made =
        call(scene, "PUT", "/v1/clubs/anagrams", scene->director, club);
    assert_status(made, 201);
    assert_string_equal(client_text(made, "owner"), "dora");
    assert_status(call(scene, "PUT", "/v1/clubs/anagrams", scene->director, club), 200);
    assert_status(seek_with(scene, scene->ann, ", 'place': 'anagrams'"), 403);
    assert_status(call(scene, "PUT", "/v1/clubs/anagrams/members/ann", scene->ann, "{}"), 403);
    assert_status(call(scene, "PUT", "/v1/clubs/anagrams/members/ann", scene->director, "{}"), 200);
    assert_status(call(scene, "PUT", "/v1/clubs/anagrams/members/nil", scene->director, "{}"), 404);
    assert_status(call(scene, "PUT", "/v1/clubs/nil/members/ann", scene->director, "{}"), 404);
    struct client_stream *stream = client_stream_open(scene->client, "topics=seek", NULL, -1);
    size_t index = 0;
    char *seek = kept(seek_with(scene, scene->ann, ", 'place': 'anagrams'"), "seek_id");
    assert_int_equal(seeks_seen(scene, "/v1/seeks", scene->bob), 0);
    char *open = kept(seek_with(scene, scene->bob, ""), "seek_id");
    const struct client_event *opened = client_stream_find(stream, "seek.opened", &index, 10000);
    assert_non_null(opened); /* of the two, only this one is announced */
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(opened->data, "data"), "seek_id")), open);
    client_stream_close(stream);
    assert_status(call(scene, "DELETE", path_of("/v1/seeks/%s", open), scene->bob, NULL), 200);
    free(open);
    assert_int_equal(seeks_seen(scene, "/v1/seeks?place=anagrams", scene->bob), 0);
    assert_int_equal(seeks_seen(scene, "/v1/seeks?place=anagrams", NULL), 0);
    assert_status(client_get(scene->client, path_of("/v1/seeks/%s", seek), scene->bob), 404);
    assert_status(client_get(scene->client, path_of("/v1/seeks/%s/why", seek), scene->bob), 404);
    assert_int_equal(seeks_seen(scene, "/v1/seeks", scene->ann), 1); /* her own */
    const struct client_answer *refused = accept(scene, seek, scene->bob);
    assert_status(refused, 409);
    assert_non_null(strstr(client_text(refused, "detail"), "members"));
    assert_status(call(scene, "PUT", "/v1/clubs/anagrams/members/bob", scene->director, "{}"), 200);
    assert_int_equal(seeks_seen(scene, "/v1/seeks?place=anagrams", scene->bob), 1);
    assert_int_equal(seeks_seen(scene, "/v1/seeks", scene->bob), 0);
    assert_status(client_get(scene->client, path_of("/v1/seeks/%s", seek), scene->bob), 200);
    assert_status(client_get(scene->client, path_of("/v1/seeks/%s/why", seek), scene->bob), 200);
    const struct client_answer *members =
        client_get(scene->client, "/v1/clubs/anagrams/members?limit=1&after=ann", NULL);
    assert_string_equal(client_text(members, "members.0.player_id"), "bob");
    assert_int_equal(
        client_integer(client_get(scene->client, "/v1/clubs/anagrams", NULL), "members"), 2);
    assert_status(accept(scene, seek, scene->bob), 200);
    assert_status(call(scene, "DELETE", "/v1/clubs/anagrams/members/ann", scene->bob, NULL), 403);
    assert_status(call(scene, "DELETE", "/v1/clubs/anagrams/members/bob", scene->bob, NULL), 200);
    free(seek);
}

/* Who is in the event sees it and takes it; nobody else does. */
static void a_seek_may_be_private_to_a_tournament(void **state)
{
    struct scene *scene = *state;
    assert_status(
        client_post(scene->client, "/v1/tournaments", scene->director,
                    "{'name': 'Open', 'tournament_id': 'open-2027', 'format': 'club-night'}"),
        201);
    create_player(scene, "cat");
    const char *cat = house_token(scene->house, "cat", "player", NULL);
    assert_status(seek_with(scene, scene->ann, ", 'place': 'open-2027'"), 403);
    assert_status(
        client_post(scene->client, "/v1/tournaments/open-2027/entrants", scene->director,
                    "{'division': 1, 'entrants': [{'player': 'ann', 'name': 'Ann', 'seed': 1}, "
                    "{'player': 'bob', 'name': 'Bob', 'seed': 2}]}"),
        200);
    char *seek = kept(seek_with(scene, scene->ann, ", 'place': 'open-2027'"), "seek_id");
    assert_int_equal(seeks_seen(scene, "/v1/seeks", cat), 0);
    assert_status(accept(scene, seek, cat), 409);
    assert_status(accept(scene, seek, scene->bob), 200);
    free(seek);
}

static void a_list_shows_what_its_viewer_may_see(void **state)
{
    struct scene *scene = *state;
    static const char rated[] =
        "{'request': {'rules': 'crossword', 'lexicon': 'CSW24', 'initial_time_ms': 900000}, "
        "'policy': 'woogles-seek', 'rating_below': %d, 'rating_above': 100}";
    struct client_stream *stream = client_stream_open(scene->client, "topics=seek", NULL, -1);
    size_t index = 0;
    char *seek = kept(client_post(scene->client, "/v1/seeks", scene->ann, rated, 100), "seek_id");
    assert_int_equal(seeks_seen(scene, "/v1/seeks", NULL), 1);
    assert_int_equal(seeks_seen(scene, "/v1/seeks", scene->bob), 1);
    assert_status(call(scene, "PUT", "/v1/circle/blocks/bob", scene->ann, "{}"), 200);
    assert_int_equal(seeks_seen(scene, "/v1/seeks", scene->bob), 0);
    assert_int_equal(seeks_seen(scene, "/v1/seeks", scene->ann), 1);
    assert_int_equal(seeks_seen(scene, "/v1/seeks", NULL), 1);
    const struct client_answer *shown =
        client_get(scene->client, path_of("/v1/seeks/%s", seek), NULL);
    assert_true(client_integer(shown, "estimate.low_at_ms") > 0);
    assert_true(client_integer(shown, "estimate.high_at_ms") >
                client_integer(shown, "estimate.middle_at_ms"));
    assert_true(client_integer(shown, "high_ms") > client_integer(shown, "low_ms"));
    const struct client_event *opened = client_stream_find(stream, "seek.opened", &index, 10000);
    assert_non_null(opened); /* the stream tells the same */
    json_t *data = json_object_get(opened->data, "data");
    assert_true(json_integer_value(json_object_get(data, "high_ms")) ==
                client_integer(shown, "high_ms"));
    assert_true(json_integer_value(json_object_get(data, "low_ms")) ==
                client_integer(shown, "low_ms"));
    client_stream_close(stream);
    assert_status(call(scene, "DELETE", path_of("/v1/seeks/%s", seek), scene->ann, NULL), 200);
    shown = client_get(scene->client, path_of("/v1/seeks/%s", seek), NULL);
    assert_null(client_member(shown, "estimate"));
    free(seek);
}

/* Who looks for Ann's seeks: Cat, whom she follows; Bob; a stranger; an admin. */
enum { LOOKERS = 4 };
struct looker {
    const char *token;
    struct client_stream *stream;
    size_t index;
};

static void assert_hears(struct looker *looker, const char *seek)
{
    const struct client_event *event =
        client_stream_find(looker->stream, "seek.opened", &looker->index, 10000);
    assert_non_null(event);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(event->data, "data"), "seek_id")), seek);
}

static void who_may_see_a_seek_is_one_rule(void **state)
{
#define CLUB                                                                                       \
    "'policy': 'woogles-seek', 'request': {'rules': 'crossword', 'lexicon': 'CSW24', "             \
    "'initial_time_ms': 900000}"
    static const struct {
        const char *body;
        bool is_shown[LOOKERS];
    } seeks[] = {
        {"{" REPORTED "}", {true, true, true, true}},
        {"{" REPORTED ", 'followed_only': true}", {true, false, false, true}},
        {"{" REPORTED ", 'policy': 'lobby', 'followed_only': true}", {true, false, false, true}},
        {"{" CLUB ", 'followed_only': true}", {true, false, false, true}},
        {"{" CLUB ", 'rating_min': 1600}", {false, false, true, true}},
        {"{" CLUB ", 'established_only': true}", {false, false, true, true}},
        {"{" CLUB ", 'rating_below': 10}", {true, true, true, true}},
        {NULL, {true, false, true, true}}, /* from here on Ann blocks Bob */
        {"{" REPORTED "}", {true, false, true, true}},
        {"{" CLUB "}", {true, false, true, true}},
        {"{" REPORTED ", 'policy': 'lobby'}", {true, false, true, true}},
    };
#undef CLUB
    struct scene *scene = *state;
    struct looker lookers[LOOKERS] = {{.token = house_token(scene->house, "cat", "player", NULL)},
                                      {.token = scene->bob},
                                      {.token = NULL},
                                      {.token = house_token(scene->house, "adam", "admin", NULL)}};
    create_player(scene, "cat");
    assert_status(call(scene, "PUT", "/v1/circle/follows/cat", scene->ann, "{}"), 200);
    for (size_t who = 0; who < LOOKERS; who++)
        lookers[who].stream =
            client_stream_open(scene->client, "topics=seek", lookers[who].token, -1);
    for (size_t i = 0; i < COUNT_OF(seeks); i++) {
        if (seeks[i].body == NULL) {
            assert_status(call(scene, "PUT", "/v1/circle/blocks/bob", scene->ann, "{}"), 200);
            continue;
        }
        char *seek = kept(client_post(scene->client, "/v1/seeks", scene->ann, "%s", seeks[i].body),
                          "seek_id");
        for (size_t who = 0; who < LOOKERS; who++) {
            struct looker *looker = &lookers[who];
            bool is_shown = seeks[i].is_shown[who];
            long status = is_shown ? 200 : 404;
            assert_int_equal(seeks_seen(scene, "/v1/seeks", looker->token), is_shown);
            assert_status(client_get(scene->client, path_of("/v1/seeks/%s", seek), looker->token),
                          status);
            assert_status(
                client_get(scene->client, path_of("/v1/seeks/%s/why", seek), looker->token),
                status);
            if (is_shown) /* and, in this order, of nothing else */
                assert_hears(looker, seek);
        }
        assert_status(call(scene, "DELETE", path_of("/v1/seeks/%s", seek), scene->ann, NULL), 200);
        free(seek);
    }
    for (size_t who = 0; who < LOOKERS; who++)
        client_stream_close(lookers[who].stream);
}

static void a_seek_tells_who_else_waits_and_what_keeps_them_out(void **state)
{
    struct scene *scene = *state;
    char *ann = kept(seek_with(scene, scene->ann, ""), "seek_id");
    assert_status(seek_with(scene, scene->bob, ""), 201);
    const struct client_answer *why =
        client_get(scene->client, path_of("/v1/seeks/%s/why", ann), NULL);
    assert_status(why, 200);
    assert_string_equal(client_text(why, "others.0.player_id"), "bob");
    assert_int_equal(json_array_size(client_member(why, "others.0.obstacles")), 0);
    assert_status(call(scene, "PUT", "/v1/circle/blocks/ann", scene->bob, "{}"), 200);
    why = client_get(scene->client, path_of("/v1/seeks/%s/why", ann), NULL);
    assert_string_equal(client_text(why, "others.0.obstacles.0.rule"), "blocks");
    assert_int_equal(json_array_size(client_member(why, "others.0.obstacles")), 1);
    assert_status(call(scene, "DELETE", "/v1/circle/blocks/ann", scene->bob, NULL), 200);
    char *other = kept(
        client_post(scene->client, "/v1/seeks", scene->bob,
                    "{'request': {'rules': 'reported', 'initial_time_ms': 60000}, 'rating_min': "
                    "1600}"),
        "seek_id");
    why = client_get(scene->client, path_of("/v1/seeks/%s/why", ann), NULL);
    assert_string_equal(client_text(why, "others.0.obstacles.0.rule"), "request");
    assert_string_equal(client_text(why, "others.0.obstacles.1.rule"), "their_rating");
    assert_int_equal(json_array_size(client_member(why, "others")), 1);
    free(other);
    assert_status(client_get(scene->client, "/v1/seeks/none/why", NULL), 404);
    free(ann);
}

static void a_policy_judges_the_request(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *refused =
        client_post(scene->client, "/v1/seeks", scene->ann,
                    "{'request': {'rules': 'crossword', 'lexicon': 'CSW24', 'initial_time_ms': "
                    "14000}, 'policy': 'woogles-seek'}");
    assert_status(refused, 400);
    assert_non_null(strstr(client_text(refused, "detail"), "fifteen seconds"));
    const struct client_answer *posted = client_post(
        scene->client, "/v1/seeks", scene->ann,
        "{'request': {'rules': 'crossword', 'lexicon': 'CSW24', 'initial_time_ms': 15000, "
        "'increment_ms': 60000}, 'policy': 'woogles-seek'}");
    assert_status(posted, 201);
    assert_string_equal(client_text(posted, "request.rating_pool"), "CSW19.classic.regular");
}

static void a_rematch_swaps_sides_and_keeps_the_row(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *game = start_game(scene);
    char *first_game = kept(game, "game_id");
    char *last = strdup(first_game);
    char *first = kept(game, "first");
    char *second = kept(game, "second");
    assert_status(call(scene, "POST", path_of("/v1/games/%s/rematch", last), scene->ann, "{}"),
                  409);
    for (int i = 1; i <= 2; i++) {
        report_both(scene, client_get(scene->client, path_of("/v1/games/%s", last), NULL), 300,
                    200);
        await_text(scene, path_of("/v1/games/%s", last), "status", "final");
        const struct client_answer *match =
            call(scene, "POST", path_of("/v1/games/%s/rematch", last), scene->ann, "{}");
        assert_status(match, 201);
        assert_string_equal(client_text(match, "opponent"), "bob");
        assert_string_equal(client_text(match, "streak"), first_game);
        assert_int_equal(client_integer(match, "streak_games"), i);
        match =
            call(scene, "POST", path_of("/v1/matches/%s/accept", client_text(match, "match_id")),
                 scene->bob, "{}");
        assert_status(match, 200);
        free(last);
        last = kept(match, "game_id");
        game = client_get(scene->client, path_of("/v1/games/%s", last), NULL);
        assert_string_equal(client_text(game, "first"), i == 1 ? second : first);
    }
    create_player(scene, "eve");
    assert_status(call(scene, "POST", path_of("/v1/games/%s/rematch", first_game),
                       house_token(scene->house, "eve", "player", NULL), "{}"),
                  403);
    free(first_game);
    free(last);
    free(first);
    free(second);
}

/* Accept, cancel and the end of the seek's life within the same moments, many times over. */
static void accept_against_cancel_against_expiry_is_one_game_or_a_refusal(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < 6; i++) {
        const struct client_answer *answers[2];
        int64_t before = house_query(scene->house, "SELECT count(*) FROM games");
        char *seek = kept(seek_with(scene, scene->ann, ", 'expires_in_ms': 1000"), "seek_id");
        usleep((useconds_t)(980000 + i * 7000));
        struct client_request requests[] = {
            {.method = "POST",
             .path = path_of("/v1/seeks/%s/accept", seek),
             .token = scene->bob,
             .body = "{}"},
            {.method = "DELETE", .path = path_of("/v1/seeks/%s", seek), .token = scene->ann},
        };
        client_call_all(scene->client, requests, 2, answers);
        const struct client_answer *end =
            await_text(scene, path_of("/v1/seeks/%s", seek), "status", NULL);
        int64_t games = house_query(scene->house, "SELECT count(*) FROM games") - before;
        bool is_matched = strcmp(client_text(end, "status"), "matched") == 0;
        assert_int_equal(games, is_matched ? 1 : 0);
        assert_int_equal(answers[0]->status == 200, is_matched);
        assert_true(answers[0]->status == 200 || answers[0]->status == 409);
        assert_true(answers[1]->status == 200 || answers[1]->status == 409);
        assert_false(answers[1]->status == 200 && is_matched);
        free(seek);
    }
}

#define IN_A_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_SCENE(the_pools_of_all_policies_are_listed),
        IN_A_SCENE(two_who_wait_in_a_pool_play),
        IN_A_SCENE(nobody_waits_in_two_places),
        IN_A_SCENE(a_player_is_told_why_and_until_when),
        IN_A_SCENE(a_rule_that_relaxes_says_when),
        IN_A_SCENE(an_offer_is_for_both_to_accept),
        IN_A_SCENE(a_crowd_is_paired_and_nobody_twice),
        IN_A_SCENE(a_wave_of_a_thousand_offers_everybody_a_game),
        IN_A_SCENE(whoever_comes_after_a_crowd_that_nobody_suits_plays),
        IN_A_SCENE(games_arranged_in_bulk_begin_together),
        IN_A_SCENE(a_bulk_is_taken_whole_or_not_and_names_everybody),
        IN_A_SCENE(nobody_waits_so_shortly_before_an_arranged_game),
        IN_A_SCENE(a_circle_is_the_players_own),
        IN_A_SCENE(a_policys_limit_counts_seeks_and_pools_together),
        IN_A_SCENE(a_seek_is_for_whom_its_owner_wants),
        IN_A_SCENE(a_seek_may_be_private_to_a_club),
        IN_A_SCENE(a_seek_may_be_private_to_a_tournament),
        IN_A_SCENE(a_list_shows_what_its_viewer_may_see),
        IN_A_SCENE(who_may_see_a_seek_is_one_rule),
        IN_A_SCENE(a_seek_tells_who_else_waits_and_what_keeps_them_out),
        IN_A_SCENE(a_policy_judges_the_request),
        IN_A_SCENE(a_rematch_swaps_sides_and_keeps_the_row),
        IN_A_SCENE(accept_against_cancel_against_expiry_is_one_game_or_a_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
