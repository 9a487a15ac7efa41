/* A division's record, with what its policy and its entrants say about the rounds to come. */
#include "orchestrator/division_file.h"

#include <string.h>

#include "orchestrator/division_record.h"

static bool is_dutch(const struct format_division *format)
{
    for (size_t i = 0; i < format->range_count; i++)
        if (format->ranges[i].pairing.method != PAIRING_DUTCH)
            return false;
    return format->range_count > 0;
}

/* ---- who will not be there --------------------------------------------------------------- */

static bool has_request(const struct record *record, int player, int round)
{
    for (int i = 0; i < record->request_count; i++)
        if (record->requests[i].player == player && record->requests[i].round == round)
            return true;
    return false;
}

/* Who has left, or comes later, has the next round off. */
static void add_absences(const Arbiter__V1__Division *division, struct record *record)
{
    int next = record->rounds_played + 1;
    for (int i = 0; next <= record->rounds_total && i < record->player_count; i++) {
        const Arbiter__V1__Entrant *entrant = division->entrants[i];
        bool is_there = division_state_of(entrant, next) == PAIRING_ACTIVE &&
                        record->players[i].entry_round <= next;
        if (!is_there && !has_request(record, i, next))
            record->requests[record->request_count++] =
                (struct record_request){i, next, RECORD_BYE_ZERO};
    }
}

/* ---- forbidden pairs --------------------------------------------------------------------- */

static enum status add_forbidden(struct arena *arena, struct record *record, const int players[2],
                                 int first_round, int last_round)
{
    int *two = arena_array(arena, 2, sizeof *two);
    if (two == NULL)
        return STATUS_FULL;
    memcpy(two, players, 2 * sizeof *two);
    record->forbidden[record->forbidden_count++] = (struct record_forbidden){
        .first_round = first_round, .last_round = last_round, .players = two, .count = 2};
    return STATUS_OK;
}

/* One of them for each stretch of rounds in which it holds. */
static enum status add_stretches(struct arena *arena, const Arbiter__V1__Division *division,
                                 const struct format_division *format, size_t index,
                                 struct record *record)
{
    bool is_ruling = index >= format->forbidden_count;
    const struct format_ruling *ruling =
        is_ruling ? &format->rulings[index - format->forbidden_count] : NULL;
    const struct format_forbidden *pair = is_ruling ? NULL : &format->forbidden[index];
    const int players[] = {division_find_player(division, is_ruling ? ruling->one : pair->one),
                           division_find_player(division, is_ruling ? ruling->other : pair->other)};
    enum status status = STATUS_OK;
    int since = 0;
    if (players[0] < 0 || players[1] < 0)
        return STATUS_OK;
    for (int round = 1; status == STATUS_OK && round <= division->rounds + 1; round++) {
        bool holds =
            round <= division->rounds && division_pair_is_forbidden(division, format, round, index);
        if (!holds && since > 0)
            status = add_forbidden(arena, record, players, since, round - 1);
        since = !holds ? 0 : since > 0 ? since : round;
    }
    return status;
}

static bool is_first_of_team(const Arbiter__V1__Division *division, size_t index)
{
    const char *team = division->entrants[index]->team;
    for (size_t i = 0; i < index; i++)
        if (strcmp(division->entrants[i]->team, team) == 0)
            return false;
    return team[0] != '\0';
}

/* A team's members, where it has several. */
static enum status add_team(struct arena *arena, const Arbiter__V1__Division *division,
                            const struct format_division *format, const char *team,
                            struct record *record)
{
    int count = 0;
    for (size_t i = 0; i < division->n_entrants; i++)
        count += strcmp(division->entrants[i]->team, team) == 0;
    int *players = arena_array(arena, (size_t)count, sizeof *players);
    if (players == NULL)
        return STATUS_FULL;
    if (count < 2)
        return STATUS_OK;
    struct record_forbidden *list = &record->forbidden[record->forbidden_count++];
    *list = (struct record_forbidden){.first_round = format->team_avoidance.first,
                                      .last_round = format->team_avoidance.last,
                                      .players = players};
    for (size_t i = 0; i < division->n_entrants; i++)
        if (strcmp(division->entrants[i]->team, team) == 0)
            players[list->count++] = (int)i;
    return STATUS_OK;
}

