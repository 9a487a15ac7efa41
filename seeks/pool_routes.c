/* Pools: waiting for the best opponent, answering an offer, and why it takes so long. */
#include "seeks/exchange.h"

#include <string.h>

#include "orchestrator/seeking/shelf.h"
#include "seeks/seeker.h"

#include "arbiter/v1/orchestrator.pb-c.h"

enum { WORDS_MAX = SEEKING_WORDS_MAX, LEAVE_PAUSE_MS = 50, LEAVE_TRIES = 60 };

/* A visit to a pool on its way. */
struct visit {
    struct exchange *exchange;
    const char *ticket_id;
    const char *pool_name;
    const char *event;
    const struct seeking_policy *policy;
    const struct seeking_pool *pool;
    json_t *said;
    double rating, deviation, games, conduct, balance;
    int64_t low_ms, high_ms;
    int tries;
    loop_timer timer;
};

static struct visit *visit_create(struct exchange *exchange)
{
    struct visit *visit = arena_alloc(exchange_arena(exchange), sizeof *visit);
    if (visit == NULL) {
        exchange_problem_busy(exchange);
        return NULL;
    }
    *visit = (struct visit){.exchange = exchange};
    exchange->note = visit;
    return visit;
}

/* ---- listing pools ----------------------------------------------------------------------- */

static json_t *json_of_value(struct value value)
{
    json_t *object;
    switch ((enum value_kind)value.kind) {
    case VALUE_BOOL:
        return json_boolean(value.as.boolean);
    case VALUE_INT:
        return json_integer(value.as.integer);
    case VALUE_DOUBLE:
        return json_real(value.as.real);
    case VALUE_STRING:
        return json_stringn(value.as.text, value.size);
    case VALUE_MAP:
        object = json_object();
        for (uint32_t i = 0; i < value.size; i++)
            (void)json_object_setn_new(object, value.as.entries[i].key.as.text,
                                       value.as.entries[i].key.size,
                                       json_of_value(value.as.entries[i].value));
        return object;
    case VALUE_UNSET:
    case VALUE_NULL:
    case VALUE_UINT:
    case VALUE_LIST:
    case VALUE_DURATION:
    case VALUE_TIMESTAMP:
    case VALUE_TYPE:
    case VALUE_ERROR:
        break; /* a game's request has none */
    }
    return json_null();
}

static json_t *describe_pool(const struct seeking_policy *policy, const struct seeking_pool *pool)
{
    json_t *attributes = json_array();
    for (int i = 0; i < policy->attribute_count; i++)
        if (policy->attributes[i].source == SEEKING_FROM_CLIENT)
            (void)json_array_append_new(attributes, json_string(policy->attributes[i].name));
    return json_pack("{s:s, s:s, s:o, s:I, s:i, s:I, s:I, s:o}", "pool", pool->name, "policy",
                     policy->name, "request", json_of_value(pool->request), "period_ms",
                     (json_int_t)pool->clock.period_ms, "size", (int)pool->clock.size, "accept_ms",
                     (json_int_t)policy->accept_ms, "gone_ms",
                     (json_int_t)seeking_pool_gone_ms(policy, pool), "attributes", attributes);
}

static void get_pools(struct exchange *exchange)
{
    json_t *pools = json_array();
    const struct seeking_policy *policy;
    for (size_t i = 0; (policy = seeking_shelf_at(exchange->api->shelf, i)) != NULL; i++)
        for (int p = 0; p < policy->pool_count; p++)
            (void)json_array_append_new(pools, describe_pool(policy, &policy->pools[p]));
    exchange_answer(exchange, 200, json_pack("{s:o}", "pools", pools), NULL);
}

/* ---- joining ----------------------------------------------------------------------------- */

/* What a client says of itself: numbers, texts, lists of texts; anything else is left unset and
 * refused by the policy. */
