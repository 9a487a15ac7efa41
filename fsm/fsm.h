#ifndef FSM_FSM_H
#define FSM_FSM_H

/*
 * fsm — statecharts written in YAML, checked when they are loaded, stepped without I/O.
 *
 * In:       a machine (immutable), an instance of it and one event; time is inside the event.
 * Out:      a new instance and the effects to be carried out in order, in one transaction.
 * Owns:     nothing. Everything lives in the arenas given. `fsm_step` reads the instance before,
 *           never changes it, and returns another one: what the caller does not commit never was.
 *           Values not touched by a step are shared between the two; fsm_instance_copy() cuts the
 *           tie so that arenas can be reset.
 * Threads:  none inside; one machine may be stepped by any number of threads at once, each with
 *           arenas of its own.
 * Errors:   STATUS_FULL when an arena is full; what the rules of the machine say (refused,
 *           unhandled, ...) is an ordinary answer, not an error.
 *
 * Semantics: W3C SCXML, Appendix D (docs/machines.md tells it in words). The life of an instance
 * in a host:
 *
 *     fsm_load(...)                       once a machine version, checked
 *     fsm_start(...)                      once an instance: initial states, first effects
 *     loop: fsm_step(...)                 one event in, effects out
 *           fsm_snapshot_write(...)       fsm/snapshot.h: bytes for the store
 *           commit everything, then ring the bell; on a lost compare-and-swap load and step again
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct value;       /* fsm/expr/expr.h: a typed CEL value */
struct yaml_faults; /* fsm/yaml/yaml.h: errors and warnings with their places */
struct fsm_machine; /* private: a loaded machine, flat arrays */

#define FSM_STATES_MAX 1024          /* states of a machine, all levels, pseudo-states included */
#define FSM_DEPTH_MAX 32             /* levels of nesting */
#define FSM_TRANSITIONS_MAX 8192     /* of a machine */
#define FSM_ACTIONS_MAX 16384        /* of a machine */
#define FSM_VARIABLES_MAX 256        /* of a machine's context */
#define FSM_EVENTS_MAX 1024          /* event names of a machine, generated ones included */
#define FSM_MICROSTEPS_MAX 1000      /* of one step, unless `limits: {microsteps: n}` says less */
#define FSM_QUEUE_MAX 1000           /* internal events of one step */
#define FSM_EFFECTS_MAX 4096         /* of one step */
#define FSM_SOURCE_MAX (1024 * 1024) /* bytes of a machine file */
#define FSM_HASH_SIZE 32
#define FSM_KEY_TEXT_MAX 128 /* bytes of a key as text, terminator included */

/* ---- what the host offers, for the checker ----------------------------------------------- */

/* A named, typed field; `type` is written as in a machine file: "int", "list(string)", ...; what a
 * host offers may take several types, "int | timestamp". */
struct fsm_field {
    const char *name;
    const char *type;
    bool is_required; /* of a host's input: a machine that leaves it out is refused */
};

/* A command that somebody carries out. */
struct fsm_host_command {
    const char *name;
    bool is_write; /* executed by the store inside the step's own transaction; no result event */
    const struct fsm_field *input;
    size_t input_count;
    const struct fsm_field *output;
    size_t output_count;
};

/* An event that listeners outside the machines know: what `emit` may name. */
struct fsm_host_event {
    const char *name;
    const struct fsm_field *fields;
    size_t field_count;
};

/* Finds the UTC offset in seconds (east positive) of a named zone at a time in seconds since 1970;
 * false where there is no such zone. The same question has the same answer for as long as the
 * machine lives. */
typedef bool (*fsm_zone_offset)(void *user, const char *name, size_t size, int64_t seconds,
                                int32_t *out_offset);

/* What the checker may hold a machine against. A NULL list means "unknown: do not check". */
struct fsm_host {
    const struct fsm_host_command *commands;
    size_t command_count;
    const char *const *events_sent; /* names of events that somebody sends to this machine */
    size_t event_sent_count;
    const struct fsm_host_event *events_emitted;
    size_t event_emitted_count;
    fsm_zone_offset zone_offset; /* NULL: expressions know no named zones */
    void *zone_user;             /* outlives the machine */
};

