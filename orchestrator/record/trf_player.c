/* Players' lines (001): who they are, and what they did in each round. */
#include "orchestrator/record/trf_reader.h"

#include <stdlib.h>
#include <string.h>

/* ---- players ----------------------------------------------------------------------------- */

static enum status read_number(struct trf_reader *reader, const struct trf_line *line,
                               struct listed_player *out)
{
    struct trf_span span = trf_field(line, 5, 8);
    if (line->columns < PLAYER_COLUMNS_MIN)
        return trf_refuse(reader, line, line->columns + 1,
                          "a player's line needs at least 84 columns, to the end of the points");
    if (!trf_number(span, NUMBER_MAX, &out->number))
        return trf_refuse(reader, line, span.column, "the start number is not a number up to 9999");
    if (out->number == 0)
        return trf_refuse(reader, line, span.column, "the start number is 0");
    out->line = *line;
    return STATUS_OK;
}

static int compare_numbers(const void *one, const void *two)
{
    const struct listed_player *a = one;
    const struct listed_player *b = two;
    if (a->number != b->number)
        return a->number > b->number ? 1 : -1;
    return a->line.number > b->line.number ? 1 : -1;
}

static enum status list_players(struct trf_reader *reader)
{
    struct trf_line line;
    size_t at = 0;
    int number = 0;
    int count = 0;
    reader->listed =
        arena_array(reader->arena, (size_t)reader->listed_count + 1, sizeof *reader->listed);
    if (reader->listed == NULL)
        return STATUS_FULL;
    while (trf_next_line(reader->bytes, reader->size, &at, &number, &line)) {
        if (!trf_has_code(&line, "001"))
            continue;
        enum status status = read_number(reader, &line, &reader->listed[count++]);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* Puts players in order and finds repeated and missing numbers. */
static enum status order_players(struct trf_reader *reader, bool by_file_order)
{
    int *numbers = arena_array(reader->arena, NUMBER_MAX + 1, sizeof *numbers);
    if (numbers == NULL)
        return STATUS_FULL;
    if (!by_file_order)
        qsort(reader->listed, (size_t)reader->listed_count, sizeof *reader->listed,
              compare_numbers);
    for (int i = 0; i <= NUMBER_MAX; i++)
        numbers[i] = RECORD_NOBODY;
    for (int i = 0; i < reader->listed_count; i++) {
        const struct listed_player *listed = &reader->listed[i];
        if (numbers[listed->number] != RECORD_NOBODY)
            return fault_set(reader->fault, listed->line.number, 5,
                             "start number %d is given twice", listed->number);
        if (!by_file_order && trf_is_to_pair(reader) && listed->number != i + 1)
            return fault_set(reader->fault, listed->line.number, 5,
                             "start number %d is missing: the next one is %d", i + 1,
                             listed->number);
        numbers[listed->number] = i;
    }
    reader->numbers = numbers;
    return STATUS_OK;
}

static enum status read_rating(struct trf_reader *reader, const struct trf_line *line,
                               int *out_rating)
{
    struct trf_span span = trf_field(line, 49, 52);
    if (span.size == 0)
        return STATUS_OK;
    if (!trf_number(span, 9999, out_rating))
        return trf_refuse(reader, line, span.column, "the rating is not a number");
    return STATUS_OK;
}

static enum status read_player(struct trf_reader *reader, int index)
{
    const struct trf_line *line = &reader->listed[index].line;
    struct record_player *player = &reader->record->players[index];
    struct trf_span points = trf_field(line, 81, 84);
    player->number = reader->listed[index].number;
    char sex = trf_char(line, 10);
    player->sex = sex == 'm' || sex == 'w' ? sex : sex == 'f' ? 'w' : ' ';
    player->title = trf_copy(reader, trf_field(line, 11, 13));
    player->name = trf_copy(reader, trf_field(line, 15, 47));
    player->federation = trf_copy(reader, trf_field(line, 54, 56));
    player->id = trf_copy(reader, trf_field(line, 58, 68));
    player->birth = trf_copy(reader, trf_field(line, 70, 79));
    if (!trf_number(trf_field(line, 86, 89), 99999, &player->listed_rank))
        player->listed_rank = 0;
    if (!trf_points(points, &player->listed_points_x10))
        return trf_refuse(reader, line, points.column, "the points are not a number like 3.5");
    return read_rating(reader, line, &player->rating);
}

/* ---- a player's rounds ------------------------------------------------------------------- */

struct entry {
    const struct trf_line *line;
    int column;   /* of its first character */
    int opponent; /* start number, 0 = none */
    char colour;  /* 'w', 'b' or ' ' */
    char result;  /* upper case, ' ' for blank */
};

int trf_rounds_on_line(const struct trf_line *line)
{
    int last = line->columns - FIRST_ROUND_COLUMN + 1;
    return last < ENTRY_COLUMNS ? 0 : (last - ENTRY_COLUMNS) / ROUND_COLUMNS + 1;
}

static bool is_blank_entry(const struct trf_line *line, int round)
{
    int first = FIRST_ROUND_COLUMN + (round - 1) * ROUND_COLUMNS;
    return trf_field(line, first, first + ENTRY_COLUMNS - 1).size == 0;
}

static enum status cut_entry(struct trf_reader *reader, const struct trf_line *line, int round,
                             struct entry *out)
{
    int first = FIRST_ROUND_COLUMN + (round - 1) * ROUND_COLUMNS;
    struct trf_span opponent = trf_field(line, first, first + 3);
    char colour = trf_char(line, first + 5);
    char result = trf_char(line, first + 7);
    *out = (struct entry){.line = line, .column = first};
    if (opponent.size > 0 && !trf_number(opponent, NUMBER_MAX, &out->opponent))
        return trf_refuse(reader, line, opponent.column, "the opponent is not a start number");
    if (trf_char(line, first + 4) != ' ' || trf_char(line, first + 6) != ' ')
        return trf_refuse(reader, line, first + 4,
                          "opponent, colour and result need blanks between");
    if (strchr("wb- ", colour) == NULL || colour == 0)
        return trf_refuse(reader, line, first + 5, "the colour is none of w, b, - and blank");
    if (result >= 'a' && result <= 'z')
        result = (char)(result - 'a' + 'A');
    if (strchr("1=0WDL+-HFUZ ", result) == NULL || result == 0)
        return trf_refuse(reader, line, first + 7, "the result is none of 1 = 0 W D L + - H F U Z");
    out->colour = colour == '-' ? ' ' : colour;
    out->result = result;
    return STATUS_OK;
}

/* What a result's letter stands for. */
struct meaning {
    char letter;
    enum record_kind with_opponent; /* NONE = not allowed */
    enum record_kind alone;
    enum record_outcome outcome;
    bool unrated;
};

static const struct meaning MEANINGS[] = {
    {'1', RECORD_PLAYED, RECORD_NONE, RECORD_WIN, false},
    {'W', RECORD_PLAYED, RECORD_NONE, RECORD_WIN, true},
    {'=', RECORD_PLAYED, RECORD_BYE_HALF, RECORD_DRAW, false},
    {'D', RECORD_PLAYED, RECORD_NONE, RECORD_DRAW, true},
    {'0', RECORD_PLAYED, RECORD_NONE, RECORD_LOSS, false},
    {'L', RECORD_PLAYED, RECORD_NONE, RECORD_LOSS, true},
    {'+', RECORD_FORFEIT, RECORD_BYE_PAIRING, RECORD_WIN, false},
    {'-', RECORD_FORFEIT, RECORD_BYE_ZERO, RECORD_LOSS, false},
    {'H', RECORD_NONE, RECORD_BYE_HALF, RECORD_OUTCOME_NONE, false},
    {'F', RECORD_NONE, RECORD_BYE_FULL, RECORD_OUTCOME_NONE, false},
    {'U', RECORD_NONE, RECORD_BYE_PAIRING, RECORD_OUTCOME_NONE, false},
    {'Z', RECORD_NONE, RECORD_BYE_ZERO, RECORD_OUTCOME_NONE, false},
    {' ', RECORD_NONE, RECORD_ABSENT, RECORD_OUTCOME_NONE, false},
};

static const struct meaning *meaning_of(char letter)
{
    const struct meaning *meaning = MEANINGS;
    while (meaning->letter != letter)
        meaning++;
    return meaning;
}

static enum status take_bye(struct trf_reader *reader, const struct entry *entry,
                            struct record_result *out)
{
    const struct meaning *meaning = meaning_of(entry->result);
    if (entry->colour != ' ')
        return trf_refuse(reader, entry->line, entry->column + 5, "a colour but no opponent");
    if (meaning->alone == RECORD_NONE)
        return trf_refuse(reader, entry->line, entry->column + 7,
                          "a game's result but no opponent");
    out->kind = (uint8_t)meaning->alone;
    return STATUS_OK;
}

static enum status take_entry(struct trf_reader *reader, int player, const struct entry *entry,
                              struct record_result *out)
{
    const struct meaning *meaning = meaning_of(entry->result);
    if (entry->opponent == 0)
        return take_bye(reader, entry, out);
    bool pending = entry->result == ' ' && !trf_is_to_pair(reader);
    if (meaning->with_opponent == RECORD_NONE && !pending)
        return trf_refuse(reader, entry->line, entry->column + 7,
                          "an opponent, but a result that is for byes or is missing");
    if (meaning->with_opponent == RECORD_PLAYED && entry->colour == ' ')
        return trf_refuse(reader, entry->line, entry->column + 5, "a game without a colour");
    out->opponent = reader->numbers[entry->opponent];
    if (out->opponent == player)
        return trf_refuse(reader, entry->line, entry->column, "the player is his own opponent");
    if (out->opponent == RECORD_NOBODY)
        return trf_refuse(reader, entry->line, entry->column, "the opponent is not in the file");
    out->kind = (uint8_t)(pending ? RECORD_PENDING : meaning->with_opponent);
    out->outcome = (uint8_t)meaning->outcome;
    out->unrated = meaning->unrated;
    out->side = entry->colour == 'w'   ? RECORD_FIRST
                : entry->colour == 'b' ? RECORD_SECOND
                                       : RECORD_SIDE_NONE;
    return STATUS_OK;
}

static enum status read_rounds(struct trf_reader *reader, int player)
{
    const struct trf_line *line = &reader->listed[player].line;
    int rounds = trf_rounds_on_line(line);
    int left_over = FIRST_ROUND_COLUMN + rounds * ROUND_COLUMNS - 2;
    for (int round = 1; round <= rounds; round++) {
        struct entry entry;
        if (is_blank_entry(line, round))
            continue;
        enum status status = cut_entry(reader, line, round, &entry);
        if (status == STATUS_OK)
            status =
                take_entry(reader, player, &entry, record_result(reader->record, player, round));
        if (status != STATUS_OK)
            return status;
    }
    if (rounds == 0)
        left_over = FIRST_ROUND_COLUMN;
    struct trf_span rest = trf_field(line, left_over, line->columns);
    if (left_over <= line->columns && rest.size > 0)
        return trf_refuse(reader, line, rest.column, "half a round's entry at the end of the line");
    return STATUS_OK;
}

enum status trf_read_players(struct trf_reader *reader)
{
    for (int i = 0; i < reader->record->player_count; i++) {
        enum status status = read_player(reader, i);
        if (status == STATUS_OK)
            status = read_rounds(reader, i);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status trf_list_players(struct trf_reader *reader)
{
    enum status status = list_players(reader);
    return status == STATUS_OK ? order_players(reader, reader->record->ranked_by_file_order)
                               : status;
}
