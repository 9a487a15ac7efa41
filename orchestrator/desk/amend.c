/* How a director's word on results is completed from the record, and how it is taken back. */
#include "orchestrator/desk/actions.h"

#include <assert.h>
#include <string.h>

#include "orchestrator/division_standing.h"
#include "proto/copy.h"

/* ---- results ----------------------------------------------------------------------------- */

static bool is_over(const Arbiter__V1__BoardPairing *row)
{
    return strcmp(row->status, "final") == 0 || strcmp(row->status, "void") == 0;
}

/* The further back the round lies, the more follows from its results. */
static enum format_action right_to_amend(int rounds_back)
{
    return rounds_back <= 0   ? FORMAT_ACTION_amend_result
           : rounds_back == 1 ? FORMAT_ACTION_amend_last_round
                              : FORMAT_ACTION_amend_old_round;
}

/* The words of one game of a match, and of taking them back. */
static enum status fill_amend_game(struct desk_case *question, const Arbiter__V1__BoardPairing *row,
                                   int64_t number, struct fault *out_fault)
{
    const Arbiter__V1__MatchGame *game = NULL;
    for (size_t i = 0; i < row->n_games; i++)
        if (row->games[i]->number == number)
            game = row->games[i];
    if (game == NULL)
        return fault_set(out_fault, 0, 0, "this match has no game %lld", (long long)number);
    struct value_entry entries[] = {
        ENTRY("round", value_int(row->round)),
        ENTRY("board", value_int(row->board)),
        ENTRY("game", value_int(number)),
        ENTRY("was", value_text(game->outcome)),
        ENTRY("outcome", desk_member(question->said, "outcome")),
        ENTRY("first_score", value_int(desk_int(question->said, "first_score", 0))),
        ENTRY("second_score", value_int(desk_int(question->said, "second_score", 0))),
    };
    struct value_entry back[] = {
        ENTRY("round", value_int(row->round)),
        ENTRY("board", value_int(row->board)),
        ENTRY("game", value_int(number)),
        ENTRY("outcome", value_text(game->outcome)),
        ENTRY("first_score", value_int(game->first_score)),
        ENTRY("second_score", value_int(game->second_score)),
    };
    question->event = "director.amend_game";
    enum status status = desk_set_undo(question, "amend_result", back, COUNT_OF(back));
    return status == STATUS_OK ? desk_set_data(question, entries, COUNT_OF(entries)) : status;
}

/* ---- what becomes of the round that was paired by it -------------------------------------- */

/* The division with the result as it will be. */
static const Arbiter__V1__Division *amended(const struct desk_case *question,
                                            const Arbiter__V1__BoardPairing *row)
{
    const Arbiter__V1__Division *copy = proto_copy_in(question->arena, &question->division->base);
    Arbiter__V1__BoardPairing *found = desk_find_row(copy, row->round, row->board);
    if (found == NULL)
        return NULL;
    found->outcome = (char *)desk_text(question, question->said, "outcome");
    found->status = found->outcome[0] != '\0' ? "final" : "void";
    found->first_score = (int32_t)desk_int(question->said, "first_score", 0);
    found->second_score = (int32_t)desk_int(question->said, "second_score", 0);
    return copy;
}

/* {…, later, later_round?, pairs?}: boards of the current round that have no result are paired anew
 * by the amended one, or as `pairs` say; or taken apart. */
static enum status plan_later(struct desk_case *question, const Arbiter__V1__BoardPairing *row,
                              struct desk_case *seats, struct fault *out_fault)
{
    const char *later = desk_text(question, question->said, "later");
    int paired = desk_paired_round(question->division);
    int64_t round = desk_int(question->said, "later_round", paired);
    if (strcmp(later, "re_pair") != 0 && strcmp(later, "void") != 0)
        return fault_set(out_fault, 0, 0, "'later' is keep, re_pair or void, not %s", later);
    if (round != paired || round <= row->round)
        return fault_set(
            out_fault, 0, 0, "'later' is about the round that was paired last, after round %d: %s",
            row->round,
            paired > row->round ? arena_format(question->arena, "that is round %d", paired)
                                : "none has been paired since");
    struct value_entry said[] = {
        ENTRY("round", value_int(round)),
        ENTRY("pairs", desk_member(question->said, "pairs")),
    };
    *seats = *question;
    seats->division = amended(question, row);
    if (seats->division == NULL)
        return STATUS_FULL;
    seats->said = desk_map(question, said, COUNT_OF(said));
    return strcmp(later, "void") == 0 ? desk_fill_unpair(seats, out_fault)
                                      : desk_fill_re_pair(seats, out_fault);
}

