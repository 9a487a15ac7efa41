/* Replaces prepared commands in a plan; each reads what it needs, then a pure function writes. */
#include "orchestrator/prepare.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsm/value_codec.h"
#include "orchestrator/event_input.h"
#include "orchestrator/conduct_plan.h"
#include "orchestrator/format/format.h"
#include "orchestrator/format/format_diff.h"
#include "orchestrator/format/format_hash.h"
#include "orchestrator/rating/rating.h"
#include "orchestrator/rating_correction.h"
#include "proto/reflect.h"

/* ---- the work in hand -------------------------------------------------------------------- */

struct prepare_handler;

/* One plan being prepared: the write at `next` is looked at, what replaces it goes to `writes`. */
struct preparation {
    const struct prepare_context *context;
    struct plan *plan;
    struct plan_list before; /* the machine's writes as they came */
    size_t next;
    struct value input; /* of the command being prepared */
    prepare_on_done on_done;
    void *user;
};

struct prepare_handler {
    struct fsm_host_command command;
    /* Asks the store, or replaces the command at once and returns true. */
    bool (*start)(struct preparation *preparation);
};

static const struct prepare_handler *find_handler(const char *name);
static void go_on(struct preparation *preparation);

static void finish(struct preparation *preparation, enum status status, const char *message)
{
    struct preparation done = *preparation;
    free(preparation);
    done.on_done(status, message, done.user);
}

static void finish_fault(struct preparation *preparation, enum status status,
                         const struct fault *fault)
{
    finish(preparation, status, fault->text[0] != '\0' ? fault->text : status_name(status));
}

/* ---- values in, values out --------------------------------------------------------------- */

static const char *text_of(const struct preparation *preparation, const char *name)
{
    const struct value *found = value_find(preparation->input, value_text(name));
    if (found == NULL || found->kind != VALUE_STRING)
        return "";
    const char *text = arena_copy(preparation->plan->arena, found->as.text, found->size);
    return text != NULL ? text : "";
}

static int64_t int_of(const struct preparation *preparation, const char *name)
{
    const struct value *found = value_find(preparation->input, value_text(name));
    return found != NULL && found->kind == VALUE_INT ? found->as.integer : 0;
}

static struct value find_in(struct value map, const char *name)
{
    const struct value *found = map.kind == VALUE_MAP ? value_find(map, value_text(name)) : NULL;
    return found != NULL ? *found : value_null();
}

#define ENTRY(name, item)                                                                          \
    {                                                                                              \
        value_text(name), item                                                                     \
    }
#define MAP_OF(entries) value_map(entries, COUNT_OF(entries))

static enum status add_write(struct preparation *preparation, const char *command,
                             const struct value_entry *entries, size_t count)
{
    return plan_add_write(preparation->plan, command, value_map(entries, count));
}

static enum status start_instance(struct preparation *preparation, const char *machine,
                                  const char *instance_id, struct value input)
{
    struct value_entry entries[] = {
        ENTRY("id", value_text(instance_id)),
        ENTRY("machine", value_text(machine)),
        ENTRY("input", input),
    };
    return add_write(preparation, "instance.start", entries, COUNT_OF(entries));
}

/* ---- tournament.announce ----------------------------------------------------------------- */

static enum status announce_division(struct preparation *preparation, const char *tournament,
                                     const char *policy, const struct format *format, size_t number,
                                     struct fault *out_fault)
{
    const struct format_division *division = &format->divisions[number - 1];
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
        ENTRY("rated", value_bool(game->rated)),
        ENTRY("rating_policy", value_text(game->rating_policy)),
        ENTRY("rating_pool", value_text(game->rating_pool)),
    };
    struct value_entry row[] = {
        ENTRY("id", value_text(division_id)),         ENTRY("tournament", value_text(tournament)),
        ENTRY("number", value_int((int64_t)number)),  ENTRY("name", value_text(division->name)),
        ENTRY("rounds", value_int(division->rounds)), ENTRY("request", MAP_OF(request)),
        ENTRY("settings", value_text(policy)),
    };
    struct value_entry input[] = {
        ENTRY("tournament", value_text(owner)),
        ENTRY("tournament_id", value_text(tournament)),
        ENTRY("division_id", value_text(division_id)),
        ENTRY("rounds", value_int(division->rounds)),
        ENTRY("pairing", value_text(division->is_paired_by_director ? "manual" : "policy")),
        ENTRY("next_round",
              value_text(division->is_advanced_by_director ? "director" : "automatic")),
    };
    struct value maps[] = {MAP_OF(input), value_null()};
    struct value all;
    enum status status = add_write(preparation, "division.create", row, COUNT_OF(row));
    if (status == STATUS_OK)
        status = event_division_input(arena, format, division, &maps[1], out_fault);
    if (status == STATUS_OK)
        status = event_input_merge(arena, maps, COUNT_OF(maps), &all);
    if (status != STATUS_OK)
        return status;
    return start_instance(preparation, "division", instance_id, all);
}

