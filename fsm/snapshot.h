#ifndef FSM_SNAPSHOT_H
#define FSM_SNAPSHOT_H

/*
 * snapshot — an instance as bytes (arbiter.v1.MachineSnapshot), and back into a machine that fits.
 *
 * In:       a machine and an instance of it, or bytes.
 * Out:      bytes in the arena; or an instance in the arena, which does not point into the bytes.
 * Owns:     nothing.
 * Threads:  none inside.
 * Errors:   reading refuses with a fault what does not belong to the machine or cannot be: another
 *           machine, version or hash, another instance's id, a configuration that is not legal,
 *           variables missing, unknown or of another type, timers and invokes of states that are
 * not active (STATUS_FAILED_PRECONDITION for a foreign one, STATUS_DATA_LOSS for a broken one).
 *           STATUS_FULL for the arena.
 */

#include "fsm/fsm.h"

#define FSM_SNAPSHOT_SIZE_MAX (4 * 1024 * 1024)

/* Writes an instance; the same instance always gives the same bytes. STATUS_INVALID_ARGUMENT where
 * a variable holds a string with a NUL character. */
enum status fsm_snapshot_write(const struct fsm_machine *machine,
                               const struct fsm_instance *instance, struct arena *arena,
                               const uint8_t **out_bytes, size_t *out_size) MUST_CHECK;

/* Reads an instance of this very machine. `id` NULL takes whichever id the bytes have. */
enum status fsm_snapshot_read(const struct fsm_machine *machine, const char *id,
                              const uint8_t *bytes, size_t size, struct arena *arena,
                              struct fsm_instance **out_instance,
                              struct fault *out_fault) MUST_CHECK;

/* What a snapshot says it is, for finding the machine that fits. Strings live in the arena. */
struct fsm_snapshot_head {
    const char *machine;
    int version;
    uint8_t hash[FSM_HASH_SIZE];
    const char *instance_id;
    uint64_t seq;
    bool is_finished;
};
enum status fsm_snapshot_head(const uint8_t *bytes, size_t size, struct arena *arena,
                              struct fsm_snapshot_head *out_head,
                              struct fault *out_fault) MUST_CHECK;

/* Moves a snapshot of an older version to this one by its `migrate` map, without the old machine:
 * states by the map or by their own path, variables by `context` or by their own name and type.
 * Timers and invokes that both versions have are kept; others are cancelled and, where an active
 * state has one that the old version had not, started. `out` is a step like any other: carry out
 * its effects and store `after`. A finished instance stays as it is (STATUS_FAILED_PRECONDITION).
 * Calling it without storing is the dry run. */
enum status fsm_snapshot_migrate(const struct fsm_machine *machine, const uint8_t *bytes,
                                 size_t size, int64_t now_ms, struct arena *arena,
                                 struct fsm_step *out, struct fault *out_fault) MUST_CHECK;

#endif
