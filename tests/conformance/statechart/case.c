/* Neutral JSON cases made into drafts: the same compiler as for YAML does the rest. */
#include "tests/conformance/statechart/case.h"

#include <ctype.h>
#include <string.h>

static struct draft_text no_text(void)
{
    return (struct draft_text){0};
}

static const char *kept(struct draft *draft, const char *text)
{
    const char *copy = arena_copy(draft->arena, text, strlen(text));
    if (copy == NULL)
        draft->is_full = true;
    return copy != NULL ? copy : "";
}

static struct draft_text text_of(struct draft *draft, const json_t *json)
{
    if (!json_is_string(json))
        return no_text();
    return (struct draft_text){kept(draft, json_string_value(json)), NULL};
}

/* `In('s')` is `active('s')` in our vocabulary; texts inside quotes stay as they are. */
static struct draft_text expression_of(struct draft *draft, const json_t *json)
{
    if (!json_is_string(json))
        return no_text();
    const char *text = json_string_value(json);
    struct buffer out = {0};
    char quote = '\0';
    for (size_t i = 0; text[i] != '\0'; i++) {
        bool is_word = i > 0 && (isalnum((unsigned char)text[i - 1]) || text[i - 1] == '_' ||
                                 text[i - 1] == '.');
        if (quote == '\0' && !is_word && strncmp(text + i, "In(", 3) == 0) {
            buffer_append_text(&out, "active");
            i++;
            continue;
        }
        if (quote != '\0' && text[i] == '\\' && text[i + 1] != '\0')
            buffer_append_char(&out, text[i++]);
        else if (quote != '\0')
            quote = text[i] == quote ? '\0' : quote;
        else if (text[i] == '\'' || text[i] == '"')
            quote = text[i];
        buffer_append_char(&out, text[i]);
    }
    struct draft_text result = {kept(draft, buffer_text(&out)), NULL};
    buffer_deinit(&out);
    return result;
}

static void add_texts(struct draft *draft, struct draft_texts *texts, const json_t *array)
{
    size_t index;
    json_t *item;
    json_array_foreach(array, index, item)
    {
        struct draft_text *text = draft_push(draft, texts);
        if (text != NULL)
            *text = text_of(draft, item);
    }
}

static void read_actions(struct draft *draft, const json_t *array, struct draft_block *out);

static void read_event_action(struct draft *draft, const json_t *json, struct draft_action *action)
{
    action->name = text_of(draft, json_object_get(json, "event"));
    action->event_name = expression_of(draft, json_object_get(json, "eventExpr"));
    action->value = expression_of(draft, json_object_get(json, "data"));
    action->id = text_of(draft, json_object_get(json, "id"));
    action->delay = expression_of(draft, json_object_get(json, "delayExpr"));
    const json_t *delay = json_object_get(json, "delay");
    if (json_is_integer(delay)) {
        char *text = arena_format(draft->arena, "%lldms", (long long)json_integer_value(delay));
        draft->is_full = draft->is_full || text == NULL;
        action->delay = (struct draft_text){text, NULL};
    }
}

static void read_if(struct draft *draft, const json_t *array, struct draft_action *action)
{
    action->chain_count = json_array_size(array);
    action->chain = arena_array(draft->arena, action->chain_count, sizeof *action->chain);
    if (action->chain == NULL) {
        draft->is_full = true;
        return;
    }
    size_t index;
    json_t *item;
    json_array_foreach(array, index, item)
    {
        action->chain[index].guard = expression_of(draft, json_object_get(item, "cond"));
        read_actions(draft, json_object_get(item, "do"), &action->chain[index].actions);
    }
}