static enum status announce(struct preparation *preparation, struct fault *out_fault)
{
    struct arena *arena = preparation->plan->arena;
    const char *tournament = text_of(preparation, "tournament");
    const char *policy = text_of(preparation, "policy");
    struct yaml_faults faults = {.arena = arena};
    const struct format *format = NULL;
    enum status status = format_read(arena, policy, strlen(policy), &faults, &format);
    if (status != STATUS_OK) {
        yaml_first_error(&faults, out_fault);
        return status;
    }
    int64_t begins_ms = 0;
    format = event_format_at(arena, format, text_of(preparation, "start"));
    status = format != NULL ? event_begins_at(format, &begins_ms, out_fault) : STATUS_FULL;
    if (status != STATUS_OK)
        return status;
    char hash[FORMAT_HASH_TEXT_SIZE];
    format_hash_text(policy, strlen(policy), hash);
    struct value_entry row[] = {
        ENTRY("id", value_text(tournament)),
        ENTRY("name", value_text(text_of(preparation, "name"))),
        ENTRY("policy", value_text(format->name)),
        ENTRY("policy_hash", value_text(hash)),
        ENTRY("settings", value_text(policy)),
        ENTRY("director", value_text(text_of(preparation, "actor"))),
        ENTRY("created_at", value_timestamp_ms(preparation->plan->now_ms)),
        ENTRY("starts_at", value_timestamp_ms(begins_ms)),
    };
    status = add_write(preparation, "tournament.create", row, COUNT_OF(row));
    for (size_t i = 0; status == STATUS_OK && i < format->division_count; i++)
        status = announce_division(preparation, tournament, policy, format, i + 1, out_fault);
    return status;
}

static bool start_announce(struct preparation *preparation)
{
    struct fault fault = {0};
    enum status status = announce(preparation, &fault);
    if (status == STATUS_OK)
        return true;
    finish_fault(preparation, status, &fault);
    return false;
}

/* ---- telling ----------------------------------------------------------------------------- */

/* The id tells this telling from the same word at another time. */
static const char *telling_id(const struct plan *plan, const char *event, const char *to)
{
    return arena_format(plan->arena, "%s/%s/%" PRId64 "/%s", plan->instance_id, event, plan->now_ms,
                        to);
}

/* ---- policy.change ----------------------------------------------------------------------- */

/* Both versions and what differs; a change that may not be made now is a fault. */
static enum status compare_policies(struct preparation *preparation,
                                    const Arbiter__V1__Tournament *tournament,
                                    const struct format **out_format, struct fault *out_fault)
{
    struct arena *arena = preparation->plan->arena;
    const char *text = text_of(preparation, "policy");
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
    *out_format = after;
    return STATUS_OK;
}

static enum status tell_policy(struct preparation *preparation, const struct format *format,
                               const Arbiter__V1__Division *division, struct fault *out_fault)
{
    struct plan *plan = preparation->plan;
    const struct format_division *found = format_find_division(format, division->name);
    if (found == NULL)
        return fault_set(out_fault, 0, 0, "the new policy has no division '%s'", division->name);
    struct value_entry own[] = {
        ENTRY("settings", value_text(text_of(preparation, "policy"))),
        ENTRY("rounds", value_int(found->rounds)),
    };
    struct value maps[] = {MAP_OF(own), value_null()};
    struct value data;
    enum status status = event_division_input(plan->arena, format, found, &maps[1], out_fault);
    if (status == STATUS_OK)
        status = event_input_merge(plan->arena, maps, COUNT_OF(maps), &data);
    const char *to = arena_format(plan->arena, "division:%s", division->division_id);
    const char *event_id = to != NULL ? telling_id(plan, "policy.changed", to) : NULL;
    if (status == STATUS_OK && event_id == NULL)
        status = STATUS_FULL;
    return status == STATUS_OK ? plan_add_send(plan, to, event_id, "policy.changed", &data)
                               : status;
}

static void on_tournament_to_change(const struct bus_answer *answer, void *user)
{
    struct preparation *preparation = user;
    struct fault fault = {0};
    const struct format *format = NULL;
    if (answer->status != STATUS_OK) {
        finish(preparation, answer->status, answer->message);
        return;
    }
    const Arbiter__V1__Tournament *tournament =
        ((const Arbiter__V1__GetTournamentReply *)answer->output)->tournament;
    struct value_entry row[] = {
        ENTRY("id", value_text(tournament->tournament_id)),
        ENTRY("settings", value_text(text_of(preparation, "policy"))),
    };
    enum status status = compare_policies(preparation, tournament, &format, &fault);
    if (status == STATUS_OK)
        status = add_write(preparation, "tournament.update", row, COUNT_OF(row));
    for (size_t i = 0; status == STATUS_OK && i < tournament->n_divisions; i++)
        status = tell_policy(preparation, format, tournament->divisions[i], &fault);
    if (status == STATUS_OK)
        go_on(preparation);
    else
        finish_fault(preparation, status, &fault);
}

/* ---- divisions.begin, divisions.cancel --------------------------------------------------- */

static enum status send_to_divisions(struct preparation *preparation,
                                     const Arbiter__V1__Tournament *tournament, const char *event)
{
    struct plan *plan = preparation->plan;
    for (size_t i = 0; i < tournament->n_divisions; i++) {
        const char *division_id = tournament->divisions[i]->division_id;
        const char *to = arena_format(plan->arena, "division:%s", division_id);
        const char *event_id = to != NULL ? telling_id(plan, event, to) : NULL;
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
        finish(preparation, answer->status, answer->message);
        return;
    }
    const Arbiter__V1__GetTournamentReply *reply =
        (const Arbiter__V1__GetTournamentReply *)answer->output;
    enum status status = send_to_divisions(preparation, reply->tournament, event);
    if (status == STATUS_OK)
        go_on(preparation);
    else
        finish(preparation, status, status_name(status));
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
    on_tournament(answer, user, text_of(user, "event"));
}

