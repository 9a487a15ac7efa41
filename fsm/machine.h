#ifndef FSM_MACHINE_H
#define FSM_MACHINE_H

/*
 * machine — the flat tables of a loaded machine. Private to fsm/.
 *
 * States are numbered in document order (pre-order), so that a state's descendants are the numbers
 * behind it up to `last`, exits run from high bits to low and entries from low to high. Everything
 * a step needs is found by index; nothing is searched by name but the event that comes in.
 */

#include "fsm/expr/expr.h"
#include "fsm/fsm.h"

#include <assert.h>

#define FSM_NONE (-1)

/* A part of one of the machine's arrays. */
struct fsm_range {
    uint32_t first;
    uint32_t count;
};

/* Where the values that expressions read are found: struct expr_input's banks. */
enum fsm_bank {
    FSM_BANK_CONTEXT,
    FSM_BANK_EVENT,  /* fields of the event being handled */
    FSM_BANK_SYSTEM, /* enum fsm_system */
    FSM_BANK_RESULT, /* fields of an invoke's result */
    FSM_BANK_ERROR,  /* enum fsm_error_slot */
    FSM_BANK_COUNT
};

enum fsm_system {
    FSM_SYSTEM_NOW,
    FSM_SYSTEM_INSTANCE_ID,
    FSM_SYSTEM_EVENT_NAME,
    FSM_SYSTEM_EVENT_DATA, /* neutral cases only: the payload as it came */
    FSM_SYSTEM_OLD,        /* migrate: the variables of the version before, by name */
    FSM_SYSTEM_COUNT
};

enum fsm_error_slot { FSM_ERROR_CODE, FSM_ERROR_DETAIL, FSM_ERROR_ATTEMPT, FSM_ERROR_COUNT };

struct fsm_state {
    const char *name;
    const char *path;
    const char *doc;
    enum fsm_state_kind kind;
    int16_t parent;
    int16_t last; /* highest index of its subtree; itself where it has no children */
    int16_t depth;
    int16_t history;              /* index among the history states, FSM_NONE */
    int16_t done_event;           /* done.state.<path>, FSM_NONE where nobody can raise it */
    struct fsm_range initial;     /* targets[]: compound: default entry; history: default */
    struct fsm_range initial_do;  /* actions[] of that */
    struct fsm_range entry;       /* actions[] */
    struct fsm_range exit;        /* actions[] */
    struct fsm_range transitions; /* transitions[], document order */
    struct fsm_range timers;      /* timers[] */
    struct fsm_range invokes;     /* invokes[] */
    struct fsm_range tags;        /* tags[] */
    struct fsm_range output;      /* fields[]: final */
    bool is_plain;                /* entering and leaving it does nothing else */
    const struct expr_program *output_value; /* neutral cases: one value instead of fields */
    int line;                                /* in the file, 0 where there is none */
    int column;
    int width;
};

enum fsm_trigger {
    FSM_ON_EVENT,  /* descriptors */
    FSM_ON_ALWAYS, /* eventless */
    FSM_ON_TIMER,  /* timer `of` */
    FSM_ON_DONE,   /* invoke `of` */
    FSM_ON_ERROR   /* invoke `of`, codes (none: any) */
};

/* What an event name is held against. */
struct fsm_descriptor {
    const char *text;
    uint32_t size;
    enum { FSM_MATCH_EXACT, FSM_MATCH_PREFIX, FSM_MATCH_ANY } match;
};

struct fsm_transition {
    int16_t source;
    int16_t index;  /* among the source's */
    int16_t guard;  /* guards[], FSM_NONE: always true */
    int16_t domain; /* FSM_NONE: targetless */
    enum fsm_trigger trigger;
    int16_t of; /* timer or invoke */
    bool is_internal;
    bool is_generated;            /* no place of its own in the picture */
    struct fsm_range descriptors; /* descriptors[]: ON_EVENT; ON_ERROR: codes */
    struct fsm_range targets;     /* targets[] */
    struct fsm_range actions;     /* actions[] */
    struct fsm_range plan;        /* plans[]: what it enters when it is taken alone */
    bool has_plan;                /* false where that depends on what history remembers */
    const char *doc;
    int line;
    int column;
    int width;
};

/* One state to be entered. */
struct fsm_entry {
    int16_t state;
    bool is_default; /* its initial actions run too */
};

/* A condition: of a transition or of an `if`. Named ones are shared. */
struct fsm_guard {
    const char *name; /* "" in place */
    const char *text;
    const struct expr_program *program;
    const struct expr_program *message; /* NULL: none */
};

enum fsm_action_kind {
    FSM_DO_ASSIGN,
    FSM_DO_RAISE,
    FSM_DO_SEND,
    FSM_DO_CANCEL,
    FSM_DO_RUN, /* a write where the command is one */
    FSM_DO_EMIT,
    FSM_DO_IF
};

