/* Publishes a version of a tournament policy: proves it as `arbiter check` does, holds its number
 * against the newest one, stores it with what there is to mind in it. A published text never
 * changes; it is named by its hash. */
#include <stdlib.h>
#include <string.h>

#include "orchestrator/format/format_hash.h"
#include "orchestrator/host_private.h"
#include "orchestrator/proof.h"

#include "arbiter/v1/store.pb-c.h"

struct format_publication {
    struct host *host;
    void *request;
    Arbiter__V1__PublishPolicyReply_Closure closure;
    struct proof proof;
    const struct format *format;
    const char *published_by; /* the request's, which lasts until it is answered */
    char hash[FORMAT_HASH_TEXT_SIZE];
    bool is_dry_run;
};

static void publication_destroy(struct format_publication *publication)
{
    proof_deinit(&publication->proof);
    free(publication);
}

static void answer(struct format_publication *publication, bool existed)
{
    Arbiter__V1__PublishPolicyReply reply = ARBITER__V1__PUBLISH_POLICY_REPLY__INIT;
    reply.name = (char *)publication->format->name;
    reply.hash = publication->hash;
    reply.version = publication->format->version;
    reply.existed = existed;
    (void)proof_warnings(&publication->proof.arena, &publication->proof.faults, &reply.warnings,
                         &reply.n_warnings); /* it is published, whether they fit or not */
    publication->closure(&reply, publication->request);
    publication_destroy(publication);
}

static void on_stored(const struct bus_answer *stored, void *user)
{
    struct format_publication *publication = user;
    if (stored->status == STATUS_OK) {
        answer(publication, ((const Arbiter__V1__PutPolicyReply *)stored->output)->existed);
        return;
    }
    bus_fail_like(publication->request, stored);
    publication_destroy(publication);
}

static void store(struct format_publication *publication)
{
    Arbiter__V1__PutPolicyRequest request = ARBITER__V1__PUT_POLICY_REQUEST__INIT;
    request.kind = "format";
    request.name = (char *)publication->format->name;
    request.hash = publication->hash;
    request.text = (char *)publication->proof.text;
    request.version = publication->format->version;
    request.published_by = (char *)publication->published_by;
    request.warnings =
        (char *)proof_warning_lines(&publication->proof.arena, &publication->proof.faults);
    bus_call(publication->host->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "PutPolicy",
                                .input = &request.base},
             on_stored, publication);
}

/* Two directors at once: the store's own key (kind, name, version) refuses the second. */
static void on_newest(const struct bus_answer *newest, void *user)
{
    struct format_publication *publication = user;
    const Arbiter__V1__GetPolicyReply *reply =
        newest->status == STATUS_OK ? (const Arbiter__V1__GetPolicyReply *)newest->output : NULL;
    if (newest->status != STATUS_OK && newest->status != STATUS_NOT_FOUND) {
        bus_fail_like(publication->request, newest);
        publication_destroy(publication);
    } else if (reply != NULL && strcmp(reply->hash, publication->hash) == 0) {
        answer(publication, true);
    } else if (reply != NULL && reply->version >= publication->format->version) {
        bus_fail(publication->request, STATUS_FAILED_PRECONDITION, NULL, 0,
                 "version %d of '%s' is published with another text; a changed policy needs "
                 "`version: %d`",
                 reply->version, publication->format->name, reply->version + 1);
        publication_destroy(publication);
    } else if (publication->is_dry_run) {
        answer(publication, false);
    } else {
        store(publication);
    }
}

static void ask_newest(struct format_publication *publication)
{
    Arbiter__V1__GetPolicyRequest request = ARBITER__V1__GET_POLICY_REQUEST__INIT;
    request.kind = "format";
    request.name = (char *)publication->format->name;
    bus_call(publication->host->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetPolicy",
                                .input = &request.base},
             on_newest, publication);
}

static void on_proved(struct proof *proof, void *user)
{
    struct format_publication *publication = user;
    if (proof == NULL) { /* we are closing; its sender asks another replica */
        publication_destroy(publication);
    } else if (proof->status == STATUS_INVALID_ARGUMENT) {
        const char *report = proof_report(&proof->arena, &proof->faults, proof->text);
        bus_fail(publication->request, proof->status, NULL, 0, "%s", report);
        publication_destroy(publication);
    } else if (proof->status != STATUS_OK) {
        proof_refuse(proof, publication->request);
        publication_destroy(publication);
    } else {
        publication->format = proof->format;
        format_hash_text(proof->text, proof->size, publication->hash);
        ask_newest(publication);
    }
}

void host_publish_format(struct host *host, const Arbiter__V1__PublishPolicyRequest *input,
                         Arbiter__V1__PublishPolicyReply_Closure closure, void *request)
{
    struct format_publication *publication = calloc(1, sizeof *publication);
    if (publication == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return;
    }
    *publication = (struct format_publication){.host = host,
                                               .request = request,
                                               .closure = closure,
                                               .published_by = input->published_by,
                                               .is_dry_run = input->dry_run};
    const struct proof_shelves shelves = {host->prepare.ratings, host->prepare.conduct};
    proof_begin(&publication->proof, &(struct proof_request){.text = input->text,
                                                             .shelves = &shelves,
                                                             .worker = host->worker,
                                                             .on_proved = on_proved,
                                                             .user = publication});
}
