/* Players, seeks, matches and games: what a player's client does. */
#include "seeks/exchange.h"

#include <stdio.h>
#include <string.h>

#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum { GAME_WAIT_MS = 3000, SEEK_LIFE_DEFAULT_MS = 15 * 60 * 1000 };
static const int64_t SEEK_LIFE_MAX_MS = INT64_C(14) * 24 * 3600 * 1000;
static const double RATING_UNKNOWN = 1500.0;

/* What seek and match routes keep between answers. */
struct errand {
    const char *id;   /* of the seek or match */
    const char *kind; /* "seek", "match" */
    const char *event;
    json_t *request; /* borrowed from the body */
    const char *opponent;
    double rating_min;
    double rating_max;
    double rating;
    json_int_t life_ms;
    bool wants_game;
};

static struct errand *errand_create(struct exchange *exchange, const char *kind)
{
    struct errand *errand = arena_alloc(exchange_arena(exchange), sizeof *errand);
    if (errand == NULL) {
        exchange_problem(exchange, 503, "unavailable", "The service is busy or away", "try again");
        return NULL;
    }
    *errand = (struct errand){.kind = kind, .life_ms = SEEK_LIFE_DEFAULT_MS};
    exchange->note = errand;
    return errand;
}

/* ---- players
 * ----------------------------------------------------------------------------------------- */

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

static void post_player(struct exchange *exchange)
{
    const char *player_id = NULL;
    const char *name = NULL;
    if (!exchange_body(exchange, "{s:s, s?:s}", "player_id", &player_id, "name", &name))
        return;
    Arbiter__V1__CreatePlayerRequest request = ARBITER__V1__CREATE_PLAYER_REQUEST__INIT;
    Arbiter__V1__Player player = ARBITER__V1__PLAYER__INIT;
    player.player_id = (char *)player_id;
    player.name = (char *)(name != NULL ? name : player_id);
    request.player = &player;
    exchange_call(exchange, &arbiter__v1__store__descriptor, "CreatePlayer", &request.base,
                  on_player_created);
}

/* ---- reading a seek back, after whatever was done to it
 * ------------------------------------------------- */

static void on_seek_read(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    const struct errand *errand = exchange->note;
    if (!exchange_check(exchange, answer))
        return;
    const char *location =
        arena_format(exchange_arena(exchange), "/v1/%s/%s",
                     strcmp(errand->kind, "seek") == 0 ? "seeks" : "matches", errand->id);
    bool is_new = errand->event == NULL;
    const Arbiter__V1__GetSeekReply *reply = (const Arbiter__V1__GetSeekReply *)answer->output;
    bool is_pending = errand->wants_game && reply->seek->game_id[0] == '\0';
    exchange_answer_message(exchange,
                            is_new       ? 201
                            : is_pending ? 202
                                         : 200,
                            answer->output, "seek", location);
}

static void read_back(struct exchange *exchange)
{
    const struct errand *errand = exchange->note;
    Arbiter__V1__GetSeekRequest request = ARBITER__V1__GET_SEEK_REQUEST__INIT;
    request.seek_id = (char *)errand->id;
    exchange_call(exchange, &arbiter__v1__store__descriptor, "GetSeek", &request.base,
                  on_seek_read);
}

/* ---- posting
 * --------------------------------------------------------------------------------------------- */

static void on_begun(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        read_back(exchange);
}

static json_t *seek_input(const struct exchange *exchange, const struct errand *errand)
{
    return json_pack("{s:s, s:s, s:O, s:s, s:f, s:f, s:f}", "seek_id", errand->id, "owner",
                     exchange->claims.subject, "request", errand->request, "policy", "default",
                     "owner_rating", errand->rating, "rating_min", errand->rating_min, "rating_max",
                     errand->rating_max);
}

static json_t *match_input(const struct exchange *exchange, const struct errand *errand)
{
    return json_pack("{s:s, s:s, s:s, s:O, s:s}", "match_id", errand->id, "challenger",
                     exchange->claims.subject, "opponent", errand->opponent, "request",
                     errand->request, "policy", "default");
}

