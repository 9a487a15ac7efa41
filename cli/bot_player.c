/* Hears, looks, moves; seeks and accepts. */
#include "cli/bot_player.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "cli/bot.h"
#include "cli/rest.h"
#include "seeks/token.h"
#include "websocket/dial.h"
#include "websocket/websocket.h"

enum {
    NAME_BYTES = 64,
    MESSAGE_MAX = 1 << 20,
    BACKLOG_MAX = 1 << 20,
    TICK_MS = 500,
    RETRY_MS = 1000,
    MEMORY_MAX = 4 << 20
};

/* A game that is being played. */
struct game {
    char id[NAME_BYTES]; /* "": no game */
    bool is_ours;        /* a crossword: others are somebody else's to play */
    bool is_asked;       /* its state is on its way */
    bool is_stale;       /* something happened since */
};

/* A message that waits for its time. */
struct saying {
    struct saying *next;
    size_t size;
    char text[];
};

struct bot_player {
    struct bot_crew *crew;
    struct rest rest;
    char name[NAME_BYTES];
    int descriptor;
    struct websocket *websocket; /* NULL: not connected */
    struct game games[BOT_GAMES_MAX];
    char seek[NAME_BYTES]; /* posted by us and still open; "": none */
    int finished;
    int rate;              /* messages a second the service takes */
    int64_t said_until_ms; /* each message costs time: up to when it is paid */
    struct saying *first;
    struct saying **last;
    loop_timer speak;
    loop_timer tick;
    bool is_registered;
    bool is_away; /* nobody answers: said once */
};

/* ---- saying ------------------------------------------------------------------------------ */

static void forget_sayings(struct bot_player *player)
{
    while (player->first != NULL) {
        struct saying *saying = player->first;
        player->first = saying->next;
        free(saying);
    }
    player->last = &player->first;
}

/* Says what may be said now; the rest later. A second's worth may be said at once. */
static void speak(void *user)
{
    struct bot_player *player = user;
    player->speak = 0;
    while (player->first != NULL && player->websocket != NULL) {
        struct saying *saying = player->first;
        int64_t now_ms = clock_monotonic_us() / 1000;
        if (player->said_until_ms > now_ms + 1000) {
            if (loop_after(player->crew->loop, player->said_until_ms - now_ms - 1000, speak, player,
                           &player->speak) != STATUS_OK)
                player->speak = 0; /* the next message tries again */
            return;
        }
        if (player->said_until_ms < now_ms)
            player->said_until_ms = now_ms;
        player->said_until_ms += 1000 / player->rate + 1;
        (void)websocket_send(player->websocket, saying->text,
                             saying->size); /* closed: we are told */
        player->first = saying->next;
        if (player->first == NULL)
            player->last = &player->first;
        free(saying);
    }
}

/* Takes the message over. */
static void say(struct bot_player *player, json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    size_t size = text != NULL ? strlen(text) : 0;
    struct saying *saying = size > 0 ? malloc(sizeof *saying + size) : NULL;
    json_decref(message);
    if (saying != NULL) {
        saying->next = NULL;
        saying->size = size;
        memcpy(saying->text, text, size);
        *player->last = saying;
        player->last = &saying->next;
    }
    free(text);
    if (player->speak == 0)
        speak(player);
}

/* ---- games ------------------------------------------------------------------------------- */

static struct game *find_game(struct bot_player *player, const char *id)
{
    for (size_t i = 0; i < BOT_GAMES_MAX; i++)
        if (strcmp(player->games[i].id, id) == 0)
            return &player->games[i];
    return NULL;
}

static struct game *take_game(struct bot_player *player, const char *id)
{
    struct game *game = find_game(player, id);
    if (game == NULL)
        game = find_game(player, "");
    if (game != NULL && game->id[0] == '\0' && strlen(id) < sizeof game->id)
        memcpy(game->id, id, strlen(id) + 1);
    return game;
}

static bool has_games(const struct bot_player *player)
{
    for (size_t i = 0; i < BOT_GAMES_MAX; i++)
        if (player->games[i].id[0] != '\0')
            return true;
    return false;
}

