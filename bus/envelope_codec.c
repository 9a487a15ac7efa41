/* Packs and unpacks envelopes. Decoding happens in an arena, after a look at the nesting. */
#include "bus/envelope_codec.h"
#include "proto/copy.h"

#include "arbiter/v1/rpc.pb-c.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 1024 };

void envelope_scratch_deinit(struct envelope_scratch *scratch)
{
    free(scratch->inner);
    free(scratch->outer);
    *scratch = (struct envelope_scratch){0};
}

static bool reach(uint8_t **data, size_t *capacity, size_t size)
{
    if (size <= *capacity)
        return true;
    size_t wanted = *capacity < CAPACITY_MIN ? CAPACITY_MIN : *capacity;
    while (wanted < size)
        wanted *= 2;
    uint8_t *bigger = realloc(*data, wanted);
    if (bigger == NULL)
        return false;
    *data = bigger;
    *capacity = wanted;
    return true;
}

static enum status pack(uint8_t **data, size_t *capacity, const ProtobufCMessage *message,
                        struct envelope_bytes *out_bytes)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    if (size > BUS_MESSAGE_MAX || !reach(data, capacity, size > 0 ? size : 1))
        return STATUS_FULL;
    size_t packed = protobuf_c_message_pack(message, *data);
    assert(packed == size);
    *out_bytes = (struct envelope_bytes){*data, packed};
    return STATUS_OK;
}

enum status envelope_encode(struct envelope_scratch *scratch, const ProtobufCMessage *message,
                            struct envelope_bytes *out_bytes)
{
    return pack(&scratch->inner, &scratch->inner_capacity, message, out_bytes);
}

static enum status pack_outer(struct envelope_scratch *scratch, const ProtobufCMessage *message,
                              struct envelope_bytes *out_bytes)
{
    return pack(&scratch->outer, &scratch->outer_capacity, message, out_bytes);
}

/* protobuf-c's messages point to strings without const, though packing only reads them. */
static char *unconst(const char *text)
{
    union {
        const char *in;
        char *out;
    } text_as = {.in = text};
    return text_as.out;
}

static ProtobufCBinaryData binary(struct envelope_bytes bytes)
{
    union {
        const void *in;
        uint8_t *out;
    } data_as = {.in = bytes.data};
    return (ProtobufCBinaryData){bytes.size, data_as.out};
}

enum status envelope_encode_request(struct envelope_scratch *scratch,
                                    const struct envelope_request *request,
                                    struct envelope_bytes *out_bytes)
{
    Arbiter__V1__Request message = ARBITER__V1__REQUEST__INIT;
    message.request_id = unconst(request->request_id);
    message.deadline_ms = request->deadline_ms;
    message.traceparent = unconst(request->traceparent);
    message.payload = binary(request->payload);
    return pack_outer(scratch, &message.base, out_bytes);
}

static enum status encode_error(struct envelope_scratch *scratch,
                                const struct envelope_reply *reply,
                                struct envelope_bytes *out_bytes)
{
    Arbiter__V1__ErrorDetail details[BUS_DETAILS_MAX];
    Arbiter__V1__ErrorDetail *pointers[BUS_DETAILS_MAX];
    size_t count = reply->detail_count < BUS_DETAILS_MAX ? reply->detail_count : BUS_DETAILS_MAX;
    for (size_t i = 0; i < count; i++) {
        arbiter__v1__error_detail__init(&details[i]);
        details[i].key = unconst(reply->details[i].key);
        details[i].value = unconst(reply->details[i].value);
        pointers[i] = &details[i];
    }
    Arbiter__V1__Error error = ARBITER__V1__ERROR__INIT;
    error.code = (int32_t)reply->status;
    error.message = unconst(reply->message != NULL ? reply->message : "");
    error.n_details = count;
    error.details = pointers;
    Arbiter__V1__Reply message = ARBITER__V1__REPLY__INIT;
    message.outcome_case = ARBITER__V1__REPLY__OUTCOME_ERROR;
    message.error = &error;
    return pack_outer(scratch, &message.base, out_bytes);
}

enum status envelope_encode_reply(struct envelope_scratch *scratch,
                                  const struct envelope_reply *reply,
                                  struct envelope_bytes *out_bytes)
{
    if (reply->status != STATUS_OK)
        return encode_error(scratch, reply, out_bytes);
    Arbiter__V1__Reply message = ARBITER__V1__REPLY__INIT;
    message.outcome_case = ARBITER__V1__REPLY__OUTCOME_PAYLOAD;
    message.payload = binary(reply->payload);
    return pack_outer(scratch, &message.base, out_bytes);
}

/* ---- decoding ----------------------------------------------------------------------------------
 */

struct wire {
    const uint8_t *at;
    const uint8_t *end;
};

static bool read_varint(struct wire *wire, uint64_t *out_value)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && wire->at < wire->end; shift += 7) {
        uint8_t byte = *wire->at++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0) {
            *out_value = value;
            return true;
        }
    }
    return false;
}

