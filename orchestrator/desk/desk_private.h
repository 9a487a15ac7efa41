#ifndef ORCHESTRATOR_DESK_PRIVATE_H
#define ORCHESTRATOR_DESK_PRIVATE_H

/* desk_private — what the desk's files share. */

#include "bus/bus.h"
#include "orchestrator/proof.h"

#include "arbiter/v1/desk.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

/* Bits of ActRequest.roles, as tokens have them. */
enum { DESK_TOKEN_PLAYER = 1, DESK_TOKEN_DIRECTOR = 2, DESK_TOKEN_ADMIN = 4 };

/* The generated service with a way back; `base` comes first. */
struct desk_service {
    Arbiter__V1__Desk_Service base;
    struct desk *desk;
};

struct desk {
    struct desk_service service;
    struct bus *bus;
    struct worker *worker;
    struct proof_shelves shelves;
};

static inline struct desk *desk_of(Arbiter__V1__Desk_Service *service)
{
    return ((struct desk_service *)service)->desk;
}

/* The service's methods: desk.c, explain.c, export.c. */
void desk_serve_act(Arbiter__V1__Desk_Service *service, const Arbiter__V1__ActRequest *input,
                    Arbiter__V1__ActReply_Closure closure, void *request);
void desk_serve_explain_round(Arbiter__V1__Desk_Service *service,
                              const Arbiter__V1__ExplainRoundRequest *input,
                              Arbiter__V1__ExplainRoundReply_Closure closure, void *request);
void desk_serve_why_not(Arbiter__V1__Desk_Service *service, const Arbiter__V1__WhyNotRequest *input,
                        Arbiter__V1__WhyNotReply_Closure closure, void *request);
void desk_serve_explain_standing(Arbiter__V1__Desk_Service *service,
                                 const Arbiter__V1__ExplainStandingRequest *input,
                                 Arbiter__V1__ExplainStandingReply_Closure closure, void *request);
void desk_serve_export(Arbiter__V1__Desk_Service *service, const Arbiter__V1__ExportRequest *input,
                       Arbiter__V1__ExportReply_Closure closure, void *request);

#endif
