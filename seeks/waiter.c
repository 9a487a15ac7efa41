/* Exchanges that wait for one event, found by its topic. */
#include "seeks/waiter.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>
#include <utlist.h>

#include "bus/envelope_codec.h"
#include "seeks/exchange.h"

#include "arbiter/v1/events.pb-c.h"

/* All who wait for one event, e.g. the two hundred who accept one seek. From malloc: it outlives
 * the exchange that made it. */
struct waiting_room {
    UT_hash_handle hh;
    struct waiter *first;
    char topic[]; /* "<kind>.<id>.<name>" */
};

/* One waiting exchange; lives in its arena. */
struct waiter {
    struct waiter *prev; /* utlist's names */
    struct waiter *next;
    struct waiting_room *room;
    struct exchange *exchange;
    loop_timer timer;
    void (*on_event)(struct exchange *exchange, const struct feed_event *event);
};

/* ---- rooms ------------------------------------------------------------------------------- */

static struct waiting_room *find_room(struct waiting_rooms *rooms, const char *topic)
{
    struct waiting_room *room;
    HASH_FIND_STR(rooms->first, topic, room);
    return room;
}

static struct waiting_room *enter_room(struct waiting_rooms *rooms, const char *topic)
{
    struct waiting_room *room = find_room(rooms, topic);
    size_t size = strlen(topic) + 1;
    if (room != NULL)
        return room;
    room = calloc(1, sizeof *room + size);
    if (room == NULL)
        return NULL;
    memcpy(room->topic, topic, size);
    HASH_ADD_STR(rooms->first, topic, room);
    return room;
}

static void close_if_empty(struct waiting_rooms *rooms, struct waiting_room *room)
{
    if (room->first != NULL)
        return;
    HASH_DEL(rooms->first, room);
    free(room);
}

/* ---- waiting ----------------------------------------------------------------------------- */

void exchange_stop_waiting(struct exchange *exchange)
{
    struct waiter *waiter = exchange->waiter;
    if (waiter == NULL)
        return;
    struct waiting_rooms *rooms = &exchange->api->waiting;
    exchange->waiter = NULL;
    loop_cancel(exchange->api->loop, waiter->timer);
    DL_DELETE(waiter->room->first, waiter);
    rooms->count--;
    close_if_empty(rooms, waiter->room);
}

void waiters_forget(struct waiting_rooms *rooms, struct loop *loop)
{
    struct waiting_room *room;
    struct waiting_room *next;
    HASH_ITER(hh, rooms->first, room, next)
    {
        struct waiter *waiter;
        DL_FOREACH(room->first, waiter)
        loop_cancel(loop, waiter->timer);
        HASH_DEL(rooms->first, room);
        free(room);
    }
    rooms->count = 0;
}

static void on_timeout(void *user)
{
    struct waiter *waiter = user;
    struct exchange *exchange = waiter->exchange;
    waiter->timer = 0;
    exchange_stop_waiting(exchange);
    waiter->on_event(exchange, NULL);
}

bool exchange_wait(struct exchange *exchange, const struct waited_event *event, int64_t timeout_ms,
                   void (*on_event)(struct exchange *exchange, const struct feed_event *event))
{
    struct arena *arena = exchange_arena(exchange);
    struct waiting_rooms *rooms = &exchange->api->waiting;
    struct waiter *waiter = arena_alloc(arena, sizeof *waiter);
    char *topic = arena_format(arena, "%s.%s.%s", event->kind, event->id, event->name);
    assert(exchange->waiter == NULL);
    if (waiter == NULL || topic == NULL || rooms->count >= WAITERS_MAX)
        return false;
    *waiter = (struct waiter){.exchange = exchange, .on_event = on_event};
    if (loop_after(exchange->api->loop, timeout_ms, on_timeout, waiter, &waiter->timer) !=
        STATUS_OK)
        return false;
    waiter->room = enter_room(rooms, topic);
    if (waiter->room == NULL) {
        loop_cancel(exchange->api->loop, waiter->timer);
        return false;
    }
    DL_APPEND(waiter->room->first, waiter);
    rooms->count++;
    exchange->waiter = waiter;
    return true;
}

void waiters_on_event(const struct feed_event *event, void *user)
{
    struct api *api = user;
    char topic[WAITED_TOPIC_MAX];
    int size = snprintf(topic, sizeof topic, "%s.%s.%s", event->kind, event->id, event->name);
    if (size < 0 || (size_t)size >= sizeof topic)
        return; /* longer than any that is waited for */
    struct waiting_room *room;
    while ((room = find_room(&api->waiting, topic)) != NULL) {
        struct waiter *waiter = room->first;
        struct exchange *exchange = waiter->exchange;
        exchange_stop_waiting(exchange); /* the last one closes the room */
        waiter->on_event(exchange, event);
    }
}

void waiters_on_word(const char *subject, const void *data, size_t size, void *user)
{
    (void)subject; /* the message names the event */
    const struct api *api = user;
    if (api->waiting.count == 0)
        return;
    Arbiter__V1__Event *message = (Arbiter__V1__Event *)envelope_unpack(
        &arbiter__v1__event__descriptor, (struct envelope_bytes){data, size});
    if (message == NULL)
        return; /* it is not one of ours */
    waiters_on_event(
        &(struct feed_event){
            .kind = message->kind, .id = message->id, .name = message->name, .message = message},
        user);
    arbiter__v1__event__free_unpacked(message, NULL);
}
