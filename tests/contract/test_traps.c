/* The traps that other tournament systems have fallen into, one case each, on the whole house. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "fsm/expr/value.h"
#include "fsm/fsm.h"
#include "orchestrator/conduct/conduct_policy.h"
#include "orchestrator/record/trf.h"
#include "simulation/evening.h"
#include "tests/contract/api_scene.h"

#define EVENT "/v1/tournaments/t"

/* ---- words ------------------------------------------------------------------------------- */

/* `more` are keys of the policy, `division` keys of its one division; \n ends a line. */
static const struct client_answer *try_event(struct scene *scene, const char *more, int rounds,
                                             const char *division)
{
    return client_post(scene->client, "/v1/tournaments", scene->director,
                       "{'name': 'Trap', 'tournament_id': 't', 'policy': 'tournament: trap\\n%s"
                       "divisions:\\n  - name: open\\n    rounds: %d\\n"
                       "    game: {rules: reported, rated: false}\\n%s'}",
                       more, rounds, division);
}

static const char *const people[] = {"ann", "bob", "cat", "dan", "eve", "fox"};

static void open_event(struct scene *scene, const char *more, int rounds, const char *division,
                       int players)
{
    assert_status(try_event(scene, more, rounds, division), 201);
    for (int i = 0; i < players; i++)
        assert_status(
            client_post(
                scene->client, EVENT "/entrants", scene->director,
                "{'entrants': [{'player': '%s', 'name': '%s', 'seed': %d, 'rating': %d.5}]}",
                people[i], people[i], i + 1, 2000 - 100 * i),
            200);
}

static void start(struct scene *scene)
{
    (void)direct(scene, "t", "{'action': 'start'}"); /* fails where it is refused */
}

/* Fewer have come than the policy is proved for: the director begins it all the same. */
static void start_short(struct scene *scene)
{
    start(scene);
    await_count(scene,
                "SELECT count(*) FROM instances WHERE instance_id = 'tournament:t' AND tags LIKE "
                "'%needs_director%'",
                1);
    start(scene);
}

static const char *player(struct scene *scene, const char *id)
{
    return house_token(scene->house, id, "player", NULL);
}

static int64_t count(struct scene *scene, const char *sql)
{
    return house_query(scene->house, sql);
}

/* Waits for the round's games and reports them, the first of each winning by 50; all but `left`. */
static void play(struct scene *scene, int round, int games, int left)
{
    char sql[160];
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM pairings WHERE round = %d AND status = 'playing' AND "
                   "game_id <> ''",
                   round);
    await_count(scene, sql, games);
    const struct client_answer *boards =
        client_get(scene->client, path_of(EVENT "/rounds/%d", round), NULL);
    for (int board = 0; board < games - left; board++) {
        const char *game_id = client_text(boards, path_of("pairings.%d.game_id", board));
        report(scene, game_id,
               player(scene, client_text(boards, path_of("pairings.%d.first", board))), 400, 350);
        report(scene, game_id,
               player(scene, client_text(boards, path_of("pairings.%d.second", board))), 400, 350);
    }
    await_count(scene, sql, left);
}

static void restart_all(struct scene *scene)
{
    house_kill(scene->house, HOUSE_ORCHESTRATOR);
    house_kill(scene->house, HOUSE_STORE);
    house_start(scene->house, HOUSE_STORE);
    house_start(scene->house, HOUSE_ORCHESTRATOR);
}

static int64_t starts_at(struct scene *scene, const char *time)
{
    assert_status(try_event(scene, time, 1, ""), 201);
    return client_integer(client_get(scene->client, EVENT, NULL), "starts_at_ms");
}

/* ---- time -------------------------------------------------------------------------------- */

static void trap_01_a_restart_does_not_start_a_round_twice(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "time: {countdown: 2s}\\n", 1, "", 4);
    start(scene);
    await_count(scene, "SELECT count(*) FROM timers WHERE timer_id LIKE 'at.announced%'", 1);
    restart_all(scene);
    play(scene, 1, 2, 0);
    assert_int_equal(count(scene, "SELECT count(*) FROM games"), 2);
    assert_int_equal(count(scene, "SELECT count(*) FROM inbox WHERE instance_id = 'division:t-1' "
                                  "AND name LIKE '$timer.at.announced%'"),
                     1);
}

