#ifndef ORCHESTRATOR_HOST_PRIVATE_H
#define ORCHESTRATOR_HOST_PRIVATE_H

/* host_private — what host.c and actor.c share. */

#include "base/short_id.h"
#include "orchestrator/host.h"
#include "orchestrator/prepare.h"
#include "orchestrator/versions.h"

#include "arbiter/v1/orchestrator.pb-c.h"

struct actor;
struct worker;

/* The generated service with a way back to its host; `base` comes first. */
struct host_service {
    Arbiter__V1__Orchestrator_Service base;
    struct host *host;
};

struct host {
    struct bus *bus;
    struct loop *loop; /* outlives the bus, at whose end nothing may call it any more */
    struct catalogue *catalogue;
    struct versions *versions;
    struct prepare_context prepare;
    struct worker *worker; /* for proofs; NULL: on the loop */
    struct host_service service;
    struct actor *actors; /* uthash by id, in order of last use */
    size_t actor_count;
    loop_timer sweep_timer;
    int64_t sweep_ms;
    uint64_t swept_first; /* hash of who waited longest when it was last looked */
    bool is_serving;      /* false until the newest machines are known */
    struct short_ids ids;
    int64_t patient_until_ms; /* until then games start through the outbox; see ahead.h */
    struct host_stats stats;
};

/* Lets the actor of an instance look into its inbox. */
void host_ring(struct host *host, const char *instance_id);

/* Checks a machine against the versions before it and their live instances, then publishes it;
 * answers the request. */
void host_check_and_publish(struct host *host, const Arbiter__V1__PublishPolicyRequest *input,
                            Arbiter__V1__PublishPolicyReply_Closure closure, void *request);

/* Proves a tournament's policy and opens it; answers the request. */
void host_open_tournament(struct host *host, const Arbiter__V1__OpenTournamentRequest *input,
                          Arbiter__V1__OpenTournamentReply_Closure closure, void *request);

/* Checks a tournament policy and publishes it; answers the request. FAILED_PRECONDITION where its
 * version is published with another text. */
void host_publish_format(struct host *host, const Arbiter__V1__PublishPolicyRequest *input,
                         Arbiter__V1__PublishPolicyReply_Closure closure, void *request);

#endif
