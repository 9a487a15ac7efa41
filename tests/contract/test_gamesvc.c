/* The game service as its callers see it: on a bus in memory, before a store in memory. */
#include "gamesvc/gamesvc.h"

#include "bus/bus_memory.h"
#include "tests/contract/store_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arbiter/v1/gamesvc.pb-c.h"

enum { CROWD = 10000, EVENT_SIZE = 32, WAIT_MS = 60000 };

struct scene {
    struct stage *stage;
    struct bus *bus;
    struct gamesvc_options options;
    struct gamesvc *gamesvc;
};

/* One answer, as far as the tests look at it. */
struct heard {
    struct loop *loop;
    bool is_answered;
    enum status status;
    char message[200];
    char game_id[40];
    char first[20];
    char play_status[20];
    char winner[20];
    char decided_by[40];
    int turn_count;
    int first_score;
};

static int open_with(void **state, size_t hands_bytes)
{
    static struct scene scene;
    scene = (struct scene){.stage = stage_open(&stage_memory)};
    stage_start(scene.stage, 0);
    scene.bus = bus_memory_create(scene.stage->network, "gamesvc");
    scene.options.hands_bytes_max = hands_bytes;
    scene.gamesvc = gamesvc_create(scene.bus, &scene.options);
    assert_non_null(scene.gamesvc);
    stage_register_player(scene.stage, "ann");
    stage_register_player(scene.stage, "bob");
    *state = &scene;
    return 0;
}

static int open_scene(void **state)
{
    return open_with(state, (size_t)1 << 20);
}

/* No game is kept loaded. */
static int open_without_hands(void **state)
{
    return open_with(state, 0);
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    bus_destroy(scene->bus);
    gamesvc_destroy(scene->gamesvc);
    stage_close(scene->stage);
    return 0;
}

static void keep(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text); /* ids and words are short */
}

static void on_started(const struct bus_answer *answer, void *user)
{
    struct heard *heard = user;
    heard->is_answered = true;
    heard->status = answer->status;
    if (answer->status == STATUS_OK) {
        const Arbiter__V1__StartGameReply *reply =
            (const Arbiter__V1__StartGameReply *)answer->output;
        keep(heard->game_id, sizeof heard->game_id, reply->game_id);
        keep(heard->first, sizeof heard->first, reply->first);
    } else {
        keep(heard->message, sizeof heard->message, answer->message);
    }
    loop_stop(heard->loop);
}

static void on_played(const struct bus_answer *answer, void *user)
{
    struct heard *heard = user;
    heard->is_answered = true;
    heard->status = answer->status;
    if (answer->status == STATUS_OK) {
        const Arbiter__V1__PlayReply *reply = (const Arbiter__V1__PlayReply *)answer->output;
        heard->turn_count = reply->turn_count;
        keep(heard->play_status, sizeof heard->play_status, reply->status);
        if (reply->result != NULL) {
            keep(heard->winner, sizeof heard->winner, reply->result->winner);
            keep(heard->decided_by, sizeof heard->decided_by, reply->result->decided_by);
            heard->first_score = reply->result->first_score;
        }
    } else {
        keep(heard->message, sizeof heard->message, answer->message);
    }
    loop_stop(heard->loop);
}

static void wait_for(struct scene *scene, const struct heard *heard, size_t count)
{
    int64_t until_ms = stage_now(scene->stage) + 2 * WAIT_MS;
    for (size_t i = 0; i < count; i++)
        while (!heard[i].is_answered) {
            assert_true(stage_now(scene->stage) < until_ms);
            loop_run_until(scene->stage->loop, until_ms);
        }
}

static struct heard start(struct scene *scene, const char *request_id, const char *assigned_first,
                          const char *rules)
{
    char *players[] = {"ann", "bob"};
    Arbiter__V1__GameRequest game = ARBITER__V1__GAME_REQUEST__INIT;
    Arbiter__V1__StartGameRequest input = ARBITER__V1__START_GAME_REQUEST__INIT;
    struct heard heard = {.loop = scene->stage->loop};
    game.rules = (char *)(uintptr_t)rules;
    input.players = players;
    input.n_players = 2;
    input.request = &game;
    input.assigned_first = (char *)(uintptr_t)assigned_first;
    bus_call(scene->stage->asker,
             &(struct bus_call){.service = &arbiter__v1__gamesvc__descriptor,
                                .method = "StartGame",
                                .input = &input.base,
                                .request_id = request_id,
                                .timeout_ms = WAIT_MS},
             on_started, &heard);
    wait_for(scene, &heard, 1);
    return heard;
}

