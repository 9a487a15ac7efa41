/* Keys of `time`: when things happen, seen in two events that differ in one key. They begin on
 * 2026-11-28 at 12:00 UTC. */
#include "base/attr.h"
#include "tests/contract/keys_scene.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };

/* ---- one event ------------------------------------------------------------------------------- */

#define PLAYING "SELECT coalesce(max(round), 0) FROM pairings WHERE status = 'playing'"

/* The round that is played so long after the result of the one before. */
static const char *round_after(struct clockwork *house, int reported, int64_t wait_ms)
{
    enter(house, 4);
    start(house);
    for (int i = 0; i < reported; i++)
        (void)report_games(house);
    clockwork_pass(house, wait_ms);
    return text_of("%s", clockwork_read(house, PLAYING));
}

static const char *half_an_hour_after_a_round(struct clockwork *house)
{
    return round_after(house, 1, 30 * MINUTE_MS);
}

static const char *at_seven(struct clockwork *house)
{
    return round_after(house, 1, 7 * HOUR_MS - 3 * 1000);
}

static const char *ten_hours_of_players(struct clockwork *house)
{
    enter(house, 4);
    clockwork_pass(house, 7 * HOUR_MS + 30 * MINUTE_MS); /* 19:30 UTC */
    return text_of("%s", clockwork_read(house, "SELECT count(*) FROM pairings"));
}

static const char *check_in_half_an_hour_before(struct clockwork *house)
{
    enter(house, 2);
    clockwork_pass(house, 90 * MINUTE_MS);
    return asked(house, "ann", "POST", EVENT "/check_in", "{}");
}

static const char *games_without_ready(struct clockwork *house)
{
    enter(house, 2);
    start(house);
    clockwork_pass(house, MINUTE_MS);
    const char *before = text_of("%s", clockwork_read(house, "SELECT count(*) FROM games"));
    clockwork_pass(house, 10 * MINUTE_MS);
    return text_of("%s, then %s", before, clockwork_read(house, "SELECT count(*) FROM games"));
}

/* ---- a series -------------------------------------------------------------------------------- */

/* 2027-03-26 12:00 UTC: on Sunday clocks are put forward. */
#define FRIDAY_MS INT64_C(1806062400000)

#define STARTS                                                                                     \
    "SELECT strftime('%d@%H:%M', starts_at_ms / 1000, 'unixepoch') FROM tournaments ORDER BY "     \
    "starts_at_ms"

static const char *starts_in(struct clockwork *house, int64_t ms)
{
    clockwork_pass(house, ms);
    return clockwork_read(house, STARTS);
}

static const char *sixty_hours(struct clockwork *house)
{
    return starts_in(house, 60 * HOUR_MS);
}

static const char *an_outage(struct clockwork *house)
{
    clockwork_pass(house, 7 * HOUR_MS);    /* 19:00 */
    clockwork_outage(house, 26 * HOUR_MS); /* two events should have begun at 20:00 */
    return starts_in(house, HOUR_MS);
}

static const char *first_appears(struct clockwork *house)
{
    clockwork_pass(house, 2 * DAY_MS);
    return clockwork_read(house, "SELECT strftime('%d@%H:%M', created_at_ms / 1000, 'unixepoch') "
                                 "FROM tournaments");
}

#define DAILY "start: 2026-11-28T20:00, begins: on_time, recurrence: FREQ=DAILY;COUNT=3"
#define LASTING DAILY ", announce: 1h, ends: director"

static const char *three_evenings(struct clockwork *house)
{
    for (int i = 0; i < 3; i++) {
        clockwork_pass(house, i == 0 ? 7 * HOUR_MS + 30 * MINUTE_MS : DAY_MS);
        for (int j = 0; j < 2; j++)
            (void)clockwork_ask(house, "dora", "POST",
                                text_of("/v1/tournaments/t-%d/entrants", i + 1),
                                "{'entrants': [{'player': '%s', 'name': 'x', 'seed': %d}]}",
                                j == 0 ? "ann" : "bob", j + 1);
    }
    clockwork_pass(house, 2 * HOUR_MS);
    return clockwork_read(house, "SELECT tournament_id || ':' || status FROM tournaments ORDER BY "
                                 "tournament_id");
}

