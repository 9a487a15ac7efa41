/* Compares a division before and after a planned step. */
#include "orchestrator/desk/consequences.h"
#include "orchestrator/desk/actions.h"

#include <string.h>

#include "orchestrator/desk/applied.h"
#include "orchestrator/desk/match_outlook.h"
#include "orchestrator/division_record.h"
#include "orchestrator/division_standing.h"
#include "orchestrator/plan.h"
#include "proto/copy.h"

/* Both states of a division, and what is found. */
struct comparison {
    struct arena *arena;
    const Arbiter__V1__Division *before;
    const Arbiter__V1__Division *after;
    const struct format_division *format;
    const struct format_division *format_after; /* another one where the policy changes */
    struct plan_list standings;                 /* Arbiter__V1__StandingChange */
    struct plan_list pairings;                  /* Arbiter__V1__PairingChange */
    struct plan_list notes;                     /* char */
    bool touches_bracket;
};

static enum status note(struct comparison *comparison, char *text)
{
    return plan_push(comparison->arena, &comparison->notes, text);
}

/* ---- standings --------------------------------------------------------------------------- */

static const struct standing_row *row_of(const struct standing_table *table, int player)
{
    for (int i = 0; i < table->row_count; i++)
        if (table->rows[i].player == player)
            return &table->rows[i];
    return NULL;
}

static enum status compare_terms(struct comparison *comparison, const struct standing_table *tables,
                                 const struct standing_row *const *rows,
                                 Arbiter__V1__StandingChange *change)
{
    struct arena *arena = comparison->arena;
    change->tie_breaks =
        arena_array(arena, (size_t)tables[1].order_count, sizeof *change->tie_breaks);
    for (int i = 0; change->tie_breaks != NULL && i < tables[1].order_count; i++) {
        const struct standing_term *term = &tables[1].order[i];
        char name[STANDING_TERM_TEXT_MAX];
        char values[2][STANDING_TERM_TEXT_MAX] = {"", ""};
        for (int side = 0; side < 2; side++)
            if (rows[side] != NULL)
                (void)standing_value_text(term, &rows[side]->values[i], values[side]);
        if (strcmp(values[0], values[1]) == 0)
            continue;
        Arbiter__V1__TieBreakChange *difference = arena_alloc(arena, sizeof *difference);
        if (difference == NULL)
            return STATUS_FULL;
        arbiter__v1__tie_break_change__init(difference);
        difference->name = arena_format(arena, "%s", standing_term_text(term, name));
        difference->before = arena_format(arena, "%s", values[0]);
        difference->after = arena_format(arena, "%s", values[1]);
        change->tie_breaks[change->n_tie_breaks++] = difference;
    }
    return arena_full(arena) ? STATUS_FULL : STATUS_OK;
}

static bool is_same_place(const struct standing_row *const *rows)
{
    return rows[0] != NULL && rows[1] != NULL && rows[0]->rank == rows[1]->rank &&
           rows[0]->points_x10 == rows[1]->points_x10 && rows[0]->spread == rows[1]->spread;
}

static enum status compare_player(struct comparison *comparison,
                                  const struct standing_table *tables, int index_after)
{
    const Arbiter__V1__Entrant *entrant = comparison->after->entrants[index_after];
    int index_before = division_find_player(comparison->before, entrant->player_id);
    const struct standing_row *rows[] = {
        index_before >= 0 ? row_of(&tables[0], index_before) : NULL,
        row_of(&tables[1], index_after),
    };
    Arbiter__V1__StandingChange *change = arena_alloc(comparison->arena, sizeof *change);
    if (change == NULL)
        return STATUS_FULL;
    arbiter__v1__standing_change__init(change);
    enum status status = compare_terms(comparison, tables, rows, change);
    if (status != STATUS_OK || (is_same_place(rows) && change->n_tie_breaks == 0) ||
        (rows[0] == NULL && rows[1] == NULL))
        return status;
    change->player_id = entrant->player_id;
    change->name = entrant->name;
    if (rows[0] != NULL) {
        change->rank_before = rows[0]->rank;
        change->points_x2_before = rows[0]->points_x10 / 5;
        change->spread_before = (int32_t)rows[0]->spread;
    }
    if (rows[1] != NULL) {
        change->rank_after = rows[1]->rank;
        change->points_x2_after = rows[1]->points_x10 / 5;
        change->spread_after = (int32_t)rows[1]->spread;
    }
    return plan_push(comparison->arena, &comparison->standings, change);
}

