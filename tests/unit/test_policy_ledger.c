/* The ledger of policy keys: tests/policies/keys.txt has one row for every key of the table, with
 * the test that sees the key's effect in a running event; what no event follows yet says
 * `not_live`. A key without a row fails, and so does a row without its key or its test. */
#include "base/attr.h"
#include "orchestrator/format/format_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LEDGER "tests/policies/keys.txt"

enum { ROWS_MAX = 400, WORD_SIZE = 128, TEXT_MAX = 1 << 20 };

struct row {
    char path[WORD_SIZE];
    char file[WORD_SIZE]; /* of tests/contract; or not_live */
    char test[WORD_SIZE];
    bool is_of_a_key;
};

static struct row rows[ROWS_MAX];
static size_t row_count;

static int read_ledger(void **state)
{
    (void)state;
    char line[3 * WORD_SIZE];
    FILE *file = fopen(LEDGER, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        struct row row = {.test = ""};
        if (line[0] == '#' || line[0] == '\n')
            continue;
        assert_true(row_count < ROWS_MAX);
        if (sscanf(line, "%127s %127s %127s", row.path, row.file, row.test) < 2)
            fail_msg("%s: a row has a key and a test: %s", LEDGER, line);
        rows[row_count++] = row;
    }
    assert_int_equal(fclose(file), 0);
    return 0;
}

static struct row *row_of(const char *path)
{
    struct row *found = NULL;
    for (size_t i = 0; i < row_count; i++) {
        if (strcmp(rows[i].path, path) != 0)
            continue;
        if (found != NULL)
            fail_msg("%s has two rows for %s", LEDGER, path);
        found = &rows[i];
    }
    return found;
}

static const char *text_of(const char *name)
{
    static char text[TEXT_MAX];
    char path[2 * WORD_SIZE];
    assert_in_range(snprintf(path, sizeof path, "tests/contract/%s.c", name), 1, sizeof path - 1);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s names %s, which is not there", LEDGER, path);
    size_t size = fread(text, 1, sizeof text - 1, file);
    assert_in_range(size, 1, sizeof text - 2);
    text[size] = '\0';
    assert_int_equal(fclose(file), 0);
    return text;
}

/* The test is one of those that its program runs, and a policy there says the key. */
static void check_test(const struct row *row, const char *key)
{
    char registered[WORD_SIZE + 8];
    char said[WORD_SIZE + 8];
    const char *text = text_of(row->file);
    (void)snprintf(registered, sizeof registered, "(%s", row->test); /* fits */
    (void)snprintf(said, sizeof said, "%s: ", key);
    if (row->test[0] == '\0' || strstr(text, registered) == NULL)
        fail_msg("%s: %s runs no test '%s'", row->path, row->file, row->test);
    if (strstr(text, said) == NULL)
        fail_msg("%s: no policy of %s says '%s'", row->path, row->file, said);
}

static void every_key_has_its_row(void **state)
{
    (void)state;
    struct format_walk walk = {0};
    struct format_place place;
    while (format_walk_next(&walk, &place)) {
        if (place.key->section != NULL && !place.key->is_not_live)
            continue; /* its keys have rows */
        struct row *row = row_of(place.path);
        if (row == NULL)
            fail_msg("%s has no row in %s: name the test that sees its effect", place.path, LEDGER);
        row->is_of_a_key = true;
        bool is_not_live = strcmp(row->file, "not_live") == 0;
        if (is_not_live != place.key->is_not_live)
            fail_msg("%s: the table and %s do not agree on whether it is live", place.path, LEDGER);
        if (!is_not_live)
            check_test(row, place.key->name);
    }
}

static void every_row_is_of_a_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < row_count; i++)
        if (!rows[i].is_of_a_key)
            fail_msg("%s has a row for %s, which is no key", LEDGER, rows[i].path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_has_its_row),
        cmocka_unit_test(every_row_is_of_a_key),
    };
    return cmocka_run_group_tests(tests, read_ledger, NULL);
}
