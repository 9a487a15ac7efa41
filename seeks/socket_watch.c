/* What sockets hear: the events of watched games, each exactly once and in order.
 *
 * A watch knows the sequence number of the last event it was given. What comes next is given at
 * once; anything else is no news, or shows a gap that is filled from the store. Catching up is the
 * same thing: it reads the game's events page by page, one page of a socket at a time, and gives
 * those that are next. */
#include "seeks/socket_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#include "arbiter/v1/store.pb-c.h"

enum { PAGE = 100, OWN_GAMES_MAX = 50, TOPIC_MAX = SOCKET_GAME_MAX + 8 };

struct watch {
    struct watch *next_of_socket;
    struct watch *previous_of_game;
    struct watch *next_of_game;
    struct socket *socket;
    char game[SOCKET_GAME_MAX + 1];
    int64_t sequence; /* of the last event given, or asked to be after */
    int64_t newest;   /* of the last event seen */
    int64_t position; /* of the last event read from the store */
    int64_t own_turn; /* turns after the move that this socket has made last; 0: none */
    bool is_behind;   /* the store may have more */
    bool is_finished; /* the last event has been given: the watch ends */
    bool is_asked;    /* the client's `watch` is not answered yet */
    bool is_json;     /* the form of that */
    char ref[SOCKET_REF_MAX + 1];
};

static void read_on(struct socket *socket);

/* ---- the table of watched games ---------------------------------------------------------- */

static size_t bucket_of(const char *game)
{
    return (size_t)(hash_text(HASH_START, game) % SOCKET_BUCKETS);
}

static struct watch *find_watch(const struct socket *socket, const char *game)
{
    struct watch *watch = socket->watches;
    while (watch != NULL && strcmp(watch->game, game) != 0)
        watch = watch->next_of_socket;
    return watch;
}

static struct watch *watch_create(struct socket *socket, const char *game)
{
    struct watch **bucket = &socket->sockets->watched[bucket_of(game)];
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return NULL;
    watch->socket = socket;
    memcpy(watch->game, game, strlen(game) + 1);
    watch->next_of_socket = socket->watches;
    socket->watches = watch;
    socket->watch_count++;
    watch->next_of_game = *bucket;
    if (*bucket != NULL)
        (*bucket)->previous_of_game = watch;
    *bucket = watch;
    return watch;
}

static void watch_destroy(struct watch *watch)
{
    struct socket *socket = watch->socket;
    struct watch **link = &socket->watches;
    while (*link != watch)
        link = &(*link)->next_of_socket;
    *link = watch->next_of_socket;
    socket->watch_count--;
    if (watch->previous_of_game != NULL)
        watch->previous_of_game->next_of_game = watch->next_of_game;
    else
        socket->sockets->watched[bucket_of(watch->game)] = watch->next_of_game;
    if (watch->next_of_game != NULL)
        watch->next_of_game->previous_of_game = watch->previous_of_game;
    free(watch);
}

/* ---- giving ------------------------------------------------------------------------------ */

/* An event in both forms, each made when it is first wanted. */
struct news {
    int64_t sequence;
    const char *name;
    const Arbiter__V1__Event *message;
    json_t *object;
    struct buffer texts[2]; /* line, JSON */
};

/* As clients see it: the turn, which is JSON already, becomes a member. */
static json_t *news_object(const Arbiter__V1__Event *event)
{
    json_t *data = feed_event_data(event);
    json_t *turn = json_object_get(data, "last_turn");
    json_t *parsed = turn != NULL ? json_loads(json_string_value(turn), 0, NULL) : NULL;
    if (parsed != NULL)
        socket_add(data, "last_turn", parsed);
    return json_pack("{s:s, s:s, s:I, s:s, s:I, s:o}", "type", "event", "game", event->id,
                     "sequence", (json_int_t)event->sequence, "name", event->name, "at_ms",
                     (json_int_t)event->at_ms, "data", data);
}

