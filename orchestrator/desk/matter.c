/* Ends an action on its way, with an answer or a problem, and asks the house in its name. */
#include "orchestrator/desk/matter.h"

#include <stdlib.h>
#include <string.h>

enum { AT_ONCE_ROWS_MAX = 500 }; /* entrants and pairings of a division */

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

void matter_refute(struct matter *matter)
{
    const struct desk_case *question = &matter->question;
    const char *text = desk_text(question, question->said, "policy");
    proof_fail(matter->request, question->refuted,
               proof_report(&matter->arena, question->refuted, text));
    matter_destroy(matter);
}

/* What is soon done does not wait for pairings that are not. */
static bool takes_long(const struct matter *matter)
{
    const Arbiter__V1__Division *division = matter->question.division;
    return strcmp(matter->action->name, "change_policy") == 0 ||
           (division != NULL && division->n_entrants + division->n_pairings > AT_ONCE_ROWS_MAX);
}

void matter_aside(struct matter *matter, void (*work)(void *user),
                  void (*on_end)(bool is_done, void *user))
{
    matter->status = STATUS_OK;
    matter->fault = (struct fault){0};
    matter->job = (struct worker_job){.work = work, .on_end = on_end, .user = matter};
    worker_do(takes_long(matter) ? matter->desk->worker : NULL, &matter->job);
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