static void trap_02_a_start_missed_for_too_long_waits_for_a_word(void **state)
{
    struct scene *scene = *state;
    char soon[24];
    time_t at = time(NULL) + 2;
    (void)strftime(soon, sizeof soon, "%Y-%m-%dT%H:%M:%S", gmtime(&at));
    open_event(scene, path_of("time: {start: %s, begins: on_time, max_lateness: 1s}\\n", soon), 1,
               "", 2);
    house_kill(scene->house, HOUSE_ORCHESTRATOR);
    house_kill(scene->house, HOUSE_STORE);
    sleep(4);
    house_start(scene->house, HOUSE_STORE);
    house_start(scene->house, HOUSE_ORCHESTRATOR);
    await_count(scene,
                "SELECT count(*) FROM instances WHERE instance_id = 'tournament:t' AND "
                "tags LIKE '%needs_director%'",
                1);
    assert_int_equal(count(scene, "SELECT count(*) FROM rounds"), 0);
    start(scene);
    play(scene, 1, 1, 0);
}

static void trap_03_local_times_that_a_change_of_clocks_leaves_out(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *refused =
        try_event(scene, "time: {start: 2027-03-28T02:30, zone: Europe/Budapest}\\n", 1, "");
    assert_status(refused, 400);
    assert_non_null(strstr(client_text(refused, "detail"), "clocks go forward over it"));
    assert_int_equal(starts_at(scene, "time: {start: 2027-03-28T02:30, zone: Europe/Budapest, dst: "
                                      "shift}\\n"),
                     INT64_C(1806197400000)); /* 03:30 of summer time */
}

static void trap_03_local_times_that_come_twice(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(starts_at(scene, "time: {start: 2026-10-25T02:30, zone: Europe/Budapest}\\n"),
                     INT64_C(1792888200000)); /* the first: still summer time */
}

static void trap_04_a_clock_set_back_turns_no_machine_back(void **state)
{
    (void)state;
    static const char text[] = "machine: m\nversion: 1\nevents: {e: {}}\n"
                               "context: {at: {type: timestamp, init: timestamp(0)}}\n"
                               "initial: a\nstates:\n"
                               "  a: {tags: [patient], on: {e: {assign: {at: now}}}}\n";
    struct arena arena;
    struct fsm_step begun;
    struct fsm_step taken;
    const struct fsm_machine *machine = NULL;
    arena_init(&arena, 8u << 20);
    struct yaml_faults faults = {.arena = &arena};
    assert_int_equal(fsm_load(&arena, text, strlen(text), NULL, &faults, &machine), STATUS_OK);
    assert_int_equal(fsm_start(machine, "m:1", NULL, 3600000, 0, &arena, &begun), STATUS_OK);
    struct fsm_event event = {.name = "e", .now_ms = 60000}; /* NTP has set the clock back */
    assert_int_equal(fsm_step(machine, begun.after, &event, 0, &arena, &taken), STATUS_OK);
    assert_int_equal(taken.after->now_ms, 3600000);
    assert_int_equal(taken.after->context[0].as.integer, 3600);
    arena_deinit(&arena);
}

/* ---- results ----------------------------------------------------------------------------- */

static void trap_05_a_result_after_the_round_is_closed_changes_nothing(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "", 2, "", 2);
    start(scene);
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 1 AND game_id <> ''", 1);
    const char *game_id =
        client_text(client_get(scene->client, EVENT "/rounds/1", NULL), "pairings.0.game_id");
    (void)direct(scene, "t",
                 "{'action': 'set_result', 'round': 1, 'board': 1, 'data': {'outcome': 'draw', "
                 "'first_score': 300, 'second_score': 300}}");
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 2", 1);
    await_count(scene, "SELECT count(*) FROM games WHERE status IN ('final', 'cancelled')", 1);
    const struct client_answer *late =
        client_post(scene->client, path_of("/v1/games/%s/result", game_id), scene->ann,
                    "{'first_score': 500, 'second_score': 100}");
    assert_status(late, 409);
    assert_int_equal(
        count(scene, "SELECT count(*) FROM pairings WHERE round = 1 AND outcome = 'draw'"), 1);
}

