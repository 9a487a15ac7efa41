/* bus: the promises of bus/bus.h, kept by every backend. */
#include "bus_stage.h"

#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/rpc.pb-c.h"
#include "tests/support/nats.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SOON_MS = 10000, HELD_PLACES = 20000 };

static const struct stage_backend *backend;

/* ---- a service to talk to ----------------------------------------------------------------------
 */

struct gamesvc {
    Arbiter__V1__Gamesvc_Service service;
    int started;
    int played;
    bool hold; /* keep StartGame requests instead of answering */
    void *held[HELD_PLACES];
    int held_count;
    char seen_request_id[64];
    char seen_traceparent[64];
    int64_t seen_deadline_ms;
};

static void answer_start(const Arbiter__V1__StartGameRequest *input,
                         Arbiter__V1__StartGameReply_Closure closure, void *request, int number)
{
    char id[32];
    (void)snprintf(id, sizeof id, "game%d", number);
    Arbiter__V1__StartGameReply reply = ARBITER__V1__START_GAME_REPLY__INIT;
    reply.game_id = id;
    reply.first = input->n_players > 0 ? input->players[0] : reply.first;
    closure(&reply, request);
}

static void on_start_game(Arbiter__V1__Gamesvc_Service *service,
                          const Arbiter__V1__StartGameRequest *input,
                          Arbiter__V1__StartGameReply_Closure closure, void *request)
{
    struct gamesvc *gamesvc = (struct gamesvc *)service;
    gamesvc->started++;
    (void)snprintf(gamesvc->seen_request_id, 64, "%s", bus_request_id(request));
    (void)snprintf(gamesvc->seen_traceparent, 64, "%s", bus_request_traceparent(request));
    gamesvc->seen_deadline_ms = bus_request_deadline_ms(request);
    if (gamesvc->hold) {
        assert_true(gamesvc->held_count < HELD_PLACES);
        gamesvc->held[gamesvc->held_count++] = request;
    } else {
        answer_start(input, closure, request, gamesvc->started);
    }
}

static void on_play(Arbiter__V1__Gamesvc_Service *service, const Arbiter__V1__PlayRequest *input,
                    Arbiter__V1__PlayReply_Closure closure, void *request)
{
    (void)closure;
    struct gamesvc *gamesvc = (struct gamesvc *)service;
    gamesvc->played++;
    const struct bus_detail details[] = {{"turn_count", "7"}, {"field", "expected_turn"}};
    bus_fail(request, STATUS_ABORTED, details, 2, "game %s is at turn 7", input->game_id);
}

static struct gamesvc *gamesvc_create(void)
{
    struct gamesvc *gamesvc = calloc(1, sizeof *gamesvc);
    assert_non_null(gamesvc);
    arbiter__v1__gamesvc__init(&gamesvc->service, NULL);
    gamesvc->service.start_game = on_start_game;
    gamesvc->service.play = on_play; /* view stays unserved */
    return gamesvc;
}

/* ---- whoever asks ------------------------------------------------------------------------------
 */

struct asker {
    int answers;
    enum status status;
    char message[256];
    char detail[64];
    char game_id[64];
    char first[64];
    void *raw;
    size_t raw_size;
};

static bool is_answered(void *user)
{
    return ((struct asker *)user)->answers > 0;
}

static void on_answer(const struct bus_answer *answer, void *user)
{
    struct asker *asker = user;
    asker->answers++;
    asker->status = answer->status;
    (void)snprintf(asker->message, sizeof asker->message, "%s",
                   answer->message != NULL ? answer->message : "");
    const char *detail = bus_answer_detail(answer, "turn_count");
    (void)snprintf(asker->detail, sizeof asker->detail, "%s", detail != NULL ? detail : "");
    if (answer->status != STATUS_OK) {
        assert_null(answer->output);
        return;
    }
    const Arbiter__V1__StartGameReply *reply = (const Arbiter__V1__StartGameReply *)answer->output;
    (void)snprintf(asker->game_id, sizeof asker->game_id, "%s", reply->game_id);
    (void)snprintf(asker->first, sizeof asker->first, "%s", reply->first);
}

struct start {
    const char *player;
    const char *request_id;
    const char *traceparent;
    int64_t timeout_ms;
};

