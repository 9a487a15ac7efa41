/* Seeks at every bound of what may be asked for, and by players who have just been paired. */
#include "tests/contract/api_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"

#define CLUB "'policy': 'woogles-seek', 'request': {'rules': 'crossword', 'lexicon': 'CSW24', "
#define REAL CLUB "'initial_time_ms': 900000, "
#define LETTER CLUB "'clock': 'correspondence', "

static const struct client_answer *call(struct scene *scene, const char *method, const char *path,
                                        const char *token, const char *body)
{
    return client_call(
        scene->client,
        &(struct client_request){.method = method, .path = path, .token = token, .body = body});
}

static const struct client_answer *accept(struct scene *scene, const char *seek_id,
                                          const char *token)
{
    return call(scene, "POST", path_of("/v1/seeks/%s/accept", seek_id), token, "{}");
}

static char *seek_of(struct scene *scene, const char *token, const char *more)
{
    const struct client_answer *answer =
        client_post(scene->client, "/v1/seeks", token, "{" REPORTED "%s}", more);
    assert_status(answer, 201);
    return strdup(client_text(answer, "seek_id"));
}

static int64_t count(struct scene *scene, const char *what)
{
    return house_query(scene->house, what);
}

/* ---- bounds ------------------------------------------------------------------------------ */

/* The last value that may be, and the first that may not. */
struct bound {
    const char *head; /* of the body, up to the member */
    const char *member;
    const char *tail;
    const char *good; /* NULL: none */
    const char *bad;
};

static const struct bound clocks[] = {
    {CLUB, "initial_time_ms", "}", "15000", "14999"},
    {CLUB, "initial_time_ms", "}", NULL, "0"},
    {CLUB, "initial_time_ms", "}", NULL, "-1"},
    {CLUB, "initial_time_ms", "}", NULL, "900000.5"},
    {CLUB, "initial_time_ms", "}", NULL, "9223372036854775808"},
    {CLUB, "initial_time_ms", "}", NULL, "-9223372036854775809"},
    {CLUB, "initial_time_ms", "}", NULL, "1e400"},
    {CLUB, "initial_time_ms", "}", NULL, "'900000'"},
    {CLUB, "initial_time_ms", "}", NULL, "null"},
    {CLUB, "initial_time_ms", "}", NULL, "true"},
    {REAL, "increment_ms", "}", "0", "-1"},
    {REAL, "increment_ms", "}", "60000", "60001"},
    {REAL, "overtime_ms", "}", "0", "-1"},
    {REAL, "overtime_ms", "}", "600000", "600001"},
    {REAL "'increment_ms': 1, ", "overtime_ms", "}", "0", "1"},
    {REAL, "time_bank_ms", "}", "0", "1"},
    {LETTER, "initial_time_ms", "}", "3600000", "3599999"},
    {LETTER, "initial_time_ms", "}", "432000000", "432000001"},
    {LETTER "'initial_time_ms': 3600000, ", "time_bank_ms", "}", "0", "-1"},
    {LETTER "'initial_time_ms': 3600000, ", "time_bank_ms", "}", "2592000000", "2592000001"},
    {LETTER "'initial_time_ms': 3600000, ", "overtime_ms", "}", "0", "1"},
};

static const struct bound ratings[] = {
    {"", "rating_min", ", " REPORTED, "0", "-0.001"},
    {"", "rating_min", ", " REPORTED, "10000", "10000.001"},
    {"", "rating_max", ", " REPORTED, "0", "-0.001"},
    {"", "rating_max", ", " REPORTED, "10000", "10000.001"},
    {"", "rating_min", ", 'rating_max': 1500, " REPORTED, "1500", "1500.001"},
    {"", "rating_below", ", " REPORTED, "0", "-0.001"},
    {"", "rating_below", ", " REPORTED, "10000", "10000.001"},
    {"", "rating_above", ", " REPORTED, "0", "-0.001"},
    {"", "rating_above", ", " REPORTED, "10000", "10000.001"},
    {"", "rating_max", ", " REPORTED, NULL, "1e400"},
    {"", "rating_max", ", " REPORTED, NULL, "-1e400"},
    {"", "rating_max", ", " REPORTED, NULL, "NaN"},
    {"", "rating_max", ", " REPORTED, NULL, "Infinity"},
    {"", "rating_max", ", " REPORTED, NULL, "'1500'"},
    {"", "rating_max", ", " REPORTED, NULL, "[1500]"},
};

