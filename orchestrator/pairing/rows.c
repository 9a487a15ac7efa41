/* Reads a record into rows. */
#include "orchestrator/pairing/rows.h"

#include <string.h>

#include "orchestrator/record/record.h"

static enum pairing_result result_of(const struct record_result *result)
{
    switch ((enum record_kind)result->kind) {
    case RECORD_PLAYED:
        return result->outcome == RECORD_WIN    ? PAIRING_RESULT_WIN
               : result->outcome == RECORD_LOSS ? PAIRING_RESULT_LOSS
                                                : PAIRING_RESULT_DRAW;
    case RECORD_FORFEIT:
        return result->outcome == RECORD_WIN ? PAIRING_RESULT_FORFEIT_WIN
                                             : PAIRING_RESULT_FORFEIT_LOSS;
    case RECORD_BYE_PAIRING:
        return PAIRING_RESULT_BYE;
    case RECORD_BYE_FULL:
        return PAIRING_RESULT_FULL_BYE;
    case RECORD_BYE_HALF:
        return PAIRING_RESULT_HALF_BYE;
    case RECORD_BYE_ZERO:
    case RECORD_ABSENT:
        return PAIRING_RESULT_ZERO_BYE;
    case RECORD_NONE:
    case RECORD_PENDING:
        break;
    }
    return PAIRING_RESULT_OPEN;
}

static bool has_opponent(const struct record_result *result)
{
    return result->opponent != RECORD_NOBODY &&
           (result->kind == RECORD_PLAYED || result->kind == RECORD_FORFEIT ||
            result->kind == RECORD_PENDING);
}

/* One row a game, told by whoever moved first; where no side is known, by the lower index. */
static bool tells_game(const struct record_result *result, int player)
{
    if (result->side == RECORD_SIDE_NONE)
        return player < result->opponent;
    return result->side == RECORD_FIRST;
}

static int past_fill(const struct record *record, int rounds, struct pairing_past *out)
{
    int count = 0;
    for (int round = 1; round <= rounds; round++)
        for (int i = 0; i < record->player_count; i++) {
            const struct record_result *own = record_result(record, i, round);
            bool game = has_opponent(own);
            if (own->kind == RECORD_NONE || (game && !tells_game(own, i)))
                continue;
            struct pairing_past *past = &out[count++];
            *past = (struct pairing_past){.round_number = round,
                                          .first = i,
                                          .second = game ? own->opponent : PAIRING_NOBODY,
                                          .result_first = result_of(own),
                                          .score_first = own->own_score,
                                          .score_second = own->other_score};
            if (game)
                past->result_second = result_of(record_result(record, own->opponent, round));
        }
    return count;
}

static int spread_of(const struct record *record, int player, int rounds)
{
    int spread = 0;
    for (int round = 1; round <= rounds; round++) {
        const struct record_result *result = record_result(record, player, round);
        if (result->has_scores)
            spread += result->own_score - result->other_score;
    }
    return spread;
}

/* A class that is a number is that one; others are numbered as they come in the record. */
static int class_number_of(const struct record *record, int index)
{
    const char *name = record->players[index].class_id;
    int number = 0;
    int digits = 0;
    if (name[0] == '\0')
        return 0;
    for (; name[digits] >= '0' && name[digits] <= '9' && digits < 4; digits++)
        number = 10 * number + (name[digits] - '0');
    if (name[digits] == '\0')
        return number;
    number = 1;
    for (int i = 0; i < index && strcmp(record->players[i].class_id, name) != 0; i++) {
        int first = 0;
        while (strcmp(record->players[first].class_id, record->players[i].class_id) != 0)
            first++;
        number += first == i && record->players[i].class_id[0] != '\0';
    }
    return number;
}

static void player_fill(const struct record *record, int index, int rounds,
                        struct pairing_player *out)
{
    const struct record_player *row = &record->players[index];
    bool gone = row->withdrawn_after > 0 && row->withdrawn_after <= rounds;
    *out = (struct pairing_player){.id = row->number,
                                   .name = row->name,
                                   .seed = index + 1,
                                   .rating = row->rating,
                                   .class_number = class_number_of(record, index),
                                   .team = row->team == RECORD_NOBODY ? 0 : row->team + 1,
                                   .state = gone ? PAIRING_WITHDRAWN : PAIRING_ACTIVE,
                                   .points = record_points_x10(record, index, rounds),
                                   .spread = spread_of(record, index, rounds),
                                   .joined_round = row->entry_round};
    if (rounds + 1 <= record->round_capacity &&
        record_result(record, index, rounds + 1)->kind != RECORD_NONE && !gone)
        out->state = PAIRING_ABSENT;
}

/* Byes asked for in the round to be paired. */
static int requests_fill(const struct record *record, int round, struct pairing_player *players,
                         struct pairing_fixed *out)
{
    int count = 0;
    for (int i = 0; i < record->request_count; i++) {
        const struct record_request *request = &record->requests[i];
        if (request->round != round || players[request->player].state != PAIRING_ACTIVE)
            continue;
        players[request->player].state = PAIRING_ABSENT;
        out[count++] = (struct pairing_fixed){.first = request->player, .second = PAIRING_NOBODY};
    }
    return count;
}

static size_t forbidden_count(const struct record *record, int round)
{
    size_t count = 0;
    for (int i = 0; i < record->forbidden_count; i++) {
        const struct record_forbidden *list = &record->forbidden[i];
        if (list->first_round <= round && round <= list->last_round)
            count += (size_t)list->count * (size_t)(list->count - 1) / 2;
    }
    return count;
}

static int forbidden_fill(const struct record *record, int round, struct pairing_forbidden *out)
{
    int count = 0;
    for (int i = 0; i < record->forbidden_count; i++) {
        const struct record_forbidden *list = &record->forbidden[i];
        if (list->first_round > round || round > list->last_round)
            continue;
        for (int a = 0; a < list->count; a++)
            for (int b = a + 1; b < list->count; b++)
                out[count++] = (struct pairing_forbidden){list->players[a], list->players[b], NULL};
    }
    return count;
}

enum status pairing_rows_from_record(const struct record *record, struct arena *arena,
                                     struct pairing_input *out)
{
    int rounds = record->rounds_played;
    size_t players_count = (size_t)record->player_count;
    struct pairing_player *players = arena_array(arena, players_count + 1, sizeof *players);
    struct pairing_past *past =
        arena_array(arena, players_count * (size_t)rounds + 1, sizeof *past);
    struct pairing_fixed *fixed =
        arena_array(arena, (size_t)record->request_count + 1, sizeof *fixed);
    struct pairing_forbidden *forbidden =
        arena_array(arena, forbidden_count(record, rounds + 1) + 1, sizeof *forbidden);
    if (players == NULL || past == NULL || fixed == NULL || forbidden == NULL)
        return STATUS_FULL;
    for (int i = 0; i < record->player_count; i++)
        player_fill(record, i, rounds, &players[i]);
    *out = (struct pairing_input){.players = players,
                                  .players_count = record->player_count,
                                  .past = past,
                                  .past_count = past_fill(record, rounds, past),
                                  .fixed = fixed,
                                  .fixed_count = requests_fill(record, rounds + 1, players, fixed),
                                  .forbidden = forbidden,
                                  .forbidden_count = forbidden_fill(record, rounds + 1, forbidden),
                                  .round_number = rounds + 1,
                                  .rounds_total = record->rounds_total,
                                  .initial_side = record->initial_side == RECORD_FIRST    ? 1
                                                  : record->initial_side == RECORD_SECOND ? -1
                                                                                          : 0};
    return STATUS_OK;
}