static void trap_06_the_same_result_twice_with_different_values(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "", 1, "", 2);
    start(scene);
    await_count(scene, "SELECT count(*) FROM pairings WHERE game_id <> ''", 1);
    const struct client_answer *boards = client_get(scene->client, EVENT "/rounds/1", NULL);
    const char *game_id = client_text(boards, "pairings.0.game_id");
    const char *first = player(scene, client_text(boards, "pairings.0.first"));
    const char *second = player(scene, client_text(boards, "pairings.0.second"));
    report(scene, game_id, first, 400, 350);
    report(scene, game_id, second, 350, 400); /* they do not agree: nothing is decided */
    assert_int_equal(count(scene, "SELECT count(*) FROM pairings WHERE status = 'final'"), 0);
    report(scene, game_id, second, 400, 350);
    await_count(scene, "SELECT count(*) FROM pairings WHERE status = 'final'", 1);
    assert_status(client_post(scene->client, path_of("/v1/games/%s/result", game_id), second,
                              "{'first_score': 1, 'second_score': 2}"),
                  409);
    assert_int_equal(count(scene, "SELECT first_score FROM pairings"), 400);
}

static void trap_13_forfeited_and_then_both_appear(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "time: {ready_deadline: 1s}\\nno_show: {forfeit_after: 1s}\\n", 1, "", 2);
    start(scene);
    await_count(scene, "SELECT count(*) FROM pairings WHERE outcome = 'double_forfeit'", 1);
    const struct client_answer *ready =
        client_post(scene->client, EVENT "/ready", scene->ann, "{}");
    assert_status(ready, 409);
    await_text(scene, EVENT, "status", "finished");
    (void)direct(scene, "t",
                 "{'action': 'amend_result', 'note': 'the door was locked', 'data': {'round': 1, "
                 "'board': 1, 'outcome': 'first', 'first_score': 400, 'second_score': 350}}");
    const struct client_answer *standings = client_get(scene->client, EVENT "/standings", NULL);
    assert_int_equal(client_integer(standings, "standings.0.points_x2"), 2);
    assert_int_equal(client_integer(standings, "standings.1.points_x2"), 0);
}

static void trap_11_correcting_round_3_in_round_6_moves_no_number(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "changes: {numbers_frozen_after_round: 4}\\n", 6,
               "    capacity: 4\\n"
               "    pairing: [{rounds: 1-6, method: round_robin, legs: 2}]\\n",
               4);
    start(scene);
    for (int round = 1; round <= 5; round++)
        play(scene, round, 2, 0);
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 6", 2);
    (void)direct(
        scene, "t",
        "{'action': 'amend_result', 'note': 'wrong slip', 'data': {'round': 3, 'board': 1, "
        "'outcome': 'second', 'first_score': 350, 'second_score': 400}}");
    assert_int_equal(count(scene, "SELECT count(*) FROM pairings WHERE round = 3 AND outcome = "
                                  "'second'"),
                     1);
    assert_int_equal(count(scene, "SELECT sum(seed * (unicode(player_id) - 96)) FROM entrants"),
                     1 * 1 + 2 * 2 + 3 * 3 + 4 * 4);
    play(scene, 6, 2, 0);
    await_text(scene, EVENT, "status", "finished");
}

static void trap_23_a_game_that_is_not_over_keeps_the_last_round_open(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "", 1, "", 4);
    start(scene);
    play(scene, 1, 2, 1);
    usleep(300000);
    assert_string_equal(client_text(client_get(scene->client, EVENT, NULL), "status"), "running");
    assert_int_equal(count(scene, "SELECT count(*) FROM rounds WHERE status = 'closed'"), 0);
    (void)direct(scene, "t",
                 "{'action': 'set_result', 'round': 1, 'board': 2, 'data': {'outcome': 'draw', "
                 "'first_score': 300, 'second_score': 300}}");
    await_text(scene, EVENT, "status", "finished");
}

