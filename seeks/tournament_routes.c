/* Tournaments: what a director's console and a spectator's page do. */
#include "seeks/crew.h"
#include "seeks/exchange.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "proto/copy.h"

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum { POLICY_MAX = 1 << 19, NAME_BYTES_MAX = 200, FORMAT_BYTES_MAX = 256, TOURNAMENT_ID_MAX = 32 };
enum { DIVISIONS_MAX = 200, ENTRANTS_MAX = 2000, SEED_MAX = 1000000 };

/* A director's token may be for some tournaments only. */
static bool may_direct(struct exchange *exchange, const char *tournament_id)
{
    if (token_covers(&exchange->claims, tournament_id))
        return true;
    exchange_problem(exchange, 403, "forbidden", "That is not yours to do",
                     "your token is for other tournaments");
    return false;
}

/* ---- opening ----------------------------------------------------------------------------- */

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

/* Reads a ready-made format by name; its text lives in the request. */
static const char *read_format(struct exchange *exchange, const char *name)
{
    struct arena *arena = exchange_arena(exchange);
    struct buffer text = {.limit = POLICY_MAX};
    const char *path =
        arena_format(arena, "%s/formats/%s.yaml", exchange->api->policies_folder, name);
    const char *copy = NULL;
    if (exchange_is_id(name) && path != NULL && buffer_read_file(&text, path) == STATUS_OK)
        copy = arena_copy(arena, buffer_text(&text), text.size);
    buffer_deinit(&text);
    return copy;
}

/* What a tournament is opened with, until its format is known. */
struct opening {
    const char *id;
    const char *name;
    const char *format; /* "club-night", "club-night@3", "club-night@HASH" */
};

static void open_tournament(struct exchange *exchange, const char *id, const char *name,
                            const char *policy)
{
    Arbiter__V1__OpenTournamentRequest request = ARBITER__V1__OPEN_TOURNAMENT_REQUEST__INIT;
    request.tournament_id = (char *)id;
    request.name = (char *)name;
    request.policy = (char *)policy;
    request.actor = exchange->claims.subject;
    exchange_call(exchange, &arbiter__v1__orchestrator__descriptor, "OpenTournament", &request.base,
                  on_opened);
}

/* The published policy of that name; where none is, the ready-made one. */
static void on_format(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    const struct opening *opening = exchange->note;
    const char *policy = NULL;
    if (answer->status == STATUS_OK) {
        const char *text = ((const Arbiter__V1__GetPolicyReply *)answer->output)->text;
        policy = arena_copy(exchange_arena(exchange), text, strlen(text));
    } else if (answer->status == STATUS_NOT_FOUND) {
        policy = read_format(exchange, opening->format); /* a name with "@" is no file's */
    } else {
        (void)exchange_check(exchange, answer); /* it answers */
        return;
    }
    if (policy == NULL)
        exchange_problem_at(exchange, "/format", "there is no format '%s'", opening->format);
    else
        open_tournament(exchange, opening->id, opening->name, policy);
}

static void ask_format(struct exchange *exchange, const struct opening *opening)
{
    struct arena *arena = exchange_arena(exchange);
    struct opening *kept = arena_alloc(arena, sizeof *kept);
    size_t size = strcspn(opening->format, "@");
    Arbiter__V1__GetPolicyRequest request = ARBITER__V1__GET_POLICY_REQUEST__INIT;
    request.kind = "format";
    request.name = arena_copy(arena, opening->format, size);
    request.hash = (char *)(opening->format[size] == '@' ? opening->format + size + 1 : "");
    if (kept == NULL || request.name == NULL) {
        exchange_problem(exchange, 503, "unavailable", "The service is busy or away", "try again");
        return;
    }
    *kept = *opening;
    exchange->note = kept;
    exchange_call(exchange, &arbiter__v1__store__descriptor, "GetPolicy", &request.base, on_format);
}

