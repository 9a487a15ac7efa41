/* Time in games, through gamesvc, store and the machine `game`, on a virtual clock: flags fall and
 * requests expire by themselves, late rather than never, whoever is dead at that moment. */
#include "gamesvc/gamesvc.h"

#include "bus/bus_memory.h"
#include "gamesvc/seal.h"
#include "orchestrator/host.h"
#include "simulation/world.h"
#include "tests/contract/store_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"

#include "arbiter/v1/gamesvc.pb-c.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, WAIT_MS = 10 * SECOND };

static struct world_policies policies;

struct scene {
    struct stage *stage;
    struct bus *host_bus;
    struct host *host;
    struct bus *bus;
    struct gamesvc *gamesvc;
    struct seal_keys keys;
    int asked;
};

/* One answer to Play or StartGame, or the view of a game. */
struct heard {
    struct loop *loop;
    bool is_answered;
    enum status status;
    char reason[40];
    char game_id[40];
    char play_status[20];
    char winner[20];
    char end[20];
    char request_id[80];
    int64_t expires_at_ms;
    int turn_count;
};

static void start_gamesvc(struct scene *scene)
{
    const struct gamesvc_options options = {NULL, &scene->keys, NULL, (size_t)1 << 20};
    scene->bus = bus_memory_create(scene->stage->network, "gamesvc");
    scene->gamesvc = gamesvc_create(scene->bus, &options);
    assert_non_null(scene->gamesvc);
}

static void kill_gamesvc(struct scene *scene)
{
    bus_destroy(scene->bus);
    gamesvc_destroy(scene->gamesvc);
    scene->bus = NULL;
    scene->gamesvc = NULL;
}

static void start_host(struct scene *scene)
{
    scene->host_bus = bus_memory_create(scene->stage->network, "orchestrator");
    scene->host = host_create(&(struct host_options){
        .bus = scene->host_bus, .catalogue = policies.catalogue, .ratings = policies.ratings});
    assert_non_null(scene->host);
}

static void kill_host(struct scene *scene)
{
    bus_destroy(scene->host_bus);
    host_destroy(scene->host);
    scene->host_bus = NULL;
    scene->host = NULL;
}

static int open_scene(void **state)
{
    static struct scene scene;
    scene = (struct scene){.stage = stage_open(&stage_memory)};
    scene.stage->options.sweep_ms = 5 * SECOND; /* hours pass here */
    stage_start(scene.stage, 0);
    start_host(&scene);
    seal_keys_draw(&scene.keys);
    start_gamesvc(&scene);
    stage_register_player(scene.stage, "ann");
    stage_register_player(scene.stage, "bob");
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    kill_gamesvc(scene);
    kill_host(scene);
    stage_close(scene->stage);
    return 0;
}

#define COPY(out, text) (void)snprintf(out, sizeof(out), "%s", text) /* ids and words are short */

static void hear_result(struct heard *heard, const Arbiter__V1__GameResult *result)
{
    if (result == NULL)
        return;
    COPY(heard->winner, result->winner);
    COPY(heard->end, result->reason);
}

static void hear_requests(struct heard *heard, const Arbiter__V1__GameRequests *requests)
{
    if (requests == NULL)
        return;
    COPY(heard->request_id, requests->open_id);
    heard->expires_at_ms = requests->expires_at_ms;
}

static void on_answer(const struct bus_answer *answer, void *user)
{
    struct heard *heard = user;
    heard->is_answered = true;
    heard->status = answer->status;
    loop_stop(heard->loop);
    if (answer->status != STATUS_OK) {
        const char *reason = bus_answer_detail(answer, "reason");
        COPY(heard->reason, reason != NULL ? reason : answer->message);
        return;
    }
    if (answer->output->descriptor == &arbiter__v1__start_game_reply__descriptor) {
        COPY(heard->game_id, ((const Arbiter__V1__StartGameReply *)answer->output)->game_id);
    } else if (answer->output->descriptor == &arbiter__v1__play_reply__descriptor) {
        const Arbiter__V1__PlayReply *reply = (const Arbiter__V1__PlayReply *)answer->output;
        heard->turn_count = reply->turn_count;
        COPY(heard->play_status, reply->status);
        hear_result(heard, reply->result);
        hear_requests(heard, reply->requests);
    } else {
        const Arbiter__V1__ViewReply *reply = (const Arbiter__V1__ViewReply *)answer->output;
        COPY(heard->play_status, reply->game->status);
        heard->turn_count = reply->game->turn_count;
        hear_result(heard, reply->game->result);
        hear_requests(heard, reply->requests);
    }
}

