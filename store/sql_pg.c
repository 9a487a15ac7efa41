/* libpq's pipeline mode behind the interface of sql.h. */
#include "store/sql_pg.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/log.h"
#include "store/sql_gather.h"

#define PAUSE_FIRST_MS 50
#define PAUSE_MAX_MS 1000
#define SET_UP_MAX 8

/* Types of parameters and columns, from PostgreSQL's catalogue; these never change. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_FLOAT8 = 701
};

enum pg_state { PG_AWAY, PG_CONNECTING, PG_PREPARING, PG_READY };

/* What the next results on the connection answer. */
struct expected {
    bool is_sync;
    bool has_result; /* of a statement: its end is still to come */
    sql_on_result on_result;
    sql_on_sync on_sync;
    void *user;
};

struct pg_session {
    struct sql_session base;
    struct loop *loop;
    enum sql_pg_role role;
    char *conninfo;
    PGconn *connection;
    int descriptor; /* watched; -1: none */
    unsigned watched;
    enum pg_state state;
    loop_timer timer; /* to connect again, or to fail what was sent meanwhile */
    int64_t pause_ms;
    struct expected *ring;
    size_t ring_size; /* a power of two */
    size_t ring_head;
    size_t ring_count;
    struct sql_value *values; /* of the result being given */
    size_t value_capacity;
    struct sql_gather *gather; /* NULL without memory: every row by itself */
    bool is_gathering;
};

static void pg_connect(struct pg_session *session);
static void on_ready_to_talk(int descriptor, unsigned events, void *user);

/* ---- what is expected -------------------------------------------------------------------- */

static bool grow_ring(struct pg_session *session)
{
    size_t size = session->ring_size > 0 ? 2 * session->ring_size : 1024;
    struct expected *ring = malloc(size * sizeof *ring);
    if (ring == NULL)
        return false;
    for (size_t i = 0; i < session->ring_count; i++)
        ring[i] = session->ring[(session->ring_head + i) & (session->ring_size - 1)];
    free(session->ring);
    session->ring = ring;
    session->ring_size = size;
    session->ring_head = 0;
    return true;
}

static void expect(struct pg_session *session, const struct expected *expected)
{
    bool has_room = session->ring_count < session->ring_size || grow_ring(session);
    assert(has_room); /* without memory for this nothing could be answered any more */
    (void)has_room;   /* only asserted */
    size_t at = (session->ring_head + session->ring_count) & (session->ring_size - 1);
    session->ring[at] = *expected;
    session->ring_count++;
}

static struct expected *next_expected(struct pg_session *session)
{
    return session->ring_count > 0 ? &session->ring[session->ring_head] : NULL;
}

static void drop_expected(struct pg_session *session)
{
    session->ring_head = (session->ring_head + 1) & (session->ring_size - 1);
    session->ring_count--;
}

/* Ends everything that was sent: nobody will answer it. */
static void fail_expected(struct pg_session *session)
{
    static const struct sql_result lost = {.status = STATUS_UNAVAILABLE,
                                           .message = "the connection to the database was lost"};
    /* Callbacks may send again; that is for the next round. */
    for (size_t count = session->ring_count; count > 0; count--) {
        struct expected expected = *next_expected(session);
        drop_expected(session);
        if (expected.is_sync)
            expected.on_sync(STATUS_UNAVAILABLE, expected.user);
        else if (!expected.has_result && expected.on_result != NULL)
            expected.on_result(&lost, expected.user);
    }
}

/* ---- losing and finding the connection --------------------------------------------------- */

static void unwatch(struct pg_session *session)
{
    if (session->descriptor >= 0)
        loop_unwatch(session->loop, session->descriptor);
    session->descriptor = -1;
    session->watched = 0;
}

static void watch(struct pg_session *session, unsigned events)
{
    int descriptor = PQsocket(session->connection);
    if (descriptor == session->descriptor && events == session->watched)
        return;
    if (descriptor != session->descriptor)
        unwatch(session); /* libpq tries the next address with another socket */
    if (descriptor < 0 ||
        loop_watch(session->loop, descriptor, events, on_ready_to_talk, session) != STATUS_OK)
        return;
    session->descriptor = descriptor;
    session->watched = events;
}

static void on_pause_over(void *user)
{
    struct pg_session *session = user;
    session->timer = 0;
    fail_expected(session);
    pg_connect(session);
}

static void arm_timer(struct pg_session *session)
{
    if (session->timer == 0 && loop_after(session->loop, session->pause_ms, on_pause_over, session,
                                          &session->timer) != STATUS_OK)
        session->timer = 0;
}

