/* The FIDE (Dutch) system for those who come with rows: turns them into a tournament's record, asks
 * dutch/, and takes its pairs over. The rules are all there. */
#include "orchestrator/pairing/dutch/dutch.h"
#include "orchestrator/pairing/method.h"

/* Larger fields are paired without a second look at the proofs: a look at all pairs of a thousand
 * players takes longer than pairing them. */
#define PROVED_MAX 400

#define X10 10

/* What a player's side of a past game is in a record. */
struct entry {
    enum record_kind kind;
    enum record_outcome outcome;
};

static struct entry entry_of(enum pairing_result result)
{
    switch (result) {
    case PAIRING_RESULT_OPEN:
        return (struct entry){RECORD_PENDING, RECORD_OUTCOME_NONE};
    case PAIRING_RESULT_WIN:
        return (struct entry){RECORD_PLAYED, RECORD_WIN};
    case PAIRING_RESULT_DRAW:
        return (struct entry){RECORD_PLAYED, RECORD_DRAW};
    case PAIRING_RESULT_LOSS:
        return (struct entry){RECORD_PLAYED, RECORD_LOSS};
    case PAIRING_RESULT_FORFEIT_WIN:
        return (struct entry){RECORD_FORFEIT, RECORD_WIN};
    case PAIRING_RESULT_FORFEIT_LOSS:
        return (struct entry){RECORD_FORFEIT, RECORD_LOSS};
    case PAIRING_RESULT_BYE:
        return (struct entry){RECORD_BYE_PAIRING, RECORD_OUTCOME_NONE};
    case PAIRING_RESULT_FULL_BYE:
        return (struct entry){RECORD_BYE_FULL, RECORD_OUTCOME_NONE};
    case PAIRING_RESULT_HALF_BYE:
        return (struct entry){RECORD_BYE_HALF, RECORD_OUTCOME_NONE};
    case PAIRING_RESULT_ZERO_BYE:
    case PAIRING_RESULT_VOID:
        break;
    }
    return (struct entry){RECORD_BYE_ZERO, RECORD_OUTCOME_NONE};
}

static void side_write(const struct field *field, const struct record *record, int player,
                       int opponent, int round, enum pairing_result result, enum record_side side)
{
    struct entry entry = entry_of(result);
    bool game = opponent != PAIRING_NOBODY && entry.kind != RECORD_BYE_ZERO;
    *record_result(record, field->position[player], round) =
        (struct record_result){.opponent = game ? field->position[opponent] : RECORD_NOBODY,
                               .kind = (uint8_t)entry.kind,
                               .outcome = (uint8_t)entry.outcome,
                               .side = (uint8_t)(game ? side : RECORD_SIDE_NONE)};
}

static void results_write(const struct field *field, const struct record *record)
{
    const struct pairing_input *input = field->input;
    for (int i = 0; i < input->past_count; i++) {
        const struct pairing_past *past = &input->past[i];
        if (past->round_number >= input->round_number)
            continue;
        side_write(field, record, past->first, past->second, past->round_number, past->result_first,
                   RECORD_FIRST);
        if (past->second != PAIRING_NOBODY)
            side_write(field, record, past->second, past->first, past->round_number,
                       past->result_second, RECORD_SECOND);
    }
}

/* What a number of the policy's units is in tenths of a point: where no draw is given a win is one
 * point, else a unit is. */
static int in_tenths(const struct pairing_policy *policy, int units)
{
    int win = policy->points_win > 0 ? policy->points_win : 2;
    return policy->points_draw > 0 ? X10 * units : X10 * units / win;
}

static void points_write(const struct field *field, struct record *record)
{
    const struct pairing_policy *policy = field->policy;
    struct record_points *points = &record->points;
    *points = record_points_chess();
    if (policy->points_draw > 0) {
        points->win_x10 = in_tenths(policy, policy->points_win);
        points->draw_x10 = in_tenths(policy, policy->points_draw);
        points->forfeit_win_x10 = points->win_x10;
        points->bye_pairing_x10 = points->win_x10;
        points->bye_full_x10 = points->win_x10;
        points->bye_half_x10 = points->draw_x10;
    }
    if (policy->bye_worth_given)
        points->bye_pairing_x10 = in_tenths(policy, policy->points_bye);
}

