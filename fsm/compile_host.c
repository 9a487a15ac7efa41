/* A machine held against what the host offers: commands, their fields, events that come. */
#include "fsm/compile.h"

#include <string.h>

static const struct fsm_field *find_host_field(const struct fsm_field *fields, size_t count,
                                               const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

/* Like equality, but `dyn` is whatever it has to be, a word of an enumeration is a string, and
 * bounds on sizes are the machine's own business. */
static bool type_fits(const struct expr_type *offered, const struct expr_type *type)
{
    if (offered->kind == EXPR_DYN || type->kind == EXPR_DYN)
        return true;
    if (type->kind == EXPR_ENUM)
        return offered->kind == EXPR_STRING || expr_type_equal(offered, type);
    if (offered->kind != type->kind)
        return false;
    if (offered->kind == EXPR_LIST)
        return type_fits(offered->item, type->item);
    if (offered->kind == EXPR_MAP)
        return type_fits(offered->key, type->key) && type_fits(offered->item, type->item);
    return true;
}

static bool one_type_fits(struct compiler *c, const char *text, size_t size,
                          const struct expr_type *type)
{
    const struct expr_type *offered = NULL;
    struct fault fault;
    if (expr_type_parse(c->arena, text, size, &offered, &fault) != STATUS_OK)
        return false;
    return type_fits(offered, type);
}

/* Whether one of the types of "int | timestamp" is this one. */
static bool host_type_fits(struct compiler *c, const char *text, const struct expr_type *type)
{
    for (;;) {
        size_t size = strcspn(text, "|");
        if (one_type_fits(c, text, size, type))
            return true;
        if (text[size] == '\0')
            return false;
        text += size + 1;
    }
}

static void hint_host_fields(struct compiler *c, const char *name, const struct fsm_field *fields,
                             size_t count)
{
    const char *words[64];
    size_t known = 0;
    for (; known < count && known < COUNT_OF(words); known++)
        words[known] = fields[known].name;
    yaml_hint_nearest(c->draft->faults, name, words, known);
}

static void check_host_fields(struct compiler *c, const struct draft_names *names,
                              const struct fsm_field *fields, size_t count, const char *command,
                              const char *side)
{
    for (size_t i = 0; i < names->count; i++) {
        struct draft_text name = names->items[i].name;
        const struct fsm_field *offered = find_host_field(fields, count, name.text);
        if (offered == NULL) {
            yaml_error(c->draft->faults, name.node, "the command `%s` has no %s `%s`", command,
                       side, name.text);
            hint_host_fields(c, name.text, fields, count);
        } else if (!host_type_fits(c, offered->type, names->items[i].type)) {
            yaml_error(c->draft->faults, name.node, "the %s `%s` of `%s` is %s", side, name.text,
                       command, offered->type);
        }
    }
}

static bool is_named(const struct draft_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i].name.text, name) == 0)
            return true;
    return false;
}

static void check_required_fields(struct compiler *c, const struct draft_command *command,
                                  const struct fsm_host_command *offered)
{
    for (size_t i = 0; i < offered->input_count; i++) {
        const struct fsm_field *field = &offered->input[i];
        if (!field->is_required || is_named(&command->input, field->name))
            continue;
        yaml_error(c->draft->faults, command->name.node, "the command `%s` needs the input `%s`",
                   offered->name, field->name);
        yaml_hint(c->draft->faults, "declare it under `input`: %s: %s", field->name, field->type);
    }
}

static void check_host_command(struct compiler *c, const struct draft_command *command)
{
    const struct fsm_host *host = c->draft->host;
    const char *words[256];
    size_t known = 0;
    for (size_t i = 0; i < host->command_count; i++) {
        const struct fsm_host_command *offered = &host->commands[i];
        if (known < COUNT_OF(words))
            words[known++] = offered->name;
        if (strcmp(offered->name, command->name.text) != 0)
            continue;
        if (offered->is_write != command->is_write)
            yaml_error(c->draft->faults, command->name.node, "the command `%s` is of kind `%s`",
                       offered->name, offered->is_write ? "write" : "call");
        check_host_fields(c, &command->input, offered->input, offered->input_count, offered->name,
                          "input");
        check_host_fields(c, &command->output, offered->output, offered->output_count,
                          offered->name, "output");
        check_required_fields(c, command, offered);
        return;
    }
    yaml_error(c->draft->faults, command->name.node, "nobody carries out the command `%s`",
               command->name.text);
    yaml_hint_nearest(c->draft->faults, command->name.text, words, known);
}

static void check_host_event(struct compiler *c, size_t event)
{
    const struct fsm_host *host = c->draft->host;
    struct draft_text name = c->draft->events.items[event].name;
    if (c->event_is_sent[event])
        return;
    for (size_t i = 0; i < host->event_sent_count; i++)
        if (strcmp(host->events_sent[i], name.text) == 0)
            return;
    yaml_warning(c->draft->faults, name.node, "nobody sends the event `%s`", name.text);
    yaml_hint_nearest(c->draft->faults, name.text, host->events_sent, host->event_sent_count);
}

static void check_emitted_field(struct compiler *c, const struct fsm_host_event *event,
                                const struct draft_text *name, const struct expr_program *value)
{
    const struct fsm_field *offered =
        find_host_field(event->fields, event->field_count, name->text);
    if (offered == NULL) {
        yaml_error(c->draft->faults, name->node, "the event `%s` has no field `%s`", event->name,
                   name->text);
        hint_host_fields(c, name->text, event->fields, event->field_count);
    } else if (value != NULL && !host_type_fits(c, offered->type, expr_result_type(value))) {
        yaml_error(c->draft->faults, name->node, "the field `%s` of `%s` is %s, not %s", name->text,
                   event->name, offered->type, expr_type_text(c->arena, expr_result_type(value)));
    }
}

void check_host_emit(struct compiler *c, const struct draft_action *emit, struct fsm_range fields)
{
    const struct fsm_host *host = c->draft->host;
    const char *words[256];
    size_t known = 0;
    if (host == NULL || host->events_emitted == NULL)
        return;
    for (size_t i = 0; i < host->event_emitted_count; i++) {
        const struct fsm_host_event *event = &host->events_emitted[i];
        if (known < COUNT_OF(words))
            words[known++] = event->name;
        if (strcmp(event->name, emit->name.text) != 0)
            continue;
        for (uint32_t f = 0; f < fields.count; f++)
            check_emitted_field(c, event, &emit->fields.items[f].name,
                                c->fields.items[fields.first + f].program);
        return;
    }
    yaml_error(c->draft->faults, emit->name.node, "listeners know no event `%s`", emit->name.text);
    yaml_hint_nearest(c->draft->faults, emit->name.text, words, known);
}

void check_host(struct compiler *c)
{
    const struct fsm_host *host = c->draft->host;
    if (host == NULL)
        return;
    for (size_t i = 0; host->commands != NULL && i < c->draft->commands.count; i++)
        check_host_command(c, &c->draft->commands.items[i]);
    for (size_t i = 0; host->events_sent != NULL && i < c->draft->events.count; i++)
        check_host_event(c, i);
}
