/* What actions do to the instance, the queue and the list of effects. */
#include "fsm/run.h"

#include <string.h>

void fsm_run_trace_add(struct fsm_run *run, struct fsm_trace_entry entry)
{
    struct fsm_trace_list *trace = &run->trace;
    if (trace->count == trace->capacity) {
        size_t capacity = trace->capacity != 0 ? trace->capacity * 2 : 16;
        struct fsm_trace_entry *grown = arena_array(run->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            run->is_full = true;
            return;
        }
        if (trace->count > 0)
            memcpy(grown, trace->items, trace->count * sizeof *grown);
        trace->items = grown;
        trace->capacity = capacity;
    }
    trace->items[trace->count++] = entry;
}

static bool grow_queue(struct fsm_run *run)
{
    struct fsm_queue *queue = &run->queue;
    uint32_t capacity = queue->capacity != 0 ? queue->capacity * 2 : 8;
    struct fsm_happening *grown = arena_array(run->arena, capacity, sizeof *grown);
    if (grown == NULL) {
        run->is_full = true;
        return false;
    }
    for (uint32_t i = 0; i < queue->count; i++)
        grown[i] = queue->items[(queue->first + i) % queue->capacity];
    queue->items = grown;
    queue->first = 0;
    queue->capacity = capacity;
    return true;
}

void fsm_run_raise(struct fsm_run *run, struct fsm_happening happening)
{
    struct fsm_queue *queue = &run->queue;
    if (++queue->total > FSM_QUEUE_MAX) {
        run->failed = "more internal events than one step may have";
        return;
    }
    if (queue->count == queue->capacity && !grow_queue(run))
        return;
    queue->items[(queue->first + queue->count++) % queue->capacity] = happening;
}

void fsm_run_error(struct fsm_run *run, struct value error, const char *what)
{
    if (error.kind == VALUE_ERROR && error.as.error == VALUE_ERROR_MEMORY) {
        run->is_full = true;
        return;
    }
    const char *why =
        error.kind == VALUE_ERROR ? value_error_text(error.as.error) : "a value of the wrong type";
    char *text = arena_format(run->arena, "%s: %s", what, why);
    struct value *fields = arena_array(run->arena, 1, sizeof *fields);
    if (text == NULL || fields == NULL) {
        run->is_full = true;
        return;
    }
    fields[0] = value_text(text);
    fsm_run_trace(run, FSM_TRACE_ERROR, FSM_NONE, 0, text);
    const struct fsm_event_name *name = &run->machine->events[run->machine->error_event];
    fsm_run_raise(run, (struct fsm_happening){.event = run->machine->error_event,
                                              .name = name->name,
                                              .size = name->size,
                                              .fields = fields,
                                              .data = fields[0]});
}

struct fsm_effect *fsm_run_effect(struct fsm_run *run, enum fsm_effect_kind kind)
{
    struct fsm_effect_list *effects = &run->effects;
    if (effects->count == FSM_EFFECTS_MAX) {
        run->failed = "more effects than one step may have";
        return NULL;
    }
    if (effects->count == effects->capacity) {
        size_t capacity = effects->capacity != 0 ? effects->capacity * 2 : 4;
        struct fsm_effect *grown = arena_array(run->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            run->is_full = true;
            return NULL;
        }
        if (effects->count > 0)
            memcpy(grown, effects->items, effects->count * sizeof *grown);
        effects->items = grown;
        effects->capacity = capacity;
    }
    struct fsm_effect *effect = &effects->items[effects->count++];
    effect->kind = kind;
    effect->key = (struct fsm_key){run->now->seq, (uint32_t)effects->count};
    return effect;
}

bool fsm_run_guard(struct fsm_run *run, int guard, bool is_loud)
{
    if (guard == FSM_NONE)
        return true;
    const struct fsm_guard *it = &run->machine->guards[guard];
    struct value value = expr_evaluate(it->program, &run->input);
    if (value.kind == VALUE_BOOL)
        return value.as.boolean;
    if (is_loud)
        fsm_run_error(run, value, it->text);
    return false;
}

bool fsm_run_admits(const struct expr_type *type, struct value value)
{
    switch (type->kind) {
    case EXPR_NULL:
        return value.kind == VALUE_NULL;
    case EXPR_BOOL:
        return value.kind == VALUE_BOOL;
    case EXPR_INT:
        return value.kind == VALUE_INT;
    case EXPR_UINT:
        return value.kind == VALUE_UINT;
    case EXPR_DOUBLE:
        return value.kind == VALUE_DOUBLE;
    case EXPR_DURATION:
        return value.kind == VALUE_DURATION;
    case EXPR_TIMESTAMP:
        return value.kind == VALUE_TIMESTAMP;
    case EXPR_DYN:
    case EXPR_STRING:
    case EXPR_ENUM:
    case EXPR_LIST:
    case EXPR_MAP:
    case EXPR_TYPE:
    case EXPR_VARIABLE:
        break;
    }
    return expr_type_admits(type, value);
}

