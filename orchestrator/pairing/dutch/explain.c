/* Why the pairs are as they are: obstacles, values by criterion, and the best that a wish would
 * have left. The rules themselves are in bracket.c and criteria.c; here they are only retold. */
#include "orchestrator/pairing/dutch/explain_state.h"

#include <assert.h>

/* PASSED_MAX opponents passed over are named for a pair. The criterion takes a pairing of its own
 * each; WISHED_SEATS_MAX players are paired anew for one account (all of them up to 1,000). */
enum { PASSED_MAX = 3, WISHED_SEATS_MAX = 2000000 };

/* ---- obstacles --------------------------------------------------------------------------- */

static int seat_of(const struct dutch_output *output, int player)
{
    for (int i = 0; i < output->seat_count; i++)
        if (output->seats[i].player == player)
            return i;
    return RECORD_NOBODY;
}

static int round_met(const struct dutch_input *input, int one, int other)
{
    for (int round = 1; round < input->round; round++) {
        const struct record_result *result = record_result(input->record, one, round);
        if (record_was_played(result) && result->opponent == other)
            return round;
    }
    return 0;
}

enum dutch_obstacle dutch_obstacle_between(const struct dutch_input *input,
                                           const struct dutch_output *output, int one, int other,
                                           int *out_round)
{
    int a = seat_of(output, one);
    int b = other == RECORD_NOBODY ? RECORD_NOBODY : seat_of(output, other);
    if (a == RECORD_NOBODY || (other != RECORD_NOBODY && b == RECORD_NOBODY))
        return DUTCH_OBSTACLE_ABSENT;
    const struct dutch_seat *first = &output->seats[a];
    if (other == RECORD_NOBODY) {
        if (output->seat_count % 2 == 0)
            return DUTCH_OBSTACLE_NUMBERS;
        return first->may_get_bye ? DUTCH_OBSTACLE_NONE : DUTCH_OBSTACLE_BYE;
    }
    const struct dutch_seat *second = &output->seats[b];
    *out_round = round_met(input, one, other);
    if (*out_round > 0)
        return DUTCH_OBSTACLE_MET;
    if (record_is_forbidden(input->record, one, other, input->round))
        return DUTCH_OBSTACLE_FORBIDDEN;
    bool clash = first->strength == DUTCH_ABSOLUTE && second->strength == DUTCH_ABSOLUTE &&
                 first->preference == second->preference;
    bool waived = first->topscorer || second->topscorer;
    return clash && !waived ? DUTCH_OBSTACLE_COLOURS : DUTCH_OBSTACLE_NONE;
}

static void write_obstacle(enum dutch_obstacle obstacle, int round, struct buffer *out)
{
    switch (obstacle) {
    case DUTCH_OBSTACLE_NONE:
        return;
    case DUTCH_OBSTACLE_ABSENT:
        buffer_append_text(out, "not in this round's pairing");
        return;
    case DUTCH_OBSTACLE_MET:
        buffer_format(out, "C1: they met in round %d", round);
        return;
    case DUTCH_OBSTACLE_BYE:
        buffer_append_text(out, "C2: had a bye, or a win's points without playing");
        return;
    case DUTCH_OBSTACLE_COLOURS:
        buffer_append_text(out, "C3: both must get the same colour");
        return;
    case DUTCH_OBSTACLE_FORBIDDEN:
        buffer_append_text(out, "a forbidden pair");
        return;
    case DUTCH_OBSTACLE_NUMBERS:
        buffer_append_text(out, "no bye: the number of players is even");
        return;
    }
}

static const char *const MEANINGS[DUTCH_CRITERION_COUNT] = {
    "players who move down",
    "scores of those who move down",
    "what the next bracket can do: pairs (negative), then scores left over",
    "rounds not played by the one with the bye",
    "pairs in which both had a colour twice more than the other, and it again",
    "pairs that give a colour three times in a row",
    "pairs in which somebody does not get the colour due",
    "of these, pairs in which both are due it strongly",
    "residents who move down again after the last round",
    "opponents of players moved down who moved up in the last round",
    "residents who move down again after the round before last",
    "opponents of players moved down who moved up in the round before last",
    "score differences of players moved down again after the last round",
    "score differences of those who moved up in the last round",
    "score differences of players moved down again after the round before last",
    "score differences of those who moved up in the round before last",
    "order in which candidates are generated",
};

