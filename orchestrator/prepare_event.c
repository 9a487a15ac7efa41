/* The event as a whole: announced, begun, called off, its policy changed, its divisions told. */
#include "orchestrator/prepare_private.h"

#include <string.h>

#include "orchestrator/event_input.h"
#include "orchestrator/format/format.h"
#include "orchestrator/format/format_diff.h"
#include "orchestrator/format/format_hash.h"

/* ---- tournament.announce ----------------------------------------------------------------- */

/* A division to be opened: the policy's own, or another of a league that is like its first. */
struct opening {
    const char *tournament;
    const char *policy;
    const struct format *format;
    const struct format_division *division;
    const char *name;
    size_t number; /* from 1 */
};

static enum status announce_division(struct preparation *preparation, const struct opening *opening,
                                     struct fault *out_fault)
{
    const char *tournament = opening->tournament;
    const char *policy = opening->policy;
    const struct format *format = opening->format;
    const struct format_division *division = opening->division;
    size_t number = opening->number;
    struct arena *arena = preparation->plan->arena;
    const char *division_id = arena_format(arena, "%s-%zu", tournament, number);
    const char *instance_id = arena_format(arena, "division:%s", division_id);
    const char *owner = arena_format(arena, "tournament:%s", tournament);
    if (division_id == NULL || instance_id == NULL || owner == NULL)
        return STATUS_FULL;
    const struct format_game *game = &division->game;
    struct value_entry request[] = {
        ENTRY("rules", value_text(game->rules)),
        ENTRY("variant", value_text(game->variant)),
        ENTRY("lexicon", value_text(game->lexicon)),
        ENTRY("challenge_rule", value_text(game->challenge_rule)),
        ENTRY("initial_time_ms", value_int(game->initial_time_ms)),
        ENTRY("increment_ms", value_int(game->increment_ms)),
        ENTRY("overtime_ms", value_int(game->overtime_ms)),
        ENTRY("clock",
              value_text(game->clock == FORMAT_CLOCK_CORRESPONDENCE ? "correspondence" : "")),
        ENTRY("time_bank_ms", value_int(game->time_bank_ms)),
        ENTRY("start_within_ms", value_int(game->start_within_ms)),
        ENTRY("rated", value_bool(game->rated)),
        ENTRY("rating_policy", value_text(game->rating_policy)),
        ENTRY("rating_pool", value_text(game->rating_pool)),
    };
    bool by_band = format->entry.assignment == FORMAT_ASSIGNMENT_BY_RATING;
    struct value_entry row[] = {
        ENTRY("id", value_text(division_id)),
        ENTRY("tournament", value_text(tournament)),
        ENTRY("number", value_int((int64_t)number)),
        ENTRY("name", value_text(opening->name)),
        ENTRY("rounds", value_int(division->rounds)),
        ENTRY("request", MAP_OF(request)),
        ENTRY("settings", value_text(policy)),
        ENTRY("rating_min", value_int(by_band ? division->rating_min : 0)),
        ENTRY("rating_max", value_int(by_band ? division->rating_max : 0)),
    };
    struct value_entry input[] = {
        ENTRY("tournament", value_text(owner)),
        ENTRY("tournament_id", value_text(tournament)),
        ENTRY("division_id", value_text(division_id)),
        ENTRY("rounds", value_int(division->rounds)),
        ENTRY("pairing", value_text(division->is_paired_by_director ? "manual" : "policy")),
    };
    struct value maps[] = {MAP_OF(input), value_null()};
    struct value all;
    enum status status = prepare_add_write(preparation, "division.create", row, COUNT_OF(row));
    if (status == STATUS_OK)
        status = event_division_input(arena, format, division, &maps[1], out_fault);
    if (status == STATUS_OK)
        status = event_input_merge(arena, maps, COUNT_OF(maps), &all);
    if (status != STATUS_OK)
        return status;
    return prepare_start_instance(preparation, "division", instance_id, all);
}

