/* Turns a policy's keys into machines' variables; decides nothing. */
#include "orchestrator/event_input.h"

#include <string.h>

#include "schedule/schedule.h"

#define ENTRY(name, item)                                                                          \
    {                                                                                              \
        value_text(name), item                                                                     \
    }

static struct value span(int64_t ms)
{
    return value_duration(ms * 1000000);
}

/* ---- times ------------------------------------------------------------------------------- */

/* A local time of the policy in ms since the epoch; what a change of clocks leaves out is left to
 * the policy's `dst`. */
static enum status instant_of(const struct format *format, const char *local, int64_t *out_ms,
                              struct fault *out_fault)
{
    static const enum schedule_dst rules[] = {[FORMAT_DST_SKIP] = SCHEDULE_DST_SHIFT,
                                              [FORMAT_DST_SHIFT] = SCHEDULE_DST_SHIFT,
                                              [FORMAT_DST_BOTH] = SCHEDULE_DST_SHIFT,
                                              [FORMAT_DST_FIRST] = SCHEDULE_DST_FIRST};
    const struct schedule_rule rule = {.start = local,
                                       .zone = format->time.zone,
                                       .recurrence = "",
                                       .dst = rules[format->time.dst]};
    struct schedule_firing firing;
    struct schedule *schedule = NULL;
    if (yaml_read_timestamp(local, out_ms)) /* a moment already: see event_format_at() */
        return STATUS_OK;
    enum status status = schedule_open(&rule, &schedule, out_fault);
    if (status != STATUS_OK)
        return status;
    bool fires = schedule_next(schedule, &firing) && firing.fires;
    schedule_close(schedule);
    if (!fires)
        return fault_set(out_fault, 0, 0, "%s does not exist in %s", local, format->time.zone);
    *out_ms = firing.planned_ms;
    return STATUS_OK;
}

const struct format *event_format_at(struct arena *arena, const struct format *format,
                                     const char *starts_at)
{
    if (starts_at[0] == '\0')
        return format;
    struct format *copy = arena_alloc(arena, sizeof *copy);
    if (copy == NULL)
        return NULL;
    *copy = *format;
    copy->time.start = starts_at;
    copy->time.recurrence = "";
    return copy;
}

enum status event_begins_at(const struct format *format, int64_t *out_ms, struct fault *out_fault)
{
    *out_ms = 0;
    if (format->time.start[0] == '\0')
        return STATUS_OK;
    return instant_of(format, format->time.start, out_ms, out_fault);
}

static struct value before(int64_t start_ms, int64_t before_ms)
{
    return value_timestamp_ms(start_ms == 0 ? 0 : start_ms - before_ms);
}

/* By round, 0 for rounds without a time of their own; empty where no round has one. */
static enum status round_times(struct arena *arena, const struct format *format, int rounds,
                               struct value *out_list, struct fault *out_fault)
{
    size_t count = format->time.round_time_count > 0 ? (size_t)rounds : 0;
    struct value *items = arena_array(arena, count + 1, sizeof *items);
    if (items == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < count; i++)
        items[i] = value_timestamp_ms(0);
    for (size_t i = 0; i < format->time.round_time_count; i++) {
        const struct format_round_time *time = &format->time.round_times[i];
        int64_t at_ms = 0;
        enum status status = instant_of(format, time->start, &at_ms, out_fault);
        if (status != STATUS_OK)
            return status;
        if (time->round <= rounds)
            items[time->round - 1] = value_timestamp_ms(at_ms);
    }
    *out_list = value_list(items, count);
    return STATUS_OK;
}

/* By round: what a session break after it lasts beyond the usual time between rounds. */
static enum status round_breaks(struct arena *arena, const struct format *format, int rounds,
                                struct value *out_list)
{
    size_t count = format->time.break_count > 0 ? (size_t)rounds : 0;
    struct value *items = arena_array(arena, count + 1, sizeof *items);
    if (items == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < count; i++)
        items[i] = span(0);
    for (size_t i = 0; i < format->time.break_count; i++) {
        const struct format_break *pause = &format->time.breaks[i];
        int64_t beyond_ms = pause->duration_ms - format->time.between_rounds_ms;
        if (pause->after_round <= rounds && beyond_ms > 0)
            items[pause->after_round - 1] = span(beyond_ms);
    }
    *out_list = value_list(items, count);
    return STATUS_OK;
}