static void post_tournament(struct exchange *exchange)
{
    const char *name = NULL;
    const char *policy = NULL;
    const char *format = NULL;
    const char *id = exchange->id;
    const struct body_field fields[] = {
        {"name", BODY_TEXT, true, &name, 0, NAME_BYTES_MAX},
        {"policy", BODY_TEXT, false, &policy, 0, POLICY_MAX},
        {"format", BODY_TEXT, false, &format, 0, FORMAT_BYTES_MAX},
        {"tournament_id", BODY_TEXT, false, &id, 0, TOURNAMENT_ID_MAX},
    };
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)))
        return;
    if ((policy == NULL) == (format == NULL)) {
        exchange_problem_at(exchange, "/policy",
                            "give either 'policy', a policy's text, or 'format', a ready-made one");
        return;
    }
    if (!exchange_is_id(id)) {
        exchange_problem_at(exchange, "/tournament_id",
                            "a tournament_id is up to %d letters, digits, '-' and '_'",
                            TOURNAMENT_ID_MAX);
        return;
    }
    if (!may_direct(exchange, id))
        return;
    if (format != NULL)
        ask_format(exchange, &(struct opening){id, name, format});
    else
        open_tournament(exchange, id, name, policy);
}

/* ---- events of its machines -------------------------------------------------------------- */

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

/* Sends an event to a machine; `data` is given back here. */
static void send(struct exchange *exchange, const char *instance_id, const char *event,
                 json_t *data, const char *note)
{
    exchange_send_event(exchange,
                        &(struct exchange_event){
                            .instance_id = instance_id, .name = event, .data = data, .note = note},
                        on_done);
    json_decref(data);
}

static bool may_direct_here(struct exchange *exchange)
{
    return may_direct(exchange, exchange_parameter(exchange, "tournament_id"));
}

/* The machine hands the list on as it is: what ids and seeds look like is seen to here. */
static bool check_entrants(struct exchange *exchange, json_t *entrants)
{
    for (size_t i = 0; i < json_array_size(entrants); i++) {
        const json_t *entrant = json_array_get(entrants, i);
        const char *player = json_string_value(json_object_get(entrant, "player"));
        json_int_t seed = json_integer_value(json_object_get(entrant, "seed"));
        bool is_player = player != NULL && exchange_is_id(player);
        if (is_player && seed >= 1 && seed <= SEED_MAX)
            continue;
        if (is_player) {
            exchange_problem_at(exchange,
                                arena_format(exchange_arena(exchange), "/entrants/%zu/seed", i),
                                "an entrant's 'seed' is the place on the list, 1 to %d", SEED_MAX);
            return false;
        }
        exchange_problem_at(
            exchange, arena_format(exchange_arena(exchange), "/entrants/%zu/player", i),
            "an entrant's 'player' is 1 to %d letters, digits, '-' and '_'", EXCHANGE_NAME_MAX - 1);
        return false;
    }
    if (json_array_size(entrants) >= 1 && json_array_size(entrants) <= ENTRANTS_MAX)
        return true;
    exchange_problem_at(exchange, "/entrants", "'entrants' lists 1 to %d players", ENTRANTS_MAX);
    return false;
}

/* {"division": 1, "entrants": [{"player": …, "name": …, "seed": …, "rating": …}]} */
static void post_entrants(struct exchange *exchange)
{
    int64_t division = 1;
    json_t *entrants = NULL;
    const struct body_field fields[] = {
        {"division", BODY_INTEGER, false, &division, 1, DIVISIONS_MAX},
        {"entrants", BODY_ARRAY, true, &entrants, 0, 0},
    };
    if (!may_direct_here(exchange) || !exchange_read_body(exchange, fields, COUNT_OF(fields)) ||
        !check_entrants(exchange, entrants))
        return;
    send(exchange, tournament_instance(exchange), "entrants.add",
         json_pack("{s:s, s:O}", "division", division_id(exchange, (int)division), "entrants",
                   entrants),
         NULL);
}

static void delete_entrant(struct exchange *exchange)
{
    int division = query_number(exchange, "division", 1);
    if (!may_direct_here(exchange))
        return;
    if (division < 1) {
        exchange_problem_at(exchange, "", "'division' is a whole number from 1");
        return;
    }
    send(exchange, tournament_instance(exchange), "entrant.withdraw",
         json_pack("{s:s, s:s}", "division", division_id(exchange, division), "player",
                   exchange_parameter(exchange, "player_id")),
         NULL);
}

