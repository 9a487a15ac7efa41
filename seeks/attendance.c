/* Rounds over the places in pools: whose owner is connected here, and what has to be said of it. */
#include "seeks/attendance.h"

#include <stdlib.h>
#include <string.h>

#include "orchestrator/seeking/shelf.h"
#include "seeks/exchange.h"
#include "seeks/socket.h"
#include "seeks/stream.h"

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum {
    PAGE = 500,
    TOLD_TIMES = 6, /* as long as one may be without a connection does it hold to be here */
    AGAIN_TIMES = 4 /* said again where less is left */
};

/* A place whose owner was here. */
struct seen {
    char ticket_id[EXCHANGE_NAME_MAX];
};

struct attendance {
    struct api *api;
    struct loop *loop; /* outlives the bus, where that is taken away first */
    struct seen *before;
    size_t before_count; /* in the last round, in the order of their ids */
    struct seen *now;
    size_t now_count;
    loop_timer timer;
    bool is_asking;
    bool is_gone; /* destroyed while the store was being asked */
};

/* What a page says of one place. */
struct word {
    const Arbiter__V1__Ticket *ticket;
    int64_t within_ms; /* 0: nothing */
};

static void plan_round(struct attendance *attendance);

/* ---- saying ------------------------------------------------------------------------------ */

static void on_said(const struct bus_answer *answer, void *user)
{
    (void)answer; /* what was not heard is said again: the store still has the old time */
    (void)user;
}

static void say(struct attendance *attendance, const char *pool, json_t *tickets, int64_t within_ms)
{
    Arbiter__V1__SendEventRequest request = ARBITER__V1__SEND_EVENT_REQUEST__INIT;
    struct arena arena;
    arena_init(&arena, BUS_MESSAGE_MAX);
    json_t *data = json_pack("{s:O, s:I}", "tickets", tickets, "within_ms", (json_int_t)within_ms);
    request.instance_id = arena_format(&arena, "pool:%s", pool);
    request.name = (char *)"pool.here";
    if (data != NULL && request.instance_id != NULL &&
        json_to_value_map(&arena, data, &request.data) == STATUS_OK)
        bus_call(attendance->api->bus,
                 &(struct bus_call){.service = &arbiter__v1__orchestrator__descriptor,
                                    .method = "SendEvent",
                                    .input = &request.base},
                 on_said, NULL);
    json_decref(data);
    arena_deinit(&arena);
}

/* One event for all places of a pool of which the same is to be said. */
static void say_all(struct attendance *attendance, struct word *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct word first = words[i];
        json_t *tickets = first.within_ms > 0 ? json_array() : NULL;
        for (size_t j = i; tickets != NULL && j < count; j++) {
            if (words[j].within_ms != first.within_ms ||
                strcmp(words[j].ticket->pool, first.ticket->pool) != 0)
                continue;
            (void)json_array_append_new(tickets, json_string(words[j].ticket->ticket_id));
            words[j].within_ms = 0;
        }
        if (tickets != NULL)
            say(attendance, first.ticket->pool, tickets, first.within_ms);
        json_decref(tickets);
    }
}

/* ---- one round --------------------------------------------------------------------------- */

static int by_id(const void *one, const void *other)
{
    return strcmp(((const struct seen *)one)->ticket_id, ((const struct seen *)other)->ticket_id);
}

static bool was_here(const struct attendance *attendance, const char *ticket_id)
{
    struct seen key = {0};
    strncpy(key.ticket_id, ticket_id, sizeof key.ticket_id - 1);
    return attendance->before_count > 0 &&
           bsearch(&key, attendance->before, attendance->before_count, sizeof key, by_id) != NULL;
}

static void remember(struct attendance *attendance, const char *ticket_id)
{
    if (attendance->now_count == ATTENDANCE_SEEN_MAX || strlen(ticket_id) >= EXCHANGE_NAME_MAX)
        return; /* its time runs out as if nobody had it here */
    memcpy(attendance->now[attendance->now_count++].ticket_id, ticket_id, strlen(ticket_id) + 1);
}

