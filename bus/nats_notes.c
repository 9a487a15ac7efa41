/* What nats.c's threads (reconnecting, pings, callbacks) have to say: each leaves a note under the
 * lock and wakes the loop. */
#include "bus/nats_transport.h"

#include <assert.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

enum { RECONNECT_MIN_MS = 50, RECONNECT_MAX_MS = 4000, CLOSE_WAIT_S = 5 };

static bool on_loop_thread(const struct nats_transport *transport)
{
    return pthread_equal(pthread_self(), transport->loop_thread) != 0;
}

static void lock(struct nats_transport *transport)
{
    int error = pthread_mutex_lock(&transport->lock);
    assert(error == 0);
}

static void unlock(struct nats_transport *transport)
{
    int error = pthread_mutex_unlock(&transport->lock);
    assert(error == 0);
}

/* A socket of our own to watch: nats.c closes its descriptor from another thread, after which the
 * number may mean something else to the loop. */
static natsStatus on_attach(void **user_data, void *loop, natsConnection *connection,
                            natsSock socket)
{
    (void)connection;
    struct nats_transport *transport = loop;
    int descriptor = dup(socket);
    if (descriptor < 0)
        return NATS_NO_MEMORY;
    *user_data = transport;
    lock(transport);
    if (transport->posted.descriptor >= 0)
        (void)close(transport->posted.descriptor); /* overtaken before the loop had it */
    transport->posted.descriptor = descriptor;
    transport->posted.detach = false;
    unlock(transport);
    loop_wake(transport->loop);
    return NATS_OK;
}

static natsStatus on_read_wanted(void *user_data, bool add)
{
    struct nats_transport *transport = user_data;
    if (add)
        return NATS_OK; /* reading starts with on_attach() */
    if (on_loop_thread(transport)) {
        nats_unwatch(transport);
        return NATS_OK;
    }
    lock(transport);
    transport->posted.detach = true;
    if (transport->posted.descriptor >= 0) {
        (void)close(transport->posted.descriptor); /* lost before the loop had it */
        transport->posted.descriptor = -1;
    }
    unlock(transport);
    loop_wake(transport->loop);
    return NATS_OK;
}

static void on_flush_round(void *user)
{
    ((struct nats_transport *)user)->flush = 0; /* the round's end does the work */
}

static natsStatus on_write_wanted(void *user_data, bool add)
{
    struct nats_transport *transport = user_data;
    if (!on_loop_thread(transport)) {
        lock(transport);
        transport->posted.write = add;
        unlock(transport);
        if (add)
            loop_wake(transport->loop);
        return NATS_OK;
    }
    transport->write_wanted = add;
    if (add && transport->flush == 0 &&
        loop_after(transport->loop, 0, on_flush_round, transport, &transport->flush) != STATUS_OK)
        transport->flush = 0; /* no room for a timer: a busy loop has rounds enough */
    return NATS_OK;
}

static natsStatus on_detach(void *user_data)
{
    return on_read_wanted(user_data, false);
}

/* Leaves a note. All of it happens under the lock: whoever waits for the last note frees it all. */
static void post(struct nats_transport *transport, size_t offset)
{
    lock(transport);
    *(bool *)((char *)&transport->posted + offset) = true;
    int error = pthread_cond_signal(&transport->closing);
    assert(error == 0);
    loop_wake(transport->loop);
    unlock(transport);
}

static void on_disconnected(natsConnection *connection, void *user)
{
    (void)connection;
    post(user, offsetof(struct nats_posted, lost));
}

void nats_notes_connected(natsConnection *connection, void *user)
{
    (void)connection;
    post(user, offsetof(struct nats_posted, restored));
}

static void on_closed(natsConnection *connection, void *user)
{
    (void)connection;
    post(user, offsetof(struct nats_posted, closed));
}

static void on_error(natsConnection *connection, natsSubscription *subscription, natsStatus error,
                     void *user)
{
    (void)connection;
    (void)subscription;
    (void)user;
    char quoted[256];
    log_event(LOG_WARN, "bus_error", "reason=%s next=\"carry on\"",
              log_quote(natsStatus_GetText(error), quoted, sizeof quoted));
}

/* Waits twice as long after each round of attempts, and a random part of that. */
static int64_t on_reconnect_delay(natsConnection *connection, int attempts, void *user)
{
    (void)connection;
    struct nats_transport *transport = user;
    int doublings = attempts < 8 ? attempts : 8;
    int64_t ceiling_ms = (int64_t)RECONNECT_MIN_MS << doublings;
    if (ceiling_ms > RECONNECT_MAX_MS)
        ceiling_ms = RECONNECT_MAX_MS;
    return ceiling_ms / 2 +
           (int64_t)random_below(&transport->jitter, (uint64_t)(ceiling_ms / 2) + 1);
}

/* ---- for the loop's thread ---------------------------------------------------------------------
 */

natsStatus nats_notes_init(struct nats_transport *transport)
{
    natsOptions *options = transport->options;
    const natsStatus steps[] = {
        natsOptions_SetEventLoop(options, transport, on_attach, on_read_wanted, on_write_wanted,
                                 on_detach),
        natsOptions_SetCustomReconnectDelay(options, on_reconnect_delay, transport),
        natsOptions_SetRetryOnFailedConnect(options, true, nats_notes_connected, transport),
        natsOptions_SetReconnectedCB(options, nats_notes_connected, transport),
        natsOptions_SetDisconnectedCB(options, on_disconnected, transport),
        natsOptions_SetClosedCB(options, on_closed, transport),
        natsOptions_SetErrorHandler(options, on_error, NULL),
    };
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (steps[i] != NATS_OK)
            return steps[i];
    return NATS_OK;
}

struct nats_posted nats_notes_take(struct nats_transport *transport)
{
    lock(transport);
    struct nats_posted posted = transport->posted;
    transport->posted = (struct nats_posted){.descriptor = -1, .closed = posted.closed};
    unlock(transport);
    return posted;
}

bool nats_notes_overtake(struct nats_transport *transport)
{
    lock(transport);
    bool is_stale = transport->posted.detach || transport->posted.descriptor >= 0;
    unlock(transport);
    return is_stale;
}

void nats_notes_wait_closed(struct nats_transport *transport)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until); /* cannot fail for this clock */
    until.tv_sec += CLOSE_WAIT_S;
    lock(transport);
    int error = 0;
    while (!transport->posted.closed && error == 0)
        error = pthread_cond_timedwait(&transport->closing, &transport->lock, &until);
    unlock(transport);
}
