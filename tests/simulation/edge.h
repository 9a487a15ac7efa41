#ifndef TESTS_SIMULATION_EDGE_H
#define TESTS_SIMULATION_EDGE_H

/* edge — the real edge (seeks/) as the door of a simulated world: HTTP without sockets. */

#include "simulation/door.h"

/* A door with keys of its own; reads policies from `folder`. False where the keys cannot be made.
 */
bool edge_door_init(struct door *door, const char *folder);
void edge_door_deinit(struct door *door);

#endif