static int compare_values(const struct dutch_value *a, const struct dutch_value *b)
{
    for (int i = 0; i < a->count && i < b->count; i++)
        if (a->items[i] != b->items[i])
            return a->items[i] < b->items[i] ? -1 : 1;
    return (a->count > b->count) - (a->count < b->count);
}

static bool counts_in_tenths(enum dutch_criterion criterion, int item)
{
    bool scores = criterion == DUTCH_C7 || criterion == DUTCH_C8 || criterion >= DUTCH_C18;
    return scores && !(criterion == DUTCH_C8 && item == 0);
}

static void write_value(enum dutch_criterion criterion, const struct dutch_value *value,
                        struct buffer *out)
{
    if (value->count == 0)
        buffer_append_text(out, "none");
    for (int i = 0; i < value->count; i++) {
        int item = value->items[i];
        buffer_append_text(out, i > 0 ? " " : "");
        if (item == NEVER)
            buffer_append_text(out, "unpaired");
        else if (counts_in_tenths(criterion, i))
            buffer_format(out, "%d.%d", item / 10, item % 10);
        else
            buffer_format(out, "%d", item);
    }
}

/* ---- why not ----------------------------------------------------------------------------- */

static bool are_paired(const struct dutch_output *output, int one, int other)
{
    for (int i = 0; i < output->pair_count; i++) {
        struct dutch_pair pair = output->pairs[i];
        if ((pair.first == one && pair.second == other) ||
            (pair.first == other && pair.second == one))
            return true;
    }
    return false;
}

static bool same_bracket(const struct dutch_output *a, const struct dutch_output *b, int bracket)
{
    int count = a->brackets[bracket].pair_count;
    if (count != b->brackets[bracket].pair_count)
        return false;
    for (int i = 0; i < count; i++) {
        struct dutch_pair pair = a->by_bracket[a->brackets[bracket].first_pair + i];
        struct dutch_output only = {.pairs = &b->by_bracket[b->brackets[bracket].first_pair],
                                    .pair_count = count};
        if (!are_paired(&only, pair.first, pair.second))
            return false;
    }
    return true;
}

/* Finds the first bracket and criterion by which the best with the wish is worse. */
static enum status find_criterion(const struct dutch_input *input,
                                  const struct dutch_output *output,
                                  const struct dutch_input *wish_input,
                                  const struct dutch_output *wish, struct arena *arena,
                                  struct dutch_why *why)
{
    for (int k = 0; k < output->bracket_count; k++) {
        struct dutch_value paired[DUTCH_ORDER];
        struct dutch_value wished[DUTCH_ORDER];
        if (same_bracket(output, wish, k))
            continue;
        if (!dutch_bracket_values(input, output, k, arena, paired) ||
            !dutch_bracket_values(wish_input, wish, k, arena, wished))
            return STATUS_FULL;
        why->score_x10 = output->brackets[k].score_x10;
        why->criterion = DUTCH_ORDER;
        for (int i = 0; i < DUTCH_ORDER; i++) {
            if (compare_values(&paired[i], &wished[i]) == 0)
                continue;
            why->criterion = (enum dutch_criterion)i;
            why->as_paired = paired[i];
            why->as_wished = wished[i];
            return STATUS_OK;
        }
        return STATUS_OK;
    }
    why->criterion = DUTCH_ORDER;
    return STATUS_OK;
}

static void write_names(const struct record *record, int one, int other, struct buffer *out)
{
    if (other == RECORD_NOBODY)
        buffer_format(out, "the bye for %d", record->players[one].number);
    else
        buffer_format(out, "%d-%d", record->players[one].number, record->players[other].number);
}

