/* A director's desk through the REST API: previews that change nothing, confirmations bound to what
 * was previewed, two directors at once, the record of what was done, and taking it back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

#define EVENT "evening"
#define ACTIONS "/v1/tournaments/" EVENT "/actions"
#define DIVISION "/v1/tournaments/" EVENT "/divisions/1"

static const char policy[] = "tournament: evening\\n"
                             "authority:\\n"
                             "  pair_by_hand: director L1\\n"
                             "divisions:\\n"
                             "  - name: open\\n"
                             "    rounds: 3\\n"
                             "    game: {rules: reported, rated: true, rating_policy: glicko2}\\n"
                             "    order: SPREAD,TPN\\n"
                             "    pairing:\\n"
                             "      - {rounds: 1-3, method: swiss, repeats: 3}\\n"
                             "    next_round: director\\n";

/* ---- the scene --------------------------------------------------------------------------- */

static const struct client_answer *round_is(struct scene *scene, int round, const char *status)
{
    const char *path = path_of("/v1/tournaments/" EVENT "/rounds/%d", round);
    const struct client_answer *answer = NULL;
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        answer = client_get(scene->client, path, NULL);
        const json_t *rows = client_member(answer, "pairings");
        size_t wanted = 0;
        for (size_t row = 0; row < json_array_size(rows); row++) {
            const json_t *found = json_object_get(json_array_get(rows, row), "status");
            wanted += strcmp(json_string_value(found), status) == 0;
        }
        if (wanted > 0 && wanted == json_array_size(rows))
            return answer;
        usleep(STEP_US);
    }
    fail_msg("round %d never was '%s': %s", round, status, answer->body);
    return NULL;
}

static void open_event(struct scene *scene)
{
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Evening', 'tournament_id': '" EVENT "', 'policy': '%s'}",
                              policy),
                  201);
    enter_four(scene, EVENT);
}

static int open_running(void **state)
{
    struct scene *scene = scene_create(NULL);
    *state = scene;
    open_event(scene);
    (void)direct(scene, EVENT, "{'action': 'start'}");
    (void)round_is(scene, 1, "playing");
    return 0;
}

/* Every board of a round ends by the director's word: the first player wins by `spread`. */
static void end_round(struct scene *scene, int round, int spread)
{
    const struct client_answer *rows = round_is(scene, round, "playing");
    size_t count = json_array_size(client_member(rows, "pairings"));
    for (size_t board = 1; board <= count; board++)
        (void)direct(scene, EVENT,
                     "{'action': 'set_result', 'round': %d, 'board': %zu, 'data': {'outcome': "
                     "'first', 'first_score': %d, 'second_score': 300}}",
                     round, board, 300 + spread);
    (void)round_is(scene, round, "final");
}

/* A number that any change of the event would change. */
static uint64_t fingerprint(struct scene *scene)
{
    static const char *const counts[] = {
        "SELECT count(*) FROM journal",
        "SELECT count(*) FROM director_actions",
        "SELECT coalesce(sum(version * 31 + board * 7 + first_score), 0) FROM pairings",
        "SELECT coalesce(sum(seed * 3 + to_round + length(status)), 0) FROM entrants",
        "SELECT coalesce(sum(version), 0) FROM ratings",
        "SELECT count(*) FROM directors",
        "SELECT count(*) FROM events",
    };
    uint64_t sum = 0; /* may wrap: it is only compared */
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        sum = sum * 1009 + (uint64_t)house_query(scene->house, counts[i]);
    return sum;
}

/* Waits until nothing happens any more by itself. */
static uint64_t settled(struct scene *scene)
{
    uint64_t before = fingerprint(scene);
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        usleep(20 * STEP_US);
        uint64_t after = fingerprint(scene);
        if (after == before)
            return after;
        before = after;
    }
    fail_msg("the event never comes to rest");
    return 0;
}

/* ---- previews ---------------------------------------------------------------------------- */

static const char *const in_round_1[] = {
    "{'action': 'cancel'}",
    "{'action': 'add_player', 'data': {'player': 'eve', 'name': 'Eve', 'rating': 1200}}",
    "{'action': 'remove_player', 'data': {'player': 'dan'}}",
    "{'action': 'set_result', 'round': 1, 'board': 1, 'data': {'outcome': 'first'}}",
    "{'action': 'void_board', 'round': 1, 'board': 1}",
    "{'action': 'swap_players', 'data': {'one': 'ann', 'other': 'bob'}}",
    "{'action': 'give_bye', 'data': {'player': 'ann'}}",
    "{'action': 'unpair_board', 'data': {'board': 1}}",
    "{'action': 'unpair'}",
    "{'action': 'prepair', 'data': {'round': 2, 'first': 'ann', 'second': 'bob'}}",
    "{'action': 'forfeit', 'round': 1, 'board': 1, 'data': {'absent': 'second'}}",
    "{'action': 'hold_round'}",
    "{'action': 'pause'}",
    "{'action': 'finish'}",
    "{'action': 'change_directors', 'data': {'add': ['emil']}}",
};

static void assert_previews(struct scene *scene, const char *const *bodies, size_t count)
{
    uint64_t before = settled(scene);
    for (size_t i = 0; i < count; i++) {
        const struct client_answer *answer =
            client_post(scene->client, ACTIONS "?dry_run=true", scene->director, "%s", bodies[i]);
        if (answer->status != 200)
            fail_msg("%s: %ld %s", bodies[i], answer->status, answer->body);
        assert_true(json_is_false(client_member(answer, "committed")));
        assert_true(json_is_object(client_member(answer, "consequences")));
        assert_in_range(client_integer(answer, "level"), 1, 4);
        assert_int_equal(strlen(client_text(answer, "confirm")),
                         client_integer(answer, "level") > 1 ? 32 : 0);
    }
    assert_int_equal(fingerprint(scene), before);
}

static void a_preview_changes_nothing(void **state)
{
    struct scene *scene = *state;
    assert_previews(scene, in_round_1, COUNT_OF(in_round_1));
    end_round(scene, 1, 50);
    static const char *const after_round_1[] = {
        "{'action': 'amend_result', 'data': {'round': 1, 'board': 1, 'outcome': 'draw'}}",
        "{'action': 'next_round'}",
        "{'action': 'undo'}",
    };
    assert_previews(scene, after_round_1, COUNT_OF(after_round_1) - 1);
}

