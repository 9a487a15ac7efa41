/* The deciders on a bus in memory and a real loop, with a store that is played: a pairing takes as
 * long as it takes, and nobody else waits for it. */
#include "orchestrator/deciders.h"

#include "bus/bus_memory.h"
#include "bus/worker.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum { PLAYERS_MAX = 1200, QUESTIONS = 20 };

/* ---- a computation that takes until it is let go ----------------------------------------- */

struct gate {
    struct worker_job job;
    pthread_mutex_t lock;
    pthread_cond_t is_open;
    bool open;
};

static void wait_at(void *user)
{
    struct gate *gate = user;
    (void)pthread_mutex_lock(&gate->lock);
    while (!gate->open)
        (void)pthread_cond_wait(&gate->is_open, &gate->lock);
    (void)pthread_mutex_unlock(&gate->lock);
}

static void on_passed(bool is_done, void *user)
{
    (void)is_done, (void)user; /* nobody waits for it */
}

static void gate_shut(struct gate *gate, struct worker *worker)
{
    gate->job = (struct worker_job){.work = wait_at, .on_end = on_passed, .user = gate};
    worker_do(worker, &gate->job);
}

static void gate_open(struct gate *gate)
{
    (void)pthread_mutex_lock(&gate->lock);
    gate->open = true;
    (void)pthread_mutex_unlock(&gate->lock);
    (void)pthread_cond_broadcast(&gate->is_open);
}

/* ---- the scene --------------------------------------------------------------------------- */

struct scene {
    struct loop *loop;
    struct bus_network *network;
    struct bus *store_bus;
    struct bus *bus; /* the deciders' */
    struct bus *asker;
    ProtobufCService store;
    struct worker *worker;
    struct gate gate;
    struct deciders *deciders;
    int saved; /* SavePairings that the store has heard */
    int games; /* in the last of them */
    int questions_left;
    bool is_read; /* the pairing's division has been asked for */
    bool is_paired;
    bool asks_until_paired;
};

/* ---- the store --------------------------------------------------------------------------- */

static void answer_division(const char *id, Arbiter__V1__GetDivisionReply_Closure closure,
                            void *request)
{
    static Arbiter__V1__Entrant entrants[PLAYERS_MAX];
    static Arbiter__V1__Entrant *list[PLAYERS_MAX];
    static char names[PLAYERS_MAX][16];
    Arbiter__V1__GetDivisionReply reply = ARBITER__V1__GET_DIVISION_REPLY__INIT;
    Arbiter__V1__Division division = ARBITER__V1__DIVISION__INIT;
    int players = strtol(id, NULL, 10) < PLAYERS_MAX ? (int)strtol(id, NULL, 10) : PLAYERS_MAX;
    for (int i = 0; i < players; i++) {
        (void)snprintf(names[i], sizeof names[i], "p%d", i); /* fits */
        arbiter__v1__entrant__init(&entrants[i]);
        entrants[i].player_id = entrants[i].name = names[i];
        entrants[i].seed = i + 1;
        entrants[i].rating = 2000 - i;
        entrants[i].status = "registered";
        list[i] = &entrants[i];
    }
    division.division_id = (char *)id;
    division.name = "open";
    division.rounds = 5;
    division.settings =
        "{\"tournament\": \"trap\", \"divisions\": [{\"name\": \"open\", \"rounds\": "
        "5, \"game\": {\"rules\": \"reported\"}}]}";
    division.entrants = list;
    division.n_entrants = (size_t)players;
    reply.division = &division;
    closure(&reply, request);
}

static struct scene *played; /* the store's service has no place for it */

static void answer_store(ProtobufCService *service, unsigned method_index,
                         const ProtobufCMessage *input, ProtobufCClosure closure, void *request)
{
    const char *method = service->descriptor->methods[method_index].name;
    if (strcmp(method, "GetDivision") == 0) {
        played->is_read = true;
        answer_division(((const Arbiter__V1__GetDivisionRequest *)input)->division_id,
                        (Arbiter__V1__GetDivisionReply_Closure)closure, request);
        return;
    }
    Arbiter__V1__SavePairingsReply reply = ARBITER__V1__SAVE_PAIRINGS_REPLY__INIT;
    assert_string_equal(method, "SavePairings");
    played->saved++;
    played->games = reply.games =
        (int)((const Arbiter__V1__SavePairingsRequest *)input)->n_pairings;
    closure(&reply.base, request);
}

/* ---- setting up -------------------------------------------------------------------------- */

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    const struct bus_network_options options = {.seed = 7};
    assert_non_null(scene);
    played = scene;
    scene->loop = loop_create();
    scene->network = bus_network_create(scene->loop, &options);
    assert_non_null(scene->network);
    scene->store_bus = bus_memory_create(scene->network, "store");
    scene->bus = bus_memory_create(scene->network, "orchestrator");
    scene->asker = bus_memory_create(scene->network, "asker");
    scene->store =
        (ProtobufCService){.descriptor = &arbiter__v1__store__descriptor, .invoke = answer_store};
    assert_int_equal(bus_serve(scene->store_bus, &scene->store), STATUS_OK);
    assert_int_equal(pthread_mutex_init(&scene->gate.lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&scene->gate.is_open, NULL), 0);
    scene->worker = worker_create(scene->loop, 1);
    assert_non_null(scene->worker);
    scene->deciders = deciders_create(scene->bus, scene->worker);
    assert_non_null(scene->deciders);
    *state = scene;
    return 0;
}

