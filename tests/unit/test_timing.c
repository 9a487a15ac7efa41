/* timing: charging, increments, overtime, the time bank, and when a flag falls. */
#include "gamesvc/rules/timing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"

#define SECOND ((int64_t)1000)
#define MINUTE ((int64_t)60 * 1000)
#define HOUR ((int64_t)3600 * 1000)

static struct timing real_time(int64_t initial_ms, int64_t increment_ms, int64_t overtime_max_ms)
{
    struct timing_control control = {TIMING_REAL_TIME, initial_ms, increment_ms, overtime_max_ms,
                                     0};
    struct timing timing = timing_full(&control);
    timing_start(&timing, 0, 1000);
    return timing;
}

static void charges_only_the_player_on_turn(void **state)
{
    (void)state;
    struct timing timing = real_time(10 * MINUTE, 0, 0);
    assert_int_equal(timing_remaining_ms(&timing, 0, 1000 + MINUTE), 9 * MINUTE);
    assert_int_equal(timing_remaining_ms(&timing, 1, 1000 + MINUTE), 10 * MINUTE);
    timing_turn_end(&timing, 1, 1000 + MINUTE);
    assert_int_equal(timing_remaining_ms(&timing, 0, 1000 + 3 * MINUTE), 9 * MINUTE);
    assert_int_equal(timing_remaining_ms(&timing, 1, 1000 + 3 * MINUTE), 8 * MINUTE);
}

static void adds_the_increment_after_a_turn_only(void **state)
{
    (void)state;
    struct timing timing = real_time(MINUTE, 5 * SECOND, 0);
    timing_charge(&timing, 1000 + 20 * SECOND);
    assert_int_equal(timing.remaining_ms[0], 40 * SECOND);
    timing_turn_end(&timing, 1, 1000 + 30 * SECOND);
    assert_int_equal(timing.remaining_ms[0], 35 * SECOND);
    assert_int_equal(timing.remaining_ms[1], MINUTE);
}

static void flag_falls_one_millisecond_past_the_deadline(void **state)
{
    (void)state;
    struct timing timing = real_time(MINUTE, 0, 2 * MINUTE);
    int64_t deadline_ms = timing_deadline_ms(&timing);
    assert_int_equal(deadline_ms, 1000 + 3 * MINUTE);
    assert_false(timing_flag_is_down(&timing, deadline_ms));
    assert_true(timing_flag_is_down(&timing, deadline_ms + 1));
    assert_int_equal(timing_remaining_ms(&timing, 0, deadline_ms + HOUR), -2 * MINUTE);
}

static void deadline_does_not_move_when_time_is_charged(void **state)
{
    (void)state;
    struct timing timing = real_time(MINUTE, 0, MINUTE);
    int64_t deadline_ms = timing_deadline_ms(&timing);
    for (int64_t now_ms = 1000; now_ms < deadline_ms; now_ms += 777) {
        timing_charge(&timing, now_ms);
        assert_int_equal(timing_deadline_ms(&timing), deadline_ms);
    }
}

static void a_moment_in_the_past_charges_nothing(void **state)
{
    (void)state;
    struct timing timing = real_time(MINUTE, 0, 0);
    timing_charge(&timing, 11 * SECOND);
    timing_charge(&timing, 5 * SECOND);
    assert_int_equal(timing.remaining_ms[0], 50 * SECOND);
    assert_int_equal(timing_deadline_ms(&timing), 61 * SECOND);
}

static void losing_on_time_costs_all_of_the_overtime(void **state)
{
    (void)state;
    struct timing timing = real_time(MINUTE, 0, 5 * MINUTE);
    timing_lose(&timing);
    assert_int_equal(timing_overtime_ms(&timing, 0), 5 * MINUTE);
    assert_int_equal(timing_penalty(timing_overtime_ms(&timing, 0)), 50);
    assert_int_equal(timing_deadline_ms(&timing), TIMING_NEVER);
}

static void overtime_costs_ten_points_a_minute_begun(void **state)
{
    (void)state;
    assert_int_equal(timing_penalty(0), 0);
    assert_int_equal(timing_penalty(1), 10);
    assert_int_equal(timing_penalty(60000), 10);
    assert_int_equal(timing_penalty(60001), 20);
}

