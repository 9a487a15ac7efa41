/* CSV: the standings of every division, one row a player. As input it tells who took part and
 * where they finished, not who played whom. */
#include "orchestrator/record/codec.h"

#include "orchestrator/standing/standing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char HEADER[] = "division,rank,username,wins,losses,draws,winpts,spread";

enum column { DIVISION, RANK, NAME, WINS, LOSSES, DRAWS, POINTS, SPREAD, COLUMN_COUNT };

/* Quotes a field where commas, quotes or line ends are in it. */
static void write_field(struct buffer *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        buffer_append_text(out, text);
        return;
    }
    buffer_append_char(out, '"');
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"')
            buffer_append_char(out, '"');
        buffer_append_char(out, *at);
    }
    buffer_append_char(out, '"');
}

static void write_row(struct buffer *out, const struct book_division *division,
                      const struct standing_row *row)
{
    int points_x10 = 10 * row->wins + 5 * row->ties;
    write_field(out, division->name);
    buffer_format(out, ",%d,", row->rank);
    write_field(out, division->record->players[row->player].name);
    buffer_format(out, ",%d,%d,%d,%d.%d,%" PRId64 "\n", row->wins, row->losses, row->ties,
                  points_x10 / 10, points_x10 % 10, row->spread);
}

static enum status write_division(const struct codec_target *target,
                                  const struct book_division *division)
{
    struct standing_options options = {0};
    struct standing_table table;
    enum status status = standing_order_parse("PTS,SPREAD,TPN", &options, target->fault);
    if (status == STATUS_OK)
        status = standing_table_build(division->record, &options, target->arena, &table);
    for (int i = 0; status == STATUS_OK && i < table.row_count; i++)
        write_row(target->out, division, &table.rows[i]);
    return status;
}

static int by_name(const void *one, const void *other)
{
    const struct book_division *const *a = one;
    const struct book_division *const *b = other;
    return strcmp((*a)->name, (*b)->name);
}

enum status codec_write_csv(const struct codec_target *target)
{
    const struct book_division *sorted[BOOK_DIVISIONS_MAX];
    int count = target->book->count;
    for (int i = 0; i < count; i++)
        sorted[i] = &target->book->divisions[i];
    qsort(sorted, (size_t)count, sizeof *sorted, by_name);
    buffer_format(target->out, "%s\n", HEADER);
    for (int i = 0; i < count; i++) {
        enum status status = write_division(target, sorted[i]);
        if (status != STATUS_OK)
            return status;
        book_lose(target->losses, "%s: rounds and pairings; a standings table has none",
                  sorted[i]->name);
    }
    codec_report_namesakes(target);
    return STATUS_OK;
}

/* ---- reading ----------------------------------------------------------------------------- */

struct row {
    const char *fields[COLUMN_COUNT];
    int columns[COLUMN_COUNT]; /* where they begin, from 1 */
    struct codec_line line;
};

static enum status wrong(const struct codec_source *source, const struct codec_line *line,
                         size_t column, const char *text)
{
    return fault_set(source->fault, line->number, (int)column + 1, "%s", text);
}

/* Reads the field at *at into a copy; *at is left at the comma or the end. */
static enum status read_field(const struct codec_source *source, const struct codec_line *line,
                              size_t *at, const char **out)
{
    char *copy = arena_alloc(source->arena, line->size - *at + 1);
    size_t size = 0;
    if (copy == NULL)
        return STATUS_FULL;
    bool quoted = *at < line->size && line->text[*at] == '"';
    if (quoted)
        (*at)++;
    while (*at < line->size && (quoted || line->text[*at] != ',')) {
        if (quoted && line->text[*at] == '"') {
            (*at)++;
            if (*at >= line->size || line->text[*at] != '"') {
                quoted = false;
                break;
            }
        }
        copy[size++] = line->text[(*at)++];
    }
    if (quoted)
        return wrong(source, line, *at, "a quote is not closed");
    if (*at < line->size && line->text[*at] != ',')
        return wrong(source, line, *at, "a comma should follow the quote");
    *out = copy;
    return STATUS_OK;
}

