/* yaml: strict reading, typed scalars, shapes, faults as text. */
#include "fsm/yaml/schema.h"
#include "fsm/yaml/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct arena arena;
    struct yaml_faults faults;
    struct buffer out;
    const struct yaml_node *root;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    arena_init(&fixture->arena, 64u << 20);
    fixture->faults.arena = &fixture->arena;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    buffer_deinit(&fixture->out);
    arena_deinit(&fixture->arena);
    free(fixture);
    return 0;
}

static enum status parse(struct fixture *fixture, const char *text)
{
    return yaml_parse(&fixture->arena, text, strlen(text), &fixture->faults, &fixture->root);
}

/* Parses a text that must be refused and returns its faults as they are printed. */
static const char *refused(struct fixture *fixture, const char *text)
{
    assert_int_equal(parse(fixture, text), STATUS_INVALID_ARGUMENT);
    yaml_faults_print(&fixture->faults, "f.yaml", text, strlen(text), &fixture->out);
    return buffer_text(&fixture->out);
}

static void scalars_stay_text(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse(f, "on: no\ntime: 12:30\nn: 1e3\n'q': '5'\n"), STATUS_OK);
    assert_string_equal(f->root->pairs[0].key.text, "on");
    assert_string_equal(yaml_get(f->root, "on")->text, "no");
    assert_string_equal(yaml_get(f->root, "time")->text, "12:30");
    assert_true(yaml_get(f->root, "q")->is_quoted);
    assert_null(yaml_get(f->root, "none"));
}

static void places_count_bytes_and_lines_from_one(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse(f, "# é\né: {a: 'é', b: [1, 22]}\nlast: x\n"), STATUS_OK);
    const struct yaml_node *e = &f->root->pairs[0].value;
    assert_int_equal(f->root->pairs[0].key.width, 2);
    assert_int_equal(e->column, 5);
    const struct yaml_node *b = yaml_get(e, "b");
    assert_int_equal(b->line, 2);
    assert_int_equal(b->items[1].column, 22);
    assert_int_equal(b->items[1].width, 2);
    assert_int_equal(yaml_get(f->root, "last")->line, 3);
}

static void a_tag_is_answered_with_a_hint(void **state)
{
    assert_string_equal(refused(*state, "a: 1\nguard: !ctx.x\n"),
                        "f.yaml:2:8: error: a leading `!` makes this a YAML tag\n"
                        "    2 | guard: !ctx.x\n"
                        "      |        ^~~~~~\n"
                        "      = hint: put the expression in double quotes\n");
}

static void a_colon_in_an_expression_is_answered_with_a_hint(void **state)
{
    assert_string_equal(refused(*state, "guard: a ? b : c\n"),
                        "f.yaml:1:14: error: a `: ` inside an unquoted value\n"
                        "    1 | guard: a ? b : c\n"
                        "      |              ^\n"
                        "      = hint: put the whole value in double quotes\n");
}

static void duplicate_keys_are_refused_small_and_large(void **state)
{
    struct fixture *f = *state;
    assert_non_null(strstr(refused(f, "a: 1\nb: 2\na: 3\n"), "3:1: error: the key `a` is here"));
    struct buffer big = {0};
    for (int i = 0; i < 500; i++)
        buffer_format(&big, "key%d: 1\n", i);
    assert_int_equal(parse(f, buffer_text(&big)), STATUS_OK);
    buffer_append_text(&big, "key77: 1\n");
    assert_int_equal(parse(f, buffer_text(&big)), STATUS_INVALID_ARGUMENT);
    buffer_deinit(&big);
}

static void what_strict_reading_forbids(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {"a: &x 1\n",
                                        "a: &x [*x]\n",
                                        "a: *x\n",
                                        "<<: {a: 1}\n",
                                        "a: 1\n--- \nb: 2\n",
                                        "[1, 2]: 3\n",
                                        "{a: f(x, y), b: }}",
                                        "a: 'x' == y\n",
                                        "\tb: 1\n",
                                        "a: \"\\q\"\n",
                                        "a: \xC3\x28\n",
                                        "a: \xFF\xFE\n",
                                        "",
                                        "# only\n",
                                        "a: \x01\n",
                                        "a: \"x\n",
                                        "a: b\n - c\n  d: [\n",
                                        "%YAML 9.9\n---\na: 1\n",
                                        "a: !!int 3\n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        f->faults = (struct yaml_faults){.arena = &f->arena};
        assert_int_equal(parse(f, texts[i]), STATUS_INVALID_ARGUMENT);
        assert_true(f->faults.count > 0);
    }
}

