/* What a simulation found out, for people. */
#include "cli/simulate.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    MINUTE_MS = 60000,
    HOUR_MINUTES = 60,
    DAY_MINUTES = 24 * 60,
    NAME_WIDTH = 24,
    TIME_SIZE = 32,
    TROUBLES_SHOWN = 40
};

/* "1:07", "-0:05", "3 d 4:10"; "never" where it is not a time. */
static const char *time_text(double at_ms, char out[TIME_SIZE])
{
    if (isnan(at_ms)) {
        (void)snprintf(out, TIME_SIZE, "never");
        return out;
    }
    int64_t minutes = (int64_t)((fabs(at_ms) + MINUTE_MS / 2) / MINUTE_MS);
    const char *sign = at_ms < 0 && minutes > 0 ? "-" : "";
    int64_t of_day = minutes % DAY_MINUTES;
    char day[TIME_SIZE] = "";
    if (minutes >= DAY_MINUTES)
        (void)snprintf(day, sizeof day, "%" PRId64 " d ", minutes / DAY_MINUTES); /* fits */
    (void)snprintf(out, TIME_SIZE, "%s%.20s%d:%02d", sign, day, (int)(of_day / HOUR_MINUTES),
                   (int)(of_day % HOUR_MINUTES)); /* fits */
    return out;
}

static const char *moment_text(int64_t at_ms, char out[TIME_SIZE])
{
    return time_text(at_ms == TALE_NEVER_MS ? NAN : (double)at_ms, out);
}

static const char *name_of(const struct tale *tale, int player)
{
    return player >= 0 ? tale->players[player].name : "bye";
}

/* ---- the timetable ------------------------------------------------------------------------- */

static void print_span(const struct simulate_result *result, const struct tale_round *round,
                       const char *what, int64_t at_ms, struct buffer *out)
{
    char name[64];
    char text[TIME_SIZE];
    (void)snprintf(name, sizeof name, "%.40s round %d %s", result->tale.divisions[round->division],
                   round->number, what); /* fits */
    const struct sample_series *series = sample_find(&result->sample, name);
    buffer_format(out, " %8s", moment_text(at_ms, text));
    if (series == NULL || result->sample.runs == 1)
        return;
    struct sample_summary summary;
    char earliest[TIME_SIZE];
    char latest[TIME_SIZE];
    sample_summarise(series->values, result->sample.runs, &summary);
    buffer_format(out, "  %6s (%s to %s)", time_text(summary.percentiles[2], text),
                  time_text(summary.percentiles[0], earliest),
                  time_text(summary.percentiles[4], latest));
}

static void print_timetable(const struct simulate_result *result, struct buffer *out)
{
    const struct tale *tale = &result->tale;
    int division = -1;
    char text[TIME_SIZE];
    buffer_append_text(out, "Timetable, in hours and minutes from the opening");
    if (result->sample.runs > 1)
        buffer_format(out, ": seed %" PRIu64 ", then the middle of %d runs (5 %% to 95 %%)",
                      tale->seed, result->sample.runs);
    buffer_append_char(out, '\n');
    for (int i = 0; i < tale->round_count; i++) {
        const struct tale_round *round = &tale->rounds[i];
        if (round->division != division)
            buffer_format(out, "  %s\n", tale->divisions[division = round->division]);
        if (round->number <= tale->recorded_rounds)
            continue;
        buffer_format(out, "    round %2d starts", round->number);
        print_span(result, round, "starts", round->starts_ms, out);
        buffer_append_text(out, ", ends");
        print_span(result, round, "ends", round->ends_ms, out);
        buffer_append_char(out, '\n');
    }
    buffer_format(out, "  the event ends %s\n\n",
                  tale->is_finished ? moment_text(tale->end_ms, text) : "never");
}

/* ---- rounds -------------------------------------------------------------------------------- */

static void print_pairing(const struct tale *tale, const struct tale_pairing *pairing,
                          struct buffer *out)
{
    char text[TIME_SIZE];
    buffer_format(out, "    %3d  %-*s %-*s", pairing->board, NAME_WIDTH,
                  name_of(tale, pairing->first), NAME_WIDTH, name_of(tale, pairing->second));
    if (pairing->second == TALE_NOBODY) {
        buffer_format(out, " %s\n", strcmp(pairing->kind, "bye") == 0 ? "" : pairing->kind);
        return;
    }
    buffer_format(out, " %4d-%-4d %s", pairing->first_score, pairing->second_score,
                  pairing->ends_ms == TALE_NEVER_MS ? "" : moment_text(pairing->ends_ms, text));
    if (pairing->meetings > 0)
        buffer_format(out, "  repeat %d", pairing->meetings);
    if (strcmp(pairing->outcome, "double_forfeit") == 0 ||
        (pairing->first_score == 0 && pairing->second_score == 0 &&
         strcmp(pairing->outcome, "draw") != 0))
        buffer_format(out, "  forfeit: %s", pairing->outcome);
    buffer_append_char(out, '\n');
}

