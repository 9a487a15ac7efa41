/* Takes requests and bells, hands each to the actor of its instance, looks for lost bells. What an
 * actor does with them is in actor.c. */
#include "orchestrator/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "fsm/value_codec.h"
#include "orchestrator/actor.h"
#include "orchestrator/format/format.h"
#include "orchestrator/host_private.h"
#include "proto/game_events.h"

#include "arbiter/v1/orchestrator.pb-c.h"

enum {
    ENDING_BYTES_MAX = 2 << 20,
    SWEEP_INSTANCES = 500, /* at once: no more than the store lists */
    SWEEP_ON_MS = 200
};

/* ---- requests ---------------------------------------------------------------------------- */

static struct host *host_of(Arbiter__V1__Orchestrator_Service *service)
{
    return ((struct host_service *)service)->host;
}

static bool is_blank(const char *text)
{
    return text == NULL || text[0] == '\0';
}

static void serve_start_instance(Arbiter__V1__Orchestrator_Service *service,
                                 const Arbiter__V1__StartInstanceRequest *input,
                                 Arbiter__V1__StartInstanceReply_Closure closure, void *request)
{
    struct host *host = host_of(service);
    if (catalogue_current(host->catalogue, input->machine) == NULL) {
        bus_fail(request, STATUS_NOT_FOUND, NULL, 0, "there is no machine '%s'", input->machine);
        return;
    }
    struct job *job = job_create(JOB_START, input->instance_id, bus_request_id(request), "$start",
                                 input->input, input->actor, NULL);
    if (job == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return;
    }
    job->machine = catalogue_current(host->catalogue, input->machine);
    job->request = request;
    job->on_started = closure;
    actor_post(host, job);
}

static void serve_send_event(Arbiter__V1__Orchestrator_Service *service,
                             const Arbiter__V1__SendEventRequest *input,
                             Arbiter__V1__SendEventReply_Closure closure, void *request)
{
    struct host *host = host_of(service);
    if (is_blank(input->name) || input->name[0] == '$' || is_blank(input->instance_id)) {
        bus_fail(request, STATUS_INVALID_ARGUMENT, NULL, 0,
                 "an event needs a name and an instance");
        return;
    }
    const char *event_id = is_blank(input->event_id) ? bus_request_id(request) : input->event_id;
    struct job *job = job_create(JOB_EVENT, input->instance_id, event_id, input->name, input->data,
                                 input->actor, input->note);
    if (job == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return;
    }
    job->request = request;
    job->on_sent = closure;
    job->is_dry = input->dry_run;
    if (job_add_writes(job, input->also, input->n_also) &&
        job_expect(job, input->expected_seqs, input->n_expected_seqs)) {
        actor_post(host, job);
        return;
    }
    bus_fail(request, STATUS_FULL, NULL, 0, "the event is too large");
    job_destroy(job);
}

static bool is_last_turn(const Arbiter__V1__EndGameRequest *input)
{
    const Arbiter__V1__AppendTurnRequest *last = input->turn;
    return input->game != NULL && last != NULL && last->ended != NULL && last->turn != NULL &&
           !is_blank(last->turn->event_id) && !is_blank(last->game_id) &&
           strcmp(last->game_id, input->game->game_id) == 0;
}

/* The machine hears of the end as it would from the store. */
static struct job *ending_job(const Arbiter__V1__EndGameRequest *input, int64_t now_ms)
{
    struct arena arena;
    arena_init(&arena, ENDING_BYTES_MAX);
    const Arbiter__V1__InboxEvent *end = game_end(&arena, input->turn, now_ms);
    const char *instance_id = arena_format(&arena, GAME_PREFIX "%s", input->turn->game_id);
    struct job *job = end != NULL && instance_id != NULL
                          ? job_create(JOB_EVENT, instance_id, end->event_id, end->name, end->data,
                                       end->actor, end->note)
                          : NULL;
    arena_deinit(&arena);
    if (job == NULL || job_add_turn(job, input->game, input->turn))
        return job;
    job_destroy(job);
    return NULL;
}