static void look(struct bot_player *player, struct game *game)
{
    if (!game->is_ours)
        return;
    game->is_stale = game->is_asked;
    if (game->is_asked)
        return;
    game->is_asked = true;
    say(player, json_pack("{s:s, s:s}", "do", "state", "game", game->id));
}

static void look_everywhere(struct bot_player *player)
{
    for (size_t i = 0; i < BOT_GAMES_MAX; i++) {
        player->games[i].is_asked = false;
        if (player->games[i].id[0] != '\0')
            look(player, &player->games[i]);
    }
}

/* The pause before a move is the process's: its bots are one hand. */
static void send_move(struct bot_player *player, const char *game_id, json_int_t turn_count,
                      const char *move)
{
    if (player->crew->pause_ms > 0)
        usleep((useconds_t)(player->crew->pause_ms * 1000));
    say(player, json_pack("{s:s, s:s, s:I, s:s}", "do", "move", "game", game_id, "expected_turn",
                          turn_count, "move", move));
}

static void on_state(struct bot_player *player, const json_t *message)
{
    const json_t *data = json_object_get(message, "data");
    const json_t *view = json_object_get(data, "view");
    const char *lexicon_name = rest_text(json_object_get(data, "request"), "lexicon");
    struct game *game = find_game(player, rest_text(message, "game"));
    int seat = strcmp(rest_text(data, "second"), player->name) == 0;
    if (game == NULL || game->id[0] == '\0')
        return;
    game->is_asked = false;
    if (game->is_stale) {
        look(player, game);
        return;
    }
    if (strcmp(rest_text(data, "status"), "playing") != 0 ||
        strcmp(rest_text(view, "on_turn"), seat == 0 ? "first" : "second") != 0)
        return;
    const struct lexicon *lexicon = lexicon_shelf_find(player->crew->shelf, lexicon_name);
    struct arena arena;
    const char *move = NULL;
    arena_init(&arena, MEMORY_MAX);
    if (lexicon == NULL) {
        fprintf(stderr, "%s: game %s is played with '%s', which is not at hand: passing\n",
                player->name, game->id, lexicon_name);
        move = "pass";
    } else if (bot_move(&arena, lexicon, view, seat, &move) != STATUS_OK) {
        move = "pass";
    }
    send_move(player, game->id, json_integer_value(json_object_get(view, "turn_count")), move);
    arena_deinit(&arena);
}

static void finish(struct bot_player *player, struct game *game, const json_t *data)
{
    const json_t *result = json_object_get(data, "result");
    if (!player->crew->is_quiet) {
        printf("%s: game %s is over, %s, %" JSON_INTEGER_FORMAT " : %" JSON_INTEGER_FORMAT "%s%s\n",
               player->name, game->id, rest_text(result, "reason"),
               json_integer_value(json_object_get(result, "first_score")),
               json_integer_value(json_object_get(result, "second_score")),
               rest_text(result, "winner")[0] != '\0' ? ", won by " : "",
               rest_text(result, "winner"));
        (void)fflush(stdout); /* a closed pipe is the reader's choice */
    }
    *game = (struct game){.id = ""};
    if (++player->finished == player->crew->games_wanted && --player->crew->busy == 0)
        loop_stop(player->crew->loop);
}

static void on_event(struct bot_player *player, const json_t *message)
{
    const json_t *data = json_object_get(message, "data");
    const char *name = rest_text(message, "name");
    const char *id = rest_text(message, "game");
    struct game *game = take_game(player, id);
    if (game == NULL)
        return;
    if (strcmp(name, "started") == 0) {
        const char *rules = rest_text(json_object_get(data, "request"), "rules");
        game->is_ours = strcmp(rules, "crossword") == 0;
        player->seek[0] = '\0';
        if (strcmp(rest_text(data, "first"), player->name) == 0)
            look(player, game);
    } else if (strcmp(name, "finished") == 0) {
        finish(player, game, data);
    } else if (strcmp(name, "turn") == 0 &&
               strcmp(rest_text(data, "player_id"), player->name) != 0) {
        look(player, game);
    }
}

static void on_look_again(void *user)
{
    struct bot_player *player = user;
    player->speak = 0;
    look_everywhere(player);
    speak(player);
}

