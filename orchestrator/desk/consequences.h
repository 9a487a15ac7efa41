#ifndef ORCHESTRATOR_DESK_CONSEQUENCES_H
#define ORCHESTRATOR_DESK_CONSEQUENCES_H

/*
 * consequences — what a planned step would change: rows, standings, tie-breaks, ratings, later
 * pairings, games. Pure: the libraries on the record before and on the record after.
 *
 * Owns:     nothing; everything lives in the arena.
 * Errors:   STATUS_FULL for the arena. What cannot be computed is a note, not an error.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"

#include <stdbool.h>

#include "arbiter/v1/desk.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

#define CONSEQUENCES_ROUNDS_MAX 40   /* later rounds that are paired again for comparison */
#define CONSEQUENCES_PLAYERS_MAX 300 /* players of a division up to which that is done */

struct consequences {
    const Arbiter__V1__Consequences *message;
    bool touches_bracket; /* a slot of a knock-out changes */
    bool touches_later;   /* a round that is already paired would be paired otherwise */
    bool stops_games;
};

/* Works them out. `division` may be NULL where the action is for no division. `otherwise` is what
 * it changes where none of the division's rows does. */
enum status consequences_find(struct arena *arena, const Arbiter__V1__Division *division,
                              const Arbiter__V1__CommitStepRequest *planned, const char *otherwise,
                              struct consequences *out) MUST_CHECK;

/* Adds what becomes of the standings of `divisions` where the event follows another policy, whose
 * text this is, and that `left_out` others are not compared. It replaces the standings found
 * before. */
enum status consequences_of_policy(struct arena *arena,
                                   const Arbiter__V1__Division *const *divisions, size_t count,
                                   int left_out, const char *policy,
                                   struct consequences *found) MUST_CHECK;

#endif
