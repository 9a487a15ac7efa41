#ifndef ORCHESTRATOR_VOCABULARY_H
#define ORCHESTRATOR_VOCABULARY_H

/*
 * vocabulary — everything that a machine may ask of this house, for the checker of machines.
 *
 *     kind of word       where it comes from
 *     write              the store's table (store/writes.h) and prepared commands (prepare.h)
 *     call               the methods of every service of the contract, by reflection
 *     emit               the fields of EventPayload: "game.finished" is `game_finished`
 *
 * A machine held against it cannot be loaded where it names a command that nobody carries out, a
 * field that the command does not have, leaves out one that a write cannot do without, or gives one
 * a type that the wire has no place for. Fields of calls may always be left out (proto3); those
 * whose names end in _ms take timestamps and durations too.
 *
 * Owns:     nothing: the tables live in the arena and point into constants; zones are read into it
 *           when an expression first names them.
 * Threads:  one at a time steps machines loaded with it.
 * Errors:   STATUS_FULL for the arena.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"
#include "fsm/fsm.h"

#define VOCABULARY_BYTES_MAX (2 << 20) /* an arena of this size is enough, zones included */

/* Fills in what may be checked, and the time zones of this machine for expressions; events that
 * come in are not: anybody may send one. */
enum status vocabulary_host(struct arena *arena, struct fsm_host *out_host) MUST_CHECK;

#endif
