#ifndef FSM_EXPR_CALENDAR_H
#define FSM_EXPR_CALENDAR_H

/*
 * calendar — timestamps and durations as text and as calendar fields. Proleptic Gregorian, no leap
 * seconds, no time zones but offsets.
 */

#include "fsm/expr/value.h"

#define CALENDAR_TEXT_MAX 40 /* bytes of any text printed here, terminator included */

/* A moment taken apart. */
struct calendar_fields {
    int year;        /* 1 to 9999 */
    int month;       /* 1 to 12 */
    int day;         /* 1 to 31 */
    int hour;        /* 0 to 23 */
    int minute;      /* 0 to 59 */
    int second;      /* 0 to 59 */
    int day_of_week; /* 0 is Sunday */
    int day_of_year; /* 0 is January 1st */
};

/* Takes seconds since 1970 apart. */
struct calendar_fields expr_calendar_split(int64_t seconds);

/* Reads RFC 3339: "2026-11-22T16:00:00.25+01:00". Returns false on anything else, on a date that
 * does not exist and outside the years 0001 to 9999. */
bool expr_calendar_parse_timestamp(const char *text, size_t size, struct value *out);

/* Writes RFC 3339 in UTC with as many fraction digits as needed; returns its size. */
size_t expr_calendar_print_timestamp(struct value timestamp, char out[CALENDAR_TEXT_MAX]);

/* Reads a sum of numbers with units: "1h30m", "-1.5s", "250ms", "0". Units: h m s ms us µs ns.
 * Returns false on anything else and out of range. */
bool expr_calendar_parse_duration(const char *text, size_t size, struct value *out);

/* Writes whole and fractional seconds, "5400s", "-0.25s"; returns its size. */
size_t expr_calendar_print_duration(struct value duration, char out[CALENDAR_TEXT_MAX]);

/* Reads "+hh:mm", "-hh:mm", "hh:mm", "UTC" or "" into seconds; false on other text (a name). */
bool expr_calendar_parse_offset(const char *text, size_t size, int32_t *out_seconds);

#endif
