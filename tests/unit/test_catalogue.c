/* catalogue: versions of machines by name and hash, each kept for those who are pinned to it. */
#include "orchestrator/catalogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_SIZE = 300 };

struct scene {
    struct catalogue *catalogue;
    struct buffer report;
    char text[TEXT_SIZE];
};

static int open_scene(void **state)
{
    static struct scene scene;
    scene = (struct scene){.catalogue = catalogue_create(NULL)};
    *state = &scene;
    return scene.catalogue != NULL ? 0 : -1;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    catalogue_destroy(scene->catalogue);
    buffer_deinit(&scene->report);
    return 0;
}

static const char *machine(struct scene *scene, const char *name, int version)
{
    (void)snprintf(scene->text, sizeof scene->text,
                   "machine: %s\nversion: %d\nevents: {go: {}}\ninitial: a\nstates:\n"
                   "  a: {tags: [patient], on: {go: z}}\n  z: {type: final}\n",
                   name, version); /* fits */
    return scene->text;
}

static const struct catalogue_entry *add(struct scene *scene, const char *text)
{
    const struct catalogue_entry *entry = NULL;
    if (catalogue_add(scene->catalogue, "m.yaml", text, strlen(text), &scene->report, &entry) !=
        STATUS_OK)
        fail_msg("%s", buffer_text(&scene->report));
    return entry;
}

static void the_newest_version_is_current_and_the_old_one_stays(void **state)
{
    struct scene *scene = *state;
    const struct catalogue_entry *one = add(scene, machine(scene, "m", 1));
    const struct catalogue_entry *two = add(scene, machine(scene, "m", 2));
    const struct catalogue_entry *other = add(scene, machine(scene, "other", 1));
    assert_ptr_equal(catalogue_current(scene->catalogue, "m"), two);
    assert_ptr_equal(catalogue_find(scene->catalogue, "m", one->hash), one);
    assert_ptr_equal(catalogue_find(scene->catalogue, "m", two->hash), two);
    assert_null(catalogue_find(scene->catalogue, "m", other->hash));
    assert_null(catalogue_current(scene->catalogue, "nobody"));
}

static void the_same_text_is_found_and_made_current(void **state)
{
    struct scene *scene = *state;
    const struct catalogue_entry *one = add(scene, machine(scene, "m", 1));
    (void)add(scene, machine(scene, "m", 2)); /* only to be overtaken */
    assert_ptr_equal(add(scene, machine(scene, "m", 1)), one);
    assert_ptr_equal(catalogue_current(scene->catalogue, "m"), one);
    assert_non_null(catalogue_at(scene->catalogue, 1));
    assert_null(catalogue_at(scene->catalogue, 2));
}

static void a_text_is_copied(void **state)
{
    struct scene *scene = *state;
    const struct catalogue_entry *entry = add(scene, machine(scene, "m", 1));
    memset(scene->text, 'x', sizeof scene->text - 1);
    assert_int_equal(strncmp(entry->text, "machine: m\n", 11), 0);
    assert_string_equal(entry->name, "m");
    assert_int_equal(strlen(entry->hash), CATALOGUE_HASH_TEXT_SIZE - 1);
}

static void a_bad_machine_is_reported_and_not_kept(void **state)
{
    struct scene *scene = *state;
    static const char bad[] = "machine: m\nversion: 1\ninitial: b\nstates: {a: {type: final}}\n";
    const struct catalogue_entry *entry = NULL;
    assert_int_equal(
        catalogue_add(scene->catalogue, "bad.yaml", bad, strlen(bad), &scene->report, &entry),
        STATUS_INVALID_ARGUMENT);
    assert_null(entry);
    assert_null(catalogue_at(scene->catalogue, 0));
    assert_int_equal(strncmp(buffer_text(&scene->report), "bad.yaml:3:", 11), 0);
}

static void a_folder_is_read_without_its_tests(void **state)
{
    struct scene *scene = *state;
    static const char *const names[] = {"board", "division", "game", "match", "seek", "tournament"};
    assert_int_equal(catalogue_add_folder(scene->catalogue, "policies/machines", &scene->report),
                     STATUS_OK);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_non_null(catalogue_current(scene->catalogue, names[i]));
}

static void a_folder_with_bad_files_names_them_all(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(
        catalogue_add_folder(scene->catalogue, "tests/policies/bad-formats", &scene->report),
        STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(buffer_text(&scene->report), "bad-formats/rounds_zero.yaml:"));
    assert_non_null(strstr(buffer_text(&scene->report), "bad-formats/yaml_tab.yaml:"));
    assert_int_equal(catalogue_add_folder(scene->catalogue, "no/such/folder", &scene->report),
                     STATUS_NOT_FOUND);
}

static void a_full_catalogue_says_so(void **state)
{
    struct scene *scene = *state;
    for (int i = 1; i <= CATALOGUE_MACHINES_MAX; i++)
        (void)add(scene, machine(scene, "m", i)); /* kept inside */
    const struct catalogue_entry *entry = NULL;
    const char *text = machine(scene, "m", CATALOGUE_MACHINES_MAX + 1);
    assert_int_equal(
        catalogue_add(scene->catalogue, "m.yaml", text, strlen(text), &scene->report, &entry),
        STATUS_FULL);
    assert_int_equal(fsm_machine_version(catalogue_current(scene->catalogue, "m")->machine),
                     CATALOGUE_MACHINES_MAX);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_newest_version_is_current_and_the_old_one_stays),
        CASE(the_same_text_is_found_and_made_current),
        CASE(a_text_is_copied),
        CASE(a_bad_machine_is_reported_and_not_kept),
        CASE(a_folder_is_read_without_its_tests),
        CASE(a_folder_with_bad_files_names_them_all),
        CASE(a_full_catalogue_says_so),
    };
    return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}