static void read_action(struct draft *draft, const json_t *json, struct draft_block *out)
{
    struct draft_action action = {.kind = FSM_DO_ASSIGN, .retry = FSM_NONE};
    const json_t *value;
    if ((value = json_object_get(json, "assign")) != NULL) {
        action.name = text_of(draft, json_object_get(value, "location"));
        action.value = expression_of(draft, json_object_get(value, "expr"));
    } else if ((value = json_object_get(json, "raise")) != NULL) {
        action.kind = FSM_DO_RAISE;
        read_event_action(draft, value, &action);
    } else if ((value = json_object_get(json, "send")) != NULL) {
        action.kind = FSM_DO_SEND;
        read_event_action(draft, value, &action);
    } else if ((value = json_object_get(json, "cancel")) != NULL) {
        action.kind = FSM_DO_CANCEL;
        action.name = text_of(draft, value);
    } else if ((value = json_object_get(json, "if")) != NULL) {
        action.kind = FSM_DO_IF;
        read_if(draft, value, &action);
    } else {
        yaml_error(draft->faults, NULL, "an unknown action");
        return;
    }
    struct draft_action *added = draft_push(draft, out);
    if (added != NULL)
        *added = action;
}

static void read_actions(struct draft *draft, const json_t *array, struct draft_block *out)
{
    size_t index;
    json_t *item;
    json_array_foreach(array, index, item) read_action(draft, item, out);
}

static void read_transition(struct draft *draft, size_t state, const json_t *json)
{
    struct draft_transition transition = {.of = FSM_NONE, .trigger = FSM_ON_ALWAYS};
    const json_t *events = json_object_get(json, "event");
    if (events != NULL)
        transition.trigger = FSM_ON_EVENT;
    add_texts(draft, &transition.events, events);
    transition.guard = expression_of(draft, json_object_get(json, "cond"));
    add_texts(draft, &transition.targets, json_object_get(json, "target"));
    transition.is_internal = json_is_true(json_object_get(json, "internal"));
    read_actions(draft, json_object_get(json, "actions"), &transition.actions);
    struct draft_transition *added = draft_push(draft, &draft->states.items[state].transitions);
    if (added != NULL)
        *added = transition;
}

static enum fsm_state_kind kind_of(const json_t *json)
{
    const char *kind = json_string_value(json_object_get(json, "kind"));
    const char *history = json_string_value(json_object_get(json, "history"));
    if (kind == NULL || strcmp(kind, "atomic") == 0)
        return FSM_STATE_ATOMIC;
    if (strcmp(kind, "compound") == 0)
        return FSM_STATE_COMPOUND;
    if (strcmp(kind, "parallel") == 0)
        return FSM_STATE_PARALLEL;
    if (strcmp(kind, "final") == 0)
        return FSM_STATE_FINAL;
    return history != NULL && strcmp(history, "deep") == 0 ? FSM_STATE_HISTORY_DEEP
                                                           : FSM_STATE_HISTORY_SHALLOW;
}

static void read_states(struct draft *draft, const json_t *array, int parent);

static void read_parts(struct draft *draft, size_t index, const json_t *json)
{
    struct draft_state *state = &draft->states.items[index];
    const json_t *initial = json_object_get(json, "initial");
    if (initial == NULL)
        initial = json_object_get(json, "default");
    add_texts(draft, &state->initial, json_object_get(initial, "target"));
    read_actions(draft, json_object_get(initial, "actions"), &state->initial_do);
    read_actions(draft, json_object_get(json, "entry"), &state->entry);
    read_actions(draft, json_object_get(json, "start"), &state->entry);
    read_actions(draft, json_object_get(json, "exit"), &state->exit);
    state->output_value = expression_of(draft, json_object_get(json, "doneData"));
    size_t at;
    json_t *item;
    json_array_foreach(json_object_get(json, "transitions"), at, item)
        read_transition(draft, index, item);
    read_states(draft, json_object_get(json, "states"), (int)index);
}

static void read_states(struct draft *draft, const json_t *array, int parent)
{
    size_t at;
    json_t *item;
    json_array_foreach(array, at, item)
    {
        struct draft_state *state = draft_push(draft, &draft->states);
        const char *id = json_string_value(json_object_get(item, "id"));
        if (state == NULL || draft->states.count > FSM_STATES_MAX) {
            draft->is_full = true;
            return;
        }
        state->name = kept(draft, id != NULL ? id : "");
        state->kind = kind_of(item);
        state->parent = parent;
        read_parts(draft, draft->states.count - 1, item);
    }
}

