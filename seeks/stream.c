/* Server-sent events: topics, catching up; the writing is http/push's. */
#include "seeks/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/log.h"
#include "http/push.h"
#include "proto/copy.h"
#include "seeks/audience.h"
#include "seeks/exchange.h"
#include "seeks/interest.h"
#include "seeks/pages.h"

#include "arbiter/v1/store.pb-c.h"

#define SENT_EVENTS "text/event-stream"

enum { TOPIC_MAX = 96, STREAM_PAGE = 100, DATE_SIZE = 40 };

/* An event of a page. */
struct held {
    struct push_frame *frame;
    Arbiter__V1__Event *asks; /* a copy of the event, where it is to be asked who may have it */
};

/* One listener. Who is behind is asked of the feed whenever there is room; who is not is woken by
 * the next event that it wants. */
struct stream {
    struct streams *streams;
    struct push_stream *push;
    struct interest *topics;   /* "<kind>" or "<kind>.<id>"; "": everything */
    struct interest *presence; /* under the player's name */
    int64_t position;          /* of the last event it has had, while it is behind */
    int64_t judged;            /* position of the event that it has asked about last */
    struct held *page;         /* read from the store, not given yet */
    uint32_t page_count;
    uint32_t page_given;
    struct stream *waiting_next; /* for its turn to read from the store */
    struct push_frame *head;     /* until the connection is there */
    enum feed_form form;
    bool is_admin;
    bool is_behind;
    bool is_head_only;
    bool is_waiting;
    bool has_turn;
    bool is_reading; /* a page or a verdict is on its way */
    bool may_have;   /* the event `judged` */
    bool is_gone;    /* closed while it was: freed when it arrives */
    char player[];   /* who listens; empty: a stranger */
};

struct streams {
    struct feed *feed;
    struct bus *bus;
    struct push *push;
    struct audience *audience;
    struct interests *topics;
    struct interests *players;
    struct stream *waiting_first;
    struct stream *waiting_last;
    size_t readers; /* who have their turn */
    bool is_closing;
};

/* ---- what it wants ----------------------------------------------------------------------- */

static bool is_topic(const struct stream *stream, const char *kind, const char *id)
{
    size_t kind_size = strlen(kind);
    for (const struct interest *topic = stream->topics; topic != NULL; topic = topic->sibling) {
        const char *text = topic->text;
        if (text[0] == '\0')
            return true;
        if (strncmp(text, kind, kind_size) != 0)
            continue;
        if (text[kind_size] == '\0' ||
            (text[kind_size] == '.' && strcmp(text + kind_size + 1, id) == 0))
            return true;
    }
    return false;
}

/* Whether it is to be given an event, as far as is known. */
static enum audience_verdict verdict_of(const struct stream *stream,
                                        const Arbiter__V1__Event *event)
{
    const struct audience_listener listener = {stream->player, stream->is_admin};
    if (!is_topic(stream, event->kind, event->id))
        return AUDIENCE_NO;
    if (event->position == stream->judged)
        return stream->may_have ? AUDIENCE_YES : AUDIENCE_NO;
    return audience_judge(stream->streams->audience, &listener, event);
}

/* What came before this event and after the stream's position was nothing to it. */
static void wake(void *user, const void *what)
{
    struct stream *stream = user;
    const struct feed_event *event = what;
    if (stream->is_behind || event->position <= stream->position)
        return;
    stream->is_behind = true;
    stream->position = event->position - 1;
    push_ready(stream->push);
}

static void on_event(const struct feed_event *event, void *user)
{
    struct streams *streams = user;
    char topic[TOPIC_MAX];
    interests_each(streams->topics, "", wake, event);
    interests_each(streams->topics, event->kind, wake, event);
    int size = snprintf(topic, sizeof topic, "%s.%s", event->kind, event->id);
    if (size > 0 && (size_t)size < sizeof topic) /* a longer one is nobody's topic */
        interests_each(streams->topics, topic, wake, event);
}

/* ---- catching up from the store ---------------------------------------------------------- */

/* So many read from the store at a time, and hold what they read; the others wait in a row. */
static void begin_reading(struct stream *stream);

static void give_turn_back(struct stream *stream)
{
    struct streams *streams = stream->streams;
    if (!stream->has_turn)
        return;
    stream->has_turn = false;
    streams->readers--;
    struct stream *next = streams->waiting_first;
    if (next == NULL || streams->is_closing)
        return;
    streams->waiting_first = next->waiting_next;
    if (streams->waiting_first == NULL)
        streams->waiting_last = NULL;
    next->is_waiting = false;
    begin_reading(next);
}

