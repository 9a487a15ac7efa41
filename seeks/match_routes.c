/* Challenges to one named player, who accepts or declines. */
#include "seeks/errand.h"

#include <string.h>

#include "orchestrator/seeking/shelf.h"
#include "proto/copy.h"
#include "seeks/seeker.h"
#include "seeks/sight.h"

#include "arbiter/v1/store.pb-c.h"

/* ---- offering ---------------------------------------------------------------------------- */

static void begin(struct exchange *exchange)
{
    const struct errand *errand = exchange->note;
    json_t *input = json_pack("{s:s, s:s, s:s, s:O, s:s, s:s, s:s, s:s, s:I}", "match_id",
                              errand->id, "challenger", exchange->claims.subject, "opponent",
                              errand->opponent, "request", errand->request, "place", errand->place,
                              "first", errand->first, "rematch_of", errand->rematch_of, "streak",
                              errand->streak, "streak_games", (json_int_t)errand->streak_games);
    errand_add_limits(errand, input);
    errand_begin(exchange, input);
}

static bool are_apart(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *seeker,
                      const char *other)
{
    if (!seeker_has(seeker->blocks, seeker->n_blocks, other) &&
        !seeker_has(seeker->blocked_by, seeker->n_blocked_by, other))
        return false;
    exchange_problem(exchange, 409, "refused", "That cannot happen now",
                     "one of you two does not want to play the other");
    return true;
}

static void on_challenger(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *seeker)
{
    const struct errand *errand = exchange->note;
    if (!seeker_is_free(exchange, errand->policy, seeker, errand->game) ||
        are_apart(exchange, seeker, errand->opponent))
        return;
    if (errand->place[0] != '\0' && !seeker->is_member)
        exchange_problem(exchange, 403, "forbidden", "That is not yours to do",
                         "you do not belong to '%s'", errand->place);
    else
        begin(exchange);
}

static void know_challenger(struct exchange *exchange)
{
    const struct errand *errand = exchange->note;
    seeker_know_at(exchange, exchange->claims.subject, errand_pool(errand->request), errand->place,
                   on_challenger);
}

static void on_opponent(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    const struct errand *errand = exchange->note;
    if (answer->status == STATUS_NOT_FOUND)
        exchange_problem_at(exchange, "/opponent", "there is no player '%s'", errand->opponent);
    else if (exchange_check(exchange, answer))
        know_challenger(exchange);
}

static void post_match(struct exchange *exchange)
{
    struct errand *errand = errand_create(exchange, "match");
    const char *policy = NULL;
    if (errand == NULL)
        return;
    errand->id = exchange->id;
    const struct body_field fields[] = {
        {"opponent", BODY_TEXT, true, &errand->opponent, 0, 0},
        {"request", BODY_OBJECT, true, &errand->request, 0, 0},
        {"place", BODY_TEXT, false, &errand->place, 0, 0},
        {"policy", BODY_TEXT, false, &policy, 0, 0},
        {"expires_in_ms", BODY_INTEGER, false, &errand->life_ms, 0, 0},
    };
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)) || !errand_check(exchange) ||
        !errand_check_policy(exchange, policy))
        return;
    if (strcmp(errand->opponent, exchange->claims.subject) == 0) {
        exchange_problem_at(exchange, "/opponent", "you cannot challenge yourself");
        return;
    }
    Arbiter__V1__GetPlayerRequest request = ARBITER__V1__GET_PLAYER_REQUEST__INIT;
    request.player_id = (char *)errand->opponent;
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetPlayer", &request.base,
                 on_opponent);
}

/* ---- rematches --------------------------------------------------------------------------- */

/* The row of rematches goes on from the match that the old game came from, if it came from one. */
static void on_old_match(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    struct errand *errand = exchange->note;
    errand->streak = errand->rematch_of;
    errand->streak_games = 1;
    if (answer->status == STATUS_OK) {
        const Arbiter__V1__Seek *old = ((const Arbiter__V1__GetSeekReply *)answer->output)->seek;
        if (old->streak[0] != '\0')
            errand->streak = arena_copy(exchange_arena(exchange), old->streak, strlen(old->streak));
        errand->streak_games = old->streak_games + 1;
    }
    if (errand->streak == NULL)
        exchange_problem_busy(exchange);
    else
        know_challenger(exchange);
}

static void find_streak(struct exchange *exchange, const char *owner)
{
    Arbiter__V1__GetSeekRequest request = ARBITER__V1__GET_SEEK_REQUEST__INIT;
    const char *colon = strchr(owner, ':');
    request.seek_id = (char *)(colon != NULL ? colon + 1 : owner);
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetSeek", &request.base, on_old_match);
}

