/* Keys of a tournament policy, followed by events that run: on the whole house. */
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

#define EVENT "/v1/tournaments/t"

enum { LOCAL_TIME_SIZE = 24, POLICY_SIZE = 1024, POLICIES_MAX = 4 };

/* ---- words ------------------------------------------------------------------------------- */

/* `more` are keys of the policy, `division` keys of its one division; \n ends a line. */
static const char *policy_of(const char *more, int rounds, const char *division)
{
    static char texts[POLICIES_MAX][POLICY_SIZE];
    static int next;
    char *text = texts[next++ % POLICIES_MAX];
    int size = snprintf(text, POLICY_SIZE,
                        "tournament: keys\\n%sdivisions:\\n  - name: open\\n    rounds: %d\\n%s",
                        more, rounds, division);
    assert_in_range(size, 1, POLICY_SIZE - 1);
    return text;
}

#define REPORTED_GAME "    game: {rules: reported, rated: false}\\n"
#define WATCHED_GAME "    game: {rules: breakthrough, initial_time: 20m, rated: false}\\n"

static void open_event(struct scene *scene, const char *policy)
{
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Keys', 'tournament_id': 't', 'policy': '%s'}", policy),
                  201);
}

static void enter(struct scene *scene, int players)
{
    static const char *const people[] = {"ann", "bob", "cat", "dan"};
    for (int i = 0; i < players; i++)
        assert_status(
            client_post(
                scene->client, EVENT "/entrants", scene->director,
                "{'entrants': [{'player': '%s', 'name': '%s', 'seed': %d, 'rating': %d.5}]}",
                people[i], people[i], i + 1, 2000 - 100 * i),
            200);
}

static void change_policy(struct scene *scene, const char *policy)
{
    (void)direct(scene, "t",
                 "{'action': 'change_policy', 'note': 'for the test', 'data': {'policy': '%s'}}",
                 policy);
}

static void start(struct scene *scene)
{
    (void)direct(scene, "t", "{'action': 'start'}");
}

/* A local time of UTC so many seconds from now; lives as path_of()'s. */
static const char *local_time(int seconds)
{
    char text[LOCAL_TIME_SIZE];
    time_t at = time(NULL) + seconds;
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime(&at));
    return path_of("%s", text);
}

#define WAITS_FOR_A_DIRECTOR                                                                       \
    "SELECT count(*) FROM instances WHERE instance_id = 'tournament:t' AND tags LIKE "             \
    "'%needs_director%'"
#define NOTICES_TO(player)                                                                         \
    "SELECT count(*) FROM events WHERE kind = 'user' AND id = '" player "' AND name = 'notified'"

static void report_round(struct scene *scene, int round)
{
    await_count(scene,
                path_of("SELECT count(*) FROM pairings WHERE round = %d AND game_id <> ''", round),
                1);
    const struct client_answer *boards =
        client_get(scene->client, path_of(EVENT "/rounds/%d", round), NULL);
    const char *game = client_text(boards, "pairings.0.game_id");
    report(scene, game, scene->ann, 400, 350);
    report(scene, game, scene->bob, 400, 350);
}

/* ---- provisional ------------------------------------------------------------------------- */

/* Ann and Bob play a rated game by `elo`, where a rating is provisional for 20 games. */
static void play_by_elo(struct scene *scene)
{
    const struct client_answer *seek =
        client_post(scene->client, "/v1/seeks", scene->ann,
                    "{'request': {'rules': 'reported', 'rated': true, 'rating_policy': 'elo'}}");
    assert_status(seek, 201);
    const struct client_answer *accepted =
        client_post(scene->client, path_of("/v1/seeks/%s/accept", client_text(seek, "seek_id")),
                    scene->bob, "{}");
    assert_status(accepted, 200);
    const char *game_id = path_of("%s", client_text(accepted, "game_id"));
    report(scene, game_id, scene->ann, 400, 390);
    report(scene, game_id, scene->bob, 400, 390);
}

static const struct client_answer *register_as(struct scene *scene, const char *token)
{
    return client_post(scene->client, EVENT "/registration", token, "{}");
}

