/* Least-cost pairing of a list: a matching over near pairs, then pricing of all others until none
 * could improve it. What a pair costs is the methods' say. */
#include "orchestrator/pairing/graph.h"

#include <assert.h>
#include <string.h>

#define WINDOW 16
#define FAR_MAX 24 /* pairs put in for a place at a time */
#define SMALL 200  /* up to here all pairs are put in at once */

struct graph {
    struct field *field;
    const struct graph_ask *ask;
    struct matching_edge *edges;
    int64_t *weights;
    bool *barred; /* by edge */
    enum pairing_conflict_kind *why;
    int edges_count;
    int edges_max;
    int levels; /* of the ask, and one more in front: barred pairs */
};

static bool reserve(struct graph *graph)
{
    if (graph->edges_count < graph->edges_max)
        return true;
    struct arena *arena = graph->field->arena;
    size_t room = graph->edges_max == 0 ? 4096 : (size_t)graph->edges_max * 2;
    size_t width = (size_t)graph->levels;
    size_t used = (size_t)graph->edges_count;
    struct matching_edge *edges = arena_array(arena, room, sizeof *edges);
    int64_t *weights = arena_array(arena, room * width, sizeof *weights);
    bool *barred = arena_array(arena, room, sizeof *barred);
    enum pairing_conflict_kind *why = arena_array(arena, room, sizeof *why);
    if (edges == NULL || weights == NULL || barred == NULL || why == NULL)
        return false;
    if (used > 0) {
        memcpy(edges, graph->edges, used * sizeof *edges);
        memcpy(weights, graph->weights, used * width * sizeof *weights);
        memcpy(barred, graph->barred, used * sizeof *barred);
        memcpy(why, graph->why, used * sizeof *why);
    }
    graph->edges = edges;
    graph->weights = weights;
    graph->barred = barred;
    graph->why = why;
    graph->edges_max = (int)room;
    return true;
}

/* Writes the weight of a pair; false when it can never be. */
static bool pair_price(const struct graph *graph, int one, int other, struct graph_price *price,
                       int64_t *weight)
{
    const struct graph_ask *ask = graph->ask;
    *price = (struct graph_price){0};
    ask->price(graph->field, ask->list, one, other, price, ask->user);
    int insist_one = graph->field->insist_one;
    int insist_other = graph->field->insist_other;
    bool with_one = ask->list[one] == insist_one || ask->list[other] == insist_one;
    bool with_other = ask->list[one] == insist_other || ask->list[other] == insist_other;
    if (insist_one != PAIRING_NOBODY && with_one != with_other)
        price->never = true;
    if (field_forbidden(graph->field, ask->list[one], ask->list[other]) != NULL) {
        price->barred = true;
        price->why = PAIRING_CONFLICT_FORBIDDEN;
    }
    weight[0] = price->barred ? -1 : 0;
    for (int i = 0; i < ask->levels; i++)
        weight[i + 1] = -price->cost[i];
    return !price->never;
}

static bool edge_add(struct graph *graph, int one, int other, const struct graph_price *price,
                     const int64_t *weight)
{
    if (!reserve(graph))
        return false;
    int at = graph->edges_count++;
    graph->edges[at] = (struct matching_edge){.one = one, .other = other};
    memcpy(&graph->weights[(size_t)at * (size_t)graph->levels], weight,
           (size_t)graph->levels * sizeof *weight);
    graph->barred[at] = price->barred;
    graph->why[at] = price->why;
    return true;
}

/* Adds the pairs of a place with places `from` to `to`. */
static bool span_add(struct graph *graph, int one, int from, int to)
{
    int last = to < graph->ask->count - 1 ? to : graph->ask->count - 1;
    for (int other = from; other <= last; other++) {
        struct graph_price price;
        int64_t weight[GRAPH_LEVELS_MAX + 1];
        if (pair_price(graph, one, other, &price, weight) &&
            !edge_add(graph, one, other, &price, weight))
            return false;
    }
    return true;
}

static bool near_edges_add(struct graph *graph)
{
    int count = graph->ask->count;
    int window = graph->ask->window > 0 ? graph->ask->window : WINDOW;
    const int *likely = count > SMALL ? graph->ask->likely : NULL;
    if (count <= SMALL)
        window = count;
    for (int i = 0; i < count; i++) {
        if (!span_add(graph, i, i + 1, i + window))
            return false;
        int from = likely == NULL ? count : likely[i] - window / 2;
        from = from > i + window ? from : i + window + 1;
        if (likely != NULL && !span_add(graph, i, from, likely[i] + window / 2))
            return false;
    }
    return true;
}

