/* Serves waves, estimates and reasons around the pure library. */
#include "orchestrator/matchmaker.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "bus/worker.h"
#include "orchestrator/places.h"
#include "orchestrator/seeking/estimate.h"
#include "proto/copy.h"
#include "proto/reflect.h"

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum {
    WAVE_BYTES_MAX = 1 << 30,
    POOLS_SEEN_MAX = 256,
    OFFERS_BYTES_MAX = BUS_MESSAGE_MAX / 16 /* of one reply */
};

static const int64_t MEETINGS_MS = INT64_C(24) * 3600 * 1000;
static const int64_t NEVER_MS = -1;

/* How well a pool's estimates held, when it was last looked at. */
struct calibration {
    char pool[48];
    uint64_t told;
    uint64_t held;
};

struct matchmaker {
    Arbiter__V1__Matchmaking_Service base; /* comes first */
    struct bus *bus;
    struct worker *worker;
    const struct seeking_shelf *shelf;
    uint64_t waves;
    uint64_t pairs;
    double slowest_wave_ms;
    struct calibration pools[POOLS_SEEN_MAX];
    size_t pool_count;
};

enum asked { ASKED_WAVE, ASKED_ESTIMATE, ASKED_REST, ASKED_WHY };

/* A request being answered. */
struct inquiry {
    struct matchmaker *matchmaker;
    void *request;
    ProtobufCClosure closure;
    enum asked asked;
    struct arena arena;
    const char *pool_name;
    const struct seeking_policy *policy;
    const struct seeking_pool *pool;
    const Arbiter__V1__Ticket *asker; /* ASKED_WHY */
    int64_t now_ms;
    struct places places;
    size_t from;  /* ASKED_WAVE: the first place that it looks at */
    size_t wants; /* … and how many are to be read before */
    struct seeking_wave wave;
    enum status status;
    int64_t spent_us;
    struct worker_job job;
};

static struct inquiry *inquiry_create(struct matchmaker *matchmaker, void *request,
                                      enum asked asked, ProtobufCClosure closure)
{
    struct inquiry *inquiry = calloc(1, sizeof *inquiry);
    if (inquiry == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return NULL;
    }
    inquiry->matchmaker = matchmaker;
    inquiry->request = request;
    inquiry->asked = asked;
    inquiry->closure = closure;
    inquiry->now_ms = loop_now_ms(bus_loop(matchmaker->bus));
    arena_init(&inquiry->arena, WAVE_BYTES_MAX);
    inquiry->places = (struct places){
        .arena = &inquiry->arena, .now_ms = inquiry->now_ms, .keeps_gone = asked == ASKED_REST};
    return inquiry;
}

static void inquiry_destroy(struct inquiry *inquiry)
{
    arena_deinit(&inquiry->arena);
    free(inquiry);
}

static void inquiry_fail(struct inquiry *inquiry, enum status status, const char *message)
{
    bus_fail(inquiry->request, status, NULL, 0, "%s", message);
    inquiry_destroy(inquiry);
}

static void inquiry_answer(struct inquiry *inquiry, const ProtobufCMessage *reply)
{
    inquiry->closure(reply, inquiry->request);
    inquiry_destroy(inquiry);
}

/* ---- what is learnt of the latest waits --------------------------------------------------- */

static void remember_calibration(struct inquiry *inquiry)
{
    struct matchmaker *matchmaker = inquiry->matchmaker;
    struct calibration *seen = NULL;
    for (size_t i = 0; seen == NULL && i < matchmaker->pool_count; i++)
        if (strcmp(matchmaker->pools[i].pool, inquiry->pool_name) == 0)
            seen = &matchmaker->pools[i];
    if (seen == NULL && matchmaker->pool_count < POOLS_SEEN_MAX) {
        seen = &matchmaker->pools[matchmaker->pool_count++];
        strncpy(seen->pool, inquiry->pool_name, sizeof seen->pool - 1);
    }
    if (seen == NULL)
        return;
    seen->told = seen->held = 0;
    for (size_t i = 0; i < inquiry->places.history_count; i++) {
        seen->told += inquiry->places.history[i].was_told;
        seen->held += inquiry->places.history[i].was_told && inquiry->places.history[i].held;
    }
}

