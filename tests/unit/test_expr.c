/* expr: what the checker refuses and how it says so, scopes, costs, budgets, errors as values. */
#include "expr_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *text;
    const char *want;
};

/* Runs rows of (source, value as source or "error: …" or "refused: …"). */
static void check_rows(const struct row *rows, size_t count)
{
    struct expr_fixture fixture;
    expr_fixture_init(&fixture);
    for (size_t i = 0; i < count; i++) {
        const char *got = expr_fixture_run(&fixture, rows[i].text, strlen(rows[i].text));
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s\n  wanted %s\n  got    %s", rows[i].text, rows[i].want, got);
    }
    expr_fixture_deinit(&fixture);
}

static void check_faults(const struct row *rows, size_t count, const struct expr_type *want)
{
    struct expr_fixture fixture;
    expr_fixture_init(&fixture);
    for (size_t i = 0; i < count; i++) {
        const char *got = expr_fixture_fault(&fixture, rows[i].text, want);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s\n  wanted %s\n  got    %s", rows[i].text, rows[i].want, got);
    }
    expr_fixture_deinit(&fixture);
}

#define CHECK_ROWS(rows) check_rows(rows, COUNT_OF(rows))
#define CHECK_FAULTS(rows, want) check_faults(rows, COUNT_OF(rows), want)

static void faults_point_at_the_place_and_suggest(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"ctx.playrs > 1", "1:5: unknown name 'ctx.playrs' [did you mean 'ctx.players'?]"},
        {"ctx.players\n  > nwo", "2:5: unknown name 'nwo' [did you mean 'now'?]"},
        {"ctx", "1:1: 'ctx' is not a value by itself [name one of its fields, such as "
                "'ctx.players']"},
        {"ctx.players.x", "1:13: int has no field 'x'"},
        {"sise(ctx.log)", "1:1: unknown function 'sise' [did you mean 'size'?]"},
        {"startsWith('a', 'b')", "1:1: unknown function 'startsWith' [call it as x.startsWith(…)]"},
        {"'a'.string()", "1:5: unknown function 'string' [call it as string(…)]"},
        {"ctx.log.exist(x, x == '')", "1:15: unknown name 'x'"},
        {"size(1)", "1:1: size(int): no such overload"},
        {"'a'.contains(1)", "1:5: string.contains(int): no such overload"},
        {"1 + 'a'", "1:3: '+' does not take int and string [convert the number with string(…)]"},
        {"1 + 2.0", "1:3: '+' does not take int and double [convert one side with int(…), "
                    "uint(…) or double(…)]"},
        {"event.reason == null", "1:14: '==' does not take string and null [whether there is a "
                                 "value is asked with has(…)]"},
        {"ctx.round_time > 5", "1:16: '>' does not take duration and int [a span of time is "
                               "written duration('90s')]"},
        {"ctx.players && true", "1:5: each side of && must be bool, this is int"},
        {"ctx.log['a']", "1:8: list(string) cannot be indexed with string"},
        {"1 ? 2 : 3", "1:3: a ? b : c does not take (int, int, int)"},
        {"active('plying')", "1:8: unknown state 'plying' [did you mean 'playing'?]"},
        {"active(ctx.log[0])", "1:1: active() takes the name of a state in quotes"},
        {"ctx.status == 'opn'", "1:15: 'opn' is not one of enum('draft', 'open', 'closed')"},
        {"ctx.status in ['open', 'shut']",
         "1:24: 'shut' is not one of enum('draft', 'open', 'closed')"},
        {"[1].map(1, 2)", "1:9: the first argument of a macro is the name of its variable"},
        {"ctx.players.all(x, true)", "1:13: only lists and maps can be gone through, this is int"},
        {"has(ctx.players > 1)",
         "1:17: has() takes a field, as in has(event.reason) or has(ctx.scores.anna)"},
        {"{1.5: 2}", "1:2: keys of a map are bool, int, uint or string, this is double"},
        {"{1: 2}.a", "1:8: the keys of map(int, int) are not strings: write it with [ ]"},
        {"'a'.matches('x{2')", "accepted"},
        {"'a'.matches('[b')", "1:13: pattern: the class is not closed (at its byte 1)"},
        {"pairing.strenth('x')",
         "1:9: unknown function 'pairing.strenth' [did you mean 'pairing.strength'?]"},
    };

    CHECK_FAULTS(rows, NULL);
}

