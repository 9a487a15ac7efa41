/* Clubs: players to whom a seek may be private. */
#include "seeks/exchange.h"

#include <string.h>

#include "arbiter/v1/store.pb-c.h"

enum { NAME_BYTES_MAX = 100 };

#define DIRECTORS (TOKEN_DIRECTOR | TOKEN_ADMIN)

/* ---- founding ---------------------------------------------------------------------------- */

static void on_club_put(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__PutClubReply *reply = (const Arbiter__V1__PutClubReply *)answer->output;
    exchange_answer_message(
        exchange, reply->existed ? 200 : 201, &reply->club->base, NULL,
        arena_format(exchange_arena(exchange), "/v1/clubs/%s", reply->club->club_id));
}

static void put_club(struct exchange *exchange)
{
    const char *name = NULL;
    const struct body_field fields[] = {{"name", BODY_TEXT, true, &name, 0, NAME_BYTES_MAX}};
    Arbiter__V1__PutClubRequest request = ARBITER__V1__PUT_CLUB_REQUEST__INIT;
    request.club_id = (char *)exchange_parameter(exchange, "club_id");
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)))
        return;
    if (!exchange_is_id(request.club_id)) {
        exchange_problem(exchange, 400, "invalid", "The request is not as it should be",
                         "a club_id is 1 to %d letters, digits, '-' and '_'",
                         EXCHANGE_NAME_MAX - 1);
        return;
    }
    request.name = (char *)name;
    request.owner = exchange->claims.subject;
    exchange_call(exchange, &arbiter__v1__store__descriptor, "PutClub", &request.base, on_club_put);
}

/* ---- members ----------------------------------------------------------------------------- */

static void on_changed_club(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        exchange_answer_message(exchange, 200, answer->output, "club", NULL);
}

static void read_club(struct exchange *exchange, bus_on_answer on_answer)
{
    Arbiter__V1__GetClubRequest request = ARBITER__V1__GET_CLUB_REQUEST__INIT;
    request.club_id = (char *)exchange_parameter(exchange, "club_id");
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetClub", &request.base, on_answer);
}

static void on_member_changed(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        read_club(exchange, on_changed_club);
}

/* Its owner and the house's administrators choose who belongs to a club; everybody may leave. */
static void on_club_to_change(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__Club *club = ((const Arbiter__V1__GetClubReply *)answer->output)->club;
    const char *subject = exchange->claims.subject;
    Arbiter__V1__ChangeClubMemberRequest request = ARBITER__V1__CHANGE_CLUB_MEMBER_REQUEST__INIT;
    request.club_id = (char *)exchange_parameter(exchange, "club_id");
    request.player_id = (char *)exchange_parameter(exchange, "player_id");
    request.drop = strcmp(exchange->route->method, "DELETE") == 0;
    bool is_leaving = request.drop && strcmp(request.player_id, subject) == 0;
    if (!is_leaving && strcmp(club->owner, subject) != 0 &&
        (exchange->claims.roles & TOKEN_ADMIN) == 0)
        exchange_problem(exchange, 403, "forbidden", "That is not yours to do",
                         "the members of '%s' are chosen by '%s'", club->club_id, club->owner);
    else
        exchange_call(exchange, &arbiter__v1__store__descriptor, "ChangeClubMember", &request.base,
                      on_member_changed);
}

static void change_member(struct exchange *exchange)
{
    if (exchange->body == NULL || exchange_read_body(exchange, NULL, 0))
        read_club(exchange, on_club_to_change);
}

const struct route club_routes[] = {
    ROUTE("PUT", "/v1/clubs/{club_id}", DIRECTORS, put_club),
    {"GET", "/v1/clubs/{club_id}", 0, NULL, &arbiter__v1__store__descriptor, "GetClub", "club"},
    {"GET", "/v1/clubs/{club_id}/members", 0, NULL, &arbiter__v1__store__descriptor,
     "ListClubMembers", NULL},
    ROUTE("PUT", "/v1/clubs/{club_id}/members/{player_id}", TOKEN_PLAYER | DIRECTORS,
          change_member),
    ROUTE("DELETE", "/v1/clubs/{club_id}/members/{player_id}", TOKEN_PLAYER | DIRECTORS,
          change_member),
    ROUTE(NULL, NULL, 0, NULL),
};
