#ifndef SIMULATION_SAMPLE_H
#define SIMULATION_SAMPLE_H

/*
 * sample — figures of many runs, by name: percentiles of each, and differences of paired runs.
 *
 * Owns:     copies of the figures.
 * Threads:  none inside.
 */

#include "simulation/tale.h"

#include <stddef.h>

#define SAMPLE_RUNS_MAX 1000000

/* One figure over all runs. `values[run]` is NaN where a run has none. */
struct sample_series {
    struct tale_metric metric; /* name and unit */
    double *values;
};

struct sample {
    int runs;
    struct sample_series *series; /* in the order in which they first came */
    int count;
    int capacity;
};

/* All zero but for the number of runs is empty. */
void sample_init(struct sample *sample, int runs);
void sample_deinit(struct sample *sample);

/* Adds a run's figures; run counts from 0. In the order of the runs, so that the series come in an
 * order that depends on nothing else. */
void sample_add(struct sample *sample, int run, const struct tale_metric *metrics, int count);

const struct sample_series *sample_find(const struct sample *sample, const char *name);

struct sample_summary {
    int count; /* runs that have the figure */
    double mean;
    double percentiles[5]; /* of SAMPLE_PERCENTS */
};
extern const int SAMPLE_PERCENTS[5];

/* Summarises values, leaving NaN out. */
void sample_summarise(const double *values, int count, struct sample_summary *out_summary);

/* Summarises `other - one`, run by run, where both have the figure. `out_lower` and `out_higher`
 * count the runs in which the other's is lower and higher. */
void sample_compare(const struct sample_series *one, const struct sample_series *other, int runs,
                    struct sample_summary *out_summary, int *out_lower, int *out_higher);

#endif