static void lose_connection(struct pg_session *session, const char *doing)
{
    char text[LOG_LINE_MAX / 2];
    if (session->state == PG_READY || session->pause_ms == PAUSE_FIRST_MS)
        log_event(LOG_WARN, "database_away", "doing=%s why=%s next=\"connects again\"", doing,
                  log_quote(PQerrorMessage(session->connection), text, sizeof text));
    unwatch(session);
    PQfinish(session->connection);
    session->connection = NULL;
    session->state = PG_AWAY;
    arm_timer(session);
    session->pause_ms = 2 * session->pause_ms < PAUSE_MAX_MS ? 2 * session->pause_ms : PAUSE_MAX_MS;
    fail_expected(session);
}

/* ---- setting a connection up ------------------------------------------------------------- */

/* As PostgreSQL's own views show a session. */
static const char *const names[] = {
    [SQL_PG_WRITER] = "arbiter-store writer", [SQL_PG_READER] = "arbiter-store reader"};

/* Rows are found by their keys, whatever the statistics of a table that has just been made say;
 * plans are made once. */
static const char *const set_up[][SET_UP_MAX] = {
    [SQL_PG_WRITER] = {"SET idle_in_transaction_session_timeout = '10s'",
                       "SET plan_cache_mode = force_generic_plan", "SET jit = off",
                       "SET enable_seqscan = off", "SET enable_bitmapscan = off",
                       "SET enable_hashjoin = off", "SET enable_mergejoin = off"},
    [SQL_PG_READER] = {"SET SESSION CHARACTERISTICS AS TRANSACTION "
                       "ISOLATION LEVEL REPEATABLE READ, READ ONLY",
                       "SET plan_cache_mode = force_generic_plan", "SET jit = off",
                       "SET enable_seqscan = off"},
};

static bool prepare(PGconn *connection, enum statement statement, bool is_array)
{
    const struct sql_statement *single = sql_statement(statement);
    const struct sql_array *array = sql_array(statement);
    Oid types[SQL_PARAMETERS_MAX];
    int count = (int)strlen(single->types);
    assert(count <= SQL_PARAMETERS_MAX);
    for (int i = 0; i < count; i++)
        types[i] = is_array ? sql_array_type(single->types[i]) : sql_element_type(single->types[i]);
    return PQsendPrepare(connection, is_array ? array->name : single->name,
                         is_array ? array->text : single->text, count, types) == 1;
}

static void on_prepared_statement(const struct sql_result *result, void *user)
{
    struct pg_session *session = user;
    char text[LOG_LINE_MAX / 2];
    if (result->status != STATUS_OK && result->status != STATUS_CANCELLED &&
        result->status != STATUS_UNAVAILABLE) {
        session->state = PG_CONNECTING; /* not to become ready */
        log_event(LOG_ERROR, "statement_refused", "why=%s next=\"connects again\"",
                  log_quote(result->message, text, sizeof text));
    }
}

static void on_prepared(enum status status, void *user)
{
    struct pg_session *session = user;
    if (status != STATUS_OK)
        return; /* the connection is gone, and the pause runs */
    if (session->state != PG_PREPARING) {
        lose_connection(session, "prepare");
        return;
    }
    session->state = PG_READY;
    session->pause_ms = PAUSE_FIRST_MS;
    if (session->base.on_ready != NULL)
        session->base.on_ready(session->base.user);
}

static bool send_set_up(struct pg_session *session)
{
    const struct expected expected = {.on_result = on_prepared_statement, .user = session};
    for (int i = 0; i < SET_UP_MAX && set_up[session->role][i] != NULL; i++) {
        if (PQsendQueryParams(session->connection, set_up[session->role][i], 0, NULL, NULL, NULL,
                              NULL, 1) != 1)
            return false;
        expect(session, &expected);
    }
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        if (!prepare(session->connection, (enum statement)i, false))
            return false;
        expect(session, &expected);
        if (session->gather == NULL || sql_array((enum statement)i) == NULL)
            continue;
        if (!prepare(session->connection, (enum statement)i, true))
            return false;
        expect(session, &expected);
    }
    if (PQpipelineSync(session->connection) != 1)
        return false;
    expect(session, &(struct expected){.is_sync = true, .on_sync = on_prepared, .user = session});
    return true;
}

static void drop_notice(void *user, const char *message)
{
    (void)user, (void)message; /* "there is already a transaction", and the like */
}

