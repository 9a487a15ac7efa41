/* Declared types: reading, printing, comparing, and whether a value from outside fits one. */
#include "fsm/expr/expr.h"

#include "fsm/expr/text.h"

#include <assert.h>
#include <stdio.h>

const struct expr_type expr_dyn = {.kind = EXPR_DYN};
const struct expr_type expr_null = {.kind = EXPR_NULL};
const struct expr_type expr_bool = {.kind = EXPR_BOOL};
const struct expr_type expr_int = {.kind = EXPR_INT};
const struct expr_type expr_uint = {.kind = EXPR_UINT};
const struct expr_type expr_double = {.kind = EXPR_DOUBLE};
const struct expr_type expr_string = {.kind = EXPR_STRING};
const struct expr_type expr_duration = {.kind = EXPR_DURATION};
const struct expr_type expr_timestamp = {.kind = EXPR_TIMESTAMP};

/* --- reading ---------------------------------------------------------------------------------- */

struct type_reader {
    struct arena *arena;
    const char *text;
    size_t size;
    size_t at;
    int depth;
    struct fault *fault;
};

static const struct {
    const char *name;
    const struct expr_type *type;
} simple_types[] = {
    {"bool", &expr_bool},         {"int", &expr_int},
    {"uint", &expr_uint},         {"double", &expr_double},
    {"string", &expr_string},     {"null", &expr_null},
    {"duration", &expr_duration}, {"timestamp", &expr_timestamp},
    {"dyn", &expr_dyn},
};

static void skip_blanks(struct type_reader *reader)
{
    while (reader->at < reader->size && reader->text[reader->at] == ' ')
        reader->at++;
}

static enum status expect(struct type_reader *reader, char wanted)
{
    skip_blanks(reader);
    if (reader->at < reader->size && reader->text[reader->at] == wanted) {
        reader->at++;
        return STATUS_OK;
    }
    return fault_set(reader->fault, 1, (int)reader->at + 1, "expected '%c' in the type", wanted);
}

static bool is_word(const char *word, size_t size, const char *name)
{
    return strlen(name) == size && memcmp(word, name, size) == 0;
}

static bool is_key_type(const struct expr_type *type)
{
    return type->kind == EXPR_BOOL || type->kind == EXPR_INT || type->kind == EXPR_UINT ||
           type->kind == EXPR_STRING || type->kind == EXPR_DYN;
}

static enum status read_type(struct type_reader *reader, const struct expr_type **out_type);

static enum status read_parameters(struct type_reader *reader, struct expr_type *type)
{
    enum status status = expect(reader, '(');
    if (status == STATUS_OK && type->kind == EXPR_MAP) {
        skip_blanks(reader);
        int column = (int)reader->at + 1;
        status = read_type(reader, &type->key);
        if (status == STATUS_OK && !is_key_type(type->key))
            return fault_set(reader->fault, 1, column,
                             "keys of a map are bool, int, uint or string");
        if (status == STATUS_OK)
            status = expect(reader, ',');
    }
    if (status == STATUS_OK)
        status = read_type(reader, &type->item);
    if (status == STATUS_OK)
        status = expect(reader, ')');
    return status;
}

static enum status read_compound(struct type_reader *reader, enum expr_type_kind kind,
                                 const struct expr_type **out_type)
{
    struct expr_type *type = arena_alloc(reader->arena, sizeof *type);
    if (type == NULL)
        return STATUS_FULL;
    if (++reader->depth > EXPR_DEPTH_MAX) {
        (void)fault_set(reader->fault, 1, (int)reader->at + 1,
                        "types nest too deeply"); /* the status says more */
        return STATUS_FULL;
    }
    type->kind = kind;
    enum status status = read_parameters(reader, type);
    reader->depth--;
    if (status == STATUS_OK)
        *out_type = type;
    return status;
}

