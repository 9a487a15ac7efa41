/* A member of the bus: its listeners, plain messages and counters. Requests are in call.c (asking)
 * and serve.c (answering). */
#include "bus/bus.h"

#include "bus/member.h"
#include "bus/trace.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bus *bus_create(const struct bus_setup *setup)
{
    struct bus *bus = calloc(1, sizeof *bus);
    if (bus == NULL)
        return NULL;
    bus->loop = setup->loop;
    bus->ops = setup->ops;
    bus->transport = setup->transport;
    bus->random = setup->random;
    bus->started_ms = loop_now_ms(setup->loop);
    (void)snprintf(bus->name, sizeof bus->name, "%s", setup->name); /* cut: for people */
    (void)snprintf(bus->version, sizeof bus->version, "%s", setup->version);
    (void)snprintf(bus->inbox, sizeof bus->inbox, "%s", setup->inbox);
    trace_new_id(&bus->random, bus->id);
    arena_init(&bus->answer_arena, ENVELOPE_MEMORY_MAX);
    answers_init(&bus->answers, BUS_ANSWERS_MAX);
    return bus;
}

static void on_inbox(const struct bus_incoming *message, void *user)
{
    struct bus *bus = user;
    bus->stats.messages_in++;
    calls_take_answer(bus, message);
}

enum status bus_start(struct bus *bus)
{
    char subject[BUS_SUBJECT_MAX];
    int length = snprintf(subject, sizeof subject, "%s.>", bus->inbox);
    assert(length > 0 && (size_t)length < sizeof subject);
    enum status status = member_listen(bus, subject, NULL, on_inbox, bus);
    return status == STATUS_OK ? info_listen(bus) : status;
}

void bus_destroy(struct bus *bus)
{
    if (bus == NULL)
        return;
    bus->closing = true; /* what the callbacks below answer must not reach anybody */
    calls_end_all(bus, STATUS_CANCELLED, "this member of the bus has been closed");
    bus->ops->destroy(bus->transport);
    calls_deinit(bus);
    serve_deinit(bus);
    while (bus->listeners != NULL) {
        struct bus_listener *listener = bus->listeners;
        bus->listeners = listener->next;
        free(listener);
    }
    while (bus->consumers != NULL) {
        struct bus_consumer *consumer = bus->consumers;
        bus->consumers = consumer->next;
        free(consumer);
    }
    answers_deinit(&bus->answers);
    arena_deinit(&bus->answer_arena);
    envelope_scratch_deinit(&bus->scratch);
    free(bus);
}

/* ---- plain messages ----------------------------------------------------------------------------
 */

/* Hands the listener to the transport and keeps it, or frees it. */
static enum status listener_start(struct bus *bus, struct bus_listener *listener)
{
    enum status status = bus->ops->listen(bus->transport, listener);
    if (status != STATUS_OK) {
        free(listener);
        return status;
    }
    listener->next = bus->listeners;
    bus->listeners = listener;
    return STATUS_OK;
}

static enum status listener_create(struct bus *bus, const char *subject, const char *queue_group,
                                   struct bus_listener **out_listener)
{
    if (!subject_is_valid(subject, true) ||
        (queue_group != NULL && !subject_is_valid(queue_group, false)))
        return STATUS_INVALID_ARGUMENT;
    struct bus_listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL)
        return STATUS_FULL;
    (void)snprintf(listener->subject, sizeof listener->subject, "%s", subject); /* it fits */
    (void)snprintf(listener->queue_group, sizeof listener->queue_group, "%s",
                   queue_group != NULL ? queue_group : "");
    listener->bus = bus;
    *out_listener = listener;
    return STATUS_OK;
}

enum status member_listen(struct bus *bus, const char *subject, const char *queue_group,
                          bus_on_incoming on_incoming, void *user)
{
    struct bus_listener *listener;
    enum status status = listener_create(bus, subject, queue_group, &listener);
    if (status != STATUS_OK)
        return status;
    listener->on_incoming = on_incoming;
    listener->user = user;
    return listener_start(bus, listener);
}

enum status member_send(struct bus *bus, const struct bus_outgoing *message)
{
    if (bus->closing)
        return STATUS_UNAVAILABLE;
    enum status status = bus->ops->send(bus->transport, message);
    if (status == STATUS_OK)
        bus->stats.messages_out++;
    return status;
}

