/* socket_message: lines and JSON are read alike; answers are written in both forms. */
#include "seeks/socket_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Reads a message and writes down what was understood. */
static const char *understood(struct arena *arena, const char *text)
{
    struct socket_message message;
    struct fault fault = {0};
    if (socket_message_read(arena, text, strlen(text), &message, &fault) != STATUS_OK)
        return arena_format(arena, "%s[%s] %s", message.is_json ? "json " : "", message.ref,
                            fault.text);
    return arena_format(arena, "%s[%s] %s game=%s move=%s token=%s turn=%lld after=%lld",
                        message.is_json ? "json " : "", message.ref, socket_verb_name(message.verb),
                        message.game, message.move, message.token, (long long)message.expected_turn,
                        (long long)message.after);
}

struct example {
    const char *text;
    const char *meaning;
};

static void check(const struct example *examples, size_t count)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(understood(&arena, examples[i].text), examples[i].meaning);
    arena_deinit(&arena);
}

static void reads_lines(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"ping", "[] ping game= move= token= turn=-1 after=-1"},
        {"  #a-1 ping \r\n", "[a-1] ping game= move= token= turn=-1 after=-1"},
        {"move g 12 place 8D .LANKErs",
         "[] move game=g move=place 8D .LANKErs token= turn=12 after=-1"},
        {"#7 move\tg  -   pass  ", "[7] move game=g move=pass token= turn=-1 after=-1"},
        {"watch g", "[] watch game=g move= token= turn=-1 after=-1"},
        {"watch * 0", "[] watch game=* move= token= turn=-1 after=0"},
        {"token a.b.c", "[] token game= move= token=a.b.c turn=-1 after=-1"},
    };
    check(examples, COUNT_OF(examples));
}

static void reads_objects_alike(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"{\"do\": \"ping\"}", "json [] ping game= move= token= turn=-1 after=-1"},
        {" {\"ref\": \"a-1\", \"do\": \"ping\"}\n",
         "json [a-1] ping game= move= token= turn=-1 after=-1"},
        {"{\"move\": \"place 8D .LANKErs\", \"expected_turn\": 12, \"game\": \"g\", \"do\": "
         "\"move\"}",
         "json [] move game=g move=place 8D .LANKErs token= turn=12 after=-1"},
        {"{\"do\": \"watch\", \"game\": \"g\", \"after\": 3}",
         "json [] watch game=g move= token= turn=-1 after=3"},
    };
    check(examples, COUNT_OF(examples));
}

static void reads_what_players_ask_of_each_other(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum socket_verb verb;
        const char *kind;
        const char *request;
    } examples[] = {
        {"request g abort", SOCKET_REQUEST, "abort", ""},
        {"{\"do\": \"request\", \"game\": \"g\", \"kind\": \"nudge\"}", SOCKET_REQUEST, "nudge",
         ""},
        {"accept g r7", SOCKET_ACCEPT, "", "r7"},
        {"{\"do\": \"deny\", \"game\": \"g\", \"request\": \"r7\"}", SOCKET_DENY, "", "r7"},
    };
    static const char *const bad[] = {"request g",
                                      "request g abort now",
                                      "accept g",
                                      "request g an-abort-that-is-much-too-long",
                                      "{\"do\": \"accept\", \"game\": \"g\"}",
                                      "{\"do\": \"deny\", \"game\": \"g\", \"request\": 7}"};
    struct socket_message message;
    struct fault fault = {0};
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        const char *text = examples[i].text;
        assert_int_equal(socket_message_read(&arena, text, strlen(text), &message, &fault),
                         STATUS_OK);
        assert_int_equal(message.verb, examples[i].verb);
        assert_string_equal(message.game, "g");
        assert_string_equal(message.kind, examples[i].kind);
        assert_string_equal(message.request, examples[i].request);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(socket_message_read(&arena, bad[i], strlen(bad[i]), &message, &fault),
                         STATUS_INVALID_ARGUMENT);
    arena_deinit(&arena);
}

