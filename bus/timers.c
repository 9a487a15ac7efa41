/* A binary heap over slots; a slot knows its place in the heap, so that cancelling is no search. */
#include "bus/timers.h"

#include <assert.h>
#include <stdlib.h>

/* A timer's id: the slot in the low bits, the slot's generation above it. */
enum { SLOT_BITS = 20, CAPACITY_MIN = 64 };
#define SLOT_MASK (((uint64_t)1 << SLOT_BITS) - 1)

void timers_deinit(struct timers *timers)
{
    free(timers->heap);
    free(timers->slots);
    *timers = (struct timers){0};
}

static bool grow(struct timers *timers)
{
    size_t capacity = timers->capacity == 0 ? CAPACITY_MIN : timers->capacity * 2;
    if (capacity > LOOP_TIMERS_MAX)
        capacity = LOOP_TIMERS_MAX;
    if (capacity == timers->capacity)
        return false;
    struct timer_entry *heap = realloc(timers->heap, capacity * sizeof *heap);
    if (heap == NULL)
        return false;
    timers->heap = heap;
    struct timer_slot *slots = realloc(timers->slots, capacity * sizeof *slots);
    if (slots == NULL)
        return false;
    timers->slots = slots;
    timers->capacity = capacity;
    return true;
}

static uint32_t slot_take(struct timers *timers)
{
    uint32_t slot;
    if (timers->free_any) {
        slot = timers->free_first;
        timers->free_any = timers->slots[slot].place != slot;
        timers->free_first = timers->slots[slot].place;
    } else {
        slot = (uint32_t)timers->slots_used++;
        timers->slots[slot].generation = 0;
    }
    timers->slots[slot].generation++;
    timers->slots[slot].taken = true;
    return slot;
}

static void slot_release(struct timers *timers, uint32_t slot)
{
    /* The last slot of the free list points to itself. */
    timers->slots[slot].place = timers->free_any ? timers->free_first : slot;
    timers->slots[slot].taken = false;
    timers->free_first = slot;
    timers->free_any = true;
}

static bool before(const struct timer_entry *a, const struct timer_entry *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void put(struct timers *timers, size_t place, struct timer_entry entry)
{
    timers->heap[place] = entry;
    timers->slots[entry.slot].place = (uint32_t)place;
}

static void sift_up(struct timers *timers, size_t place, struct timer_entry entry)
{
    while (place > 0) {
        size_t parent = (place - 1) / 2;
        if (!before(&entry, &timers->heap[parent]))
            break;
        put(timers, place, timers->heap[parent]);
        place = parent;
    }
    put(timers, place, entry);
}

static void sift_down(struct timers *timers, size_t place, struct timer_entry entry)
{
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= timers->count)
            break;
        if (child + 1 < timers->count && before(&timers->heap[child + 1], &timers->heap[child]))
            child++;
        if (!before(&timers->heap[child], &entry))
            break;
        put(timers, place, timers->heap[child]);
        place = child;
    }
    put(timers, place, entry);
}

static void remove_at(struct timers *timers, size_t place)
{
    assert(place < timers->count);
    slot_release(timers, timers->heap[place].slot);
    struct timer_entry last = timers->heap[--timers->count];
    if (place == timers->count)
        return;
    if (place > 0 && before(&last, &timers->heap[(place - 1) / 2]))
        sift_up(timers, place, last);
    else
        sift_down(timers, place, last);
}

enum status timers_add(struct timers *timers, int64_t due, loop_callback callback, void *user,
                       loop_timer *out_timer)
{
    assert(callback != NULL);
    if (timers->count == timers->capacity && !grow(timers))
        return STATUS_FULL;
    uint32_t slot = slot_take(timers);
    timers->slots[slot].callback = callback;
    timers->slots[slot].user = user;
    sift_up(timers, timers->count++, (struct timer_entry){due, timers->order_next++, slot});
    *out_timer = timers->slots[slot].generation << SLOT_BITS | slot;
    return STATUS_OK;
}

void timers_cancel(struct timers *timers, loop_timer timer)
{
    uint64_t slot = timer & SLOT_MASK;
    if (slot >= timers->slots_used || !timers->slots[slot].taken ||
        timers->slots[slot].generation != timer >> SLOT_BITS)
        return;
    remove_at(timers, timers->slots[slot].place);
}

bool timers_next(const struct timers *timers, int64_t *out_due)
{
    if (timers->count == 0)
        return false;
    *out_due = timers->heap[0].due;
    return true;
}

bool timers_take(struct timers *timers, int64_t now, uint64_t order_limit,
                 loop_callback *out_callback, void **out_user)
{
    if (timers->count == 0 || timers->heap[0].due > now || timers->heap[0].order >= order_limit)
        return false;
    const struct timer_slot *slot = &timers->slots[timers->heap[0].slot];
    *out_callback = slot->callback;
    *out_user = slot->user;
    remove_at(timers, 0);
    return true;
}
