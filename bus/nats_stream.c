/* JetStream by its request subjects: streams are declared, durable consumers made, and messages
 * pulled in batches, handed on in order and acknowledged one by one. */
#include "base/log.h"
#include "bus/nats_transport.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH_MAX = 256,
    RETRY_MS = 1000,         /* until a refused message or a failed declaration is tried again */
    ACK_WAIT_MS = 5000,      /* the server hands a message out again after so long */
    PULL_EXPIRES_MS = 20000, /* the server gives up a pull that found no messages */
    PULL_GRACE_MS = 2000,    /* and we one that the server has forgotten */
    API_TIMEOUT_MS = 5000,
    ERROR_STREAM_EXISTS = 10058 /* under this name, with another configuration */
};

struct nats_stream {
    struct nats_stream *next;
    struct nats_transport *transport;
    unsigned number; /* names it in reply subjects */
    char name[BUS_SUBJECT_MAX];
    char subjects[BUS_SUBJECT_MAX];
    int64_t max_age_ms;
    int64_t max_bytes;
    bool update; /* it exists: change it */
    loop_timer timer;
};

enum consumer_state { CONSUMER_AWAY, CONSUMER_MAKING, CONSUMER_PULLING, CONSUMER_STOPPED };

struct nats_consumer {
    struct nats_consumer *next;
    struct nats_transport *transport;
    struct bus_consumer *consumer;
    unsigned number;
    enum consumer_state state;
    uint64_t pull;               /* the current pull's number */
    int expected;                /* messages it may still bring */
    natsMsg *waiting[BATCH_MAX]; /* [first, first + count): not handed on yet */
    int first;
    int count;
    bool handing_on; /* a callback has the first of them */
    bool waited;     /* for messages handed out earlier */
    loop_timer timer;
};

/* ---- requests to the server --------------------------------------------------------------------
 */

static void set_text(json_t *object, const char *key, const char *text)
{
    (void)json_object_set_new(object, key, json_string(text)); /* no memory: the server refuses */
}

static void set_ms_as_ns(json_t *object, const char *key, int64_t ms)
{
    (void)json_object_set_new(object, key, json_integer((json_int_t)ms * 1000000)); /* as above */
}

static void set_number(json_t *object, const char *key, int64_t number)
{
    (void)json_object_set_new(object, key, json_integer((json_int_t)number)); /* as above */
}

/* Sends a JSON request whose answer comes to `<inbox>.js.<kind>.<number>.<tag>`; takes `body`. */
static void api_send(struct nats_transport *transport, const char *subject, const char *reply,
                     json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (text == NULL)
        return; /* the timer tries again */
    struct bus_outgoing message = {
        .subject = subject, .reply = reply, .data = text, .size = strlen(text)};
    enum status status = nats_send(transport, &message);
    (void)status; /* away: everything is asked anew when the connection is back */
    free(text);
}

static void format_reply(const struct nats_transport *transport, char kind, unsigned number,
                         uint64_t tag, char *out, size_t out_size)
{
    (void)snprintf(out, out_size, "%s.js.%c.%u.%" PRIu64, transport->inbox, kind, number,
                   tag); /* it fits: an inbox is short */
}

static void set_timer(struct loop *loop, loop_timer *timer, int64_t delay_ms,
                      loop_callback callback, void *user)
{
    loop_cancel(loop, *timer);
    *timer = 0;
    if (loop_after(loop, delay_ms, callback, user, timer) != STATUS_OK)
        log_event(LOG_ERROR, "bus_timers_full", "next=\"wait for the next reconnect\"");
}

/* ---- streams -----------------------------------------------------------------------------------
 */

static void on_stream_timer(void *user);

static void stream_request(struct nats_stream *stream)
{
    char subject[BUS_SUBJECT_MAX + 32];
    char reply[BUS_SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "$JS.API.STREAM.%s.%s",
                   stream->update ? "UPDATE" : "CREATE", stream->name); /* it fits */
    format_reply(stream->transport, 's', stream->number, 0, reply, sizeof reply);
    json_t *body = json_object();
    set_text(body, "name", stream->name);
    json_t *subjects = json_array();
    (void)json_array_append_new(subjects, json_string(stream->subjects)); /* as in set_text() */
    (void)json_object_set_new(body, "subjects", subjects);
    set_text(body, "retention", "limits");
    set_text(body, "storage", "file");
    set_text(body, "discard", "old");
    set_number(body, "num_replicas", 1);
    set_number(body, "max_bytes", stream->max_bytes > 0 ? stream->max_bytes : -1);
    set_ms_as_ns(body, "max_age", stream->max_age_ms > 0 ? stream->max_age_ms : 0);
    api_send(stream->transport, subject, reply, body);
    set_timer(stream->transport->loop, &stream->timer, API_TIMEOUT_MS, on_stream_timer, stream);
}

