/* The table of store commands agrees with the statements and with itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/writes_table.h"

static bool has_parameter(const char *parameters, const char *name, size_t size)
{
    struct write_parameter parameter;
    while (writes_next_parameter(&parameters, &parameter))
        if (parameter.name_size == size && memcmp(parameter.name, name, size) == 0)
            return true;
    return false;
}

/* An argument of a list's items belongs to the items, which the parameters only name as a list. */
static void check_step(const struct write *write, const struct write_step *step)
{
    size_t count = 0;
    for (const char *word = step->arguments; *word != '\0'; word += strspn(word, " ")) {
        size_t size = strcspn(word, " ");
        size_t name_size = strcspn(word, "?= ");
        if (*word != '$' && *word != '\'' && step->each == NULL &&
            !has_parameter(write->command.parameters, word, name_size))
            fail_msg("%s: '%.*s' is no parameter", write->command.name, (int)size, word);
        count++;
        word += size;
    }
    const char *types = sql_statement(step->statement)->types;
    if (strlen(types) != count)
        fail_msg("%s: %s takes %zu parameters, not %zu", write->command.name,
                 sql_statement(step->statement)->name, strlen(types), count);
}

static void arguments_match_statements(void **state)
{
    (void)state; /* no fixture */
    size_t index = 0;
    for (const struct write_command *command; (command = writes_command(index)) != NULL; index++) {
        const struct write *write = writes_find(command->name);
        assert_non_null(write);
        bool must_change = false;
        for (size_t i = 0; i < WRITE_STEPS_MAX && write->steps[i].arguments != NULL; i++) {
            check_step(write, &write->steps[i]);
            must_change = must_change || write->steps[i].must_change;
        }
        if (must_change && write->refusal == NULL)
            fail_msg("%s can be refused and does not say why", command->name);
    }
    assert_true(index > 30);
}

static void parameters_are_read_with_their_types(void **state)
{
    (void)state; /* no fixture */
    const char *cursor = "id string, request map(string, dyn)?, items list(map(string, dyn))";
    static const struct {
        const char *name;
        const char *type;
        bool is_optional;
    } expected[] = {{"id", "string", false},
                    {"request", "map(string, dyn)", true},
                    {"items", "list(map(string, dyn))", false}};
    struct write_parameter parameter;
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_true(writes_next_parameter(&cursor, &parameter));
        assert_int_equal(parameter.name_size, strlen(expected[i].name));
        assert_memory_equal(parameter.name, expected[i].name, parameter.name_size);
        assert_int_equal(parameter.type_size, strlen(expected[i].type));
        assert_memory_equal(parameter.type, expected[i].type, parameter.type_size);
        assert_int_equal(parameter.is_optional, expected[i].is_optional);
    }
    assert_false(writes_next_parameter(&cursor, &parameter));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_match_statements),
        cmocka_unit_test(parameters_are_read_with_their_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
