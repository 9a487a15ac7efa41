/* What comes from outside held against what the machine declares: events, timers, results. */
#include "fsm/run.h"

#include "fsm/yaml/yaml.h"

#include <string.h>

/* Integers stand in for doubles in what comes from JSON. */
struct value fsm_run_converted(const struct expr_type *type, struct value value)
{
    if (type->kind == EXPR_DOUBLE && value.kind == VALUE_INT)
        return value_double((double)value.as.integer);
    return value;
}

const struct value *fsm_run_find_field(const struct value *map, const char *name)
{
    return map != NULL && map->kind == VALUE_MAP ? value_find(*map, value_text(name)) : NULL;
}

/* Lays a payload out in declared order. Returns why it does not fit, NULL where it does. */
static const char *bind_fields(struct fsm_run *run, struct fsm_range names, const char *what,
                               const struct value *data, const struct value **out)
{
    *out = NULL;
    if (data != NULL && data->kind != VALUE_MAP)
        return arena_format(run->arena, "the payload of `%s` must be a map", what);
    if (names.count == 0)
        return NULL;
    struct value *values = arena_array(run->arena, names.count, sizeof *values);
    if (values == NULL)
        return "";
    for (uint32_t i = 0; i < names.count; i++) {
        const struct fsm_typed_name *name = &run->machine->names[names.first + i];
        const struct value *given = fsm_run_find_field(data, name->name);
        if (given == NULL || (name->is_optional && given->kind == VALUE_NULL)) {
            if (!name->is_optional)
                return arena_format(run->arena, "`%s` needs the field `%s`", what, name->name);
            continue;
        }
        values[i] = fsm_run_converted(name->type, *given);
        if (!fsm_run_admits(name->type, values[i]))
            return arena_format(run->arena, "the field `%s` of `%s` must be %s", name->name, what,
                                expr_type_text(run->arena, name->type));
    }
    *out = values;
    return NULL;
}

static const char *unknown_event(struct fsm_run *run, const char *name)
{
    const struct fsm_machine *machine = run->machine;
    const char **names =
        arena_array(run->arena, (size_t)machine->declared_count + 1, sizeof *names);
    if (names == NULL)
        return NULL;
    for (int i = 0; i < machine->declared_count; i++)
        names[i] = machine->events[i].name;
    const char *near = yaml_nearest(name, names, (size_t)machine->declared_count);
    if (near == NULL)
        return arena_format(run->arena, "the machine has no event `%.80s`", name);
    return arena_format(run->arena, "the machine has no event `%.80s`; did you mean `%s`?", name,
                        near);
}

static enum fsm_reading read_external(struct fsm_run *run, const struct fsm_event *event,
                                      struct fsm_happening *out, const char **out_why)
{
    const struct fsm_machine *machine = run->machine;
    out->size = (uint32_t)strlen(event->name);
    out->name = event->name;
    out->event = fsm_event_find(machine, event->name, out->size);
    if (machine->is_neutral) {
        out->data = event->data != NULL ? *event->data : value_null();
        return FSM_READ_GOOD;
    }
    if (out->event == FSM_NONE || !machine->events[out->event].is_declared) {
        *out_why = unknown_event(run, event->name);
        return FSM_READ_INVALID;
    }
    out->name = machine->events[out->event].name;
    if (machine->events[out->event].fields.count == 0 && event->data == NULL)
        return FSM_READ_GOOD;
    *out_why = bind_fields(run, machine->events[out->event].fields, event->name, event->data,
                           &out->fields);
    return *out_why == NULL ? FSM_READ_GOOD : FSM_READ_INVALID;
}

