#ifndef GAMESVC_RECORD_H
#define GAMESVC_RECORD_H

/*
 * record — what is published of a game that is over, as text for people and programs.
 *
 * Owns:     nothing; the text lives in the arena given.
 * Errors:   STATUS_FULL; STATUS_FAILED_PRECONDITION with a fault where the game has no such record.
 */

#include "gamesvc/table.h"

/* Writes the GCG file of a crossword game. */
enum status record_gcg(struct arena *arena, const struct table *table,
                       const Arbiter__V1__LoadGameReply *stored, const char **out_text,
                       struct fault *out_fault) MUST_CHECK;

/* Writes all that `arbiter game verify` needs to run the game again, as JSON: rules, options,
 * control, start, commitment, seed (of `tools`), every turn with its record, the result. */
enum status record_json(struct arena *arena, const struct table *table,
                        const struct table_tools *tools, const Arbiter__V1__LoadGameReply *stored,
                        const char **out_text) MUST_CHECK;

/* Writes bytes as lower-case hexadecimal; NULL without memory. */
const char *record_hex(struct arena *arena, const uint8_t *bytes, size_t size);

#endif
