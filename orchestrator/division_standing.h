#ifndef ORCHESTRATOR_DIVISION_STANDING_H
#define ORCHESTRATOR_DIVISION_STANDING_H

/*
 * division_standing — a division's policy as it was announced, and the standings it gives.
 *
 * Owns:     nothing; everything lives in the arena.
 * Errors:   STATUS_DATA_LOSS where the stored policy does not read; those of the libraries.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "orchestrator/format/format.h"
#include "orchestrator/standing/standing.h"

#include "arbiter/v1/domain.pb-c.h"

/* Reads the policy a division was announced with; `out_format` may be NULL. */
enum status division_format(struct arena *arena, const Arbiter__V1__Division *division,
                            const struct format **out_format,
                            const struct format_division **out_division) MUST_CHECK;

/* Ranks the division after `round` (0: the last that is paired). */
enum status division_rank(struct arena *arena, const Arbiter__V1__Division *division,
                          const struct format_division *format, int round,
                          struct record **out_record, struct standing_table *out_table,
                          struct fault *out_fault) MUST_CHECK;

#endif