static bool ask_tournament(struct preparation *preparation, bus_on_answer on_answer)
{
    Arbiter__V1__GetTournamentRequest request = ARBITER__V1__GET_TOURNAMENT_REQUEST__INIT;
    request.tournament_id = (char *)text_of(preparation, "tournament");
    bus_call(preparation->context->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetTournament",
                                .input = &request.base},
             on_answer, preparation);
    return false;
}

static bool start_begin(struct preparation *preparation)
{
    return ask_tournament(preparation, on_tournament_to_begin);
}

static bool start_cancel(struct preparation *preparation)
{
    return ask_tournament(preparation, on_tournament_to_cancel);
}

static bool start_change_policy(struct preparation *preparation)
{
    return ask_tournament(preparation, on_tournament_to_change);
}

static bool start_tell_divisions(struct preparation *preparation)
{
    return ask_tournament(preparation, on_tournament_to_tell);
}

/* ---- boards.start, boards.void ----------------------------------------------------------- */

static const char *board_instance(struct arena *arena, const Arbiter__V1__Division *division,
                                  const Arbiter__V1__BoardPairing *pairing)
{
    return arena_format(arena, "board:%s-r%d-b%d", division->division_id, pairing->round,
                        pairing->board);
}

static enum status start_board(struct preparation *preparation,
                               const Arbiter__V1__Division *division, struct value common,
                               const Arbiter__V1__BoardPairing *pairing)
{
    struct arena *arena = preparation->plan->arena;
    const char *instance_id = board_instance(arena, division, pairing);
    if (instance_id == NULL)
        return STATUS_FULL;
    struct value_entry input[] = {
        ENTRY("division", value_text(preparation->plan->instance_id)),
        ENTRY("tournament_id", value_text(division->tournament_id)),
        ENTRY("division_id", value_text(division->division_id)),
        ENTRY("round", value_int(pairing->round)),
        ENTRY("board", value_int(pairing->board)),
        ENTRY("first", value_text(pairing->first)),
        ENTRY("second", value_text(pairing->second)),
    };
    struct value maps[] = {common, MAP_OF(input)};
    struct value all;
    enum status status = event_input_merge(arena, maps, COUNT_OF(maps), &all);
    return status == STATUS_OK ? start_instance(preparation, "board", instance_id, all) : status;
}

/* What all boards of the division have in common: the game, and what the policy says of players who
 * do not come. */
static enum status board_input(struct arena *arena, const Arbiter__V1__Division *division,
                               struct value *out_common)
{
    struct value request;
    struct value maps[2];
    const struct format *format = NULL;
    struct yaml_faults faults = {.arena = arena};
    enum status status =
        format_read(arena, division->settings, strlen(division->settings), &faults, &format);
    const struct format_division *found =
        status == STATUS_OK ? format_find_division(format, division->name) : NULL;
    if (found == NULL)
        return STATUS_DATA_LOSS;
    status = reflect_to_value(arena, &division->request->base, &request);
    struct value_entry entry[] = {ENTRY("request", request)};
    maps[0] = MAP_OF(entry);
    if (status == STATUS_OK)
        status = event_board_input(arena, format, found, &maps[1]);
    return status == STATUS_OK ? event_input_merge(arena, maps, COUNT_OF(maps), out_common)
                               : status;
}

static enum status start_boards(struct preparation *preparation,
                                const Arbiter__V1__Division *division)
{
    struct value common;
    enum status status = board_input(preparation->plan->arena, division, &common);
    for (size_t i = 0; status == STATUS_OK && i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *pairing = division->pairings[i];
        if (strcmp(pairing->kind, "game") == 0 && strcmp(pairing->status, "paired") == 0)
            status = start_board(preparation, division, common, pairing);
    }
    return status;
}

/* Boards of the round that have no result yet are told something. */
static enum status tell_boards(struct preparation *preparation,
                               const Arbiter__V1__Division *division, const char *event)
{
    struct plan *plan = preparation->plan;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *pairing = division->pairings[i];
        if (strcmp(pairing->kind, "game") != 0 || strcmp(pairing->status, "final") == 0 ||
            strcmp(pairing->status, "void") == 0)
            continue;
        const char *to = board_instance(plan->arena, division, pairing);
        const char *event_id = to != NULL ? telling_id(plan, event, to) : NULL;
        status = event_id != NULL ? plan_add_send(plan, to, event_id, event, NULL) : STATUS_FULL;
    }
    return status;
}

static enum status void_boards(struct preparation *preparation,
                               const Arbiter__V1__Division *division)
{
    return tell_boards(preparation, division, "director.void");
}

static enum status tell_event_to_boards(struct preparation *preparation,
                                        const Arbiter__V1__Division *division)
{
    return tell_boards(preparation, division, text_of(preparation, "event"));
}

static void on_round(const struct bus_answer *answer, struct preparation *preparation,
                     enum status (*handle)(struct preparation *preparation,
                                           const Arbiter__V1__Division *division))
{
    if (answer->status != STATUS_OK) {
        finish(preparation, answer->status, answer->message);
        return;
    }
    const Arbiter__V1__GetDivisionReply *reply =
        (const Arbiter__V1__GetDivisionReply *)answer->output;
    enum status status =
        reply->division->request != NULL ? handle(preparation, reply->division) : STATUS_DATA_LOSS;
    if (status == STATUS_OK)
        go_on(preparation);
    else
        finish(preparation, status, status_name(status));
}

