/* Knock-out: the bracket is drawn from the seeds and replayed from the results, so that a corrected
 * result moves everybody who depends on it. Double: waves in which players with as many losses
 * meet. */
#include "orchestrator/pairing/bracket.h"
#include "orchestrator/pairing/graph.h"
#include "orchestrator/pairing/method.h"

#include <assert.h>

#define EMPTY (-1)

static int half_points(enum pairing_result result)
{
    switch (result) {
    case PAIRING_RESULT_WIN:
    case PAIRING_RESULT_FORFEIT_WIN:
    case PAIRING_RESULT_BYE:
    case PAIRING_RESULT_FULL_BYE:
        return 2;
    case PAIRING_RESULT_DRAW:
    case PAIRING_RESULT_HALF_BYE:
        return 1;
    case PAIRING_RESULT_OPEN:
    case PAIRING_RESULT_LOSS:
    case PAIRING_RESULT_FORFEIT_LOSS:
    case PAIRING_RESULT_ZERO_BYE:
    case PAIRING_RESULT_VOID:
        break;
    }
    return 0;
}

enum match { MATCH_OPEN, MATCH_WON, MATCH_LOST, MATCH_BOTH_LOST };

/* How the match of two players in a round stands for the first of them. */
static enum match match_of(const struct field *field, int one, int other, int round)
{
    const struct pairing_input *input = field->input;
    int games = field->policy->bracket.games_per_round;
    struct bracket_score score = {.games_per_round = games > 0 ? games : 1};
    bool both_forfeit = false;
    for (int i = 0; i < input->past_count; i++) {
        const struct pairing_past *past = &input->past[i];
        bool straight = past->first == one && past->second == other;
        bool turned = past->first == other && past->second == one;
        if (past->round_number != round || (!straight && !turned) ||
            past->result_first == PAIRING_RESULT_OPEN || past->result_first == PAIRING_RESULT_VOID)
            continue;
        both_forfeit = past->result_first == PAIRING_RESULT_FORFEIT_LOSS &&
                       past->result_second == PAIRING_RESULT_FORFEIT_LOSS;
        score.games++;
        score.half_points[0] += half_points(straight ? past->result_first : past->result_second);
        score.half_points[1] += half_points(straight ? past->result_second : past->result_first);
        score.spread += straight ? past->score_first - past->score_second
                                 : past->score_second - past->score_first;
    }
    if (both_forfeit)
        return MATCH_BOTH_LOST;
    int winner = bracket_winner(&score);
    return winner < 0 ? MATCH_OPEN : winner == 0 ? MATCH_WON : MATCH_LOST;
}

/* Returns who goes on from a match of an earlier round: a player, or EMPTY. A match that cannot be
 * decided yet is noted as a conflict. */
static int advance(struct field *field, int one, int other, int round)
{
    if (one == EMPTY || other == EMPTY)
        return one == EMPTY ? other : one;
    switch (match_of(field, one, other, round)) {
    case MATCH_WON:
        return one;
    case MATCH_LOST:
        return other;
    case MATCH_BOTH_LOST:
        return EMPTY;
    case MATCH_OPEN:
        break;
    }
    bool one_left = field->players[one].state != PAIRING_ACTIVE;
    bool other_left = field->players[other].state != PAIRING_ACTIVE;
    if (one_left && other_left)
        return EMPTY;
    if (one_left || other_left)
        return one_left ? other : one;
    field_conflict(field, PAIRING_CONFLICT_RESULT, one, other);
    return EMPTY;
}

/* The lines of one round and who has gone out in the round before. */
struct lines {
    int *players;
    int count;
    int *losers;
    int losers_count;
};

