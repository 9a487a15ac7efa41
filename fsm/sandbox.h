#ifndef FSM_SANDBOX_H
#define FSM_SANDBOX_H

/*
 * sandbox — a host in a box: one instance, a virtual clock, its timers and the events it sends to
 * itself. What it asks of others (commands, sends, emits) is only told to a listener.
 *
 * Owns:     its memory; a sandbox is for a test or a session, it keeps every step's arena.
 * Threads:  none inside.
 * Errors:   STATUS_FULL past FSM_SANDBOX_MEMORY_MAX or FSM_SANDBOX_SENDS_MAX.
 */

#include "fsm/fsm.h"

#define FSM_SANDBOX_MEMORY_MAX ((size_t)256 << 20)
#define FSM_SANDBOX_SENDS_MAX 1024

struct fsm_sandbox;

/* Told about every step: `event` is the name of what was taken, "" for the start. */
typedef void (*fsm_sandbox_listener)(void *user, const char *event, const struct fsm_step *step);

/* Makes an empty sandbox at a time; NULL without memory. `on_step` may be NULL. The machine must
 * outlive it. */
struct fsm_sandbox *fsm_sandbox_create(const struct fsm_machine *machine, int64_t now_ms,
                                       fsm_sandbox_listener on_step, void *user);
void fsm_sandbox_destroy(struct fsm_sandbox *sandbox);

/* Starts the instance. The answer is in the step (of the listener, and in `out`). */
enum status fsm_sandbox_start(struct fsm_sandbox *sandbox, const char *id,
                              const struct value *input, struct fsm_step *out) MUST_CHECK;

/* Takes an instance made elsewhere instead. */
void fsm_sandbox_adopt(struct fsm_sandbox *sandbox, const struct fsm_instance *instance);

/* Gives an event now; then delivers what it sent itself without delay. */
enum status fsm_sandbox_give(struct fsm_sandbox *sandbox, struct fsm_event event,
                             struct fsm_step *out) MUST_CHECK;

/* Moves the clock forward, firing timers and delivering delayed sends in the order they are due. */
enum status fsm_sandbox_advance(struct fsm_sandbox *sandbox, int64_t until_ms) MUST_CHECK;

const struct fsm_instance *fsm_sandbox_instance(const struct fsm_sandbox *sandbox);
int64_t fsm_sandbox_now(const struct fsm_sandbox *sandbox);

/* Memory that lives as long as the sandbox, for events given to it. */
struct arena *fsm_sandbox_arena(struct fsm_sandbox *sandbox);

#endif
