/* How games that are played badly are called, through gamesvc, store and the machines `game` and
 * `conduct`, on a virtual clock: each outcome of the policies in policies/conduct, and what follows
 * from them. Argument: a folder of lexicons with EN80. */
#include "gamesvc/gamesvc.h"

#include "bus/bus_memory.h"
#include "gamesvc/lexicon/lexicon_shelf.h"
#include "gamesvc/seal.h"
#include "orchestrator/conduct/conduct.h"
#include "orchestrator/host.h"
#include "simulation/world.h"
#include "tests/contract/store_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/buffer.h"

#include "arbiter/v1/gamesvc.pb-c.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, WAIT_MS = 10 * SECOND, STEPS_MAX = 12 };
#define DAY_MS ((int64_t)24 * 60 * MINUTE)
#define COPY(out, text) (void)snprintf(out, sizeof(out), "%s", text) /* ids and words are short */

static struct lexicon_shelf shelf;
static char folder[] = "/tmp/arbiter-conduct-XXXXXX"; /* policies of a house that goes by woogles */

struct scene {
    struct stage *stage;
    struct host *host;
    struct bus *host_bus;
    struct gamesvc *gamesvc;
    struct bus *bus;
    struct seal_keys keys;
    struct world_policies policies;
    struct conduct_shelf *conduct;
    struct buffer report;
    int asked;
    int games;
};

/* ---- the house --------------------------------------------------------------------------- */

static void open_scene(struct scene *scene, const char *policies)
{
    *scene = (struct scene){.stage = stage_open(&stage_memory)};
    scene->stage->options.sweep_ms = 5 * SECOND; /* hours pass here */
    stage_start(scene->stage, 0);
    assert_true(world_policies_load(policies, &scene->policies));
    scene->conduct = conduct_shelf_load("policies/conduct", &scene->report);
    assert_non_null(scene->conduct);
    scene->host_bus = bus_memory_create(scene->stage->network, "orchestrator");
    scene->host = host_create(&(struct host_options){.bus = scene->host_bus,
                                                     .catalogue = scene->policies.catalogue,
                                                     .ratings = scene->policies.ratings,
                                                     .conduct = scene->conduct});
    seal_keys_draw(&scene->keys);
    scene->bus = bus_memory_create(scene->stage->network, "gamesvc");
    scene->gamesvc = gamesvc_create(
        scene->bus, &(struct gamesvc_options){&shelf, &scene->keys, folder, (size_t)1 << 20});
    assert_true(scene->host != NULL && scene->gamesvc != NULL);
    stage_register_player(scene->stage, "ann");
    stage_register_player(scene->stage, "bob");
}

static int open_playban(void **state)
{
    static struct scene scene;
    open_scene(&scene, "policies");
    *state = &scene;
    return 0;
}

/* The house's own policy is one word of its machine `game`. */
static int open_woogles(void **state)
{
    static struct scene scene;
    open_scene(&scene, folder);
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    bus_destroy(scene->bus);
    gamesvc_destroy(scene->gamesvc);
    bus_destroy(scene->host_bus);
    host_destroy(scene->host);
    conduct_shelf_destroy(scene->conduct);
    world_policies_deinit(&scene->policies);
    buffer_deinit(&scene->report);
    stage_close(scene->stage);
    return 0;
}

/* ---- playing ----------------------------------------------------------------------------- */

struct heard {
    struct loop *loop;
    bool is_answered;
    enum status status;
    char text[200]; /* a game's id, a status, or what was wrong */
    char request_id[80];
};

