/* Holds a tree against a shape: the structural half of checking any policy file. */
#include "fsm/yaml/yaml.h"

#include <assert.h>
#include <string.h>

enum { KEYS_MAX = 64 };

static const char *kind_text(const struct yaml_node *node)
{
    if (node->kind == YAML_MAPPING)
        return "a mapping";
    if (node->kind == YAML_SEQUENCE)
        return "a list";
    return yaml_is_empty(node) ? "nothing" : "a single value";
}

static bool wrong_kind(const struct yaml_node *node, struct yaml_faults *faults, const char *want)
{
    yaml_error(faults, node, "%s where %s belongs", kind_text(node), want);
    if (yaml_is_empty(node) && strcmp(want, "a mapping") == 0)
        yaml_hint(faults, "write `{}` for an empty one");
    return false;
}

static bool pattern_reads(const char *text)
{
    size_t size = strlen(text);
    if (strcmp(text, "*") == 0)
        return true;
    bool is_prefix = size > 2 && strcmp(text + size - 2, ".*") == 0;
    size_t stop = is_prefix ? size - 2 : size;
    for (size_t i = 0; i < stop; i++) {
        char c = text[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-';
        bool is_dot = c == '.' && i > 0 && i + 1 < stop && text[i - 1] != '.';
        if (!is_word && !is_dot)
            return false;
    }
    return stop > 0;
}

static bool check_pattern(const struct yaml_node *node, struct yaml_faults *faults)
{
    const char *text;
    if (!yaml_text(node, faults, &text))
        return false;
    if (pattern_reads(text))
        return true;
    yaml_error(faults, node, "`%.60s` is not the name of an event", text);
    yaml_hint(faults, "words with `.` between them; `a.*` for all that begin with `a`, `\"*\"` for "
                      "any");
    return false;
}

/* A scalar type's reader, for its faults only. */
static bool check_scalar(const struct yaml_node *node, const struct yaml_shape *shape,
                         struct yaml_faults *faults)
{
    const char *text;
    int64_t number;
    double real;
    bool boolean;
    int index;
    switch (shape->type) {
    case YAML_T_NAME:
        return yaml_name(node, false, faults, &text);
    case YAML_T_PATH:
        return yaml_name(node, true, faults, &text);
    case YAML_T_PATTERN:
        return check_pattern(node, faults);
    case YAML_T_TEXT:
    case YAML_T_EXPRESSION:
        return yaml_text(node, faults, &text);
    case YAML_T_INT:
        if (shape->min == 0 && shape->max == 0)
            return yaml_int(node, INT64_MIN, INT64_MAX, faults, &number);
        return yaml_int(node, shape->min, shape->max, faults, &number);
    case YAML_T_BOOL:
        return yaml_bool(node, faults, &boolean);
    case YAML_T_DOUBLE:
        return yaml_double(node, faults, &real);
    case YAML_T_DURATION:
        return yaml_duration(node, faults, &number);
    case YAML_T_TIMESTAMP:
        return yaml_timestamp(node, faults, &number);
    case YAML_T_ENUM:
        return yaml_enum(node, shape->words, shape->count, faults, &index);
    case YAML_T_OBJECT:
    case YAML_T_MAP:
    case YAML_T_LIST:
    case YAML_T_ANY_OF:
    case YAML_T_ANY:
        break;
    }
    return true;
}

static const struct yaml_key *find_key(const struct yaml_shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->count; i++)
        if (strcmp(shape->keys[i].name, name) == 0)
            return &shape->keys[i];
    return NULL;
}

static void unknown_key(const struct yaml_shape *shape, const struct yaml_pair *pair,
                        struct yaml_faults *faults)
{
    const char *names[KEYS_MAX];
    size_t count = 0;
    for (; count < shape->count && count < KEYS_MAX; count++)
        names[count] = shape->keys[count].name;
    if (shape->name != NULL)
        yaml_error(faults, &pair->key, "unknown key `%.60s` in a %s", pair->key.text, shape->name);
    else
        yaml_error(faults, &pair->key, "unknown key `%.60s`", pair->key.text);
    if (yaml_is_empty(&pair->value) && strpbrk(pair->key.text, "()<>=&|+*/ ") != NULL)
        yaml_hint(faults, "inside `{ }` a `,` ends a value: put the expression in double quotes");
    yaml_hint_nearest(faults, pair->key.text, names, count);
}

