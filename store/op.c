/* What all ops share: memory, answers, bells. */
#include "store/op.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "proto/copy.h"
#include "store/state.h"
#include "store/touched.h"

/* ---- memory -------------------------------------------------------------------------------------
 */

struct op *op_create(struct store *store, const struct op_kind *kind, const ProtobufCMessage *input)
{
    struct op *op = calloc(1, sizeof *op);
    if (op == NULL)
        return NULL;
    op->store = store;
    op->kind = kind;
    arena_init(&op->arena, STORE_REQUEST_BYTES_MAX);
    op->input = input;
    op->fresh = arena_mark(&op->arena);
    op_start_over(op);
    return op;
}

void op_destroy(struct op *op)
{
    if (op == NULL)
        return;
    arena_deinit(&op->arena);
    free(op);
}

void op_start_over(struct op *op)
{
    arena_rewind(&op->arena, op->fresh);
    op->data = arena_alloc(&op->arena, op->kind->data_size);
    op->phase = 0;
    op->has_failed = op->is_retriable = op->has_events = false;
    op->is_waiting = true;
    op->bells = NULL;
    op->touches = NULL;
    op->events = NULL;
    op->status = STATUS_OK;
    op->message = NULL;
    op->detail = (struct bus_detail){0};
    op->output = NULL;
    if (op->data == NULL)
        (void)op_fail(op, STATUS_FULL, "the request is too large");
}

char *op_text(struct op *op, const char *text)
{
    char *copy = text != NULL ? arena_copy(&op->arena, text, strlen(text)) : NULL;
    return copy != NULL ? copy : (char *)protobuf_c_empty_string;
}

ProtobufCBinaryData op_bytes(struct op *op, const struct sql_result *result, size_t row,
                             size_t column)
{
    size_t size;
    const void *bytes = sql_read_bytes(result, row, column, &size);
    if (size == 0)
        return (ProtobufCBinaryData){0};
    uint8_t *copy = (uint8_t *)arena_copy(&op->arena, bytes, size);
    return (ProtobufCBinaryData){copy != NULL ? size : 0, copy};
}

struct sql_value op_packed(struct op *op, const ProtobufCMessage *message)
{
    if (message == NULL)
        return sql_null();
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena_alloc(&op->arena, size);
    if (bytes == NULL)
        return sql_null(); /* the arena is full: the batch notices before it commits */
    (void)protobuf_c_message_pack(message, bytes); /* sized above */
    return (struct sql_value){.kind = SQL_BYTES, .size = size, .as.bytes = bytes};
}

ProtobufCMessage *op_unpacked(struct op *op, const ProtobufCMessageDescriptor *descriptor,
                              const struct sql_result *result, size_t row, size_t column)
{
    if (sql_is_null(result, row, column))
        return NULL;
    ProtobufCBinaryData bytes = op_bytes(op, result, row, column);
    return proto_unpack_in(&op->arena, descriptor, bytes.data, bytes.len);
}

/* ---- answers ------------------------------------------------------------------------------------
 */

static void set_error(struct op *op, enum status status, const char *format, va_list arguments)
{
    char text[512];
    (void)vsnprintf(text, sizeof text, format, arguments); /* a sentence; cutting it is fine */
    op->status = status;
    op->message = op_text(op, text);
    op->output = NULL;
}

enum op_next op_refuse(struct op *op, enum status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_error(op, status, format, arguments);
    va_end(arguments);
    return OP_READY;
}

enum op_next op_fail(struct op *op, enum status status, const char *format, ...)
{
    if (op->has_failed)
        return OP_READY; /* the first reason is the reason */
    va_list arguments;
    va_start(arguments, format);
    set_error(op, status, format, arguments);
    va_end(arguments);
    op->has_failed = true;
    return OP_READY;
}

void op_detail(struct op *op, const char *key, const char *value)
{
    op->detail = (struct bus_detail){op_text(op, key), op_text(op, value)};
}

