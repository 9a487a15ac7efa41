/* What players do about an event, over the REST API: enter, check in, say ready, leave, come back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

#define EVENT "/v1/tournaments/club-1"

enum { BODY_SIZE = 512 };

/* `more` are further keys of the policy; \n ends a line of YAML in a JSON text. */
static void open_event(struct scene *scene, const char *more, const char *division)
{
    assert_status(
        client_post(scene->client, "/v1/tournaments", scene->director,
                    "{'name': 'Club', 'tournament_id': 'club-1', 'policy': 'tournament: evening\\n"
                    "%sdivisions:\\n  - name: open\\n    rounds: 2\\n"
                    "    game: {rules: reported, rated: false}\\n%s'}",
                    more, division),
        201);
}

static void act(struct scene *scene, const char *body)
{
    (void)direct(scene, "club-1", "%s", body); /* fails where it is refused */
}

static const char *player(struct scene *scene, const char *id)
{
    return house_token(scene->house, id, "player", NULL);
}

static const struct client_answer *post(struct scene *scene, const char *what, const char *id)
{
    return client_post(scene->client, path_of(EVENT "/%s", what), player(scene, id), "{}");
}

static const struct client_answer *delete (struct scene *scene, const char *what, const char *id)
{
    return client_call(scene->client, &(struct client_request){.method = "DELETE",
                                                               .path = path_of(EVENT "/%s", what),
                                                               .token = player(scene, id)});
}

static void assert_stands(const struct client_answer *answer, const char *status)
{
    assert_status(answer, 200);
    assert_string_equal(client_text(answer, "status"), status);
}

static void assert_refused(const struct client_answer *answer, const char *why)
{
    assert_status(answer, 409);
    if (strstr(client_text(answer, "detail"), why) == NULL)
        fail_msg("'%s' should say: %s", client_text(answer, "detail"), why);
}

static void register_all(struct scene *scene, const char *const *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(ids[i], "ann") != 0 && strcmp(ids[i], "bob") != 0)
            create_player(scene, ids[i]);
        assert_stands(post(scene, "registration", ids[i]), "registered");
    }
}

static void await_boards(struct scene *scene, int round, const char *status)
{
    await_text(scene, path_of(EVENT "/rounds/%d", round), "pairings.0.status", status);
}

/* ---- cases ------------------------------------------------------------------------------- */

static void players_enter_leave_and_move_up(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "entry: {capacity: 2}\\n", "");
    register_all(scene, (const char *const[]){"ann", "bob"}, 2);
    create_player(scene, "cat");
    assert_stands(post(scene, "registration", "cat"), "waiting");
    assert_refused(post(scene, "registration", "cat"), "entered already");
    assert_refused(post(scene, "return", "ann"), "");
    assert_stands(delete (scene, "registration", "ann"), "withdrawn");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM entrants WHERE "
                                               "player_id = 'cat' AND status = 'registered'"),
                     1);
    assert_status(post(scene, "registration", "nobody"), 409);
    assert_status(
        client_post(scene->client, EVENT "/registration", player(scene, "ann"), "{'division': 7}"),
        404);
    assert_status(client_post(scene->client, EVENT "/registration", NULL, "{}"), 401);
    assert_status(delete (scene, "registration?division=0", "ann"), 400);
}

/* The number of rounds changes too: it shows when the division follows. */
static void change_capacity(struct scene *scene, int rounds, int capacity)
{
    char text[BODY_SIZE];
    int size = snprintf(text, sizeof text,
                        "{'action': 'change_policy', 'note': 'another room', 'data': {'policy': "
                        "'tournament: evening\\nversion: %d\\nentry: {capacity: %d}\\n"
                        "divisions:\\n  - name: open\\n    rounds: %d\\n"
                        "    game: {rules: reported, rated: false}\\n'}}",
                        rounds, capacity, rounds);
    assert_in_range(size, 1, sizeof text - 1);
    act(scene, text);
    size = snprintf(text, sizeof text, "SELECT count(*) FROM divisions WHERE rounds = %d", rounds);
    assert_in_range(size, 1, sizeof text - 1);
    await_count(scene, text, 1);
}

static void await_registered(struct scene *scene, const char *ids, int64_t count)
{
    char sql[BODY_SIZE];
    int size = snprintf(sql, sizeof sql,
                        "SELECT count(*) FROM entrants WHERE status = 'registered' AND "
                        "player_id IN (%s)",
                        ids);
    assert_in_range(size, 1, sizeof sql - 1);
    await_count(scene, sql, count);
}

