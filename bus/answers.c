/* A hash table of requests seen, and a queue of the answered ones from which the oldest go first.
 */
#include "bus/answers.h"

#include "bus/bus.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* One answer larger than this is not worth the room of many small ones. */
enum { BUCKET_COUNT = 8192, REPLY_SIZE_MAX = 65536 };

struct answer_entry {
    struct answer_entry *next; /* in the bucket */
    struct answer_entry *newer;
    struct fingerprint fingerprint;
    struct bus_request *held; /* NULL: answered */
    size_t reply_size;
    unsigned char *reply;
};

void answers_init(struct answers *answers, size_t count_max)
{
    answers_deinit(answers);
    answers->count_max = count_max < BUS_ANSWERS_MAX ? count_max : BUS_ANSWERS_MAX;
    if (answers->count_max > 0)
        answers->buckets = calloc(BUCKET_COUNT, sizeof *answers->buckets);
}

static void entry_free(struct answer_entry *entry)
{
    free(entry->reply);
    free(entry);
}

void answers_deinit(struct answers *answers)
{
    for (size_t i = 0; answers->buckets != NULL && i < BUCKET_COUNT; i++) {
        while (answers->buckets[i] != NULL) {
            struct answer_entry *entry = answers->buckets[i];
            answers->buckets[i] = entry->next;
            entry_free(entry);
        }
    }
    free(answers->buckets);
    *answers = (struct answers){0};
}

static uint64_t mix(uint64_t hash, uint64_t word, uint64_t factor)
{
    hash = (hash ^ word) * factor;
    return hash ^ hash >> 29;
}

struct fingerprint fingerprint_of(struct fingerprint so_far, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    struct fingerprint result = {mix(so_far.high, size, UINT64_C(0x9E3779B97F4A7C15)),
                                 mix(so_far.low, ~(uint64_t)size, UINT64_C(0xC2B2AE3D27D4EB4F))};
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = 0;
        memcpy(&word, bytes + i, size - i < 8 ? size - i : 8);
        result.high = mix(result.high, word, UINT64_C(0x9E3779B97F4A7C15));
        result.low = mix(result.low + word, word >> 32, UINT64_C(0xC2B2AE3D27D4EB4F));
    }
    return result;
}

static struct answer_entry **find(const struct answers *answers, struct fingerprint fingerprint)
{
    struct answer_entry **place = &answers->buckets[fingerprint.low % BUCKET_COUNT];
    while (*place != NULL && ((*place)->fingerprint.low != fingerprint.low ||
                              (*place)->fingerprint.high != fingerprint.high))
        place = &(*place)->next;
    return place;
}

struct answer_known answers_find(const struct answers *answers, struct fingerprint fingerprint)
{
    if (answers->buckets == NULL)
        return (struct answer_known){0};
    const struct answer_entry *entry = *find(answers, fingerprint);
    if (entry == NULL)
        return (struct answer_known){0};
    return (struct answer_known){entry->held, entry->reply, entry->reply_size};
}

void answers_hold(struct answers *answers, struct fingerprint fingerprint, struct bus_request *held)
{
    if (answers->buckets == NULL)
        return;
    struct answer_entry **place = find(answers, fingerprint);
    assert(*place == NULL);
    struct answer_entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return;
    entry->fingerprint = fingerprint;
    entry->held = held;
    *place = entry;
}

static void forget(struct answer_entry **place)
{
    struct answer_entry *entry = *place;
    *place = entry->next;
    entry_free(entry);
}

static void forget_oldest(struct answers *answers)
{
    struct answer_entry *entry = answers->oldest;
    answers->oldest = entry->newer;
    if (answers->oldest == NULL)
        answers->newest = NULL;
    answers->answered_count--;
    answers->answered_size -= entry->reply_size;
    forget(find(answers, entry->fingerprint));
}

void answers_settle(struct answers *answers, struct fingerprint fingerprint, const void *reply,
                    size_t reply_size)
{
    if (answers->buckets == NULL)
        return;
    struct answer_entry **place = find(answers, fingerprint);
    struct answer_entry *entry = *place;
    if (entry == NULL)
        return; /* there was no memory to note it */
    assert(entry->held != NULL);
    entry->held = NULL;
    if (reply != NULL && reply_size <= REPLY_SIZE_MAX)
        entry->reply = malloc(reply_size + 1);
    if (entry->reply == NULL) {
        forget(place);
        return;
    }
    memcpy(entry->reply, reply, reply_size);
    entry->reply_size = reply_size;
    if (answers->newest != NULL)
        answers->newest->newer = entry;
    else
        answers->oldest = entry;
    answers->newest = entry;
    answers->answered_count++;
    answers->answered_size += reply_size;
    while (answers->answered_count > answers->count_max ||
           answers->answered_size > BUS_ANSWERS_SIZE_MAX)
        forget_oldest(answers);
}