static enum status compare_standings(struct comparison *comparison)
{
    struct standing_table tables[2];
    struct record *record = NULL;
    struct fault fault = {0};
    const Arbiter__V1__Division *sides[] = {comparison->before, comparison->after};
    const struct format_division *formats[] = {comparison->format, comparison->format_after};
    for (int i = 0; i < 2; i++) {
        enum status status =
            division_rank(comparison->arena, sides[i], formats[i], 0, &record, &tables[i], &fault);
        if (status == STATUS_FULL)
            return status;
        if (status != STATUS_OK)
            return note(comparison,
                        arena_format(comparison->arena, "the standings cannot be compared: %s",
                                     fault.text[0] != '\0' ? fault.text : status_name(status)));
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < comparison->after->n_entrants; i++)
        status = compare_player(comparison, tables, (int)i);
    return status;
}

/* ---- rounds already paired --------------------------------------------------------------- */

static bool is_same_row(const Arbiter__V1__BoardPairing *one,
                        const Arbiter__V1__BoardPairing *other)
{
    return one->board == other->board && strcmp(one->first, other->first) == 0 &&
           strcmp(one->second, other->second) == 0 && strcmp(one->outcome, other->outcome) == 0 &&
           strcmp(one->status, other->status) == 0 && one->first_score == other->first_score &&
           one->second_score == other->second_score;
}

/* The first round in which a row differs; 0 where none does. */
static int first_changed_round(const struct comparison *comparison)
{
    int first = 0;
    const Arbiter__V1__Division *sides[] = {comparison->before, comparison->after};
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < sides[side]->n_pairings; i++) {
            const Arbiter__V1__BoardPairing *row = sides[side]->pairings[i];
            const Arbiter__V1__BoardPairing *other =
                desk_find_row(sides[1 - side], row->round, row->board);
            if ((other == NULL || !is_same_row(row, other)) && (first == 0 || row->round < first))
                first = row->round;
        }
    return first;
}

static bool is_bracket(enum pairing_method method)
{
    return method == PAIRING_ELIMINATION || method == PAIRING_DOUBLE_ELIMINATION;
}

/* Methods that need no results stay as they are; a simulation is too long for a preview. */
static bool is_compared(const struct comparison *comparison, int round)
{
    enum pairing_method method = format_range_of(comparison->format, round)->pairing.method;
    return !pairing_method_needs_no_results(method) && method != PAIRING_MANUAL &&
           method != PAIRING_COP;
}

static enum status pair_again(struct comparison *comparison, const Arbiter__V1__Division *division,
                              int round, struct pairing_output *out, bool *out_is_made)
{
    struct pairing_input input;
    struct fault fault = {0};
    enum status status =
        division_to_pairing(comparison->arena, division, comparison->format, round, &input);
    if (status == STATUS_OK)
        status = pairing_make(&input, comparison->arena, out, &fault);
    if (status == STATUS_FULL)
        return status;
    *out_is_made = status == STATUS_OK && out->verdict == PAIRING_MADE;
    return STATUS_OK;
}

static int opponent_in(const struct pairing_output *output, int player)
{
    for (int i = 0; i < output->pairs_count; i++) {
        if (output->pairs[i].first == player)
            return output->pairs[i].second;
        if (output->pairs[i].second == player)
            return output->pairs[i].first;
    }
    return PAIRING_NOBODY;
}

static char *player_at(const Arbiter__V1__Division *division, int index)
{
    return index >= 0 ? division->entrants[index]->player_id : "";
}

