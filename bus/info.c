/* Answers $SRV.PING, $SRV.INFO and $SRV.STATS as NATS services do, so that common tools see us. */
#include "base/buffer.h"
#include "bus/member.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void add_text(json_t *object, const char *key, const char *text)
{
    json_t *value = json_string(text);
    (void)json_object_set_new(object, key, value != NULL ? value : json_string("?"));
    /* The text was not UTF-8, or there is no memory: the answer is then incomplete. */
}

static void add_number(json_t *object, const char *key, uint64_t number)
{
    (void)json_object_set_new(object, key, json_integer((json_int_t)number)); /* as above */
}

static json_t *head(const struct bus *bus, const char *type)
{
    json_t *root = json_object();
    add_text(root, "type", type);
    add_text(root, "name", bus->name);
    add_text(root, "id", bus->id);
    add_text(root, "version", bus->version);
    (void)json_object_set_new(root, "metadata", json_object());
    return root;
}

static json_t *endpoint_head(const struct bus_service *service, const struct bus_method *method)
{
    char subject[2 * BUS_SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "%s.%s", service->prefix, method->name); /* it fits */
    json_t *endpoint = json_object();
    add_text(endpoint, "name", method->name);
    add_text(endpoint, "subject", subject);
    add_text(endpoint, "queue_group", strrchr(service->prefix, '.') + 1);
    return endpoint;
}

static json_t *endpoint_info(const struct bus_service *service, const struct bus_method *method)
{
    json_t *endpoint = endpoint_head(service, method);
    (void)json_object_set_new(endpoint, "metadata", json_object());
    return endpoint;
}

static json_t *endpoint_stats(const struct bus_service *service, const struct bus_method *method)
{
    json_t *endpoint = endpoint_head(service, method);
    uint64_t busy_ns = (uint64_t)method->busy_us * 1000;
    add_number(endpoint, "num_requests", method->requests);
    add_number(endpoint, "num_errors", method->errors);
    add_text(endpoint, "last_error", method->last_error);
    add_number(endpoint, "processing_time", busy_ns);
    add_number(endpoint, "average_processing_time",
               method->requests > 0 ? busy_ns / method->requests : 0);
    return endpoint;
}

static json_t *endpoints(const struct bus *bus,
                         json_t *(*describe)(const struct bus_service *, const struct bus_method *))
{
    json_t *list = json_array();
    for (size_t i = 0; i < bus->service_count; i++) {
        const struct bus_service *service = bus->services[i];
        for (size_t j = 0; j < service->method_count; j++)
            (void)json_array_append_new(list, describe(service, &service->methods[j]));
    }
    return list;
}

static json_t *ping(const struct bus *bus)
{
    return head(bus, "io.nats.micro.v1.ping_response");
}

static json_t *info(const struct bus *bus)
{
    json_t *root = head(bus, "io.nats.micro.v1.info_response");
    add_text(root, "description", "a service of Arbiter");
    (void)json_object_set_new(root, "endpoints", endpoints(bus, endpoint_info));
    return root;
}

static json_t *stats(const struct bus *bus)
{
    json_t *root = head(bus, "io.nats.micro.v1.stats_response");
    time_t seconds = (time_t)(bus->started_ms / 1000);
    struct tm utc;
    char started[32] = "";
    if (gmtime_r(&seconds, &utc) != NULL)
        (void)strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", &utc); /* it fits */
    add_text(root, "started", started);
    (void)json_object_set_new(root, "endpoints", endpoints(bus, endpoint_stats));
    return root;
}

static const struct {
    const char *verb;
    json_t *(*answer)(const struct bus *bus);
} verbs[] = {{"PING", ping}, {"INFO", info}, {"STATS", stats}};

static void on_question(const struct bus_incoming *message, void *user)
{
    struct bus *bus = user;
    const char *verb = message->subject + strlen("$SRV.");
    size_t size = strcspn(verb, ".");
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        if (strlen(verbs[i].verb) != size || memcmp(verbs[i].verb, verb, size) != 0)
            continue;
        json_t *root = verbs[i].answer(bus);
        char *text = json_dumps(root, JSON_COMPACT);
        if (text != NULL && message->reply[0] != '\0')
            (void)member_send(bus, &(struct bus_outgoing){.subject = message->reply,
                                                          .data = text,
                                                          .size = strlen(text)});
        /* A lost answer to a monitor is asked for again by the monitor. */
        free(text);
        json_decref(root);
        return;
    }
}

enum status info_listen(struct bus *bus)
{
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        char subject[3][BUS_SUBJECT_MAX];
        (void)snprintf(subject[0], sizeof subject[0], "$SRV.%s", verbs[i].verb);
        (void)snprintf(subject[1], sizeof subject[1], "$SRV.%s.%s", verbs[i].verb, bus->name);
        (void)snprintf(subject[2], sizeof subject[2], "$SRV.%s.%s.%s", verbs[i].verb, bus->name,
                       bus->id);
        for (size_t j = 0; j < COUNT_OF(subject); j++) {
            enum status status = member_listen(bus, subject[j], NULL, on_question, bus);
            if (status != STATUS_OK)
                return status;
        }
    }
    return STATUS_OK;
}
