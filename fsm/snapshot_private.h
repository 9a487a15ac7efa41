#ifndef FSM_SNAPSHOT_PRIVATE_H
#define FSM_SNAPSHOT_PRIVATE_H

/*
 * snapshot_private — what reading a snapshot and migrating one share. Private to fsm/.
 */

#include "fsm/machine.h"
#include "fsm/snapshot.h"

#include "arbiter/v1/machine.pb-c.h"

/* Fill in a fault, "text name"; return STATUS_DATA_LOSS and STATUS_FAILED_PRECONDITION. */
enum status snapshot_broken(struct fault *fault, const char *text, const char *name);
enum status snapshot_foreign(struct fault *fault, const char *text, const char *name);

/* Unpacks bytes into the arena, measuring first how deep they nest. */
enum status snapshot_unpack(const uint8_t *bytes, size_t size, struct arena *arena,
                            Arbiter__V1__MachineSnapshot **out, struct fault *fault);

/* Sets the bits of a state and of everything above it. */
void snapshot_activate(const struct fsm_machine *machine, uint64_t *active, int state);

/* The one rule of legal configurations: the root is active; an active compound state has one active
 * child, a parallel state all of its own. */
bool snapshot_is_legal(const struct fsm_machine *machine, const uint64_t *active);

/* Whether a history state could have recorded a state, and such states together. */
bool snapshot_may_remember(const struct fsm_machine *machine, int history, int state);
bool snapshot_is_legal_memory(const struct fsm_machine *machine, int history, const uint64_t *bits);

/* A timer or an invoke by id; FSM_NONE where the machine has none such. */
int snapshot_find_timer(const struct fsm_machine *machine, const char *id);
int snapshot_find_invoke(const struct fsm_machine *machine, const char *id);

/* Makes no timer pending. */
void snapshot_clear_timers(const struct fsm_machine *machine, struct fsm_instance *out);

#endif
