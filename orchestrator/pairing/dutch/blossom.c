/* Heaviest perfect matching in a dense, implicit graph: forests grown from all unmatched vertices
 * at once, blossoms, dual changes. What the weights mean is the caller's business. */
#include "orchestrator/pairing/dutch/blossom.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

enum label { LABEL_FREE = 0, LABEL_S = 1, LABEL_T = 2 };

/* What ends a dual change. */
enum event { EVENT_NONE, EVENT_GROW, EVENT_MEET, EVENT_EXPAND };

struct blossom *blossom_create(struct arena *arena, int vertex_count, int limb_count)
{
    size_t vertices = (size_t)vertex_count;
    size_t nodes = vertices * 2;
    size_t limbs = (size_t)limb_count;
    struct blossom *b = arena_alloc(arena, sizeof *b);
    if (b == NULL)
        return NULL;
    *b = (struct blossom){
        .vertex_count = vertex_count,
        .node_count = (int)nodes,
        .limbs = limb_count,
        .active = arena_array(arena, vertices, sizeof(int)),
        .type = arena_array(arena, vertices, sizeof(uint16_t)),
        .in_bracket = arena_array(arena, vertices, sizeof(bool)),
        .place = arena_array(arena, vertices, sizeof(int)),
        .rule = arena_array(arena, vertices, 1),
        .mate = arena_array(arena, vertices, sizeof(int)),
        .dual = arena_array(arena, vertices * limbs, sizeof(int64_t)),
        .top = arena_array(arena, vertices, sizeof(int)),
        .parent = arena_array(arena, nodes, sizeof(int)),
        .child = arena_array(arena, nodes, sizeof(int)),
        .next = arena_array(arena, nodes, sizeof(int)),
        .previous = arena_array(arena, nodes, sizeof(int)),
        .link_from = arena_array(arena, nodes, sizeof(int)),
        .link_to = arena_array(arena, nodes, sizeof(int)),
        .base = arena_array(arena, nodes, sizeof(int)),
        .label = arena_array(arena, nodes, 1),
        .label_from = arena_array(arena, nodes, sizeof(int)),
        .label_to = arena_array(arena, nodes, sizeof(int)),
        .weight_dual = arena_array(arena, nodes * limbs, sizeof(int64_t)),
        .mark = arena_array(arena, nodes, 1),
        .free_nodes = arena_array(arena, vertices, sizeof(int)),
        .queue = arena_array(arena, nodes, sizeof(int)),
        .near = arena_array(arena, vertices, sizeof(int)),
        .near_key = arena_array(arena, vertices * limbs, sizeof(int64_t)),
        .other = arena_array(arena, vertices, sizeof(int)),
        .other_key = arena_array(arena, vertices * limbs, sizeof(int64_t)),
        .passed = arena_array(arena, limbs, sizeof(int64_t)),
        .stack = arena_array(arena, nodes, sizeof(int)),
        .favoured = {BLOSSOM_NONE, BLOSSOM_NONE},
        .saved_mate = arena_array(arena, vertices, sizeof(int)),
        .saved_parent = arena_array(arena, nodes, sizeof(int)),
        .saved_dual = arena_array(arena, vertices * limbs, sizeof(int64_t)),
        .saved_weight_dual = arena_array(arena, nodes * limbs, sizeof(int64_t)),
    };
    if (arena_full(arena))
        return NULL;
    for (int i = 0; i < b->node_count; i++)
        b->parent[i] = BLOSSOM_NONE;
    return b;
}

/* ---- weights ---- */

