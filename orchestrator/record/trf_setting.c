/* All lines but the players': the event, its settings, byes asked for, accelerations, forbidden
 * pairs. */
#include "orchestrator/record/trf_reader.h"

#include <stddef.h>
#include <string.h>

typedef enum status (*line_reader)(struct trf_reader *reader, const struct trf_line *line);

/* Keeps a line as it is, leading blanks included: they are why it is not some other line. */
static void keep_line(struct trf_reader *reader, const struct trf_line *line)
{
    const char *text = arena_copy(reader->arena, line->text, line->size);
    reader->record->lines[reader->record->line_count++].text = text == NULL ? "" : text;
}

/* ---- other lines ------------------------------------------------------------------------- */

static enum status player_by(struct trf_reader *reader, const struct trf_line *line,
                             struct trf_span span, int *out_player)
{
    int number = 0;
    if (!trf_number(span, NUMBER_MAX, &number))
        return trf_refuse(reader, line, span.column, "not a start number");
    if (reader->numbers[number] == RECORD_NOBODY)
        return fault_set(reader->fault, line->number, span.column, "there is no player %d", number);
    *out_player = reader->numbers[number];
    return STATUS_OK;
}

static enum status read_round_count(struct trf_reader *reader, const struct trf_line *line)
{
    struct trf_span span = trf_field(line, 4, line->columns);
    int rounds = 0;
    if (line->columns < 4 || !trf_number(span, 99999, &rounds) || rounds == 0)
        return trf_refuse(reader, line, 4, "the number of rounds is not a positive number");
    reader->record->rounds_total = rounds;
    return STATUS_OK;
}

static enum status read_initial_colour(struct trf_reader *reader, const struct trf_line *line)
{
    bool white = line->size == 5 && memcmp(line->text + 3, " W", 2) == 0;
    bool black = line->size == 5 && memcmp(line->text + 3, " B", 2) == 0;
    if (!white && !black)
        return trf_refuse(reader, line, 5, "the initial colour is neither W nor B");
    reader->record->initial_side = white ? RECORD_FIRST : RECORD_SECOND;
    return STATUS_OK;
}

static enum status read_options(struct trf_reader *reader, const struct trf_line *line)
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
static bool set_worth(struct trf_reader *reader, char letter, int x10)
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

static enum status read_points_162(struct trf_reader *reader, const struct trf_line *line)
{
    if (line->columns < 10)
        return trf_refuse(reader, line, line->columns + 1,
                          "a point system needs a letter and a value");
    for (int column = 6; column <= line->columns; column += 9) {
        char letter = trf_char(line, column);
        struct trf_span span = trf_field(line, column + 1, column + 4);
        int x10 = 0;
        if (letter == ' ' && span.size == 0)
            continue;
        if (!trf_points(span, &x10) || x10 > RECORD_POINTS_X10_MAX)
            return trf_refuse(reader, line, span.column, "not a number of points");
        if (letter == 'U' || !set_worth(reader, letter, x10))
            return trf_refuse(reader, line, column, "not one of the known kinds W D L A Z P");
    }
    return STATUS_OK;
}

static enum status read_points_bb(struct trf_reader *reader, const struct trf_line *line)
{
    struct trf_span span = trf_field(line, 5, 8);
    int x10 = 0;
    if (!trf_points(span, &x10) || x10 > RECORD_POINTS_X10_MAX)
        return trf_refuse(reader, line, span.column, "not a number of points");
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

static enum status read_system(struct trf_reader *reader, const struct trf_line *line)
{
    struct trf_span span = trf_field(line, 5, line->columns);
    const char *system = trf_copy(reader, span);
    size_t count = sizeof SYSTEMS / sizeof SYSTEMS[0];
    if (reader->purpose == TRF_TO_PAIR_LIKE_BBP)
        count = SYSTEMS_OF_BBP;
    bool known = false;
    for (size_t i = 0; i < count; i++)
        known = known || strcmp(system, SYSTEMS[i]) == 0;
    if (trf_is_to_pair(reader) && !known)
        return trf_refuse(reader, line, 5, "this pairing system is not known here");
    reader->record->event.system = system;
    size_t size = strlen(system);
    reader->baku = size > 5 && strcmp(system + size - 5, "_BAKU") == 0;
    return STATUS_OK;
}

static enum status read_byes(struct trf_reader *reader, const struct trf_line *line)
{
    char type = trf_char(line, 5);
    int round = 0;
    struct trf_span span = trf_field(line, 7, 9);
    if (!trf_number(span, ROUND_MAX, &round) || round == 0)
        return trf_refuse(reader, line, span.column, "not a round");
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

static enum status set_virtual(struct trf_reader *reader, const struct trf_line *line, int column,
                               int player, int round, int x10)
{
    if (round > reader->record->round_capacity)
        return trf_refuse(reader, line, column, "more accelerated rounds than the tournament has");
    enum status status = record_set_virtual(reader->record, reader->arena, player, round, x10);
    if (status == STATUS_OUT_OF_RANGE)
        return trf_refuse(reader, line, column, "too many virtual points");
    return status;
}

struct acceleration {
    int x10;
    int first_round;
    int last_round;
    int first_number;
    int last_number;
};

static enum status cut_acceleration(struct trf_reader *reader, const struct trf_line *line,
                                    struct acceleration *out)
{
    struct trf_span match = trf_field(line, 5, 8);
    int match_x10 = 0;
    if (match.size > 0 && (!trf_points(match, &match_x10) || match_x10 != 0))
        return trf_refuse(reader, line, match.column, "match points are for teams");
    if (!trf_points(trf_field(line, 10, 13), &out->x10) || out->x10 == 0)
        return trf_refuse(reader, line, 10, "virtual points must be more than 0");
    if (!trf_number(trf_field(line, 15, 17), ROUND_MAX, &out->first_round) ||
        !trf_number(trf_field(line, 19, 21), ROUND_MAX, &out->last_round) ||
        out->first_round == 0 || out->first_round > out->last_round)
        return trf_refuse(reader, line, 15, "not a range of rounds");
    if (!trf_number(trf_field(line, 23, 26), NUMBER_MAX, &out->first_number) ||
        !trf_number(trf_field(line, 28, 31), NUMBER_MAX, &out->last_number) ||
        out->first_number == 0 || out->first_number > out->last_number)
        return trf_refuse(reader, line, 23, "not a range of start numbers");
    return STATUS_OK;
}

static enum status read_acceleration_250(struct trf_reader *reader, const struct trf_line *line)
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

static enum status read_acceleration_xxa(struct trf_reader *reader, const struct trf_line *line)
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
            return trf_refuse(reader, line, column, "a blank between virtual points");
        if (span.size > 0 && !trf_points(span, &x10))
            return trf_refuse(reader, line, span.column, "not a number of points");
        int round = ++reader->xxa_rounds[player];
        if (reader->record->rounds_total > 0 && round > reader->record->rounds_total)
            return trf_refuse(reader, line, column,
                              "more accelerated rounds than the tournament has");
        status = set_virtual(reader, line, column, player, round, x10);
    }
    return status;
}

