/* Equality, order, look-up and copying of values: the rules that hold whatever the static types. */
#include "fsm/expr/value.h"

#include "base/attr.h"

#include <assert.h>

struct value value_timestamp_ms(int64_t ms)
{
    int64_t seconds = ms / 1000;
    int64_t rest_ms = ms % 1000;
    if (rest_ms < 0) {
        rest_ms += 1000;
        seconds--;
    }
    if (seconds < VALUE_TIMESTAMP_SECONDS_MIN || seconds > VALUE_TIMESTAMP_SECONDS_MAX)
        return value_error(VALUE_ERROR_OVERFLOW, 0);
    return value_timestamp(seconds, (uint32_t)(rest_ms * VALUE_NANOS_PER_MS));
}

int64_t value_to_ms(struct value value)
{
    assert(value.kind == VALUE_TIMESTAMP || value.kind == VALUE_DURATION);
    if (value.kind == VALUE_TIMESTAMP)
        return value.as.integer * 1000 + (int64_t)value.size / VALUE_NANOS_PER_MS;
    int64_t ms = value.as.integer / VALUE_NANOS_PER_MS;
    return value.as.integer % VALUE_NANOS_PER_MS < 0 ? ms - 1 : ms;
}

/* --- order ----------------------------------------------------------------------------------- */

static bool is_number(uint32_t kind)
{
    return kind == VALUE_INT || kind == VALUE_UINT || kind == VALUE_DOUBLE;
}