static enum status estimate(struct inquiry *inquiry, int64_t waited_ms, const char *ticket_id,
                            Arbiter__V1__WaitEstimate *out)
{
    struct seeking_estimate rest;
    enum status status = seeking_estimate(inquiry->places.history, inquiry->places.history_count,
                                          waited_ms, inquiry->pool->clock.period_ms,
                                          inquiry->places.level, &inquiry->arena, &rest);
    if (status != STATUS_OK)
        return status;
    arbiter__v1__wait_estimate__init(out);
    out->ticket_id = (char *)ticket_id;
    out->low_ms = rest.low_ms;
    out->middle_ms = rest.middle_ms;
    out->high_ms = rest.high_ms;
    out->samples = rest.samples;
    return STATUS_OK;
}

/* ---- a wave ------------------------------------------------------------------------------ */

static uint64_t wave_seed(const struct inquiry *inquiry)
{
    return hash_text(HASH_START ^ (uint64_t)inquiry->now_ms, inquiry->pool_name);
}

static enum status fill_offer(struct inquiry *inquiry, struct seeking_pair pair,
                              Arbiter__V1__GameRequest *game, Arbiter__V1__WaveOffer *offer,
                              Arbiter__V1__OfferInput *input)
{
    const struct seeking_ticket *first = &inquiry->places.tickets[pair.first];
    const struct seeking_ticket *second = &inquiry->places.tickets[pair.second];
    arbiter__v1__wave_offer__init(offer);
    arbiter__v1__offer_input__init(input);
    /* A ticket may be offered again after an offer that fell through: the time tells them apart. */
    offer->offer =
        arena_format(&inquiry->arena, "%s-%llx", first->id, (unsigned long long)inquiry->now_ms);
    offer->id = arena_format(&inquiry->arena, "offer:%s", offer->offer);
    if (offer->id == NULL || offer->offer == NULL)
        return STATUS_FULL;
    offer->first_ticket = input->first_ticket = (char *)first->id;
    offer->second_ticket = input->second_ticket = (char *)second->id;
    offer->input = input;
    input->offer_id = offer->offer;
    input->pool = (char *)inquiry->pool_name;
    input->first = (char *)first->player;
    input->second = (char *)second->player;
    input->request = game;
    input->accept_ms = inquiry->policy->accept_ms;
    return STATUS_OK;
}

/* As many as one reply takes; the pool's machine writes each of them twice and with its names. */
static enum status fill_offers(struct inquiry *inquiry, const struct seeking_wave *wave,
                               Arbiter__V1__MakeWaveReply *reply)
{
    size_t bytes = 0;
    size_t count = (size_t)wave->pair_count < MATCHMAKER_OFFERS_MAX ? (size_t)wave->pair_count
                                                                    : MATCHMAKER_OFFERS_MAX;
    struct fault fault;
    ProtobufCMessage *game = NULL;
    Arbiter__V1__WaveOffer *offers = arena_array(&inquiry->arena, count, sizeof *offers);
    Arbiter__V1__OfferInput *inputs = arena_array(&inquiry->arena, count, sizeof *inputs);
    reply->offers = arena_array(&inquiry->arena, count, sizeof(void *));
    if (arena_full(&inquiry->arena))
        return STATUS_FULL;
    enum status status = reflect_from_value(&inquiry->arena, &arbiter__v1__game_request__descriptor,
                                            inquiry->pool->request, &game, &fault);
    for (size_t i = 0; status == STATUS_OK && i < count && bytes < OFFERS_BYTES_MAX; i++) {
        status = fill_offer(inquiry, wave->pairs[i], (Arbiter__V1__GameRequest *)game, &offers[i],
                            &inputs[i]);
        reply->offers[reply->n_offers++] = &offers[i];
        bytes += arbiter__v1__wave_offer__get_packed_size(&offers[i]);
    }
    return status;
}

