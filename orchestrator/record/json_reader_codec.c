/* Typed members of JSON objects, and the place of what is wrong. */
#include "orchestrator/record/json_reader.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum status json_reader_parse(const struct codec_source *source, json_t **out_root)
{
    json_error_t error;
    json_t *root = json_loadb(source->bytes, source->size, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        return fault_set(source->fault, error.line, error.column > 0 ? error.column : 1, "%s",
                         error.text);
    *out_root = root;
    return STATUS_OK;
}

void json_reader_enter(struct json_reader *reader, const char *key)
{
    assert(reader->depth < JSON_READER_DEPTH_MAX);
    reader->path[reader->depth++] = (struct json_step){.key = key};
}

void json_reader_enter_at(struct json_reader *reader, size_t index)
{
    assert(reader->depth < JSON_READER_DEPTH_MAX);
    reader->path[reader->depth++] = (struct json_step){.index = index};
}

void json_reader_leave(struct json_reader *reader)
{
    assert(reader->depth > 0);
    reader->depth--;
}

/* ---- finding a place: the text is known to be valid JSON --------------------------------- */

struct walker {
    const char *text;
    size_t size;
    size_t at;
};

static void skip_blanks(struct walker *walker)
{
    while (walker->at < walker->size && strchr(" \t\r\n:,", walker->text[walker->at]) != NULL)
        walker->at++;
}

static void skip_string(struct walker *walker)
{
    walker->at++;
    while (walker->at < walker->size && walker->text[walker->at] != '"')
        walker->at += walker->text[walker->at] == '\\' ? 2 : 1;
    walker->at++;
}

static void skip_value(struct walker *walker)
{
    int depth = 0;
    skip_blanks(walker);
    do {
        char character = walker->at < walker->size ? walker->text[walker->at] : '\0';
        if (character == '\0')
            return;
        if (character == '"') {
            skip_string(walker);
            continue;
        }
        depth += character == '{' || character == '[';
        if ((character == '}' || character == ']') && depth-- == 0)
            return; /* the end of what holds a bare value */
        walker->at++;
        bool bare_ends = depth == 0 && walker->at < walker->size &&
                         strchr(" \t\r\n,}]", walker->text[walker->at]) != NULL;
        if (bare_ends)
            return;
    } while (walker->at < walker->size);
}

static bool at_end(const struct walker *walker)
{
    return walker->at >= walker->size || strchr("}]", walker->text[walker->at]) != NULL;
}

static bool go_to_key(struct walker *walker, const char *key)
{
    size_t length = strlen(key);
    for (skip_blanks(walker); !at_end(walker); skip_blanks(walker)) {
        size_t start = walker->at + 1;
        skip_string(walker);
        bool found =
            walker->at - 1 - start == length && memcmp(walker->text + start, key, length) == 0;
        skip_blanks(walker);
        if (found)
            return true;
        skip_value(walker);
    }
    return false;
}

static bool go_to_index(struct walker *walker, size_t index)
{
    skip_blanks(walker);
    for (size_t i = 0; i < index && !at_end(walker); i++) {
        skip_value(walker);
        skip_blanks(walker);
    }
    return !at_end(walker);
}

/* Goes down the path as far as the text has it. */
static size_t offset_of(const struct json_reader *reader)
{
    struct walker walker = {reader->source->bytes, reader->source->size, 0};
    skip_blanks(&walker);
    size_t found = walker.at;
    for (int i = 0; i < reader->depth; i++) {
        const struct json_step *step = &reader->path[i];
        walker.at = found + 1; /* into the object or array */
        bool there =
            step->key != NULL ? go_to_key(&walker, step->key) : go_to_index(&walker, step->index);
        if (!there)
            break;
        found = walker.at;
    }
    return found;
}

enum status json_reader_wrong(const struct json_reader *reader, const char *format, ...)
{
    char text[FAULT_TEXT_MAX];
    size_t offset = offset_of(reader);
    int line = 1;
    int column = 1;
    for (size_t i = 0; i < offset && i < reader->source->size; i++) {
        bool end = reader->source->bytes[i] == '\n';
        line += end;
        column = end ? 1 : column + 1;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return fault_set(reader->source->fault, line, column, "%s", text);
}

/* ---- members ----------------------------------------------------------------------------- */

/* Reports a member that is not what it should be. */
static enum status wrong_member(struct json_reader *reader, const char *key, const char *should)
{
    json_reader_enter(reader, key);
    enum status status = json_reader_wrong(reader, "\"%s\" should be %s", key, should);
    json_reader_leave(reader);
    return status;
}

enum status json_reader_text(struct json_reader *reader, const json_t *object, const char *key,
                             const char **out)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL)
        return STATUS_OK;
    if (!json_is_string(value))
        return wrong_member(reader, key, "a text");
    const char *copy =
        arena_copy(reader->source->arena, json_string_value(value), json_string_length(value));
    if (copy == NULL)
        return STATUS_FULL;
    *out = copy;
    return STATUS_OK;
}

