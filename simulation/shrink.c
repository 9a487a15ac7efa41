/* Tries smaller evenings, one change at a time, and keeps what still fails (delta debugging, after
 * Zeller and Hildebrandt 2002, for the incidents). */
#include "simulation/shrink.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 15 * 60 * 1000, NO_SEEKS = -1 };

struct shrinking {
    struct evening_options options;    /* the smallest that is known to fail */
    struct trouble trouble;            /* its incidents */
    char failure[EVENING_FAILURE_MAX]; /* what it must go on failing with, not something else */
    int tries;
};

static bool fails(struct shrinking *shrinking, const struct evening_options *options,
                  const struct trouble *trouble)
{
    struct evening_options tried = *options;
    struct evening evening;
    if (shrinking->tries >= SHRINK_TRIES_MAX)
        return false; /* what is small enough by now has to do */
    shrinking->tries++;
    tried.trouble = trouble;
    tried.is_verbose = false;
    evening_play(&tried, &evening);
    buffer_deinit(&evening.report);
    return !evening.is_sound && strcmp(evening.failure, shrinking->failure) == 0;
}

/* ---- people -------------------------------------------------------------------------------- */

/* Sets one limit to the least value that fails; `size` is what it is now. */
static void shrink_limit(struct shrinking *shrinking, int *limit, int least, int size)
{
    int kept = *limit;
    for (int value = least; value < size; value += value < 4 ? 1 : 2) {
        *limit = value == 0 ? NO_SEEKS : value;
        if (fails(shrinking, &shrinking->options, &shrinking->trouble))
            return;
    }
    *limit = kept;
}

static void shrink_people(struct shrinking *shrinking, const struct people_limits *sizes)
{
    struct people_limits *limits = &shrinking->options.limits;
    shrink_limit(shrinking, &limits->rounds, 1,
                 limits->rounds > 0 ? limits->rounds : sizes->rounds);
    if (limits->seeks != NO_SEEKS)
        shrink_limit(shrinking, &limits->seeks, 0,
                     limits->seeks > 0 ? limits->seeks : sizes->seeks);
    shrink_limit(shrinking, &limits->players, 2,
                 limits->players > 0 ? limits->players : sizes->players);
}

/* ---- incidents ----------------------------------------------------------------------------- */

/* Tries without the incidents from..to-1; keeps the shorter list where that fails too. */
static bool drop(struct shrinking *shrinking, int from, int to)
{
    struct trouble shorter;
    bool *is_dropped = calloc((size_t)shrinking->trouble.count + 1, sizeof *is_dropped);
    assert(is_dropped != NULL);
    for (int i = from; i < to; i++)
        is_dropped[i] = true;
    trouble_without(&shrinking->trouble, is_dropped, &shorter);
    free(is_dropped);
    bool is_kept = fails(shrinking, &shrinking->options, &shorter);
    trouble_deinit(is_kept ? &shrinking->trouble : &shorter);
    if (is_kept)
        shrinking->trouble = shorter;
    return is_kept;
}

static void shrink_trouble(struct shrinking *shrinking)
{
    for (int chunk = shrinking->trouble.count; chunk > 0; chunk /= 2) {
        int from = 0;
        while (from < shrinking->trouble.count) {
            int left = shrinking->trouble.count - from;
            if (!drop(shrinking, from, from + (chunk < left ? chunk : left)))
                from += chunk;
        }
    }
}

/* ---- the whole ----------------------------------------------------------------------------- */

bool shrink(const struct evening_options *options, struct shrunk *out_shrunk)
{
    struct shrinking shrinking = {.options = *options};
    struct evening evening;
    evening_play(options, &evening);
    buffer_deinit(&evening.report);
    if (evening.is_sound)
        return false;
    memcpy(shrinking.failure, evening.failure, sizeof shrinking.failure);
    shrinking.options.replicas = evening.replicas;
    shrinking.options.patience_ms = PATIENCE_MS;
    shrinking.options.stops_at_failure = true;
    bool *none = calloc((size_t)evening.incidents + 1, sizeof *none);
    assert(none != NULL);
    if (options->trouble != NULL)
        trouble_without(options->trouble, none, &shrinking.trouble);
    else
        trouble_draw(&shrinking.trouble, options->seed, options->faults, evening.replicas);
    free(none);
    *out_shrunk = (struct shrunk){.incidents_before = shrinking.trouble.count};
    /* With less patience it may look sound: then all of it is needed. */
    if (!fails(&shrinking, &shrinking.options, &shrinking.trouble))
        shrinking.options.patience_ms = 0;
    shrink_people(&shrinking, &evening.sizes);
    shrink_trouble(&shrinking);
    shrink_people(&shrinking, &evening.sizes);
    shrinking.options.trouble = &shrinking.trouble;
    shrinking.options.is_verbose = true;
    evening_play(&shrinking.options, &evening);
    out_shrunk->tries = shrinking.tries;
    out_shrunk->sizes = evening.sizes;
    out_shrunk->incidents = shrinking.trouble.count;
    out_shrunk->trace = evening.report;
    trouble_deinit(&shrinking.trouble);
    return true;
}