static void stop_waiting(struct stream *stream)
{
    struct streams *streams = stream->streams;
    struct stream *before = NULL;
    if (!stream->is_waiting)
        return;
    stream->is_waiting = false;
    for (struct stream *at = streams->waiting_first; at != stream; at = at->waiting_next)
        before = at;
    if (before != NULL)
        before->waiting_next = stream->waiting_next;
    else
        streams->waiting_first = stream->waiting_next;
    if (streams->waiting_last == stream)
        streams->waiting_last = before;
}

static void wait_for_turn(struct stream *stream)
{
    struct streams *streams = stream->streams;
    stream->is_waiting = true;
    stream->waiting_next = NULL;
    if (streams->waiting_last != NULL)
        streams->waiting_last->waiting_next = stream;
    else
        streams->waiting_first = stream;
    streams->waiting_last = stream;
}

static void drop_page(struct stream *stream)
{
    for (; stream->page_given < stream->page_count; stream->page_given++) {
        struct held *held = &stream->page[stream->page_given];
        push_frame_drop(held->frame);
        if (held->asks != NULL)
            arbiter__v1__event__free_unpacked(held->asks, NULL);
    }
    free(stream->page);
    stream->page = NULL;
    stream->page_count = stream->page_given = 0;
}

static void stream_free(struct stream *stream)
{
    drop_page(stream);
    push_frame_drop(stream->head);
    free(stream);
}

/* False without memory. */
static bool keep_event(struct stream *stream, const Arbiter__V1__Event *event)
{
    enum audience_verdict verdict = verdict_of(stream, event);
    if (verdict == AUDIENCE_NO)
        return true;
    struct held *held = &stream->page[stream->page_count];
    held->frame = feed_event_frame(event, stream->form);
    if (held->frame == NULL)
        return false;
    stream->page_count++;
    if (verdict == AUDIENCE_ASK)
        held->asks = (Arbiter__V1__Event *)proto_copy(&event->base);
    return verdict == AUDIENCE_YES || held->asks != NULL;
}

/* False without memory. */
static bool keep_page(struct stream *stream, const Arbiter__V1__ListEventsReply *reply)
{
    stream->page = calloc(reply->n_events + 1, sizeof *stream->page);
    if (stream->page == NULL)
        return false;
    for (size_t i = 0; i < reply->n_events; i++) {
        stream->position = reply->events[i]->position;
        if (!keep_event(stream, reply->events[i]))
            return false;
    }
    if (reply->position > stream->position)
        stream->position = reply->position;
    return true;
}

