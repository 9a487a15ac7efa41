/* Who may do what at a director's desk: what each role of an event is given by its policy, every
 * action for every role, and how roles are given and taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

#define EVENT "evening"
#define PATH "/v1/tournaments/" EVENT
#define ACTIONS PATH "/actions"

/* ---- the scene --------------------------------------------------------------------------- */

/* What the policy's reference says of each action, in its own words: "scorer assistant L2". */
static const struct {
    const char *action;
    const char *right;
} rights[] = {
#define ACTION(word, right, text) {#word, right},
#include "orchestrator/format/actions.def"
#undef ACTION
};

static const struct {
    const char *action;
    const char *right;
} desk[] = {
#define DESK(name, older, target, event, right, fill, instead, says) {name, #right},
#include "orchestrator/desk/actions.def"
#undef DESK
    {"undo", "undo"},
};

static const char *const roles[] = {"director", "assistant", "scorer"};

/* An event that runs, directed by dora, with emil and sue beside her. */
static struct scene *open_event(const char *authority)
{
    struct scene *scene = scene_create(NULL);
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Evening', 'tournament_id': '" EVENT "', 'policy': '"
                              "tournament: evening\\n"
                              "%s"
                              "divisions:\\n"
                              "  - name: open\\n"
                              "    rounds: 3\\n"
                              "    game: {rules: reported}\\n"
                              "    pairing: [{rounds: 1-3, method: swiss, repeats: 3}]\\n"
                              "    next_round: director\\n'}",
                              authority),
                  201);
    enter_four(scene, EVENT);
    (void)direct(scene, EVENT,
                 "{'action': 'change_directors', 'data': {'add': ['emil'], 'role': 'assistant'}}");
    (void)direct(scene, EVENT,
                 "{'action': 'change_directors', 'data': {'add': ['sue'], 'role': 'scorer'}}");
    (void)direct(scene, EVENT, "{'action': 'start'}");
    await_count(scene, "SELECT count(*) FROM pairings WHERE status = 'playing'", 2);
    return scene;
}

static int open_usual(void **state)
{
    *state = open_event("");
    return 0;
}

/* Assistants and scorers have a player's token; the event says what they are. */
static const char *token_for(struct scene *scene, const char *role)
{
    if (strcmp(role, "director") == 0)
        return house_token(scene->house, "dora", "director", NULL);
    return house_token(scene->house, strcmp(role, "assistant") == 0 ? "emil" : "sue", "player",
                       NULL);
}

static const struct client_answer *preview(struct scene *scene, const char *token, const char *body)
{
    return client_post(scene->client, ACTIONS "?dry_run=true", token, "%s", body);
}

/* ---- the table --------------------------------------------------------------------------- */

static const char *right_of(const char *action)
{
    for (size_t i = 0; i < COUNT_OF(rights); i++)
        if (strcmp(rights[i].action, action) == 0)
            return rights[i].right;
    fail_msg("the policy has no row '%s'", action);
    return "";
}

/* An action without its fields is refused for its role, or for something else. */
static void assert_follows(struct scene *scene, const char *role, const char *action,
                           const char *right)
{
    char body[160];
    (void)snprintf(body, sizeof body, "{'action': '%s', 'round': 1, 'board': 1}",
                   action); /* fits */
    const struct client_answer *answer = preview(scene, token_for(scene, role), body);
    bool is_given = strstr(right, role) != NULL;
    if ((answer->status == 403) == is_given)
        fail_msg("%s, '%s' (%s): %ld %s", role, action, right, answer->status, answer->body);
    if (!is_given && strstr(client_text(answer, "detail"), role) == NULL)
        fail_msg("%s, '%s': %s", role, action, answer->body);
}

static void every_action_is_for_the_roles_that_the_policy_names(void **state)
{
    struct scene *scene = *state;
    size_t given = 0;
    for (size_t r = 0; r < COUNT_OF(roles); r++)
        for (size_t i = 0; i < COUNT_OF(desk); i++) {
            const char *right = right_of(desk[i].right);
            given += strstr(right, roles[r]) != NULL;
            assert_follows(scene, roles[r], desk[i].action, right);
        }
    assert_in_range(given, COUNT_OF(desk) + 5, 3 * COUNT_OF(desk) - 5); /* some of each */
}

