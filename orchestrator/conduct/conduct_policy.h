#ifndef CONDUCT_CONDUCT_POLICY_H
#define CONDUCT_CONDUCT_POLICY_H

/*
 * conduct_policy — reads the files under policies/conduct/.
 *
 * In:       the text of one file.
 * Out:      a struct conduct_policy with every default filled in, or faults with line and column.
 * Owns:     nothing: the policy's programs live in the arena given.
 * Errors:   STATUS_INVALID_ARGUMENT with faults, STATUS_FULL for the arena.
 */

#include "fsm/yaml/yaml.h"
#include "orchestrator/conduct/conduct.h"

/* The shape of the file: the same table checks it and prints its JSON Schema. */
extern const struct yaml_shape conduct_policy_shape;

enum status conduct_policy_read(struct arena *arena, const char *text, size_t size,
                                struct yaml_faults *faults,
                                struct conduct_policy *out_policy) MUST_CHECK;

#endif
