/* Versions of machines among replicas: all begin new instances on the newest, live instances move
 * when they are told to, and one that cannot stays where it is and says why. */
#include "orchestrator/host.h"

#include "bus/bus_memory.h"
#include "tests/contract/store_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arbiter/v1/orchestrator.pb-c.h"

enum { REPLICAS = 2 };

#define DOOR                                                                                       \
    "context: {opened: {type: int, init: 0}}\n"                                                    \
    "events: {open: {}, close: {}, wall: {}}\n"

static const char door_1[] = "machine: door\nversion: 1\n" DOOR "initial: shut\n"
                             "states:\n"
                             "  shut: {on: {open: {target: ajar, assign: {opened: ctx.opened + 1}},"
                             " wall: bricked}}\n"
                             "  ajar: {on: {close: shut}}\n"
                             "  bricked: {type: final}\n";

/* `ajar` is called `wide` now. */
static const char door_2[] =
    "machine: door\nversion: 2\n" DOOR "migrate: {1: {states: {ajar: wide}}}\n"
    "initial: shut\n"
    "states:\n"
    "  shut: {on: {open: {target: wide, assign: {opened: ctx.opened + 1}},"
    " wall: bricked}}\n"
    "  wide: {on: {close: shut}}\n"
    "  bricked: {type: final}\n";

/* The same, but a door that has been opened cannot be moved. */
static const char door_3[] =
    "machine: door\nversion: 3\n" DOOR
    "migrate: {1: {states: {ajar: wide}, context: {opened: 1 / (1 - old.opened)}}}\n"
    "initial: shut\n"
    "states:\n"
    "  shut: {on: {open: wide, wall: bricked}}\n"
    "  wide: {on: {close: shut}}\n"
    "  bricked: {type: final}\n";

struct replica {
    struct bus *bus;
    struct catalogue *catalogue;
    struct host *host;
};

struct scene {
    struct stage *stage;
    struct replica replicas[REPLICAS];
};

/* ---- replicas ---------------------------------------------------------------------------- */

static void replica_start(struct scene *scene, int i, const char *text)
{
    struct replica *replica = &scene->replicas[i];
    struct buffer report = {0};
    const struct catalogue_entry *entry = NULL;
    replica->bus = bus_memory_create(scene->stage->network, "orchestrator");
    replica->catalogue = catalogue_create(NULL);
    assert_non_null(replica->catalogue);
    if (catalogue_add(replica->catalogue, "door.yaml", text, strlen(text), &report, &entry) !=
        STATUS_OK)
        fail_msg("%s", buffer_text(&report));
    buffer_deinit(&report);
    replica->host =
        host_create(&(struct host_options){.bus = replica->bus, .catalogue = replica->catalogue});
    assert_non_null(replica->host);
}

static void replica_kill(struct scene *scene, int i)
{
    struct replica *replica = &scene->replicas[i];
    if (replica->bus == NULL)
        return;
    bus_destroy(replica->bus);
    host_destroy(replica->host);
    catalogue_destroy(replica->catalogue);
    *replica = (struct replica){0};
}

static int open_scene(void **state)
{
    static struct scene scene;
    scene = (struct scene){.stage = stage_open(&stage_memory)};
    stage_start(scene.stage, 0);
    for (int i = 0; i < REPLICAS; i++)
        replica_start(&scene, i, door_1);
    stage_run(scene.stage, 100);
    for (int i = 0; i < REPLICAS; i++)
        assert_true(host_is_serving(scene.replicas[i].host));
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < REPLICAS; i++)
        replica_kill(scene, i);
    stage_close(scene->stage);
    return 0;
}

static int version_of(const struct replica *replica)
{
    return fsm_machine_version(catalogue_current(replica->catalogue, "door")->machine);
}

/* ---- asking ------------------------------------------------------------------------------ */

struct heard {
    bool is_answered;
    enum status status;
    char message[256];
    char active[64];
    int moving;
};

static void hear(const struct bus_answer *answer, struct heard *heard)
{
    heard->is_answered = true;
    heard->status = answer->status;
    if (answer->status != STATUS_OK)
        (void)snprintf(heard->message, sizeof heard->message, "%s", answer->message);
}

static void on_answer(const struct bus_answer *answer, void *user)
{
    hear(answer, user);
}

static void on_published(const struct bus_answer *answer, void *user)
{
    struct heard *heard = user;
    hear(answer, heard);
    if (answer->status == STATUS_OK)
        heard->moving = ((const Arbiter__V1__PublishPolicyReply *)answer->output)->moving;
}

static void on_looked(const struct bus_answer *answer, void *user)
{
    struct heard *heard = user;
    hear(answer, heard);
    if (answer->status != STATUS_OK)
        return;
    const Arbiter__V1__GetInstanceReply *reply =
        (const Arbiter__V1__GetInstanceReply *)answer->output;
    (void)snprintf(heard->active, sizeof heard->active, "%s",
                   reply->n_active > 0 ? reply->active[0] : "");
}

