/* docs/expressions.md: every line in its boxes does what it says. */
#include "base/buffer.h"
#include "expr_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Splits "source   // => value" at the comment that says what to expect. */
static const char *find_expectation(const char *line, size_t size)
{
    static const char *const marks[] = {"// => ", "// error: ", "// refused: "};
    for (size_t i = 0; i < size; i++)
        for (size_t m = 0; m < COUNT_OF(marks); m++)
            if (strncmp(line + i, marks[m], strlen(marks[m])) == 0)
                return line + i + 3;
    return NULL;
}

static void check_line(struct expr_fixture *fixture, const char *line, size_t size)
{
    const char *expected = find_expectation(line, size);
    char want[256] = "true";
    size_t source_size = size;
    if (expected != NULL) {
        source_size = (size_t)(expected - 3 - line);
        bool is_value = strncmp(expected, "=> ", 3) == 0;
        expected += is_value ? 3 : 0;
        (void)snprintf(want, sizeof want, "%.*s", (int)(line + size - expected),
                       expected); /* lines are short */
    }
    const char *got = expr_fixture_run(fixture, line, source_size);
    bool matches = strncmp(want, "refused: ", 9) == 0 ? strncmp(got, want, strlen(want)) == 0
                                                      : strcmp(got, want) == 0;
    if (!matches)
        fail_msg("%.*s\n  wanted %s\n  got    %s", (int)size, line, want, got);
}

static void examples_do_what_they_say(void **state)
{
    (void)state;
    struct buffer page = {0};
    assert_int_equal(buffer_read_file(&page, "docs/expressions.md"), STATUS_OK);
    struct expr_fixture fixture;
    expr_fixture_init(&fixture);
    bool is_box = false;
    int count = 0;
    for (const char *line = buffer_text(&page); *line != '\0';) {
        size_t size = strcspn(line, "\n");
        if (strncmp(line, "```", 3) == 0) {
            is_box = strncmp(line, "```cel", 6) == 0;
        } else if (is_box) {
            check_line(&fixture, line, size);
            count++;
        }
        line += size + (line[size] == '\n');
    }
    assert_true(count > 50);
    expr_fixture_deinit(&fixture);
    buffer_deinit(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_do_what_they_say),
    };
    return cmocka_run_group_tests_name("expr docs", tests, NULL, NULL);
}
