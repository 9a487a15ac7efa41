/* What concerns one player: conduct, a word to them. */
#include "orchestrator/prepare_private.h"

#include "orchestrator/conduct_plan.h"

/* ---- conduct.judge, conduct.appeal ------------------------------------------------------- */

static void on_conduct(const struct bus_answer *answer, struct preparation *preparation,
                       enum conduct_action action)
{
    struct fault fault = {0};
    if (answer->status != STATUS_OK) {
        prepare_finish(preparation, answer->status, answer->message);
        return;
    }
    enum status status =
        conduct_plan(preparation->plan, preparation->context->conduct, action, preparation->input,
                     (const Arbiter__V1__GetConductReply *)answer->output, &fault);
    if (status == STATUS_OK)
        prepare_go_on(preparation);
    else
        prepare_fail(preparation, status, &fault);
}

static void on_conduct_to_judge(const struct bus_answer *answer, void *user)
{
    on_conduct(answer, user, CONDUCT_JUDGE);
}

static void on_conduct_to_appeal(const struct bus_answer *answer, void *user)
{
    on_conduct(answer, user, CONDUCT_APPEAL);
}

static bool ask_conduct(struct preparation *preparation, bus_on_answer on_answer)
{
    Arbiter__V1__GetConductRequest request = ARBITER__V1__GET_CONDUCT_REQUEST__INIT;
    if (preparation->context->conduct == NULL)
        return true;
    request.player_id = (char *)prepare_text(preparation, "player");
    bus_call(preparation->context->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetConduct",
                                .input = &request.base},
             on_answer, preparation);
    return false;
}

bool prepare_judge(struct preparation *preparation)
{
    return ask_conduct(preparation, on_conduct_to_judge);
}

bool prepare_appeal(struct preparation *preparation)
{
    return ask_conduct(preparation, on_conduct_to_appeal);
}

/* ---- notify.player -----------------------------------------------------------------------------
 */

static enum status add_notice(struct preparation *preparation, const char *player,
                              struct fault *out_fault)
{
    struct value_entry entries[] = {
        ENTRY("player_id", value_text(player)),
        ENTRY("text", value_text(prepare_text(preparation, "text"))),
        ENTRY("about", value_text(preparation->plan->instance_id)),
    };
    struct value data = MAP_OF(entries);
    return plan_add_event(preparation->plan, "user.notified", &data, out_fault);
}

bool prepare_notify(struct preparation *preparation)
{
    struct fault fault = {0};
    enum status status = add_notice(preparation, prepare_text(preparation, "player"), &fault);
    if (status == STATUS_OK)
        return true;
    prepare_fail(preparation, status, &fault);
    return false;
}

/* ---- promoted.tell ------------------------------------------------------------------------------
 */

/* Each is told in the step that takes note of it. */
static enum status tell(struct preparation *preparation, const char *player,
                        struct fault *out_fault)
{
    struct value_entry entries[] = {
        ENTRY("division", value_text(prepare_text(preparation, "division"))),
        ENTRY("player", value_text(player)),
    };
    enum status status = add_notice(preparation, player, out_fault);
    return status == STATUS_OK
               ? prepare_add_write(preparation, "entrant.told", entries, COUNT_OF(entries))
               : status;
}

static void on_untold(const struct bus_answer *answer, void *user)
{
    struct preparation *preparation = user;
    struct fault fault = {0};
    enum status status = STATUS_OK;
    if (answer->status != STATUS_OK) {
        prepare_finish(preparation, answer->status, answer->message);
        return;
    }
    const Arbiter__V1__ListUntoldReply *reply =
        (const Arbiter__V1__ListUntoldReply *)answer->output;
    for (size_t i = 0; status == STATUS_OK && i < reply->n_players; i++)
        status = tell(preparation, reply->players[i], &fault);
    if (status == STATUS_OK)
        prepare_go_on(preparation);
    else
        prepare_fail(preparation, status, &fault);
}

bool prepare_tell_promoted(struct preparation *preparation)
{
    Arbiter__V1__ListUntoldRequest request = ARBITER__V1__LIST_UNTOLD_REQUEST__INIT;
    request.division_id = (char *)prepare_text(preparation, "division");
    bus_call(preparation->context->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "ListUntold",
                                .input = &request.base},
             on_untold, preparation);
    return false;
}
