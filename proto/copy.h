#ifndef PROTO_COPY_H
#define PROTO_COPY_H

/* copy — a message that outlives the answer it came in. */

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

#endif
