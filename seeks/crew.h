#ifndef SEEKS_CREW_H
#define SEEKS_CREW_H

/*
 * crew — whether who asks directs, assists or scores the event of the path: a director's token says
 * so by itself, for others the event does.
 */

#include "seeks/exchange.h"

/* Calls `then`, at once where the token says it; answers itself where the event cannot be read. */
void crew_find(struct exchange *exchange, void (*then)(struct exchange *exchange, bool is_crew));

#endif
