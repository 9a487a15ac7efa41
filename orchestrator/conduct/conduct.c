/* What a game says of a player, and what follows from many. */
#include "orchestrator/conduct/conduct.h"

#include <assert.h>
#include <string.h>

#include "orchestrator/conduct/conduct_names.h"

#define MINUTE_MS ((int64_t)60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define NEVER_HOURS ((int64_t)1 << 40) /* since a suspension that never was */
#define MINUTES_MAX ((int64_t)60 * 24 * 365 * 10)

/* ---- expressions ------------------------------------------------------------------------- */

static bool holds(const struct expr_program *program, const struct expr_input *input)
{
    struct value value = expr_evaluate(program, input);
    return value.kind == VALUE_BOOL && value.as.boolean;
}

static int64_t minutes_of(const struct expr_program *program, const struct expr_input *input)
{
    struct value value = expr_evaluate(program, input);
    if (value.kind != VALUE_INT || value.as.integer < 0)
        return 0;
    return value.as.integer < MINUTES_MAX ? value.as.integer : MINUTES_MAX;
}

const char *conduct_judge(const struct conduct_policy *policy, const struct conduct_game *game,
                          struct arena *arena, double *out_points)
{
    struct value values[CONDUCT_VARIABLES_MAX];
    struct expr_input input = {.banks = {[CONDUCT_BANK_GAME] = values}, .arena = arena};
    conduct_game_values(game, values);
    *out_points = 0.0;
    if (policy->judged != NULL && !holds(policy->judged, &input))
        return NULL;
    for (int i = 0; i < policy->outcome_count; i++)
        if (holds(policy->outcomes[i].condition, &input)) {
            *out_points = policy->outcomes[i].points;
            return policy->outcomes[i].name;
        }
    return CONDUCT_GOOD;
}

bool conduct_is_excused(const struct conduct_policy *policy,
                        const struct conduct_incident *incidents, size_t count, int64_t ended_ms)
{
    for (size_t i = 0; i < count; i++)
        if (ended_ms >= incidents[i].from_ms - policy->immune_before_ms &&
            ended_ms <= incidents[i].to_ms + policy->immune_after_ms)
            return true;
    return false;
}

/* ---- sums -------------------------------------------------------------------------------- */

static bool is_bad(const struct conduct_entry *entry)
{
    return !entry->is_reversed && strcmp(entry->outcome, CONDUCT_GOOD) != 0;
}

static bool counts(const struct conduct_entry *entry)
{
    return !entry->is_reversed;
}

static double decayed(const struct conduct_policy *policy, double points, int64_t from_ms,
                      int64_t to_ms)
{
    if (policy->decay_every_ms > 0 && to_ms > from_ms)
        points -= (double)((to_ms - from_ms) / policy->decay_every_ms) * policy->decay_takes;
    return points > 0.0 ? points : 0.0;
}

static double with_entry(const struct conduct_policy *policy, double points,
                         const struct conduct_entry *entry)
{
    if (entry->is_reversed)
        return points;
    points += is_bad(entry) ? entry->points : -policy->good_takes;
    return points > 0.0 ? points : 0.0;
}

static double points_at(const struct conduct_policy *policy, const struct conduct_history *history,
                        int count, int64_t now_ms)
{
    double points = history->points_before;
    int64_t at_ms = history->points_at_ms;
    for (int i = 0; i < count; i++) {
        const struct conduct_entry *entry = &history->entries[i];
        points = with_entry(policy, decayed(policy, points, at_ms, entry->at_ms), entry);
        at_ms = entry->at_ms;
    }
    return decayed(policy, points, at_ms, now_ms);
}

/* Where the list of outcomes that count begins. */
static int list_begin(const struct conduct_policy *policy, const struct conduct_history *history,
                      int count)
{
    int begin = count;
    for (int kept = 0; begin > 0 && kept < policy->keep; begin--) {
        const struct conduct_entry *entry = &history->entries[begin - 1];
        if (policy->forgets_when_suspended && entry->measure == CONDUCT_SUSPENDED)
            break;
        kept += counts(entry);
    }
    return begin;
}

