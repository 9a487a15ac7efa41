/* Sets up a matching problem, finds a good start, searches from each vertex left over, and writes
 * down the result with its certificate. The search itself is matching_search.c's. */
#include "orchestrator/pairing/matching/matching_state.h"

#include <assert.h>

static enum status input_check(const struct matching_input *input)
{
    if (input->levels < 1 || input->levels > MATCHING_LEVELS_MAX || input->vertices_count < 0 ||
        input->edges_count < 0)
        return STATUS_INVALID_ARGUMENT;
    if (input->vertices_count > MATCHING_VERTICES_MAX || input->edges_count > MATCHING_EDGES_MAX)
        return STATUS_FULL;
    for (int32_t e = 0; e < input->edges_count; e++) {
        const struct matching_edge *ends = &input->edges[e];
        if (ends->one < 0 || ends->other < 0 || ends->one >= input->vertices_count ||
            ends->other >= input->vertices_count || ends->one == ends->other)
            return STATUS_INVALID_ARGUMENT;
    }
    int64_t numbers = (int64_t)input->edges_count * input->levels;
    for (int64_t i = 0; i < numbers; i++)
        if (input->weights[i] > MATCHING_WEIGHT_MAX || input->weights[i] < -MATCHING_WEIGHT_MAX)
            return STATUS_OUT_OF_RANGE;
    return STATUS_OK;
}

/* Puts a 1 in front of every weight, so that pairs count before weight. */
static const int64_t *weights_with_cardinality(const struct matching_input *input,
                                               struct arena *arena)
{
    int levels = input->levels + 1;
    int64_t *weights =
        arena_array(arena, (size_t)input->edges_count * (size_t)levels, sizeof *weights);
    for (int32_t e = 0; weights != NULL && e < input->edges_count; e++) {
        int64_t *weight = row(weights, e, levels);
        weight[0] = 1;
        row_copy(weight + 1, row_of(input->weights, e, input->levels), input->levels);
    }
    return weights;
}

static void neighbours_fill(struct state *state)
{
    const struct matching_input *input = state->input;
    int64_t *at = state->neighbours_at;
    for (int32_t e = 0; e < input->edges_count; e++) {
        at[input->edges[e].one]++;
        at[input->edges[e].other]++;
    }
    int64_t sum = 0;
    for (int32_t v = 0; v <= state->vertices; v++) {
        sum += at[v];
        at[v] = sum;
    }
    for (int32_t e = input->edges_count - 1; e >= 0; e--) {
        const struct matching_edge *ends = &input->edges[e];
        state->neighbours[--at[ends->one]] = (struct neighbour){.vertex = ends->other, .edge = e};
        state->neighbours[--at[ends->other]] = (struct neighbour){.vertex = ends->one, .edge = e};
    }
}

static void nodes_fill(struct state *state)
{
    for (int32_t v = 0; v < state->vertices; v++) {
        state->nodes[v] = (struct node){.parent = NOBODY,
                                        .base = v,
                                        .child = NOBODY,
                                        .leaf_first = v,
                                        .leaf_last = v,
                                        .leaf_count = 1};
        state->top[v] = v;
        state->mate[v] = NOBODY;
    }
    for (int32_t b = state->nodes_max - 1; b >= state->vertices; b--) {
        state->nodes[b].parent = NOBODY;
        state->spare[state->spare_count++] = b;
    }
}

static bool state_init(struct state *state, const struct matching_input *input, struct arena *arena)
{
    size_t vertices = (size_t)input->vertices_count;
    size_t nodes = vertices + vertices / 2 + 1;
    *state = (struct state){.input = input, .arena = arena, .vertices = input->vertices_count};
    state->nodes_max = (int32_t)nodes;
    state->levels = input->levels + (input->max_cardinality ? 1 : 0);
    state->queue.levels = state->levels;
    state->weights =
        input->max_cardinality ? weights_with_cardinality(input, arena) : input->weights;
    state->nodes = arena_array(arena, nodes, sizeof *state->nodes);
    state->leaf_next = arena_array(arena, vertices, sizeof *state->leaf_next);
    state->top = arena_array(arena, vertices, sizeof *state->top);
    state->mate = arena_array(arena, vertices, sizeof *state->mate);
    state->spare = arena_array(arena, nodes, sizeof *state->spare);
    state->dual = arena_array(arena, nodes * (size_t)state->levels, sizeof *state->dual);
    state->entry = arena_array(arena, nodes * (size_t)state->levels, sizeof *state->entry);
    state->neighbours =
        arena_array(arena, 2 * (size_t)input->edges_count, sizeof *state->neighbours);
    state->neighbours_at = arena_array(arena, vertices + 1, sizeof *state->neighbours_at);
    state->touched = arena_array(arena, nodes, sizeof *state->touched);
    if (state->nodes == NULL || state->leaf_next == NULL || state->top == NULL ||
        state->mate == NULL || state->spare == NULL || state->dual == NULL ||
        state->entry == NULL || state->neighbours == NULL || state->neighbours_at == NULL ||
        state->touched == NULL || (input->edges_count > 0 && state->weights == NULL))
        return false;
    nodes_fill(state);
    neighbours_fill(state);
    return true;
}

