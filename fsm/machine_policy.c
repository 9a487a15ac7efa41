/* A machine file's tree read into a draft. The shape has been checked; what names mean has not. */
#include "fsm/policy.h"

#include <stdlib.h>
#include <string.h>

void *draft_push_bytes(struct arena *arena, bool *is_full, void *items, size_t *count,
                       size_t *capacity, size_t size)
{
    char *now;
    memcpy(&now, items, sizeof now);
    if (*count == *capacity) {
        size_t room = *capacity != 0 ? *capacity * 2 : 4;
        char *grown = arena_array(arena, room, size);
        if (grown == NULL) {
            *is_full = true;
            return NULL;
        }
        if (*count > 0)
            memcpy(grown, now, *count * size);
        memcpy(items, &grown, sizeof grown);
        now = grown;
        *capacity = room;
    }
    return now + size * (*count)++;
}

/* ---- states ------------------------------------------------------------------------------ */

static void read_behaviour(struct draft *draft, size_t state, const struct yaml_node *node)
{
    policy_read_actions(draft, yaml_get(node, "entry"), &draft->states.items[state].entry);
    policy_read_actions(draft, yaml_get(node, "exit"), &draft->states.items[state].exit);
    policy_read_on(draft, state, yaml_get(node, "on"));
    if (yaml_get(node, "always") != NULL)
        policy_add_transitions(draft, state, yaml_get(node, "always"), FSM_ON_ALWAYS, FSM_NONE,
                               NULL);
    policy_read_timers(draft, state, yaml_get(node, "after"), false);
    policy_read_timers(draft, state, yaml_get(node, "at"), true);
    const struct yaml_node *invoke = yaml_get(node, "invoke");
    size_t count = invoke != NULL && invoke->kind == YAML_SEQUENCE ? invoke->count : invoke != NULL;
    for (size_t i = 0; i < count; i++)
        policy_read_invoke(draft, state,
                           invoke->kind == YAML_SEQUENCE ? &invoke->items[i] : invoke);
}

/* Keys that a kind of state does not take. */
static void refuse_keys(struct draft *draft, const struct yaml_node *node, const char *what,
                        const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (yaml_get(node, keys[i]) != NULL)
            yaml_error(draft->faults, &yaml_get_pair(node, keys[i])->key, "%s has no `%s`", what,
                       keys[i]);
}

static const char *const not_of_history[] = {"type",   "tags", "initial", "entry",
                                             "exit",   "on",   "always",  "after",
                                             "invoke", "at",   "output",  "states"};
static const char *const not_of_final[] = {"initial", "on",     "always", "after",
                                           "at",      "invoke", "states", "target"};
static const char *const not_of_atomic[] = {"initial", "output", "target"};
static const char *const not_of_compound[] = {"output", "target"};
static const char *const not_of_parallel[] = {"initial", "output", "target"};

static enum fsm_state_kind state_kind(struct draft *draft, const struct yaml_node *node)
{
    const struct yaml_node *history = yaml_get(node, "history");
    const struct yaml_node *type = yaml_get(node, "type");
    if (history != NULL) {
        refuse_keys(draft, node, "a history state", not_of_history, COUNT_OF(not_of_history));
        return strcmp(history->text, "deep") == 0 ? FSM_STATE_HISTORY_DEEP
                                                  : FSM_STATE_HISTORY_SHALLOW;
    }
    if (type != NULL && strcmp(type->text, "final") == 0) {
        refuse_keys(draft, node, "a final state", not_of_final, COUNT_OF(not_of_final));
        return FSM_STATE_FINAL;
    }
    if (type != NULL) {
        refuse_keys(draft, node, "a parallel state", not_of_parallel, COUNT_OF(not_of_parallel));
        const struct yaml_node *states = yaml_get(node, "states");
        if (states == NULL || states->count == 0)
            yaml_error(draft->faults, type, "a parallel state without states");
        return FSM_STATE_PARALLEL;
    }
    if (yaml_get(node, "states") == NULL) {
        refuse_keys(draft, node, "a state without states", not_of_atomic, COUNT_OF(not_of_atomic));
        return FSM_STATE_ATOMIC;
    }
    refuse_keys(draft, node, "a state with states", not_of_compound, COUNT_OF(not_of_compound));
    return FSM_STATE_COMPOUND;
}

static void read_states(struct draft *draft, const struct yaml_node *node, int parent, int depth);

