/* What the tests of the API do again and again. */
#include "tests/contract/api_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_BYTES = 160, PATHS = 256 };

void assert_status(const struct client_answer *answer, long status)
{
    if (answer->status != status)
        fail_msg("expected %ld, got %ld: %s", status, answer->status, answer->body);
}

const char *path_of(const char *format, ...)
{
    static char paths[PATHS][PATH_BYTES];
    static unsigned next;
    char *path = paths[next++ % PATHS];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(path, PATH_BYTES, format, arguments); /* ids are short */
    va_end(arguments);
    return path;
}

const struct client_answer *try_to_direct(struct scene *scene, const char *tournament,
                                          const char *token, const char *body)
{
    const char *path = path_of("/v1/tournaments/%s/actions", tournament);
    char *json = strdup(body);
    assert_non_null(json);
    for (char *c = json; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    json_t *request = json_loads(json, 0, NULL);
    free(json);
    assert_non_null(request);
    if (json_object_get(request, "note") == NULL)
        (void)json_object_set_new(request, "note", json_string("a test"));
    (void)json_object_set_new(request, "confirm", json_array());
    const struct client_answer *answer = NULL;
    for (int i = 0; i < 3; i++) {
        char *text = json_dumps(request, 0);
        answer = client_call(
            scene->client,
            &(struct client_request){.method = "POST", .path = path, .token = token, .body = text});
        free(text);
        const char *confirm = client_text(answer, "preview.confirm");
        if (answer->status != 428 || confirm == NULL)
            break;
        (void)json_array_append_new(json_object_get(request, "confirm"), json_string(confirm));
    }
    json_decref(request);
    return answer;
}

const struct client_answer *direct(struct scene *scene, const char *tournament, const char *format,
                                   ...)
{
    char body[4096];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(body, sizeof body, format, arguments); /* a test's own text */
    va_end(arguments);
    const struct client_answer *answer = try_to_direct(scene, tournament, scene->director, body);
    assert_status(answer, 200);
    return answer;
}

void create_player(struct scene *scene, const char *id)
{
    assert_status(client_post(scene->client, "/v1/players", scene->director,
                              "{'player_id': '%s', 'name': 'The %s'}", id, id),
                  201);
}

void enter_four(struct scene *scene, const char *tournament)
{
    assert_status(client_post(scene->client, path_of("/v1/tournaments/%s/entrants", tournament),
                              scene->director,
                              "{'division': 1, 'entrants': ["
                              "{'player': 'ann', 'name': 'Ann', 'seed': 1, 'rating': 1600.5},"
                              "{'player': 'bob', 'name': 'Bob', 'seed': 2, 'rating': 1500.5},"
                              "{'player': 'cat', 'name': 'Cat', 'seed': 3, 'rating': 1400.5},"
                              "{'player': 'dan', 'name': 'Dan', 'seed': 4, 'rating': 1300.5}]}"),
                  200);
}

void await_count(struct scene *scene, const char *sql, int64_t wanted)
{
    for (int step = 0; step < PATIENCE_STEPS; step++) {
        if (house_query(scene->house, sql) == wanted)
            return;
        usleep(STEP_US);
    }
    fail_msg("%s is %d, never %d", sql, (int)house_query(scene->house, sql), (int)wanted);
}

struct scene *scene_create(const struct house_options *options)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->house = house_open(options);
    scene->client = client_create(house_url(scene->house));
    scene->ann = house_token(scene->house, "ann", "player", NULL);
    scene->bob = house_token(scene->house, "bob", "player", NULL);
    scene->director = house_token(scene->house, "dora", "director,admin", NULL);
    create_player(scene, "ann");
    create_player(scene, "bob");
    return scene;
}

int open_scene(void **state)
{
    *state = scene_create(NULL);
    return 0;
}

void scene_destroy(struct scene *scene)
{
    client_destroy(scene->client);
    house_close(scene->house);
    free(scene);
}

int close_scene(void **state)
{
    scene_destroy(*state);
    return 0;
}

/* Reads `path` until its member is `wanted` (NULL: any text but an empty one). */
const struct client_answer *await_text(struct scene *scene, const char *path, const char *member,
                                       const char *wanted)
{
    const struct client_answer *answer = NULL;
    for (int i = 0; i < PATIENCE_STEPS; i++) {
        answer = client_get(scene->client, path, scene->director);
        const char *text = client_text(answer, member);
        if (text != NULL && (wanted != NULL ? strcmp(text, wanted) == 0 : text[0] != '\0'))
            return answer;
        usleep(STEP_US);
    }
    fail_msg("%s: '%s' never was '%s': %s", path, member, wanted != NULL ? wanted : "there",
             answer->body);
    return NULL;
}

const struct client_answer *post_seek(struct scene *scene, const char *token)
{
    const struct client_answer *seek =
        client_post(scene->client, "/v1/seeks", token, "{" REPORTED "}");
    assert_status(seek, 201);
    return seek;
}

/* A game between Ann and Bob; returns its description. */
const struct client_answer *start_game(struct scene *scene)
{
    const char *seek_id = client_text(post_seek(scene, scene->ann), "seek_id");
    const struct client_answer *accepted =
        client_post(scene->client, path_of("/v1/seeks/%s/accept", seek_id), scene->bob, "{}");
    assert_status(accepted, 200);
    assert_string_equal(client_text(accepted, "status"), "matched");
    const struct client_answer *game =
        client_get(scene->client, path_of("/v1/games/%s", client_text(accepted, "game_id")), NULL);
    assert_status(game, 200);
    return game;
}

const char *token_of(const struct scene *scene, const char *player)
{
    return strcmp(player, "ann") == 0 ? scene->ann : scene->bob;
}

void report(struct scene *scene, const char *game_id, const char *token, int first, int second)
{
    assert_status(client_post(scene->client, path_of("/v1/games/%s/result", game_id), token,
                              "{'first_score': %d, 'second_score': %d}", first, second),
                  200);
}

void report_both(struct scene *scene, const struct client_answer *game, int first, int second)
{
    const char *game_id = client_text(game, "game_id");
    report(scene, game_id, token_of(scene, client_text(game, "first")), first, second);
    report(scene, game_id, token_of(scene, client_text(game, "second")), first, second);
}
