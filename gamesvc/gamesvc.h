#ifndef GAMESVC_GAMESVC_H
#define GAMESVC_GAMESVC_H

/*
 * gamesvc — starts, plays and ends games, whatever their rules.
 *
 * In:       requests StartGame, PrepareGame, Play and View.
 * Out:      CreateGame, AppendTurn and SaveRequests to the store; answers. The events that
 * listeners hear are written by the store in the same transaction as the game or the turn. Seeds,
 *           and turns of games with secrets, leave for the store sealed (seal.h).
 * Owns:     nothing that lasts: a game is loaded, replayed, played one event further, stored.
 * Threads:  the loop's.
 * Errors:   canonical codes; a move that the rules refuse is answered with their sentence and the
 *           details "reason" (for programs) and "turn_count" (what is true now), and nothing
 *           changes.
 *
 * Replaceable: whoever serves arbiter.v1.gamesvc.* in the queue group `gamesvc` is the game
 * service; docs/game-services.md tells how.
 */

#include "base/attr.h"
#include "bus/bus.h"

#include <stddef.h>
#include <stdint.h>

#define GAMESVC_TRIES_MAX 20 /* lost compare-and-swaps before a move is given up */

struct gamesvc;
struct lexicon_shelf;
struct seal_keys;

/* What outlives the service; each may be NULL: games with words, or with chance, are then refused.
 */
struct gamesvc_options {
    const struct lexicon_shelf *shelf;
    const struct seal_keys *keys;
    const char *unsafe_draws; /* tests only: see gamesvc/unsafe_draws.h */
    size_t hands_bytes_max;   /* of games kept loaded between their moves, about; 0: none is */
};

/* Serves on `bus`; NULL without memory, without a source of random numbers or where the bus
 * refuses. */
struct gamesvc *gamesvc_create(struct bus *bus, const struct gamesvc_options *options);

/* Requests in flight are dropped. NULL is allowed. */
void gamesvc_destroy(struct gamesvc *gamesvc);

struct gamesvc_stats {
    uint64_t games_started;
    uint64_t moves_accepted;
    uint64_t moves_refused;
    uint64_t conflicts;
    uint64_t requests; /* between players, accepted */
};
void gamesvc_stats(const struct gamesvc *gamesvc, struct gamesvc_stats *out_stats);

#endif