/* For how long the place counts as attended from now on; 0: as it was told. */
static int64_t look_at(struct attendance *attendance, const Arbiter__V1__Ticket *ticket)
{
    const struct seeking_policy *policy =
        seeking_shelf_find(attendance->api->shelf, ticket->policy);
    int64_t gone_ms = policy != NULL ? policy->limits.gone_ms : 0;
    int64_t left_ms = ticket->here_until_ms - loop_now_ms(attendance->loop);
    if (gone_ms == 0)
        return 0;
    if (streams_have(attendance->api->streams, ticket->player_id) ||
        sockets_have(attendance->api->sockets, ticket->player_id)) {
        remember(attendance, ticket->ticket_id);
        return left_ms < AGAIN_TIMES * gone_ms ? TOLD_TIMES * gone_ms : 0;
    }
    return was_here(attendance, ticket->ticket_id) && left_ms > gone_ms ? gone_ms : 0;
}

static void end_round(struct attendance *attendance)
{
    struct seen *before = attendance->before;
    attendance->before = attendance->now;
    attendance->before_count = attendance->now_count;
    attendance->now = before;
    attendance->now_count = 0;
    qsort(attendance->before, attendance->before_count, sizeof *before, by_id);
    plan_round(attendance);
}

static void ask_page(struct attendance *attendance, const char *after);

static void on_page(const struct bus_answer *answer, void *user)
{
    struct attendance *attendance = user;
    struct word words[PAGE];
    size_t count = 0;
    attendance->is_asking = false;
    if (attendance->is_gone) {
        attendance_destroy(attendance);
        return;
    }
    if (answer->status != STATUS_OK) {
        plan_round(attendance); /* who was here counts as such until a whole round was made */
        return;
    }
    const Arbiter__V1__ListPlacesReply *reply =
        (const Arbiter__V1__ListPlacesReply *)answer->output;
    for (size_t i = 0; i < reply->n_tickets && count < PAGE; i++)
        words[count++] = (struct word){reply->tickets[i], look_at(attendance, reply->tickets[i])};
    say_all(attendance, words, count);
    if (reply->more && count > 0)
        ask_page(attendance, reply->tickets[reply->n_tickets - 1]->ticket_id);
    else
        end_round(attendance);
}

static void ask_page(struct attendance *attendance, const char *after)
{
    Arbiter__V1__ListPlacesRequest request = ARBITER__V1__LIST_PLACES_REQUEST__INIT;
    request.limit = PAGE;
    request.after = (char *)after;
    attendance->is_asking = true;
    bus_call(attendance->api->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "ListPlaces",
                                .input = &request.base},
             on_page, attendance);
}

static void on_round(void *user)
{
    struct attendance *attendance = user;
    attendance->timer = 0;
    attendance->now_count = 0; /* a round that failed may have left some */
    if (attendance->before_count == 0 && streams_count(attendance->api->streams) == 0 &&
        !sockets_have(attendance->api->sockets, NULL))
        plan_round(attendance); /* nobody is here, nobody was: the store need not be asked */
    else
        ask_page(attendance, "");
}

static void plan_round(struct attendance *attendance)
{
    if (loop_after(attendance->loop, ATTENDANCE_ROUND_MS, on_round, attendance,
                   &attendance->timer) != STATUS_OK)
        attendance->timer = 0; /* without timers the loop is at its end; places end by their time */
}

/* ---- life -------------------------------------------------------------------------------- */

static void let_go(struct attendance *attendance)
{
    free(attendance->before);
    free(attendance->now);
    free(attendance);
}

struct attendance *attendance_create(struct api *api)
{
    struct attendance *attendance = calloc(1, sizeof *attendance);
    if (attendance == NULL)
        return NULL;
    *attendance =
        (struct attendance){.api = api,
                            .loop = bus_loop(api->bus),
                            .before = calloc(ATTENDANCE_SEEN_MAX, sizeof *attendance->before),
                            .now = calloc(ATTENDANCE_SEEN_MAX, sizeof *attendance->now)};
    if (attendance->before != NULL && attendance->now != NULL) {
        plan_round(attendance);
        return attendance;
    }
    let_go(attendance);
    return NULL;
}

void attendance_destroy(struct attendance *attendance)
{
    if (attendance == NULL)
        return;
    if (!attendance->is_gone)
        loop_cancel(attendance->loop, attendance->timer);
    attendance->is_gone = true;
    if (!attendance->is_asking)
        let_go(attendance); /* otherwise the answer finds it gone */
}
