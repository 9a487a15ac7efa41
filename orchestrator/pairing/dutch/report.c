/* Pairings, check results and checklists as text. What they say is decided in dutch.c. */
#include "orchestrator/pairing/dutch/report.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELL_SIZE = 1100 };

void dutch_report_pairs(const struct record *record, const struct dutch_output *output,
                        struct buffer *out)
{
    buffer_format(out, "%d\n", output->pair_count);
    for (int i = 0; i < output->pair_count; i++) {
        int second = output->pairs[i].second;
        buffer_format(out, "%d %d\n", record->players[output->pairs[i].first].number,
                      second == RECORD_NOBODY ? 0 : record->players[second].number);
    }
}

/* ---- checklist --------------------------------------------------------------------------- */

enum list_column {
    LIST_ID,
    LIST_POINTS,
    LIST_COLOURS,
    LIST_PREFERENCE,
    LIST_BYE,
    LIST_LAST_FLOAT,
    LIST_FLOAT_BEFORE,
    LIST_CURRENT,
    LIST_GAP,
    LIST_ROUNDS /* as many as have been played */
};

struct list {
    const struct dutch_input *input;
    const struct dutch_output *output;
    int columns;
};

static void write_header(const struct list *list, int column, char *cell)
{
    static const char *const TITLES[] = {"ID", "Pts", "", "Pref", "C2", "C14", "C16", "Cur", ""};
    int rounds = list->input->round - 1;
    if (column >= LIST_ROUNDS) {
        snprintf(cell, CELL_SIZE, "R%d", column - LIST_ROUNDS + 1);
    } else if (column == LIST_COLOURS) {
        memset(cell, '-', (size_t)rounds + 1);
        cell[rounds + 1] = '\0';
    } else {
        snprintf(cell, CELL_SIZE, "%s", TITLES[column]);
    }
}

static void write_preference(const struct dutch_seat *seat, char *cell)
{
    char letter = seat->preference == DUTCH_WHITE ? 'W' : 'B';
    switch (seat->strength) {
    case DUTCH_ABSOLUTE:
        snprintf(cell, CELL_SIZE, "%c ", letter);
        return;
    case DUTCH_STRONG:
        snprintf(cell, CELL_SIZE, "(%c)", letter);
        return;
    case DUTCH_MILD:
        snprintf(cell, CELL_SIZE, "%c ", letter == 'W' ? 'w' : 'b');
        return;
    case DUTCH_NONE:
        snprintf(cell, CELL_SIZE, "A ");
        return;
    }
}

static void write_float(enum dutch_float floated, char *cell)
{
    snprintf(cell, CELL_SIZE, "%s", floated == DUTCH_DOWN ? "D" : floated == DUTCH_UP ? "U" : "");
}

static void write_current(const struct list *list, int player, char *cell)
{
    const struct record *record = list->input->record;
    cell[0] = '\0';
    for (int i = 0; i < list->output->pair_count; i++) {
        struct dutch_pair pair = list->output->pairs[i];
        if (pair.first == player && pair.second == RECORD_NOBODY)
            snprintf(cell, CELL_SIZE, "(bye)");
        else if (pair.first == player)
            snprintf(cell, CELL_SIZE, "(%dW)", record->players[pair.second].number);
        else if (pair.second == player)
            snprintf(cell, CELL_SIZE, "(%dB)", record->players[pair.first].number);
    }
}

static void write_opponent(const struct list *list, int player, int round, char *cell)
{
    const struct record *record = list->input->record;
    const struct record_result *result = record_result(record, player, round);
    cell[0] = '\0';
    if (record_was_played(result))
        snprintf(cell, CELL_SIZE, "%d", record->players[result->opponent].number);
}

static void write_colours(const struct dutch_seat *seat, char *cell)
{
    for (int i = 0; i < seat->colour_count; i++)
        cell[i] = seat->colours[i] == DUTCH_WHITE ? 'W' : 'B';
    cell[seat->colour_count] = '\0';
}