/* The odd sets of each vertex, for pricing. */
struct dual {
    const struct matching_certificate *proof;
    int *at;
    int *sets;
};

static bool dual_index(struct graph *graph, const struct matching_certificate *proof,
                       struct dual *out)
{
    int count = graph->ask->count;
    int members = 0;
    *out = (struct dual){.proof = proof, .at = field_ints(graph->field, count + 1)};
    if (out->at == NULL)
        return false;
    for (int s = 0; s < proof->odd_sets_count; s++)
        for (int i = 0; i < proof->odd_sets[s].vertices_count; i++, members++)
            out->at[proof->odd_sets[s].vertices[i]]++;
    out->sets = field_ints(graph->field, members);
    if (out->sets == NULL)
        return false;
    for (int v = 1; v <= count; v++)
        out->at[v] += out->at[v - 1];
    for (int s = proof->odd_sets_count - 1; s >= 0; s--)
        for (int i = 0; i < proof->odd_sets[s].vertices_count; i++)
            out->sets[--out->at[proof->odd_sets[s].vertices[i]]] = s;
    return true;
}

static void row_add(int64_t *sum, const int64_t *numbers, int64_t times, int levels)
{
    for (int i = 0; i < levels; i++)
        sum[i] += times * numbers[i];
}

static bool is_negative(const int64_t *row, int levels)
{
    for (int k = 0; k < levels; k++)
        if (row[k] != 0)
            return row[k] < 0;
    return false;
}

/* Whether a pair that was left out could improve the matching; by how much at most is in `sum`. The
 * duals of odd sets are never negative: what two vertices say alone decides for most pairs. */
static bool could_improve(const struct graph *graph, const struct dual *dual, int one, int other,
                          const int64_t *weight, int64_t sum[GRAPH_LEVELS_MAX + 2])
{
    int levels = dual->proof->levels;
    memset(sum, 0, (GRAPH_LEVELS_MAX + 2) * sizeof *sum);
    row_add(sum, dual->proof->vertex_duals + (int64_t)one * levels, 1, levels);
    row_add(sum, dual->proof->vertex_duals + (int64_t)other * levels, 1, levels);
    sum[0] -= 2;
    row_add(sum + 1, weight, -2, graph->levels);
    if (!is_negative(sum, levels))
        return false;
    int i = dual->at[one];
    int j = dual->at[other];
    while (i < dual->at[one + 1] && j < dual->at[other + 1]) {
        int a = dual->sets[i];
        int b = dual->sets[j];
        if (a == b)
            row_add(sum, dual->proof->odd_sets[a].dual, 1, levels);
        i += a <= b;
        j += b <= a;
    }
    return is_negative(sum, levels);
}

/* A pair that was left out and could improve the matching. */
struct far_edge {
    int other;
    struct graph_price price;
    int64_t weight[GRAPH_LEVELS_MAX + 1];
    int64_t sum[GRAPH_LEVELS_MAX + 2]; /* the lower, the more */
};

static bool far_edge_before(const struct far_edge *one, const struct far_edge *other, int levels)
{
    for (int i = 0; i < levels; i++)
        if (one->sum[i] != other->sum[i])
            return one->sum[i] < other->sum[i];
    return false;
}

/* Keeps the FAR_MAX best of a place, in order. */
static void far_edge_keep(struct far_edge *best, int *count, const struct far_edge *far, int levels)
{
    int at = *count;
    while (at > 0 && far_edge_before(far, &best[at - 1], levels))
        at--;
    if (at == FAR_MAX)
        return;
    if (*count < FAR_MAX)
        ++*count;
    memmove(&best[at + 1], &best[at], (size_t)(*count - 1 - at) * sizeof *best);
    best[at] = *far;
}

/* Adds of the pairs left out the ones that could improve the matching the most; `*out_added` counts
 * them. */
static bool far_edges_add(struct graph *graph, const struct matching_certificate *proof,
                          int *out_added)
{
    int count = graph->ask->count;
    int window = graph->ask->window > 0 ? graph->ask->window : WINDOW;
    struct dual dual;
    *out_added = 0;
    if (count <= SMALL)
        return true;
    if (!dual_index(graph, proof, &dual))
        return false;
    for (int i = 0; i < count; i++) {
        struct far_edge best[FAR_MAX];
        int found = 0;
        for (int j = i + window + 1; j < count; j++) {
            struct far_edge far = {.other = j};
            if (pair_price(graph, i, j, &far.price, far.weight) &&
                could_improve(graph, &dual, i, j, far.weight, far.sum))
                far_edge_keep(best, &found, &far, proof->levels);
        }
        for (int k = 0; k < found; k++)
            if (!edge_add(graph, i, best[k].other, &best[k].price, best[k].weight))
                return false;
        *out_added += found;
    }
    return true;
}

