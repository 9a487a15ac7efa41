/* Why the pairs are as they are: obstacles, values by criterion, and the best that a wish would
 * have left. The rules themselves are in bracket.c and criteria.c; here they are only retold. */
#include "orchestrator/pairing/dutch/explain.h"

#include "orchestrator/pairing/dutch/criteria.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { NEVER = INT_MAX, PASSED_MAX = 3 };

/* ---- obstacles ---- */

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

/* ---- values ---- */

static const char *const NAMES[DUTCH_CRITERION_COUNT] = {"C6",  "C7",  "C8",  "C9",  "C10",  "C11",
                                                         "C12", "C13", "C14", "C15", "C16",  "C17",
                                                         "C18", "C19", "C20", "C21", "order"};

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

const char *dutch_criterion_name(enum dutch_criterion criterion)
{
    return NAMES[criterion];
}

/* A bracket as it was settled, by seats. */
struct settled {
    const struct dutch_input *input;
    const struct dutch_output *output;
    int bracket;
    int score_x10;
    int *seat_of_player; /* [player_count] */
    int *bracket_of;     /* [seat] in which it was paired; NEVER for the bye */
    int *partner;        /* [seat] or RECORD_NOBODY */
    struct arena *arena;
};

static bool settle(struct settled *settled, const struct dutch_input *input,
                   const struct dutch_output *output, int bracket, struct arena *arena)
{
    size_t seats = (size_t)output->seat_count + 1;
    *settled = (struct settled){
        .input = input,
        .output = output,
        .bracket = bracket,
        .score_x10 = output->brackets[bracket].score_x10,
        .seat_of_player = arena_array(arena, (size_t)input->record->player_count, sizeof(int)),
        .bracket_of = arena_array(arena, seats, sizeof(int)),
        .partner = arena_array(arena, seats, sizeof(int)),
        .arena = arena,
    };
    if (arena_full(arena))
        return false;
    for (int i = 0; i < output->seat_count; i++) {
        settled->seat_of_player[output->seats[i].player] = i;
        settled->bracket_of[i] = NEVER;
        settled->partner[i] = RECORD_NOBODY;
    }
    for (int k = 0; k < output->bracket_count; k++)
        for (int i = 0; i < output->brackets[k].pair_count; i++) {
            struct dutch_pair pair = output->by_bracket[output->brackets[k].first_pair + i];
            int one = settled->seat_of_player[pair.first];
            int other = settled->seat_of_player[pair.second];
            settled->bracket_of[one] = settled->bracket_of[other] = k;
            settled->partner[one] = other;
            settled->partner[other] = one;
        }
    return true;
}

static bool is_member(const struct settled *settled, int seat, int bracket)
{
    return settled->output->seats[seat].score_x10 >= settled->output->brackets[bracket].score_x10 &&
           settled->bracket_of[seat] >= bracket;
}

static bool is_mdp(const struct settled *settled, int seat)
{
    return is_member(settled, seat, settled->bracket) &&
           settled->output->seats[seat].score_x10 > settled->score_x10;
}

static bool moves_down(const struct settled *settled, int seat, int bracket)
{
    return is_member(settled, seat, bracket) && settled->bracket_of[seat] > bracket;
}

static int compare_down(const void *one, const void *two)
{
    int a = *(const int *)one;
    int b = *(const int *)two;
    return (a < b) - (a > b);
}

/* Room for one number a seat, and one more in front. */
static int *room_for_items(const struct settled *settled)
{
    return arena_array(settled->arena, (size_t)settled->output->seat_count + 2, sizeof(int));
}

static struct dutch_value number_value(const struct settled *settled, int number)
{
    int *items = arena_array(settled->arena, 1, sizeof *items);
    if (items == NULL)
        return (struct dutch_value){.count = 0};
    items[0] = number;
    return (struct dutch_value){.items = items, .count = 1};
}

static struct dutch_value down_scores(const struct settled *settled, int bracket, bool pairs_first)
{
    int *items = room_for_items(settled);
    int count = 0;
    if (items == NULL)
        return (struct dutch_value){.count = 0};
    if (pairs_first)
        items[count++] = -settled->output->brackets[bracket].pair_count;
    for (int i = 0; i < settled->output->seat_count; i++)
        if (moves_down(settled, i, bracket))
            items[count++] = settled->output->seats[i].score_x10;
    return (struct dutch_value){.items = items, .count = count};
}