int blossom_compare(const int64_t *a, const int64_t *b, int limbs)
{
    for (int i = 0; i < limbs; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

static bool is_zero(const int64_t *a, int limbs)
{
    for (int i = 0; i < limbs; i++)
        if (a[i] != 0)
            return false;
    return true;
}

static void copy(int64_t *to, const int64_t *from, int limbs)
{
    for (int i = 0; i < limbs; i++)
        to[i] = from[i];
}

static int64_t *dual_of(const struct blossom *b, int vertex)
{
    return &b->dual[(size_t)vertex * (size_t)b->limbs];
}

static int64_t *weight_dual_of(const struct blossom *b, int node)
{
    return &b->weight_dual[(size_t)node * (size_t)b->limbs];
}

static int64_t *near_key_of(const struct blossom *b, int vertex)
{
    return &b->near_key[(size_t)vertex * (size_t)b->limbs];
}

static int64_t *other_key_of(const struct blossom *b, int vertex)
{
    return &b->other_key[(size_t)vertex * (size_t)b->limbs];
}

static size_t pair_of_types(const struct blossom *b, int one, int two)
{
    return (size_t)b->type[one] * (size_t)b->type_count + b->type[two];
}

/* Returns the other end of the favoured edge, or BLOSSOM_NONE. */
static int favourite_of(const struct blossom *b, int vertex)
{
    if (vertex == b->favoured[0])
        return b->favoured[1];
    return vertex == b->favoured[1] ? b->favoured[0] : BLOSSOM_NONE;
}

/* The doubled weight in the last limb. Steps between places are twice the favour, so that a favour
 * never makes up for a place. */
static int64_t place_weight(const struct blossom *b, int one, int two, int favourite_of_one)
{
    int x = b->place[one];
    int y = b->place[two];
    int64_t favour = two == favourite_of_one ? 2 : 0;
    if (x == BLOSSOM_NONE || y == BLOSSOM_NONE)
        return favour;
    return favour + 4 * ((int64_t)b->pivot - (x < y ? x : y));
}

void blossom_add_weight(const struct blossom *b, int one, int two, int sign, int64_t *out_sum)
{
    const int64_t *weight = &b->table[pair_of_types(b, one, two) * (size_t)b->limbs];
    for (int i = 0; i < b->limbs; i++)
        out_sum[i] += sign * weight[i];
    out_sum[b->limbs - 1] += sign * place_weight(b, one, two, favourite_of(b, one));
}

void blossom_total(const struct blossom *b, int64_t *out_sum)
{
    memset(out_sum, 0, (size_t)b->limbs * sizeof *out_sum);
    for (int i = 0; i < b->active_count; i++) {
        int v = b->active[i];
        if (b->mate[v] > v)
            blossom_add_weight(b, v, b->mate[v], 1, out_sum);
    }
}

/* Slack of an edge between two outermost nodes. */
static void slack_into(const struct blossom *b, int one, int two, int64_t *out)
{
    const int64_t *x = dual_of(b, one);
    const int64_t *y = dual_of(b, two);
    for (int i = 0; i < b->limbs; i++)
        out[i] = x[i] + y[i];
    blossom_add_weight(b, one, two, -1, out);
}

static bool slack_is_zero(const struct blossom *b, int one, int two)
{
    const int64_t *x = dual_of(b, one);
    const int64_t *y = dual_of(b, two);
    const int64_t *w = &b->table[pair_of_types(b, one, two) * (size_t)b->limbs];
    int last = b->limbs - 1;
    for (int i = 0; i < last; i++)
        if (x[i] + y[i] != w[i])
            return false;
    return x[last] + y[last] == w[last] + place_weight(b, one, two, favourite_of(b, one));
}

/* ---- edges ---- */

static bool one_side_allows(const struct blossom *b, int a, int other)
{
    switch ((enum blossom_rule)b->rule[a]) {
    case BLOSSOM_ANY:
        return true;
    case BLOSSOM_INSIDE:
        return b->in_bracket[other];
    case BLOSSOM_OUTSIDE:
        return !b->in_bracket[other];
    case BLOSSOM_TOP:
        return b->place[other] != BLOSSOM_NONE && b->place[other] > b->place[a];
    case BLOSSOM_NOT_TOP:
        return b->place[other] == BLOSSOM_NONE || b->place[other] < b->place[a];
    }
    return false;
}

bool blossom_allows(const struct blossom *b, int a, int other)
{
    const uint64_t *row = b->compatible + (size_t)a * (size_t)b->row_words;
    if (((row[other >> 6] >> (other & 63)) & 1) == 0)
        return false;
    if (b->absent[pair_of_types(b, a, other)])
        return false;
    if ((b->rule[a] | b->rule[other]) == BLOSSOM_ANY)
        return true;
    return one_side_allows(b, a, other) && one_side_allows(b, other, a);
}

/* ---- blossoms ---- */

static bool is_blossom(const struct blossom *b, int node)
{
    return node >= b->vertex_count;
}

/* Calls for every vertex inside `node`: sets its outermost node, and queues it where asked. */
static void claim_leaves(struct blossom *b, int node, int top, bool enqueue)
{
    int depth = 0;
    b->stack[depth++] = node;
    while (depth > 0) {
        int at = b->stack[--depth];
        if (!is_blossom(b, at)) {
            b->top[at] = top;
            if (enqueue)
                b->queue[b->queue_count++] = at;
            continue;
        }
        int child = b->child[at];
        do {
            b->stack[depth++] = child;
            child = b->next[child];
        } while (child != b->child[at]);
    }
}

static void label_s(struct blossom *b, int node, int from, int to)
{
    b->label[node] = LABEL_S;
    b->label_from[node] = from;
    b->label_to[node] = to;
    claim_leaves(b, node, node, true);
}

/* Reaches the node of `to` from the S vertex `from`; its base's mate becomes S. */
static void label_t(struct blossom *b, int from, int to)
{
    int node = b->top[to];
    b->label[node] = LABEL_T;
    b->label_from[node] = from;
    b->label_to[node] = to;
    int base = b->base[node];
    int mate = b->mate[base];
    assert(mate != BLOSSOM_NONE);
    label_s(b, b->top[mate], base, mate);
}

/* Returns the S node one step (over a T node) closer to the root, or BLOSSOM_NONE at the root. */
static int step_up(const struct blossom *b, int node)
{
    if (b->label_from[node] == BLOSSOM_NONE)
        return BLOSSOM_NONE;
    int t_node = b->top[b->label_from[node]];
    assert(b->label[t_node] == LABEL_T);
    return b->top[b->label_from[t_node]];
}

/* Returns the S node where the two trees' paths join, or BLOSSOM_NONE where roots differ. */
static int common_node(struct blossom *b, int one, int two)
{
    int x = b->top[one];
    int y = b->top[two];
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
    int x = b->top[one];
    int y = b->top[two];
    if (x != y)
        link_nodes(b, x, y, one, two);
    while (x != root) {
        int above = b->top[b->label_from[x]];
        link_nodes(b, above, x, b->label_from[x], b->label_to[x]);
        x = above;
    }
    while (y != root) {
        int above = b->top[b->label_from[y]];
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
    int child = root;
    do {
        claim_leaves(b, child, node, b->label[child] == LABEL_T);
        b->parent[child] = node;
        child = b->next[child];
    } while (child != root);
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
        int s_node = b->top[vertex];
        int from = b->label_from[s_node];
        if (is_blossom(b, s_node))
            rebase(b, s_node, vertex);
        b->mate[vertex] = mate;
        if (from == BLOSSOM_NONE)
            return;
        int t_node = b->top[from];
        int entry = b->label_to[t_node];
        if (is_blossom(b, t_node))
            rebase(b, t_node, entry);
        vertex = b->label_from[t_node];
        mate = entry;
        b->mate[entry] = vertex;
    }
}

static void release(struct blossom *b, int node)
{
    int child = b->child[node];
    do {
        b->parent[child] = BLOSSOM_NONE;
        claim_leaves(b, child, child, false);
        child = b->next[child];
    } while (child != b->child[node]);
    b->label[node] = LABEL_FREE;
    b->child[node] = BLOSSOM_NONE;
    b->free_nodes[b->free_count++] = node;
}

/* Opens a T blossom whose dual is used up: its ring's even way stays in the tree. */
static void expand(struct blossom *b, int node)
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
        child = b->next[child];
    } while (child != base_child);
    release(b, node);
    while (at != base_child) {
        label_t(b, from, to);
        int s_child = forward ? b->next[at] : b->previous[at];
        at = forward ? b->next[s_child] : b->previous[s_child];
        from = forward ? b->link_from[s_child] : b->link_to[at];
        to = forward ? b->link_to[s_child] : b->link_from[at];
    }
    b->label[base_child] = LABEL_T;
    b->label_from[base_child] = from;
    b->label_to[base_child] = to;
}

