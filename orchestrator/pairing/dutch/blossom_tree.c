/* Nodes of the search trees: labels, rings shrunk to blossoms and opened again, paths flipped. When
 * to do what is decided in blossom_search.c. */
#include "orchestrator/pairing/dutch/blossom_state.h"

#include <assert.h>
#include <string.h>

static void queue_leaves(struct blossom *b, int node)
{
    int last = b->leaf_last[node];
    for (int v = b->leaf_first[node];; v = b->leaf_next[v]) {
        b->queue[b->queue_count++] = v;
        set_live(b, v, true);
        if (v == last)
            return;
    }
}

/* Puts every vertex inside `node` into a group. */
static void set_group(struct blossom *b, int node, int group)
{
    int last = b->leaf_last[node];
    for (int v = b->leaf_first[node];; v = b->leaf_next[v]) {
        b->group[v] = group;
        if (v == last)
            return;
    }
}

/* A node that was inside another is outermost again. */
static void regroup(struct blossom *b, int node)
{
    int group = b->node_group[node];
    if (b->group[b->leaf_first[node]] != group)
        set_group(b, node, group);
    b->group_node[group] = node;
}

/* Appends the vertices of `child` to those of `node`. */
static void adopt_leaves(struct blossom *b, int node, int child)
{
    b->leaf_next[b->leaf_last[node]] = b->leaf_first[child];
    b->leaf_last[node] = b->leaf_last[child];
    b->leaf_count[node] += b->leaf_count[child];
}

/* The children's vertices come into one group, that of the largest child. */
static void join_groups(struct blossom *b, int node)
{
    int first = b->child[node];
    int largest = first;
    for (int child = b->next[first]; child != first; child = b->next[child])
        if (b->leaf_count[child] > b->leaf_count[largest])
            largest = child;
    int group = b->node_group[largest];
    int child = first;
    do {
        if (child != largest)
            set_group(b, child, group);
        child = b->next[child];
    } while (child != first);
    b->node_group[node] = group;
    b->group_node[group] = node;
}

void tree_label_s(struct blossom *b, int node, int from, int to)
{
    b->label[node] = LABEL_S;
    b->label_from[node] = from;
    b->label_to[node] = to;
    queue_leaves(b, node);
}

void tree_label_t(struct blossom *b, int from, int to)
{
    int node = top_of(b, to);
    b->label[node] = LABEL_T;
    b->label_from[node] = from;
    b->label_to[node] = to;
    if (!is_blossom(b, node))
        set_live(b, node, false);
    int base = b->base[node];
    int mate = b->mate[base];
    assert(mate != BLOSSOM_NONE);
    tree_label_s(b, top_of(b, mate), base, mate);
}

/* Returns the S node one step (over a T node) closer to the root, or BLOSSOM_NONE at the root. */
static int step_up(const struct blossom *b, int node)
{
    if (b->label_from[node] == BLOSSOM_NONE)
        return BLOSSOM_NONE;
    int t_node = top_of(b, b->label_from[node]);
    assert(b->label[t_node] == LABEL_T);
    return top_of(b, b->label_from[t_node]);
}

/* Returns the S node where the two trees' paths join, or BLOSSOM_NONE where roots differ. */
static int common_node(struct blossom *b, int one, int two)
{
    int x = top_of(b, one);
    int y = top_of(b, two);
    int found = BLOSSOM_NONE;
    int depth = 0;
    while (x != BLOSSOM_NONE || y != BLOSSOM_NONE) {
        if (x == BLOSSOM_NONE) {
            int swap = x;
            x = y;
            y = swap;
        }
        if (b->mark[x]) {
            found = x;
            break;
        }
        b->mark[x] = 1;
        b->stack[depth++] = x;
        x = step_up(b, x);
        if (y != BLOSSOM_NONE) {
            int swap = x;
            x = y;
            y = swap;
        }
    }
    while (depth > 0)
        b->mark[b->stack[--depth]] = 0;
    return found;
}

static void link_nodes(struct blossom *b, int first, int second, int from, int to)
{
    b->next[first] = second;
    b->previous[second] = first;
    b->link_from[first] = from;
    b->link_to[first] = to;
}

/* Shrinks the odd ring closed by the edge one-two, whose paths join in `root`. */
static void shrink(struct blossom *b, int root, int one, int two)
{
    int node = b->free_nodes[--b->free_count];
    int x = top_of(b, one);
    int y = top_of(b, two);
    if (x != y)
        link_nodes(b, x, y, one, two);
    while (x != root) {
        int above = top_of(b, b->label_from[x]);
        link_nodes(b, above, x, b->label_from[x], b->label_to[x]);
        x = above;
    }
    while (y != root) {
        int above = top_of(b, b->label_from[y]);
        link_nodes(b, y, above, b->label_to[y], b->label_from[y]);
        y = above;
    }
    b->child[node] = root;
    b->base[node] = b->base[root];
    b->parent[node] = BLOSSOM_NONE;
    b->label[node] = LABEL_S;
    b->label_from[node] = b->label_from[root];
    b->label_to[node] = b->label_to[root];
    memset(weight_dual_of(b, node), 0, (size_t)b->limbs * sizeof(int64_t));
    b->leaf_first[node] = b->leaf_first[root];
    b->leaf_last[node] = b->leaf_last[root];
    b->leaf_count[node] = b->leaf_count[root];
    int child = root;
    do {
        if (b->label[child] == LABEL_T)
            queue_leaves(b, child);
        b->parent[child] = node;
        child = b->next[child];
        if (child != root)
            adopt_leaves(b, node, child);
    } while (child != root);
    join_groups(b, node);
}

