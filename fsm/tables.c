/* What a step looks up: events by name, and for each leaf and event the transitions to try. */
#include "fsm/compile.h"

#include <string.h>

enum { WORK_MAX = 20 * 1000 * 1000 }; /* transitions held against events while loading */

static void make_slots(struct compiler *c)
{
    struct fsm_machine *machine = c->machine;
    uint32_t capacity = 8;
    while (capacity < (uint32_t)machine->event_count * 2 + 2)
        capacity *= 2;
    machine->event_slots = arena_array(c->arena, capacity, sizeof *machine->event_slots);
    if (machine->event_slots == NULL) {
        c->draft->is_full = true;
        return;
    }
    machine->event_mask = capacity - 1;
    for (int i = 0; i < machine->event_count; i++) {
        uint32_t slot = machine->events[i].hash & machine->event_mask;
        while (machine->event_slots[slot] != 0)
            slot = (slot + 1) & machine->event_mask;
        machine->event_slots[slot] = (uint16_t)(i + 1);
    }
}

static bool waits_for_error(const struct fsm_machine *machine,
                            const struct fsm_transition *transition, int event)
{
    const struct fsm_invoke *invoke = &machine->invokes[transition->of];
    int first = (int)invoke->error_events.first;
    int count = (int)invoke->error_events.count;
    if (event < first || event >= first + count)
        return false;
    if (transition->descriptors.count == 0)
        return true;
    size_t prefix = strlen("error.invoke.") + strlen(invoke->id) + 1;
    for (uint32_t i = 0; i < transition->descriptors.count && event < first + count - 1; i++)
        if (strcmp(machine->descriptors[transition->descriptors.first + i].text,
                   machine->events[event].name + prefix) == 0)
            return true;
    return false;
}

bool fsm_waits_for(const struct fsm_machine *machine, const struct fsm_transition *transition,
                   int column)
{
    bool is_event = column < machine->event_count;
    switch (transition->trigger) {
    case FSM_ON_ALWAYS:
        return column == machine->event_count;
    case FSM_ON_TIMER:
        return is_event && machine->events[column].timer == transition->of;
    case FSM_ON_DONE:
        return is_event && machine->invokes[transition->of].done_event == column;
    case FSM_ON_ERROR:
        return is_event && waits_for_error(machine, transition, column);
    case FSM_ON_EVENT:
        break;
    }
    if (column == machine->event_count + 1)
        return true;
    for (uint32_t i = 0; is_event && i < transition->descriptors.count; i++)
        if (fsm_descriptor_matches(&machine->descriptors[transition->descriptors.first + i],
                                   machine->events[column].name, machine->events[column].size))
            return true;
    return false;
}

static size_t work(const struct fsm_machine *machine)
{
    size_t sum = 0;
    for (int s = 0; s < machine->state_count; s++)
        for (int above = s; fsm_is_leaf(&machine->states[s]) && above >= 0;
             above = machine->states[above].parent)
            sum +=
                (machine->states[above].transitions.count + 1) * (size_t)(machine->event_count + 2);
    return sum;
}

/* Returns false where there is no room. */
static bool fill_row(struct compiler *c, int leaf, struct fsm_candidates *row, int16_t **items,
                     size_t *count, size_t *capacity)
{
    const struct fsm_machine *machine = c->machine;
    for (int column = 0; column < machine->event_count + 2; column++) {
        row[column].first = (uint32_t)*count;
        for (int s = leaf; s >= 0; s = machine->states[s].parent) {
            struct fsm_range range = machine->states[s].transitions;
            for (uint32_t i = range.first; i < range.first + range.count; i++) {
                if (!fsm_waits_for(machine, &machine->transitions[i], column))
                    continue;
                int16_t *item = draft_push_bytes(c->arena, &c->draft->is_full, items, count,
                                                 capacity, sizeof **items);
                if (item == NULL)
                    return false;
                *item = (int16_t)i;
            }
        }
        row[column].count = (uint32_t)*count - row[column].first;
    }
    return true;
}

static void make_candidates(struct compiler *c)
{
    struct fsm_machine *machine = c->machine;
    size_t columns = (size_t)machine->event_count + 2;
    size_t count = 0, capacity = 0;
    machine->candidates =
        arena_array(c->arena, columns * (size_t)machine->leaf_count, sizeof *machine->candidates);
    if (machine->candidates == NULL) {
        c->draft->is_full = true;
        return;
    }
    for (int s = 0; s < machine->state_count; s++) {
        if (machine->leaf_of[s] == FSM_NONE)
            continue;
        struct fsm_candidates *row = machine->candidates + (size_t)machine->leaf_of[s] * columns;
        if (!fill_row(c, s, row, &machine->candidate_items, &count, &capacity))
            return;
        if (row[machine->event_count].count > 0) {
            fsm_bit_set(machine->has_always, s);
            machine->any_always = true;
        }
    }
}

