/* schedule: series in zones whose clocks change; what is left out, shifted, doubled, and when, as a
 * text a director could read. */
#include "schedule/schedule.h"

#include "base/buffer.h"
#include "fsm/expr/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS_MAX = 200 };

/* "02:30 2026-03-29T01:30:00Z shifted", one a line. */
static void trace(const struct schedule_rule *rule, int from, int count, struct buffer *out)
{
    static const char *const notes[] = {"planned", "shifted", "first", "second", "gap", "excluded"};
    struct schedule *schedule = NULL;
    struct schedule_firing firing;
    struct fault fault = {0};
    if (schedule_open(rule, &schedule, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    for (int i = 0; i < from + count && schedule_next(schedule, &firing); i++) {
        char text[CALENDAR_TEXT_MAX];
        struct value moment = {.kind = VALUE_TIMESTAMP};
        moment.as.integer = firing.at_ms / 1000;
        (void)expr_calendar_print_timestamp(moment, text); /* fits */
        if (i >= from)
            buffer_format(out, "%s %s %s\n", firing.local, text, notes[firing.note]);
    }
    schedule_close(schedule);
}

static void want(const struct schedule_rule *rule, int from, int count, const char *text)
{
    struct buffer out = {0};
    trace(rule, from, count, &out);
    assert_string_equal(buffer_text(&out), text);
    buffer_deinit(&out);
}

static void a_weekly_evening_keeps_its_local_time(void **state)
{
    (void)state;
    want(&(struct schedule_rule){.start = "2026-03-21T20:00",
                                 .zone = "Europe/Berlin",
                                 .recurrence = "FREQ=WEEKLY;BYDAY=SA"},
         0, 3,
         "2026-03-21T20:00 2026-03-21T19:00:00Z planned\n"
         "2026-03-28T20:00 2026-03-28T19:00:00Z planned\n"
         "2026-04-04T20:00 2026-04-04T18:00:00Z planned\n");
}

static const char *const daily = "FREQ=DAILY";

static void a_time_that_does_not_exist_follows_the_rule(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        [SCHEDULE_DST_SKIP] = "2026-03-29T02:30 2026-03-29T01:00:00Z gap\n",
        [SCHEDULE_DST_SHIFT] = "2026-03-29T02:30 2026-03-29T01:30:00Z shifted\n",
        [SCHEDULE_DST_BOTH] = "2026-03-29T02:30 2026-03-29T01:00:00Z gap\n",
        [SCHEDULE_DST_FIRST] = "2026-03-29T02:30 2026-03-29T01:00:00Z shifted\n",
    };
    for (int dst = SCHEDULE_DST_SKIP; dst <= SCHEDULE_DST_FIRST; dst++)
        want(&(struct schedule_rule){.start = "2026-03-28T02:30",
                                     .zone = "Europe/Berlin",
                                     .recurrence = daily,
                                     .dst = (enum schedule_dst)dst},
             1, 1, wanted[dst]);
}

static void a_time_that_comes_twice_follows_the_rule(void **state)
{
    (void)state;
    struct schedule_rule rule = {
        .start = "2026-10-24T02:30", .zone = "Europe/Berlin", .recurrence = daily};
    want(&rule, 1, 2,
         "2026-10-25T02:30 2026-10-25T00:30:00Z first\n"
         "2026-10-26T02:30 2026-10-26T01:30:00Z planned\n");
    rule.dst = SCHEDULE_DST_BOTH;
    want(&rule, 1, 3,
         "2026-10-25T02:30 2026-10-25T00:30:00Z first\n"
         "2026-10-25T02:30 2026-10-25T01:30:00Z second\n"
         "2026-10-26T02:30 2026-10-26T01:30:00Z planned\n");
}

/* Shifted onto a time that is there already: one firing, not two. Both halves of a repeated hour
 * come in the order of their moments. */
static void firings_come_in_order_and_once(void **state)
{
    (void)state;
    want(&(struct schedule_rule){.start = "2026-03-29T01:30",
                                 .zone = "Europe/Berlin",
                                 .recurrence = "FREQ=HOURLY",
                                 .dst = SCHEDULE_DST_SHIFT},
         0, 3,
         "2026-03-29T01:30 2026-03-29T00:30:00Z planned\n"
         "2026-03-29T02:30 2026-03-29T01:30:00Z shifted\n"
         "2026-03-29T04:30 2026-03-29T02:30:00Z planned\n");
    want(&(struct schedule_rule){.start = "2026-10-25T02:00",
                                 .zone = "Europe/Berlin",
                                 .recurrence = "FREQ=DAILY;BYHOUR=2;BYMINUTE=0,30",
                                 .dst = SCHEDULE_DST_BOTH},
         0, 4,
         "2026-10-25T02:00 2026-10-25T00:00:00Z first\n"
         "2026-10-25T02:30 2026-10-25T00:30:00Z first\n"
         "2026-10-25T02:00 2026-10-25T01:00:00Z second\n"
         "2026-10-25T02:30 2026-10-25T01:30:00Z second\n");
}

static void days_and_single_times_are_left_out(void **state)
{
    (void)state;
    static const char *const excluded[] = {"2026-12-26", "2027-01-02T20:00", "2027-01-09T19:00"};
    want(&(struct schedule_rule){.start = "2026-12-19T20:00",
                                 .zone = "Europe/Vienna",
                                 .recurrence = "FREQ=WEEKLY;COUNT=4",
                                 .excluded = excluded,
                                 .excluded_count = COUNT_OF(excluded)},
         0, 9,
         "2026-12-19T20:00 2026-12-19T19:00:00Z planned\n"
         "2026-12-26T20:00 2026-12-26T19:00:00Z excluded\n"
         "2027-01-02T20:00 2027-01-02T19:00:00Z excluded\n"
         "2027-01-09T20:00 2027-01-09T19:00:00Z planned\n");
}

static void a_whole_day_may_not_exist(void **state)
{
    (void)state;
    want(&(struct schedule_rule){.start = "2011-12-29T20:00",
                                 .zone = "Pacific/Apia",
                                 .recurrence = daily,
                                 .dst = SCHEDULE_DST_SKIP},
         0, 3,
         "2011-12-29T20:00 2011-12-30T06:00:00Z planned\n"
         "2011-12-30T20:00 2011-12-30T10:00:00Z gap\n"
         "2011-12-31T20:00 2011-12-31T06:00:00Z planned\n");
}

static void monthly_and_last_weekdays_are_rfc_5545_s(void **state)
{
    (void)state;
    want(&(struct schedule_rule){.start = "2026-01-31T10:00",
                                 .zone = "America/New_York",
                                 .recurrence = "FREQ=MONTHLY;BYDAY=-1SA"},
         0, 3,
         "2026-01-31T10:00 2026-01-31T15:00:00Z planned\n"
         "2026-02-28T10:00 2026-02-28T15:00:00Z planned\n"
         "2026-03-28T10:00 2026-03-28T14:00:00Z planned\n");
    want(&(struct schedule_rule){.start = "2026-11-28T20:00", .zone = "UTC", .recurrence = ""}, 0,
         9, "2026-11-28T20:00 2026-11-28T20:00:00Z planned\n");
}

static void jitter_follows_the_seed_and_not_the_question(void **state)
{
    (void)state;
    struct schedule_rule rule = {.start = "2026-01-03T20:00",
                                 .zone = "UTC",
                                 .recurrence = "FREQ=WEEKLY",
                                 .jitter_ms = 600000,
                                 .seed = 7};
    struct schedule_firing all[10], later[5], other[10];
    struct fault fault;
    size_t count = 0;
    assert_int_equal(schedule_firings(&rule, 0, all, 10, &count, &fault), STATUS_OK);
    assert_int_equal(count, 10);
    assert_int_equal(schedule_firings(&rule, all[4].planned_ms, later, 5, &count, &fault),
                     STATUS_OK);
    rule.seed = 8;
    assert_int_equal(schedule_firings(&rule, 0, other, 10, &count, &fault), STATUS_OK);
    bool differs = false;
    for (int i = 0; i < 10; i++) {
        assert_in_range(all[i].at_ms - all[i].planned_ms, 0, 600000);
        differs = differs || all[i].at_ms != other[i].at_ms;
        if (i >= 5)
            assert_int_equal(all[i].at_ms, later[i - 5].at_ms);
    }
    assert_true(differs);
}

static void rules_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct schedule_rule rules[] = {
        {.start = "2026-02-30T20:00", .zone = "UTC", .recurrence = "FREQ=DAILY"},
        {.start = "2026-11-28T20:00", .zone = "Europe/Berln", .recurrence = "FREQ=DAILY"},
        {.start = "2026-11-28T20:00", .zone = "UTC", .recurrence = "FREQ=SOMETIMES"},
        {.start = "2026-11-28T20:00", .zone = "UTC", .recurrence = "BYDAY=SA"},
        {.start = "2026-11-28T20:00", .zone = "UTC", .recurrence = "FREQ=WEEKLY;BYDAY=XX"},
        {.start = "2026-11-28T20:00",
         .zone = "UTC",
         .recurrence = "FREQ=WEEKLY;COUNT=2;UNTIL=20270101T000000"},
        {.start = "2026-11-28T20:00", .zone = "UTC", .recurrence = "FREQ=SECONDLY"},
        {.start = "2026-11-28T20:00", .zone = "UTC", .recurrence = "nonsense"},
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        struct schedule *schedule = NULL;
        struct fault fault = {0};
        if (schedule_open(&rules[i], &schedule, &fault) == STATUS_OK)
            fail_msg("rule %zu is taken", i);
        assert_null(schedule);
        assert_true(fault.text[0] != '\0');
    }
}

