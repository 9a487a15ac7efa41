/* Takes events as they are published, reads what it missed from the store, keeps the newest. */
#include "seeks/feed.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/log.h"
#include "bus/envelope_codec.h"
#include "http/push.h"
#include "proto/copy.h"
#include "seeks/json_codec.h"

#include "arbiter/v1/store.pb-c.h"

struct kept {
    struct feed_event event; /* first: feed_frame() finds the rest by it */
    Arbiter__V1__Event *message;
    struct push_frame *frames[FEED_FORMS]; /* NULL: nobody has wanted it */
};

struct listener {
    feed_on_event on_event;
    void *user;
};

struct feed {
    struct bus *bus;
    struct loop *loop;
    struct kept ring[FEED_RING_MAX];
    size_t start; /* of the oldest */
    size_t count;
    int64_t position;
    int64_t began_at;   /* older events are recalled for who resumes; nobody is told of them */
    int64_t dropped_to; /* position of the newest event that is no longer kept */
    struct listener listeners[FEED_LISTENERS_MAX];
    size_t listener_count;
    bool is_reading;
    bool rings_again; /* a bell came while reading */
    loop_timer poll;
};

static void read_on(struct feed *feed);

/* ---- one event as it is sent ------------------------------------------------------------- */

/* The payload is a oneof: its chosen message is what counts. */
json_t *feed_event_data(const Arbiter__V1__Event *event)
{
    if (event->payload == NULL)
        return json_object();
    json_t *chosen = json_from_message(&event->payload->base);
    json_t *data = json_incref(json_object_iter_value(json_object_iter(chosen)));
    json_decref(chosen);
    return data != NULL ? data : json_object();
}

static char *write_json(const Arbiter__V1__Event *event)
{
    json_t *json = json_pack("{s:I, s:I, s:s, s:s, s:s, s:I, s:o}", "position",
                             (json_int_t)event->position, "sequence", (json_int_t)event->sequence,
                             "kind", event->kind, "id", event->id, "name", event->name, "at_ms",
                             (json_int_t)event->at_ms, "data", feed_event_data(event));
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    return text;
}

struct push_frame *feed_event_frame(const Arbiter__V1__Event *event, enum feed_form form)
{
    struct buffer text = {0};
    struct push_frame *frame = NULL;
    char *json = write_json(event);
    if (json != NULL && form == FEED_LINES)
        buffer_format(&text, "%s\n", json);
    else if (json != NULL)
        buffer_format(&text, "id: %lld\nevent: %s.%s\ndata: %s\n\n", (long long)event->position,
                      event->kind, event->name, json);
    if (json != NULL && !text.failed)
        frame = push_frame_create(buffer_text(&text), text.size);
    buffer_deinit(&text);
    free(json);
    return frame;
}

/* ---- the ring ---------------------------------------------------------------------------- */

static void drop_oldest(struct feed *feed)
{
    struct kept *oldest = &feed->ring[feed->start];
    feed->dropped_to = oldest->event.position;
    for (int form = 0; form < FEED_FORMS; form++)
        push_frame_drop(oldest->frames[form]);
    arbiter__v1__event__free_unpacked(oldest->message, NULL);
    feed->start = (feed->start + 1) % FEED_RING_MAX;
    feed->count--;
}

struct push_frame *feed_frame(const struct feed_event *event, enum feed_form form)
{
    struct kept *kept = (struct kept *)(uintptr_t)event; /* events live in the ring only */
    if (kept->frames[form] == NULL)
        kept->frames[form] = feed_event_frame(kept->message, form);
    return kept->frames[form];
}

/* Keeps the message and frees it in the end. */
static void take(struct feed *feed, Arbiter__V1__Event *message)
{
    if (feed->count == FEED_RING_MAX)
        drop_oldest(feed);
    struct kept *kept = &feed->ring[(feed->start + feed->count) % FEED_RING_MAX];
    feed->position = message->position;
    *kept = (struct kept){.message = message,
                          .event = {.position = message->position,
                                    .sequence = message->sequence,
                                    .kind = message->kind,
                                    .id = message->id,
                                    .name = message->name,
                                    .message = message}};
    feed->count++;
    bool is_news = message->position > feed->began_at;
    for (size_t i = 0; is_news && i < feed->listener_count; i++)
        feed->listeners[i].on_event(&kept->event, feed->listeners[i].user);
}

/* What has been published while the answer was on its way is older news. */
static void take_copy(struct feed *feed, const Arbiter__V1__Event *event)
{
    if (event->position <= feed->position)
        return;
    Arbiter__V1__Event *message = (Arbiter__V1__Event *)proto_copy(&event->base);
    if (message != NULL)
        take(feed, message);
    else
        feed->position = feed->dropped_to = event->position; /* its readers go to the store */
}