static void syntax_errors_say_what_was_expected(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", "1:1: the expression ends where a value is expected"},
        {"1 +", "1:4: the expression ends where a value is expected"},
        {"(1", "1:3: the expression ends where ')' is expected"},
        {"1 2", "1:3: unexpected '2' where the end or an operator is expected"},
        {"a & b", "1:3: unexpected character '&' [write '&&']"},
        {"a = b", "1:3: unexpected character '=' [equality is written '==']"},
        {"'abc", "1:1: the string is not closed [strings over several lines are written "
                 "'''…''']"},
        {"'\\q'", "1:2: unknown or incomplete escape in a string"},
        {"'\\ud800'", "1:2: unknown or incomplete escape in a string"},
        {"b'x'", "1:1: there are no byte strings in this language"},
        {"9223372036854775808", "1:1: the number does not fit an int"},
        {"99999999999999999999", "1:1: the number does not fit 64 bits"},
        {"1e999", "1:1: the number is too large for a double"},
        {"12ab", "1:3: unexpected 'a' after a number"},
        {"if", "1:1: 'if' is a reserved word"},
        {"x.true", "1:3: unexpected 'true' where the name of a field is expected"},
        {"'\xff'", "1:2: the expression is not valid UTF-8 here"},
        {"f(1,)", "1:5: unexpected ')' where an argument is expected"},
        {"#", "1:1: unexpected character '#'"},
    };
    CHECK_FAULTS(rows, NULL);
}

static void results_must_be_of_the_wanted_type(void **state)
{
    (void)state;
    static const struct row guards[] = {
        {"ctx.players", "1:5: this is int where bool is wanted"},
        {"dyn(true)", "1:1: this is dyn where bool is wanted [convert it, for example with "
                      "int(…) or string(…)]"},
        {"active('playing')", "accepted"},
    };
    CHECK_FAULTS(guards, &expr_bool);
    static const struct row times[] = {
        {"null", "1:1: this is null where timestamp is wanted"},
        {"now + duration('1h')", "accepted"},
    };
    CHECK_FAULTS(times, &expr_timestamp);
    static const struct expr_type ints = {.kind = EXPR_LIST, .item = &expr_int};
    static const struct row lists[] = {
        {"[]", "accepted"},
        {"[1, 2].filter(x, x > ctx.players)", "accepted"},
        {"[1, 'a']", "1:1: this is list(dyn) where list(int) is wanted"},
    };
    CHECK_FAULTS(lists, &ints);
    static const char *const names[] = {"draft", "open", "closed"};
    static const struct expr_type status = {.kind = EXPR_ENUM, .names = names, .names_count = 3};
    static const struct row enums[] = {
        {"'open'", "accepted"},
        {"ctx.status", "accepted"},
        {"ctx.players > 2 ? 'open' : ctx.status", "accepted"},
        {"ctx.players > 2 ? 'opened' : ctx.status",
         "1:19: 'opened' is not one of enum('draft', 'open', 'closed')"},
        {"event.reason", "1:7: this is string where enum('draft', 'open', 'closed') is wanted"},
    };
    CHECK_FAULTS(enums, &status);
}

static void errors_are_values_that_logic_absorbs(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"event.reason == 'x' || ctx.players == 8", "true"},
        {"ctx.players == 8 || event.reason == 'x'", "true"},
        {"event.reason == 'x' && ctx.players == 0", "false"},
        {"event.reason == 'x' || ctx.players == 0", "error: a variable without a value was read"},
        {"[1, 0, 2].exists(x, 2 / x == 1)", "true"},
        {"[1, 0, 4].exists(x, 2 / x == 1)", "error: division by zero"},
        {"[2, 0].all(x, 2 / x == 3)", "false"},
        {"[2, 0].exists_one(x, 2 / x == 1)", "error: division by zero"},
        {"dyn(1) || true", "true"},
        {"true && dyn('x')", "error: no such overload"},
        {"dyn('a') + dyn(1)", "error: no such overload"},
        {"-dyn('a')", "error: no such overload"},
        {"!dyn('a')", "error: no such overload"},
        {"dyn('a') < dyn(1)", "error: no such overload"},
        {"dyn('a')[0]", "error: no such overload"},
        {"dyn(1).x", "error: no such overload"},
        {"1 in dyn(1)", "error: no such overload"},
        {"dyn(1) ? 2 : 3", "error: no such overload"},
        {"{dyn(1.5): 2}", "error: no such overload"},
        {"dyn(1).all(x, true)", "error: no such overload"},
        {"[1].all(x, dyn(x))", "error: no such overload"},
        {"[1][2]", "error: index out of range"},
        {"[1][-1]", "error: index out of range"},
        {"ctx.any + 1", "9"},
        {"event.when + duration('1h')", "error: a variable without a value was read"},
        {"event.games + 1", "5"},
        {"event.games - 1", "3"},
        {"1 + event.games", "5"},
        {"event.games == 4 && 4 == event.games && 3 < event.games && event.games != 3", "true"},
        {"ctx.rate * 2.0", "3.0"},
        {"ctx.seed + 1u", "8u"},
    };
    CHECK_ROWS(rows);
}

