#ifndef SIMULATION_CHECKS_H
#define SIMULATION_CHECKS_H

/*
 * checks — what must be true of a world, whatever has happened to it.
 *
 * Each check notes what it finds with world_fail() and changes nothing.
 */

#include "simulation/people.h"
#include "simulation/world.h"

/* Makes the database watch every row from now on; before anything is written. */
void checks_watch(struct world *world);

/* Nobody has more seeks and starts of games at a time than `places`; 0: as many as they like. */
void checks_promise_places(struct world *world, int places);

/* What holds at every moment: looked at again and again while the evening runs. */
void checks_always(struct world *world);

/* What holds when everybody is done, the faults are over and the house has had time to tidy up. */
void checks_at_end(struct world *world, struct people *people);

/* What the database has seen since it was asked last. */
void check_rows(struct world *world);

/* Follows each timer from its setting to its end. */
void check_timers(struct world *world);

/* Replays each instance's journal through the engine and compares each snapshot, byte by byte. */
void check_journals(struct world *world);

/* Replays all rated games in the order of the players' rating histories. */
void check_ratings(struct world *world);

/* Asks for the standings and compares them with sums over the pairings. */
void check_standings(struct world *world, struct people *people);

#endif
