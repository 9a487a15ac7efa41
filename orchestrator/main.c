/* arbiter-orchestrator: hosts the machines, decides pairings and standings. */
#include <stdio.h>
#include <stdlib.h>

#include "bus/worker.h"
#include "orchestrator/conduct_desk.h"
#include "orchestrator/deciders.h"
#include "orchestrator/desk/desk.h"
#include "orchestrator/host.h"
#include "orchestrator/matchmaker.h"
#include "orchestrator/vocabulary.h"
#include "service/service.h"

enum { WORKERS = 2 }; /* a small round does not wait for a large one */

struct orchestrator {
    struct arena words; /* holds what `vocabulary` points to */
    struct fsm_host vocabulary;
    struct catalogue *catalogue;
    struct ratings_shelf *ratings;
    struct conduct_shelf *conduct;
    struct host *host;
    struct worker *worker;
    struct deciders *deciders;
    struct desk *desk;
    struct seeking_shelf *seeking;
    struct matchmaker *matchmaker;
    struct conduct_desk *conduct_desk;
};

static void stop(void *self)
{
    struct orchestrator *orchestrator = self;
    host_destroy(orchestrator->host);
    worker_destroy(orchestrator->worker);
    deciders_destroy(orchestrator->deciders);
    desk_destroy(orchestrator->desk);
    matchmaker_destroy(orchestrator->matchmaker);
    seeking_shelf_destroy(orchestrator->seeking);
    conduct_desk_destroy(orchestrator->conduct_desk);
    ratings_shelf_destroy(orchestrator->ratings);
    conduct_shelf_destroy(orchestrator->conduct);
    catalogue_destroy(orchestrator->catalogue);
    arena_deinit(&orchestrator->words);
    free(orchestrator);
}

static bool load_policies(struct orchestrator *orchestrator, const char *folder,
                          struct fault *out_fault)
{
    struct buffer path = {0};
    struct buffer report = {0};
    buffer_format(&path, "%s/machines", folder);
    orchestrator->catalogue = catalogue_create(&orchestrator->vocabulary);
    bool is_good =
        orchestrator->catalogue != NULL &&
        catalogue_add_folder(orchestrator->catalogue, buffer_text(&path), &report) == STATUS_OK;
    buffer_reset(&path);
    buffer_format(&path, "%s/ratings", folder);
    if (is_good)
        orchestrator->ratings = ratings_shelf_load(buffer_text(&path), &report);
    is_good = is_good && orchestrator->ratings != NULL;
    buffer_reset(&path);
    buffer_format(&path, "%s/seeks", folder);
    if (is_good)
        orchestrator->seeking = seeking_shelf_load(buffer_text(&path), &report);
    is_good = is_good && orchestrator->seeking != NULL;
    buffer_reset(&path);
    buffer_format(&path, "%s/conduct", folder);
    if (is_good)
        orchestrator->conduct = conduct_shelf_load(buffer_text(&path), &report);
    is_good = is_good && orchestrator->conduct != NULL;
    if (!is_good) {
        fputs(buffer_text(&report), stderr);
        (void)fault_set(out_fault, 0, 0, "a policy in %s does not check; see above", folder);
    }
    buffer_deinit(&report);
    buffer_deinit(&path);
    return is_good;
}

static void *start(struct bus *bus, const struct service_settings *settings,
                   struct fault *out_fault)
{
    struct orchestrator *orchestrator = calloc(1, sizeof *orchestrator);
    if (orchestrator == NULL)
        return NULL;
    arena_init(&orchestrator->words, VOCABULARY_BYTES_MAX);
    if (vocabulary_host(&orchestrator->words, &orchestrator->vocabulary) == STATUS_OK &&
        load_policies(orchestrator, service_text(settings, SERVICE_POLICIES), out_fault)) {
        orchestrator->worker = worker_create(bus_loop(bus), WORKERS);
        struct host_options options = {.bus = bus,
                                       .catalogue = orchestrator->catalogue,
                                       .ratings = orchestrator->ratings,
                                       .conduct = orchestrator->conduct,
                                       .worker = orchestrator->worker};
        orchestrator->host = host_create(&options);
        if (orchestrator->worker != NULL)
            orchestrator->deciders = deciders_create(bus, orchestrator->worker);
        orchestrator->desk = desk_create(
            &(struct desk_options){.bus = bus,
                                   .worker = orchestrator->worker,
                                   .shelves = {orchestrator->ratings, orchestrator->conduct}});
        orchestrator->matchmaker =
            matchmaker_create(bus, orchestrator->worker, orchestrator->seeking);
        orchestrator->conduct_desk = conduct_desk_create(bus, orchestrator->conduct);
    }
    if (orchestrator->host != NULL && orchestrator->deciders != NULL &&
        orchestrator->desk != NULL && orchestrator->matchmaker != NULL &&
        orchestrator->conduct_desk != NULL)
        return orchestrator;
    stop(orchestrator);
    return NULL;
}

static bool is_ready(void *self)
{
    const struct orchestrator *orchestrator = self;
    return host_is_serving(orchestrator->host);
}

static void write_metrics(void *self, struct buffer *out)
{
    const struct orchestrator *orchestrator = self;
    struct host_stats stats;
    host_stats(orchestrator->host, &stats);
    service_metric(out, "steps_total", "counter", "Events given to machines.", (double)stats.steps);
    service_metric(out, "step_commits_total", "counter", "Steps sent to the store.",
                   (double)stats.commits);
    service_metric(out, "step_conflicts_total", "counter", "Lost compare-and-swaps.",
                   (double)stats.conflicts);
    service_metric(out, "refusals_total", "counter", "Events that a machine refused.",
                   (double)stats.refusals);
    service_metric(out, "instance_loads_total", "counter", "Instances read from the store.",
                   (double)stats.loads);
    service_metric(out, "bells_lost_total", "counter", "Inbox rows that only the sweep found.",
                   (double)stats.swept);
    service_metric(out, "inbox_rows_given_up_total", "counter",
                   "Inbox rows whose effects cannot be committed.", (double)stats.poisoned);
    struct matchmaker_stats waves;
    matchmaker_stats(orchestrator->matchmaker, &waves);
    service_metric(out, "waves_total", "counter", "Waves made in pools.", (double)waves.waves);
    service_metric(out, "wave_pairs_total", "counter", "Pairs made in waves.", (double)waves.pairs);
    service_metric(out, "wave_slowest_seconds", "gauge", "The longest wave since the start.",
                   waves.slowest_wave_ms / 1000);
    service_metric(out, "wait_estimates_recent", "gauge",
                   "Latest ended waits that an interval had been given for.", (double)waves.told);
    service_metric(out, "wait_estimates_held_ratio", "gauge",
                   "Share of those that ended within it; 0.8 is promised.",
                   waves.told > 0 ? (double)waves.held / (double)waves.told : 0);
    service_metric(out, "instances_cached", "gauge", "Instances in memory.", (double)stats.actors);
}

int main(int argc, char **argv)
{
    return service_main(
        argc, argv,
        &(struct service){.name = "orchestrator",
                          .help = "Hosts the machines under policies/machines, pairs rounds, "
                                  "computes standings.",
                          .start = start,
                          .is_ready = is_ready,
                          .write_metrics = write_metrics,
                          .stop = stop});
}
