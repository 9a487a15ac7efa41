/* Whole games with tiles and words through the API: played by bots, nothing told that must not be,
 * and proved fair at their end. Argument: a folder of lexicons with EN80. */
#include "tests/contract/api_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "seeks/api.h"
#include "cli/bot.h"
#include "gamesvc/lexicon/lexicon_shelf.h"
#include "gamesvc/rules/crossword/gcg.h"
#include "gamesvc/rules/crossword/gcg_replay.h"

enum { TURNS_MAX = 200, RACK_FULL = 7, RACK_BYTES = 16 };

static struct lexicon_shelf shelf;

#define CROSSWORD                                                                                  \
    "'request': {'rules': 'crossword', 'lexicon': 'EN80', 'challenge_rule': 'void', "              \
    "'initial_time_ms': 900000, 'rated': true, 'rating_policy': 'glicko2'}"
#define BREAKTHROUGH                                                                               \
    "'request': {'rules': 'breakthrough', 'rated': true, 'rating_policy': 'glicko2'}"

static int open_house(void **state)
{
    *state = scene_create(&(struct house_options){.shelf = &shelf});
    return 0;
}

/* Ann seeks, Bob accepts; returns the game as a stranger sees it. */
static const struct client_answer *start(struct scene *scene, const char *body)
{
    const struct client_answer *seek =
        client_post(scene->client, "/v1/seeks", scene->ann, "%s", body);
    assert_status(seek, 201);
    const struct client_answer *accepted =
        client_post(scene->client, path_of("/v1/seeks/%s/accept", client_text(seek, "seek_id")),
                    scene->bob, "{}");
    assert_status(accepted, 200);
    const struct client_answer *game =
        client_get(scene->client, path_of("/v1/games/%s", client_text(accepted, "game_id")), NULL);
    assert_status(game, 200);
    return game;
}

/* What is written of a rack is sorted: seven sorted letters stand nowhere else by chance. */
static void assert_silent(const char *text, const char *rack)
{
    if (strlen(rack) == RACK_FULL && strstr(text, rack) != NULL)
        fail_msg("rack %s is told: %s", rack, text);
}

static void copy_rack(const struct client_answer *seen, int seat, char out[RACK_BYTES])
{
    const char *rack = client_text(seen, seat == 0 ? "view.racks.0" : "view.racks.1");
    assert_non_null(rack);
    (void)snprintf(out, RACK_BYTES, "%s", rack); /* at most seven tiles */
}

/* Fills a route's parameters in: the game's id, a player's, something for the rest. */
static void fill_route(const char *pattern, const char *game_id, char *out, size_t size)
{
    size_t used = 0;
    while (*pattern != '\0' && *pattern != '?' && used + 64 < size) {
        const char *end = *pattern == '{' ? strchr(pattern, '}') : NULL;
        if (end == NULL) {
            out[used++] = *pattern++;
            continue;
        }
        const char *value = strncmp(pattern, "{game_id}", 9) == 0      ? game_id
                            : strncmp(pattern, "{player_id}", 11) == 0 ? "ann"
                                                                       : "1";
        used += (size_t)snprintf(out + used, size - used, "%s", value);
        pattern = end + 1;
    }
    out[used] = '\0';
}

/* Whatever else can be read tells nobody but its owner of a rack. */
static void walk_routes(struct scene *scene, const char *game_id, const char *tokens[2],
                        char racks[2][RACK_BYTES])
{
    const char *askers[] = {tokens[0], tokens[1], scene->director, NULL};
    const char *method = NULL;
    const char *pattern = NULL;
    int walked = 0;
    for (size_t i = 0; api_route(i, &method, &pattern); i++) {
        char path[256];
        if (strcmp(method, "GET") != 0 || strstr(pattern, "/v1/events") != NULL ||
            strstr(pattern, "socket") != NULL)
            continue; /* those stay open: their events are looked at as they come */
        fill_route(pattern, game_id, path, sizeof path);
        for (size_t asker = 0; asker < COUNT_OF(askers); asker++) {
            const struct client_answer *answer = client_get(scene->client, path, askers[asker]);
            for (size_t seat = 0; seat < 2; seat++)
                if (asker != seat)
                    assert_silent(answer->body, racks[seat]);
            walked++;
        }
    }
    assert_true(walked > 40);
}