static void sum_list(const struct conduct_policy *policy, const struct conduct_history *history,
                     int count, struct conduct_sums *sums)
{
    for (int i = list_begin(policy, history, count); i < count; i++) {
        const struct conduct_entry *entry = &history->entries[i];
        if (!counts(entry))
            continue;
        sums->count++;
        sums->bad += is_bad(entry) ? entry->points : 0.0;
        sums->bad_in_a_row = is_bad(entry) ? sums->bad_in_a_row + 1 : 0;
        sums->newest_is_bad = is_bad(entry);
        sums->newest = entry->outcome;
    }
}

static void sum_measures(const struct conduct_history *history, int count, int64_t now_ms,
                         struct conduct_sums *sums)
{
    sums->suspensions = history->suspensions_before;
    sums->hours_since = NEVER_HOURS;
    for (int i = 0; i < count; i++) {
        const struct conduct_entry *entry = &history->entries[i];
        sums->warnings += entry->measure == CONDUCT_WARNED && entry->at_ms > now_ms - 30 * DAY_MS;
        if (entry->measure != CONDUCT_SUSPENDED)
            continue;
        sums->suspensions++;
        sums->suspensions_7d += entry->at_ms > now_ms - 7 * DAY_MS;
        sums->last_minutes = (entry->until_ms - entry->at_ms) / MINUTE_MS;
        sums->is_suspended = entry->until_ms > now_ms;
        sums->hours_since = sums->is_suspended ? 0 : (now_ms - entry->until_ms) / HOUR_MS;
    }
}

/* What is known after the first `count` entries, at `now_ms`. Measures of the last entry are not
 * there yet. */
static struct conduct_sums sum_up(const struct conduct_policy *policy,
                                  const struct conduct_history *history, int count, int64_t now_ms)
{
    struct conduct_sums sums = {.newest = ""};
    sums.points = points_at(policy, history, count, now_ms);
    sums.age_days = history->joined_ms > 0 ? (now_ms - history->joined_ms) / DAY_MS : 0;
    sum_list(policy, history, count, &sums);
    sum_measures(history, count, now_ms, &sums);
    return sums;
}

/* ---- adding ------------------------------------------------------------------------------ */

static void copy_text(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length >= size)
        length = size - 1;
    memcpy(out, text, length);
    out[length] = '\0';
}

/* Decides what follows from the last of the first `count` entries. */
static void decide(const struct conduct_policy *policy, struct conduct_history *history, int count,
                   struct arena *arena)
{
    struct conduct_entry *entry = &history->entries[count - 1];
    struct value values[CONDUCT_VARIABLES_MAX];
    struct expr_input input = {.banks = {[CONDUCT_BANK_STANDING] = values}, .arena = arena};
    entry->measure = CONDUCT_NONE;
    entry->until_ms = 0;
    entry->from[0] = entry->because[0] = '\0';
    if (entry->is_reversed)
        return;
    struct conduct_sums sums = sum_up(policy, history, count, entry->at_ms);
    conduct_sums_values(&sums, values);
    for (int i = 0; i < policy->rule_count; i++) {
        const struct conduct_rule *rule = &policy->rules[i];
        if (!holds(rule->condition, &input))
            continue;
        entry->measure = rule->measure;
        if (rule->measure == CONDUCT_SUSPENDED)
            entry->until_ms = entry->at_ms + minutes_of(rule->minutes, &input) * MINUTE_MS;
        copy_text(entry->from, sizeof entry->from, rule->from);
        copy_text(entry->because, sizeof entry->because, rule->because);
        return;
    }
}

static void drop_oldest(const struct conduct_policy *policy, struct conduct_history *history)
{
    const struct conduct_entry *oldest = &history->entries[0];
    history->points_before = with_entry(
        policy, decayed(policy, history->points_before, history->points_at_ms, oldest->at_ms),
        oldest);
    history->points_at_ms = oldest->at_ms;
    history->suspensions_before += oldest->measure == CONDUCT_SUSPENDED;
    memmove(&history->entries[0], &history->entries[1],
            sizeof history->entries[0] * (size_t)(history->count - 1));
    history->count--;
}

static int find(const struct conduct_history *history, const char *game_id)
{
    for (int i = history->count - 1; i >= 0; i--)
        if (strcmp(history->entries[i].game_id, game_id) == 0)
            return i;
    return -1;
}

