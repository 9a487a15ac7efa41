#ifndef ORCHESTRATOR_DESK_MATCH_OUTLOOK_H
#define ORCHESTRATOR_DESK_MATCH_OUTLOOK_H

/*
 * match_outlook — whether a match goes on after one of its games has been given another result.
 */

#include "base/arena.h"
#include "orchestrator/format/format.h"

#include "arbiter/v1/domain.pb-c.h"

/* Returns what a director is told of the match on the row as it is and as it will be, in the
 * arena; NULL where the match is as much over as it was. */
char *match_outlook(struct arena *arena, const struct format_division *format,
                    const Arbiter__V1__BoardPairing *before,
                    const Arbiter__V1__BoardPairing *after);

#endif