static void write_criterion(const struct dutch_why *why, struct buffer *out)
{
    buffer_format(out, "in the bracket of %d.%d points ", why->score_x10 / 10, why->score_x10 % 10);
    if (why->criterion == DUTCH_ORDER) {
        buffer_append_text(out, "every criterion allows it, but the pairing made comes earlier in "
                                "the order of Articles 3 and 4");
        return;
    }
    buffer_format(out, "%s rules it out (%s): ", dutch_criterion_name(why->criterion),
                  MEANINGS[why->criterion]);
    write_value(why->criterion, &why->as_wished, out);
    buffer_append_text(out, " instead of ");
    write_value(why->criterion, &why->as_paired, out);
}

static void write_kind(const struct dutch_why *why, struct buffer *out)
{
    switch (why->kind) {
    case DUTCH_WHY_PAIRED:
        buffer_append_text(out, "that is how they are paired");
        return;
    case DUTCH_WHY_OBSTACLE:
        write_obstacle(why->obstacle, why->met_round, out);
        return;
    case DUTCH_WHY_INCOMPLETE:
        buffer_append_text(out, "C4: the others could not all be paired");
        return;
    case DUTCH_WHY_BYE_SCORE:
        buffer_append_text(out, "C5: the bye would go to a higher score");
        return;
    case DUTCH_WHY_INSISTED:
        buffer_append_text(out, "a director insists on another pair");
        return;
    case DUTCH_WHY_CRITERION:
        write_criterion(why, out);
        return;
    }
}

void dutch_why_write(const struct record *record, const struct dutch_why *why, int one, int other,
                     struct buffer *out)
{
    write_names(record, one, other, out);
    buffer_append_text(out, ": ");
    write_kind(why, out);
}

static bool share_a_player(struct dutch_pair a, struct dutch_pair b)
{
    bool second = a.second != RECORD_NOBODY && (a.second == b.first || a.second == b.second);
    bool bye = a.second == RECORD_NOBODY && b.second == RECORD_NOBODY;
    return a.first == b.first || a.first == b.second || second || bye;
}

static enum status compare_with_wish(const struct dutch_input *input,
                                     const struct dutch_output *output, struct dutch_pair wish,
                                     struct arena *arena, struct dutch_why *why)
{
    struct dutch_input wish_input = *input;
    struct dutch_output wished = {0};
    struct dutch_pair *insisted =
        arena_array(arena, (size_t)input->insisted_count + 1, sizeof *insisted);
    if (insisted == NULL)
        return STATUS_FULL;
    for (int i = 0; i < input->insisted_count; i++) {
        if (share_a_player(input->insisted[i], wish)) {
            *why = (struct dutch_why){.kind = DUTCH_WHY_INSISTED};
            return STATUS_OK;
        }
        insisted[i] = input->insisted[i];
    }
    insisted[input->insisted_count] = wish;
    wish_input.insisted = insisted;
    wish_input.insisted_count++;
    enum status status = dutch_pair(&wish_input, arena, &wished, NULL);
    if (status != STATUS_OK)
        return status;
    why->kind = DUTCH_WHY_CRITERION;
    if (!wished.possible)
        why->kind = DUTCH_WHY_INCOMPLETE;
    else if (wished.bye_score_x10 != output->bye_score_x10)
        why->kind = DUTCH_WHY_BYE_SCORE;
    else
        status = find_criterion(input, output, &wish_input, &wished, arena, why);
    return status;
}

enum status dutch_why_not(const struct dutch_input *input, const struct dutch_output *output,
                          int one, int other, struct arena *arena, struct dutch_why *out_why)
{
    assert(output->possible);
    struct dutch_why why = {.kind = DUTCH_WHY_OBSTACLE};
    enum status status = STATUS_OK;
    why.obstacle = dutch_obstacle_between(input, output, one, other, &why.met_round);
    if (are_paired(output, one, other))
        why.kind = DUTCH_WHY_PAIRED;
    else if (why.obstacle == DUTCH_OBSTACLE_NONE)
        status = compare_with_wish(input, output, (struct dutch_pair){one, other}, arena, &why);
    if (status != STATUS_OK)
        return status;
    *out_why = why;
    return STATUS_OK;
}

/* ---- the whole round --------------------------------------------------------------------- */

