/* Values as text: for messages, and as source that evaluates to them again. Each text is made in
 * two passes, one that measures and one that writes. */
#include "fsm/expr/calendar.h"
#include "fsm/expr/number.h"
#include "fsm/expr/value.h"

#include "base/attr.h"

#include <stdio.h>

struct sink {
    char *out; /* NULL while measuring */
    size_t size;
};

static void put(struct sink *sink, const char *text, size_t size)
{
    if (sink->out != NULL && size > 0)
        memcpy(sink->out + sink->size, text, size);
    sink->size += size;
}

static void put_text(struct sink *sink, const char *text)
{
    put(sink, text, strlen(text));
}

/* Writes one byte of a quoted string; bytes of longer characters go through as they are. */
static void put_escaped(struct sink *sink, char c)
{
    static const struct {
        char plain;
        const char *escaped;
    } escapes[] = {
        {'\\', "\\\\"}, {'\'', "\\'"}, {'\n', "\\n"}, {'\r', "\\r"}, {'\t', "\\t"},
    };
    for (size_t i = 0; i < COUNT_OF(escapes); i++) {
        if (escapes[i].plain == c) {
            put_text(sink, escapes[i].escaped);
            return;
        }
    }
    if ((unsigned char)c < 0x20 || c == 0x7F) {
        char code[8];
        (void)snprintf(code, sizeof code, "\\x%02x", (unsigned)c); /* fits: four characters */
        put_text(sink, code);
        return;
    }
    put(sink, &c, 1);
}

static void put_quoted(struct sink *sink, struct value string)
{
    put_text(sink, "'");
    for (uint32_t i = 0; i < string.size; i++)
        put_escaped(sink, string.as.text[i]);
    put_text(sink, "'");
}

static void put_double_literal(struct sink *sink, double number)
{
    char text[NUMBER_TEXT_MAX];
    (void)expr_number_print_double(number, true, text); /* the size is not needed */
    bool is_special = number - number != 0.0;
    put_text(sink, is_special ? "double('" : "");
    put_text(sink, text);
    put_text(sink, is_special ? "')" : "");
}

static void put_literal(struct sink *sink, struct value value);

static void put_list(struct sink *sink, struct value list)
{
    put_text(sink, "[");
    for (uint32_t i = 0; i < list.size; i++) {
        put_text(sink, i > 0 ? ", " : "");
        put_literal(sink, list.as.items[i]);
    }
    put_text(sink, "]");
}

static void put_map(struct sink *sink, struct value map)
{
    put_text(sink, "{");
    for (uint32_t i = 0; i < map.size; i++) {
        put_text(sink, i > 0 ? ", " : "");
        put_literal(sink, map.as.entries[i].key);
        put_text(sink, ": ");
        put_literal(sink, map.as.entries[i].value);
    }
    put_text(sink, "}");
}

/* Writes a value without parts the way string() does. */
static void put_scalar(struct sink *sink, struct value value)
{
    char text[CALENDAR_TEXT_MAX + NUMBER_TEXT_MAX] = "";
    switch ((enum value_kind)value.kind) {
    case VALUE_NULL:
        put_text(sink, "null");
        return;
    case VALUE_BOOL:
        put_text(sink, value.as.boolean ? "true" : "false");
        return;
    case VALUE_INT:
        (void)snprintf(text, sizeof text, "%lld", (long long)value.as.integer); /* fits */
        break;
    case VALUE_UINT:
        (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value.as.natural); /* fits */
        break;
    case VALUE_DOUBLE:
        (void)expr_number_print_double(value.as.real, false, text); /* the size is not needed */
        break;
    case VALUE_DURATION:
        (void)expr_calendar_print_duration(value, text); /* the size is not needed */
        break;
    case VALUE_TIMESTAMP:
        (void)expr_calendar_print_timestamp(value, text); /* the size is not needed */
        break;
    case VALUE_STRING:
        put(sink, value.as.text, value.size);
        return;
    case VALUE_TYPE:
        put_text(sink, value_kind_name(value.as.type));
        return;
    case VALUE_ERROR:
        put_text(sink, value_error_text(value.as.error));
        return;
    case VALUE_UNSET:
    case VALUE_LIST:
    case VALUE_MAP:
        put_text(sink, value_kind_name((enum value_kind)value.kind));
        return;
    }
    put_text(sink, text);
}

static void put_literal(struct sink *sink, struct value value)
{
    switch ((enum value_kind)value.kind) {
    case VALUE_STRING:
        put_quoted(sink, value);
        return;
    case VALUE_LIST:
        put_list(sink, value);
        return;
    case VALUE_MAP:
        put_map(sink, value);
        return;
    case VALUE_DOUBLE:
        put_double_literal(sink, value.as.real);
        return;
    case VALUE_DURATION:
    case VALUE_TIMESTAMP:
        put_text(sink, value.kind == VALUE_DURATION ? "duration('" : "timestamp('");
        put_scalar(sink, value);
        put_text(sink, "')");
        return;
    case VALUE_UINT:
        put_scalar(sink, value);
        put_text(sink, "u");
        return;
    case VALUE_UNSET:
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_TYPE:
    case VALUE_ERROR:
        break;
    }
    put_scalar(sink, value);
}

static void put_message(struct sink *sink, struct value value)
{
    if (value.kind == VALUE_LIST || value.kind == VALUE_MAP)
        put_literal(sink, value);
    else
        put_scalar(sink, value);
}

static const char *print(struct arena *arena, struct value value,
                         void (*put_value)(struct sink *, struct value))
{
    struct sink sink = {.out = NULL};
    put_value(&sink, value);
    sink.out = arena_alloc(arena, sink.size + 1);
    if (sink.out == NULL)
        return NULL;
    sink.size = 0;
    put_value(&sink, value);
    return sink.out;
}

const char *value_message(struct arena *arena, struct value value)
{
    return print(arena, value, put_message);
}

const char *value_literal(struct arena *arena, struct value value)
{
    return print(arena, value, put_literal);
}
