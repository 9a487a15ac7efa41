/* The tournament's record: its tables, and the few questions everybody asks them. What the results
 * mean for pairing or standing is decided elsewhere. */
#include "orchestrator/record/record.h"

#include <assert.h>
#include <stddef.h>

static const struct record_points CHESS = {
    .win_x10 = 10,
    .draw_x10 = 5,
    .loss_x10 = 0,
    .forfeit_win_x10 = 10,
    .forfeit_loss_x10 = 0,
    .bye_pairing_x10 = 10,
    .bye_full_x10 = 10,
    .bye_half_x10 = 5,
    .bye_zero_x10 = 0,
};

struct record_points record_points_chess(void)
{
    return CHESS;
}

static struct record_event blank_event(void)
{
    return (struct record_event){
        .name = "",
        .city = "",
        .federation = "",
        .start_date = "",
        .end_date = "",
        .type = "",
        .system = "",
        .arbiter = "",
        .deputies = "",
        .time_control = "",
        .rank_method = "",
        .controller = "",
        .tie_breaks = "",
    };
}

static struct record_player blank_player(int number)
{
    return (struct record_player){
        .number = number,
        .name = "",
        .title = "",
        .federation = "",
        .id = "",
        .birth = "",
        .class_id = "",
        .sex = ' ',
        .team = RECORD_NOBODY,
        .entry_round = 1,
        .listed_points_x10 = -1,
    };
}

struct record *record_create(struct arena *arena, int player_count, int round_capacity)
{
    assert(arena != NULL);
    if (player_count < 0 || player_count > RECORD_PLAYERS_MAX || round_capacity < 0 ||
        round_capacity > RECORD_ROUNDS_MAX)
        return NULL;
    struct record *record = arena_alloc(arena, sizeof *record);
    size_t cells = (size_t)player_count * (size_t)round_capacity;
    struct record_player *players = arena_array(arena, (size_t)player_count + 1, sizeof *players);
    struct record_result *results = arena_array(arena, cells + 1, sizeof *results);
    if (record == NULL || players == NULL || results == NULL)
        return NULL;
    for (int i = 0; i < player_count; i++)
        players[i] = blank_player(i + 1);
    for (size_t i = 0; i < cells; i++)
        results[i].opponent = RECORD_NOBODY;
    record->event = blank_event();
    record->points = CHESS;
    record->players = players;
    record->player_count = player_count;
    record->round_capacity = round_capacity;
    record->results = results;
    return record;
}

static size_t cell_of(const struct record *record, int player, int round)
{
    assert(player >= 0 && player < record->player_count);
    assert(round >= 1 && round <= record->round_capacity);
    return (size_t)player * (size_t)record->round_capacity + (size_t)round - 1;
}

struct record_result *record_result(const struct record *record, int player, int round)
{
    return &record->results[cell_of(record, player, round)];
}

int record_virtual_x10(const struct record *record, int player, int round)
{
    if (record->virtual_x10 == NULL || round > record->round_capacity)
        return 0;
    return record->virtual_x10[cell_of(record, player, round)];
}

enum status record_set_virtual(struct record *record, struct arena *arena, int player, int round,
                               int points_x10)
{
    if (points_x10 < 0 || points_x10 > RECORD_POINTS_X10_MAX)
        return STATUS_OUT_OF_RANGE;
    if (record->virtual_x10 == NULL) {
        size_t cells = (size_t)record->player_count * (size_t)record->round_capacity;
        int16_t *table = arena_array(arena, cells, sizeof *table);
        if (table == NULL)
            return STATUS_FULL;
        record->virtual_x10 = table;
    }
    record->virtual_x10[cell_of(record, player, round)] = (int16_t)points_x10;
    return STATUS_OK;
}

