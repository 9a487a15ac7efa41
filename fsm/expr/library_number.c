/* Conversions, type() and size(). Kinds are looked at when called: a dyn may hold anything. */
#include "fsm/expr/calendar.h"
#include "fsm/expr/library.h"
#include "fsm/expr/number.h"
#include "fsm/expr/text.h"

#include <stdio.h>
#include <string.h>

/* 2^63 and 2^64: exact as doubles. */
#define TWO_TO_63 9223372036854775808.0
#define TWO_TO_64 18446744073709551616.0

static struct value wrong(enum value_error error)
{
    return value_error(error, 0);
}

struct value expr_library_bool(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    static const char *const words[2][6] = {{"0", "f", "F", "FALSE", "false", "False"},
                                            {"1", "t", "T", "TRUE", "true", "True"}};
    (void)run;
    (void)count;
    if (arguments[0].kind == VALUE_BOOL)
        return arguments[0];
    if (arguments[0].kind != VALUE_STRING)
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    for (int truth = 0; truth < 2; truth++)
        for (size_t i = 0; i < COUNT_OF(words[0]); i++)
            if (value_equal(arguments[0], value_text(words[truth][i])))
                return value_bool(truth);
    return wrong(VALUE_ERROR_BAD_TEXT);
}

struct value expr_library_int(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    (void)run;
    (void)count;
    struct value from = arguments[0];
    int64_t number;
    if (from.kind == VALUE_INT)
        return from;
    if (from.kind == VALUE_UINT)
        return from.as.natural > (uint64_t)INT64_MAX ? wrong(VALUE_ERROR_OVERFLOW)
                                                     : value_int((int64_t)from.as.natural);
    if (from.kind == VALUE_DOUBLE)
        return from.as.real > -TWO_TO_63 && from.as.real < TWO_TO_63
                   ? value_int((int64_t)from.as.real)
                   : wrong(VALUE_ERROR_OVERFLOW);
    if (from.kind == VALUE_STRING)
        return expr_number_parse_int(from.as.text, from.size, &number)
                   ? value_int(number)
                   : wrong(VALUE_ERROR_BAD_TEXT);
    if (from.kind == VALUE_TIMESTAMP)
        return value_int(from.as.integer);
    return wrong(VALUE_ERROR_NO_OVERLOAD);
}

struct value expr_library_uint(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    (void)run;
    (void)count;
    struct value from = arguments[0];
    uint64_t number;
    if (from.kind == VALUE_UINT)
        return from;
    if (from.kind == VALUE_INT)
        return from.as.integer < 0 ? wrong(VALUE_ERROR_OVERFLOW)
                                   : value_uint((uint64_t)from.as.integer);
    if (from.kind == VALUE_DOUBLE)
        return from.as.real >= 0.0 && from.as.real < TWO_TO_64 ? value_uint((uint64_t)from.as.real)
                                                               : wrong(VALUE_ERROR_OVERFLOW);
    if (from.kind == VALUE_STRING)
        return expr_number_parse_digits(from.as.text, from.size, 10, &number)
                   ? value_uint(number)
                   : wrong(VALUE_ERROR_BAD_TEXT);
    return wrong(VALUE_ERROR_NO_OVERLOAD);
}

struct value expr_library_double(struct expr_run *run, const struct value *arguments,
                                 uint32_t count)
{
    (void)run;
    (void)count;
    struct value from = arguments[0];
    double number;
    if (from.kind == VALUE_DOUBLE)
        return from;
    if (from.kind == VALUE_INT)
        return value_double((double)from.as.integer);
    if (from.kind == VALUE_UINT)
        return value_double((double)from.as.natural);
    if (from.kind == VALUE_STRING)
        return expr_number_parse_double(from.as.text, from.size, &number)
                   ? value_double(number)
                   : wrong(VALUE_ERROR_BAD_TEXT);
    return wrong(VALUE_ERROR_NO_OVERLOAD);
}

struct value expr_library_string(struct expr_run *run, const struct value *arguments,
                                 uint32_t count)
{
    (void)count;
    switch ((enum value_kind)arguments[0].kind) {
    case VALUE_STRING:
        return arguments[0];
    case VALUE_BOOL:
        return value_text(arguments[0].as.boolean ? "true" : "false");
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_DOUBLE:
    case VALUE_DURATION:
    case VALUE_TIMESTAMP:
        break;
    case VALUE_UNSET:
    case VALUE_NULL:
    case VALUE_LIST:
    case VALUE_MAP:
    case VALUE_TYPE:
    case VALUE_ERROR:
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    }
    const char *text = run->arena != NULL ? value_message(run->arena, arguments[0]) : NULL;
    return text != NULL ? value_text(text) : wrong(VALUE_ERROR_MEMORY);
}

struct value expr_library_type(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    (void)run;
    (void)count;
    return (struct value){.kind = VALUE_TYPE, .as.natural = arguments[0].kind};
}

struct value expr_library_dyn(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    (void)run;
    (void)count;
    return arguments[0];
}

struct value expr_library_size(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    (void)count;
    struct value of = arguments[0];
    if (of.kind == VALUE_LIST || of.kind == VALUE_MAP)
        return value_int(of.size);
    if (of.kind != VALUE_STRING)
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    if (!expr_charge(run, of.size / EXPR_STEP_BYTES))
        return wrong(VALUE_ERROR_BUDGET);
    return value_int((int64_t)expr_text_length(of.as.text, of.size));
}
