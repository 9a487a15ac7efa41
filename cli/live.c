/* A member of the bus for one question at a time; the loop runs only while one is waited for. */
#include "cli/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/bus_nats.h"
#include "bus/loop.h"
#include "cli/place.h"

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum { TURN_MS = 10 };

struct live {
    struct loop *loop;
    struct bus *bus;
};

/* ---- the connection --------------------------------------------------------------------------
 */

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Finds the address; where it is the house's own, it is read into `house`. */
static const char *find_url(const char *url, const char *folder, struct place_house *house,
                            struct fault *out_fault)
{
    struct place place;
    const char *home = folder != NULL ? folder : ".arbiter";
    if (url == NULL && folder == NULL)
        url = setting("ARBITER_NATS_URL");
    if (url != NULL)
        return url;
    if (place_open(home, &place, out_fault) == STATUS_OK &&
        place_read_house(&place, house) == STATUS_OK)
        return house->nats_url;
    (void)fault_set(out_fault, 0, 0, "nothing is up in %s; `arbiter up` starts it", home);
    return NULL;
}

static bool wait_for_connection(struct live *live)
{
    int64_t end_ms = loop_now_ms(live->loop) + LIVE_CONNECT_MS;
    while (!bus_connected(live->bus) && loop_now_ms(live->loop) < end_ms)
        loop_run_until(live->loop, loop_now_ms(live->loop) + TURN_MS);
    return bus_connected(live->bus);
}

struct live *live_open(const char *url, const char *folder, struct fault *out_fault)
{
    struct place_house house = {0};
    url = find_url(url, folder, &house, out_fault);
    struct live *live = url != NULL ? calloc(1, sizeof *live) : NULL;
    if (live == NULL)
        return NULL;
    struct bus_nats_options options = {.url = url,
                                       .name = "arbiter-cli",
                                       .version = "0.1.0",
                                       .credentials = setting("ARBITER_NATS_CREDENTIALS"),
                                       .tls_ca = setting("ARBITER_NATS_CA"),
                                       .tls_cert = setting("ARBITER_NATS_CERT"),
                                       .tls_key = setting("ARBITER_NATS_KEY")};
    live->loop = loop_create();
    live->bus = live->loop != NULL ? bus_nats_create(live->loop, &options, out_fault) : NULL;
    if (live->bus != NULL && wait_for_connection(live))
        return live;
    if (live->bus != NULL)
        (void)fault_set(out_fault, 0, 0, "nobody answers at %s", url);
    live_close(live);
    return NULL;
}

void live_close(struct live *live)
{
    if (live == NULL)
        return;
    bus_destroy(live->bus);
    loop_destroy(live->loop);
    free(live);
}

/* ---- a call ------------------------------------------------------------------------------ */

struct waiting {
    struct loop *loop;
    bus_on_answer on_answer;
    void *user;
    struct fault *fault;
    enum status status;
};

static void on_end(const struct bus_answer *answer, void *user)
{
    struct waiting *waiting = user;
    waiting->status = answer->status;
    if (answer->status == STATUS_OK)
        waiting->on_answer(answer, waiting->user);
    else
        (void)fault_set(waiting->fault, 0, 0, "%s", answer->message);
    loop_stop(waiting->loop);
}

enum status live_call(struct live *live, const struct bus_call *call, bus_on_answer on_answer,
                      void *user, struct fault *out_fault)
{
    struct waiting waiting = {live->loop, on_answer, user, out_fault, STATUS_OK};
    bus_call(live->bus, call, on_end, &waiting);
    loop_run(live->loop); /* every call ends in exactly one answer */
    return waiting.status;
}

/* ---- an instance ------------------------------------------------------------------------- */

static void on_instance(const struct bus_answer *answer, void *user)
{
    struct live_instance *instance = user;
    const Arbiter__V1__GetInstanceReply *reply =
        (const Arbiter__V1__GetInstanceReply *)answer->output;
    /* A name that does not fit is cut, and then there is no such policy. */
    (void)snprintf(instance->machine, sizeof instance->machine, "%s", reply->machine);
    (void)snprintf(instance->hash, sizeof instance->hash, "%s", reply->machine_hash);
    buffer_append(&instance->snapshot, reply->snapshot.data, reply->snapshot.len);
}

static void on_policy(const struct bus_answer *answer, void *user)
{
    struct live_instance *instance = user;
    buffer_append_text(&instance->text,
                       ((const Arbiter__V1__GetPolicyReply *)answer->output)->text);
}

enum status live_instance_read(struct live *live, const char *instance_id,
                               struct live_instance *out_instance, struct fault *out_fault)
{
    Arbiter__V1__GetInstanceRequest get = ARBITER__V1__GET_INSTANCE_REQUEST__INIT;
    get.instance_id = (char *)instance_id;
    enum status status =
        live_call(live,
                  &(struct bus_call){.service = &arbiter__v1__orchestrator__descriptor,
                                     .method = "GetInstance",
                                     .input = &get.base},
                  on_instance, out_instance, out_fault);
    if (status != STATUS_OK)
        return status;
    Arbiter__V1__GetPolicyRequest policy = ARBITER__V1__GET_POLICY_REQUEST__INIT;
    policy.kind = "machine";
    policy.name = out_instance->machine;
    policy.hash = out_instance->hash;
    return live_call(live,
                     &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                        .method = "GetPolicy",
                                        .input = &policy.base},
                     on_policy, out_instance, out_fault);
}

void live_instance_deinit(struct live_instance *instance)
{
    buffer_deinit(&instance->snapshot);
    buffer_deinit(&instance->text);
}
