/* Dates from days and back (the usual era arithmetic), RFC 3339, and durations with units. */
#include "fsm/expr/calendar.h"

#include "base/attr.h"

#include <assert.h>
#include <stdio.h>

enum { SECONDS_PER_DAY = 86400, DAYS_PER_ERA = 146097, DAYS_TO_1970 = 719468 };

/* Days since 1970-01-01 of a date; years start in March, so that a leap day comes last. */
static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

static void date_from_days(int64_t days, struct calendar_fields *out)
{
    int64_t z = days + DAYS_TO_1970;
    int64_t era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t day_of_era = z - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    out->day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    out->month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    out->year = (int)(year_of_era + era * 400 + (out->month <= 2));
}

struct calendar_fields expr_calendar_split(int64_t seconds)
{
    int64_t days = seconds / SECONDS_PER_DAY;
    int64_t rest = seconds % SECONDS_PER_DAY;
    if (rest < 0) {
        rest += SECONDS_PER_DAY;
        days--;
    }
    struct calendar_fields fields = {
        .hour = (int)(rest / 3600), .minute = (int)(rest / 60 % 60), .second = (int)(rest % 60)};
    date_from_days(days, &fields);
    fields.day_of_week = (int)(((days + 4) % 7 + 7) % 7);
    fields.day_of_year = (int)(days - days_from_date(fields.year, 1, 1));
    return fields;
}

/* --- reading ---------------------------------------------------------------------------------- */

struct reader {
    const char *at;
    const char *end;
};

static bool take(struct reader *reader, char wanted)
{
    if (reader->at == reader->end || *reader->at != wanted)
        return false;
    reader->at++;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_digits(struct reader *reader, int count, int *out)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        if (reader->at == reader->end || !is_digit(*reader->at))
            return false;
        number = number * 10 + (*reader->at++ - '0');
    }
    *out = number;
    return true;
}

/* Reads the digits after a point as nanoseconds; digits past the ninth are dropped. */
static bool take_fraction(struct reader *reader, uint32_t *out_nanoseconds)
{
    uint32_t unit = 100000000;
    uint32_t nanoseconds = 0;
    const char *start = reader->at;
    for (; reader->at < reader->end && is_digit(*reader->at); reader->at++, unit /= 10)
        nanoseconds += (uint32_t)(*reader->at - '0') * unit;
    *out_nanoseconds = nanoseconds;
    return reader->at > start;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap);
}

