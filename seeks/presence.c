/* Rounds over the open seeks: whose owner is connected here, and what has to be said of it. */
#include "seeks/presence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orchestrator/seeking/shelf.h"
#include "seeks/exchange.h"
#include "seeks/seeker.h"
#include "seeks/socket.h"
#include "seeks/stream.h"

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum { PAGE = 500 };

/* What was said of a seek. */
struct said {
    char seek_id[EXCHANGE_NAME_MAX];
    char owner[EXCHANGE_NAME_MAX];
    int64_t here_at_ms;
    bool is_seen; /* in the round at hand */
};

struct presence {
    struct api *api;
    struct loop *loop; /* outlives the bus, where that is taken away first */
    struct said *list;
    size_t count;
    size_t looked_at; /* in the round at hand */
    loop_timer timer;
    bool is_asking;
    bool is_gone; /* destroyed while the store was being asked */
};

static void plan_round(struct presence *presence);

/* ---- saying ------------------------------------------------------------------------------ */

static void on_said(const struct bus_answer *answer, void *user)
{
    (void)answer; /* a seek that has ended meanwhile refuses; anything else is said again */
    (void)user;
}

static void say(struct presence *presence, const char *seek_id, const char *event)
{
    Arbiter__V1__SendEventRequest request = ARBITER__V1__SEND_EVENT_REQUEST__INIT;
    char instance[EXCHANGE_NAME_MAX + 8];
    (void)snprintf(instance, sizeof instance, "seek:%s", seek_id); /* fits */
    request.instance_id = instance;
    request.name = (char *)event;
    bus_call(presence->api->bus,
             &(struct bus_call){.service = &arbiter__v1__orchestrator__descriptor,
                                .method = "SendEvent",
                                .input = &request.base},
             on_said, NULL);
}

static struct said *find(struct presence *presence, const char *seek_id)
{
    for (size_t i = 0; i < presence->count; i++)
        if (strcmp(presence->list[i].seek_id, seek_id) == 0)
            return &presence->list[i];
    return NULL;
}

static bool has(const struct presence *presence, const char *owner)
{
    return streams_have(presence->api->streams, owner) ||
           sockets_have(presence->api->sockets, owner);
}

/* An edge that has another connection of the owner's says so at once, not when its time has come.
 */
static void on_event(const struct feed_event *event, void *user)
{
    struct presence *presence = user;
    const Arbiter__V1__EventPayload *payload = event->message->payload;
    if (payload == NULL || payload->payload_case != ARBITER__V1__EVENT_PAYLOAD__PAYLOAD_SEEK_MISSED)
        return;
    const struct said *said = find(presence, payload->seek_missed->seek_id);
    if (said != NULL && has(presence, said->owner))
        say(presence, said->seek_id, "seek.here");
}

static struct said *remember(struct presence *presence, const Arbiter__V1__Seek *seek)
{
    if (presence->count == PRESENCE_SEEKS_MAX || strlen(seek->seek_id) >= EXCHANGE_NAME_MAX ||
        strlen(seek->owner) >= EXCHANGE_NAME_MAX)
        return NULL;
    struct said *said = &presence->list[presence->count++];
    *said = (struct said){.here_at_ms = 0};
    memcpy(said->seek_id, seek->seek_id, strlen(seek->seek_id) + 1);
    memcpy(said->owner, seek->owner, strlen(seek->owner) + 1);
    return said;
}

/* ---- one round --------------------------------------------------------------------------- */

/* How long after its owner's connection this seek ends; 0: it does not. */
static int64_t gone_ms_of(const struct presence *presence, const Arbiter__V1__Seek *seek)
{
    const struct seeking_policy *policy = seeking_shelf_find(presence->api->shelf, seek->policy);
    return policy == NULL || seeker_by_letter(seek->request) ? 0 : policy->limits.gone_ms;
}

