/* A director's desk: actions with their previews and confirmations, the record of them,
 * explanations, exports. What an action does is the orchestrator's; here it gets its HTTP shape. */
#include "seeks/exchange.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "arbiter/v1/desk.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum { NOTE_BYTES_MAX = 1000, TOKENS_MAX = 4 };
enum { DIVISIONS_MAX = 200, ROUNDS_MAX = 1000, BOARDS_MAX = 100000 };

/* ---- acting ------------------------------------------------------------------------------ */

static bool is_true(const char *text)
{
    return text != NULL && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

/* "7", as an ETag gives it, or 7: the number the action is to have. 0: any; -1: no number. */
static int64_t expected_number(const struct exchange *exchange, int64_t in_body)
{
    const char *header = http_header(exchange->request, "If-Match");
    if (header == NULL || strcmp(header, "*") == 0)
        return in_body;
    if (*header == '"')
        header++;
    char *end = NULL;
    long long number = strtoll(header, &end, 10);
    return end != header && number > 0 && (*end == '\0' || strcmp(end, "\"") == 0) ? number : -1;
}

/* What is missing, with everything that follows: nothing has changed yet. */
static void answer_needs(struct exchange *exchange, const Arbiter__V1__ActReply *reply)
{
    bool has_match = http_header(exchange->request, "If-Match") != NULL;
    unsigned code = !reply->is_stale ? 428 : has_match ? 412 : 409;
    json_t *problem = json_pack(
        "{s:s, s:s, s:i, s:s, s:o}", "type",
        reply->is_stale ? "https://arbiter.dev/problems/conflict"
                        : "https://arbiter.dev/problems/confirm",
        "title", reply->is_stale ? "Somebody was faster" : "This must be confirmed", "status",
        (int)code, "detail",
        reply->is_stale ? "what you confirmed is not what would happen now; look again"
                        : "send 'confirm' with this token once the consequences are understood",
        "preview", json_from_message(&reply->base));
    exchange_answer_problem(exchange, code, problem);
}

/* The number that If-Match names is taken: by whom, with what. */
static void answer_late(struct exchange *exchange, const struct bus_answer *answer)
{
    json_t *problem =
        json_pack("{s:s, s:s, s:i, s:s}", "type", "https://arbiter.dev/problems/conflict", "title",
                  "Somebody was faster", "status", 412, "detail", answer->message);
    for (size_t i = 0; i < answer->detail_count; i++)
        (void)json_object_set_new(problem, answer->details[i].key,
                                  json_string(answer->details[i].value));
    exchange_answer_problem(exchange, 412, problem);
}

static void on_acted(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (answer->status == STATUS_ABORTED && http_header(exchange->request, "If-Match") != NULL) {
        answer_late(exchange, answer);
        return;
    }
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__ActReply *reply = (const Arbiter__V1__ActReply *)answer->output;
    bool is_dry = is_true(http_query(exchange->request, "dry_run"));
    if (!reply->committed && !is_dry)
        answer_needs(exchange, reply);
    else
        exchange_answer_message(exchange, 200, answer->output, NULL, NULL);
}

static bool read_tokens(struct exchange *exchange, json_t *list, Arbiter__V1__ActRequest *request)
{
    size_t count = json_array_size(list);
    request->confirm = arena_array(exchange_arena(exchange), count, sizeof(char *));
    for (size_t i = 0; i < count; i++) {
        const char *token = json_string_value(json_array_get(list, i));
        if (token == NULL || count > TOKENS_MAX || request->confirm == NULL) {
            exchange_problem_at(exchange, "/confirm", "'confirm' lists the tokens of previews");
            return false;
        }
        request->confirm[request->n_confirm++] = (char *)token;
    }
    return true;
}

/* {"action": "amend_result", "division": 1, "data": {…}, "note": "why", "confirm": ["token"]} */
static void post_action(struct exchange *exchange)
{
    Arbiter__V1__ActRequest request = ARBITER__V1__ACT_REQUEST__INIT;
    const char *name = NULL;
    const char *note = "";
    int64_t division = 1;
    int64_t round = 0;
    int64_t board = 0;
    int64_t expected = 0;
    json_t *data = NULL;
    json_t *confirm = NULL;
    const struct body_field fields[] = {
        {"action", BODY_TEXT, true, &name, 0, 0},
        {"division", BODY_INTEGER, false, &division, 1, DIVISIONS_MAX},
        {"round", BODY_INTEGER, false, &round, 1, ROUNDS_MAX},
        {"board", BODY_INTEGER, false, &board, 1, BOARDS_MAX},
        {"data", BODY_OBJECT, false, &data, 0, 0},
        {"note", BODY_TEXT, false, &note, 0, NOTE_BYTES_MAX},
        {"confirm", BODY_ARRAY, false, &confirm, 0, 0},
        {"expected_number", BODY_INTEGER, false, &expected, 1, 1e9},
    };
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)) ||
        !read_tokens(exchange, confirm, &request))
        return;
    if (data != NULL &&
        json_to_value_map(exchange_arena(exchange), data, &request.data) != STATUS_OK) {
        exchange_problem_at(exchange, "/data", "'data' is too large");
        return;
    }
    request.tournament_id = (char *)exchange_parameter(exchange, "tournament_id");
    request.action = (char *)name;
    request.division = (int32_t)division;
    request.round = (int32_t)round;
    request.board = (int32_t)board;
    request.note = (char *)note;
    request.actor = exchange->claims.subject;
    request.roles = (int32_t)exchange->claims.roles;
    request.is_covered = token_covers(&exchange->claims, request.tournament_id);
    request.is_named = request.is_covered && exchange->claims.event_count > 0;
    request.dry_run = is_true(http_query(exchange->request, "dry_run"));
    request.expected_number = expected_number(exchange, expected);
    if (request.expected_number < 0) {
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "If-Match is the number that the action is to have, \"7\"");
        return;
    }
    if (request.dry_run)
        exchange_ask(exchange, &arbiter__v1__desk__descriptor, "Act", &request.base, on_acted);
    else
        exchange_call(exchange, &arbiter__v1__desk__descriptor, "Act", &request.base, on_acted);
}

