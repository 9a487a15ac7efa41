/* Keys of `no_show`, `changes`, leagues and arenas, and what a policy is called; seen in two events
 * that differ in one key. */
#include "base/attr.h"

#include <string.h>

#include "bus/bus.h"
#include "tests/contract/keys_scene.h"

#include "arbiter/v1/orchestrator.pb-c.h"

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS, HOUR_MS = 60 * MINUTE_MS };
static const int64_t DAY_MS = 24 * HOUR_MS;

/* ---- who does not come ----------------------------------------------------------------------- */

static const char *nobody_is_ready(struct clockwork *house)
{
    enter(house, 2);
    start(house);
    clockwork_pass(house, 5 * MINUTE_MS);
    return text_of("%s", clockwork_read(house, "SELECT kind, status, outcome FROM pairings"));
}

static const char *two_of_four_check_in(struct clockwork *house)
{
    enter(house, 4);
    (void)asked(house, "ann", "POST", EVENT "/check_in", "{}");
    (void)asked(house, "cat", "POST", EVENT "/check_in", "{}");
    start(house);
    return pairings(house);
}

/* ---- the policy of a running event is changed ------------------------------------------------ */

static const char *a_change(struct clockwork *house)
{
    enter(house, 4);
    start(house);
    return try_to_change(house, "between_rounds: 1m", "between_rounds: 2m");
}

static const char *a_change_confirmed(struct clockwork *house)
{
    (void)a_change(house);
    return text_of("L%s", clockwork_read(house, "SELECT level FROM director_actions WHERE action = "
                                                "'change_policy'"));
}

static const char *swiss_instead_of_dutch(struct clockwork *house)
{
    return try_to_open(house, "method: dutch", "method: swiss");
}

/* ---- what a policy is called ----------------------------------------------------------------- */

static const char *policy_of_event(struct clockwork *house)
{
    const struct clockwork_answer *answer = clockwork_ask(house, "dora", "GET", EVENT, "%s", "");
    return text_of("%s", json_string_value(json_object_get(answer->json, "policy")));
}

/* The next version of a policy that is published with another text. */
static void on_published(const struct bus_answer *answer, void *user)
{
    const char **out = user;
    int size = (int)strcspn(answer->message != NULL ? answer->message : "", "\n");
    *out = answer->status == STATUS_OK ? "published" : text_of("%.*s", size, answer->message);
}

static const char *publish(struct clockwork *house, const char *text)
{
    const char *seen = "no answer";
    Arbiter__V1__PublishPolicyRequest request = ARBITER__V1__PUBLISH_POLICY_REQUEST__INIT;
    request.text = (char *)text;
    request.published_by = "dora";
    request.kind = "format";
    bus_call(clockwork_bus(house),
             &(struct bus_call){.service = &arbiter__v1__orchestrator__descriptor,
                                .method = "PublishPolicy",
                                .input = &request.base},
             on_published, &seen);
    clockwork_pass(house, SECOND_MS);
    return seen;
}

static const char *a_second_version(struct clockwork *house)
{
    static const char divisions[] =
        "divisions:\n  - {name: open, rounds: 1, game: {rules: reported}}\n";
    (void)publish(house, text_of("tournament: evening\nversion: 1\n%s", divisions));
    return publish(house, text_of("tournament: evening\nversion: %s\ndoc: another\n%s", row_value(),
                                  divisions));
}

/* What the director is told of a change of the sentence for people. */
static const char *another_doc(struct clockwork *house)
{
    enter(house, 4);
    start(house);
    (void)try_to_change(house, "doc: ", "doc: not ");
    return text_of(
        "%s",
        clockwork_read(house, "SELECT settings LIKE '%doc: not an evening%' FROM tournaments"));
}

/* Whether three rounds of such games are published with such a session. */
static const char *publish_session(struct clockwork *house, const char *session, const char *game)
{
    return publish(house,
                   text_of("tournament: evening\ntime: {session: %s, longest_game: %s}\n"
                           "divisions:\n  - {name: open, rounds: 3, game: {rules: reported}}\n",
                           session, game));
}

static const char *a_session(struct clockwork *house)
{
    return publish_session(house, row_value(), "1h");
}

static const char *a_longest_game(struct clockwork *house)
{
    return publish_session(house, "4h", row_value());
}

/* ---- arenas ---------------------------------------------------------------------------------- */

static const char *two_minutes_of_arena(struct clockwork *house)
{
    enter(house, 4);
    start(house);
    for (int i = 0; i < 24; i++) {
        (void)report_games(house);
        clockwork_pass(house, 5 * SECOND_MS);
    }
    const char *status = text_of("%s", clockwork_read(house, "SELECT status FROM tournaments"));
    return text_of("%s, waves: %s", status,
                   clockwork_read(house, "SELECT max(round) FROM pairings"));
}

#define ARENA(keys) "    pairing: [{rounds: 1-90, method: arena}]\n    arena: {" keys "}\n"

/* ---- leagues --------------------------------------------------------------------------------- */

