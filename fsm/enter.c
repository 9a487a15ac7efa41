/* Appendix D: which states a set of transitions leaves and enters, and doing it in order. */
#include "fsm/run.h"

#include <string.h>

/* ---- domains ----------------------------------------------------------------------------- */

static bool all_below(const struct fsm_machine *machine, const int16_t *targets, size_t count,
                      int ancestor)
{
    for (size_t i = 0; i < count; i++)
        if (!fsm_is_below(machine, targets[i], ancestor))
            return false;
    return true;
}

/* Appendix D takes the domain from the states that a history state stands for now. Here the history
 * state itself is the target: from outside its parent, where charts go to history from, that is the
 * same; from inside, D's domain can lie below the parent, and states would be entered that have not
 * been left. So the domain of every transition is known at load. */
int fsm_domain(const struct fsm_machine *machine, int source, bool is_internal,
               const int16_t *targets, size_t count)
{
    if (count == 0)
        return FSM_NONE;
    if (is_internal && machine->states[source].kind == FSM_STATE_COMPOUND &&
        all_below(machine, targets, count, source))
        return source;
    if (source == 0)
        return 0;
    int state = machine->states[source].parent;
    while (state != 0 && (machine->states[state].kind != FSM_STATE_COMPOUND ||
                          !all_below(machine, targets, count, state)))
        state = machine->states[state].parent;
    return state;
}

static uint64_t *history_bits(const struct fsm_run *run, int state)
{
    const struct fsm_machine *machine = run->machine;
    return run->now->history + (size_t)machine->states[state].history * (size_t)machine->word_count;
}

static bool any_bit(const uint64_t *bits, int words)
{
    for (int i = 0; i < words; i++)
        if (bits[i] != 0)
            return true;
    return false;
}

/* Returns the next set bit at or after `from`, FSM_NONE where there is none. */
static inline int next_bit(const uint64_t *bits, int words, int from)
{
    int word = from >> 6;
    if (word >= words)
        return FSM_NONE;
    uint64_t rest = bits[word] & (~UINT64_C(0) << (from & 63));
    while (rest == 0) {
        if (++word >= words)
            return FSM_NONE;
        rest = bits[word];
    }
    return word * 64 + LOWEST_BIT(rest);
}

/* Returns the last set bit at or before `from`, FSM_NONE where there is none. */
static inline int previous_bit(const uint64_t *bits, int from)
{
    if (from < 0)
        return FSM_NONE;
    int word = from >> 6;
    uint64_t rest = bits[word] & (~UINT64_C(0) >> (63 - (from & 63)));
    while (rest == 0) {
        if (--word < 0)
            return FSM_NONE;
        rest = bits[word];
    }
    return word * 64 + HIGHEST_BIT(rest);
}

/* The states a history state stands for now: what it remembers or its default. */
static void add_effective(const struct fsm_run *run, int target, int16_t *out, int *count)
{
    const struct fsm_machine *machine = run->machine;
    const struct fsm_state *state = &machine->states[target];
    if (!fsm_is_history(state)) {
        if (*count < FSM_STATES_MAX)
            out[(*count)++] = (int16_t)target;
        return;
    }
    const uint64_t *remembered = history_bits(run, target);
    if (any_bit(remembered, machine->word_count)) {
        for (int s = next_bit(remembered, machine->word_count, 0); s != FSM_NONE;
             s = next_bit(remembered, machine->word_count, s + 1))
            if (*count < FSM_STATES_MAX)
                out[(*count)++] = (int16_t)s;
        return;
    }
    for (uint32_t i = 0; i < state->initial.count; i++)
        add_effective(run, machine->targets[state->initial.first + i], out, count);
}

static int effective_targets(const struct fsm_run *run, const struct fsm_transition *transition)
{
    int count = 0;
    for (uint32_t i = 0; i < transition->targets.count; i++)
        add_effective(run, run->machine->targets[transition->targets.first + i],
                      run->scratch->effective, &count);
    return count;
}

/* ---- conflicts --------------------------------------------------------------------------- */

