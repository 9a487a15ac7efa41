/* arbiter-store: migrates the database, then serves it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/random.h>

#include "archive/archive.h"
#include "base/log.h"
#include "service/service.h"
#include "store/sql_pg.h"
#include "store/store.h"

#define READERS 2
#define MIGRATE_AGAIN_MS 1000

/* The service waits for its database: until it has been migrated there is no store. */
struct program {
    struct bus *bus;
    struct loop *loop; /* outlives the bus */
    const char *conninfo;
    struct store *store; /* NULL until the schema is there */
    struct archive *archive;
    loop_timer timer;
};

static const char *conninfo_of(const struct service_settings *settings)
{
    return service_text(settings, SERVICE_DATABASE);
}

static bool draw_seed(uint64_t *out_seed)
{
    return getrandom(out_seed, sizeof *out_seed, 0) == (ssize_t)sizeof *out_seed;
}

static bool open_store(struct program *program)
{
    struct loop *loop = bus_loop(program->bus);
    struct store_options options = {
        .reader_count = READERS,
        .unserved = archive_is_kept(program->archive) ? NULL : ARCHIVE_COMMAND,
    };
    if (!draw_seed(&options.seed))
        return false;
    options.writer = sql_pg_open(loop, program->conninfo, SQL_PG_WRITER);
    bool is_open = options.writer != NULL;
    for (size_t i = 0; i < READERS; i++) {
        options.readers[i] = sql_pg_open(loop, program->conninfo, SQL_PG_READER);
        is_open = is_open && options.readers[i] != NULL;
    }
    if (is_open)
        program->store = store_create(program->bus, &options);
    if (program->store != NULL)
        return true;
    sql_destroy(options.writer);
    for (size_t i = 0; i < READERS; i++)
        sql_destroy(options.readers[i]);
    return false;
}

/* Returns STATUS_OK with a store, or why there is none yet. */
static enum status try_to_open(struct program *program, struct fault *out_fault)
{
    int applied = 0;
    enum status status = sql_pg_migrate(program->conninfo, &applied, out_fault);
    if (status != STATUS_OK)
        return status;
    if (applied > 0)
        log_event(LOG_INFO, "migrated", "applied=%d", applied);
    if (open_store(program))
        return STATUS_OK;
    (void)fault_set(out_fault, 0, 0, "out of memory");
    return STATUS_FULL;
}

static void try_again(void *user);

static void try_later(struct program *program)
{
    if (loop_after(program->loop, MIGRATE_AGAIN_MS, try_again, program, &program->timer) !=
        STATUS_OK)
        log_event(LOG_ERROR, "timers_full", "next=\"restart me\"");
}

static void try_again(void *user)
{
    struct program *program = user;
    struct fault fault = {0};
    char text[FAULT_TEXT_MAX + 3];
    program->timer = 0;
    if (try_to_open(program, &fault) == STATUS_OK) {
        log_event(LOG_INFO, "database_there", "next=serves");
        return;
    }
    log_event(LOG_WARN, "database_away", "why=%s next=\"again in a second\"",
              log_quote(fault.text, text, sizeof text));
    try_later(program);
}

static void stop(void *self)
{
    struct program *program = self;
    loop_cancel(program->loop, program->timer);
    store_destroy(program->store);
    archive_destroy(program->archive);
    free(program);
}

static bool open_archive(struct program *program, const struct service_settings *settings,
                         struct fault *out_fault)
{
    const struct archive_options options = {
        .place = service_text(settings, SERVICE_ARCHIVE),
        .region = service_text(settings, SERVICE_ARCHIVE_REGION),
        .key_id = service_text(settings, SERVICE_ARCHIVE_KEY_ID),
        .secret = service_text(settings, SERVICE_ARCHIVE_SECRET),
    };
    program->archive = archive_create(program->bus, &options, out_fault);
    return program->archive != NULL;
}

static void *start(struct bus *bus, const struct service_settings *settings,
                   struct fault *out_fault)
{
    struct program *program = calloc(1, sizeof *program);
    if (program == NULL || conninfo_of(settings)[0] == '\0') {
        (void)fault_set(out_fault, 0, 0, "the setting 'database' names no PostgreSQL");
        free(program);
        return NULL;
    }
    program->bus = bus;
    program->loop = bus_loop(bus);
    program->conninfo = conninfo_of(settings);
    if (!open_archive(program, settings, out_fault)) {
        free(program);
        return NULL;
    }
    enum status status = try_to_open(program, out_fault);
    if (status == STATUS_OK || status == STATUS_UNAVAILABLE) {
        if (status == STATUS_UNAVAILABLE)
            try_later(program);
        return program;
    }
    archive_destroy(program->archive);
    free(program);
    return NULL;
}