/* A machine's timestamp inputs have no JSON form: this one is added to the wire map. */
static enum status add_expiry(struct arena *arena, Arbiter__V1__ValueMap *map, int64_t at_ms)
{
    Arbiter__V1__ValueEntry **entries =
        arena_array(arena, map->n_entries + 1, sizeof *map->entries);
    Arbiter__V1__ValueEntry *entry = arena_alloc(arena, sizeof *entry);
    Arbiter__V1__Value *values = arena_array(arena, 2, sizeof *values);
    Arbiter__V1__Moment *moment = arena_alloc(arena, sizeof *moment);
    if (entries == NULL || entry == NULL || values == NULL || moment == NULL)
        return STATUS_FULL;
    arbiter__v1__value_entry__init(entry);
    arbiter__v1__value__init(&values[0]);
    arbiter__v1__value__init(&values[1]);
    arbiter__v1__moment__init(moment);
    moment->seconds = at_ms / 1000;
    moment->nanos = (int32_t)(at_ms % 1000) * 1000000;
    values[0].kind_case = ARBITER__V1__VALUE__KIND_STRING_VALUE;
    values[0].string_value = (char *)"expires_at";
    values[1].kind_case = ARBITER__V1__VALUE__KIND_TIMESTAMP_VALUE;
    values[1].timestamp_value = moment;
    entry->key = &values[0];
    entry->value = &values[1];
    memcpy(entries, map->entries, map->n_entries * sizeof *entries);
    entries[map->n_entries++] = entry;
    map->entries = entries;
    return STATUS_OK;
}

static void begin(struct exchange *exchange, json_t *input)
{
    struct errand *errand = exchange->note;
    struct arena *arena = exchange_arena(exchange);
    Arbiter__V1__StartInstanceRequest start = ARBITER__V1__START_INSTANCE_REQUEST__INIT;
    enum status status = json_to_value_map(arena, input, &start.input);
    json_decref(input);
    if (status == STATUS_OK)
        status = add_expiry(arena, start.input,
                            loop_now_ms(bus_loop(exchange->api->bus)) + errand->life_ms);
    start.machine = (char *)errand->kind;
    start.instance_id = arena_format(arena, "%s:%s", errand->kind, errand->id);
    start.actor = exchange->claims.subject;
    if (status != STATUS_OK || start.instance_id == NULL)
        exchange_problem(exchange, 503, "unavailable", "The service is busy or away", "try again");
    else
        exchange_call(exchange, &arbiter__v1__orchestrator__descriptor, "StartInstance",
                      &start.base, on_begun);
}

static double rating_of(const struct bus_answer *answer)
{
    const Arbiter__V1__GetRatingsReply *reply =
        (const Arbiter__V1__GetRatingsReply *)answer->output;
    if (reply->n_ratings == 0 || reply->ratings[0]->version == 0)
        return RATING_UNKNOWN;
    return reply->ratings[0]->rating;
}

/* Ratings are kept apart by pool: named in the request, else one a rule set. */
static const char *pool_of(json_t *request)
{
    const char *pool = json_string_value(json_object_get(request, "rating_pool"));
    const char *rules = json_string_value(json_object_get(request, "rules"));
    return pool != NULL && pool[0] != '\0' ? pool : rules != NULL ? rules : "default";
}

static void ask_rating(struct exchange *exchange, const char *pool, bus_on_answer on_answer)
{
    Arbiter__V1__GetRatingsRequest request = ARBITER__V1__GET_RATINGS_REQUEST__INIT;
    char *player = exchange->claims.subject;
    request.player_ids = &player;
    request.n_player_ids = 1;
    request.pool = (char *)pool;
    exchange_call(exchange, &arbiter__v1__store__descriptor, "GetRatings", &request.base,
                  on_answer);
}

static void on_owner_rating(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    struct errand *errand = exchange->note;
    if (!exchange_check(exchange, answer))
        return;
    errand->rating = rating_of(answer);
    begin(exchange, seek_input(exchange, errand));
}

/* A request is checked against the message it will become, so that a misspelt member is refused
 * here and not by the game service a minute later. */
static bool check_request(struct exchange *exchange, const struct errand *errand)
{
    struct fault fault = {0};
    ProtobufCMessage *message = NULL;
    if (json_to_message(exchange_arena(exchange), &arbiter__v1__game_request__descriptor,
                        errand->request, &message, &fault) != STATUS_OK) {
        exchange_problem(exchange, 400, "invalid", "The request is not valid", "request: %s",
                         fault.text);
        return false;
    }
    if (((const Arbiter__V1__GameRequest *)message)->rules[0] == '\0') {
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "request: 'rules' is missing");
        return false;
    }
    if (errand->life_ms < 1000 || errand->life_ms > SEEK_LIFE_MAX_MS) {
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "expires_in_ms is 1000 to %lld", (long long)SEEK_LIFE_MAX_MS);
        return false;
    }
    return true;
}

