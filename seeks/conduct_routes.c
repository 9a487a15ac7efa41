/* How players behave: seen by themselves and directors, taken back by directors. */
#include "seeks/exchange.h"

#include <string.h>

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum { NOTE_BYTES_MAX = 500 };

#define DIRECTORS (TOKEN_DIRECTOR | TOKEN_ADMIN)

/* ---- seeing ------------------------------------------------------------------------------ */

static void on_standing(const struct bus_answer *answer, void *user)
{
    if (exchange_check(user, answer))
        exchange_answer_message(user, 200, answer->output, NULL, NULL);
}

static void get_conduct(struct exchange *exchange)
{
    const char *player_id = exchange_parameter(exchange, "player_id");
    Arbiter__V1__ConductStandingRequest request = ARBITER__V1__CONDUCT_STANDING_REQUEST__INIT;
    if ((exchange->claims.roles & DIRECTORS) == 0 &&
        strcmp(player_id, exchange->claims.subject) != 0) {
        exchange_problem(exchange, 403, "forbidden", "That is not yours to see",
                         "how others behave is for directors; yours is /v1/players/%s/conduct",
                         exchange->claims.subject);
        return;
    }
    request.player_id = (char *)player_id;
    exchange_ask(exchange, &arbiter__v1__conduct__descriptor, "Standing", &request.base,
                 on_standing);
}

/* ---- taking back ------------------------------------------------------------------------- */

static void on_appealed(const struct bus_answer *answer, void *user)
{
    if (exchange_check(user, answer))
        get_conduct(user);
}

/* Without a game: only what the service's own incidents excuse. */
static void post_appeal(struct exchange *exchange)
{
    const char *game_id = "";
    const char *note = NULL;
    const struct body_field fields[] = {
        {"game_id", BODY_TEXT, false, &game_id, 0, 0},
        {"note", BODY_TEXT, true, &note, 0, NOTE_BYTES_MAX},
    };
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)))
        return;
    const char *instance_id = arena_format(exchange_arena(exchange), "conduct:%s",
                                           exchange_parameter(exchange, "player_id"));
    json_t *data = json_pack("{s:s}", "game_id", game_id);
    if (instance_id == NULL || data == NULL)
        exchange_problem_busy(exchange);
    else
        exchange_send_event(
            exchange,
            &(struct exchange_event){
                .instance_id = instance_id, .name = "conduct.appeal", .data = data, .note = note},
            on_appealed);
    json_decref(data);
}

/* ---- the service's own incidents --------------------------------------------------------- */

static void on_noted(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        exchange_answer(exchange, 201, json_pack("{s:s}", "incident_id", exchange->id), NULL);
}

static void post_incident(struct exchange *exchange)
{
    int64_t from_ms = 0;
    int64_t to_ms = 0;
    const char *what = NULL;
    const struct body_field fields[] = {
        {"from_ms", BODY_INTEGER, true, &from_ms, 0, 9e15},
        {"to_ms", BODY_INTEGER, true, &to_ms, 0, 9e15},
        {"what", BODY_TEXT, true, &what, 0, NOTE_BYTES_MAX},
    };
    Arbiter__V1__PutIncidentRequest request = ARBITER__V1__PUT_INCIDENT_REQUEST__INIT;
    Arbiter__V1__Incident incident = ARBITER__V1__INCIDENT__INIT;
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)))
        return;
    if (to_ms < from_ms) {
        exchange_problem_at(exchange, "/to_ms", "an incident ends after it has begun");
        return;
    }
    incident.incident_id = exchange->id;
    incident.from_ms = from_ms;
    incident.to_ms = to_ms;
    incident.what = (char *)what;
    incident.noted_by = exchange->claims.subject;
    request.incident = &incident;
    exchange_call(exchange, &arbiter__v1__store__descriptor, "PutIncident", &request.base,
                  on_noted);
}

const struct route conduct_routes[] = {
    ROUTE("GET", "/v1/players/{player_id}/conduct", TOKEN_PLAYER | DIRECTORS, get_conduct),
    ROUTE("POST", "/v1/players/{player_id}/conduct/appeals", DIRECTORS, post_appeal),
    ROUTE("POST", "/v1/incidents", TOKEN_ADMIN, post_incident),
    ROUTE(NULL, NULL, 0, NULL),
};
