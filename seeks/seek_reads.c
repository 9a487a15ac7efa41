/* Seeks as they are shown: to whom their policies show them, and how long they will still wait. */
#include "seeks/exchange.h"

#include <string.h>

#include "orchestrator/seeking/checks.h"
#include "orchestrator/seeking/shelf.h"
#include "proto/copy.h"
#include "seeks/outlook.h"
#include "seeks/seeker.h"

#include "arbiter/v1/store.pb-c.h"

/* Somebody who looks at the list. */
struct viewer {
    Arbiter__V1__ListSeeksReply *list; /* a copy; the store's own has gone meanwhile */
    Arbiter__V1__Player *profile;      /* a copy; NULL: not signed in, or without a profile */
};

/* ---- how long ---------------------------------------------------------------------------- */

/* As points in time, so that the answer stays the same while nothing happens. */
static void add_estimate(struct exchange *exchange, const Arbiter__V1__Seek *seek, json_t *json)
{
    struct seeking_estimate rest;
    int64_t now_ms = loop_now_ms(bus_loop(exchange->api->bus));
    if (strcmp(seek->status, "open") != 0 || seek->opponent[0] != '\0' ||
        outlook_estimate(exchange->api->outlook, seek->policy, seek->request,
                         now_ms - seek->created_at_ms, exchange_arena(exchange),
                         &rest) != STATUS_OK)
        return;
    (void)json_object_set_new(
        json, "estimate",
        json_pack("{s:I, s:I, s:I, s:i}", "low_at_ms", (json_int_t)(now_ms + rest.low_ms),
                  "middle_at_ms", (json_int_t)(now_ms + rest.middle_ms), "high_at_ms",
                  (json_int_t)(now_ms + rest.high_ms), "samples", (int)rest.samples));
}

static json_t *show(struct exchange *exchange, const Arbiter__V1__Seek *seek)
{
    json_t *json = json_from_message(&seek->base);
    if (json != NULL)
        add_estimate(exchange, seek, json);
    return json;
}

static void on_viewer(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *viewer)
{
    (void)viewer; /* kept for when the viewer accepts it */
    exchange_answer(exchange, 200, show(exchange, exchange->note), NULL);
}

/* Whoever looks at an open seek may be about to accept it. */
static void get_seek(struct exchange *exchange)
{
    const Arbiter__V1__Seek *seek = ((const Arbiter__V1__GetSeekReply *)exchange->read)->seek;
    const char *viewer = exchange->claims.subject;
    if (viewer[0] == '\0' || strcmp(viewer, seek->owner) == 0 ||
        strcmp(seek->status, "open") != 0) {
        exchange_answer(exchange, 200, show(exchange, seek), NULL);
        return;
    }
    exchange->note = proto_copy_in(exchange_arena(exchange), &seek->base);
    if (exchange->note == NULL)
        exchange_problem_busy(exchange);
    else
        seeker_look(exchange, exchange_parameter(exchange, "seek_id"), on_viewer);
}

/* ---- who sees it ------------------------------------------------------------------------- */

static void rate(const struct viewer *viewer, const Arbiter__V1__Seek *seek,
                 struct seeking_person *who)
{
    const char *pool = seeker_pool(seek->request);
    who->rating = SEEKER_RATING_UNKNOWN;
    who->deviation = SEEKER_DEVIATION_UNKNOWN;
    for (size_t i = 0; viewer->profile != NULL && i < viewer->profile->n_ratings; i++) {
        const Arbiter__V1__Rating *rating = viewer->profile->ratings[i];
        if (strcmp(rating->pool, pool) != 0)
            continue;
        who->rating = rating->rating;
        who->deviation = rating->deviation;
        who->games = rating->games;
    }
}