/* Opens outermost blossoms without dual after a search. */
static void open_empty(struct blossom *b, int node)
{
    int count = 0;
    int *todo = b->queue;
    todo[count++] = node;
    while (count > 0) {
        int at = todo[--count];
        if (!is_blossom(b, at) || !is_zero(weight_dual_of(b, at), b->limbs))
            continue;
        int child = b->child[at];
        int first = child;
        do {
            todo[count++] = child;
            child = b->next[child];
        } while (child != first);
        release(b, at);
    }
}

/* ---- one search ---- */

static void start_search(struct blossom *b)
{
    b->queue_count = 0;
    memset(b->passed, 0, (size_t)b->limbs * sizeof(int64_t));
    for (int i = 0; i < b->active_count; i++) {
        int v = b->active[i];
        b->near[v] = BLOSSOM_NONE;
        b->other[v] = BLOSSOM_NONE;
        b->label[b->top[v]] = LABEL_FREE;
        b->label_from[b->top[v]] = BLOSSOM_NONE;
    }
    for (int i = 0; i < b->active_count; i++) {
        int v = b->active[i];
        if (b->mate[v] == BLOSSOM_NONE)
            label_s(b, b->top[v], BLOSSOM_NONE, BLOSSOM_NONE);
    }
}

/* For each type: dual of v, plus what has passed, less the weight of an edge to that type. The
 * value stays comparable while duals change, since those of all S vertices change alike. */
