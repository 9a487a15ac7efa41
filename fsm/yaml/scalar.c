/* Scalars read as what their reader says they are: numbers, durations, times, words. */
#include "fsm/yaml/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 17 };

static bool is_scalar(const struct yaml_node *node, struct yaml_faults *faults, const char *what)
{
    if (node->kind != YAML_SCALAR)
        return yaml_error(faults, node, "a %s where %s belongs",
                          node->kind == YAML_MAPPING ? "mapping" : "list", what);
    if (yaml_is_empty(node))
        return yaml_error(faults, node, "nothing where %s belongs", what);
    return true;
}

/* For numbers and booleans: quotes would make it text for every other reader of YAML. */
static bool is_plain(const struct yaml_node *node, struct yaml_faults *faults, const char *what)
{
    if (!is_scalar(node, faults, what))
        return false;
    if (!node->is_quoted)
        return true;
    yaml_error(faults, node, "text in quotes where %s belongs", what);
    yaml_hint(faults, "leave the quotes out");
    return false;
}

bool yaml_text(const struct yaml_node *node, struct yaml_faults *faults, const char **out)
{
    if (!is_scalar(node, faults, "text"))
        return false;
    *out = node->text;
    return true;
}

static bool is_name_start(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static bool reads_as_name(const char *text, bool dots)
{
    if (!is_name_start(*text))
        return false;
    for (; *text != '\0'; text++) {
        if (*text == '.' && dots && (isalnum((unsigned char)text[1]) || text[1] == '_'))
            continue;
        if (!isalnum((unsigned char)*text) && *text != '_' && *text != '-')
            return false;
    }
    return true;
}

bool yaml_name(const struct yaml_node *node, bool dots, struct yaml_faults *faults,
               const char **out)
{
    if (!is_scalar(node, faults, "a name"))
        return false;
    if (!reads_as_name(node->text, dots)) {
        yaml_error(faults, node, "`%.60s` is not a name", node->text);
        yaml_hint(faults, "a name begins with a letter and has letters, digits, `_` and `-`%s",
                  dots ? ", with `.` between words" : "");
        return false;
    }
    *out = node->text;
    return true;
}

bool yaml_int(const struct yaml_node *node, int64_t min, int64_t max, struct yaml_faults *faults,
              int64_t *out)
{
    if (!is_plain(node, faults, "a whole number"))
        return false;
    const char *digits = node->text[0] == '-' ? node->text + 1 : node->text;
    if (*digits == '\0' || strspn(digits, "0123456789") != strlen(digits))
        return yaml_error(faults, node, "`%.60s` is not a whole number", node->text);
    errno = 0;
    long long number = strtoll(node->text, NULL, 10);
    if (errno != 0 || number < min || number > max)
        return yaml_error(faults, node, "%.60s is not between %lld and %lld", node->text,
                          (long long)min, (long long)max);
    *out = number;
    return true;
}

bool yaml_bool(const struct yaml_node *node, struct yaml_faults *faults, bool *out)
{
    if (!is_plain(node, faults, "`true` or `false`"))
        return false;
    bool is_true = strcmp(node->text, "true") == 0;
    if (!is_true && strcmp(node->text, "false") != 0)
        return yaml_error(faults, node, "`%.60s` where `true` or `false` belongs", node->text);
    *out = is_true;
    return true;
}

/* [-]digits[.digits][e[+-]digits] */
static bool reads_as_decimal(const char *text)
{
    if (*text == '-')
        text++;
    size_t whole = strspn(text, "0123456789");
    text += whole;
    if (whole == 0)
        return false;
    if (*text == '.') {
        size_t part = strspn(text + 1, "0123456789");
        if (part == 0)
            return false;
        text += 1 + part;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        if (*text == '+' || *text == '-')
            text++;
        size_t exponent = strspn(text, "0123456789");
        if (exponent == 0)
            return false;
        text += exponent;
    }
    return *text == '\0';
}

bool yaml_double(const struct yaml_node *node, struct yaml_faults *faults, double *out)
{
    if (!is_plain(node, faults, "a number"))
        return false;
    double number = reads_as_decimal(node->text) ? strtod(node->text, NULL) : (double)NAN;
    if (!isfinite(number))
        return yaml_error(faults, node, "`%.60s` is not a number", node->text);
    *out = number;
    return true;
}

bool yaml_scaled(const struct yaml_node *node, int digits, struct yaml_faults *faults, int64_t *out)
{
    if (!is_plain(node, faults, "a number"))
        return false;
    const char *text = node->text;
    bool is_negative = *text == '-';
    text += is_negative;
    size_t whole = strspn(text, "0123456789");
    bool has_point = text[whole] == '.';
    const char *fraction = text + whole + has_point;
    size_t places = strspn(fraction, "0123456789");
    if (whole == 0 || fraction[places] != '\0' || (has_point && places == 0))
        return yaml_error(faults, node, "`%.60s` is not a decimal number", node->text);
    if (places > (size_t)digits)
        return yaml_error(faults, node, "%.60s has more than %d decimal place%s", node->text,
                          digits, digits == 1 ? "" : "s");
    if (whole + (size_t)digits > DIGITS_MAX)
        return yaml_error(faults, node, "%.60s is too large", node->text);
    int64_t number = 0;
    for (size_t i = 0; i < whole; i++)
        number = number * 10 + (text[i] - '0');
    for (size_t i = 0; i < (size_t)digits; i++)
        number = number * 10 + (i < places ? fraction[i] - '0' : 0);
    *out = is_negative ? -number : number;
    return true;
}

struct unit {
    const char *name;
    int64_t ms;
};

/* Longer names first where one begins with another. */
static const struct unit units[] = {
    {"ms", 1},          {"s", 1000},         {"m", 60 * 1000},
    {"h", 3600 * 1000}, {"d", 86400 * 1000}, {"w", INT64_C(7) * 86400 * 1000},
};

static const struct unit *read_unit(const char **text)
{
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        size_t size = strlen(units[i].name);
        if (strncmp(*text, units[i].name, size) == 0 && !isalpha((unsigned char)(*text)[size])) {
            *text += size;
            return &units[i];
        }
    }
    return NULL;
}

