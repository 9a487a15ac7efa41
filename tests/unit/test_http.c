/* http and push: a server and its clients' bare descriptors on one loop. */
#include "http/http.h"
#include "http/push.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
#define LOCALHOST 0x7f000001u

enum { ROUND_MS = 5, PATIENCE_MS = 20000, FRAME_SIZE = 1000, FAST_MS = 160, CLIENTS_MAX = 64 };

/* One listener's side in the server: it has had so many of the stage's frames. */
struct listener {
    struct stage *stage;
    struct push_stream *push;
    int given;
};

struct stage {
    struct loop *loop;
    struct http_server *http;
    struct push *push;
    struct push_frame *frame; /* given again and again, up to `frames` of them */
    int frames;
    struct listener *last;
    struct http_request *parked;
    struct buffer ends; /* why streams have ended */
    int open;
};

/* ---- the server -------------------------------------------------------------------------- */

static struct push_frame *on_next(void *user)
{
    struct listener *listener = user;
    if (listener->given == listener->stage->frames)
        return NULL;
    listener->given++;
    return push_frame_keep(listener->stage->frame);
}

static void on_closed(enum push_end end, void *user)
{
    static const char *const names[] = {"ended;", "left;", "slow;", "chatter;"};
    struct listener *listener = user;
    buffer_append_text(&listener->stage->ends, names[end]);
    listener->stage->open--;
    free(listener);
}

static void on_taken(struct http_taken *taken, int descriptor, void *user)
{
    static const char head[] = "HTTP/1.1 200 OK\r\n\r\nhello\n";
    struct listener *listener = user;
    if (taken == NULL) {
        buffer_append_text(&listener->stage->ends, "never;");
        free(listener);
        return;
    }
    listener->stage->open++;
    listener->push =
        push_open(listener->stage->push,
                  &(struct push_options){.taken = taken,
                                         .descriptor = descriptor,
                                         .head = push_frame_create(head, sizeof head - 1),
                                         .on_next = on_next,
                                         .on_closed = on_closed,
                                         .user = listener});
    assert_non_null(listener->push);
    listener->stage->last = listener;
}

static void take_over(struct stage *stage, struct http_request *request)
{
    struct listener *listener = calloc(1, sizeof *listener);
    assert_non_null(listener);
    listener->stage = stage;
    http_answer_takeover(request, on_taken, listener);
}

static void on_request(struct http_request *request, void *user)
{
    struct stage *stage = user;
    if (strcmp(http_path(request), "/events") == 0)
        take_over(stage, request);
    else if (strcmp(http_path(request), "/later") == 0)
        stage->parked = request;
    else
        http_answer(request,
                    &(struct http_answer){.code = 200, .body = http_path(request), .body_size = 2});
}

static int open_stage(void **state)
{
    static char bytes[FRAME_SIZE];
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    memset(bytes, 'x', sizeof bytes - 1);
    bytes[sizeof bytes - 1] = '\n';
    stage->loop = loop_create();
    stage->frame = push_frame_create(bytes, sizeof bytes);
    stage->push = push_create(
        stage->loop, &(struct push_pace){.keep_alive_ms = FAST_MS, .patience_ms = FAST_MS});
    stage->http = http_create(stage->loop,
                              &(struct http_options){.address = "127.0.0.1",
                                                     .handler = on_request,
                                                     .user = stage,
                                                     .connections_max = 40,
                                                     .address_connections_max = 30,
                                                     .header_seconds = 1,
                                                     .body_seconds = 1},
                              NULL);
    assert_non_null(stage->http);
    *state = stage;
    return 0;
}

static int close_stage(void **state)
{
    struct stage *stage = *state;
    push_destroy(stage->push);
    http_destroy(stage->http);
    loop_destroy(stage->loop);
    push_frame_drop(stage->frame);
    buffer_deinit(&stage->ends);
    free(stage);
    return 0;
}

/* ---- the clients ------------------------------------------------------------------------- */

static void turn(struct stage *stage)
{
    loop_run_until(stage->loop, clock_now_ms() + ROUND_MS);
}

