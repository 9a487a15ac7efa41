#ifndef MATCHING_MATCHING_H
#define MATCHING_MATCHING_H

/*
 * matching — the matching of greatest weight in any graph, with a proof that it is one.
 *
 * In:       struct matching_input: vertices 0..n-1 and weighted edges.
 * Out:      struct matching_output: each vertex's mate, the total, and a certificate (a solution of
 *           the dual problem) that matching_check() verifies without knowing how it was found.
 * Owns:     nothing; results and working memory live in the caller's arena.
 * Threads:  none inside; calls share nothing.
 * Errors:   STATUS_INVALID_ARGUMENT (an edge's end is no vertex, or a loop), STATUS_OUT_OF_RANGE
 *           (weights too large to be summed safely: use more levels), STATUS_FULL (arena or a
 * _MAX).
 *
 * A weight is a row of `levels` integers compared like words in a dictionary: the first level on
 * which two sums differ decides. One level is an ordinary integer; more make a weight of any width
 * out of small parts. To minimise, negate the weights and set `max_cardinality`.
 *
 * The method is Edmonds' with one alternating tree at a time, lazily updated duals and a priority
 * queue; a search costs what its tree touches, so sparse graphs of ten thousand vertices take
 * fractions of a second. Equal weights are settled by vertex and edge order, never by chance.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

#define MATCHING_LEVELS_MAX 8
#define MATCHING_VERTICES_MAX 1000000
#define MATCHING_EDGES_MAX 100000000
#define MATCHING_WEIGHT_MAX ((int64_t)1 << 56) /* greatest absolute value on one level */
#define MATCHING_NOBODY (-1)

struct matching_edge {
    int32_t one;
    int32_t other;
};

struct matching_output;

struct matching_input {
    int32_t vertices_count;
    const struct matching_edge
        *edges; /* of two edges between the same vertices the better counts */
    int32_t edges_count;
    const int64_t *weights; /* [edges_count][levels] */
    int levels;
    bool max_cardinality; /* as many pairs as possible first, then weight */
    /* Where to start from, or NULL: the output for a part of these edges, which come first here. It
     * saves most of the work when few edges were added; the result is as good without it. */
    const struct matching_output *start;
};

/* An odd set of vertices and its dual value. */
struct matching_odd_set {
    const int32_t *vertices;
    int32_t vertices_count;
    const int64_t *dual; /* [levels] */
};

/* Proves optimality. With u the vertex duals and z the odd sets': all are >= 0, every edge has
 * u + u + (sum of z of sets that hold both ends) >= twice its weight, and the sum of u plus the sum
 * of z (size - 1) / 2 is twice the matching's weight. Where `max_cardinality` was asked for, levels
 * are one more and every edge's weight is preceded by a 1. */
struct matching_certificate {
    int levels;
    const int64_t *vertex_duals; /* [vertices_count][levels] */
    const struct matching_odd_set *odd_sets;
    int32_t odd_sets_count;
};

struct matching_output {
    int32_t *mates;      /* [vertices_count], MATCHING_NOBODY where unmatched */
    int32_t *mate_edges; /* the edge's index, MATCHING_NOBODY where unmatched */
    int32_t pairs_count;
    int64_t total[MATCHING_LEVELS_MAX];
    struct matching_certificate certificate;
};

/* Finds the matching. On failure `*out` is as it was. */
enum status matching_solve(const struct matching_input *input, struct arena *arena,
                           struct matching_output *out) MUST_CHECK;

/* Whether `output` is a matching of `input`'s edges with the total it states, and its certificate
 * proves that none is heavier. Needs some of the arena; false too where that is full. */
bool matching_check(const struct matching_input *input, const struct matching_output *output,
                    struct arena *arena);

#endif
