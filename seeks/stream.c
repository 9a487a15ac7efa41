/* Server-sent events: topics, catching up, keep-alive. */
#include "seeks/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "seeks/exchange.h"

#include "arbiter/v1/store.pb-c.h"

enum { TOPIC_MAX = 96, STREAM_PAGE = 100 };

/* One listener. */
struct stream {
    struct stream *previous;
    struct stream *next;
    struct streams *streams;
    struct http_stream *http;
    char (*topics)[TOPIC_MAX]; /* "<kind>" or "<kind>.<id>"; none: everything */
    size_t topic_count;
    char player[EXCHANGE_NAME_MAX]; /* who listens; empty: a stranger */
    bool is_admin;
    int64_t position; /* of the last event it has had */
    bool is_catching_up;
    bool is_reading;  /* a page is on its way */
    loop_timer pause; /* until the reader has read; 0: none */
    bool is_gone;     /* closed while a page was on its way: freed when that arrives */
};

struct streams {
    struct feed *feed;
    struct bus *bus;
    struct loop *loop;
    struct stream *first;
    size_t count;
    loop_timer keep_alive;
};

/* ---- writing ----------------------------------------------------------------------------- */

/* What is told to one player is nobody else's to hear. */
static bool may_hear(const struct stream *stream, const char *kind, const char *id)
{
    return strcmp(kind, "user") != 0 || stream->is_admin || strcmp(id, stream->player) == 0;
}

static bool wants(const struct stream *stream, const char *kind, const char *id)
{
    if (!may_hear(stream, kind, id))
        return false;
    size_t kind_size = strlen(kind);
    for (size_t i = 0; i < stream->topic_count; i++) {
        const char *topic = stream->topics[i];
        if (strncmp(topic, kind, kind_size) != 0)
            continue;
        if (topic[kind_size] == '\0' ||
            (topic[kind_size] == '.' && strcmp(topic + kind_size + 1, id) == 0))
            return true;
    }
    return stream->topic_count == 0;
}

static void write_event(struct stream *stream, int64_t position, const char *kind, const char *name,
                        const char *json)
{
    struct buffer text = {0};
    if (json == NULL) {
        http_stream_end(stream->http); /* without memory: the client comes back with its last id */
        return;
    }
    buffer_format(&text, "id: %lld\nevent: %s.%s\ndata: %s\n\n", (long long)position, kind, name,
                  json);
    if (!text.failed)
        http_stream_write(stream->http, buffer_text(&text),
                          text.size); /* too slow: it is being closed */
    buffer_deinit(&text);
}

static void give(struct stream *stream, const struct feed_event *event)
{
    if (event->position <= stream->position)
        return;
    stream->position = event->position;
    if (wants(stream, event->kind, event->id))
        write_event(stream, event->position, event->kind, event->name, feed_json(event));
}

static void on_event(const struct feed_event *event, void *user)
{
    struct streams *streams = user;
    for (struct stream *stream = streams->first; stream != NULL; stream = stream->next)
        if (!stream->is_catching_up)
            give(stream, event);
}

static bool on_replayed(const struct feed_event *event, void *user)
{
    struct stream *stream = user;
    if (http_stream_backlog(stream->http) > STREAM_PAUSE_BYTES)
        return false;
    give(stream, event);
    return true;
}

/* ---- catching up ------------------------------------------------------------------------- */

static void stream_free(struct stream *stream)
{
    free(stream->topics);
    free(stream);
}

static void catch_up(struct stream *stream);

static void on_page(const struct bus_answer *answer, void *user)
{
    struct stream *stream = user;
    stream->is_reading = false;
    if (stream->is_gone) {
        stream_free(stream);
        return;
    }
    if (answer->status != STATUS_OK) {
        http_stream_end(stream->http); /* the client comes back with its Last-Event-ID */
        return;
    }
    const Arbiter__V1__ListEventsReply *reply =
        (const Arbiter__V1__ListEventsReply *)answer->output;
    for (size_t i = 0; i < reply->n_events; i++) {
        const Arbiter__V1__Event *event = reply->events[i];
        char *json = feed_event_json(event);
        stream->position = event->position;
        if (json != NULL && wants(stream, event->kind, event->id))
            write_event(stream, event->position, event->kind, event->name, json);
        free(json);
    }
    if (reply->position > stream->position)
        stream->position = reply->position;
    catch_up(stream);
}

static void read_page(struct stream *stream)
{
    Arbiter__V1__ListEventsRequest request = ARBITER__V1__LIST_EVENTS_REQUEST__INIT;
    request.after = stream->position;
    request.limit = STREAM_PAGE;
    stream->is_reading = true;
    bus_call(stream->streams->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "ListEvents",
                                .input = &request.base},
             on_page, stream);
}

static void on_pause_over(void *user)
{
    struct stream *stream = user;
    stream->pause = 0;
    catch_up(stream);
}

/* History comes faster than any reader reads: it is handed out as fast as it is taken. */
static void wait_for_reader(struct stream *stream)
{
    if (loop_after(stream->streams->loop, STREAM_PAUSE_MS, on_pause_over, stream, &stream->pause) !=
        STATUS_OK)
        http_stream_end(stream->http); /* the client comes back with its Last-Event-ID */
}

