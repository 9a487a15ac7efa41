/* The vocabulary of machine files. One row a key; the `doc` texts are what editors show. */
#include "fsm/shape.h"

#define OBJECT(title, table, text)                                                                 \
    {                                                                                              \
        .name = title, .type = YAML_T_OBJECT, .keys = table, .count = COUNT_OF(table), .doc = text \
    }
#define CHOICE(table, text)                                                                        \
    {                                                                                              \
        .type = YAML_T_ANY_OF, .choices = table, .count = COUNT_OF(table), .doc = text             \
    }
#define NAMED_CHOICE(title, table, text)                                                           \
    {                                                                                              \
        .name = title, .type = YAML_T_ANY_OF, .choices = table, .count = COUNT_OF(table),          \
        .doc = text                                                                                \
    }
#define LIST_OF(shape)                                                                             \
    {                                                                                              \
        .type = YAML_T_LIST, .item = &shape                                                        \
    }
#define MAP_OF(keys, shape)                                                                        \
    {                                                                                              \
        .type = YAML_T_MAP, .key_type = keys, .item = &shape                                       \
    }

static const struct yaml_shape text = {.type = YAML_T_TEXT};
static const struct yaml_shape name = {.type = YAML_T_NAME};
static const struct yaml_shape path = {.type = YAML_T_PATH};
static const struct yaml_shape flag = {.type = YAML_T_BOOL};
static const struct yaml_shape number = {.type = YAML_T_DOUBLE};
static const struct yaml_shape duration = {.type = YAML_T_DURATION};
static const struct yaml_shape expression = {.type = YAML_T_EXPRESSION};
static const struct yaml_shape size = {.type = YAML_T_INT, .min = 1, .max = 1000000000};
static const struct yaml_shape count = {.type = YAML_T_INT, .min = 1, .max = 1000000};
static const struct yaml_shape name_list = LIST_OF(name);
static const struct yaml_shape path_list = LIST_OF(path);
static const struct yaml_shape expressions = MAP_OF(YAML_T_NAME, expression);

/* ---- types ------------------------------------------------------------------------------- */

static const struct yaml_shape type_name = {
    .type = YAML_T_TEXT,
    .doc = "bool int uint double string duration timestamp dyn list(T) map(K, V)"};
static const struct yaml_shape *const type_choices[] = {&type_name, &name_list};
static const struct yaml_shape type = CHOICE(type_choices, "a type, or a list of words it may be");

static const struct yaml_key field_keys[] = {
    {"type", &type, true, "its type, or a list of words it may be"},
    {"optional", &flag, false, "it may be left out; has(event.x) tells"},
    {"max_size", &size, false, "most characters, items or entries; bounds the cost of expressions"},
    {"doc", &text, false, NULL},
};
static const struct yaml_shape field_object = OBJECT("field", field_keys, NULL);
static const struct yaml_shape *const field_choices[] = {&type_name, &field_object, &name_list};
static const struct yaml_shape field =
    CHOICE(field_choices, "a type such as `string` (`string?`: may be left out)");
static const struct yaml_shape fields = MAP_OF(YAML_T_NAME, field);

static const struct yaml_key variable_keys[] = {
    {"type", &type, true, "its type, or a list of words it may be"},
    {"init", &expression, false, "its first value, an expression"},
    {"input", &flag, false, "given when an instance is created; with `init`, optional"},
    {"max_size", &size, false, "most characters, items or entries; bounds the cost of expressions"},
    {"doc", &text, false, NULL},
};
static const struct yaml_shape variable = OBJECT("variable", variable_keys, NULL);
static const struct yaml_shape context = MAP_OF(YAML_T_NAME, variable);
static const struct yaml_shape events = MAP_OF(YAML_T_PATH, fields);

/* ---- commands and retries ---------------------------------------------------------------- */

const char *const fsm_command_kinds[] = {"call", "write"};
static const struct yaml_shape command_kind = {
    .type = YAML_T_ENUM, .words = fsm_command_kinds, .count = 2};
static const struct yaml_key command_keys[] = {
    {"input", &fields, false, "what it is given"},
    {"output", &fields, false, "what its answer holds: `result.x`"},
    {"errors", &name_list, false, "the codes it may fail with, besides the reserved ones"},
    {"idempotent", &flag, false, "doing it twice does no harm: `run` may retry it by default"},
    {"kind", &command_kind, false,
     "call: made from the outbox, at least once (default); write: the store carries it out inside "
     "the step's own transaction, no answer comes back"},
    {"doc", &text, false, NULL},
};
static const struct yaml_shape command = OBJECT("command", command_keys, NULL);
static const struct yaml_shape commands = MAP_OF(YAML_T_PATH, command);

