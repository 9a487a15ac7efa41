/* Messages from strangers on the socket, as lines and as JSON. What is read keeps its bounds; a
 * line that is read and written as JSON means the same; errors have a sentence. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "seeks/socket_message.h"

#define FUZZ_MEMORY_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_bounds(const struct socket_message *message)
{
    assert(strlen(message->ref) <= SOCKET_REF_MAX);
    assert(strlen(message->game) <= SOCKET_GAME_MAX);
    assert(strlen(message->move) <= SOCKET_MOVE_MAX);
    assert(strlen(message->kind) <= SOCKET_KIND_MAX);
    assert(strlen(message->request) <= SOCKET_REQUEST_MAX);
    assert(message->expected_turn >= -1 && message->expected_turn <= INT32_MAX);
    assert(message->after >= -1 && message->after <= INT32_MAX);
}

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text[0] != '\0')
        (void)json_object_set_new(object, name, json_string(text)); /* what is lost is asserted */
}

static void set_number(json_t *object, const char *name, int64_t number)
{
    if (number >= 0)
        (void)json_object_set_new(object, name, json_integer(number)); /* likewise */
}

/* Says the same in JSON and reads it again. Only texts that are UTF-8 can be said in JSON. */
static void check_same(struct arena *arena, const struct socket_message *message)
{
    struct socket_message again;
    struct fault fault = {0};
    struct buffer text = {0};
    json_t *object = json_pack("{s:s}", "do", socket_verb_name(message->verb));
    set_text(object, "ref", message->ref);
    set_text(object, "game", message->game);
    set_text(object, "move", message->move);
    set_text(object, "kind", message->kind);
    set_text(object, "request", message->request);
    set_text(object, "token", message->token);
    set_number(object, "expected_turn", message->expected_turn);
    set_number(object, "after", message->after);
    socket_message_write(object, true, &text);
    json_decref(object);
    enum status status = socket_message_read(arena, buffer_text(&text), text.size, &again, &fault);
    assert(status == STATUS_OK && again.is_json && again.verb == message->verb);
    assert(strcmp(again.ref, message->ref) == 0 && strcmp(again.game, message->game) == 0);
    assert(strcmp(again.move, message->move) == 0 && strcmp(again.token, message->token) == 0);
    assert(strcmp(again.kind, message->kind) == 0);
    assert(strcmp(again.request, message->request) == 0);
    assert(again.expected_turn == message->expected_turn && again.after == message->after);
    buffer_deinit(&text);
}

static bool is_ascii(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] >= 0x80)
            return false;
    return true;
}

/* Any JSON can be written as a line: it has no control characters. */
static void check_line(const uint8_t *data, size_t size)
{
    struct buffer text = {0};
    json_t *object = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(object)) {
        (void)json_object_set_new(object, "type", json_string("event")); /* a line needs one */
        (void)json_object_del(object, "ref");
        socket_message_write(object, false, &text);
        assert(!text.failed && strncmp(buffer_text(&text), "event", 5) == 0);
    }
    json_decref(object);
    buffer_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct socket_message message;
    struct fault fault = {0};
    struct arena arena;
    if (size > SOCKET_MESSAGE_BYTES_MAX)
        return 0;
    arena_init(&arena, FUZZ_MEMORY_MAX);
    enum status status = socket_message_read(&arena, (const char *)data, size, &message, &fault);
    check_bounds(&message);
    if (status == STATUS_OK && is_ascii(data, size))
        check_same(&arena, &message);
    if (status != STATUS_OK)
        assert(status == STATUS_INVALID_ARGUMENT && fault.text[0] != '\0');
    check_line(data, size);
    arena_deinit(&arena);
    return 0;
}
