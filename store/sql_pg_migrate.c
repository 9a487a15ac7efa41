/* Applies the migrations that a database does not have yet, each in a transaction of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "store/migrations.h"
#include "store/sql_pg.h"

#define CONNECT_TIMEOUT_S "5"
#define LOCK_KEY "7237014523817" /* of the advisory lock; any number that is Arbiter's own */

static enum status fail(PGconn *connection, const char *doing, struct fault *out_fault)
{
    char text[FAULT_TEXT_MAX];
    (void)snprintf(text, sizeof text, "%s", PQerrorMessage(connection)); /* cutting it is fine */
    text[strcspn(text, "\n")] = '\0';
    (void)fault_set(out_fault, 0, 0, "%s: %s", doing, text);
    return PQstatus(connection) == CONNECTION_OK ? STATUS_FAILED_PRECONDITION : STATUS_UNAVAILABLE;
}

static enum status run(PGconn *connection, const char *sql, const char *doing,
                       struct fault *out_fault)
{
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return STATUS_OK;
    return fail(connection, doing, out_fault);
}

static enum status read_version(PGconn *connection, int *out_version, struct fault *out_fault)
{
    PGresult *result = PQexec(connection, "SELECT coalesce(max(number), 0) FROM migrations");
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        PQclear(result);
        return fail(connection, "reading the schema's version", out_fault);
    }
    *out_version = atoi(PQgetvalue(result, 0, 0));
    PQclear(result);
    return STATUS_OK;
}

static enum status apply(PGconn *connection, const struct migration *migration,
                         struct fault *out_fault)
{
    struct buffer sql = {0};
    buffer_append_text(&sql, "BEGIN;\n");
    migration_text(migration, "postgresql", &sql);
    buffer_format(&sql, "\n;INSERT INTO migrations (number, name) VALUES (%d, '%s');\nCOMMIT;",
                  migration->number, migration->name);
    enum status status =
        sql.failed ? STATUS_FULL : run(connection, buffer_text(&sql), migration->name, out_fault);
    buffer_deinit(&sql);
    return status;
}

static enum status apply_missing(PGconn *connection, int *out_applied, struct fault *out_fault)
{
    int version = 0;
    int applied = 0;
    enum status status =
        run(connection,
            "CREATE TABLE IF NOT EXISTS migrations (number bigint PRIMARY KEY, name text NOT NULL, "
            "applied_at timestamptz NOT NULL DEFAULT now())",
            "creating the table of migrations", out_fault);
    if (status == STATUS_OK)
        status = read_version(connection, &version, out_fault);
    const struct migration *migration = migrations;
    for (; status == STATUS_OK && migration->number != 0; migration++) {
        if (migration->number <= version)
            continue;
        status = apply(connection, migration, out_fault);
        applied++;
    }
    if (status != STATUS_OK)
        return status;
    if (version > migration[-1].number) {
        (void)fault_set(out_fault, 0, 0, "the database is at migration %d, this program at %d",
                        version, migration[-1].number);
        return STATUS_FAILED_PRECONDITION;
    }
    *out_applied = applied;
    return run(connection, "SELECT arbiter_go_on_from_positions()", "going on from the positions",
               out_fault);
}

static void drop_notice(void *user, const char *message)
{
    (void)user, (void)message; /* "relation exists, skipping" */
}

enum status sql_pg_migrate(const char *conninfo, int *out_applied, struct fault *out_fault)
{
    const char *const keywords[] = {"connect_timeout", "dbname", NULL};
    const char *const values[] = {CONNECT_TIMEOUT_S, conninfo,
                                  NULL}; /* conninfo may say otherwise */
    PGconn *connection = PQconnectdbParams(keywords, values, 1);
    enum status status = STATUS_OK;
    if (PQstatus(connection) != CONNECTION_OK)
        status = fail(connection, "connecting", out_fault);
    PQsetNoticeProcessor(connection, drop_notice, NULL);
    if (status == STATUS_OK)
        status = run(connection, "SELECT pg_advisory_lock(" LOCK_KEY ")", "locking", out_fault);
    if (status == STATUS_OK)
        status = apply_missing(connection, out_applied, out_fault);
    PQfinish(connection); /* and with it the lock */
    return status;
}
