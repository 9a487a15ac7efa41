/* The service: methods to ops, sweeps, and what belongs to no single op. */
#include "store/store.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/state.h"

#define SWEEP_DEFAULT_MS 1000
#define HOUSEKEEPING_MS INT64_C(3600000)

static const struct op_kind *const write_kinds[] = {
    &op_commit_step,     &op_create_game,   &op_append_turn,   &op_save_requests,
    &op_put_incident,    &op_create_player, &op_save_pairings, &op_put_policy,
    &op_remember_answer, &op_change_circle, &op_put_club,      &op_change_club_member,
};

static const struct op_kind *const read_kinds[] = {
    instance_reads, game_reads, tournament_reads, house_reads,
    seek_reads,     club_reads, conduct_reads,
};

int64_t store_now_ms(const struct store *store)
{
    return loop_now_ms(store->loop);
}

/* ---- requests ---------------------------------------------------------------------------- */

static const struct op_kind *find_write(const char *method)
{
    for (size_t i = 0; i < COUNT_OF(write_kinds); i++)
        if (strcmp(write_kinds[i]->method, method) == 0)
            return write_kinds[i];
    return NULL;
}

static const struct op_kind *find_read(const char *method)
{
    for (size_t i = 0; i < COUNT_OF(read_kinds); i++)
        for (const struct op_kind *kind = read_kinds[i]; kind->method != NULL; kind++)
            if (strcmp(kind->method, method) == 0)
                return kind;
    return NULL;
}

static uint64_t key_of(const struct op *op)
{
    const char *name = op->kind->key_field;
    if (name == NULL)
        return 0;
    if (name[0] == '\0')
        return op_key(op->kind->method, bus_request_id(op->request));
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(op->input->descriptor, name);
    assert(field != NULL && field->type == PROTOBUF_C_TYPE_STRING);
    return op_key(op->kind->method,
                  *(const char *const *)((const char *)op->input + field->offset));
}

static void refuse_busy(struct store *store, void *request)
{
    store->stats.refused_busy++;
    bus_fail(request, STATUS_UNAVAILABLE, &(struct bus_detail){"retry_after_ms", "1000"}, 1,
             "the store is busy; try again in a second");
}

static void on_request(ProtobufCService *service, unsigned method_index,
                       const ProtobufCMessage *input, ProtobufCClosure closure, void *request)
{
    struct store *store = (struct store *)service;
    const char *method = service->descriptor->methods[method_index].name;
    const struct op_kind *write = find_write(method);
    const struct op_kind *read = write == NULL ? find_read(method) : NULL;
    assert(write != NULL || read != NULL);
    if (store->batch.waiting + store->reads.count >= STORE_WAITING_MAX) {
        refuse_busy(store, request);
        return;
    }
    struct op *op = op_create(store, write != NULL ? write : read, input);
    if (op == NULL) {
        refuse_busy(store, request);
        return;
    }
    op->closure = closure;
    op->request = request;
    if (write != NULL) {
        op->key = key_of(op);
        batch_add(store, op);
    } else {
        read_start(store, op);
    }
}

/* ---- sweeps ------------------------------------------------------------------------------ */

static void arm_sweep(struct store *store);

static void on_sweep(void *user)
{
    struct store *store = user;
    store->sweep = 0;
    arm_sweep(store);
    if (!sql_is_ready(store->writer))
        return;
    pump_wake(store, store_now_ms(store));
    publisher_sweep(store);
}

static void arm_sweep(struct store *store)
{
    if (store->sweep == 0 && !store->is_silent &&
        loop_after(store->loop, store->sweep_ms, on_sweep, store, &store->sweep) != STATUS_OK)
        store->sweep = 0;
}

static enum op_next make_partitions(struct op *op)
{
    op_send(op, STATEMENT_MAKE_PARTITIONS, SQL_PARAMETERS(sql_integer(store_now_ms(op->store))),
            NULL);
    return OP_LAST;
}

static const struct op_kind op_housekeeping = {NULL, make_partitions, NULL, 1, NULL};

