/* Who moves first: by balance, by lot, as listed. Tables of round robins have said so already. */
#include "orchestrator/pairing/field.h"

/* Negative: `one` should move first; positive: `other`; 0: a lot decides. Writes why. */
static int balance(struct field *field, int one, int other, const char **out_why)
{
    const struct field_history *a = &field->history[one];
    const struct field_history *b = &field->history[other];
    bool liwords = field->policy->compat == PAIRING_COMPAT_LIWORDS;
    int a_surplus = liwords ? a->firsts : a->firsts - a->seconds;
    int b_surplus = liwords ? b->firsts : b->firsts - b->seconds;
    *out_why = field_text(field, "has gone first %d and second %d times, the other %d and %d",
                          a_surplus <= b_surplus ? a->firsts : b->firsts,
                          a_surplus <= b_surplus ? a->seconds : b->seconds,
                          a_surplus <= b_surplus ? b->firsts : a->firsts,
                          a_surplus <= b_surplus ? b->seconds : a->seconds);
    if (a_surplus != b_surplus)
        return a_surplus - b_surplus;
    if (liwords)
        return b->seconds - a->seconds;
    *out_why = "balance is equal; went second in the latest game";
    return a->last_side - b->last_side;
}

static void pair_assign(struct field *field, struct pairing_pair *pair, struct random *random)
{
    bool first_starts = true;
    const char *why = "better placed";
    switch (field->policy->first) {
    case PAIRING_FIRST_LISTED:
        break;
    case PAIRING_FIRST_LOT:
        first_starts = random_below(random, 2) == 0;
        why = "by lot";
        break;
    case PAIRING_FIRST_BALANCED:
    case PAIRING_FIRST_TABLE: {
        int order = balance(field, pair->first, pair->second, &why);
        first_starts = order < 0;
        if (order == 0) {
            first_starts = random_below(random, 2) == 0;
            why = "balance is equal; by lot";
        }
        break;
    }
    }
    pair->first_reason = why;
    if (first_starts)
        return;
    int kept = pair->first;
    pair->first = pair->second;
    pair->second = kept;
}

void field_assign_firsts(struct field *field)
{
    for (int i = 0; i < field->pairs_count; i++) {
        struct pairing_pair *pair = &field->pairs[i];
        if (pair->first_reason[0] != '\0')
            continue;
        /* A stream for each pair: undoing one pair does not change another's lot. */
        struct random random;
        int low =
            field->place[pair->first] < field->place[pair->second] ? pair->first : pair->second;
        field_lots(field, "first",
                   field->input->round_number * PAIRING_PLAYERS_MAX + field->position[low],
                   &random);
        pair_assign(field, pair, &random);
    }
}
