/* fsm_start and fsm_step: one event in, run to completion, effects out. */
#include "fsm/run.h"

#include "fsm/yaml/yaml.h"

#include <string.h>

/* ---- selection ------------------------------------------------------------------------------- */

static const struct fsm_candidates *candidates_of(const struct fsm_machine *machine, int leaf,
                                                  int column)
{
    return &machine->candidates[machine->leaf_of[leaf] * (machine->event_count + 2) + column];
}

static bool names_event(const struct fsm_machine *machine, const struct fsm_transition *transition,
                        const struct fsm_happening *happening)
{
    for (uint32_t i = 0; i < transition->descriptors.count; i++)
        if (fsm_descriptor_matches(&machine->descriptors[transition->descriptors.first + i],
                                   happening->name, happening->size))
            return true;
    return false;
}

/* The first transition of a leaf's candidates that may be taken now. */
static int first_enabled(struct fsm_run *run, int leaf, int column,
                         const struct fsm_happening *unknown)
{
    const struct fsm_machine *machine = run->machine;
    const struct fsm_candidates *candidates = candidates_of(machine, leaf, column);
    for (uint32_t i = 0; i < candidates->count; i++) {
        int index = machine->candidate_items[candidates->first + i];
        const struct fsm_transition *transition = &machine->transitions[index];
        if (unknown != NULL && !names_event(machine, transition, unknown))
            continue;
        if (transition->guard == FSM_NONE || fsm_run_guard(run, transition->guard, true))
            return index;
    }
    return FSM_NONE;
}

static bool is_selected(const int16_t *enabled, int count, int transition)
{
    for (int i = 0; i < count; i++)
        if (enabled[i] == transition)
            return true;
    return false;
}

/* Fills scratch->enabled with the transitions that a column of candidates enables, one for each
 * active leaf at most; returns how many. */
static int select_transitions(struct fsm_run *run, int column, const struct fsm_happening *unknown)
{
    const struct fsm_machine *machine = run->machine;
    int count = 0;
    for (int word = 0; word < machine->word_count; word++) {
        uint64_t rest = run->now->active[word] & machine->leaf_bits[word];
        for (; rest != 0; rest &= rest - 1) {
            int enabled = first_enabled(run, word * 64 + LOWEST_BIT(rest), column, unknown);
            if (enabled != FSM_NONE && !is_selected(run->scratch->enabled, count, enabled))
                run->scratch->enabled[count++] = (int16_t)enabled;
        }
    }
    return count;
}

static int select_for(struct fsm_run *run, const struct fsm_happening *happening)
{
    if (happening->event != FSM_NONE)
        return select_transitions(run, happening->event, NULL);
    return select_transitions(run, run->machine->event_count + 1, happening);
}

static int select_always(struct fsm_run *run)
{
    const struct fsm_machine *machine = run->machine;
    if (!machine->any_always)
        return 0;
    for (int word = 0; word < machine->word_count; word++)
        if ((run->now->active[word] & machine->has_always[word]) != 0)
            return select_transitions(run, machine->event_count, NULL);
    return 0;
}

/* ---- invokes --------------------------------------------------------------------------------- */

static void start_invoke(struct fsm_run *run, int index)
{
    const struct fsm_machine *machine = run->machine;
    const struct fsm_invoke *invoke = &machine->invokes[index];
    const struct value *data;
    if (!fsm_run_map(run, invoke->input, &data))
        return;
    struct fsm_effect *effect = fsm_run_effect(run, FSM_EFFECT_INVOKE_START);
    if (effect == NULL)
        return;
    effect->id = invoke->id;
    effect->name = machine->commands[invoke->command].name;
    effect->data = data;
    effect->retry = invoke->retry != FSM_NONE ? &machine->retries[invoke->retry] : NULL;
    effect->timeout_ms = invoke->timeout_ms;
    effect->deadline_ms = invoke->deadline_ms;
    effect->heartbeat_ms = invoke->heartbeat_ms;
    run->now->invocations[index].key = effect->key;
}

