#ifndef FSM_VALUE_CODEC_H
#define FSM_VALUE_CODEC_H

/*
 * value_codec — values as protobuf messages and back.
 *
 * Owns:     nothing: messages and values live in the arena given and may point into what they were
 *           made from. Messages made here are never passed to protobuf-c's free functions.
 * Threads:  none inside.
 * Errors:   STATUS_FULL for the arena; STATUS_INVALID_ARGUMENT for a value that has no message (an
 *           error, a type) or a message that is no value (nothing set, invalid UTF-8, a key twice,
 *           out of range, nested deeper than VALUE_CODEC_DEPTH_MAX).
 */

#include "base/arena.h"
#include "base/status.h"
#include "fsm/expr/value.h"

#include "arbiter/v1/value.pb-c.h"

#define VALUE_CODEC_DEPTH_MAX 32 /* lists and maps inside each other */

enum status value_codec_value(struct arena *arena, struct value value,
                              Arbiter__V1__Value **out_message) MUST_CHECK;
enum status value_codec_from_value(struct arena *arena, const Arbiter__V1__Value *message,
                                   struct value *out_value) MUST_CHECK;

/* The same for maps, which events and inputs are. A NULL message is an empty map. */
enum status value_codec_map(struct arena *arena, struct value map,
                            Arbiter__V1__ValueMap **out_message) MUST_CHECK;
enum status value_codec_from_map(struct arena *arena, const Arbiter__V1__ValueMap *message,
                                 struct value *out_map) MUST_CHECK;

/* Whether packed bytes of a message nest no deeper than `depth_max` messages. protobuf-c unpacks by
 * recursion without a limit, so bytes from outside are asked this first. Bytes that do not parse
 * count as too deep. */
bool value_codec_nests_within(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes,
                              size_t size, int depth_max);

#endif