static void print_rounds(const struct tale *tale, struct buffer *out)
{
    int division = -1;
    int round = 0;
    for (int i = 0; i < tale->pairing_count; i++) {
        const struct tale_pairing *pairing = &tale->pairings[i];
        if (pairing->round <= tale->recorded_rounds)
            continue;
        if (pairing->division != division || pairing->round != round)
            buffer_format(out, "%sPairings of round %d (%s)\n", round > 0 ? "\n" : "",
                          pairing->round, tale->divisions[pairing->division]);
        division = pairing->division;
        round = pairing->round;
        print_pairing(tale, pairing, out);
    }
    buffer_append_char(out, '\n');
}

static void print_list(const char *title, int count, struct buffer *out)
{
    if (count == 0)
        buffer_format(out, "%s: none\n", title);
    else
        buffer_format(out, "%s: %d\n", title, count);
}

static void print_byes_and_repeats(const struct tale *tale, struct buffer *out)
{
    int byes = 0, repeats = 0;
    for (int i = 0; i < tale->round_count; i++) {
        byes += tale->rounds[i].byes;
        repeats += tale->rounds[i].repeats;
    }
    print_list("Byes", byes, out);
    for (int i = 0; i < tale->pairing_count; i++)
        if (tale->pairings[i].second == TALE_NOBODY)
            buffer_format(out, "  round %2d  %s (%s)\n", tale->pairings[i].round,
                          name_of(tale, tale->pairings[i].first), tale->pairings[i].kind);
    print_list("Repeats", repeats, out);
    for (int i = 0; i < tale->pairing_count; i++)
        if (tale->pairings[i].meetings > 0)
            buffer_format(out, "  round %2d  %s and %s, meeting %d\n", tale->pairings[i].round,
                          name_of(tale, tale->pairings[i].first),
                          name_of(tale, tale->pairings[i].second), tale->pairings[i].meetings + 1);
    buffer_append_char(out, '\n');
}

/* ---- standings, timers, troubles ----------------------------------------------------------- */

static void print_standings(const struct tale *tale, struct buffer *out)
{
    int division = -1;
    for (int i = 0; i < tale->standing_count; i++) {
        const struct tale_standing *row = &tale->standings[i];
        if (row->division != division)
            buffer_format(out, "Standings (%s)\n    #  %-*s Seed   Pts   W-L-D   Spread\n",
                          tale->divisions[division = row->division], NAME_WIDTH, "Player");
        buffer_format(out, "  %3d  %-*s %4d %3d%s %3d-%d-%d %8d\n", row->rank, NAME_WIDTH,
                      name_of(tale, row->player), tale->players[row->player].seed,
                      row->points_x2 / 2, row->points_x2 % 2 != 0 ? ".5" : "  ", row->wins,
                      row->losses, row->draws, row->spread);
    }
    buffer_append_char(out, '\n');
}

static void print_timers(const struct tale *tale, struct buffer *out)
{
    if (tale->timer_count == 0) {
        buffer_append_text(out, "Timers: none was set\n\n");
        return;
    }
    buffer_format(out, "Timers: %d fired\n  %-12s %-28s %6s %6s %9s %10s\n", tale->firing_count,
                  "machine", "timer", "set", "fired", "cancelled", "worst late");
    for (int i = 0; i < tale->timer_count; i++) {
        const struct tale_timer *timer = &tale->timers[i];
        buffer_format(out, "  %-12s %-28s %6d %6d %9d %7" PRId64 " ms\n", timer->machine,
                      timer->name, timer->set, timer->fired, timer->cancelled, timer->late_max_ms);
    }
    buffer_append_char(out, '\n');
}

static void print_troubles(const struct tale *tale, struct buffer *out)
{
    char text[TIME_SIZE];
    if (tale->trouble_count == 0)
        buffer_append_text(out, "What went wrong: nothing\n");
    else
        buffer_format(out, "What went wrong, and what the director did: %d\n", tale->trouble_count);
    for (int i = 0; i < tale->trouble_count && i < TROUBLES_SHOWN; i++)
        buffer_format(out, "  %8s  %-10s %s\n", moment_text(tale->troubles[i].at_ms, text),
                      tale->troubles[i].kind, tale->troubles[i].text);
    if (tale->trouble_count > TROUBLES_SHOWN)
        buffer_format(out, "  and %d more; --json lists them all\n",
                      tale->trouble_count - TROUBLES_SHOWN);
    if (!tale->is_finished)
        buffer_append_text(out, "  the event has not come to its end\n");
}

