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

bool prepare_notify(struct preparation *preparation)
{
    struct fault fault = {0};
    struct value_entry entries[] = {
        ENTRY("player_id", value_text(prepare_text(preparation, "player"))),
        ENTRY("text", value_text(prepare_text(preparation, "text"))),
        ENTRY("about", value_text(preparation->plan->instance_id)),
    };
    struct value data = MAP_OF(entries);
    enum status status = plan_add_event(preparation->plan, "user.notified", &data, &fault);
    if (status == STATUS_OK)
        return true;
    prepare_fail(preparation, status, &fault);
    return false;
}
