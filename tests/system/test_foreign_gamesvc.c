/* Games and the rounds of a tournament over a real nats-server: once with our game service, once
 * with one written in JavaScript by somebody else. Both pass the same story. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bus/bus_nats.h"
#include "tests/contract/api_scene.h"
#include "tests/support/nats.h"

#include "arbiter/v1/gamesvc.pb-c.h"

enum { ANSWER_MS = 10000 };

/* ---- the foreign service -----------------------------------------------------------------------
 */

/* Starts it and waits for its "ready". */
static pid_t start_foreign(const char *url)
{
    int out[2];
    char line[16] = "";
    assert_int_equal(pipe(out), 0);
    pid_t parent = getpid();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* it must not outlive the test */
        if (getppid() != parent || dup2(out[1], STDOUT_FILENO) < 0)
            _exit(126);
        execlp("node", "node", "tests/system/foreign_gamesvc/gamesvc.mjs", url, "proto",
               (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    FILE *words = fdopen(out[0], "r");
    assert_non_null(words);
    bool is_ready = fgets(line, sizeof line, words) != NULL && strcmp(line, "ready\n") == 0;
    (void)fclose(words); /* it says no more */
    assert_true(is_ready);
    return child;
}

static void stop_foreign(pid_t child)
{
    int status;
    assert_int_equal(kill(child, SIGTERM), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
}

/* ---- asking directly ---------------------------------------------------------------------------
 */

struct started {
    struct loop *loop;
    enum status status;
    char game_id[64];
};

static void on_started(const struct bus_answer *answer, void *user)
{
    struct started *started = user;
    started->status = answer->status;
    if (answer->status == STATUS_OK)
        (void)snprintf(started->game_id, sizeof started->game_id, "%s",
                       ((const Arbiter__V1__StartGameReply *)answer->output)->game_id);
    loop_stop(started->loop);
}

static void ask_for_game(struct bus *bus, const char *request_id, struct started *started)
{
    Arbiter__V1__StartGameRequest request = ARBITER__V1__START_GAME_REQUEST__INIT;
    Arbiter__V1__GameRequest game = ARBITER__V1__GAME_REQUEST__INIT;
    char *players[] = {"ann", "bob"};
    game.rules = "reported";
    request.players = players;
    request.n_players = 2;
    request.request = &game;
    request.assigned_first = "bob";
    *started = (struct started){.loop = bus_loop(bus), .status = STATUS_UNKNOWN};
    bus_call(bus,
             &(struct bus_call){.service = &arbiter__v1__gamesvc__descriptor,
                                .method = "StartGame",
                                .input = &request.base,
                                .request_id = request_id},
             on_started, started);
    loop_run_until(bus_loop(bus), loop_now_ms(bus_loop(bus)) + ANSWER_MS);
}

static void the_same_request_is_the_same_game(struct scene *scene, const char *url)
{
    struct loop *loop = loop_create();
    struct fault fault;
    struct bus_nats_options options = {.url = url, .name = "asker", .version = "0"};
    struct bus *bus = bus_nats_create(loop, &options, &fault);
    struct started first, again, other;
    assert_non_null(bus);
    while (!bus_connected(bus))
        loop_run_until(loop, loop_now_ms(loop) + 5);
    int64_t before = house_query(scene->house, "SELECT count(*) FROM games");
    ask_for_game(bus, "one", &first);
    ask_for_game(bus, "one", &again);
    ask_for_game(bus, "two", &other);
    assert_int_equal(first.status, STATUS_OK);
    assert_string_equal(first.game_id, again.game_id);
    assert_string_not_equal(first.game_id, other.game_id);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), before + 2);
    bus_destroy(bus);
    loop_destroy(loop);
}

/* ---- the story ---------------------------------------------------------------------------------
 */

/* What is refused is a clear no; two reports that agree are a result, and both are rated. */
static void both_report(struct scene *scene, const struct client_answer *game)
{
    const char *game_id = path_of("%s", client_text(game, "game_id"));
    const char *result = path_of("/v1/games/%s/result", game_id);
    const char *eve = house_token(scene->house, "eve", "player", NULL);
    assert_status(
        client_post(scene->client, result, eve, "{'first_score': 450, 'second_score': 380}"), 403);
    report_both(scene, game, 450, 380);
    const struct client_answer *over =
        await_text(scene, path_of("/v1/games/%s", game_id), "status", "final");
    assert_string_equal(client_text(over, "result.winner"), client_text(over, "first"));
    assert_status(
        client_post(scene->client, result, scene->ann, "{'first_score': 1, 'second_score': 2}"),
        409);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM rating_history"), 2);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM events WHERE kind = 'game' "
                                               "AND name IN ('turn', 'finished')"),
                     3);
}

