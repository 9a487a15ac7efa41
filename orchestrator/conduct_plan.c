/* Computes what conduct.judge and conduct.appeal stand for. */
#include "orchestrator/conduct_plan.h"

#include <string.h>

/* ---- values ------------------------------------------------------------------------------ */

static struct value member(struct value map, const char *name)
{
    const struct value *found = map.kind == VALUE_MAP ? value_find(map, value_text(name)) : NULL;
    return found != NULL ? *found : value_null();
}

static const char *text_in(struct arena *arena, struct value map, const char *name)
{
    struct value value = member(map, name);
    const char *text =
        value.kind == VALUE_STRING ? arena_copy(arena, value.as.text, value.size) : NULL;
    return text != NULL ? text : "";
}

static int64_t int_in(struct value map, const char *name)
{
    struct value value = member(map, name);
    return value.kind == VALUE_INT ? value.as.integer : 0;
}

static bool bool_in(struct value map, const char *name)
{
    struct value value = member(map, name);
    return value.kind == VALUE_BOOL && value.as.boolean;
}

/* ---- a game ------------------------------------------------------------------------------ */

static struct conduct_game read_game(struct arena *arena, struct value game, const char *player)
{
    struct value facts = member(game, "facts");
    bool is_first = strcmp(text_in(arena, game, "first"), player) == 0;
    struct value own = member(facts, is_first ? "first" : "second");
    const char *winner = text_in(arena, game, "winner");
    return (struct conduct_game){
        .game_id = text_in(arena, game, "game_id"),
        .reason = text_in(arena, game, "reason"),
        .won = strcmp(winner, player) == 0,
        .lost = winner[0] != '\0' && strcmp(winner, player) != 0,
        .rated = bool_in(game, "rated"),
        .in_tournament = bool_in(game, "in_tournament"),
        .is_correspondence = bool_in(facts, "is_correspondence"),
        .clock_ms = int_in(facts, "clock_ms"),
        .increment_ms = int_in(facts, "increment_ms"),
        .turns = int_in(facts, "turns"),
        .duration_ms = int_in(facts, "duration_ms"),
        .acts = int_in(own, "acts"),
        .moves = int_in(own, "moves"),
        .placements = int_in(own, "placements"),
        .phonies = int_in(own, "phonies"),
        .left_ms = int_in(own, "left_ms"),
        .end_ms = int_in(own, "end_ms"),
        .last_act_ms = int_in(own, "last_act_ms"),
        .waited_ms = int_in(own, "waited_ms"),
        .has_denied = bool_in(own, "has_denied"),
        .no_show = bool_in(own, "no_show"),
    };
}

/* ---- a history --------------------------------------------------------------------------- */

enum status conduct_plan_history(const struct conduct_policy *policy,
                                 const Arbiter__V1__GetConductReply *row, struct arena *arena,
                                 struct conduct_history *out_history, bool *out_excused)
{
    enum status status = conduct_history_read(row->conduct->history, out_history);
    *out_excused = false;
    for (size_t i = 0; status == STATUS_OK && i < row->n_incidents; i++) {
        const struct conduct_incident incident = {row->incidents[i]->from_ms,
                                                  row->incidents[i]->to_ms};
        for (int k = 0; k < out_history->count; k++) {
            const struct conduct_entry *entry = &out_history->entries[k];
            if (!entry->is_reversed && strcmp(entry->outcome, CONDUCT_GOOD) != 0 &&
                conduct_is_excused(policy, &incident, 1, entry->at_ms))
                *out_excused |= conduct_appeal(policy, out_history, entry->game_id, arena);
        }
    }
    return status;
}

/* ---- effects ----------------------------------------------------------------------------- */

#define ENTRY(name, item)                                                                          \
    {                                                                                              \
        value_text(name), item                                                                     \
    }

static enum status save(struct plan *plan, const struct conduct_policy *policy,
                        const struct conduct_history *history,
                        const Arbiter__V1__PlayerConduct *before)
{
    struct conduct_standing now = conduct_standing(policy, history, plan->now_ms);
    const char *lines = conduct_history_write(history, plan->arena);
    if (lines == NULL)
        return STATUS_FULL;
    const struct value_entry entries[] = {
        ENTRY("player", value_text(before->player_id)),
        ENTRY("expected_version", value_int(before->version)),
        ENTRY("policy", value_text(policy->name)),
        ENTRY("points", value_double(now.points)),
        ENTRY("measure", value_text(conduct_measure_name(now.measure))),
        ENTRY("until", value_int(now.until_ms)),
        ENTRY("scope", value_text(now.from)),
        ENTRY("because", value_text(now.because)),
        ENTRY("history", value_text(lines)),
    };
    return plan_add_write(plan, "conduct.set", value_map(entries, COUNT_OF(entries)));
}

struct telling {
    const char *player;
    const char *event_id;
    const char *division; /* the instance that hears of it; "": none */
};

