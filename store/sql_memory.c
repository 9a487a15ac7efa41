/* SQLite in memory behind the interface of sql.h. */
#include "store/sql_memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/random.h"
#include "store/migrations.h"

#define RESULT_BYTES_MAX ((size_t)256 << 20)
#define POSITION_BITS 20
#define LOCK_CLAUSE "FOR UPDATE SKIP LOCKED"

struct sql_memory {
    sqlite3 *db;
    sqlite3_stmt *prepared[STATEMENT_COUNT];
    int64_t transaction; /* number of the last one that wrote */
    struct random random;
    struct sql_memory_faults faults;
    struct arena arena; /* of the result that is being given */
};

/* A sync that waits to be told from the loop. */
struct told_later {
    struct told_later *next;
    sql_on_sync on_sync;
    void *user;
    enum status status;
};

struct memory_session {
    struct sql_session base;
    struct sql_memory *memory;
    struct loop *loop;
    int64_t latency_ms;
    loop_timer timer;
    struct told_later *first;
    struct told_later *last;
    bool is_ready;       /* told so from the loop, as a connection would be */
    bool in_transaction; /* between BEGIN and COMMIT or ROLLBACK */
    bool has_failed;     /* a statement failed: only ROLLBACK from here */
    bool is_skipping;    /* ... and nothing runs until the next sync */
    bool is_lost;        /* the "connection" broke: everything fails until the next sync */
    bool (*on_commit)(void *user);
    void *user;
};

/* ---- functions that PostgreSQL gets from the migrations -----------------------------------------
 */

static void position_base(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count, (void)values; /* takes no arguments */
    const struct sql_memory *memory = sqlite3_user_data(context);
    sqlite3_result_int64(context, memory->transaction << POSITION_BITS);
}

static void position_horizon(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count, (void)values; /* takes no arguments */
    const struct sql_memory *memory = sqlite3_user_data(context);
    sqlite3_result_int64(context, (memory->transaction + 1) << POSITION_BITS);
}

static void make_partitions(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count, (void)values; /* memory has no partitions */
    sqlite3_result_int64(context, 0);
}

static void text_position(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count; /* two, as registered */
    const char *text = (const char *)sqlite3_value_text(values[0]);
    const char *part = (const char *)sqlite3_value_text(values[1]);
    const char *found = text != NULL && part != NULL ? strstr(text, part) : NULL;
    sqlite3_result_int64(context, found != NULL ? found - text + 1 : 0);
}

