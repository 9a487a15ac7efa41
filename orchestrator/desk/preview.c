/* Has the machine plan an action's step, says what would follow, and commits it with its row on
 * record once whoever asks has confirmed just that. */
#include "orchestrator/desk/matter.h"

#include <string.h>

#include "fsm/value_codec.h"
#include "proto/copy.h"
#include "proto/reflect.h"

enum { ANSWER_BYTES_MAX = 64 << 10, CHANGES_KEPT_MAX = 200 };

/* ---- the answer -------------------------------------------------------------------------- */

/* What is told of the action. The consequences and states are the bus's: what is kept is a copy. */
static enum status keep_answer(struct matter *matter, const Arbiter__V1__SendEventReply *planned)
{
    Arbiter__V1__ActReply reply = ARBITER__V1__ACT_REPLY__INIT;
    reply.action = (char *)matter->name;
    reply.level = (int32_t)matter->level;
    reply.number = matter->number;
    reply.target = (char *)matter->instance_id;
    reply.active = planned->active;
    reply.n_active = planned->n_active;
    reply.consequences = (Arbiter__V1__Consequences *)matter->consequences.message;
    if (matter->question.undo_action != NULL)
        reply.undo = (char *)matter->question.undo_action;
    else
        reply.instead = (char *)matter->action->instead;
    matter->answer = (Arbiter__V1__ActReply *)proto_copy_in(&matter->arena, &reply.base);
    if (matter->answer == NULL)
        return STATUS_FULL;
    matter->consequences.message = matter->answer->consequences;
    return STATUS_OK;
}

static void answer(struct matter *matter, const Arbiter__V1__ActReply *reply)
{
    matter->closure(reply, matter->request);
    matter_destroy(matter);
}

void matter_answer_again(struct matter *matter, const Arbiter__V1__Value *recorded)
{
    struct fault fault = {0};
    struct value map = value_null();
    ProtobufCMessage *reply = NULL;
    enum status status = value_codec_from_value(&matter->arena, recorded, &map);
    if (status == STATUS_OK)
        status = reflect_from_value(&matter->arena, &arbiter__v1__act_reply__descriptor, map,
                                    &reply, &fault);
    if (status == STATUS_OK)
        answer(matter, (const Arbiter__V1__ActReply *)reply);
    else
        matter_fail(matter, STATUS_DATA_LOSS, "this was done; its answer does not read");
}

/* ---- committing -------------------------------------------------------------------------- */

static struct value place_map(struct matter *matter, const char *action, struct value data)
{
    const Arbiter__V1__ActRequest *request = matter->question.request;
    struct value_entry entries[] = {
        ENTRY("action", value_text(action)),
        ENTRY("division", value_int(request->division)),
        ENTRY("round", value_int(request->round)),
        ENTRY("board", value_int(request->board)),
        ENTRY("data", data.kind == VALUE_MAP ? data : value_map(NULL, 0)),
    };
    return desk_map(&matter->question, entries, COUNT_OF(entries));
}

/* The answer as it is given again. A row has room for the usual one; of the longest ones, of large
 * divisions in late rounds, only the sentences stay. */
static enum status record_answer(struct matter *matter, struct value *out_told)
{
    static char *too_long[] = {"what else it changed was too long to be kept"};
    Arbiter__V1__ActReply reply = *matter->answer;
    Arbiter__V1__Consequences shorter = ARBITER__V1__CONSEQUENCES__INIT;
    if (arbiter__v1__act_reply__get_packed_size(&reply) > ANSWER_BYTES_MAX) {
        bool fits = reply.consequences->n_changes <= CHANGES_KEPT_MAX;
        shorter.changes = reply.consequences->changes;
        shorter.n_changes = fits ? reply.consequences->n_changes : CHANGES_KEPT_MAX;
        shorter.notes = too_long;
        shorter.n_notes = COUNT_OF(too_long);
        reply.consequences = &shorter;
    }
    return reflect_to_value(&matter->arena, &reply.base, out_told);
}

/* The row that puts the action on record, and takes its number. */
static enum status make_record(struct matter *matter, Arbiter__V1__Write *out_write)
{
    struct value told = value_null();
    matter->answer->committed = true;
    enum status status = record_answer(matter, &told);
    if (status != STATUS_OK)
        return status;
    const struct desk_case *question = &matter->question;
    struct value said = place_map(matter, matter->action->name, question->said);
    struct value undo = question->undo_action != NULL
                            ? place_map(matter, question->undo_action, question->undo_data)
                            : value_map(NULL, 0);
    struct value_entry input[] = {ENTRY("said", said), ENTRY("undo", undo)};
    struct value_entry entries[] = {
        ENTRY("tournament", value_text(question->request->tournament_id)),
        ENTRY("number", value_int(matter->number)),
        ENTRY("action", value_text(matter->name)),
        ENTRY("level", value_int((int64_t)matter->level)),
        ENTRY("target", value_text(matter->instance_id)),
        ENTRY("input", value_map(input, COUNT_OF(input))),
        ENTRY("undoes", value_int(matter->undoes)),
        ENTRY("actor", value_text(matter->asked->actor)),
        ENTRY("note", value_text(matter->asked->note)),
        ENTRY("request", value_text(bus_request_id(matter->request))),
        ENTRY("answer", told),
    };
    arbiter__v1__write__init(out_write);
    out_write->command = "desk.record";
    return value_codec_map(&matter->arena, value_map(entries, COUNT_OF(entries)),
                           &out_write->input);
}

