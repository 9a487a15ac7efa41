/* Serves conduct.standing. */
#include "orchestrator/conduct_desk.h"

#include <stdlib.h>
#include <string.h>

#include "orchestrator/conduct_plan.h"

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum { ANSWER_BYTES_MAX = 4 << 20, HOUR_MS = 3600 * 1000 };

struct conduct_desk {
    Arbiter__V1__Conduct_Service base; /* first */
    struct bus *bus;
    const struct conduct_shelf *shelf;
};

/* A question under way. */
struct question {
    struct conduct_desk *desk;
    void *request;
    Arbiter__V1__ConductStandingReply_Closure on_answered;
    struct arena arena;
};

/* ---- the answer -------------------------------------------------------------------------- */

static void add_game(struct arena *arena, Arbiter__V1__ConductStandingReply *reply,
                     const struct conduct_entry *entry)
{
    Arbiter__V1__ConductGame *game = arena_alloc(arena, sizeof *game);
    if (game == NULL || reply->games == NULL)
        return; /* the full arena is noticed at the end */
    arbiter__v1__conduct_game__init(game);
    game->game_id = (char *)entry->game_id;
    game->outcome = (char *)entry->outcome;
    game->at_ms = entry->at_ms;
    game->is_reversed = entry->is_reversed;
    game->measure = (char *)conduct_measure_name(entry->measure);
    reply->games[reply->n_games++] = game;
}

/* "one more sitting within 24 h means 10 minutes" */
static char *forecast_text(struct arena *arena, const struct conduct_forecast *forecast)
{
    long long hours = forecast->within_ms / HOUR_MS;
    const char *within = hours > 0 ? arena_format(arena, " within %lld h", hours) : " now";
    if (within == NULL)
        return NULL;
    if (forecast->measure == CONDUCT_WARNED)
        return arena_format(arena, "one more '%s'%s means a warning", forecast->outcome, within);
    return arena_format(arena, "one more '%s'%s means a suspension of %lld minutes",
                        forecast->outcome, within, (long long)forecast->minutes);
}

static void add_forecast(struct arena *arena, Arbiter__V1__ConductStandingReply *reply,
                         const struct conduct_forecast *forecast)
{
    Arbiter__V1__ConductForecast *out = arena_alloc(arena, sizeof *out);
    char *text = forecast_text(arena, forecast);
    if (out == NULL || text == NULL || reply->forecasts == NULL)
        return; /* as above */
    arbiter__v1__conduct_forecast__init(out);
    out->outcome = (char *)forecast->outcome;
    out->measure = (char *)conduct_measure_name(forecast->measure);
    out->minutes = forecast->minutes;
    out->within_ms = forecast->within_ms;
    out->text = text;
    reply->forecasts[reply->n_forecasts++] = out;
}

static void add_suspension(struct arena *arena, Arbiter__V1__ConductStandingReply *reply,
                           const struct conduct_standing *standing)
{
    Arbiter__V1__Suspension *suspension = arena_alloc(arena, sizeof *suspension);
    if (standing->measure != CONDUCT_SUSPENDED || suspension == NULL)
        return;
    arbiter__v1__suspension__init(suspension);
    suspension->until_ms = standing->until_ms;
    suspension->from = (char *)standing->from;
    suspension->because = (char *)standing->because;
    reply->suspension = suspension;
}

static void fill(struct arena *arena, const struct conduct_policy *policy,
                 const struct conduct_history *history, int64_t now_ms,
                 Arbiter__V1__ConductStandingReply *reply)
{
    struct conduct_forecast forecasts[CONDUCT_FORECASTS_MAX];
    struct conduct_standing *standing = arena_alloc(arena, sizeof *standing);
    int count = conduct_forecast(policy, history, now_ms, arena, forecasts);
    reply->games = arena_array(arena, (size_t)history->count + 1, sizeof(void *));
    reply->forecasts = arena_array(arena, (size_t)count + 1, sizeof(void *));
    if (standing == NULL)
        return; /* as above */
    *standing = conduct_standing(policy, history, now_ms);
    reply->policy = (char *)policy->name;
    reply->measure = (char *)conduct_measure_name(standing->measure);
    reply->points = standing->points;
    reply->because = (char *)standing->because;
    add_suspension(arena, reply, standing);
    for (int i = history->count - 1; i >= 0; i--)
        add_game(arena, reply, &history->entries[i]);
    for (int i = 0; i < count; i++)
        add_forecast(arena, reply, &forecasts[i]);
}

/* ---- the question ------------------------------------------------------------------------ */

static void question_end(struct question *question)
{
    arena_deinit(&question->arena);
    free(question);
}

static void on_row(const struct bus_answer *answer, void *user)
{
    struct question *question = user;
    struct arena *arena = &question->arena;
    Arbiter__V1__ConductStandingReply reply = ARBITER__V1__CONDUCT_STANDING_REPLY__INIT;
    struct conduct_history *history = arena_alloc(arena, sizeof *history);
    bool excused = false;
    if (answer->status != STATUS_OK) {
        bus_fail_like(question->request, answer);
        question_end(question);
        return;
    }
    const Arbiter__V1__GetConductReply *row = (const Arbiter__V1__GetConductReply *)answer->output;
    const struct conduct_policy *policy = conduct_shelf_find(
        question->desk->shelf,
        row->conduct->policy[0] != '\0' ? row->conduct->policy : CONDUCT_DESK_POLICY);
    enum status status = policy == NULL || history == NULL ? STATUS_UNAVAILABLE : STATUS_OK;
    if (status == STATUS_OK)
        status = conduct_plan_history(policy, row, arena, history, &excused);
    if (status == STATUS_OK) {
        reply.player_id = row->conduct->player_id;
        fill(arena, policy, history, loop_now_ms(bus_loop(question->desk->bus)), &reply);
        if (arena_full(arena))
            status = STATUS_FULL;
    }
    if (status == STATUS_OK)
        question->on_answered(&reply, question->request);
    else
        bus_fail(question->request, status, NULL, 0, "%s", status_name(status));
    question_end(question);
}

static void serve_standing(Arbiter__V1__Conduct_Service *service,
                           const Arbiter__V1__ConductStandingRequest *input,
                           Arbiter__V1__ConductStandingReply_Closure closure, void *request)
{
    struct conduct_desk *desk = (struct conduct_desk *)service;
    Arbiter__V1__GetConductRequest get = ARBITER__V1__GET_CONDUCT_REQUEST__INIT;
    struct question *question = calloc(1, sizeof *question);
    if (question == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return;
    }
    *question = (struct question){.desk = desk, .request = request, .on_answered = closure};
    arena_init(&question->arena, ANSWER_BYTES_MAX);
    get.player_id = input->player_id;
    bus_call(desk->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetConduct",
                                .input = &get.base,
                                .traceparent = bus_request_traceparent(request)},
             on_row, question);
}

struct conduct_desk *conduct_desk_create(struct bus *bus, const struct conduct_shelf *shelf)
{
    struct conduct_desk *desk = calloc(1, sizeof *desk);
    if (desk == NULL)
        return NULL;
    desk->base = (Arbiter__V1__Conduct_Service)ARBITER__V1__CONDUCT__INIT(serve_);
    desk->bus = bus;
    desk->shelf = shelf;
    if (bus_serve(bus, &desk->base.base) == STATUS_OK)
        return desk;
    free(desk);
    return NULL;
}

void conduct_desk_destroy(struct conduct_desk *desk)
{
    free(desk);
}