/* Steps over one field's value; a length-delimited one is given out to look into. */
static bool read_value(struct wire *wire, unsigned wire_type, struct wire *out_inside)
{
    uint64_t size = 0;
    *out_inside = (struct wire){NULL, NULL};
    switch (wire_type) {
    case 0:
        return read_varint(wire, &size);
    case 1:
        size = 8;
        break;
    case 5:
        size = 4;
        break;
    case 2:
        if (!read_varint(wire, &size))
            return false;
        break;
    default:
        return false;
    }
    if (size > (uint64_t)(wire->end - wire->at))
        return false;
    if (wire_type == 2)
        *out_inside = (struct wire){wire->at, wire->at + size};
    wire->at += size;
    return true;
}

/* Whether messages nest at most `depth` deep. Recursion is bounded by `depth` itself. */
static bool nests_within(const ProtobufCMessageDescriptor *type, struct wire wire, int depth)
{
    if (depth == 0)
        return false;
    while (wire.at < wire.end) {
        uint64_t key;
        struct wire inside;
        if (!read_varint(&wire, &key) || !read_value(&wire, (unsigned)(key & 7), &inside))
            return false;
        if (inside.at == NULL || key >> 3 > UINT32_MAX)
            continue;
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(type, (unsigned)(key >> 3));
        if (field != NULL && field->type == PROTOBUF_C_TYPE_MESSAGE &&
            !nests_within(field->descriptor, inside, depth - 1))
            return false;
    }
    return true;
}

ProtobufCMessage *envelope_unpack(const ProtobufCMessageDescriptor *type,
                                  struct envelope_bytes bytes)
{
    const uint8_t *data = bytes.data;
    if (bytes.size == 0 ||
        !nests_within(type, (struct wire){data, data + bytes.size}, ENVELOPE_DEPTH_MAX))
        return NULL;
    return protobuf_c_message_unpack(type, NULL, bytes.size, data);
}

enum status envelope_decode(struct arena *arena, const ProtobufCMessageDescriptor *type,
                            struct envelope_bytes bytes, const ProtobufCMessage **out_message)
{
    static const uint8_t nothing[1] = {0};
    const uint8_t *data = bytes.size > 0 ? bytes.data : nothing;
    if (!nests_within(type, (struct wire){data, data + bytes.size}, ENVELOPE_DEPTH_MAX))
        return STATUS_INVALID_ARGUMENT;
    const ProtobufCMessage *message = proto_unpack_in(arena, type, data, bytes.size);
    if (message == NULL)
        return arena_full(arena) ? STATUS_FULL : STATUS_INVALID_ARGUMENT;
    *out_message = message;
    return STATUS_OK;
}

enum status envelope_decode_request(struct arena *arena, struct envelope_bytes bytes,
                                    struct envelope_request *out_request)
{
    const ProtobufCMessage *message;
    enum status status = envelope_decode(arena, &arbiter__v1__request__descriptor, bytes, &message);
    if (status != STATUS_OK)
        return status;
    const Arbiter__V1__Request *request = (const Arbiter__V1__Request *)message;
    *out_request = (struct envelope_request){
        .request_id = request->request_id,
        .deadline_ms = request->deadline_ms,
        .traceparent = request->traceparent,
        .payload = {request->payload.data, request->payload.len},
    };
    return STATUS_OK;
}

static enum status take_error(struct arena *arena, const Arbiter__V1__Error *error,
                              struct envelope_reply *out_reply)
{
    struct bus_detail *details = arena_array(arena, error->n_details + 1, sizeof *details);
    if (details == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < error->n_details; i++)
        details[i] = (struct bus_detail){error->details[i]->key, error->details[i]->value};
    enum status status = status_from_code(error->code);
    *out_reply = (struct envelope_reply){
        .status = status == STATUS_OK ? STATUS_UNKNOWN : status, /* an error is never fine */
        .message = error->message,
        .details = details,
        .detail_count = error->n_details,
    };
    return STATUS_OK;
}

enum status envelope_decode_reply(struct arena *arena, struct envelope_bytes bytes,
                                  struct envelope_reply *out_reply)
{
    const ProtobufCMessage *message;
    enum status status = envelope_decode(arena, &arbiter__v1__reply__descriptor, bytes, &message);
    if (status != STATUS_OK)
        return status;
    const Arbiter__V1__Reply *reply = (const Arbiter__V1__Reply *)message;
    switch (reply->outcome_case) {
    case ARBITER__V1__REPLY__OUTCOME_PAYLOAD:
        *out_reply = (struct envelope_reply){.payload = {reply->payload.data, reply->payload.len}};
        return STATUS_OK;
    case ARBITER__V1__REPLY__OUTCOME_ERROR:
        return take_error(arena, reply->error, out_reply);
    case ARBITER__V1__REPLY__OUTCOME__NOT_SET:
    default: /* a generated enumeration: the wire may hold any number */
        return STATUS_INVALID_ARGUMENT;
    }
}
