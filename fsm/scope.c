/* What the expressions of a machine may name, and compiling them with their places. */
#include "fsm/compile.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 256 };

/* ---- faults ------------------------------------------------------------------------------ */

/* Bytes of the word at a place: what is underlined. */
static int word_width(const char *text, size_t size, size_t offset)
{
    size_t end = offset;
    while (end < size &&
           (isalnum((unsigned char)text[end]) || text[end] == '_' || text[end] == '.'))
        end++;
    return end > offset ? (int)(end - offset) : 1;
}

/* A quoted scalar without escapes stands in the file as it reads. */
static bool reads_in_place(const struct yaml_node *node)
{
    size_t quotes = node->is_quoted ? 2 : 0;
    return (size_t)node->width == node->size + quotes && strchr(node->text, '\n') == NULL;
}

static void text_fault(struct compiler *c, struct draft_text text, const struct fault *fault)
{
    const struct yaml_node *node = text.node;
    bool has_place = node != NULL && fault->line == 1 && fault->column >= 1 && reads_in_place(node);
    if (has_place) {
        size_t offset = (size_t)fault->column - 1;
        yaml_fault_at(c->draft->faults, YAML_ERROR, node->line,
                      node->column + (node->is_quoted ? 1 : 0) + (int)offset,
                      word_width(node->text, node->size, offset), "%s", fault->text);
    } else {
        yaml_error(c->draft->faults, node, "%s", fault->text);
    }
    if (node != NULL && node->is_cut && !node->is_quoted)
        yaml_hint(c->draft->faults,
                  "a `#` after a space begins a comment: put the whole value in double quotes");
    if (fault->hint[0] != '\0')
        yaml_hint(c->draft->faults, "%s", fault->hint);
}

static void hint_names(struct compiler *c, const char *word, struct fsm_range names)
{
    const char *words[WORDS_MAX];
    size_t count = 0;
    for (; count < names.count && count < WORDS_MAX; count++)
        words[count] = c->names.items[names.first + count].name;
    yaml_hint_nearest(c->draft->faults, word, words, count);
}

void unknown_event_fault(struct compiler *c, struct draft_text name)
{
    yaml_error(c->draft->faults, name.node, "unknown event `%s`", name.text);
    const char *words[WORDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < c->events.count && count < WORDS_MAX; i++)
        words[count++] = c->events.items[i].name;
    yaml_hint_nearest(c->draft->faults, name.text, words, count);
    yaml_hint(c->draft->faults, "declare it under `events:`");
}

void unknown_state_fault(struct compiler *c, struct draft_text name, int parent)
{
    yaml_error(c->draft->faults, name.node, "unknown state `%s`", name.text);
    const char *words[WORDS_MAX];
    size_t count = 0;
    const struct fsm_machine *machine = c->machine;
    for (int i = 1; i < machine->state_count && count < WORDS_MAX; i++)
        if (machine->states[i].parent == parent)
            words[count++] = machine->states[i].name;
    for (int i = 1; i < machine->state_count && count < WORDS_MAX; i++)
        words[count++] = machine->states[i].path;
    const char *near = yaml_nearest(name.text, words, count);
    for (int i = 1; near == NULL && i < machine->state_count; i++)
        if (strcmp(machine->states[i].name, name.text) == 0)
            near = machine->states[i].path;
    if (near != NULL)
        yaml_hint(c->draft->faults, "did you mean `%s`?", near);
    else
        yaml_hint(c->draft->faults,
                  "a state is named by its name beside the source, by its dotted path from "
                  "the root, or by a name that no other state has");
}

static bool is_text(const char *text, const char *other, size_t size)
{
    return strlen(text) == size && memcmp(text, other, size) == 0;
}

/* A variable without `ctx.` before it. */
static void hint_variable(const struct compiler *c, struct fault *fault)
{
    static const char prefix[] = "unknown name '";
    if (strncmp(fault->text, prefix, sizeof prefix - 1) != 0)
        return;
    const char *name = fault->text + sizeof prefix - 1;
    size_t size = strcspn(name, "'");
    for (int i = 0; i < c->machine->variable_count; i++)
        if (is_text(c->machine->variables[i].name, name, size))
            fault_hint(fault, "variables are written `ctx.%.*s`", (int)size, name);
}

