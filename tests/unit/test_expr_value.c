/* Values and types: equality, order, text and back, copies, what a declared type admits. */
#include "fsm/expr/expr.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int open_arena(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static struct value evaluated(const char *text)
{
    struct expr_scope scope = {0};
    struct expr_request request = {.text = text, .size = strlen(text), .scope = &scope};
    const struct expr_program *program;
    struct fault fault = {0};
    if (expr_compile(&arena, &request, &program, &fault) != STATUS_OK)
        fail_msg("%s: %s", text, fault.text);
    return expr_evaluate(program, &(struct expr_input){.arena = &arena});
}

static void literals_read_back_as_they_were(void **state)
{
    (void)state;
    static const char *const literals[] = {
        "null",
        "true",
        "-9223372036854775808",
        "18446744073709551615u",
        "0.1",
        "-0.0",
        "1.0",
        "123456789012345680000.0",
        "1e+21",
        "1.5e-7",
        "0.000001",
        "5e-324",
        "1.7976931348623157e+308",
        "double('inf')",
        "double('-inf')",
        "'it\\'s \\\\ \\n\\r\\t\\x01\\x7f é \xF0\x9F\x98\x80'",
        "''",
        "[1, 2u, 3.0, 'four', [], {}]",
        "{'a': 1, 2: 'b', true: null, 3u: [4]}",
        "duration('5400s')",
        "duration('-0.000000001s')",
        "duration('9223372036.854775807s')",
        "duration('-9223372036.854775808s')",
        "timestamp('0001-01-01T00:00:00Z')",
        "timestamp('9999-12-31T23:59:59.999999999Z')",
        "timestamp('1969-12-31T23:59:59.5Z')",
        "google.protobuf.Timestamp",
        "int",
    };
    for (size_t i = 0; i < COUNT_OF(literals); i++)
        assert_string_equal(value_literal(&arena, evaluated(literals[i])), literals[i]);
}

static void doubles_read_back_exactly(void **state)
{
    (void)state;
    uint64_t bits = UINT64_C(0x123456789ABCDEF);
    for (int i = 0; i < 20000; i++) {
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double number;
        memcpy(&number, &bits, sizeof number);
        if (number - number != 0.0)
            continue;
        const char *text = value_literal(&arena, value_double(number));
        struct value back = evaluated(text);
        if (memcmp(&back.as.real, &number, sizeof number) != 0)
            fail_msg("%s is not what it was", text);
        arena_reset(&arena);
    }
}

static void messages_have_no_quotes(void **state)
{
    (void)state;
    assert_string_equal(value_message(&arena, value_text("open")), "open");
    assert_string_equal(value_message(&arena, value_double(1500000.0)), "1500000");
    assert_string_equal(value_message(&arena, evaluated("['a', 'b']")), "['a', 'b']");
    assert_string_equal(value_message(&arena, evaluated("duration('90s')")), "90s");
    assert_string_equal(value_message(&arena, value_error(VALUE_ERROR_DIVISION, 3)),
                        "division by zero");
    assert_string_equal(value_message(&arena, (struct value){0}), "unset");
}

static void numbers_compare_across_types(void **state)
{
    (void)state;
    assert_true(value_equal(value_int(1), value_uint(1)));
    assert_true(value_equal(value_int(1), value_double(1.0)));
    assert_false(value_equal(value_int(-1), value_uint(UINT64_MAX)));
    assert_false(value_equal(value_int(1), value_bool(true)));
    assert_false(value_equal(value_int(1), value_text("1")));
    double nan = evaluated("double('nan')").as.real;
    assert_false(value_equal(value_double(nan), value_double(nan)));
    int order;
    assert_false(value_compare(value_double(nan), value_int(1), &order));
    assert_true(value_compare(value_uint(UINT64_MAX), value_int(-1), &order));
    assert_int_equal(order, 1);
    assert_true(value_compare(value_int(-1), value_uint(0), &order));
    assert_int_equal(order, -1);
    assert_true(value_compare(value_double(1e300), value_uint(UINT64_MAX), &order));
    assert_int_equal(order, 1);
    assert_false(value_equal((struct value){0}, (struct value){0}));
}

static void copies_share_nothing(void **state)
{
    (void)state;
    char text[] = "anna";
    struct value item = value_string(text, 4);
    struct value_entry entry = {value_text("players"), value_list(&item, 1)};
    struct value copy;
    assert_true(value_copy(&arena, value_map(&entry, 1), &copy));
    text[0] = 'X';
    entry.key = value_null();
    assert_string_equal(value_literal(&arena, copy), "{'players': ['anna']}");
    struct arena small;
    arena_init(&small, 16);
    assert_false(value_copy(&small, copy, &item));
    arena_deinit(&small);
}

