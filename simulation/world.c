/* Builds the services around a virtual loop; kills, cuts off and brings them back. What people do
 * in this world is people.c's, what must be true of it checks.c's. */
#include "simulation/world.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "archive/archive.h"
#include "gamesvc/gamesvc.h"
#include "orchestrator/deciders.h"
#include "orchestrator/host.h"
#include "store/store.h"
#include "simulation/sabotage.h"

enum {
    SQL_LATENCY_MS = 1,
    SWEEP_MS = 500,
    HANDS_BYTES = 64 << 10 /* few games: some are put away */
};

/* Brains of an orchestrator, which are made and lost together. */
struct brains {
    struct host *host;
    struct deciders *deciders;
};

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

void world_tell(struct world *world, const char *format, ...)
{
    if (!world->options.is_verbose || world->told.size > WORLD_TOLD_MAX)
        return;
    char text[512];
    int64_t at_ms = loop_now_ms(world->loop) - world->options.start_ms;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* a line; cutting it is fine */
    va_end(arguments);
    buffer_format(&world->told, "    %5" PRId64 ".%03d  %s\n", at_ms / 1000, (int)(at_ms % 1000),
                  text);
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

static bool on_commit(void *user);

static void *start_store(struct replica *replica)
{
    struct world *world = replica->world;
    struct sql_session *writer = sql_memory_open(world->database, world->loop, SQL_LATENCY_MS);
    assert(writer != NULL);
    sql_memory_on_commit(writer, on_commit, replica);
    struct store_options options = {
        .writer = writer,
        .readers = {sql_memory_open(world->database, world->loop, SQL_LATENCY_MS)},
        .reader_count = 1,
        .seed = world->options.seed * 1000003 + world->starts++,
        .sweep_ms = sweep_ms(world),
    };
    if (world->options.sabotage == WORLD_SABOTAGE_LOSE_TIMERS)
        sabotage_lose_timers(world->database);
    return store_create(replica->bus, &options);
}

static void *start_orchestrator(struct replica *replica)
{
    struct world *world = replica->world;
    struct bus *bus = replica->bus;
    struct brains *brains = calloc(1, sizeof *brains);
    assert(brains != NULL);
    struct host_options options = {.bus = bus,
                                   .catalogue = world->options.policies->catalogue,
                                   .ratings = world->options.policies->ratings,
                                   .sweep_ms = world->options.sweep_ms};
    brains->host = host_create(&options);
    brains->deciders = deciders_create(bus, NULL);
    assert(brains->host != NULL && brains->deciders != NULL);
    return brains;
}

static void *start_gamesvc(struct replica *replica)
{
    return gamesvc_create(replica->bus, &(struct gamesvc_options){.hands_bytes_max = HANDS_BYTES});
}

static void *start_edge(struct replica *replica)
{
    const struct door *door = replica->world->options.door;
    return door->start(replica->bus, door->context);
}

static void stop_edge(struct world *world, void *self)
{
    world->options.door->stop(self); /* nothing of it lasts */
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
    void *(*start)(struct replica *replica);
    void (*stop)(struct world *world, void *self);
} makers[WORLD_PARTS] = {
    [WORLD_STORE] = {start_store, stop_store},
    [WORLD_ORCHESTRATOR] = {start_orchestrator, stop_orchestrator},
    [WORLD_GAMESVC] = {start_gamesvc, stop_gamesvc},
    [WORLD_EDGE] = {start_edge, stop_edge},
};

static void replica_start(struct replica *replica)
{
    struct world *world = replica->world;
    if (replica->bus != NULL || (replica->part == WORLD_EDGE && world->options.door == NULL))
        return;
    replica->is_cut_off = replica->is_doomed = false;
    replica->effects_left = -1;
    replica->bus = bus_memory_create(world->network, world_part_name(replica->part));
    assert(replica->bus != NULL);
    replica->self = makers[replica->part].start(replica);
    assert(replica->self != NULL);
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

/* ---- faults ------------------------------------------------------------------------------ */

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
        world_tell(replica->world, "%s %d is back", world_part_name(replica->part),
                   replica->number);
    replica_start(replica);
}

static void die(struct replica *replica, int64_t down_ms)
{
    replica->world->counts.crashes++;
    replica_kill(replica);
    after(replica->world, down_ms, come_back, replica);
}

static void take_away(void *user)
{
    struct replica *replica = user;
    if (replica->is_doomed)
        die(replica, replica->down_ms);
}

/* Counts an effect of a service: false where it dies before it. It is taken away when its callback
 * has returned; until then nothing it does comes through. */
static bool may_act(struct replica *replica, const char *effect)
{
    if (replica->is_doomed || replica->effects_left < 0)
        return !replica->is_doomed;
    if (--replica->effects_left > 0)
        return true;
    world_tell(replica->world, "%s %d dies before: %s", world_part_name(replica->part),
               replica->number, effect);
    replica->is_doomed = true;
    after(replica->world, 0, take_away, replica);
    return false;
}

static bool on_commit(void *user)
{
    return may_act(user, "commit");
}

static bool on_send(struct bus *member, const char *subject, void *user)
{
    struct world *world = user;
    for (int part = 0; part < WORLD_PARTS; part++)
        for (int i = 0; i < world->options.replicas; i++)
            if (world->replicas[part][i].bus == member)
                return may_act(&world->replicas[part][i], subject);
    return true; /* the edge, or one that is just being made */
}

static void on_fate(const struct bus_fate *fate, void *user)
{
    struct world *world = user;
    world->counts.lost += fate->is_lost;
    world->counts.doubled += fate->is_doubled;
    if (fate->is_lost || fate->is_doubled)
        world_tell(world, "%s%s%s: %s to %s: %s", fate->is_lost ? "lost" : "",
                   fate->is_lost && fate->is_doubled ? " and " : "",
                   fate->is_doubled ? "doubled" : "", fate->from, fate->to, fate->subject);
}

/* ---- incidents ----------------------------------------------------------------------------- */

/* An incident that has begun, or will. */
struct happening {
    struct world *world;
    const struct incident *incident;
};

static struct replica *replica_of(const struct happening *happening)
{
    return &happening->world->replicas[happening->incident->part][happening->incident->replica];
}

static void join_again(struct replica *replica)
{
    if (replica->bus == NULL || !replica->is_cut_off)
        return; /* killed meanwhile */
    replica->is_cut_off = false;
    world_tell(replica->world, "%s %d is joined again", world_part_name(replica->part),
               replica->number);
    bus_network_partition(replica->world->network, replica->bus, false);
}

static void make_weather(struct world *world, const struct incident *incident)
{
    if (incident->kind == INCIDENT_MESSAGES) {
        bus_network_set_faults(
            world->network,
            &(struct bus_network_options){.delay_max_ms = (int32_t)incident->amount,
                                          .drop_per_million = incident->first_per_million,
                                          .duplicate_per_million = incident->second_per_million});
        return;
    }
    sql_memory_set_faults(
        world->database,
        &(struct sql_memory_faults){.seed = world->options.seed + (uint64_t)incident->at_ms,
                                    .fail_per_million = incident->first_per_million,
                                    .lose_per_million = incident->second_per_million});
}

static void end_incident(void *user)
{
    struct happening *happening = user;
    struct world *world = happening->world;
    const struct incident *incident = happening->incident;
    struct incident calm = {.kind = incident->kind, .amount = 1};
    switch (incident->kind) {
    case INCIDENT_CUT_OFF:
        join_again(replica_of(happening));
        return;
    case INCIDENT_SLOW:
        if (replica_of(happening)->bus != NULL)
            bus_network_slow(world->network, replica_of(happening)->bus, 0);
        return;
    case INCIDENT_MESSAGES:
    case INCIDENT_DATABASE:
        if (!world->is_healed && world->weather[incident->kind == INCIDENT_DATABASE] == incident)
            make_weather(world, &calm);
        return;
    case INCIDENT_KILL:
    case INCIDENT_KILL_AT_EFFECT:
    case INCIDENT_CLOCK:
        return; /* they come back by themselves, or never */
    }
}

/* What happens to a service that is up. */
static void strike(struct happening *happening)
{
    const struct incident *incident = happening->incident;
    struct replica *replica = replica_of(happening);
    struct world *world = happening->world;
    if (incident->kind == INCIDENT_KILL) {
        die(replica, incident->duration_ms);
    } else if (incident->kind == INCIDENT_KILL_AT_EFFECT) {
        replica->effects_left = incident->amount;
        replica->down_ms = incident->duration_ms;
    } else if (incident->kind == INCIDENT_SLOW) {
        bus_network_slow(world->network, replica->bus, (int32_t)incident->amount);
    } else if (!replica->is_cut_off) {
        world->counts.partitions++;
        replica->is_cut_off = true;
        bus_network_partition(world->network, replica->bus, true);
    }
}

static void tell_incident(struct world *world, const struct incident *incident)
{
    struct buffer text = {0};
    if (!world->options.is_verbose)
        return;
    incident_describe(incident, &text);
    world_tell(world, "%s", buffer_text(&text));
    buffer_deinit(&text);
}

static void begin_incident(void *user)
{
    struct happening *happening = user;
    struct world *world = happening->world;
    const struct incident *incident = happening->incident;
    if (world->is_healed)
        return;
    if (incident->kind == INCIDENT_CLOCK) {
        tell_incident(world, incident);
        loop_step_clock(world->loop, incident->amount);
        return;
    }
    if (incident->kind == INCIDENT_MESSAGES || incident->kind == INCIDENT_DATABASE) {
        tell_incident(world, incident);
        world->weather[incident->kind == INCIDENT_DATABASE] = incident;
        make_weather(world, incident);
    } else if (replica_of(happening)->bus == NULL || replica_of(happening)->is_doomed) {
        return; /* it is down as it is */
    } else {
        tell_incident(world, incident);
        strike(happening);
    }
    after(world, incident->duration_ms, end_incident, happening);
}

void world_trouble(struct world *world)
{
    const struct trouble *trouble = world->options.trouble;
    if (trouble == NULL || trouble->count == 0)
        return;
    world->happenings = calloc((size_t)trouble->count, sizeof *world->happenings);
    assert(world->happenings != NULL);
    for (int i = 0; i < trouble->count; i++) {
        world->happenings[i] = (struct happening){world, &trouble->items[i]};
        after(world, trouble->items[i].at_ms, begin_incident, &world->happenings[i]);
    }
}

void world_heal(struct world *world)
{
    world->is_healed = true;
    world_tell(world, "the faults are over");
    bus_network_set_faults(world->network, &(struct bus_network_options){.delay_max_ms = 1});
    sql_memory_set_faults(world->database, &(struct sql_memory_faults){0});
    for (int part = 0; part < WORLD_PARTS; part++) {
        for (int i = 0; i < world->options.replicas; i++) {
            struct replica *replica = &world->replicas[part][i];
            replica->effects_left = -1;
            join_again(replica);
            if (replica->bus != NULL)
                bus_network_slow(world->network, replica->bus, 0);
            replica_start(replica);
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
    if (options->start_ms == 0)
        world->options.start_ms = WORLD_START_MS;
    world->loop = loop_create_virtual(world->options.start_ms);
    world->network = bus_network_create(
        world->loop, &(struct bus_network_options){.seed = options->seed, .delay_max_ms = 1});
    world->database = sql_memory_create();
    assert(world->loop != NULL && world->network != NULL && world->database != NULL);
    sabotage_database(world->database, options->sabotage);
    world->edge = bus_memory_create(world->network, "edge");
    world->archive = archive_create(world->edge, &(struct archive_options){.place = ""}, NULL);
    assert(world->archive != NULL);
    assert(world->edge != NULL);
    assert(options->replicas > 0 && options->replicas <= WORLD_REPLICAS_MAX);
    bus_network_watch(world->network, &(struct bus_watch){on_send, on_fate, world});
    for (int part = 0; part < WORLD_PARTS; part++) {
        for (int i = 0; i < world->options.replicas; i++) {
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
    archive_destroy(world->archive);
    for (int part = WORLD_PARTS - 1; part >= 0; part--)
        for (int i = 0; i < world->options.replicas; i++)
            replica_kill(&world->replicas[part][i]);
    bus_network_destroy(world->network);
    loop_destroy(world->loop);
    sql_memory_destroy(world->database);
    free(world->happenings);
    buffer_deinit(&world->told);
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