static void post_seek(struct exchange *exchange)
{
    struct errand *errand = errand_create(exchange, "seek");
    if (errand == NULL)
        return;
    errand->id = exchange->id;
    errand->rating_max = 4000;
    if (!exchange_body(exchange, "{s:o, s?:F, s?:F, s?:I}", "request", &errand->request,
                       "rating_min", &errand->rating_min, "rating_max", &errand->rating_max,
                       "expires_in_ms", &errand->life_ms) ||
        !check_request(exchange, errand))
        return;
    ask_rating(exchange, pool_of(errand->request), on_owner_rating);
}

static void post_match(struct exchange *exchange)
{
    struct errand *errand = errand_create(exchange, "match");
    if (errand == NULL)
        return;
    errand->id = exchange->id;
    if (!exchange_body(exchange, "{s:s, s:o, s?:I}", "opponent", &errand->opponent, "request",
                       &errand->request, "expires_in_ms", &errand->life_ms) ||
        !check_request(exchange, errand))
        return;
    if (strcmp(errand->opponent, exchange->claims.subject) == 0)
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "you cannot challenge yourself");
    else
        begin(exchange, match_input(exchange, errand));
}

/* ---- accepting, declining, cancelling
 * ----------------------------------------------------------------------- */

static void on_closed(struct exchange *exchange, const struct feed_event *event)
{
    (void)event; /* the seek itself says whether it has its game, or still waits for it */
    read_back(exchange);
}

static void on_acted(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    const struct errand *errand = exchange->note;
    if (!exchange_check(exchange, answer))
        return;
    if (!errand->wants_game || exchange->waiter == NULL)
        read_back(exchange); /* else the event, or the end of patience, reads it back */
}

static void act(struct exchange *exchange, json_t *data)
{
    struct errand *errand = exchange->note;
    const char *instance =
        arena_format(exchange_arena(exchange), "%s:%s", errand->kind, errand->id);
    if (errand->wants_game)
        exchange_wait(exchange, errand->kind, errand->id, "closed", GAME_WAIT_MS, on_closed);
    exchange_send_event(exchange, instance, errand->event, data, "", on_acted);
    json_decref(data);
}

static json_t *by_player(const struct exchange *exchange)
{
    return json_pack("{s:s}", "player", exchange->claims.subject);
}

static void act_on(struct exchange *exchange, const char *kind, const char *event, bool wants_game)
{
    struct errand *errand = errand_create(exchange, kind);
    if (errand == NULL)
        return;
    errand->id = exchange_parameter(exchange, "seek_id");
    errand->event = event;
    errand->wants_game = wants_game;
    act(exchange, by_player(exchange));
}

static void on_accepter_rating(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    json_t *data = by_player(exchange);
    (void)json_object_set_new(data, "rating", json_real(rating_of(answer)));
    act(exchange, data);
}

static void on_seek_to_accept(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__GameRequest *request =
        ((const Arbiter__V1__GetSeekReply *)answer->output)->seek->request;
    const char *pool = request == NULL                   ? "default"
                       : request->rating_pool[0] != '\0' ? request->rating_pool
                                                         : request->rules;
    ask_rating(exchange, pool, on_accepter_rating);
}

static void accept_seek(struct exchange *exchange)
{
    struct errand *errand = errand_create(exchange, "seek");
    if (errand == NULL)
        return;
    errand->id = exchange_parameter(exchange, "seek_id");
    errand->event = "seek.accept";
    errand->wants_game = true;
    Arbiter__V1__GetSeekRequest request = ARBITER__V1__GET_SEEK_REQUEST__INIT;
    request.seek_id = (char *)errand->id;
    bus_call(exchange->api->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetSeek",
                                .input = &request.base},
             on_seek_to_accept, exchange);
}

static void cancel_seek(struct exchange *exchange)
{
    act_on(exchange, "seek", "seek.cancel", false);
}

static void accept_match(struct exchange *exchange)
{
    act_on(exchange, "match", "match.accept", true);
}

