/* Shapes printed as JSON Schema. Named shapes become definitions, printed once. */
#include "fsm/yaml/schema.h"

#include <assert.h>
#include <string.h>

struct writer {
    struct buffer *out;
    const struct yaml_shape *named[YAML_SCHEMA_DEFINITIONS_MAX];
    size_t count;
};

static void indent(struct writer *writer, int level)
{
    buffer_append_char(writer->out, '\n');
    for (int i = 0; i < level; i++)
        buffer_append_text(writer->out, "  ");
}

static void quoted(struct writer *writer, const char *text)
{
    buffer_append_char(writer->out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buffer_append_char(writer->out, '\\');
        if (*text == '\n')
            buffer_append_text(writer->out, "\\n");
        else
            buffer_append_char(writer->out, *text);
    }
    buffer_append_char(writer->out, '"');
}

/* Remembers a named shape for the definitions; true where it is new. */
static void remember(struct writer *writer, const struct yaml_shape *shape)
{
    for (size_t i = 0; i < writer->count; i++)
        if (writer->named[i] == shape)
            return;
    assert(writer->count < YAML_SCHEMA_DEFINITIONS_MAX);
    writer->named[writer->count++] = shape;
}

static void write_body(struct writer *writer, const struct yaml_shape *shape, const char *doc,
                       int level);

static void write_shape(struct writer *writer, const struct yaml_shape *shape, const char *doc,
                        int level)
{
    if (shape->name == NULL) {
        buffer_append_char(writer->out, '{');
        write_body(writer, shape, doc, level + 1);
        buffer_append_char(writer->out, '}');
        return;
    }
    remember(writer, shape);
    buffer_append_char(writer->out, '{');
    if (doc != NULL) {
        buffer_append_text(writer->out, "\"description\": ");
        quoted(writer, doc);
        buffer_append_text(writer->out, ", ");
    }
    buffer_append_text(writer->out, "\"$ref\": \"#/$defs/");
    for (const char *c = shape->name; *c != '\0'; c++)
        buffer_append_char(writer->out, *c == ' ' ? '_' : *c);
    buffer_append_text(writer->out, "\"}");
}

static const char *const name_pattern = "^[A-Za-z_][A-Za-z0-9_-]*$";
static const char *const path_pattern = "^[A-Za-z_][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)*$";
static const char *const event_pattern = "^(\\*|[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*(\\.\\*)?)$";

static const char *pattern_of(enum yaml_type type)
{
    switch (type) {
    case YAML_T_NAME:
        return name_pattern;
    case YAML_T_PATH:
        return path_pattern;
    case YAML_T_PATTERN:
        return event_pattern;
    case YAML_T_DURATION:
        return "^([0-9]+(ms|s|m|h|d|w))+$";
    case YAML_T_TIMESTAMP:
        return "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+([Zz]|[+-][0-9]{2}:[0-9]{2})$";
    case YAML_T_INT:
        return "^-?[0-9]+$";
    case YAML_T_TEXT:
    case YAML_T_EXPRESSION:
    case YAML_T_BOOL:
    case YAML_T_DOUBLE:
    case YAML_T_ENUM:
    case YAML_T_OBJECT:
    case YAML_T_MAP:
    case YAML_T_LIST:
    case YAML_T_ANY_OF:
    case YAML_T_ANY:
        break;
    }
    return NULL;
}

static void write_object(struct writer *writer, const struct yaml_shape *shape, int level)
{
    buffer_append_text(writer->out, "\"type\": \"object\", \"additionalProperties\": false,");
    indent(writer, level);
    buffer_append_text(writer->out, "\"properties\": {");
    for (size_t i = 0; i < shape->count; i++) {
        indent(writer, level + 1);
        quoted(writer, shape->keys[i].name);
        buffer_append_text(writer->out, ": ");
        write_shape(writer, shape->keys[i].shape, shape->keys[i].doc, level + 1);
        if (i + 1 < shape->count)
            buffer_append_char(writer->out, ',');
    }
    indent(writer, level);
    buffer_append_char(writer->out, '}');
    bool is_first = true;
    for (size_t i = 0; i < shape->count; i++) {
        if (!shape->keys[i].is_required)
            continue;
        buffer_append_text(writer->out, is_first ? ", \"required\": [" : ", ");
        quoted(writer, shape->keys[i].name);
        is_first = false;
    }
    if (!is_first)
        buffer_append_char(writer->out, ']');
}