/* ---- machines ---------------------------------------------------------------------------- */

/* Reads, checks and compiles a machine file. Errors and warnings are added to `faults`; `host` may
 * be NULL. The machine keeps no pointer to `text`; it lives as long as `arena` does.
 * Returns STATUS_INVALID_ARGUMENT when there is at least one error (out_machine is left as it was),
 * STATUS_FULL when the arena or a limit above is too small. Warnings alone are STATUS_OK. */
enum status fsm_load(struct arena *arena, const char *text, size_t size,
                     const struct fsm_host *host, struct yaml_faults *faults,
                     const struct fsm_machine **out_machine) MUST_CHECK;

/* Name, version and content hash. The hash covers what the machine means (keys, names,
 * expressions, order), not its comments, layout or `doc` texts. */
const char *fsm_machine_name(const struct fsm_machine *machine);
int fsm_machine_version(const struct fsm_machine *machine);
const uint8_t *fsm_machine_hash(const struct fsm_machine *machine); /* FSM_HASH_SIZE bytes */
const char *fsm_machine_doc(const struct fsm_machine *machine);     /* "" where there is none */

/* Whether version `from` of this machine can be moved to this one (it has `migrate: {from: ..}`) */
bool fsm_machine_migrates_from(const struct fsm_machine *machine, int from);
int fsm_machine_migration_count(const struct fsm_machine *machine);
int fsm_machine_migration_from(const struct fsm_machine *machine, int index); /* a version */

/* Whether `machine` can follow `old`, which has live instances: a text that is not the same needs a
 * higher version; and where it has `migrate: {old version: ..}`, every state that is gone and every
 * variable that is new or of another type needs its mapping. Adds errors; false where there are
 * any. Without that `migrate` the instances stay on their version, which is fine. */
bool fsm_check_upgrade(const struct fsm_machine *old, const struct fsm_machine *machine,
                       struct yaml_faults *faults);

/* ---- introspection: states, events, variables -------------------------------------------- */

enum fsm_state_kind {
    FSM_STATE_ATOMIC,
    FSM_STATE_COMPOUND,
    FSM_STATE_PARALLEL,
    FSM_STATE_FINAL,
    FSM_STATE_HISTORY_SHALLOW,
    FSM_STATE_HISTORY_DEEP
};

struct fsm_state_info {
    const char *name; /* the last part of the path; "" for the root */
    const char *path; /* dotted from the root, "running.pairing"; "" for the root */
    const char *doc;
    enum fsm_state_kind kind;
    int parent; /* index, -1 for the root */
    const char *const *tags;
    size_t tag_count;
};

/* States are numbered in document order; 0 is the root (the machine itself). */
int fsm_state_count(const struct fsm_machine *machine);
struct fsm_state_info fsm_state_info(const struct fsm_machine *machine, int state);

/* Returns the index of the state with that dotted path, -1 where there is none. */
int fsm_state_find(const struct fsm_machine *machine, const char *path);

/* Declared events, in document order; the names of generated ones (done.state.x) are not here. */
int fsm_event_count(const struct fsm_machine *machine);
const char *fsm_event_name(const struct fsm_machine *machine, int event);

/* Declared payload of an event. Returns the number of fields and, where out_fields is not NULL, an
 * array that lives as long as the machine. */
size_t fsm_event_fields(const struct fsm_machine *machine, int event,
                        const struct fsm_field **out_fields);

/* Variables of the context, in document order. `is_input`: given to fsm_start. */
struct fsm_variable_info {
    const char *name;
    const char *type;
    bool is_input;
    bool is_optional; /* an input with an `init`: the input wins */
};
int fsm_variable_count(const struct fsm_machine *machine);
struct fsm_variable_info fsm_variable_info(const struct fsm_machine *machine, int variable);

/* Transitions are numbered across the machine in document order. */
struct fsm_transition_info {
    int source; /* state */
    int index;  /* among the source's: what FSM_TRACE_TAKE says */
    int line;   /* in the file; 0 where there is none */
    int column;
};
int fsm_transition_count(const struct fsm_machine *machine);
struct fsm_transition_info fsm_transition_info(const struct fsm_machine *machine, int transition);

