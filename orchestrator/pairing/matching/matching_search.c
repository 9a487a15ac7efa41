/* One search: grows an alternating tree from an unmatched vertex, moving duals as little as makes
 * the next edge tight, until the root can be matched or left alone. Rings are matching_blossom.c's.
 */
#include "orchestrator/pairing/matching/matching_state.h"

#include <assert.h>

#define SAFE_MAX ((int64_t)1 << 60)

static void check_range(struct state *state, const int64_t *numbers)
{
    for (int i = 0; i < state->levels; i++)
        if (numbers[i] > SAFE_MAX || numbers[i] < -SAFE_MAX)
            state->out_of_range = true;
}

void vertex_dual(const struct state *state, int32_t vertex, int64_t *out)
{
    int levels = state->levels;
    int32_t top = state->top[vertex];
    enum label label = state->nodes[top].label;
    row_copy(out, row_of(state->dual, vertex, levels), levels);
    if (label == LABEL_NONE)
        return;
    const int64_t *entry = row_of(state->entry, top, levels);
    for (int i = 0; i < levels; i++) {
        int64_t moved = state->now[i] - entry[i];
        out[i] += label == LABEL_EVEN ? -moved : moved;
    }
}

void edge_slack(const struct state *state, int32_t edge, int64_t *out)
{
    int64_t other[LEVELS_MAX];
    const struct matching_edge *ends = &state->input->edges[edge];
    const int64_t *weight = row_of(state->weights, edge, state->levels);
    vertex_dual(state, ends->one, out);
    vertex_dual(state, ends->other, other);
    for (int i = 0; i < state->levels; i++)
        out[i] += other[i] - 2 * weight[i];
}

void node_settle(struct state *state, int32_t index)
{
    struct node *node = &state->nodes[index];
    int levels = state->levels;
    if (node->label == LABEL_NONE)
        return;
    int64_t *entry = row(state->entry, index, levels);
    int32_t leaf = node->leaf_first;
    for (int32_t n = 0; n < node->leaf_count; n++) {
        int64_t *dual = row(state->dual, leaf, levels);
        vertex_dual(state, leaf, dual);
        check_range(state, dual);
        leaf = state->leaf_next[leaf];
    }
    if (index >= state->vertices) {
        int64_t *dual = row(state->dual, index, levels);
        for (int i = 0; i < levels; i++) {
            int64_t moved = 2 * (state->now[i] - entry[i]);
            dual[i] += node->label == LABEL_EVEN ? moved : -moved;
        }
        check_range(state, dual);
    }
    row_copy(entry, state->now, levels);
}

/* Queues an event unless something that ends the search comes before it. */
static void push(struct state *state, const int64_t *key, bool is_urgent, int64_t item)
{
    if (row_compare(key, state->limit, state->levels) > 0)
        return;
    check_range(state, key);
    if (!queue_push(&state->queue, state->arena, key, is_urgent, item))
        state->full = true;
}

/* Items: an edge as 2 e + (its end `other` is the EVEN one), a blossom as -1 - index. */
static int64_t edge_item(const struct state *state, int32_t edge, int32_t even)
{
    return 2 * (int64_t)edge + (state->input->edges[edge].other == even ? 1 : 0);
}

static void lower_limit(struct state *state, const int64_t *key)
{
    if (row_compare(key, state->limit, state->levels) < 0)
        row_copy(state->limit, key, state->levels);
}

void node_label(struct state *state, int32_t index, enum label label, struct link reached)
{
    struct node *node = &state->nodes[index];
    int levels = state->levels;
    node->label = label;
    node->reached = reached;
    row_copy(row(state->entry, index, levels), state->now, levels);
    if (!node->touched) {
        node->touched = true;
        state->touched[state->touched_count++] = index;
    }
    if (label == LABEL_ODD && index >= state->vertices) {
        int64_t key[LEVELS_MAX];
        const int64_t *dual = row_of(state->dual, index, levels);
        for (int i = 0; i < levels; i++)
            key[i] = state->now[i] + dual[i] / 2;
        push(state, key, false, -1 - (int64_t)index);
    }
}

/* Remembers the EVEN vertex whose dual will be the first to reach zero. */
static void note_zero(struct state *state, int32_t vertex)
{
    int64_t key[LEVELS_MAX];
    vertex_dual(state, vertex, key);
    for (int i = 0; i < state->levels; i++)
        key[i] += state->now[i];
    if (state->zero_vertex == NOBODY || row_compare(key, state->zero_at, state->levels) < 0) {
        row_copy(state->zero_at, key, state->levels);
        state->zero_vertex = vertex;
        lower_limit(state, key);
    }
}

/* Queues edge even–other, which is between different top nodes, if it can become tight. */
static void edge_scan(struct state *state, int32_t edge, int32_t even, int32_t other)
{
    const struct node *far = &state->nodes[state->top[other]];
    if (far->label == LABEL_ODD)
        return;
    int64_t key[LEVELS_MAX];
    edge_slack(state, edge, key);
    for (int i = 0; i < state->levels; i++)
        key[i] = state->now[i] + (far->label == LABEL_EVEN ? key[i] / 2 : key[i]);
    bool ends_search = far->label == LABEL_NONE && state->mate[far->base] == NOBODY;
    if (ends_search)
        lower_limit(state, key);
    push(state, key, ends_search, edge_item(state, edge, even));
}

