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

#endif
