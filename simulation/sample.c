/* Collects figures and sorts them. */
#include "simulation/sample.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const int SAMPLE_PERCENTS[5] = {5, 25, 50, 75, 95};

void sample_init(struct sample *sample, int runs)
{
    *sample = (struct sample){.runs = runs};
}

void sample_deinit(struct sample *sample)
{
    for (int i = 0; i < sample->count; i++)
        free(sample->series[i].values);
    free(sample->series);
    *sample = (struct sample){0};
}

const struct sample_series *sample_find(const struct sample *sample, const char *name)
{
    for (int i = 0; i < sample->count; i++)
        if (strcmp(sample->series[i].metric.name, name) == 0)
            return &sample->series[i];
    return NULL;
}

static struct sample_series *find_or_add(struct sample *sample, const struct tale_metric *metric)
{
    for (int i = 0; i < sample->count; i++)
        if (strcmp(sample->series[i].metric.name, metric->name) == 0)
            return &sample->series[i];
    if (sample->count == sample->capacity) {
        sample->capacity = sample->capacity > 0 ? 2 * sample->capacity : 64;
        sample->series = realloc(sample->series, (size_t)sample->capacity * sizeof *sample->series);
        assert(sample->series != NULL);
    }
    struct sample_series *series = &sample->series[sample->count++];
    *series = (struct sample_series){.metric = *metric};
    series->values = malloc((size_t)sample->runs * sizeof *series->values);
    assert(series->values != NULL);
    for (int run = 0; run < sample->runs; run++)
        series->values[run] = NAN;
    return series;
}

void sample_add(struct sample *sample, int run, const struct tale_metric *metrics, int count)
{
    assert(run >= 0 && run < sample->runs);
    for (int i = 0; i < count; i++)
        find_or_add(sample, &metrics[i])->values[run] = metrics[i].value;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return a < b ? -1 : a > b;
}

/* The value that so many percent of the sorted values do not exceed (nearest rank). */
static double percentile(const double *sorted, int count, int percent)
{
    int rank = (count * percent + 99) / 100;
    return sorted[(rank > 0 ? rank : 1) - 1];
}

void sample_summarise(const double *values, int count, struct sample_summary *out_summary)
{
    double *sorted = malloc((size_t)count * sizeof *sorted + 1);
    double sum = 0.0;
    *out_summary = (struct sample_summary){0};
    assert(sorted != NULL);
    for (int i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        sorted[out_summary->count++] = values[i];
        sum += values[i];
    }
    if (out_summary->count > 0) {
        qsort(sorted, (size_t)out_summary->count, sizeof *sorted, by_value);
        out_summary->mean = sum / out_summary->count;
        for (int i = 0; i < 5; i++)
            out_summary->percentiles[i] =
                percentile(sorted, out_summary->count, SAMPLE_PERCENTS[i]);
    }
    free(sorted);
}

void sample_compare(const struct sample_series *one, const struct sample_series *other, int runs,
                    struct sample_summary *out_summary, int *out_lower, int *out_higher)
{
    double *differences = malloc((size_t)runs * sizeof *differences + 1);
    assert(differences != NULL);
    *out_lower = *out_higher = 0;
    for (int run = 0; run < runs; run++) {
        differences[run] = other->values[run] - one->values[run]; /* NaN where either is */
        *out_lower += differences[run] < 0.0;
        *out_higher += differences[run] > 0.0;
    }
    sample_summarise(differences, runs, out_summary);
    free(differences);
}