static struct value value_of_json(struct arena *arena, json_t *json)
{
    if (json_is_number(json))
        return value_double(json_number_value(json));
    if (json_is_string(json))
        return value_text(json_string_value(json));
    size_t count = json_array_size(json);
    struct value *items = arena_array(arena, count < WORDS_MAX ? count + 1 : 1, sizeof *items);
    if (!json_is_array(json) || count > WORDS_MAX || items == NULL)
        return (struct value){0};
    for (size_t i = 0; i < count; i++)
        items[i] = value_of_json(arena, json_array_get(json, i));
    return value_list(items, count);
}

static bool check_said(struct exchange *exchange, const struct visit *visit)
{
    struct arena *arena = exchange_arena(exchange);
    size_t count = 0;
    const char *name;
    const char *complaint = NULL;
    json_t *member;
    struct value_entry *entries =
        arena_array(arena, json_object_size(visit->said) + 1, sizeof *entries);
    if (entries == NULL) {
        exchange_problem_busy(exchange);
        return false;
    }
    json_object_foreach(visit->said, name, member)
    {
        entries[count].key = value_text(name);
        entries[count++].value = value_of_json(arena, member);
    }
    if (seeking_check_said(visit->policy, value_map(entries, count), arena, &complaint))
        return true;
    exchange_problem_at(exchange, "/attributes", "%s", complaint);
    return false;
}

static void on_joined_read(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    const struct visit *visit = exchange->note;
    if (exchange_check(exchange, answer))
        exchange_answer_message(
            exchange, 201, answer->output, "ticket",
            arena_format(exchange_arena(exchange), "/v1/tickets/%s", visit->ticket_id));
}

static void read_ticket(struct exchange *exchange, bus_on_answer on_answer)
{
    const struct visit *visit = exchange->note;
    Arbiter__V1__GetTicketRequest request = ARBITER__V1__GET_TICKET_REQUEST__INIT;
    request.ticket_id = (char *)visit->ticket_id;
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetTicket", &request.base, on_answer);
}

static void on_joined(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        read_ticket(exchange, on_joined_read);
}

static void send_join(struct exchange *exchange)
{
    const struct visit *visit = exchange->note;
    json_t *data = json_pack(
        "{s:s, s:s, s:O, s:f, s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:I}", "ticket",
        visit->ticket_id, "player", exchange->claims.subject, "said", visit->said, "rating",
        visit->rating, "deviation", visit->deviation, "games", visit->games, "conduct",
        visit->conduct, "balance", visit->balance, "low_ms", (json_int_t)visit->low_ms, "high_ms",
        (json_int_t)visit->high_ms, "limit", (json_int_t)visit->policy->limits.open, "period_ms",
        (json_int_t)visit->pool->clock.period_ms, "size", (json_int_t)visit->pool->clock.size,
        "gone_ms", (json_int_t)seeking_pool_gone_ms(visit->policy, visit->pool));
    exchange_send_event(
        exchange,
        &(struct exchange_event){
            .instance_id = arena_format(exchange_arena(exchange), "pool:%s", visit->pool_name),
            .name = "pool.join",
            .data = data},
        on_joined);
    json_decref(data);
}

/* The pool's machine begins with the first visit ever; later ones find it there. */
static void on_pool(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (answer->status == STATUS_ALREADY_EXISTS || exchange_check(exchange, answer))
        send_join(exchange);
}