const char *const fsm_jitter_kinds[] = {"full", "none"};
static const struct yaml_shape jitter = {
    .type = YAML_T_ENUM, .words = fsm_jitter_kinds, .count = 2};
static const struct yaml_shape attempts = {
    .type = YAML_T_TEXT, .doc = "counts the first try, at least 1; or `unlimited`"};
static const struct yaml_key retry_keys[] = {
    {"delay", &duration, false, "before the second attempt (1s)"},
    {"backoff", &number, false, "each wait is this many times the last, at least 1 (2.0)"},
    {"max_delay", &duration, false, "longest wait (1m)"},
    {"max_attempts", &attempts, false, "counts the first try (8); or `unlimited`"},
    {"jitter", &jitter, false, "full: each wait is drawn between 0 and its length (default)"},
    {"errors", &name_list, false, "only these codes are tried again"},
    {"except", &name_list, false, "these codes are never tried again"},
    {"doc", &text, false, NULL},
};
static const struct yaml_shape retry_object = OBJECT("retry policy", retry_keys, NULL);
static const struct yaml_shape retries = MAP_OF(YAML_T_NAME, retry_object);
static const struct yaml_shape *const retry_choices[] = {&name, &retry_object};
static const struct yaml_shape retry = CHOICE(retry_choices, "the name of a policy, or one");

/* ---- guards ------------------------------------------------------------------------------ */

static const struct yaml_key guard_keys[] = {
    {"if", &expression, true, "the condition"},
    {"message", &expression, false, "an expression of type string, for the person who is refused"},
    {"doc", &text, false, NULL},
};
static const struct yaml_shape guard_object = OBJECT("guard", guard_keys, NULL);
static const struct yaml_shape *const guard_choices[] = {&expression, &guard_object};
static const struct yaml_shape guard = CHOICE(guard_choices, "a condition, or {if, message}");
static const struct yaml_shape guards = MAP_OF(YAML_T_NAME, guard);

/* ---- actions ----------------------------------------------------------------------------- */

static const struct yaml_key raise_keys[] = {
    {"event", &path, true, "a declared event of this machine"},
    {"data", &expressions, false, "its fields"},
};
static const struct yaml_shape raise_object = OBJECT("raise", raise_keys, NULL);
static const struct yaml_shape *const raise_choices[] = {&path, &raise_object};
static const struct yaml_shape raise_shape = CHOICE(raise_choices, "an event, or {event, data}");

static const struct yaml_key send_keys[] = {
    {"event", &path, true, "the event's name"},
    {"to", &expression, false, "id of another instance, an expression; absent: this one"},
    {"data", &expressions, false, "its fields"},
    {"delay", &expression, false, "a duration (`15m`) or an expression of one"},
    {"id", &name, false, "a name to `cancel` it by"},
};
static const struct yaml_shape send_object = OBJECT("send", send_keys, NULL);
static const struct yaml_shape *const send_choices[] = {&path, &send_object};
static const struct yaml_shape send = CHOICE(send_choices, "an event, or {event, to, data, ..}");

static const struct yaml_key run_keys[] = {
    {"command", &path, true, "a declared command"},
    {"input", &expressions, false, "its input"},
    {"retry", &retry, false, "how it is tried again; default: idempotent commands only"},
};
static const struct yaml_shape run_object = OBJECT("run", run_keys, NULL);
static const struct yaml_shape *const run_choices[] = {&path, &run_object};
static const struct yaml_shape run = CHOICE(run_choices, "a command, or {command, input, retry}");

static const struct yaml_key emit_keys[] = {
    {"event", &path, true, "what listeners outside the machines subscribe to"},
    {"data", &expressions, false, "its fields"},
};
static const struct yaml_shape emit_object = OBJECT("emit", emit_keys, NULL);
static const struct yaml_shape *const emit_choices[] = {&path, &emit_object};
static const struct yaml_shape emit = CHOICE(emit_choices, "an event, or {event, data}");