static enum status set_both(struct desk_case *question, const struct desk_case *seats,
                            const struct value_entry *entries, size_t count)
{
    static const char *const fields[] = {"rows", "removed", "opened", "closed", "loose"};
    struct value_entry both[16];
    size_t n = 0;
    assert(count + 1 + COUNT_OF(fields) <= COUNT_OF(both));
    for (size_t i = 0; i < count; i++)
        both[n++] = entries[i];
    both[n++] = (struct value_entry)ENTRY("later_round", desk_member(seats->data, "round"));
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        both[n++] = (struct value_entry)ENTRY(fields[i], desk_member(seats->data, fields[i]));
    question->event = "director.amend_and_seat";
    question->also_right = strcmp(desk_text(question, question->said, "later"), "void") == 0
                               ? FORMAT_ACTION_unpair
                               : FORMAT_ACTION_re_pair;
    return desk_set_data(question, both, n);
}

static enum status set_undo_both(struct desk_case *question, const struct desk_case *seats,
                                 const struct value_entry *back, size_t count)
{
    struct value_entry both[16];
    size_t n = 0;
    assert(count + 3 <= COUNT_OF(both));
    if (seats->undo_action == NULL)
        return STATUS_OK;
    for (size_t i = 0; i < count; i++)
        both[n++] = back[i];
    both[n++] = (struct value_entry)ENTRY("later", value_text("re_pair"));
    both[n++] = (struct value_entry)ENTRY("later_round", desk_member(seats->undo_data, "round"));
    both[n++] = (struct value_entry)ENTRY("pairs", desk_member(seats->undo_data, "pairs"));
    return desk_set_undo(question, "amend_result", both, n);
}

/* ---- a whole board ----------------------------------------------------------------------- */

static enum status check_amendment(struct desk_case *question, const Arbiter__V1__BoardPairing *row,
                                   bool is_later, struct fault *out_fault)
{
    struct value outcome = desk_member(question->said, "outcome");
    bool is_game = desk_int(question->said, "game", 0) > 0;
    if (outcome.kind != VALUE_STRING)
        return fault_set(out_fault, 0, 0,
                         "say the 'outcome': first, second, draw, double_forfeit, or '' for void");
    if (outcome.size == 0 && row->n_games > 0 && !is_game)
        return fault_set(out_fault, 0, 0,
                         "this board has a match: void its games, each by its 'game'");
    if (is_game && is_later)
        return fault_set(out_fault, 0, 0,
                         "'later' goes with a whole board: amend the game, then 're_pair'");
    return STATUS_OK;
}