/* A turn, of which there are many, is written straight; false where it is not plain. */
static bool write_turn(const Arbiter__V1__Event *event, bool is_json, struct buffer *out)
{
    struct socket_text text;
    if (event->payload == NULL ||
        event->payload->payload_case != ARBITER__V1__EVENT_PAYLOAD__PAYLOAD_GAME_TURN)
        return false;
    const Arbiter__V1__GameTurn *turn = event->payload->game_turn;
    socket_text_begin(&text, out, is_json, "event", "");
    socket_text_add(&text, "game", event->id);
    socket_text_add_number(&text, "sequence", event->sequence);
    socket_text_add(&text, "name", event->name);
    socket_text_add_number(&text, "at_ms", event->at_ms);
    socket_text_enter(&text, "data");
    socket_text_add(&text, "game_id", turn->game_id);
    socket_text_add_number(&text, "turn_count", turn->turn_count);
    socket_text_add(&text, "player_id", turn->player_id);
    socket_text_add_json(&text, "last_turn", turn->last_turn);
    socket_text_add(&text, "status", turn->status);
    socket_text_leave(&text);
    if (socket_text_end(&text))
        return true;
    buffer_reset(out);
    return false;
}

static const struct buffer *news_text(struct news *news, bool is_json)
{
    struct buffer *text = &news->texts[is_json];
    if (text->size > 0 || write_turn(news->message, is_json, text))
        return text;
    if (news->object == NULL)
        news->object = news_object(news->message);
    if (news->object != NULL)
        socket_message_write(news->object, is_json, text);
    return text;
}

static void news_deinit(struct news *news)
{
    json_decref(news->object);
    buffer_deinit(&news->texts[0]);
    buffer_deinit(&news->texts[1]);
}

/* Gives an event that is next; a gap is left for the store to fill. */
static void give(struct watch *watch, struct news *news)
{
    struct socket *socket = watch->socket;
    if (news->sequence > watch->newest)
        watch->newest = news->sequence;
    if (news->sequence > watch->sequence + 1)
        watch->is_behind = true;
    if (strcmp(news->name, "finished") == 0 && news->sequence <= watch->sequence + 1)
        watch->is_finished = true;
    if (news->sequence != watch->sequence + 1)
        return;
    const struct buffer *text = news_text(news, !socket->speaks_text);
    if (text->failed || text->size == 0) {
        watch->is_behind = true; /* without memory: read again */
        return;
    }
    watch->sequence = news->sequence;
    if (websocket_is_open(socket->websocket) &&
        !websocket_send(socket->websocket, buffer_text(text), text->size))
        socket->sockets->dropped++;
}

/* ---- catching up ------------------------------------------------------------------------- */

static void answer_watch(struct watch *watch, const char *code, const char *text)
{
    struct socket_message message = {
        .verb = SOCKET_WATCH, .is_json = watch->is_json, .ref = watch->ref, .game = watch->game};
    if (!watch->is_asked)
        return;
    watch->is_asked = false;
    if (code == NULL)
        socket_say(watch->socket, socket_answer("ok", &message), watch->is_json);
    else
        socket_refuse(watch->socket, &message, code, text);
}

static void give_page(struct watch *watch, const Arbiter__V1__ListEventsReply *reply)
{
    for (size_t i = 0; i < reply->n_events; i++) {
        const Arbiter__V1__Event *event = reply->events[i];
        struct news news = {.sequence = event->sequence, .name = event->name, .message = event};
        watch->position = event->position;
        give(watch, &news);
        news_deinit(&news);
    }
}

/* Takes a page of a game's events; the watch may end with it. */
static void take_page(struct watch *watch, const Arbiter__V1__ListEventsReply *reply)
{
    bool is_last = reply->n_events < PAGE;
    int64_t newest = reply->n_events > 0 ? reply->events[reply->n_events - 1]->sequence : 0;
    if (watch->position == 0 && reply->n_events == 0) {
        answer_watch(watch, "not-found", "there is no such game");
        watch_destroy(watch);
        return;
    }
    if (is_last && newest < watch->sequence && watch->newest < watch->sequence && watch->is_asked) {
        answer_watch(watch, "unknown-sequence", "the game has not come to that event yet");
        watch_destroy(watch);
        return;
    }
    if (is_last || newest >= watch->sequence)
        answer_watch(watch, NULL, NULL);
    watch->is_behind = !is_last;
    give_page(watch, reply);
    if (watch->is_finished)
        watch_destroy(watch);
}

