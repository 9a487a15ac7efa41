/* Makes the parts of the orchestrator's program, and takes them away together. */
#include "tests/support/brains.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "bus/worker.h"
#include "orchestrator/conduct_desk.h"
#include "orchestrator/deciders.h"
#include "orchestrator/desk/desk.h"
#include "orchestrator/host.h"
#include "orchestrator/matchmaker.h"
#include "orchestrator/vocabulary.h"

struct brains {
    struct arena words;
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

/* ---- policies ------------------------------------------------------------------------------ */

static void read_machines(struct brains *brains, const char *policies, struct buffer *report)
{
    char path[256];
    arena_init(&brains->words, VOCABULARY_BYTES_MAX);
    assert_int_equal(vocabulary_host(&brains->words, &brains->vocabulary), STATUS_OK);
    brains->catalogue = catalogue_create(&brains->vocabulary);
    assert_non_null(brains->catalogue);
    (void)snprintf(path, sizeof path, "%s/machines", policies); /* a test's own short path */
    if (catalogue_add_folder(brains->catalogue, path, report) != STATUS_OK)
        fail_msg("%s", buffer_text(report));
}

static void read_shelves(struct brains *brains, const char *policies, struct buffer *report)
{
    char path[256];
    brains->ratings = ratings_shelf_load("policies/ratings", report);
    if (brains->ratings == NULL)
        fail_msg("%s", buffer_text(report));
    brains->conduct = conduct_shelf_load("policies/conduct", report);
    if (brains->conduct == NULL)
        fail_msg("%s", buffer_text(report));
    (void)snprintf(path, sizeof path, "%s/seeks", policies); /* as above */
    brains->seeking = seeking_shelf_load(path, report);
    if (brains->seeking == NULL)
        fail_msg("%s", buffer_text(report));
}

/* ---- life ---------------------------------------------------------------------------------- */

struct brains *brains_create(struct bus *bus, const char *policies, struct worker *worker,
                             int64_t sweep_ms)
{
    struct brains *brains = calloc(1, sizeof *brains);
    struct buffer report = {0};
    assert_non_null(brains);
    if (policies == NULL)
        policies = "policies";
    read_machines(brains, policies, &report);
    read_shelves(brains, policies, &report);
    buffer_deinit(&report);
    struct host_options options = {.bus = bus,
                                   .catalogue = brains->catalogue,
                                   .ratings = brains->ratings,
                                   .conduct = brains->conduct,
                                   .sweep_ms = sweep_ms};
    brains->host = host_create(&options);
    brains->worker = worker;
    brains->deciders = deciders_create(bus, worker);
    brains->desk = desk_create(bus);
    brains->matchmaker = matchmaker_create(bus, brains->seeking);
    assert_non_null(brains->matchmaker);
    brains->conduct_desk = conduct_desk_create(bus, brains->conduct);
    assert_non_null(brains->host);
    assert_non_null(brains->deciders);
    assert_non_null(brains->desk);
    assert_non_null(brains->conduct_desk);
    return brains;
}

void brains_destroy(struct brains *brains)
{
    host_destroy(brains->host);
    if (brains->worker != NULL)
        worker_destroy(brains->worker);
    deciders_destroy(brains->deciders);
    desk_destroy(brains->desk);
    matchmaker_destroy(brains->matchmaker);
    seeking_shelf_destroy(brains->seeking);
    conduct_desk_destroy(brains->conduct_desk);
    ratings_shelf_destroy(brains->ratings);
    conduct_shelf_destroy(brains->conduct);
    catalogue_destroy(brains->catalogue);
    arena_deinit(&brains->words);
    free(brains);
}

bool brains_are_serving(const struct brains *brains)
{
    return host_is_serving(brains->host);
}
