/* What a client may ask for on its socket. */
#include "seeks/socket_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "arbiter/v1/gamesvc.pb-c.h"

enum { EVENT_ID_SIZE = 25, CODE_MAX = 40 };

/* ---- asking the house -------------------------------------------------------------------- */

void socket_ask(struct socket *socket, const struct socket_message *message,
                const struct socket_call *call, bus_on_answer on_answer)
{
    struct socket_errand *errand = NULL;
    if (socket->pending < SOCKET_PENDING_MAX || call->is_ours)
        errand = calloc(1, sizeof *errand);
    if (errand == NULL && call->is_ours) {
        socket_drop(socket, WEBSOCKET_GOING_AWAY, "out of memory; come back and resume");
        return;
    }
    if (errand == NULL) {
        socket_refuse(socket, message, "busy",
                      "too many requests of yours are under way; try again");
        return;
    }
    errand->socket = socket;
    memcpy(errand->ref, message->ref, strlen(message->ref) + 1);
    memcpy(errand->game, message->game, strlen(message->game) + 1);
    errand->message = *message;
    errand->message.ref = errand->ref;
    errand->message.game = errand->game;
    errand->message.move = errand->message.token = "";
    socket->pending++;
    bus_call(socket->sockets->options.bus,
             &(struct bus_call){.service = call->service,
                                .method = call->method,
                                .input = call->input,
                                .request_id = call->request_id},
             on_answer, errand);
}

struct socket *socket_errand_arrived(struct socket_errand *errand)
{
    if (socket_is_there(errand->socket))
        return errand->socket;
    free(errand);
    return NULL;
}

/* "STALE_TURN" is for programs inside; clients know "stale-turn". */
static const char *code_of(const struct bus_answer *answer, char out[CODE_MAX])
{
    const char *reason = bus_answer_detail(answer, "reason");
    size_t size = reason != NULL ? strlen(reason) : 0;
    if (size == 0 || size >= CODE_MAX)
        return exchange_slug(answer->status);
    for (size_t i = 0; i <= size; i++)
        out[i] = reason[i] == '_' ? '-' : (char)tolower((unsigned char)reason[i]);
    return out;
}

void socket_refuse_like(struct socket *socket, const struct socket_message *message,
                        const struct bus_answer *answer)
{
    char code[CODE_MAX];
    const char *turn_count = bus_answer_detail(answer, "turn_count");
    json_t *error = socket_answer("error", message);
    socket_add(error, "code", json_string(code_of(answer, code)));
    socket_add(error, "text", json_string(answer->message));
    if (turn_count != NULL)
        socket_add(error, "turn_count", json_integer(strtoll(turn_count, NULL, 10)));
    socket_say(socket, error, message->is_json);
}

/* ---- moves ------------------------------------------------------------------------------- */

/* What a player says of a game: a move, or a word to the other player. */
struct saying {
    const char *event;
    int32_t expected_turn;
    bool is_once; /* said again it is the same */
};

/* The same move of the same player at the same turn is the same event, so a client that did not
 * hear the answer sends it again; so is the same answer to the same request. A move for any turn,
 * and a request, is a new one each time. */
static void name_event(const struct socket *socket, const char *game, const struct saying *saying,
                       char out_id[EVENT_ID_SIZE])
{
    static const char letters[] = "23456789abcdefghjkmnpqrstuvwxyz";
    unsigned char bytes[EVENT_ID_SIZE - 1];
    crypto_generichash_state state;
    const char *parts[] = {socket->player, game, saying->event};
    int64_t turn = saying->expected_turn;
    if (!saying->is_once) {
        randombytes_buf(bytes, sizeof bytes);
    } else {
        (void)crypto_generichash_init(&state, NULL, 0, sizeof bytes); /* cannot fail: sizes fit */
        for (size_t i = 0; i < COUNT_OF(parts); i++)
            (void)crypto_generichash_update(&state, (const unsigned char *)parts[i],
                                            strlen(parts[i]) + 1);
        (void)crypto_generichash_update(&state, (const unsigned char *)&turn, sizeof turn);
        (void)crypto_generichash_final(&state, bytes, sizeof bytes);
    }
    for (size_t i = 0; i < sizeof bytes; i++)
        out_id[i] = letters[bytes[i] % (sizeof letters - 1)];
    out_id[sizeof bytes] = '\0';
}

