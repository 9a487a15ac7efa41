/* Whom a player has blocked, and whom a player follows. */
#include "seeks/exchange.h"

#include <string.h>

#include "seeks/seeker.h"

static json_t *json_of_names(char *const *names, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list, json_string(names[i]));
    return list;
}

static void answer_circle(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *seeker)
{
    exchange_answer(exchange, 200,
                    json_pack("{s:o, s:o}", "blocks",
                              json_of_names(seeker->blocks, seeker->n_blocks), "follows",
                              json_of_names(seeker->follows, seeker->n_follows)),
                    NULL);
}

static void get_circle(struct exchange *exchange)
{
    seeker_know(exchange, exchange->claims.subject, "", answer_circle);
}

static void on_changed(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        get_circle(exchange);
}

static void change(struct exchange *exchange, const char *kind, bool drop)
{
    Arbiter__V1__ChangeCircleRequest request = ARBITER__V1__CHANGE_CIRCLE_REQUEST__INIT;
    if (exchange->body != NULL && !exchange_read_body(exchange, NULL, 0))
        return;
    request.player_id = exchange->claims.subject;
    request.other = (char *)exchange_parameter(exchange, "player_id");
    request.kind = (char *)kind;
    request.drop = drop;
    exchange_call(exchange, &arbiter__v1__store__descriptor, "ChangeCircle", &request.base,
                  on_changed);
}

static void put_block(struct exchange *exchange)
{
    change(exchange, "block", false);
}

static void delete_block(struct exchange *exchange)
{
    change(exchange, "block", true);
}

static void put_follow(struct exchange *exchange)
{
    change(exchange, "follow", false);
}

static void delete_follow(struct exchange *exchange)
{
    change(exchange, "follow", true);
}

const struct route circle_routes[] = {
    ROUTE("GET", "/v1/circle", TOKEN_PLAYER, get_circle),
    ROUTE("PUT", "/v1/circle/blocks/{player_id}", TOKEN_PLAYER, put_block),
    ROUTE("DELETE", "/v1/circle/blocks/{player_id}", TOKEN_PLAYER, delete_block),
    ROUTE("PUT", "/v1/circle/follows/{player_id}", TOKEN_PLAYER, put_follow),
    ROUTE("DELETE", "/v1/circle/follows/{player_id}", TOKEN_PLAYER, delete_follow),
    ROUTE(NULL, NULL, 0, NULL),
};