#define LEAGUE(keys) "league: {registration_opens: 1d, reminder_after: 0s, " keys "}\n"
#define ROUND_ROBIN "    capacity: 10\n    pairing: [{rounds: 1-9, method: round_robin}]\n"

static const char *season_after(struct clockwork *house, int players, int64_t ms)
{
    enter(house, players);
    start(house);
    clockwork_pass(house, ms);
    return text_of("%s", clockwork_read(house, "SELECT status FROM tournaments"));
}

static const char *three_days_of_season(struct clockwork *house)
{
    return season_after(house, 2, 3 * DAY_MS);
}

static const char *two_in_a_season(struct clockwork *house)
{
    return season_after(house, 2, MINUTE_MS);
}

static const char *six_in_a_season(struct clockwork *house)
{
    (void)season_after(house, 6, MINUTE_MS);
    return text_of("%s", clockwork_read(house, "SELECT division_id || ':' || count(*) FROM "
                                               "entrants GROUP BY division_id"));
}

static const char *games_of_a_season(struct clockwork *house)
{
    (void)season_after(house, 4, MINUTE_MS);
    return text_of("%s", clockwork_read(house, "SELECT count(*) FROM games"));
}

static const char *two_days_before_a_season(struct clockwork *house)
{
    create(house, 1);
    return asked(house, "ann", "POST", EVENT "/registration", "{}");
}

static const char *a_game_left_open(struct clockwork *house)
{
    enter(house, 2);
    start(house);
    clockwork_pass(house, MINUTE_MS);
    const char *game = text_of("/v1/games/%s/moves",
                               clockwork_read(house, "SELECT game_id FROM games ORDER BY game_id"));
    const char *first = text_of("%s", clockwork_read(house, "SELECT first_player FROM games"));
    (void)asked(house, first, "POST", game, "{'move': 'move b2b3', 'expected_turn': 0}");
    clockwork_pass(house, 3 * DAY_MS);
    return text_of("%s", clockwork_read(house, "SELECT kind, status, outcome FROM pairings"));
}

