/* The matching against exhaustive search on small graphs, against its own checker on large ones,
 * and the checker against spoilt certificates. */
#include "orchestrator/pairing/matching/matching.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

#define EDGES_MAX 4000

struct graph {
    struct matching_input input;
    struct matching_edge edges[EDGES_MAX];
    int64_t weights[EDGES_MAX * 3];
};

static struct arena arena;

static int compare(const int64_t *one, const int64_t *other, int levels)
{
    for (int i = 0; i < levels; i++)
        if (one[i] != other[i])
            return one[i] < other[i] ? -1 : 1;
    return 0;
}

/* Best (pairs where they count, total) over all matchings of the vertices from `vertex` on. */
static void search(const struct graph *graph, int32_t vertex, unsigned used, int64_t *sum,
                   int64_t *best)
{
    const struct matching_input *input = &graph->input;
    if (vertex == input->vertices_count) {
        if (compare(sum, best, input->levels + 1) > 0)
            memcpy(best, sum, (size_t)(input->levels + 1) * sizeof *sum);
        return;
    }
    search(graph, vertex + 1, used, sum, best);
    if (used & 1u << vertex)
        return;
    for (int32_t e = 0; e < input->edges_count; e++) {
        const struct matching_edge *ends = &input->edges[e];
        int32_t other = ends->one == vertex ? ends->other : ends->one;
        if ((ends->one != vertex && ends->other != vertex) || other < vertex ||
            (used & 1u << other))
            continue;
        int64_t next[4];
        next[0] = sum[0] + (input->max_cardinality ? 1 : 0);
        for (int i = 0; i < input->levels; i++)
            next[i + 1] = sum[i + 1] + input->weights[e * input->levels + i];
        search(graph, vertex + 1, used | 1u << vertex | 1u << other, next, best);
    }
}

static void draw_graph(struct graph *graph, struct random *random, int32_t vertices, int percent,
                       int levels, int64_t span)
{
    graph->input = (struct matching_input){.vertices_count = vertices,
                                           .edges = graph->edges,
                                           .weights = graph->weights,
                                           .levels = levels,
                                           .max_cardinality = random_below(random, 2) == 1};
    for (int32_t i = 0; i < vertices; i++)
        for (int32_t j = i + 1; j < vertices; j++) {
            if (random_below(random, 100) >= (uint64_t)percent)
                continue;
            int32_t e = graph->input.edges_count++;
            assert_true(e < EDGES_MAX);
            graph->edges[e] = (struct matching_edge){.one = i, .other = j};
            for (int k = 0; k < levels; k++)
                graph->weights[e * levels + k] =
                    (int64_t)random_below(random, (uint64_t)span) - span / 4;
        }
}

static void equals_exhaustive_search_on_small_graphs(void **unused)
{
    (void)unused;
    struct random random;
    random_init(&random, 20261122);
    static struct graph graph;
    for (int round = 0; round < 6000; round++) {
        int levels = 1 + (int)random_below(&random, 3);
        int64_t span = random_below(&random, 2) == 0 ? 6 : 1000;
        draw_graph(&graph, &random, (int32_t)random_below(&random, 9),
                   20 + (int)random_below(&random, 81), levels, span);
        struct matching_output output;
        assert_int_equal(matching_solve(&graph.input, &arena, &output), STATUS_OK);
        int64_t start[4] = {0};
        int64_t best[4] = {0};
        search(&graph, 0, 0, start, best);
        if (graph.input.max_cardinality)
            assert_int_equal(output.pairs_count, best[0]);
        assert_int_equal(compare(output.total, best + 1, levels), 0);
        assert_true(matching_check(&graph.input, &output, &arena));
        arena_reset(&arena);
    }
}

static void proves_itself_on_larger_graphs(void **unused)
{
    (void)unused;
    struct random random;
    random_init(&random, 7);
    static struct graph graph;
    for (int round = 0; round < 400; round++) {
        int64_t span = random_below(&random, 2) == 0 ? 4 : 100000;
        draw_graph(&graph, &random, 2 + (int32_t)random_below(&random, 70),
                   3 + (int)random_below(&random, 60), 1 + (int)random_below(&random, 3), span);
        struct matching_output output;
        assert_int_equal(matching_solve(&graph.input, &arena, &output), STATUS_OK);
        assert_true(matching_check(&graph.input, &output, &arena));
        arena_reset(&arena);
    }
}

static void goes_on_from_a_result_for_fewer_edges(void **unused)
{
    (void)unused;
    struct random random;
    random_init(&random, 21);
    static struct graph graph;
    for (int round = 0; round < 1500; round++) {
        draw_graph(&graph, &random, 2 + (int32_t)random_below(&random, 30),
                   20 + (int)random_below(&random, 60), 1 + (int)random_below(&random, 3), 50);
        struct matching_output part;
        struct matching_output whole;
        struct matching_output resumed;
        int32_t edges = graph.input.edges_count;
        graph.input.edges_count = edges - (int32_t)random_below(&random, (uint64_t)edges + 1);
        assert_int_equal(matching_solve(&graph.input, &arena, &part), STATUS_OK);
        graph.input.edges_count = edges;
        assert_int_equal(matching_solve(&graph.input, &arena, &whole), STATUS_OK);
        graph.input.start = &part;
        assert_int_equal(matching_solve(&graph.input, &arena, &resumed), STATUS_OK);
        assert_true(matching_check(&graph.input, &resumed, &arena));
        assert_int_equal(compare(resumed.total, whole.total, graph.input.levels), 0);
        arena_reset(&arena);
    }
}

