/* What a hasty client sends twice: with one Idempotency-Key and with others, at the same moment and
 * later. One thing happens; every answer tells of it, or refuses clearly. And offers that nobody
 * answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/contract/api_scene.h"

enum { COPIES = 6, SAME = 3 /* of those with one key */, OFFER_MS = 15000 };

/* What came of the copies of one write. */
struct heard {
    const struct client_answer *answers[COPIES];
    int done;    /* answered with 200 or 201 */
    int refused; /* with 409 */
};

/* Sends a write six times at once: three times with one key, three times with keys of their own. */
static struct heard send_copies(struct scene *scene, const char *method, const char *path,
                                const char *token, const char *body)
{
    static const char *const keys[COPIES] = {"same", "same", "same", "second", "third", "fourth"};
    struct client_request requests[COPIES];
    struct heard heard = {0};
    for (int i = 0; i < COPIES; i++)
        requests[i] = (struct client_request){
            .method = method, .path = path, .token = token, .body = body, .key = keys[i]};
    client_call_all(scene->client, requests, COPIES, heard.answers);
    for (int i = 0; i < COPIES; i++) {
        long status = heard.answers[i]->status;
        heard.done += status == 200 || status == 201;
        heard.refused += status == 409;
        if (status != 200 && status != 201 && status != 409)
            fail_msg("%s %s: %ld %s", method, path, status, heard.answers[i]->body);
        if (status == 409)
            assert_string_equal(heard.answers[i]->type, "application/problem+json");
    }
    assert_int_equal(heard.done + heard.refused, COPIES);
    return heard;
}

/* The copies with one key are one request: all are answered alike, now and later. */
static void assert_same_is_same(struct scene *scene, const struct heard *heard, const char *method,
                                const char *path, const char *token, const char *body,
                                const char *member)
{
    const struct client_request again = {
        .method = method, .path = path, .token = token, .body = body, .key = "same"};
    const struct client_answer *first = heard->answers[0];
    for (int i = 0; i <= SAME; i++) {
        const struct client_answer *copy =
            i < SAME ? heard->answers[i] : client_call(scene->client, &again);
        if (copy->status != first->status)
            fail_msg("%s %s: %ld, then %ld %s", method, path, first->status, copy->status,
                     copy->body);
        if (first->status != 409)
            assert_string_equal(client_text(copy, member), client_text(first, member));
    }
}

static char *join(struct scene *scene, const char *pool, const char *token)
{
    const struct client_answer *ticket =
        client_post(scene->client, path_of("/v1/pools/%s/tickets", pool), token, "{}");
    assert_status(ticket, 201);
    return strdup(client_text(ticket, "ticket_id"));
}

static const struct client_answer *act(struct scene *scene, const char *path, const char *token)
{
    const struct client_request request = {
        .method = "POST", .path = path, .token = token, .body = "{}"};
    return client_call(scene->client, &request);
}

/* ---- writes sent twice ------------------------------------------------------------------- */

static void a_place_is_taken_once_and_left_once(void **state)
{
    struct scene *scene = *state;
    static const char pool[] = "/v1/pools/classical-30-20/tickets";
    struct heard heard = send_copies(scene, "POST", pool, scene->ann, "{}");
    const struct client_answer *joined = NULL;
    for (int i = 0; i < COPIES; i++)
        if (heard.answers[i]->status == 201)
            joined = heard.answers[i];
    assert_non_null(joined);
    assert_same_is_same(scene, &heard, "POST", pool, scene->ann, "{}", "ticket_id");
    assert_true(heard.done == 1 || heard.done == SAME); /* somebody else's key came first, or not */
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM tickets"), 1);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM slots"), 1);

    const char *place = path_of("/v1/tickets/%s", client_text(joined, "ticket_id"));
    heard = send_copies(scene, "DELETE", place, scene->ann, NULL);
    assert_true(heard.done >= 1);
    assert_same_is_same(scene, &heard, "DELETE", place, scene->ann, NULL, "status");
    assert_string_equal(client_text(client_get(scene->client, place, NULL), "status"), "left");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM slots"), 0);
}

