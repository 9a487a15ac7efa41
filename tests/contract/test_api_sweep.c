/* Every route, asked in every way that it must refuse: what comes back is documented (openapi.sh
 * holds it against docs/openapi.yaml), is never a 500, and says what it should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "seeks/api.h"
#include "tests/contract/api_scene.h"

enum { ROUTES_MAX = 256, PATH_SIZE = 256, LARGE = (1 << 20) + 1 };

struct target {
    const char *method;
    const char *pattern;
    char path[PATH_SIZE];
    char ill_named[PATH_SIZE]; /* with what is no id; empty: it names nothing */
    char key[32];
};

static struct target targets[ROUTES_MAX];
static size_t target_count;
static struct client_request requests[ROUTES_MAX];
static const struct client_answer *answers[ROUTES_MAX];

/* "/v1/seeks/{seek_id}/why?a" → "/v1/seeks/none/why", or whatever the name is; NULL: "none", and
 * rounds and boards are numbers. */
static void fill_path(const char *pattern, const char *name, char *out)
{
    size_t size = 0;
    for (const char *at = pattern; *at != '\0' && *at != '?'; at++) {
        if (*at != '{') {
            out[size++] = *at;
            continue;
        }
        const char *value = strncmp(at, "{round}", 7) == 0 ? "1" : "none";
        if (name != NULL)
            value = name;
        at = strchr(at, '}');
        memcpy(out + size, value, strlen(value));
        size += strlen(value);
    }
    out[size] = '\0';
}

/* Streams and sockets have tests of their own. */
static bool is_swept(const char *pattern)
{
    return strncmp(pattern, "/v1/events", 10) != 0 && strcmp(pattern, "/v1/socket") != 0;
}

static int list_targets(void **state)
{
    const char *method;
    const char *pattern;
    (void)state;
    for (size_t i = 0; api_route(i, &method, &pattern); i++) {
        if (!is_swept(pattern))
            continue;
        assert_true(target_count < ROUTES_MAX);
        struct target *target = &targets[target_count];
        *target = (struct target){.method = method, .pattern = pattern};
        fill_path(pattern, NULL, target->path);
        if (strchr(pattern, '{') != NULL)
            fill_path(pattern, "a%20b", target->ill_named);
        (void)snprintf(target->key, sizeof target->key, "sweep-%zu", target_count++); /* fits */
    }
    return 0;
}

static bool takes_body(const struct target *target)
{
    return strcmp(target->method, "POST") == 0 || strcmp(target->method, "PUT") == 0;
}

/* Asks every route at once; `change` turns the plain request into the one that is meant, or leaves
 * the route out. */
static void sweep(struct scene *scene, const char *token, bool writes_only,
                  void (*change)(const struct target *target, struct client_request *request),
                  void (*expect)(const struct target *target, const struct client_answer *answer))
{
    size_t count = 0;
    const struct target *asked[ROUTES_MAX];
    for (size_t i = 0; i < target_count; i++) {
        const struct target *target = &targets[i];
        if (writes_only && !takes_body(target))
            continue;
        requests[count] = (struct client_request){.method = target->method,
                                                  .path = target->path,
                                                  .token = token,
                                                  .body = takes_body(target) ? "{}" : NULL};
        if (change != NULL)
            change(target, &requests[count]);
        asked[count++] = target;
    }
    client_call_all(scene->client, requests, count, answers);
    for (size_t i = 0; i < count; i++) {
        if (answers[i]->status == 500)
            fail_msg("%s %s: 500: %s", asked[i]->method, asked[i]->path, answers[i]->body);
        if (expect != NULL)
            expect(asked[i], answers[i]);
    }
}

static void must_be(const struct target *target, const struct client_answer *answer, long status)
{
    if (answer->status != status)
        fail_msg("%s %s: %ld, not %ld: %s", target->method, target->path, answer->status, status,
                 answer->body);
}

/* ---- who asks ---------------------------------------------------------------------------- */

static void is_401(const struct target *target, const struct client_answer *answer)
{
    must_be(target, answer, 401);
}

static void a_token_that_is_none_is_refused_everywhere(void **state)
{
    sweep(*state, "no.good.token", false, NULL, is_401);
}

static void other_roles_are_refused_or_served(void **state)
{
    struct scene *scene = *state;
    sweep(scene, scene->ann, false, NULL, NULL);
    sweep(scene, house_token(scene->house, "eve", "director", "elsewhere"), false, NULL, NULL);
    sweep(scene, NULL, false, NULL, NULL);
}

/* ---- what is asked ----------------------------------------------------------------------- */

static void as_text(const struct target *target, struct client_request *request)
{
    (void)target;
    request->type = "text/plain";
}

static void is_415(const struct target *target, const struct client_answer *answer)
{
    must_be(target, answer, 415);
}

static char large[LARGE + 1];

static void too_large(const struct target *target, struct client_request *request)
{
    (void)target;
    request->body = large;
}

static void is_413(const struct target *target, const struct client_answer *answer)
{
    must_be(target, answer, 413);
}

static void cut_short(const struct target *target, struct client_request *request)
{
    (void)target;
    request->body = "{\"a\": [1";
}

static void is_400(const struct target *target, const struct client_answer *answer)
{
    must_be(target, answer, 400);
}

