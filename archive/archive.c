/* Serves archive.save: asks for the record and the GCG, puts both in their place. */
#include "archive/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archive/place.h"
#include "base/arena.h"
#include "base/log.h"

#include "arbiter/v1/archive.pb-c.h"
#include "arbiter/v1/gamesvc.pb-c.h"

enum { GAME_BYTES_MAX = 16 << 20, VIEW_TIMEOUT_MS = 10000, QUOTE_BYTES = 512 };

struct archive {
    Arbiter__V1__Archive_Service base; /* first */
    struct bus *bus;
    struct place *place; /* NULL: no copies are kept */
    struct archive_stats stats;
    struct copy *copies; /* under way */
};

/* One game being copied. */
struct copy {
    struct copy *next;
    struct archive *archive;
    void *request;
    Arbiter__V1__SaveArchiveReply_Closure on_saved;
    struct arena arena;
    const char *game_id;
    const char *folder; /* "2026/11" */
    const char *name;   /* of the object being put */
    const char *record;
    int objects;
};

/* ---- a copy ------------------------------------------------------------------------------ */

static void copy_destroy(struct copy *copy)
{
    for (struct copy **at = &copy->archive->copies; *at != NULL; at = &(*at)->next)
        if (*at == copy) {
            *at = copy->next;
            break;
        }
    copy->archive->stats.under_way--;
    arena_deinit(&copy->arena);
    free(copy);
}

static void copy_fail(struct copy *copy, enum status status, const char *message)
{
    char quoted[QUOTE_BYTES];
    copy->archive->stats.failures++;
    log_event(LOG_WARN, "archive_away", "game=%s why=%s next=\"the outbox asks again\"",
              copy->game_id, log_quote(message, quoted, sizeof quoted));
    bus_fail(copy->request, status, NULL, 0, "%s", message);
    copy_destroy(copy);
}

static void view(struct copy *copy, const char *format, bus_on_answer on_answer)
{
    Arbiter__V1__ViewRequest request = ARBITER__V1__VIEW_REQUEST__INIT;
    request.game_id = (char *)copy->game_id;
    request.format = (char *)format;
    bus_call(copy->archive->bus,
             &(struct bus_call){.service = &arbiter__v1__gamesvc__descriptor,
                                .method = "View",
                                .input = &request.base,
                                .traceparent = bus_request_traceparent(copy->request),
                                .timeout_ms = VIEW_TIMEOUT_MS},
             on_answer, copy);
}

static void put(struct copy *copy, const char *ending, const char *type, const char *text,
                place_on_put on_put)
{
    copy->name = arena_format(&copy->arena, "%s/%s.%s", copy->folder, copy->game_id, ending);
    if (copy->name == NULL) {
        copy_fail(copy, STATUS_UNAVAILABLE, "out of memory");
        return;
    }
    copy->archive->place->put(
        copy->archive->place,
        &(struct place_object){
            .name = copy->name, .type = type, .data = text, .size = strlen(text)},
        on_put, copy);
}

/* ---- step by step: view the record, view the GCG, put the GCG, put the record ------------- */

static void on_record_put(enum status status, const char *message, void *user)
{
    struct copy *copy = user;
    struct archive *archive = copy->archive;
    if (status != STATUS_OK) {
        copy_fail(copy, status, message);
        return;
    }
    Arbiter__V1__SaveArchiveReply reply = ARBITER__V1__SAVE_ARCHIVE_REPLY__INIT;
    reply.location = (char *)copy->name;
    reply.objects = copy->objects + 1;
    archive->stats.games_saved++;
    archive->stats.saved_at_ms = loop_now_ms(bus_loop(archive->bus));
    copy->on_saved(&reply, copy->request);
    copy_destroy(copy);
}

/* The record comes last: where it is, the game is whole. */
static void put_record(struct copy *copy)
{
    put(copy, "json", "application/json", copy->record, on_record_put);
}

static void on_gcg_put(enum status status, const char *message, void *user)
{
    struct copy *copy = user;
    if (status != STATUS_OK) {
        copy_fail(copy, status, message);
        return;
    }
    copy->objects++;
    put_record(copy);
}

static void on_gcg(const struct bus_answer *answer, void *user)
{
    struct copy *copy = user;
    if (answer->status == STATUS_FAILED_PRECONDITION) {
        put_record(copy); /* such games are not written as GCG */
        return;
    }
    if (answer->status != STATUS_OK) {
        copy_fail(copy, answer->status, answer->message);
        return;
    }
    const char *text = ((const Arbiter__V1__ViewReply *)answer->output)->view;
    const char *gcg = arena_copy(&copy->arena, text, strlen(text));
    if (gcg != NULL)
        put(copy, "gcg", "text/plain; charset=utf-8", gcg, on_gcg_put);
    else
        copy_fail(copy, STATUS_UNAVAILABLE, "out of memory");
}