static void a_preview_tells_what_an_amended_result_changes(void **state)
{
    struct scene *scene = *state;
    end_round(scene, 1, 50);
    const struct client_answer *answer = client_post(
        scene->client, ACTIONS "?dry_run=true", scene->director,
        "{'action': 'amend_result', 'data': {'round': 1, 'board': 1, 'outcome': 'second', "
        "'first_score': 300, 'second_score': 400}}");
    assert_status(answer, 200);
    assert_int_equal(client_integer(answer, "level"), 2);
    assert_non_null(strstr(client_text(answer, "consequences.changes.0"), "first, 350–300"));
    assert_non_null(strstr(client_text(answer, "consequences.changes.0"), "second, 300–400"));
    size_t changed = json_array_size(client_member(answer, "consequences.standings"));
    assert_in_range(changed, 2, 4);
    bool has_spread = false;
    for (size_t i = 0; i < changed; i++) {
        const char *path = path_of("consequences.standings.%zu.points_x2_after", i);
        const char *name =
            client_text(answer, path_of("consequences.standings.%zu.tie_breaks.0.name", i));
        has_spread |= name != NULL && strcmp(name, "SPREAD") == 0;
        assert_in_range(client_integer(answer, path), 0, 2);
    }
    assert_true(has_spread);
}

static void what_the_machine_refuses_is_refused_in_the_preview(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *body;
        long status;
    } cases[] = {
        {"{'action': 'start'}", 409},
        {"{'action': 'next_round'}", 409},
        {"{'action': 'amend_result', 'data': {'round': 2, 'board': 1, 'outcome': 'first'}}", 400},
        {"{'action': 'amend_result', 'data': {'round': 1, 'board': 1, 'outcome': 'first', "
         "'first_score': 1, 'second_score': 0}}",
         200}, /* the store refuses an amendment of an open board, when it comes to that */
        {"{'action': 'set_result', 'round': 1, 'board': 9, 'data': {'outcome': 'first'}}", 400},
        {"{'action': 'set_result', 'round': 1, 'board': 1, 'data': {'outcome': 'third'}}", 409},
        {"{'action': 'remove_player', 'data': {'player': 'nobody'}}", 400},
        {"{'action': 'undo'}", 200},
        {"{'action': 'dance'}", 400},
        {"{'action': 'start', 'division': 9}", 409},
        {"{'action': 'pair', 'division': 9}", 400},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct client_answer *answer = client_post(scene->client, ACTIONS "?dry_run=true",
                                                         scene->director, "%s", cases[i].body);
        if (strstr(cases[i].body, "undo") != NULL)
            continue; /* `start` was the last action, and cannot be taken back: see below */
        if (answer->status != cases[i].status)
            fail_msg("%s: %ld %s", cases[i].body, answer->status, answer->body);
    }
}

/* The policy's `timeout_spread`, for results by hand; for games it is in the machine's tests. */
static void a_loss_on_time_counts_the_policys_spread(void **state)
{
    struct scene *scene = *state;
    static const char timed[] = "tournament: timed\\ndivisions:\\n  - name: open\\n    rounds: 1\\n"
                                "    game: {rules: reported}\\n    timeout_spread: 50\\n";
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Timed', 'tournament_id': 'timed', 'policy': '%s'}", timed),
                  201);
    enter_four(scene, "timed");
    (void)direct(scene, "timed", "{'action': 'start'}");
    await_count(scene,
                "SELECT count(*) FROM pairings WHERE division_id = 'timed-1' AND status = "
                "'playing'",
                2);
    (void)direct(scene, "timed",
                 "{'action': 'set_result', 'round': 1, 'board': 1, 'data': {'outcome': 'first', "
                 "'first_score': 200, 'second_score': 300, 'reason': 'timeout'}}");
    assert_int_equal(house_query(scene->house, "SELECT second_score FROM pairings WHERE "
                                               "division_id = 'timed-1' AND board = 1"),
                     150);
    (void)direct(scene, "timed",
                 "{'action': 'set_result', 'round': 1, 'board': 2, 'data': {'outcome': 'second', "
                 "'first_score': 200, 'second_score': 300}}");
    assert_int_equal(house_query(scene->house, "SELECT first_score FROM pairings WHERE "
                                               "division_id = 'timed-1' AND board = 2"),
                     200);
    assert_status(client_post(scene->client, "/v1/tournaments/timed/actions", scene->director,
                              "{'action': 'set_result', 'round': 1, 'board': 2, 'data': "
                              "{'outcome': 'first', 'reason': 'luck'}}"),
                  400);
}

/* ---- confirmations ----------------------------------------------------------------------- */

static void a_level_is_not_passed_without_its_tokens(void **state)
{
    struct scene *scene = *state;
    uint64_t before = settled(scene);
    /* L3: one token, bound to this action. */
    const char *remove = "{'action': 'remove_player', 'data': {'player': 'dan'}, 'note': 'ill'";
    const struct client_answer *asked =
        client_post(scene->client, ACTIONS, scene->director, "%s}", remove);
    assert_status(asked, 428);
    assert_string_equal(client_text(asked, "preview.needs"), "confirm");
    const char *token = client_text(asked, "preview.confirm");
    assert_status(client_post(scene->client, ACTIONS, scene->director,
                              "%s, 'confirm': ['0123456789abcdef0123456789abcdef']}", remove),
                  409);
    assert_status(client_post(scene->client, ACTIONS, scene->director,
                              "{'action': 'remove_player', 'data': {'player': 'cat'}, "
                              "'note': 'ill', 'confirm': ['%s']}",
                              token),
                  409);
    assert_status(client_post(scene->client, ACTIONS, scene->director,
                              "{'action': 'remove_player', 'data': {'player': 'dan'}, "
                              "'confirm': ['%s']}",
                              token),
                  400); /* it needs a reason */
    /* L4: two, one after the other. */
    const char *cancel = "{'action': 'cancel', 'note': 'fire'";
    const struct client_answer *first =
        client_post(scene->client, ACTIONS, scene->director, "%s}", cancel);
    assert_status(first, 428);
    assert_int_equal(client_integer(first, "preview.level"), 4);
    const struct client_answer *second =
        client_post(scene->client, ACTIONS, scene->director, "%s, 'confirm': ['%s']}", cancel,
                    client_text(first, "preview.confirm"));
    assert_status(second, 428);
    assert_string_equal(client_text(second, "preview.needs"), "confirm_again");
    assert_string_not_equal(client_text(second, "preview.confirm"),
                            client_text(first, "preview.confirm"));
    assert_int_equal(fingerprint(scene), before);
    assert_status(client_post(scene->client, ACTIONS, scene->director, "%s, 'confirm': ['%s']}",
                              remove, token),
                  200);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM entrants WHERE player_id = "
                                               "'dan' AND status = 'withdrawn'"),
                     1);
}

