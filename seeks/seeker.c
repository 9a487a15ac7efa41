/* Reads what is known of a player and judges whether the player may look for a game now. */
#include "seeks/seeker.h"

#include <string.h>

#include "orchestrator/seeking/shelf.h"
#include "seeks/looks.h"
#include "seeks/suspension.h"

/* What is asked, and who goes on with the answer. */
struct knowing {
    struct exchange *exchange;
    const char *player;
    const char *pool;
    const char *place;
    const char *seek_id;
    seeker_then then;
    uint64_t look;       /* what looks_keep() is told; 0: it is none */
    bool may_be_unknown; /* `then` is told NULL where there is nothing to know */
};

/* ---- asking ------------------------------------------------------------------------------ */

static void on_seeker(const struct bus_answer *answer, void *user)
{
    const struct knowing *knowing = user;
    struct exchange *exchange = knowing->exchange;
    bool is_own = strcmp(knowing->player, exchange->claims.subject) == 0;
    if (answer->status != STATUS_OK && knowing->may_be_unknown) {
        knowing->then(exchange, NULL);
        return;
    }
    if (answer->status == STATUS_NOT_FOUND && is_own) {
        exchange_problem_no_profile(exchange);
        return;
    }
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__GetSeekerReply *seeker = (const Arbiter__V1__GetSeekerReply *)answer->output;
    if (knowing->look != 0)
        looks_keep(exchange->api->looks, knowing->player, knowing->look, seeker);
    if (knowing->seek_id[0] != '\0' && seeker->seek == NULL)
        exchange_problem_of(exchange,
                            &(struct bus_answer){.status = STATUS_NOT_FOUND,
                                                 .message = arena_format(exchange_arena(exchange),
                                                                         "there is no seek '%s'",
                                                                         knowing->seek_id)});
    else
        knowing->then(exchange, seeker);
}

static void know(const struct knowing *asked)
{
    struct exchange *exchange = asked->exchange;
    struct arena *arena = exchange_arena(exchange);
    Arbiter__V1__GetSeekerRequest request = ARBITER__V1__GET_SEEKER_REQUEST__INIT;
    struct knowing *knowing = arena_alloc(arena, sizeof *knowing);
    char *name = arena_copy(arena, asked->player, strlen(asked->player));
    if (knowing == NULL || name == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    *knowing = *asked;
    knowing->player = name;
    request.player_id = name;
    request.rating_pool = (char *)asked->pool;
    request.place = (char *)asked->place;
    request.seek_id = (char *)asked->seek_id;
    request.now_ms = loop_now_ms(bus_loop(exchange->api->bus));
    bus_call(exchange->api->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetSeeker",
                                .input = &request.base,
                                .traceparent = exchange->trace},
             on_seeker, knowing);
}

void seeker_know(struct exchange *exchange, const char *player, const char *pool, seeker_then then)
{
    seeker_know_at(exchange, player, pool, "", then);
}

void seeker_know_at(struct exchange *exchange, const char *player, const char *pool,
                    const char *place, seeker_then then)
{
    know(&(struct knowing){.exchange = exchange,
                           .player = player,
                           .pool = pool,
                           .place = place,
                           .seek_id = "",
                           .then = then});
}

/* Whether all that accepting this seek depends on is known from a look at it: members of places and
 * paired rounds change without a bell. */
static bool is_enough(const struct exchange *exchange, const Arbiter__V1__Seek *seek)
{
    const struct seeking_policy *policy = seeking_shelf_find(exchange->api->shelf, seek->policy);
    return seek->place[0] == '\0' && policy != NULL && policy->limits.event_ms == 0;
}

void seeker_know_for(struct exchange *exchange, const char *seek_id, seeker_then then)
{
    Arbiter__V1__GetSeekerReply *look =
        looks_take(exchange->api->looks, exchange->claims.subject, seek_id);
    if (look != NULL && is_enough(exchange, look->seek))
        then(exchange, look);
    else
        know(&(struct knowing){.exchange = exchange,
                               .player = exchange->claims.subject,
                               .pool = "",
                               .place = "",
                               .seek_id = seek_id,
                               .then = then});
    if (look != NULL)
        arbiter__v1__get_seeker_reply__free_unpacked(look, NULL);
}

void seeker_look(struct exchange *exchange, const char *seek_id, seeker_then then)
{
    know(&(struct knowing){.exchange = exchange,
                           .player = exchange->claims.subject,
                           .pool = "",
                           .place = "",
                           .seek_id = seek_id,
                           .then = then,
                           .may_be_unknown = true,
                           .look = looks_expect(exchange->api->looks, exchange->claims.subject)});
}

/* ---- judging ----------------------------------------------------------------------------- */

bool seeker_by_letter(const Arbiter__V1__GameRequest *request)
{
    return request != NULL && strcmp(request->clock, "correspondence") == 0;
}

bool seeker_is_free(struct exchange *exchange, const struct seeking_policy *policy,
                    const Arbiter__V1__GetSeekerReply *seeker,
                    const Arbiter__V1__GameRequest *request)
{
    int64_t before = policy->limits.event_ms;
    int64_t now_ms = loop_now_ms(bus_loop(exchange->api->bus));
    if (suspension_refuses(exchange, seeker->status, seeker->suspension,
                           request == NULL || request->rated))
        return false;
    if (seeker_by_letter(request) || before == 0 || seeker->event_at_ms == 0 ||
        seeker->event_at_ms > now_ms + before)
        return true;
    int64_t left = (seeker->event_at_ms - now_ms) / 1000;
    exchange_problem(exchange, 409, "event-soon", "Your event is about to begin",
                     "you are paired in '%s', which begins in %lld s; no game may begin within the "
                     "%lld s before it",
                     seeker->event_id, (long long)(left > 0 ? left : 0),
                     (long long)(before / 1000));
    return false;
}

double seeker_rating(const Arbiter__V1__GetSeekerReply *seeker)
{
    return seeker->rating != NULL ? seeker->rating->rating : SEEKER_RATING_UNKNOWN;
}

double seeker_deviation(const Arbiter__V1__GetSeekerReply *seeker)
{
    return seeker->rating != NULL ? seeker->rating->deviation : SEEKER_DEVIATION_UNKNOWN;
}

bool seeker_has(char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

const char *seeker_pool(const Arbiter__V1__GameRequest *request)
{
    if (request == NULL)
        return "";
    return request->rating_pool[0] != '\0' ? request->rating_pool : request->rules;
}

/* The window is kept in ratings, and judged from the owner's. */
struct seeking_seek seeker_seek(const Arbiter__V1__Seek *seek)
{
    return (struct seeking_seek){.owner = seek->owner,
                                 .opponent = seek->opponent,
                                 .tournament = seek->place,
                                 .club = "",
                                 .owner_rating = seek->owner_rating,
                                 .rating_min = seek->rating_min - seek->owner_rating,
                                 .rating_max = seek->rating_max - seek->owner_rating,
                                 .established_only = seek->established_only,
                                 .followed_only = seek->followed_only};
}

struct seeking_request seeker_request(const Arbiter__V1__GameRequest *request)
{
    return (struct seeking_request){
        .rules = request->rules,
        .variant = request->variant,
        .lexicon = request->lexicon,
        .challenge_rule = request->challenge_rule,
        .clock = request->clock,
        .bot = "",
        .initial_time_ms = request->initial_time_ms,
        .increment_ms = request->increment_ms,
        .overtime_ms = request->overtime_ms,
        .time_bank_ms = request->time_bank_ms,
        .rated = request->rated,
    };
}
