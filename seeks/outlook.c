/* Rounds over the seeks that closed since the last one. */
#include "seeks/outlook.h"

#include <stdlib.h>

#include "seeks/exchange.h"
#include "seeks/waits.h"

#include "arbiter/v1/store.pb-c.h"

enum { PAGE = 500, OVERLAP_MS = 2000 /* what closed first may be committed last */ };

struct outlook {
    struct api *api;
    struct loop *loop; /* outlives the bus, where that is taken away first */
    struct waits *waits;
    int64_t closed_ms; /* the latest that was taken in */
    loop_timer timer;
    bool is_asking;
    bool is_gone; /* destroyed while the store was being asked */
};

static void plan_round(struct outlook *outlook, int64_t delay_ms);

/* Newest first: taken in from the last one, so that what is kept are the latest. */
static void take(struct outlook *outlook, const Arbiter__V1__ListClosedSeeksReply *reply)
{
    for (size_t i = reply->n_seeks; i > 0; i--)
        waits_add(outlook->waits, reply->seeks[i - 1]);
    if (reply->n_seeks > 0)
        outlook->closed_ms = reply->seeks[0]->closed_at_ms;
}

static void on_closed_seeks(const struct bus_answer *answer, void *user)
{
    struct outlook *outlook = user;
    outlook->is_asking = false;
    if (outlook->is_gone) {
        outlook_destroy(outlook);
        return;
    }
    if (answer->status == STATUS_OK)
        take(outlook, (const Arbiter__V1__ListClosedSeeksReply *)answer->output);
    plan_round(outlook, OUTLOOK_ROUND_MS);
}

static void on_round(void *user)
{
    struct outlook *outlook = user;
    Arbiter__V1__ListClosedSeeksRequest request = ARBITER__V1__LIST_CLOSED_SEEKS_REQUEST__INIT;
    outlook->timer = 0;
    outlook->is_asking = true;
    request.after_ms = outlook->closed_ms - OVERLAP_MS; /* what is known counts once */
    request.limit = PAGE;
    bus_call(outlook->api->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "ListClosedSeeks",
                                .input = &request.base},
             on_closed_seeks, outlook);
}

static void plan_round(struct outlook *outlook, int64_t delay_ms)
{
    if (loop_after(outlook->loop, delay_ms, on_round, outlook, &outlook->timer) != STATUS_OK)
        outlook->timer = 0; /* without timers the loop is at its end */
}

struct outlook *outlook_create(struct api *api)
{
    struct outlook *outlook = calloc(1, sizeof *outlook);
    struct waits *waits = waits_create();
    if (outlook == NULL || waits == NULL) {
        free(outlook);
        waits_destroy(waits);
        return NULL;
    }
    *outlook = (struct outlook){.api = api, .loop = bus_loop(api->bus), .waits = waits};
    plan_round(outlook, 0);
    return outlook;
}

void outlook_destroy(struct outlook *outlook)
{
    if (outlook == NULL)
        return;
    if (!outlook->is_gone)
        loop_cancel(outlook->loop, outlook->timer);
    outlook->is_gone = true;
    if (outlook->is_asking)
        return; /* the answer finds it gone */
    waits_destroy(outlook->waits);
    free(outlook);
}

enum status outlook_estimate(struct outlook *outlook, const char *policy,
                             const Arbiter__V1__GameRequest *request, int64_t waited_ms,
                             struct arena *arena, struct seeking_estimate *out_estimate)
{
    return waits_estimate(outlook->waits, policy, request, waited_ms, arena, out_estimate);
}

void outlook_calibration(const struct outlook *outlook, uint64_t *out_told, uint64_t *out_held)
{
    waits_calibration(outlook->waits, out_told, out_held);
}