/* ---- expressions ------------------------------------------------------------------------- */

const struct expr_program *compile_text(struct compiler *c, const struct expr_scope *scope,
                                        struct draft_text text, const struct expr_type *want)
{
    if (text.text == NULL)
        return NULL;
    struct fault fault = {0};
    const struct expr_program *program = NULL;
    struct expr_request request = {.text = text.text,
                                   .size = strlen(text.text),
                                   .scope = scope,
                                   .want = want,
                                   .cost_max = c->draft->cost_max};
    enum status status = expr_compile(c->arena, &request, &program, &fault);
    if (status == STATUS_FULL && fault.text[0] == '\0') {
        c->draft->is_full = true;
        return NULL;
    }
    if (status != STATUS_OK) {
        bool is_type_fault = strncmp(fault.text, "this is ", 8) == 0;
        if (fault.hint[0] == '\0')
            hint_variable(c, &fault);
        text_fault(c, text, &fault);
        if (want == &expr_string && !is_type_fault)
            yaml_hint(c->draft->faults,
                      "a text inside an expression has quotes of its own: \"'..'\"");
        return NULL;
    }
    const struct value *wrong = expr_constant_error(program);
    if (wrong != NULL) {
        fault.line = 1;
        fault.column = (int)wrong->size;
        (void)snprintf(fault.text, sizeof fault.text, "this always fails: %s",
                       value_error_text(wrong->as.error)); /* cut is fine */
        text_fault(c, text, &fault);
        return NULL;
    }
    return program;
}

static bool is_identifier(const char *text)
{
    if (!isalpha((unsigned char)*text) && *text != '_')
        return false;
    for (; *text != '\0'; text++)
        if (!isalnum((unsigned char)*text) && *text != '_' && *text != '-')
            return false;
    return true;
}

static void warn_constant(struct compiler *c, const struct expr_program *program,
                          struct draft_text text)
{
    const struct value *constant = program != NULL ? expr_constant(program) : NULL;
    if (constant != NULL && constant->kind == VALUE_BOOL && !c->draft->is_neutral)
        yaml_warning(c->draft->faults, text.node, "this guard is always %s",
                     constant->as.boolean ? "true" : "false");
}

/* A named guard is compiled where it is used, so that it may read the event of its transition; one
 * that is wrong is reported once. */
static int16_t use_guard(struct compiler *c, const struct expr_scope *scope,
                         struct draft_guard *draft)
{
    bool is_first = !draft->is_used;
    draft->is_used = true;
    if (draft->is_wrong)
        return FSM_NONE;
    struct fsm_guard *guard = compiler_push(c, &c->guards);
    if (guard == NULL)
        return FSM_NONE;
    int16_t number = (int16_t)(c->guards.count - 1);
    const struct expr_program *program = compile_text(c, scope, draft->condition, &expr_bool);
    const struct expr_program *message = compile_text(c, scope, draft->message, &expr_string);
    *guard = (struct fsm_guard){.name = draft->name.text,
                                .text = draft->condition.text,
                                .program = program,
                                .message = message};
    draft->is_wrong = program == NULL || (message == NULL && draft->message.text != NULL);
    if (is_first)
        warn_constant(c, program, draft->condition);
    return number;
}

static int16_t named_guard(struct compiler *c, const struct expr_scope *scope,
                           struct draft_text text)
{
    struct draft *draft = c->draft;
    const char *words[WORDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < draft->guards.count; i++) {
        if (strcmp(draft->guards.items[i].name.text, text.text) == 0)
            return use_guard(c, scope, &draft->guards.items[i]);
        if (count < WORDS_MAX)
            words[count++] = draft->guards.items[i].name.text;
    }
    yaml_error(draft->faults, text.node, "unknown guard `%s`", text.text);
    yaml_hint_nearest(draft->faults, text.text, words, count);
    yaml_hint(draft->faults, "declare it under `guards:`; variables are written `ctx.%s`",
              text.text);
    return FSM_NONE;
}