static void close_orchestrator(struct scene *scene)
{
    bus_destroy(scene->bus);
    worker_destroy(scene->worker);
    deciders_destroy(scene->deciders);
    scene->bus = NULL;
    scene->worker = NULL;
    scene->deciders = NULL;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    gate_open(&scene->gate); /* also where a case has failed */
    close_orchestrator(scene);
    (void)pthread_cond_destroy(&scene->gate.is_open); /* nobody waits any more */
    (void)pthread_mutex_destroy(&scene->gate.lock);
    bus_destroy(scene->asker);
    bus_destroy(scene->store_bus);
    bus_network_destroy(scene->network);
    loop_destroy(scene->loop);
    free(scene);
    return 0;
}

/* ---- questions --------------------------------------------------------------------------- */

static void on_paired(const struct bus_answer *answer, void *user)
{
    struct scene *scene = user;
    if (answer->status == STATUS_CANCELLED)
        return; /* the scene is being taken down */
    assert_int_equal(answer->status, STATUS_OK);
    scene->is_paired = true;
    loop_stop(scene->loop);
}

static void ask_pairing(struct scene *scene, char *division)
{
    Arbiter__V1__MakePairingRequest request = ARBITER__V1__MAKE_PAIRING_REQUEST__INIT;
    request.division_id = division;
    request.round = 1;
    bus_call(scene->asker,
             &(struct bus_call){.service = &arbiter__v1__pairing__descriptor,
                                .method = "Make",
                                .input = &request.base,
                                .timeout_ms = 60000},
             on_paired, scene);
}

static void ask_standings(struct scene *scene);

static void on_standings(const struct bus_answer *answer, void *user)
{
    struct scene *scene = user;
    if (answer->status == STATUS_CANCELLED)
        return;
    assert_int_equal(answer->status, STATUS_OK);
    assert_int_equal(((const Arbiter__V1__ComputeStandingsReply *)answer->output)->n_standings, 8);
    if (scene->asks_until_paired ? !scene->is_paired : --scene->questions_left > 0)
        ask_standings(scene);
    else
        loop_stop(scene->loop);
}

static void ask_standings(struct scene *scene)
{
    Arbiter__V1__ComputeStandingsRequest request = ARBITER__V1__COMPUTE_STANDINGS_REQUEST__INIT;
    request.division_id = "8";
    bus_call(scene->asker,
             &(struct bus_call){.service = &arbiter__v1__standings__descriptor,
                                .method = "Compute",
                                .input = &request.base,
                                .timeout_ms = 60000},
             on_standings, scene);
}

/* ---- cases ------------------------------------------------------------------------------- */

static void others_are_answered_while_a_pairing_lasts(void **state)
{
    struct scene *scene = *state;
    gate_shut(&scene->gate, scene->worker); /* the thread that pairs has its hands full */
    ask_pairing(scene, "64");
    scene->questions_left = QUESTIONS;
    ask_standings(scene);
    loop_run(scene->loop);
    assert_int_equal(scene->questions_left, 0);
    assert_true(scene->is_read);
    assert_false(scene->is_paired);
    assert_int_equal(scene->saved, 0);
    gate_open(&scene->gate);
    while (!scene->is_paired)
        loop_run(scene->loop);
    assert_int_equal(scene->saved, 1);
    assert_int_equal(scene->games, 32);
}

static void on_large_standings(const struct bus_answer *answer, void *user)
{
    struct scene *scene = user;
    assert_int_equal(answer->status, STATUS_OK);
    assert_int_equal(((const Arbiter__V1__ComputeStandingsReply *)answer->output)->n_standings,
                     PLAYERS_MAX);
    scene->is_paired = true;
    loop_stop(scene->loop);
}

/* Standings of a large event are made beside the loop; those of a small one do not wait for them.
 */
static void others_are_answered_while_large_standings_are_made(void **state)
{
    struct scene *scene = *state;
    Arbiter__V1__ComputeStandingsRequest request = ARBITER__V1__COMPUTE_STANDINGS_REQUEST__INIT;
    request.division_id = "1200";
    gate_shut(&scene->gate, scene->worker);
    bus_call(scene->asker,
             &(struct bus_call){.service = &arbiter__v1__standings__descriptor,
                                .method = "Compute",
                                .input = &request.base,
                                .timeout_ms = 60000},
             on_large_standings, scene);
    scene->questions_left = QUESTIONS;
    ask_standings(scene);
    loop_run(scene->loop);
    assert_int_equal(scene->questions_left, 0);
    assert_false(scene->is_paired);
    gate_open(&scene->gate);
    while (!scene->is_paired)
        loop_run(scene->loop);
}

/* Both sides at once, as fast as they can: for the sanitizers to look at. */
static void pairing_and_answers_share_nothing(void **state)
{
    struct scene *scene = *state;
    scene->asks_until_paired = true;
    ask_pairing(scene, "300");
    ask_standings(scene);
    while (!scene->is_paired)
        loop_run(scene->loop);
    assert_int_equal(scene->games, 150);
}

static void orchestrator_that_goes_leaves_its_pairing(void **state)
{
    struct scene *scene = *state;
    gate_shut(&scene->gate, scene->worker);
    ask_pairing(scene, "64");
    scene->questions_left = QUESTIONS;
    ask_standings(scene);
    loop_run(scene->loop);
    gate_open(&scene->gate);
    close_orchestrator(scene); /* the pairing waits, is being made, or is made: nobody is told */
    loop_run_until(scene->loop, loop_wall_ms(scene->loop) + 20);
    assert_false(scene->is_paired);
    assert_int_equal(scene->saved, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(others_are_answered_while_a_pairing_lasts, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(others_are_answered_while_large_standings_are_made, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(pairing_and_answers_share_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(orchestrator_that_goes_leaves_its_pairing, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
