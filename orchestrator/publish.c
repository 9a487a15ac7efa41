/* Publishes a version of a machine: checks it against every live instance of the versions before,
 * and only then stores it and, where asked to, tells them to move. Nothing has changed where one of
 * them refuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsm/snapshot.h"
#include "fsm/yaml/yaml.h"
#include "orchestrator/host_private.h"

#include "arbiter/v1/store.pb-c.h"

enum { PAGE_MAX = 100, NAMED_MAX = 5, MACHINE_BYTES = 32 << 20, TRIAL_BYTES = 16 << 20 };

struct publication {
    struct host *host;
    void *request;
    Arbiter__V1__PublishPolicyReply_Closure closure;
    struct arena arena; /* the machine and its text */
    const struct fsm_machine *machine;
    char *text;
    bool is_dry_run;
    bool moves_instances;
    char *published_by;
    char *after; /* the last instance looked at; from malloc */
    int checked;
    int refused;
    struct buffer refusals; /* the first few, for people */
};

static void publication_destroy(struct publication *publication)
{
    arena_deinit(&publication->arena);
    buffer_deinit(&publication->refusals);
    free(publication->after);
    free(publication);
}

/* ---- the machine itself ------------------------------------------------------------------ */

static bool load(struct publication *publication, const char *text)
{
    struct yaml_faults faults = {.arena = &publication->arena};
    struct buffer report = {0};
    publication->text = arena_copy(&publication->arena, text, strlen(text));
    enum status status = publication->text == NULL
                             ? STATUS_FULL
                             : fsm_load(&publication->arena, publication->text, strlen(text),
                                        catalogue_host(publication->host->catalogue), &faults,
                                        &publication->machine);
    const struct catalogue_entry *old =
        status == STATUS_OK ? catalogue_current(publication->host->catalogue,
                                                fsm_machine_name(publication->machine))
                            : NULL;
    if (old != NULL && !fsm_check_upgrade(old->machine, publication->machine, &faults))
        status = STATUS_INVALID_ARGUMENT;
    if (status != STATUS_OK) {
        yaml_faults_print(&faults, "machine.yaml", text, strlen(text), &report);
        bus_fail(publication->request, status, NULL, 0, "%s",
                 report.size > 0 ? buffer_text(&report) : "larger than a machine may be");
    }
    buffer_deinit(&report);
    return status == STATUS_OK;
}

/* ---- its live instances ------------------------------------------------------------------ */

static void refuse(struct publication *publication, const char *instance_id, const char *why)
{
    if (publication->refused++ < NAMED_MAX)
        buffer_format(&publication->refusals, "; %s: %s", instance_id, why);
}

/* Moves one instance on trial. One of a version without a `migrate` map stays on it. */
static void try_instance(struct publication *publication, const Arbiter__V1__LiveInstance *live)
{
    struct arena arena;
    struct fsm_snapshot_head head;
    struct fsm_step step;
    struct fault fault = {0};
    const uint8_t *bytes = live->snapshot.data;
    arena_init(&arena, TRIAL_BYTES);
    enum status status = fsm_snapshot_head(bytes, live->snapshot.len, &arena, &head, &fault);
    if (status == STATUS_OK && fsm_machine_migrates_from(publication->machine, head.version)) {
        publication->checked++;
        status = fsm_snapshot_migrate(publication->machine, bytes, live->snapshot.len,
                                      loop_now_ms(publication->host->loop), &arena, &step, &fault);
    }
    if (status != STATUS_OK)
        refuse(publication, live->instance_id,
               fault.text[0] != '\0' ? fault.text : status_name(status));
    arena_deinit(&arena);
}

static void answer_trial(struct publication *publication)
{
    Arbiter__V1__PublishPolicyReply reply = ARBITER__V1__PUBLISH_POLICY_REPLY__INIT;
    reply.name = (char *)fsm_machine_name(publication->machine);
    reply.version = fsm_machine_version(publication->machine);
    reply.checked = publication->checked;
    publication->closure(&reply, publication->request);
}

/* ---- storing it -------------------------------------------------------------------------- */

/* It is stored, so it is published, whatever happens here: without memory this replica hears of it
 * like the others. */