static void serve_end_game(Arbiter__V1__Orchestrator_Service *service,
                           const Arbiter__V1__EndGameRequest *input,
                           Arbiter__V1__EndGameReply_Closure closure, void *request)
{
    struct host *host = host_of(service);
    if (!is_last_turn(input)) {
        bus_fail(request, STATUS_INVALID_ARGUMENT, NULL, 0,
                 "a game ends with its last turn, which has an event id and 'ended'");
        return;
    }
    struct job *job = ending_job(input, loop_now_ms(host->loop));
    if (job == NULL) {
        bus_fail(request, STATUS_FULL, NULL, 0, "the turn is too large");
        return;
    }
    job->request = request;
    job->on_ended = closure;
    actor_post(host, job);
}

static void serve_take_reply(Arbiter__V1__Orchestrator_Service *service,
                             const Arbiter__V1__TakeReplyRequest *input,
                             Arbiter__V1__TakeReplyReply_Closure closure, void *request)
{
    struct host *host = host_of(service);
    const Arbiter__V1__InboxEvent *event = input->event;
    if (event == NULL || is_blank(event->event_id) || is_blank(event->name)) {
        bus_fail(request, STATUS_INVALID_ARGUMENT, NULL, 0, "an answer needs a command and a name");
        return;
    }
    struct job *job = job_create(JOB_REPLY, input->instance_id, event->event_id, event->name,
                                 event->data, event->actor, event->note);
    if (job == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return;
    }
    job->request = request;
    job->on_taken = closure;
    actor_post(host, job);
}

static void serve_get_instance(Arbiter__V1__Orchestrator_Service *service,
                               const Arbiter__V1__GetInstanceRequest *input,
                               Arbiter__V1__GetInstanceReply_Closure closure, void *request)
{
    struct host *host = host_of(service);
    struct job *job = job_create(JOB_LOOK, input->instance_id, "", "", NULL, NULL, NULL);
    if (job == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return;
    }
    job->request = request;
    job->on_look = closure;
    actor_post(host, job);
}

static void serve_publish_policy(Arbiter__V1__Orchestrator_Service *service,
                                 const Arbiter__V1__PublishPolicyRequest *input,
                                 Arbiter__V1__PublishPolicyReply_Closure closure, void *request)
{
    struct host *host = host_of(service);
    if (strcmp(input->kind, "machine") == 0)
        host_check_and_publish(host, input, closure, request);
    else if (strcmp(input->kind, "format") == 0)
        host_publish_format(host, input, closure, request);
    else
        bus_fail(request, STATUS_INVALID_ARGUMENT, NULL, 0, "unknown kind of policy '%s'",
                 input->kind);
}

static void serve_open_tournament(Arbiter__V1__Orchestrator_Service *service,
                                  const Arbiter__V1__OpenTournamentRequest *input,
                                  Arbiter__V1__OpenTournamentReply_Closure closure, void *request)
{
    host_open_tournament(host_of(service), input, closure, request);
}

/* ---- bells and the sweep ----------------------------------------------------------------- */

void host_ring(struct host *host, const char *instance_id)
{
    struct job *job = job_create(JOB_BELL, instance_id, "", "", NULL, NULL, NULL);
    if (job != NULL)
        actor_post(host, job);
}

static void on_bell(const char *subject, const void *data, size_t size, void *user)
{
    (void)subject;
    char instance_id[ACTOR_ID_MAX];
    if (size == 0 || size >= sizeof instance_id)
        return; /* not one of ours; the sweep finds what it may have meant */
    memcpy(instance_id, data, size);
    instance_id[size] = '\0';
    host_ring(user, instance_id);
}

static void sweep(void *user);

