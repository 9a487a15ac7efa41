/* Mailboxes, the cache of instances, loading. Stepping and committing is turn.c's. */
#include "orchestrator/actor.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "fsm/snapshot.h"
#include "fsm/value_codec.h"
#include "orchestrator/inbox_codec.h"
#include "proto/copy.h"
#include "proto/game_events.h"

enum { JOB_BYTES_MAX = 2 << 20, INSTANCE_BYTES_MAX = 4 << 20, FAIL_TEXT_MAX = 512 };

/* ---- jobs -------------------------------------------------------------------------------- */

static const char *copy_text(struct arena *arena, const char *text)
{
    return arena_copy(arena, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
}

static Arbiter__V1__ValueMap *copy_map(struct arena *arena, const Arbiter__V1__ValueMap *map)
{
    return map != NULL ? proto_copy_in(arena, &map->base) : NULL;
}

void job_destroy(struct job *job)
{
    struct arena arena = job->arena; /* the job lives in it */
    arena_deinit(&arena);
}

struct job *job_create(enum job_kind kind, const char *instance_id, const char *event_id,
                       const char *name, const Arbiter__V1__ValueMap *data, const char *actor,
                       const char *note)
{
    struct arena arena;
    arena_init(&arena, JOB_BYTES_MAX);
    struct job *job = arena_alloc(&arena, sizeof *job);
    if (job == NULL)
        return NULL;
    *job = (struct job){.kind = kind};
    job->instance_id = copy_text(&arena, instance_id);
    job->event_id = copy_text(&arena, event_id);
    job->name = copy_text(&arena, name);
    job->actor = copy_text(&arena, actor);
    job->note = copy_text(&arena, note);
    job->data = copy_map(&arena, data);
    bool is_whole = !arena_full(&arena) && (data == NULL || job->data != NULL);
    job->arena = arena;
    if (is_whole)
        return job;
    job_destroy(job);
    return NULL;
}

bool job_add_writes(struct job *job, Arbiter__V1__Write *const *writes, size_t count)
{
    job->also = arena_array(&job->arena, count, sizeof *job->also);
    for (size_t i = 0; job->also != NULL && i < count; i++) {
        Arbiter__V1__Write *write = arena_alloc(&job->arena, sizeof *write);
        if (write == NULL)
            return false;
        arbiter__v1__write__init(write);
        write->command = (char *)copy_text(&job->arena, writes[i]->command);
        write->input = copy_map(&job->arena, writes[i]->input);
        job->also[job->also_count++] = write;
    }
    return !arena_full(&job->arena);
}

bool job_add_turn(struct job *job, const Arbiter__V1__Game *game,
                  const Arbiter__V1__AppendTurnRequest *last)
{
    job->turn = proto_copy_in(&job->arena, &last->base);
    job->start = game_start(&job->arena, game);
    return job->turn != NULL && job->start != NULL && !arena_full(&job->arena);
}

bool job_expect(struct job *job, const int64_t *seqs, size_t count)
{
    int64_t *copy = count > 0 ? arena_array(&job->arena, count, sizeof *copy) : NULL;
    for (size_t i = 0; copy != NULL && i < count; i++)
        copy[i] = seqs[i];
    job->expected = copy;
    job->expected_count = copy != NULL ? count : 0;
    return copy != NULL || count == 0;
}

/* ---- actors and their cache -------------------------------------------------------------- */

static void actor_destroy(struct actor *actor)
{
    while (actor->first != NULL) {
        struct job *next = actor->first->next;
        job_destroy(actor->first);
        actor->first = next;
    }
    arena_deinit(&actor->instance_arena);
    arena_deinit(&actor->turn.arena);
    free(actor);
}

void actors_destroy(struct host *host)
{
    struct actor *actor, *next;
    HASH_ITER(hh, host->actors, actor, next)
    {
        HASH_DEL(host->actors, actor);
        actor_destroy(actor);
    }
}

/* Makes room by dropping the idle actor that was used longest ago; false where all are busy. */
static bool evict_one(struct host *host)
{
    struct actor *actor, *next;
    HASH_ITER(hh, host->actors, actor, next)
    {
        if (actor->is_busy)
            continue;
        HASH_DEL(host->actors, actor);
        actor_destroy(actor);
        host->actor_count--;
        return true;
    }
    return false;
}

static struct actor *actor_create(struct host *host, const char *id)
{
    if (strlen(id) >= ACTOR_ID_MAX)
        return NULL;
    if (host->actor_count == HOST_ACTORS_MAX && !evict_one(host))
        return NULL;
    struct actor *actor = calloc(1, sizeof *actor);
    if (actor == NULL)
        return NULL;
    memcpy(actor->id, id, strlen(id) + 1);
    actor->host = host;
    arena_init(&actor->instance_arena, INSTANCE_BYTES_MAX);
    arena_init(&actor->turn.arena, ACTOR_TURN_BYTES_MAX);
    host->actor_count++;
    return actor;
}

/* Finds or makes the actor and moves it to the end: uthash keeps the order of insertion. */
static struct actor *actor_touch(struct host *host, const char *id)
{
    struct actor *actor = NULL;
    HASH_FIND_STR(host->actors, id, actor);
    if (actor != NULL)
        HASH_DEL(host->actors, actor);
    else
        actor = actor_create(host, id);
    if (actor != NULL)
        HASH_ADD_STR(host->actors, id, actor);
    return actor;
}

void actor_forget(struct actor *actor)
{
    actor->instance = NULL;
    actor->seq = 0;
    arena_reset(&actor->instance_arena);
}

/* An idle actor holds nothing but its state, and not even that once nothing moves it any more. */
static void actor_rest(struct actor *actor)
{
    arena_deinit(&actor->turn.arena);
    arena_init(&actor->turn.arena, ACTOR_TURN_BYTES_MAX);
    if (actor->instance == NULL || !actor->instance->is_finished)
        return;
    actor->instance = NULL;
    actor->seq = 0;
    arena_deinit(&actor->instance_arena);
    arena_init(&actor->instance_arena, INSTANCE_BYTES_MAX);
}

void actor_keep(struct actor *actor, const struct catalogue_entry *machine,
                const struct fsm_instance *instance, int64_t seq)
{
    struct arena fresh;
    arena_init(&fresh, INSTANCE_BYTES_MAX);
    const struct fsm_instance *copy = fsm_instance_copy(machine->machine, instance, &fresh);
    arena_deinit(&actor->instance_arena);
    actor->instance_arena = fresh;
    actor->machine = machine;
    actor->instance = copy;
    actor->seq = copy != NULL ? seq : 0; /* too large for the cache: read again every time */
}

/* ---- doing jobs one after another -------------------------------------------------------- */

static void load(struct actor *actor);

/* Whether the job can be tried on what is at hand; a look always reads, and so does a director's
 * action: what he is told, or confirms, must take in every row that has arrived. */
static bool can_skip_loading(const struct actor *actor, const struct job *job)
{
    if (job->is_dry || job->also_count > 0)
        return false;
    if (job->turn != NULL)
        return job->tries == 0;
    if (job->kind == JOB_START)
        return actor->instance == NULL && job->tries == 0;
    return (job->kind == JOB_EVENT || job->kind == JOB_REPLY) && actor->instance != NULL;
}

static void actor_begin(struct actor *actor)
{
    turn_begin(actor);
    if (can_skip_loading(actor, actor->first))
        turn_take_job(actor);
    else
        load(actor);
}

static void actor_next(struct actor *actor)
{
    if (actor->is_busy || actor->first == NULL)
        return;
    actor->is_busy = true;
    actor_begin(actor);
}

/* Two bells for one instance are one look into its inbox. */
static bool bell_is_waiting(const struct actor *actor)
{
    const struct job *job = actor->first;
    if (job != NULL && actor->is_busy)
        job = job->next; /* the first is under way and may have read the inbox already */
    for (; job != NULL; job = job->next)
        if (job->kind == JOB_BELL)
            return true;
    return false;
}

static void refuse_post(struct job *job)
{
    if (job->request != NULL)
        bus_fail(job->request, STATUS_UNAVAILABLE, &(struct bus_detail){"retry_after_ms", "1000"},
                 1, "too many requests are waiting; try again in a second");
    job_destroy(job);
}

void actor_post(struct host *host, struct job *job)
{
    struct actor *actor = actor_touch(host, job->instance_id);
    if (actor == NULL || actor->waiting >= HOST_MAILBOX_MAX) {
        refuse_post(job);
        return;
    }
    if (job->kind == JOB_BELL && bell_is_waiting(actor)) {
        job_destroy(job);
        return;
    }
    if (actor->first == NULL)
        actor->first = job;
    else
        actor->last->next = job;
    actor->last = job;
    actor->waiting++;
    actor_next(actor);
}

void actor_done(struct actor *actor)
{
    struct job *job = actor->first;
    actor->first = job->next;
    if (actor->first == NULL)
        actor->last = NULL;
    actor->waiting--;
    actor->is_busy = false;
    actor->turn.rows_max = 0;
    actor->turn.gives_up_row = false;
    job_destroy(job);
    if (actor->first == NULL)
        actor_rest(actor);
    actor_next(actor);
}

void actor_fail(struct actor *actor, enum status status, const char *format, ...)
{
    struct job *job = actor->first;
    char text[FAIL_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* a sentence; cutting it is fine */
    va_end(arguments);
    if (job->request != NULL)
        bus_fail(job->request, status, NULL, 0, "%s", text);
    else
        log_event(LOG_WARN, "bell_failed", "instance=%s code=%s next=\"the sweep will find it\"",
                  actor->id, status_name(status));
    actor_done(actor);
}

void actor_answer(struct actor *actor, const Arbiter__V1__SendEventReply *answer)
{
    struct job *job = actor->first;
    if (job->on_opened != NULL) {
        Arbiter__V1__OpenTournamentReply reply = ARBITER__V1__OPEN_TOURNAMENT_REPLY__INIT;
        reply.tournament_id = (char *)plan_instance_key(actor->id);
        reply.divisions = job->divisions;
        reply.warnings = job->warnings;
        reply.n_warnings = job->warning_count;
        job->on_opened(&reply, job->request);
    } else if (job->kind == JOB_START) {
        Arbiter__V1__StartInstanceReply reply = ARBITER__V1__START_INSTANCE_REPLY__INIT;
        reply.seq = answer->seq;
        reply.active = answer->active;
        reply.n_active = answer->n_active;
        job->on_started(&reply, job->request);
    } else if (job->on_ended != NULL) {
        Arbiter__V1__EndGameReply reply = ARBITER__V1__END_GAME_REPLY__INIT;
        reply.turn_count = job->turn->expected_turn + 1;
        job->on_ended(&reply, job->request);
    } else if (job->kind == JOB_EVENT) {
        job->on_sent(answer, job->request);
    } else if (job->kind == JOB_REPLY) {
        Arbiter__V1__TakeReplyReply reply = ARBITER__V1__TAKE_REPLY_REPLY__INIT;
        reply.seq = answer->seq;
        job->on_taken(&reply, job->request);
    }
    actor_done(actor);
}

void actor_retry(struct actor *actor)
{
    struct job *job = actor->first;
    actor_forget(actor);
    if (++job->tries > HOST_TRIES_MAX) {
        actor_fail(actor, STATUS_ABORTED, "too many others change '%s' at once; try again",
                   actor->id);
        return;
    }
    actor_begin(actor);
}

void actor_continue(struct actor *actor)
{
    bool more_rows = actor->turn.more_rows;
    actor->first->tries = actor->first->tries > 0 ? actor->first->tries : 1;
    if (!more_rows && actor->first->kind == JOB_BELL) {
        actor_done(actor);
        return;
    }
    turn_begin(actor);
    if (!more_rows && actor->instance != NULL &&
        (actor->first->kind == JOB_EVENT || actor->first->kind == JOB_REPLY)) {
        actor->turn.is_fresh = true; /* its own commit has just confirmed the state */
        turn_take_job(actor);
    } else {
        load(actor);
    }
}

/* ---- loading ----------------------------------------------------------------------------- */

static void on_loaded(const struct bus_answer *answer, void *user);

const char *actor_trace(const struct actor *actor)
{
    void *request = actor->first->request;
    return request != NULL ? bus_request_traceparent(request) : NULL;
}

static void load(struct actor *actor)
{
    Arbiter__V1__LoadInstanceRequest request = ARBITER__V1__LOAD_INSTANCE_REQUEST__INIT;
    request.instance_id = actor->id;
    request.pending_max = HOST_PENDING_MAX;
    request.event_id = (char *)actor->first->event_id;
    actor->host->stats.loads++;
    bus_call(actor->host->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "LoadInstance",
                                .input = &request.base,
                                .traceparent = actor_trace(actor)},
             on_loaded, actor);
}

static void on_machine_fetched(const struct bus_answer *answer, void *user)
{
    struct actor *actor = user;
    if (answer->status != STATUS_OK) {
        actor_fail(actor, STATUS_FAILED_PRECONDITION,
                   "the machine that '%s' runs on is not in the store", actor->id);
        return;
    }
    const Arbiter__V1__GetPolicyReply *reply = (const Arbiter__V1__GetPolicyReply *)answer->output;
    struct buffer report = {0};
    const struct catalogue_entry *entry = NULL;
    actor->first->tries++; /* a text under a wrong name must not be fetched for ever */
    enum status status = catalogue_keep(actor->host->catalogue, "stored machine", reply->text,
                                        strlen(reply->text), &report, &entry);
    buffer_deinit(&report);
    if (status != STATUS_OK || strcmp(entry->hash, reply->hash) != 0 ||
        actor->first->tries > HOST_TRIES_MAX) {
        actor_fail(actor, STATUS_DATA_LOSS, "the stored machine of '%s' does not check out",
                   actor->id);
        return;
    }
    load(actor);
}

/* A replica may meet an instance of a version it has never loaded: the store has every text. */
static void fetch_machine(struct actor *actor, const char *name, const char *hash)
{
    Arbiter__V1__GetPolicyRequest request = ARBITER__V1__GET_POLICY_REQUEST__INIT;
    request.kind = "machine";
    request.name = (char *)name;
    request.hash = (char *)hash;
    bus_call(actor->host->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetPolicy",
                                .input = &request.base},
             on_machine_fetched, actor);
}

