#ifndef SEEKS_FEED_H
#define SEEKS_FEED_H

/*
 * feed — the house's events in the order the store gave them, as they happen.
 *
 * A message on arbiter.v1.evt.> that follows on what the feed has is taken as it is; any other one
 * is only a bell, on which the feed reads on from its position in the store. So nothing is skipped,
 * doubled or out of order whatever the network does. The newest FEED_RING_MAX events are kept for
 * readers that resume.
 *
 * Owns:     its events; pointers handed out live until the next event is taken in.
 * Threads:  the loop's.
 */

#include "base/attr.h"
#include "base/status.h"
#include "bus/bus.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FEED_RING_MAX 8192
#define FEED_PAGE 500
#define FEED_RECALL 800 /* positions before the first one that are kept too */
#define FEED_LISTENERS_MAX 4
#define FEED_POLL_MS 1000 /* how long a lost bell can go unnoticed */
#define FEED_KNOCK_MS 50  /* how often to ask until the store has answered for the first time */

struct Arbiter__V1__Event;
struct push_frame;

struct feed_event {
    int64_t position;
    int64_t sequence;
    const char *kind;
    const char *id;
    const char *name;
    const struct Arbiter__V1__Event *message;
};

typedef void (*feed_on_event)(const struct feed_event *event, void *user);

struct feed;

/* Starts reading: tells from now on, keeps FEED_RECALL positions from before; NULL without memory
 * or where the bus refuses. */
struct feed *feed_create(struct bus *bus);
void feed_destroy(struct feed *feed);

/* Hears every event from now on, in order. STATUS_FULL at FEED_LISTENERS_MAX. */
enum status feed_listen(struct feed *feed, feed_on_event on_event, void *user) MUST_CHECK;

/* Returns the position of the newest event taken in; -1 before the store has told and what is
 * recalled has been read. */
int64_t feed_position(const struct feed *feed);

/* Finds the first kept event after `position`, by halving. */
enum feed_found {
    FEED_FOUND,
    FEED_NONE,   /* the next one comes from feed_listen() */
    FEED_DROPPED /* events after `position` are no longer kept: read them from the store */
};
enum feed_found feed_after(const struct feed *feed, int64_t position,
                           const struct feed_event **out_event);

/* How listeners are sent events: as server-sent events whose ids are positions, or as lines of
 * JSON.
 */
enum feed_form { FEED_SENT_EVENTS, FEED_LINES, FEED_FORMS };

/* Returns the whole event as it is sent to listeners. Made when it is first wanted; borrowed from
 * the ring; NULL without memory. */
struct push_frame *feed_frame(const struct feed_event *event, enum feed_form form);

/* Returns the same of an event read from the store, with one reference; NULL without memory. */
struct push_frame *feed_event_frame(const struct Arbiter__V1__Event *event, enum feed_form form);

/* Returns what an event says as a new JSON object; NULL without memory. */
json_t *feed_event_data(const struct Arbiter__V1__Event *event);

#endif
