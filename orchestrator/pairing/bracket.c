/* Arithmetic of knock-out matches and brackets. */
#include "orchestrator/pairing/bracket.h"

#include <assert.h>

int bracket_winner(const struct bracket_score *score)
{
    int one = score->half_points[0];
    int other = score->half_points[1];
    int enough = score->games_per_round;
    if (score->games > score->games_per_round) {
        if (one != other)
            return one > other ? 0 : 1;
    } else {
        if (one > enough || other > enough)
            return one > enough ? 0 : 1;
        if (one < enough || other < enough)
            return -1;
    }
    if (score->spread == 0)
        return -1;
    return score->spread > 0 ? 0 : 1;
}

int bracket_seed(int size, int line)
{
    assert(size > 0 && line >= 0 && line < size);
    /* From the final outwards: a line splits into itself and its complement. */
    int seed = 1;
    int width = size;
    int lines = 1;
    while (width > 1) {
        width /= 2;
        lines *= 2;
        int lower = line / width % 2;
        int odd_branch = seed % 2 == 0;
        if (lower != odd_branch)
            seed = lines + 1 - seed;
    }
    return seed;
}
