/* A draft made into a machine: states numbered, names resolved, expressions compiled. */
#include "fsm/compile.h"

#include <stdio.h>
#include <string.h>

/* ---- states ---------------------------------------------------------------------------------- */

static const char *state_path(struct compiler *c, int index)
{
    const struct fsm_state *state = &c->machine->states[index];
    if (state->parent <= 0 || c->draft->is_neutral)
        return state->name;
    const char *path =
        arena_format(c->arena, "%s.%s", c->machine->states[state->parent].path, state->name);
    if (path == NULL)
        c->draft->is_full = true;
    return path != NULL ? path : "";
}

static void number_states(struct compiler *c)
{
    struct fsm_machine *machine = c->machine;
    size_t count = c->draft->states.count;
    machine->states = arena_array(c->arena, count, sizeof *machine->states);
    machine->histories = arena_array(c->arena, count, sizeof *machine->histories);
    if (machine->states == NULL || machine->histories == NULL) {
        c->draft->is_full = true;
        return;
    }
    machine->state_count = (int)count;
    machine->word_count = (int)((count + 63) / 64);
    for (size_t i = 0; i < count; i++) {
        const struct draft_state *from = &c->draft->states.items[i];
        struct fsm_state *state = &machine->states[i];
        *state = (struct fsm_state){.name = from->name,
                                    .doc = from->doc != NULL ? from->doc : "",
                                    .kind = from->kind,
                                    .parent = (int16_t)from->parent,
                                    .last = (int16_t)i,
                                    .history = FSM_NONE,
                                    .done_event = FSM_NONE};
        state->path = state_path(c, (int)i);
        if (from->parent >= 0)
            state->depth = (int16_t)(machine->states[from->parent].depth + 1);
        if (from->node != NULL) {
            state->line = from->node->line;
            state->column = from->node->column;
            state->width = from->node->width;
        }
        if (fsm_is_history(state)) {
            state->history = (int16_t)machine->history_count;
            machine->histories[machine->history_count++] = (int16_t)i;
        }
        for (int above = from->parent; above >= 0; above = machine->states[above].parent)
            machine->states[above].last = (int16_t)i;
    }
}

static int find_child(const struct fsm_machine *machine, int parent, const char *name, size_t size)
{
    for (int s = parent + 1; s <= machine->states[parent].last; s = machine->states[s].last + 1)
        if (strlen(machine->states[s].name) == size &&
            memcmp(machine->states[s].name, name, size) == 0)
            return s;
    return FSM_NONE;
}

/* Follows a dotted path down from a state. */
static int follow(const struct fsm_machine *machine, int from, const char *path)
{
    while (from != FSM_NONE) {
        size_t size = strcspn(path, ".");
        from = find_child(machine, from, path, size);
        if (path[size] == '\0')
            return from;
        path += size + 1;
    }
    return FSM_NONE;
}

static int find_by_id(const struct fsm_machine *machine, const char *id)
{
    for (int s = 1; s < machine->state_count; s++)
        if (strcmp(machine->states[s].name, id) == 0)
            return s;
    return FSM_NONE;
}

/* A state by its name where only one has it; FSM_NONE otherwise. */
static int find_unique(const struct fsm_machine *machine, const char *name)
{
    int state = find_by_id(machine, name);
    for (int s = state + 1; state != FSM_NONE && s < machine->state_count; s++)
        if (strcmp(machine->states[s].name, name) == 0)
            return FSM_NONE;
    return state;
}

/* A state by its name among the children of `parent`, by its path from the root, or by a name that
 * no other state has. */
static int resolve_name(struct compiler *c, int parent, struct draft_text name)
{
    const struct fsm_machine *machine = c->machine;
    if (c->draft->is_neutral) {
        int state = find_by_id(machine, name.text);
        if (state == FSM_NONE)
            yaml_error(c->draft->faults, name.node, "unknown state `%s`", name.text);
        return state;
    }
    int state = follow(machine, parent, name.text);
    if (state == FSM_NONE)
        state = follow(machine, 0, name.text);
    if (state == FSM_NONE)
        state = find_unique(machine, name.text);
    if (state == FSM_NONE)
        unknown_state_fault(c, name, parent);
    return state;
}

static struct fsm_range resolve_targets(struct compiler *c, int parent,
                                        const struct draft_texts *texts)
{
    struct fsm_range range = {(uint32_t)c->targets.count, 0};
    for (size_t i = 0; i < texts->count; i++) {
        int state = resolve_name(c, parent, texts->items[i]);
        int16_t *target = state != FSM_NONE ? compiler_push(c, &c->targets) : NULL;
        if (target == NULL)
            continue;
        *target = (int16_t)state;
        range.count++;
    }
    return range;
}

/* Lowest state that has both below it or is one of them. */
static int common_ancestor(const struct fsm_machine *machine, int a, int b)
{
    while (a != b && !fsm_is_below(machine, b, a))
        a = machine->states[a].parent;
    return a;
}

