/* .tou: what rating offices take. Per round a letter for the outcome, three digits of score and the
 * opponent's number in the division, "+" where the player moved first. */
#include "orchestrator/record/codec.h"

#include <stdio.h>
#include <string.h>

#define NAME_COLUMNS 20
#define CELL_COLUMNS 6 /* blank, outcome, three of score, blank; the opponent follows */
#define SMALL_FIELD 99 /* up to here opponents take three columns, beyond four */

static const char END_LINE[] = "*** END OF FILE ***";
static const int BYE_SCORE = 50;
static const int FORFEIT_WIN_SCORE = 150;
static const int FORFEIT_LOSS_SCORE = 100;

static size_t opponent_columns(int player_count)
{
    return player_count > SMALL_FIELD ? 4 : 3;
}

/* A Latin letter without its accent, "?" for what has none. Handles U+00C0 to U+017F. */
static char folded(unsigned code)
{
    static const char latin1[] = "AAAAAAACEEEEIIIIDNOOOOO*OUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty";
    static const char extended[] =
        "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLlNnNnNnnNnOoOoOoOoRrRrRr"
        "SsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
    if (code >= 0xC0 && code < 0xC0 + sizeof latin1 - 1)
        return latin1[code - 0xC0];
    if (code >= 0x100 && code < 0x100 + sizeof extended - 1)
        return extended[code - 0x100];
    return '?';
}

/* Writes a name in ASCII, padded or cut to its columns. */
static void write_name(struct buffer *out, const char *name)
{
    int columns = 0;
    for (const unsigned char *at = (const unsigned char *)name; *at != 0 && columns < NAME_COLUMNS;
         columns++) {
        unsigned code = *at;
        size_t length = code < 0x80 ? 1 : code < 0xE0 ? 2 : code < 0xF0 ? 3 : 4;
        if (length == 2)
            code = ((code & 0x1Fu) << 6) | (at[1] & 0x3Fu);
        else if (length > 2)
            code = 0xFFFF;
        buffer_append_char(out, code < 0x80 ? (char)code : folded(code));
        at += length;
    }
    for (; columns < NAME_COLUMNS; columns++)
        buffer_append_char(out, ' ');
}

/* One round of a player as its cell says it. */
struct cell {
    char outcome; /* '2' won, '1' drawn, ' ' else */
    int score;
    int opponent; /* number in the division, from 1 */
    bool first;
};

static struct cell cell_of(const struct record *record, int player, int round)
{
    const struct record_result *result = record_result(record, player, round);
    struct cell cell = {.outcome = ' ', .opponent = player + 1};
    switch ((enum record_kind)result->kind) {
    case RECORD_PLAYED:
        cell.outcome = result->outcome == RECORD_WIN    ? '2'
                       : result->outcome == RECORD_DRAW ? '1'
                                                        : ' ';
        cell.score = (int)((((int64_t)result->own_score % 1000) + 1000) % 1000);
        cell.opponent = result->opponent + 1;
        cell.first = result->side == RECORD_FIRST;
        break;
    case RECORD_FORFEIT:
        cell.outcome = result->outcome == RECORD_WIN ? '2' : ' ';
        cell.score = result->outcome == RECORD_WIN ? FORFEIT_WIN_SCORE : FORFEIT_LOSS_SCORE;
        break;
    case RECORD_BYE_PAIRING:
    case RECORD_BYE_FULL:
    case RECORD_BYE_HALF:
        cell.score = BYE_SCORE;
        break;
    case RECORD_ABSENT:
        cell.score = result->outcome == RECORD_LOSS ? FORFEIT_LOSS_SCORE : 0;
        break;
    case RECORD_NONE:
    case RECORD_BYE_ZERO:
    case RECORD_PENDING:
        break;
    }
    return cell;
}

static void write_player(struct buffer *out, const struct record *record, int player)
{
    int columns = (int)opponent_columns(record->player_count);
    write_name(out, record->players[player].name);
    for (int round = 1; round <= record->rounds_played; round++) {
        struct cell cell = cell_of(record, player, round);
        char opponent[16];
        int size =
            snprintf(opponent, sizeof opponent, "%s%d", cell.first ? "+" : "", cell.opponent);
        buffer_format(out, " %c%3d ", cell.outcome, cell.score);
        for (; size < columns; size++)
            buffer_append_char(out, ' ');
        buffer_append_text(out, opponent);
    }
    buffer_append_text(out, "\r\n");
}

