/* What follows from the standing alone: who cannot be caught, closed groups, simulated pairings. */
#include "orchestrator/pairing/cop.h"

#include <assert.h>

bool cop_can_catch(const struct cop_setting *setting, int rounds_left, int64_t spread, int ahead,
                   int behind)
{
    const struct cop_record *a = &setting->records[ahead];
    const struct cop_record *b = &setting->records[behind];
    int64_t apart = (int64_t)a->half_wins - b->half_wins;
    if (apart != 2 * (int64_t)rounds_left)
        return apart < 2 * (int64_t)rounds_left;
    return (int64_t)a->spread - b->spread <= spread;
}

static void gibsons_mark(struct cop *cop)
{
    const struct cop_setting *setting = cop->setting;
    int64_t spread = 2 * (int64_t)setting->gibson_spread * setting->rounds_left;
    for (int r = 0; r < setting->players && r < setting->place_prizes; r++) {
        bool above = r > 0 && cop_can_catch(setting, setting->rounds_left, spread, r - 1, r);
        bool below = r + 1 < setting->players &&
                     cop_can_catch(setting, setting->rounds_left, spread, r, r + 1);
        cop->gibson[r] = !above && !below;
    }
}

/* Players between gibsonized ranks form closed groups; an odd one takes in the gibsonized player
 * below it. Everybody else is in group 0. */
static void groups_mark(struct cop *cop)
{
    int number = 0;
    int start = 0;
    for (int r = 0; r < cop->setting->players; r++) {
        if (!cop->gibson[r])
            continue;
        int end = (r - start) % 2 == 1 ? r + 1 : r;
        if (end > start)
            number++;
        for (int i = start; i < end; i++)
            cop->group[i] = number;
        start = r + 1;
    }
}

/* Differences of real game scores have this shape: shares out of 10000 and margins. */
static void margins_fill(int *out, int count, int cap)
{
    static const int shape[][2] = {{0, 0},      {43, 0},     {500, 6},    {1000, 12},
                                   {2500, 32},  {5000, 70},  {7500, 120}, {9000, 172},
                                   {9500, 205}, {9900, 273}, {10000, 395}};
    int at = 0;
    for (int i = 0; i < count; i++) {
        int share = (int)((2 * (int64_t)i + 1) * 10000 / (2 * count));
        while (share > shape[at + 1][0])
            at++;
        int width = shape[at + 1][0] - shape[at][0];
        int rise = shape[at + 1][1] - shape[at][1];
        int margin = shape[at][1] + rise * (share - shape[at][0]) / width;
        out[i] = cap > 0 && margin > cap ? cap : margin;
    }
}

enum status cop_start(struct cop *cop, const struct cop_setting *setting, struct arena *arena)
{
    size_t players = (size_t)setting->players;
    *cop = (struct cop){.setting = setting,
                        .arena = arena,
                        .size = setting->players + setting->players % 2,
                        .child = COP_NOBODY};
    cop->gibson = arena_array(arena, players + 1, sizeof *cop->gibson);
    cop->group = arena_array(arena, players + 1, sizeof *cop->group);
    cop->pairs = arena_array(arena, players + 2, sizeof *cop->pairs);
    cop->list = arena_array(arena, players + 2, sizeof *cop->list);
    cop->runners = arena_array(arena, players + 2, sizeof *cop->runners);
    cop->schedule =
        arena_array(arena, (size_t)setting->rounds_left * (players + 2) + 1, sizeof(int));
    cop->margins = arena_array(arena, COP_MARGINS, sizeof *cop->margins);
    cop->ended = arena_array(arena, players * players + 1, sizeof *cop->ended);
    cop->highest_hopefully = arena_array(arena, players + 1, sizeof(int));
    cop->highest_absolutely = arena_array(arena, players + 1, sizeof(int));
    cop->lowest_absolutely = arena_array(arena, players + 1, sizeof(int));
    cop->lowest_hopeful_for = arena_array(arena, players + 1, sizeof(int));
    if (cop->gibson == NULL || cop->group == NULL || cop->pairs == NULL || cop->list == NULL ||
        cop->runners == NULL || cop->schedule == NULL || cop->margins == NULL ||
        cop->ended == NULL || cop->highest_hopefully == NULL || cop->highest_absolutely == NULL ||
        cop->lowest_absolutely == NULL || cop->lowest_hopeful_for == NULL)
        return STATUS_FULL;
    gibsons_mark(cop);
    groups_mark(cop);
    margins_fill(cop->margins, COP_MARGINS, setting->gibson_spread);
    cop->max_factor = setting->rounds_left;
    return STATUS_OK;
}

/* Pairs `count` ranks of a group and returns where the next pair goes. */
static int *group_pair(const int *ranks, int count, int factor, bool last_round, int *out)
{
    if (last_round) {
        for (int i = 0; i < count; i++)
            *out++ = ranks[i];
        return out;
    }
    factor = factor < count / 2 ? factor : count / 2;
    for (int i = 0; i < factor; i++) {
        *out++ = ranks[i];
        *out++ = ranks[i + factor];
    }
    int rest = (count - 2 * factor) / 2;
    for (int i = 0; i < rest; i++) {
        *out++ = ranks[2 * factor + i];
        *out++ = ranks[2 * factor + rest + i];
    }
    return out;
}

/* Whether a rank is a gibsonized one that no closed group took in. */
static bool is_left_over(const struct cop *cop, int rank)
{
    return rank < cop->setting->players && cop->gibson[rank] && cop->group[rank] == 0;
}

void cop_simulated_pairs(const struct cop *cop, int rounds_left, int max_factor, int *out)
{
    int factor = rounds_left < max_factor ? rounds_left : max_factor;
    bool last_round = rounds_left == 1;
    int *list = cop->list;
    int groups = 0;
    for (int r = 0; r < cop->setting->players; r++)
        groups = cop->group[r] > groups ? cop->group[r] : groups;
    int *at = out;
    for (int g = 1; g <= groups; g++) {
        int count = 0;
        for (int r = 0; r < cop->setting->players; r++)
            if (cop->group[r] == g)
                list[count++] = r;
        at = group_pair(list, count, factor, last_round, at);
    }
    int count = 0;
    int left_over = 0;
    for (int r = 0; r < cop->size; r++) {
        if (is_left_over(cop, r))
            left_over++;
        else if (r >= cop->setting->players || cop->group[r] == 0)
            list[count++] = r;
    }
    int lowest = left_over % 2 == 1 && count > 0 ? list[--count] : COP_NOBODY;
    at = group_pair(list, count, factor, last_round, at);
    for (int r = 0; r < cop->setting->players; r++) {
        if (!is_left_over(cop, r))
            continue;
        if (--left_over == 0 && lowest != COP_NOBODY)
            *at++ = lowest; /* the last one has nobody of his kind to play */
        *at++ = r;
    }
    assert(at - out <= cop->size);
}