static void number_leaves(struct compiler *c)
{
    struct fsm_machine *machine = c->machine;
    machine->leaf_of = arena_array(c->arena, (size_t)machine->state_count, sizeof(int16_t));
    machine->leaf_bits = arena_array(c->arena, (size_t)machine->word_count, sizeof(uint64_t));
    machine->has_always = arena_array(c->arena, (size_t)machine->word_count, sizeof(uint64_t));
    if (machine->leaf_of == NULL || machine->leaf_bits == NULL || machine->has_always == NULL) {
        c->draft->is_full = true;
        return;
    }
    for (int s = 0; s < machine->state_count; s++) {
        machine->leaf_of[s] = FSM_NONE;
        if (!fsm_is_leaf(&machine->states[s]))
            continue;
        machine->leaf_of[s] = (int16_t)machine->leaf_count++;
        fsm_bit_set(machine->leaf_bits, s);
    }
}

static void describe_events(struct compiler *c)
{
    struct fsm_machine *machine = c->machine;
    machine->event_fields =
        arena_array(c->arena, (size_t)machine->declared_count + 1, sizeof *machine->event_fields);
    for (int i = 0; machine->event_fields != NULL && i < machine->declared_count; i++) {
        struct fsm_range range = machine->events[i].fields;
        machine->event_fields[i] =
            arena_array(c->arena, range.count, sizeof **machine->event_fields);
        for (uint32_t f = 0; machine->event_fields[i] != NULL && f < range.count; f++) {
            const struct fsm_typed_name *name = &machine->names[range.first + f];
            const char *type = expr_type_text(c->arena, name->type);
            machine->event_fields[i][f] = (struct fsm_field){.name = name->name, .type = type};
        }
    }
    c->draft->is_full = c->draft->is_full || arena_full(c->arena);
}

enum { PLANS_MAX = 1 << 18 }; /* entries of all plans; transitions past it are worked out anew */

static void make_plans(struct compiler *c)
{
    struct fsm_machine *machine = c->machine;
    struct fsm_entry entries[FSM_STATES_MAX];
    size_t count = 0, capacity = 4;
    machine->plans = arena_array(c->arena, capacity, sizeof *machine->plans);
    if (machine->plans == NULL) {
        c->draft->is_full = true;
        return;
    }
    for (int t = 0; t < machine->transition_count; t++) {
        struct fsm_transition *transition = &machine->transitions[t];
        int entered = fsm_plan_entry(machine, transition, entries, FSM_STATES_MAX);
        if (entered == FSM_NONE || count + (size_t)entered > PLANS_MAX)
            continue;
        transition->plan = (struct fsm_range){(uint32_t)count, (uint32_t)entered};
        for (int i = 0; i < entered; i++) {
            struct fsm_entry *entry =
                draft_push_bytes(c->arena, &c->draft->is_full, &machine->plans, &count, &capacity,
                                 sizeof *machine->plans);
            if (entry == NULL)
                return;
            *entry = entries[i];
        }
        transition->has_plan = true;
    }
}

static void mark_plain(struct fsm_machine *machine)
{
    for (int s = 0; s < machine->state_count; s++) {
        struct fsm_state *state = &machine->states[s];
        state->is_plain = state->entry.count + state->exit.count + state->timers.count +
                                  state->invokes.count + state->initial_do.count ==
                              0 &&
                          state->kind != FSM_STATE_FINAL;
        /* The actions of a history state's default run when its parent is entered. */
        if (fsm_is_history(state) && state->initial_do.count > 0)
            machine->states[state->parent].is_plain = false;
    }
}

void compile_tables(struct compiler *c)
{
    mark_plain(c->machine);
    make_plans(c);
    number_leaves(c);
    if (work(c->machine) > WORK_MAX) {
        yaml_error(c->draft->faults, NULL,
                   "too many transitions for that many events; split the machine");
        c->draft->is_full = true;
    }
    if (!c->draft->is_full)
        make_slots(c);
    if (!c->draft->is_full)
        make_candidates(c);
    if (!c->draft->is_full)
        describe_events(c);
}
