/* Reads: path and query become a method's input, its output the answer, whole or a page at a time.
 */
#include "seeks/reading.h"

#include <stdlib.h>
#include <string.h>

#include "seeks/pages.h"

struct read {
    struct exchange *exchange;
    ProtobufCMessage *input;
    struct fault fault;
    bool is_bad;
};

/* A cursor stands in the input's field for what the page before ended with. */
static enum status set_cursor(struct read *read, const char *value)
{
    struct arena *arena = exchange_arena(read->exchange);
    const char *id = pages_read(arena, value);
    if (id != NULL)
        return json_set_field(arena, read->input, pages_field(read->input->descriptor), id,
                              &read->fault);
    (void)fault_set(&read->fault, 0, 0, "that is no cursor: give back 'next' as it came");
    return STATUS_INVALID_ARGUMENT;
}

static enum status check_limit(struct read *read, const char *value)
{
    char *end = NULL;
    long limit = strtol(value, &end, 10);
    if (*end != '\0' || (limit >= 0 && limit <= PAGES_LIMIT_MAX))
        return STATUS_OK; /* what is no number has been told already */
    (void)fault_set(&read->fault, 0, 0, "'limit' is from 0 to %d", PAGES_LIMIT_MAX);
    return STATUS_INVALID_ARGUMENT;
}

static bool on_query(const char *name, const char *value, void *user)
{
    struct read *read = user;
    bool is_cursor = read->exchange->is_page && strcmp(name, "cursor") == 0;
    enum status status = is_cursor ? set_cursor(read, value)
                                   : json_set_field(exchange_arena(read->exchange), read->input,
                                                    name, value, &read->fault);
    if (status == STATUS_NOT_FOUND)
        (void)fault_set(&read->fault, 0, 0, "there is no query parameter '%s' here", name);
    if (status == STATUS_OK && strcmp(name, "limit") == 0)
        status = check_limit(read, value);
    read->is_bad = status != STATUS_OK;
    return !read->is_bad;
}

/* Lists come as one document or as lines. */
static bool choose_form(struct exchange *exchange, const ProtobufCMethodDescriptor *method)
{
    exchange->is_page = pages_is_page(method->output) && pages_field(method->input) != NULL;
    if (!exchange->is_page)
        return true;
    switch (pages_form(http_header(exchange->request, "Accept"))) {
    case PAGES_NEITHER:
        exchange_problem(exchange, 406, "not-acceptable", "It does not come in that form",
                         "accept application/json or " PAGES_LINES);
        return false;
    case PAGES_NDJSON:
        exchange->is_lines = true;
        return true;
    case PAGES_JSON:
        return true;
    }
    return true;
}

/* Replies of resources that have a machine say where it is. */
static int64_t version_in(const ProtobufCMessage *message)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, "version");
    if (field == NULL || field->type != PROTOBUF_C_TYPE_INT64)
        return -1;
    int64_t version;
    memcpy(&version, (const char *)message + field->offset, sizeof version);
    return version > 0 ? version : -1;
}

static void on_read(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    if (!exchange_check(exchange, answer))
        return;
    exchange->read = answer->output;
    exchange->version = version_in(answer->output);
    exchange->next = pages_next(exchange_arena(exchange), answer->output);
    if (exchange->route->handler != NULL)
        exchange->route->handler(exchange);
    else
        exchange_answer_message(exchange, 200, answer->output, exchange->route->unwrap, NULL);
}

void reading_start(struct exchange *exchange)
{
    const struct route *route = exchange->route;
    const ProtobufCMethodDescriptor *method =
        protobuf_c_service_descriptor_get_method_by_name(route->service, route->service_method);
    struct read read = {.exchange = exchange};
    if (!choose_form(exchange, method))
        return;
    read.input = arena_alloc(exchange_arena(exchange), method->input->sizeof_message);
    if (read.input == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    protobuf_c_message_init(method->input, read.input);
    http_each_query(exchange->request, on_query, &read);
    for (int i = 0; !read.is_bad && i < exchange->parameter_count; i++)
        (void)on_query(exchange->parameter_names[i], exchange->parameter_values[i], &read);
    if (read.is_bad)
        exchange_problem(exchange, 400, "invalid", "The request is not valid", "%s",
                         read.fault.text);
    else
        exchange_ask(exchange, route->service, route->service_method, read.input, on_read);
}
