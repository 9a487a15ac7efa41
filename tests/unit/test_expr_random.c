/* Random well-typed expressions, each written twice: with constants, which the compiler folds, and
 * with variables of the same values, which it cannot. Both must come to the same, and the result
 * printed as source must come to itself. */
#include "base/random.h"
#include "fsm/expr/expr.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { EXPRESSIONS = 20000, VARIABLES_MAX = 64, TEXT_MAX = 16384, NAME_SIZE = 8 };

enum kind { INT, UINT, REAL, BOOL, TEXT, SPAN, TIME, INTS, TEXTS, MAP, KINDS };

/* The two texts of an expression being made. */
struct pair {
    struct random random;
    char constants[TEXT_MAX];
    char variables[TEXT_MAX];
    size_t constants_size;
    size_t variables_size;
    struct expr_variable declared[VARIABLES_MAX];
    char names[VARIABLES_MAX][NAME_SIZE];
    struct value values[VARIABLES_MAX];
    size_t count;
    int locals;
    struct arena *arena;
};

static const struct expr_type text = {.kind = EXPR_STRING, .size_max = 5};
static const struct expr_type list_of_int = {.kind = EXPR_LIST, .item = &expr_int, .size_max = 4};
static const struct expr_type list_of_text = {.kind = EXPR_LIST, .item = &text, .size_max = 4};
static const struct expr_type map_of_int = {
    .kind = EXPR_MAP, .key = &text, .item = &expr_int, .size_max = 4};

static const struct expr_type *const types[KINDS] = {
    &expr_int,      &expr_uint,      &expr_double, &expr_bool,    &text,
    &expr_duration, &expr_timestamp, &list_of_int, &list_of_text, &map_of_int};

/* Constants to choose from: ordinary ones and those at the edges. */
static const char *const literals[KINDS][8] = {
    {"0", "1", "-1", "7", "2", "9223372036854775807", "-9223372036854775808", "100"},
    {"0u", "1u", "2u", "7u", "18446744073709551615u", "9223372036854775808u", "3u", "100u"},
    {"0.0", "1.0", "-1.5", "0.1", "1e300", "-1e-300", "double('inf')", "double('nan')"},
    {"true", "false", "true", "false", "true", "false", "true", "false"},
    {"''", "'a'", "'anna'", "'é😀'", "'12'", "' x '", "'true'", "'1h'"},
    {"duration('0s')", "duration('1h')", "duration('-1ns')", "duration('9223372036s')",
     "duration('90m')", "duration('1ms')", "duration('-24h')", "duration('2.5s')"},
    {"timestamp(0)", "timestamp('2026-11-22T16:00:00.5Z')", "timestamp('0001-01-01T00:00:00Z')",
     "timestamp('9999-12-31T23:59:59.999999999Z')", "timestamp('2024-02-29T12:34:56Z')",
     "timestamp(-1)", "timestamp('2000-01-01T00:00:00+01:00')", "timestamp(1000000000)"},
    {"[1, 2, 3]", "[0]", "[7, 7]", "[-1, 1]", "[9223372036854775807]", "[2]", "[1, 0]", "[5]"},
    {"['a']", "['a', 'b']", "['']", "['anna', 'bela']", "['é']", "['1', 'x']", "['b']", "['x']"},
    {"{'a': 1}", "{'a': 1, 'b': 2}", "{'': 0}", "{'anna': 3}", "{'x': -1}", "{'12': 12}",
     "{'b': 0}", "{'é': 5}"},
};

/* How a kind is made from others. Digits outside quotes are places in enum kind; @ is the macro's
 * variable. */
