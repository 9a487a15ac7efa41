#ifndef ORCHESTRATOR_DESK_SHEETS_H
#define ORCHESTRATOR_DESK_SHEETS_H

/*
 * sheets — what hangs on the wall: pairings and standings as printable HTML, results as CSV. Pure.
 *
 * Owns:     nothing; appends to the buffer given.
 */

#include "base/buffer.h"
#include "orchestrator/standing/standing.h"

#include "arbiter/v1/domain.pb-c.h"

/* Begins and ends a page. */
void sheet_begin(struct buffer *out, const char *title);
void sheet_end(struct buffer *out);

/* Appends a division's round: one row a board. */
void sheet_pairings(struct buffer *out, const Arbiter__V1__Division *division, int round);

/* Appends a division's standings. */
void sheet_standings(struct buffer *out, const Arbiter__V1__Division *division,
                     const struct standing_table *table);

/* Appends the rows of all rounds as CSV, without a header. */
void sheet_results(struct buffer *out, const Arbiter__V1__Division *division);

#define SHEET_RESULTS_HEADER                                                                       \
    "division,round,board,first,second,kind,status,outcome,first_score,second_score\r\n"

#endif
