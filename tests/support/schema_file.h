#ifndef TESTS_SUPPORT_SCHEMA_FILE_H
#define TESTS_SUPPORT_SCHEMA_FILE_H

/* schema_file — a schema for editors is what the reader's own table prints: they cannot drift. */

#include "fsm/yaml/yaml.h"

/* Holds policies/schema/NAME.schema.json to a shape (golden.h), and every reference in it to a
 * definition. */
void schema_file_holds(const struct yaml_shape *shape, const char *name, const char *title);

#endif