enum feed_found feed_after(const struct feed *feed, int64_t position,
                           const struct feed_event **out_event)
{
    size_t low = 0;
    size_t high = feed->count;
    if (position < feed->dropped_to)
        return FEED_DROPPED;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (feed->ring[(feed->start + middle) % FEED_RING_MAX].event.position <= position)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == feed->count)
        return FEED_NONE;
    *out_event = &feed->ring[(feed->start + low) % FEED_RING_MAX].event;
    return FEED_FOUND;
}

int64_t feed_position(const struct feed *feed)
{
    return feed->position < 0 || feed->position < feed->began_at ? -1 : feed->position;
}

/* ---- reading ----------------------------------------------------------------------------- */

/* The store has told how far it is. A little of what was before is read first: those who come back
 * after a restart are then served from here and do not all ask the store. */
static void begin(struct feed *feed, int64_t position)
{
    feed->began_at = position;
    feed->position = feed->dropped_to = position > FEED_RECALL ? position - FEED_RECALL : 0;
    read_on(feed);
}

static void on_page(const struct bus_answer *answer, void *user)
{
    struct feed *feed = user;
    feed->is_reading = false;
    if (answer->status != STATUS_OK)
        return; /* the next poll tries again */
    const Arbiter__V1__ListEventsReply *reply =
        (const Arbiter__V1__ListEventsReply *)answer->output;
    if (feed->position < 0) {
        begin(feed, reply->position);
        return;
    }
    for (size_t i = 0; i < reply->n_events; i++)
        take_copy(feed, reply->events[i]);
    if (reply->position > feed->position)
        feed->position = reply->position;
    if (reply->n_events == FEED_PAGE || feed->rings_again)
        read_on(feed);
}

static void read_on(struct feed *feed)
{
    feed->rings_again = feed->is_reading;
    if (feed->is_reading)
        return;
    feed->is_reading = true;
    Arbiter__V1__ListEventsRequest request = ARBITER__V1__LIST_EVENTS_REQUEST__INIT;
    request.after = feed->position;
    request.limit = FEED_PAGE;
    bus_call(feed->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "ListEvents",
                                .input = &request.base},
             on_page, feed);
}

static bool is_known(const struct feed *feed, const Arbiter__V1__Event *event)
{
    return feed->position >= 0 && event->position <= feed->position;
}

/* Between the event and the one before it there is none: whoever has that has all. */
static bool is_next(const struct feed *feed, const Arbiter__V1__Event *event)
{
    return event->after > 0 && event->after <= feed->position && event->position > feed->position;
}

static void on_published(const char *subject, const void *data, size_t size, void *user)
{
    struct feed *feed = user;
    (void)subject; /* the event says it too */
    Arbiter__V1__Event *event = (Arbiter__V1__Event *)envelope_unpack(
        &arbiter__v1__event__descriptor, (struct envelope_bytes){data, size});
    if (event != NULL && is_next(feed, event)) {
        take(feed, event);
        return;
    }
    if (event == NULL || !is_known(feed, event))
        read_on(feed);
    if (event != NULL)
        arbiter__v1__event__free_unpacked(event, NULL);
}

static void on_poll(void *user)
{
    struct feed *feed = user;
    read_on(feed);
    int64_t delay_ms = feed->position < 0 ? FEED_KNOCK_MS : FEED_POLL_MS;
    if (loop_after(feed->loop, delay_ms, on_poll, feed, &feed->poll) != STATUS_OK)
        log_event(LOG_ERROR, "feed_poll_stopped", "next=\"restart the service\"");
}

/* ---- life -------------------------------------------------------------------------------- */

struct feed *feed_create(struct bus *bus)
{
    struct feed *feed = calloc(1, sizeof *feed);
    if (feed == NULL)
        return NULL;
    feed->bus = bus;
    feed->loop = bus_loop(bus);
    feed->position = -1;
    if (bus_subscribe(bus, "arbiter.v1.evt.>", NULL, on_published, feed) == STATUS_OK &&
        loop_after(feed->loop, 0, on_poll, feed, &feed->poll) == STATUS_OK)
        return feed;
    free(feed);
    return NULL;
}

void feed_destroy(struct feed *feed)
{
    if (feed == NULL)
        return;
    loop_cancel(feed->loop, feed->poll);
    while (feed->count > 0)
        drop_oldest(feed);
    free(feed);
}

enum status feed_listen(struct feed *feed, feed_on_event on_event, void *user)
{
    if (feed->listener_count == FEED_LISTENERS_MAX)
        return STATUS_FULL;
    feed->listeners[feed->listener_count++] = (struct listener){on_event, user};
    return STATUS_OK;
}
