#ifndef PAIRING_WEIGHTS_H
#define PAIRING_WEIGHTS_H

/*
 * weights — the numbers that Swiss and quickpair weigh pairs with. Private to the folder and to its
 * conformance tests.
 */

#include <stdbool.h>
#include <stdint.h>

#define PAIRING_WEIGHT_MAX 100 /* greatest relative weight a policy can ask for */
#define WEIGHT_RANGE_BONUS 200 /* both are within the range the other asked for */

/* Distance of two records in half wins, far ones counting for more: d + 2 (d / 4). */
int64_t weight_record_apart(int half_wins);

/* Record and repeats of a pair in one number; a full win of difference weighs as much as a repeat
 * at equal relative weights. `over` counts the meetings above what is allowed. */
int64_t weight_rank(int half_wins, int over, int win_weight, int repeat_weight);

/* Whether the players' ranges earn the bonus; `as_liwords` asks the second player's lower bound to
 * be above the first's rating, as that platform does. */
struct pairing_player;
bool weight_ranges_agree(const struct pairing_player *one, const struct pairing_player *other,
                         bool as_liwords);

/* What waiting is worth after `misses` waves without an opponent, in rating points. */
int64_t weight_patience(int misses);

#endif
