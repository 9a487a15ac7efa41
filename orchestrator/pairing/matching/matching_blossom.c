/* Blossoms: shrinking odd rings, opening them, turning them so that another vertex is the base.
 * When this happens is the search's decision. */
#include "orchestrator/pairing/matching/matching_state.h"

#include <assert.h>

static void ring_join(struct state *state, int32_t node, int32_t next, struct link link)
{
    state->nodes[node].next = next;
    state->nodes[next].prev = node;
    state->nodes[node].ring = link;
}

static struct link link_reversed(struct link link)
{
    return (struct link){.edge = link.edge, .from = link.to, .to = link.from};
}

/* Returns the ODD or EVEN node nearer to the root, NOBODY above the root. */
static int32_t tree_parent(const struct state *state, int32_t node)
{
    const struct link *reached = &state->nodes[node].reached;
    return reached->edge == NOBODY ? NOBODY : state->top[reached->from];
}

/* Returns the node in which the paths from two EVEN nodes to the root meet. */
static int32_t common_ancestor(struct state *state, int32_t one, int32_t other)
{
    int32_t stamp = ++state->stamp;
    while (one != NOBODY || other != NOBODY) {
        if (one != NOBODY) {
            if (state->nodes[one].mark == stamp)
                return one;
            state->nodes[one].mark = stamp;
            one = tree_parent(state, one);
        }
        int32_t swap = one;
        one = other;
        other = swap;
    }
    assert(!"two EVEN nodes of one tree have a common ancestor");
    return NOBODY;
}

/* Lays the ring base → … → link.from's node → link.to's node → … → base. */
static void ring_lay(struct state *state, int32_t base, struct link link)
{
    int32_t one = state->top[link.from];
    int32_t other = state->top[link.to];
    ring_join(state, one, other, link);
    while (one != base) {
        int32_t parent = tree_parent(state, one);
        ring_join(state, parent, one, state->nodes[one].reached);
        one = parent;
    }
    while (other != base) {
        int32_t parent = tree_parent(state, other);
        ring_join(state, other, parent, link_reversed(state->nodes[other].reached));
        other = parent;
    }
}

/* Chains the vertices of the ring's nodes into one list for the blossom. */
static void leaves_join(struct state *state, int32_t blossom)
{
    struct node *nodes = state->nodes;
    int32_t first = nodes[blossom].child;
    int32_t last = NOBODY;
    nodes[blossom].leaf_first = nodes[first].leaf_first;
    nodes[blossom].leaf_count = 0;
    int32_t child = first;
    do {
        if (last != NOBODY)
            state->leaf_next[last] = nodes[child].leaf_first;
        last = nodes[child].leaf_last;
        nodes[blossom].leaf_count += nodes[child].leaf_count;
        child = nodes[child].next;
    } while (child != first);
    nodes[blossom].leaf_last = last;
}

/* Sets `top` of all vertices of a node. */
static void leaves_move(struct state *state, int32_t node, int32_t top)
{
    int32_t leaf = state->nodes[node].leaf_first;
    for (int32_t i = 0; i < state->nodes[node].leaf_count; i++) {
        state->top[leaf] = top;
        leaf = state->leaf_next[leaf];
    }
}

static void leaves_scan(struct state *state, int32_t node, bool from_even)
{
    int32_t leaf = state->nodes[node].leaf_first;
    for (int32_t i = 0; i < state->nodes[node].leaf_count; i++) {
        vertex_scan(state, leaf, from_even);
        leaf = state->leaf_next[leaf];
    }
}

int32_t blossom_form(struct state *state, struct link link)
{
    int32_t base = common_ancestor(state, state->top[link.from], state->top[link.to]);
    assert(state->spare_count > 0);
    int32_t index = state->spare[--state->spare_count];
    struct node *blossom = &state->nodes[index];
    ring_lay(state, base, link);
    bool touched = blossom->touched;
    *blossom = (struct node){
        .parent = NOBODY, .base = state->nodes[base].base, .child = base, .touched = touched};
    memset(row(state->dual, index, state->levels), 0, (size_t)state->levels * sizeof(int64_t));
    struct link reached = state->nodes[base].reached;
    leaves_join(state, index);
    int32_t child = base;
    do {
        node_settle(state, child);
        state->nodes[child].parent = index;
        child = state->nodes[child].next;
    } while (child != base);
    leaves_move(state, index, index);
    node_label(state, index, LABEL_EVEN, reached);
    do {
        if (state->nodes[child].label == LABEL_ODD)
            leaves_scan(state, child, true);
        state->nodes[child].label = LABEL_NONE;
        child = state->nodes[child].next;
    } while (child != base);
    return index;
}

/* Returns the child of `blossom` that holds `vertex`. */
static int32_t child_of(const struct state *state, int32_t blossom, int32_t vertex)
{
    int32_t child = vertex;
    while (state->nodes[child].parent != blossom)
        child = state->nodes[child].parent;
    return child;
}

/* Whether the even way round the ring from `child` to the base goes forward. */
static bool even_way_is_forward(const struct state *state, int32_t blossom, int32_t child)
{
    int32_t steps = 0;
    for (int32_t at = child; at != state->nodes[blossom].child; at = state->nodes[at].next)
        steps++;
    return steps % 2 == 0;
}

/* Returns the neighbour of `child` on the ring and, in `*out`, the edge to it. */
static int32_t ring_step(const struct state *state, int32_t child, bool forward, struct link *out)
{
    int32_t to = forward ? state->nodes[child].next : state->nodes[child].prev;
    *out = forward ? state->nodes[child].ring : link_reversed(state->nodes[to].ring);
    return to;
}

void blossom_expand(struct state *state, int32_t index)
{
    struct node *blossom = &state->nodes[index];
    struct link reached = blossom->reached;
    node_settle(state, index);
    blossom->label = LABEL_NONE;
    int32_t base = blossom->child;
    int32_t entrance = child_of(state, index, reached.to);
    bool forward = even_way_is_forward(state, index, entrance);
    int32_t child = base;
    do {
        state->nodes[child].parent = NOBODY;
        state->nodes[child].label = LABEL_NONE;
        leaves_move(state, child, child);
        child = state->nodes[child].next;
    } while (child != base);
    int32_t at = entrance;
    struct link link = reached;
    node_label(state, at, LABEL_ODD, link);
    while (at != base) {
        at = ring_step(state, at, forward, &link);
        node_label(state, at, LABEL_EVEN, link);
        leaves_scan(state, at, true);
        at = ring_step(state, at, forward, &link);
        node_label(state, at, LABEL_ODD, link);
    }
    child = base;
    do {
        if (state->nodes[child].label == LABEL_NONE)
            leaves_scan(state, child, false);
        child = state->nodes[child].next;
    } while (child != base);
    state->spare[state->spare_count++] = index;
}

void node_rebase(struct state *state, int32_t index, int32_t vertex)
{
    struct node *node = &state->nodes[index];
    if (node->base == vertex)
        return;
    int32_t child = child_of(state, index, vertex);
    bool forward = even_way_is_forward(state, index, child);
    int32_t at = child;
    node_rebase(state, child, vertex);
    while (at != node->child) {
        struct link link;
        int32_t one = ring_step(state, at, forward, &link);
        int32_t other = ring_step(state, one, forward, &link);
        state->mate[link.from] = link.edge;
        state->mate[link.to] = link.edge;
        node_rebase(state, one, link.from);
        node_rebase(state, other, link.to);
        at = other;
    }
    node->child = child;
    node->base = vertex;
}
