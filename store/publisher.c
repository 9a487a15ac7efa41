/*
 * Events into the stream, in the order of their positions. One replica at a time has the lease and
 * publishes what lies between its position and the horizon; after a crash the next one begins at
 * the last position written down, and the stream drops what it has already, by message id. What
 * this store has just committed is published from its tail; everything else is read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/rows.h"
#include "store/state.h"

#define PAGE_MAX 256
#define STREAM_AGE_MS INT64_C(604800000) /* a week: the store has the rest */
#define STREAM_BYTES (INT64_C(1) << 30)

struct page {
    Arbiter__V1__Event *events[PAGE_MAX];
    size_t count;
};

static void publish_on(struct store *store);

/* ---- publishing one page ----------------------------------------------------------------- */

static void page_is_done(struct store *store)
{
    struct publisher *publisher = &store->publisher;
    publisher->is_busy = false;
    if (publisher->has_failed)
        publisher->is_behind = true; /* the sweep goes on from the old position */
    else if (publisher->is_behind)
        publish_on(store);
}

/* Whether what the page was told says that all of it is in the stream: where only its last event
 * has asked, the sequence has counted all. */
static bool is_whole(const struct publisher *publisher)
{
    return !publisher->has_failed &&
           (publisher->sequence == 0 ||
            publisher->page_sequence == publisher->sequence + publisher->page_count);
}

static void on_stored(enum status status, uint64_t sequence, void *user)
{
    struct store *store = user;
    struct publisher *publisher = &store->publisher;
    if (status != STATUS_OK)
        publisher->has_failed = true;
    if (sequence > publisher->page_sequence)
        publisher->page_sequence = sequence;
    if (--publisher->unacknowledged > 0)
        return;
    publisher->has_failed = !is_whole(publisher);
    publisher->sequence = publisher->has_failed ? 0 : publisher->page_sequence;
    if (!publisher->has_failed)
        publisher->position = publisher->page_end;
    tail_forget(store, publisher->position);
    page_is_done(store);
}

/* The first page, and one after trouble, asks for each of its events; then its last one does for
 * all: see bus_publish_unasked(). */
static void begin_page(struct store *store, size_t count)
{
    struct publisher *publisher = &store->publisher;
    publisher->page_count = publisher->page_left = count;
    publisher->page_sequence = 0;
    publisher->unacknowledged =
        1 + (publisher->sequence == 0 ? count
                                      : 1); /* one for the page's loop, so that it ends in order */
}

/* An event may come in two parts: fields that follow each other are one message. */
static void publish_bytes(struct store *store, const char *subject, int64_t position,
                          const void *bytes, size_t size, const Arbiter__V1__Event *rest)
{
    struct publisher *publisher = &store->publisher;
    char message_id[24];
    (void)snprintf(message_id, sizeof message_id, "%" PRId64, position); /* 20 digits */
    size_t rest_size = arbiter__v1__event__get_packed_size(rest);
    uint8_t *message = malloc(size + rest_size + 1);
    bool is_asked = publisher->sequence == 0 || --publisher->page_left == 0;
    if (message == NULL) {
        publisher->has_failed = true;
        if (is_asked)
            on_stored(STATUS_UNAVAILABLE, 0, store);
        return;
    }
    if (size > 0)
        memcpy(message, bytes, size);
    (void)arbiter__v1__event__pack(rest, message + size); /* sized above */
    store->stats.events_published++;
    const struct bus_durable durable = {subject, message_id, message, size + rest_size};
    if (is_asked)
        bus_publish_durable(store->bus, &durable, on_stored, store);
    else
        bus_publish_unasked(store->bus, &durable);
    free(message);
}

static void publish(struct store *store, const Arbiter__V1__Event *event)
{
    char subject[BUS_SUBJECT_MAX];
    event_subject(STORE_EVENT_PREFIX, event, subject);
    publish_bytes(store, subject, event->position, NULL, 0, event);
}

static void publish_kept(struct store *store, const struct tail_event *event,
                         const Arbiter__V1__Event *rest)
{
    store->stats.events_kept++;
    publish_bytes(store, event->subject, event->position, event->bytes, event->size, rest);
}

static void on_events(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct page *page = op->data;
    if (!op_check(op, result))
        return;
    for (size_t row = 0; row < result->row_count && page->count < PAGE_MAX; row++) {
        Arbiter__V1__Event *event = read_event(op, result, row);
        if (event == NULL)
            break;
        page->events[page->count++] = event;
    }
}

static enum op_next read_page(struct op *op)
{
    op_send(op, STATEMENT_EVENTS_AFTER,
            SQL_PARAMETERS(sql_integer(op->store->publisher.position), sql_integer(PAGE_MAX),
                           sql_text("")),
            on_events);
    return OP_LAST;
}

