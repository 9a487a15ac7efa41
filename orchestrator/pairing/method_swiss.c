/* Methods that weigh every pair: Swiss by records, repeats and spread; quickpair by ratings. */
#include "orchestrator/pairing/graph.h"
#include "orchestrator/pairing/method.h"
#include "orchestrator/pairing/weights.h"

#include <stdlib.h>

/* Another platform's total from which a Swiss pairing is refused there. */
#define LIWORDS_PROHIBITIVE ((int64_t)1 << 52)
#define LIWORDS_RANK_SHIFT 21

static int weight_capped(const struct field *field, int weight)
{
    int least = field->policy->compat == PAIRING_COMPAT_LIWORDS ? 0 : 1;
    int capped = weight > PAIRING_WEIGHT_MAX ? PAIRING_WEIGHT_MAX : weight;
    return capped < least ? least : capped;
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

int64_t weight_rank(int half_wins, int over, int win_weight, int repeat_weight)
{
    return weight_record_apart(half_wins) * win_weight + 2 * (int64_t)over * repeat_weight;
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
    int over = meetings_over(field, a, b);
    int team = field->players[a].team;
    out->barred = over > 0 && !policy->repeats_over_allowed;
    out->why = PAIRING_CONFLICT_REPEAT;
    out->cost[0] = team != 0 && team == field->players[b].team;
    out->cost[1] = weight_rank(
        field_half_wins_apart(field, a, b), policy->repeats_over_allowed ? over : 0,
        weight_capped(field, policy->win_weight), weight_capped(field, policy->repeat_weight));
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

/* Accepts what the other platform accepts: a barred pair whose total its spread has brought below
 * the bound. */
static bool liwords_tolerates(const struct graph_answer *answer)
{
    int64_t total = answer->barred * LIWORDS_PROHIBITIVE + answer->total[2];
    return answer->total[1] < LIWORDS_PROHIBITIVE >> LIWORDS_RANK_SHIFT &&
           total + (answer->total[1] << LIWORDS_RANK_SHIFT) < LIWORDS_PROHIBITIVE;
}

/* Within players of the same points the top half tends to meet the bottom half. */
static int *likely_fill(struct field *field)
{
    int *likely = field_ints(field, field->pool_count);
    int start = 0;
    while (likely != NULL && start < field->pool_count) {
        int end = start;
        while (end < field->pool_count &&
               field->players[field->pool[end]].points == field->players[field->pool[start]].points)
            end++;
        for (int i = start; i < end; i++)
            likely[i] = i + (end - start) / 2;
        start = end;
    }
    return likely;
}

enum status method_swiss(struct field *field)
{
    static const char *const names[] = {"same team", "record and repeats", "spread", "places"};
    const int *likely = likely_fill(field);
    if (likely == NULL)
        return STATUS_FULL;
    struct graph_ask ask = {.list = field->pool,
                            .count = field->pool_count,
                            .names = names,
                            .levels = 4,
                            .likely = likely,
                            .leave_over = field->pool_count % 2 == 1,
                            .price = swiss_price};
    if (field->policy->compat == PAIRING_COMPAT_LIWORDS)
        ask.tolerates = liwords_tolerates;
    return graph_pair(field, &ask, swiss_reason);
}

int64_t weight_patience(int misses)
{
    int64_t bonus = 12 * (int64_t)(misses > 0 ? misses : 0);
    return bonus < 400 ? bonus : 400;
}

static bool has_range(const struct pairing_player *who)
{
    return who->rating_min != 0 || who->rating_max != 0;
}

static bool accepts(const struct pairing_player *who, int rating)
{
    return !has_range(who) || (who->rating_min <= rating && rating <= who->rating_max);
}

bool weight_ranges_agree(const struct pairing_player *one, const struct pairing_player *other,
                         bool as_liwords)
{
    bool low = as_liwords ? other->rating_min >= one->rating : other->rating_min <= one->rating;
    return one->rating_min <= other->rating && other->rating <= one->rating_max && low &&
           other->rating_max >= one->rating;
}

static void quickpair_price(const struct field *field, const int *list, int one, int other,
                            struct graph_price *out, const void *user)
{
    (void)user;
    const struct pairing_player *a = &field->players[list[one]];
    const struct pairing_player *b = &field->players[list[other]];
    bool liwords = field->policy->compat == PAIRING_COMPAT_LIWORDS;
    int64_t patience_a = weight_patience(a->misses);
    int64_t patience_b = weight_patience(b->misses);
    int64_t patience = patience_a < patience_b ? patience_a : patience_b;
    out->never = !liwords && !(accepts(a, b->rating) && accepts(b, a->rating));
    out->cost[0] = llabs((long long)a->rating - b->rating) - patience -
                   (weight_ranges_agree(a, b, liwords) ? WEIGHT_RANGE_BONUS : 0);
}

/* Orders by rating, so that near ratings are near in the list: a merge sort, stable. */
static void sort_by_rating(const struct field *field, int *list, int *scratch, int count)
{
    for (int width = 1; width < count; width *= 2) {
        for (int start = 0; start < count; start += 2 * width) {
            int middle = start + width < count ? start + width : count;
            int end = middle + width < count ? middle + width : count;
            int one = start;
            int other = middle;
            for (int at = start; at < end; at++) {
                bool from_one =
                    one < middle && (other >= end || field->players[list[one]].rating >=
                                                         field->players[list[other]].rating);
                scratch[at] = from_one ? list[one++] : list[other++];
            }
        }
        for (int i = 0; i < count; i++)
            list[i] = scratch[i];
    }
}

enum status method_quickpair(struct field *field)
{
    static const char *const names[] = {"rating and patience"};
    int *list = field_ints(field, field->pool_count);
    int *scratch = field_ints(field, field->pool_count);
    if (list == NULL || scratch == NULL)
        return STATUS_FULL;
    for (int i = 0; i < field->pool_count; i++)
        list[i] = field->pool[i];
    sort_by_rating(field, list, scratch, field->pool_count);
    struct graph_ask ask = {.list = list,
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
