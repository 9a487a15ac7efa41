/* JSON by descriptor, through jansson. */
#include "seeks/json_codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arbiter/v1/value.pb-c.h"

/* ---- parsing ----------------------------------------------------------------------------- */

/* jansson bounds nesting only at 2048; a body that deep is somebody's experiment. */
static bool is_too_deep(const char *text, size_t size)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']'))
            depth--;
        if (depth > JSON_DEPTH_MAX)
            return true;
    }
    return false;
}

enum status json_parse(const char *text, size_t size, json_t **out_json, struct fault *out_fault)
{
    json_error_t error;
    if (is_too_deep(text, size))
        return fault_set(out_fault, 0, 0, "the JSON is nested deeper than %d", JSON_DEPTH_MAX);
    json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        return fault_set(out_fault, error.line, error.column, "not JSON: %s", error.text);
    *out_json = json;
    return STATUS_OK;
}

/* ---- JSON → message ---------------------------------------------------------------------- */

static const char *kind_of(const json_t *json)
{
    static const char *const names[] = {"an object", "an array",  "a string",  "an integer",
                                        "a number",  "a boolean", "a boolean", "null"};
    return names[json_typeof(json)];
}

static enum status wrong_kind(const ProtobufCFieldDescriptor *field, const char *wanted,
                              const json_t *json, struct fault *out_fault)
{
    return fault_set(out_fault, 0, 0, "'%s' takes %s, not %s", field->name, wanted, kind_of(json));
}

static enum status set_integer(const ProtobufCFieldDescriptor *field, int64_t number, bool is_wide,
                               void *member, struct fault *out_fault)
{
    if (is_wide) {
        *(int64_t *)member = number;
        return STATUS_OK;
    }
    if (number < INT32_MIN || number > INT32_MAX)
        return fault_set(out_fault, 0, 0, "'%s' is too large", field->name);
    *(int32_t *)member = (int32_t)number;
    return STATUS_OK;
}

static bool is_wide(ProtobufCType type)
{
    return type == PROTOBUF_C_TYPE_INT64 || type == PROTOBUF_C_TYPE_SINT64 ||
           type == PROTOBUF_C_TYPE_UINT64 || type == PROTOBUF_C_TYPE_SFIXED64 ||
           type == PROTOBUF_C_TYPE_FIXED64;
}

static enum status set_text(struct arena *arena, const char *text, size_t size, void *member)
{
    char *copy = arena_copy(arena, text, size);
    if (copy == NULL)
        return STATUS_FULL;
    *(char **)member = copy;
    return STATUS_OK;
}

static enum status set_member(struct arena *arena, const ProtobufCFieldDescriptor *field,
                              json_t *json, void *member, struct fault *out_fault)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_ENUM:
        if (!json_is_integer(json))
            return wrong_kind(field, "an integer", json, out_fault);
        return set_integer(field, json_integer_value(json), is_wide(field->type), member,
                           out_fault);
    case PROTOBUF_C_TYPE_FLOAT:
        if (!json_is_number(json))
            return wrong_kind(field, "a number", json, out_fault);
        *(float *)member = (float)json_number_value(json);
        return STATUS_OK;
    case PROTOBUF_C_TYPE_DOUBLE:
        if (!json_is_number(json))
            return wrong_kind(field, "a number", json, out_fault);
        *(double *)member = json_number_value(json);
        return STATUS_OK;
    case PROTOBUF_C_TYPE_BOOL:
        if (!json_is_boolean(json))
            return wrong_kind(field, "a boolean", json, out_fault);
        *(protobuf_c_boolean *)member = json_is_true(json);
        return STATUS_OK;
    case PROTOBUF_C_TYPE_STRING:
        if (!json_is_string(json))
            return wrong_kind(field, "a string", json, out_fault);
        return set_text(arena, json_string_value(json), json_string_length(json), member);
    case PROTOBUF_C_TYPE_BYTES:
        return fault_set(out_fault, 0, 0, "'%s' cannot be set", field->name);
    case PROTOBUF_C_TYPE_MESSAGE:
        if (!json_is_object(json))
            return wrong_kind(field, "an object", json, out_fault);
        return json_to_message(arena, field->descriptor, json, member, out_fault);
    }
    return STATUS_INTERNAL;
}

