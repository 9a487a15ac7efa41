/* fsm tools: pictures, paths, the sandbox. */
#include "fsm/draw.h"
#include "fsm/expr/value.h"
#include "fsm/paths.h"
#include "fsm/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char text[] =
    "machine: m\nversion: 2\ncontext: {n: {type: int, init: \"0\"}}\n"
    "events: {go: {}, stop: {}, tick: {}, never: {}}\ninitial: a\n"
    "on: {stop: z}\n"
    "states:\n"
    "  a: {on: {go: d}, after: {delay: 5m, target: z}}\n"
    "  b:\n"
    "    type: parallel\n"
    "    on: {go: a}\n"
    "    states:\n"
    "      h: {history: deep, target: x}\n"
    "      x:\n"
    "        initial: p\n"
    "        states:\n"
    "          p: {always: {guard: ctx.n > 2, target: q}, on: {tick: {assign: {n: ctx.n + 1}}}}\n"
    "          q: {on: {tick: {guard: \"ctx.n > 100\", target: p}}}\n"
    "      y: {entry: [{send: {event: tick, delay: 10s}}], after: {delay: 1m, target: a}}\n"
    "  c: {tags: [patient], on: {go: b.h}}\n"
    "  d: {on: {go: c}, after: {delay: 1h, target: c}}\n"
    "  z: {type: final}\n";

struct fixture {
    struct arena arena;
    struct buffer out;
    const struct fsm_machine *machine;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    arena_init(&f->arena, 256u << 20);
    assert_int_equal(fsm_load(&f->arena, text, strlen(text), NULL, NULL, &f->machine), STATUS_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    buffer_deinit(&f->out);
    arena_deinit(&f->arena);
    free(f);
    return 0;
}

static void pictures_show_states_edges_and_where_one_is(void **state)
{
    struct fixture *f = *state;
    struct fsm_step step;
    assert_int_equal(fsm_start(f->machine, "m:1", NULL, 0, 0, &f->arena, &step), STATUS_OK);
    fsm_draw_dot(f->machine, step.after, &f->out);
    const char *dot = buffer_text(&f->out);
    assert_non_null(strstr(dot, "\"s1\" [label=\"a\", style=\"rounded,filled,bold\""));
    assert_non_null(strstr(dot, "subgraph \"cluster_2\""));
    assert_non_null(strstr(dot, "label=\"H*\", shape=circle"));
    assert_non_null(strstr(dot, "[label=\"after 5m\"]"));
    assert_non_null(strstr(dot, "[label=\"always [ctx.n > 2]\"]"));
    assert_non_null(strstr(dot, "peripheries=2"));
    buffer_reset(&f->out);
    fsm_draw_mermaid(f->machine, step.after, &f->out);
    const char *mermaid = buffer_text(&f->out);
    assert_int_equal(strncmp(mermaid, "stateDiagram-v2\n", 16), 0);
    assert_non_null(strstr(mermaid, "  [*] --> s1\n"));
    assert_non_null(strstr(mermaid, "    --\n"));
    assert_non_null(strstr(mermaid, "always [ctx.n #62; 2]\n"));
    assert_non_null(strstr(mermaid, "class s1 active\n"));
}

static void paths_take_every_transition_with_guards_as_choices(void **state)
{
    struct fixture *f = *state;
    struct fsm_paths paths;
    assert_int_equal(fsm_find_paths(f->machine, &f->arena, &paths), STATUS_OK);
    assert_int_equal(paths.covered_count, fsm_transition_count(f->machine));
    assert_true(paths.path_count >= 2);
    assert_int_equal(paths.steps[0].transition, -1);
    assert_string_equal(paths.steps[0].leaves, "a");
}

static void note(void *user, const char *event, const struct fsm_step *step)
{
    struct fixture *f = user;
    buffer_format(&f->out, "%s%s", f->out.size > 0 ? ", " : "", *event != '\0' ? event : "start");
    buffer_format(&f->out, " %s", fsm_answer_name(step->answer));
}

static void the_sandbox_fires_timers_and_delivers_sends_in_order(void **state)
{
    struct fixture *f = *state;
    struct fsm_step step;
    struct fsm_sandbox *sandbox = fsm_sandbox_create(f->machine, 0, note, f);
    assert_non_null(sandbox);
    assert_int_equal(fsm_sandbox_start(sandbox, "m:1", NULL, &step), STATUS_OK);
    assert_int_equal(fsm_sandbox_give(sandbox, (struct fsm_event){.name = "go"}, &step), STATUS_OK);
    assert_int_equal(fsm_sandbox_give(sandbox, (struct fsm_event){.name = "go"}, &step), STATUS_OK);
    assert_int_equal(fsm_sandbox_give(sandbox, (struct fsm_event){.name = "go"}, &step), STATUS_OK);
    assert_int_equal(fsm_sandbox_advance(sandbox, 5 * 60000), STATUS_OK);
    assert_string_equal(buffer_text(&f->out),
                        "start taken, go taken, go taken, go taken, tick taken, "
                        "after.b.y.0 taken");
    assert_string_equal(fsm_leaves_text(f->machine, fsm_sandbox_instance(sandbox), &f->arena), "a");
    assert_int_equal(fsm_sandbox_advance(sandbox, 7 * 60000), STATUS_OK);
    assert_true(fsm_sandbox_instance(sandbox)->is_finished);
    fsm_sandbox_destroy(sandbox);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(pictures_show_states_edges_and_where_one_is),
        CASE(paths_take_every_transition_with_guards_as_choices),
        CASE(the_sandbox_fires_timers_and_delivers_sends_in_order),
    };
    return cmocka_run_group_tests_name("fsm_tools", tests, NULL, NULL);
}
