/* A wave: candidates in the order of one attribute, then the matching of greatest weight. */
#include "orchestrator/seeking/frame.h"

#include "base/hash.h"
#include "orchestrator/pairing/matching/matching.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Weights are whole numbers: thousandths of the cost, far from where sums overflow. */
static const double WEIGHT_SCALE = 1000.0;
static const double WEIGHT_COST_MAX = 1e9;

enum { SCAN_MAX = 4096 }; /* tickets above that one ticket is compared with */

struct candidates {
    struct matching_edge *edges;
    int64_t *weights;
    double *costs;
    int32_t count;
    int32_t capacity;
};

/* ---- candidates -------------------------------------------------------------------------- */

struct place {
    double number;
    int32_t ticket;
};

static int by_place(const void *one, const void *other)
{
    const struct place *a = one;
    const struct place *b = other;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return (a->ticket > b->ticket) - (a->ticket < b->ticket);
}

static struct place *order_tickets(const struct frame *frame)
{
    struct place *places = arena_array(frame->arena, (size_t)frame->count, sizeof *places);
    if (places == NULL)
        return NULL;
    for (int32_t i = 0; i < frame->count; i++)
        places[i] = (struct place){
            frame->policy->near >= 0 ? frame->tickets[i].numbers[frame->policy->near] : 0, i};
    qsort(places, (size_t)frame->count, sizeof *places, by_place);
    return places;
}

static int64_t weight_of(const struct seeking_policy *policy, double cost, double limit)
{
    double worth = policy->aim == SEEKING_BEST_PAIRS && isfinite(limit) ? limit - cost : -cost;
    worth = fmin(fmax(worth, -WEIGHT_COST_MAX), WEIGHT_COST_MAX);
    return (int64_t)llround(worth * WEIGHT_SCALE);
}

/* The farthest that any wait lets two tickets be apart; infinite where no rule says. */
static double reach_of(const struct seeking_policy *policy)
{
    double reach = INFINITY;
    for (int i = 0; i < policy->rule_count; i++) {
        const struct seeking_rule *rule = &policy->rules[i];
        if (rule->kind != SEEKING_DISTANCE || rule->attribute != policy->near)
            continue;
        double widest = rule->every_ms > 0 ? rule->to : rule->base;
        for (int s = 0; s < rule->step_count; s++)
            widest = rule->steps[s].is_dropped ? INFINITY : rule->steps[s].to;
        reach = fmin(reach, widest);
    }
    return reach;
}

static void look_above(const struct frame *frame, const struct place *places, int32_t from,
                       double reach, struct candidates *out)
{
    int64_t found = 0;
    int32_t one = places[from].ticket;
    int32_t end = frame->count - from > SCAN_MAX ? from + SCAN_MAX : frame->count;
    for (int32_t i = from + 1; i < end && found < frame->policy->candidates; i++) {
        int32_t other = places[i].ticket;
        double cost, limit;
        if (places[i].number - places[from].number > reach)
            break;
        struct arena_mark mark = arena_mark(frame->arena);
        bool is_possible =
            pair_admitted(frame, one, other) && pair_cost(frame, one, other, &cost, &limit);
        arena_rewind(frame->arena, mark);
        if (!is_possible)
            continue;
        assert(out->count < out->capacity);
        out->edges[out->count] = (struct matching_edge){one, other};
        out->costs[out->count] = cost;
        out->weights[out->count++] = weight_of(frame->policy, cost, limit);
        found++;
    }
}

static enum status find_candidates(const struct frame *frame, struct candidates *out)
{
    int64_t above = frame->policy->candidates < frame->count ? frame->policy->candidates
                                                             : (int64_t)frame->count;
    size_t capacity = (size_t)frame->count * (size_t)above;
    struct place *places = order_tickets(frame);
    *out = (struct candidates){.edges = arena_array(frame->arena, capacity, sizeof *out->edges),
                               .weights = arena_array(frame->arena, capacity, sizeof *out->weights),
                               .costs = arena_array(frame->arena, capacity, sizeof *out->costs),
                               .capacity = (int32_t)capacity};
    if (arena_full(frame->arena) || places == NULL)
        return STATUS_FULL;
    double reach = reach_of(frame->policy);
    for (int32_t i = 0; i < frame->count; i++)
        look_above(frame, places, i, reach, out);
    return STATUS_OK;
}