static void the_policy_can_refuse_an_action(void **state)
{
    struct scene *scene = *state;
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Strict', 'tournament_id': 'strict', 'policy': '"
                              "tournament: strict\\n"
                              "authority:\\n"
                              "  add_player: director L5\\n"
                              "divisions:\\n"
                              "  - {name: open, rounds: 1, game: {rules: reported}}\\n'}"),
                  201);
    assert_status(client_post(scene->client, "/v1/tournaments/strict/actions", scene->director,
                              "{'action': 'add_player', 'data': {'player': 'ann'}}"),
                  403);
}

/* ---- ratings ----------------------------------------------------------------------------- */

/* Players report it themselves: then it is rated. */
static void play_round(struct scene *scene, int round)
{
    const struct client_answer *rows = round_is(scene, round, "playing");
    size_t count = json_array_size(client_member(rows, "pairings"));
    for (size_t board = 0; board < count; board++) {
        const char *game = client_text(rows, path_of("pairings.%zu.game_id", board));
        const char *players[] = {client_text(rows, path_of("pairings.%zu.first", board)),
                                 client_text(rows, path_of("pairings.%zu.second", board))};
        for (int i = 0; i < 2; i++)
            report(scene, game, house_token(scene->house, players[i], "player", NULL), 420, 380);
    }
    (void)round_is(scene, round, "final");
}

static void an_amended_result_is_rated_again_with_all_that_followed(void **state)
{
    struct scene *scene = *state;
    play_round(scene, 1);
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        if (try_to_direct(scene, EVENT, scene->director, "{'action': 'next_round'}")->status == 200)
            break;
        usleep(STEP_US);
    }
    play_round(scene, 2);
    (void)settled(scene);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM rating_history"), 8);
    const struct client_answer *preview = client_post(
        scene->client, ACTIONS "?dry_run=true", scene->director,
        "{'action': 'amend_result', 'data': {'round': 1, 'board': 1, 'outcome': 'second', "
        "'first_score': 380, 'second_score': 420}}");
    assert_status(preview, 200);
    size_t touched = json_array_size(client_member(preview, "consequences.ratings"));
    assert_in_range(touched, 2, 4); /* the two, and whom they met in round 2 */
    const char *player = client_text(preview, "consequences.ratings.0.player_id");
    double promised = client_number(preview, "consequences.ratings.0.after");
    (void)direct(scene, EVENT,
                 "{'action': 'amend_result', 'data': {'round': 1, 'board': 1, 'outcome': 'second', "
                 "'first_score': 380, 'second_score': 420}}");
    const struct client_answer *profile =
        client_get(scene->client, path_of("/v1/players/%s", player), NULL);
    assert_true(client_number(profile, "ratings.0.rating") == promised);
    assert_int_equal(client_integer(profile, "ratings.0.games"), 2);
    assert_in_range(house_query(scene->house, "SELECT sum(revision) FROM rating_history"), 4, 6);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM results WHERE first_score = "
                                               "380 AND second_score = 420"),
                     1);
    /* Taken back, everybody has the rating of before, to the last bit. */
    assert_int_equal(try_to_direct(scene, EVENT, scene->director, "{'action': 'undo'}")->status,
                     200);
    assert_int_equal(
        house_query(scene->house,
                    "SELECT count(*) FROM ratings AS r WHERE r.rating <> (SELECT h.rating FROM "
                    "rating_history AS h WHERE h.player_id = "
                    "r.player_id AND h.game_id <> '' ORDER BY h.version DESC LIMIT 1)"),
        0);
}

/* The boards of a round as "first-second", one after another. */
static const char *seats_of(struct scene *scene, int round)
{
    const struct client_answer *rows =
        client_get(scene->client, path_of("/v1/tournaments/" EVENT "/rounds/%d", round), NULL);
    const char *seats = "";
    for (size_t i = 0; i < json_array_size(client_member(rows, "pairings")); i++)
        if (strcmp(client_text(rows, path_of("pairings.%zu.status", i)), "void") != 0)
            seats = path_of("%s %s-%s", seats, client_text(rows, path_of("pairings.%zu.first", i)),
                            client_text(rows, path_of("pairings.%zu.second", i)));
    return seats;
}

/* Round 1 has been played, round 2 is being played as it was paired by it. */
static void play_into_round_2(struct scene *scene)
{
    play_round(scene, 1);
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        if (try_to_direct(scene, EVENT, scene->director, "{'action': 'next_round'}")->status == 200)
            break;
        usleep(STEP_US);
    }
    (void)round_is(scene, 2, "playing");
    (void)settled(scene);
}

#define TURNED                                                                                     \
    "'round': 1, 'board': 1, 'outcome': 'second', 'first_score': 380, 'second_score': 420"

static void an_amended_result_takes_the_round_along_that_it_paired(void **state)
{
    struct scene *scene = *state;
    play_into_round_2(scene);
    const char *before = path_of("%s", seats_of(scene, 2));
    const struct client_answer *asked =
        client_post(scene->client, ACTIONS "?dry_run=true", scene->director,
                    "{'action': 'amend_result', 'data': {" TURNED "}}");
    assert_status(asked, 200);
    assert_int_equal(json_array_size(client_member(asked, "consequences.choices")), 3);
    (void)direct(scene, EVENT,
                 "{'action': 'amend_result', 'data': {" TURNED ", 'later': 're_pair'}}");
    (void)round_is(scene, 1, "final");
    assert_string_not_equal(seats_of(scene, 2), before);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM director_actions WHERE action "
                                               "= 'amend_result'"),
                     1);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM pairings WHERE round = 1 AND "
                                               "board = 1 AND outcome = 'second'"),
                     1);
    (void)settled(scene);
    /* One word takes both back. */
    (void)direct(scene, EVENT, "{'action': 'undo'}");
    (void)settled(scene);
    assert_string_equal(seats_of(scene, 2), before);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM pairings WHERE round = 1 AND "
                                               "board = 1 AND outcome = 'first'"),
                     1);
    /* Or its boards are taken apart, and the director pairs. */
    (void)direct(scene, EVENT, "{'action': 'amend_result', 'data': {" TURNED ", 'later': 'void'}}");
    (void)settled(scene);
    assert_string_equal(seats_of(scene, 2), "");
    (void)direct(scene, EVENT, "{'action': 're_pair', 'round': 2}");
    (void)settled(scene);
    assert_string_not_equal(seats_of(scene, 2), before);
    for (int board = 3; board <= 4; board++) /* the first two were taken apart */
        (void)direct(scene, EVENT,
                     "{'action': 'set_result', 'round': 2, 'board': %d, 'data': {'outcome': "
                     "'first', 'first_score': 350, 'second_score': 300}}",
                     board);
    await_count(scene, "SELECT count(*) FROM rounds WHERE round = 2 AND status = 'closed'", 1);
}

