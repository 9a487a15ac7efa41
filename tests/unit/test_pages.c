/* Cursors there and back, and what an Accept header wants. */
#include "seeks/pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arbiter/v1/store.pb-c.h"

static struct arena arena;

static void a_cursor_stands_for_the_last_of_a_page(void **state)
{
    (void)state;
    Arbiter__V1__ListActionsReply actions = ARBITER__V1__LIST_ACTIONS_REPLY__INIT;
    Arbiter__V1__DirectorAction action = ARBITER__V1__DIRECTOR_ACTION__INIT;
    Arbiter__V1__DirectorAction *list[] = {&action, &action};
    action.number = 42;
    actions.actions = list;
    actions.n_actions = 2;
    assert_null(pages_next(&arena, &actions.base)); /* no more */
    actions.more = true;
    const char *next = pages_next(&arena, &actions.base);
    assert_non_null(next);
    assert_string_equal(pages_read(&arena, next), "42");
    Arbiter__V1__ListSeeksReply seeks = ARBITER__V1__LIST_SEEKS_REPLY__INIT;
    Arbiter__V1__Seek seek = ARBITER__V1__SEEK__INIT;
    Arbiter__V1__Seek *one[] = {&seek};
    seek.seek_id = (char *)"27nrkpp4wr37g8cp";
    seeks.seeks = one;
    seeks.n_seeks = 1;
    seeks.more = true;
    assert_string_equal(pages_read(&arena, pages_next(&arena, &seeks.base)), "27nrkpp4wr37g8cp");
    seeks.n_seeks = 0;
    assert_null(pages_next(&arena, &seeks.base));
    Arbiter__V1__GetSeekReply other = ARBITER__V1__GET_SEEK_REPLY__INIT;
    assert_null(pages_next(&arena, &other.base)); /* no page */
}

static void what_is_no_cursor_is_refused(void **state)
{
    (void)state;
    static const char too_long[] = "MTphYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
                                   "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh";
    static const char *const bad[] = {
        "", "27nrkpp4wr37g8cp", "!", "MTo", "Mjph", "MTphAGI", "MTph=", "a b", too_long};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (pages_read(&arena, bad[i]) != NULL)
            fail_msg("'%s' is taken", bad[i]);
    assert_string_equal(pages_read(&arena, "MTph"), "a"); /* "1:a" */
}

static void the_accept_header_chooses(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum pages_form form;
    } cases[] = {
        {NULL, PAGES_JSON},
        {"", PAGES_JSON},
        {"*/*", PAGES_JSON},
        {"application/*", PAGES_JSON},
        {"application/json", PAGES_JSON},
        {"application/x-ndjson", PAGES_NDJSON},
        {"Application/X-NDJSON; q=0.5", PAGES_NDJSON},
        {"application/x-ndjson, application/json;q=0.9", PAGES_NDJSON},
        {"application/x-ndjson;q=0.1, application/json", PAGES_JSON},
        {"application/x-ndjson, */*;q=0.1", PAGES_NDJSON},
        {"application/x-ndjson;q=0, */*", PAGES_JSON},
        {"text/html,application/xhtml+xml,*/*;q=0.8", PAGES_JSON},
        {"text/html", PAGES_NEITHER},
        {"application/json;q=0", PAGES_NEITHER},
        {"text/*, image/png", PAGES_NEITHER},
        {"application/json-seq", PAGES_NEITHER},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (pages_form(cases[i].accept) != cases[i].form)
            fail_msg("%s", cases[i].accept != NULL ? cases[i].accept : "(none)");
}

static void lines_are_the_things_of_the_list(void **state)
{
    (void)state;
    json_t *page = json_loads("{\"things\": [{\"a\": 1}, {\"b\": \"x\\ny\"}], \"more\": true, "
                              "\"next\": \"z\"}",
                              0, NULL);
    char *lines = pages_lines(page);
    assert_string_equal(lines, "{\"a\":1}\n{\"b\":\"x\\ny\"}\n");
    free(lines);
    json_decref(page);
}

static int open_arena(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 16);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cursor_stands_for_the_last_of_a_page),
        cmocka_unit_test(what_is_no_cursor_is_refused),
        cmocka_unit_test(the_accept_header_chooses),
        cmocka_unit_test(lines_are_the_things_of_the_list),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
