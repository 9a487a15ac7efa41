#ifndef RULES_DRAWS_H
#define RULES_DRAWS_H

/*
 * draws — chance that can be proved fair: every draw of a game follows from one seed, which is
 * committed to before the game and revealed after it.
 *
 * Before the game: commitment = BLAKE2b-256("omg-bag-v1" || game id || seed) is published; then the
 * players may send nonces, so that nobody, the server included, can choose the draws:
 * master = BLAKE2b-256(seed || nonce of the first || nonce of the second); without nonces the
 * master is the seed.
 * Draw `number` of a game: key = KDF(master, number, "BAGDRAW"); stream = ChaCha20 of that key; the
 * bag is a sorted multiset, and for each thing drawn the next little-endian 32-bit word x of the
 * stream that is not below 2^32 mod (number left) picks thing x mod (number left). No order of the
 * bag exists anywhere, each draw stands alone, and earlier ones tell nothing about later ones.
 *
 * Pure: libsodium only computes here. The seed comes from the shell (randombytes_buf), which keeps
 * it where the read API cannot reach and wipes it with draws_forget().
 */

#include "gamesvc/rules/rules.h"

#include <stddef.h>
#include <stdint.h>

#define DRAWS_SEED_SIZE 32
#define DRAWS_COMMITMENT_SIZE 32
/* Of one size, so that two of them in a row can only be read one way. */
#define DRAWS_NONCE_SIZE 32
/* Most things that one draw takes; a rack is 7. */
#define DRAWS_COUNT_MAX 16

struct draws_seeded {
    uint8_t master[DRAWS_SEED_SIZE];
};

/* What is published before the game. */
void draws_commitment(const uint8_t seed[DRAWS_SEED_SIZE], const char *game_id,
                      uint8_t out_commitment[DRAWS_COMMITMENT_SIZE]);

/* Sets up the draws of a game; `nonces` is NULL or holds both players', one after the other. */
void draws_init(struct draws_seeded *draws, const uint8_t seed[DRAWS_SEED_SIZE],
                const uint8_t *nonces);

/* Wipes the master key. */
void draws_forget(struct draws_seeded *draws);

/* Returns the source to put into struct rules_options; borrows `draws`. */
struct rules_draws draws_source(struct draws_seeded *draws);

/* The draw itself; see struct rules_draws. `user` is a struct draws_seeded. */
void draws_draw(void *user, uint64_t number, const uint8_t *left, size_t kind_count, size_t count,
                uint8_t *out_kinds);

#endif