/* How much longer the places at `indices` will wait. */
static enum status fill_estimates(struct inquiry *inquiry, const size_t *indices, size_t count,
                                  Arbiter__V1__WaitEstimate ***out_estimates)
{
    Arbiter__V1__WaitEstimate *items = arena_array(&inquiry->arena, count, sizeof *items);
    Arbiter__V1__WaitEstimate **list = arena_array(&inquiry->arena, count, sizeof *list);
    enum status status = items != NULL && list != NULL ? STATUS_OK : STATUS_FULL;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const struct seeking_ticket *ticket = &inquiry->places.tickets[indices[i]];
        int64_t waited = inquiry->now_ms - ticket->since_ms;
        status = estimate(inquiry, waited > 0 ? waited : 0, ticket->id, &items[i]);
        list[i] = &items[i];
    }
    if (status == STATUS_OK)
        *out_estimates = list;
    return status;
}

/* Where the next reply goes on after this place. */
static char *told_to(struct inquiry *inquiry, const struct seeking_ticket *ticket)
{
    return arena_format(&inquiry->arena, "%lld:%s", (long long)ticket->since_ms, ticket->id);
}

/* Those left over, the longest waits first, as many as one reply holds. */
static enum status fill_left_over(struct inquiry *inquiry, const struct seeking_wave *wave,
                                  size_t paired, Arbiter__V1__MakeWaveReply *reply)
{
    size_t indices[MATCHMAKER_ESTIMATES_MAX];
    size_t count = 0;
    bool has_more = inquiry->places.is_cut;
    bool *is_paired = arena_array(&inquiry->arena, inquiry->places.count, sizeof *is_paired);
    if (is_paired == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < paired; i++)
        is_paired[wave->pairs[i].first] = is_paired[wave->pairs[i].second] = true;
    for (size_t i = 0; i < inquiry->places.count; i++) {
        if (!is_paired[i] && count < MATCHMAKER_ESTIMATES_MAX)
            indices[count++] = i;
        else if (!is_paired[i])
            has_more = true;
    }
    if (has_more && count > 0)
        reply->told_to = told_to(inquiry, &inquiry->places.tickets[indices[count - 1]]);
    reply->n_estimates = count;
    return reply->told_to != NULL ? fill_estimates(inquiry, indices, count, &reply->estimates)
                                  : STATUS_FULL;
}

static void count_wave(struct matchmaker *matchmaker, const struct inquiry *inquiry, size_t pairs)
{
    double spent_ms = (double)inquiry->spent_us / 1000;
    matchmaker->waves++;
    matchmaker->pairs += pairs;
    if (spent_ms > matchmaker->slowest_wave_ms)
        matchmaker->slowest_wave_ms = spent_ms;
}

static enum status answer_wave(struct inquiry *inquiry)
{
    const struct seeking_wave *wave = &inquiry->wave;
    const struct places *places = &inquiry->places;
    Arbiter__V1__MakeWaveReply reply = ARBITER__V1__MAKE_WAVE_REPLY__INIT;
    enum status status = fill_offers(inquiry, wave, &reply);
    size_t pairs = reply.n_offers;
    struct random random;
    random_init(&random, wave_seed(inquiry));
    const struct seeking_clock *clock = &inquiry->pool->clock;
    reply.held =
        (int64_t)((size_t)wave->pair_count - pairs) + (pairs > 0 && places->is_cut ? 1 : 0);
    reply.waiting = (int64_t)(places->count - 2 * pairs);
    reply.gone = (char **)places->gone;
    reply.n_gone = places->gone_count;
    reply.pairs = (int64_t)pairs;
    reply.size = clock->size;
    reply.period_ms =
        clock->period_ms +
        (clock->jitter_ms > 0 ? (int64_t)random_below(&random, (uint64_t)clock->jitter_ms + 1) : 0);
    if (status == STATUS_OK && reply.held == 0) /* otherwise the next one tells them */
        status = fill_left_over(inquiry, wave, pairs, &reply);
    if (status != STATUS_OK)
        return status;
    count_wave(inquiry->matchmaker, inquiry, pairs);
    inquiry_answer(inquiry, &reply.base);
    return STATUS_OK;
}

