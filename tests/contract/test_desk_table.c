/*
 * Each action of the table (orchestrator/desk/actions.def), once: its preview changes nothing, what
 * is committed afterwards is what the preview said, and what `undo` takes back is as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "orchestrator/desk/actions.h"
#include "tests/contract/api_scene.h"

#define EVENT "/v1/tournaments/t"
#define ACTIONS EVENT "/actions"

enum { REST_US = 60000, RESTS_MAX = 200, ROWS_MAX = 64 };

/* ---- how far an event has come -----------------------------------------------------------------
 */

#define POLICY(more, rounds, division)                                                             \
    "tournament: table\\n" more "divisions:\\n  - name: open\\n    rounds: " rounds "\\n"          \
    "    game: {rules: reported, rated: true, rating_policy: glicko2}\\n"                          \
    "    pairing: [{rounds: 1-" rounds ", method: swiss, repeats: 3}]\\n" division
#define BY_WORD "    next_round: director\\n"

static void open_event(struct scene *scene, const char *policy)
{
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Table', 'tournament_id': 't', 'policy': '%s'}", policy),
                  201);
    enter_four(scene, "t");
}

/* Asks until the event is where it can be done. */
static void act(struct scene *scene, const char *body)
{
    const struct client_answer *answer = NULL;
    for (int i = 0; i < RESTS_MAX; i++) {
        answer = try_to_direct(scene, "t", scene->director, body);
        if (answer->status == 200)
            return;
        usleep(REST_US);
    }
    fail_msg("%s: %ld %s", body, answer->status, answer->body);
}

static void entered(struct scene *scene)
{
    open_event(scene, POLICY("", "3", BY_WORD));
}

static void starting(struct scene *scene, const char *policy)
{
    open_event(scene, policy);
    act(scene, "{'action': 'start'}");
}

static void in_round_1(struct scene *scene)
{
    starting(scene, POLICY("", "3", BY_WORD));
    await_count(scene, "SELECT count(*) FROM pairings WHERE status = 'playing'", 2);
}

/* Players report themselves, so that it is rated. */
static void play_round(struct scene *scene, int round)
{
    await_count(
        scene,
        path_of("SELECT count(*) FROM pairings WHERE round = %d AND status = 'playing'", round), 2);
    for (int board = 0; board < 2; board++) {
        const struct client_answer *rows =
            client_get(scene->client, path_of(EVENT "/rounds/%d", round), NULL);
        const char *game = path_of("%s", client_text(rows, path_of("pairings.%d.game_id", board)));
        const char *players[] = {
            path_of("%s", client_text(rows, path_of("pairings.%d.first", board))),
            path_of("%s", client_text(rows, path_of("pairings.%d.second", board)))};
        for (int i = 0; i < 2; i++)
            report(scene, game, house_token(scene->house, players[i], "player", NULL),
                   420 + 10 * board, 380);
    }
    await_count(
        scene,
        path_of("SELECT count(*) FROM pairings WHERE round = %d AND status = 'final'", round), 2);
}

static void after_round_1(struct scene *scene)
{
    in_round_1(scene);
    play_round(scene, 1);
}

static void in_round_2(struct scene *scene)
{
    after_round_1(scene);
    act(scene, "{'action': 'next_round'}");
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 2 AND status = 'playing'", 2);
}

static void counting_down(struct scene *scene)
{
    starting(scene, POLICY("time: {between_rounds: 1h}\\n", "3", ""));
    play_round(scene, 1);
}

static void kept_back(struct scene *scene)
{
    starting(scene, POLICY("time: {publish_delay: 1h}\\n", "3", ""));
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 1", 2);
}

static void paired_by_hand(struct scene *scene)
{
    starting(scene, POLICY("", "3", "    paired_by: director\\n"));
}

static void waiting_for_players(struct scene *scene)
{
    starting(scene,
             POLICY("time: {ready_deadline: 1h}\\nno_show: {forfeit_after: 1h}\\n", "3", ""));
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 1", 2);
}

static void checking_in(struct scene *scene)
{
    open_event(scene, POLICY("time: {check_in_opens: 1h}\\n", "3", BY_WORD));
}

static void checked_in(struct scene *scene)
{
    checking_in(scene);
    act(scene, "{'action': 'check_in', 'data': {'player': 'ann'}}");
}

static void ended(struct scene *scene)
{
    starting(scene, POLICY("", "1", ""));
    play_round(scene, 1);
    await_text(scene, EVENT, "status", "finished");
}

static void paused(struct scene *scene)
{
    in_round_1(scene);
    act(scene, "{'action': 'pause'}");
}

