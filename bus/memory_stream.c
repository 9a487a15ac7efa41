/* Keeps messages in order and hands them to durable consumers, one at a time each. */
#include "bus/memory_stream.h"

#include "bus/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REDELIVER_MS = 1000, CAPACITY_MIN = 64 };

struct stored_message {
    char *subject;
    void *data;
    size_t size;
    int64_t at_ms;
    struct fingerprint id; /* zero: none given */
};

struct memory_stream {
    struct memory_stream *next;
    char name[BUS_SUBJECT_MAX];
    char subjects[BUS_SUBJECT_MAX];
    int64_t max_age_ms;
    int64_t max_bytes;
    struct stored_message *messages; /* [first, first + count) of a growing array */
    size_t first;
    size_t count;
    size_t capacity;
    uint64_t sequence_first; /* of messages[first] */
    int64_t bytes;
};

struct binding {
    struct binding *next;
    struct bus_consumer *consumer;
};

struct memory_durable {
    struct memory_durable *next;
    struct memory_streams *streams;
    char stream[BUS_SUBJECT_MAX];
    char name[BUS_SUBJECT_MAX];
    char filter[BUS_SUBJECT_MAX];
    uint64_t sequence_next;
    struct binding *bindings; /* the first reachable one is served, then moved to the end */
    loop_timer timer;
};

/* ---- keeping -----------------------------------------------------------------------------------
 */

static struct memory_stream *stream_find(const struct memory_streams *streams, const char *name)
{
    struct memory_stream *stream = streams->streams;
    while (stream != NULL && strcmp(stream->name, name) != 0)
        stream = stream->next;
    return stream;
}

static void drop_first(struct memory_stream *stream)
{
    struct stored_message *message = &stream->messages[stream->first];
    stream->bytes -= (int64_t)message->size;
    free(message->subject);
    free(message->data);
    stream->first++;
    stream->count--;
    stream->sequence_first++;
}

static void drop_old(struct memory_stream *stream, int64_t now_ms)
{
    while (stream->count > 0 &&
           ((stream->max_bytes > 0 && stream->bytes > stream->max_bytes) ||
            (stream->max_age_ms > 0 &&
             stream->messages[stream->first].at_ms + stream->max_age_ms < now_ms)))
        drop_first(stream);
}

static bool make_room(struct memory_stream *stream)
{
    if (stream->first + stream->count < stream->capacity)
        return true;
    if (stream->first > stream->count) {
        memmove(stream->messages, stream->messages + stream->first,
                stream->count * sizeof *stream->messages);
        stream->first = 0;
        return true;
    }
    size_t capacity = stream->capacity == 0 ? CAPACITY_MIN : stream->capacity * 2;
    struct stored_message *messages = realloc(stream->messages, capacity * sizeof *messages);
    if (messages == NULL)
        return false;
    stream->messages = messages;
    stream->capacity = capacity;
    return true;
}

static struct fingerprint id_of(const char *message_id)
{
    if (message_id == NULL)
        return (struct fingerprint){0};
    return fingerprint_of((struct fingerprint){0}, message_id, strlen(message_id));
}

/* The sequence of a message kept under this id, or 0. Repeats come soon: looks from the end. */
static uint64_t sequence_of(const struct memory_stream *stream, struct fingerprint id)
{
    if (id.high == 0 && id.low == 0)
        return 0;
    for (size_t i = stream->count; i-- > 0;) {
        const struct stored_message *message = &stream->messages[stream->first + i];
        if (message->id.high == id.high && message->id.low == id.low)
            return stream->sequence_first + i;
    }
    return 0;
}

static bool stream_append(struct memory_stream *stream, const struct bus_outgoing *message,
                          struct fingerprint id, int64_t now_ms)
{
    char *subject = malloc(strlen(message->subject) + 1);
    void *data = malloc(message->size + 1);
    if (subject == NULL || data == NULL || !make_room(stream)) {
        free(subject);
        free(data);
        return false;
    }
    memcpy(subject, message->subject, strlen(message->subject) + 1);
    if (message->size > 0)
        memcpy(data, message->data, message->size);
    stream->messages[stream->first + stream->count++] =
        (struct stored_message){subject, data, message->size, now_ms, id};
    stream->bytes += (int64_t)message->size;
    return true;
}