static void ask_start(struct bus *bus, const struct start *start, struct asker *asker)
{
    char player[64];
    (void)snprintf(player, sizeof player, "%s", start->player != NULL ? start->player : "ann");
    char *players[] = {player};
    Arbiter__V1__StartGameRequest input = ARBITER__V1__START_GAME_REQUEST__INIT;
    input.n_players = 1;
    input.players = players;
    int before = asker->answers;
    bus_call(bus,
             &(struct bus_call){.service = &arbiter__v1__gamesvc__descriptor,
                                .method = "StartGame",
                                .input = &input.base,
                                .request_id = start->request_id,
                                .traceparent = start->traceparent,
                                .timeout_ms = start->timeout_ms},
             on_answer, asker);
    assert_int_equal(asker->answers, before); /* never before the call has returned */
}

static void ask(struct bus *bus, const char *method, const ProtobufCMessage *input,
                struct asker *asker)
{
    bus_call(bus,
             &(struct bus_call){
                 .service = &arbiter__v1__gamesvc__descriptor, .method = method, .input = input},
             on_answer, asker);
}

/* ---- set-up ------------------------------------------------------------------------------------
 */

struct fixture {
    struct stage stage;
    struct gamesvc *gamesvc; /* served by `server` */
    struct bus *server;
    struct bus *client;
};

static bool is_connected(void *user)
{
    return bus_connected(user);
}

static struct bus *member(struct fixture *f, const char *name)
{
    struct bus *bus = backend->member(&f->stage, name);
    assert_true(stage_run_until(&f->stage, is_connected, bus, SOON_MS));
    return bus;
}

