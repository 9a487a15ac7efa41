/* The bus on a nats-server: nats.c without its threads for reading and writing. Its remaining ones
 * (reconnecting, pings, callbacks) only leave notes here and wake the loop. */
#include "bus/bus_nats.h"

#include "base/log.h"
#include "bus/nats_transport.h"
#include "bus/trace.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { UNSENT_SIZE_MAX = 16 << 20, SLOTS_MIN = 64 };

/* One subscription at the server. */
struct nats_route {
    struct nats_route *next;
    struct bus_listener *listener; /* NULL: JetStream's answers */
    natsSubscription *subscription;
};

/* One subscription for each call that was ever open at the same time: nats.c tells of "no
 * responders" by subscription, not by message. */
struct nats_slot {
    natsSubscription *subscription;
    bool awaiting;
};

/* ---- reading -----------------------------------------------------------------------------------
 */

/* Destroying a message, read or made, hands it to a thread of the library and wakes that. One by
 * one, between other work, that is a change of threads for every message; in a row it is one for
 * all. */
static void destroy_spent(struct nats_transport *transport)
{
    for (size_t i = 0; i < transport->spent_count; i++)
        natsMsg_Destroy(transport->spent[i]);
    transport->spent_count = transport->spent_size = 0;
}

static void destroy_later(struct nats_transport *transport, natsMsg *message)
{
    if (message == NULL)
        return;
    transport->spent[transport->spent_count++] = message;
    transport->spent_size += (size_t)natsMsg_GetDataLength(message);
    if (transport->spent_count == NATS_SPENT_MAX || transport->spent_size > NATS_SPENT_SIZE_MAX)
        destroy_spent(transport);
}

static void hand_over(struct nats_transport *transport, const struct nats_route *route,
                      natsMsg *message)
{
    if (route->listener == NULL) {
        nats_streams_take(transport, message);
        return;
    }
    const char *reply = natsMsg_GetReply(message);
    struct bus_incoming incoming = {
        .subject = natsMsg_GetSubject(message),
        .reply = reply != NULL && strlen(reply) < BUS_SUBJECT_MAX ? reply : "",
        .data = natsMsg_GetData(message),
        .size = (size_t)natsMsg_GetDataLength(message),
        .no_responders = natsMsg_IsNoResponders(message),
    };
    route->listener->on_incoming(&incoming, route->listener->user);
    destroy_later(transport, message);
}

/* How many messages wait in a subscription; asking for one in vain would cost more. */
static uint64_t queued(natsSubscription *subscription)
{
    uint64_t count = 0;
    return natsSubscription_QueuedMsgs(subscription, &count) == NATS_OK ? count : 0;
}

static void read_routes(struct nats_transport *transport)
{
    for (struct nats_route *route = transport->routes; route != NULL; route = route->next) {
        for (uint64_t left = queued(route->subscription); left > 0; left--) {
            natsMsg *message;
            if (natsSubscription_NextMsg(&message, route->subscription, 0) == NATS_OK)
                hand_over(transport, route, message);
        }
    }
}

/* Takes one message of a slot: an answer, or the news that nobody serves the request. */
static void read_answer(struct nats_transport *transport, uint32_t number)
{
    natsMsg *message = NULL;
    char reply[BUS_SUBJECT_MAX];
    struct bus_incoming incoming = {.reply = "", .data = ""};
    natsStatus result =
        natsSubscription_NextMsg(&message, transport->slots[number].subscription, 0);
    if (result == NATS_OK) {
        incoming.subject = natsMsg_GetSubject(message);
        incoming.data = natsMsg_GetData(message);
        incoming.size = (size_t)natsMsg_GetDataLength(message);
    } else if (result == NATS_NO_RESPONDERS &&
               bus_slot_is_open(transport->bus, number, reply, sizeof reply)) {
        incoming.subject = reply;
        incoming.no_responders = true;
    } else {
        return;
    }
    transport->answers->on_incoming(&incoming, transport->answers->user);
    destroy_later(transport, message);
}

static void read_answers(struct nats_transport *transport)
{
    for (size_t i = 0; i < transport->awaiting_count;) {
        uint32_t number = transport->awaiting[i];
        for (uint64_t left = queued(transport->slots[number].subscription); left > 0; left--)
            read_answer(transport, number);
        if (bus_slot_is_open(transport->bus, number, NULL, 0)) {
            i++;
            continue;
        }
        transport->slots[number].awaiting = false;
        transport->awaiting[i] = transport->awaiting[--transport->awaiting_count];
    }
}

