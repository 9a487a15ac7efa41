/* Gathers the commands and events of the house from the tables that carry them out. */
#include "orchestrator/vocabulary.h"

#include <assert.h>
#include <string.h>

#include "orchestrator/prepare.h"
#include "proto/reflect.h"
#include "schedule/zone.h"
#include "store/writes.h"

#include "arbiter/v1/events.pb-c.h"

enum { NAME_TEXT_MAX = 128 };

/* ---- writes ------------------------------------------------------------------------------------
 */

static enum status write_command(struct arena *arena, const struct write_command *write,
                                 struct fsm_host_command *out)
{
    struct write_parameter parameter;
    size_t count = 0;
    for (const char *cursor = write->parameters; writes_next_parameter(&cursor, &parameter);)
        count++;
    struct fsm_field *fields = arena_array(arena, count, sizeof *fields);
    if (fields == NULL)
        return STATUS_FULL;
    const char *cursor = write->parameters;
    for (size_t i = 0; i < count && writes_next_parameter(&cursor, &parameter); i++)
        fields[i] = (struct fsm_field){
            .name = arena_copy(arena, parameter.name, parameter.name_size),
            .type = arena_copy(arena, parameter.type, parameter.type_size),
            .is_required = !parameter.is_optional,
        };
    *out = (struct fsm_host_command){
        .name = write->name, .is_write = true, .input = fields, .input_count = count};
    return arena_full(arena) ? STATUS_FULL : STATUS_OK;
}

/* ---- messages of the contract ------------------------------------------------------------------
 */

static bool ends_in_ms(const char *name)
{
    size_t size = strlen(name);
    return size > 3 && strcmp(name + size - 3, "_ms") == 0;
}

/* What reflect_from_value() takes for a field, as alternatives. */
static const char *accepted_type(struct arena *arena, const ProtobufCFieldDescriptor *field)
{
    const char *type = reflect_field_type(arena, field);
    if (type != NULL && strcmp(type, "int") == 0 && ends_in_ms(field->name))
        return "int | timestamp | duration";
    if (type != NULL && strcmp(type, "double") == 0)
        return "double | int";
    return type;
}

static enum status message_fields(struct arena *arena, const ProtobufCMessageDescriptor *message,
                                  const struct fsm_field **out_fields, size_t *out_count)
{
    struct fsm_field *fields = arena_array(arena, message->n_fields, sizeof *fields);
    for (unsigned i = 0; fields != NULL && i < message->n_fields; i++)
        fields[i] = (struct fsm_field){.name = message->fields[i].name,
                                       .type = accepted_type(arena, &message->fields[i])};
    if (arena_full(arena))
        return STATUS_FULL;
    *out_fields = fields;
    *out_count = message->n_fields;
    return STATUS_OK;
}

/* "Gamesvc", "StartGame" → "gamesvc.start_game". */
static const char *call_name(struct arena *arena, const ProtobufCServiceDescriptor *service,
                             const ProtobufCMethodDescriptor *method)
{
    char room[NAME_TEXT_MAX];
    char verb[NAME_TEXT_MAX];
    return arena_format(arena, "%s.%s", reflect_snake_case(service->short_name, room, sizeof room),
                        reflect_snake_case(method->name, verb, sizeof verb));
}

static enum status call_command(struct arena *arena, const ProtobufCServiceDescriptor *service,
                                const ProtobufCMethodDescriptor *method,
                                struct fsm_host_command *out)
{
    struct fsm_host_command command = {.name = call_name(arena, service, method)};
    enum status status = message_fields(arena, method->input, &command.input, &command.input_count);
    if (status == STATUS_OK)
        status = message_fields(arena, method->output, &command.output, &command.output_count);
    if (status == STATUS_OK)
        *out = command;
    return status;
}

/* ---- the lists ---------------------------------------------------------------------------------
 */

static size_t count_commands(void)
{
    size_t writes = 0, prepared = 0, calls = 0;
    while (writes_command(writes) != NULL)
        writes++;
    while (prepare_command(prepared) != NULL)
        prepared++;
    for (size_t s = 0; reflect_services()[s] != NULL; s++)
        calls += reflect_services()[s]->n_methods;
    return writes + prepared + calls;
}

static enum status gather_commands(struct arena *arena, struct fsm_host *host)
{
    size_t capacity = count_commands();
    struct fsm_host_command *commands = arena_array(arena, capacity, sizeof *commands);
    enum status status = commands != NULL ? STATUS_OK : STATUS_FULL;
    size_t count = 0;
    for (size_t i = 0; status == STATUS_OK && writes_command(i) != NULL; i++)
        status = write_command(arena, writes_command(i), &commands[count++]);
    for (size_t i = 0; status == STATUS_OK && prepare_command(i) != NULL; i++)
        commands[count++] = *prepare_command(i);
    for (size_t s = 0; status == STATUS_OK && reflect_services()[s] != NULL; s++) {
        const ProtobufCServiceDescriptor *service = reflect_services()[s];
        for (unsigned m = 0; status == STATUS_OK && m < service->n_methods; m++)
            status = call_command(arena, service, &service->methods[m], &commands[count++]);
    }
    assert(status != STATUS_OK || count == capacity);
    host->commands = commands;
    host->command_count = count;
    return status;
}

/* `game_finished` → "game.finished": the kind of an event is one word. */
static const char *event_name(struct arena *arena, const ProtobufCFieldDescriptor *field)
{
    char *name = arena_copy(arena, field->name, strlen(field->name));
    char *underscore = name != NULL ? strchr(name, '_') : NULL;
    if (underscore != NULL)
        *underscore = '.';
    return name;
}

static enum status gather_events(struct arena *arena, struct fsm_host *host)
{
    const ProtobufCMessageDescriptor *payload = &arbiter__v1__event_payload__descriptor;
    struct fsm_host_event *events = arena_array(arena, payload->n_fields, sizeof *events);
    enum status status = events != NULL ? STATUS_OK : STATUS_FULL;
    for (unsigned i = 0; status == STATUS_OK && i < payload->n_fields; i++) {
        events[i].name = event_name(arena, &payload->fields[i]);
        status = message_fields(arena, payload->fields[i].descriptor, &events[i].fields,
                                &events[i].field_count);
    }
    host->events_emitted = events;
    host->event_emitted_count = payload->n_fields;
    return status;
}

enum status vocabulary_host(struct arena *arena, struct fsm_host *out_host)
{
    struct fsm_host host = {.zone_offset = zone_shelf_offset};
    struct zone_shelf *shelf = arena_alloc(arena, sizeof *shelf);
    if (shelf == NULL)
        return STATUS_FULL;
    shelf->arena = arena;
    host.zone_user = shelf;
    enum status status = gather_commands(arena, &host);
    if (status == STATUS_OK)
        status = gather_events(arena, &host);
    if (status == STATUS_OK)
        *out_host = host;
    return status;
}