static void on_subscribed(const struct bus_incoming *message, void *user)
{
    struct bus_listener *listener = user;
    listener->bus->stats.messages_in++;
    listener->on_message(message->subject, message->data, message->size, listener->message_user);
}

enum status bus_subscribe(struct bus *bus, const char *subject, const char *queue_group,
                          bus_on_message on_message, void *user)
{
    assert(on_message != NULL);
    struct bus_listener *listener;
    enum status status = listener_create(bus, subject, queue_group, &listener);
    if (status != STATUS_OK)
        return status;
    listener->on_incoming = on_subscribed;
    listener->user = listener;
    listener->on_message = on_message;
    listener->message_user = user;
    return listener_start(bus, listener);
}

void bus_publish(struct bus *bus, const char *subject, const void *data, size_t size)
{
    assert(subject_is_valid(subject, false));
    if (size > BUS_MESSAGE_MAX)
        return;
    (void)member_send(bus, &(struct bus_outgoing){.subject = subject, .data = data, .size = size});
    /* A bell that cannot be rung now is dropped: no promise was given. */
}

/* ---- streams -----------------------------------------------------------------------------------
 */

/* A stream's or a consumer's name: one word of a subject without wildcards. */
static bool name_is_valid(const char *name)
{
    return subject_is_valid(name, false) && strchr(name, '.') == NULL;
}

enum status bus_stream_ensure(struct bus *bus, const struct bus_stream *stream)
{
    if (!name_is_valid(stream->name) || !subject_is_valid(stream->subjects, true))
        return STATUS_INVALID_ARGUMENT;
    return bus->ops->declare_stream(bus->transport, stream);
}

enum status bus_consume(struct bus *bus, const char *stream, const char *durable_name,
                        const char *filter_subject, bus_on_durable on_message, void *user)
{
    assert(on_message != NULL);
    if (!name_is_valid(stream) || !name_is_valid(durable_name) ||
        !subject_is_valid(filter_subject, true))
        return STATUS_INVALID_ARGUMENT;
    struct bus_consumer *consumer = calloc(1, sizeof *consumer);
    if (consumer == NULL)
        return STATUS_FULL;
    (void)snprintf(consumer->stream, sizeof consumer->stream, "%s", stream); /* they fit */
    (void)snprintf(consumer->durable_name, sizeof consumer->durable_name, "%s", durable_name);
    (void)snprintf(consumer->filter, sizeof consumer->filter, "%s", filter_subject);
    consumer->bus = bus;
    consumer->on_message = on_message;
    consumer->user = user;
    enum status status = bus->ops->consume(bus->transport, consumer);
    if (status != STATUS_OK) {
        free(consumer);
        return status;
    }
    consumer->next = bus->consumers;
    bus->consumers = consumer;
    return STATUS_OK;
}

enum status bus_take_durable(struct bus_consumer *consumer, const struct bus_incoming *message,
                             uint64_t stream_sequence)
{
    consumer->bus->stats.messages_in++;
    return consumer->on_message(message->subject, message->data, message->size, stream_sequence,
                                consumer->user);
}

/* ---- the member itself --------------------------------------------------------------------------
 */

struct loop *bus_loop(struct bus *bus)
{
    return bus->loop;
}

bool bus_connected(const struct bus *bus)
{
    return bus->ops->connected(bus->transport);
}

void bus_connection_lost(struct bus *bus)
{
    calls_lose_connection(bus);
}

void bus_connection_restored(struct bus *bus)
{
    bus->stats.reconnects++;
}

void bus_stats(const struct bus *bus, struct bus_stats *out_stats)
{
    *out_stats = bus->stats;
    out_stats->requests_held = bus->held_count;
}

void bus_drain(struct bus *bus)
{
    if (bus->draining)
        return;
    bus->draining = true;
    for (struct bus_listener *l = bus->listeners; l != NULL; l = l->next) {
        if (l->queue_group[0] != '\0')
            bus->ops->unlisten(bus->transport, l);
    }
    for (struct bus_consumer *c = bus->consumers; c != NULL; c = c->next)
        bus->ops->unconsume(bus->transport, c);
}