static void read_all(struct nats_transport *transport)
{
    read_answers(transport);
    read_routes(transport);
}

static void on_socket(int descriptor, unsigned events, void *user)
{
    struct nats_transport *transport = user;
    if (nats_notes_overtake(transport) || descriptor != transport->descriptor)
        return; /* the reconnecting thread is using the connection */
    if ((events & LOOP_WRITABLE) != 0)
        transport->write_wanted = true;
    if ((events & (LOOP_READABLE | LOOP_HANGUP)) != 0) {
        natsConnection_ProcessReadEvent(transport->connection);
        read_all(transport);
    }
}

/* ---- once a round ------------------------------------------------------------------------------
 */

void nats_unwatch(struct nats_transport *transport)
{
    if (transport->descriptor < 0)
        return;
    loop_unwatch(transport->loop, transport->descriptor);
    (void)close(transport->descriptor); /* the duplicate; nothing is written through it */
    transport->descriptor = -1;
    transport->write_wanted = transport->watching_write = false;
}

static void watch(struct nats_transport *transport, bool for_write)
{
    unsigned events = LOOP_READABLE | (for_write ? (unsigned)LOOP_WRITABLE : 0u);
    transport->watching_write = for_write;
    if (loop_watch(transport->loop, transport->descriptor, events, on_socket, transport) ==
        STATUS_OK)
        return;
    log_event(LOG_ERROR, "bus_watch", "descriptor=%d next=\"hear nothing until reconnected\"",
              transport->descriptor);
}

static void take_notes(struct nats_transport *transport)
{
    const struct nats_posted posted = nats_notes_take(transport);
    if (posted.detach || posted.descriptor >= 0)
        nats_unwatch(transport);
    if (posted.descriptor >= 0) {
        transport->descriptor = posted.descriptor;
        watch(transport, false);
        transport->write_wanted = true; /* subscriptions sent again wait to leave */
    }
    transport->write_wanted |= posted.write;
    if (posted.lost) {
        log_event(LOG_WARN, "bus_lost", "next=reconnect");
        bus_connection_lost(transport->bus);
        nats_streams_lost(transport);
    }
    if (!posted.restored)
        return;
    log_event(LOG_INFO, "bus_connected", "again=%s", transport->was_connected ? "yes" : "no");
    if (transport->was_connected)
        bus_connection_restored(transport->bus);
    transport->was_connected = true;
    read_all(transport); /* what the reconnecting thread has read */
    nats_streams_connected(transport);
}

static void flush(struct nats_transport *transport)
{
    loop_cancel(transport->loop, transport->flush);
    transport->flush = 0;
    if (transport->descriptor < 0 || (!transport->write_wanted && !transport->watching_write))
        return;
    /* With nothing to write the library would take send()'s 0 for a closed connection. */
    if (natsConnection_Buffered(transport->connection) > 0)
        natsConnection_ProcessWriteEvent(transport->connection);
    else
        transport->write_wanted = false;
    /* Still wanted: the socket is full, and epoll tells when it is not. */
    if (transport->descriptor >= 0 && transport->write_wanted != transport->watching_write)
        watch(transport, transport->write_wanted);
}

static void on_round_end(void *user)
{
    struct nats_transport *transport = user;
    take_notes(transport);
    flush(transport);
}

/* ---- sending and listening ---------------------------------------------------------------------
 */

static bool nats_connected(const void *transport)
{
    const struct nats_transport *t = transport;
    return natsConnection_Status(t->connection) == NATS_CONN_STATUS_CONNECTED;
}

static natsStatus publish_with_id(struct nats_transport *transport,
                                  const struct bus_outgoing *message)
{
    natsMsg *out = NULL;
    natsStatus result =
        natsMsg_Create(&out, message->subject, message->reply, message->data, (int)message->size);
    if (result == NATS_OK)
        result = natsMsgHeader_Set(out, "Nats-Msg-Id", message->message_id);
    if (result == NATS_OK)
        result = natsConnection_PublishMsg(transport->connection, out);
    destroy_later(transport, out);
    return result;
}

/* Makes sure that slots up to `number` can be subscribed to and listed. */
static bool slots_reach(struct nats_transport *transport, uint32_t number)
{
    if (number < transport->slot_count)
        return true;
    size_t count = transport->slot_count == 0 ? SLOTS_MIN : transport->slot_count * 2;
    while (count <= number)
        count *= 2;
    struct nats_slot *slots = realloc(transport->slots, count * sizeof *slots);
    if (slots == NULL)
        return false;
    transport->slots = slots;
    uint32_t *awaiting = realloc(transport->awaiting, count * sizeof *awaiting);
    if (awaiting == NULL)
        return false;
    transport->awaiting = awaiting;
    for (size_t i = transport->slot_count; i < count; i++)
        slots[i] = (struct nats_slot){0};
    transport->slot_count = count;
    return true;
}

