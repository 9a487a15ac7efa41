#ifndef CLI_BOT_PLAYER_H
#define CLI_BOT_PLAYER_H

/*
 * bot_player — one bot: a socket, the games it plays, the seeks it posts or accepts.
 *
 * It plays every crossword game that starts with it, with the greedy move, as any client would:
 * hears the events, asks for the state when the other has moved, sends its move with the turn it
 * has seen. It keeps to the pace the service asks for, and comes back after any break.
 *
 * Owns:     its connection and what it knows of its games.
 * Threads:  the loop's. REST calls wait for their answer.
 */

#include "bus/loop.h"
#include "cli/rest.h"
#include "gamesvc/lexicon/lexicon_shelf.h"

#include <stdbool.h>

#define BOT_GAMES_MAX 64 /* under way at once, of one bot */

struct bot_player;

/* What all bots of a process share. */
struct bot_crew {
    struct loop *loop;
    const struct lexicon_shelf *shelf;
    const char *url; /* these three as for rest_open() */
    const char *token;
    const char *folder;
    const char *lexicon; /* of games it seeks */
    bool seeks;          /* posts a seek whenever it has no game */
    bool accepts;        /* accepts other people's */
    bool is_rated;
    bool is_quiet;
    int games_wanted; /* a bot; 0: no end */
    int64_t pause_ms; /* before each move */
    int busy;         /* bots that have not played what they wanted: at 0 the loop is stopped */
};

/* Makes a bot called `name`; NULL with a fault where there is no address or no token for it. */
struct bot_player *bot_player_create(struct bot_crew *crew, const char *name,
                                     struct fault *out_fault);
void bot_player_destroy(struct bot_player *player);

/* How many games it has finished. */
int bot_player_games(const struct bot_player *player);

#endif
