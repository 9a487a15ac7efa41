#ifndef SEEKS_JSON_CODEC_H
#define SEEKS_JSON_CODEC_H

/*
 * json_codec — messages as JSON and JSON as messages, by descriptor.
 *
 * A message is an object with its fields' names; 64-bit integers are JSON integers; empty
 * sub-messages and fields that are not the chosen one of a oneof are left out; bytes never leave
 * the house. Reading is strict: unknown members, wrong types, duplicate keys, deep nesting and
 * trailing text are faults that name the member.
 *
 * Threads:  none inside, no state.
 * Errors:   STATUS_INVALID_ARGUMENT with a fault; STATUS_FULL for the arena.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buffer.h"
#include "base/fault.h"
#include "base/status.h"

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#define JSON_DEPTH_MAX 32

/* Parses a body; the caller gives the reference back. */
enum status json_parse(const char *text, size_t size, json_t **out_json,
                       struct fault *out_fault) MUST_CHECK;

/* Makes a message from an object. */
enum status json_to_message(struct arena *arena, const ProtobufCMessageDescriptor *descriptor,
                            json_t *object, ProtobufCMessage **out_message,
                            struct fault *out_fault) MUST_CHECK;

/* Sets one field of a message from text (a path or query parameter). STATUS_NOT_FOUND where there
 * is no such field, or it is not a scalar. */
enum status json_set_field(struct arena *arena, ProtobufCMessage *message, const char *name,
                           const char *text, struct fault *out_fault) MUST_CHECK;

/* Returns the message as a new JSON value, NULL without memory. */
json_t *json_from_message(const ProtobufCMessage *message);

/* Returns a wire value, or a map of them, as a new JSON value. Durations and timestamps become
 * milliseconds. */
struct Arbiter__V1__ValueMap;
json_t *json_from_value_map(const struct Arbiter__V1__ValueMap *map);

/* Makes a wire map from an object: integers become int, other numbers double. */
enum status json_to_value_map(struct arena *arena, json_t *object,
                              struct Arbiter__V1__ValueMap **out_map) MUST_CHECK;

#endif
