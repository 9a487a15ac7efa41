/* One search: trees grow along tight edges from all unmatched vertices; where none is left, duals
 * change until one is. */
#include "orchestrator/pairing/dutch/blossom_state.h"

#include <assert.h>
#include <string.h>

#include "base/attr.h"

/* What ends a dual change. */
enum event { EVENT_NONE, EVENT_GROW, EVENT_MEET, EVENT_EXPAND };

static void start_search(struct blossom *b)
{
    b->queue_count = 0;
    memset(b->passed, 0, (size_t)b->limbs * sizeof(int64_t));
    memset(b->live, 0, (size_t)b->row_words * sizeof(uint64_t));
    for (int i = 0; i < b->active_count; i++) {
        int v = b->active[i];
        b->near[v] = BLOSSOM_NONE;
        b->other[v] = BLOSSOM_NONE;
        set_live(b, v, true);
        b->label[top_of(b, v)] = LABEL_FREE;
        b->label_from[top_of(b, v)] = BLOSSOM_NONE;
    }
    for (int i = 0; i < b->active_count; i++) {
        int v = b->active[i];
        if (b->mate[v] == BLOSSOM_NONE)
            tree_label_s(b, top_of(b, v), BLOSSOM_NONE, BLOSSOM_NONE);
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
        if (b->label[top_of(b, w)] != LABEL_S || top_of(b, w) == top_of(b, v) ||
            !edge_exists(b, v, w))
            continue;
        struct key key = key_for(b, v, w, favourite);
        offer_other(b, v, w, &key);
    }
}

/* Looks at the edge from the S vertex v to w; returns true when the matching has grown. */
static bool look_at(struct blossom *b, int v, int w, int favourite)
{
    int node = top_of(b, w);
    if (node == top_of(b, v) || !edge_fits(b, v, w))
        return false;
    struct key key = key_for(b, v, w, favourite);
    enum label label = (enum label)b->label[node];
    bool tight = key_is_tight(b, w, &key);
    if (label == LABEL_S) {
        if (tight)
            return tree_join(b, v, w);
        offer_other(b, v, w, &key);
        return false;
    }
    offer_near(b, v, w, &key);
    if (tight && label == LABEL_FREE)
        tree_label_t(b, v, w);
    return false;
}

/* Looks at all edges of the S vertex v; returns true when the matching has grown. */
static bool scan(struct blossom *b, int v)
{
    const uint64_t *row = compatible_row(b, v);
    int favourite = favourite_of(b, v);
    fill_row(b, v);
    for (int word = 0; word < b->row_words; word++)
        for (uint64_t bits = row[word] & b->live[word]; bits != 0; bits &= bits - 1)
            if (look_at(b, v, 64 * word + LOWEST_BIT(bits), favourite))
                return true;
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
    enum label label = (enum label)b->label[top_of(b, v)];
    if (label == LABEL_FREE && b->near[v] != BLOSSOM_NONE) {
        for (int i = 0; i < b->limbs; i++)
            by[i] = dual_of(b, v)[i] + near_key_of(b, v)[i] - b->passed[i];
        offer_change(change, EVENT_GROW, v, by, b->limbs);
    }
    if (label != LABEL_S || b->other[v] == BLOSSOM_NONE)
        return;
    if (top_of(b, b->other[v]) == top_of(b, v))
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

static void apply_change(struct blossom *b, const int64_t *by)
{
    for (int i = 0; i < b->active_count; i++) {
        int v = b->active[i];
        if (b->label[top_of(b, v)] == LABEL_S)
            shift(dual_of(b, v), by, -1, b->limbs);
        else if (b->label[top_of(b, v)] == LABEL_T)
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
        tree_label_t(b, b->near[change.at], change.at);
        break;
    case EVENT_MEET:
        *out_grown = tree_join(b, change.at, b->other[change.at]);
        break;
    case EVENT_EXPAND:
        tree_expand(b, change.at);
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
            tree_open_empty(b, node);
}

bool blossom_search(struct blossom *b)
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
