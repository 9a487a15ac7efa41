#ifndef TEST_DUTCH_LITERAL_H
#define TEST_DUTCH_LITERAL_H

/*
 * literal — the Dutch rules taken at their word, for up to ten players: every candidate of a
 * bracket is generated in the order of Articles 3 and 4, compared by C1 to C21 written as lists of
 * scores and differences, and completed by trying everything. Slow, and independent of the
 * library's matching, fields and shortcuts; only seats (scores, preferences, floats) are shared.
 */

#include "orchestrator/pairing/dutch/dutch.h"

#define LITERAL_PLAYERS_MAX 10

struct literal_result {
    bool possible;
    int partner[LITERAL_PLAYERS_MAX]; /* by seat; the seat itself = bye */
};

/* Pairs the seats by the letter of the rules. `record` tells who has met and who must not meet. */
struct literal_result literal_pair(const struct record *record, int round,
                                   const struct dutch_seat *seats, int count);

#endif