static enum status compare_pairs(struct comparison *comparison, int round,
                                 const struct pairing_output *outputs)
{
    for (size_t i = 0; i < comparison->before->n_entrants; i++) {
        char *player = comparison->before->entrants[i]->player_id;
        int index = division_find_player(comparison->after, player);
        if (index < 0)
            continue;
        char *opponents[] = {
            player_at(comparison->before, opponent_in(&outputs[0], (int)i)),
            player_at(comparison->after, opponent_in(&outputs[1], index)),
        };
        if (strcmp(opponents[0], opponents[1]) == 0)
            continue;
        Arbiter__V1__PairingChange *change = arena_alloc(comparison->arena, sizeof *change);
        if (change == NULL)
            return STATUS_FULL;
        arbiter__v1__pairing_change__init(change);
        change->round = round;
        change->player_id = player;
        change->opponent_before = opponents[0];
        change->opponent_after = opponents[1];
        comparison->touches_bracket |=
            is_bracket(format_range_of(comparison->format, round)->pairing.method);
        enum status status = plan_push(comparison->arena, &comparison->pairings, change);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status compare_round(struct comparison *comparison, int round)
{
    struct pairing_output outputs[2];
    bool is_made[2] = {false, false};
    enum status status =
        pair_again(comparison, comparison->before, round, &outputs[0], &is_made[0]);
    if (status == STATUS_OK)
        status = pair_again(comparison, comparison->after, round, &outputs[1], &is_made[1]);
    if (status != STATUS_OK)
        return status;
    if (is_made[0] && is_made[1])
        return compare_pairs(comparison, round, outputs);
    if (is_made[0] == is_made[1])
        return STATUS_OK;
    return note(comparison,
                arena_format(comparison->arena, "round %d could %s be paired by the policy", round,
                             is_made[1] ? "now" : "no longer"));
}

static enum status compare_later_rounds(struct comparison *comparison)
{
    int first = first_changed_round(comparison);
    int last = desk_paired_round(comparison->before);
    if (first == 0 || first >= last)
        return STATUS_OK;
    if (comparison->before->n_entrants > CONSEQUENCES_PLAYERS_MAX ||
        last - first > CONSEQUENCES_ROUNDS_MAX)
        return note(comparison,
                    arena_format(comparison->arena,
                                 "rounds %d to %d were paired from the earlier results; "
                                 "they are too large to be compared here",
                                 first + 1, last));
    enum status status = STATUS_OK;
    for (int round = first + 1; status == STATUS_OK && round <= last; round++)
        if (round <= comparison->format->rounds && is_compared(comparison, round))
            status = compare_round(comparison, round);
    return status;
}

/* ---- matches ----------------------------------------------------------------------------- */

static enum status compare_matches(struct comparison *comparison)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < comparison->before->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *before = comparison->before->pairings[i];
        const Arbiter__V1__BoardPairing *after =
            desk_find_row(comparison->after, before->round, before->board);
        if (before->n_games == 0 || after == NULL || after->n_games != before->n_games)
            continue;
        char *text = match_outlook(comparison->arena, comparison->format, before, after);
        if (text != NULL)
            status = note(comparison, text);
    }
    return arena_full(comparison->arena) ? STATUS_FULL : status;
}

/* ---- together ---------------------------------------------------------------------------- */

static enum status compare(struct comparison *comparison)
{
    enum status status =
        division_format(comparison->arena, comparison->before, NULL, &comparison->format);
    if (status != STATUS_OK)
        return note(comparison, "the division's policy cannot be read: nothing is compared");
    comparison->format_after = comparison->format;
    if (comparison->before->n_entrants == 0 && comparison->after->n_entrants == 0)
        return STATUS_OK;
    status = compare_standings(comparison);
    if (status == STATUS_OK)
        status = compare_matches(comparison);
    return status == STATUS_OK ? compare_later_rounds(comparison) : status;
}

static char *later_choices[] = {"keep", "re_pair", "void"};

/* Whether a result is amended after which a round was paired that still has open boards; what
 * becomes of them is for the director to choose. */
static bool leaves_a_choice(const struct comparison *comparison,
                            const Arbiter__V1__CommitStepRequest *planned)
{
    const Arbiter__V1__Division *division = comparison->before;
    int paired = desk_paired_round(division);
    bool amends = false;
    bool is_open = false;
    for (size_t i = 0; i < planned->n_writes; i++)
        amends |= strcmp(planned->writes[i]->command, "pairing.amend") == 0;
    for (size_t i = 0; amends && i < division->n_pairings; i++)
        is_open |= division->pairings[i]->round == paired &&
                   strcmp(division->pairings[i]->status, "final") != 0 &&
                   strcmp(division->pairings[i]->status, "void") != 0;
    return is_open && comparison->pairings.count > 0;
}