/* A game judged by a policy that nobody has would be judged by none. */
static enum status check_conduct(const struct preparation *preparation, const struct format *format,
                                 struct fault *out_fault)
{
    const char *name = format->conduct.policy;
    const struct conduct_shelf *shelf = preparation->context->conduct;
    if (name[0] == '\0' || shelf == NULL || conduct_shelf_find(shelf, name) != NULL)
        return STATUS_OK;
    (void)fault_set(out_fault, 0, 0, "conduct.policy: there is no policy '%s' in policies/conduct",
                    name);
    return STATUS_FAILED_PRECONDITION;
}

static enum status announce(struct preparation *preparation, struct fault *out_fault)
{
    struct arena *arena = preparation->plan->arena;
    const char *tournament = prepare_text(preparation, "tournament");
    const char *policy = prepare_text(preparation, "policy");
    struct yaml_faults faults = {.arena = arena};
    const struct format *format = NULL;
    enum status status = format_read(arena, policy, strlen(policy), &faults, &format);
    if (status != STATUS_OK) {
        yaml_first_error(&faults, out_fault);
        return status;
    }
    status = check_conduct(preparation, format, out_fault);
    if (status != STATUS_OK)
        return status;
    int64_t begins_ms = 0;
    format = event_format_at(arena, format, prepare_text(preparation, "start"));
    status = format != NULL ? event_begins_at(format, &begins_ms, out_fault) : STATUS_FULL;
    if (status != STATUS_OK)
        return status;
    char hash[FORMAT_HASH_TEXT_SIZE];
    format_hash_text(policy, strlen(policy), hash);
    struct value_entry row[] = {
        ENTRY("id", value_text(tournament)),
        ENTRY("name", value_text(prepare_text(preparation, "name"))),
        ENTRY("policy", value_text(format->name)),
        ENTRY("policy_hash", value_text(hash)),
        ENTRY("settings", value_text(policy)),
        ENTRY("director", value_text(prepare_text(preparation, "actor"))),
        ENTRY("created_at", value_timestamp_ms(preparation->plan->now_ms)),
        ENTRY("starts_at", value_timestamp_ms(begins_ms)),
    };
    status = prepare_add_write(preparation, "tournament.create", row, COUNT_OF(row));
    for (size_t i = 0; status == STATUS_OK && i < format->division_count; i++)
        status =
            announce_division(preparation,
                              &(struct opening){tournament, policy, format, &format->divisions[i],
                                                format->divisions[i].name, i + 1},
                              out_fault);
    return status;
}

bool prepare_announce(struct preparation *preparation)
{
    struct fault fault = {0};
    enum status status = announce(preparation, &fault);
    if (status == STATUS_OK)
        return true;
    prepare_fail(preparation, status, &fault);
    return false;
}

/* ---- divisions.deal ---------------------------------------------------------------------- */

static enum status move_player(struct preparation *preparation, const char *tournament,
                               struct value move)
{
    struct arena *arena = preparation->plan->arena;
    struct value division = prepare_find(move, "division");
    const char *from = arena_format(arena, "%s-1", tournament);
    const char *to = arena_format(arena, "%s-%d", tournament,
                                  division.kind == VALUE_INT ? (int)division.as.integer : 0);
    if (from == NULL || to == NULL)
        return STATUS_FULL;
    struct value_entry out[] = {
        ENTRY("from", value_text(from)),
        ENTRY("player", prepare_find(move, "player")),
    };
    struct value_entry in[] = {
        ENTRY("to", value_text(to)),
        ENTRY("player", prepare_find(move, "player")),
        ENTRY("name", prepare_find(move, "name")),
        ENTRY("rating", prepare_find(move, "rating")),
    };
    enum status status = prepare_add_write(preparation, "entrant.move_out", out, COUNT_OF(out));
    return status == STATUS_OK ? prepare_add_write(preparation, "entrant.move_in", in, COUNT_OF(in))
                               : status;
}