static void look_at(struct presence *presence, const Arbiter__V1__Seek *seek)
{
    int64_t gone_ms = gone_ms_of(presence, seek);
    int64_t now_ms = loop_now_ms(presence->loop);
    struct said *said = find(presence, seek->seek_id);
    bool is_here = gone_ms > 0 && has(presence, seek->owner);
    if (is_here && said == NULL)
        said = remember(presence, seek);
    if (said == NULL)
        return;
    said->is_seen = is_here;
    if (!is_here) {
        say(presence, seek->seek_id, "seek.gone"); /* forgotten at the end of the round */
    } else if (said->here_at_ms == 0 || now_ms - said->here_at_ms >= 2 * gone_ms) {
        said->here_at_ms = now_ms;
        say(presence, seek->seek_id, "seek.here");
    }
}

static void end_round(struct presence *presence)
{
    size_t kept = 0;
    for (size_t i = 0; i < presence->count; i++) {
        if (!presence->list[i].is_seen)
            continue;
        presence->list[kept] = presence->list[i];
        presence->list[kept++].is_seen = false;
    }
    presence->count = kept;
    plan_round(presence);
}

static void ask_page(struct presence *presence, const char *before);

static void on_page(const struct bus_answer *answer, void *user)
{
    struct presence *presence = user;
    presence->is_asking = false;
    if (presence->is_gone) {
        presence_destroy(presence);
        return;
    }
    if (answer->status != STATUS_OK) {
        plan_round(presence); /* what has been said stays said until a whole round was made */
        return;
    }
    const Arbiter__V1__ListSeeksReply *reply = (const Arbiter__V1__ListSeeksReply *)answer->output;
    for (size_t i = 0; i < reply->n_seeks; i++)
        look_at(presence, reply->seeks[i]);
    presence->looked_at += reply->n_seeks;
    if (reply->more && reply->n_seeks > 0 && presence->looked_at < PRESENCE_SEEKS_MAX)
        ask_page(presence, reply->seeks[reply->n_seeks - 1]->seek_id);
    else
        end_round(presence);
}

static void ask_page(struct presence *presence, const char *before)
{
    Arbiter__V1__ListSeeksRequest request = ARBITER__V1__LIST_SEEKS_REQUEST__INIT;
    request.status = (char *)"open";
    request.limit = PAGE;
    request.before = (char *)before;
    presence->is_asking = true;
    bus_call(presence->api->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "ListSeeks",
                                .input = &request.base},
             on_page, presence);
}

static void on_round(void *user)
{
    struct presence *presence = user;
    presence->timer = 0;
    presence->looked_at = 0;
    if (presence->count == 0 && streams_count(presence->api->streams) == 0 &&
        !sockets_have(presence->api->sockets, NULL))
        plan_round(presence); /* nobody is here, nobody was: the store need not be asked */
    else
        ask_page(presence, "");
}

static void plan_round(struct presence *presence)
{
    if (loop_after(presence->loop, PRESENCE_ROUND_MS, on_round, presence, &presence->timer) !=
        STATUS_OK)
        presence->timer = 0; /* without timers the loop is at its end; seeks then end by theirs */
}

/* ---- life -------------------------------------------------------------------------------- */

struct presence *presence_create(struct api *api)
{
    struct presence *presence = calloc(1, sizeof *presence);
    if (presence == NULL)
        return NULL;
    presence->api = api;
    presence->loop = bus_loop(api->bus);
    presence->list = calloc(PRESENCE_SEEKS_MAX, sizeof *presence->list);
    if (presence->list == NULL) {
        free(presence);
        return NULL;
    }
    if (feed_listen(api->feed, on_event, presence) != STATUS_OK) {
        free(presence->list);
        free(presence);
        return NULL;
    }
    plan_round(presence);
    return presence;
}

void presence_destroy(struct presence *presence)
{
    if (presence == NULL)
        return;
    if (!presence->is_gone)
        loop_cancel(presence->loop, presence->timer);
    presence->is_gone = true;
    if (presence->is_asking)
        return; /* the answer finds it gone */
    free(presence->list);
    free(presence);
}
