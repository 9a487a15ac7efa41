#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

/*
 * random — numbers that follow from a seed: the same on every machine and in every run.
 *
 * xoshiro256** (Blackman and Vigna, 2018) seeded by splitmix64. Not for secrets: those come from
 * libsodium in the shells. Nothing here reads the system's randomness.
 */

#include <stdint.h>

struct random {
    uint64_t state[4];
};

/* Starts the sequence that belongs to `seed`. */
void random_init(struct random *random, uint64_t seed);

/* Starts the sequence that belongs to a seed and a purpose ("pairing", 3): independent streams from
 * one recorded seed. */
void random_init_stream(struct random *random, uint64_t seed, const char *purpose, uint64_t number);

/* Returns the next 64 bits. */
uint64_t random_next(struct random *random);

/* Returns a number in [0, bound), without bias; bound > 0. */
uint64_t random_below(struct random *random, uint64_t bound);

#endif
