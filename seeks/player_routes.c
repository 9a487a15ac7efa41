/* Profiles: players make their own, directors anybody's. */
#include "seeks/exchange.h"

#include <string.h>

#include "arbiter/v1/store.pb-c.h"

enum { NAME_BYTES_MAX = 100 };

static void on_player_created(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__CreatePlayerReply *reply =
        (const Arbiter__V1__CreatePlayerReply *)answer->output;
    const char *location =
        arena_format(exchange_arena(exchange), "/v1/players/%s", reply->player->player_id);
    exchange_answer_message(exchange, reply->existed ? 200 : 201, &reply->player->base, NULL,
                            location);
}

static bool is_printable(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
        if (*c < ' ' || *c == 127)
            return false;
    return text[0] != '\0';
}

static bool may_create(struct exchange *exchange, const char *player_id)
{
    if ((exchange->claims.roles & (TOKEN_ADMIN | TOKEN_DIRECTOR)) != 0 ||
        strcmp(player_id, exchange->claims.subject) == 0)
        return true;
    exchange_problem(exchange, 403, "forbidden", "That is not yours to do",
                     "your token makes the profile '%s' only", exchange->claims.subject);
    return false;
}

static void post_player(struct exchange *exchange)
{
    const char *player_id = NULL;
    const char *name = NULL;
    const struct body_field fields[] = {
        {"player_id", BODY_TEXT, true, &player_id, 0, 0},
        {"name", BODY_TEXT, false, &name, 0, NAME_BYTES_MAX},
    };
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)))
        return;
    if (!exchange_is_id(player_id)) {
        exchange_problem_at(exchange, "/player_id",
                            "a player_id is 1 to %d letters, digits, '-' and '_'",
                            EXCHANGE_NAME_MAX - 1);
        return;
    }
    if (name != NULL && !is_printable(name)) {
        exchange_problem_at(exchange, "/name", "a name has 1 to %d bytes, none of them control",
                            NAME_BYTES_MAX);
        return;
    }
    if (!may_create(exchange, player_id))
        return;
    Arbiter__V1__CreatePlayerRequest request = ARBITER__V1__CREATE_PLAYER_REQUEST__INIT;
    Arbiter__V1__Player player = ARBITER__V1__PLAYER__INIT;
    player.player_id = (char *)player_id;
    player.name = (char *)(name != NULL ? name : player_id);
    request.player = &player;
    exchange_call(exchange, &arbiter__v1__store__descriptor, "CreatePlayer", &request.base,
                  on_player_created);
}

const struct route player_routes[] = {
    ROUTE("POST", "/v1/players", TOKEN_PLAYER | TOKEN_DIRECTOR | TOKEN_ADMIN, post_player),
    ROUTE(NULL, NULL, 0, NULL),
};
