/* Reads the members of a JSON body by a table of fields; tells every error with its place. */
#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "seeks/exchange.h"

enum { TEXT_MAX = 256 };

/* A body being read. */
struct reading {
    struct exchange *exchange;
    json_t *errors;
};

static void note(struct reading *reading, const char *pointer, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void note(struct reading *reading, const char *pointer, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    if (json_array_size(reading->errors) >= EXCHANGE_ERRORS_MAX)
        return;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* a sentence; cutting it is fine */
    va_end(arguments);
    (void)json_array_append_new(reading->errors,
                                json_pack("{s:s, s:s}", "pointer", pointer, "detail", text));
}

static const char *pointer_to(struct reading *reading, const char *name)
{
    const char *pointer = arena_format(exchange_arena(reading->exchange), "/%.100s", name);
    return pointer != NULL ? pointer : "";
}

/* ---- one member -------------------------------------------------------------------------- */

static bool is_within(const struct body_field *field, double number)
{
    return field->min >= field->max || (number >= field->min && number <= field->max);
}

static bool read_number(struct reading *reading, const struct body_field *field, json_t *member)
{
    bool is_integer = field->kind == BODY_INTEGER;
    if (is_integer ? !json_is_integer(member) : !json_is_number(member)) {
        note(reading, pointer_to(reading, field->name), "'%s' takes %s", field->name,
             is_integer ? "a whole number" : "a number");
        return false;
    }
    if (!is_within(field, json_number_value(member))) {
        note(reading, pointer_to(reading, field->name), "'%s' is from %.0f to %.0f", field->name,
             field->min, field->max);
        return false;
    }
    if (is_integer)
        *(int64_t *)field->out = json_integer_value(member);
    else
        *(double *)field->out = json_number_value(member);
    return true;
}

static void read_text(struct reading *reading, const struct body_field *field, json_t *member)
{
    size_t size_max = field->max > 0 ? (size_t)field->max : EXCHANGE_NAME_MAX - 1;
    if (!json_is_string(member))
        note(reading, pointer_to(reading, field->name), "'%s' takes a text", field->name);
    else if (json_string_length(member) > size_max)
        note(reading, pointer_to(reading, field->name), "'%s' is longer than %zu bytes",
             field->name, size_max);
    else
        *(const char **)field->out = json_string_value(member);
}

static void read_container(struct reading *reading, const struct body_field *field, json_t *member)
{
    bool is_object = field->kind == BODY_OBJECT;
    if (is_object ? json_is_object(member) : json_is_array(member))
        *(json_t **)field->out = member;
    else
        note(reading, pointer_to(reading, field->name), "'%s' takes %s", field->name,
             is_object ? "an object" : "an array");
}

static void read_member(struct reading *reading, const struct body_field *field, json_t *member)
{
    switch (field->kind) {
    case BODY_TEXT:
        read_text(reading, field, member);
        break;
    case BODY_INTEGER:
    case BODY_NUMBER:
        (void)read_number(reading, field, member); /* what is wrong has been noted */
        break;
    case BODY_BOOLEAN:
        if (json_is_boolean(member))
            *(bool *)field->out = json_is_true(member);
        else
            note(reading, pointer_to(reading, field->name), "'%s' takes true or false",
                 field->name);
        break;
    case BODY_OBJECT:
    case BODY_ARRAY:
        read_container(reading, field, member);
        break;
    }
}

/* ---- the whole body ---------------------------------------------------------------------- */

static const struct body_field *find(const struct body_field *fields, size_t count,
                                     const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

/* Answers with what has been noted, if anything. */
static bool conclude(struct reading *reading)
{
    if (json_array_size(reading->errors) == 0) {
        json_decref(reading->errors);
        return true;
    }
    const char *detail =
        json_string_value(json_object_get(json_array_get(reading->errors, 0), "detail"));
    exchange_problem_with(reading->exchange, detail != NULL ? detail : "the body is not as agreed",
                          reading->errors);
    return false;
}

bool exchange_read_body(struct exchange *exchange, const struct body_field *fields, size_t count)
{
    struct reading reading = {exchange, json_array()};
    const char *name;
    json_t *member;
    assert(exchange->body != NULL);
    json_object_foreach(exchange->body, name, member)
    {
        const struct body_field *field = find(fields, count, name);
        if (field == NULL)
            note(&reading, pointer_to(&reading, name), "there is no member '%.100s' here", name);
        else
            read_member(&reading, field, member);
    }
    for (size_t i = 0; i < count; i++)
        if (fields[i].is_required && json_object_get(exchange->body, fields[i].name) == NULL)
            note(&reading, pointer_to(&reading, fields[i].name), "'%s' is missing", fields[i].name);
    return conclude(&reading);
}

void exchange_problem_at(struct exchange *exchange, const char *pointer, const char *format, ...)
{
    char text[TEXT_MAX];
    struct reading reading = {exchange, json_array()};
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* as above */
    va_end(arguments);
    note(&reading, pointer, "%s", text);
    (void)conclude(&reading); /* there is one: it answers */
}

bool exchange_is_id(const char *text)
{
    size_t size = 0;
    for (; text[size] != '\0'; size++)
        if (!isalnum((unsigned char)text[size]) && text[size] != '-' && text[size] != '_')
            return false;
    return size > 0 && size < EXCHANGE_NAME_MAX;
}