/* Plays one move of whoever is on turn; false when the game is over. */
static bool play_on(struct scene *scene, const char *game_id, const char *tokens[2],
                    struct client_stream *stream, size_t *event)
{
    char racks[2][RACK_BYTES];
    const char *path = path_of("/v1/games/%s", game_id);
    const struct client_answer *seen[2] = {client_get(scene->client, path, tokens[0]),
                                           client_get(scene->client, path, tokens[1])};
    const struct client_answer *stranger = client_get(scene->client, path, NULL);
    const char *on_turn = client_text(seen[0], "view.on_turn");
    if (on_turn == NULL)
        return false;
    int seat = strcmp(on_turn, "second") == 0;
    struct arena arena;
    const char *move = NULL;
    arena_init(&arena, (size_t)1 << 20);
    for (int i = 0; i < 2; i++) {
        copy_rack(seen[i], i, racks[i]);
        assert_silent(seen[1 - i]->body, racks[i]);
        assert_silent(stranger->body, racks[i]);
        assert_null(client_text(seen[i], "seed"));
        assert_null(client_member(seen[i], "state"));
    }
    if (client_integer(seen[0], "view.turn_count") % 8 == 0)
        walk_routes(scene, game_id, tokens, racks);
    seen[seat] = client_get(scene->client, path, tokens[seat]);
    assert_int_equal(
        bot_move(&arena, &shelf.files[0].lexicon, client_member(seen[seat], "view"), seat, &move),
        STATUS_OK);
    const struct client_answer *played =
        client_post(scene->client, path_of("/v1/games/%s/moves", game_id), tokens[seat],
                    "{'move': '%s', 'expected_turn': %lld}", move,
                    client_integer(seen[seat], "view.turn_count"));
    assert_status(played, 200);
    const struct client_event *told =
        client_stream_find(stream, "game.turn", event, PATIENCE_STEPS);
    assert_non_null(told);
    char *text = json_dumps(told->data, 0);
    if (strcmp(client_text(played, "status"), "playing") == 0) {
        assert_silent(played->body, racks[1 - seat]);
        assert_silent(text, racks[0]);
        assert_silent(text, racks[1]);
    }
    free(text);
    arena_deinit(&arena);
    return true;
}

/* ---- what is published of a finished game ------------------------------------------------ */

static char program[512];

/* Runs `arbiter game verify` on a record; returns its exit status. */
static int verify(const char *record, const char *commitment)
{
    char path[] = "/tmp/arbiter-record-XXXXXX";
    char command[700];
    int file = mkstemp(path);
    assert_true(file >= 0 && write(file, record, strlen(record)) == (ssize_t)strlen(record));
    assert_int_equal(close(file), 0);
    (void)snprintf(command, sizeof command, "%s game verify --commitment %s --file %s >%s.out 2>&1",
                   program, commitment, path, path);
    int status = system(command);
    assert_int_equal(unlink(path), 0);
    (void)snprintf(command, sizeof command, "%s.out", path);
    assert_int_equal(unlink(command), 0);
    return status == 0 ? 0 : 1;
}

/* Returns the record with one text replaced by another of the same length; it must be there. */
static char *with(const char *record, const char *old, const char *new)
{
    char *copy = strdup(record);
    char *at = copy != NULL ? strstr(copy, old) : NULL;
    assert_non_null(at);
    assert_int_equal(strlen(old), strlen(new));
    memcpy(at, new, strlen(new));
    return copy;
}

static void assert_unfair(const char *record, const char *commitment, const char *old,
                          const char *new)
{
    char *changed = with(record, old, new);
    assert_int_equal(verify(changed, commitment), 1);
    free(changed);
}

/* The record proves the game; no part of it can be another. */
static void assert_provable(const char *record, const char *commitment)
{
    char first_draw[16];
    char other_draw[16];
    const char *draw = strstr(record, "DRAW ");
    assert_non_null(draw);
    (void)snprintf(first_draw, sizeof first_draw, "%.8s", draw);
    memcpy(other_draw, first_draw, sizeof first_draw);
    other_draw[7] = first_draw[7] == 'Q' ? 'X' : 'Q';
    assert_int_equal(verify(record, commitment), 0);
    assert_unfair(record, commitment, "\"number\":3", "\"number\":9");
    assert_unfair(record, commitment, "\"reason\":\"played\"", "\"reason\":\"resign\"");
    assert_unfair(record, commitment, first_draw, other_draw);
    char *other = with(commitment, "", "");
    other[0] = other[0] == '0' ? '1' : '0';
    assert_int_equal(verify(record, other), 1);
    free(other);
}