bool actor_ended_before(struct actor *actor)
{
    if (actor->first->turn == NULL)
        return false;
    actor_fail(actor, STATUS_ABORTED, "the game has ended before");
    return true;
}

static bool answered_before(struct actor *actor, const Arbiter__V1__LoadInstanceReply *reply)
{
    if (!reply->event_consumed || actor->first->event_id[0] == '\0')
        return false;
    if (actor_ended_before(actor))
        return true;
    Arbiter__V1__SendEventReply *answer =
        arbiter__v1__send_event_reply__unpack(NULL, reply->answer.len, reply->answer.data);
    if (answer == NULL) {
        actor_fail(actor, STATUS_DATA_LOSS, "the stored answer cannot be read");
        return true;
    }
    actor_answer(actor, answer);
    arbiter__v1__send_event_reply__free_unpacked(answer, NULL);
    return true;
}

/* Reads the snapshot into the cache unless the cached state is that very one. */
static enum status read_state(struct actor *actor, const struct catalogue_entry *machine,
                              const Arbiter__V1__LoadInstanceReply *reply)
{
    if (actor->instance != NULL && actor->seq == reply->seq)
        return STATUS_OK;
    actor_forget(actor);
    actor->machine = machine;
    if (reply->seq == 0)
        return STATUS_OK;
    struct fsm_instance *instance = NULL;
    struct fault fault = {0};
    enum status status =
        fsm_snapshot_read(machine->machine, actor->id, reply->snapshot.data, reply->snapshot.len,
                          &actor->instance_arena, &instance, &fault);
    if (status != STATUS_OK) {
        char text[FAIL_TEXT_MAX];
        log_event(LOG_ERROR, "snapshot_refused", "instance=%s seq=%lld why=%s", actor->id,
                  (long long)reply->seq, log_quote(fault.text, text, sizeof text));
        return status;
    }
    actor->instance = instance;
    actor->seq = reply->seq;
    return STATUS_OK;
}