static void on_round_to_start(const struct bus_answer *answer, void *user)
{
    on_round(answer, user, start_boards);
}

static void on_round_to_void(const struct bus_answer *answer, void *user)
{
    on_round(answer, user, void_boards);
}

static void on_round_to_tell(const struct bus_answer *answer, void *user)
{
    on_round(answer, user, tell_event_to_boards);
}

static bool ask_round(struct preparation *preparation, bus_on_answer on_answer)
{
    Arbiter__V1__GetDivisionRequest request = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    request.division_id = (char *)text_of(preparation, "division");
    request.round = (int32_t)int_of(preparation, "round");
    bus_call(preparation->context->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetDivision",
                                .input = &request.base},
             on_answer, preparation);
    return false;
}

static bool start_start_boards(struct preparation *preparation)
{
    return ask_round(preparation, on_round_to_start);
}

static bool start_void_boards(struct preparation *preparation)
{
    return ask_round(preparation, on_round_to_void);
}

static bool start_tell_boards(struct preparation *preparation)
{
    return ask_round(preparation, on_round_to_tell);
}

/* ---- boards.follow ----------------------------------------------------------------------- */

static const char *text_in(const struct preparation *preparation, struct value map,
                           const char *name)
{
    struct value found = find_in(map, name);
    const char *text = found.kind == VALUE_STRING
                           ? arena_copy(preparation->plan->arena, found.as.text, found.size)
                           : "";
    return text != NULL ? text : "";
}

static int64_t int_in(struct value map, const char *name)
{
    struct value found = find_in(map, name);
    return found.kind == VALUE_INT ? found.as.integer : 0;
}

static enum status tell_seat(struct preparation *preparation, const char *to, const char *event,
                             const struct value *data)
{
    struct plan *plan = preparation->plan;
    const char *event_id = to != NULL ? telling_id(plan, event, to) : NULL;
    return event_id != NULL ? plan_add_send(plan, to, event_id, event, data) : STATUS_FULL;
}

/* A new board begins; one whose players have changed is told who they are. */
static enum status follow_row(struct preparation *preparation,
                              const Arbiter__V1__Division *division, struct value common,
                              struct value row)
{
    Arbiter__V1__BoardPairing pairing = ARBITER__V1__BOARD_PAIRING__INIT;
    pairing.round = (int32_t)int_of(preparation, "round");
    pairing.board = (int32_t)int_in(row, "board");
    pairing.first = (char *)text_in(preparation, row, "first");
    pairing.second = (char *)text_in(preparation, row, "second");
    if (pairing.second[0] == '\0')
        return STATUS_OK;
    if (int_in(row, "version") == 0)
        return start_board(preparation, division, common, &pairing);
    struct value_entry seats[] = {
        ENTRY("first", value_text(pairing.first)),
        ENTRY("second", value_text(pairing.second)),
    };
    struct value data = MAP_OF(seats);
    return tell_seat(preparation, board_instance(preparation->plan->arena, division, &pairing),
                     "director.reseat", &data);
}

static enum status follow_removal(struct preparation *preparation,
                                  const Arbiter__V1__Division *division, struct value row)
{
    Arbiter__V1__BoardPairing pairing = ARBITER__V1__BOARD_PAIRING__INIT;
    pairing.round = (int32_t)int_of(preparation, "round");
    pairing.board = (int32_t)int_in(row, "board");
    return tell_seat(preparation, board_instance(preparation->plan->arena, division, &pairing),
                     "director.drop", NULL);
}

static enum status follow_seats(struct preparation *preparation,
                                const Arbiter__V1__Division *division)
{
    struct value common;
    struct value rows = find_in(preparation->input, "rows");
    struct value removed = find_in(preparation->input, "removed");
    enum status status = board_input(preparation->plan->arena, division, &common);
    for (size_t i = 0; status == STATUS_OK && rows.kind == VALUE_LIST && i < rows.size; i++)
        status = follow_row(preparation, division, common, rows.as.items[i]);
    for (size_t i = 0; status == STATUS_OK && removed.kind == VALUE_LIST && i < removed.size; i++)
        status = follow_removal(preparation, division, removed.as.items[i]);
    return status;
}

static void on_round_to_follow(const struct bus_answer *answer, void *user)
{
    on_round(answer, user, follow_seats);
}

static bool start_follow(struct preparation *preparation)
{
    return ask_round(preparation, on_round_to_follow);
}

/* ---- entrant.invited --------------------------------------------------------------------- */

static bool is_invited(const struct format *format, const char *player)
{
    for (size_t i = 0; i < format->entry.invited.count; i++)
        if (strcmp(format->entry.invited.items[i], player) == 0)
            return true;
    return false;
}

static void on_division_to_enter(const struct bus_answer *answer, void *user)
{
    struct preparation *preparation = user;
    struct arena *arena = preparation->plan->arena;
    if (answer->status != STATUS_OK) {
        finish(preparation, answer->status, answer->message);
        return;
    }
    const Arbiter__V1__Division *division =
        ((const Arbiter__V1__GetDivisionReply *)answer->output)->division;
    const struct format *format = NULL;
    struct yaml_faults faults = {.arena = arena};
    if (format_read(arena, division->settings, strlen(division->settings), &faults, &format) !=
        STATUS_OK)
        finish(preparation, STATUS_DATA_LOSS, "the division's policy cannot be read");
    else if (!is_invited(format, text_of(preparation, "player")))
        finish(preparation, STATUS_FAILED_PRECONDITION, "this event is for invited players");
    else
        go_on(preparation);
}