static struct heard ask(struct scene *scene, const char *method, const ProtobufCMessage *input,
                        bus_on_answer on_heard)
{
    struct heard heard = {0};
    bus_call(scene->stage->asker,
             &(struct bus_call){.service = &arbiter__v1__orchestrator__descriptor,
                                .method = method,
                                .input = input},
             on_heard, &heard);
    for (int i = 0; i < 100 && !heard.is_answered; i++)
        stage_run(scene->stage, 20);
    assert_true(heard.is_answered);
    return heard;
}

static void begin_door(struct scene *scene, const char *id)
{
    Arbiter__V1__StartInstanceRequest request = ARBITER__V1__START_INSTANCE_REQUEST__INIT;
    request.machine = "door";
    request.instance_id = (char *)id;
    assert_int_equal(ask(scene, "StartInstance", &request.base, on_answer).status, STATUS_OK);
}

static void tell(struct scene *scene, const char *id, const char *event)
{
    Arbiter__V1__SendEventRequest request = ARBITER__V1__SEND_EVENT_REQUEST__INIT;
    request.instance_id = (char *)id;
    request.name = (char *)event;
    struct heard heard = ask(scene, "SendEvent", &request.base, on_answer);
    if (heard.status != STATUS_OK)
        fail_msg("%s", heard.message);
}

static struct heard look(struct scene *scene, const char *id)
{
    Arbiter__V1__GetInstanceRequest request = ARBITER__V1__GET_INSTANCE_REQUEST__INIT;
    request.instance_id = (char *)id;
    return ask(scene, "GetInstance", &request.base, on_looked);
}

static struct heard publish(struct scene *scene, const char *text, bool migrate)
{
    Arbiter__V1__PublishPolicyRequest request = ARBITER__V1__PUBLISH_POLICY_REQUEST__INIT;
    request.kind = "machine";
    request.text = (char *)text;
    request.migrate = migrate;
    return ask(scene, "PublishPolicy", &request.base, on_published);
}

/* How often the journals say something of a move: "moved", "refused", "dropped". */
static int64_t journal_says(struct scene *scene, const char *what)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM journal WHERE effects LIKE '%%%s%%'",
                   what); /* short */
    return scene->stage->backend->query(scene->stage, sql);
}

static int64_t doors_on(struct scene *scene, int version)
{
    char sql[160];
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM instances WHERE machine_hash = (SELECT hash FROM policies "
                   "WHERE name = 'door' AND version = %d)",
                   version); /* short */
    return scene->stage->backend->query(scene->stage, sql);
}

/* ---- cases ------------------------------------------------------------------------------- */

static void all_replicas_hear_of_a_version(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(publish(scene, door_2, false).status, STATUS_OK);
    stage_run(scene->stage, 50);
    for (int i = 0; i < REPLICAS; i++)
        assert_int_equal(version_of(&scene->replicas[i]), 2);
}

static void a_version_outlives_those_who_heard_of_it(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(publish(scene, door_2, false).status, STATUS_OK);
    for (int i = 0; i < REPLICAS; i++)
        replica_kill(scene, i);
    replica_start(scene, 0, door_1); /* the folder still has the old one */
    stage_run(scene->stage, 50);
    assert_true(host_is_serving(scene->replicas[0].host));
    assert_int_equal(version_of(&scene->replicas[0]), 2);
}

static void nobody_serves_before_the_store_answers(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < REPLICAS; i++)
        replica_kill(scene, i);
    stage_kill(scene->stage, 0);
    replica_start(scene, 0, door_1);
    stage_run(scene->stage, 300);
    assert_false(host_is_serving(scene->replicas[0].host));
    stage_start(scene->stage, 0);
    stage_run(scene->stage, 1500);
    assert_true(host_is_serving(scene->replicas[0].host));
}

/* The upgraded house has only the new version in its folder, or still only the old one. */
static void live_instances_survive_a_restart_on_their_version(void **state)
{
    struct scene *scene = *state;
    begin_door(scene, "door:a");
    tell(scene, "door:a", "open");
    assert_int_equal(publish(scene, door_2, false).status, STATUS_OK);
    for (int i = 0; i < REPLICAS; i++)
        replica_kill(scene, i);
    replica_start(scene, 0, door_2);
    replica_start(scene, 1, door_1);
    stage_run(scene->stage, 2000);
    assert_int_equal(doors_on(scene, 1), 1);
    assert_string_equal(look(scene, "door:a").active, "ajar");
    for (int turn = 0; turn < 4; turn++) { /* whichever replica takes it */
        tell(scene, "door:a", "close");
        assert_string_equal(look(scene, "door:a").active, "shut");
        tell(scene, "door:a", "open");
        assert_string_equal(look(scene, "door:a").active, "ajar");
    }
    begin_door(scene, "door:b");
    tell(scene, "door:b", "open");
    assert_string_equal(look(scene, "door:b").active, "wide");
    assert_int_equal(doors_on(scene, 1), 1);
}

