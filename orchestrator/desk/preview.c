/* Has the machine plan an action's step, says what would follow, and commits it with its row on
 * record once whoever asks has confirmed just that. */
#include "orchestrator/desk/matter.h"

#include <string.h>

#include "fsm/value_codec.h"
#include "proto/copy.h"

static void fill_answer(const struct matter *matter, Arbiter__V1__ActReply *reply)
{
    arbiter__v1__act_reply__init(reply);
    reply->action = (char *)matter->name;
    reply->level = (int32_t)matter->level;
    reply->number = matter->number;
    reply->target = (char *)matter->instance_id;
    reply->consequences = (Arbiter__V1__Consequences *)matter->consequences.message;
}

/* ---- committing -------------------------------------------------------------------------- */

#define ENTRY(name, item)                                                                          \
    {                                                                                              \
        value_text(name), item                                                                     \
    }

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

/* The row that puts the action on record, and takes its number. */
static enum status make_record(struct matter *matter, Arbiter__V1__Write *out_write)
{
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
    };
    arbiter__v1__write__init(out_write);
    out_write->command = "desk.record";
    return value_codec_map(&matter->arena, value_map(entries, COUNT_OF(entries)),
                           &out_write->input);
}

static void on_committed(const struct bus_answer *answer, void *user)
{
    struct matter *matter = user;
    const char *write = bus_answer_detail(answer, "write");
    if (answer->status == STATUS_FAILED_PRECONDITION && write != NULL &&
        strcmp(write, "desk.record") == 0) {
        matter_begin(matter); /* somebody took the number: look again, at everything */
        return;
    }
    if (!matter_check(matter, answer))
        return;
    const Arbiter__V1__SendEventReply *sent = (const Arbiter__V1__SendEventReply *)answer->output;
    Arbiter__V1__ActReply reply;
    fill_answer(matter, &reply);
    reply.committed = true;
    reply.active = sent->active;
    reply.n_active = sent->n_active;
    matter->closure(&reply, matter->request);
    matter_destroy(matter);
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
    Arbiter__V1__ActReply reply;
    fill_answer(matter, &reply);
    reply.needs = (char *)needs;
    reply.confirm = (char *)(needs[0] != '\0' ? token : "");
    reply.is_stale =
        matter->asked->n_confirm > 0 && needs[0] != '\0' && strcmp(needs, "confirm_again") != 0;
    matter->closure(&reply, matter->request);
    matter_destroy(matter);
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

/* A retry of what was committed before is answered as it was then. */
static void answer_again(struct matter *matter, const Arbiter__V1__SendEventReply *sent)
{
    Arbiter__V1__ActReply reply = ARBITER__V1__ACT_REPLY__INIT;
    reply.action = (char *)matter->name;
    reply.committed = true;
    reply.target = (char *)matter->instance_id;
    reply.active = sent->active;
    reply.n_active = sent->n_active;
    matter->closure(&reply, matter->request);
    matter_destroy(matter);
}

static void on_planned(const struct bus_answer *answer, void *user)
{
    struct matter *matter = user;
    if (!matter_check(matter, answer))
        return;
    const Arbiter__V1__SendEventReply *sent = (const Arbiter__V1__SendEventReply *)answer->output;
    if (sent->planned == NULL) {
        answer_again(matter, sent);
        return;
    }
    enum status status = consequences_find(&matter->arena, matter->question.division, sent->planned,
                                           &matter->consequences);
    if (status == STATUS_OK) {
        /* `planned` is the bus's, and gone after this: what is kept has been copied out. */
        ProtobufCMessage *copy = proto_copy_in(&matter->arena, &matter->consequences.message->base);
        matter->consequences.message = (const Arbiter__V1__Consequences *)copy;
        status = copy != NULL ? STATUS_OK : STATUS_FULL;
    }
    if (status != STATUS_OK) {
        matter_fail(matter, status, "the consequences are too large to be told");
        return;
    }
    matter->level = matter_level(matter);
    decide(matter);
}

void matter_preview(struct matter *matter)
{
    send_event(matter, true, on_planned);
}
