/* Walks protobuf-c descriptors to turn messages into values and values into messages. */
#include "proto/reflect.h"

#include <assert.h>
#include <string.h>

#include "arbiter/v1/archive.pb-c.h"
#include "arbiter/v1/desk.pb-c.h"
#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

#define SUBJECT_PREFIX "arbiter.v1."

static const ProtobufCServiceDescriptor *const services[] = {
    &arbiter__v1__store__descriptor,
    &arbiter__v1__gamesvc__descriptor,
    &arbiter__v1__orchestrator__descriptor,
    &arbiter__v1__pairing__descriptor,
    &arbiter__v1__standings__descriptor,
    &arbiter__v1__schedule__descriptor,
    &arbiter__v1__desk__descriptor,
    &arbiter__v1__matchmaking__descriptor,
    &arbiter__v1__conduct__descriptor,
    &arbiter__v1__archive__descriptor,
    NULL,
};

const ProtobufCServiceDescriptor *const *reflect_services(void)
{
    return services;
}

const char *reflect_snake_case(const char *camel, char *out, size_t out_size)
{
    assert(out_size > 0);
    size_t size = 0;
    for (const char *c = camel; *c != '\0' && size + 2 < out_size; c++) {
        bool is_upper = *c >= 'A' && *c <= 'Z';
        if (is_upper && c != camel)
            out[size++] = '_';
        out[size++] = is_upper ? (char)(*c - 'A' + 'a') : *c;
    }
    out[size] = '\0';
    return out;
}

static bool method_has_name(const ProtobufCServiceDescriptor *service, unsigned number,
                            const char *name)
{
    char text[128];
    size_t size = strlen(reflect_snake_case(service->short_name, text, sizeof text));
    if (strncmp(name, text, size) != 0 || name[size] != '.')
        return false;
    return strcmp(name + size + 1,
                  reflect_snake_case(service->methods[number].name, text, sizeof text)) == 0;
}

enum status reflect_find_method(const char *name, struct reflect_method *out_method)
{
    if (strncmp(name, SUBJECT_PREFIX, strlen(SUBJECT_PREFIX)) == 0)
        name += strlen(SUBJECT_PREFIX);
    for (size_t i = 0; services[i] != NULL; i++)
        for (unsigned m = 0; m < services[i]->n_methods; m++)
            if (method_has_name(services[i], m, name)) {
                *out_method = (struct reflect_method){services[i], &services[i]->methods[m]};
                return STATUS_OK;
            }
    return STATUS_NOT_FOUND;
}

/* ---- types as text ----------------------------------------------------------------------- */

static const char *single_type(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_ENUM:
        return "int";
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        return "double";
    case PROTOBUF_C_TYPE_BOOL:
        return "bool";
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
        return "string";
    case PROTOBUF_C_TYPE_MESSAGE:
        return "map(string, dyn)";
    }
    return "dyn";
}

const char *reflect_field_type(struct arena *arena, const ProtobufCFieldDescriptor *field)
{
    const char *type = single_type(field->type);
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return type;
    return arena_format(arena, "list(%s)", type);
}

/* ---- message → value --------------------------------------------------------------------- */

static enum status message_value(struct arena *arena, const ProtobufCMessage *message, int depth,
                                 struct value *out);

static enum status bytes_value(const ProtobufCBinaryData *bytes, struct value *out)
{
    *out = value_string((const char *)bytes->data, bytes->len);
    return STATUS_OK;
}

