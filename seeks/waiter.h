#ifndef SEEKS_WAITER_H
#define SEEKS_WAITER_H

/* waiter — requests that wait for an event before they answer (exchange_wait). */

#include "seeks/feed.h"

#define WAITERS_MAX 16384

/* The feed's listener; `user` is the API. */
void waiters_on_event(const struct feed_event *event, void *user);

#endif