static void correspondence_takes_the_excess_from_the_bank(void **state)
{
    (void)state;
    struct timing_control control = {TIMING_CORRESPONDENCE, 24 * HOUR, 0, 0, 10 * HOUR};
    struct timing timing = timing_full(&control);
    timing_start(&timing, 0, 0);
    assert_int_equal(timing_deadline_ms(&timing), 34 * HOUR);
    timing_turn_end(&timing, 1, 30 * HOUR);
    assert_int_equal(timing.bank_ms[0], 4 * HOUR);
    assert_int_equal(timing.remaining_ms[0], 24 * HOUR);
    timing_turn_end(&timing, 0, 31 * HOUR);
    assert_int_equal(timing.bank_ms[1], 10 * HOUR);
    assert_int_equal(timing_deadline_ms(&timing), 31 * HOUR + 28 * HOUR);
    assert_int_equal(timing_overtime_ms(&timing, 0), 0);
}

static void a_stopped_clock_has_no_deadline(void **state)
{
    (void)state;
    struct timing timing = real_time(MINUTE, 0, 0);
    timing_stop(&timing, 31 * SECOND);
    assert_int_equal(timing.remaining_ms[0], 30 * SECOND);
    assert_false(timing_flag_is_down(&timing, HOUR));
    assert_int_equal(timing_remaining_ms(&timing, 0, HOUR), 30 * SECOND);
}

static void refuses_controls_out_of_bounds(void **state)
{
    (void)state;
    static const struct timing_control wrong[] = {
        {TIMING_REAL_TIME, 14 * SECOND, 0, 0, 0},
        {TIMING_REAL_TIME, MINUTE, 61 * SECOND, 0, 0},
        {TIMING_REAL_TIME, MINUTE, 0, 11 * MINUTE, 0},
        {TIMING_REAL_TIME, MINUTE, SECOND, MINUTE, 0},
        {TIMING_REAL_TIME, MINUTE, 0, 0, 1},
        {TIMING_CORRESPONDENCE, HOUR - 1, 0, 0, 0},
        {TIMING_CORRESPONDENCE, 121 * HOUR, 0, 0, 0},
        {TIMING_CORRESPONDENCE, HOUR, 0, 0, 31 * 24 * HOUR},
        {TIMING_CORRESPONDENCE, HOUR, 1, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct fault fault = {0};
        assert_int_equal(timing_control_check(&wrong[i], &fault), STATUS_INVALID_ARGUMENT);
        assert_true(fault.text[0] != '\0');
    }
    struct timing_control right = {TIMING_REAL_TIME, 15 * SECOND, 0, 10 * MINUTE, 0};
    assert_int_equal(timing_control_check(&right, NULL), STATUS_OK);
}

static void classes_follow_the_estimate_of_a_whole_game(void **state)
{
    (void)state;
    struct timing_control control = {TIMING_REAL_TIME, 120 * SECOND, 0, 0, 0};
    assert_int_equal(timing_class(&control), TIMING_CLASS_ULTRABLITZ);
    control.increment_ms = 1 * SECOND;
    assert_int_equal(timing_class(&control), TIMING_CLASS_BLITZ);
    control = (struct timing_control){TIMING_REAL_TIME, 14 * MINUTE, 0, 0, 0};
    assert_int_equal(timing_class(&control), TIMING_CLASS_RAPID);
    control.overtime_max_ms = MINUTE;
    assert_int_equal(timing_class(&control), TIMING_CLASS_REGULAR);
    control.kind = TIMING_CORRESPONDENCE;
    assert_int_equal(timing_class(&control), TIMING_CLASS_CORRESPONDENCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(charges_only_the_player_on_turn),
        cmocka_unit_test(adds_the_increment_after_a_turn_only),
        cmocka_unit_test(flag_falls_one_millisecond_past_the_deadline),
        cmocka_unit_test(deadline_does_not_move_when_time_is_charged),
        cmocka_unit_test(a_moment_in_the_past_charges_nothing),
        cmocka_unit_test(losing_on_time_costs_all_of_the_overtime),
        cmocka_unit_test(overtime_costs_ten_points_a_minute_begun),
        cmocka_unit_test(correspondence_takes_the_excess_from_the_bank),
        cmocka_unit_test(a_stopped_clock_has_no_deadline),
        cmocka_unit_test(refuses_controls_out_of_bounds),
        cmocka_unit_test(classes_follow_the_estimate_of_a_whole_game),
    };
    return cmocka_run_group_tests_name("timing", tests, NULL, NULL);
}
