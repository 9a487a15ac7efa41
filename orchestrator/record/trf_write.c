/* Writes a record as a TRF file. What TRF has no place for is left out (trf.h says what). */
#include "orchestrator/record/trf.h"

#include <assert.h>
#include <string.h>

enum { POINTS_COLUMN_X10_MAX = 999, NAME_COLUMNS = 33 };

struct writer {
    const struct record *record;
    enum trf_edition edition;
    struct buffer *out;
};

static void end_line(const struct writer *writer)
{
    buffer_append_char(writer->out, '\r');
}

static void write_text(const struct writer *writer, const char *code, const char *text)
{
    if (text[0] == '\0')
        return;
    buffer_format(writer->out, "%s %s", code, text);
    end_line(writer);
}

/* Appends text in a field of so many characters (not bytes), cut or filled with blanks. */
static void write_field(const struct writer *writer, const char *text, int columns, bool right)
{
    size_t size = 0;
    int used = 0;
    while (text[size] != '\0') {
        bool starts = ((unsigned char)text[size] & 0xC0) != 0x80;
        if (starts && used == columns)
            break;
        used += starts;
        size++;
    }
    buffer_format(writer->out, "%*s", right ? columns - used : 0, "");
    buffer_append(writer->out, text, size);
    buffer_format(writer->out, "%*s", right ? 0 : columns - used, "");
}

/* Appends points in four columns; points that do not fit fail the buffer. */
static void write_points(const struct writer *writer, int x10)
{
    if (x10 <= POINTS_COLUMN_X10_MAX)
        buffer_format(writer->out, "%2d.%d", x10 / 10, x10 % 10);
    else if (x10 % 10 == 0 && x10 / 10 <= 9999)
        buffer_format(writer->out, "%4d", x10 / 10);
    else
        writer->out->failed = true;
}

/* ---- the event --------------------------------------------------------------------------- */

static void write_event(const struct writer *writer)
{
    const struct record_event *event = &writer->record->event;
    int rated = 0;
    for (int i = 0; i < writer->record->player_count; i++)
        rated += writer->record->players[i].rating > 0;
    write_text(writer, "012", event->name);
    write_text(writer, "022", event->city);
    write_text(writer, "032", event->federation);
    write_text(writer, "042", event->start_date);
    write_text(writer, "052", event->end_date);
    buffer_format(writer->out, "062 %d", writer->record->player_count);
    end_line(writer);
    buffer_format(writer->out, "072 %d", rated);
    end_line(writer);
    write_text(writer, "092", event->type);
    write_text(writer, "102", event->arbiter);
    write_text(writer, "112", event->deputies);
    write_text(writer, "122", event->time_control);
}

static void write_dates(const struct writer *writer)
{
    const struct record *record = writer->record;
    int last = record->round_dates == NULL ? 0 : record->round_capacity;
    while (last > 0 && record->round_dates[last - 1][0] == '\0')
        last--;
    if (last == 0)
        return;
    buffer_format(writer->out, "%-89s", "132");
    for (int round = 1; round <= last; round++) {
        buffer_append_text(writer->out, "  ");
        write_field(writer, record->round_dates[round - 1], 8, false);
    }
    end_line(writer);
}

/* One value of a point system: its letter in 162, its code in older files. */
struct worth {
    char letter;
    const char *code;
    int x10;
    int usual_x10;
};

enum { WORTH_COUNT = 5 };

static void list_worths(const struct record_points *points, struct worth out[WORTH_COUNT])
{
    struct worth worths[WORTH_COUNT] = {
        {'W', "BBW", points->win_x10, 10},
        {'D', "BBD", points->draw_x10, 5},
        {'L', "BBL", points->loss_x10, 0},
        {'A', "BBZ", points->bye_zero_x10, 0},
        {'P', "BBU", points->bye_pairing_x10, points->win_x10},
    };
    memcpy(out, worths, sizeof worths);
}

static void write_worths(const struct writer *writer)
{
    struct worth worths[WORTH_COUNT];
    list_worths(&writer->record->points, worths);
    bool started = false;
    for (int i = 0; i < WORTH_COUNT; i++) {
        if (worths[i].x10 == worths[i].usual_x10)
            continue;
        if (writer->edition == TRF_16)
            buffer_format(writer->out, "%s ", worths[i].code);
        else
            buffer_format(writer->out, "%s%c", started ? "    " : "162  ", worths[i].letter);
        started = true;
        write_points(writer, worths[i].x10);
        if (writer->edition == TRF_16)
            end_line(writer);
    }
    if (started && writer->edition == TRF_26)
        end_line(writer);
    if (writer->edition == TRF_16 && writer->record->points.forfeit_loss_x10 != 0) {
        buffer_append_text(writer->out, "BBF ");
        write_points(writer, writer->record->points.forfeit_loss_x10);
        end_line(writer);
    }
}

