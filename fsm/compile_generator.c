/* What gives names to events: timers, invokes, and states that come to an end. */
#include "fsm/compile.h"

#include <stdio.h>
#include <string.h>

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

const char *const reserved_codes[RESERVED_CODES] = {"timeout", "deadline", "unavailable",
                                                    "cancelled", "invalid_output"};

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
    for (size_t i = 0; i < RESERVED_CODES; i++)
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

/* ---- final states ------------------------------------------------------------------------ */

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

void compile_output(struct compiler *c, int index)
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

void compile_generators(struct compiler *c, int index)
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