static size_t element_size(ProtobufCType type)
{
    if (type == PROTOBUF_C_TYPE_STRING || type == PROTOBUF_C_TYPE_MESSAGE)
        return sizeof(void *);
    if (type == PROTOBUF_C_TYPE_BOOL)
        return sizeof(protobuf_c_boolean);
    return is_wide(type) || type == PROTOBUF_C_TYPE_DOUBLE ? 8 : 4;
}

static enum status set_repeated(struct arena *arena, const ProtobufCFieldDescriptor *field,
                                json_t *json, char *base, struct fault *out_fault)
{
    if (!json_is_array(json))
        return wrong_kind(field, "an array", json, out_fault);
    size_t count = json_array_size(json);
    size_t stride = element_size(field->type);
    char *elements = arena_array(arena, count, stride);
    if (elements == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < count; i++) {
        enum status status =
            set_member(arena, field, json_array_get(json, i), elements + i * stride, out_fault);
        if (status != STATUS_OK)
            return status;
    }
    *(size_t *)(base + field->quantifier_offset) = count;
    *(char **)(base + field->offset) = elements;
    return STATUS_OK;
}

static enum status set_field(struct arena *arena, const ProtobufCFieldDescriptor *field,
                             json_t *json, char *base, struct fault *out_fault)
{
    if (json_is_null(json))
        return STATUS_OK;
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return set_repeated(arena, field, json, base, out_fault);
    enum status status = set_member(arena, field, json, base + field->offset, out_fault);
    if (status == STATUS_OK && (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
        *(uint32_t *)(base + field->quantifier_offset) = field->id;
    return status;
}

enum status json_to_message(struct arena *arena, const ProtobufCMessageDescriptor *descriptor,
                            json_t *object, ProtobufCMessage **out_message, struct fault *out_fault)
{
    const char *name;
    json_t *member;
    if (!json_is_object(object))
        return fault_set(out_fault, 0, 0, "the body should be an object, not %s", kind_of(object));
    ProtobufCMessage *message = arena_alloc(arena, descriptor->sizeof_message);
    if (message == NULL)
        return STATUS_FULL;
    protobuf_c_message_init(descriptor, message);
    json_object_foreach(object, name, member)
    {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(descriptor, name);
        if (field == NULL)
            return fault_set(out_fault, 0, 0, "there is no member '%s' here", name);
        enum status status = set_field(arena, field, member, (char *)message, out_fault);
        if (status != STATUS_OK)
            return status;
    }
    *out_message = message;
    return STATUS_OK;
}

enum status json_set_field(struct arena *arena, ProtobufCMessage *message, const char *name,
                           const char *text, struct fault *out_fault)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
    if (field == NULL || field->label == PROTOBUF_C_LABEL_REPEATED ||
        field->type == PROTOBUF_C_TYPE_MESSAGE || field->type == PROTOBUF_C_TYPE_BYTES)
        return STATUS_NOT_FOUND;
    void *member = (char *)message + field->offset;
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return set_text(arena, text, strlen(text), member);
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        return fault_set(out_fault, 0, 0, "'%s' takes a whole number, not '%s'", name, text);
    return set_integer(field, number, is_wide(field->type), member, out_fault);
}

/* ---- message → JSON ---------------------------------------------------------------------- */

static json_t *member_json(ProtobufCType type, const void *member)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_ENUM:
        return json_integer(*(const int32_t *)member);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return json_integer(*(const uint32_t *)member);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return json_integer(*(const int64_t *)member);
    case PROTOBUF_C_TYPE_FLOAT:
        return json_real((double)*(const float *)member);
    case PROTOBUF_C_TYPE_DOUBLE:
        return json_real(*(const double *)member);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)member);
    case PROTOBUF_C_TYPE_STRING:
        return json_string(*(const char *const *)member);
    case PROTOBUF_C_TYPE_BYTES:
        return NULL;
    case PROTOBUF_C_TYPE_MESSAGE:
        return *(const ProtobufCMessage *const *)member != NULL
                   ? json_from_message(*(const ProtobufCMessage *const *)member)
                   : NULL;
    }
    return NULL;
}

