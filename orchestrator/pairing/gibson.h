#ifndef PAIRING_GIBSON_H
#define PAIRING_GIBSON_H

/*
 * gibson — who can still be caught. Private to the folder.
 */

#include <stdbool.h>
#include <stdint.h>

struct gibson_record {
    int half_wins; /* twice the wins, plus draws */
    int spread;
};

/* Whether `behind` can still catch `ahead` in `rounds_left` rounds. A full two half wins a round
 * can be made up; where that is just enough and `spread_per_round` is not 0, the spread has to be
 * within reach as well. */
bool gibson_can_catch(struct gibson_record ahead, struct gibson_record behind, int rounds_left,
                      int64_t spread_per_round);

#endif
