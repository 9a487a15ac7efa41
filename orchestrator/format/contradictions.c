/* What keys of an event say against each other. Each rule is one function; the place of a fault is
 * the key that should change, its text names the other one. Divisions are
 * contradictions_division.c's. */
#include "orchestrator/format/contradictions.h"

#include <string.h>

const struct yaml_node *format_node(const struct yaml_node *inside, const char *key)
{
    const struct yaml_node *node = yaml_get(inside, key);
    return node != NULL ? node : inside;
}

/* ---- time -------------------------------------------------------------------------------- */

static void check_start(const struct format_time *time, const struct yaml_node *node,
                        struct yaml_faults *faults)
{
    if (time->start[0] != '\0')
        return;
    if (time->begins == FORMAT_BEGINS_ON_TIME) {
        (void)yaml_error(faults, format_node(node, "begins"),
                         "the event begins on time, but there is no `start`");
        yaml_hint(faults, "give `start`, or leave it to the director");
    }
    if (time->recurrence[0] != '\0') {
        (void)yaml_error(faults, format_node(node, "recurrence"),
                         "a series needs the `start` of its first event");
        yaml_hint(faults, "write `start: 2026-11-28T20:00`");
    }
    if (time->check_in_opens_before_ms > 0)
        (void)yaml_warning(faults, format_node(node, "check_in_opens"),
                           "without a `start` a director opens and closes check-in");
}

static void check_windows(const struct format_time *time, const struct yaml_node *node,
                          struct yaml_faults *faults)
{
    if (time->registration_opens_before_ms > 0 &&
        time->registration_closes_before_ms >= time->registration_opens_before_ms) {
        (void)yaml_error(faults, format_node(node, "registration_closes"),
                         "registration would close before it opens");
        yaml_hint(faults, "both say how long before the start: `registration_closes` is the "
                          "shorter one");
    }
    if (time->check_in_closes_before_ms > 0 &&
        time->check_in_closes_before_ms >= time->check_in_opens_before_ms) {
        (void)yaml_error(faults, format_node(node, "check_in_closes"),
                         "check-in would close before it opens");
        yaml_hint(faults, "both say how long before the start: `check_in_closes` is the shorter "
                          "one");
    }
}

static void check_series(const struct format_time *time, const struct yaml_node *node,
                         struct yaml_faults *faults)
{
    static const char *const keys[] = {"exclude", "jitter", "overlap", "catch_up"};
    if (time->recurrence[0] != '\0' && time->round_time_count > 0) {
        (void)yaml_error(faults, format_node(node, "round_times"),
                         "every event of the series would play its rounds on the same days");
        yaml_hint(faults, "leave `round_times` out, or `recurrence`");
    }
    if (time->recurrence[0] != '\0')
        return;
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (yaml_get(node, keys[i]) != NULL) {
            (void)yaml_error(faults, yaml_get(node, keys[i]),
                             "`%s` is about a series, and there is no `recurrence`", keys[i]);
            yaml_hint(faults, "write `recurrence: FREQ=WEEKLY;BYDAY=SA`, or leave `%s` out",
                      keys[i]);
        }
}

static int most_rounds(const struct format *format)
{
    int most = 0;
    for (size_t i = 0; i < format->division_count; i++)
        if (format->divisions[i].rounds > most)
            most = format->divisions[i].rounds;
    return most;
}

static void check_breaks(const struct format *format, const struct yaml_node *node,
                         struct yaml_faults *faults)
{
    const struct yaml_node *list = yaml_get(node, "session_breaks");
    int before = 0;
    for (size_t i = 0; i < format->time.break_count; i++) {
        int round = format->time.breaks[i].after_round;
        const struct yaml_node *at = format_node(&list->items[i], "after_round");
        if (round <= before)
            (void)yaml_error(faults, at, "breaks come in the order of rounds, each round once");
        else if (round >= most_rounds(format))
            (void)yaml_error(faults, at, "no round follows round %d to have a break before it",
                             round);
        before = round;
    }
}

static void check_round_times(const struct format *format, const struct yaml_node *node,
                              struct yaml_faults *faults)
{
    const struct yaml_node *list = yaml_get(node, "round_times");
    const struct format_round_time *times = format->time.round_times;
    for (size_t i = 0; i < format->time.round_time_count; i++) {
        if (times[i].round > most_rounds(format))
            (void)yaml_error(faults, format_node(&list->items[i], "round"),
                             "no division has a round %d", times[i].round);
        if (i == 0)
            continue;
        if (times[i].round <= times[i - 1].round)
            (void)yaml_error(faults, format_node(&list->items[i], "round"),
                             "rounds come in their order, each once");
        else if (strcmp(times[i].start, times[i - 1].start) <= 0)
            (void)yaml_error(faults, format_node(&list->items[i], "start"),
                             "round %d would not begin after round %d", times[i].round,
                             times[i - 1].round);
    }
}

