/* websocket: two ends on one loop, and one end against bytes by hand. */
#include "websocket/websocket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"

enum { MESSAGE_MAX = 4096, BACKLOG_MAX = 64 * 1024, ROUND_MS = 5, ROUNDS_MAX = 2000 };

/* One end and what it heard, as text. */
struct end {
    struct websocket *websocket;
    struct buffer heard;
    int descriptor;
    bool is_closed;
    struct end *echo_to; /* answers each text through this end */
};

struct pair {
    struct loop *loop;
    struct end server;
    struct end client;
};

static void on_text(const char *text, size_t size, void *user)
{
    struct end *end = user;
    if (size > 40)
        buffer_format(&end->heard, "%zu bytes;", size);
    else
        buffer_format(&end->heard, "%s;", text);
    if (end->echo_to != NULL)
        (void)websocket_send(end->echo_to->websocket, text, size); /* heard, or the test fails */
}

static void on_refused(enum websocket_refusal refusal, void *user)
{
    buffer_append_text(&((struct end *)user)->heard,
                       refusal == WEBSOCKET_REFUSED_BINARY ? "binary;" : "size;");
}

static void on_closed(unsigned code, const char *reason, void *user)
{
    struct end *end = user;
    buffer_format(&end->heard, "closed %u %s;", code, reason);
    end->is_closed = true;
    end->websocket = NULL;
    assert_int_equal(close(end->descriptor), 0);
}

static void open_end(struct pair *pair, struct end *end, int descriptor, bool is_client,
                     const char *early)
{
    end->descriptor = descriptor;
    end->websocket =
        websocket_create(pair->loop, &(struct websocket_options){.descriptor = descriptor,
                                                                 .is_client = is_client,
                                                                 .message_max = MESSAGE_MAX,
                                                                 .backlog_max = BACKLOG_MAX,
                                                                 .early = early,
                                                                 .early_size = strlen(early),
                                                                 .on_text = on_text,
                                                                 .on_refused = on_refused,
                                                                 .on_closed = on_closed,
                                                                 .user = end});
    assert_non_null(end->websocket);
}

/* `by_hand`: the client's end is a bare descriptor. */
static struct pair *pair_open(bool by_hand, const char *early)
{
    int descriptors[2];
    struct pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, descriptors), 0);
    pair->loop = loop_create();
    assert_non_null(pair->loop);
    open_end(pair, &pair->server, descriptors[0], false, early);
    pair->client.descriptor = descriptors[1];
    if (!by_hand)
        open_end(pair, &pair->client, descriptors[1], true, "");
    return pair;
}

static void pair_close(struct pair *pair)
{
    struct end *ends[] = {&pair->server, &pair->client};
    for (size_t i = 0; i < 2; i++) {
        websocket_destroy(ends[i]->websocket);
        if (!ends[i]->is_closed)
            assert_int_equal(close(ends[i]->descriptor), 0);
        buffer_deinit(&ends[i]->heard);
    }
    loop_destroy(pair->loop);
    free(pair);
}

static void turn(struct pair *pair)
{
    loop_run_until(pair->loop, loop_now_ms(pair->loop) + ROUND_MS);
}

static void await(struct pair *pair, struct end *end, const char *heard)
{
    for (int i = 0; i < ROUNDS_MAX && strcmp(buffer_text(&end->heard), heard) != 0; i++)
        turn(pair);
    assert_string_equal(buffer_text(&end->heard), heard);
}

static void send_by_hand(struct pair *pair, const char *bytes, size_t size)
{
    assert_int_equal(write(pair->client.descriptor, bytes, size), (ssize_t)size);
}
#define BY_HAND(pair, literal) send_by_hand(pair, literal, sizeof(literal) - 1)

static void two_ends_talk_and_part(void **state)
{
    (void)state;
    struct pair *pair = pair_open(false, "");
    char large[MESSAGE_MAX];
    memset(large, 'x', sizeof large);
    pair->server.echo_to = &pair->server;
    assert_true(websocket_send(pair->client.websocket, "hello", 5));
    await(pair, &pair->client, "hello;");
    assert_true(websocket_send(pair->client.websocket, "", 0));
    await(pair, &pair->client, "hello;;");
    assert_true(websocket_send(pair->client.websocket, large, sizeof large));
    await(pair, &pair->client, "hello;;4096 bytes;");
    websocket_ping(pair->client.websocket);
    websocket_close(pair->client.websocket, WEBSOCKET_NORMAL, "that was all");
    assert_false(websocket_send(pair->client.websocket, "more", 4));
    await(pair, &pair->server, "hello;;4096 bytes;closed 1000 that was all;");
    await(pair, &pair->client, "hello;;4096 bytes;closed 1000 that was all;");
    pair_close(pair);
}

static void a_message_too_large_is_told_and_skipped(void **state)
{
    (void)state;
    struct pair *pair = pair_open(false, "");
    char large[MESSAGE_MAX + 1];
    memset(large, 'x', sizeof large);
    assert_true(websocket_send(pair->client.websocket, large, sizeof large));
    assert_true(websocket_send(pair->client.websocket, "small", 5));
    await(pair, &pair->server, "size;small;");
    pair_close(pair);
}