static void held(struct scene *scene)
{
    in_round_1(scene);
    act(scene, "{'action': 'hold_round'}");
}

static void without_dan(struct scene *scene)
{
    after_round_1(scene);
    act(scene, "{'action': 'remove_player', 'data': {'player': 'dan'}}");
}

static void with_a_forbidden_pair(struct scene *scene)
{
    in_round_1(scene);
    act(scene, "{'action': 'forbid_pair', 'data': {'one': 'ann', 'other': 'bob'}}");
}

static void with_rounds_off(struct scene *scene)
{
    open_event(scene, POLICY("", "3", "    byes: {requested_max: 1}\\n" BY_WORD));
}

static void with_a_round_off(struct scene *scene)
{
    with_rounds_off(scene);
    act(scene, "{'action': 'request_bye', 'data': {'player': 'cat', 'round': 1}}");
}

static void in_two_divisions(struct scene *scene)
{
    open_event(scene, POLICY("", "3", "") "  - name: second\\n    rounds: 3\\n"
                                          "    game: {rules: reported}\\n");
}

/* ---- the table ---------------------------------------------------------------------------------
 */

static const struct trial {
    const char *action;
    void (*come)(struct scene *scene);
    const char *rest; /* of the request */
} trials[] = {
    {"start", entered, ""},
    {"cancel", in_round_1, ""},
    {"finish", after_round_1, ""},
    {"pause", in_round_1, ""},
    {"resume", paused, ""},
    {"hold_round", in_round_1, ""},
    {"release_round", held, ""},
    {"reschedule", entered, ", 'data': {'starts_at_ms': 4102444800000}"},
    {"change_policy", in_round_1,
     ", 'data': {'policy': '" POLICY("version: 2\\nentry: {capacity: 8}\\n", "4", BY_WORD) "'}"},
    {"forbid_pair", in_round_1, ", 'data': {'one': 'ann', 'other': 'bob'}"},
    {"allow_pair", with_a_forbidden_pair, ", 'data': {'one': 'ann', 'other': 'bob'}"},
    {"add_player", after_round_1, ", 'data': {'player': 'eve', 'name': 'Eve', 'rating': 1200}"},
    {"remove_player", in_round_2, ", 'data': {'player': 'dan'}"},
    {"move_player", in_two_divisions, ", 'division': 1, 'data': {'player': 'dan', 'to': 2}"},
    {"change_directors", in_round_1, ", 'data': {'add': ['emil']}"},
    {"return_player", without_dan, ", 'data': {'player': 'dan'}"},
    {"check_in", checking_in, ", 'data': {'player': 'ann'}"},
    {"undo_check_in", checked_in, ", 'data': {'player': 'ann'}"},
    {"pair", kept_back, ""},
    {"pair_by_hand", paired_by_hand,
     ", 'data': {'pairings': [{'board': 1, 'first': 'ann', 'second': 'bob', 'kind': 'game'}, "
     "{'board': 2, 'first': 'cat', 'second': 'dan', 'kind': 'game'}]}"},
    {"re_pair", in_round_2, ", 'round': 2, 'data': {'pairs': [{'first': 'ann', 'second': 'dan'}]}"},
    {"unpair", in_round_2, ""},
    {"unpair_board", in_round_2, ", 'data': {'board': 1}"},
    {"swap_players", in_round_2, ", 'data': {'one': 'ann', 'other': 'bob'}"},
    {"prepair", in_round_1, ", 'data': {'round': 2, 'first': 'ann', 'second': 'bob'}"},
    {"give_bye", in_round_2, ", 'data': {'player': 'ann'}"},
    {"request_bye", with_rounds_off, ", 'data': {'player': 'cat', 'round': 1}"},
    {"withdraw_bye", with_a_round_off, ", 'data': {'player': 'cat', 'round': 1}"},
    {"publish_pairings", kept_back, ""},
    {"start_now", counting_down, ""},
    {"next_round", after_round_1, ""},
    {"extend_deadline", counting_down, ", 'data': {'by_ms': 60000}"},
    {"reopen", ended, ", 'data': {'rounds': 1}"},
    {"amend_result", in_round_2,
     ", 'data': {'round': 1, 'board': 1, 'outcome': 'second', 'first_score': 300, 'second_score': "
     "401}"},
    {"set_result", in_round_2,
     ", 'round': 2, 'board': 1, 'data': {'outcome': 'draw', 'first_score': 377, 'second_score': "
     "377}"},
    {"forfeit", in_round_2, ", 'round': 2, 'board': 1, 'data': {'absent': 'second'}"},
    {"extend_board", waiting_for_players, ", 'round': 1, 'board': 1, 'data': {'by_ms': 60000}"},
    {"void_board", after_round_1, ", 'round': 1, 'board': 1"},
};