void dutch_explain_relaxations(const struct dutch_input *input, const struct dutch_output *output,
                               struct buffer *out)
{
    for (int i = 0; i < output->relax_count; i++) {
        struct dutch_pair pair = output->relax[i];
        int round = 0;
        enum dutch_obstacle obstacle =
            dutch_obstacle_between(input, output, pair.first, pair.second, &round);
        buffer_append_text(out, i > 0 ? ", " : "");
        write_names(input->record, pair.first, pair.second, out);
        buffer_append_text(out, " (");
        write_obstacle(obstacle, round, out);
        buffer_append_char(out, ')');
    }
}

static const char *colour_rule_text(enum dutch_colour_rule rule)
{
    switch (rule) {
    case DUTCH_COLOUR_BOTH_WISHES:
        return "5.2.1, nobody is refused";
    case DUTCH_COLOUR_STRONGER:
        return "5.2.2, the stronger preference";
    case DUTCH_COLOUR_ALTERNATE:
        return "5.2.3, alternating from their last different colours";
    case DUTCH_COLOUR_HIGHER_RANK:
        return "5.2.4, the higher ranked";
    case DUTCH_COLOUR_NUMBER:
        return "5.2.5, the higher ranked one's number";
    }
    return "";
}

/* The criterion alone, for a list: the whole sentence is why-not's. */
static void write_criterion_shortly(const struct dutch_why *why, struct buffer *out)
{
    if (why->criterion == DUTCH_ORDER) {
        buffer_append_text(out, "later in the order of Articles 3 and 4");
        return;
    }
    buffer_format(out, "%s in the bracket of %d.%d: ", dutch_criterion_name(why->criterion),
                  why->score_x10 / 10, why->score_x10 % 10);
    write_value(why->criterion, &why->as_wished, out);
    buffer_append_text(out, " instead of ");
    write_value(why->criterion, &why->as_paired, out);
}

/* Says why two seats are not paired; `seats_left` is how many may still be paired anew for it. */
static enum status write_reason(const struct settled *settled, int top, int seat, int *seats_left,
                                struct buffer *out)
{
    const struct dutch_output *output = settled->output;
    int one = output->seats[top].player;
    int other = output->seats[seat].player;
    struct dutch_why why = {.kind = DUTCH_WHY_OBSTACLE};
    struct arena_mark mark = arena_mark(settled->arena);
    why.obstacle = dutch_obstacle_between(settled->input, output, one, other, &why.met_round);
    if (why.obstacle == DUTCH_OBSTACLE_NONE && *seats_left < output->seat_count) {
        buffer_append_text(out, "a criterion; so large a field is not paired anew for each");
        return STATUS_OK;
    }
    if (why.obstacle == DUTCH_OBSTACLE_NONE) {
        *seats_left -= output->seat_count;
        enum status status =
            dutch_why_not(settled->input, output, one, other, settled->arena, &why);
        if (status != STATUS_OK)
            return status;
    }
    if (why.kind == DUTCH_WHY_CRITERION)
        write_criterion_shortly(&why, out);
    else
        write_kind(&why, out);
    arena_rewind(settled->arena, mark);
    return STATUS_OK;
}

/* Whether a seat is in one of a bracket's pairs up to and including `last`. */
static bool is_taken(const struct settled *settled, int seat, int last)
{
    int player = settled->output->seats[seat].player;
    int first_pair = settled->output->brackets[settled->bracket].first_pair;
    for (int i = first_pair; i <= first_pair + last; i++)
        if (settled->output->by_bracket[i].first == player ||
            settled->output->by_bracket[i].second == player)
            return true;
    return false;
}

/* Who ranked between a pair's two members and was still to be had: why was he passed over? */
static enum status write_passed(const struct settled *settled, int top, int other, int after,
                                int *seats_left, struct buffer *out)
{
    int written = 0;
    enum status status = STATUS_OK;
    for (int seat = top + 1; seat < other && written < PASSED_MAX && status == STATUS_OK; seat++) {
        bool is_top =
            settled->bracket_of[seat] == settled->bracket && settled->partner[seat] > seat;
        if (is_taken(settled, seat, after) || settled_is_mdp(settled, seat) ||
            (is_top && !settled_is_mdp(settled, top)) ||
            !settled_is_member(settled, seat, settled->bracket))
            continue;
        int player = settled->output->seats[seat].player;
        buffer_format(out, "%s%d (", written++ > 0 ? ", " : "; passed over: ",
                      settled->input->record->players[player].number);
        status = write_reason(settled, top, seat, seats_left, out);
        buffer_append_char(out, ')');
    }
    return status;
}

