/*
 * bench-store: how fast steps are committed, beside the same rows written bare.
 *
 * Both write, for every step, the instance's compare-and-swap, an inbox row and a journal row into
 * a private PostgreSQL cluster with fsync on, N steps in flight: "step" through a bus in memory and
 * the store, "bare" as pipelined transactions of N with nothing around them, a statement a row.
 * Rounds alternate; the medians and their ratio are printed, with the processor time that a step
 * costs in this process and in PostgreSQL's.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "bus/bus_memory.h"
#include "store/sql_pg.h"
#include "store/store.h"
#include "tests/support/postgres.h"

#include "arbiter/v1/store.pb-c.h"

#define ROUNDS 5
#define ROUND_MS 2000
#define FLIGHT_MAX 512
#define INSTANCES_PER_SLOT 8

struct bench;

/* One place of those in flight: commits step after step of its own instances. */
struct slot {
    struct bench *bench;
    int number;
    int64_t seq;
    int round;
};

struct bench {
    struct loop *loop;
    struct bus *asker;
    struct sql_session *bare;
    struct slot slots[FLIGHT_MAX];
    int flight;
    int round;
    uint64_t done;
    uint64_t failed;
    int64_t ends_us;
    int open;
    char snapshot[200];
    uint64_t bare_seq;
    int backend_pids[2]; /* of the bare session and of the store's writer */
};

static double cpu_seconds(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage); /* cannot fail for oneself */
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* The same of another process, from utime and stime of its stat file; 0 where it cannot be read. */
static double cpu_seconds_of(int pid)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/stat", pid); /* fits */
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0.0;
    const char *end = fgets(text, sizeof text, file) != NULL ? strrchr(text, ')') : NULL;
    (void)fclose(file); /* only read */
    if (end == NULL || sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                              &user, &system) != 2)
        return 0.0;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* ---- through the store ------------------------------------------------------------------- */

static void ask(struct slot *slot);

static void on_committed(const struct bus_answer *answer, void *user)
{
    struct slot *slot = user;
    struct bench *bench = slot->bench;
    if (answer->status == STATUS_OK)
        bench->done++;
    else
        bench->failed++;
    if (clock_monotonic_us() < bench->ends_us) {
        ask(slot);
    } else if (--bench->open == 0) {
        loop_stop(bench->loop);
    }
}

static void ask(struct slot *slot)
{
    struct bench *bench = slot->bench;
    char instance_id[64], event_id[64];
    (void)snprintf(instance_id, sizeof instance_id, "bench:%d-%d-%d", slot->round, slot->number,
                   (int)(slot->seq % INSTANCES_PER_SLOT)); /* fits */
    (void)snprintf(event_id, sizeof event_id, "event-%lld", (long long)slot->seq);
    Arbiter__V1__InboxEvent event = ARBITER__V1__INBOX_EVENT__INIT;
    event.event_id = event_id;
    event.name = "seek.accept";
    Arbiter__V1__CommitStepRequest step = ARBITER__V1__COMMIT_STEP_REQUEST__INIT;
    step.instance_id = instance_id;
    step.expected_seq = slot->seq / INSTANCES_PER_SLOT;
    step.machine = "bench";
    step.machine_hash = "0123456789abcdef";
    step.arrived = &event;
    step.snapshot = (ProtobufCBinaryData){sizeof bench->snapshot, (uint8_t *)bench->snapshot};
    step.effects = "TIMER_SET after.open.0";
    step.now_ms = clock_now_ms();
    slot->seq++;
    bus_call(bench->asker,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "CommitStep",
                                .input = &step.base,
                                .timeout_ms = 30000},
             on_committed, slot);
}

static void run_steps(struct bench *bench)
{
    bench->open = bench->flight;
    for (int i = 0; i < bench->flight; i++) {
        bench->slots[i] = (struct slot){.bench = bench, .number = i, .round = bench->round};
        ask(&bench->slots[i]);
    }
    loop_run(bench->loop);
}

/* ---- bare -------------------------------------------------------------------------------- */

static void send_bare(struct bench *bench);