static json_t *repeated_json(const ProtobufCFieldDescriptor *field, const char *base)
{
    size_t count = *(const size_t *)(base + field->quantifier_offset);
    const char *elements = *(const char *const *)(base + field->offset);
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(
            array, member_json(field->type, elements + i * element_size(field->type)));
    return array; /* jansson ignores NULL members: without memory the answer is cut, not wrong */
}

static bool is_left_out(const ProtobufCFieldDescriptor *field, const char *base)
{
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        return true;
    return (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
           *(const uint32_t *)(base + field->quantifier_offset) != field->id;
}

json_t *json_from_message(const ProtobufCMessage *message)
{
    if (message->descriptor == &arbiter__v1__value_map__descriptor)
        return json_from_value_map((const Arbiter__V1__ValueMap *)message);
    const char *base = (const char *)message;
    json_t *object = json_object();
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (is_left_out(field, base))
            continue;
        json_t *member = field->label == PROTOBUF_C_LABEL_REPEATED
                             ? repeated_json(field, base)
                             : member_json(field->type, base + field->offset);
        if (member != NULL)
            (void)json_object_set_new(object, field->name, member); /* as above */
    }
    return object;
}

/* ---- wire values → JSON ------------------------------------------------------------------ */

static json_t *moment_json(const Arbiter__V1__Moment *moment)
{
    return json_integer(moment->seconds * 1000 + moment->nanos / 1000000);
}

static json_t *value_json(const Arbiter__V1__Value *value)
{
    json_t *array;
    switch (value->kind_case) {
    case ARBITER__V1__VALUE__KIND_BOOL_VALUE:
        return json_boolean(value->bool_value);
    case ARBITER__V1__VALUE__KIND_INT_VALUE:
        return json_integer(value->int_value);
    case ARBITER__V1__VALUE__KIND_UINT_VALUE:
        return json_integer((json_int_t)value->uint_value);
    case ARBITER__V1__VALUE__KIND_DOUBLE_VALUE:
        return json_real(value->double_value);
    case ARBITER__V1__VALUE__KIND_STRING_VALUE:
        return json_string(value->string_value);
    case ARBITER__V1__VALUE__KIND_DURATION_VALUE:
        return moment_json(value->duration_value);
    case ARBITER__V1__VALUE__KIND_TIMESTAMP_VALUE:
        return moment_json(value->timestamp_value);
    case ARBITER__V1__VALUE__KIND_LIST_VALUE:
        array = json_array();
        for (size_t i = 0; i < value->list_value->n_items; i++)
            (void)json_array_append_new(array, value_json(value->list_value->items[i]));
        return array;
    case ARBITER__V1__VALUE__KIND_MAP_VALUE:
        return json_from_value_map(value->map_value);
    case ARBITER__V1__VALUE__KIND_NULL_VALUE:
    case ARBITER__V1__VALUE__KIND_BYTES_VALUE:
    case ARBITER__V1__VALUE__KIND__NOT_SET:
    case _ARBITER__V1__VALUE__KIND__CASE_IS_INT_SIZE:
        return json_null();
    }
    return json_null();
}

json_t *json_from_value_map(const Arbiter__V1__ValueMap *map)
{
    json_t *object = json_object();
    for (size_t i = 0; map != NULL && i < map->n_entries; i++) {
        const Arbiter__V1__ValueEntry *entry = map->entries[i];
        if (entry->key != NULL && entry->value != NULL &&
            entry->key->kind_case == ARBITER__V1__VALUE__KIND_STRING_VALUE)
            (void)json_object_set_new(object, entry->key->string_value, value_json(entry->value));
    }
    return object;
}

/* ---- JSON → wire values ------------------------------------------------------------------ */

static Arbiter__V1__Value *value_create(struct arena *arena, Arbiter__V1__Value__KindCase kind)
{
    Arbiter__V1__Value *value = arena_alloc(arena, sizeof *value);
    if (value == NULL)
        return NULL;
    arbiter__v1__value__init(value);
    value->kind_case = kind;
    return value;
}

