/* Values ↔ arbiter.v1.Value. */
#include "store/value_wire.h"

#include <string.h>

#define DEPTH_MAX 32

static enum status read_value(struct arena *arena, const Arbiter__V1__Value *wire, int depth,
                              struct value *out);

static enum status read_list(struct arena *arena, const Arbiter__V1__ValueList *wire, int depth,
                             struct value *out)
{
    struct value *items = arena_array(arena, wire->n_items, sizeof *items);
    if (items == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < wire->n_items; i++) {
        enum status status = read_value(arena, wire->items[i], depth, &items[i]);
        if (status != STATUS_OK)
            return status;
    }
    *out = value_list(items, wire->n_items);
    return STATUS_OK;
}

static enum status read_map(struct arena *arena, const Arbiter__V1__ValueMap *wire, int depth,
                            struct value *out)
{
    struct value_entry *entries = arena_array(arena, wire->n_entries, sizeof *entries);
    if (entries == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < wire->n_entries; i++) {
        const Arbiter__V1__ValueEntry *entry = wire->entries[i];
        if (entry->key == NULL || entry->value == NULL)
            return STATUS_INVALID_ARGUMENT;
        enum status status = read_value(arena, entry->key, depth, &entries[i].key);
        if (status == STATUS_OK)
            status = read_value(arena, entry->value, depth, &entries[i].value);
        if (status != STATUS_OK)
            return status;
    }
    *out = value_map(entries, wire->n_entries);
    return STATUS_OK;
}

static enum status read_value(struct arena *arena, const Arbiter__V1__Value *wire, int depth,
                              struct value *out)
{
    if (depth == DEPTH_MAX)
        return STATUS_INVALID_ARGUMENT;
    switch (wire->kind_case) {
    case ARBITER__V1__VALUE__KIND_NULL_VALUE:
        *out = value_null();
        return STATUS_OK;
    case ARBITER__V1__VALUE__KIND_BOOL_VALUE:
        *out = value_bool(wire->bool_value);
        return STATUS_OK;
    case ARBITER__V1__VALUE__KIND_INT_VALUE:
        *out = value_int(wire->int_value);
        return STATUS_OK;
    case ARBITER__V1__VALUE__KIND_UINT_VALUE:
        *out = value_uint(wire->uint_value);
        return STATUS_OK;
    case ARBITER__V1__VALUE__KIND_DOUBLE_VALUE:
        *out = value_double(wire->double_value);
        return STATUS_OK;
    case ARBITER__V1__VALUE__KIND_STRING_VALUE:
        *out = value_text(wire->string_value);
        return STATUS_OK;
    case ARBITER__V1__VALUE__KIND_BYTES_VALUE:
        *out = value_string((const char *)wire->bytes_value.data, wire->bytes_value.len);
        return STATUS_OK;
    case ARBITER__V1__VALUE__KIND_DURATION_VALUE:
        *out = value_duration(wire->duration_value->seconds * VALUE_NANOS_PER_SECOND +
                              wire->duration_value->nanos);
        return STATUS_OK;
    case ARBITER__V1__VALUE__KIND_TIMESTAMP_VALUE:
        *out =
            value_timestamp(wire->timestamp_value->seconds, (uint32_t)wire->timestamp_value->nanos);
        return STATUS_OK;
    case ARBITER__V1__VALUE__KIND_LIST_VALUE:
        return read_list(arena, wire->list_value, depth + 1, out);
    case ARBITER__V1__VALUE__KIND_MAP_VALUE:
        return read_map(arena, wire->map_value, depth + 1, out);
    case ARBITER__V1__VALUE__KIND__NOT_SET:
    case _ARBITER__V1__VALUE__KIND__CASE_IS_INT_SIZE:
        break;
    }
    return STATUS_INVALID_ARGUMENT;
}

enum status value_wire_read(struct arena *arena, const Arbiter__V1__Value *wire,
                            struct value *out_value)
{
    return read_value(arena, wire, 0, out_value);
}

enum status value_wire_read_map(struct arena *arena, const Arbiter__V1__ValueMap *wire,
                                struct value *out_map)
{
    return read_map(arena, wire, 0, out_map);
}

/* ---- writing ------------------------------------------------------------------------------------
 */

static enum status write_value(struct arena *arena, struct value value, int depth,
                               Arbiter__V1__Value **out);

static enum status write_list(struct arena *arena, struct value list, int depth,
                              Arbiter__V1__ValueList **out)
{
    Arbiter__V1__ValueList *wire = arena_alloc(arena, sizeof *wire);
    Arbiter__V1__Value **items = arena_array(arena, list.size, sizeof(Arbiter__V1__Value *));
    if (wire == NULL || items == NULL)
        return STATUS_FULL;
    arbiter__v1__value_list__init(wire);
    for (uint32_t i = 0; i < list.size; i++) {
        enum status status = write_value(arena, list.as.items[i], depth, &items[i]);
        if (status != STATUS_OK)
            return status;
    }
    wire->items = items;
    wire->n_items = list.size;
    *out = wire;
    return STATUS_OK;
}

