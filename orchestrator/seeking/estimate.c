/* Kaplan and Meier's curve over ended waits, its quantiles, and the level that keeps a promise. */
#include "orchestrator/seeking/estimate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PRIOR = 6, PRIOR_UNTIL = 30 }; /* assumed waits, until so many are known */

static const double LEVEL_MIN = 0.5, LEVEL_MAX = 0.98, LEVEL_STEP = 0.02;

static int by_wait(const void *one, const void *other)
{
    const struct seeking_wait *a = one;
    const struct seeking_wait *b = other;
    if (a->waited_ms != b->waited_ms)
        return a->waited_ms < b->waited_ms ? -1 : 1;
    return b->is_matched - a->is_matched; /* who left at that very moment was still there */
}

/* The newest waits, with assumed ones where they are few, in the order of their lengths. */
static struct seeking_wait *gather(const struct seeking_wait *history, size_t count,
                                   int64_t period_ms, struct arena *arena, size_t *out_count)
{
    static const int halves[PRIOR] = {1, 2, 3, 6, 12, 24};
    size_t assumed = count < PRIOR_UNTIL ? PRIOR : 0;
    struct seeking_wait *waits = arena_array(arena, count + PRIOR, sizeof *waits);
    if (waits == NULL)
        return NULL;
    memcpy(waits, history, count * sizeof *waits);
    for (size_t i = 0; i < assumed; i++)
        waits[count + i] =
            (struct seeking_wait){.waited_ms = halves[i] * period_ms / 2, .is_matched = true};
    qsort(waits, count + assumed, sizeof *waits, by_wait);
    *out_count = count + assumed;
    return waits;
}

/* The first time by which a share of those still waiting at `from_ms` have been matched. */
static int64_t quantile(const struct seeking_wait *waits, size_t count, int64_t from_ms,
                        double share)
{
    double still = 1.0;
    int64_t last = from_ms;
    for (size_t i = 0; i < count; i++) {
        if (waits[i].waited_ms <= from_ms)
            continue;
        last = waits[i].waited_ms;
        if (waits[i].is_matched)
            still *= 1.0 - 1.0 / (double)(count - i);
        if (1.0 - still >= share - 1e-12)
            return last;
    }
    return last > from_ms ? last : from_ms * 2; /* past all that is known: as long again */
}

enum status seeking_estimate(const struct seeking_wait *history, size_t count, int64_t waited_ms,
                             int64_t period_ms, double level, struct arena *arena,
                             struct seeking_estimate *out_estimate)
{
    assert(period_ms > 0 && level > 0 && level < 1);
    size_t known = count < SEEKING_HISTORY_MAX ? count : SEEKING_HISTORY_MAX;
    size_t gathered;
    struct arena_mark mark = arena_mark(arena);
    const struct seeking_wait *waits = gather(history, known, period_ms, arena, &gathered);
    if (waits == NULL)
        return STATUS_FULL;
    int64_t low = quantile(waits, gathered, waited_ms, (1.0 - level) / 2);
    int64_t middle = quantile(waits, gathered, waited_ms, 0.5);
    int64_t high = quantile(waits, gathered, waited_ms, (1.0 + level) / 2);
    arena_rewind(arena, mark);
    *out_estimate = (struct seeking_estimate){low - waited_ms, middle - waited_ms, high - waited_ms,
                                              (int32_t)known};
    return STATUS_OK;
}

double seeking_calibrated(const struct seeking_wait *history, size_t count)
{
    double level = SEEKING_PROMISE;
    for (size_t i = 0; i < count; i++) {
        if (!history[i].was_told)
            continue;
        level +=
            history[i].held ? -LEVEL_STEP * (1.0 - SEEKING_PROMISE) : LEVEL_STEP * SEEKING_PROMISE;
        level = level < LEVEL_MIN ? LEVEL_MIN : level > LEVEL_MAX ? LEVEL_MAX : level;
    }
    return level;
}