static int order_int(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int order_uint(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static bool order_double(double a, double b, int *out_order)
{
    if (a != a || b != b)
        return false;
    *out_order = (a > b) - (a < b);
    return true;
}

/* A double against an integer: by range first, then as doubles, as the CEL cases have it (the
 * largest int equals 2^63 as a double). */
static bool order_double_int(double a, int64_t b, int *out_order)
{
    return order_double(a, (double)b, out_order);
}

static int order_int_uint(int64_t a, uint64_t b)
{
    if (a < 0)
        return -1;
    return order_uint((uint64_t)a, b);
}

static bool order_numbers(struct value a, struct value b, int *out_order)
{
    if (a.kind == b.kind && a.kind != VALUE_DOUBLE) {
        *out_order = a.kind == VALUE_INT ? order_int(a.as.integer, b.as.integer)
                                         : order_uint(a.as.natural, b.as.natural);
        return true;
    }
    if (a.kind != VALUE_DOUBLE && b.kind != VALUE_DOUBLE) {
        *out_order = a.kind == VALUE_INT ? order_int_uint(a.as.integer, b.as.natural)
                                         : -order_int_uint(b.as.integer, a.as.natural);
        return true;
    }
    if (a.kind == VALUE_DOUBLE && b.kind == VALUE_DOUBLE)
        return order_double(a.as.real, b.as.real, out_order);
    if (a.kind != VALUE_DOUBLE) {
        int reversed;
        if (!order_numbers(b, a, &reversed))
            return false;
        *out_order = -reversed;
        return true;
    }
    if (b.kind == VALUE_INT)
        return order_double_int(a.as.real, b.as.integer, out_order);
    return order_double(a.as.real, (double)b.as.natural, out_order);
}

/* UTF-8 sorts by bytes as by code points. */
static int order_strings(struct value a, struct value b)
{
    size_t shorter = a.size < b.size ? a.size : b.size;
    int order = shorter > 0 ? memcmp(a.as.text, b.as.text, shorter) : 0;
    if (order == 0)
        order = order_uint(a.size, b.size);
    return (order > 0) - (order < 0);
}

bool value_compare(struct value a, struct value b, int *out_order)
{
    if (a.kind == VALUE_INT && b.kind == VALUE_INT) {
        *out_order = order_int(a.as.integer, b.as.integer);
        return true;
    }
    if (is_number(a.kind) && is_number(b.kind))
        return order_numbers(a, b, out_order);
    if (a.kind != b.kind)
        return false;
    switch ((enum value_kind)a.kind) {
    case VALUE_BOOL:
        *out_order = (int)a.as.boolean - (int)b.as.boolean;
        return true;
    case VALUE_STRING:
        *out_order = order_strings(a, b);
        return true;
    case VALUE_DURATION:
        *out_order = order_int(a.as.integer, b.as.integer);
        return true;
    case VALUE_TIMESTAMP:
        *out_order = order_int(a.as.integer, b.as.integer);
        if (*out_order == 0)
            *out_order = order_uint(a.size, b.size);
        return true;
    case VALUE_UNSET:
    case VALUE_NULL:
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_DOUBLE:
    case VALUE_LIST:
    case VALUE_MAP:
    case VALUE_TYPE:
    case VALUE_ERROR:
        break;
    }
    return false;
}

/* --- equality -------------------------------------------------------------------------------- */

static bool lists_are_equal(struct value a, struct value b)
{
    if (a.size != b.size)
        return false;
    for (uint32_t i = 0; i < a.size; i++)
        if (!value_equal(a.as.items[i], b.as.items[i]))
            return false;
    return true;
}

static bool maps_are_equal(struct value a, struct value b)
{
    if (a.size != b.size)
        return false;
    for (uint32_t i = 0; i < a.size; i++) {
        const struct value *other = value_find(b, a.as.entries[i].key);
        if (other == NULL || !value_equal(a.as.entries[i].value, *other))
            return false;
    }
    return true;
}

bool value_equal(struct value a, struct value b)
{
    if (a.kind == VALUE_STRING && b.kind == VALUE_STRING)
        return a.size == b.size && (a.size == 0 || memcmp(a.as.text, b.as.text, a.size) == 0);
    int order;
    if (value_compare(a, b, &order))
        return order == 0;
    if (a.kind != b.kind)
        return false;
    switch ((enum value_kind)a.kind) {
    case VALUE_NULL:
        return true;
    case VALUE_LIST:
        return lists_are_equal(a, b);
    case VALUE_MAP:
        return maps_are_equal(a, b);
    case VALUE_TYPE:
        return a.as.type == b.as.type;
    case VALUE_UNSET:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_DOUBLE:
    case VALUE_STRING:
    case VALUE_DURATION:
    case VALUE_TIMESTAMP:
    case VALUE_ERROR:
        break;
    }
    return false;
}

const struct value *value_find(struct value map, struct value key)
{
    assert(map.kind == VALUE_MAP);
    for (uint32_t i = 0; i < map.size; i++)
        if (value_equal(map.as.entries[i].key, key))
            return &map.as.entries[i].value;
    return NULL;
}

/* --- copies ---------------------------------------------------------------------------------- */

static bool copy_list(struct arena *arena, struct value list, struct value *out_copy)
{
    struct value *items = arena_array(arena, list.size, sizeof *items);
    if (items == NULL)
        return false;
    for (uint32_t i = 0; i < list.size; i++)
        if (!value_copy(arena, list.as.items[i], &items[i]))
            return false;
    *out_copy = value_list(items, list.size);
    return true;
}

static bool copy_map(struct arena *arena, struct value map, struct value *out_copy)
{
    struct value_entry *entries = arena_array(arena, map.size, sizeof *entries);
    if (entries == NULL)
        return false;
    for (uint32_t i = 0; i < map.size; i++)
        if (!value_copy(arena, map.as.entries[i].key, &entries[i].key) ||
            !value_copy(arena, map.as.entries[i].value, &entries[i].value))
            return false;
    *out_copy = value_map(entries, map.size);
    return true;
}

bool value_copy(struct arena *arena, struct value value, struct value *out_copy)
{
    if (value.kind == VALUE_LIST)
        return copy_list(arena, value, out_copy);
    if (value.kind == VALUE_MAP)
        return copy_map(arena, value, out_copy);
    if (value.kind == VALUE_STRING) {
        value.as.text = arena_copy(arena, value.as.text, value.size);
        if (value.as.text == NULL)
            return false;
    }
    *out_copy = value;
    return true;
}

/* --- names ----------------------------------------------------------------------------------- */

const char *value_kind_name(enum value_kind kind)
{
    static const char *const names[] = {
        [VALUE_UNSET] = "unset",
        [VALUE_NULL] = "null_type",
        [VALUE_BOOL] = "bool",
        [VALUE_INT] = "int",
        [VALUE_UINT] = "uint",
        [VALUE_DOUBLE] = "double",
        [VALUE_STRING] = "string",
        [VALUE_LIST] = "list",
        [VALUE_MAP] = "map",
        [VALUE_DURATION] = "google.protobuf.Duration",
        [VALUE_TIMESTAMP] = "google.protobuf.Timestamp",
        [VALUE_TYPE] = "type",
        [VALUE_ERROR] = "error",
    };
    assert((size_t)kind < COUNT_OF(names));
    return names[kind];
}

const char *value_error_text(enum value_error error)
{
    static const char *const texts[] = {
        [VALUE_ERROR_NONE] = "no error",
        [VALUE_ERROR_UNSET] = "a variable without a value was read",
        [VALUE_ERROR_OVERFLOW] = "the result is out of range",
        [VALUE_ERROR_DIVISION] = "division by zero",
        [VALUE_ERROR_NO_SUCH_KEY] = "no such key",
        [VALUE_ERROR_INDEX] = "index out of range",
        [VALUE_ERROR_BAD_TEXT] = "the text cannot be converted",
        [VALUE_ERROR_DUPLICATE_KEY] = "the same key twice",
        [VALUE_ERROR_NO_OVERLOAD] = "no such overload",
        [VALUE_ERROR_BAD_PATTERN] = "the pattern cannot be read",
        [VALUE_ERROR_ZONE] = "unknown time zone",
        [VALUE_ERROR_HOST] = "a function of the host failed",
        [VALUE_ERROR_BUDGET] = "the expression takes too many steps",
        [VALUE_ERROR_MEMORY] = "out of memory for results",
    };
    assert((size_t)error < COUNT_OF(texts));
    return texts[error];
}
