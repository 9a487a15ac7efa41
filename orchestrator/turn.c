/* One turn of an actor: steps events, gathers what they want done, commits it, answers. */
#include "orchestrator/actor.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "fsm/snapshot.h"
#include "fsm/value_codec.h"
#include "orchestrator/ahead.h"
#include "orchestrator/inbox_codec.h"
#include "proto/game_events.h"

enum { LEAVES_MAX = 64, TAGS_MAX = 64 };

void turn_begin(struct actor *actor)
{
    struct turn *turn = &actor->turn;
    struct arena arena = turn->arena;
    size_t rows_max = turn->rows_max;
    bool gives_up_row = turn->gives_up_row;
    arena_reset(&arena);
    *turn = (struct turn){.arena = arena, .rows_max = rows_max, .gives_up_row = gives_up_row};
    turn->plan = (struct plan){.arena = &turn->arena,
                               .instance_id = actor->id,
                               .now_ms = loop_now_ms(actor->host->loop),
                               .haste = loop_span_ms(actor->host->loop, 1)};
    arbiter__v1__send_event_reply__init(&turn->answer);
}

/* ---- describing an instance -------------------------------------------------------------- */

static enum status active_paths(const struct fsm_machine *machine,
                                const struct fsm_instance *instance, struct arena *arena,
                                char ***out_paths, size_t *out_count)
{
    int leaves[LEAVES_MAX];
    int count = fsm_leaves(machine, instance, leaves, LEAVES_MAX);
    if (count > LEAVES_MAX)
        count = LEAVES_MAX;
    char **paths = arena_array(arena, (size_t)count, sizeof *paths);
    if (paths == NULL)
        return STATUS_FULL;
    for (int i = 0; i < count; i++)
        paths[i] = (char *)fsm_state_info(machine, leaves[i]).path;
    *out_paths = paths;
    *out_count = (size_t)count;
    return STATUS_OK;
}

static void add_tag(struct plan_list *tags, struct arena *arena, const char *tag)
{
    for (size_t i = 0; i < tags->count; i++)
        if (strcmp(tags->items[i], tag) == 0)
            return;
    if (tags->count < TAGS_MAX && plan_push(arena, tags, (void *)tag) != STATUS_OK)
        return; /* a full arena shows at the end of the turn */
}

static struct plan_list active_tags(const struct fsm_machine *machine,
                                    const struct fsm_instance *instance, struct arena *arena)
{
    struct plan_list tags = {0};
    for (int state = 0; state < fsm_state_count(machine); state++) {
        if (!fsm_is_active(instance, state))
            continue;
        struct fsm_state_info info = fsm_state_info(machine, state);
        for (size_t i = 0; i < info.tag_count; i++)
            add_tag(&tags, arena, info.tags[i]);
    }
    return tags;
}

static enum status context_map(const struct fsm_machine *machine,
                               const struct fsm_instance *instance, struct arena *arena,
                               Arbiter__V1__ValueMap **out_map)
{
    int count = fsm_variable_count(machine);
    struct value_entry *entries = arena_array(arena, (size_t)count, sizeof *entries);
    if (entries == NULL)
        return STATUS_FULL;
    size_t set = 0;
    for (int i = 0; i < count; i++) {
        if (instance->context[i].kind == VALUE_UNSET)
            continue;
        entries[set].key = value_text(fsm_variable_info(machine, i).name);
        entries[set++].value = instance->context[i];
    }
    return value_codec_map(arena, value_map(entries, set), out_map);
}

enum status turn_describe(const struct fsm_machine *machine, const struct fsm_instance *instance,
                          struct arena *arena, Arbiter__V1__GetInstanceReply *reply)
{
    enum status status = active_paths(machine, instance, arena, &reply->active, &reply->n_active);
    if (status != STATUS_OK)
        return status;
    struct plan_list tags = active_tags(machine, instance, arena);
    reply->tags = (char **)tags.items;
    reply->n_tags = tags.count;
    return context_map(machine, instance, arena, &reply->context);
}

/* ---- stepping ---------------------------------------------------------------------------- */

static const struct fsm_instance *current_instance(const struct actor *actor)
{
    return actor->turn.after != NULL ? actor->turn.after : actor->instance;
}