/* Returns the number of a state's transition, as FSM_TRACE_TAKE names it. */
int fsm_transition_number(const struct fsm_machine *machine, int source, int index);

/* ---- instances --------------------------------------------------------------------------- */

/* Names a command or a timer for ever: the step that made it and its place among the step's
 * effects. As text ("<instance id>/<seq>/<index>") it is the idempotency key. A zeroed key is "no
 * key". */
struct fsm_key {
    uint64_t seq;
    uint32_t index;
};

/* One `after`/`at` of an active state. */
struct fsm_timer {
    int64_t due_ms;       /* since the epoch; -1: not pending */
    int64_t remaining_ms; /* -1, or what was left when its state was left (`keep: true`) */
    uint64_t order;       /* of creation; breaks ties between equal due times */
};

/* One `invoke` of a state; a zeroed key: not running. */
struct fsm_invocation {
    struct fsm_key key;
};

/* The whole state of a running machine. Read it freely; only fsm_start, fsm_step, fsm_migrate and
 * the snapshot reader make one. Arrays are sized by the machine and live in the arena that was
 * given to whoever made the instance. */
struct fsm_instance {
    const char *id;
    size_t id_size;
    uint64_t *active;                   /* bit i: state i is active; the root always is */
    struct value *context;              /* fsm_variable_count values */
    uint64_t *history;                  /* per history state: a bit set of recorded states */
    struct fsm_timer *timers;           /* per timer of the machine */
    struct fsm_invocation *invocations; /* per invoke of the machine */
    int64_t now_ms;                     /* of the last step; never decreases */
    uint64_t seq;                       /* steps that changed it, the start is 1 */
    uint64_t timer_order;               /* timers made so far */
    bool is_finished;                   /* a top-level final state was reached */
};

/* Copies `from` into `arena` with everything it points to; NULL when the arena is full. */
struct fsm_instance *fsm_instance_copy(const struct fsm_machine *machine,
                                       const struct fsm_instance *from, struct arena *arena);

/* Whether a state is active, by index or by dotted path (false for an unknown path). */
bool fsm_is_active(const struct fsm_instance *instance, int state);
bool fsm_is_active_path(const struct fsm_machine *machine, const struct fsm_instance *instance,
                        const char *path);

/* Whether any active state carries the tag: what a UI asks instead of state names. */
bool fsm_has_tag(const struct fsm_machine *machine, const struct fsm_instance *instance,
                 const char *tag);

/* Fills out with the indices of the active atomic and final states in document order; returns how
 * many there are (which may be more than `max`, then the first `max` are filled in). */
int fsm_leaves(const struct fsm_machine *machine, const struct fsm_instance *instance, int *out,
               int max);

/* Returns the active leaves as text, "playing" or "main.a clock.ticking", or NULL when the arena
 * is full. */
const char *fsm_leaves_text(const struct fsm_machine *machine, const struct fsm_instance *instance,
                            struct arena *arena);

/* Returns a variable of the context, NULL where the machine has none of that name. */
const struct value *fsm_context(const struct fsm_machine *machine,
                                const struct fsm_instance *instance, const char *name);

/* Pending timers in the order they are due (time, then creation). Returns how many there are; fills
 * at most `max`. `id` lives as long as the machine. */
struct fsm_pending {
    const char *id; /* "after.playing.0" */
    int64_t due_ms;
};
int fsm_pending_timers(const struct fsm_machine *machine, const struct fsm_instance *instance,
                       struct fsm_pending *out, int max);

/* Running invokes. `id` and `command` live as long as the machine. */
struct fsm_running {
    const char *id;
    const char *command;
    struct fsm_key key;
};
int fsm_running_invokes(const struct fsm_machine *machine, const struct fsm_instance *instance,
                        struct fsm_running *out, int max);

/* ---- events ------------------------------------------------------------------------------ */

enum fsm_event_kind {
    FSM_EVENT_EXTERNAL, /* name, data */
    FSM_EVENT_TIMER,    /* name: the timer's id; due_ms */
    FSM_EVENT_DONE,     /* name: the invoke's id; data: the result; key */
    FSM_EVENT_ERROR     /* name: the invoke's id; code, detail, attempt; key */
};