static enum status member_value(struct arena *arena, ProtobufCType type, const void *member,
                                int depth, struct value *out)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_ENUM:
        *out = value_int(*(const int32_t *)member);
        return STATUS_OK;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        *out = value_int(*(const int64_t *)member);
        return STATUS_OK;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        *out = value_int(*(const uint32_t *)member);
        return STATUS_OK;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        *out = value_int((int64_t) * (const uint64_t *)member);
        return STATUS_OK;
    case PROTOBUF_C_TYPE_FLOAT:
        *out = value_double((double)*(const float *)member);
        return STATUS_OK;
    case PROTOBUF_C_TYPE_DOUBLE:
        *out = value_double(*(const double *)member);
        return STATUS_OK;
    case PROTOBUF_C_TYPE_BOOL:
        *out = value_bool(*(const protobuf_c_boolean *)member);
        return STATUS_OK;
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(const char *const *)member;
        *out = value_text(text != NULL ? text : "");
        return STATUS_OK;
    }
    case PROTOBUF_C_TYPE_BYTES:
        return bytes_value(member, out);
    case PROTOBUF_C_TYPE_MESSAGE: {
        const ProtobufCMessage *inner = *(const ProtobufCMessage *const *)member;
        if (inner != NULL)
            return message_value(arena, inner, depth + 1, out);
        *out = value_map(NULL, 0);
        return STATUS_OK;
    }
    }
    return STATUS_INTERNAL;
}

/* Bytes one element of a repeated field takes in its array. */
static size_t element_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return sizeof(int32_t);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return sizeof(int64_t);
    case PROTOBUF_C_TYPE_FLOAT:
        return sizeof(float);
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(double);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    }
    return 0;
}

static enum status repeated_value(struct arena *arena, const ProtobufCFieldDescriptor *field,
                                  const char *base, int depth, struct value *out)
{
    size_t count = *(const size_t *)(base + field->quantifier_offset);
    const char *elements = *(const char *const *)(base + field->offset);
    size_t stride = element_size(field->type);
    struct value *items = arena_array(arena, count, sizeof *items);
    if (items == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < count; i++) {
        enum status status =
            member_value(arena, field->type, elements + i * stride, depth, &items[i]);
        if (status != STATUS_OK)
            return status;
    }
    *out = value_list(items, count);
    return STATUS_OK;
}