struct move {
    const char *game_id;
    const char *player;
    const char *event;
    const char *event_id; /* NULL: the request's */
    int turn;
    bool as_director;
};

static void ask_to_play(struct scene *scene, const struct move *move, struct heard *heard)
{
    Arbiter__V1__PlayRequest input = ARBITER__V1__PLAY_REQUEST__INIT;
    *heard = (struct heard){.loop = scene->stage->loop};
    input.game_id = (char *)(uintptr_t)move->game_id;
    input.player_id = (char *)(uintptr_t)move->player;
    input.event = (char *)(uintptr_t)move->event;
    input.event_id = (char *)(uintptr_t)(move->event_id != NULL ? move->event_id : "");
    input.expected_turn = move->turn;
    input.as_director = move->as_director;
    bus_call(scene->stage->asker,
             &(struct bus_call){.service = &arbiter__v1__gamesvc__descriptor,
                                .method = "Play",
                                .input = &input.base,
                                .timeout_ms = WAIT_MS},
             on_played, heard);
}

static struct heard play(struct scene *scene, struct move move)
{
    struct heard heard;
    ask_to_play(scene, &move, &heard);
    wait_for(scene, &heard, 1);
    return heard;
}

static int turns(struct scene *scene)
{
    return (int)stage_memory.query(scene->stage, "SELECT count(*) FROM turns");
}

static void the_same_request_is_the_same_game(void **state)
{
    struct scene *scene = *state;
    struct heard one = start(scene, "r1", "", "reported");
    struct heard again = start(scene, "r1", "", "reported");
    struct heard other = start(scene, "r2", "", "reported");
    if (one.status != STATUS_OK)
        fail_msg("%s", one.message);
    assert_string_equal(one.game_id, again.game_id);
    assert_string_equal(one.first, again.first);
    assert_string_not_equal(one.game_id, other.game_id);
    assert_int_equal(stage_memory.query(scene->stage, "SELECT count(*) FROM games"), 2);
}

static void who_is_assigned_first_moves_first(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < 10; i++) {
        char id[EVENT_SIZE];
        (void)snprintf(id, sizeof id, "r%d", i); /* fits */
        assert_string_equal(start(scene, id, i % 2 == 0 ? "ann" : "bob", "reported").first,
                            i % 2 == 0 ? "ann" : "bob");
    }
    struct heard stranger = start(scene, "r-stranger", "zoe", "reported");
    assert_int_equal(stranger.status, STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(stranger.message, "zoe"));
}

static void unknown_rules_start_nothing(void **state)
{
    struct scene *scene = *state;
    struct heard heard = start(scene, "r1", "", "tiddlywinks");
    assert_int_equal(heard.status, STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(heard.message, "tiddlywinks"));
    assert_int_equal(stage_memory.query(scene->stage, "SELECT count(*) FROM games"), 0);
}

static void a_stranger_changes_nothing(void **state)
{
    struct scene *scene = *state;
    struct heard game = start(scene, "r1", "ann", "reported");
    struct heard heard =
        play(scene,
             (struct move){
                 .game_id = game.game_id, .player = "zoe", .event = "report 400 350", .turn = -1});
    assert_int_equal(heard.status, STATUS_PERMISSION_DENIED);
    heard = play(scene, (struct move){.game_id = "nosuch", .player = "ann", .event = "agree"});
    assert_int_equal(heard.status, STATUS_NOT_FOUND);
    assert_int_equal(turns(scene), 0);
}

static void a_stale_turn_is_refused_and_a_repeated_event_is_not(void **state)
{
    struct scene *scene = *state;
    struct heard game = start(scene, "r1", "ann", "reported");
    struct move first = {.game_id = game.game_id,
                         .player = "ann",
                         .event = "report 400 350",
                         .event_id = "e1",
                         .turn = 0};
    assert_int_equal(play(scene, first).status, STATUS_OK);
    assert_int_equal(play(scene, first).status, STATUS_OK);
    assert_int_equal(turns(scene), 1);
    struct heard stale = play(scene, (struct move){.game_id = game.game_id,
                                                   .player = "bob",
                                                   .event = "report 1 2",
                                                   .event_id = "e2",
                                                   .turn = 0});
    assert_int_not_equal(stale.status, STATUS_OK);
    assert_int_equal(turns(scene), 1);
}

