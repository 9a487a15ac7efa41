#ifndef ORCHESTRATOR_EVENT_INPUT_H
#define ORCHESTRATOR_EVENT_INPUT_H

/*
 * event_input — what a format policy says, as the inputs of the machines that carry it out.
 *
 * The policy's keys become the machines' variables here, in one place; what they mean, and when,
 * stands in policies/machines/.
 *
 * Owns:     nothing; values live in the arena given and point into the format.
 * Errors:   STATUS_FULL for the arena, STATUS_INVALID_ARGUMENT with a fault for a local time that
 *           does not exist.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "fsm/expr/value.h"
#include "orchestrator/format/format.h"

/* Returns the policy as one event of a series follows it: with a start of its own (RFC 3339), no
 * recurrence. The policy itself where `starts_at` is empty; NULL where the arena is full. */
const struct format *event_format_at(struct arena *arena, const struct format *format,
                                     const char *starts_at);

/* Returns the time the event begins by itself, 0 where a director says when. */
enum status event_begins_at(const struct format *format, int64_t *out_ms,
                            struct fault *out_fault) MUST_CHECK;

/* Makes the variables of machine `tournament` that the policy decides: a map. */
enum status event_tournament_input(struct arena *arena, const struct format *format,
                                   struct value *out_input, struct fault *out_fault) MUST_CHECK;

/* Makes those of machine `division`. */
enum status event_division_input(struct arena *arena, const struct format *format,
                                 const struct format_division *division, struct value *out_input,
                                 struct fault *out_fault) MUST_CHECK;

/* Of these, what a round counts that a late player has missed: missed_kind ('': nothing, and it has
 * no row), missed_outcome, missed_score. */
enum status event_missed_input(struct arena *arena, const struct format *format,
                               const struct format_division *division,
                               struct value *out_map) MUST_CHECK;

/* Makes those of machine `board`, for boards of round `round`. */
enum status event_board_input(struct arena *arena, const struct format *format,
                              const struct format_division *division, int round,
                              struct value *out_input) MUST_CHECK;

/* Puts the entries of several maps into one; of two with the same name the later counts. */
enum status event_input_merge(struct arena *arena, const struct value *maps, size_t count,
                              struct value *out_map) MUST_CHECK;

#endif
