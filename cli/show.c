/* Prints values. */
#include "cli/show.h"

#include <string.h>

#include "fsm/expr/calendar.h"

static const char *time_text(struct arena *arena, struct value timestamp)
{
    char text[CALENDAR_TEXT_MAX];
    size_t size = expr_calendar_print_timestamp(timestamp, text);
    const char *copy = arena_copy(arena, text, size);
    return copy != NULL ? copy : "";
}

const char *show_time(struct arena *arena, int64_t ms)
{
    return time_text(arena, value_timestamp_ms(ms));
}

static json_t *list_json(struct arena *arena, struct value list)
{
    json_t *json = json_array();
    for (uint32_t i = 0; i < list.size; i++)
        (void)json_array_append_new(json, show_json(arena, list.as.items[i])); /* out of memory */
    return json;
}

static json_t *map_json(struct arena *arena, struct value map)
{
    json_t *json = json_object();
    for (uint32_t i = 0; i < map.size; i++) {
        struct value key = map.as.entries[i].key;
        const char *name = key.kind == VALUE_STRING ? arena_copy(arena, key.as.text, key.size)
                                                    : value_literal(arena, key);
        if (name != NULL)
            (void)json_object_set_new(json, name, show_json(arena, map.as.entries[i].value));
    }
    return json;
}

json_t *show_json(struct arena *arena, struct value value)
{
    switch (value.kind) {
    case VALUE_BOOL:
        return json_boolean(value.as.boolean);
    case VALUE_INT:
        return json_integer((json_int_t)value.as.integer);
    case VALUE_UINT:
        return json_integer((json_int_t)value.as.natural);
    case VALUE_DOUBLE:
        return json_real(value.as.real);
    case VALUE_STRING:
        return json_stringn(value.as.text, value.size);
    case VALUE_LIST:
        return list_json(arena, value);
    case VALUE_MAP:
        return map_json(arena, value);
    case VALUE_DURATION:
        return json_integer((json_int_t)value_to_ms(value));
    case VALUE_TIMESTAMP:
        return json_string(time_text(arena, value));
    default:
        return json_null();
    }
}
