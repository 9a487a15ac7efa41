/* Prints what the compiled wire contract holds, as JSON: every service's methods with their
 * subjects, and every message reachable from them. docs/asyncapi.yaml is made from it and held to
 * it (tests/contract/asyncapi.mjs). */
#include "arbiter/v1/archive.pb-c.h"
#include "arbiter/v1/events.pb-c.h"
#include "arbiter/v1/desk.pb-c.h"
#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/rpc.pb-c.h"
#include "arbiter/v1/store.pb-c.h"
#include "base/attr.h"
#include "bus/bus.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const ProtobufCServiceDescriptor *const services[] = {
    &arbiter__v1__gamesvc__descriptor,     &arbiter__v1__orchestrator__descriptor,
    &arbiter__v1__pairing__descriptor,     &arbiter__v1__standings__descriptor,
    &arbiter__v1__schedule__descriptor,    &arbiter__v1__desk__descriptor,
    &arbiter__v1__matchmaking__descriptor, &arbiter__v1__store__descriptor,
    &arbiter__v1__conduct__descriptor,     &arbiter__v1__archive__descriptor,
};

static const ProtobufCMessageDescriptor *const envelopes[] = {
    &arbiter__v1__request__descriptor,
    &arbiter__v1__reply__descriptor,
    &arbiter__v1__event__descriptor,
};

static const char *scalar_name(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_BOOL:
        return "boolean";
    case PROTOBUF_C_TYPE_STRING:
        return "string";
    case PROTOBUF_C_TYPE_BYTES:
        return "bytes";
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        return "number";
    case PROTOBUF_C_TYPE_MESSAGE:
        return "message";
    case PROTOBUF_C_TYPE_ENUM:
        return "enum";
    default: /* protobuf's eleven kinds of whole numbers */
        return "integer";
    }
}

static void add_message(json_t *messages, const ProtobufCMessageDescriptor *type);

static json_t *describe_field(json_t *messages, const ProtobufCFieldDescriptor *field)
{
    json_t *out = json_object();
    json_object_set_new(out, "name", json_string(field->name));
    json_object_set_new(out, "number", json_integer((json_int_t)field->id));
    json_object_set_new(out, "type", json_string(scalar_name(field->type)));
    json_object_set_new(out, "repeated", json_boolean(field->label == PROTOBUF_C_LABEL_REPEATED));
    json_object_set_new(out, "oneof",
                        json_boolean((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0));
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const ProtobufCMessageDescriptor *inner = field->descriptor;
        json_object_set_new(out, "message", json_string(inner->name));
        add_message(messages, inner);
    }
    return out;
}

static void add_message(json_t *messages, const ProtobufCMessageDescriptor *type)
{
    if (json_object_get(messages, type->name) != NULL)
        return;
    json_t *fields = json_array();
    json_object_set_new(messages, type->name, fields);
    for (unsigned i = 0; i < type->n_fields; i++)
        json_array_append_new(fields, describe_field(messages, &type->fields[i]));
}

static json_t *describe_service(json_t *messages, const ProtobufCServiceDescriptor *service)
{
    json_t *methods = json_array();
    for (unsigned i = 0; i < service->n_methods; i++) {
        const ProtobufCMethodDescriptor *method = &service->methods[i];
        char subject[BUS_SUBJECT_MAX];
        if (bus_subject(service, method->name, subject, sizeof subject) != STATUS_OK)
            abort();
        json_t *out = json_object();
        json_object_set_new(out, "name", json_string(method->name));
        json_object_set_new(out, "subject", json_string(subject));
        json_object_set_new(out, "input", json_string(method->input->name));
        json_object_set_new(out, "output", json_string(method->output->name));
        json_array_append_new(methods, out);
        add_message(messages, method->input);
        add_message(messages, method->output);
    }
    json_t *out = json_object();
    json_object_set_new(out, "name", json_string(service->short_name));
    json_object_set_new(out, "methods", methods);
    return out;
}

int main(void)
{
    json_t *messages = json_object();
    json_t *list = json_array();
    for (size_t i = 0; i < COUNT_OF(services); i++)
        json_array_append_new(list, describe_service(messages, services[i]));
    for (size_t i = 0; i < COUNT_OF(envelopes); i++)
        add_message(messages, envelopes[i]);
    json_t *root = json_object();
    json_object_set_new(root, "services", list);
    json_object_set_new(root, "messages", messages);
    int failed = json_dumpf(root, stdout, JSON_INDENT(1));
    json_decref(root);
    return failed != 0 || putchar('\n') == EOF ? 1 : 0;
}