/* Returns the child of `node` that holds `vertex`, and how many steps after the base child. */
static int child_with(const struct blossom *b, int node, int vertex, int *out_steps)
{
    int inner = vertex;
    while (b->parent[inner] != node)
        inner = b->parent[inner];
    int steps = 0;
    for (int child = b->child[node]; child != inner; child = b->next[child])
        steps++;
    *out_steps = steps;
    return inner;
}

static void rebase(struct blossom *b, int node, int vertex);

static void match_ends(struct blossom *b, int first, int from, int second, int to)
{
    if (is_blossom(b, first))
        rebase(b, first, from);
    if (is_blossom(b, second))
        rebase(b, second, to);
    b->mate[from] = to;
    b->mate[to] = from;
}

/* Rearranges the matching inside a blossom so that `vertex` is the one matched outside. */
static void rebase(struct blossom *b, int node, int vertex)
{
    int steps = 0;
    int start = child_with(b, node, vertex, &steps);
    if (is_blossom(b, start))
        rebase(b, start, vertex);
    bool forward = steps % 2 == 1;
    for (int at = start; at != b->child[node];) {
        int first = forward ? b->next[at] : b->previous[at];
        int second = forward ? b->next[first] : b->previous[first];
        if (forward)
            match_ends(b, first, b->link_from[first], second, b->link_to[first]);
        else
            match_ends(b, first, b->link_to[second], second, b->link_from[second]);
        at = second;
    }
    b->child[node] = start;
    b->base[node] = vertex;
}

/* Flips the path from `vertex` to its root; `mate` becomes the vertex's new mate. */
static void flip_path(struct blossom *b, int vertex, int mate)
{
    for (;;) {
        int s_node = top_of(b, vertex);
        int from = b->label_from[s_node];
        if (is_blossom(b, s_node))
            rebase(b, s_node, vertex);
        b->mate[vertex] = mate;
        if (from == BLOSSOM_NONE)
            return;
        int t_node = top_of(b, from);
        int entry = b->label_to[t_node];
        if (is_blossom(b, t_node))
            rebase(b, t_node, entry);
        vertex = b->label_from[t_node];
        mate = entry;
        b->mate[entry] = vertex;
    }
}

/* Makes the children of a node outermost; their vertices are still to be claimed. */
static void release(struct blossom *b, int node)
{
    int child = b->child[node];
    do {
        b->parent[child] = BLOSSOM_NONE;
        child = b->next[child];
    } while (child != b->child[node]);
    b->label[node] = LABEL_FREE;
    b->child[node] = BLOSSOM_NONE;
    b->free_nodes[b->free_count++] = node;
}

void tree_expand(struct blossom *b, int node)
{
    int from = b->label_from[node];
    int to = b->label_to[node];
    int base_child = b->child[node];
    int steps = 0;
    int at = child_with(b, node, to, &steps);
    bool forward = steps % 2 == 1;
    int child = base_child;
    do {
        b->label[child] = LABEL_FREE;
        regroup(b, child);
        child = b->next[child];
    } while (child != base_child);
    release(b, node);
    while (at != base_child) {
        tree_label_t(b, from, to);
        int s_child = forward ? b->next[at] : b->previous[at];
        at = forward ? b->next[s_child] : b->previous[s_child];
        from = forward ? b->link_from[s_child] : b->link_to[at];
        to = forward ? b->link_to[s_child] : b->link_from[at];
    }
    b->label[base_child] = LABEL_T;
    b->label_from[base_child] = from;
    b->label_to[base_child] = to;
}

void tree_open_empty(struct blossom *b, int node)
{
    int count = 0;
    int *todo = b->queue;
    todo[count++] = node;
    while (count > 0) {
        int at = todo[--count];
        if (!is_blossom(b, at) || !is_zero(weight_dual_of(b, at), b->limbs)) {
            regroup(b, at);
            continue;
        }
        int child = b->child[at];
        int first = child;
        do {
            todo[count++] = child;
            child = b->next[child];
        } while (child != first);
        release(b, at);
    }
}

bool tree_join(struct blossom *b, int v, int w)
{
    int root = common_node(b, v, w);
    if (root == BLOSSOM_NONE) {
        flip_path(b, v, w);
        flip_path(b, w, v);
        return true;
    }
    shrink(b, root, v, w);
    return false;
}
