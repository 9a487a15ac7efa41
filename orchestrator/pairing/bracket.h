#ifndef PAIRING_BRACKET_H
#define PAIRING_BRACKET_H

/*
 * bracket — who wins a match of several games, and who stands on which line of a bracket. Private
 * to the folder and to its conformance tests.
 */

struct bracket_score {
    int games_per_round; /* games the match is meant to have */
    int games;           /* games with a result, tie-break games included */
    int half_points[2];
    int spread; /* the first's own minus the other's score over all games */
};

/* Returns 0 or 1 for the winner, -1 while the match is open: more than half of the points decide,
 * after the last game the spread; beyond it more points, then the spread. */
int bracket_winner(const struct bracket_score *score);

/* Returns the seed (from 1) on line `line` (from 0) of a bracket of `size` lines, a power of two:
 * 1 and 2 can only meet in the final, 1 to 4 in the semifinals, and so on. */
int bracket_seed(int size, int line);

#endif