/* Starts what the states entered in this macrostep and still active ask for. */
static void start_invokes(struct fsm_run *run)
{
    const struct fsm_machine *machine = run->machine;
    for (int s = 0; s < machine->state_count; s++) {
        if (!fsm_bit(run->to_invoke, s))
            continue;
        fsm_bit_clear(run->to_invoke, s);
        for (uint32_t i = 0; i < machine->states[s].invokes.count; i++)
            start_invoke(run, (int)(machine->states[s].invokes.first + i));
    }
}

/* ---- macrostep ------------------------------------------------------------------------------- */

static void set_event(struct fsm_run *run, const struct fsm_happening *happening)
{
    run->input.banks[FSM_BANK_EVENT] = happening->fields;
    run->scratch->system[FSM_SYSTEM_EVENT_NAME] = value_string(happening->name, happening->size);
    run->scratch->system[FSM_SYSTEM_EVENT_DATA] = happening->data;
}

static bool take_internal(struct fsm_run *run, int *out_count)
{
    if (run->queue.count == 0)
        return false;
    struct fsm_happening happening = run->queue.items[run->queue.first];
    run->queue.first = (run->queue.first + 1) % run->queue.capacity;
    run->queue.count--;
    fsm_run_trace(run, FSM_TRACE_INTERNAL, FSM_NONE, 0, happening.name);
    set_event(run, &happening);
    *out_count = select_for(run, &happening);
    return true;
}

/* Runs to completion: eventless transitions first, then internal events, then invokes. */
static void run_to_completion(struct fsm_run *run)
{
    while (!run->now->is_finished && fsm_run_ok(run)) {
        int count = select_always(run);
        if (count == 0 && !take_internal(run, &count)) {
            if (run->to_invoke == NULL)
                return;
            start_invokes(run);
            run->to_invoke = NULL;
            if (run->queue.count == 0)
                return;
            continue;
        }
        if (count == 0)
            continue;
        if (run->microsteps >= run->machine->microsteps_max) {
            run->failed = "more microsteps than one step may have: transitions that go in a circle";
            return;
        }
        fsm_run_microstep(run, run->scratch->enabled, count);
    }
}

/* ---- the end of a step ----------------------------------------------------------------------- */

static void add_timer_effects(struct fsm_run *run)
{
    const struct fsm_machine *machine = run->machine;
    for (int i = 0; i < machine->timer_count; i++) {
        const struct fsm_timer *now = &run->now->timers[i];
        const struct fsm_timer *before = run->before != NULL ? &run->before->timers[i] : NULL;
        bool was_pending = before != NULL && before->due_ms >= 0 && i != run->fired;
        struct fsm_effect *effect = NULL;
        if (now->due_ms >= 0 && (!was_pending || before->order != now->order))
            effect = fsm_run_effect(run, FSM_EFFECT_TIMER_SET);
        else if (now->due_ms < 0 && was_pending)
            effect = fsm_run_effect(run, FSM_EFFECT_TIMER_CANCEL);
        if (effect == NULL)
            continue;
        effect->id = machine->timers[i].id;
        effect->due_ms = effect->kind == FSM_EFFECT_TIMER_SET ? now->due_ms : 0;
    }
}

static const struct fsm_state *final_state(const struct fsm_run *run)
{
    for (int s = run->machine->state_count - 1; s > 0; s--)
        if (run->machine->states[s].parent == 0 && fsm_bit(run->now->active, s))
            return &run->machine->states[s];
    return NULL;
}

/* Computes the output; a field that fails leaves the whole empty, as there is nobody to tell. */
static void finish(struct fsm_run *run)
{
    const struct fsm_machine *machine = run->machine;
    for (int i = 0; i < machine->timer_count; i++)
        run->now->timers[i] = (struct fsm_timer){.due_ms = -1, .remaining_ms = -1};
    for (int i = 0; i < machine->invoke_count; i++) {
        if (run->now->invocations[i].key.seq == 0)
            continue;
        struct fsm_effect *effect = fsm_run_effect(run, FSM_EFFECT_INVOKE_CANCEL);
        if (effect == NULL)
            return;
        effect->id = machine->invokes[i].id;
        effect->key = run->now->invocations[i].key;
        run->now->invocations[i].key = (struct fsm_key){0};
    }
    const struct fsm_state *final = final_state(run);
    struct fsm_range fields = machine->output;
    if (final != NULL && final->output.count > 0)
        fields = final->output;
    const struct value *output = NULL;
    add_timer_effects(run);
    if (!fsm_run_map(run, fields, &output) && !fsm_run_map(run, (struct fsm_range){0, 0}, &output))
        return;
    struct fsm_effect *effect = fsm_run_effect(run, FSM_EFFECT_FINISHED);
    if (effect != NULL)
        effect->data = output;
}