/* ---- reading ----------------------------------------------------------------------------- */

static void on_read(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        exchange_answer_message(exchange, 200, answer->output, NULL, NULL);
}

/* A number in the path or the query; -1 where it is none. */
static int number_of(const char *text, int otherwise)
{
    int number = 0;
    if (text == NULL)
        return otherwise;
    for (; isdigit((unsigned char)*text) && number < 1000000; text++)
        number = number * 10 + (*text - '0');
    return *text == '\0' ? number : -1;
}

static char *division_id(struct exchange *exchange)
{
    int division = number_of(exchange_parameter(exchange, "division"), 0);
    if (division < 1) {
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "a division is a number from 1");
        return NULL;
    }
    return arena_format(exchange_arena(exchange), "%s-%d",
                        exchange_parameter(exchange, "tournament_id"), division);
}

static int round_of(struct exchange *exchange)
{
    int round = number_of(exchange_parameter(exchange, "round"), 0);
    if (round >= 1)
        return round;
    exchange_problem(exchange, 400, "invalid", "The request is not valid",
                     "a round is a number from 1");
    return 0;
}

static void get_round_explained(struct exchange *exchange)
{
    Arbiter__V1__ExplainRoundRequest request = ARBITER__V1__EXPLAIN_ROUND_REQUEST__INIT;
    request.division_id = division_id(exchange);
    if (request.division_id == NULL || (request.round = round_of(exchange)) == 0)
        return;
    exchange_ask(exchange, &arbiter__v1__desk__descriptor, "ExplainRound", &request.base, on_read);
}

static void get_why_not(struct exchange *exchange)
{
    Arbiter__V1__WhyNotRequest request = ARBITER__V1__WHY_NOT_REQUEST__INIT;
    const char *a = http_query(exchange->request, "a");
    const char *b = http_query(exchange->request, "b");
    request.division_id = division_id(exchange);
    if (request.division_id == NULL || (request.round = round_of(exchange)) == 0)
        return;
    if (a == NULL || b == NULL) {
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "say which two players: ?a=…&b=…");
        return;
    }
    request.a = (char *)a;
    request.b = (char *)b;
    exchange_ask(exchange, &arbiter__v1__desk__descriptor, "WhyNot", &request.base, on_read);
}

static void get_standing_explained(struct exchange *exchange)
{
    Arbiter__V1__ExplainStandingRequest request = ARBITER__V1__EXPLAIN_STANDING_REQUEST__INIT;
    const char *player = http_query(exchange->request, "player");
    request.division_id = division_id(exchange);
    if (request.division_id == NULL)
        return;
    request.round = number_of(http_query(exchange->request, "round"), 0);
    if (player == NULL || request.round < 0) {
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "say which player: ?player=…, and optionally after which round");
        return;
    }
    request.player = (char *)player;
    exchange_ask(exchange, &arbiter__v1__desk__descriptor, "ExplainStanding", &request.base,
                 on_read);
}

static void on_exported(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__ExportReply *reply = (const Arbiter__V1__ExportReply *)answer->output;
    if (is_true(http_query(exchange->request, "report")))
        exchange_answer_message(exchange, 200, answer->output, NULL, NULL);
    else
        exchange_answer_text(exchange, reply->content_type, reply->text);
}

/* ?format=trf&division=1&round=3; with report=true also what the format has no place for. */
static void get_export(struct exchange *exchange)
{
    Arbiter__V1__ExportRequest request = ARBITER__V1__EXPORT_REQUEST__INIT;
    const char *format = http_query(exchange->request, "format");
    request.tournament_id = (char *)exchange_parameter(exchange, "tournament_id");
    request.format = (char *)(format != NULL ? format : "");
    request.division = number_of(http_query(exchange->request, "division"), 0);
    request.round = number_of(http_query(exchange->request, "round"), 0);
    if (request.division < 0 || request.round < 0) {
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "division and round are whole numbers");
        return;
    }
    exchange_ask(exchange, &arbiter__v1__desk__descriptor, "Export", &request.base, on_exported);
}

#define DIRECTORS (TOKEN_DIRECTOR | TOKEN_ADMIN)
#define DIVISION "/v1/tournaments/{tournament_id}/divisions/{division}"

const struct route desk_routes[] = {
    /* Assistants and scorers are players elsewhere: the event says what they are in it. */
    ROUTE("POST", "/v1/tournaments/{tournament_id}/actions?dry_run",
          TOKEN_PLAYER | DIRECTORS | ROUTE_MATCH, post_action),
    {"GET", "/v1/tournaments/{tournament_id}/actions", TOKEN_PLAYER | DIRECTORS | ROUTE_CREW, NULL,
     &arbiter__v1__store__descriptor, "ListActions", NULL},
    ROUTE("GET", "/v1/tournaments/{tournament_id}/export?format&division&round&report", 0,
          get_export),
    ROUTE("GET", DIVISION "/rounds/{round}/explain", 0, get_round_explained),
    ROUTE("GET", DIVISION "/rounds/{round}/why-not?a&b", 0, get_why_not),
    ROUTE("GET", DIVISION "/standings/explain?player&round", 0, get_standing_explained),
    ROUTE(NULL, NULL, 0, NULL),
};
