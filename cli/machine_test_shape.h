#ifndef CLI_MACHINE_TEST_SHAPE_H
#define CLI_MACHINE_TEST_SHAPE_H

/*
 * machine_test_shape — the keys of a policy test file (NAME.test.yaml) as one table: `arbiter
 * machine test` checks files against it, and policies/schema/machine_test.schema.json is printed
 * from it.
 */

#include "fsm/yaml/yaml.h"

extern const struct yaml_shape machine_test_shape;

#endif