static void begin_pool(struct exchange *exchange)
{
    const struct visit *visit = exchange->note;
    struct arena *arena = exchange_arena(exchange);
    Arbiter__V1__StartInstanceRequest start = ARBITER__V1__START_INSTANCE_REQUEST__INIT;
    json_t *input =
        json_pack("{s:s, s:s}", "pool", visit->pool_name, "policy", visit->policy->name);
    enum status status =
        input != NULL ? json_to_value_map(arena, input, &start.input) : STATUS_FULL;
    json_decref(input);
    start.machine = (char *)"pool";
    start.instance_id = arena_format(arena, "pool:%s", visit->pool_name);
    if (status != STATUS_OK || start.instance_id == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    bus_call(exchange->api->bus,
             &(struct bus_call){.service = &arbiter__v1__orchestrator__descriptor,
                                .method = "StartInstance",
                                .input = &start.base,
                                .request_id = start.instance_id},
             on_pool, exchange);
}

static void on_estimate(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    struct visit *visit = exchange->note;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__WaitEstimate *estimate =
        ((const Arbiter__V1__EstimateWaitReply *)answer->output)->estimate;
    visit->low_ms = estimate->low_ms;
    visit->high_ms = estimate->high_ms;
    begin_pool(exchange);
}

static void on_visitor(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *seeker)
{
    struct visit *visit = exchange->note;
    Arbiter__V1__EstimateWaitRequest request = ARBITER__V1__ESTIMATE_WAIT_REQUEST__INIT;
    if (!seeker_is_free(exchange, visit->policy, seeker, NULL))
        return;
    visit->rating = seeker_rating(seeker);
    visit->deviation = seeker_deviation(seeker);
    visit->games = seeker->rating != NULL ? seeker->rating->games : 0;
    visit->conduct = seeker->conduct;
    visit->balance = (double)seeker->balance;
    request.pool = (char *)visit->pool_name;
    exchange_ask(exchange, &arbiter__v1__matchmaking__descriptor, "EstimateWait", &request.base,
                 on_estimate);
}

static const char *text_in(struct value map, const char *name, struct arena *arena)
{
    const struct value *found = value_find(map, value_text(name));
    if (found == NULL || found->kind != VALUE_STRING || found->size == 0)
        return NULL;
    return arena_copy(arena, found->as.text, found->size);
}

static void post_ticket(struct exchange *exchange)
{
    struct visit *visit = visit_create(exchange);
    if (visit == NULL)
        return;
    struct arena *arena = exchange_arena(exchange);
    const struct body_field fields[] = {
        {"attributes", BODY_OBJECT, false, &visit->said, 0, 0},
    };
    visit->ticket_id = exchange->id;
    visit->pool_name = exchange_parameter(exchange, "pool");
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)))
        return;
    visit->pool = seeking_shelf_pool(exchange->api->shelf, visit->pool_name, &visit->policy);
    if (visit->pool == NULL) {
        exchange_problem(exchange, 404, "not-found", "There is no such thing",
                         "there is no pool '%s'; GET /v1/pools lists them", visit->pool_name);
        return;
    }
    if (visit->said == NULL) {
        visit->said = json_object();
        (void)json_object_set_new(exchange->body, "attributes", visit->said); /* owns it */
    }
    if (visit->said == NULL || !check_said(exchange, visit))
        return;
    const char *rating = text_in(visit->pool->request, "rating_pool", arena);
    if (rating == NULL)
        rating = text_in(visit->pool->request, "rules", arena);
    seeker_know(exchange, exchange->claims.subject, rating != NULL ? rating : "", on_visitor);
}

/* ---- leaving, accepting, declining ------------------------------------------------------- */

static void on_acted_read(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        exchange_answer_message(exchange, 200, answer->output, "ticket", NULL);
}

static void act(void *user);

/* While a wave is being made nobody leaves: ask again in a moment, and see what has become of it.
 */
static void on_acted(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    struct visit *visit = exchange->note;
    bool is_early = answer->status == STATUS_FAILED_PRECONDITION &&
                    bus_answer_detail(answer, "unhandled") != NULL;
    if (answer->status == STATUS_OK)
        read_ticket(exchange, on_acted_read);
    else if (!is_early || strcmp(visit->event, "pool.leave") != 0 || ++visit->tries > LEAVE_TRIES ||
             loop_after(bus_loop(exchange->api->bus), LEAVE_PAUSE_MS, act, visit, &visit->timer) !=
                 STATUS_OK)
        exchange_problem_of(exchange, answer);
}

/* Whether the place is already as the same request, sent before, wanted it. */
static bool is_done(const struct exchange *exchange, const char *event, const char *status)
{
    static const char *const ends[][2] = {
        {"pool.leave", "left"}, {"offer.accept", "matched"}, {"offer.decline", "declined"}};
    for (size_t i = 0; exchange->is_again && i < COUNT_OF(ends); i++)
        if (strcmp(event, ends[i][0]) == 0)
            return strcmp(status, ends[i][1]) == 0;
    return false;
}