struct fsm_action {
    enum fsm_action_kind kind;
    int16_t variable;                      /* ASSIGN */
    int16_t event;                         /* RAISE: events[]; FSM_NONE: event_name */
    int16_t command;                       /* RUN */
    int16_t retry;                         /* RUN: retries[], FSM_NONE */
    const char *name;                      /* RAISE, SEND, EMIT: event; CANCEL: send id */
    const char *id;                        /* SEND */
    const struct expr_program *value;      /* ASSIGN; RAISE, SEND in neutral cases: the payload */
    const struct expr_program *event_name; /* RAISE, SEND in neutral cases */
    const struct expr_program *to;         /* SEND */
    const struct expr_program *delay;      /* SEND */
    int64_t delay_ms;                      /* SEND without `delay` */
    struct fsm_range fields;               /* fields[] */
    struct fsm_range branches;             /* IF: branches[] */
};

struct fsm_branch {
    int16_t guard; /* FSM_NONE: else */
    struct fsm_range actions;
};

/* One field of an input, output or payload that is computed. */
struct fsm_field_value {
    struct value key; /* its name as a string */
    const struct expr_program *program;
    const struct expr_type *type; /* declared, NULL where it is not */
};

struct fsm_timer_spec {
    const char *id;   /* also the name of its event */
    const char *text; /* as written */
    int16_t state;
    int16_t event;
    bool keep;
    bool is_absolute;                 /* at: `time` is a timestamp; else a duration */
    const struct expr_program *value; /* NULL: delay_ms */
    int64_t delay_ms;                 /* or the absolute time */
};

struct fsm_invoke {
    const char *id;
    int16_t state;
    int16_t command;
    int16_t retry;
    int16_t done_event;
    struct fsm_range error_events; /* events, by number: first .. first+count-1; the last: other */
    struct fsm_range input;        /* fields[] */
    int64_t timeout_ms;
    int64_t deadline_ms;
    int64_t heartbeat_ms;
};

struct fsm_typed_name {
    const char *name;
    const struct expr_type *type;
    bool is_optional;
};

struct fsm_command {
    const char *name;
    bool is_write;
    bool is_idempotent;
    struct fsm_range input;  /* names[] */
    struct fsm_range output; /* names[] */
    struct fsm_range errors; /* texts[] */
};

/* The first and the last eight bytes of a name (fewer where it is shorter): up to sixteen bytes
 * they and the size are the whole name. */
struct fsm_name_words {
    uint64_t first, last;
};
struct fsm_name_words fsm_name_words(const char *text, size_t size);
uint32_t fsm_hash_name(struct fsm_name_words words, size_t size);

/* Every event name the machine can meet, declared or generated. */
struct fsm_event_name {
    const char *name;
    struct fsm_name_words words;
    uint32_t size;
    uint32_t hash;
    bool is_declared;
    int16_t timer;           /* ON_TIMER: which */
    int16_t invoke;          /* done.invoke, error.invoke: which */
    struct fsm_range fields; /* names[] */
};

struct fsm_variable {
    const char *name;
    const struct expr_type *type;
    const char *type_text;
    bool is_input;
    bool is_nullable;                /* without init: null instead of its type's zero */
    const struct expr_program *init; /* NULL: zero of its type (neutral) or input */
};

struct fsm_migration_state {
    const char *from; /* path in the old version */
    int16_t to;
};

struct fsm_migration_value {
    int16_t variable;
    const struct expr_program *program;
};

struct fsm_migration {
    int from; /* version */
    struct fsm_range states;
    struct fsm_range values;
    int line;
    int column;
    int width;
};

/* transition numbers that may be enabled by an event in an atomic state, in order of priority */
struct fsm_candidates {
    uint32_t first;
    uint32_t count;
};

struct fsm_machine {
    const char *name;
    const char *doc;
    int version;
    int version_line, version_column, version_width;
    bool is_neutral; /* from a neutral case: bare names, prefix matching, dynamic events */
    uint8_t hash[FSM_HASH_SIZE];

    struct fsm_state *states;
    int state_count;
    int word_count; /* of a bit set of states */
    int history_count;
    int16_t *histories; /* states, by history index */

    struct fsm_transition *transitions;
    int transition_count;
    int16_t *targets;
    struct fsm_entry *plans;
    struct fsm_descriptor *descriptors;
    struct fsm_guard *guards;
    int guard_count;
    struct fsm_action *actions;
    int action_count;
    struct fsm_branch *branches;
    struct fsm_field_value *fields;
    struct fsm_timer_spec *timers;
    int timer_count;
    struct fsm_invoke *invokes;
    int invoke_count;
    struct fsm_command *commands;
    int command_count;
    struct fsm_retry *retries;
    int retry_count;
    struct fsm_event_name *events;
    int event_count;
    int declared_count; /* the first ones of events[] */
    int error_event;    /* error.execution */
    struct fsm_variable *variables;
    int variable_count;
    struct fsm_typed_name *names;
    const char **texts;
    const char **tags;
    struct fsm_range output; /* fields[] of the machine itself */
    struct fsm_migration *migrations;
    int migration_count;
    struct fsm_migration_state *migration_states;
    struct fsm_migration_value *migration_values;
    struct fsm_field **event_fields; /* per declared event, for introspection */