/* Exit sets meet exactly where one domain is the other or lies below it: a source is active below
 * (or is) its own domain, so neither set is empty. */
static bool conflict(const struct fsm_run *run, const struct fsm_transition *a,
                     const struct fsm_transition *b)
{
    int first = a->domain, second = b->domain;
    if (first == FSM_NONE || second == FSM_NONE)
        return false;
    return first == second || fsm_is_below(run->machine, first, second) ||
           fsm_is_below(run->machine, second, first);
}

/* Drops what a transition selected earlier, or one from deeper inside, preempts. In place. */
static int remove_conflicts(const struct fsm_run *run, int16_t *enabled, int count)
{
    const struct fsm_transition *all = run->machine->transitions;
    int kept = 0;
    for (int i = 0; i < count; i++) {
        const struct fsm_transition *one = &all[enabled[i]];
        bool is_preempted = false;
        for (int j = 0; j < kept && !is_preempted; j++)
            is_preempted = conflict(run, one, &all[enabled[j]]) &&
                           !fsm_is_below(run->machine, one->source, all[enabled[j]].source);
        if (is_preempted)
            continue;
        int left = 0;
        for (int j = 0; j < kept; j++)
            if (!conflict(run, one, &all[enabled[j]]))
                enabled[left++] = enabled[j];
        enabled[left++] = enabled[i];
        kept = left;
    }
    return kept;
}

/* ---- leaving ----------------------------------------------------------------------------- */

static void remember_children(struct fsm_run *run, int state)
{
    const struct fsm_machine *machine = run->machine;
    uint64_t *active = run->now->active;
    for (int h = state + 1; h <= machine->states[state].last; h++) {
        const struct fsm_state *history = &machine->states[h];
        if (history->parent != state || !fsm_is_history(history))
            continue;
        uint64_t *bits = history_bits(run, h);
        memset(bits, 0, (size_t)machine->word_count * sizeof *bits);
        for (int s = next_bit(active, machine->word_count, state + 1);
             s != FSM_NONE && s <= machine->states[state].last;
             s = next_bit(active, machine->word_count, s + 1)) {
            bool is_wanted = history->kind == FSM_STATE_HISTORY_DEEP
                                 ? fsm_is_leaf(&machine->states[s])
                                 : machine->states[s].parent == state;
            if (is_wanted)
                fsm_bit_set(bits, s);
        }
    }
}

static void stop_timers(struct fsm_run *run, const struct fsm_state *state)
{
    for (uint32_t i = 0; i < state->timers.count; i++) {
        struct fsm_timer *timer = &run->now->timers[state->timers.first + i];
        if (run->machine->timers[state->timers.first + i].keep && timer->due_ms >= 0)
            timer->remaining_ms =
                timer->due_ms > run->now->now_ms ? timer->due_ms - run->now->now_ms : 0;
        timer->due_ms = -1;
        timer->order = 0;
    }
}

static void stop_invokes(struct fsm_run *run, const struct fsm_state *state)
{
    for (uint32_t i = 0; i < state->invokes.count; i++) {
        struct fsm_invocation *invocation = &run->now->invocations[state->invokes.first + i];
        if (invocation->key.seq == 0)
            continue;
        struct fsm_effect *effect = fsm_run_effect(run, FSM_EFFECT_INVOKE_CANCEL);
        if (effect == NULL)
            return;
        effect->id = run->machine->invokes[state->invokes.first + i].id;
        effect->key = invocation->key;
        invocation->key = (struct fsm_key){0};
    }
}

static void leave(struct fsm_run *run, int index)
{
    const struct fsm_state *state = &run->machine->states[index];
    fsm_run_trace(run, FSM_TRACE_EXIT, index, 0, state->path);
    if (state->is_plain) {
        fsm_bit_clear(run->now->active, index);
        return;
    }
    fsm_run_actions(run, state->exit);
    stop_timers(run, state);
    stop_invokes(run, state);
    if (run->to_invoke != NULL)
        fsm_bit_clear(run->to_invoke, index);
    fsm_bit_clear(run->now->active, index);
}

