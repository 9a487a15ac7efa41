#ifndef SEEKING_POLICY_SEEKING_POLICY_H
#define SEEKING_POLICY_SEEKING_POLICY_H

/*
 * seeking_policy — reads the files under policies/seeks/.
 *
 * In:       the text of one file.
 * Out:      a struct seeking_policy with every default filled in, or faults with line and column.
 * Owns:     nothing: the policy lives in the arena given.
 * Threads:  none inside.
 * Errors:   STATUS_INVALID_ARGUMENT with faults, STATUS_FULL for the arena.
 */

#include "fsm/yaml/yaml.h"
#include "orchestrator/seeking/checks.h"
#include "orchestrator/seeking/seeking.h"

/* The shape of the file: the same table checks it and prints its JSON Schema. */
extern const struct yaml_shape seeking_policy_shape;

/* Reads and checks a policy. `compat` switches named deviations on besides those that the file
 * switches on itself; it ends with NULL and may be NULL. */
enum status seeking_policy_read(struct arena *arena, const char *text, size_t size,
                                const char *const *compat, struct yaml_faults *faults,
                                const struct seeking_policy **out_policy) MUST_CHECK;

#endif
