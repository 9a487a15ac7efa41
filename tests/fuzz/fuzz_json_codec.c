/* Bodies from strangers: the first byte chooses a message, the rest is JSON. What is taken is shown
 * as JSON that is taken again. */
#include "seeks/json_codec.h"

#include <stdint.h>
#include <stdlib.h>

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"
#include "arbiter/v1/value.pb-c.h"

enum { MEMORY_MAX = 8 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(struct arena *arena, const ProtobufCMessageDescriptor *type, json_t *json)
{
    ProtobufCMessage *message = NULL;
    ProtobufCMessage *again = NULL;
    struct fault fault = {0};
    if (!json_is_object(json) || json_to_message(arena, type, json, &message, &fault) != STATUS_OK)
        return;
    json_t *shown = json_from_message(message);
    if (shown == NULL)
        return;
    enum status status = json_to_message(arena, type, shown, &again, &fault);
    if (status != STATUS_OK && status != STATUS_FULL)
        abort();
    json_decref(shown);
}

/* Parameters of a path and a query are set field by field. */
static void set_fields(struct arena *arena, const ProtobufCMessageDescriptor *type,
                       const char *text)
{
    struct fault fault = {0};
    ProtobufCMessage *message = arena_alloc(arena, type->sizeof_message);
    if (message == NULL)
        return;
    protobuf_c_message_init(type, message);
    for (unsigned i = 0; i < type->n_fields; i++) {
        enum status status = json_set_field(arena, message, type->fields[i].name, text, &fault);
        (void)status; /* any: a number is not a word */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ProtobufCMessageDescriptor *const types[] = {
        &arbiter__v1__game_request__descriptor,        &arbiter__v1__list_seeks_request__descriptor,
        &arbiter__v1__send_event_request__descriptor,  &arbiter__v1__value_map__descriptor,
        &arbiter__v1__list_events_request__descriptor,
    };
    struct arena arena;
    struct fault fault = {0};
    json_t *json = NULL;
    struct Arbiter__V1__ValueMap *map = NULL;
    if (size < 1)
        return 0;
    const ProtobufCMessageDescriptor *type = types[data[0] % (sizeof types / sizeof types[0])];
    arena_init(&arena, MEMORY_MAX);
    if (json_parse((const char *)data + 1, size - 1, &json, &fault) == STATUS_OK) {
        check_message(&arena, type, json);
        if (json_is_object(json) && json_to_value_map(&arena, json, &map) == STATUS_OK)
            json_decref(json_from_value_map(map));
    }
    char *text = arena_copy(&arena, (const char *)data + 1, size - 1);
    if (text != NULL)
        set_fields(&arena, type, text);
    json_decref(json);
    arena_deinit(&arena);
    return 0;
}