static const struct {
    enum kind result;
    const char *text;
} templates[] = {
    {INT, "(0 + 0)"},
    {INT, "(0 - 0)"},
    {INT, "(0 * 0)"},
    {INT, "(0 / 0)"},
    {INT, "(0 % 0)"},
    {INT, "-(0)"},
    {INT, "int(1)"},
    {INT, "int(2)"},
    {INT, "int(4)"},
    {INT, "int(6)"},
    {INT, "size(4)"},
    {INT, "size(7)"},
    {INT, "7[0]"},
    {INT, "9[4]"},
    {INT, "9.a"},
    {INT, "(3 ? 0 : 0)"},
    {INT, "4.indexOf(4)"},
    {INT, "4.lastIndexOf(4)"},
    {INT, "6.getHours()"},
    {INT, "6.getDayOfYear('+02:00')"},
    {INT, "6.getFullYear()"},
    {INT, "5.getMinutes()"},
    {UINT, "(1 + 1)"},
    {UINT, "(1 - 1)"},
    {UINT, "(1 * 1)"},
    {UINT, "(1 / 1)"},
    {UINT, "(1 % 1)"},
    {UINT, "uint(0)"},
    {UINT, "uint(2)"},
    {REAL, "(2 + 2)"},
    {REAL, "(2 - 2)"},
    {REAL, "(2 * 2)"},
    {REAL, "(2 / 2)"},
    {REAL, "double(0)"},
    {REAL, "double(1)"},
    {REAL, "-(2)"},
    {BOOL, "(3 && 3)"},
    {BOOL, "(3 || 3)"},
    {BOOL, "(3 && 3 && 3)"},
    {BOOL, "!(3)"},
    {BOOL, "(0 < 0)"},
    {BOOL, "(0 <= 2)"},
    {BOOL, "(1 > 0)"},
    {BOOL, "(2 >= 2)"},
    {BOOL, "(0 == 0)"},
    {BOOL, "(2 != 2)"},
    {BOOL, "(4 == 4)"},
    {BOOL, "(4 < 4)"},
    {BOOL, "(5 < 5)"},
    {BOOL, "(6 >= 6)"},
    {BOOL, "(7 == 7)"},
    {BOOL, "(9 == 9)"},
    {BOOL, "(0 in 7)"},
    {BOOL, "(4 in 9)"},
    {BOOL, "(4 in 8)"},
    {BOOL, "has(9.a)"},
    {BOOL, "4.contains(4)"},
    {BOOL, "4.startsWith(4)"},
    {BOOL, "4.endsWith(4)"},
    {BOOL, "4.matches('^[a-z]+$')"},
    {BOOL, "4.matches('(a|b){2,9}x{3}|1')"},
    {BOOL, "4.matches(4)"},
    {BOOL, "7.all(@, 3 || @ > 0)"},
    {BOOL, "7.exists(@, @ == 0)"},
    {BOOL, "7.exists_one(@, 0 / @ > 0)"},
    {BOOL, "9.all(@, @ != 4)"},
    {BOOL, "(3 ? 3 : 3)"},
    {TEXT, "(4 + 4)"},
    {TEXT, "string(0)"},
    {TEXT, "string(2)"},
    {TEXT, "string(5)"},
    {TEXT, "string(6)"},
    {TEXT, "4.charAt(0)"},
    {TEXT, "4.substring(0)"},
    {TEXT, "4.replace(4, 4)"},
    {TEXT, "4.trim()"},
    {TEXT, "4.reverse()"},
    {TEXT, "4.upperAscii()"},
    {TEXT, "8.join(4)"},
    {TEXT, "8[0]"},
    {TEXT, "(3 ? 4 : 4)"},
    {SPAN, "(5 + 5)"},
    {SPAN, "(5 - 5)"},
    {SPAN, "(6 - 6)"},
    {TIME, "(6 + 5)"},
    {TIME, "(5 + 6)"},
    {TIME, "(6 - 5)"},
    {TIME, "timestamp(0)"},
    {INTS, "(7 + 7)"},
    {INTS, "[0, 0]"},
    {INTS, "7.filter(@, @ > 0)"},
    {INTS, "7.map(@, @ * 0)"},
    {INTS, "7.map(@, @ != 0, @ + 0)"},
    {TEXTS, "4.split(4)"},
    {TEXTS, "[4, 4]"},
    {TEXTS, "(8 + 8)"},
    {MAP, "{4: 0}"},
    {MAP, "{4: 0, 4: 0}"},
};

static void put(struct pair *pair, const char *constants, const char *variables)
{
    size_t a = strlen(constants);
    size_t b = strlen(variables);
    assert(pair->constants_size + a < TEXT_MAX && pair->variables_size + b < TEXT_MAX);
    memcpy(pair->constants + pair->constants_size, constants, a + 1);
    memcpy(pair->variables + pair->variables_size, variables, b + 1);
    pair->constants_size += a;
    pair->variables_size += b;
}

/* Runs within the budget that was promised when it was compiled: the bound must hold. */
static struct value run(struct arena *arena, const char *source, const struct expr_scope *scope,
                        const struct value *values, bool *out_constant)
{
    struct expr_request request = {
        .text = source, .size = strlen(source), .scope = scope, .cost_max = UINT64_MAX};
    const struct expr_program *program;
    struct fault fault = {0};
    if (expr_compile(arena, &request, &program, &fault) != STATUS_OK)
        fail_msg("%s\n  %s", source, fault.text);
    *out_constant = expr_constant(program) != NULL;
    struct expr_input input = {.banks = {values}, .arena = arena, .budget = expr_cost(program)};
    struct value value = expr_evaluate(program, &input);
    if (value.kind == VALUE_ERROR && value.as.error == VALUE_ERROR_BUDGET)
        fail_msg("%s\n  takes more than its %llu steps", source, (unsigned long long)input.budget);
    return value;
}