uint64_t memory_streams_store(struct memory_streams *streams, const struct bus_outgoing *message,
                              const char **out_name, bool *out_doubled)
{
    for (struct memory_stream *stream = streams->streams; stream != NULL; stream = stream->next) {
        if (!subject_matches(stream->subjects, message->subject))
            continue;
        struct fingerprint id = id_of(message->message_id);
        uint64_t known = sequence_of(stream, id);
        *out_name = stream->name;
        *out_doubled = known != 0;
        if (known != 0)
            return known;
        if (!stream_append(stream, message, id, loop_now_ms(streams->loop)))
            return 0;
        uint64_t sequence = stream->sequence_first + stream->count - 1;
        if (!streams->handing_out)
            drop_old(stream, loop_now_ms(streams->loop));
        memory_streams_wake(streams);
        return sequence;
    }
    return 0;
}

enum status memory_streams_declare(struct memory_streams *streams, const struct bus_stream *wanted)
{
    struct memory_stream *stream = stream_find(streams, wanted->name);
    if (stream == NULL) {
        stream = calloc(1, sizeof *stream);
        if (stream == NULL)
            return STATUS_FULL;
        (void)snprintf(stream->name, sizeof stream->name, "%s", wanted->name); /* both fit */
        stream->sequence_first = 1;
        stream->next = streams->streams;
        streams->streams = stream;
    }
    (void)snprintf(stream->subjects, sizeof stream->subjects, "%s", wanted->subjects);
    stream->max_age_ms = wanted->max_age_ms;
    stream->max_bytes = wanted->max_bytes;
    memory_streams_wake(streams);
    return STATUS_OK;
}

/* ---- handing out -------------------------------------------------------------------------------
 */

/* Finds the next message for a durable, moving it past those its filter leaves out. */
static const struct stored_message *durable_next(struct memory_durable *durable)
{
    struct memory_stream *stream = stream_find(durable->streams, durable->stream);
    if (stream == NULL)
        return NULL;
    if (durable->sequence_next < stream->sequence_first)
        durable->sequence_next = stream->sequence_first;
    for (; durable->sequence_next < stream->sequence_first + stream->count;
         durable->sequence_next++) {
        const struct stored_message *message =
            &stream->messages[stream->first + (durable->sequence_next - stream->sequence_first)];
        if (subject_matches(durable->filter, message->subject))
            return message;
    }
    return NULL;
}

/* Takes the first consumer that can be reached and puts it last, so that members take turns. */
static struct bus_consumer *durable_turn(struct memory_durable *durable)
{
    for (struct binding **place = &durable->bindings; *place != NULL; place = &(*place)->next) {
        struct binding *binding = *place;
        if (!durable->streams->reachable(binding->consumer, durable->streams->user))
            continue;
        *place = binding->next;
        binding->next = NULL;
        struct binding **last = &durable->bindings;
        while (*last != NULL)
            last = &(*last)->next;
        *last = binding;
        return binding->consumer;
    }
    return NULL;
}

static void durable_schedule(struct memory_durable *durable, int64_t delay_ms);

static void on_delivery(void *user)
{
    struct memory_durable *durable = user;
    struct memory_streams *streams = durable->streams;
    durable->timer = 0;
    const struct stored_message *message = durable_next(durable);
    struct bus_consumer *consumer = message != NULL ? durable_turn(durable) : NULL;
    if (consumer == NULL)
        return; /* until memory_streams_wake() */
    struct memory_fate fate = streams->fate(streams->user);
    if (fate.lost) {
        durable_schedule(durable, REDELIVER_MS);
        return;
    }
    /* The callback may publish, and so move the array of messages. */
    struct bus_incoming handed = {
        .subject = message->subject, .reply = "", .data = message->data, .size = message->size};
    uint64_t sequence = durable->sequence_next;
    streams->handing_out = true;
    enum status status = bus_take_durable(consumer, &handed, sequence);
    streams->handing_out = false;
    if (status != STATUS_OK) {
        durable_schedule(durable, REDELIVER_MS);
        return;
    }
    if (!fate.doubled && durable->sequence_next == sequence)
        durable->sequence_next++; /* else its acknowledgement was lost, and it comes again */
    durable_schedule(durable, fate.delay_ms);
}