static void answer_look(struct actor *actor)
{
    struct job *job = actor->first;
    struct arena *arena = &actor->turn.arena;
    const struct fsm_machine *machine = actor->machine->machine;
    Arbiter__V1__GetInstanceReply reply = ARBITER__V1__GET_INSTANCE_REPLY__INIT;
    const uint8_t *snapshot = NULL;
    size_t snapshot_size = 0;
    if (actor->instance == NULL ||
        fsm_snapshot_write(machine, actor->instance, arena, &snapshot, &snapshot_size) !=
            STATUS_OK ||
        turn_describe(machine, actor->instance, arena, &reply) != STATUS_OK) {
        actor_fail(actor, STATUS_NOT_FOUND, "instance '%s' has not begun", actor->id);
        return;
    }
    reply.machine = (char *)actor->machine->name;
    reply.machine_hash = (char *)actor->machine->hash;
    reply.seq = actor->seq;
    reply.finished = actor->instance->is_finished;
    reply.snapshot = (ProtobufCBinaryData){snapshot_size, (uint8_t *)snapshot};
    job->on_look(&reply, job->request);
    actor_done(actor);
}

/* How many of the rows one turn can take: a turn runs one machine, so a move to another version is
 * a turn of its own. */
static size_t rows_of_turn(struct actor *actor, const Arbiter__V1__LoadInstanceReply *reply)
{
    size_t rows_max = actor->turn.rows_max > 0 ? actor->turn.rows_max : HOST_PENDING_MAX;
    size_t rows = 0;
    while (rows < reply->n_pending && rows < rows_max &&
           inbox_moves_to(reply->pending[rows]) == NULL)
        rows++;
    return rows == 0 && reply->n_pending > 0 ? 1 : rows;
}

