/* Durations and timestamps: conversions and calendar fields, in UTC, at an offset or in a zone that
 * the host knows. */
#include "fsm/expr/calendar.h"
#include "fsm/expr/library.h"

static struct value wrong(enum value_error error)
{
    return value_error(error, 0);
}

struct value expr_library_duration(struct expr_run *run, const struct value *arguments,
                                   uint32_t count)
{
    (void)run;
    (void)count;
    struct value from = arguments[0];
    struct value duration;
    if (from.kind == VALUE_DURATION)
        return from;
    if (from.kind != VALUE_STRING)
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    return expr_calendar_parse_duration(from.as.text, from.size, &duration)
               ? duration
               : wrong(VALUE_ERROR_BAD_TEXT);
}

struct value expr_library_timestamp(struct expr_run *run, const struct value *arguments,
                                    uint32_t count)
{
    (void)run;
    (void)count;
    struct value from = arguments[0];
    struct value timestamp;
    if (from.kind == VALUE_TIMESTAMP)
        return from;
    if (from.kind == VALUE_INT)
        return from.as.integer >= VALUE_TIMESTAMP_SECONDS_MIN &&
                       from.as.integer <= VALUE_TIMESTAMP_SECONDS_MAX
                   ? value_timestamp(from.as.integer, 0)
                   : wrong(VALUE_ERROR_OVERFLOW);
    if (from.kind != VALUE_STRING)
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    return expr_calendar_parse_timestamp(from.as.text, from.size, &timestamp)
               ? timestamp
               : wrong(VALUE_ERROR_BAD_TEXT);
}

/* Finds the offset that the second argument, where there is one, names. */
static enum value_error find_offset(struct expr_run *run, const struct value *arguments,
                                    uint32_t count, int32_t *out_offset)
{
    *out_offset = 0;
    if (count == 1)
        return VALUE_ERROR_NONE;
    struct value zone = arguments[1];
    if (zone.kind != VALUE_STRING)
        return VALUE_ERROR_NO_OVERLOAD;
    if (expr_calendar_parse_offset(zone.as.text, zone.size, out_offset))
        return VALUE_ERROR_NONE;
    const struct expr_input *input = run->input;
    if (input->zone_offset != NULL && input->zone_offset(input->zone_user, zone.as.text, zone.size,
                                                         arguments[0].as.integer, out_offset))
        return VALUE_ERROR_NONE;
    return VALUE_ERROR_ZONE;
}

/* Takes a timestamp apart at its zone; an error, or null. */
static struct value split(struct expr_run *run, const struct value *arguments, uint32_t count,
                          struct calendar_fields *out)
{
    if (arguments[0].kind != VALUE_TIMESTAMP)
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    int32_t offset;
    enum value_error error = find_offset(run, arguments, count, &offset);
    if (error != VALUE_ERROR_NONE)
        return wrong(error);
    *out = expr_calendar_split(arguments[0].as.integer + offset);
    return value_null();
}

/* One field of a timestamp, chosen by its place in the structure. */
#define TIMESTAMP_FIELD(run, arguments, count, expression)                                         \
    do {                                                                                           \
        struct calendar_fields fields;                                                             \
        struct value problem = split(run, arguments, count, &fields);                              \
        return problem.kind == VALUE_ERROR ? problem : value_int(expression);                      \
    } while (0)

struct value expr_library_year(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    TIMESTAMP_FIELD(run, arguments, count, fields.year);
}

struct value expr_library_month(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    TIMESTAMP_FIELD(run, arguments, count, fields.month - 1);
}

struct value expr_library_day(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    TIMESTAMP_FIELD(run, arguments, count, fields.day - 1);
}

struct value expr_library_date(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    TIMESTAMP_FIELD(run, arguments, count, fields.day);
}

struct value expr_library_weekday(struct expr_run *run, const struct value *arguments,
                                  uint32_t count)
{
    TIMESTAMP_FIELD(run, arguments, count, fields.day_of_week);
}

struct value expr_library_yearday(struct expr_run *run, const struct value *arguments,
                                  uint32_t count)
{
    TIMESTAMP_FIELD(run, arguments, count, fields.day_of_year);
}

/* The clock's fields exist for durations too: there they are the whole duration in that unit. */
static bool is_duration(const struct value *arguments, uint32_t count)
{
    return arguments[0].kind == VALUE_DURATION && count == 1;
}

struct value expr_library_hours(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    if (is_duration(arguments, count))
        return value_int(arguments[0].as.integer / (3600 * VALUE_NANOS_PER_SECOND));
    TIMESTAMP_FIELD(run, arguments, count, fields.hour);
}

struct value expr_library_minutes(struct expr_run *run, const struct value *arguments,
                                  uint32_t count)
{
    if (is_duration(arguments, count))
        return value_int(arguments[0].as.integer / (60 * VALUE_NANOS_PER_SECOND));
    TIMESTAMP_FIELD(run, arguments, count, fields.minute);
}

struct value expr_library_seconds(struct expr_run *run, const struct value *arguments,
                                  uint32_t count)
{
    if (is_duration(arguments, count))
        return value_int(arguments[0].as.integer / VALUE_NANOS_PER_SECOND);
    TIMESTAMP_FIELD(run, arguments, count, fields.second);
}

/* Unlike the others, getMilliseconds() of a duration is the part below a second. */
struct value expr_library_ms(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    if (is_duration(arguments, count))
        return value_int(arguments[0].as.integer % VALUE_NANOS_PER_SECOND / VALUE_NANOS_PER_MS);
    struct calendar_fields fields;
    struct value problem = split(run, arguments, count, &fields);
    return problem.kind == VALUE_ERROR ? problem
                                       : value_int((int64_t)arguments[0].size / VALUE_NANOS_PER_MS);
}
