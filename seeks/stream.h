#ifndef SEEKS_STREAM_H
#define SEEKS_STREAM_H

/*
 * stream — GET /v1/events: the feed as server-sent events, resumable with Last-Event-ID.
 *
 * A stream that resumes is first caught up from the store, page by page, then joins the live feed
 * at exactly the position where the pages ended: no gap, no repeat, whatever was restarted between.
 * Who may not have an event is not given it (audience.h); a stream that must ask stops at the event
 * until it knows. What is live costs a stream nothing but a position: events are encoded once, by
 * the feed.
 */

#include "bus/bus.h"
#include "seeks/feed.h"

#include <stdbool.h>
#include <stddef.h>

#define STREAM_TOPICS_MAX 32
#define STREAM_READERS_MAX 64 /* who catch up from the store at the same time */

struct push_stats;
struct seeking_shelf;
struct streams;

/* `shelf`, whose policies say who may hear of seeks, outlives them. NULL without memory. */
struct streams *streams_create(struct feed *feed, struct bus *bus,
                               const struct seeking_shelf *shelf);
void streams_destroy(struct streams *streams);
size_t streams_count(const struct streams *streams); /* open now */
void streams_stats(const struct streams *streams, struct push_stats *out_stats);

/* Whether a player has a stream open here. */
bool streams_have(const struct streams *streams, const char *player);

#endif
