/* loop: rounds, timers, descriptors, virtual time. */
#include "base/clock.h"
#include "base/random.h"
#include "bus/loop.h"
#include "bus/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <pthread.h>
#include <unistd.h>

#include <cmocka.h>

struct trace {
    struct loop *loop;
    char text[512];
    loop_timer timer;
    int left;
};

struct note {
    struct trace *trace;
    const char *name;
};

static void on_note(void *user)
{
    struct note *note = user;
    strcat(note->trace->text, note->name);
}

static void after(struct trace *trace, int64_t delay_ms, struct note *note, const char *name)
{
    *note = (struct note){trace, name};
    assert_int_equal(loop_after(trace->loop, delay_ms, on_note, note, &trace->timer), STATUS_OK);
}

static void timers_fire_by_time_then_by_order(void **state)
{
    (void)state;
    struct trace trace = {.loop = loop_create_virtual(1000)};
    struct note notes[5];
    after(&trace, 20, &notes[0], "c");
    after(&trace, 10, &notes[1], "a");
    after(&trace, 20, &notes[2], "d");
    after(&trace, 15, &notes[3], "b");
    loop_run(trace.loop);
    assert_string_equal(trace.text, "abcd");
    assert_int_equal(loop_now_ms(trace.loop), 1020);
    loop_destroy(trace.loop);
}

static void cancelled_timers_do_not_fire_and_ids_are_not_used_again(void **state)
{
    (void)state;
    struct trace trace = {.loop = loop_create_virtual(0)};
    struct note notes[3];
    after(&trace, 5, &notes[0], "x");
    loop_timer first = trace.timer;
    loop_cancel(trace.loop, first);
    after(&trace, 5, &notes[1], "y");
    assert_true(trace.timer != first);
    loop_cancel(trace.loop, first); /* must not hit the new one in the same slot */
    loop_cancel(trace.loop, 0);
    loop_run(trace.loop);
    assert_string_equal(trace.text, "y");
    loop_cancel(trace.loop, trace.timer);
    loop_destroy(trace.loop);
}

static void run_until_stops_in_time_and_moves_the_clock(void **state)
{
    (void)state;
    struct trace trace = {.loop = loop_create_virtual(0)};
    struct note notes[2];
    after(&trace, 10, &notes[0], "a");
    after(&trace, 30, &notes[1], "b");
    loop_run_until(trace.loop, 20);
    assert_string_equal(trace.text, "a");
    assert_int_equal(loop_now_ms(trace.loop), 20);
    loop_run_until(trace.loop, 30);
    assert_string_equal(trace.text, "ab");
    loop_destroy(trace.loop);
}

static void on_again(void *user)
{
    struct trace *trace = user;
    strcat(trace->text, "t");
    if (--trace->left > 0)
        assert_int_equal(loop_after(trace->loop, 0, on_again, trace, &trace->timer), STATUS_OK);
}

static void on_round_end(void *user)
{
    strcat(((struct trace *)user)->text, "|");
}

static void what_a_callback_sets_belongs_to_the_next_round(void **state)
{
    (void)state;
    struct trace trace = {.loop = loop_create_virtual(0), .left = 3};
    assert_int_equal(loop_at_round_end(trace.loop, on_round_end, &trace), STATUS_OK);
    assert_int_equal(loop_after(trace.loop, 0, on_again, &trace, &trace.timer), STATUS_OK);
    loop_run(trace.loop);
    assert_string_equal(trace.text, "t|t|t|");
    loop_forget_round_end(trace.loop, on_round_end, &trace);
    trace.left = 1;
    assert_int_equal(loop_after(trace.loop, 0, on_again, &trace, &trace.timer), STATUS_OK);
    loop_run(trace.loop);
    assert_string_equal(trace.text, "t|t|t|t");
    loop_destroy(trace.loop);
}

static void on_nothing(void *user)
{
    (void)user;
}

static void hooks_and_descriptors_of_a_virtual_loop_are_limited(void **state)
{
    (void)state;
    struct loop *loop = loop_create_virtual(0);
    for (int i = 0; i < LOOP_ROUND_ENDS_MAX; i++)
        assert_int_equal(loop_at_round_end(loop, on_nothing, NULL), STATUS_OK);
    assert_int_equal(loop_at_round_end(loop, on_nothing, NULL), STATUS_FULL);
    loop_destroy(loop);
}