/* ---- who plays --------------------------------------------------------------------------- */

static void trap_07_leaving_between_pairing_and_publication(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "time: {publish_delay: 1h}\\n", 2, "", 4);
    start(scene);
    await_count(scene, "SELECT count(*) FROM pairings WHERE kind = 'game'", 2);
    assert_status(client_call(scene->client, &(struct client_request){.method = "DELETE",
                                                                      .path = EVENT "/registration",
                                                                      .token = scene->bob}),
                  200);
    await_count(scene, "SELECT count(*) FROM pairings WHERE kind = 'bye'", 1);
    assert_int_equal(count(scene, "SELECT count(*) FROM round_players WHERE player_id = 'bob'"), 0);
}

static void trap_08_everybody_has_had_the_bye_already(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "", 4, "    pairing: [{rounds: 1-4, method: swiss, repeats: 3}]\\n", 3);
    start(scene);
    for (int round = 1; round <= 4; round++)
        play(scene, round, 1, 0);
    await_text(scene, EVENT, "status", "finished");
    assert_int_equal(count(scene, "SELECT count(*) FROM pairings WHERE kind = 'bye'"), 4);
    assert_int_equal(count(scene, "SELECT max(byes) FROM (SELECT count(*) AS byes FROM pairings "
                                  "WHERE kind = 'bye' GROUP BY first_player)"),
                     2);
}

static void trap_09_no_legal_pairing_names_what_to_relax(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "", 1,
               "    players_min: 5\\n" /* with whom there is a bye; four have come */
               "    forbidden_pairs: [{one: ann, other: bob}, {one: ann, other: cat}, {one: ann, "
               "other: dan}]\\n",
               4);
    start_short(scene);
    await_count(scene,
                "SELECT count(*) FROM instances WHERE instance_id = 'division:t-1' AND tags "
                "LIKE '%needs_director%'",
                1);
    const struct client_answer *why =
        client_get(scene->client, EVENT "/divisions/1/rounds/1/explain", scene->director);
    assert_status(why, 200);
    assert_true(json_array_size(client_member(why, "conflicts")) > 0);
    assert_non_null(strstr(client_text(why, "conflicts.0"), "ann"));
}

static void trap_10_a_late_entrant_does_not_break_a_bracket(void **state)
{
    struct scene *scene = *state;
    static const char bracket[] = "    capacity: 4\\n"
                                  "    pairing: [{rounds: 1-2, method: single_elimination}]\\n";
    const struct client_answer *refused =
        try_event(scene, "entry: {late_until_round: 2}\\n", 2, bracket);
    assert_status(refused, 400);
    assert_non_null(strstr(client_text(refused, "detail"), "nobody can join the bracket"));
    open_event(scene, "", 2, bracket, 4);
    start(scene);
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 1 AND game_id <> ''", 2);
    create_player(scene, "eve");
    assert_status(client_post(scene->client, EVENT "/entrants", scene->director,
                              "{'entrants': [{'player': 'eve', 'name': 'eve', 'seed': 5}]}"),
                  200);
    play(scene, 1, 2, 0);
    play(scene, 2, 1, 0);
    assert_int_equal(count(scene, "SELECT count(*) FROM pairings WHERE kind = 'game' AND "
                                  "'eve' IN (first_player, second_player)"),
                     0);
}

static void trap_12_nobody_plays_in_two_events_at_once(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "", 1, "", 2);
    start(scene);
    await_count(scene, "SELECT count(*) FROM tournaments WHERE status = 'running'", 1);
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Other', 'tournament_id': 'u', 'policy': "
                              "'tournament: other\\nentry: {other_events: refuse}\\ndivisions:\\n"
                              "  - {name: open, rounds: 1, game: {rules: reported}}\\n'}"),
                  201);
    const struct client_answer *refused =
        client_post(scene->client, "/v1/tournaments/u/registration", scene->ann, "{}");
    assert_status(refused, 409);
    assert_non_null(strstr(client_text(refused, "detail"), "another event"));
    play(scene, 1, 1, 0);
    await_text(scene, EVENT, "status", "finished");
    assert_status(client_post(scene->client, "/v1/tournaments/u/registration", scene->ann, "{}"),
                  200);
}