static void check_regions(struct compiler *c, struct fsm_range targets,
                          const struct draft_texts *texts)
{
    const struct fsm_machine *machine = c->machine;
    for (uint32_t i = 0; i < targets.count; i++)
        for (uint32_t j = 0; j < i; j++) {
            int a = c->targets.items[targets.first + i], b = c->targets.items[targets.first + j];
            int common = common_ancestor(machine, a, b);
            if (common != a && common != b && machine->states[common].kind == FSM_STATE_PARALLEL)
                continue;
            yaml_error(c->draft->faults, texts->items[i].node,
                       "`%s` and `%s` cannot be active at once", machine->states[b].path,
                       machine->states[a].path);
            yaml_hint(c->draft->faults, "several targets must lie in different regions of a "
                                        "parallel state");
            return;
        }
}

static void resolve_initial(struct compiler *c, int index)
{
    const struct draft_state *from = &c->draft->states.items[index];
    struct fsm_state *state = &c->machine->states[index];
    bool is_history = fsm_is_history(state);
    int below = is_history ? state->parent : index;
    state->initial = resolve_targets(c, below, &from->initial);
    for (uint32_t i = 0; i < state->initial.count; i++) {
        int target = c->targets.items[state->initial.first + i];
        struct draft_text text = from->initial.items[i < from->initial.count ? i : 0];
        const struct fsm_state *it = &c->machine->states[target];
        if (!fsm_is_below(c->machine, target, below))
            yaml_error(c->draft->faults, text.node, "`%s` is not inside `%s`", it->path,
                       below == 0 ? "the machine" : c->machine->states[below].path);
        else if (is_history && fsm_is_history(it) && it->parent == below)
            yaml_error(c->draft->faults, text.node,
                       "the default of a history state cannot be another one of the same state");
    }
    if (state->initial.count == from->initial.count && from->initial.count > 1)
        check_regions(c, state->initial, &from->initial);
}

/* ---- actions --------------------------------------------------------------------------------- */

static struct fsm_range compile_block(struct compiler *c, const struct expr_scope *scope,
                                      const struct draft_block *block);

static int find_variable(struct compiler *c, struct draft_text name)
{
    const char *words[FSM_VARIABLES_MAX];
    int count = c->machine->variable_count;
    for (int i = 0; i < count; i++) {
        words[i] = c->machine->variables[i].name;
        if (strcmp(words[i], name.text) == 0)
            return i;
    }
    yaml_error(c->draft->faults, name.node, "unknown variable `%s`", name.text);
    if (strncmp(name.text, "ctx.", 4) == 0)
        yaml_hint(c->draft->faults, "on the left side write `%s`", name.text + 4);
    yaml_hint_nearest(c->draft->faults, name.text, words, (size_t)count);
    yaml_hint(c->draft->faults, "declare it under `context:`");
    return FSM_NONE;
}

static void compile_assign(struct compiler *c, const struct expr_scope *scope,
                           const struct draft_action *from, struct fsm_action *out)
{
    int variable = find_variable(c, from->name);
    if (variable == FSM_NONE)
        return;
    out->variable = (int16_t)variable;
    out->value = compile_text(c, scope, from->value, c->machine->variables[variable].type);
}

/* An event this machine gives itself: declared, its payload complete. */
static void compile_own_event(struct compiler *c, const struct expr_scope *scope,
                              const struct draft_action *from, struct fsm_action *out)
{
    char what[FAULT_TEXT_MAX];
    int event = find_event_name(c, from->name.text);
    if (event == FSM_NONE || !c->events.items[event].is_declared) {
        unknown_event_fault(c, from->name);
        return;
    }
    out->event = (int16_t)event;
    c->event_is_sent[event] = true;
    (void)snprintf(what, sizeof what, "the event `%.100s`", from->name.text); /* cut is fine */
    out->fields =
        compile_fields(c, scope, &from->fields, c->events.items[event].fields, what, from->node);
}

static void compile_neutral_event(struct compiler *c, const struct expr_scope *scope,
                                  const struct draft_action *from, struct fsm_action *out)
{
    out->event = FSM_NONE;
    if (from->name.text != NULL) {
        out->event = find_event_name(c, from->name.text);
        if (out->event == FSM_NONE)
            out->event = add_event_name(c, from->name.text, false);
    }
    out->event_name = compile_text(c, scope, from->event_name, &expr_string);
    out->value = compile_text(c, scope, from->value, NULL);
}

static void compile_delay(struct compiler *c, const struct expr_scope *scope,
                          struct draft_text text, struct fsm_action *out)
{
    if (text.text == NULL || yaml_read_duration(text.text, &out->delay_ms))
        return;
    out->delay = compile_text(c, scope, text, &expr_duration);
}

static void compile_send(struct compiler *c, const struct expr_scope *scope,
                         const struct draft_action *from, struct fsm_action *out)
{
    compile_delay(c, scope, from->delay, out);
    out->id = from->id.text;
    out->to = compile_text(c, scope, from->to, &expr_string);
    if (c->draft->is_neutral)
        compile_neutral_event(c, scope, from, out);
    else if (from->to.text == NULL)
        compile_own_event(c, scope, from, out);
    else
        out->fields = compile_free_fields(c, scope, &from->fields);
}

