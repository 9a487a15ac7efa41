/* Why nobody has accepted a seek yet: who else waits, and what keeps each of them out. */
#include "seeks/exchange.h"

#include <string.h>

#include "orchestrator/seeking/shelf.h"
#include "proto/copy.h"
#include "seeks/seeker.h"
#include "seeks/sight.h"

#include "arbiter/v1/store.pb-c.h"

enum { OTHERS_MAX = 100 };

/* Somebody else who waits. */
struct other {
    char *name;
    const char *place;
    const char *differs; /* the first part of a game in which they want another one; NULL: none */
    double least;        /* whom they admit */
    double most;
    bool blocks;
    bool is_blocked;
    bool is_followed;
};

struct question {
    const Arbiter__V1__Seek *posted; /* a copy */
    struct seeking_seek seek;        /* the same, for the checks */
    const struct seeking_policy *policy;
    const char *seek_id;
    struct sight_viewer viewer; /* who asks */
    struct other others[OTHERS_MAX];
    char *names[OTHERS_MAX];
    size_t count;
};

static char *keep(struct exchange *exchange, const char *text)
{
    return arena_copy(exchange_arena(exchange), text, strlen(text));
}

/* ---- the answer -------------------------------------------------------------------------- */

/* What may differ between two games that both would still be games of this kind. */
static const char *difference(const Arbiter__V1__GameRequest *one,
                              const Arbiter__V1__GameRequest *other)
{
    const struct {
        const char *name;
        const char *one;
        const char *other;
    } texts[] = {
        {"rules", one->rules, other->rules},
        {"variant", one->variant, other->variant},
        {"lexicon", one->lexicon, other->lexicon},
        {"clock", one->clock, other->clock},
    };
    const struct {
        const char *name;
        int64_t one;
        int64_t other;
    } numbers[] = {
        {"initial_time_ms", one->initial_time_ms, other->initial_time_ms},
        {"increment_ms", one->increment_ms, other->increment_ms},
        {"overtime_ms", one->overtime_ms, other->overtime_ms},
        {"rated", one->rated, other->rated},
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (strcmp(texts[i].one, texts[i].other) != 0)
            return texts[i].name;
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (numbers[i].one != numbers[i].other)
            return numbers[i].name;
    return NULL;
}

/* A seek asks for nothing less as time goes by: what keeps two apart keeps them until one of them
 * posts another seek. */
static void add_obstacle(json_t *obstacles, const char *rule, const char *text)
{
    (void)json_array_append_new(
        obstacles, json_pack("{s:s, s:s, s:i}", "rule", rule, "text", text, "until_ms", -1));
}

static json_t *explain(struct exchange *exchange, const struct question *question,
                       const struct other *other, const Arbiter__V1__Rating *rating)
{
    struct seeking_request request = seeker_request(question->posted->request);
    struct seeking_person who = {
        .id = other->name,
        .place = other->place,
        .rating = rating->version > 0 ? rating->rating : SEEKER_RATING_UNKNOWN,
        .deviation = rating->version > 0 ? rating->deviation : SEEKER_DEVIATION_UNKNOWN,
        .games = rating->games,
        .blocks = other->blocks,
        .is_blocked = other->is_blocked,
        .is_followed = other->is_followed,
        .is_member = question->seek.tournament[0] == '\0' ||
                     strcmp(question->seek.tournament, other->place) == 0};
    struct seeking_case what = {question->policy, &request, &question->seek, &who};
    struct seeking_refusal refusal = {0};
    double mine = question->seek.owner_rating;
    json_t *obstacles = json_array();
    if (other->differs != NULL)
        add_obstacle(obstacles, "request",
                     arena_format(exchange_arena(exchange),
                                  "they ask for another game: '%s' differs", other->differs));
    if (who.rating < mine + question->seek.rating_min ||
        who.rating > mine + question->seek.rating_max)
        add_obstacle(obstacles, "rating", "the rating lies outside the seek's window");
    else if (!seeking_passes(&what, &question->policy->accept, exchange_arena(exchange), &refusal))
        add_obstacle(obstacles, refusal.check, refusal.message);
    if (mine < other->least || mine > other->most)
        add_obstacle(obstacles, "their_rating",
                     "the owner's rating lies outside the window of their own seek");
    bool is_free = json_array_size(obstacles) == 0;
    return json_pack("{s:s, s:o, s:i}", "player_id", other->name, "obstacles", obstacles,
                     "until_ms", is_free ? 0 : -1);
}

static void on_ratings(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    const struct question *question = exchange->note;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__GetRatingsReply *reply =
        (const Arbiter__V1__GetRatingsReply *)answer->output;
    int64_t now_ms = loop_now_ms(bus_loop(exchange->api->bus));
    json_t *others = json_array();
    for (size_t i = 0; i < question->count && i < reply->n_ratings; i++)
        (void)json_array_append_new(
            others, explain(exchange, question, &question->others[i], reply->ratings[i]));
    exchange_answer(exchange, 200,
                    json_pack("{s:s, s:s, s:s, s:I, s:o}", "ticket_id", question->seek_id, "status",
                              question->posted->status, "pool",
                              seeker_pool(question->posted->request), "waited_ms",
                              (json_int_t)(now_ms - question->posted->created_at_ms), "others",
                              others),
                    NULL);
}

/* ---- gathering --------------------------------------------------------------------------- */

static bool is_known(const struct question *question, const char *name)
{
    if (strcmp(question->seek.owner, name) == 0)
        return true;
    for (size_t i = 0; i < question->count; i++)
        if (strcmp(question->others[i].name, name) == 0)
            return true;
    return false;
}

static void on_circle(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *owner)
{
    struct question *question = exchange->note;
    Arbiter__V1__GetRatingsRequest request = ARBITER__V1__GET_RATINGS_REQUEST__INIT;
    for (size_t i = 0; i < question->count; i++) {
        struct other *other = &question->others[i];
        other->blocks = seeker_has(owner->blocked_by, owner->n_blocked_by, other->name);
        other->is_blocked = seeker_has(owner->blocks, owner->n_blocks, other->name);
        other->is_followed = seeker_has(owner->follows, owner->n_follows, other->name);
        question->names[i] = other->name;
    }
    request.player_ids = question->names;
    request.n_player_ids = question->count;
    request.pool = (char *)seeker_pool(question->posted->request);
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetRatings", &request.base,
                 on_ratings);
}

