/* Boards of a round: begun, voided, told, following who sits where. */
#include "orchestrator/prepare_private.h"

#include <string.h>

#include "orchestrator/event_input.h"
#include "orchestrator/format/format.h"
#include "proto/reflect.h"

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
    return status == STATUS_OK ? prepare_start_instance(preparation, "board", instance_id, all)
                               : status;
}

/* The game as the policy has it by now: it may have changed since the division was made. The
 * rules stay. */
static Arbiter__V1__GameRequest game_of(const Arbiter__V1__Division *division,
                                        const struct format *format, const struct format_game *game)
{
    Arbiter__V1__GameRequest request = *division->request;
    bool has_turns = game->clock == FORMAT_CLOCK_CORRESPONDENCE;
    request.variant = (char *)game->variant;
    request.lexicon = (char *)game->lexicon;
    request.challenge_rule = (char *)game->challenge_rule;
    request.clock = has_turns ? "correspondence" : "";
    request.initial_time_ms = (int32_t)game->initial_time_ms;
    request.increment_ms = (int32_t)game->increment_ms;
    request.overtime_ms = (int32_t)game->overtime_ms;
    request.time_bank_ms = game->time_bank_ms;
    request.start_within_ms = (int32_t)game->start_within_ms;
    request.rated = game->rated;
    request.rating_policy = (char *)game->rating_policy;
    request.rating_pool = (char *)game->rating_pool;
    request.conduct_policy = (char *)format->conduct.policy;
    return request;
}

/* What all boards of the division have in common: the game, and what the policy says of players who
 * do not come. */
static enum status board_input(struct preparation *preparation,
                               const Arbiter__V1__Division *division, struct value *out_common)
{
    struct arena *arena = preparation->plan->arena;
    int round = (int)prepare_int(preparation, "round");
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
    Arbiter__V1__GameRequest game = game_of(division, format, &found->game);
    status = reflect_to_value(arena, &game.base, &request);
    struct value_entry entry[] = {ENTRY("request", request)};
    maps[0] = MAP_OF(entry);
    if (status == STATUS_OK)
        status = event_board_input(arena, format, found, round, &maps[1]);
    return status == STATUS_OK ? event_input_merge(arena, maps, COUNT_OF(maps), out_common)
                               : status;
}

static enum status start_boards(struct preparation *preparation,
                                const Arbiter__V1__Division *division)
{
    struct value common;
    enum status status = board_input(preparation, division, &common);
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
        const char *event_id = to != NULL ? prepare_telling_id(plan, event, to) : NULL;
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
    return tell_boards(preparation, division, prepare_text(preparation, "event"));
}

static void on_round(const struct bus_answer *answer, struct preparation *preparation,
                     enum status (*handle)(struct preparation *preparation,
                                           const Arbiter__V1__Division *division))
{
    if (answer->status != STATUS_OK) {
        prepare_finish(preparation, answer->status, answer->message);
        return;
    }
    const Arbiter__V1__GetDivisionReply *reply =
        (const Arbiter__V1__GetDivisionReply *)answer->output;
    enum status status =
        reply->division->request != NULL ? handle(preparation, reply->division) : STATUS_DATA_LOSS;
    if (status == STATUS_OK)
        prepare_go_on(preparation);
    else
        prepare_finish(preparation, status, status_name(status));
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

bool prepare_ask_round(struct preparation *preparation, bus_on_answer on_answer)
{
    Arbiter__V1__GetDivisionRequest request = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    request.division_id = (char *)prepare_text(preparation, "division");
    request.round = (int32_t)prepare_int(preparation, "round");
    bus_call(preparation->context->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetDivision",
                                .input = &request.base},
             on_answer, preparation);
    return false;
}

bool prepare_start_boards(struct preparation *preparation)
{
    return prepare_ask_round(preparation, on_round_to_start);
}

bool prepare_void_boards(struct preparation *preparation)
{
    return prepare_ask_round(preparation, on_round_to_void);
}

bool prepare_tell_boards(struct preparation *preparation)
{
    return prepare_ask_round(preparation, on_round_to_tell);
}

/* ---- boards.follow ----------------------------------------------------------------------- */

static const char *text_in(const struct preparation *preparation, struct value map,
                           const char *name)
{
    struct value found = prepare_find(map, name);
    const char *text = found.kind == VALUE_STRING
                           ? arena_copy(preparation->plan->arena, found.as.text, found.size)
                           : "";
    return text != NULL ? text : "";
}

static int64_t int_in(struct value map, const char *name)
{
    struct value found = prepare_find(map, name);
    return found.kind == VALUE_INT ? found.as.integer : 0;
}

static enum status tell_seat(struct preparation *preparation, const char *to, const char *event,
                             const struct value *data)
{
    struct plan *plan = preparation->plan;
    const char *event_id = to != NULL ? prepare_telling_id(plan, event, to) : NULL;
    return event_id != NULL ? plan_add_send(plan, to, event_id, event, data) : STATUS_FULL;
}

/* A new board begins; one whose players have changed is told who they are. */
static enum status follow_row(struct preparation *preparation,
                              const Arbiter__V1__Division *division, struct value common,
                              struct value row)
{
    Arbiter__V1__BoardPairing pairing = ARBITER__V1__BOARD_PAIRING__INIT;
    pairing.round = (int32_t)prepare_int(preparation, "round");
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
    pairing.round = (int32_t)prepare_int(preparation, "round");
    pairing.board = (int32_t)int_in(row, "board");
    return tell_seat(preparation, board_instance(preparation->plan->arena, division, &pairing),
                     "director.drop", NULL);
}

static enum status follow_seats(struct preparation *preparation,
                                const Arbiter__V1__Division *division)
{
    struct value common;
    struct value rows = prepare_find(preparation->input, "rows");
    struct value removed = prepare_find(preparation->input, "removed");
    enum status status = board_input(preparation, division, &common);
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

bool prepare_follow(struct preparation *preparation)
{
    return prepare_ask_round(preparation, on_round_to_follow);
}