/* The members of each team as a list of those who do not meet. */
static bool teams_write(const struct field *field, struct record *record)
{
    for (int i = 0; field->policy->teams_apart && i < field->count; i++) {
        int team = field->players[i].team;
        bool is_first = team != 0;
        for (int k = 0; is_first && k < i; k++)
            is_first = field->players[k].team != team;
        if (!is_first)
            continue;
        int count = 0;
        for (int k = i; k < field->count; k++)
            count += field->players[k].team == team;
        int *players = arena_array(field->arena, (size_t)count, sizeof *players);
        if (players == NULL)
            return false;
        count = 0;
        for (int k = i; k < field->count; k++)
            if (field->players[k].team == team)
                players[count++] = field->position[k];
        record->forbidden[record->forbidden_count++] =
            (struct record_forbidden){.first_round = 1,
                                      .last_round = field->input->round_number,
                                      .players = players,
                                      .count = count};
    }
    return true;
}

static bool forbidden_write(const struct field *field, struct record *record)
{
    const struct pairing_input *input = field->input;
    size_t count = (size_t)input->forbidden_count;
    record->forbidden =
        arena_array(field->arena, count + (size_t)field->count + 1, sizeof *record->forbidden);
    int *players = arena_array(field->arena, 2 * count + 1, sizeof *players);
    if (record->forbidden == NULL || players == NULL)
        return false;
    for (size_t i = 0; i < count; i++, players += 2) {
        players[0] = field->position[input->forbidden[i].one];
        players[1] = field->position[input->forbidden[i].other];
        record->forbidden[i] = (struct record_forbidden){
            .first_round = 1, .last_round = input->round_number, .players = players, .count = 2};
    }
    record->forbidden_count = (int)count;
    return teams_write(field, record);
}

/* FIDE's C.04.7: in the first half of the event the upper half of the field gets a point, then half
 * of one, that count for pairing only. */
static enum status baku_write(const struct field *field, struct record *record)
{
    enum status status = STATUS_OK;
    int starters = 0;
    for (int i = 0; i < field->count; i++)
        starters += field->players[i].joined_round <= 1;
    int upper = 2 * ((starters + 3) / 4);
    for (int i = 0, given = 0; status == STATUS_OK && i < field->count && given < upper; i++) {
        if (field->players[field->by_seed[i]].joined_round > 1)
            continue;
        given++;
        status = record_accelerate(record, field->arena, i);
    }
    return status;
}

static enum status record_write(struct field *field, struct record **out)
{
    const struct pairing_input *input = field->input;
    struct record *record = record_create(field->arena, field->count, input->round_number);
    if (record == NULL || !forbidden_write(field, record))
        return STATUS_FULL;
    record->rounds_total = input->rounds_total;
    record->rounds_played = input->round_number - 1;
    points_write(field, record);
    for (int i = 0; i < field->count; i++) {
        const struct pairing_player *row = &field->players[field->by_seed[i]];
        record->players[i].rating = row->rating;
        record->players[i].entry_round = row->joined_round > 1 ? row->joined_round : 1;
    }
    results_write(field, record);
    *out = record;
    return field->policy->baku ? baku_write(field, record) : STATUS_OK;
}

/* "2.5 points", with what acceleration adds: "1.0 points and 1.0 virtual". */
static const char *points_text(struct field *field, const struct record *record, int player)
{
    int round = field->input->round_number;
    int x10 = record_points_x10(record, field->position[player], round - 1);
    int more_x10 = record_virtual_x10(record, field->position[player], round);
    return more_x10 > 0 ? field_text(field, "%d.%d points and %d.%d virtual", x10 / X10, x10 % X10,
                                     more_x10 / X10, more_x10 % X10)
                        : field_text(field, "%d.%d points", x10 / X10, x10 % X10);
}

/* Fixed pairs are insisted on; fixed byes are simply not present. */
static struct dutch_pair *insisted_list(struct field *field, int *out_count)
{
    struct dutch_pair *list =
        arena_array(field->arena, (size_t)field->input->fixed_count + 1, sizeof *list);
    *out_count = 0;
    for (int i = 0; list != NULL && i < field->input->fixed_count; i++) {
        const struct pairing_fixed *fixed = &field->input->fixed[i];
        if (fixed->second != PAIRING_NOBODY)
            list[(*out_count)++] =
                (struct dutch_pair){field->position[fixed->first], field->position[fixed->second]};
    }
    return list;
}