static void an_offer_is_accepted_once(void **state)
{
    struct scene *scene = *state;
    char *ann = join(scene, "standard", scene->ann);
    char *bob = join(scene, "standard", scene->bob);
    await_count(scene, "SELECT count(*) FROM tickets WHERE status = 'offered'", 2);
    const char *yes = path_of("/v1/tickets/%s/accept", ann);
    struct heard heard = send_copies(scene, "POST", yes, scene->ann, "{}");
    assert_int_equal(heard.done, COPIES); /* who has said yes may say so again */
    assert_same_is_same(scene, &heard, "POST", yes, scene->ann, "{}", "ticket_id");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), 0);

    yes = path_of("/v1/tickets/%s/accept", bob);
    heard = send_copies(scene, "POST", yes, scene->bob, "{}");
    assert_true(heard.done >= 1);
    await_count(scene, "SELECT count(*) FROM tickets WHERE status = 'matched'", 2);
    assert_same_is_same(scene, &heard, "POST", yes, scene->bob, "{}", "ticket_id");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), 1);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM slots"), 0);
    free(ann);
    free(bob);
}

static void a_seek_is_posted_accepted_and_cancelled_once(void **state)
{
    struct scene *scene = *state;
    static const char body[] =
        "{\"policy\": \"quick\", \"request\": {\"rules\": \"reported\"}}"; /* one at a time */
    struct heard heard = send_copies(scene, "POST", "/v1/seeks", scene->ann, body);
    assert_same_is_same(scene, &heard, "POST", "/v1/seeks", scene->ann, body, "seek_id");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM seeks WHERE status = 'open'"),
                     1);
    const char *id = NULL;
    for (int i = 0; i < COPIES; i++)
        if (heard.answers[i]->status == 201)
            id = client_text(heard.answers[i], "seek_id");
    assert_non_null(id);

    const char *path = path_of("/v1/seeks/%s/accept", id);
    heard = send_copies(scene, "POST", path, scene->bob, "{}");
    assert_true(heard.done >= 1);
    assert_same_is_same(scene, &heard, "POST", path, scene->bob, "{}", "game_id");
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), 1);

    const struct client_answer *other =
        client_post(scene->client, "/v1/seeks", scene->ann,
                    "{'policy': 'quick', 'request': {'rules': 'reported'}}");
    assert_status(other, 201);
    path = path_of("/v1/seeks/%s", client_text(other, "seek_id"));
    heard = send_copies(scene, "DELETE", path, scene->ann, NULL);
    assert_true(heard.done >= 1);
    assert_same_is_same(scene, &heard, "DELETE", path, scene->ann, NULL, "status");
    assert_int_equal(
        house_query(scene->house, "SELECT count(*) FROM seeks WHERE status = 'cancelled'"), 1);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM slots"), 0);
}

/* ---- offers that nobody answers ---------------------------------------------------------- */

static void an_offer_ends_and_whoever_said_yes_waits_on(void **state)
{
    struct scene *scene = *state;
    char *ann = join(scene, "standard", scene->ann);
    char *bob = join(scene, "standard", scene->bob);
    int64_t since_ms =
        house_query(scene->house, "SELECT since_ms FROM tickets WHERE player_id = 'ann'");
    size_t index = 0;
    struct client_stream *stream =
        client_stream_open(scene->client, "topics=offer", scene->director, -1);
    const struct client_event *made = client_stream_find(stream, "offer.made", &index, OFFER_MS);
    assert_non_null(made);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(made->data, "data"), "accept_ms")),
        OFFER_MS);
    assert_status(act(scene, path_of("/v1/tickets/%s/accept", ann), scene->ann), 200);
    const struct client_event *closed =
        client_stream_find(stream, "offer.closed", &index, 3L * OFFER_MS);
    assert_non_null(closed);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(closed->data, "data"), "status")),
        "fallen");
    const struct client_answer *ticket =
        client_get(scene->client, path_of("/v1/tickets/%s", ann), NULL);
    assert_string_equal(client_text(ticket, "status"), "waiting");
    assert_int_equal(client_integer(ticket, "since_ms"), since_ms); /* the old wait */
    ticket = client_get(scene->client, path_of("/v1/tickets/%s", bob), NULL);
    assert_string_equal(client_text(ticket, "status"), "declined");
    assert_status(act(scene, path_of("/v1/tickets/%s/accept", bob), scene->bob), 409);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM games"), 0);
    assert_int_equal(house_query(scene->house, "SELECT count(*) FROM slots"), 1);
    /* The pool has heard of it: there will be another wave. */
    await_count(scene, "SELECT count(*) FROM timers WHERE instance_id = 'pool:standard'", 1);
    client_stream_close(stream);
    free(ann);
    free(bob);
}

#define IN_A_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_SCENE(a_place_is_taken_once_and_left_once),
        IN_A_SCENE(an_offer_is_accepted_once),
        IN_A_SCENE(a_seek_is_posted_accepted_and_cancelled_once),
        IN_A_SCENE(an_offer_ends_and_whoever_said_yes_waits_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