static void bodies_that_are_none_are_refused_everywhere(void **state)
{
    struct scene *scene = *state;
    const char *all = house_token(scene->house, "ann", "player,director,admin", NULL);
    memset(large, ' ', LARGE);
    sweep(scene, all, true, as_text, is_415);
    sweep(scene, all, true, too_large, is_413);
    sweep(scene, all, true, cut_short, is_400);
}

static char queries[ROUTES_MAX][PATH_SIZE + 32];

static void with_unknown_query(const struct target *target, struct client_request *request)
{
    size_t at = (size_t)(target - targets);
    (void)snprintf(queries[at], sizeof queries[at], "%s?no_such_thing=1", target->path); /* fits */
    request->path = queries[at];
}

static void queries_that_are_unknown_are_refused_everywhere(void **state)
{
    struct scene *scene = *state;
    const char *all = house_token(scene->house, "ann", "player,director,admin", NULL);
    sweep(scene, all, false, with_unknown_query, is_400);
}

static void ill_named(const struct target *target, struct client_request *request)
{
    if (target->ill_named[0] != '\0')
        request->path = target->ill_named;
}

static void is_404(const struct target *target, const struct client_answer *answer)
{
    if (target->ill_named[0] != '\0')
        must_be(target, answer, 404);
}

static void names_that_are_none_are_found_nowhere(void **state)
{
    struct scene *scene = *state;
    const char *all = house_token(scene->house, "ann", "player,director,admin", NULL);
    sweep(scene, all, false, ill_named, is_404);
}

static bool writes(const struct target *target)
{
    return strcmp(target->method, "GET") != 0;
}

static void with_key(const struct target *target, struct client_request *request)
{
    request->key = target->key;
}

static void with_another_body(const struct target *target, struct client_request *request)
{
    request->key = target->key;
    if (writes(target))
        request->body = "{\"another\": 1}";
}

static void is_never_taken(const struct target *target, const struct client_answer *answer)
{
    if (writes(target) && answer->status < 400)
        fail_msg("%s %s: %ld for a body with an unknown member", target->method, target->path,
                 answer->status);
}

static void a_key_stands_for_one_body_everywhere(void **state)
{
    struct scene *scene = *state;
    const char *all = house_token(scene->house, "ann", "player,director,admin", NULL);
    sweep(scene, all, false, with_key, NULL);
    sweep(scene, all, false, with_another_body, is_never_taken);
}

static void that_was_seen(const struct target *target, struct client_request *request)
{
    (void)target;
    request->extra = "If-None-Match: *";
}

static void everything_is_asked_for_once(void **state)
{
    struct scene *scene = *state;
    const char *all = house_token(scene->house, "ann", "player,director,admin", NULL);
    sweep(scene, all, false, NULL, NULL);
    sweep(scene, all, false, that_was_seen, NULL);
}

/* ---- when ---------------------------------------------------------------------------------- */

static void is_429(const struct target *target, const struct client_answer *answer)
{
    must_be(target, answer, 429);
}

static void without_a_budget_everything_waits(void **state)
{
    (void)state;
    struct scene *scene =
        scene_create(&(struct house_options){.limits = "../../tests/data/limits/closed"});
    const char *all = house_token(scene->house, "cat", "player,director,admin", NULL);
    for (int i = 0; i < 5; i++) /* see tests/data/limits/closed.yaml */
        (void)client_get(scene->client, "/v1/seeks", all);
    sweep(scene, all, false, NULL, is_429);
    scene_destroy(scene);
}

static void is_not_served(const struct target *target, const struct client_answer *answer)
{
    bool is_own = strcmp(target->pattern, "/v1/pools") == 0; /* read at the start */
    if (answer->status < 400 && !is_own)
        fail_msg("%s %s: %ld without a store", target->method, target->path, answer->status);
}

static void without_a_store_everything_is_told_so(void **state)
{
    struct scene *scene = *state;
    const char *all = house_token(scene->house, "ann", "player,director,admin", NULL);
    house_kill(scene->house, HOUSE_STORE);
    sweep(scene, all, false, NULL, is_not_served);
    house_start(scene->house, HOUSE_STORE);
}

static void is_503(const struct target *target, const struct client_answer *answer)
{
    must_be(target, answer, 503);
}

/* Who asks cannot be known before the keys have been read once. */
static void without_keys_everything_waits(void **state)
{
    (void)state;
    struct house *house = house_open(&(struct house_options){
        .keys_place = "http://127.0.0.1:1/", .without[HOUSE_STORE] = true}); /* nor is it missed */
    struct scene scene = {.house = house, .client = client_create(house_url(house))};
    sweep(&scene, house_token(house, "ann", "player,director,admin", NULL), false, NULL, is_503);
    client_destroy(scene.client);
    house_close(house);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        CASE(a_token_that_is_none_is_refused_everywhere),
        CASE(other_roles_are_refused_or_served),
        CASE(bodies_that_are_none_are_refused_everywhere),
        CASE(queries_that_are_unknown_are_refused_everywhere),
        CASE(names_that_are_none_are_found_nowhere),
        CASE(a_key_stands_for_one_body_everywhere),
        CASE(everything_is_asked_for_once),
        cmocka_unit_test(without_a_budget_everything_waits),
        CASE(without_a_store_everything_is_told_so),
        cmocka_unit_test(without_keys_everything_waits),
    };
    return cmocka_run_group_tests(tests, list_targets, NULL);
}
