/* worker: jobs beside a loop, and the same jobs without one. */
#include "bus/loop.h"
#include "bus/worker.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What several jobs share; `open` lets those go on that wait in their work. */
struct bench {
    struct loop *loop;
    pthread_mutex_t lock;
    pthread_cond_t is_open;
    bool open;
    char told[64]; /* written on the loop's thread only */
    pthread_t loop_thread;
    int left; /* ends to be told before the loop stops */
};

struct task {
    struct worker_job job;
    struct bench *bench;
    char name;
    bool waits;
    bool has_worked;
    pthread_t worked_on;
};

static void work(void *user)
{
    struct task *task = user;
    (void)pthread_mutex_lock(&task->bench->lock);
    while (task->waits && !task->bench->open)
        (void)pthread_cond_wait(&task->bench->is_open, &task->bench->lock);
    (void)pthread_mutex_unlock(&task->bench->lock);
    task->worked_on = pthread_self();
    task->has_worked = true;
}

static void on_end(bool is_done, void *user)
{
    struct task *task = user;
    const char end[] = {task->name, is_done ? '\0' : '!', '\0'};
    assert_true(pthread_equal(pthread_self(), task->bench->loop_thread));
    strcat(task->bench->told, end);
    if (--task->bench->left == 0)
        loop_stop(task->bench->loop);
}

static void open_gate(void *user)
{
    struct bench *bench = user;
    strcat(bench->told, "-"); /* the loop runs while jobs wait */
    (void)pthread_mutex_lock(&bench->lock);
    bench->open = true;
    (void)pthread_mutex_unlock(&bench->lock);
    (void)pthread_cond_broadcast(&bench->is_open);
}

static void set_up(struct bench *bench, int left)
{
    *bench = (struct bench){.loop = loop_create(), .loop_thread = pthread_self(), .left = left};
    assert_non_null(bench->loop);
    assert_int_equal(pthread_mutex_init(&bench->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&bench->is_open, NULL), 0);
}

static void tear_down(struct bench *bench)
{
    (void)pthread_cond_destroy(&bench->is_open);
    (void)pthread_mutex_destroy(&bench->lock);
    loop_destroy(bench->loop);
}

static struct task task_of(struct bench *bench, char name, bool waits)
{
    return (struct task){.bench = bench, .name = name, .waits = waits};
}

static void give(struct worker *worker, struct task *task)
{
    task->job = (struct worker_job){.work = work, .on_end = on_end, .user = task};
    worker_do(worker, &task->job);
}

static void loop_goes_on_while_a_job_is_worked_on(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 1);
    struct worker *worker = worker_create(bench.loop, 1);
    struct task slow = task_of(&bench, 'a', true);
    loop_timer timer;
    assert_non_null(worker);
    give(worker, &slow);
    assert_int_equal(loop_after(bench.loop, 1, open_gate, &bench, &timer), STATUS_OK);
    loop_run(bench.loop);
    assert_string_equal(bench.told, "-a");
    assert_false(pthread_equal(slow.worked_on, bench.loop_thread));
    worker_destroy(worker);
    tear_down(&bench);
}

static void one_thread_ends_jobs_in_their_order(void **state)
{
    (void)state;
    struct bench bench;
    struct task tasks[26];
    set_up(&bench, 26);
    struct worker *worker = worker_create(bench.loop, 1);
    for (int i = 0; i < 26; i++) {
        tasks[i] = task_of(&bench, (char)('a' + i), false);
        give(worker, &tasks[i]);
    }
    loop_run(bench.loop);
    assert_string_equal(bench.told, "abcdefghijklmnopqrstuvwxyz");
    worker_destroy(worker);
    tear_down(&bench);
}

static void short_job_passes_a_long_one_on_another_thread(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 1);
    struct worker *worker = worker_create(bench.loop, 2);
    struct task slow = task_of(&bench, 'a', true), quick = task_of(&bench, 'b', false);
    give(worker, &slow);
    give(worker, &quick);
    loop_run(bench.loop);
    assert_string_equal(bench.told, "b");
    bench.left = 1;
    open_gate(&bench);
    loop_run(bench.loop);
    assert_string_equal(bench.told, "b-a");
    worker_destroy(worker);
    tear_down(&bench);
}

static void worker_that_goes_tells_every_end(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 3);
    struct worker *worker = worker_create(bench.loop, 1);
    struct task tasks[3];
    for (int i = 0; i < 3; i++) {
        tasks[i] = task_of(&bench, (char)('a' + i), false);
        give(worker, &tasks[i]);
    }
    worker_destroy(worker); /* the loop has not run: no end was told */
    assert_string_equal(bench.told, "a!b!c!");
    tear_down(&bench);
}

static void without_a_worker_it_is_done_at_once(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 1);
    struct task task = task_of(&bench, 'a', false);
    give(NULL, &task);
    assert_true(task.has_worked);
    assert_string_equal(bench.told, "a");
    assert_true(pthread_equal(task.worked_on, bench.loop_thread));
    worker_destroy(NULL);
    tear_down(&bench);
}

static void worker_needs_a_real_loop(void **state)
{
    (void)state;
    struct loop *loop = loop_create_virtual(0);
    assert_null(worker_create(loop, 1));
    loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loop_goes_on_while_a_job_is_worked_on),
        cmocka_unit_test(one_thread_ends_jobs_in_their_order),
        cmocka_unit_test(short_job_passes_a_long_one_on_another_thread),
        cmocka_unit_test(worker_that_goes_tells_every_end),
        cmocka_unit_test(without_a_worker_it_is_done_at_once),
        cmocka_unit_test(worker_needs_a_real_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