/* A move may come too late (somebody resigned, a flag fell), a service may be away: look again. */
static void on_error(struct bot_player *player, const json_t *message)
{
    const char *code = rest_text(message, "code");
    if (strcmp(code, "stale-turn") != 0 && strcmp(code, "game-over") != 0)
        fprintf(stderr, "%s: %s: %s\n", player->name, code, rest_text(message, "text"));
    loop_cancel(player->crew->loop, player->speak);
    if (loop_after(player->crew->loop, RETRY_MS, on_look_again, player, &player->speak) !=
        STATUS_OK)
        player->speak = 0; /* the next event makes it look */
}

/* ---- the connection ---------------------------------------------------------------------- */

static void on_text(const char *text, size_t size, void *user)
{
    struct bot_player *player = user;
    json_t *message = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    const char *type = rest_text(message, "type");
    if (strcmp(type, "hello") == 0) {
        json_int_t rate = json_integer_value(json_object_get(message, "messages_per_second"));
        player->rate = rate > 0 && rate <= 1000 ? (int)rate : 1;
        say(player, json_pack("{s:s, s:s}", "do", "watch", "game", "*"));
    } else if (strcmp(type, "event") == 0) {
        on_event(player, message);
    } else if (strcmp(type, "state") == 0) {
        on_state(player, message);
    } else if (strcmp(type, "error") == 0) {
        on_error(player, message);
    }
    json_decref(message);
}

static void on_closed(unsigned code, const char *reason, void *user)
{
    struct bot_player *player = user;
    fprintf(stderr, "%s: the socket closed (%u %s); coming back\n", player->name, code, reason);
    (void)close(player->descriptor); /* nothing is lost with it: we resume */
    player->websocket = NULL;
    forget_sayings(player);
}

static bool sign_in(struct bot_player *player, struct fault *out_fault)
{
    const struct bot_crew *crew = player->crew;
    return rest_open(crew->url, crew->token, crew->folder, player->name, TOKEN_PLAYER,
                     &player->rest, out_fault) == STATUS_OK;
}

/* With a new token, where they are signed here: the old one may have been the reason to leave. What
 * was known is told again by the events of the games under way. */
static void connect_again(struct bot_player *player)
{
    struct fault fault = {0};
    struct buffer early = {0};
    if (!sign_in(player, &fault)) {
        fprintf(stderr, "%s: %s\n", player->name, fault.text);
        return;
    }
    const struct dial where = {player->rest.url, "/v1/socket", player->rest.token};
    memset(player->games, 0, sizeof player->games);
    if (dial(&where, &player->descriptor, &early, &fault) != STATUS_OK) {
        if (!player->is_away)
            fprintf(stderr, "%s: %s; trying again\n", player->name, fault.text);
        player->is_away = true;
        buffer_deinit(&early);
        return;
    }
    player->websocket = websocket_create(
        player->crew->loop, &(struct websocket_options){.descriptor = player->descriptor,
                                                        .is_client = true,
                                                        .message_max = MESSAGE_MAX,
                                                        .backlog_max = BACKLOG_MAX,
                                                        .early = early.data,
                                                        .early_size = early.size,
                                                        .on_text = on_text,
                                                        .on_closed = on_closed,
                                                        .user = player});
    player->is_away = false;
    if (player->websocket == NULL)
        (void)close(player->descriptor); /* the next tick tries again */
    buffer_deinit(&early);
}

/* ---- finding games ----------------------------------------------------------------------- */

static json_t *call(struct bot_player *player, const char *method, const char *path, json_t *body)
{
    struct fault fault = {0};
    json_t *answer = NULL;
    long code = rest_call(&player->rest, method, path, body, &answer, &fault);
    json_decref(body);
    if (code >= 200 && code <= 299)
        return answer;
    if (code != 409) /* somebody was faster, or it exists */
        rest_print_problem("bot", code, answer, &fault);
    json_decref(answer);
    return NULL;
}

static void register_player(struct bot_player *player)
{
    json_t *answer = call(player, "POST", "/v1/players",
                          json_pack("{s:s, s:s}", "player_id", player->name, "name", player->name));
    player->is_registered = answer != NULL;
    json_decref(answer);
}