/* Raises `dual` to what an edge demands when its other end has dual `far`. */
static void dual_raise(int64_t *dual, const int64_t *weight, const int64_t *far, int levels)
{
    int64_t need[LEVELS_MAX];
    for (int i = 0; i < levels; i++)
        need[i] = 2 * weight[i] - far[i];
    if (row_compare(need, dual, levels) > 0)
        row_copy(dual, need, levels);
}

static void row_raise(int64_t *to, const int64_t *from, int levels)
{
    if (row_compare(from, to, levels) > 0)
        row_copy(to, from, levels);
}

/* Gives every vertex the weight of its heaviest edge, at least 0: that covers all edges. */
static void duals_start(struct state *state)
{
    int levels = state->levels;
    for (int32_t e = 0; e < state->input->edges_count; e++) {
        const int64_t *weight = row_of(state->weights, e, levels);
        row_raise(row(state->dual, state->input->edges[e].one, levels), weight, levels);
        row_raise(row(state->dual, state->input->edges[e].other, levels), weight, levels);
    }
}

/* Lowers the dual of an unmatched vertex as far as its edges allow and matches it along an edge
 * that becomes tight, where the other end is unmatched too. */
static void vertex_start(struct state *state, int32_t vertex)
{
    int levels = state->levels;
    int64_t dual[LEVELS_MAX] = {0};
    int32_t found = NOBODY;
    for (int64_t i = state->neighbours_at[vertex]; i < state->neighbours_at[vertex + 1]; i++) {
        const struct neighbour *neighbour = &state->neighbours[i];
        dual_raise(dual, row_of(state->weights, neighbour->edge, levels),
                   row_of(state->dual, neighbour->vertex, levels), levels);
    }
    row_copy(row(state->dual, vertex, levels), dual, levels);
    if (row_sign(dual, levels) == 0)
        return;
    for (int64_t i = state->neighbours_at[vertex];
         i < state->neighbours_at[vertex + 1] && found == NOBODY; i++) {
        const struct neighbour *neighbour = &state->neighbours[i];
        int64_t slack[LEVELS_MAX];
        edge_slack(state, neighbour->edge, slack);
        if (state->mate[neighbour->vertex] == NOBODY && row_sign(slack, levels) == 0)
            found = neighbour->edge;
    }
    if (found == NOBODY)
        return;
    state->mate[vertex] = found;
    state->mate[edge_other(state, found, vertex)] = found;
}

/* Takes over the duals of an earlier result: a vertex gets half of the dual of every odd set around
 * it, which covers all edges that were there. */
static void duals_resume(struct state *state, const struct matching_certificate *proof)
{
    int levels = state->levels;
    for (int64_t i = 0; i < (int64_t)state->vertices * levels; i++)
        state->dual[i] = proof->vertex_duals[i];
    for (int32_t s = 0; s < proof->odd_sets_count; s++) {
        const struct matching_odd_set *set = &proof->odd_sets[s];
        for (int32_t i = 0; i < set->vertices_count; i++)
            for (int k = 0; k < levels; k++)
                row(state->dual, set->vertices[i], levels)[k] += set->dual[k] / 2;
    }
}

