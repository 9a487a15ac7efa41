/* struct value ↔ arbiter.v1.Value. */
#include "fsm/value_codec.h"

#include <string.h>

/* ---- writing -----------------------------------------------------------------------------------
 */

static enum status write_value(struct arena *arena, struct value value, int depth,
                               Arbiter__V1__Value **out);

static Arbiter__V1__Moment *make_moment(struct arena *arena, int64_t seconds, int64_t nanos)
{
    Arbiter__V1__Moment *moment = arena_alloc(arena, sizeof *moment);
    if (moment == NULL)
        return NULL;
    arbiter__v1__moment__init(moment);
    moment->seconds = seconds;
    moment->nanos = (int32_t)nanos;
    return moment;
}

static enum status write_list(struct arena *arena, struct value value, int depth,
                              Arbiter__V1__ValueList **out)
{
    Arbiter__V1__ValueList *list = arena_alloc(arena, sizeof *list);
    if (list == NULL)
        return STATUS_FULL;
    arbiter__v1__value_list__init(list);
    list->items = arena_array(arena, value.size, sizeof *list->items);
    if (list->items == NULL)
        return STATUS_FULL;
    for (uint32_t i = 0; i < value.size; i++) {
        enum status status = write_value(arena, value.as.items[i], depth + 1, &list->items[i]);
        if (status != STATUS_OK)
            return status;
    }
    list->n_items = value.size;
    *out = list;
    return STATUS_OK;
}

static enum status write_entry(struct arena *arena, const struct value_entry *from, int depth,
                               Arbiter__V1__ValueEntry **out)
{
    Arbiter__V1__ValueEntry *entry = arena_alloc(arena, sizeof *entry);
    if (entry == NULL)
        return STATUS_FULL;
    arbiter__v1__value_entry__init(entry);
    enum status status = write_value(arena, from->key, depth + 1, &entry->key);
    if (status == STATUS_OK)
        status = write_value(arena, from->value, depth + 1, &entry->value);
    *out = entry;
    return status;
}

static enum status write_map(struct arena *arena, struct value value, int depth,
                             Arbiter__V1__ValueMap **out)
{
    Arbiter__V1__ValueMap *map = arena_alloc(arena, sizeof *map);
    if (map == NULL)
        return STATUS_FULL;
    arbiter__v1__value_map__init(map);
    map->entries = arena_array(arena, value.size, sizeof *map->entries);
    if (map->entries == NULL)
        return STATUS_FULL;
    for (uint32_t i = 0; i < value.size; i++) {
        enum status status = write_entry(arena, &value.as.entries[i], depth, &map->entries[i]);
        if (status != STATUS_OK)
            return status;
    }
    map->n_entries = value.size;
    *out = map;
    return STATUS_OK;
}

static enum status write_text(struct arena *arena, struct value value, Arbiter__V1__Value *out)
{
    /* protobuf-c keeps strings NUL-terminated: text with U+0000 inside cannot travel. */
    if (memchr(value.as.text, '\0', value.size) != NULL)
        return STATUS_INVALID_ARGUMENT;
    out->kind_case = ARBITER__V1__VALUE__KIND_STRING_VALUE;
    out->string_value = arena_copy(arena, value.as.text, value.size);
    return out->string_value != NULL ? STATUS_OK : STATUS_FULL;
}

static enum status write_moment(struct arena *arena, struct value value, Arbiter__V1__Value *out)
{
    if (value.kind == VALUE_TIMESTAMP) {
        out->kind_case = ARBITER__V1__VALUE__KIND_TIMESTAMP_VALUE;
        out->timestamp_value = make_moment(arena, value.as.integer, value.size);
        return out->timestamp_value != NULL ? STATUS_OK : STATUS_FULL;
    }
    out->kind_case = ARBITER__V1__VALUE__KIND_DURATION_VALUE;
    out->duration_value = make_moment(arena, value.as.integer / VALUE_NANOS_PER_SECOND,
                                      value.as.integer % VALUE_NANOS_PER_SECOND);
    return out->duration_value != NULL ? STATUS_OK : STATUS_FULL;
}

