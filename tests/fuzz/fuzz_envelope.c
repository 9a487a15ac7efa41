/* Bytes from anybody on a request subject: the envelope, then what it holds as several messages. */
#include "bus/envelope_codec.h"

#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/store.pb-c.h"
#include "arbiter/v1/value.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ProtobufCMessageDescriptor *const types[] = {
        &arbiter__v1__commit_step_request__descriptor,
        &arbiter__v1__start_game_request__descriptor,
        &arbiter__v1__value_map__descriptor,
    };
    struct arena arena;
    arena_init(&arena, ENVELOPE_MEMORY_MAX);
    struct envelope_bytes bytes = {data, size};
    struct envelope_request request;
    struct envelope_reply reply;
    const ProtobufCMessage *message;
    enum status status = envelope_decode_reply(&arena, bytes, &reply);
    status = envelope_decode_request(&arena, bytes, &request);
    if (status == STATUS_OK)
        bytes = request.payload;
    for (size_t i = 0; i < COUNT_OF(types); i++)
        status = envelope_decode(&arena, types[i], bytes, &message);
    (void)status; /* any is fine, as long as nothing breaks */
    arena_deinit(&arena);
    return 0;
}
