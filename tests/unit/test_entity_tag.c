/* Entity tags: lists, weak ones, `*`, and versions in them. */
#include "seeks/entity_tag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"

static void headers_are_read_as_lists(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        int count; /* -1: not read; 0: any */
    } cases[] = {
        {"*", 0},
        {" * ", 0},
        {"\"a\"", 1},
        {"\"\"", 1},
        {"W/\"a\"", 1},
        {"\"a\",\"b\" ,\tW/\"c\"", 3},
        {",\"a\",, ", 1},
        {"\"a,b\"", 1},
        {"\"\xc3\xa9\"", 1},
        {"", -1},
        {" , ", -1},
        {"a", -1},
        {"\"a", -1},
        {"\"a\" \"b\"", -1},
        {"\"a b\"", -1},
        {"w/\"a\"", -1},
        {"*, \"a\"", -1},
        {"\"a\", *", -1},
        {"\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\","
         "\"1\","
         "\"1\",\"1\"",
         -1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct entity_tags tags;
        bool is_read = entity_tags_read(cases[i].header, &tags);
        if (is_read != (cases[i].count >= 0))
            fail_msg("case %zu: %s", i, cases[i].header);
        if (is_read) {
            assert_int_equal(tags.is_any, cases[i].count == 0);
            assert_int_equal(tags.count, cases[i].count);
        }
    }
}

static void an_answer_is_known_by_its_whole_tag(void **state)
{
    (void)state;
    struct entity_tags tags;
    assert_true(entity_tags_read("\"x\", W/\"12-ab\"", &tags));
    assert_true(entity_tags_have(&tags, "\"12-ab\""));
    assert_true(entity_tags_have(&tags, "\"x\""));
    assert_false(entity_tags_have(&tags, "\"12-a\""));
    assert_false(entity_tags_have(&tags, "\"2-ab\""));
    assert_true(entity_tags_read("\"\"", &tags));
    assert_false(entity_tags_have(&tags, "\"x\""));
    assert_true(entity_tags_read("*", &tags));
    assert_true(entity_tags_have(&tags, "\"x\""));
}

static void versions_are_those_of_strong_tags(void **state)
{
    (void)state;
    struct entity_tags tags;
    int64_t versions[ENTITY_TAGS_MAX];
    assert_true(entity_tags_read(
        "\"12-ab\", \"7\", W/\"8-ab\", \"h12\", \"12ab\", \"-3\", \"1234567890123456789012\"",
        &tags));
    assert_int_equal(entity_tags_versions(&tags, versions), 2);
    assert_int_equal(versions[0], 12);
    assert_int_equal(versions[1], 7);
}

static void tags_are_written_as_they_are_read(void **state)
{
    (void)state;
    char tag[ENTITY_TAG_MAX];
    entity_tag_write(INT64_MAX, "0123456789abcdef", tag);
    assert_string_equal(tag, "\"9223372036854775807-0123456789abcdef\"");
    entity_tag_write(0, "", tag);
    assert_string_equal(tag, "\"0\"");
    entity_tag_write(-1, "12", tag);
    assert_string_equal(tag, "\"h12\""); /* which is no version */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_read_as_lists),
        cmocka_unit_test(an_answer_is_known_by_its_whole_tag),
        cmocka_unit_test(versions_are_those_of_strong_tags),
        cmocka_unit_test(tags_are_written_as_they_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
