/*
 * Reads: those that wait together share a snapshot, a round trip and one wake-up of PostgreSQL;
 * each idle session takes what waits. Where one of them fails, all of its group are read again by
 * themselves. The methods are in reads_*.c. Statements between two syncs see one state of the
 * database: the sessions for reads are opened so.
 */
#include <assert.h>
#include <stdlib.h>

#include "store/state.h"

#define GROUP_MAX 16 /* reads on one session at a time */

struct read_group {
    struct store *store;
    size_t reader;
    struct op *first;
    struct op *last;
    size_t count;
};

static void push(struct read_group *group, struct op *op)
{
    op->next = NULL;
    if (group->last != NULL)
        group->last->next = op;
    else
        group->first = op;
    group->last = op;
    group->count++;
}

static struct op *pop(struct read_group *group)
{
    struct op *op = group->first;
    if (op == NULL)
        return NULL;
    group->first = op->next;
    if (group->first == NULL)
        group->last = NULL;
    group->count--;
    return op;
}

/* ---- the end of a group ------------------------------------------------------------------ */

static void end_read(struct op *op, enum status status)
{
    struct store *store = op->store;
    store->reads.count--;
    if (status != STATUS_OK) {
        (void)op_refuse(op, STATUS_UNAVAILABLE, "the database went away; try again");
        op_detail(op, "retry_after_ms", "1000");
    } else if (arena_full(&op->arena)) {
        (void)op_refuse(op, STATUS_FULL, "the answer is too large: ask for less");
    }
    store->stats.reads++;
    op_end(op, status == STATUS_OK);
}

static bool any_has_failed(const struct read_group *group)
{
    for (const struct op *op = group->first; op != NULL; op = op->next)
        if (op->has_failed)
            return true;
    return false;
}

/* A statement that fails takes those after it along. */
static void read_again(struct read_group *group)
{
    struct store *store = group->store;
    for (struct op *op; (op = pop(group)) != NULL;) {
        op_start_over(op);
        op->is_alone = true;
        push(store->reads.waiting, op);
    }
}

static void on_group(enum status status, void *user)
{
    struct read_group *group = user;
    struct store *store = group->store;
    store->reads.under_way[group->reader] = NULL;
    if (status == STATUS_OK && !group->first->is_alone && any_has_failed(group))
        read_again(group);
    for (struct op *op; (op = pop(group)) != NULL;)
        end_read(op, status);
    free(group);
    read_kick(store);
}

/* ---- the beginning ----------------------------------------------------------------------- */

static bool any_is_ready(const struct store *store)
{
    for (size_t i = 0; i < store->reader_count; i++)
        if (sql_is_ready(store->readers[i]))
            return true;
    return false;
}

static void start_group(struct store *store, size_t reader)
{
    struct read_group *waiting = store->reads.waiting;
    struct read_group *group = calloc(1, sizeof *group);
    if (group == NULL)
        return; /* the next end of a group, or the next read, comes back */
    *group = (struct read_group){.store = store, .reader = reader};
    bool is_alone = false;
    sql_gather(store->readers[reader], !waiting->first->is_alone);
    while (waiting->first != NULL && group->count < GROUP_MAX && !is_alone &&
           (group->count == 0 || !waiting->first->is_alone)) {
        struct op *op = pop(waiting);
        is_alone = op->is_alone;
        op->session = store->readers[reader];
        push(group, op);
        sql_part(op->session);
        enum op_next next = op->kind->advance(op);
        assert(next != OP_AGAIN);
        (void)next; /* only asserted: a read sends all its statements at once */
    }
    store->reads.under_way[reader] = group;
    sql_sync(store->readers[reader], on_group, group);
}

static void on_kick(void *user)
{
    struct store *store = user;
    struct reads *reads = &store->reads;
    reads->kick = 0;
    for (size_t i = 0; i < store->reader_count && reads->waiting->first != NULL; i++)
        if (reads->under_way[i] == NULL && sql_is_ready(store->readers[i]))
            start_group(store, i);
    while (reads->waiting->first != NULL && !any_is_ready(store))
        end_read(pop(reads->waiting), STATUS_UNAVAILABLE);
}

void read_kick(struct store *store)
{
    struct reads *reads = &store->reads;
    if (reads->kick != 0 || reads->waiting->first == NULL)
        return;
    /* In the loop's next round: reads that arrive in this one come along. */
    if (loop_after(store->loop, 0, on_kick, store, &reads->kick) != STATUS_OK)
        on_kick(store);
}

void read_start(struct store *store, struct op *op)
{
    struct reads *reads = &store->reads;
    if (reads->waiting == NULL)
        reads->waiting = calloc(1, sizeof *reads->waiting);
    if (reads->waiting == NULL || !any_is_ready(store)) {
        (void)op_refuse(op, STATUS_UNAVAILABLE, "the database is away; try again in a second");
        op_detail(op, "retry_after_ms", "1000");
        op_end(op, false);
        return;
    }
    reads->count++;
    push(reads->waiting, op);
    read_kick(store);
}

static void destroy_group(struct read_group *group)
{
    for (struct op *op; group != NULL && (op = pop(group)) != NULL;)
        op_destroy(op);
    free(group);
}

void read_deinit(struct store *store)
{
    struct reads *reads = &store->reads;
    loop_cancel(store->loop, reads->kick);
    for (size_t i = 0; i < store->reader_count; i++)
        destroy_group(reads->under_way[i]);
    destroy_group(reads->waiting);
    *reads = (struct reads){0};
}