static enum status write_value(struct arena *arena, struct value value, int depth,
                               Arbiter__V1__Value **out)
{
    Arbiter__V1__Value *message = arena_alloc(arena, sizeof *message);
    if (message == NULL || depth > VALUE_CODEC_DEPTH_MAX)
        return STATUS_FULL;
    arbiter__v1__value__init(message);
    *out = message;
    switch ((enum value_kind)value.kind) {
    case VALUE_NULL:
        message->kind_case = ARBITER__V1__VALUE__KIND_NULL_VALUE;
        message->null_value = true;
        return STATUS_OK;
    case VALUE_BOOL:
        message->kind_case = ARBITER__V1__VALUE__KIND_BOOL_VALUE;
        message->bool_value = value.as.natural != 0;
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
        return write_text(arena, value, message);
    case VALUE_LIST:
        message->kind_case = ARBITER__V1__VALUE__KIND_LIST_VALUE;
        return write_list(arena, value, depth, &message->list_value);
    case VALUE_MAP:
        message->kind_case = ARBITER__V1__VALUE__KIND_MAP_VALUE;
        return write_map(arena, value, depth, &message->map_value);
    case VALUE_DURATION:
    case VALUE_TIMESTAMP:
        return write_moment(arena, value, message);
    case VALUE_UNSET:
    case VALUE_TYPE:
    case VALUE_ERROR:
        return STATUS_INVALID_ARGUMENT;
    }
    return STATUS_INVALID_ARGUMENT;
}

enum status value_codec_write(struct arena *arena, struct value value,
                              Arbiter__V1__Value **out_message)
{
    Arbiter__V1__Value *message = NULL;
    enum status status = write_value(arena, value, 0, &message);
    if (status == STATUS_OK)
        *out_message = message;
    return status;
}

enum status value_codec_map(struct arena *arena, struct value map, Arbiter__V1__ValueMap **out_map)
{
    Arbiter__V1__ValueMap *made = NULL;
    if (map.kind != VALUE_MAP)
        return STATUS_INVALID_ARGUMENT;
    enum status status = write_map(arena, map, 0, &made);
    if (status == STATUS_OK)
        *out_map = made;
    return status;
}

/* ---- reading
 * ------------------------------------------------------------------------------------- */

static enum status read_value(struct arena *arena, const Arbiter__V1__Value *message, int depth,
                              struct value *out);

/* Whether the bytes are UTF-8 as RFC 3629 has it: no overlong forms, no surrogates. */
static bool is_utf8(const unsigned char *text, size_t size)
{
    size_t i = 0;
    while (i < size) {
        unsigned char lead = text[i];
        size_t more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || size - i <= more)
            return false;
        unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        for (size_t k = 1; k <= more; k++) {
            if (text[i + k] < low || text[i + k] > high)
                return false;
            low = 0x80;
            high = 0xBF;
        }
        i += more + 1;
    }
    return true;
}

static enum status read_text(struct arena *arena, const char *text, struct value *out)
{
    size_t size = text != NULL ? strlen(text) : 0;
    if (size > UINT32_MAX || !is_utf8((const unsigned char *)text, size))
        return STATUS_DATA_LOSS;
    char *copy = arena_copy(arena, text, size);
    if (copy == NULL)
        return STATUS_FULL;
    *out = value_string(copy, size);
    return STATUS_OK;
}

static enum status read_duration(const Arbiter__V1__Moment *moment, struct value *out)
{
    const int64_t limit = INT64_MAX / VALUE_NANOS_PER_SECOND;
    if (moment == NULL || moment->seconds >= limit || moment->seconds <= -limit ||
        moment->nanos >= VALUE_NANOS_PER_SECOND || moment->nanos <= -VALUE_NANOS_PER_SECOND)
        return STATUS_DATA_LOSS;
    *out = value_duration(moment->seconds * VALUE_NANOS_PER_SECOND + moment->nanos);
    return STATUS_OK;
}

