/* An arena's wave: whoever is free plays somebody near in the standing and in rating, but not the
 * last opponent again. When a wave is due is the caller's business. */
#include "orchestrator/pairing/graph.h"
#include "orchestrator/pairing/method.h"

#include <stdlib.h>

#define RUN_MAX 3             /* games in a row on one side; two such players do not meet */
#define PLACE_COST_LEAST 300  /* a place of difference at the bottom … */
#define PLACE_COST_RANGE 1700 /* … and this much more at the top */

static bool share_a_side_too_long(const struct field_history *a, const struct field_history *b)
{
    return (a->side_run >= RUN_MAX && b->side_run >= RUN_MAX) ||
           (a->side_run <= -RUN_MAX && b->side_run <= -RUN_MAX);
}

static void arena_price(const struct field *field, const int *list, int one, int other,
                        struct graph_price *out, const void *user)
{
    const bool *alone = user;
    int a = list[one];
    int b = list[other];
    int team = field->players[a].team;
    const struct field_history *first = &field->history[a];
    const struct field_history *second = &field->history[b];
    bool barred = (first->latest_opponent == b && second->latest_opponent == a) ||
                  share_a_side_too_long(first, second) ||
                  (team != 0 && team == field->players[b].team);
    out->never = barred && !*alone;
    int better = field->place[a] < field->place[b] ? field->place[a] : field->place[b];
    int64_t factor =
        PLACE_COST_LEAST + (int64_t)PLACE_COST_RANGE * (field->count - better) / field->count;
    out->cost[0] = abs(field->place[a] - field->place[b]) * factor +
                   llabs((long long)field->players[a].rating - field->players[b].rating);
}

/* Leaves out whoever came last. */
static void leave_out_latest(struct field *field)
{
    int latest = 0;
    for (int i = 1; i < field->pool_count; i++)
        if (field->players[field->pool[i]].waiting_ms <=
            field->players[field->pool[latest]].waiting_ms)
            latest = i;
    field_rest(field, field->pool[latest], PAIRING_REST_WAITING, "odd number: came last");
    field_pool_refresh(field);
}

/* First goes the player with the shorter run of firsts, then with fewer of them on balance. */
static void sides_assign(struct field *field)
{
    for (int i = 0; i < field->pairs_count; i++) {
        struct pairing_pair *pair = &field->pairs[i];
        if (pair->first_reason[0] != '\0' || field->policy->arena.opening)
            continue;
        const struct field_history *a = &field->history[pair->first];
        const struct field_history *b = &field->history[pair->second];
        int order = a->side_run != b->side_run
                        ? a->side_run - b->side_run
                        : (a->firsts - a->seconds) - (b->firsts - b->seconds);
        if (order == 0)
            continue; /* by the policy */
        if (order > 0) {
            int kept = pair->first;
            pair->first = pair->second;
            pair->second = kept;
        }
        pair->first_reason = "shorter run of firsts, then fewer firsts";
    }
}

/* Whether somebody is in the arena who is not free now: the last two can wait for him. */
static bool others_play(const struct field *field)
{
    for (int i = 0; i < field->count; i++)
        if (field->players[i].state == PAIRING_SUSPENDED)
            return true;
    return false;
}

enum status method_arena(struct field *field)
{
    static const char *const names[] = {"place and rating"};
    enum status status = STATUS_OK;
    if (field->pool_count % 2 == 1)
        leave_out_latest(field);
    if (field->policy->arena.opening) {
        status = method_king_of_the_hill(field);
    } else {
        bool alone = field->pool_count == 2 && !others_play(field);
        struct graph_ask ask = {.list = field->pool,
                                .count = field->pool_count,
                                .names = names,
                                .levels = 1,
                                .price = arena_price,
                                .user = &alone};
        status = graph_pair(field, &ask, NULL);
    }
    sides_assign(field);
    field_pool_refresh(field);
    for (int i = 0; i < field->pool_count; i++)
        field_rest(field, field->pool[i], PAIRING_REST_WAITING, "nobody suitable in this wave");
    return status;
}