/* ---- reading ----------------------------------------------------------------------------- */

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
    exchange_ask(exchange, &arbiter__v1__standings__descriptor, "Compute", &request.base, on_read);
}

/* Keeps a division that has been read until it is known who asks. */
static bool keep_division(struct exchange *exchange, const struct bus_answer *answer)
{
    const Arbiter__V1__GetDivisionReply *reply =
        (const Arbiter__V1__GetDivisionReply *)answer->output;
    exchange->version = reply->version;
    exchange->note = proto_copy_in(exchange_arena(exchange), &reply->division->base);
    if (exchange->note == NULL)
        exchange_problem_busy(exchange);
    return exchange->note != NULL;
}

/* How often somebody did not come is told to those who may act on it. */
static void show_entrants(struct exchange *exchange, bool is_crew)
{
    const Arbiter__V1__Division *division = exchange->note;
    json_t *entrants = json_array();
    for (size_t i = 0; i < division->n_entrants; i++) {
        json_t *entrant = json_from_message(&division->entrants[i]->base);
        if (!is_crew)
            (void)json_object_del(entrant, "no_shows");
        (void)json_array_append_new(entrants, entrant);
    }
    exchange_answer(
        exchange, 200,
        json_pack("{s:s, s:o}", "division_id", division->division_id, "entrants", entrants), NULL);
}

static void on_entrants(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer) && keep_division(exchange, answer))
        crew_find(exchange, show_entrants);
}

static void get_entrants(struct exchange *exchange)
{
    Arbiter__V1__GetDivisionRequest request = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    int division = query_number(exchange, "division", 1);
    if (division < 1) {
        exchange_problem_at(exchange, "", "'division' is a whole number from 1");
        return;
    }
    request.division_id = (char *)division_id(exchange, division);
    request.round = 1; /* no rounds are asked for, and one is the least */
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetDivision", &request.base,
                 on_entrants);
}

/* A pairing that is kept back is shown to those who may change it. */
static void show_round(struct exchange *exchange, bool is_crew)
{
    const Arbiter__V1__Division *division = exchange->note;
    json_t *pairings = json_array();
    for (size_t i = 0; i < division->n_pairings; i++)
        if (division->pairings[i]->round <= division->round || is_crew)
            (void)json_array_append_new(pairings, json_from_message(&division->pairings[i]->base));
    exchange_answer(exchange, 200,
                    json_pack("{s:s, s:s, s:i, s:o}", "division_id", division->division_id,
                              "status", division->status, "current_round", division->round,
                              "pairings", pairings),
                    NULL);
}

static bool holds_back(const Arbiter__V1__Division *division)
{
    for (size_t i = 0; i < division->n_pairings; i++)
        if (division->pairings[i]->round > division->round)
            return true;
    return false;
}

static void on_round(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer) || !keep_division(exchange, answer))
        return;
    if (holds_back(exchange->note))
        crew_find(exchange, show_round);
    else
        show_round(exchange, false);
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
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetDivision", &request.base, on_round);
}

#define DIRECTORS (TOKEN_DIRECTOR | TOKEN_ADMIN)

const struct route tournament_routes[] = {
    ROUTE("POST", "/v1/tournaments", DIRECTORS, post_tournament),
    ROUTE("POST", "/v1/tournaments/{tournament_id}/entrants", DIRECTORS | ROUTE_MATCH,
          post_entrants),
    ROUTE("GET", "/v1/tournaments/{tournament_id}/entrants?division", 0, get_entrants),
    ROUTE("DELETE", "/v1/tournaments/{tournament_id}/entrants/{player_id}?division",
          DIRECTORS | ROUTE_MATCH, delete_entrant),
    ROUTE("GET", "/v1/tournaments/{tournament_id}/standings?division&round", 0, get_standings),
    ROUTE("GET", "/v1/tournaments/{tournament_id}/rounds/{round}?division", 0, get_round),
    ROUTE(NULL, NULL, 0, NULL),
};