/* Sets a step up. The parts are set one by one, because zeroing the whole takes a tenth of a step.
 */
static void begin(struct fsm_run *run, struct fsm_scratch *scratch, struct arena *arena,
                  unsigned flags)
{
    run->scratch = scratch;
    run->arena = arena;
    run->flags = flags;
    run->failed = NULL;
    run->to_invoke = NULL;
    run->microsteps = 0;
    run->fired = FSM_NONE;
    run->is_full = false;
    run->queue = (struct fsm_queue){0};
    run->effects = (struct fsm_effect_list){0};
    run->trace = (struct fsm_trace_list){0};
    run->input = (struct expr_input){0};
}

/* What expressions may read, once there is an instance. */
static void set_scene(struct fsm_run *run, int64_t now_ms)
{
    struct fsm_instance *now = run->now;
    struct value *system = run->scratch->system;
    run->input.banks[FSM_BANK_CONTEXT] = now->context;
    run->input.banks[FSM_BANK_SYSTEM] = system;
    run->input.banks[FSM_BANK_ERROR] = run->scratch->error;
    run->input.active = now->active;
    run->input.arena = run->arena;
    run->input.budget = run->machine->cost_max;
    if (now_ms > now->now_ms)
        now->now_ms = now_ms;
    now->seq++;
    system[FSM_SYSTEM_NOW] = value_timestamp_ms(now->now_ms);
    system[FSM_SYSTEM_INSTANCE_ID] = value_string(now->id, now->id_size);
    system[FSM_SYSTEM_EVENT_NAME] = (struct value){0};
    system[FSM_SYSTEM_EVENT_DATA] = (struct value){0};
}

static enum status close_step(struct fsm_run *run, struct fsm_step *out)
{
    if (fsm_run_ok(run)) {
        if (run->now->is_finished)
            finish(run);
        else if (run->machine->timer_count > 0)
            add_timer_effects(run);
    }
    if (run->is_full)
        return STATUS_FULL;
    out->microsteps = run->microsteps;
    out->trace = run->trace.items;
    out->trace_count = run->trace.count;
    if (run->failed != NULL) {
        out->answer = FSM_FAILED;
        out->message = run->failed;
        out->after = run->before;
        out->is_changed = false;
        return STATUS_OK;
    }
    out->after = run->now;
    out->effects = run->effects.items;
    out->effect_count = run->effects.count;
    return STATUS_OK;
}

/* ---- start ----------------------------------------------------------------------------------- */

static enum status invalid(struct fsm_run *run, struct fsm_step *out, const char *message)
{
    if (message == NULL)
        return STATUS_FULL;
    *out = (struct fsm_step){.answer = FSM_INVALID, .message = message, .after = run->before};
    return STATUS_OK;
}

/* Integers stand in for doubles in what comes from JSON. */
static struct value converted(const struct expr_type *type, struct value value)
{
    if (type->kind == EXPR_DOUBLE && value.kind == VALUE_INT)
        return value_double((double)value.as.integer);
    return value;
}

static const struct value *find_field(const struct value *map, const char *name)
{
    return map != NULL && map->kind == VALUE_MAP ? value_find(*map, value_text(name)) : NULL;
}

static const char *unknown_input(const struct fsm_run *run, const struct value *input)
{
    const struct fsm_machine *machine = run->machine;
    for (uint32_t i = 0; input != NULL && i < input->size; i++) {
        struct value key = input->as.entries[i].key;
        bool is_known = false;
        for (int v = 0; v < machine->variable_count && !is_known; v++)
            is_known = machine->variables[v].is_input &&
                       value_equal(key, value_text(machine->variables[v].name));
        if (!is_known)
            return arena_format(run->arena, "the machine takes no input `%s`",
                                value_message(run->arena, key));
    }
    return NULL;
}