static const struct yaml_shape action;
static const struct yaml_shape actions = LIST_OF(action);
static const struct yaml_key action_keys[] = {
    {"assign", &expressions, false, "variables and their new values, in order"},
    {"raise", &raise_shape, false, "an event handled within this very step"},
    {"send", &send, false, "an event for another instance, or for this one later"},
    {"cancel", &name, false, "withdraws sends by their id"},
    {"run", &run, false, "a command; nobody waits for its answer"},
    {"emit", &emit, false, "an event for listeners outside the machines"},
    {"if", &expression, false, "a condition or the name of a guard"},
    {"then", &actions, false, "done where `if` holds"},
    {"else", &actions, false, "done where it does not"},
};
static const struct yaml_shape action = OBJECT("action", action_keys, NULL);

/* ---- transitions ------------------------------------------------------------------------- */

static const struct yaml_shape *const target_choices[] = {&path, &path_list};
static const struct yaml_shape target = CHOICE(
    target_choices,
    "a sibling, a dotted path from the root, or a name no other state has; a list for regions");

#define TRANSITION_KEYS                                                                            \
    {"guard", &expression, false, "a condition, or the name of a guard"},                          \
        {"target", &target, false, "where to; without it nothing is left or entered"},             \
        {"assign", &expressions, false, "variables and their new values, before `actions`"},       \
        {"actions", &actions, false, "what else is done, in order"},                               \
        {"reenter", &flag, false, "leave and enter the source too when the target is inside it"},  \
    {                                                                                              \
        "doc", &text, false, NULL                                                                  \
    }

static const struct yaml_key transition_keys[] = {TRANSITION_KEYS};
static const struct yaml_shape transition_object = OBJECT("transition", transition_keys, NULL);
static const struct yaml_shape *const branch_choices[] = {&path, &transition_object};
static const struct yaml_shape branch = CHOICE(branch_choices, "a target or a transition");
static const struct yaml_shape branches = LIST_OF(branch);
static const struct yaml_shape *const transition_choices[] = {&path, &transition_object, &branches};
static const struct yaml_shape transition =
    NAMED_CHOICE("transitions", transition_choices,
                 "a target, a transition {guard, target, assign, actions}, or a list of them");
static const struct yaml_shape on = MAP_OF(YAML_T_PATTERN, transition);

static const struct yaml_key after_keys[] = {
    {"delay", &expression, true, "a duration (`15m`) or an expression of one, from entering"},
    {"keep", &flag, false, "entered again through history, only what was left of it"},
    TRANSITION_KEYS,
};
static const struct yaml_shape after_object = OBJECT("after", after_keys, NULL);
static const struct yaml_shape after_list = LIST_OF(after_object);
static const struct yaml_shape *const after_choices[] = {&after_object, &after_list};
static const struct yaml_shape after = CHOICE(after_choices, "{delay, target, ..} or a list");

static const struct yaml_key at_keys[] = {
    {"time", &expression, true, "a time with its offset, or an expression of one"},
    TRANSITION_KEYS,
};
static const struct yaml_shape at_object = OBJECT("at", at_keys, NULL);
static const struct yaml_shape at_list = LIST_OF(at_object);
static const struct yaml_shape *const at_choices[] = {&at_object, &at_list};
static const struct yaml_shape at = CHOICE(at_choices, "{time, target, ..} or a list");

static const struct yaml_key on_error_keys[] = {
    {"errors", &name_list, false, "only these codes; without it: all that are left"},
    TRANSITION_KEYS,
};
static const struct yaml_shape on_error_object = OBJECT("on_error", on_error_keys, NULL);
static const struct yaml_shape *const on_error_branch_choices[] = {&path, &on_error_object};
static const struct yaml_shape on_error_branch =
    CHOICE(on_error_branch_choices, "a target or {errors, target, ..}");
static const struct yaml_shape on_error_list = LIST_OF(on_error_branch);
static const struct yaml_shape *const on_error_choices[] = {&path, &on_error_object,
                                                            &on_error_list};
static const struct yaml_shape on_error =
    CHOICE(on_error_choices, "a target, {errors, target, ..}, or a list of them");

