#ifndef PAIRING_TABLE_H
#define PAIRING_TABLE_H

/*
 * table — the schedules of round robins, as arithmetic on places in a list. Private to the folder
 * and to its conformance tests.
 *
 * `list` holds the numbers 0..count-1 in some order, count even. The functions write each number's
 * opponent to `out`, so that out[out[i]] is i. Rounds count from 0.
 */

#include <stdbool.h>

/* The circle: the first stays, the others move on one place a round. A cycle has count - 1
 * rounds. */
void table_circle(const int *list, int count, int round, int *out);

/* Two halves pass each other; a cycle has count / 2 rounds. */
void table_halves(const int *list, int count, int round, int *out);

/* Whether of numbers `one` < `other` the second moves first in a round of each schedule for
 * `count` players. */
bool table_circle_switches(int count, int round, int one, int other);
bool table_halves_switches(int count, int round, int one, int other);
bool table_interleaved_switches(int count, int round, int one, int other);

/* Deals `count` (even) players in seed order into groups for `groups_size` - 1 rounds: writes each
 * one's group to `out` and returns how many groups there are. */
int table_deal(int count, int group_size, int *out);

#endif