static const char kept_back[] =
    "tournament: evening\\n"
    "time: {publish_delay: 1h}\\n"
    "divisions:\\n"
    "  - name: open\\n"
    "    rounds: 3\\n"
    "    game: {rules: reported, rated: true, rating_policy: glicko2}\\n"
    "    order: SPREAD,TPN\\n"
    "    pairing:\\n"
    "      - {rounds: 1-3, method: swiss, repeats: 3}\\n"
    "    next_round: automatic\\n";

/* Round 2 has been paired by round 1, and nobody but the director has seen it. */
static void an_amended_result_takes_the_pairing_along_that_is_kept_back(void **state)
{
    struct scene *scene = *state;
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Evening', 'tournament_id': '" EVENT "', 'policy': '%s'}",
                              kept_back),
                  201);
    enter_four(scene, EVENT);
    (void)direct(scene, EVENT, "{'action': 'start'}");
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 1", 2);
    (void)direct(scene, EVENT, "{'action': 'publish_pairings'}");
    end_round(scene, 1, 40);
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 2", 2);
    (void)settled(scene);
    const char *sql = "SELECT count(*) FROM pairings AS p JOIN pairings AS w ON w.round = 1 AND "
                      "w.board = 1 WHERE p.round = 2 AND p.status <> 'void' AND w.second_player IN "
                      "(p.first_player, p.second_player) AND w.first_player NOT IN "
                      "(p.first_player, p.second_player) AND p.board = 1";
    int64_t sat_first = house_query(scene->house, sql);
    const struct client_answer *asked =
        client_post(scene->client, ACTIONS "?dry_run=true", scene->director,
                    "{'action': 'amend_result', 'data': {" TURNED "}}");
    assert_status(asked, 200);
    assert_int_equal(json_array_size(client_member(asked, "consequences.choices")), 3);
    (void)direct(scene, EVENT,
                 "{'action': 'amend_result', 'data': {" TURNED ", 'later': 're_pair'}}");
    (void)settled(scene);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM pairings WHERE round = 1 AND "
                                               "board = 1 AND outcome = 'second'"),
                     1);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games WHERE round = 2"), 0);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM pairings WHERE round = 2 AND "
                                               "status <> 'void'"),
                     2);
    assert_true(sat_first != house_query(scene->house, sql));
    (void)direct(scene, EVENT, "{'action': 'publish_pairings'}");
    await_count(scene, "SELECT count(*) FROM games WHERE round = 2", 2);
}

static void a_choice_that_does_not_fit_is_refused(void **state)
{
    struct scene *scene = *state;
    static const char *const wrong[] = {
        "{'action': 'amend_result', 'data': {" TURNED ", 'later': 'burn'}}",
        "{'action': 'amend_result', 'data': {" TURNED ", 'later': 're_pair', 'later_round': 3}}",
        "{'action': 'amend_result', 'data': {'round': 2, 'board': 1, 'outcome': 'first', 'later': "
        "'void'}}",
        "{'action': 'amend_result', 'data': {'round': 1, 'board': 1, 'game': 1, 'outcome': "
        "'first', 'later': 'void'}}",
    };
    play_into_round_2(scene);
    uint64_t before = settled(scene);
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_status(client_post(scene->client, ACTIONS, scene->director, "%s", wrong[i]), 400);
    assert_int_equal(settled(scene), before);
}

static const char knock_out[] =
    "tournament: cup\\n"
    "entry: {capacity: 4}\\n"
    "divisions:\\n"
    "  - name: open\\n"
    "    rounds: 2\\n"
    "    game: {rules: reported, rated: true, rating_policy: glicko2}\\n"
    "    order: SPREAD,TPN\\n"
    "    pairing:\\n"
    "      - {rounds: 1-2, method: single_elimination}\\n"
    "    next_round: director\\n";

/* The wrong player of board 1 is in the final, which has begun: it gets the right one. */
static void a_corrected_bracket_has_the_right_players_in_its_next_slot(void **state)
{
    struct scene *scene = *state;
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Cup', 'tournament_id': '" EVENT "', 'policy': '%s'}",
                              knock_out),
                  201);
    enter_four(scene, EVENT);
    (void)direct(scene, EVENT, "{'action': 'start'}");
    play_into_round_2(scene);
    const struct client_answer *rows =
        client_get(scene->client, "/v1/tournaments/" EVENT "/rounds/1", NULL);
    const char *wrong = path_of("%s", client_text(rows, "pairings.0.first"));
    const char *right = path_of("%s", client_text(rows, "pairings.0.second"));
    const char *other = path_of("%s", client_text(rows, "pairings.1.first"));
    assert_string_equal(seats_of(scene, 2), path_of(" %s-%s", wrong, other));
    const struct client_answer *preview =
        client_post(scene->client, ACTIONS "?dry_run=true", scene->director,
                    "{'action': 'amend_result', 'data': {" TURNED ", 'later': 're_pair'}}");
    assert_status(preview, 200);
    assert_int_equal(client_integer(preview, "level"), 4); /* a bracket's slot changes */
    assert_string_equal(client_text(preview, "consequences.changes.1"),
                        path_of("round 2, board 1: %s against %s instead of %s against %s", right,
                                other, wrong, other));
    (void)direct(scene, EVENT,
                 "{'action': 'amend_result', 'data': {" TURNED ", 'later': 're_pair'}}");
    (void)settled(scene);
    assert_string_equal(seats_of(scene, 2), path_of(" %s-%s", right, other));
    play_round(scene, 2);
}