static void a_provisional_rating_does_not_enter_where_it_may_not(void **state)
{
    enum { ELO_PROVISIONAL_GAMES = 20 };
    struct scene *scene = *state;
    open_event(scene, policy_of("entry: {registration: open, provisional: false}\\n", 1,
                                "    game: {rules: reported, rated: true, rating_policy: elo}\\n"));
    for (int i = 0; i + 1 < ELO_PROVISIONAL_GAMES; i++)
        play_by_elo(scene);
    const struct client_answer *refused = register_as(scene, scene->ann);
    assert_status(refused, 409);
    assert_non_null(strstr(client_text(refused, "detail"), "no longer provisional"));
    play_by_elo(scene);
    assert_status(register_as(scene, scene->ann), 200);
    create_player(scene, "cat"); /* who has no rating at all */
    assert_status(register_as(scene, house_token(scene->house, "cat", "player", NULL)), 409);
    change_policy(scene,
                  policy_of("version: 2\\nentry: {registration: open}\\n", 1,
                            "    game: {rules: reported, rated: true, rating_policy: elo}\\n"));
    assert_status(register_as(scene, house_token(scene->house, "cat", "player", NULL)), 200);
}

/* ---- seeding ----------------------------------------------------------------------------- */

/* The seeds of Ann, Bob, Cat and Dan after the start, as one number. */
static int64_t seeds_by(struct scene *scene, const char *seeding)
{
    open_event(scene, policy_of("", 1, path_of(REPORTED_GAME "    seeding: %s\\n", seeding)));
    const char *const rows[] = {"ann', 'rating': 1500.5", "bob', 'rating': 1700.5",
                                "cat', 'rating': 1500.5", "dan', 'rating': 1900.5"};
    for (int i = 0; i < 4; i++)
        assert_status(client_post(scene->client, EVENT "/entrants", scene->director,
                                  "{'entrants': [{'seed': %d, 'name': 'x', 'player': '%s}]}", i + 1,
                                  rows[i]),
                      200);
    start(scene);
    await_count(scene, "SELECT count(*) FROM pairings", 2);
    return house_query(scene->house,
                       "SELECT sum(seed * CASE player_id WHEN 'ann' THEN 1000 WHEN 'bob' THEN 100 "
                       "WHEN 'cat' THEN 10 ELSE 1 END) FROM entrants");
}

static void players_are_seeded_by_rating(void **state)
{
    assert_int_equal(seeds_by(*state, "rating"), 3241);
}

static void players_are_seeded_as_they_were_entered(void **state)
{
    assert_int_equal(seeds_by(*state, "listed"), 1234);
}

static void players_are_seeded_by_lot(void **state)
{
    struct scene *scene = *state;
    int64_t seeds = seeds_by(scene, "lot");
    assert_int_not_equal(seeds, 1234); /* what the id of this division draws */
    assert_int_not_equal(seeds, 3241);
    assert_int_equal(house_query(scene->house, "SELECT count(DISTINCT seed) FROM entrants WHERE "
                                               "seed BETWEEN 1 AND 4"),
                     4);
}

/* ---- classes ----------------------------------------------------------------------------- */

static void players_are_placed_in_their_classes(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *player;
        const char *name;
    } expected[] = {{"ann", ""}, {"bob", "b"}, {"cat", "b"}, {"dan", "c"}};
    open_event(scene, policy_of("", 1,
                                REPORTED_GAME
                                "    prizes: {places: 1, classes: [{name: b, rating_max: 1900}, "
                                "{name: c, rating_max: 1700}]}\\n"));
    enter(scene, 4); /* 2000, 1900, 1800, 1700 */
    start(scene);
    await_count(scene, "SELECT count(*) FROM pairings", 2);
    const struct client_answer *table = client_get(scene->client, EVENT "/standings", NULL);
    int places = 0;
    for (size_t row = 0; row < 4; row++) {
        const char *player = client_text(table, path_of("standings.%zu.player_id", row));
        const char *class_name = client_text(table, path_of("standings.%zu.class", row));
        for (size_t i = 0; i < COUNT_OF(expected); i++)
            if (strcmp(expected[i].player, player) == 0)
                assert_string_equal(class_name, expected[i].name);
        places += (int)client_integer(table, path_of("standings.%zu.class_rank", row));
    }
    assert_int_equal(places, 1 + 2 + 1); /* of bob and cat, and dan */
}

/* ---- players_min --------------------------------------------------------------------------- */

