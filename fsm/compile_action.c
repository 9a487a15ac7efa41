/* Actions compiled: what they name is found, what they compute has the right type. */
#include "fsm/compile.h"

#include <stdio.h>
#include <string.h>

int find_variable(struct compiler *c, struct draft_text name)
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
        check_host_emit(c, from, out.fields);
        break;
    case FSM_DO_IF:
        compile_if(c, scope, from, &out);
        break;
    }
    return out;
}

struct fsm_range compile_block(struct compiler *c, const struct expr_scope *scope,
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
