/* Works out from rows who was there when a round was paired, and what was settled by then. A
 * player's own row in the division only says how things stand now: who has left since, and who has
 * come. */
#include "orchestrator/desk/before.h"

#include <string.h>

#include "base/attr.h"
#include "orchestrator/division_record.h"

static bool is_void(const Arbiter__V1__BoardPairing *row)
{
    return strcmp(row->status, "void") == 0;
}

static bool is_asked_for(const Arbiter__V1__BoardPairing *row)
{
    return strcmp(row->kind, "requested_bye") == 0;
}

static bool is_paired(const Arbiter__V1__Division *division, int round)
{
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *row = division->pairings[i];
        bool is_beforehand = row->round > division->round && division_is_settled(row);
        if (row->round == round && row->second[0] != '\0' && !is_beforehand)
            return true;
    }
    return false;
}

static const Arbiter__V1__BoardPairing *row_of(const Arbiter__V1__Division *division, int round,
                                               const char *player)
{
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *row = division->pairings[i];
        if (row->round == round && !is_void(row) &&
            (strcmp(row->first, player) == 0 || strcmp(row->second, player) == 0))
            return row;
    }
    return NULL;
}

/* Who had no row was away, whatever he is now. */
static Arbiter__V1__Entrant *entrant_before(struct arena *arena,
                                            const Arbiter__V1__Division *division, int round,
                                            const Arbiter__V1__Entrant *entrant)
{
    Arbiter__V1__Entrant *copy = arena_alloc(arena, sizeof *copy);
    const Arbiter__V1__BoardPairing *row = row_of(division, round, entrant->player_id);
    bool has_left = entrant->to_round > 0 && entrant->to_round < round;
    if (copy == NULL)
        return NULL;
    *copy = *entrant;
    if (row != NULL && strcmp(row->kind, "zero_bye") != 0)
        copy->status = "registered";
    else if (!has_left)
        copy->status = "absent";
    if (copy->to_round >= round || row != NULL)
        copy->to_round = 0;
    return copy;
}

static bool is_among(const Arbiter__V1__Division *division, const char *player)
{
    return player[0] == '\0' || division_find_player(division, player) >= 0;
}

const Arbiter__V1__Division *before_round(struct arena *arena, const Arbiter__V1__Division *whole,
                                          int round)
{
    const Arbiter__V1__Division *division = division_of_players(arena, whole);
    if (division == NULL || !is_paired(division, round))
        return division;
    Arbiter__V1__Division *copy = arena_alloc(arena, sizeof *copy);
    Arbiter__V1__Entrant **entrants =
        arena_array(arena, division->n_entrants + 1, sizeof *entrants);
    Arbiter__V1__BoardPairing **rows = arena_array(arena, division->n_pairings + 1, sizeof *rows);
    if (copy == NULL || entrants == NULL || rows == NULL)
        return NULL;
    *copy = *division;
    copy->entrants = entrants;
    copy->pairings = rows;
    copy->n_entrants = copy->n_pairings = 0;
    for (size_t i = 0; i < division->n_entrants; i++)
        if (division->entrants[i]->from_round <= round)
            entrants[copy->n_entrants++] =
                entrant_before(arena, division, round, division->entrants[i]);
    if (arena_full(arena))
        return NULL;
    for (size_t i = 0; i < division->n_pairings; i++)
        if (division->pairings[i]->round <= round && is_among(copy, division->pairings[i]->first) &&
            is_among(copy, division->pairings[i]->second))
            rows[copy->n_pairings++] = division->pairings[i];
    return copy;
}

/* The rows that were there before the round was paired, as far as rows tell: a pair of a director's
 * looks as the policy's do. */
static const Arbiter__V1__Division *settled_then(struct arena *arena,
                                                 const Arbiter__V1__Division *division, int round)
{
    Arbiter__V1__Division *copy = arena_alloc(arena, sizeof *copy);
    Arbiter__V1__BoardPairing **rows = arena_array(arena, division->n_pairings + 1, sizeof *rows);
    if (copy == NULL || rows == NULL)
        return NULL;
    *copy = *division;
    copy->pairings = rows;
    copy->n_pairings = 0;
    for (size_t i = 0; i < division->n_pairings; i++) {
        Arbiter__V1__BoardPairing *row = division->pairings[i];
        if (row->round == round && is_asked_for(row))
            rows[copy->n_pairings++] = row;
    }
    return copy;
}

enum status before_fix(struct arena *arena, const Arbiter__V1__Division *division,
                       const struct format_division *format, int round, struct pairing_input *input)
{
    const Arbiter__V1__Division *settled =
        is_paired(division, round) ? settled_then(arena, division, round) : division;
    return settled != NULL ? division_fix_settled(arena, settled, format, round, input)
                           : STATUS_FULL;
}
