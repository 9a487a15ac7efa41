/* What a machine that compiles may still do wrong: states nobody reaches or leaves, transitions
 * never taken, circles, regions in each other's way. */
#include "fsm/draft.h"

#include <string.h>

struct checker {
    const struct fsm_machine *machine;
    const struct draft *draft;
    struct yaml_faults *faults;
    bool *marks;     /* by state, for one walk at a time */
    bool *reached;   /* by state */
    uint64_t *waits; /* by transition: a bit for each event it waits for */
    size_t wait_words;
};

/* ---- small questions --------------------------------------------------------------------- */

static const struct draft_state *draft_of(const struct checker *check, int state)
{
    return &check->draft->states.items[state];
}

static const struct yaml_node *node_of(const struct checker *check,
                                       const struct fsm_transition *transition)
{
    return draft_of(check, transition->source)->transitions.items[transition->index].node;
}

static bool guard_is(const struct checker *check, int guard, bool constant)
{
    if (guard == FSM_NONE)
        return constant;
    const struct value *value = expr_constant(check->machine->guards[guard].program);
    return value != NULL && value->kind == VALUE_BOOL && value->as.boolean == constant;
}

static bool is_unguarded(const struct checker *check, const struct fsm_transition *transition)
{
    return guard_is(check, transition->guard, true);
}

static bool can_be_taken(const struct checker *check, const struct fsm_transition *transition)
{
    return !guard_is(check, transition->guard, false);
}

static const char *path_of(const struct checker *check, int state)
{
    return state == 0 ? "the machine" : check->machine->states[state].path;
}

/* ---- reachability ------------------------------------------------------------------------ */

static void mark_default(struct checker *check, bool *marks, int state);

/* An ancestor of a state that is entered: its other regions come with it. */
static void mark_above(struct checker *check, bool *marks, int state)
{
    const struct fsm_machine *machine = check->machine;
    for (int above = machine->states[state].parent; above >= 0;
         above = machine->states[above].parent) {
        marks[above] = true;
        if (machine->states[above].kind != FSM_STATE_PARALLEL)
            continue;
        for (int child = above + 1; child <= machine->states[above].last;
             child = machine->states[child].last + 1)
            if (!fsm_is_history(&machine->states[child]) && !marks[child] && child != state &&
                !fsm_is_below(machine, state, child))
                mark_default(check, marks, child);
    }
}

static void mark_default(struct checker *check, bool *marks, int index)
{
    const struct fsm_machine *machine = check->machine;
    const struct fsm_state *state = &machine->states[index];
    if (marks[index])
        return;
    marks[index] = true;
    for (uint32_t i = 0; i < state->initial.count; i++) {
        int target = machine->targets[state->initial.first + i];
        mark_default(check, marks, target);
        mark_above(check, marks, target);
    }
    for (int child = index + 1; state->kind == FSM_STATE_PARALLEL && child <= state->last;
         child = machine->states[child].last + 1)
        if (!fsm_is_history(&machine->states[child]))
            mark_default(check, marks, child);
}

static void mark_target(struct checker *check, bool *marks, int state)
{
    mark_default(check, marks, state);
    mark_above(check, marks, state);
}

static void mark_targets(struct checker *check, bool *marks,
                         const struct fsm_transition *transition)
{
    for (uint32_t i = 0; i < transition->targets.count; i++)
        mark_target(check, marks, check->machine->targets[transition->targets.first + i]);
}

static void find_reached(struct checker *check)
{
    const struct fsm_machine *machine = check->machine;
    bool any = true;
    mark_target(check, check->reached, 0);
    /* `done` by transition: each is followed once. */
    bool *done = arena_array(check->draft->arena, (size_t)machine->transition_count + 1, 1);
    while (any && done != NULL) {
        any = false;
        for (int t = 0; t < machine->transition_count; t++) {
            const struct fsm_transition *transition = &machine->transitions[t];
            if (done[t] || !check->reached[transition->source] || !can_be_taken(check, transition))
                continue;
            done[t] = any = true;
            mark_targets(check, check->reached, transition);
        }
    }
}

