/* The first of a bracket's best candidates: fixes in turn which MDPs are paired, with whom, who is
 * in the upper half of the rest, and who meets whom there, each the first choice that keeps every
 * criterion at its best. */
#include "orchestrator/pairing/dutch/bracket_state.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static bool is_optimal(struct bracket *b)
{
    blossom_total(b->blossom, b->total);
    return blossom_compare(b->total, b->target, b->blossom->limbs) == 0;
}

/* Holds `vertex` to a rule if the optimum allows that; else leaves everything as it was. */
static bool try_rule(struct bracket *b, int vertex, enum blossom_rule rule)
{
    struct blossom *blossom = b->blossom;
    uint8_t before = blossom->rule[vertex];
    blossom_save(blossom);
    blossom->rule[vertex] = (uint8_t)rule;
    if (blossom_solve(blossom) && is_optimal(b))
        return true;
    blossom->rule[vertex] = before;
    blossom_restore(blossom);
    return false;
}

/* Exchanges partners of two pairs where that costs nothing. */
static bool try_swap(struct bracket *b, int one, int two)
{
    struct blossom *blossom = b->blossom;
    int x = blossom->mate[one];
    int y = blossom->mate[two];
    if (!blossom_allows(blossom, one, two) || !blossom_allows(blossom, x, y))
        return false;
    memset(b->total, 0, (size_t)blossom->limbs * sizeof b->total[0]);
    blossom_add_weight(blossom, one, two, 1, b->total);
    blossom_add_weight(blossom, x, y, 1, b->total);
    blossom_add_weight(blossom, one, x, -1, b->total);
    blossom_add_weight(blossom, two, y, -1, b->total);
    for (int i = 0; i < blossom->limbs; i++)
        if (b->total[i] != 0)
            return false;
    blossom->mate[one] = two;
    blossom->mate[two] = one;
    blossom->mate[x] = y;
    blossom->mate[y] = x;
    return true;
}

static void deactivate(struct blossom *blossom, int vertex)
{
    int at = 0;
    while (blossom->active[at] != vertex)
        at++;
    blossom->active_count--;
    memmove(&blossom->active[at], &blossom->active[at + 1],
            (size_t)(blossom->active_count - at) * sizeof blossom->active[0]);
}

/* The pair stands: it leaves the problem. */
static void fix_pair(struct bracket *b, int one, int two)
{
    blossom_add_weight(b->blossom, one, two, -1, b->target);
    deactivate(b->blossom, one);
    deactivate(b->blossom, two);
    b->result->pairs[2 * b->result->pair_count] = one;
    b->result->pairs[2 * b->result->pair_count + 1] = two;
    b->result->pair_count++;
}

/* Fixes the pair of `vertex` with the first of `candidates` that the optimum allows. */
static void choose_opponent(struct bracket *b, int vertex, const int *candidates, int count)
{
    struct blossom *blossom = b->blossom;
    for (int i = 0; i < count; i++) {
        int other = candidates[i];
        if (other == blossom->mate[vertex]) {
            fix_pair(b, vertex, other);
            return;
        }
        if (!blossom_allows(blossom, vertex, other) || !blossom_is_tight(blossom, vertex, other))
            continue;
        if (try_swap(b, vertex, other) || blossom_favour(blossom, vertex, other)) {
            fix_pair(b, vertex, other);
            return;
        }
    }
    assert(!"the witness's own partner is among the candidates");
}

/* Article 4.4: which MDPs are paired. */
static void choose_mdps(struct bracket *b)
{
    struct blossom *blossom = b->blossom;
    for (int i = 0; i < b->job->mdp_count; i++) {
        int mdp = b->job->mdps[i];
        if (blossom->in_bracket[blossom->mate[mdp]])
            blossom->rule[mdp] = BLOSSOM_INSIDE;
        else if (!try_rule(b, mdp, BLOSSOM_INSIDE))
            blossom->rule[mdp] = BLOSSOM_OUTSIDE;
    }
}

/* Lists the residents that are still in the problem. */
static void list_rest(struct bracket *b)
{
    b->rest_count = 0;
    for (int i = 0; i < b->blossom->active_count; i++)
        if (bracket_role(b, b->blossom->active[i]) == ROLE_RESIDENT)
            b->rest[b->rest_count++] = b->blossom->active[i];
}

static void drop_from_rest(struct bracket *b, int seat)
{
    int at = 0;
    while (b->rest[at] != seat)
        at++;
    b->rest_count--;
    memmove(&b->rest[at], &b->rest[at + 1], (size_t)(b->rest_count - at) * sizeof b->rest[0]);
}

/* Article 4.2: the opponents of the MDPs. */
static void choose_mdp_opponents(struct bracket *b)
{
    list_rest(b);
    for (int i = 0; i < b->job->mdp_count; i++) {
        int mdp = b->job->mdps[i];
        if (b->blossom->rule[mdp] != BLOSSOM_INSIDE)
            continue;
        choose_opponent(b, mdp, b->rest, b->rest_count);
        drop_from_rest(b, b->result->pairs[2 * b->result->pair_count - 1]);
    }
}

static int rest_pairs(const struct bracket *b)
{
    int ends = 0;
    for (int i = 0; i < b->rest_count; i++)
        ends += b->blossom->in_bracket[b->blossom->mate[b->rest[i]]];
    return ends / 2;
}

static bool is_top(const struct bracket *b, int place)
{
    int mate = b->blossom->place[b->blossom->mate[b->rest[place]]];
    return mate != BLOSSOM_NONE && mate > place;
}

