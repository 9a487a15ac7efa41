#ifndef GAMESVC_UNSAFE_DRAWS_H
#define GAMESVC_UNSAFE_DRAWS_H

/*
 * unsafe_draws — for tests only: games whose draws are written down beforehand instead of following
 * from the seed, so that a recorded game can be played again through the whole house.
 *
 * FOLDER/<id of the player who moves first>.draws has lines "draw NUMBER TILES"; a draw that is not
 * told takes the first tiles that are left. Such a game is not fair, and says so: `arbiter game
 * verify` finds that its draws are not those of the seed it was committed to. The setting
 * `unsafe_draws` names the folder; a service that has one says so when it starts.
 *
 * Errors:   none: a file that is not there or cannot be read is a game with honest draws.
 */

#include "base/arena.h"
#include "gamesvc/rules/rules.h"

#include <stdbool.h>

/* Replaces `*draws` where a file for this player is in `folder` (NULL or "": there is none). What
 * it points to lives in the arena. */
void unsafe_draws_take(struct arena *arena, const char *folder, const char *first,
                       struct rules_draws *draws);

#endif