int16_t compile_guard(struct compiler *c, const struct expr_scope *scope, struct draft_text text)
{
    if (text.text == NULL)
        return FSM_NONE;
    bool is_name = !c->draft->is_neutral && is_identifier(text.text) &&
                   strcmp(text.text, "true") != 0 && strcmp(text.text, "false") != 0;
    if (is_name)
        return named_guard(c, scope, text);
    const struct expr_program *program = compile_text(c, scope, text, &expr_bool);
    if (program == NULL)
        return FSM_NONE;
    warn_constant(c, program, text);
    struct fsm_guard *guard = compiler_push(c, &c->guards);
    if (guard == NULL)
        return FSM_NONE;
    *guard = (struct fsm_guard){.name = "", .text = text.text, .program = program};
    return (int16_t)(c->guards.count - 1);
}

void compile_guards(struct compiler *c)
{
    for (size_t i = 0; i < c->draft->guards.count; i++) {
        const struct draft_guard *draft = &c->draft->guards.items[i];
        if (strcmp(draft->name.text, "true") == 0 || strcmp(draft->name.text, "false") == 0)
            yaml_error(c->draft->faults, draft->name.node, "a guard cannot be named `%s`",
                       draft->name.text);
    }
}

/* ---- fields ------------------------------------------------------------------------------ */

static const struct draft_field *find_given(const struct draft_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->count; i++)
        if (strcmp(fields->items[i].name.text, name) == 0)
            return &fields->items[i];
    return NULL;
}

static bool is_declared(const struct compiler *c, struct fsm_range names, const char *name)
{
    for (uint32_t i = 0; i < names.count; i++)
        if (strcmp(c->names.items[names.first + i].name, name) == 0)
            return true;
    return false;
}

struct fsm_range compile_fields(struct compiler *c, const struct expr_scope *scope,
                                const struct draft_fields *fields, struct fsm_range names,
                                const char *what, const struct yaml_node *node)
{
    struct fsm_range range = {(uint32_t)c->fields.count, names.count};
    for (uint32_t i = 0; i < names.count; i++) {
        struct fsm_typed_name name = c->names.items[names.first + i];
        const struct draft_field *given = find_given(fields, name.name);
        struct fsm_field_value *field = compiler_push(c, &c->fields);
        if (field == NULL)
            return (struct fsm_range){0, 0};
        field->key = value_text(name.name);
        field->type = name.type;
        if (given == NULL && !name.is_optional)
            yaml_error(c->draft->faults, node, "%s needs the field `%s`", what, name.name);
        if (given == NULL)
            continue;
        const struct expr_program *program = compile_text(c, scope, given->value, name.type);
        c->fields.items[range.first + i].program = program;
    }
    for (size_t i = 0; i < fields->count; i++) {
        struct draft_text name = fields->items[i].name;
        if (is_declared(c, names, name.text))
            continue;
        yaml_error(c->draft->faults, name.node, "%s has no field `%s`", what, name.text);
        hint_names(c, name.text, names);
    }
    return range;
}

struct fsm_range compile_free_fields(struct compiler *c, const struct expr_scope *scope,
                                     const struct draft_fields *fields)
{
    struct fsm_range range = {(uint32_t)c->fields.count, (uint32_t)fields->count};
    for (size_t i = 0; i < fields->count; i++) {
        struct fsm_field_value *field = compiler_push(c, &c->fields);
        if (field == NULL)
            return (struct fsm_range){0, 0};
        field->key = value_text(fields->items[i].name.text);
        const struct expr_program *program = compile_text(c, scope, fields->items[i].value, NULL);
        c->fields.items[range.first + i].program = program;
    }
    return range;
}

/* ---- scopes ------------------------------------------------------------------------------ */

static void set_variable(struct expr_variable *out, const char *name, const struct expr_type *type,
                         int bank, int index)
{
    *out = (struct expr_variable){
        .name = name, .type = type, .bank = (uint8_t)bank, .index = (uint16_t)index};
}