/* Games lie by the month they ended in, UTC. */
static const char *folder_of(struct arena *arena, int64_t ended_at_ms)
{
    time_t seconds = (time_t)(ended_at_ms / 1000);
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL)
        return NULL;
    return arena_format(arena, "%04d/%02d", parts.tm_year + 1900, parts.tm_mon + 1);
}

static void on_record(const struct bus_answer *answer, void *user)
{
    struct copy *copy = user;
    if (answer->status != STATUS_OK) {
        copy_fail(copy, answer->status, answer->message);
        return;
    }
    const Arbiter__V1__ViewReply *reply = (const Arbiter__V1__ViewReply *)answer->output;
    copy->record = arena_copy(&copy->arena, reply->view, strlen(reply->view));
    copy->folder = folder_of(&copy->arena, reply->game->ended_at_ms);
    if (copy->record != NULL && copy->folder != NULL)
        view(copy, "gcg", on_gcg);
    else
        copy_fail(copy, STATUS_UNAVAILABLE, "out of memory");
}

static void serve_save(Arbiter__V1__Archive_Service *service,
                       const Arbiter__V1__SaveArchiveRequest *input,
                       Arbiter__V1__SaveArchiveReply_Closure closure, void *request)
{
    struct archive *archive = (struct archive *)service;
    if (archive->place == NULL) {
        Arbiter__V1__SaveArchiveReply reply = ARBITER__V1__SAVE_ARCHIVE_REPLY__INIT;
        closure(&reply, request);
        return;
    }
    struct copy *copy =
        archive->stats.under_way < ARCHIVE_UNDER_WAY_MAX ? calloc(1, sizeof *copy) : NULL;
    if (copy == NULL) {
        archive->stats.failures++;
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "the archive is busy; ask again");
        return;
    }
    *copy = (struct copy){.archive = archive, .request = request, .on_saved = closure};
    arena_init(&copy->arena, GAME_BYTES_MAX);
    copy->next = archive->copies;
    archive->copies = copy;
    archive->stats.under_way++;
    copy->game_id = arena_copy(&copy->arena, input->game_id, strlen(input->game_id));
    if (copy->game_id == NULL || strchr(copy->game_id, '/') != NULL || copy->game_id[0] == '.') {
        copy->game_id = "";
        copy_fail(copy, STATUS_INVALID_ARGUMENT, "this is no game's id");
        return;
    }
    view(copy, "record", on_record);
}

/* ---- life -------------------------------------------------------------------------------- */

static bool open_place(struct archive *archive, const struct archive_options *options,
                       struct fault *out_fault)
{
    bool is_url =
        strncmp(options->place, "http://", 7) == 0 || strncmp(options->place, "https://", 8) == 0;
    if (options->place[0] == '\0')
        return true;
    if (!is_url && options->place[0] != '/') {
        (void)fault_set(out_fault, 0, 0,
                        "the archive is a folder's whole path or an http(s) address, not '%s'",
                        options->place);
        return false;
    }
    archive->place = is_url ? place_s3_create(bus_loop(archive->bus), options, out_fault)
                            : place_folder_create(options->place, out_fault);
    return archive->place != NULL;
}

struct archive *archive_create(struct bus *bus, const struct archive_options *options,
                               struct fault *out_fault)
{
    struct archive *archive = calloc(1, sizeof *archive);
    if (archive == NULL)
        return NULL;
    archive->base = (Arbiter__V1__Archive_Service)ARBITER__V1__ARCHIVE__INIT(serve_);
    archive->bus = bus;
    if (open_place(archive, options, out_fault) && bus_serve(bus, &archive->base.base) == STATUS_OK)
        return archive;
    archive_destroy(archive);
    return NULL;
}

bool archive_is_kept(const struct archive *archive)
{
    return archive->place != NULL;
}

void archive_destroy(struct archive *archive)
{
    if (archive == NULL)
        return;
    if (archive->place != NULL)
        archive->place->destroy(archive->place);
    while (archive->copies != NULL)
        copy_destroy(archive->copies);
    free(archive);
}

void archive_stats(const struct archive *archive, struct archive_stats *out_stats)
{
    *out_stats = archive->stats;
}