static struct dutch_value bye_value(const struct settled *settled, int down_count)
{
    bool here = settled->output->bye_score_x10 >= settled->score_x10;
    for (int i = 0; here && down_count == 1 && i < settled->output->seat_count; i++)
        if (moves_down(settled, i, settled->bracket))
            return number_value(settled,
                                settled->input->round - 1 - settled->output->seats[i].games);
    return (struct dutch_value){.count = 0};
}

static void colour_values(const struct settled *settled, struct dutch_value *out)
{
    int counts[4] = {0};
    for (int i = 0; i < settled->output->seat_count; i++) {
        if (settled->bracket_of[i] != settled->bracket || settled->partner[i] < i)
            continue;
        struct seat_type a = criteria_type_of(&settled->output->seats[i]);
        struct seat_type b = criteria_type_of(&settled->output->seats[settled->partner[i]]);
        unsigned faults = criteria_colour_faults(&a, &b);
        for (int k = 0; k < 4; k++)
            counts[k] += (int)((faults >> k) & 1);
    }
    for (int k = 0; k < 4; k++)
        out[DUTCH_C10 + k] = number_value(settled, counts[k]);
}

static void float_counts(const struct settled *settled, int back, struct dutch_value *out)
{
    int down = 0;
    int up = 0;
    for (int i = 0; i < settled->output->seat_count; i++) {
        const struct dutch_seat *seat = &settled->output->seats[i];
        if (!is_member(settled, i, settled->bracket))
            continue;
        if (!is_mdp(settled, i)) {
            down += seat->floated[back] == DUTCH_DOWN && settled->bracket_of[i] > settled->bracket;
        } else if (settled->bracket_of[i] == settled->bracket) {
            int other = settled->partner[i];
            up += settled->output->seats[other].floated[back] == DUTCH_UP;
        }
    }
    out[DUTCH_C14 + 2 * back] = number_value(settled, down);
    out[DUTCH_C15 + 2 * back] = number_value(settled, up);
}

static void difference_values(const struct settled *settled, int back, struct dutch_value *out)
{
    int *downs = room_for_items(settled);
    int *ups = room_for_items(settled);
    int down_count = 0;
    int up_count = 0;
    if (downs == NULL || ups == NULL)
        return;
    for (int i = 0; i < settled->output->seat_count; i++) {
        const struct dutch_seat *seat = &settled->output->seats[i];
        if (!is_mdp(settled, i))
            continue;
        bool paired = settled->bracket_of[i] == settled->bracket;
        int difference = paired ? seat->score_x10 - settled->score_x10 : NEVER;
        if (seat->floated[back] == DUTCH_DOWN)
            downs[down_count++] = difference;
        if (paired && settled->output->seats[settled->partner[i]].floated[back] == DUTCH_UP)
            ups[up_count++] = difference;
    }
    qsort(downs, (size_t)down_count, sizeof *downs, compare_down);
    qsort(ups, (size_t)up_count, sizeof *ups, compare_down);
    out[DUTCH_C18 + 2 * back] = (struct dutch_value){.items = downs, .count = down_count};
    out[DUTCH_C19 + 2 * back] = (struct dutch_value){.items = ups, .count = up_count};
}

bool dutch_bracket_values(const struct dutch_input *input, const struct dutch_output *output,
                          int bracket, struct arena *arena,
                          struct dutch_value out_values[DUTCH_ORDER])
{
    struct settled settled;
    if (!settle(&settled, input, output, bracket, arena))
        return false;
    struct dutch_value values[DUTCH_ORDER] = {{0}};
    values[DUTCH_C7] = down_scores(&settled, bracket, false);
    values[DUTCH_C6] = number_value(&settled, values[DUTCH_C7].count);
    if (bracket + 1 < output->bracket_count)
        values[DUTCH_C8] = down_scores(&settled, bracket + 1, true);
    values[DUTCH_C9] = bye_value(&settled, values[DUTCH_C7].count);
    colour_values(&settled, values);
    for (int back = 0; back < 2; back++) {
        float_counts(&settled, back, values);
        difference_values(&settled, back, values);
    }
    if (arena_full(arena))
        return false;
    memcpy(out_values, values, sizeof values);
    return true;
}

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