static void on_committed(const struct bus_answer *replied, void *user)
{
    struct matter *matter = user;
    const char *write = bus_answer_detail(replied, "write");
    if (replied->status == STATUS_FAILED_PRECONDITION && write != NULL &&
        strcmp(write, "desk.record") == 0) {
        matter_begin(matter); /* somebody took the number: look again, at everything */
        return;
    }
    if (!matter_check(matter, replied))
        return;
    const Arbiter__V1__SendEventReply *sent = (const Arbiter__V1__SendEventReply *)replied->output;
    Arbiter__V1__ActReply reply = *matter->answer;
    reply.active = sent->active;
    reply.n_active = sent->n_active;
    answer(matter, &reply);
}

static void send_event(struct matter *matter, bool is_dry, bus_on_answer on_answer)
{
    Arbiter__V1__SendEventRequest request = ARBITER__V1__SEND_EVENT_REQUEST__INIT;
    Arbiter__V1__Write record;
    Arbiter__V1__Write *also[] = {&record};
    request.instance_id = (char *)matter->instance_id;
    request.event_id = (char *)bus_request_id(matter->request);
    request.name =
        (char *)(matter->question.event != NULL ? matter->question.event : matter->action->event);
    request.data = matter->data;
    request.actor = matter->asked->actor;
    request.note = matter->asked->note;
    request.dry_run = is_dry;
    if (!is_dry) {
        if (make_record(matter, &record) != STATUS_OK) {
            matter_fail(matter, STATUS_FULL, "the action is too large");
            return;
        }
        request.also = also;
        request.n_also = COUNT_OF(also);
    }
    matter_ask(matter, &arbiter__v1__orchestrator__descriptor, "SendEvent", &request.base,
               on_answer);
}

/* ---- the preview ------------------------------------------------------------------------- */

static void answer_preview(struct matter *matter, const char *needs, const char *token)
{
    Arbiter__V1__ActReply reply = *matter->answer;
    reply.needs = (char *)needs;
    reply.confirm = (char *)(needs[0] != '\0' ? token : "");
    reply.is_stale =
        matter->asked->n_confirm > 0 && needs[0] != '\0' && strcmp(needs, "confirm_again") != 0;
    answer(matter, &reply);
}

static void decide(struct matter *matter)
{
    const char *token = "";
    const char *needs = matter_missing(matter, &token);
    if (matter->level == FORMAT_L5) {
        matter_fail(matter, STATUS_PERMISSION_DENIED,
                    "the event's policy does not allow this (level L5)");
    } else if (matter->asked->dry_run || needs[0] != '\0') {
        answer_preview(matter, needs, token);
    } else if (matter->needs_reason && matter->asked->note[0] == '\0') {
        matter_fail(matter, STATUS_INVALID_ARGUMENT, "say why: this action needs a 'note'");
    } else {
        send_event(matter, false, on_committed);
    }
}

/* What the action itself has to say comes with what follows from it. */
static enum status tell_notes(struct matter *matter)
{
    const struct desk_case *question = &matter->question;
    const Arbiter__V1__Consequences *found = matter->consequences.message;
    if (question->note_count == 0)
        return STATUS_OK;
    Arbiter__V1__Consequences *all = arena_alloc(&matter->arena, sizeof *all);
    char **notes =
        arena_array(&matter->arena, question->note_count + found->n_notes, sizeof *notes);
    if (all == NULL || notes == NULL)
        return STATUS_FULL;
    *all = *found;
    all->notes = notes;
    all->n_notes = 0;
    for (size_t i = 0; i < question->note_count; i++)
        notes[all->n_notes++] = (char *)question->notes[i];
    for (size_t i = 0; i < found->n_notes; i++)
        notes[all->n_notes++] = found->notes[i];
    matter->consequences.message = all;
    return STATUS_OK;
}

/* Runs beside the loop: everything it reads and writes is the matter's own, or never changes. */
static void find_consequences(void *user)
{
    struct matter *matter = user;
    matter->status =
        consequences_find(&matter->arena, matter->question.division, matter->sent->planned,
                          matter->action->says, &matter->consequences);
    if (matter->status == STATUS_OK && matter->every.rows != NULL)
        matter->status = consequences_of_policy(
            &matter->arena, matter->every.rows, matter->every.count, matter->every.left_out,
            desk_text(&matter->question, matter->question.said, "policy"), &matter->consequences);
    if (matter->status == STATUS_OK)
        matter->status = tell_notes(matter);
    if (matter->status != STATUS_OK)
        return;
    matter->level = matter_level(matter);
    matter->status = keep_answer(matter, matter->sent);
}

static void on_consequences(bool is_done, void *user)
{
    struct matter *matter = user;
    if (!is_done)
        matter_destroy(matter); /* we are closing; who asks asks another replica */
    else if (matter->status == STATUS_OK)
        decide(matter);
    else
        matter_fail(matter, matter->status, "the consequences are too large to be told");
}

static void on_planned(const struct bus_answer *replied, void *user)
{
    struct matter *matter = user;
    if (!matter_check(matter, replied))
        return;
    const Arbiter__V1__SendEventReply *sent = (const Arbiter__V1__SendEventReply *)replied->output;
    if (sent->planned == NULL) {
        matter_begin(matter); /* the same request has just been committed: it is on record */
        return;
    }
    matter->sent = (const Arbiter__V1__SendEventReply *)proto_copy_in(&matter->arena, &sent->base);
    if (matter->sent == NULL)
        matter_fail(matter, STATUS_FULL, "the consequences are too large to be told");
    else
        matter_aside(matter, find_consequences, on_consequences);
}

void matter_preview(struct matter *matter)
{
    send_event(matter, true, on_planned);
}