static void check_reached(struct checker *check)
{
    const struct fsm_machine *machine = check->machine;
    for (int s = 1; s < machine->state_count; s++) {
        const struct fsm_state *state = &machine->states[s];
        if (check->reached[s] || !check->reached[state->parent])
            continue;
        yaml_error(check->faults, draft_of(check, s)->node, "nothing leads to the state `%s`",
                   state->path);
        yaml_hint(check->faults, fsm_is_history(state)
                                     ? "no transition names this history state as its target"
                                     : "make it a target or an `initial`, or remove it");
    }
}

/* ---- circles of `always` ----------------------------------------------------------------- */

enum visit { VISIT_NEVER, VISIT_NOW, VISIT_DONE };

/* The states active after an unguarded `always`, and from there on. False where it comes back. */
static bool ends(struct checker *check, enum visit *visits, int state)
{
    const struct fsm_machine *machine = check->machine;
    struct fsm_range range = machine->states[state].transitions;
    if (visits[state] != VISIT_NEVER)
        return visits[state] == VISIT_DONE;
    visits[state] = VISIT_NOW;
    for (uint32_t i = range.first; i < range.first + range.count; i++) {
        const struct fsm_transition *transition = &machine->transitions[i];
        if (transition->trigger != FSM_ON_ALWAYS || !is_unguarded(check, transition))
            continue;
        bool *marks = arena_array(check->draft->arena, (size_t)machine->state_count, 1);
        if (marks == NULL)
            return true;
        mark_targets(check, marks, transition);
        bool is_good = transition->targets.count > 0;
        for (int s = 0; s < machine->state_count && is_good; s++)
            if (marks[s])
                is_good = ends(check, visits, s);
        if (is_good)
            break; /* the first unguarded one is the one that is taken */
        yaml_error(check->faults, node_of(check, transition),
                   "this `always` goes in a circle: nothing it leads to waits");
        yaml_hint(check->faults, "give it, or one that follows, a guard that can be false");
        break;
    }
    visits[state] = VISIT_DONE;
    return true;
}

static void check_circles(struct checker *check)
{
    const struct fsm_machine *machine = check->machine;
    enum visit *visits =
        arena_array(check->draft->arena, (size_t)machine->state_count, sizeof *visits);
    for (int s = 0; visits != NULL && machine->any_always && s < machine->state_count; s++)
        (void)ends(check, visits, s); /* adds its own faults */
}

/* ---- transitions in each other's way ----------------------------------------------------- */

static void check_shadowed(struct checker *check, int state)
{
    const struct fsm_machine *machine = check->machine;
    struct fsm_range range = machine->states[state].transitions;
    for (uint32_t later = range.first + 1; later < range.first + range.count; later++) {
        const struct fsm_transition *transition = &machine->transitions[later];
        int before = FSM_NONE;
        bool is_shadowed = false;
        for (int column = 0; column <= machine->event_count; column++) {
            if (!fsm_waits_for(machine, transition, column))
                continue;
            int first = FSM_NONE;
            for (uint32_t i = range.first; i < later && first == FSM_NONE; i++)
                if (fsm_waits_for(machine, &machine->transitions[i], column) &&
                    is_unguarded(check, &machine->transitions[i]))
                    first = (int)i;
            is_shadowed = first != FSM_NONE;
            before = first;
            if (!is_shadowed)
                break;
        }
        if (!is_shadowed)
            continue;
        yaml_warning(check->faults, node_of(check, transition), "this transition is never taken");
        yaml_hint(check->faults, "the one on line %d comes first and has no guard",
                  machine->transitions[before].line);
    }
}

static bool same_trigger(const struct fsm_machine *machine, const struct fsm_transition *a,
                         const struct fsm_transition *b)
{
    if (a->trigger != b->trigger || a->of != b->of || a->descriptors.count != b->descriptors.count)
        return false;
    for (uint32_t i = 0; i < a->descriptors.count; i++)
        if (strcmp(machine->descriptors[a->descriptors.first + i].text,
                   machine->descriptors[b->descriptors.first + i].text) != 0)
            return false;
    return true;
}

/* A timer or a result comes once: when every guard says no, it is gone. An event with a list of
 * guarded branches is probably meant to be complete, unless the last guard tells people why not. */
