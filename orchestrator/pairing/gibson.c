/* Gibsonization: leaders nobody can catch are paired with each other, and one left over with the
 * best placed player who can no longer reach a place that matters. */
#include "orchestrator/pairing/gibson.h"

#include "orchestrator/pairing/field.h"

bool gibson_can_catch(struct gibson_record ahead, struct gibson_record behind, int rounds_left,
                      int64_t spread_per_round)
{
    int64_t apart = (int64_t)ahead.half_wins - behind.half_wins;
    int64_t reach = 2 * (int64_t)rounds_left;
    if (apart != reach || spread_per_round == 0)
        return apart <= reach;
    return (int64_t)ahead.spread - behind.spread <= spread_per_round * rounds_left;
}

static struct gibson_record record_of(const struct field *field, int player)
{
    int win = field->policy->points_win > 0 ? field->policy->points_win : 2;
    const struct pairing_player *row = &field->players[player];
    return (struct gibson_record){.half_wins = (int)(2 * (int64_t)row->points / win),
                                  .spread = row->spread};
}

static bool can_catch(const struct field *field, int ahead, int behind)
{
    int left = field->input->rounds_total - field->input->round_number + 1;
    return gibson_can_catch(record_of(field, ahead), record_of(field, behind), left,
                            field->policy->gibson.spread_per_round);
}

/* Returns how many players at the top of the standing cannot be caught by the next one. */
static int uncatchable_count(const struct field *field)
{
    int count = 0;
    while (count + 1 < field->count &&
           !can_catch(field, field->by_place[count], field->by_place[count + 1]))
        count++;
    return count;
}

/* Returns the opponent of a gibsonized player who is left over: the best placed one in the pool who
 * cannot reach the last place that matters, else the lowest placed. */
static int harmless_opponent(const struct field *field, int leader)
{
    int last = field->count - 1;
    int wanted = field->policy->gibson.place_min > 0 ? field->policy->gibson.place_min - 1 : 0;
    int guard = field->by_place[wanted < last ? wanted : last];
    for (int i = 0; i < field->pool_count; i++) {
        int player = field->pool[i];
        if (player != leader && field->place[player] > field->place[guard] &&
            !can_catch(field, guard, player) && field_forbidden(field, leader, player) == NULL)
            return player;
    }
    for (int i = field->pool_count - 1; i >= 0; i--)
        if (field->pool[i] != leader && field_forbidden(field, leader, field->pool[i]) == NULL)
            return field->pool[i];
    return PAIRING_NOBODY;
}

static void list_gibsonized(struct field *field, int count)
{
    struct pairing_output *out = field->out;
    out->gibsonized = field_ints(field, count);
    if (out->gibsonized == NULL)
        return;
    for (int i = 0; i < count; i++)
        out->gibsonized[out->gibsonized_count++] = field->by_place[i];
}

void field_gibsonize(struct field *field)
{
    if (!field->policy->gibson.enabled || field->input->rounds_total < 2)
        return;
    int count = uncatchable_count(field);
    list_gibsonized(field, count);
    int *open = field_ints(field, count);
    int open_count = 0;
    if (open == NULL)
        return;
    for (int i = 0; i < count; i++)
        if (!field_is_settled(field, field->by_place[i]))
            open[open_count++] = field->by_place[i];
    int at = 0;
    while (at + 1 < open_count) {
        if (field_forbidden(field, open[at], open[at + 1]) != NULL)
            break;
        (void)field_pair(field, open[at], open[at + 1], "neither can be caught");
        at += 2;
    }
    for (; at < open_count; at++) {
        field_pool_refresh(field);
        int opponent =
            field_is_settled(field, open[at]) ? PAIRING_NOBODY : harmless_opponent(field, open[at]);
        if (opponent != PAIRING_NOBODY)
            (void)field_pair(field, open[at], opponent,
                             field_text(field,
                                        "%s cannot be caught; %s is the first who cannot "
                                        "reach a place that matters",
                                        field_name(field, open[at]), field_name(field, opponent)));
    }
    field_pool_refresh(field);
}
