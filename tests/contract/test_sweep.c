/* Inbox rows whose bells were lost while no orchestrator was there: a sweep finds them, page after
 * page as long as they are taken, and does not hurry over what cannot be. */
#include "orchestrator/host.h"

#include "bus/bus_memory.h"
#include "tests/contract/store_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arbiter/v1/orchestrator.pb-c.h"

enum { LAMPS = 1200, PAGE = 500 };

static const char lamp[] = "machine: lamp\nversion: 1\nevents: {light: {}}\ninitial: dark\n"
                           "states:\n"
                           "  dark: {on: {light: lit}}\n"
                           "  lit: {type: final}\n";

struct scene {
    struct stage *stage;
    struct bus *bus;
    struct catalogue *catalogue;
    struct host *host;
};

/* ---- the scene --------------------------------------------------------------------------- */

static void host_begin(struct scene *scene)
{
    struct buffer report = {0};
    const struct catalogue_entry *entry = NULL;
    scene->bus = bus_memory_create(scene->stage->network, "orchestrator");
    scene->catalogue = catalogue_create(NULL);
    assert_non_null(scene->catalogue);
    if (catalogue_add(scene->catalogue, "lamp.yaml", lamp, strlen(lamp), &report, &entry) !=
        STATUS_OK)
        fail_msg("%s", buffer_text(&report));
    buffer_deinit(&report);
    scene->host =
        host_create(&(struct host_options){.bus = scene->bus, .catalogue = scene->catalogue});
    assert_non_null(scene->host);
}

static void host_kill(struct scene *scene)
{
    bus_destroy(scene->bus);
    host_destroy(scene->host);
    catalogue_destroy(scene->catalogue);
}

static int64_t query(struct scene *scene, const char *sql)
{
    return scene->stage->backend->query(scene->stage, sql);
}

static void on_begun(const struct bus_answer *answer, void *user)
{
    *(int *)user += answer->status == STATUS_OK;
}

/* Lamps, each with a word that nobody has rung for. */
static int open_scene(void **state)
{
    static struct scene scene;
    int begun = 0;
    scene = (struct scene){.stage = stage_open(&stage_memory)};
    stage_start(scene.stage, 0);
    host_begin(&scene);
    stage_run(scene.stage, 100);
    for (int i = 0; i < LAMPS; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "lamp:%d", i); /* fits */
        Arbiter__V1__StartInstanceRequest request = ARBITER__V1__START_INSTANCE_REQUEST__INIT;
        request.machine = "lamp";
        request.instance_id = id;
        bus_call(scene.stage->asker,
                 &(struct bus_call){.service = &arbiter__v1__orchestrator__descriptor,
                                    .method = "StartInstance",
                                    .input = &request.base},
                 on_begun, &begun);
        stage_run(scene.stage, 10);
    }
    stage_run(scene.stage, 2000);
    assert_int_equal(begun, LAMPS);
    host_kill(&scene);
    (void)query(&scene, "INSERT INTO inbox (instance_id, event_id, name, due_at_ms, fired_at_ms, "
                        "actor, note, received_at_ms, position) SELECT instance_id, 'word', "
                        "'light', 0, 0, '', '', 0, 1000000 + rowid FROM instances");
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    host_kill(scene);
    stage_close(scene->stage);
    return 0;
}

/* ---- cases ------------------------------------------------------------------------------- */

static void all_pages_follow_each_other(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(query(scene, "SELECT count(*) FROM inbox WHERE consumed_seq IS NULL"), LAMPS);
    host_begin(scene);
    stage_run(scene->stage, HOST_SWEEP_MS - 200);
    assert_int_equal(query(scene, "SELECT count(*) FROM inbox WHERE consumed_seq IS NULL"), 0);
    assert_int_equal(query(scene, "SELECT count(*) FROM instances WHERE finished"), LAMPS);
}

static void what_cannot_be_taken_is_looked_at_no_oftener(void **state)
{
    struct scene *scene = *state;
    struct host_stats stats;
    (void)query(scene, "UPDATE instances SET snapshot = x'00'");
    host_begin(scene);
    stage_run(scene->stage, 5 * HOST_SWEEP_MS);
    host_stats(scene->host, &stats);
    assert_int_equal(query(scene, "SELECT count(*) FROM inbox WHERE consumed_seq IS NULL"), LAMPS);
    assert_in_range(stats.swept, 4 * PAGE, 7 * PAGE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(all_pages_follow_each_other),
        CASE(what_cannot_be_taken_is_looked_at_no_oftener),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