static void on_stored(const struct bus_answer *answer, void *user)
{
    struct publication *publication = user;
    struct buffer report = {0};
    const struct catalogue_entry *entry = NULL;
    if (answer->status != STATUS_OK) {
        bus_fail_like(publication->request, answer);
    } else if (catalogue_add(publication->host->catalogue, "machine.yaml", publication->text,
                             strlen(publication->text), &report, &entry) != STATUS_OK) {
        bus_fail(publication->request, STATUS_UNAVAILABLE, NULL, 0,
                 "published, but not in use yet: %s", buffer_text(&report));
    } else {
        const Arbiter__V1__PutPolicyReply *stored =
            (const Arbiter__V1__PutPolicyReply *)answer->output;
        Arbiter__V1__PublishPolicyReply reply = ARBITER__V1__PUBLISH_POLICY_REPLY__INIT;
        reply.name = (char *)entry->name;
        reply.hash = (char *)entry->hash;
        reply.version = fsm_machine_version(entry->machine);
        reply.existed = stored->existed;
        reply.checked = publication->checked;
        reply.moving = stored->moving;
        publication->closure(&reply, publication->request);
    }
    buffer_deinit(&report);
    publication_destroy(publication);
}

/* The versions before this one that its `migrate` names. */
static int32_t *migrate_versions(struct publication *publication, size_t *out_count)
{
    int count = fsm_machine_migration_count(publication->machine);
    int32_t *versions = arena_array(&publication->arena, (size_t)count, sizeof *versions);
    for (int i = 0; versions != NULL && i < count; i++)
        versions[i] = fsm_machine_migration_from(publication->machine, i);
    *out_count = versions != NULL ? (size_t)count : 0;
    return versions;
}

static void publish(struct publication *publication)
{
    char hash[CATALOGUE_HASH_TEXT_SIZE];
    catalogue_hash_text(publication->machine, hash);
    Arbiter__V1__PutPolicyRequest request = ARBITER__V1__PUT_POLICY_REQUEST__INIT;
    request.kind = "machine";
    request.name = (char *)fsm_machine_name(publication->machine);
    request.hash = hash;
    request.text = publication->text;
    request.version = fsm_machine_version(publication->machine);
    request.published_by = publication->published_by;
    if (publication->moves_instances)
        request.migrate_versions = migrate_versions(publication, &request.n_migrate_versions);
    bus_call(publication->host->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "PutPolicy",
                                .input = &request.base},
             on_stored, publication);
}

static void finish(struct publication *publication)
{
    if (publication->refused > 0)
        bus_fail(publication->request, STATUS_FAILED_PRECONDITION, NULL, 0,
                 "%d live instances of '%s' cannot be moved to version %d%s", publication->refused,
                 fsm_machine_name(publication->machine), fsm_machine_version(publication->machine),
                 buffer_text(&publication->refusals));
    else if (publication->is_dry_run)
        answer_trial(publication);
    if (publication->refused > 0 || publication->is_dry_run)
        publication_destroy(publication);
    else
        publish(publication);
}

static void ask_page(struct publication *publication);

static void on_page(const struct bus_answer *answer, void *user)
{
    struct publication *publication = user;
    if (answer->status != STATUS_OK) {
        bus_fail_like(publication->request, answer);
        publication_destroy(publication);
        return;
    }
    const Arbiter__V1__ListInstancesReply *reply =
        (const Arbiter__V1__ListInstancesReply *)answer->output;
    for (size_t i = 0; i < reply->n_instances; i++)
        try_instance(publication, reply->instances[i]);
    if (reply->n_instances == 0) {
        finish(publication);
        return;
    }
    free(publication->after);
    publication->after = strdup(reply->instances[reply->n_instances - 1]->instance_id);
    if (publication->after != NULL) {
        ask_page(publication);
        return;
    }
    bus_fail(publication->request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
    publication_destroy(publication);
}

static void ask_page(struct publication *publication)
{
    Arbiter__V1__ListInstancesRequest request = ARBITER__V1__LIST_INSTANCES_REQUEST__INIT;
    request.machine = (char *)fsm_machine_name(publication->machine);
    request.limit = PAGE_MAX;
    if (publication->after != NULL)
        request.after = publication->after;
    bus_call(publication->host->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "ListInstances",
                                .input = &request.base},
             on_page, publication);
}

void host_check_and_publish(struct host *host, const Arbiter__V1__PublishPolicyRequest *input,
                            Arbiter__V1__PublishPolicyReply_Closure closure, void *request)
{
    struct publication *publication = calloc(1, sizeof *publication);
    if (publication == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return;
    }
    *publication = (struct publication){.host = host,
                                        .request = request,
                                        .closure = closure,
                                        .is_dry_run = input->dry_run,
                                        .moves_instances = input->migrate};
    arena_init(&publication->arena, MACHINE_BYTES);
    publication->published_by =
        arena_copy(&publication->arena, input->published_by, strlen(input->published_by));
    if (load(publication, input->text))
        ask_page(publication);
    else
        publication_destroy(publication);
}
