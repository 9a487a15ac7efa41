/* bench-fsm: nanoseconds an event, engine against switch, and the time to load a machine. User CPU
 * time of the loop only; the checks make sure that every event was taken. */
#include "bench/fsm/anchor_switch.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "fsm/expr/expr.h"
#include "fsm/fsm.h"
#include "fsm/yaml/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { EVENTS = 6, ROUNDS = 5, LOADS = 50 };

static const char *const names[EVENTS] = {"OPEN", "CLOSE", "START", "FINISH", "APPROVE", "RESET"};

static double user_ns(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage); /* cannot fail for RUSAGE_SELF */
    return (double)usage.ru_utime.tv_sec * 1e9 + (double)usage.ru_utime.tv_usec * 1e3;
}

static double switch_ns(long count)
{
    struct anchor ring = {ANCHOR_DRAFT, 8, 0};
    long taken = 0;
    double start = user_ns();
    for (long i = 0, event = 0; i < count; i++) {
        taken += anchor_step(&ring, (enum anchor_event)event);
        event = event == EVENTS - 1 ? 0 : event + 1;
    }
    double spent = user_ns() - start;
    if (taken != count || ring.rounds < count / EVENTS)
        abort();
    return spent / (double)count;
}

/* Steps alternate between two arenas: an instance lives in one while the next is made in the other.
 * This is also how a host without a store would do it. */
static double engine_ns(const struct fsm_machine *machine, long count)
{
    struct arena arenas[2];
    struct value_entry players = {value_text("players"), value_int(8)};
    struct value input = value_map(&players, 1);
    struct fsm_step step = {0};
    long taken = 0;
    arena_init(&arenas[0], 1 << 20);
    arena_init(&arenas[1], 1 << 20);
    if (fsm_start(machine, "bench", &input, 0, 0, &arenas[1], &step) != STATUS_OK)
        abort();
    const struct fsm_instance *instance = step.after;
    double start = user_ns();
    for (long i = 0, event = 0; i < count; i++) {
        struct arena *arena = &arenas[i & 1];
        arena_reset(arena);
        struct fsm_event it = {.name = names[event], .now_ms = i};
        if (fsm_step(machine, instance, &it, 0, arena, &step) != STATUS_OK)
            abort();
        instance = step.after;
        taken += step.answer == FSM_TAKEN;
        event = event == EVENTS - 1 ? 0 : event + 1;
    }
    double spent = user_ns() - start;
    const struct value *rounds = fsm_context(machine, instance, "rounds");
    if (taken != count || rounds->as.integer < count / EVENTS)
        abort();
    arena_deinit(&arenas[0]);
    arena_deinit(&arenas[1]);
    return spent / (double)count;
}

static const struct fsm_machine *load(struct arena *arena, const char *path)
{
    struct buffer text = {0};
    struct yaml_faults faults = {.arena = arena};
    const struct fsm_machine *machine = NULL;
    if (buffer_read_file(&text, path) != STATUS_OK ||
        fsm_load(arena, buffer_text(&text), text.size, NULL, &faults, &machine) != STATUS_OK) {
        fprintf(stderr, "%s: cannot be loaded\n", path);
        exit(EXIT_FAILURE);
    }
    buffer_deinit(&text);
    return machine;
}

/* A machine of about `lines` lines with guards, timers, assignments and two levels. */
static void write_machine(struct buffer *out, int lines)
{
    buffer_append_text(out, "machine: large\nversion: 1\ncontext: {n: {type: int, init: \"0\"}}\n"
                            "events: {go: {}, back: {n: int}}\ninitial: s0\nstates:\n");
    int states = (lines - 7) / 7;
    for (int i = 0; i < states; i++)
        buffer_format(out,
                      "  s%d:\n"
                      "    on:\n"
                      "      go:\n"
                      "        - {guard: \"ctx.n > %d && ctx.n < 1000\", target: s%d}\n"
                      "        - {target: s%d, assign: {n: ctx.n + 1}}\n"
                      "      back: {guard: event.n > 2, target: s0}\n"
                      "    after: {delay: 5m, target: s%d}\n",
                      i, i, (i + 1) % states, (i + 2) % states, (i + 3) % states);
}

static double load_ms(int lines)
{
    struct buffer text = {0};
    write_machine(&text, lines);
    double start = user_ns();
    for (int i = 0; i < LOADS; i++) {
        struct arena arena;
        arena_init(&arena, 64u << 20);
        struct yaml_faults faults = {.arena = &arena};
        const struct fsm_machine *machine = NULL;
        if (fsm_load(&arena, buffer_text(&text), text.size, NULL, &faults, &machine) != STATUS_OK)
            abort();
        arena_deinit(&arena);
    }
    double spent = user_ns() - start;
    buffer_deinit(&text);
    return spent / LOADS / 1e6;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "bench/fsm/ring.yaml";
    struct arena arena;
    arena_init(&arena, 16u << 20);
    const struct fsm_machine *machine = load(&arena, path);
    double engine[ROUNDS], floor_ns[ROUNDS];
    (void)engine_ns(machine, 600000); /* warm-up */
    for (int i = 0; i < ROUNDS; i++) {
        floor_ns[i] = switch_ns(60000000);
        engine[i] = engine_ns(machine, 6000000);
    }
    qsort(engine, ROUNDS, sizeof *engine, by_size);
    qsort(floor_ns, ROUNDS, sizeof *floor_ns, by_size);
    printf("c-switch ns/event min %.2f median %.2f\n", floor_ns[0], floor_ns[ROUNDS / 2]);
    printf("arbiter  ns/event min %.2f median %.2f\n", engine[0], engine[ROUNDS / 2]);
    printf("ratio    arbiter / c-switch %.1f\n", engine[ROUNDS / 2] / floor_ns[ROUNDS / 2]);
    printf("load     300-line machine %.2f ms, 1000-line %.2f ms\n", load_ms(300), load_ms(1000));
    arena_deinit(&arena);
    return 0;
}
