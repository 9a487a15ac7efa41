/* Checks a solution by its duals alone: no pair weighs more than its two ends and the odd sets
 * around both allow, and the matching uses all that is allowed; so no matching is heavier. Shares
 * nothing with the search but the arrays it looks at. */
#include "orchestrator/pairing/dutch/blossom.h"

static int sign_of(const int64_t *value, int limbs)
{
    for (int i = 0; i < limbs; i++)
        if (value[i] != 0)
            return value[i] < 0 ? -1 : 1;
    return 0;
}

static bool is_inside(const struct blossom *b, int vertex, int node)
{
    int at = vertex;
    while (at != BLOSSOM_NONE && at != node)
        at = b->parent[at];
    return at == node;
}

/* What the duals allow the edge to weigh, less what it weighs. */
static void allowance(const struct blossom *b, int one, int two, int64_t *out)
{
    size_t limbs = (size_t)b->limbs;
    for (size_t i = 0; i < limbs; i++)
        out[i] = b->dual[(size_t)one * limbs + i] + b->dual[(size_t)two * limbs + i];
    for (int node = b->parent[one]; node != BLOSSOM_NONE; node = b->parent[node])
        for (size_t i = 0; i < limbs && is_inside(b, two, node); i++)
            out[i] += b->weight_dual[(size_t)node * limbs + i];
    blossom_add_weight(b, one, two, -1, out);
}

/* A set's dual is not negative; where it counts, the set is odd and matched inside but for one. */
static bool set_is_sound(const struct blossom *b, int node)
{
    int sign = sign_of(&b->weight_dual[(size_t)node * (size_t)b->limbs], b->limbs);
    int members = 0;
    int inside = 0;
    for (int i = 0; i < b->active_count; i++) {
        int v = b->active[i];
        if (!is_inside(b, v, node))
            continue;
        members++;
        inside += is_inside(b, b->mate[v], node);
    }
    return sign == 0 || members == 0 || (sign > 0 && members % 2 == 1 && inside == members - 1);
}

static bool vertex_is_sound(const struct blossom *b, int v)
{
    int64_t slack[BLOSSOM_LIMBS_MAX];
    int mate = b->mate[v];
    if (mate == BLOSSOM_NONE || b->mate[mate] != v || !blossom_allows(b, v, mate))
        return false;
    for (int i = 0; i < b->active_count; i++) {
        int w = b->active[i];
        if (w == v || !blossom_allows(b, v, w))
            continue;
        allowance(b, v, w, slack);
        int sign = sign_of(slack, b->limbs);
        if (sign < 0 || (w == mate && sign != 0))
            return false;
    }
    return true;
}

bool blossom_check(const struct blossom *b)
{
    for (int i = 0; i < b->active_count; i++)
        if (!vertex_is_sound(b, b->active[i]))
            return false;
    for (int node = b->vertex_count; node < b->node_count; node++)
        if (b->child[node] != BLOSSOM_NONE && !set_is_sound(b, node))
            return false;
    return true;
}
