/* Any bytes as a snapshot: refused, or an instance that steps and writes itself again. The hash of
 * the machine is put in where it belongs, so that the rest of the bytes is looked at. */
#include "fsm/fsm.h"
#include "fsm/snapshot.h"
#include "fsm/value_codec.h"

#include "arbiter/v1/machine.pb-c.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] =
    "machine: m\nversion: 2\n"
    "context: {n: {type: int, init: \"0\"}, l: {type: 'map(string, list(int))', init: \"{'a': "
    "[1]}\"}, d: {type: dyn, init: \"null\"}}\n"
    "commands: {make: {input: {n: int}}}\n"
    "events: {go: {}, stop: {}, back: {}}\n"
    "initial: a\nstates:\n"
    "  a: {tags: [patient], on: {go: b, back: b.h}}\n"
    "  b:\n"
    "    type: parallel\n"
    "    on: {stop: a}\n"
    "    states:\n"
    "      h: {history: deep, target: x}\n"
    "      x: {initial: p, states: {p: {on: {go: q}}, q: {after: {delay: 5m, keep: true, target: "
    "p}}}}\n"
    "      y: {invoke: {command: make, input: {n: ctx.n}, on_error: z}}\n"
    "  z: {type: final}\n"
    "migrate: {1: {states: {c: b}}}\n";

static void step_all(const struct fsm_machine *machine, const struct fsm_instance *instance,
                     struct arena *arena)
{
    for (int i = 0; i < fsm_event_count(machine); i++) {
        struct fsm_event event = {.name = fsm_event_name(machine, i), .now_ms = 1000};
        struct fsm_step step;
        if (fsm_step(machine, instance, &event, 0, arena, &step) != STATUS_OK)
            return;
        instance = step.after;
        if (fsm_leaves(machine, instance, NULL, 0) == 0)
            abort(); /* a dead machine */
    }
    const uint8_t *bytes;
    size_t size;
    if (fsm_snapshot_write(machine, instance, arena, &bytes, &size) == STATUS_INVALID_ARGUMENT)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena machines;
    static const struct fsm_machine *machine;
    if (machine == NULL) {
        arena_init(&machines, 16u << 20);
        if (fsm_load(&machines, text, strlen(text), NULL, NULL, &machine) != STATUS_OK)
            abort();
    }
    struct arena arena;
    arena_init(&arena, 64u << 20);
    struct fault fault;
    struct fsm_instance *instance = NULL;
    struct fsm_step step;
    if (fsm_snapshot_migrate(machine, data, size, 0, &arena, &step, &fault) == STATUS_OK)
        step_all(machine, step.after, &arena);
    Arbiter__V1__MachineSnapshot *snapshot =
        value_codec_nests_within(&arbiter__v1__machine_snapshot__descriptor, data, size, 200)
            ? arbiter__v1__machine_snapshot__unpack(NULL, size, data)
            : NULL;
    if (snapshot != NULL) {
        ProtobufCBinaryData kept = snapshot->machine_hash;
        snapshot->machine_hash =
            (ProtobufCBinaryData){FSM_HASH_SIZE, (uint8_t *)(uintptr_t)fsm_machine_hash(machine)};
        size_t packed_size = arbiter__v1__machine_snapshot__get_packed_size(snapshot);
        uint8_t *packed = malloc(packed_size + 1);
        if (packed != NULL) {
            arbiter__v1__machine_snapshot__pack(snapshot, packed);
            if (fsm_snapshot_read(machine, NULL, packed, packed_size, &arena, &instance, &fault) ==
                STATUS_OK)
                step_all(machine, instance, &arena);
        }
        free(packed);
        snapshot->machine_hash = kept;
        arbiter__v1__machine_snapshot__free_unpacked(snapshot, NULL);
    }
    if (fsm_snapshot_read(machine, NULL, data, size, &arena, &instance, &fault) == STATUS_OK)
        step_all(machine, instance, &arena);
    arena_deinit(&arena);
    return 0;
}
