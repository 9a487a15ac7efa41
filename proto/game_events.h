#ifndef PROTO_GAME_EVENTS_H
#define PROTO_GAME_EVENTS_H

/*
 * game_events — how a game's machine begins, and how it hears of the end.
 *
 * It begins with the first event that it hears. Until then neither the instance nor its start is a
 * row: both follow from the game's own row, which never changes in what they need. The end comes
 * with the last turn: from the store's inbox, or in one step with the turn (EndGame).
 *
 * In:       an instance's id, a game, its last turn.
 * Out:      the game's id; the events.
 * Owns:     nothing: results live in the arena given, or are borrowed from what was given.
 * Threads:  none inside.
 * Errors:   NULL without room in the arena, or where the game's request or the turn's facts nest
 *           too deeply.
 */

#include "base/arena.h"

#include "arbiter/v1/store.pb-c.h"

#define GAME_MACHINE "game"
#define GAME_PREFIX "game:"
#define GAME_START "$start"
#define GAME_END "game.ended" /* a game ends once: the event's id too */

/* Returns the id of the game whose machine this is, a part of `instance_id`; NULL for others. */
const char *game_of_instance(const char *instance_id);

/* Returns the start. Of the game, id, players, request, owner, seat and creation are read. */
Arbiter__V1__InboxEvent *game_start(struct arena *arena, const Arbiter__V1__Game *game);

/* Returns the end, by the player of the last turn: the result, and the seed, which is no secret
 * from now on. The turn has `ended`. */
Arbiter__V1__InboxEvent *game_end(struct arena *arena, const Arbiter__V1__AppendTurnRequest *last,
                                  int64_t now_ms);

#endif
