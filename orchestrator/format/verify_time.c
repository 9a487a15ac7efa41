/* Are all local times real, and does an evening fit its session? */
#include "orchestrator/format/verify.h"

#include <string.h>

#include "fsm/expr/calendar.h"
#include "orchestrator/format/format_schedule.h"
#include "schedule/zone.h"

enum { TURNS_ASSUMED = 30, YEARS_AHEAD = 5, FIRINGS_MAX = 4000 };

/* ---- clocks ------------------------------------------------------------------------------ */

/* "2026-11-28T20:00" as if it were UTC; the reader has checked the form. */
static int64_t local_seconds(const char *text)
{
    char full[CALENDAR_TEXT_MAX] = "";
    struct value moment = {0};
    size_t size = strlen(text);
    memcpy(full, text, size);
    memcpy(full + size, size == 16 ? ":00Z" : "Z", size == 16 ? 5 : 2);
    (void)expr_calendar_parse_timestamp(full, strlen(full), &moment); /* see above */
    return moment.as.integer;
}

/* A time that is meant to be one moment. */
static void check_moment(const struct verification *v, const struct zone *zone, const char *local,
                         const struct yaml_node *node)
{
    struct zone_moments moments = zone_moments_of(zone, local_seconds(local));
    if (moments.count == 0 && yaml_get(yaml_get(v->root, "time"), "dst") != NULL) {
        (void)yaml_warning(v->faults, node,
                           "%s does not exist in %s: clocks go forward over it, and `dst` moves it",
                           local, v->format->time.zone);
    } else if (moments.count == 0) {
        (void)yaml_error(v->faults, node, "%s does not exist in %s: clocks go forward over it",
                         local, v->format->time.zone);
        yaml_hint(v->faults, "they go forward by %d minutes; write a time before or after",
                  moments.gap_seconds / 60);
    } else if (moments.count == 2) {
        (void)yaml_warning(v->faults, node, "%s comes twice in %s: the first one is meant", local,
                           v->format->time.zone);
    }
}

static void check_first(const struct verification *v, const struct schedule_firing *firing,
                        const struct yaml_node *time)
{
    if (strncmp(firing->local, v->format->time.start, strlen(firing->local)) != 0)
        (void)yaml_warning(v->faults, yaml_get(time, "start"),
                           "the rule has no event at the start; the first is at %s", firing->local);
}

/* Whether a change of clocks decides about a firing that the policy says nothing about. */
static bool is_clean(const struct verification *v, const struct schedule_firing *firing,
                     const struct yaml_node *time)
{
    bool is_moved = firing->note == SCHEDULE_LEFT_OUT_GAP || firing->note == SCHEDULE_SHIFTED;
    if (!is_moved || yaml_get(time, "dst") != NULL)
        return true;
    (void)yaml_error(v->faults, format_node(time, "recurrence"),
                     "%s does not exist in %s: clocks go forward over it", firing->local,
                     v->format->time.zone);
    yaml_hint(v->faults, "say what such an event does: `dst: shift`, `skip`, `first` or `both`");
    return false;
}

/* Overlap is judged when an event is announced: the one before must have had time to be over. */
static bool is_apart(const struct verification *v, const struct schedule_firing *firing,
                     int64_t before_ms, const struct yaml_node *time)
{
    const struct format_time *rules = &v->format->time;
    int64_t apart_ms = firing->planned_ms - before_ms;
    if (rules->overlap == FORMAT_OVERLAP_ALLOW || rules->announce_before_ms < apart_ms)
        return true;
    (void)yaml_error(v->faults, format_node(time, "announce"),
                     "the event at %s is announced before the one in front of it begins, %d hours "
                     "earlier",
                     firing->local, (int)(apart_ms / 3600000));
    yaml_hint(v->faults, "announce it later, or write `overlap: allow`");
    return false;
}

/* Walks some years of a series. */
static void check_series(const struct verification *v, struct schedule *schedule,
                         const struct yaml_node *time)
{
    struct schedule_firing firing;
    int64_t end_ms = INT64_MAX;
    int64_t before_ms = INT64_MIN / 2;
    for (int i = 0; i < FIRINGS_MAX && schedule_next(schedule, &firing); i++) {
        if (i == 0) {
            end_ms = firing.planned_ms + INT64_C(86400000) * 366 * YEARS_AHEAD;
            check_first(v, &firing, time);
        }
        if (firing.planned_ms > end_ms || !is_clean(v, &firing, time) ||
            (firing.fires && !is_apart(v, &firing, before_ms, time)))
            return;
        if (firing.fires)
            before_ms = firing.planned_ms;
    }
}

static const struct yaml_node *fault_place(const struct yaml_node *time, enum status status)
{
    return format_node(time, status == STATUS_NOT_FOUND ? "zone" : "recurrence");
}

