/* Open challenges: posted, accepted by whoever is first, taken back. */
#include "seeks/errand.h"

#include <string.h>

#include "orchestrator/seeking/shelf.h"
#include "seeks/seeker.h"

#include "arbiter/v1/store.pb-c.h"

static const double RATING_MAX = 10000.0;

/* ---- posting ----------------------------------------------------------------------------- */

/* What is posted besides the errand's own. */
struct posting {
    struct errand errand; /* comes first */
    const char *policy;
    double below; /* the window as a distance from the poster's rating */
    double above;
    bool is_relative;
};

static void begin(struct exchange *exchange)
{
    const struct errand *errand = exchange->note;
    const struct seeking_limits *limits = &errand->policy->limits;
    bool by_letter = seeker_by_letter(errand->game);
    json_t *input = json_pack(
        "{s:s, s:s, s:O, s:f, s:f, s:f, s:i, s:i, s:s, s:I}", "seek_id", errand->id, "owner",
        exchange->claims.subject, "request", errand->request, "owner_rating", errand->rating,
        "rating_min", errand->rating_min, "rating_max", errand->rating_max, "established_only",
        (int)errand->established_only, "followed_only", (int)errand->followed_only, "place",
        errand->place, "gone_ms", (json_int_t)(by_letter ? 0 : limits->gone_ms));
    errand_add_limits(errand, input);
    errand_begin(exchange, input);
}

static void on_poster(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *seeker)
{
    struct posting *posting = exchange->note;
    struct errand *errand = &posting->errand;
    struct seeking_refusal refusal;
    errand->rating = seeker_rating(seeker);
    if (!seeker_is_free(exchange, errand->policy, seeker, errand->game))
        return;
    if (posting->is_relative) {
        errand->rating_min = errand->rating - posting->below;
        errand->rating_max = errand->rating + posting->above;
    }
    struct seeking_request request = seeker_request(errand->game);
    struct seeking_seek seek = {.owner = exchange->claims.subject,
                                .tournament = errand->place,
                                .owner_rating = errand->rating,
                                .rating_min = posting->is_relative ? -posting->below : 0,
                                .rating_max = posting->is_relative ? posting->above : 0,
                                .established_only = errand->established_only,
                                .followed_only = errand->followed_only};
    struct seeking_person who = {.id = exchange->claims.subject,
                                 .rating = errand->rating,
                                 .deviation = seeker_deviation(seeker),
                                 .is_member = seeker->is_member};
    struct seeking_case what = {errand->policy, &request, &seek, &who};
    if (errand->place[0] != '\0' && !seeker->is_member)
        exchange_problem(exchange, 403, "forbidden", "That is not yours to do",
                         "you do not belong to '%s'", errand->place);
    else if (!seeking_passes(&what, &errand->policy->post, exchange_arena(exchange), &refusal))
        exchange_problem_at(exchange, "", "%s", refusal.message);
    else
        begin(exchange);
}

/* A policy's own end of a seek counts where the poster asks for none, or for a later one. */
static void limit_life(struct errand *errand)
{
    const struct seeking_limits *limits = &errand->policy->limits;
    int64_t most =
        seeker_by_letter(errand->game) ? limits->expires_correspondence_ms : limits->expires_ms;
    if (most > 0 && errand->life_ms > most)
        errand->life_ms = most;
}