static void compile_run(struct compiler *c, const struct expr_scope *scope,
                        const struct draft_action *from, struct fsm_action *out)
{
    char what[FAULT_TEXT_MAX];
    out->command = find_command(c, from->name);
    if (out->command == FSM_NONE)
        return;
    const struct fsm_command *command = &c->machine->commands[out->command];
    (void)snprintf(what, sizeof what, "the command `%.100s`", command->name); /* cut is fine */
    out->fields = compile_fields(c, scope, &from->fields, command->input, what, from->node);
    out->retry = from->retry;
    if (!from->is_retry_set && command->is_idempotent && !command->is_write)
        out->retry = 0;
    if (command->is_write && from->is_retry_set)
        yaml_error(c->draft->faults, from->node,
                   "a command of kind `write` is not tried again: it commits with its step");
}

static void compile_if(struct compiler *c, const struct expr_scope *scope,
                       const struct draft_action *from, struct fsm_action *out)
{
    const struct draft_branch *branches = from->chain != NULL ? from->chain : from->branches;
    size_t count = from->chain != NULL ? from->chain_count : 2;
    out->branches = (struct fsm_range){(uint32_t)c->branches.count, (uint32_t)count};
    for (size_t i = 0; i < count; i++)
        if (compiler_push(c, &c->branches) == NULL)
            return;
    for (size_t i = 0; i < count; i++) {
        int16_t guard = compile_guard(c, scope, branches[i].guard);
        struct fsm_range actions = compile_block(c, scope, &branches[i].actions);
        c->branches.items[out->branches.first + i] = (struct fsm_branch){guard, actions};
    }
}

static struct fsm_action compile_action(struct compiler *c, const struct expr_scope *scope,
                                        const struct draft_action *from)
{
    struct fsm_action out = {
        .kind = from->kind, .name = from->name.text, .event = FSM_NONE, .retry = FSM_NONE};
    switch (from->kind) {
    case FSM_DO_ASSIGN:
        compile_assign(c, scope, from, &out);
        break;
    case FSM_DO_RAISE:
        if (c->draft->is_neutral)
            compile_neutral_event(c, scope, from, &out);
        else
            compile_own_event(c, scope, from, &out);
        break;
    case FSM_DO_SEND:
        compile_send(c, scope, from, &out);
        break;
    case FSM_DO_CANCEL:
        break;
    case FSM_DO_RUN:
        compile_run(c, scope, from, &out);
        break;
    case FSM_DO_EMIT:
        out.fields = compile_free_fields(c, scope, &from->fields);
        break;
    case FSM_DO_IF:
        compile_if(c, scope, from, &out);
        break;
    }
    return out;
}

static struct fsm_range compile_block(struct compiler *c, const struct expr_scope *scope,
                                      const struct draft_block *block)
{
    struct fsm_range range = {(uint32_t)c->actions.count, (uint32_t)block->count};
    if (c->actions.count + block->count > FSM_ACTIONS_MAX) {
        if (!c->draft->is_full)
            yaml_error(c->draft->faults, block->items[0].node, "more than %d actions",
                       FSM_ACTIONS_MAX);
        c->draft->is_full = true;
    }
    if (c->draft->is_full)
        return (struct fsm_range){0, 0};
    for (size_t i = 0; i < block->count; i++)
        if (compiler_push(c, &c->actions) == NULL)
            return (struct fsm_range){0, 0};
    for (size_t i = 0; i < block->count; i++) {
        struct fsm_action action = compile_action(c, scope, &block->items[i]);
        c->actions.items[range.first + i] = action;
    }
    return range;
}

/* ---- timers and invokes ---------------------------------------------------------------------- */

static const char *generated_name(struct compiler *c, const char *kind, const char *path, int index)
{
    const char *name = *path != '\0' ? arena_format(c->arena, "%s.%s.%d", kind, path, index)
                                     : arena_format(c->arena, "%s.%d", kind, index);
    if (name == NULL)
        c->draft->is_full = true;
    return name != NULL ? name : "";
}

static void compile_timer(struct compiler *c, int state, int index)
{
    const struct draft_timer *from = &c->draft->states.items[state].timers.items[index];
    const char *kind = from->is_absolute ? "at" : "after";
    struct fsm_timer_spec spec = {
        .text = from->value.text,
        .state = (int16_t)state,
        .keep = from->keep,
        .is_absolute = from->is_absolute,
        .id = generated_name(c, kind, c->machine->states[state].path, index)};
    bool is_literal = from->is_absolute ? yaml_read_timestamp(from->value.text, &spec.delay_ms)
                                        : yaml_read_duration(from->value.text, &spec.delay_ms);
    if (!is_literal)
        spec.value = compile_text(c, &c->scope, from->value,
                                  from->is_absolute ? &expr_timestamp : &expr_duration);
    spec.event = add_event_name(c, spec.id, false);
    struct fsm_timer_spec *timer = compiler_push(c, &c->timers);
    if (timer == NULL || c->draft->is_full)
        return;
    *timer = spec;
    c->events.items[spec.event].timer = (int16_t)(c->timers.count - 1);
}

static const char *const reserved_codes[] = {"timeout", "deadline", "unavailable", "cancelled",
                                             "invalid_output"};