static void on_page(const struct bus_answer *answer, void *user)
{
    struct stream *stream = user;
    stream->is_reading = false;
    if (stream->is_gone)
        stream_free(stream);
    else if (answer->status != STATUS_OK ||
             !keep_page(stream, (const Arbiter__V1__ListEventsReply *)answer->output))
        push_end(stream->push); /* the client comes back with its Last-Event-ID */
    else
        push_ready(stream->push);
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

static void begin_reading(struct stream *stream)
{
    stream->has_turn = true;
    stream->streams->readers++;
    read_page(stream);
}

static void want_page(struct stream *stream)
{
    if (stream->has_turn)
        read_page(stream);
    else if (stream->streams->readers < STREAM_READERS_MAX)
        begin_reading(stream);
    else
        wait_for_turn(stream);
}

/* ---- what comes next --------------------------------------------------------------------- */

static void on_verdict(enum audience_verdict verdict, void *user)
{
    struct stream *stream = user;
    stream->is_reading = false;
    if (stream->is_gone) {
        stream_free(stream);
        return;
    }
    stream->may_have = verdict == AUDIENCE_YES;
    if (verdict == AUDIENCE_ASK)
        push_end(stream->push); /* the client comes back with its Last-Event-ID */
    else
        push_ready(stream->push);
}

/* It goes on when it knows whether it may have this event. */
static void ask_verdict(struct stream *stream, const Arbiter__V1__Event *event)
{
    stream->judged = event->position;
    stream->is_reading =
        audience_ask(stream->streams->audience, stream->player, event, on_verdict, stream);
    if (!stream->is_reading)
        push_end(stream->push);
}

/* NULL at the page's end, and where a verdict is waited for. */
static struct push_frame *next_of_page(struct stream *stream)
{
    while (stream->page_given < stream->page_count) {
        struct held *held = &stream->page[stream->page_given];
        if (held->asks != NULL && held->asks->position != stream->judged) {
            ask_verdict(stream, held->asks);
            return NULL;
        }
        bool may_have = held->asks == NULL || stream->may_have;
        if (held->asks != NULL)
            arbiter__v1__event__free_unpacked(held->asks, NULL);
        stream->page_given++;
        if (may_have)
            return held->frame;
        push_frame_drop(held->frame);
    }
    drop_page(stream);
    return NULL;
}

/* Goes on in the feed's ring from the stream's position: at exactly the event where the pages
 * ended. */
static struct push_frame *next_of_feed(struct stream *stream)
{
    const struct feed_event *event = NULL;
    enum feed_found found;
    while ((found = feed_after(stream->streams->feed, stream->position, &event)) == FEED_FOUND) {
        enum audience_verdict verdict = verdict_of(stream, event->message);
        if (verdict == AUDIENCE_ASK) {
            ask_verdict(stream, event->message);
            return NULL;
        }
        stream->position = event->position;
        if (verdict == AUDIENCE_NO)
            continue;
        struct push_frame *frame = feed_frame(event, stream->form);
        if (frame != NULL)
            return push_frame_keep(frame);
        push_end(stream->push); /* without memory: the client comes back with its last id */
        return NULL;
    }
    if (found == FEED_DROPPED) {
        want_page(stream);
        return NULL;
    }
    stream->is_behind = false;
    give_turn_back(stream);
    return NULL;
}

static struct push_frame *on_next(void *user)
{
    struct stream *stream = user;
    if (stream->is_reading || stream->is_waiting || !stream->is_behind)
        return NULL;
    struct push_frame *frame = next_of_page(stream);
    return frame != NULL || stream->is_reading ? frame : next_of_feed(stream);
}

/* ---- life of a stream -------------------------------------------------------------------- */

static void on_closed(enum push_end end, void *user)
{
    struct stream *stream = user;
    if (end == PUSH_SLOW || end == PUSH_CHATTER)
        log_event(LOG_INFO, "stream_dropped", "player=%s reason=\"%s\"",
                  stream->player[0] != '\0' ? stream->player : "-",
                  end == PUSH_SLOW ? "too slow" : "talks where it should listen");
    interests_remove(stream->streams->topics, &stream->topics);
    interests_remove(stream->streams->players, &stream->presence);
    stop_waiting(stream);
    give_turn_back(stream);
    stream->is_gone = true;
    if (!stream->is_reading)
        stream_free(stream);
}

static void on_taken(struct http_taken *taken, int descriptor, void *user)
{
    struct stream *stream = user;
    struct streams *streams = stream->streams;
    struct push_frame *head = stream->head;
    if (taken == NULL) {
        interests_remove(streams->topics, &stream->topics);
        stream_free(stream);
        return;
    }
    stream->head = NULL;
    stream->push =
        push_open(streams->push, &(struct push_options){.taken = taken,
                                                        .descriptor = descriptor,
                                                        .head = head,
                                                        .is_lines = stream->form == FEED_LINES,
                                                        .on_next = on_next,
                                                        .on_closed = on_closed,
                                                        .user = stream});
    if (stream->push == NULL) {
        interests_remove(streams->topics, &stream->topics);
        stream_free(stream);
    } else if (stream->is_head_only) {
        push_end(stream->push);
    } else if (!interests_add(streams->players, stream->player, strlen(stream->player), stream,
                              &stream->presence)) {
        push_end(stream->push);
    }
}

/* Each topic is noted as it is read. */
static bool read_topics(struct stream *stream, const char *text)
{
    struct interests *topics = stream->streams->topics;
    if (text == NULL)
        return interests_add(topics, "", 0, stream, &stream->topics);
    for (int count = 0; count < STREAM_TOPICS_MAX; count++) {
        size_t size = strcspn(text, ",");
        if (size == 0 || size >= TOPIC_MAX ||
            !interests_add(topics, text, size, stream, &stream->topics))
            return false;
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

/* The answer's head and a first comment (or empty line), so that the client knows at once that it
 * is there. */
static struct push_frame *write_head(struct exchange *exchange, const struct stream *stream)
{
    struct http_header headers[EXCHANGE_COMMON_HEADERS_MAX];
    size_t header_count = exchange_common_headers(exchange, headers);
    bool is_lines = stream->form == FEED_LINES;
    struct buffer text = {0};
    struct push_frame *frame = NULL;
    char date[DATE_SIZE];
    struct tm parts;
    time_t now = (time_t)(loop_wall_ms(bus_loop(exchange->api->bus)) / 1000);
    (void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT",
                   gmtime_r(&now, &parts)); /* fits */
    buffer_format(&text,
                  "HTTP/1.1 200 OK\r\nDate: %s\r\nConnection: close\r\n"
                  "Content-Type: %s\r\nCache-Control: no-store\r\nVary: Accept\r\n"
                  "X-Accel-Buffering: no\r\n",
                  date, is_lines ? PAGES_LINES : SENT_EVENTS);
    for (size_t i = 0; i < header_count; i++)
        buffer_format(&text, "%s: %s\r\n", headers[i].name, headers[i].value);
    buffer_append_text(&text, stream->is_head_only ? "\r\n"
                              : is_lines           ? "\r\n\n"
                                                   : "\r\n: hello\n\n");
    if (!text.failed)
        frame = push_frame_create(buffer_text(&text), text.size);
    buffer_deinit(&text);
    return frame;
}

static struct stream *stream_create(struct exchange *exchange)
{
    const char *player = exchange->claims.subject;
    struct stream *stream = calloc(1, sizeof *stream + strlen(player) + 1);
    if (stream == NULL)
        return NULL;
    stream->streams = exchange->api->streams;
    stream->is_admin = (exchange->claims.roles & TOKEN_ADMIN) != 0;
    stream->is_behind = true;
    stream->is_head_only = strcmp(http_method(exchange->request), "HEAD") == 0;
    stream->form = pages_prefers_lines(http_header(exchange->request, "Accept"), SENT_EVENTS)
                       ? FEED_LINES
                       : FEED_SENT_EVENTS;
    stream->head = write_head(exchange, stream);
    memcpy(stream->player, player, strlen(player) + 1);
    if (stream->head != NULL)
        return stream;
    stream_free(stream);
    return NULL;
}

static void get_events(struct exchange *exchange)
{
    struct stream *stream =
        feed_position(exchange->api->feed) >= 0 ? stream_create(exchange) : NULL;
    if (stream == NULL) {
        exchange_problem(exchange, 503, "unavailable", "The service is busy or away",
                         "the events are not at hand yet; try again");
        return;
    }
    if (!read_topics(stream, http_query(exchange->request, "topics")) ||
        !read_position(exchange, &stream->position)) {
        interests_remove(stream->streams->topics, &stream->topics);
        stream_free(stream);
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "topics are <kind> or <kind>.<id>, up to %d; Last-Event-ID is a number",
                         STREAM_TOPICS_MAX);
        return;
    }
    http_answer_takeover(exchange->request, on_taken, stream);
}

/* ---- all of them ------------------------------------------------------------------------- */

struct streams *streams_create(struct feed *feed, struct bus *bus,
                               const struct seeking_shelf *shelf)
{
    struct streams *streams = calloc(1, sizeof *streams);
    if (streams == NULL)
        return NULL;
    streams->feed = feed;
    streams->bus = bus;
    streams->topics = interests_create();
    streams->players = interests_create();
    streams->push = push_create(bus_loop(bus), NULL);
    streams->audience = audience_create(bus, shelf);
    if (streams->audience != NULL && streams->topics != NULL && streams->players != NULL &&
        streams->push != NULL && feed_listen(feed, on_event, streams) == STATUS_OK)
        return streams;
    streams_destroy(streams);
    return NULL;
}

void streams_destroy(struct streams *streams)
{
    if (streams == NULL)
        return;
    streams->is_closing = true;
    push_destroy(streams->push);
    audience_destroy(streams->audience);
    interests_destroy(streams->players);
    interests_destroy(streams->topics);
    free(streams);
}

void streams_stats(const struct streams *streams, struct push_stats *out_stats)
{
    push_stats(streams->push, out_stats);
}

size_t streams_count(const struct streams *streams)
{
    struct push_stats stats;
    push_stats(streams->push, &stats);
    return stats.open;
}

bool streams_have(const struct streams *streams, const char *player)
{
    return interests_have(streams->players, player);
}

const struct route stream_routes[] = {
    {"GET", "/v1/events?topics&last_event_id", 0, get_events, NULL, NULL, NULL},
    {NULL, NULL, 0, NULL, NULL, NULL, NULL},
};