/* ---- why not ---- */

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
    buffer_format(out, "%s rules it out (%s): ", NAMES[why->criterion], MEANINGS[why->criterion]);
    write_value(why->criterion, &why->as_wished, out);
    buffer_append_text(out, " instead of ");
    write_value(why->criterion, &why->as_paired, out);
}

void dutch_why_write(const struct record *record, const struct dutch_why *why, int one, int other,
                     struct buffer *out)
{
    write_names(record, one, other, out);
    buffer_append_text(out, ": ");
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
    case DUTCH_WHY_CRITERION:
        write_criterion(why, out);
        return;
    }
}

static enum status compare_with_wish(const struct dutch_input *input,
                                     const struct dutch_output *output, struct dutch_pair wish,
                                     struct arena *arena, struct dutch_why *why)
{
    struct dutch_input wish_input = *input;
    struct dutch_output wished = {0};
    wish_input.insisted = &wish;
    wish_input.insisted_count = 1;
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

/* ---- the whole round ---- */

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

/* Who ranked between a pair's two members and was still to be had: why was he passed over? */
static void write_passed(const struct settled *settled, int top, int other, int after,
                         struct buffer *out)
{
    const struct dutch_output *output = settled->output;
    const struct dutch_bracket *bracket = &output->brackets[settled->bracket];
    int written = 0;
    for (int seat = top + 1; seat < other && written < PASSED_MAX; seat++) {
        bool is_top =
            settled->bracket_of[seat] == settled->bracket && settled->partner[seat] > seat;
        bool taken = false;
        for (int i = 0; i <= after; i++)
            taken =
                taken ||
                settled->seat_of_player[output->by_bracket[bracket->first_pair + i].first] ==
                    seat ||
                settled->seat_of_player[output->by_bracket[bracket->first_pair + i].second] == seat;
        if (taken || is_mdp(settled, seat) || (is_top && !is_mdp(settled, top)) ||
            !is_member(settled, seat, settled->bracket))
            continue;
        int round = 0;
        enum dutch_obstacle obstacle = dutch_obstacle_between(
            settled->input, output, output->seats[top].player, output->seats[seat].player, &round);
        buffer_format(out, "%s%d (", written++ > 0 ? ", " : "; passed over: ",
                      settled->input->record->players[output->seats[seat].player].number);
        if (obstacle == DUTCH_OBSTACLE_NONE)
            buffer_append_text(out, "a criterion, see why-not");
        write_obstacle(obstacle, round, out);
        buffer_append_char(out, ')');
    }
}

static void write_pair(const struct settled *settled, int index, struct buffer *out)
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
                  is_mdp(settled, top) ? "moved down, with a resident" : "residents",
                  colour_rule_text(rule));
    write_passed(settled, top, one < other ? other : one, index, out);
    buffer_append_char(out, '\n');
}

static void write_members(const struct settled *settled, struct buffer *out)
{
    const struct dutch_output *output = settled->output;
    const struct dutch_bracket *bracket = &output->brackets[settled->bracket];
    buffer_format(out, "Bracket of %d.%d: %d residents, %d moved down into it; %d pairs; %s\n",
                  bracket->score_x10 / 10, bracket->score_x10 % 10, bracket->resident_count,
                  bracket->mdp_count, bracket->pair_count,
                  bracket->proof == DUTCH_PROOF_ALONE ? "settled alone, the rest can take it"
                                                      : "settled together with all below");
    for (int i = 0; i < output->seat_count; i++)
        if (moves_down(settled, i, settled->bracket))
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
        buffer_format(out, "  %s, %s: ", NAMES[i], MEANINGS[i]);
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
    for (int k = 0; k < output->bracket_count; k++) {
        struct arena_mark mark = arena_mark(arena);
        struct settled settled;
        struct dutch_value values[DUTCH_ORDER];
        if (!settle(&settled, input, output, k, arena) ||
            !dutch_bracket_values(input, output, k, arena, values))
            return STATUS_FULL;
        write_members(&settled, out);
        write_values(values, out);
        for (int i = 0; i < output->brackets[k].pair_count; i++)
            write_pair(&settled, i, out);
        arena_rewind(arena, mark);
    }
    return STATUS_OK;
}
