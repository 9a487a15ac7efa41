/* The odd one out: fewest byes first, then the policy's end of the standing. */
#include "orchestrator/pairing/field.h"

#include <assert.h>

/* Whether `one` should have the bye before `other`; both are in the pool. */
static bool bye_before(const struct field *field, int one, int other, const int *lots)
{
    int one_byes = field->history[one].byes;
    int other_byes = field->history[other].byes;
    if (one_byes != other_byes)
        return one_byes < other_byes;
    switch (field->policy->bye_order) {
    case PAIRING_BYE_HIGHEST:
        return field->place[one] < field->place[other];
    case PAIRING_BYE_LOT:
        return lots[one] < lots[other];
    case PAIRING_BYE_LOWEST:
    case PAIRING_BYE_LEFT_OVER:
        break;
    }
    return field->place[one] > field->place[other];
}

/* Writes each player's lot for this round's bye. */
static int *lots_draw(struct field *field)
{
    int *drawn = field_ints(field, field->count);
    int *lots = field_ints(field, field->count);
    if (drawn == NULL || lots == NULL)
        return NULL;
    for (int i = 0; i < field->count; i++)
        drawn[i] = field->by_seed[i];
    field_shuffle(field, "bye", field->input->round_number, drawn, field->count);
    for (int i = 0; i < field->count; i++)
        lots[drawn[i]] = i;
    return lots;
}

int field_bye_order(struct field *field, int *out)
{
    int lowest = field->pool_count - 1;
    int bound = field->policy->bye_rank_min > 0 ? field->policy->bye_rank_min - 1 : 0;
    int from = lowest;
    while (from > 0 && field->place[field->pool[from - 1]] >= bound)
        from--;
    int count = 0;
    const int *lots = lots_draw(field);
    if (lots == NULL)
        return 0;
    for (int i = lowest; i >= from; i--) {
        int player = field->pool[i];
        if (field->players[player].bye_barred || player == field->insist_one ||
            player == field->insist_other)
            continue;
        int at = count++;
        while (at > 0 && bye_before(field, field->pool[i], out[at - 1], lots)) {
            out[at] = out[at - 1];
            at--;
        }
        out[at] = field->pool[i];
    }
    return count;
}

void field_bye(struct field *field)
{
    if (field->pool_count % 2 == 0 || field->policy->bye_order == PAIRING_BYE_LEFT_OVER)
        return;
    int *order = field_ints(field, field->pool_count);
    if (order == NULL)
        return;
    field->bye_candidates = field_bye_order(field, order);
    if (field->bye_candidates == 0) {
        field_conflict(field, PAIRING_CONFLICT_BYE, field->pool[field->pool_count - 1],
                       PAIRING_NOBODY);
        return;
    }
    assert(field->bye_choice < field->bye_candidates);
    int player = order[field->bye_choice];
    if (field->bye_choice > 0)
        field_note(field, "the bye went to %s: with it elsewhere no pairing was legal",
                   field_name(field, player));
    field_rest(field, player, PAIRING_REST_BYE,
               field_text(field, "odd number: fewest byes (%d), %s", field->history[player].byes,
                          field->policy->bye_order == PAIRING_BYE_LOT       ? "by lot"
                          : field->policy->bye_order == PAIRING_BYE_HIGHEST ? "best placed"
                                                                            : "lowest placed"));
    field_pool_refresh(field);
}
