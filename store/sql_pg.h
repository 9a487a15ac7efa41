#ifndef STORE_SQL_PG_H
#define STORE_SQL_PG_H

/*
 * sql_pg — the store's database in PostgreSQL: one pipelined connection a session.
 *
 * Statements are prepared when the connection opens and only ever sent by name, in binary. Nothing
 * blocks: the loop watches the socket. A connection that breaks ends what was under way with
 * STATUS_UNAVAILABLE and is opened again after a growing pause.
 */

#include "base/fault.h"
#include "bus/loop.h"
#include "store/sql.h"

enum sql_pg_role {
    SQL_PG_WRITER,
    SQL_PG_READER /* read only; all statements between two syncs see one snapshot */
};

/* Opens a session. `conninfo` is libpq's, a list of settings or a URI; it is copied. NULL without
 * memory. The connection comes later: sql_is_ready(), on_ready. */
struct sql_session *sql_pg_open(struct loop *loop, const char *conninfo, enum sql_pg_role role);

/* Brings the database's schema up to date, under an advisory lock so that any number of stores may
 * start at once. Blocks. STATUS_UNAVAILABLE: no connection; STATUS_FAILED_PRECONDITION: a migration
 * failed, or the database is ahead of this program. `out_applied` is how many were applied. */
enum status sql_pg_migrate(const char *conninfo, int *out_applied,
                           struct fault *out_fault) MUST_CHECK;

#endif
