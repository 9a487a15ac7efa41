/* Actions, transitions, timers and invokes of a machine file. */
#include "fsm/policy.h"

#include <string.h>

/* ---- actions ----------------------------------------------------------------------------- */

static struct draft_action *add_action(struct draft *draft, struct draft_block *block,
                                       enum fsm_action_kind kind, const struct yaml_node *node)
{
    struct draft_action *action = draft_push(draft, block);
    if (action == NULL)
        return NULL;
    action->kind = kind;
    action->node = node;
    action->retry = FSM_NONE;
    return action;
}

static void read_assign(struct draft *draft, const struct yaml_node *node, struct draft_block *out)
{
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        struct draft_action *action = add_action(draft, out, FSM_DO_ASSIGN, &node->pairs[i].key);
        if (action == NULL)
            return;
        action->name = policy_text_of(&node->pairs[i].key);
        action->value = policy_text_of(&node->pairs[i].value);
    }
}

/* An action that is a name or an object with the name under `key`. */
static void read_named(struct draft *draft, const struct yaml_node *node, const char *key,
                       const char *data, enum fsm_action_kind kind, struct draft_block *out)
{
    struct draft_action *action = add_action(draft, out, kind, node);
    if (action == NULL)
        return;
    action->name = policy_text_of(node->kind == YAML_SCALAR ? node : yaml_get(node, key));
    policy_read_fields(draft, yaml_get(node, data), &action->fields);
    action->to = policy_text_of(yaml_get(node, "to"));
    action->delay = policy_text_of(yaml_get(node, "delay"));
    action->id = policy_text_of(yaml_get(node, "id"));
    const struct yaml_node *retry = yaml_get(node, "retry");
    action->is_retry_set = retry != NULL;
    if (retry != NULL)
        action->retry = policy_find_retry(draft, retry);
}

static void read_if(struct draft *draft, const struct yaml_node *node, struct draft_block *out)
{
    struct draft_action *action = add_action(draft, out, FSM_DO_IF, node);
    if (action == NULL)
        return;
    const struct yaml_node *then = yaml_get(node, "then");
    if (then == NULL)
        yaml_error(draft->faults, yaml_get(node, "if"), "an `if` without `then`");
    struct draft_branch branches[2] = {{.guard = policy_text_of(yaml_get(node, "if"))}, {{0}, {0}}};
    size_t place = out->count - 1;
    policy_read_actions(draft, then, &branches[0].actions);
    policy_read_actions(draft, yaml_get(node, "else"), &branches[1].actions);
    memcpy(out->items[place].branches, branches, sizeof branches);
}

static const char *const action_words[] = {"assign", "raise", "send", "cancel",
                                           "run",    "emit",  "if"};

/* An action object has exactly one of the words above; `then` and `else` go with `if`. */
static const char *action_word(struct draft *draft, const struct yaml_node *node)
{
    const char *found = NULL;
    for (size_t i = 0; i < COUNT_OF(action_words); i++) {
        if (yaml_get(node, action_words[i]) == NULL)
            continue;
        if (found != NULL) {
            yaml_error(draft->faults, &yaml_get_pair(node, action_words[i])->key,
                       "`%s` and `%s` in one action", found, action_words[i]);
            yaml_hint(draft->faults, "each action is an item of the list: `- %s: ..`",
                      action_words[i]);
            return NULL;
        }
        found = action_words[i];
    }
    if (found == NULL)
        yaml_error(draft->faults, node,
                   "an action without any of assign, raise, send, cancel, "
                   "run, emit, if");
    else if (strcmp(found, "if") != 0 &&
             (yaml_get(node, "then") != NULL || yaml_get(node, "else") != NULL))
        yaml_error(draft->faults, node, "`then` and `else` belong to an `if`");
    return found;
}