/* ---- entry ------------------------------------------------------------------------------- */

static void check_band(int low, int high, const struct yaml_node *node, struct yaml_faults *faults)
{
    if (high > 0 && low > high) {
        (void)yaml_error(faults, format_node(node, "rating_max"), "nobody is rated from %d to %d",
                         low, high);
        yaml_hint(faults, "`rating_min` is the lower one");
    }
}

static void check_invited(const struct format_entry *entry, const struct yaml_node *node,
                          struct yaml_faults *faults)
{
    bool is_listed = entry->invited.count > 0;
    if (entry->registration == FORMAT_REGISTRATION_INVITED && !is_listed) {
        (void)yaml_error(faults, format_node(node, "registration"),
                         "only the invited may enter, and nobody is");
        yaml_hint(faults, "write `invited: [ann, bob]`");
    }
    if (entry->registration != FORMAT_REGISTRATION_INVITED && is_listed) {
        (void)yaml_error(faults, format_node(node, "invited"),
                         "the list keeps nobody out unless registration is `invited`");
        yaml_hint(faults, "write `registration: invited`");
    }
}

static void check_room(const struct format *format, const struct yaml_node *node,
                       struct yaml_faults *faults)
{
    if (format->entry.players_min > format->entry.capacity)
        (void)yaml_error(faults, format_node(node, "players_min"),
                         "%d players are needed and %d fit", format->entry.players_min,
                         format->entry.capacity);
    if (format->entry.late_until_round > most_rounds(format))
        (void)yaml_error(faults, format_node(node, "late_until_round"),
                         "no division has a round %d", format->entry.late_until_round);
}

/* ---- absence, changes, league ------------------------------------------------------------ */

static void check_no_show(const struct format *format, const struct yaml_node *node,
                          struct yaml_faults *faults)
{
    const struct format_no_show *rules = &format->no_show;
    if (rules->warn_before_ms > 0 && rules->warn_before_ms >= rules->forfeit_after_ms)
        (void)yaml_error(faults, format_node(node, "warn_before"),
                         "the warning would come before the round: `forfeit_after` is shorter");
    if (rules->remove_after > 0 && rules->forfeit_after_ms == 0) {
        (void)yaml_error(faults, format_node(node, "remove_after"),
                         "no-shows are not counted without `forfeit_after`");
        yaml_hint(faults, "write `forfeit_after: 10m`");
    }
    if (rules->forfeit_after_ms > 0 && rules->forfeit_after_ms < format->time.ready_deadline_ms)
        (void)yaml_error(faults, format_node(node, "forfeit_after"),
                         "boards would be forfeited before time.ready_deadline has passed");
}

/* Whether everybody plays on real boards, where the house sees no move. */
static bool is_all_reported(const struct format *format)
{
    for (size_t i = 0; i < format->division_count; i++)
        if (strcmp(format->divisions[i].game.rules, "reported") != 0)
            return false;
    return format->division_count > 0;
}

static void check_unseen(const struct format *format, const struct yaml_node *no_show,
                         const struct yaml_node *conduct, struct yaml_faults *faults)
{
    if (!is_all_reported(format))
        return;
    if (format->no_show.forfeit_after_ms > 0 && format->time.ready_deadline_ms == 0) {
        (void)yaml_error(faults, format_node(no_show, "forfeit_after"),
                         "nobody is asked whether he is there, and moves of reported games are "
                         "not seen");
        yaml_hint(faults, "write `time: {ready_deadline: 5m}`, or leave `forfeit_after` out");
    }
    if (format->conduct.abandoned_after_ms > 0)
        (void)yaml_error(faults, format_node(conduct, "abandoned_after"),
                         "moves of reported games are not seen: nobody can tell who has left");
}

static void check_changes(const struct format_change *changes, const struct yaml_node *node,
                          struct yaml_faults *faults)
{
    const struct yaml_node *list = yaml_get(node, "frozen");
    for (size_t i = 0; i < changes->frozen.count; i++) {
        struct format_place place;
        const char *path = changes->frozen.items[i];
        if (format_key_find(path, &place))
            continue;
        (void)yaml_error(faults, &list->items[i], "there is no key `%.60s`", path);
        if (format_key_nearest(path, &place))
            yaml_hint(faults, "did you mean `%s`?", place.path);
        else
            yaml_hint(faults, "write the whole path: divisions.byes.points");
    }
}

