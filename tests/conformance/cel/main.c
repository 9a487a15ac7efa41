/* conformance-cel FILE: every case of a JSON array (cases/cel/FORMAT.md) is compiled and evaluated;
 * the value, the error or the type must be the one wanted. A case that needs hetero or unchecked
 * may be refused. Cases that need container are skipped: there are no namespaces here. */
#include "base/arena.h"
#include "base/buffer.h"
#include "fsm/expr/expr.h"
#include "zone.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_SKIPPED 77 /* ctest's sign for "not run" */
#define VARIABLES_MAX 32
#define MEMORY_MAX ((size_t)64 << 20)

static const char *const not_supported[] = {"container"};

enum outcome { PASSED, FAILED, SKIPPED };

/* One case being run. */
struct run {
    struct arena arena;
    json_t *json;
    struct expr_variable variables[VARIABLES_MAX];
    struct value values[VARIABLES_MAX];
    size_t count;
    char why[FAULT_TEXT_MAX + 32]; /* what went wrong */
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static bool needs(const json_t *test, const char *what)
{
    size_t i;
    json_t *need;
    json_array_foreach(json_object_get(test, "needs"), i,
                       need) if (strcmp(json_string_value(need), what) == 0) return true;
    return false;
}

/* --- values from JSON ------------------------------------------------------------------------- */

static bool read_value(struct arena *arena, json_t *json, struct value *out);

static bool read_list(struct arena *arena, json_t *json, struct value *out)
{
    struct value *items = arena_array(arena, json_array_size(json), sizeof *items);
    size_t i;
    json_t *item;
    json_array_foreach(json, i, item) if (!read_value(arena, item, &items[i])) return false;
    *out = value_list(items, json_array_size(json));
    return true;
}

static bool read_map(struct arena *arena, json_t *json, struct value *out)
{
    struct value_entry *entries = arena_array(arena, json_array_size(json), sizeof *entries);
    size_t i;
    json_t *pair;
    json_array_foreach(
        json, i,
        pair) if (!read_value(arena, json_array_get(pair, 0), &entries[i].key) ||
                  !read_value(arena, json_array_get(pair, 1), &entries[i].value)) return false;
    *out = value_map(entries, json_array_size(json));
    return true;
}

static bool read_type(const char *name, struct value *out)
{
    static const struct {
        const char *name;
        enum value_kind kind;
    } names[] = {{"bool", VALUE_BOOL},
                 {"int", VALUE_INT},
                 {"uint", VALUE_UINT},
                 {"double", VALUE_DOUBLE},
                 {"string", VALUE_STRING},
                 {"list", VALUE_LIST},
                 {"map", VALUE_MAP},
                 {"type", VALUE_TYPE},
                 {"null", VALUE_NULL},
                 {"null_type", VALUE_NULL},
                 {"duration", VALUE_DURATION},
                 {"google.protobuf.Duration", VALUE_DURATION},
                 {"timestamp", VALUE_TIMESTAMP},
                 {"google.protobuf.Timestamp", VALUE_TIMESTAMP}};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i].name, name) == 0) {
            *out = (struct value){.kind = VALUE_TYPE, .as.natural = names[i].kind};
            return true;
        }
    }
    return false;
}

/* A number or time as text, read by the language's own conversion. */
static bool read_converted(struct arena *arena, const char *function, const char *text,
                           struct value *out)
{
    const char *source = arena_format(arena, "%s('%s')", function, text);
    struct expr_scope scope = {0};
    struct expr_request request = {.text = source, .size = strlen(source), .scope = &scope};
    const struct expr_program *program;
    struct fault fault;
    if (expr_compile(arena, &request, &program, &fault) != STATUS_OK)
        return false;
    *out = expr_evaluate(program, &(struct expr_input){.arena = arena});
    return out->kind != VALUE_ERROR;
}

static bool read_value(struct arena *arena, json_t *json, struct value *out)
{
    const char *kind = json_object_iter_key(json_object_iter(json));
    json_t *content = kind != NULL ? json_object_get(json, kind) : NULL;
    const char *text = json_string_value(content);
    if (content == NULL)
        return false;
    if (strcmp(kind, "null") == 0)
        *out = value_null();
    else if (strcmp(kind, "bool") == 0)
        *out = value_bool(json_is_true(content));
    else if (strcmp(kind, "list") == 0)
        return read_list(arena, content, out);
    else if (strcmp(kind, "map") == 0)
        return read_map(arena, content, out);
    else if (strcmp(kind, "string") == 0)
        *out = value_string(text, json_string_length(content));
    else if (strcmp(kind, "type") == 0)
        return read_type(text, out);
    else
        return read_converted(arena, kind, text, out);
    return true;
}

/* --- comparing -------------------------------------------------------------------------------- */

static bool is_same(struct value got, struct value want);

static bool is_same_list(struct value got, struct value want)
{
    for (uint32_t i = 0; i < got.size; i++)
        if (!is_same(got.as.items[i], want.as.items[i]))
            return false;
    return true;
}

static bool is_same_map(struct value got, struct value want)
{
    for (uint32_t i = 0; i < got.size; i++) {
        bool found = false;
        for (uint32_t j = 0; j < want.size && !found; j++)
            found = is_same(got.as.entries[i].key, want.as.entries[j].key) &&
                    is_same(got.as.entries[i].value, want.as.entries[j].value);
        if (!found)
            return false;
    }
    return true;
}