static const struct fsm_machine *current_machine(const struct actor *actor)
{
    return actor->turn.machine != NULL ? actor->turn.machine->machine : actor->machine->machine;
}

/* Runs the engine on one event or start. */
static enum status step_item(struct actor *actor, const struct inbox_item *item,
                             struct fsm_step *out_step)
{
    struct turn *turn = &actor->turn;
    const struct fsm_instance *before = current_instance(actor);
    actor->host->stats.steps++;
    if (item->is_start)
        return fsm_start(current_machine(actor), actor->id, &item->data, turn->plan.now_ms, 0,
                         &turn->arena, out_step);
    if (before == NULL)
        return STATUS_FAILED_PRECONDITION;
    return fsm_step(current_machine(actor), before, &item->event, 0, &turn->arena, out_step);
}

static enum status take_step(struct actor *actor, const struct fsm_step *step,
                             struct fault *out_fault)
{
    struct turn *turn = &actor->turn;
    enum status status = plan_add_step(&turn->plan, step, out_fault);
    if (status != STATUS_OK)
        return status;
    turn->after = step->after;
    return STATUS_OK;
}

static void journal_note(struct turn *turn, const char *what, const char *name, const char *why)
{
    char *line = arena_format(&turn->arena, "%s %s: %s", what, name, why != NULL ? why : "");
    if (plan_push(&turn->arena, &turn->plan.journal, line) != STATUS_OK)
        return; /* a full arena shows at the commit */
}

/* ---- rows of the inbox ------------------------------------------------------------------- */

/* Moves the instance to another version of its machine. Between the check at publishing and now it
 * may have come into a state that cannot be moved: then it stays as it is, and somebody is told. */
static enum status move_instance(struct actor *actor, const char *hash)
{
    struct turn *turn = &actor->turn;
    const struct catalogue_entry *target =
        catalogue_find(actor->host->catalogue, actor->machine->name, hash);
    const uint8_t *bytes = NULL;
    size_t size = 0;
    struct fsm_step step = {0};
    struct fault fault = {0};
    assert(target != NULL); /* actor.c fetches it first */
    if (target == actor->machine || actor->instance == NULL || actor->instance->is_finished) {
        journal_note(turn, "dropped", "$migrate", "there is nothing to move");
        return STATUS_OK;
    }
    enum status status =
        fsm_snapshot_write(actor->machine->machine, actor->instance, &turn->arena, &bytes, &size);
    if (status == STATUS_OK)
        status = fsm_snapshot_migrate(target->machine, bytes, size, turn->plan.now_ms, &turn->arena,
                                      &step, &fault);
    if (status == STATUS_OK)
        status = take_step(actor, &step, &fault);
    if (status == STATUS_FULL)
        return status;
    if (status == STATUS_OK) {
        turn->machine = target;
        journal_note(turn, "moved", "$migrate", hash);
        return STATUS_OK;
    }
    char text[256];
    log_event(LOG_WARN, "migration_refused", "instance=%s to=%s why=%s", actor->id, hash,
              log_quote(fault.text, text, sizeof text));
    journal_note(turn, "refused", "$migrate", fault.text);
    return STATUS_OK;
}

/* An event that the machine does not want is consumed all the same, and the journal says so. */
static enum status step_row(struct actor *actor, const Arbiter__V1__InboxEvent *row)
{
    struct turn *turn = &actor->turn;
    struct inbox_item *item = arena_alloc(&turn->arena, sizeof *item);
    struct fsm_step step = {0};
    struct fault fault = {0};
    if (item == NULL)
        return STATUS_FULL;
    enum status status = inbox_decode(&turn->arena, row, turn->plan.now_ms, item);
    if (status == STATUS_DATA_LOSS) {
        journal_note(turn, "unreadable", row->name, "");
        return STATUS_OK;
    }
    if (status == STATUS_OK && item->is_start && current_instance(actor) != NULL) {
        journal_note(turn, "dropped", "$start", "it has begun already");
        return STATUS_OK;
    }
    if (status == STATUS_OK && item->moves_to != NULL && actor->instance != NULL)
        return move_instance(actor, item->moves_to);
    if (status == STATUS_OK)
        status = step_item(actor, item, &step);
    if (status != STATUS_OK)
        return status;
    if (step.answer == FSM_TAKEN)
        return take_step(actor, &step, &fault);
    journal_note(turn, fsm_answer_name(step.answer), row->name,
                 step.refusal_count > 0 ? step.refusals[0].message : step.message);
    return STATUS_OK;
}