/* Ratings as the games say that were rated, the void ones left out. */
static void assert_nobody_is_rated_for(struct scene *scene, const char *player, int games)
{
    const struct client_answer *profile =
        client_get(scene->client, path_of("/v1/players/%s", player), NULL);
    assert_int_equal(client_integer(profile, "ratings.0.games"), games);
    assert_true(client_number(profile, "ratings.0.rating") == 1500.0);
}

static void a_void_board_counts_for_no_standings_and_no_rating(void **state)
{
    struct scene *scene = *state;
    play_round(scene, 1);
    (void)settled(scene);
    const struct client_answer *rows = round_is(scene, 1, "final");
    const char *game = path_of("%s", client_text(rows, "pairings.0.game_id"));
    const char *players[] = {path_of("%s", client_text(rows, "pairings.0.first")),
                             path_of("%s", client_text(rows, "pairings.0.second"))};
    const char *rating = path_of("/v1/players/%s", players[0]);
    double rated = client_number(client_get(scene->client, rating, NULL), "ratings.0.rating");
    assert_true(rated > 1500.0);
    (void)direct(scene, EVENT, "{'action': 'void_board', 'round': 1, 'board': 1}");
    assert_nobody_is_rated_for(scene, players[0], 0);
    assert_nobody_is_rated_for(scene, players[1], 0);
    assert_string_equal(
        client_text(client_get(scene->client, path_of("/v1/games/%s", game), NULL), "status"),
        "cancelled");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM pairings WHERE board = 1 AND "
                                               "status = 'void' AND outcome = ''"),
                     1);
    const struct client_answer *table =
        client_get(scene->client, "/v1/tournaments/" EVENT "/standings", NULL);
    long long points = 0;
    for (size_t i = 0; i < 4; i++)
        points += client_integer(table, path_of("standings.%zu.points_x2", i));
    assert_int_equal(points, 2); /* of the other board */
    /* Taken back, the game counts again as it ended. */
    assert_int_equal(try_to_direct(scene, EVENT, scene->director, "{'action': 'undo'}")->status,
                     200);
    const struct client_answer *again = client_get(scene->client, rating, NULL);
    assert_true(client_number(again, "ratings.0.rating") == rated);
    assert_int_equal(client_integer(again, "ratings.0.games"), 1);
    assert_string_equal(
        client_text(client_get(scene->client, path_of("/v1/games/%s", game), NULL), "status"),
        "final");
}

/* ---- exports ----------------------------------------------------------------------------- */

static void the_event_is_a_file_at_any_moment(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *query;
        const char *type;
        const char *says;
    } files[] = {
        {"format=tsh", "text/plain; charset=utf-8", "begin_file"},
        {"format=tou", "text/plain; charset=us-ascii", "*** END OF FILE ***"},
        {"format=trf&division=1", "text/plain; charset=utf-8", "001 "},
        {"format=trf16&division=1", "text/plain; charset=utf-8", "001 "},
        {"format=csv", "text/csv; charset=utf-8", "division,rank,username"},
        {"format=json", "application/json", "Ann"},
        {"format=results", "text/csv; charset=utf-8", "\"open\",1,1,"},
        {"format=pairings&round=1", "text/html; charset=utf-8", "<td>Ann</td>"},
        {"format=standings", "text/html; charset=utf-8", "after round 1"},
        {"format=ics", "text/calendar; charset=utf-8", "BEGIN:VCALENDAR"},
    };
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        const struct client_answer *file = client_get(
            scene->client, path_of("/v1/tournaments/" EVENT "/export?%s", files[i].query), NULL);
        assert_status(file, 200);
        assert_string_equal(file->type, files[i].type);
        if (strstr(file->body, files[i].says) == NULL)
            fail_msg("%s: %s", files[i].query, file->body);
    }
    const struct client_answer *report =
        client_get(scene->client, "/v1/tournaments/" EVENT "/export?format=csv&report=true", NULL);
    assert_status(report, 200);
    assert_true(json_array_size(client_member(report, "losses")) > 0);
    assert_status(client_get(scene->client, "/v1/tournaments/" EVENT "/export?format=doc", NULL),
                  400);
    assert_status(client_get(scene->client, "/v1/tournaments/none/export?format=csv", NULL), 404);
    assert_status(
        client_get(scene->client, "/v1/tournaments/" EVENT "/export?format=csv&division=9", NULL),
        404);
}

static void a_void_board_is_in_the_files_as_what_it_is(void **state)
{
    struct scene *scene = *state;
    (void)direct(scene, EVENT, "{'action': 'void_board', 'round': 1, 'board': 2}");
    static const struct {
        const char *query;
        const char *says;
    } files[] = {
        {"format=tsh&report=true", "open: board 2 of round 1 is void: "},
        {"format=trf&division=1&report=true", "are written as if they had not been paired"},
        {"format=pairings&round=1", "<td class=\"n\">void</td>"},
        {"format=results", ",game,void,,0,0,,"},
    };
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        const struct client_answer *file = client_get(
            scene->client, path_of("/v1/tournaments/" EVENT "/export?%s", files[i].query), NULL);
        assert_status(file, 200);
        if (strstr(file->body, files[i].says) == NULL)
            fail_msg("%s: %s", files[i].query, file->body);
    }
}

/* ---- seats ------------------------------------------------------------------------------- */

/* Names the pairs of a round in the order of their boards: "ann-bob cat-". */
static const char *pairs_of(struct scene *scene, int round)
{
    static char text[256];
    size_t size = 0;
    const struct client_answer *answer =
        client_get(scene->client, path_of("/v1/tournaments/" EVENT "/rounds/%d", round), NULL);
    const json_t *rows = client_member(answer, "pairings");
    text[0] = '\0';
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (strcmp(json_string_value(json_object_get(row, "status")), "void") != 0)
            size +=
                (size_t)snprintf(text + size, sizeof text - size, "%s%s-%s", size > 0 ? " " : "",
                                 json_string_value(json_object_get(row, "first")),
                                 json_string_value(json_object_get(row, "second")));
    }
    return text;
}

static void await_games(struct scene *scene, int64_t playing)
{
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        if (house_query(scene->house, "SELECT count(*) FROM pairings AS p JOIN games AS g ON "
                                      "g.game_id = p.game_id WHERE p.status = 'playing' AND "
                                      "g.status = 'playing'") == playing &&
            house_query(scene->house, "SELECT count(*) FROM games WHERE status = 'playing'") ==
                playing)
            return;
        usleep(STEP_US);
    }
    fail_msg("never %d games in play; %d are", (int)playing,
             (int)house_query(scene->house, "SELECT count(*) FROM games WHERE status = 'playing'"));
}

