#ifndef DUTCH_BRACKET_REST_H
#define DUTCH_BRACKET_REST_H

/*
 * bracket_rest — whether those below can go on with what a bracket leaves over; private to
 * bracket*.c.
 */

#include "orchestrator/pairing/dutch/bracket_state.h"

/* What is asked of a vertex. */
enum taker {
    TAKER_FLOAT_DOWN, /* moved down: plays the next score, or has the bye */
    TAKER_FLOAT_NEXT, /* moved down: plays the next score */
    TAKER_FLOAT_FAR,  /* moved down: plays somebody further down */
    TAKER_RESTS,      /* moved down: has the bye */
    TAKER_NEXT,       /* of the next score: may do anything */
    TAKER_LOW,        /* further down, likewise */
    TAKER_BYE,        /* the bye */
    TAKER_FURTHER,    /* stands for somebody further down, for the next score's players */
    TAKER_COUNT
};

/* Returns an empty problem for takers, where a pair at the next score counts (`weighed`) or where
 * none counts; NULL when the arena is full. */
struct blossom *rest_problem(struct dutch_round *round, bool weighed);

/* Adds a vertex to it. */
void rest_add(struct blossom *blossom, int vertex, enum taker type);

/* Solves it; false where there is no perfect matching. */
bool rest_solve(struct dutch_round *round, struct blossom *blossom);

/* Returns how many pairs at the next score its matching has. */
int rest_next_pairs(const struct blossom *blossom);

/* Returns how many of those from `first` on cannot be paired among themselves at best, so that
 * somebody from above must come to each; 0 also where that was not found out. */
int rest_least_open(struct bracket *b, int first);

/* Whether those from `first` on, and some more, can be paired among themselves. */
bool rest_can_complete(struct bracket *b, int first, const int *more, int more_count);

/* Whether all below can be paired with those the bracket left over, `takers` telling what is asked
 * of each of `unpaired`, with so many pairs at the next score. */
bool rest_has_pairs(struct bracket *b, const enum taker *takers, int next_pairs);

#endif