/* "2025/11/30" or "2025-11-30" as "30.11.2025"; "" where the date is not written so. */
static void write_date(struct buffer *out, const char *date)
{
    bool plain = strlen(date) == 10 && (date[4] == '/' || date[4] == '-');
    if (plain)
        buffer_format(out, "%.2s.%.2s.%.4s", date + 8, date + 5, date);
}

enum status codec_write_tou(const struct codec_target *target)
{
    struct buffer *out = target->out;
    for (int i = 0; i < target->book->count; i++) {
        const struct book_division *division = &target->book->divisions[i];
        const struct record *record = division->record;
        buffer_append_text(out, "*M");
        write_date(out, record->event.start_date);
        buffer_format(out, " %s\r\n*%s\r\n%38s0\r\n", record->event.name, division->name, "");
        for (int player = 0; player < record->player_count; player++)
            write_player(out, record, player);
        for (int player = 0; player < record->player_count; player++)
            for (int round = 1; round <= record->rounds_played; round++) {
                const struct record_result *result = record_result(record, player, round);
                if (result->own_score > 999 ||
                    (result->kind == RECORD_PLAYED && result->own_score < 0))
                    book_lose(target->losses, "%s: the thousands of scores above 999 and signs",
                              division->name);
                if (result->kind == RECORD_PLAYED && !result->has_scores)
                    book_lose(target->losses, "%s: games without scores become 0-0",
                              division->name);
            }
    }
    buffer_format(out, "%s\r\n", END_LINE);
    codec_report_losses(target, CODEC_KEEPS_SIDES | CODEC_KEEPS_SCORES);
    codec_report_namesakes(target);
    return STATUS_OK;
}

/* ---- reading ----------------------------------------------------------------------------- */

/* The lines of one division, gathered before its size is known. */
struct section {
    const char *date;
    const char *event;
    const char *name;
    struct codec_line *lines;
    int count;
    bool expects_name; /* the event's line was just read */
};

static char *copy_trimmed(struct arena *arena, const char *text, size_t size)
{
    while (size > 0 && text[size - 1] == ' ')
        size--;
    return arena_copy(arena, text, size);
}

static enum status wrong(const struct codec_source *source, const struct codec_line *line,
                         size_t column, const char *text)
{
    return fault_set(source->fault, line->number, (int)column + 1, "%s", text);
}

static bool read_number(const char *text, size_t size, int *out)
{
    int value = 0;
    size_t at = 0;
    while (at < size && text[at] == ' ')
        at++;
    if (at == size)
        return false;
    for (; at < size; at++) {
        if (text[at] < '0' || text[at] > '9')
            return false;
        value = value * 10 + (text[at] - '0');
    }
    *out = value;
    return true;
}

static enum status read_cell(const struct codec_source *source, const struct codec_line *line,
                             size_t column, const struct record *record, struct cell *out)
{
    size_t width = opponent_columns(record->player_count);
    const char *text = line->text + column;
    char opponent[5] = "    ";
    memcpy(opponent, text + CELL_COLUMNS, width);
    char *plus = strchr(opponent, '+');
    if (plus != NULL)
        *plus = ' ';
    out->first = plus != NULL;
    out->outcome = text[1];
    if (text[0] != ' ' || text[5] != ' ' || strchr(" 12", text[1]) == NULL || text[1] == '\0')
        return wrong(source, line, column + 1, "a round is a blank, then 2, 1 or a blank");
    if (!read_number(text + 2, 3, &out->score))
        return wrong(source, line, column + 2, "the score is not a number");
    if (!read_number(opponent, width, &out->opponent) || out->opponent < 1 ||
        out->opponent > record->player_count)
        return wrong(source, line, column + CELL_COLUMNS, "there is no such opponent");
    return STATUS_OK;
}

