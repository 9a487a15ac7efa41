/* Takes turns: descriptors that are ready, timers that are due, then the end of the round. The
 * real loop sleeps in epoll; the virtual one jumps from timer to timer. */
#include "bus/loop.h"

#include "base/clock.h"
#include "bus/timers.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { READY_MAX = 256, WATCH_CAPACITY_MIN = 64 };

struct watch {
    loop_descriptor_callback callback; /* NULL: not watched */
    void *user;
    uint32_t generation; /* tells an event of this watch from one of an earlier descriptor */
};

struct round_end {
    loop_callback callback;
    void *user;
};

struct loop {
    struct timers timers;
    bool virtual_time;
    struct clock_pace pace; /* of the house's time; real loops only */
    int64_t virtual_us;
    int64_t step_ms; /* by which a virtual clock was set */
    int epoll;
    int wakeup;
    struct watch *watches; /* by descriptor */
    size_t watch_capacity;
    uint32_t watch_generation;
    struct round_end round_ends[LOOP_ROUND_ENDS_MAX];
    size_t round_end_count;
    atomic_bool stopping;
};

static int64_t now_us(const struct loop *loop)
{
    return loop->virtual_time ? loop->virtual_us : clock_monotonic_us();
}

struct loop *loop_create_virtual(int64_t start_ms)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return NULL;
    loop->virtual_time = true;
    loop->virtual_us = start_ms * 1000;
    loop->epoll = loop->wakeup = -1;
    atomic_init(&loop->stopping, false);
    return loop;
}

struct loop *loop_create(void)
{
    struct loop *loop = loop_create_virtual(0);
    if (loop == NULL)
        return NULL;
    loop->virtual_time = false;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wakeup = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = UINT64_MAX};
    if (loop->epoll < 0 || loop->wakeup < 0 ||
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wakeup, &event) != 0) {
        loop_destroy(loop);
        return NULL;
    }
    return loop;
}

void loop_destroy(struct loop *loop)
{
    if (loop == NULL)
        return;
    if (loop->epoll >= 0)
        (void)close(loop->epoll); /* nothing is written through it */
    if (loop->wakeup >= 0)
        (void)close(loop->wakeup);
    timers_deinit(&loop->timers);
    free(loop->watches);
    free(loop);
}

void loop_set_pace(struct loop *loop, const struct clock_pace *pace)
{
    assert(!loop->virtual_time);
    loop->pace = *pace;
}

void loop_step_clock(struct loop *loop, int64_t step_ms)
{
    assert(loop->virtual_time);
    loop->step_ms += step_ms;
}

int64_t loop_wall_ms(const struct loop *loop)
{
    return loop->virtual_time ? loop->virtual_us / 1000 + loop->step_ms : clock_now_ms();
}

int64_t loop_now_ms(const struct loop *loop)
{
    return loop->virtual_time ? loop->virtual_us / 1000 + loop->step_ms
                              : clock_house_ms(&loop->pace, clock_now_ms());
}

int64_t loop_span_ms(const struct loop *loop, int64_t wall_ms)
{
    return loop->pace.speed > 1 ? wall_ms * loop->pace.speed : wall_ms;
}

enum status loop_at(struct loop *loop, int64_t due_ms, loop_callback callback, void *user,
                    loop_timer *out_timer)
{
    int64_t wall_ms = loop->virtual_time ? due_ms : clock_wall_ms(&loop->pace, due_ms);
    return loop_after(loop, wall_ms - loop_wall_ms(loop), callback, user, out_timer);
}

enum status loop_after(struct loop *loop, int64_t delay_ms, loop_callback callback, void *user,
                       loop_timer *out_timer)
{
    int64_t delay_us = delay_ms <= 0                 ? 0
                       : delay_ms < INT64_MAX / 4000 ? delay_ms * 1000
                                                     : INT64_MAX / 4;
    return timers_add(&loop->timers, now_us(loop) + delay_us, callback, user, out_timer);
}

void loop_cancel(struct loop *loop, loop_timer timer)
{
    timers_cancel(&loop->timers, timer);
}

/* ---- descriptors -------------------------------------------------------------------------------
 */

static bool watches_reach(struct loop *loop, int descriptor)
{
    size_t capacity = loop->watch_capacity == 0 ? WATCH_CAPACITY_MIN : loop->watch_capacity;
    while (capacity <= (size_t)descriptor)
        capacity *= 2;
    if (capacity == loop->watch_capacity)
        return true;
    struct watch *watches = realloc(loop->watches, capacity * sizeof *watches);
    if (watches == NULL)
        return false;
    for (size_t i = loop->watch_capacity; i < capacity; i++)
        watches[i] = (struct watch){0};
    loop->watches = watches;
    loop->watch_capacity = capacity;
    return true;
}

static uint32_t epoll_mask(unsigned events)
{
    return ((events & LOOP_READABLE) != 0 ? (uint32_t)EPOLLIN : 0) |
           ((events & LOOP_WRITABLE) != 0 ? (uint32_t)EPOLLOUT : 0);
}

enum status loop_watch(struct loop *loop, int descriptor, unsigned events,
                       loop_descriptor_callback callback, void *user)
{
    assert(callback != NULL && descriptor >= 0);
    if (loop->virtual_time)
        return STATUS_UNIMPLEMENTED;
    if (descriptor >= LOOP_WATCHES_MAX || !watches_reach(loop, descriptor))
        return STATUS_FULL;
    struct watch *watch = &loop->watches[descriptor];
    bool known = watch->callback != NULL;
    uint32_t generation = known ? watch->generation : ++loop->watch_generation;
    struct epoll_event event = {.events = epoll_mask(events),
                                .data.u64 = (uint64_t)generation << 32 | (uint32_t)descriptor};
    if (epoll_ctl(loop->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event) != 0)
        return errno == ENOSPC || errno == ENOMEM ? STATUS_FULL : STATUS_INVALID_ARGUMENT;
    *watch = (struct watch){callback, user, generation};
    return STATUS_OK;
}

