/* POSIX TZ rules: read, and asked for the offset at a moment. */
#include "schedule/zone_rule.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "fsm/expr/calendar.h"

enum { DAY = 86400, HOUR = 3600 };

/* ---- reading ----------------------------------------------------------------------------- */

static bool take_number(const char **text, int max, int *out)
{
    int number = 0;
    if (!isdigit((unsigned char)**text))
        return false;
    for (; isdigit((unsigned char)**text); (*text)++) {
        number = number * 10 + (**text - '0');
        if (number > max)
            return false;
    }
    *out = number;
    return true;
}

/* "CET" or "<+0330>". */
static bool take_name(const char **text)
{
    const char *start = *text;
    if (**text == '<') {
        const char *end = strchr(*text, '>');
        *text = end != NULL ? end + 1 : *text;
        return end != NULL;
    }
    while (isalpha((unsigned char)**text))
        (*text)++;
    return *text - start >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(const char **text, int32_t *out)
{
    int sign = **text == '-' ? -1 : 1;
    int parts[3] = {0};
    if (**text == '-' || **text == '+')
        (*text)++;
    if (!take_number(text, 167, &parts[0]))
        return false;
    for (int i = 1; i < 3 && **text == ':'; i++) {
        (*text)++;
        if (!take_number(text, 59, &parts[i]))
            return false;
    }
    *out = sign * (parts[0] * HOUR + parts[1] * 60 + parts[2]);
    return true;
}

static bool take_week(const char **text, struct zone_change *change)
{
    change->kind = ZONE_DAY_OF_WEEK;
    return take_number(text, 12, &change->month) && *(*text)++ == '.' &&
           take_number(text, 5, &change->week) && *(*text)++ == '.' &&
           take_number(text, 6, &change->day) && change->month > 0 && change->week > 0;
}

static bool take_change(const char **text, struct zone_change *change)
{
    bool reads;
    change->time = 2 * HOUR;
    if (*(*text)++ != ',')
        return false;
    if (**text == 'M' || **text == 'J') {
        bool is_week = *(*text)++ == 'M';
        change->kind = ZONE_DAY_JULIAN;
        reads = is_week ? take_week(text, change) : take_number(text, 365, &change->day);
    } else {
        change->kind = ZONE_DAY_ZERO_BASED;
        reads = take_number(text, 365, &change->day);
    }
    if (!reads || **text != '/')
        return reads;
    (*text)++;
    return take_time(text, &change->time);
}

bool zone_rule_parse(const char *text, struct zone_rule *out_rule)
{
    struct zone_rule rule = {.is_given = text[0] != '\0'};
    if (rule.is_given) {
        if (!take_name(&text) || !take_time(&text, &rule.standard))
            return false;
        rule.standard = -rule.standard; /* POSIX counts west of Greenwich */
        rule.has_summer = *text != '\0';
    }
    if (rule.has_summer) {
        rule.summer = rule.standard + HOUR;
        if (!take_name(&text))
            return false;
        if (*text != ',') {
            if (!take_time(&text, &rule.summer))
                return false;
            rule.summer = -rule.summer;
        }
        if (!take_change(&text, &rule.start) || !take_change(&text, &rule.end) || *text != '\0')
            return false;
    }
    *out_rule = rule;
    return true;
}

/* ---- asking ------------------------------------------------------------------------------ */

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to the first day of a month. */
static int64_t month_start(int year, int month)
{
    static const int days[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t before = year - 1;
    int64_t leaps = before / 4 - before / 100 + before / 400;
    int64_t day = before * 365 + leaps - 719162 + days[month - 1];
    return day + (month > 2 && is_leap(year) ? 1 : 0);
}

static int month_days(int year, int month)
{
    return (int)(month == 12 ? 31 : month_start(year, month + 1) - month_start(year, month));
}

static int64_t change_day(const struct zone_change *change, int year)
{
    if (change->kind == ZONE_DAY_ZERO_BASED)
        return month_start(year, 1) + change->day;
    if (change->kind == ZONE_DAY_JULIAN)
        return month_start(year, 1) + change->day - 1 + (change->day > 59 && is_leap(year) ? 1 : 0);
    int64_t first = month_start(year, change->month);
    int weekday = (int)(((first + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    int day = (change->day - weekday + 7) % 7 + 7 * (change->week - 1);
    while (day >= month_days(year, change->month))
        day -= 7;
    return first + day;
}

/* The moment of a change in a year; `offset` is what holds before it. */
static int64_t change_moment(const struct zone_change *change, int year, int32_t offset)
{
    return change_day(change, year) * DAY + change->time - offset;
}

int32_t zone_rule_offset(const struct zone_rule *rule, int64_t seconds)
{
    assert(rule->is_given);
    if (!rule->has_summer)
        return rule->standard;
    int year = expr_calendar_split(seconds + rule->standard).year;
    int64_t start = change_moment(&rule->start, year, rule->standard);
    int64_t end = change_moment(&rule->end, year, rule->summer);
    bool is_summer =
        start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end;
    return is_summer ? rule->summer : rule->standard;
}
