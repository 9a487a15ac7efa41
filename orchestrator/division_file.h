#ifndef ORCHESTRATOR_DIVISION_FILE_H
#define ORCHESTRATOR_DIVISION_FILE_H

/*
 * division_file — a division as files have it: beside its results all that its next round is paired
 * by and its standings are worked out by, so that who has the file comes to the same.
 *
 * Owns:     nothing; the record lives in the arena and may point into the division and the format.
 * Errors:   as division_record.h.
 */

#include "base/arena.h"
#include "base/status.h"
#include "orchestrator/format/format.h"
#include "orchestrator/record/record.h"

#include "arbiter/v1/domain.pb-c.h"

/* Makes a record of the division's players, numbered without gaps: results and points, rounds off
 * to come (of who will not be there in the next round, too), virtual points, forbidden pairs, the
 * initial colour, the pairing system where it is FIDE's, and the list of tie-breaks. */
enum status division_to_file(struct arena *arena, const Arbiter__V1__Division *division,
                             const struct format_division *format,
                             struct record **out_record) MUST_CHECK;

#endif
