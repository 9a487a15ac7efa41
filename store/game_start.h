#ifndef STORE_GAME_START_H
#define STORE_GAME_START_H

/*
 * game_start — how a game's machine begins.
 *
 * It begins with the first event that it hears. Until then neither the instance nor its start is a
 * row: both follow from the game's own row, which never changes in what they need.
 *
 * In:       an instance's id, a game.
 * Out:      the game's id; the event that the machine's first step takes first.
 * Owns:     nothing: results live in the arena given.
 * Threads:  none inside.
 * Errors:   NULL without room in the arena, or where the game's request nests too deeply.
 */

#include "base/arena.h"

#include "arbiter/v1/store.pb-c.h"

#define GAME_PREFIX "game:"
#define GAME_START "$start"

/* Returns the id of the game whose machine this is, a part of `instance_id`; NULL for others. */
const char *game_of_instance(const char *instance_id);

/* Returns the start. Of the game, id, players, request, owner, seat and creation are read. */
Arbiter__V1__InboxEvent *game_start(struct arena *arena, const Arbiter__V1__Game *game);

#endif