static void on_ticket_to_act(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    struct visit *visit = exchange->note;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__Ticket *ticket =
        ((const Arbiter__V1__GetTicketReply *)answer->output)->ticket;
    bool is_leaving = strcmp(visit->event, "pool.leave") == 0;
    const char *wanted = is_leaving ? "waiting" : "offered";
    if (strcmp(ticket->player_id, exchange->claims.subject) != 0) {
        exchange_problem(exchange, 403, "forbidden", "That is not yours to do",
                         "this place in the pool is somebody else's");
        return;
    }
    if (is_done(exchange, visit->event, ticket->status)) {
        exchange_answer_message(exchange, 200, answer->output, "ticket", NULL);
        return;
    }
    if (strcmp(ticket->status, wanted) != 0) {
        exchange_problem(exchange, 409, "refused", "That cannot be done now",
                         "this place is %s, not %s", ticket->status, wanted);
        return;
    }
    const char *instance = is_leaving
                               ? arena_format(exchange_arena(exchange), "pool:%s", ticket->pool)
                               : arena_format(exchange_arena(exchange), "offer:%s", ticket->offer);
    json_t *data =
        json_pack("{s:s, s:s}", "ticket", visit->ticket_id, "player", exchange->claims.subject);
    if (!is_leaving)
        (void)json_object_del(data, "ticket");
    exchange_send_event(
        exchange,
        &(struct exchange_event){.instance_id = instance, .name = visit->event, .data = data},
        on_acted);
    json_decref(data);
}

static void act(void *user)
{
    struct visit *visit = user;
    read_ticket(visit->exchange, on_ticket_to_act);
}

static void begin_act(struct exchange *exchange, const char *event)
{
    struct visit *visit = visit_create(exchange);
    if (visit == NULL || (exchange->body != NULL && !exchange_read_body(exchange, NULL, 0)))
        return;
    visit->ticket_id = exchange_parameter(exchange, "ticket_id");
    visit->event = event;
    act(visit);
}

static void delete_ticket(struct exchange *exchange)
{
    begin_act(exchange, "pool.leave");
}

static void accept_offer(struct exchange *exchange)
{
    begin_act(exchange, "offer.accept");
}

static void decline_offer(struct exchange *exchange)
{
    begin_act(exchange, "offer.decline");
}

/* ---- why --------------------------------------------------------------------------------- */

static void on_why(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        exchange_answer_message(exchange, 200, answer->output, NULL, NULL);
}

static void get_why(struct exchange *exchange)
{
    Arbiter__V1__ExplainTicketRequest request = ARBITER__V1__EXPLAIN_TICKET_REQUEST__INIT;
    request.ticket_id = (char *)exchange_parameter(exchange, "ticket_id");
    exchange_ask(exchange, &arbiter__v1__matchmaking__descriptor, "ExplainTicket", &request.base,
                 on_why);
}

const struct route pool_routes[] = {
    ROUTE("GET", "/v1/pools", 0, get_pools),
    ROUTE("POST", "/v1/pools/{pool}/tickets", TOKEN_PLAYER, post_ticket),
    {"GET", "/v1/tickets/{ticket_id}", 0, NULL, &arbiter__v1__store__descriptor, "GetTicket",
     "ticket"},
    ROUTE("DELETE", "/v1/tickets/{ticket_id}", TOKEN_PLAYER, delete_ticket),
    ROUTE("POST", "/v1/tickets/{ticket_id}/accept", TOKEN_PLAYER, accept_offer),
    ROUTE("POST", "/v1/tickets/{ticket_id}/decline", TOKEN_PLAYER, decline_offer),
    ROUTE("GET", "/v1/tickets/{ticket_id}/why", 0, get_why),
    ROUTE(NULL, NULL, 0, NULL),
};
