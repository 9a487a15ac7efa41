/* Games arranged beforehand, up to BULK_GAMES_MAX at once: taken in whole, or every offender is
 * named and nothing has changed. */
#include "seeks/exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seeks/errand.h"

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum { BULK_GAMES_MAX = 500, BULKS_MAX = 20, ERROR_BYTES_MAX = 256 };

static const int64_t AHEAD_MAX_MS = INT64_C(7) * 24 * 3600 * 1000;
static const int64_t LENGTH_MIN_MS = 10 * 60 * 1000;
static const int64_t LENGTH_MAX_MS = INT64_C(24) * 3600 * 1000;

/* A bulk on its way in. */
struct bulk {
    struct errand errand; /* comes first: errand_check() reads the request */
    json_t *games;
    json_t *errors;
    char **players; /* each once, once they have been read */
    size_t player_count;
    int64_t pair_at_ms;
    int64_t clocks_at_ms;
    int64_t length_ms;
    int64_t from_ms;
    int64_t to_ms;
};

static void complain(struct bulk *bulk, const char *pointer, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void complain(struct bulk *bulk, const char *pointer, const char *format, ...)
{
    char text[ERROR_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* a sentence; cutting it is fine */
    va_end(arguments);
    (void)json_array_append_new(bulk->errors,
                                json_pack("{s:s, s:s}", "pointer", pointer, "detail", text));
}

/* Answers with what is wrong, if anything is. */
static bool is_good(struct exchange *exchange, struct bulk *bulk)
{
    if (json_array_size(bulk->errors) == 0) {
        json_decref(bulk->errors);
        bulk->errors = NULL;
        return true;
    }
    exchange_problem_with(exchange, "nothing has been arranged; see the errors", bulk->errors);
    bulk->errors = NULL;
    return false;
}

static const char *pointer_to(struct exchange *exchange, size_t game, const char *side)
{
    const char *pointer = arena_format(exchange_arena(exchange), "/games/%zu/%s", game, side);
    return pointer != NULL ? pointer : "";
}

/* ---- reading the games ------------------------------------------------------------------- */

static int by_name(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

static void take_player(struct exchange *exchange, struct bulk *bulk, size_t game, const char *side)
{
    const char *player =
        json_string_value(json_object_get(json_array_get(bulk->games, game), side));
    if (player == NULL || !exchange_is_id(player))
        complain(bulk, pointer_to(exchange, game, side), "'%s' names a player", side);
    else
        bulk->players[bulk->player_count++] = (char *)player;
}

/* Whoever stands twice: one player, one place at a time. Leaves each once, in their order. */
static void find_doubles(struct bulk *bulk)
{
    size_t kept = 0;
    size_t times = 0;
    qsort(bulk->players, bulk->player_count, sizeof *bulk->players, by_name);
    for (size_t i = 0; i < bulk->player_count; i++) {
        bool is_again = kept > 0 && strcmp(bulk->players[i], bulk->players[kept - 1]) == 0;
        times = is_again ? times + 1 : 1;
        if (times == 2)
            complain(bulk, "/games", "'%s' is in more than one game", bulk->players[i]);
        if (!is_again)
            bulk->players[kept++] = bulk->players[i];
    }
    bulk->player_count = kept;
}

static bool read_games(struct exchange *exchange, struct bulk *bulk)
{
    size_t count = json_array_size(bulk->games);
    bulk->players = arena_array(exchange_arena(exchange), 2 * count, sizeof *bulk->players);
    bulk->errors = json_array();
    if (bulk->players == NULL || bulk->errors == NULL) {
        exchange_problem_busy(exchange);
        return false;
    }
    if (count == 0 || count > BULK_GAMES_MAX) {
        complain(bulk, "/games", "from 1 to %d games at once", BULK_GAMES_MAX);
        return is_good(exchange, bulk);
    }
    for (size_t i = 0; i < count; i++) {
        json_t *game = json_array_get(bulk->games, i);
        if (!json_is_object(game) || json_object_size(game) != 2)
            complain(bulk, pointer_to(exchange, i, ""), "a game is {first, second}");
        take_player(exchange, bulk, i, "first");
        take_player(exchange, bulk, i, "second");
    }
    find_doubles(bulk);
    return true; /* what is wrong is told with what the store finds */
}

static int64_t member_of(json_t *request, const char *name)
{
    return json_integer_value(json_object_get(request, name));
}

/* How long its players are taken up: as said, or what such a game takes. */
static int64_t length_of(const struct bulk *bulk)
{
    json_t *request = bulk->errand.request;
    if (bulk->length_ms > 0)
        return bulk->length_ms;
    int64_t clocks = member_of(request, "initial_time_ms") + member_of(request, "overtime_ms") +
                     16 * member_of(request, "increment_ms");
    int64_t length = 2 * clocks;
    return length < LENGTH_MIN_MS ? LENGTH_MIN_MS : length > LENGTH_MAX_MS ? LENGTH_MAX_MS : length;
}

static void read_times(struct exchange *exchange, struct bulk *bulk)
{
    int64_t now_ms = loop_now_ms(bus_loop(exchange->api->bus));
    if (bulk->pair_at_ms == 0)
        bulk->pair_at_ms = now_ms;
    if (bulk->clocks_at_ms == 0)
        bulk->clocks_at_ms = bulk->pair_at_ms;
    if (bulk->pair_at_ms > now_ms + AHEAD_MAX_MS)
        complain(bulk, "/pair_at_ms", "at most seven days ahead");
    if (bulk->clocks_at_ms > now_ms + AHEAD_MAX_MS)
        complain(bulk, "/start_clocks_at_ms", "at most seven days ahead");
    if (bulk->clocks_at_ms < bulk->pair_at_ms)
        complain(bulk, "/start_clocks_at_ms", "clocks start when the games are paired, or later");
    bulk->from_ms = bulk->pair_at_ms;
    bulk->to_ms = bulk->clocks_at_ms + length_of(bulk);
}

/* ---- taking them in ---------------------------------------------------------------------- */

static void on_read(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    const struct bulk *bulk = exchange->note;
    if (exchange_check(exchange, answer))
        exchange_answer_message(
            exchange, 201, answer->output, "bulk",
            arena_format(exchange_arena(exchange), "/v1/bulks/%s", bulk->errand.id));
}

static void read_bulk(struct exchange *exchange, bus_on_answer on_answer)
{
    const struct bulk *bulk = exchange->note;
    Arbiter__V1__GetBulkRequest request = ARBITER__V1__GET_BULK_REQUEST__INIT;
    request.bulk_id = (char *)bulk->errand.id;
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetBulk", &request.base, on_answer);
}

static void on_begun(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        read_bulk(exchange, on_read);
}

/* The games as rows of the store and as what their machines begin with. */
static json_t *describe_games(const struct bulk *bulk)
{
    json_t *games = json_array();
    for (size_t i = 0; i < json_array_size(bulk->games); i++) {
        json_t *game = json_array_get(bulk->games, i);
        const char *first = json_string_value(json_object_get(game, "first"));
        const char *second = json_string_value(json_object_get(game, "second"));
        json_t *input =
            json_pack("{s:s, s:I, s:s, s:s, s:O, s:I}", "bulk_id", bulk->errand.id, "number",
                      (json_int_t)i + 1, "first", first, "second", second, "request",
                      bulk->errand.request, "clocks_at_ms", (json_int_t)bulk->clocks_at_ms);
        char id[64];
        (void)snprintf(id, sizeof id, "arranged:%s-%zu", bulk->errand.id, i + 1); /* fits */
        (void)json_array_append_new(games, json_pack("{s:s, s:I, s:s, s:s, s:o}", "id", id,
                                                     "number", (json_int_t)i + 1, "first", first,
                                                     "second", second, "input", input));
    }
    return games;
}

static void schedule(struct exchange *exchange)
{
    const struct bulk *bulk = exchange->note;
    json_t *players = json_array();
    for (size_t i = 0; i < bulk->player_count; i++)
        (void)json_array_append_new(players, json_string(bulk->players[i]));
    json_t *input = json_pack(
        "{s:s, s:s, s:O, s:o, s:o, s:I, s:I, s:I, s:I, s:I}", "bulk_id", bulk->errand.id, "owner",
        exchange->claims.subject, "request", bulk->errand.request, "players", players, "games",
        describe_games(bulk), "pair_at_ms", (json_int_t)bulk->pair_at_ms, "clocks_at_ms",
        (json_int_t)bulk->clocks_at_ms, "from_ms", (json_int_t)bulk->from_ms, "to_ms",
        (json_int_t)bulk->to_ms, "limit", (json_int_t)BULKS_MAX);
    errand_start(exchange, input, on_begun);
}

static void name_all(struct bulk *bulk, char *const *names, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++)
        complain(bulk, "/games", "'%s' %s", names[i], what);
}

static void on_checked(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    struct bulk *bulk = exchange->note;
    if (!exchange_check(exchange, answer)) {
        json_decref(bulk->errors);
        return;
    }
    const Arbiter__V1__CheckBulkReply *reply = (const Arbiter__V1__CheckBulkReply *)answer->output;
    name_all(bulk, reply->unknown, reply->n_unknown, "is no player");
    name_all(bulk, reply->suspended, reply->n_suspended, "is suspended");
    for (size_t i = 0; i < reply->n_clashes; i++)
        complain(bulk, "/games", "'%s' is taken up by '%s' from %lld to %lld",
                 reply->clashes[i]->player_id, reply->clashes[i]->bulk_id,
                 (long long)reply->clashes[i]->from_ms, (long long)reply->clashes[i]->to_ms);
    if (is_good(exchange, bulk))
        schedule(exchange);
}

static void post_bulk(struct exchange *exchange)
{
    struct arena *arena = exchange_arena(exchange);
    struct bulk *bulk = arena_alloc(arena, sizeof *bulk);
    if (bulk == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    *bulk = (struct bulk){.errand = {.kind = "bulk", .id = exchange->id}};
    exchange->note = bulk;
    const struct body_field fields[] = {
        {"request", BODY_OBJECT, true, &bulk->errand.request, 0, 0},
        {"games", BODY_ARRAY, true, &bulk->games, 0, 0},
        {"pair_at_ms", BODY_INTEGER, false, &bulk->pair_at_ms, 0, 9e15},
        {"start_clocks_at_ms", BODY_INTEGER, false, &bulk->clocks_at_ms, 0, 9e15},
        {"length_ms", BODY_INTEGER, false, &bulk->length_ms, 60000, 86400000},
    };
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)) || !errand_check(exchange) ||
        !read_games(exchange, bulk))
        return;
    read_times(exchange, bulk);
    Arbiter__V1__CheckBulkRequest request = ARBITER__V1__CHECK_BULK_REQUEST__INIT;
    request.bulk_id = (char *)bulk->errand.id;
    request.player_ids = bulk->players;
    request.n_player_ids = bulk->player_count;
    request.from_ms = bulk->from_ms;
    request.to_ms = bulk->to_ms;
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "CheckBulk", &request.base, on_checked);
}

