#ifndef SEEKS_ATTENDANCE_H
#define SEEKS_ATTENDANCE_H

/*
 * attendance — tells pools whose owners of places have a connection here: an event stream or a
 * socket.
 *
 * In:       the places whose owners have to be there, read from the store at every round; who is
 *           connected to this edge.
 * Out:      the event pool.here to a pool's machine, for many places at once: until when they
 *           count as attended. A wave gives up those whose time is over; where nobody says
 *           anything any more, as after a crash of the edge, they end in the same way.
 * Owns:     whom it has seen lately, to know who has gone.
 * Threads:  the loop's.
 * Errors:   a round that fails is made again by the next one.
 *
 * Shortens a place's time only where this edge has seen its owner; an edge that still has a
 * connection of the same owner reads the shortened time in its next round, and lengthens it.
 */

#include "base/attr.h"

#define ATTENDANCE_ROUND_MS 2000
#define ATTENDANCE_SEEN_MAX 20000 /* owners followed at once */

struct api;
struct attendance;

/* Begins to look after places; the API outlives it. NULL without memory. */
struct attendance *attendance_create(struct api *api);
void attendance_destroy(struct attendance *attendance);

#endif