static bool is_ready(void *self)
{
    const struct program *program = self;
    return program->store != NULL && store_is_ready(program->store);
}

static void write_archive_metrics(const struct archive *archive, struct buffer *out)
{
    struct archive_stats stats;
    archive_stats(archive, &stats);
    service_metric(out, "archive_games_saved_total", "counter", "Finished games copied.",
                   (double)stats.games_saved);
    service_metric(out, "archive_failures_total", "counter", "Copies that will be tried again.",
                   (double)stats.failures);
    service_metric(out, "archive_under_way", "gauge", "Copies being made.",
                   (double)stats.under_way);
    service_metric(out, "archive_saved_timestamp_seconds", "gauge", "When the last one was made.",
                   (double)stats.saved_at_ms / 1000);
}

static void write_metrics(void *self, struct buffer *out)
{
    const struct program *program = self;
    struct store_stats stats;
    write_archive_metrics(program->archive, out);
    if (program->store == NULL)
        return;
    store_stats(program->store, &stats);
    const struct {
        const char *name;
        const char *type;
        const char *help;
        double value;
    } metrics[] = {
        {"store_commits_total", "counter", "Transactions committed.", (double)stats.commits},
        {"store_operations_total", "counter", "Requests and pump rounds they carried.",
         (double)stats.operations},
        {"store_batch_largest", "gauge", "Most operations that shared a transaction.",
         (double)stats.batch_largest},
        {"store_rollbacks_total", "counter", "Transactions taken apart for one that failed.",
         (double)stats.rollbacks},
        {"store_conflicts_total", "counter", "Steps and turns that lost a compare-and-swap.",
         (double)stats.conflicts},
        {"store_repeats_total", "counter", "Requests answered as before.", (double)stats.repeats},
        {"store_busy_total", "counter", "Requests refused with a full queue.",
         (double)stats.refused_busy},
        {"store_reads_total", "counter", "Reads answered.", (double)stats.reads},
        {"store_id_retries_total", "counter", "Short ids that were taken already.",
         (double)stats.id_retries},
        {"store_id_size", "gauge", "Characters of a new short id.", (double)stats.id_size},
        {"store_timers_fired_total", "counter", "Timers turned into events.",
         (double)stats.timers_fired},
        {"store_flags_fired_total", "counter", "Deadlines of games that passed.",
         (double)stats.flags_fired},
        {"store_commands_sent_total", "counter", "Attempts to deliver a command.",
         (double)stats.commands_sent},
        {"store_commands_done_total", "counter", "Commands answered.", (double)stats.commands_done},
        {"store_commands_failed_total", "counter", "Commands given up.",
         (double)stats.commands_failed},
        {"store_commands_under_way", "gauge", "Commands waiting for their answer.",
         (double)stats.commands_under_way},
        {"store_outbox_rows", "gauge", "Commands not yet answered, whoever has them.",
         (double)stats.outbox_rows},
        {"store_events_published_total", "counter", "Events given to the stream.",
         (double)stats.events_published},
        {"store_events_kept_total", "counter", "Of these, not read back from the database.",
         (double)stats.events_kept},
        {"store_waiting", "gauge", "Requests waiting for a transaction or a read.",
         (double)stats.waiting},
    };
    for (size_t i = 0; i < COUNT_OF(metrics); i++)
        service_metric(out, metrics[i].name, metrics[i].type, metrics[i].help, metrics[i].value);
}

static int migrate(const struct service_settings *settings)
{
    struct fault fault = {0};
    int applied = 0;
    if (sql_pg_migrate(conninfo_of(settings), &applied, &fault) != STATUS_OK) {
        fprintf(stderr, "arbiter-store migrate: %s\n", fault.text);
        return EXIT_FAILURE;
    }
    printf("%d migration%s applied\n", applied, applied == 1 ? "" : "s");
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    return service_main(argc, argv,
                        &(struct service){.name = "store",
                                          .help = "Remembers everything, in PostgreSQL.",
                                          .start = start,
                                          .is_ready = is_ready,
                                          .write_metrics = write_metrics,
                                          .stop = stop,
                                          .verb = "migrate",
                                          .run_verb = migrate});
}