enum status json_reader_int(struct json_reader *reader, const json_t *object, const char *key,
                            int min, int max, int *out)
{
    const json_t *value = json_object_get(object, key);
    char range[64];
    if (value == NULL)
        return STATUS_OK;
    snprintf(range, sizeof range, "a whole number from %d to %d", min, max);
    if (!json_is_integer(value) || json_integer_value(value) < min ||
        json_integer_value(value) > max)
        return wrong_member(reader, key, range);
    *out = (int)json_integer_value(value);
    return STATUS_OK;
}

enum status json_reader_bool(struct json_reader *reader, const json_t *object, const char *key,
                             bool *out)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL)
        return STATUS_OK;
    if (!json_is_boolean(value))
        return wrong_member(reader, key, "true or false");
    *out = json_is_true(value);
    return STATUS_OK;
}

/* A number of points as tenths; false where it has more than one decimal or is out of range. */
static bool tenths(const json_t *value, int *out_x10)
{
    double x10 = json_number_value(value) * 10.0;
    if (!json_is_number(value) || !(x10 >= 0.0 && x10 <= RECORD_POINTS_X10_MAX))
        return false;
    int rounded = (int)(x10 + 0.5);
    if (fabs(x10 - rounded) > 1e-6)
        return false;
    *out_x10 = rounded;
    return true;
}

enum status json_reader_points(struct json_reader *reader, const json_t *object, const char *key,
                               int *out_x10)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL || tenths(value, out_x10))
        return STATUS_OK;
    return wrong_member(reader, key, "points from 0 to 999.9 with one decimal");
}

enum status json_reader_word(struct json_reader *reader, const json_t *object, const char *key,
                             const char *const *words, size_t count, int *out)
{
    const json_t *value = json_object_get(object, key);
    char list[160] = "one of";
    if (value == NULL)
        return STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        if (json_is_string(value) && strcmp(json_string_value(value), words[i]) == 0) {
            *out = (int)i;
            return STATUS_OK;
        }
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s %s", i > 0 ? "," : "", words[i]);
    }
    return wrong_member(reader, key, list);
}

enum status json_reader_pair(struct json_reader *reader, const json_t *object, const char *key,
                             int min, int max, int out[2])
{
    const json_t *value = json_object_get(object, key);
    int pair[2];
    if (value == NULL)
        return STATUS_OK;
    if (!json_is_array(value) || json_array_size(value) != 2)
        return wrong_member(reader, key, "a list of two whole numbers");
    for (size_t i = 0; i < 2; i++) {
        const json_t *item = json_array_get(value, i);
        if (!json_is_integer(item) || json_integer_value(item) < min ||
            json_integer_value(item) > max)
            return wrong_member(reader, key, "two whole numbers in range");
        pair[i] = (int)json_integer_value(item);
    }
    memcpy(out, pair, sizeof pair);
    return STATUS_OK;
}

enum status json_reader_array(struct json_reader *reader, const json_t *object, const char *key,
                              const json_t **out)
{
    const json_t *value = json_object_get(object, key);
    *out = NULL;
    if (value != NULL && !json_is_array(value))
        return wrong_member(reader, key, "a list");
    *out = value;
    return STATUS_OK;
}

enum status json_reader_keys(struct json_reader *reader, const json_t *object,
                             const char *const *keys, size_t count)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return json_reader_wrong(reader, "this should be an object: {...}");
    if (reader->lenient)
        return STATUS_OK;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        bool known = false;
        for (size_t i = 0; i < count && !known; i++)
            known = strcmp(keys[i], key) == 0;
        if (known)
            continue;
        json_reader_enter(reader, key);
        enum status status = json_reader_wrong(reader, "\"%.60s\" is not known here", key);
        json_reader_leave(reader);
        return status;
    }
    return STATUS_OK;
}
