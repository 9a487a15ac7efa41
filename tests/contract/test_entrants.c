/* Where entrants come: into which division, and at which number. On the whole house. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

#define EVENT "/v1/tournaments/t"

enum { POLICY_SIZE = 1024 };

static void open_event(struct scene *scene, const char *format, ...) PRINTF_LIKE(2, 3);
static void open_event(struct scene *scene, const char *format, ...)
{
    char policy[POLICY_SIZE];
    va_list rest;
    va_start(rest, format);
    assert_in_range(vsnprintf(policy, sizeof policy, format, rest), 1, POLICY_SIZE - 1);
    va_end(rest);
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Places', 'tournament_id': 't', 'policy': '%s'}", policy),
                  201);
}

/* ---- numbers ----------------------------------------------------------------------------- */

/* Three rounds, begun whenever the director says. */
static void open_numbered(struct scene *scene, const char *more, const char *seeding)
{
    open_event(scene,
               "tournament: places\\n%sdivisions:\\n  - name: open\\n    rounds: 3\\n"
               "%s    pairing: [{rounds: 1-3, method: swiss, repeats: 4}]\\n"
               "    game: {rules: reported, rated: false}\\n",
               more, seeding);
    enter_four(scene, "t");
    (void)direct(scene, "t", "{'action': 'start'}");
}

static void await_round(struct scene *scene, int round, int boards)
{
    await_count(scene,
                path_of("SELECT count(*) FROM pairings WHERE round = %d AND game_id <> ''", round),
                boards);
}

static void decide(struct scene *scene, int round, int boards)
{
    for (int board = 1; board <= boards; board++)
        (void)direct(scene, "t",
                     "{'action': 'set_result', 'round': %d, 'board': %d, 'data': {'outcome': "
                     "'first', 'first_score': 400, 'second_score': 350}}",
                     round, board);
}

static void add_late(struct scene *scene, const char *player, int rating)
{
    (void)direct(scene, "t",
                 "{'action': 'add_player', 'data': {'player': '%s', 'name': '%s', 'rating': %d}}",
                 player, player, rating);
}

static int64_t number_of(struct scene *scene, const char *player)
{
    return house_query(scene->house,
                       path_of("SELECT seed FROM entrants WHERE player_id = '%s'", player));
}

/* Eve is rated above everybody, Fay too; one comes before the numbers are frozen, the other after.
 */
static void play_with_latecomers(struct scene *scene)
{
    await_round(scene, 1, 2);
    add_late(scene, "eve", 3000);
    decide(scene, 1, 2);
    await_round(scene, 2, 2);
    add_late(scene, "fay", 3100);
    decide(scene, 2, 2);
    await_round(scene, 3, 3);
    decide(scene, 3, 3);
    await_text(scene, EVENT, "status", "finished");
}

static void assert_numbers(struct scene *scene, const int wanted[6])
{
    static const char *const players[] = {"ann", "bob", "cat", "dan", "eve", "fay"};
    for (int i = 0; i < 6; i++)
        assert_int_equal(number_of(scene, players[i]), wanted[i]);
}

static void late_entrants_take_their_place_until_numbers_are_frozen(void **state)
{
    struct scene *scene = *state;
    open_numbered(scene, "changes: {numbers_frozen_after_round: 2}\\n", "");
    play_with_latecomers(scene);
    assert_numbers(scene, (int[]){2, 3, 4, 5, 1, 6});
}

static void late_entrants_come_last_where_numbers_are_never_free(void **state)
{
    struct scene *scene = *state;
    open_numbered(scene, "", "");
    play_with_latecomers(scene);
    assert_numbers(scene, (int[]){1, 2, 3, 4, 5, 6});
}

static void late_entrants_come_last_where_the_director_has_listed(void **state)
{
    struct scene *scene = *state;
    open_numbered(scene, "changes: {numbers_frozen_after_round: 3}\\n", "    seeding: listed\\n");
    play_with_latecomers(scene);
    assert_numbers(scene, (int[]){1, 2, 3, 4, 5, 6});
}

/* ---- divisions --------------------------------------------------------------------------- */

static void open_bands(struct scene *scene, const char *by, int low, int high)
{
    open_event(scene,
               "tournament: places\\nentry: {registration: open, division_by: %s}\\n"
               "divisions:\\n"
               "  - name: masters\\n    rounds: 3\\n    rating_min: %d\\n"
               "    game: {rules: reported, rated: false}\\n"
               "  - name: others\\n    rounds: 3\\n    rating_max: %d\\n"
               "    game: {rules: reported, rated: false}\\n",
               by, high, low);
}

static const struct client_answer *enter(struct scene *scene, const char *body)
{
    return client_post(scene->client, EVENT "/registration", scene->ann, "%s", body);
}

/* Who has no rating yet counts as 1500. */
static void a_rating_finds_its_division(void **state)
{
    struct scene *scene = *state;
    open_bands(scene, "rating", 1599, 1600);
    const struct client_answer *answer = enter(scene, "{}");
    assert_status(answer, 200);
    assert_int_equal(client_integer(answer, "division"), 2);
    const struct client_answer *event = client_get(scene->client, EVENT, NULL);
    assert_int_equal(client_integer(event, "divisions.0.rating_min"), 1600);
    assert_int_equal(client_integer(event, "divisions.1.rating_max"), 1599);
}

static void the_higher_band_is_found_too(void **state)
{
    struct scene *scene = *state;
    open_bands(scene, "rating", 1399, 1400);
    assert_int_equal(client_integer(enter(scene, "{}"), "division"), 1);
}

static void a_named_division_is_held_to_its_band(void **state)
{
    struct scene *scene = *state;
    open_bands(scene, "rating", 1599, 1600);
    assert_status(enter(scene, "{'division': 1}"), 409);
    assert_status(enter(scene, "{'division': 2}"), 200);
}

static void a_rating_between_the_bands_is_refused(void **state)
{
    struct scene *scene = *state;
    open_bands(scene, "rating", 1400, 1600);
    const struct client_answer *answer = enter(scene, "{}");
    assert_status(answer, 409);
    assert_string_equal(client_text(answer, "detail"),
                        "none of this event's divisions is for your rating");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM entrants"), 0);
}

static void without_bands_it_is_the_first(void **state)
{
    struct scene *scene = *state;
    open_bands(scene, "name", 1599, 1600);
    const struct client_answer *answer = enter(scene, "{}");
    assert_status(answer, 200);
    assert_int_equal(client_integer(answer, "division"), 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        CASE(late_entrants_take_their_place_until_numbers_are_frozen),
        CASE(late_entrants_come_last_where_numbers_are_never_free),
        CASE(late_entrants_come_last_where_the_director_has_listed),
        CASE(a_rating_finds_its_division),
        CASE(the_higher_band_is_found_too),
        CASE(a_named_division_is_held_to_its_band),
        CASE(a_rating_between_the_bands_is_refused),
        CASE(without_bands_it_is_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