static void trap_17_two_who_must_not_meet_are_alone(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "", 1,
               "    players_min: 3\\n    forbidden_pairs: [{one: ann, other: bob}]\\n", 2);
    start_short(scene);
    await_count(scene,
                "SELECT count(*) FROM instances WHERE instance_id = 'division:t-1' AND tags "
                "LIKE '%needs_director%'",
                1);
    (void)direct(scene, "t",
                 "{'action': 'pair_by_hand', 'note': 'they agree', 'data': {'pairings': [{'board': "
                 "1, 'first': 'ann', 'second': 'bob', 'kind': 'game'}]}}");
    play(scene, 1, 1, 0);
    await_text(scene, EVENT, "status", "finished");
}

static void trap_22_a_row_of_no_shows_survives_a_restart(void **state)
{
    struct scene *scene = *state;
    open_event(scene,
               "time: {ready_deadline: 1s, between_rounds: 2s}\\nno_show: {forfeit_after: 1s, "
               "remove_after: 2}\\n",
               3, "    pairing: [{rounds: 1-3, method: swiss, repeats: 3}]\\n", 2);
    start(scene);
    await_count(scene, "SELECT count(*) FROM entrants WHERE no_shows = 1", 2);
    await_count(scene, "SELECT count(*) FROM pairings WHERE round = 2", 1);
    restart_all(scene);
    await_count(scene, "SELECT count(*) FROM entrants WHERE no_shows = 2 AND status = 'withdrawn'",
                2);
}

/* ---- policies, directors, files ---------------------------------------------------------- */

static void trap_14_tie_breaks_of_two_editions_do_not_mix(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *refused =
        try_event(scene, "", 1, "    order: \\\"BH@24,SB@26\\\"\\n");
    assert_status(refused, 400);
    assert_int_equal(count(scene, "SELECT count(*) FROM tournaments"), 0);
}

/* A name in any script goes there and back; a rating of five digits is not cut to another number; a
 * round in which somebody has no entry stays one. */
static void trap_15_trf_with_any_name_rating_and_a_blank_round(void **state)
{
    (void)state;
    static const char text[] = "012 Spring Open\rXXR 5\rXXC white1\r"
                               "001    1 m GM Núñez, Ana                        2400 FID        "
                               "1001 1990/01/01  1.0    1     2 w 1\r"
                               "001    2 w    Őry                               2300 FID        "
                               "1002 1991/02/03  0.0    3     1 b 0\r"
                               "001    3      Charlie                                              "
                               "              1.0    2  0000 - U  0000 - H\r";
    struct arena arena;
    struct fault fault = {0};
    struct record *record = NULL;
    struct record *again = NULL;
    struct buffer out = {0};
    arena_init(&arena, 1u << 20);
    if (trf_read(text, sizeof text - 1, TRF_TO_READ, &arena, &record, &fault) != STATUS_OK)
        fail_msg("%d:%d: %s", fault.line, fault.column, fault.text);
    assert_int_equal(record_result(record, 0, 2)->kind, RECORD_NONE); /* blank */
    record->players[0].rating = 12345;
    trf_write(record, TRF_16, &out);
    assert_int_equal(trf_read(buffer_text(&out), out.size, TRF_TO_READ, &arena, &again, &fault),
                     STATUS_OK);
    assert_string_equal(again->players[0].name, "Núñez, Ana");
    assert_string_equal(again->players[1].name, "Őry");
    assert_int_equal(again->players[1].rating, 2300);
    assert_int_equal(again->players[0].rating, 0);
    assert_int_equal(record_result(again, 0, 2)->kind, RECORD_NONE);
    assert_int_equal(record_result(again, 2, 2)->kind, RECORD_BYE_HALF);
    buffer_deinit(&out);
    arena_deinit(&arena);
}