/* ---- pairs ------------------------------------------------------------------------------- */

/* Whoever has moved first less often does; between equals a lot that follows from the seed. */
static bool moves_first(const struct seeking_wave_input *input, int32_t one, int32_t other)
{
    const struct seeking_ticket *a = &input->tickets[one];
    const struct seeking_ticket *b = &input->tickets[other];
    if (a->facts.balance != b->facts.balance)
        return a->facts.balance < b->facts.balance;
    bool is_earlier = strcmp(a->id, b->id) < 0;
    uint64_t lot = hash_text(HASH_START ^ input->seed, is_earlier ? a->id : b->id);
    lot = hash_text(lot ^ '|', is_earlier ? b->id : a->id);
    lot ^= lot >> 33;
    return (lot * UINT64_C(0xff51afd7ed558ccd) >> 63 == 0) == is_earlier;
}

struct ranked {
    int64_t since_ms;
    struct seeking_pair pair;
};

static int by_wait(const void *one, const void *other)
{
    const struct ranked *a = one;
    const struct ranked *b = other;
    if (a->since_ms != b->since_ms)
        return a->since_ms < b->since_ms ? -1 : 1;
    return (a->pair.first > b->pair.first) - (a->pair.first < b->pair.first);
}

static struct ranked rank_pair(const struct seeking_wave_input *input, struct matching_edge edge,
                               double cost)
{
    int64_t a = input->tickets[edge.one].since_ms;
    int64_t b = input->tickets[edge.other].since_ms;
    bool keeps = moves_first(input, edge.one, edge.other);
    return (struct ranked){
        .since_ms = a < b ? a : b,
        .pair = {keeps ? edge.one : edge.other, keeps ? edge.other : edge.one, cost}};
}

static enum status list_pairs(const struct seeking_wave_input *input,
                              const struct candidates *candidates,
                              const struct matching_output *matching, struct arena *arena,
                              struct seeking_wave *out)
{
    size_t count = (size_t)matching->pairs_count;
    struct ranked *ranked = arena_array(arena, count, sizeof *ranked);
    struct seeking_pair *pairs = arena_array(arena, count, sizeof *pairs);
    if (ranked == NULL || pairs == NULL)
        return STATUS_FULL;
    size_t at = 0;
    for (int32_t i = 0; i < input->count; i++) {
        int32_t edge = matching->mate_edges[i];
        if (edge != MATCHING_NOBODY && candidates->edges[edge].one == i)
            ranked[at++] = rank_pair(input, candidates->edges[edge], candidates->costs[edge]);
    }
    assert(at == count);
    qsort(ranked, count, sizeof *ranked, by_wait);
    if (input->policy->pairs_max > 0 && (int64_t)count > input->policy->pairs_max)
        count = (size_t)input->policy->pairs_max;
    for (size_t i = 0; i < count; i++)
        pairs[i] = ranked[i].pair;
    *out = (struct seeking_wave){pairs, (int32_t)count, candidates->count};
    return STATUS_OK;
}

enum status seeking_wave(const struct seeking_wave_input *input, struct arena *arena,
                         struct seeking_wave *out_wave)
{
    struct frame frame;
    struct candidates candidates;
    struct matching_output matching;
    enum status status = frame_init(&frame, input, arena);
    if (status == STATUS_OK)
        status = find_candidates(&frame, &candidates);
    if (status != STATUS_OK)
        return status;
    struct matching_input graph = {.vertices_count = input->count,
                                   .edges = candidates.edges,
                                   .edges_count = candidates.count,
                                   .weights = candidates.weights,
                                   .levels = 1,
                                   .max_cardinality = input->policy->aim == SEEKING_MOST_PAIRS};
    status = matching_solve(&graph, arena, &matching);
    if (status != STATUS_OK)
        return status;
    return list_pairs(input, &candidates, &matching, arena, out_wave);
}