static int16_t error_event(struct compiler *c, const char *id, const char *code)
{
    const char *name = arena_format(c->arena, "error.invoke.%s.%s", id, code);
    if (name == NULL) {
        c->draft->is_full = true;
        return 0;
    }
    return add_event_name(c, name, false);
}

static const char *invoke_id(struct compiler *c, int state, int index)
{
    const struct draft_state *from = &c->draft->states.items[state];
    if (from->invokes.items[index].id.text != NULL)
        return from->invokes.items[index].id.text;
    /* A path with dots would make `done.invoke.a` a prefix of `done.invoke.a.b`. */
    char *id = arena_format(c->arena, index == 0 ? "%s" : "%s-%d", c->machine->states[state].path,
                            index + 1);
    if (id == NULL) {
        c->draft->is_full = true;
        return "";
    }
    for (char *dot = strchr(id, '.'); dot != NULL; dot = strchr(dot, '.'))
        *dot = '-';
    return id;
}

static void check_invoke_id(struct compiler *c, const char *id, const struct yaml_node *node)
{
    for (size_t i = 0; i < c->invokes.count; i++)
        if (strcmp(c->invokes.items[i].id, id) == 0) {
            yaml_error(c->draft->faults, node, "two invokes have the id `%s`", id);
            yaml_hint(c->draft->faults, "give one of them an `id:` of its own");
        }
}

static void check_invoke(struct compiler *c, const struct draft_invoke *from,
                         const struct fsm_command *command)
{
    struct yaml_faults *faults = c->draft->faults;
    if (command->is_write) {
        yaml_error(faults, from->node, "the command `%s` is a `write`: no answer comes back",
                   command->name);
        yaml_hint(faults, "use `run:` in an action");
        return;
    }
    if (!from->has_error_path && command->errors.count > 0) {
        yaml_error(faults, from->node, "nothing happens when `%s` fails with `%s`", command->name,
                   c->texts.items[command->errors.first]);
        yaml_hint(faults, "add `on_error:`");
    } else if (!from->has_catch_all) {
        yaml_warning(faults, from->node, "nothing happens when `%s` fails with %s", command->name,
                     from->has_error_path ? "any other error" : "`unavailable`");
        yaml_hint(faults, "add a branch without `errors:` to `on_error:`");
    }
}

static void name_invoke_events(struct compiler *c, struct fsm_invoke *invoke, int number)
{
    const struct fsm_command *command = &c->machine->commands[invoke->command];
    const char *done = arena_format(c->arena, "done.invoke.%s", invoke->id);
    if (done == NULL) {
        c->draft->is_full = true;
        return;
    }
    invoke->done_event = add_event_name(c, done, false);
    invoke->error_events.first = (uint32_t)c->events.count;
    for (uint32_t i = 0; i < command->errors.count; i++)
        (void)error_event(c, invoke->id, c->texts.items[command->errors.first + i]);
    for (size_t i = 0; i < COUNT_OF(reserved_codes); i++)
        (void)error_event(c, invoke->id, reserved_codes[i]);
    (void)error_event(c, invoke->id, "other"); /* found by its place: the last */
    invoke->error_events.count = (uint32_t)c->events.count - invoke->error_events.first;
    for (size_t i = (size_t)invoke->done_event; i < c->events.count; i++)
        c->events.items[i].invoke = (int16_t)number;
}

static void compile_invoke(struct compiler *c, int state, int index)
{
    const struct draft_invoke *from = &c->draft->states.items[state].invokes.items[index];
    char what[FAULT_TEXT_MAX];
    struct fsm_invoke *invoke = compiler_push(c, &c->invokes);
    if (invoke == NULL)
        return;
    size_t number = c->invokes.count - 1;
    struct fsm_invoke it = {.state = (int16_t)state,
                            .command = find_command(c, from->command),
                            .retry = from->retry,
                            .timeout_ms = from->timeout_ms,
                            .deadline_ms = from->deadline_ms,
                            .heartbeat_ms = from->heartbeat_ms};
    it.id = invoke_id(c, state, index);
    c->invokes.count--;
    check_invoke_id(c, it.id, from->id.node != NULL ? from->id.node : from->node);
    c->invokes.count++;
    if (it.command != FSM_NONE) {
        const struct fsm_command *command = &c->machine->commands[it.command];
        check_invoke(c, from, command);
        (void)snprintf(what, sizeof what, "the command `%.100s`", command->name); /* cut is fine */
        it.input = compile_fields(c, &c->scope, &from->input, command->input, what, from->node);
        name_invoke_events(c, &it, (int)number);
    }
    c->invokes.items[number] = it;
}

/* ---- final states ---------------------------------------------------------------------------- */

static bool has_final_child(const struct fsm_machine *machine, int state)
{
    for (int s = state + 1; s <= machine->states[state].last; s = machine->states[s].last + 1)
        if (machine->states[s].kind == FSM_STATE_FINAL)
            return true;
    return machine->states[state].kind == FSM_STATE_PARALLEL;
}

