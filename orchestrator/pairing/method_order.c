/* Methods that follow the standing or a lot: manual, random, king of the hill, factor. Where a
 * forbidden pair is in the way the nearest legal order is found by a matching. */
#include "orchestrator/pairing/graph.h"
#include "orchestrator/pairing/method.h"

#include <assert.h>

enum status method_manual(struct field *field)
{
    for (int i = 0; i < field->pool_count; i++)
        field_rest(field, field->pool[i], PAIRING_REST_UNPAIRED, "to be paired by hand");
    return STATUS_OK;
}

static const char *meeting_reason(struct field *field, int one, int other)
{
    int times = field_meetings(field, one, other);
    return times == 0 ? "have not met" : field_text(field, "have met %d times", times);
}

/* Neighbours of an order should meet: cost grows with the cube of what lies between. */
static void order_price(const struct field *field, const int *list, int one, int other,
                        struct graph_price *out, const void *user)
{
    (void)field;
    (void)list;
    (void)user;
    int64_t between = other - one - 1;
    out->cost[0] = between * between * between;
}

/* Pairs neighbours of a list: as it stands where that is legal, else as nearly as possible. */
static enum status pair_neighbours(struct field *field, const int *list, int count,
                                   const char *reason)
{
    static const char *const names[] = {"distance"};
    bool legal = true;
    for (int i = 0; i + 1 < count; i += 2)
        legal = legal && field_forbidden(field, list[i], list[i + 1]) == NULL;
    if (legal) {
        for (int i = 0; i + 1 < count; i += 2)
            (void)field_pair(field, list[i], list[i + 1], reason);
        return field->full ? STATUS_FULL : STATUS_OK;
    }
    field_note(field, "a forbidden pair stood next to each other: nearest legal order taken");
    struct graph_ask ask = {.list = list,
                            .count = count,
                            .names = names,
                            .levels = 1,
                            .leave_over = count % 2 == 1,
                            .price = order_price};
    return graph_pair(field, &ask, NULL);
}

enum status method_king_of_the_hill(struct field *field)
{
    return pair_neighbours(field, field->pool, field->pool_count, "next to each other in standing");
}

/* Lots of this round: repeats first, then a number drawn for each pair. */
static void random_price(const struct field *field, const int *list, int one, int other,
                         struct graph_price *out, const void *user)
{
    const struct random *seed = user;
    struct random random = *seed;
    random.state[0] ^= (uint64_t)field->position[list[one]] * 0x9e3779b97f4a7c15u;
    random.state[1] ^= (uint64_t)field->position[list[other]] * 0xc2b2ae3d27d4eb4fu;
    for (int i = 0; i < 8; i++)
        (void)random_next(&random); /* lets the two numbers spread through the state */
    out->cost[0] = field_meetings(field, list[one], list[other]);
    out->cost[1] = (int64_t)random_below(&random, 1000000);
}

static bool is_fresh(const struct field *field, int one, int other)
{
    return field_meetings(field, one, other) == 0 && field_forbidden(field, one, other) == NULL;
}

/* Exchanges opponents until neighbours have not met; false where that does not get there. */
static bool repair(const struct field *field, int *list, int count)
{
    for (int i = 0; i + 1 < count; i += 2) {
        if (is_fresh(field, list[i], list[i + 1]))
            continue;
        int found = PAIRING_NOBODY;
        for (int j = 0; j + 1 < count && found == PAIRING_NOBODY; j++) {
            int mate = j ^ 1;
            if (j / 2 != i / 2 && is_fresh(field, list[i], list[j]) &&
                is_fresh(field, list[i + 1], list[mate]))
                found = j;
        }
        if (found == PAIRING_NOBODY)
            return false;
        int kept = list[i + 1];
        list[i + 1] = list[found];
        list[found] = kept;
    }
    return true;
}

enum status method_random(struct field *field)
{
    static const char *const names[] = {"repeat", "lot"};
    int *list = field_ints(field, field->pool_count);
    if (list == NULL)
        return STATUS_FULL;
    int count = field->pool_count;
    for (int i = 0; i < count; i++)
        list[i] = field->pool[i];
    field_shuffle(field, "random", field->input->round_number, list, count);
    bool insists = field->insist_one != PAIRING_NOBODY;
    if (field->policy->compat == PAIRING_COMPAT_LIWORDS || (!insists && repair(field, list, count)))
        return pair_neighbours(field, list, count, "drawn by lot");
    struct random random;
    field_lots(field, "random", field->input->round_number, &random);
    struct graph_ask ask = {.list = list,
                            .count = count,
                            .names = names,
                            .levels = 2,
                            .leave_over = count % 2 == 1,
                            .price = random_price,
                            .user = &random};
    return graph_pair(field, &ask, meeting_reason);
}

enum status method_factor(struct field *field)
{
    int factor = field->policy->factor > 0 ? field->policy->factor : 0;
    if (2 * (int64_t)factor > field->pool_count)
        return fault_set(field->fault, 0, 0, "factor %d needs %d players, there are %d", factor,
                         2 * factor, field->pool_count);
    for (int i = 0; i < factor; i++) {
        int one = field->pool[i];
        int other = field->pool[i + factor];
        if (field_forbidden(field, one, other) != NULL)
            field_conflict(field, PAIRING_CONFLICT_FORBIDDEN, one, other);
        (void)field_pair(field, one, other,
                         field_text(field, "factor %d: place %d against place %d", factor, i + 1,
                                    i + factor + 1));
    }
    field_pool_refresh(field);
    return method_swiss(field); /* names its own conflicts beside those above */
}