static void swapped_players_get_new_games_and_the_round_goes_on(void **state)
{
    struct scene *scene = *state;
    char before[256];
    await_games(scene, 2);
    (void)snprintf(before, sizeof before, "%s", pairs_of(scene, 1)); /* fits */
    const struct client_answer *preview =
        client_post(scene->client, ACTIONS "?dry_run=true", scene->director,
                    "{'action': 'swap_players', 'data': {'one': 'ann', 'other': 'bob'}}");
    assert_status(preview, 200);
    assert_int_equal(json_array_size(client_member(preview, "consequences.games")),
                     1); /* they play each other */
    (void)direct(scene, EVENT,
                 "{'action': 'swap_players', 'data': {'one': 'ann', 'other': 'bob'}}");
    assert_string_not_equal(pairs_of(scene, 1), before);
    await_games(scene, 2);
    (void)direct(scene, EVENT, "{'action': 'undo'}");
    assert_string_equal(pairs_of(scene, 1), before);
    await_games(scene, 2);
    end_round(scene, 1, 40);
}

/* The row of a player in the standings. */
static size_t place_of(const struct client_answer *standings, const char *player)
{
    size_t i = 0;
    while (i < json_array_size(client_member(standings, "standings")) &&
           strcmp(client_text(standings, path_of("standings.%zu.player_id", i)), player) != 0)
        i++;
    return i;
}

static void a_rest_is_worth_what_the_policy_or_the_director_says(void **state)
{
    struct scene *scene = *state;
    await_games(scene, 2);
    (void)direct(scene, EVENT, "{'action': 'unpair'}");
    await_games(scene, 0);
    (void)settled(scene);
    (void)direct(scene, EVENT, "{'action': 'prepair', 'data': {'first': 'cat', 'second': 'dan'}}");
    (void)direct(scene, EVENT, "{'action': 'give_bye', 'data': {'player': 'ann'}}");
    (void)direct(scene, EVENT, "{'action': 'give_bye', 'data': {'player': 'bob', 'kind': 'loss'}}");
    const struct client_answer *table =
        client_get(scene->client, "/v1/tournaments/" EVENT "/standings?round=1", NULL);
    size_t rows[] = {place_of(table, "ann"), place_of(table, "bob")};
    assert_int_equal(client_integer(table, path_of("standings.%zu.wins", rows[0])), 1);
    assert_int_equal(client_integer(table, path_of("standings.%zu.spread", rows[0])), 50);
    assert_int_equal(client_integer(table, path_of("standings.%zu.losses", rows[1])), 1);
    assert_int_equal(client_integer(table, path_of("standings.%zu.spread", rows[1])), -50);
    assert_int_equal(client_integer(table, path_of("standings.%zu.rests", rows[1])), 1);
}

static void a_board_is_unpaired_and_paired_by_hand(void **state)
{
    struct scene *scene = *state;
    await_games(scene, 2);
    (void)direct(scene, EVENT, "{'action': 'unpair'}");
    await_games(scene, 0);
    assert_string_equal(pairs_of(scene, 1), "");
    (void)settled(scene);
    const struct client_answer *round =
        client_get(scene->client, "/v1/tournaments/" EVENT "/rounds/1", NULL);
    assert_int_equal(client_integer(round, "current_round"), 1); /* it waits for its players */
    (void)direct(scene, EVENT, "{'action': 'prepair', 'data': {'first': 'dan', 'second': 'ann'}}");
    (void)direct(scene, EVENT, "{'action': 'give_bye', 'data': {'player': 'bob'}}");
    (void)direct(scene, EVENT,
                 "{'action': 'give_bye', 'data': {'player': 'cat', 'kind': 'half_bye'}}");
    assert_string_equal(pairs_of(scene, 1), "dan-ann bob- cat-");
    await_games(scene, 1);
    const struct client_answer *rows =
        client_get(scene->client, "/v1/tournaments/" EVENT "/rounds/1", NULL);
    int64_t board = 0;
    for (size_t i = 0; i < json_array_size(client_member(rows, "pairings")); i++)
        if (strcmp(client_text(rows, path_of("pairings.%zu.first", i)), "dan") == 0)
            board = client_integer(rows, path_of("pairings.%zu.board", i));
    (void)direct(scene, EVENT,
                 "{'action': 'set_result', 'round': 1, 'board': %d, 'data': {'outcome': 'draw', "
                 "'first_score': 1, 'second_score': 1}}",
                 (int)board);
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        const struct client_answer *next =
            try_to_direct(scene, EVENT, scene->director, "{'action': 'next_round'}");
        if (next->status == 200)
            return;
        usleep(STEP_US);
    }
    fail_msg("the round is never over");
}

static void a_pair_of_a_later_round_is_kept_by_the_pairing(void **state)
{
    struct scene *scene = *state;
    (void)direct(scene, EVENT,
                 "{'action': 'prepair', 'data': {'round': 2, 'first': 'dan', 'second': 'bob'}}");
    end_round(scene, 1, 50);
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        if (try_to_direct(scene, EVENT, scene->director, "{'action': 'next_round'}")->status == 200)
            break;
        usleep(STEP_US);
    }
    (void)round_is(scene, 2, "playing");
    assert_non_null(strstr(pairs_of(scene, 2), "dan-bob"));
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM pairings WHERE round = 2"), 2);
    end_round(scene, 2, 30);
}

static void a_settled_pair_is_given_up_where_one_of_the_two_has_left(void **state)
{
    struct scene *scene = *state;
    (void)direct(scene, EVENT,
                 "{'action': 'prepair', 'data': {'round': 2, 'first': 'dan', 'second': 'bob'}}");
    (void)direct(scene, EVENT, "{'action': 'remove_player', 'data': {'player': 'dan'}}");
    end_round(scene, 1, 50);
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        if (try_to_direct(scene, EVENT, scene->director, "{'action': 'next_round'}")->status == 200)
            break;
        usleep(STEP_US);
    }
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 2 AND status = 'playing'", 1);
    assert_null(strstr(pairs_of(scene, 2), "dan"));
    assert_int_equal(
        house_query(scene->house, "SELECT count(*) FROM round_players WHERE round = 2"), 3);
}