/* Walks active states below `domain` from the last to the first. */
static void leave_below(struct fsm_run *run, int domain)
{
    const struct fsm_machine *machine = run->machine;
    for (int s = previous_bit(run->now->active, machine->states[domain].last); s > domain;
         s = previous_bit(run->now->active, s - 1))
        leave(run, s);
}

static void remember_below(struct fsm_run *run, int domain)
{
    const struct fsm_machine *machine = run->machine;
    if (machine->history_count == 0)
        return;
    for (int i = 0; i < machine->history_count; i++) {
        int parent = machine->states[machine->histories[i]].parent;
        if (fsm_is_below(machine, parent, domain) && fsm_bit(run->now->active, parent))
            remember_children(run, parent);
    }
}

/* Exit order is over all transitions together: the domains, which are disjoint, are left from the
 * last in the document to the first. History is remembered before any exit runs. */
static void leave_states(struct fsm_run *run, const int16_t *enabled, int count)
{
    int16_t domains[FSM_STATES_MAX];
    int domain_count = 0;
    for (int i = 0; i < count; i++) {
        int16_t domain = run->machine->transitions[enabled[i]].domain;
        if (domain == FSM_NONE)
            continue;
        int at = domain_count++;
        for (; at > 0 && domains[at - 1] < domain; at--)
            domains[at] = domains[at - 1];
        domains[at] = domain;
    }
    for (int i = 0; i < domain_count; i++)
        remember_below(run, domains[i]);
    for (int i = 0; i < domain_count; i++)
        leave_below(run, domains[i]);
}

/* ---- entering ---------------------------------------------------------------------------- */

static void add_descendants(struct fsm_run *run, int index);

static bool any_entered_below(const struct fsm_run *run, int state)
{
    int found = next_bit(run->scratch->enter, run->machine->word_count, state + 1);
    return found != FSM_NONE && found <= run->machine->states[state].last;
}

static void add_regions(struct fsm_run *run, int parallel)
{
    const struct fsm_machine *machine = run->machine;
    for (int child = parallel + 1; child <= machine->states[parallel].last;
         child = machine->states[child].last + 1)
        if (!fsm_is_history(&machine->states[child]) && !any_entered_below(run, child))
            add_descendants(run, child);
}

static void add_ancestors(struct fsm_run *run, int state, int until)
{
    const struct fsm_machine *machine = run->machine;
    for (int s = machine->states[state].parent; s != until && s > 0;
         s = machine->states[s].parent) {
        fsm_bit_set(run->scratch->enter, s);
        if (machine->states[s].kind == FSM_STATE_PARALLEL)
            add_regions(run, s);
    }
}

static void mark_restored(struct fsm_run *run, int state, int until)
{
    const struct fsm_machine *machine = run->machine;
    for (int s = state; s > 0; s = machine->states[s].parent) {
        fsm_bit_set(run->scratch->restored, s);
        if (s == until)
            return;
    }
}

static void add_history(struct fsm_run *run, int index)
{
    const struct fsm_machine *machine = run->machine;
    const struct fsm_state *state = &machine->states[index];
    const uint64_t *remembered = history_bits(run, index);
    int words = machine->word_count;
    if (any_bit(remembered, words)) {
        for (int s = next_bit(remembered, words, 0); s != FSM_NONE;
             s = next_bit(remembered, words, s + 1)) {
            mark_restored(run, s, state->parent);
            add_descendants(run, s);
        }
        for (int s = next_bit(remembered, words, 0); s != FSM_NONE;
             s = next_bit(remembered, words, s + 1))
            add_ancestors(run, s, state->parent);
        return;
    }
    struct fsm_scratch *scratch = run->scratch;
    if (state->initial_do.count > 0 &&
        scratch->history_count < (int)COUNT_OF(scratch->history_of)) {
        scratch->history_of[scratch->history_count][0] = state->parent;
        scratch->history_of[scratch->history_count++][1] = (int16_t)index;
    }
    for (uint32_t i = 0; i < state->initial.count; i++)
        add_descendants(run, machine->targets[state->initial.first + i]);
    for (uint32_t i = 0; i < state->initial.count; i++)
        add_ancestors(run, machine->targets[state->initial.first + i], state->parent);
}

