/* How players behave: GetConduct and PutIncident. */
#include "store/rows.h"
#include "store/state.h"

#define INCIDENTS_KEPT_MS (INT64_C(30) * 24 * 3600 * 1000)

/* ---- GetConduct -------------------------------------------------------------------------- */

static Arbiter__V1__GetConductReply *reply_of(const struct op *op)
{
    return (Arbiter__V1__GetConductReply *)op->output;
}

static void on_conduct(const struct sql_result *result, void *user)
{
    struct op *op = user;
    const size_t row = 0;
    if (!op_check(op, result) || op->output == NULL || result->row_count == 0)
        return;
    Arbiter__V1__PlayerConduct *conduct = reply_of(op)->conduct;
    conduct->version = INTEGER(1);
    conduct->policy = TEXT(2);
    conduct->points = NUMBER(3);
    conduct->measure = TEXT(4);
    conduct->until_ms = INTEGER(5);
    conduct->scope = TEXT(6);
    conduct->because = TEXT(7);
    conduct->history = TEXT(8);
}

static void on_incidents(const struct sql_result *result, void *user)
{
    struct op *op = user;
    if (!op_check(op, result) || op->output == NULL)
        return;
    Arbiter__V1__GetConductReply *reply = reply_of(op);
    reply->incidents = arena_array(&op->arena, result->row_count + 1, sizeof(void *));
    for (size_t row = 0; reply->incidents != NULL && row < result->row_count; row++) {
        Arbiter__V1__Incident *incident =
            NEW(op, Arbiter__V1__Incident, arbiter__v1__incident__init);
        if (incident == NULL)
            return; /* the batch notices the full arena */
        incident->incident_id = TEXT(0);
        incident->from_ms = INTEGER(1);
        incident->to_ms = INTEGER(2);
        incident->what = TEXT(3);
        incident->noted_by = TEXT(4);
        reply->incidents[reply->n_incidents++] = incident;
    }
}

static enum op_next get_conduct(struct op *op)
{
    const Arbiter__V1__GetConductRequest *request =
        (const Arbiter__V1__GetConductRequest *)op->input;
    Arbiter__V1__GetConductReply *reply =
        OP_OUTPUT(op, Arbiter__V1__GetConductReply, arbiter__v1__get_conduct_reply__init);
    reply->conduct = NEW(op, Arbiter__V1__PlayerConduct, arbiter__v1__player_conduct__init);
    if (reply->conduct == NULL)
        return OP_READY; /* as above */
    reply->conduct->player_id = op_text(op, request->player_id);
    op_send(op, STATEMENT_CONDUCT_GET, SQL_PARAMETERS(sql_text(request->player_id)), on_conduct);
    op_send(op, STATEMENT_INCIDENTS_SINCE,
            SQL_PARAMETERS(sql_integer(store_now_ms(op->store) - INCIDENTS_KEPT_MS)), on_incidents);
    return OP_LAST;
}

const struct op_kind conduct_reads[] = {
    {"GetConduct", get_conduct, NULL, 1, NULL},
    {NULL, NULL, NULL, 0, NULL},
};

/* ---- PutIncident ------------------------------------------------------------------------- */

struct noting {
    bool is_new;
};

static void on_noted(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct noting *noting = op->data;
    if (op_check(op, result))
        noting->is_new = result->changed == 1;
}

static enum op_next put_incident(struct op *op)
{
    const Arbiter__V1__Incident *incident =
        ((const Arbiter__V1__PutIncidentRequest *)op->input)->incident;
    const struct noting *noting = op->data;
    if (op->phase > 0) {
        OP_OUTPUT(op, Arbiter__V1__PutIncidentReply, arbiter__v1__put_incident_reply__init)
            ->existed = !noting->is_new;
        return OP_READY;
    }
    if (incident == NULL || incident->incident_id[0] == '\0' || incident->to_ms < incident->from_ms)
        return op_refuse(op, STATUS_INVALID_ARGUMENT, "an incident has an id, a begin and an end");
    op_send(op, STATEMENT_INCIDENT_PUT,
            SQL_PARAMETERS(sql_text(incident->incident_id), sql_integer(incident->from_ms),
                           sql_integer(incident->to_ms), sql_text(incident->what),
                           sql_text(incident->noted_by)),
            on_noted);
    return OP_AGAIN;
}

const struct op_kind op_put_incident = {"PutIncident", put_incident, NULL, sizeof(struct noting),
                                        ""};