static void read_action(struct draft *draft, const struct yaml_node *node, struct draft_block *out)
{
    const char *word = action_word(draft, node);
    const struct yaml_node *value = word != NULL ? yaml_get(node, word) : NULL;
    if (value == NULL)
        return;
    if (strcmp(word, "assign") == 0)
        read_assign(draft, value, out);
    else if (strcmp(word, "raise") == 0)
        read_named(draft, value, "event", "data", FSM_DO_RAISE, out);
    else if (strcmp(word, "send") == 0)
        read_named(draft, value, "event", "data", FSM_DO_SEND, out);
    else if (strcmp(word, "cancel") == 0)
        read_named(draft, value, "cancel", "data", FSM_DO_CANCEL, out);
    else if (strcmp(word, "run") == 0)
        read_named(draft, value, "command", "input", FSM_DO_RUN, out);
    else if (strcmp(word, "emit") == 0)
        read_named(draft, value, "event", "data", FSM_DO_EMIT, out);
    else
        read_if(draft, node, out);
}

void policy_read_actions(struct draft *draft, const struct yaml_node *node, struct draft_block *out)
{
    for (size_t i = 0; node != NULL && i < node->count; i++)
        read_action(draft, &node->items[i], out);
}

/* ---- transitions ------------------------------------------------------------------------- */

static struct draft_transition *add_transition(struct draft *draft, size_t state,
                                               const struct yaml_node *node,
                                               enum fsm_trigger trigger)
{
    struct draft_transition *transition =
        draft_push(draft, &draft->states.items[state].transitions);
    if (transition == NULL)
        return NULL;
    transition->trigger = trigger;
    transition->of = FSM_NONE;
    transition->node = node;
    transition->is_internal = true;
    if (node->kind == YAML_SCALAR) {
        policy_add_text(draft, &transition->targets, node);
        return transition;
    }
    transition->guard = policy_text_of(yaml_get(node, "guard"));
    policy_add_texts(draft, &transition->targets, yaml_get(node, "target"));
    read_assign(draft, yaml_get(node, "assign"), &transition->actions);
    policy_read_actions(draft, yaml_get(node, "actions"), &transition->actions);
    transition->doc = policy_text_of(yaml_get(node, "doc"));
    const struct yaml_node *reenter = yaml_get(node, "reenter");
    bool is_reentering = false;
    if (reenter != NULL)
        (void)yaml_bool(reenter, draft->faults, &is_reentering); /* the shape has checked it */
    transition->is_internal = !is_reentering;
    return transition;
}

/* One branch or a list of them. */
void policy_add_transitions(struct draft *draft, size_t state, const struct yaml_node *node,
                            enum fsm_trigger trigger, int of, const struct yaml_node *event)
{
    size_t count = node->kind == YAML_SEQUENCE ? node->count : 1;
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *one = node->kind == YAML_SEQUENCE ? &node->items[i] : node;
        struct draft_transition *transition = add_transition(draft, state, one, trigger);
        if (transition == NULL)
            return;
        transition->of = of;
        if (event != NULL)
            policy_add_text(draft, &transition->events, event);
    }
}

/* Exact names before `a.b.*` before `a.*` before `*`. */
static int breadth(const char *pattern)
{
    size_t size = strlen(pattern);
    if (strcmp(pattern, "*") == 0)
        return INT32_MAX;
    return size > 2 && strcmp(pattern + size - 2, ".*") == 0 ? INT32_MAX - (int)size : 0;
}

void policy_read_on(struct draft *draft, size_t state, const struct yaml_node *node)
{
    /* A stable selection by breadth: the patterns of one state are few. */
    int least = -1;
    for (;;) {
        int next = INT32_MAX;
        bool any = false;
        for (size_t i = 0; node != NULL && i < node->count; i++) {
            int width = breadth(node->pairs[i].key.text);
            if (width > least && (width < next || !any)) {
                next = width;
                any = true;
            }
        }
        if (!any)
            return;
        for (size_t i = 0; i < node->count; i++)
            if (breadth(node->pairs[i].key.text) == next)
                policy_add_transitions(draft, state, &node->pairs[i].value, FSM_ON_EVENT, FSM_NONE,
                                       &node->pairs[i].key);
        least = next;
    }
}