static void fill_row(struct blossom *b, int v)
{
    const int64_t *dual = dual_of(b, v);
    const int64_t *weight =
        &b->table[(size_t)b->type[v] * (size_t)b->type_count * (size_t)b->limbs];
    int64_t *row = b->row;
    for (int t = 0; t < b->type_count; t++)
        for (int i = 0; i < b->limbs; i++)
            *row++ = dual[i] + b->passed[i] - *weight++;
}

struct key {
    const int64_t *row;
    int64_t last; /* in place of the row's last limb */
};

static int compare_key(const struct key *key, const int64_t *with, int limbs)
{
    for (int i = 0; i < limbs - 1; i++)
        if (key->row[i] != with[i])
            return key->row[i] < with[i] ? -1 : 1;
    return (key->last > with[limbs - 1]) - (key->last < with[limbs - 1]);
}

static void store_key(int64_t *to, const struct key *key, int limbs)
{
    copy(to, key->row, limbs - 1);
    to[limbs - 1] = key->last;
}

/* Remembers v as the nearest S vertex of w where it is. */
static void offer_near(struct blossom *b, int v, int w, const struct key *key)
{
    int64_t *best = near_key_of(b, w);
    if (b->near[w] != BLOSSOM_NONE && compare_key(key, best, b->limbs) >= 0)
        return;
    b->near[w] = v;
    store_key(best, key, b->limbs);
}

static bool key_is_tight(const struct blossom *b, int w, const struct key *key)
{
    const int64_t *dual = dual_of(b, w);
    int last = b->limbs - 1;
    if (dual[last] + key->last != b->passed[last])
        return false;
    for (int i = 0; i < last; i++)
        if (dual[i] + key->row[i] != b->passed[i])
            return false;
    return true;
}

/* Remembers w as the S vertex of another node nearest to the S vertex v. The key is slack plus
 * twice what has passed. */
static void offer_other(struct blossom *b, int v, int w, const struct key *key)
{
    int64_t *best = other_key_of(b, v);
    const int64_t *dual = dual_of(b, w);
    int last = b->limbs - 1;
    int order = b->other[v] == BLOSSOM_NONE ? -1 : 0;
    for (int i = 0; i <= last && order == 0; i++) {
        int64_t value = dual[i] + (i == last ? key->last : key->row[i]) + b->passed[i];
        order = (value > best[i]) - (value < best[i]);
    }
    if (order >= 0)
        return;
    b->other[v] = w;
    for (int i = 0; i <= last; i++)
        best[i] = dual[i] + (i == last ? key->last : key->row[i]) + b->passed[i];
}

static struct key key_for(const struct blossom *b, int v, int w, int favourite)
{
    const int64_t *row = &b->row[(size_t)b->type[w] * (size_t)b->limbs];
    return (struct key){.row = row, .last = row[b->limbs - 1] - place_weight(b, v, w, favourite)};
}

