/* Games: seen by whoever may, moved and reported by their players, decided by directors. */
#include "seeks/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "arbiter/v1/gamesvc.pb-c.h"

enum { MOVE_BYTES_MAX = 256, SCORE_MAX = 1000000, WORD_BYTES_MAX = 16, TURNS_MAX = 1000000 };

#define DIRECTORS (TOKEN_DIRECTOR | TOKEN_ADMIN)

/* A move or report on its way. */
struct play {
    const char *event;
    int64_t expected_turn; /* -1: whatever it is */
    bool as_director;
};

/* ---- viewing ----------------------------------------------------------------------------- */

static void view(struct exchange *exchange, const char *format, bus_on_answer on_answer)
{
    Arbiter__V1__ViewRequest request = ARBITER__V1__VIEW_REQUEST__INIT;
    request.game_id = (char *)exchange_parameter(exchange, "game_id");
    request.viewer = exchange->claims.subject;
    request.format = (char *)format;
    exchange_ask(exchange, &arbiter__v1__gamesvc__descriptor, "View", &request.base, on_answer);
}

/* The game service's view is JSON already: it becomes a member, not a string. */
json_t *exchange_game_json(const Arbiter__V1__ViewReply *reply)
{
    json_t *game = json_from_message(&reply->game->base);
    json_t *seen = json_loads(reply->view, 0, NULL);
    if (seen != NULL)
        (void)json_object_set_new(game, "view", seen); /* without memory the answer lacks it */
    /* likewise */
    (void)json_object_set_new(game, "commitment", json_string(reply->commitment));
    (void)json_object_set_new(game, "commitment_id", json_string(reply->commitment_id));
    if (reply->requests != NULL)
        (void)json_object_set_new(game, "requests", json_from_message(&reply->requests->base));
    if (reply->seed[0] != '\0')
        (void)json_object_set_new(game, "seed", json_string(reply->seed));
    return game;
}

static void on_viewed(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    exchange->version = ((const Arbiter__V1__ViewReply *)answer->output)->game->turn_count;
    exchange_answer(exchange, 200,
                    exchange_game_json((const Arbiter__V1__ViewReply *)answer->output), NULL);
}

static void on_gcg(const struct bus_answer *answer, void *user)
{
    if (exchange_check(user, answer))
        exchange_answer_text(user, "text/plain; charset=utf-8",
                             ((const Arbiter__V1__ViewReply *)answer->output)->view);
}

static void on_record(const struct bus_answer *answer, void *user)
{
    if (exchange_check(user, answer))
        exchange_answer_text(user, "application/json",
                             ((const Arbiter__V1__ViewReply *)answer->output)->view);
}

/* Of games that are over, with nothing withheld. */
static void get_gcg(struct exchange *exchange)
{
    view(exchange, "gcg", on_gcg);
}

static void get_record(struct exchange *exchange)
{
    view(exchange, "record", on_record);
}

static void get_game(struct exchange *exchange)
{
    view(exchange, "json", on_viewed);
}

/* ---- playing ----------------------------------------------------------------------------- */

/* If-Match comes before anything else that may be wrong (RFC 9110, 13.2.2): a refusal that tells
 * how many turns there are is one of another state than the sender has seen. */
static bool is_stale(struct exchange *exchange, const struct bus_answer *answer)
{
    const struct play *play = exchange->note;
    const char *turns =
        answer->status != STATUS_OK ? bus_answer_detail(answer, "turn_count") : NULL;
    if (turns == NULL || exchange->expected.count == 0 ||
        strtoll(turns, NULL, 10) == play->expected_turn)
        return false;
    exchange_problem_stale(exchange, strtoll(turns, NULL, 10), answer->message);
    return true;
}

/* The same problem as where the store remembers what a key stands for. */
static bool is_reused(struct exchange *exchange, const struct bus_answer *answer)
{
    const char *reason = answer->status != STATUS_OK ? bus_answer_detail(answer, "reason") : NULL;
    if (reason == NULL || strcmp(reason, "KEY_REUSED") != 0)
        return false;
    exchange_problem_reused(exchange);
    return true;
}

static void on_played(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (is_reused(exchange, answer) || is_stale(exchange, answer) ||
        !exchange_check(exchange, answer))
        return;
    const Arbiter__V1__PlayReply *reply = (const Arbiter__V1__PlayReply *)answer->output;
    json_t *json = json_from_message(answer->output);
    json_t *turn = json_loads(reply->last_turn, 0, NULL);
    if (turn != NULL)
        (void)json_object_set_new(json, "last_turn", turn); /* as above */
    exchange->version = reply->turn_count;
    exchange_answer(exchange, 200, json, NULL);
}

static void send_play(struct exchange *exchange)
{
    const struct play *play = exchange->note;
    Arbiter__V1__PlayRequest request = ARBITER__V1__PLAY_REQUEST__INIT;
    request.game_id = (char *)exchange_parameter(exchange, "game_id");
    request.expected_turn = (int32_t)play->expected_turn;
    request.event_id = (char *)exchange_event_id(exchange);
    if (request.event_id == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    request.player_id = exchange->claims.subject;
    request.as_director = play->as_director;
    request.event = (char *)play->event;
    exchange_call(exchange, &arbiter__v1__gamesvc__descriptor, "Play", &request.base, on_played);
}

/* A director of some tournaments decides games of those only. */
static void on_seat(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__TournamentSeat *seat =
        ((const Arbiter__V1__ViewReply *)answer->output)->game->seat;
    if (seat != NULL && seat->tournament_id[0] != '\0' &&
        token_covers(&exchange->claims, seat->tournament_id))
        send_play(exchange);
    else
        exchange_problem(exchange, 403, "forbidden", "That is not yours to do",
                         "your token is for other tournaments than this game's");
}

/* If-Match names the turn that the sender has seen: the store compares it as it appends. False: has
 * answered. */
static bool read_expected_turn(struct exchange *exchange, struct play *play)
{
    int64_t turns[ENTITY_TAGS_MAX];
    if (exchange->expected.count == 0)
        return true;
    size_t count = entity_tags_versions(&exchange->expected, turns);
    if (count == 1 && (play->expected_turn < 0 || play->expected_turn == turns[0]) &&
        turns[0] <= TURNS_MAX) {
        play->expected_turn = turns[0];
        return true;
    }
    if (count <= 1)
        exchange_problem_stale(exchange, -1, "If-Match names no state of this game; look again");
    else
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "If-Match names one state of a game, the one you have seen");
    return false;
}