static enum status forbid_teams(struct arena *arena, const Arbiter__V1__Division *division,
                                const struct format_division *format, struct record *record)
{
    enum status status = STATUS_OK;
    if (format->team_avoidance.first == 0 || !is_dutch(format))
        return STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < division->n_entrants; i++)
        if (is_first_of_team(division, i))
            status = add_team(arena, division, format, division->entrants[i]->team, record);
    return status;
}

static enum status forbid_pairs(struct arena *arena, const Arbiter__V1__Division *division,
                                const struct format_division *format, struct record *record)
{
    size_t count = format->forbidden_count + format->ruling_count;
    size_t stretches = ((size_t)division->rounds + 1) / 2 + 1;
    record->forbidden =
        arena_array(arena, count * stretches + division->n_entrants + 1, sizeof *record->forbidden);
    enum status status = record->forbidden != NULL ? STATUS_OK : STATUS_FULL;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = add_stretches(arena, division, format, i, record);
    return status == STATUS_OK ? forbid_teams(arena, division, format, record) : status;
}

/* ---- the system -------------------------------------------------------------------------- */

static bool is_accelerated(const struct format_division *format)
{
    return format->range_count > 0 && format->ranges[0].pairing.baku;
}

/* As method_dutch.c has it: the upper half of those who were there in round 1. */
static enum status accelerate(struct arena *arena, const struct format_division *format,
                              struct record *record)
{
    enum status status = STATUS_OK;
    int starters = 0;
    for (int i = 0; i < record->player_count; i++)
        starters += record->players[i].entry_round <= 1;
    int upper = 2 * ((starters + 3) / 4);
    if (!is_accelerated(format))
        return STATUS_OK;
    for (int i = 0, given = 0; status == STATUS_OK && i < record->player_count && given < upper;
         i++) {
        if (record->players[i].entry_round > 1)
            continue;
        given++;
        status = record_accelerate(record, arena, i);
    }
    return status;
}

static enum status name_system(struct arena *arena, const Arbiter__V1__Division *division,
                               const struct format_division *format, struct record *record)
{
    bool has_edition = strchr(format->order, '@') != NULL || format->order_edition != 2024;
    int side = division_initial_side(division, format);
    record->initial_side = side > 0 ? RECORD_FIRST : side < 0 ? RECORD_SECOND : RECORD_SIDE_NONE;
    if (is_dutch(format))
        record->event.system = is_accelerated(format) ? "FIDE_DUTCH_2026_BAKU" : "FIDE_DUTCH_2026";
    record->event.tie_breaks =
        has_edition ? format->order : arena_format(arena, "%s@24", format->order);
    return record->event.tie_breaks != NULL ? STATUS_OK : STATUS_FULL;
}

enum status division_to_file(struct arena *arena, const Arbiter__V1__Division *whole,
                             const struct format_division *format, struct record **out_record)
{
    struct record *record = NULL;
    const Arbiter__V1__Division *division = division_of_players(arena, whole);
    int capacity = is_accelerated(format) && whole->rounds > 0 ? whole->rounds : 1;
    enum status status = division != NULL
                             ? division_to_longer_record(arena, division, capacity, &record)
                             : STATUS_FULL;
    if (status != STATUS_OK)
        return status;
    division_count_points(division, format, record);
    add_absences(division, record);
    for (int i = 0; i < record->player_count; i++)
        record->players[i].number = i + 1;
    status = accelerate(arena, format, record);
    if (status == STATUS_OK)
        status = forbid_pairs(arena, division, format, record);
    if (status == STATUS_OK)
        status = name_system(arena, division, format, record);
    if (status == STATUS_OK)
        *out_record = record;
    return status;
}