static void on_connected(struct pg_session *session)
{
    PQsetNoticeProcessor(session->connection, drop_notice, NULL);
    session->state = PG_PREPARING;
    if (PQsetnonblocking(session->connection, 1) != 0 ||
        PQenterPipelineMode(session->connection) != 1 || !send_set_up(session)) {
        lose_connection(session, "set_up");
        return;
    }
    int left = PQflush(session->connection);
    watch(session, LOOP_READABLE | (left > 0 ? LOOP_WRITABLE : 0));
}

static void go_on_connecting(struct pg_session *session)
{
    switch (PQconnectPoll(session->connection)) {
    case PGRES_POLLING_READING:
        watch(session, LOOP_READABLE);
        break;
    case PGRES_POLLING_WRITING:
    case PGRES_POLLING_ACTIVE: /* libpq does not return it any more */
        watch(session, LOOP_WRITABLE);
        break;
    case PGRES_POLLING_OK:
        on_connected(session);
        break;
    case PGRES_POLLING_FAILED:
        lose_connection(session, "connect");
        break;
    }
}

static void pg_connect(struct pg_session *session)
{
    const char *const keywords[] = {"dbname", "application_name", "client_encoding", NULL};
    const char *const values[] = {session->conninfo, names[session->role], "UTF8", NULL};
    session->connection = PQconnectStartParams(keywords, values, 1);
    session->state = PG_CONNECTING;
    if (session->connection == NULL || PQstatus(session->connection) == CONNECTION_BAD)
        lose_connection(session, "connect");
    else
        watch(session, LOOP_WRITABLE);
}

/* ---- results ----------------------------------------------------------------------------- */

static int64_t read_big_endian(const char *bytes, int size)
{
    uint64_t value = (bytes[0] & 0x80) != 0 ? ~UINT64_C(0) : 0;
    for (int i = 0; i < size; i++)
        value = value << 8 | (unsigned char)bytes[i];
    return (int64_t)value;
}

static double read_double(const char *bytes)
{
    int64_t bits = read_big_endian(bytes, 8);
    double real;
    memcpy(&real, &bits, sizeof real);
    return real;
}

static struct sql_value read_cell(const PGresult *from, int row, int column)
{
    if (PQgetisnull(from, row, column))
        return sql_null();
    const char *bytes = PQgetvalue(from, row, column);
    int size = PQgetlength(from, row, column);
    switch (PQftype(from, column)) {
    case OID_INT8:
    case OID_INT4:
        return sql_integer(read_big_endian(bytes, size));
    case OID_FLOAT8:
        return sql_double(read_double(bytes));
    case OID_BOOL:
        return sql_boolean(bytes[0] != 0);
    case OID_BYTEA:
        return sql_bytes(bytes, (size_t)size);
    default: /* text, and what functions return that nobody reads (void) */
        return sql_text_sized(bytes, (size_t)size);
    }
}

static bool read_rows(struct pg_session *session, const PGresult *from,
                      struct sql_result *out_result)
{
    size_t rows = (size_t)PQntuples(from);
    size_t columns = (size_t)PQnfields(from);
    if (rows * columns > session->value_capacity) {
        struct sql_value *values = realloc(session->values, rows * columns * sizeof *values);
        if (values == NULL)
            return false;
        session->values = values;
        session->value_capacity = rows * columns;
    }
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++)
            session->values[row * columns + column] = read_cell(from, (int)row, (int)column);
    out_result->row_count = rows;
    out_result->column_count = columns;
    out_result->values = session->values;
    return true;
}

/* Classes of SQLSTATE, by their first letters; where several fit, the last one counts. A sentence
 * stands for PostgreSQL's own, which is about its files. */
static const struct {
    const char *prefix;
    enum status status;
    bool is_retriable;
    const char *sentence;
} sql_states[] = {
    {"40", STATUS_ABORTED, true, NULL},              /* deadlock, serialisation */
    {"23", STATUS_FAILED_PRECONDITION, false, NULL}, /* a constraint says no */
    {"22", STATUS_INVALID_ARGUMENT, false, NULL},    /* a value that does not fit */
    {"53", STATUS_UNAVAILABLE, true, "the database lacks memory or connections; try again"},
    {"53100", STATUS_UNAVAILABLE, true, "the database has no room left; nothing was changed"},
    {"55", STATUS_ABORTED, true, NULL}, /* a lock was not to be had */
    {"57", STATUS_ABORTED, true, NULL}, /* an operator stepped in */
    {"58", STATUS_UNAVAILABLE, true, "the database cannot reach its files; nothing was changed"},
    {"25", STATUS_INTERNAL, true, NULL}, /* the transaction had timed out */
};