/* Finds the S vertex of another node nearest to v anew. */
static void renew_other(struct blossom *b, int v)
{
    b->other[v] = BLOSSOM_NONE;
    int favourite = favourite_of(b, v);
    fill_row(b, v);
    for (int i = 0; i < b->active_count; i++) {
        int w = b->active[i];
        if (b->label[b->top[w]] != LABEL_S || b->top[w] == b->top[v] || !blossom_allows(b, v, w))
            continue;
        struct key key = key_for(b, v, w, favourite);
        offer_other(b, v, w, &key);
    }
}

/* Two S vertices joined by a tight edge: returns true where that is an augmenting path, flipped. */
static bool join(struct blossom *b, int v, int w)
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

/* Looks at all edges of the S vertex v; returns true when the matching has grown. */
static bool scan(struct blossom *b, int v)
{
    int favourite = favourite_of(b, v);
    fill_row(b, v);
    for (int i = 0; i < b->active_count; i++) {
        int w = b->active[i];
        if (b->top[w] == b->top[v] || !blossom_allows(b, v, w))
            continue;
        struct key key = key_for(b, v, w, favourite);
        enum label label = (enum label)b->label[b->top[w]];
        bool tight = key_is_tight(b, w, &key);
        if (label == LABEL_S) {
            if (!tight)
                offer_other(b, v, w, &key);
            else if (join(b, v, w))
                return true;
            continue;
        }
        offer_near(b, v, w, &key);
        if (tight && label == LABEL_FREE)
            label_t(b, v, w);
    }
    return false;
}

struct change {
    enum event event;
    int at; /* the free vertex, S vertex or T blossom it happens at */
    int64_t *by;
};

static void offer_change(struct change *change, enum event event, int at, const int64_t *by,
                         int limbs)
{
    if (change->event != EVENT_NONE && blossom_compare(by, change->by, limbs) >= 0)
        return;
    change->event = event;
    change->at = at;
    copy(change->by, by, limbs);
}

static void offer_vertex(struct blossom *b, int v, struct change *change, int64_t *by)
{
    enum label label = (enum label)b->label[b->top[v]];
    if (label == LABEL_FREE && b->near[v] != BLOSSOM_NONE) {
        for (int i = 0; i < b->limbs; i++)
            by[i] = dual_of(b, v)[i] + near_key_of(b, v)[i] - b->passed[i];
        offer_change(change, EVENT_GROW, v, by, b->limbs);
    }
    if (label != LABEL_S || b->other[v] == BLOSSOM_NONE)
        return;
    if (b->top[b->other[v]] == b->top[v])
        renew_other(b, v);
    if (b->other[v] == BLOSSOM_NONE)
        return;
    for (int i = 0; i < b->limbs; i++) {
        int64_t slack = other_key_of(b, v)[i] - 2 * b->passed[i];
        assert(slack % 2 == 0);
        by[i] = slack / 2;
    }
    offer_change(change, EVENT_MEET, v, by, b->limbs);
}

static void offer_blossom(struct blossom *b, int node, struct change *change, int64_t *by)
{
    for (int i = 0; i < b->limbs; i++)
        by[i] = weight_dual_of(b, node)[i] / 2;
    offer_change(change, EVENT_EXPAND, node, by, b->limbs);
}

static void shift(int64_t *value, const int64_t *by, int times, int limbs)
{
    for (int i = 0; i < limbs; i++)
        value[i] += times * by[i];
}

static void apply_change(struct blossom *b, const int64_t *by)
{
    for (int i = 0; i < b->active_count; i++) {
        int v = b->active[i];
        if (b->label[b->top[v]] == LABEL_S)
            shift(dual_of(b, v), by, -1, b->limbs);
        else if (b->label[b->top[v]] == LABEL_T)
            shift(dual_of(b, v), by, 1, b->limbs);
    }
    for (int node = b->vertex_count; node < b->node_count; node++) {
        if (b->child[node] == BLOSSOM_NONE || b->parent[node] != BLOSSOM_NONE)
            continue;
        if (b->label[node] == LABEL_S)
            shift(weight_dual_of(b, node), by, 2, b->limbs);
        else if (b->label[node] == LABEL_T)
            shift(weight_dual_of(b, node), by, -2, b->limbs);
    }
    shift(b->passed, by, 1, b->limbs);
}