/* ---- maps -------------------------------------------------------------------------------- */

static enum status keep_map(struct arena *arena, const struct value_entry *entries, size_t count,
                            struct value *out_map)
{
    struct value_entry *kept = arena_array(arena, count, sizeof *kept);
    if (kept == NULL)
        return STATUS_FULL;
    memcpy(kept, entries, count * sizeof *kept);
    *out_map = value_map(kept, count);
    return STATUS_OK;
}

enum status event_input_merge(struct arena *arena, const struct value *maps, size_t count,
                              struct value *out_map)
{
    size_t room = 0;
    for (size_t i = 0; i < count; i++)
        room += maps[i].size;
    struct value_entry *entries = arena_array(arena, room + 1, sizeof *entries);
    if (entries == NULL)
        return STATUS_FULL;
    size_t used = 0;
    for (size_t i = count; i-- > 0;)
        for (size_t j = 0; j < maps[i].size; j++) {
            const struct value_entry *entry = &maps[i].as.entries[j];
            if (value_find(value_map(entries, used), entry->key) == NULL)
                entries[used++] = *entry;
        }
    *out_map = value_map(entries, used);
    return STATUS_OK;
}

/* A game that nobody finishes. */
static const char *const abandoned_words[] = {[FORMAT_ABANDONED_LOSS] = "loss",
                                              [FORMAT_ABANDONED_ADJUDICATED] = "adjudicated",
                                              [FORMAT_ABANDONED_DIRECTOR] = "director"};

/* ---- the machines ------------------------------------------------------------------------ */

enum status event_tournament_input(struct arena *arena, const struct format *format,
                                   struct value *out_input, struct fault *out_fault)
{
    int64_t begins_ms = 0;
    bool is_timed = format->time.begins == FORMAT_BEGINS_ON_TIME;
    enum status status = event_begins_at(format, &begins_ms, out_fault);
    if (status != STATUS_OK)
        return status;
    const struct value_entry entries[] = {
        ENTRY("starts_at", value_timestamp_ms(is_timed ? begins_ms : 0)),
        ENTRY("max_lateness", span(format->time.max_lateness_ms)),
        ENTRY("league", value_bool(format->league.season_ms > 0)),
        ENTRY("league_min", value_int(format->league.players_min)),
        ENTRY("ends",
              value_text(format->time.ends == FORMAT_ENDS_ALONE ? "automatic" : "director")),
    };
    return keep_map(arena, entries, COUNT_OF(entries), out_input);
}

static int tighter(int one, int other)
{
    return one == 0 || (other != 0 && other < one) ? other : one;
}

static int tighter_min(int one, int other)
{
    return one > other ? one : other;
}

/* Whether the policy lets players do it themselves. */
static bool is_for_players(const struct format *format, enum format_action action)
{
    return (format->authority[action].roles & FORMAT_ROLE_PLAYER) != 0;
}

static const char *entry_word(const struct format *format)
{
    const struct format_entry *entry = &format->entry;
    if (entry->assignment == FORMAT_ASSIGNMENT_BY_DIRECTOR ||
        !is_for_players(format, FORMAT_ACTION_register))
        return "director";
    switch (entry->registration) {
    case FORMAT_REGISTRATION_OPEN:
        return "open";
    case FORMAT_REGISTRATION_INVITED:
        return "invited";
    case FORMAT_REGISTRATION_DIRECTOR:
        return "director";
    }
    return "director";
}