/* The exported GCG reads, replays, and is written again as it was. */
static void assert_reads_again(const char *exported)
{
    struct arena arena;
    struct fault fault = {0};
    struct gcg gcg;
    struct text text;
    arena_init(&arena, (size_t)16 << 20);
    if (gcg_read(&arena, exported, strlen(exported), &gcg, &fault) != STATUS_OK)
        fail_msg("line %d: %s", fault.line, fault.text);
    text_start(&text, &arena);
    if (gcg_replay_write(&gcg, &text, &fault) != STATUS_OK)
        fail_msg("line %d: %s", fault.line, fault.text);
    text_start(&text, &arena);
    gcg_write(&gcg, &text);
    assert_string_equal(text_end(&text), exported);
    arena_deinit(&arena);
}

static void assert_last_totals(const char *exported, const char *player, long long score)
{
    char wanted[64];
    const char *last = NULL;
    (void)snprintf(wanted, sizeof wanted, ">%s:", player); /* fits */
    for (const char *at = exported; (at = strstr(at, wanted)) != NULL; at++)
        last = at;
    assert_non_null(last);
    size_t size = strcspn(last, "\r\n");
    const char *total = last + size;
    while (total[-1] != ' ')
        total--;
    assert_int_equal(strtoll(total, NULL, 10), score);
}

static void bots_finish_a_game_and_tell_no_racks(void **state)
{
    struct scene *scene = *state;
    struct client_stream *stream = client_stream_open(scene->client, "", scene->ann, -1);
    const struct client_answer *game = start(scene, "{" CROSSWORD "}");
    const char *game_id = client_text(game, "game_id");
    const char *tokens[2] = {token_of(scene, client_text(game, "first")),
                             token_of(scene, client_text(game, "second"))};
    size_t event = 0;
    int turns = 0;
    assert_int_equal(strlen(client_text(game, "commitment")), 64);
    assert_status(client_get(scene->client, path_of("/v1/games/%s.gcg", game_id), NULL), 409);
    assert_status(client_get(scene->client, path_of("/v1/games/%s/record", game_id), scene->ann),
                  409);
    while (play_on(scene, game_id, tokens, stream, &event))
        assert_true(++turns < TURNS_MAX);
    assert_true(turns > 10);
    const struct client_answer *over =
        await_text(scene, path_of("/v1/games/%s", game_id), "status", "final");
    assert_int_equal(strlen(client_text(over, "seed")), 64);
    assert_string_equal(client_text(over, "commitment"), client_text(game, "commitment"));
    size_t from = 0;
    const struct client_event *finished =
        client_stream_find(stream, "game.finished", &from, PATIENCE_STEPS);
    assert_non_null(finished);
    char *text = json_dumps(finished->data, 0);
    assert_non_null(strstr(text, client_text(over, "seed")));
    free(text);
    client_stream_close(stream);
    const struct client_answer *gcg =
        client_get(scene->client, path_of("/v1/games/%s.gcg", game_id), NULL);
    assert_status(gcg, 200);
    assert_non_null(strstr(gcg->body, "#lexicon EN80"));
    assert_reads_again(gcg->body);
    assert_last_totals(gcg->body, client_text(over, "first"),
                       client_integer(over, "result.first_score"));
    assert_last_totals(gcg->body, client_text(over, "second"),
                       client_integer(over, "result.second_score"));
    const struct client_answer *record =
        client_get(scene->client, path_of("/v1/games/%s/record", game_id), NULL);
    assert_status(record, 200);
    assert_provable(record->body, client_text(game, "commitment"));
}

static void a_repeated_move_is_answered_as_before(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *game = start(scene, "{" BREAKTHROUGH "}");
    const char *path = path_of("/v1/games/%s/moves", client_text(game, "game_id"));
    struct client_request request = {.method = "POST",
                                     .path = path,
                                     .token = token_of(scene, client_text(game, "first")),
                                     .body = "{\"move\": \"move a2a3\", \"expected_turn\": 0}",
                                     .key = "once"};
    const struct client_answer *once = client_call(scene->client, &request);
    assert_status(once, 200);
    assert_status(client_post(scene->client, path, token_of(scene, client_text(game, "second")),
                              "{'move': 'move a7a6'}"),
                  200);
    assert_string_equal(client_call(scene->client, &request)->body, once->body);
    request.key = "twice";
    assert_status(client_call(scene->client, &request), 409);
}

