/* Reads of what belongs to the whole house: policies, the stream of events, remembered answers. */
#include <string.h>

#include "store/reads.h"

static void on_policy(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0) {
        (void)op_refuse(op, STATUS_NOT_FOUND, "there is no %s policy '%s'", INPUT(GetPolicy)->kind,
                        INPUT(GetPolicy)->name);
        return;
    }
    Arbiter__V1__GetPolicyReply *reply = REPLY(GetPolicy);
    const size_t row = 0;
    reply->hash = TEXT(0);
    reply->text = TEXT(1);
    reply->version = (int32_t)INTEGER(2);
    reply->published_at_ms = INTEGER(3);
    reply->warnings = TEXT(4);
}

static enum op_next get_policy(struct op *op)
{
    const Arbiter__V1__GetPolicyRequest *request = INPUT(GetPolicy);
    (void)OP_OUTPUT(op, Arbiter__V1__GetPolicyReply, arbiter__v1__get_policy_reply__init);
    op_send(
        op, STATEMENT_POLICY_GET,
        SQL_PARAMETERS(sql_text(request->kind), sql_text(request->name), sql_text(request->hash)),
        on_policy);
    return OP_LAST;
}

static Arbiter__V1__PutPolicyRequest *read_policy(struct op *op, const struct sql_result *result,
                                                  size_t row)
{
    Arbiter__V1__PutPolicyRequest *policy =
        NEW(op, Arbiter__V1__PutPolicyRequest, arbiter__v1__put_policy_request__init);
    if (policy == NULL)
        return NULL;
    policy->kind = TEXT(0);
    policy->name = TEXT(1);
    policy->hash = TEXT(2);
    policy->version = (int32_t)INTEGER(3);
    policy->published_by = TEXT(4);
    policy->warnings = TEXT(5);
    return policy;
}

static void on_policies(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    FILL(REPLY(ListPolicies)->policies, REPLY(ListPolicies)->n_policies, read_policy);
}

static enum op_next list_policies(struct op *op)
{
    (void)OP_OUTPUT(op, Arbiter__V1__ListPoliciesReply, arbiter__v1__list_policies_reply__init);
    op_send(op, STATEMENT_POLICIES_LIST, SQL_PARAMETERS(sql_text(INPUT(ListPolicies)->kind)),
            on_policies);
    return OP_LAST;
}

static void on_horizon(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    REPLY(ListEvents)->position = sql_read_integer(result, 0, 0) - 1;
}

/* Where the page is full the next one begins after its last event; otherwise everything up to the
 * horizon has been seen, matching or not. */
static void on_events(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListEventsReply *reply = REPLY(ListEvents);
    FILL(reply->events, reply->n_events, read_event);
    if (reply->n_events > 0 && reply->n_events == (size_t)reads_limit(INPUT(ListEvents)->limit))
        reply->position = reply->events[reply->n_events - 1]->position;
    else if (reply->position < INPUT(ListEvents)->after)
        reply->position = INPUT(ListEvents)->after;
}

/* The topics as one text with a space around each. */
static const char *topics_text(struct op *op)
{
    const Arbiter__V1__ListEventsRequest *request = INPUT(ListEvents);
    const char *text = "";
    for (size_t i = 0; text != NULL && i < request->n_topics; i++)
        text = arena_format(&op->arena, "%s %s ", text, request->topics[i]);
    return text;
}

static enum op_next list_events(struct op *op)
{
    const Arbiter__V1__ListEventsRequest *request = INPUT(ListEvents);
    bool is_one = request->n_topics == 1 && strchr(request->topics[0], '.') != NULL;
    (void)OP_OUTPUT(op, Arbiter__V1__ListEventsReply, arbiter__v1__list_events_reply__init);
    op_send(op, STATEMENT_HORIZON, NULL, 0, on_horizon);
    op_send(op, is_one ? STATEMENT_EVENTS_OF_TOPIC : STATEMENT_EVENTS_AFTER,
            SQL_PARAMETERS(sql_integer(request->after), sql_integer(reads_limit(request->limit)),
                           sql_text(is_one ? request->topics[0] : topics_text(op))),
            on_events);
    return OP_LAST;
}

static void on_recalled(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    REPLY(RecallAnswer)->existed = result->row_count == 1;
    if (result->row_count == 1)
        REPLY(RecallAnswer)->answer = op_bytes(op, result, 0, 0);
}

static enum op_next recall_answer(struct op *op)
{
    (void)OP_OUTPUT(op, Arbiter__V1__RecallAnswerReply, arbiter__v1__recall_answer_reply__init);
    op_send(op, STATEMENT_ANSWER_GET, SQL_PARAMETERS(sql_text(INPUT(RecallAnswer)->key)),
            on_recalled);
    return OP_LAST;
}

const struct op_kind house_reads[] = {
    {"GetPolicy", get_policy, NULL, 1, NULL},
    {"ListPolicies", list_policies, NULL, 1, NULL},
    {"ListEvents", list_events, NULL, 1, NULL},
    {"RecallAnswer", recall_answer, NULL, 1, NULL},
    {NULL, NULL, NULL, 0, NULL},
};
