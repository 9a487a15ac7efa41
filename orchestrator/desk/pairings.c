/* A round's pairing that the director gives as a list: completes rests, which need no game, and
 * refuses seats of people who are not in the division. */
#include "orchestrator/desk/actions.h"

#include <string.h>

#include "orchestrator/division_record.h"
#include "orchestrator/division_standing.h"
#include "orchestrator/pairing/pairing.h"

static bool has_entered(const Arbiter__V1__Division *division, const char *player)
{
    for (size_t i = 0; i < division->n_entrants; i++)
        if (strcmp(division->entrants[i]->player_id, player) == 0)
            return true;
    return false;
}

/* Whoever rests has his result as soon as the round is paired, as the policy's own byes have. */
static enum status rest(struct desk_case *question, struct value said, const char *player,
                        struct value *out_row)
{
    bool is_lost = strcmp(desk_text(question, said, "kind"), "loss") == 0;
    const struct format_division *format = NULL;
    enum status status = division_format(question->arena, question->division, NULL, &format);
    if (status != STATUS_OK)
        return status;
    struct value_entry entries[] = {
        ENTRY("board", value_int(desk_int(said, "board", 0))),
        ENTRY("first", value_text(player)),
        ENTRY("second", value_text("")),
        ENTRY("kind", value_text("bye")),
        ENTRY("status", value_text("final")),
        ENTRY("outcome", value_text(is_lost ? "second" : "bye")),
        ENTRY("first_score", value_int(is_lost ? 0 : format->byes.spread)),
        ENTRY("second_score", value_int(is_lost ? format->forfeit_spread : 0)),
    };
    *out_row = desk_map(question, entries, COUNT_OF(entries));
    return out_row->kind == VALUE_MAP ? STATUS_OK : STATUS_FULL;
}

static enum status complete(struct desk_case *question, struct value said, struct value *out_row,
                            struct fault *out_fault)
{
    const char *first = desk_text(question, said, "first");
    const char *second = desk_text(question, said, "second");
    const char *players[] = {first, second};
    for (int i = 0; i < 2; i++)
        if (players[i][0] != '\0' && !has_entered(question->division, players[i]))
            return fault_set(out_fault, 0, 0, "'%s' has not entered this division", players[i]);
    const char *kind = desk_text(question, said, "kind");
    bool is_lost = second[0] == '\0' && strcmp(kind, "loss") == 0;
    bool is_bye = second[0] == '\0' && strcmp(kind, "bye") == 0;
    *out_row = said; /* with its outcome and spread where the director has said those */
    if (is_lost)
        return rest(question, said, first, out_row);
    if (is_bye && desk_text(question, said, "outcome")[0] == '\0')
        return rest(question, said, first, out_row);
    return STATUS_OK;
}

/* ---- who moves first --------------------------------------------------------------------- */

/* The round that is paired by hand: the one after the last that was announced, or that one anew as
 * long as no board of it plays. */
static int round_to_pair(const Arbiter__V1__Division *division)
{
    bool has_begun = division->round == 0;
    for (size_t i = 0; i < division->n_pairings; i++)
        has_begun |= division->pairings[i]->round == division->round &&
                     strcmp(division->pairings[i]->kind, "game") == 0 &&
                     strcmp(division->pairings[i]->status, "paired") != 0;
    return division->round + (has_begun ? 1 : 0);
}

static enum status turn(struct desk_case *question, struct value *row)
{
    size_t count = row->size;
    struct value_entry *entries = arena_array(question->arena, count + 1, sizeof *entries);
    if (entries == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < count; i++) {
        entries[i] = row->as.entries[i];
        if (value_equal(entries[i].key, value_text("first")))
            entries[i].value = value_text(desk_text(question, *row, "second"));
        else if (value_equal(entries[i].key, value_text("second")))
            entries[i].value = value_text(desk_text(question, *row, "first"));
    }
    *row = desk_map(question, entries, count);
    return row->kind == VALUE_MAP ? STATUS_OK : STATUS_FULL;
}

static enum status turn_as_paired(struct desk_case *question, const struct pairing_output *output,
                                  struct value *rows, size_t count)
{
    enum status status = STATUS_OK;
    for (int p = 0; status == STATUS_OK && p < output->pairs_count; p++) {
        Arbiter__V1__Entrant **entrants = question->division->entrants;
        const char *first = entrants[output->pairs[p].first]->player_id;
        const char *second = entrants[output->pairs[p].second]->player_id;
        for (size_t i = 0; status == STATUS_OK && i < count; i++)
            if (strcmp(desk_text(question, rows[i], "first"), second) == 0 &&
                strcmp(desk_text(question, rows[i], "second"), first) == 0)
                status = turn(question, &rows[i]);
    }
    return status;
}

/* Pairs by hand sit as they are listed, unless the round's policy says who moves first. */
static enum status decide_firsts(struct desk_case *question, struct value *rows, size_t count,
                                 struct fault *out_fault)
{
    const Arbiter__V1__Division *division = question->division;
    const struct format_division *format = NULL;
    struct pairing_input input;
    struct pairing_output output;
    int round = round_to_pair(division);
    enum status status = division_format(question->arena, division, NULL, &format);
    if (status != STATUS_OK || round > format->rounds ||
        format_range_of(format, round)->pairing.method != PAIRING_MANUAL ||
        format_range_of(format, round)->pairing.first == PAIRING_FIRST_LISTED)
        return status;
    struct pairing_fixed *fixed = arena_array(question->arena, count + 1, sizeof *fixed);
    status = division_to_pairing(question->arena, division, format, round, &input);
    if (status != STATUS_OK || fixed == NULL)
        return status != STATUS_OK ? status : STATUS_FULL;
    for (size_t i = 0; i < count; i++) {
        int one = division_find_player(division, desk_text(question, rows[i], "first"));
        int other = division_find_player(division, desk_text(question, rows[i], "second"));
        if (one >= 0 && other >= 0)
            fixed[input.fixed_count++] = (struct pairing_fixed){.first = one, .second = other};
    }
    input.fixed = fixed;
    status = pairing_make(&input, question->arena, &output, out_fault);
    return status == STATUS_OK ? turn_as_paired(question, &output, rows, count) : status;
}

/* {pairings: [{board, first, second, kind}]}: the whole round. */
enum status desk_fill_pairings(struct desk_case *question, struct fault *out_fault)
{
    const struct value *said = question->said.kind == VALUE_MAP
                                   ? value_find(question->said, value_text("pairings"))
                                   : NULL;
    if (said == NULL || said->kind != VALUE_LIST || question->division == NULL)
        return fault_set(out_fault, 0, 0, "'pairings' is a list of {board, first, second, kind}");
    struct value *rows = arena_array(question->arena, said->size + 1, sizeof *rows);
    enum status status = rows != NULL ? STATUS_OK : STATUS_FULL;
    for (size_t i = 0; status == STATUS_OK && i < said->size; i++)
        status = said->as.items[i].kind == VALUE_MAP
                     ? complete(question, said->as.items[i], &rows[i], out_fault)
                     : fault_set(out_fault, 0, 0, "row %zu of 'pairings' is no map", i + 1);
    if (status == STATUS_OK)
        status = decide_firsts(question, rows, said->size, out_fault);
    if (status != STATUS_OK)
        return status;
    struct value_entry entries[] = {ENTRY("pairings", value_list(rows, said->size))};
    question->data = desk_map(question, entries, COUNT_OF(entries));
    return question->data.kind == VALUE_MAP ? STATUS_OK : STATUS_FULL;
}
