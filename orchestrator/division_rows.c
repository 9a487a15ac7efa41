/* Standings as rows of an answer. What is counted beside points (games moved first in, rounds
 * rested) is what a director looks at before he pairs the next round by hand. */
#include "orchestrator/division_rows.h"

#include <string.h>

#include "orchestrator/division_classes.h"
#include "orchestrator/division_record.h"
#include "orchestrator/division_standing.h"

/* ---- who cannot be caught ---------------------------------------------------------------- */

static const bool *withdrawn_players(struct arena *arena, const Arbiter__V1__Division *division)
{
    bool *is_out = arena_array(arena, division->n_entrants + 1, sizeof *is_out);
    for (size_t i = 0; is_out != NULL && i < division->n_entrants; i++)
        is_out[i] = strcmp(division->entrants[i]->status, "withdrawn") == 0;
    return is_out;
}

/* Ranks those who are still in the race, as they stood after `round`. */
static enum status rank_the_race(struct arena *arena, const struct format_division *format,
                                 const struct division_rows *rows, int round,
                                 struct standing_table *out_table)
{
    struct standing_options options = {
        .edition = format->order_edition == 2024 ? STANDING_2024 : STANDING_2026,
        .order_count = rows->table.order_count,
        .round_caps = division_round_caps(arena, format, rows->record->rounds_played),
        .after_round = round,
        .left_out = withdrawn_players(arena, rows->division)};
    if (options.left_out == NULL || options.round_caps == NULL)
        return STATUS_FULL;
    memcpy(options.order, rows->table.order,
           (size_t)rows->table.order_count * sizeof *rows->table.order);
    return standing_table_build(rows->record, &options, arena, out_table);
}

static enum status mark_gibsonized(struct arena *arena, const struct format_division *format,
                                   struct division_rows *rows)
{
    bool *is_gibsonized = arena_array(arena, (size_t)rows->record->player_count + 1, sizeof(bool));
    int rounds = rows->division->rounds;
    int round = rows->table.after_round < rounds ? rows->table.after_round : rounds - 1;
    struct standing_table race;
    rows->gibsonized = is_gibsonized;
    if (is_gibsonized == NULL)
        return STATUS_FULL;
    if (!format->gibson.enabled || round < 1)
        return STATUS_OK;
    struct standing_future future = {.rounds_left = rounds - round,
                                     .spread_per_round = format->gibson.spread_per_round};
    enum status status = rank_the_race(arena, format, rows, round, &race);
    if (status != STATUS_OK)
        return status;
    for (int i = standing_gibsonized_count(&race, &future); i-- > 0;)
        is_gibsonized[race.rows[i].player] = true;
    return STATUS_OK;
}

/* The place among those of one class; equals share it, as they share their rank. */
static enum status note_classes(struct arena *arena, struct division_rows *rows)
{
    struct {
        int count; /* seen so far */
        int rank;  /* of the last of them, in the whole table, and in the class */
        int class_rank;
    } seen[PAIRING_CLASSES_MAX + 1] = {{0}};
    struct class_place *places = arena_array(arena, rows->division->n_entrants + 1, sizeof *places);
    rows->classes = places;
    for (int i = 0; places != NULL && i < rows->table.row_count; i++) {
        const struct standing_row *row = &rows->table.rows[i];
        int number = division_class_of(rows->format, rows->division->entrants[row->player]);
        if (seen[number].count++ == 0 || seen[number].rank != row->rank)
            seen[number].class_rank = seen[number].count;
        seen[number].rank = row->rank;
        places[row->player] =
            (struct class_place){number, number > 0 ? seen[number].class_rank : 0};
    }
    return places != NULL ? STATUS_OK : STATUS_FULL;
}

enum status division_rows_make(struct arena *arena, const Arbiter__V1__Division *division,
                               const struct format_division *format, int round,
                               struct division_rows *out_rows, struct fault *out_fault)
{
    struct record *record = NULL;
    struct division_rows rows = {.division = division, .format = format};
    enum status status =
        division_rank(arena, division, format, round, &record, &rows.table, out_fault);
    rows.record = record;
    if (status == STATUS_OK)
        status = mark_gibsonized(arena, format, &rows);
    if (status == STATUS_OK)
        status = note_classes(arena, &rows);
    if (status == STATUS_OK)
        *out_rows = rows;
    return status;
}

/* ---- one row ----------------------------------------------------------------------------- */

static bool is_rest(const struct record_result *result)
{
    return result->kind == RECORD_BYE_PAIRING || result->kind == RECORD_BYE_FULL ||
           result->kind == RECORD_BYE_HALF || result->kind == RECORD_BYE_ZERO;
}

static bool has_side(const struct record_result *result, enum record_side side)
{
    return result->side == side &&
           (result->kind == RECORD_PLAYED || result->kind == RECORD_PENDING);
}

Arbiter__V1__Standing *division_rows_standing(struct arena *arena, const struct division_rows *rows,
                                              const struct standing_row *row)
{
    const Arbiter__V1__Entrant *entrant = rows->division->entrants[row->player];
    Arbiter__V1__Standing *standing = arena_alloc(arena, sizeof *standing);
    if (standing == NULL)
        return NULL;
    arbiter__v1__standing__init(standing);
    standing->rank = row->rank;
    standing->player_id = entrant->player_id;
    standing->name = entrant->name;
    standing->seed = entrant->seed;
    standing->points_x2 = row->points_x10 / 5;
    standing->wins = row->wins;
    standing->losses = row->losses;
    standing->draws = row->ties;
    standing->spread = (int32_t)row->spread;
    standing->gibsonized = rows->gibsonized[row->player];
    standing->class_ = (char *)division_class_name(rows->format, rows->classes[row->player].number);
    standing->class_rank = rows->classes[row->player].rank;
    for (int round = 1; round <= rows->table.after_round; round++) {
        const struct record_result *result = record_result(rows->record, row->player, round);
        standing->firsts += has_side(result, RECORD_FIRST);
        standing->seconds += has_side(result, RECORD_SECOND);
        standing->rests += is_rest(result);
    }
    return standing;
}