static void has_asks_without_reading(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"has(event.reason)", "false"},
        {"has(event.games)", "true"},
        {"has(event.games) && event.games > 3", "true"},
        {"has(ctx.scores.anna)", "true"},
        {"has(ctx.scores.zoe)", "false"},
        {"has({'a': 1}.a)", "true"},
        {"has(dyn(1).a)", "error: no such overload"},
    };
    CHECK_ROWS(rows);
}

static void names_resolve_innermost_first(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[1, 2].map(now, now + 1)", "[2, 3]"},
        {"[{'players': 3}].map(ctx, ctx.players)", "[3]"},
        {"[{'players': 3}].map(ctx, .ctx.players)", "[8]"},
        {"[1].map(x, [2].map(x, x))", "[[2]]"},
        {"[1].map(x, [2].map(y, x + y))", "[[3]]"},
        {"cel.bind(x, 3, x * x)", "9"},
        {"cel.bind(x, 1 / 0, true)", "error: division by zero"},
        {"pairing.strength('ab')", "1002"},
        {"'abc'.strength()", "1003"},
        {"pairing.strength('')", "error: a function of the host failed"},
        {"pairing.strength(dyn(1))", "error: no such overload"},
        {"active('playing') && !active('review')", "true"},
        {"{'foo.txt': 32}.`foo.txt`", "32"},
        {"string(instance.id) + '/1'", "'t/42/1'"},
    };
    CHECK_ROWS(rows);
}

static struct expr_request request_of(const char *text, const struct expr_scope *scope)
{
    return (struct expr_request){.text = text, .size = strlen(text), .scope = scope};
}

static const struct expr_program *compiled(struct expr_fixture *fixture, const char *text)
{
    struct expr_request request = request_of(text, &expr_fixture_scope);
    const struct expr_program *program = NULL;
    struct fault fault = {0};
    if (expr_compile(&fixture->programs, &request, &program, &fault) != STATUS_OK)
        fail_msg("%s: %s", text, fault.text);
    return program;
}

static void inner_scopes_hide_outer_ones(void **state)
{
    (void)state;
    static const struct expr_variable inner_variables[] = {{"ctx.players", &expr_string, 3, 0}};
    struct expr_scope inner = {
        .parent = &expr_fixture_scope, .variables = inner_variables, .variable_count = 1};
    struct expr_fixture fixture;
    expr_fixture_init(&fixture);
    struct value hidden[] = {value_text("eight")};
    fixture.input.banks[3] = hidden;
    struct expr_request request = request_of("ctx.players + string(ctx.round)", &inner);
    const struct expr_program *program;
    struct fault fault;
    assert_int_equal(expr_compile(&fixture.programs, &request, &program, &fault), STATUS_OK);
    struct value value = expr_evaluate(program, &fixture.input);
    assert_string_equal(value_literal(&fixture.results, value), "'eight1'");
    expr_fixture_deinit(&fixture);
}

