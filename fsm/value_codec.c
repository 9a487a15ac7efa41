/* struct value to and from arbiter.v1.Value; how deep packed bytes nest. */
#include "fsm/value_codec.h"

#include <string.h>

#include "base/hash.h"

/* ---- to messages ------------------------------------------------------------------------- */

static enum status make_value(struct arena *arena, struct value value, int depth,
                              Arbiter__V1__Value **out);

static enum status make_list(struct arena *arena, struct value value, int depth,
                             Arbiter__V1__ValueList **out)
{
    Arbiter__V1__ValueList *list = arena_alloc(arena, sizeof *list);
    Arbiter__V1__Value **items = arena_array(arena, value.size, sizeof *items);
    if (list == NULL || items == NULL)
        return STATUS_FULL;
    arbiter__v1__value_list__init(list);
    list->items = items;
    list->n_items = value.size;
    for (uint32_t i = 0; i < value.size; i++) {
        enum status status = make_value(arena, value.as.items[i], depth + 1, &items[i]);
        if (status != STATUS_OK)
            return status;
    }
    *out = list;
    return STATUS_OK;
}

static enum status make_map(struct arena *arena, struct value value, int depth,
                            Arbiter__V1__ValueMap **out)
{
    Arbiter__V1__ValueMap *map = arena_alloc(arena, sizeof *map);
    Arbiter__V1__ValueEntry *entries = arena_array(arena, value.size, sizeof *entries);
    Arbiter__V1__ValueEntry **pointers = arena_array(arena, value.size, sizeof *pointers);
    if (map == NULL || entries == NULL || pointers == NULL)
        return STATUS_FULL;
    arbiter__v1__value_map__init(map);
    map->entries = pointers;
    map->n_entries = value.size;
    for (uint32_t i = 0; i < value.size; i++) {
        arbiter__v1__value_entry__init(&entries[i]);
        pointers[i] = &entries[i];
        enum status status = make_value(arena, value.as.entries[i].key, depth + 1, &entries[i].key);
        if (status == STATUS_OK)
            status = make_value(arena, value.as.entries[i].value, depth + 1, &entries[i].value);
        if (status != STATUS_OK)
            return status;
    }
    *out = map;
    return STATUS_OK;
}

static Arbiter__V1__Moment *make_moment(struct arena *arena, int64_t seconds, int32_t nanos)
{
    Arbiter__V1__Moment *moment = arena_alloc(arena, sizeof *moment);
    if (moment == NULL)
        return NULL;
    arbiter__v1__moment__init(moment);
    moment->seconds = seconds;
    moment->nanos = nanos;
    return moment;
}

static enum status make_value(struct arena *arena, struct value value, int depth,
                              Arbiter__V1__Value **out)
{
    Arbiter__V1__Value *message = arena_alloc(arena, sizeof *message);
    if (message == NULL)
        return STATUS_FULL;
    if (depth > VALUE_CODEC_DEPTH_MAX)
        return STATUS_INVALID_ARGUMENT;
    arbiter__v1__value__init(message);
    *out = message;
    switch ((enum value_kind)value.kind) {
    case VALUE_NULL:
        message->kind_case = ARBITER__V1__VALUE__KIND_NULL_VALUE;
        message->null_value = true;
        return STATUS_OK;
    case VALUE_BOOL:
        message->kind_case = ARBITER__V1__VALUE__KIND_BOOL_VALUE;
        message->bool_value = value.as.boolean;
        return STATUS_OK;
    case VALUE_INT:
        message->kind_case = ARBITER__V1__VALUE__KIND_INT_VALUE;
        message->int_value = value.as.integer;
        return STATUS_OK;
    case VALUE_UINT:
        message->kind_case = ARBITER__V1__VALUE__KIND_UINT_VALUE;
        message->uint_value = value.as.natural;
        return STATUS_OK;
    case VALUE_DOUBLE:
        message->kind_case = ARBITER__V1__VALUE__KIND_DOUBLE_VALUE;
        message->double_value = value.as.real;
        return STATUS_OK;
    case VALUE_STRING:
        message->kind_case = ARBITER__V1__VALUE__KIND_STRING_VALUE;
        if (memchr(value.as.text, '\0', value.size) != NULL)
            return STATUS_INVALID_ARGUMENT; /* protobuf-c's strings end at a NUL */
        message->string_value = arena_copy(arena, value.as.text, value.size);
        return message->string_value != NULL ? STATUS_OK : STATUS_FULL;
    case VALUE_LIST:
        message->kind_case = ARBITER__V1__VALUE__KIND_LIST_VALUE;
        return make_list(arena, value, depth, &message->list_value);
    case VALUE_MAP:
        message->kind_case = ARBITER__V1__VALUE__KIND_MAP_VALUE;
        return make_map(arena, value, depth, &message->map_value);
    case VALUE_DURATION:
        message->kind_case = ARBITER__V1__VALUE__KIND_DURATION_VALUE;
        message->duration_value = make_moment(arena, value.as.integer / VALUE_NANOS_PER_SECOND,
                                              (int32_t)(value.as.integer % VALUE_NANOS_PER_SECOND));
        return message->duration_value != NULL ? STATUS_OK : STATUS_FULL;
    case VALUE_TIMESTAMP:
        message->kind_case = ARBITER__V1__VALUE__KIND_TIMESTAMP_VALUE;
        message->timestamp_value = make_moment(arena, value.as.integer, (int32_t)value.size);
        return message->timestamp_value != NULL ? STATUS_OK : STATUS_FULL;
    case VALUE_UNSET:
    case VALUE_TYPE:
    case VALUE_ERROR:
        break;
    }
    return STATUS_INVALID_ARGUMENT;
}