static void times_convert_from_and_to_ms(void **state)
{
    (void)state;
    assert_string_equal(value_message(&arena, value_timestamp_ms(-1)), "1969-12-31T23:59:59.999Z");
    assert_true(value_to_ms(value_timestamp_ms(-1)) == -1);
    assert_true(value_to_ms(value_timestamp_ms(INT64_C(1763800000123))) == INT64_C(1763800000123));
    assert_int_equal(value_timestamp_ms(INT64_MAX).kind, VALUE_ERROR);
    assert_int_equal(value_timestamp_ms(INT64_MIN).kind, VALUE_ERROR);
    assert_true(value_to_ms(value_duration(-1)) == -1);
    assert_true(value_to_ms(value_duration(VALUE_NANOS_PER_MS * 5)) == 5);
}

static const struct expr_type *type_of(const char *text)
{
    const struct expr_type *type = NULL;
    struct fault fault = {0};
    if (expr_type_parse(&arena, text, strlen(text), &type, &fault) != STATUS_OK)
        fail_msg("%s: %s", text, fault.text);
    return type;
}

static void types_read_and_print(void **state)
{
    (void)state;
    static const char *const types[] = {"int", "list(map(string, list(double)))",
                                        "map(bool, timestamp)", "type(int)", "null"};
    for (size_t i = 0; i < COUNT_OF(types); i++)
        assert_string_equal(expr_type_text(&arena, type_of(types[i])), types[i]);
    assert_true(expr_type_equal(type_of("list( int )"), type_of("list(int)")));
    assert_false(expr_type_equal(type_of("list(int)"), type_of("list(uint)")));
    static const char *const wrong[] = {"",
                                        "in",
                                        "integer",
                                        "list",
                                        "list(",
                                        "list(int",
                                        "map(int)",
                                        "map(double, int)",
                                        "int)",
                                        "list()",
                                        "map(list(int), int)"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        const struct expr_type *type;
        struct fault fault = {0};
        if (expr_type_parse(&arena, wrong[i], strlen(wrong[i]), &type, &fault) == STATUS_OK)
            fail_msg("'%s' was read", wrong[i]);
        assert_true(fault.column > 0 && fault.text[0] != '\0');
    }
}

static void types_admit_what_fits(void **state)
{
    (void)state;
    static const char *const names[] = {"open", "closed"};
    const struct expr_type status = {.kind = EXPR_ENUM, .names = names, .names_count = 2};
    const struct expr_type word = {.kind = EXPR_STRING, .size_max = 3};
    const struct expr_type words = {.kind = EXPR_LIST, .item = &word, .size_max = 2};
    assert_true(expr_type_admits(&status, value_text("open")));
    assert_false(expr_type_admits(&status, value_text("shut")));
    assert_true(expr_type_admits(&word, value_text("\xC3\xA9\xC3\xA9\xC3\xA9")));
    assert_false(expr_type_admits(&word, value_text("four")));
    assert_false(expr_type_admits(&word, value_text("\xFF")));
    assert_true(expr_type_admits(&words, evaluated("['a', 'b']")));
    assert_false(expr_type_admits(&words, evaluated("['a', 'b', 'c']")));
    assert_false(expr_type_admits(&words, evaluated("['a', 1]")));
    assert_false(expr_type_admits(&expr_int, value_double(1)));
    assert_false(expr_type_admits(&expr_int, (struct value){0}));
    assert_false(expr_type_admits(&expr_timestamp, value_timestamp(INT64_MAX, 0)));
    assert_true(expr_type_admits(&expr_dyn, evaluated("[1, {'a': null}]")));
    assert_false(expr_type_admits(&expr_dyn, value_error(VALUE_ERROR_HOST, 0)));
    struct value_entry twice[] = {{value_int(1), value_int(1)}, {value_int(1), value_int(2)}};
    assert_false(expr_type_admits(type_of("map(int, int)"), value_map(twice, 2)));
}

/* As deep as an expression may nest, and then one that holds the last: snapshots must not be able
 * to exhaust the stack. */
static void deep_values_are_not_admitted(void **state)
{
    (void)state;
    struct value value = value_int(1);
    for (int i = 0; i < EXPR_DEPTH_MAX + 10; i++) {
        struct value *item = arena_alloc(&arena, sizeof *item);
        *item = value;
        value = value_list(item, 1);
    }
    assert_false(expr_type_admits(&expr_dyn, value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(literals_read_back_as_they_were, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(doubles_read_back_exactly, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(messages_have_no_quotes, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(numbers_compare_across_types, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(copies_share_nothing, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(times_convert_from_and_to_ms, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(types_read_and_print, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(types_admit_what_fits, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(deep_values_are_not_admitted, open_arena, close_arena),
    };
    return cmocka_run_group_tests_name("expr value", tests, NULL, NULL);
}