/* Moves the duals until something new is tight. Returns EVENT_NONE where nothing ever will be. */
static enum event change_duals(struct blossom *b, bool *out_grown)
{
    int64_t best[2 * BLOSSOM_LIMBS_MAX];
    assert(b->limbs <= BLOSSOM_LIMBS_MAX);
    struct change change = {.event = EVENT_NONE, .by = best};
    for (int i = 0; i < b->active_count; i++)
        offer_vertex(b, b->active[i], &change, best + BLOSSOM_LIMBS_MAX);
    for (int node = b->vertex_count; node < b->node_count; node++)
        if (b->child[node] != BLOSSOM_NONE && b->parent[node] == BLOSSOM_NONE &&
            b->label[node] == LABEL_T)
            offer_blossom(b, node, &change, best + BLOSSOM_LIMBS_MAX);
    *out_grown = false;
    if (change.event == EVENT_NONE)
        return EVENT_NONE;
    if (!is_zero(change.by, b->limbs))
        apply_change(b, change.by);
    switch (change.event) {
    case EVENT_GROW:
        label_t(b, b->near[change.at], change.at);
        break;
    case EVENT_MEET:
        *out_grown = join(b, change.at, b->other[change.at]);
        break;
    case EVENT_EXPAND:
        expand(b, change.at);
        break;
    case EVENT_NONE:
        break;
    }
    return change.event;
}

static void end_search(struct blossom *b)
{
    for (int node = b->vertex_count; node < b->node_count; node++)
        if (b->child[node] != BLOSSOM_NONE && b->parent[node] == BLOSSOM_NONE)
            open_empty(b, node);
}

/* Returns whether one more pair could be matched. */
static bool search(struct blossom *b)
{
    b->stages++;
    start_search(b);
    for (;;) {
        while (b->queue_count > 0)
            if (scan(b, b->queue[--b->queue_count])) {
                end_search(b);
                return true;
            }
        bool grown = false;
        if (change_duals(b, &grown) == EVENT_NONE)
            return false;
        if (grown) {
            end_search(b);
            return true;
        }
    }
}

/* ---- the whole ---- */

/* Spreads the blossoms' duals over their vertices, which keeps every edge's slack inside and adds
 * to it outside. */
static void dissolve(struct blossom *b)
{
    for (int i = 0; i < b->active_count; i++) {
        int v = b->active[i];
        for (int node = b->parent[v]; node != BLOSSOM_NONE; node = b->parent[node])
            for (int k = 0; k < b->limbs; k++)
                dual_of(b, v)[k] += weight_dual_of(b, node)[k] / 2;
    }
    for (int node = 0; node < b->node_count; node++) {
        b->parent[node] = BLOSSOM_NONE;
        b->child[node] = BLOSSOM_NONE;
        b->label[node] = LABEL_FREE;
    }
    b->free_count = 0;
    for (int node = b->node_count - 1; node >= b->vertex_count; node--)
        b->free_nodes[b->free_count++] = node;
    for (int i = 0; i < b->active_count; i++) {
        int v = b->active[i];
        b->top[v] = v;
        b->base[v] = v;
    }
}

/* Parts mates whose edge is gone or no longer tight; makes unmatched duals even, so that halves
 * stay whole. */
static void loosen(struct blossom *b)
{
    for (int i = 0; i < b->active_count; i++) {
        int v = b->active[i];
        int w = b->mate[v];
        if (w == BLOSSOM_NONE || w < v)
            continue;
        if (blossom_allows(b, v, w) && slack_is_zero(b, v, w))
            continue;
        b->mate[v] = BLOSSOM_NONE;
        b->mate[w] = BLOSSOM_NONE;
    }
    for (int i = 0; i < b->active_count; i++) {
        int64_t *dual = dual_of(b, b->active[i]);
        if (b->mate[b->active[i]] == BLOSSOM_NONE)
            for (int k = 0; k < b->limbs; k++)
                dual[k] += dual[k] & 1;
    }
}

