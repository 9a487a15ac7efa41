#ifndef CLI_HOUSE_H
#define CLI_HOUSE_H

/*
 * house — everything Arbiter needs on one machine, started in order and kept running.
 *
 * nats-server (JetStream on), a PostgreSQL cluster, the store, the orchestrators, the game services
 * and the edge: each waits for the one before it. What dies is started again, with a growing pause.
 *
 * Threads:  one; house_supervise() blocks until it is told to stop.
 */

#include "base/fault.h"
#include "cli/pace.h"
#include "cli/place.h"

#include <signal.h>
#include <stdbool.h>

#define HOUSE_REPLICAS_MAX 8

struct house_options {
    uint16_t http_port; /* 0: any free one */
    int replicas;       /* of each service */
    struct pace_wish pace;
    const char *policies; /* folder with machines/, formats/, ratings/ */
    const char *lexicons; /* folder of *.lexicon; one that is not there is an empty one */
    const char *programs; /* folder with the services' programs */
};

/* A line of progress for the person who waits. */
typedef void (*house_on_progress)(const char *text, void *user);

struct house;

/* Starts everything; NULL with a fault (and nothing left running) where something does not start.
 */
struct house *house_start(const struct place *place, const struct house_options *options,
                          house_on_progress on_progress, void *user, struct fault *out_fault);

/* Starts only the database of a house that is not up, fills it from a dump of `arbiter backup`, and
 * ends it. STATUS_FAILED_PRECONDITION, and nothing changes, where it is not empty. */
enum status house_restore(const struct place *place, const char *dump,
                          struct fault *out_fault) MUST_CHECK;

/* Writes a database into a file, or fills an empty one from such a file (whole or not at all), by
 * the newest pg_dump and pg_restore on this machine; their words go to `log_path`. */
bool house_dump_database(const char *database, const char *path, const char *log_path);
bool house_fill_database(const char *database, const char *dump, const char *log_path);

/* Keeps everything running until `*stop` is set by a signal handler. */
void house_supervise(struct house *house, const volatile sig_atomic_t *stop);

/* Ends everything, services first, and frees the house. */
void house_stop(struct house *house, house_on_progress on_progress, void *user);

#endif
