/* The table of keys as a shape, which prints itself as JSON Schema for editors. */
#include "orchestrator/format/format_keys.h"

#include <string.h>

static const struct yaml_shape text_shape = {.type = YAML_T_TEXT};
static const struct yaml_shape name_shape = {.type = YAML_T_NAME};
static const struct yaml_shape bool_shape = {.type = YAML_T_BOOL};
static const struct yaml_shape number_shape = {.type = YAML_T_DOUBLE};
static const struct yaml_shape duration_shape = {.type = YAML_T_DURATION};
static const struct yaml_shape any_shape = {.type = YAML_T_ANY};
static const struct yaml_shape texts_shape = {.type = YAML_T_LIST, .item = &text_shape};
static const struct yaml_shape methods_shape = {
    .type = YAML_T_MAP, .key_type = YAML_T_PATTERN, .item = &any_shape};

static const struct yaml_shape *section_shape(struct arena *arena,
                                              const struct format_section *section);

static const struct yaml_shape *keep(struct arena *arena, struct yaml_shape shape)
{
    struct yaml_shape *kept = arena_alloc(arena, sizeof *kept);
    if (kept != NULL)
        *kept = shape;
    return kept;
}

static const struct yaml_shape *words_shape(struct arena *arena, const char *const *words)
{
    size_t count = 0;
    while (words[count] != NULL)
        count++;
    return keep(arena, (struct yaml_shape){.type = YAML_T_ENUM, .words = words, .count = count});
}

static const struct yaml_shape *method_shape(struct arena *arena)
{
    const char **words = arena_array(arena, PAIRING_METHOD_COUNT, sizeof *words);
    for (int i = 0; words != NULL && i < PAIRING_METHOD_COUNT; i++)
        words[i] = pairing_method_name((enum pairing_method)i);
    return keep(arena, (struct yaml_shape){
                           .type = YAML_T_ENUM, .words = words, .count = PAIRING_METHOD_COUNT});
}

static const struct yaml_shape *ranges_shape(struct arena *arena,
                                             const struct format_section *section)
{
    const struct yaml_shape **choices = arena_array(arena, 2, sizeof(struct yaml_shape *));
    if (choices == NULL)
        return NULL;
    choices[0] = keep(
        arena, (struct yaml_shape){.type = YAML_T_LIST, .item = section_shape(arena, section)});
    choices[1] = &methods_shape;
    return keep(arena, (struct yaml_shape){.type = YAML_T_ANY_OF, .choices = choices, .count = 2});
}

static const struct yaml_shape *key_shape(struct arena *arena, const struct format_key *key)
{
    switch (key->kind) {
    case FORMAT_NAME:
        return &name_shape;
    case FORMAT_BOOL:
        return &bool_shape;
    case FORMAT_INT:
    case FORMAT_EDITION:
        return keep(arena,
                    (struct yaml_shape){.type = YAML_T_INT, .min = key->min, .max = key->max});
    case FORMAT_DURATION:
        return &duration_shape;
    case FORMAT_POINTS:
    case FORMAT_SHARE:
        return &number_shape;
    case FORMAT_WORD:
    case FORMAT_FLAG:
        return words_shape(arena, key->words);
    case FORMAT_METHOD:
        return method_shape(arena);
    case FORMAT_DAYS:
    case FORMAT_TEXTS:
        return &texts_shape;
    case FORMAT_SECTION:
        return section_shape(arena, key->section);
    case FORMAT_LIST:
        return keep(arena, (struct yaml_shape){.type = YAML_T_LIST,
                                               .item = section_shape(arena, key->section)});
    case FORMAT_RANGES:
        return ranges_shape(arena, key->section);
    case FORMAT_TEXT:
    case FORMAT_ROUNDS:
    case FORMAT_LOCAL_TIME:
    case FORMAT_ZONE:
    case FORMAT_RECURRENCE:
    case FORMAT_ORDER:
    case FORMAT_RIGHT:
        break;
    }
    return &text_shape;
}

static const char *key_doc(struct arena *arena, const struct format_key *key)
{
    if (key->otherwise != NULL)
        return arena_format(arena, "%s; without it: %s", key->help, key->otherwise);
    if (key->standard != NULL && key->standard[0] != '\0')
        return arena_format(arena, "%s; default %s", key->help, key->standard);
    return key->help;
}

static const struct yaml_shape *section_shape(struct arena *arena,
                                              const struct format_section *section)
{
    struct yaml_key *keys = arena_array(arena, section->key_count, sizeof *keys);
    for (size_t i = 0; keys != NULL && i < section->key_count; i++) {
        const struct format_key *key = &section->keys[i];
        keys[i] = (struct yaml_key){.name = key->name,
                                    .shape = key_shape(arena, key),
                                    .is_required = key->is_required,
                                    .doc = key_doc(arena, key)};
    }
    return keep(arena, (struct yaml_shape){.name = section->name,
                                           .type = YAML_T_OBJECT,
                                           .doc = section->help,
                                           .keys = keys,
                                           .count = section->key_count});
}

const struct yaml_shape *format_shape(struct arena *arena)
{
    const struct yaml_shape *shape = section_shape(arena, &format_root);
    return arena_full(arena) ? NULL : shape;
}
