#ifndef FSM_VALUE_CODEC_H
#define FSM_VALUE_CODEC_H

/*
 * value_codec — values on the wire: struct value as arbiter.v1.Value and back.
 *
 * Owns:     nothing; results live in the arena. What is read is copied, so the message may go;
 *           what is written is copied too.
 * Errors:   STATUS_FULL for the arena; STATUS_INVALID_ARGUMENT for kinds that do not travel (types,
 *           errors, unset); STATUS_DATA_LOSS for messages that are no value (invalid UTF-8, moments
 *           out of range, keys twice, nesting past VALUE_CODEC_DEPTH_MAX).
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"
#include "fsm/expr/value.h"

#include "arbiter/v1/value.pb-c.h"

#define VALUE_CODEC_DEPTH_MAX 64

/* Writes any value. */
enum status value_codec_write(struct arena *arena, struct value value,
                              Arbiter__V1__Value **out_message) MUST_CHECK;

/* Reads any value. */
enum status value_codec_read(struct arena *arena, const Arbiter__V1__Value *message,
                             struct value *out_value) MUST_CHECK;

/* The same for maps. */
enum status value_codec_map(struct arena *arena, struct value map,
                            Arbiter__V1__ValueMap **out_map) MUST_CHECK;
enum status value_codec_from_map(struct arena *arena, const Arbiter__V1__ValueMap *map,
                                 struct value *out_value) MUST_CHECK;

#endif
