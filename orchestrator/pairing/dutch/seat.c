/* What pairing knows about each player: score, colour preference, floats, right to the bye. Who
 * meets whom is decided elsewhere. */
#include "orchestrator/pairing/dutch/dutch.h"

#include <assert.h>
#include <stdlib.h>

void dutch_present_next(const struct record *record, int round, bool *out_present)
{
    for (int i = 0; i < record->player_count; i++)
        out_present[i] =
            round > record->round_capacity || record_result(record, i, round)->kind == RECORD_NONE;
    for (int i = 0; i < record->request_count; i++)
        if (record->requests[i].round == round)
            out_present[record->requests[i].player] = false;
}

void dutch_present_recorded(const struct record *record, int round, bool *out_present)
{
    for (int i = 0; i < record->player_count; i++)
        out_present[i] = record_was_paired(record_result(record, i, round));
}

/* Returns the last round (up to `last`) in which the player was paired, or 0. */
static int last_paired(const struct record *record, int player, int last)
{
    for (int round = last; round > 0; round--)
        if (record_was_paired(record_result(record, player, round)))
            return round;
    return 0;
}

static bool was_paired_by(const struct record *record, int player, int last)
{
    return last_paired(record, player, last) > 0;
}

static int first_round_with_colours(const struct record *record)
{
    for (int round = 1; round <= record->rounds_played; round++)
        for (int i = 0; i < record->player_count; i++)
            if (record_result(record, i, round)->side != RECORD_SIDE_NONE)
                return round;
    return 0;
}

enum record_side dutch_initial_side(const struct record *record)
{
    if (record->initial_side != RECORD_SIDE_NONE)
        return record->initial_side;
    int round = first_round_with_colours(record);
    int number = 0;
    for (int i = 0; round > 0 && i < record->player_count; i++) {
        if (!was_paired_by(record, i, round))
            continue;
        enum record_side side = (enum record_side)record_result(record, i, round)->side;
        if (side != RECORD_SIDE_NONE && number % 2 == 0)
            return side;
        if (side != RECORD_SIDE_NONE)
            return side == RECORD_FIRST ? RECORD_SECOND : RECORD_FIRST;
        number++;
    }
    return RECORD_SIDE_NONE;
}

static enum dutch_colour opposite(enum dutch_colour colour)
{
    switch (colour) {
    case DUTCH_WHITE:
        return DUTCH_BLACK;
    case DUTCH_BLACK:
        return DUTCH_WHITE;
    case DUTCH_NO_COLOUR:
        break;
    }
    return DUTCH_NO_COLOUR;
}

static void set_preference(struct dutch_seat *seat)
{
    int count = seat->colour_count;
    if (count == 0)
        return;
    enum dutch_colour last = (enum dutch_colour)seat->colours[count - 1];
    enum dutch_colour less = seat->difference > 0 ? DUTCH_BLACK : DUTCH_WHITE;
    if (count > 1 && seat->colours[count - 2] == seat->colours[count - 1])
        seat->repeated = last;
    seat->preference = seat->difference != 0 ? less : opposite(last);
    if (abs(seat->difference) >= 2) {
        seat->strength = DUTCH_ABSOLUTE;
    } else if (seat->repeated != DUTCH_NO_COLOUR) {
        seat->strength = DUTCH_ABSOLUTE;
        seat->preference = opposite(last);
    } else {
        seat->strength = seat->difference != 0 ? DUTCH_STRONG : DUTCH_MILD;
    }
}

static bool set_colours(const struct dutch_input *input, struct arena *arena,
                        struct dutch_seat *seat)
{
    uint8_t *colours = arena_alloc(arena, (size_t)input->round);
    if (colours == NULL)
        return false;
    for (int round = 1; round < input->round; round++) {
        const struct record_result *result = record_result(input->record, seat->player, round);
        if (!record_was_played(result))
            continue;
        bool white = result->side == RECORD_FIRST;
        colours[seat->colour_count++] = white ? DUTCH_WHITE : DUTCH_BLACK;
        seat->difference += white ? 1 : -1;
    }
    seat->colours = colours;
    seat->games = seat->colour_count;
    set_preference(seat);
    return true;
}

static int score_before_x10(const struct record *record, int player, int round)
{
    return record_points_x10(record, player, round - 1) + record_virtual_x10(record, player, round);
}

static enum dutch_float float_of(const struct dutch_input *input, int player, int round)
{
    const struct record *record = input->record;
    const struct record_result *result = record_result(record, player, round);
    if (record_was_played(result)) {
        int mine = score_before_x10(record, player, round);
        int theirs = score_before_x10(record, result->opponent, round);
        if (mine == theirs)
            return DUTCH_LEVEL;
        return mine > theirs ? DUTCH_DOWN : DUTCH_UP;
    }
    if (result->kind == RECORD_BYE_PAIRING && input->compat == DUTCH_FIDE)
        return DUTCH_DOWN;
    bool more = record_result_points_x10(record, result) > record->points.loss_x10;
    return more ? DUTCH_DOWN : DUTCH_LEVEL;
}

static bool may_get_bye(const struct dutch_input *input, int player)
{
    const struct record *record = input->record;
    for (int round = 1; round < input->round; round++) {
        const struct record_result *result = record_result(record, player, round);
        if (record_was_played(result))
            continue;
        if (result->kind == RECORD_BYE_PAIRING ||
            record_result_points_x10(record, result) >= record->points.win_x10)
            return false;
    }
    return true;
}

