/* Cursors are ids in base64url behind the number of their form. */
#include "seeks/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "base/buffer.h"

enum { ID_MAX = 64, VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

static const char form[] = "1:";

/* ---- cursors ----------------------------------------------------------------------------- */

static const ProtobufCFieldDescriptor *list_of(const ProtobufCMessageDescriptor *message)
{
    for (unsigned i = 0; i < message->n_fields; i++)
        if (message->fields[i].label == PROTOBUF_C_LABEL_REPEATED &&
            message->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            return &message->fields[i];
    return NULL;
}

bool pages_is_page(const ProtobufCMessageDescriptor *message)
{
    const ProtobufCFieldDescriptor *more =
        protobuf_c_message_descriptor_get_field_by_name(message, "more");
    return more != NULL && more->type == PROTOBUF_C_TYPE_BOOL && list_of(message) != NULL;
}

/* A thing's first field is what it is known by. */
static bool write_id(const ProtobufCMessage *thing, char *out, size_t size)
{
    const ProtobufCFieldDescriptor *field = &thing->descriptor->fields[0];
    const void *at = (const char *)thing + field->offset;
    int written = -1;
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        written = snprintf(out, size, "%s%s", form, *(char *const *)at);
    } else if (field->type == PROTOBUF_C_TYPE_INT64) {
        int64_t number;
        memcpy(&number, at, sizeof number);
        written = snprintf(out, size, "%s%lld", form, (long long)number);
    }
    return written > 0 && (size_t)written < size;
}

const char *pages_next(struct arena *arena, const ProtobufCMessage *reply)
{
    if (!pages_is_page(reply->descriptor))
        return NULL;
    const ProtobufCFieldDescriptor *more =
        protobuf_c_message_descriptor_get_field_by_name(reply->descriptor, "more");
    const ProtobufCFieldDescriptor *list = list_of(reply->descriptor);
    const char *base = (const char *)reply;
    char id[ID_MAX + sizeof form];
    char text[2 * sizeof id];
    size_t count;
    memcpy(&count, base + list->quantifier_offset, sizeof count);
    const ProtobufCMessage *const *things =
        *(const ProtobufCMessage *const *const *)(const void *)(base + list->offset);
    if (!*(const protobuf_c_boolean *)(const void *)(base + more->offset) || count == 0 ||
        !write_id(things[count - 1], id, sizeof id))
        return NULL;
    (void)sodium_bin2base64(text, sizeof text, (const unsigned char *)id, strlen(id), VARIANT);
    return arena_copy(arena, text, strlen(text));
}

const char *pages_read(struct arena *arena, const char *cursor)
{
    char id[ID_MAX + sizeof form];
    size_t size = 0;
    if (sodium_base642bin((unsigned char *)id, sizeof id - 1, cursor, strlen(cursor), NULL, &size,
                          NULL, VARIANT) != 0 ||
        size <= sizeof form - 1 || memcmp(id, form, sizeof form - 1) != 0 ||
        memchr(id, '\0', size) != NULL)
        return NULL;
    return arena_copy(arena, id + sizeof form - 1, size - (sizeof form - 1));
}

const char *pages_field(const ProtobufCMessageDescriptor *input)
{
    static const char *const names[] = {"before", "after"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (protobuf_c_message_descriptor_get_field_by_name(input, names[i]) != NULL)
            return names[i];
    return NULL;
}

/* ---- lines ------------------------------------------------------------------------------- */

/* The weight that a range of an Accept header gives a type, in thousandths; -1: it is not meant. */
static int weight_of(const char *range, size_t size, const char *type)
{
    size_t name = strcspn(range, " \t;,");
    size_t slash = strcspn(type, "/") + 1;
    bool is_meant =
        (name == strlen(type) && strncasecmp(range, type, name) == 0) ||
        (name == slash + 1 && range[slash] == '*' && strncasecmp(range, type, slash) == 0) ||
        (name == 3 && strncmp(range, "*/*", 3) == 0);
    if (!is_meant)
        return -1;
    for (const char *at = range + name; at + 3 < range + size; at++)
        if (at[0] == ';' && (at += 1 + strspn(at + 1, " \t")) + 2 < range + size &&
            (at[0] == 'q' || at[0] == 'Q') && at[1] == '=')
            return (int)(strtod(at + 2, NULL) * 1000.0);
    return 1000;
}

/* A range that names the type counts before one with stars. */
static int best_weight(const char *accept, const char *type)
{
    int best = -1;
    size_t precision = 0;
    for (const char *at = accept; *at != '\0'; at += *at == ',') {
        at += strspn(at, " \t");
        size_t size = strcspn(at, ",");
        int weight = weight_of(at, size, type);
        size_t stars = (size_t)(at[0] == '*') + (size_t)(memchr(at, '*', size) != NULL);
        if (weight >= 0 && 3 - stars > precision) {
            best = weight;
            precision = 3 - stars;
        }
        at += size;
    }
    return best;
}

enum pages_form pages_form(const char *accept)
{
    if (accept == NULL || accept[strspn(accept, " \t,")] == '\0')
        return PAGES_JSON;
    int json = best_weight(accept, "application/json");
    int lines = best_weight(accept, PAGES_LINES);
    if (json <= 0 && lines <= 0)
        return PAGES_NEITHER;
    return lines > json ? PAGES_NDJSON : PAGES_JSON;
}

bool pages_prefers_lines(const char *accept, const char *other)
{
    return accept != NULL && best_weight(accept, PAGES_LINES) > 0 &&
           best_weight(accept, PAGES_LINES) > best_weight(accept, other);
}

char *pages_lines(const json_t *page)
{
    struct buffer lines = {0};
    const char *key;
    json_t *list;
    json_t *thing;
    size_t i;
    json_object_foreach((json_t *)page, key, list) json_array_foreach(list, i, thing)
    {
        char *line = json_dumps(thing, JSON_COMPACT);
        buffer_append_text(&lines, line != NULL ? line : "");
        buffer_append_text(&lines, "\n");
        lines.failed = lines.failed || line == NULL;
        free(line);
    }
    char *text = lines.failed ? NULL : strdup(buffer_text(&lines));
    buffer_deinit(&lines);
    return text;
}