/* `approve` is for machines of a director's own: the house's has no state that waits for it, and
 * tests/system/approve.mjs gives it one. */
static bool is_for_other_machines(const char *action)
{
    return strcmp(action, "approve") == 0;
}

/* ---- what stands in the event ------------------------------------------------------------------
 */

struct place {
    char player[16];
    int64_t rank;
    int64_t points_x2;
    int64_t spread;
    double rating;
};

struct state {
    struct place places[ROWS_MAX];
    size_t count;
    int64_t rows; /* a number that any change of who meets whom, and how it ended, changes */
    int64_t entrants;
    int64_t actions;
    int64_t steps;
};

static double rating_of(struct scene *scene, const char *player)
{
    const struct client_answer *answer =
        client_get(scene->client, path_of("/v1/players/%s", player), NULL);
    return client_member(answer, "ratings.0") != NULL ? client_number(answer, "ratings.0.rating")
                                                      : 0;
}

static void read_numbers(struct scene *scene, struct state *out)
{
    out->rows = house_query(
        scene->house,
        "SELECT coalesce(sum(round * 1000003 + "
        "unicode(first_player || ' ') * 1009 + unicode(second_player || ' ') "
        "* 101 + first_score * 17 + second_score * 13 + unicode(outcome || "
        "' ') * 7 + length(status) + length(kind)), 0) FROM pairings WHERE status <> 'void'");
    out->entrants =
        house_query(scene->house, "SELECT coalesce(sum(seed * 7 + to_round * 3 + (status "
                                  "IN ('registered', 'checked_in'))), 0) FROM entrants");
    out->actions = house_query(scene->house, "SELECT count(*) FROM director_actions");
    out->steps = house_query(scene->house, "SELECT count(*) FROM journal");
}

static struct state read_state(struct scene *scene)
{
    struct state state = {0};
    read_numbers(scene, &state);
    const struct client_answer *answer = client_get(scene->client, EVENT "/standings", NULL);
    json_t *rows = json_deep_copy(client_member(answer, "standings"));
    for (size_t i = 0; i < json_array_size(rows) && i < ROWS_MAX; i++) {
        const json_t *row = json_array_get(rows, i);
        struct place *place = &state.places[state.count++];
        (void)snprintf(place->player, sizeof place->player, "%s",
                       json_string_value(json_object_get(row, "player_id"))); /* short ones */
        place->rank = json_integer_value(json_object_get(row, "rank"));
        place->points_x2 = json_integer_value(json_object_get(row, "points_x2"));
        place->spread = json_integer_value(json_object_get(row, "spread"));
        place->rating = rating_of(scene, place->player);
    }
    json_decref(rows);
    return state;
}

/* Waits until nothing happens any more by itself. */
static struct state settled(struct scene *scene)
{
    struct state before = {.steps = -1};
    for (int i = 0; i < RESTS_MAX; i++) {
        struct state now = {0};
        read_numbers(scene, &now);
        if (now.steps == before.steps && now.rows == before.rows)
            return read_state(scene);
        before = now;
        usleep(REST_US);
    }
    fail_msg("the event never comes to rest");
    return before;
}

/* ---- what was promised -------------------------------------------------------------------------
 */

/* What a preview says of a player, or NULL. */
static const json_t *promise_for(const json_t *consequences, const char *list, const char *player)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(consequences, list), i,
                       row) if (strcmp(json_string_value(json_object_get(row, "player_id")),
                                       player) == 0) return row;
    return NULL;
}

static int64_t promised(const json_t *row, const char *name, int64_t otherwise)
{
    const json_t *value = row != NULL ? json_object_get(row, name) : NULL;
    return value != NULL ? json_integer_value(value) : otherwise;
}

static const struct place *place_of(const struct state *state, const char *player)
{
    for (size_t i = 0; i < state->count; i++)
        if (strcmp(state->places[i].player, player) == 0)
            return &state->places[i];
    return NULL;
}

static void assert_kept(const char *action, const char *what, const char *player, int64_t found,
                        int64_t wanted)
{
    if (found != wanted)
        fail_msg("%s: %s of %s is %lld, the preview said %lld", action, what, player,
                 (long long)found, (long long)wanted);
}