/* Evaluates one field; false where it has no value of its type. */
static bool field_value(struct fsm_run *run, const struct fsm_field_value *field, struct value *out)
{
    struct value value = expr_evaluate(field->program, &run->input);
    bool is_good = value.kind != VALUE_ERROR && value.kind != VALUE_UNSET &&
                   (field->type == NULL || fsm_run_admits(field->type, value));
    if (!is_good)
        fsm_run_error(run, value, field->key.as.text);
    *out = value;
    return is_good;
}

bool fsm_run_map(struct fsm_run *run, struct fsm_range fields, const struct value **out)
{
    struct value *map = arena_alloc(run->arena, sizeof *map);
    struct value_entry *entries = arena_array(run->arena, fields.count, sizeof *entries);
    if (map == NULL || entries == NULL) {
        run->is_full = true;
        return false;
    }
    size_t count = 0;
    for (uint32_t i = 0; i < fields.count; i++) {
        const struct fsm_field_value *field = &run->machine->fields[fields.first + i];
        if (field->program == NULL)
            continue;
        entries[count].key = field->key;
        if (!field_value(run, field, &entries[count].value))
            return false;
        count++;
    }
    *map = value_map(entries, count);
    *out = map;
    return true;
}

bool fsm_run_fields(struct fsm_run *run, struct fsm_range fields, const struct value **out)
{
    *out = NULL;
    if (fields.count == 0)
        return true;
    struct value *values = arena_array(run->arena, fields.count, sizeof *values);
    if (values == NULL) {
        run->is_full = true;
        return false;
    }
    for (uint32_t i = 0; i < fields.count; i++) {
        const struct fsm_field_value *field = &run->machine->fields[fields.first + i];
        if (field->program != NULL && !field_value(run, field, &values[i]))
            return false;
    }
    *out = values;
    return true;
}

static bool do_assign(struct fsm_run *run, const struct fsm_action *action)
{
    const struct fsm_variable *variable = &run->machine->variables[action->variable];
    struct value value = expr_evaluate(action->value, &run->input);
    if (value.kind == VALUE_ERROR || value.kind == VALUE_UNSET ||
        !fsm_run_admits(variable->type, value)) {
        fsm_run_error(run, value, variable->name);
        return false;
    }
    run->now->context[action->variable] = value;
    fsm_run_trace(run, FSM_TRACE_ASSIGN, FSM_NONE, action->variable, variable->name);
    return true;
}

/* The name of an event that is computed (neutral cases) or written. */
static bool event_name(struct fsm_run *run, const struct fsm_action *action, const char **out,
                       uint32_t *out_size)
{
    *out = action->name;
    *out_size = action->name != NULL ? (uint32_t)strlen(action->name) : 0;
    if (action->event_name == NULL)
        return true;
    struct value value = expr_evaluate(action->event_name, &run->input);
    char *copy =
        value.kind == VALUE_STRING ? arena_copy(run->arena, value.as.text, value.size) : NULL;
    if (value.kind != VALUE_STRING)
        fsm_run_error(run, value, "event");
    else if (copy == NULL)
        run->is_full = true;
    *out = copy;
    *out_size = value.size;
    return copy != NULL;
}

/* The one payload value of a neutral case. */
static bool payload(struct fsm_run *run, const struct fsm_action *action, struct value *out)
{
    *out = value_null();
    if (action->value == NULL)
        return true;
    *out = expr_evaluate(action->value, &run->input);
    if (out->kind != VALUE_ERROR && out->kind != VALUE_UNSET)
        return true;
    fsm_run_error(run, *out, "data");
    return false;
}

static bool do_raise(struct fsm_run *run, const struct fsm_action *action)
{
    struct fsm_happening happening = {.event = action->event};
    if (!event_name(run, action, &happening.name, &happening.size) ||
        !fsm_run_fields(run, action->fields, &happening.fields) ||
        !payload(run, action, &happening.data))
        return false;
    if (action->event_name != NULL)
        happening.event = fsm_event_find(run->machine, happening.name, happening.size);
    fsm_run_trace(run, FSM_TRACE_RAISE, FSM_NONE, 0, happening.name);
    fsm_run_raise(run, happening);
    return fsm_run_ok(run);
}

/* A delay in ms, not negative. */
static bool send_delay(struct fsm_run *run, const struct fsm_action *action, int64_t *out_ms)
{
    *out_ms = action->delay_ms;
    if (action->delay == NULL)
        return true;
    struct value value = expr_evaluate(action->delay, &run->input);
    if (value.kind != VALUE_DURATION) {
        fsm_run_error(run, value, "delay");
        return false;
    }
    *out_ms = value.as.integer > 0 ? value_to_ms(value) : 0;
    return true;
}