static bool add_functions(struct sql_memory *memory)
{
    static const struct {
        const char *name;
        int count;
        void (*function)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {
        {"arbiter_position_base", 0, position_base},
        {"arbiter_position_horizon", 0, position_horizon},
        {"arbiter_make_partitions", 1, make_partitions},
        {"strpos", 2, text_position},
    };
    for (size_t i = 0; i < COUNT_OF(functions); i++)
        if (sqlite3_create_function(memory->db, functions[i].name, functions[i].count, SQLITE_UTF8,
                                    memory, functions[i].function, NULL, NULL) != SQLITE_OK)
            return false;
    return true;
}

/* ---- the database -------------------------------------------------------------------------------
 */

static bool run_script(struct sql_memory *memory, const char *sql)
{
    return sqlite3_exec(memory->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool make_schema(struct sql_memory *memory)
{
    for (const struct migration *migration = migrations; migration->number != 0; migration++) {
        struct buffer text = {0};
        migration_text(migration, "memory", &text);
        bool is_made = !text.failed && run_script(memory, buffer_text(&text));
        buffer_deinit(&text);
        if (!is_made)
            return false;
    }
    return run_script(memory, "PRAGMA foreign_keys = ON");
}

/* There is one writer at a time and no locks to wait for. */
static void append_without_locks(struct buffer *text, const char *sql)
{
    const char *clause = strstr(sql, LOCK_CLAUSE);
    if (clause == NULL) {
        buffer_append_text(text, sql);
        return;
    }
    buffer_append(text, sql, (size_t)(clause - sql));
    buffer_append_text(text, clause + strlen(LOCK_CLAUSE));
}

static bool prepare_all(struct sql_memory *memory)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        const struct sql_statement *statement = sql_statement((enum statement)i);
        struct buffer text = {0};
        append_without_locks(&text, statement->memory_text != NULL ? statement->memory_text
                                                                   : statement->text);
        int code = sqlite3_prepare_v3(memory->db, buffer_text(&text), -1, SQLITE_PREPARE_PERSISTENT,
                                      &memory->prepared[i], NULL);
        buffer_deinit(&text);
        if (code != SQLITE_OK)
            return false;
    }
    return true;
}

struct sql_memory *sql_memory_create(void)
{
    struct sql_memory *memory = calloc(1, sizeof *memory);
    if (memory == NULL)
        return NULL;
    arena_init(&memory->arena, RESULT_BYTES_MAX);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX; /* one thread */
    if (sqlite3_open_v2(":memory:", &memory->db, flags, NULL) != SQLITE_OK ||
        !add_functions(memory) || !make_schema(memory) || !prepare_all(memory)) {
        sql_memory_destroy(memory);
        return NULL;
    }
    return memory;
}

void sql_memory_destroy(struct sql_memory *memory)
{
    if (memory == NULL)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(memory->prepared[i]);
    sqlite3_close(memory->db);
    arena_deinit(&memory->arena);
    free(memory);
}

void sql_memory_set_faults(struct sql_memory *memory, const struct sql_memory_faults *faults)
{
    memory->faults = *faults;
    random_init_stream(&memory->random, faults->seed, "sql", 0);
}

enum status sql_memory_break(struct sql_memory *memory, enum statement statement, const char *sql)
{
    sqlite3_stmt *prepared = NULL;
    if (sqlite3_prepare_v3(memory->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, NULL) !=
        SQLITE_OK)
        return STATUS_INVALID_ARGUMENT;
    sqlite3_finalize(memory->prepared[statement]);
    memory->prepared[statement] = prepared;
    return STATUS_OK;
}

struct query {
    sql_memory_on_row on_row;
    void *user;
};

static int give_row(void *user, int count, char **columns, char **names)
{
    (void)names; /* the test knows what it asked for */
    struct query *query = user;
    if (query->on_row != NULL)
        query->on_row(count, columns, query->user);
    return 0;
}

enum status sql_memory_query(struct sql_memory *memory, const char *sql, sql_memory_on_row on_row,
                             void *user)
{
    struct query query = {on_row, user};
    int code = sqlite3_exec(memory->db, sql, give_row, &query, NULL);
    return code == SQLITE_OK ? STATUS_OK : STATUS_INVALID_ARGUMENT;
}

/* ---- running a statement ------------------------------------------------------------------------
 */

static int bind_value(sqlite3_stmt *prepared, int place, const struct sql_value *value)
{
    switch (value->kind) {
    case SQL_NULL:
        return sqlite3_bind_null(prepared, place);
    case SQL_TEXT:
        return sqlite3_bind_text(prepared, place, value->as.text, (int)value->size, SQLITE_STATIC);
    case SQL_BYTES:
        return sqlite3_bind_blob(prepared, place, value->as.bytes, (int)value->size, SQLITE_STATIC);
    case SQL_INTEGER:
    case SQL_BOOLEAN:
        return sqlite3_bind_int64(prepared, place, value->as.integer);
    case SQL_DOUBLE:
        return sqlite3_bind_double(prepared, place, value->as.real);
    }
    return SQLITE_MISUSE;
}

/* "$3" may be written anywhere and more than once: SQLite numbers names by first appearance. */
static void bind_all(sqlite3_stmt *prepared, const struct sql_value *parameters, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[8] = {'$', (char)('0' + (i + 1) / 10), (char)('0' + (i + 1) % 10)};
        if (i + 1 < 10)
            name[1] = name[2], name[2] = '\0';
        int place = sqlite3_bind_parameter_index(prepared, name);
        assert(place > 0);
        int code = bind_value(prepared, place, &parameters[i]);
        assert(code == SQLITE_OK);
        (void)code; /* only asserted */
    }
}

