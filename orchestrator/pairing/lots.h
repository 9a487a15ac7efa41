#ifndef PAIRING_LOTS_H
#define PAIRING_LOTS_H

/*
 * lots — the generator of another platform, for pairings that must equal its own. Private to the
 * folder. PCG-DXSM: a 128-bit linear congruential state, its high half scrambled.
 */

#include <stdint.h>

struct lots_pcg {
    uint64_t high;
    uint64_t low;
};

/* Returns the next 64 bits. */
uint64_t lots_pcg_next(struct lots_pcg *pcg);

/* Returns a number in [0, bound), without bias; bound > 0. */
uint64_t lots_pcg_below(struct lots_pcg *pcg, uint64_t bound);

/* Fisher and Yates's shuffle, from the end. */
void lots_pcg_shuffle(struct lots_pcg *pcg, int *list, int count);

#endif
