/* The network in memory: decides who hears a message and when; the seed decides what goes wrong. */
#include "bus/bus_memory.h"

#include "bus/memory_stream.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MILLION = 1000000 };

struct member {
    struct bus *bus;
    struct bus_network *network;
    struct member *next;
    bool cut_off;
    int32_t slow_ms;
    char name[32];
};

/* One listener's place in the network; the listener's `handle`. */
struct route {
    struct route *next; /* in the order of listening */
    struct member *member;
    struct bus_listener *listener;
    bool closed; /* nothing new is routed here */
};

/* A message under way to one listener. */
struct delivery {
    struct delivery *previous;
    struct delivery *next;
    struct bus_network *network;
    struct route *route;
    loop_timer timer;
    struct bus_incoming message; /* its bytes follow the struct */
    char bytes[];
};

struct bus_network {
    struct loop *loop;
    struct bus_network_options options;
    struct random random;
    struct member *members;
    struct route *routes;
    struct route **routes_end;
    struct delivery *deliveries;
    struct memory_streams streams;
    uint64_t members_made;
    struct bus_watch watch;
    const char *sender; /* of the message being routed */
};

/* ---- under way ---------------------------------------------------------------------------------
 */

static void delivery_free(struct delivery *delivery)
{
    struct bus_network *network = delivery->network;
    if (delivery->previous != NULL)
        delivery->previous->next = delivery->next;
    else
        network->deliveries = delivery->next;
    if (delivery->next != NULL)
        delivery->next->previous = delivery->previous;
    loop_cancel(network->loop, delivery->timer);
    free(delivery);
}

static void on_arrival(void *user)
{
    struct delivery *delivery = user;
    const struct route *route = delivery->route;
    delivery->timer = 0;
    if (!route->member->cut_off)
        route->listener->on_incoming(&delivery->message, route->listener->user);
    delivery_free(delivery);
}

static char *append_text(char **at, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*at, text, size);
    *at += size;
    return copy;
}

/* Puts one copy on its way; without memory or timers it is lost, as networks do. */
static void deliver_after(struct route *route, const struct bus_incoming *message, int64_t delay_ms)
{
    struct bus_network *network = route->member->network;
    struct delivery *delivery = malloc(sizeof *delivery + strlen(message->subject) +
                                       strlen(message->reply) + 2 + message->size);
    if (delivery == NULL)
        return;
    *delivery = (struct delivery){.network = network, .route = route};
    char *at = delivery->bytes;
    delivery->message.subject = append_text(&at, message->subject);
    delivery->message.reply = append_text(&at, message->reply);
    delivery->message.data = at;
    delivery->message.size = message->size;
    delivery->message.no_responders = message->no_responders;
    if (message->size > 0)
        memcpy(at, message->data, message->size);
    delivery->next = network->deliveries;
    if (network->deliveries != NULL)
        network->deliveries->previous = delivery;
    network->deliveries = delivery;
    if (loop_after(network->loop, delay_ms, on_arrival, delivery, &delivery->timer) != STATUS_OK)
        delivery_free(delivery);
}

static bool happens(struct bus_network *network, int32_t per_million)
{
    return random_below(&network->random, MILLION) < (uint64_t)per_million;
}

static int32_t draw_delay(struct bus_network *network)
{
    const struct bus_network_options *options = &network->options;
    uint64_t range = (uint64_t)(options->delay_max_ms - options->delay_min_ms) + 1;
    return options->delay_min_ms + (int32_t)random_below(&network->random, range);
}

static struct memory_fate draw_fate(void *user)
{
    struct bus_network *network = user;
    return (struct memory_fate){
        .delay_ms = draw_delay(network),
        .lost = happens(network, network->options.drop_per_million),
        .doubled = happens(network, network->options.duplicate_per_million),
    };
}

static void deliver(struct route *route, const struct bus_incoming *message)
{
    struct bus_network *network = route->member->network;
    struct memory_fate fate = draw_fate(network);
    fate.delay_ms += route->member->slow_ms;
    if (network->watch.on_fate != NULL)
        network->watch.on_fate(&(struct bus_fate){.from = network->sender,
                                                  .to = route->member->name,
                                                  .subject = message->subject,
                                                  .delay_ms = fate.delay_ms,
                                                  .is_lost = fate.lost,
                                                  .is_doubled = fate.doubled},
                               network->watch.user);
    if (!fate.lost)
        deliver_after(route, message, fate.delay_ms);
    if (fate.doubled)
        deliver_after(route, message, draw_delay(network) + route->member->slow_ms);
}

/* ---- routing -----------------------------------------------------------------------------------
 */

