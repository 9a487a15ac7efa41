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

/* Subscriptions reach a server some time after the call, as messages do: let them. */
static void settle(struct fixture *f)
{
    backend->settle(&f->stage);
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

/* ---- what comes twice, or broken ---------------------------------------------------------------
 */

struct gathered {
    int count;
    int ends;
    enum status end;
    int errors[17]; /* replies by error code; [0]: with a payload */
    char last[4096];
};

static bool has_ended(void *user)
{
    return ((struct gathered *)user)->ends > 0;
}

static void on_gathered(const char *subject, const void *data, size_t size, void *user)
{
    (void)subject;
    struct gathered *gathered = user;
    gathered->count++;
    (void)snprintf(gathered->last, sizeof gathered->last, "%.*s", (int)size, (const char *)data);
}

/* The same for answers in an envelope. */
static void on_gathered_reply(const char *subject, const void *data, size_t size, void *user)
{
    on_gathered(subject, "", 0, user);
    Arbiter__V1__Reply *reply = arbiter__v1__reply__unpack(NULL, size, data);
    assert_non_null(reply);
    int code = reply->outcome_case == ARBITER__V1__REPLY__OUTCOME_ERROR ? reply->error->code : 0;
    assert_in_range(code, 0, 16);
    ((struct gathered *)user)->errors[code]++;
    arbiter__v1__reply__free_unpacked(reply, NULL);
}

static void on_gather_end(enum status status, void *user)
{
    struct gathered *gathered = user;
    gathered->ends++;
    gathered->end = status;
}

static void gather(struct fixture *f, const struct bus_question *question,
                   bus_on_message on_message, struct gathered *gathered)
{
    bus_gather(f->client, question, on_message, on_gather_end, gathered);
    assert_int_equal(gathered->ends, 0);
    assert_true(stage_run_until(&f->stage, has_ended, gathered, SOON_MS));
}

/* Sends bytes where requests go and returns the error code of the one reply. */
static int code_for_bytes(struct fixture *f, const void *data, size_t size)
{
    struct gathered gathered = {0};
    gather(f,
           &(struct bus_question){.subject = "arbiter.v1.gamesvc.start_game",
                                  .data = data,
                                  .size = size,
                                  .timeout_ms = 40},
           on_gathered_reply, &gathered);
    assert_int_equal(gathered.count, 1);
    for (int code = 0; code <= 16; code++) {
        if (gathered.errors[code] > 0)
            return code;
    }
    return -1;
}

static size_t encode_start(const char *request_id, int64_t deadline_ms, uint8_t *out,
                           size_t out_size)
{
    char player[] = "bob", id[64];
    char *players[] = {player};
    (void)snprintf(id, sizeof id, "%s", request_id);
    Arbiter__V1__StartGameRequest input = ARBITER__V1__START_GAME_REQUEST__INIT;
    input.n_players = 1;
    input.players = players;
    uint8_t payload[128];
    assert_true(arbiter__v1__start_game_request__get_packed_size(&input) <= sizeof payload);
    Arbiter__V1__Request request = ARBITER__V1__REQUEST__INIT;
    request.request_id = id;
    request.deadline_ms = deadline_ms;
    request.payload.len = arbiter__v1__start_game_request__pack(&input, payload);
    request.payload.data = payload;
    assert_true(arbiter__v1__request__get_packed_size(&request) <= out_size);
    return arbiter__v1__request__pack(&request, out);
}

static void a_repeated_request_is_answered_as_before(void **state)
{
    struct fixture *f = *state;
    struct asker asker[3] = {0};
    ask_start(f->client, &(struct start){.request_id = "one"}, &asker[0]);
    wait_answer(f, &asker[0]);
    ask_start(f->client, &(struct start){.request_id = "one"}, &asker[1]);
    wait_answer(f, &asker[1]);
    assert_int_equal(f->gamesvc->started, 1);
    assert_string_equal(asker[1].game_id, asker[0].game_id);
    /* A used id with another input is another request. */
    ask_start(f->client, &(struct start){.player = "eve", .request_id = "one"}, &asker[2]);
    wait_answer(f, &asker[2]);
    assert_int_equal(f->gamesvc->started, 2);
}

static void a_request_doubled_on_its_way_reaches_the_service_once(void **state)
{
    struct fixture *f = *state;
    f->gamesvc->hold = true;
    struct asker asker[2] = {0};
    ask_start(f->client, &(struct start){.request_id = "two"}, &asker[0]);
    ask_start(f->client, &(struct start){.request_id = "two"}, &asker[1]);
    settle(f);
    assert_int_equal(f->gamesvc->held_count, 1);
    Arbiter__V1__StartGameReply reply = ARBITER__V1__START_GAME_REPLY__INIT;
    uint8_t bytes[64];
    char id[] = "kept";
    reply.game_id = id;
    size_t size = arbiter__v1__start_game_reply__pack(&reply, bytes);
    bus_answer_again(f->gamesvc->held[0], bytes, size);
    wait_answer(f, &asker[0]);
    wait_answer(f, &asker[1]); /* both hear the one answer */
    assert_string_equal(asker[0].game_id, "kept");
    assert_string_equal(asker[1].game_id, "kept");
    struct bus_stats stats;
    bus_stats(f->server, &stats);
    assert_int_equal(stats.repeats, 1);
}

static void an_error_is_not_remembered(void **state)
{
    struct fixture *f = *state;
    char id[] = "G";
    Arbiter__V1__PlayRequest input = ARBITER__V1__PLAY_REQUEST__INIT;
    input.game_id = id;
    for (int i = 1; i <= 2; i++) {
        struct asker asker = {0};
        bus_call(f->client,
                 &(struct bus_call){.service = &arbiter__v1__gamesvc__descriptor,
                                    .method = "Play",
                                    .input = &input.base,
                                    .request_id = "three"},
                 on_answer, &asker);
        wait_answer(f, &asker);
        assert_int_equal(asker.status, STATUS_ABORTED);
        assert_int_equal(f->gamesvc->played, i);
    }
}

static void garbage_is_an_invalid_argument(void **state)
{
    struct fixture *f = *state;
    uint8_t request[256];
    size_t size = encode_start("four", 0, request, sizeof request);
    assert_int_equal(code_for_bytes(f, request, size), STATUS_OK);
    int refused = 0;
    for (size_t cut = 0; cut < size; cut++) {
        int code = code_for_bytes(f, request, cut);
        /* Cut between two fields it is a shorter request, if it still has its id. */
        assert_true(code == STATUS_INVALID_ARGUMENT || code == STATUS_OK);
        refused += code == STATUS_INVALID_ARGUMENT ? 1 : 0;
    }
    assert_true(refused > (int)size / 2);
    assert_int_equal(code_for_bytes(f, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 11),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(code_for_bytes(f, "GET / HTTP/1.1\r\n\r\n", 18), STATUS_INVALID_ARGUMENT);
    /* An envelope that is fine around a payload that is not. */
    assert_int_equal(code_for_bytes(f, "\x0A\x01x\x22\x02\x0A\x7F", 7), STATUS_INVALID_ARGUMENT);
    struct asker asker = {0};
    ask_start(f->client, &(struct start){0}, &asker);
    wait_answer(f, &asker);
    assert_int_equal(asker.status, STATUS_OK); /* and it serves on */
}

static void requests_past_their_deadline_are_dropped(void **state)
{
    struct fixture *f = *state;
    uint8_t request[256];
    size_t size = encode_start("five", loop_now_ms(f->stage.loop) - 1, request, sizeof request);
    struct gathered gathered = {0};
    gather(f,
           &(struct bus_question){.subject = "arbiter.v1.gamesvc.start_game",
                                  .data = request,
                                  .size = size,
                                  .timeout_ms = 60},
           on_gathered_reply, &gathered);
    assert_int_equal(gathered.count, 0);
    assert_int_equal(f->gamesvc->started, 0);
    struct bus_stats stats;
    bus_stats(f->server, &stats);
    assert_int_equal(stats.requests_refused, 1);
}

/* ---- size and number ---------------------------------------------------------------------------
 */

static void messages_up_to_the_limit_pass_and_larger_ones_fail(void **state)
{
    struct fixture *f = *state;
    size_t size = BUS_MESSAGE_MAX - 1024;
    char *player = malloc(BUS_MESSAGE_MAX + 1);
    assert_non_null(player);
    memset(player, 'x', BUS_MESSAGE_MAX);
    for (int larger = 0; larger < 2; larger++) {
        player[larger == 1 ? BUS_MESSAGE_MAX : size] = '\0';
        struct asker asker = {0};
        char *players[] = {player};
        Arbiter__V1__StartGameRequest input = ARBITER__V1__START_GAME_REQUEST__INIT;
        input.n_players = 1;
        input.players = players;
        ask(f->client, "StartGame", &input.base, &asker);
        wait_answer(f, &asker);
        assert_int_equal(asker.status, larger == 1 ? STATUS_FULL : STATUS_OK);
        player[size] = 'x';
    }
    free(player);
}

static bool is_full(void *user)
{
    return ((struct gamesvc *)user)->held_count >= BUS_HELD_MAX;
}

static void a_full_service_refuses_what_it_cannot_hold(void **state)
{
    struct fixture *f = *state;
    f->gamesvc->hold = true;
    static struct asker askers[BUS_HELD_MAX + 8];
    memset(askers, 0, sizeof askers);
    /* One caller may have BUS_CALLS_MAX open: the last eight come from another. */
    for (int i = 0; i < BUS_HELD_MAX; i++)
        ask_start(f->client, &(struct start){.timeout_ms = 600000}, &askers[i]);
    struct asker refused_here = {0};
    ask_start(f->client, &(struct start){.timeout_ms = 600000}, &refused_here);
    wait_answer(f, &refused_here);
    assert_int_equal(refused_here.status, STATUS_UNAVAILABLE);
    assert_true(stage_run_until(&f->stage, is_full, f->gamesvc, 6 * SOON_MS));
    assert_int_equal(f->gamesvc->held_count, BUS_HELD_MAX);
    struct bus *other = member(f, "other");
    for (int i = BUS_HELD_MAX; i < BUS_HELD_MAX + 8; i++) {
        ask_start(other, &(struct start){.timeout_ms = 600000}, &askers[i]);
        wait_answer(f, &askers[i]);
        assert_int_equal(askers[i].status, STATUS_UNAVAILABLE);
    }
    /* Answering makes room again. */
    bus_fail(f->gamesvc->held[0], STATUS_NOT_FOUND, NULL, 0, "gone");
    static struct asker again; /* hears CANCELLED when the stage is taken down */
    again = (struct asker){0};
    ask_start(other, &(struct start){.timeout_ms = 600000}, &again);
    settle(f);
    assert_int_equal(f->gamesvc->held_count, BUS_HELD_MAX + 1);
    assert_int_equal(again.answers, 0);
}

/* ---- several members ---------------------------------------------------------------------------
 */

struct hearer {
    int count;
    char text[256];
};

static void on_heard(const char *subject, const void *data, size_t size, void *user)
{
    struct hearer *hearer = user;
    hearer->count++;
    size_t used = strlen(hearer->text);
    (void)snprintf(hearer->text + used, sizeof hearer->text - used, "%s=%.*s;", subject, (int)size,
                   (const char *)data);
}

static void of_a_queue_group_exactly_one_takes_each_request(void **state)
{
    struct fixture *f = *state;
    enum { COPIES = 3, REQUESTS = 300 };
    struct gamesvc *copies[COPIES];
    for (int i = 0; i < COPIES; i++) {
        copies[i] = gamesvc_create();
        struct bus *bus = member(f, "gamesvc");
        assert_int_equal(bus_serve(bus, &copies[i]->service.base), STATUS_OK);
    }
    settle(f);
    for (int i = 0; i < REQUESTS; i++) {
        struct asker asker = {0};
        ask_start(f->client, &(struct start){0}, &asker);
        wait_answer(f, &asker);
        assert_int_equal(asker.status, STATUS_OK);
    }
    int sum = f->gamesvc->started;
    for (int i = 0; i < COPIES; i++) {
        assert_true(copies[i]->started > 0);
        sum += copies[i]->started;
    }
    assert_int_equal(sum, REQUESTS);
    for (int i = 0; i < COPIES; i++)
        free(copies[i]); /* the buses are closed before anything is asked again */
}

static void events_reach_every_listener_and_one_of_each_group(void **state)
{
    struct fixture *f = *state;
    struct hearer all = {0}, one_word = {0}, a = {0}, b = {0}, other = {0};
    assert_int_equal(bus_subscribe(f->client, "arbiter.v1.evt.>", NULL, on_heard, &all), 0);
    assert_int_equal(bus_subscribe(f->server, "arbiter.v1.evt.*.g1", NULL, on_heard, &one_word), 0);
    assert_int_equal(bus_subscribe(f->client, "arbiter.v1.evt.>", "team", on_heard, &a), 0);
    assert_int_equal(bus_subscribe(f->server, "arbiter.v1.evt.>", "team", on_heard, &b), 0);
    assert_int_equal(bus_subscribe(f->server, "arbiter.v1.bell.*", NULL, on_heard, &other), 0);
    settle(f);
    bus_publish(f->client, "arbiter.v1.evt.game.g1", "x", 1);
    bus_publish(f->client, "arbiter.v1.evt.game.g2.turn", "y", 1);
    settle(f);
    assert_int_equal(all.count, 2);
    assert_int_equal(one_word.count, 1);
    assert_string_equal(one_word.text, "arbiter.v1.evt.game.g1=x;");
    assert_int_equal(a.count + b.count, 2);
    assert_int_equal(other.count, 0);
    assert_int_equal(bus_subscribe(f->client, "a..b", NULL, on_heard, &all),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(bus_subscribe(f->client, "a.>.b", NULL, on_heard, &all),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(bus_subscribe(f->client, "", NULL, on_heard, &all), STATUS_INVALID_ARGUMENT);
}

static void a_draining_member_answers_what_it_holds_and_takes_nothing_new(void **state)
{
    struct fixture *f = *state;
    f->gamesvc->hold = true;
    struct asker held = {0}, late = {0};
    ask_start(f->client, &(struct start){0}, &held);
    settle(f);
    assert_int_equal(f->gamesvc->held_count, 1);
    bus_drain(f->server);
    settle(f);
    ask_start(f->client, &(struct start){0}, &late);
    wait_answer(f, &late);
    assert_int_equal(late.status, STATUS_UNAVAILABLE);
    struct bus_stats stats;
    bus_stats(f->server, &stats);
    assert_int_equal(stats.requests_held, 1);
    bus_fail(f->gamesvc->held[0], STATUS_NOT_FOUND, NULL, 0, "no such game");
    wait_answer(f, &held);
    assert_int_equal(held.status, STATUS_NOT_FOUND);
    bus_stats(f->server, &stats);
    assert_int_equal(stats.requests_held, 0);
}

static void a_closed_member_ends_its_open_calls(void **state)
{
    struct fixture *f = *state;
    f->gamesvc->hold = true;
    struct bus *leaver = member(f, "leaver");
    struct asker asker = {0};
    ask_start(leaver, &(struct start){0}, &asker);
    settle(f);
    f->stage.member_count--; /* it was the last one made */
    bus_destroy(leaver);
    assert_int_equal(asker.answers, 1);
    assert_int_equal(asker.status, STATUS_CANCELLED);
    bus_fail(f->gamesvc->held[0], STATUS_NOT_FOUND, NULL, 0, "nobody hears this");
    settle(f);
    assert_int_equal(asker.answers, 1);
}

/* ---- monitoring --------------------------------------------------------------------------------
 */

static json_t *srv(struct fixture *f, const char *subject, int expected)
{
    struct gathered gathered = {0};
    gather(f, &(struct bus_question){.subject = subject, .timeout_ms = 60}, on_gathered, &gathered);
    assert_int_equal(gathered.count, expected);
    return expected > 0 ? json_loads(gathered.last, 0, NULL) : NULL;
}

static void services_answer_ping_info_and_stats(void **state)
{
    struct fixture *f = *state;
    struct asker asker = {0};
    Arbiter__V1__PlayRequest input = ARBITER__V1__PLAY_REQUEST__INIT;
    ask(f->client, "Play", &input.base, &asker);
    wait_answer(f, &asker);
    json_decref(srv(f, "$SRV.PING", 2));
    assert_null(srv(f, "$SRV.PING.nobody", 0));
    json_t *ping = srv(f, "$SRV.PING.gamesvc", 1);
    assert_string_equal(json_string_value(json_object_get(ping, "type")),
                        "io.nats.micro.v1.ping_response");
    char subject[128];
    (void)snprintf(subject, sizeof subject, "$SRV.STATS.gamesvc.%s",
                   json_string_value(json_object_get(ping, "id")));
    json_decref(ping);
    json_t *info = srv(f, "$SRV.INFO.gamesvc", 1);
    json_t *endpoints = json_object_get(info, "endpoints");
    assert_int_equal(json_array_size(endpoints), 4);
    json_t *first = json_array_get(endpoints, 0);
    assert_string_equal(json_string_value(json_object_get(first, "name")), "play");
    assert_string_equal(json_string_value(json_object_get(first, "subject")),
                        "arbiter.v1.gamesvc.play");
    assert_string_equal(json_string_value(json_object_get(first, "queue_group")), "gamesvc");
    json_decref(info);
    json_t *stats = srv(f, subject, 1);
    first = json_array_get(json_object_get(stats, "endpoints"), 0);
    assert_int_equal(json_integer_value(json_object_get(first, "num_requests")), 1);
    assert_int_equal(json_integer_value(json_object_get(first, "num_errors")), 1);
    assert_string_equal(json_string_value(json_object_get(first, "last_error")),
                        "ABORTED: game  is at turn 7");
    json_decref(stats);
}

/* ---- streams -----------------------------------------------------------------------------------
 */

struct done {
    int count;
    enum status status;
    uint64_t sequence;
};

static void on_done(enum status status, void *user)
{
    struct done *done = user;
    done->count++;
    done->status = status;
}

static void on_stored(enum status status, uint64_t sequence, void *user)
{
    ((struct done *)user)->sequence = sequence;
    on_done(status, user);
}

static bool is_done(void *user)
{
    return ((struct done *)user)->count > 0;
}

static const struct bus_stream events = {
    .name = "EVENTS", .subjects = "arbiter.v1.evt.>", .max_age_ms = 3600000, .max_bytes = 1 << 20};

static enum status publish(struct fixture *f, const char *id, const char *text)
{
    struct done done = {0};
    bus_publish_durable(f->client,
                        &(struct bus_durable){"arbiter.v1.evt.game.g1", id, text, strlen(text)},
                        on_stored, &done);
    assert_int_equal(done.count, 0);
    assert_true(stage_run_until(&f->stage, is_done, &done, SOON_MS));
    assert_int_equal(done.count, 1);
    return done.status;
}

/* Returns the sequence that it was given. */
static uint64_t publish_next(struct fixture *f, const char *id)
{
    struct done done = {0};
    bus_publish_durable(f->client, &(struct bus_durable){"arbiter.v1.evt.game.g1", id, id, 1},
                        on_stored, &done);
    assert_true(stage_run_until(&f->stage, is_done, &done, SOON_MS));
    assert_int_equal(done.status, STATUS_OK);
    return done.sequence;
}

static void publish_unasked(struct fixture *f, const char *id)
{
    bus_publish_unasked(f->client, &(struct bus_durable){"arbiter.v1.evt.game.g1", id, id, 1});
}

struct reader {
    char text[4096];
    int count;
    int refuse; /* so many times more */
    uint64_t sequence;
    int wanted;
};

static enum status on_durable(const char *subject, const void *data, size_t size, uint64_t sequence,
                              void *user)
{
    (void)subject;
    struct reader *reader = user;
    if (reader->refuse > 0) {
        reader->refuse--;
        return STATUS_UNAVAILABLE;
    }
    reader->count++;
    reader->sequence = sequence;
    size_t used = strlen(reader->text);
    (void)snprintf(reader->text + used, sizeof reader->text - used, "%.*s,", (int)size,
                   (const char *)data);
    return STATUS_OK;
}

static bool has_read(void *user)
{
    const struct reader *reader = user;
    return reader->count >= reader->wanted;
}

static void wait_read(struct fixture *f, struct reader *reader, int wanted)
{
    reader->wanted = wanted;
    assert_true(stage_run_until(&f->stage, has_read, reader, 3 * SOON_MS));
}

static void a_later_sequence_counts_those_that_did_not_ask(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(bus_stream_ensure(f->client, &events), STATUS_OK);
    uint64_t first = publish_next(f, "a");
    publish_unasked(f, "b");
    publish_unasked(f, "c");
    assert_int_equal(publish_next(f, "d"), first + 3);
    publish_unasked(f, "c"); /* it is there already */
    assert_int_equal(publish_next(f, "e"), first + 4);
    assert_int_equal(publish_next(f, "b"), first + 1);
}

static void a_stream_keeps_a_message_once_for_each_durable_name(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(publish(f, "m0", "early"), STATUS_UNAVAILABLE); /* nothing captures it */
    assert_int_equal(bus_stream_ensure(f->client, &events), STATUS_OK);
    assert_int_equal(bus_stream_ensure(f->server, &events), STATUS_OK);
    settle(f);
    assert_int_equal(publish(f, "m1", "a"), STATUS_OK);
    assert_int_equal(publish(f, "m1", "a"), STATUS_OK);
    assert_int_equal(publish(f, "m2", "b"), STATUS_OK);
    struct reader first = {0}, second = {0}, none = {0};
    const char *all = "arbiter.v1.evt.>";
    assert_int_equal(bus_consume(f->server, "EVENTS", "first", all, on_durable, &first), STATUS_OK);
    assert_int_equal(bus_consume(f->client, "EVENTS", "second", all, on_durable, &second),
                     STATUS_OK);
    assert_int_equal(
        bus_consume(f->client, "EVENTS", "none", "arbiter.v1.evt.seek.>", on_durable, &none),
        STATUS_OK);
    wait_read(f, &first, 2);
    wait_read(f, &second, 2);
    assert_string_equal(first.text, "a,b,");
    assert_string_equal(second.text, "a,b,");
    assert_int_equal(first.sequence, 2);
    assert_int_equal(none.count, 0);
    assert_int_equal(publish(f, "m3", "c"), STATUS_OK);
    wait_read(f, &first, 3);
    assert_int_equal(bus_consume(f->client, "no such name", "x", all, on_durable, &none),
                     STATUS_INVALID_ARGUMENT);
}

static void a_refused_message_holds_up_those_behind_it(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(bus_stream_ensure(f->client, &events), STATUS_OK);
    settle(f);
    struct reader reader = {.refuse = 2};
    assert_int_equal(publish(f, NULL, "a"), STATUS_OK);
    assert_int_equal(publish(f, NULL, "b"), STATUS_OK);
    assert_int_equal(
        bus_consume(f->server, "EVENTS", "reader", "arbiter.v1.evt.>", on_durable, &reader),
        STATUS_OK);
    wait_read(f, &reader, 2);
    assert_string_equal(reader.text, "a,b,");
    settle(f);
    assert_int_equal(reader.count, 2);
}

static void more_messages_than_a_batch_arrive_in_order(void **state)
{
    struct fixture *f = *state;
    enum { MESSAGES = 700 };
    assert_int_equal(bus_stream_ensure(f->client, &events), STATUS_OK);
    settle(f);
    struct reader reader = {0};
    assert_int_equal(
        bus_consume(f->server, "EVENTS", "reader", "arbiter.v1.evt.>", on_durable, &reader),
        STATUS_OK);
    char expected[4096] = "";
    for (int i = 0; i < MESSAGES; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "%d", i);
        assert_int_equal(publish(f, NULL, text), STATUS_OK);
        strcat(strcat(expected, text), ",");
    }
    wait_read(f, &reader, MESSAGES);
    assert_string_equal(reader.text, expected);
}

/* ---- trouble -----------------------------------------------------------------------------------
 */

static bool is_away(void *user)
{
    return !bus_connected(user);
}

static bool has_read_again(void *user)
{
    return strstr(((struct reader *)user)->text, "again,") != NULL;
}

static void everything_resumes_after_the_server_was_killed(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(bus_stream_ensure(f->client, &events), STATUS_OK);
    settle(f);
    struct reader reader = {0};
    struct hearer hearer = {0};
    assert_int_equal(
        bus_consume(f->server, "EVENTS", "reader", "arbiter.v1.evt.>", on_durable, &reader),
        STATUS_OK);
    assert_int_equal(bus_subscribe(f->server, "bell", NULL, on_heard, &hearer), STATUS_OK);
    assert_int_equal(publish(f, "m1", "before"), STATUS_OK);
    wait_read(f, &reader, 1);
    f->gamesvc->hold = true;
    struct asker under_way = {0}, away = {0}, after = {0};
    ask_start(f->client, &(struct start){.timeout_ms = 60000}, &under_way);
    settle(f);
    assert_int_equal(f->gamesvc->held_count, 1);

    backend->server_kill(&f->stage);
    assert_true(stage_run_until(&f->stage, is_away, f->client, SOON_MS));
    wait_answer(f, &under_way);
    assert_int_equal(under_way.status, STATUS_UNAVAILABLE);
    ask_start(f->client, &(struct start){.timeout_ms = 60000}, &away);
    wait_answer(f, &away);
    assert_int_equal(away.status, STATUS_UNAVAILABLE);
    assert_int_equal(publish(f, "m2", "lost"), STATUS_UNAVAILABLE);
    stage_run_for(&f->stage, 500); /* attempts in vain */

    backend->server_start(&f->stage);
    assert_true(stage_run_until(&f->stage, is_connected, f->client, SOON_MS));
    assert_true(stage_run_until(&f->stage, is_connected, f->server, SOON_MS));
    settle(f);
    f->gamesvc->hold = false;
    ask_start(f->client, &(struct start){.timeout_ms = 60000}, &after);
    wait_answer(f, &after);
    assert_int_equal(after.status, STATUS_OK);
    bus_publish(f->client, "bell", "", 0);
    enum status status = STATUS_UNAVAILABLE;
    for (int i = 0; i < 50 && status != STATUS_OK; i++) {
        status = publish(f, "m2", "again"); /* the stream may take a moment to come back */
        settle(f);
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(stage_run_until(&f->stage, has_read_again, &reader, 3 * SOON_MS));
    /* At least once: a killed server may have forgotten an acknowledgement. Never out of order. */
    assert_true(strcmp(reader.text, "before,again,") == 0 ||
                strcmp(reader.text, "before,before,again,") == 0);
    assert_int_equal(hearer.count, 1);
    struct bus_stats stats;
    bus_stats(f->client, &stats);
    assert_int_equal(stats.reconnects, 1);
}

static void a_server_may_come_and_go_many_times(void **state)
{
    struct fixture *f = *state;
    for (int round = 0; round < 5; round++) {
        backend->server_kill(&f->stage);
        assert_true(stage_run_until(&f->stage, is_away, f->client, SOON_MS));
        backend->server_start(&f->stage);
        assert_true(stage_run_until(&f->stage, is_connected, f->client, SOON_MS));
        assert_true(stage_run_until(&f->stage, is_connected, f->server, SOON_MS));
        settle(f);
        struct asker asker = {0};
        ask_start(f->client, &(struct start){0}, &asker);
        wait_answer(f, &asker);
        assert_int_equal(asker.status, STATUS_OK);
    }
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
        CASE(a_repeated_request_is_answered_as_before),
        CASE(a_request_doubled_on_its_way_reaches_the_service_once),
        CASE(an_error_is_not_remembered),
        CASE(garbage_is_an_invalid_argument),
        CASE(requests_past_their_deadline_are_dropped),
        CASE(messages_up_to_the_limit_pass_and_larger_ones_fail),
        CASE(a_full_service_refuses_what_it_cannot_hold),
        CASE(of_a_queue_group_exactly_one_takes_each_request),
        CASE(events_reach_every_listener_and_one_of_each_group),
        CASE(a_draining_member_answers_what_it_holds_and_takes_nothing_new),
        CASE(a_closed_member_ends_its_open_calls),
        CASE(services_answer_ping_info_and_stats),
        CASE(a_later_sequence_counts_those_that_did_not_ask),
        CASE(a_stream_keeps_a_message_once_for_each_durable_name),
        CASE(a_refused_message_holds_up_those_behind_it),
        CASE(more_messages_than_a_batch_arrive_in_order),
        CASE(everything_resumes_after_the_server_was_killed),
        CASE(a_server_may_come_and_go_many_times),
    };
    return cmocka_run_group_tests_name(chosen->name, tests, NULL, NULL);
}

int main(int count, char **arguments)
{
    const char *only = count > 1 ? arguments[1] : "";
    if (count > 2)
        cmocka_set_test_filter(arguments[2]); /* e.g. "nats *stream*" */
    int failed = strcmp(only, "nats") != 0 ? run(&stage_memory) : 0;
    if (strcmp(only, "memory") == 0)
        return failed;
    if (nats_server_missing()) {
        printf("nats: skipped, there is no nats-server\n");
        return failed != 0 ? failed : 77;
    }
    return failed + run(&stage_nats);
}
