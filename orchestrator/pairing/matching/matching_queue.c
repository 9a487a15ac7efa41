/* The priority queue of a search: a binary heap of rows. What the keys mean is the search's. */
#include "orchestrator/pairing/matching/matching_state.h"

#include <assert.h>

#define URGENT ((int64_t)1 << 62)

static int64_t *slot(const struct queue *queue, int64_t index)
{
    return queue->slots + index * (queue->levels + 2);
}

static bool slot_before(const struct queue *queue, const int64_t *one, const int64_t *other)
{
    return row_compare(one, other, queue->levels + 1) < 0;
}

static bool queue_grow(struct queue *queue, struct arena *arena)
{
    int64_t capacity = queue->capacity == 0 ? 1024 : queue->capacity * 2;
    size_t width = (size_t)(queue->levels + 2);
    int64_t *slots = arena_array(arena, (size_t)capacity * width, sizeof *slots);
    if (slots == NULL)
        return false;
    if (queue->count > 0)
        memcpy(slots, queue->slots, (size_t)queue->count * width * sizeof *slots);
    queue->slots = slots;
    queue->capacity = capacity;
    return true;
}

void queue_clear(struct queue *queue)
{
    queue->count = 0;
    queue->arrivals = 0;
}

bool queue_push(struct queue *queue, struct arena *arena, const int64_t *key, bool is_urgent,
                int64_t item)
{
    if (queue->count == queue->capacity && !queue_grow(queue, arena))
        return false;
    int64_t fresh[LEVELS_MAX + 2];
    row_copy(fresh, key, queue->levels);
    fresh[queue->levels] = queue->arrivals++ - (is_urgent ? URGENT : 0);
    fresh[queue->levels + 1] = item;
    int64_t hole = queue->count++;
    while (hole > 0 && slot_before(queue, fresh, slot(queue, (hole - 1) / 2))) {
        row_copy(slot(queue, hole), slot(queue, (hole - 1) / 2), queue->levels + 2);
        hole = (hole - 1) / 2;
    }
    row_copy(slot(queue, hole), fresh, queue->levels + 2);
    return true;
}

const int64_t *queue_first(const struct queue *queue)
{
    return queue->count > 0 ? queue->slots : NULL;
}

int64_t queue_pop(struct queue *queue)
{
    assert(queue->count > 0);
    int64_t item = queue->slots[queue->levels + 1];
    const int64_t *last = slot(queue, --queue->count);
    int64_t hole = 0;
    for (;;) {
        int64_t child = 2 * hole + 1;
        if (child >= queue->count)
            break;
        if (child + 1 < queue->count &&
            slot_before(queue, slot(queue, child + 1), slot(queue, child)))
            child++;
        if (!slot_before(queue, slot(queue, child), last))
            break;
        row_copy(slot(queue, hole), slot(queue, child), queue->levels + 2);
        hole = child;
    }
    if (hole != queue->count)
        row_copy(slot(queue, hole), last, queue->levels + 2);
    return item;
}