/* A scope below the machine's with room for `count` variables. */
static struct expr_scope *new_scope(struct compiler *c, size_t count,
                                    struct expr_variable **out_variables)
{
    struct expr_scope *scope = arena_alloc(c->arena, sizeof *scope);
    *out_variables = arena_array(c->arena, count + 1, sizeof **out_variables);
    if (scope == NULL || *out_variables == NULL) {
        c->draft->is_full = true;
        return NULL;
    }
    *scope = (struct expr_scope){
        .parent = &c->scope, .variables = *out_variables, .variable_count = count};
    return scope;
}

static const char *prefixed(struct compiler *c, const char *prefix, const char *name)
{
    const char *text = arena_format(c->arena, "%s.%s", prefix, name);
    if (text == NULL)
        c->draft->is_full = true;
    return text != NULL ? text : "";
}

static struct expr_scope *scope_of_names(struct compiler *c, const char *prefix,
                                         struct fsm_range names, int bank)
{
    struct expr_variable *variables;
    struct expr_scope *scope = new_scope(c, names.count, &variables);
    for (uint32_t i = 0; scope != NULL && i < names.count; i++) {
        const struct fsm_typed_name *name = &c->names.items[names.first + i];
        set_variable(&variables[i], prefixed(c, prefix, name->name), name->type, bank, (int)i);
    }
    return scope;
}

const struct expr_scope *scope_of_event(struct compiler *c, int event)
{
    struct fsm_range names = {0, 0};
    if (event != FSM_NONE)
        names = c->events.items[event].fields;
    struct expr_scope *scope = scope_of_names(c, "event", names, FSM_BANK_EVENT);
    if (scope == NULL)
        return &c->scope;
    if (!is_declared(c, names, "name")) {
        /* new_scope() left room for one more */
        struct expr_variable *last = (struct expr_variable *)scope->variables + names.count;
        set_variable(last, "event.name", &expr_string, FSM_BANK_SYSTEM, FSM_SYSTEM_EVENT_NAME);
        scope->variable_count++;
    }
    return scope;
}

const struct expr_scope *scope_of_result(struct compiler *c, int command)
{
    const struct expr_scope *scope =
        scope_of_names(c, "result", c->machine->commands[command].output, FSM_BANK_RESULT);
    return scope != NULL ? scope : &c->scope;
}

const struct expr_scope *scope_of_error(struct compiler *c)
{
    struct expr_variable *variables;
    struct expr_scope *scope = new_scope(c, FSM_ERROR_COUNT, &variables);
    if (scope == NULL)
        return &c->scope;
    set_variable(&variables[0], "error.code", &expr_string, FSM_BANK_ERROR, FSM_ERROR_CODE);
    set_variable(&variables[1], "error.detail", &expr_string, FSM_BANK_ERROR, FSM_ERROR_DETAIL);
    set_variable(&variables[2], "error.attempt", &expr_int, FSM_BANK_ERROR, FSM_ERROR_ATTEMPT);
    return scope;
}

/* By path from the root, or by a name that no other state has. */
static bool resolve_state(void *user, const char *name, size_t size, uint32_t *out_state,
                          const char **out_suggestion)
{
    const struct compiler *c = user;
    const struct fsm_machine *machine = c->machine;
    const char *words[WORDS_MAX];
    size_t count = 0;
    int named = FSM_NONE, named_count = 0;
    for (int i = 1; i < machine->state_count; i++) {
        const struct fsm_state *state = &machine->states[i];
        if (fsm_is_history(state))
            continue;
        if (is_text(state->path, name, size)) {
            *out_state = (uint32_t)i;
            return true;
        }
        if (is_text(state->name, name, size)) {
            named = i;
            named_count++;
            *out_suggestion = state->path;
        }
        if (count < WORDS_MAX)
            words[count++] = state->path;
    }
    if (named_count == 1) {
        *out_state = (uint32_t)named;
        return true;
    }
    char text[128];
    if (*out_suggestion == NULL && size < sizeof text) {
        memcpy(text, name, size);
        text[size] = '\0';
        *out_suggestion = yaml_nearest(text, words, count);
    }
    return false;
}

/* ---- declarations ------------------------------------------------------------------------ */

