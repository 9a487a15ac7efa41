#ifndef FSM_RUN_H
#define FSM_RUN_H

/*
 * run — one step in progress: the instance being made, the internal queue, the effects so far.
 * Private to fsm/: step.c drives it, enter.c moves states, action.c carries out what they say.
 */

#include "fsm/machine.h"

#define FSM_WORDS_MAX ((FSM_STATES_MAX + 63) / 64)

/* An event inside the machine. `fields` are the values of the payload in declared order. */
struct fsm_happening {
    int event; /* events[], FSM_NONE: a name met only at run time */
    const char *name;
    uint32_t size;
    const struct value *fields;
    struct value data; /* neutral cases */
};

/* Large, and not zeroed: each part is set before it is used. */
struct fsm_scratch {
    uint64_t enter[FSM_WORDS_MAX];
    uint64_t by_default[FSM_WORDS_MAX];    /* entered by default: their initial actions run */
    uint64_t restored[FSM_WORDS_MAX];      /* entered because history remembers them */
    int16_t history_of[FSM_STATES_MAX][2]; /* (parent, history state) whose default was taken */
    int history_count;
    int16_t enabled[FSM_STATES_MAX];
    int16_t effective[FSM_STATES_MAX];
    struct value system[FSM_SYSTEM_COUNT];
    struct value error[FSM_ERROR_COUNT]; /* set where an invoke's error is handled */
};

struct fsm_queue {
    struct fsm_happening *items;
    uint32_t first, count, capacity, total;
};

struct fsm_effect_list {
    struct fsm_effect *items;
    size_t count, capacity;
};

struct fsm_trace_list {
    struct fsm_trace_entry *items;
    size_t count, capacity;
};

struct fsm_run {
    const struct fsm_machine *machine;
    const struct fsm_instance *before; /* NULL: the start */
    struct fsm_instance *now;
    struct arena *arena;
    struct fsm_scratch *scratch;
    const char *failed;  /* a limit was broken: which */
    uint64_t *to_invoke; /* states entered in this macrostep that have invokes; NULL: none yet */
    unsigned flags;
    int microsteps;
    int fired;    /* timer that this event is, FSM_NONE */
    bool is_full; /* the arena */
    struct expr_input input;
    struct fsm_queue queue;
    struct fsm_effect_list effects;
    struct fsm_trace_list trace;
};

static inline bool fsm_run_ok(const struct fsm_run *run)
{
    return !run->is_full && run->failed == NULL;
}

static inline const struct fsm_candidates *fsm_candidates_of(const struct fsm_machine *machine,
                                                             int leaf, int column)
{
    return &machine->candidates[machine->leaf_of[leaf] * (machine->event_count + 2) + column];
}

/* Whether a transition waits for a name that was met only at run time. */
static inline bool fsm_names_event(const struct fsm_machine *machine,
                                   const struct fsm_transition *transition,
                                   const struct fsm_happening *happening)
{
    for (uint32_t i = 0; i < transition->descriptors.count; i++)
        if (fsm_descriptor_matches(&machine->descriptors[transition->descriptors.first + i],
                                   happening->name, happening->size))
            return true;
    return false;
}

/* Adds a trace entry where one was asked for. */
void fsm_run_trace_add(struct fsm_run *run, struct fsm_trace_entry entry);

static inline void fsm_run_trace(struct fsm_run *run, enum fsm_trace_kind kind, int state,
                                 int index, const char *text)
{
    if ((run->flags & FSM_TRACE) != 0)
        fsm_run_trace_add(run, (struct fsm_trace_entry){
                                   .kind = kind, .state = state, .index = index, .text = text});
}

/* Puts an event on the internal queue. */
void fsm_run_raise(struct fsm_run *run, struct fsm_happening happening);

/* Says that an expression failed: error.execution with the reason. A full arena stops the step. */
void fsm_run_error(struct fsm_run *run, struct value error, const char *what);

/* Adds an effect; its key is (seq, place among the effects). */
struct fsm_effect *fsm_run_effect(struct fsm_run *run, enum fsm_effect_kind kind);

/* Evaluates a guard; an error counts as false and is raised where `is_loud`. */
bool fsm_run_guard(struct fsm_run *run, int guard, bool is_loud);

/* Evaluates fields into a map in the arena; false (and error.execution) where one fails. */
bool fsm_run_map(struct fsm_run *run, struct fsm_range fields, const struct value **out);

/* Evaluates fields into an array in their order; absent ones are unset. */
bool fsm_run_fields(struct fsm_run *run, struct fsm_range fields, const struct value **out);

/* Whether a value may be stored where `type` is declared. */
bool fsm_run_admits(const struct expr_type *type, struct value value);

/* Runs a block of actions; an error skips its rest. */
void fsm_run_actions(struct fsm_run *run, struct fsm_range actions);

/* Exits, acts and enters for the enabled transitions, as Appendix D's microstep. */
void fsm_run_microstep(struct fsm_run *run, const int16_t *enabled, int count);

/* Enters the machine's initial states. */
void fsm_run_enter_initial(struct fsm_run *run);

/* ---- step.c ------------------------------------------------------------------------------ */

/* Sets a step up. The parts are set one by one, because zeroing the whole takes a tenth of a step.
 */
void fsm_run_begin(struct fsm_run *run, struct fsm_scratch *scratch, struct arena *arena,
                   unsigned flags);

/* Sets what expressions may read, once there is an instance; moves its time and seq on. */
void fsm_run_scene(struct fsm_run *run, int64_t now_ms);

/* Copies an instance into the arena without what it points to; NULL when that is full. */
struct fsm_instance *fsm_run_copy(const struct fsm_machine *machine,
                                  const struct fsm_instance *before, struct arena *arena);

/* ---- event.c ----------------------------------------------------------------------------- */

enum fsm_reading { FSM_READ_GOOD, FSM_READ_INVALID, FSM_READ_LATE };

/* Holds an event against the machine and the instance and lays its fields out; says why where it is
 * invalid or late. A timer or result that is good has been taken off the instance. */
enum fsm_reading fsm_run_read(struct fsm_run *run, const struct fsm_event *event,
                              struct fsm_happening *out, const char **out_why);

/* Integers stand in for doubles in what comes from JSON. */
struct value fsm_run_converted(const struct expr_type *type, struct value value);

/* A field of a map by name; NULL where there is none, or no map. */
const struct value *fsm_run_find_field(const struct value *map, const char *name);

/* ---- refusal.c --------------------------------------------------------------------------- */

/* Asks the guards once more, to say which of them refused and why; sets the answer. */
void fsm_run_collect_refusals(struct fsm_run *run, const struct fsm_happening *happening,
                              struct fsm_step *out);

#endif