static void check_last_branch(struct checker *check, int state)
{
    const struct fsm_machine *machine = check->machine;
    struct fsm_range range = machine->states[state].transitions;
    for (uint32_t i = range.first; i < range.first + range.count; i++) {
        const struct fsm_transition *transition = &machine->transitions[i];
        int branches = 1;
        bool is_last = true, has_else = false;
        for (uint32_t j = range.first; j < range.first + range.count; j++) {
            if (j == i || !same_trigger(machine, transition, &machine->transitions[j]))
                continue;
            branches++;
            is_last = is_last && j < i;
            has_else = has_else || is_unguarded(check, &machine->transitions[j]);
        }
        bool is_event = transition->trigger == FSM_ON_EVENT;
        if (!is_last || has_else || transition->guard == FSM_NONE ||
            transition->trigger == FSM_ON_ALWAYS || guard_is(check, transition->guard, true) ||
            (is_event && branches < 2) ||
            (is_event && machine->guards[transition->guard].message != NULL))
            continue;
        yaml_warning(check->faults, node_of(check, transition),
                     "when no guard holds, %s is lost without a word",
                     is_event                              ? "the event"
                     : transition->trigger == FSM_ON_TIMER ? "the timer"
                                                           : "the answer");
        yaml_hint(check->faults, "add a last branch without a guard%s",
                  is_event ? ", or a guard with a `message`" : "");
    }
}

static int parallel_above(const struct fsm_machine *machine, int state)
{
    for (int s = machine->states[state].parent; s > 0; s = machine->states[s].parent)
        if (machine->states[s].kind == FSM_STATE_PARALLEL)
            return s;
    return FSM_NONE;
}

static int region_of(const struct fsm_machine *machine, int parallel, int state)
{
    while (machine->states[state].parent != parallel)
        state = machine->states[state].parent;
    return state;
}

static int other_region(const struct fsm_machine *machine, int parallel, int region)
{
    for (int child = parallel + 1; child <= machine->states[parallel].last;
         child = machine->states[child].last + 1)
        if (child != region && !fsm_is_history(&machine->states[child]))
            return child;
    return FSM_NONE;
}

/* A target in the same parallel state, but a domain above it: the other regions start again. */
static void check_regions_left(struct checker *check, const struct fsm_transition *transition)
{
    const struct fsm_machine *machine = check->machine;
    int parallel = parallel_above(machine, transition->source);
    if (parallel == FSM_NONE || transition->targets.count == 0)
        return;
    int domain = transition->domain;
    bool is_outside = domain == parallel || !fsm_is_below(machine, domain, parallel);
    for (uint32_t i = 0; i < transition->targets.count; i++)
        is_outside =
            is_outside &&
            fsm_is_below(machine, machine->targets[transition->targets.first + i], parallel);
    int other = other_region(machine, parallel, region_of(machine, parallel, transition->source));
    if (!is_outside || other == FSM_NONE)
        return;
    yaml_warning(check->faults, node_of(check, transition), "this also leaves and enters `%s`",
                 path_of(check, other));
    yaml_hint(check->faults,
              "a transition that stays within its own region leaves the others alone: "
              "put the region's states into one more level");
}

/* The first event that two transitions wait for; FSM_NONE where there is none. */
static int common_event(const struct checker *check, int a, int b)
{
    const uint64_t *first = check->waits + (size_t)a * check->wait_words;
    const uint64_t *second = check->waits + (size_t)b * check->wait_words;
    for (size_t i = 0; i < check->wait_words; i++)
        if ((first[i] & second[i]) != 0)
            return (int)i * 64 + LOWEST_BIT(first[i] & second[i]);
    return FSM_NONE;
}

/* Whether a transition on an event leaves the nearest parallel state around its source; which. */
static bool leaves_parallel(const struct fsm_machine *machine,
                            const struct fsm_transition *transition, int *out_parallel)
{
    *out_parallel = parallel_above(machine, transition->source);
    return *out_parallel != FSM_NONE && transition->targets.count > 0 &&
           transition->trigger == FSM_ON_EVENT &&
           !fsm_is_below(machine, transition->domain, *out_parallel);
}