static void check_name(struct compiler *c, struct draft_text name, const char *what)
{
    if (strchr(name.text, '-') == NULL || c->draft->is_neutral)
        return;
    yaml_error(c->draft->faults, name.node, "the %s `%s` has a `-`, which reads as minus", what,
               name.text);
    yaml_hint(c->draft->faults, "use `_`");
}

static const char *type_text(struct compiler *c, const struct expr_type *type)
{
    const char *text = expr_type_text(c->arena, type);
    if (text == NULL)
        c->draft->is_full = true;
    return text != NULL ? text : "";
}

struct fsm_range add_names(struct compiler *c, const struct draft_names *names, const char *what)
{
    struct fsm_range range = {(uint32_t)c->names.count, (uint32_t)names->count};
    for (size_t i = 0; i < names->count; i++) {
        struct fsm_typed_name *name = compiler_push(c, &c->names);
        if (name == NULL)
            return (struct fsm_range){0, 0};
        check_name(c, names->items[i].name, what);
        *name = (struct fsm_typed_name){names->items[i].name.text, names->items[i].type,
                                        names->items[i].is_optional};
    }
    return range;
}

/* The machine's scope. Variables see only those before them, so first values are compiled here. */
static void declare_variables(struct compiler *c)
{
    struct draft *draft = c->draft;
    size_t count = draft->variables.count;
    if (count > FSM_VARIABLES_MAX) {
        yaml_error(draft->faults, draft->variables.items[FSM_VARIABLES_MAX].name.node,
                   "more than %d variables", FSM_VARIABLES_MAX);
        return;
    }
    struct expr_variable *variables = arena_array(c->arena, count + 4, sizeof *variables);
    c->machine->variables = arena_array(c->arena, count + 1, sizeof *c->machine->variables);
    if (variables == NULL || c->machine->variables == NULL) {
        draft->is_full = true;
        return;
    }
    size_t fixed = 0;
    set_variable(&variables[fixed++], "now", &expr_timestamp, FSM_BANK_SYSTEM, FSM_SYSTEM_NOW);
    set_variable(&variables[fixed++], "instance.id", &expr_string, FSM_BANK_SYSTEM,
                 FSM_SYSTEM_INSTANCE_ID);
    if (draft->is_neutral) {
        set_variable(&variables[fixed++], "event.name", &expr_string, FSM_BANK_SYSTEM,
                     FSM_SYSTEM_EVENT_NAME);
        set_variable(&variables[fixed++], "event.data", &expr_dyn, FSM_BANK_SYSTEM,
                     FSM_SYSTEM_EVENT_DATA);
    }
    c->scope = (struct expr_scope){.variables = variables, .variable_count = fixed};
    for (size_t i = 0; i < count; i++) {
        const struct draft_name *from = &draft->variables.items[i];
        check_name(c, from->name, "variable");
        c->machine->variables[i] =
            (struct fsm_variable){.name = from->name.text,
                                  .type = from->type,
                                  .type_text = type_text(c, from->type),
                                  .is_input = from->is_input,
                                  .is_nullable = from->is_nullable,
                                  .init = compile_text(c, &c->scope, from->init, from->type)};
        const char *name =
            draft->is_neutral ? from->name.text : prefixed(c, "ctx", from->name.text);
        set_variable(&variables[fixed + i], name, from->type, FSM_BANK_CONTEXT, (int)i);
        c->scope.variable_count++;
    }
    c->machine->variable_count = (int)count;
    c->scope.resolve_state = resolve_state;
    c->scope.resolve_user = c;
}