static struct sql_value read_column(struct arena *arena, sqlite3_stmt *prepared, int column)
{
    int size = sqlite3_column_bytes(prepared, column);
    switch (sqlite3_column_type(prepared, column)) {
    case SQLITE_INTEGER:
        return sql_integer(sqlite3_column_int64(prepared, column));
    case SQLITE_FLOAT:
        return sql_double(sqlite3_column_double(prepared, column));
    case SQLITE_TEXT:
        return sql_text_sized(
            arena_copy(arena, (const char *)sqlite3_column_text(prepared, column), (size_t)size),
            (size_t)size);
    case SQLITE_BLOB:
        return sql_bytes(arena_copy(arena, sqlite3_column_blob(prepared, column), (size_t)size),
                         (size_t)size);
    default:
        return sql_null();
    }
}

struct rows {
    struct sql_value *values;
    size_t count;
    size_t capacity;
    size_t width;
};

static void add_row(struct arena *arena, sqlite3_stmt *prepared, struct rows *rows)
{
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity > 0 ? 2 * rows->capacity : 4;
        struct sql_value *values = arena_array(arena, capacity * rows->width, sizeof *values);
        if (values == NULL)
            return;
        if (rows->count > 0)
            memcpy(values, rows->values, rows->count * rows->width * sizeof *values);
        rows->values = values;
        rows->capacity = capacity;
    }
    for (size_t i = 0; i < rows->width; i++)
        rows->values[rows->count * rows->width + i] = read_column(arena, prepared, (int)i);
    rows->count++;
}

static enum status status_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_DONE:
        return STATUS_OK;
    case SQLITE_CONSTRAINT:
        return STATUS_FAILED_PRECONDITION;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
        return STATUS_FULL;
    default:
        return STATUS_INTERNAL;
    }
}

static void run(struct sql_memory *memory, enum statement statement,
                const struct sql_value *parameters, size_t count, struct sql_result *out_result)
{
    sqlite3_stmt *prepared = memory->prepared[statement];
    struct rows rows = {.width = (size_t)sqlite3_column_count(prepared)};
    arena_reset(&memory->arena);
    bind_all(prepared, parameters, count);
    int before = sqlite3_total_changes(memory->db);
    int code;
    while ((code = sqlite3_step(prepared)) == SQLITE_ROW && !arena_full(&memory->arena))
        add_row(&memory->arena, prepared, &rows);
    out_result->status = arena_full(&memory->arena) ? STATUS_FULL : status_of(code);
    if (out_result->status != STATUS_OK)
        out_result->message = arena_format(&memory->arena, "%s", sqlite3_errmsg(memory->db));
    (void)sqlite3_reset(prepared); /* repeats the error of the step */
    /* As PostgreSQL says it: rows changed, or else rows found. */
    out_result->changed = sqlite3_total_changes(memory->db) > before ? sqlite3_changes(memory->db)
                                                                     : (int64_t)rows.count;
    out_result->row_count = rows.count;
    out_result->column_count = rows.width;
    out_result->values = rows.values;
}

/* ---- sessions -----------------------------------------------------------------------------------
 */

static bool draw(struct sql_memory *memory, int32_t per_million)
{
    return per_million > 0 && random_below(&memory->random, 1000000) < (uint64_t)per_million;
}

/* A transaction, or a read outside one, fails here or runs to its end. */
static void begin(struct memory_session *session, enum statement statement)
{
    struct sql_memory *memory = session->memory;
    if (session->in_transaction || session->is_lost)
        return;
    session->is_lost = draw(memory, memory->faults.fail_per_million);
    if (session->is_lost || statement != STATEMENT_BEGIN)
        return;
    session->in_transaction = true;
    memory->transaction++;
}

static void end(struct memory_session *session, enum statement statement)
{
    session->in_transaction = false;
    session->has_failed = false;
    if (statement == STATEMENT_COMMIT &&
        draw(session->memory, session->memory->faults.lose_per_million))
        session->is_lost = true;
}

static bool is_refused(const struct memory_session *session, enum statement statement,
                       struct sql_result *out_result)
{
    if (session->is_lost)
        *out_result =
            (struct sql_result){.status = STATUS_UNAVAILABLE, .message = "the connection was lost"};
    else if (session->is_skipping || (session->has_failed && statement != STATEMENT_ROLLBACK))
        *out_result = (struct sql_result){.status = STATUS_CANCELLED, .message = "not run"};
    else
        return false;
    return true;
}

