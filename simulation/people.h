#ifndef SIMULATION_PEOPLE_H
#define SIMULATION_PEOPLE_H

/*
 * people — a director and the players of one evening, by a script that the seed writes.
 *
 * The director enters the players, starts the event and decides what they cannot agree on. The
 * players look for their games, report results, some of them twice, some of them wrongly, some
 * never; before and between they post seeks, which others try to accept at the same moment.
 * What each result ought to be follows from the seed alone (people_result()).
 *
 * Owns:     the requests under way.
 * Threads:  the loop's.
 */

#include "base/arena.h"
#include "simulation/ask.h"
#include "simulation/world.h"

#include <stdbool.h>
#include <stdint.h>

#define PEOPLE_PLAYERS_MAX 16
#define PEOPLE_SEEKS_MAX 6
#define PEOPLE_GAMES_MAX 64 /* that one player remembers */
#define PEOPLE_TOURNAMENT "t"
#define PEOPLE_DIVISION "t-1"

struct player {
    struct people *people;
    int number; /* from 1 */
    char id[16];
    char seen[PEOPLE_GAMES_MAX][24]; /* games this player has done something about */
    int seen_count;
    bool is_looking; /* has asked for the list of games */
};

struct seek {
    struct people *people;
    int number;
    char instance_id[24];
    bool is_posted;
    bool is_lonely; /* nobody comes: it must expire */
    int accepted;   /* acceptances that were answered with OK */
    int refused;
};

struct people {
    struct world *world;
    struct asks asks;
    struct arena arena;
    struct random random;
    struct player players[PEOPLE_PLAYERS_MAX];
    int player_count;
    int entered; /* players the house has confirmed */
    int rounds;
    struct seek seeks[PEOPLE_SEEKS_MAX];
    int seek_count;
    bool has_started; /* the director's start was answered */
    bool is_over;     /* the tournament is finished, the director has seen it */
    bool is_asked;    /* the director has asked how things stand */
    int decisions;    /* of the director */
};

void people_init(struct people *people, struct world *world);

/* Sets everybody going. */
void people_begin(struct people *people);

/* Whether the event is over, every seek has ended and every request has been answered. */
bool people_are_done(const struct people *people);

void people_deinit(struct people *people);

/* What the two will have scored when they play in that round; 0 for a game of no event. The first
 * is the one who is listed first in the game. */
void people_result(uint64_t seed, int round, const char *first, const char *second,
                   int64_t out_scores[2]);

#endif