#define TIMED "'request': {'rules': 'breakthrough', 'initial_time_ms': 900000}"

/* Asks as `token` and returns the answer, of which `requests.open_id` is the id to answer by. */
static const struct client_answer *ask(struct scene *scene, const char *game_id, const char *token,
                                       const char *kind)
{
    return client_post(scene->client, path_of("/v1/games/%s/requests", game_id), token,
                       "{'kind': '%s'}", kind);
}

static const struct client_answer *answer(struct scene *scene, const char *game_id,
                                          const char *request_id, const char *token,
                                          const char *word)
{
    struct client_request request = {
        .method = "POST",
        .path = path_of("/v1/games/%s/requests/%s/%s", game_id, request_id, word),
        .token = token};
    return client_call(scene->client, &request);
}

static void players_ask_and_answer_beside_the_board(void **state)
{
    struct scene *scene = *state;
    const char *game_id = client_text(start(scene, "{" TIMED "}"), "game_id");
    const struct client_answer *asked = ask(scene, game_id, scene->ann, "abort");
    assert_status(asked, 200);
    assert_string_equal(client_text(asked, "requests.asked_by"), "ann");
    const char *id = client_text(asked, "requests.open_id");
    const struct client_answer *seen =
        client_get(scene->client, path_of("/v1/games/%s", game_id), NULL);
    assert_string_equal(client_text(seen, "requests.open_id"), id);
    assert_status(ask(scene, game_id, scene->bob, "abort"), 409); /* one is open */
    assert_status(answer(scene, game_id, id, scene->ann, "accept"), 409);
    assert_status(answer(scene, game_id, "other", scene->bob, "accept"), 404);
    const struct client_answer *denied = answer(scene, game_id, id, scene->bob, "deny");
    assert_status(denied, 200);
    assert_string_equal(client_text(denied, "requests.open_id"), "");
    assert_status(ask(scene, game_id, scene->ann, "abort"), 429); /* one a player */
    assert_status(ask(scene, game_id, scene->ann, "a break"), 400);
    const struct client_answer *more = ask(scene, game_id, scene->ann, "add-time");
    assert_status(more, 200);
    assert_int_equal(client_integer(more, "turn_count"), 1);
    asked = ask(scene, game_id, scene->bob, "abort");
    assert_status(asked, 200);
    const struct client_answer *granted =
        answer(scene, game_id, client_text(asked, "requests.open_id"), scene->ann, "accept");
    assert_status(granted, 200);
    assert_string_equal(client_text(granted, "status"), "ended");
    assert_string_equal(client_text(granted, "result.reason"), "aborted");
    (void)await_text(scene, path_of("/v1/games/%s", game_id), "status", "final");
}

static void a_director_ends_a_game_by_word(void **state)
{
    struct scene *scene = *state;
    const char *game_id = client_text(start(scene, "{" TIMED "}"), "game_id");
    const char *path = path_of("/v1/games/%s/moves", game_id);
    assert_status(client_post(scene->client, path, scene->ann, "{'move': 'adjudicate'}"), 403);
    assert_status(
        client_post(scene->client, path, scene->ann, "{'move': 'adjudicate', 'as_director': true}"),
        403);
    const struct client_answer *decided =
        client_post(scene->client, path, scene->director, "{'move': 'forfeit 1'}");
    assert_status(decided, 200);
    assert_string_equal(client_text(decided, "result.reason"), "forfeit");
    assert_string_equal(client_text(decided, "result.decided_by"), "dora");
}

/* ---- conduct ----------------------------------------------------------------------------- */

/* A game with a clock that Bob gives up at once. */
static const char *give_up(struct scene *scene)
{
    const struct client_answer *game = start(scene, "{" TIMED "}");
    const char *game_id = client_text(game, "game_id");
    assert_status(client_post(scene->client, path_of("/v1/games/%s/moves", game_id), scene->bob,
                              "{'move': 'resign'}"),
                  200);
    (void)await_text(scene, path_of("/v1/games/%s", game_id), "status", "final");
    return game_id;
}

