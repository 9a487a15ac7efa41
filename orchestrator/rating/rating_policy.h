#ifndef RATING_RATING_POLICY_H
#define RATING_RATING_POLICY_H

/*
 * rating_policy — a rating policy as directors write it: policies/ratings/NAME.yaml.
 *
 * A file names its system and states what differs from that system's built-in policy. What every
 * key means is in docs/ratings.md; the shape below is also what editors complete from.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"
#include "fsm/yaml/yaml.h"
#include "orchestrator/rating/rating.h"

/* The format as a table, for yaml_check() and the schema. */
extern const struct yaml_shape rating_policy_shape;

/* Reads a policy from the bytes of its file; `arena` is for the reading only, the policy keeps
 * nothing of it. Errors: STATUS_INVALID_ARGUMENT with faults, `out_policy` unchanged; STATUS_FULL.
 */
enum status rating_policy_read(const char *text, size_t size, struct arena *arena,
                               struct yaml_faults *faults,
                               struct rating_policy *out_policy) MUST_CHECK;

#endif