/* Raises duals until new edges are covered too, and keeps the pairs whose edges are still tight. */
static void pairs_resume(struct state *state, const struct matching_output *start)
{
    int levels = state->levels;
    for (int32_t e = 0; e < state->input->edges_count; e++) {
        int64_t slack[LEVELS_MAX];
        edge_slack(state, e, slack);
        if (row_sign(slack, levels) >= 0)
            continue;
        const struct matching_edge *ends = &state->input->edges[e];
        int64_t *dual = row(state->dual, ends->one, levels);
        for (int k = 0; k < levels; k++)
            dual[k] -= slack[k];
    }
    for (int32_t v = 0; v < state->vertices; v++) {
        int64_t slack[LEVELS_MAX];
        int32_t edge = start->mate_edges[v];
        if (edge == NOBODY)
            continue;
        edge_slack(state, edge, slack);
        if (row_sign(slack, levels) == 0)
            state->mate[v] = edge;
    }
}

static enum status solve(struct state *state)
{
    const struct matching_output *start = state->input->start;
    if (start != NULL) {
        assert(start->certificate.levels == state->levels);
        duals_resume(state, &start->certificate);
        pairs_resume(state, start);
    } else {
        duals_start(state);
    }
    for (int32_t v = 0; v < state->vertices; v++)
        if (state->mate[v] == NOBODY)
            vertex_start(state, v);
    for (int32_t v = 0; v < state->vertices; v++) {
        if (state->mate[v] != NOBODY ||
            row_sign(row_of(state->dual, v, state->levels), state->levels) == 0)
            continue;
        search_from(state, v);
        if (state->out_of_range)
            return STATUS_OUT_OF_RANGE;
        if (state->full)
            return STATUS_FULL;
    }
    return STATUS_OK;
}

static bool in_use(const struct state *state, int32_t blossom)
{
    return state->nodes[blossom].leaf_count > 0 &&
           row_sign(row_of(state->dual, blossom, state->levels), state->levels) != 0;
}

/* Lists the vertices of a blossom. */
static int32_t *leaves_copy(const struct state *state, int32_t blossom)
{
    const struct node *node = &state->nodes[blossom];
    int32_t *leaves = arena_array(state->arena, (size_t)node->leaf_count, sizeof *leaves);
    int32_t leaf = node->leaf_first;
    for (int32_t i = 0; leaves != NULL && i < node->leaf_count; i++) {
        leaves[i] = leaf;
        leaf = state->leaf_next[leaf];
    }
    return leaves;
}

static bool certificate_make(struct state *state, struct matching_certificate *out)
{
    struct matching_odd_set *sets =
        arena_array(state->arena, (size_t)(state->nodes_max - state->vertices), sizeof *sets);
    if (sets == NULL)
        return false;
    for (int32_t i = 0; i < state->spare_count; i++)
        state->nodes[state->spare[i]].leaf_count = 0;
    *out = (struct matching_certificate){
        .levels = state->levels, .vertex_duals = state->dual, .odd_sets = sets};
    for (int32_t b = state->vertices; b < state->nodes_max; b++) {
        if (!in_use(state, b))
            continue;
        struct matching_odd_set *set = &sets[out->odd_sets_count++];
        set->dual = row_of(state->dual, b, state->levels);
        set->vertices_count = state->nodes[b].leaf_count;
        set->vertices = leaves_copy(state, b);
        if (set->vertices == NULL)
            return false;
    }
    return true;
}

static bool result_make(struct state *state, struct matching_output *out)
{
    const struct matching_input *input = state->input;
    *out = (struct matching_output){.mate_edges = state->mate};
    out->mates = arena_array(state->arena, (size_t)state->vertices, sizeof *out->mates);
    if (out->mates == NULL)
        return false;
    for (int32_t v = 0; v < state->vertices; v++) {
        int32_t edge = state->mate[v];
        out->mates[v] = edge == NOBODY ? NOBODY : edge_other(state, edge, v);
        if (edge == NOBODY || out->mates[v] < v)
            continue;
        assert(state->mate[out->mates[v]] == edge);
        out->pairs_count++;
        for (int i = 0; i < input->levels; i++)
            out->total[i] += row_of(input->weights, edge, input->levels)[i];
    }
    return certificate_make(state, &out->certificate);
}

enum status matching_solve(const struct matching_input *input, struct arena *arena,
                           struct matching_output *out)
{
    assert(input != NULL && arena != NULL && out != NULL);
    enum status status = input_check(input);
    if (status != STATUS_OK)
        return status;
    struct state state;
    if (!state_init(&state, input, arena))
        return STATUS_FULL;
    status = solve(&state);
    if (status != STATUS_OK)
        return status;
    struct matching_output result;
    if (!result_make(&state, &result))
        return STATUS_FULL;
    *out = result;
    return STATUS_OK;
}