void loop_unwatch(struct loop *loop, int descriptor)
{
    if (descriptor < 0 || (size_t)descriptor >= loop->watch_capacity ||
        loop->watches[descriptor].callback == NULL)
        return;
    loop->watches[descriptor] = (struct watch){0};
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, descriptor, NULL); /* gone already if closed */
}

static void dispatch(struct loop *loop, const struct epoll_event *event)
{
    if (event->data.u64 == UINT64_MAX) {
        uint64_t count;
        ssize_t size = read(loop->wakeup, &count, sizeof count);
        (void)size; /* empty: another round has taken it */
        return;
    }
    int descriptor = (int)(uint32_t)event->data.u64;
    struct watch watch = loop->watches[descriptor];
    if (watch.callback == NULL || watch.generation != (uint32_t)(event->data.u64 >> 32))
        return; /* an earlier callback of this round has let it go */
    unsigned events = ((event->events & EPOLLIN) != 0 ? LOOP_READABLE : 0u) |
                      ((event->events & EPOLLOUT) != 0 ? LOOP_WRITABLE : 0u) |
                      ((event->events & (EPOLLHUP | EPOLLERR)) != 0 ? LOOP_HANGUP : 0u);
    watch.callback(descriptor, events, watch.user);
}

/* ---- rounds ------------------------------------------------------------------------------------
 */

enum status loop_at_round_end(struct loop *loop, loop_callback callback, void *user)
{
    if (loop->round_end_count == LOOP_ROUND_ENDS_MAX)
        return STATUS_FULL;
    loop->round_ends[loop->round_end_count++] = (struct round_end){callback, user};
    return STATUS_OK;
}

void loop_forget_round_end(struct loop *loop, loop_callback callback, void *user)
{
    for (size_t i = 0; i < loop->round_end_count; i++) {
        if (loop->round_ends[i].callback != callback || loop->round_ends[i].user != user)
            continue;
        loop->round_end_count--;
        for (size_t j = i; j < loop->round_end_count; j++)
            loop->round_ends[j] = loop->round_ends[j + 1];
        return;
    }
}

static void fire_timers(struct loop *loop)
{
    /* What callbacks set from here on belongs to the next round. */
    uint64_t order_limit = loop->timers.order_next;
    int64_t now = now_us(loop);
    loop_callback callback;
    void *user;
    while (timers_take(&loop->timers, now, order_limit, &callback, &user))
        callback(user);
}

static void end_round(struct loop *loop)
{
    for (size_t i = 0; i < loop->round_end_count; i++)
        loop->round_ends[i].callback(loop->round_ends[i].user);
}

/* Milliseconds that epoll may sleep: rounded up, so that a timer is never found too early. */
static int sleep_ms(const struct loop *loop, int64_t until_us)
{
    int64_t due_us = until_us;
    int64_t timer_us;
    if (timers_next(&loop->timers, &timer_us) && timer_us < due_us)
        due_us = timer_us;
    if (due_us == INT64_MAX)
        return -1;
    int64_t wait_us = due_us - clock_monotonic_us();
    if (wait_us <= 0)
        return 0;
    return wait_us > 60000000 ? 60000 : (int)((wait_us + 999) / 1000);
}

static void real_round(struct loop *loop, int64_t until_us)
{
    struct epoll_event ready[READY_MAX];
    int count = epoll_wait(loop->epoll, ready, READY_MAX, sleep_ms(loop, until_us));
    for (int i = 0; i < count; i++)
        dispatch(loop, &ready[i]);
    fire_timers(loop);
    end_round(loop);
}

static bool stop_was_asked(struct loop *loop)
{
    return atomic_exchange(&loop->stopping, false);
}

static void real_run(struct loop *loop, int64_t until_us)
{
    do
        real_round(loop, until_us);
    while (!stop_was_asked(loop) && clock_monotonic_us() < until_us);
}

/* Returns whether it was stopped before it ran out of timers due by `until_us`. */
static bool virtual_run(struct loop *loop, int64_t until_us)
{
    int64_t due_us;
    while (timers_next(&loop->timers, &due_us) && due_us <= until_us) {
        if (due_us > loop->virtual_us)
            loop->virtual_us = due_us;
        fire_timers(loop);
        end_round(loop);
        if (stop_was_asked(loop))
            return true;
    }
    return false;
}

void loop_run(struct loop *loop)
{
    if (loop->virtual_time)
        (void)virtual_run(loop, INT64_MAX); /* stopped or done, both are the end */
    else
        real_run(loop, INT64_MAX);
}

void loop_run_until(struct loop *loop, int64_t until_ms)
{
    if (!loop->virtual_time) {
        real_run(loop, clock_monotonic_us() + (until_ms - clock_now_ms()) * 1000);
        return;
    }
    int64_t until_us = (until_ms - loop->step_ms) * 1000; /* a step on the way makes it no longer */
    if (!virtual_run(loop, until_us) && until_us > loop->virtual_us)
        loop->virtual_us = until_us;
}

void loop_wake(struct loop *loop)
{
    if (loop->virtual_time)
        return;
    uint64_t one = 1;
    ssize_t size = write(loop->wakeup, &one, sizeof one);
    (void)size; /* full: it is awake already */
}

void loop_stop(struct loop *loop)
{
    atomic_store(&loop->stopping, true);
    loop_wake(loop);
}