static void post_seek(struct exchange *exchange)
{
    struct posting *posting = arena_alloc(exchange_arena(exchange), sizeof *posting);
    struct errand *errand = errand_create(exchange, "seek");
    if (errand == NULL || posting == NULL)
        return;
    *posting = (struct posting){.errand = *errand, .below = -1, .above = -1};
    errand = exchange->note = &posting->errand;
    errand->id = exchange->id;
    errand->rating_max = RATING_MAX;
    const struct body_field fields[] = {
        {"request", BODY_OBJECT, true, &errand->request, 0, 0},
        {"rating_min", BODY_NUMBER, false, &errand->rating_min, 0, RATING_MAX},
        {"rating_max", BODY_NUMBER, false, &errand->rating_max, 0, RATING_MAX},
        {"rating_below", BODY_NUMBER, false, &posting->below, 0, RATING_MAX},
        {"rating_above", BODY_NUMBER, false, &posting->above, 0, RATING_MAX},
        {"established_only", BODY_BOOLEAN, false, &errand->established_only, 0, 0},
        {"followed_only", BODY_BOOLEAN, false, &errand->followed_only, 0, 0},
        {"place", BODY_TEXT, false, &errand->place, 0, 0},
        {"policy", BODY_TEXT, false, &posting->policy, 0, 0},
        {"expires_in_ms", BODY_INTEGER, false, &errand->life_ms, 0, 0},
    };
    if (!exchange_read_body(exchange, fields, COUNT_OF(fields)) || !errand_check(exchange) ||
        !errand_check_policy(exchange, posting->policy))
        return;
    posting->is_relative = posting->below >= 0 || posting->above >= 0;
    posting->below = posting->below >= 0 ? posting->below : RATING_MAX;
    posting->above = posting->above >= 0 ? posting->above : RATING_MAX;
    limit_life(errand);
    if (errand->rating_min > errand->rating_max)
        exchange_problem_at(exchange, "/rating_min", "'rating_min' is above 'rating_max'");
    else
        seeker_know_at(exchange, exchange->claims.subject, errand_pool(errand->request),
                       errand->place, on_poster);
}

/* ---- accepting, cancelling --------------------------------------------------------------- */

/* The seek that somebody wants to accept. */
struct acceptance {
    struct errand errand; /* comes first */
    struct seeking_seek seek;
    const char *pool;
    double deviation;
    Arbiter__V1__GameRequest *game;
};

static void act_as_known(struct exchange *exchange)
{
    const struct acceptance *acceptance = exchange->note;
    errand_act(exchange, json_pack("{s:s, s:f}", "player", exchange->claims.subject, "rating",
                                   acceptance->errand.rating));
}

/* Nobody is to be drawn into a game just before a round begins: neither is the owner. */
static void on_owner(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *owner)
{
    const struct acceptance *acceptance = exchange->note;
    int64_t before = acceptance->errand.policy->limits.event_ms;
    int64_t now_ms = loop_now_ms(bus_loop(exchange->api->bus));
    if (owner->event_at_ms > 0 && owner->event_at_ms <= now_ms + before)
        exchange_problem(exchange, 409, "event-soon", "Your event is about to begin",
                         "'%s' is paired in '%s', which is about to begin", acceptance->seek.owner,
                         owner->event_id);
    else
        act_as_known(exchange);
}

static void on_accepter(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *seeker)
{
    struct acceptance *acceptance = exchange->note;
    struct errand *errand = &acceptance->errand;
    const char *owner = acceptance->seek.owner;
    struct seeking_refusal refusal;
    struct seeking_request request = seeker_request(acceptance->game);
    struct seeking_person who = {
        .id = exchange->claims.subject,
        .place = acceptance->seek.tournament,
        .rating = seeker_rating(seeker),
        .deviation = seeker_deviation(seeker),
        .games = seeker->rating != NULL ? seeker->rating->games : 0,
        .blocks = seeker_has(seeker->blocks, seeker->n_blocks, owner),
        .is_blocked = seeker_has(seeker->blocked_by, seeker->n_blocked_by, owner),
        .is_followed = seeker_has(seeker->followed_by, seeker->n_followed_by, owner),
        .is_member = seeker->is_member};
    struct seeking_case what = {errand->policy, &request, &acceptance->seek, &who};
    errand->rating = who.rating;
    if (!seeker_is_free(exchange, errand->policy, seeker, acceptance->game))
        return;
    if (!seeking_passes(&what, &errand->policy->accept, exchange_arena(exchange), &refusal))
        exchange_problem(exchange, 409, "refused", "That cannot happen now", "%s", refusal.message);
    else if (errand->policy->limits.event_ms > 0)
        seeker_know(exchange, owner, "", on_owner);
    else
        act_as_known(exchange);
}