/* Waits until `count` games are known of Bob; returns how he stands. */
static const struct client_answer *await_conduct(struct scene *scene, size_t count)
{
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        const struct client_answer *conduct =
            client_get(scene->client, "/v1/players/bob/conduct", scene->bob);
        assert_status(conduct, 200);
        if (json_array_size(client_member(conduct, "games")) >= count)
            return conduct;
        usleep(STEP_US);
    }
    fail_msg("Bob's conduct never had %zu games", count);
    return NULL;
}

static void who_leaves_games_is_warned_then_suspended_then_heard(void **state)
{
    struct scene *scene = *state;
    const char *last = NULL;
    const struct client_answer *conduct = NULL;
    assert_status(client_get(scene->client, "/v1/players/bob/conduct", scene->ann), 403);
    for (size_t games = 1; games <= 12; games++) {
        last = give_up(scene);
        conduct = await_conduct(scene, games);
        assert_string_equal(client_text(conduct, "games.0.outcome"), "no_play");
        if (games == 2) {
            assert_string_equal(client_text(conduct, "measure"), "warned");
            assert_string_equal(client_text(conduct, "forecasts.0.text"),
                                "one more 'no_show' within 1 h means a suspension of 10 minutes");
        }
        if (strcmp(client_text(conduct, "measure"), "suspended") == 0)
            break;
    }
    assert_string_equal(client_text(conduct, "measure"), "suspended");
    assert_string_equal(client_text(conduct, "suspension.from"), "all");
    const struct client_answer *refused =
        client_post(scene->client, "/v1/seeks", scene->bob, "{" TIMED "}");
    assert_status(refused, 403);
    assert_non_null(strstr(client_text(refused, "detail"), "you left too many games"));
    assert_non_null(strstr(client_text(refused, "detail"), "until 20"));
    assert_status(
        client_post(scene->client, "/v1/tournaments", scene->director,
                    "{'name': 'Open', 'tournament_id': 'open-1', 'format': 'club-night'}"),
        201);
    refused = client_post(scene->client, "/v1/tournaments/open-1/registration", scene->bob, "{}");
    assert_status(refused, 403);
    assert_non_null(strstr(client_text(refused, "detail"), "until 20"));
    const char *appeals = "/v1/players/bob/conduct/appeals";
    assert_status(client_post(scene->client, appeals, scene->bob, "{'note': 'please'}"), 403);
    assert_status(client_post(scene->client, appeals, scene->director,
                              "{'note': 'which?', 'game_id': 'nosuch'}"),
                  409);
    assert_status(client_post(scene->client, appeals, scene->director,
                              "{'note': 'his line was cut', 'game_id': '%s'}", last),
                  200);
    conduct = await_conduct(scene, 1);
    assert_string_equal(client_text(conduct, "measure"), "warned");
    assert_true(json_is_true(client_member(conduct, "games.0.is_reversed")));
    assert_status(client_post(scene->client, "/v1/seeks", scene->bob, "{" TIMED "}"), 201);
}

static void nobody_is_blamed_around_an_outage(void **state)
{
    struct scene *scene = *state;
    (void)give_up(scene);
    const struct client_answer *conduct = await_conduct(scene, 1);
    assert_true(client_number(conduct, "points") > 0.0);
    assert_string_equal(client_text(conduct, "forecasts.0.measure"), "warned");
    assert_string_equal(client_text(conduct, "forecasts.0.text"),
                        "one more 'no_show' within 720 h means a warning");
    long long at_ms = client_integer(conduct, "games.0.at_ms");
    assert_status(client_post(scene->client, "/v1/incidents", scene->director,
                              "{'from_ms': %lld, 'to_ms': %lld, 'what': 'the network'}",
                              at_ms - 1000, at_ms + 1000),
                  201);
    conduct = await_conduct(scene, 1);
    assert_true(client_number(conduct, "points") == 0.0);
    assert_true(json_is_true(client_member(conduct, "games.0.is_reversed")));
}

#define SOON                                                                                       \
    "'request': {'rules': 'breakthrough', 'initial_time_ms': 900000, 'start_within_ms': 300}"