enum status record_accelerate(struct record *record, struct arena *arena, int player)
{
    int rounds = (record->rounds_total + 1) / 2;
    int full = (rounds + 1) / 2;
    for (int round = 1; round <= rounds && round <= record->round_capacity; round++) {
        int x10 = round <= full ? record->points.win_x10 : record->points.win_x10 / 2;
        enum status status = record_set_virtual(record, arena, player, round, x10);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

int record_find(const struct record *record, int number)
{
    int guess = number - 1;
    if (guess >= 0 && guess < record->player_count && record->players[guess].number == number)
        return guess;
    for (int i = 0; i < record->player_count; i++)
        if (record->players[i].number == number)
            return i;
    return RECORD_NOBODY;
}

static int outcome_points_x10(const struct record_points *points, enum record_outcome outcome)
{
    switch (outcome) {
    case RECORD_WIN:
        return points->win_x10;
    case RECORD_DRAW:
        return points->draw_x10;
    case RECORD_LOSS:
        return points->loss_x10;
    case RECORD_OUTCOME_NONE:
        break;
    }
    return 0;
}

int record_result_points_x10(const struct record *record, const struct record_result *result)
{
    const struct record_points *points = &record->points;
    if (result->points_override)
        return result->points_x10;
    switch ((enum record_kind)result->kind) {
    case RECORD_PLAYED:
        return outcome_points_x10(points, (enum record_outcome)result->outcome);
    case RECORD_FORFEIT:
        return result->outcome == RECORD_WIN ? points->forfeit_win_x10 : points->forfeit_loss_x10;
    case RECORD_BYE_PAIRING:
        return points->bye_pairing_x10;
    case RECORD_BYE_FULL:
        return points->bye_full_x10;
    case RECORD_BYE_HALF:
        return points->bye_half_x10;
    case RECORD_BYE_ZERO:
    case RECORD_ABSENT:
        return points->bye_zero_x10;
    case RECORD_NONE:
    case RECORD_PENDING:
        break;
    }
    return 0;
}

int record_points_x10(const struct record *record, int player, int last_round)
{
    int sum = 0;
    for (int round = 1; round <= last_round; round++)
        sum += record_result_points_x10(record, record_result(record, player, round));
    return sum;
}

bool record_was_played(const struct record_result *result)
{
    return result->kind == RECORD_PLAYED;
}

bool record_was_paired(const struct record_result *result)
{
    return result->opponent != RECORD_NOBODY || result->kind == RECORD_BYE_PAIRING;
}

static bool list_has(const struct record_forbidden *list, int player)
{
    for (int i = 0; i < list->count; i++)
        if (list->players[i] == player)
            return true;
    return false;
}

bool record_is_forbidden(const struct record *record, int player, int other, int round)
{
    for (int i = 0; i < record->forbidden_count; i++) {
        const struct record_forbidden *list = &record->forbidden[i];
        if (round >= list->first_round && round <= list->last_round && list_has(list, player) &&
            list_has(list, other))
            return true;
    }
    return false;
}

static bool mirrors(const struct record_result *mine, const struct record_result *other, int player)
{
    if (other->opponent != player || mine->kind != other->kind)
        return false;
    return mine->side == RECORD_SIDE_NONE || mine->side != other->side;
}

static enum status check_round(const struct record *record, int player, int round,
                               struct fault *out_fault)
{
    const struct record_result *mine = record_result(record, player, round);
    int number = record->players[player].number;
    if (mine->opponent == RECORD_NOBODY) {
        if (mine->kind != RECORD_PLAYED)
            return STATUS_OK;
        return fault_set(out_fault, 0, 0, "player %d played round %d against nobody", number,
                         round);
    }
    if (mine->opponent < 0 || mine->opponent >= record->player_count || mine->opponent == player)
        return fault_set(out_fault, 0, 0, "player %d has no real opponent in round %d", number,
                         round);
    if (!mirrors(mine, record_result(record, mine->opponent, round), player))
        return fault_set(out_fault, 0, 0, "players %d and %d disagree about their round %d", number,
                         record->players[mine->opponent].number, round);
    return STATUS_OK;
}

enum status record_check(const struct record *record, struct fault *out_fault)
{
    for (int i = 0; i < record->player_count; i++) {
        int number = record->players[i].number;
        if (number < 1)
            return fault_set(out_fault, 0, 0, "start number %d is not positive", number);
        if (record_find(record, number) != i)
            return fault_set(out_fault, 0, 0, "start number %d is given twice", number);
        for (int round = 1; round <= record->round_capacity; round++) {
            enum status status = check_round(record, i, round, out_fault);
            if (status != STATUS_OK)
                return status;
        }
    }
    return STATUS_OK;
}
