/* fsm: a step takes no memory but from its arena, counted by standing in front of malloc. */
#include "fsm/expr/expr.h"
#include "fsm/fsm.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The linker gives every call of malloc, calloc, realloc and free in this program to these. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);

static long allocations;

void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *pointer, size_t size)
{
    allocations++;
    return __real_realloc(pointer, size);
}

static const char text[] =
    "machine: m\nversion: 1\n"
    "context: {n: {type: int, init: \"0\"}, who: {type: string, init: \"''\"}, l: {type: "
    "list(int), "
    "init: \"[]\", max_size: 100}}\n"
    "events: {join: {player: string}, go: {}, stop: {}, back: {}}\n"
    "commands: {make: {input: {n: int}}, tell: {input: {text: string}}}\n"
    "guards: {enough: {if: ctx.n > 1000000, message: \"string(ctx.n) + ' is too few'\"}}\n"
    "initial: a\nstates:\n"
    "  a:\n"
    "    tags: [patient]\n"
    "    on:\n"
    "      join: {assign: {n: ctx.n + 1, who: event.player + '!', l: \"[ctx.n, 2, 3].filter(x, x > "
    "0)\"}}\n"
    "      go: b.h\n"
    "      stop: {guard: enough, target: z}\n"
    "  b:\n"
    "    type: parallel\n"
    "    on: {back: a}\n"
    "    states:\n"
    "      h: {history: deep, target: x}\n"
    "      x:\n"
    "        entry: [{run: {command: tell, input: {text: ctx.who}}}]\n"
    "        after: {delay: 5m, target: z}\n"
    "      y: {invoke: {command: make, input: {n: ctx.n}, on_error: z}}\n"
    "  z: {type: final}\n";

/* Two fixed arenas in turn: the instance lives in one while the next is made in the other. */
static void steps_allocate_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"join", "go", "stop", "back", "join", "stop"};
    static char memory[2][65536];
    struct arena loading, arenas[2];
    const struct fsm_machine *machine = NULL;
    struct fsm_step step;
    struct value_entry player = {value_text("player"), value_text("ann")};
    struct value data = value_map(&player, 1);
    arena_init(&loading, 16u << 20);
    assert_int_equal(fsm_load(&loading, text, strlen(text), NULL, NULL, &machine), STATUS_OK);
    arena_init_fixed(&arenas[0], memory[0], sizeof memory[0]);
    arena_init_fixed(&arenas[1], memory[1], sizeof memory[1]);

    long before = allocations;
    int taken = 0, refused = 0;
    assert_int_equal(fsm_start(machine, "m:1", NULL, 0, 0, &arenas[1], &step), STATUS_OK);
    const struct fsm_instance *instance = step.after;
    for (int i = 0; i < 600; i++) {
        struct arena *arena = &arenas[i % 2];
        const char *name = names[i % 6];
        struct fsm_event event = {.name = name, .now_ms = i, .data = *name == 'j' ? &data : NULL};
        arena_reset(arena);
        assert_int_equal(fsm_step(machine, instance, &event, 0, arena, &step), STATUS_OK);
        taken += step.answer == FSM_TAKEN;
        refused += step.answer == FSM_REFUSED;
        instance = fsm_instance_copy(machine, step.after, arena);
        assert_non_null(instance);
    }
    assert_int_equal(allocations, before);
    assert_true(taken >= 300 && refused >= 90);
    void *volatile counted = malloc(1); /* the hook does count */
    free(counted);
    assert_int_equal(allocations, before + 1);
    arena_deinit(&loading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(steps_allocate_nothing)};
    return cmocka_run_group_tests_name("fsm_memory", tests, NULL, NULL);
}
