#ifndef STORE_STORE_H
#define STORE_STORE_H

/*
 * store — the only memory of the house, as a service on a bus.
 *
 * In:       requests of proto/arbiter/v1/store.proto, answered after their transaction is
 *           committed; time, which moves timers, deadlines and retries.
 * Out:      replies; bells ("arbiter.v1.bell.inbox", an instance id) for inbox rows; commands of
 *           the outbox as requests; events, in the order of their positions, into ARBITER_EVENTS.
 * Owns:     nothing that matters: killed at any instruction and made again on the same database, it
 *           goes on. Several stores may share a database.
 * Threads:  the loop's.
 * Errors:   UNAVAILABLE past STORE_WAITING_MAX waiting requests and while the database is away.
 */

#include "base/attr.h"
#include "base/status.h"
#include "bus/bus.h"
#include "store/sql.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_WAITING_MAX 8192  /* requests waiting for a transaction or a read */
#define STORE_BATCH_MAX 128     /* steps that share one transaction; see batch.c */
#define STORE_READERS_MAX 8     /* sessions for reads */
#define STORE_DUE_MAX 1024      /* timers, flags and commands taken at once */
#define STORE_COMMANDS_MAX 1024 /* commands under way at once */
#define STORE_TICKETS_MAX 2000  /* waiting in one pool that are listed at once, as a page */
#define STORE_CLUB_MEMBERS_MAX 10000
#define STORE_LIST_MAX 500                  /* rows of one answer, whatever was asked for */
#define STORE_REQUEST_BYTES_MAX (32u << 20) /* memory for one request under way */

#define STORE_BELL_INBOX "arbiter.v1.bell.inbox"
#define STORE_BELL_EVENTS "arbiter.v1.bell.events"
#define STORE_BELL_POLICIES "arbiter.v1.bell.policies" /* a name: its newest version is another */
#define STORE_BELL_PLAYERS "arbiter.v1.bell.players"   /* names, one a line: see touched.h */
#define STORE_EVENT_PREFIX "arbiter.v1.evt"
#define STORE_WORD_PREFIX "arbiter.v1.word" /* events at once, unordered, perhaps: see word.c */
#define STORE_EVENT_STREAM "ARBITER_EVENTS"

struct store;

struct store_options {
    struct sql_session *writer; /* all transactions that write; the store destroys it */
    struct sql_session *readers[STORE_READERS_MAX];
    size_t reader_count;
    uint64_t seed;           /* of short ids and jitter: from the system in production */
    const char *name;        /* of this replica, for leases; NULL: drawn from the seed */
    const char *id_alphabet; /* NULL: SHORT_ID_ALPHABET */
    int id_size;             /* 0: SHORT_ID_SIZE_DEFAULT */
    int64_t sweep_ms;        /* how often to look for what another replica left; 0: 1000 */
    size_t batch_max;        /* 0: STORE_BATCH_MAX; 1 turns group commit off */
    const char *unserved; /* subject of a command that this house has nobody for: one whose answer
                             nobody waits for is not kept; NULL: none; outlives the store */
    bool is_silent;       /* no pumps: neither timers nor outbox nor events (for benches) */
};

/* Counters since the start, but for the last group, which are the present state. */
struct store_stats {
    uint64_t commits;    /* transactions */
    uint64_t operations; /* requests and pump rounds that they carried */
    uint64_t batch_largest;
    uint64_t rollbacks; /* batches taken apart because one of theirs could not stay */
    uint64_t conflicts; /* steps and turns that lost a compare-and-swap */
    uint64_t repeats;   /* requests answered as before */
    uint64_t refused_busy;
    uint64_t reads;
    uint64_t id_retries; /* short ids that were taken */
    uint64_t timers_fired;
    uint64_t flags_fired;
    uint64_t commands_sent;
    uint64_t commands_done;
    uint64_t commands_failed;
    uint64_t events_published;
    uint64_t events_kept; /* of these, published without being read back */
    size_t waiting;
    size_t commands_under_way;
    int64_t outbox_rows; /* as the last sweep saw it */
    int id_size;
};

/* Makes the service and offers it on the bus, which must outlive it. NULL without memory. */
struct store *store_create(struct bus *bus, const struct store_options *options);

/* Whether the database answers: for /readyz. */
bool store_is_ready(const struct store *store);

void store_stats(const struct store *store, struct store_stats *out_stats);

/* Stops at once, as a killed process would: what is under way gets no answer. Call after
 * bus_destroy(). NULL is allowed. */
void store_destroy(struct store *store);

#endif