static bool route_hears(const struct route *route, const char *subject)
{
    return !route->closed && !route->member->cut_off &&
           subject_matches(route->listener->subject, subject);
}

static bool same_group(const struct route *a, const struct route *b)
{
    return strcmp(a->listener->queue_group, b->listener->queue_group) == 0;
}

/* Whether an earlier route of the same queue group hears the subject, and so has spoken for it. */
static bool group_is_done(const struct bus_network *network, const struct route *route,
                          const char *subject)
{
    for (const struct route *r = network->routes; r != route; r = r->next) {
        if (same_group(r, route) && route_hears(r, subject))
            return true;
    }
    return false;
}

/* Draws the member of a queue group that takes a message; `first` is its first that hears it. */
static struct route *group_choose(struct bus_network *network, struct route *first,
                                  const char *subject)
{
    uint64_t count = 0;
    for (const struct route *r = first; r != NULL; r = r->next)
        count += same_group(r, first) && route_hears(r, subject) ? 1 : 0;
    uint64_t chosen = random_below(&network->random, count);
    for (struct route *r = first;; r = r->next) {
        if (same_group(r, first) && route_hears(r, subject) && chosen-- == 0)
            return r;
    }
}

/* Sends a message to everybody who should hear it; returns whether there was anybody. */
static bool route_message(struct bus_network *network, const struct bus_incoming *message)
{
    bool heard = false;
    for (struct route *route = network->routes; route != NULL; route = route->next) {
        if (!route_hears(route, message->subject))
            continue;
        heard = true;
        if (route->listener->queue_group[0] == '\0')
            deliver(route, message);
        else if (!group_is_done(network, route, message->subject))
            deliver(group_choose(network, route, message->subject), message);
    }
    return heard;
}

/* Lets a stream keep the message, and acknowledges it as a nats-server does. */
static bool store_message(struct bus_network *network, const struct bus_outgoing *message)
{
    const char *stream;
    bool doubled;
    uint64_t sequence = memory_streams_store(&network->streams, message, &stream, &doubled);
    if (sequence == 0)
        return false;
    if (message->reply == NULL)
        return true;
    char text[2 * BUS_SUBJECT_MAX];
    int size = snprintf(text, sizeof text, "{\"stream\":\"%s\",\"seq\":%" PRIu64 "%s}", stream,
                        sequence, doubled ? ",\"duplicate\":true" : "");
    (void)route_message(
        network, &(struct bus_incoming){
                     .subject = message->reply, .reply = "", .data = text, .size = (size_t)size});
    /* Whoever asked may have gone since. */
    return true;
}

static enum status memory_send(void *transport, const struct bus_outgoing *message)
{
    struct member *member = transport;
    struct bus_network *network = member->network;
    if (member->cut_off)
        return STATUS_UNAVAILABLE;
    if (network->watch.on_send != NULL &&
        !network->watch.on_send(member->bus, message->subject, network->watch.user))
        return STATUS_OK; /* it dies while it sends */
    network->sender = member->name;
    bool kept = store_message(network, message);
    bool heard = route_message(
        network, &(struct bus_incoming){.subject = message->subject,
                                        .reply = message->reply != NULL ? message->reply : "",
                                        .data = message->data,
                                        .size = message->size});
    if (!kept && !heard && message->reply != NULL)
        (void)route_message(network, &(struct bus_incoming){.subject = message->reply,
                                                            .reply = "",
                                                            .data = "",
                                                            .no_responders = true});
    /* The asker hears it himself: he listens there. */
    return STATUS_OK;
}

/* ---- members -----------------------------------------------------------------------------------
 */

static enum status memory_listen(void *transport, struct bus_listener *listener)
{
    struct member *member = transport;
    struct bus_network *network = member->network;
    struct route *route = calloc(1, sizeof *route);
    if (route == NULL)
        return STATUS_FULL;
    route->member = member;
    route->listener = listener;
    listener->handle = route;
    *network->routes_end = route;
    network->routes_end = &route->next;
    return STATUS_OK;
}

static void memory_unlisten(void *transport, struct bus_listener *listener)
{
    (void)transport;
    ((struct route *)listener->handle)->closed = true;
}

static enum status memory_declare_stream(void *transport, const struct bus_stream *stream)
{
    return memory_streams_declare(&((struct member *)transport)->network->streams, stream);
}

static enum status memory_consume(void *transport, struct bus_consumer *consumer)
{
    consumer->handle = transport;
    return memory_streams_bind(&((struct member *)transport)->network->streams, consumer);
}

static void memory_unconsume(void *transport, struct bus_consumer *consumer)
{
    memory_streams_unbind(&((struct member *)transport)->network->streams, consumer);
}

