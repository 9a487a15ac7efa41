/* A machine without guards and actions, walked breadth first until every transition was taken. */
#include "fsm/paths.h"

#include "fsm/draft.h"
#include "fsm/machine.h"

#include <string.h>

struct edge {
    int from, to; /* nodes */
    int transition;
};

struct search {
    const struct fsm_machine *machine;
    struct fsm_machine *skeleton;
    struct arena *arena;
    const struct fsm_instance **nodes;
    int node_count;
    struct {
        struct edge *items;
        size_t count, capacity;
    } edges;
    struct {
        struct fsm_path_step *items;
        size_t count, capacity;
    } steps;
    bool *covered;
    int *arrived_by; /* by node: edge + 1 of the walk that found it, 0: not found */
    int *queue;
    bool is_full;
};

/* ---- the machine without what is computed ------------------------------------------------ */

static bool make_skeleton(struct search *search)
{
    const struct fsm_machine *machine = search->machine;
    struct fsm_machine *skeleton = arena_alloc(search->arena, sizeof *skeleton);
    struct fsm_state *states =
        arena_array(search->arena, (size_t)machine->state_count, sizeof *states);
    struct fsm_transition *transitions =
        arena_array(search->arena, (size_t)machine->transition_count + 1, sizeof *transitions);
    if (skeleton == NULL || states == NULL || transitions == NULL)
        return false;
    *skeleton = *machine;
    memcpy(states, machine->states, sizeof *states * (size_t)machine->state_count);
    memcpy(transitions, machine->transitions,
           sizeof *transitions * (size_t)machine->transition_count);
    const struct fsm_range none = {0, 0};
    for (int s = 0; s < machine->state_count; s++) {
        struct fsm_state *state = &states[s];
        state->entry = state->exit = state->initial_do = state->output = none;
        state->timers = state->invokes = none;
        state->output_value = NULL;
        state->is_plain = state->kind != FSM_STATE_FINAL;
    }
    for (int t = 0; t < machine->transition_count; t++) {
        transitions[t].guard = FSM_NONE;
        transitions[t].actions = none;
    }
    skeleton->states = states;
    skeleton->transitions = transitions;
    skeleton->output = none;
    skeleton->any_always = false; /* a choice of its own in the search */
    skeleton->variable_count = 0;
    skeleton->instance_size = fsm_instance_bytes(skeleton);
    search->skeleton = skeleton;
    return true;
}

/* ---- exploring --------------------------------------------------------------------------- */

static bool is_same_node(const struct fsm_machine *machine, const struct fsm_instance *a,
                         const struct fsm_instance *b)
{
    size_t words = (size_t)machine->word_count * sizeof(uint64_t);
    return memcmp(a->active, b->active, words) == 0 &&
           memcmp(a->history, b->history, words * (size_t)machine->history_count) == 0;
}

/* Returns the number of a configuration, -1 where there is no room for a new one. */
static int node_of(struct search *search, const struct fsm_instance *instance)
{
    for (int i = 0; i < search->node_count; i++)
        if (is_same_node(search->skeleton, search->nodes[i], instance))
            return i;
    if (search->node_count == FSM_PATHS_NODES_MAX)
        return -1;
    search->nodes[search->node_count] = instance;
    return search->node_count++;
}

static const struct fsm_candidates *row_of(const struct fsm_machine *machine, int leaf, int column)
{
    return &machine->candidates[machine->leaf_of[leaf] * (machine->event_count + 2) + column];
}

/* The transition a leaf takes when every guard says no. */
static int unguarded(const struct fsm_machine *machine, int leaf, int column)
{
    const struct fsm_candidates *row = row_of(machine, leaf, column);
    for (uint32_t i = 0; i < row->count; i++) {
        int transition = machine->candidate_items[row->first + i];
        if (machine->transitions[transition].guard == FSM_NONE)
            return transition;
    }
    return FSM_NONE;
}

static bool was_taken(const struct fsm_machine *machine, const struct fsm_step *step,
                      int transition)
{
    for (size_t i = 0; i < step->trace_count; i++)
        if (step->trace[i].kind == FSM_TRACE_TAKE &&
            fsm_transition_number(machine, step->trace[i].state, step->trace[i].index) ==
                transition)
            return true;
    return false;
}

/* One leaf takes `transition`; the others do what they do without their guards. */
static void try_move(struct search *search, int from, int leaf, int column, int transition)
{
    const struct fsm_machine *machine = search->machine;
    const struct fsm_instance *instance = search->nodes[from];
    int16_t enabled[FSM_STATES_MAX];
    int count = 0;
    for (int s = 0; s < machine->state_count; s++) {
        if (!fsm_bit(instance->active, s) || machine->leaf_of[s] == FSM_NONE)
            continue;
        int chosen = s == leaf ? transition : unguarded(machine, s, column);
        bool is_new = chosen != FSM_NONE;
        for (int i = 0; i < count; i++)
            is_new = is_new && enabled[i] != chosen;
        if (is_new)
            enabled[count++] = (int16_t)chosen;
    }
    struct fsm_step step;
    if (fsm_force(search->skeleton, instance, enabled, count, search->arena, &step) != STATUS_OK) {
        search->is_full = true;
        return;
    }
    if (step.answer != FSM_TAKEN || !was_taken(machine, &step, transition))
        return;
    int to = node_of(search, step.after);
    struct edge *edge = to >= 0 ? draft_push(search, &search->edges) : NULL;
    if (edge != NULL)
        *edge = (struct edge){from, to, transition};
}