void *op_output(struct op *op, size_t size, void (*init)(void *message))
{
    void *message = arena_alloc(&op->arena, size);
    if (message == NULL) {
        (void)op_fail(op, STATUS_FULL, "the answer is too large");
        arena_rewind(&op->arena, op->fresh);
        message = arena_alloc(&op->arena, size);
        assert(message != NULL);
    }
    init(message);
    op->output = message;
    return message;
}

void op_ring(struct op *op, const char *instance_id)
{
    for (const struct op_bell *bell = op->bells; bell != NULL; bell = bell->next)
        if (strcmp(bell->instance_id, instance_id) == 0)
            return;
    struct op_bell *bell = arena_alloc(&op->arena, sizeof *bell);
    if (bell == NULL)
        return; /* the sweep finds the row */
    *bell = (struct op_bell){.next = op->bells, .instance_id = op_text(op, instance_id)};
    op->bells = bell;
}

struct sql_value op_position(struct op *op)
{
    assert(op->phase > 0);
    return sql_integer(op->store->batch.position++);
}

/* What a person can do nothing about is for the operator: our own rounds that fail, and errors that
 * should not be. */
static void log_failure(const struct op *op)
{
    bool is_ours = op->closure == NULL;
    if (op->status == STATUS_OK || op->status == STATUS_UNAVAILABLE ||
        (!is_ours && op->status != STATUS_INTERNAL))
        return;
    char text[LOG_LINE_MAX / 2];
    log_event(LOG_ERROR, "operation_failed", "method=%s code=%s why=%s next=%s",
              is_ours ? "pump" : op->kind->method, status_name(op->status),
              log_quote(op->message, text, sizeof text),
              is_ours ? "\"the next sweep\"" : "refused");
}

static void answer(struct op *op)
{
    log_failure(op);
    if (op->closure == NULL)
        return;
    if (op->status == STATUS_OK)
        op->closure(op->output, op->request);
    else
        bus_fail(op->request, op->status, &op->detail, op->detail.key != NULL, "%s", op->message);
}

void op_end(struct op *op, bool is_committed)
{
    op->is_committed = is_committed;
    if (is_committed)
        for (const struct op_bell *bell = op->bells; bell != NULL; bell = bell->next)
            bus_publish(op->store->bus, STORE_BELL_INBOX, bell->instance_id,
                        strlen(bell->instance_id));
    if (op->kind->on_end != NULL)
        op->kind->on_end(op); /* before the answer, with which the input goes */
    answer(op);
    op_destroy(op);
}

/* ---- statements ---------------------------------------------------------------------------------
 */

bool op_check(struct op *op, const struct sql_result *result)
{
    if (result->status == STATUS_OK)
        return true;
    if (result->is_shared && op->session == op->store->writer) {
        op->store->batch.is_torn = true;
        return false;
    }
    if (result->is_shared) { /* reads of a group: each is made again by itself */
        op->is_retriable = true;
        (void)op_fail(op, STATUS_ABORTED, "%s", result->message);
        return false;
    }
    bool is_lost = result->status == STATUS_UNAVAILABLE && !result->is_retriable;
    if (result->status == STATUS_CANCELLED || is_lost)
        return false; /* another statement failed, or the connection: the sync tells */
    op->is_retriable = op->is_retriable || result->is_retriable;
    (void)op_fail(op, result->status, "%s", result->message);
    return false;
}

static void check_only(const struct sql_result *result, void *user)
{
    (void)op_check(user, result); /* the op remembers */
}

void op_send_for(struct op *op, enum statement statement, const struct sql_value *parameters,
                 size_t count, sql_on_result on_result, void *user)
{
    touched_note(op, statement, parameters);
    sql_send(op->session, statement, parameters, count, on_result, user);
}

void op_send(struct op *op, enum statement statement, const struct sql_value *parameters,
             size_t count, sql_on_result on_result)
{
    op_send_for(op, statement, parameters, count, on_result != NULL ? on_result : check_only, op);
}

uint64_t op_key(const char *prefix, const char *id)
{
    uint64_t hash = hash_text(hash_text(HASH_START, prefix), id);
    return hash != 0 ? hash : 1;
}