static const struct yaml_key invoke_keys[] = {
    {"command", &path, true, "a declared command, started on entry, cancelled on exit"},
    {"id", &name, false, "names it in events; default: made from the state's path"},
    {"input", &expressions, false, "the command's input"},
    {"timeout", &duration, false, "of one attempt"},
    {"deadline", &duration, false, "of all attempts and the waits between them"},
    {"heartbeat", &duration, false, "longest silence of a long attempt"},
    {"retry", &retry, false, "how it is tried again (1s, 2.0, 1m, 8 attempts, full jitter)"},
    {"on_done", &transition, false, "its answer came: `result.x`"},
    {"on_error", &on_error, false, "it failed for good: `error.code`, `error.detail`"},
    {"on_timeout", &transition, false, "it failed with `timeout` or `deadline`"},
    {"doc", &text, false, NULL},
};
static const struct yaml_shape invoke_object = OBJECT("invoke", invoke_keys, NULL);
static const struct yaml_shape invoke_list = LIST_OF(invoke_object);
static const struct yaml_shape *const invoke_choices[] = {&invoke_object, &invoke_list};
static const struct yaml_shape invoke = CHOICE(invoke_choices, "{command, ..} or a list");

/* ---- states ------------------------------------------------------------------------------ */

const char *const fsm_state_types[] = {"parallel", "final"};
static const struct yaml_shape state_type = {
    .type = YAML_T_ENUM, .words = fsm_state_types, .count = 2};
const char *const fsm_history_kinds[] = {"shallow", "deep"};
static const struct yaml_shape history_kind = {
    .type = YAML_T_ENUM, .words = fsm_history_kinds, .count = 2};

static const struct yaml_shape state;
static const struct yaml_shape states = MAP_OF(YAML_T_NAME, state);
static const struct yaml_key state_keys[] = {
    {"doc", &text, false, NULL},
    {"type", &state_type, false, "parallel: all its states at once; final: the end"},
    {"tags", &name_list, false, "what queries and pages ask for instead of state names"},
    {"initial", &path, false, "the state that is entered first"},
    {"history", &history_kind, false, "a pseudo-state: back to where one was"},
    {"target", &target, false, "of a history state: where to when there is nothing to go back to"},
    {"entry", &actions, false, "done on entering"},
    {"exit", &actions, false, "done on leaving"},
    {"invoke", &invoke, false, "commands that run while the state is active"},
    {"on", &on, false, "events and what they do; `a.*` and `*` come after the others"},
    {"always", &transition, false, "taken as soon as its guard holds"},
    {"after", &after, false, "after a time in the state; survives restarts"},
    {"at", &at, false, "at a time; survives restarts"},
    {"output", &expressions, false,
     "of a final state: the machine's output, or `event.x` of "
     "`done.state.<parent>`"},
    {"states", &states, false, "the states inside"},
};
static const struct yaml_shape state = OBJECT("state", state_keys, NULL);

/* ---- the machine ------------------------------------------------------------------------- */

static const struct yaml_shape state_map = MAP_OF(YAML_T_PATH, path);
static const struct yaml_key migrate_keys[] = {
    {"states", &state_map, false, "old state: new state"},
    {"context", &expressions, false,
     "variables that are new or of a new type; `old` is a map of "
     "the old ones"},
};
static const struct yaml_shape migrate_object = OBJECT("migration", migrate_keys, NULL);
static const struct yaml_shape migrate = MAP_OF(YAML_T_INT, migrate_object);

static const struct yaml_shape microsteps = {.type = YAML_T_INT, .min = 1, .max = 1000};
static const struct yaml_key limit_keys[] = {
    {"microsteps", &microsteps, false, "of one step (1000)"},
    {"cost", &count, false, "steps of one expression's evaluation (1000000)"},
};
static const struct yaml_shape limits = OBJECT("limits", limit_keys, NULL);

static const struct yaml_key machine_keys[] = {
    {"machine", &path, true, "its name"},
    {"version", &count, true, "raised with every change; an instance keeps the one it began with"},
    {"doc", &text, false, NULL},
    {"context", &context, false, "the variables: `ctx.x`"},
    {"events", &events, false, "what may be sent to it, with the types of the fields: `event.x`"},
    {"commands", &commands, false, "what it may ask the host to do"},
    {"retry", &retries, false, "named retry policies"},
    {"guards", &guards, false, "named conditions, with a message for the person who is refused"},
    {"initial", &path, true, "the state that is entered first"},
    {"on", &on, false, "from any state"},
    {"always", &transition, false, "from any state, as soon as its guard holds"},
    {"after", &after, false, "after a time from the start"},
    {"at", &at, false, "at a time"},
    {"entry", &actions, false, "done at the start"},
    {"states", &states, true, NULL},
    {"output", &expressions, false, "what the finished machine leaves behind"},
    {"limits", &limits, false, NULL},
    {"migrate", &migrate, false, "how instances of older versions move to this one"},
};
const struct yaml_shape fsm_machine_shape = OBJECT("machine", machine_keys, NULL);
