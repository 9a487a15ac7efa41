/* The event as a file, at any moment. */
#include "orchestrator/desk/desk_private.h"

void desk_serve_export(Arbiter__V1__Desk_Service *service, const Arbiter__V1__ExportRequest *input,
                       Arbiter__V1__ExportReply_Closure closure, void *request)
{
    (void)service;
    (void)closure;
    bus_fail(request, STATUS_UNIMPLEMENTED, NULL, 0, "no format '%s' yet", input->format);
}
