/* policies/schema/machine_test.schema.json is what the table of `arbiter machine test` prints.
 * With ARBITER_UPDATE=1 the file is written instead of compared. */
#include "base/buffer.h"
#include "cli/machine_test_shape.h"
#include "fsm/yaml/schema.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FILE_NAME "policies/schema/machine_test.schema.json"

static void print_schema(struct buffer *out)
{
    yaml_schema_write(&machine_test_shape,
                      "https://arbiter.example/schema/machine_test.schema.json",
                      "Tests of an Arbiter machine", out);
}

static void the_schema_is_the_commands_table(void **state)
{
    (void)state;
    struct buffer want = {0}, have = {0};
    print_schema(&want);
    if (getenv("ARBITER_UPDATE") != NULL) {
        FILE *file = fopen(FILE_NAME, "w");
        assert_non_null(file);
        assert_true(fputs(buffer_text(&want), file) >= 0);
        assert_int_equal(fclose(file), 0);
    }
    assert_int_equal(buffer_read_file(&have, FILE_NAME), STATUS_OK);
    assert_string_equal(buffer_text(&have), buffer_text(&want));
    buffer_deinit(&want);
    buffer_deinit(&have);
}

static void check_references(const json_t *schema, const json_t *definitions, int depth)
{
    const char *key;
    json_t *value;
    const char *reference = json_string_value(json_object_get(schema, "$ref"));
    assert_true(depth < 50);
    if (reference != NULL) {
        assert_int_equal(strncmp(reference, "#/$defs/", 8), 0);
        assert_non_null(json_object_get(definitions, reference + 8));
    }
    json_object_foreach((json_t *)(uintptr_t)schema, key, value)
        check_references(value, definitions, depth + 1);
    size_t index;
    json_array_foreach(schema, index, value) check_references(value, definitions, depth + 1);
}

static void the_schema_is_json_and_every_reference_leads_somewhere(void **state)
{
    (void)state;
    json_error_t error;
    json_t *schema = json_load_file(FILE_NAME, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(schema);
    const json_t *definitions = json_object_get(schema, "$defs");
    assert_true(json_object_size(definitions) > 5);
    check_references(schema, definitions, 0);
    const json_t *keys = json_object_get(schema, "properties");
    assert_non_null(json_object_get(keys, "machine"));
    assert_non_null(json_object_get(keys, "cases"));
    json_decref(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_is_the_commands_table),
        cmocka_unit_test(the_schema_is_json_and_every_reference_leads_somewhere),
    };
    return cmocka_run_group_tests_name("machine_test_schema", tests, NULL, NULL);
}