static void write_settings(const struct writer *writer)
{
    const struct record *record = writer->record;
    bool new_codes = writer->edition == TRF_26;
    bool white = record->initial_side == RECORD_FIRST;
    if (record->rounds_total > 0) {
        buffer_format(writer->out, "%s %d", new_codes ? "142" : "XXR", record->rounds_total);
        end_line(writer);
    }
    if (record->initial_side != RECORD_SIDE_NONE && new_codes)
        write_text(writer, "152", white ? "W" : "B");
    if (record->initial_side != RECORD_SIDE_NONE && !new_codes)
        write_text(writer, "XXC", white ? "white1" : "black1");
    if (record->ranked_by_file_order)
        write_text(writer, "XXC", "rank");
    write_worths(writer);
    write_text(writer, "172", record->event.rank_method);
    write_text(writer, "182", record->event.controller);
    write_text(writer, "192", record->event.system);
    write_text(writer, "202", record->event.tie_breaks);
}

/* ---- accelerations, forbidden pairs, byes ------------------------------------------------ */

/* Returns the index after the run of neighbours in number with the same virtual points. */
static int end_of_run(const struct record *record, int first, int round)
{
    int end = first + 1;
    while (end < record->player_count &&
           record->players[end].number == record->players[end - 1].number + 1 &&
           record_virtual_x10(record, end, round) == record_virtual_x10(record, first, round))
        end++;
    return end;
}

static void write_accelerations_26(const struct writer *writer)
{
    const struct record *record = writer->record;
    for (int round = 1; round <= record->round_capacity; round++)
        for (int first = 0, end; first < record->player_count; first = end) {
            int x10 = record_virtual_x10(record, first, round);
            end = end_of_run(record, first, round);
            if (x10 == 0)
                continue;
            buffer_append_text(writer->out, "250      ");
            write_points(writer, x10);
            buffer_format(writer->out, " %3d %3d %4d %4d", round, round,
                          record->players[first].number, record->players[end - 1].number);
            end_line(writer);
        }
}

static void write_accelerations_16(const struct writer *writer)
{
    const struct record *record = writer->record;
    for (int i = 0; i < record->player_count; i++) {
        int last = record->round_capacity;
        while (last > 0 && record_virtual_x10(record, i, last) == 0)
            last--;
        if (last == 0)
            continue;
        buffer_format(writer->out, "XXA %4d", record->players[i].number);
        for (int round = 1; round <= last; round++) {
            buffer_append_char(writer->out, ' ');
            write_points(writer, record_virtual_x10(record, i, round));
        }
        end_line(writer);
    }
}

static void write_forbidden(const struct writer *writer)
{
    const struct record *record = writer->record;
    for (int i = 0; i < record->forbidden_count; i++) {
        const struct record_forbidden *list = &record->forbidden[i];
        bool always = list->first_round <= 1 && list->last_round >= RECORD_ROUNDS_MAX;
        bool old_code = writer->edition == TRF_16 && always;
        if (old_code)
            buffer_append_text(writer->out, "XXP");
        else
            buffer_format(writer->out, "260 %3d %3d", list->first_round, list->last_round);
        for (int k = 0; k < list->count; k++)
            buffer_format(writer->out, old_code ? " %d" : " %4d",
                          record->players[list->players[k]].number);
        end_line(writer);
    }
}

static char bye_letter(enum record_kind kind)
{
    switch (kind) {
    case RECORD_BYE_FULL:
        return 'F';
    case RECORD_BYE_HALF:
        return 'H';
    case RECORD_BYE_PAIRING:
        return 'U';
    case RECORD_BYE_ZERO:
    case RECORD_ABSENT:
        return 'Z';
    case RECORD_NONE:
    case RECORD_PLAYED:
    case RECORD_FORFEIT:
    case RECORD_PENDING:
        break;
    }
    return ' ';
}

static void write_requests(const struct writer *writer)
{
    const struct record *record = writer->record;
    for (int i = 0; i < record->request_count; i++) {
        const struct record_request *request = &record->requests[i];
        buffer_format(writer->out, "240 %c %3d %4d", bye_letter(request->kind), request->round,
                      record->players[request->player].number);
        end_line(writer);
    }
}

/* ---- players ----------------------------------------------------------------------------- */