/* A chain of odd rings in which each search shrinks and opens what the one before left. */
static void nests_blossoms_deeply(void **unused)
{
    (void)unused;
    static struct graph graph;
    for (int32_t vertices = 3; vertices < 60; vertices++) {
        graph.input = (struct matching_input){.vertices_count = vertices,
                                              .edges = graph.edges,
                                              .weights = graph.weights,
                                              .levels = 1,
                                              .max_cardinality = vertices % 2 == 0};
        for (int32_t i = 0; i < vertices; i++)
            for (int32_t j = i + 1; j < vertices && j <= i + 2; j++) {
                int32_t e = graph.input.edges_count++;
                graph.edges[e] = (struct matching_edge){.one = i, .other = j};
                graph.weights[e] = 1000 - 7 * (i + j) + (j == i + 2 ? 3 : 0);
            }
        struct matching_output output;
        assert_int_equal(matching_solve(&graph.input, &arena, &output), STATUS_OK);
        assert_true(matching_check(&graph.input, &output, &arena));
        arena_reset(&arena);
    }
}

static void prefers_first_level_over_any_second(void **unused)
{
    (void)unused;
    struct matching_edge edges[] = {{0, 1}, {1, 2}, {2, 3}};
    int64_t weights[] = {1, 0, 3, -1000000, 1, 0};
    struct matching_input input = {
        .vertices_count = 4, .edges = edges, .edges_count = 3, .weights = weights, .levels = 2};
    struct matching_output output;
    assert_int_equal(matching_solve(&input, &arena, &output), STATUS_OK);
    assert_int_equal(output.mates[1], 2);
    assert_int_equal(output.mates[0], MATCHING_NOBODY);
    input.max_cardinality = true;
    assert_int_equal(matching_solve(&input, &arena, &output), STATUS_OK);
    assert_int_equal(output.mates[0], 1);
    assert_int_equal(output.total[0], 2);
}

static void refuses_edges_that_are_none(void **unused)
{
    (void)unused;
    struct matching_edge edges[] = {{-1, 2}};
    int64_t weights[] = {40};
    struct matching_input input = {
        .vertices_count = 3, .edges = edges, .edges_count = 1, .weights = weights, .levels = 1};
    struct matching_output output;
    assert_int_equal(matching_solve(&input, &arena, &output), STATUS_INVALID_ARGUMENT);
    edges[0] = (struct matching_edge){.one = 2, .other = 2};
    assert_int_equal(matching_solve(&input, &arena, &output), STATUS_INVALID_ARGUMENT);
    edges[0] = (struct matching_edge){.one = 1, .other = 2};
    weights[0] = MATCHING_WEIGHT_MAX + 1;
    assert_int_equal(matching_solve(&input, &arena, &output), STATUS_OUT_OF_RANGE);
}

static void says_full_when_the_arena_is(void **unused)
{
    (void)unused;
    struct random random;
    random_init(&random, 9);
    static struct graph graph;
    draw_graph(&graph, &random, 60, 80, 1, 1000);
    bool solved = false;
    for (size_t limit = 1000; !solved; limit += 5000) {
        struct arena small;
        arena_init(&small, limit);
        struct matching_output output;
        enum status status = matching_solve(&graph.input, &small, &output);
        assert_true(status == STATUS_OK || status == STATUS_FULL);
        solved = status == STATUS_OK;
        arena_deinit(&small);
    }
}

static void checker_refuses_spoilt_results(void **unused)
{
    (void)unused;
    struct matching_edge edges[] = {{0, 1}, {1, 2}, {0, 2}, {2, 3}, {3, 4}, {4, 5}, {3, 5}};
    int64_t weights[] = {9, 10, 8, 3, 7, 8, 7};
    struct matching_input input = {
        .vertices_count = 6, .edges = edges, .edges_count = 7, .weights = weights, .levels = 1};
    struct matching_output output;
    assert_int_equal(matching_solve(&input, &arena, &output), STATUS_OK);
    assert_true(matching_check(&input, &output, &arena));
    output.total[0]++;
    assert_false(matching_check(&input, &output, &arena));
    output.total[0]--;
    for (int e = 0; e < 7; e++) {
        weights[e] += 20;
        assert_false(matching_check(&input, &output, &arena));
        weights[e] -= 20;
    }
    int64_t duals[6];
    memcpy(duals, output.certificate.vertex_duals, sizeof duals);
    output.certificate.vertex_duals = duals;
    for (int v = 0; v < 6; v++) {
        duals[v]++;
        assert_false(matching_check(&input, &output, &arena));
        duals[v] -= 2;
        assert_false(matching_check(&input, &output, &arena));
        duals[v]++;
    }
    int32_t mate = output.mates[0];
    output.mates[0] = MATCHING_NOBODY;
    assert_false(matching_check(&input, &output, &arena));
    output.mates[0] = mate;
    assert_true(matching_check(&input, &output, &arena));
}

static int set_up(void **unused)
{
    (void)unused;
    arena_init(&arena, (size_t)1 << 30);
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    arena_deinit(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_exhaustive_search_on_small_graphs),
        cmocka_unit_test(proves_itself_on_larger_graphs),
        cmocka_unit_test(goes_on_from_a_result_for_fewer_edges),
        cmocka_unit_test(nests_blossoms_deeply),
        cmocka_unit_test(prefers_first_level_over_any_second),
        cmocka_unit_test(refuses_edges_that_are_none),
        cmocka_unit_test(says_full_when_the_arena_is),
        cmocka_unit_test(checker_refuses_spoilt_results),
    };
    return cmocka_run_group_tests_name("matching", tests, set_up, tear_down);
}
