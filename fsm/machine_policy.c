/* A machine file's tree read into a draft. The shape has been checked; what names mean has not. */
#include "fsm/draft.h"
#include "fsm/shape.h"

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

static struct draft_text text_of(const struct yaml_node *node)
{
    return node != NULL ? (struct draft_text){node->text, node} : (struct draft_text){0};
}

static const char *doc_of(const struct yaml_node *node)
{
    const struct yaml_node *doc = yaml_get(node, "doc");
    return doc != NULL ? doc->text : "";
}

static void add_text(struct draft *draft, struct draft_texts *texts, const struct yaml_node *node)
{
    struct draft_text *text = draft_push(draft, texts);
    if (text != NULL)
        *text = text_of(node);
}

/* A single value or a list of them. */
static void add_texts(struct draft *draft, struct draft_texts *texts, const struct yaml_node *node)
{
    if (node == NULL)
        return;
    if (node->kind == YAML_SCALAR)
        add_text(draft, texts, node);
    for (size_t i = 0; node->kind == YAML_SEQUENCE && i < node->count; i++)
        add_text(draft, texts, &node->items[i]);
}

static void read_fields(struct draft *draft, const struct yaml_node *node, struct draft_fields *out)
{
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        struct draft_field *field = draft_push(draft, out);
        if (field == NULL)
            return;
        *field = (struct draft_field){text_of(&node->pairs[i].key), text_of(&node->pairs[i].value)};
    }
}

/* ---- types ----------------------------------------------------------------------------------- */

static const struct expr_type *enum_type(struct draft *draft, const struct yaml_node *node)
{
    struct expr_type *type = arena_alloc(draft->arena, sizeof *type);
    const char **names = arena_array(draft->arena, node->count, sizeof *names);
    if (type == NULL || names == NULL) {
        draft->is_full = true;
        return &expr_dyn;
    }
    if (node->count == 0)
        yaml_error(draft->faults, node, "a list of words without a word");
    for (size_t i = 0; i < node->count; i++)
        names[i] = node->items[i].text;
    *type =
        (struct expr_type){.kind = EXPR_ENUM, .names = names, .names_count = (uint32_t)node->count};
    return type;
}

/* The place of a fault that expr found in a text. */
static bool text_fault(struct draft *draft, const struct yaml_node *node, const struct fault *fault)
{
    if (node == NULL || node->is_quoted || fault->line > 1 || fault->column < 1)
        yaml_error(draft->faults, node, "%s", fault->text);
    else
        yaml_fault_at(draft->faults, YAML_ERROR, node->line, node->column + fault->column - 1, 1,
                      "%s", fault->text);
    if (fault->hint[0] != '\0')
        yaml_hint(draft->faults, "%s", fault->hint);
    return false;
}

static const char *const type_words[] = {"bool",      "int",  "uint", "double",   "string",
                                         "timestamp", "list", "map",  "duration", "dyn"};

static const struct expr_type *named_type(struct draft *draft, const struct yaml_node *node,
                                          bool *out_optional)
{
    size_t size = node->size;
    if (out_optional != NULL && size > 1 && node->text[size - 1] == '?') {
        *out_optional = true;
        size--;
    }
    const struct expr_type *type = &expr_dyn;
    struct fault fault = {0};
    enum status status = expr_type_parse(draft->arena, node->text, size, &type, &fault);
    if (status == STATUS_FULL) {
        draft->is_full = true;
    } else if (status != STATUS_OK) {
        text_fault(draft, node, &fault);
        yaml_hint_nearest(draft->faults, node->text, type_words, COUNT_OF(type_words));
        yaml_hint(draft->faults, "types are bool int uint double string duration timestamp dyn, "
                                 "list(T) and map(K, V); a list of words is an enumeration");
    }
    return type;
}

static const struct expr_type *sized_type(struct draft *draft, const struct expr_type *type,
                                          const struct yaml_node *size)
{
    int64_t most;
    if (size == NULL || !yaml_int(size, 1, INT32_MAX, draft->faults, &most))
        return type;
    bool has_size = type->kind == EXPR_STRING || type->kind == EXPR_LIST || type->kind == EXPR_MAP;
    if (!has_size)
        yaml_error(draft->faults, size, "`max_size` bounds strings, lists and maps only");
    struct expr_type *copy = arena_alloc(draft->arena, sizeof *copy);
    if (copy == NULL) {
        draft->is_full = true;
        return type;
    }
    *copy = *type;
    copy->size_max = (uint32_t)most;
    return copy;
}

