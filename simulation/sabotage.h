#ifndef SIMULATION_SABOTAGE_H
#define SIMULATION_SABOTAGE_H

/*
 * sabotage — mistakes put into the database on purpose, so that a test can see them caught.
 *
 * Only the database in memory can be broken (sql_memory_break()); no service knows of this.
 */

#include "store/sql_memory.h"
#include "simulation/world.h"

/* Breaks a new database in the way named; WORLD_SABOTAGE_NONE leaves it alone. */
void sabotage_database(struct sql_memory *database, enum world_sabotage sabotage);

/* Forgets all timers, as a store would that kept them in its own memory. */
void sabotage_lose_timers(struct sql_memory *database);

#endif
