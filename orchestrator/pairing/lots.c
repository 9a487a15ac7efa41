/* PCG-DXSM and the shuffle drawn from it, in 64-bit arithmetic. */
#include "orchestrator/pairing/lots.h"

#include <assert.h>

struct wide {
    uint64_t high;
    uint64_t low;
};

static struct wide multiply(uint64_t one, uint64_t other)
{
    uint64_t a = one >> 32;
    uint64_t b = one & 0xffffffffu;
    uint64_t c = other >> 32;
    uint64_t d = other & 0xffffffffu;
    uint64_t middle = a * d + (b * d >> 32);
    uint64_t cross = b * c + (middle & 0xffffffffu);
    return (struct wide){.high = a * c + (middle >> 32) + (cross >> 32), .low = one * other};
}

uint64_t lots_pcg_next(struct lots_pcg *pcg)
{
    static const struct wide factor = {2549297995355413924u, 4865540595714422341u};
    static const struct wide step = {6364136223846793005u, 1442695040888963407u};
    struct wide state = multiply(pcg->low, factor.low);
    state.high += pcg->high * factor.low + pcg->low * factor.high;
    state.low += step.low;
    state.high += step.high + (state.low < step.low ? 1 : 0);
    pcg->high = state.high;
    pcg->low = state.low;
    uint64_t mixed = state.high ^ state.high >> 32;
    mixed *= 0xda942042e4dd58b5u;
    mixed ^= mixed >> 48;
    return mixed * (state.low | 1);
}

uint64_t lots_pcg_below(struct lots_pcg *pcg, uint64_t bound)
{
    assert(bound > 0);
    if ((bound & (bound - 1)) == 0)
        return lots_pcg_next(pcg) & (bound - 1);
    uint64_t unfair = (0 - bound) % bound;
    for (;;) {
        struct wide product = multiply(lots_pcg_next(pcg), bound);
        if (product.low >= unfair)
            return product.high;
    }
}

void lots_pcg_shuffle(struct lots_pcg *pcg, int *list, int count)
{
    for (int i = count - 1; i > 0; i--) {
        int j = (int)lots_pcg_below(pcg, (uint64_t)i + 1);
        int kept = list[i];
        list[i] = list[j];
        list[j] = kept;
    }
}