/* Matches what can be matched at once, looking first half a list away. */
static void match_greedily(struct blossom *b)
{
    int half = b->active_count / 2;
    for (int i = 0; i < b->active_count; i++) {
        int v = b->active[i];
        for (int k = 0; k < b->active_count && b->mate[v] == BLOSSOM_NONE; k++) {
            int j = i + half + k;
            int w = b->active[j >= b->active_count ? (j - b->active_count) % b->active_count : j];
            if (w == v || b->mate[w] != BLOSSOM_NONE || !blossom_allows(b, v, w) ||
                !slack_is_zero(b, v, w))
                continue;
            b->mate[v] = w;
            b->mate[w] = v;
        }
    }
}

void blossom_clear(struct blossom *b)
{
    for (int i = 0; i < b->active_count; i++) {
        int v = b->active[i];
        b->mate[v] = BLOSSOM_NONE;
        b->parent[v] = BLOSSOM_NONE;
        memset(dual_of(b, v), 0, (size_t)b->limbs * sizeof(int64_t));
    }
}

void blossom_reset(struct blossom *b)
{
    blossom_clear(b);
    for (int i = 0; i < b->active_count; i++) {
        int v = b->active[i];
        bool any = false;
        int64_t best[BLOSSOM_LIMBS_MAX];
        int64_t weight[BLOSSOM_LIMBS_MAX];
        for (int k = 0; k < b->active_count; k++) {
            int w = b->active[k];
            if (v == w || !blossom_allows(b, v, w))
                continue;
            memset(weight, 0, sizeof weight);
            blossom_add_weight(b, v, w, 1, weight);
            if (any && blossom_compare(weight, best, b->limbs) <= 0)
                continue;
            any = true;
            copy(best, weight, b->limbs);
        }
        if (any) /* half of the doubled weight, made even */
            for (int k = 0; k < b->limbs; k++)
                dual_of(b, v)[k] = best[k] / 2;
    }
}

bool blossom_solve(struct blossom *b)
{
    dissolve(b);
    if (b->active_count % 2 != 0)
        return false;
    loosen(b);
    match_greedily(b);
    int open = 0;
    for (int i = 0; i < b->active_count; i++)
        open += b->mate[b->active[i]] == BLOSSOM_NONE;
    for (; open > 0; open -= 2)
        if (!search(b))
            return false;
    return true;
}

bool blossom_favour(struct blossom *b, int one, int two)
{
    b->favoured[0] = one;
    b->favoured[1] = two;
    dual_of(b, one)[b->limbs - 1] += 2; /* keeps the duals feasible */
    bool solved = blossom_solve(b);
    b->favoured[0] = BLOSSOM_NONE;
    b->favoured[1] = BLOSSOM_NONE;
    assert(solved);
    return b->mate[one] == two;
}

bool blossom_is_tight(const struct blossom *b, int one, int two)
{
    int64_t slack[BLOSSOM_LIMBS_MAX];
    slack_into(b, one, two, slack);
    for (int x = b->parent[one]; x != BLOSSOM_NONE; x = b->parent[x])
        for (int y = b->parent[two]; y != BLOSSOM_NONE; y = b->parent[y])
            if (x == y)
                shift(slack, weight_dual_of(b, x), 1, b->limbs);
    return is_zero(slack, b->limbs);
}

void blossom_save(struct blossom *b)
{
    size_t vertices = (size_t)b->vertex_count;
    size_t nodes = (size_t)b->node_count;
    size_t limbs = (size_t)b->limbs;
    memcpy(b->saved_mate, b->mate, vertices * sizeof(int));
    memcpy(b->saved_parent, b->parent, nodes * sizeof(int));
    memcpy(b->saved_dual, b->dual, vertices * limbs * sizeof(int64_t));
    memcpy(b->saved_weight_dual, b->weight_dual, nodes * limbs * sizeof(int64_t));
}

void blossom_restore(struct blossom *b)
{
    size_t vertices = (size_t)b->vertex_count;
    size_t nodes = (size_t)b->node_count;
    size_t limbs = (size_t)b->limbs;
    memcpy(b->mate, b->saved_mate, vertices * sizeof(int));
    memcpy(b->parent, b->saved_parent, nodes * sizeof(int));
    memcpy(b->dual, b->saved_dual, vertices * limbs * sizeof(int64_t));
    memcpy(b->weight_dual, b->saved_weight_dual, nodes * limbs * sizeof(int64_t));
}