static const struct key_case cases[] = {
    KEY(times_are_in_the_zone, .a = "UTC", .b = "Europe/Berlin",
        .policy = "time: {start: 2026-11-28T20:00, begins: on_time, zone: $}\n",
        .play = ten_hours_of_players, .seen_a = "0", .seen_b = "2"),
    KEY(check_in_ends_before_the_start, .a = "0s", .b = "1h",
        .policy = "time: {start: 2026-11-28T14:00, check_in_opens: 2h, check_in_closes: $}\n",
        .play = check_in_half_an_hour_before, .seen_a = "200",
        .seen_b = "409 check-in closed at 2026-11-28T13:00:00Z"),
    KEY(the_next_round_waits, .a = "5m", .b = "45m", .policy = "time: {between_rounds: $}\n",
        .rounds = 2, .play = half_an_hour_after_a_round, .seen_a = "2", .seen_b = "0"),
    KEY(clocks_run_from_ready_or_from_the_round, .a = "ready", .b = "round",
        .policy = "time: {ready_deadline: 10m, start_clocks_at: $}\n", .play = games_without_ready,
        .seen_a = "0, then 1", .seen_b = "1, then 1"),
    KEY(a_break_follows_its_round, .a = "1", .b = "2",
        .policy = "time: {session_breaks: [{after_round: $, duration: 1h}]}\n", .rounds = 3,
        .play = half_an_hour_after_a_round, .seen_a = "0", .seen_b = "2"),
    KEY(a_break_is_as_long_as_it_says, .a = "10m", .b = "1h",
        .policy = "time: {session_breaks: [{after_round: 1, duration: $}]}\n", .rounds = 2,
        .play = half_an_hour_after_a_round, .seen_a = "2", .seen_b = "0"),
    KEY(a_fixed_time_is_of_its_round, .a = "2", .b = "3",
        .policy = "time: {round_times: [{round: $, start: 2026-11-28T20:00}]}\n", .rounds = 3,
        .play = at_seven, .seen_a = "0", .seen_b = "2"),
    KEY(a_round_begins_at_its_fixed_time, .a = "2026-11-28T18:00", .b = "2026-11-28T20:00",
        .policy = "time: {round_times: [{round: 2, start: $}]}\n", .rounds = 2, .play = at_seven,
        .seen_a = "2", .seen_b = "0"),
    KEY(a_rule_makes_a_series, .a = "FREQ=DAILY;COUNT=3", .b = "FREQ=DAILY;INTERVAL=2;COUNT=2",
        .policy =
            "time: {start: 2026-11-28T20:00, begins: on_time, recurrence: $, overlap: allow}\n",
        .is_series = true, .play = sixty_hours, .seen_a = "28@20:00 29@20:00 30@20:00",
        .seen_b = "28@20:00 30@20:00"),
    KEY(excluded_days_have_no_event, .a = "[2026-12-25]", .b = "[2026-11-29]",
        .policy = "time: {" DAILY ", overlap: allow, exclude: $}\n", .is_series = true,
        .play = sixty_hours, .seen_a = "28@20:00 29@20:00 30@20:00", .seen_b = "28@20:00 30@20:00"),
    KEY(a_start_that_summer_time_leaves_out, .a = "shift", .b = "skip",
        .policy = "time: {start: 2027-03-27T02:30, zone: Europe/Berlin, begins: on_time, "
                  "recurrence: FREQ=DAILY;COUNT=3, overlap: allow, dst: $}\n",
        .is_series = true, .start_ms = FRIDAY_MS, .play = sixty_hours,
        .seen_a = "27@01:30 28@01:30 29@00:30", .seen_b = "27@01:30 29@00:30"),
    KEY(events_begin_later_by_lot, .a = "0s", .b = "50m",
        .policy = "time: {" DAILY ", overlap: allow, jitter: $}\n", .is_series = true,
        .play = sixty_hours, .seen_a = "28@20:00 29@20:00 30@20:00",
        .seen_b = "28@20:41 29@20:24 30@20:04"),
    KEY(an_event_is_due_while_the_last_one_runs, .a = "skip", .b = "allow",
        .policy = "time: {" LASTING ", overlap: $}\n", .is_series = true, .play = three_evenings,
        .seen_a = "t-1:running", .seen_b = "t-1:running t-2:running t-3:running"),
    KEY(an_event_that_is_due_may_end_the_last_one, .a = "wait", .b = "cancel",
        .policy = "time: {" LASTING ", overlap: $}\n", .is_series = true, .play = three_evenings,
        .seen_a = "t-1:running", .seen_b = "t-1:cancelled t-2:cancelled t-3:running"),
    KEY(missed_events_are_made_up_for, .a = "none", .b = "latest",
        .policy =
            "time: {" DAILY ", announce: 30m, overlap: allow, max_lateness: 2d, catch_up: $}\n",
        .is_series = true, .play = an_outage, .seen_a = "", .seen_b = "29@20:00"),
    KEY(the_latest_or_all_of_them, .a = "latest", .b = "all",
        .policy =
            "time: {" DAILY ", announce: 30m, overlap: allow, max_lateness: 2d, catch_up: $}\n",
        .is_series = true, .play = an_outage, .seen_a = "29@20:00", .seen_b = "28@20:00 29@20:00"),
    KEY(what_is_too_late_is_not_made_up_for, .a = "2d", .b = "12h",
        .policy =
            "time: {" DAILY ", announce: 30m, overlap: allow, catch_up: all, max_lateness: $}\n",
        .is_series = true, .play = an_outage, .seen_a = "28@20:00 29@20:00", .seen_b = "29@20:00"),
    KEY(an_event_appears_before_its_start, .a = "1h", .b = "3h",
        .policy = "time: {start: 2026-11-28T20:00, begins: on_time, recurrence: "
                  "FREQ=DAILY;COUNT=1, announce: $}\n",
        .is_series = true, .play = first_appears, .seen_a = "28@19:00", .seen_b = "28@17:00"),
};

int main(void)
{
    return keys_run(cases, COUNT_OF(cases));
}