/* Beside the loop: reaches for the inquiry and its policy only. */
static void look(void *user)
{
    struct inquiry *inquiry = user;
    int64_t started_us = clock_monotonic_us();
    struct seeking_wave_input input = {.policy = inquiry->policy,
                                       .tickets = inquiry->places.tickets + inquiry->from,
                                       .count = (int32_t)(inquiry->places.count - inquiry->from),
                                       .now_ms = inquiry->now_ms,
                                       .seed = wave_seed(inquiry)};
    struct arena_mark mark = arena_mark(&inquiry->arena);
    inquiry->status = seeking_wave(&input, &inquiry->arena, &inquiry->wave);
    inquiry->spent_us += clock_monotonic_us() - started_us;
    for (int32_t i = 0; inquiry->status == STATUS_OK && i < inquiry->wave.pair_count; i++) {
        inquiry->wave.pairs[i].first += (int32_t)inquiry->from;
        inquiry->wave.pairs[i].second += (int32_t)inquiry->from;
    }
    if (inquiry->status == STATUS_OK && inquiry->wave.pair_count == 0)
        arena_rewind(&inquiry->arena, mark);
}

/* ---- an estimate, a reason --------------------------------------------------------------- */

static enum status answer_estimate(struct inquiry *inquiry)
{
    Arbiter__V1__EstimateWaitReply reply = ARBITER__V1__ESTIMATE_WAIT_REPLY__INIT;
    Arbiter__V1__WaitEstimate rest;
    enum status status = estimate(inquiry, 0, "", &rest);
    if (status != STATUS_OK)
        return status;
    reply.estimate = &rest;
    inquiry_answer(inquiry, &reply.base);
    return STATUS_OK;
}

/* A page: the list holds those that were asked for and no others. */
static enum status answer_rest(struct inquiry *inquiry)
{
    Arbiter__V1__EstimateWaitsReply reply = ARBITER__V1__ESTIMATE_WAITS_REPLY__INIT;
    size_t indices[MATCHMAKER_ESTIMATES_MAX];
    for (size_t i = 0; i < inquiry->places.count && i < MATCHMAKER_ESTIMATES_MAX; i++)
        indices[reply.n_estimates++] = i;
    if (inquiry->places.is_cut && inquiry->places.count > 0)
        reply.told_to = told_to(inquiry, &inquiry->places.tickets[inquiry->places.count - 1]);
    enum status status = reply.told_to != NULL
                             ? fill_estimates(inquiry, indices, reply.n_estimates, &reply.estimates)
                             : STATUS_FULL;
    if (status == STATUS_OK)
        inquiry_answer(inquiry, &reply.base);
    return status;
}

static int64_t until_of(int64_t until_ms)
{
    return until_ms == SEEKING_NEVER ? NEVER_MS : until_ms;
}

static enum status fill_why(struct inquiry *inquiry, const struct seeking_wave_input *input,
                            int32_t asker, int32_t other, Arbiter__V1__WhyNot *out)
{
    struct seeking_why why;
    enum status status = seeking_why(input, asker, other, &inquiry->arena, &why);
    if (status != STATUS_OK)
        return status;
    Arbiter__V1__Obstacle *obstacles = arena_array(&inquiry->arena, why.count, sizeof *obstacles);
    arbiter__v1__why_not__init(out);
    out->player_id = (char *)inquiry->places.tickets[other].player;
    out->until_ms = why.count == 0 ? 0 : until_of(why.until_ms);
    out->obstacles = arena_array(&inquiry->arena, why.count, sizeof(void *));
    if (arena_full(&inquiry->arena))
        return STATUS_FULL;
    for (size_t i = 0; i < why.count; i++) {
        arbiter__v1__obstacle__init(&obstacles[i]);
        obstacles[i].rule = (char *)why.obstacles[i].rule;
        obstacles[i].text = (char *)why.obstacles[i].text;
        obstacles[i].until_ms = until_of(why.obstacles[i].until_ms);
        out->obstacles[out->n_obstacles++] = &obstacles[i];
    }
    return STATUS_OK;
}

static int32_t asker_index(const struct inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->places.count; i++)
        if (strcmp(inquiry->places.tickets[i].id, inquiry->asker->ticket_id) == 0)
            return (int32_t)i;
    return -1;
}

