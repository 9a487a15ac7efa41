/* Reads: each in a snapshot of its own, many under way on one connection. The kinds are in reads.c.
 * Statements between two syncs see one state of the database: the sessions for reads are opened so.
 */
#include <assert.h>

#include "store/state.h"

static void forget(struct store *store, struct op *op)
{
    for (struct op **link = &store->reads; *link != NULL; link = &(*link)->next)
        if (*link == op) {
            *link = op->next;
            break;
        }
    store->reads_waiting--;
}

static void on_read(enum status status, void *user)
{
    struct op *op = user;
    struct store *store = op->store;
    forget(store, op);
    if (status != STATUS_OK)
        (void)op_refuse(op, STATUS_UNAVAILABLE, "the database went away; try again");
    else if (arena_full(&op->arena))
        (void)op_refuse(op, STATUS_FULL, "the answer is too large: ask for less");
    store->stats.reads++;
    op_end(op, status == STATUS_OK);
}

/* Takes turns among the sessions that are connected. */
static struct sql_session *next_session(struct store *store)
{
    for (size_t i = 0; i < store->reader_count; i++) {
        store->next_reader = (store->next_reader + 1) % store->reader_count;
        if (sql_is_ready(store->readers[store->next_reader]))
            return store->readers[store->next_reader];
    }
    return NULL;
}

void read_start(struct store *store, struct op *op)
{
    op->session = next_session(store);
    if (op->session == NULL) {
        (void)op_refuse(op, STATUS_UNAVAILABLE, "the database is away; try again in a second");
        op_detail(op, "retry_after_ms", "1000");
        op_end(op, false);
        return;
    }
    op->next = store->reads;
    store->reads = op;
    store->reads_waiting++;
    enum op_next next = op->kind->advance(op);
    assert(next != OP_AGAIN);
    (void)next; /* only asserted: a read sends all its statements at once */
    sql_sync(op->session, on_read, op);
}

void read_deinit(struct store *store)
{
    while (store->reads != NULL) {
        struct op *op = store->reads;
        store->reads = op->next;
        op_destroy(op);
    }
}