static void on_stream_timer(void *user)
{
    /* Nobody answered (JetStream may be off, or not ready yet), or it is time to try again. */
    struct nats_stream *stream = user;
    stream->timer = 0;
    stream_request(stream);
}

static void stream_retry(struct nats_stream *stream, const char *reason)
{
    char quoted[256];
    log_event(LOG_WARN, "bus_stream", "stream=%s reason=%s next=\"retry in %d ms\"", stream->name,
              log_quote(reason, quoted, sizeof quoted), RETRY_MS);
    set_timer(stream->transport->loop, &stream->timer, RETRY_MS, on_stream_timer, stream);
}

static void stream_answer(struct nats_stream *stream, json_t *root)
{
    loop_cancel(stream->transport->loop, stream->timer);
    stream->timer = 0;
    json_t *error = json_object_get(root, "error");
    if (error == NULL && json_object_get(root, "config") != NULL) {
        stream->update = true;
    } else if (json_integer_value(json_object_get(error, "err_code")) == ERROR_STREAM_EXISTS &&
               !stream->update) {
        stream->update = true;
        stream_request(stream);
    } else {
        const char *reason = json_string_value(json_object_get(error, "description"));
        stream->update = false; /* it may have vanished: begin at the beginning */
        stream_retry(stream, reason != NULL ? reason : "an answer that makes no sense");
    }
}

enum status nats_declare_stream(void *transport, const struct bus_stream *wanted)
{
    struct nats_transport *t = transport;
    struct nats_stream *stream = t->streams;
    while (stream != NULL && strcmp(stream->name, wanted->name) != 0)
        stream = stream->next;
    if (stream == NULL) {
        stream = calloc(1, sizeof *stream);
        if (stream == NULL)
            return STATUS_FULL;
        stream->transport = t;
        stream->number = t->streams != NULL ? t->streams->number + 1 : 0;
        (void)snprintf(stream->name, sizeof stream->name, "%s", wanted->name); /* both fit */
        stream->next = t->streams;
        t->streams = stream;
    }
    (void)snprintf(stream->subjects, sizeof stream->subjects, "%s", wanted->subjects);
    stream->max_age_ms = wanted->max_age_ms;
    stream->max_bytes = wanted->max_bytes;
    stream_request(stream);
    return STATUS_OK;
}

/* ---- consumers ---------------------------------------------------------------------------------
 */

static void on_consumer_timer(void *user);

static void consumer_again_after(struct nats_consumer *consumer, int64_t delay_ms)
{
    set_timer(consumer->transport->loop, &consumer->timer, delay_ms, on_consumer_timer, consumer);
}

/* Asks for the durable consumer; an existing one of the same configuration is as good. */
static void consumer_make(struct nats_consumer *consumer)
{
    const struct bus_consumer *wanted = consumer->consumer;
    char subject[2 * BUS_SUBJECT_MAX + 64];
    char reply[BUS_SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "$JS.API.CONSUMER.DURABLE.CREATE.%s.%s", wanted->stream,
                   wanted->durable_name); /* it fits */
    format_reply(consumer->transport, 'm', consumer->number, 0, reply, sizeof reply);
    json_t *config = json_object();
    set_text(config, "durable_name", wanted->durable_name);
    set_text(config, "deliver_policy", "all");
    set_text(config, "ack_policy", "explicit");
    set_text(config, "filter_subject", wanted->filter);
    set_ms_as_ns(config, "ack_wait", ACK_WAIT_MS);
    set_number(config, "max_deliver", -1);
    set_number(config, "max_ack_pending", 16 * BATCH_MAX);
    json_t *body = json_object();
    set_text(body, "stream_name", wanted->stream);
    (void)json_object_set_new(body, "config", config);
    consumer->state = CONSUMER_MAKING;
    api_send(consumer->transport, subject, reply, body);
    consumer_again_after(consumer, API_TIMEOUT_MS);
}