static enum status entry_input(struct arena *arena, const struct format *format,
                               const struct format_division *division, int64_t begins_ms,
                               struct value *out_map)
{
    const struct format_entry *entry = &format->entry;
    bool by_band = entry->assignment == FORMAT_ASSIGNMENT_BY_RATING;
    int rating_min = tighter_min(entry->rating_min, by_band ? division->rating_min : 0);
    int rating_max = tighter(entry->rating_max, by_band ? division->rating_max : 0);
    int64_t opens_before_ms = format->league.season_ms > 0
                                  ? format->league.registration_opens_before_ms
                                  : format->time.registration_opens_before_ms;
    const struct value_entry entries[] = {
        ENTRY("entry", value_text(entry_word(format))),
        ENTRY("opens_at", before(opens_before_ms > 0 ? begins_ms : 0, opens_before_ms)),
        ENTRY("closes_at", before(format->time.registration_closes_before_ms > 0 ? begins_ms : 0,
                                  format->time.registration_closes_before_ms)),
        ENTRY("capacity", value_int(division->capacity)),
        ENTRY("event_capacity", value_int(entry->capacity)),
        ENTRY("waiting_list", value_bool(entry->waiting_list)),
        ENTRY("rating_min", value_double(rating_min)),
        ENTRY("rating_max", value_double(rating_max)),
        ENTRY("provisional", value_bool(entry->provisional)),
        ENTRY("games_min", value_int(entry->games_min)),
        ENTRY("account_age", span(entry->account_age_ms)),
        ENTRY("password", value_text(entry->password)),
        ENTRY("late_until", value_int(entry->late_until_round)),
        ENTRY("may_withdraw", value_bool(entry->withdrawal == FORMAT_WITHDRAWAL_BY_PLAYER &&
                                         is_for_players(format, FORMAT_ACTION_withdraw))),
        ENTRY("may_return", value_bool(entry->may_return)),
        ENTRY("byes_max", value_int(division->byes.requested_max)),
        ENTRY("byes_until", value_int(division->byes.requested_until_round)),
        ENTRY("other_events",
              value_text(entry->other_events == FORMAT_OTHER_EVENTS_REFUSE ? "refuse" : "allow")),
    };
    return keep_map(arena, entries, COUNT_OF(entries), out_map);
}

enum status event_missed_input(struct arena *arena, const struct format *format,
                               const struct format_division *division, struct value *out_map)
{
    static const char *const kinds[] = {[FORMAT_ABSENCE_ZERO] = "zero_bye",
                                        [FORMAT_ABSENCE_HALF] = "half_bye",
                                        [FORMAT_ABSENCE_FULL] = "bye",
                                        [FORMAT_ABSENCE_LOSS] = "bye"};
    bool is_full = format->entry.missed_rounds == FORMAT_ABSENCE_FULL;
    bool is_loss = format->entry.missed_rounds == FORMAT_ABSENCE_LOSS;
    int spread = is_full ? division->byes.spread : is_loss ? division->forfeit_spread : 0;
    bool is_arena = division->arena.duration_ms > 0; /* a wave without somebody is not missed */
    const struct value_entry entries[] = {
        ENTRY("missed_kind", value_text(is_arena ? "" : kinds[format->entry.missed_rounds])),
        ENTRY("missed_outcome", value_text(is_loss ? "second" : "bye")),
        ENTRY("missed_score", value_int(spread)),
    };
    return keep_map(arena, entries, COUNT_OF(entries), out_map);
}

static const char *const seeding_words[] = {[FORMAT_SEEDING_RATING] = "rating",
                                            [FORMAT_SEEDING_LISTED] = "listed",
                                            [FORMAT_SEEDING_LOT] = "lot"};

static enum status time_input(struct arena *arena, const struct format *format,
                              const struct format_division *division, int64_t begins_ms,
                              struct value *out_map, struct fault *out_fault)
{
    struct value times = value_null();
    struct value breaks = value_null();
    enum status status = round_times(arena, format, division->rounds, &times, out_fault);
    if (status == STATUS_OK)
        status = round_breaks(arena, format, division->rounds, &breaks);
    if (status != STATUS_OK)
        return status;
    bool has_check_in = format->time.check_in_opens_before_ms > 0;
    const struct value_entry entries[] = {
        ENTRY("seeding", value_text(seeding_words[division->seeding])),
        ENTRY("numbers_until", value_int(division->seeding == FORMAT_SEEDING_RATING
                                             ? format->changes.numbers_frozen_after_round
                                             : 0)),
        ENTRY("warnings_max", value_int(format->conduct.warnings_max)),
        ENTRY("next_round",
              value_text(division->is_advanced_by_director ? "director" : "automatic")),
        ENTRY("check_in", value_bool(has_check_in)),
        ENTRY("unchecked_removed", value_bool(format->no_show.unchecked_removed)),
        ENTRY("check_in_opens_at", before(begins_ms, format->time.check_in_opens_before_ms)),
        ENTRY("check_in_closes_at", before(begins_ms, format->time.check_in_closes_before_ms)),
        ENTRY("times", times),
        ENTRY("breaks", breaks),
        ENTRY("publish_delay", span(format->time.publish_delay_ms)),
        ENTRY("countdown", span(format->time.countdown_ms)),
        ENTRY("between_rounds", span(format->time.between_rounds_ms)),
        ENTRY("arena", span(division->arena.duration_ms)),
        ENTRY("wave", span(division->arena.wave_ms)),
        ENTRY("season", span(format->league.season_ms)),
        ENTRY("unfinished", value_text(abandoned_words[format->league.unfinished])),
    };
    return keep_map(arena, entries, COUNT_OF(entries), out_map);
}

