/* Do the rounds suffice for the players allowed? */
#include "orchestrator/format/verify.h"

#include <string.h>

/* Waves until one player is left who has not lost twice, and the final's replay. */
static int double_elimination_rounds(int players, bool resets)
{
    int unbeaten = players, once = 0, rounds = 0;
    while (unbeaten > 1 || once > 1) {
        int losers = unbeaten / 2;
        unbeaten -= losers;
        once = once - once / 2 + losers;
        rounds++;
    }
    return rounds + 1 + (resets ? 1 : 0);
}

static int halvings(int players)
{
    int rounds = 0;
    for (int size = 1; size < players; size *= 2)
        rounds++;
    return rounds;
}

int format_rounds_needed(const struct pairing_policy *pairing, int players)
{
    int legs = pairing->legs > 0 ? pairing->legs : 1;
    switch (pairing->method) {
    case PAIRING_ROUND_ROBIN:
        return legs * (players % 2 == 0 ? players - 1 : players);
    case PAIRING_TEAM:
    case PAIRING_INTERLEAVED:
        return legs * ((players + 1) / 2);
    case PAIRING_ELIMINATION:
        return halvings(players);
    case PAIRING_DOUBLE_ELIMINATION:
        return double_elimination_rounds(players, pairing->bracket.reset_final);
    case PAIRING_MANUAL:
    case PAIRING_RANDOM:
    case PAIRING_KING_OF_THE_HILL:
    case PAIRING_FACTOR:
    case PAIRING_FONTES:
    case PAIRING_SWISS:
    case PAIRING_QUICKPAIR:
    case PAIRING_AUSTRALIAN:
    case PAIRING_COP:
    case PAIRING_CHEW:
    case PAIRING_ARENA:
    case PAIRING_DUTCH:
    case PAIRING_METHOD_COUNT:
        break;
    }
    return 0;
}

/* ---- too many players for the rounds ----------------------------------------------------- */

static int most_players(const struct verification *v, const struct format_division *division)
{
    int capacity = v->format->entry.capacity;
    return division->capacity < capacity ? division->capacity : capacity;
}

/* A round robin that is broken off is no fault where other rounds follow; a bracket is. */
static bool goes_on(const struct format_range *range, const struct format_division *division)
{
    enum pairing_method method = range->pairing.method;
    bool is_bracket = method == PAIRING_ELIMINATION || method == PAIRING_DOUBLE_ELIMINATION;
    return !is_bracket && range->last_round < division->rounds;
}

static void check_most(const struct verification *v, const struct format_division *division,
                       const struct yaml_node *node)
{
    const struct format_range *range = &division->ranges[0];
    int rounds = range->last_round - range->first_round + 1;
    int most = most_players(v, division);
    int fit = most;
    while (fit > 2 && format_rounds_needed(&range->pairing, fit) > rounds)
        fit--;
    if (fit == most)
        return;
    if (goes_on(range, division)) {
        (void)yaml_warning(v->faults, format_node(node, "rounds"),
                           "%d players do not all meet: `%s` needs %d rounds for them, and has %d",
                           fit + 1, pairing_method_name(range->pairing.method),
                           format_rounds_needed(&range->pairing, fit + 1), rounds);
        yaml_hint(v->faults, "`capacity: %d` lets everybody meet", fit);
        return;
    }
    (void)yaml_error(v->faults, format_node(node, "rounds"),
                     "%d players are too many: `%s` needs %d rounds for them, and has %d", fit + 1,
                     pairing_method_name(range->pairing.method),
                     format_rounds_needed(&range->pairing, fit + 1), rounds);
    yaml_hint(v->faults, "`capacity: %d` is what these rounds allow", fit);
}

/* ---- too few players for the rounds ------------------------------------------------------ */

/* Nobody can meet more opponents than there are; an odd number gives one more round, with a bye. */
static int rounds_without_repeats(int players)
{
    return players % 2 == 0 ? players - 1 : players;
}

static int fewest_players(const struct verification *v, const struct format_division *division)
{
    int fewest = division->players_min;
    return v->format->division_count == 1 && v->format->entry.players_min > fewest
               ? v->format->entry.players_min
               : fewest;
}

/* Rounds in which nobody may meet an earlier opponent. */
static int strict_rounds(const struct format_division *division)
{
    int rounds = 0;
    for (size_t i = 0; i < division->range_count; i++) {
        const struct pairing_policy *policy = &division->ranges[i].pairing;
        bool is_strict = policy->method == PAIRING_DUTCH ||
                         (policy->method == PAIRING_SWISS && !policy->repeats_over_allowed &&
                          policy->repeats_max == 1);
        if (is_strict)
            rounds += division->ranges[i].last_round - division->ranges[i].first_round + 1;
    }
    return rounds;
}

static void check_fewest(const struct verification *v, const struct format_division *division,
                         const struct yaml_node *node)
{
    int rounds = strict_rounds(division);
    int fewest = fewest_players(v, division);
    if (rounds <= rounds_without_repeats(fewest))
        return;
    int needed = fewest;
    while (rounds_without_repeats(needed) < rounds)
        needed++;
    (void)yaml_error(v->faults, format_node(node, "rounds"),
                     "%d players are too few: each has only %d opponents, and nobody may meet "
                     "twice in %d rounds",
                     fewest, fewest - 1, rounds);
    yaml_hint(v->faults, "`players_min: %d` is enough", needed);
}

static void check_groups(const struct verification *v, const struct format_division *division,
                         const struct yaml_node *node)
{
    int fewest = fewest_players(v, division);
    for (size_t i = 0; i < division->range_count; i++) {
        const struct pairing_policy *policy = &division->ranges[i].pairing;
        int needed = policy->method == PAIRING_FONTES   ? policy->fontes_rounds + 1
                     : policy->method == PAIRING_FACTOR ? 2 * policy->factor
                                                        : 2;
        if (needed <= fewest)
            continue;
        (void)yaml_error(v->faults, format_node(node, "pairing"),
                         "%d players are too few: `%s` in round %d needs %d", fewest,
                         pairing_method_name(policy->method), division->ranges[i].first_round,
                         needed);
        yaml_hint(v->faults, "`players_min: %d` is enough", needed);
    }
}

static void check_late(const struct verification *v, const struct format_division *division)
{
    enum pairing_method method = division->ranges[0].pairing.method;
    bool is_bracket = method == PAIRING_ELIMINATION || method == PAIRING_DOUBLE_ELIMINATION;
    const struct yaml_node *entry = yaml_get(v->root, "entry");
    if (is_bracket && v->format->entry.late_until_round > 0) {
        (void)yaml_error(v->faults, format_node(entry, "late_until_round"),
                         "nobody can join the bracket of '%s' after its first round",
                         division->name);
        yaml_hint(v->faults, "leave `late_until_round` out");
    }
}

void verify_rounds(const struct verification *v)
{
    const struct yaml_node *divisions = yaml_get(v->root, "divisions");
    for (size_t i = 0; i < v->format->division_count; i++) {
        const struct format_division *division = &v->format->divisions[i];
        if (v->format->league.season_ms > 0) /* its rounds follow from who comes */
            continue;
        if (division->is_paired_by_director || division->ranges[0].pairing.method == PAIRING_ARENA)
            continue;
        check_most(v, division, &divisions->items[i]);
        check_fewest(v, division, &divisions->items[i]);
        check_groups(v, division, &divisions->items[i]);
        check_late(v, division);
    }
}
