/* Arithmetic of game clocks. Moments come from outside; nothing here waits. */
#include "gamesvc/rules/timing.h"

#include <assert.h>

static enum status check_real_time(const struct timing_control *control, struct fault *out_fault)
{
    if (control->initial_ms < TIMING_INITIAL_MIN_MS || control->initial_ms > TIMING_INITIAL_MAX_MS)
        return fault_set(out_fault, 0, 0, "the initial time must be 15 seconds to 24 hours");
    if (control->increment_ms < 0 || control->increment_ms > TIMING_INCREMENT_MAX_MS)
        return fault_set(out_fault, 0, 0, "the increment must be 0 to 60 seconds");
    if (control->overtime_max_ms < 0 || control->overtime_max_ms > TIMING_OVERTIME_MAX_MS)
        return fault_set(out_fault, 0, 0, "overtime must be 0 to 10 minutes");
    if (control->overtime_max_ms > 0 && control->increment_ms > 0)
        return fault_set(out_fault, 0, 0, "overtime and increment exclude each other");
    if (control->bank_ms != 0)
        return fault_set(out_fault, 0, 0, "a time bank belongs to correspondence games only");
    return STATUS_OK;
}

static enum status check_correspondence(const struct timing_control *control,
                                        struct fault *out_fault)
{
    if (control->initial_ms < TIMING_TURN_MIN_MS || control->initial_ms > TIMING_TURN_MAX_MS)
        return fault_set(out_fault, 0, 0, "a correspondence turn takes 1 hour to 5 days");
    if (control->bank_ms < 0 || control->bank_ms > TIMING_BANK_MAX_MS)
        return fault_set(out_fault, 0, 0, "the time bank must be 0 to 30 days");
    if (control->overtime_max_ms != 0 || control->increment_ms != 0)
        return fault_set(out_fault, 0, 0,
                         "correspondence games have neither overtime nor increment");
    return STATUS_OK;
}

enum status timing_control_check(const struct timing_control *control, struct fault *out_fault)
{
    switch (control->kind) {
    case TIMING_NONE:
        return STATUS_OK;
    case TIMING_REAL_TIME:
        return check_real_time(control, out_fault);
    case TIMING_CORRESPONDENCE:
        return check_correspondence(control, out_fault);
    }
    return fault_set(out_fault, 0, 0, "no such kind of clock");
}

enum timing_class timing_class(const struct timing_control *control)
{
    if (control->kind == TIMING_CORRESPONDENCE)
        return TIMING_CLASS_CORRESPONDENCE;
    if (control->kind == TIMING_NONE)
        return TIMING_CLASS_REGULAR;
    int64_t total_ms = control->initial_ms + control->overtime_max_ms + 16 * control->increment_ms;
    if (total_ms <= 120 * 1000)
        return TIMING_CLASS_ULTRABLITZ;
    if (total_ms <= 360 * 1000)
        return TIMING_CLASS_BLITZ;
    return total_ms <= 840 * 1000 ? TIMING_CLASS_RAPID : TIMING_CLASS_REGULAR;
}

struct timing timing_full(const struct timing_control *control)
{
    return (struct timing){
        .control = *control,
        .remaining_ms = {control->initial_ms, control->initial_ms},
        .bank_ms = {control->bank_ms, control->bank_ms},
    };
}

void timing_start(struct timing *timing, int seat, int64_t now_ms)
{
    assert(seat == 0 || seat == 1);
    if (timing->control.kind == TIMING_NONE)
        return;
    timing->seat_on_turn = seat;
    timing->charged_ms = now_ms;
    timing->runs = true;
}

/* How far below zero the clock of `seat` may go before its flag falls. */
static int64_t grace_ms(const struct timing *timing, int seat)
{
    return timing->control.kind == TIMING_CORRESPONDENCE ? timing->bank_ms[seat]
                                                         : timing->control.overtime_max_ms;
}

int64_t timing_remaining_ms(const struct timing *timing, int seat, int64_t now_ms)
{
    assert(seat == 0 || seat == 1);
    int64_t remaining_ms = timing->remaining_ms[seat];
    if (!timing->runs || seat != timing->seat_on_turn || now_ms <= timing->charged_ms)
        return remaining_ms;
    int64_t lowest_ms = -grace_ms(timing, seat);
    int64_t elapsed_ms = now_ms - timing->charged_ms;
    return elapsed_ms >= remaining_ms - lowest_ms ? lowest_ms : remaining_ms - elapsed_ms;
}

void timing_charge(struct timing *timing, int64_t now_ms)
{
    if (!timing->runs || now_ms <= timing->charged_ms)
        return;
    int seat = timing->seat_on_turn;
    timing->remaining_ms[seat] = timing_remaining_ms(timing, seat, now_ms);
    timing->charged_ms = now_ms;
}

void timing_turn_end(struct timing *timing, int seat_next, int64_t now_ms)
{
    if (!timing->runs)
        return;
    timing_charge(timing, now_ms);
    int seat = timing->seat_on_turn;
    if (timing->control.kind == TIMING_CORRESPONDENCE) {
        if (timing->remaining_ms[seat] < 0)
            timing->bank_ms[seat] += timing->remaining_ms[seat];
        timing->remaining_ms[seat] = timing->control.initial_ms;
    } else {
        timing->remaining_ms[seat] += timing->control.increment_ms;
    }
    assert(timing->bank_ms[seat] >= 0);
    timing->seat_on_turn = seat_next;
}

void timing_stop(struct timing *timing, int64_t now_ms)
{
    timing_charge(timing, now_ms);
    timing->runs = false;
}

void timing_add(struct timing *timing, int seat, int64_t extra_ms)
{
    assert(extra_ms >= 0);
    if (timing->control.kind == TIMING_REAL_TIME)
        timing->remaining_ms[seat] += extra_ms;
}

int64_t timing_deadline_ms(const struct timing *timing)
{
    if (!timing->runs)
        return TIMING_NEVER;
    int seat = timing->seat_on_turn;
    return timing->charged_ms + timing->remaining_ms[seat] + grace_ms(timing, seat);
}

bool timing_flag_is_down(const struct timing *timing, int64_t now_ms)
{
    return timing->runs && now_ms > timing_deadline_ms(timing);
}

void timing_lose(struct timing *timing)
{
    assert(timing->runs);
    int seat = timing->seat_on_turn;
    timing->remaining_ms[seat] = -grace_ms(timing, seat);
    timing->runs = false;
}

int64_t timing_overtime_ms(const struct timing *timing, int seat)
{
    if (timing->control.kind != TIMING_REAL_TIME || timing->remaining_ms[seat] >= 0)
        return 0;
    int64_t over_ms = -timing->remaining_ms[seat];
    int64_t max_ms = timing->control.overtime_max_ms;
    return over_ms < max_ms ? over_ms : max_ms;
}

int timing_penalty(int64_t overtime_ms)
{
    return overtime_ms <= 0 ? 0 : 10 * (int)((overtime_ms + 59999) / 60000);
}