/* Further divisions are like the policy's first, called by their number. */
static enum status open_dealt(struct preparation *preparation,
                              const Arbiter__V1__Tournament *tournament, struct fault *out_fault)
{
    struct arena *arena = preparation->plan->arena;
    struct yaml_faults faults = {.arena = arena};
    const struct format *format = NULL;
    size_t divisions = (size_t)prepare_int(preparation, "divisions");
    if (tournament->n_divisions == 0)
        return STATUS_DATA_LOSS;
    const char *policy = arena_format(arena, "%s", tournament->divisions[0]->settings);
    const char *id = arena_format(arena, "%s", tournament->tournament_id);
    if (policy == NULL || id == NULL)
        return STATUS_FULL;
    enum status status = format_read(arena, policy, strlen(policy), &faults, &format);
    if (status != STATUS_OK)
        return STATUS_DATA_LOSS;
    for (size_t number = 2; status == STATUS_OK && number <= divisions; number++) {
        const char *name = arena_format(arena, "%s %zu", format->divisions[0].name, number);
        status = name == NULL
                     ? STATUS_FULL
                     : announce_division(preparation,
                                         &(struct opening){id, policy, format,
                                                           &format->divisions[0], name, number},
                                         out_fault);
    }
    struct value moves = prepare_find(preparation->input, "moves");
    for (size_t i = 0; status == STATUS_OK && moves.kind == VALUE_LIST && i < moves.size; i++)
        status = move_player(preparation, id, moves.as.items[i]);
    return status;
}

static void on_tournament_to_deal(const struct bus_answer *answer, void *user)
{
    struct preparation *preparation = user;
    struct fault fault = {0};
    if (answer->status != STATUS_OK) {
        prepare_finish(preparation, answer->status, answer->message);
        return;
    }
    enum status status = open_dealt(
        preparation, ((const Arbiter__V1__GetTournamentReply *)answer->output)->tournament, &fault);
    if (status == STATUS_OK)
        prepare_go_on(preparation);
    else
        prepare_fail(preparation, status, &fault);
}

/* ---- policy.change ----------------------------------------------------------------------- */

/* The two versions of an event's policy. */
struct versions_of {
    const struct format *before;
    const struct format *after;
};

/* Both versions and what differs; a change that may not be made now is a fault. */
static enum status compare_policies(struct preparation *preparation,
                                    const Arbiter__V1__Tournament *tournament,
                                    struct versions_of *out_versions, struct fault *out_fault)
{
    struct arena *arena = preparation->plan->arena;
    const char *text = prepare_text(preparation, "policy");
    const struct format *before = NULL;
    const struct format *after = NULL;
    struct yaml_faults faults = {.arena = arena};
    struct format_diff diff;
    struct format_progress progress = {.has_begun = strcmp(tournament->status, "running") == 0};
    enum status status = format_read(arena, text, strlen(text), &faults, &after);
    if (status != STATUS_OK) {
        yaml_first_error(&faults, out_fault);
        return status == STATUS_INVALID_ARGUMENT ? STATUS_FAILED_PRECONDITION : status;
    }
    status =
        format_read(arena, tournament->settings, strlen(tournament->settings), &faults, &before);
    if (status != STATUS_OK)
        return STATUS_DATA_LOSS;
    for (size_t i = 0; i < tournament->n_divisions; i++)
        if (tournament->divisions[i]->round > progress.rounds_paired)
            progress.rounds_paired = tournament->divisions[i]->round;
    status = check_conduct(preparation, after, out_fault);
    if (status == STATUS_OK)
        status = format_diff(arena, before, after, &progress, &diff);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < diff.count; i++) {
        const struct format_delta *delta = &diff.items[i];
        bool is_too_late = progress.has_begun && delta->boundary == FORMAT_NEXT_EVENT;
        if (delta->level < FORMAT_L5 && !is_too_late)
            continue;
        (void)fault_set(out_fault, 0, 0, "%s cannot change in this event%s%s", delta->path,
                        delta->reason[0] != '\0' ? ": " : "", delta->reason);
        return STATUS_FAILED_PRECONDITION;
    }
    *out_versions = (struct versions_of){before, after};
    return STATUS_OK;
}