/* Two regions that both leave their parallel state on one event: only the first is taken. */
static void check_rivals(struct checker *check, int later)
{
    const struct fsm_machine *machine = check->machine;
    const struct fsm_transition *b = &machine->transitions[later];
    int parallel, other;
    if (!leaves_parallel(machine, b, &parallel))
        return;
    int region = region_of(machine, parallel, b->source);
    for (int t = 0; t < later; t++) {
        const struct fsm_transition *a = &machine->transitions[t];
        if (!fsm_is_below(machine, a->source, parallel) ||
            (a->source >= region && a->source <= machine->states[region].last) ||
            !leaves_parallel(machine, a, &other))
            continue;
        int event = common_event(check, t, later);
        if (event == FSM_NONE)
            continue;
        yaml_warning(check->faults, node_of(check, b),
                     "on `%s` two regions leave `%s`; this transition gives way",
                     machine->events[event].name, path_of(check, parallel));
        yaml_hint(check->faults, "the one on line %d comes first; put one of them on `%s`", a->line,
                  path_of(check, parallel));
        return;
    }
}

static bool note_waits(struct checker *check)
{
    const struct fsm_machine *machine = check->machine;
    check->wait_words = ((size_t)machine->event_count + 63) / 64;
    check->waits =
        arena_array(check->draft->arena, check->wait_words * (size_t)machine->transition_count, 8);
    for (int t = 0; check->waits != NULL && t < machine->transition_count; t++)
        for (int event = 0; event < machine->event_count; event++)
            if (fsm_waits_for(machine, &machine->transitions[t], event))
                fsm_bit_set(check->waits + (size_t)t * check->wait_words, event);
    return check->waits != NULL;
}

/* ---- events ------------------------------------------------------------------------------ */

static void check_handled(struct checker *check)
{
    const struct fsm_machine *machine = check->machine;
    for (int event = 0; event < machine->declared_count; event++) {
        bool is_handled = false;
        for (int t = 0; t < machine->transition_count && !is_handled; t++)
            is_handled = fsm_waits_for(machine, &machine->transitions[t], event);
        if (!is_handled)
            yaml_warning(check->faults, check->draft->events.items[event].name.node,
                         "nothing waits for the event `%s`", machine->events[event].name);
    }
}

/* ---- ways out ---------------------------------------------------------------------------- */

/* Whether a transition of the state, of an ancestor or of a region beside it leaves the state. */
static bool is_left(const struct checker *check, int state)
{
    const struct fsm_machine *machine = check->machine;
    for (int t = 0; t < machine->transition_count; t++) {
        const struct fsm_transition *transition = &machine->transitions[t];
        if (transition->targets.count == 0 || !can_be_taken(check, transition))
            continue;
        bool is_own =
            transition->source == state || fsm_is_below(machine, state, transition->source);
        int domain = transition->domain;
        int parallel = parallel_above(machine, state);
        bool is_beside =
            parallel != FSM_NONE && fsm_is_below(machine, transition->source, parallel);
        if ((is_own || is_beside) && fsm_is_below(machine, state, domain))
            return true;
    }
    return false;
}

static void check_dead_ends(struct checker *check)
{
    const struct fsm_machine *machine = check->machine;
    for (int s = 1; s < machine->state_count; s++) {
        if (machine->states[s].kind != FSM_STATE_ATOMIC || !check->reached[s] || is_left(check, s))
            continue;
        yaml_warning(check->faults, draft_of(check, s)->node, "nothing leaves the state `%s`",
                     machine->states[s].path);
        yaml_hint(check->faults, "say `type: final` if it is the end, or add a transition");
    }
}

/* Marks, from the end backwards, the states from which a top-level final state can be reached. */
static void find_ending(struct checker *check, bool *ending)
{
    const struct fsm_machine *machine = check->machine;
    bool any = true;
    for (int s = 1; s < machine->state_count; s++)
        ending[s] = machine->states[s].parent == 0 && machine->states[s].kind == FSM_STATE_FINAL;
    while (any) {
        any = false;
        for (int t = 0; t < machine->transition_count; t++) {
            const struct fsm_transition *transition = &machine->transitions[t];
            if (!can_be_taken(check, transition))
                continue;
            bool is_ending = false;
            for (uint32_t i = 0; i < transition->targets.count && !is_ending; i++) {
                bool *marks = check->marks;
                memset(marks, 0, (size_t)machine->state_count);
                mark_default(check, marks, machine->targets[transition->targets.first + i]);
                for (int s = 1; s < machine->state_count && !is_ending; s++)
                    is_ending = marks[s] && ending[s];
            }
            for (int s = transition->source;
                 is_ending && s <= machine->states[transition->source].last; s++) {
                any = any || !ending[s];
                ending[s] = true;
            }
        }
        /* A region that can end takes the others with it. */
        for (int s = 1; s < machine->state_count; s++) {
            int parallel = parallel_above(machine, s);
            if (!ending[s] || parallel == FSM_NONE)
                continue;
            for (int other = parallel; other <= machine->states[parallel].last; other++) {
                any = any || !ending[other];
                ending[other] = true;
            }
        }
    }
}