static struct heard call(struct scene *scene, const char *method, const ProtobufCMessage *input)
{
    struct heard heard = {.loop = scene->stage->loop};
    char id[24];
    (void)snprintf(id, sizeof id, "call-%d", scene->asked++); /* fits */
    bus_call(scene->stage->asker,
             &(struct bus_call){.service = &arbiter__v1__gamesvc__descriptor,
                                .method = method,
                                .input = input,
                                .request_id = id,
                                .timeout_ms = WAIT_MS},
             on_answer, &heard);
    while (!heard.is_answered)
        loop_run_until(scene->stage->loop, stage_now(scene->stage) + 2 * WAIT_MS);
    return heard;
}

struct clock {
    const char *kind;
    int initial_ms;
    int increment_ms;
    int overtime_ms;
    int64_t bank_ms;
    int start_within_ms; /* 0: never */
    bool rated;
};

#define A_MINUTE_TO_BEGIN (-2)

static struct heard try_start(struct scene *scene, struct clock clock)
{
    char *players[] = {"ann", "bob"};
    Arbiter__V1__GameRequest game = ARBITER__V1__GAME_REQUEST__INIT;
    Arbiter__V1__StartGameRequest input = ARBITER__V1__START_GAME_REQUEST__INIT;
    game.rules = "breakthrough";
    game.clock = (char *)(uintptr_t)(clock.kind != NULL ? clock.kind : "");
    game.initial_time_ms = clock.initial_ms;
    game.increment_ms = clock.increment_ms;
    game.overtime_ms = clock.overtime_ms;
    game.time_bank_ms = clock.bank_ms;
    game.start_within_ms = clock.start_within_ms == 0                   ? -1
                           : clock.start_within_ms == A_MINUTE_TO_BEGIN ? 0
                                                                        : clock.start_within_ms;
    game.rated = clock.rated;
    game.rating_policy = clock.rated ? "glicko2" : "";
    input.players = players;
    input.n_players = 2;
    input.request = &game;
    input.assigned_first = "ann";
    return call(scene, "StartGame", &input.base);
}

/* Ann moves first. */
static const char *start(struct scene *scene, struct clock clock)
{
    static char game_id[40];
    struct heard heard = try_start(scene, clock);
    if (heard.status != STATUS_OK)
        fail_msg("%s", heard.reason);
    COPY(game_id, heard.game_id);
    stage_run(scene->stage, 50); /* the machine has begun */
    return game_id;
}

static struct heard say(struct scene *scene, const char *game_id, const char *player,
                        const char *event)
{
    Arbiter__V1__PlayRequest input = ARBITER__V1__PLAY_REQUEST__INIT;
    input.game_id = (char *)(uintptr_t)game_id;
    input.player_id = (char *)(uintptr_t)player;
    input.event = (char *)(uintptr_t)event;
    input.expected_turn = -1;
    return call(scene, "Play", &input.base);
}

static void assert_refused(struct heard heard, const char *reason)
{
    assert_int_not_equal(heard.status, STATUS_OK);
    assert_string_equal(heard.reason, reason);
}

static struct heard view(struct scene *scene, const char *game_id)
{
    Arbiter__V1__ViewRequest input = ARBITER__V1__VIEW_REQUEST__INIT;
    input.game_id = (char *)(uintptr_t)game_id;
    return call(scene, "View", &input.base);
}

/* Lets time pass; asserts on how the game then is: "playing" or the reason of its end and winner.
 */
static void after(struct scene *scene, int64_t duration_ms, const char *game_id,
                  const char *expected)
{
    char text[64];
    stage_run(scene->stage, duration_ms);
    struct heard heard = view(scene, game_id);
    if (strcmp(heard.play_status, "playing") == 0)
        COPY(text, "playing");
    else
        (void)snprintf(text, sizeof text, "%s %s", heard.end, heard.winner); /* fits */
    assert_string_equal(text, expected);
}

