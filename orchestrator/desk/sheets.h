#ifndef ORCHESTRATOR_DESK_SHEETS_H
#define ORCHESTRATOR_DESK_SHEETS_H

/*
 * sheets — what hangs on the wall: pairings and standings as printable HTML, results as CSV. Pure.
 *
 * Owns:     nothing; appends to the buffer given.
 */

#include "base/buffer.h"
#include "orchestrator/standing/standing.h"

#include <stdbool.h>

#include "arbiter/v1/domain.pb-c.h"

/* Returns whether a row of a round is void because its players were given other seats: then it is
 * no board of the round any more. */
bool sheet_is_replaced(const Arbiter__V1__Division *division, const Arbiter__V1__BoardPairing *row);

/* Begins and ends a page. */
void sheet_begin(struct buffer *out, const char *title);
void sheet_end(struct buffer *out);

/* Appends a division's round: one row a board, void ones too; a match's games beside its result. */
void sheet_pairings(struct buffer *out, const Arbiter__V1__Division *division, int round);

/* Appends a division's standings. */
void sheet_standings(struct buffer *out, const Arbiter__V1__Division *division,
                     const struct standing_table *table);

/* Appends the rows of all rounds as CSV, without a header: a board, then the games of its match, of
 * kind "match_game" and numbered. */
void sheet_results(struct buffer *out, const Arbiter__V1__Division *division);

#define SHEET_RESULTS_HEADER                                                                       \
    "division,round,board,first,second,kind,status,outcome,first_score,second_score,game,game_id," \
    "starts\r\n"

#endif
