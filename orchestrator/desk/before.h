#ifndef DESK_BEFORE_H
#define DESK_BEFORE_H

/*
 * before — a division as it was when one of its rounds was paired.
 *
 * Owns:     nothing; the copy is shallow and lives in the arena.
 * Threads:  none inside.
 */

#include "base/arena.h"
#include "base/status.h"
#include "orchestrator/format/format.h"
#include "orchestrator/pairing/pairing.h"

#include "arbiter/v1/domain.pb-c.h"

/* Returns the division with the players that this round was paired from, each there or away as its
 * rows say; for a round that is not paired yet, as it is. NULL where the arena is full. */
const Arbiter__V1__Division *before_round(struct arena *arena,
                                          const Arbiter__V1__Division *division, int round);

/* Gives an input for pairing that round again what was settled beforehand: rounds off that were
 * asked for, and the policy's prepaired pairs. Errors: STATUS_FULL, STATUS_DATA_LOSS. */
enum status before_fix(struct arena *arena, const Arbiter__V1__Division *division,
                       const struct format_division *format, int round,
                       struct pairing_input *input) MUST_CHECK;

#endif