static void consumer_pull(struct nats_consumer *consumer)
{
    const struct bus_consumer *wanted = consumer->consumer;
    char subject[2 * BUS_SUBJECT_MAX + 64];
    char reply[BUS_SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "$JS.API.CONSUMER.MSG.NEXT.%s.%s", wanted->stream,
                   wanted->durable_name); /* it fits */
    consumer->pull = ++consumer->transport->pulls;
    consumer->expected = BATCH_MAX;
    consumer->state = CONSUMER_PULLING;
    format_reply(consumer->transport, 'p', consumer->number, consumer->pull, reply, sizeof reply);
    json_t *body = json_object();
    set_number(body, "batch", BATCH_MAX);
    set_ms_as_ns(body, "expires", PULL_EXPIRES_MS);
    api_send(consumer->transport, subject, reply, body);
    consumer_again_after(consumer, PULL_EXPIRES_MS + PULL_GRACE_MS);
}

static void consumer_answer(struct nats_consumer *consumer, json_t *root)
{
    if (consumer->state != CONSUMER_MAKING)
        return;
    json_t *error = json_object_get(root, "error");
    if (error == NULL && json_object_get(root, "config") != NULL) {
        /* Messages handed out before the connection went away come back to the head of the queue
         * when their time is up: pulling before that would overtake them. */
        json_int_t pending = json_integer_value(json_object_get(root, "num_ack_pending"));
        bool wait = pending > 0 && !consumer->waited;
        consumer->waited = wait;
        if (wait)
            consumer_again_after(consumer, ACK_WAIT_MS);
        else
            consumer_pull(consumer);
        return;
    }
    const char *reason = json_string_value(json_object_get(error, "description"));
    char quoted[256];
    log_event(
        LOG_WARN, "bus_consumer", "stream=%s durable=%s reason=%s next=\"retry in %d ms\"",
        consumer->consumer->stream, consumer->consumer->durable_name,
        log_quote(reason != NULL ? reason : "an answer that makes no sense", quoted, sizeof quoted),
        RETRY_MS);
    consumer_again_after(consumer, RETRY_MS);
}

/* ---- messages ----------------------------------------------------------------------------------
 */

/* Answers on the message's own acknowledgement subject. */
static void acknowledge(struct nats_consumer *consumer, natsMsg *message, const char *verb)
{
    struct bus_outgoing ack = {
        .subject = natsMsg_GetReply(message), .data = verb, .size = strlen(verb)};
    enum status status = nats_send(consumer->transport, &ack);
    (void)status; /* lost: the message comes again, which its consumer is used to */
}

/* What the acknowledgement subject of a delivery says:
 * "$JS.ACK.<stream>.<durable>.<tries>.<sequence>.…", with a domain and an account in front of the
 * stream where the server is newer. The message's own subject is the one it was published on. */
struct delivery_name {
    char stream[BUS_SUBJECT_MAX];
    char durable_name[BUS_SUBJECT_MAX];
    uint64_t sequence;
};

static bool read_delivery(const char *ack_subject, struct delivery_name *out_name)
{
    char text[2 * BUS_SUBJECT_MAX];
    char *words[16];
    int count = 0;
    if (ack_subject == NULL || strncmp(ack_subject, "$JS.ACK.", strlen("$JS.ACK.")) != 0 ||
        snprintf(text, sizeof text, "%s", ack_subject) >= (int)sizeof text)
        return false;
    char *rest = NULL;
    for (char *word = strtok_r(text, ".", &rest); word != NULL && count < 16;
         word = strtok_r(NULL, ".", &rest))
        words[count++] = word;
    int stream = count >= 11 ? 4 : 2;
    if (count < 9 || strlen(words[stream]) >= BUS_SUBJECT_MAX ||
        strlen(words[stream + 1]) >= BUS_SUBJECT_MAX)
        return false;
    (void)snprintf(out_name->stream, BUS_SUBJECT_MAX, "%s", words[stream]); /* both fit */
    (void)snprintf(out_name->durable_name, BUS_SUBJECT_MAX, "%s", words[stream + 1]);
    out_name->sequence = strtoull(words[stream + 3], NULL, 10);
    return true;
}