static bool lines_start(struct field *field, struct lines *out)
{
    int entrants = 0;
    int *by_seed = field_ints(field, field->count);
    if (by_seed == NULL)
        return false;
    for (int i = 0; i < field->count; i++)
        if (field->players[field->by_seed[i]].joined_round <= 1)
            by_seed[entrants++] = field->by_seed[i];
    int size = 1;
    while (size < entrants)
        size *= 2;
    *out = (struct lines){
        .players = field_ints(field, size), .count = size, .losers = field_ints(field, size)};
    if (out->players == NULL || out->losers == NULL)
        return false;
    for (int line = 0; line < size; line++) {
        int seed = bracket_seed(size, line);
        out->players[line] = seed <= entrants ? by_seed[seed - 1] : EMPTY;
    }
    return true;
}

/* Puts the best seed against the worst again; empty lines go to the best. */
static void lines_reseed(const struct field *field, struct lines *lines, int *scratch)
{
    int count = 0;
    for (int i = 0; i < lines->count; i++) {
        if (lines->players[i] == EMPTY)
            continue;
        int at = count++;
        while (at > 0 && field->position[scratch[at - 1]] > field->position[lines->players[i]]) {
            scratch[at] = scratch[at - 1];
            at--;
        }
        scratch[at] = lines->players[i];
    }
    for (int line = 0; line < lines->count; line++) {
        int seed = bracket_seed(lines->count, line);
        lines->players[line] = seed <= count ? scratch[seed - 1] : EMPTY;
    }
}

static void lines_advance(struct field *field, struct lines *lines, int round)
{
    lines->losers_count = 0;
    for (int i = 0; i < lines->count / 2; i++) {
        int one = lines->players[2 * i];
        int other = lines->players[2 * i + 1];
        int winner = advance(field, one, other, round);
        if (one != EMPTY && other != EMPTY && winner != EMPTY)
            lines->losers[lines->losers_count++] = winner == one ? other : one;
        lines->players[i] = winner;
    }
    lines->count /= 2;
}

/* ---- what was given by hand -------------------------------------------------------------- */

/* Where each player stands in the lines, or EMPTY. */
static void lines_index(const struct field *field, const struct lines *lines, int *at)
{
    for (int i = 0; i < field->count; i++)
        at[i] = EMPTY;
    for (int i = 0; i < lines->count; i++)
        if (lines->players[i] != EMPTY)
            at[lines->players[i]] = i;
}

static void lines_swap(struct lines *lines, int one, int other, int *at)
{
    int player = lines->players[one];
    lines->players[one] = lines->players[other];
    lines->players[other] = player;
    if (player != EMPTY)
        at[player] = other;
    if (lines->players[one] != EMPTY)
        at[lines->players[one]] = one;
}

/* Two who were paired by hand share a line: the opponent of the first changes places with the
 * second. False where only one of them is still in. */
static bool lines_put_pair(struct lines *lines, int one, int other, int *at)
{
    if (at[one] == EMPTY || at[other] == EMPTY)
        return at[one] == at[other];
    int beside = at[one] ^ 1;
    if (at[other] != beside)
        lines_swap(lines, beside, at[other], at);
    return true;
}

/* Who was given a bye has a free line; the worst of those who had one takes the opponent. False
 * where there is no free line. */
static bool lines_put_bye(const struct field *field, struct lines *lines, int player, int *at)
{
    if (at[player] == EMPTY || lines->count < 2)
        return true;
    int beside = at[player] ^ 1;
    int opponent = lines->players[beside];
    if (opponent == EMPTY || !field_plays(field, opponent))
        return true;
    int worst = EMPTY;
    for (int i = 0; i < lines->count; i++) {
        int host = lines->players[i ^ 1];
        if (lines->players[i] == EMPTY && host != EMPTY && !field->fixed[host] &&
            (worst == EMPTY || field->position[host] > field->position[lines->players[worst ^ 1]]))
            worst = i;
    }
    if (worst == EMPTY)
        return false;
    lines_swap(lines, beside, worst, at);
    return true;
}