static void sweep_after(struct host *host, int64_t after_ms)
{
    loop_cancel(host->loop, host->sweep_timer);
    if (loop_after(host->loop, after_ms, sweep, host, &host->sweep_timer) != STATUS_OK)
        log_event(LOG_ERROR, "sweep_stopped", "next=\"restart the service\"");
}

/* After a restart of everything there is more than one sweep finds: the next follows soon, as long
 * as those found first are taken. */
static bool has_more(struct host *host, const Arbiter__V1__ListPendingReply *reply)
{
    uint64_t first = reply->n_instance_ids > 0 ? hash_text(HASH_START, reply->instance_ids[0]) : 0;
    bool goes_on = first != host->swept_first;
    host->swept_first = first;
    return goes_on && reply->n_instance_ids >= SWEEP_INSTANCES;
}

static void on_swept(const struct bus_answer *answer, void *user)
{
    struct host *host = user;
    if (answer->status != STATUS_OK)
        return;
    const Arbiter__V1__ListPendingReply *reply =
        (const Arbiter__V1__ListPendingReply *)answer->output;
    for (size_t i = 0; i < reply->n_instance_ids; i++)
        host_ring(host, reply->instance_ids[i]);
    host->stats.swept += reply->n_instance_ids;
    if (has_more(host, reply))
        sweep_after(host, SWEEP_ON_MS);
}

static void sweep(void *user)
{
    struct host *host = user;
    Arbiter__V1__ListPendingRequest request = ARBITER__V1__LIST_PENDING_REQUEST__INIT;
    request.older_than_ms = loop_now_ms(host->loop) - loop_span_ms(host->loop, HOST_SWEEP_AGE_MS);
    request.limit = SWEEP_INSTANCES;
    bus_call(host->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "ListPending",
                                .input = &request.base},
             on_swept, host);
    sweep_after(host, host->sweep_ms);
}

/* ---- life -------------------------------------------------------------------------------- */

static void begin_serving(void *user)
{
    struct host *host = user;
    enum status status = bus_serve(host->bus, &host->service.base.base);
    if (status == STATUS_OK)
        status = bus_subscribe(host->bus, "arbiter.v1.bell.inbox", "orchestrator", on_bell, host);
    if (status == STATUS_OK)
        status = loop_after(host->loop, 0, sweep, host, &host->sweep_timer);
    host->is_serving = status == STATUS_OK;
    if (!host->is_serving)
        log_event(LOG_ERROR, "not_serving", "code=%s next=\"restart the service\"",
                  status_name(status));
}

struct host *host_create(const struct host_options *options)
{
    struct host *host = calloc(1, sizeof *host);
    if (host == NULL)
        return NULL;
    host->bus = options->bus;
    host->loop = bus_loop(options->bus);
    host->catalogue = options->catalogue;
    host->worker = options->worker;
    host->sweep_ms = options->sweep_ms > 0 ? options->sweep_ms : HOST_SWEEP_MS;
    host->prepare = (struct prepare_context){
        .bus = options->bus, .ratings = options->ratings, .conduct = options->conduct};
    host->ids = (struct short_ids){.alphabet = SHORT_ID_ALPHABET, .size = SHORT_ID_SIZE_DEFAULT};
    host->service =
        (struct host_service){.base = ARBITER__V1__ORCHESTRATOR__INIT(serve_), .host = host};
    host->versions = versions_create(host->bus, host->catalogue, begin_serving, host);
    if (host->versions != NULL)
        return host;
    host_destroy(host);
    return NULL;
}

bool host_is_serving(const struct host *host)
{
    return host->is_serving;
}

void host_destroy(struct host *host)
{
    if (host == NULL)
        return;
    versions_destroy(host->versions);
    loop_cancel(host->loop, host->sweep_timer);
    actors_destroy(host);
    free(host);
}

void host_stats(const struct host *host, struct host_stats *out_stats)
{
    *out_stats = host->stats;
    out_stats->actors = host->actor_count;
}