static void put_rest(struct record *record, int player, int round, const struct cell *cell)
{
    struct record_result *result = record_result(record, player, round);
    if (cell->score == BYE_SCORE) {
        codec_put_spread_bye(record, round, player, BYE_SCORE);
    } else if (cell->score == FORFEIT_WIN_SCORE && cell->outcome == '2') {
        *result = (struct record_result){
            .opponent = RECORD_NOBODY, .kind = RECORD_FORFEIT, .outcome = RECORD_WIN};
    } else if (cell->score == FORFEIT_LOSS_SCORE) {
        *result = (struct record_result){
            .opponent = RECORD_NOBODY, .kind = RECORD_FORFEIT, .outcome = RECORD_LOSS};
    } else {
        result->kind = RECORD_ABSENT;
    }
}

static void put_game(struct record *record, int player, int round, const struct cell *cell)
{
    struct record_result *result = record_result(record, player, round);
    *result = (struct record_result){
        .opponent = cell->opponent - 1,
        .own_score = cell->score,
        .kind = RECORD_PLAYED,
        .outcome = (uint8_t)(cell->outcome == '2'   ? RECORD_WIN
                             : cell->outcome == '1' ? RECORD_DRAW
                                                    : RECORD_LOSS),
        .side = (uint8_t)(cell->first ? RECORD_FIRST : RECORD_SIDE_NONE),
        .has_scores = true,
    };
}

static enum status read_player(const struct codec_source *source, const struct codec_line *line,
                               struct record *record, int player)
{
    size_t width = CELL_COLUMNS + opponent_columns(record->player_count);
    size_t name = line->size < NAME_COLUMNS ? line->size : NAME_COLUMNS;
    record->players[player].name = copy_trimmed(source->arena, line->text, name);
    if (record->players[player].name == NULL)
        return STATUS_FULL;
    int round = 1;
    for (size_t column = name; column < line->size; column += width, round++) {
        struct cell cell = {0};
        if (line->size - column < width)
            return wrong(source, line, column, "the round is cut off");
        enum status status = read_cell(source, line, column, record, &cell);
        if (status != STATUS_OK)
            return status;
        if (cell.opponent == player + 1)
            put_rest(record, player, round, &cell);
        else
            put_game(record, player, round, &cell);
    }
    return STATUS_OK;
}

/* Where a round begins on a player's line, counted from 1. */
static int column_of_round(const struct record *record, int round)
{
    size_t width = CELL_COLUMNS + opponent_columns(record->player_count);
    return (int)(NAME_COLUMNS + (size_t)(round - 1) * width) + 1;
}

/* Joins the two halves of each game: the other's score, and the side that "+" does not mark. */
static enum status join_games(const struct codec_source *source, const struct section *section,
                              struct record *record)
{
    for (int player = 0; player < record->player_count; player++)
        for (int round = 1; round <= record->round_capacity; round++) {
            struct record_result *mine = record_result(record, player, round);
            if (mine->kind != RECORD_PLAYED)
                continue;
            struct record_result *theirs = record_result(record, mine->opponent, round);
            bool agree = theirs->kind == RECORD_PLAYED && theirs->opponent == player &&
                         theirs->outcome == codec_mirrored((enum record_outcome)mine->outcome) &&
                         !(mine->side == RECORD_FIRST && theirs->side == RECORD_FIRST);
            if (!agree)
                return fault_set(source->fault, section->lines[player].number,
                                 column_of_round(record, round),
                                 "players %d and %d disagree about round %d", player + 1,
                                 mine->opponent + 1, round);
            mine->other_score = theirs->own_score;
            if (mine->side == RECORD_FIRST)
                theirs->side = RECORD_SECOND;
        }
    return STATUS_OK;
}

/* Returns how many rounds the longest line has, and which line that is. */
static int rounds_in(const struct section *section, int *out_line)
{
    size_t width = CELL_COLUMNS + opponent_columns(section->count);
    int most = 0;
    for (int i = 0; i < section->count; i++) {
        size_t size = section->lines[i].size;
        int rounds = size > NAME_COLUMNS ? (int)((size - NAME_COLUMNS + width - 1) / width) : 0;
        if (rounds <= most)
            continue;
        most = rounds;
        *out_line = section->lines[i].number;
    }
    return most;
}