/* Makes sure that an answer to the slot is heard. */
static enum status slot_await(struct nats_transport *transport, uint32_t number)
{
    if (!slots_reach(transport, number))
        return STATUS_FULL;
    struct nats_slot *slot = &transport->slots[number];
    if (slot->subscription == NULL) {
        char subject[BUS_SUBJECT_MAX];
        (void)snprintf(subject, sizeof subject, "%s.%" PRIu32 ".*", transport->inbox,
                       number); /* it fits */
        natsStatus result =
            natsConnection_SubscribeSync(&slot->subscription, transport->connection, subject);
        if (result != NATS_OK)
            return result == NATS_NO_MEMORY ? STATUS_FULL : STATUS_UNAVAILABLE;
    }
    if (!slot->awaiting)
        transport->awaiting[transport->awaiting_count++] = number;
    slot->awaiting = true;
    return STATUS_OK;
}

enum status nats_send(void *transport, const struct bus_outgoing *message)
{
    struct nats_transport *t = transport;
    /* While it is away nats.c would keep messages for later; ours are asked again by their senders,
     * who must hear soon that they were not sent. */
    if (!nats_connected(t) || natsConnection_Buffered(t->connection) > UNSENT_SIZE_MAX)
        return STATUS_UNAVAILABLE;
    if (message->slot != NULL) {
        enum status status = slot_await(t, *message->slot);
        if (status != STATUS_OK)
            return status;
    }
    int size = (int)message->size;
    natsStatus result;
    if (message->message_id != NULL)
        result = publish_with_id(t, message);
    else if (message->reply != NULL)
        result = natsConnection_PublishRequest(t->connection, message->subject, message->reply,
                                               message->data, size);
    else
        result = natsConnection_Publish(t->connection, message->subject, message->data, size);
    if (result == NATS_OK)
        return STATUS_OK;
    return result == NATS_MAX_PAYLOAD ? STATUS_FULL : STATUS_UNAVAILABLE;
}

static enum status route_add(struct nats_transport *transport, const char *subject,
                             struct bus_listener *listener)
{
    struct nats_route *route = calloc(1, sizeof *route);
    if (route == NULL)
        return STATUS_FULL;
    route->listener = listener;
    bool grouped = listener != NULL && listener->queue_group[0] != '\0';
    natsStatus result =
        grouped
            ? natsConnection_QueueSubscribeSync(&route->subscription, transport->connection,
                                                subject, listener->queue_group)
            : natsConnection_SubscribeSync(&route->subscription, transport->connection, subject);
    if (result != NATS_OK) {
        free(route);
        return result == NATS_NO_MEMORY ? STATUS_FULL : STATUS_UNAVAILABLE;
    }
    route->next = transport->routes;
    transport->routes = route;
    if (listener != NULL)
        listener->handle = route;
    return STATUS_OK;
}

static enum status nats_listen(void *transport, struct bus_listener *listener)
{
    struct nats_transport *t = transport;
    if (strncmp(listener->subject, t->inbox, strlen(t->inbox)) == 0) {
        t->answers = listener; /* heard slot by slot */
        return STATUS_OK;
    }
    return route_add(t, listener->subject, listener);
}

static void nats_unlisten(void *transport, struct bus_listener *listener)
{
    (void)transport;
    const struct nats_route *route = listener->handle;
    /* Draining, not leaving at once: messages that the server has sent already still count. */
    natsStatus result = natsSubscription_Drain(route->subscription);
    if (result != NATS_OK)
        log_event(LOG_WARN, "bus_drain", "subject=%s reason=\"%s\" next=\"keep listening\"",
                  listener->subject, natsStatus_GetText(result));
}

/* ---- setting up and taking down ----------------------------------------------------------------
 */

static void transport_free(struct nats_transport *transport)
{
    nats_streams_deinit(transport);
    destroy_spent(transport);
    while (transport->routes != NULL) {
        struct nats_route *route = transport->routes;
        transport->routes = route->next;
        natsSubscription_Destroy(route->subscription);
        free(route);
    }
    for (size_t i = 0; i < transport->slot_count; i++)
        natsSubscription_Destroy(transport->slots[i].subscription);
    free(transport->slots);
    free(transport->awaiting);
    natsConnection_Destroy(transport->connection);
    natsOptions_Destroy(transport->options);
    if (transport->posted.descriptor >= 0)
        (void)close(transport->posted.descriptor);   /* never watched */
    (void)pthread_cond_destroy(&transport->closing); /* nobody waits any more */
    (void)pthread_mutex_destroy(&transport->lock);
    free(transport);
}

