/* Sockets: how they come, what they may, how they go. */
#include "seeks/socket.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "seeks/socket_private.h"

enum { SWEEP_MS = 1000, MESSAGE_ARENA = 32 * 1024, PROTOCOLS_MAX = TOKEN_TEXT_MAX + 256 };

static const char json_protocol[] = "arbiter.json";
static const char text_protocol[] = "arbiter.text";

/* ---- saying ------------------------------------------------------------------------------ */

void socket_add(json_t *object, const char *name, json_t *value)
{
    (void)json_object_set_new(object, name, value); /* without memory the message lacks it */
}

void socket_send(struct socket *socket, const struct buffer *text)
{
    if (!text->failed && text->size > 0 && socket->websocket != NULL &&
        websocket_is_open(socket->websocket) &&
        !websocket_send(socket->websocket, buffer_text(text), text->size))
        socket->sockets->dropped++;
}

void socket_say(struct socket *socket, json_t *message, bool is_json)
{
    struct buffer text = {0};
    if (message != NULL)
        socket_message_write(message, is_json, &text);
    json_decref(message);
    socket_send(socket, &text);
    buffer_deinit(&text);
}

json_t *socket_answer(const char *type, const struct socket_message *message)
{
    json_t *answer = json_pack("{s:s}", "type", type);
    if (message->ref[0] != '\0')
        socket_add(answer, "ref", json_string(message->ref));
    socket_add(answer, "do", json_string(socket_verb_name(message->verb)));
    if (message->game[0] != '\0')
        socket_add(answer, "game", json_string(message->game));
    return answer;
}

void socket_refuse(struct socket *socket, const struct socket_message *message, const char *code,
                   const char *text)
{
    json_t *error = socket_answer("error", message);
    socket_add(error, "code", json_string(code));
    socket_add(error, "text", json_string(text));
    socket_say(socket, error, message->is_json);
}

/* What could not be read has no verb. */
static void refuse_unread(struct socket *socket, const char *ref, const char *code,
                          const char *text)
{
    json_t *error = json_pack("{s:s}", "type", "error");
    if (ref[0] != '\0')
        socket_add(error, "ref", json_string(ref));
    socket_add(error, "code", json_string(code));
    socket_add(error, "text", json_string(text));
    socket_say(socket, error, !socket->speaks_text);
}

void socket_drop(struct socket *socket, unsigned code, const char *reason)
{
    if (socket->websocket == NULL || !websocket_is_open(socket->websocket))
        return;
    socket->sockets->dropped++;
    log_event(LOG_INFO, "socket_dropped", "player=%s code=%u reason=\"%s\"",
              socket->player[0] != '\0' ? socket->player : "-", code, reason);
    websocket_close(socket->websocket, code, reason);
}

/* ---- hearing ----------------------------------------------------------------------------- */

static bool is_expired(const struct socket *socket, int64_t now_ms)
{
    return socket->player[0] != '\0' && now_ms >= socket->expires_at_ms;
}

/* Credit grows with time, up to that of two seconds. */
static bool may_speak(struct socket *socket, int64_t now_ms)
{
    int64_t cost_ms = 1000 / socket->sockets->options.rate;
    socket->credit_ms += now_ms - socket->credited_at_ms;
    socket->credited_at_ms = now_ms;
    if (socket->credit_ms > 2000)
        socket->credit_ms = 2000;
    if (socket->credit_ms < cost_ms)
        return false;
    socket->credit_ms -= cost_ms;
    return true;
}

/* What comes too fast is refused and not read; who goes on is closed. */
static bool check_pace(struct socket *socket)
{
    socket->sockets->messages++;
    if (may_speak(socket, clock_monotonic_us() / 1000))
        return true;
    if (++socket->excess > SOCKET_EXCESS_MAX)
        socket_drop(socket, WEBSOCKET_POLICY, "too many messages, too fast");
    else
        refuse_unread(socket, "", "rate", "too many messages a second: this one was not read");
    return false;
}

