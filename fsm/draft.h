#ifndef FSM_DRAFT_H
#define FSM_DRAFT_H

/*
 * draft — a machine as it was written: names and expressions still text, with their places.
 *
 * The YAML reader (machine_policy.c) and the reader of neutral JSON cases (tests/conformance) both
 * make one; fsm_compile() checks it and makes the flat tables. Neutral cases have things that YAML
 * has not: bare variable names, computed event names, one untyped payload, several initial targets.
 */

#include "fsm/machine.h"
#include "fsm/yaml/yaml.h"

/* A piece of text and where it stands (NULL: nowhere). `text` NULL: absent. */
struct draft_text {
    const char *text;
    const struct yaml_node *node;
};

struct draft_texts {
    struct draft_text *items;
    size_t count, capacity;
};

struct draft_field {
    struct draft_text name;
    struct draft_text value;
};

struct draft_fields {
    struct draft_field *items;
    size_t count, capacity;
};

struct draft_action;

struct draft_block {
    struct draft_action *items;
    size_t count, capacity;
};

struct draft_branch {
    struct draft_text guard; /* absent: else */
    struct draft_block actions;
};

struct draft_action {
    enum fsm_action_kind kind;
    const struct yaml_node *node;
    struct draft_text name; /* variable, event, command or send id */
    struct draft_text value;
    struct draft_text event_name; /* neutral: computed */
    struct draft_text to, delay, id;
    struct draft_fields fields;
    int16_t retry; /* retries[], FSM_NONE: the default */
    bool is_retry_set;
    struct draft_branch branches[2]; /* IF in YAML: then, else */
    struct draft_branch *chain;      /* IF in neutral cases, instead */
    size_t chain_count;
};

struct draft_transition {
    enum fsm_trigger trigger;
    int of;                    /* timer or invoke of the state */
    struct draft_texts events; /* names or patterns; ON_ERROR: codes */
    struct draft_text guard;
    struct draft_texts targets;
    bool is_internal;
    struct draft_block actions;
    struct draft_text doc;
    const struct yaml_node *node;
};

struct draft_timer {
    struct draft_text value; /* delay or time */
    bool is_absolute;
    bool keep;
};

struct draft_invoke {
    struct draft_text command, id;
    struct draft_fields input;
    int64_t timeout_ms, deadline_ms, heartbeat_ms;
    int16_t retry;
    bool has_error_path;
    bool has_catch_all;
    const struct yaml_node *node;
};

struct draft_state {
    const char *name;
    const char *doc;
    enum fsm_state_kind kind;
    int parent;
    const struct yaml_node *node; /* the key: its name */
    struct draft_texts initial;   /* compound: default entry; history: default */
    struct draft_block initial_do, entry, exit;
    struct {
        struct draft_transition *items;
        size_t count, capacity;
    } transitions;
    struct {
        struct draft_timer *items;
        size_t count, capacity;
    } timers;
    struct {
        struct draft_invoke *items;
        size_t count, capacity;
    } invokes;
    struct draft_texts tags;
    struct draft_fields output;
    struct draft_text output_value; /* neutral */
};

/* A declared name with its type: a variable, or a field of an event or a command. */
struct draft_name {
    struct draft_text name;
    const struct expr_type *type;
    bool is_optional;
    bool is_input;
    bool is_nullable;
    struct draft_text init;
};

struct draft_names {
    struct draft_name *items;
    size_t count, capacity;
};

struct draft_event {
    struct draft_text name;
    struct draft_names fields;
};

struct draft_command {
    struct draft_text name;
    struct draft_names input, output;
    struct draft_texts errors;
    bool is_write, is_idempotent;
};

struct draft_guard {
    struct draft_text name, condition, message;
    bool is_used;
    bool is_wrong; /* reported: once is enough */
};

struct draft_migration {
    int from;
    const struct yaml_node *node;
    struct draft_fields states; /* old path: new path */
    struct draft_fields values;
};

#define DRAFT_LIST(type, name)                                                                     \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count, capacity;                                                                    \
    } name

struct draft {
    struct arena *arena;
    struct yaml_faults *faults;
    const struct fsm_host *host;
    const char *name, *doc;
    int version;
    const struct yaml_node *version_node;
    bool is_neutral;
    uint8_t hash[FSM_HASH_SIZE];
    DRAFT_LIST(struct draft_state, states); /* pre-order; the first is the root */
    DRAFT_LIST(struct draft_name, variables);
    DRAFT_LIST(struct draft_event, events);
    DRAFT_LIST(struct draft_command, commands);
    DRAFT_LIST(struct draft_guard, guards);
    DRAFT_LIST(struct fsm_retry, retries);
    struct draft_texts retry_names;
    DRAFT_LIST(struct draft_migration, migrations);
    struct draft_fields output;
    int microsteps_max;
    uint64_t cost_max;
    bool is_full; /* the arena, or a limit of fsm.h */
};

/* Makes room for one more zeroed item in an arena list, whose pointer to items is at `items`, and
 * returns it; NULL (and `*is_full`) where the arena is. Items move when the list grows. */
void *draft_push_bytes(struct arena *arena, bool *is_full, void *items, size_t *count,
                       size_t *capacity, size_t size);

/* draft_push(draft, &state->transitions): the item, as void pointer. */
#define draft_push(draft, list)                                                                    \
    draft_push_bytes((draft)->arena, &(draft)->is_full, &(list)->items, &(list)->count,            \
                     &(list)->capacity, sizeof *(list)->items)

/* Reads a machine file's tree, already held against its shape, into a draft. */
void fsm_draft_read(struct draft *draft, const struct yaml_node *root);

/* Checks a draft and makes the machine. Faults are added to draft->faults. */
enum status fsm_compile(struct draft *draft, const struct fsm_machine **out_machine) MUST_CHECK;

/* Adds warnings and errors about a compiled machine's behaviour. */
void fsm_check(const struct fsm_machine *machine, const struct draft *draft);

#endif
