#ifndef ORCHESTRATOR_HOST_H
#define ORCHESTRATOR_HOST_H

/*
 * host — runs machines: takes an event, steps, commits, answers.
 *
 * In:       requests StartInstance, SendEvent and GetInstance; bells (arbiter.v1.bell.inbox) that
 *           say an instance has rows in its inbox; a sweep that finds rows whose bell was lost.
 * Out:      CommitStep requests to the store. Nothing that happens here lasts before one of them
 *           has been answered.
 * Owns:     a cache of instances, for speed only: whatever is in it may be stale, and a stale one
 *           loses the compare-and-swap, is thrown away and read again.
 * Threads:  the loop's.
 * Errors:   per request, canonical codes: a refusal is FAILED_PRECONDITION with the guard's
 *           sentence, a full mailbox UNAVAILABLE.
 *
 * Any number of hosts share the work; correctness rests on the store alone.
 */

#include "base/attr.h"
#include "base/status.h"
#include "bus/bus.h"
#include "orchestrator/catalogue.h"
#include "orchestrator/conduct_shelf.h"
#include "orchestrator/ratings_shelf.h"

#define HOST_ACTORS_MAX 20000  /* instances cached or busy */
#define HOST_MAILBOX_MAX 1024  /* requests waiting for one instance */
#define HOST_PENDING_MAX 64    /* inbox rows taken into one commit */
#define HOST_TRIES_MAX 50      /* lost compare-and-swaps before a request is given up */
#define HOST_SWEEP_MS 1000     /* how often to look for lost bells; sooner where many are found */
#define HOST_SWEEP_AGE_MS 1500 /* how long a row may wait before its bell counts as lost */

struct host;
struct worker;

struct host_options {
    struct bus *bus;
    struct catalogue *catalogue;
    const struct ratings_shelf *ratings;
    const struct conduct_shelf *conduct; /* NULL: nobody is judged */
    struct worker *worker;               /* for proofs of policies; NULL: on the loop */
    int64_t sweep_ms;                    /* 0: HOST_SWEEP_MS */
};

/* Starts hosting: learns from the store which machines are the newest (versions.h), then serves the
 * Orchestrator service, hears bells, sweeps. Options' pointers must outlive the host. NULL without
 * memory or where the bus refuses. */
struct host *host_create(const struct host_options *options);

/* Whether it has begun to serve. Before that, other replicas answer, or nobody does. */
bool host_is_serving(const struct host *host);

/* Forgets everything; requests in flight are dropped. NULL is allowed. */
void host_destroy(struct host *host);

struct host_stats {
    uint64_t steps;
    uint64_t commits;
    uint64_t conflicts; /* lost compare-and-swaps */
    uint64_t refusals;
    uint64_t loads;
    uint64_t swept;    /* rows found by the sweep */
    uint64_t poisoned; /* inbox rows given up on */
    size_t actors;
};
void host_stats(const struct host *host, struct host_stats *out_stats);

#endif