/* Two rounds of four players, whose results a director enters. */
static void rounds_are_played(struct scene *scene)
{
    create_player(scene, "cat");
    create_player(scene, "dan");
    assert_status(client_post(scene->client, "/v1/tournaments", scene->director,
                              "{'name': 'Away', 'tournament_id': 'away', 'policy': '"
                              "tournament: away\\ndivisions:\\n  - name: open\\n    rounds: 2\\n"
                              "    game: {rules: reported, rated: false}\\n"
                              "    pairing: [{rounds: 1-2, method: king_of_the_hill}]\\n'}"),
                  201);
    enter_four(scene, "away");
    (void)direct(scene, "away", "{'action': 'start'}");
    for (int round = 1; round <= 2; round++) {
        const char *path = path_of("/v1/tournaments/away/rounds/%d", round);
        for (int board = 0; board < 2; board++) {
            const struct client_answer *row =
                await_text(scene, path, path_of("pairings.%d.game_id", board), NULL);
            const char *game_id =
                path_of("%s", client_text(row, path_of("pairings.%d.game_id", board)));
            report(scene, game_id, scene->director, 400 + board, 300);
        }
        for (int board = 0; board < 2; board++)
            (void)await_text(scene, path, path_of("pairings.%d.status", board), "final");
    }
    (void)await_text(scene, "/v1/tournaments/away", "status", "finished");
}

static void tell_story(struct scene *scene, const char *url)
{
    struct client_stream *stream = client_stream_open(scene->client, "topics=game", NULL, -1);
    const struct client_answer *game = start_game(scene);
    assert_string_equal(client_text(game, "status"), "playing");
    assert_string_equal(client_text(game, "request.rating_policy"), "glicko2");
    assert_memory_equal(client_text(game, "owner"), "seek:", 5);
    /* Both participants hear of it. */
    size_t index = 0;
    const struct client_event *started = client_stream_find(stream, "game.started", &index, 5000);
    assert_non_null(started);
    const json_t *data = json_object_get(started->data, "data");
    assert_string_equal(json_string_value(json_object_get(data, "game_id")),
                        client_text(game, "game_id"));
    assert_string_equal(json_string_value(json_object_get(data, "first")),
                        client_text(game, "first"));
    assert_string_equal(json_string_value(json_object_get(data, "second")),
                        client_text(game, "second"));
    client_stream_close(stream);
    both_report(scene, game);
    the_same_request_is_the_same_game(scene, url);
    rounds_are_played(scene);
}

static void our_game_service_starts_games(void **state)
{
    struct nats_server *server = *state;
    const char *url = nats_server_url(server);
    struct scene *scene = scene_create(&(struct house_options){.nats_url = url});
    tell_story(scene, url);
    scene_destroy(scene);
}

static void a_foreign_game_service_starts_games(void **state)
{
    struct nats_server *server = *state;
    const char *url = nats_server_url(server);
    struct scene *scene =
        scene_create(&(struct house_options){.nats_url = url, .without = {[HOUSE_GAMESVC] = true}});
    pid_t foreign = start_foreign(url);
    tell_story(scene, url);
    const struct client_answer *game = start_game(scene);
    assert_string_equal(client_text(game, "view.played_by"), "foreign");
    stop_foreign(foreign);
    scene_destroy(scene);
}

static int start_server(void **state)
{
    *state = nats_server_create(NULL);
    return *state != NULL ? 0 : -1;
}

static int stop_server(void **state)
{
    nats_server_destroy(*state);
    return 0;
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start_server, stop_server)
    const struct CMUnitTest tests[] = {
        CASE(our_game_service_starts_games),
        CASE(a_foreign_game_service_starts_games),
    };
    if (nats_server_missing())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
