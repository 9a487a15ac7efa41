#ifndef TESTS_CONFORMANCE_STATECHART_CASE_H
#define TESTS_CONFORMANCE_STATECHART_CASE_H

/*
 * statechart_case — a neutral JSON case (cases/statechart/FORMAT.md) read into a machine.
 *
 * Owns:     nothing: the machine lives in the arena and copies what it needs from the JSON.
 * Errors:   faults, without places.
 */

#include "fsm/draft.h"

#include <jansson.h>

/* Compiles the `machine` of a case; `is_nullable`: a variable without `init` is null. */
enum status statechart_case_load(struct arena *arena, const json_t *machine, bool is_nullable,
                                 struct yaml_faults *faults,
                                 const struct fsm_machine **out_machine) MUST_CHECK;

/* Turns any JSON into a value; whole numbers are ints. False where the arena is full. */
bool statechart_case_value(struct arena *arena, const json_t *json, struct value *out) MUST_CHECK;

#endif
