/* What a player does about an event: enter, leave, come back, check in, say ready. The machines of
 * the division and the board decide; here the facts they ask for are gathered. */
#include "seeks/exchange.h"
#include "seeks/seeker.h"

#include <stdlib.h>
#include <string.h>

#include "proto/copy.h"
#include "seeks/suspension.h"

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

#define DIVISIONS_MAX 200
#define ROUNDS_MAX 500

/* One player's errand about one division. */
struct entry {
    const char *division_id; /* NULL: the one that the player's rating is for */
    const char *event;       /* for the division's machine */
    const char *password;    /* "" where none is given */
    bool is_ready;
    const Arbiter__V1__Player *player; /* who registers */
};

/* ---- reading the request ----------------------------------------------------------------- */

static struct entry *entry_create(struct exchange *exchange, const char *event, int64_t division)
{
    struct arena *arena = exchange_arena(exchange);
    struct entry *entry = arena_alloc(arena, sizeof *entry);
    const char *division_id = arena_format(
        arena, "%s-%lld", exchange_parameter(exchange, "tournament_id"), (long long)division);
    if (entry == NULL || division_id == NULL) {
        exchange_problem_busy(exchange);
        return NULL;
    }
    *entry = (struct entry){.division_id = division_id, .event = event, .password = ""};
    exchange->note = entry;
    return entry;
}

/* For requests without a body: ?division=2. */
static struct entry *entry_from_query(struct exchange *exchange, const char *event)
{
    const char *text = http_query(exchange->request, "division");
    char *end = NULL;
    long division = text != NULL ? strtol(text, &end, 10) : 1;
    bool is_good = text == NULL || (end != text && *end == '\0');
    if (is_good && division >= 1 && division <= DIVISIONS_MAX)
        return entry_create(exchange, event, division);
    exchange_problem_at(exchange, "", "'division' is a whole number from 1 to %d", DIVISIONS_MAX);
    return NULL;
}

static struct entry *entry_from_body(struct exchange *exchange, const char *event)
{
    int64_t division = 1;
    const struct body_field fields[] = {
        {"division", BODY_INTEGER, false, &division, 1, DIVISIONS_MAX},
    };
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)))
        return NULL;
    return entry_create(exchange, event, division);
}

static void ask_division(struct exchange *exchange, bus_on_answer on_answer)
{
    const struct entry *entry = exchange->note;
    Arbiter__V1__GetDivisionRequest request = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    request.division_id = (char *)entry->division_id;
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetDivision", &request.base,
                 on_answer);
}

/* ---- the answer: how the player now stands ----------------------------------------------- */

/* Which of its event's divisions, as it is called in paths and queries. */
static json_int_t number_of(const Arbiter__V1__Division *division)
{
    return strtoll(strrchr(division->division_id, '-') + 1, NULL, 10);
}

static void on_division_after(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__Division *division =
        ((const Arbiter__V1__GetDivisionReply *)answer->output)->division;
    for (size_t i = 0; i < division->n_entrants; i++)
        if (strcmp(division->entrants[i]->player_id, exchange->claims.subject) == 0) {
            json_t *entrant = json_from_message(&division->entrants[i]->base);
            (void)json_object_set_new(entrant, "division", json_integer(number_of(division)));
            exchange_answer(exchange, 200, entrant, NULL);
            return;
        }
    exchange_problem(exchange, 404, "not-found", "There is no such thing",
                     "you are not on the list of division %s", division->division_id);
}

static void on_told(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        ask_division(exchange, on_division_after);
}

static void tell_division(struct exchange *exchange, json_t *data)
{
    const struct entry *entry = exchange->note;
    exchange_send_event(
        exchange,
        &(struct exchange_event){.instance_id = arena_format(exchange_arena(exchange),
                                                             "division:%s", entry->division_id),
                                 .name = entry->event,
                                 .data = data},
        on_told);
    json_decref(data);
}

static void tell_player(struct exchange *exchange)
{
    tell_division(exchange, json_pack("{s:s}", "player", exchange->claims.subject));
}

/* ---- registration ------------------------------------------------------------------------ */

static const Arbiter__V1__Rating *rating_for(const Arbiter__V1__Player *player,
                                             const Arbiter__V1__Division *division)
{
    const char *pool = seeker_pool(division->request);
    for (size_t i = 0; i < player->n_ratings; i++)
        if (strcmp(player->ratings[i]->pool, pool) == 0)
            return player->ratings[i];
    return NULL;
}

static double points_of(const Arbiter__V1__Rating *rating)
{
    return rating != NULL ? rating->rating : SEEKER_RATING_UNKNOWN;
}

