/* Publishes the folder's machines, then follows what is published elsewhere. One round at a time:
 * put what is not stored yet, list, fetch what is newer. */
#include "orchestrator/versions.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#include "arbiter/v1/store.pb-c.h"

struct versions {
    struct bus *bus;
    struct loop *loop; /* outlives the bus, which may be gone at the end */
    struct catalogue *catalogue;
    void (*on_known)(void *user); /* NULL once it has been called */
    void *user;
    loop_timer timer;
    int waiting_for;   /* answers of this round */
    bool is_busy;      /* a round is under way */
    bool is_rung;      /* ... and the bell rang during it */
    bool is_stored;    /* the folder's machines have all been put */
    bool is_disturbed; /* the store did not answer in this round */
};

static void begin_round(void *user);

static bool may_pass(enum status status)
{
    return status == STATUS_UNAVAILABLE || status == STATUS_DEADLINE_EXCEEDED ||
           status == STATUS_CANCELLED;
}

static void call(struct versions *versions, const char *method, const ProtobufCMessage *input,
                 bus_on_answer on_answer)
{
    versions->waiting_for++;
    bus_call(versions->bus,
             &(struct bus_call){
                 .service = &arbiter__v1__store__descriptor, .method = method, .input = input},
             on_answer, versions);
}

static void end_round(struct versions *versions)
{
    bool again = versions->is_rung && !versions->is_disturbed;
    int64_t wait_ms = versions->is_disturbed ? VERSIONS_RETRY_MS : VERSIONS_LOOK_MS;
    versions->is_busy = false;
    versions->is_rung = false;
    if (versions->on_known != NULL && !versions->is_disturbed) {
        versions->on_known(versions->user);
        versions->on_known = NULL;
    }
    if (loop_after(versions->loop, again ? 0 : wait_ms, begin_round, versions, &versions->timer) !=
        STATUS_OK)
        log_event(LOG_ERROR, "versions_stopped", "next=\"restart the service\"");
}

/* Counts an answer; true for the last one that the round waits for. */
static bool is_last_answer(struct versions *versions, const struct bus_answer *answer)
{
    versions->is_disturbed = versions->is_disturbed || may_pass(answer->status);
    return --versions->waiting_for == 0;
}

/* ---- fetching what is newer -------------------------------------------------------------- */

static void on_fetched(const struct bus_answer *answer, void *user)
{
    struct versions *versions = user;
    struct buffer report = {0};
    const struct catalogue_entry *entry = NULL;
    const Arbiter__V1__GetPolicyReply *reply = (const Arbiter__V1__GetPolicyReply *)answer->output;
    if (answer->status == STATUS_OK &&
        catalogue_add(versions->catalogue, "published machine", reply->text, strlen(reply->text),
                      &report, &entry) != STATUS_OK) {
        char text[512];
        log_event(LOG_ERROR, "published_machine_refused", "hash=%s why=%s", reply->hash,
                  log_quote(buffer_text(&report), text, sizeof text));
    }
    buffer_deinit(&report);
    if (is_last_answer(versions, answer))
        end_round(versions);
}

static void fetch(struct versions *versions, const Arbiter__V1__PutPolicyRequest *policy)
{
    Arbiter__V1__GetPolicyRequest request = ARBITER__V1__GET_POLICY_REQUEST__INIT;
    request.kind = "machine";
    request.name = policy->name;
    request.hash = policy->hash;
    call(versions, "GetPolicy", &request.base, on_fetched);
}

static bool is_current(const struct versions *versions, const Arbiter__V1__PutPolicyRequest *policy)
{
    const struct catalogue_entry *entry = catalogue_current(versions->catalogue, policy->name);
    return entry != NULL && strcmp(entry->hash, policy->hash) == 0;
}

static void on_listed(const struct bus_answer *answer, void *user)
{
    struct versions *versions = user;
    const Arbiter__V1__ListPoliciesReply *reply =
        (const Arbiter__V1__ListPoliciesReply *)answer->output;
    size_t count = answer->status == STATUS_OK ? reply->n_policies : 0;
    for (size_t i = 0; i < count; i++) {
        const Arbiter__V1__PutPolicyRequest *policy = reply->policies[i];
        bool is_newest = i + 1 == count || strcmp(reply->policies[i + 1]->name, policy->name) != 0;
        if (is_newest && !is_current(versions, policy))
            fetch(versions, policy);
    }
    if (is_last_answer(versions, answer))
        end_round(versions);
}

static void list(struct versions *versions)
{
    Arbiter__V1__ListPoliciesRequest request = ARBITER__V1__LIST_POLICIES_REQUEST__INIT;
    request.kind = "machine";
    call(versions, "ListPolicies", &request.base, on_listed);
}

/* ---- publishing what the folder has ------------------------------------------------------ */

static void on_put(const struct bus_answer *answer, void *user)
{
    struct versions *versions = user;
    if (answer->status != STATUS_OK && !may_pass(answer->status)) {
        char text[256];
        log_event(LOG_ERROR, "publish_failed", "code=%s why=%s next=\"raise its version\"",
                  status_name(answer->status), log_quote(answer->message, text, sizeof text));
    }
    if (!is_last_answer(versions, answer))
        return;
    versions->is_stored = !versions->is_disturbed;
    if (versions->is_stored)
        list(versions);
    else
        end_round(versions);
}

static void put(struct versions *versions, const struct catalogue_entry *entry)
{
    Arbiter__V1__PutPolicyRequest request = ARBITER__V1__PUT_POLICY_REQUEST__INIT;
    request.kind = "machine";
    request.name = (char *)entry->name;
    request.hash = (char *)entry->hash;
    request.text = (char *)entry->text;
    request.version = fsm_machine_version(entry->machine);
    call(versions, "PutPolicy", &request.base, on_put);
}

static void begin_round(void *user)
{
    struct versions *versions = user;
    versions->timer = 0;
    versions->is_busy = true;
    versions->is_disturbed = false;
    const struct catalogue_entry *entry;
    if (versions->is_stored || catalogue_at(versions->catalogue, 0) == NULL)
        list(versions);
    else
        for (size_t i = 0; (entry = catalogue_at(versions->catalogue, i)) != NULL; i++)
            put(versions, entry);
}

/* ---- life -------------------------------------------------------------------------------- */

static void on_bell(const char *subject, const void *data, size_t size, void *user)
{
    (void)subject, (void)data, (void)size; /* all machines are looked at */
    struct versions *versions = user;
    if (versions->is_busy) {
        versions->is_rung = true;
        return;
    }
    loop_cancel(versions->loop, versions->timer);
    begin_round(versions);
}

struct versions *versions_create(struct bus *bus, struct catalogue *catalogue,
                                 void (*on_known)(void *user), void *user)
{
    struct versions *versions = calloc(1, sizeof *versions);
    if (versions == NULL)
        return NULL;
    *versions = (struct versions){.bus = bus,
                                  .loop = bus_loop(bus),
                                  .catalogue = catalogue,
                                  .on_known = on_known,
                                  .user = user};
    if (bus_subscribe(bus, "arbiter.v1.bell.policies", NULL, on_bell, versions) == STATUS_OK &&
        loop_after(versions->loop, 0, begin_round, versions, &versions->timer) == STATUS_OK)
        return versions;
    free(versions);
    return NULL;
}

void versions_destroy(struct versions *versions)
{
    if (versions == NULL)
        return;
    loop_cancel(versions->loop, versions->timer);
    free(versions);
}