/* What happened. Zero what does not apply. Everything is borrowed until the arena of the step is
 * reset (the new instance may point into it). */
struct fsm_event {
    enum fsm_event_kind kind;
    const char *name;
    const struct value *data; /* a map with string keys; NULL: no fields */
    int64_t now_ms;           /* when the host took it, to year 9999; the machine's `now` */
    int64_t due_ms;           /* TIMER: the due time of the TIMER_SET it answers */
    struct fsm_key key; /* DONE, ERROR: of the INVOKE_START it answers; zero: whichever runs */
    const char *code;   /* ERROR: "timeout", "unavailable", or one the command declares */
    const char *detail; /* ERROR: a sentence for people; may be NULL */
    int attempt;        /* ERROR: which attempt failed last */
};

/* ---- effects ----------------------------------------------------------------------------- */

enum fsm_effect_kind {
    FSM_EFFECT_RUN,          /* name, data, key, retry: send the command, no answer expected */
    FSM_EFFECT_WRITE,        /* name, data, key: a store command of this very transaction */
    FSM_EFFECT_INVOKE_START, /* id, name, data, key, retry, timeout_ms, deadline_ms, heartbeat_ms */
    FSM_EFFECT_INVOKE_CANCEL, /* id, key of its start */
    FSM_EFFECT_TIMER_SET,     /* id, due_ms; replaces a pending timer of the same id */
    FSM_EFFECT_TIMER_CANCEL,  /* id */
    FSM_EFFECT_SEND,          /* name, data, to (NULL: itself), due_ms, id (may be NULL), key */
    FSM_EFFECT_SEND_CANCEL,   /* id: every SEND of this instance with that id not yet delivered */
    FSM_EFFECT_EMIT,          /* name, data, key: for listeners outside the machines */
    FSM_EFFECT_FINISHED       /* data: the output. Last. Timers and invokes are already cancelled */
};

/* How a failed command is tried again. Waits: min(max_delay, delay * backoff^(n-1)) before attempt
 * n+1; with jitter uniform in [0, wait], drawn and logged by the host. */
struct fsm_retry {
    int64_t delay_ms;
    int64_t max_delay_ms;
    double backoff;
    int max_attempts; /* counts the first try; 0: unlimited */
    bool jitter;
    const char *const *errors; /* only these codes are retried; error_count 0: all */
    size_t error_count;
    const char *const *except; /* never these */
    size_t except_count;
};

/* One thing the host must do. Fields by kind as listed above, the rest is zero. Pointers live in
 * the step's arena or in the machine. */
struct fsm_effect {
    enum fsm_effect_kind kind;
    const char *name;
    const char *id;
    const char *to;
    const struct value *data; /* a map with string keys, or NULL */
    int64_t due_ms;           /* absolute */
    struct fsm_key key;
    const struct fsm_retry *retry; /* NULL: one attempt */
    int64_t timeout_ms;            /* of one attempt; 0: none */
    int64_t deadline_ms;           /* of all attempts and waits; 0: none */
    int64_t heartbeat_ms;          /* 0: none */
};

const char *fsm_effect_kind_name(enum fsm_effect_kind kind);

/* Returns an effect as one line for people, "send game.ended {'game': 'x'} to division:1", in the
 * arena; NULL when that is full. */
const char *fsm_effect_text(const struct fsm_effect *effect, struct arena *arena);

/* Writes a key as text, "<instance id>/<seq>/<index>", cut to FSM_KEY_TEXT_MAX; returns `out`. */
const char *fsm_key_text(const char *instance_id, struct fsm_key key, char out[FSM_KEY_TEXT_MAX]);

/* Reads the text back; STATUS_INVALID_ARGUMENT where it is not a key. The instance id is the part
 * before the last two slashes; its size is returned. */
enum status fsm_key_parse(const char *text, size_t *out_id_size, struct fsm_key *out) MUST_CHECK;

/* ---- steps ------------------------------------------------------------------------------- */