/* A field's or variable's type: text, a list of words, or an object that has one under `type`. */
static void read_type(struct draft *draft, const struct yaml_node *node, struct draft_name *out)
{
    const struct yaml_node *type = node->kind == YAML_MAPPING ? yaml_get(node, "type") : node;
    out->type = type->kind == YAML_SEQUENCE ? enum_type(draft, type)
                                            : named_type(draft, type, &out->is_optional);
    out->type = sized_type(draft, out->type, yaml_get(node, "max_size"));
    const struct yaml_node *optional = yaml_get(node, "optional");
    if (optional != NULL)
        (void)yaml_bool(optional, draft->faults, &out->is_optional); /* the fault is kept */
}

static void read_names(struct draft *draft, const struct yaml_node *node, struct draft_names *out)
{
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        struct draft_name *name = draft_push(draft, out);
        if (name == NULL)
            return;
        name->name = text_of(&node->pairs[i].key);
        read_type(draft, &node->pairs[i].value, name);
    }
}

static void read_variables(struct draft *draft, const struct yaml_node *node)
{
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        const struct yaml_node *value = &node->pairs[i].value;
        struct draft_name *variable = draft_push(draft, &draft->variables);
        if (variable == NULL)
            return;
        variable->name = text_of(&node->pairs[i].key);
        read_type(draft, value, variable);
        variable->init = text_of(yaml_get(value, "init"));
        const struct yaml_node *input = yaml_get(value, "input");
        if (input != NULL)
            (void)yaml_bool(input, draft->faults, &variable->is_input); /* the fault is kept */
        if (variable->is_optional)
            yaml_error(draft->faults, yaml_get(value, "type"),
                       "a variable always has a value; `?` is for fields");
        if (!variable->is_input && variable->init.text == NULL) {
            yaml_error(draft->faults, variable->name.node, "the variable `%s` has no first value",
                       variable->name.text);
            yaml_hint(draft->faults, "add `init:` or `input: true`");
        }
    }
}

/* ---- declarations ---------------------------------------------------------------------------- */

static void read_events(struct draft *draft, const struct yaml_node *node)
{
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        struct draft_event *event = draft_push(draft, &draft->events);
        if (event == NULL)
            return;
        event->name = text_of(&node->pairs[i].key);
        read_names(draft, &node->pairs[i].value, &event->fields);
    }
}

static void read_commands(struct draft *draft, const struct yaml_node *node)
{
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        const struct yaml_node *value = &node->pairs[i].value;
        struct draft_command *command = draft_push(draft, &draft->commands);
        if (command == NULL)
            return;
        command->name = text_of(&node->pairs[i].key);
        read_names(draft, yaml_get(value, "input"), &command->input);
        read_names(draft, yaml_get(value, "output"), &command->output);
        add_texts(draft, &command->errors, yaml_get(value, "errors"));
        const struct yaml_node *flag = yaml_get(value, "idempotent");
        if (flag != NULL)
            (void)yaml_bool(flag, draft->faults, &command->is_idempotent); /* the fault is kept */
        const struct yaml_node *kind = yaml_get(value, "kind");
        command->is_write = kind != NULL && strcmp(kind->text, "write") == 0;
        bool has_answer = command->output.count > 0 || command->errors.count > 0;
        if (command->is_write && has_answer)
            yaml_error(draft->faults, command->name.node,
                       "a command of kind `write` has no answer: no output and no errors");
    }
}

static void read_guards(struct draft *draft, const struct yaml_node *node)
{
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        const struct yaml_node *value = &node->pairs[i].value;
        struct draft_guard *guard = draft_push(draft, &draft->guards);
        if (guard == NULL)
            return;
        guard->name = text_of(&node->pairs[i].key);
        guard->condition = text_of(value->kind == YAML_SCALAR ? value : yaml_get(value, "if"));
        guard->message = text_of(yaml_get(value, "message"));
    }
}