static enum status make_value(struct arena *arena, json_t *json, Arbiter__V1__Value **out);

static enum status make_list(struct arena *arena, json_t *json, Arbiter__V1__ValueList **out)
{
    Arbiter__V1__ValueList *list = arena_alloc(arena, sizeof *list);
    if (list == NULL)
        return STATUS_FULL;
    arbiter__v1__value_list__init(list);
    list->items = arena_array(arena, json_array_size(json), sizeof *list->items);
    for (; list->items != NULL && list->n_items < json_array_size(json); list->n_items++) {
        enum status status =
            make_value(arena, json_array_get(json, list->n_items), &list->items[list->n_items]);
        if (status != STATUS_OK)
            return status;
    }
    *out = list;
    return list->items != NULL ? STATUS_OK : STATUS_FULL;
}

static enum status make_value(struct arena *arena, json_t *json, Arbiter__V1__Value **out)
{
    static const Arbiter__V1__Value__KindCase kinds[] = {
        [JSON_OBJECT] = ARBITER__V1__VALUE__KIND_MAP_VALUE,
        [JSON_ARRAY] = ARBITER__V1__VALUE__KIND_LIST_VALUE,
        [JSON_STRING] = ARBITER__V1__VALUE__KIND_STRING_VALUE,
        [JSON_INTEGER] = ARBITER__V1__VALUE__KIND_INT_VALUE,
        [JSON_REAL] = ARBITER__V1__VALUE__KIND_DOUBLE_VALUE,
        [JSON_TRUE] = ARBITER__V1__VALUE__KIND_BOOL_VALUE,
        [JSON_FALSE] = ARBITER__V1__VALUE__KIND_BOOL_VALUE,
        [JSON_NULL] = ARBITER__V1__VALUE__KIND_NULL_VALUE,
    };
    json_type type = json_typeof(json);
    Arbiter__V1__Value *value = value_create(arena, kinds[type]);
    if (value == NULL)
        return STATUS_FULL;
    *out = value;
    if (type == JSON_OBJECT)
        return json_to_value_map(arena, json, &value->map_value);
    if (type == JSON_ARRAY)
        return make_list(arena, json, &value->list_value);
    if (type == JSON_STRING)
        value->string_value = arena_copy(arena, json_string_value(json), json_string_length(json));
    else if (type == JSON_INTEGER)
        value->int_value = json_integer_value(json);
    else if (type == JSON_REAL)
        value->double_value = json_real_value(json);
    else if (type == JSON_NULL)
        value->null_value = true;
    else
        value->bool_value = type == JSON_TRUE;
    return type == JSON_STRING && value->string_value == NULL ? STATUS_FULL : STATUS_OK;
}

static enum status make_entry(struct arena *arena, const char *name, json_t *member,
                              Arbiter__V1__ValueEntry **out)
{
    Arbiter__V1__ValueEntry *entry = arena_alloc(arena, sizeof *entry);
    if (entry == NULL)
        return STATUS_FULL;
    arbiter__v1__value_entry__init(entry);
    entry->key = value_create(arena, ARBITER__V1__VALUE__KIND_STRING_VALUE);
    if (entry->key == NULL)
        return STATUS_FULL;
    entry->key->string_value = arena_copy(arena, name, strlen(name));
    *out = entry;
    return entry->key->string_value != NULL ? make_value(arena, member, &entry->value)
                                            : STATUS_FULL;
}

enum status json_to_value_map(struct arena *arena, json_t *object, Arbiter__V1__ValueMap **out_map)
{
    const char *name;
    json_t *member;
    Arbiter__V1__ValueMap *map = arena_alloc(arena, sizeof *map);
    if (map == NULL)
        return STATUS_FULL;
    arbiter__v1__value_map__init(map);
    map->entries = arena_array(arena, json_object_size(object), sizeof *map->entries);
    if (map->entries == NULL)
        return STATUS_FULL;
    json_object_foreach(object, name, member)
    {
        enum status status = make_entry(arena, name, member, &map->entries[map->n_entries++]);
        if (status != STATUS_OK)
            return status;
    }
    *out_map = map;
    return STATUS_OK;
}
