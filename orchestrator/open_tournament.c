/* Opens a tournament: has its policy proved, and starts its machine with what the policy says. */
#include <stdlib.h>
#include <string.h>

#include "fsm/value_codec.h"
#include "orchestrator/actor.h"
#include "orchestrator/event_input.h"
#include "orchestrator/host_private.h"
#include "orchestrator/proof.h"

/* A request to open one, while its policy is proved. */
struct opening {
    struct host *host;
    void *request;
    Arbiter__V1__OpenTournamentReply_Closure closure;
    const Arbiter__V1__OpenTournamentRequest *input; /* lasts until it is answered */
    struct proof proof;
};

static void opening_destroy(struct opening *opening)
{
    proof_deinit(&opening->proof);
    free(opening);
}

static enum status tournament_input(struct arena *arena,
                                    const Arbiter__V1__OpenTournamentRequest *input,
                                    const struct format *format, Arbiter__V1__ValueMap **out_map,
                                    struct fault *out_fault)
{
    struct value_entry entries[] = {
        {value_text("tournament_id"), value_text(input->tournament_id)},
        {value_text("name"), value_text(input->name)},
        {value_text("policy"), value_text(input->policy)},
        {value_text("divisions"), value_int((int64_t)format->division_count)},
        {value_text("actor"), value_text(input->actor)},
        {value_text("start"), value_text(input->starts_at)},
        {value_text("series"), value_text(input->series)},
    };
    format = event_format_at(arena, format, input->starts_at);
    if (format == NULL)
        return STATUS_FULL;
    struct value maps[] = {value_map(entries, COUNT_OF(entries)), value_null()};
    struct value all;
    enum status status = event_tournament_input(arena, format, &maps[1], out_fault);
    if (status == STATUS_OK)
        status = event_input_merge(arena, maps, COUNT_OF(maps), &all);
    return status == STATUS_OK ? value_codec_map(arena, all, out_map) : status;
}

static struct job *tournament_job(struct host *host, struct arena *arena,
                                  const Arbiter__V1__OpenTournamentRequest *input,
                                  const struct format *format, void *request,
                                  struct fault *out_fault)
{
    const char *instance_id = arena_format(arena, "tournament:%s", input->tournament_id);
    Arbiter__V1__ValueMap *map = NULL;
    enum status status =
        instance_id != NULL ? tournament_input(arena, input, format, &map, out_fault) : STATUS_FULL;
    if (status != STATUS_OK)
        return NULL;
    struct job *job = job_create(JOB_START, instance_id, bus_request_id(request), "$start", map,
                                 input->actor, NULL);
    if (job != NULL) {
        job->machine = catalogue_current(host->catalogue, "tournament");
        job->divisions = (int)format->division_count;
        job->request = request;
    }
    return job;
}

/* Hands it to the tournament's actor; what there is to mind in its policy is told at the end. */
static void start(struct opening *opening)
{
    struct proof *proof = &opening->proof;
    struct fault fault = {0};
    struct job *job = tournament_job(opening->host, &proof->arena, opening->input, proof->format,
                                     opening->request, &fault);
    if (job != NULL &&
        proof_warnings(&job->arena, &proof->faults, &job->warnings, &job->warning_count)) {
        job->on_opened = opening->closure;
        actor_post(opening->host, job);
        return;
    }
    if (job != NULL)
        job_destroy(job);
    if (fault.text[0] != '\0')
        bus_fail(opening->request, STATUS_INVALID_ARGUMENT, NULL, 0, "policy: %s", fault.text);
    else
        bus_fail(opening->request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
}

static void on_proved(struct proof *proof, void *user)
{
    struct opening *opening = user;
    if (proof != NULL && proof->status != STATUS_OK)
        proof_refuse(proof, opening->request);
    else if (proof != NULL)
        start(opening);
    opening_destroy(opening); /* without a proof we are closing: another replica is asked */
}

void host_open_tournament(struct host *host, const Arbiter__V1__OpenTournamentRequest *input,
                          Arbiter__V1__OpenTournamentReply_Closure closure, void *request)
{
    struct opening *opening = calloc(1, sizeof *opening);
    if (opening == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return;
    }
    if (catalogue_current(host->catalogue, "tournament") == NULL) {
        bus_fail(request, STATUS_FAILED_PRECONDITION, NULL, 0, "no machine 'tournament' is loaded");
        free(opening);
        return;
    }
    *opening =
        (struct opening){.host = host, .request = request, .closure = closure, .input = input};
    const struct proof_shelves shelves = {host->prepare.ratings, host->prepare.conduct};
    proof_begin(&opening->proof, &(struct proof_request){.text = input->policy,
                                                         .is_proved = input->series[0] != '\0',
                                                         .shelves = &shelves,
                                                         .worker = host->worker,
                                                         .on_proved = on_proved,
                                                         .user = opening});
}