/* ---- figures of many runs ------------------------------------------------------------------ */

static void print_value(double value, const char *unit, struct buffer *out)
{
    char text[TIME_SIZE];
    if (strcmp(unit, "ms") == 0)
        buffer_format(out, " %9s", time_text(value, text));
    else
        buffer_format(out, " %9.2f", value);
}

static void print_series(const struct sample *sample, const struct sample_series *series,
                         struct buffer *out)
{
    struct sample_summary summary;
    sample_summarise(series->values, sample->runs, &summary);
    buffer_format(out, "  %-34s", series->metric.name);
    for (int i = 0; i < 5; i++)
        print_value(summary.percentiles[i], series->metric.unit, out);
    print_value(summary.mean, series->metric.unit, out);
    if (summary.count < sample->runs)
        buffer_format(out, "  in %d runs", summary.count);
    buffer_append_char(out, '\n');
}

static void print_distributions(const struct simulate_result *result, struct buffer *out)
{
    buffer_format(out, "\nOf %d runs, from seed %" PRIu64 "%19s", result->sample.runs,
                  result->tale.seed, "");
    for (int i = 0; i < 5; i++)
        buffer_format(out, " %7d %%", SAMPLE_PERCENTS[i]);
    buffer_format(out, " %9s\n", "mean");
    for (int i = 0; i < result->sample.count; i++)
        print_series(&result->sample, &result->sample.series[i], out);
}

void simulate_print_text(const struct simulate_request *request,
                         const struct simulate_result *result, struct buffer *out)
{
    const struct tale *tale = &result->tale;
    buffer_format(out, "%s: %d players, seed %" PRIu64, result->path, tale->player_count,
                  tale->seed);
    if (request->options.record != NULL)
        buffer_format(out, ", rounds before %d as recorded in %s", request->options.from_round,
                      request->event_path);
    buffer_append_text(out, "\n\n");
    print_timetable(result, out);
    if (!request->is_brief)
        print_rounds(tale, out);
    print_byes_and_repeats(tale, out);
    print_standings(tale, out);
    print_timers(tale, out);
    print_troubles(tale, out);
    if (result->sample.runs > 1)
        print_distributions(result, out);
}

/* ---- two policies -------------------------------------------------------------------------- */

static double middle(const struct sample *sample, const struct sample_series *series)
{
    struct sample_summary summary;
    sample_summarise(series->values, sample->runs, &summary);
    return summary.percentiles[2];
}

static void print_difference(const struct sample *sample, const struct sample_series *one,
                             const struct sample_series *other, struct buffer *out)
{
    struct sample_summary summary;
    int lower;
    int higher;
    sample_compare(one, other, sample->runs, &summary, &lower, &higher);
    buffer_format(out, "  %-34s", one->metric.name);
    print_value(middle(sample, one), one->metric.unit, out);
    print_value(middle(sample, other), one->metric.unit, out);
    print_value(summary.mean, one->metric.unit, out);
    print_value(summary.percentiles[0], one->metric.unit, out);
    print_value(summary.percentiles[4], one->metric.unit, out);
    buffer_format(out, " %6d %6d\n", lower, higher);
}

void simulate_print_comparison(const struct simulate_request *request,
                               const struct simulate_result *result,
                               const struct simulate_result *other, struct buffer *out)
{
    buffer_format(out,
                  "%s against %s: %d players, %d runs each, the same people under the same seeds "
                  "from %" PRIu64 "\n\n  %-34s %9s %9s %9s %9s %9s %6s %6s\n",
                  other->path, result->path, result->tale.player_count, request->runs,
                  result->tale.seed, "", "middle", "other", "change", "5 %", "95 %", "lower",
                  "higher");
    for (int i = 0; i < result->sample.count; i++) {
        const struct sample_series *one = &result->sample.series[i];
        const struct sample_series *match = sample_find(&other->sample, one->metric.name);
        if (match != NULL)
            print_difference(&result->sample, one, match, out);
    }
    const struct sample *samples[2] = {&result->sample, &other->sample};
    for (int which = 0; which < 2; which++)
        for (int i = 0; i < samples[which]->count; i++) {
            const struct sample_series *series = &samples[which]->series[i];
            if (sample_find(samples[1 - which], series->metric.name) != NULL)
                continue;
            buffer_format(out, "  %-34s", series->metric.name);
            print_value(middle(samples[which], series), series->metric.unit, out);
            buffer_format(out, "  only in %s\n", which == 0 ? result->path : other->path);
        }
}
