#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/*
 * clock — the only reader of time in the house. Shells call it and pass the time on as input.
 */

#include <stdint.h>

/* Returns milliseconds since 1970-01-01T00:00:00Z; may step when the system's clock is set. */
int64_t clock_now_ms(void);

/* Returns microseconds from an arbitrary start that never go backwards: for durations. */
int64_t clock_monotonic_us(void);

/* How a house's time runs: as the world's, or faster, so that an evening can be rehearsed in
 * minutes. Processes that are given the same three numbers agree on what time it is. All zero: the
 * world's.
 */
struct clock_pace {
    int64_t start_ms; /* the world's time at which ... */
    int64_t from_ms;  /* ... the house's time was this; 0: the same */
    int64_t speed;    /* how much faster it runs from then on; 0 and 1: not at all */
};

#define CLOCK_SPEED_MAX 1000

/* Returns the house's time at a moment of the world's, and back again (rounded up, so that what is
 * due then is never found too early). Before `start_ms` both run alike. */
int64_t clock_house_ms(const struct clock_pace *pace, int64_t wall_ms);
int64_t clock_wall_ms(const struct clock_pace *pace, int64_t house_ms);

#endif