static void timers_are_full_at_their_limit(void **state)
{
    (void)state;
    struct timers timers = {0};
    loop_timer timer = 0;
    for (int i = 0; i < LOOP_TIMERS_MAX; i++)
        assert_int_equal(timers_add(&timers, i % 1000, on_nothing, NULL, &timer), STATUS_OK);
    assert_int_equal(timers_add(&timers, 0, on_nothing, NULL, &timer), STATUS_FULL);
    timers_cancel(&timers, timer);
    assert_int_equal(timers_add(&timers, 0, on_nothing, NULL, &timer), STATUS_OK);
    timers_deinit(&timers);
}

static void heap_keeps_its_order_under_random_use(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 20261122);
    struct timers timers = {0};
    loop_timer known[512] = {0};
    size_t live = 0;
    for (int step = 0; step < 20000; step++) {
        size_t i = random_below(&random, COUNT_OF(known));
        if (known[i] == 0) {
            int64_t due = (int64_t)random_below(&random, 1000);
            assert_int_equal(timers_add(&timers, due, on_nothing, NULL, &known[i]), STATUS_OK);
            live++;
        } else {
            timers_cancel(&timers, known[i]);
            known[i] = 0;
            live--;
        }
        assert_int_equal(timers.count, live);
    }
    int64_t last = -1;
    int64_t due;
    loop_callback callback;
    void *user;
    while (timers_next(&timers, &due)) {
        assert_true(due >= last);
        last = due;
        assert_true(timers_take(&timers, due, UINT64_MAX, &callback, &user));
    }
    timers_deinit(&timers);
}

static void on_readable(int descriptor, unsigned events, void *user)
{
    struct trace *trace = user;
    char byte;
    assert_true((events & LOOP_READABLE) != 0);
    assert_int_equal(read(descriptor, &byte, 1), 1);
    strncat(trace->text, &byte, 1);
    if (--trace->left == 0)
        loop_stop(trace->loop);
}

static void readable_descriptors_call_back_until_unwatched(void **state)
{
    (void)state;
    struct trace trace = {.loop = loop_create(), .left = 2};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(loop_watch(trace.loop, ends[0], LOOP_READABLE, on_readable, &trace),
                     STATUS_OK);
    assert_int_equal(write(ends[1], "abc", 3), 3);
    loop_run(trace.loop);
    assert_string_equal(trace.text, "ab");
    loop_unwatch(trace.loop, ends[0]);
    loop_run_until(trace.loop, loop_now_ms(trace.loop) + 5);
    assert_string_equal(trace.text, "ab");
    struct loop *virtual_loop = loop_create_virtual(0);
    assert_int_equal(loop_watch(virtual_loop, ends[0], LOOP_READABLE, on_readable, &trace),
                     STATUS_UNIMPLEMENTED);
    loop_destroy(virtual_loop);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(close(ends[1]), 0);
    loop_destroy(trace.loop);
}

static void *stop_from_elsewhere(void *user)
{
    loop_stop(user);
    return NULL;
}

static void another_thread_stops_a_sleeping_loop(void **state)
{
    (void)state;
    struct loop *loop = loop_create();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stop_from_elsewhere, loop), 0);
    loop_run(loop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    loop_destroy(loop);
}

static void real_timers_are_never_early(void **state)
{
    (void)state;
    struct trace trace = {.loop = loop_create()};
    struct note note;
    int64_t start_us = clock_monotonic_us();
    after(&trace, 7, &note, "x");
    while (trace.text[0] == '\0')
        loop_run_until(trace.loop, loop_now_ms(trace.loop) + 1);
    assert_true(clock_monotonic_us() - start_us >= 7000);
    loop_destroy(trace.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_by_time_then_by_order),
        cmocka_unit_test(cancelled_timers_do_not_fire_and_ids_are_not_used_again),
        cmocka_unit_test(run_until_stops_in_time_and_moves_the_clock),
        cmocka_unit_test(what_a_callback_sets_belongs_to_the_next_round),
        cmocka_unit_test(hooks_and_descriptors_of_a_virtual_loop_are_limited),
        cmocka_unit_test(timers_are_full_at_their_limit),
        cmocka_unit_test(heap_keeps_its_order_under_random_use),
        cmocka_unit_test(readable_descriptors_call_back_until_unwatched),
        cmocka_unit_test(another_thread_stops_a_sleeping_loop),
        cmocka_unit_test(real_timers_are_never_early),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