/* ---- when the event begins, after a change ----------------------------------------------- */

/* Where the policy's own start has not changed, the event's counts: of a series each has another,
 * and a director may have moved it. Windows (registration, check-in) are measured from it. */
static enum status format_of_event(struct preparation *preparation,
                                   const Arbiter__V1__Tournament *tournament,
                                   const struct versions_of *versions,
                                   const struct format **out_format)
{
    struct arena *arena = preparation->plan->arena;
    struct value given = prepare_find(preparation->input, "starts_at");
    bool is_same = strcmp(versions->before->time.start, versions->after->time.start) == 0;
    int64_t starts_ms = given.kind == VALUE_TIMESTAMP ? value_to_ms(given) : 0;
    if (starts_ms == 0 && is_same)
        starts_ms = tournament->starts_at_ms;
    const char *text = starts_ms > 0 ? value_message(arena, value_timestamp_ms(starts_ms)) : "";
    *out_format = text != NULL ? event_format_at(arena, versions->after, text) : NULL;
    return *out_format != NULL ? STATUS_OK : STATUS_FULL;
}

/* The event's own machine follows too: how it begins and ends, how late it may begin. */
static enum status tell_event(struct preparation *preparation, const struct versions_of *versions,
                              const struct format *format, struct fault *out_fault)
{
    struct plan *plan = preparation->plan;
    const struct format_time *before = &versions->before->time;
    const struct format_time *after = &versions->after->time;
    bool begins_otherwise =
        before->begins != after->begins || strcmp(before->start, after->start) != 0;
    struct value_entry own[] = {ENTRY("begins_otherwise", value_bool(begins_otherwise))};
    struct value maps[] = {MAP_OF(own), value_null()};
    struct value data;
    enum status status = event_tournament_input(plan->arena, format, &maps[1], out_fault);
    if (status == STATUS_OK)
        status = event_input_merge(plan->arena, maps, COUNT_OF(maps), &data);
    const char *event_id = prepare_telling_id(plan, "policy.followed", plan->instance_id);
    if (status == STATUS_OK && event_id == NULL)
        status = STATUS_FULL;
    return status == STATUS_OK
               ? plan_add_send(plan, plan->instance_id, event_id, "policy.followed", &data)
               : status;
}

/* ---- its divisions ----------------------------------------------------------------------- */

static enum status tell_policy(struct preparation *preparation, const struct format *format,
                               const Arbiter__V1__Division *division, struct fault *out_fault)
{
    struct plan *plan = preparation->plan;
    const struct format_division *found = format_find_division(format, division->name);
    if (found == NULL && format->league.season_ms > 0)
        found = &format->divisions[0]; /* dealt: like the policy's first */
    if (found == NULL)
        return fault_set(out_fault, 0, 0, "the new policy has no division '%s'", division->name);
    struct value_entry own[] = {
        ENTRY("settings", value_text(prepare_text(preparation, "policy"))),
        ENTRY("rounds", value_int(found->rounds)),
    };
    struct value maps[] = {MAP_OF(own), value_null()};
    struct value data;
    enum status status = event_division_input(plan->arena, format, found, &maps[1], out_fault);
    if (status == STATUS_OK)
        status = event_input_merge(plan->arena, maps, COUNT_OF(maps), &data);
    const char *to = arena_format(plan->arena, "division:%s", division->division_id);
    const char *event_id = to != NULL ? prepare_telling_id(plan, "policy.changed", to) : NULL;
    if (status == STATUS_OK && event_id == NULL)
        status = STATUS_FULL;
    return status == STATUS_OK ? plan_add_send(plan, to, event_id, "policy.changed", &data)
                               : status;
}