/* Same kind and equal; NaN is the same as NaN. */
static bool is_same(struct value got, struct value want)
{
    if (got.kind != want.kind)
        return false;
    if (got.kind == VALUE_DOUBLE && got.as.real != got.as.real)
        return want.as.real != want.as.real;
    if (got.kind == VALUE_LIST)
        return got.size == want.size && is_same_list(got, want);
    if (got.kind == VALUE_MAP)
        return got.size == want.size && is_same_map(got, want);
    return value_equal(got, want);
}

/* --- running ---------------------------------------------------------------------------------- */

static bool declare(struct run *run)
{
    const char *name;
    json_t *variable;
    json_object_foreach(json_object_get(run->json, "vars"), name, variable)
    {
        const char *type = text_of(variable, "type");
        struct expr_variable *declared = &run->variables[run->count];
        struct fault fault;
        if (run->count == VARIABLES_MAX ||
            expr_type_parse(&run->arena, type, strlen(type), &declared->type, &fault) != STATUS_OK)
            return false;
        declared->name = name;
        declared->index = (uint16_t)run->count;
        json_t *value = json_object_get(variable, "value");
        if (value != NULL && !read_value(&run->arena, value, &run->values[run->count]))
            return false;
        run->count++;
    }
    return true;
}

static bool check_type(struct run *run, const struct expr_program *program)
{
    const char *want = text_of(run->json, "wantType");
    const char *got = expr_type_text(&run->arena, expr_result_type(program));
    struct fault fault;
    const struct expr_type *type;
    if (want[0] == '\0')
        return true;
    if (expr_type_parse(&run->arena, want, strlen(want), &type, &fault) == STATUS_OK &&
        expr_type_equal(type, expr_result_type(program)))
        return true;
    (void)snprintf(run->why, sizeof run->why, "type is %s, not %s", got, want); /* cut if long */
    return false;
}

static bool check_value(struct run *run, const struct expr_program *program)
{
    json_t *wanted = json_object_get(run->json, "want");
    if (wanted == NULL || json_is_true(json_object_get(run->json, "checkOnly")))
        return true;
    struct expr_input input = {
        .banks = {run->values}, .arena = &run->arena, .zone_offset = zone_offset};
    struct value got = expr_evaluate(program, &input);
    const char *shown = value_literal(&run->arena, got);
    struct value want;
    bool wants_error = json_is_string(wanted);
    if (wants_error && got.kind == VALUE_ERROR)
        return true;
    if (!wants_error && read_value(&run->arena, wanted, &want) && is_same(got, want))
        return true;
    char *text = json_dumps(wanted, JSON_ENCODE_ANY);
    (void)snprintf(run->why, sizeof run->why, "is %s, not %s", shown, text); /* cut if long */
    free(text);
    return false;
}

/* Whether a case may be refused while it is checked. */
static bool may_refuse(const json_t *test)
{
    bool wants_error = json_is_string(json_object_get(test, "want"));
    return wants_error || needs(test, "hetero") || needs(test, "unchecked");
}

static enum outcome run_case(struct run *run)
{
    for (size_t i = 0; i < COUNT_OF(not_supported); i++)
        if (needs(run->json, not_supported[i]))
            return SKIPPED;
    if (!declare(run)) {
        (void)snprintf(run->why, sizeof run->why, "its variables cannot be read"); /* fits */
        return FAILED;
    }
    json_t *source = json_object_get(run->json, "expr");
    struct expr_scope scope = {.variables = run->variables, .variable_count = run->count};
    struct expr_request request = {
        .text = json_string_value(source), .size = json_string_length(source), .scope = &scope};
    const struct expr_program *program;
    struct fault fault = {0};
    if (expr_compile(&run->arena, &request, &program, &fault) != STATUS_OK) {
        (void)snprintf(run->why, sizeof run->why, "%d:%d: %s", fault.line, fault.column,
                       fault.text); /* cut if long */
        return may_refuse(run->json) ? PASSED : FAILED;
    }
    return check_type(run, program) && check_value(run, program) ? PASSED : FAILED;
}

static int run_cases(json_t *cases)
{
    int counts[3] = {0};
    size_t i;
    json_t *json;
    json_array_foreach(cases, i, json)
    {
        struct run run = {.json = json};
        arena_init(&run.arena, MEMORY_MAX);
        enum outcome outcome = run_case(&run);
        counts[outcome]++;
        if (outcome == FAILED)
            printf("FAIL %s: %s: %s\n", text_of(json, "id"), text_of(json, "expr"), run.why);
        arena_deinit(&run.arena);
    }
    printf("%d passed, %d failed, %d skipped\n", counts[PASSED], counts[FAILED], counts[SKIPPED]);
    return counts[FAILED] == 0 && counts[PASSED] > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "Usage: conformance-cel FILE\n");
        return 2;
    }
    struct buffer bytes = {0};
    enum status status = buffer_read_file(&bytes, argv[1]);
    if (status != STATUS_OK) {
        printf("%s: %s: skipped\n", argv[1], status_name(status));
        return status == STATUS_NOT_FOUND ? EXIT_SKIPPED : EXIT_FAILURE;
    }
    json_error_t error;
    json_t *cases = json_loadb(buffer_text(&bytes), bytes.size,
                               JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    int exit_code = EXIT_FAILURE;
    if (json_is_array(cases))
        exit_code = run_cases(cases);
    else
        printf("%s:%d: %s\n", argv[1], error.line, error.text);
    json_decref(cases);
    buffer_deinit(&bytes);
    return exit_code;
}