static enum status take_row(struct actor *actor, const Arbiter__V1__InboxEvent *row)
{
    struct turn *turn = &actor->turn;
    if (turn->gives_up_row)
        journal_note(turn, "given up", row->name, "its effects cannot be committed");
    enum status status = turn->gives_up_row ? STATUS_OK : step_row(actor, row);
    if (status != STATUS_OK)
        return status;
    return plan_push(&turn->arena, &turn->consumed,
                     arena_copy(&turn->arena, row->event_id, strlen(row->event_id)));
}

/* A row that cannot be taken must not stop the rows behind it for ever: after the batch has been
 * narrowed down to it, it is consumed without effect and somebody is told. */
static void narrow_down(struct actor *actor, const char *why)
{
    struct turn *turn = &actor->turn;
    if (turn->rows_max != 1) {
        turn->rows_max = 1;
    } else {
        turn->gives_up_row = true;
        actor->host->stats.poisoned++;
        char text[512];
        log_event(LOG_ERROR, "inbox_row_given_up", "instance=%s why=%s", actor->id,
                  log_quote(why, text, sizeof text));
    }
    actor_retry(actor);
}

void turn_take_rows(struct actor *actor, Arbiter__V1__InboxEvent *const *rows, size_t count)
{
    struct turn *turn = &actor->turn;
    turn->machine = actor->machine;
    for (size_t i = 0; i < count; i++) {
        enum status status = take_row(actor, rows[i]);
        if (status == STATUS_FAILED_PRECONDITION && actor->instance == NULL) {
            /* Its start has not arrived yet: the rows wait for it. */
            actor_done(actor);
            return;
        }
        if (status != STATUS_OK) {
            narrow_down(actor, status_name(status));
            return;
        }
    }
    if (current_instance(actor) == NULL) {
        actor_fail(actor, STATUS_FAILED_PRECONDITION, "instance '%s' could not begin", actor->id);
        return;
    }
    turn_commit(actor);
}

/* ---- answers had ahead of the commit ----------------------------------------------------- */

enum status turn_take_answer(struct actor *actor, const Arbiter__V1__Command *command,
                             Arbiter__V1__InboxEvent *answer, Arbiter__V1__NewGame *new_game)
{
    struct turn *turn = &actor->turn;
    struct inbox_item *item = arena_alloc(&turn->arena, sizeof *item);
    struct fsm_step step = {0};
    struct fault fault = {0};
    enum status status =
        item != NULL ? inbox_decode(&turn->arena, answer, turn->plan.now_ms, item) : STATUS_FULL;
    if (status == STATUS_OK)
        status = step_item(actor, item, &step);
    if (status == STATUS_OK && step.answer != FSM_TAKEN)
        return STATUS_FAILED_PRECONDITION;
    plan_drop_command(&turn->plan, command->command_id);
    if (status == STATUS_OK)
        status = take_step(actor, &step, &fault);
    if (status == STATUS_OK)
        status = plan_push(&turn->arena, &turn->plan.games, new_game);
    if (status == STATUS_OK)
        status = plan_push(&turn->arena, &turn->answered, answer);
    return status;
}

/* ---- the job's own event ----------------------------------------------------------------- */

static void refuse(struct actor *actor, const struct fsm_step *step)
{
    struct job *job = actor->first;
    struct turn *turn = &actor->turn;
    const struct fsm_refusal *refusal = step->refusal_count > 0 ? &step->refusals[0] : NULL;
    const char *active = actor->instance != NULL ? fsm_leaves_text(actor->machine->machine,
                                                                   actor->instance, &turn->arena)
                                                 : "";
    struct bus_detail details[] = {
        {"answer", fsm_answer_name(step->answer)},
        {"active", active != NULL ? active : ""},
        {"guard", refusal != NULL ? refusal->guard : ""},
        {"values", refusal != NULL ? refusal->values : ""},
    };
    const char *why = refusal != NULL && refusal->message[0] != '\0' ? refusal->message
                      : step->message != NULL                        ? step->message
                                                                     : NULL;
    enum status status =
        step->answer == FSM_INVALID ? STATUS_INVALID_ARGUMENT : STATUS_FAILED_PRECONDITION;
    actor->host->stats.refusals++;
    if (why != NULL)
        bus_fail(job->request, status, details, COUNT_OF(details), "%s", why);
    else
        bus_fail(job->request, status, details, COUNT_OF(details),
                 "'%s' cannot happen now (state: %s)", job->name, active != NULL ? active : "");
    actor_done(actor);
}

