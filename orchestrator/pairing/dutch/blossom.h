#ifndef DUTCH_BLOSSOM_H
#define DUTCH_BLOSSOM_H

/*
 * blossom — heaviest perfect matching under weights that are compared field by field.
 *
 * Edmonds' primal-dual method on a dense graph that is never written down: an edge exists where two
 * vertices are compatible (a bit matrix), their types may meet (the table) and nobody's restriction
 * forbids it; its weight is a property of the two types. A weight is a row of limbs, compared from
 * the first on; a limb may hold several fields side by side. The last limb is set aside for
 * weights that depend on the places of two vertices in a list (`place`, `pivot`).
 *
 * A solution comes with its proof: duals under which no edge is too heavy and all matched edges are
 * tight. blossom_slack() asks the proof whether an edge can be in any optimum, and a changed
 * problem is solved from the old proof on.
 *
 * Owns:     nothing; arrays live in the arena given to blossom_create().
 * Threads:  none inside.
 */

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

#define BLOSSOM_NONE (-1)

/* A limb's fields together stay below this, so that sums over a path cannot overflow. */
#define BLOSSOM_LIMB_BITS 40

/* Most limbs of a weight. */
#define BLOSSOM_LIMBS_MAX 256

/* What a vertex may still be matched with; see blossom_allows(). */
enum blossom_rule {
    BLOSSOM_ANY = 0,
    BLOSSOM_INSIDE,  /* a vertex of the bracket */
    BLOSSOM_OUTSIDE, /* none of the bracket */
    BLOSSOM_TOP,     /* a vertex with a later place */
    BLOSSOM_NOT_TOP  /* no vertex with a later place */
};

struct blossom {
    /* The problem: set by the caller, free to change between two calls of blossom_solve() as long
     * as the duals stay feasible: removing edges and raising duals is always safe. */
    int vertex_count; /* ids lie below; those not in `active` do not exist */
    int active_count;
    int *active;                /* [vertex_count] */
    const uint64_t *compatible; /* [vertex_count] rows of `row_words` words */
    int row_words;
    int limbs;      /* of a weight, the last one for places included */
    int type_count; /* below 65536 */
    uint16_t *type; /* [vertex_count] */
    bool *in_bracket;
    const int64_t *table;     /* [type_count * type_count * limbs], symmetric, already doubled */
    const uint8_t *absent;    /* [type_count * type_count]: types that never meet */
    const int64_t *potential; /* [type_count * limbs] or NULL: a guess at what a vertex brings to
                                 any edge, doubled; duals start from it and are better for it */
    int64_t *row;             /* room for type_count * limbs */
    int *place;               /* [vertex_count] place in the list, or BLOSSOM_NONE */
    int pivot;       /* an edge between places a < b weighs 2 * (pivot - a) in the last limb */
    int favoured[2]; /* an edge that weighs 1 more there; BLOSSOM_NONE = none */
    uint8_t *rule;   /* [vertex_count] enum blossom_rule */

    /* The solution. */
    int *mate;      /* [vertex_count] or BLOSSOM_NONE */
    int64_t *dual;  /* [vertex_count * limbs] */
    int64_t stages; /* searches run since creation: a measure of effort */

    /* Private from here on. Nodes are vertices and, above them, blossoms. */
    int node_count;
    int *group;      /* [vertex] vertices of one outermost node are in one group, */
    int *group_node; /* [group] which is this node's, */
    int *node_group; /* [node] and that node's this; of an inner node, what it was and will be */
    int *parent;     /* [node] and so on */
    int *child;      /* a blossom's base child; children form a ring */
    int *next;
    int *previous;
    int *leaf_first; /* the vertices inside a node are a stretch of one list: the first, */
    int *leaf_last;  /* the last, */
    int *leaf_count; /* how many, */
    int *leaf_next;  /* [vertex] and how it goes on */
    int *link_from;  /* edge from a child to the next one: its end here */
    int *link_to;    /* and there */
    int *base;
    uint8_t *label;
    int *label_from; /* the edge through which the node was reached */
    int *label_to;
    int64_t *weight_dual; /* [node * limbs] of blossoms */
    uint8_t *mark;        /* clear between uses */
    int *free_nodes;
    int free_count;
    uint64_t *live; /* [row_words] vertices that a scan may find something new at */
    int *queue;
    int queue_count;
    int *near;          /* [vertex] best S vertex for a vertex that is none */
    int64_t *near_key;  /* [vertex * limbs] */
    int *other;         /* [vertex] best S vertex in another tree or blossom for an S vertex */
    int64_t *other_key; /* [vertex * limbs] */
    int64_t *passed;    /* [limbs] sum of the dual changes of the current search */
    int *stack;
    /* A copy to go back to. */
    int *saved_mate;
    int *saved_parent;
    int64_t *saved_dual;
    int64_t *saved_weight_dual;
};

/* Returns a solver for `vertex_count` vertices and weights of `limbs` limbs, with no problem set
 * yet, or NULL when the arena is full. */
struct blossom *blossom_create(struct arena *arena, int vertex_count, int limbs);

/* Whether the edge exists. */
bool blossom_allows(const struct blossom *blossom, int a, int b);

/* Starts afresh: nobody matched, each dual as large as its vertex's heaviest edge (apart from
 * potentials). */
void blossom_reset(struct blossom *blossom);

/* Starts afresh where all weights are 0. */
void blossom_clear(struct blossom *blossom);

/* Finds the heaviest perfect matching of the active vertices, from the duals and those mates that
 * still fit on. Returns whether there is a perfect matching. Where there is none, and the vertices
 * are even in number, the matching at hand is as large as can be. */
bool blossom_solve(struct blossom *blossom);

/* Checks the solution by its proof, apart from the search: whether every active vertex has a mate
 * and the duals show that no perfect matching is heavier. Looks at every edge: for tests, and where
 * a proof is asked for. */
bool blossom_check(const struct blossom *blossom);

/* Returns how many vertices have no mate. */
int blossom_open_count(const struct blossom *blossom);

/* Finds out whether an edge is in some optimum of a problem that has been solved. If so it is in
 * the matching afterwards; otherwise the matching is still an optimum, and the duals now show that
 * this edge (and mostly others like it) is in none. */
bool blossom_favour(struct blossom *blossom, int a, int b);

/* Whether the edge may be in an optimum as far as the duals tell: false is certain. */
bool blossom_is_tight(const struct blossom *blossom, int a, int b);

/* Adds the edge's doubled weight times `sign` to `out_sum` [limbs]. */
void blossom_add_weight(const struct blossom *blossom, int a, int b, int sign, int64_t *out_sum);

/* Sets `out_sum` [limbs] to the doubled weight of the whole matching. */
void blossom_total(const struct blossom *blossom, int64_t *out_sum);

/* Keeps the solution aside, and goes back to the one last kept. */
void blossom_save(struct blossom *blossom);
void blossom_restore(struct blossom *blossom);

/* Compares two weights of `limbs` limbs: negative, zero or positive. */
int blossom_compare(const int64_t *a, const int64_t *b, int limbs);

#endif