/* Whoever is first lets the time to begin pass. */
static void who_does_not_come_is_noted(void **state)
{
    struct scene *scene = *state;
    char path[64];
    const char *game_id = client_text(start(scene, "{" SOON "}"), "game_id");
    const struct client_answer *game =
        await_text(scene, path_of("/v1/games/%s", game_id), "status", "final");
    assert_string_equal(client_text(game, "result.reason"), "cancelled");
    assert_string_equal(client_text(game, "result.winner"), "");
    bool is_bob = strcmp(client_text(game, "first"), "bob") == 0;
    (void)snprintf(path, sizeof path, "/v1/players/%s/conduct", is_bob ? "bob" : "ann"); /* fits */
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        const struct client_answer *conduct =
            client_get(scene->client, path, is_bob ? scene->bob : scene->ann);
        assert_status(conduct, 200);
        if (json_array_size(client_member(conduct, "games")) > 0) {
            assert_string_equal(client_text(conduct, "games.0.outcome"), "no_show");
            return;
        }
        usleep(STEP_US);
    }
    fail_msg("conduct never heard of the game");
}

/* ---- the archive ------------------------------------------------------------------------- */

static char archive_folder[] = "/tmp/arbiter-archive-XXXXXX";

static int open_archived(void **state)
{
    memcpy(archive_folder + sizeof archive_folder - 7, "XXXXXX", 6);
    assert_non_null(mkdtemp(archive_folder));
    *state = scene_create(&(struct house_options){.shelf = &shelf, .archive = archive_folder});
    return 0;
}

static int close_archived(void **state)
{
    char command[64];
    (void)close_scene(state);
    (void)snprintf(command, sizeof command, "rm -rf %s", archive_folder); /* fits */
    assert_int_equal(system(command), 0);
    return 0;
}

/* Waits for a copy and compares it with what the API says. */
static void assert_copied(const char *game_id, const char *ending, const char *expected)
{
    char path[128];
    time_t now = time(NULL);
    struct tm parts;
    assert_non_null(gmtime_r(&now, &parts));
    (void)snprintf(path, sizeof path, "%s/%04d/%02d/%s.%s", archive_folder, parts.tm_year + 1900,
                   parts.tm_mon + 1, game_id, ending);
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        struct buffer copy = {0};
        enum status status = buffer_read_file(&copy, path);
        if (status == STATUS_OK)
            assert_string_equal(buffer_text(&copy), expected);
        buffer_deinit(&copy);
        if (status == STATUS_OK)
            return;
        usleep(STEP_US);
    }
    fail_msg("%s was never written", path);
}

static void finished_games_are_copied_as_they_are_told(void **state)
{
    struct scene *scene = *state;
    const char *game_id = client_text(start(scene, "{" CROSSWORD "}"), "game_id");
    assert_status(client_post(scene->client, path_of("/v1/games/%s/moves", game_id), scene->bob,
                              "{'move': 'resign'}"),
                  200);
    (void)await_text(scene, path_of("/v1/games/%s", game_id), "status", "final");
    assert_copied(game_id, "json",
                  client_get(scene->client, path_of("/v1/games/%s/record", game_id), NULL)->body);
    assert_copied(game_id, "gcg",
                  client_get(scene->client, path_of("/v1/games/%s.gcg", game_id), NULL)->body);
    const char *other = give_up(scene); /* breakthrough: no GCG */
    assert_copied(other, "json",
                  client_get(scene->client, path_of("/v1/games/%s/record", other), NULL)->body);
}

static void a_game_with_an_unknown_lexicon_is_not_started(void **state)
{
    struct scene *scene = *state;
    const struct client_answer *seek =
        client_post(scene->client, "/v1/seeks", scene->ann,
                    "{'request': {'rules': 'crossword', 'lexicon': 'NONE'}}");
    assert_status(seek, 201);
    const struct client_answer *accepted =
        client_post(scene->client, path_of("/v1/seeks/%s/accept", client_text(seek, "seek_id")),
                    scene->bob, "{}");
    const char *game_id = client_text(accepted, "game_id");
    assert_true(accepted->status >= 400 || game_id == NULL || game_id[0] == '\0');
}

/* ---- left in an event -------------------------------------------------------------------- */