/* The answer to a move in the middle of a game; false where it is not as plain as that. */
static bool say_played(struct socket *socket, const struct socket_message *message,
                       const Arbiter__V1__PlayReply *reply)
{
    struct socket_text text;
    struct buffer out = {0};
    if (reply->result != NULL || reply->requests != NULL)
        return false;
    socket_text_begin(&text, &out, message->is_json, "ok", message->ref);
    socket_text_add(&text, "do", socket_verb_name(message->verb));
    socket_text_add(&text, "game", message->game);
    socket_text_add_number(&text, "turn_count", reply->turn_count);
    socket_text_add(&text, "status", reply->status);
    socket_text_add_json(&text, "last_turn", reply->last_turn);
    bool is_written = socket_text_end(&text);
    if (is_written)
        socket_send(socket, &out);
    buffer_deinit(&out);
    return is_written;
}

static void say_all_played(struct socket *socket, const struct socket_message *message,
                           const Arbiter__V1__PlayReply *reply)
{
    json_t *played = socket_answer("ok", message);
    json_t *fields = json_from_message(&reply->base);
    json_t *turn = json_loads(reply->last_turn, 0, NULL);
    if (turn != NULL)
        socket_add(fields, "last_turn", turn);
    (void)json_object_update_missing(played, fields); /* without memory it lacks them */
    json_decref(fields);
    socket_say(socket, played, message->is_json);
}

static void on_played(const struct bus_answer *answer, void *user)
{
    struct socket_errand *errand = user;
    struct socket *socket = socket_errand_arrived(errand);
    if (socket == NULL)
        return;
    if (answer->status != STATUS_OK)
        socket_note_move(socket, errand->game, 0);
    if (answer->status == STATUS_OK) {
        const Arbiter__V1__PlayReply *reply = (const Arbiter__V1__PlayReply *)answer->output;
        if (!say_played(socket, &errand->message, reply))
            say_all_played(socket, &errand->message, reply);
    } else {
        socket_refuse_like(socket, &errand->message, answer);
    }
    free(errand);
}

static void play(struct socket *socket, const struct socket_message *message,
                 const struct saying *saying)
{
    char event_id[EVENT_ID_SIZE];
    if (socket->player[0] == '\0' || (socket->roles & TOKEN_PLAYER) == 0) {
        socket_refuse(socket, message, socket->player[0] == '\0' ? "unauthenticated" : "forbidden",
                      "only players play; say who you are with a player's token");
        return;
    }
    name_event(socket, message->game, saying, event_id);
    if (message->verb == SOCKET_MOVE)
        socket_note_move(socket, message->game, message->expected_turn + 1);
    Arbiter__V1__PlayRequest request = ARBITER__V1__PLAY_REQUEST__INIT;
    request.game_id = (char *)message->game;
    request.expected_turn = saying->expected_turn;
    request.event_id = event_id;
    request.player_id = socket->player;
    request.event = (char *)saying->event;
    socket_ask(socket, message,
               &(struct socket_call){.service = &arbiter__v1__gamesvc__descriptor,
                                     .method = "Play",
                                     .input = &request.base,
                                     .request_id = event_id},
               on_played);
}

static void do_move(struct socket *socket, const struct socket_message *message)
{
    play(socket, message,
         &(struct saying){message->move, (int32_t)message->expected_turn,
                          message->expected_turn >= 0});
}

/* ---- what players ask of each other ------------------------------------------------------ */

/* The verb is the word that the game service knows. */
static void do_word(struct socket *socket, const struct socket_message *message)
{
    char word[SOCKET_REQUEST_MAX + SOCKET_KIND_MAX];
    bool is_answer = message->verb != SOCKET_REQUEST;
    const char *what = is_answer ? message->request : message->kind;
    if (strchr(what, ' ') != NULL) {
        socket_refuse(socket, message, "malformed", "one word, please");
        return;
    }
    (void)snprintf(word, sizeof word, "%s %s", socket_verb_name(message->verb), what); /* fits */
    play(socket, message, &(struct saying){word, -1, is_answer});
}

/* ---- everything of a game ---------------------------------------------------------------- */

