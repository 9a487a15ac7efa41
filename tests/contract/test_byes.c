/* Rounds off that players ask for (byes.requested_*), in events that run: on the whole house. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

#define EVENT "/v1/tournaments/t"

/* ---- words ------------------------------------------------------------------------------- */

static const char *policy_of(int rounds, const char *division)
{
    static char texts[2][1024];
    static unsigned next;
    char *text = texts[next++ % 2];
    int size = snprintf(text, sizeof texts[0],
                        "tournament: byes\\ndivisions:\\n  - name: open\\n    rounds: %d\\n"
                        "    pairing: [{rounds: 1-%d, method: swiss, repeats: 4}]\\n"
                        "    game: {rules: reported, rated: false}\\n%s",
                        rounds, rounds, division);
    assert_in_range(size, 1, (int)sizeof texts[0] - 1);
    return text;
}

static void open_event(struct scene *scene, const char *policy)
{
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Byes', 'tournament_id': 't', 'policy': '%s'}", policy),
                  201);
    enter_four(scene, "t");
}

static void start(struct scene *scene)
{
    (void)direct(scene, "t", "{'action': 'start'}");
}

static const char *player(struct scene *scene, const char *id)
{
    return house_token(scene->house, id, "player", NULL);
}

static const struct client_answer *ask(struct scene *scene, const char *id, int round)
{
    return client_post(scene->client, EVENT "/byes", player(scene, id), "{'round': %d}", round);
}

static const struct client_answer *take_back(struct scene *scene, const char *id, const char *query)
{
    return client_call(scene->client,
                       &(struct client_request){.method = "DELETE",
                                                .path = path_of(EVENT "/byes%s", query),
                                                .token = player(scene, id)});
}

static void assert_refused(const struct client_answer *answer, const char *why)
{
    assert_status(answer, 409);
    if (strstr(client_text(answer, "detail"), why) == NULL)
        fail_msg("'%s' should say: %s", client_text(answer, "detail"), why);
}

static int64_t count_of(struct scene *scene, const char *sql)
{
    return house_query(scene->house, sql);
}

#define REQUESTED "SELECT count(*) FROM pairings WHERE kind = 'requested_bye'"
#define SEATS_OF(player, round)                                                                    \
    "SELECT count(*) FROM pairings WHERE round = " round " AND (first_player = '" player           \
    "' OR second_player = '" player "')"

static void copy_text(char to[64], const char *text)
{
    assert_in_range(snprintf(to, 64, "%s", text), 1, 63);
}

/* Plays whatever games the round has; whoever sits first wins. */
static void report_round(struct scene *scene, int round, int games)
{
    await_count(scene,
                path_of("SELECT count(*) FROM pairings WHERE round = %d AND game_id <> ''", round),
                games);
    const struct client_answer *boards =
        client_get(scene->client, path_of(EVENT "/rounds/%d", round), NULL);
    struct {
        char game[64], first[64], second[64];
    } found[4];
    int count = 0;
    size_t rows = json_array_size(client_member(boards, "pairings"));
    for (size_t i = 0; i < rows && count < games; i++) {
        const char *game = client_text(boards, path_of("pairings.%zu.game_id", i));
        if (game[0] == '\0')
            continue;
        copy_text(found[count].game, game);
        copy_text(found[count].first, client_text(boards, path_of("pairings.%zu.first", i)));
        copy_text(found[count++].second, client_text(boards, path_of("pairings.%zu.second", i)));
    }
    for (int i = 0; i < count; i++) {
        report(scene, found[i].game, player(scene, found[i].first), 400, 350);
        report(scene, found[i].game, player(scene, found[i].second), 400, 350);
    }
}

/* ---- cases ------------------------------------------------------------------------------- */