static void directors_are_added_but_the_last_one_stays(void **state)
{
    struct scene *scene = *state;
    const char *emil = house_token(scene->house, "emil", "director", NULL);
    assert_status(client_post(scene->client, ACTIONS "?dry_run=true", emil, "{'action': 'pause'}"),
                  403);
    (void)direct(scene, EVENT, "{'action': 'change_directors', 'data': {'add': ['emil']}}");
    assert_status(client_post(scene->client, ACTIONS "?dry_run=true", emil, "{'action': 'pause'}"),
                  200);
    (void)direct(scene, EVENT, "{'action': 'change_directors', 'data': {'remove': ['dora']}}");
    assert_status(try_to_direct(scene, EVENT, scene->director,
                                "{'action': 'change_directors', 'data': {'remove': ['emil']}}"),
                  409);
    assert_status(try_to_direct(scene, EVENT, scene->director,
                                "{'action': 'change_directors', 'data': {'remove': ['nobody']}}"),
                  400);
    assert_status(try_to_direct(scene, EVENT, scene->director,
                                "{'action': 'change_directors', 'data': {'add': ['emil']}}"),
                  400);
}

/* ---- two directors ----------------------------------------------------------------------- */

static const char *body_with_token(struct scene *scene, const char *token_of_director,
                                   const char *player, const char *json_note)
{
    static char bodies[4][512];
    static int next;
    char *body = bodies[next++ % 4];
    const struct client_answer *asked =
        client_post(scene->client, ACTIONS "?dry_run=true", token_of_director,
                    "{'action': 'remove_player', 'data': {'player': '%s'}}", player);
    assert_status(asked, 200);
    (void)snprintf(body, sizeof bodies[0],
                   "{\"action\": \"remove_player\", \"data\": {\"player\": \"%s\"}, "
                   "\"note\": \"%s\", \"confirm\": [\"%s\"]}",
                   player, json_note, client_text(asked, "confirm")); /* fits */
    return body;
}

static void of_two_directors_at_once_one_wins(void **state)
{
    struct scene *scene = *state;
    const char *dora = scene->director;
    const char *emil = house_token(scene->house, "emil", "director,admin", NULL);
    struct client_request requests[] = {
        {.method = "POST",
         .path = ACTIONS,
         .token = dora,
         .body = body_with_token(scene, dora, "dan", "dora")},
        {.method = "POST",
         .path = ACTIONS,
         .token = emil,
         .body = body_with_token(scene, emil, "cat", "emil")},
    };
    const struct client_answer *answers[2];
    client_call_all(scene->client, requests, 2, answers);
    assert_int_equal((answers[0]->status == 200) + (answers[1]->status == 200), 1);
    const struct client_answer *loser = answers[0]->status == 200 ? answers[1] : answers[0];
    assert_status(loser, 409);
    if (!json_is_true(client_member(loser, "preview.is_stale")))
        fail_msg("%s", loser->body);
    assert_non_null(client_text(loser, "preview.confirm")); /* for the event as it is now */
    assert_int_equal(
        house_query(scene->house, "SELECT count(*) FROM entrants WHERE status = 'withdrawn'"), 1);
}

static void if_match_holds_an_action_to_its_number(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *preview =
        client_post(scene->client, ACTIONS "?dry_run=true", scene->director,
                    "{'action': 'add_player', 'data': {'player': 'eve'}}");
    char match[32];
    (void)snprintf(match, sizeof match, "If-Match: \"%lld\"", client_integer(preview, "number"));
    struct client_request request = {
        .method = "POST",
        .path = ACTIONS,
        .token = scene->director,
        .body = "{\"action\": \"add_player\", \"data\": {\"player\": \"eve\"}, \"note\": \"x\", "
                "\"confirm\": []}",
        .extra = match};
    (void)direct(scene, EVENT, "{'action': 'add_player', 'data': {'player': 'fay'}}");
    const struct client_answer *late = client_call(scene->client, &request);
    assert_status(late, 412);
    assert_string_equal(client_text(late, "action"), "add_player");
}

/* Whoever did not hear the answer asks again, and hears it: after others have acted, and from an
 * orchestrator that has forgotten the first time. */
static void what_was_done_is_answered_as_it_was_then(void **state)
{
    struct scene *scene = *state;
    const char *dan = body_with_token(scene, scene->director, "dan", "ill");
    const struct client_answer *preview =
        client_post(scene->client, ACTIONS "?dry_run=true", scene->director,
                    "{'action': 'add_player', 'data': {'player': 'eve'}}");
    char match[32];
    (void)snprintf(match, sizeof match, "If-Match: \"%lld\"", client_integer(preview, "number"));
    const struct client_request request = {.method = "POST",
                                           .path = ACTIONS,
                                           .token = scene->director,
                                           .body = dan,
                                           .key = "lost-1",
                                           .extra = match};
    const struct client_answer *first = client_call(scene->client, &request);
    assert_status(first, 200);
    assert_in_range(json_array_size(client_member(first, "consequences.changes")), 1, 9);
    (void)direct(scene, EVENT, "{'action': 'add_player', 'data': {'player': 'fay'}}");
    uint64_t before = settled(scene);
    for (int i = 0; i < 2; i++) {
        const struct client_answer *again = client_call(scene->client, &request);
        assert_status(again, 200);
        assert_string_equal(again->body, first->body);
        house_kill(scene->house, HOUSE_ORCHESTRATOR);
        house_start(scene->house, HOUSE_ORCHESTRATOR);
    }
    assert_int_equal(settled(scene), before);
    /* A key is its sender's: another director's is another request, and too late. */
    struct client_request other = request;
    other.token = house_token(scene->house, "emil", "director,admin", NULL);
    assert_status(client_call(scene->client, &other), 412);
}

static void who_is_no_director_here_may_not_act(void **state)
{
    struct scene *scene = *state;
    const char *add = "{'action': 'add_player', 'data': {'player': 'eve'}}";
    const char *stranger = house_token(scene->house, "zoe", "director", NULL);
    const char *named = house_token(scene->house, "yan", "director", EVENT);
    const char *elsewhere = house_token(scene->house, "xia", "director", "another");
    assert_status(client_post(scene->client, ACTIONS, stranger, "%s", add), 403);
    assert_status(client_post(scene->client, ACTIONS, elsewhere, "%s", add), 403);
    assert_status(client_post(scene->client, ACTIONS, scene->ann, "%s", add), 403);
    assert_status(client_post(scene->client, ACTIONS "?dry_run=true", named, "%s", add), 200);
}

/* ---- the record -------------------------------------------------------------------------- */