/* `room`: bytes that the system may keep for it; 0: as many as it likes. */
static int come_from(struct stage *stage, uint32_t address, int room)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(http_port(stage->http)),
                             .sin_addr.s_addr = htonl(LOCALHOST)};
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(descriptor >= 0);
    if (room > 0)
        assert_int_equal(setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(descriptor, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(fcntl(descriptor, F_SETFL, O_NONBLOCK), 0);
    return descriptor;
}

static void say(int descriptor, const char *text)
{
    assert_int_equal(send(descriptor, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static int ask(struct stage *stage, const char *path)
{
    char request[128];
    int descriptor = come_from(stage, LOCALHOST, 0);
    (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path); /* fits */
    say(descriptor, request);
    return descriptor;
}

/* Appends what has come; false at the end. */
static bool hear(int descriptor, struct buffer *heard)
{
    char bytes[4096];
    ssize_t count;
    while ((count = recv(descriptor, bytes, sizeof bytes, 0)) > 0)
        buffer_append(heard, bytes, (size_t)count);
    return count < 0 && errno == EAGAIN;
}

static int count_text(const struct buffer *heard, const char *text)
{
    int found = 0;
    for (const char *at = buffer_text(heard); (at = strstr(at, text)) != NULL; at++)
        found++;
    return found;
}

/* Turns the loop until a text has been heard `times` times. */
static void hear_text(struct stage *stage, int descriptor, const char *text, int times)
{
    struct buffer heard = {0};
    int64_t end_ms = clock_now_ms() + PATIENCE_MS;
    while (count_text(&heard, text) < times) {
        turn(stage);
        (void)hear(descriptor, &heard); /* an end shows itself as what is missing */
        if (clock_now_ms() > end_ms)
            fail_msg("'%s' never came %d times: %s", text, times, buffer_text(&heard));
    }
    buffer_deinit(&heard);
}

/* Turns the loop until the connection has ended; what was heard goes to `out`. */
static void hear_end(struct stage *stage, int descriptor, struct buffer *out)
{
    int64_t end_ms = clock_now_ms() + PATIENCE_MS;
    while (hear(descriptor, out)) {
        turn(stage);
        if (clock_now_ms() > end_ms)
            fail_msg("it does not end: %s", buffer_text(out));
    }
}

static void await_ends(struct stage *stage, const char *ends)
{
    int64_t end_ms = clock_now_ms() + PATIENCE_MS;
    while (strcmp(buffer_text(&stage->ends), ends) != 0) {
        turn(stage);
        if (clock_now_ms() > end_ms)
            fail_msg("%s instead of %s", buffer_text(&stage->ends), ends);
    }
}

static void shut(int descriptor)
{
    assert_int_equal(close(descriptor), 0);
}

static void give(struct stage *stage, int frames)
{
    stage->frames += frames;
    push_ready(stage->last->push);
}

/* ---- connections taken over -------------------------------------------------------------- */

/* What this rests on in libmicrohttpd: it closes its descriptor, and the connection lives on. */
static void a_connection_lives_on_without_its_server(void **state)
{
    struct stage *stage = *state;
    int client = ask(stage, "/events");
    hear_text(stage, client, "hello\n", 1);
    for (int i = 0; i < 50; i++)
        turn(stage); /* long enough for anything that is left of it to show */
    give(stage, 3);
    hear_text(stage, client, "xx\n", 3);
    assert_string_equal(buffer_text(&stage->ends), "");
    shut(client);
    await_ends(stage, "left;");
}

/* The header in two parts has the connection in the server's epoll set; a byte after it must not
 * reach what the server has forgotten. */
static void a_header_in_parts_is_taken_over_too(void **state)
{
    struct stage *stage = *state;
    int client = come_from(stage, LOCALHOST, 0);
    say(client, "GET /events HTTP/1.1\r\nHo");
    for (int i = 0; i < 5; i++)
        turn(stage);
    say(client, "st: a\r\n\r\n");
    hear_text(stage, client, "hello\n", 1);
    say(client, "and more");
    give(stage, 1);
    hear_text(stage, client, "xx\n", 1);
    shut(client);
    await_ends(stage, "left;");
}

static void a_parked_request_is_taken_over_later(void **state)
{
    struct stage *stage = *state;
    int client = ask(stage, "/later");
    while (stage->parked == NULL)
        turn(stage);
    for (int i = 0; i < 5; i++)
        turn(stage);
    take_over(stage, stage->parked);
    hear_text(stage, client, "hello\n", 1);
    shut(client);
    await_ends(stage, "left;");
}

static void who_has_gone_meanwhile_is_not_taken_over(void **state)
{
    struct stage *stage = *state;
    int client = ask(stage, "/later");
    while (stage->parked == NULL)
        turn(stage);
    struct linger at_once = {.l_onoff = 1};
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    shut(client);
    for (int i = 0; i < 5; i++)
        turn(stage);
    take_over(stage, stage->parked);
    for (int64_t end_ms = clock_now_ms() + PATIENCE_MS;
         buffer_text(&stage->ends)[0] == '\0' && clock_now_ms() < end_ms;)
        turn(stage);
    assert_true(strcmp(buffer_text(&stage->ends), "never;") == 0 ||
                strcmp(buffer_text(&stage->ends), "left;") == 0);
}

static void its_end_is_the_last_thing_said(void **state)
{
    struct stage *stage = *state;
    struct buffer heard = {0};
    int client = ask(stage, "/events");
    hear_text(stage, client, "hello\n", 1);
    give(stage, 2);
    turn(stage);
    push_end(stage->last->push);
    hear_end(stage, client, &heard);
    assert_int_equal(count_text(&heard, "xx\n"), 2);
    assert_string_equal(buffer_text(&stage->ends), "ended;");
    buffer_deinit(&heard);
    shut(client);
}

/* ---- readers ----------------------------------------------------------------------------- */

static void comments_keep_a_stream_alive(void **state)
{
    struct stage *stage = *state;
    int client = ask(stage, "/events");
    hear_text(stage, client, ": \n\n", 3);
    shut(client);
}

static void a_slow_reader_is_closed_and_others_are_served(void **state)
{
    enum { MANY = 400 };
    struct stage *stage = *state;
    int slow = come_from(stage, LOCALHOST, 4096);
    say(slow, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    while (stage->last == NULL)
        turn(stage);
    struct listener *first = stage->last;
    stage->frames = MANY;
    push_ready(first->push);
    int client = ask(stage, "/events");
    hear_text(stage, client, "xx\n", MANY);
    assert_true(stage->last != first);
    await_ends(stage, "slow;");
    struct push_stats stats;
    push_stats(stage->push, &stats);
    assert_int_equal(stats.slow, 1);
    assert_int_equal(stats.open, 1);
    shut(slow);
    shut(client);
}

/* It takes what it is given late, but whole and in order. */
static void a_reader_that_pauses_misses_nothing(void **state)
{
    enum { FRAMES = 400 };
    struct stage *stage = *state;
    struct buffer heard = {0};
    int client = come_from(stage, LOCALHOST, 4096);
    say(client, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    while (stage->last == NULL)
        turn(stage);
    give(stage, FRAMES);
    for (int64_t end_ms = clock_now_ms() + PATIENCE_MS; clock_now_ms() < end_ms;) {
        char bytes[1500];
        ssize_t count = recv(client, bytes, sizeof bytes, 0);
        if (count > 0)
            buffer_append(&heard, bytes, (size_t)count);
        loop_run_until(stage->loop, clock_now_ms());
        if (heard.size >= (size_t)FRAMES * FRAME_SIZE)
            break;
    }
    assert_int_equal(count_text(&heard, "xx\n"), FRAMES);
    buffer_deinit(&heard);
    shut(client);
}

static void who_talks_where_it_should_listen_is_closed(void **state)
{
    struct stage *stage = *state;
    char talk[PUSH_CHATTER_MAX + 2] = "";
    int client = ask(stage, "/events");
    hear_text(stage, client, "hello\n", 1);
    memset(talk, 'a', sizeof talk - 1);
    say(client, talk);
    await_ends(stage, "chatter;");
    shut(client);
}

/* ---- connections that do not behave ------------------------------------------------------ */

static struct http_stats stats_of(struct stage *stage)
{
    struct http_stats stats;
    http_stats(stage->http, &stats);
    return stats;
}

/* Turns the loop until so many connections are open. */
static void await_open(struct stage *stage, size_t count)
{
    int64_t end_ms = clock_now_ms() + PATIENCE_MS;
    while (stats_of(stage).open != count) {
        turn(stage);
        if (clock_now_ms() > end_ms)
            fail_msg("%zu connections stay open", stats_of(stage).open);
    }
}

/* One byte every few milliseconds, for ever. */
static void a_trickle_has_its_end(struct stage *stage, const char *beginning)
{
    struct buffer heard = {0};
    int client = come_from(stage, LOCALHOST, 0);
    int64_t end_ms = clock_now_ms() + PATIENCE_MS;
    say(client, beginning);
    while (hear(client, &heard)) {
        turn(stage);
        (void)send(client, "a", 1, MSG_NOSIGNAL); /* it may just have been closed */
        assert_true(clock_now_ms() < end_ms);
    }
    assert_non_null(strstr(buffer_text(&heard), "408 Request Timeout"));
    assert_int_equal(stats_of(stage).late_requests, 1);
    buffer_deinit(&heard);
    shut(client);
}

static void a_header_that_trickles_in_is_cut_off(void **state)
{
    a_trickle_has_its_end(*state, "GET /a HTTP/1.1\r\nHost: ");
}

static void a_body_that_trickles_in_is_cut_off(void **state)
{
    a_trickle_has_its_end(*state, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
}

static void who_says_nothing_is_cut_off(void **state)
{
    struct stage *stage = *state;
    struct buffer heard = {0};
    int client = come_from(stage, LOCALHOST, 0);
    turn(stage);
    hear_end(stage, client, &heard);
    await_open(stage, 0); /* libmicrohttpd cleans up in a round of its own */
    buffer_deinit(&heard);
    shut(client);
}

/* Asks with an address and a header of so many bytes; returns whether the answer begins so. */
static void is_answered(struct stage *stage, int address, int header, const char *wanted)
{
    static char request[80000];
    struct buffer heard = {0};
    int client = come_from(stage, LOCALHOST, 0);
    char *at = request + sprintf(request, "GET /");
    memset(at, 'a', (size_t)address);
    at += address + sprintf(at + address, " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: ");
    memset(at, 'x', (size_t)header);
    memcpy(at + header, "\r\n\r\n", sizeof "\r\n\r\n");
    say(client, request);
    hear_end(stage, client, &heard);
    assert_int_equal(strncmp(buffer_text(&heard), wanted, strlen(wanted)), 0);
    if (strstr(wanted, "200") == NULL) {
        assert_int_equal(count_text(&heard, "application/problem+json"), 1);
        assert_int_equal(count_text(&heard, "problems/too-large"), 1);
    }
    buffer_deinit(&heard);
    shut(client);
}

static void a_head_that_is_too_large_is_told_so(void **state)
{
    is_answered(*state, 8000, 16000, "HTTP/1.1 200 ");
    is_answered(*state, 8200, 10, "HTTP/1.1 414 ");
    is_answered(*state, 24000, 10, "HTTP/1.1 414 ");
    is_answered(*state, 10, 16400, "HTTP/1.1 431 ");
    is_answered(*state, 10, 24000, "HTTP/1.1 431 ");
}

static void one_address_has_its_share_and_others_come_in(void **state)
{
    struct stage *stage = *state;
    int clients[CLIENTS_MAX];
    for (int i = 0; i < 35; i++)
        clients[i] = come_from(stage, LOCALHOST, 0);
    while (stats_of(stage).refused_address < 5)
        turn(stage);
    assert_int_equal(stats_of(stage).open, 30);
    int other = come_from(stage, LOCALHOST + 1, 0);
    say(other, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    hear_text(stage, other, "200 OK", 1);
    for (int i = 35; i < 50; i++)
        clients[i] = come_from(stage, LOCALHOST + 2, 0);
    while (stats_of(stage).refused_full < 6)
        turn(stage);
    say(other, "GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    hear_text(stage, other, "200 OK", 1); /* who is in is served */
    for (int i = 0; i < 50; i++)
        shut(clients[i]);
    shut(other);
    while (stats_of(stage).open > 0)
        turn(stage);
}

/* A stream counts as a connection as long as it lasts. */
static void streams_count_among_the_connections(void **state)
{
    struct stage *stage = *state;
    int client = ask(stage, "/events");
    hear_text(stage, client, "hello\n", 1);
    assert_int_equal(stats_of(stage).open, 1);
    shut(client);
    await_ends(stage, "left;");
    await_open(stage, 0);
}

static void a_server_ends_with_streams_open(void **state)
{
    struct stage *stage = *state;
    int client = ask(stage, "/events");
    hear_text(stage, client, "hello\n", 1);
    int parked = ask(stage, "/later");
    while (stage->parked == NULL)
        turn(stage);
    push_destroy(stage->push);
    stage->push = NULL;
    assert_string_equal(buffer_text(&stage->ends), "ended;");
    shut(client);
    shut(parked);
    take_over(stage, stage->parked); /* asked for, and never come to */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_connection_lives_on_without_its_server),
        CASE(a_header_in_parts_is_taken_over_too),
        CASE(a_parked_request_is_taken_over_later),
        CASE(who_has_gone_meanwhile_is_not_taken_over),
        CASE(its_end_is_the_last_thing_said),
        CASE(comments_keep_a_stream_alive),
        CASE(a_slow_reader_is_closed_and_others_are_served),
        CASE(a_reader_that_pauses_misses_nothing),
        CASE(who_talks_where_it_should_listen_is_closed),
        CASE(a_header_that_trickles_in_is_cut_off),
        CASE(a_body_that_trickles_in_is_cut_off),
        CASE(who_says_nothing_is_cut_off),
        CASE(a_head_that_is_too_large_is_told_so),
        CASE(one_address_has_its_share_and_others_come_in),
        CASE(streams_count_among_the_connections),
        CASE(a_server_ends_with_streams_open),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
