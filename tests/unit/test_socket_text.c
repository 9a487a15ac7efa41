/* socket_text: what is written straight is what comes of the object. */
#include "seeks/socket_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "seeks/socket_message.h"

/* The message both ways, the values given; false where the short way gives up. */
static bool write_both(const char *value, const char *json, bool is_json, struct buffer *out_text,
                       struct buffer *out_long)
{
    struct socket_text text;
    json_t *turn = json_loads(json, JSON_DECODE_ANY, NULL);
    json_t *object = json_pack("{s:s, s:s, s:s, s:I, s:{s:s, s:o?, s:I}}", "type", "event", "ref",
                               "a-1", "name", value, "sequence", (json_int_t)7, "data", "game_id",
                               value, "last_turn", turn, "turn_count", (json_int_t)-3);
    socket_message_write(object, is_json, out_long);
    json_decref(object);
    socket_text_begin(&text, out_text, is_json, "event", "a-1");
    socket_text_add(&text, "name", value);
    socket_text_add_number(&text, "sequence", 7);
    socket_text_enter(&text, "data");
    socket_text_add(&text, "game_id", value);
    socket_text_add_json(&text, "last_turn", json);
    socket_text_add_number(&text, "turn_count", -3);
    socket_text_leave(&text);
    return socket_text_end(&text);
}

static void writes_what_comes_of_the_object(void **state)
{
    static const char *const jsons[] = {
        "{}",
        "[]",
        "[1,-20,0]",
        "{\"number\":3,\"move\":\"place 8D .LANKErs\",\"score\":[12,0],\"is\":true,\"of\":null}",
        "{\"a\":{\"b\":[{\"c\":\"\"},\"x y\",\"plain_1\"],\"e\":{}}}",
        "\"word\"",
    };
    (void)state;
    for (size_t i = 0; i < 2 * COUNT_OF(jsons); i++) {
        struct buffer text = {0};
        struct buffer longer = {0};
        assert_true(write_both(i % 3 == 0 ? "two words" : "k3fq9x", jsons[i / 2], i % 2 == 0, &text,
                               &longer));
        assert_string_equal(buffer_text(&text), buffer_text(&longer));
        buffer_deinit(&text);
        buffer_deinit(&longer);
    }
}

static void gives_up_what_is_not_plain(void **state)
{
    static const char *const jsons[] = {
        "",       "{",        "{\"a\":1,}", "{\"a\" 1}",  "[1,]",        "[1 2]",
        "01",     "1.",       "--1",        "1e",         "nul",         "\"a",
        "\"\\\"", "\"\xc3\"", "\"\x01\"",   "{\"a\":1}x", "{a:1}",       "[[[[[[1]]]]]]",
        "tru",    "+1",       "'a'",        "{}{}",       "\"\\u0041\"",
    };
    (void)state;
    for (size_t i = 0; i < 2 * COUNT_OF(jsons); i++) {
        struct buffer text = {0};
        struct buffer longer = {0};
        assert_false(write_both("k3fq9x", jsons[i / 2], i % 2 == 0, &text, &longer));
        buffer_deinit(&text);
        buffer_deinit(&longer);
    }
    struct buffer text = {0};
    struct buffer longer = {0};
    assert_false(write_both("a \"quoted\" name", "{}", true, &text, &longer));
    buffer_deinit(&text);
    buffer_deinit(&longer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_comes_of_the_object),
        cmocka_unit_test(gives_up_what_is_not_plain),
    };
    return cmocka_run_group_tests_name("socket_text", tests, NULL, NULL);
}