static enum status write_map(struct arena *arena, struct value map, int depth,
                             Arbiter__V1__ValueMap **out)
{
    Arbiter__V1__ValueMap *wire = arena_alloc(arena, sizeof *wire);
    Arbiter__V1__ValueEntry **entries =
        arena_array(arena, map.size, sizeof(Arbiter__V1__ValueEntry *));
    if (wire == NULL || entries == NULL)
        return STATUS_FULL;
    arbiter__v1__value_map__init(wire);
    for (uint32_t i = 0; i < map.size; i++) {
        Arbiter__V1__ValueEntry *entry = arena_alloc(arena, sizeof *entry);
        if (entry == NULL)
            return STATUS_FULL;
        arbiter__v1__value_entry__init(entry);
        entries[i] = entry;
        enum status status = write_value(arena, map.as.entries[i].key, depth, &entry->key);
        if (status == STATUS_OK)
            status = write_value(arena, map.as.entries[i].value, depth, &entry->value);
        if (status != STATUS_OK)
            return status;
    }
    wire->entries = entries;
    wire->n_entries = map.size;
    *out = wire;
    return STATUS_OK;
}

static enum status write_moment(struct arena *arena, int64_t seconds, int32_t nanos,
                                Arbiter__V1__Moment **out)
{
    Arbiter__V1__Moment *moment = arena_alloc(arena, sizeof *moment);
    if (moment == NULL)
        return STATUS_FULL;
    arbiter__v1__moment__init(moment);
    moment->seconds = seconds;
    moment->nanos = nanos;
    *out = moment;
    return STATUS_OK;
}

static enum status write_text(struct arena *arena, struct value value, Arbiter__V1__Value *wire)
{
    wire->kind_case = ARBITER__V1__VALUE__KIND_STRING_VALUE;
    wire->string_value = arena_copy(arena, value.as.text, value.size);
    return wire->string_value != NULL ? STATUS_OK : STATUS_FULL;
}

static enum status write_value(struct arena *arena, struct value value, int depth,
                               Arbiter__V1__Value **out)
{
    Arbiter__V1__Value *wire = arena_alloc(arena, sizeof *wire);
    if (wire == NULL)
        return STATUS_FULL;
    if (depth == DEPTH_MAX)
        return STATUS_INVALID_ARGUMENT;
    arbiter__v1__value__init(wire);
    *out = wire;
    switch ((enum value_kind)value.kind) {
    case VALUE_UNSET:
    case VALUE_NULL:
        wire->kind_case = ARBITER__V1__VALUE__KIND_NULL_VALUE;
        wire->null_value = true;
        return STATUS_OK;
    case VALUE_BOOL:
        wire->kind_case = ARBITER__V1__VALUE__KIND_BOOL_VALUE;
        wire->bool_value = value.as.boolean;
        return STATUS_OK;
    case VALUE_INT:
        wire->kind_case = ARBITER__V1__VALUE__KIND_INT_VALUE;
        wire->int_value = value.as.integer;
        return STATUS_OK;
    case VALUE_UINT:
        wire->kind_case = ARBITER__V1__VALUE__KIND_UINT_VALUE;
        wire->uint_value = value.as.natural;
        return STATUS_OK;
    case VALUE_DOUBLE:
        wire->kind_case = ARBITER__V1__VALUE__KIND_DOUBLE_VALUE;
        wire->double_value = value.as.real;
        return STATUS_OK;
    case VALUE_STRING:
        return write_text(arena, value, wire);
    case VALUE_LIST:
        wire->kind_case = ARBITER__V1__VALUE__KIND_LIST_VALUE;
        return write_list(arena, value, depth + 1, &wire->list_value);
    case VALUE_MAP:
        wire->kind_case = ARBITER__V1__VALUE__KIND_MAP_VALUE;
        return write_map(arena, value, depth + 1, &wire->map_value);
    case VALUE_DURATION:
        wire->kind_case = ARBITER__V1__VALUE__KIND_DURATION_VALUE;
        return write_moment(arena, value.as.integer / VALUE_NANOS_PER_SECOND,
                            (int32_t)(value.as.integer % VALUE_NANOS_PER_SECOND),
                            &wire->duration_value);
    case VALUE_TIMESTAMP:
        wire->kind_case = ARBITER__V1__VALUE__KIND_TIMESTAMP_VALUE;
        return write_moment(arena, value.as.integer, (int32_t)value.size, &wire->timestamp_value);
    case VALUE_TYPE:
    case VALUE_ERROR:
        break;
    }
    return STATUS_INVALID_ARGUMENT;
}

enum status value_wire_write_map(struct arena *arena, struct value map,
                                 Arbiter__V1__ValueMap **out_wire)
{
    return write_map(arena, map, 0, out_wire);
}
