#ifndef RECORD_TRF_H
#define RECORD_TRF_H

/*
 * trf — FIDE's tournament report files: TRF16 with the XX and BB extensions of pairing engines, and
 * TRF26.
 *
 * In:       a file's bytes, UTF-8; columns count characters, not bytes. Lines may end in CR, LF or
 *           CRLF. Lines that are not known are kept as they are.
 * Out:      a record (record.h); or, the other way, the bytes of a file.
 * Owns:     nothing; records live in the caller's arena.
 * Threads:  none inside.
 * Errors:   STATUS_INVALID_ARGUMENT with a fault (line and character column) where the file is
 * wrong; STATUS_DATA_LOSS likewise where its bytes are not UTF-8; STATUS_FULL past a limit.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buffer.h"
#include "base/fault.h"
#include "base/status.h"
#include "orchestrator/record/record.h"

#include <stddef.h>

/* What the record is wanted for. */
enum trf_purpose {
    TRF_TO_READ,         /* take what there is; gaps, teams and systems are not judged */
    TRF_TO_PAIR,         /* refuse what an individual Swiss cannot be paired from */
    TRF_TO_PAIR_LIKE_BBP /* likewise, and where bbpPairings 6.0.0 differs do as it does: Baku's
                            first half is not rounded up, FIDE_DUTCH_2026 is unknown, a blank value
                            between accelerations is an error */
};

/* Which codes to write. */
enum trf_edition {
    TRF_16, /* XXR XXC BB. XXA XXP */
    TRF_26  /* 142 152 162 192 240 250 260 */
};

/* Reads a file. Rounds played are those in which somebody was paired, plus one where everybody has
 * an entry in the next; later entries are byes asked for. The points
 * column must agree with the results (TRF_TO_READ: where there are any, and no teams, abnormal
 * points or JaVaFo's XXS); virtual points and byes of the next round may be in it or not. Where
 * purpose is not TRF_TO_PAIR_LIKE_BBP nobody wins a game that the other's line does not lose, and
 * forfeits are in both lines too. */
enum status trf_read(const char *bytes, size_t size, enum trf_purpose purpose, struct arena *arena,
                     struct record **out_record, struct fault *out_fault) MUST_CHECK;

/* For checking a file rather than pairing its next round: if anybody has an entry in the round
 * after the last played, that round counts as played too, and who has none was absent. */
void trf_count_open_round(struct record *record);

/* Appends the record as a file with CR line ends, one 001 line a player. `out->failed` tells of
 * trouble, points that do not fit four columns included. What TRF has no place for is left out:
 * game scores, classes, teams other than as lines kept from a file, results with points of their
 * own, worths of forfeits other than a loss's (TRF26: than an absence's). */
void trf_write(const struct record *record, enum trf_edition edition, struct buffer *out);

#endif