static bool consumer_reachable(const struct bus_consumer *consumer, void *user)
{
    (void)user;
    return !((const struct member *)consumer->handle)->cut_off;
}

static bool memory_connected(const void *transport)
{
    return !((const struct member *)transport)->cut_off;
}

static void routes_remove(struct bus_network *network, const struct member *member)
{
    struct route **place = &network->routes;
    while (*place != NULL) {
        struct route *route = *place;
        if (route->member == member) {
            *place = route->next;
            free(route);
        } else {
            place = &route->next;
        }
    }
    network->routes_end = place;
}

static void memory_destroy(void *transport)
{
    struct member *member = transport;
    struct bus_network *network = member->network;
    for (struct delivery *d = network->deliveries; d != NULL;) {
        struct delivery *next = d->next;
        if (d->route->member == member)
            delivery_free(d);
        d = next;
    }
    routes_remove(network, member);
    memory_streams_unbind_all(&network->streams, member);
    struct member **place = &network->members;
    while (*place != member)
        place = &(*place)->next;
    *place = member->next;
    free(member);
}

static const struct bus_transport_ops memory_ops = {
    .send = memory_send,
    .listen = memory_listen,
    .unlisten = memory_unlisten,
    .declare_stream = memory_declare_stream,
    .consume = memory_consume,
    .unconsume = memory_unconsume,
    .connected = memory_connected,
    .destroy = memory_destroy,
};

struct bus *bus_memory_create(struct bus_network *network, const char *name)
{
    struct member *member = calloc(1, sizeof *member);
    if (member == NULL)
        return NULL;
    member->network = network;
    (void)snprintf(member->name, sizeof member->name, "%s", name); /* may be cut */
    char inbox[64];
    uint64_t number = ++network->members_made;
    (void)snprintf(inbox, sizeof inbox, "_INBOX.%" PRIu64, number); /* it fits */
    struct bus_setup setup = {.loop = network->loop,
                              .ops = &memory_ops,
                              .transport = member,
                              .name = name,
                              .version = "0.0.0",
                              .inbox = inbox};
    random_init_stream(&setup.random, network->options.seed, "member", number);
    member->bus = bus_create(&setup);
    if (member->bus == NULL) {
        free(member);
        return NULL;
    }
    member->next = network->members;
    network->members = member;
    if (bus_start(member->bus) != STATUS_OK) {
        bus_destroy(member->bus);
        return NULL;
    }
    return member->bus;
}

/* ---- the network -------------------------------------------------------------------------------
 */

static void check_options(const struct bus_network_options *options)
{
    assert(options->delay_min_ms >= 0 && options->delay_max_ms >= options->delay_min_ms);
    assert(options->drop_per_million >= 0 && options->drop_per_million <= MILLION);
    assert(options->duplicate_per_million >= 0 && options->duplicate_per_million <= MILLION);
}

struct bus_network *bus_network_create(struct loop *loop, const struct bus_network_options *options)
{
    check_options(options);
    struct bus_network *network = calloc(1, sizeof *network);
    if (network == NULL)
        return NULL;
    network->loop = loop;
    network->options = *options;
    network->routes_end = &network->routes;
    network->sender = "";
    random_init_stream(&network->random, options->seed, "network", 0);
    network->streams = (struct memory_streams){
        .loop = loop, .fate = draw_fate, .reachable = consumer_reachable, .user = network};
    return network;
}

void bus_network_destroy(struct bus_network *network)
{
    if (network == NULL)
        return;
    assert(network->members == NULL);
    memory_streams_deinit(&network->streams);
    free(network);
}

void bus_network_set_faults(struct bus_network *network, const struct bus_network_options *options)
{
    check_options(options);
    uint64_t seed = network->options.seed;
    network->options = *options;
    network->options.seed = seed;
}

void bus_network_watch(struct bus_network *network, const struct bus_watch *watch)
{
    network->watch = *watch;
}

static struct member *find_member(struct bus_network *network, const struct bus *bus)
{
    struct member *member = network->members;
    while (member != NULL && member->bus != bus)
        member = member->next;
    assert(member != NULL);
    return member;
}

void bus_network_slow(struct bus_network *network, struct bus *bus, int32_t delay_ms)
{
    assert(delay_ms >= 0);
    find_member(network, bus)->slow_ms = delay_ms;
}

void bus_network_partition(struct bus_network *network, struct bus *bus, bool cut_off)
{
    struct member *member = find_member(network, bus);
    if (member->cut_off == cut_off)
        return;
    member->cut_off = cut_off;
    if (cut_off) {
        bus_connection_lost(bus);
    } else {
        bus_connection_restored(bus);
        memory_streams_wake(&network->streams);
    }
}
