#ifndef BUS_ENVELOPE_CODEC_H
#define BUS_ENVELOPE_CODEC_H

/*
 * envelope_codec — what a request and a reply look like on the wire (arbiter/v1/rpc.proto).
 *
 * In:       messages of protobuf-c; bytes from anybody, which are checked before they are believed:
 *           nesting deeper than ENVELOPE_DEPTH_MAX is refused, as the generated decoder recurses.
 * Owns:     encoded bytes live in the scratch until its next use; decoded ones in the arena.
 * Errors:   STATUS_FULL for a message past BUS_MESSAGE_MAX, STATUS_INVALID_ARGUMENT for bytes that
 *           are no such message.
 */

#include "base/arena.h"
#include "bus/bus.h"

#define ENVELOPE_DEPTH_MAX 64
/* Decoding may take so many times the bytes on the wire (pointers, defaults), and some to begin
 * with. */
#define ENVELOPE_MEMORY_MAX ((size_t)64 << 20)

/* Two reusable blocks of bytes: the inner message and the envelope around it. Zeroed is empty. */
struct envelope_scratch {
    uint8_t *inner;
    size_t inner_capacity;
    uint8_t *outer;
    size_t outer_capacity;
};
void envelope_scratch_deinit(struct envelope_scratch *scratch);

struct envelope_bytes {
    const void *data;
    size_t size;
};

/* Encodes a message by itself. */
enum status envelope_encode(struct envelope_scratch *scratch, const ProtobufCMessage *message,
                            struct envelope_bytes *out_bytes) MUST_CHECK;

struct envelope_request {
    const char *request_id;
    int64_t deadline_ms;
    const char *traceparent;
    struct envelope_bytes payload;
};
enum status envelope_encode_request(struct envelope_scratch *scratch,
                                    const struct envelope_request *request,
                                    struct envelope_bytes *out_bytes) MUST_CHECK;
enum status envelope_decode_request(struct arena *arena, struct envelope_bytes bytes,
                                    struct envelope_request *out_request) MUST_CHECK;

/* A reply: `status` STATUS_OK with a payload, or an error. */
struct envelope_reply {
    enum status status;
    struct envelope_bytes payload;
    const char *message;
    const struct bus_detail *details;
    size_t detail_count;
};
enum status envelope_encode_reply(struct envelope_scratch *scratch,
                                  const struct envelope_reply *reply,
                                  struct envelope_bytes *out_bytes) MUST_CHECK;
enum status envelope_decode_reply(struct arena *arena, struct envelope_bytes bytes,
                                  struct envelope_reply *out_reply) MUST_CHECK;

/* Decodes a message of any type into the arena. */
enum status envelope_decode(struct arena *arena, const ProtobufCMessageDescriptor *type,
                            struct envelope_bytes bytes,
                            const ProtobufCMessage **out_message) MUST_CHECK;

/* The same from malloc, to be given to protobuf_c_message_free_unpacked(); NULL for bytes that are
 * no such message, nest too deep, or without memory. */
ProtobufCMessage *envelope_unpack(const ProtobufCMessageDescriptor *type,
                                  struct envelope_bytes bytes);

#endif
