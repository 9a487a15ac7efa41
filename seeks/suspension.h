#ifndef SEEKS_SUSPENSION_H
#define SEEKS_SUSPENSION_H

/*
 * suspension — whether a player may start a game, with what they are told where not.
 */

#include "seeks/exchange.h"

#include "arbiter/v1/store.pb-c.h"

/* Answers 403 with the reason and the end of the suspension, and returns true, where the player's
 * profile says that such a game may not be started now. */
bool suspension_refuses(struct exchange *exchange, const Arbiter__V1__Player *player,
                        bool is_rated);

/* Whether a suspension (may be NULL) stands against a game, rated or not, at that time. */
bool suspension_holds(const Arbiter__V1__Suspension *suspension, bool is_rated, int64_t now_ms);

#endif