static bool start_invited(struct preparation *preparation)
{
    return ask_round(preparation, on_division_to_enter);
}

/* ---- rating.update ----------------------------------------------------------------------- */

static struct rating_game game_of(const struct preparation *preparation)
{
    const char *winner = text_of(preparation, "winner");
    struct rating_game game = {
        .end = rating_end_of(text_of(preparation, "reason")),
        .has_scores = true,
        .scores = {(int32_t)int_of(preparation, "first_score"),
                   (int32_t)int_of(preparation, "second_score")},
        .ended_at_ms = preparation->plan->now_ms,
        .winner = RATING_WINNER_NONE,
    };
    if (strcmp(winner, text_of(preparation, "first")) == 0)
        game.winner = RATING_WINNER_FIRST;
    else if (strcmp(winner, text_of(preparation, "second")) == 0)
        game.winner = RATING_WINNER_SECOND;
    return game;
}

static enum status find_policy(const struct preparation *preparation,
                               const struct rating_policy **out_policy, struct fault *out_fault)
{
    struct value request = find_in(preparation->input, "request");
    struct value name = find_in(request, "rating_policy");
    const char *text = name.kind == VALUE_STRING && name.size > 0
                           ? arena_copy(preparation->plan->arena, name.as.text, name.size)
                           : "glicko2";
    if (text == NULL)
        return STATUS_FULL;
    *out_policy = ratings_shelf_find(preparation->context->ratings, text);
    if (*out_policy == NULL)
        return fault_set(out_fault, 0, 0, "there is no rating policy '%s'", text);
    return STATUS_OK;
}

static enum status state_of(const Arbiter__V1__Rating *row, const struct rating_policy *policy,
                            struct rating_state *out_state)
{
    if (row->version != 0)
        return rating_state_read(row->state, out_state);
    *out_state = rating_initial(policy);
    return STATUS_OK;
}

static enum status set_rating(struct preparation *preparation, const Arbiter__V1__Rating *row,
                              const struct rating_state *before, const struct rating_state *after,
                              int64_t rated_at_ms)
{
    struct plan *plan = preparation->plan;
    char state[RATING_STATE_TEXT_SIZE];
    char state_before[RATING_STATE_TEXT_SIZE];
    rating_state_write(after, state);
    rating_state_write(before, state_before);
    struct value_entry entries[] = {
        ENTRY("player", value_text(row->player_id)),
        ENTRY("pool", value_text(row->pool)),
        ENTRY("expected_version", value_int(row->version)),
        ENTRY("rating", value_double(after->rating)),
        ENTRY("deviation", value_double(after->deviation)),
        ENTRY("volatility", value_double(after->volatility)),
        ENTRY("games", value_int(after->games)),
        ENTRY("rated_at", value_timestamp_ms(rated_at_ms)),
        ENTRY("state", value_text(state)),
        ENTRY("game", value_text(text_of(preparation, "game"))),
        ENTRY("change", value_double(after->rating - before->rating)),
        ENTRY("state_before", value_text(state_before)),
    };
    struct value_entry event[] = {
        ENTRY("player_id", value_text(row->player_id)),
        ENTRY("pool", value_text(row->pool)),
        ENTRY("rating", value_double(after->rating)),
        ENTRY("change", value_double(after->rating - before->rating)),
        ENTRY("game_id", value_text(text_of(preparation, "game"))),
    };
    enum status status = add_write(preparation, "rating.set", entries, COUNT_OF(entries));
    struct value data = MAP_OF(event);
    struct fault fault;
    return status == STATUS_OK ? plan_add_event(plan, "user.rated", &data, &fault) : status;
}

static enum status rate(struct preparation *preparation, const Arbiter__V1__GetRatingsReply *reply,
                        struct fault *out_fault)
{
    const struct rating_policy *policy = NULL;
    struct rating_state before[2];
    struct rating_state after[2];
    struct rating_game game = game_of(preparation);
    if (reply->n_ratings != 2)
        return STATUS_DATA_LOSS;
    enum status status = find_policy(preparation, &policy, out_fault);
    for (int i = 0; status == STATUS_OK && i < 2; i++)
        status = state_of(reply->ratings[i], policy, &before[i]);
    if (status != STATUS_OK)
        return status;
    /* A player's history never runs back, though the clock may: corrections go by its times. */
    for (int i = 0; i < 2; i++)
        if (reply->ratings[i]->version != 0 && reply->ratings[i]->rated_at_ms > game.ended_at_ms)
            game.ended_at_ms = reply->ratings[i]->rated_at_ms;
    if (rating_rate_game(policy, before, &game, after) != RATING_RATED)
        return STATUS_OK; /* an ordinary outcome: nothing to write */
    for (int i = 0; status == STATUS_OK && i < 2; i++)
        status =
            set_rating(preparation, reply->ratings[i], &before[i], &after[i], game.ended_at_ms);
    return status;
}

static void on_ratings(const struct bus_answer *answer, void *user)
{
    struct preparation *preparation = user;
    struct fault fault = {0};
    if (answer->status != STATUS_OK) {
        finish(preparation, answer->status, answer->message);
        return;
    }
    enum status status =
        rate(preparation, (const Arbiter__V1__GetRatingsReply *)answer->output, &fault);
    if (status == STATUS_OK)
        go_on(preparation);
    else
        finish_fault(preparation, status, &fault);
}

