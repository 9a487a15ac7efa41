#ifndef BUS_WORKER_H
#define BUS_WORKER_H

/*
 * worker — threads beside a loop, for what takes so long that everybody else would wait.
 *
 * In:       jobs: a pure computation over memory of its own, and whom to tell.
 * Out:      each job's end, told on the loop's thread, exactly once.
 * Owns:     its threads; a job and what its `user` points to stay the caller's and must not move,
 *           nor be touched by anybody else, from worker_do() until the end is told.
 * Threads:  all calls from the loop's thread. `work` runs on a thread of the worker, beside the
 *           loop: it reaches for nothing but `user`: no bus, no loop, nothing that others change.
 *           Jobs begin in the order in which they came; two that run at once may end in any order.
 * Errors:   none once it has been created: a job is handed over by its own links.
 *
 * Without a worker (NULL) the same calls do everything at once, on the caller's thread: so the
 * simulation, where one seed decides everything, runs the same code.
 */

#include <stdbool.h>

struct loop;
struct worker;

#define WORKER_THREADS_MAX 8

struct worker_job {
    void (*work)(void *user);
    /* `is_done` is false where the worker has gone: the work may have been done, and nobody is to
     * be told any more. */
    void (*on_end)(bool is_done, void *user);
    void *user;
    struct worker_job *next; /* the worker's */
};

/* Starts `threads` (1 to WORKER_THREADS_MAX) beside a real loop, which must outlive them; NULL
 * where the system has none to give. */
struct worker *worker_create(struct loop *loop, int threads);

/* Waits for the jobs that are being worked on, then tells every end that was not told yet, with
 * `is_done` false. NULL is allowed. */
void worker_destroy(struct worker *worker);

/* Has a job done. With a worker, its end is told in a later round of the loop; without one, before
 * this returns. */
void worker_do(struct worker *worker, struct worker_job *job);

#endif
