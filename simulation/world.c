/* Builds the services around a virtual loop; kills, cuts off and brings them back. What people do
 * in this world is people.c's, what must be true of it checks.c's. */
#include "simulation/world.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "gamesvc/gamesvc.h"
#include "orchestrator/deciders.h"
#include "orchestrator/host.h"
#include "store/store.h"
#include "simulation/sabotage.h"

enum {
    SQL_LATENCY_MS = 1,
    SWEEP_MS = 500,
    DOWN_MAX_MS = 3000,
    CUT_OFF_MAX_MS = 4000,
    QUIET_MAX_MS = 1500 /* between two faults */
};

/* Brains of an orchestrator, which are made and lost together. */
struct brains {
    struct host *host;
    struct deciders *deciders;
};

static const char *const part_names[WORLD_PARTS] = {
    [WORLD_STORE] = "store", [WORLD_ORCHESTRATOR] = "orchestrator", [WORLD_GAMESVC] = "gamesvc"};

/* ---- telling ------------------------------------------------------------------------------------
 */

void world_fail(struct world *world, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* a sentence; cutting it is fine */
    va_end(arguments);
    if (world->failure_count++ < WORLD_FAILURES_MAX)
        buffer_format(&world->failures, "    %s\n", text);
}

void world_tell(const struct world *world, const char *format, ...)
{
    if (!world->options.is_verbose)
        return;
    int64_t at_ms = loop_now_ms(world->loop) - WORLD_START_MS;
    va_list arguments;
    (void)printf("  %7lld.%03lld ", (long long)(at_ms / 1000), (long long)(at_ms % 1000));
    va_start(arguments, format);
    (void)vprintf(format, arguments); /* a trace for people */
    va_end(arguments);
    (void)printf("\n");
}

static void read_number(int count, char **columns, void *user)
{
    if (count > 0 && columns[0] != NULL)
        *(int64_t *)user = strtoll(columns[0], NULL, 10);
}

void world_rows(struct world *world, const char *sql, sql_memory_on_row on_row, void *user)
{
    enum status status = sql_memory_query(world->database, sql, on_row, user);
    if (status != STATUS_OK)
        (void)fprintf(stderr, "refused: %s\n", sql);
    assert(status == STATUS_OK);
}

int64_t world_number(struct world *world, const char *sql)
{
    int64_t number = 0;
    world_rows(world, sql, read_number, &number);
    return number;
}

/* ---- the parts ----------------------------------------------------------------------------------
 */

static int64_t sweep_ms(const struct world *world)
{
    return world->options.sweep_ms > 0 ? world->options.sweep_ms : SWEEP_MS;
}

static void *start_store(struct world *world, struct bus *bus)
{
    struct store_options options = {
        .writer = sql_memory_open(world->database, world->loop, SQL_LATENCY_MS),
        .readers = {sql_memory_open(world->database, world->loop, SQL_LATENCY_MS)},
        .reader_count = 1,
        .seed = world->options.seed * 1000003 + world->starts++,
        .sweep_ms = sweep_ms(world),
    };
    if (world->options.sabotage == WORLD_SABOTAGE_LOSE_TIMERS)
        sabotage_lose_timers(world->database);
    return store_create(bus, &options);
}

static void *start_orchestrator(struct world *world, struct bus *bus)
{
    struct brains *brains = calloc(1, sizeof *brains);
    assert(brains != NULL);
    struct host_options options = {.bus = bus,
                                   .catalogue = world->options.policies->catalogue,
                                   .ratings = world->options.policies->ratings,
                                   .sweep_ms = world->options.sweep_ms};
    brains->host = host_create(&options);
    brains->deciders = deciders_create(bus);
    assert(brains->host != NULL && brains->deciders != NULL);
    return brains;
}

static void *start_gamesvc(struct world *world, struct bus *bus)
{
    (void)world; /* it is nobody's child */
    return gamesvc_create(bus, &(struct gamesvc_options){0});
}

static void stop_store(struct world *world, void *self)
{
    (void)world; /* what it knew is in the database */
    store_destroy(self);
}

static void stop_orchestrator(struct world *world, void *self)
{
    struct brains *brains = self;
    struct host_stats stats;
    host_stats(brains->host, &stats);
    world->counts.poisoned += (int64_t)stats.poisoned;
    host_destroy(brains->host);
    deciders_destroy(brains->deciders);
    free(brains);
}