void verify_clocks(const struct verification *v)
{
    const struct format_time *rules = &v->format->time;
    const struct yaml_node *time = yaml_get(v->root, "time");
    const struct zone *zone = NULL;
    struct schedule *schedule = NULL;
    struct fault fault = {0};
    if (time == NULL)
        return;
    enum status status = zone_load(v->arena, rules->zone, &zone, &fault);
    if (status == STATUS_OK && rules->start[0] != '\0') {
        struct schedule_rule rule = format_schedule_rule(v->format, 0);
        status = schedule_open(&rule, &schedule, &fault);
    }
    if (status != STATUS_OK) {
        (void)yaml_error(v->faults, fault_place(time, status), "%s", fault.text);
        yaml_hint(v->faults, "%s",
                  fault.hint[0] != '\0' ? fault.hint : "RFC 5545, section 3.3.10, has rules");
        return;
    }
    if (schedule != NULL && rules->recurrence[0] != '\0')
        check_series(v, schedule, time);
    else if (schedule != NULL)
        check_moment(v, zone, rules->start, yaml_get(time, "start"));
    for (size_t i = 0; i < rules->round_time_count; i++)
        check_moment(v, zone, rules->round_times[i].start,
                     yaml_get(&yaml_get(time, "round_times")->items[i], "start"));
    schedule_close(schedule);
}

/* ---- sessions ---------------------------------------------------------------------------- */

int64_t format_round_ms(const struct format *format, const struct format_division *division)
{
    const struct format_game *game = &division->game;
    int64_t longest = format->time.longest_game_ms;
    if (longest == 0 && game->clock == FORMAT_CLOCK_CORRESPONDENCE)
        longest = 2 * (TURNS_ASSUMED * game->initial_time_ms + game->time_bank_ms);
    else if (longest == 0 && game->initial_time_ms > 0)
        longest =
            2 * (game->initial_time_ms + game->overtime_ms + TURNS_ASSUMED * game->increment_ms);
    if (longest == 0)
        return 0;
    return longest * division->games_per_round + format->time.ready_deadline_ms;
}

static bool is_break_after(const struct format *format, int round)
{
    for (size_t i = 0; i < format->time.break_count; i++)
        if (format->time.breaks[i].after_round == round)
            return true;
    return false;
}

static const char *duration_text(const struct verification *v, int64_t ms)
{
    int64_t minutes = (ms + 59999) / 60000;
    const char *text = minutes < 60        ? arena_format(v->arena, "%dm", (int)minutes)
                       : minutes % 60 == 0 ? arena_format(v->arena, "%dh", (int)(minutes / 60))
                                           : arena_format(v->arena, "%dh%dm", (int)(minutes / 60),
                                                          (int)(minutes % 60));
    return text != NULL ? text : "";
}

static void check_session(const struct verification *v, const struct format_division *division,
                          int first, int last, const struct yaml_node *node)
{
    const struct format_time *time = &v->format->time;
    int64_t round_ms = format_round_ms(v->format, division);
    int64_t pause_ms = time->between_rounds_ms + time->publish_delay_ms;
    int64_t opening_ms = time->countdown_ms + (first == 1 ? time->publish_delay_ms : 0);
    int rounds = last - first + 1;
    int64_t sum_ms = opening_ms + rounds * round_ms + (rounds - 1) * pause_ms;
    if (sum_ms <= time->session_ms)
        return;
    int64_t fit = (time->session_ms - opening_ms + pause_ms) / (round_ms + pause_ms);
    (void)yaml_error(v->faults, node,
                     "rounds %d to %d of '%s' may take %s, and the session is %s: %d of up to %s, "
                     "%s before the first, %s between two",
                     first, last, division->name, duration_text(v, sum_ms),
                     duration_text(v, time->session_ms), rounds, duration_text(v, round_ms),
                     duration_text(v, opening_ms), duration_text(v, pause_ms));
    yaml_hint(v->faults, "%d rounds fit; shorter clocks, fewer rounds or `session_breaks` help",
              fit > 0 ? (int)fit : 0);
}

static void check_sessions_of(const struct verification *v, const struct format_division *division,
                              const struct yaml_node *time)
{
    const struct yaml_node *node = yaml_get(time, "session");
    if (format_round_ms(v->format, division) == 0) {
        (void)yaml_warning(v->faults, node,
                           "'%s' has no clock: how long its rounds take is not known",
                           division->name);
        yaml_hint(v->faults, "write `longest_game: 50m`");
        return;
    }
    int first = 1;
    for (int round = 1; round <= division->rounds; round++)
        if (round == division->rounds || is_break_after(v->format, round)) {
            check_session(v, division, first, round, node);
            first = round + 1;
        }
}

static void check_round_times(const struct verification *v, const struct format_division *division,
                              const struct yaml_node *time)
{
    const struct format_round_time *times = v->format->time.round_times;
    int64_t round_ms = format_round_ms(v->format, division);
    for (size_t i = 1; i < v->format->time.round_time_count && round_ms > 0; i++) {
        int64_t apart_ms =
            1000 * (local_seconds(times[i].start) - local_seconds(times[i - 1].start));
        int rounds = times[i].round - times[i - 1].round;
        if (times[i].round > division->rounds || apart_ms >= rounds * round_ms)
            continue;
        (void)yaml_error(v->faults, yaml_get(&yaml_get(time, "round_times")->items[i], "start"),
                         "round %d of '%s' begins %s after round %d, which may take %s",
                         times[i].round, division->name, duration_text(v, apart_ms),
                         times[i - 1].round, duration_text(v, rounds * round_ms));
        yaml_hint(v->faults, "begin it later, or say how long a game takes: `longest_game`");
    }
}

void verify_sessions(const struct verification *v)
{
    const struct yaml_node *time = yaml_get(v->root, "time");
    for (size_t i = 0; i < v->format->division_count; i++) {
        if (v->format->time.session_ms > 0 && v->format->divisions[i].arena.duration_ms == 0)
            check_sessions_of(v, &v->format->divisions[i], time);
        check_round_times(v, &v->format->divisions[i], time);
    }
}