static enum status close_section(const struct codec_source *source, struct section *section,
                                 struct book *book)
{
    if (section->name == NULL)
        return STATUS_OK;
    int line = 0;
    int rounds = rounds_in(section, &line);
    if (rounds > RECORD_ROUNDS_MAX)
        return fault_set(source->fault, line, NAME_COLUMNS + 1,
                         "division %.40s has players with more than %d rounds", section->name,
                         RECORD_ROUNDS_MAX);
    struct record *record = record_create(source->arena, section->count, rounds);
    if (record == NULL)
        return STATUS_FULL;
    record->event.name = section->event;
    record->event.start_date = section->date;
    enum status status = STATUS_OK;
    for (int player = 0; player < section->count && status == STATUS_OK; player++)
        status = read_player(source, &section->lines[player], record, player);
    if (status == STATUS_OK)
        status = codec_check_names(source, section->lines, record, NAME_COLUMNS);
    if (status == STATUS_OK)
        status = join_games(source, section, record);
    if (status != STATUS_OK)
        return status;
    codec_finish(record);
    status = codec_add_division(book, source->arena, section->name, record);
    section->name = NULL;
    section->count = 0;
    return status;
}

/* "*M30.11.2025 name" */
static enum status read_header(const struct codec_source *source, const struct codec_line *line,
                               struct section *section)
{
    const char *text = line->text + 2;
    size_t size = line->size - 2;
    bool dated = size >= 10 && text[2] == '.' && text[5] == '.';
    section->date = "";
    if (dated)
        section->date = arena_format(source->arena, "%.4s-%.2s-%.2s", text + 6, text + 3, text);
    size_t skip = dated ? 10 : 0;
    while (skip < size && text[skip] == ' ')
        skip++;
    section->event = copy_trimmed(source->arena, text + skip, size - skip);
    return section->date == NULL || section->event == NULL ? STATUS_FULL : STATUS_OK;
}

static bool is_zero_line(const struct codec_line *line)
{
    size_t at = 0;
    while (at < line->size && line->text[at] == ' ')
        at++;
    return at + 1 == line->size && line->text[at] == '0';
}

static enum status read_line(const struct codec_source *source, const struct codec_line *line,
                             struct section *section, struct book *book)
{
    bool starred = line->size > 0 && line->text[0] == '*';
    if (!starred) {
        if (line->size == 0 || (section->count == 0 && is_zero_line(line)))
            return STATUS_OK;
        if (section->name == NULL)
            return wrong(source, line, 0, "a player stands before any division");
        if (section->count == RECORD_PLAYERS_MAX)
            return STATUS_FULL;
        section->lines[section->count++] = *line;
        return STATUS_OK;
    }
    enum status status = close_section(source, section, book);
    if (status != STATUS_OK)
        return status;
    bool header = line->size >= 2 && line->text[1] == 'M' && !section->expects_name;
    section->expects_name = header;
    if (header)
        return read_header(source, line, section);
    section->name = copy_trimmed(source->arena, line->text + 1, line->size - 1);
    return section->name == NULL ? STATUS_FULL : STATUS_OK;
}

static size_t line_count(const struct codec_source *source)
{
    struct codec_line line = {0};
    size_t at = 0;
    while (codec_next_line(source, &at, &line))
        ;
    return (size_t)line.number;
}

enum status codec_read_tou(const struct codec_source *source, struct book *out_book)
{
    struct section section = {.date = "", .event = ""};
    struct codec_line line = {0};
    section.lines = arena_array(source->arena, line_count(source) + 1, sizeof *section.lines);
    if (section.lines == NULL)
        return STATUS_FULL;
    for (size_t at = 0; codec_next_line(source, &at, &line);) {
        bool end = line.size == sizeof END_LINE - 1 && memcmp(line.text, END_LINE, line.size) == 0;
        if (end)
            break;
        enum status status = read_line(source, &line, &section, out_book);
        if (status != STATUS_OK)
            return status;
    }
    enum status status = close_section(source, &section, out_book);
    if (status == STATUS_OK && out_book->count == 0)
        return fault_set(source->fault, 1, 1, "there is no division: no line with *NAME");
    return status;
}
