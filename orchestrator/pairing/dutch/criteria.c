/* C6 to C21 as fields of a weight. Which matching is heaviest is found by blossom.c. */
#include "orchestrator/pairing/dutch/criteria.h"

#include <stdlib.h>

static const struct weight_field ABSENT = {.limb = -1};

struct layout {
    int limb;
    int used; /* bits of the current limb, counted from the top */
};

static int bits_for(int64_t max)
{
    int bits = 1;
    while (((int64_t)1 << bits) <= max)
        bits++;
    return bits;
}

/* Takes room for sums up to `max`; none where the sum is always 0. Shifts are counted from a limb's
 * top, so that the first field of a limb is the most important one. */
static struct weight_field take(struct layout *layout, int64_t max)
{
    if (max <= 0)
        return ABSENT;
    int bits = bits_for(max);
    if (layout->used + bits > BLOSSOM_LIMB_BITS) {
        layout->limb++;
        layout->used = 0;
    }
    layout->used += bits;
    return (struct weight_field){.limb = layout->limb, .shift = BLOSSOM_LIMB_BITS - layout->used};
}

static struct weight_field *take_scores(struct layout *layout, struct arena *arena,
                                        const struct criteria_counts *counts, bool counted)
{
    struct weight_field *fields =
        arena_array(arena, (size_t)counts->score_count + 1, sizeof *fields);
    for (int i = 0; fields != NULL && i < counts->score_count; i++)
        fields[i] = take(layout, counted ? counts->mdps[i] : 0);
    return fields;
}

static void take_next(struct criteria *criteria, struct layout *layout, struct arena *arena,
                      const struct criteria_counts *counts)
{
    int next = counts->with_below ? counts->next : 0;
    criteria->c8_pairs = take(layout, next);
    criteria->c8_scores =
        arena_array(arena, (size_t)counts->score_count + 1, sizeof *criteria->c8_scores);
    if (criteria->c8_scores == NULL)
        return;
    for (int i = 0; i <= counts->score_count; i++) {
        int members = i < counts->score_count ? counts->mdps[i] : counts->residents;
        criteria->c8_scores[i] = take(layout, members < next ? members : next);
    }
}

bool criteria_init(struct criteria *criteria, struct arena *arena,
                   const struct criteria_counts *counts)
{
    struct layout layout = {0};
    int mdps = 0;
    for (int i = 0; i < counts->score_count; i++)
        mdps += counts->mdps[i];
    int pairs = counts->bracket / 2;
    *criteria = (struct criteria){.score_count = counts->score_count,
                                  .bye_games_max = counts->rounds,
                                  .floats_meet = counts->with_below};
    criteria->complete = take(&layout, counts->with_below ? counts->vertices / 2 : 0);
    criteria->c6 = take(&layout, counts->with_below ? pairs : 0);
    criteria->c7 = take_scores(&layout, arena, counts, true);
    take_next(criteria, &layout, arena, counts);
    criteria->c9 = take(&layout, counts->single_bye ? counts->rounds : 0);
    for (int i = 0; i < 4; i++)
        criteria->colour[i] = take(&layout, pairs);
    for (int back = 0; back < 2; back++) {
        bool counted = counts->rounds > back;
        criteria->resident_down[back] = take(&layout, counted ? counts->residents : 0);
        criteria->resident_up[back] = take(&layout, counted ? mdps : 0);
    }
    for (int back = 0; back < 2; back++) {
        bool counted = counts->rounds > back;
        criteria->mdp_down[back] = take_scores(&layout, arena, counts, counted);
        criteria->mdp_up[back] = take_scores(&layout, arena, counts, counted);
    }
    criteria->exchange = take(&layout, pairs);
    criteria->limbs = layout.limb + 2;
    return !arena_full(arena) && criteria->limbs <= BLOSSOM_LIMBS_MAX;
}

struct seat_type criteria_type_of(const struct dutch_seat *seat)
{
    bool absolute = seat->strength == DUTCH_ABSOLUTE;
    return (struct seat_type){
        .role = ROLE_RESIDENT,
        .preference = seat->preference,
        .strength = seat->strength,
        .difference = absolute ? abs(seat->difference) : 0,
        .repeated = absolute ? seat->repeated : DUTCH_NO_COLOUR,
        .floated = {seat->floated[0], seat->floated[1]},
    };
}

bool criteria_same_type(const struct seat_type *a, const struct seat_type *b)
{
    return a->role == b->role && a->score_index == b->score_index &&
           a->preference == b->preference && a->strength == b->strength &&
           a->difference == b->difference && a->repeated == b->repeated &&
           a->floated[0] == b->floated[0] && a->floated[1] == b->floated[1] &&
           a->bye_games == b->bye_games && a->upper_half == b->upper_half;
}