static enum status read_type(struct type_reader *reader, const struct expr_type **out_type)
{
    skip_blanks(reader);
    const char *word = reader->text + reader->at;
    size_t start = reader->at;
    while (reader->at < reader->size && reader->text[reader->at] >= 'a' &&
           reader->text[reader->at] <= 'z')
        reader->at++;
    size_t size = reader->at - start;
    for (size_t i = 0; i < COUNT_OF(simple_types); i++) {
        if (is_word(word, size, simple_types[i].name)) {
            *out_type = simple_types[i].type;
            return STATUS_OK;
        }
    }
    if (is_word(word, size, "list"))
        return read_compound(reader, EXPR_LIST, out_type);
    if (is_word(word, size, "map"))
        return read_compound(reader, EXPR_MAP, out_type);
    if (is_word(word, size, "type"))
        return read_compound(reader, EXPR_TYPE, out_type);
    (void)fault_set(reader->fault, 1, (int)start + 1, "unknown type '%.*s'",
                    (int)(size > 40 ? 40 : size), word); /* status below */
    fault_hint(reader->fault, "types are bool, int, uint, double, string, duration, timestamp, "
                              "list(T), map(K, V), null, dyn");
    return STATUS_INVALID_ARGUMENT;
}

enum status expr_type_parse(struct arena *arena, const char *text, size_t size,
                            const struct expr_type **out_type, struct fault *out_fault)
{
    struct type_reader reader = {.arena = arena, .text = text, .size = size, .fault = out_fault};
    const struct expr_type *type = NULL;
    enum status status = read_type(&reader, &type);
    if (status != STATUS_OK)
        return status;
    skip_blanks(&reader);
    if (reader.at != size)
        return fault_set(out_fault, 1, (int)reader.at + 1, "unexpected text after the type");
    *out_type = type;
    return STATUS_OK;
}

/* --- printing --------------------------------------------------------------------------------- */

static const char *enum_text(struct arena *arena, const struct expr_type *type)
{
    const char *text = "enum(";
    for (uint32_t i = 0; i < type->names_count && text != NULL; i++) {
        struct value name = value_text(type->names[i]);
        const char *literal = value_literal(arena, name);
        if (literal == NULL)
            return NULL;
        text = arena_format(arena, "%s%s%s", text, i > 0 ? ", " : "", literal);
    }
    return text == NULL ? NULL : arena_format(arena, "%s)", text);
}

static const char *compound_text(struct arena *arena, const struct expr_type *type,
                                 const char *name)
{
    const char *item = expr_type_text(arena, type->item != NULL ? type->item : &expr_dyn);
    if (item == NULL)
        return NULL;
    if (type->key == NULL)
        return arena_format(arena, "%s(%s)", name, item);
    const char *key = expr_type_text(arena, type->key);
    return key == NULL ? NULL : arena_format(arena, "%s(%s, %s)", name, key, item);
}

const char *expr_type_text(struct arena *arena, const struct expr_type *type)
{
    switch (type->kind) {
    case EXPR_DYN:
    case EXPR_VARIABLE:
        return "dyn";
    case EXPR_NULL:
        return "null";
    case EXPR_BOOL:
        return "bool";
    case EXPR_INT:
        return "int";
    case EXPR_UINT:
        return "uint";
    case EXPR_DOUBLE:
        return "double";
    case EXPR_STRING:
        return "string";
    case EXPR_DURATION:
        return "duration";
    case EXPR_TIMESTAMP:
        return "timestamp";
    case EXPR_ENUM:
        return enum_text(arena, type);
    case EXPR_LIST:
        return compound_text(arena, type, "list");
    case EXPR_MAP:
        return compound_text(arena, type, "map");
    case EXPR_TYPE:
        return compound_text(arena, type, "type");
    }
    assert(!"a kind of its own");
    return NULL;
}

/* --- comparing -------------------------------------------------------------------------------- */

static bool names_are_equal(const struct expr_type *a, const struct expr_type *b)
{
    if (a->names_count != b->names_count)
        return false;
    for (uint32_t i = 0; i < a->names_count; i++)
        if (strcmp(a->names[i], b->names[i]) != 0)
            return false;
    return true;
}

static bool parts_are_equal(const struct expr_type *a, const struct expr_type *b)
{
    return a == b || (a != NULL && b != NULL && expr_type_equal(a, b));
}

bool expr_type_equal(const struct expr_type *a, const struct expr_type *b)
{
    if (a == b)
        return true;
    return a->kind == b->kind && a->kind != EXPR_VARIABLE && names_are_equal(a, b) &&
           parts_are_equal(a->key, b->key) && parts_are_equal(a->item, b->item);
}

