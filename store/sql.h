#ifndef STORE_SQL_H
#define STORE_SQL_H

/*
 * sql — statements sent in order, answered in order: what the store's logic needs of a database.
 *
 * In:       statements by name (statements.def) with their parameters.
 * Out:      callbacks on the loop's thread, in order of sending.
 * Owns:     connections. Parameters are borrowed until sql_send() returns, results until the
 *           callback returns.
 * Threads:  the loop's.
 * Errors:   a statement that fails gets its error; those sent after it and before the next
 *           sql_sync() are not run and get STATUS_CANCELLED. An open transaction is then only good
 *           for ROLLBACK. A connection that is lost ends everything sent with STATUS_UNAVAILABLE
 *           and opens itself again. Statements that were gathered fail together: see is_shared.
 *
 * Two databases: sql_pg.h (PostgreSQL, pipelined) and sql_memory.h (SQLite in memory). The store's
 * logic is written once, above this interface; one contract suite runs on both.
 */

#include "base/attr.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum statement {
#define STATEMENT(name, types, text, memory_text) STATEMENT_##name,
#include "store/statements.def"
#undef STATEMENT
    STATEMENT_COUNT
};

#define SQL_PARAMETERS_MAX 20
#define SQL_MESSAGE_MAX 256

struct sql_statement {
    const char *name;
    const char *types; /* one letter a parameter: t text, b bytes, i integer, d double, o boolean */
    const char *text;
    const char *memory_text; /* NULL: the same */
};

const struct sql_statement *sql_statement(enum statement statement);

/* ---- values -----------------------------------------------------------------------------------
 */

enum sql_kind { SQL_NULL, SQL_TEXT, SQL_BYTES, SQL_INTEGER, SQL_DOUBLE, SQL_BOOLEAN };

struct sql_value {
    enum sql_kind kind;
    size_t size; /* of TEXT (which is NUL-terminated besides) and BYTES */
    union {
        const char *text;
        const void *bytes;
        int64_t integer; /* INTEGER and BOOLEAN */
        double real;
    } as;
};

struct sql_value sql_null(void);
struct sql_value sql_text(const char *text);                    /* NULL is '' */
struct sql_value sql_text_sized(const char *text, size_t size); /* text[size] must be readable */
struct sql_value sql_bytes(const void *bytes, size_t size);     /* of size 0: NULL */
struct sql_value sql_integer(int64_t integer);
struct sql_value sql_double(double real);
struct sql_value sql_boolean(bool boolean);

/* ---- results ----------------------------------------------------------------------------------
 */

struct sql_result {
    enum status status;
    bool is_retriable;   /* the same transaction may succeed when it is run again (a deadlock) */
    bool is_shared;      /* failed with others that were gathered with it; who is to blame shows
                            when they are run again without gathering */
    const char *message; /* where status is not OK */
    int64_t changed;     /* rows inserted, updated or deleted */
    size_t row_count;
    size_t column_count;
    const struct sql_value *values; /* row by row */
};

/* Reads a column of a row; NULL reads as "" or 0. Texts live as long as the result. */
const char *sql_read_text(const struct sql_result *result, size_t row, size_t column);
int64_t sql_read_integer(const struct sql_result *result, size_t row, size_t column);
double sql_read_double(const struct sql_result *result, size_t row, size_t column);
bool sql_is_null(const struct sql_result *result, size_t row, size_t column);
const void *sql_read_bytes(const struct sql_result *result, size_t row, size_t column,
                           size_t *out_size);

/* ---- sessions ---------------------------------------------------------------------------------
 */

struct sql_session;

typedef void (*sql_on_result)(const struct sql_result *result, void *user);

/* All results before the sync have been given. STATUS_UNAVAILABLE: the connection is lost, and
 * whether a COMMIT among them took place is not known. */
typedef void (*sql_on_sync)(enum status status, void *user);
typedef void (*sql_on_ready)(void *user);

/* What a database implements; `session` is the first member of its own struct. */
struct sql_backend {
    void (*send)(struct sql_session *session, enum statement statement,
                 const struct sql_value *parameters, size_t count, sql_on_result on_result,
                 void *user);
    void (*sync)(struct sql_session *session, sql_on_sync on_sync, void *user);
    void (*gather)(struct sql_session *session, bool is_gathering); /* NULL: cannot */
    void (*part)(struct sql_session *session);                      /* NULL: nothing to do */
    bool (*is_ready)(const struct sql_session *session);
    void (*destroy)(struct sql_session *session);
};

struct sql_session {
    const struct sql_backend *backend;
    sql_on_ready on_ready; /* called each time the session becomes able to take statements */
    void *user;
};

/* Sends a statement; `count` must be what its types say. `on_result` may be NULL. */
void sql_send(struct sql_session *session, enum statement statement,
              const struct sql_value *parameters, size_t count, sql_on_result on_result,
              void *user);

/* Ends a group of statements. Within a transaction the memory database answers before this returns,
 * otherwise from the loop; PostgreSQL always answers from the loop. */
void sql_sync(struct sql_session *session, sql_on_sync on_sync, void *user);

/* From now on (or no longer) statements that are alike may be sent as one between two syncs; each
 * still gets its own result. Off at first. A database may not do it at all. */
void sql_gather(struct sql_session *session, bool is_gathering);

/* What follows is for another op: where statements are gathered, those of different ops may change
 * places; those of one op keep their order. */
void sql_part(struct sql_session *session);

bool sql_is_ready(const struct sql_session *session);

/* Closes the connection; what was sent gets no callback any more. NULL is allowed. */
void sql_destroy(struct sql_session *session);

#define SQL_PARAMETERS(...)                                                                        \
    (const struct sql_value[]){__VA_ARGS__},                                                       \
        sizeof((const struct sql_value[]){__VA_ARGS__}) / sizeof(struct sql_value)

#endif