static void declare_commands(struct compiler *c)
{
    struct draft *draft = c->draft;
    struct fsm_machine *machine = c->machine;
    machine->commands = arena_array(c->arena, draft->commands.count + 1, sizeof *machine->commands);
    if (machine->commands == NULL) {
        draft->is_full = true;
        return;
    }
    for (size_t i = 0; i < draft->commands.count; i++) {
        const struct draft_command *from = &draft->commands.items[i];
        struct fsm_command *command = &machine->commands[i];
        *command = (struct fsm_command){.name = from->name.text,
                                        .is_write = from->is_write,
                                        .is_idempotent = from->is_idempotent};
        command->input = add_names(c, &from->input, "field");
        command->output = add_names(c, &from->output, "field");
        command->errors =
            (struct fsm_range){(uint32_t)c->texts.count, (uint32_t)from->errors.count};
        for (size_t e = 0; e < from->errors.count; e++) {
            const char **text = compiler_push(c, &c->texts);
            if (text == NULL)
                return;
            *text = from->errors.items[e].text;
            for (size_t r = 0; r < RESERVED_CODES; r++)
                if (strcmp(*text, reserved_codes[r]) == 0)
                    yaml_error(draft->faults, from->errors.items[e].node,
                               "`%s` is reserved: any command may fail with it", *text);
        }
    }
    machine->command_count = (int)draft->commands.count;
}

int16_t find_event_name(const struct compiler *c, const char *name)
{
    for (size_t i = 0; i < c->events.count; i++)
        if (strcmp(c->events.items[i].name, name) == 0)
            return (int16_t)i;
    return FSM_NONE;
}

int16_t add_event_name(struct compiler *c, const char *name, bool is_declared_event)
{
    if (c->events.count >= FSM_EVENTS_MAX) {
        if (!c->draft->is_full)
            yaml_error(c->draft->faults, NULL, "more than %d event names", FSM_EVENTS_MAX);
        c->draft->is_full = true;
        return 0;
    }
    struct fsm_event_name *event = compiler_push(c, &c->events);
    if (event == NULL)
        return 0;
    size_t size = strlen(name);
    struct fsm_name_words words = fsm_name_words(name, size);
    *event = (struct fsm_event_name){.name = name,
                                     .size = (uint32_t)size,
                                     .words = words,
                                     .hash = fsm_hash_name(words, size),
                                     .is_declared = is_declared_event,
                                     .timer = FSM_NONE,
                                     .invoke = FSM_NONE};
    return (int16_t)(c->events.count - 1);
}

static const char *const generated_prefixes[] = {"done.", "error.", "after.", "at."};

static void declare_events(struct compiler *c)
{
    struct draft *draft = c->draft;
    for (size_t i = 0; i < draft->events.count; i++) {
        const struct draft_event *from = &draft->events.items[i];
        int16_t event = add_event_name(c, from->name.text, true);
        if (draft->is_full)
            return;
        struct fsm_range fields = add_names(c, &from->fields, "field");
        c->events.items[event].fields = fields;
        for (size_t p = 0; p < COUNT_OF(generated_prefixes); p++)
            if (strncmp(from->name.text, generated_prefixes[p], strlen(generated_prefixes[p])) == 0)
                yaml_error(draft->faults, from->name.node,
                           "names that begin with `%s` belong to the engine",
                           generated_prefixes[p]);
    }
    c->machine->declared_count = (int)c->events.count;
    c->event_is_sent = arena_array(c->arena, c->events.count + 1, sizeof *c->event_is_sent);
    struct fsm_typed_name *detail = compiler_push(c, &c->names);
    if (detail == NULL || c->event_is_sent == NULL) {
        draft->is_full = true;
        return;
    }
    *detail = (struct fsm_typed_name){"detail", &expr_string, false};
    c->machine->error_event = add_event_name(c, "error.execution", false);
    if (!draft->is_full)
        c->events.items[c->machine->error_event].fields =
            (struct fsm_range){(uint32_t)c->names.count - 1, 1};
}

int16_t find_command(struct compiler *c, struct draft_text name)
{
    const char *words[WORDS_MAX];
    size_t count = 0;
    for (int i = 0; i < c->machine->command_count; i++) {
        if (strcmp(c->machine->commands[i].name, name.text) == 0)
            return (int16_t)i;
        if (count < WORDS_MAX)
            words[count++] = c->machine->commands[i].name;
    }
    yaml_error(c->draft->faults, name.node, "unknown command `%s`", name.text);
    yaml_hint_nearest(c->draft->faults, name.text, words, count);
    yaml_hint(c->draft->faults, "declare it under `commands:`");
    return FSM_NONE;
}

void compile_declarations(struct compiler *c)
{
    declare_variables(c);
    declare_commands(c);
    declare_events(c);
}