static Arbiter__V1__InboxEvent *job_row(struct actor *actor)
{
    const struct job *job = actor->first;
    struct turn *turn = &actor->turn;
    Arbiter__V1__InboxEvent *row = arena_alloc(&turn->arena, sizeof *row);
    if (row == NULL)
        return NULL;
    arbiter__v1__inbox_event__init(row);
    row->event_id = (char *)job->event_id;
    row->name = (char *)job->name;
    row->data = job->data;
    row->actor = (char *)job->actor;
    row->note = (char *)job->note;
    row->received_at_ms = turn->plan.now_ms;
    return row;
}

/* A stale cache may take or refuse wrongly. Taking is checked by the commit; refusing is not, so it
 * is only believed from a state that was loaded in this turn. */
static void refuse_or_reload(struct actor *actor, const struct fsm_step *step)
{
    if (actor->turn.is_fresh)
        refuse(actor, step);
    else
        actor_retry(actor);
}

static void start_exists(struct actor *actor)
{
    actor_fail(actor, STATUS_ALREADY_EXISTS, "'%s' exists already", actor->id);
}

/* A game's machine begins and ends in one step, where nothing was heard in between. */
static enum status begin_game(struct actor *actor)
{
    actor->machine = catalogue_current(actor->host->catalogue, GAME_MACHINE);
    if (actor->machine == NULL)
        return STATUS_FAILED_PRECONDITION;
    actor->turn.machine = actor->machine;
    return take_row(actor, actor->first->start);
}

/* Whether the instance is where the sender has seen it. */
static bool is_expected(const struct actor *actor)
{
    const struct job *job = actor->first;
    for (size_t i = 0; i < job->expected_count; i++)
        if (job->expected[i] == actor->seq)
            return true;
    return job->expected_count == 0;
}

/* As with refusals, a cached state is not believed: it may be the one that is behind, and the event
 * may have been taken before. */
static void refuse_stale(struct actor *actor)
{
    struct job *job = actor->first;
    char seq[24];
    if (!actor->turn.is_fresh) {
        actor_retry(actor);
        return;
    }
    (void)snprintf(seq, sizeof seq, "%lld", (long long)actor->seq); /* it fits */
    bus_fail(job->request, STATUS_ABORTED, &(struct bus_detail){"seq", seq}, 1,
             "it has changed since you looked: look again, then decide again");
    actor_done(actor);
}

/* The result of a last turn that goes with the step is the step's to write. */
static bool finishes_game(const struct turn *turn)
{
    for (size_t i = 0; i < turn->plan.writes.count; i++) {
        const Arbiter__V1__Write *write = turn->plan.writes.items[i];
        if (strcmp(write->command, "game.finish") == 0)
            return true;
    }
    return false;
}

void turn_take_job(struct actor *actor)
{
    struct job *job = actor->first;
    struct turn *turn = &actor->turn;
    struct inbox_item *item = arena_alloc(&turn->arena, sizeof *item);
    struct fsm_step step = {0};
    struct fault fault = {0};
    turn->arrived = job_row(actor);
    if (job->kind == JOB_START && actor->instance != NULL) {
        start_exists(actor);
        return;
    }
    if (!is_expected(actor)) {
        refuse_stale(actor);
        return;
    }
    turn->machine = job->kind == JOB_START ? job->machine : actor->machine;
    enum status status = item != NULL && turn->arrived != NULL ? STATUS_OK : STATUS_FULL;
    if (status == STATUS_OK && job->start != NULL && actor->instance == NULL)
        status = begin_game(actor);
    if (status == STATUS_OK)
        status = inbox_decode(&turn->arena, turn->arrived, turn->plan.now_ms, item);
    if (status == STATUS_OK)
        status = step_item(actor, item, &step);
    if (status == STATUS_OK && step.answer != FSM_TAKEN) {
        refuse_or_reload(actor, &step);
        return;
    }
    if (status == STATUS_OK)
        status = take_step(actor, &step, &fault);
    for (size_t i = 0; status == STATUS_OK && i < job->also_count; i++)
        status = plan_push(&turn->arena, &turn->plan.writes, job->also[i]);
    if (status == STATUS_OK && job->turn != NULL && !finishes_game(turn))
        status = STATUS_FAILED_PRECONDITION;
    if (status != STATUS_OK) {
        actor_fail(actor, status, "'%s' could not be taken: %s", job->name,
                   fault.text[0] != '\0' ? fault.text : status_name(status));
        return;
    }
    turn_commit(actor);
}