static enum status fill_others(struct inquiry *inquiry, int32_t asker,
                               Arbiter__V1__ExplainTicketReply *reply)
{
    struct seeking_wave_input input = {.policy = inquiry->policy,
                                       .tickets = inquiry->places.tickets,
                                       .count = (int32_t)inquiry->places.count,
                                       .now_ms = inquiry->now_ms};
    Arbiter__V1__WhyNot *others =
        arena_array(&inquiry->arena, MATCHMAKER_OTHERS_MAX, sizeof *others);
    reply->others = arena_array(&inquiry->arena, MATCHMAKER_OTHERS_MAX, sizeof(void *));
    enum status status = arena_full(&inquiry->arena) ? STATUS_FULL : STATUS_OK;
    for (int32_t i = 0; status == STATUS_OK && i < input.count; i++) {
        if (i == asker || reply->n_others == MATCHMAKER_OTHERS_MAX)
            continue;
        status = fill_why(inquiry, &input, asker, i, &others[reply->n_others]);
        reply->others[reply->n_others] = &others[reply->n_others];
        reply->n_others++;
    }
    return status;
}

static enum status answer_why(struct inquiry *inquiry)
{
    Arbiter__V1__ExplainTicketReply reply = ARBITER__V1__EXPLAIN_TICKET_REPLY__INIT;
    Arbiter__V1__WaitEstimate rest;
    const Arbiter__V1__Ticket *ticket = inquiry->asker;
    int32_t asker = asker_index(inquiry);
    enum status status = STATUS_OK;
    int64_t end = ticket->ended_at_ms > 0 ? ticket->ended_at_ms : inquiry->now_ms;
    reply.ticket_id = ticket->ticket_id;
    reply.status = ticket->status;
    reply.pool = ticket->pool;
    reply.waited_ms = end > ticket->since_ms ? end - ticket->since_ms : 0;
    if (asker >= 0) {
        status = estimate(inquiry, reply.waited_ms, ticket->ticket_id, &rest);
        reply.estimate = &rest;
        if (status == STATUS_OK)
            status = fill_others(inquiry, asker, &reply);
    }
    if (status == STATUS_OK)
        inquiry_answer(inquiry, &reply.base);
    return status;
}

/* ---- asking the store -------------------------------------------------------------------- */

static enum status answer(struct inquiry *inquiry)
{
    remember_calibration(inquiry);
    switch (inquiry->asked) {
    case ASKED_WAVE:
        return answer_wave(inquiry);
    case ASKED_ESTIMATE:
        return answer_estimate(inquiry);
    case ASKED_REST:
        return answer_rest(inquiry);
    case ASKED_WHY:
        return answer_why(inquiry);
    }
    return STATUS_INTERNAL;
}

static void answer_or_fail(struct inquiry *inquiry, enum status status)
{
    if (status == STATUS_OK)
        status = answer(inquiry);
    if (status != STATUS_OK)
        inquiry_fail(inquiry, status, "the places in this pool cannot be paired");
}

static bool has_failed(struct inquiry *inquiry, const struct bus_answer *reply)
{
    if (reply->status == STATUS_OK)
        return false;
    bus_fail_like(inquiry->request, reply);
    inquiry_destroy(inquiry);
    return true;
}

static void ask_tickets(struct inquiry *inquiry);

/* Where the longest waits make no pair, others may: it goes on to those, with the latest of those
 * it has seen. */
static void on_looked(bool is_done, void *user)
{
    struct inquiry *inquiry = user;
    if (!is_done) {
        inquiry_destroy(inquiry);
        return;
    }
    size_t looked = inquiry->places.count - inquiry->from;
    if (inquiry->status != STATUS_OK || inquiry->wave.pair_count > 0 || !inquiry->places.is_cut ||
        inquiry->places.count >= PLACES_MAX) {
        answer_or_fail(inquiry, inquiry->status);
        return;
    }
    if (looked >= MATCHMAKER_LOOK_MAX)
        inquiry->from = inquiry->places.count - MATCHMAKER_LOOK_AGAIN;
    inquiry->wants = MATCHMAKER_LOOK_MAX;
    ask_tickets(inquiry);
}

/* Whether what has been read is enough to go on with. */
static bool has_enough(const struct inquiry *inquiry)
{
    const struct places *places = &inquiry->places;
    if (!places->is_cut || places->count >= PLACES_MAX)
        return true;
    switch (inquiry->asked) {
    case ASKED_WAVE:
        return places->count - inquiry->from >= inquiry->wants;
    case ASKED_WHY:
        return asker_index(inquiry) >= 0;
    case ASKED_ESTIMATE:
    case ASKED_REST:
        return true;
    }
    return true;
}

