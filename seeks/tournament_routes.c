/* Tournaments: what a director's console and a spectator's page do. */
#include "seeks/exchange.h"

#include <ctype.h>
#include <string.h>

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum { POLICY_MAX = 1 << 20 };

/* ---- opening
 * --------------------------------------------------------------------------------------------- */

static void on_opened(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__OpenTournamentReply *reply =
        (const Arbiter__V1__OpenTournamentReply *)answer->output;
    const char *location =
        arena_format(exchange_arena(exchange), "/v1/tournaments/%s", reply->tournament_id);
    exchange_answer_message(exchange, 201, answer->output, NULL, location);
}

static bool is_plain_name(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            return false;
    return text[0] != '\0';
}

/* Reads a ready-made format by name; its text lives in the request. */
static const char *read_format(struct exchange *exchange, const char *name)
{
    struct arena *arena = exchange_arena(exchange);
    struct buffer text = {.limit = POLICY_MAX};
    const char *path = arena_format(arena, "%s/%s.yaml", exchange->api->formats_folder, name);
    const char *copy = NULL;
    if (is_plain_name(name) && path != NULL && buffer_read_file(&text, path) == STATUS_OK)
        copy = arena_copy(arena, buffer_text(&text), text.size);
    buffer_deinit(&text);
    return copy;
}

static void post_tournament(struct exchange *exchange)
{
    const char *name = NULL;
    const char *policy = NULL;
    const char *format = NULL;
    const char *id = exchange->id;
    if (!exchange_body(exchange, "{s:s, s?:s, s?:s, s?:s}", "name", &name, "policy", &policy,
                       "format", &format, "tournament_id", &id))
        return;
    if ((policy == NULL) == (format == NULL)) {
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "give either 'policy', a policy's text, or 'format', a ready-made one");
        return;
    }
    if (format != NULL && (policy = read_format(exchange, format)) == NULL) {
        exchange_problem(exchange, 404, "not-found", "There is no such thing",
                         "there is no format '%s'", format);
        return;
    }
    if (!is_plain_name(id) || strlen(id) > 32) {
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "a tournament_id is up to 32 letters, digits, '-' and '_'");
        return;
    }
    Arbiter__V1__OpenTournamentRequest request = ARBITER__V1__OPEN_TOURNAMENT_REQUEST__INIT;
    request.tournament_id = (char *)id;
    request.name = (char *)name;
    request.policy = (char *)policy;
    request.actor = exchange->claims.subject;
    exchange_call(exchange, &arbiter__v1__orchestrator__descriptor, "OpenTournament", &request.base,
                  on_opened);
}

/* ---- events of its machines
 * -------------------------------------------------------------------------------- */

static bool may_direct(struct exchange *exchange)
{
    if (token_covers(&exchange->claims, exchange_parameter(exchange, "tournament_id")))
        return true;
    exchange_problem(exchange, 403, "forbidden", "That is not yours to do",
                     "your token is for other tournaments");
    return false;
}

static void on_done(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        exchange_answer_message(exchange, 200, answer->output, NULL, NULL);
}

static const char *division_id(struct exchange *exchange, int division)
{
    return arena_format(exchange_arena(exchange), "%s-%d",
                        exchange_parameter(exchange, "tournament_id"), division);
}

static const char *tournament_instance(struct exchange *exchange)
{
    return arena_format(exchange_arena(exchange), "tournament:%s",
                        exchange_parameter(exchange, "tournament_id"));
}

/* {"division": 1, "entrants": [{"player": …, "name": …, "seed": …, "rating": …}]} */
static void post_entrants(struct exchange *exchange)
{
    int division = 1;
    json_t *entrants = NULL;
    if (!may_direct(exchange) ||
        !exchange_body(exchange, "{s?:i, s:o}", "division", &division, "entrants", &entrants))
        return;
    json_t *data =
        json_pack("{s:s, s:O}", "division", division_id(exchange, division), "entrants", entrants);
    exchange_send_event(exchange, tournament_instance(exchange), "entrants.add", data, "", on_done);
    json_decref(data);
}

static void delete_entrant(struct exchange *exchange)
{
    const char *division = http_query(exchange->request, "division");
    if (!may_direct(exchange))
        return;
    const char *id = arena_format(exchange_arena(exchange), "%s-%s",
                                  exchange_parameter(exchange, "tournament_id"),
                                  division != NULL ? division : "1");
    json_t *data = json_pack("{s:s, s:s}", "division", id, "player",
                             exchange_parameter(exchange, "player_id"));
    exchange_send_event(exchange, tournament_instance(exchange), "entrant.withdraw", data, "",
                        on_done);
    json_decref(data);
}

/* Which machine an action is for, and what the event is called there. */
static const struct action {
    const char *name;
    enum { FOR_TOURNAMENT, FOR_DIVISION, FOR_BOARD } level;
    const char *event;
} actions[] = {
    {"start", FOR_TOURNAMENT, "director.start"},
    {"cancel", FOR_TOURNAMENT, "director.cancel"},
    {"pairings", FOR_DIVISION, "director.pairings"},
    {"pair", FOR_DIVISION, "director.pair"},
    {"approve", FOR_DIVISION, "director.approve"},
    {"next_round", FOR_DIVISION, "director.next_round"},
    {"amend", FOR_DIVISION, "director.amend"},
    {"result", FOR_BOARD, "director.result"},
    {"void", FOR_BOARD, "director.void"},
};

