#ifndef PAIRING_DEAL_H
#define PAIRING_DEAL_H

/*
 * deal — who of a league plays in which division of the next season.
 *
 * In:       the players who have registered, each with where he ended when he last played.
 * Out:      a division for each, from 1, the best.
 * Owns:     nothing; scratch lives in the caller's arena.
 * Threads:  none inside.
 * Errors:   STATUS_FULL for the arena.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"
#include "orchestrator/pairing/league.h"

struct deal_player {
    int division; /* when he last played, from 1; 0: never */
    int lowest;   /* of that season: its bottom division */
    int size;     /* of his division then */
    int rank;     /* in it, from 1 */
    int away;     /* seasons since then that he did not play */
    int rating;
};

struct deal_rules {
    int size;     /* players that a division should have */
    int size_min; /* a smaller last division joins the one above */
    enum league_formula formula;
    int lowest; /* the previous season's bottom division; 0: there was none */
};

/* Returns what became of a player at the end of his last season, or since. */
enum league_status deal_status(const struct deal_player *player, enum league_formula formula);

/* Writes a division for each of `count` players and into `order` their places, best first; both
 * arrays are the caller's. Returns STATUS_FULL where the arena is. */
enum status deal_divisions(const struct deal_player *players, int count,
                           const struct deal_rules *rules, struct arena *arena, int *out_division,
                           int *out_order, int *out_count) MUST_CHECK;

#endif