static void read_state(struct draft *draft, const struct yaml_pair *pair, int parent, int depth)
{
    const struct yaml_node *node = &pair->value;
    if (draft->states.count >= FSM_STATES_MAX || depth > FSM_DEPTH_MAX) {
        if (!draft->is_full)
            yaml_error(draft->faults, &pair->key, "more than %d states, or %d levels of them",
                       FSM_STATES_MAX, FSM_DEPTH_MAX);
        draft->is_full = true;
        return;
    }
    struct draft_state *state = draft_push(draft, &draft->states);
    if (state == NULL)
        return;
    size_t index = draft->states.count - 1;
    state->name = pair->key.text;
    state->doc = policy_doc_of(node);
    state->parent = parent;
    state->node = &pair->key;
    state->kind = state_kind(draft, node);
    bool is_history =
        state->kind == FSM_STATE_HISTORY_DEEP || state->kind == FSM_STATE_HISTORY_SHALLOW;
    policy_add_texts(draft, &state->initial, yaml_get(node, is_history ? "target" : "initial"));
    if (is_history && state->initial.count == 0) {
        yaml_error(draft->faults, &pair->key, "the history state `%s` has no default",
                   pair->key.text);
        yaml_hint(draft->faults, "add `target:`, where to go the first time");
    }
    if (state->kind == FSM_STATE_COMPOUND && state->initial.count == 0) {
        yaml_error(draft->faults, &pair->key, "the state `%s` has states but no `initial`",
                   pair->key.text);
        yaml_hint(draft->faults,
                  "add `initial:`, or `type: parallel` where all are active at once");
    }
    policy_add_texts(draft, &state->tags, yaml_get(node, "tags"));
    policy_read_fields(draft, yaml_get(node, "output"), &state->output);
    if (!is_history)
        read_behaviour(draft, index, node);
    read_states(draft, yaml_get(node, "states"), (int)index, depth + 1);
}

static void read_states(struct draft *draft, const struct yaml_node *node, int parent, int depth)
{
    for (size_t i = 0; node != NULL && i < node->count && !draft->is_full; i++)
        read_state(draft, &node->pairs[i], parent, depth);
}

/* ---- the machine ------------------------------------------------------------------------- */

static void read_migrations(struct draft *draft, const struct yaml_node *node)
{
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        struct draft_migration *migration = draft_push(draft, &draft->migrations);
        int64_t from = 0;
        if (migration == NULL)
            return;
        if (yaml_int(&node->pairs[i].key, 1, 1000000, draft->faults, &from) &&
            from >= draft->version)
            yaml_error(draft->faults, &node->pairs[i].key,
                       "version %d is not older than this one (%d)", (int)from, draft->version);
        migration->from = (int)from;
        migration->node = &node->pairs[i].key;
        policy_read_fields(draft, yaml_get(&node->pairs[i].value, "states"), &migration->states);
        policy_read_fields(draft, yaml_get(&node->pairs[i].value, "context"), &migration->values);
    }
}

static void read_limits(struct draft *draft, const struct yaml_node *node)
{
    int64_t number;
    draft->microsteps_max = FSM_MICROSTEPS_MAX;
    draft->cost_max = EXPR_COST_MAX;
    if (yaml_get(node, "microsteps") != NULL &&
        yaml_int(yaml_get(node, "microsteps"), 1, FSM_MICROSTEPS_MAX, draft->faults, &number))
        draft->microsteps_max = (int)number;
    if (yaml_get(node, "cost") != NULL &&
        yaml_int(yaml_get(node, "cost"), 1, EXPR_COST_MAX, draft->faults, &number))
        draft->cost_max = (uint64_t)number;
}

void fsm_draft_read(struct draft *draft, const struct yaml_node *root)
{
    int64_t version = 1;
    (void)yaml_int(yaml_get(root, "version"), 1, INT32_MAX, draft->faults, &version); /* checked */
    draft->name = yaml_get(root, "machine")->text;
    draft->version = (int)version;
    draft->version_node = yaml_get(root, "version");
    draft->doc = policy_doc_of(root);
    read_limits(draft, yaml_get(root, "limits"));
    policy_read_variables(draft, yaml_get(root, "context"));
    policy_read_events(draft, yaml_get(root, "events"));
    policy_read_commands(draft, yaml_get(root, "commands"));
    policy_read_retries(draft, yaml_get(root, "retry"));
    policy_read_guards(draft, yaml_get(root, "guards"));
    struct draft_state *state = draft_push(draft, &draft->states);
    if (state == NULL)
        return;
    state->name = "";
    state->doc = draft->doc;
    state->kind = FSM_STATE_COMPOUND;
    state->parent = FSM_NONE;
    state->node = &yaml_get_pair(root, "states")->key;
    policy_add_texts(draft, &state->initial, yaml_get(root, "initial"));
    if (yaml_get(root, "states")->count == 0)
        yaml_error(draft->faults, yaml_get(root, "states"), "a machine without states");
    read_behaviour(draft, 0, root);
    read_states(draft, yaml_get(root, "states"), 0, 1);
    policy_read_fields(draft, yaml_get(root, "output"), &draft->output);
    read_migrations(draft, yaml_get(root, "migrate"));
}