static void on_text(const char *text, size_t size, void *user)
{
    struct socket *socket = user;
    struct socket_message message;
    struct fault fault = {0};
    struct arena arena;
    if (!check_pace(socket))
        return;
    arena_init(&arena, MESSAGE_ARENA);
    enum status status = socket_message_read(&arena, text, size, &message, &fault);
    socket->speaks_text = !message.is_json;
    bool is_renewal = status == STATUS_OK && message.verb == SOCKET_TOKEN;
    if (is_expired(socket, loop_now_ms(socket->sockets->loop)) && !is_renewal)
        socket_drop(socket, SOCKET_TOKEN_EXPIRED, "your token has expired");
    else if (status == STATUS_OK)
        socket_do(socket, &message);
    else
        refuse_unread(socket, message.ref, status == STATUS_FULL ? "too-large" : "malformed",
                      status == STATUS_FULL ? "the message is too large" : fault.text);
    arena_deinit(&arena);
}

static void on_refused(enum websocket_refusal refusal, void *user)
{
    struct socket *socket = user;
    if (!check_pace(socket))
        return;
    if (refusal == WEBSOCKET_REFUSED_BINARY)
        refuse_unread(socket, "", "binary", "send text frames; binary ones are not read");
    else
        refuse_unread(socket, "", "too-large", "a message has 4096 bytes at most");
}

/* ---- going ------------------------------------------------------------------------------- */

bool socket_is_there(struct socket *socket)
{
    socket->pending--;
    if (socket->websocket != NULL)
        return true;
    if (socket->pending == 0)
        free(socket);
    return false;
}

/* Takes a socket off the list; it is freed now, or when its last request has been answered. */
static void leave(struct socket *socket)
{
    struct sockets *sockets = socket->sockets;
    socket_unwatch_all(socket);
    loop_cancel(sockets->loop, socket->pause);
    if (socket->previous != NULL)
        socket->previous->next = socket->next;
    else
        sockets->first = socket->next;
    if (socket->next != NULL)
        socket->next->previous = socket->previous;
    sockets->count--;
    http_upgrade_close(socket->upgrade);
    socket->websocket = NULL;
    if (socket->pending == 0)
        free(socket);
}

static void on_closed(unsigned code, const char *reason, void *user)
{
    (void)code; /* what was our doing has been logged */
    (void)reason;
    leave(user);
}

/* ---- coming ------------------------------------------------------------------------------ */

bool sockets_have_room(const struct sockets *sockets, const char *player)
{
    int count = 0;
    if (sockets->count >= SOCKETS_MAX)
        return false;
    for (const struct socket *socket = sockets->first; player[0] != '\0' && socket != NULL;
         socket = socket->next)
        count += strcmp(socket->player, player) == 0;
    return count < SOCKETS_PLAYER_MAX;
}

static void say_hello(struct socket *socket)
{
    json_t *hello = json_pack("{s:s, s:s}", "type", "hello", "player", socket->player);
    if (socket->player[0] != '\0')
        socket_add(hello, "expires_at_ms", json_integer(socket->expires_at_ms));
    socket_add(hello, "message_bytes_max", json_integer(SOCKET_MESSAGE_BYTES_MAX));
    socket_add(hello, "messages_per_second", json_integer(socket->sockets->options.rate));
    socket_add(hello, "watches_max", json_integer(SOCKET_WATCHES_MAX));
    socket_say(socket, hello, !socket->speaks_text);
}

static void on_upgraded(struct http_upgrade *upgrade, int descriptor, const void *early,
                        size_t early_size, void *user)
{
    struct socket *socket = user;
    struct sockets *sockets = socket->sockets;
    if (upgrade == NULL) {
        free(socket);
        return;
    }
    socket->upgrade = upgrade;
    socket->credited_at_ms = clock_monotonic_us() / 1000;
    socket->websocket = websocket_create(
        sockets->loop, &(struct websocket_options){.descriptor = descriptor,
                                                   .message_max = SOCKET_MESSAGE_BYTES_MAX,
                                                   .backlog_max = SOCKET_BACKLOG_MAX,
                                                   .early = early,
                                                   .early_size = early_size,
                                                   .on_text = on_text,
                                                   .on_refused = on_refused,
                                                   .on_closed = on_closed,
                                                   .user = socket});
    if (socket->websocket == NULL) {
        http_upgrade_close(upgrade);
        free(socket);
        return;
    }
    bool has_room = sockets_have_room(sockets, socket->player);
    socket->next = sockets->first;
    if (sockets->first != NULL)
        sockets->first->previous = socket;
    sockets->first = socket;
    sockets->count++;
    if (has_room)
        say_hello(socket);
    else
        socket_drop(socket, SOCKET_TOO_MANY, "you have too many sockets open");
}