static void after_loading(struct actor *actor, const Arbiter__V1__LoadInstanceReply *reply)
{
    size_t rows = rows_of_turn(actor, reply);
    const char *moves_to = rows > 0 ? inbox_moves_to(reply->pending[0]) : NULL;
    if (moves_to != NULL &&
        catalogue_find(actor->host->catalogue, reply->machine, moves_to) == NULL) {
        fetch_machine(actor, reply->machine, moves_to);
        return;
    }
    actor->turn.is_fresh = true;
    actor->turn.more_rows = reply->n_pending > rows || reply->n_pending == HOST_PENDING_MAX;
    if (rows > 0)
        turn_take_rows(actor, reply->pending, rows);
    else if (actor->first->kind == JOB_LOOK)
        answer_look(actor);
    else if (actor->first->kind == JOB_BELL)
        actor_done(actor);
    else
        turn_take_job(actor);
}

static void on_loaded(const struct bus_answer *answer, void *user)
{
    struct actor *actor = user;
    struct job *job = actor->first;
    if (answer->status == STATUS_NOT_FOUND && job->kind == JOB_START) {
        actor_forget(actor);
        actor->turn.is_fresh = true;
        turn_take_job(actor);
        return;
    }
    if (answer->status == STATUS_NOT_FOUND && job->kind == JOB_BELL) {
        actor_done(actor); /* the bell came before the row it announces; the sweep will find it */
        return;
    }
    if (answer->status != STATUS_OK) {
        actor_fail(actor, answer->status, "%s",
                   answer->status == STATUS_NOT_FOUND ? "there is no such instance"
                                                      : answer->message);
        return;
    }
    const Arbiter__V1__LoadInstanceReply *reply =
        (const Arbiter__V1__LoadInstanceReply *)answer->output;
    if (answered_before(actor, reply))
        return;
    const struct catalogue_entry *machine =
        reply->machine_hash[0] == '\0'
            ? catalogue_current(actor->host->catalogue, reply->machine)
            : catalogue_find(actor->host->catalogue, reply->machine, reply->machine_hash);
    if (machine == NULL) {
        fetch_machine(actor, reply->machine, reply->machine_hash);
        return;
    }
    enum status status = read_state(actor, machine, reply);
    if (status != STATUS_OK)
        actor_fail(actor, status, "the stored state of '%s' does not check out", actor->id);
    else
        after_loading(actor, reply);
}
