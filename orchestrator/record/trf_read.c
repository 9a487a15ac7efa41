/* Reads a TRF file into a record, in three walks over its lines: count, list the players, take the
 * rest. Fields of a line are cut out by trf_line.c. */
#include "orchestrator/record/trf.h"

#include "orchestrator/record/trf_line.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROUND_COLUMN = 92, ROUND_COLUMNS = 10, ENTRY_COLUMNS = 8, PLAYER_COLUMNS_MIN = 84 };
enum { NUMBER_MAX = 9999, ROUND_MAX = 999 };

struct listed_player {
    int number;
    struct trf_line line;
};

struct reader {
    const char *bytes;
    size_t size;
    enum trf_purpose purpose;
    struct arena *arena;
    struct fault *fault;
    struct record *record;
    struct listed_player *listed; /* in the order of the record's players */
    int listed_count;
    int lines_max;          /* lines that are neither players nor blank */
    int last_virtual_round; /* that a line gives points for */
    int last_column_round;
    bool any_acceleration;
    bool any_bye_worth; /* the bye's points are set on their own */
    bool baku;
    const int *numbers; /* [NUMBER_MAX + 1] index by start number, or RECORD_NOBODY */
    int *xxa_rounds;    /* [player_count] accelerations taken so far from XXA lines */
};

typedef enum status (*line_reader)(struct reader *reader, const struct trf_line *line);

static enum status refuse(struct reader *reader, const struct trf_line *line, int column,
                          const char *text)
{
    return fault_set(reader->fault, line->number, column, "%s", text);
}

static bool to_pair(const struct reader *reader)
{
    return reader->purpose != TRF_TO_READ;
}

static const char *copy_span(struct reader *reader, struct trf_span span)
{
    const char *text = arena_copy(reader->arena, span.text, span.size);
    return text == NULL ? "" : text;
}

/* Keeps a line as it is, leading blanks included: they are why it is not some other line. */
static void keep_line(struct reader *reader, const struct trf_line *line)
{
    const char *text = arena_copy(reader->arena, line->text, line->size);
    reader->record->lines[reader->record->line_count++].text = text == NULL ? "" : text;
}

static bool has_prefix(const struct trf_line *line, const char *prefix)
{
    return line->size >= 3 && memcmp(line->text, prefix, 3) == 0;
}

/* ---- players ---- */

static enum status read_number(struct reader *reader, const struct trf_line *line,
                               struct listed_player *out)
{
    struct trf_span span = trf_field(line, 5, 8);
    if (line->columns < PLAYER_COLUMNS_MIN)
        return refuse(reader, line, line->columns + 1,
                      "a player's line needs at least 84 columns, to the end of the points");
    if (!trf_number(span, NUMBER_MAX, &out->number))
        return refuse(reader, line, span.column, "the start number is not a number up to 9999");
    if (out->number == 0)
        return refuse(reader, line, span.column, "the start number is 0");
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

static enum status list_players(struct reader *reader)
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
        if (!has_prefix(&line, "001"))
            continue;
        enum status status = read_number(reader, &line, &reader->listed[count++]);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* Puts players in order and finds repeated and missing numbers. */
static enum status order_players(struct reader *reader, bool by_file_order)
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
        if (!by_file_order && to_pair(reader) && listed->number != i + 1)
            return fault_set(reader->fault, listed->line.number, 5,
                             "start number %d is missing: the next one is %d", i + 1,
                             listed->number);
        numbers[listed->number] = i;
    }
    reader->numbers = numbers;
    return STATUS_OK;
}

static enum status read_rating(struct reader *reader, const struct trf_line *line, int *out_rating)
{
    struct trf_span span = trf_field(line, 49, 52);
    if (span.size == 0)
        return STATUS_OK;
    if (!trf_number(span, 9999, out_rating))
        return refuse(reader, line, span.column, "the rating is not a number");
    return STATUS_OK;
}