enum status value_codec_value(struct arena *arena, struct value value, Arbiter__V1__Value **out)
{
    return make_value(arena, value, 0, out);
}

enum status value_codec_map(struct arena *arena, struct value map, Arbiter__V1__ValueMap **out)
{
    if (map.kind != VALUE_MAP)
        return STATUS_INVALID_ARGUMENT;
    return make_map(arena, map, 0, out);
}

/* ---- from messages ----------------------------------------------------------------------- */

/* Length of the UTF-8 sequence at `text`, 0 where it is none. */
static size_t sequence_size(const unsigned char *text, size_t left)
{
    static const struct {
        unsigned char low, high, second_low, second_high, size;
    } forms[] = {
        {0x00, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (text[0] < forms[i].low || text[0] > forms[i].high)
            continue;
        size_t size = forms[i].size;
        if (size > left ||
            (size > 1 && (text[1] < forms[i].second_low || text[1] > forms[i].second_high)))
            return 0;
        for (size_t j = 2; j < size; j++)
            if (text[j] < 0x80 || text[j] > 0xBF)
                return 0;
        return size;
    }
    return 0;
}

static bool is_utf8(const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t step = sequence_size((const unsigned char *)text + at, size - at);
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

static enum status read_value(struct arena *arena, const Arbiter__V1__Value *message, int depth,
                              struct value *out);

static enum status read_list(struct arena *arena, const Arbiter__V1__ValueList *list, int depth,
                             struct value *out)
{
    struct value *items = arena_array(arena, list->n_items, sizeof *items);
    if (items == NULL || list->n_items > UINT32_MAX)
        return STATUS_FULL;
    for (size_t i = 0; i < list->n_items; i++) {
        enum status status = read_value(arena, list->items[i], depth + 1, &items[i]);
        if (status != STATUS_OK)
            return status;
    }
    *out = value_list(items, list->n_items);
    return STATUS_OK;
}

static bool is_key(struct value value)
{
    return value.kind == VALUE_STRING || value.kind == VALUE_INT || value.kind == VALUE_UINT ||
           value.kind == VALUE_BOOL;
}

static uint64_t hash_key(struct value key)
{
    uint64_t hash =
        key.kind == VALUE_STRING ? hash_bytes(HASH_START, key.as.text, key.size) : key.as.natural;
    return hash ^ hash >> 29;
}

/* Whether no key is there twice; a large map would take too long to compare each with each. */
static enum status check_keys(struct arena *arena, const struct value_entry *entries, size_t count)
{
    size_t capacity = 16;
    while (capacity < count * 2)
        capacity *= 2;
    struct arena_mark mark = arena_mark(arena);
    uint32_t *slots = arena_array(arena, capacity, sizeof *slots); /* entry + 1 */
    if (slots == NULL)
        return STATUS_FULL;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        size_t slot = hash_key(entries[i].key) & (capacity - 1);
        while (slots[slot] != 0 && !value_equal(entries[slots[slot] - 1].key, entries[i].key))
            slot = (slot + 1) & (capacity - 1);
        if (slots[slot] != 0)
            status = STATUS_INVALID_ARGUMENT;
        slots[slot] = (uint32_t)i + 1;
    }
    arena_rewind(arena, mark);
    return status;
}

static enum status read_map(struct arena *arena, const Arbiter__V1__ValueMap *map, int depth,
                            struct value *out)
{
    struct value_entry *entries = arena_array(arena, map->n_entries, sizeof *entries);
    if (entries == NULL || map->n_entries > UINT32_MAX)
        return STATUS_FULL;
    for (size_t i = 0; i < map->n_entries; i++) {
        enum status status = read_value(arena, map->entries[i]->key, depth + 1, &entries[i].key);
        if (status == STATUS_OK)
            status = read_value(arena, map->entries[i]->value, depth + 1, &entries[i].value);
        if (status != STATUS_OK)
            return status;
        if (!is_key(entries[i].key))
            return STATUS_INVALID_ARGUMENT;
    }
    *out = value_map(entries, map->n_entries);
    return check_keys(arena, entries, map->n_entries);
}

static enum status read_duration(const Arbiter__V1__Moment *moment, struct value *out)
{
    const int64_t most = INT64_MAX / VALUE_NANOS_PER_SECOND - 1;
    bool is_nanos =
        moment->nanos > -VALUE_NANOS_PER_SECOND && moment->nanos < VALUE_NANOS_PER_SECOND;
    if (moment->seconds > most || moment->seconds < -most || !is_nanos)
        return STATUS_INVALID_ARGUMENT;
    *out = value_duration(moment->seconds * VALUE_NANOS_PER_SECOND + moment->nanos);
    return STATUS_OK;
}

static enum status read_timestamp(const Arbiter__V1__Moment *moment, struct value *out)
{
    if (moment->seconds < VALUE_TIMESTAMP_SECONDS_MIN ||
        moment->seconds > VALUE_TIMESTAMP_SECONDS_MAX || moment->nanos < 0 ||
        moment->nanos >= VALUE_NANOS_PER_SECOND)
        return STATUS_INVALID_ARGUMENT;
    *out = value_timestamp(moment->seconds, (uint32_t)moment->nanos);
    return STATUS_OK;
}

static enum status read_string(const char *text, struct value *out)
{
    size_t size = strlen(text);
    if (size > UINT32_MAX || !is_utf8(text, size))
        return STATUS_INVALID_ARGUMENT;
    *out = value_string(text, size);
    return STATUS_OK;
}

static enum status read_value(struct arena *arena, const Arbiter__V1__Value *message, int depth,
                              struct value *out)
{
    if (message == NULL || depth > VALUE_CODEC_DEPTH_MAX)
        return STATUS_INVALID_ARGUMENT;
    switch (message->kind_case) {
    case ARBITER__V1__VALUE__KIND_NULL_VALUE:
        *out = value_null();
        return STATUS_OK;
    case ARBITER__V1__VALUE__KIND_BOOL_VALUE:
        *out = value_bool(message->bool_value);
        return STATUS_OK;
    case ARBITER__V1__VALUE__KIND_INT_VALUE:
        *out = value_int(message->int_value);
        return STATUS_OK;
    case ARBITER__V1__VALUE__KIND_UINT_VALUE:
        *out = value_uint(message->uint_value);
        return STATUS_OK;
    case ARBITER__V1__VALUE__KIND_DOUBLE_VALUE:
        *out = value_double(message->double_value);
        return STATUS_OK;
    case ARBITER__V1__VALUE__KIND_STRING_VALUE:
        return read_string(message->string_value, out);
    case ARBITER__V1__VALUE__KIND_LIST_VALUE:
        return read_list(arena, message->list_value, depth, out);
    case ARBITER__V1__VALUE__KIND_MAP_VALUE:
        return read_map(arena, message->map_value, depth, out);
    case ARBITER__V1__VALUE__KIND_DURATION_VALUE:
        return read_duration(message->duration_value, out);
    case ARBITER__V1__VALUE__KIND_TIMESTAMP_VALUE:
        return read_timestamp(message->timestamp_value, out);
    case ARBITER__V1__VALUE__KIND_BYTES_VALUE:
    case ARBITER__V1__VALUE__KIND__NOT_SET:
    default: /* protobuf-c adds an enumerator of its own for the size of the type */
        break;
    }
    return STATUS_INVALID_ARGUMENT;
}

enum status value_codec_from_value(struct arena *arena, const Arbiter__V1__Value *message,
                                   struct value *out)
{
    return read_value(arena, message, 0, out);
}

enum status value_codec_from_map(struct arena *arena, const Arbiter__V1__ValueMap *message,
                                 struct value *out)
{
    if (message == NULL) {
        *out = value_map(NULL, 0);
        return STATUS_OK;
    }
    return read_map(arena, message, 0, out);
}

/* ---- depth ------------------------------------------------------------------------------- */

/* Reads a varint; false past the end. */
static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *out)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && *at < end; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0) {
            *out = value;
            return true;
        }
    }
    return false;
}

