#ifndef RULES_TIMING_H
#define RULES_TIMING_H

/*
 * timing — whose clock runs, how much is left on it, and when its flag falls.
 *
 * In:       the moment of every event, in ms since the epoch; nothing here reads a clock.
 * Out:      remaining time, the deadline at which a server must look again, overtime and penalty.
 * Owns:     nothing; one struct is a whole clock and may be copied.
 * Threads:  none inside.
 *
 * Real time: each player has `initial_ms`, and either gains `increment_ms` after every turn of
 * theirs or may go `overtime_max_ms` below zero. Correspondence: `initial_ms` for every turn, set
 * back after it; what a turn takes beyond that comes out of `bank_ms`.
 */

#include "base/fault.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

#define TIMING_SEATS 2
#define TIMING_NEVER INT64_MAX

/* The bounds of `timing_control_check`. */
#define TIMING_INITIAL_MIN_MS ((int64_t)15 * 1000)
#define TIMING_INITIAL_MAX_MS ((int64_t)24 * 3600 * 1000)
#define TIMING_INCREMENT_MAX_MS ((int64_t)60 * 1000)
#define TIMING_OVERTIME_MAX_MS ((int64_t)10 * 60 * 1000)
#define TIMING_TURN_MIN_MS ((int64_t)3600 * 1000)
#define TIMING_TURN_MAX_MS ((int64_t)5 * 24 * 3600 * 1000)
#define TIMING_BANK_MAX_MS ((int64_t)30 * 24 * 3600 * 1000)

enum timing_kind { TIMING_NONE, TIMING_REAL_TIME, TIMING_CORRESPONDENCE };

/* What was agreed before the game. */
struct timing_control {
    enum timing_kind kind;
    int64_t initial_ms; /* for the game; in correspondence for each turn */
    int64_t increment_ms;
    int64_t overtime_max_ms;
    int64_t bank_ms;
};

struct timing {
    struct timing_control control;
    int64_t remaining_ms[TIMING_SEATS]; /* at `charged_ms`; below zero in overtime */
    int64_t bank_ms[TIMING_SEATS];
    int64_t charged_ms; /* up to when the player on turn has been charged */
    int seat_on_turn;
    bool runs;
};

/* Classes of speed that ratings are kept apart by. */
enum timing_class {
    TIMING_CLASS_ULTRABLITZ,
    TIMING_CLASS_BLITZ,
    TIMING_CLASS_RAPID,
    TIMING_CLASS_REGULAR,
    TIMING_CLASS_CORRESPONDENCE
};

/* Checks the bounds above, that overtime and increment exclude each other, and that a time bank
 * comes with correspondence only. Returns STATUS_INVALID_ARGUMENT with the first rule broken. */
enum status timing_control_check(const struct timing_control *control,
                                 struct fault *out_fault) MUST_CHECK;

/* Returns the class of initial + 60 x overtime minutes + 16 x increment; REGULAR for no clock. */
enum timing_class timing_class(const struct timing_control *control);

/* Sets up two full clocks that stand still. */
struct timing timing_full(const struct timing_control *control);

/* Starts the clock of `seat`. Does nothing without a clock. */
void timing_start(struct timing *timing, int seat, int64_t now_ms);

/* Takes the time since the last charge off the player on turn, never past the flag. A moment before
 * the last charge (clocks of two servers differ) charges nothing. */
void timing_charge(struct timing *timing, int64_t now_ms);

/* Ends a turn of the player on turn: charges, adds the increment (correspondence: sets the turn's
 * time back and takes the excess from the bank) and starts the clock of `seat_next`. */
void timing_turn_end(struct timing *timing, int seat_next, int64_t now_ms);

/* Charges and stands still: the game is over. */
void timing_stop(struct timing *timing, int64_t now_ms);

/* Gives `seat` more time; nothing in correspondence. */
void timing_add(struct timing *timing, int seat, int64_t extra_ms);

/* Returns what `seat` has left at `now_ms`: below zero in overtime or, in correspondence, where the
 * bank is being spent. */
int64_t timing_remaining_ms(const struct timing *timing, int seat, int64_t now_ms);

/* Returns the last moment at which the player on turn may still move; one ms later the flag is
 * down. TIMING_NEVER while no clock runs. */
int64_t timing_deadline_ms(const struct timing *timing);

/* Whether the player on turn has run out: now > timing_deadline_ms(). */
bool timing_flag_is_down(const struct timing *timing, int64_t now_ms);

/* Sets the clock of the player on turn to the last of its overtime, and stops: lost on time. */
void timing_lose(struct timing *timing);

/* Returns how far below zero a stopped clock is, at most the overtime agreed. Zero in
 * correspondence. */
int64_t timing_overtime_ms(const struct timing *timing, int seat);

/* Returns the points that overtime costs: 10 for each minute begun. */
int timing_penalty(int64_t overtime_ms);

#endif