    /* lookup: open addressing by hash, event number + 1 */
    uint16_t *event_slots;
    uint32_t event_mask;

    /* selection: candidates[leaf * (event_count + 2) + event]; column event_count: `always`;
     * column event_count + 1: every ON_EVENT transition, for names met only at run time */
    int16_t *leaf_of; /* state → row, FSM_NONE where it is not atomic or final */
    int leaf_count;
    uint64_t *leaf_bits;
    struct fsm_candidates *candidates;
    int16_t *candidate_items;
    uint64_t *has_always; /* leaves (as states) with any `always` candidate */
    bool any_always;
    bool any_invoke;

    int microsteps_max;
    uint64_t cost_max;
    expr_zone_offset zone_offset; /* the host's; may be NULL */
    void *zone_user;
    size_t instance_size;

    /* kept for tools: what expressions may name */
    const struct expr_scope *scope;
};

static inline bool fsm_bit(const uint64_t *bits, int index)
{
    return (bits[index >> 6] >> (index & 63)) & 1;
}

static inline void fsm_bit_set(uint64_t *bits, int index)
{
    bits[index >> 6] |= UINT64_C(1) << (index & 63);
}

static inline void fsm_bit_clear(uint64_t *bits, int index)
{
    bits[index >> 6] &= ~(UINT64_C(1) << (index & 63));
}

/* Times lie in the years 0001 to 9999, as CEL's timestamps do, so that a time and a delay always
 * have a sum. */
#define FSM_TIME_MIN_MS (VALUE_TIMESTAMP_SECONDS_MIN * 1000)
#define FSM_TIME_MAX_MS (VALUE_TIMESTAMP_SECONDS_MAX * 1000 + 999)

static inline bool fsm_is_time(int64_t ms)
{
    return ms >= FSM_TIME_MIN_MS && ms <= FSM_TIME_MAX_MS;
}

/* Returns the nearest time there is. */
static inline int64_t fsm_time(int64_t ms)
{
    if (ms < FSM_TIME_MIN_MS)
        return FSM_TIME_MIN_MS;
    return ms < FSM_TIME_MAX_MS ? ms : FSM_TIME_MAX_MS;
}

/* Returns when a timer is due that is set at `now_ms` for `delay_ms` later: not before 1970, since
 * below 0 it is not set. */
static inline int64_t fsm_due(int64_t now_ms, int64_t delay_ms)
{
    int64_t due_ms = fsm_time(now_ms + delay_ms);
    return due_ms > 0 ? due_ms : 0;
}

/* Whether `state` is below `ancestor` (not itself). */
static inline bool fsm_is_below(const struct fsm_machine *machine, int state, int ancestor)
{
    return state > ancestor && state <= machine->states[ancestor].last;
}

static inline bool fsm_is_history(const struct fsm_state *state)
{
    return state->kind == FSM_STATE_HISTORY_SHALLOW || state->kind == FSM_STATE_HISTORY_DEEP;
}

static inline bool fsm_is_leaf(const struct fsm_state *state)
{
    return state->kind == FSM_STATE_ATOMIC || state->kind == FSM_STATE_FINAL;
}

/* Returns the number of an event name, FSM_NONE where the machine knows none such. */
int fsm_event_find(const struct fsm_machine *machine, const char *name, size_t size);

/* Whether an event name meets a descriptor. */
bool fsm_descriptor_matches(const struct fsm_descriptor *descriptor, const char *name, size_t size);

/* Whether a transition waits for the event of a column of candidates; column event_count: for none
 * (`always`); event_count + 1: for any name at all. */
bool fsm_waits_for(const struct fsm_machine *machine, const struct fsm_transition *transition,
                   int column);

/* Fills out with the states a transition enters when it is taken alone, in order. Returns how many,
 * or FSM_NONE where that depends on history or there is no room. */
int fsm_plan_entry(const struct fsm_machine *machine, const struct fsm_transition *transition,
                   struct fsm_entry *out, int max);

/* Takes the given transitions, as if an event had enabled just them, and runs to completion. */
enum status fsm_force(const struct fsm_machine *machine, const struct fsm_instance *before,
                      const int16_t *transitions, int count, struct arena *arena,
                      struct fsm_step *out) MUST_CHECK;

/* Lays an instance out in one block; the arrays are zeroed. NULL when the arena is full. */
struct fsm_instance *fsm_instance_make(const struct fsm_machine *machine, struct arena *arena);

/* Bytes of that block. */
size_t fsm_instance_bytes(const struct fsm_machine *machine);

/* The zero value of a type. */
struct value fsm_zero_value(const struct expr_type *type, bool is_nullable);

/* Returns the domain of a transition by Appendix D: what its microstep leaves lies below it. */
int fsm_domain(const struct fsm_machine *machine, int source, bool is_internal,
               const int16_t *targets, size_t count);

#endif