static enum fsm_reading read_timer(struct fsm_run *run, const struct fsm_event *event,
                                   struct fsm_happening *out, const char **out_why)
{
    const struct fsm_machine *machine = run->machine;
    out->event = fsm_event_find(machine, event->name, strlen(event->name));
    int timer = out->event != FSM_NONE ? machine->events[out->event].timer : FSM_NONE;
    if (timer == FSM_NONE) {
        *out_why = "no such timer";
        return FSM_READ_LATE;
    }
    struct fsm_timer *pending = &run->now->timers[timer];
    if (pending->due_ms < 0 || (event->due_ms != 0 && event->due_ms != pending->due_ms)) {
        *out_why = "the timer was cancelled or set anew";
        return FSM_READ_LATE;
    }
    pending->due_ms = -1;
    pending->order = 0;
    run->fired = timer;
    out->name = machine->timers[timer].id;
    out->size = (uint32_t)strlen(out->name);
    return FSM_READ_GOOD;
}

static int find_invoke(const struct fsm_machine *machine, const char *id)
{
    for (int i = 0; i < machine->invoke_count; i++)
        if (strcmp(machine->invokes[i].id, id) == 0)
            return i;
    return FSM_NONE;
}

static void set_event_name(const struct fsm_machine *machine, int event, struct fsm_happening *out)
{
    out->event = event;
    out->name = machine->events[event].name;
    out->size = machine->events[event].size;
}

static void set_error(struct fsm_run *run, const struct fsm_invoke *invoke, const char *code,
                      const char *detail, int attempt, struct fsm_happening *out)
{
    const struct fsm_machine *machine = run->machine;
    int other = (int)(invoke->error_events.first + invoke->error_events.count) - 1;
    size_t prefix = strlen("error.invoke.") + strlen(invoke->id) + 1;
    set_event_name(machine, other, out);
    for (int i = (int)invoke->error_events.first; i < other; i++)
        if (strcmp(machine->events[i].name + prefix, code) == 0)
            set_event_name(machine, i, out);
    run->scratch->error[FSM_ERROR_CODE] = value_text(code);
    run->scratch->error[FSM_ERROR_DETAIL] = value_text(detail != NULL ? detail : "");
    run->scratch->error[FSM_ERROR_ATTEMPT] = value_int(attempt);
}

static enum fsm_reading read_result(struct fsm_run *run, const struct fsm_event *event,
                                    struct fsm_happening *out, const char **out_why)
{
    const struct fsm_machine *machine = run->machine;
    int index = find_invoke(machine, event->name);
    if (index == FSM_NONE) {
        *out_why = "no such invoke";
        return FSM_READ_LATE;
    }
    struct fsm_key running = run->now->invocations[index].key;
    bool is_other =
        event->key.seq != 0 && (event->key.seq != running.seq || event->key.index != running.index);
    if (running.seq == 0 || is_other) {
        *out_why = "the result came after its state was left";
        return FSM_READ_LATE;
    }
    run->now->invocations[index].key = (struct fsm_key){0};
    const struct fsm_invoke *invoke = &machine->invokes[index];
    if (event->kind == FSM_EVENT_ERROR) {
        set_error(run, invoke, event->code != NULL ? event->code : "", event->detail,
                  event->attempt, out);
        return FSM_READ_GOOD;
    }
    const struct value *fields;
    const char *why = bind_fields(run, machine->commands[invoke->command].output, invoke->id,
                                  event->data, &fields);
    if (why != NULL) {
        set_error(run, invoke, "invalid_output", why, 0, out);
        return FSM_READ_GOOD;
    }
    run->input.banks[FSM_BANK_RESULT] = fields;
    set_event_name(machine, invoke->done_event, out);
    return FSM_READ_GOOD;
}

enum fsm_reading fsm_run_read(struct fsm_run *run, const struct fsm_event *event,
                              struct fsm_happening *out, const char **out_why)
{
    switch (event->kind) {
    case FSM_EVENT_EXTERNAL:
        return read_external(run, event, out, out_why);
    case FSM_EVENT_TIMER:
        return read_timer(run, event, out, out_why);
    case FSM_EVENT_DONE:
    case FSM_EVENT_ERROR:
        return read_result(run, event, out, out_why);
    }
    *out_why = "no such kind of event";
    return FSM_READ_INVALID;
}