/* Finds `wanted` among the protocols offered, with commas between; one that ends in a dot stands
 * for all that begin with it. Returns what follows the dot, or "". */
static const char *find_protocol(struct exchange *exchange, const char *wanted)
{
    const char *offered = http_header(exchange->request, "Sec-WebSocket-Protocol");
    size_t size = strlen(wanted);
    for (const char *at = offered; at != NULL && *at != '\0'; at += *at == ',') {
        at += strspn(at, " \t");
        size_t end = strcspn(at, ", \t");
        if (end >= size && strncmp(at, wanted, size) == 0 &&
            (end == size || wanted[size - 1] == '.'))
            return arena_copy(exchange_arena(exchange), at + size, end - size);
        at += strcspn(at, ",");
    }
    return NULL;
}

static bool has_token_word(const char *header, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = header; at != NULL && *at != '\0'; at += *at == ',') {
        at += strspn(at, " \t");
        size_t end = strcspn(at, ", \t");
        if (end == size && strncasecmp(at, word, size) == 0)
            return true;
        at += strcspn(at, ",");
    }
    return false;
}

/* A browser cannot set Authorization: there the token comes as a protocol, "bearer.<token>". */
static bool identify(struct exchange *exchange)
{
    struct fault fault = {0};
    const char *token = find_protocol(exchange, "bearer.");
    if (exchange->claims.subject[0] != '\0' || token == NULL)
        return true;
    if (token_verify(exchange->api->keys, token, loop_wall_ms(bus_loop(exchange->api->bus)),
                     &exchange->claims, &fault) == STATUS_OK &&
        exchange_is_id(exchange->claims.subject))
        return true;
    exchange_problem(exchange, 401, "unauthenticated", "A valid token is needed", "%s",
                     fault.text[0] != '\0' ? fault.text : "the token's subject is no player's id");
    return false;
}

static bool check_handshake(struct exchange *exchange, char accept[WEBSOCKET_ACCEPT_SIZE])
{
    const char *key = http_header(exchange->request, "Sec-WebSocket-Key");
    const char *version = http_header(exchange->request, "Sec-WebSocket-Version");
    if (!has_token_word(http_header(exchange->request, "Upgrade"), "websocket") ||
        !has_token_word(http_header(exchange->request, "Connection"), "upgrade")) {
        exchange_problem(exchange, 426, "upgrade", "A WebSocket is needed",
                         "ask with 'Connection: Upgrade' and 'Upgrade: websocket'");
        return false;
    }
    if (version == NULL || strcmp(version, "13") != 0 || key == NULL ||
        !websocket_accept(key, accept)) {
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "Sec-WebSocket-Version is 13, Sec-WebSocket-Key 16 bytes in Base64");
        return false;
    }
    if (feed_position(exchange->api->feed) < 0) {
        exchange_problem(exchange, 503, "unavailable", "The service is busy or away",
                         "the events are not at hand yet; try again");
        return false;
    }
    return true;
}