/* A season has as many rounds as its largest division needs, and they are made by the league. */
static void check_season(const struct format *format, const struct yaml_node *root,
                         struct yaml_faults *faults)
{
    const struct format_league *league = &format->league;
    if (league->season_ms == 0 || format->division_count == 0)
        return;
    const struct format_division *division = &format->divisions[0];
    const struct yaml_node *node = &yaml_get(root, "divisions")->items[0];
    int largest = league->division_size + league->division_size_min - 1;
    if (format->division_count > 1)
        (void)yaml_error(faults, yaml_get(root, "divisions"),
                         "a league has one division here: the others are dealt like it when a "
                         "season begins");
    if (division->ranges[0].pairing.method != PAIRING_ROUND_ROBIN)
        (void)yaml_error(faults, format_node(node, "pairing"),
                         "a season is a round robin; its method is `%s`",
                         pairing_method_name(division->ranges[0].pairing.method));
    if (division->rounds < largest) {
        (void)yaml_error(faults, format_node(node, "rounds"),
                         "a division of %d players, which a smaller last one has joined, needs %d "
                         "rounds",
                         largest, largest);
        yaml_hint(faults, "write `rounds: %d`, and all of them as `round_robin`", largest);
    }
    if (league->players_min > division->capacity)
        (void)yaml_error(faults, format_node(node, "capacity"),
                         "%d players are needed for a season and %d fit", league->players_min,
                         division->capacity);
}

static void check_league(const struct format_league *league, const struct yaml_node *node,
                         struct yaml_faults *faults)
{
    if (league->division_size_min > league->division_size)
        (void)yaml_error(faults, format_node(node, "division_size_min"),
                         "the smallest division (%d) is larger than a usual one (%d)",
                         league->division_size_min, league->division_size);
    if (node != NULL && league->season_ms == 0) {
        (void)yaml_error(faults, node, "a league needs a `season`");
        yaml_hint(faults, "write `season: 30d`");
    }
    if (league->season_ms > 0 && league->registration_opens_before_ms >= league->season_ms)
        (void)yaml_error(faults, format_node(node, "registration_opens"),
                         "registration would open before the season in front of it begins");
}

/* ---- divisions against the event --------------------------------------------------------- */

static bool bands_overlap(const struct format_division *one, const struct format_division *other)
{
    int one_max = one->rating_max > 0 ? one->rating_max : INT32_MAX;
    int other_max = other->rating_max > 0 ? other->rating_max : INT32_MAX;
    return one->rating_min <= other_max && other->rating_min <= one_max;
}

static void check_bands(const struct format *format, const struct yaml_node *divisions,
                        struct yaml_faults *faults)
{
    for (size_t i = 0; i < format->division_count; i++) {
        const struct format_division *one = &format->divisions[i];
        check_band(one->rating_min, one->rating_max, &divisions->items[i], faults);
        for (size_t j = 0; format->entry.assignment == FORMAT_ASSIGNMENT_BY_RATING && j < i; j++)
            if (bands_overlap(one, &format->divisions[j]))
                (void)yaml_error(faults, format_node(&divisions->items[i], "rating_min"),
                                 "a rating may belong to '%s' and to '%s'", one->name,
                                 format->divisions[j].name);
    }
}

void format_contradictions(const struct format *format, const struct yaml_node *root,
                           struct yaml_faults *faults)
{
    const struct yaml_node *time = yaml_get(root, "time");
    const struct yaml_node *entry = yaml_get(root, "entry");
    const struct yaml_node *divisions = yaml_get(root, "divisions");
    check_start(&format->time, time, faults);
    check_windows(&format->time, time, faults);
    check_series(&format->time, time, faults);
    check_breaks(format, time, faults);
    check_round_times(format, time, faults);
    check_band(format->entry.rating_min, format->entry.rating_max, entry, faults);
    check_invited(&format->entry, entry, faults);
    check_room(format, entry, faults);
    check_no_show(format, yaml_get(root, "no_show"), faults);
    check_unseen(format, yaml_get(root, "no_show"), yaml_get(root, "conduct"), faults);
    check_changes(&format->changes, yaml_get(root, "changes"), faults);
    check_league(&format->league, yaml_get(root, "league"), faults);
    check_season(format, root, faults);
    check_bands(format, divisions, faults);
    for (size_t i = 0; i < format->division_count; i++)
        format_division_contradictions(format, &format->divisions[i], &divisions->items[i], faults);
}