static void on_page(const struct bus_answer *answer, void *user)
{
    struct socket_errand *errand = user;
    struct socket *socket = socket_errand_arrived(errand);
    if (socket == NULL)
        return;
    struct watch *watch = find_watch(socket, errand->game);
    socket->is_catching_up = false;
    if (watch != NULL && answer->status == STATUS_OK) {
        take_page(watch, (const Arbiter__V1__ListEventsReply *)answer->output);
    } else if (watch != NULL && watch->is_asked) {
        answer_watch(watch, exchange_slug(answer->status), answer->message);
        watch_destroy(watch);
    } else if (watch != NULL) {
        socket_drop(socket, WEBSOCKET_GOING_AWAY, "the events are away; come back and resume");
    }
    free(errand);
    read_on(socket);
}

static void on_pause(void *user)
{
    struct socket *socket = user;
    socket->pause = 0;
    socket->is_catching_up = false;
    read_on(socket);
}

static bool pause_for_reader(struct socket *socket)
{
    return websocket_backlog(socket->websocket) > SOCKET_PAUSE_BYTES &&
           loop_after(socket->sockets->loop, SOCKET_PAUSE_MS, on_pause, socket, &socket->pause) ==
               STATUS_OK;
}

/* Reads the next page of a watch that is behind, one at a time. */
static void read_on(struct socket *socket)
{
    struct watch *watch = socket->watches;
    while (watch != NULL && !watch->is_behind)
        watch = watch->next_of_socket;
    if (watch == NULL || socket->is_catching_up || !websocket_is_open(socket->websocket))
        return;
    socket->is_catching_up = true;
    if (pause_for_reader(socket))
        return;
    char topic[TOPIC_MAX] = "game.";
    char *topics[] = {topic};
    struct socket_message message = {
        .verb = SOCKET_WATCH, .is_json = watch->is_json, .ref = "", .game = watch->game};
    memcpy(topic + strlen(topic), watch->game, strlen(watch->game) + 1);
    Arbiter__V1__ListEventsRequest request = ARBITER__V1__LIST_EVENTS_REQUEST__INIT;
    request.after = watch->position;
    request.limit = PAGE;
    request.topics = topics;
    request.n_topics = 1;
    watch->is_behind = false; /* news from now on says otherwise */
    socket_ask(socket, &message,
               &(struct socket_call){.service = &arbiter__v1__store__descriptor,
                                     .method = "ListEvents",
                                     .input = &request.base,
                                     .is_ours = true},
               on_page);
}

/* ---- watching ---------------------------------------------------------------------------- */

static struct watch *watch_game(struct socket *socket, const char *game, int64_t after)
{
    struct watch *watch =
        socket->watch_count < SOCKET_WATCHES_MAX ? watch_create(socket, game) : NULL;
    if (watch == NULL)
        return NULL;
    watch->sequence = after > 0 ? after : 0;
    watch->is_behind = true;
    return watch;
}

static void on_own_games(const struct bus_answer *answer, void *user)
{
    struct socket_errand *errand = user;
    struct socket *socket = socket_errand_arrived(errand);
    if (socket == NULL)
        return;
    if (answer->status != STATUS_OK) {
        socket_refuse_like(socket, &errand->message, answer);
        free(errand);
        return;
    }
    const Arbiter__V1__ListPlayerGamesReply *reply =
        (const Arbiter__V1__ListPlayerGamesReply *)answer->output;
    socket_say(socket, socket_answer("ok", &errand->message), errand->message.is_json);
    for (size_t i = 0; i < reply->n_games; i++)
        if (strcmp(reply->games[i]->status, "playing") == 0 &&
            find_watch(socket, reply->games[i]->game_id) == NULL)
            (void)watch_game(socket, reply->games[i]->game_id, 0); /* past the limit: as told */
    free(errand);
    read_on(socket);
}

/* Games that start from now on are heard of from the feed, those under way from the store. */
static void watch_own(struct socket *socket, const struct socket_message *message)
{
    if (socket->player[0] == '\0') {
        socket_refuse(socket, message, "unauthenticated", "strangers have no games of their own");
        return;
    }
    socket->follows = true;
    Arbiter__V1__ListPlayerGamesRequest request = ARBITER__V1__LIST_PLAYER_GAMES_REQUEST__INIT;
    request.player_id = socket->player;
    request.limit = OWN_GAMES_MAX;
    socket_ask(socket, message,
               &(struct socket_call){.service = &arbiter__v1__store__descriptor,
                                     .method = "ListPlayerGames",
                                     .input = &request.base},
               on_own_games);
}

