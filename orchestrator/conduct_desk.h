#ifndef ORCHESTRATOR_CONDUCT_DESK_H
#define ORCHESTRATOR_CONDUCT_DESK_H

/*
 * conduct_desk — the service Conduct: how a player stands, and what one more bad game would mean.
 *
 * In:       conduct.standing. Out: GetConduct to the store; answers.
 * Threads:  the loop's. The forecast itself is a pure function of the player's row and the policy.
 */

#include "bus/bus.h"
#include "orchestrator/conduct_shelf.h"

#define CONDUCT_DESK_POLICY "playban" /* of players about whom nothing is known yet */

struct conduct_desk;

/* Serves on `bus`; both outlive it. NULL without memory or where the bus refuses. */
struct conduct_desk *conduct_desk_create(struct bus *bus, const struct conduct_shelf *shelf);
void conduct_desk_destroy(struct conduct_desk *desk); /* NULL is allowed */

#endif