static const char *const *name_list(struct draft *draft, const struct yaml_node *node,
                                    size_t *out_count)
{
    *out_count = node != NULL ? node->count : 0;
    const char **names = arena_array(draft->arena, *out_count, sizeof *names);
    if (names == NULL) {
        draft->is_full = true;
        *out_count = 0;
    }
    for (size_t i = 0; i < *out_count; i++)
        names[i] = node->items[i].text;
    return names;
}

static void read_attempts(struct draft *draft, const struct yaml_node *node, int *out)
{
    int64_t number;
    if (strcmp(node->text, "unlimited") == 0) {
        *out = 0;
        return;
    }
    if (!yaml_int(node, 1, 1000000, draft->faults, &number)) {
        yaml_hint(draft->faults, "it counts the first try, so 1 is the least; or `unlimited`");
        return;
    }
    *out = (int)number;
}

static void optional_duration(struct draft *draft, const struct yaml_node *mapping, const char *key,
                              int64_t *out_ms)
{
    const struct yaml_node *node = yaml_get(mapping, key);
    if (node != NULL)
        (void)yaml_duration(node, draft->faults, out_ms); /* the shape has checked it */
}

static int16_t add_retry(struct draft *draft, const struct yaml_node *node)
{
    struct fsm_retry *retry = draft_push(draft, &draft->retries);
    if (retry == NULL)
        return FSM_NONE;
    *retry = (struct fsm_retry){
        .delay_ms = 1000, .max_delay_ms = 60000, .backoff = 2.0, .max_attempts = 8, .jitter = true};
    int16_t index = (int16_t)(draft->retries.count - 1);
    if (node == NULL)
        return index;
    optional_duration(draft, node, "delay", &retry->delay_ms);
    optional_duration(draft, node, "max_delay", &retry->max_delay_ms);
    const struct yaml_node *backoff = yaml_get(node, "backoff");
    if (backoff != NULL && yaml_double(backoff, draft->faults, &retry->backoff) &&
        (retry->backoff < 1 || retry->backoff > 100))
        yaml_error(draft->faults, backoff, "%s is not between 1 and 100", backoff->text);
    if (yaml_get(node, "max_attempts") != NULL)
        read_attempts(draft, yaml_get(node, "max_attempts"), &retry->max_attempts);
    const struct yaml_node *jitter = yaml_get(node, "jitter");
    retry->jitter = jitter == NULL || strcmp(jitter->text, "full") == 0;
    retry->errors = name_list(draft, yaml_get(node, "errors"), &retry->error_count);
    retry->except = name_list(draft, yaml_get(node, "except"), &retry->except_count);
    return index;
}

static void read_retries(struct draft *draft, const struct yaml_node *node)
{
    (void)add_retry(draft, NULL); /* number 0 is the default policy */
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        add_text(draft, &draft->retry_names, &node->pairs[i].key);
        (void)add_retry(draft, &node->pairs[i].value); /* found again by its place */
    }
}

/* The policy a `retry:` names or spells out. */
static int16_t find_retry(struct draft *draft, const struct yaml_node *node)
{
    if (node->kind == YAML_MAPPING)
        return add_retry(draft, node);
    for (size_t i = 0; i < draft->retry_names.count; i++)
        if (strcmp(draft->retry_names.items[i].text, node->text) == 0)
            return (int16_t)(i + 1);
    yaml_error(draft->faults, node, "unknown retry policy `%s`", node->text);
    const char *names[64];
    size_t count = 0;
    for (; count < draft->retry_names.count && count < COUNT_OF(names); count++)
        names[count] = draft->retry_names.items[count].text;
    yaml_hint_nearest(draft->faults, node->text, names, count);
    return FSM_NONE;
}

/* ---- actions --------------------------------------------------------------------------------- */

static void read_actions(struct draft *draft, const struct yaml_node *node,
                         struct draft_block *out);

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
        action->name = text_of(&node->pairs[i].key);
        action->value = text_of(&node->pairs[i].value);
    }
}

