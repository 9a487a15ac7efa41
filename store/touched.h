#ifndef STORE_TOUCHED_H
#define STORE_TOUCHED_H

/*
 * touched — the players of whom something has changed that others may remember: their status,
 * suspension, ratings, circles.
 *
 * After a commit, and before any of its answers, their names are told on STORE_BELL_PLAYERS: who
 * keeps what was read of a player (the edge, for a short time) drops it then, and whoever has been
 * answered finds it dropped. A bell may be lost; so nothing is kept for long.
 */

#include "store/state.h"

/* Notes whom a statement of the op concerns; called for each. */
void touched_note(struct op *op, enum statement statement, const struct sql_value *parameters);

/* Tells of all that these committed ops have touched. */
void touched_tell(struct store *store, struct op *const ops[], size_t count);

#endif