static void more_room_moves_the_waiting_list_up(void **state)
{
    struct scene *scene = *state;
    static const char *const late[] = {"eve", "dan", "cat"};
    open_event(scene, "entry: {capacity: 2}\\n", "");
    register_all(scene, (const char *const[]){"ann", "bob"}, 2);
    for (size_t i = 0; i < sizeof late / sizeof *late; i++) {
        create_player(scene, late[i]);
        assert_stands(post(scene, "registration", late[i]), "waiting");
    }
    change_capacity(scene, 3, 4); /* two move up at once, in the order in which they came */
    await_registered(scene, "'eve', 'dan'", 2);
    await_registered(scene, "'cat'", 0);
    change_capacity(scene, 4, 3); /* four are in: nobody is put out, nobody comes in */
    assert_stands(delete (scene, "registration", "ann"), "withdrawn");
    await_registered(scene, "'bob', 'eve', 'dan'", 3);
    await_registered(scene, "'cat'", 0);
    assert_stands(delete (scene, "registration", "bob"), "withdrawn");
    await_registered(scene, "'eve', 'dan', 'cat'", 3);
}

static void the_policy_says_who_may_enter(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "entry: {registration: invited, invited: [ann], password: sesame}\\n", "");
    const struct client_answer *refusal = post(scene, "registration", "ann");
    assert_refused(refusal, "the password is another one");
    assert_null(strstr(refusal->body, "sesame")); /* nor is anybody told which */
    assert_stands(
        client_post(scene->client, EVENT "/registration", scene->ann, "{'password': 'sesame'}"),
        "registered");
    assert_refused(
        client_post(scene->client, EVENT "/registration", scene->bob, "{'password': 'sesame'}"),
        "invited players");
}

static void another_policy_changes_at_once_who_may_enter(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "entry: {password: sesame, rating_min: 1800}\\n", "");
    assert_refused(
        client_post(scene->client, EVENT "/registration", scene->ann, "{'password': 'sesame'}"),
        "ratings from 1800");
    act(scene, "{'action': 'change_policy', 'note': 'all may come', 'data': {'policy': "
               "'tournament: evening\\nversion: 2\\nentry: {password: mellon, withdrawal: director}"
               "\\ndivisions:\\n  - name: open\\n    rounds: 2\\n"
               "    game: {rules: reported, rated: false}\\n'}}");
    const struct client_answer *answer = NULL;
    for (int step = 0; step < PATIENCE_STEPS; step++) {
        answer =
            client_post(scene->client, EVENT "/registration", scene->ann, "{'password': 'mellon'}");
        if (answer->status == 200)
            break;
        usleep(STEP_US);
    }
    assert_stands(answer, "registered");
    assert_refused(
        client_post(scene->client, EVENT "/registration", scene->bob, "{'password': 'sesame'}"),
        "the password is another one");
    assert_refused(delete (scene, "registration", "ann"), "the director withdraws players");
}

static void who_has_not_checked_in_comes_in_late(void **state)
{
    struct scene *scene = *state;
    open_event(scene,
               "time: {start: 2026-11-28T20:00, check_in_opens: 7d}\\nentry: {late_until_round: "
               "2, missed_rounds: half_bye}\\n",
               "");
    static const char *const ids[] = {"ann", "bob", "cat", "dan"};
    register_all(scene, ids, 4);
    act(scene, "{'action': 'check_in', 'data': {'player': 'ann'}}");
    act(scene, "{'action': 'undo_check_in', 'data': {'player': 'ann'}}");
    for (int i = 0; i < 3; i++)
        act(scene, path_of("{'action': 'check_in', 'data': {'player': '%s'}}", ids[i]));
    act(scene, "{'action': 'start'}");
    await_boards(scene, 1, "playing");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM pairings"), 2);
    assert_stands(post(scene, "check_in", "dan"), "checked_in");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM pairings WHERE "
                                               "first_player = 'dan' AND kind = 'half_bye'"),
                     1);
    assert_stands(delete (scene, "registration", "dan"), "withdrawn");
    assert_stands(post(scene, "return", "dan"), "checked_in");
    const struct client_answer *standings =
        client_get(scene->client, EVENT "/standings?round=1", NULL);
    assert_int_equal(json_array_size(client_member(standings, "standings")), 4);
}

static void check_in_has_its_window(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "time: {start: 2024-11-28T20:00, check_in_opens: 1h}\\n", "");
    register_all(scene, (const char *const[]){"ann"}, 1);
    assert_refused(post(scene, "check_in", "ann"), "check-in closed at 2024-11-28T20:00:00Z");
    assert_refused(delete (scene, "check_in", "ann"), "check-in closed");
}