/* Brings the lines of a round that is behind us in accord with what was played in it. */
static void lines_follow_past(const struct field *field, struct lines *lines, int round, int *at)
{
    const struct pairing_input *input = field->input;
    lines_index(field, lines, at);
    for (int i = 0; i < input->past_count; i++) {
        const struct pairing_past *past = &input->past[i];
        if (past->round_number == round && past->second != PAIRING_NOBODY)
            (void)lines_put_pair(lines, past->first, past->second, at); /* else outside of it */
    }
    for (int i = 0; i < input->past_count; i++) {
        const struct pairing_past *past = &input->past[i];
        bool bye = past->result_first == PAIRING_RESULT_BYE ||
                   past->result_first == PAIRING_RESULT_FULL_BYE;
        if (past->round_number == round && past->second == PAIRING_NOBODY && bye)
            (void)lines_put_bye(field, lines, past->first, at);
    }
}

/* Does the same for the pairs and byes given for this round. */
static enum status lines_follow_fixed(const struct field *field, struct lines *lines, int *at)
{
    const struct pairing_input *input = field->input;
    lines_index(field, lines, at);
    for (int i = 0; i < input->fixed_count; i++) {
        const struct pairing_fixed *fixed = &input->fixed[i];
        if (fixed->second != PAIRING_NOBODY &&
            !lines_put_pair(lines, fixed->first, fixed->second, at))
            return fault_set(field->fault, 0, 0,
                             "fixed pair %d: one of the two is out of the bracket", i + 1);
    }
    for (int i = 0; i < input->fixed_count; i++) {
        const struct pairing_fixed *fixed = &input->fixed[i];
        if (fixed->second == PAIRING_NOBODY && !lines_put_bye(field, lines, fixed->first, at))
            return fault_set(field->fault, 0, 0,
                             "fixed bye %d: the bracket has no free line in this round", i + 1);
    }
    return STATUS_OK;
}

static void line_pair(struct field *field, int one, int other, const char *reason)
{
    if (one == EMPTY || other == EMPTY) {
        int alone = one == EMPTY ? other : one;
        if (alone != EMPTY && field_plays(field, alone) && !field_is_settled(field, alone))
            field_rest(field, alone, PAIRING_REST_BYE, "free line of the bracket");
        return;
    }
    if (field_is_settled(field, one) || field_is_settled(field, other))
        return; /* paired by hand */
    bool one_plays = field_plays(field, one);
    bool other_plays = field_plays(field, other);
    if (one_plays && other_plays)
        (void)field_pair(field, one, other, reason);
    else if (one_plays || other_plays)
        field_rest(field, one_plays ? one : other, PAIRING_REST_OPPONENT_AWAY,
                   "the opponent in the bracket does not play");
}

static void rest_eliminated(struct field *field)
{
    for (int i = 0; i < field->count; i++)
        if (!field_is_settled(field, i) && field_plays(field, i))
            field_rest(field, i, PAIRING_REST_ELIMINATED, "out of the bracket");
}

enum status method_elimination(struct field *field)
{
    struct lines lines;
    int *scratch = field_ints(field, 2 * field->count + 2);
    int *at = field_ints(field, field->count);
    if (scratch == NULL || at == NULL || !lines_start(field, &lines))
        return STATUS_FULL;
    int round = 1;
    for (; round < field->input->round_number && lines.count > 1; round++) {
        lines_follow_past(field, &lines, round, at);
        lines_advance(field, &lines, round);
        if (field->out->verdict != PAIRING_MADE)
            return STATUS_OK;
        if (field->policy->bracket.reseed)
            lines_reseed(field, &lines, scratch);
    }
    enum status status = lines_follow_fixed(field, &lines, at);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; i < lines.count / 2; i++)
        line_pair(field, lines.players[2 * i], lines.players[2 * i + 1],
                  lines.count == 2 ? "final" : "lines of the bracket");
    if (lines.count == 2 && lines.losers_count == 2 && field->policy->bracket.third_place)
        line_pair(field, lines.losers[0], lines.losers[1], "match for third place");
    rest_eliminated(field);
    return field->full ? STATUS_FULL : STATUS_OK;
}