/* Twelve players, and who of them is in the first of two divisions. */
static void enter_season(struct clockwork *house, int season)
{
    static const char *const names[] = {"ann", "bob", "cat", "dan", "eve", "fay",
                                        "gil", "hal", "ida", "jon", "kim", "lea"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        (void)clockwork_ask(house, "dora", "POST", text_of("/v1/tournaments/t-%d/entrants", season),
                            "{'entrants': [{'player': '%s', 'name': 'x', 'seed': %zu, 'rating': "
                            "%zu}]}",
                            names[i], i + 1, 2000 - 100 * i);
}

static const char *two_seasons(struct clockwork *house)
{
    clockwork_pass(house, 30 * MINUTE_MS);
    enter_season(house, 1);
    clockwork_pass(house, HOUR_MS);
    play_on(house);
    clockwork_pass(house, 2 * DAY_MS - HOUR_MS);
    enter_season(house, 2);
    clockwork_pass(house, HOUR_MS);
    return text_of("%s", clockwork_read(house, "SELECT player_id FROM entrants WHERE division_id = "
                                               "'t-2-1' ORDER BY player_id"));
}

static const struct key_case cases[] = {
    KEY(where_nobody_came_it_counts, .a = "double_forfeit", .b = "void",
        .policy = "time: {ready_deadline: 1m}\nno_show: {forfeit_after: 1m, both_absent: $}\n",
        .play = nobody_is_ready, .seen_a = "forfeit final double_forfeit", .seen_b = "game void "),
    KEY(who_has_not_checked_in_is_out, .a = "true", .b = "false",
        .policy =
            "time: {start: 2026-11-28T13:00, check_in_opens: 2h}\nno_show: {unchecked_removed: "
            "$}\n",
        .play = two_of_four_check_in, .seen_a = "1:cat-ann", .seen_b = "1:bob-ann 1:cat-dan"),
    KEY(a_policy_may_be_changed, .a = "true", .b = "false",
        .policy = "changes: {allowed: $}\ntime: {between_rounds: 1m}\n", .play = a_change,
        .seen_a = "200",
        .seen_b = "409 time.between_rounds cannot change in this event: changes.allowed is false"),
    KEY(a_change_has_a_level, .a = "L1", .b = "L4",
        .policy = "changes: {level_min: $}\ntime: {between_rounds: 1m}\n",
        .play = a_change_confirmed, .seen_a = "L3", .seen_b = "L4"),
    KEY(what_is_frozen_stays, .a = "[countdown]", .b = "[between_rounds]",
        .policy = "changes: {frozen: $}\ntime: {between_rounds: 1m}\n", .play = a_change,
        .seen_a = "200",
        .seen_b = "409 time.between_rounds cannot change in this event: changes.frozen names it"),
    KEY(fides_events_have_fides_systems, .a = "false", .b = "true",
        .policy = "changes: {fide_mode: $}\n",
        .division = "    pairing: [{rounds: 1, method: dutch}]\n", .play = swiss_instead_of_dutch,
        .seen_a = "201",
        .seen_b = "400 policy:7:14: changes.fide_mode: `swiss` is no system of FIDE's"),
    KEY(a_policy_has_a_name, .a = "keys", .b = "locks", .policy = "tournament: $\n",
        .play = policy_of_event, .seen_a = "keys", .seen_b = "locks"),
    KEY(a_published_policy_grows, .a = "1", .b = "2", .play = a_second_version,
        .seen_a = "version 1 of 'evening' is published with another text; a changed policy needs "
                  "`version: 2`",
        .seen_b = "published"),
    KEY(a_policy_has_a_sentence_for_people, .a = "an evening", .b = "a morning",
        .policy = "doc: $\n", .play = another_doc, .seen_a = "1", .seen_b = "0"),
    KEY(a_session_is_long_enough, .a = "5h", .b = "30m", .play = a_session, .seen_a = "published",
        .seen_b = "policy.yaml:2:17: error: rounds 1 to 3 of 'open' may take 3h, and the session "
                  "is 30m: 3 of up to 1h, 0m before the first, 0m between two"),
    KEY(a_game_fits_its_session, .a = "30m", .b = "3h", .play = a_longest_game,
        .seen_a = "published",
        .seen_b = "policy.yaml:2:17: error: rounds 1 to 3 of 'open' may take 9h, and the session "
                  "is 4h: 3 of up to 3h, 0m before the first, 0m between two"),
    KEY(an_arena_lasts, .a = "1m", .b = "10m", .division = ARENA("wave: 10s, duration: $"),
        .rounds = 90, .play = two_minutes_of_arena, .seen_a = "finished, waves: 6",
        .seen_b = "running, waves: 14"),
    KEY(waves_follow_each_other, .a = "10s", .b = "1m", .division = ARENA("duration: 10m, wave: $"),
        .rounds = 90, .play = two_minutes_of_arena, .seen_a = "running, waves: 14",
        .seen_b = "running, waves: 3"),
    KEY(a_season_lasts, .a = "2d", .b = "20d",
        .policy = LEAGUE("season: $, players_min: 2, division_size: 4, division_size_min: 2"),
        .division = ROUND_ROBIN, .rounds = 9, .play = three_days_of_season, .seen_a = "finished",
        .seen_b = "running"),
    KEY(a_season_has_so_many_players, .a = "2", .b = "3",
        .policy = LEAGUE("season: 5d, players_min: $, division_size: 4, division_size_min: 2"),
        .division = ROUND_ROBIN, .rounds = 9, .play = two_in_a_season, .seen_a = "running",
        .seen_b = "cancelled"),
    KEY(a_season_s_divisions_have, .a = "3", .b = "6",
        .policy = LEAGUE("season: 5d, players_min: 2, division_size_min: 2, division_size: $"),
        .division = ROUND_ROBIN, .rounds = 9, .play = six_in_a_season, .seen_a = "t-1:3 t-2:3",
        .seen_b = "t-1:6"),
    KEY(a_small_last_division_joins, .a = "2", .b = "3",
        .policy = LEAGUE("season: 5d, players_min: 2, division_size: 4, division_size_min: $"),
        .division = ROUND_ROBIN, .rounds = 9, .play = six_in_a_season, .seen_a = "t-1:4 t-2:2",
        .seen_b = "t-1:6"),
    KEY(a_season_has_games, .a = "1", .b = "3",
        .policy = LEAGUE("season: 5d, players_min: 2, division_size: 4, division_size_min: 2, "
                         "games_max: $"),
        .division = ROUND_ROBIN, .rounds = 9, .play = games_of_a_season, .seen_a = "2",
        .seen_b = "6"),
    KEY(a_season_s_registration_opens, .a = "1d", .b = "3d",
        .policy = "time: {start: 2026-11-30T12:00}\nleague: {season: 5d, players_min: 2, "
                  "division_size: 4, division_size_min: 2, registration_opens: $}\n",
        .division = ROUND_ROBIN, .rounds = 9, .play = two_days_before_a_season,
        .seen_a = "409 registration opens at 2026-11-29T12:00:00Z", .seen_b = "200"),
    KEY(so_many_go_up_and_down, .a = "sixth", .b = "third",
        .policy = "time: {start: 2026-11-28T13:00, begins: on_time, announce: 55m, recurrence: "
                  "FREQ=DAILY;INTERVAL=2;COUNT=2}\n"
                  "league: {season: 1d, registration_opens: 50m, players_min: 2, division_size: 6, "
                  "division_size_min: 2, promoted: $}\n",
        .division = ROUND_ROBIN, .rounds = 9, .is_series = true, .play = two_seasons,
        .seen_a = "ann bob cat dan eve gil", .seen_b = "ann bob cat dan gil hal"),
    KEY(an_open_game_of_a_season_is, .a = "loss", .b = "adjudicated",
        .policy = LEAGUE("season: 2d, players_min: 2, division_size: 4, division_size_min: 2, "
                         "unfinished: $"),
        .division = ROUND_ROBIN, .rounds = 9, .game = "{rules: breakthrough, rated: false}",
        .play = a_game_left_open, .seen_a = "game final first", .seen_b = "game final draw"),
};

int main(void)
{
    return keys_run(cases, COUNT_OF(cases));
}