/* Joins the feed where it still has everything the stream lacks, else reads another page. */
static void catch_up(struct stream *stream)
{
    struct feed *feed = stream->streams->feed;
    stream->is_catching_up = true;
    if (http_stream_backlog(stream->http) > STREAM_PAUSE_BYTES) {
        wait_for_reader(stream);
        return;
    }
    switch (feed_replay(feed, stream->position, on_replayed, stream)) {
    case FEED_REPLAYED:
        stream->is_catching_up = false;
        break;
    case FEED_PAUSED:
        wait_for_reader(stream);
        break;
    case FEED_DROPPED:
        read_page(stream);
        break;
    }
}

/* ---- life of a stream -------------------------------------------------------------------- */

static void on_stream_closed(struct http_stream *http, void *user)
{
    struct stream *stream = user;
    struct streams *streams = stream->streams;
    (void)http;
    if (stream->previous != NULL)
        stream->previous->next = stream->next;
    else
        streams->first = stream->next;
    if (stream->next != NULL)
        stream->next->previous = stream->previous;
    streams->count--;
    stream->is_gone = true;
    loop_cancel(streams->loop, stream->pause);
    if (!stream->is_reading)
        stream_free(stream);
}

static bool read_topics(struct stream *stream, const char *text)
{
    if (text == NULL)
        return true;
    stream->topics = calloc(STREAM_TOPICS_MAX, sizeof *stream->topics);
    while (stream->topics != NULL) {
        size_t size = strcspn(text, ",");
        if (size == 0 || size >= TOPIC_MAX || stream->topic_count == STREAM_TOPICS_MAX)
            return false;
        memcpy(stream->topics[stream->topic_count++], text, size);
        if (text[size] == '\0')
            return true;
        text += size + 1;
    }
    return false;
}

/* Where to begin: after Last-Event-ID (header, or `last_event_id` for clients that cannot set one),
 * else now. */
static bool read_position(const struct exchange *exchange, int64_t *out_position)
{
    const char *text = http_header(exchange->request, "Last-Event-ID");
    if (text == NULL)
        text = http_query(exchange->request, "last_event_id");
    if (text == NULL) {
        *out_position = feed_position(exchange->api->feed);
        return true;
    }
    char *end = NULL;
    errno = 0;
    *out_position = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out_position >= 0;
}

static void get_events(struct exchange *exchange)
{
    struct http_header headers[2 + EXCHANGE_COMMON_HEADERS_MAX] = {{"Cache-Control", "no-store"},
                                                                   {"X-Accel-Buffering", "no"}};
    size_t header_count = 2 + exchange_common_headers(exchange, headers + 2);
    struct streams *streams = exchange->api->streams;
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL || feed_position(exchange->api->feed) < 0) {
        free(stream);
        exchange_problem(exchange, 503, "unavailable", "The service is busy or away",
                         "the events are not at hand yet; try again");
        return;
    }
    stream->streams = streams;
    memcpy(stream->player, exchange->claims.subject, strlen(exchange->claims.subject) + 1);
    stream->is_admin = (exchange->claims.roles & TOKEN_ADMIN) != 0;
    if (!read_topics(stream, http_query(exchange->request, "topics")) ||
        !read_position(exchange, &stream->position)) {
        stream_free(stream);
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "topics are <kind> or <kind>.<id>, up to %d; Last-Event-ID is a number",
                         STREAM_TOPICS_MAX);
        return;
    }
    stream->http = http_answer_stream(exchange->request, "text/event-stream", headers, header_count,
                                      STREAM_BACKLOG_MAX, on_stream_closed, stream);
    if (stream->http == NULL) {
        stream_free(stream);
        return;
    }
    stream->next = streams->first;
    if (streams->first != NULL)
        streams->first->previous = stream;
    streams->first = stream;
    streams->count++;
    http_stream_write(stream->http, ": hello\n\n", 9); /* an empty stream takes it */
    catch_up(stream);
}

/* ---- all of them ------------------------------------------------------------------------- */

static void on_keep_alive(void *user)
{
    struct streams *streams = user;
    for (struct stream *stream = streams->first; stream != NULL; stream = stream->next)
        http_stream_write(stream->http, ": \n\n", 4); /* too slow: it is being closed */
    if (loop_after(streams->loop, STREAM_KEEP_ALIVE_MS, on_keep_alive, streams,
                   &streams->keep_alive) != STATUS_OK)
        streams->keep_alive = 0; /* connections then end by their idle time */
}

struct streams *streams_create(struct feed *feed, struct bus *bus)
{
    struct streams *streams = calloc(1, sizeof *streams);
    if (streams == NULL)
        return NULL;
    streams->feed = feed;
    streams->bus = bus;
    streams->loop = bus_loop(bus);
    if (feed_listen(feed, on_event, streams) == STATUS_OK &&
        loop_after(streams->loop, STREAM_KEEP_ALIVE_MS, on_keep_alive, streams,
                   &streams->keep_alive) == STATUS_OK)
        return streams;
    free(streams);
    return NULL;
}

void streams_destroy(struct streams *streams)
{
    if (streams == NULL)
        return;
    loop_cancel(streams->loop, streams->keep_alive);
    free(streams); /* the server has closed every stream before */
}

size_t streams_count(const struct streams *streams)
{
    return streams->count;
}

bool streams_have(const struct streams *streams, const char *player)
{
    for (const struct stream *stream = streams->first; stream != NULL; stream = stream->next)
        if (strcmp(stream->player, player) == 0)
            return true;
    return false;
}

const struct route stream_routes[] = {
    {"GET", "/v1/events?topics&last_event_id", 0, get_events, NULL, NULL, NULL},
    {NULL, NULL, 0, NULL, NULL, NULL, NULL},
};