static void on_old_game(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    struct errand *errand = exchange->note;
    struct arena *arena = exchange_arena(exchange);
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__Game *game = ((const Arbiter__V1__LoadGameReply *)answer->output)->game;
    bool was_first = strcmp(game->first, exchange->claims.subject) == 0;
    if (!was_first && strcmp(game->second, exchange->claims.subject) != 0) {
        exchange_problem(exchange, 403, "forbidden", "That is not yours to do",
                         "you did not play in this game");
        return;
    }
    if (strcmp(game->status, "playing") == 0) {
        exchange_problem(exchange, 409, "refused", "That cannot happen now",
                         "this game is not over");
        return;
    }
    if (game->seat != NULL && game->seat->tournament_id[0] != '\0') {
        exchange_problem(exchange, 409, "refused", "That cannot happen now",
                         "games of an event have no rematch");
        return;
    }
    const char *other = was_first ? game->second : game->first;
    errand->opponent = arena_copy(arena, other, strlen(other));
    errand->first = arena_copy(arena, game->second, strlen(game->second));
    errand->request = game->request != NULL ? json_from_message(&game->request->base) : NULL;
    if (errand->request == NULL || arena_full(arena)) {
        exchange_problem_busy(exchange);
        return;
    }
    (void)json_object_set_new(exchange->body, "request", errand->request); /* the body owns it */
    if (errand_check(exchange) && errand_check_policy(exchange, NULL))
        find_streak(exchange, game->owner);
}

static void post_rematch(struct exchange *exchange)
{
    struct errand *errand = errand_create(exchange, "match");
    if (errand == NULL || !exchange_read_body(exchange, NULL, 0))
        return;
    errand->id = exchange->id;
    errand->rematch_of = exchange_parameter(exchange, "game_id");
    Arbiter__V1__LoadGameRequest request = ARBITER__V1__LOAD_GAME_REQUEST__INIT;
    request.game_id = (char *)errand->rematch_of;
    request.turns_after = INT32_MAX;
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "LoadGame", &request.base, on_old_game);
}

/* ---- accepting, declining, taking back --------------------------------------------------- */

static void act(struct exchange *exchange, const char *event)
{
    struct errand *errand = errand_create(exchange, "match");
    if (errand == NULL || (exchange->body != NULL && !exchange_read_body(exchange, NULL, 0)))
        return;
    errand->id = exchange_parameter(exchange, "match_id");
    errand->event = event;
    errand_act(exchange, json_pack("{s:s}", "player", exchange->claims.subject));
}

static void on_match_to_accept(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *seeker)
{
    static const Arbiter__V1__GameRequest nothing = ARBITER__V1__GAME_REQUEST__INIT;
    struct errand *errand = exchange->note;
    if (!errand_keep_seek(exchange, seeker->seek))
        return;
    errand->game = errand->seek->request != NULL ? errand->seek->request : &nothing;
    errand->opponent = errand->seek->owner;
    if (seeker_is_free(exchange, errand->policy, seeker, errand->game) &&
        !are_apart(exchange, seeker, errand->opponent))
        errand_act(exchange, json_pack("{s:s}", "player", exchange->claims.subject));
}

static void accept_match(struct exchange *exchange)
{
    struct errand *errand = errand_create(exchange, "match");
    if (errand == NULL || !exchange_read_body(exchange, NULL, 0))
        return;
    errand->id = exchange_parameter(exchange, "match_id");
    errand->event = "match.accept";
    errand->wants_game = true;
    seeker_know_for(exchange, errand->id, on_match_to_accept);
}

static void decline_match(struct exchange *exchange)
{
    act(exchange, "match.decline");
}

static void cancel_match(struct exchange *exchange)
{
    act(exchange, "match.cancel");
}

/* ---- reading ----------------------------------------------------------------------------- */

static void on_viewer(struct exchange *exchange, const struct sight_viewer *viewer)
{
    const struct errand *errand = exchange->note;
    if (errand->seek->opponent[0] == '\0' || !sight_shows(exchange, errand->seek, viewer))
        exchange_problem(exchange, 404, "not-found", "There is no such thing",
                         "there is no match '%s'", errand->id);
    else
        errand_answer(exchange, 200, &errand->seek->base);
}

static void on_match(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    struct errand *errand = exchange->note;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__GetSeekReply *reply = (const Arbiter__V1__GetSeekReply *)answer->output;
    exchange->version = reply->version;
    errand->seek = proto_copy_in(exchange_arena(exchange), &reply->seek->base);
    if (errand->seek == NULL)
        exchange_problem_busy(exchange);
    else
        sight_look(exchange, errand->seek->place, on_viewer);
}

static void get_match(struct exchange *exchange)
{
    struct errand *errand = errand_create(exchange, "match");
    if (errand == NULL)
        return;
    errand->id = exchange_parameter(exchange, "match_id");
    Arbiter__V1__GetSeekRequest request = ARBITER__V1__GET_SEEK_REQUEST__INIT;
    request.seek_id = (char *)errand->id;
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetSeek", &request.base, on_match);
}

const struct route match_routes[] = {
    ROUTE("POST", "/v1/matches", TOKEN_PLAYER, post_match),
    ROUTE("POST", "/v1/games/{game_id}/rematch", TOKEN_PLAYER, post_rematch),
    ROUTE("GET", "/v1/matches/{match_id}", 0, get_match),
    ROUTE("POST", "/v1/matches/{match_id}/accept", TOKEN_PLAYER | ROUTE_BARE | ROUTE_MATCH,
          accept_match),
    ROUTE("POST", "/v1/matches/{match_id}/decline", TOKEN_PLAYER | ROUTE_BARE | ROUTE_MATCH,
          decline_match),
    ROUTE("DELETE", "/v1/matches/{match_id}", TOKEN_PLAYER | ROUTE_BARE | ROUTE_MATCH,
          cancel_match),
    ROUTE(NULL, NULL, 0, NULL),
};
