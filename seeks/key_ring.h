#ifndef SEEKS_KEY_RING_H
#define SEEKS_KEY_RING_H

/*
 * key_ring — the keys that tokens are checked with, from a file or a URL (JWKS), read again and
 * again: keys come and go without a restart.
 *
 * They are read at the beginning, every `interval_s`, and as soon as a token names a key that is
 * not there, but not twice within KEY_RING_PAUSE_MS. What cannot be read, or holds no key, leaves
 * the keys as they were. A URL is fetched on the loop, which never waits for it.
 *
 * Owns:     the keys, until key_ring_destroy().
 * Threads:  the loop's.
 * Errors:   a file that cannot be read at the beginning; a URL may be away then: see
 *           key_ring_is_ready().
 */

#include "base/fault.h"
#include "bus/loop.h"
#include "seeks/token.h"

#define KEY_RING_PAUSE_MS 2000
#define KEY_RING_WAITERS_MAX 256
#define KEY_RING_BYTES_MAX (1u << 20)

struct key_ring;

/* `place` is a file, or begins with http:// or https://. NULL with a fault where the file cannot be
 * read. */
struct key_ring *key_ring_create(struct loop *loop, const char *place, unsigned interval_s,
                                 struct fault *out_fault);

/* Those who wait are not called. NULL is allowed. */
void key_ring_destroy(struct key_ring *ring);

/* The keys as they are now; the pointer stays, its keys come and go. */
const struct token_keys *key_ring_keys(const struct key_ring *ring);

/* Whether keys have been read at all. */
bool key_ring_is_ready(const struct key_ring *ring);

/* A key was not known: reads them again and calls `on_read(user)`, whatever came of it. False, and
 * no call, where they were read a moment ago or too many wait. */
bool key_ring_wait(struct key_ring *ring, void (*on_read)(void *user), void *user);

struct key_ring_stats {
    uint64_t reads; /* that brought keys */
    uint64_t failures;
    int64_t read_at_ms; /* the last that did, in the world's time */
    size_t keys;
};
void key_ring_stats(const struct key_ring *ring, struct key_ring_stats *out_stats);

#endif