static struct conduct_policy conduct_of(struct arena *arena)
{
    static const char text[] = "conduct: c\nversion: 1\njudged: game.rated\noutcomes:\n"
                               "  - {outcome: left, if: game.lost, points: 1}\n"
                               "sanctions:\n"
                               "  - if: player.newest_is_bad\n"
                               "    suspend: \"10 * (player.suspensions + 1) / 3\"\n"
                               "    from: rated\n    because: you leave games\n"
                               "immunity: {before: 5m, after: 10m}\n";
    struct yaml_faults faults = {.arena = arena};
    struct conduct_policy policy;
    assert_int_equal(conduct_policy_read(arena, text, strlen(text), &faults, &policy), STATUS_OK);
    return policy;
}

static void trap_16_games_around_a_restart_count_for_nobodys_conduct(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 8u << 20);
    struct conduct_policy policy = conduct_of(&arena);
    const struct conduct_incident outage = {1000000, 1060000};
    assert_true(conduct_is_excused(&policy, &outage, 1, 1060000 + 9 * 60000));
    assert_true(conduct_is_excused(&policy, &outage, 1, 1000000 - 4 * 60000));
    assert_false(conduct_is_excused(&policy, &outage, 1, 1060000 + 11 * 60000));
    arena_deinit(&arena);
}

static void trap_21_a_sanctions_length_is_not_cut_before_it_is_multiplied(void **state)
{
    (void)state;
    struct arena arena;
    struct conduct_history history = {0};
    arena_init(&arena, 8u << 20);
    struct conduct_policy policy = conduct_of(&arena);
    /* 10 * 2 / 3 is 6 minutes; a curve that divided first would say 10 * (2 / 3) = 0. */
    static const int64_t minutes[] = {3, 6, 10};
    int64_t at_ms = INT64_C(1800000000000);
    for (int i = 0; i < 3; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "g%d", i); /* fits */
        at_ms += INT64_C(86400000);
        const struct conduct_entry *entry =
            conduct_add(&policy, &history, id, "left", 1.0, at_ms, &arena);
        assert_int_equal((entry->until_ms - entry->at_ms) / 60000, minutes[i]);
    }
    arena_deinit(&arena);
}

static void trap_18_a_policy_that_changes_while_a_round_is_paired(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "time: {publish_delay: 1h}\\n", 1, "", 2);
    start(scene);
    await_count(scene, "SELECT count(*) FROM pairings", 1);
    (void)direct(scene, "t",
                 "{'action': 'change_policy', 'note': 'a round more', 'data': {'policy': "
                 "'tournament: trap\\nversion: 2\\ndivisions:\\n  - name: open\\n    rounds: 2\\n"
                 "    game: {rules: reported, rated: false}\\n"
                 "    pairing: [{rounds: 1-2, method: swiss, repeats: 2}]\\n'}}");
    await_count(scene,
                "SELECT count(*) FROM inbox WHERE name = 'policy.changed' AND consumed_seq "
                "IS NOT NULL",
                1);
    assert_int_equal(count(scene, "SELECT rounds FROM divisions"), 1); /* not in this round */
    assert_int_equal(count(scene, "SELECT count(*) FROM games"), 0);
    (void)direct(scene, "t", "{'action': 'publish_pairings'}");
    play(scene, 1, 1, 0);
    await_count(scene, "SELECT rounds FROM divisions", 2);
    play(scene, 2, 1, 0);
    await_text(scene, EVENT, "status", "finished");
}

static void trap_19_a_network_torn_between_result_and_rating(void **state)
{
    (void)state;
    struct world_policies policies;
    assert_true(world_policies_load("policies", &policies));
    for (uint64_t seed = 19; seed < 22; seed++) {
        struct evening evening;
        evening_play(&(struct evening_options){.seed = seed,
                                               .faults = WORLD_FAULT_PARTITIONS,
                                               .policies = &policies},
                     &evening);
        if (!evening.is_sound)
            fail_msg("%s", buffer_text(&evening.report));
        buffer_deinit(&evening.report);
    }
    world_policies_deinit(&policies);
}