static const ProtobufCMessageDescriptor *message_of(const ProtobufCMessageDescriptor *descriptor,
                                                    uint64_t field)
{
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        if (descriptor->fields[i].id == field &&
            descriptor->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            return descriptor->fields[i].descriptor;
    return NULL;
}

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

bool value_codec_nests_within(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes,
                              size_t size, int depth_max)
{
    const uint8_t *at = bytes, *end = bytes + size;
    if (depth_max < 0)
        return false;
    while (at < end) {
        uint64_t tag, length;
        if (!read_varint(&at, end, &tag))
            return false;
        switch (tag & 7) {
        case WIRE_VARINT:
            if (!read_varint(&at, end, &length))
                return false;
            continue;
        case WIRE_64:
            length = 8;
            break;
        case WIRE_32:
            length = 4;
            break;
        case WIRE_BYTES:
            if (!read_varint(&at, end, &length))
                return false;
            break;
        default:
            return false;
        }
        if (length > (uint64_t)(end - at))
            return false;
        const ProtobufCMessageDescriptor *inner =
            (tag & 7) == WIRE_BYTES ? message_of(descriptor, tag >> 3) : NULL;
        if (inner != NULL && !value_codec_nests_within(inner, at, (size_t)length, depth_max - 1))
            return false;
        at += length;
    }
    return true;
}
