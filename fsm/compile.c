/* A draft made into a machine: states numbered, names resolved, expressions compiled. */
#include "fsm/compile.h"

#include <stdio.h>
#include <string.h>

/* ---- states ------------------------------------------------------------------------------ */

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

/* ---- transitions ------------------------------------------------------------------------- */

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
    for (; count < RESERVED_CODES; count++)
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

/* ---- states, continued ------------------------------------------------------------------- */

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

/* ---- migrations -------------------------------------------------------------------------- */

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

/* ---- the machine ------------------------------------------------------------------------- */

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

/* A guard that nothing uses yet is still held to the rules. What its transition would bring
 * (`event`, `result`, `error`) is not known, so anything may be read from there, and how many steps
 * that takes cannot be said. */
static void check_unused_guards(struct compiler *c)
{
    static const struct expr_variable brought[] = {{.name = "event", .type = &expr_dyn},
                                                   {.name = "result", .type = &expr_dyn},
                                                   {.name = "error", .type = &expr_dyn}};
    const struct expr_scope scope = {
        .parent = &c->scope, .variables = brought, .variable_count = COUNT_OF(brought)};
    const uint64_t cost_max = c->draft->cost_max;
    c->draft->cost_max = UINT64_MAX;
    for (size_t i = 0; i < c->draft->guards.count && !c->draft->is_full; i++) {
        const struct draft_guard *guard = &c->draft->guards.items[i];
        if (guard->is_used)
            continue;
        (void)compile_text(c, &scope, guard->condition, &expr_bool); /* for its faults alone */
        (void)compile_text(c, &scope, guard->message, &expr_string);
        if (c->draft->faults->error_count == 0)
            yaml_warning(c->draft->faults, guard->name.node, "nothing uses the guard `%s`",
                         guard->name.text);
    }
    c->draft->cost_max = cost_max;
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
    machine->zone_offset = draft->host != NULL ? draft->host->zone_offset : NULL;
    machine->zone_user = draft->host != NULL ? draft->host->zone_user : NULL;
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
    check_unused_guards(&c);
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