static void register_in(struct exchange *exchange, const Arbiter__V1__Division *division)
{
    const struct entry *entry = exchange->note;
    const Arbiter__V1__Player *player = entry->player;
    const Arbiter__V1__Rating *rating = rating_for(player, division);
    tell_division(exchange,
                  json_pack("{s:s, s:s, s:f, s:i, s:I, s:s}", "player", player->player_id, "name",
                            player->name, "rating", points_of(rating), "games",
                            rating != NULL ? rating->games : 0, "member_since_ms",
                            (json_int_t)player->created_at_ms, "password", entry->password));
}

static void on_division_before(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        register_in(exchange, ((const Arbiter__V1__GetDivisionReply *)answer->output)->division);
}

static bool is_for(const Arbiter__V1__Division *division, const Arbiter__V1__Player *player)
{
    double points = points_of(rating_for(player, division));
    return points >= division->rating_min &&
           (division->rating_max == 0 || points <= division->rating_max);
}

/* Nobody said which: the first that is for the player's rating. Where ratings do not decide, that
 * is the first of all. */
static void on_tournament_before(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    struct entry *entry = exchange->note;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__Tournament *tournament =
        ((const Arbiter__V1__GetTournamentReply *)answer->output)->tournament;
    for (size_t i = 0; i < tournament->n_divisions; i++) {
        const Arbiter__V1__Division *division = tournament->divisions[i];
        if (!is_for(division, entry->player))
            continue;
        entry->division_id = arena_format(exchange_arena(exchange), "%s", division->division_id);
        if (entry->division_id != NULL)
            register_in(exchange, division);
        else
            exchange_problem_busy(exchange);
        return;
    }
    exchange_problem(exchange, 409, "refused", "That cannot happen now",
                     "none of this event's divisions is for your rating");
}

static void ask_tournament(struct exchange *exchange)
{
    Arbiter__V1__GetTournamentRequest request = ARBITER__V1__GET_TOURNAMENT_REQUEST__INIT;
    request.tournament_id = (char *)exchange_parameter(exchange, "tournament_id");
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetTournament", &request.base,
                 on_tournament_before);
}

static void on_player(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    struct entry *entry = exchange->note;
    if (answer->status == STATUS_NOT_FOUND) {
        exchange_problem_no_profile(exchange);
        return;
    }
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__Player *player =
        ((const Arbiter__V1__GetPlayerReply *)answer->output)->player;
    /* An event's games may be rated: whoever may not start those does not enter. */
    if (suspension_refuses(exchange, player->status, player->suspension, true))
        return;
    entry->player = proto_copy_in(exchange_arena(exchange), &player->base);
    if (entry->player == NULL)
        exchange_problem_busy(exchange);
    else if (entry->division_id != NULL)
        ask_division(exchange, on_division_before);
    else
        ask_tournament(exchange);
}

static void post_registration(struct exchange *exchange)
{
    int64_t division = 0;
    const char *password = "";
    const struct body_field fields[] = {
        {"division", BODY_INTEGER, false, &division, 1, DIVISIONS_MAX},
        {"password", BODY_TEXT, false, &password, 0, 0},
    };
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)))
        return;
    struct entry *entry = entry_create(exchange, "entrant.register", division);
    if (entry == NULL)
        return;
    if (division == 0)
        entry->division_id = NULL;
    entry->password = password;
    Arbiter__V1__GetPlayerRequest request = ARBITER__V1__GET_PLAYER_REQUEST__INIT;
    request.player_id = exchange->claims.subject;
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetPlayer", &request.base, on_player);
}

static void delete_registration(struct exchange *exchange)
{
    if (entry_from_query(exchange, "entrant.withdraw") != NULL)
        tell_player(exchange);
}

static void post_return(struct exchange *exchange)
{
    if (entry_from_body(exchange, "entrant.return") != NULL)
        tell_player(exchange);
}

static void post_check_in(struct exchange *exchange)
{
    if (entry_from_body(exchange, "entrant.check_in") != NULL)
        tell_player(exchange);
}

static void delete_check_in(struct exchange *exchange)
{
    if (entry_from_query(exchange, "entrant.undo_check_in") != NULL)
        tell_player(exchange);
}

/* ---- a round off -------------------------------------------------------------------------- */

static void tell_of_bye(struct exchange *exchange, int64_t round)
{
    tell_division(exchange, json_pack("{s:s, s:I}", "player", exchange->claims.subject, "round",
                                      (json_int_t)round));
}