/* The fields that final children of a state put out: one name may come from several of them. */
static struct fsm_range done_fields(struct compiler *c, int parent)
{
    const struct fsm_machine *machine = c->machine;
    struct fsm_range range = {(uint32_t)c->names.count, 0};
    for (int s = parent + 1; s <= machine->states[parent].last; s = machine->states[s].last + 1) {
        const struct draft_fields *output = &c->draft->states.items[s].output;
        for (size_t i = 0; i < output->count; i++) {
            const struct expr_program *program =
                compile_text(c, &c->scope, output->items[i].value, NULL);
            const struct expr_type *type = program != NULL ? expr_result_type(program) : &expr_dyn;
            struct fsm_typed_name *same = NULL;
            for (uint32_t n = 0; n < range.count; n++)
                if (strcmp(c->names.items[range.first + n].name, output->items[i].name.text) == 0)
                    same = &c->names.items[range.first + n];
            if (same != NULL && !expr_type_equal(same->type, type))
                same->type = &expr_dyn;
            if (same != NULL)
                continue;
            struct fsm_typed_name *name = compiler_push(c, &c->names);
            if (name == NULL)
                return range;
            *name = (struct fsm_typed_name){output->items[i].name.text, type, true};
            range.count++;
        }
    }
    return range;
}

static void name_done_event(struct compiler *c, int index)
{
    struct fsm_state *state = &c->machine->states[index];
    const char *name = arena_format(c->arena, "done.state.%s", state->path);
    if (name == NULL) {
        c->draft->is_full = true;
        return;
    }
    int16_t event = add_event_name(c, name, false);
    if (c->draft->is_full)
        return;
    state->done_event = event;
    if (state->kind == FSM_STATE_COMPOUND && !c->draft->is_neutral) {
        struct fsm_range fields = done_fields(c, index);
        c->events.items[event].fields = fields;
    }
}

static void compile_output(struct compiler *c, int index)
{
    const struct draft_state *from = &c->draft->states.items[index];
    struct fsm_state *state = &c->machine->states[index];
    if (state->kind != FSM_STATE_FINAL)
        return;
    int done = c->machine->states[state->parent].done_event;
    if (c->draft->is_neutral)
        state->output_value = compile_text(c, &c->scope, from->output_value, NULL);
    else if (done != FSM_NONE)
        state->output = compile_fields(c, &c->scope, &from->output, c->events.items[done].fields,
                                       "the output", from->node);
    else
        state->output = compile_free_fields(c, &c->scope, &from->output);
}

/* ---- transitions ----------------------------------------------------------------------------- */

static struct fsm_descriptor descriptor_of(const struct draft *draft, const char *text)
{
    size_t size = strlen(text);
    if (strcmp(text, "*") == 0)
        return (struct fsm_descriptor){text, 1, FSM_MATCH_ANY};
    if (draft->is_neutral)
        return (struct fsm_descriptor){text, (uint32_t)size, FSM_MATCH_PREFIX};
    if (size > 2 && strcmp(text + size - 2, ".*") == 0)
        return (struct fsm_descriptor){text, (uint32_t)size - 2, FSM_MATCH_PREFIX};
    return (struct fsm_descriptor){text, (uint32_t)size, FSM_MATCH_EXACT};
}

/* An event name or pattern must be able to match something. */
static void check_event(struct compiler *c, struct draft_text text,
                        const struct fsm_descriptor *descriptor)
{
    if (c->draft->is_neutral || descriptor->match == FSM_MATCH_ANY)
        return;
    for (size_t i = 0; i < c->events.count; i++)
        if (fsm_descriptor_matches(descriptor, c->events.items[i].name, c->events.items[i].size))
            return;
    unknown_event_fault(c, text);
}

static void check_code(struct compiler *c, struct draft_text text,
                       const struct fsm_command *command)
{
    const char *words[64];
    size_t count = 0;
    for (; count < COUNT_OF(reserved_codes); count++)
        words[count] = reserved_codes[count];
    for (uint32_t i = 0; i < command->errors.count && count < COUNT_OF(words); i++)
        words[count++] = c->texts.items[command->errors.first + i];
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], text.text) == 0)
            return;
    yaml_error(c->draft->faults, text.node, "the command `%s` does not fail with `%s`",
               command->name, text.text);
    yaml_hint_nearest(c->draft->faults, text.text, words, count);
    yaml_hint(c->draft->faults, "declare it under its `errors:`");
}

static void compile_descriptors(struct compiler *c, const struct draft_transition *from,
                                struct fsm_transition *out)
{
    out->descriptors.first = (uint32_t)c->descriptors.count;
    for (size_t i = 0; i < from->events.count; i++) {
        struct draft_text text = from->events.items[i];
        struct fsm_descriptor *descriptor = compiler_push(c, &c->descriptors);
        if (descriptor == NULL)
            return;
        *descriptor = descriptor_of(c->draft, text.text);
        out->descriptors.count++;
        if (out->trigger == FSM_ON_EVENT)
            check_event(c, text, descriptor);
        else if (c->invokes.items[out->of].command != FSM_NONE)
            check_code(c, text, &c->machine->commands[c->invokes.items[out->of].command]);
    }
}