static const struct client_answer *post(struct scene *scene, const struct bound *bound,
                                        const char *value)
{
    struct buffer body = {0};
    buffer_format(&body, "{%s'%s': %s%s}", bound->head, bound->member, value, bound->tail);
    const struct client_answer *answer =
        client_post(scene->client, "/v1/seeks", scene->ann, "%s", buffer_text(&body));
    buffer_deinit(&body);
    return answer;
}

static void check(struct scene *scene, const struct bound *bound)
{
    if (bound->good != NULL) {
        const struct client_answer *posted = post(scene, bound, bound->good);
        if (posted->status != 201)
            fail_msg("%s %s: %s", bound->member, bound->good, posted->body);
        assert_status(call(scene, "DELETE", path_of("/v1/seeks/%s", client_text(posted, "seek_id")),
                           scene->ann, NULL),
                      200);
    }
    int64_t before = count(scene, "SELECT count(*) FROM seeks");
    const struct client_answer *refused = post(scene, bound, bound->bad);
    if (refused->status != 400)
        fail_msg("%s %s: %ld %s", bound->member, bound->bad, refused->status, refused->body);
    assert_string_equal(refused->type, "application/problem+json");
    assert_int_equal(count(scene, "SELECT count(*) FROM seeks"), before);
}

static void clocks_are_taken_up_to_their_bounds(void **state)
{
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++)
        check(*state, &clocks[i]);
}

static void ratings_are_taken_up_to_their_bounds(void **state)
{
    for (size_t i = 0; i < sizeof ratings / sizeof ratings[0]; i++)
        check(*state, &ratings[i]);
}

/* Ann's seek wants exactly so much; Bob, who has never played, stands at 1500. */
static void a_window_takes_in_its_ends(void **state)
{
    static const struct {
        const char *window;
        bool is_in;
    } cases[] = {
        {", 'rating_min': 1500", true},
        {", 'rating_min': 1500.001", false},
        {", 'rating_max': 1500", true},
        {", 'rating_max': 1499.999", false},
        {", 'rating_min': 1500, 'rating_max': 1500", true},
    };
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t before = count(scene, "SELECT count(*) FROM games");
        char *seek = seek_of(scene, scene->ann, cases[i].window);
        assert_status(accept(scene, seek, scene->bob), cases[i].is_in ? 200 : 409);
        assert_int_equal(count(scene, "SELECT count(*) FROM games") - before, cases[i].is_in);
        if (!cases[i].is_in)
            assert_status(call(scene, "DELETE", path_of("/v1/seeks/%s", seek), scene->ann, NULL),
                          200);
        free(seek);
    }
}

/* ---- who has just been paired ------------------------------------------------------------ */

static void pair_ann_and_bob_soon(struct scene *scene)
{
    char body[512];
    (void)snprintf(body, sizeof body,
                   "{\"request\": {\"rules\": \"reported\"}, \"pair_at_ms\": %lld, \"games\": "
                   "[{\"first\": \"ann\", \"second\": \"bob\"}]}",
                   (long long)clock_now_ms() + 120000);
    assert_status(call(scene, "POST", "/v1/bulks", scene->director, body), 201);
}

static void assert_event_soon(const struct client_answer *answer)
{
    assert_status(answer, 409);
    assert_non_null(strstr(client_text(answer, "type"), "event-soon"));
}

