/* What a machine file declares before its states: variables, events, commands, guards, retries. */
#include "fsm/policy.h"

#include <string.h>

struct draft_text policy_text_of(const struct yaml_node *node)
{
    return node != NULL ? (struct draft_text){node->text, node} : (struct draft_text){0};
}

const char *policy_doc_of(const struct yaml_node *node)
{
    const struct yaml_node *doc = yaml_get(node, "doc");
    return doc != NULL ? doc->text : "";
}

void policy_add_text(struct draft *draft, struct draft_texts *texts, const struct yaml_node *node)
{
    struct draft_text *text = draft_push(draft, texts);
    if (text != NULL)
        *text = policy_text_of(node);
}

/* A single value or a list of them. */
void policy_add_texts(struct draft *draft, struct draft_texts *texts, const struct yaml_node *node)
{
    if (node == NULL)
        return;
    if (node->kind == YAML_SCALAR)
        policy_add_text(draft, texts, node);
    for (size_t i = 0; node->kind == YAML_SEQUENCE && i < node->count; i++)
        policy_add_text(draft, texts, &node->items[i]);
}

void policy_read_fields(struct draft *draft, const struct yaml_node *node, struct draft_fields *out)
{
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        struct draft_field *field = draft_push(draft, out);
        if (field == NULL)
            return;
        *field = (struct draft_field){policy_text_of(&node->pairs[i].key),
                                      policy_text_of(&node->pairs[i].value)};
    }
}

/* ---- types ------------------------------------------------------------------------------- */

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
        name->name = policy_text_of(&node->pairs[i].key);
        read_type(draft, &node->pairs[i].value, name);
    }
}

void policy_read_variables(struct draft *draft, const struct yaml_node *node)
{
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        const struct yaml_node *value = &node->pairs[i].value;
        struct draft_name *variable = draft_push(draft, &draft->variables);
        if (variable == NULL)
            return;
        variable->name = policy_text_of(&node->pairs[i].key);
        read_type(draft, value, variable);
        variable->init = policy_text_of(yaml_get(value, "init"));
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

/* ---- declarations ------------------------------------------------------------------------ */

void policy_read_events(struct draft *draft, const struct yaml_node *node)
{
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        struct draft_event *event = draft_push(draft, &draft->events);
        if (event == NULL)
            return;
        event->name = policy_text_of(&node->pairs[i].key);
        read_names(draft, &node->pairs[i].value, &event->fields);
    }
}

void policy_read_commands(struct draft *draft, const struct yaml_node *node)
{
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        const struct yaml_node *value = &node->pairs[i].value;
        struct draft_command *command = draft_push(draft, &draft->commands);
        if (command == NULL)
            return;
        command->name = policy_text_of(&node->pairs[i].key);
        read_names(draft, yaml_get(value, "input"), &command->input);
        read_names(draft, yaml_get(value, "output"), &command->output);
        policy_add_texts(draft, &command->errors, yaml_get(value, "errors"));
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

void policy_read_guards(struct draft *draft, const struct yaml_node *node)
{
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        const struct yaml_node *value = &node->pairs[i].value;
        struct draft_guard *guard = draft_push(draft, &draft->guards);
        if (guard == NULL)
            return;
        guard->name = policy_text_of(&node->pairs[i].key);
        guard->condition =
            policy_text_of(value->kind == YAML_SCALAR ? value : yaml_get(value, "if"));
        guard->message = policy_text_of(yaml_get(value, "message"));
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

void policy_optional_duration(struct draft *draft, const struct yaml_node *mapping, const char *key,
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
    policy_optional_duration(draft, node, "delay", &retry->delay_ms);
    policy_optional_duration(draft, node, "max_delay", &retry->max_delay_ms);
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

void policy_read_retries(struct draft *draft, const struct yaml_node *node)
{
    (void)add_retry(draft, NULL); /* number 0 is the default policy */
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        policy_add_text(draft, &draft->retry_names, &node->pairs[i].key);
        (void)add_retry(draft, &node->pairs[i].value); /* found again by its place */
    }
}

/* The policy a `retry:` names or spells out. */
int16_t policy_find_retry(struct draft *draft, const struct yaml_node *node)
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