static bool check_object(const struct yaml_node *node, const struct yaml_shape *shape,
                         struct yaml_faults *faults)
{
    bool is_good = true;
    if (node->kind != YAML_MAPPING)
        return wrong_kind(node, faults, "a mapping");
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_key *key = find_key(shape, node->pairs[i].key.text);
        if (key == NULL) {
            unknown_key(shape, &node->pairs[i], faults);
            is_good = false;
        } else if (!yaml_check(&node->pairs[i].value, key->shape, faults)) {
            is_good = false;
        }
    }
    for (size_t i = 0; i < shape->count; i++)
        if (shape->keys[i].is_required && yaml_get(node, shape->keys[i].name) == NULL)
            is_good = yaml_error(faults, node, "the key `%s` is missing", shape->keys[i].name);
    return is_good;
}

static bool check_map(const struct yaml_node *node, const struct yaml_shape *shape,
                      struct yaml_faults *faults)
{
    bool is_good = true;
    if (node->kind != YAML_MAPPING)
        return wrong_kind(node, faults, "a mapping");
    struct yaml_shape key = {.type = shape->key_type};
    if (key.type == YAML_T_TEXT)
        key.type = YAML_T_NAME;
    for (size_t i = 0; i < node->count; i++) {
        if (!check_scalar(&node->pairs[i].key, &key, faults))
            is_good = false;
        if (!yaml_check(&node->pairs[i].value, shape->item, faults))
            is_good = false;
    }
    return is_good;
}

static bool check_list(const struct yaml_node *node, const struct yaml_shape *shape,
                       struct yaml_faults *faults)
{
    bool is_good = true;
    if (node->kind != YAML_SEQUENCE)
        return wrong_kind(node, faults, "a list");
    for (size_t i = 0; i < node->count; i++)
        if (!yaml_check(&node->items[i], shape->item, faults))
            is_good = false;
    return is_good;
}

static enum yaml_kind kind_of(enum yaml_type type)
{
    if (type == YAML_T_OBJECT || type == YAML_T_MAP)
        return YAML_MAPPING;
    return type == YAML_T_LIST ? YAML_SEQUENCE : YAML_SCALAR;
}

/* The node's kind decides which of the choices is meant. */
static bool check_choices(const struct yaml_node *node, const struct yaml_shape *shape,
                          struct yaml_faults *faults)
{
    for (size_t i = 0; i < shape->count; i++)
        if (kind_of(shape->choices[i]->type) == node->kind)
            return yaml_check(node, shape->choices[i], faults);
    yaml_error(faults, node, "%s does not belong here", kind_text(node));
    if (shape->doc != NULL)
        yaml_hint(faults, "%s", shape->doc);
    return false;
}

bool yaml_check(const struct yaml_node *node, const struct yaml_shape *shape,
                struct yaml_faults *faults)
{
    switch (shape->type) {
    case YAML_T_OBJECT:
        return check_object(node, shape, faults);
    case YAML_T_MAP:
        return check_map(node, shape, faults);
    case YAML_T_LIST:
        return check_list(node, shape, faults);
    case YAML_T_ANY_OF:
        return check_choices(node, shape, faults);
    case YAML_T_ANY:
        return true;
    case YAML_T_TEXT:
    case YAML_T_NAME:
    case YAML_T_PATH:
    case YAML_T_PATTERN:
    case YAML_T_EXPRESSION:
    case YAML_T_INT:
    case YAML_T_BOOL:
    case YAML_T_DOUBLE:
    case YAML_T_DURATION:
    case YAML_T_TIMESTAMP:
    case YAML_T_ENUM:
        return check_scalar(node, shape, faults);
    }
    return false;
}
