#ifndef FSM_SHAPE_H
#define FSM_SHAPE_H

/*
 * shape — the keys of a machine file as one table: the loader checks files against it, and
 * policies/schema/machine.schema.json is printed from it.
 */

#include "fsm/yaml/yaml.h"

/* A machine file. */
extern const struct yaml_shape fsm_machine_shape;

/* Words of enumerations, in the order the readers rely on. */
extern const char *const fsm_state_types[];   /* parallel, final */
extern const char *const fsm_history_kinds[]; /* shallow, deep */
extern const char *const fsm_command_kinds[]; /* call, write */
extern const char *const fsm_jitter_kinds[];  /* full, none */

#endif
