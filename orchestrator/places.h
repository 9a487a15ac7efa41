#ifndef ORCHESTRATOR_PLACES_H
#define ORCHESTRATOR_PLACES_H

/*
 * places — who waits in a pool, read from the store a page at a time, the longest waits first.
 *
 * Owns:     nothing: all of it lies in the reader's arena.
 * Threads:  the loop's.
 * Errors:   STATUS_FULL for the arena.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "bus/bus.h"
#include "orchestrator/seeking/estimate.h"
#include "orchestrator/seeking/seeking.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACES_MAX 100000 /* of one pool, read one after the other */

struct Arbiter__V1__Ticket;
struct Arbiter__V1__EndedWait;

/* Zeroed but for the first three at the beginning. */
struct places {
    struct arena *arena;
    int64_t now_ms;
    bool keeps_gone; /* … among the others */
    struct seeking_ticket *tickets;
    size_t count;
    size_t capacity;
    const char **gone; /* whose owners have been without a connection for too long */
    size_t gone_count;
    size_t gone_capacity;
    bool is_cut;      /* there are more */
    int64_t after_ms; /* the last one read: the next page begins behind it */
    const char *after;
    struct seeking_wait *history; /* ended waits, oldest first: of the first page */
    size_t history_count;
    double level;
    bool has_history;
};

/* A page of them; what it points to must stay for as long as the places do. */
struct places_page {
    struct Arbiter__V1__Ticket *const *tickets;
    size_t count;
    bool is_cut;
    struct Arbiter__V1__EndedWait *const *ended; /* newest first */
    size_t ended_count;
};

/* Adds a page. */
enum status places_add(struct places *places, const struct places_page *page) MUST_CHECK;

#endif
