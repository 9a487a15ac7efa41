#ifndef PROTO_REFLECT_H
#define PROTO_REFLECT_H

/*
 * reflect — messages as values and back, driven by the generated descriptors.
 *
 * A machine's `run` and `invoke` name a command, and a command is a method of a service: the map a
 * machine computes becomes the method's input message here, and the output message becomes the map
 * that `result.x` reads. No field is listed twice.
 *
 *     message field                     value
 *     bool, string                      bool, string
 *     int32 … sint64                    int (from a timestamp or duration too where the field's
 * name uint32, uint64                    ends in _ms) double, float                     double
 * (from an int too) bytes                             string, only where it is valid UTF-8 message
 * map, one entry a field, in field order repeated                          list oneof only the
 * field that is set
 *
 * Owns:     nothing; results live in the arena and may point into the message or value.
 * Threads:  none inside, no state.
 * Errors:   STATUS_INVALID_ARGUMENT with the field's path in the fault; STATUS_FULL for the arena.
 */

#include "base/arena.h"
#include "base/fault.h"
#include "base/status.h"
#include "fsm/expr/value.h"

#include <protobuf-c/protobuf-c.h>

#define REFLECT_DEPTH_MAX 16

/* Returns the message as a map with an entry for every field (proto3 defaults included, but for
 * oneofs). */
enum status reflect_to_value(struct arena *arena, const ProtobufCMessage *message,
                             struct value *out_value) MUST_CHECK;

/* Makes a message from a map; absent and null fields keep their defaults, unknown ones are refused.
 */
enum status reflect_from_value(struct arena *arena, const ProtobufCMessageDescriptor *descriptor,
                               struct value map, ProtobufCMessage **out_message,
                               struct fault *out_fault) MUST_CHECK;

/* A method of one of the house's services. */
struct reflect_method {
    const ProtobufCServiceDescriptor *service;
    const ProtobufCMethodDescriptor *method;
};

/* Finds "gamesvc.start_game", or the same after the subject prefix "arbiter.v1."; STATUS_NOT_FOUND
 * where no service has it. */
enum status reflect_find_method(const char *name, struct reflect_method *out_method) MUST_CHECK;

/* All services of the contract, NULL at the end. */
const ProtobufCServiceDescriptor *const *reflect_services(void);

/* Writes CamelCase as snake_case ("StartGame" → "start_game"), cut to fit; returns `out`. */
const char *reflect_snake_case(const char *camel, char *out, size_t out_size);

/* Returns the type of a field as machine files write it: "int", "list(string)", "map(string, dyn)".
 */
const char *reflect_field_type(struct arena *arena, const ProtobufCFieldDescriptor *field);

#endif