const struct conduct_entry *conduct_add(const struct conduct_policy *policy,
                                        struct conduct_history *history, const char *game_id,
                                        const char *outcome, double points, int64_t at_ms,
                                        struct arena *arena)
{
    if (find(history, game_id) >= 0)
        return NULL;
    if (history->count == CONDUCT_ENTRIES_MAX)
        drop_oldest(policy, history);
    struct conduct_entry *entry = &history->entries[history->count++];
    *entry = (struct conduct_entry){.at_ms = at_ms, .points = points};
    copy_text(entry->game_id, sizeof entry->game_id, game_id);
    copy_text(entry->outcome, sizeof entry->outcome, outcome);
    if (history->joined_ms == 0)
        history->joined_ms = at_ms;
    decide(policy, history, history->count, arena);
    return entry;
}

bool conduct_appeal(const struct conduct_policy *policy, struct conduct_history *history,
                    const char *game_id, struct arena *arena)
{
    int index = find(history, game_id);
    if (index < 0 || history->entries[index].is_reversed)
        return false;
    history->entries[index].is_reversed = true;
    for (int i = index; i < history->count; i++)
        decide(policy, history, i + 1, arena);
    return true;
}

/* ---- telling ----------------------------------------------------------------------------- */

struct conduct_standing conduct_standing(const struct conduct_policy *policy,
                                         const struct conduct_history *history, int64_t now_ms)
{
    struct conduct_standing standing = {
        .points = points_at(policy, history, history->count, now_ms), .from = "", .because = ""};
    for (int i = history->count - 1; i >= 0; i--) {
        const struct conduct_entry *entry = &history->entries[i];
        bool runs = entry->measure == CONDUCT_SUSPENDED && entry->until_ms > now_ms;
        bool is_warning = entry->measure == CONDUCT_WARNED && entry->at_ms > now_ms - 30 * DAY_MS;
        if (!runs && !is_warning)
            continue;
        standing.measure = entry->measure;
        standing.until_ms = entry->until_ms;
        standing.from = runs ? entry->from : "";
        standing.because = entry->because;
        if (runs)
            return standing;
        break;
    }
    return standing;
}

/* What such an outcome would mean at that time. */
static struct conduct_entry imagine(const struct conduct_policy *policy,
                                    const struct conduct_history *history,
                                    const struct conduct_outcome *outcome, int64_t at_ms,
                                    struct arena *arena)
{
    struct conduct_history copy = *history;
    const struct conduct_entry *entry =
        conduct_add(policy, &copy, "?", outcome->name, outcome->points, at_ms, arena);
    assert(entry != NULL); /* no game is called that */
    return *entry;
}

int conduct_forecast(const struct conduct_policy *policy, const struct conduct_history *history,
                     int64_t now_ms, struct arena *arena,
                     struct conduct_forecast out_forecasts[CONDUCT_FORECASTS_MAX])
{
    static const int64_t horizons_ms[] = {HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS};
    int count = 0;
    for (int i = 0; i < policy->outcome_count; i++) {
        const struct conduct_outcome *outcome = &policy->outcomes[i];
        struct conduct_entry now = imagine(policy, history, outcome, now_ms, arena);
        if (now.measure == CONDUCT_NONE)
            continue;
        int64_t within_ms = 0;
        for (size_t h = 0; h < COUNT_OF(horizons_ms); h++) {
            if (imagine(policy, history, outcome, now_ms + horizons_ms[h], arena).measure !=
                now.measure)
                break;
            within_ms = horizons_ms[h];
        }
        out_forecasts[count++] = (struct conduct_forecast){
            .outcome = outcome->name,
            .measure = now.measure,
            .minutes =
                now.measure == CONDUCT_SUSPENDED ? (now.until_ms - now.at_ms) / MINUTE_MS : 0,
            .within_ms = within_ms};
    }
    return count;
}

const char *conduct_measure_name(enum conduct_measure measure)
{
    switch (measure) {
    case CONDUCT_NONE:
        return "";
    case CONDUCT_WARNED:
        return "warned";
    case CONDUCT_SUSPENDED:
        return "suspended";
    }
    return "";
}
