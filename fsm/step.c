/* fsm_start and fsm_step: one event in, run to completion, effects out. */
#include "fsm/run.h"

#include <string.h>

/* ---- selection --------------------------------------------------------------------------- */

/* The first transition of a leaf's candidates that may be taken now. */
static int first_enabled(struct fsm_run *run, int leaf, int column,
                         const struct fsm_happening *unknown)
{
    const struct fsm_machine *machine = run->machine;
    const struct fsm_candidates *candidates = fsm_candidates_of(machine, leaf, column);
    for (uint32_t i = 0; i < candidates->count; i++) {
        int index = machine->candidate_items[candidates->first + i];
        const struct fsm_transition *transition = &machine->transitions[index];
        if (unknown != NULL && !fsm_names_event(machine, transition, unknown))
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

/* ---- invokes ----------------------------------------------------------------------------- */

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

/* ---- macrostep --------------------------------------------------------------------------- */

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

/* ---- the end of a step ------------------------------------------------------------------- */

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
void fsm_run_begin(struct fsm_run *run, struct fsm_scratch *scratch, struct arena *arena,
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
    run->input.banks[FSM_BANK_EVENT] = NULL;
    run->input.banks[FSM_BANK_RESULT] = NULL;
}

/* What expressions may read, once there is an instance. */
void fsm_run_scene(struct fsm_run *run, int64_t now_ms)
{
    struct fsm_instance *now = run->now;
    struct value *system = run->scratch->system;
    run->input.banks[FSM_BANK_CONTEXT] = now->context;
    run->input.banks[FSM_BANK_SYSTEM] = system;
    run->input.banks[FSM_BANK_ERROR] = run->scratch->error;
    run->input.active = now->active;
    run->input.arena = run->arena;
    run->input.budget = run->machine->cost_max;
    run->input.zone_offset = run->machine->zone_offset;
    run->input.zone_user = run->machine->zone_user;
    if (now_ms > now->now_ms)
        now->now_ms = fsm_time(now_ms);
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

/* ---- start ------------------------------------------------------------------------------- */

static enum status invalid(struct fsm_run *run, struct fsm_step *out, const char *message)
{
    if (message == NULL)
        return STATUS_FULL;
    *out = (struct fsm_step){.answer = FSM_INVALID, .message = message, .after = run->before};
    return STATUS_OK;
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
        const struct value *given =
            variable->is_input ? fsm_run_find_field(input, variable->name) : NULL;
        struct value value = {0};
        if (given != NULL)
            value = fsm_run_converted(variable->type, *given);
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
    fsm_run_begin(&run, &scratch, arena, flags);
    run.machine = machine;
    run.before = NULL;
    run.now = fsm_instance_make(machine, arena);
    if (run.now == NULL || (run.now->id = arena_copy(arena, id, strlen(id))) == NULL)
        return STATUS_FULL;
    run.now->id_size = strlen(id);
    *out = (struct fsm_step){.answer = FSM_TAKEN, .is_changed = true};
    fsm_run_scene(&run, now_ms);
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

/* ---- step -------------------------------------------------------------------------------- */

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
        fsm_run_collect_refusals(run, happening, out);
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
struct fsm_instance *fsm_run_copy(const struct fsm_machine *machine,
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
    fsm_run_begin(&run, &scratch, arena, flags);
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
    run.now = fsm_run_copy(machine, before, arena);
    if (run.now == NULL)
        return STATUS_FULL;
    fsm_run_scene(&run, event->now_ms);
    struct fsm_happening happening = {.event = FSM_NONE};
    const char *why = NULL;
    enum fsm_reading reading = fsm_run_read(&run, event, &happening, &why);
    if (arena_full(arena))
        return STATUS_FULL;
    if (reading == FSM_READ_INVALID)
        return invalid(&run, out, why);
    if (reading == FSM_READ_LATE)
        return drop(&run, why, out);
    return take(&run, &happening, event->kind != FSM_EVENT_EXTERNAL, out);
}

enum status fsm_force(const struct fsm_machine *machine, const struct fsm_instance *before,
                      const int16_t *transitions, int count, struct arena *arena,
                      struct fsm_step *out)
{
    struct fsm_scratch scratch;
    struct fsm_run run;
    fsm_run_begin(&run, &scratch, arena, FSM_TRACE);
    run.machine = machine;
    run.before = before;
    *out = (struct fsm_step){.answer = FSM_TAKEN, .is_changed = true};
    run.now = fsm_run_copy(machine, before, arena);
    if (run.now == NULL)
        return STATUS_FULL;
    fsm_run_scene(&run, before->now_ms);
    fsm_run_microstep(&run, transitions, count);
    run_to_completion(&run);
    return close_step(&run, out);
}