static void too_few_players_hold_the_event(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of("entry: {players_min: 3}\\n", 1, REPORTED_GAME));
    enter(scene, 2);
    start(scene);
    await_count(scene, WAITS_FOR_A_DIRECTOR, 1);
    await_count(scene, NOTICES_TO("dora"), 1);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM pairings"), 0);
    start(scene); /* the director has seen it */
    await_count(scene, "SELECT count(*) FROM pairings", 1);
}

static void too_few_in_a_division_hold_it_too(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of("", 1, "    players_min: 4\\n" REPORTED_GAME));
    enter(scene, 3);
    start(scene);
    await_count(scene, WAITS_FOR_A_DIRECTOR, 1);
    change_policy(scene, policy_of("", 1, "    players_min: 3\\n" REPORTED_GAME));
    start(scene);
    await_count(scene, "SELECT count(*) FROM pairings", 2);
}

static void who_has_not_checked_in_does_not_count(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of(path_of("time: {start: %s, check_in_opens: 2h}\\n"
                                        "entry: {players_min: 3}\\n",
                                        local_time(3600)),
                                1, REPORTED_GAME));
    enter(scene, 3);
    for (int i = 0; i < 2; i++)
        (void)direct(scene, "t", "{'action': 'check_in', 'data': {'player': '%s'}}",
                     i == 0 ? "ann" : "bob");
    start(scene);
    await_count(scene, WAITS_FOR_A_DIRECTOR, 1);
    (void)direct(scene, "t", "{'action': 'check_in', 'data': {'player': 'cat'}}");
    start(scene);
    await_count(scene, "SELECT count(*) FROM pairings", 2);
}

/* ---- time, changed while the event runs -------------------------------------------------- */

static void await_registration(struct scene *scene, long status)
{
    const struct client_answer *answer = NULL;
    for (int step = 0; step < PATIENCE_STEPS; step++) {
        answer = client_post(scene->client, EVENT "/registration", scene->ann, "{}");
        if (answer->status == status)
            return;
        usleep(STEP_US);
    }
    assert_status(answer, status);
}

static void windows_move_with_the_policy(void **state)
{
    struct scene *scene = *state;
    const char *at = local_time(3600);
    open_event(scene, policy_of(path_of("time: {start: %s, registration_opens: 30m, "
                                        "check_in_opens: 20m}\\n",
                                        at),
                                1, REPORTED_GAME));
    assert_status(client_post(scene->client, EVENT "/registration", scene->ann, "{}"), 409);
    change_policy(scene, policy_of(path_of("time: {start: %s, registration_opens: 2h, "
                                           "check_in_opens: 20m}\\n",
                                           at),
                                   1, REPORTED_GAME));
    await_registration(scene, 200);
    assert_status(client_post(scene->client, EVENT "/check_in", scene->ann, "{}"), 409);
    change_policy(scene, policy_of(path_of("time: {start: %s, registration_opens: 2h, "
                                           "registration_closes: 90m, check_in_opens: 100m}\\n",
                                           at),
                                   1, REPORTED_GAME));
    await_count(scene,
                "SELECT count(*) FROM inbox WHERE instance_id = 'division:t-1' AND name = "
                "'policy.changed' AND consumed_seq IS NOT NULL",
                2);
    assert_status(client_post(scene->client, EVENT "/check_in", scene->ann, "{}"), 200);
    assert_status(client_post(scene->client, EVENT "/registration", scene->bob, "{}"), 409);
}

static void a_start_that_is_moved_moves_its_windows(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of(path_of("time: {start: %s, begins: on_time, registration_opens: "
                                        "30m}\\n",
                                        local_time(86400)),
                                1, REPORTED_GAME));
    assert_status(client_post(scene->client, EVENT "/registration", scene->ann, "{}"), 409);
    (void)direct(scene, "t", "{'action': 'reschedule', 'data': {'starts_at_ms': %lld}}",
                 (long long)(time(NULL) + 1200) * 1000);
    await_registration(scene, 200);
}

static void an_event_that_waited_for_a_word_begins_on_time(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of("", 1, REPORTED_GAME));
    enter(scene, 2);
    change_policy(scene, policy_of(path_of("time: {start: %s, begins: on_time}\\n", local_time(2)),
                                   1, REPORTED_GAME));
    await_text(scene, EVENT, "status", "running");
}