static void check_ending(struct checker *check)
{
    const struct fsm_machine *machine = check->machine;
    bool *ending = arena_array(check->draft->arena, (size_t)machine->state_count, 1);
    bool has_final = false;
    for (int s = 1; s < machine->state_count; s++)
        has_final = has_final ||
                    (machine->states[s].parent == 0 && machine->states[s].kind == FSM_STATE_FINAL);
    if (ending == NULL || !has_final)
        return;
    find_ending(check, ending);
    for (int s = 1; s < machine->state_count; s++) {
        if (machine->states[s].kind != FSM_STATE_ATOMIC || ending[s] || !check->reached[s] ||
            !is_left(check, s))
            continue;
        yaml_warning(check->faults, draft_of(check, s)->node,
                     "no way leads from the state `%s` to an end", machine->states[s].path);
    }
}

static const char patient_tag[] = "patient";

static bool is_patient(const struct fsm_machine *machine, int state)
{
    for (int s = state; s >= 0; s = machine->states[s].parent)
        for (uint32_t i = 0; i < machine->states[s].tags.count; i++)
            if (strcmp(machine->tags[machine->states[s].tags.first + i], patient_tag) == 0)
                return true;
    return false;
}

/* Whether anything but an event from outside can move a machine on that is in this state. */
static bool moves_by_itself(const struct fsm_machine *machine, int state)
{
    for (int s = state; s >= 0; s = machine->states[s].parent) {
        const struct fsm_state *it = &machine->states[s];
        if (it->timers.count > 0 || it->invokes.count > 0)
            return true;
        for (uint32_t i = 0; i < it->transitions.count; i++)
            if (machine->transitions[it->transitions.first + i].trigger == FSM_ON_ALWAYS)
                return true;
    }
    int parallel = parallel_above(machine, state);
    for (int s = parallel; parallel != FSM_NONE && s <= machine->states[parallel].last; s++)
        if (machine->states[s].timers.count > 0 || machine->states[s].invokes.count > 0)
            return true;
    return false;
}

static void check_patience(struct checker *check)
{
    const struct fsm_machine *machine = check->machine;
    for (int s = 1; s < machine->state_count; s++) {
        if (machine->states[s].kind != FSM_STATE_ATOMIC || !check->reached[s] ||
            !is_left(check, s) || moves_by_itself(machine, s) || is_patient(machine, s))
            continue;
        yaml_warning(check->faults, draft_of(check, s)->node,
                     "`%s` waits for events only, perhaps for ever", machine->states[s].path);
        yaml_hint(check->faults, "add `after:` or `at:`, or the tag `%s` if it may wait",
                  patient_tag);
    }
}

/* ---- entry actions and history ----------------------------------------------------------- */

static bool reads_variable(const struct expr_program *program, int variable)
{
    size_t count;
    const struct expr_variable *reads = expr_reads(program, &count);
    for (size_t i = 0; i < count; i++)
        if (reads[i].bank == FSM_BANK_CONTEXT && reads[i].index == variable)
            return true;
    return false;
}

static const char *repeats_badly(const struct fsm_machine *machine, const struct fsm_action *action)
{
    if (action->kind == FSM_DO_ASSIGN && reads_variable(action->value, action->variable))
        return "the variable is changed";
    if (action->kind == FSM_DO_RUN && !machine->commands[action->command].is_idempotent)
        return "the command is run";
    return action->kind == FSM_DO_SEND ? "the event is sent" : NULL;
}

static bool is_restorable(const struct checker *check, int state)
{
    const struct fsm_machine *machine = check->machine;
    for (int i = 0; i < machine->history_count; i++) {
        int history = machine->histories[i];
        int parent = machine->states[history].parent;
        bool is_inside = machine->states[history].kind == FSM_STATE_HISTORY_DEEP
                             ? fsm_is_below(machine, state, parent)
                             : machine->states[state].parent == parent;
        if (is_inside && check->reached[history])
            return true;
    }
    return false;
}