/* Neither their seeks from before nor new ones, neither as owner nor as accepter. */
static void who_has_just_been_paired_begins_no_other_game(void **state)
{
    struct scene *scene = *state;
    create_player(scene, "carl");
    const char *carl = house_token(scene->house, "carl", "player", NULL);
    char *anns = seek_of(scene, scene->ann, ", 'policy': 'lobby'");
    char *carls = seek_of(scene, carl, ", 'policy': 'lobby'");
    pair_ann_and_bob_soon(scene);
    assert_event_soon(accept(scene, anns, carl));
    assert_event_soon(accept(scene, carls, scene->ann));
    assert_event_soon(accept(scene, carls, scene->bob));
    assert_event_soon(client_post(scene->client, "/v1/seeks", scene->bob, "{%s}",
                                  REPORTED ", 'policy': 'lobby'"));
    assert_int_equal(count(scene, "SELECT count(*) FROM games"), 0);
    free(anns);
    free(carls);
}

/* A round of an event counts like an arranged game, from its pairing until it is played. */
static void who_is_paired_in_an_event_begins_no_other_game(void **state)
{
    struct scene *scene = *state;
    create_player(scene, "carl");
    const char *carl = house_token(scene->house, "carl", "player", NULL);
    char *anns = seek_of(scene, scene->ann, ", 'policy': 'lobby'");
    char *carls = seek_of(scene, carl, ", 'policy': 'lobby'");
    assert_status(
        client_post(scene->client, "/v1/tournaments", scene->director,
                    "{'name': 'Club', 'tournament_id': 'club-9', 'format': 'club-night'}"),
        201);
    enter_four(scene, "club-9");
    (void)direct(scene, "club-9", "{'action': 'start'}");
    await_count(scene, "SELECT count(*) FROM pairings WHERE status IN ('paired', 'playing')", 2);
    assert_event_soon(accept(scene, anns, carl));
    assert_event_soon(accept(scene, carls, scene->bob));
    assert_event_soon(client_post(scene->client, "/v1/seeks", scene->bob, "{%s}",
                                  REPORTED ", 'policy': 'lobby'"));
    free(anns);
    free(carls);
}

/* One who accepts everything at the same time: every yes is a game of its own, every no is none. */
static void an_accept_that_is_answered_yes_is_one_game(void **state)
{
    enum { SEEKS = 8 };
    struct scene *scene = *state;
    struct client_request requests[SEEKS * 2];
    const struct client_answer *answers[SEEKS * 2];
    char *seeks[SEEKS];
    char name[32];
    for (int i = 0; i < SEEKS; i++) {
        (void)snprintf(name, sizeof name, "owner%d", i);
        create_player(scene, name);
        seeks[i] =
            seek_of(scene, house_token(scene->house, name, "player", NULL), ", 'policy': 'quick'");
    }
    for (int i = 0; i < SEEKS * 2; i++)
        requests[i] = (struct client_request){.method = "POST",
                                              .path = path_of("/v1/seeks/%s/accept", seeks[i / 2]),
                                              .token = i % 2 == 0 ? scene->ann : scene->bob,
                                              .body = "{}"};
    client_call_all(scene->client, requests, SEEKS * 2, answers);
    int64_t yes = 0;
    for (int i = 0; i < SEEKS * 2; i++) {
        assert_true(answers[i]->status == 200 || answers[i]->status == 409);
        yes += answers[i]->status == 200;
    }
    for (int i = 0; i < SEEKS; i++) {
        assert_false(answers[2 * i]->status == 200 && answers[2 * i + 1]->status == 200);
        free(seeks[i]);
    }
    assert_true(yes > 0);
    assert_int_equal(count(scene, "SELECT count(*) FROM games"), yes);
}

#define IN_A_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_SCENE(clocks_are_taken_up_to_their_bounds),
        IN_A_SCENE(ratings_are_taken_up_to_their_bounds),
        IN_A_SCENE(a_window_takes_in_its_ends),
        IN_A_SCENE(who_has_just_been_paired_begins_no_other_game),
        IN_A_SCENE(who_is_paired_in_an_event_begins_no_other_game),
        IN_A_SCENE(an_accept_that_is_answered_yes_is_one_game),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