static bool take_date(struct reader *reader, int64_t *out_days)
{
    int year;
    int month;
    int day;
    if (!take_digits(reader, 4, &year) || !take(reader, '-') || !take_digits(reader, 2, &month) ||
        !take(reader, '-') || !take_digits(reader, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *out_days = days_from_date(year, month, day);
    return true;
}

static bool take_time(struct reader *reader, int *out_seconds, uint32_t *out_nanoseconds)
{
    int hour;
    int minute;
    int second;
    if (!take_digits(reader, 2, &hour) || !take(reader, ':') || !take_digits(reader, 2, &minute) ||
        !take(reader, ':') || !take_digits(reader, 2, &second))
        return false;
    *out_nanoseconds = 0;
    if (take(reader, '.') && !take_fraction(reader, out_nanoseconds))
        return false;
    *out_seconds = hour * 3600 + minute * 60 + second;
    return hour <= 23 && minute <= 59 && second <= 59;
}

static bool take_hours_minutes(struct reader *reader, int *out_seconds)
{
    int hours;
    int minutes;
    if (!take_digits(reader, 2, &hours) || !take(reader, ':') || !take_digits(reader, 2, &minutes))
        return false;
    *out_seconds = hours * 3600 + minutes * 60;
    return hours <= 23 && minutes <= 59;
}

static bool take_offset(struct reader *reader, int *out_seconds)
{
    *out_seconds = 0;
    if (take(reader, 'Z') || take(reader, 'z'))
        return true;
    bool is_west = take(reader, '-');
    if (!is_west && !take(reader, '+'))
        return false;
    if (!take_hours_minutes(reader, out_seconds))
        return false;
    if (is_west)
        *out_seconds = -*out_seconds;
    return true;
}

bool expr_calendar_parse_timestamp(const char *text, size_t size, struct value *out)
{
    struct reader reader = {text, text + size};
    int64_t days;
    int time;
    int offset;
    uint32_t nanoseconds;
    if (!take_date(&reader, &days) || !(take(&reader, 'T') || take(&reader, 't')) ||
        !take_time(&reader, &time, &nanoseconds) || !take_offset(&reader, &offset) ||
        reader.at != reader.end)
        return false;
    int64_t seconds = days * SECONDS_PER_DAY + time - offset;
    if (seconds < VALUE_TIMESTAMP_SECONDS_MIN || seconds > VALUE_TIMESTAMP_SECONDS_MAX)
        return false;
    *out = value_timestamp(seconds, nanoseconds);
    return true;
}

bool expr_calendar_parse_offset(const char *text, size_t size, int32_t *out_seconds)
{
    struct reader reader = {text, text + size};
    *out_seconds = 0;
    if (size == 0 || (size == 3 && memcmp(text, "UTC", 3) == 0))
        return true;
    bool is_west = take(&reader, '-');
    if (!is_west)
        (void)take(&reader, '+'); /* optional, as in other CEL libraries */
    int seconds;
    if (!take_hours_minutes(&reader, &seconds) || reader.at != reader.end)
        return false;
    *out_seconds = is_west ? -seconds : seconds;
    return true;
}

static const struct {
    const char *name;
    uint64_t nanoseconds;
} units[] = {
    {"ns", 1},
    {"us", 1000},
    {"\xC2\xB5s", 1000}, /* µ, the micro sign */
    {"\xCE\xBCs", 1000}, /* μ, the letter */
    {"ms", 1000000},
    {"s", UINT64_C(1000000000)},
    {"m", UINT64_C(60000000000)},
    {"h", UINT64_C(3600000000000)},
};

static bool take_unit(struct reader *reader, uint64_t *out_nanoseconds)
{
    const char *start = reader->at;
    while (reader->at < reader->end && !is_digit(*reader->at) && *reader->at != '.')
        reader->at++;
    size_t size = (size_t)(reader->at - start);
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (strlen(units[i].name) == size && memcmp(start, units[i].name, size) == 0) {
            *out_nanoseconds = units[i].nanoseconds;
            return true;
        }
    }
    return false;
}

/* Returns fraction * unit / 10^18 without leaving 64 bits: both split at 10^9. */
static uint64_t scale_fraction(uint64_t fraction, uint64_t unit)
{
    const uint64_t billion = UINT64_C(1000000000);
    uint64_t high = fraction / billion;
    uint64_t low = fraction % billion;
    uint64_t unit_high = unit / billion;
    uint64_t unit_low = unit % billion;
    return high * unit_high +
           (high * unit_low + low * unit_high + low * unit_low / billion) / billion;
}

/* Adds one "1.5h" to *total; the fraction is cut to whole nanoseconds. */
static bool take_part(struct reader *reader, uint64_t *total)
{
    uint64_t whole = 0;
    uint64_t fraction = 0; /* in units of 10^-18 */
    uint64_t scale = UINT64_C(1000000000000000000);
    bool any = false;
    for (; reader->at < reader->end && is_digit(*reader->at); reader->at++, any = true) {
        if (whole > (uint64_t)INT64_MAX / 10)
            return false;
        whole = whole * 10 + (uint64_t)(*reader->at - '0');
    }
    if (take(reader, '.')) {
        for (; reader->at < reader->end && is_digit(*reader->at); reader->at++, any = true) {
            scale /= 10;
            fraction += (uint64_t)(*reader->at - '0') * scale;
        }
    }
    uint64_t unit;
    if (!any || !take_unit(reader, &unit))
        return false;
    uint64_t nanoseconds = scale_fraction(fraction, unit);
    if (whole > (uint64_t)INT64_MAX / unit)
        return false;
    whole *= unit;
    if (whole + nanoseconds > (uint64_t)INT64_MAX + 1 - *total)
        return false;
    *total += whole + nanoseconds;
    return true;
}

bool expr_calendar_parse_duration(const char *text, size_t size, struct value *out)
{
    struct reader reader = {text, text + size};
    bool is_negative = take(&reader, '-');
    if (!is_negative)
        (void)take(&reader, '+'); /* optional */
    uint64_t total = 0;
    if (reader.end - reader.at == 1 && *reader.at == '0')
        reader.at++;
    else if (reader.at == reader.end)
        return false;
    while (reader.at < reader.end)
        if (!take_part(&reader, &total))
            return false;
    if (total > (uint64_t)INT64_MAX + is_negative)
        return false;
    *out = value_duration(is_negative ? (int64_t)(0 - total) : (int64_t)total);
    return true;
}

/* --- printing --------------------------------------------------------------------------------- */

/* Writes ".25" for 250,000,000, nothing for 0. */
static size_t print_fraction(uint32_t nanoseconds, char *out)
{
    if (nanoseconds == 0)
        return 0;
    int size = snprintf(out, 12, ".%09u", nanoseconds % 1000000000u);
    while (out[size - 1] == '0')
        size--;
    return (size_t)size;
}

size_t expr_calendar_print_timestamp(struct value timestamp, char out[CALENDAR_TEXT_MAX])
{
    assert(timestamp.kind == VALUE_TIMESTAMP);
    struct calendar_fields f = expr_calendar_split(timestamp.as.integer);
    int size = snprintf(out, CALENDAR_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", f.year, f.month,
                        f.day, f.hour, f.minute, f.second);
    assert(size > 0 && size < 26);
    size += (int)print_fraction(timestamp.size, out + size);
    out[size] = 'Z';
    out[size + 1] = '\0';
    return (size_t)size + 1;
}

size_t expr_calendar_print_duration(struct value duration, char out[CALENDAR_TEXT_MAX])
{
    assert(duration.kind == VALUE_DURATION);
    bool is_negative = duration.as.integer < 0;
    uint64_t magnitude =
        is_negative ? 0 - (uint64_t)duration.as.integer : (uint64_t)duration.as.integer;
    int size = snprintf(out, CALENDAR_TEXT_MAX, "%s%llu", is_negative ? "-" : "",
                        (unsigned long long)(magnitude / 1000000000u));
    size += (int)print_fraction((uint32_t)(magnitude % 1000000000u), out + size);
    out[size] = 's';
    out[size + 1] = '\0';
    return (size_t)size + 1;
}
