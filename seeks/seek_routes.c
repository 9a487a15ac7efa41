/* Open challenges: posted, accepted by whoever is first, taken back. */
#include "seeks/errand.h"

#include <string.h>

#include "arbiter/v1/store.pb-c.h"

static const double RATING_MAX = 10000.0;

/* ---- posting ----------------------------------------------------------------------------- */

static void begin(struct exchange *exchange)
{
    const struct errand *errand = exchange->note;
    errand_begin(exchange,
                 json_pack("{s:s, s:s, s:O, s:s, s:f, s:f, s:f}", "seek_id", errand->id, "owner",
                           exchange->claims.subject, "request", errand->request, "policy",
                           "default", "owner_rating", errand->rating, "rating_min",
                           errand->rating_min, "rating_max", errand->rating_max));
}

static void post_seek(struct exchange *exchange)
{
    struct errand *errand = errand_create(exchange, "seek");
    if (errand == NULL)
        return;
    errand->id = exchange->id;
    errand->rating_max = RATING_MAX;
    const struct body_field fields[] = {
        {"request", BODY_OBJECT, true, &errand->request, 0, 0},
        {"rating_min", BODY_NUMBER, false, &errand->rating_min, 0, RATING_MAX},
        {"rating_max", BODY_NUMBER, false, &errand->rating_max, 0, RATING_MAX},
        {"expires_in_ms", BODY_INTEGER, false, &errand->life_ms, 0, 0},
    };
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)) || !errand_check(exchange))
        return;
    if (errand->rating_min > errand->rating_max)
        exchange_problem_at(exchange, "/rating_min", "'rating_min' is above 'rating_max'");
    else
        errand_know_player(exchange, errand_pool(errand->request), begin);
}

/* ---- accepting, cancelling --------------------------------------------------------------- */

static void accept_as_known(struct exchange *exchange)
{
    const struct errand *errand = exchange->note;
    errand_act(exchange, json_pack("{s:s, s:f}", "player", exchange->claims.subject, "rating",
                                   errand->rating));
}

static void on_seek_to_accept(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__GameRequest *request =
        ((const Arbiter__V1__GetSeekReply *)answer->output)->seek->request;
    const char *pool = request == NULL                   ? ""
                       : request->rating_pool[0] != '\0' ? request->rating_pool
                                                         : request->rules;
    errand_know_player(exchange, pool, accept_as_known);
}

static void accept_seek(struct exchange *exchange)
{
    struct errand *errand = errand_create(exchange, "seek");
    if (errand == NULL || !exchange_read_body(exchange, NULL, 0))
        return;
    errand->id = exchange_parameter(exchange, "seek_id");
    errand->event = "seek.accept";
    errand->wants_game = true;
    Arbiter__V1__GetSeekRequest request = ARBITER__V1__GET_SEEK_REQUEST__INIT;
    request.seek_id = (char *)errand->id;
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetSeek", &request.base,
                 on_seek_to_accept);
}

static void cancel_seek(struct exchange *exchange)
{
    struct errand *errand = errand_create(exchange, "seek");
    if (errand == NULL)
        return;
    errand->id = exchange_parameter(exchange, "seek_id");
    errand->event = "seek.cancel";
    errand_act(exchange, json_pack("{s:s}", "player", exchange->claims.subject));
}

const struct route seek_routes[] = {
    ROUTE("POST", "/v1/seeks", TOKEN_PLAYER, post_seek),
    ROUTE("POST", "/v1/seeks/{seek_id}/accept", TOKEN_PLAYER, accept_seek),
    ROUTE("DELETE", "/v1/seeks/{seek_id}", TOKEN_PLAYER, cancel_seek),
    ROUTE(NULL, NULL, 0, NULL),
};
