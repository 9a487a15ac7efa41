/* What a simulation found out, for programs. */
#include "cli/simulate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static json_t *moment(int64_t at_ms)
{
    return at_ms == TALE_NEVER_MS ? json_null() : json_integer(at_ms);
}

static json_t *player_name(const struct tale *tale, int player)
{
    return player >= 0 ? json_string(tale->players[player].name) : json_null();
}

/* Appends, giving the item back. */
static void add(json_t *list, json_t *item)
{
    int code = json_array_append_new(list, item);
    assert(code == 0);
    (void)code; /* only asserted: there is memory for small things */
}

static json_t *rounds_of(const struct tale *tale)
{
    json_t *list = json_array();
    for (int i = 0; i < tale->round_count; i++) {
        const struct tale_round *round = &tale->rounds[i];
        add(list, json_pack("{s:s, s:i, s:o, s:o, s:o, s:i, s:i, s:i, s:i}", "division",
                            tale->divisions[round->division], "round", round->number, "opened_ms",
                            moment(round->opened_ms), "starts_ms", moment(round->starts_ms),
                            "ends_ms", moment(round->ends_ms), "games", round->games, "byes",
                            round->byes, "repeats", round->repeats, "forfeits", round->forfeits));
    }
    return list;
}

static json_t *pairings_of(const struct tale *tale)
{
    json_t *list = json_array();
    for (int i = 0; i < tale->pairing_count; i++) {
        const struct tale_pairing *pairing = &tale->pairings[i];
        add(list,
            json_pack("{s:s, s:i, s:i, s:o, s:o, s:s, s:s, s:[i, i], s:i, s:o, s:o}", "division",
                      tale->divisions[pairing->division], "round", pairing->round, "board",
                      pairing->board, "first", player_name(tale, pairing->first), "second",
                      player_name(tale, pairing->second), "kind", pairing->kind, "outcome",
                      pairing->outcome, "scores", pairing->first_score, pairing->second_score,
                      "meetings_before", pairing->meetings, "starts_ms", moment(pairing->starts_ms),
                      "ends_ms", moment(pairing->ends_ms)));
    }
    return list;
}

static json_t *standings_of(const struct tale *tale)
{
    json_t *list = json_array();
    for (int i = 0; i < tale->standing_count; i++) {
        const struct tale_standing *row = &tale->standings[i];
        add(list, json_pack("{s:s, s:i, s:o, s:i, s:f, s:i, s:i, s:i, s:i}", "division",
                            tale->divisions[row->division], "rank", row->rank, "player",
                            player_name(tale, row->player), "seed", tale->players[row->player].seed,
                            "points", row->points_x2 / 2.0, "wins", row->wins, "losses",
                            row->losses, "draws", row->draws, "spread", row->spread));
    }
    return list;
}

static json_t *timers_of(const struct tale *tale)
{
    json_t *list = json_array();
    for (int i = 0; i < tale->timer_count; i++) {
        const struct tale_timer *timer = &tale->timers[i];
        add(list, json_pack("{s:s, s:s, s:i, s:i, s:i, s:I}", "machine", timer->machine, "timer",
                            timer->name, "set", timer->set, "fired", timer->fired, "cancelled",
                            timer->cancelled, "late_max_ms", (json_int_t)timer->late_max_ms));
    }
    return list;
}

static json_t *firings_of(const struct tale *tale)
{
    json_t *list = json_array();
    for (int i = 0; i < tale->firing_count; i++) {
        const struct tale_firing *firing = &tale->firings[i];
        add(list, json_pack("{s:s, s:s, s:o, s:o}", "instance", firing->instance_id, "timer",
                            firing->name, "due_ms", moment(firing->due_ms), "fired_ms",
                            moment(firing->fired_ms)));
    }
    return list;
}

static json_t *troubles_of(const struct tale *tale)
{
    json_t *list = json_array();
    for (int i = 0; i < tale->trouble_count; i++)
        add(list, json_pack("{s:o, s:s, s:s}", "at_ms", moment(tale->troubles[i].at_ms), "kind",
                            tale->troubles[i].kind, "text", tale->troubles[i].text));
    return list;
}

static json_t *tale_json(const struct tale *tale)
{
    return json_pack("{s:I, s:b, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "seed",
                     (json_int_t)tale->seed, "finished", tale->is_finished, "ends_ms",
                     moment(tale->is_finished ? tale->end_ms : TALE_NEVER_MS), "players",
                     tale->player_count, "rounds", rounds_of(tale), "pairings", pairings_of(tale),
                     "standings", standings_of(tale), "timers", timers_of(tale), "firings",
                     firings_of(tale), "troubles", troubles_of(tale));
}

/* ---- figures ------------------------------------------------------------------------------- */

static json_t *summary_json(const struct sample_summary *summary)
{
    json_t *object = json_pack("{s:i}", "runs", summary->count);
    char name[8];
    for (int i = 0; summary->count > 0 && i < 5; i++) {
        (void)snprintf(name, sizeof name, "p%d", SAMPLE_PERCENTS[i]); /* fits */
        (void)json_object_set_new(object, name, json_real(summary->percentiles[i]));
    }
    if (summary->count > 0)
        (void)json_object_set_new(object, "mean", json_real(summary->mean));
    return object; /* without memory for a number it is missing, and json_dumps() fails */
}

static json_t *sample_json(const struct sample *sample)
{
    json_t *list = json_array();
    for (int i = 0; i < sample->count; i++) {
        struct sample_summary summary;
        sample_summarise(sample->series[i].values, sample->runs, &summary);
        json_t *object = json_pack("{s:s, s:s}", "name", sample->series[i].metric.name, "unit",
                                   sample->series[i].metric.unit);
        json_t *figures = summary_json(&summary);
        (void)json_object_update(object, figures); /* as above */
        json_decref(figures);
        add(list, object);
    }
    return list;
}

static json_t *comparison_json(const struct simulate_result *result,
                               const struct simulate_result *other)
{
    json_t *list = json_array();
    for (int i = 0; i < result->sample.count; i++) {
        const struct sample_series *one = &result->sample.series[i];
        const struct sample_series *match = sample_find(&other->sample, one->metric.name);
        struct sample_summary summary;
        int lower;
        int higher;
        if (match == NULL)
            continue;
        sample_compare(one, match, result->sample.runs, &summary, &lower, &higher);
        add(list, json_pack("{s:s, s:s, s:o, s:i, s:i}", "name", one->metric.name, "unit",
                            one->metric.unit, "difference", summary_json(&summary), "lower", lower,
                            "higher", higher));
    }
    return list;
}

static json_t *result_json(const struct simulate_result *result)
{
    return json_pack("{s:s, s:o, s:o}", "policy", result->path, "run", tale_json(&result->tale),
                     "distributions", sample_json(&result->sample));
}

bool simulate_print_json(const struct simulate_request *request,
                         const struct simulate_result *result, const struct simulate_result *other,
                         struct buffer *out)
{
    json_t *root = json_pack("{s:i, s:o}", "runs", request->runs, "result", result_json(result));
    if (root != NULL && other != NULL) {
        (void)json_object_set_new(root, "other", result_json(other));
        (void)json_object_set_new(root, "comparison", comparison_json(result, other));
    }
    char *text = root != NULL ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(12)) : NULL;
    if (text != NULL) {
        buffer_append_text(out, text);
        buffer_append_char(out, '\n');
    }
    free(text);
    json_decref(root);
    return text != NULL && !out->failed;
}