/* ---- committing -------------------------------------------------------------------------- */

static enum status pack_answer(struct actor *actor, Arbiter__V1__CommitStepRequest *request)
{
    struct turn *turn = &actor->turn;
    turn->answer.seq = actor->seq + 1;
    turn->answer.finished = turn->after->is_finished;
    enum status status = active_paths(turn->machine->machine, turn->after, &turn->arena,
                                      &turn->answer.active, &turn->answer.n_active);
    if (status != STATUS_OK)
        return status;
    size_t size = arbiter__v1__send_event_reply__get_packed_size(&turn->answer);
    uint8_t *bytes = arena_alloc(&turn->arena, size);
    if (bytes == NULL)
        return STATUS_FULL;
    (void)arbiter__v1__send_event_reply__pack(&turn->answer, bytes); /* sized above */
    request->answer = (ProtobufCBinaryData){size, bytes};
    return STATUS_OK;
}

static enum status pack_state(struct actor *actor, Arbiter__V1__CommitStepRequest *request)
{
    struct turn *turn = &actor->turn;
    const uint8_t *snapshot = NULL;
    size_t size = 0;
    enum status status =
        fsm_snapshot_write(turn->machine->machine, turn->after, &turn->arena, &snapshot, &size);
    if (status != STATUS_OK)
        return status;
    request->snapshot = (ProtobufCBinaryData){size, (uint8_t *)snapshot};
    struct plan_list tags = active_tags(turn->machine->machine, turn->after, &turn->arena);
    request->tags = (char **)tags.items;
    request->n_tags = tags.count;
    request->finished = turn->after->is_finished;
    return STATUS_OK;
}

static char *journal_text(struct turn *turn)
{
    size_t size = 1;
    for (size_t i = 0; i < turn->plan.journal.count; i++)
        size += strlen(turn->plan.journal.items[i]) + 1;
    char *text = arena_alloc(&turn->arena, size);
    char *end = text;
    for (size_t i = 0; text != NULL && i < turn->plan.journal.count; i++) {
        size_t line = strlen(turn->plan.journal.items[i]);
        memcpy(end, turn->plan.journal.items[i], line);
        end += line;
        *end++ = '\n';
    }
    return text;
}

/* What cannot be committed, ever, is the sender's to hear; from the inbox it is nobody's. */
static void commit_refused(struct actor *actor, enum status status, const char *message)
{
    if (actor->turn.arrived != NULL) {
        actor_forget(actor);
        actor_fail(actor, status, "%s", message);
    } else {
        narrow_down(actor, message);
    }
}

static void on_committed(const struct bus_answer *answer, void *user);

/* The step has been made and planned, and is not kept. */
static void answer_dry(struct actor *actor, Arbiter__V1__CommitStepRequest *planned)
{
    Arbiter__V1__SendEventReply answer = actor->turn.answer;
    answer.planned = planned;
    actor_answer(actor, &answer);
}

