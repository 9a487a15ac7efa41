/* Begins and moves the machines of seeks and matches, and waits for their games. */
#include "seeks/errand.h"

#include <string.h>
#include <unistd.h>

#include "orchestrator/seeking/shelf.h"
#include "proto/copy.h"
#include "seeks/seeker.h"
#include "seeks/suspension.h"

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum {
    LIFE_DEFAULT_MS = 15 * 60 * 1000,
    LIFE_MIN_MS = 1000,
    CLOCK_MAX_MS = 7 * 24 * 3600 * 1000,
    START_WITHIN_MAX_MS = 3600 * 1000
};
static const int64_t LIFE_MAX_MS = INT64_C(14) * 24 * 3600 * 1000;

struct errand *errand_create(struct exchange *exchange, const char *kind)
{
    struct errand *errand = arena_alloc(exchange_arena(exchange), sizeof *errand);
    if (errand == NULL) {
        exchange_problem_busy(exchange);
        return NULL;
    }
    *errand = (struct errand){.kind = kind,
                              .life_ms = LIFE_DEFAULT_MS,
                              .rating = SEEKER_RATING_UNKNOWN,
                              .place = "",
                              .rematch_of = "",
                              .streak = "",
                              .first = ""};
    exchange->note = errand;
    return errand;
}

static bool is_match(const struct errand *errand)
{
    return strcmp(errand->kind, "match") == 0;
}

/* ---- what is asked for ------------------------------------------------------------------- */

static bool check_clocks(struct exchange *exchange, const Arbiter__V1__GameRequest *request)
{
    const struct {
        const char *name;
        int32_t value;
    } clocks[] = {
        {"initial_time_ms", request->initial_time_ms},
        {"increment_ms", request->increment_ms},
        {"overtime_ms", request->overtime_ms},
    };
    for (size_t i = 0; i < COUNT_OF(clocks); i++)
        if (clocks[i].value < 0 || clocks[i].value > CLOCK_MAX_MS) {
            exchange_problem_at(
                exchange, arena_format(exchange_arena(exchange), "/request/%s", clocks[i].name),
                "'%s' is from 0 to %d", clocks[i].name, CLOCK_MAX_MS);
            return false;
        }
    return true;
}

static bool check_start(struct exchange *exchange, const Arbiter__V1__GameRequest *request)
{
    if (request->start_within_ms >= -1 && request->start_within_ms <= START_WITHIN_MAX_MS)
        return true;
    exchange_problem_at(exchange, "/request/start_within_ms",
                        "'start_within_ms' is -1 (never), 0 (a minute) or up to %d",
                        START_WITHIN_MAX_MS);
    return false;
}

static bool check_clock_kind(struct exchange *exchange, const Arbiter__V1__GameRequest *request)
{
    bool is_correspondence = strcmp(request->clock, "correspondence") == 0;
    if (!is_correspondence && request->clock[0] != '\0' && strcmp(request->clock, "real_time") != 0)
        exchange_problem_at(exchange, "/request/clock", "'clock' is real_time or correspondence");
    else if (request->time_bank_ms < 0 || (request->time_bank_ms > 0 && !is_correspondence))
        exchange_problem_at(exchange, "/request/time_bank_ms",
                            "a time bank belongs to correspondence games");
    else
        return true;
    return false;
}

static bool check_rating_policy(struct exchange *exchange, const char *name)
{
    const char *path = arena_format(exchange_arena(exchange), "%s/ratings/%s.yaml",
                                    exchange->api->policies_folder, name);
    if (name[0] == '\0' || (exchange_is_id(name) && path != NULL && access(path, R_OK) == 0))
        return true;
    exchange_problem_at(exchange, "/request/rating_policy", "there is no rating policy '%s'", name);
    return false;
}

bool errand_check(struct exchange *exchange)
{
    const struct errand *errand = exchange->note;
    struct fault fault = {0};
    ProtobufCMessage *message = NULL;
    if (json_to_message(exchange_arena(exchange), &arbiter__v1__game_request__descriptor,
                        errand->request, &message, &fault) != STATUS_OK) {
        exchange_problem_at(exchange, "/request", "request: %s", fault.text);
        return false;
    }
    const Arbiter__V1__GameRequest *request = (const Arbiter__V1__GameRequest *)message;
    if (!exchange_is_id(request->rules)) {
        exchange_problem_at(exchange, "/request/rules", "'rules' names the game to be played");
        return false;
    }
    ((struct errand *)exchange->note)->game = request;
    return check_clocks(exchange, request) && check_clock_kind(exchange, request) &&
           check_start(exchange, request) && check_rating_policy(exchange, request->rating_policy);
}