static enum status read_player(struct reader *reader, int index)
{
    const struct trf_line *line = &reader->listed[index].line;
    struct record_player *player = &reader->record->players[index];
    struct trf_span points = trf_field(line, 81, 84);
    player->number = reader->listed[index].number;
    char sex = trf_char(line, 10);
    player->sex = sex == 'm' || sex == 'w' ? sex : sex == 'f' ? 'w' : ' ';
    player->title = copy_span(reader, trf_field(line, 11, 13));
    player->name = copy_span(reader, trf_field(line, 15, 47));
    player->federation = copy_span(reader, trf_field(line, 54, 56));
    player->id = copy_span(reader, trf_field(line, 58, 68));
    player->birth = copy_span(reader, trf_field(line, 70, 79));
    if (!trf_number(trf_field(line, 86, 89), 99999, &player->listed_rank))
        player->listed_rank = 0;
    if (!trf_points(points, &player->listed_points_x10))
        return refuse(reader, line, points.column, "the points are not a number like 3.5");
    return read_rating(reader, line, &player->rating);
}

/* ---- a player's rounds ---- */

struct entry {
    const struct trf_line *line;
    int column;   /* of its first character */
    int opponent; /* start number, 0 = none */
    char colour;  /* 'w', 'b' or ' ' */
    char result;  /* upper case, ' ' for blank */
};

static int rounds_on_line(const struct trf_line *line)
{
    int last = line->columns - FIRST_ROUND_COLUMN + 1;
    return last < ENTRY_COLUMNS ? 0 : (last - ENTRY_COLUMNS) / ROUND_COLUMNS + 1;
}

static bool is_blank_entry(const struct trf_line *line, int round)
{
    int first = FIRST_ROUND_COLUMN + (round - 1) * ROUND_COLUMNS;
    return trf_field(line, first, first + ENTRY_COLUMNS - 1).size == 0;
}

