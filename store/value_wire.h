#ifndef STORE_VALUE_WIRE_H
#define STORE_VALUE_WIRE_H

/*
 * value_wire — values of the expression language in and out of their protobuf form.
 *
 * Owns:     nothing; results live in the arena and may point into the input.
 * Errors:   STATUS_FULL for the arena, STATUS_INVALID_ARGUMENT for what has no counterpart.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"
#include "fsm/expr/value.h"

#include "arbiter/v1/value.pb-c.h"

enum status value_wire_read(struct arena *arena, const Arbiter__V1__Value *wire,
                            struct value *out_value) MUST_CHECK;
enum status value_wire_read_map(struct arena *arena, const Arbiter__V1__ValueMap *wire,
                                struct value *out_map) MUST_CHECK;
enum status value_wire_write_map(struct arena *arena, struct value map,
                                 Arbiter__V1__ValueMap **out_wire) MUST_CHECK;

#endif