static void on_viewed(const struct bus_answer *answer, void *user)
{
    struct socket_errand *errand = user;
    struct socket *socket = socket_errand_arrived(errand);
    if (socket == NULL)
        return;
    if (answer->status == STATUS_OK) {
        json_t *state = socket_answer("state", &errand->message);
        socket_add(state, "data",
                   exchange_game_json((const Arbiter__V1__ViewReply *)answer->output));
        socket_say(socket, state, errand->message.is_json);
    } else {
        socket_refuse_like(socket, &errand->message, answer);
    }
    free(errand);
}

static void do_state(struct socket *socket, const struct socket_message *message)
{
    Arbiter__V1__ViewRequest request = ARBITER__V1__VIEW_REQUEST__INIT;
    request.game_id = (char *)message->game;
    request.viewer = socket->player;
    request.format = (char *)"json";
    socket_ask(socket, message,
               &(struct socket_call){.service = &arbiter__v1__gamesvc__descriptor,
                                     .method = "View",
                                     .input = &request.base},
               on_viewed);
}

void socket_push_state(struct socket *socket, const char *game)
{
    do_state(socket,
             &(struct socket_message){
                 .verb = SOCKET_STATE, .is_json = !socket->speaks_text, .ref = "", .game = game});
}

/* ---- who one is -------------------------------------------------------------------------- */

static void do_token(struct socket *socket, const struct socket_message *message)
{
    struct token_claims claims;
    struct fault fault = {0};
    const struct sockets *sockets = socket->sockets;
    if (token_verify(sockets->options.keys, message->token, loop_wall_ms(sockets->loop), &claims,
                     &fault) != STATUS_OK ||
        !exchange_is_id(claims.subject)) {
        socket_refuse(socket, message, "unauthenticated",
                      fault.text[0] != '\0' ? fault.text : "the token's subject is no player's id");
        return;
    }
    if (socket->player[0] != '\0' && strcmp(socket->player, claims.subject) != 0) {
        socket_refuse(socket, message, "forbidden", "this socket is somebody else's already");
        return;
    }
    if (socket->player[0] == '\0' && !sockets_have_room(sockets, claims.subject)) {
        socket_refuse(socket, message, "limit", "you have too many sockets open");
        return;
    }
    memcpy(socket->player, claims.subject, strlen(claims.subject) + 1);
    socket->roles = claims.roles;
    socket->expires_at_ms = claims.expires_at_ms;
    json_t *answer = socket_answer("ok", message);
    socket_add(answer, "player", json_string(socket->player));
    socket_add(answer, "expires_at_ms", json_integer(socket->expires_at_ms));
    socket_say(socket, answer, message->is_json);
}

static void do_help(struct socket *socket, const struct socket_message *message)
{
    struct buffer text = {0};
    json_t *answer = socket_answer("ok", message);
    socket_verbs_help(&text);
    if (message->is_json) {
        socket_add(answer, "text", json_string(buffer_text(&text)));
        socket_say(socket, answer, true);
    } else {
        json_decref(answer);
        if (socket->websocket != NULL &&
            !websocket_send(socket->websocket, buffer_text(&text), text.size))
            socket->sockets->dropped++;
    }
    buffer_deinit(&text);
}

static void do_ping(struct socket *socket, const struct socket_message *message)
{
    json_t *pong = socket_answer("pong", message);
    socket_add(pong, "at_ms", json_integer(loop_now_ms(socket->sockets->loop)));
    socket_say(socket, pong, message->is_json);
}

/* ---- the table --------------------------------------------------------------------------- */

void socket_do(struct socket *socket, const struct socket_message *message)
{
    static void (*const does[])(struct socket *, const struct socket_message *) = {
        [SOCKET_ACCEPT] = do_word,     [SOCKET_DENY] = do_word,   [SOCKET_HELP] = do_help,
        [SOCKET_MOVE] = do_move,       [SOCKET_PING] = do_ping,   [SOCKET_REQUEST] = do_word,
        [SOCKET_STATE] = do_state,     [SOCKET_TOKEN] = do_token, [SOCKET_UNWATCH] = socket_unwatch,
        [SOCKET_WATCH] = socket_watch,
    };
    bool is_all = strcmp(message->game, "*") == 0 &&
                  (message->verb == SOCKET_WATCH || message->verb == SOCKET_UNWATCH);
    if (message->game[0] != '\0' && !is_all && !exchange_is_id(message->game))
        socket_refuse(socket, message, "not-found", "that is no game's id");
    else
        does[message->verb](socket, message);
}
