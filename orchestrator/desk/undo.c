/* Taking back: finds the newest action that stands, and turns the request into its way back. */
#include "orchestrator/desk/matter.h"

#include "fsm/value_codec.h"
#include "proto/copy.h"

/* The newest action that stands: neither taken back, nor a taking back itself. */
static const Arbiter__V1__DirectorAction *last_standing(const Arbiter__V1__ListActionsReply *reply)
{
    for (size_t i = 0; i < reply->n_actions; i++)
        if (reply->actions[i]->undoes == 0 && reply->actions[i]->undone_by == 0)
            return reply->actions[i];
    return NULL;
}

enum status matter_turn_back(struct matter *matter, const Arbiter__V1__ListActionsReply *reply,
                             struct fault *out_fault)
{
    const Arbiter__V1__DirectorAction *last = last_standing(reply);
    struct value input = value_null();
    if (last == NULL)
        return fault_set(out_fault, 0, 0, "there is no action to take back");
    enum status status = value_codec_from_map(&matter->arena, last->input, &input);
    if (status != STATUS_OK)
        return status;
    struct value undo = desk_member(input, "undo");
    const char *name = desk_text(&matter->question, undo, "action");
    matter->action = desk_action_find(name);
    if (matter->action == NULL) {
        const struct desk_action *done = desk_action_find(last->action);
        return fault_set(out_fault, 0, 0, "action %lld, '%s' by %s, cannot be taken back: %s",
                         (long long)last->number, last->action, last->actor,
                         done != NULL && done->instead[0] != '\0' ? done->instead
                                                                  : "say what is to be instead");
    }
    Arbiter__V1__ActRequest *request =
        (Arbiter__V1__ActRequest *)proto_copy_in(&matter->arena, &matter->asked->base);
    Arbiter__V1__ValueMap *data = NULL;
    status = value_codec_map(&matter->arena, desk_member(undo, "data"), &data);
    if (request == NULL || status != STATUS_OK)
        return STATUS_FULL;
    request->division = (int32_t)desk_int(undo, "division", 0);
    request->round = (int32_t)desk_int(undo, "round", 0);
    request->board = (int32_t)desk_int(undo, "board", 0);
    request->data = data;
    matter->question.request = request;
    matter->undoes = last->number;
    return STATUS_OK;
}
