#ifndef SEEKS_WAITER_H
#define SEEKS_WAITER_H

/* waiter — requests that are answered when an event comes: see exchange_wait(). */

#include "proto/event_names.h"
#include "seeks/feed.h"

#include <stddef.h>

#define WAITERS_MAX 16384
#define WAITED_TOPIC_MAX 256

struct waiting_room;

/* Who waits for what, by topic. All zero: nobody. */
struct waiting_rooms {
    struct waiting_room *first;
    size_t count; /* of waiters */
};

/* Nobody waits any more, and nobody is told: their requests end with the API. */
void waiters_forget(struct waiting_rooms *rooms, struct loop *loop);

/* Wakes those who wait for this event; `user` is the API. */
void waiters_on_event(const struct feed_event *event, void *user);

/* Likewise, for a message on WAITED_WORDS: the store says at once what the feed will say later, and
 * in order. It may say nothing; whoever waits hears the feed as well. */
#define WAITED_WORDS "arbiter.v1.word.*.*." EVENT_CLOSED
void waiters_on_word(const char *subject, const void *data, size_t size, void *user);

#endif