/* Where the client names no pool of ratings, the policy may. */
static void name_rating_pool(struct exchange *exchange, const struct seeking_case *what)
{
    const struct errand *errand = exchange->note;
    const char *pool = seeking_rating_pool(what, exchange_arena(exchange));
    if (pool != NULL && errand->game->rating_pool[0] == '\0')
        (void)json_object_set_new(errand->request, "rating_pool", json_string(pool));
}

bool errand_check_policy(struct exchange *exchange, const char *policy)
{
    struct errand *errand = exchange->note;
    struct seeking_refusal refusal;
    const char *name = policy != NULL ? policy : "default";
    errand->policy = seeking_shelf_find(exchange->api->shelf, name);
    if (errand->policy == NULL) {
        exchange_problem_at(exchange, "/policy", "there is no policy '%s' for seeks", name);
        return false;
    }
    struct seeking_request request = seeker_request(errand->game);
    struct seeking_case what = {.policy = errand->policy, .request = &request};
    if (seeking_passes(&what, &errand->policy->request, exchange_arena(exchange), &refusal)) {
        name_rating_pool(exchange, &what);
        return true;
    }
    exchange_problem_at(exchange, "/request", "%s", refusal.message);
    return false;
}

void errand_add_limits(const struct errand *errand, json_t *input)
{
    const struct seeking_limits *limits = &errand->policy->limits;
    bool by_letter = seeker_by_letter(errand->game);
    json_t *more = json_pack("{s:s, s:s, s:I}", "policy", errand->policy->name, "kind",
                             by_letter ? "correspondence" : "live", "limit",
                             (json_int_t)(by_letter ? limits->correspondence : limits->open));
    (void)json_object_update(input, more); /* without memory the machine refuses its input */
    json_decref(more);
}

const char *errand_pool(json_t *request)
{
    const char *pool = json_string_value(json_object_get(request, "rating_pool"));
    const char *rules = json_string_value(json_object_get(request, "rules"));
    return pool != NULL && pool[0] != '\0' ? pool : rules != NULL ? rules : "";
}

/* What accepts somebody else's seek is not known to be rated here: then it counts as rated. */
static bool errand_is_rated(const struct errand *errand)
{
    const json_t *rated =
        errand->request != NULL ? json_object_get(errand->request, "rated") : NULL;
    return errand->request == NULL || json_is_true(rated);
}

/* ---- who asks ---------------------------------------------------------------------------- */

/* What is remembered while the profile is read. */
struct knowing {
    struct exchange *exchange;
    const char *pool;
    void (*then)(struct exchange *exchange);
};

static void on_profile(const struct bus_answer *answer, void *user)
{
    struct knowing *knowing = user;
    struct exchange *exchange = knowing->exchange;
    struct errand *errand = exchange->note;
    if (answer->status == STATUS_NOT_FOUND) {
        exchange_problem_no_profile(exchange);
        return;
    }
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__Player *player =
        ((const Arbiter__V1__GetPlayerReply *)answer->output)->player;
    if (suspension_refuses(exchange, player->status, player->suspension, errand_is_rated(errand)))
        return;
    for (size_t i = 0; i < player->n_ratings; i++)
        if (strcmp(player->ratings[i]->pool, knowing->pool) == 0)
            errand->rating = player->ratings[i]->rating;
    knowing->then(exchange);
}

void errand_know_player(struct exchange *exchange, const char *pool,
                        void (*then)(struct exchange *exchange))
{
    struct arena *arena = exchange_arena(exchange);
    struct knowing *knowing = arena_alloc(arena, sizeof *knowing);
    Arbiter__V1__GetPlayerRequest request = ARBITER__V1__GET_PLAYER_REQUEST__INIT;
    if (knowing == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    *knowing = (struct knowing){exchange, arena_copy(arena, pool, strlen(pool)), then};
    request.player_id = exchange->claims.subject;
    bus_call(exchange->api->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetPlayer",
                                .input = &request.base,
                                .traceparent = exchange->trace},
             on_profile, knowing);
}

/* ---- answering --------------------------------------------------------------------------- */

static void rename_member(json_t *object, const char *from, const char *to)
{
    json_t *member = json_object_get(object, from);
    if (member == NULL)
        return;
    (void)json_object_set(object, to, member); /* without memory the answer lacks a member */
    (void)json_object_del(object, from);
}

void errand_answer(struct exchange *exchange, unsigned code, const ProtobufCMessage *seek)
{
    const struct errand *errand = exchange->note;
    json_t *json = json_from_message(seek);
    if (is_match(errand)) {
        rename_member(json, "seek_id", "match_id");
        rename_member(json, "owner", "challenger");
        (void)json_object_del(json, "owner_rating"); /* a match asks for no rating */
        (void)json_object_del(json, "rating_min");
        (void)json_object_del(json, "rating_max");
        (void)json_object_del(json, "established_only");
        (void)json_object_del(json, "followed_only");
        (void)json_object_del(json, "low_ms"); /* nor is it known how long one player will think */
        (void)json_object_del(json, "high_ms");
    }
    exchange_answer(exchange, code, json,
                    arena_format(exchange_arena(exchange), "/v1/%s/%s",
                                 is_match(errand) ? "matches" : "seeks", errand->id));
}