static void says_what_is_wrong_and_keeps_the_mark(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"", "[] there is no verb ''; try help"},
        {"#7 dance", "[7] there is no verb 'dance'; try help"},
        {"#7", "[7] there is no verb ''; try help"},
        {"# ping", "[] ref: 1 to 32 characters, please"},
        {"#7 ping pong", "[7] nothing follows here: 'pong'"},
        {"move g x pass", "[] expected_turn: a number from 0, or -, not 'x'"},
        {"move g -1 pass", "[] expected_turn: a number from 0, or -, not '-1'"},
        {"move g 99999999999 pass", "[] expected_turn: a number from 0, or -, not '99999999999'"},
        {"watch g 1x", "[] after: a number from 0, or -, not '1x'"},
        {"{\"do\": \"ping\", \"ref\": \"7\", \"x\": 1}", "json [7] ping has no member 'x'"},
        {"{\"do\": \"watch\", \"ref\": \"7\"}", "json [7] the member 'game' is missing"},
        {"{\"do\": \"watch\", \"game\": 7}", "json [] game: a string, please"},
        {"{\"do\": \"watch\", \"game\": \"\"}", "json [] game: 1 to 63 bytes, please"},
        {"{\"do\": \"watch\", \"game\": \"a\\nb\"}", "json [] game: no control characters, please"},
        {"{\"do\": \"watch\", \"game\": \"g\", \"after\": -1}",
         "json [] after: a number from 0, please"},
        {"{\"do\": \"watch\", \"game\": \"g\", \"after\": 1.5}",
         "json [] after: a number from 0, please"},
        {"{\"do\": 7}", "json [] the member 'do' names what to do, for example help"},
        {"{\"do\": \"ping\", \"ref\": 7}", "json [] ref: a string, please"},
        {"{\"do\": \"ping\", \"ref\": \"a b\"}",
         "json [] ref: plain characters without blanks, please"},
    };
    check(examples, COUNT_OF(examples));
}

static void a_text_too_large_is_refused(void **state)
{
    (void)state;
    struct arena arena;
    char text[SOCKET_MOVE_MAX + 64];
    arena_init(&arena, 1 << 20);
    (void)snprintf(text, sizeof text, "move g 0 %0*d", SOCKET_MOVE_MAX, 0); /* fits */
    assert_non_null(strstr(understood(&arena, text), "game=g"));
    (void)snprintf(text, sizeof text, "move g 0 %0*d", SOCKET_MOVE_MAX + 1, 0); /* fits */
    assert_string_equal(understood(&arena, text), "[] move: 1 to 512 bytes, please");
    arena_deinit(&arena);
}

static void a_message_in_an_arena_too_small_is_full(void **state)
{
    (void)state;
    struct socket_message message;
    struct fault fault = {0};
    struct arena arena;
    arena_init(&arena, 8);
    const char *line = "move g 0 place 8D LANKErs";
    assert_int_equal(socket_message_read(&arena, line, strlen(line), &message, &fault),
                     STATUS_FULL);
    arena_deinit(&arena);
}

static void writes_both_forms(void **state)
{
    (void)state;
    struct buffer out = {0};
    json_t *object =
        json_pack("{s:s, s:s, s:i, s:{s:s, s:[i,s], s:n, s:[]}}", "type", "event", "ref", "7",
                  "sequence", 3, "data", "move", "place 8D \"x\"", "list", 1, "b", "none", "empty");
    socket_message_write(object, false, &out);
    assert_string_equal(buffer_text(&out),
                        "event #7 sequence=3 data.move=\"place 8D \\\"x\\\"\" data.list.0=1 "
                        "data.list.1=b data.none=null data.empty=[]");
    buffer_reset(&out);
    socket_message_write(object, true, &out);
    assert_string_equal(buffer_text(&out),
                        "{\"type\":\"event\",\"ref\":\"7\",\"sequence\":3,\"data\":{\"move\":"
                        "\"place 8D \\\"x\\\"\",\"list\":[1,\"b\"],\"none\":null,\"empty\":[]}}");
    buffer_deinit(&out);
    json_decref(object);
}

static void help_has_every_verb(void **state)
{
    (void)state;
    struct buffer out = {0};
    socket_verbs_help(&out);
    for (int verb = SOCKET_HELP; verb <= SOCKET_WATCH; verb++)
        assert_non_null(strstr(buffer_text(&out), socket_verb_name((enum socket_verb)verb)));
    assert_non_null(strstr(buffer_text(&out), "[#REF] move <game> <expected_turn or -> <move>  "));
    buffer_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lines),
        cmocka_unit_test(reads_objects_alike),
        cmocka_unit_test(reads_what_players_ask_of_each_other),
        cmocka_unit_test(says_what_is_wrong_and_keeps_the_mark),
        cmocka_unit_test(a_text_too_large_is_refused),
        cmocka_unit_test(a_message_in_an_arena_too_small_is_full),
        cmocka_unit_test(writes_both_forms),
        cmocka_unit_test(help_has_every_verb),
    };
    return cmocka_run_group_tests_name("socket_message", tests, NULL, NULL);
}
