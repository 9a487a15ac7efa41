#ifndef PAIRING_WEIGHTS_H
#define PAIRING_WEIGHTS_H

/*
 * weights — the numbers that Swiss and quickpair weigh pairs with. Private to the folder and to its
 * conformance tests.
 */

#include <stdint.h>

#define PAIRING_WEIGHT_MAX 100 /* greatest relative weight a policy can ask for */
#define WEIGHT_RANGE_BONUS 200 /* both are within the range the other asked for */

/* Distance of two records in half wins, far ones counting for more: d + 2 (d / 4). */
int64_t weight_record_apart(int half_wins);

/* What waiting is worth after `misses` waves without an opponent, in rating points. */
int64_t weight_patience(int misses);

#endif
