#ifndef WOOGLES_ROUND_H
#define WOOGLES_ROUND_H

/*
 * round — one pairing_make() call on players that are only numbers, as most of the files want.
 */

#include "orchestrator/pairing/pairing.h"

#define ROUND_PLAYERS_MAX 1024

struct round {
    struct pairing_player players[ROUND_PLAYERS_MAX];
    struct pairing_policy policy;
    struct pairing_input input;
    struct arena arena;
    struct pairing_output output;
    struct fault fault;
    enum status status;
    int opponents[ROUND_PLAYERS_MAX]; /* -1 = does not play */
};

/* Sets up `count` players in seed and standing order for a method as the other platform has it. */
void round_init(struct round *round, enum pairing_method method, int count);
void round_deinit(struct round *round);

/* Pairs and fills `opponents`; returns whether a pairing was made. */
bool round_pair(struct round *round);

#endif
