/* Places in an event: what the rounds count that a player missed whom the director has entered, who
 * moves up from a waiting list, and who hears of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

#define EVENT "club-1"
#define PATH "/v1/tournaments/" EVENT

/* ---- the scene --------------------------------------------------------------------------- */

#define DIVISION(name)                                                                             \
    "  - {name: " name ", rounds: 3, next_round: director, game: {rules: reported}, pairing: "     \
    "[{rounds: 1-3, method: swiss, repeats: 3}]}\\n"

/* \n ends a line of YAML in a JSON text. */
static void open_event(struct scene *scene, const char *entry, const char *divisions)
{
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Club', 'tournament_id': '" EVENT "', 'policy': "
                              "'tournament: club\\nentry: {%s}\\ndivisions:\\n%s'}",
                              entry, divisions),
                  201);
}

static void end_round(struct scene *scene, int round)
{
    await_count(scene,
                path_of("SELECT count(*) FROM pairings WHERE round = %d AND kind = 'game' "
                        "AND status = 'playing'",
                        round),
                2);
    for (int board = 1; board <= 2; board++)
        (void)direct(scene, EVENT,
                     "{'action': 'set_result', 'round': %d, 'board': %d, 'data': {'outcome': "
                     "'first', 'first_score': 400, 'second_score': 350}}",
                     round, board);
    await_count(
        scene, path_of("SELECT count(*) FROM rounds WHERE round = %d AND status = 'closed'", round),
        1);
}

static void assert_signed_up(struct scene *scene, const char *id, int division, const char *status)
{
    if (strcmp(id, "ann") != 0 && strcmp(id, "bob") != 0)
        create_player(scene, id);
    const struct client_answer *answer =
        client_post(scene->client, PATH "/registration",
                    house_token(scene->house, id, "player", NULL), "{'division': %d}", division);
    assert_status(answer, 200);
    assert_string_equal(client_text(answer, "status"), status);
}

static void leave(struct scene *scene, const char *id)
{
    struct client_request request = {.method = "DELETE",
                                     .path = PATH "/registration",
                                     .token = house_token(scene->house, id, "player", NULL)};
    assert_status(client_call(scene->client, &request), 200);
}

static int64_t told(struct scene *scene, const char *id)
{
    return house_query(
        scene->house,
        path_of("SELECT count(*) FROM events WHERE kind = 'user' AND id = '%s' AND name = "
                "'notified'",
                id));
}

static void await_told(struct scene *scene, const char *id)
{
    for (int step = 0; step < PATIENCE_STEPS && told(scene, id) == 0; step++)
        usleep(STEP_US);
    assert_int_equal(told(scene, id), 1);
}

static void await_status(struct scene *scene, const char *id, const char *status)
{
    await_count(scene,
                path_of("SELECT count(*) FROM entrants WHERE player_id = '%s' AND status = '%s'",
                        id, status),
                1);
}

/* ---- missed rounds ----------------------------------------------------------------------- */

static json_int_t points_of(struct scene *scene, const char *id)
{
    const struct client_answer *table = client_get(scene->client, PATH "/standings", NULL);
    const json_t *rows = client_member(table, "standings");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (strcmp(json_string_value(json_object_get(row, "player_id")), id) == 0)
            return json_integer_value(json_object_get(row, "points_x2"));
    }
    fail_msg("'%s' is not in the standings: %s", id, table->body);
    return -1;
}

/* The preview has the rounds that were missed, and eve's place with them. */
static void assert_told_what_was_missed(struct scene *scene, const char *add, int points_x2)
{
    const struct client_answer *told =
        client_post(scene->client, PATH "/actions?dry_run=true", scene->director, "%s", add);
    assert_status(told, 200);
    if (strstr(told->body, "round 1, which eve has missed: ") == NULL)
        fail_msg("the preview does not name what was missed: %s", told->body);
    assert_null(strstr(told->body, "round 2, which eve has missed: "));
    const json_t *rows = client_member(told, "consequences.standings");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (strcmp(json_string_value(json_object_get(row, "player_id")), "eve") != 0)
            continue;
        assert_int_equal(json_integer_value(json_object_get(row, "points_x2_after")), points_x2);
        return;
    }
    fail_msg("eve has no place in the preview: %s", told->body);
}

