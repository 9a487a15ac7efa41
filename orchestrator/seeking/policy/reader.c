/* Scopes of a policy's expressions, and members of its mappings. */
#include "orchestrator/seeking/policy/reader.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "orchestrator/seeking/frame.h"

enum { VARIABLES_MAX = 2 * SEEKING_ATTRIBUTES_MAX + SEEKING_VALUES_MAX + 48, COST_MAX = 4096 };

/* ---- functions of the host --------------------------------------------------------------- */

static struct value call_min(void *user, const struct value *arguments, struct arena *arena)
{
    (void)user;
    (void)arena;
    return value_double(fmin(arguments[0].as.real, arguments[1].as.real));
}

static struct value call_max(void *user, const struct value *arguments, struct arena *arena)
{
    (void)user;
    (void)arena;
    return value_double(fmax(arguments[0].as.real, arguments[1].as.real));
}

static struct value call_abs(void *user, const struct value *arguments, struct arena *arena)
{
    (void)user;
    (void)arena;
    return value_double(fabs(arguments[0].as.real));
}

static struct value call_clamp(void *user, const struct value *arguments, struct arena *arena)
{
    (void)user;
    (void)arena;
    return value_double(
        fmin(fmax(arguments[0].as.real, arguments[1].as.real), arguments[2].as.real));
}

#define NUMBERS(count_of, name_of, growth_of, call_of)                                             \
    {                                                                                              \
        .name = name_of, .parameter_count = count_of,                                              \
        .parameters = {&expr_double, &expr_double, &expr_double}, .result = &expr_double,          \
        .cost = 1, .growth = growth_of, .call = call_of                                            \
    }

static const struct expr_function functions[] = {
    NUMBERS(2, "min", EXPR_GROWS, call_min),
    NUMBERS(2, "max", EXPR_GROWS, call_max),
    NUMBERS(1, "abs", EXPR_MAGNITUDE, call_abs),
    NUMBERS(3, "clamp", EXPR_GROWS, call_clamp),
};

/* ---- scopes ------------------------------------------------------------------------------ */

static const struct expr_type texts = {
    .kind = EXPR_LIST, .item = &expr_string, .size_max = SEEKING_WORDS_MAX};

const struct expr_type *reader_attribute_type(enum seeking_kind kind)
{
    switch (kind) {
    case SEEKING_NUMBER:
        return &expr_double;
    case SEEKING_TEXT:
        return &expr_string;
    case SEEKING_TEXTS:
        return &texts;
    }
    return &expr_dyn;
}

struct variables {
    struct expr_variable *items;
    size_t count;
    struct arena *arena;
};

static void declare(struct variables *out, const char *prefix, const char *name,
                    const struct expr_type *type, enum frame_bank bank, int index)
{
    out->items[out->count++] =
        (struct expr_variable){.name = arena_format(out->arena, "%s%s", prefix, name),
                               .type = type,
                               .bank = (uint8_t)bank,
                               .index = (uint16_t)index};
}

static void declare_attributes(struct variables *out, const struct seeking_policy *policy,
                               const char *prefix, enum frame_bank bank)
{
    for (int i = 0; i < policy->attribute_count; i++)
        declare(out, prefix, policy->attributes[i].name,
                reader_attribute_type(policy->attributes[i].kind), bank, i);
}

static void declare_fields(struct variables *out, const struct checks_field *fields, size_t count,
                           enum frame_bank bank)
{
    for (size_t i = 0; i < count; i++)
        declare(out, "", fields[i].name, fields[i].type, bank, (int)i);
}

static void declare_request(struct variables *out, const struct seeking_policy *policy)
{
    size_t count;
    const struct checks_field *fields = checks_request_fields(&count);
    declare_fields(out, fields, count, BANK_REQUEST);
    for (int i = 0; i < policy->compat_count; i++)
        declare(out, "compat.", policy->compat_names[i], &expr_bool, BANK_COMPAT, i);
    for (int i = 0; i < policy->value_count; i++)
        declare(out, "define.", policy->values[i].name, policy->values[i].type, BANK_DEFINED, i);
}

static void declare_scope(struct variables *out, const struct seeking_policy *policy,
                          enum reader_scope scope)
{
    size_t count;
    const struct checks_field *fields;
    switch (scope) {
    case READER_PLAYER:
        declare_attributes(out, policy, "player.", BANK_ONE);
        return;
    case READER_PAIR:
        declare_attributes(out, policy, "one.", BANK_ONE);
        declare_attributes(out, policy, "other.", BANK_OTHER);
        return;
    case READER_REQUEST:
        declare_request(out, policy);
        return;
    case READER_SEEK:
        declare_request(out, policy);
        fields = checks_seek_fields(&count);
        declare_fields(out, fields, count, BANK_SEEK);
        fields = checks_person_fields(&count);
        declare_fields(out, fields, count, BANK_WHO);
        return;
    }
}

/* ---- compiling --------------------------------------------------------------------------- */

static int word_width(const char *text, size_t size, size_t offset)
{
    size_t end = offset;
    while (end < size &&
           (isalnum((unsigned char)text[end]) || text[end] == '_' || text[end] == '.'))
        end++;
    return end > offset ? (int)(end - offset) : 1;
}