static void on_bare(enum status status, void *user)
{
    struct bench *bench = user;
    if (status == STATUS_OK)
        bench->done += (uint64_t)bench->flight;
    else
        bench->failed++;
    if (status == STATUS_OK && clock_monotonic_us() < bench->ends_us)
        send_bare(bench);
    else
        loop_stop(bench->loop);
}

static void on_bare_row(const struct sql_result *result, void *user)
{
    struct bench *bench = user;
    if (result->status != STATUS_OK || result->changed != 1)
        bench->failed++;
}

static void send_bare_step(struct bench *bench, int number)
{
    char instance_id[64], event_id[64];
    uint64_t seq = bench->bare_seq;
    (void)snprintf(instance_id, sizeof instance_id, "bare:%d-%d-%d", bench->round, number,
                   (int)(seq % INSTANCES_PER_SLOT)); /* fits */
    (void)snprintf(event_id, sizeof event_id, "event-%llu", (unsigned long long)seq);
    struct sql_value id = sql_text(instance_id);
    struct sql_value snapshot = sql_bytes(bench->snapshot, sizeof bench->snapshot);
    struct sql_value now = sql_integer(clock_now_ms());
    int64_t before = (int64_t)(seq / INSTANCES_PER_SLOT);
    if (before == 0)
        sql_send(
            bench->bare, STATEMENT_INSTANCE_BEGIN,
            SQL_PARAMETERS(id, sql_text("bench"), sql_text("0123456789abcdef"), sql_text(""), now),
            on_bare_row, bench);
    sql_send(bench->bare, STATEMENT_INSTANCE_STEP,
             SQL_PARAMETERS(id, sql_integer(before), sql_text("bench"),
                            sql_text("0123456789abcdef"), snapshot, sql_text(""),
                            sql_boolean(false), now),
             on_bare_row, bench);
    sql_send(bench->bare, STATEMENT_INBOX_TAKE,
             SQL_PARAMETERS(id, sql_text(event_id), sql_text("seek.accept"), sql_null(),
                            sql_integer(0), sql_integer(0), sql_text(""), sql_text(""), now,
                            sql_integer((int64_t)seq << 20 | number), sql_integer(before + 1),
                            sql_null()),
             on_bare_row, bench);
    sql_send(bench->bare, STATEMENT_JOURNAL_PUT,
             SQL_PARAMETERS(id, sql_integer(before + 1), now, sql_text("0123456789abcdef"),
                            sql_null(), snapshot, sql_text("TIMER_SET after.open.0"), sql_text(""),
                            sql_text("")),
             on_bare_row, bench);
}

static void send_bare(struct bench *bench)
{
    sql_send(bench->bare, STATEMENT_BEGIN, NULL, 0, NULL, NULL);
    for (int i = 0; i < bench->flight; i++)
        send_bare_step(bench, i);
    bench->bare_seq++;
    sql_send(bench->bare, STATEMENT_COMMIT, NULL, 0, NULL, NULL);
    sql_sync(bench->bare, on_bare, bench);
}

static void run_bare(struct bench *bench)
{
    bench->bare_seq = 0;
    send_bare(bench);
    loop_run(bench->loop);
}

/* ---- rounds ------------------------------------------------------------------------------ */

struct rate {
    double per_second;
    double cpu_us;
    double backend_us;
};

static struct rate measure(struct bench *bench, int backend_pid, void (*run)(struct bench *bench))
{
    bench->done = 0;
    bench->round++;
    int64_t begun_us = clock_monotonic_us();
    double cpu = cpu_seconds();
    double backend = cpu_seconds_of(backend_pid);
    bench->ends_us = begun_us + ROUND_MS * 1000;
    run(bench);
    double seconds = (double)(clock_monotonic_us() - begun_us) / 1e6;
    return (struct rate){(double)bench->done / seconds,
                         (cpu_seconds() - cpu) * 1e6 / (double)bench->done,
                         (cpu_seconds_of(backend_pid) - backend) * 1e6 / (double)bench->done};
}