static void assert_missed(const char *word, const char *kind, const char *outcome, int points_x2)
{
    struct scene *scene = scene_create(NULL);
    open_event(scene, path_of("late_until_round: 3, missed_rounds: %s", word), DIVISION("a"));
    enter_four(scene, EVENT);
    (void)direct(scene, EVENT, "{'action': 'start'}");
    end_round(scene, 1);
    const char *add = "{'action': 'add_player', 'data': {'player': 'eve', 'name': 'Eve'}}";
    assert_told_what_was_missed(scene, add, points_x2);
    (void)direct(scene, EVENT, "%s", add);
    await_count(scene,
                path_of("SELECT count(*) FROM pairings WHERE round = 1 AND first_player = 'eve' "
                        "AND kind = '%s' AND outcome = '%s' AND status = 'final'",
                        kind, outcome),
                1);
    assert_int_equal(points_of(scene, "eve"), points_x2);
    /* She plays the next one; by the other way in, too, the first is missed, once. */
    assert_status(client_post(scene->client, PATH "/entrants", scene->director,
                              "{'division': 1, 'entrants': [{'player': 'fay', 'name': 'Fay', "
                              "'seed': 6, 'rating': 900}]}"),
                  200);
    (void)direct(scene, EVENT, "{'action': 'next_round'}");
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 1", 4);
    await_count(scene,
                "SELECT count(*) FROM round_players WHERE round = 2 AND player_id IN ('eve', "
                "'fay')",
                2);
    scene_destroy(scene);
}

static void whoever_a_director_adds_has_missed_rounds_by_the_policy(void **state)
{
    (void)state;
    assert_missed("half_bye", "half_bye", "bye", 1);
    assert_missed("zero_bye", "zero_bye", "bye", 0);
    assert_missed("full_bye", "bye", "bye", 2);
    assert_missed("loss", "bye", "second", 0);
}

static void nobody_has_missed_anything_before_the_start(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "missed_rounds: half_bye", DIVISION("a"));
    enter_four(scene, EVENT);
    (void)direct(scene, EVENT,
                 "{'action': 'add_player', 'data': {'player': 'eve', 'name': 'Eve'}}");
    (void)direct(scene, EVENT, "{'action': 'start'}");
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 1", 3);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM pairings WHERE kind = "
                                               "'half_bye'"),
                     0);
}

/* ---- places ------------------------------------------------------------------------------ */

static void who_moves_up_is_told_once(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "capacity: 2", DIVISION("a") DIVISION("b"));
    assert_signed_up(scene, "ann", 1, "registered");
    assert_signed_up(scene, "bob", 1, "registered");
    assert_signed_up(scene, "cat", 1, "waiting");
    assert_signed_up(scene, "dan", 1, "waiting");
    leave(scene, "ann");
    await_status(scene, "cat", "registered");
    await_told(scene, "cat");
    (void)direct(scene, EVENT, "{'action': 'remove_player', 'data': {'player': 'bob'}}");
    await_status(scene, "dan", "registered");
    await_told(scene, "dan");
    assert_int_equal(told(scene, "cat"), 1);
    assert_int_equal(told(scene, "ann") + told(scene, "bob"), 0);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM entrants WHERE untold = 1"),
                     0);
}

static void a_place_in_a_full_event_is_for_whoever_waits_in_another_division(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "capacity: 2", DIVISION("a") DIVISION("b"));
    assert_signed_up(scene, "ann", 1, "registered");
    assert_signed_up(scene, "bob", 1, "registered");
    assert_signed_up(scene, "cat", 2, "waiting");
    assert_signed_up(scene, "dan", 1, "waiting");
    leave(scene, "ann"); /* who waits for that very division comes first */
    await_status(scene, "dan", "registered");
    await_told(scene, "dan");
    await_status(scene, "cat", "waiting");
    (void)direct(scene, EVENT, "{'action': 'remove_player', 'data': {'player': 'bob'}}");
    await_status(scene, "cat", "registered");
    await_told(scene, "cat");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_a_director_adds_has_missed_rounds_by_the_policy),
        cmocka_unit_test_setup_teardown(nobody_has_missed_anything_before_the_start, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(who_moves_up_is_told_once, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(
            a_place_in_a_full_event_is_for_whoever_waits_in_another_division, open_scene,
            close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
