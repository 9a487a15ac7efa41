/* A round's pairing that the director gives as a list: completes rests, which need no game, and
 * refuses seats of people who are not in the division. */
#include "orchestrator/desk/actions.h"

#include <string.h>

#include "orchestrator/division_standing.h"

#define ENTRY(name, item)                                                                          \
    {                                                                                              \
        value_text(name), item                                                                     \
    }

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
    if (status != STATUS_OK)
        return status;
    struct value_entry entries[] = {ENTRY("pairings", value_list(rows, said->size))};
    question->data = desk_map(question, entries, COUNT_OF(entries));
    return question->data.kind == VALUE_MAP ? STATUS_OK : STATUS_FULL;
}
