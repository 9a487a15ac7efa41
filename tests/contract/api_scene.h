#ifndef TESTS_CONTRACT_API_SCENE_H
#define TESTS_CONTRACT_API_SCENE_H

/*
 * api_scene — a house, a client, two players and a director, for tests of the REST API.
 */

#include "tests/support/client.h"
#include "tests/support/house.h"

enum { STEP_US = 5000, PATIENCE_STEPS = 2000 };

/* In client_post()'s bodies ' stands for ". */
#define REPORTED "'request': {'rules': 'reported', 'rated': true, 'rating_policy': 'glicko2'}"

struct scene {
    struct house *house;
    struct client *client;
    const char *ann; /* tokens */
    const char *bob;
    const char *director;
};

/* Builds it with profiles for ann and bob. */
struct scene *scene_create(const struct house_options *options);
void scene_destroy(struct scene *scene);

/* The same as cmocka's set-up and tear-down. */
int open_scene(void **state);
int close_scene(void **state);

/* Fails with the body where the status is another. */
void assert_status(const struct client_answer *answer, long status);

/* Formats a path; it lives until the 256th next call. */
const char *path_of(const char *format, ...) PRINTF_LIKE(1, 2);

/* Does something as the director, confirming as often as its warning level wants; fails the test
 * where it is refused. The body is as client_post()'s; it gets a note where it has none. */
const struct client_answer *direct(struct scene *scene, const char *tournament, const char *format,
                                   ...) PRINTF_LIKE(3, 4);

/* The same without the check of the answer, for another director's token. */
const struct client_answer *try_to_direct(struct scene *scene, const char *tournament,
                                          const char *token, const char *body);

void create_player(struct scene *scene, const char *id);

/* Enters Ann, Bob, Cat and Dan, rated in that order, into the event's first division. */
void enter_four(struct scene *scene, const char *tournament);

/* Asks the database until the answer is `wanted`. */
void await_count(struct scene *scene, const char *sql, int64_t wanted);

/* Posts a seek for a rated, reported game. */
const struct client_answer *post_seek(struct scene *scene, const char *token);

/* Starts a game between Ann and Bob; returns its description. */
const struct client_answer *start_game(struct scene *scene);

/* Returns Ann's or Bob's token. */
const char *token_of(const struct scene *scene, const char *player);

void report(struct scene *scene, const char *game_id, const char *token, int first, int second);
void report_both(struct scene *scene, const struct client_answer *game, int first, int second);

/* Reads `path` until its member is `wanted` (NULL: any text but an empty one). */
const struct client_answer *await_text(struct scene *scene, const char *path, const char *member,
                                       const char *wanted);

#endif
