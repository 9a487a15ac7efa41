/* Exchanges that wait for one event, found by kind and id. */
#include "seeks/waiter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "seeks/exchange.h"

/* One waiting exchange; lives in its arena. */
struct waiter {
    UT_hash_handle hh;
    char *topic; /* "<kind>.<id>.<name>/<exchange id>": several may wait for one event */
    const char *kind;
    const char *id;
    const char *name;
    struct exchange *exchange;
    loop_timer timer;
    void (*on_event)(struct exchange *exchange, const struct feed_event *event);
};

void exchange_stop_waiting(struct exchange *exchange)
{
    struct waiter *waiter = exchange->waiter;
    if (waiter == NULL)
        return;
    loop_cancel(bus_loop(exchange->api->bus), waiter->timer);
    HASH_DEL(exchange->api->waiters, waiter);
    exchange->waiter = NULL;
}

static void on_timeout(void *user)
{
    struct waiter *waiter = user;
    struct exchange *exchange = waiter->exchange;
    waiter->timer = 0;
    exchange_stop_waiting(exchange);
    waiter->on_event(exchange, NULL);
}

void exchange_wait(struct exchange *exchange, const char *kind, const char *id, const char *name,
                   int64_t timeout_ms,
                   void (*on_event)(struct exchange *exchange, const struct feed_event *event))
{
    struct arena *arena = exchange_arena(exchange);
    struct waiter *waiter = arena_alloc(arena, sizeof *waiter);
    assert(exchange->waiter == NULL);
    if (waiter == NULL || HASH_COUNT(exchange->api->waiters) >= WAITERS_MAX)
        return; /* nobody waits: the caller's own fallback answers */
    *waiter = (struct waiter){.kind = arena_copy(arena, kind, strlen(kind)),
                              .id = arena_copy(arena, id, strlen(id)),
                              .name = arena_copy(arena, name, strlen(name)),
                              .exchange = exchange,
                              .on_event = on_event};
    waiter->topic = arena_format(arena, "%s.%s.%s/%s", kind, id, name, exchange->id);
    if (arena_full(arena) || loop_after(bus_loop(exchange->api->bus), timeout_ms, on_timeout,
                                        waiter, &waiter->timer) != STATUS_OK)
        return;
    HASH_ADD_KEYPTR(hh, exchange->api->waiters, waiter->topic, strlen(waiter->topic), waiter);
    exchange->waiter = waiter;
}

static bool is_for(const struct waiter *waiter, const struct feed_event *event)
{
    return strcmp(waiter->id, event->id) == 0 && strcmp(waiter->kind, event->kind) == 0 &&
           strcmp(waiter->name, event->name) == 0;
}

void waiters_on_event(const struct feed_event *event, void *user)
{
    struct api *api = user;
    struct waiter *waiter, *next;
    HASH_ITER(hh, api->waiters, waiter, next)
    {
        if (!is_for(waiter, event))
            continue;
        struct exchange *exchange = waiter->exchange;
        exchange_stop_waiting(exchange);
        waiter->on_event(exchange, event);
    }
}
