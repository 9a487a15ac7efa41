/* Any bytes as a machine file: faults, or a machine that starts, takes every event and snapshots.
 */
#include "fsm/fsm.h"
#include "fsm/snapshot.h"
#include "fsm/yaml/yaml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const struct fsm_machine *machine, struct arena *arena)
{
    struct fsm_step step;
    if (fsm_start(machine, "fuzz", NULL, 0, FSM_TRACE, arena, &step) != STATUS_OK ||
        step.answer != FSM_TAKEN)
        return;
    const struct fsm_instance *instance = step.after;
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < fsm_event_count(machine) && i < 20; i++) {
            struct fsm_event event = {.name = fsm_event_name(machine, i), .now_ms = round * 1000};
            if (fsm_step(machine, instance, &event, FSM_TRACE, arena, &step) != STATUS_OK)
                return;
            instance = step.after;
        }
    const uint8_t *bytes;
    size_t size;
    struct fsm_instance *read = NULL;
    if (fsm_snapshot_write(machine, instance, arena, &bytes, &size) != STATUS_OK)
        return;
    struct fault fault;
    enum status status = fsm_snapshot_read(machine, "fuzz", bytes, size, arena, &read, &fault);
    if (status != STATUS_OK && status != STATUS_FULL)
        abort(); /* what was written must read back */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena, 64u << 20);
    struct yaml_faults faults = {.arena = &arena};
    const struct fsm_machine *machine = NULL;
    enum status status = fsm_load(&arena, (const char *)data, size, NULL, &faults, &machine);
    if ((status == STATUS_OK) != (machine != NULL) ||
        (status == STATUS_INVALID_ARGUMENT && faults.error_count == 0))
        abort();
    if (machine != NULL)
        run(machine, &arena);
    arena_deinit(&arena);
    return 0;
}