static const struct expr_type *type_of(struct draft *draft, const char *name)
{
    static const struct expr_type list = {.kind = EXPR_LIST, .item = &expr_dyn};
    static const struct expr_type map = {.kind = EXPR_MAP, .key = &expr_dyn, .item = &expr_dyn};
    const struct expr_type *type = &expr_dyn;
    struct fault fault = {0};
    if (strcmp(name, "list") == 0)
        return &list;
    if (strcmp(name, "map") == 0)
        return &map;
    if (expr_type_parse(draft->arena, name, strlen(name), &type, &fault) != STATUS_OK)
        yaml_error(draft->faults, NULL, "%s", fault.text);
    return type;
}

static void read_data(struct draft *draft, const json_t *array, bool is_nullable)
{
    size_t at;
    json_t *item;
    json_array_foreach(array, at, item)
    {
        const char *type = json_string_value(json_object_get(item, "type"));
        struct draft_name *variable = draft_push(draft, &draft->variables);
        if (variable == NULL)
            return;
        variable->name = text_of(draft, json_object_get(item, "id"));
        variable->init = expression_of(draft, json_object_get(item, "init"));
        variable->type = type_of(draft, type != NULL ? type : "dyn");
        variable->is_nullable = is_nullable && variable->init.text == NULL;
        if (variable->is_nullable)
            variable->type = &expr_dyn;
    }
}

enum status statechart_case_load(struct arena *arena, const json_t *machine, bool is_nullable,
                                 struct yaml_faults *faults, const struct fsm_machine **out_machine)
{
    struct draft draft = {.arena = arena,
                          .faults = faults,
                          .version = 1,
                          .is_neutral = true,
                          .microsteps_max = FSM_MICROSTEPS_MAX,
                          .cost_max = EXPR_COST_MAX};
    const char *id = json_string_value(json_object_get(machine, "id"));
    draft.name = kept(&draft, id != NULL ? id : "");
    read_data(&draft, json_object_get(machine, "data"), is_nullable);
    struct draft_state *root = draft_push(&draft, &draft.states);
    if (root == NULL)
        return STATUS_FULL;
    root->name = draft.name;
    root->kind = FSM_STATE_COMPOUND;
    root->parent = FSM_NONE;
    read_parts(&draft, 0, machine);
    return fsm_compile(&draft, out_machine);
}

/* ---- values ------------------------------------------------------------------------------ */

static bool list_value(struct arena *arena, const json_t *json, struct value *out)
{
    size_t count = json_array_size(json), at;
    struct value *items = arena_array(arena, count, sizeof *items);
    json_t *item;
    if (items == NULL)
        return false;
    json_array_foreach(json, at, item)
    {
        if (!statechart_case_value(arena, item, &items[at]))
            return false;
    }
    *out = value_list(items, count);
    return true;
}

static bool map_value(struct arena *arena, json_t *json, struct value *out)
{
    struct value_entry *entries = arena_array(arena, json_object_size(json), sizeof *entries);
    size_t count = 0;
    const char *key;
    json_t *item;
    if (entries == NULL)
        return false;
    json_object_foreach(json, key, item)
    {
        char *name = arena_copy(arena, key, strlen(key));
        if (name == NULL || !statechart_case_value(arena, item, &entries[count].value))
            return false;
        entries[count++].key = value_text(name);
    }
    *out = value_map(entries, count);
    return true;
}

bool statechart_case_value(struct arena *arena, const json_t *json, struct value *out)
{
    *out = value_null();
    if (json == NULL)
        return true;
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return map_value(arena, (json_t *)json, out);
    case JSON_ARRAY:
        return list_value(arena, json, out);
    case JSON_STRING: {
        size_t size = json_string_length(json);
        char *text = arena_copy(arena, json_string_value(json), size);
        *out = value_string(text, size);
        return text != NULL;
    }
    case JSON_INTEGER:
        *out = value_int(json_integer_value(json));
        return true;
    case JSON_REAL:
        *out = value_double(json_real_value(json));
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        *out = value_bool(json_is_true(json));
        return true;
    case JSON_NULL:
        return true;
    }
    return false;
}