/* A player who waits with several seeks is judged by the newest. */
static void add_other(struct exchange *exchange, const Arbiter__V1__Seek *seek)
{
    struct question *question = exchange->note;
    struct other *other = &question->others[question->count++];
    *other = (struct other){.name = keep(exchange, seek->owner),
                            .place = keep(exchange, seek->place),
                            .least = seek->rating_min,
                            .most = seek->rating_max};
    if (seek->request != NULL)
        other->differs = difference(question->posted->request, seek->request);
}

static void on_others(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    struct question *question = exchange->note;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__ListSeeksReply *reply = (const Arbiter__V1__ListSeeksReply *)answer->output;
    for (size_t i = 0; i < reply->n_seeks && question->count < OTHERS_MAX; i++)
        if (!is_known(question, reply->seeks[i]->owner) &&
            sight_shows(exchange, reply->seeks[i], &question->viewer))
            add_other(exchange, reply->seeks[i]);
    if (arena_full(exchange_arena(exchange))) {
        exchange_problem_busy(exchange);
        return;
    }
    seeker_know(exchange, question->seek.owner, "", on_circle);
}

/* Of those who wait the asker is told of whom he may see himself. */
static void on_viewer(struct exchange *exchange, const struct sight_viewer *viewer)
{
    struct question *question = exchange->note;
    question->viewer = *viewer;
    if (!sight_shows(exchange, question->posted, viewer)) {
        sight_problem(exchange, question->seek_id);
        return;
    }
    Arbiter__V1__ListSeeksRequest request = ARBITER__V1__LIST_SEEKS_REQUEST__INIT;
    request.limit = OTHERS_MAX;
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "ListSeeks", &request.base, on_others);
}

static void on_seek(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    struct question *question = exchange->note;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__Seek *seek = proto_copy_in(
        exchange_arena(exchange), &((const Arbiter__V1__GetSeekReply *)answer->output)->seek->base);
    if (seek == NULL || seek->request == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    question->posted = seek;
    question->seek = seeker_seek(seek);
    question->policy = seeking_shelf_find(exchange->api->shelf, seek->policy);
    if (question->policy == NULL) /* it has gone since */
        question->policy = seeking_shelf_find(exchange->api->shelf, "default");
    if (question->policy == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    sight_look(exchange, seek->place, on_viewer);
}

static void get_why(struct exchange *exchange)
{
    struct question *question = arena_alloc(exchange_arena(exchange), sizeof *question);
    Arbiter__V1__GetSeekRequest request = ARBITER__V1__GET_SEEK_REQUEST__INIT;
    if (question == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    exchange->note = question;
    question->seek_id = exchange_parameter(exchange, "seek_id");
    request.seek_id = (char *)question->seek_id;
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetSeek", &request.base, on_seek);
}

const struct route why_routes[] = {
    ROUTE("GET", "/v1/seeks/{seek_id}/why", 0, get_why),
    ROUTE(NULL, NULL, 0, NULL),
};