static void where_players_disagree_a_director_decides(void **state)
{
    struct scene *scene = *state;
    struct heard game = start(scene, "r1", "ann", "reported");
    struct move move = {
        .game_id = game.game_id, .player = "ann", .event = "report 400 350", .turn = -1};
    assert_string_equal(play(scene, move).play_status, "playing");
    move.player = "bob";
    move.event = "report 350 400";
    assert_string_equal(play(scene, move).play_status, "playing");
    move.player = "dora";
    move.event = "report 380 360";
    assert_int_equal(play(scene, move).status, STATUS_PERMISSION_DENIED);
    move.as_director = true;
    struct heard decided = play(scene, move);
    assert_string_equal(decided.play_status, "ended");
    assert_string_equal(decided.winner, "ann");
    assert_string_equal(decided.decided_by, "dora");
    assert_int_equal(decided.first_score, 380);
}

static void ten_thousand_reports_at_once_are_one_result(void **state)
{
    struct scene *scene = *state;
    struct heard game = start(scene, "r1", "ann", "reported");
    struct heard *heard = calloc(CROWD, sizeof *heard);
    int ended = 0;
    assert_non_null(heard);
    for (int i = 0; i < CROWD; i++) {
        char id[EVENT_SIZE];
        struct move move = {.game_id = game.game_id,
                            .player = i % 2 == 0 ? "ann" : "bob",
                            .event = "report 400 350",
                            .event_id = id,
                            .turn = -1};
        (void)snprintf(id, sizeof id, "e%d", i); /* fits */
        ask_to_play(scene, &move, &heard[i]);
    }
    wait_for(scene, heard, CROWD);
    for (int i = 0; i < CROWD; i++)
        if (heard[i].status == STATUS_OK && strcmp(heard[i].play_status, "ended") == 0) {
            assert_string_equal(heard[i].winner, "ann");
            ended++;
        }
    assert_int_equal(ended, 1);
    assert_int_equal(
        stage_memory.query(scene->stage, "SELECT count(*) FROM games WHERE status = 'ended'"), 1);
    struct gamesvc_stats stats;
    gamesvc_stats(scene->gamesvc, &stats);
    assert_int_equal(stats.moves_accepted, turns(scene));
    free(heard);
}

/* Two replicas share the moves of a game; what each keeps of it is soon behind. */
static void replicas_that_are_behind_neither_refuse_nor_double(void **state)
{
    struct scene *scene = *state;
    struct bus *second_bus = bus_memory_create(scene->stage->network, "gamesvc-2");
    struct gamesvc *second = gamesvc_create(second_bus, &scene->options);
    struct heard game = start(scene, "r1", "ann", "breakthrough");
    struct gamesvc_stats stats[2];
    assert_non_null(second);
    for (int turn = 0; turn < 16; turn++) {
        char event[16];
        char id[EVENT_SIZE];
        char column = (char)('a' + turn / 2);
        struct move move = {.game_id = game.game_id,
                            .player = turn % 2 == 0 ? "ann" : "bob",
                            .event = event,
                            .event_id = id,
                            .turn = turn};
        (void)snprintf(event, sizeof event, turn % 2 == 0 ? "move %c2%c3" : "move %c7%c6", column,
                       column);                     /* fits */
        (void)snprintf(id, sizeof id, "e%d", turn); /* fits */
        assert_int_equal(play(scene, move).turn_count, turn + 1);
        assert_int_equal(play(scene, move).turn_count, turn + 1); /* repeated */
        move.event_id = "late";
        assert_int_not_equal(play(scene, move).status, STATUS_OK);
        assert_int_equal(turns(scene), turn + 1);
    }
    gamesvc_stats(scene->gamesvc, &stats[0]);
    gamesvc_stats(second, &stats[1]);
    assert_int_equal(stats[0].moves_accepted + stats[1].moves_accepted, 16);
    assert_true(stats[0].moves_accepted > 0 && stats[1].moves_accepted > 0);
    bus_destroy(second_bus);
    gamesvc_destroy(second);
}

#define WITHOUT_HANDS(function)                                                                    \
    cmocka_unit_test_setup_teardown(function, open_without_hands, close_scene)
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_same_request_is_the_same_game),
        CASE(who_is_assigned_first_moves_first),
        CASE(unknown_rules_start_nothing),
        CASE(a_stranger_changes_nothing),
        CASE(a_stale_turn_is_refused_and_a_repeated_event_is_not),
        CASE(where_players_disagree_a_director_decides),
        CASE(ten_thousand_reports_at_once_are_one_result),
        CASE(replicas_that_are_behind_neither_refuse_nor_double),
        WITHOUT_HANDS(a_stale_turn_is_refused_and_a_repeated_event_is_not),
        WITHOUT_HANDS(replicas_that_are_behind_neither_refuse_nor_double),
    };
    return cmocka_run_group_tests_name("gamesvc", tests, NULL, NULL);
}
