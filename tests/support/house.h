#ifndef TESTS_SUPPORT_HOUSE_H
#define TESTS_SUPPORT_HOUSE_H

/*
 * house — all four services in one process, on one real loop in a thread of its own.
 *
 * The store runs on an in-memory database; the bus is the one in memory, or a nats-server where its
 * address is given. Everything else is what the programs are made of: the machines and policies of
 * policies/, the REST API on a free port. Each part can be killed as a crash would and started
 * again; the database and the port stay.
 *
 * Owns:     the thread, the parts, a temporary folder with the token keys.
 * Threads:  the functions here are called from the test's thread.
 * Errors:   a house that cannot be built fails the test.
 */

#include "base/attr.h"
#include "bus/bus.h"

#include <stdbool.h>
#include <stdint.h>

enum house_part { HOUSE_STORE, HOUSE_ORCHESTRATOR, HOUSE_GAMESVC, HOUSE_API, HOUSE_PARTS };

struct house;
struct lexicon_shelf;

struct house_options {
    const char *nats_url;              /* NULL: the bus in memory */
    bool without[HOUSE_PARTS];         /* parts that are not started: somebody else plays them */
    const char *cors_origins;          /* of the API; NULL: none */
    const char *limits;                /* of the API's requests; NULL: "default" */
    const char *machines;              /* NULL: "policies" */
    const struct lexicon_shelf *shelf; /* NULL: no lexicons; outlives the house */
    const char *archive;               /* folder for finished games; NULL: none is kept */
    const char *keys_place;            /* where the API reads the tokens' keys; NULL: it has them */
};

/* Builds a house and waits until it answers. NULL options: all defaults. */
struct house *house_open(const struct house_options *options);
void house_close(struct house *house);

/* Returns "http://127.0.0.1:<port>". */
const char *house_url(const struct house *house);

/* Returns a token for an hour; `roles` as in "player,director", `event` restricts a director to one
 * tournament (NULL: all). Lives as long as the house. */
const char *house_token(struct house *house, const char *subject, const char *roles,
                        const char *event);

/* Returns a token that expired a minute ago. */
const char *house_expired_token(struct house *house, const char *subject);

/* Kills a part (no draining, as SIGKILL would); starts it again and waits until it is ready. */
void house_kill(struct house *house, enum house_part part);
void house_start(struct house *house, enum house_part part);

/* Returns the first column of the first row of a query on the database, or -1. */
int64_t house_query(struct house *house, const char *sql);

#endif
