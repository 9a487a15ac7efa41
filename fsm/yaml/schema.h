#ifndef FSM_YAML_SCHEMA_H
#define FSM_YAML_SCHEMA_H

/*
 * schema — a yaml_shape printed as JSON Schema (draft 2020-12), for completion in editors.
 *
 * In:       a shape; recursive ones are fine where the shapes in the circle have names.
 * Out:      JSON text. The same shapes check the files, so the two cannot drift.
 * Threads:  none inside.
 * Errors:   buffer->failed.
 */

#include "base/buffer.h"
#include "fsm/yaml/yaml.h"

#define YAML_SCHEMA_DEFINITIONS_MAX 128 /* named shapes of one schema; more are our mistake */

/* Appends the schema of `root` with the given `$id` and title. */
void yaml_schema_write(const struct yaml_shape *root, const char *id, const char *title,
                       struct buffer *out);

#endif
