/* bench-expr: what an evaluation costs, in nanoseconds of user time. Every result is checked, so
 * that nothing measured can be left out. */
#include "base/arena.h"
#include "fsm/expr/expr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { RUNS = 5, GAMES = 8 };

#define MEMORY_MAX ((size_t)1 << 20)

struct bench {
    const char *text;
    int64_t rounds;
    bool uses_arena;
};

static const struct bench benches[] = {
    {"players >= 2", 40000000, false},
    {"players >= 2 && status == 'open' && !cancelled", 20000000, false},
    {"pairings.all(p, p.done)", 2000000, false},
    {"rounds + 1 == 8", 40000000, false},
    {"now < closes_at - duration('5m')", 20000000, false},
    {"'round ' + string(rounds) == 'round 7'", 4000000, true},
};

static int64_t user_ns(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage); /* cannot fail for ourselves */
    return usage.ru_utime.tv_sec * INT64_C(1000000000) + usage.ru_utime.tv_usec * INT64_C(1000);
}

static double run_once(const struct expr_program *program, struct expr_input *input,
                       const struct bench *bench, struct arena *arena)
{
    int64_t start = user_ns();
    for (int64_t i = 0; i < bench->rounds; i++) {
        struct value value = expr_evaluate(program, input);
        if (value.kind != VALUE_BOOL || !value.as.boolean) {
            fprintf(stderr, "%s: did not hold\n", bench->text);
            exit(EXIT_FAILURE);
        }
        if (bench->uses_arena)
            arena_reset(arena);
    }
    return (double)(user_ns() - start) / (double)bench->rounds;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static int run(const struct bench *bench, const struct expr_scope *scope,
               const struct value *values)
{
    struct arena programs;
    struct arena arena;
    arena_init(&programs, MEMORY_MAX);
    arena_init(&arena, MEMORY_MAX);
    struct expr_request request = {
        .text = bench->text, .size = strlen(bench->text), .scope = scope, .want = &expr_bool};
    const struct expr_program *program;
    struct fault fault;
    if (expr_compile(&programs, &request, &program, &fault) != STATUS_OK) {
        fprintf(stderr, "%s: %d: %s\n", bench->text, fault.column, fault.text);
        return EXIT_FAILURE;
    }
    struct expr_input input = {.banks = {values}, .arena = bench->uses_arena ? &arena : NULL};
    double times[RUNS];
    for (int i = 0; i < RUNS; i++)
        times[i] = run_once(program, &input, bench, &arena);
    qsort(times, RUNS, sizeof times[0], by_size);
    printf("%8.1f %8.1f  %s\n", times[0], times[RUNS / 2], bench->text);
    arena_deinit(&arena);
    arena_deinit(&programs);
    return EXIT_SUCCESS;
}

int main(void)
{
    static const struct expr_type pairing = {
        .kind = EXPR_MAP, .key = &expr_string, .item = &expr_bool, .size_max = 4};
    static const struct expr_type pairings = {.kind = EXPR_LIST, .item = &pairing, .size_max = 64};
    static const struct expr_variable variables[] = {
        {"players", &expr_int, 0, 0},         {"status", &expr_string, 0, 1},
        {"cancelled", &expr_bool, 0, 2},      {"pairings", &pairings, 0, 3},
        {"rounds", &expr_int, 0, 4},          {"now", &expr_timestamp, 0, 5},
        {"closes_at", &expr_timestamp, 0, 6},
    };
    struct value_entry done = {value_text("done"), value_bool(true)};
    struct value games[GAMES];
    for (int i = 0; i < GAMES; i++)
        games[i] = value_map(&done, 1);
    struct value values[] = {
        value_int(8),
        value_text("open"),
        value_bool(false),
        value_list(games, GAMES),
        value_int(7),
        value_timestamp(1000000, 0),
        value_timestamp(2000000, 0),
    };
    struct expr_scope scope = {.variables = variables, .variable_count = COUNT_OF(variables)};
    printf("      ns   median  (user time per evaluation, best and median of %d)\n", RUNS);
    int exit_code = EXIT_SUCCESS;
    for (size_t i = 0; i < COUNT_OF(benches) && exit_code == EXIT_SUCCESS; i++)
        exit_code = run(&benches[i], &scope, values);
    return exit_code;
}