static void write_cell(const struct list *list, const struct dutch_seat *seat, int column,
                       char *cell)
{
    if (column >= LIST_ROUNDS) {
        write_opponent(list, seat->player, column - LIST_ROUNDS + 1, cell);
        return;
    }
    switch ((enum list_column)column) {
    case LIST_ID:
        snprintf(cell, CELL_SIZE, "%d", list->input->record->players[seat->player].number);
        return;
    case LIST_POINTS:
        snprintf(cell, CELL_SIZE, "%d.%d", seat->score_x10 / 10, seat->score_x10 % 10);
        return;
    case LIST_COLOURS:
        write_colours(seat, cell);
        return;
    case LIST_PREFERENCE:
        write_preference(seat, cell);
        return;
    case LIST_BYE:
        snprintf(cell, CELL_SIZE, "%s", seat->may_get_bye ? "Y" : "N");
        return;
    case LIST_LAST_FLOAT:
        write_float(seat->floated[0], cell);
        return;
    case LIST_FLOAT_BEFORE:
        write_float(seat->floated[1], cell);
        return;
    case LIST_CURRENT:
        write_current(list, seat->player, cell);
        return;
    case LIST_GAP:
    case LIST_ROUNDS:
        cell[0] = '\0';
        return;
    }
}

static int column_width(const struct list *list, int column)
{
    char cell[CELL_SIZE];
    write_header(list, column, cell);
    size_t width = strlen(cell);
    for (int i = 0; i < list->output->seat_count; i++) {
        write_cell(list, &list->output->seats[i], column, cell);
        if (strlen(cell) > width)
            width = strlen(cell);
    }
    return (int)width;
}

/* Writes a row; the header where `seat` is NULL. */
static void write_row(const struct list *list, const struct dutch_seat *seat, const int *widths,
                      struct buffer *out)
{
    char cell[CELL_SIZE];
    for (int column = 0; column < list->columns; column++) {
        if (seat == NULL)
            write_header(list, column, cell);
        else
            write_cell(list, seat, column, cell);
        buffer_format(out, "%*s\t", widths[column], cell);
    }
    buffer_append_char(out, '\n');
}

void dutch_report_list(const struct dutch_input *input, const struct dutch_output *output,
                       struct buffer *out)
{
    struct list list = {
        .input = input, .output = output, .columns = LIST_ROUNDS + input->round - 1};
    int widths[LIST_ROUNDS + RECORD_ROUNDS_MAX];
    for (int column = 0; column < list.columns; column++)
        widths[column] = column_width(&list, column);
    buffer_append_text(out, "\n");
    write_row(&list, NULL, widths, out);
    int score_x10 = -1;
    for (int i = 0; i < output->seat_count; i++) {
        if (output->seats[i].score_x10 != score_x10)
            buffer_append_char(out, '\n');
        score_x10 = output->seats[i].score_x10;
        write_row(&list, &output->seats[i], widths, out);
    }
    buffer_append_text(out, "\n\n");
}

/* ---- check ------------------------------------------------------------------------------- */

struct checked_round {
    struct dutch_input input;
    struct dutch_output output;
    struct dutch_pair *recorded;
    int recorded_count;
};

static struct dutch_pair recorded_pair(int player, const struct record_result *result)
{
    if (result->opponent == RECORD_NOBODY || result->side == RECORD_FIRST)
        return (struct dutch_pair){player, result->opponent};
    if (result->side == RECORD_SECOND)
        return (struct dutch_pair){result->opponent, player};
    return player < result->opponent ? (struct dutch_pair){player, result->opponent}
                                     : (struct dutch_pair){result->opponent, player};
}

static bool list_recorded(struct checked_round *round, struct arena *arena)
{
    const struct record *record = round->input.record;
    round->recorded = arena_array(arena, (size_t)record->player_count + 1, sizeof *round->recorded);
    if (round->recorded == NULL)
        return false;
    for (int i = 0; i < record->player_count; i++) {
        const struct record_result *result = record_result(record, i, round->input.round);
        if (!record_was_paired(result))
            continue;
        if (result->opponent != RECORD_NOBODY && result->opponent < i &&
            record_result(record, result->opponent, round->input.round)->opponent == i)
            continue;
        if (result->opponent != RECORD_NOBODY && !round->input.present[result->opponent])
            continue;
        round->recorded[round->recorded_count++] = recorded_pair(i, result);
    }
    return dutch_order_boards(&round->input, round->output.seats, round->output.seat_count, arena,
                              round->recorded, round->recorded_count);
}