static bool is_shown(struct exchange *exchange, const Arbiter__V1__Seek *seek,
                     const Arbiter__V1__GetSeekerReply *circle, const char *place)
{
    const struct viewer *viewer = exchange->note;
    const struct seeking_policy *policy = seeking_shelf_find(exchange->api->shelf, seek->policy);
    struct seeking_refusal refusal;
    if (policy == NULL || policy->see.count == 0 || seek->request == NULL)
        return true;
    struct seeking_request request = seeker_request(seek->request);
    const struct seeking_seek shown = seeker_seek(seek);
    struct seeking_person who = {.id = circle != NULL ? viewer->profile->player_id : "",
                                 .place = place};
    rate(viewer, seek, &who);
    if (circle != NULL) {
        who.blocks = seeker_has(circle->blocks, circle->n_blocks, seek->owner);
        who.is_blocked = seeker_has(circle->blocked_by, circle->n_blocked_by, seek->owner);
        who.is_followed = seeker_has(circle->followed_by, circle->n_followed_by, seek->owner);
        who.is_member = circle->is_member && strcmp(seek->place, place) == 0;
    }
    const struct seeking_case what = {policy, &request, &shown, &who};
    return seeking_passes(&what, &policy->see, exchange_arena(exchange), &refusal);
}

/* A page may be shorter than asked for, or empty: `next`, which is added to all pages, is where to
 * go on. */
static void answer_list(struct exchange *exchange, const Arbiter__V1__ListSeeksReply *list,
                        const Arbiter__V1__GetSeekerReply *circle)
{
    const char *place = http_query(exchange->request, "place");
    json_t *seeks = json_array();
    for (size_t i = 0; i < list->n_seeks; i++)
        if (is_shown(exchange, list->seeks[i], circle, place != NULL ? place : ""))
            (void)json_array_append_new(seeks, show(exchange, list->seeks[i]));
    json_t *answer = json_pack("{s:o, s:b}", "seeks", seeks, "more", list->more);
    exchange_answer(exchange, 200, answer, NULL);
}

static void answer_viewer(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *circle)
{
    const struct viewer *viewer = exchange->note;
    answer_list(exchange, viewer->list, circle);
}

/* Whoever cannot be known sees what everybody sees. */
static void on_circle(const struct bus_answer *answer, void *user)
{
    answer_viewer(user, answer->status == STATUS_OK
                            ? (const Arbiter__V1__GetSeekerReply *)answer->output
                            : NULL);
}

static void on_profile(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    struct viewer *viewer = exchange->note;
    if (answer->status == STATUS_OK)
        viewer->profile =
            proto_copy_in(exchange_arena(exchange),
                          &((const Arbiter__V1__GetPlayerReply *)answer->output)->player->base);
    if (viewer->profile == NULL) {
        answer_viewer(exchange, NULL);
        return;
    }
    const char *place = http_query(exchange->request, "place");
    Arbiter__V1__GetSeekerRequest request = ARBITER__V1__GET_SEEKER_REQUEST__INIT;
    request.player_id = viewer->profile->player_id;
    request.place = (char *)(place != NULL ? place : "");
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetSeeker", &request.base, on_circle);
}

static void list_seeks(struct exchange *exchange)
{
    const Arbiter__V1__ListSeeksReply *list = (const Arbiter__V1__ListSeeksReply *)exchange->read;
    struct viewer *viewer = arena_alloc(exchange_arena(exchange), sizeof *viewer);
    if (viewer == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    *viewer = (struct viewer){.list = NULL};
    exchange->note = viewer;
    if (exchange->claims.subject[0] == '\0' || list->n_seeks == 0) {
        answer_list(exchange, list, NULL);
        return;
    }
    viewer->list = proto_copy_in(exchange_arena(exchange), &list->base);
    if (viewer->list == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    Arbiter__V1__GetPlayerRequest request = ARBITER__V1__GET_PLAYER_REQUEST__INIT;
    request.player_id = exchange->claims.subject;
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetPlayer", &request.base, on_profile);
}

const struct route seek_read_routes[] = {
    {"GET", "/v1/seeks", 0, list_seeks, &arbiter__v1__store__descriptor, "ListSeeks", NULL},
    {"GET", "/v1/seeks/{seek_id}", 0, get_seek, &arbiter__v1__store__descriptor, "GetSeek", NULL},
    ROUTE(NULL, NULL, 0, NULL),
};
