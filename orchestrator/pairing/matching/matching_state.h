#ifndef MATCHING_MATCHING_STATE_H
#define MATCHING_MATCHING_STATE_H

/*
 * matching_state — what the search, the blossoms and the queue share. Private to the folder.
 *
 * A node is a vertex (index below `vertices`) or a blossom: an odd ring of nodes shrunk to one.
 * `top[v]` is the outermost node around vertex v. While a tree grows, a top node is free of labels,
 * EVEN (reached from the root by an even number of edges) or ODD. Duals of labelled nodes move by
 * the same amount all the time, so they are stored as of the moment the node got its label
 * (`entry`) and brought up to date when it loses it.
 */

#include "orchestrator/pairing/matching/matching.h"

#include <string.h>

#define LEVELS_MAX (MATCHING_LEVELS_MAX + 1)
#define NOBODY MATCHING_NOBODY

enum label { LABEL_NONE, LABEL_EVEN, LABEL_ODD };

/* An edge seen from one side: `from` is in the node nearer to the root, or in this node of a ring;
 * `to` on the other side. */
struct link {
    int32_t edge;
    int32_t from;
    int32_t to;
};

struct node {
    int32_t parent; /* blossom around it, NOBODY at the top */
    int32_t base;   /* the vertex through which it is matched outside */
    int32_t child;  /* blossom: the ring's node that holds the base */
    int32_t next;   /* ring neighbours within the parent */
    int32_t prev;
    struct link ring;   /* the edge to `next` */
    int32_t leaf_first; /* its vertices, chained by leaf_next up to and including leaf_last */
    int32_t leaf_last;
    int32_t leaf_count;
    int32_t mark; /* stamp of the last search for a common ancestor that passed */
    enum label label;
    struct link reached; /* the edge that gave it its label; edge NOBODY at the root */
    bool touched;
};

struct neighbour {
    int32_t vertex;
    int32_t edge;
};

/* A queue of (key, item) with keys of `levels` words; equal keys leave urgent first, then in order
 * of arrival. */
struct queue {
    int64_t *slots; /* [capacity][levels + 2]: key, arrival, item */
    int64_t count;
    int64_t capacity;
    int64_t arrivals;
    int levels;
};

struct state {
    const struct matching_input *input;
    struct arena *arena;
    int levels;
    int32_t vertices;
    int32_t nodes_max;
    const int64_t *weights; /* [edges][levels], cardinality level included */
    struct node *nodes;
    int32_t *leaf_next;
    int32_t *top;
    int32_t *mate;  /* edge index of each vertex */
    int32_t *spare; /* unused blossoms */
    int32_t spare_count;
    int64_t *dual;  /* [nodes_max][levels] */
    int64_t *entry; /* [nodes_max][levels] */
    struct neighbour *neighbours;
    int64_t *neighbours_at; /* [vertices + 1] */
    int32_t *touched;       /* nodes that were labelled in this search */
    int32_t touched_count;
    int32_t stamp;
    struct queue queue;
    int64_t now[LEVELS_MAX];     /* how far the duals have moved in this search */
    int64_t limit[LEVELS_MAX];   /* nothing later than this can matter */
    int64_t zero_at[LEVELS_MAX]; /* when the first EVEN vertex's dual is zero … */
    int32_t zero_vertex;         /* … and which vertex that is */
    bool out_of_range;
    bool full;
};

/* Rows of numbers. */
static inline int64_t *row(int64_t *table, int64_t index, int levels)
{
    return table + index * levels;
}

static inline const int64_t *row_of(const int64_t *table, int64_t index, int levels)
{
    return table + index * levels;
}

static inline int row_compare(const int64_t *one, const int64_t *other, int levels)
{
    for (int i = 0; i < levels; i++)
        if (one[i] != other[i])
            return one[i] < other[i] ? -1 : 1;
    return 0;
}

static inline int row_sign(const int64_t *one, int levels)
{
    for (int i = 0; i < levels; i++)
        if (one[i] != 0)
            return one[i] < 0 ? -1 : 1;
    return 0;
}

static inline void row_copy(int64_t *to, const int64_t *from, int levels)
{
    memcpy(to, from, (size_t)levels * sizeof *to);
}

/* Returns the vertex on the other end of an edge. */
static inline int32_t edge_other(const struct state *state, int32_t edge, int32_t vertex)
{
    const struct matching_edge *ends = &state->input->edges[edge];
    return ends->one == vertex ? ends->other : ends->one;
}

/* Empties the queue. */
void queue_clear(struct queue *queue);

/* Adds an item; false when the arena is full. Of equal keys an urgent item leaves first. */
bool queue_push(struct queue *queue, struct arena *arena, const int64_t *key, bool is_urgent,
                int64_t item);

/* Returns the smallest key, or NULL in an empty queue; valid until the next call. */
const int64_t *queue_first(const struct queue *queue);

/* Removes the item with the smallest key and returns it. */
int64_t queue_pop(struct queue *queue);

/* Moves the duals of a labelled top node up to `now`, so that it may lose its label or place. */
void node_settle(struct state *state, int32_t index);

/* Writes the present dual of a vertex. */
void vertex_dual(const struct state *state, int32_t vertex, int64_t *out);

/* Writes the present slack of an edge between two top nodes. */
void edge_slack(const struct state *state, int32_t edge, int64_t *out);

/* Gives a top node its label. */
void node_label(struct state *state, int32_t index, enum label label, struct link reached);

/* Looks at the edges of one vertex of an EVEN node, or (from_even false) of a node that has just
 * lost its label, and queues what may become tight. */
void vertex_scan(struct state *state, int32_t vertex, bool from_even);

/* Shrinks the ring that a tight edge between two EVEN nodes closes; returns the blossom. */
int32_t blossom_form(struct state *state, struct link link);

/* Opens an ODD blossom whose dual is zero. */
void blossom_expand(struct state *state, int32_t index);

/* Rematches inside a node so that `vertex` becomes its base. */
void node_rebase(struct state *state, int32_t index, int32_t vertex);

/* Grows a tree from an unmatched vertex until its dual is zero or it is matched. */
void search_from(struct state *state, int32_t root);

#endif