static void read_timer(struct draft *draft, size_t state, const struct yaml_node *node,
                       bool is_absolute)
{
    struct draft_state *it = &draft->states.items[state];
    const struct yaml_node *value = yaml_get(node, is_absolute ? "time" : "delay");
    const struct yaml_node *keep = yaml_get(node, "keep");
    bool is_kept = false;
    if (keep != NULL)
        (void)yaml_bool(keep, draft->faults, &is_kept); /* the shape has checked it */
    int timer = FSM_NONE;
    for (size_t i = 0; i < it->timers.count; i++) {
        struct draft_timer *other = &it->timers.items[i];
        if (other->is_absolute == is_absolute && strcmp(other->value.text, value->text) == 0 &&
            other->keep == is_kept)
            timer = (int)i;
    }
    if (timer == FSM_NONE) {
        struct draft_timer *added = draft_push(draft, &it->timers);
        if (added == NULL)
            return;
        *added = (struct draft_timer){policy_text_of(value), is_absolute, is_kept};
        timer = (int)it->timers.count - 1;
    }
    policy_add_transitions(draft, state, node, FSM_ON_TIMER, timer, NULL);
}

void policy_read_timers(struct draft *draft, size_t state, const struct yaml_node *node,
                        bool is_absolute)
{
    if (node == NULL)
        return;
    size_t count = node->kind == YAML_SEQUENCE ? node->count : 1;
    for (size_t i = 0; i < count; i++)
        read_timer(draft, state, node->kind == YAML_SEQUENCE ? &node->items[i] : node, is_absolute);
}

static const char *const timeout_codes[] = {"timeout", "deadline"};

static void read_on_timeout(struct draft *draft, size_t state, int invoke,
                            const struct yaml_node *node)
{
    size_t first = draft->states.items[state].transitions.count;
    policy_add_transitions(draft, state, node, FSM_ON_ERROR, invoke, NULL);
    for (size_t i = first; i < draft->states.items[state].transitions.count; i++)
        for (size_t code = 0; code < COUNT_OF(timeout_codes); code++) {
            struct draft_text *text =
                draft_push(draft, &draft->states.items[state].transitions.items[i].events);
            if (text != NULL)
                *text = (struct draft_text){timeout_codes[code], NULL};
        }
}

static void read_on_error(struct draft *draft, size_t state, int invoke,
                          const struct yaml_node *node)
{
    struct draft_invoke *it = &draft->states.items[state].invokes.items[invoke];
    size_t count = node->kind == YAML_SEQUENCE ? node->count : 1;
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *one = node->kind == YAML_SEQUENCE ? &node->items[i] : node;
        struct draft_transition *transition = add_transition(draft, state, one, FSM_ON_ERROR);
        if (transition == NULL)
            return;
        transition->of = invoke;
        policy_add_texts(draft, &transition->events, yaml_get(one, "errors"));
        if (it->has_catch_all)
            yaml_error(draft->faults, one,
                       "this branch is never reached: the one before it takes "
                       "every error");
        it->has_error_path = true;
        it->has_catch_all =
            it->has_catch_all || (transition->events.count == 0 && transition->guard.text == NULL);
    }
}

void policy_read_invoke(struct draft *draft, size_t state, const struct yaml_node *node)
{
    struct draft_invoke *invoke = draft_push(draft, &draft->states.items[state].invokes);
    if (invoke == NULL)
        return;
    int index = (int)draft->states.items[state].invokes.count - 1;
    invoke->node = yaml_get(node, "command");
    invoke->command = policy_text_of(invoke->node);
    invoke->id = policy_text_of(yaml_get(node, "id"));
    policy_read_fields(draft, yaml_get(node, "input"), &invoke->input);
    policy_optional_duration(draft, node, "timeout", &invoke->timeout_ms);
    policy_optional_duration(draft, node, "deadline", &invoke->deadline_ms);
    policy_optional_duration(draft, node, "heartbeat", &invoke->heartbeat_ms);
    const struct yaml_node *retry = yaml_get(node, "retry");
    invoke->retry = retry != NULL ? policy_find_retry(draft, retry) : 0;
    if (yaml_get(node, "on_done") != NULL)
        policy_add_transitions(draft, state, yaml_get(node, "on_done"), FSM_ON_DONE, index, NULL);
    if (yaml_get(node, "on_timeout") != NULL)
        read_on_timeout(draft, state, index, yaml_get(node, "on_timeout"));
    if (yaml_get(node, "on_error") != NULL)
        read_on_error(draft, state, index, yaml_get(node, "on_error"));
}