static bool is_oneof(const ProtobufCFieldDescriptor *field)
{
    return (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

static bool oneof_is_other(const ProtobufCFieldDescriptor *field, const char *base)
{
    return is_oneof(field) && *(const uint32_t *)(base + field->quantifier_offset) != field->id;
}

static enum status message_value(struct arena *arena, const ProtobufCMessage *message, int depth,
                                 struct value *out)
{
    if (depth > REFLECT_DEPTH_MAX)
        return STATUS_FULL;
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    const char *base = (const char *)message;
    struct value_entry *entries = arena_array(arena, descriptor->n_fields, sizeof *entries);
    if (entries == NULL)
        return STATUS_FULL;
    size_t count = 0;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (oneof_is_other(field, base))
            continue;
        struct value_entry *entry = &entries[count++];
        entry->key = value_text(field->name);
        enum status status =
            field->label == PROTOBUF_C_LABEL_REPEATED
                ? repeated_value(arena, field, base, depth, &entry->value)
                : member_value(arena, field->type, base + field->offset, depth, &entry->value);
        if (status != STATUS_OK)
            return status;
    }
    *out = value_map(entries, count);
    return STATUS_OK;
}

enum status reflect_to_value(struct arena *arena, const ProtobufCMessage *message,
                             struct value *out_value)
{
    struct value made;
    enum status status = message_value(arena, message, 0, &made);
    if (status == STATUS_OK)
        *out_value = made;
    return status;
}

/* ---- value → message --------------------------------------------------------------------- */

struct reader {
    struct arena *arena;
    struct fault *fault;
    int depth;
};

static enum status read_message(struct reader *reader, const ProtobufCMessageDescriptor *descriptor,
                                struct value map, ProtobufCMessage **out);

static enum status wrong_type(struct reader *reader, const ProtobufCFieldDescriptor *field,
                              struct value value)
{
    return fault_set(reader->fault, 0, 0, "field '%s' takes %s, not %s", field->name,
                     single_type(field->type), value_kind_name((enum value_kind)value.kind));
}

static bool ends_in_ms(const char *name)
{
    size_t size = strlen(name);
    return size > 3 && strcmp(name + size - 3, "_ms") == 0;
}

static enum status read_integer(struct reader *reader, const ProtobufCFieldDescriptor *field,
                                struct value value, int64_t *out)
{
    if (value.kind == VALUE_INT) {
        *out = value.as.integer;
    } else if (value.kind == VALUE_UINT && value.as.natural <= INT64_MAX) {
        *out = (int64_t)value.as.natural;
    } else if ((value.kind == VALUE_TIMESTAMP || value.kind == VALUE_DURATION) &&
               ends_in_ms(field->name)) {
        *out = value_to_ms(value);
    } else {
        return wrong_type(reader, field, value);
    }
    return STATUS_OK;
}

static enum status read_integer_32(struct reader *reader, const ProtobufCFieldDescriptor *field,
                                   struct value value, void *member)
{
    int64_t number;
    enum status status = read_integer(reader, field, value, &number);
    if (status != STATUS_OK)
        return status;
    bool is_unsigned =
        field->type == PROTOBUF_C_TYPE_UINT32 || field->type == PROTOBUF_C_TYPE_FIXED32;
    if (is_unsigned ? number < 0 || number > UINT32_MAX : number < INT32_MIN || number > INT32_MAX)
        return fault_set(reader->fault, 0, 0, "field '%s' cannot hold so large a number",
                         field->name);
    *(uint32_t *)member = (uint32_t)number;
    return STATUS_OK;
}

static enum status read_integer_64(struct reader *reader, const ProtobufCFieldDescriptor *field,
                                   struct value value, void *member)
{
    int64_t number;
    enum status status = read_integer(reader, field, value, &number);
    if (status == STATUS_OK)
        *(int64_t *)member = number;
    return status;
}

static enum status read_real(struct reader *reader, const ProtobufCFieldDescriptor *field,
                             struct value value, void *member)
{
    if (value.kind != VALUE_DOUBLE && value.kind != VALUE_INT)
        return wrong_type(reader, field, value);
    double number = value.kind == VALUE_DOUBLE ? value.as.real : (double)value.as.integer;
    if (field->type == PROTOBUF_C_TYPE_FLOAT)
        *(float *)member = (float)number;
    else
        *(double *)member = number;
    return STATUS_OK;
}

static enum status read_text(struct reader *reader, const ProtobufCFieldDescriptor *field,
                             struct value value, void *member)
{
    if (value.kind != VALUE_STRING)
        return wrong_type(reader, field, value);
    if (memchr(value.as.text, '\0', value.size) != NULL)
        return fault_set(reader->fault, 0, 0, "field '%s' holds a NUL character", field->name);
    char *text = arena_copy(reader->arena, value.as.text, value.size);
    if (text == NULL)
        return STATUS_FULL;
    *(char **)member = text;
    return STATUS_OK;
}

static enum status read_bytes(struct reader *reader, const ProtobufCFieldDescriptor *field,
                              struct value value, void *member)
{
    if (value.kind != VALUE_STRING)
        return wrong_type(reader, field, value);
    ProtobufCBinaryData *bytes = member;
    bytes->data = (uint8_t *)arena_copy(reader->arena, value.as.text, value.size);
    bytes->len = value.size;
    return bytes->data != NULL ? STATUS_OK : STATUS_FULL;
}

static enum status read_inner(struct reader *reader, const ProtobufCFieldDescriptor *field,
                              struct value value, void *member)
{
    if (value.kind != VALUE_MAP)
        return wrong_type(reader, field, value);
    reader->depth++;
    enum status status = read_message(reader, field->descriptor, value, member);
    reader->depth--;
    return status;
}

static enum status read_member(struct reader *reader, const ProtobufCFieldDescriptor *field,
                               struct value value, void *member)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return read_integer_32(reader, field, value, member);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_integer_64(reader, field, value, member);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        return read_real(reader, field, value, member);
    case PROTOBUF_C_TYPE_BOOL:
        if (value.kind != VALUE_BOOL)
            return wrong_type(reader, field, value);
        *(protobuf_c_boolean *)member = value.as.natural != 0;
        return STATUS_OK;
    case PROTOBUF_C_TYPE_STRING:
        return read_text(reader, field, value, member);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(reader, field, value, member);
    case PROTOBUF_C_TYPE_MESSAGE:
        return read_inner(reader, field, value, member);
    }
    return STATUS_INTERNAL;
}