static void stop_gamesvc(struct world *world, void *self)
{
    (void)world; /* nothing of it lasts */
    gamesvc_destroy(self);
}

static const struct {
    void *(*start)(struct world *world, struct bus *bus);
    void (*stop)(struct world *world, void *self);
} makers[WORLD_PARTS] = {
    [WORLD_STORE] = {start_store, stop_store},
    [WORLD_ORCHESTRATOR] = {start_orchestrator, stop_orchestrator},
    [WORLD_GAMESVC] = {start_gamesvc, stop_gamesvc},
};

static void replica_start(struct replica *replica)
{
    struct world *world = replica->world;
    if (replica->bus != NULL)
        return;
    replica->bus = bus_memory_create(world->network, part_names[replica->part]);
    assert(replica->bus != NULL);
    replica->self = makers[replica->part].start(world, replica->bus);
    assert(replica->self != NULL);
    replica->is_cut_off = false;
}

/* As SIGKILL would: nothing is drained, nothing is said. */
static void replica_kill(struct replica *replica)
{
    if (replica->bus == NULL)
        return;
    bus_destroy(replica->bus);
    makers[replica->part].stop(replica->world, replica->self);
    replica->bus = NULL;
    replica->self = NULL;
}

/* ---- faults -------------------------------------------------------------------------------------
 */

static int64_t draw(struct world *world, int64_t bound)
{
    return (int64_t)random_below(&world->random, (uint64_t)bound);
}

static void after(struct world *world, int64_t delay_ms, loop_callback callback, void *user)
{
    loop_timer timer;
    enum status status = loop_after(world->loop, delay_ms, callback, user, &timer);
    assert(status == STATUS_OK);
    (void)status; /* only asserted */
}

static void come_back(void *user)
{
    struct replica *replica = user;
    if (replica->bus == NULL)
        world_tell(replica->world, "%s %d is back", part_names[replica->part], replica->number);
    replica_start(replica);
}

static void crash(struct replica *replica)
{
    struct world *world = replica->world;
    world_tell(world, "%s %d is killed", part_names[replica->part], replica->number);
    world->counts.crashes++;
    replica_kill(replica);
    after(world, draw(world, DOWN_MAX_MS), come_back, replica);
}

static void join_again(void *user)
{
    struct replica *replica = user;
    if (replica->bus == NULL || !replica->is_cut_off)
        return; /* killed meanwhile */
    replica->is_cut_off = false;
    world_tell(replica->world, "%s %d is joined again", part_names[replica->part], replica->number);
    bus_network_partition(replica->world->network, replica->bus, false);
}

static void cut_off(struct replica *replica)
{
    struct world *world = replica->world;
    world_tell(world, "%s %d is cut off", part_names[replica->part], replica->number);
    world->counts.partitions++;
    replica->is_cut_off = true;
    bus_network_partition(world->network, replica->bus, true);
    after(world, 1 + draw(world, CUT_OFF_MAX_MS), join_again, replica);
}

static void make_trouble(void *user)
{
    struct world *world = user;
    if (world->is_healed)
        return;
    int part = (int)draw(world, WORLD_PARTS);
    struct replica *replica = &world->replicas[part][draw(world, world->replica_count)];
    bool wants_crash = draw(world, 3) > 0;
    if (replica->bus != NULL && wants_crash && (world->options.faults & WORLD_FAULT_CRASHES) != 0)
        crash(replica);
    else if (replica->bus != NULL && !wants_crash && !replica->is_cut_off &&
             (world->options.faults & WORLD_FAULT_PARTITIONS) != 0)
        cut_off(replica);
    after(world, draw(world, QUIET_MAX_MS), make_trouble, world);
}

static void disturb_messages(struct world *world)
{
    struct bus_network_options options = {
        .delay_min_ms = 0,
        .delay_max_ms = (int32_t)draw(world, 40),
        .drop_per_million = (int32_t)draw(world, 60000),
        .duplicate_per_million = (int32_t)draw(world, 60000),
    };
    bus_network_set_faults(world->network, &options);
    world_tell(world, "messages take up to %d ms; of a million %d are lost, %d doubled",
               options.delay_max_ms, options.drop_per_million, options.duplicate_per_million);
}

