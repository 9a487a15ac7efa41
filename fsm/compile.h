#ifndef FSM_COMPILE_H
#define FSM_COMPILE_H

/*
 * compile — the work in progress between a draft and a machine. Private to fsm/: compile.c walks
 * states, scope.c knows names and types, tables.c lays out what steps look up.
 */

#include "fsm/draft.h"

struct compiler {
    struct draft *draft;
    struct fsm_machine *machine;
    struct arena *arena;
    struct expr_scope scope; /* what every expression of the machine may name */
    DRAFT_LIST(struct fsm_transition, transitions);
    DRAFT_LIST(int16_t, targets);
    DRAFT_LIST(struct fsm_descriptor, descriptors);
    DRAFT_LIST(struct fsm_guard, guards);
    DRAFT_LIST(struct fsm_action, actions);
    DRAFT_LIST(struct fsm_branch, branches);
    DRAFT_LIST(struct fsm_field_value, fields);
    DRAFT_LIST(struct fsm_timer_spec, timers);
    DRAFT_LIST(struct fsm_invoke, invokes);
    DRAFT_LIST(struct fsm_event_name, events);
    DRAFT_LIST(struct fsm_typed_name, names);
    DRAFT_LIST(const char *, texts);
    DRAFT_LIST(const char *, tags);
    DRAFT_LIST(struct fsm_migration_state, migration_states);
    DRAFT_LIST(struct fsm_migration_value, migration_values);
    bool *event_is_sent; /* by declared event: the machine itself raises or sends it */
};

#define compiler_push(c, list)                                                                     \
    draft_push_bytes((c)->arena, &(c)->draft->is_full, &(list)->items, &(list)->count,             \
                     &(list)->capacity, sizeof *(list)->items)

/* ---- scope.c ----------------------------------------------------------------------------- */

/* Declares context, commands, retries, events and the machine's scope. */
void compile_declarations(struct compiler *c);

/* Checks the names of the named guards; each is compiled where it is used. */
void compile_guards(struct compiler *c);

/* Returns a scope with the event's fields (FSM_NONE: only its name), a result's or an error's. */
const struct expr_scope *scope_of_event(struct compiler *c, int event);
const struct expr_scope *scope_of_result(struct compiler *c, int command);
const struct expr_scope *scope_of_error(struct compiler *c);

/* Compiles a text; NULL and a fault where it is wrong, NULL without one where it is absent. */
const struct expr_program *compile_text(struct compiler *c, const struct expr_scope *scope,
                                        struct draft_text text, const struct expr_type *want);

/* Returns the number of a guard: a named one, or one compiled in place; FSM_NONE where absent. */
int16_t compile_guard(struct compiler *c, const struct expr_scope *scope, struct draft_text text);

/* Compiles fields against declared names, in declared order; a missing one is an error at `node`.
 * `what` is for faults: "the event `x`". */
struct fsm_range compile_fields(struct compiler *c, const struct expr_scope *scope,
                                const struct draft_fields *fields, struct fsm_range names,
                                const char *what, const struct yaml_node *node);

/* Compiles fields that nobody has declared, in their order. */
struct fsm_range compile_free_fields(struct compiler *c, const struct expr_scope *scope,
                                     const struct draft_fields *fields);

/* Finds a declared command; FSM_NONE and a fault where there is none. */
int16_t find_command(struct compiler *c, struct draft_text name);

/* Finds any event name; FSM_NONE without a fault where there is none. */
int16_t find_event_name(const struct compiler *c, const char *name);

/* Adds a generated event name; returns its number. */
int16_t add_event_name(struct compiler *c, const char *name, bool is_declared);

/* Says that an event is unknown, with the nearest spelling. */
void unknown_event_fault(struct compiler *c, struct draft_text name);

/* Says that a state is unknown, with the nearest spelling. */
void unknown_state_fault(struct compiler *c, struct draft_text name, int parent);

struct fsm_range add_names(struct compiler *c, const struct draft_names *names, const char *what);

/* ---- compile_action.c -------------------------------------------------------------------- */

/* Compiles a list of actions into one range, `if`s inside it into others. */
struct fsm_range compile_block(struct compiler *c, const struct expr_scope *scope,
                               const struct draft_block *block);

/* Finds a variable of the context; FSM_NONE and a fault where there is none. */
int find_variable(struct compiler *c, struct draft_text name);

/* ---- compile_generator.c ----------------------------------------------------------------- */

#define RESERVED_CODES 5

/* What any command may fail with. */
extern const char *const reserved_codes[RESERVED_CODES];

/* Compiles a state's timers and invokes and names the events they make. Comes before transitions,
 * which name those. */
void compile_generators(struct compiler *c, int state);

/* Compiles the output of a final state. */
void compile_output(struct compiler *c, int state);

/* ---- compile_host.c ---------------------------------------------------------------------- */

/* Checks the draft's declarations against draft->host, where there is one. */
void check_host(struct compiler *c);

/* Checks an `emit` with its compiled fields against the events that the host's listeners know. */
void check_host_emit(struct compiler *c, const struct draft_action *emit, struct fsm_range fields);

/* ---- tables.c ---------------------------------------------------------------------------- */

/* Event lookup, candidates and what follows from them. */
void compile_tables(struct compiler *c);

#endif