static enum status read_row(const struct codec_source *source, const struct codec_line *line,
                            struct row *out)
{
    size_t at = 0;
    out->line = *line;
    for (int column = 0; column < COLUMN_COUNT; column++) {
        if (column > 0 && at++ >= line->size)
            return wrong(source, line, line->size, "a row has eight fields");
        out->columns[column] = (int)at + 1;
        enum status status = read_field(source, line, &at, &out->fields[column]);
        if (status != STATUS_OK)
            return status;
    }
    if (at < line->size)
        return wrong(source, line, at, "a row has eight fields, not more");
    return STATUS_OK;
}

static enum status wrong_field(const struct codec_source *source, const struct row *row,
                               enum column column, const char *text)
{
    return fault_set(source->fault, row->line.number, row->columns[column], "%s: '%.20s'", text,
                     row->fields[column]);
}

static bool read_count(const struct row *row, enum column column, int *out)
{
    char *end;
    long value = strtol(row->fields[column], &end, 10);
    *out = (int)value;
    return *row->fields[column] != '\0' && *end == '\0' && value >= 0 && value <= RECORD_ROUNDS_MAX;
}

/* Points with at most one decimal, in tenths. */
static bool read_points(const char *text, int *out_x10)
{
    char *end;
    double points = strtod(text, &end);
    if (*text == '\0' || *end != '\0' || !(points >= 0 && points <= 10000))
        return false;
    *out_x10 = (int)(points * 10 + 0.5);
    return true;
}

/* Points are wins and half the draws. */
static enum status put_points(const struct codec_source *source, const struct row *row,
                              struct record_player *player)
{
    static const enum column COUNTS[] = {WINS, LOSSES, DRAWS};
    int counts[COUNT_OF(COUNTS)];
    for (size_t i = 0; i < COUNT_OF(COUNTS); i++)
        if (!read_count(row, COUNTS[i], &counts[i]))
            return wrong_field(source, row, COUNTS[i], "not a number of games");
    if (!read_points(row->fields[POINTS], &player->listed_points_x10))
        return wrong_field(source, row, POINTS, "the points are not a number");
    if (player->listed_points_x10 != 10 * counts[0] + 5 * counts[2])
        return wrong_field(source, row, POINTS, "the points are not wins and half the draws");
    return STATUS_OK;
}

static enum status put_player(const struct codec_source *source, const struct row *row,
                              struct record_player *player)
{
    char *end;
    long rank = strtol(row->fields[RANK], &end, 10);
    if (*row->fields[RANK] == '\0' || *end != '\0' || rank < 1 || rank > RECORD_PLAYERS_MAX)
        return wrong_field(source, row, RANK, "the rank is not a whole number");
    player->name = row->fields[NAME];
    player->listed_rank = (int)rank;
    return put_points(source, row, player);
}

/* Rows of one division stand together. */
static enum status put_division(const struct codec_source *source, const struct row *rows,
                                int count, struct book *book)
{
    struct record *record = record_create(source->arena, count, 0);
    struct codec_line *lines = arena_array(source->arena, (size_t)count, sizeof *lines);
    if (record == NULL || lines == NULL)
        return STATUS_FULL;
    for (int i = 0; i < count; i++) {
        enum status status = put_player(source, &rows[i], &record->players[i]);
        if (status != STATUS_OK)
            return status;
        lines[i] = rows[i].line;
    }
    enum status status = codec_check_names(source, lines, record, 0);
    if (status == STATUS_OK)
        status = codec_add_division(book, source->arena, rows[0].fields[DIVISION], record);
    return status;
}

enum status codec_read_csv(const struct codec_source *source, struct book *out_book)
{
    struct codec_line line = {0};
    size_t at = 0;
    while (codec_next_line(source, &at, &line))
        ;
    struct row *rows = arena_array(source->arena, (size_t)line.number + 1, sizeof *rows);
    int count = 0;
    if (rows == NULL)
        return STATUS_FULL;
    line.number = 0;
    for (at = 0; codec_next_line(source, &at, &line);) {
        bool header = line.size == sizeof HEADER - 1 && memcmp(line.text, HEADER, line.size) == 0;
        if (line.number == 1 && !header)
            return fault_set(source->fault, 1, 1, "the first line is not \"%s\"", HEADER);
        if (line.number == 1 || line.size == 0)
            continue;
        enum status status = read_row(source, &line, &rows[count]);
        if (status != STATUS_OK)
            return status;
        count++;
    }
    for (int start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count; end++)
            if (strcmp(rows[end].fields[DIVISION], rows[start].fields[DIVISION]) != 0)
                break;
        enum status status = put_division(source, rows + start, end - start, out_book);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}