/* ---- flags ------------------------------------------------------------------------------- */

static void a_flag_falls_by_itself(void **state)
{
    struct scene *scene = *state;
    const char *game_id = start(scene, (struct clock){.initial_ms = MINUTE});
    after(scene, 59 * SECOND, game_id, "playing");
    after(scene, 2 * SECOND, game_id, "timeout bob");
}

static void a_move_moves_the_flag(void **state)
{
    struct scene *scene = *state;
    const char *game_id =
        start(scene, (struct clock){.initial_ms = MINUTE, .increment_ms = 30 * SECOND});
    stage_run(scene->stage, 50 * SECOND);
    assert_int_equal(say(scene, game_id, "ann", "move a2a3").status, STATUS_OK);
    after(scene, 30 * SECOND, game_id, "playing");
    assert_int_equal(say(scene, game_id, "bob", "move a7a6").status, STATUS_OK);
    after(scene, 39 * SECOND, game_id, "playing"); /* ten seconds and the increment */
    after(scene, 3 * SECOND, game_id, "timeout bob");
}

static void overtime_delays_the_flag(void **state)
{
    struct scene *scene = *state;
    const char *game_id = start(scene, (struct clock){.initial_ms = MINUTE, .overtime_ms = MINUTE});
    after(scene, 119 * SECOND, game_id, "playing");
    after(scene, 2 * SECOND, game_id, "timeout bob");
}

static void a_correspondence_turn_ends_with_the_bank(void **state)
{
    struct scene *scene = *state;
    const char *game_id =
        start(scene, (struct clock){.kind = "correspondence", .initial_ms = HOUR, .bank_ms = HOUR});
    stage_run(scene->stage, 90 * MINUTE); /* half an hour out of the bank */
    assert_int_equal(say(scene, game_id, "ann", "move a2a3").status, STATUS_OK);
    stage_run(scene->stage, 30 * MINUTE);
    assert_int_equal(say(scene, game_id, "bob", "move a7a6").status, STATUS_OK);
    after(scene, 89 * MINUTE, game_id, "playing");
    after(scene, 2 * MINUTE, game_id, "timeout bob");
}