static void pair_take(struct field *field, const struct record *record, int white, int black,
                      int board)
{
    if (field_is_settled(field, white)) {
        for (int i = 0; i < field->pairs_count; i++) {
            struct pairing_pair *pair = &field->pairs[i];
            bool same = (pair->first == white && pair->second == black) ||
                        (pair->first == black && pair->second == white);
            if (same)
                pair->board = board;
            if (!same || pair->first_reason[0] != '\0')
                continue;
            pair->first = white;
            pair->second = black;
            pair->first_reason = "colours by 5.2 of the rules";
        }
        return;
    }
    struct pairing_pair *pair = field_pair(field, white, black,
                                           field_text(field, "FIDE (Dutch): %s against %s",
                                                      points_text(field, record, white),
                                                      points_text(field, record, black)));
    pair->first = white;
    pair->second = black;
    pair->board = board;
    pair->first_reason = "colours by 5.2 of the rules";
}

static bool is_accelerated(const struct record *record, int round)
{
    for (int i = 0; i < record->player_count; i++)
        if (record_virtual_x10(record, i, round) > 0)
            return true;
    return false;
}

static void output_take(struct field *field, const struct record *record,
                        const struct dutch_output *output)
{
    for (int i = 0; i < output->pair_count; i++) {
        int white = field->by_seed[output->pairs[i].first];
        if (output->pairs[i].second == RECORD_NOBODY)
            field_rest(field, white, PAIRING_REST_BYE, "pairing-allocated bye by C5 and C9");
        else
            pair_take(field, record, white, field->by_seed[output->pairs[i].second], i + 1);
    }
    for (int i = 0; i < output->bracket_count; i++) {
        const struct dutch_bracket *bracket = &output->brackets[i];
        field_note(field, "bracket of %d.%d points%s: %d moved down, %d residents, %d pairs",
                   bracket->score_x10 / X10, bracket->score_x10 % X10,
                   is_accelerated(record, field->input->round_number) ? ", virtual ones among them"
                                                                      : "",
                   bracket->mdp_count, bracket->resident_count, bracket->pair_count);
    }
    for (int i = 0; i < output->relax_count; i++) {
        int one = field->by_seed[output->relax[i].first];
        bool bye = output->relax[i].second == RECORD_NOBODY;
        int other = bye ? PAIRING_NOBODY : field->by_seed[output->relax[i].second];
        field_conflict(field,
                       bye                                          ? PAIRING_CONFLICT_BYE
                       : field_forbidden(field, one, other) != NULL ? PAIRING_CONFLICT_FORBIDDEN
                                                                    : PAIRING_CONFLICT_REPEAT,
                       one, other);
    }
    if (!output->possible)
        field->out->verdict = PAIRING_IMPOSSIBLE;
}

int pairing_initial_side(uint64_t seed)
{
    struct random random;
    random_init_stream(&random, seed, "initial colour", 0);
    return random_below(&random, 2) == 0 ? 1 : -1;
}

enum status method_dutch(struct field *field)
{
    struct record *record;
    enum status status = record_write(field, &record);
    if (status == STATUS_OK)
        status = record_check(record, field->fault);
    if (status != STATUS_OK)
        return status;
    bool *present = arena_array(field->arena, (size_t)field->count + 1, sizeof *present);
    struct dutch_input input = {.record = record,
                                .round = field->input->round_number,
                                .present = present,
                                .prove = field->count <= PROVED_MAX,
                                .compat = field->policy->compat == PAIRING_COMPAT_BBP ? DUTCH_BBP
                                                                                      : DUTCH_FIDE};
    input.insisted = insisted_list(field, &input.insisted_count);
    if (present == NULL || input.insisted == NULL)
        return STATUS_FULL;
    for (int i = 0; i < field->count; i++) {
        int player = field->by_seed[i];
        present[i] = field_plays(field, player) && field->mate[player] != player;
    }
    input.initial_side = field->input->initial_side > 0   ? RECORD_FIRST
                         : field->input->initial_side < 0 ? RECORD_SECOND
                                                          : dutch_initial_side(record);
    if (input.initial_side == RECORD_SIDE_NONE)
        input.initial_side =
            pairing_initial_side(field->input->seed) > 0 ? RECORD_FIRST : RECORD_SECOND;
    struct dutch_output output = {0};
    status = dutch_pair(&input, field->arena, &output, field->fault);
    if (status == STATUS_OK)
        output_take(field, record, &output);
    field->out->proved = status == STATUS_OK && output.proved;
    return field->full && status == STATUS_OK ? STATUS_FULL : status;
}