/* Ann leads and is to move: by the clock she would lose, by the score she wins. */
static void a_game_that_was_left_is_adjudicated_by_its_score(void **state)
{
    struct scene *scene = *state;
    struct arena arena;
    const char *move = NULL;
    arena_init(&arena, (size_t)1 << 20);
    assert_status(
        client_post(scene->client, "/v1/tournaments", scene->director,
                    "{'name': 'Left', 'tournament_id': 'left', 'policy': 'tournament: left\\n"
                    "conduct: {abandoned_after: 4s, abandoned: adjudicated}\\n"
                    "divisions:\\n"
                    "  - name: open\\n"
                    "    rounds: 1\\n"
                    "    game: {rules: crossword, lexicon: EN80, initial_time: 20m, rated: false}"
                    "\\n'}"),
        201);
    assert_status(client_post(scene->client, "/v1/tournaments/left/entrants", scene->director,
                              "{'entrants': [{'player': 'ann', 'seed': 1, 'rating': 1600}, "
                              "{'player': 'bob', 'seed': 2, 'rating': 1500}]}"),
                  200);
    (void)direct(scene, "left", "{'action': 'start'}");
    const char *game =
        client_text(await_text(scene, "/v1/tournaments/left/rounds/1", "pairings.0.game_id", NULL),
                    "pairings.0.game_id");
    const char *path = path_of("/v1/games/%s", game);
    const char *moves = path_of("/v1/games/%s/moves", game);
    const char *first = path_of("%s", client_text(client_get(scene->client, path, NULL), "first"));
    const char *tokens[] = {token_of(scene, first),
                            token_of(scene, strcmp(first, "ann") == 0 ? "bob" : "ann")};
    const struct client_answer *seen = client_get(scene->client, path, tokens[0]);
    assert_int_equal(
        bot_move(&arena, &shelf.files[0].lexicon, client_member(seen, "view"), 0, &move),
        STATUS_OK);
    assert_status(
        client_post(scene->client, moves, tokens[0], "{'move': '%s', 'expected_turn': 0}", move),
        200);
    assert_status(
        client_post(scene->client, moves, tokens[1], "{'move': 'pass', 'expected_turn': 1}"), 200);
    (void)await_text(scene, "/v1/tournaments/left/rounds/1", "pairings.0.status", "final");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM results WHERE reason = "
                                               "'adjudicated' AND first_score > second_score"),
                     1);
    const struct client_answer *row =
        client_get(scene->client, "/v1/tournaments/left/rounds/1", NULL);
    const char *sits_first = client_text(row, "pairings.0.first");
    assert_string_equal(client_text(row, "pairings.0.outcome"),
                        strcmp(sits_first, first) == 0 ? "first" : "second");
    arena_deinit(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bots_finish_a_game_and_tell_no_racks, open_house,
                                        close_scene),
        cmocka_unit_test_setup_teardown(a_repeated_move_is_answered_as_before, open_house,
                                        close_scene),
        cmocka_unit_test_setup_teardown(players_ask_and_answer_beside_the_board, open_house,
                                        close_scene),
        cmocka_unit_test_setup_teardown(a_director_ends_a_game_by_word, open_house, close_scene),
        cmocka_unit_test_setup_teardown(who_leaves_games_is_warned_then_suspended_then_heard,
                                        open_house, close_scene),
        cmocka_unit_test_setup_teardown(nobody_is_blamed_around_an_outage, open_house, close_scene),
        cmocka_unit_test_setup_teardown(who_does_not_come_is_noted, open_house, close_scene),
        cmocka_unit_test_setup_teardown(finished_games_are_copied_as_they_are_told, open_archived,
                                        close_archived),
        cmocka_unit_test_setup_teardown(a_game_that_was_left_is_adjudicated_by_its_score,
                                        open_house, close_scene),
        cmocka_unit_test_setup_teardown(a_game_with_an_unknown_lexicon_is_not_started, open_house,
                                        close_scene),
    };
    struct fault fault = {0};
    if (argc == 2)
        (void)snprintf(program, sizeof program, "%s/../bin/arbiter", argv[1]); /* else usage */
    if (argc != 2 || lexicon_shelf_open(&shelf, argv[1], &fault) != STATUS_OK ||
        lexicon_shelf_find(&shelf, "EN80") != &shelf.files[0].lexicon) {
        fprintf(stderr, "usage: test_live_games FOLDER-WITH-EN80 %s\n", fault.text);
        return EXIT_FAILURE;
    }
    int failed = cmocka_run_group_tests_name("live_games", tests, NULL, NULL);
    lexicon_shelf_close(&shelf);
    return failed;
}
