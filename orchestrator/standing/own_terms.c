/* Tie-breaks from a player's own results: wins, black games, progressive score and the like, and
 * the club world's spread. Article 7 of C.07. */
#include "orchestrator/standing/field.h"

#include <assert.h>

/* Whether a round counts as a game in these terms: over the board, or where pairings are fixed a
 * forfeit won (article 15). */
static bool counts_as_game(const struct field *field, const struct record_result *result)
{
    if (result->kind == RECORD_PLAYED)
        return true;
    return field->options->fixed_pairings && result->kind == RECORD_FORFEIT &&
           result->outcome == RECORD_WIN;
}

static bool was_elected(const struct record_result *result)
{
    switch ((enum record_kind)result->kind) {
    case RECORD_PLAYED:
    case RECORD_BYE_PAIRING:
    case RECORD_BYE_FULL:
    case RECORD_PENDING:
        return true;
    case RECORD_FORFEIT:
        return result->outcome == RECORD_WIN;
    case RECORD_NONE:
    case RECORD_BYE_HALF:
    case RECORD_BYE_ZERO:
    case RECORD_ABSENT:
        break;
    }
    return false;
}

/* Standard points of one round, in half points: against the scheduled opponent, or without one
 * against a draw. */
static int standard_points_x2(const struct field *field, int player, int round)
{
    const struct record *record = field->record;
    const struct record_result *result = record_result(record, player, round);
    if (result->kind == RECORD_PENDING)
        return 0;
    int own = record_result_points_x10(record, result);
    int other = record->points.draw_x10;
    if (result->opponent != RECORD_NOBODY)
        other = record_result_points_x10(record, record_result(record, result->opponent, round));
    return own > other ? 2 : own == other ? 1 : 0;
}

/* What one round adds to a counting term. */
static int64_t counted(const struct field *field, const struct standing_term *term, int player,
                       int round)
{
    const struct record_result *result = record_result(field->record, player, round);
    bool game = counts_as_game(field, result);
    bool won = result->outcome == RECORD_WIN;
    bool second = result->side == RECORD_SECOND;
    int points = record_result_points_x10(field->record, result);
    if (term->code == STANDING_WIN)
        return field->record->points.win_x10 > 0 && points >= field->record->points.win_x10;
    if (term->code == STANDING_WON)
        return game && won;
    if (term->code == STANDING_BPG)
        return game && second;
    if (term->code == STANDING_BWG)
        return game && second && won;
    if (term->code == STANDING_REP)
        return was_elected(result);
    if (term->code == STANDING_STD)
        return standard_points_x2(field, player, round);
    assert(term->code == STANDING_PS);
    int rounds_counted = field->rounds - (round > term->cut_low ? round - 1 : term->cut_low);
    return rounds_counted > 0 ? (int64_t)points * rounds_counted : 0;
}

static struct standing_value summed(const struct field *field, const struct standing_term *term,
                                    int player)
{
    int64_t sum = 0;
    for (int round = 1; round <= field->rounds; round++)
        sum += counted(field, term, player, round);
    return value_of(sum);
}

static struct standing_value from_row(const struct field *field, const struct standing_term *term,
                                      int player)
{
    struct standing_row row = {0};
    field_fill_row(field, player, &row);
    if (term->code == STANDING_PTS)
        return value_of(row.points_x10);
    if (term->code == STANDING_SPREAD)
        return value_of(row.spread);
    if (term->code == STANDING_WINS)
        return value_of(2 * (int64_t)row.wins + row.ties);
    if (term->code == STANDING_LOSSES)
        return value_of(row.losses);
    if (term->code == STANDING_GP)
        return value_of(row.played);
    assert(term->code == STANDING_RATIO);
    int32_t games = row.wins + row.losses + row.ties;
    struct standing_value ratio = {.numerator = 1, .denominator = 2, .exists = true};
    if (games > 0) { /* without games, level with an even record */
        ratio.numerator = 2 * (int64_t)row.wins + row.ties;
        ratio.denominator = 2 * games;
    }
    return ratio;
}

enum status field_own_values(struct field *field, const struct standing_term *term,
                             struct standing_value *out_values)
{
    for (int player = 0; player < field->player_count; player++) {
        switch (term->code) {
        case STANDING_PTS:
        case STANDING_RATIO:
        case STANDING_SPREAD:
        case STANDING_WINS:
        case STANDING_LOSSES:
        case STANDING_GP:
            out_values[player] = from_row(field, term, player);
            break;
        case STANDING_TPN:
            out_values[player] = value_of(field->record->players[player].number);
            break;
        case STANDING_WIN:
        case STANDING_WON:
        case STANDING_BPG:
        case STANDING_BWG:
        case STANDING_PS:
        case STANDING_REP:
        case STANDING_STD:
            out_values[player] = summed(field, term, player);
            break;
        case STANDING_BH:
        case STANDING_FB:
        case STANDING_AOB:
        case STANDING_SB:
        case STANDING_KS:
        case STANDING_DE:
        case STANDING_HH:
        case STANDING_ARO:
        case STANDING_TPR:
        case STANDING_PTP:
        case STANDING_APRO:
        case STANDING_APPO:
        case STANDING_RTNG:
        case STANDING_CODE_COUNT:
            assert(!"a code of another file");
            break;
        }
    }
    return STATUS_OK;
}