static const struct expr_scope *transition_scope(struct compiler *c,
                                                 const struct draft_transition *from,
                                                 const struct fsm_transition *out)
{
    if (c->draft->is_neutral)
        return &c->scope;
    switch (out->trigger) {
    case FSM_ON_EVENT:
        return scope_of_event(c, find_event_name(c, from->events.items[0].text));
    case FSM_ON_DONE:
        if (c->invokes.items[out->of].command == FSM_NONE)
            return &c->scope;
        return scope_of_result(c, c->invokes.items[out->of].command);
    case FSM_ON_ERROR:
        return scope_of_error(c);
    case FSM_ON_ALWAYS:
    case FSM_ON_TIMER:
        break;
    }
    return &c->scope;
}

static void resolve_domain(struct compiler *c, struct fsm_transition *out)
{
    if (out->targets.count == 0) {
        out->domain = FSM_NONE;
        return;
    }
    const int16_t *targets = c->targets.items + out->targets.first;
    for (uint32_t i = 0; i < out->targets.count; i++)
        if (fsm_is_history(&c->machine->states[targets[i]])) {
            out->domain = FSM_DYNAMIC;
            return;
        }
    out->domain =
        (int16_t)fsm_domain(c->machine, out->source, out->is_internal, targets, out->targets.count);
}

static void compile_transition(struct compiler *c, int state, int index, uint32_t first_timer,
                               uint32_t first_invoke)
{
    const struct draft_transition *from = &c->draft->states.items[state].transitions.items[index];
    struct fsm_transition out = {.source = (int16_t)state,
                                 .index = (int16_t)index,
                                 .trigger = from->trigger,
                                 .of = FSM_NONE,
                                 .is_internal = from->is_internal,
                                 .doc = from->doc.text != NULL ? from->doc.text : ""};
    if (from->trigger == FSM_ON_TIMER)
        out.of = (int16_t)(first_timer + (uint32_t)from->of);
    else if (from->trigger == FSM_ON_DONE || from->trigger == FSM_ON_ERROR)
        out.of = (int16_t)(first_invoke + (uint32_t)from->of);
    if (from->node != NULL) {
        out.line = from->node->line;
        out.column = from->node->column;
        out.width = from->node->width;
    }
    compile_descriptors(c, from, &out);
    const struct expr_scope *scope = transition_scope(c, from, &out);
    out.guard = compile_guard(c, scope, from->guard);
    int parent = c->machine->states[state].parent;
    out.targets = resolve_targets(c, parent >= 0 ? parent : 0, &from->targets);
    if (out.targets.count == from->targets.count && out.targets.count > 1)
        check_regions(c, out.targets, &from->targets);
    resolve_domain(c, &out);
    out.actions = compile_block(c, scope, &from->actions);
    struct fsm_transition *transition = compiler_push(c, &c->transitions);
    if (transition != NULL)
        *transition = out;
}

/* ---- states, continued ----------------------------------------------------------------------- */

/* What gives names to events must come before the transitions that name them. */
static void compile_generators(struct compiler *c, int index)
{
    struct fsm_state *state = &c->machine->states[index];
    const struct draft_state *from = &c->draft->states.items[index];
    state->timers = (struct fsm_range){(uint32_t)c->timers.count, (uint32_t)from->timers.count};
    for (size_t i = 0; i < from->timers.count && !c->draft->is_full; i++)
        compile_timer(c, index, (int)i);
    state->invokes = (struct fsm_range){(uint32_t)c->invokes.count, (uint32_t)from->invokes.count};
    for (size_t i = 0; i < from->invokes.count && !c->draft->is_full; i++)
        compile_invoke(c, index, (int)i);
    if (index > 0 && has_final_child(c->machine, index))
        name_done_event(c, index);
}

static void compile_state(struct compiler *c, int index)
{
    struct fsm_state *state = &c->machine->states[index];
    const struct draft_state *from = &c->draft->states.items[index];
    state->tags = (struct fsm_range){(uint32_t)c->tags.count, (uint32_t)from->tags.count};
    for (size_t i = 0; i < from->tags.count; i++) {
        const char **tag = compiler_push(c, &c->tags);
        if (tag == NULL)
            return;
        *tag = from->tags.items[i].text;
    }
    state->entry = compile_block(c, &c->scope, &from->entry);
    state->exit = compile_block(c, &c->scope, &from->exit);
    state->initial_do = compile_block(c, &c->scope, &from->initial_do);
    state->transitions =
        (struct fsm_range){(uint32_t)c->transitions.count, (uint32_t)from->transitions.count};
    if (c->transitions.count + from->transitions.count > FSM_TRANSITIONS_MAX) {
        yaml_error(c->draft->faults, from->node, "more than %d transitions", FSM_TRANSITIONS_MAX);
        c->draft->is_full = true;
    }
    for (size_t i = 0; i < from->transitions.count && !c->draft->is_full; i++)
        compile_transition(c, index, (int)i, state->timers.first, state->invokes.first);
}

/* ---- migrations ------------------------------------------------------------------------------ */