static void deep_long_and_large_files_are_refused_in_bounded_memory(void **state)
{
    struct fixture *f = *state;
    struct buffer text = {0};
    for (int i = 0; i < 100000; i++)
        buffer_append_char(&text, '[');
    assert_int_equal(parse(f, buffer_text(&text)), STATUS_INVALID_ARGUMENT);
    buffer_reset(&text);
    for (int i = 0; i < 200; i++)
        buffer_format(&text, "%*sa:\n", i, "");
    assert_int_equal(parse(f, buffer_text(&text)), STATUS_INVALID_ARGUMENT);
    buffer_reset(&text);
    buffer_append_text(&text, "a: \"");
    while (text.size < 10u << 20)
        buffer_append_text(&text, "0123456789abcdef");
    assert_int_equal(parse(f, buffer_text(&text)), STATUS_INVALID_ARGUMENT);
    buffer_deinit(&text);

    struct arena small;
    char memory[512];
    arena_init_fixed(&small, memory, sizeof memory);
    const struct yaml_node *root;
    const char *list = "[a, b, c, d, e, f, g, h, i, j]";
    assert_int_equal(yaml_parse(&small, list, strlen(list), &f->faults, &root), STATUS_FULL);
}

static const struct yaml_node *scalar(struct fixture *f, const char *text)
{
    f->faults = (struct yaml_faults){.arena = &f->arena};
    assert_int_equal(parse(f, text), STATUS_OK);
    return f->root;
}

static void typed_scalars_read_strictly(void **state)
{
    struct fixture *f = *state;
    int64_t number;
    double real;
    bool boolean;
    const char *name;
    assert_true(yaml_int(scalar(f, "-12"), -20, 20, &f->faults, &number));
    assert_int_equal(number, -12);
    assert_false(yaml_int(scalar(f, "21"), -20, 20, &f->faults, &number));
    assert_false(yaml_int(scalar(f, "1e3"), 0, 10000, &f->faults, &number));
    assert_false(yaml_int(scalar(f, "'12'"), 0, 20, &f->faults, &number));
    assert_false(yaml_int(scalar(f, "99999999999999999999"), 0, INT64_MAX, &f->faults, &number));
    assert_false(yaml_bool(scalar(f, "yes"), &f->faults, &boolean));
    assert_true(yaml_bool(scalar(f, "false"), &f->faults, &boolean));
    assert_true(yaml_double(scalar(f, "2.5e1"), &f->faults, &real));
    assert_true(real == 25.0);
    assert_false(yaml_double(scalar(f, "inf"), &f->faults, &real));
    assert_true(yaml_scaled(scalar(f, "-0.5"), 1, &f->faults, &number));
    assert_int_equal(number, -5);
    assert_false(yaml_scaled(scalar(f, "0.25"), 1, &f->faults, &number));
    assert_true(yaml_name(scalar(f, "a.b-c"), true, &f->faults, &name));
    assert_false(yaml_name(scalar(f, "a.b"), false, &f->faults, &name));
    assert_false(yaml_name(scalar(f, "a..b"), true, &f->faults, &name));
}

static void durations_and_times(void **state)
{
    (void)state;
    int64_t ms;
    assert_true(yaml_read_duration("500ms", &ms) && ms == 500);
    assert_true(yaml_read_duration("1h30m", &ms) && ms == 5400000);
    assert_true(yaml_read_duration("3d", &ms) && ms == 259200000);
    assert_false(yaml_read_duration("3", &ms));
    assert_false(yaml_read_duration("-3s", &ms));
    assert_false(yaml_read_duration("99999999999d", &ms));
    assert_true(yaml_read_timestamp("1970-01-01T00:00:00Z", &ms) && ms == 0);
    assert_true(yaml_read_timestamp("2026-11-22T18:00:00.250+01:00", &ms));
    assert_true(ms == 1795366800250);
    assert_true(yaml_read_timestamp("2024-02-29T00:00:00Z", &ms));
    assert_false(yaml_read_timestamp("2026-02-29T00:00:00Z", &ms));
    assert_false(yaml_read_timestamp("2026-11-22T18:00:00", &ms));
    assert_false(yaml_read_timestamp("2026-11-22 18:00:00Z", &ms));
}

