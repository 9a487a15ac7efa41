#ifndef GAMESVC_SEAL_H
#define GAMESVC_SEAL_H

/*
 * seal — what the store keeps for the game service and must not be able to read: seeds and turns of
 * games with secrets, encrypted and bound to the place they were written for.
 *
 * XChaCha20-Poly1305 with a random nonce; the place (which game, which turn) is authenticated, so
 * that what was sealed for one place does not open at another. Keys come from a file, one of 64
 * hexadecimal digits a line; the first seals, all of them open: a new first line is a new key, and
 * an old line is taken out when no game sealed with it is left. `#` begins a comment.
 *
 * Owns:     nothing but the keys in the struct; sealed and opened bytes live in the arena given.
 * Threads:  none inside.
 * Errors:   STATUS_INVALID_ARGUMENT with a fault for a file that is none, STATUS_DATA_LOSS for
 * bytes that no key opens at this place, STATUS_FULL.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEAL_KEY_SIZE 32
#define SEAL_KEYS_MAX 8

struct seal_keys {
    uint8_t key[SEAL_KEYS_MAX][SEAL_KEY_SIZE];
    int count; /* 0: nothing can be sealed */
};

struct seal_bytes {
    uint8_t *data;
    size_t size;
};

/* Reads a file of keys. A path that is "" is no file: `out_keys` is then empty. */
enum status seal_keys_read(struct seal_keys *out_keys, const char *path,
                           struct fault *out_fault) MUST_CHECK;

/* Makes one key for as long as the process lives: for tests. */
void seal_keys_draw(struct seal_keys *out_keys);

/* Wipes the keys. */
void seal_keys_forget(struct seal_keys *keys);

/* Seals with the first key; there must be one. */
enum status seal_close(struct arena *arena, const struct seal_keys *keys, const char *place,
                       const void *data, size_t size, struct seal_bytes *out_sealed) MUST_CHECK;

/* Whether bytes look sealed; what is not was written before there were seals, or by rules without
 * secrets. */
bool seal_is_closed(const void *data, size_t size);

enum status seal_open(struct arena *arena, const struct seal_keys *keys, const char *place,
                      const void *data, size_t size, struct seal_bytes *out_opened) MUST_CHECK;

#endif
