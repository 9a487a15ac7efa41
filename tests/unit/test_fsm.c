/* fsm: machines written in YAML, stepped; what they answer and ask for, as text. */
#include "fsm/expr/expr.h"
#include "fsm/fsm.h"
#include "fsm/yaml/yaml.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A machine, an instance of it and what the last step said. */
struct fixture {
    struct arena arena;
    const struct fsm_machine *machine;
    const struct fsm_instance *instance;
    struct fsm_step step;
    struct buffer out;
    int64_t now_ms;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    arena_init(&f->arena, 64u << 20);
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

static void load(struct fixture *f, const char *text)
{
    struct yaml_faults faults = {.arena = &f->arena};
    enum status status = fsm_load(&f->arena, text, strlen(text), NULL, &faults, &f->machine);
    if (status != STATUS_OK) {
        yaml_faults_print(&faults, "machine", text, strlen(text), &f->out);
        fail_msg("%s", buffer_text(&f->out));
    }
}

/* The step as text: "taken running | run a; timer_set after.running.0 at ...". */
static const char *said(struct fixture *f)
{
    buffer_reset(&f->out);
    buffer_append_text(&f->out, fsm_answer_name(f->step.answer));
    if (f->step.after != NULL)
        buffer_format(&f->out, " %s", fsm_leaves_text(f->machine, f->step.after, &f->arena));
    for (size_t i = 0; i < f->step.effect_count; i++)
        buffer_format(&f->out, "%s%s", i == 0 ? " | " : "; ",
                      fsm_effect_text(&f->step.effects[i], &f->arena));
    return buffer_text(&f->out);
}

static const char *start(struct fixture *f, const struct value *input)
{
    assert_int_equal(fsm_start(f->machine, "m:1", input, f->now_ms, 0, &f->arena, &f->step),
                     STATUS_OK);
    f->instance = f->step.after;
    return said(f);
}

static const char *take(struct fixture *f, struct fsm_event event)
{
    event.now_ms = f->now_ms;
    assert_int_equal(fsm_step(f->machine, f->instance, &event, 0, &f->arena, &f->step), STATUS_OK);
    f->instance = f->step.after;
    return said(f);
}

static const char *give(struct fixture *f, const char *name)
{
    return take(f, (struct fsm_event){.name = name});
}

/* One field of a map. */
static const struct value *map_of(struct fixture *f, const char *key, struct value value)
{
    struct value_entry *entry = arena_alloc(&f->arena, sizeof *entry);
    struct value *map = arena_alloc(&f->arena, sizeof *map);
    *entry = (struct value_entry){value_text(key), value};
    *map = value_map(entry, 1);
    return map;
}

static const char *fire(struct fixture *f, const char *timer)
{
    struct fsm_pending pending[8];
    int count = fsm_pending_timers(f->machine, f->instance, pending, 8);
    for (int i = 0; i < count; i++)
        if (strcmp(pending[i].id, timer) == 0) {
            if (f->now_ms < pending[i].due_ms)
                f->now_ms = pending[i].due_ms;
            return take(f, (struct fsm_event){.kind = FSM_EVENT_TIMER,
                                              .name = timer,
                                              .due_ms = pending[i].due_ms});
        }
    return take(f, (struct fsm_event){.kind = FSM_EVENT_TIMER, .name = timer, .due_ms = 1});
}

static const char tournament[] =
    "machine: m\n"
    "version: 1\n"
    "context: {n: {type: int, input: true}, who: {type: string, init: \"''\"}}\n"
    "events: {join: {player: string}, go: {}, stop: {}, resume: {}}\n"
    "commands:\n"
    "  make: {input: {n: int}, output: {games: int}, errors: [none_legal]}\n"
    "  tell: {input: {text: string}, idempotent: true}\n"
    "  save: {input: {n: int}, kind: write}\n"
    "guards: {enough: {if: ctx.n >= 2, message: \"string(2 - ctx.n) + ' more'\"}}\n"
    "initial: open\n"
    "states:\n"
    "  open:\n"
    "    tags: [patient, joinable]\n"
    "    on:\n"
    "      join: {assign: {n: ctx.n + 1, who: event.player}}\n"
    "      go: {guard: enough, target: work}\n"
    "  work:\n"
    "    initial: making\n"
    "    on: {stop: held}\n"
    "    states:\n"
    "      back: {history: deep, target: making}\n"
    "      making:\n"
    "        invoke:\n"
    "          command: make\n"
    "          input: {n: ctx.n}\n"
    "          timeout: 20s\n"
    "          on_done: {target: playing, assign: {n: result.games}}\n"
    "          on_error:\n"
    "            - {errors: [none_legal], target: open}\n"
    "            - {target: held, actions: [{run: {command: tell, input: {text: error.code}}}]}\n"
    "      playing:\n"
    "        entry: [{run: {command: tell, input: {text: ctx.who}}}, {run: {command: save, input: "
    "{n: ctx.n}}}]\n"
    "        after: {delay: 1m, keep: true, target: end}\n"
    "  held: {tags: [patient], on: {resume: work.back}}\n"
    "  end: {type: final, output: {n: ctx.n}}\n";

static void started(struct fixture *f)
{
    load(f, tournament);
    assert_string_equal(start(f, map_of(f, "n", value_int(1))), "taken open");
}

static void playing(struct fixture *f)
{
    started(f);
    take(f, (struct fsm_event){.name = "join", .data = map_of(f, "player", value_text("ann"))});
    assert_string_equal(give(f, "go"), "taken work.making | invoke make as work-making {'n': 2}");
    assert_string_equal(take(f, (struct fsm_event){.kind = FSM_EVENT_DONE,
                                                   .name = "work-making",
                                                   .data = map_of(f, "games", value_int(7))}),
                        "taken work.playing | run tell {'text': 'ann'}; write save {'n': 7}; "
                        "timer_set after.work.playing.0 at 1970-01-01T00:01:00Z");
}

static void refuses_with_the_guards_message(void **state)
{
    struct fixture *f = *state;
    started(f);
    assert_string_equal(give(f, "go"), "refused open");
    assert_false(f->step.is_changed);
    assert_int_equal(f->step.refusal_count, 1);
    assert_string_equal(f->step.refusals[0].guard, "enough");
    assert_string_equal(f->step.refusals[0].message, "1 more");
    assert_string_equal(f->step.refusals[0].values, "ctx.n = 1");
}

static void tells_refused_from_unhandled_and_invalid(void **state)
{
    struct fixture *f = *state;
    started(f);
    assert_string_equal(give(f, "stop"), "unhandled open");
    assert_string_equal(give(f, "joyn"), "invalid open");
    assert_string_equal(f->step.message, "the machine has no event `joyn`; did you mean `join`?");
    give(f, "join");
    assert_string_equal(f->step.message, "`join` needs the field `player`");
    take(f, (struct fsm_event){.name = "join", .data = map_of(f, "player", value_int(3))});
    assert_string_equal(f->step.message, "the field `player` of `join` must be string");
    assert_int_equal(f->instance->seq, 1);
}

static void needs_its_input(void **state)
{
    struct fixture *f = *state;
    load(f, tournament);
    assert_string_equal(start(f, NULL), "invalid");
    assert_string_equal(f->step.message, "the input `n` (int) is missing");
    start(f, map_of(f, "m", value_int(1)));
    assert_string_equal(f->step.message, "the machine takes no input `m`");
    start(f, map_of(f, "n", value_text("1")));
    assert_string_equal(f->step.message, "`n` must be int");
}

static void a_step_leaves_the_instance_before_as_it_was(void **state)
{
    struct fixture *f = *state;
    started(f);
    const struct fsm_instance *before = f->instance;
    take(f, (struct fsm_event){.name = "join", .data = map_of(f, "player", value_text("bo"))});
    assert_int_equal(before->context[0].as.integer, 1);
    assert_int_equal(f->instance->context[0].as.integer, 2);
    assert_int_equal(before->seq + 1, f->instance->seq);
}

static void invokes_answer_once(void **state)
{
    struct fixture *f = *state;
    playing(f);
    take(f, (struct fsm_event){.kind = FSM_EVENT_DONE, .name = "work-making"});
    assert_string_equal(f->out.data, "dropped work.playing");
}

static void a_result_of_an_older_start_is_dropped(void **state)
{
    struct fixture *f = *state;
    started(f);
    take(f, (struct fsm_event){.name = "join", .data = map_of(f, "player", value_text("ann"))});
    give(f, "go");
    struct fsm_key first = f->step.effects[0].key;
    assert_string_equal(give(f, "stop"), "taken held | invoke_cancel work-making");
    give(f, "resume");
    const struct value *games = map_of(f, "games", value_int(1));
    assert_string_equal(take(f, (struct fsm_event){.kind = FSM_EVENT_DONE,
                                                   .name = "work-making",
                                                   .data = games,
                                                   .key = first}),
                        "dropped work.making");
    struct fsm_running running[1];
    assert_int_equal(fsm_running_invokes(f->machine, f->instance, running, 1), 1);
    take(f,
         (struct fsm_event){
             .kind = FSM_EVENT_DONE, .name = "work-making", .data = games, .key = running[0].key});
    assert_int_equal(f->step.answer, FSM_TAKEN);
}

static void errors_go_where_their_code_says(void **state)
{
    struct fixture *f = *state;
    started(f);
    take(f, (struct fsm_event){.name = "join", .data = map_of(f, "player", value_text("ann"))});
    give(f, "go");
    const struct fsm_instance *making = f->instance;
    struct fsm_event error = {.kind = FSM_EVENT_ERROR, .name = "work-making", .code = "none_legal"};
    assert_string_equal(take(f, error), "taken open");
    f->instance = making;
    error.code = "anything";
    assert_string_equal(take(f, error), "taken held | run tell {'text': 'anything'}");
    f->instance = making;
    take(f, (struct fsm_event){.kind = FSM_EVENT_DONE, .name = "work-making"});
    assert_string_equal(f->out.data, "taken held | run tell {'text': 'invalid_output'}");
}

static void timers_are_absolute_and_keep_what_was_left(void **state)
{
    struct fixture *f = *state;
    playing(f);
    f->now_ms = 45000;
    assert_string_equal(give(f, "stop"), "taken held | timer_cancel after.work.playing.0");
    f->now_ms = 100000;
    assert_string_equal(give(f, "resume"),
                        "taken work.playing | run tell {'text': 'ann'}; write save {'n': 7}; "
                        "timer_set after.work.playing.0 at 1970-01-01T00:01:55Z");
    assert_string_equal(take(f, (struct fsm_event){.kind = FSM_EVENT_TIMER,
                                                   .name = "after.work.playing.0",
                                                   .due_ms = 60000}),
                        "dropped work.playing");
    assert_string_equal(fire(f, "after.work.playing.0"), "taken end | finished {'n': 7}");
    assert_true(f->instance->is_finished);
    assert_string_equal(give(f, "stop"), "unhandled end");
}

static void time_never_runs_backwards(void **state)
{
    struct fixture *f = *state;
    f->now_ms = 5000;
    started(f);
    f->now_ms = 3000;
    take(f, (struct fsm_event){.name = "join", .data = map_of(f, "player", value_text("ann"))});
    assert_int_equal(f->instance->now_ms, 5000);
}

static void circles_fail_as_a_whole(void **state)
{
    struct fixture *f = *state;
    load(f, "machine: m\nversion: 1\ncontext: {n: {type: int, init: 0}}\nevents: {e: {}}\n"
            "initial: a\nstates:\n"
            "  a: {on: {e: {target: b, assign: {n: ctx.n + 1}}}}\n"
            "  b: {always: {guard: ctx.n > 0, target: c}, on: {e: a}}\n"
            "  c: {always: {guard: ctx.n > 0, target: b}, on: {e: a}}\n");
    start(f, NULL);
    assert_string_equal(give(f, "e"), "failed a");
    assert_false(f->step.is_changed);
    assert_int_equal(f->instance->context[0].as.integer, 0);
}

static void failed_expressions_raise_an_event(void **state)
{
    struct fixture *f = *state;
    load(f, "machine: m\nversion: 1\n"
            "context: {n: {type: int, init: 0}, why: {type: string, init: \"''\"}}\n"
            "events: {e: {by: int}, g: {by: int}}\ninitial: a\nstates:\n"
            "  a:\n"
            "    on:\n"
            "      e: {assign: {n: 10 / event.by}, actions: [{emit: after}]}\n"
            "      g: {guard: 10 / event.by > 1, actions: [{emit: good}]}\n"
            "      error.execution: {target: b, assign: {why: event.detail}}\n"
            "  b: {on: {g: a}}\n");
    start(f, NULL);
    const struct fsm_instance *at_a = f->instance;
    assert_string_equal(
        take(f, (struct fsm_event){.name = "e", .data = map_of(f, "by", value_int(0))}), "taken b");
    assert_string_equal(value_message(&f->arena, f->instance->context[1]), "n: division by zero");
    f->instance = at_a;
    assert_string_equal(
        take(f, (struct fsm_event){.name = "g", .data = map_of(f, "by", value_int(0))}),
        "refused b");
    assert_true(f->step.refusals[0].is_error);
}

static void sends_carry_keys_that_never_repeat(void **state)
{
    struct fixture *f = *state;
    load(f, "machine: m\nversion: 1\nevents: {e: {}, later: {n: int}}\ninitial: a\nstates:\n"
            "  a:\n"
            "    on:\n"
            "      e:\n"
            "        actions:\n"
            "          - send: {event: later, data: {n: 1}, delay: 5s, id: x}\n"
            "          - send: {event: other.thing, to: instance.id + '/2', data: {a: now}}\n"
            "          - cancel: x\n"
            "          - if: ctx_free\n"
            "            then: [{raise: {event: later, data: {n: 2}}}]\n"
            "            else: [{emit: nothing}]\n"
            "      later: {actions: [{emit: {event: got, data: {n: event.n}}}]}\n"
            "guards: {ctx_free: now > timestamp('1970-01-01T00:00:01Z')}\n");
    start(f, NULL);
    f->now_ms = 2000;
    assert_string_equal(give(f, "e"),
                        "taken a | send later {'n': 1} as x at 1970-01-01T00:00:07Z; "
                        "send other.thing {'a': timestamp('1970-01-01T00:00:02Z')} to m:1/2 at "
                        "1970-01-01T00:00:02Z; send_cancel x; emit got {'n': 2}");
    char text[FSM_KEY_TEXT_MAX];
    assert_string_equal(fsm_key_text(f->instance->id, f->step.effects[1].key, text), "m:1/2/2");
    size_t size;
    struct fsm_key key;
    assert_int_equal(fsm_key_parse("a/b/12/3", &size, &key), STATUS_OK);
    assert_int_equal(size, 3);
    assert_int_equal(key.seq, 12);
    assert_int_equal(key.index, 3);
    assert_int_equal(fsm_key_parse("a/12", &size, &key), STATUS_INVALID_ARGUMENT);
    assert_int_equal(fsm_key_parse("a//3", &size, &key), STATUS_INVALID_ARGUMENT);
}

static void wildcards_come_last_whatever_their_place(void **state)
{
    struct fixture *f = *state;
    load(f, "machine: m\nversion: 1\nevents: {a.b: {}, a.c: {}, d: {}}\ninitial: s\nstates:\n"
            "  s:\n"
            "    on:\n"
            "      \"*\": {actions: [{emit: {event: any, data: {n: event.name}}}]}\n"
            "      a.*: {actions: [{emit: prefix}]}\n"
            "      a.b: {actions: [{emit: exact}]}\n");
    start(f, NULL);
    assert_string_equal(give(f, "a.b"), "taken s | emit exact");
    assert_string_equal(give(f, "a.c"), "taken s | emit prefix");
    assert_string_equal(give(f, "d"), "taken s | emit any {'n': 'd'}");
}

static void outputs_of_finals_reach_done_state(void **state)
{
    struct fixture *f = *state;
    load(f, "machine: m\nversion: 1\nevents: {go: {}}\ncontext: {n: {type: int, init: 0}}\n"
            "initial: p\noutput: {n: ctx.n}\nstates:\n"
            "  p:\n"
            "    type: parallel\n"
            "    on: {done.state.p: end}\n"
            "    states:\n"
            "      x:\n"
            "        initial: a\n"
            "        on: {done.state.p.x: {assign: {n: event.got}}}\n"
            "        states: {a: {on: {go: z}}, z: {type: final, output: {got: \"4\"}}}\n"
            "      y:\n"
            "        initial: a\n"
            "        states: {a: {on: {go: z}}, z: {type: final}}\n"
            "  end: {type: final}\n");
    start(f, NULL);
    assert_string_equal(give(f, "go"), "taken end | finished {'n': 4}");
}

static void outlooks_say_what_is_allowed_and_why_not(void **state)
{
    struct fixture *f = *state;
    started(f);
    static const enum fsm_outlook want[] = {FSM_ALLOWED, FSM_NOT_ALLOWED, FSM_NOT_HANDLED,
                                            FSM_NOT_HANDLED};
    for (int event = 0; event < fsm_event_count(f->machine); event++) {
        enum fsm_outlook outlook;
        const char *message;
        assert_int_equal(
            fsm_outlook(f->machine, f->instance, event, 0, &f->arena, &outlook, &message),
            STATUS_OK);
        assert_int_equal(outlook, want[event]);
        assert_string_equal(message, event == 1 ? "1 more" : "");
    }
    assert_true(fsm_has_tag(f->machine, f->instance, "joinable"));
    assert_false(fsm_has_tag(f->machine, f->instance, "over"));
}

static void copies_stand_on_their_own(void **state)
{
    struct fixture *f = *state;
    char name[] = "ann";
    started(f);
    take(f, (struct fsm_event){.name = "join", .data = map_of(f, "player", value_text(name))});
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct fsm_instance *copy = fsm_instance_copy(f->machine, f->instance, &arena);
    assert_non_null(copy);
    memcpy(name, "bob", 3);
    assert_memory_equal(f->instance->context[1].as.text, "bob", 3);
    assert_memory_equal(copy->context[1].as.text, "ann", 3);
    assert_true(copy->id != f->instance->id);
    arena_deinit(&arena);
}

static void small_arenas_are_reported_not_overrun(void **state)
{
    struct fixture *f = *state;
    playing(f);
    static char memory[8192];
    bool any_done = false;
    for (size_t size = 0; size < sizeof memory; size += 16) {
        struct arena arena;
        struct fsm_step step;
        arena_init_fixed(&arena, memory, size);
        struct fsm_event event = {.name = "stop", .now_ms = 45000};
        enum status status = fsm_step(f->machine, f->instance, &event, FSM_TRACE, &arena, &step);
        assert_true(status == STATUS_OK || status == STATUS_FULL);
        assert_true(status == STATUS_OK || !any_done);
        any_done = any_done || status == STATUS_OK;
    }
    assert_true(any_done);
}

static void hashes_follow_meaning_not_layout(void **state)
{
    struct fixture *f = *state;
    uint8_t first[FSM_HASH_SIZE];
    load(f, "machine: m\nversion: 1\ninitial: a\nstates: {a: {type: final}}\n");
    memcpy(first, fsm_machine_hash(f->machine), sizeof first);
    load(f, "# again\nmachine: m\nversion: 1\ndoc: words\ninitial: \"a\"\n"
            "states:\n  a:\n    type: final\n    doc: more words\n");
    assert_memory_equal(first, fsm_machine_hash(f->machine), sizeof first);
    load(f, "machine: m\nversion: 1\ninitial: b\nstates: {b: {type: final}}\n");
    assert_memory_not_equal(first, fsm_machine_hash(f->machine), sizeof first);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(refuses_with_the_guards_message),
        CASE(tells_refused_from_unhandled_and_invalid),
        CASE(needs_its_input),
        CASE(a_step_leaves_the_instance_before_as_it_was),
        CASE(invokes_answer_once),
        CASE(a_result_of_an_older_start_is_dropped),
        CASE(errors_go_where_their_code_says),
        CASE(timers_are_absolute_and_keep_what_was_left),
        CASE(time_never_runs_backwards),
        CASE(circles_fail_as_a_whole),
        CASE(failed_expressions_raise_an_event),
        CASE(sends_carry_keys_that_never_repeat),
        CASE(wildcards_come_last_whatever_their_place),
        CASE(outputs_of_finals_reach_done_state),
        CASE(outlooks_say_what_is_allowed_and_why_not),
        CASE(copies_stand_on_their_own),
        CASE(small_arenas_are_reported_not_overrun),
        CASE(hashes_follow_meaning_not_layout),
    };
    return cmocka_run_group_tests_name("fsm", tests, NULL, NULL);
}