static void compile_migration(struct compiler *c, const struct draft_migration *from,
                              struct fsm_migration *out)
{
    static const struct expr_type old_type = {
        .kind = EXPR_MAP, .key = &expr_string, .item = &expr_dyn};
    static const struct expr_variable old = {
        .name = "old", .type = &old_type, .bank = FSM_BANK_SYSTEM, .index = FSM_SYSTEM_OLD};
    struct expr_scope scope = {.parent = &c->scope, .variables = &old, .variable_count = 1};
    out->from = from->from;
    if (from->node != NULL) {
        out->line = from->node->line;
        out->column = from->node->column;
        out->width = from->node->width;
    }
    out->states = (struct fsm_range){(uint32_t)c->migration_states.count, 0};
    for (size_t i = 0; i < from->states.count; i++) {
        int to = resolve_name(c, 0, from->states.items[i].value);
        struct fsm_migration_state *state = compiler_push(c, &c->migration_states);
        if (state == NULL)
            return;
        *state = (struct fsm_migration_state){from->states.items[i].name.text, (int16_t)to};
        out->states.count++;
    }
    out->values = (struct fsm_range){(uint32_t)c->migration_values.count, 0};
    for (size_t i = 0; i < from->values.count; i++) {
        int variable = find_variable(c, from->values.items[i].name);
        const struct expr_type *type =
            variable != FSM_NONE ? c->machine->variables[variable].type : NULL;
        struct fsm_migration_value *value = compiler_push(c, &c->migration_values);
        if (value == NULL)
            return;
        *value = (struct fsm_migration_value){
            (int16_t)variable, compile_text(c, &scope, from->values.items[i].value, type)};
        out->values.count++;
    }
}

static void compile_migrations(struct compiler *c)
{
    struct fsm_machine *machine = c->machine;
    size_t count = c->draft->migrations.count;
    machine->migrations = arena_array(c->arena, count + 1, sizeof *machine->migrations);
    if (machine->migrations == NULL) {
        c->draft->is_full = true;
        return;
    }
    machine->migration_count = (int)count;
    for (size_t i = 0; i < count; i++)
        compile_migration(c, &c->draft->migrations.items[i], &machine->migrations[i]);
}

/* ---- host ------------------------------------------------------------------------------------ */