static void get_socket(struct exchange *exchange)
{
    char accept[WEBSOCKET_ACCEPT_SIZE];
    struct sockets *sockets = exchange->api->sockets;
    if (!check_handshake(exchange, accept) || !identify(exchange))
        return;
    if (!sockets_have_room(sockets, exchange->claims.subject)) {
        exchange_problem(exchange, 429, "limit", "A limit has been reached",
                         "a player has %d sockets at most, all of us %d", SOCKETS_PLAYER_MAX,
                         SOCKETS_MAX);
        return;
    }
    bool speaks_text = find_protocol(exchange, text_protocol) != NULL;
    bool speaks_json = !speaks_text && find_protocol(exchange, json_protocol) != NULL;
    struct socket *socket = calloc(1, sizeof *socket);
    if (socket == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    memcpy(socket->player, exchange->claims.subject, strlen(exchange->claims.subject) + 1);
    socket->sockets = sockets;
    socket->roles = exchange->claims.roles;
    socket->expires_at_ms = exchange->claims.expires_at_ms;
    socket->speaks_text = speaks_text;
    socket->credit_ms = 2000;
    const struct http_header headers[] = {
        {"Upgrade", "websocket"},
        {"Sec-WebSocket-Accept", accept},
        {"Sec-WebSocket-Protocol", speaks_text ? text_protocol : json_protocol},
    };
    http_answer_upgrade(exchange->request, headers, speaks_text || speaks_json ? 3 : 2, on_upgraded,
                        socket);
}

const struct route socket_routes[] = {
    {"GET", "/v1/socket", 0, get_socket, NULL, NULL, NULL},
    {NULL, NULL, 0, NULL, NULL, NULL, NULL},
};

/* ---- all of them ------------------------------------------------------------------------- */

static void ping(struct socket *socket, int64_t now_ms)
{
    socket->pinged_at_ms = now_ms;
    websocket_ping(socket->websocket);
}

/* Closing one may drop no other: websockets end in a later round. */
static void on_sweep(void *user)
{
    struct sockets *sockets = user;
    int64_t now_ms = clock_monotonic_us() / 1000;
    int64_t house_ms = loop_now_ms(sockets->loop);
    int64_t ping_ms = (int64_t)sockets->options.ping_s * 1000;
    for (struct socket *socket = sockets->first; socket != NULL; socket = socket->next) {
        int64_t silence_ms = now_ms - websocket_heard_ms(socket->websocket);
        if (is_expired(socket, house_ms))
            socket_drop(socket, SOCKET_TOKEN_EXPIRED, "your token has expired");
        else if (silence_ms > 3 * ping_ms)
            socket_drop(socket, SOCKET_SILENT, "you have not answered for a while");
        else if (silence_ms > ping_ms && now_ms - socket->pinged_at_ms > ping_ms)
            ping(socket, now_ms);
    }
    if (loop_after(sockets->loop, SWEEP_MS, on_sweep, sockets, &sockets->sweep) != STATUS_OK)
        log_event(LOG_ERROR, "socket_sweep_stopped", "next=\"restart the service\"");
}

struct sockets *sockets_create(const struct sockets_options *options)
{
    struct sockets *sockets = calloc(1, sizeof *sockets);
    if (sockets == NULL)
        return NULL;
    sockets->options = *options;
    if (options->rate <= 0)
        sockets->options.rate = SOCKET_RATE_DEFAULT;
    if (sockets->options.rate > 1000)
        sockets->options.rate = 1000; /* a message costs a millisecond at least */
    if (options->ping_s <= 0)
        sockets->options.ping_s = SOCKET_PING_S_DEFAULT;
    sockets->loop = bus_loop(options->bus);
    if (feed_listen(options->feed, sockets_on_event, sockets) == STATUS_OK &&
        loop_after(sockets->loop, SWEEP_MS, on_sweep, sockets, &sockets->sweep) == STATUS_OK)
        return sockets;
    free(sockets);
    return NULL;
}

void sockets_destroy(struct sockets *sockets)
{
    if (sockets == NULL)
        return;
    loop_cancel(sockets->loop, sockets->sweep);
    while (sockets->first != NULL) {
        struct socket *socket = sockets->first;
        websocket_close(socket->websocket, WEBSOCKET_GOING_AWAY, "the service stops; come back");
        websocket_destroy(socket->websocket);
        leave(socket);
    }
    free(sockets);
}

bool sockets_have(const struct sockets *sockets, const char *player)
{
    for (const struct socket *socket = sockets->first; socket != NULL; socket = socket->next)
        if (player == NULL || strcmp(socket->player, player) == 0)
            return true;
    return false;
}

void sockets_stats(const struct sockets *sockets, struct api_stats *out_stats)
{
    out_stats->sockets = sockets->count;
    out_stats->socket_messages = sockets->messages;
    out_stats->sockets_dropped = sockets->dropped;
}
