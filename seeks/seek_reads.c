/* Seeks as they are shown: to whom their policies show them, and how long they will still wait. */
#include "seeks/exchange.h"

#include <string.h>

#include "proto/copy.h"
#include "seeks/outlook.h"
#include "seeks/seeker.h"
#include "seeks/sight.h"

#include "arbiter/v1/store.pb-c.h"

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

/* ---- one, and all ------------------------------------------------------------------------ */

static void answer_seek(struct exchange *exchange, const struct sight_viewer *viewer)
{
    const Arbiter__V1__Seek *seek = exchange->note;
    if (sight_shows(exchange, seek, viewer))
        exchange_answer(exchange, 200, show(exchange, seek), NULL);
    else
        sight_problem(exchange, seek->seek_id);
}

static void on_looker(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *looker)
{
    const struct sight_viewer viewer = {
        .player = exchange->claims.subject, .place = "", .circle = looker};
    answer_seek(exchange, &viewer);
}

/* Whoever looks at an open seek may be about to accept it: what is read of him is kept for that. */
static void get_seek(struct exchange *exchange)
{
    const Arbiter__V1__Seek *seek = ((const Arbiter__V1__GetSeekReply *)exchange->read)->seek;
    const char *looker = exchange->claims.subject;
    bool may_accept = looker[0] != '\0' && strcmp(looker, seek->owner) != 0 &&
                      (exchange->claims.roles & TOKEN_ADMIN) == 0 &&
                      strcmp(seek->status, "open") == 0 && seek->place[0] == '\0';
    seek = exchange->note = proto_copy_in(exchange_arena(exchange), &seek->base);
    if (seek == NULL)
        exchange_problem_busy(exchange);
    else if (may_accept)
        seeker_look(exchange, seek->seek_id, on_looker);
    else
        sight_look(exchange, seek->place, answer_seek);
}

/* A page may be shorter than asked for, or empty: `next`, which is added to all pages, is where to
 * go on. */
static void answer_list(struct exchange *exchange, const struct sight_viewer *viewer)
{
    const Arbiter__V1__ListSeeksReply *list = exchange->note;
    json_t *seeks = json_array();
    for (size_t i = 0; i < list->n_seeks; i++)
        if (sight_shows(exchange, list->seeks[i], viewer))
            (void)json_array_append_new(seeks, show(exchange, list->seeks[i]));
    exchange_answer(exchange, 200, json_pack("{s:o, s:b}", "seeks", seeks, "more", list->more),
                    NULL);
}

static void list_seeks(struct exchange *exchange)
{
    const char *place = http_query(exchange->request, "place");
    exchange->note = proto_copy_in(exchange_arena(exchange), exchange->read);
    if (exchange->note == NULL)
        exchange_problem_busy(exchange);
    else
        sight_look(exchange, place != NULL ? place : "", answer_list);
}

const struct route seek_read_routes[] = {
    {"GET", "/v1/seeks", 0, list_seeks, &arbiter__v1__store__descriptor, "ListSeeks", NULL},
    {"GET", "/v1/seeks/{seek_id}", 0, get_seek, &arbiter__v1__store__descriptor, "GetSeek", NULL},
    ROUTE(NULL, NULL, 0, NULL),
};