static bool send_target(struct fsm_run *run, const struct fsm_action *action, const char **out)
{
    *out = NULL;
    if (action->to == NULL)
        return true;
    struct value value = expr_evaluate(action->to, &run->input);
    if (value.kind != VALUE_STRING) {
        fsm_run_error(run, value, "to");
        return false;
    }
    *out = arena_copy(run->arena, value.as.text, value.size);
    if (*out == NULL)
        run->is_full = true;
    return *out != NULL;
}

static bool send_data(struct fsm_run *run, const struct fsm_action *action,
                      const struct value **out)
{
    if (!run->machine->is_neutral)
        return fsm_run_map(run, action->fields, out);
    struct value data;
    if (!payload(run, action, &data))
        return false;
    struct value *kept = arena_alloc(run->arena, sizeof *kept);
    if (kept == NULL) {
        run->is_full = true;
        return false;
    }
    *kept = data;
    *out = kept;
    return true;
}

static bool do_send(struct fsm_run *run, const struct fsm_action *action)
{
    const char *name, *to;
    uint32_t size;
    int64_t delay_ms;
    const struct value *data;
    if (!event_name(run, action, &name, &size) || !send_target(run, action, &to) ||
        !send_delay(run, action, &delay_ms) || !send_data(run, action, &data))
        return false;
    struct fsm_effect *effect = fsm_run_effect(run, FSM_EFFECT_SEND);
    if (effect == NULL)
        return false;
    effect->name = name;
    effect->to = to;
    effect->id = action->id;
    effect->data = data;
    effect->due_ms = fsm_due(run->now->now_ms, delay_ms);
    if ((run->flags & FSM_TRACE) != 0)
        fsm_run_trace_add(run, (struct fsm_trace_entry){
                                   .kind = FSM_TRACE_SEND, .number = delay_ms, .text = name});
    return true;
}

static bool do_cancel(struct fsm_run *run, const struct fsm_action *action)
{
    struct fsm_effect *effect = fsm_run_effect(run, FSM_EFFECT_SEND_CANCEL);
    if (effect == NULL)
        return false;
    effect->id = action->name;
    fsm_run_trace(run, FSM_TRACE_CANCEL, FSM_NONE, 0, action->name);
    return true;
}

static bool do_run(struct fsm_run *run, const struct fsm_action *action)
{
    const struct fsm_command *command = &run->machine->commands[action->command];
    const struct value *data;
    if (!fsm_run_map(run, action->fields, &data))
        return false;
    struct fsm_effect *effect =
        fsm_run_effect(run, command->is_write ? FSM_EFFECT_WRITE : FSM_EFFECT_RUN);
    if (effect == NULL)
        return false;
    effect->name = command->name;
    effect->data = data;
    effect->retry = action->retry != FSM_NONE ? &run->machine->retries[action->retry] : NULL;
    return true;
}

static bool do_emit(struct fsm_run *run, const struct fsm_action *action)
{
    const struct value *data;
    if (!fsm_run_map(run, action->fields, &data))
        return false;
    struct fsm_effect *effect = fsm_run_effect(run, FSM_EFFECT_EMIT);
    if (effect == NULL)
        return false;
    effect->name = action->name;
    effect->data = data;
    return true;
}

static bool do_if(struct fsm_run *run, const struct fsm_action *action);

static bool do_action(struct fsm_run *run, const struct fsm_action *action)
{
    switch (action->kind) {
    case FSM_DO_ASSIGN:
        return do_assign(run, action);
    case FSM_DO_RAISE:
        return do_raise(run, action);
    case FSM_DO_SEND:
        return do_send(run, action);
    case FSM_DO_CANCEL:
        return do_cancel(run, action);
    case FSM_DO_RUN:
        return do_run(run, action);
    case FSM_DO_EMIT:
        return do_emit(run, action);
    case FSM_DO_IF:
        return do_if(run, action);
    }
    return false;
}

/* Runs a block; false where an error skipped its rest. */
static bool do_block(struct fsm_run *run, struct fsm_range actions)
{
    for (uint32_t i = 0; i < actions.count; i++)
        if (!do_action(run, &run->machine->actions[actions.first + i]))
            return false;
    return true;
}

static bool do_if(struct fsm_run *run, const struct fsm_action *action)
{
    for (uint32_t i = 0; i < action->branches.count; i++) {
        const struct fsm_branch *branch = &run->machine->branches[action->branches.first + i];
        if (fsm_run_guard(run, branch->guard, true))
            return do_block(run, branch->actions);
        if (!fsm_run_ok(run))
            return false;
    }
    return true;
}

void fsm_run_actions(struct fsm_run *run, struct fsm_range actions)
{
    if (actions.count > 0)
        (void)do_block(run, actions); /* an error is on the queue or in `failed` */
}