static void assert_promises(const char *action, const json_t *consequences,
                            const struct state *before, const struct state *after)
{
    for (size_t i = 0; i < after->count; i++) {
        const struct place *now = &after->places[i];
        const struct place *then = place_of(before, now->player);
        const json_t *row = promise_for(consequences, "standings", now->player);
        const json_t *rating = promise_for(consequences, "ratings", now->player);
        if (then == NULL)
            continue; /* who has just come */
        assert_kept(action, "the rank", now->player, now->rank,
                    promised(row, "rank_after", then->rank));
        assert_kept(action, "points", now->player, now->points_x2,
                    promised(row, "points_x2_after", then->points_x2));
        assert_kept(action, "the spread", now->player, now->spread,
                    promised(row, "spread_after", then->spread));
        double wanted =
            rating != NULL ? json_number_value(json_object_get(rating, "after")) : then->rating;
        if (now->rating != wanted)
            fail_msg("%s: the rating of %s is %f, the preview said %f", action, now->player,
                     now->rating, wanted);
    }
    if (json_array_size(json_object_get(consequences, "changes")) == 0)
        fail_msg("%s: the preview says nothing", action);
}

/* ---- one trial ---------------------------------------------------------------------------------
 */

/* Whoever has been entered while the event ran has missed rounds: he leaves, and stays listed. */
static bool stays_on_the_list(const char *action)
{
    return strcmp(action, "add_player") == 0;
}

/* Everything is as it was, but for games and numbers of boards that are set up anew. */
static void take_back(struct scene *scene, const char *action, const struct state *before)
{
    act(scene, "{'action': 'undo', 'note': 'a trial'}");
    struct state now = settled(scene);
    assert_int_equal(now.count, before->count);
    for (size_t i = 0; i < now.count; i++)
        if (memcmp(&now.places[i], &before->places[i], sizeof now.places[i]) != 0)
            fail_msg("%s, taken back: %s is not where he was", action, before->places[i].player);
    assert_kept(action, "taken back: a number of the boards", "all", now.rows, before->rows);
    assert_kept(action, "taken back: a number of the entrants", "all", now.entrants,
                before->entrants);
}

static void try_it(struct scene *scene, const struct trial *trial)
{
    trial->come(scene);
    char body[2048];
    int size = snprintf(body, sizeof body, "{'action': '%s', 'note': 'a trial'%s}", trial->action,
                        trial->rest);
    assert_in_range(size, 1, (int)sizeof body - 1);
    struct state before = settled(scene);
    const struct client_answer *preview =
        client_post(scene->client, ACTIONS "?dry_run=true", scene->director, "%s", body);
    if (preview->status != 200)
        fail_msg("%s: %ld %s", body, preview->status, preview->body);
    /* It says beforehand whether there is a way back, and what to do where there is none. */
    bool has_way_back = client_text(preview, "undo")[0] != '\0';
    assert_true(has_way_back == (client_text(preview, "instead")[0] == '\0'));
    json_t *consequences = json_deep_copy(client_member(preview, "consequences"));
    struct state still = settled(scene);
    assert_memory_equal(&still, &before, sizeof before);
    act(scene, body);
    struct state after = settled(scene);
    assert_int_equal(after.actions, before.actions + 1);
    assert_promises(trial->action, consequences, &before, &after);
    json_decref(consequences);
    if (has_way_back && !stays_on_the_list(trial->action))
        take_back(scene, trial->action, &before);
    else if (!has_way_back)
        assert_status(client_post(scene->client, ACTIONS, scene->director,
                                  "{'action': 'undo', 'note': 'a trial'}"),
                      409);
}

static void what_is_done_is_what_was_shown(void **state)
{
    const struct trial *trial = *state;
    void *scene = NULL;
    assert_int_equal(open_scene(&scene), 0);
    try_it(scene, trial);
    assert_int_equal(close_scene(&scene), 0);
}

static void each_action_is_tried(void **state)
{
    (void)state;
    for (size_t i = 0; desk_action_at(i) != NULL; i++) {
        const char *name = desk_action_at(i)->name;
        bool is_tried = is_for_other_machines(name);
        for (size_t t = 0; t < COUNT_OF(trials); t++)
            is_tried |= strcmp(trials[t].action, name) == 0;
        if (!is_tried)
            fail_msg("'%s' has no trial", name);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT_OF(trials) + 1] = {cmocka_unit_test(each_action_is_tried)};
    for (size_t i = 0; i < COUNT_OF(trials); i++)
        tests[i + 1] = (struct CMUnitTest){.name = trials[i].action,
                                           .test_func = what_is_done_is_what_was_shown,
                                           .initial_state = (void *)&trials[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
