#ifndef SEEKS_STREAM_H
#define SEEKS_STREAM_H

/*
 * stream — GET /v1/events: the feed as server-sent events, resumable with Last-Event-ID.
 *
 * A stream that resumes is first caught up from the store, page by page, then joins the live feed
 * at exactly the position where the pages ended: no gap, no repeat, whatever was restarted between.
 */

#include "bus/bus.h"
#include "seeks/feed.h"

#include <stdbool.h>
#include <stddef.h>

#define STREAM_BACKLOG_MAX (256u * 1024)            /* bytes a slow reader may be behind */
#define STREAM_PAUSE_BYTES (STREAM_BACKLOG_MAX / 4) /* catching up waits for the reader here */
#define STREAM_PAUSE_MS 10
#define STREAM_TOPICS_MAX 32
#define STREAM_KEEP_ALIVE_MS 15000

struct streams;

struct streams *streams_create(struct feed *feed, struct bus *bus);
void streams_destroy(struct streams *streams);
size_t streams_count(const struct streams *streams);

/* Whether a player has a stream open here. */
bool streams_have(const struct streams *streams, const char *player);

#endif