static void a_round_off_is_asked_for_and_worth_what_the_policy_says(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of(3, "    byes: {requested_max: 1, requested_until_round: 2, "
                                   "requested_points: 0.5}\\n"));
    assert_status(ask(scene, "dan", 2), 200);
    assert_refused(ask(scene, "dan", 1), "as many rounds off as he may");
    assert_refused(ask(scene, "ann", 3), "the last round that can be asked for is round 2");
    assert_refused(ask(scene, "ann", 4), "the last round is round 3");
    assert_refused(ask(scene, "eve", 1), "does not play in the division");
    start(scene);
    report_round(scene, 1, 2);
    report_round(scene, 2, 1); /* three play: one of them has the pairing's bye */
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 3 AND game_id <> ''", 2);
    assert_refused(ask(scene, "ann", 2), "it is too late to ask for round 2 off");
    assert_int_equal(count_of(scene, REQUESTED " AND round = 2 AND first_player = 'dan'"), 1);
    assert_int_equal(count_of(scene, SEATS_OF("dan", "2")), 1);
    assert_int_equal(
        count_of(scene, "SELECT count(*) FROM pairings WHERE round = 2 AND kind = 'bye'"), 1);
    report_round(scene, 3, 2);
    await_text(scene, EVENT, "status", "finished");
    const struct client_answer *table = client_get(scene->client, EVENT "/standings?round=2", NULL);
    int64_t points = 0;
    for (int i = 0; i < 4; i++) {
        points += client_integer(table, path_of("standings.%d.points_x2", i));
        if (strcmp(client_text(table, path_of("standings.%d.player_id", i)), "dan") == 0)
            assert_int_equal(client_integer(table, path_of("standings.%d.points_x2", i)) % 2, 1);
    }
    assert_int_equal(points, 4 + 4 + 1); /* two games, a game and a bye, half a point */
}

static void a_round_off_is_taken_back_before_it_is_paired(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of(2, "    byes: {requested_max: 1}\\n"));
    assert_status(ask(scene, "dan", 1), 200);
    assert_refused(take_back(scene, "dan", "?round=2"), "has not asked for that round off");
    assert_status(take_back(scene, "dan", "?round=1"), 200);
    assert_int_equal(count_of(scene, REQUESTED), 0);
    assert_int_equal(count_of(scene, "SELECT count(*) FROM round_players"), 0);
    assert_status(take_back(scene, "dan", ""), 400);
    assert_status(take_back(scene, "dan", "?round=x"), 400);
    assert_status(take_back(scene, "dan", "?round=1&division=7"), 404);
    assert_status(ask(scene, "dan", 2), 200); /* it did not count */
    start(scene);
    report_round(scene, 1, 2);
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 2 AND game_id <> ''", 1);
    assert_refused(take_back(scene, "dan", "?round=2"), "its bye stands");
}

static void nobody_asks_where_the_policy_says_nothing(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of(2, ""));
    assert_refused(ask(scene, "ann", 2), "nobody can ask for a round off");
    (void)direct(scene, "t",
                 "{'action': 'change_policy', 'note': 'for the test', 'data': {'policy': '%s'}}",
                 policy_of(2, "    byes: {requested_max: 2}\\n"));
    await_count(scene,
                "SELECT count(*) FROM inbox WHERE instance_id = 'division:t-1' AND name = "
                "'policy.changed' AND consumed_seq IS NOT NULL",
                1);
    assert_status(ask(scene, "ann", 2), 200); /* at once */
}

static void the_director_asks_for_a_player(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of(2, "    byes: {requested_max: 1, requested_points: 0}\\n"));
    (void)direct(scene, "t", "{'action': 'request_bye', 'data': {'player': 'cat', 'round': 1}}");
    assert_int_equal(count_of(scene, REQUESTED " AND first_player = 'cat' AND round = 1"), 1);
    (void)direct(scene, "t", "{'action': 'withdraw_bye', 'data': {'player': 'cat', 'round': 1}}");
    assert_int_equal(count_of(scene, REQUESTED), 0);
    (void)direct(scene, "t", "{'action': 'request_bye', 'data': {'player': 'cat', 'round': 1}}");
    start(scene);
    report_round(scene, 1, 1);
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 2 AND game_id <> ''", 2);
    const struct client_answer *table = client_get(scene->client, EVENT "/standings?round=1", NULL);
    for (int i = 0; i < 4; i++)
        if (strcmp(client_text(table, path_of("standings.%d.player_id", i)), "cat") == 0)
            assert_int_equal(client_integer(table, path_of("standings.%d.points_x2", i)), 0);
}

static void who_leaves_has_no_round_off_to_come(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of(2, "    byes: {requested_max: 1}\\n"));
    assert_status(ask(scene, "dan", 2), 200);
    assert_status(
        client_call(scene->client, &(struct client_request){.method = "DELETE",
                                                            .path = EVENT "/registration",
                                                            .token = player(scene, "dan")}),
        200);
    assert_int_equal(count_of(scene, REQUESTED), 0);
}

