#ifndef SEEKS_PRESENCE_H
#define SEEKS_PRESENCE_H

/*
 * presence — tells live seeks whether their owners have a connection here: an event stream or a
 * socket.
 *
 * In:       the open seeks, read from the store at every round; who is connected to this edge.
 * Out:      the events seek.here (said again in time) and seek.gone. The seek's machine decides
 * what follows; where nobody says anything any more, as after a crash of the edge, it ends by its
 *           own durable timer.
 * Owns:     what it has said last, for speed of the next round only.
 * Threads:  the loop's.
 * Errors:   a round that fails is made again by the next one.
 *
 * An edge says "gone" only where it has said "here"; another edge that has a connection of the same
 * owner hears of it (seek.missed) and says "here".
 */

#include "base/attr.h"

#define PRESENCE_ROUND_MS 2000
#define PRESENCE_SEEKS_MAX 5000 /* looked after at once, the newest */

struct api;
struct presence;

/* Begins to look after seeks; the API outlives it. NULL without memory. */
struct presence *presence_create(struct api *api);
void presence_destroy(struct presence *presence);

#endif