static void read_error(const PGresult *from, struct sql_result *out_result)
{
    const char *state = PQresultErrorField(from, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(from, PG_DIAG_MESSAGE_PRIMARY);
    out_result->status = STATUS_INTERNAL;
    out_result->message = message != NULL ? message : PQresultErrorMessage(from);
    for (size_t i = 0; state != NULL && i < COUNT_OF(sql_states); i++)
        if (strncmp(state, sql_states[i].prefix, strlen(sql_states[i].prefix)) == 0) {
            out_result->status = sql_states[i].status;
            out_result->is_retriable = sql_states[i].is_retriable;
            if (sql_states[i].sentence != NULL)
                out_result->message = sql_states[i].sentence;
        }
}

static void give_result(struct pg_session *session, const PGresult *from,
                        const struct expected *expected)
{
    struct sql_result result = {0};
    ExecStatusType status = PQresultStatus(from);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        result.changed = strtoll(PQcmdTuples((PGresult *)from), NULL, 10);
        if (!read_rows(session, from, &result))
            result = (struct sql_result){.status = STATUS_FULL, .message = "out of memory"};
    } else if (status == PGRES_PIPELINE_ABORTED) {
        result = (struct sql_result){.status = STATUS_CANCELLED, .message = "not run"};
    } else {
        read_error(from, &result);
    }
    if (expected->on_result != NULL)
        expected->on_result(&result, expected->user);
}

/* libpq ends each statement's results with NULL, and a sync with a result of its own. */
static void take_result(struct pg_session *session, PGresult *from)
{
    struct expected *front = next_expected(session);
    if (from == NULL) {
        if (!front->is_sync && front->has_result)
            drop_expected(session);
        return;
    }
    struct expected expected = *front;
    if (expected.is_sync && PQresultStatus(from) == PGRES_PIPELINE_SYNC) {
        drop_expected(session);
        expected.on_sync(STATUS_OK, expected.user);
    } else if (!expected.is_sync && !expected.has_result) {
        front->has_result = true;
        give_result(session, from, &expected);
    }
}

static void read_results(struct pg_session *session)
{
    if (PQconsumeInput(session->connection) != 1) {
        lose_connection(session, "read");
        return;
    }
    while (session->connection != NULL && session->ring_count > 0 &&
           !PQisBusy(session->connection)) {
        PGresult *from = PQgetResult(session->connection);
        if (from == NULL && PQstatus(session->connection) == CONNECTION_BAD) {
            lose_connection(session, "read");
            return;
        }
        take_result(session, from);
        PQclear(from);
    }
    if (session->connection != NULL && PQstatus(session->connection) == CONNECTION_BAD)
        lose_connection(session, "read");
}

static void flush(struct pg_session *session)
{
    int left = PQflush(session->connection);
    if (left < 0)
        lose_connection(session, "write");
    else
        watch(session, LOOP_READABLE | (left > 0 ? LOOP_WRITABLE : 0));
}

static void on_ready_to_talk(int descriptor, unsigned events, void *user)
{
    (void)descriptor, (void)events; /* libpq knows its socket and finds out what can be done */
    struct pg_session *session = user;
    if (session->state == PG_CONNECTING) {
        go_on_connecting(session);
        return;
    }
    read_results(session);
    if (session->connection != NULL && session->state != PG_CONNECTING)
        flush(session);
}

/* ---- the interface ----------------------------------------------------------------------- */

/* Numbers go over the wire in network order; they are written here one after another. */
struct wire {
    char numbers[SQL_PARAMETERS_MAX][8];
};

static void put_number(struct wire *wire, struct sql_gathered *sent, size_t i, uint64_t bits,
                       int size)
{
    for (int byte = 0; byte < size; byte++)
        wire->numbers[i][byte] = (char)(bits >> (8 * (size - 1 - byte)) & 0xff);
    sent->values[i] = wire->numbers[i];
    sent->lengths[i] = size;
}

static void put_parameter(struct wire *wire, struct sql_gathered *sent, size_t i, char type,
                          const struct sql_value *value)
{
    uint64_t bits;
    switch (value->kind) {
    case SQL_NULL:
        break;
    case SQL_TEXT:
        sent->values[i] = value->as.text;
        sent->lengths[i] = (int)value->size;
        break;
    case SQL_BYTES:
        sent->values[i] = value->as.bytes != NULL ? value->as.bytes : "";
        sent->lengths[i] = (int)value->size;
        break;
    case SQL_INTEGER:
        assert(type == 'i');
        put_number(wire, sent, i, (uint64_t)value->as.integer, 8);
        break;
    case SQL_DOUBLE:
        assert(type == 'd');
        memcpy(&bits, &value->as.real, sizeof bits);
        put_number(wire, sent, i, bits, 8);
        break;
    case SQL_BOOLEAN:
        assert(type == 'o');
        put_number(wire, sent, i, (uint64_t)value->as.integer, 1);
        break;
    }
    (void)type; /* only asserted */
}