static void trap_20_a_key_used_again_after_everything_was_restarted(void **state)
{
    struct scene *scene = *state;
    const struct client_request request = {.method = "POST",
                                           .path = "/v1/tournaments",
                                           .token = scene->director,
                                           .key = "again",
                                           .body =
                                               "{\"name\": \"T\", \"policy\": \"tournament: t\\n"
                                               "divisions:\\n  - {name: open, rounds: 1, game: "
                                               "{rules: reported}}\\n\"}"};
    const struct client_answer *once = client_call(scene->client, &request);
    assert_status(once, 201);
    restart_all(scene);
    const struct client_answer *again = client_call(scene->client, &request);
    assert_status(again, 201);
    assert_string_equal(client_text(again, "tournament_id"), client_text(once, "tournament_id"));
    assert_int_equal(count(scene, "SELECT count(*) FROM tournaments"), 1);
}

static void trap_24_two_directors_act_at_once(void **state)
{
    struct scene *scene = *state;
    open_event(scene, "", 1, "", 4);
    static const char remove[] = "{'action': 'remove_player', 'data': {'player': 'dan'}, 'note': "
                                 "'ill'";
    const struct client_answer *seen =
        client_post(scene->client, EVENT "/actions", scene->director, "%s}", remove);
    assert_status(seen, 428);
    (void)direct(scene, "t",
                 "{'action': 'remove_player', 'data': {'player': 'cat'}, 'note': 'gone'}");
    const struct client_answer *second =
        client_post(scene->client, EVENT "/actions", scene->director, "%s, 'confirm': ['%s']}",
                    remove, client_text(seen, "preview.confirm"));
    assert_true(second->status == 409 || second->status == 412);
    assert_int_equal(count(scene, "SELECT count(*) FROM entrants WHERE player_id = 'dan' AND "
                                  "status <> 'withdrawn'"),
                     1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        CASE(trap_01_a_restart_does_not_start_a_round_twice),
        CASE(trap_02_a_start_missed_for_too_long_waits_for_a_word),
        CASE(trap_03_local_times_that_a_change_of_clocks_leaves_out),
        CASE(trap_03_local_times_that_come_twice),
        cmocka_unit_test(trap_04_a_clock_set_back_turns_no_machine_back),
        CASE(trap_05_a_result_after_the_round_is_closed_changes_nothing),
        CASE(trap_06_the_same_result_twice_with_different_values),
        CASE(trap_07_leaving_between_pairing_and_publication),
        CASE(trap_08_everybody_has_had_the_bye_already),
        CASE(trap_09_no_legal_pairing_names_what_to_relax),
        CASE(trap_10_a_late_entrant_does_not_break_a_bracket),
        CASE(trap_11_correcting_round_3_in_round_6_moves_no_number),
        CASE(trap_12_nobody_plays_in_two_events_at_once),
        CASE(trap_13_forfeited_and_then_both_appear),
        CASE(trap_14_tie_breaks_of_two_editions_do_not_mix),
        cmocka_unit_test(trap_15_trf_with_any_name_rating_and_a_blank_round),
        cmocka_unit_test(trap_16_games_around_a_restart_count_for_nobodys_conduct),
        CASE(trap_17_two_who_must_not_meet_are_alone),
        CASE(trap_18_a_policy_that_changes_while_a_round_is_paired),
        cmocka_unit_test(trap_19_a_network_torn_between_result_and_rating),
        CASE(trap_20_a_key_used_again_after_everything_was_restarted),
        cmocka_unit_test(trap_21_a_sanctions_length_is_not_cut_before_it_is_multiplied),
        CASE(trap_22_a_row_of_no_shows_survives_a_restart),
        CASE(trap_23_a_game_that_is_not_over_keeps_the_last_round_open),
        CASE(trap_24_two_directors_act_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
