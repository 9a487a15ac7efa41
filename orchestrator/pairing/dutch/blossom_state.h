#ifndef DUTCH_BLOSSOM_STATE_H
#define DUTCH_BLOSSOM_STATE_H

/*
 * blossom_state — what the three parts of the solver share: small words about weights and nodes,
 * and the calls from one part to the next. Private to blossom*.c.
 */

#include "orchestrator/pairing/dutch/blossom.h"

#include <assert.h>
#include <stddef.h>

enum label { LABEL_FREE = 0, LABEL_S = 1, LABEL_T = 2 };

static inline bool is_zero(const int64_t *a, int limbs)
{
    for (int i = 0; i < limbs; i++)
        if (a[i] != 0)
            return false;
    return true;
}

static inline void copy(int64_t *to, const int64_t *from, int limbs)
{
    for (int i = 0; i < limbs; i++)
        to[i] = from[i];
}

/* Duals stay far below this; reaching it would mean that a weight's fields were laid out wrongly.
 */
#define BLOSSOM_DUAL_MAX ((int64_t)1 << 61)

static inline void shift(int64_t *value, const int64_t *by, int times, int limbs)
{
    for (int i = 0; i < limbs; i++) {
        value[i] += times * by[i];
        assert(value[i] < BLOSSOM_DUAL_MAX && value[i] > -BLOSSOM_DUAL_MAX);
    }
}

static inline int64_t *dual_of(const struct blossom *b, int vertex)
{
    return &b->dual[(size_t)vertex * (size_t)b->limbs];
}

static inline int64_t *weight_dual_of(const struct blossom *b, int node)
{
    return &b->weight_dual[(size_t)node * (size_t)b->limbs];
}

static inline int64_t *near_key_of(const struct blossom *b, int vertex)
{
    return &b->near_key[(size_t)vertex * (size_t)b->limbs];
}

static inline int64_t *other_key_of(const struct blossom *b, int vertex)
{
    return &b->other_key[(size_t)vertex * (size_t)b->limbs];
}

static inline size_t pair_of_types(const struct blossom *b, int one, int two)
{
    return (size_t)b->type[one] * (size_t)b->type_count + b->type[two];
}

/* Returns the other end of the favoured edge, or BLOSSOM_NONE. */
static inline int favourite_of(const struct blossom *b, int vertex)
{
    if (vertex == b->favoured[0])
        return b->favoured[1];
    return vertex == b->favoured[1] ? b->favoured[0] : BLOSSOM_NONE;
}

/* The doubled weight in the last limb. Steps between places are twice the favour, so that a favour
 * never makes up for a place. */
static inline int64_t place_weight(const struct blossom *b, int one, int two, int favourite_of_one)
{
    int x = b->place[one];
    int y = b->place[two];
    int64_t favour = two == favourite_of_one ? 2 : 0;
    if (x == BLOSSOM_NONE || y == BLOSSOM_NONE)
        return favour;
    return favour + 4 * ((int64_t)b->pivot - (x < y ? x : y));
}

/* Returns the outermost node around a vertex. */
static inline int top_of(const struct blossom *b, int vertex)
{
    return b->group_node[b->group[vertex]];
}

static inline bool is_blossom(const struct blossom *b, int node)
{
    return node >= b->vertex_count;
}

static inline bool one_side_allows(const struct blossom *b, int a, int other)
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

/* Whether types and rules let two compatible vertices meet. */
static inline bool edge_fits(const struct blossom *b, int a, int other)
{
    if (b->absent[pair_of_types(b, a, other)])
        return false;
    if ((b->rule[a] | b->rule[other]) == BLOSSOM_ANY)
        return true;
    return one_side_allows(b, a, other) && one_side_allows(b, other, a);
}

static inline const uint64_t *compatible_row(const struct blossom *b, int vertex)
{
    return b->compatible + (size_t)vertex * (size_t)b->row_words;
}

/* blossom_allows() for the inner loops. */
static inline bool edge_exists(const struct blossom *b, int a, int other)
{
    return ((compatible_row(b, a)[other >> 6] >> (other & 63)) & 1) != 0 && edge_fits(b, a, other);
}

/* A single T vertex stays one until it is shrunk into a blossom; edges to it tell nothing. */
static inline void set_live(struct blossom *b, int vertex, bool live)
{
    uint64_t bit = (uint64_t)1 << (vertex & 63);
    uint64_t *word = &b->live[vertex >> 6];
    *word = live ? *word | bit : *word & ~bit;
}

/* ---- blossom_tree.c: nodes and trees ----------------------------------------------------- */

/* Makes a node an S node, reached through the edge from-to (BLOSSOM_NONE twice: a root), and queues
 * its vertices. */
void tree_label_s(struct blossom *b, int node, int from, int to);

/* Reaches the node of `to` from the S vertex `from`; its base's mate becomes S. */
void tree_label_t(struct blossom *b, int from, int to);

/* Two S vertices of different nodes, joined by a tight edge: shrinks the ring they close, or, where
 * their trees differ, flips the path between the roots and returns true. */
bool tree_join(struct blossom *b, int one, int two);

/* Opens a T blossom whose dual is used up: its ring's even way stays in the tree. */
void tree_expand(struct blossom *b, int node);

/* Opens a blossom without dual, and those inside it, after a search. */
void tree_open_empty(struct blossom *b, int node);

/* ---- blossom_search.c -------------------------------------------------------------------- */

/* Grows trees from all unmatched vertices until one more pair can be matched; false where none ever
 * can. */
bool blossom_search(struct blossom *b);

#endif
