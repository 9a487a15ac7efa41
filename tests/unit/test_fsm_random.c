/* fsm: random machines under random events. Every configuration is legal, what load planned is what
 * a step works out anew, and a snapshot reads back as the instance that it was written from. The
 * first line of output is the seed: ARBITER_SEED=n replays it. */
#include "fsm/draft.h"
#include "fsm/machine.h"
#include "fsm/snapshot.h"

#include "base/buffer.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MACHINES = 6000, EVENTS = 40, STATES = 24, NAMES = 4 };

static const char *const names[NAMES] = {"a", "b", "c", "a.x"};

static uint64_t below(struct random *random, uint64_t bound)
{
    return random_below(random, bound);
}

static struct draft_state *add_state(struct draft *draft, enum fsm_state_kind kind, int parent)
{
    struct draft_state *state = draft_push(draft, &draft->states);
    assert_non_null(state);
    state->name = arena_format(draft->arena, "s%zu", draft->states.count - 1);
    state->kind = kind;
    state->parent = parent;
    return state;
}

static void add_children(struct draft *draft, struct random *random, int parent, int depth);

static void add_subtree(struct draft *draft, struct random *random, int parent, int depth)
{
    bool is_leaf = depth > 3 || draft->states.count > STATES || below(random, 2) == 0;
    enum fsm_state_kind kind = is_leaf                 ? FSM_STATE_ATOMIC
                               : below(random, 3) == 0 ? FSM_STATE_PARALLEL
                                                       : FSM_STATE_COMPOUND;
    if (is_leaf && depth > 1 && below(random, 8) == 0 &&
        draft->states.items[parent].kind == FSM_STATE_COMPOUND)
        kind = FSM_STATE_FINAL;
    (void)add_state(draft, kind, parent); /* found again by its number */
    if (!is_leaf)
        add_children(draft, random, (int)draft->states.count - 1, depth);
}

static void add_children(struct draft *draft, struct random *random, int parent, int depth)
{
    uint64_t count = 2 + below(random, 2);
    if (parent > 0 && below(random, 3) == 0)
        (void)add_state(draft,
                        below(random, 2) ? FSM_STATE_HISTORY_DEEP : FSM_STATE_HISTORY_SHALLOW,
                        parent); /* its default is chosen when all states are there */
    for (uint64_t i = 0; i < count; i++)
        add_subtree(draft, random, parent, depth + 1);
}

static bool is_below(const struct draft *draft, int state, int ancestor)
{
    for (int s = draft->states.items[state].parent; s >= 0; s = draft->states.items[s].parent)
        if (s == ancestor)
            return true;
    return false;
}

static bool is_history(const struct draft_state *state)
{
    return state->kind == FSM_STATE_HISTORY_DEEP || state->kind == FSM_STATE_HISTORY_SHALLOW;
}

/* A random state below another, not a history state of it. */
static void add_target(struct draft *draft, struct random *random, struct draft_texts *out,
                       int ancestor)
{
    int target;
    do
        target = 1 + (int)below(random, draft->states.count - 1);
    while (!is_below(draft, target, ancestor) || is_history(&draft->states.items[target]));
    struct draft_text *text = draft_push(draft, out);
    assert_non_null(text);
    text->text = draft->states.items[target].name;
}

static void add_transition(struct draft *draft, struct random *random, int source)
{
    struct draft_transition transition = {.trigger = FSM_ON_EVENT, .of = FSM_NONE};
    transition.is_internal = below(random, 2) == 0;
    struct draft_text *event = draft_push(draft, &transition.events);
    assert_non_null(event);
    event->text = below(random, 12) == 0 ? "*" : names[below(random, NAMES)];
    if (below(random, 6) != 0) {
        struct draft_text *target = draft_push(draft, &transition.targets);
        assert_non_null(target);
        target->text = draft->states.items[1 + below(random, draft->states.count - 1)].name;
    }
    struct draft_transition *added = draft_push(draft, &draft->states.items[source].transitions);
    assert_non_null(added);
    *added = transition;
}