static void put_leaf(struct pair *pair, enum kind kind)
{
    const char *literal = literals[kind][random_below(&pair->random, 8)];
    if (pair->count == VARIABLES_MAX || random_below(&pair->random, 4) == 0) {
        put(pair, literal, literal);
        return;
    }
    static const struct expr_scope empty = {0};
    bool is_constant;
    size_t n = pair->count++;
    (void)snprintf(pair->names[n], NAME_SIZE, "v.a%zu", n); /* fits: two digits */
    pair->values[n] = run(pair->arena, literal, &empty, NULL, &is_constant);
    pair->declared[n] = (struct expr_variable){pair->names[n], types[kind], 0, (uint16_t)n};
    put(pair, literal, pair->names[n]);
}

static void generate(struct pair *pair, enum kind kind, int depth)
{
    size_t candidates[COUNT_OF(templates)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(templates); i++)
        if (templates[i].result == kind)
            candidates[count++] = i;
    if (depth == 0 || random_below(&pair->random, 5) == 0) {
        put_leaf(pair, kind);
        return;
    }
    const char *template = templates[candidates[random_below(&pair->random, count)]].text;
    char local[NAME_SIZE];
    (void)snprintf(local, sizeof local, "x%d", pair->locals++); /* fits: numbers stay small */
    bool is_quoted = false;
    for (; *template != '\0'; template ++) {
        char letter[2] = {*template, '\0'};
        is_quoted ^= *template == '\'';
        if (*template == '@')
            put(pair, local, local);
        else if (*template >= '0' && *template <= '9' && !is_quoted)
            generate(pair, (enum kind)(*template - '0'), depth - 1);
        else
            put(pair, letter, letter);
    }
    pair->locals--;
}

static const char *shown(struct arena *arena, struct value value)
{
    return value.kind == VALUE_ERROR ? value_error_text(value.as.error)
                                     : value_literal(arena, value);
}

struct tally {
    int folded;
    int values; /* not errors */
};

static void check_one(struct arena *arena, uint64_t seed, uint64_t number, struct tally *tally)
{
    static struct pair pair; /* large; made anew every time */
    pair = (struct pair){.arena = arena};
    random_init_stream(&pair.random, seed, "expression", number);
    generate(&pair, (enum kind)random_below(&pair.random, KINDS), 4);
    static const struct expr_scope empty = {0};
    struct expr_scope scope = {.variables = pair.declared, .variable_count = pair.count};
    bool is_constant;
    struct value a = run(arena, pair.constants, &empty, NULL, &is_constant);
    tally->folded += is_constant;
    bool unused;
    struct value b = run(arena, pair.variables, &scope, pair.values, &unused);
    if (strcmp(shown(arena, a), shown(arena, b)) != 0)
        fail_msg("number %llu: %s\n  folded    %s\n  evaluated %s", (unsigned long long)number,
                 pair.constants, shown(arena, a), shown(arena, b));
    if (a.kind == VALUE_ERROR)
        return;
    tally->values++;
    const char *literal = value_literal(arena, a);
    struct value again = run(arena, literal, &empty, NULL, &unused);
    if (again.kind != a.kind || strcmp(shown(arena, again), literal) != 0)
        fail_msg("%s is not itself", literal);
}

static void folding_changes_nothing(void **state)
{
    (void)state;
    uint64_t seed = 7;
    const char *given = getenv("EXPR_SEED");
    if (given != NULL)
        seed = strtoull(given, NULL, 10);
    printf("seed %llu (EXPR_SEED)\n", (unsigned long long)seed);
    struct arena arena;
    arena_init(&arena, (size_t)64 << 20);
    struct tally tally = {0};
    for (uint64_t i = 0; i < EXPRESSIONS; i++) {
        check_one(&arena, seed, i, &tally);
        arena_reset(&arena);
    }
    assert_true(tally.folded > EXPRESSIONS * 9 / 10);
    assert_true(tally.values > EXPRESSIONS / 2);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folding_changes_nothing),
    };
    return cmocka_run_group_tests_name("expr random", tests, NULL, NULL);
}