/* Three points for a win, two for the bye of an odd number, one for a round that was asked off. */
static void results_are_worth_what_the_policy_says(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of(1, "    points: {win: 3, draw: 1, forfeit_win: 3}\\n"
                                   "    byes: {points: 2, requested_max: 1, requested_points: "
                                   "1}\\n"));
    assert_status(ask(scene, "ann", 1), 200);
    start(scene);
    report_round(scene, 1, 1);
    await_text(scene, EVENT, "status", "finished");
    const struct client_answer *table = client_get(scene->client, EVENT "/standings", NULL);
    static const int points_x2[] = {6, 4, 2, 0}; /* won, bye, asked off, lost */
    for (int i = 0; i < 4; i++)
        assert_int_equal(client_integer(table, path_of("standings.%d.points_x2", i)), points_x2[i]);
    assert_string_equal(client_text(table, "standings.2.player_id"), "ann");
}

/* What a round off is worth may change when it has been had: whoever changes it is shown the
 * standings by the new policy before, and they become so. */
static void another_worth_of_a_round_off_is_previewed(void **state)
{
    struct scene *scene = *state;
    static const char change[] =
        "{'action': 'change_policy', 'note': 'as announced', 'data': {'policy': '%s'}}";
    static const char worth[] = "    byes: {requested_max: 1, requested_points: 0}\\n";
    open_event(scene, policy_of(2, "    byes: {requested_max: 1}\\n"));
    assert_status(ask(scene, "ann", 1), 200);
    start(scene);
    report_round(scene, 1, 1);
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 2 AND game_id <> ''", 2);
    const struct client_answer *told = client_post(scene->client, EVENT "/actions?dry_run=true",
                                                   scene->director, change, policy_of(2, worth));
    assert_status(told, 200);
    const json_t *rows = client_member(told, "consequences.standings");
    const json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(rows, i), "player_id")),
                   "ann") == 0)
            found = json_array_get(rows, i);
    if (found == NULL)
        fail_msg("ann's place is not in the preview: %s", told->body);
    assert_int_equal(json_integer_value(json_object_get(found, "points_x2_before")), 1);
    assert_int_equal(json_integer_value(json_object_get(found, "points_x2_after")), 0);
    assert_non_null(strstr(told->body, "results so far count by the new policy"));
    (void)direct(scene, "t", change, policy_of(2, worth));
    report_round(scene, 2, 2);
    await_text(scene, EVENT, "status", "finished");
    const struct client_answer *table = client_get(scene->client, EVENT "/standings?round=1", NULL);
    for (int i = 0; i < 4; i++)
        if (strcmp(client_text(table, path_of("standings.%d.player_id", i)), "ann") == 0)
            assert_int_equal(client_integer(table, path_of("standings.%d.points_x2", i)), 0);
}

/* FIDE's three kinds of byes that are asked for: F, H and Z. */
static void exports_say_what_a_round_off_was_worth(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *event;
        const char *worth;
        const char *seen;
    } cases[] = {
        {"whole", "1", "0000 - F"}, {"half", "0.5", "0000 - H"}, {"none", "0", "0000 - Z"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *event = cases[i].event;
        assert_status(
            client_post(
                scene->client, "/v1/tournaments", scene->director,
                "{'name': 'Byes', 'tournament_id': '%s', 'policy': '%s'}", event,
                policy_of(1, path_of("    byes: {requested_max: 1, requested_points: %s}\\n",
                                     cases[i].worth))),
            201);
        enter_four(scene, event);
        (void)direct(scene, event,
                     "{'action': 'request_bye', 'data': {'player': 'ann', 'round': 1}}");
        (void)direct(scene, event, "{'action': 'start'}");
        await_count(scene,
                    path_of("SELECT count(*) FROM pairings WHERE division_id = '%s-1' AND status = "
                            "'playing'",
                            event),
                    1);
        const struct client_answer *file =
            client_get(scene->client, path_of("/v1/tournaments/%s/export?format=trf", event), NULL);
        assert_status(file, 200);
        if (strstr(file->body, cases[i].seen) == NULL)
            fail_msg("%s points should be '%s' in:\n%s", cases[i].worth, cases[i].seen, file->body);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        CASE(a_round_off_is_asked_for_and_worth_what_the_policy_says),
        CASE(a_round_off_is_taken_back_before_it_is_paired),
        CASE(nobody_asks_where_the_policy_says_nothing),
        CASE(the_director_asks_for_a_player),
        CASE(who_leaves_has_no_round_off_to_come),
        CASE(results_are_worth_what_the_policy_says),
        CASE(another_worth_of_a_round_off_is_previewed),
        CASE(exports_say_what_a_round_off_was_worth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