static void clocks_that_make_no_sense_start_nothing(void **state)
{
    struct scene *scene = *state;
    const struct clock bad[] = {
        {.initial_ms = 14 * SECOND},
        {.initial_ms = MINUTE, .increment_ms = SECOND, .overtime_ms = MINUTE},
        {.initial_ms = MINUTE, .bank_ms = HOUR},
        {.kind = "correspondence", .initial_ms = MINUTE},
        {.kind = "correspondence", .initial_ms = HOUR, .overtime_ms = MINUTE},
        {.kind = "correspondence", .initial_ms = HOUR, .bank_ms = INT64_C(31) * 24 * HOUR},
        {.kind = "hourglass", .initial_ms = HOUR},
        {.kind = "real_time"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(try_start(scene, bad[i]).status, STATUS_INVALID_ARGUMENT);
    assert_int_equal(stage_memory.query(scene->stage, "SELECT count(*) FROM games"), 0);
}

static void a_flag_waits_for_a_game_service_that_is_dead(void **state)
{
    struct scene *scene = *state;
    const char *game_id = start(scene, (struct clock){.initial_ms = MINUTE});
    stage_run(scene->stage, 50 * SECOND);
    kill_gamesvc(scene);
    stage_run(scene->stage, 10 * MINUTE);
    start_gamesvc(scene);
    after(scene, 30 * SECOND, game_id, "timeout bob");
}

static void a_flag_waits_for_a_store_that_is_dead(void **state)
{
    struct scene *scene = *state;
    const char *game_id = start(scene, (struct clock){.initial_ms = MINUTE});
    stage_run(scene->stage, 50 * SECOND);
    stage_kill(scene->stage, 0);
    stage_run(scene->stage, 10 * MINUTE);
    stage_start(scene->stage, 0);
    after(scene, 30 * SECOND, game_id, "timeout bob");
}

static void a_flag_that_was_announced_before_a_move_is_nobodys(void **state)
{
    struct scene *scene = *state;
    const char *game_id =
        start(scene, (struct clock){.initial_ms = MINUTE, .increment_ms = 30 * SECOND});
    assert_int_equal(say(scene, game_id, "ann", "move a2a3").status, STATUS_OK);
    Arbiter__V1__PlayRequest flag = ARBITER__V1__PLAY_REQUEST__INIT;
    flag.game_id = (char *)(uintptr_t)game_id;
    flag.player_id = "$clock";
    flag.event = "timeout";
    assert_refused(call(scene, "Play", &flag.base), "STALE_TURN");
    after(scene, SECOND, game_id, "playing");
}

/* ---- games that do not begin ---------------------------------------------------------------- */

#define UNBEGUN                                                                                    \
    (struct clock)                                                                                 \
    {                                                                                              \
        .initial_ms = 15 * MINUTE, .start_within_ms = A_MINUTE_TO_BEGIN                            \
    }

static void a_game_that_does_not_begin_is_cancelled(void **state)
{
    struct scene *scene = *state;
    struct clock rated = UNBEGUN;
    rated.rated = true;
    const char *game_id = start(scene, rated);
    after(scene, 59 * SECOND, game_id, "playing");
    after(scene, 2 * SECOND, game_id, "cancelled ");
    stage_run(scene->stage, 5 * SECOND); /* nobody's rating follows */
    assert_int_equal(stage_memory.query(scene->stage, "SELECT count(*) FROM rating_history"), 0);
    assert_refused(say(scene, game_id, "ann", "move a2a3"), "GAME_OVER");
}

static void a_game_that_has_begun_goes_by_its_clock(void **state)
{
    struct scene *scene = *state;
    const char *game_id = start(scene, UNBEGUN);
    stage_run(scene->stage, 59 * SECOND);
    assert_int_equal(say(scene, game_id, "ann", "move a2a3").status, STATUS_OK);
    after(scene, 14 * MINUTE, game_id, "playing");
    after(scene, 2 * MINUTE, game_id, "timeout ann");
}

static void a_first_move_that_comes_too_late_finds_it_cancelled(void **state)
{
    struct scene *scene = *state;
    const char *game_id = start(scene, UNBEGUN);
    stage_kill(scene->stage, 0); /* nobody announces anything */
    stage_run(scene->stage, 61 * SECOND);
    stage_start(scene->stage, 0);
    struct heard late = say(scene, game_id, "ann", "move a2a3");
    assert_true(late.status != STATUS_OK || strcmp(late.end, "cancelled") == 0);
    after(scene, 10 * SECOND, game_id, "cancelled ");
}

static void the_time_to_begin_can_be_agreed_on(void **state)
{
    struct scene *scene = *state;
    const char *game_id =
        start(scene, (struct clock){.initial_ms = 15 * MINUTE, .start_within_ms = 5 * MINUTE});
    after(scene, 299 * SECOND, game_id, "playing");
    after(scene, 2 * SECOND, game_id, "cancelled ");
    game_id = start(scene, (struct clock){.initial_ms = 15 * MINUTE}); /* never */
    after(scene, 10 * MINUTE, game_id, "playing");
    game_id = start(scene, (struct clock){.kind = "correspondence",
                                          .initial_ms = HOUR,
                                          .start_within_ms = A_MINUTE_TO_BEGIN});
    after(scene, 10 * MINUTE, game_id, "playing");
    assert_int_equal(
        try_start(scene, (struct clock){.initial_ms = HOUR, .start_within_ms = 2 * HOUR}).status,
        STATUS_INVALID_ARGUMENT);
}

/* Ten minutes, or so long that the clock would have run out, too: they cannot be told apart. */
static void the_time_to_begin_passes_while_everybody_is_dead(void **state)
{
    static const int64_t lengths_ms[] = {10 * MINUTE, HOUR};
    struct scene *scene = *state;
    for (size_t i = 0; i < COUNT_OF(lengths_ms); i++) {
        const char *game_id = start(scene, UNBEGUN);
        stage_run(scene->stage, 30 * SECOND);
        kill_gamesvc(scene);
        stage_kill(scene->stage, 0);
        stage_run(scene->stage, lengths_ms[i]);
        stage_start(scene->stage, 0);
        start_gamesvc(scene);
        after(scene, 30 * SECOND, game_id, "cancelled ");
    }
}

/* The machine `conduct` keeps what it was told in its journal. */
static void conduct_hears_who_did_not_come(void **state)
{
    struct scene *scene = *state;
    const char *game_id = start(scene, UNBEGUN);
    after(scene, 70 * SECOND, game_id, "cancelled ");
    stage_run(scene->stage, 5 * SECOND);
    assert_int_equal(stage_memory.query(
                         scene->stage, "SELECT count(*) FROM inbox WHERE name = 'conduct.game' AND "
                                       "instance_id IN ('conduct:ann', 'conduct:bob') AND "
                                       "instr(data, 'no_show') > 0"),
                     2);
}

/* ---- requests ---------------------------------------------------------------------------- */

#define QUARTER                                                                                    \
    (struct clock)                                                                                 \
    {                                                                                              \
        .initial_ms = 15 * MINUTE                                                                  \
    }

static void silence_grants_an_abort_after_a_minute(void **state)
{
    struct scene *scene = *state;
    const char *game_id = start(scene, QUARTER);
    struct heard asked = say(scene, game_id, "ann", "request abort");
    assert_int_equal(asked.status, STATUS_OK);
    assert_int_equal(asked.turn_count, 0); /* it is no turn */
    assert_in_range(asked.expires_at_ms - stage_now(scene->stage), 59 * SECOND, 60 * SECOND);
    char early[96];
    (void)snprintf(early, sizeof early, "expire %.60s", asked.request_id); /* fits */
    assert_refused(say(scene, game_id, "ann", early), "NOT_EXPIRED");
    after(scene, 58 * SECOND, game_id, "playing");
    after(scene, 5 * SECOND, game_id, "aborted ");
}

static void silence_grants_a_nudge_after_two_minutes(void **state)
{
    struct scene *scene = *state;
    const char *game_id = start(scene, QUARTER);
    assert_refused(say(scene, game_id, "ann", "request nudge"), "NOT_ALLOWED"); /* her turn */
    assert_int_equal(say(scene, game_id, "bob", "request nudge").status, STATUS_OK);
    after(scene, 118 * SECOND, game_id, "playing");
    after(scene, 5 * SECOND, game_id, "forfeit bob");
}

static void a_move_denies_what_is_asked(void **state)
{
    struct scene *scene = *state;
    const char *game_id = start(scene, QUARTER);
    assert_int_equal(say(scene, game_id, "bob", "request nudge").status, STATUS_OK);
    assert_int_equal(say(scene, game_id, "ann", "move a2a3").status, STATUS_OK);
    assert_string_equal(view(scene, game_id).request_id, "");
    after(scene, 3 * MINUTE, game_id, "playing");
}

static void a_denied_request_can_be_made_so_often(void **state)
{
    struct scene *scene = *state;
    const char *game_id = start(scene, QUARTER);
    for (int i = 0; i < 2; i++) {
        char deny[96];
        struct heard asked = say(scene, game_id, "bob", "request nudge");
        assert_int_equal(asked.status, STATUS_OK);
        assert_refused(say(scene, game_id, "ann", "request abort"), "REQUEST_OPEN");
        (void)snprintf(deny, sizeof deny, "deny %.60s", asked.request_id); /* fits */
        assert_int_equal(say(scene, game_id, "ann", deny).status, STATUS_OK);
        assert_refused(say(scene, game_id, "ann", deny), "NO_SUCH_REQUEST");
    }
    assert_refused(say(scene, game_id, "bob", "request nudge"), "TOO_MANY_REQUESTS");
    after(scene, 3 * MINUTE, game_id, "playing");
    assert_int_equal(stage_memory.query(scene->stage, "SELECT count(*) FROM game_requests"), 4);
}

static void requests_that_are_not_made_here_are_refused(void **state)
{
    struct scene *scene = *state;
    const char *game_id = start(scene, QUARTER);
    assert_refused(say(scene, game_id, "ann", "request undo"), "NOT_ALLOWED");
    assert_refused(say(scene, game_id, "ann", "request adjourn"), "NOT_ALLOWED");
    assert_refused(say(scene, game_id, "ann", "request"), "MALFORMED");
    assert_refused(say(scene, game_id, "ann", "request tea"), "MALFORMED");
    assert_refused(say(scene, game_id, "ann", "accept"), "MALFORMED");
    assert_refused(say(scene, game_id, "ann", "accept nothing"), "NO_SUCH_REQUEST");
    assert_int_equal(say(scene, game_id, "zoe", "request abort").status, STATUS_PERMISSION_DENIED);
    const char *slow = start(scene, (struct clock){.kind = "correspondence", .initial_ms = HOUR});
    assert_refused(say(scene, slow, "ann", "request abort"), "NOT_ALLOWED");
    const char *quick = start(scene, (struct clock){.initial_ms = MINUTE});
    assert_refused(say(scene, quick, "ann", "request abort"), "ALMOST_OVER");
    const char *rated = start(scene, (struct clock){.initial_ms = 15 * MINUTE, .rated = true});
    assert_refused(say(scene, rated, "ann", "request add-time"), "NOT_ALLOWED");
}

static void a_late_game_is_not_aborted(void **state)
{
    struct scene *scene = *state;
    static const char *const moves[] = {"move a2a3", "move a7a6", "move b2b3", "move b7b6",
                                        "move c2c3", "move c7c6", "move d2d3", "move d7d6"};
    const char *game_id = start(scene, QUARTER);
    for (size_t i = 0; i < COUNT_OF(moves); i++)
        assert_int_equal(say(scene, game_id, i % 2 == 0 ? "ann" : "bob", moves[i]).status,
                         STATUS_OK);
    assert_refused(say(scene, game_id, "ann", "request abort"), "TOO_LATE");
}

static void more_time_moves_the_flag(void **state)
{
    struct scene *scene = *state;
    const char *game_id = start(scene, (struct clock){.initial_ms = 3 * MINUTE});
    assert_int_equal(say(scene, game_id, "bob", "request add-time").status, STATUS_OK);
    after(scene, 190 * SECOND, game_id, "playing");
    after(scene, 10 * SECOND, game_id, "timeout bob");
}

static void a_repeated_request_is_answered_as_before(void **state)
{
    struct scene *scene = *state;
    const char *game_id = start(scene, QUARTER);
    Arbiter__V1__PlayRequest input = ARBITER__V1__PLAY_REQUEST__INIT;
    input.game_id = (char *)(uintptr_t)game_id;
    input.player_id = "ann";
    input.event = "request abort";
    input.event_id = "once";
    input.expected_turn = -1;
    struct heard first = call(scene, "Play", &input.base);
    struct heard again = call(scene, "Play", &input.base);
    assert_int_equal(first.status, STATUS_OK);
    assert_int_equal(again.status, STATUS_OK);
    assert_string_equal(first.request_id, "once");
    assert_string_equal(again.request_id, "once");
    assert_true(first.expires_at_ms == again.expires_at_ms);
}

/* Five minutes, or so long that the clock would have run out, too: the request's time was over
 * first. */
static void an_open_request_survives_everybodys_death(void **state)
{
    static const int64_t lengths_ms[] = {5 * MINUTE, HOUR};
    struct scene *scene = *state;
    for (size_t i = 0; i < COUNT_OF(lengths_ms); i++) {
        const char *game_id = start(scene, QUARTER);
        assert_int_equal(say(scene, game_id, "ann", "request abort").status, STATUS_OK);
        kill_gamesvc(scene);
        stage_kill(scene->stage, 0);
        stage_run(scene->stage, lengths_ms[i]);
        stage_start(scene->stage, 0);
        start_gamesvc(scene);
        after(scene, 30 * SECOND, game_id, "aborted ");
    }
}

/* Whichever of the two is asked of it first, when it is there again. */
static void a_flag_that_fell_after_a_request_was_granted_is_nobodys(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < 4; i++) {
        const char *game_id = start(scene, QUARTER);
        assert_int_equal(say(scene, game_id, "ann", "request abort").status, STATUS_OK);
        kill_gamesvc(scene);
        stage_run(scene->stage, HOUR + i * SECOND);
        start_gamesvc(scene);
        after(scene, 30 * SECOND, game_id, "aborted ");
    }
}

/* What one player asked, what the other says when the orchestrator has been away for longer than
 * silence takes to grant it, or the clock to run out; and how the game has ended by then. */
static void whoever_speaks_late_finds_what_time_decided(void **state)
{
    static const struct {
        int initial_ms;
        const char *asker;
        const char *asks; /* NULL: nothing */
        int64_t away_ms;
        const char *speaker;
        const char *says; /* of the request's id, "%s" */
        const char *end;
    } cases[] = {
        {15 * MINUTE, "bob", "request nudge", 3 * MINUTE, "ann", "move a2a3", "forfeit bob"},
        {15 * MINUTE, "ann", "request abort", 2 * MINUTE, "bob", "deny %s", "aborted "},
        {15 * MINUTE, "ann", "request abort", 2 * MINUTE, "ann", "resign", "aborted "},
        {15 * MINUTE, "ann", "request abort", HOUR, "ann", "move a2a3", "aborted "},
        {125 * SECOND, "ann", "request abort", 130 * SECOND, "bob", "resign", "aborted "},
        {MINUTE, NULL, NULL, 2 * MINUTE, "bob", "resign", "timeout bob"},
        {MINUTE, NULL, NULL, 2 * MINUTE, "ann", "resign", "timeout bob"},
        {MINUTE, NULL, NULL, 2 * MINUTE, "ann", "request abort", "timeout bob"},
        {MINUTE, NULL, NULL, 2 * MINUTE, "ann", "move a2a3", "timeout bob"},
        {MINUTE, NULL, NULL, 2 * MINUTE, "bob", "timeout", "timeout bob"},
    };
    struct scene *scene = *state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char says[96];
        const char *game_id = start(scene, (struct clock){.initial_ms = cases[i].initial_ms});
        struct heard asked = {.request_id = ""};
        if (cases[i].asks != NULL)
            asked = say(scene, game_id, cases[i].asker, cases[i].asks);
        assert_int_equal(asked.status, STATUS_OK);
        (void)snprintf(says, sizeof says, cases[i].says, asked.request_id); /* fits */
        kill_host(scene);
        stage_run(scene->stage, cases[i].away_ms);
        (void)say(scene, game_id, cases[i].speaker, says);
        after(scene, 0, game_id, cases[i].end);
        start_host(scene);
        after(scene, 10 * SECOND, game_id, cases[i].end); /* and the machine agrees */
    }
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_flag_falls_by_itself),
        CASE(a_move_moves_the_flag),
        CASE(overtime_delays_the_flag),
        CASE(a_correspondence_turn_ends_with_the_bank),
        CASE(clocks_that_make_no_sense_start_nothing),
        CASE(a_flag_waits_for_a_game_service_that_is_dead),
        CASE(a_flag_waits_for_a_store_that_is_dead),
        CASE(a_flag_that_was_announced_before_a_move_is_nobodys),
        CASE(a_game_that_does_not_begin_is_cancelled),
        CASE(a_game_that_has_begun_goes_by_its_clock),
        CASE(a_first_move_that_comes_too_late_finds_it_cancelled),
        CASE(the_time_to_begin_can_be_agreed_on),
        CASE(the_time_to_begin_passes_while_everybody_is_dead),
        CASE(conduct_hears_who_did_not_come),
        CASE(silence_grants_an_abort_after_a_minute),
        CASE(silence_grants_a_nudge_after_two_minutes),
        CASE(a_move_denies_what_is_asked),
        CASE(a_denied_request_can_be_made_so_often),
        CASE(requests_that_are_not_made_here_are_refused),
        CASE(a_late_game_is_not_aborted),
        CASE(more_time_moves_the_flag),
        CASE(a_repeated_request_is_answered_as_before),
        CASE(an_open_request_survives_everybodys_death),
        CASE(a_flag_that_fell_after_a_request_was_granted_is_nobodys),
        CASE(whoever_speaks_late_finds_what_time_decided),
    };
    if (!world_policies_load("policies", &policies))
        return 1;
    int failed = cmocka_run_group_tests_name("game_time", tests, NULL, NULL);
    world_policies_deinit(&policies);
    return failed;
}