static enum status read_repeated(struct reader *reader, const ProtobufCFieldDescriptor *field,
                                 struct value value, char *base)
{
    if (value.kind != VALUE_LIST)
        return fault_set(reader->fault, 0, 0, "field '%s' takes a list, not %s", field->name,
                         value_kind_name((enum value_kind)value.kind));
    size_t stride = element_size(field->type);
    char *elements = arena_array(reader->arena, value.size, stride);
    if (elements == NULL)
        return STATUS_FULL;
    for (uint32_t i = 0; i < value.size; i++) {
        enum status status = read_member(reader, field, value.as.items[i], elements + i * stride);
        if (status != STATUS_OK)
            return status;
    }
    *(size_t *)(base + field->quantifier_offset) = value.size;
    *(char **)(base + field->offset) = elements;
    return STATUS_OK;
}

static enum status read_field(struct reader *reader, const ProtobufCFieldDescriptor *field,
                              struct value value, char *base)
{
    if (value.kind == VALUE_NULL)
        return STATUS_OK;
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return read_repeated(reader, field, value, base);
    enum status status = read_member(reader, field, value, base + field->offset);
    if (status == STATUS_OK && is_oneof(field))
        *(uint32_t *)(base + field->quantifier_offset) = field->id;
    return status;
}

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *descriptor,
                                                  struct value key)
{
    for (unsigned i = 0; key.kind == VALUE_STRING && i < descriptor->n_fields; i++) {
        const char *name = descriptor->fields[i].name;
        if (strlen(name) == key.size && memcmp(name, key.as.text, key.size) == 0)
            return &descriptor->fields[i];
    }
    return NULL;
}

static enum status read_message(struct reader *reader, const ProtobufCMessageDescriptor *descriptor,
                                struct value map, ProtobufCMessage **out)
{
    if (reader->depth > REFLECT_DEPTH_MAX)
        return STATUS_FULL;
    ProtobufCMessage *message = arena_alloc(reader->arena, descriptor->sizeof_message);
    if (message == NULL)
        return STATUS_FULL;
    protobuf_c_message_init(descriptor, message);
    for (uint32_t i = 0; i < map.size; i++) {
        struct value key = map.as.entries[i].key;
        const ProtobufCFieldDescriptor *field = find_field(descriptor, key);
        if (field == NULL)
            return fault_set(reader->fault, 0, 0, "%s has no field '%.*s'", descriptor->short_name,
                             key.kind == VALUE_STRING ? (int)key.size : 1,
                             key.kind == VALUE_STRING ? key.as.text : "?");
        enum status status = read_field(reader, field, map.as.entries[i].value, (char *)message);
        if (status != STATUS_OK)
            return status;
    }
    *out = message;
    return STATUS_OK;
}

enum status reflect_from_value(struct arena *arena, const ProtobufCMessageDescriptor *descriptor,
                               struct value map, ProtobufCMessage **out_message,
                               struct fault *out_fault)
{
    if (map.kind != VALUE_MAP)
        return fault_set(out_fault, 0, 0, "%s is made from a map", descriptor->short_name);
    struct reader reader = {.arena = arena, .fault = out_fault};
    return read_message(&reader, descriptor, map, out_message);
}