static void on_tickets(const struct bus_answer *reply, void *user)
{
    struct inquiry *inquiry = user;
    if (has_failed(inquiry, reply))
        return;
    const Arbiter__V1__ListTicketsReply *list = proto_copy_in(&inquiry->arena, reply->output);
    enum status status =
        list == NULL ? STATUS_FULL
                     : places_add(&inquiry->places,
                                  &(struct places_page){list->tickets, list->n_tickets,
                                                        list->is_cut, list->ended, list->n_ended});
    if (status != STATUS_OK) {
        answer_or_fail(inquiry, status);
    } else if (!has_enough(inquiry)) {
        ask_tickets(inquiry);
    } else if (inquiry->asked == ASKED_WAVE) {
        inquiry->job = (struct worker_job){.work = look, .on_end = on_looked, .user = inquiry};
        worker_do(inquiry->matchmaker->worker, &inquiry->job);
    } else {
        answer_or_fail(inquiry, STATUS_OK);
    }
}

static void on_places(const struct bus_answer *reply, void *user)
{
    struct inquiry *inquiry = user;
    if (has_failed(inquiry, reply))
        return;
    const Arbiter__V1__ListPlacesReply *list = (const Arbiter__V1__ListPlacesReply *)reply->output;
    answer_or_fail(inquiry,
                   places_add(&inquiry->places,
                              &(struct places_page){list->tickets, list->n_tickets, list->more,
                                                    list->ended, list->n_ended}));
}

/* False: the request is answered. */
static bool find_pool(struct inquiry *inquiry, const char *pool)
{
    inquiry->pool_name = arena_copy(&inquiry->arena, pool, strlen(pool));
    inquiry->pool = inquiry->pool_name != NULL
                        ? seeking_shelf_pool(inquiry->matchmaker->shelf, pool, &inquiry->policy)
                        : NULL;
    if (inquiry->pool != NULL)
        return true;
    inquiry_fail(inquiry, STATUS_NOT_FOUND, "no policy has this pool");
    return false;
}

static void ask_places(struct inquiry *inquiry, const Arbiter__V1__EstimateWaitsRequest *input)
{
    Arbiter__V1__ListPlacesRequest request = ARBITER__V1__LIST_PLACES_REQUEST__INIT;
    char *id = NULL;
    if (!find_pool(inquiry, input->pool))
        return;
    request.pool = (char *)inquiry->pool_name;
    request.limit = MATCHMAKER_ESTIMATES_MAX;
    request.after_ms = strtoll(input->after, &id, 10);
    if (*id == ':')
        request.after = id + 1;
    bus_call(inquiry->matchmaker->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "ListPlaces",
                                .input = &request.base},
             on_places, inquiry);
}

/* A page of them; so many that one message holds them. */
static void ask_tickets(struct inquiry *inquiry)
{
    Arbiter__V1__ListTicketsRequest request = ARBITER__V1__LIST_TICKETS_REQUEST__INIT;
    request.pool = (char *)inquiry->pool_name;
    request.meetings_after_ms = inquiry->now_ms - MEETINGS_MS;
    request.after_ms = inquiry->places.after_ms;
    request.limit = inquiry->asked == ASKED_ESTIMATE ? 1 : 0; /* of ended waits there are all */
    if (inquiry->places.after != NULL)
        request.after = (char *)inquiry->places.after;
    bus_call(inquiry->matchmaker->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "ListTickets",
                                .input = &request.base},
             on_tickets, inquiry);
}

static void ask_pool(struct inquiry *inquiry, const char *pool)
{
    if (find_pool(inquiry, pool))
        ask_tickets(inquiry);
}