static void constants_are_folded_and_known(void **state)
{
    (void)state;
    struct expr_fixture fixture;
    expr_fixture_init(&fixture);
    const struct value *constant = expr_constant(compiled(&fixture, "1 + 2 * 3 == 7"));
    assert_non_null(constant);
    assert_true(constant->as.boolean);
    assert_non_null(expr_constant(compiled(&fixture, "ctx.players > 2 || true")));
    assert_non_null(expr_constant(compiled(&fixture, "[1, 2].map(x, x * 2).exists(x, x == 4)")));
    assert_null(expr_constant(compiled(&fixture, "ctx.players > 2")));
    assert_null(expr_constant(compiled(&fixture, "active('draft')")));
    constant = expr_constant(compiled(&fixture, "duration('1x') > duration('1s')"));
    assert_non_null(constant);
    assert_int_equal(constant->kind, VALUE_ERROR);
    const struct value *error =
        expr_constant_error(compiled(&fixture, "now > timestamp('2026-13-01T00:00:00Z')"));
    assert_non_null(error);
    assert_int_equal(error->as.error, VALUE_ERROR_BAD_TEXT);
    assert_int_equal(error->size, 7);
    assert_null(expr_constant_error(compiled(&fixture, "now > ctx.closes_at")));
    expr_fixture_deinit(&fixture);
}

static void reads_are_listed_once_in_order(void **state)
{
    (void)state;
    struct expr_fixture fixture;
    expr_fixture_init(&fixture);
    size_t count;
    const struct expr_variable *reads = expr_reads(
        compiled(&fixture, "ctx.round < ctx.rounds && has(event.reason) && ctx.round > 0"), &count);
    assert_int_equal(count, 3);
    assert_string_equal(reads[0].name, "ctx.round");
    assert_string_equal(reads[1].name, "ctx.rounds");
    assert_string_equal(reads[2].name, "event.reason");
    expr_fixture_deinit(&fixture);
}

static void errors_carry_their_column(void **state)
{
    (void)state;
    struct expr_fixture fixture;
    expr_fixture_init(&fixture);
    fixture.ctx[0] = value_int(0);
    struct value value =
        expr_evaluate(compiled(&fixture, "ctx.round == 1 && 12 / ctx.players > 1"), &fixture.input);
    assert_int_equal(value.kind, VALUE_ERROR);
    assert_int_equal(value.as.error, VALUE_ERROR_DIVISION);
    assert_int_equal(value.size, 22);
    expr_fixture_deinit(&fixture);
}

static void ints_do_not_wrap(void **state)
{
    (void)state;
    struct expr_fixture fixture;
    expr_fixture_init(&fixture);
    fixture.ctx[0] = value_int(INT64_MAX);
    fixture.ctx[1] = value_int(INT64_MIN);
    static const char *const overflows[] = {
        "ctx.players + 1", "1 + ctx.players",        "ctx.round - 1",  "-ctx.round",
        "ctx.players * 2", "ctx.round / -1",         "ctx.round % -1", "ctx.round * -1",
        "uint(ctx.round)", "ctx.round - ctx.players"};
    for (size_t i = 0; i < COUNT_OF(overflows); i++) {
        struct value value = expr_evaluate(compiled(&fixture, overflows[i]), &fixture.input);
        if (value.kind != VALUE_ERROR || value.as.error != VALUE_ERROR_OVERFLOW)
            fail_msg("%s did not overflow", overflows[i]);
    }
    struct value least = expr_evaluate(compiled(&fixture, "ctx.round + 0"), &fixture.input);
    assert_true(least.as.integer == INT64_MIN);
    expr_fixture_deinit(&fixture);
}

static void work_is_bounded_before_and_while_it_runs(void **state)
{
    (void)state;
    struct expr_fixture fixture;
    expr_fixture_init(&fixture);
    assert_true(expr_cost(compiled(&fixture, "ctx.players >= 2")) <= 3);
    assert_true(expr_cost(compiled(&fixture, "ctx.checked_in.all(p, p != '')")) <= 64 * 5);
    assert_true(expr_cost(compiled(&fixture, "ctx.log.all(p, p != '')")) > 65536);
    const char *fault =
        expr_fixture_fault(&fixture, "ctx.log.all(p, ctx.log.all(q, p == q))", NULL);
    assert_non_null(strstr(fault, "declare a max_size"));
    /* More than was declared: the budget holds all the same. */
    struct value item = value_text("x");
    struct value *items = arena_array(&fixture.programs, 100000, sizeof *items);
    for (size_t i = 0; i < 100000; i++)
        items[i] = item;
    fixture.ctx[5] = value_list(items, 100000);
    const struct expr_program *program =
        compiled(&fixture, "ctx.checked_in.all(a, ctx.checked_in.all(b, a == b))");
    struct value value = expr_evaluate(program, &fixture.input);
    assert_int_equal(value.kind, VALUE_ERROR);
    assert_int_equal(value.as.error, VALUE_ERROR_BUDGET);
    expr_fixture_deinit(&fixture);
}