static void read_seek(struct exchange *exchange, bus_on_answer on_answer)
{
    const struct errand *errand = exchange->note;
    Arbiter__V1__GetSeekRequest request = ARBITER__V1__GET_SEEK_REQUEST__INIT;
    request.seek_id = (char *)errand->id;
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetSeek", &request.base, on_answer);
}

/* ---- beginning --------------------------------------------------------------------------- */

static void on_begun_read(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    exchange->version = ((const Arbiter__V1__GetSeekReply *)answer->output)->version;
    errand_answer(exchange, 201, &((const Arbiter__V1__GetSeekReply *)answer->output)->seek->base);
}

static void on_begun(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (exchange_check(exchange, answer))
        read_seek(exchange, on_begun_read);
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

static enum status start_of(struct exchange *exchange, json_t *input,
                            Arbiter__V1__StartInstanceRequest *out)
{
    const struct errand *errand = exchange->note;
    struct arena *arena = exchange_arena(exchange);
    arbiter__v1__start_instance_request__init(out);
    enum status status = input != NULL ? json_to_value_map(arena, input, &out->input) : STATUS_FULL;
    json_decref(input);
    out->machine = (char *)errand->kind;
    out->instance_id = arena_format(arena, "%s:%s", errand->kind, errand->id);
    out->actor = exchange->claims.subject;
    return out->instance_id != NULL ? status : STATUS_FULL;
}

void errand_start(struct exchange *exchange, json_t *input, bus_on_answer on_started)
{
    Arbiter__V1__StartInstanceRequest start;
    if (start_of(exchange, input, &start) != STATUS_OK)
        exchange_problem_busy(exchange);
    else
        exchange_call(exchange, &arbiter__v1__orchestrator__descriptor, "StartInstance",
                      &start.base, on_started);
}

void errand_begin(struct exchange *exchange, json_t *input)
{
    struct errand *errand = exchange->note;
    Arbiter__V1__StartInstanceRequest start;
    if (errand->life_ms < LIFE_MIN_MS || errand->life_ms > LIFE_MAX_MS) {
        json_decref(input);
        exchange_problem_at(exchange, "/expires_in_ms", "'expires_in_ms' is from %d to %lld",
                            LIFE_MIN_MS, (long long)LIFE_MAX_MS);
        return;
    }
    enum status status = start_of(exchange, input, &start);
    if (status == STATUS_OK)
        status = add_expiry(exchange_arena(exchange), start.input,
                            loop_now_ms(bus_loop(exchange->api->bus)) + errand->life_ms);
    if (status != STATUS_OK)
        exchange_problem_busy(exchange);
    else
        exchange_call(exchange, &arbiter__v1__orchestrator__descriptor, "StartInstance",
                      &start.base, on_begun);
}

/* ---- acting, and waiting for the game ---------------------------------------------------- */

bool errand_keep_seek(struct exchange *exchange, const Arbiter__V1__Seek *seek)
{
    struct errand *errand = exchange->note;
    struct arena *arena = exchange_arena(exchange);
    const struct seeking_shelf *shelf = exchange->api->shelf;
    errand->seek = proto_copy_in(arena, &seek->base);
    errand->policy = seeking_shelf_find(shelf, seek->policy);
    if (errand->policy == NULL) /* it has gone since: its seeks live by the default */
        errand->policy = seeking_shelf_find(shelf, "default");
    if (errand->seek != NULL && errand->policy != NULL)
        return true;
    exchange_problem_busy(exchange);
    return false;
}

static void settle(struct exchange *exchange);
static void listen(struct exchange *exchange);

/* Whoever accepts wants a game. The seek says whether there is one, or why there never will be. */
static void answer_accepter(struct exchange *exchange, const Arbiter__V1__Seek *seek)
{
    bool is_ours = strcmp(seek->claimed_by, exchange->claims.subject) == 0;
    if (is_ours && strcmp(seek->status, "matched") == 0)
        errand_answer(exchange, 200, &seek->base);
    else if (is_ours && strcmp(seek->status, "claimed") == 0)
        errand_answer(exchange, 202, &seek->base);
    else
        exchange_problem(exchange, 409, "not-started", "The game could not be started",
                         "the game service refused it; the challenge is now %s", seek->status);
}

static void on_settled(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    struct errand *errand = exchange->note;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__Seek *seek = ((const Arbiter__V1__GetSeekReply *)answer->output)->seek;
    exchange->version = ((const Arbiter__V1__GetSeekReply *)answer->output)->version;
    errand->is_reading = false;
    if (!errand->wants_game)
        errand_answer(exchange, 200, &seek->base);
    else if (strcmp(seek->status, "claimed") != 0 || errand->looks >= ERRAND_LOOKS_MAX)
        answer_accepter(exchange, seek);
    else if (errand->is_heard)
        settle(exchange); /* what was heard in the meantime may not have been seen yet */
    else if (exchange->waiter == NULL)
        listen(exchange);
    /* else the event, or the end of patience, comes */
}

/* Answers as far as that can be done now: from what was heard, or else from what is read. */
static void settle(struct exchange *exchange)
{
    struct errand *errand = exchange->note;
    if (!errand->is_acted || errand->is_reading)
        return;
    if (errand->is_matched) {
        errand_answer(exchange, 200, &errand->seek->base);
        return;
    }
    errand->is_reading = true;
    errand->is_heard = false;
    read_seek(exchange, on_settled);
}

/* Makes the seek that was read what its end has made of it. Whoever does not find there what was
 * expected reads it again. */
static void hear(struct errand *errand, const char *player, const Arbiter__V1__Event *event,
                 struct arena *arena)
{
    const Arbiter__V1__EventPayload *payload = event->payload;
    const char *game_id = "";
    if (payload == NULL || errand->seek == NULL)
        return;
    if (payload->payload_case == ARBITER__V1__EVENT_PAYLOAD__PAYLOAD_SEEK_CLOSED &&
        strcmp(payload->seek_closed->accepted_by, player) == 0)
        game_id = payload->seek_closed->game_id;
    if (payload->payload_case == ARBITER__V1__EVENT_PAYLOAD__PAYLOAD_MATCH_CLOSED &&
        strcmp(errand->seek->opponent, player) == 0)
        game_id = payload->match_closed->game_id;
    char *kept = arena_copy(arena, game_id, strlen(game_id));
    if (game_id[0] == '\0' || kept == NULL)
        return;
    errand->seek->status = (char *)"matched";
    errand->seek->claimed_by = (char *)player;
    errand->seek->game_id = kept;
    errand->seek->closed_at_ms = event->at_ms;
    errand->is_matched = true;
}

static void on_closed(struct exchange *exchange, const struct feed_event *event)
{
    struct errand *errand = exchange->note;
    errand->is_heard = true;
    if (event != NULL)
        hear(errand, exchange->claims.subject, event->message, exchange_arena(exchange));
    else
        errand->looks++;
    settle(exchange);
}

static void listen(struct exchange *exchange)
{
    struct errand *errand = exchange->note;
    struct waited_event closed = {errand->kind, errand->id, EVENT_CLOSED};
    if (!exchange_wait(exchange, &closed, ERRAND_LOOK_MS, on_closed))
        errand->looks = ERRAND_LOOKS_MAX; /* nobody more may wait: answer with what is */
}

/* Who waits for what the step has closed hears of it here, before the feed says so. Returns whether
 * the exchange was among them: it is answered then. */
static bool pass_on(const struct exchange *exchange, const Arbiter__V1__ClosedEvents *closed)
{
    const struct errand *errand = exchange->note;
    struct api *api = exchange->api;
    bool is_ours = false;
    for (size_t i = 0; i < closed->n_events; i++)
        if (strcmp(closed->events[i]->kind, errand->kind) == 0 &&
            strcmp(closed->events[i]->id, errand->id) == 0)
            is_ours = exchange->waiter != NULL;
    for (size_t i = 0; i < closed->n_events; i++) {
        const Arbiter__V1__Event *event = closed->events[i];
        waiters_on_event(
            &(struct feed_event){
                .kind = event->kind, .id = event->id, .name = event->name, .message = event},
            api);
    }
    return is_ours;
}

/* A seek that was open when it was read is waited for; one that was not is a request's repetition,
 * and what it waits for may have been said already. */
static void on_acted(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    struct errand *errand = exchange->note;
    if (!errand->is_matched && !exchange_check(exchange, answer))
        return;
    errand->is_acted = true;
    const Arbiter__V1__SendEventReply *reply = (const Arbiter__V1__SendEventReply *)answer->output;
    if (answer->status == STATUS_OK && reply->closed != NULL && pass_on(exchange, reply->closed))
        return;
    bool is_early = errand->wants_game && exchange->waiter != NULL && errand->seek != NULL &&
                    strcmp(errand->seek->status, "open") == 0;
    if (!is_early)
        settle(exchange);
}

void errand_act(struct exchange *exchange, json_t *data)
{
    struct errand *errand = exchange->note;
    const char *instance =
        arena_format(exchange_arena(exchange), "%s:%s", errand->kind, errand->id);
    if (errand->wants_game)
        listen(exchange);
    exchange_send_event(
        exchange,
        &(struct exchange_event){.instance_id = instance, .name = errand->event, .data = data},
        on_acted);
    json_decref(data);
}
