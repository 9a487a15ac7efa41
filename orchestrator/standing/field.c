/* Sorts every round into its category and adds up scores, once per way of looking. What tie-breaks
 * make of it is in the files beside. */
#include "orchestrator/standing/field.h"

#include <assert.h>

struct standing_value value_of(int64_t number)
{
    return (struct standing_value){.numerator = number, .denominator = 1, .exists = true};
}

int64_t rounded_average(int64_t sum, int64_t count)
{
    assert(count > 0);
    int64_t top = 2 * sum + count;
    int64_t bottom = 2 * count;
    return top >= 0 ? top / bottom : -((-top + bottom - 1) / bottom);
}

enum status standing_field_init(struct field *field, const struct record *record,
                                const struct standing_options *options, struct arena *arena)
{
    int rounds = options->after_round > 0 ? options->after_round : record->rounds_played;
    if (rounds > record->round_capacity)
        return STATUS_OUT_OF_RANGE;
    *field = (struct field){
        .record = record,
        .options = options,
        .arena = arena,
        .player_count = record->player_count,
        .rounds = rounds,
    };
    return STATUS_OK;
}

const struct fact *view_facts(const struct field *field, const struct view *view, int player)
{
    return view->facts + (size_t)player * (size_t)field->rounds;
}

bool fact_is_voluntary(const struct fact *fact)
{
    return fact->kind == FACT_ASKED_BYE || fact->kind == FACT_LATE_BYE ||
           fact->kind == FACT_FORFEIT_LOSS;
}

/* The category, requested byes not yet told apart. */
static enum fact_kind kind_of(const struct record_result *result, bool forfeits_played)
{
    switch ((enum record_kind)result->kind) {
    case RECORD_PLAYED:
        return FACT_PLAYED;
    case RECORD_FORFEIT:
        if (forfeits_played && result->opponent != RECORD_NOBODY)
            return FACT_PLAYED;
        return result->outcome == RECORD_WIN ? FACT_FORFEIT_WIN : FACT_FORFEIT_LOSS;
    case RECORD_BYE_PAIRING:
    case RECORD_BYE_FULL:
        return FACT_FULL_BYE;
    case RECORD_NONE:
    case RECORD_BYE_HALF:
    case RECORD_BYE_ZERO:
    case RECORD_ABSENT:
        return FACT_ASKED_BYE;
    case RECORD_PENDING:
        break;
    }
    return FACT_NOTHING;
}

static struct fact fact_of(const struct record *record, const struct record_result *result,
                           bool forfeits_played)
{
    return (struct fact){
        .opponent = result->opponent,
        .points_x10 = (int16_t)record_result_points_x10(record, result),
        .kind = (uint8_t)kind_of(result, forfeits_played),
        .outcome = result->outcome,
        .side = result->side,
    };
}

/* A requested bye after which nothing but voluntary absence follows is another category. */
static void mark_late_byes(struct fact *facts, int rounds)
{
    for (int round = rounds - 1; round >= 0 && fact_is_voluntary(&facts[round]); round--)
        if (facts[round].kind == FACT_ASKED_BYE)
            facts[round].kind = FACT_LATE_BYE;
}

static void draw_last_round(const struct record *record, struct fact *last,
                            const struct record_result *result)
{
    if (result->opponent == RECORD_NOBODY)
        return;
    last->points_x10 = (int16_t)record->points.draw_x10;
    last->outcome = RECORD_DRAW;
    if (last->kind == FACT_NOTHING)
        last->kind = FACT_PLAYED;
}

static void fill_player(const struct field *field, struct view *view, int player,
                        bool forfeits_played, bool last_drawn)
{
    const struct record *record = field->record;
    const struct record_result *results =
        field->rounds > 0 ? record_result(record, player, 1) : NULL;
    struct fact *facts = view->facts + (size_t)player * (size_t)field->rounds;
    bool fixed = field->options->fixed_pairings;
    for (int round = 0; round < field->rounds; round++)
        facts[round] = fact_of(record, &results[round], forfeits_played || fixed);
    if (last_drawn && field->rounds > 0)
        draw_last_round(record, &facts[field->rounds - 1], &results[field->rounds - 1]);
    if (!fixed)
        mark_late_byes(facts, field->rounds);
    int32_t points = 0;
    int32_t adjusted = 0;
    for (int round = 0; round < field->rounds; round++) {
        points += facts[round].points_x10;
        bool late = facts[round].kind == FACT_LATE_BYE;
        adjusted += late ? record->points.draw_x10 : facts[round].points_x10;
        if (fixed && facts[round].opponent == RECORD_NOBODY)
            facts[round].kind = FACT_NOTHING;
    }
    view->points_x10[player] = points;
    view->adjusted_x10[player] = adjusted;
}

const struct view *field_view(struct field *field, bool forfeits_played, bool last_drawn)
{
    struct view **slot = &field->views[(forfeits_played ? 1 : 0) + (last_drawn ? 2 : 0)];
    if (*slot != NULL)
        return *slot;
    size_t players = (size_t)field->player_count;
    size_t cells = players * (size_t)field->rounds;
    struct view *view = arena_alloc(field->arena, sizeof *view);
    if (view == NULL)
        return NULL;
    view->facts = arena_array(field->arena, cells + 1, sizeof *view->facts);
    view->points_x10 = arena_array(field->arena, players + 1, sizeof *view->points_x10);
    view->adjusted_x10 = arena_array(field->arena, players + 1, sizeof *view->adjusted_x10);
    if (view->facts == NULL || view->points_x10 == NULL || view->adjusted_x10 == NULL)
        return NULL;
    for (int player = 0; player < field->player_count; player++)
        fill_player(field, view, player, forfeits_played, last_drawn);
    *slot = view;
    return view;
}

static int64_t capped_spread(const struct record_result *result, int cap)
{
    int64_t limit = cap > 0 ? cap : STANDING_SPREAD_MAX;
    int64_t spread = (int64_t)result->own_score - result->other_score;
    if (spread > limit)
        return limit;
    return spread < -limit ? -limit : spread;
}

/* What a round counts as in wins and losses; a bye where nothing is said, by its points. */
static enum record_outcome counted_outcome(const struct record *record,
                                           const struct record_result *result)
{
    if (result->kind == RECORD_NONE || result->kind == RECORD_PENDING)
        return RECORD_OUTCOME_NONE;
    if (result->outcome != RECORD_OUTCOME_NONE)
        return (enum record_outcome)result->outcome;
    int points = record_result_points_x10(record, result);
    if (result->kind == RECORD_BYE_PAIRING || result->kind == RECORD_BYE_FULL ||
        result->kind == RECORD_BYE_HALF)
        return points >= record->points.win_x10 ? RECORD_WIN : RECORD_DRAW;
    return RECORD_OUTCOME_NONE;
}

void field_fill_row(const struct field *field, int player, struct standing_row *row)
{
    for (int round = 1; round <= field->rounds; round++) {
        const struct record_result *result = record_result(field->record, player, round);
        enum record_outcome outcome = counted_outcome(field->record, result);
        row->points_x10 += record_result_points_x10(field->record, result);
        row->wins += outcome == RECORD_WIN;
        row->ties += outcome == RECORD_DRAW;
        row->losses += outcome == RECORD_LOSS;
        row->played += result->kind == RECORD_PLAYED;
        if (result->has_scores && result->kind != RECORD_PENDING)
            row->spread += capped_spread(result, field->options->round_caps != NULL
                                                     ? field->options->round_caps[round]
                                                     : field->options->spread_cap);
    }
}