static void on_answer(const struct bus_answer *answer, void *user)
{
    struct heard *heard = user;
    heard->is_answered = true;
    heard->status = answer->status;
    loop_stop(heard->loop);
    if (answer->status != STATUS_OK) {
        COPY(heard->text, answer->message);
    } else if (answer->output->descriptor == &arbiter__v1__start_game_reply__descriptor) {
        COPY(heard->text, ((const Arbiter__V1__StartGameReply *)answer->output)->game_id);
    } else {
        const Arbiter__V1__PlayReply *reply = (const Arbiter__V1__PlayReply *)answer->output;
        COPY(heard->text, reply->status);
        if (reply->requests != NULL)
            COPY(heard->request_id, reply->requests->open_id);
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
    if (heard.status != STATUS_OK)
        fail_msg("%s", heard.text);
    return heard;
}

/* What is played. Ann moves first. Steps are "ann WORDS" and "bob WORDS" (what Play takes; a `*` is
 * the request that is open), and "wait SECONDS". */
struct story {
    const char *rules; /* NULL: breakthrough */
    int minutes;       /* on each clock; 0: 15 */
    bool casual;
    const char *steps[STEPS_MAX];
};

/* Returns the id of the game, whose machine has begun. */
static struct heard start(struct scene *scene, const struct story *story)
{
    char *players[] = {"ann", "bob"};
    Arbiter__V1__GameRequest game = ARBITER__V1__GAME_REQUEST__INIT;
    Arbiter__V1__StartGameRequest input = ARBITER__V1__START_GAME_REQUEST__INIT;
    bool has_words = story->rules != NULL;
    game.rules = has_words ? (char *)(uintptr_t)story->rules : "breakthrough";
    game.lexicon = has_words ? "EN80" : "";
    game.challenge_rule = has_words ? "single" : "";
    game.initial_time_ms = (story->minutes != 0 ? story->minutes : 15) * MINUTE;
    game.rated = !story->casual;
    game.rating_policy = game.rated ? "glicko2" : "";
    input.players = players;
    input.n_players = 2;
    input.request = &game;
    input.assigned_first = "ann";
    struct heard heard = call(scene, "StartGame", &input.base);
    stage_run(scene->stage, 50);
    return heard;
}

static void take_step(struct scene *scene, const char *game_id, const char *step, char open[80])
{
    Arbiter__V1__PlayRequest input = ARBITER__V1__PLAY_REQUEST__INIT;
    char event[128];
    if (strncmp(step, "wait ", 5) == 0) {
        stage_run(scene->stage, strtol(step + 5, NULL, 10) * SECOND);
        return;
    }
    size_t size = strcspn(step + 4, "*");
    (void)snprintf(event, sizeof event, "%.*s%s", (int)size, step + 4,
                   step[4 + size] == '*' ? open : ""); /* fits */
    input.game_id = (char *)(uintptr_t)game_id;
    input.player_id = step[0] == 'a' ? "ann" : "bob";
    input.event = event;
    input.expected_turn = -1;
    struct heard heard = call(scene, "Play", &input.base);
    if (heard.request_id[0] != '\0')
        (void)snprintf(open, 80, "%s", heard.request_id);
}

/* Plays the game; it must be over at the end, and everybody has heard of it. */
static void play(struct scene *scene, const struct story *story)
{
    char open[80] = "";
    char sql[128];
    struct heard game = start(scene, story);
    for (int i = 0; i < STEPS_MAX && story->steps[i] != NULL; i++)
        take_step(scene, game.text, story->steps[i], open);
    stage_run(scene->stage, 2 * SECOND);
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM games WHERE game_id = '%.40s' AND status = 'final'",
                   game.text); /* fits */
    assert_int_equal(stage_memory.query(scene->stage, sql), 1);
    scene->games++;
}

/* ---- how they stand ------------------------------------------------------------------------ */

struct standing {
    int count;
    char outcome[CONDUCT_NAME_MAX]; /* of the last game; "" where none was judged */
    char measure[16];
    char scope[CONDUCT_NAME_MAX];
    double points;
    int64_t until_ms;
};

static struct standing standing_of(struct scene *scene, const char *player)
{
    Arbiter__V1__GetConductRequest input = ARBITER__V1__GET_CONDUCT_REQUEST__INIT;
    static struct conduct_history history; /* large */
    struct standing standing = {0};
    input.player_id = (char *)(uintptr_t)player;
    struct asked asked = stage_call(scene->stage, "GetConduct", &input.base, NULL);
    assert_int_equal(asked.status, STATUS_OK);
    const Arbiter__V1__PlayerConduct *row =
        ((const Arbiter__V1__GetConductReply *)asked.output)->conduct;
    assert_int_equal(conduct_history_read(row->history, &history), STATUS_OK);
    standing.count = history.count;
    if (history.count > 0)
        COPY(standing.outcome, history.entries[history.count - 1].outcome);
    COPY(standing.measure, row->measure);
    COPY(standing.scope, row->scope);
    standing.points = row->points;
    standing.until_ms = row->until_ms;
    asked_free(&asked);
    return standing;
}