void socket_watch(struct socket *socket, const struct socket_message *message)
{
    if (strcmp(message->game, "*") == 0) {
        watch_own(socket, message);
        return;
    }
    if (find_watch(socket, message->game) != NULL) {
        socket_refuse(socket, message, "exists", "you watch that game already; unwatch it first");
        return;
    }
    struct watch *watch = watch_game(socket, message->game, message->after);
    if (watch == NULL) {
        socket_refuse(socket, message, "limit", "you watch as many games as a socket may");
        return;
    }
    watch->is_asked = true;
    watch->is_json = message->is_json;
    memcpy(watch->ref, message->ref, strlen(message->ref) + 1);
    read_on(socket);
}

void socket_unwatch_all(struct socket *socket)
{
    while (socket->watches != NULL)
        watch_destroy(socket->watches);
    socket->follows = false;
}

void socket_unwatch(struct socket *socket, const struct socket_message *message)
{
    struct watch *watch = find_watch(socket, message->game);
    if (strcmp(message->game, "*") == 0) {
        socket_unwatch_all(socket);
    } else if (watch != NULL) {
        watch_destroy(watch);
    } else {
        socket_refuse(socket, message, "not-found", "you do not watch that game");
        return;
    }
    socket_say(socket, socket_answer("ok", message), message->is_json);
}

/* ---- players with several sockets ----------------------------------------------------------- */

void socket_note_move(struct socket *socket, const char *game, int64_t turn_count)
{
    struct watch *watch = find_watch(socket, game);
    if (watch != NULL)
        watch->own_turn = turn_count;
}

/* The answer to a move, with what only the mover may know, goes to the socket that made it. The
 * same player's other sockets are given the whole state. */
static void tell_mover(struct watch *watch, const Arbiter__V1__Event *event)
{
    struct socket *socket = watch->socket;
    const Arbiter__V1__EventPayload *payload = event->payload;
    if (payload == NULL || payload->payload_case != ARBITER__V1__EVENT_PAYLOAD__PAYLOAD_GAME_TURN ||
        socket->player[0] == '\0' || strcmp(payload->game_turn->player_id, socket->player) != 0 ||
        payload->game_turn->turn_count == watch->own_turn)
        return;
    socket_push_state(socket, watch->game);
}

/* ---- the feed ---------------------------------------------------------------------------- */

static bool plays_in(const struct socket *socket, const Arbiter__V1__GameStarted *started)
{
    return strcmp(started->first, socket->player) == 0 ||
           strcmp(started->second, socket->player) == 0;
}

/* A game has begun: its players' sockets watch it from its first event on. */
static void follow(struct sockets *sockets, const struct feed_event *event)
{
    const Arbiter__V1__EventPayload *payload = event->message->payload;
    if (payload == NULL ||
        payload->payload_case != ARBITER__V1__EVENT_PAYLOAD__PAYLOAD_GAME_STARTED)
        return;
    for (struct socket *socket = sockets->first; socket != NULL; socket = socket->next)
        if (socket->follows && plays_in(socket, payload->game_started) &&
            find_watch(socket, event->id) == NULL) {
            struct watch *watch = watch_game(socket, event->id, 0);
            if (watch != NULL)
                watch->is_behind = false; /* this event is the first */
        }
}

void sockets_on_event(const struct feed_event *event, void *user)
{
    struct sockets *sockets = user;
    if (strcmp(event->kind, "game") != 0 || strlen(event->id) > SOCKET_GAME_MAX)
        return;
    if (strcmp(event->name, "started") == 0)
        follow(sockets, event);
    struct news news = {
        .sequence = event->sequence, .name = event->name, .message = event->message};
    struct watch *next;
    for (struct watch *watch = sockets->watched[bucket_of(event->id)]; watch != NULL;
         watch = next) {
        struct socket *socket = watch->socket;
        next = watch->next_of_game;
        if (strcmp(watch->game, event->id) != 0)
            continue;
        give(watch, &news);
        tell_mover(watch, event->message);
        if (watch->is_finished)
            watch_destroy(watch);
        read_on(socket);
    }
    news_deinit(&news);
}