static void add_descendants(struct fsm_run *run, int index)
{
    const struct fsm_machine *machine = run->machine;
    const struct fsm_state *state = &machine->states[index];
    if (fsm_is_history(state)) {
        add_history(run, index);
        return;
    }
    fsm_bit_set(run->scratch->enter, index);
    if (state->kind == FSM_STATE_COMPOUND) {
        fsm_bit_set(run->scratch->by_default, index);
        for (uint32_t i = 0; i < state->initial.count; i++)
            add_descendants(run, machine->targets[state->initial.first + i]);
        for (uint32_t i = 0; i < state->initial.count; i++)
            add_ancestors(run, machine->targets[state->initial.first + i], index);
    } else if (state->kind == FSM_STATE_PARALLEL) {
        add_regions(run, index);
    }
}

static bool due_time(struct fsm_run *run, const struct fsm_timer_spec *spec, int64_t *out_ms)
{
    if (spec->value == NULL) {
        *out_ms = fsm_due(spec->is_absolute ? 0 : run->now->now_ms, spec->delay_ms);
        return true;
    }
    struct value value = expr_evaluate(spec->value, &run->input);
    if (value.kind != (spec->is_absolute ? VALUE_TIMESTAMP : VALUE_DURATION)) {
        fsm_run_error(run, value, spec->id);
        return false;
    }
    int64_t ms = value_to_ms(value);
    *out_ms = spec->is_absolute ? fsm_due(0, ms) : fsm_due(run->now->now_ms, ms > 0 ? ms : 0);
    return true;
}

static void start_timers(struct fsm_run *run, const struct fsm_state *state, bool is_restored)
{
    for (uint32_t i = 0; i < state->timers.count; i++) {
        const struct fsm_timer_spec *spec = &run->machine->timers[state->timers.first + i];
        struct fsm_timer *timer = &run->now->timers[state->timers.first + i];
        int64_t due_ms;
        if (is_restored && timer->remaining_ms >= 0)
            due_ms = fsm_due(run->now->now_ms, timer->remaining_ms);
        else if (!due_time(run, spec, &due_ms))
            continue;
        timer->remaining_ms = -1;
        timer->due_ms = due_ms;
        timer->order = ++run->now->timer_order;
    }
}

static bool is_in_final(const struct fsm_run *run, int index)
{
    const struct fsm_machine *machine = run->machine;
    const struct fsm_state *state = &machine->states[index];
    bool is_parallel = state->kind == FSM_STATE_PARALLEL;
    if (state->kind != FSM_STATE_COMPOUND && !is_parallel)
        return false;
    for (int child = index + 1; child <= state->last; child = machine->states[child].last + 1) {
        if (fsm_is_history(&machine->states[child]))
            continue;
        bool is_done = is_parallel ? is_in_final(run, child)
                                   : machine->states[child].kind == FSM_STATE_FINAL &&
                                         fsm_bit(run->now->active, child);
        if (is_done != is_parallel)
            return is_done;
    }
    return is_parallel;
}

static void raise_done(struct fsm_run *run, int state, const struct fsm_state *final)
{
    const struct fsm_machine *machine = run->machine;
    int event = machine->states[state].done_event;
    if (event == FSM_NONE)
        return;
    struct fsm_happening happening = {.event = event,
                                      .name = machine->events[event].name,
                                      .size = machine->events[event].size,
                                      .data = value_null()};
    if (final != NULL && final->output_value != NULL) {
        happening.data = expr_evaluate(final->output_value, &run->input);
        if (happening.data.kind == VALUE_ERROR) {
            fsm_run_error(run, happening.data, "output");
            happening.data = value_null();
        }
    }
    if (final == NULL || !fsm_run_fields(run, final->output, &happening.fields)) {
        /* A parallel state's event has no payload of its own; a failed one is left unset. */
        struct value *unset =
            arena_array(run->arena, machine->events[event].fields.count + 1, sizeof *unset);
        run->is_full = run->is_full || unset == NULL;
        happening.fields = unset;
    }
    fsm_run_raise(run, happening);
}