/* The pool a game counts for: named, or rules and variant, so that different games never mix. */
static const char *pool_of(const struct preparation *preparation)
{
    struct value request = find_in(preparation->input, "request");
    struct value pool = find_in(request, "rating_pool");
    struct value rules = find_in(request, "rules");
    if (pool.kind == VALUE_STRING && pool.size > 0)
        return arena_copy(preparation->plan->arena, pool.as.text, pool.size);
    if (rules.kind == VALUE_STRING && rules.size > 0)
        return arena_copy(preparation->plan->arena, rules.as.text, rules.size);
    return "default";
}

static bool start_rating(struct preparation *preparation)
{
    Arbiter__V1__GetRatingsRequest request = ARBITER__V1__GET_RATINGS_REQUEST__INIT;
    char *players[] = {(char *)text_of(preparation, "first"),
                       (char *)text_of(preparation, "second")};
    request.player_ids = players;
    request.n_player_ids = COUNT_OF(players);
    request.pool = (char *)pool_of(preparation);
    bus_call(preparation->context->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetRatings",
                                .input = &request.base},
             on_ratings, preparation);
    return false;
}

/* ---- rating.correct ---------------------------------------------------------------------- */

enum { RATED_PAGE = 400 };

/* A board's game whose result is amended: it is rated again, and all that follows from it. */
struct correction {
    struct preparation *preparation;
    const Arbiter__V1__BoardPairing *row;
    struct rating_verdict verdict;
    struct plan_list rows; /* Arbiter__V1__RatedRow */
};

static enum status add_revision(struct preparation *preparation, const char *pool,
                                const struct rating_revision *revision)
{
    char state_before[RATING_STATE_TEXT_SIZE];
    rating_state_write(&revision->before, state_before);
    struct value_entry entries[] = {
        ENTRY("player", value_text(revision->player)),
        ENTRY("pool", value_text(pool)),
        ENTRY("game", value_text(revision->game_id)),
        ENTRY("rating", value_double(revision->after.rating)),
        ENTRY("deviation", value_double(revision->after.deviation)),
        ENTRY("change", value_double(revision->after.rating - revision->before.rating)),
        ENTRY("state_before", value_text(state_before)),
    };
    return add_write(preparation, "rating.revise", entries, COUNT_OF(entries));
}

/* The rating as it is now takes a version of its own, so that a game which ends meanwhile is rated
 * from it. */
static enum status add_corrected(struct preparation *preparation, const char *pool,
                                 const struct rating_corrected *player)
{
    char state[RATING_STATE_TEXT_SIZE];
    rating_state_write(&player->state, state);
    struct value_entry entries[] = {
        ENTRY("player", value_text(player->player)),
        ENTRY("pool", value_text(pool)),
        ENTRY("expected_version", value_int(player->version)),
        ENTRY("rating", value_double(player->state.rating)),
        ENTRY("deviation", value_double(player->state.deviation)),
        ENTRY("volatility", value_double(player->state.volatility)),
        ENTRY("games", value_int(player->state.games)),
        ENTRY("rated_at", value_timestamp_ms(preparation->plan->now_ms)),
        ENTRY("state", value_text(state)),
        ENTRY("change", value_double(player->state.rating - player->rating)),
    };
    struct value_entry event[] = {
        ENTRY("player_id", value_text(player->player)),
        ENTRY("pool", value_text(pool)),
        ENTRY("rating", value_double(player->state.rating)),
        ENTRY("change", value_double(player->state.rating - player->rating)),
    };
    enum status status = add_write(preparation, "rating.set", entries, COUNT_OF(entries));
    struct value data = MAP_OF(event);
    struct fault fault;
    return status == STATUS_OK ? plan_add_event(preparation->plan, "user.rated", &data, &fault)
                               : status;
}

static enum status add_amended_game(struct correction *correction)
{
    struct value_entry entries[] = {
        ENTRY("game", value_text(correction->verdict.game_id)),
        ENTRY("winner", value_text(correction->verdict.winner)),
        ENTRY("first_score", value_int(correction->verdict.scores[0])),
        ENTRY("second_score", value_int(correction->verdict.scores[1])),
        ENTRY("reason", value_text(correction->verdict.reason)),
        ENTRY("decided_by", value_text("director")),
    };
    return add_write(correction->preparation, "game.amend", entries, COUNT_OF(entries));
}

static enum status correct(struct correction *correction, struct fault *out_fault)
{
    struct preparation *preparation = correction->preparation;
    Arbiter__V1__RatedRow **rows = (Arbiter__V1__RatedRow **)correction->rows.items;
    struct rating_correction result;
    const struct rating_policy *policy = NULL;
    if (correction->rows.count == 0)
        return STATUS_OK; /* the game was not rated: a director's result is not */
    const Arbiter__V1__RatedRow *own = NULL;
    for (size_t i = 0; i < correction->rows.count; i++)
        if (strcmp(rows[i]->game_id, correction->verdict.game_id) == 0)
            own = rows[i];
    if (own == NULL || own->request == NULL)
        return STATUS_DATA_LOSS;
    const char *name = own->request->rating_policy;
    policy = ratings_shelf_find(preparation->context->ratings, name[0] != '\0' ? name : "glicko2");
    if (policy == NULL)
        return fault_set(out_fault, 0, 0, "there is no rating policy '%s'", name);
    if (correction->verdict.reason == NULL)
        correction->verdict.reason = own->reason;
    enum status status =
        rating_correct(preparation->plan->arena, policy, rows, correction->rows.count,
                       &correction->verdict, &result, out_fault);
    for (size_t i = 0; status == STATUS_OK && i < result.revision_count; i++)
        status = add_revision(preparation, own->pool, &result.revisions[i]);
    for (size_t i = 0; status == STATUS_OK && i < result.player_count; i++)
        status = add_corrected(preparation, own->pool, &result.players[i]);
    return status == STATUS_OK ? add_amended_game(correction) : status;
}