static void live_instances_move(void **state)
{
    struct scene *scene = *state;
    begin_door(scene, "door:a");
    begin_door(scene, "door:b");
    begin_door(scene, "door:gone");
    tell(scene, "door:b", "open");
    tell(scene, "door:gone", "wall");
    struct heard published = publish(scene, door_2, true);
    assert_int_equal(published.status, STATUS_OK);
    assert_int_equal(published.moving, 2); /* one is finished */
    stage_run(scene->stage, 4000);         /* the sweep tells them */
    assert_string_equal(look(scene, "door:a").active, "shut");
    assert_string_equal(look(scene, "door:b").active, "wide");
    assert_int_equal(doors_on(scene, 2), 2);
    assert_int_equal(journal_says(scene, "moved $migrate"), 2);
    tell(scene, "door:b", "close");
    tell(scene, "door:b", "open");
    assert_string_equal(look(scene, "door:b").active, "wide");
}

static void moving_twice_is_moving_once(void **state)
{
    struct scene *scene = *state;
    begin_door(scene, "door:a");
    assert_int_equal(publish(scene, door_2, true).moving, 1);
    stage_run(scene->stage, 4000);
    assert_int_equal(publish(scene, door_2, true).moving, 0); /* nobody is left on version 1 */
    assert_int_equal(journal_says(scene, "moved $migrate"), 1);
}

/* A rushed publisher: two tellings before the first one is heard. */
static void a_second_telling_is_dropped(void **state)
{
    struct scene *scene = *state;
    begin_door(scene, "door:a");
    assert_int_equal(publish(scene, door_2, true).moving, 1);
    assert_int_equal(publish(scene, door_2, true).moving, 1);
    stage_run(scene->stage, 5000);
    assert_int_equal(doors_on(scene, 2), 1);
    assert_int_equal(journal_says(scene, "moved $migrate"), 1);
    assert_int_equal(journal_says(scene, "dropped $migrate"), 1);
}

static struct heard begin_by(struct scene *scene, const char *request_id)
{
    struct heard heard = {0};
    Arbiter__V1__StartInstanceRequest request = ARBITER__V1__START_INSTANCE_REQUEST__INIT;
    request.machine = "door";
    request.instance_id = "door:a";
    bus_call(scene->stage->asker,
             &(struct bus_call){.service = &arbiter__v1__orchestrator__descriptor,
                                .method = "StartInstance",
                                .input = &request.base,
                                .request_id = request_id},
             on_answer, &heard);
    for (int i = 0; i < 100 && !heard.is_answered; i++)
        stage_run(scene->stage, 20);
    return heard;
}

/* Whoever has the instance at hand knows nothing of the start that made it, elsewhere. */
static void a_start_asked_for_again_elsewhere_is_the_same(void **state)
{
    struct scene *scene = *state;
    replica_kill(scene, 1);
    assert_int_equal(begin_by(scene, "start-1").status, STATUS_OK);
    replica_kill(scene, 0);
    replica_start(scene, 1, door_1);
    stage_run(scene->stage, 100);
    tell(scene, "door:a", "open");
    assert_int_equal(begin_by(scene, "start-1").status, STATUS_OK);
    assert_int_equal(begin_by(scene, "start-2").status, STATUS_ALREADY_EXISTS);
    assert_string_equal(look(scene, "door:a").active, "ajar");
}

static void what_cannot_move_is_named_and_nothing_changes(void **state)
{
    struct scene *scene = *state;
    begin_door(scene, "door:a");
    tell(scene, "door:a", "open");
    struct heard refused = publish(scene, door_3, true);
    assert_int_equal(refused.status, STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(refused.message, "door:a"));
    for (int i = 0; i < REPLICAS; i++)
        assert_int_equal(version_of(&scene->replicas[i]), 1);
}

/* It was opened between the check and the move. */
static void what_can_no_longer_move_stays(void **state)
{
    struct scene *scene = *state;
    begin_door(scene, "door:a");
    assert_int_equal(publish(scene, door_3, true).status, STATUS_OK);
    tell(scene, "door:a", "open");
    stage_run(scene->stage, 5000);
    assert_string_equal(look(scene, "door:a").active, "ajar");
    assert_int_equal(doors_on(scene, 1), 1);
    assert_int_equal(journal_says(scene, "refused $migrate"), 1);
    tell(scene, "door:a", "close");
    assert_string_equal(look(scene, "door:a").active, "shut");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        CASE(all_replicas_hear_of_a_version),
        CASE(a_version_outlives_those_who_heard_of_it),
        CASE(nobody_serves_before_the_store_answers),
        CASE(live_instances_survive_a_restart_on_their_version),
        CASE(live_instances_move),
        CASE(moving_twice_is_moving_once),
        CASE(a_second_telling_is_dropped),
        CASE(a_start_asked_for_again_elsewhere_is_the_same),
        CASE(what_cannot_move_is_named_and_nothing_changes),
        CASE(what_can_no_longer_move_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
