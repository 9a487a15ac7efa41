/* The solver behind brackets, compared with trying every matching of small random graphs. */
#include "base/random.h"
#include "orchestrator/pairing/dutch/blossom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first. */
#include <cmocka.h>

#include <string.h>

enum { VERTICES_MAX = 8, TYPES = 4, LIMBS_MAX = 3, GRAPHS = 3000 };

struct graph {
    struct arena arena;
    struct blossom *blossom;
    uint64_t rows[VERTICES_MAX];
    int64_t table[TYPES * TYPES * LIMBS_MAX];
    uint8_t absent[TYPES * TYPES];
    int64_t row[TYPES * LIMBS_MAX];
    int count;
    int limbs;
};

static void set_edge(struct graph *graph, int a, int b, bool there)
{
    uint64_t bit_a = (uint64_t)1 << a;
    uint64_t bit_b = (uint64_t)1 << b;
    graph->rows[a] = there ? graph->rows[a] | bit_b : graph->rows[a] & ~bit_b;
    graph->rows[b] = there ? graph->rows[b] | bit_a : graph->rows[b] & ~bit_a;
}

static void fill_tables(struct graph *graph, struct random *random)
{
    for (int x = 0; x < TYPES; x++)
        for (int y = x; y < TYPES; y++) {
            bool absent = random_below(random, 8) == 0;
            graph->absent[x * TYPES + y] = graph->absent[y * TYPES + x] = absent;
            for (int i = 0; i < graph->limbs; i++) {
                bool last = i == graph->limbs - 1; /* set aside for places */
                int64_t weight = last ? 0 : 2 * (int64_t)random_below(random, 4);
                graph->table[(x * TYPES + y) * graph->limbs + i] = weight;
                graph->table[(y * TYPES + x) * graph->limbs + i] = weight;
            }
        }
}

static void make_graph(struct graph *graph, struct random *random)
{
    *graph = (struct graph){.count = 2 * (1 + (int)random_below(random, VERTICES_MAX / 2)),
                            .limbs = 1 + (int)random_below(random, LIMBS_MAX)};
    arena_init(&graph->arena, (size_t)1 << 22);
    fill_tables(graph, random);
    int density = 1 + (int)random_below(random, 9);
    for (int a = 0; a < graph->count; a++)
        for (int b = 0; b < a; b++)
            set_edge(graph, a, b, (int)random_below(random, 10) < density);
    struct blossom *blossom = blossom_create(&graph->arena, graph->count, graph->limbs);
    assert_non_null(blossom);
    blossom->compatible = graph->rows;
    blossom->row_words = 1;
    blossom->type_count = TYPES;
    blossom->table = graph->table;
    blossom->absent = graph->absent;
    blossom->row = graph->row;
    blossom->pivot = (int)random_below(random, 4);
    bool places = random_below(random, 2) == 0;
    for (int v = 0; v < graph->count; v++) {
        blossom->active[blossom->active_count++] = v;
        blossom->type[v] = (uint16_t)random_below(random, TYPES);
        blossom->place[v] = places && random_below(random, 3) > 0 ? v : BLOSSOM_NONE;
    }
    graph->blossom = blossom;
}

/* Best total over all perfect matchings of the vertices in `left` that go on from `sum`. */
static bool try_all(const struct graph *graph, unsigned left, const int64_t *sum, int64_t *best,
                    bool any)
{
    if (left == 0) {
        if (!any || blossom_compare(sum, best, graph->limbs) > 0)
            memcpy(best, sum, (size_t)graph->limbs * sizeof *best);
        return true;
    }
    int first = 0;
    while (((left >> first) & 1) == 0)
        first++;
    for (int other = first + 1; other < graph->count; other++) {
        if (((left >> other) & 1) == 0 || !blossom_allows(graph->blossom, first, other))
            continue;
        int64_t next[LIMBS_MAX];
        memcpy(next, sum, sizeof next);
        blossom_add_weight(graph->blossom, first, other, 1, next);
        any = try_all(graph, left & ~(1u << first) & ~(1u << other), next, best, any);
    }
    return any;
}

/* Best total of the matchings that contain an edge. */
static bool try_with(const struct graph *graph, int a, int b, int64_t *best)
{
    int64_t sum[LIMBS_MAX] = {0};
    unsigned all = (1u << graph->count) - 1;
    blossom_add_weight(graph->blossom, a, b, 1, sum);
    return try_all(graph, all & ~(1u << a) & ~(1u << b), sum, best, false);
}

static void for_each_graph(void (*check)(struct graph *graph, struct random *random, bool possible,
                                         const int64_t *best))
{
    for (uint64_t seed = 1; seed <= GRAPHS; seed++) {
        struct random random;
        struct graph graph;
        int64_t zero[LIMBS_MAX] = {0};
        int64_t best[LIMBS_MAX] = {0};
        random_init(&random, seed);
        make_graph(&graph, &random);
        bool possible = try_all(&graph, (1u << graph.count) - 1, zero, best, false);
        check(&graph, &random, possible, best);
        arena_deinit(&graph.arena);
    }
}