static void answer_fill(struct graph *graph, const struct matching_output *matching,
                        struct graph_answer *out)
{
    for (int i = 0; i < graph->ask->levels; i++)
        out->total[i] = -matching->total[i + 1];
    for (int v = 0; v < graph->ask->count; v++) {
        int edge = matching->mate_edges[v];
        out->mates[v] = matching->mates[v];
        if (edge == MATCHING_NOBODY || matching->mates[v] < v || !graph->barred[edge])
            continue;
        out->barred++;
    }
    if (out->barred == 0 || (graph->ask->tolerates != NULL && graph->ask->tolerates(out)))
        return;
    out->refused = true;
    for (int v = 0; v < graph->ask->count; v++) {
        int edge = matching->mate_edges[v];
        if (edge != MATCHING_NOBODY && matching->mates[v] > v && graph->barred[edge])
            field_conflict(graph->field, graph->why[edge], graph->ask->list[v],
                           graph->ask->list[matching->mates[v]]);
    }
}

enum status graph_solve(struct field *field, const struct graph_ask *ask, struct graph_answer *out)
{
    assert(ask->levels >= 1 && ask->levels <= GRAPH_LEVELS_MAX);
    assert(ask->leave_over || ask->count % 2 == 0);
    struct graph graph = {.field = field, .ask = ask, .levels = ask->levels + 1};
    *out = (struct graph_answer){.mates = field_ints(field, ask->count)};
    if (out->mates == NULL || !near_edges_add(&graph))
        return STATUS_FULL;
    struct matching_output matching;
    const struct matching_output *start = NULL;
    for (;;) {
        struct matching_input input = {.vertices_count = ask->count,
                                       .edges = graph.edges,
                                       .edges_count = graph.edges_count,
                                       .weights = graph.weights,
                                       .levels = graph.levels,
                                       .max_cardinality = true,
                                       .start = start};
        enum status status = matching_solve(&input, field->arena, &matching);
        if (status != STATUS_OK)
            return status;
        int added;
        if (!far_edges_add(&graph, &matching.certificate, &added))
            return STATUS_FULL;
        start = &matching;
        if (added > 0)
            continue;
        out->proved = matching_check(&input, &matching, field->arena);
        answer_fill(&graph, &matching, out);
        return field->full ? STATUS_FULL : STATUS_OK;
    }
}

/* Adds the named costs to the output's sums. */
static void totals_add(struct field *field, const struct graph_ask *ask,
                       const struct graph_answer *answer)
{
    struct pairing_output *out = field->out;
    for (int i = 0; i < ask->levels; i++) {
        int at = 0;
        while (at < out->costs_count && strcmp(out->costs[at].name, ask->names[i]) != 0)
            at++;
        assert(at < PAIRING_COSTS_MAX);
        if (at == out->costs_count)
            out->costs[out->costs_count++] = (struct pairing_cost){.name = ask->names[i]};
        out->costs[at].value += answer->total[i];
    }
    out->proved = answer->proved;
}

enum status graph_pair(struct field *field, const struct graph_ask *ask,
                       const char *(*reason)(struct field *field, int one, int other))
{
    struct graph_answer answer;
    enum status status = graph_solve(field, ask, &answer);
    if (status != STATUS_OK || answer.refused)
        return status;
    struct graph graph = {.field = field, .ask = ask, .levels = ask->levels + 1};
    totals_add(field, ask, &answer);
    for (int i = 0; i < ask->count; i++) {
        int j = answer.mates[i];
        if (j < i)
            continue;
        struct graph_price price;
        int64_t weight[GRAPH_LEVELS_MAX + 1];
        (void)pair_price(&graph, i, j, &price, weight); /* matched pairs are never "never" */
        int one = ask->list[i];
        int other = ask->list[j];
        struct pairing_pair *pair = field_pair(field, one, other,
                                               reason == NULL ? "part of the least costly round"
                                                              : reason(field, one, other));
        for (int k = 0; k < ask->levels; k++)
            pair->costs[pair->costs_count++] =
                (struct pairing_cost){.name = ask->names[k], .value = price.cost[k]};
    }
    return field->full ? STATUS_FULL : STATUS_OK;
}