static void a_rule_that_ends_gives_what_it_has(void **state)
{
    (void)state;
    struct schedule_firing firings[9];
    size_t count = 0;
    struct fault fault;
    struct schedule_rule rule = {
        .start = "2026-11-28T20:00", .zone = "UTC", .recurrence = "FREQ=WEEKLY;UNTIL=20261213"};
    assert_int_equal(schedule_firings(&rule, 0, firings, 9, &count, &fault), STATUS_OK);
    assert_int_equal(count, 3);
    rule.recurrence = "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2";
    assert_int_equal(schedule_firings(&rule, 0, firings, 9, &count, &fault),
                     STATUS_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_weekly_evening_keeps_its_local_time),
        cmocka_unit_test(a_time_that_does_not_exist_follows_the_rule),
        cmocka_unit_test(a_time_that_comes_twice_follows_the_rule),
        cmocka_unit_test(firings_come_in_order_and_once),
        cmocka_unit_test(days_and_single_times_are_left_out),
        cmocka_unit_test(a_whole_day_may_not_exist),
        cmocka_unit_test(monthly_and_last_weekdays_are_rfc_5545_s),
        cmocka_unit_test(jitter_follows_the_seed_and_not_the_question),
        cmocka_unit_test(rules_that_cannot_be_are_refused),
        cmocka_unit_test(a_rule_that_ends_gives_what_it_has),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
