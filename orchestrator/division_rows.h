#ifndef ORCHESTRATOR_DIVISION_ROWS_H
#define ORCHESTRATOR_DIVISION_ROWS_H

/*
 * division_rows — a division's standings as rows of an answer: places, counts, who is gibsonized.
 *
 * Owns:     nothing; rows live in the arena and point into the division.
 * Errors:   STATUS_FULL for the arena, and those of division_rank().
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "orchestrator/format/format.h"
#include "orchestrator/record/record.h"
#include "orchestrator/standing/standing.h"

#include "arbiter/v1/domain.pb-c.h"

/* A player's prize class (division_classes.h), and his place in it; 0 and 0: the open one. */
struct class_place {
    int number;
    int rank;
};

/* Standings of a division after a round. */
struct division_rows {
    const Arbiter__V1__Division *division;
    const struct format_division *format;
    const struct record *record;
    struct standing_table table;
    const bool *gibsonized;            /* [player_count] nobody behind can catch them */
    const struct class_place *classes; /* [player_count] */
};

/* Ranks the division after `round` (0: the last that is paired). Who is gibsonized after the last
 * round is who was before it. */
enum status division_rows_make(struct arena *arena, const Arbiter__V1__Division *division,
                               const struct format_division *format, int round,
                               struct division_rows *out_rows, struct fault *out_fault) MUST_CHECK;

/* Makes one row of the answer, tie-breaks left out. NULL where the arena is full. */
Arbiter__V1__Standing *division_rows_standing(struct arena *arena, const struct division_rows *rows,
                                              const struct standing_row *row);

#endif