static void a_policy_gives_its_own_rights(void **state)
{
    struct scene *scene = open_event("authority:\\n"
                                     "  hold_round: scorer L1\\n"
                                     "  set_result: director L1\\n"
                                     "  add_late_player: scorer director L2\\n"
                                     "  cancel: admin L4\\n");
    *state = scene;
    static const struct {
        const char *role;
        const char *action;
        const char *right;
    } cases[] = {
        {"scorer", "hold_round", "scorer"},      {"assistant", "hold_round", "scorer"},
        {"director", "hold_round", "scorer"},    {"scorer", "set_result", "director"},
        {"assistant", "set_result", "director"}, {"director", "set_result", "director"},
        {"director", "cancel", "admin"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_follows(scene, cases[i].role, cases[i].action, cases[i].right);
    assert_status(preview(scene, scene->director, "{'action': 'cancel'}"), 200); /* an admin */
    /* After the start it is another row that says who may. */
    const char *add = "{'action': 'add_player', 'data': {'player': 'eve'}}";
    const struct client_answer *late = preview(scene, token_for(scene, "scorer"), add);
    assert_status(late, 200);
    assert_int_equal(client_integer(late, "level"), 2);
    assert_status(preview(scene, token_for(scene, "assistant"), add), 403);
}

/* ---- at work ----------------------------------------------------------------------------- */

static void a_scorer_enters_results_and_no_more(void **state)
{
    struct scene *scene = *state;
    const char *sue = token_for(scene, "scorer");
    const struct client_answer *entered =
        client_post(scene->client, ACTIONS, sue,
                    "{'action': 'set_result', 'round': 1, 'board': 1, 'data': {'outcome': 'first', "
                    "'first_score': 400, 'second_score': 300}}");
    assert_status(entered, 200);
    assert_true(json_is_true(client_member(entered, "committed")));
    await_count(scene, "SELECT count(*) FROM pairings WHERE first_score = 400", 1);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM director_actions WHERE actor "
                                               "= 'sue' AND action = 'set_result'"),
                     1);
    /* Another result is level 2: it is acknowledged, and says why. */
    const char *amend = "{'action': 'amend_result', 'data': {'round': 1, 'board': 1, 'outcome': "
                        "'second', 'first_score': 300, 'second_score': 400}}";
    const struct client_answer *asked = client_post(scene->client, ACTIONS, sue, "%s", amend);
    assert_status(asked, 428);
    assert_string_equal(client_text(asked, "preview.needs"), "acknowledge");
    assert_status(try_to_direct(scene, EVENT, sue, amend), 200);
    /* What is not for her is refused before anything else is looked at, and with both names. */
    const struct client_answer *refused = preview(scene, sue, "{'action': 'pause'}");
    assert_status(refused, 403);
    assert_string_equal(client_text(refused, "detail"),
                        "in this event 'pause' is for: director; you are: scorer");
    assert_status(preview(scene, sue, "{'action': 'undo'}"), 403);
    assert_status(preview(scene, sue, "{'action': 'remove_player', 'data': {'player': '?'}}"), 403);
}

static void an_assistant_helps_where_he_was_asked_to(void **state)
{
    struct scene *scene = *state;
    const char *emil = token_for(scene, "assistant");
    assert_status(
        try_to_direct(scene, EVENT, emil,
                      "{'action': 'add_player', 'data': {'player': 'eve', 'rating': 1200}}"),
        200);
    await_count(scene, "SELECT count(*) FROM entrants WHERE player_id = 'eve'", 1);
    assert_status(preview(scene, emil, "{'action': 'remove_player', 'data': {'player': 'eve'}}"),
                  403);
    /* In another event he is nobody. */
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Other', 'tournament_id': 'other', 'policy': "
                              "'tournament: other\\ndivisions: [{name: open, rounds: 1, game: "
                              "{rules: reported}}]\\n'}"),
                  201);
    assert_status(client_post(scene->client, "/v1/tournaments/other/actions", emil,
                              "{'action': 'add_player', 'data': {'player': 'eve'}}"),
                  403);
}