static void end_page(struct op *op)
{
    struct store *store = op->store;
    struct publisher *publisher = &store->publisher;
    const struct page *page = op->data;
    if (!op->is_committed || op->status != STATUS_OK || page->count == 0) {
        publisher->has_failed = op->status != STATUS_OK;
        page_is_done(store);
        return;
    }
    publisher->is_behind = publisher->is_behind || page->count == PAGE_MAX;
    publisher->page_end = page->events[page->count - 1]->position;
    begin_page(store, page->count);
    int64_t after = publisher->position;
    for (size_t i = 0; i < page->count; i++) {
        page->events[i]->after = after;
        after = page->events[i]->position;
        publish(store, page->events[i]);
    }
    on_stored(STATUS_OK, 0, store);
}

static const struct op_kind op_page = {NULL, read_page, end_page, sizeof(struct page), NULL};

bool publisher_has_lease(const struct store *store)
{
    return store->publisher.lease_to_ms > store_now_ms(store);
}

/* Returns false where there is nothing to publish in the tail. */
static bool publish_tail(struct store *store)
{
    struct publisher *publisher = &store->publisher;
    if (!tail_covers(store, publisher->position))
        return false;
    tail_forget(store, publisher->position);
    size_t count = store->tail.count < PAGE_MAX ? store->tail.count : PAGE_MAX;
    if (count == 0)
        return false;
    publisher->is_busy = true;
    publisher->is_behind = store->tail.count > count;
    publisher->has_failed = false;
    begin_page(store, count);
    publisher->page_end = tail_publish(store, publisher->position, count, publish_kept);
    on_stored(STATUS_OK, 0, store);
    return true;
}

static void publish_on(struct store *store)
{
    struct publisher *publisher = &store->publisher;
    if (publisher->is_busy || !publisher->has_stream || !publisher_has_lease(store) ||
        publish_tail(store))
        return;
    struct op *op = op_create(store, &op_page, NULL);
    if (op == NULL)
        return; /* the sweep comes back */
    publisher->is_busy = true;
    publisher->is_behind = false;
    publisher->has_failed = false;
    read_start(store, op);
}

void publisher_wake(struct store *store)
{
    if (store->is_silent)
        return;
    struct publisher *publisher = &store->publisher;
    /* Where the tail has everything, what is under way may be all there is. */
    bool is_known = publisher->is_busy && tail_covers(store, publisher->page_end);
    publisher->is_behind =
        publisher->is_behind || !is_known || store->tail.to > publisher->page_end;
    if (publisher_has_lease(store))
        publish_on(store);
    else
        bus_publish(store->bus, STORE_BELL_EVENTS, "", 0);
}

void publisher_on_bell(const char *subject, const void *data, size_t size, void *user)
{
    (void)subject, (void)data, (void)size; /* the bell says nothing but that it rang */
    struct store *store = user;
    store->publisher.is_behind = true;
    publish_on(store);
}

/* ---- the lease --------------------------------------------------------------------------- */

struct lease {
    bool is_ours;
    int64_t position;
};

static void on_lease(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct lease *lease = op->data;
    if (!op_check(op, result) || result->row_count != 1)
        return;
    lease->is_ours = true;
    lease->position = sql_read_integer(result, 0, 0);
}

static int64_t lease_end(const struct store *store)
{
    return store_now_ms(store) + loop_span_ms(store->loop, 3 * store->sweep_ms);
}

static enum op_next advance_lease(struct op *op)
{
    const struct store *store = op->store;
    op_send(op, STATEMENT_PUBLISHER_ADVANCE,
            SQL_PARAMETERS(sql_text(store->name), sql_integer(store->publisher.position)), NULL);
    op_send(op, STATEMENT_PUBLISHER_LEASE,
            SQL_PARAMETERS(sql_text(store->name), sql_integer(lease_end(store)),
                           sql_integer(store_now_ms(store))),
            on_lease);
    return OP_LAST;
}

static void end_lease(struct op *op)
{
    struct store *store = op->store;
    struct publisher *publisher = &store->publisher;
    const struct lease *lease = op->data;
    publisher->is_leasing = false;
    if (!op->is_committed || lease == NULL || !lease->is_ours) {
        publisher->lease_to_ms = 0;
        return;
    }
    publisher->lease_to_ms = lease_end(store);
    if (lease->position > publisher->position)
        publisher->position = lease->position;
    publish_on(store);
}

static const struct op_kind op_lease = {NULL, advance_lease, end_lease, sizeof(struct lease), NULL};

void publisher_sweep(struct store *store)
{
    struct publisher *publisher = &store->publisher;
    if (!publisher->has_stream)
        publisher->has_stream =
            bus_stream_ensure(store->bus, &(struct bus_stream){.name = STORE_EVENT_STREAM,
                                                               .subjects = STORE_EVENT_PREFIX ".>",
                                                               .max_age_ms = STREAM_AGE_MS,
                                                               .max_bytes = STREAM_BYTES}) ==
            STATUS_OK;
    if (publisher->is_leasing)
        return;
    struct op *op = op_create(store, &op_lease, NULL);
    if (op == NULL)
        return;
    publisher->is_leasing = true;
    batch_add(store, op);
}