static enum status write_pair(const struct settled *settled, int index, int *seats_left,
                              struct buffer *out)
{
    const struct dutch_output *output = settled->output;
    const struct record *record = settled->input->record;
    struct dutch_pair pair =
        output->by_bracket[output->brackets[settled->bracket].first_pair + index];
    int one = settled->seat_of_player[pair.first];
    int other = settled->seat_of_player[pair.second];
    int top = one < other ? one : other;
    enum dutch_colour_rule rule = dutch_colour_rule_of(&output->seats[one], &output->seats[other]);
    buffer_format(out, "  %d-%d: %s; colours by %s", record->players[pair.first].number,
                  record->players[pair.second].number,
                  settled_is_mdp(settled, top) ? "moved down, with a resident" : "residents",
                  colour_rule_text(rule));
    enum status status =
        write_passed(settled, top, one < other ? other : one, index, seats_left, out);
    buffer_append_char(out, '\n');
    return status;
}

static const char *proof_text(enum dutch_proof proof)
{
    switch (proof) {
    case DUTCH_PROOF_ALONE:
        return "settled alone, the rest can take it";
    case DUTCH_PROOF_AHEAD:
        return "settled together with the next score, the rest can take it";
    case DUTCH_PROOF_WHOLE:
        break;
    }
    return "settled together with all below";
}

static void write_members(const struct settled *settled, struct buffer *out)
{
    const struct dutch_output *output = settled->output;
    const struct dutch_bracket *bracket = &output->brackets[settled->bracket];
    buffer_format(out, "Bracket of %d.%d: %d residents, %d moved down into it; %d pairs; %s\n",
                  bracket->score_x10 / 10, bracket->score_x10 % 10, bracket->resident_count,
                  bracket->mdp_count, bracket->pair_count, proof_text(bracket->proof));
    for (int i = 0; i < output->seat_count; i++)
        if (settled_moves_down(settled, i, settled->bracket))
            buffer_format(out, "  %d moves down%s\n",
                          settled->input->record->players[output->seats[i].player].number,
                          settled->bracket_of[i] == NEVER ? " and has the bye" : "");
}

static void write_values(const struct dutch_value *values, struct buffer *out)
{
    for (int i = DUTCH_C9; i < DUTCH_ORDER; i++) {
        bool zero = values[i].count == 0 || (values[i].count == 1 && values[i].items[0] == 0);
        if (zero)
            continue;
        buffer_format(out, "  %s, %s: ", dutch_criterion_name((enum dutch_criterion)i),
                      MEANINGS[i]);
        write_value((enum dutch_criterion)i, &values[i], out);
        buffer_append_char(out, '\n');
    }
}

enum status dutch_explain(const struct dutch_input *input, const struct dutch_output *output,
                          struct arena *arena, struct buffer *out)
{
    if (!output->possible) {
        buffer_append_text(out, "No legal pairing; it takes no less than allowing ");
        dutch_explain_relaxations(input, output, out);
        buffer_append_char(out, '\n');
        return STATUS_OK;
    }
    int seats_left = WISHED_SEATS_MAX;
    enum status status = STATUS_OK;
    for (int k = 0; k < output->bracket_count && status == STATUS_OK; k++) {
        struct arena_mark mark = arena_mark(arena);
        struct settled settled;
        struct dutch_value values[DUTCH_ORDER];
        if (!settled_init(&settled, input, output, k, arena) ||
            !dutch_bracket_values(input, output, k, arena, values))
            return STATUS_FULL;
        write_members(&settled, out);
        write_values(values, out);
        for (int i = 0; i < output->brackets[k].pair_count && status == STATUS_OK; i++)
            status = write_pair(&settled, i, &seats_left, out);
        arena_rewind(arena, mark);
    }
    return status;
}