static void guards_need_no_memory(void **state)
{
    (void)state;
    struct expr_fixture fixture;
    expr_fixture_init(&fixture);
    fixture.input.arena = NULL;
    static const char *const guards[] = {
        "ctx.players >= 2",
        "ctx.players >= 2 && ctx.status == 'open' && !ctx.cancelled",
        "ctx.checked_in.all(p, p in ctx.scores && ctx.scores[p] > 0)",
        "now < ctx.closes_at - duration('5m')",
        "active('playing') && ctx.log.exists_one(t, t.startsWith('an'))",
        "size(ctx.checked_in) >= 2",
    };
    for (size_t i = 0; i < COUNT_OF(guards); i++) {
        struct value value = expr_evaluate(compiled(&fixture, guards[i]), &fixture.input);
        if (value.kind != VALUE_BOOL || !value.as.boolean)
            fail_msg("%s", guards[i]);
    }
    struct value value = expr_evaluate(compiled(&fixture, "instance.id + '!'"), &fixture.input);
    assert_int_equal(value.as.error, VALUE_ERROR_MEMORY);
    expr_fixture_deinit(&fixture);
}

static bool zone_offset(void *user, const char *name, size_t size, int64_t seconds,
                        int32_t *out_offset)
{
    (void)seconds;
    *out_offset = *(const int32_t *)user;
    return size == 4 && memcmp(name, "Here", size) == 0;
}

static void named_zones_are_the_hosts(void **state)
{
    (void)state;
    struct expr_fixture fixture;
    expr_fixture_init(&fixture);
    const struct expr_program *here = compiled(&fixture, "now.getHours('Here')");
    const struct expr_program *there = compiled(&fixture, "timestamp(0).getHours('There')");
    assert_null(expr_constant(there)); /* the host decides, not the compiler */
    struct value value = expr_evaluate(here, &fixture.input);
    assert_int_equal(value.as.error, VALUE_ERROR_ZONE);
    int32_t offset = -3600;
    fixture.input.zone_offset = zone_offset;
    fixture.input.zone_user = &offset;
    assert_int_equal(expr_evaluate(here, &fixture.input).as.integer, 7);
    assert_int_equal(expr_evaluate(there, &fixture.input).as.error, VALUE_ERROR_ZONE);
    expr_fixture_deinit(&fixture);
}

static void matching_is_paid_for(void **state)
{
    (void)state;
    struct expr_fixture fixture;
    expr_fixture_init(&fixture);
    uint64_t one = expr_cost(compiled(&fixture, "instance.id.matches('a')"));
    uint64_t hundred = expr_cost(compiled(&fixture, "instance.id.matches('a{100}')"));
    assert_true(hundred > 40 * one);
    const char *fault = expr_fixture_fault(&fixture, "instance.id.matches(event.reason)", NULL);
    assert_non_null(strstr(fault, "declare a max_size"));
    expr_fixture_deinit(&fixture);
}

/* --- limits ----------------------------------------------------------------------------------- */

static char *repeated(struct arena *arena, const char *before, const char *middle,
                      const char *after, size_t count)
{
    size_t size = strlen(before);
    char *text = arena_alloc(arena, (size + strlen(after)) * count + strlen(middle) + 1);
    char *at = text;
    for (size_t i = 0; i < count; i++)
        at = (char *)memcpy(at, before, size) + size;
    at = (char *)memcpy(at, middle, strlen(middle)) + strlen(middle);
    for (size_t i = 0; i < count; i++)
        at = (char *)memcpy(at, after, strlen(after)) + strlen(after);
    return text;
}

static enum status status_of(struct expr_fixture *fixture, const char *text)
{
    struct expr_request request = request_of(text, &expr_fixture_scope);
    const struct expr_program *program;
    struct fault fault;
    return expr_compile(&fixture->programs, &request, &program, &fault);
}

