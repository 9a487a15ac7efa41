/* How long a wave takes: pools of tickets with ratings, edges to the nearest acceptable ones. */
#include "base/arena.h"
#include "base/random.h"
#include "orchestrator/pairing/matching/matching.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define REACH 24 /* how many next higher ratings a ticket is compared with */

struct ticket {
    int64_t rating;
    int64_t waits;
};

static int by_rating(const void *one, const void *other)
{
    const struct ticket *a = one;
    const struct ticket *b = other;
    return (a->rating > b->rating) - (a->rating < b->rating);
}

static double user_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int64_t draw_rating(struct random *random)
{
    int64_t sum = 0;
    for (int i = 0; i < 6; i++)
        sum += (int64_t)random_below(random, 400);
    return 300 + sum;
}

/* Ratings in a bell, a third of the tickets long-waiting, every tenth pair blocked. */
static void draw_wave(struct matching_input *input, struct arena *arena, int32_t tickets,
                      uint64_t seed)
{
    struct random random;
    random_init(&random, seed);
    struct ticket *pool = arena_array(arena, (size_t)tickets, sizeof *pool);
    struct matching_edge *edges = arena_array(arena, (size_t)tickets * REACH, sizeof *edges);
    int64_t *weights = arena_array(arena, (size_t)tickets * REACH, sizeof *weights);
    for (int32_t i = 0; i < tickets; i++)
        pool[i] = (struct ticket){.rating = draw_rating(&random),
                                  .waits = (int64_t)random_below(&random, 30)};
    qsort(pool, (size_t)tickets, sizeof *pool, by_rating);
    int32_t count = 0;
    for (int32_t i = 0; i < tickets; i++)
        for (int32_t j = i + 1; j < tickets && j <= i + REACH; j++) {
            int64_t gap = pool[j].rating - pool[i].rating;
            if (gap > 200 || random_below(&random, 10) == 0)
                continue;
            int64_t waits = pool[i].waits < pool[j].waits ? pool[i].waits : pool[j].waits;
            edges[count] = (struct matching_edge){.one = i, .other = j};
            weights[count++] = 12 * waits - gap;
        }
    *input = (struct matching_input){.vertices_count = tickets,
                                     .edges = edges,
                                     .edges_count = count,
                                     .weights = weights,
                                     .levels = 1,
                                     .max_cardinality = true};
}

int main(void)
{
    static const int32_t sizes[] = {100, 500, 2000, 5000, 10000, 20000};
    struct arena arena;
    arena_init(&arena, (size_t)4 << 30);
    printf("%8s %9s %9s %7s %7s\n", "tickets", "edges", "ms", "pairs", "proved");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct matching_input input;
        struct matching_output output;
        draw_wave(&input, &arena, sizes[i], 11);
        double start = user_seconds();
        if (matching_solve(&input, &arena, &output) != STATUS_OK)
            return EXIT_FAILURE;
        double spent = user_seconds() - start;
        printf("%8d %9d %9.1f %7d %7s\n", sizes[i], input.edges_count, spent * 1e3,
               output.pairs_count, matching_check(&input, &output, &arena) ? "yes" : "NO");
        arena_reset(&arena);
    }
    arena_deinit(&arena);
    return EXIT_SUCCESS;
}