static bool fill_seat(const struct dutch_input *input, struct arena *arena, struct dutch_seat *seat)
{
    const struct record *record = input->record;
    int played = input->round - 1;
    int best = record->points.win_x10 > record->points.draw_x10 ? record->points.win_x10
                                                                : record->points.draw_x10;
    seat->points_x10 = record_points_x10(record, seat->player, played);
    seat->score_x10 = score_before_x10(record, seat->player, input->round);
    seat->topscorer = input->round == record->rounds_total && 2 * seat->score_x10 > played * best;
    seat->may_get_bye = may_get_bye(input, seat->player);
    for (int back = 0; back < 2 && input->round - 1 - back > 0; back++)
        seat->floated[back] = float_of(input, seat->player, input->round - 1 - back);
    return set_colours(input, arena, seat);
}

static int compare_seats(const void *one, const void *two)
{
    const struct dutch_seat *a = one;
    const struct dutch_seat *b = two;
    if (a->score_x10 != b->score_x10)
        return a->score_x10 > b->score_x10 ? -1 : 1;
    return (a->player > b->player) - (a->player < b->player);
}

struct dutch_seat *dutch_seats(const struct dutch_input *input, struct arena *arena, int *out_count)
{
    const struct record *record = input->record;
    int count = 0;
    int number = 0;
    struct dutch_seat *seats = arena_array(arena, (size_t)record->player_count + 1, sizeof *seats);
    if (seats == NULL)
        return NULL;
    for (int i = 0; i < record->player_count; i++) {
        bool known = input->present[i] || was_paired_by(record, i, input->round - 1);
        if (input->present[i]) {
            struct dutch_seat *seat = &seats[count++];
            seat->player = i;
            seat->number = input->compat == DUTCH_BBP ? number : i;
            if (!fill_seat(input, arena, seat))
                return NULL;
        }
        number += known;
    }
    qsort(seats, (size_t)count, sizeof *seats, compare_seats);
    *out_count = count;
    return seats;
}

/* Who of two players with the same preference has the better claim: positive for a. */
static int compare_claims(const struct dutch_seat *a, const struct dutch_seat *b)
{
    bool a_absolute = a->strength == DUTCH_ABSOLUTE;
    bool b_absolute = b->strength == DUTCH_ABSOLUTE;
    if (a_absolute && b_absolute)
        return abs(a->difference) - abs(b->difference);
    if (a_absolute || b_absolute)
        return a_absolute ? 1 : -1;
    return (a->strength == DUTCH_STRONG) - (b->strength == DUTCH_STRONG);
}

/* Looks back to the last time the two had different colours; returns the one a had, if any. */
static enum dutch_colour last_differing(const struct dutch_seat *a, const struct dutch_seat *b)
{
    for (int back = 1; back <= a->colour_count && back <= b->colour_count; back++) {
        enum dutch_colour mine = (enum dutch_colour)a->colours[a->colour_count - back];
        if (mine != (enum dutch_colour)b->colours[b->colour_count - back])
            return mine;
    }
    return DUTCH_NO_COLOUR;
}

static bool ranks_above(const struct dutch_seat *a, const struct dutch_seat *b)
{
    if (a->score_x10 != b->score_x10)
        return a->score_x10 > b->score_x10;
    return a->player < b->player;
}

/* Nobody wants anything: the better one's number decides. */
static bool initial_gives_white(const struct dutch_seat *a, const struct dutch_seat *b,
                                enum record_side initial_side)
{
    bool a_is_better = ranks_above(a, b);
    int number = a_is_better ? a->number : b->number;
    bool better_has_white = (number % 2 == 0) == (initial_side == RECORD_FIRST);
    return better_has_white == a_is_better;
}

enum dutch_colour_rule dutch_colour_rule_of(const struct dutch_seat *a, const struct dutch_seat *b)
{
    if (a->preference != b->preference)
        return DUTCH_COLOUR_BOTH_WISHES;
    if (a->preference == DUTCH_NO_COLOUR)
        return DUTCH_COLOUR_NUMBER;
    if (compare_claims(a, b) != 0)
        return DUTCH_COLOUR_STRONGER;
    return last_differing(a, b) != DUTCH_NO_COLOUR ? DUTCH_COLOUR_ALTERNATE
                                                   : DUTCH_COLOUR_HIGHER_RANK;
}

bool dutch_first_has_white(const struct dutch_seat *a, const struct dutch_seat *b,
                           enum record_side initial_side)
{
    bool a_wants_white = a->preference == DUTCH_WHITE;
    switch (dutch_colour_rule_of(a, b)) {
    case DUTCH_COLOUR_BOTH_WISHES:
        return a->preference == DUTCH_NO_COLOUR ? b->preference == DUTCH_BLACK : a_wants_white;
    case DUTCH_COLOUR_STRONGER:
        return (compare_claims(a, b) > 0) == a_wants_white;
    case DUTCH_COLOUR_ALTERNATE:
        return last_differing(a, b) == DUTCH_BLACK;
    case DUTCH_COLOUR_HIGHER_RANK:
        return ranks_above(a, b) == a_wants_white;
    case DUTCH_COLOUR_NUMBER:
        return initial_gives_white(a, b, initial_side);
    }
    return false;
}