static void post_bye(struct exchange *exchange)
{
    int64_t division = 1;
    int64_t round = 0;
    const struct body_field fields[] = {
        {"division", BODY_INTEGER, false, &division, 1, DIVISIONS_MAX},
        {"round", BODY_INTEGER, true, &round, 1, ROUNDS_MAX},
    };
    if (exchange_read_body(exchange, fields, COUNT_OF(fields)) &&
        entry_create(exchange, "bye.request", division) != NULL)
        tell_of_bye(exchange, round);
}

static void delete_bye(struct exchange *exchange)
{
    const char *text = http_query(exchange->request, "round");
    char *end = NULL;
    long round = text != NULL ? strtol(text, &end, 10) : 0;
    if (text == NULL || end == text || *end != '\0' || round < 1 || round > ROUNDS_MAX)
        exchange_problem_at(exchange, "", "'round' is a whole number from 1 to %d", ROUNDS_MAX);
    else if (entry_from_query(exchange, "bye.withdraw") != NULL)
        tell_of_bye(exchange, round);
}

/* ---- ready ------------------------------------------------------------------------------- */

static void on_ready(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        exchange_answer_message(exchange, 200, answer->output, NULL, NULL);
}

/* The player's board of this round; in an arena, of the wave he still plays in. */
static const Arbiter__V1__BoardPairing *board_of(const Arbiter__V1__Division *division,
                                                 const char *player)
{
    const Arbiter__V1__BoardPairing *found = NULL;
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *pairing = division->pairings[i];
        bool sits_here =
            strcmp(pairing->first, player) == 0 || strcmp(pairing->second, player) == 0;
        bool is_open =
            strcmp(pairing->status, "paired") == 0 || strcmp(pairing->status, "playing") == 0;
        if (sits_here && pairing->second[0] != '\0' && pairing->round <= division->round &&
            (is_open || (found == NULL && pairing->round == division->round)))
            found = pairing;
    }
    return found;
}

/* The board of this round that the player sits at. */
static void on_division_of_board(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    const struct entry *entry = exchange->note;
    struct arena *arena = exchange_arena(exchange);
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__Division *division =
        ((const Arbiter__V1__GetDivisionReply *)answer->output)->division;
    const Arbiter__V1__BoardPairing *pairing = board_of(division, exchange->claims.subject);
    if (pairing == NULL) {
        exchange_problem(exchange, 409, "refused", "There is no board for you",
                         "you have no opponent in round %d", division->round);
        return;
    }
    json_t *data = json_pack("{s:s}", "player", exchange->claims.subject);
    exchange_send_event(
        exchange,
        &(struct exchange_event){.instance_id =
                                     arena_format(arena, "board:%s-r%d-b%d", division->division_id,
                                                  pairing->round, pairing->board),
                                 .name = entry->is_ready ? "player.ready" : "player.not_ready",
                                 .data = data},
        on_ready);
    json_decref(data);
}

static void post_ready(struct exchange *exchange)
{
    int64_t division = 1;
    bool is_ready = true;
    const struct body_field fields[] = {
        {"division", BODY_INTEGER, false, &division, 1, DIVISIONS_MAX},
        {"ready", BODY_BOOLEAN, false, &is_ready, 0, 0},
    };
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)))
        return;
    struct entry *entry = entry_create(exchange, NULL, division);
    if (entry == NULL)
        return;
    entry->is_ready = is_ready;
    ask_division(exchange, on_division_of_board);
}

const struct route entry_routes[] = {
    ROUTE("POST", "/v1/tournaments/{tournament_id}/registration", TOKEN_PLAYER | ROUTE_MATCH,
          post_registration),
    ROUTE("DELETE", "/v1/tournaments/{tournament_id}/registration?division",
          TOKEN_PLAYER | ROUTE_MATCH, delete_registration),
    ROUTE("POST", "/v1/tournaments/{tournament_id}/return", TOKEN_PLAYER | ROUTE_MATCH,
          post_return),
    ROUTE("POST", "/v1/tournaments/{tournament_id}/check_in", TOKEN_PLAYER | ROUTE_MATCH,
          post_check_in),
    ROUTE("DELETE", "/v1/tournaments/{tournament_id}/check_in?division", TOKEN_PLAYER | ROUTE_MATCH,
          delete_check_in),
    ROUTE("POST", "/v1/tournaments/{tournament_id}/byes", TOKEN_PLAYER | ROUTE_MATCH, post_bye),
    ROUTE("DELETE", "/v1/tournaments/{tournament_id}/byes?division&round",
          TOKEN_PLAYER | ROUTE_MATCH, delete_bye),
    ROUTE("POST", "/v1/tournaments/{tournament_id}/ready", TOKEN_PLAYER, post_ready),
    ROUTE(NULL, NULL, 0, NULL),
};
