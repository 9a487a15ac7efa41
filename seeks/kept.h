#ifndef SEEKS_KEPT_H
#define SEEKS_KEPT_H

/*
 * kept — messages that were read of the store and are kept for a short while, by name.
 *
 * Whoever reads says so first (kept_expect) and keeps the answer under the number that he was given
 * (kept_put): where the name was dropped meanwhile, the answer may be older than what dropped it,
 * and is not kept. Nothing is kept longer than `life_ms`, whatever is heard or not heard.
 *
 * In:       names and messages; both are copied.
 * Owns:     its copies: up to `count_max` of them, each of up to KEPT_BYTES_MAX; where it is full,
 * the oldest one goes. Threads:  the loop's.
 */

#include "bus/loop.h"

#include <protobuf-c/protobuf-c.h>

#include <stddef.h>
#include <stdint.h>

#define KEPT_BYTES_MAX 4096 /* of a message as it is sent; larger ones are read each time */

struct kept;

/* NULL without memory. `life_ms` 0: nothing is ever kept. */
struct kept *kept_create(struct loop *loop, size_t count_max, int64_t life_ms);
void kept_destroy(struct kept *kept);

/* Returns the number for kept_put(); 0 where the answer cannot be kept. */
uint64_t kept_expect(struct kept *kept, const char *name);

/* Keeps the answer of what was expected. */
void kept_put(struct kept *kept, const char *name, uint64_t number,
              const ProtobufCMessage *message);

/* Returns what is kept, which is then the caller's to free (protobuf_c_message_free_unpacked) and
 * no longer kept; NULL where nothing is. */
ProtobufCMessage *kept_take(struct kept *kept, const char *name);

void kept_drop(struct kept *kept, const char *name);
void kept_drop_all(struct kept *kept);

struct kept_stats {
    uint64_t hits;
    uint64_t misses;
    uint64_t drops; /* by kept_drop(): not for age */
    size_t count;
};
void kept_stats(const struct kept *kept, struct kept_stats *out_stats);

#endif