/* An action that is a name or an object with the name under `key`. */
static void read_named(struct draft *draft, const struct yaml_node *node, const char *key,
                       const char *data, enum fsm_action_kind kind, struct draft_block *out)
{
    struct draft_action *action = add_action(draft, out, kind, node);
    if (action == NULL)
        return;
    action->name = text_of(node->kind == YAML_SCALAR ? node : yaml_get(node, key));
    read_fields(draft, yaml_get(node, data), &action->fields);
    action->to = text_of(yaml_get(node, "to"));
    action->delay = text_of(yaml_get(node, "delay"));
    action->id = text_of(yaml_get(node, "id"));
    const struct yaml_node *retry = yaml_get(node, "retry");
    action->is_retry_set = retry != NULL;
    if (retry != NULL)
        action->retry = find_retry(draft, retry);
}

static void read_if(struct draft *draft, const struct yaml_node *node, struct draft_block *out)
{
    struct draft_action *action = add_action(draft, out, FSM_DO_IF, node);
    if (action == NULL)
        return;
    const struct yaml_node *then = yaml_get(node, "then");
    if (then == NULL)
        yaml_error(draft->faults, yaml_get(node, "if"), "an `if` without `then`");
    struct draft_branch branches[2] = {{.guard = text_of(yaml_get(node, "if"))}, {{0}, {0}}};
    size_t place = out->count - 1;
    read_actions(draft, then, &branches[0].actions);
    read_actions(draft, yaml_get(node, "else"), &branches[1].actions);
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

static void read_actions(struct draft *draft, const struct yaml_node *node, struct draft_block *out)
{
    for (size_t i = 0; node != NULL && i < node->count; i++)
        read_action(draft, &node->items[i], out);
}

/* ---- transitions ----------------------------------------------------------------------------- */

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
        add_text(draft, &transition->targets, node);
        return transition;
    }
    transition->guard = text_of(yaml_get(node, "guard"));
    add_texts(draft, &transition->targets, yaml_get(node, "target"));
    read_assign(draft, yaml_get(node, "assign"), &transition->actions);
    read_actions(draft, yaml_get(node, "actions"), &transition->actions);
    transition->doc = text_of(yaml_get(node, "doc"));
    const struct yaml_node *reenter = yaml_get(node, "reenter");
    bool is_reentering = false;
    if (reenter != NULL)
        (void)yaml_bool(reenter, draft->faults, &is_reentering); /* the shape has checked it */
    transition->is_internal = !is_reentering;
    return transition;
}

/* One branch or a list of them. */
static void add_transitions(struct draft *draft, size_t state, const struct yaml_node *node,
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
            add_text(draft, &transition->events, event);
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

static void read_on(struct draft *draft, size_t state, const struct yaml_node *node)
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
                add_transitions(draft, state, &node->pairs[i].value, FSM_ON_EVENT, FSM_NONE,
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
        *added = (struct draft_timer){text_of(value), is_absolute, is_kept};
        timer = (int)it->timers.count - 1;
    }
    add_transitions(draft, state, node, FSM_ON_TIMER, timer, NULL);
}

static void read_timers(struct draft *draft, size_t state, const struct yaml_node *node,
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
    add_transitions(draft, state, node, FSM_ON_ERROR, invoke, NULL);
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
        add_texts(draft, &transition->events, yaml_get(one, "errors"));
        if (it->has_catch_all)
            yaml_error(draft->faults, one,
                       "this branch is never reached: the one before it takes "
                       "every error");
        it->has_error_path = true;
        it->has_catch_all =
            it->has_catch_all || (transition->events.count == 0 && transition->guard.text == NULL);
    }
}

