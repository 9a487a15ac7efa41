#ifndef PROTO_COPY_H
#define PROTO_COPY_H

/* copy — messages in arenas, and messages that outlive the answer they came in. */

#include "base/arena.h"

#include <protobuf-c/protobuf-c.h>
#include <stdlib.h>

/* Returns a copy from malloc, for protobuf_c_message_free_unpacked(); NULL without memory. */
static inline ProtobufCMessage *proto_copy(const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    ProtobufCMessage *copy = NULL;
    if (bytes != NULL) {
        (void)protobuf_c_message_pack(message, bytes); /* sized above */
        copy = protobuf_c_message_unpack(message->descriptor, NULL, size, bytes);
    }
    free(bytes);
    return copy;
}

static inline void *proto_take_bytes(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static inline void proto_leave_bytes(void *arena, void *bytes)
{
    (void)arena; /* an arena is given back whole */
    (void)bytes;
}

/* Reads a message into an arena; NULL where that is full or the bytes are no such message. It reads
 * by recursion: the nesting of a stranger's bytes is looked at before. */
static inline void *proto_unpack_in(struct arena *arena, const ProtobufCMessageDescriptor *type,
                                    const void *bytes, size_t size)
{
    ProtobufCAllocator allocator = {proto_take_bytes, proto_leave_bytes, arena};
    return protobuf_c_message_unpack(type, &allocator, size, bytes);
}

/* Returns a copy in an arena, NULL where that is full. */
static inline void *proto_copy_in(struct arena *arena, const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena_alloc(arena, size);
    if (bytes == NULL)
        return NULL;
    (void)protobuf_c_message_pack(message, bytes); /* sized above */
    return proto_unpack_in(arena, message->descriptor, bytes, size);
}

#endif