static void on_ticket(const struct bus_answer *reply, void *user)
{
    struct inquiry *inquiry = user;
    if (has_failed(inquiry, reply))
        return;
    const Arbiter__V1__Ticket *row = ((const Arbiter__V1__GetTicketReply *)reply->output)->ticket;
    Arbiter__V1__Ticket *asker = arena_alloc(&inquiry->arena, sizeof *asker);
    if (asker == NULL) {
        inquiry_fail(inquiry, STATUS_FULL, "out of memory");
        return;
    }
    arbiter__v1__ticket__init(asker); /* the answer's own texts end with this call */
    asker->ticket_id = arena_copy(&inquiry->arena, row->ticket_id, strlen(row->ticket_id));
    asker->pool = arena_copy(&inquiry->arena, row->pool, strlen(row->pool));
    asker->status = arena_copy(&inquiry->arena, row->status, strlen(row->status));
    asker->since_ms = row->since_ms;
    asker->ended_at_ms = row->ended_at_ms;
    inquiry->asker = asker;
    if (arena_full(&inquiry->arena))
        inquiry_fail(inquiry, STATUS_FULL, "out of memory");
    else
        ask_pool(inquiry, asker->pool);
}

/* ---- the service ------------------------------------------------------------------------- */

static void serve_make_wave(Arbiter__V1__Matchmaking_Service *service,
                            const Arbiter__V1__MakeWaveRequest *input,
                            Arbiter__V1__MakeWaveReply_Closure closure, void *request)
{
    struct inquiry *inquiry = inquiry_create((struct matchmaker *)service, request, ASKED_WAVE,
                                             (ProtobufCClosure)closure);
    if (inquiry != NULL)
        ask_pool(inquiry, input->pool);
}

static void serve_estimate_wait(Arbiter__V1__Matchmaking_Service *service,
                                const Arbiter__V1__EstimateWaitRequest *input,
                                Arbiter__V1__EstimateWaitReply_Closure closure, void *request)
{
    struct inquiry *inquiry = inquiry_create((struct matchmaker *)service, request, ASKED_ESTIMATE,
                                             (ProtobufCClosure)closure);
    if (inquiry != NULL)
        ask_pool(inquiry, input->pool);
}

static void serve_estimate_waits(Arbiter__V1__Matchmaking_Service *service,
                                 const Arbiter__V1__EstimateWaitsRequest *input,
                                 Arbiter__V1__EstimateWaitsReply_Closure closure, void *request)
{
    struct inquiry *inquiry = inquiry_create((struct matchmaker *)service, request, ASKED_REST,
                                             (ProtobufCClosure)closure);
    if (inquiry != NULL)
        ask_places(inquiry, input);
}

static void serve_explain_ticket(Arbiter__V1__Matchmaking_Service *service,
                                 const Arbiter__V1__ExplainTicketRequest *input,
                                 Arbiter__V1__ExplainTicketReply_Closure closure, void *request)
{
    struct inquiry *inquiry =
        inquiry_create((struct matchmaker *)service, request, ASKED_WHY, (ProtobufCClosure)closure);
    Arbiter__V1__GetTicketRequest ask = ARBITER__V1__GET_TICKET_REQUEST__INIT;
    if (inquiry == NULL)
        return;
    ask.ticket_id = input->ticket_id;
    bus_call(inquiry->matchmaker->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetTicket",
                                .input = &ask.base},
             on_ticket, inquiry);
}

struct matchmaker *matchmaker_create(struct bus *bus, struct worker *worker,
                                     const struct seeking_shelf *shelf)
{
    struct matchmaker *matchmaker = calloc(1, sizeof *matchmaker);
    if (matchmaker == NULL)
        return NULL;
    matchmaker->base = (Arbiter__V1__Matchmaking_Service)ARBITER__V1__MATCHMAKING__INIT(serve_);
    matchmaker->bus = bus;
    matchmaker->worker = worker;
    matchmaker->shelf = shelf;
    if (bus_serve(bus, &matchmaker->base.base) == STATUS_OK)
        return matchmaker;
    free(matchmaker);
    return NULL;
}

void matchmaker_destroy(struct matchmaker *matchmaker)
{
    free(matchmaker);
}

void matchmaker_stats(const struct matchmaker *matchmaker, struct matchmaker_stats *out_stats)
{
    *out_stats = (struct matchmaker_stats){.waves = matchmaker->waves,
                                           .pairs = matchmaker->pairs,
                                           .slowest_wave_ms = matchmaker->slowest_wave_ms};
    for (size_t i = 0; i < matchmaker->pool_count; i++) {
        out_stats->told += matchmaker->pools[i].told;
        out_stats->held += matchmaker->pools[i].held;
    }
}
