/* Builds maps of values as messages. */
#include "gamesvc/values.h"

#include <assert.h>

Arbiter__V1__ValueMap *values_map(struct arena *arena)
{
    Arbiter__V1__ValueMap *map = arena_alloc(arena, sizeof *map);
    Arbiter__V1__ValueEntry **entries =
        arena_array(arena, VALUES_ENTRIES_MAX, sizeof(Arbiter__V1__ValueEntry *));
    if (map == NULL || entries == NULL)
        return NULL;
    arbiter__v1__value_map__init(map);
    map->entries = entries;
    return map;
}

static Arbiter__V1__Value *new_value(struct arena *arena)
{
    Arbiter__V1__Value *value = arena_alloc(arena, sizeof *value);
    if (value != NULL)
        arbiter__v1__value__init(value);
    return value;
}

/* Returns the value under a new key, NULL without memory. */
static Arbiter__V1__Value *add(struct arena *arena, Arbiter__V1__ValueMap *map, const char *key)
{
    Arbiter__V1__ValueEntry *entry = arena_alloc(arena, sizeof *entry);
    Arbiter__V1__Value *name = new_value(arena);
    Arbiter__V1__Value *value = new_value(arena);
    if (map == NULL || entry == NULL || name == NULL || value == NULL)
        return NULL;
    assert(map->n_entries < VALUES_ENTRIES_MAX);
    name->kind_case = ARBITER__V1__VALUE__KIND_STRING_VALUE;
    name->string_value = (char *)key;
    arbiter__v1__value_entry__init(entry);
    entry->key = name;
    entry->value = value;
    map->entries[map->n_entries++] = entry;
    return value;
}

void values_add_int(struct arena *arena, Arbiter__V1__ValueMap *map, const char *key,
                    int64_t number)
{
    Arbiter__V1__Value *value = add(arena, map, key);
    if (value == NULL)
        return;
    value->kind_case = ARBITER__V1__VALUE__KIND_INT_VALUE;
    value->int_value = number;
}

void values_add_bool(struct arena *arena, Arbiter__V1__ValueMap *map, const char *key, bool is_true)
{
    Arbiter__V1__Value *value = add(arena, map, key);
    if (value == NULL)
        return;
    value->kind_case = ARBITER__V1__VALUE__KIND_BOOL_VALUE;
    value->bool_value = is_true;
}

void values_add_text(struct arena *arena, Arbiter__V1__ValueMap *map, const char *key,
                     const char *text)
{
    Arbiter__V1__Value *value = add(arena, map, key);
    if (value == NULL)
        return;
    value->kind_case = ARBITER__V1__VALUE__KIND_STRING_VALUE;
    value->string_value = (char *)text;
}

void values_add_time(struct arena *arena, Arbiter__V1__ValueMap *map, const char *key,
                     int64_t at_ms)
{
    Arbiter__V1__Value *value = add(arena, map, key);
    Arbiter__V1__Moment *moment = arena_alloc(arena, sizeof *moment);
    if (value == NULL || moment == NULL)
        return;
    arbiter__v1__moment__init(moment);
    moment->seconds = at_ms / 1000;
    moment->nanos = (int32_t)(at_ms % 1000) * 1000000;
    value->kind_case = ARBITER__V1__VALUE__KIND_TIMESTAMP_VALUE;
    value->timestamp_value = moment;
}

Arbiter__V1__ValueMap *values_add_map(struct arena *arena, Arbiter__V1__ValueMap *map,
                                      const char *key)
{
    Arbiter__V1__Value *value = add(arena, map, key);
    Arbiter__V1__ValueMap *inner = values_map(arena);
    if (value == NULL || inner == NULL)
        return NULL;
    value->kind_case = ARBITER__V1__VALUE__KIND_MAP_VALUE;
    value->map_value = inner;
    return inner;
}
