#ifndef GAMESVC_FACTS_H
#define GAMESVC_FACTS_H

/*
 * facts — what conduct policies ask of a game that is over, counted by running it again: who never
 * moved, who let the clock run, whose words were mostly wrong. docs/game-services.md lists them.
 *
 * Owns:     nothing; the map lives in the arena given.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"
#include "gamesvc/requests.h"
#include "gamesvc/table.h"

#include "arbiter/v1/value.pb-c.h"

/* `last` is the turn that ended the game, not among the table's stored ones. STATUS_FULL. */
enum status facts_collect(struct arena *arena, const struct table *table,
                          const struct rules_turn *last, const struct requests *requests,
                          Arbiter__V1__ValueMap **out_facts) MUST_CHECK;

#endif
