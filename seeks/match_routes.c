/* Challenges to one named player, who accepts or declines. */
#include "seeks/errand.h"

#include <string.h>

#include "arbiter/v1/store.pb-c.h"

/* ---- offering ---------------------------------------------------------------------------- */

static void begin(struct exchange *exchange)
{
    const struct errand *errand = exchange->note;
    errand_begin(exchange,
                 json_pack("{s:s, s:s, s:s, s:O, s:s}", "match_id", errand->id, "challenger",
                           exchange->claims.subject, "opponent", errand->opponent, "request",
                           errand->request, "policy", "default"));
}

static void on_opponent(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    const struct errand *errand = exchange->note;
    if (answer->status == STATUS_NOT_FOUND)
        exchange_problem_at(exchange, "/opponent", "there is no player '%s'", errand->opponent);
    else if (exchange_check(exchange, answer))
        errand_know_player(exchange, errand_pool(errand->request), begin);
}

static void post_match(struct exchange *exchange)
{
    struct errand *errand = errand_create(exchange, "match");
    if (errand == NULL)
        return;
    errand->id = exchange->id;
    const struct body_field fields[] = {
        {"opponent", BODY_TEXT, true, &errand->opponent, 0, 0},
        {"request", BODY_OBJECT, true, &errand->request, 0, 0},
        {"expires_in_ms", BODY_INTEGER, false, &errand->life_ms, 0, 0},
    };
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)) || !errand_check(exchange))
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

/* ---- accepting, declining, taking back --------------------------------------------------- */

static void act(struct exchange *exchange, const char *event, bool wants_game)
{
    struct errand *errand = errand_create(exchange, "match");
    if (errand == NULL || (exchange->body != NULL && !exchange_read_body(exchange, NULL, 0)))
        return;
    errand->id = exchange_parameter(exchange, "match_id");
    errand->event = event;
    errand->wants_game = wants_game;
    errand_act(exchange, json_pack("{s:s}", "player", exchange->claims.subject));
}

static void accept_match(struct exchange *exchange)
{
    act(exchange, "match.accept", true);
}

static void decline_match(struct exchange *exchange)
{
    act(exchange, "match.decline", false);
}

static void cancel_match(struct exchange *exchange)
{
    act(exchange, "match.cancel", false);
}

/* ---- reading ----------------------------------------------------------------------------- */

static void on_match(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    const struct errand *errand = exchange->note;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__Seek *seek = ((const Arbiter__V1__GetSeekReply *)answer->output)->seek;
    if (seek->opponent[0] == '\0')
        exchange_problem(exchange, 404, "not-found", "There is no such thing",
                         "there is no match '%s'", errand->id);
    else
        errand_answer(exchange, 200, &seek->base);
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
    ROUTE("GET", "/v1/matches/{match_id}", 0, get_match),
    ROUTE("POST", "/v1/matches/{match_id}/accept", TOKEN_PLAYER, accept_match),
    ROUTE("POST", "/v1/matches/{match_id}/decline", TOKEN_PLAYER, decline_match),
    ROUTE("DELETE", "/v1/matches/{match_id}", TOKEN_PLAYER, cancel_match),
    ROUTE(NULL, NULL, 0, NULL),
};