static void write_map(struct writer *writer, const struct yaml_shape *shape, int level)
{
    enum yaml_type key = shape->key_type == YAML_T_TEXT ? YAML_T_NAME : shape->key_type;
    buffer_append_text(writer->out, "\"type\": \"object\", \"propertyNames\": {\"pattern\": ");
    quoted(writer, pattern_of(key) != NULL ? pattern_of(key) : ".");
    buffer_append_text(writer->out, "},");
    indent(writer, level);
    buffer_append_text(writer->out, "\"additionalProperties\": ");
    write_shape(writer, shape->item, NULL, level);
}

static void write_words(struct writer *writer, const struct yaml_shape *shape)
{
    buffer_append_text(writer->out, "\"enum\": [");
    for (size_t i = 0; i < shape->count; i++) {
        if (i > 0)
            buffer_append_text(writer->out, ", ");
        quoted(writer, shape->words[i]);
    }
    buffer_append_char(writer->out, ']');
}

static void write_choices(struct writer *writer, const struct yaml_shape *shape, int level)
{
    buffer_append_text(writer->out, "\"anyOf\": [");
    for (size_t i = 0; i < shape->count; i++) {
        indent(writer, level + 1);
        write_shape(writer, shape->choices[i], NULL, level + 1);
        if (i + 1 < shape->count)
            buffer_append_char(writer->out, ',');
    }
    indent(writer, level);
    buffer_append_char(writer->out, ']');
}

static void write_int(struct writer *writer, const struct yaml_shape *shape)
{
    buffer_append_text(writer->out, "\"type\": \"integer\"");
    if (shape->min != 0 || shape->max != 0)
        buffer_format(writer->out, ", \"minimum\": %lld, \"maximum\": %lld", (long long)shape->min,
                      (long long)shape->max);
}

static void write_body(struct writer *writer, const struct yaml_shape *shape, const char *doc,
                       int level)
{
    const char *text = doc != NULL ? doc : shape->doc;
    if (text != NULL) {
        buffer_append_text(writer->out, "\"description\": ");
        quoted(writer, text);
        buffer_append_text(writer->out, shape->type == YAML_T_ANY ? "" : ", ");
    }
    switch (shape->type) {
    case YAML_T_OBJECT:
        write_object(writer, shape, level);
        return;
    case YAML_T_MAP:
        write_map(writer, shape, level);
        return;
    case YAML_T_LIST:
        buffer_append_text(writer->out, "\"type\": \"array\", \"items\": ");
        write_shape(writer, shape->item, NULL, level);
        return;
    case YAML_T_ANY_OF:
        write_choices(writer, shape, level);
        return;
    case YAML_T_ENUM:
        write_words(writer, shape);
        return;
    case YAML_T_INT:
        write_int(writer, shape);
        return;
    case YAML_T_DOUBLE:
        buffer_append_text(writer->out, "\"type\": \"number\"");
        return;
    case YAML_T_BOOL:
        buffer_append_text(writer->out, "\"type\": \"boolean\"");
        return;
    case YAML_T_TEXT:
    case YAML_T_EXPRESSION:
        /* An editor's reader gives `ctx.n`, `4` and `true` types of its own. */
        buffer_append_text(writer->out, "\"type\": [\"string\", \"number\", \"boolean\"]");
        return;
    case YAML_T_NAME:
    case YAML_T_PATH:
    case YAML_T_PATTERN:
    case YAML_T_DURATION:
    case YAML_T_TIMESTAMP:
        buffer_append_text(writer->out, "\"type\": \"string\", \"pattern\": ");
        quoted(writer, pattern_of(shape->type));
        return;
    case YAML_T_ANY:
        return;
    }
}

void yaml_schema_write(const struct yaml_shape *root, const char *id, const char *title,
                       struct buffer *out)
{
    struct writer writer = {.out = out};
    buffer_append_text(out,
                       "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n");
    buffer_append_text(out, "  \"$id\": ");
    quoted(&writer, id);
    buffer_append_text(out, ",\n  \"title\": ");
    quoted(&writer, title);
    buffer_append_text(out, ",\n  ");
    write_body(&writer, root, NULL, 1);
    buffer_append_text(out, ",\n  \"$defs\": {");
    /* The list grows while it is walked: a definition may name further ones. */
    for (size_t i = 0; i < writer.count || (i == 0 && writer.count > 0); i++) {
        indent(&writer, 2);
        buffer_append_char(out, '"');
        for (const char *c = writer.named[i]->name; *c != '\0'; c++)
            buffer_append_char(out, *c == ' ' ? '_' : *c);
        buffer_append_text(out, "\": {");
        write_body(&writer, writer.named[i], NULL, 3);
        buffer_append_char(out, '}');
        if (i + 1 < writer.count)
            buffer_append_char(out, ',');
    }
    buffer_append_text(out, "\n  }\n}\n");
}