/* Gives every variable its first value, in document order; returns why not, or NULL. */
static const char *start_context(struct fsm_run *run, const struct value *input)
{
    const struct fsm_machine *machine = run->machine;
    for (int i = 0; i < machine->variable_count; i++) {
        const struct fsm_variable *variable = &machine->variables[i];
        const struct value *given = variable->is_input ? find_field(input, variable->name) : NULL;
        struct value value = {0};
        if (given != NULL)
            value = converted(variable->type, *given);
        else if (variable->init != NULL)
            value = expr_evaluate(variable->init, &run->input);
        else if (variable->is_input)
            return arena_format(run->arena, "the input `%s` (%s) is missing", variable->name,
                                variable->type_text);
        else
            value = fsm_zero_value(variable->type, variable->is_nullable);
        if (value.kind == VALUE_ERROR)
            return arena_format(run->arena, "the first value of `%s`: %s", variable->name,
                                value_error_text(value.as.error));
        if (!(variable->is_nullable && value.kind == VALUE_NULL) &&
            !fsm_run_admits(variable->type, value))
            return arena_format(run->arena, "`%s` must be %s", variable->name, variable->type_text);
        run->now->context[i] = value;
    }
    return NULL;
}

enum status fsm_start(const struct fsm_machine *machine, const char *id, const struct value *input,
                      int64_t now_ms, unsigned flags, struct arena *arena, struct fsm_step *out)
{
    struct fsm_scratch scratch;
    struct fsm_run run;
    begin(&run, &scratch, arena, flags);
    run.machine = machine;
    run.before = NULL;
    run.now = fsm_instance_make(machine, arena);
    if (run.now == NULL || (run.now->id = arena_copy(arena, id, strlen(id))) == NULL)
        return STATUS_FULL;
    run.now->id_size = strlen(id);
    *out = (struct fsm_step){.answer = FSM_TAKEN, .is_changed = true};
    set_scene(&run, now_ms);
    for (int i = 0; i < machine->timer_count; i++)
        run.now->timers[i] = (struct fsm_timer){.due_ms = -1, .remaining_ms = -1};
    const char *problem = NULL;
    if (input != NULL && input->kind != VALUE_MAP)
        problem = "the input must be a map";
    else if (!machine->is_neutral)
        problem = unknown_input(&run, input);
    if (problem == NULL)
        problem = start_context(&run, input);
    if (arena_full(arena))
        return STATUS_FULL;
    if (problem != NULL)
        return invalid(&run, out, problem);
    fsm_run_enter_initial(&run);
    run_to_completion(&run);
    return close_step(&run, out);
}

/* ---- events ---------------------------------------------------------------------------------- */

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
        const struct value *given = find_field(data, name->name);
        if (given == NULL || (name->is_optional && given->kind == VALUE_NULL)) {
            if (!name->is_optional)
                return arena_format(run->arena, "`%s` needs the field `%s`", what, name->name);
            continue;
        }
        values[i] = converted(name->type, *given);
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

enum reading { READ_GOOD, READ_INVALID, READ_LATE };

static enum reading read_external(struct fsm_run *run, const struct fsm_event *event,
                                  struct fsm_happening *out, const char **out_why)
{
    const struct fsm_machine *machine = run->machine;
    out->size = (uint32_t)strlen(event->name);
    out->name = event->name;
    out->event = fsm_event_find(machine, event->name, out->size);
    if (machine->is_neutral) {
        out->data = event->data != NULL ? *event->data : value_null();
        return READ_GOOD;
    }
    if (out->event == FSM_NONE || !machine->events[out->event].is_declared) {
        *out_why = unknown_event(run, event->name);
        return READ_INVALID;
    }
    out->name = machine->events[out->event].name;
    if (machine->events[out->event].fields.count == 0 && event->data == NULL)
        return READ_GOOD;
    *out_why = bind_fields(run, machine->events[out->event].fields, event->name, event->data,
                           &out->fields);
    return *out_why == NULL ? READ_GOOD : READ_INVALID;
}