enum fsm_answer {
    FSM_TAKEN,     /* at least one transition was taken */
    FSM_REFUSED,   /* a transition waits for this event, but its guard says no: `refusals` */
    FSM_UNHANDLED, /* no transition waits for it in the active states */
    FSM_DROPPED,   /* too late: a timer or a result of something already cancelled */
    FSM_INVALID,   /* not declared, or its payload is not as declared: `message` */
    FSM_FAILED     /* the step broke a limit (microsteps, queue, effects): nothing changed */
};

const char *fsm_answer_name(enum fsm_answer answer);

/* One guard that said no. */
struct fsm_refusal {
    int source;          /* state of the transition */
    int transition;      /* its place among that state's transitions */
    const char *guard;   /* name of the guard, "" where it is written in place */
    const char *text;    /* its expression as written */
    const char *message; /* for the person, "" where the guard has none */
    const char *values;  /* "ctx.players = 3", what the expression saw; "" where nothing */
    bool is_error;       /* it could not be evaluated: `message` says why */
};

enum fsm_trace_kind {
    FSM_TRACE_EXTERNAL, /* event taken in */
    FSM_TRACE_INTERNAL, /* event taken from the internal queue */
    FSM_TRACE_EXIT,     /* state */
    FSM_TRACE_TAKE,     /* transition number `index` of `state` */
    FSM_TRACE_ENTER,    /* state */
    FSM_TRACE_ASSIGN,   /* variable `text` */
    FSM_TRACE_RAISE,    /* event `text` */
    FSM_TRACE_SEND,     /* event `text`, delay in `number` ms */
    FSM_TRACE_CANCEL,   /* send id `text` */
    FSM_TRACE_ERROR     /* an expression failed: why in `text` */
};

struct fsm_trace_entry {
    enum fsm_trace_kind kind;
    int state;
    int index;
    int64_t number;
    const char *text;
};

/* What a step answered. Everything lives in the step's arena. */
struct fsm_step {
    enum fsm_answer answer;
    bool is_changed;                  /* `after` differs from the instance before: commit it */
    const struct fsm_instance *after; /* the instance before itself where nothing changed */
    const struct fsm_effect *effects; /* in order */
    size_t effect_count;
    const struct fsm_refusal *refusals; /* REFUSED: in the order the guards were asked */
    size_t refusal_count;
    const char *message;                 /* INVALID, FAILED, DROPPED: why; else NULL */
    const struct fsm_trace_entry *trace; /* where FSM_TRACE was asked for */
    size_t trace_count;
    int microsteps;
};

enum { FSM_TRACE = 1 /* record what happens, in order */ };

/* Makes an instance and runs it to its first stable configuration. `input` is a map with the
 * `input: true` variables (NULL: none); `id` is what `instance.id` reads. Answers TAKEN, INVALID
 * (input missing, of a wrong type or not declared) or FAILED. STATUS_FULL when `arena` is full. */
enum status fsm_start(const struct fsm_machine *machine, const char *id, const struct value *input,
                      int64_t now_ms, unsigned flags, struct arena *arena,
                      struct fsm_step *out) MUST_CHECK;

/* Takes one event. Changes nothing but `arena` and `out`. STATUS_FULL when `arena` is full. */
enum status fsm_step(const struct fsm_machine *machine, const struct fsm_instance *before,
                     const struct fsm_event *event, unsigned flags, struct arena *arena,
                     struct fsm_step *out) MUST_CHECK;

/* What would happen to a declared event now, without payload: for lists of allowed actions. A guard
 * that reads the payload cannot be asked; it counts as DEPENDS. */
enum fsm_outlook { FSM_ALLOWED, FSM_DEPENDS, FSM_NOT_ALLOWED, FSM_NOT_HANDLED };

/* Tells the outlook of declared event number `event`; a refusal's message goes to out_message (in
 * the arena; may be NULL). STATUS_FULL when the arena is full. */
enum status fsm_outlook(const struct fsm_machine *machine, const struct fsm_instance *instance,
                        int event, int64_t now_ms, struct arena *arena,
                        enum fsm_outlook *out_outlook, const char **out_message) MUST_CHECK;

#endif
