#ifndef ORCHESTRATOR_AHEAD_H
#define ORCHESTRATOR_AHEAD_H

/*
 * ahead — private: commands whose answer is had before the step that gives them is committed.
 *
 * A step that starts a game might be committed with a row in the outbox; then the game service
 * would have the game created, and its answer would make a second step. Where the game service can
 * say what it would create, without keeping anything (PrepareGame), all of that is one transaction:
 * the game goes with the step, under an id drawn here, and the step takes the answer as well.
 *
 *     step ─► PrepareGame ─► done.invoke.… stepped ─► prepare ─► commit
 *                   └── no answer, or not a good one: the command goes through the outbox after all
 *
 * Nothing is lost by trying: what is prepared exists only with the commit. An id that is taken
 * fails the commit, and the turn is made again with another.
 *
 * Threads:  the loop's.
 */

#include "orchestrator/actor.h"

#include "arbiter/v1/gamesvc.pb-c.h"

/* Tries the plan's next command of that kind. False: there is none, and the turn goes on. Otherwise
 * the turn goes on by turn_commit(), later. */
bool ahead_try(struct actor *actor);

/* Learns from how the commit of a turn with new games went. */
void ahead_note(struct host *host, const struct turn *turn, const struct bus_answer *answer);

#endif