enum status consequences_find(struct arena *arena, const Arbiter__V1__Division *division,
                              const Arbiter__V1__CommitStepRequest *planned, const char *otherwise,
                              struct consequences *out)
{
    struct applied applied = {.arena = arena};
    struct comparison comparison = {.arena = arena, .before = division};
    Arbiter__V1__Consequences *message = arena_alloc(arena, sizeof *message);
    if (division != NULL)
        applied.division = (Arbiter__V1__Division *)proto_copy_in(arena, &division->base);
    if (message == NULL || (division != NULL && applied.division == NULL))
        return STATUS_FULL;
    enum status status = applied_step(&applied, planned);
    if (status == STATUS_OK && applied.changes.count == 0 && otherwise[0] != '\0')
        status = plan_push(arena, &applied.changes, (char *)otherwise);
    comparison.after = applied.division;
    if (status == STATUS_OK && division != NULL)
        status = compare(&comparison);
    if (status != STATUS_OK)
        return status;
    arbiter__v1__consequences__init(message);
    message->changes = (char **)applied.changes.items;
    message->n_changes = applied.changes.count;
    message->standings = (Arbiter__V1__StandingChange **)comparison.standings.items;
    message->n_standings = comparison.standings.count;
    message->ratings = (Arbiter__V1__RatingChange **)applied.ratings.items;
    message->n_ratings = applied.ratings.count;
    message->pairings = (Arbiter__V1__PairingChange **)comparison.pairings.items;
    message->n_pairings = comparison.pairings.count;
    message->games = (Arbiter__V1__GameTouched **)applied.games.items;
    message->n_games = applied.games.count;
    message->notes = (char **)comparison.notes.items;
    message->n_notes = comparison.notes.count;
    if (division != NULL && leaves_a_choice(&comparison, planned)) {
        message->choices = later_choices;
        message->n_choices = COUNT_OF(later_choices);
    }
    bool stops_games = false;
    for (size_t i = 0; i < message->n_games; i++)
        stops_games |= strcmp(message->games[i]->what, "stopped") == 0;
    *out = (struct consequences){.message = message,
                                 .touches_bracket = comparison.touches_bracket,
                                 .touches_later = message->n_pairings > 0,
                                 .stops_games = stops_games};
    return STATUS_OK;
}

/* ---- another policy ---------------------------------------------------------------------- */

/* A division that has played, by the new policy. */
static enum status recount(struct comparison *comparison, const Arbiter__V1__Division *division,
                           const char *policy)
{
    struct arena *arena = comparison->arena;
    Arbiter__V1__Division *after = arena_alloc(arena, sizeof *after);
    if (after == NULL)
        return STATUS_FULL;
    *after = *division;
    after->settings = (char *)policy;
    comparison->before = division;
    comparison->after = after;
    enum status status = division_format(arena, division, NULL, &comparison->format);
    if (status == STATUS_OK)
        status = division_format(arena, after, NULL, &comparison->format_after);
    if (status == STATUS_FULL)
        return status;
    if (status != STATUS_OK)
        return note(comparison, arena_format(arena,
                                             "division %s has no place in this policy: its "
                                             "standings are not compared",
                                             division->name));
    return compare_standings(comparison);
}

enum status consequences_of_policy(struct arena *arena,
                                   const Arbiter__V1__Division *const *divisions, size_t count,
                                   int left_out, const char *policy, struct consequences *found)
{
    struct comparison comparison = {.arena = arena};
    Arbiter__V1__Consequences *message = arena_alloc(arena, sizeof *message);
    enum status status = message != NULL ? STATUS_OK : STATUS_FULL;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        if (divisions[i]->round > 0 && divisions[i]->n_entrants > 0)
            status = recount(&comparison, divisions[i], policy);
    if (status == STATUS_OK && comparison.standings.count > 0)
        status =
            note(&comparison,
                 "results so far count by the new policy as soon as it holds: see the standings");
    if (status == STATUS_OK && left_out > 0)
        status = note(&comparison, arena_format(arena,
                                                "the event is large: %d of its divisions are "
                                                "not compared",
                                                left_out));
    for (size_t i = 0; status == STATUS_OK && i < found->message->n_notes; i++)
        status = note(&comparison, found->message->notes[i]);
    if (status != STATUS_OK)
        return status;
    *message = *found->message;
    message->standings = (Arbiter__V1__StandingChange **)comparison.standings.items;
    message->n_standings = comparison.standings.count;
    message->notes = (char **)comparison.notes.items;
    message->n_notes = comparison.notes.count;
    found->message = message;
    return STATUS_OK;
}