/* The client is gone before its COMMIT: the server takes the transaction back. */
static void break_off(struct memory_session *session)
{
    struct sql_result result = {0};
    run(session->memory, STATEMENT_ROLLBACK, NULL, 0, &result);
    assert(result.status == STATUS_OK);
    session->in_transaction = false;
    session->has_failed = false;
    session->is_lost = true;
}

static void send_statement(struct sql_session *base, enum statement statement,
                           const struct sql_value *parameters, size_t count,
                           sql_on_result on_result, void *user)
{
    struct memory_session *session = (struct memory_session *)base;
    struct sql_result result = {0};
    begin(session, statement);
    if (statement == STATEMENT_COMMIT && session->in_transaction && !session->is_lost &&
        session->on_commit != NULL && !session->on_commit(session->user))
        break_off(session);
    if (!is_refused(session, statement, &result)) {
        run(session->memory, statement, parameters, count, &result);
        if (result.status != STATUS_OK)
            session->has_failed = session->is_skipping = true;
        if (statement == STATEMENT_COMMIT || statement == STATEMENT_ROLLBACK)
            end(session, statement);
    }
    if (on_result != NULL)
        on_result(&result, user);
}

static void tell(void *user)
{
    struct memory_session *session = user;
    struct told_later *told = session->first;
    session->timer = 0;
    session->first = session->last = NULL;
    while (told != NULL) {
        struct told_later *next = told->next;
        told->on_sync(told->status, told->user);
        free(told);
        told = next;
    }
}

/* Syncs outside a transaction are rare enough to be allocated one by one. */
static void tell_later(struct memory_session *session, sql_on_sync on_sync, void *user,
                       enum status status)
{
    struct told_later *told = malloc(sizeof *told);
    assert(told != NULL);
    *told = (struct told_later){.on_sync = on_sync, .user = user, .status = status};
    if (session->last != NULL)
        session->last->next = told;
    else
        session->first = told;
    session->last = told;
    if (session->timer == 0) {
        enum status set =
            loop_after(session->loop, session->latency_ms, tell, session, &session->timer);
        assert(set == STATUS_OK);
        (void)set; /* only asserted: LOOP_TIMERS_MAX is far */
    }
}

static void sync_session(struct sql_session *base, sql_on_sync on_sync, void *user)
{
    struct memory_session *session = (struct memory_session *)base;
    enum status status = session->is_lost ? STATUS_UNAVAILABLE : STATUS_OK;
    session->is_lost = false;
    session->is_skipping = false;
    if (session->in_transaction)
        on_sync(status, user);
    else
        tell_later(session, on_sync, user, status);
}

static bool is_ready(const struct sql_session *base)
{
    return ((const struct memory_session *)base)->is_ready;
}

static void become_ready(void *user)
{
    struct memory_session *session = user;
    session->timer = 0;
    session->is_ready = true;
    if (session->base.on_ready != NULL)
        session->base.on_ready(session->base.user);
}

static void destroy_session(struct sql_session *base)
{
    struct memory_session *session = (struct memory_session *)base;
    assert(!session->in_transaction);
    loop_cancel(session->loop, session->timer);
    for (struct told_later *told = session->first; told != NULL;) {
        struct told_later *next = told->next;
        free(told);
        told = next;
    }
    free(session);
}

static const struct sql_backend memory_backend = {
    .send = send_statement,
    .sync = sync_session,
    .is_ready = is_ready,
    .destroy = destroy_session,
};

void sql_memory_on_commit(struct sql_session *base, bool (*on_commit)(void *user), void *user)
{
    struct memory_session *session = (struct memory_session *)base;
    session->on_commit = on_commit;
    session->user = user;
}

struct sql_session *sql_memory_open(struct sql_memory *memory, struct loop *loop,
                                    int64_t latency_ms)
{
    struct memory_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return NULL;
    session->base.backend = &memory_backend;
    session->memory = memory;
    session->loop = loop;
    session->latency_ms = latency_ms;
    if (loop_after(loop, 0, become_ready, session, &session->timer) != STATUS_OK) {
        free(session);
        return NULL;
    }
    return &session->base;
}