static const struct yaml_shape text_shape = {.type = YAML_T_TEXT};
static const struct yaml_shape count_shape = {.type = YAML_T_INT, .min = 1, .max = 9};
static const char *const colours[] = {"red", "green"};
static const struct yaml_shape colour_shape = {.type = YAML_T_ENUM, .words = colours, .count = 2};
static const struct yaml_key thing_keys[];
static const struct yaml_shape thing_shape;
static const struct yaml_shape things_shape = {.type = YAML_T_MAP, .item = &thing_shape};
static const struct yaml_shape *const size_choices[] = {&count_shape, &things_shape};
static const struct yaml_shape size_shape = {
    .type = YAML_T_ANY_OF, .choices = size_choices, .count = 2};
static const struct yaml_key thing_keys[] = {{"title", &text_shape, true, "what it is called"},
                                             {"count", &size_shape, false, NULL},
                                             {"colour", &colour_shape, false, NULL},
                                             {"parts", &things_shape, false, NULL}};
static const struct yaml_shape thing_shape = {
    .name = "thing", .type = YAML_T_OBJECT, .keys = thing_keys, .count = 4};

static void shapes_report_every_fault_with_hints(void **state)
{
    struct fixture *f = *state;
    const char *text = "titel: x\n"
                       "count: 12\n"
                       "colour: gren\n"
                       "parts: {a: {title: }, b: []}\n";
    assert_int_equal(parse(f, text), STATUS_OK);
    assert_false(yaml_check(f->root, &thing_shape, &f->faults));
    yaml_faults_sort(&f->faults);
    yaml_faults_print(&f->faults, "f", text, strlen(text), &f->out);
    assert_string_equal(buffer_text(&f->out), "f:1:1: error: unknown key `titel` in a thing\n"
                                              "    1 | titel: x\n"
                                              "      | ^~~~~\n"
                                              "      = hint: did you mean `title`?\n"
                                              "f:1:1: error: the key `title` is missing\n"
                                              "    1 | titel: x\n"
                                              "      | ^\n"
                                              "f:2:8: error: 12 is not between 1 and 9\n"
                                              "    2 | count: 12\n"
                                              "      |        ^~\n"
                                              "f:3:9: error: `gren` is not one of `red`, `green`\n"
                                              "    3 | colour: gren\n"
                                              "      |         ^~~~\n"
                                              "      = hint: did you mean `green`?\n"
                                              "f:4:20: error: nothing where text belongs\n"
                                              "    4 | parts: {a: {title: }, b: []}\n"
                                              "      |                    ^\n"
                                              "f:4:26: error: a list where a mapping belongs\n"
                                              "    4 | parts: {a: {title: }, b: []}\n"
                                              "      |                          ^\n");
}

static void schemas_name_recursive_shapes_once(void **state)
{
    struct fixture *f = *state;
    yaml_schema_write(&thing_shape, "urn:thing", "Thing", &f->out);
    const char *schema = buffer_text(&f->out);
    const char *definition = strstr(schema, "\"thing\": {");
    assert_non_null(definition);
    assert_null(strstr(definition + 1, "\"thing\": {"));
    assert_non_null(strstr(schema, "\"required\": [\"title\"]"));
    assert_non_null(strstr(schema, "\"description\": \"what it is called\""));
}

static void near_spellings(void **state)
{
    (void)state;
    static const char *const words[] = {"playing", "paused", "pairing", "a"};
    assert_string_equal(yaml_nearest("plying", words, 4), "playing");
    assert_string_equal(yaml_nearest("pasued", words, 4), "paused");
    assert_null(yaml_nearest("finished", words, 4));
    assert_null(yaml_nearest("b", words, 4));
}

static void faults_past_the_limit_are_counted(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < YAML_FAULTS_MAX + 5; i++)
        yaml_error(&f->faults, NULL, "fault %d", i);
    yaml_faults_print(&f->faults, "f", "", 0, &f->out);
    assert_non_null(strstr(buffer_text(&f->out), "f: 5 more not shown\n"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(scalars_stay_text),
        CASE(places_count_bytes_and_lines_from_one),
        CASE(a_tag_is_answered_with_a_hint),
        CASE(a_colon_in_an_expression_is_answered_with_a_hint),
        CASE(duplicate_keys_are_refused_small_and_large),
        CASE(what_strict_reading_forbids),
        CASE(deep_long_and_large_files_are_refused_in_bounded_memory),
        CASE(typed_scalars_read_strictly),
        CASE(durations_and_times),
        CASE(shapes_report_every_fault_with_hints),
        CASE(schemas_name_recursive_shapes_once),
        CASE(near_spellings),
        CASE(faults_past_the_limit_are_counted),
    };
    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