static enum status add_forbidden(struct trf_reader *reader, const struct trf_line *line,
                                 struct record_forbidden *list, struct trf_span span)
{
    enum status status = player_by(reader, line, span, &list->players[list->count]);
    if (status == STATUS_OK)
        list->count++;
    return status;
}

static struct record_forbidden *new_forbidden(struct trf_reader *reader,
                                              const struct trf_line *line)
{
    struct record *record = reader->record;
    struct record_forbidden *list = &record->forbidden[record->forbidden_count];
    list->players = arena_array(reader->arena, line->size / 2 + 1, sizeof *list->players);
    if (list->players == NULL)
        return NULL;
    record->forbidden_count++;
    return list;
}

static enum status read_forbidden_260(struct trf_reader *reader, const struct trf_line *line)
{
    struct record_forbidden *list = new_forbidden(reader, line);
    if (list == NULL)
        return STATUS_FULL;
    if (line->columns < 18 || !trf_number(trf_field(line, 5, 7), ROUND_MAX, &list->first_round) ||
        !trf_number(trf_field(line, 9, 11), ROUND_MAX, &list->last_round))
        return trf_refuse(reader, line, 5, "not a range of rounds and two players");
    for (int column = 13; column <= line->columns; column += 5) {
        struct trf_span span = trf_field(line, column, column + 3);
        enum status status = span.size == 0 ? STATUS_OK : add_forbidden(reader, line, list, span);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status read_forbidden_xxp(struct trf_reader *reader, const struct trf_line *line)
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

/* Lines after which points need not follow from the results. */
static enum status keep_other_points(struct trf_reader *reader, const struct trf_line *line)
{
    reader->any_other_points = true;
    keep_line(reader, line);
    return STATUS_OK;
}

static enum status refuse_teams(struct trf_reader *reader, const struct trf_line *line)
{
    if (trf_is_to_pair(reader))
        return trf_refuse(reader, line, 1, "team tournaments are not supported");
    return keep_other_points(reader, line);
}

static enum status refuse_abnormal_points(struct trf_reader *reader, const struct trf_line *line)
{
    if (trf_is_to_pair(reader))
        return trf_refuse(reader, line, 1, "abnormal points are not supported");
    return keep_other_points(reader, line);
}

static enum status read_dates(struct trf_reader *reader, const struct trf_line *line)
{
    struct record *record = reader->record;
    record->round_dates =
        arena_array(reader->arena, (size_t)record->round_capacity + 1, sizeof *record->round_dates);
    if (record->round_dates == NULL)
        return STATUS_FULL;
    for (int round = 1; round <= record->round_capacity; round++) {
        int first = FIRST_ROUND_COLUMN + (round - 1) * ROUND_COLUMNS;
        record->round_dates[round - 1] =
            trf_copy(reader, trf_field(line, first, first + ENTRY_COLUMNS - 1));
    }
    return STATUS_OK;
}

static enum status skip_line(struct trf_reader *reader, const struct trf_line *line)
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
    {"142", read_round_count},  {"XXR", read_round_count}, {"152", read_initial_colour},
    {"XXC", read_options},      {"162", read_points_162},  {"BBW", read_points_bb},
    {"BBD", read_points_bb},    {"BBL", read_points_bb},   {"BBZ", read_points_bb},
    {"BBF", read_points_bb},    {"BBU", read_points_bb},   {"192", read_system},
    {"013", refuse_teams},      {"310", refuse_teams},     {"299", refuse_abnormal_points},
    {"XXS", keep_other_points},
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
        if (trf_has_code(line, kinds[i].prefix))
            return &kinds[i];
    return NULL;
}

static bool take_text(struct trf_reader *reader, const struct trf_line *line)
{
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        if (!trf_has_code(line, TEXTS[i].prefix))
            continue;
        char *event = (char *)&reader->record->event;
        const char *text = trf_copy(reader, trf_field(line, 4, line->columns));
        memcpy(event + TEXTS[i].offset, &text, sizeof text);
        return true;
    }
    return false;
}

static enum status read_lines(struct trf_reader *reader, bool settings)
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

enum status trf_read_settings(struct trf_reader *reader)
{
    return read_lines(reader, true);
}

enum status trf_read_details(struct trf_reader *reader)
{
    return read_lines(reader, false);
}
