/* catalogue: which version of a machine is the current one; the rest is in test_catalogue.c. */
#include "orchestrator/catalogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *lamp(int version)
{
    static char text[128];
    (void)snprintf(text, sizeof text,
                   "machine: lamp\nversion: %d\ninitial: dark\nstates:\n  dark: {}\n", version);
    return text;
}

typedef enum status (*adder)(struct catalogue *catalogue, const char *file, const char *text,
                             size_t size, struct buffer *out_report,
                             const struct catalogue_entry **out_entry);

static const struct catalogue_entry *put(struct catalogue *catalogue, adder add, const char *text)
{
    struct buffer report = {0};
    const struct catalogue_entry *entry = NULL;
    enum status status = add(catalogue, "lamp.yaml", text, strlen(text), &report, &entry);
    if (status != STATUS_OK)
        print_error("%s\n", buffer_text(&report));
    assert_int_equal(status, STATUS_OK);
    buffer_deinit(&report);
    return entry;
}

static void what_was_added_last_is_current(void **state)
{
    (void)state;
    struct catalogue *catalogue = catalogue_create(NULL);
    const struct catalogue_entry *first = put(catalogue, catalogue_add, lamp(1));
    const struct catalogue_entry *second = put(catalogue, catalogue_add, lamp(2));
    assert_ptr_equal(catalogue_current(catalogue, "lamp"), second);
    assert_ptr_equal(put(catalogue, catalogue_add, lamp(1)), first); /* found, and newest again */
    assert_ptr_equal(catalogue_current(catalogue, "lamp"), first);
    assert_ptr_equal(catalogue_find(catalogue, "lamp", second->hash), second);
    catalogue_destroy(catalogue);
}

static void a_version_kept_for_old_instances_does_not_become_current(void **state)
{
    (void)state;
    struct catalogue *catalogue = catalogue_create(NULL);
    const struct catalogue_entry *current = put(catalogue, catalogue_add, lamp(2));
    const struct catalogue_entry *old = put(catalogue, catalogue_keep, lamp(1));
    assert_ptr_not_equal(old, current);
    assert_ptr_equal(catalogue_current(catalogue, "lamp"), current);
    assert_ptr_equal(catalogue_find(catalogue, "lamp", old->hash), old);
    assert_ptr_equal(put(catalogue, catalogue_keep, lamp(1)), old);
    assert_ptr_equal(catalogue_current(catalogue, "lamp"), current);
    catalogue_destroy(catalogue);
}

static void a_full_catalogue_still_finds_what_it_has(void **state)
{
    (void)state;
    struct catalogue *catalogue = catalogue_create(NULL);
    const struct catalogue_entry *first = put(catalogue, catalogue_add, lamp(1));
    for (int version = 2; version <= CATALOGUE_MACHINES_MAX; version++)
        (void)put(catalogue, catalogue_add, lamp(version));
    struct buffer report = {0};
    const struct catalogue_entry *entry = NULL;
    const char *more = lamp(CATALOGUE_MACHINES_MAX + 1);
    assert_int_equal(catalogue_add(catalogue, "x", more, strlen(more), &report, &entry),
                     STATUS_FULL);
    assert_null(entry);
    assert_ptr_equal(put(catalogue, catalogue_add, lamp(1)), first);
    buffer_deinit(&report);
    catalogue_destroy(catalogue);
}

static void a_machine_that_does_not_check_is_reported_and_left_out(void **state)
{
    (void)state;
    struct catalogue *catalogue = catalogue_create(NULL);
    struct buffer report = {0};
    const struct catalogue_entry *entry = NULL;
    const char *text = "machine: lamp\nversion: 1\ninitial: bright\nstates:\n  dark: {}\n";
    assert_int_equal(catalogue_add(catalogue, "lamp.yaml", text, strlen(text), &report, &entry),
                     STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(buffer_text(&report), "lamp.yaml:3:"));
    assert_null(catalogue_current(catalogue, "lamp"));
    buffer_deinit(&report);
    catalogue_destroy(catalogue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_last_is_current),
        cmocka_unit_test(a_version_kept_for_old_instances_does_not_become_current),
        cmocka_unit_test(a_full_catalogue_still_finds_what_it_has),
        cmocka_unit_test(a_machine_that_does_not_check_is_reported_and_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