static void ask_rated(struct correction *correction);

static void on_rated(const struct bus_answer *answer, void *user)
{
    struct correction *correction = user;
    struct preparation *preparation = correction->preparation;
    struct fault fault = {0};
    if (answer->status != STATUS_OK) {
        finish(preparation, answer->status, answer->message);
        return;
    }
    const Arbiter__V1__ListRatedReply *reply = (const Arbiter__V1__ListRatedReply *)answer->output;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < reply->n_rows; i++)
        status = plan_push(preparation->plan->arena, &correction->rows,
                           plan_copy(preparation->plan->arena, &reply->rows[i]->base));
    if (status == STATUS_OK && reply->n_rows == RATED_PAGE &&
        correction->rows.count < RATING_CORRECTION_ROWS_MAX) {
        ask_rated(correction);
        return;
    }
    if (status == STATUS_OK)
        status = correct(correction, &fault);
    if (status == STATUS_OK)
        go_on(preparation);
    else
        finish_fault(preparation, status, &fault);
}

static void ask_rated(struct correction *correction)
{
    Arbiter__V1__ListRatedRequest request = ARBITER__V1__LIST_RATED_REQUEST__INIT;
    request.game_id = (char *)correction->verdict.game_id;
    request.limit = RATED_PAGE;
    request.offset = (int64_t)correction->rows.count;
    bus_call(correction->preparation->context->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "ListRated",
                                .input = &request.base},
             on_rated, correction);
}

/* What the director's outcome is to the game. */
static void judge_row(struct correction *correction)
{
    struct preparation *preparation = correction->preparation;
    const char *outcome = text_of(preparation, "outcome");
    correction->verdict = (struct rating_verdict){
        .game_id = correction->row->game_id,
        .winner = strcmp(outcome, "first") == 0    ? correction->row->first
                  : strcmp(outcome, "second") == 0 ? correction->row->second
                                                   : "",
        .scores = {(int32_t)int_of(preparation, "first_score"),
                   (int32_t)int_of(preparation, "second_score")},
        .reason = strcmp(outcome, "double_forfeit") == 0 ? "forfeit" : NULL,
    };
}

static void on_row_to_correct(const struct bus_answer *answer, void *user)
{
    struct preparation *preparation = user;
    struct correction *correction = arena_alloc(preparation->plan->arena, sizeof *correction);
    if (answer->status != STATUS_OK || correction == NULL) {
        finish(preparation, answer->status != STATUS_OK ? answer->status : STATUS_FULL,
               answer->status != STATUS_OK ? answer->message : "the step is too large");
        return;
    }
    const Arbiter__V1__Division *division =
        ((const Arbiter__V1__GetDivisionReply *)answer->output)->division;
    correction->preparation = preparation;
    for (size_t i = 0; i < division->n_pairings; i++)
        if (division->pairings[i]->board == int_of(preparation, "board"))
            correction->row = plan_copy(preparation->plan->arena, &division->pairings[i]->base);
    if (correction->row == NULL || correction->row->game_id[0] == '\0') {
        go_on(preparation); /* no game, no rating */
        return;
    }
    judge_row(correction);
    ask_rated(correction);
}

static bool start_correct(struct preparation *preparation)
{
    return ask_round(preparation, on_row_to_correct);
}

/* ---- conduct.judge, conduct.appeal ------------------------------------------------------- */

static void on_conduct(const struct bus_answer *answer, struct preparation *preparation,
                       enum conduct_action action)
{
    struct fault fault = {0};
    if (answer->status != STATUS_OK) {
        finish(preparation, answer->status, answer->message);
        return;
    }
    enum status status =
        conduct_plan(preparation->plan, preparation->context->conduct, action, preparation->input,
                     (const Arbiter__V1__GetConductReply *)answer->output, &fault);
    if (status == STATUS_OK)
        go_on(preparation);
    else
        finish_fault(preparation, status, &fault);
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
    request.player_id = (char *)text_of(preparation, "player");
    bus_call(preparation->context->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetConduct",
                                .input = &request.base},
             on_answer, preparation);
    return false;
}

static bool start_judge(struct preparation *preparation)
{
    return ask_conduct(preparation, on_conduct_to_judge);
}

static bool start_appeal(struct preparation *preparation)
{
    return ask_conduct(preparation, on_conduct_to_appeal);
}

/* ---- notify.player -----------------------------------------------------------------------------
 */

static bool start_notify(struct preparation *preparation)
{
    struct fault fault = {0};
    struct value_entry entries[] = {
        ENTRY("player_id", value_text(text_of(preparation, "player"))),
        ENTRY("text", value_text(text_of(preparation, "text"))),
        ENTRY("about", value_text(preparation->plan->instance_id)),
    };
    struct value data = MAP_OF(entries);
    enum status status = plan_add_event(preparation->plan, "user.notified", &data, &fault);
    if (status == STATUS_OK)
        return true;
    finish_fault(preparation, status, &fault);
    return false;
}

/* ---- the table --------------------------------------------------------------------------- */

#define FIELD(field, text)                                                                         \
    {                                                                                              \
        .name = field, .type = text, .is_required = true                                           \
    }