enum status event_division_input(struct arena *arena, const struct format *format,
                                 const struct format_division *division, struct value *out_input,
                                 struct fault *out_fault)
{
    struct value maps[3];
    int64_t begins_ms = 0;
    enum status status = event_begins_at(format, &begins_ms, out_fault);
    if (status == STATUS_OK)
        status = entry_input(arena, format, division, begins_ms, &maps[0]);
    if (status == STATUS_OK)
        status = event_missed_input(arena, format, division, &maps[1]);
    if (status == STATUS_OK)
        status = time_input(arena, format, division, begins_ms, &maps[2], out_fault);
    if (status != STATUS_OK)
        return status;
    return event_input_merge(arena, maps, COUNT_OF(maps), out_input);
}

/* Somebody must go on from a match of the round. */
static bool is_knock_out(const struct format_division *division, int round)
{
    if (round < 1 || round > division->rounds)
        return false; /* a round added by the director, paired by hand */
    enum pairing_method method = format_range_of(division, round)->pairing.method;
    return method == PAIRING_ELIMINATION || method == PAIRING_DOUBLE_ELIMINATION;
}

enum status event_board_input(struct arena *arena, const struct format *format,
                              const struct format_division *division, int round,
                              struct value *out_input)
{
    const struct format_no_show *no_show = &format->no_show;
    bool is_at_round = format->time.start_clocks_at == FORMAT_CLOCKS_AT_ROUND;
    bool is_void = no_show->both_absent == FORMAT_BOTH_VOID;
    static const char *const gets[] = {[FORMAT_OPPONENT_FORFEIT_WIN] = "",
                                       [FORMAT_OPPONENT_FULL_BYE] = "bye",
                                       [FORMAT_OPPONENT_HALF_BYE] = "half_bye"};
    bool is_full = no_show->opponent_gets == FORMAT_OPPONENT_FULL_BYE;
    bool is_league = format->league.season_ms > 0;
    bool is_asked = format->time.ready_deadline_ms > 0;
    bool is_seen =
        strcmp(division->game.rules, "reported") != 0; /* each move; not on real boards */
    bool is_to_the_end = division->match_ends == FORMAT_MATCH_ALL_GAMES;
    const struct value_entry entries[] = {
        ENTRY("ready_within", span(format->time.ready_deadline_ms)),
        ENTRY("clocks_at", value_text(is_at_round ? "round" : "ready")),
        ENTRY("no_show_after", span(is_asked || is_seen ? no_show->forfeit_after_ms : 0)),
        ENTRY("no_shows_max", value_int(no_show->remove_after)),
        ENTRY("warn_before", span(no_show->warn_before_ms)),
        ENTRY("opponent_gets", value_text(gets[no_show->opponent_gets])),
        ENTRY("bye_spread", value_int(is_full ? division->byes.spread : 0)),
        ENTRY("remind_after", span(is_league ? format->league.reminder_after_ms : 0)),
        ENTRY("abandoned_after", span(is_seen ? format->conduct.abandoned_after_ms : 0)),
        ENTRY("abandoned", value_text(abandoned_words[format->conduct.abandoned])),
        ENTRY("both_absent", value_text(is_void ? "void" : "double_forfeit")),
        ENTRY("forfeit_spread", value_int(division->forfeit_spread)),
        ENTRY("timeout_spread", value_int(division->timeout_spread)),
        ENTRY("games", value_int(division->games_per_round)),
        ENTRY("match_ends", value_text(is_to_the_end ? "all_games" : "decided")),
        ENTRY("needs_winner", value_bool(is_knock_out(division, round))),
    };
    return keep_map(arena, entries, COUNT_OF(entries), out_input);
}