static void post_seek(struct bot_player *player)
{
    json_t *request = json_pack("{s:s, s:s, s:s, s:i, s:b}", "rules", "crossword", "lexicon",
                                player->crew->lexicon, "challenge_rule", "void", "initial_time_ms",
                                900000, "rated", player->crew->is_rated);
    json_t *answer = call(player, "POST", "/v1/seeks", json_pack("{s:o}", "request", request));
    (void)snprintf(player->seek, sizeof player->seek, "%s",
                   rest_text(answer, "seek_id")); /* fits */
    json_decref(answer);
}

/* A seek that was cancelled or has expired is posted anew. */
static void check_seek(struct bot_player *player)
{
    char path[NAME_BYTES + 16];
    (void)snprintf(path, sizeof path, "/v1/seeks/%s", player->seek); /* fits */
    json_t *answer = call(player, "GET", path, NULL);
    const char *status = rest_text(answer, "status");
    if (strcmp(status, "cancelled") == 0 || strcmp(status, "expired") == 0 ||
        strcmp(status, "declined") == 0)
        player->seek[0] = '\0';
    json_decref(answer);
}

static bool accept_seek(struct bot_player *player, const json_t *seek)
{
    char path[2 * NAME_BYTES];
    if (strcmp(rest_text(json_object_get(seek, "request"), "rules"), "crossword") != 0 ||
        strcmp(rest_text(seek, "owner"), player->name) == 0)
        return false;
    (void)snprintf(path, sizeof path, "/v1/seeks/%.63s/accept",
                   rest_text(seek, "seek_id")); /* fits */
    json_t *answer = call(player, "POST", path, json_object());
    const char *game_id = rest_text(answer, "game_id");
    bool is_mine = answer != NULL;
    if (is_mine && game_id[0] != '\0')
        (void)take_game(player, game_id); /* no room: its events will find none either */
    json_decref(answer);
    return is_mine;
}

static void accept_any(struct bot_player *player)
{
    json_t *answer = call(player, "GET", "/v1/seeks?status=open&limit=100", NULL);
    const json_t *seeks = json_object_get(answer, "seeks");
    for (size_t i = 0; i < json_array_size(seeks); i++)
        if (accept_seek(player, json_array_get(seeks, i)))
            break;
    json_decref(answer);
}

static void on_tick(void *user)
{
    struct bot_player *player = user;
    const struct bot_crew *crew = player->crew;
    bool wants_more = crew->games_wanted == 0 || player->finished < crew->games_wanted;
    if (!player->is_registered)
        register_player(player);
    if (player->websocket == NULL)
        connect_again(player);
    if (player->seek[0] != '\0')
        check_seek(player);
    if (wants_more && !has_games(player) && player->seek[0] == '\0' && player->is_registered) {
        if (crew->accepts)
            accept_any(player);
        if (crew->seeks && !has_games(player))
            post_seek(player);
    }
    if (loop_after(crew->loop, TICK_MS, on_tick, player, &player->tick) != STATUS_OK)
        player->tick = 0; /* it plays on what it has */
}

/* ---- life -------------------------------------------------------------------------------- */

struct bot_player *bot_player_create(struct bot_crew *crew, const char *name,
                                     struct fault *out_fault)
{
    struct bot_player *player = calloc(1, sizeof *player);
    if (player == NULL || strlen(name) >= sizeof player->name) {
        (void)fault_set(out_fault, 0, 0, "'%.80s': a name has %d characters at most", name,
                        NAME_BYTES - 1);
        free(player);
        return NULL;
    }
    player->crew = crew;
    player->rate = 1;
    player->last = &player->first;
    memcpy(player->name, name, strlen(name) + 1);
    if (!sign_in(player, out_fault) ||
        loop_after(crew->loop, 0, on_tick, player, &player->tick) != STATUS_OK) {
        free(player);
        return NULL;
    }
    crew->busy++;
    return player;
}

void bot_player_destroy(struct bot_player *player)
{
    if (player == NULL)
        return;
    loop_cancel(player->crew->loop, player->tick);
    loop_cancel(player->crew->loop, player->speak);
    if (player->websocket != NULL) {
        websocket_close(player->websocket, WEBSOCKET_NORMAL, "");
        websocket_destroy(player->websocket);
        (void)close(player->descriptor); /* the goodbye is written */
    }
    forget_sayings(player);
    free(player);
}

int bot_player_games(const struct bot_player *player)
{
    return player->finished;
}
