#ifndef SEEKS_QUOTA_H
#define SEEKS_QUOTA_H

/*
 * quota — how many requests a client has left: buckets that fill up again evenly, in a table of
 * fixed size.
 *
 * A bucket is one number: when it will be full. A client that is not in the table has a full one,
 * so only those who have asked lately take room; where a part of the table is full, the client
 * that has used least is forgotten, and is back at a full bucket.
 *
 * In:       who asks, of which budget, when.
 * Out:      whether that is within it, what is left, when there is more.
 * Owns:     the table, from quota_create() to quota_destroy().
 * Threads:  one at a time. No clock.
 */

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUOTA_CLIENTS_MAX (1u << 22)
#define QUOTA_REQUESTS_MAX 1000000
#define QUOTA_WINDOW_MIN_MS 1000
#define QUOTA_WINDOW_MAX_MS (INT64_C(24) * 3600 * 1000)

struct quota;

/* `requests` at once, and then as many again every `window_ms`, evenly. */
struct quota_budget {
    int64_t requests;  /* 1 to QUOTA_REQUESTS_MAX */
    int64_t window_ms; /* QUOTA_WINDOW_MIN_MS to QUOTA_WINDOW_MAX_MS */
};

struct quota_state {
    bool is_admitted;
    int64_t left;       /* requests that would be admitted now */
    int64_t next_in_ms; /* until one is; 0: now */
    int64_t full_in_ms; /* until all of the budget's are */
};

/* Returns a table for about so many clients (up to QUOTA_CLIENTS_MAX), or NULL without memory. */
struct quota *quota_create(size_t clients_max);

/* NULL is allowed. */
void quota_destroy(struct quota *quota);

/* Takes one request from a client's bucket. `client` is a keyed hash of the client and its budget;
 * one that is refused takes nothing. A clock that is set back never makes a bucket emptier than
 * empty. */
void quota_take(struct quota *quota, uint64_t client, const struct quota_budget *budget,
                int64_t now_ms, struct quota_state *out_state);

/* Returns how many clients the table has forgotten before their buckets were full again. */
uint64_t quota_forgotten(const struct quota *quota);

#endif