static enum status hand_on(struct nats_consumer *consumer, natsMsg *message)
{
    struct delivery_name name = {.sequence = 0};
    bool readable = read_delivery(natsMsg_GetReply(message), &name);
    assert(readable); /* it would not wait here otherwise */
    struct bus_incoming incoming = {
        .subject = natsMsg_GetSubject(message),
        .reply = "",
        .data = natsMsg_GetData(message),
        .size = (size_t)natsMsg_GetDataLength(message),
    };
    return bus_take_durable(consumer->consumer, &incoming, name.sequence);
}

/* Gives the waiting messages back to the server. */
static void return_waiting(struct nats_consumer *consumer)
{
    for (; consumer->count > 0; consumer->count--) {
        acknowledge(consumer, consumer->waiting[consumer->first], "-NAK");
        natsMsg_Destroy(consumer->waiting[consumer->first++]);
    }
    consumer->first = 0;
}

/* Keeps the first message and those behind it for another try. */
static void hold_waiting(struct nats_consumer *consumer)
{
    for (int i = 0; i < consumer->count; i++)
        acknowledge(consumer, consumer->waiting[consumer->first + i], "+WPI");
    consumer_again_after(consumer, RETRY_MS);
}

/* Hands on what waits, in order, until one is refused. */
static void hand_on_waiting(struct nats_consumer *consumer)
{
    while (consumer->count > 0 && consumer->state != CONSUMER_STOPPED) {
        natsMsg *message = consumer->waiting[consumer->first];
        consumer->handing_on = true;
        enum status status = hand_on(consumer, message);
        consumer->handing_on = false;
        if (status != STATUS_OK) {
            if (consumer->state != CONSUMER_STOPPED)
                hold_waiting(consumer);
            break;
        }
        acknowledge(consumer, message, "+ACK");
        natsMsg_Destroy(message);
        consumer->first++;
        consumer->count--;
    }
    if (consumer->state == CONSUMER_STOPPED)
        return_waiting(consumer);
    if (consumer->count > 0)
        return;
    consumer->first = 0;
    if (consumer->state != CONSUMER_PULLING)
        return;
    if (consumer->expected == 0)
        consumer_pull(consumer);
    else if (consumer->timer == 0)
        consumer_again_after(consumer, PULL_EXPIRES_MS + PULL_GRACE_MS);
}

static void drop_waiting(struct nats_consumer *consumer)
{
    while (consumer->count > 0) {
        natsMsg_Destroy(consumer->waiting[consumer->first++]);
        consumer->count--;
    }
    consumer->first = 0;
}

static void on_consumer_timer(void *user)
{
    struct nats_consumer *consumer = user;
    consumer->timer = 0;
    switch (consumer->state) {
    case CONSUMER_AWAY:
    case CONSUMER_STOPPED:
        break;
    case CONSUMER_MAKING:
        consumer_make(consumer);
        break;
    case CONSUMER_PULLING:
        if (consumer->count > 0)
            hand_on_waiting(consumer);
        else
            consumer_make(consumer); /* nothing heard for long: is it still there? */
        break;
    }
}

/* A pull's own end: "404 No Messages", "408 Request Timeout", "409 Consumer Deleted", or 503. */
static void pull_ended(struct nats_consumer *consumer, natsMsg *message)
{
    const char *code = NULL;
    bool readable = natsMsgHeader_Get(message, "Status", &code) == NATS_OK && code != NULL;
    if (readable && strcmp(code, "100") == 0)
        return; /* only a heartbeat */
    consumer->expected = 0;
    bool idle = readable && (strcmp(code, "404") == 0 || strcmp(code, "408") == 0);
    if (consumer->count > 0)
        return; /* the timer that retries them goes on */
    if (idle)
        consumer_pull(consumer);
    else
        consumer_again_after(consumer, RETRY_MS);
}

/* Takes a message that a pull has brought over. */
static void delivery_take(struct nats_transport *transport, const struct delivery_name *name,
                          natsMsg *message)
{
    struct nats_consumer *consumer = transport->consumers;
    while (consumer != NULL && (strcmp(consumer->consumer->stream, name->stream) != 0 ||
                                strcmp(consumer->consumer->durable_name, name->durable_name) != 0))
        consumer = consumer->next;
    if (consumer == NULL) {
        natsMsg_Destroy(message);
        return;
    }
    if (consumer->state != CONSUMER_PULLING || consumer->first + consumer->count == BATCH_MAX) {
        acknowledge(consumer, message, "-NAK"); /* of a pull given up: somebody takes it again */
        natsMsg_Destroy(message);
        return;
    }
    if (consumer->expected > 0)
        consumer->expected--;
    consumer->waiting[consumer->first + consumer->count++] = message;
    if (consumer->count == 1)
        hand_on_waiting(consumer);
}