/* Whoever may act on something sees it, with a player's token: what was done, what is kept back. */
static void assert_sees(struct scene *scene, const char *token, bool is_crew)
{
    const struct client_answer *done = client_get(scene->client, ACTIONS, token);
    assert_status(done, is_crew ? 200 : 403);
    const struct client_answer *entrants =
        client_get(scene->client, "/v1/tournaments/" EVENT "/entrants", token);
    assert_status(entrants, 200);
    assert_true((client_member(entrants, "entrants.0.no_shows") != NULL) == is_crew);
    const struct client_answer *next =
        client_get(scene->client, "/v1/tournaments/" EVENT "/rounds/2", token);
    assert_status(next, 200);
    assert_int_equal(json_array_size(client_member(next, "pairings")), is_crew ? 1 : 0);
}

static void the_crew_sees_what_it_acts_on(void **state)
{
    struct scene *scene = *state;
    (void)direct(scene, EVENT,
                 "{'action': 'prepair', 'data': {'round': 2, 'first': 'ann', 'second': 'bob'}}");
    assert_sees(scene, scene->director, true);
    assert_sees(scene, token_for(scene, "assistant"), true);
    assert_sees(scene, token_for(scene, "scorer"), true);
    assert_sees(scene, scene->ann, false);
}

/* ---- giving and taking ------------------------------------------------------------------- */

static void one_person_has_one_role(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *body;
        const char *says;
    } cases[] = {
        {"{'action': 'change_directors', 'data': {'add': ['sue']}}",
         "'sue' is already a scorer of this event"},
        {"{'action': 'change_directors', 'data': {'add': ['emil'], 'role': 'scorer'}}",
         "'emil' is already an assistant of this event"},
        {"{'action': 'change_directors', 'data': {'remove': ['emil'], 'role': 'scorer'}}",
         "'emil' is no scorer of this event"},
        {"{'action': 'change_directors', 'data': {'remove': ['sue']}}",
         "'sue' is no director of this event"},
        {"{'action': 'change_directors', 'data': {'add': ['eve'], 'role': 'king'}}",
         "'role' is director, assistant or scorer, not king"},
        {"{'action': 'change_directors', 'data': {'role': 'scorer'}}",
         "say whom to 'add' and whom to 'remove': lists of ids"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct client_answer *answer = preview(scene, scene->director, cases[i].body);
        assert_status(answer, 400);
        assert_string_equal(client_text(answer, "detail"), cases[i].says);
    }
}

static void a_role_is_taken_and_given_back(void **state)
{
    struct scene *scene = *state;
    const char *sue = token_for(scene, "scorer");
    const char *enter = "{'action': 'set_result', 'round': 1, 'board': 2, 'data': {'outcome': "
                        "'draw', 'first_score': 1, 'second_score': 1}}";
    const struct client_answer *event = client_get(scene->client, PATH, NULL);
    assert_string_equal(client_text(event, "directors.0"), "dora");
    assert_string_equal(client_text(event, "assistants.0"), "emil");
    assert_string_equal(client_text(event, "scorers.0"), "sue");
    const char *take = "{'action': 'change_directors', 'data': {'remove': ['sue'], 'role': "
                       "'scorer'}}";
    const struct client_answer *told = preview(scene, scene->director, take);
    assert_int_equal(client_integer(told, "level"), 3);
    assert_string_equal(client_text(told, "consequences.changes.0"),
                        "scorers: [] added, ['sue'] removed");
    assert_status(preview(scene, sue, enter), 200);
    (void)direct(scene, EVENT, "%s", take);
    assert_status(preview(scene, sue, enter), 403);
    (void)direct(scene, EVENT, "{'action': 'undo'}");
    assert_status(preview(scene, sue, enter), 200);
    /* Helpers do not count as the last director, and may all go. */
    (void)direct(scene, EVENT,
                 "{'action': 'change_directors', 'data': {'remove': ['emil'], 'role': "
                 "'assistant'}}");
    (void)direct(scene, EVENT, "%s", take);
    assert_status(try_to_direct(scene, EVENT, scene->director,
                                "{'action': 'change_directors', 'data': {'remove': ['dora']}}"),
                  409);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_usual, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_action_is_for_the_roles_that_the_policy_names),
        cmocka_unit_test_teardown(a_policy_gives_its_own_rights, close_scene),
        CASE(a_scorer_enters_results_and_no_more),
        CASE(an_assistant_helps_where_he_was_asked_to),
        CASE(the_crew_sees_what_it_acts_on),
        CASE(one_person_has_one_role),
        CASE(a_role_is_taken_and_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