static void every_action_is_on_record(void **state)
{
    struct scene *scene = *state;
    (void)direct(scene, EVENT,
                 "{'action': 'add_player', 'data': {'player': 'eve'}, 'note': 'came late'}");
    (void)direct(scene, EVENT,
                 "{'action': 'remove_player', 'data': {'player': 'dan'}, 'note': 'fell ill'}");
    const struct client_answer *list = client_get(scene->client, ACTIONS, scene->director);
    assert_status(list, 200);
    assert_int_equal(json_array_size(client_member(list, "actions")), 3); /* and the start */
    assert_string_equal(client_text(list, "actions.0.action"), "remove_player");
    assert_string_equal(client_text(list, "actions.0.note"), "fell ill");
    assert_string_equal(client_text(list, "actions.0.actor"), "dora");
    assert_string_equal(client_text(list, "actions.0.input.said.data.player"), "dan");
    assert_string_equal(client_text(list, "actions.1.note"), "came late");
    assert_string_equal(client_text(list, "actions.2.action"), "start");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM journal WHERE actor = 'dora' "
                                               "AND note = 'fell ill'"),
                     1);
    const struct client_answer *page =
        client_get(scene->client, ACTIONS "?limit=1&before=2", scene->director);
    assert_string_equal(client_text(page, "actions.0.action"), "start");
}

static void undo_takes_back_the_last_action_that_can_be(void **state)
{
    struct scene *scene = *state;
    end_round(scene, 1, 50);
    (void)direct(scene, EVENT,
                 "{'action': 'amend_result', 'data': {'round': 1, 'board': 1, 'outcome': 'second', "
                 "'first_score': 300, 'second_score': 444}}");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM pairings WHERE "
                                               "second_score = 444"),
                     1);
    const struct client_answer *preview =
        client_post(scene->client, ACTIONS "?dry_run=true", scene->director, "{'action': 'undo'}");
    assert_status(preview, 200);
    assert_int_equal(client_integer(preview, "level"), 3);
    const struct client_answer *undone = direct(scene, EVENT, "{'action': 'undo'}");
    assert_true(json_is_true(client_member(undone, "committed")));
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM pairings WHERE board = 1 AND "
                                               "first_score = 350 AND second_score = 300"),
                     1);
    const struct client_answer *list = client_get(scene->client, ACTIONS, scene->director);
    assert_int_equal(client_integer(list, "actions.0.undoes"),
                     client_integer(list, "actions.1.number"));
    assert_int_equal(client_integer(list, "actions.1.undone_by"),
                     client_integer(list, "actions.0.number"));
    /* What comes before is a result that was set: the round has gone on from it. */
    const struct client_answer *refused =
        client_post(scene->client, ACTIONS, scene->director, "{'action': 'undo'}");
    assert_status(refused, 409);
    assert_non_null(strstr(client_text(refused, "detail"), "cannot be taken back: the board "));
}

/* ---- explanations ------------------------------------------------------------------------ */

static void a_round_and_a_place_are_explained(void **state)
{
    struct scene *scene = *state;
    end_round(scene, 1, 50);
    const struct client_answer *round =
        client_get(scene->client, DIVISION "/rounds/1/explain", NULL);
    assert_status(round, 200);
    assert_true(json_is_true(client_member(round, "is_as_recorded")));
    assert_int_equal(json_array_size(client_member(round, "pairs")), 2);
    const char *first = client_text(round, "pairs.0.first");
    const char *second = client_text(round, "pairs.1.second");
    const struct client_answer *why = client_get(
        scene->client, path_of(DIVISION "/rounds/1/why-not?a=%s&b=%s", first, second), NULL);
    assert_status(why, 200);
    assert_true(json_is_true(client_member(why, "is_possible")));
    assert_true(strlen(client_text(why, "text")) > 10);
    const struct client_answer *place =
        client_get(scene->client, path_of(DIVISION "/standings/explain?player=%s", first), NULL);
    assert_status(place, 200);
    assert_int_equal(client_integer(place, "standing.points_x2"), 2);
    assert_int_equal(json_array_size(client_member(place, "games")), 1);
    assert_status(client_get(scene->client, DIVISION "/rounds/9/explain", NULL), 400);
    assert_status(client_get(scene->client, DIVISION "/rounds/1/why-not?a=ann&b=ann", NULL), 400);
    assert_status(client_get(scene->client, DIVISION "/rounds/1/why-not?a=ann", NULL), 400);
    assert_status(client_get(scene->client, DIVISION "/standings/explain?player=zoe", NULL), 400);
    assert_status(
        client_get(scene->client, "/v1/tournaments/none/divisions/1/rounds/1/explain", NULL), 404);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_running, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_preview_changes_nothing),
        CASE(a_preview_tells_what_an_amended_result_changes),
        CASE(what_the_machine_refuses_is_refused_in_the_preview),
        CASE(a_loss_on_time_counts_the_policys_spread),
        CASE(a_level_is_not_passed_without_its_tokens),
        CASE(the_policy_can_refuse_an_action),
        CASE(of_two_directors_at_once_one_wins),
        CASE(if_match_holds_an_action_to_its_number),
        CASE(what_was_done_is_answered_as_it_was_then),
        CASE(who_is_no_director_here_may_not_act),
        CASE(every_action_is_on_record),
        CASE(undo_takes_back_the_last_action_that_can_be),
        CASE(a_round_and_a_place_are_explained),
        CASE(the_event_is_a_file_at_any_moment),
        CASE(a_void_board_is_in_the_files_as_what_it_is),
        CASE(an_amended_result_is_rated_again_with_all_that_followed),
        CASE(an_amended_result_takes_the_round_along_that_it_paired),
        CASE(a_choice_that_does_not_fit_is_refused),
        cmocka_unit_test_setup_teardown(an_amended_result_takes_the_pairing_along_that_is_kept_back,
                                        open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_corrected_bracket_has_the_right_players_in_its_next_slot,
                                        open_scene, close_scene),
        CASE(a_void_board_counts_for_no_standings_and_no_rating),
        CASE(swapped_players_get_new_games_and_the_round_goes_on),
        CASE(a_rest_is_worth_what_the_policy_or_the_director_says),
        CASE(a_board_is_unpaired_and_paired_by_hand),
        CASE(a_pair_of_a_later_round_is_kept_by_the_pairing),
        CASE(a_settled_pair_is_given_up_where_one_of_the_two_has_left),
        CASE(directors_are_added_but_the_last_one_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
