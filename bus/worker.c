/* Two lists under one lock: jobs that wait for a thread, and jobs whose end is to be told. An
 * eventfd wakes the loop. */
#include "bus/worker.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bus/loop.h"

/* First in, first out. */
struct line {
    struct worker_job *first;
    struct worker_job *last;
};

struct worker {
    struct loop *loop;
    int wakeup;
    pthread_t threads[WORKER_THREADS_MAX];
    int thread_count;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t is_more;
    bool is_closing;
    struct line waiting;
    struct line ended;
};

static void line_add(struct line *line, struct worker_job *job)
{
    job->next = NULL;
    if (line->last != NULL)
        line->last->next = job;
    else
        line->first = job;
    line->last = job;
}

static struct worker_job *line_take(struct line *line)
{
    struct worker_job *job = line->first;
    if (job == NULL)
        return NULL;
    line->first = job->next;
    if (line->first == NULL)
        line->last = NULL;
    return job;
}

/* Neither fails: the lock is ours, of the default kind, and never taken twice. */
static void lock(struct worker *worker)
{
    int error = pthread_mutex_lock(&worker->lock);
    assert(error == 0);
}

static void unlock(struct worker *worker)
{
    int error = pthread_mutex_unlock(&worker->lock);
    assert(error == 0);
}

/* ---- the threads ------------------------------------------------------------------------- */

/* Waits for a job; NULL when the worker is closing. */
static struct worker_job *next_job(struct worker *worker)
{
    lock(worker);
    while (!worker->is_closing && worker->waiting.first == NULL) {
        int error = pthread_cond_wait(&worker->is_more, &worker->lock);
        assert(error == 0);
    }
    struct worker_job *job = worker->is_closing ? NULL : line_take(&worker->waiting);
    unlock(worker);
    return job;
}

static void *run(void *user)
{
    struct worker *worker = user;
    const uint64_t one = 1;
    for (struct worker_job *job = next_job(worker); job != NULL; job = next_job(worker)) {
        job->work(job->user);
        lock(worker);
        line_add(&worker->ended, job);
        unlock(worker);
        ssize_t written = write(worker->wakeup, &one, sizeof one);
        assert(written == sizeof one); /* it counts far beyond all jobs there can be */
    }
    return NULL;
}

/* ---- the loop's side --------------------------------------------------------------------- */

static void on_wakeup(int descriptor, unsigned events, void *user)
{
    struct worker *worker = user;
    uint64_t count;
    (void)events; /* it is readable, or we would not be here */
    ssize_t size = read(descriptor, &count, sizeof count);
    (void)size; /* only so that it is quiet again */
    lock(worker);
    struct line ended = worker->ended;
    worker->ended = (struct line){0};
    unlock(worker);
    for (struct worker_job *job = line_take(&ended); job != NULL; job = line_take(&ended))
        job->on_end(true, job->user);
}

/* Signals are for the loop's thread. */
static bool start_thread(struct worker *worker)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all); /* cannot fail */
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return false;
    int error = pthread_create(&worker->threads[worker->thread_count], NULL, run, worker);
    worker->thread_count += error == 0;
    int restored = pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert(restored == 0); /* the mask is the one that was */
    return error == 0;
}

struct worker *worker_create(struct loop *loop, int threads)
{
    assert(threads >= 1 && threads <= WORKER_THREADS_MAX);
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        return NULL;
    worker->loop = loop;
    worker->wakeup = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int error = pthread_mutex_init(&worker->lock, NULL);
    assert(error == 0); /* of the default kind: it takes no resource */
    error = pthread_cond_init(&worker->is_more, NULL);
    assert(error == 0);
    bool is_good = worker->wakeup >= 0 &&
                   loop_watch(loop, worker->wakeup, LOOP_READABLE, on_wakeup, worker) == STATUS_OK;
    while (is_good && worker->thread_count < threads)
        is_good = start_thread(worker);
    if (is_good)
        return worker;
    worker_destroy(worker);
    return NULL;
}

void worker_destroy(struct worker *worker)
{
    if (worker == NULL)
        return;
    lock(worker);
    worker->is_closing = true;
    unlock(worker);
    int error = pthread_cond_broadcast(&worker->is_more);
    assert(error == 0);
    for (int i = 0; i < worker->thread_count; i++) {
        error = pthread_join(worker->threads[i], NULL);
        assert(error == 0);
    }
    if (worker->wakeup >= 0) {
        loop_unwatch(worker->loop, worker->wakeup);
        (void)close(worker->wakeup); /* nothing was written that could be lost */
    }
    struct line *const lines[] = {&worker->ended, &worker->waiting};
    for (int i = 0; i < 2; i++)
        for (struct worker_job *job = line_take(lines[i]); job != NULL; job = line_take(lines[i]))
            job->on_end(false, job->user);
    (void)pthread_cond_destroy(&worker->is_more); /* nobody waits any more */
    (void)pthread_mutex_destroy(&worker->lock);
    free(worker);
}

void worker_do(struct worker *worker, struct worker_job *job)
{
    if (worker == NULL) {
        job->work(job->user);
        job->on_end(true, job->user);
        return;
    }
    lock(worker);
    line_add(&worker->waiting, job);
    unlock(worker);
    int error = pthread_cond_signal(&worker->is_more);
    assert(error == 0);
}