static const struct fsm_field *find_host_field(const struct fsm_field *fields, size_t count,
                                               const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

static bool host_type_fits(struct compiler *c, const char *text, const struct expr_type *type)
{
    const struct expr_type *offered = NULL;
    struct fault fault;
    if (expr_type_parse(c->arena, text, strlen(text), &offered, &fault) != STATUS_OK)
        return false;
    bool is_word = type->kind == EXPR_ENUM && offered->kind == EXPR_STRING;
    return is_word || offered->kind == EXPR_DYN || type->kind == EXPR_DYN ||
           expr_type_equal(offered, type);
}

static void check_host_fields(struct compiler *c, const struct draft_names *names,
                              const struct fsm_field *fields, size_t count, const char *command,
                              const char *side)
{
    for (size_t i = 0; i < names->count; i++) {
        struct draft_text name = names->items[i].name;
        const struct fsm_field *offered = find_host_field(fields, count, name.text);
        if (offered == NULL) {
            yaml_error(c->draft->faults, name.node, "the command `%s` has no %s `%s`", command,
                       side, name.text);
            const char *words[64];
            size_t known = 0;
            for (; known < count && known < COUNT_OF(words); known++)
                words[known] = fields[known].name;
            yaml_hint_nearest(c->draft->faults, name.text, words, known);
        } else if (!host_type_fits(c, offered->type, names->items[i].type)) {
            yaml_error(c->draft->faults, name.node, "the %s `%s` of `%s` is %s", side, name.text,
                       command, offered->type);
        }
    }
}

static void check_host_command(struct compiler *c, const struct draft_command *command)
{
    const struct fsm_host *host = c->draft->host;
    const char *words[256];
    size_t known = 0;
    for (size_t i = 0; i < host->command_count; i++) {
        const struct fsm_host_command *offered = &host->commands[i];
        if (known < COUNT_OF(words))
            words[known++] = offered->name;
        if (strcmp(offered->name, command->name.text) != 0)
            continue;
        if (offered->is_write != command->is_write)
            yaml_error(c->draft->faults, command->name.node, "the command `%s` is of kind `%s`",
                       offered->name, offered->is_write ? "write" : "call");
        check_host_fields(c, &command->input, offered->input, offered->input_count, offered->name,
                          "input");
        check_host_fields(c, &command->output, offered->output, offered->output_count,
                          offered->name, "output");
        return;
    }
    yaml_error(c->draft->faults, command->name.node, "nobody carries out the command `%s`",
               command->name.text);
    yaml_hint_nearest(c->draft->faults, command->name.text, words, known);
}

static void check_host_event(struct compiler *c, size_t event)
{
    const struct fsm_host *host = c->draft->host;
    struct draft_text name = c->draft->events.items[event].name;
    if (c->event_is_sent[event])
        return;
    for (size_t i = 0; i < host->event_sent_count; i++)
        if (strcmp(host->events_sent[i], name.text) == 0)
            return;
    yaml_warning(c->draft->faults, name.node, "nobody sends the event `%s`", name.text);
    yaml_hint_nearest(c->draft->faults, name.text, host->events_sent, host->event_sent_count);
}

static void check_host(struct compiler *c)
{
    const struct fsm_host *host = c->draft->host;
    if (host == NULL)
        return;
    for (size_t i = 0; host->commands != NULL && i < c->draft->commands.count; i++)
        check_host_command(c, &c->draft->commands.items[i]);
    for (size_t i = 0; host->events_sent != NULL && i < c->draft->events.count; i++)
        check_host_event(c, i);
}

/* ---- the machine ----------------------------------------------------------------------------- */

/* An empty array still has an address to count from. */
static void *some(struct compiler *c, void *items)
{
    if (items == NULL && (items = arena_alloc(c->arena, 1)) == NULL)
        c->draft->is_full = true;
    return items;
}

static void keep_arrays(struct compiler *c)
{
    struct fsm_machine *machine = c->machine;
    machine->transitions = some(c, c->transitions.items);
    machine->transition_count = (int)c->transitions.count;
    machine->targets = some(c, c->targets.items);
    machine->descriptors = some(c, c->descriptors.items);
    machine->guards = c->guards.items;
    machine->guard_count = (int)c->guards.count;
    machine->actions = some(c, c->actions.items);
    machine->action_count = (int)c->actions.count;
    machine->branches = some(c, c->branches.items);
    machine->fields = some(c, c->fields.items);
    machine->timers = some(c, c->timers.items);
    machine->timer_count = (int)c->timers.count;
    machine->invokes = some(c, c->invokes.items);
    machine->invoke_count = (int)c->invokes.count;
    machine->any_invoke = c->invokes.count > 0;
    machine->events = c->events.items;
    machine->event_count = (int)c->events.count;
    machine->names = some(c, c->names.items);
    machine->texts = some(c, c->texts.items);
    machine->tags = some(c, c->tags.items);
    machine->retries = c->draft->retries.items;
    machine->retry_count = (int)c->draft->retries.count;
    machine->migration_states = c->migration_states.items;
    machine->migration_values = c->migration_values.items;
    machine->instance_size = fsm_instance_bytes(machine);
}

static void warn_unused_guards(struct compiler *c)
{
    for (size_t i = 0; i < c->draft->guards.count && c->draft->faults->error_count == 0; i++)
        if (!c->draft->guards.items[i].is_used)
            yaml_warning(c->draft->faults, c->draft->guards.items[i].name.node,
                         "nothing uses the guard `%s`", c->draft->guards.items[i].name.text);
}

/* Event names that stand in a neutral case get numbers, so that only computed ones are met at run
 * time. */
static void name_neutral_events(struct compiler *c)
{
    for (size_t s = 0; s < c->draft->states.count && c->draft->is_neutral; s++) {
        const struct draft_state *state = &c->draft->states.items[s];
        for (size_t t = 0; t < state->transitions.count; t++)
            for (size_t e = 0; e < state->transitions.items[t].events.count; e++) {
                const char *name = state->transitions.items[t].events.items[e].text;
                if (strcmp(name, "*") != 0 && find_event_name(c, name) == FSM_NONE)
                    (void)add_event_name(c, name, false); /* found again by its name */
            }
    }
}

enum status fsm_compile(struct draft *draft, const struct fsm_machine **out_machine)
{
    struct fsm_machine *machine = arena_alloc(draft->arena, sizeof *machine);
    struct compiler c = {.draft = draft, .machine = machine, .arena = draft->arena};
    if (machine == NULL || draft->is_full)
        return STATUS_FULL;
    machine->name = draft->name;
    machine->doc = draft->doc != NULL ? draft->doc : "";
    machine->version = draft->version;
    if (draft->version_node != NULL) {
        machine->version_line = draft->version_node->line;
        machine->version_column = draft->version_node->column;
        machine->version_width = draft->version_node->width;
    }
    machine->is_neutral = draft->is_neutral;
    machine->microsteps_max = draft->microsteps_max;
    machine->cost_max = draft->cost_max;
    memcpy(machine->hash, draft->hash, sizeof machine->hash);
    number_states(&c);
    if (!draft->is_full)
        compile_declarations(&c);
    if (!draft->is_full)
        compile_guards(&c);
    for (int i = 0; i < machine->state_count && !draft->is_full; i++)
        resolve_initial(&c, i);
    for (int i = 0; i < machine->state_count && !draft->is_full; i++)
        compile_generators(&c, i);
    for (int i = 0; i < machine->state_count && !draft->is_full; i++)
        compile_output(&c, i);
    name_neutral_events(&c);
    for (int i = 0; i < machine->state_count && !draft->is_full; i++)
        compile_state(&c, i);
    if (!draft->is_full) {
        machine->output = compile_free_fields(&c, &c.scope, &draft->output);
        compile_migrations(&c);
    }
    if (draft->is_full)
        return draft->faults != NULL && draft->faults->error_count > 0 ? STATUS_INVALID_ARGUMENT
                                                                       : STATUS_FULL;
    check_host(&c);
    warn_unused_guards(&c);
    keep_arrays(&c);
    if (draft->faults != NULL && draft->faults->error_count > 0)
        return STATUS_INVALID_ARGUMENT;
    compile_tables(&c);
    if (draft->is_full)
        return draft->faults != NULL && draft->faults->error_count > 0 ? STATUS_INVALID_ARGUMENT
                                                                       : STATUS_FULL;
    *out_machine = machine;
    return STATUS_OK;
}
