#ifndef PAIRING_LEAGUE_H
#define PAIRING_LEAGUE_H

/*
 * league — seasons of a correspondence league: who moves between divisions, and the games of a
 * division, all at once.
 *
 * Owns:     nothing; games live in the caller's arena.
 * Threads:  none inside.
 * Errors:   STATUS_INVALID_ARGUMENT for fewer than two players; STATUS_FULL when the arena is.
 *
 * Divisions count from 1, the best. Ranks count from 1. A league's season has at most
 * LEAGUE_GAMES_MAX games a player.
 */

#include "base/arena.h"
#include "base/fault.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

#define LEAGUE_PLAYERS_MAX 1000
#define LEAGUE_GAMES_MAX 14
#define LEAGUE_DIVISION_MIN 12 /* a smaller last division joins the one above */

enum league_status {
    LEAGUE_NEW,
    LEAGUE_PROMOTED,
    LEAGUE_STAYED, /* champions too */
    LEAGUE_RELEGATED,
    LEAGUE_SHORT_HIATUS, /* one to three seasons away */
    LEAGUE_LONG_HIATUS
};

/* How many go up and down in a division of n: n/6, n/5, (n+1)/5 or n/3, rounded up. */
enum league_formula { LEAGUE_SIXTH, LEAGUE_FIFTH, LEAGUE_FIFTH_PLUS, LEAGUE_THIRD };

int league_promotions(enum league_formula formula, int size);

/* The division a player is thought of in before places are dealt; `lowest` is the previous season's
 * bottom division. */
int league_virtual_division(enum league_status status, int previous, int lowest);

/* The lowest division a player may be put in, 0 where there is no such promise. */
int league_ceiling(enum league_status status, int previous, int lowest);

struct league_entry {
    enum league_status status;
    int virtual_division;
    int virtual_divisions; /* how many there are */
    int previous_size;     /* of last season's division */
    int previous_rank;
    int hiatus_seasons;
    int rating; /* of new players */
};

/* Who is dealt a place first: higher before lower. */
int64_t league_priority(const struct league_entry *entry);

/* How many divisions of about `ideal` players there are; at least 1 where anybody plays. */
int league_division_count(int players, int ideal);

/* Size of division `number` when players are dealt out `ideal` at a time, the last division taking
 * the rest. */
int league_division_size(int players, int divisions, int ideal, int number);

bool league_merges_up(int size);

struct league_outcome {
    int champions;
    int promoted;
    int relegated;
    int stayed;
};

/* What becomes of a division's players at the end of a season. */
struct league_outcome league_outcomes(int division, int lowest, int size,
                                      enum league_formula formula);

struct league_game {
    int one; /* one < other */
    int other;
    bool one_first;
    int round; /* from 0 */
};

/* Decides a tie of firsts: whether `one` moves first. */
typedef bool (*league_tie)(uint64_t seed, int one, int other, int round);

struct league_ask {
    int players;
    int rounds_max; /* 0 = as many as the field needs, at most LEAGUE_GAMES_MAX games each */
    uint64_t seed;
    bool like_liwords; /* that platform's lots */
    league_tie tie;    /* NULL = lots of the seed */
};

/* Makes all games of a season: a full round robin where that is at most LEAGUE_GAMES_MAX games
 * each; in an even larger field so many rounds of one; in an odd one a part of a round robin that
 * gives everybody exactly so many. */
enum status league_schedule(const struct league_ask *ask, struct arena *arena,
                            struct league_game **out_games, int *out_count,
                            struct fault *out_fault) MUST_CHECK;

#endif
