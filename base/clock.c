/* Reads the system's clocks. */
#include "base/clock.h"

#include <time.h>

int64_t clock_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_monotonic_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the house's time -------------------------------------------------------------------- */

static int64_t speed_of(const struct clock_pace *pace)
{
    return pace->speed > 1 ? pace->speed : 1;
}

static int64_t ahead_ms(const struct clock_pace *pace)
{
    return pace->from_ms != 0 ? pace->from_ms - pace->start_ms : 0;
}

int64_t clock_house_ms(const struct clock_pace *pace, int64_t wall_ms)
{
    int64_t since_ms = wall_ms - pace->start_ms;
    int64_t gone_ms = since_ms > 0 ? since_ms * speed_of(pace) : since_ms;
    return pace->start_ms + ahead_ms(pace) + gone_ms;
}

int64_t clock_wall_ms(const struct clock_pace *pace, int64_t house_ms)
{
    int64_t gone_ms = house_ms - pace->start_ms - ahead_ms(pace);
    int64_t speed = speed_of(pace);
    int64_t since_ms = gone_ms > 0 ? gone_ms / speed + (gone_ms % speed != 0) : gone_ms;
    return pace->start_ms + since_ms;
}