static void check_in_and_its_undo(void **state)
{
    struct scene *scene = *state;
    char start[24];
    time_t tomorrow = time(NULL) + 86400;
    (void)strftime(start, sizeof start, "%Y-%m-%dT%H:%M", gmtime(&tomorrow));
    open_event(scene, path_of("time: {start: %s, check_in_opens: 2d}\\n", start), "");
    register_all(scene, (const char *const[]){"ann"}, 1);
    assert_stands(post(scene, "check_in", "ann"), "checked_in");
    assert_refused(post(scene, "check_in", "ann"), "has done so");
    assert_stands(delete (scene, "check_in", "ann"), "registered");
}

static void a_game_begins_when_both_are_ready(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "time: {ready_deadline: 1h}\\n", "");
    register_all(scene, (const char *const[]){"ann", "bob"}, 2);
    assert_refused(post(scene, "ready", "ann"), "no opponent in round 0");
    act(scene, "{'action': 'start'}");
    await_boards(scene, 1, "paired");
    const struct client_answer *answer = NULL;
    for (int step = 0; step < PATIENCE_STEPS; step++) {
        answer = post(scene, "ready", "ann");
        if (answer->status == 200)
            break;
        usleep(STEP_US);
    }
    assert_status(answer, 200);
    assert_string_equal(client_text(answer, "active.0"), "readying.waiting");
    assert_status(client_post(scene->client, EVENT "/ready", scene->ann, "{'ready': false}"), 200);
    assert_status(post(scene, "ready", "bob"), 200);
    assert_status(post(scene, "ready", "ann"), 200);
    await_boards(scene, 1, "playing");
}

static void a_board_is_lost_by_who_does_not_come(void **state)
{
    struct scene *scene = *state;
    open_event(scene,
               "time: {ready_deadline: 1s}\\nno_show: {forfeit_after: 1s, remove_after: 1}\\n",
               "    forfeit_spread: 50\\n");
    register_all(scene, (const char *const[]){"ann", "bob"}, 2);
    act(scene, "{'action': 'start'}");
    await_boards(scene, 1, "final");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM pairings WHERE "
                                               "outcome = 'double_forfeit' AND kind = 'forfeit'"),
                     1);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM entrants WHERE "
                                               "status = 'withdrawn' AND no_shows = 1"),
                     2);
}

static void a_pairing_kept_back_is_the_directors_alone(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "time: {publish_delay: 1h}\\n", "");
    static const char *const ids[] = {"ann", "bob", "cat", "dan"};
    register_all(scene, ids, 4);
    act(scene, "{'action': 'start'}");
    const struct client_answer *seen = NULL;
    for (int step = 0; step < PATIENCE_STEPS; step++) {
        seen = client_get(scene->client, EVENT "/rounds/1", scene->director);
        if (json_array_size(client_member(seen, "pairings")) == 2)
            break;
        usleep(STEP_US);
    }
    assert_int_equal(json_array_size(client_member(seen, "pairings")), 2);
    seen = client_get(scene->client, EVENT "/rounds/1", NULL);
    assert_int_equal(json_array_size(client_member(seen, "pairings")), 0);
    assert_stands(delete (scene, "registration", "dan"), "withdrawn");
    act(scene, "{'action': 'hold'}");
    act(scene, "{'action': 'release'}");
    for (int step = 0; step < PATIENCE_STEPS; step++) {
        seen = client_get(scene->client, EVENT "/rounds/1", scene->director);
        if (client_text(seen, "pairings.1.second") != NULL &&
            client_text(seen, "pairings.1.second")[0] == '\0')
            break;
        usleep(STEP_US);
    }
    assert_string_equal(client_text(seen, "pairings.1.kind"), "bye");
    for (int step = 0; step < PATIENCE_STEPS; step++) {
        if (try_to_direct(scene, "club-1", scene->director, "{'action': 'publish_pairings'}")
                ->status == 200)
            break;
        usleep(STEP_US);
    }
    await_boards(scene, 1, "playing");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        CASE(players_enter_leave_and_move_up),
        CASE(more_room_moves_the_waiting_list_up),
        CASE(the_policy_says_who_may_enter),
        CASE(another_policy_changes_at_once_who_may_enter),
        CASE(who_has_not_checked_in_comes_in_late),
        CASE(check_in_has_its_window),
        CASE(check_in_and_its_undo),
        CASE(a_game_begins_when_both_are_ready),
        CASE(a_board_is_lost_by_who_does_not_come),
        CASE(a_pairing_kept_back_is_the_directors_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