static void decline_match(struct exchange *exchange)
{
    act_on(exchange, "match", "match.decline", false);
}

static void cancel_match(struct exchange *exchange)
{
    act_on(exchange, "match", "match.cancel", false);
}

/* ---- games
 * ------------------------------------------------------------------------------------------------------
 */

/* The game service's view is JSON already: it becomes a member, not a string. */
static void on_viewed(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__ViewReply *reply = (const Arbiter__V1__ViewReply *)answer->output;
    json_t *game = json_from_message(&reply->game->base);
    json_t *view = json_loads(reply->view, 0, NULL);
    if (view != NULL)
        (void)json_object_set_new(game, "view", view);
    exchange_answer(exchange, 200, game, NULL);
}

static void get_game(struct exchange *exchange)
{
    Arbiter__V1__ViewRequest request = ARBITER__V1__VIEW_REQUEST__INIT;
    request.game_id = (char *)exchange_parameter(exchange, "game_id");
    request.viewer = exchange->claims.subject;
    exchange_call(exchange, &arbiter__v1__gamesvc__descriptor, "View", &request.base, on_viewed);
}

static void on_played(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__PlayReply *reply = (const Arbiter__V1__PlayReply *)answer->output;
    json_t *json = json_from_message(answer->output);
    json_t *turn = json_loads(reply->last_turn, 0, NULL);
    if (turn != NULL)
        (void)json_object_set_new(json, "last_turn", turn);
    exchange_answer(exchange, 200, json, NULL);
}

static void play(struct exchange *exchange, const char *event, int expected_turn)
{
    Arbiter__V1__PlayRequest request = ARBITER__V1__PLAY_REQUEST__INIT;
    request.game_id = (char *)exchange_parameter(exchange, "game_id");
    request.expected_turn = expected_turn;
    request.event_id = exchange->id;
    request.player_id = exchange->claims.subject;
    request.as_director = (exchange->claims.roles & (TOKEN_DIRECTOR | TOKEN_ADMIN)) != 0;
    request.event = (char *)event;
    exchange_call(exchange, &arbiter__v1__gamesvc__descriptor, "Play", &request.base, on_played);
}

static void post_result(struct exchange *exchange)
{
    int first_score = 0;
    int second_score = 0;
    if (!exchange_body(exchange, "{s:i, s:i}", "first_score", &first_score, "second_score",
                       &second_score))
        return;
    play(exchange,
         arena_format(exchange_arena(exchange), "report %d %d", first_score, second_score), -1);
}

static void post_move(struct exchange *exchange)
{
    const char *move = NULL;
    int expected_turn = -1;
    if (!exchange_body(exchange, "{s:s, s?:i}", "move", &move, "expected_turn", &expected_turn))
        return;
    play(exchange, move, expected_turn);
}

#define ACTION(method, pattern, roles, handler)                                                    \
    {                                                                                              \
        method, pattern, roles, handler, NULL, NULL, NULL                                          \
    }

const struct route seek_routes[] = {
    ACTION("POST", "/v1/players", TOKEN_ADMIN | TOKEN_DIRECTOR, post_player),
    ACTION("POST", "/v1/seeks", TOKEN_PLAYER, post_seek),
    ACTION("POST", "/v1/seeks/{seek_id}/accept", TOKEN_PLAYER, accept_seek),
    ACTION("DELETE", "/v1/seeks/{seek_id}", TOKEN_PLAYER, cancel_seek),
    ACTION("POST", "/v1/matches", TOKEN_PLAYER, post_match),
    ACTION("POST", "/v1/matches/{seek_id}/accept", TOKEN_PLAYER, accept_match),
    ACTION("POST", "/v1/matches/{seek_id}/decline", TOKEN_PLAYER, decline_match),
    ACTION("DELETE", "/v1/matches/{seek_id}", TOKEN_PLAYER, cancel_match),
    ACTION("GET", "/v1/games/{game_id}", 0, get_game),
    ACTION("POST", "/v1/games/{game_id}/result", TOKEN_PLAYER | TOKEN_DIRECTOR | TOKEN_ADMIN,
           post_result),
    ACTION("POST", "/v1/games/{game_id}/moves", TOKEN_PLAYER, post_move),
    ACTION(NULL, NULL, 0, NULL),
};