static void try_column(struct search *search, int from, int column)
{
    const struct fsm_machine *machine = search->machine;
    for (int leaf = 0; leaf < machine->state_count && !search->is_full; leaf++) {
        if (!fsm_bit(search->nodes[from]->active, leaf) || machine->leaf_of[leaf] == FSM_NONE)
            continue;
        const struct fsm_candidates *row = row_of(machine, leaf, column);
        for (uint32_t i = 0; i < row->count && !search->is_full; i++) {
            int transition = machine->candidate_items[row->first + i];
            try_move(search, from, leaf, column, transition);
            if (machine->transitions[transition].guard == FSM_NONE)
                break;
        }
    }
}

static bool must_go_on(const struct search *search, int node)
{
    const struct fsm_machine *machine = search->machine;
    for (int s = 0; s < machine->state_count; s++)
        if (fsm_bit(search->nodes[node]->active, s) && machine->leaf_of[s] != FSM_NONE &&
            unguarded(machine, s, machine->event_count) != FSM_NONE)
            return true;
    return false;
}

static void explore(struct search *search)
{
    const struct fsm_machine *machine = search->machine;
    for (int node = 0; node < search->node_count && !search->is_full; node++) {
        if (search->nodes[node]->is_finished)
            continue;
        try_column(search, node, machine->event_count);
        for (int column = 0; column < machine->event_count && !must_go_on(search, node); column++)
            try_column(search, node, column);
    }
}

/* ---- covering ---------------------------------------------------------------------------- */

/* Finds the nearest edge from a node whose transition is not covered yet; -1 where there is none.
 */
static int nearest_uncovered(struct search *search, int start)
{
    int first = 0, count = 0;
    memset(search->arrived_by, 0, sizeof *search->arrived_by * (size_t)search->node_count);
    search->queue[count++] = start;
    search->arrived_by[start] = -1;
    while (first < count) {
        int node = search->queue[first++];
        for (size_t e = 0; e < search->edges.count; e++) {
            const struct edge *edge = &search->edges.items[e];
            if (edge->from != node)
                continue;
            if (!search->covered[edge->transition])
                return (int)e;
            if (search->arrived_by[edge->to] != 0)
                continue;
            search->arrived_by[edge->to] = (int)e + 1;
            search->queue[count++] = edge->to;
        }
    }
    return -1;
}

static void add_step(struct search *search, int node, int transition)
{
    struct fsm_path_step *step = draft_push(search, &search->steps);
    const char *leaves = fsm_leaves_text(search->skeleton, search->nodes[node], search->arena);
    if (step == NULL || leaves == NULL) {
        search->is_full = true;
        return;
    }
    *step = (struct fsm_path_step){transition, leaves};
    if (transition != FSM_NONE)
        search->covered[transition] = true;
}

/* Adds the edges from `start` to the beginning of `edge`, then the edge. */
static void walk(struct search *search, int start, int edge)
{
    int node = search->edges.items[edge].from;
    if (node != start && search->arrived_by[node] > 0) {
        walk(search, start, search->arrived_by[node] - 1);
    }
    add_step(search, search->edges.items[edge].to, search->edges.items[edge].transition);
}

static size_t cover(struct search *search)
{
    size_t paths = 0;
    while (!search->is_full) {
        int node = 0;
        int edge = nearest_uncovered(search, node);
        if (edge < 0)
            break;
        paths++;
        add_step(search, 0, FSM_NONE);
        for (; edge >= 0 && !search->is_full; edge = nearest_uncovered(search, node)) {
            int to = search->edges.items[edge].to;
            walk(search, node, edge);
            node = to;
        }
    }
    return paths;
}

enum status fsm_find_paths(const struct fsm_machine *machine, struct arena *arena,
                           struct fsm_paths *out)
{
    struct search search = {.machine = machine, .arena = arena};
    struct fsm_step step;
    search.nodes = arena_array(arena, FSM_PATHS_NODES_MAX, sizeof *search.nodes);
    search.arrived_by = arena_array(arena, FSM_PATHS_NODES_MAX, sizeof *search.arrived_by);
    search.queue = arena_array(arena, FSM_PATHS_NODES_MAX, sizeof *search.queue);
    search.covered =
        arena_array(arena, (size_t)machine->transition_count + 1, sizeof *search.covered);
    if (search.nodes == NULL || search.arrived_by == NULL || search.queue == NULL ||
        search.covered == NULL || !make_skeleton(&search) ||
        fsm_start(search.skeleton, "paths", NULL, 0, 0, arena, &step) != STATUS_OK ||
        step.answer != FSM_TAKEN)
        return STATUS_FULL;
    (void)node_of(&search, step.after); /* number 0 */
    explore(&search);
    *out = (struct fsm_paths){.path_count = cover(&search)};
    out->steps = search.steps.items;
    out->step_count = search.steps.count;
    out->covered = search.covered;
    for (int t = 0; t < machine->transition_count; t++)
        out->covered_count += search.covered[t];
    return search.is_full ? STATUS_FULL : STATUS_OK;
}
