/* Methods that weigh every pair: Swiss by records, repeats and spread; quickpair by ratings. */
#include "orchestrator/pairing/graph.h"
#include "orchestrator/pairing/method.h"
#include "orchestrator/pairing/weights.h"

#include <stdlib.h>

static int weight_or_one(int weight)
{
    int capped = weight > PAIRING_WEIGHT_MAX ? PAIRING_WEIGHT_MAX : weight;
    return capped < 1 ? 1 : capped;
}

/* Meetings above what the policy allows if these two met once more. */
static int meetings_over(const struct field *field, int one, int other)
{
    int over = field_meetings(field, one, other) + 1 - field->policy->repeats_max;
    return over > 0 ? over : 0;
}

int64_t weight_record_apart(int half_wins)
{
    return (int64_t)half_wins + 2 * (half_wins / 4);
}

static int64_t spread_apart(const struct field *field, int one, int other)
{
    int64_t apart = (int64_t)field->players[one].spread - field->players[other].spread;
    return apart < 0 ? -apart : apart;
}

static void swiss_price(const struct field *field, const int *list, int one, int other,
                        struct graph_price *out, const void *user)
{
    (void)user;
    const struct pairing_policy *policy = field->policy;
    int a = list[one];
    int b = list[other];
    int64_t record = weight_record_apart(field_half_wins_apart(field, a, b));
    int over = meetings_over(field, a, b);
    int team = field->players[a].team;
    out->barred = over > 0 && !policy->repeats_over_allowed;
    out->why = PAIRING_CONFLICT_REPEAT;
    out->cost[0] = team != 0 && team == field->players[b].team;
    out->cost[1] =
        record * weight_or_one(policy->win_weight) +
        (policy->repeats_over_allowed ? 2 * (int64_t)over * weight_or_one(policy->repeat_weight)
                                      : 0);
    out->cost[2] = -spread_apart(field, a, b);
    out->cost[3] = (int64_t)(other - one) * (other - one);
}

static const char *swiss_reason(struct field *field, int one, int other)
{
    const struct pairing_player *a = &field->players[one];
    const struct pairing_player *b = &field->players[other];
    int times = field_meetings(field, one, other);
    return field_text(field, "points %d and %d, spread %+d and %+d, met %d times", a->points,
                      b->points, a->spread, b->spread, times);
}

enum status method_swiss(struct field *field)
{
    static const char *const names[] = {"same team", "record and repeats", "spread", "places"};
    struct graph_ask ask = {.list = field->pool,
                            .count = field->pool_count,
                            .names = names,
                            .levels = 4,
                            .leave_over = field->pool_count % 2 == 1,
                            .price = swiss_price};
    return graph_pair(field, &ask, swiss_reason);
}

int64_t weight_patience(int misses)
{
    int64_t bonus = 12 * (int64_t)(misses > 0 ? misses : 0);
    return bonus < 400 ? bonus : 400;
}

static bool accepts(const struct pairing_player *who, int rating)
{
    return (who->rating_min == 0 && who->rating_max == 0) ||
           (who->rating_min <= rating && rating <= who->rating_max);
}

static bool has_range(const struct pairing_player *who)
{
    return who->rating_min != 0 || who->rating_max != 0;
}

static void quickpair_price(const struct field *field, const int *list, int one, int other,
                            struct graph_price *out, const void *user)
{
    (void)user;
    const struct pairing_player *a = &field->players[list[one]];
    const struct pairing_player *b = &field->players[list[other]];
    int64_t patience_a = weight_patience(a->misses);
    int64_t patience_b = weight_patience(b->misses);
    int64_t patience = patience_a < patience_b ? patience_a : patience_b;
    bool both = accepts(a, b->rating) && accepts(b, a->rating);
    out->never = !both;
    out->cost[0] = llabs((long long)a->rating - b->rating) - patience -
                   (both && has_range(a) && has_range(b) ? WEIGHT_RANGE_BONUS : 0);
}

enum status method_quickpair(struct field *field)
{
    static const char *const names[] = {"rating and patience"};
    struct graph_ask ask = {.list = field->pool,
                            .count = field->pool_count,
                            .names = names,
                            .levels = 1,
                            .leave_over = true,
                            .price = quickpair_price};
    enum status status = graph_pair(field, &ask, NULL);
    if (status != STATUS_OK || field->out->verdict != PAIRING_MADE)
        return status;
    field_pool_refresh(field);
    for (int i = 0; i < field->pool_count; i++)
        field_rest(field, field->pool[i], PAIRING_REST_WAITING, "no opponent left in this wave");
    return STATUS_OK;
}