static void send_prepared(struct pg_session *session, const struct sql_gathered *sent)
{
    int binary[SQL_PARAMETERS_MAX];
    for (size_t i = 0; i < sent->count; i++)
        binary[i] = 1;
    bool is_sent =
        session->state != PG_READY || /* then it fails with what else waits for the connection */
        PQsendQueryPrepared(session->connection, sent->name, (int)sent->count, sent->values,
                            sent->lengths, binary, 1) == 1;
    expect(session, &(struct expected){.on_result = sent->on_result, .user = sent->user});
    if (!is_sent)
        lose_connection(session, "write");
    else if (session->state == PG_AWAY)
        arm_timer(session);
}

static void send_gathered(struct pg_session *session)
{
    struct sql_gathered gathered;
    while (session->gather != NULL && sql_gather_take(session->gather, &gathered))
        send_prepared(session, &gathered);
}

static bool gather_row(struct pg_session *session, enum statement statement,
                       const struct sql_value *parameters, size_t count, sql_on_result on_result,
                       void *user)
{
    if (!session->is_gathering || sql_array(statement) == NULL)
        return false;
    if (sql_gather_add(session->gather, statement, parameters, count, on_result, user))
        return true;
    send_gathered(session);
    return sql_gather_add(session->gather, statement, parameters, count, on_result, user);
}

static void pg_send(struct sql_session *base, enum statement statement,
                    const struct sql_value *parameters, size_t count, sql_on_result on_result,
                    void *user)
{
    struct pg_session *session = (struct pg_session *)base;
    const struct sql_statement *known = sql_statement(statement);
    if (gather_row(session, statement, parameters, count, on_result, user))
        return;
    send_gathered(session);
    struct wire wire;
    struct sql_gathered sent = {
        .name = known->name, .count = count, .on_result = on_result, .user = user};
    for (size_t i = 0; i < count; i++)
        put_parameter(&wire, &sent, i, known->types[i], &parameters[i]);
    send_prepared(session, &sent);
}

static void pg_sync(struct sql_session *base, sql_on_sync on_sync, void *user)
{
    struct pg_session *session = (struct pg_session *)base;
    send_gathered(session);
    expect(session, &(struct expected){.is_sync = true, .on_sync = on_sync, .user = user});
    if (session->state == PG_AWAY)
        arm_timer(session);
    if (session->state != PG_READY)
        return;
    if (PQpipelineSync(session->connection) != 1)
        lose_connection(session, "write");
    else
        flush(session);
}

static void pg_gather(struct sql_session *base, bool is_gathering)
{
    struct pg_session *session = (struct pg_session *)base;
    session->is_gathering = is_gathering && session->gather != NULL;
}

static void pg_part(struct sql_session *base)
{
    struct pg_session *session = (struct pg_session *)base;
    if (session->gather != NULL)
        sql_gather_part(session->gather);
}

static bool pg_is_ready(const struct sql_session *base)
{
    return ((const struct pg_session *)base)->state == PG_READY;
}

static void pg_destroy(struct sql_session *base)
{
    struct pg_session *session = (struct pg_session *)base;
    loop_cancel(session->loop, session->timer);
    unwatch(session);
    PQfinish(session->connection);
    for (; session->ring_count > 0; drop_expected(session))
        sql_gather_forget(next_expected(session)->on_result, next_expected(session)->user);
    sql_gather_destroy(session->gather);
    free(session->ring);
    free(session->values);
    free(session->conninfo);
    free(session);
}

static const struct sql_backend pg_backend = {
    .send = pg_send,
    .sync = pg_sync,
    .gather = pg_gather,
    .part = pg_part,
    .is_ready = pg_is_ready,
    .destroy = pg_destroy,
};

struct sql_session *sql_pg_open(struct loop *loop, const char *conninfo, enum sql_pg_role role)
{
    struct pg_session *session = calloc(1, sizeof *session);
    char *copy = strdup(conninfo);
    if (session == NULL || copy == NULL) {
        free(session);
        free(copy);
        return NULL;
    }
    session->gather = sql_gather_create();
    session->base.backend = &pg_backend;
    session->loop = loop;
    session->role = role;
    session->conninfo = copy;
    session->descriptor = -1;
    session->pause_ms = PAUSE_FIRST_MS;
    pg_connect(session);
    return &session->base;
}
