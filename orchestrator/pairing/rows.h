#ifndef PAIRING_ROWS_H
#define PAIRING_ROWS_H

/*
 * rows — a tournament's record as rows for pairing: what files and the FIDE system work with, for
 * all other methods.
 */

#include "orchestrator/pairing/pairing.h"

struct record;

/* Fills players, past games, requested byes and forbidden pairs for the next round of a record;
 * `policy` and `seed` are the caller's to set, points are tenths, so policy.points_win has to be
 * the record's. Everything lives in `arena`. Errors: STATUS_FULL. */
enum status pairing_rows_from_record(const struct record *record, struct arena *arena,
                                     struct pairing_input *out) MUST_CHECK;

#endif