static void durable_schedule(struct memory_durable *durable, int64_t delay_ms)
{
    if (durable->timer != 0)
        return;
    if (loop_after(durable->streams->loop, delay_ms, on_delivery, durable, &durable->timer) !=
        STATUS_OK)
        durable->timer = 0; /* a loop without room: the next publication tries again */
}

void memory_streams_wake(struct memory_streams *streams)
{
    for (struct memory_durable *d = streams->durables; d != NULL; d = d->next) {
        if (d->timer == 0 && d->bindings != NULL && durable_next(d) != NULL)
            durable_schedule(d, streams->fate(streams->user).delay_ms);
    }
}

static struct memory_durable *durable_reach(struct memory_streams *streams,
                                            const struct bus_consumer *consumer)
{
    struct memory_durable *durable = streams->durables;
    while (durable != NULL && (strcmp(durable->stream, consumer->stream) != 0 ||
                               strcmp(durable->name, consumer->durable_name) != 0))
        durable = durable->next;
    if (durable != NULL)
        return durable;
    durable = calloc(1, sizeof *durable);
    if (durable == NULL)
        return NULL;
    durable->streams = streams;
    memcpy(durable->stream, consumer->stream, sizeof durable->stream);
    memcpy(durable->name, consumer->durable_name, sizeof durable->name);
    memcpy(durable->filter, consumer->filter, sizeof durable->filter);
    durable->next = streams->durables;
    streams->durables = durable;
    return durable;
}

enum status memory_streams_bind(struct memory_streams *streams, struct bus_consumer *consumer)
{
    struct memory_durable *durable = durable_reach(streams, consumer);
    struct binding *binding = calloc(1, sizeof *binding);
    if (durable == NULL || binding == NULL) {
        free(binding);
        return STATUS_FULL;
    }
    binding->consumer = consumer;
    struct binding **last = &durable->bindings;
    while (*last != NULL)
        last = &(*last)->next;
    *last = binding;
    memory_streams_wake(streams);
    return STATUS_OK;
}

/* Unbinds one consumer, or where it is NULL those of a handle. */
static void durable_unbind(struct memory_durable *durable, const struct bus_consumer *consumer,
                           const void *handle)
{
    struct binding **place = &durable->bindings;
    while (*place != NULL) {
        struct binding *binding = *place;
        bool mine =
            consumer != NULL ? binding->consumer == consumer : binding->consumer->handle == handle;
        if (mine) {
            *place = binding->next;
            free(binding);
        } else {
            place = &binding->next;
        }
    }
}

void memory_streams_unbind(struct memory_streams *streams, const struct bus_consumer *consumer)
{
    for (struct memory_durable *d = streams->durables; d != NULL; d = d->next)
        durable_unbind(d, consumer, NULL);
}

void memory_streams_unbind_all(struct memory_streams *streams, const void *handle)
{
    for (struct memory_durable *d = streams->durables; d != NULL; d = d->next)
        durable_unbind(d, NULL, handle);
}

void memory_streams_deinit(struct memory_streams *streams)
{
    while (streams->durables != NULL) {
        struct memory_durable *durable = streams->durables;
        streams->durables = durable->next;
        loop_cancel(streams->loop, durable->timer);
        while (durable->bindings != NULL) {
            struct binding *binding = durable->bindings;
            durable->bindings = binding->next;
            free(binding);
        }
        free(durable);
    }
    while (streams->streams != NULL) {
        struct memory_stream *stream = streams->streams;
        streams->streams = stream->next;
        while (stream->count > 0)
            drop_first(stream);
        free(stream->messages);
        free(stream);
    }
}