static void an_event_that_waited_for_its_end_ends_by_itself(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of("time: {ends: director}\\n", 1, REPORTED_GAME));
    enter(scene, 2);
    start(scene);
    report_round(scene, 1);
    await_count(scene, WAITS_FOR_A_DIRECTOR, 1);
    change_policy(scene, policy_of("", 1, REPORTED_GAME));
    await_text(scene, EVENT, "status", "finished");
}

static void rounds_that_waited_for_a_word_follow_by_themselves(void **state)
{
    struct scene *scene = *state;
    static const char pairing[] = "    pairing: [{rounds: 1-2, method: swiss, repeats: 2}]\\n";
    open_event(
        scene,
        policy_of("", 2, path_of("    next_round: director\\n%s%s", pairing, REPORTED_GAME)));
    enter(scene, 2);
    start(scene);
    report_round(scene, 1);
    await_count(scene, "SELECT count(*) FROM rounds WHERE status = 'closed'", 1);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM pairings"), 1);
    change_policy(scene, policy_of("", 2, path_of("%s%s", pairing, REPORTED_GAME)));
    report_round(scene, 2);
    await_text(scene, EVENT, "status", "finished");
}

/* ---- no-shows ------------------------------------------------------------------------------ */

static const char *player(struct scene *scene, const char *id)
{
    return house_token(scene->house, id, "player", NULL);
}

static int64_t count(struct scene *scene, const char *sql)
{
    return house_query(scene->house, sql);
}

static void who_is_missing_is_warned_and_his_opponent_has_a_bye(void **state)
{
    struct scene *scene = *state;
    open_event(scene,
               policy_of("time: {ready_deadline: 2s}\\nno_show: {forfeit_after: 2s, warn_before: "
                         "1s, opponent_gets: half_bye}\\n",
                         1, "    forfeit_spread: 50\\n" REPORTED_GAME));
    enter(scene, 2);
    start(scene);
    for (int step = 0; step < PATIENCE_STEPS; step++) {
        if (client_post(scene->client, EVENT "/ready", scene->ann, "{}")->status == 200)
            break;
        usleep(STEP_US);
    }
    await_text(scene, EVENT, "status", "finished");
    assert_int_equal(count(scene, NOTICES_TO("bob")), 1);
    assert_int_equal(count(scene, NOTICES_TO("ann")), 0);
    assert_int_equal(count(scene, "SELECT count(*) FROM pairings WHERE first_player = 'ann' AND "
                                  "second_player = '' AND kind = 'half_bye' AND status = 'final'"),
                     1);
    const struct client_answer *table = client_get(scene->client, EVENT "/standings", NULL);
    assert_string_equal(client_text(table, "standings.0.player_id"), "ann");
    assert_int_equal(client_integer(table, "standings.0.points_x2"), 1);
    assert_int_equal(client_integer(table, "standings.1.points_x2"), 0);
    assert_int_equal(client_integer(table, "standings.1.spread"), -50);
}

/* Nobody says ready at such an event: who does not move is not there. */
static void without_ready_a_first_move_says_who_is_there(void **state)
{
    struct scene *scene = *state;
    open_event(scene,
               policy_of("no_show: {forfeit_after: 2s, warn_before: 1s}\\n", 1, WATCHED_GAME));
    enter(scene, 4);
    start(scene);
    await_count(scene, "SELECT count(*) FROM pairings WHERE game_id <> ''", 2);
    const struct client_answer *boards = client_get(scene->client, EVENT "/rounds/1", NULL);
    const char *moves = path_of("/v1/games/%s/moves", client_text(boards, "pairings.0.game_id"));
    assert_status(client_post(scene->client, moves,
                              player(scene, client_text(boards, "pairings.0.first")),
                              "{'move': 'move b2b3', 'expected_turn': 0}"),
                  200);
    assert_status(client_post(scene->client, moves,
                              player(scene, client_text(boards, "pairings.0.second")),
                              "{'move': 'move b7b6', 'expected_turn': 1}"),
                  200);
    await_count(scene,
                "SELECT count(*) FROM pairings WHERE board = 2 AND kind = 'forfeit' AND "
                "outcome = 'second'",
                1);
    assert_int_equal(count(scene, "SELECT count(*) FROM pairings WHERE board = 1 AND status = "
                                  "'playing'"),
                     1);
    assert_int_equal(count(scene, "SELECT count(*) FROM events WHERE kind = 'user' AND name = "
                                  "'notified'"),
                     1);
}