static bool list_has(const struct dutch_pair *pairs, int count, struct dutch_pair pair)
{
    for (int i = 0; i < count; i++)
        if (pairs[i].first == pair.first && pairs[i].second == pair.second)
            return true;
    return false;
}

/* Moves those pairs of `from` that `other` lacks to the front of `out`. */
static int keep_different(const struct dutch_pair *from, int count, const struct dutch_pair *other,
                          int other_count, struct dutch_pair *out)
{
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (!list_has(other, other_count, from[i]))
            out[kept++] = from[i];
    return kept;
}

static void write_pair(const struct record *record, struct dutch_pair pair, struct buffer *out)
{
    int second = pair.second == RECORD_NOBODY ? 0 : record->players[pair.second].number;
    buffer_format(out, "%3d - %3d", record->players[pair.first].number, second);
}

static bool write_differences(const struct checked_round *round, struct arena *arena,
                              struct buffer *out, bool *out_any)
{
    const struct record *record = round->input.record;
    int ours_count = round->output.pair_count;
    int theirs_count = round->recorded_count;
    struct dutch_pair *ours = arena_array(arena, (size_t)ours_count + 1, sizeof *ours);
    struct dutch_pair *theirs = arena_array(arena, (size_t)theirs_count + 1, sizeof *theirs);
    if (ours == NULL || theirs == NULL)
        return false;
    int left = keep_different(round->output.pairs, ours_count, round->recorded, theirs_count, ours);
    int right =
        keep_different(round->recorded, theirs_count, round->output.pairs, ours_count, theirs);
    *out_any = left > 0 || right > 0;
    if (!*out_any)
        return true;
    buffer_append_text(out, "  Checker pairings        Tournament pairings \n");
    for (int i = 0; i < right; i++) {
        buffer_append_text(out, "    ");
        if (i < left)
            write_pair(record, ours[i], out);
        else
            buffer_format(out, "%9s", "");
        buffer_format(out, "%16s", "");
        write_pair(record, theirs[i], out);
        buffer_append_char(out, '\n');
    }
    buffer_append_char(out, '\n');
    return true;
}

static enum status check_round(struct checked_round *round, struct arena *arena, struct buffer *out,
                               struct buffer *list, bool *out_wrong)
{
    enum status status = dutch_pair(&round->input, arena, &round->output, NULL);
    if (status != STATUS_OK)
        return status;
    if (list != NULL) {
        buffer_format(list, "Round #%d\n", round->input.round);
        dutch_report_list(&round->input, &round->output, list);
    }
    if (!round->output.possible) {
        *out_wrong = true;
        buffer_format(out, "No valid pairing exists for round %d.\n\n", round->input.round);
        return STATUS_OK;
    }
    if (!list_recorded(round, arena) || !write_differences(round, arena, out, out_wrong))
        return STATUS_FULL;
    return STATUS_OK;
}

enum status dutch_check(const struct record *record, enum dutch_compat compat, const char *stem,
                        struct arena *scratch, struct buffer *out, struct buffer *list,
                        struct dutch_check *out_check)
{
    struct dutch_check check = {0};
    enum record_side side = dutch_initial_side(record);
    for (int number = 1; number <= record->rounds_played; number++) {
        arena_reset(scratch);
        bool *present = arena_array(scratch, (size_t)record->player_count + 1, sizeof *present);
        if (present == NULL)
            return STATUS_FULL;
        dutch_present_recorded(record, number, present);
        struct checked_round round = {
            .input = {
                .record = record,
                .round = number,
                .present = present,
                .compat = compat,
                .initial_side = side == RECORD_SIDE_NONE ? RECORD_FIRST : side,
            }};
        bool wrong = false;
        buffer_format(out, "%s: Round #%d\n", stem, number);
        enum status status = check_round(&round, scratch, out, list, &wrong);
        if (status != STATUS_OK)
            return status;
        check.rounds++;
        check.wrong += wrong;
    }
    buffer_append_char(out, '\n');
    *out_check = check;
    return STATUS_OK;
}
