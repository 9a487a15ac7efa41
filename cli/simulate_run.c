/* Runs of a simulation in several processes: each plays every jobs-th seed and sends its figures
 * through a pipe; they are put together in the order of the seeds. */
#include "cli/simulate.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROGRESS_RUNS = 10 };

/* The figures of one run, once they are here. */
struct figures {
    struct tale_metric *metrics;
    int count;
};

/* What precedes a run's figures in the pipe. */
struct frame {
    int run;
    int count;
};

struct worker {
    pid_t pid;
    int pipe; /* -1: done */
};

static bool play(const struct simulate_request *request, const char *path, const char *text,
                 int run, struct tale *out_tale)
{
    struct rehearsal_options options = request->options;
    struct fault fault = {0};
    options.text = text;
    options.seed += (uint64_t)run;
    if (rehearsal_play(&options, out_tale, &fault) == STATUS_OK)
        return true;
    if (fault.line > 0)
        fprintf(stderr, "%s:%d:%d: %s\n", path, fault.line, fault.column, fault.text);
    else
        fprintf(stderr, "%s: %s\n", path, fault.text[0] != '\0' ? fault.text : "too large");
    return false;
}

static bool write_all(int pipe, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t written = write(pipe, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        size -= (size_t)written;
    }
    return true;
}

static bool read_all(int pipe, void *bytes, size_t size)
{
    char *at = bytes;
    while (size > 0) {
        ssize_t taken = read(pipe, at, size);
        if (taken < 0 && errno == EINTR)
            continue;
        if (taken <= 0)
            return false;
        at += taken;
        size -= (size_t)taken;
    }
    return true;
}

/* In the child: run 0 is the parent's. */
static bool work(const struct simulate_request *request, const char *path, const char *text,
                 int number, int pipe)
{
    static struct tale_metric metrics[TALE_METRICS_MAX];
    for (int run = 1 + number; run < request->runs; run += request->jobs) {
        struct tale tale;
        if (!play(request, path, text, run, &tale))
            return false;
        struct frame frame = {run, tale_metrics(&tale, metrics)};
        tale_deinit(&tale);
        if (!write_all(pipe, &frame, sizeof frame) ||
            !write_all(pipe, metrics, (size_t)frame.count * sizeof *metrics))
            return false;
    }
    return true;
}

static bool hire(const struct simulate_request *request, const char *path, const char *text,
                 int number, struct worker *worker)
{
    int ends[2];
    *worker = (struct worker){.pipe = -1};
    if (pipe(ends) != 0)
        return false;
    (void)fflush(NULL); /* what is buffered is the parent's to print */
    worker->pid = fork();
    if (worker->pid == 0) {
        (void)close(ends[0]); /* the parent's */
        _exit(work(request, path, text, number, ends[1]) ? 0 : 1);
    }
    (void)close(ends[1]); /* the child's */
    if (worker->pid < 0) {
        (void)close(ends[0]); /* nobody writes */
        return false;
    }
    worker->pipe = ends[0];
    return true;
}

static void take_frame(struct worker *worker, const struct simulate_request *request,
                       struct figures *figures, int *done)
{
    struct frame frame;
    if (read_all(worker->pipe, &frame, sizeof frame) && frame.run > 0 &&
        frame.run < request->runs && frame.count >= 0 && frame.count <= TALE_METRICS_MAX) {
        struct figures *place = &figures[frame.run];
        place->metrics = calloc((size_t)frame.count + 1, sizeof *place->metrics);
        place->count = frame.count;
        assert(place->metrics != NULL);
        if (read_all(worker->pipe, place->metrics, (size_t)frame.count * sizeof *place->metrics)) {
            ++*done;
            return;
        }
        place->count = 0;
    }
    (void)close(worker->pipe); /* it has ended */
    worker->pipe = -1;
}

static void gather(struct worker *workers, const struct simulate_request *request,
                   struct figures *figures)
{
    struct pollfd waiting[SIMULATE_JOBS_MAX];
    int done = 1;
    for (;;) {
        nfds_t open = 0;
        for (int i = 0; i < request->jobs; i++) {
            waiting[i] = (struct pollfd){.fd = workers[i].pipe, .events = POLLIN};
            open += workers[i].pipe >= 0;
        }
        if (open == 0)
            break;
        if (poll(waiting, (nfds_t)request->jobs, -1) < 0)
            continue; /* interrupted */
        for (int i = 0; i < request->jobs; i++)
            if (waiting[i].revents != 0)
                take_frame(&workers[i], request, figures, &done);
        if (request->runs >= 2 * PROGRESS_RUNS && isatty(STDERR_FILENO))
            fprintf(stderr, "\r%d of %d runs", done, request->runs);
    }
    if (request->runs >= 2 * PROGRESS_RUNS && isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
}

/* Plays all runs but the first. */
static bool run_others(const struct simulate_request *request, const char *path, const char *text,
                       struct figures *figures)
{
    struct worker workers[SIMULATE_JOBS_MAX];
    bool is_good = true;
    for (int i = 0; i < request->jobs; i++)
        is_good = hire(request, path, text, i, &workers[i]) && is_good;
    gather(workers, request, figures);
    for (int i = 0; i < request->jobs; i++) {
        int code = 1;
        if (workers[i].pid > 0)
            is_good = waitpid(workers[i].pid, &code, 0) > 0 && code == 0 && is_good;
    }
    if (!is_good)
        fprintf(stderr, "%s: not all runs were played\n", path);
    return is_good;
}

bool simulate_run(const struct simulate_request *request, const char *path, const char *text,
                  struct simulate_result *out_result)
{
    static struct tale_metric metrics[TALE_METRICS_MAX];
    *out_result = (struct simulate_result){.path = path};
    if (!play(request, path, text, 0, &out_result->tale))
        return false;
    sample_init(&out_result->sample, request->runs);
    sample_add(&out_result->sample, 0, metrics, tale_metrics(&out_result->tale, metrics));
    if (request->runs == 1)
        return true;
    struct figures *figures = calloc((size_t)request->runs, sizeof *figures);
    assert(figures != NULL);
    bool is_good = run_others(request, path, text, figures);
    for (int run = 1; run < request->runs; run++) {
        sample_add(&out_result->sample, run, figures[run].metrics, figures[run].count);
        free(figures[run].metrics);
    }
    free(figures);
    return is_good;
}

void simulate_result_deinit(struct simulate_result *result)
{
    tale_deinit(&result->tale);
    sample_deinit(&result->sample);
}