/* Both absolute with the same preference: whether somebody gets a third same colour in a row. */
static bool gives_third(const struct seat_type *a, const struct seat_type *b)
{
    if (a->difference == b->difference)
        return a->repeated != DUTCH_NO_COLOUR && a->repeated == b->repeated;
    const struct seat_type *refused = a->difference < b->difference ? a : b;
    return refused->repeated != DUTCH_NO_COLOUR && refused->repeated != refused->preference;
}

unsigned criteria_colour_faults(const struct seat_type *a, const struct seat_type *b)
{
    if (a->preference == DUTCH_NO_COLOUR || a->preference != b->preference)
        return 0;
    bool both_absolute = a->strength == DUTCH_ABSOLUTE && b->strength == DUTCH_ABSOLUTE;
    unsigned faults = 4;
    if (both_absolute && a->difference >= 2 && b->difference >= 2)
        faults |= 1;
    if (both_absolute && gives_third(a, b))
        faults |= 2;
    if (!both_absolute && a->strength >= DUTCH_STRONG && b->strength >= DUTCH_STRONG)
        faults |= 8;
    return faults;
}

static void add(int64_t *out, struct weight_field field, int value)
{
    if (field.limb >= 0)
        out[field.limb] += CRITERIA_UNIT * ((int64_t)value << field.shift);
}

/* Edges inside the bracket; b is a resident. */
static void weigh_inside(const struct criteria *criteria, const struct seat_type *a,
                         const struct seat_type *b, int64_t *out)
{
    bool with_mdp = a->role == ROLE_MDP;
    unsigned faults = criteria_colour_faults(a, b);
    add(out, criteria->c6, 1);
    for (int i = 0; i < 4; i++)
        add(out, criteria->colour[i], ((faults >> i) & 1) == 0);
    for (int back = 0; back < 2; back++) {
        int down = b->floated[back] == DUTCH_DOWN;
        if (!with_mdp)
            down += a->floated[back] == DUTCH_DOWN;
        add(out, criteria->resident_down[back], down);
        if (with_mdp)
            add(out, criteria->resident_up[back], b->floated[back] != DUTCH_UP);
    }
    if (!with_mdp) {
        add(out, criteria->exchange, a->upper_half || b->upper_half);
        return;
    }
    add(out, criteria->c7[a->score_index], 1);
    for (int back = 0; back < 2; back++) {
        add(out, criteria->mdp_down[back][a->score_index], a->floated[back] == DUTCH_DOWN);
        add(out, criteria->mdp_up[back][a->score_index], b->floated[back] != DUTCH_UP);
    }
}

bool criteria_weigh(const struct criteria *criteria, const struct seat_type *a,
                    const struct seat_type *b, int64_t *out)
{
    if (a->role > b->role) {
        const struct seat_type *swap = a;
        a = b;
        b = swap;
    }
    add(out, criteria->complete, 1);
    switch (b->role) {
    case ROLE_MDP:
        return false;
    case ROLE_RESIDENT:
        weigh_inside(criteria, a, b, out);
        return true;
    case ROLE_NEXT:
        add(out, criteria->c8_pairs, 1);
        if (a->role == ROLE_MDP)
            add(out, criteria->c8_scores[a->score_index], 1);
        else if (a->role == ROLE_RESIDENT)
            add(out, criteria->c8_scores[criteria->score_count], 1);
        return true;
    case ROLE_LOW:
        return true;
    case ROLE_BYE:
        add(out, criteria->c9, a->bye_games);
        return a->role != ROLE_BYE;
    case ROLE_FLOAT:
        return a->role < ROLE_LOW || (a->role == ROLE_FLOAT && criteria->floats_meet);
    case ROLE_NEEDED:
        return a->role < ROLE_LOW;
    }
    return false;
}

void criteria_potential(const struct criteria *criteria, const struct seat_type *type, int64_t *out)
{
    for (int back = 0; back < 2; back++) {
        int down = type->floated[back] == DUTCH_DOWN;
        if (type->role == ROLE_RESIDENT)
            add(out, criteria->resident_down[back], down);
        if (type->role != ROLE_MDP)
            continue;
        add(out, criteria->resident_up[back], 1);
        add(out, criteria->mdp_down[back][type->score_index], down);
        add(out, criteria->mdp_up[back][type->score_index], 1);
    }
    if (type->role == ROLE_RESIDENT)
        add(out, criteria->c8_scores[criteria->score_count], 1);
    if (type->role == ROLE_MDP) {
        add(out, criteria->c7[type->score_index], 1);
        add(out, criteria->c8_scores[type->score_index], 1);
    }
    if (type->role == ROLE_BYE)
        add(out, criteria->c9, criteria->bye_games_max);
}
