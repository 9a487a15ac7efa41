/* inbox_codec: rows of an inbox become events of the engine, and keep nothing of the row. */
#include "orchestrator/inbox_codec.h"

#include "fsm/value_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NOW_MS = 1000, TEXT_SIZE = 300 };

struct scene {
    struct arena arena;
    Arbiter__V1__InboxEvent row;
    struct inbox_item item;
    char text[TEXT_SIZE];
};

static int open_scene(void **state)
{
    static struct scene scene;
    scene = (struct scene){0};
    arena_init(&scene.arena, 1 << 20);
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    arena_deinit(&((struct scene *)*state)->arena);
    return 0;
}

static enum status decode(struct scene *scene, const char *event_id, const char *name)
{
    struct value_entry entries[] = {{value_text("detail"), value_text("no such player")},
                                    {value_text("attempt"), value_int(3)}};
    arbiter__v1__inbox_event__init(&scene->row);
    scene->row.event_id = (char *)(uintptr_t)event_id;
    scene->row.name = (char *)(uintptr_t)name;
    scene->row.due_at_ms = 900;
    assert_int_equal(
        value_codec_map(&scene->arena, value_map(entries, COUNT_OF(entries)), &scene->row.data),
        STATUS_OK);
    return inbox_decode(&scene->arena, &scene->row, NOW_MS, &scene->item);
}

/* "kind name code detail attempt due key" of what came out. */
static const char *event_text(struct scene *scene)
{
    static const char *const kinds[] = {[FSM_EVENT_EXTERNAL] = "external",
                                        [FSM_EVENT_TIMER] = "timer",
                                        [FSM_EVENT_DONE] = "done",
                                        [FSM_EVENT_ERROR] = "error"};
    const struct fsm_event *event = &scene->item.event;
    (void)snprintf(scene->text, sizeof scene->text, "%s %s code=%s detail=%s attempt=%d due=%d",
                   kinds[event->kind], event->name, event->code != NULL ? event->code : "",
                   event->detail != NULL ? event->detail : "", event->attempt,
                   (int)event->due_ms); /* short */
    return scene->text;
}

static void other_names_are_external_events(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(decode(scene, "e1", "seek.accept"), STATUS_OK);
    assert_string_equal(event_text(scene), "external seek.accept code= detail= attempt=0 due=0");
    assert_false(scene->item.is_start);
    assert_int_equal(scene->item.event.now_ms, NOW_MS);
    assert_ptr_equal(scene->item.event.data, &scene->item.data);
    assert_int_equal(value_find(scene->item.data, value_text("attempt"))->as.integer, 3);
}

static void a_start_is_the_machines_input(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(decode(scene, "$start", "$start"), STATUS_OK);
    assert_true(scene->item.is_start);
    assert_int_equal(scene->item.data.kind, VALUE_MAP);
}

static void a_timer_brings_its_due_time(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(decode(scene, "t1", "$timer.open.at.0"), STATUS_OK);
    assert_string_equal(event_text(scene), "timer open.at.0 code= detail= attempt=0 due=900");
}

static void an_answer_brings_its_key(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(decode(scene, "board:d1-r1-b2/7/2", "done.invoke.start"), STATUS_OK);
    assert_string_equal(event_text(scene), "done start code= detail= attempt=0 due=0");
    assert_int_equal(scene->item.event.key.seq, 7);
    assert_int_equal(scene->item.event.key.index, 2);
}

static void a_failure_brings_code_detail_and_attempt(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(decode(scene, "seek:s1/4/0", "error.invoke.start.not_found"), STATUS_OK);
    assert_string_equal(event_text(scene),
                        "error start code=not_found detail=no such player attempt=3 due=0");
    assert_int_equal(decode(scene, "seek:s1/4/0", "error.invoke.start"), STATUS_OK);
    assert_string_equal(event_text(scene),
                        "error start code=unknown detail=no such player attempt=3 due=0");
}

static void an_answer_without_a_key_is_data_loss(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(decode(scene, "no key", "done.invoke.start"), STATUS_DATA_LOSS);
    assert_int_equal(decode(scene, "", "error.invoke.start.internal"), STATUS_DATA_LOSS);
}

static void nothing_points_into_the_row(void **state)
{
    struct scene *scene = *state;
    char name[] = "seek.accept";
    assert_int_equal(decode(scene, "e1", name), STATUS_OK);
    memset(name, 'x', sizeof name - 1);
    assert_string_equal(scene->item.event.name, "seek.accept");
}

static void a_row_without_data_is_an_empty_map(void **state)
{
    struct scene *scene = *state;
    arbiter__v1__inbox_event__init(&scene->row);
    scene->row.name = "division.begin";
    assert_int_equal(inbox_decode(&scene->arena, &scene->row, NOW_MS, &scene->item), STATUS_OK);
    assert_int_equal(scene->item.data.kind, VALUE_MAP);
    assert_int_equal(scene->item.data.size, 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(other_names_are_external_events),
        CASE(a_start_is_the_machines_input),
        CASE(a_timer_brings_its_due_time),
        CASE(an_answer_brings_its_key),
        CASE(a_failure_brings_code_detail_and_attempt),
        CASE(an_answer_without_a_key_is_data_loss),
        CASE(nothing_points_into_the_row),
        CASE(a_row_without_data_is_an_empty_map),
    };
    return cmocka_run_group_tests_name("inbox_codec", tests, NULL, NULL);
}
