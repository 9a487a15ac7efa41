#ifndef SCHEDULE_ZONE_RULE_H
#define SCHEDULE_ZONE_RULE_H

/*
 * zone_rule — the rule at the end of a zone's file, "CET-1CEST,M3.5.0,M10.5.0/3" (POSIX TZ with
 * RFC 8536's extension of hours).
 */

#include <stdbool.h>
#include <stdint.h>

#define ZONE_RULE_TEXT_MAX 128

enum zone_day_kind { ZONE_DAY_JULIAN, ZONE_DAY_ZERO_BASED, ZONE_DAY_OF_WEEK };

/* A day of the year and the local time at which the offset changes. */
struct zone_change {
    enum zone_day_kind kind;
    int day;      /* JULIAN 1..365, ZERO_BASED 0..365, OF_WEEK 0 = Sunday */
    int week;     /* 1..5, 5 is the last */
    int month;    /* 1..12 */
    int32_t time; /* seconds after midnight, may be negative or past it */
};

struct zone_rule {
    bool is_given;
    bool has_summer;
    int32_t standard; /* offsets in seconds, east positive */
    int32_t summer;
    struct zone_change start;
    struct zone_change end;
};

/* Reads a rule; an empty text is no rule. False where it does not read. */
bool zone_rule_parse(const char *text, struct zone_rule *out_rule);

/* Returns the offset at a moment; asserts that the rule is given. */
int32_t zone_rule_offset(const struct zone_rule *rule, int64_t seconds);

#endif