bool yaml_read_duration(const char *text, int64_t *out_ms)
{
    const int64_t most = INT64_C(100) * 366 * 86400 * 1000;
    int64_t total = 0;
    if (*text == '\0')
        return false;
    while (*text != '\0') {
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 15)
            return false;
        int64_t number = strtoll(text, NULL, 10);
        text += digits;
        const struct unit *unit = read_unit(&text);
        if (unit == NULL || number > most / unit->ms)
            return false;
        total += number * unit->ms;
        if (total > most)
            return false;
    }
    *out_ms = total;
    return true;
}

bool yaml_duration(const struct yaml_node *node, struct yaml_faults *faults, int64_t *out_ms)
{
    if (!is_scalar(node, faults, "a duration"))
        return false;
    if (yaml_read_duration(node->text, out_ms))
        return true;
    yaml_error(faults, node, "`%.60s` is not a duration", node->text);
    yaml_hint(faults, "write `500ms`, `20s`, `15m`, `2h`, `3d` or a sum such as `1h30m`");
    return false;
}

/* Two digits as a number within [min, max]; -1 otherwise. */
static int two_digits(const char *text, int min, int max)
{
    if (!isdigit((unsigned char)text[0]) || !isdigit((unsigned char)text[1]))
        return -1;
    int number = (text[0] - '0') * 10 + (text[1] - '0');
    return number >= min && number <= max ? number : -1;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar, by counting whole 400-year cycles from
 * 1 March of year 0. */
static int64_t days_from_date(int year, int month, int day)
{
    int64_t shifted = month <= 2 ? year - 1 : year;
    int64_t cycle = shifted / 400;
    int64_t year_of_cycle = shifted - cycle * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_cycle =
        year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
    return cycle * 146097 + day_of_cycle - 719468;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap);
}

/* "Z" or "+hh:mm" to the end of the text, in minutes. */
static bool read_offset(const char *text, int *out_minutes)
{
    if ((text[0] == 'Z' || text[0] == 'z') && text[1] == '\0') {
        *out_minutes = 0;
        return true;
    }
    if ((text[0] != '+' && text[0] != '-') || strlen(text) != 6 || text[3] != ':')
        return false;
    int hours = two_digits(text + 1, 0, 23);
    int minutes = two_digits(text + 4, 0, 59);
    *out_minutes = (hours * 60 + minutes) * (text[0] == '-' ? -1 : 1);
    return hours >= 0 && minutes >= 0;
}

/* Reads "hh:mm:ss[.fraction]" and leaves `text` behind it; false where it does not read. */
static bool read_clock_time(const char **text, int64_t *out_ms)
{
    const char *at = *text;
    if (strlen(at) < 8 || at[2] != ':' || at[5] != ':')
        return false;
    int hour = two_digits(at, 0, 23);
    int minute = two_digits(at + 3, 0, 59);
    int second = two_digits(at + 6, 0, 59);
    if (hour < 0 || minute < 0 || second < 0)
        return false;
    at += 8;
    int ms = 0;
    if (*at == '.') {
        size_t digits = strspn(++at, "0123456789");
        if (digits == 0 || digits > 9)
            return false;
        for (size_t i = 0; i < 3; i++)
            ms = ms * 10 + (i < digits ? at[i] - '0' : 0);
        at += digits;
    }
    *out_ms = ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + ms;
    *text = at;
    return true;
}

bool yaml_read_timestamp(const char *text, int64_t *out_ms)
{
    if (strlen(text) < 20 || text[4] != '-' || text[7] != '-' || (text[10] | 0x20) != 't')
        return false;
    int century = two_digits(text, 0, 99);
    int rest = two_digits(text + 2, 0, 99);
    int month = two_digits(text + 5, 1, 12);
    if (century < 0 || rest < 0 || month < 0 || century + rest == 0)
        return false;
    int year = century * 100 + rest;
    int day = two_digits(text + 8, 1, days_in_month(year, month));
    int64_t time_ms;
    int offset;
    const char *at = text + 11;
    if (day < 0 || !read_clock_time(&at, &time_ms) || !read_offset(at, &offset))
        return false;
    *out_ms =
        days_from_date(year, month, day) * INT64_C(86400000) + time_ms - offset * INT64_C(60000);
    return true;
}

bool yaml_timestamp(const struct yaml_node *node, struct yaml_faults *faults, int64_t *out_ms)
{
    if (!is_scalar(node, faults, "a time"))
        return false;
    if (yaml_read_timestamp(node->text, out_ms))
        return true;
    yaml_error(faults, node, "`%.60s` is not a time", node->text);
    yaml_hint(faults, "write it with its offset: `2026-11-22T18:00:00+01:00` or `...Z`");
    return false;
}

bool yaml_enum(const struct yaml_node *node, const char *const *words, size_t count,
               struct yaml_faults *faults, int *out)
{
    if (!is_scalar(node, faults, "a word"))
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], node->text) == 0) {
            *out = (int)i;
            return true;
        }
    char list[200] = "";
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(list);
        if (used + strlen(words[i]) + 8 > sizeof list)
            break;
        strcat(strcat(strcat(list, i > 0 ? ", `" : "`"), words[i]), "`");
    }
    yaml_error(faults, node, "`%.60s` is not one of %s", node->text, list);
    yaml_hint_nearest(faults, node->text, words, count);
    return false;
}
