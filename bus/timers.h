#ifndef BUS_TIMERS_H
#define BUS_TIMERS_H

/*
 * timers — what is due next: a heap of moments with the callbacks that wait for them.
 *
 * In:       moments in any unit the caller keeps to; the loop uses microseconds.
 * Owns:     its heap. A zeroed struct is a valid empty one.
 * Threads:  none inside.
 * Errors:   STATUS_FULL at LOOP_TIMERS_MAX or without memory, nothing changed.
 */

#include "bus/loop.h"

#include <stddef.h>

struct timer_entry {
    int64_t due;
    uint64_t order; /* grows with every timer set: ties fire in this order */
    uint32_t slot;
};

struct timer_slot {
    loop_callback callback;
    void *user;
    uint64_t generation; /* of the timer that holds the slot, so that ids are never used again */
    uint32_t place;      /* in the heap, or the next free slot */
    bool taken;
};

struct timers {
    struct timer_entry *heap;
    struct timer_slot *slots;
    size_t count;
    size_t capacity;
    size_t slots_used; /* slots ever touched */
    uint32_t free_first;
    bool free_any;
    uint64_t order_next;
};

void timers_deinit(struct timers *timers);

enum status timers_add(struct timers *timers, int64_t due, loop_callback callback, void *user,
                       loop_timer *out_timer) MUST_CHECK;

/* Forgets a timer; unknown ones are ignored. */
void timers_cancel(struct timers *timers, loop_timer timer);

/* Tells when the first timer is due; false where there is none. */
bool timers_next(const struct timers *timers, int64_t *out_due);

/* Takes the first timer that is due at `now` and was set before `order_next` had reached
 * `order_limit`; false where there is none. */
bool timers_take(struct timers *timers, int64_t now, uint64_t order_limit,
                 loop_callback *out_callback, void **out_user);

#endif
