/* Two players kept apart in mid-event, or let meet again, through the REST API: seen before it is
 * done, followed by the next pairing, on record, taken back; and policies named by their hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

#define EVENT "/v1/tournaments/t"
#define ACTIONS EVENT "/actions"

#define POLICY(rounds)                                                                             \
    "tournament: rulings\\n"                                                                       \
    "# a remark\\n"                                                                                \
    "divisions:\\n"                                                                                \
    "  - name: open\\n"                                                                            \
    "    rounds: " rounds "\\n"                                                                    \
    "    game: {rules: reported, rated: false}\\n"                                                 \
    "    players_min: 4\\n"                                                                        \
    "    forbidden_pairs:\\n"                                                                      \
    "      - {one: cat, other: dan, rounds: 3-4}\\n"                                               \
    "    pairing:\\n"                                                                              \
    "      - {rounds: 1-" rounds ", method: swiss, repeats: 4}\\n"                                 \
    "    next_round: director\\n"

/* ---- the scene --------------------------------------------------------------------------- */

static int open_running(void **state)
{
    struct scene *scene = scene_create(NULL);
    *state = scene;
    assert_status(
        client_post(scene->client, "/v1/tournaments", scene->director,
                    "{'name': 'Rulings', 'tournament_id': 't', 'policy': '" POLICY("4") "'}"),
        201);
    enter_four(scene, "t");
    (void)direct(scene, "t", "{'action': 'start'}");
    return 0;
}

static void await_playing(struct scene *scene, int round)
{
    await_count(scene,
                path_of("SELECT count(*) FROM pairings WHERE round = %d AND status = "
                        "'playing' AND game_id <> ''",
                        round),
                2);
}

static void end_round(struct scene *scene, int round)
{
    await_playing(scene, round);
    for (int board = 1; board <= 2; board++)
        (void)direct(scene, "t",
                     "{'action': 'set_result', 'round': %d, 'board': %d, 'data': {'outcome': "
                     "'first', 'first_score': 400, 'second_score': 300}}",
                     round, board);
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        if (try_to_direct(scene, "t", scene->director, "{'action': 'next_round'}")->status == 200)
            break;
        usleep(STEP_US);
    }
    await_playing(scene, round + 1);
}

static bool meet(struct scene *scene, int round, const char *one, const char *other)
{
    return house_query(scene->house, path_of("SELECT count(*) FROM pairings WHERE round = %d AND "
                                             "((first_player = '%s' AND second_player = '%s') OR "
                                             "(first_player = '%s' AND second_player = '%s'))",
                                             round, one, other, other, one)) == 1;
}

struct hash {
    char text[65];
};

static struct hash hash_now(struct scene *scene)
{
    struct hash hash;
    const char *text = client_text(client_get(scene->client, EVENT, NULL), "policy_hash");
    assert_int_equal(strlen(text), sizeof hash.text - 1);
    memcpy(hash.text, text, sizeof hash.text);
    return hash;
}

static void forbid(struct scene *scene, const char *one, const char *other, int round)
{
    (void)direct(scene, "t",
                 "{'action': 'forbid_pair', 'note': 'one family', 'data': {'one': '%s', 'other': "
                 "'%s', 'from_round': %d, 'to_round': %d}}",
                 one, other, round, round);
}

/* ---- cases ------------------------------------------------------------------------------- */

static void the_next_pairing_keeps_them_apart(void **state)
{
    struct scene *scene = *state;
    await_playing(scene, 1);
    forbid(scene, "ann", "bob", 2);
    forbid(scene, "ann", "cat", 2);
    end_round(scene, 1);
    assert_true(meet(scene, 2, "ann", "dan"));
    forbid(scene, "ann", "dan", 3); /* and cat-dan by the policy: so dan meets bob */
    end_round(scene, 2);
    assert_true(meet(scene, 3, "ann", "cat"));
    assert_true(meet(scene, 3, "bob", "dan"));
}