static void bytes_behind_the_handshake_are_read_first(void **state)
{
    (void)state;
    /* "hi" with the mask "1234" */
    struct pair *pair = pair_open(true, "\x81\x82"
                                        "1234"
                                        "\x59\x5b");
    await(pair, &pair->server, "hi;");
    pair_close(pair);
}

static void frames_may_come_byte_by_byte_and_in_pieces(void **state)
{
    (void)state;
    struct pair *pair = pair_open(true, "");
    static const char bytes[] = "\x01\x82"
                                "1234"
                                "\x59\x5b" /* "hi", to be continued */
                                "\x89\x80"
                                "1234" /* a ping between */
                                "\x80\x81"
                                "1234"
                                "\x10"; /* "!" */
    for (size_t i = 0; i < sizeof bytes - 1; i++) {
        send_by_hand(pair, bytes + i, 1);
        turn(pair);
    }
    await(pair, &pair->server, "hi!;");
    char pong[8] = {0};
    assert_int_equal(read(pair->client.descriptor, pong, sizeof pong), 2);
    assert_memory_equal(pong, "\x8a\x00", 2);
    pair_close(pair);
}

static void who_breaks_the_protocol_is_closed(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *heard;
    } wrongs[] = {
        {"\x81\x02hi", 4, "closed 1002 a client masks its frames;"},
        {"\xc1\x80"
         "1234",
         6, "closed 1002 no extension was agreed on;"},
        {"\x83\x80"
         "1234",
         6, "closed 1002 there is no such frame;"},
        {"\x80\x80"
         "1234",
         6, "closed 1002 frames of two messages are mixed;"},
        {"\x09\x80"
         "1234",
         6, "closed 1002 the frame is malformed;"},
        {"\x81\xff\0\0\0\1\0\0\0\0"
         "1234x",
         15, "closed 1009 the frame is far too large;"},
        {"\x81\x81"
         "1234\xce",
         7, "closed 1007 a text must be UTF-8;"},
    };
    for (size_t i = 0; i < COUNT_OF(wrongs); i++) {
        struct pair *pair = pair_open(true, "");
        send_by_hand(pair, wrongs[i].bytes, wrongs[i].size);
        BY_HAND(pair, "and more that means nothing");
        turn(pair);
        assert_int_equal(shutdown(pair->client.descriptor, SHUT_WR), 0);
        await(pair, &pair->server, wrongs[i].heard);
        char frame[128];
        ssize_t size = read(pair->client.descriptor, frame, sizeof frame);
        assert_true(size > 4);
        assert_memory_equal(frame, "\x88", 1);
        pair_close(pair);
    }
}

static void a_slow_reader_gets_the_reason_after_a_whole_frame(void **state)
{
    (void)state;
    struct pair *pair = pair_open(true, "");
    char text[1000];
    size_t sent = 0;
    memset(text, 'x', sizeof text);
    while (websocket_send(pair->server.websocket, text, sizeof text))
        sent += sizeof text;
    assert_true(sent > BACKLOG_MAX / 2);
    /* The peer begins to read: whole frames, then the close. */
    static char bytes[4 << 20];
    size_t size = 0;
    for (int i = 0; i < 200; i++) {
        ssize_t count =
            recv(pair->client.descriptor, bytes + size, sizeof bytes - size, MSG_DONTWAIT);
        size += count > 0 ? (size_t)count : 0;
        turn(pair);
    }
    size_t at = 0;
    while (at < size && bytes[at] == (char)0x81) {
        assert_memory_equal(bytes + at, "\x81\x7e\x03\xe8", 4);
        at += 4 + sizeof text;
    }
    assert_true(at < size);
    assert_memory_equal(bytes + at, "\x88", 1);
    assert_memory_equal(bytes + at + 2, "\x0f\xa8you read too slowly", 21);
    pair_close(pair);
}

static void a_peer_that_vanishes_is_noticed(void **state)
{
    (void)state;
    struct pair *pair = pair_open(true, "");
    assert_int_equal(shutdown(pair->client.descriptor, SHUT_RDWR), 0);
    await(pair, &pair->server, "closed 1006 the connection broke;");
    pair_close(pair);
}

static void the_handshake_is_that_of_the_rfc(void **state)
{
    (void)state;
    char accept[WEBSOCKET_ACCEPT_SIZE];
    assert_true(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==", accept));
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_false(websocket_accept("short", accept));
}

static void knows_utf8(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "abc",
                                       "\xc2\x80",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\xaf",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xe2\x28\xa1",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "a\xe2\x82"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(websocket_is_utf8(good[i], strlen(good[i])));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(websocket_is_utf8(bad[i], strlen(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_ends_talk_and_part),
        cmocka_unit_test(a_message_too_large_is_told_and_skipped),
        cmocka_unit_test(bytes_behind_the_handshake_are_read_first),
        cmocka_unit_test(frames_may_come_byte_by_byte_and_in_pieces),
        cmocka_unit_test(who_breaks_the_protocol_is_closed),
        cmocka_unit_test(a_slow_reader_gets_the_reason_after_a_whole_frame),
        cmocka_unit_test(a_peer_that_vanishes_is_noticed),
        cmocka_unit_test(the_handshake_is_that_of_the_rfc),
        cmocka_unit_test(knows_utf8),
    };
    return cmocka_run_group_tests_name("websocket", tests, NULL, NULL);
}
