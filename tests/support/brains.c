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

struct brains_shelves {
    struct arena words;
    struct fsm_host vocabulary;
    struct catalogue *catalogue;
    struct ratings_shelf *ratings;
    struct conduct_shelf *conduct;
    struct seeking_shelf *seeking;
};

struct brains {
    struct brains_shelves *own; /* NULL: whoever made them lends them */
    struct host *host;
    struct worker *worker;
    struct deciders *deciders;
    struct desk *desk;
    struct matchmaker *matchmaker;
    struct conduct_desk *conduct_desk;
};

/* ---- policies ------------------------------------------------------------------------------ */

static void read_machines(struct brains_shelves *shelves, const char *policies,
                          struct buffer *report)
{
    char path[256];
    arena_init(&shelves->words, VOCABULARY_BYTES_MAX);
    assert_int_equal(vocabulary_host(&shelves->words, &shelves->vocabulary), STATUS_OK);
    shelves->catalogue = catalogue_create(&shelves->vocabulary);
    assert_non_null(shelves->catalogue);
    (void)snprintf(path, sizeof path, "%s/machines", policies); /* a test's own short path */
    if (catalogue_add_folder(shelves->catalogue, path, report) != STATUS_OK)
        fail_msg("%s", buffer_text(report));
}

static void read_shelves(struct brains_shelves *shelves, const char *policies,
                         struct buffer *report)
{
    char path[256];
    shelves->ratings = ratings_shelf_load("policies/ratings", report);
    if (shelves->ratings == NULL)
        fail_msg("%s", buffer_text(report));
    shelves->conduct = conduct_shelf_load("policies/conduct", report);
    if (shelves->conduct == NULL)
        fail_msg("%s", buffer_text(report));
    (void)snprintf(path, sizeof path, "%s/seeks", policies); /* as above */
    shelves->seeking = seeking_shelf_load(path, report);
    if (shelves->seeking == NULL)
        fail_msg("%s", buffer_text(report));
}

struct brains_shelves *brains_shelves_read(const char *policies)
{
    struct brains_shelves *shelves = calloc(1, sizeof *shelves);
    struct buffer report = {0};
    assert_non_null(shelves);
    if (policies == NULL)
        policies = "policies";
    read_machines(shelves, policies, &report);
    read_shelves(shelves, policies, &report);
    buffer_deinit(&report);
    return shelves;
}

void brains_shelves_destroy(struct brains_shelves *shelves)
{
    if (shelves == NULL)
        return;
    seeking_shelf_destroy(shelves->seeking);
    ratings_shelf_destroy(shelves->ratings);
    conduct_shelf_destroy(shelves->conduct);
    catalogue_destroy(shelves->catalogue);
    arena_deinit(&shelves->words);
    free(shelves);
}

/* ---- life ---------------------------------------------------------------------------------- */

struct brains *brains_create(struct bus *bus, const struct brains_options *how)
{
    struct brains *brains = calloc(1, sizeof *brains);
    assert_non_null(brains);
    if (how->shelves == NULL)
        brains->own = brains_shelves_read(how->policies);
    const struct brains_shelves *shelves = how->shelves != NULL ? how->shelves : brains->own;
    struct host_options options = {.bus = bus,
                                   .catalogue = shelves->catalogue,
                                   .ratings = shelves->ratings,
                                   .conduct = shelves->conduct,
                                   .worker = how->worker,
                                   .sweep_ms = how->sweep_ms};
    brains->host = host_create(&options);
    brains->worker = how->worker;
    brains->deciders = deciders_create(bus, how->worker);
    brains->desk = desk_create(&(struct desk_options){
        .bus = bus, .worker = how->worker, .shelves = {shelves->ratings, shelves->conduct}});
    brains->matchmaker = matchmaker_create(bus, how->worker, shelves->seeking);
    assert_non_null(brains->matchmaker);
    brains->conduct_desk = conduct_desk_create(bus, shelves->conduct);
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
    conduct_desk_destroy(brains->conduct_desk);
    brains_shelves_destroy(brains->own);
    free(brains);
}

bool brains_are_serving(const struct brains *brains)
{
    return host_is_serving(brains->host);
}