/* Subscriptions reach a server some time after the call: let them. */
static void settle(struct fixture *f)
{
    stage_run_for(&f->stage, 60);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    backend->open(&f->stage);
    f->server = member(f, "gamesvc");
    f->client = member(f, "seeks");
    f->gamesvc = gamesvc_create();
    assert_int_equal(bus_serve(f->server, &f->gamesvc->service.base), STATUS_OK);
    settle(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    backend->close(&f->stage);
    free(f->gamesvc);
    free(f);
    return 0;
}

static void wait_answer(struct fixture *f, struct asker *asker)
{
    assert_true(stage_run_until(&f->stage, is_answered, asker, SOON_MS));
}

/* ---- asking and answering ----------------------------------------------------------------------
 */

static void a_typed_request_comes_back_with_its_answer(void **state)
{
    struct fixture *f = *state;
    struct asker asker = {0};
    ask_start(f->client, &(struct start){.player = "ann"}, &asker);
    wait_answer(f, &asker);
    assert_int_equal(asker.status, STATUS_OK);
    assert_string_equal(asker.game_id, "game1");
    assert_string_equal(asker.first, "ann");
    settle(f);
    assert_int_equal(asker.answers, 1);
}

static void a_request_carries_id_deadline_and_trace(void **state)
{
    struct fixture *f = *state;
    struct asker asker = {0};
    const char *parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    int64_t now_ms = loop_now_ms(f->stage.loop);
    ask_start(f->client, &(struct start){NULL, "order-7", parent, 3000}, &asker);
    wait_answer(f, &asker);
    assert_string_equal(f->gamesvc->seen_request_id, "order-7");
    assert_in_range(f->gamesvc->seen_deadline_ms, now_ms + 3000, now_ms + 3100);
    const char *seen = f->gamesvc->seen_traceparent;
    assert_memory_equal(seen, parent, 36);               /* the same trace … */
    assert_memory_not_equal(seen + 36, parent + 36, 16); /* … another span … */
    assert_string_equal(seen + 52, "-00");               /* … and its flags */
    struct asker fresh = {0};
    ask_start(f->client, &(struct start){.traceparent = "garbage"}, &fresh);
    wait_answer(f, &fresh);
    assert_int_equal(strlen(f->gamesvc->seen_request_id), 32);
    assert_int_equal(strlen(f->gamesvc->seen_traceparent), 55);
    assert_memory_equal(f->gamesvc->seen_traceparent, "00-", 3);
}

static void an_error_arrives_with_its_details(void **state)
{
    struct fixture *f = *state;
    struct asker asker = {0};
    char id[] = "X9";
    Arbiter__V1__PlayRequest input = ARBITER__V1__PLAY_REQUEST__INIT;
    input.game_id = id;
    ask(f->client, "Play", &input.base, &asker);
    wait_answer(f, &asker);
    assert_int_equal(asker.status, STATUS_ABORTED);
    assert_string_equal(asker.message, "game X9 is at turn 7");
    assert_string_equal(asker.detail, "7");
}

static void methods_nobody_has_are_unimplemented(void **state)
{
    struct fixture *f = *state;
    struct asker unserved = {0}, unknown = {0};
    Arbiter__V1__ViewRequest input = ARBITER__V1__VIEW_REQUEST__INIT;
    ask(f->client, "View", &input.base, &unserved);
    ask(f->client, "NoSuch", &input.base, &unknown);
    wait_answer(f, &unserved);
    wait_answer(f, &unknown);
    assert_int_equal(unserved.status, STATUS_UNIMPLEMENTED);
    assert_int_equal(unknown.status, STATUS_UNIMPLEMENTED);
}

static void an_answer_that_does_not_come_ends_at_the_deadline(void **state)
{
    struct fixture *f = *state;
    f->gamesvc->hold = true;
    struct asker asker = {0};
    int64_t start_ms = loop_now_ms(f->stage.loop);
    ask_start(f->client, &(struct start){.timeout_ms = 80}, &asker);
    wait_answer(f, &asker);
    assert_int_equal(asker.status, STATUS_DEADLINE_EXCEEDED);
    assert_true(loop_now_ms(f->stage.loop) - start_ms >= 80);
    /* A late answer is nobody's. */
    assert_int_equal(f->gamesvc->held_count, 1);
    bus_fail(f->gamesvc->held[0], STATUS_NOT_FOUND, NULL, 0, "late");
    settle(f);
    assert_int_equal(asker.answers, 1);
}

static void on_raw(const struct bus_raw_answer *answer, void *user)
{
    struct asker *asker = user;
    on_answer(&(struct bus_answer){.status = STATUS_UNKNOWN, .message = answer->head.message},
              asker);
    asker->status = answer->head.status;
    asker->raw = malloc(answer->payload_size + 1);
    assert_non_null(asker->raw);
    asker->raw_size = answer->payload_size;
    if (answer->payload_size > 0)
        memcpy(asker->raw, answer->payload, answer->payload_size);
}

static void ask_raw(struct fixture *f, const char *subject, const void *payload, size_t size,
                    struct asker *asker)
{
    struct bus_raw_call call = {
        .subject = subject, .payload = payload, .payload_size = size, .timeout_ms = 60000};
    bus_call_raw(f->client, &call, on_raw, asker);
    wait_answer(f, asker);
}

static void a_request_nobody_serves_is_unavailable_at_once(void **state)
{
    struct fixture *f = *state;
    struct asker asker = {0};
    ask_raw(f, "arbiter.v1.nobody.home", "", 0, &asker);
    assert_int_equal(asker.status, STATUS_UNAVAILABLE);
    free(asker.raw);
}

static void a_raw_request_brings_the_encoded_answer(void **state)
{
    struct fixture *f = *state;
    struct asker asker = {0};
    ask_raw(f, "arbiter.v1.gamesvc.start_game", "", 0, &asker);
    assert_int_equal(asker.status, STATUS_OK);
    Arbiter__V1__StartGameReply *reply =
        arbiter__v1__start_game_reply__unpack(NULL, asker.raw_size, asker.raw);
    assert_non_null(reply);
    assert_string_equal(reply->game_id, "game1");
    arbiter__v1__start_game_reply__free_unpacked(reply, NULL);
    free(asker.raw);
    struct asker unknown = {0};
    ask_raw(f, "arbiter.v1.gamesvc.no_such", "", 0, &unknown);
    assert_int_equal(unknown.status, STATUS_UNIMPLEMENTED);
    free(unknown.raw);
    struct asker malformed = {0};
    ask_raw(f, "arbiter.v1..x", "", 0, &malformed);
    assert_int_equal(malformed.status, STATUS_INVALID_ARGUMENT);
    free(malformed.raw);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static int run(const struct stage_backend *chosen)
{
    backend = chosen;
    const struct CMUnitTest tests[] = {
        CASE(a_typed_request_comes_back_with_its_answer),
        CASE(a_request_carries_id_deadline_and_trace),
        CASE(an_error_arrives_with_its_details),
        CASE(methods_nobody_has_are_unimplemented),
        CASE(an_answer_that_does_not_come_ends_at_the_deadline),
        CASE(a_request_nobody_serves_is_unavailable_at_once),
        CASE(a_raw_request_brings_the_encoded_answer),
    };
    return cmocka_run_group_tests_name(chosen->name, tests, NULL, NULL);
}

int main(int count, char **arguments)
{
    const char *only = count > 1 ? arguments[1] : "";
    int failed = strcmp(only, "nats") != 0 ? run(&stage_memory) : 0;
    if (strcmp(only, "memory") == 0)
        return failed;
    if (nats_server_missing()) {
        printf("nats: skipped, there is no nats-server\n");
        return failed != 0 ? failed : 77;
    }
    return failed + run(&stage_nats);
}