static void disturb_database(struct world *world)
{
    struct sql_memory_faults faults = {
        .seed = world->options.seed,
        .fail_per_million = (int32_t)draw(world, 30000),
        .lose_per_million = (int32_t)draw(world, 30000),
    };
    sql_memory_set_faults(world->database, &faults);
    world_tell(world, "of a million transactions %d fail, %d lose their answer",
               faults.fail_per_million, faults.lose_per_million);
}

void world_trouble(struct world *world)
{
    if ((world->options.faults & WORLD_FAULT_MESSAGES) != 0)
        disturb_messages(world);
    if ((world->options.faults & WORLD_FAULT_DATABASE) != 0)
        disturb_database(world);
    if ((world->options.faults & (WORLD_FAULT_CRASHES | WORLD_FAULT_PARTITIONS)) != 0)
        make_trouble(world);
}

void world_heal(struct world *world)
{
    world->is_healed = true;
    world_tell(world, "the faults are over");
    bus_network_set_faults(world->network, &(struct bus_network_options){.delay_max_ms = 1});
    sql_memory_set_faults(world->database, &(struct sql_memory_faults){0});
    for (int part = 0; part < WORLD_PARTS; part++) {
        for (int i = 0; i < world->replica_count; i++) {
            join_again(&world->replicas[part][i]);
            replica_start(&world->replicas[part][i]);
        }
    }
}

/* ---- life ---------------------------------------------------------------------------------------
 */

void world_run(struct world *world, int64_t duration_ms)
{
    loop_run_until(world->loop, loop_now_ms(world->loop) + duration_ms);
}

void world_init(struct world *world, const struct world_options *options)
{
    *world = (struct world){.options = *options};
    random_init_stream(&world->random, options->seed, "faults", 0);
    world->loop = loop_create_virtual(WORLD_START_MS);
    world->network = bus_network_create(
        world->loop, &(struct bus_network_options){.seed = options->seed, .delay_max_ms = 1});
    world->database = sql_memory_create();
    assert(world->loop != NULL && world->network != NULL && world->database != NULL);
    sabotage_database(world->database, options->sabotage);
    world->edge = bus_memory_create(world->network, "edge");
    assert(world->edge != NULL);
    int drawn = 1 + (int)draw(world, WORLD_REPLICAS_MAX);
    world->replica_count = options->replicas > 0 ? options->replicas : drawn;
    assert(world->replica_count <= WORLD_REPLICAS_MAX);
    for (int part = 0; part < WORLD_PARTS; part++) {
        for (int i = 0; i < world->replica_count; i++) {
            struct replica *replica = &world->replicas[part][i];
            *replica =
                (struct replica){.world = world, .part = (enum world_part)part, .number = i + 1};
            replica_start(replica);
        }
    }
    world_run(world, 100);
}

void world_deinit(struct world *world)
{
    bus_destroy(world->edge);
    for (int part = WORLD_PARTS - 1; part >= 0; part--)
        for (int i = 0; i < world->replica_count; i++)
            replica_kill(&world->replicas[part][i]);
    bus_network_destroy(world->network);
    loop_destroy(world->loop);
    sql_memory_destroy(world->database);
    buffer_deinit(&world->failures);
}

/* ---- policies -----------------------------------------------------------------------------------
 */

bool world_policies_load(const char *folder, struct world_policies *out_policies)
{
    struct buffer report = {0};
    char machines[512];
    char ratings[512];
    (void)snprintf(machines, sizeof machines, "%s/machines", folder); /* cut: is not found */
    (void)snprintf(ratings, sizeof ratings, "%s/ratings", folder);
    struct world_policies policies = {.catalogue = catalogue_create(NULL)};
    bool is_read = policies.catalogue != NULL &&
                   catalogue_add_folder(policies.catalogue, machines, &report) == STATUS_OK;
    if (is_read)
        policies.ratings = ratings_shelf_load(ratings, &report);
    if (policies.ratings == NULL) {
        (void)fprintf(stderr, "%s", buffer_text(&report));
        world_policies_deinit(&policies);
    } else {
        *out_policies = policies;
    }
    buffer_deinit(&report);
    return policies.ratings != NULL;
}

void world_policies_deinit(struct world_policies *policies)
{
    ratings_shelf_destroy(policies->ratings);
    catalogue_destroy(policies->catalogue);
    *policies = (struct world_policies){0};
}
