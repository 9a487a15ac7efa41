/* One kept message for each player, dropped by the store's bell. */
#include "seeks/looks.h"

#include <stdlib.h>
#include <string.h>

#include "seeks/kept.h"

struct looks {
    struct bus *bus;
    struct kept *kept;
    uint64_t reconnects; /* when the bells were last known to come */
};

/* Names, one a line. */
static void on_bell(const char *subject, const void *data, size_t size, void *user)
{
    const struct looks *looks = user;
    const char *at = data;
    (void)subject;
    for (const char *end; size > 0 && (end = memchr(at, '\n', size)) != NULL;) {
        char name[256];
        size_t length = (size_t)(end - at);
        if (length < sizeof name) {
            memcpy(name, at, length);
            name[length] = '\0';
            kept_drop(looks->kept, name);
        }
        size -= length + 1;
        at = end + 1;
    }
}

struct looks *looks_create(struct bus *bus, int64_t life_ms)
{
    struct looks *looks = calloc(1, sizeof *looks);
    if (looks == NULL)
        return NULL;
    looks->bus = bus;
    looks->kept = kept_create(bus_loop(bus), LOOKS_MAX, life_ms);
    if (looks->kept != NULL && bus_subscribe(bus, LOOKS_BELL, NULL, on_bell, looks) == STATUS_OK)
        return looks;
    looks_destroy(looks);
    return NULL;
}

void looks_destroy(struct looks *looks)
{
    if (looks == NULL)
        return;
    kept_destroy(looks->kept);
    free(looks);
}

/* Bells that rang while the connection was away are not heard later. */
static void mind_gaps(struct looks *looks)
{
    struct bus_stats stats;
    bus_stats(looks->bus, &stats);
    if (stats.reconnects != looks->reconnects)
        kept_drop_all(looks->kept);
    looks->reconnects = stats.reconnects;
}

uint64_t looks_expect(struct looks *looks, const char *player)
{
    mind_gaps(looks);
    return kept_expect(looks->kept, player);
}

void looks_keep(struct looks *looks, const char *player, uint64_t number,
                const Arbiter__V1__GetSeekerReply *read)
{
    kept_put(looks->kept, player, number, &read->base);
}

Arbiter__V1__GetSeekerReply *looks_take(struct looks *looks, const char *player,
                                        const char *seek_id)
{
    mind_gaps(looks);
    Arbiter__V1__GetSeekerReply *read =
        (Arbiter__V1__GetSeekerReply *)kept_take(looks->kept, player);
    if (read == NULL || (read->seek != NULL && strcmp(read->seek->seek_id, seek_id) == 0))
        return read;
    arbiter__v1__get_seeker_reply__free_unpacked(read, NULL);
    return NULL;
}

void looks_stats(const struct looks *looks, struct kept_stats *out_stats)
{
    kept_stats(looks->kept, out_stats);
}
