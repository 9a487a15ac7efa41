/* Heaviest perfect matching in a dense, implicit graph: the problem, its weights and edges, and
 * solving it from where the last solution left off. One search is in blossom_search.c. */
#include "orchestrator/pairing/dutch/blossom_state.h"

#include <assert.h>
#include <string.h>

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
        .group = arena_array(arena, vertices, sizeof(int)),
        .group_node = arena_array(arena, vertices, sizeof(int)),
        .node_group = arena_array(arena, nodes, sizeof(int)),
        .leaf_count = arena_array(arena, nodes, sizeof(int)),
        .parent = arena_array(arena, nodes, sizeof(int)),
        .child = arena_array(arena, nodes, sizeof(int)),
        .next = arena_array(arena, nodes, sizeof(int)),
        .previous = arena_array(arena, nodes, sizeof(int)),
        .leaf_first = arena_array(arena, nodes, sizeof(int)),
        .leaf_last = arena_array(arena, nodes, sizeof(int)),
        .leaf_next = arena_array(arena, vertices, sizeof(int)),
        .link_from = arena_array(arena, nodes, sizeof(int)),
        .link_to = arena_array(arena, nodes, sizeof(int)),
        .base = arena_array(arena, nodes, sizeof(int)),
        .label = arena_array(arena, nodes, 1),
        .label_from = arena_array(arena, nodes, sizeof(int)),
        .label_to = arena_array(arena, nodes, sizeof(int)),
        .weight_dual = arena_array(arena, nodes * limbs, sizeof(int64_t)),
        .mark = arena_array(arena, nodes, 1),
        .free_nodes = arena_array(arena, vertices, sizeof(int)),
        .live = arena_array(arena, vertices / 64 + 1, sizeof(uint64_t)),
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

/* ---- weights ----------------------------------------------------------------------------- */

int blossom_compare(const int64_t *a, const int64_t *b, int limbs)
{
    for (int i = 0; i < limbs; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
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

/* ---- edges ------------------------------------------------------------------------------- */

bool blossom_allows(const struct blossom *b, int one, int other)
{
    return edge_exists(b, one, other);
}

/* ---- the whole --------------------------------------------------------------------------- */

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
        b->group[v] = v;
        b->group_node[v] = v;
        b->node_group[v] = v;
        b->leaf_count[v] = 1;
        b->base[v] = v;
        b->leaf_first[v] = v;
        b->leaf_last[v] = v;
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
        if (edge_exists(b, v, w) && slack_is_zero(b, v, w))
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
            if (w == v || b->mate[w] != BLOSSOM_NONE || !edge_exists(b, v, w) ||
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

/* What an edge's doubled weight has beyond the other end's potential. */
static int64_t rest_of_weight(const struct blossom *b, int one, int two, int limb)
{
    int64_t weight = b->table[pair_of_types(b, one, two) * (size_t)b->limbs + (size_t)limb];
    if (limb == b->limbs - 1)
        weight += place_weight(b, one, two, BLOSSOM_NONE);
    if (b->potential != NULL)
        weight -= b->potential[(size_t)b->type[two] * (size_t)b->limbs + (size_t)limb];
    return weight;
}

static bool weighs_more(const struct blossom *b, int one, int two, const int64_t *best)
{
    for (int i = 0; i < b->limbs; i++) {
        int64_t rest = rest_of_weight(b, one, two, i);
        if (rest != best[i])
            return rest > best[i];
    }
    return false;
}

/* Returns the other end of the edge of v that is heaviest beyond the other end's potential. As long
 * as v has no place all vertices of a type are alike, and one of each is enough. */
static int heaviest_edge(struct blossom *b, int v, int64_t *best)
{
    int heaviest = BLOSSOM_NONE;
    bool by_type = b->place[v] == BLOSSOM_NONE;
    assert(b->type_count <= b->node_count);
    for (int i = 0; i < b->active_count; i++) {
        int w = b->active[i];
        if (w == v || b->mark[b->type[w]] || !edge_exists(b, v, w))
            continue;
        b->mark[b->type[w]] = by_type;
        if (heaviest != BLOSSOM_NONE && !weighs_more(b, v, w, best))
            continue;
        heaviest = w;
        for (int k = 0; k < b->limbs; k++)
            best[k] = rest_of_weight(b, v, w, k);
    }
    memset(b->mark, 0, (size_t)b->type_count);
    return heaviest;
}

/* Sets the dual of v to its own potential and half of what its heaviest edge has beyond both. */
static void raise_dual(struct blossom *b, int v)
{
    int64_t best[BLOSSOM_LIMBS_MAX];
    int heaviest = heaviest_edge(b, v, best);
    const int64_t *own =
        b->potential == NULL ? NULL : &b->potential[(size_t)b->type[v] * (size_t)b->limbs];
    for (int k = 0; heaviest != BLOSSOM_NONE && k < b->limbs; k++) {
        int64_t potential = own == NULL ? 0 : own[k];
        dual_of(b, v)[k] = potential + (best[k] - potential) / 2;
    }
}

void blossom_reset(struct blossom *b)
{
    blossom_clear(b);
    for (int i = 0; i < b->active_count; i++)
        raise_dual(b, b->active[i]);
}

int blossom_open_count(const struct blossom *b)
{
    int open = 0;
    for (int i = 0; i < b->active_count; i++)
        open += b->mate[b->active[i]] == BLOSSOM_NONE;
    return open;
}

bool blossom_solve(struct blossom *b)
{
    dissolve(b);
    if (b->active_count % 2 != 0)
        return false;
    loosen(b);
    match_greedily(b);
    for (int open = blossom_open_count(b); open > 0; open -= 2)
        if (!blossom_search(b))
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

static int depth_of(const struct blossom *b, int node)
{
    int depth = 0;
    for (int at = b->parent[node]; at != BLOSSOM_NONE; at = b->parent[at])
        depth++;
    return depth;
}

/* Returns the innermost blossom around both, or BLOSSOM_NONE. */
static int common_blossom(const struct blossom *b, int one, int two)
{
    int one_depth = depth_of(b, one);
    int two_depth = depth_of(b, two);
    for (; one_depth > two_depth; one_depth--)
        one = b->parent[one];
    for (; two_depth > one_depth; two_depth--)
        two = b->parent[two];
    while (one != two) { /* both BLOSSOM_NONE where there is none */
        one = b->parent[one];
        two = b->parent[two];
    }
    return one;
}

bool blossom_is_tight(const struct blossom *b, int one, int two)
{
    int64_t slack[BLOSSOM_LIMBS_MAX];
    slack_into(b, one, two, slack);
    for (int x = common_blossom(b, one, two); x != BLOSSOM_NONE; x = b->parent[x])
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