static void read_invoke(struct draft *draft, size_t state, const struct yaml_node *node)
{
    struct draft_invoke *invoke = draft_push(draft, &draft->states.items[state].invokes);
    if (invoke == NULL)
        return;
    int index = (int)draft->states.items[state].invokes.count - 1;
    invoke->node = yaml_get(node, "command");
    invoke->command = text_of(invoke->node);
    invoke->id = text_of(yaml_get(node, "id"));
    read_fields(draft, yaml_get(node, "input"), &invoke->input);
    optional_duration(draft, node, "timeout", &invoke->timeout_ms);
    optional_duration(draft, node, "deadline", &invoke->deadline_ms);
    optional_duration(draft, node, "heartbeat", &invoke->heartbeat_ms);
    const struct yaml_node *retry = yaml_get(node, "retry");
    invoke->retry = retry != NULL ? find_retry(draft, retry) : 0;
    if (yaml_get(node, "on_done") != NULL)
        add_transitions(draft, state, yaml_get(node, "on_done"), FSM_ON_DONE, index, NULL);
    if (yaml_get(node, "on_timeout") != NULL)
        read_on_timeout(draft, state, index, yaml_get(node, "on_timeout"));
    if (yaml_get(node, "on_error") != NULL)
        read_on_error(draft, state, index, yaml_get(node, "on_error"));
}

/* ---- states ---------------------------------------------------------------------------------- */

static void read_behaviour(struct draft *draft, size_t state, const struct yaml_node *node)
{
    read_actions(draft, yaml_get(node, "entry"), &draft->states.items[state].entry);
    read_actions(draft, yaml_get(node, "exit"), &draft->states.items[state].exit);
    read_on(draft, state, yaml_get(node, "on"));
    if (yaml_get(node, "always") != NULL)
        add_transitions(draft, state, yaml_get(node, "always"), FSM_ON_ALWAYS, FSM_NONE, NULL);
    read_timers(draft, state, yaml_get(node, "after"), false);
    read_timers(draft, state, yaml_get(node, "at"), true);
    const struct yaml_node *invoke = yaml_get(node, "invoke");
    size_t count = invoke != NULL && invoke->kind == YAML_SEQUENCE ? invoke->count : invoke != NULL;
    for (size_t i = 0; i < count; i++)
        read_invoke(draft, state, invoke->kind == YAML_SEQUENCE ? &invoke->items[i] : invoke);
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
    state->doc = doc_of(node);
    state->parent = parent;
    state->node = &pair->key;
    state->kind = state_kind(draft, node);
    bool is_history =
        state->kind == FSM_STATE_HISTORY_DEEP || state->kind == FSM_STATE_HISTORY_SHALLOW;
    add_texts(draft, &state->initial, yaml_get(node, is_history ? "target" : "initial"));
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
    add_texts(draft, &state->tags, yaml_get(node, "tags"));
    read_fields(draft, yaml_get(node, "output"), &state->output);
    if (!is_history)
        read_behaviour(draft, index, node);
    read_states(draft, yaml_get(node, "states"), (int)index, depth + 1);
}

static void read_states(struct draft *draft, const struct yaml_node *node, int parent, int depth)
{
    for (size_t i = 0; node != NULL && i < node->count && !draft->is_full; i++)
        read_state(draft, &node->pairs[i], parent, depth);
}

/* ---- the machine ----------------------------------------------------------------------------- */

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
        read_fields(draft, yaml_get(&node->pairs[i].value, "states"), &migration->states);
        read_fields(draft, yaml_get(&node->pairs[i].value, "context"), &migration->values);
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
    draft->doc = doc_of(root);
    read_limits(draft, yaml_get(root, "limits"));
    read_variables(draft, yaml_get(root, "context"));
    read_events(draft, yaml_get(root, "events"));
    read_commands(draft, yaml_get(root, "commands"));
    read_retries(draft, yaml_get(root, "retry"));
    read_guards(draft, yaml_get(root, "guards"));
    struct draft_state *state = draft_push(draft, &draft->states);
    if (state == NULL)
        return;
    state->name = "";
    state->doc = draft->doc;
    state->kind = FSM_STATE_COMPOUND;
    state->parent = FSM_NONE;
    state->node = &yaml_get_pair(root, "states")->key;
    add_texts(draft, &state->initial, yaml_get(root, "initial"));
    if (yaml_get(root, "states")->count == 0)
        yaml_error(draft->faults, yaml_get(root, "states"), "a machine without states");
    read_behaviour(draft, 0, root);
    read_states(draft, yaml_get(root, "states"), 0, 1);
    read_fields(draft, yaml_get(root, "output"), &draft->output);
    read_migrations(draft, yaml_get(root, "migrate"));
}
