#ifndef CLI_SIMULATE_H
#define CLI_SIMULATE_H

/*
 * simulate — what the files of `arbiter simulate` share: many runs in several processes, and their
 * results as text and as JSON.
 */

#include "base/attr.h"
#include "base/buffer.h"
#include "simulation/rehearsal.h"
#include "simulation/sample.h"

#include <jansson.h>

#define SIMULATE_JOBS_MAX 64

/* What was asked for. */
struct simulate_request {
    const char *policies_folder;
    const char *path;       /* of the policy */
    const char *other_path; /* to compare with; NULL: none */
    const char *event_path; /* NULL: made-up players */
    const char *event_format;
    const char *division; /* of the event */
    int runs;
    int jobs; /* processes */
    bool is_json;
    bool is_brief;
    struct rehearsal_options options;
};

/* One policy's results: the first run in full, figures of all of them. */
struct simulate_result {
    const char *path;
    struct tale tale;
    struct sample sample;
};

/* Plays the runs, seed by seed, in `request->jobs` processes; tells the progress on standard error
 * where it takes long. False with the reason on standard error. The caller calls
 * simulate_result_deinit() in either case. */
bool simulate_run(const struct simulate_request *request, const char *path, const char *text,
                  struct simulate_result *out_result) MUST_CHECK;
void simulate_result_deinit(struct simulate_result *result);

/* Append the results to `out`; `other` is NULL without a comparison. */
void simulate_print_text(const struct simulate_request *request,
                         const struct simulate_result *result, struct buffer *out);
void simulate_print_comparison(const struct simulate_request *request,
                               const struct simulate_result *result,
                               const struct simulate_result *other, struct buffer *out);
bool simulate_print_json(const struct simulate_request *request,
                         const struct simulate_result *result, const struct simulate_result *other,
                         struct buffer *out) MUST_CHECK;

#endif