static char result_letter(const struct record_result *result)
{
    switch ((enum record_kind)result->kind) {
    case RECORD_PLAYED:
        if (result->outcome == RECORD_WIN)
            return result->unrated ? 'W' : '1';
        if (result->outcome == RECORD_DRAW)
            return result->unrated ? 'D' : '=';
        return result->unrated ? 'L' : '0';
    case RECORD_FORFEIT:
        return result->outcome == RECORD_WIN ? '+' : '-';
    case RECORD_BYE_FULL:
    case RECORD_BYE_HALF:
    case RECORD_BYE_PAIRING:
    case RECORD_BYE_ZERO:
    case RECORD_ABSENT:
        return bye_letter((enum record_kind)result->kind);
    case RECORD_NONE:
    case RECORD_PENDING:
        break;
    }
    return ' ';
}

static void write_round(const struct writer *writer, int player, int round)
{
    const struct record *record = writer->record;
    const struct record_result *result = record_result(record, player, round);
    char colour = result->side == RECORD_FIRST ? 'w' : result->side == RECORD_SECOND ? 'b' : '-';
    if (result->opponent == RECORD_NOBODY)
        buffer_format(writer->out, "  0000 - %c", result_letter(result));
    else
        buffer_format(writer->out, "  %4d %c %c", record->players[result->opponent].number, colour,
                      result_letter(result));
}

/* Rank by points, then start number. */
static int rank_of(const struct record *record, int player, const int *points_x10)
{
    int rank = 1;
    for (int i = 0; i < record->player_count; i++)
        rank += points_x10[i] > points_x10[player] ||
                (points_x10[i] == points_x10[player] && i < player);
    return rank;
}

static int last_round_of(const struct record *record, int player)
{
    int round = record->round_capacity;
    while (round > 0 && record_result(record, player, round)->kind == RECORD_NONE)
        round--;
    return round;
}

static void write_player(const struct writer *writer, int index, int points_x10, int rank)
{
    const struct record_player *player = &writer->record->players[index];
    buffer_format(writer->out, "001 %4d %c", player->number, player->sex);
    write_field(writer, player->title, 3, true);
    buffer_append_char(writer->out, ' ');
    write_field(writer, player->name, NAME_COLUMNS, false);
    if (player->rating > 0 && player->rating <= 9999)
        buffer_format(writer->out, " %4d ", player->rating);
    else
        buffer_append_text(writer->out, "      ");
    write_field(writer, player->federation, 3, false);
    buffer_append_char(writer->out, ' ');
    write_field(writer, player->id, 11, true);
    buffer_append_char(writer->out, ' ');
    write_field(writer, player->birth, 10, false);
    buffer_append_char(writer->out, ' ');
    write_points(writer, points_x10);
    buffer_format(writer->out, " %4d", rank);
    for (int round = 1; round <= last_round_of(writer->record, index); round++)
        write_round(writer, index, round);
    end_line(writer);
}

/* The points that a reader of the file will work out: it does not hear of results with points of
 * their own, nor of byes and forfeits worth something else. */
static int points_in_file_x10(const struct writer *writer, int player)
{
    struct record as_read = *writer->record;
    struct record_points *points = &as_read.points;
    points->forfeit_win_x10 = points->bye_full_x10 = points->win_x10;
    points->bye_half_x10 = points->draw_x10;
    if (writer->edition == TRF_26)
        points->forfeit_loss_x10 = points->bye_zero_x10;
    int sum = 0;
    for (int round = 1; round <= as_read.rounds_played; round++) {
        struct record_result result = *record_result(&as_read, player, round);
        result.points_override = false;
        sum += record_result_points_x10(&as_read, &result);
    }
    return sum;
}

static void write_players(const struct writer *writer)
{
    const struct record *record = writer->record;
    struct buffer points = {0};
    for (int i = 0; i < record->player_count; i++) {
        int x10 = points_in_file_x10(writer, i);
        buffer_append(&points, &x10, sizeof x10);
    }
    if (points.failed)
        writer->out->failed = true;
    for (int i = 0; i < record->player_count && !writer->out->failed; i++) {
        const int *x10 = (const int *)(const void *)points.data; /* malloc's alignment */
        int rank = record->players[i].listed_rank;
        write_player(writer, i, x10[i], rank > 0 ? rank : rank_of(record, i, x10));
    }
    buffer_deinit(&points);
}

void trf_write(const struct record *record, enum trf_edition edition, struct buffer *out)
{
    struct writer writer = {.record = record, .edition = edition, .out = out};
    write_event(&writer);
    for (int i = 0; i < record->line_count; i++) {
        buffer_append_text(out, record->lines[i].text);
        end_line(&writer);
    }
    write_dates(&writer);
    write_settings(&writer);
    if (record->virtual_x10 != NULL && edition == TRF_26)
        write_accelerations_26(&writer);
    if (record->virtual_x10 != NULL && edition == TRF_16)
        write_accelerations_16(&writer);
    write_forbidden(&writer);
    write_requests(&writer);
    write_players(&writer);
}