static void limits_are_refused_not_overrun(void **state)
{
    (void)state;
    struct expr_fixture fixture;
    expr_fixture_init(&fixture);
    struct arena *arena = &fixture.programs;
    assert_int_equal(status_of(&fixture, repeated(arena, "(", "7", ")", 100)), STATUS_OK);
    assert_int_equal(status_of(&fixture, repeated(arena, "(", "7", ")", 30000)), STATUS_FULL);
    assert_int_equal(status_of(&fixture, repeated(arena, "[", "7", "]", 30000)), STATUS_FULL);
    assert_int_equal(status_of(&fixture, repeated(arena, "1+", "1", "", 150)), STATUS_OK);
    assert_int_equal(status_of(&fixture, repeated(arena, "1+", "1", "", 30000)), STATUS_FULL);
    assert_int_equal(status_of(&fixture, repeated(arena, "-", "1", "", 60000)), STATUS_OK);
    assert_int_equal(status_of(&fixture, repeated(arena, "true||", "true", "", 9000)), STATUS_OK);
    assert_int_equal(status_of(&fixture, repeated(arena, "1,", "1]", "", 30000)),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(status_of(&fixture, repeated(arena, "true?1:", "1", "", 9000)), STATUS_FULL);
    assert_int_equal(status_of(&fixture, repeated(arena, "[0].map(x,", "0", ")", 16)), STATUS_OK);
    assert_int_equal(status_of(&fixture, repeated(arena, "[0].map(x,", "0", ")", 17)), STATUS_FULL);
    assert_int_equal(status_of(&fixture, repeated(arena, " ", "1", "", EXPR_SOURCE_MAX)),
                     STATUS_FULL);
    expr_fixture_deinit(&fixture);
}

static void full_arenas_are_reported(void **state)
{
    (void)state;
    struct expr_request request =
        request_of("[ctx.players, 2].map(x, x * 2).exists(x, string(x).matches('^[0-9]+$')) "
                   "&& ctx.checked_in.filter(p, p.startsWith('a')) == ['anna'] "
                   "&& 'abc'.replace('b', 'x') + 'd' == 'axcd'",
                   &expr_fixture_scope);
    struct expr_fixture fixture;
    expr_fixture_init(&fixture);
    bool compiled_once = false;
    for (size_t size = 0; size < 60000 && !compiled_once; size += 16) {
        struct arena arena;
        arena_init(&arena, size);
        const struct expr_program *program = NULL;
        struct fault fault;
        enum status status = expr_compile(&arena, &request, &program, &fault);
        assert_true(status == STATUS_FULL || status == STATUS_OK);
        compiled_once = status == STATUS_OK;
        if (compiled_once)
            assert_true(expr_evaluate(program, &fixture.input).as.boolean);
        arena_deinit(&arena);
    }
    assert_true(compiled_once);
    const struct expr_program *program =
        compiled(&fixture, "ctx.checked_in.map(p, p + p).join('-')");
    bool evaluated_once = false;
    for (size_t size = 0; size < 4096 && !evaluated_once; size += 16) {
        struct arena arena;
        arena_init(&arena, size);
        fixture.input.arena = &arena;
        struct value value = expr_evaluate(program, &fixture.input);
        evaluated_once = value.kind == VALUE_STRING;
        assert_true(evaluated_once || value.as.error == VALUE_ERROR_MEMORY);
        arena_deinit(&arena);
    }
    assert_true(evaluated_once);
    expr_fixture_deinit(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_point_at_the_place_and_suggest),
        cmocka_unit_test(syntax_errors_say_what_was_expected),
        cmocka_unit_test(results_must_be_of_the_wanted_type),
        cmocka_unit_test(errors_are_values_that_logic_absorbs),
        cmocka_unit_test(has_asks_without_reading),
        cmocka_unit_test(names_resolve_innermost_first),
        cmocka_unit_test(inner_scopes_hide_outer_ones),
        cmocka_unit_test(constants_are_folded_and_known),
        cmocka_unit_test(reads_are_listed_once_in_order),
        cmocka_unit_test(errors_carry_their_column),
        cmocka_unit_test(ints_do_not_wrap),
        cmocka_unit_test(work_is_bounded_before_and_while_it_runs),
        cmocka_unit_test(guards_need_no_memory),
        cmocka_unit_test(named_zones_are_the_hosts),
        cmocka_unit_test(matching_is_paid_for),
        cmocka_unit_test(limits_are_refused_not_overrun),
        cmocka_unit_test(full_arenas_are_reported),
    };
    return cmocka_run_group_tests_name("expr", tests, NULL, NULL);
}