static void send_commit(struct actor *actor)
{
    struct turn *turn = &actor->turn;
    Arbiter__V1__CommitStepRequest request = ARBITER__V1__COMMIT_STEP_REQUEST__INIT;
    if (turn->after == NULL)
        turn->after = actor->instance;
    request.instance_id = actor->id;
    request.expected_seq = actor->seq;
    request.machine = (char *)turn->machine->name;
    request.machine_hash = (char *)turn->machine->hash;
    request.consumed = (char **)turn->consumed.items;
    request.n_consumed = turn->consumed.count;
    request.arrived = turn->arrived;
    request.answered = (Arbiter__V1__InboxEvent **)turn->answered.items;
    request.n_answered = turn->answered.count;
    request.turn = turn->arrived != NULL ? actor->first->turn : NULL;
    request.settles = actor->first->kind == JOB_REPLY && turn->arrived != NULL;
    request.is_told = actor->first->kind == JOB_EVENT && turn->arrived != NULL;
    request.now_ms = turn->plan.now_ms;
    request.actor = (char *)actor->first->actor;
    request.note = (char *)actor->first->note;
    request.effects = journal_text(turn);
    plan_fill(&turn->plan, &request);
    enum status status = pack_state(actor, &request);
    if (status == STATUS_OK)
        status = pack_answer(actor, &request);
    if (status != STATUS_OK || arena_full(&turn->arena)) {
        commit_refused(actor, STATUS_FULL, "the step is too large");
        return;
    }
    if (turn->arrived != NULL && actor->first->is_dry) {
        answer_dry(actor, &request);
        return;
    }
    actor->host->stats.commits++;
    bus_call(actor->host->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "CommitStep",
                                .input = &request.base,
                                .traceparent = actor_trace(actor)},
             on_committed, actor);
}

static void on_prepared(enum status status, const char *message, void *user)
{
    struct actor *actor = user;
    if (status == STATUS_OK)
        send_commit(actor);
    else if (status == STATUS_UNAVAILABLE || status == STATUS_DEADLINE_EXCEEDED)
        actor_fail(actor, status, "%s", message);
    else
        commit_refused(actor, status, message);
}

void turn_commit(struct actor *actor)
{
    if (ahead_try(actor))
        return;
    if (prepare_plan(&actor->host->prepare, &actor->turn.plan, on_prepared, actor))
        send_commit(actor);
}

/* Somebody else took the same event, here or in another replica: theirs is the answer. */
static void commit_was_repeated(struct actor *actor, const Arbiter__V1__CommitStepReply *reply)
{
    actor_forget(actor);
    if (actor->turn.arrived == NULL) {
        actor_retry(actor);
        return;
    }
    if (actor_ended_before(actor))
        return;
    Arbiter__V1__SendEventReply *answer =
        arbiter__v1__send_event_reply__unpack(NULL, reply->answer.len, reply->answer.data);
    if (answer == NULL) {
        actor_fail(actor, STATUS_DATA_LOSS, "the stored answer cannot be read");
        return;
    }
    actor_answer(actor, answer);
    arbiter__v1__send_event_reply__free_unpacked(answer, NULL);
}

static void on_committed(const struct bus_answer *answer, void *user)
{
    struct actor *actor = user;
    struct turn *turn = &actor->turn;
    ahead_note(actor->host, turn, answer);
    if (answer->status == STATUS_ABORTED && bus_answer_detail(answer, "turn") == NULL) {
        actor->host->stats.conflicts++;
        actor_retry(actor);
        return;
    }
    if (answer->status == STATUS_UNAVAILABLE || answer->status == STATUS_DEADLINE_EXCEEDED ||
        answer->status == STATUS_CANCELLED) {
        actor_forget(actor); /* it may or may not have been committed */
        actor_fail(actor, STATUS_UNAVAILABLE, "%s",
                   answer->status == STATUS_UNAVAILABLE ? answer->message
                                                        : "the store did not answer; try again");
        return;
    }
    if (answer->status != STATUS_OK && turn->plan.games.count > 0) {
        actor->first->is_patient = true; /* the machine hears what is wrong with its game */
        actor_retry(actor);
        return;
    }
    if (answer->status != STATUS_OK && turn->arrived != NULL) {
        bus_fail_like(actor->first->request, answer); /* its details name the write */
        actor_forget(actor);
        actor_done(actor);
        return;
    }
    if (answer->status != STATUS_OK) {
        commit_refused(actor, answer->status, answer->message);
        return;
    }
    const Arbiter__V1__CommitStepReply *reply =
        (const Arbiter__V1__CommitStepReply *)answer->output;
    if (reply->repeated_event) {
        commit_was_repeated(actor, reply);
        return;
    }
    turn->gives_up_row = false;
    actor_keep(actor, turn->machine, turn->after, reply->seq);
    if (turn->arrived != NULL) {
        plan_tell_closed(&turn->plan, &turn->answer);
        actor_answer(actor, &turn->answer);
    } else {
        actor_continue(actor);
    }
}