static void without_ready_a_reported_game_can_have_no_show(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *answer =
        client_post(scene->client, "/v1/tournaments", scene->director,
                    "{'name': 'Keys', 'tournament_id': 't', 'policy': '%s'}",
                    policy_of("no_show: {forfeit_after: 10m}\\n", 1, REPORTED_GAME));
    assert_status(answer, 400);
    assert_non_null(strstr(answer->body, "moves of reported games are not seen"));
}

/* ---- players who leave ------------------------------------------------------------------- */

static void a_game_that_was_left_ends_as_the_policy_says(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of("conduct: {abandoned_after: 1s}\\n", 1, WATCHED_GAME));
    enter(scene, 2);
    start(scene);
    await_text(scene, EVENT, "status", "finished");
    assert_int_equal(count(scene, "SELECT count(*) FROM pairings WHERE kind = 'game' AND outcome = "
                                  "'second' AND status = 'final'"),
                     1);
}

static void a_game_that_was_left_may_be_the_directors(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of("conduct: {abandoned_after: 1s, abandoned: director}\\n", 1,
                                WATCHED_GAME));
    enter(scene, 2);
    start(scene);
    await_count(scene, NOTICES_TO("dora"), 1);
    assert_int_equal(count(scene, "SELECT count(*) FROM instances WHERE instance_id LIKE "
                                  "'board:%' AND tags LIKE '%needs_director%'"),
                     1);
    assert_int_equal(count(scene, "SELECT count(*) FROM games WHERE status = 'playing'"), 1);
}

static void a_game_that_was_left_may_be_adjudicated(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of("conduct: {abandoned_after: 1s, abandoned: adjudicated}\\n", 1,
                                WATCHED_GAME));
    enter(scene, 2);
    start(scene);
    await_text(scene, EVENT, "status", "finished");
    assert_int_equal(count(scene, "SELECT count(*) FROM results WHERE reason = 'adjudicated' AND "
                                  "winner = ''"),
                     1);
    assert_int_equal(count(scene, "SELECT count(*) FROM pairings WHERE kind = 'game' AND outcome = "
                                  "'draw' AND status = 'final'"),
                     1);
}

/* ---- conduct ------------------------------------------------------------------------------- */

/* Whoever moves first gives up without a move, in so many rounds; returns who did in the last. */
static const char *give_up(struct scene *scene, int rounds)
{
    const char *who = NULL;
    for (int round = 1; round <= rounds; round++) {
        await_count(
            scene,
            path_of("SELECT count(*) FROM pairings WHERE round = %d AND game_id <> ''", round), 1);
        const struct client_answer *boards =
            client_get(scene->client, path_of(EVENT "/rounds/%d", round), NULL);
        who = path_of("%s", client_text(boards, "pairings.0.first"));
        assert_status(
            client_post(scene->client,
                        path_of("/v1/games/%s/moves", client_text(boards, "pairings.0.game_id")),
                        player(scene, who), "{'move': 'resign'}"),
            200);
    }
    return who;
}

#define FOUR_ROUNDS "    pairing: [{rounds: 1-4, method: swiss, repeats: 4}]\\n" WATCHED_GAME
#define JUDGED "SELECT count(*) FROM conduct WHERE history <> ''"

static void who_is_warned_too_often_is_out(void **state)
{
    struct scene *scene = *state;
    open_event(scene, policy_of("conduct: {policy: playban, warnings_max: 1}\\n", 4, FOUR_ROUNDS));
    enter(scene, 2);
    start(scene);
    (void)give_up(scene, 3); /* one of the two for the second time: a warning */
    await_count(scene, "SELECT count(*) FROM entrants WHERE status = 'withdrawn'", 1);
    await_count(scene, NOTICES_TO("dora"), 1);
}