static void on_tournament_to_change(const struct bus_answer *answer, void *user)
{
    struct preparation *preparation = user;
    struct fault fault = {0};
    struct versions_of versions = {0};
    const struct format *format = NULL;
    if (answer->status != STATUS_OK) {
        prepare_finish(preparation, answer->status, answer->message);
        return;
    }
    const Arbiter__V1__Tournament *tournament =
        ((const Arbiter__V1__GetTournamentReply *)answer->output)->tournament;
    const char *policy = prepare_text(preparation, "policy");
    char hash[FORMAT_HASH_TEXT_SIZE];
    format_hash_text(policy, strlen(policy), hash);
    struct value_entry row[] = {
        ENTRY("id", value_text(tournament->tournament_id)),
        ENTRY("settings", value_text(policy)),
        ENTRY("policy_hash", value_text(hash)),
    };
    enum status status = compare_policies(preparation, tournament, &versions, &fault);
    if (status == STATUS_OK)
        status = format_of_event(preparation, tournament, &versions, &format);
    if (status == STATUS_OK)
        status = tell_event(preparation, &versions, format, &fault);
    if (status == STATUS_OK)
        status = prepare_add_write(preparation, "tournament.update", row, COUNT_OF(row));
    for (size_t i = 0; status == STATUS_OK && i < tournament->n_divisions; i++)
        status = tell_policy(preparation, format, tournament->divisions[i], &fault);
    if (status == STATUS_OK)
        prepare_go_on(preparation);
    else
        prepare_fail(preparation, status, &fault);
}

/* ---- divisions.begin, divisions.cancel --------------------------------------------------- */

static enum status send_to_divisions(struct preparation *preparation,
                                     const Arbiter__V1__Tournament *tournament, const char *event)
{
    struct plan *plan = preparation->plan;
    for (size_t i = 0; i < tournament->n_divisions; i++) {
        const char *division_id = tournament->divisions[i]->division_id;
        const char *to = arena_format(plan->arena, "division:%s", division_id);
        const char *event_id = to != NULL ? prepare_telling_id(plan, event, to) : NULL;
        if (to == NULL || event_id == NULL)
            return STATUS_FULL;
        enum status status = plan_add_send(plan, to, event_id, event, NULL);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static void on_tournament(const struct bus_answer *answer, struct preparation *preparation,
                          const char *event)
{
    if (answer->status != STATUS_OK) {
        prepare_finish(preparation, answer->status, answer->message);
        return;
    }
    const Arbiter__V1__GetTournamentReply *reply =
        (const Arbiter__V1__GetTournamentReply *)answer->output;
    enum status status = send_to_divisions(preparation, reply->tournament, event);
    if (status == STATUS_OK)
        prepare_go_on(preparation);
    else
        prepare_finish(preparation, status, status_name(status));
}

static void on_tournament_to_begin(const struct bus_answer *answer, void *user)
{
    on_tournament(answer, user, "division.begin");
}

static void on_tournament_to_cancel(const struct bus_answer *answer, void *user)
{
    on_tournament(answer, user, "director.cancel");
}

static void on_tournament_to_tell(const struct bus_answer *answer, void *user)
{
    on_tournament(answer, user, prepare_text(user, "event"));
}

static bool ask_tournament(struct preparation *preparation, bus_on_answer on_answer)
{
    Arbiter__V1__GetTournamentRequest request = ARBITER__V1__GET_TOURNAMENT_REQUEST__INIT;
    request.tournament_id = (char *)prepare_text(preparation, "tournament");
    bus_call(preparation->context->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetTournament",
                                .input = &request.base},
             on_answer, preparation);
    return false;
}

bool prepare_deal(struct preparation *preparation)
{
    return ask_tournament(preparation, on_tournament_to_deal);
}

bool prepare_begin(struct preparation *preparation)
{
    return ask_tournament(preparation, on_tournament_to_begin);
}

bool prepare_cancel(struct preparation *preparation)
{
    return ask_tournament(preparation, on_tournament_to_cancel);
}

bool prepare_change_policy(struct preparation *preparation)
{
    return ask_tournament(preparation, on_tournament_to_change);
}

bool prepare_tell_divisions(struct preparation *preparation)
{
    return ask_tournament(preparation, on_tournament_to_tell);
}