static enum status cut_entry(struct reader *reader, const struct trf_line *line, int round,
                             struct entry *out)
{
    int first = FIRST_ROUND_COLUMN + (round - 1) * ROUND_COLUMNS;
    struct trf_span opponent = trf_field(line, first, first + 3);
    char colour = trf_char(line, first + 5);
    char result = trf_char(line, first + 7);
    *out = (struct entry){.line = line, .column = first};
    if (opponent.size > 0 && !trf_number(opponent, NUMBER_MAX, &out->opponent))
        return refuse(reader, line, opponent.column, "the opponent is not a start number");
    if (trf_char(line, first + 4) != ' ' || trf_char(line, first + 6) != ' ')
        return refuse(reader, line, first + 4, "opponent, colour and result need blanks between");
    if (strchr("wb- ", colour) == NULL || colour == 0)
        return refuse(reader, line, first + 5, "the colour is none of w, b, - and blank");
    if (result >= 'a' && result <= 'z')
        result = (char)(result - 'a' + 'A');
    if (strchr("1=0WDL+-HFUZ ", result) == NULL || result == 0)
        return refuse(reader, line, first + 7, "the result is none of 1 = 0 W D L + - H F U Z");
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

static enum status take_bye(struct reader *reader, const struct entry *entry,
                            struct record_result *out)
{
    const struct meaning *meaning = meaning_of(entry->result);
    if (entry->colour != ' ')
        return refuse(reader, entry->line, entry->column + 5, "a colour but no opponent");
    if (meaning->alone == RECORD_NONE)
        return refuse(reader, entry->line, entry->column + 7, "a game's result but no opponent");
    out->kind = (uint8_t)meaning->alone;
    return STATUS_OK;
}

static enum status take_entry(struct reader *reader, int player, const struct entry *entry,
                              struct record_result *out)
{
    const struct meaning *meaning = meaning_of(entry->result);
    if (entry->opponent == 0)
        return take_bye(reader, entry, out);
    bool pending = entry->result == ' ' && !to_pair(reader);
    if (meaning->with_opponent == RECORD_NONE && !pending)
        return refuse(reader, entry->line, entry->column + 7,
                      "an opponent, but a result that is for byes or is missing");
    if (meaning->with_opponent == RECORD_PLAYED && entry->colour == ' ')
        return refuse(reader, entry->line, entry->column + 5, "a game without a colour");
    out->opponent = reader->numbers[entry->opponent];
    if (out->opponent == player)
        return refuse(reader, entry->line, entry->column, "the player is his own opponent");
    if (out->opponent == RECORD_NOBODY)
        return refuse(reader, entry->line, entry->column, "the opponent is not in the file");
    out->kind = (uint8_t)(pending ? RECORD_PENDING : meaning->with_opponent);
    out->outcome = (uint8_t)meaning->outcome;
    out->unrated = meaning->unrated;
    out->side = entry->colour == 'w'   ? RECORD_FIRST
                : entry->colour == 'b' ? RECORD_SECOND
                                       : RECORD_SIDE_NONE;
    return STATUS_OK;
}

static enum status read_rounds(struct reader *reader, int player)
{
    const struct trf_line *line = &reader->listed[player].line;
    int rounds = rounds_on_line(line);
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
        return refuse(reader, line, rest.column, "half a round's entry at the end of the line");
    return STATUS_OK;
}

/* ---- other lines ---- */

static enum status player_by(struct reader *reader, const struct trf_line *line,
                             struct trf_span span, int *out_player)
{
    int number = 0;
    if (!trf_number(span, NUMBER_MAX, &number))
        return refuse(reader, line, span.column, "not a start number");
    if (reader->numbers[number] == RECORD_NOBODY)
        return fault_set(reader->fault, line->number, span.column, "there is no player %d", number);
    *out_player = reader->numbers[number];
    return STATUS_OK;
}

static enum status read_round_count(struct reader *reader, const struct trf_line *line)
{
    struct trf_span span = trf_field(line, 4, line->columns);
    int rounds = 0;
    if (line->columns < 4 || !trf_number(span, 99999, &rounds) || rounds == 0)
        return refuse(reader, line, 4, "the number of rounds is not a positive number");
    reader->record->rounds_total = rounds;
    return STATUS_OK;
}

static enum status read_initial_colour(struct reader *reader, const struct trf_line *line)
{
    bool white = line->size == 5 && memcmp(line->text + 3, " W", 2) == 0;
    bool black = line->size == 5 && memcmp(line->text + 3, " B", 2) == 0;
    if (!white && !black)
        return refuse(reader, line, 5, "the initial colour is neither W nor B");
    reader->record->initial_side = white ? RECORD_FIRST : RECORD_SECOND;
    return STATUS_OK;
}

static enum status read_options(struct reader *reader, const struct trf_line *line)
{
    int column = 4;
    struct trf_span word;
    while (trf_word(line, &column, &word)) {
        if (trf_span_is(word, "white1"))
            reader->record->initial_side = RECORD_FIRST;
        else if (trf_span_is(word, "black1"))
            reader->record->initial_side = RECORD_SECOND;
        else if (trf_span_is(word, "rank"))
            reader->record->ranked_by_file_order = true;
    }
    return STATUS_OK;
}

/* Sets what one kind of result is worth; false for an unknown letter. */
static bool set_worth(struct reader *reader, char letter, int x10)
{
    struct record_points *points = &reader->record->points;
    switch (letter) {
    case 'W':
        points->win_x10 = points->forfeit_win_x10 = points->bye_full_x10 = x10;
        if (!reader->any_bye_worth)
            points->bye_pairing_x10 = x10;
        return true;
    case 'D':
        points->draw_x10 = points->bye_half_x10 = x10;
        return true;
    case 'L':
        points->loss_x10 = x10;
        return true;
    case 'A':
    case 'Z':
        points->bye_zero_x10 = points->forfeit_loss_x10 = x10;
        return true;
    case 'P':
    case 'U':
        points->bye_pairing_x10 = x10;
        reader->any_bye_worth = true;
        return true;
    default:
        return false;
    }
}

static enum status read_points_162(struct reader *reader, const struct trf_line *line)
{
    if (line->columns < 10)
        return refuse(reader, line, line->columns + 1, "a point system needs a letter and a value");
    for (int column = 6; column <= line->columns; column += 9) {
        char letter = trf_char(line, column);
        struct trf_span span = trf_field(line, column + 1, column + 4);
        int x10 = 0;
        if (letter == ' ' && span.size == 0)
            continue;
        if (!trf_points(span, &x10) || x10 > RECORD_POINTS_X10_MAX)
            return refuse(reader, line, span.column, "not a number of points");
        if (letter == 'U' || !set_worth(reader, letter, x10))
            return refuse(reader, line, column, "not one of the known kinds W D L A Z P");
    }
    return STATUS_OK;
}

static enum status read_points_bb(struct reader *reader, const struct trf_line *line)
{
    struct trf_span span = trf_field(line, 5, 8);
    int x10 = 0;
    if (!trf_points(span, &x10) || x10 > RECORD_POINTS_X10_MAX)
        return refuse(reader, line, span.column, "not a number of points");
    if (line->text[2] == 'Z')
        reader->record->points.bye_zero_x10 = x10;
    else if (line->text[2] == 'F')
        reader->record->points.forfeit_loss_x10 = x10;
    else
        (void)set_worth(reader, line->text[2], x10); /* W D L U are all known */
    return STATUS_OK;
}

static const char *const SYSTEMS[] = {
    "FIDE_DUTCH",    "FIDE_DUTCH_BAKU",    "FIDE_DUTCH_2025", "FIDE_DUTCH_2025_BAKU",
    "FIDE_BURSTEIN", "FIDE_BURSTEIN_BAKU", "FIDE_DUTCH_2026", "FIDE_DUTCH_2026_BAKU",
};
enum { SYSTEMS_OF_BBP = 6 };

static enum status read_system(struct reader *reader, const struct trf_line *line)
{
    struct trf_span span = trf_field(line, 5, line->columns);
    const char *system = copy_span(reader, span);
    size_t count = sizeof SYSTEMS / sizeof SYSTEMS[0];
    if (reader->purpose == TRF_TO_PAIR_LIKE_BBP)
        count = SYSTEMS_OF_BBP;
    bool known = false;
    for (size_t i = 0; i < count; i++)
        known = known || strcmp(system, SYSTEMS[i]) == 0;
    if (to_pair(reader) && !known)
        return refuse(reader, line, 5, "this pairing system is not known here");
    reader->record->event.system = system;
    size_t size = strlen(system);
    reader->baku = size > 5 && strcmp(system + size - 5, "_BAKU") == 0;
    return STATUS_OK;
}

static enum status read_byes(struct reader *reader, const struct trf_line *line)
{
    char type = trf_char(line, 5);
    int round = 0;
    struct trf_span span = trf_field(line, 7, 9);
    if (!trf_number(span, ROUND_MAX, &round) || round == 0)
        return refuse(reader, line, span.column, "not a round");
    for (int column = 11; column <= line->columns; column += 5) {
        int player = 0;
        span = trf_field(line, column, column + 3);
        if (span.size == 0)
            continue;
        enum status status = player_by(reader, line, span, &player);
        if (status != STATUS_OK)
            return status;
        reader->record->requests[reader->record->request_count++] = (struct record_request){
            .player = player,
            .round = round,
            .kind = type == 'F'   ? RECORD_BYE_FULL
                    : type == 'H' ? RECORD_BYE_HALF
                                  : RECORD_BYE_ZERO,
        };
    }
    return STATUS_OK;
}

static enum status set_virtual(struct reader *reader, const struct trf_line *line, int column,
                               int player, int round, int x10)
{
    if (round > reader->record->round_capacity)
        return refuse(reader, line, column, "more accelerated rounds than the tournament has");
    enum status status = record_set_virtual(reader->record, reader->arena, player, round, x10);
    if (status == STATUS_OUT_OF_RANGE)
        return refuse(reader, line, column, "too many virtual points");
    return status;
}

struct acceleration {
    int x10;
    int first_round;
    int last_round;
    int first_number;
    int last_number;
};

static enum status cut_acceleration(struct reader *reader, const struct trf_line *line,
                                    struct acceleration *out)
{
    struct trf_span match = trf_field(line, 5, 8);
    int match_x10 = 0;
    if (match.size > 0 && (!trf_points(match, &match_x10) || match_x10 != 0))
        return refuse(reader, line, match.column, "match points are for teams");
    if (!trf_points(trf_field(line, 10, 13), &out->x10) || out->x10 == 0)
        return refuse(reader, line, 10, "virtual points must be more than 0");
    if (!trf_number(trf_field(line, 15, 17), ROUND_MAX, &out->first_round) ||
        !trf_number(trf_field(line, 19, 21), ROUND_MAX, &out->last_round) ||
        out->first_round == 0 || out->first_round > out->last_round)
        return refuse(reader, line, 15, "not a range of rounds");
    if (!trf_number(trf_field(line, 23, 26), NUMBER_MAX, &out->first_number) ||
        !trf_number(trf_field(line, 28, 31), NUMBER_MAX, &out->last_number) ||
        out->first_number == 0 || out->first_number > out->last_number)
        return refuse(reader, line, 23, "not a range of start numbers");
    return STATUS_OK;
}

static enum status read_acceleration_250(struct reader *reader, const struct trf_line *line)
{
    struct acceleration range = {0};
    enum status status = cut_acceleration(reader, line, &range);
    for (int number = range.first_number; status == STATUS_OK && number <= range.last_number;
         number++) {
        int player = reader->numbers[number];
        if (player == RECORD_NOBODY)
            return fault_set(reader->fault, line->number, 23, "there is no player %d", number);
        for (int round = range.first_round; status == STATUS_OK && round <= range.last_round;
             round++)
            status = set_virtual(reader, line, 19, player, round, range.x10);
    }
    return status;
}

static enum status read_acceleration_xxa(struct reader *reader, const struct trf_line *line)
{
    int player = 0;
    enum status status = player_by(reader, line, trf_field(line, 5, 8), &player);
    for (int column = 10; status == STATUS_OK && column <= line->columns; column += 5) {
        struct trf_span span = trf_field(line, column, column + 3);
        int x10 = 0;
        bool last = trf_field(line, column, line->columns).size == 0;
        if (last)
            break;
        if (span.size == 0 && reader->purpose == TRF_TO_PAIR_LIKE_BBP)
            return refuse(reader, line, column, "a blank between virtual points");
        if (span.size > 0 && !trf_points(span, &x10))
            return refuse(reader, line, span.column, "not a number of points");
        int round = ++reader->xxa_rounds[player];
        if (reader->record->rounds_total > 0 && round > reader->record->rounds_total)
            return refuse(reader, line, column, "more accelerated rounds than the tournament has");
        status = set_virtual(reader, line, column, player, round, x10);
    }
    return status;
}

static enum status add_forbidden(struct reader *reader, const struct trf_line *line,
                                 struct record_forbidden *list, struct trf_span span)
{
    enum status status = player_by(reader, line, span, &list->players[list->count]);
    if (status == STATUS_OK)
        list->count++;
    return status;
}

static struct record_forbidden *new_forbidden(struct reader *reader, const struct trf_line *line)
{
    struct record *record = reader->record;
    struct record_forbidden *list = &record->forbidden[record->forbidden_count];
    list->players = arena_array(reader->arena, line->size / 2 + 1, sizeof *list->players);
    if (list->players == NULL)
        return NULL;
    record->forbidden_count++;
    return list;
}

static enum status read_forbidden_260(struct reader *reader, const struct trf_line *line)
{
    struct record_forbidden *list = new_forbidden(reader, line);
    if (list == NULL)
        return STATUS_FULL;
    if (line->columns < 18 || !trf_number(trf_field(line, 5, 7), ROUND_MAX, &list->first_round) ||
        !trf_number(trf_field(line, 9, 11), ROUND_MAX, &list->last_round))
        return refuse(reader, line, 5, "not a range of rounds and two players");
    for (int column = 13; column <= line->columns; column += 5) {
        struct trf_span span = trf_field(line, column, column + 3);
        enum status status = span.size == 0 ? STATUS_OK : add_forbidden(reader, line, list, span);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status read_forbidden_xxp(struct reader *reader, const struct trf_line *line)
{
    struct record_forbidden *list = new_forbidden(reader, line);
    if (list == NULL)
        return STATUS_FULL;
    list->first_round = 1;
    list->last_round = ROUND_MAX;
    int column = 4;
    struct trf_span word;
    while (trf_word(line, &column, &word)) {
        enum status status = add_forbidden(reader, line, list, word);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status refuse_teams(struct reader *reader, const struct trf_line *line)
{
    if (to_pair(reader))
        return refuse(reader, line, 1, "team tournaments are not supported");
    keep_line(reader, line);
    return STATUS_OK;
}

static enum status refuse_abnormal_points(struct reader *reader, const struct trf_line *line)
{
    if (to_pair(reader))
        return refuse(reader, line, 1, "abnormal points are not supported");
    return refuse_teams(reader, line);
}

static enum status read_dates(struct reader *reader, const struct trf_line *line)
{
    struct record *record = reader->record;
    record->round_dates =
        arena_array(reader->arena, (size_t)record->round_capacity + 1, sizeof *record->round_dates);
    if (record->round_dates == NULL)
        return STATUS_FULL;
    for (int round = 1; round <= record->round_capacity; round++) {
        int first = FIRST_ROUND_COLUMN + (round - 1) * ROUND_COLUMNS;
        record->round_dates[round - 1] =
            copy_span(reader, trf_field(line, first, first + ENTRY_COLUMNS - 1));
    }
    return STATUS_OK;
}

static enum status skip_line(struct reader *reader, const struct trf_line *line)
{
    (void)reader;
    (void)line;
    return STATUS_OK;
}

struct line_kind {
    char prefix[4];
    line_reader read;
};

/* Lines that say something about the whole event. */
struct text_kind {
    char prefix[4];
    size_t offset; /* of the text in struct record_event */
};

static const struct text_kind TEXTS[] = {
    {"012", offsetof(struct record_event, name)},
    {"022", offsetof(struct record_event, city)},
    {"032", offsetof(struct record_event, federation)},
    {"042", offsetof(struct record_event, start_date)},
    {"052", offsetof(struct record_event, end_date)},
    {"092", offsetof(struct record_event, type)},
    {"102", offsetof(struct record_event, arbiter)},
    {"112", offsetof(struct record_event, deputies)},
    {"122", offsetof(struct record_event, time_control)},
    {"172", offsetof(struct record_event, rank_method)},
    {"182", offsetof(struct record_event, controller)},
    {"202", offsetof(struct record_event, tie_breaks)},
};

/* Settings that must be known before those below are read. */
static const struct line_kind SETTINGS[] = {
    {"142", read_round_count}, {"XXR", read_round_count}, {"152", read_initial_colour},
    {"XXC", read_options},     {"162", read_points_162},  {"BBW", read_points_bb},
    {"BBD", read_points_bb},   {"BBL", read_points_bb},   {"BBZ", read_points_bb},
    {"BBF", read_points_bb},   {"BBU", read_points_bb},   {"192", read_system},
    {"013", refuse_teams},     {"310", refuse_teams},     {"299", refuse_abnormal_points},
};

/* Lines about players and rounds. */
static const struct line_kind DETAILS[] = {
    {"132", read_dates},
    {"240", read_byes},
    {"250", read_acceleration_250},
    {"XXA", read_acceleration_xxa},
    {"260", read_forbidden_260},
    {"XXP", read_forbidden_xxp},
    {"001", skip_line},
    {"062", skip_line}, /* counts that follow from the rest */
    {"072", skip_line},
    {"082", skip_line},
};

static const struct line_kind *find_kind(const struct line_kind *kinds, size_t count,
                                         const struct trf_line *line)
{
    for (size_t i = 0; i < count; i++)
        if (has_prefix(line, kinds[i].prefix))
            return &kinds[i];
    return NULL;
}

static bool take_text(struct reader *reader, const struct trf_line *line)
{
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        if (!has_prefix(line, TEXTS[i].prefix))
            continue;
        char *event = (char *)&reader->record->event;
        const char *text = copy_span(reader, trf_field(line, 4, line->columns));
        memcpy(event + TEXTS[i].offset, &text, sizeof text);
        return true;
    }
    return false;
}

static enum status read_lines(struct reader *reader, bool settings)
{
    const struct line_kind *kinds = settings ? SETTINGS : DETAILS;
    size_t count =
        settings ? sizeof SETTINGS / sizeof SETTINGS[0] : sizeof DETAILS / sizeof DETAILS[0];
    size_t others = sizeof SETTINGS / sizeof SETTINGS[0];
    struct trf_line line;
    size_t at = 0;
    int number = 0;
    while (trf_next_line(reader->bytes, reader->size, &at, &number, &line)) {
        const struct line_kind *kind = find_kind(kinds, count, &line);
        enum status status = kind == NULL ? STATUS_OK : kind->read(reader, &line);
        if (status != STATUS_OK)
            return status;
        if (settings || kind != NULL || line.size == 0 || find_kind(SETTINGS, others, &line) ||
            take_text(reader, &line))
            continue;
        keep_line(reader, &line);
    }
    return STATUS_OK;
}

/* ---- the whole ---- */

static int last_round_of(const struct trf_line *line)
{
    int round = 0;
    if (has_prefix(line, "250") && !trf_number(trf_field(line, 19, 21), ROUND_MAX, &round))
        return 0;
    return round;
}

/* Finds out how large everything is. */
static void count_lines(struct reader *reader, int *out_requests, int *out_forbidden)
{
    struct trf_line line;
    size_t at = 0;
    int number = 0;
    while (trf_next_line(reader->bytes, reader->size, &at, &number, &line)) {
        int last = last_round_of(&line);
        reader->lines_max++;
        if (has_prefix(&line, "240"))
            *out_requests += line.columns / 5 + 1;
        if (has_prefix(&line, "260") || has_prefix(&line, "XXP"))
            *out_forbidden += 1;
        if (has_prefix(&line, "XXA"))
            reader->last_virtual_round += line.columns / 5 + 1; /* at worst all for one player */
        if (has_prefix(&line, "XXA") || has_prefix(&line, "250"))
            reader->any_acceleration = true;
        if (last > reader->last_virtual_round)
            reader->last_virtual_round = last;
        if (!has_prefix(&line, "001"))
            continue;
        reader->listed_count++;
        int rounds = rounds_on_line(&line);
        if (rounds > reader->last_column_round)
            reader->last_column_round = rounds;
    }
}

/* Reads the settings into a record without players, since its size follows from them. */
static enum status read_settings(struct reader *reader)
{
    reader->record = record_create(reader->arena, 0, 0);
    if (reader->record == NULL)
        return STATUS_FULL;
    reader->record->lines =
        arena_array(reader->arena, (size_t)reader->lines_max + 1, sizeof *reader->record->lines);
    if (reader->record->lines == NULL)
        return STATUS_FULL;
    return read_lines(reader, true);
}

static int rounds_needed(const struct reader *reader)
{
    int total = reader->record->rounds_total;
    int needed = reader->last_column_round + 1;
    int accelerated = reader->last_virtual_round;
    if (reader->baku)
        accelerated = total;
    if (total > 0 && accelerated > total)
        accelerated = total;
    if (accelerated > ROUND_MAX)
        accelerated = ROUND_MAX;
    return accelerated > needed ? accelerated : needed;
}

static enum status make_record(struct reader *reader, int requests, int forbidden)
{
    struct record *settings = reader->record;
    struct record *record =
        record_create(reader->arena, reader->listed_count, rounds_needed(reader));
    if (record == NULL)
        return STATUS_FULL;
    record->event = settings->event;
    record->points = settings->points;
    record->rounds_total = settings->rounds_total;
    record->initial_side = settings->initial_side;
    record->ranked_by_file_order = settings->ranked_by_file_order;
    record->lines = settings->lines;
    record->line_count = settings->line_count;
    record->requests = arena_array(reader->arena, (size_t)requests + 1, sizeof *record->requests);
    record->forbidden =
        arena_array(reader->arena, (size_t)forbidden + 1, sizeof *record->forbidden);
    reader->xxa_rounds = arena_array(reader->arena, (size_t)reader->listed_count + 1, sizeof(int));
    reader->record = record;
    bool complete =
        record->requests != NULL && record->forbidden != NULL && reader->xxa_rounds != NULL;
    return complete ? STATUS_OK : STATUS_FULL;
}

static enum status read_players(struct reader *reader)
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

static int last_entry(const struct record *record, int player, bool paired)
{
    int round = record->round_capacity;
    for (; round > 0; round--) {
        const struct record_result *result = record_result(record, player, round);
        if (paired ? record_was_paired(result) : result->kind != RECORD_NONE)
            break;
    }
    return round;
}

static void fill_absences(struct record *record)
{
    for (int i = 0; i < record->player_count; i++)
        for (int round = 1; round <= record->rounds_played; round++)
            if (record_result(record, i, round)->kind == RECORD_NONE)
                record_result(record, i, round)->kind = RECORD_ABSENT;
}

static int entries_in(const struct record *record, int round)
{
    int count = 0;
    for (int i = 0; i < record->player_count && round <= record->round_capacity; i++)
        count += record_result(record, i, round)->kind != RECORD_NONE;
    return count;
}

static void count_rounds(struct record *record)
{
    int played = 0;
    for (int i = 0; i < record->player_count; i++) {
        int paired = last_entry(record, i, true);
        int any = last_entry(record, i, false) - 1;
        played = paired > played ? paired : played;
        played = any > played ? any : played;
    }
    if (record->player_count > 0 && entries_in(record, played + 1) == record->player_count)
        played++;
    record->rounds_played = played;
    fill_absences(record);
}

void trf_count_open_round(struct record *record)
{
    if (entries_in(record, record->rounds_played + 1) == 0)
        return;
    record->rounds_played++;
    fill_absences(record);
}

/* Every game must be in both players' lines, with opposite colours. */
static enum status check_mirrors(struct reader *reader)
{
    const struct record *record = reader->record;
    for (int i = 0; i < record->player_count; i++)
        for (int round = 1; round <= record->rounds_played; round++) {
            const struct record_result *mine = record_result(record, i, round);
            if (!record_was_played(mine))
                continue;
            const struct record_result *other = record_result(record, mine->opponent, round);
            if (record_was_played(other) && other->opponent == i && other->side != mine->side)
                continue;
            return fault_set(reader->fault, reader->listed[i].line.number,
                             FIRST_ROUND_COLUMN + (round - 1) * ROUND_COLUMNS,
                             "player %d's game in round %d contradicts the line of player %d",
                             record->players[i].number, round,
                             record->players[mine->opponent].number);
        }
    return STATUS_OK;
}

static enum status check_points(struct reader *reader)
{
    const struct record *record = reader->record;
    int next = record->rounds_played + 1;
    for (int i = 0; i < record->player_count; i++) {
        int sum = record_points_x10(record, i, record->rounds_played);
        int virtual_x10 = record_virtual_x10(record, i, next);
        int bye = next <= record->round_capacity
                      ? record_result_points_x10(record, record_result(record, i, next))
                      : 0;
        int listed = record->players[i].listed_points_x10;
        if (listed == sum || listed == sum + virtual_x10 || listed == sum + bye ||
            listed == sum + virtual_x10 + bye)
            continue;
        return fault_set(reader->fault, reader->listed[i].line.number, 81,
                         "player %d's score of %d.%d does not match the results, which give %d.%d",
                         record->players[i].number, listed / 10, listed % 10, sum / 10, sum % 10);
    }
    return STATUS_OK;
}

/* C.04.7: the first half gets a win's points for the first half of the accelerated rounds, a draw's
 * for the others. */
static enum status accelerate_by_baku(struct reader *reader)
{
    struct record *record = reader->record;
    const struct record_points *points = &record->points;
    if (points->win_x10 != 2 * points->draw_x10 || points->loss_x10 != 0)
        return fault_set(reader->fault, 0, 0,
                         "Baku acceleration needs a win worth two draws and a loss worth nothing");
    int half = (record->player_count + 1) / 2;
    if (reader->purpose != TRF_TO_PAIR_LIKE_BBP)
        half = 2 * ((record->player_count + 3) / 4);
    if (half > record->player_count)
        half = record->player_count;
    int rounds = (record->rounds_total + 1) / 2;
    for (int i = 0; i < half; i++)
        for (int round = 1; round <= rounds && round <= record->round_capacity; round++) {
            int x10 = round <= (rounds + 1) / 2 ? points->win_x10 : points->draw_x10;
            enum status status = record_set_virtual(record, reader->arena, i, round, x10);
            if (status != STATUS_OK)
                return status;
        }
    return STATUS_OK;
}

static enum status read_all(struct reader *reader)
{
    int requests = 0;
    int forbidden = 0;
    count_lines(reader, &requests, &forbidden);
    enum status status = read_settings(reader);
    if (status == STATUS_OK)
        status = list_players(reader);
    if (status == STATUS_OK)
        status = order_players(reader, reader->record->ranked_by_file_order);
    if (status == STATUS_OK)
        status = make_record(reader, requests, forbidden);
    if (status == STATUS_OK)
        status = read_players(reader);
    if (status == STATUS_OK)
        status = read_lines(reader, false);
    if (status == STATUS_OK && reader->baku && !reader->any_acceleration)
        status = accelerate_by_baku(reader);
    return status;
}

enum status trf_read(const char *bytes, size_t size, enum trf_purpose purpose, struct arena *arena,
                     struct record **out_record, struct fault *out_fault)
{
    int line = 0;
    int column = 0;
    if (!trf_is_utf8(bytes, size, &line, &column)) {
        (void)fault_set(out_fault, line, column,
                        "the bytes here are not UTF-8 text"); /* set below */
        return STATUS_DATA_LOSS;
    }
    struct reader reader = {
        .bytes = bytes, .size = size, .purpose = purpose, .arena = arena, .fault = out_fault};
    enum status status = read_all(&reader);
    if (status != STATUS_OK)
        return arena_full(arena) ? STATUS_FULL : status;
    count_rounds(reader.record);
    status = check_mirrors(&reader);
    if (status == STATUS_OK && to_pair(&reader))
        status = check_points(&reader);
    if (arena_full(arena))
        return STATUS_FULL;
    if (status == STATUS_OK)
        *out_record = reader.record;
    return status;
}
