#ifndef DUTCH_REPORT_H
#define DUTCH_REPORT_H

/*
 * report — pairings as the text files that tournament programs exchange with pairing engines.
 *
 * In:       records and pairings.
 * Out:      text appended to the caller's buffer.
 * Threads:  none inside.
 * Errors:   STATUS_FULL as from dutch_pair(); the buffer's `failed` tells of its own trouble.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buffer.h"
#include "base/status.h"
#include "orchestrator/pairing/dutch/dutch.h"

/* Appends the number of pairs and a line "white black" each, the bye as "id 0". */
void dutch_report_pairs(const struct record *record, const struct dutch_output *output,
                        struct buffer *out);

/* Appends the checklist of a round: a row for each player present, in pairing order. `output` is
 * the round's pairing, or one that is not possible. */
void dutch_report_list(const struct dutch_input *input, const struct dutch_output *output,
                       struct buffer *out);

/* What checking a record found. */
struct dutch_check {
    int rounds;
    int wrong; /* rounds that differ from what the rules give */
};

/* Pairs every played round again from the rounds before it and appends, for each, a line and where
 * it differs a table. `stem` names the file. `list` may be NULL; otherwise each round's checklist
 * is appended to it. `scratch` is reset between rounds. */
enum status dutch_check(const struct record *record, enum dutch_compat compat, const char *stem,
                        struct arena *scratch, struct buffer *out, struct buffer *list,
                        struct dutch_check *out_check) MUST_CHECK;

#endif
