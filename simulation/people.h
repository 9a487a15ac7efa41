#ifndef SIMULATION_PEOPLE_H
#define SIMULATION_PEOPLE_H

/*
 * people — a director, the players and the bots of one evening, by a script that the seed writes.
 *
 * The director enters the players, starts the event, decides what they cannot agree on and amends a
 * result afterwards. The players look for their games, report results, some of them twice, some of
 * them wrongly, some never; one may enter late, one may withdraw. Before and between they post
 * seeks, which others try to accept at the same moment; some of those games are played by bots,
 * move by move, to a resignation or until one walks away and the clock decides. What each result
 * ought to be follows from the seed alone (people_result()).
 *
 * Owns:     the requests under way.
 * Threads:  the loop's.
 */

#include "base/arena.h"
#include "simulation/ask.h"
#include "simulation/visit.h"
#include "simulation/world.h"

#include <stdbool.h>
#include <stdint.h>

#define PEOPLE_PLAYERS_MAX 32
#define PEOPLE_SEEKS_MAX 6
#define PEOPLE_GAMES_MAX 64 /* that one player remembers */
#define PEOPLE_AMENDS_MAX 4
#define PEOPLE_BOT_TURNS 6 /* before one resigns */
#define PEOPLE_TOURNAMENT "t"
#define PEOPLE_DIVISION "t-1"
#define PEOPLE_POOL "evening"

struct people;

struct player {
    struct people *people;
    int number; /* from 1 */
    char id[16];
    char seen[PEOPLE_GAMES_MAX][24]; /* games this player has done something about */
    int seen_count;
    bool is_looking; /* has asked for the list of games */
    bool is_entered; /* the house has confirmed it */
};

/* What comes of the game of a seek. */
enum seek_course {
    SEEK_REPORTED,  /* over the board */
    SEEK_BOTS,      /* breakthrough; the player to move after PEOPLE_BOT_TURNS resigns */
    SEEK_ABANDONED, /* breakthrough; after three turns nobody moves any more */
    SEEK_COURSES
};

struct seek {
    struct people *people;
    int number;
    enum seek_course course;
    char instance_id[24];
    bool is_posted;
    bool was_turned_away; /* a late copy of that request may find a place after all */
    bool is_lonely;       /* nobody comes: it must expire */
    int accepted;         /* acceptances that were answered with OK */
    int refused;
};

/* A result that the director has put right. */
struct amend {
    struct people *people;
    int round;
    int board;
    int64_t scores[2];
    bool is_asked;
    bool is_made; /* the house has confirmed it */
};

/* Bounds for what is drawn; 0: none. For shrinking a failure. */
struct people_limits {
    int players;
    int rounds;
    int seeks;
};

struct people {
    struct world *world;
    struct asks asks;
    struct visits visits;
    bool is_through_door; /* seeks go through the edge of this world */
    int places; /* how many seeks and starts of games a player may have at a time; 0: any */
    struct arena arena;
    struct random random;
    struct player players[PEOPLE_PLAYERS_MAX];
    int player_count;
    int created; /* players the house has confirmed */
    int rounds;
    int games;          /* of a match: two players of a round */
    bool is_arena;      /* waves instead of rounds */
    bool is_league;     /* a season: all games at once */
    const char *method; /* of pairing */
    bool is_punctual;   /* everybody looks for games at the same moments */
    struct seek seeks[PEOPLE_SEEKS_MAX];
    int seek_count;
    struct amend amends[PEOPLE_AMENDS_MAX];
    int amend_count;
    const struct player *late;    /* enters while the event runs; NULL: nobody */
    const struct player *leaving; /* withdraws; NULL: nobody */
    bool has_left;                /* ... and it was confirmed */
    bool has_started;             /* the director's start was answered */
    bool is_over;                 /* the tournament is finished, the director has seen it */
    bool is_asked;                /* the director has asked how things stand */
    int decisions;                /* of the director */
    int illegal_taken;            /* moves out of turn that were not refused */
};

void people_init(struct people *people, struct world *world, const struct people_limits *limits);

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