static void enter_final(struct fsm_run *run, const struct fsm_state *state)
{
    if (state->parent == 0) {
        run->now->is_finished = true;
        return;
    }
    int parent = state->parent;
    raise_done(run, parent, state);
    int above = run->machine->states[parent].parent;
    if (run->machine->states[above].kind == FSM_STATE_PARALLEL && is_in_final(run, above))
        raise_done(run, above, NULL);
}

/* How a state is entered: `history` where a history state's default led to it, with its actions. */
struct manner {
    bool is_default;
    bool is_restored;
    int history;
};

static void enter(struct fsm_run *run, int index, struct manner manner)
{
    const struct fsm_machine *machine = run->machine;
    const struct fsm_state *state = &machine->states[index];
    fsm_run_trace(run, FSM_TRACE_ENTER, index, 0, state->path);
    fsm_bit_set(run->now->active, index);
    if (state->is_plain)
        return;
    if (state->invokes.count > 0 && run->to_invoke == NULL) {
        run->to_invoke = arena_array(run->arena, (size_t)machine->word_count, sizeof(uint64_t));
        run->is_full = run->is_full || run->to_invoke == NULL;
    }
    if (state->invokes.count > 0 && run->to_invoke != NULL)
        fsm_bit_set(run->to_invoke, index);
    fsm_run_actions(run, state->entry);
    if (state->timers.count > 0)
        start_timers(run, state, manner.is_restored);
    if (manner.is_default)
        fsm_run_actions(run, state->initial_do);
    if (manner.history != FSM_NONE)
        fsm_run_actions(run, machine->states[manner.history].initial_do);
    if (state->kind == FSM_STATE_FINAL)
        enter_final(run, state);
}

/* Whether entering a state by default may lead through a history state: some `initial` inside it
 * names one. */
static bool reaches_history(const struct fsm_machine *machine, int index)
{
    for (int s = index; s <= machine->states[index].last; s++)
        for (uint32_t i = 0; i < machine->states[s].initial.count; i++)
            if (!fsm_is_history(&machine->states[s]) &&
                fsm_is_history(
                    &machine->states[machine->targets[machine->states[s].initial.first + i]]))
                return true;
    return false;
}

static void clear_scratch(struct fsm_run *run)
{
    size_t size = (size_t)run->machine->word_count * sizeof(uint64_t);
    memset(run->scratch->enter, 0, size);
    memset(run->scratch->by_default, 0, size);
    memset(run->scratch->restored, 0, size);
    run->scratch->history_count = 0;
}

/* Collects what a transition enters without asking history; false where it would have to be asked.
 */
static bool collect_static(struct fsm_run *run, const struct fsm_transition *transition)
{
    const struct fsm_machine *machine = run->machine;
    const int16_t *targets = machine->targets + transition->targets.first;
    for (uint32_t i = 0; i < transition->targets.count; i++)
        if (fsm_is_history(&machine->states[targets[i]]) || reaches_history(machine, targets[i]))
            return false;
    for (uint32_t i = 0; i < transition->targets.count; i++)
        for (int above = machine->states[targets[i]].parent; above > transition->domain;
             above = machine->states[above].parent)
            if (machine->states[above].kind == FSM_STATE_PARALLEL &&
                reaches_history(machine, above))
                return false;
    for (uint32_t i = 0; i < transition->targets.count; i++)
        add_descendants(run, targets[i]);
    for (uint32_t i = 0; i < transition->targets.count; i++)
        add_ancestors(run, targets[i], transition->domain);
    return true;
}

static void collect_targets(struct fsm_run *run, const struct fsm_transition *transition)
{
    const int16_t *targets = run->machine->targets + transition->targets.first;
    for (uint32_t i = 0; i < transition->targets.count; i++)
        add_descendants(run, targets[i]);
    int count = effective_targets(run, transition);
    for (int i = 0; i < count; i++)
        add_ancestors(run, run->scratch->effective[i], transition->domain);
}