static enum status read_timestamp(const Arbiter__V1__Moment *moment, struct value *out)
{
    if (moment == NULL || moment->seconds < VALUE_TIMESTAMP_SECONDS_MIN ||
        moment->seconds > VALUE_TIMESTAMP_SECONDS_MAX || moment->nanos < 0 ||
        moment->nanos >= VALUE_NANOS_PER_SECOND)
        return STATUS_DATA_LOSS;
    *out = value_timestamp(moment->seconds, (uint32_t)moment->nanos);
    return STATUS_OK;
}

static enum status read_list(struct arena *arena, const Arbiter__V1__ValueList *list, int depth,
                             struct value *out)
{
    if (list == NULL || list->n_items > UINT32_MAX)
        return STATUS_DATA_LOSS;
    struct value *items = arena_array(arena, list->n_items, sizeof *items);
    if (items == NULL)
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

static enum status read_map(struct arena *arena, const Arbiter__V1__ValueMap *map, int depth,
                            struct value *out)
{
    if (map == NULL || map->n_entries > UINT32_MAX)
        return STATUS_DATA_LOSS;
    struct value_entry *entries = arena_array(arena, map->n_entries, sizeof *entries);
    if (entries == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < map->n_entries; i++) {
        enum status status = read_value(arena, map->entries[i]->key, depth + 1, &entries[i].key);
        if (status == STATUS_OK)
            status = read_value(arena, map->entries[i]->value, depth + 1, &entries[i].value);
        if (status != STATUS_OK)
            return status;
        if (!is_key(entries[i].key) || value_find(value_map(entries, i), entries[i].key) != NULL)
            return STATUS_DATA_LOSS;
    }
    *out = value_map(entries, map->n_entries);
    return STATUS_OK;
}

static enum status read_value(struct arena *arena, const Arbiter__V1__Value *message, int depth,
                              struct value *out)
{
    if (message == NULL || depth > VALUE_CODEC_DEPTH_MAX)
        return STATUS_DATA_LOSS;
    switch (message->kind_case) {
    case ARBITER__V1__VALUE__KIND_NULL_VALUE:
        *out = value_null();
        return STATUS_OK;
    case ARBITER__V1__VALUE__KIND_BOOL_VALUE:
        *out = value_bool(message->bool_value != 0);
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
        return read_text(arena, message->string_value, out);
    case ARBITER__V1__VALUE__KIND_DURATION_VALUE:
        return read_duration(message->duration_value, out);
    case ARBITER__V1__VALUE__KIND_TIMESTAMP_VALUE:
        return read_timestamp(message->timestamp_value, out);
    case ARBITER__V1__VALUE__KIND_LIST_VALUE:
        return read_list(arena, message->list_value, depth, out);
    case ARBITER__V1__VALUE__KIND_MAP_VALUE:
        return read_map(arena, message->map_value, depth, out);
    case ARBITER__V1__VALUE__KIND_BYTES_VALUE:
    case ARBITER__V1__VALUE__KIND__NOT_SET:
    case _ARBITER__V1__VALUE__KIND__CASE_IS_INT_SIZE:
        return STATUS_DATA_LOSS;
    }
    return STATUS_DATA_LOSS;
}

enum status value_codec_read(struct arena *arena, const Arbiter__V1__Value *message,
                             struct value *out_value)
{
    struct value value;
    enum status status = read_value(arena, message, 0, &value);
    if (status == STATUS_OK)
        *out_value = value;
    return status;
}

enum status value_codec_from_map(struct arena *arena, const Arbiter__V1__ValueMap *map,
                                 struct value *out_value)
{
    struct value value;
    enum status status = read_map(arena, map, 0, &value);
    if (status == STATUS_OK)
        *out_value = value;
    return status;
}
