#ifndef TESTS_SUPPORT_POSTGRES_H
#define TESTS_SUPPORT_POSTGRES_H

/*
 * postgres — a private PostgreSQL cluster for a test, on a socket in a temporary folder.
 *
 * Runs as the user `postgres` where the test is root, because PostgreSQL refuses to run as root.
 *
 * Owns:     the processes and the folder; both are gone after postgres_destroy(). The server also
 *           ends when the test's process dies.
 * Errors:   a cluster that cannot be made is reported on standard error and NULL or false returned;
 *           postgres_missing() tells beforehand whether PostgreSQL is there at all.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct postgres;

/* Whether PostgreSQL's programs cannot be found: the test should be skipped (exit code 77). */
bool postgres_missing(void);

/* Makes a cluster and starts it. `settings` are lines for postgresql.conf, or NULL. */
struct postgres *postgres_create(const char *settings);
void postgres_destroy(struct postgres *postgres);

/* Makes an empty database. */
bool postgres_make_database(struct postgres *postgres, const char *name);

/* Writes a connection string for a database into `out`; returns `out`. */
const char *postgres_conninfo(const struct postgres *postgres, const char *database, char *out,
                              size_t out_size);

/* Runs SQL by psql; returns the first column of the first row as an integer, -1 where there is none
 * or an error. */
int64_t postgres_query(const struct postgres *postgres, const char *database, const char *sql);

/* Ends the server as a crash would (no checkpoint, connections cut), or starts it again. */
void postgres_kill(struct postgres *postgres);
bool postgres_start(struct postgres *postgres);

#endif
