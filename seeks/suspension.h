#ifndef SEEKS_SUSPENSION_H
#define SEEKS_SUSPENSION_H

/*
 * suspension — whether a player may start a game, with what they are told where not.
 */

#include "seeks/exchange.h"

#include "arbiter/v1/store.pb-c.h"

/* Answers 403 with the reason and the end, and returns true, where a player of this profile (its
 * status, and its suspension or NULL) may not start such a game now. */
bool suspension_refuses(struct exchange *exchange, const char *status,
                        const Arbiter__V1__Suspension *suspension, bool is_rated);

#endif
