#ifndef STORE_SQL_MEMORY_H
#define STORE_SQL_MEMORY_H

/*
 * sql_memory — the store's database in memory, for tests and simulation: SQLite under the same
 * schema and statements as PostgreSQL.
 *
 * The memory outlives its sessions, as a database server outlives its clients: a store service that
 * is killed and made again finds everything that was committed. Statements run at once; the end of
 * a transaction is told from the loop, so that a service can be killed between the two.
 */

#include "bus/loop.h"
#include "store/sql.h"

struct sql_memory;

/* Returns an empty database with the schema in place; NULL without memory. */
struct sql_memory *sql_memory_create(void);

/* Frees it; its sessions must be destroyed before. NULL is allowed. */
void sql_memory_destroy(struct sql_memory *memory);

struct sql_memory_faults {
    uint64_t seed;
    int32_t fail_per_million; /* transactions that fail before they begin */
    int32_t lose_per_million; /* transactions that commit, but whose answer is lost */
};

/* Makes transactions fail from now on, drawn from the seed; all zero: none. */
void sql_memory_set_faults(struct sql_memory *memory, const struct sql_memory_faults *faults);

/* Asked before each COMMIT; where it returns false the transaction is not committed and its answer
 * is lost, as when the service is killed at that moment. `user` is the session's; NULL: nobody. */
void sql_memory_on_commit(struct sql_session *session, bool (*on_commit)(void *user), void *user);

/* For tests only: puts another text in the place of a statement, with the same parameters, so that
 * the store makes a mistake that a check should find. INVALID_ARGUMENT where it does not parse. */
enum status sql_memory_break(struct sql_memory *memory, enum statement statement,
                             const char *sql) MUST_CHECK;

/* Opens a session. The end of a transaction is told `latency_ms` later. NULL without memory. */
struct sql_session *sql_memory_open(struct sql_memory *memory, struct loop *loop,
                                    int64_t latency_ms);

/* Runs SQL of a test's own, e.g. to look at a table: calls `on_row` with each row's columns as
 * text (NULL for NULL). */
typedef void (*sql_memory_on_row)(int count, char **columns, void *user);
enum status sql_memory_query(struct sql_memory *memory, const char *sql, sql_memory_on_row on_row,
                             void *user) MUST_CHECK;

#endif