static void whom_the_policy_forbids_may_be_let_meet(void **state)
{
    struct scene *scene = *state;
    await_playing(scene, 1);
    (void)direct(scene, "t",
                 "{'action': 'allow_pair', 'note': 'they asked', 'data': {'one': 'dan', 'other': "
                 "'cat'}}");
    forbid(scene, "ann", "cat", 3);
    forbid(scene, "ann", "dan", 3);
    end_round(scene, 1);
    end_round(scene, 2);
    assert_true(meet(scene, 3, "cat", "dan"));
    assert_true(meet(scene, 3, "ann", "bob"));
}

static void it_is_previewed_on_record_and_taken_back(void **state)
{
    struct scene *scene = *state;
    await_playing(scene, 1);
    struct hash before = hash_now(scene);
    const char *body = "{'action': 'forbid_pair', 'note': 'cousins', 'data': {'one': 'ann', "
                       "'other': 'bob'}}";
    const struct client_answer *preview =
        client_post(scene->client, ACTIONS "?dry_run=true", scene->director, "%s", body);
    assert_status(preview, 200);
    assert_int_equal(client_integer(preview, "level"), 3);
    assert_string_equal(hash_now(scene).text, before.text);
    (void)direct(scene, "t", "%s", body);
    assert_string_not_equal(hash_now(scene).text, before.text);
    assert_int_equal(house_query(scene->house,
                                 "SELECT count(*) FROM tournaments WHERE settings LIKE '%# a "
                                 "remark%director_pairs:%'"),
                     1);
    const struct client_answer *actions = client_get(scene->client, ACTIONS, scene->director);
    assert_string_equal(client_text(actions, "actions.0.action"), "forbid_pair");
    assert_string_equal(client_text(actions, "actions.0.note"), "cousins");
    (void)direct(scene, "t", "{'action': 'undo', 'note': 'no kin'}");
    assert_string_equal(hash_now(scene).text, before.text);
}

static void slips_are_refused(void **state)
{
    struct scene *scene = *state;
    static const char *const bodies[] = {
        "{'action': 'allow_pair', 'data': {'one': 'ann', 'other': 'bob'}}",
        "{'action': 'forbid_pair', 'data': {'one': 'ann', 'other': 'ann'}}",
        "{'action': 'forbid_pair', 'data': {'one': 'ann', 'other': 'zoe'}}",
        "{'action': 'forbid_pair', 'data': {'one': 'ann'}}",
        "{'action': 'forbid_pair', 'data': {'one': 'ann', 'other': 'bob', 'from_round': 5}}",
        "{'action': 'forbid_pair', 'division': 3, 'data': {'one': 'ann', 'other': 'bob'}}",
    };
    await_playing(scene, 1);
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        const struct client_answer *answer =
            client_post(scene->client, ACTIONS "?dry_run=true", scene->director, "%s", bodies[i]);
        if (answer->status != 400)
            fail_msg("%s: %ld %s", bodies[i], answer->status, answer->body);
    }
}

static void a_change_names_the_policy_it_was_compared_with(void **state)
{
    struct scene *scene = *state;
    static const char change[] =
        "{'action': 'change_policy', 'note': 'longer', 'data': {'policy': '" POLICY(
            "5") "', 'policy_hash': '%s'}}";
    await_playing(scene, 1);
    struct hash read = hash_now(scene);
    forbid(scene, "ann", "bob", 2); /* meanwhile */
    struct hash now = hash_now(scene);
    const struct client_answer *late =
        client_post(scene->client, ACTIONS "?dry_run=true", scene->director, change, read.text);
    assert_status(late, 409);
    assert_non_null(strstr(late->body, now.text));
    assert_status(
        client_post(scene->client, ACTIONS "?dry_run=true", scene->director, change, now.text),
        200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_running, close_scene)
        CASE(the_next_pairing_keeps_them_apart),
        CASE(whom_the_policy_forbids_may_be_let_meet),
        CASE(it_is_previewed_on_record_and_taken_back),
        CASE(slips_are_refused),
        CASE(a_change_names_the_policy_it_was_compared_with),
    };
    return cmocka_run_group_tests_name("rulings", tests, NULL, NULL);
}
