/* What a settled bracket is worth by each criterion, worked out from its pairs. */
#include "orchestrator/pairing/dutch/explain_state.h"

#include "orchestrator/pairing/dutch/criteria.h"

#include <stdlib.h>
#include <string.h>

static const char *const NAMES[DUTCH_CRITERION_COUNT] = {"C6",  "C7",  "C8",  "C9",  "C10",  "C11",
                                                         "C12", "C13", "C14", "C15", "C16",  "C17",
                                                         "C18", "C19", "C20", "C21", "order"};

const char *dutch_criterion_name(enum dutch_criterion criterion)
{
    return NAMES[criterion];
}

bool settled_init(struct settled *settled, const struct dutch_input *input,
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

bool settled_is_member(const struct settled *settled, int seat, int bracket)
{
    return settled->output->seats[seat].score_x10 >= settled->output->brackets[bracket].score_x10 &&
           settled->bracket_of[seat] >= bracket;
}

bool settled_is_mdp(const struct settled *settled, int seat)
{
    return settled_is_member(settled, seat, settled->bracket) &&
           settled->output->seats[seat].score_x10 > settled->score_x10;
}

bool settled_moves_down(const struct settled *settled, int seat, int bracket)
{
    return settled_is_member(settled, seat, bracket) && settled->bracket_of[seat] > bracket;
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
        if (settled_moves_down(settled, i, bracket))
            items[count++] = settled->output->seats[i].score_x10;
    return (struct dutch_value){.items = items, .count = count};
}

static struct dutch_value bye_value(const struct settled *settled, int down_count)
{
    bool here = settled->output->bye_score_x10 >= settled->score_x10;
    for (int i = 0; here && down_count == 1 && i < settled->output->seat_count; i++)
        if (settled_moves_down(settled, i, settled->bracket))
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
        if (!settled_is_member(settled, i, settled->bracket))
            continue;
        if (!settled_is_mdp(settled, i)) {
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
        if (!settled_is_mdp(settled, i))
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
    if (!settled_init(&settled, input, output, bracket, arena))
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