static void nats_destroy(void *transport)
{
    struct nats_transport *t = transport;
    flush(t); /* the last answers */
    loop_forget_round_end(t->loop, on_round_end, t);
    natsConnection_Close(t->connection);
    nats_notes_wait_closed(t);
    nats_unwatch(t);
    loop_cancel(t->loop, t->flush);
    transport_free(t);
}

static const struct bus_transport_ops nats_ops = {
    .send = nats_send,
    .listen = nats_listen,
    .unlisten = nats_unlisten,
    .declare_stream = nats_declare_stream,
    .consume = nats_consume,
    .unconsume = nats_unconsume,
    .connected = nats_connected,
    .destroy = nats_destroy,
};

/* Random bits from the system: ids must differ between processes, not be secret. */
static void seed(struct random *random)
{
    unsigned char *at = (unsigned char *)random->state;
    size_t left = sizeof random->state;
    while (left > 0) {
        ssize_t size = getrandom(at, left, 0);
        assert(size > 0 || errno == EINTR);
        if (size > 0) {
            at += size;
            left -= (size_t)size;
        }
    }
}

static struct nats_transport *transport_create(struct loop *loop)
{
    struct nats_transport *transport = calloc(1, sizeof *transport);
    if (transport == NULL)
        return NULL;
    transport->loop = loop;
    transport->loop_thread = pthread_self();
    transport->descriptor = transport->posted.descriptor = -1;
    seed(&transport->jitter);
    int error = pthread_mutex_init(&transport->lock, NULL);
    assert(error == 0);
    error = pthread_cond_init(&transport->closing, NULL);
    assert(error == 0);
    return transport;
}

static natsStatus connect_first(struct nats_transport *transport,
                                const struct bus_nats_options *options)
{
    natsStatus result = nats_options_create(&transport->options, options);
    if (result == NATS_OK)
        result = nats_notes_init(transport);
    if (result != NATS_OK)
        return result;
    result = natsConnection_Connect(&transport->connection, transport->options);
    if (result == NATS_OK)
        nats_notes_connected(transport->connection, transport);
    return result == NATS_NOT_YET_CONNECTED ? NATS_OK : result;
}

/* Returns NULL, with the transport closed and freed, where memory runs out. */
static struct bus *start_member(struct nats_transport *transport,
                                const struct bus_nats_options *options)
{
    struct bus_setup setup = {.loop = transport->loop,
                              .ops = &nats_ops,
                              .transport = transport,
                              .name = options->name,
                              .version = options->version != NULL ? options->version : "0.0.0",
                              .inbox = transport->inbox};
    seed(&setup.random);
    char id[TRACE_ID_SIZE];
    trace_new_id(&setup.random, id);
    (void)snprintf(transport->inbox, sizeof transport->inbox, "_INBOX.%s", id); /* both fit */
    char streams[BUS_SUBJECT_MAX];
    (void)snprintf(streams, sizeof streams, "%s.js.>", transport->inbox);
    struct bus *bus = bus_create(&setup);
    transport->bus = bus;
    if (bus == NULL) {
        nats_destroy(transport);
        return NULL;
    }
    if (loop_at_round_end(transport->loop, on_round_end, transport) == STATUS_OK &&
        route_add(transport, streams, NULL) == STATUS_OK && bus_start(bus) == STATUS_OK)
        return bus;
    bus_destroy(bus);
    return NULL;
}

struct bus *bus_nats_create(struct loop *loop, const struct bus_nats_options *options,
                            struct fault *out_fault)
{
    assert(options->url != NULL && options->name != NULL);
    struct nats_transport *transport = transport_create(loop);
    if (transport == NULL)
        return NULL;
    natsStatus result = connect_first(transport, options);
    if (result != NATS_OK) {
        /* The url may hold a password: it is not repeated. */
        (void)fault_set(out_fault, 0, 0, "cannot use the NATS servers: %s",
                        natsStatus_GetText(result));
        fault_hint(out_fault, "a url looks like nats://127.0.0.1:4222; check the files named for "
                              "credentials and TLS");
        transport_free(transport);
        return NULL;
    }
    return start_member(transport, options);
}