/* What the last game was for both, e.g. "ann no_play, bob good"; "-" where it did not count. */
static void assert_called(struct scene *scene, const struct standing before[2],
                          const char *expected)
{
    static const char *const players[] = {"ann", "bob"};
    char text[2][CONDUCT_NAME_MAX];
    char both[128];
    for (int i = 0; i < 2; i++) {
        struct standing now = standing_of(scene, players[i]);
        assert_true(now.count == before[i].count || now.count == before[i].count + 1);
        COPY(text[i], now.count > before[i].count ? now.outcome : "-");
    }
    (void)snprintf(both, sizeof both, "ann %s, bob %s", text[0], text[1]); /* fits */
    assert_string_equal(both, expected);
}

struct judged {
    const char *expected;
    struct story story;
};

static void play_all(struct scene *scene, const struct judged *judged, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct standing before[] = {standing_of(scene, "ann"), standing_of(scene, "bob")};
        play(scene, &judged[i].story);
        assert_called(scene, before, judged[i].expected);
    }
    assert_int_equal(stage_memory.query(scene->stage, "SELECT count(*) FROM inbox WHERE name = "
                                                      "'conduct.game'"),
                     2 * scene->games);
}

/* ---- the house's own policy ------------------------------------------------------------------ */

#define OPENING "ann move a2a3", "bob move a7a6"

/* Whoever won is not judged. */
static void the_playban_calls_games_by_their_names(void **state)
{
    static const struct judged judged[] = {
        {"ann good, bob -",
         {.steps = {OPENING, "ann move b2b3", "bob move b7b6", "wait 61", "ann resign"}}},
        {"ann no_show, bob good", {.steps = {"wait 61"}}},
        {"ann no_play, bob -", {.steps = {"ann resign"}}},
        {"ann -, bob no_play", {.steps = {"ann move a2a3", "wait 901"}}},
        {"ann rage_quit, bob -", {.steps = {OPENING, "bob request nudge", "wait 121"}}},
        {"ann good, bob good",
         {.steps = {OPENING, "ann request abort", "wait 61"}}}, /* nobody has left */
        {"ann sitting, bob -", {.steps = {OPENING, "wait 901"}}},
        {"ann good, bob -",
         {.steps = {OPENING, "wait 850", "ann move b2b3", "bob move b7b6", "wait 51"}}},
        {"ann sit_resign, bob -", {.minutes = 2, .steps = {OPENING, "wait 115", "ann resign"}}},
        {"ann sandbag, bob -", {.steps = {OPENING, "ann resign"}}},
    };
    play_all(*state, judged, COUNT_OF(judged));
}

static void who_sits_is_warned_then_suspended_for_ever_longer(void **state)
{
    static const struct story sitting = {
        .minutes = 5, .casual = true, .steps = {OPENING, "wait 301"}};
    struct scene *scene = *state;
    int64_t minutes[2] = {0};
    bool was_warned = false;
    for (int games = 0, found = 0; found < 2; games++) {
        assert_true(games < 40);
        int64_t before_ms = standing_of(scene, "ann").until_ms;
        play(scene, &sitting);
        struct standing ann = standing_of(scene, "ann");
        was_warned |= strcmp(ann.measure, "warned") == 0;
        if (ann.until_ms == before_ms || strcmp(ann.measure, "suspended") != 0)
            continue;
        assert_true(was_warned);
        assert_string_equal(ann.scope, "all");
        minutes[found++] = (ann.until_ms - stage_now(scene->stage)) / MINUTE + 1;
        stage_run(scene->stage, ann.until_ms - stage_now(scene->stage) + SECOND);
    }
    assert_int_equal(minutes[0], 10);
    assert_true(minutes[1] > minutes[0]);
    assert_string_equal(standing_of(scene, "bob").measure, "");
    assert_int_equal(stage_memory.query(scene->stage, "SELECT count(*) FROM instances WHERE "
                                                      "instance_id = 'conduct:ann'"),
                     1);
}

/* ---- another policy: automod --------------------------------------------------------------- */

/* A rack without a word in it, held three times over. */
static void script_draws(void)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s/ann.draws", folder); /* fits */
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("draw 0 VVUUIIC\ndraw 1 QZJEEEA\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
}

#define PHONY "ann place 8G VUV", "bob challenge"