static const struct fsm_field announce_input[] = {
    FIELD("tournament", "string"), FIELD("name", "string"), FIELD("policy", "string"),
    FIELD("actor", "string"), FIELD("start", "string")};
static const struct fsm_field tournament_input[] = {FIELD("tournament", "string")};
static const struct fsm_field change_policy_input[] = {FIELD("tournament", "string"),
                                                       FIELD("policy", "string")};
static const struct fsm_field tell_divisions_input[] = {FIELD("tournament", "string"),
                                                        FIELD("event", "string")};
static const struct fsm_field tell_boards_input[] = {
    FIELD("division", "string"), FIELD("round", "int"), FIELD("event", "string")};
static const struct fsm_field round_input[] = {FIELD("division", "string"), FIELD("round", "int")};
static const struct fsm_field invited_input[] = {FIELD("division", "string"),
                                                 FIELD("player", "string")};
static const struct fsm_field judge_input[] = {FIELD("player", "string"), FIELD("policy", "string"),
                                               FIELD("game", "map(string, dyn)")};
static const struct fsm_field appeal_input[] = {
    FIELD("player", "string"), FIELD("policy", "string"), FIELD("game_id", "string")};
static const struct fsm_field follow_input[] = {FIELD("division", "string"), FIELD("round", "int"),
                                                FIELD("rows", "list(map(string, dyn))"),
                                                FIELD("removed", "list(map(string, dyn))")};
static const struct fsm_field correct_input[] = {
    FIELD("division", "string"), FIELD("round", "int"),       FIELD("board", "int"),
    FIELD("outcome", "string"),  FIELD("first_score", "int"), FIELD("second_score", "int")};
static const struct fsm_field notify_input[] = {FIELD("player", "string"), FIELD("text", "string")};
static const struct fsm_field rating_input[] = {
    FIELD("game", "string"),      FIELD("first", "string"),
    FIELD("second", "string"),    FIELD("request", "map(string, dyn)"),
    FIELD("winner", "string"),    FIELD("first_score", "int"),
    FIELD("second_score", "int"), FIELD("reason", "string"),
};

#define COMMAND_OF(text, fields)                                                                   \
    {                                                                                              \
        .name = text, .is_write = true, .input = fields, .input_count = COUNT_OF(fields)           \
    }

static const struct prepare_handler handlers[] = {
    {COMMAND_OF("tournament.announce", announce_input), start_announce},
    {COMMAND_OF("divisions.begin", tournament_input), start_begin},
    {COMMAND_OF("divisions.cancel", tournament_input), start_cancel},
    {COMMAND_OF("policy.change", change_policy_input), start_change_policy},
    {COMMAND_OF("divisions.tell", tell_divisions_input), start_tell_divisions},
    {COMMAND_OF("boards.tell", tell_boards_input), start_tell_boards},
    {COMMAND_OF("boards.start", round_input), start_start_boards},
    {COMMAND_OF("boards.void", round_input), start_void_boards},
    {COMMAND_OF("boards.follow", follow_input), start_follow},
    {COMMAND_OF("entrant.invited", invited_input), start_invited},
    {COMMAND_OF("rating.update", rating_input), start_rating},
    {COMMAND_OF("rating.correct", correct_input), start_correct},
    {COMMAND_OF("conduct.judge", judge_input), start_judge},
    {COMMAND_OF("conduct.appeal", appeal_input), start_appeal},
    {COMMAND_OF("notify.player", notify_input), start_notify},
};

static const struct prepare_handler *find_handler(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(handlers); i++)
        if (strcmp(handlers[i].command.name, name) == 0)
            return &handlers[i];
    return NULL;
}

const struct fsm_host_command *prepare_command(size_t index)
{
    return index < COUNT_OF(handlers) ? &handlers[index].command : NULL;
}

/* ---- walking the plan -------------------------------------------------------------------- */

/* Handles writes until one has to ask the store or all are done. */
static void go_on(struct preparation *preparation)
{
    struct plan *plan = preparation->plan;
    while (preparation->next < preparation->before.count) {
        Arbiter__V1__Write *write = preparation->before.items[preparation->next++];
        const struct prepare_handler *handler = find_handler(write->command);
        enum status status =
            handler != NULL ? value_codec_from_map(plan->arena, write->input, &preparation->input)
                            : plan_push(plan->arena, &plan->writes, write);
        if (status != STATUS_OK) {
            finish(preparation, status, status_name(status));
            return;
        }
        if (handler != NULL && !handler->start(preparation))
            return;
    }
    finish(preparation, STATUS_OK, NULL);
}

static bool needs_preparing(const struct plan *plan)
{
    for (size_t i = 0; i < plan->writes.count; i++)
        if (find_handler(((const Arbiter__V1__Write *)plan->writes.items[i])->command) != NULL)
            return true;
    return false;
}

bool prepare_plan(const struct prepare_context *context, struct plan *plan, prepare_on_done on_done,
                  void *user)
{
    if (!needs_preparing(plan))
        return true;
    struct preparation *preparation = calloc(1, sizeof *preparation);
    if (preparation == NULL) {
        on_done(STATUS_UNAVAILABLE, "out of memory; try again", user);
        return false;
    }
    *preparation = (struct preparation){
        .context = context, .plan = plan, .before = plan->writes, .on_done = on_done, .user = user};
    plan->writes = (struct plan_list){0};
    go_on(preparation);
    return false;
}
