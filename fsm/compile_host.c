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

static bool host_type_fits(struct compiler *c, const char *text, const struct expr_type *type)
{
    const struct expr_type *offered = NULL;
    struct fault fault;
    if (expr_type_parse(c->arena, text, strlen(text), &offered, &fault) != STATUS_OK)
        return false;
    bool is_word = type->kind == EXPR_ENUM && offered->kind == EXPR_STRING;
    return is_word || offered->kind == EXPR_DYN || type->kind == EXPR_DYN ||
           expr_type_equal(offered, type);
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
            const char *words[64];
            size_t known = 0;
            for (; known < count && known < COUNT_OF(words); known++)
                words[known] = fields[known].name;
            yaml_hint_nearest(c->draft->faults, name.text, words, known);
        } else if (!host_type_fits(c, offered->type, names->items[i].type)) {
            yaml_error(c->draft->faults, name.node, "the %s `%s` of `%s` is %s", side, name.text,
                       command, offered->type);
        }
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