static const struct fsm_machine *random_machine(struct arena *arena, struct random *random)
{
    struct draft draft = {.arena = arena,
                          .name = "random",
                          .version = 1,
                          .is_neutral = true,
                          .microsteps_max = FSM_MICROSTEPS_MAX,
                          .cost_max = EXPR_COST_MAX};
    const struct fsm_machine *machine = NULL;
    (void)add_state(&draft, FSM_STATE_COMPOUND, FSM_NONE); /* the root */
    add_children(&draft, random, 0, 0);
    for (int s = 0; s < (int)draft.states.count; s++) {
        struct draft_state *state = &draft.states.items[s];
        if (state->kind == FSM_STATE_COMPOUND)
            add_target(&draft, random, &state->initial, s);
        else if (is_history(state))
            add_target(&draft, random, &state->initial, state->parent);
        for (uint64_t i = below(random, 4);
             i > 0 && !is_history(state) && state->kind != FSM_STATE_FINAL; i--)
            add_transition(&draft, random, s);
    }
    assert_int_equal(fsm_compile(&draft, &machine), STATUS_OK);
    return machine;
}

static bool is_legal(const struct fsm_machine *machine, const struct fsm_instance *instance)
{
    bool is_good = fsm_is_active(instance, 0);
    for (int s = 0; s < machine->state_count; s++) {
        const struct fsm_state *state = &machine->states[s];
        int children = 0, active = 0;
        for (int child = s + 1; child <= state->last; child = machine->states[child].last + 1) {
            children += !fsm_is_history(&machine->states[child]);
            active += fsm_is_active(instance, child);
        }
        if (!fsm_is_active(instance, s))
            is_good = is_good && active == 0;
        else if (state->kind == FSM_STATE_COMPOUND)
            is_good = is_good && active == 1;
        else if (state->kind == FSM_STATE_PARALLEL)
            is_good = is_good && active == children;
        else
            is_good = is_good && !fsm_is_history(state);
    }
    return is_good;
}

static bool is_same_trace(const struct fsm_step *a, const struct fsm_step *b)
{
    bool is_same = a->answer == b->answer && a->trace_count == b->trace_count;
    for (size_t i = 0; is_same && i < a->trace_count; i++)
        is_same = a->trace[i].kind == b->trace[i].kind && a->trace[i].state == b->trace[i].state &&
                  a->trace[i].index == b->trace[i].index;
    return is_same;
}

static void run_machine(struct arena *arena, struct random *random)
{
    const struct fsm_machine *machine = random_machine(arena, random);
    struct fsm_machine unplanned = *machine;
    unplanned.transitions =
        arena_array(arena, (size_t)machine->transition_count + 1, sizeof *machine->transitions);
    assert_non_null(unplanned.transitions);
    memcpy(unplanned.transitions, machine->transitions,
           sizeof *machine->transitions * (size_t)machine->transition_count);
    for (int t = 0; t < machine->transition_count; t++)
        unplanned.transitions[t].has_plan = false;
    struct fsm_step step, other;
    assert_int_equal(fsm_start(machine, "m:1", NULL, 0, FSM_TRACE, arena, &step), STATUS_OK);
    const struct fsm_instance *instance = step.after;
    for (int i = 0; i < EVENTS && step.answer != FSM_FAILED; i++) {
        struct fsm_event event = {.name = names[below(random, NAMES)], .now_ms = i};
        assert_true(is_legal(machine, instance));
        assert_int_equal(fsm_step(machine, instance, &event, FSM_TRACE, arena, &step), STATUS_OK);
        assert_int_equal(fsm_step(&unplanned, instance, &event, FSM_TRACE, arena, &other),
                         STATUS_OK);
        assert_true(is_same_trace(&step, &other));
        instance = step.after;
        const uint8_t *bytes;
        size_t size;
        struct fsm_instance *read = NULL;
        struct fault fault = {0};
        assert_int_equal(fsm_snapshot_write(machine, instance, arena, &bytes, &size), STATUS_OK);
        if (fsm_snapshot_read(machine, "m:1", bytes, size, arena, &read, &fault) != STATUS_OK)
            fail_msg("%s", fault.text);
        size_t words = (size_t)machine->word_count * sizeof(uint64_t);
        assert_memory_equal(read->active, instance->active, words);
        if (machine->history_count > 0)
            assert_memory_equal(read->history, instance->history,
                                words * (size_t)machine->history_count);
        instance = read;
    }
}

static void random_machines_stay_legal(void **state)
{
    (void)state;
    const char *given = getenv("ARBITER_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20261122;
    print_message("seed %llu\n", (unsigned long long)seed);
    struct arena arena;
    arena_init(&arena, 256u << 20);
    for (uint64_t i = 0; i < MACHINES; i++) {
        struct random random;
        random_init_stream(&random, seed, "machine", i);
        arena_reset(&arena);
        run_machine(&arena, &random);
    }
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_machines_stay_legal)};
    return cmocka_run_group_tests_name("fsm_random", tests, NULL, NULL);
}
