/* Prints a shape's schema and holds its file to it. */
#include "tests/support/schema_file.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fsm/yaml/schema.h"
#include "tests/support/golden.h"

enum { PATH_SIZE = 256, DEPTH_MAX = 50 };

static void check_references(json_t *schema, const json_t *definitions, int depth)
{
    static const char where[] = "#/$defs/";
    const char *key;
    size_t index;
    json_t *value;
    const char *reference = json_string_value(json_object_get(schema, "$ref"));
    assert_true(depth < DEPTH_MAX);
    if (reference != NULL) {
        assert_int_equal(strncmp(reference, where, sizeof where - 1), 0);
        assert_non_null(json_object_get(definitions, reference + sizeof where - 1));
    }
    json_object_foreach(schema, key, value) check_references(value, definitions, depth + 1);
    json_array_foreach(schema, index, value) check_references(value, definitions, depth + 1);
}

void schema_file_holds(const struct yaml_shape *shape, const char *name, const char *title)
{
    struct buffer schema = {0};
    char path[PATH_SIZE];
    char id[PATH_SIZE];
    (void)snprintf(path, sizeof path, "policies/schema/%s.schema.json", name); /* short names */
    (void)snprintf(id, sizeof id, "https://arbiter.example/schema/%s.schema.json", name);
    yaml_schema_write(shape, id, title, &schema);
    golden_file(path, &schema);
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    check_references(json, json_object_get(json, "$defs"), 0);
    json_decref(json);
    buffer_deinit(&schema);
}