/* Counts each player's lost matches before this round; open matches become conflicts. */
static bool losses_count(struct field *field, int *losses)
{
    for (int i = 0; i < field->count; i++) {
        const struct field_history *history = &field->history[i];
        for (int g = 0; g < history->games_count; g++) {
            const struct field_game *game = &history->games[g];
            if (game->opponent < i)
                continue;
            enum match match = match_of(field, i, game->opponent, game->round);
            losses[i] += match == MATCH_LOST || match == MATCH_BOTH_LOST;
            losses[game->opponent] += match == MATCH_WON || match == MATCH_BOTH_LOST;
            if (match == MATCH_OPEN && field_plays(field, i) && field_plays(field, game->opponent))
                field_conflict(field, PAIRING_CONFLICT_RESULT, i, game->opponent);
        }
    }
    return field->out->verdict == PAIRING_MADE;
}

/* Best against worst of the group, as far as that repeats no match. */
static void wave_price(const struct field *field, const int *list, int one, int other,
                       struct graph_price *out, const void *user)
{
    const int *count = user;
    int64_t off = (int64_t)*count - 1 - one - other;
    out->cost[0] = field_meetings(field, list[one], list[other]);
    out->cost[1] = off * off;
}

/* Pairs those with `lost` losses; the odd one out rests: fewest byes, then best seed. */
static enum status wave_pair(struct field *field, const int *losses, int lost)
{
    static const char *const names[] = {"repeat", "bracket"};
    int *list = field_ints(field, field->count);
    int count = 0;
    if (list == NULL)
        return STATUS_FULL;
    for (int i = 0; i < field->count; i++) {
        int player = field->by_seed[i];
        if (losses[player] == lost && !field_is_settled(field, player))
            list[count++] = player;
    }
    if (count % 2 == 1) {
        int best = 0;
        for (int i = 1; i < count; i++)
            if (field->history[list[i]].byes < field->history[list[best]].byes)
                best = i;
        field_rest(field, list[best], count == 1 ? PAIRING_REST_WAITING : PAIRING_REST_BYE,
                   count == 1 ? "waits for the other bracket" : "odd number: best seed rests");
        for (int i = best; i + 1 < count; i++)
            list[i] = list[i + 1];
        count--;
    }
    struct graph_ask ask = {.list = list,
                            .count = count,
                            .names = names,
                            .levels = 2,
                            .price = wave_price,
                            .user = &count};
    return graph_pair(field, &ask, NULL);
}

static int alive_with(const struct field *field, const int *losses, int lost, int *out_last)
{
    int alive = 0;
    for (int i = 0; i < field->count; i++)
        if (losses[i] == lost && !field_is_settled(field, i)) {
            alive++;
            *out_last = i;
        }
    return alive;
}

enum status method_double_elimination(struct field *field)
{
    int *losses = field_ints(field, field->count);
    if (losses == NULL)
        return STATUS_FULL;
    if (!losses_count(field, losses))
        return STATUS_OK;
    int unbeaten = PAIRING_NOBODY;
    int beaten_once = PAIRING_NOBODY;
    int at_zero = alive_with(field, losses, 0, &unbeaten);
    int at_one = alive_with(field, losses, 1, &beaten_once);
    enum status status = STATUS_OK;
    if (at_zero == 1 && at_one == 1) {
        (void)field_pair(field, unbeaten, beaten_once, "final: one unbeaten, one beaten once");
    } else if (at_zero == 0 && at_one == 2 && !field->policy->bracket.reset_final) {
        field_note(field, "the final was played; it is not repeated by this policy");
    } else {
        if (at_zero > 0)
            status = wave_pair(field, losses, 0);
        if (status == STATUS_OK && at_one > 0 && field->out->verdict == PAIRING_MADE)
            status = wave_pair(field, losses, 1);
    }
    rest_eliminated(field);
    return status;
}