static void the_automod_calls_games_by_their_names(void **state)
{
    static const struct judged judged[] = {
        {"ann no_play_denied_nudge, bob good",
         {.steps = {"bob request nudge", "ann deny *", "ann resign"}}},
        {"ann no_play, bob good", {.steps = {"ann resign"}}},
        {"ann good, bob no_play", {.steps = {"ann move a2a3", "wait 901"}}},
        {"ann sitting, bob good", {.steps = {OPENING, "wait 301", "ann resign"}}},
        {"ann sitting, bob good", {.steps = {OPENING, "wait 901"}}},
        {"ann good, bob good",
         {.steps = {OPENING, "wait 700", "ann move b2b3", "bob move b7b6", "ann move c2c3",
                    "bob move c7c6", "ann resign"}}},
        {"ann sandbag, bob good", {.steps = {OPENING, "ann resign"}}},
        /* six scoreless turns: Ann wins, and is looked at all the same */
        {"ann excessive_phonies, bob good",
         {.rules = "crossword",
          .steps = {PHONY, "bob exchange E", PHONY, "bob exchange E", PHONY, "bob exchange E"}}},
        {"ann sandbag, bob good", {.minutes = 5, .steps = {"ann resign"}}}, /* too short to sit */
        {"ann -, bob -", {.casual = true, .steps = {"ann resign"}}},
    };
    struct scene *scene = *state;
    script_draws();
    play_all(scene, judged, COUNT_OF(judged));
    assert_int_equal(stage_memory.query(scene->stage,
                                        "SELECT count(*) FROM results WHERE winner = 'ann' AND "
                                        "reason = 'played'"),
                     1);
}

/* Points over ten are days without rated games; a clean game takes one away. */
static void more_than_ten_points_are_days_without_rated_games(void **state)
{
    static const struct story no_play = {.steps = {"ann resign"}};
    static const struct story good = {.steps = {OPENING, "ann move b2b3", "bob move b7b6",
                                                "ann move c2c3", "bob move c7c6", "ann resign"}};
    struct scene *scene = *state;
    play(scene, &no_play);
    assert_true(standing_of(scene, "ann").points == 6.0);
    play(scene, &good);
    assert_true(standing_of(scene, "ann").points == 5.0);
    assert_string_equal(standing_of(scene, "ann").measure, "");
    play(scene, &no_play);
    struct standing ann = standing_of(scene, "ann");
    assert_true(ann.points == 11.0);
    assert_string_equal(ann.measure, "suspended");
    assert_string_equal(ann.scope, "rated");
    assert_in_range(ann.until_ms - stage_now(scene->stage), DAY_MS - MINUTE, DAY_MS);
    assert_true(standing_of(scene, "bob").points == 0.0);
}

/* ---- main ---------------------------------------------------------------------------------- */

/* Copies the machines and ratings, and names another policy in the machine `game`. */
static bool make_policies(void)
{
    char command[400];
    if (mkdtemp(folder) == NULL)
        return false;
    (void)snprintf(command, sizeof command,
                   "cp -r policies/machines policies/ratings %s && sed -i \"s/: 'playban'/: "
                   "'woogles'/\" %s/machines/game.yaml && grep -q \"'woogles'\" "
                   "%s/machines/game.yaml",
                   folder, folder, folder); /* fits */
    return system(command) == 0;
}

static int remove_policies(void **state)
{
    char command[64];
    (void)state;                                                  /* none is needed */
    (void)snprintf(command, sizeof command, "rm -rf %s", folder); /* fits */
    return system(command);
}

int main(int argc, char **argv)
{
#define PLAYBAN(function) cmocka_unit_test_setup_teardown(function, open_playban, close_scene)
#define WOOGLES(function) cmocka_unit_test_setup_teardown(function, open_woogles, close_scene)
    const struct CMUnitTest tests[] = {
        PLAYBAN(the_playban_calls_games_by_their_names),
        PLAYBAN(who_sits_is_warned_then_suspended_for_ever_longer),
        WOOGLES(the_automod_calls_games_by_their_names),
        WOOGLES(more_than_ten_points_are_days_without_rated_games),
    };
    struct fault fault = {0};
    if (argc != 2 || lexicon_shelf_open(&shelf, argv[1], &fault) != STATUS_OK || !make_policies()) {
        fprintf(stderr, "usage: test_conduct_games FOLDER-WITH-EN80 %s\n", fault.text);
        return EXIT_FAILURE;
    }
    int failed = cmocka_run_group_tests_name("conduct_games", tests, NULL, remove_policies);
    lexicon_shelf_close(&shelf);
    return failed;
}