/* What the answer held ends with the call: copies. */
static bool keep_seek(struct exchange *exchange, const Arbiter__V1__Seek *seek)
{
    struct acceptance *acceptance = exchange->note;
    struct arena *arena = exchange_arena(exchange);
    Arbiter__V1__GameRequest *game = arena_alloc(arena, sizeof *game);
    if (game == NULL)
        return false;
    arbiter__v1__game_request__init(game);
    if (seek->request != NULL) {
        game->rated = seek->request->rated;
        game->clock = arena_copy(arena, seek->request->clock, strlen(seek->request->clock));
        game->rules = arena_copy(arena, seek->request->rules, strlen(seek->request->rules));
        game->rating_pool =
            arena_copy(arena, seek->request->rating_pool, strlen(seek->request->rating_pool));
    }
    acceptance->game = game;
    acceptance->seek =
        (struct seeking_seek){.owner = arena_copy(arena, seek->owner, strlen(seek->owner)),
                              .opponent = arena_copy(arena, seek->opponent, strlen(seek->opponent)),
                              .tournament = arena_copy(arena, seek->place, strlen(seek->place)),
                              .owner_rating = seek->owner_rating,
                              .rating_min = seek->rating_min - seek->owner_rating,
                              .rating_max = seek->rating_max - seek->owner_rating,
                              .established_only = seek->established_only,
                              .followed_only = seek->followed_only};
    acceptance->errand.policy = seeking_shelf_find(exchange->api->shelf, seek->policy);
    if (acceptance->errand.policy == NULL) /* it has gone since: its seeks live by the default */
        acceptance->errand.policy = seeking_shelf_find(exchange->api->shelf, "default");
    return !arena_full(arena) && acceptance->errand.policy != NULL;
}

static void on_seek_to_accept(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    const struct acceptance *acceptance = exchange->note;
    if (!exchange_check(exchange, answer))
        return;
    if (!keep_seek(exchange, ((const Arbiter__V1__GetSeekReply *)answer->output)->seek)) {
        exchange_problem_busy(exchange);
        return;
    }
    const Arbiter__V1__GameRequest *game = acceptance->game;
    seeker_know_at(exchange, exchange->claims.subject,
                   game->rating_pool[0] != '\0' ? game->rating_pool : game->rules,
                   acceptance->seek.tournament, on_accepter);
}

static void accept_seek(struct exchange *exchange)
{
    struct acceptance *acceptance = arena_alloc(exchange_arena(exchange), sizeof *acceptance);
    struct errand *errand = errand_create(exchange, "seek");
    if (errand == NULL || acceptance == NULL || !exchange_read_body(exchange, NULL, 0))
        return;
    *acceptance = (struct acceptance){.errand = *errand};
    errand = exchange->note = &acceptance->errand;
    errand->id = exchange_parameter(exchange, "seek_id");
    errand->event = "seek.accept";
    errand->wants_game = true;
    Arbiter__V1__GetSeekRequest request = ARBITER__V1__GET_SEEK_REQUEST__INIT;
    request.seek_id = (char *)errand->id;
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetSeek", &request.base,
                 on_seek_to_accept);
}

static void cancel_seek(struct exchange *exchange)
{
    struct errand *errand = errand_create(exchange, "seek");
    if (errand == NULL)
        return;
    errand->id = exchange_parameter(exchange, "seek_id");
    errand->event = "seek.cancel";
    errand_act(exchange, json_pack("{s:s}", "player", exchange->claims.subject));
}

const struct route seek_routes[] = {
    ROUTE("POST", "/v1/seeks", TOKEN_PLAYER, post_seek),
    ROUTE("POST", "/v1/seeks/{seek_id}/accept", TOKEN_PLAYER, accept_seek),
    ROUTE("DELETE", "/v1/seeks/{seek_id}", TOKEN_PLAYER, cancel_seek),
    ROUTE(NULL, NULL, 0, NULL),
};