/* The fault's place within the expression, as a place in the file where it stands on one line. */
static void tell(struct reader *reader, const struct yaml_node *node, const struct fault *fault)
{
    size_t quotes = node->is_quoted ? 1 : 0;
    bool reads_in_place = (size_t)node->width == node->size + 2 * quotes && fault->line == 1;
    if (reads_in_place && fault->column >= 1) {
        size_t offset = (size_t)fault->column - 1;
        yaml_fault_at(reader->faults, YAML_ERROR, node->line,
                      node->column + (int)quotes + (int)offset,
                      word_width(node->text, node->size, offset), "%s", fault->text);
    } else {
        yaml_error(reader->faults, node, "%s", fault->text);
    }
    if (fault->hint[0] != '\0')
        yaml_hint(reader->faults, "%s", fault->hint);
}

const struct expr_program *reader_compile(struct reader *reader, const struct yaml_node *node,
                                          enum reader_scope scope, const struct expr_type *want)
{
    struct variables variables = {.arena = reader->arena};
    struct expr_scope *names = arena_alloc(reader->arena, sizeof *names);
    const struct expr_program *program = NULL;
    struct fault fault = {0};
    variables.items = arena_array(reader->arena, VARIABLES_MAX, sizeof *variables.items);
    if (names == NULL || variables.items == NULL)
        return NULL;
    declare_scope(&variables, reader->policy, scope);
    if (arena_full(reader->arena))
        return NULL;
    *names = (struct expr_scope){.variables = variables.items,
                                 .variable_count = variables.count,
                                 .functions = functions,
                                 .function_count = COUNT_OF(functions)};
    struct expr_request request = {
        .text = node->text, .size = node->size, .scope = names, .want = want};
    if (expr_compile(reader->arena, &request, &program, &fault) == STATUS_OK)
        return program;
    tell(reader, node, &fault);
    return NULL;
}

/* ---- members ----------------------------------------------------------------------------- */

bool reader_number(struct reader *reader, const struct yaml_node *mapping, const char *key,
                   double *out)
{
    const struct yaml_node *node = yaml_get(mapping, key);
    return node == NULL || yaml_double(node, reader->faults, out);
}

bool reader_whole(struct reader *reader, const struct yaml_node *mapping, const char *key,
                  int64_t *out)
{
    const struct yaml_node *node = yaml_get(mapping, key);
    return node == NULL || yaml_int(node, 0, 1000000, reader->faults, out);
}

bool reader_duration(struct reader *reader, const struct yaml_node *mapping, const char *key,
                     int64_t *out_ms)
{
    const struct yaml_node *node = yaml_get(mapping, key);
    return node == NULL || yaml_duration(node, reader->faults, out_ms);
}

static const char *const kind_names[] = {
    [SEEKING_NUMBER] = "a number", [SEEKING_TEXT] = "a text", [SEEKING_TEXTS] = "a list of texts"};

bool reader_attribute(struct reader *reader, const struct yaml_node *node, enum seeking_kind kind,
                      int *out_index)
{
    const char *words[SEEKING_ATTRIBUTES_MAX];
    const struct seeking_policy *policy = reader->policy;
    if (node == NULL)
        return true;
    int index = seeking_attribute_find(policy, node->text);
    if (index >= 0 && policy->attributes[index].kind == kind) {
        *out_index = index;
        return true;
    }
    if (index >= 0)
        return yaml_error(reader->faults, node, "`%s` is not %s", node->text, kind_names[kind]);
    for (int i = 0; i < policy->attribute_count; i++)
        words[i] = policy->attributes[i].name;
    yaml_error(reader->faults, node, "there is no attribute `%s`", node->text);
    yaml_hint_nearest(reader->faults, node->text, words, (size_t)policy->attribute_count);
    return false;
}

/* ---- values ------------------------------------------------------------------------------ */

static struct value scalar_value(const struct yaml_node *node)
{
    char *end = NULL;
    if (node->is_quoted)
        return value_string(node->text, node->size);
    if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0)
        return value_bool(node->text[0] == 't');
    long long whole = strtoll(node->text, &end, 10);
    if (end != node->text && *end == '\0')
        return value_int(whole);
    double real = strtod(node->text, &end);
    if (end != node->text && *end == '\0' && isfinite(real) && isdigit((unsigned char)end[-1]))
        return value_double(real);
    return value_string(node->text, node->size);
}

static bool list_value(struct reader *reader, const struct yaml_node *node, struct value *out)
{
    struct value *items = arena_array(reader->arena, node->count, sizeof *items);
    for (size_t i = 0; i < node->count; i++)
        if (items == NULL || !reader_value(reader, &node->items[i], &items[i]))
            return false;
    *out = value_list(items, node->count);
    return true;
}

static bool map_value(struct reader *reader, const struct yaml_node *node, struct value *out)
{
    struct value_entry *entries = arena_array(reader->arena, node->count, sizeof *entries);
    for (size_t i = 0; i < node->count; i++) {
        if (entries == NULL || !reader_value(reader, &node->pairs[i].value, &entries[i].value))
            return false;
        entries[i].key = value_string(node->pairs[i].key.text, node->pairs[i].key.size);
    }
    *out = value_map(entries, node->count);
    return true;
}

bool reader_value(struct reader *reader, const struct yaml_node *node, struct value *out)
{
    switch (node->kind) {
    case YAML_SCALAR:
        *out = scalar_value(node);
        return true;
    case YAML_SEQUENCE:
        return list_value(reader, node, out);
    case YAML_MAPPING:
        return map_value(reader, node, out);
    }
    return false;
}
