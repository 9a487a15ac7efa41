/* Ends an action on its way, with an answer or a problem, and asks the house in its name. */
#include "orchestrator/desk/matter.h"

#include <stdlib.h>

void matter_destroy(struct matter *matter)
{
    arena_deinit(&matter->arena);
    free(matter);
}

void matter_fail(struct matter *matter, enum status status, const char *message)
{
    bus_fail(matter->request, status, NULL, 0, "%s", message);
    matter_destroy(matter);
}

void matter_fail_fault(struct matter *matter, enum status status, const struct fault *fault)
{
    matter_fail(matter, status, fault->text[0] != '\0' ? fault->text : status_name(status));
}

bool matter_check(struct matter *matter, const struct bus_answer *answer)
{
    if (answer->status == STATUS_OK)
        return true;
    bus_fail_like(matter->request, answer);
    matter_destroy(matter);
    return false;
}

void matter_ask(struct matter *matter, const ProtobufCServiceDescriptor *service,
                const char *method, const ProtobufCMessage *input, bus_on_answer on_answer)
{
    bus_call(matter->desk->bus,
             &(struct bus_call){.service = service,
                                .method = method,
                                .input = input,
                                .traceparent = bus_request_traceparent(matter->request)},
             on_answer, matter);
}
