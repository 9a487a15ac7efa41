/* The statement table and the values of sql.h; the databases are in sql_pg.c and sql_memory.c. */
#include "store/sql.h"

#include <assert.h>
#include <string.h>

static const struct sql_statement statements[STATEMENT_COUNT] = {
#define STATEMENT(name, types, text, memory_text) {#name, types, text, memory_text},
#include "store/statements.def"
#undef STATEMENT
};

const struct sql_statement *sql_statement(enum statement statement)
{
    assert(statement < STATEMENT_COUNT);
    return &statements[statement];
}

struct sql_value sql_null(void)
{
    return (struct sql_value){.kind = SQL_NULL};
}

struct sql_value sql_text(const char *text)
{
    return text != NULL ? sql_text_sized(text, strlen(text)) : sql_text_sized("", 0);
}

struct sql_value sql_text_sized(const char *text, size_t size)
{
    return (struct sql_value){.kind = SQL_TEXT, .size = size, .as.text = text};
}

struct sql_value sql_bytes(const void *bytes, size_t size)
{
    if (size == 0)
        return sql_null();
    return (struct sql_value){.kind = SQL_BYTES, .size = size, .as.bytes = bytes};
}

struct sql_value sql_integer(int64_t integer)
{
    return (struct sql_value){.kind = SQL_INTEGER, .as.integer = integer};
}

struct sql_value sql_double(double real)
{
    return (struct sql_value){.kind = SQL_DOUBLE, .as.real = real};
}

struct sql_value sql_boolean(bool boolean)
{
    return (struct sql_value){.kind = SQL_BOOLEAN, .as.integer = boolean};
}

static const struct sql_value *cell(const struct sql_result *result, size_t row, size_t column)
{
    assert(row < result->row_count && column < result->column_count);
    return &result->values[row * result->column_count + column];
}

const char *sql_read_text(const struct sql_result *result, size_t row, size_t column)
{
    const struct sql_value *value = cell(result, row, column);
    assert(value->kind == SQL_TEXT || value->kind == SQL_NULL);
    return value->kind == SQL_TEXT ? value->as.text : "";
}

int64_t sql_read_integer(const struct sql_result *result, size_t row, size_t column)
{
    const struct sql_value *value = cell(result, row, column);
    assert(value->kind == SQL_INTEGER || value->kind == SQL_BOOLEAN || value->kind == SQL_NULL);
    return value->kind != SQL_NULL ? value->as.integer : 0;
}

double sql_read_double(const struct sql_result *result, size_t row, size_t column)
{
    const struct sql_value *value = cell(result, row, column);
    if (value->kind == SQL_INTEGER) /* SQLite stores whole doubles as integers now and then */
        return (double)value->as.integer;
    return value->kind == SQL_DOUBLE ? value->as.real : 0.0;
}

bool sql_is_null(const struct sql_result *result, size_t row, size_t column)
{
    return cell(result, row, column)->kind == SQL_NULL;
}

const void *sql_read_bytes(const struct sql_result *result, size_t row, size_t column,
                           size_t *out_size)
{
    const struct sql_value *value = cell(result, row, column);
    *out_size = value->kind == SQL_NULL ? 0 : value->size;
    return value->kind == SQL_NULL ? NULL : value->as.bytes;
}

void sql_send(struct sql_session *session, enum statement statement,
              const struct sql_value *parameters, size_t count, sql_on_result on_result, void *user)
{
    assert(strlen(sql_statement(statement)->types) == count);
    session->backend->send(session, statement, parameters, count, on_result, user);
}

void sql_sync(struct sql_session *session, sql_on_sync on_sync, void *user)
{
    session->backend->sync(session, on_sync, user);
}

void sql_gather(struct sql_session *session, bool is_gathering)
{
    if (session->backend->gather != NULL)
        session->backend->gather(session, is_gathering);
}

void sql_part(struct sql_session *session)
{
    if (session->backend->part != NULL)
        session->backend->part(session);
}

bool sql_is_ready(const struct sql_session *session)
{
    return session->backend->is_ready(session);
}

void sql_destroy(struct sql_session *session)
{
    if (session != NULL)
        session->backend->destroy(session);
}