enum status desk_fill_amend(struct desk_case *question, struct fault *out_fault)
{
    int64_t round = desk_int(question->said, "round", question->request->round);
    int64_t board = desk_int(question->said, "board", question->request->board);
    const char *later = desk_text(question, question->said, "later");
    bool is_later = later[0] != '\0' && strcmp(later, "keep") != 0;
    struct desk_case seats = {0};
    const Arbiter__V1__BoardPairing *row = desk_find_row(question->division, round, board);
    if (row == NULL)
        return fault_set(out_fault, 0, 0, "round %lld has no board %lld", (long long)round,
                         (long long)board);
    enum status status = check_amendment(question, row, is_later, out_fault);
    if (status != STATUS_OK)
        return status;
    question->right = question->also_right = right_to_amend(question->division->round - (int)round);
    int64_t game = desk_int(question->said, "game", 0);
    if (game > 0)
        return fill_amend_game(question, row, game, out_fault);
    struct value_entry entries[] = {
        ENTRY("round", value_int(round)),
        ENTRY("board", value_int(board)),
        ENTRY("outcome", desk_member(question->said, "outcome")),
        ENTRY("first_score", value_int(desk_int(question->said, "first_score", 0))),
        ENTRY("second_score", value_int(desk_int(question->said, "second_score", 0))),
    };
    struct value_entry back[] = {
        ENTRY("round", value_int(round)),
        ENTRY("board", value_int(board)),
        ENTRY("outcome", value_text(row->outcome)),
        ENTRY("first_score", value_int(row->first_score)),
        ENTRY("second_score", value_int(row->second_score)),
    };
    if (is_later) {
        status = plan_later(question, row, &seats, out_fault);
        if (status == STATUS_OK)
            status = set_both(question, &seats, entries, COUNT_OF(entries));
        return status == STATUS_OK && is_over(row)
                   ? set_undo_both(question, &seats, back, COUNT_OF(back))
                   : status;
    }
    if (is_over(row))
        status = desk_set_undo(question, "amend_result", back, COUNT_OF(back));
    return status == STATUS_OK ? desk_set_data(question, entries, COUNT_OF(entries)) : status;
}

/* A board that has its result is amended: the division does that, and its rating goes too. A game
 * that is called off in the middle cannot be gone on with. */
enum status desk_fill_void(struct desk_case *question, struct fault *out_fault)
{
    if (!is_over(question->row))
        return STATUS_OK;
    struct value_entry entries[] = {ENTRY("outcome", value_text(""))};
    question->said = desk_map(question, entries, COUNT_OF(entries));
    question->target = DESK_DIVISION;
    question->event = "director.amend";
    return question->said.kind == VALUE_MAP ? desk_fill_amend(question, out_fault) : STATUS_FULL;
}

/* The scores as they were said; where the game was lost on time, as policies/machines/board.yaml
 * counts such a game. */
static enum status read_scores(struct desk_case *question, int64_t scores[2],
                               struct fault *out_fault)
{
    const char *reason = desk_text(question, question->said, "reason");
    const char *outcome = desk_text(question, question->said, "outcome");
    const struct format_division *format = NULL;
    scores[0] = desk_int(question->said, "first_score", 0);
    scores[1] = desk_int(question->said, "second_score", 0);
    if (reason[0] == '\0')
        return STATUS_OK;
    if (strcmp(reason, "timeout") != 0)
        return fault_set(out_fault, 0, 0, "a 'reason' is timeout, or left out");
    enum status status = division_format(question->arena, question->division, NULL, &format);
    if (status != STATUS_OK || format->timeout_spread == 0)
        return status;
    int64_t lower = scores[0] < scores[1] ? scores[0] : scores[1];
    if (strcmp(outcome, "first") == 0)
        scores[1] = lower - format->timeout_spread;
    else if (strcmp(outcome, "second") == 0)
        scores[0] = lower - format->timeout_spread;
    return STATUS_OK;
}

enum status desk_fill_result(struct desk_case *question, struct fault *out_fault)
{
    int64_t scores[2];
    struct value outcome = desk_member(question->said, "outcome");
    if (outcome.kind != VALUE_STRING)
        return fault_set(out_fault, 0, 0,
                         "say the 'outcome': first, second, draw or double_forfeit");
    int64_t game = desk_int(question->said, "game", 0);
    enum status status = read_scores(question, scores, out_fault);
    if (status != STATUS_OK)
        return status;
    struct value_entry entries[] = {
        ENTRY("outcome", outcome), ENTRY("first_score", value_int(scores[0])),
        ENTRY("second_score", value_int(scores[1])),
        ENTRY("game", value_int(game)), /* of a match; 0: the whole board */
    };
    if (game > 0)
        question->event = "director.game_result";
    return desk_set_data(question, entries, COUNT_OF(entries) - (game > 0 ? 0 : 1));
}