static struct nats_stream *stream_of(const struct nats_transport *transport, unsigned number)
{
    struct nats_stream *stream = transport->streams;
    while (stream != NULL && stream->number != number)
        stream = stream->next;
    return stream;
}

static struct nats_consumer *consumer_of(const struct nats_transport *transport, unsigned number)
{
    struct nats_consumer *consumer = transport->consumers;
    while (consumer != NULL && consumer->number != number)
        consumer = consumer->next;
    return consumer;
}

/* Takes an answer of the server's; `root` is NULL where it is not JSON. */
static void answer_take(struct nats_transport *transport, natsMsg *message, json_t *root)
{
    const char *rest = natsMsg_GetSubject(message) + strlen(transport->inbox) + strlen(".js.");
    char kind;
    unsigned number;
    uint64_t tag;
    if (sscanf(rest, "%c.%u.%" SCNu64, &kind, &number, &tag) != 3)
        return;
    struct nats_stream *stream = stream_of(transport, number);
    struct nats_consumer *consumer = consumer_of(transport, number);
    if (kind == 's' && stream != NULL)
        stream_answer(stream, root);
    else if (kind == 'm' && consumer != NULL)
        consumer_answer(consumer, root);
    else if (kind == 'p' && consumer != NULL && consumer->pull == tag &&
             consumer->state == CONSUMER_PULLING)
        pull_ended(consumer, message);
}

void nats_streams_take(struct nats_transport *transport, natsMsg *message)
{
    struct delivery_name name;
    if (read_delivery(natsMsg_GetReply(message), &name)) {
        delivery_take(transport, &name, message);
        return;
    }
    json_t *root = json_loadb(natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message),
                              JSON_REJECT_DUPLICATES, NULL);
    answer_take(transport, message, root);
    json_decref(root);
    natsMsg_Destroy(message);
}

/* ---- the connection ----------------------------------------------------------------------------
 */

enum status nats_consume(void *transport, struct bus_consumer *wanted)
{
    struct nats_transport *t = transport;
    struct nats_consumer *consumer = calloc(1, sizeof *consumer);
    if (consumer == NULL)
        return STATUS_FULL;
    consumer->transport = t;
    consumer->consumer = wanted;
    consumer->number = t->consumers != NULL ? t->consumers->number + 1 : 0;
    consumer->next = t->consumers;
    t->consumers = consumer;
    wanted->handle = consumer;
    consumer_make(consumer);
    return STATUS_OK;
}

void nats_unconsume(void *transport, struct bus_consumer *wanted)
{
    (void)transport;
    struct nats_consumer *consumer = wanted->handle;
    loop_cancel(consumer->transport->loop, consumer->timer);
    consumer->timer = 0;
    consumer->state = CONSUMER_STOPPED;
    if (!consumer->handing_on)
        return_waiting(consumer);
}

void nats_streams_connected(struct nats_transport *transport)
{
    for (struct nats_stream *s = transport->streams; s != NULL; s = s->next)
        stream_request(s);
    for (struct nats_consumer *c = transport->consumers; c != NULL; c = c->next) {
        if (c->state != CONSUMER_STOPPED)
            consumer_make(c);
    }
}

void nats_streams_lost(struct nats_transport *transport)
{
    for (struct nats_stream *s = transport->streams; s != NULL; s = s->next) {
        loop_cancel(transport->loop, s->timer);
        s->timer = 0;
    }
    for (struct nats_consumer *c = transport->consumers; c != NULL; c = c->next) {
        if (c->state == CONSUMER_STOPPED)
            continue;
        drop_waiting(c); /* the server hands them out again */
        loop_cancel(transport->loop, c->timer);
        c->timer = 0;
        c->state = CONSUMER_AWAY;
    }
}

void nats_streams_deinit(struct nats_transport *transport)
{
    while (transport->streams != NULL) {
        struct nats_stream *stream = transport->streams;
        transport->streams = stream->next;
        loop_cancel(transport->loop, stream->timer);
        free(stream);
    }
    while (transport->consumers != NULL) {
        struct nats_consumer *consumer = transport->consumers;
        transport->consumers = consumer->next;
        loop_cancel(transport->loop, consumer->timer);
        drop_waiting(consumer);
        free(consumer);
    }
}
