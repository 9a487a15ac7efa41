/* Publishes a version of a tournament policy: checks it as `arbiter check` does, holds its number
 * against the newest one, stores it. A published text never changes; it is named by its hash. */
#include <stdlib.h>
#include <string.h>

#include "orchestrator/format/format_check.h"
#include "orchestrator/format/format_hash.h"
#include "orchestrator/host_private.h"

#include "arbiter/v1/store.pb-c.h"

enum { FORMAT_BYTES = 256 << 20 };

struct format_publication {
    struct host *host;
    void *request;
    Arbiter__V1__PublishPolicyReply_Closure closure;
    struct arena arena;
    const struct format *format;
    char *text;
    char *published_by;
    char hash[FORMAT_HASH_TEXT_SIZE];
    bool is_dry_run;
};

static void publication_destroy(struct format_publication *publication)
{
    arena_deinit(&publication->arena);
    free(publication);
}

static void answer(struct format_publication *publication, bool existed)
{
    Arbiter__V1__PublishPolicyReply reply = ARBITER__V1__PUBLISH_POLICY_REPLY__INIT;
    reply.name = (char *)publication->format->name;
    reply.hash = publication->hash;
    reply.version = publication->format->version;
    reply.existed = existed;
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
    request.text = publication->text;
    request.version = publication->format->version;
    request.published_by = publication->published_by;
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

/* Rating policies are those this orchestrator has; games are their service's to know. */
static bool ratings_exist(const struct format_publication *publication, struct buffer *report)
{
    const struct format *format = publication->format;
    for (size_t i = 0; i < format->division_count; i++) {
        const struct format_game *game = &format->divisions[i].game;
        if (game->rated &&
            ratings_shelf_find(publication->host->prepare.ratings, game->rating_policy) == NULL) {
            buffer_format(report, "division '%s': there is no rating policy '%s'",
                          format->divisions[i].name, game->rating_policy);
            return false;
        }
    }
    return true;
}

static bool check(struct format_publication *publication, const char *text)
{
    struct yaml_faults faults = {.arena = &publication->arena};
    struct buffer report = {0};
    size_t size = strlen(text);
    publication->text = arena_copy(&publication->arena, text, size);
    enum status status = publication->text == NULL
                             ? STATUS_FULL
                             : format_check(&publication->arena, publication->text, size, NULL,
                                            &faults, &publication->format);
    if (status == STATUS_OK && !ratings_exist(publication, &report))
        status = STATUS_INVALID_ARGUMENT;
    else if (status != STATUS_OK)
        yaml_faults_print(&faults, "policy.yaml", text, size, &report);
    if (status != STATUS_OK)
        bus_fail(publication->request, status, NULL, 0, "%s",
                 report.size > 0 ? buffer_text(&report) : "larger than a policy may be");
    buffer_deinit(&report);
    return status == STATUS_OK;
}

void host_publish_format(struct host *host, const Arbiter__V1__PublishPolicyRequest *input,
                         Arbiter__V1__PublishPolicyReply_Closure closure, void *request)
{
    struct format_publication *publication = calloc(1, sizeof *publication);
    if (publication == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return;
    }
    *publication = (struct format_publication){
        .host = host, .request = request, .closure = closure, .is_dry_run = input->dry_run};
    arena_init(&publication->arena, FORMAT_BYTES);
    publication->published_by =
        arena_copy(&publication->arena, input->published_by, strlen(input->published_by));
    if (!check(publication, input->text)) {
        publication_destroy(publication);
        return;
    }
    format_hash_text(publication->text, strlen(publication->text), publication->hash);
    ask_newest(publication);
}
