/*
 * Group commit: whatever queued while the last transaction was under way shares the next one. All
 * ops advance in rounds, each round's statements sent in one go; then COMMIT. When one op cannot
 * stay (its statement failed, its write was refused), everything is rolled back and that op runs
 * again alone, so that only the offender fails. Where a statement failed that carried rows of many
 * ops, all run together once more with every row by itself, which shows the offender. No op answers
 * before its COMMIT is confirmed.
 */
#include <assert.h>
#include <string.h>

#include "store/state.h"
#include "store/touched.h"

#define TRIES_BEFORE_ALONE 2
#define TRIES_MAX 6
#define SIZE_USUAL 32 /* while one transaction is under way, the house works on the next */

static void start(struct store *store);
static void run_round(struct store *store);

/* ---- waiting ------------------------------------------------------------------------------------
 */

static void push_back(struct batch *batch, struct op *op)
{
    op->next = NULL;
    if (batch->last != NULL)
        batch->last->next = op;
    else
        batch->first = op;
    batch->last = op;
    batch->waiting++;
}

static void push_front(struct batch *batch, struct op *op)
{
    op->next = batch->first;
    batch->first = op;
    if (batch->last == NULL)
        batch->last = op;
    batch->waiting++;
}

static void on_kick(void *user)
{
    struct store *store = user;
    store->batch.kick = 0;
    start(store);
}

void batch_kick(struct store *store)
{
    struct batch *batch = &store->batch;
    if (batch->state != BATCH_IDLE || batch->kick != 0 || batch->first == NULL)
        return;
    /* In the loop's next round: requests that arrive in this one come along. */
    if (loop_after(store->loop, 0, on_kick, store, &batch->kick) != STATUS_OK)
        start(store);
}

void batch_add(struct store *store, struct op *op)
{
    op->session = store->writer;
    if (!sql_is_ready(store->writer)) {
        (void)op_refuse(op, STATUS_UNAVAILABLE, "the database is away; try again in a second");
        op_detail(op, "retry_after_ms", "1000");
        op_end(op, false);
        return;
    }
    push_back(&store->batch, op);
    batch_kick(store);
}

/* ---- choosing who shares a transaction ----------------------------------------------------------
 */

static bool has_key(const struct batch *batch, uint64_t key)
{
    for (size_t i = 0; key != 0 && i < batch->count; i++)
        if (batch->ops[i]->key == key)
            return true;
    return false;
}

static bool is_too_late(const struct op *op)
{
    if (op->request == NULL)
        return false;
    int64_t deadline_ms = bus_request_deadline_ms(op->request);
    return deadline_ms > 0 && deadline_ms < loop_wall_ms(op->store->loop);
}

/* With more in one transaction than there need be, everybody waits for everybody else; where many
 * wait anyway, more of them share one. */
static size_t size_of_next(const struct batch *batch)
{
    size_t size = batch->waiting / 4 > SIZE_USUAL ? batch->waiting / 4 : SIZE_USUAL;
    return size < batch->size_max ? size : batch->size_max;
}

/* Takes from the front: one op that must be alone, or as many as may share, keeping the order of
 * those left behind (a second op of the same key). */
static void choose(struct store *store)
{
    struct batch *batch = &store->batch;
    struct op *waiting = batch->first;
    size_t size = size_of_next(batch);
    batch->first = batch->last = NULL;
    batch->waiting = 0;
    batch->count = 0;
    bool is_closed = false;
    while (waiting != NULL) {
        struct op *op = waiting;
        waiting = op->next;
        if (is_too_late(op)) {
            (void)op_refuse(op, STATUS_DEADLINE_EXCEEDED, "the store was busy for too long");
            op_end(op, false);
        } else if (is_closed || batch->count == size || has_key(batch, op->key) ||
                   (op->is_alone && batch->count > 0)) {
            is_closed = is_closed || op->is_alone || batch->count == size;
            push_back(batch, op);
        } else {
            batch->ops[batch->count++] = op;
            is_closed = op->is_alone;
        }
    }
}

/* ---- the end of a transaction -------------------------------------------------------------------
 */

static void end_all(struct store *store, bool is_committed)
{
    struct batch *batch = &store->batch;
    size_t count = batch->count;
    struct op *ops[STORE_BATCH_MAX];
    memcpy(ops, batch->ops, count * sizeof(struct op *));
    batch->count = 0;
    batch->state = BATCH_IDLE;
    if (is_committed) {
        tail_keep(store, ops, count);
        touched_tell(store, ops, count);
    }
    for (size_t i = 0; i < count; i++)
        op_end(ops[i], is_committed);
    batch_kick(store);
}

static void lose_op(struct op *op)
{
    (void)op_refuse(op, STATUS_UNAVAILABLE, "the database went away; try again");
    op_detail(op, "retry_after_ms", "1000");
    op->bells = NULL;
    op_end(op, false);
}

/* Whether a COMMIT took place is not known: every request may be made again, and is answered then
 * as it would have been now. */
static void lose_all(struct store *store)
{
    struct batch *batch = &store->batch;
    struct op *waiting = batch->first;
    size_t count = batch->count;
    struct op *ops[STORE_BATCH_MAX];
    memcpy(ops, batch->ops, count * sizeof(struct op *));
    batch->first = batch->last = NULL;
    batch->waiting = batch->count = 0;
    batch->state = BATCH_IDLE;
    tail_drop(store);
    for (size_t i = 0; i < count; i++)
        lose_op(ops[i]);
    while (waiting != NULL) {
        struct op *op = waiting;
        waiting = op->next;
        lose_op(op);
    }
    batch_kick(store);
}