static int by_rate(const void *left, const void *right)
{
    const struct rate *a = left;
    const struct rate *b = right;
    return a->per_second < b->per_second ? -1 : a->per_second > b->per_second;
}

static void compare(struct bench *bench, const struct store *store, int flight)
{
    struct rate steps[ROUNDS], bare[ROUNDS];
    struct store_stats before, after;
    bench->flight = flight;
    store_stats(store, &before);
    for (int i = 0; i < ROUNDS; i++) {
        bare[i] = measure(bench, bench->backend_pids[0], run_bare);
        steps[i] = measure(bench, bench->backend_pids[1], run_steps);
    }
    store_stats(store, &after);
    qsort(steps, ROUNDS, sizeof *steps, by_rate);
    qsort(bare, ROUNDS, sizeof *bare, by_rate);
    const struct rate *step = &steps[ROUNDS / 2];
    const struct rate *base = &bare[ROUNDS / 2];
    printf("%4d in flight: step %7.0f/s (%.0f + %.0f us cpu), bare %7.0f/s (%.0f + %.0f us cpu), "
           "ratio %.2f, %.1f steps a commit\n",
           flight, step->per_second, step->cpu_us, step->backend_us, base->per_second, base->cpu_us,
           base->backend_us, step->per_second / base->per_second,
           (double)(after.operations - before.operations) /
               (double)(after.commits - before.commits));
}

static void wait_until_ready(struct bench *bench, const struct store *store)
{
    while (!store_is_ready(store) || !sql_is_ready(bench->bare))
        loop_run_until(bench->loop, loop_now_ms(bench->loop) + 10);
}

static int run(struct postgres *postgres)
{
    static struct bench bench;
    static const int flights[] = {1, 8, 64, 256};
    char conninfo[256];
    struct fault fault = {0};
    int applied = 0;
    (void)postgres_conninfo(postgres, "postgres", conninfo, sizeof conninfo);
    if (sql_pg_migrate(conninfo, &applied, &fault) != STATUS_OK) {
        fprintf(stderr, "bench-store: %s\n", fault.text);
        return EXIT_FAILURE;
    }
    bench.loop = loop_create();
    const struct bus_network_options faultless = {.seed = 1};
    struct bus_network *network = bus_network_create(bench.loop, &faultless);
    struct bus *bus = bus_memory_create(network, "store");
    bench.asker = bus_memory_create(network, "asker");
    bench.bare = sql_pg_open(bench.loop, conninfo, SQL_PG_WRITER);
    const struct store_options options = {
        .writer = sql_pg_open(bench.loop, conninfo, SQL_PG_WRITER),
        .readers = {sql_pg_open(bench.loop, conninfo, SQL_PG_READER)},
        .reader_count = 1,
        .seed = 1,
        .is_silent = true,
    };
    struct store *store = store_create(bus, &options);
    wait_until_ready(&bench, store);
    for (int i = 0; i < 2; i++) /* the bare session was opened first */
        bench.backend_pids[i] = (int)postgres_query(
            postgres, "postgres",
            i == 0
                ? "SELECT min(pid) FROM pg_stat_activity WHERE application_name LIKE '% writer'"
                : "SELECT max(pid) FROM pg_stat_activity WHERE application_name LIKE '% writer'");
    for (size_t i = 0; i < COUNT_OF(flights); i++)
        compare(&bench, store, flights[i]);
    bus_destroy(bus);
    bus_destroy(bench.asker);
    store_destroy(store);
    sql_destroy(bench.bare);
    bus_network_destroy(network);
    loop_destroy(bench.loop);
    if (bench.failed > 0)
        fprintf(stderr, "bench-store: %llu failed\n", (unsigned long long)bench.failed);
    return bench.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(void)
{
    if (postgres_missing()) {
        fprintf(stderr, "bench-store: PostgreSQL is not installed\n");
        return 77;
    }
    struct postgres *postgres = postgres_create(NULL);
    int status = postgres != NULL ? run(postgres) : EXIT_FAILURE;
    postgres_destroy(postgres);
    return status;
}