static enum reading read_timer(struct fsm_run *run, const struct fsm_event *event,
                               struct fsm_happening *out, const char **out_why)
{
    const struct fsm_machine *machine = run->machine;
    out->event = fsm_event_find(machine, event->name, strlen(event->name));
    int timer = out->event != FSM_NONE ? machine->events[out->event].timer : FSM_NONE;
    if (timer == FSM_NONE) {
        *out_why = "no such timer";
        return READ_LATE;
    }
    struct fsm_timer *pending = &run->now->timers[timer];
    if (pending->due_ms < 0 || (event->due_ms != 0 && event->due_ms != pending->due_ms)) {
        *out_why = "the timer was cancelled or set anew";
        return READ_LATE;
    }
    pending->due_ms = -1;
    pending->order = 0;
    run->fired = timer;
    out->name = machine->timers[timer].id;
    out->size = (uint32_t)strlen(out->name);
    return READ_GOOD;
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

static enum reading read_result(struct fsm_run *run, const struct fsm_event *event,
                                struct fsm_happening *out, const char **out_why)
{
    const struct fsm_machine *machine = run->machine;
    int index = find_invoke(machine, event->name);
    if (index == FSM_NONE) {
        *out_why = "no such invoke";
        return READ_LATE;
    }
    struct fsm_key running = run->now->invocations[index].key;
    bool is_other =
        event->key.seq != 0 && (event->key.seq != running.seq || event->key.index != running.index);
    if (running.seq == 0 || is_other) {
        *out_why = "the result came after its state was left";
        return READ_LATE;
    }
    run->now->invocations[index].key = (struct fsm_key){0};
    const struct fsm_invoke *invoke = &machine->invokes[index];
    if (event->kind == FSM_EVENT_ERROR) {
        set_error(run, invoke, event->code != NULL ? event->code : "", event->detail,
                  event->attempt, out);
        return READ_GOOD;
    }
    const struct value *fields;
    const char *why = bind_fields(run, machine->commands[invoke->command].output, invoke->id,
                                  event->data, &fields);
    if (why != NULL) {
        set_error(run, invoke, "invalid_output", why, 0, out);
        return READ_GOOD;
    }
    run->input.banks[FSM_BANK_RESULT] = fields;
    set_event_name(machine, invoke->done_event, out);
    return READ_GOOD;
}

static enum reading read_event(struct fsm_run *run, const struct fsm_event *event,
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
    return READ_INVALID;
}

/* ---- refusals -------------------------------------------------------------------------------- */

static const char *values_seen(struct fsm_run *run, const struct expr_program *program)
{
    size_t count;
    const struct expr_variable *reads = expr_reads(program, &count);
    const char *text = "";
    for (size_t i = 0; i < count; i++) {
        const struct value *bank = run->input.banks[reads[i].bank];
        const char *literal =
            bank != NULL ? value_literal(run->arena, bank[reads[i].index]) : "unset";
        text = arena_format(run->arena, "%s%s%s = %s", text, *text != '\0' ? ", " : "",
                            reads[i].name, literal != NULL ? literal : "");
        if (text == NULL)
            return "";
    }
    return text;
}

static const char *refusal_message(struct fsm_run *run, const struct fsm_guard *guard)
{
    if (guard->message == NULL)
        return "";
    struct value value = expr_evaluate(guard->message, &run->input);
    if (value.kind != VALUE_STRING)
        return "";
    return arena_copy(run->arena, value.as.text, value.size);
}

static void add_refusal(struct fsm_run *run, const struct fsm_transition *transition,
                        struct fsm_step *out, struct fsm_refusal *list)
{
    const struct fsm_guard *guard = &run->machine->guards[transition->guard];
    for (size_t i = 0; i < out->refusal_count; i++)
        if (list[i].source == transition->source && list[i].transition == transition->index)
            return;
    struct value value = expr_evaluate(guard->program, &run->input);
    bool is_error = value.kind == VALUE_ERROR;
    const char *message = refusal_message(run, guard);
    if (is_error)
        message = value_error_text(value.as.error);
    list[out->refusal_count++] = (struct fsm_refusal){.source = transition->source,
                                                      .transition = transition->index,
                                                      .guard = guard->name,
                                                      .text = guard->text,
                                                      .message = message != NULL ? message : "",
                                                      .values = values_seen(run, guard->program),
                                                      .is_error = is_error};
}

enum { REFUSALS_MAX = 32 };

/* Asks the guards once more, to say which of them refused and why. */
static void collect_refusals(struct fsm_run *run, const struct fsm_happening *happening,
                             struct fsm_step *out)
{
    const struct fsm_machine *machine = run->machine;
    struct fsm_refusal *list = arena_array(run->arena, REFUSALS_MAX, sizeof *list);
    if (list == NULL) {
        run->is_full = true;
        return;
    }
    int column = happening->event != FSM_NONE ? happening->event : machine->event_count + 1;
    for (int s = 0; s < machine->state_count; s++) {
        if (!fsm_bit(run->now->active, s) || machine->leaf_of[s] == FSM_NONE)
            continue;
        const struct fsm_candidates *candidates = candidates_of(machine, s, column);
        for (uint32_t i = 0; i < candidates->count && out->refusal_count < REFUSALS_MAX; i++) {
            const struct fsm_transition *transition =
                &machine->transitions[machine->candidate_items[candidates->first + i]];
            if (transition->guard == FSM_NONE ||
                (happening->event == FSM_NONE && !names_event(machine, transition, happening)))
                continue;
            add_refusal(run, transition, out, list);
        }
    }
    out->refusals = list;
    out->answer = out->refusal_count > 0 ? FSM_REFUSED : FSM_UNHANDLED;
    run->is_full = run->is_full || arena_full(run->arena);
}

/* ---- step ------------------------------------------------------------------------------------ */

static enum status drop(const struct fsm_run *run, const char *why, struct fsm_step *out)
{
    out->answer = FSM_DROPPED;
    out->message = why;
    out->after = run->before;
    return STATUS_OK;
}

static enum status take(struct fsm_run *run, const struct fsm_happening *happening,
                        bool is_consumed, struct fsm_step *out)
{
    fsm_run_trace(run, FSM_TRACE_EXTERNAL, FSM_NONE, 0, happening->name);
    set_event(run, happening);
    int count = select_for(run, happening);
    out->answer = FSM_TAKEN;
    if (count > 0)
        fsm_run_microstep(run, run->scratch->enabled, count);
    else
        collect_refusals(run, happening, out);
    run_to_completion(run);
    out->is_changed = is_consumed || run->microsteps > 0;
    if (out->is_changed || !fsm_run_ok(run))
        return close_step(run, out);
    out->after = run->before;
    out->trace = run->trace.items;
    out->trace_count = run->trace.count;
    return run->is_full ? STATUS_FULL : STATUS_OK;
}

/* Copies an instance made by fsm_instance_make, which lies in one block. */
static struct fsm_instance *working_copy(const struct fsm_machine *machine,
                                         const struct fsm_instance *before, struct arena *arena)
{
    struct fsm_instance *now = arena_alloc(arena, machine->instance_size);
    if (now == NULL)
        return NULL;
    memcpy(now, before, machine->instance_size);
    char *block = (char *)now;
    const char *old = (const char *)before;
    now->active = (uint64_t *)(void *)(block + ((const char *)before->active - old));
    now->context = (struct value *)(void *)(block + ((const char *)before->context - old));
    now->history = (uint64_t *)(void *)(block + ((const char *)before->history - old));
    now->timers = (struct fsm_timer *)(void *)(block + ((const char *)before->timers - old));
    now->invocations =
        (struct fsm_invocation *)(void *)(block + ((const char *)before->invocations - old));
    return now;
}

enum status fsm_step(const struct fsm_machine *machine, const struct fsm_instance *before,
                     const struct fsm_event *event, unsigned flags, struct arena *arena,
                     struct fsm_step *out)
{
    struct fsm_scratch scratch;
    struct fsm_run run;
    begin(&run, &scratch, arena, flags);
    run.machine = machine;
    run.before = before;
    *out = (struct fsm_step){0};
    if (before->is_finished) {
        if (event->kind != FSM_EVENT_EXTERNAL)
            return drop(&run, "the machine has finished", out);
        out->answer = FSM_UNHANDLED;
        out->after = before;
        return STATUS_OK;
    }
    run.now = working_copy(machine, before, arena);
    if (run.now == NULL)
        return STATUS_FULL;
    set_scene(&run, event->now_ms);
    struct fsm_happening happening = {.event = FSM_NONE};
    const char *why = NULL;
    enum reading reading = read_event(&run, event, &happening, &why);
    if (arena_full(arena))
        return STATUS_FULL;
    if (reading == READ_INVALID)
        return invalid(&run, out, why);
    if (reading == READ_LATE)
        return drop(&run, why, out);
    return take(&run, &happening, event->kind != FSM_EVENT_EXTERNAL, out);
}

enum status fsm_force(const struct fsm_machine *machine, const struct fsm_instance *before,
                      const int16_t *transitions, int count, struct arena *arena,
                      struct fsm_step *out)
{
    struct fsm_scratch scratch;
    struct fsm_run run;
    begin(&run, &scratch, arena, FSM_TRACE);
    run.machine = machine;
    run.before = before;
    *out = (struct fsm_step){.answer = FSM_TAKEN, .is_changed = true};
    run.now = working_copy(machine, before, arena);
    if (run.now == NULL)
        return STATUS_FULL;
    set_scene(&run, before->now_ms);
    fsm_run_microstep(&run, transitions, count);
    run_to_completion(&run);
    return close_step(&run, out);
}

/* ---- outlook --------------------------------------------------------------------------------- */

static bool reads_payload(const struct expr_program *program)
{
    size_t count;
    const struct expr_variable *reads = expr_reads(program, &count);
    for (size_t i = 0; i < count; i++)
        if (reads[i].bank == FSM_BANK_EVENT)
            return true;
    return false;
}

/* One leaf's outlook: the first candidate that says yes or cannot be asked decides. */
static enum fsm_outlook outlook_of(struct fsm_run *run, int leaf, int event,
                                   const char **out_message)
{
    const struct fsm_machine *machine = run->machine;
    const struct fsm_candidates *candidates = candidates_of(machine, leaf, event);
    enum fsm_outlook outlook = FSM_NOT_HANDLED;
    for (uint32_t i = 0; i < candidates->count; i++) {
        const struct fsm_transition *transition =
            &machine->transitions[machine->candidate_items[candidates->first + i]];
        if (transition->guard == FSM_NONE)
            return FSM_ALLOWED;
        const struct fsm_guard *guard = &machine->guards[transition->guard];
        if (reads_payload(guard->program))
            return FSM_DEPENDS;
        if (fsm_run_guard(run, transition->guard, false))
            return FSM_ALLOWED;
        outlook = FSM_NOT_ALLOWED;
        if (out_message != NULL && *out_message == NULL) {
            const char *message = refusal_message(run, guard);
            *out_message = message != NULL && *message != '\0' ? message : NULL;
        }
    }
    return outlook;
}

enum status fsm_outlook(const struct fsm_machine *machine, const struct fsm_instance *instance,
                        int event, int64_t now_ms, struct arena *arena,
                        enum fsm_outlook *out_outlook, const char **out_message)
{
    struct fsm_scratch scratch;
    struct fsm_run run;
    begin(&run, &scratch, arena, 0);
    run.machine = machine;
    run.before = instance;
    run.now = working_copy(machine, instance, arena);
    if (run.now == NULL)
        return STATUS_FULL;
    set_scene(&run, now_ms);
    enum fsm_outlook best = FSM_NOT_HANDLED;
    const char *message = NULL;
    for (int s = 0; s < machine->state_count && !instance->is_finished; s++) {
        if (!fsm_bit(instance->active, s) || machine->leaf_of[s] == FSM_NONE)
            continue;
        enum fsm_outlook outlook = outlook_of(&run, s, event, &message);
        if (outlook < best)
            best = outlook;
    }
    if (arena_full(arena))
        return STATUS_FULL;
    *out_outlook = best;
    if (out_message != NULL)
        *out_message = best == FSM_NOT_ALLOWED && message != NULL ? message : "";
    return STATUS_OK;
}