/* An op fails for good only where it failed in a transaction of its own. */
static bool must_try_again(struct op *op, bool is_torn)
{
    if (is_torn && !op->has_failed)
        return true; /* not a try of its own */
    op->tries++;
    return !op->has_failed || !op->is_alone || (op->is_retriable && op->tries < TRIES_MAX);
}

static void on_rolled_back(enum status status, void *user)
{
    struct store *store = user;
    struct batch *batch = &store->batch;
    if (status != STATUS_OK) {
        lose_all(store);
        return;
    }
    size_t count = batch->count;
    struct op *ended[STORE_BATCH_MAX];
    size_t ended_count = 0;
    bool is_torn = batch->is_torn;
    for (size_t i = count; i-- > 0;) {
        struct op *op = batch->ops[i];
        if (!must_try_again(op, is_torn)) {
            ended[ended_count++] = op;
            continue;
        }
        op->is_alone = op->is_alone || op->has_failed || op->tries >= TRIES_BEFORE_ALONE;
        op_start_over(op);
        push_front(batch, op);
    }
    batch->count = 0;
    batch->state = BATCH_IDLE;
    batch->is_plain = is_torn;
    for (size_t i = 0; i < ended_count; i++) {
        if (ended[i]->is_retriable && ended[i]->status != STATUS_UNAVAILABLE)
            (void)op_refuse(ended[i], STATUS_UNAVAILABLE, "the database is busy; try again");
        ended[i]->bells = NULL;
        op_end(ended[i], false);
    }
    batch_kick(store);
}

static void roll_back(struct store *store)
{
    struct batch *batch = &store->batch;
    batch->state = BATCH_ROLLING_BACK;
    store->stats.rollbacks++;
    sql_send(store->writer, STATEMENT_ROLLBACK, NULL, 0, NULL, NULL);
    sql_sync(store->writer, on_rolled_back, store);
}

static void note_commit(struct store *store)
{
    struct store_stats *stats = &store->stats;
    stats->commits++;
    stats->operations += store->batch.count;
    if (store->batch.count > stats->batch_largest)
        stats->batch_largest = store->batch.count;
}

/* ---- rounds -------------------------------------------------------------------------------------
 */

static bool any_has_failed(const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->ops[i]->has_failed)
            return true;
    return false;
}

static void on_commit_result(const struct sql_result *result, void *user)
{
    struct store *store = user;
    store->batch.is_committed = result->status == STATUS_OK;
}

static void on_round(enum status status, void *user)
{
    struct store *store = user;
    struct batch *batch = &store->batch;
    if (status != STATUS_OK) {
        lose_all(store);
    } else if (batch->is_committed) {
        note_commit(store);
        end_all(store, true);
    } else if (batch->is_torn || any_has_failed(batch)) {
        roll_back(store);
    } else if (batch->state == BATCH_COMMITTING) {
        batch->ops[0]->is_retriable = true; /* COMMIT itself failed: nothing is known to be wrong */
        (void)op_fail(batch->ops[0], STATUS_UNAVAILABLE, "the transaction could not be committed");
        roll_back(store);
    } else {
        run_round(store);
    }
}

/* Returns whether the op needs another round. */
static bool advance(struct op *op)
{
    if (!op->is_waiting)
        return false;
    enum op_next next = op->kind->advance(op);
    op->phase++;
    op->is_waiting = next == OP_AGAIN;
    if (arena_full(&op->arena))
        (void)op_fail(op, STATUS_FULL, "the request is too large");
    return op->is_waiting;
}

static void run_round(struct store *store)
{
    struct batch *batch = &store->batch;
    bool is_last = true;
    for (size_t i = 0; i < batch->count; i++) {
        sql_part(store->writer);
        if (advance(batch->ops[i]))
            is_last = false;
    }
    if (is_last && !any_has_failed(batch)) {
        batch->state = BATCH_COMMITTING;
        sql_send(store->writer, STATEMENT_COMMIT, NULL, 0, on_commit_result, store);
    }
    sql_sync(store->writer, on_round, store);
}

/* Positions of this transaction's rows begin here; known from the second round on. */
static void on_position(const struct sql_result *result, void *user)
{
    struct store *store = user;
    struct batch *batch = &store->batch;
    if (result->status != STATUS_OK || result->row_count != 1)
        return;
    batch->position = sql_read_integer(result, 0, 0);
    batch->is_oldest = sql_read_integer(result, 0, 1) == batch->position;
    batch->last_event = sql_read_integer(result, 0, 2);
}

static void start(struct store *store)
{
    struct batch *batch = &store->batch;
    if (batch->state != BATCH_IDLE)
        return;
    if (!sql_is_ready(store->writer)) {
        lose_all(store); /* it went away since they were queued */
        return;
    }
    choose(store);
    if (batch->count == 0)
        return;
    batch->state = BATCH_RUNNING;
    batch->is_committed = batch->is_torn = false;
    sql_gather(store->writer, !batch->is_plain);
    batch->is_plain = false;
    sql_send(store->writer, STATEMENT_BEGIN, NULL, 0, NULL, NULL);
    sql_send(store->writer, STATEMENT_POSITION_BASE, NULL, 0, on_position, store);
    run_round(store);
}

void batch_deinit(struct store *store)
{
    struct batch *batch = &store->batch;
    loop_cancel(store->loop, batch->kick);
    for (size_t i = 0; i < batch->count; i++)
        op_destroy(batch->ops[i]);
    while (batch->first != NULL) {
        struct op *op = batch->first;
        batch->first = op->next;
        op_destroy(op);
    }
    *batch = (struct batch){0};
}