/* ---- cancelling -------------------------------------------------------------------------- */

static void on_cancelled_read(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        exchange_answer_message(exchange, 200, answer->output, "bulk", NULL);
}

static void on_cancelled(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        read_bulk(exchange, on_cancelled_read);
}

static void delete_bulk(struct exchange *exchange)
{
    struct bulk *bulk = arena_alloc(exchange_arena(exchange), sizeof *bulk);
    if (bulk == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    *bulk = (struct bulk){.errand = {.id = exchange_parameter(exchange, "bulk_id")}};
    exchange->note = bulk;
    json_t *data = json_pack("{s:s}", "owner", exchange->claims.subject);
    exchange_send_event(
        exchange,
        &(struct exchange_event){
            .instance_id = arena_format(exchange_arena(exchange), "bulk:%s", bulk->errand.id),
            .name = "bulk.cancel",
            .data = data},
        on_cancelled);
    json_decref(data);
}

const struct route bulk_routes[] = {
    ROUTE("POST", "/v1/bulks", TOKEN_DIRECTOR | TOKEN_ADMIN, post_bulk),
    {"GET", "/v1/bulks/{bulk_id}", 0, NULL, &arbiter__v1__store__descriptor, "GetBulk", "bulk"},
    ROUTE("DELETE", "/v1/bulks/{bulk_id}", TOKEN_DIRECTOR | TOKEN_ADMIN, delete_bulk),
    ROUTE(NULL, NULL, 0, NULL),
};