/* --- values from outside ---------------------------------------------------------------------- */

static bool is_within(const struct expr_type *type, size_t size)
{
    return size <= (type->size_max != 0 ? type->size_max : EXPR_SIZE_MAX);
}

static bool admits_text(const struct expr_type *type, struct value value)
{
    if (expr_text_valid_size(value.as.text, value.size) < value.size)
        return false;
    if (type->kind == EXPR_STRING)
        return is_within(type, expr_text_length(value.as.text, value.size));
    for (uint32_t i = 0; i < type->names_count; i++)
        if (is_word(value.as.text, value.size, type->names[i]))
            return true;
    return false;
}

static bool admits(const struct expr_type *type, struct value value, int depth);

static bool admits_list(const struct expr_type *type, struct value list, int depth)
{
    if (!is_within(type, list.size))
        return false;
    for (uint32_t i = 0; i < list.size; i++)
        if (!admits(type->item, list.as.items[i], depth + 1))
            return false;
    return true;
}

static bool admits_map(const struct expr_type *type, struct value map, int depth)
{
    if (!is_within(type, map.size))
        return false;
    for (uint32_t i = 0; i < map.size; i++) {
        const struct value_entry *entry = &map.as.entries[i];
        if (!admits(type->key, entry->key, depth + 1) ||
            !admits(type->item, entry->value, depth + 1) ||
            value_find(map, entry->key) != &entry->value)
            return false;
    }
    return true;
}

static bool is_in_range(struct value timestamp)
{
    return timestamp.as.integer >= VALUE_TIMESTAMP_SECONDS_MIN &&
           timestamp.as.integer <= VALUE_TIMESTAMP_SECONDS_MAX &&
           timestamp.size < VALUE_NANOS_PER_SECOND;
}

/* Dyn takes any value that could have been made in the language. */
static bool dyn_admits(struct value value, int depth)
{
    static const struct expr_type list = {.kind = EXPR_LIST, .item = &expr_dyn};
    static const struct expr_type map = {.kind = EXPR_MAP, .key = &expr_dyn, .item = &expr_dyn};
    switch ((enum value_kind)value.kind) {
    case VALUE_STRING:
        return admits_text(&expr_string, value);
    case VALUE_LIST:
        return admits_list(&list, value, depth);
    case VALUE_MAP:
        return admits_map(&map, value, depth);
    case VALUE_TIMESTAMP:
        return is_in_range(value);
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_DOUBLE:
    case VALUE_DURATION:
    case VALUE_TYPE:
        return true;
    case VALUE_UNSET:
    case VALUE_ERROR:
        return false;
    }
    return false;
}

static bool admits(const struct expr_type *type, struct value value, int depth)
{
    if (depth > EXPR_DEPTH_MAX)
        return false;
    switch (type->kind) {
    case EXPR_DYN:
    case EXPR_VARIABLE:
        return dyn_admits(value, depth);
    case EXPR_NULL:
        return value.kind == VALUE_NULL;
    case EXPR_BOOL:
        return value.kind == VALUE_BOOL;
    case EXPR_INT:
        return value.kind == VALUE_INT;
    case EXPR_UINT:
        return value.kind == VALUE_UINT;
    case EXPR_DOUBLE:
        return value.kind == VALUE_DOUBLE;
    case EXPR_STRING:
    case EXPR_ENUM:
        return value.kind == VALUE_STRING && admits_text(type, value);
    case EXPR_LIST:
        return value.kind == VALUE_LIST && admits_list(type, value, depth);
    case EXPR_MAP:
        return value.kind == VALUE_MAP && admits_map(type, value, depth);
    case EXPR_DURATION:
        return value.kind == VALUE_DURATION;
    case EXPR_TIMESTAMP:
        return value.kind == VALUE_TIMESTAMP && is_in_range(value);
    case EXPR_TYPE:
        return value.kind == VALUE_TYPE;
    }
    return false;
}

bool expr_type_admits(const struct expr_type *type, struct value value)
{
    return admits(type, value, 0);
}
