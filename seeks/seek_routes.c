/* Open challenges: posted, accepted by whoever is first, taken back. */
#include "seeks/errand.h"

#include <string.h>

#include "orchestrator/seeking/shelf.h"
#include "seeks/outlook.h"
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

/* How long it will wait, as far as is known. */
static void add_outlook(struct exchange *exchange, json_t *input)
{
    const struct errand *errand = exchange->note;
    struct seeking_estimate wait;
    if (outlook_estimate(exchange->api->outlook, errand->policy->name, errand->game, 0,
                         exchange_arena(exchange), &wait) != STATUS_OK)
        return;
    json_t *more = json_pack("{s:I, s:I}", "low_ms", (json_int_t)wait.low_ms, "high_ms",
                             (json_int_t)wait.high_ms);
    (void)json_object_update(input, more); /* without memory nothing is said of it */
    json_decref(more);
}

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
    add_outlook(exchange, input);
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

static void act_as_known(struct exchange *exchange)
{
    const struct errand *errand = exchange->note;
    errand_act(exchange, json_pack("{s:s, s:f}", "player", exchange->claims.subject, "rating",
                                   errand->rating));
}

/* Nobody is to be drawn into a game just before a round begins: neither is the owner. */
static void on_owner(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *owner)
{
    const struct errand *errand = exchange->note;
    int64_t before = errand->policy->limits.event_ms;
    int64_t now_ms = loop_now_ms(bus_loop(exchange->api->bus));
    if (owner->event_at_ms > 0 && owner->event_at_ms <= now_ms + before)
        exchange_problem(exchange, 409, "event-soon", "Your event is about to begin",
                         "'%s' is paired in '%s', which is about to begin", errand->seek->owner,
                         owner->event_id);
    else
        act_as_known(exchange);
}

static void on_accepter(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *seeker)
{
    struct errand *errand = exchange->note;
    const char *owner = errand->seek->owner;
    struct seeking_refusal refusal;
    struct seeking_request request = seeker_request(errand->game);
    struct seeking_seek seek = seeker_seek(errand->seek);
    struct seeking_person who = {
        .id = exchange->claims.subject,
        .place = seek.tournament,
        .rating = seeker_rating(seeker),
        .deviation = seeker_deviation(seeker),
        .games = seeker->rating != NULL ? seeker->rating->games : 0,
        .blocks = seeker_has(seeker->blocks, seeker->n_blocks, owner),
        .is_blocked = seeker_has(seeker->blocked_by, seeker->n_blocked_by, owner),
        .is_followed = seeker_has(seeker->followed_by, seeker->n_followed_by, owner),
        .is_member = seeker->is_member};
    struct seeking_case what = {errand->policy, &request, &seek, &who};
    errand->rating = who.rating;
    if (!seeker_is_free(exchange, errand->policy, seeker, errand->game))
        return;
    if (!seeking_passes(&what, &errand->policy->accept, exchange_arena(exchange), &refusal))
        exchange_problem(exchange, 409, "refused", "That cannot happen now", "%s", refusal.message);
    else if (errand->policy->limits.event_ms > 0)
        seeker_know(exchange, owner, "", on_owner);
    else
        act_as_known(exchange);
}

/* Only where the seek is private to an event must be asked whether the player belongs there. */
static void on_seek_to_accept(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *seeker)
{
    static const Arbiter__V1__GameRequest nothing = ARBITER__V1__GAME_REQUEST__INIT;
    struct errand *errand = exchange->note;
    if (!errand_keep_seek(exchange, seeker->seek))
        return;
    const Arbiter__V1__Seek *seek = errand->seek;
    errand->game = seek->request != NULL ? seek->request : &nothing;
    const char *pool = errand->game->rating_pool;
    if (seek->place[0] != '\0')
        seeker_know_at(exchange, exchange->claims.subject,
                       pool[0] != '\0' ? pool : errand->game->rules, seek->place, on_accepter);
    else
        on_accepter(exchange, seeker);
}

static void accept_seek(struct exchange *exchange)
{
    struct errand *errand = errand_create(exchange, "seek");
    if (errand == NULL || !exchange_read_body(exchange, NULL, 0))
        return;
    errand->id = exchange_parameter(exchange, "seek_id");
    errand->event = "seek.accept";
    errand->wants_game = true;
    seeker_know_for(exchange, errand->id, on_seek_to_accept);
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
    ROUTE("POST", "/v1/seeks/{seek_id}/accept", TOKEN_PLAYER | ROUTE_BARE | ROUTE_MATCH,
          accept_seek),
    ROUTE("DELETE", "/v1/seeks/{seek_id}", TOKEN_PLAYER | ROUTE_BARE | ROUTE_MATCH, cancel_seek),
    ROUTE(NULL, NULL, 0, NULL),
};
