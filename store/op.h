#ifndef STORE_OP_H
#define STORE_OP_H

/*
 * op — private: one request (or one round of a pump) on its way through a transaction.
 *
 * An op is a small script: advance() is called again and again, each time after the answers to all
 * statements it sent before; it sends more, or says that it has done. Ops that write share
 * transactions (batch.c), ops that read have their own session (read.c). An op never answers
 * before its transaction is committed, and may be started over from the beginning, alone.
 */

#include "base/arena.h"
#include "bus/bus.h"
#include "store/sql.h"
#include "store/store.h"

#include <protobuf-c/protobuf-c.h>

enum op_next {
    OP_AGAIN, /* call me when these statements are answered */
    OP_LAST,  /* these statements can only fail by an error, never by their result: commit with them
               */
    OP_READY  /* nothing sent: the answer is made */
};

struct op;

struct op_kind {
    const char *method; /* of the Store service; NULL for pumps */
    enum op_next (*advance)(struct op *op);
    void (*on_end)(struct op *op); /* after the commit (or the failure); may be NULL */
    size_t data_size;
    const char
        *key_field; /* of the input: ops of one key follow each other; "": the request's id */
};

struct op_bell {
    struct op_bell *next;
    const char *instance_id;
};

/* A player of whom the op changes what others may remember: see touched.h. */
struct op_touch {
    struct op_touch *next;
    const char *player;
};

/* An event that an op writes. */
struct op_event {
    struct op_event *next;
    struct op *op;
    sql_on_result on_sequence; /* may be NULL */
    int64_t position;
    int64_t sequence;
    const char *subject; /* encoded where this store publishes */
    const uint8_t *bytes;
    size_t size;
};

struct op {
    struct op *next;
    const struct op_kind *kind;
    struct store *store;
    struct sql_session *session;
    struct arena arena;
    struct arena_mark fresh;       /* where a new start begins */
    const ProtobufCMessage *input; /* borrowed: dead once the request is answered */
    ProtobufCClosure closure;      /* NULL for pumps */
    void *request;
    void *data;   /* kind's own, zeroed at every start */
    uint64_t key; /* ops of one key do not share a batch; 0: none */
    int phase;    /* calls of advance() so far in this start */
    int tries;
    bool is_alone;     /* must have a transaction of its own */
    bool has_failed;   /* the transaction must be rolled back */
    bool is_retriable; /* ... for a reason that may pass */
    bool is_committed; /* set before on_end() */
    bool has_events;
    bool is_waiting; /* more statements to come: last advance() said OP_AGAIN */
    struct op_bell *bells;
    struct op_touch *touches;
    struct op_event *events; /* the last one first */
    /* The answer: output where status is OK. */
    enum status status;
    const char *message;
    struct bus_detail detail;
    ProtobufCMessage *output;
};

/* Returns a new op, or NULL without memory. `input` (NULL for pumps) is the bus's, which keeps it
 * until the request is answered. */
struct op *op_create(struct store *store, const struct op_kind *kind,
                     const ProtobufCMessage *input);
void op_destroy(struct op *op);

/* Forgets everything but the input. */
void op_start_over(struct op *op);

/* Sends a statement; its result goes to `on_result` with the op as user. A failed statement fails
 * the op besides. */
void op_send(struct op *op, enum statement statement, const struct sql_value *parameters,
             size_t count, sql_on_result on_result);

/* The same with another user. `on_result` must call op_check() itself. */
void op_send_for(struct op *op, enum statement statement, const struct sql_value *parameters,
                 size_t count, sql_on_result on_result, void *user);

/* Fails the op where the statement has failed; returns whether it went well. */
bool op_check(struct op *op, const struct sql_result *result);

/* Sets an error as the answer; the transaction is not harmed. Returns OP_READY. */
enum op_next op_refuse(struct op *op, enum status status, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Sets an error as the answer and has the transaction rolled back. Returns OP_READY. */
enum op_next op_fail(struct op *op, enum status status, const char *format, ...) PRINTF_LIKE(3, 4);

void op_detail(struct op *op, const char *key, const char *value);

/* Allocates the answer: a message of the method's output type. Never NULL: a full arena fails the
 * op and gives scratch space. */
void *op_output(struct op *op, size_t size, void (*init)(void *message));
#define OP_OUTPUT(op, type, init) ((type *)op_output(op, sizeof(type), (void (*)(void *))(init)))

/* Rings an instance's bell after the commit. */
void op_ring(struct op *op, const char *instance_id);

/* Returns the position of the next row that has one. Not in the first call of advance(). */
struct sql_value op_position(struct op *op);

/* Rings the bells, lets the kind do what follows, answers the request; then the op is destroyed. */
void op_end(struct op *op, bool is_committed);

/* Copies into the op's arena; texts never NULL. */
char *op_text(struct op *op, const char *text);
ProtobufCBinaryData op_bytes(struct op *op, const struct sql_result *result, size_t row,
                             size_t column);

/* Packs a message as a parameter; NULL packs as NULL. */
struct sql_value op_packed(struct op *op, const ProtobufCMessage *message);

/* Unpacks a message from a column into the op's arena; NULL where it is NULL or does not decode. */
ProtobufCMessage *op_unpacked(struct op *op, const ProtobufCMessageDescriptor *descriptor,
                              const struct sql_result *result, size_t row, size_t column);

uint64_t op_key(const char *prefix, const char *id);

#endif