static void enter_collected(struct fsm_run *run)
{
    const struct fsm_scratch *scratch = run->scratch;
    for (int s = next_bit(scratch->enter, run->machine->word_count, 0);
         s != FSM_NONE && fsm_run_ok(run);
         s = next_bit(scratch->enter, run->machine->word_count, s + 1)) {
        struct manner manner = {fsm_bit(scratch->by_default, s), fsm_bit(scratch->restored, s),
                                FSM_NONE};
        for (int i = 0; i < scratch->history_count; i++)
            if (scratch->history_of[i][0] == s)
                manner.history = scratch->history_of[i][1];
        enter(run, s, manner);
    }
}

/* The common case, known since loading: one transition whose targets are no history states. */
static void take_planned(struct fsm_run *run, const struct fsm_transition *transition)
{
    if (transition->domain != FSM_NONE) {
        remember_below(run, transition->domain);
        leave_below(run, transition->domain);
    }
    fsm_run_trace(run, FSM_TRACE_TAKE, transition->source, transition->index, NULL);
    fsm_run_actions(run, transition->actions);
    const struct fsm_entry *plan = run->machine->plans + transition->plan.first;
    for (uint32_t i = 0; i < transition->plan.count && fsm_run_ok(run); i++)
        enter(run, plan[i].state, (struct manner){plan[i].is_default, false, FSM_NONE});
}

int fsm_plan_entry(const struct fsm_machine *machine, const struct fsm_transition *transition,
                   struct fsm_entry *out, int max)
{
    struct fsm_scratch scratch;
    struct fsm_run run = {.machine = machine, .scratch = &scratch};
    int count = 0;
    clear_scratch(&run);
    if (!collect_static(&run, transition))
        return FSM_NONE;
    for (int s = next_bit(scratch.enter, machine->word_count, 0); s != FSM_NONE;
         s = next_bit(scratch.enter, machine->word_count, s + 1)) {
        if (count == max)
            return FSM_NONE;
        out[count++] = (struct fsm_entry){(int16_t)s, fsm_bit(scratch.by_default, s)};
    }
    return count;
}

void fsm_run_microstep(struct fsm_run *run, const int16_t *enabled_before, int count)
{
    const struct fsm_transition *all = run->machine->transitions;
    int16_t kept[FSM_STATES_MAX];
    const int16_t *enabled = enabled_before;
    if (count == 1 && all[enabled[0]].has_plan) {
        run->microsteps++;
        take_planned(run, &all[enabled[0]]);
        return;
    }
    if (count > 1) {
        memcpy(kept, enabled_before, (size_t)count * sizeof *kept);
        count = remove_conflicts(run, kept, count);
        enabled = kept;
    }
    run->microsteps++;
    clear_scratch(run);
    leave_states(run, enabled, count);
    bool any_target = false;
    for (int i = 0; i < count; i++) {
        const struct fsm_transition *transition = &all[enabled[i]];
        fsm_run_trace(run, FSM_TRACE_TAKE, transition->source, transition->index, NULL);
        fsm_run_actions(run, transition->actions);
        any_target = any_target || transition->targets.count > 0;
    }
    if (!any_target)
        return;
    for (int i = 0; i < count; i++)
        if (all[enabled[i]].targets.count > 0)
            collect_targets(run, &all[enabled[i]]);
    enter_collected(run);
}

void fsm_run_enter_initial(struct fsm_run *run)
{
    const struct fsm_state *root = &run->machine->states[0];
    const int16_t *targets = run->machine->targets + root->initial.first;
    clear_scratch(run);
    fsm_bit_set(run->now->active, 0);
    if (root->timers.count > 0)
        start_timers(run, root, false);
    fsm_run_actions(run, root->entry);
    fsm_run_actions(run, root->initial_do);
    for (uint32_t i = 0; i < root->initial.count; i++)
        add_descendants(run, targets[i]);
    for (uint32_t i = 0; i < root->initial.count; i++)
        add_ancestors(run, targets[i], 0);
    enter_collected(run);
}