static void check_total(struct graph *graph, struct random *random, bool possible,
                        const int64_t *best)
{
    int64_t total[LIMBS_MAX] = {0};
    (void)random;
    blossom_reset(graph->blossom);
    assert_int_equal(blossom_solve(graph->blossom), possible);
    if (!possible)
        return;
    blossom_total(graph->blossom, total);
    assert_int_equal(blossom_compare(total, best, graph->limbs), 0);
}

static void finds_the_heaviest_perfect_matching(void **state)
{
    (void)state;
    for_each_graph(check_total);
}

/* The checker takes every proof, and none that was spoiled: a dual too small for its own pair, or
 * partners exchanged for lighter pairs. */
static void check_checker(struct graph *graph, struct random *random, bool possible,
                          const int64_t *best)
{
    struct blossom *blossom = graph->blossom;
    blossom_reset(blossom);
    if (!blossom_solve(blossom))
        return;
    assert_true(possible);
    assert_true(blossom_check(blossom));
    int v = (int)random_below(random, (uint64_t)graph->count);
    blossom->dual[v * graph->limbs + graph->limbs - 1] -= 2;
    assert_false(blossom_check(blossom));
    blossom->dual[v * graph->limbs + graph->limbs - 1] += 2;
    for (int w = 0; w < graph->count; w++) {
        int x = blossom->mate[v];
        int y = blossom->mate[w];
        int64_t total[LIMBS_MAX] = {0};
        if (w == v || w == x)
            continue;
        blossom->mate[v] = w;
        blossom->mate[w] = v;
        blossom->mate[x] = y;
        blossom->mate[y] = x;
        blossom_total(blossom, total);
        bool lighter = blossom_compare(total, best, graph->limbs) != 0;
        assert_false(lighter && blossom_check(blossom));
        blossom->mate[v] = x;
        blossom->mate[x] = v;
        blossom->mate[w] = y;
        blossom->mate[y] = w;
    }
}

static void the_checker_refuses_spoiled_proofs(void **state)
{
    (void)state;
    for_each_graph(check_checker);
}

/* Whatever the duals rule out is in no optimum. */
static void check_duals(struct graph *graph, struct random *random, bool possible,
                        const int64_t *best)
{
    (void)random;
    blossom_reset(graph->blossom);
    if (!blossom_solve(graph->blossom) || !possible)
        return;
    for (int a = 0; a < graph->count; a++)
        for (int b = 0; b < a; b++) {
            int64_t with[LIMBS_MAX] = {0};
            bool in_optimum = blossom_allows(graph->blossom, a, b) && try_with(graph, a, b, with) &&
                              blossom_compare(with, best, graph->limbs) == 0;
            if (in_optimum)
                assert_true(blossom_is_tight(graph->blossom, a, b));
        }
}

static void duals_never_rule_out_an_optimum(void **state)
{
    (void)state;
    for_each_graph(check_duals);
}

static void check_favours(struct graph *graph, struct random *random, bool possible,
                          const int64_t *best)
{
    blossom_reset(graph->blossom);
    if (!blossom_solve(graph->blossom) || !possible)
        return;
    for (int tries = 0; tries < 6; tries++) {
        int a = (int)random_below(random, (uint64_t)graph->count);
        int b = (int)random_below(random, (uint64_t)graph->count);
        int64_t with[LIMBS_MAX] = {0};
        int64_t total[LIMBS_MAX] = {0};
        if (a == b || !blossom_allows(graph->blossom, a, b))
            continue;
        bool in_optimum =
            try_with(graph, a, b, with) && blossom_compare(with, best, graph->limbs) == 0;
        assert_int_equal(blossom_favour(graph->blossom, a, b), in_optimum);
        blossom_total(graph->blossom, total);
        assert_int_equal(blossom_compare(total, best, graph->limbs), 0);
    }
}

static void favour_tells_whether_an_edge_is_in_an_optimum(void **state)
{
    (void)state;
    for_each_graph(check_favours);
}

static void check_removal(struct graph *graph, struct random *random, bool possible,
                          const int64_t *best)
{
    (void)best;
    blossom_reset(graph->blossom);
    if (!blossom_solve(graph->blossom) || !possible)
        return;
    int64_t zero[LIMBS_MAX] = {0};
    int64_t without[LIMBS_MAX] = {0};
    int64_t total[LIMBS_MAX] = {0};
    int gone = (int)random_below(random, (uint64_t)graph->count);
    set_edge(graph, gone, graph->blossom->mate[gone], false);
    bool still = try_all(graph, (1u << graph->count) - 1, zero, without, false);
    assert_int_equal(blossom_solve(graph->blossom), still);
    if (!still)
        return;
    blossom_total(graph->blossom, total);
    assert_int_equal(blossom_compare(total, without, graph->limbs), 0);
}

static void goes_on_from_an_old_solution(void **state)
{
    (void)state;
    for_each_graph(check_removal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_heaviest_perfect_matching),
        cmocka_unit_test(the_checker_refuses_spoiled_proofs),
        cmocka_unit_test(duals_never_rule_out_an_optimum),
        cmocka_unit_test(favour_tells_whether_an_edge_is_in_an_optimum),
        cmocka_unit_test(goes_on_from_an_old_solution),
    };
    return cmocka_run_group_tests_name("blossom", tests, NULL, NULL);
}