static void on_housekeeping(void *user)
{
    struct store *store = user;
    store->housekeeping = 0;
    if (loop_after(store->loop, HOUSEKEEPING_MS, on_housekeeping, store, &store->housekeeping) !=
        STATUS_OK)
        store->housekeeping = 0;
    struct op *op = sql_is_ready(store->writer) ? op_create(store, &op_housekeeping, NULL) : NULL;
    if (op != NULL)
        batch_add(store, op);
}

/* The database is there, for the first time or again. */
static void on_writer_ready(void *user)
{
    struct store *store = user;
    if (store->housekeeping == 0)
        on_housekeeping(store);
    if (!store->is_silent) {
        pump_wake(store, store_now_ms(store));
        publisher_sweep(store);
    }
    batch_kick(store);
}

/* ---- making and ending it ---------------------------------------------------------------- */

static void name_store(struct store *store, const char *name)
{
    if (name != NULL)
        (void)snprintf(store->name, sizeof store->name, "%s",
                       name); /* cut: it only has to differ */
    else
        (void)snprintf(store->name, sizeof store->name, "store-%016" PRIx64,
                       random_next(&store->random));
}

static void set_options(struct store *store, const struct store_options *options)
{
    store->writer = options->writer;
    memcpy(store->readers, options->readers, sizeof store->readers);
    store->reader_count = options->reader_count;
    store->unserved = options->unserved != NULL ? options->unserved : "";
    store->is_silent = options->is_silent;
    store->sweep_ms = options->sweep_ms > 0 ? options->sweep_ms : SWEEP_DEFAULT_MS;
    store->batch.size_max = options->batch_max > 0 && options->batch_max < STORE_BATCH_MAX
                                ? options->batch_max
                                : STORE_BATCH_MAX;
    random_init_stream(&store->random, options->seed, "store", 0);
    name_store(store, options->name);
    store->ids = (struct short_ids){
        .alphabet = options->id_alphabet != NULL ? options->id_alphabet : SHORT_ID_ALPHABET,
        .size = options->id_size > 0 ? options->id_size : SHORT_ID_SIZE_DEFAULT};
    store->writer->on_ready = on_writer_ready;
    store->writer->user = store;
}

struct store *store_create(struct bus *bus, const struct store_options *options)
{
    assert(options->writer != NULL && options->reader_count >= 1 &&
           options->reader_count <= STORE_READERS_MAX);
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return NULL;
    store->service =
        (ProtobufCService){.descriptor = &arbiter__v1__store__descriptor, .invoke = on_request};
    store->bus = bus;
    store->loop = bus_loop(bus);
    set_options(store, options);
    if (bus_serve(bus, &store->service) != STATUS_OK ||
        bus_subscribe(bus, STORE_BELL_EVENTS, NULL, publisher_on_bell, store) != STATUS_OK) {
        store_destroy(store);
        return NULL;
    }
    if (sql_is_ready(store->writer))
        on_writer_ready(store);
    arm_sweep(store);
    return store;
}

bool store_is_ready(const struct store *store)
{
    for (size_t i = 0; i < store->reader_count; i++)
        if (!sql_is_ready(store->readers[i]))
            return false;
    return sql_is_ready(store->writer);
}

void store_stats(const struct store *store, struct store_stats *out_stats)
{
    *out_stats = store->stats;
    out_stats->waiting = store->batch.waiting + store->reads.count;
    out_stats->commands_under_way = store->outbox.count;
    out_stats->id_size = store->ids.size;
}

void store_destroy(struct store *store)
{
    if (store == NULL)
        return;
    loop_cancel(store->loop, store->sweep);
    loop_cancel(store->loop, store->housekeeping);
    pump_deinit(store);
    batch_deinit(store);
    read_deinit(store);
    outbox_deinit(store);
    tail_drop(store);
    sql_destroy(store->writer);
    for (size_t i = 0; i < store->reader_count; i++)
        sql_destroy(store->readers[i]);
    free(store);
}