static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

static const char *action_instance(struct exchange *exchange, const struct action *action,
                                   int division, int round, int board)
{
    struct arena *arena = exchange_arena(exchange);
    switch (action->level) {
    case FOR_TOURNAMENT:
        return tournament_instance(exchange);
    case FOR_DIVISION:
        return arena_format(arena, "division:%s", division_id(exchange, division));
    case FOR_BOARD:
        return arena_format(arena, "board:%s-r%d-b%d", division_id(exchange, division), round,
                            board);
    }
    return NULL;
}

/* {"action": "amend", "division": 1, "data": {…the event's fields…}, "note": "why"} */
static void post_action(struct exchange *exchange)
{
    const char *name = NULL;
    const char *note = "";
    int division = 1;
    int round = 0;
    int board = 0;
    json_t *data = NULL;
    if (!may_direct(exchange) ||
        !exchange_body(exchange, "{s:s, s?:i, s?:i, s?:i, s?:o, s?:s}", "action", &name, "division",
                       &division, "round", &round, "board", &board, "data", &data, "note", &note))
        return;
    const struct action *action = find_action(name);
    if (action == NULL) {
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "there is no action '%s'; see docs/openapi.yaml", name);
        return;
    }
    json_t *fields = data != NULL ? json_incref(data) : json_object();
    exchange_send_event(exchange, action_instance(exchange, action, division, round, board),
                        action->event, fields, note, on_done);
    json_decref(fields);
}

/* ---- reading
 * --------------------------------------------------------------------------------------------------
 */

static int query_number(struct exchange *exchange, const char *name, int otherwise)
{
    const char *text = http_query(exchange->request, name);
    int number = 0;
    if (text == NULL)
        return otherwise;
    for (; isdigit((unsigned char)*text) && number < 1000000; text++)
        number = number * 10 + (*text - '0');
    return *text == '\0' ? number : -1;
}

static void on_read(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        exchange_answer_message(exchange, 200, answer->output, NULL, NULL);
}

static void get_standings(struct exchange *exchange)
{
    int division = query_number(exchange, "division", 1);
    int round = query_number(exchange, "round", 0);
    if (division < 1 || round < 0) {
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "division and round are whole numbers");
        return;
    }
    Arbiter__V1__ComputeStandingsRequest request = ARBITER__V1__COMPUTE_STANDINGS_REQUEST__INIT;
    request.division_id = (char *)division_id(exchange, division);
    request.round = round;
    exchange_call(exchange, &arbiter__v1__standings__descriptor, "Compute", &request.base, on_read);
}

static void on_round(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__Division *division =
        ((const Arbiter__V1__GetDivisionReply *)answer->output)->division;
    json_t *pairings = json_array();
    for (size_t i = 0; i < division->n_pairings; i++)
        (void)json_array_append_new(pairings, json_from_message(&division->pairings[i]->base));
    exchange_answer(exchange, 200,
                    json_pack("{s:s, s:s, s:i, s:o}", "division_id", division->division_id,
                              "status", division->status, "current_round", division->round,
                              "pairings", pairings),
                    NULL);
}

static void get_round(struct exchange *exchange)
{
    Arbiter__V1__GetDivisionRequest request = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    struct fault fault;
    int division = query_number(exchange, "division", 1);
    enum status status = json_set_field(exchange_arena(exchange), &request.base, "round",
                                        exchange_parameter(exchange, "round"), &fault);
    if (status != STATUS_OK || division < 1 || request.round < 1) {
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "division and round are whole numbers from 1");
        return;
    }
    request.division_id = (char *)division_id(exchange, division);
    exchange_call(exchange, &arbiter__v1__store__descriptor, "GetDivision", &request.base,
                  on_round);
}

#define ROUTE(method, pattern, roles, handler)                                                     \
    {                                                                                              \
        method, pattern, roles, handler, NULL, NULL, NULL                                          \
    }
#define DIRECTORS (TOKEN_DIRECTOR | TOKEN_ADMIN)

const struct route tournament_routes[] = {
    ROUTE("POST", "/v1/tournaments", DIRECTORS, post_tournament),
    ROUTE("POST", "/v1/tournaments/{tournament_id}/entrants", DIRECTORS, post_entrants),
    ROUTE("DELETE", "/v1/tournaments/{tournament_id}/entrants/{player_id}", DIRECTORS,
          delete_entrant),
    ROUTE("POST", "/v1/tournaments/{tournament_id}/actions", DIRECTORS, post_action),
    ROUTE("GET", "/v1/tournaments/{tournament_id}/standings", 0, get_standings),
    ROUTE("GET", "/v1/tournaments/{tournament_id}/rounds/{round}", 0, get_round),
    ROUTE(NULL, NULL, 0, NULL),
};