static void play(struct exchange *exchange, const struct play *wanted)
{
    const struct token_claims *claims = &exchange->claims;
    struct play *play = arena_alloc(exchange_arena(exchange), sizeof *play);
    if (play == NULL || wanted->event == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    *play = *wanted;
    exchange->note = play;
    if (!read_expected_turn(exchange, play))
        return;
    if (play->as_director && (claims->roles & DIRECTORS) == 0)
        exchange_problem(exchange, 403, "forbidden", "That is not yours to do",
                         "only a director reports as a director");
    else if (play->as_director && claims->event_count > 0)
        view(exchange, "json", on_seat);
    else
        send_play(exchange);
}

/* Whoever may play reports as a player, unless told otherwise: a director's own game is a game like
 * others. */
static void post_result(struct exchange *exchange)
{
    int64_t first_score = 0;
    int64_t second_score = 0;
    bool as_director = (exchange->claims.roles & TOKEN_PLAYER) == 0;
    const struct body_field fields[] = {
        {"first_score", BODY_INTEGER, true, &first_score, -SCORE_MAX, SCORE_MAX},
        {"second_score", BODY_INTEGER, true, &second_score, -SCORE_MAX, SCORE_MAX},
        {"as_director", BODY_BOOLEAN, false, &as_director, 0, 0},
    };
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)))
        return;
    play(exchange,
         &(struct play){.event = arena_format(exchange_arena(exchange), "report %lld %lld",
                                              (long long)first_score, (long long)second_score),
                        .expected_turn = -1,
                        .as_director = as_director});
}

static void post_move(struct exchange *exchange)
{
    struct play wanted = {.expected_turn = -1};
    const struct body_field fields[] = {
        {"move", BODY_TEXT, true, &wanted.event, 0, MOVE_BYTES_MAX},
        {"expected_turn", BODY_INTEGER, false, &wanted.expected_turn, 0, SCORE_MAX},
        {"as_director", BODY_BOOLEAN, false, &wanted.as_director, 0, 0},
    };
    wanted.as_director = (exchange->claims.roles & TOKEN_PLAYER) == 0;
    if (exchange_read_body(exchange, fields, COUNT_OF(fields)))
        play(exchange, &wanted);
}

/* ---- what players ask of each other ------------------------------------------------------ */

static void post_request(struct exchange *exchange)
{
    const char *kind = NULL;
    const struct body_field fields[] = {{"kind", BODY_TEXT, true, &kind, 0, WORD_BYTES_MAX}};
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)))
        return;
    if (strcmp(kind, "abort") != 0 && strcmp(kind, "nudge") != 0 && strcmp(kind, "add-time") != 0)
        exchange_problem_at(exchange, "/kind", "'kind' is abort, nudge or add-time");
    else
        play(exchange,
             &(struct play){.event = arena_format(exchange_arena(exchange), "request %s", kind),
                            .expected_turn = -1});
}

static void answer_request(struct exchange *exchange, const char *word)
{
    const char *id = exchange_parameter(exchange, "request_id");
    if (exchange_is_id(id))
        play(exchange,
             &(struct play){.event = arena_format(exchange_arena(exchange), "%s %s", word, id),
                            .expected_turn = -1});
    else
        exchange_problem(exchange, 404, "not-found", "There is no such thing",
                         "no such request is open; the game's `requests` says which is");
}

static void post_accept(struct exchange *exchange)
{
    answer_request(exchange, "accept");
}

static void post_deny(struct exchange *exchange)
{
    answer_request(exchange, "deny");
}

const struct route game_routes[] = {
    ROUTE("GET", "/v1/games/{game_id}.gcg", 0, get_gcg),
    ROUTE("GET", "/v1/games/{game_id}/record", 0, get_record),
    ROUTE("GET", "/v1/games/{game_id}", 0, get_game),
    ROUTE("POST", "/v1/games/{game_id}/result",
          TOKEN_PLAYER | DIRECTORS | ROUTE_MATCH | ROUTE_KEYED, post_result),
    ROUTE("POST", "/v1/games/{game_id}/moves", TOKEN_PLAYER | DIRECTORS | ROUTE_MATCH | ROUTE_KEYED,
          post_move),
    ROUTE("POST", "/v1/games/{game_id}/requests", TOKEN_PLAYER | ROUTE_KEYED, post_request),
    ROUTE("POST", "/v1/games/{game_id}/requests/{request_id}/accept", TOKEN_PLAYER | ROUTE_KEYED,
          post_accept),
    ROUTE("POST", "/v1/games/{game_id}/requests/{request_id}/deny", TOKEN_PLAYER | ROUTE_KEYED,
          post_deny),
    ROUTE(NULL, NULL, 0, NULL),
};
