/* Messages by name, in the order in which they were asked for: the first is the first to go. */
#include "seeks/kept.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "proto/copy.h"

struct place {
    UT_hash_handle hh; /* keeps the order of adding */
    uint64_t number;   /* of the expectation, from 1 */
    int64_t until_ms;
    ProtobufCMessage *message; /* NULL: it is on its way */
    char name[];
};

struct kept {
    struct loop *loop;
    size_t count_max;
    int64_t life_ms;
    uint64_t numbers;
    struct place *places;
    struct kept_stats stats;
};

static void take_away(struct kept *kept, struct place *place)
{
    HASH_DEL(kept->places, place);
    if (place->message != NULL)
        protobuf_c_message_free_unpacked(place->message, NULL);
    free(place);
}

static struct place *find(const struct kept *kept, const char *name)
{
    struct place *place;
    HASH_FIND_STR(kept->places, name, place);
    return place;
}

/* What is too old, and the oldest where there is no room. */
static void make_room(struct kept *kept)
{
    int64_t now_ms = loop_now_ms(kept->loop);
    while (kept->places != NULL &&
           (kept->places->until_ms <= now_ms || HASH_COUNT(kept->places) >= kept->count_max))
        take_away(kept, kept->places);
}

struct kept *kept_create(struct loop *loop, size_t count_max, int64_t life_ms)
{
    struct kept *kept = calloc(1, sizeof *kept);
    if (kept != NULL)
        *kept = (struct kept){.loop = loop, .count_max = count_max, .life_ms = life_ms};
    return kept;
}

void kept_destroy(struct kept *kept)
{
    if (kept == NULL)
        return;
    kept_drop_all(kept);
    free(kept);
}

uint64_t kept_expect(struct kept *kept, const char *name)
{
    size_t size = strlen(name) + 1;
    if (kept->life_ms == 0)
        return 0;
    struct place *place = find(kept, name);
    if (place != NULL)
        take_away(kept, place);
    make_room(kept);
    place = calloc(1, sizeof *place + size);
    if (place == NULL)
        return 0;
    place->number = ++kept->numbers;
    place->until_ms = loop_now_ms(kept->loop) + kept->life_ms;
    memcpy(place->name, name, size);
    HASH_ADD_STR(kept->places, name, place);
    return place->number;
}

void kept_put(struct kept *kept, const char *name, uint64_t number, const ProtobufCMessage *message)
{
    struct place *place = find(kept, name);
    if (place == NULL || place->number != number || place->message != NULL)
        return;
    if (protobuf_c_message_get_packed_size(message) <= KEPT_BYTES_MAX)
        place->message = proto_copy(message);
    if (place->message == NULL)
        take_away(kept, place);
}

ProtobufCMessage *kept_take(struct kept *kept, const char *name)
{
    struct place *place = find(kept, name);
    ProtobufCMessage *message = NULL;
    if (place != NULL && place->message != NULL && place->until_ms > loop_now_ms(kept->loop)) {
        message = place->message;
        place->message = NULL;
        take_away(kept, place);
        kept->stats.hits++;
    } else {
        kept->stats.misses++;
    }
    return message;
}

void kept_drop(struct kept *kept, const char *name)
{
    struct place *place = find(kept, name);
    if (place == NULL)
        return;
    kept->stats.drops++;
    take_away(kept, place);
}

void kept_drop_all(struct kept *kept)
{
    while (kept->places != NULL)
        take_away(kept, kept->places);
}

void kept_stats(const struct kept *kept, struct kept_stats *out_stats)
{
    *out_stats = kept->stats;
    out_stats->count = HASH_COUNT(kept->places);
}