static void games_are_judged_by_the_policy_that_is_named(void **state)
{
    struct scene *scene = *state; /* by this one, games of tournaments are not judged */
    open_event(scene, policy_of("conduct: {policy: woogles, warnings_max: 1}\\n", 4, FOUR_ROUNDS));
    enter(scene, 2);
    start(scene);
    (void)give_up(scene, 4);
    await_text(scene, EVENT, "status", "finished");
    await_count(scene,
                "SELECT count(*) FROM inbox WHERE name = 'conduct.game' AND consumed_seq IS NULL",
                0);
    assert_int_equal(count(scene, JUDGED), 0);
    assert_int_equal(count(scene, "SELECT count(*) FROM entrants WHERE status = 'withdrawn'"), 0);
}

static void a_conduct_policy_that_is_not_there_is_refused(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *answer =
        client_post(scene->client, "/v1/tournaments", scene->director,
                    "{'name': 'Keys', 'tournament_id': 't', 'policy': '%s'}",
                    policy_of("conduct: {policy: playbam}\\n", 1, WATCHED_GAME));
    assert_status(answer, 400);
    assert_non_null(strstr(answer->body, "there is no conduct policy 'playbam'"));
    assert_string_equal(client_text(answer, "hint"), "did you mean `playban`?");
}

static void nor_does_a_running_event_follow_one(void **state)
{
    struct scene *scene = *state;
    const char *followed = "SELECT count(*) FROM tournaments WHERE settings LIKE '%playbam%'";
    open_event(scene, policy_of("conduct: {policy: playban}\\n", 2, REPORTED_GAME));
    enter(scene, 2);
    start(scene);
    await_count(scene, "SELECT count(*) FROM pairings WHERE status = 'playing'", 1);
    const char *other = policy_of("conduct: {policy: playbam}\\n", 2, REPORTED_GAME);
    const char *paths[] = {EVENT "/actions?dry_run=true", EVENT "/actions"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        const struct client_answer *answer = client_post(
            scene->client, paths[i], scene->director,
            "{'action': 'change_policy', 'note': 'x', 'data': {'policy': '%s'}}", other);
        assert_status(answer, 400);
        assert_string_equal(client_text(answer, "detail"),
                            "policy:2:19: there is no conduct policy 'playbam'");
        assert_non_null(client_text(answer, "report"));
    }
    assert_int_equal(count(scene, followed), 0);
    report_round(scene, 1); /* and it is played on */
    report_round(scene, 2);
    await_text(scene, EVENT, "status", "finished");
}

/* ---- leagues ------------------------------------------------------------------------------- */

static void games_that_nobody_begins_are_reminded_of(void **state)
{
    struct scene *scene = *state;
    open_event(scene,
               policy_of("league: {season: 20d, registration_opens: 1d, players_min: 2, "
                         "division_size: 2, division_size_min: 2, reminder_after: 1s}\\n",
                         3, "    pairing: [{rounds: 1-3, method: round_robin}]\\n" WATCHED_GAME));
    enter(scene, 2);
    start(scene);
    await_count(scene, NOTICES_TO("ann"), 1);
    await_count(scene, NOTICES_TO("bob"), 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        CASE(a_provisional_rating_does_not_enter_where_it_may_not),
        CASE(players_are_seeded_by_rating),
        CASE(players_are_seeded_as_they_were_entered),
        CASE(players_are_seeded_by_lot),
        CASE(players_are_placed_in_their_classes),
        CASE(too_few_players_hold_the_event),
        CASE(too_few_in_a_division_hold_it_too),
        CASE(who_has_not_checked_in_does_not_count),
        CASE(windows_move_with_the_policy),
        CASE(a_start_that_is_moved_moves_its_windows),
        CASE(an_event_that_waited_for_a_word_begins_on_time),
        CASE(an_event_that_waited_for_its_end_ends_by_itself),
        CASE(rounds_that_waited_for_a_word_follow_by_themselves),
        CASE(who_is_missing_is_warned_and_his_opponent_has_a_bye),
        CASE(without_ready_a_first_move_says_who_is_there),
        CASE(without_ready_a_reported_game_can_have_no_show),
        CASE(a_game_that_was_left_ends_as_the_policy_says),
        CASE(a_game_that_was_left_may_be_the_directors),
        CASE(a_game_that_was_left_may_be_adjudicated),
        CASE(who_is_warned_too_often_is_out),
        CASE(games_are_judged_by_the_policy_that_is_named),
        CASE(a_conduct_policy_that_is_not_there_is_refused),
        CASE(nor_does_a_running_event_follow_one),
        CASE(games_that_nobody_begins_are_reminded_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