static void check_entries(struct checker *check)
{
    const struct fsm_machine *machine = check->machine;
    for (int s = 1; s < machine->state_count; s++) {
        struct fsm_range entry = machine->states[s].entry;
        if (!is_restorable(check, s))
            continue;
        for (uint32_t i = 0; i < entry.count; i++) {
            const char *why = repeats_badly(machine, &machine->actions[entry.first + i]);
            if (why == NULL)
                continue;
            yaml_warning(check->faults, draft_of(check, s)->entry.items[i].node,
                         "%s again when history brings `%s` back", why, machine->states[s].path);
            yaml_hint(check->faults, "put it on the transitions that lead here%s",
                      machine->actions[entry.first + i].kind == FSM_DO_RUN
                          ? ", or declare the command `idempotent: true`"
                          : "");
        }
    }
}

/* ---- results ----------------------------------------------------------------------------- */

static void note_reads(const struct expr_program *program, bool *read)
{
    if (program == NULL)
        return;
    size_t count;
    const struct expr_variable *reads = expr_reads(program, &count);
    for (size_t i = 0; i < count; i++)
        if (reads[i].bank == FSM_BANK_RESULT)
            read[reads[i].index] = true;
}

static void note_block(const struct fsm_machine *machine, struct fsm_range block, bool *read)
{
    for (uint32_t a = block.first; a < block.first + block.count; a++) {
        const struct fsm_action *action = &machine->actions[a];
        note_reads(action->value, read);
        note_reads(action->to, read);
        note_reads(action->delay, read);
        for (uint32_t f = 0; f < action->fields.count; f++)
            note_reads(machine->fields[action->fields.first + f].program, read);
        for (uint32_t b = 0; b < action->branches.count; b++) {
            const struct fsm_branch *branch = &machine->branches[action->branches.first + b];
            if (branch->guard != FSM_NONE)
                note_reads(machine->guards[branch->guard].program, read);
            note_block(machine, branch->actions, read);
        }
    }
}

static void check_results(struct checker *check)
{
    const struct fsm_machine *machine = check->machine;
    for (int command = 0; command < machine->command_count; command++) {
        struct fsm_range output = machine->commands[command].output;
        bool *read = arena_array(check->draft->arena, output.count + 1, 1);
        if (read == NULL || output.count == 0)
            continue;
        for (int t = 0; t < machine->transition_count; t++) {
            const struct fsm_transition *transition = &machine->transitions[t];
            if (transition->trigger != FSM_ON_DONE ||
                machine->invokes[transition->of].command != command)
                continue;
            if (transition->guard != FSM_NONE)
                note_reads(machine->guards[transition->guard].program, read);
            note_block(machine, transition->actions, read);
        }
        const struct draft_names *names = &check->draft->commands.items[command].output;
        for (uint32_t i = 0; i < output.count; i++)
            if (!read[i])
                yaml_warning(check->faults, names->items[i].name.node,
                             "nothing reads `result.%s` of `%s`", names->items[i].name.text,
                             machine->commands[command].name);
    }
}

/* ---- all of it --------------------------------------------------------------------------- */

void fsm_check(const struct fsm_machine *machine, const struct draft *draft)
{
    struct arena_mark mark = arena_mark(draft->arena);
    struct checker check = {.machine = machine, .draft = draft, .faults = draft->faults};
    size_t count = (size_t)machine->state_count;
    check.marks = arena_array(draft->arena, count, 1);
    check.reached = arena_array(draft->arena, count, 1);
    if (check.marks == NULL || check.reached == NULL || !note_waits(&check))
        return;
    find_reached(&check);
    check_reached(&check);
    check_circles(&check);
    for (int s = 0; s < machine->state_count; s++) {
        check_shadowed(&check, s);
        check_last_branch(&check, s);
    }
    for (int t = 0; t < machine->transition_count; t++) {
        check_regions_left(&check, &machine->transitions[t]);
        check_rivals(&check, t);
    }
    check_handled(&check);
    check_dead_ends(&check);
    check_ending(&check);
    check_patience(&check);
    check_entries(&check);
    check_results(&check);
    if (draft->faults->arena != draft->arena)
        arena_rewind(draft->arena, mark);
}