/* Makes exchanges (Article 4.3) count: fewest tops from the lower half, then the smallest sum of
 * the tops' places. Duals of the upper half rise with the new weights, which keeps them feasible.
 */
static bool weigh_exchanges(struct bracket *b, int pairs)
{
    struct blossom *blossom = b->blossom;
    for (int i = 0; i < b->rest_count; i++) {
        blossom->place[b->rest[i]] = i;
        b->upper_half[b->rest[i]] = i < pairs;
    }
    blossom->pivot = pairs;
    if (!bracket_set_weights(b))
        return false;
    struct weight_field field = b->criteria.exchange;
    for (int i = 0; i < pairs; i++) {
        int64_t *dual = &blossom->dual[(size_t)b->rest[i] * (size_t)blossom->limbs];
        dual[field.limb] += CRITERIA_UNIT * ((int64_t)1 << field.shift);
        dual[blossom->limbs - 1] += 4 * (int64_t)(pairs - i);
    }
    return true;
}

static int exchange_count(const struct bracket *b, int pairs)
{
    int count = 0;
    for (int i = pairs; i < b->rest_count; i++)
        count += is_top(b, i);
    return count;
}

/* Whether the optimum may have the member at `place` as wanted, as far as the duals tell. */
static bool may_be_top(const struct bracket *b, int place, bool top)
{
    const struct blossom *blossom = b->blossom;
    int vertex = b->rest[place];
    for (int i = 0; i < blossom->active_count; i++) {
        int other = blossom->active[i];
        bool later = blossom->place[other] != BLOSSOM_NONE && blossom->place[other] > place;
        if (other != vertex && later == top && blossom_allows(blossom, vertex, other) &&
            blossom_is_tight(blossom, vertex, other))
            return true;
    }
    return false;
}

/* Settles whether a member is a top: as wanted where the optimum allows. */
static bool settle_top(struct bracket *b, int place, bool top)
{
    struct blossom *blossom = b->blossom;
    int vertex = b->rest[place];
    enum blossom_rule wanted = top ? BLOSSOM_TOP : BLOSSOM_NOT_TOP;
    enum blossom_rule other = top ? BLOSSOM_NOT_TOP : BLOSSOM_TOP;
    if (is_top(b, place) == top) {
        blossom->rule[vertex] = (uint8_t)wanted;
        return true;
    }
    if (may_be_top(b, place, top) && try_rule(b, vertex, wanted))
        return true;
    blossom->rule[vertex] = (uint8_t)other;
    return false;
}

/* Chooses who are the tops of the remainder's pairs. */
static void choose_tops(struct bracket *b, int pairs)
{
    struct blossom *blossom = b->blossom;
    int exchanges = exchange_count(b, pairs);
    int left = exchanges;
    for (int i = pairs - 1; i >= 0; i--) {
        if (left == 0)
            blossom->rule[b->rest[i]] = BLOSSOM_TOP;
        else if (settle_top(b, i, false))
            left--;
    }
    left = exchanges;
    for (int i = pairs; i < b->rest_count; i++) {
        if (left == 0)
            blossom->rule[b->rest[i]] = BLOSSOM_NOT_TOP;
        else if (settle_top(b, i, true))
            left--;
    }
}

/* Article 4.2 again: opponents of the tops. */
static void choose_rest_opponents(struct bracket *b, int *lower, int *tops)
{
    int top_count = 0;
    int lower_count = 0;
    for (int i = 0; i < b->rest_count; i++)
        if (b->blossom->rule[b->rest[i]] == BLOSSOM_TOP)
            tops[top_count++] = b->rest[i];
        else
            lower[lower_count++] = b->rest[i];
    for (int i = 0; i < top_count; i++) {
        choose_opponent(b, tops[i], lower, lower_count);
        int taken = b->result->pairs[2 * b->result->pair_count - 1];
        int at = 0;
        while (lower[at] != taken)
            at++;
        lower_count--;
        memmove(&lower[at], &lower[at + 1], (size_t)(lower_count - at) * sizeof lower[0]);
    }
}

static bool pair_rest(struct bracket *b)
{
    list_rest(b);
    int pairs = rest_pairs(b);
    if (pairs == 0)
        return true;
    size_t room = (size_t)b->rest_count;
    int *lower = arena_array(b->round->arena, room, sizeof *lower);
    int *tops = arena_array(b->round->arena, room, sizeof *tops);
    if (lower == NULL || tops == NULL || !weigh_exchanges(b, pairs) || !blossom_solve(b->blossom))
        return false;
    bracket_check(b);
    blossom_total(b->blossom, b->target);
    choose_tops(b, pairs);
    choose_rest_opponents(b, lower, tops);
    return true;
}

static void list_unpaired(struct bracket *b)
{
    for (int i = 0; i < b->blossom->active_count; i++)
        if (b->blossom->in_bracket[b->blossom->active[i]])
            b->result->unpaired[b->result->unpaired_count++] = b->blossom->active[i];
}

enum status bracket_choose(struct bracket *b)
{
    blossom_total(b->blossom, b->target);
    b->result->pair_count = 0;
    b->result->unpaired_count = 0;
    choose_mdps(b);
    choose_mdp_opponents(b);
    if (!pair_rest(b))
        return STATUS_FULL;
    list_unpaired(b);
    if (b->round->prove && !is_optimal(b)) /* what is left must weigh what is left of the optimum */
        b->round->disproved = true;
    return STATUS_OK;
}