void vertex_scan(struct state *state, int32_t vertex, bool from_even)
{
    if (from_even)
        note_zero(state, vertex);
    for (int64_t i = state->neighbours_at[vertex]; i < state->neighbours_at[vertex + 1]; i++) {
        const struct neighbour *neighbour = &state->neighbours[i];
        int32_t top = state->top[neighbour->vertex];
        if (top == state->top[vertex])
            continue;
        if (from_even)
            edge_scan(state, neighbour->edge, vertex, neighbour->vertex);
        else if (state->nodes[top].label == LABEL_EVEN)
            edge_scan(state, neighbour->edge, neighbour->vertex, vertex);
    }
}

static void node_scan(struct state *state, int32_t index)
{
    int32_t leaf = state->nodes[index].leaf_first;
    for (int32_t i = 0; i < state->nodes[index].leaf_count; i++) {
        vertex_scan(state, leaf, true);
        leaf = state->leaf_next[leaf];
    }
}

/* Swaps matched and unmatched edges from EVEN vertex `vertex` to the root. `vertex`'s node is then
 * matched by `edge` (NOBODY: left unmatched). */
static void path_flip(struct state *state, int32_t vertex, int32_t edge)
{
    for (;;) {
        int32_t even = state->top[vertex];
        node_rebase(state, even, vertex);
        state->mate[vertex] = edge;
        struct link up = state->nodes[even].reached;
        if (up.edge == NOBODY)
            return;
        int32_t odd = state->top[up.from];
        struct link down = state->nodes[odd].reached;
        node_rebase(state, odd, down.to);
        state->mate[down.to] = down.edge;
        vertex = down.from;
        edge = down.edge;
    }
}

/* Takes a tight edge from an EVEN node into the tree. Returns true when that ends the search. */
static bool edge_take(struct state *state, struct link link)
{
    int32_t near = state->top[link.from];
    int32_t far = state->top[link.to];
    if (near == far || state->nodes[far].label == LABEL_ODD)
        return false;
    int64_t slack[LEVELS_MAX];
    edge_slack(state, link.edge, slack);
    if (row_sign(slack, state->levels) != 0)
        return false; /* queued under labels that have changed; a fresh entry is there */
    if (state->nodes[far].label == LABEL_EVEN) {
        (void)blossom_form(state, link); /* its index is of no use here */
        return false;
    }
    int32_t base = state->nodes[far].base;
    if (state->mate[base] == NOBODY) {
        path_flip(state, link.from, link.edge);
        node_rebase(state, far, link.to);
        state->mate[link.to] = link.edge;
        return true;
    }
    node_label(state, far, LABEL_ODD, link);
    struct link matched = {.edge = state->mate[base], .from = base};
    matched.to = edge_other(state, matched.edge, base);
    int32_t even = state->top[matched.to];
    node_label(state, even, LABEL_EVEN, matched);
    node_scan(state, even);
    return false;
}

/* Opens a blossom if it is still ODD and its dual has come down to zero. */
static void blossom_take(struct state *state, int32_t index)
{
    struct node *node = &state->nodes[index];
    if (node->parent != NOBODY || node->label != LABEL_ODD)
        return;
    const int64_t *dual = row_of(state->dual, index, state->levels);
    const int64_t *entry = row_of(state->entry, index, state->levels);
    for (int i = 0; i < state->levels; i++)
        if (dual[i] != 2 * (state->now[i] - entry[i]))
            return;
    blossom_expand(state, index);
}

static bool event_take(struct state *state, int64_t item)
{
    if (item < 0) {
        blossom_take(state, (int32_t)(-1 - item));
        return false;
    }
    struct link link = {.edge = (int32_t)(item / 2)};
    const struct matching_edge *ends = &state->input->edges[link.edge];
    link.from = item % 2 == 1 ? ends->other : ends->one;
    link.to = item % 2 == 1 ? ends->one : ends->other;
    return edge_take(state, link);
}

static void search_end(struct state *state)
{
    for (int32_t i = 0; i < state->touched_count; i++) {
        int32_t index = state->touched[i];
        if (state->nodes[index].parent == NOBODY)
            node_settle(state, index);
        state->nodes[index].label = LABEL_NONE;
        state->nodes[index].touched = false;
    }
    state->touched_count = 0;
}

void search_from(struct state *state, int32_t root)
{
    int levels = state->levels;
    int32_t top = state->top[root];
    queue_clear(&state->queue);
    memset(state->now, 0, sizeof state->now);
    for (int i = 0; i < levels; i++)
        state->limit[i] = INT64_MAX;
    state->zero_vertex = NOBODY;
    node_label(state, top, LABEL_EVEN, (struct link){.edge = NOBODY, .from = NOBODY, .to = NOBODY});
    node_scan(state, top);
    while (!state->full && !state->out_of_range) {
        const int64_t *key = queue_first(&state->queue);
        if (key == NULL || row_compare(key, state->zero_at, levels) > 0) {
            row_copy(state->now, state->zero_at, levels);
            path_flip(state, state->zero_vertex, NOBODY);
            break;
        }
        assert(row_compare(key, state->now, levels) >= 0);
        row_copy(state->now, key, levels);
        if (event_take(state, queue_pop(&state->queue)))
            break;
    }
    search_end(state);
}