/* Tells the player, and the machine that keeps the time. */
static enum status tell(struct plan *plan, const struct telling *telling,
                        const struct conduct_standing *standing)
{
    struct fault fault;
    const struct value_entry notice[] = {
        ENTRY("player_id", value_text(telling->player)),
        ENTRY("text", value_text(standing->because)),
        ENTRY("about", value_text(plan->instance_id)),
    };
    const struct value_entry entries[] = {
        ENTRY("measure", value_text(conduct_measure_name(standing->measure))),
        ENTRY("until", value_timestamp_ms(standing->until_ms)),
        ENTRY("division", value_text(telling->division)),
    };
    struct value data = value_map(notice, COUNT_OF(notice));
    enum status status = STATUS_OK;
    if (standing->because[0] != '\0')
        status = plan_add_event(plan, "user.notified", &data, &fault);
    data = value_map(entries, COUNT_OF(entries));
    if (status == STATUS_OK)
        status =
            plan_add_send(plan, plan->instance_id, telling->event_id, "conduct.measure", &data);
    return status;
}

/* ---- the two commands -------------------------------------------------------------------- */

/* A game to be judged, in what is known of the player. */
struct judging {
    struct conduct_history *history;
    const struct conduct_game *game;
    const Arbiter__V1__GetConductReply *row;
    const char *division; /* the instance that hears of a measure; "": none */
    bool excused;         /* the history has just become shorter */
};

static enum status judge(struct plan *plan, const struct conduct_policy *policy,
                         const struct judging *judging)
{
    struct conduct_history *history = judging->history;
    const struct conduct_game *game = judging->game;
    const Arbiter__V1__GetConductReply *row = judging->row;
    double points = 0.0;
    const char *outcome = conduct_judge(policy, game, plan->arena, &points);
    const struct conduct_entry *entry = NULL;
    struct conduct_incident incident;
    bool is_excused = false;
    for (size_t i = 0; i < row->n_incidents && !is_excused; i++) {
        incident = (struct conduct_incident){row->incidents[i]->from_ms, row->incidents[i]->to_ms};
        is_excused = conduct_is_excused(policy, &incident, 1, plan->now_ms);
    }
    if (outcome != NULL && !is_excused)
        entry =
            conduct_add(policy, history, game->game_id, outcome, points, plan->now_ms, plan->arena);
    if (entry == NULL && !judging->excused)
        return STATUS_OK; /* nothing is to be said of this game */
    enum status status = save(plan, policy, history, row->conduct);
    if (status != STATUS_OK || entry == NULL || entry->measure == CONDUCT_NONE)
        return status;
    const char *event_id = arena_format(plan->arena, "measure/%s", entry->game_id);
    struct conduct_standing standing = conduct_standing(policy, history, plan->now_ms);
    const struct telling telling = {row->conduct->player_id, event_id, judging->division};
    return event_id != NULL ? tell(plan, &telling, &standing) : STATUS_FULL;
}

static enum status appeal(struct plan *plan, const struct conduct_policy *policy,
                          struct conduct_history *history, const char *game_id,
                          const Arbiter__V1__GetConductReply *row, struct fault *out_fault)
{
    if (game_id[0] != '\0' && !conduct_appeal(policy, history, game_id, plan->arena)) {
        (void)fault_set(out_fault, 0, 0, "game '%s' is not held against '%s'", game_id,
                        row->conduct->player_id);
        return STATUS_FAILED_PRECONDITION;
    }
    enum status status = save(plan, policy, history, row->conduct);
    const char *event_id =
        arena_format(plan->arena, "measure/%s/%lld", game_id, (long long)row->conduct->version);
    struct conduct_standing standing = conduct_standing(policy, history, plan->now_ms);
    if (status == STATUS_OK && event_id == NULL)
        status = STATUS_FULL;
    const struct telling telling = {row->conduct->player_id, event_id, ""};
    return status == STATUS_OK ? tell(plan, &telling, &standing) : status;
}

enum status conduct_plan(struct plan *plan, const struct conduct_shelf *shelf,
                         enum conduct_action action, struct value input,
                         const Arbiter__V1__GetConductReply *row, struct fault *out_fault)
{
    const char *name = text_in(plan->arena, input, "policy");
    const struct conduct_policy *policy = conduct_shelf_find(shelf, name);
    struct conduct_history *history = arena_alloc(plan->arena, sizeof *history);
    bool excused = false;
    if (policy == NULL)
        return fault_set(out_fault, 0, 0, "there is no conduct policy '%s'", name);
    if (history == NULL)
        return STATUS_FULL;
    enum status status = conduct_plan_history(policy, row, plan->arena, history, &excused);
    if (status != STATUS_OK)
        return status;
    if (action == CONDUCT_APPEAL)
        return appeal(plan, policy, history, text_in(plan->arena, input, "game_id"), row,
                      out_fault);
    struct conduct_game game =
        read_game(plan->arena, member(input, "game"), row->conduct->player_id);
    return judge(plan, policy,
                 &(struct judging){history, &game, row,
                                   text_in(plan->arena, member(input, "game"), "division"),
                                   excused});
}
