/* Reads a TRF file into a record, in walks over its lines: count, settings, players, details; then
 * what only the whole can tell: how many rounds were played, and whether it agrees with itself. */
#include "orchestrator/record/trf_reader.h"

#include <string.h>

enum status trf_refuse(struct trf_reader *reader, const struct trf_line *line, int column,
                       const char *text)
{
    return fault_set(reader->fault, line->number, column, "%s", text);
}

bool trf_is_to_pair(const struct trf_reader *reader)
{
    return reader->purpose != TRF_TO_READ;
}

const char *trf_copy(struct trf_reader *reader, struct trf_span span)
{
    const char *text = arena_copy(reader->arena, span.text, span.size);
    return text == NULL ? "" : text;
}

bool trf_has_code(const struct trf_line *line, const char *prefix)
{
    return line->size >= 3 && memcmp(line->text, prefix, 3) == 0;
}

static int last_round_of(const struct trf_line *line)
{
    int round = 0;
    if (trf_has_code(line, "250") && !trf_number(trf_field(line, 19, 21), ROUND_MAX, &round))
        return 0;
    return round;
}

/* Returns the last round in which a player's line has anything. */
static int rounds_filled(const struct trf_line *line)
{
    struct trf_line filled = *line;
    while (filled.size > 0 && filled.text[filled.size - 1] == ' ') {
        filled.size--;
        filled.columns--;
    }
    return trf_rounds_on_line(&filled);
}

/* Finds out how large everything is. */
static void count_lines(struct trf_reader *reader, int *out_requests, int *out_forbidden)
{
    struct trf_line line;
    size_t at = 0;
    int number = 0;
    while (trf_next_line(reader->bytes, reader->size, &at, &number, &line)) {
        int last = last_round_of(&line);
        reader->lines_max++;
        if (trf_has_code(&line, "240"))
            *out_requests += line.columns / 5 + 1;
        if (trf_has_code(&line, "260") || trf_has_code(&line, "XXP"))
            *out_forbidden += 1;
        if (trf_has_code(&line, "XXA"))
            reader->last_virtual_round += line.columns / 5 + 1; /* at worst all for one player */
        if (trf_has_code(&line, "XXA") || trf_has_code(&line, "250"))
            reader->any_acceleration = true;
        if (last > reader->last_virtual_round)
            reader->last_virtual_round = last;
        if (!trf_has_code(&line, "001"))
            continue;
        reader->listed_count++;
        int rounds = rounds_filled(&line);
        if (rounds <= reader->last_column_round)
            continue;
        reader->last_column_round = rounds;
        reader->longest_line = line.number;
    }
}

/* Reads the settings into a record without players, since its size follows from them. */
static enum status read_settings(struct trf_reader *reader)
{
    reader->record = record_create(reader->arena, 0, 0);
    if (reader->record == NULL)
        return STATUS_FULL;
    reader->record->lines =
        arena_array(reader->arena, (size_t)reader->lines_max + 1, sizeof *reader->record->lines);
    if (reader->record->lines == NULL)
        return STATUS_FULL;
    return trf_read_settings(reader);
}

static int rounds_needed(const struct trf_reader *reader)
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

static enum status make_record(struct trf_reader *reader, int requests, int forbidden)
{
    struct record *settings = reader->record;
    if (reader->last_column_round >= ROUND_MAX) {
        (void)fault_set(reader->fault, reader->longest_line, FIRST_ROUND_COLUMN,
                        "more than %d rounds", ROUND_MAX - 1); /* the status says it */
        return STATUS_FULL;
    }
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

/* Whether one won and the other did not lose. Less than a point for the two together is an
 * arbiter's to decide; bbpPairings takes anything. */
static bool results_disagree(const struct trf_reader *reader, const struct record_result *mine,
                             const struct record_result *other)
{
    return reader->purpose != TRF_TO_PAIR_LIKE_BBP && mine->outcome == RECORD_WIN &&
           (other->outcome == RECORD_WIN || other->outcome == RECORD_DRAW);
}

/* Whether the two lines tell of the same game. bbpPairings looks at played ones only. */
static bool mirrors(const struct trf_reader *reader, int player, int round)
{
    const struct record_result *mine = record_result(reader->record, player, round);
    if (mine->opponent == RECORD_NOBODY)
        return true;
    if (!record_was_played(mine) && reader->purpose == TRF_TO_PAIR_LIKE_BBP)
        return true;
    const struct record_result *other = record_result(reader->record, mine->opponent, round);
    bool same_side =
        other->side == mine->side && (record_was_played(mine) || mine->side != RECORD_SIDE_NONE);
    return other->kind == mine->kind && other->opponent == player && !same_side &&
           !results_disagree(reader, mine, other);
}

/* Every game must be in both players' lines, with opposite colours and results that agree. */
static enum status check_mirrors(struct trf_reader *reader)
{
    const struct record *record = reader->record;
    for (int i = 0; i < record->player_count; i++)
        for (int round = 1; round <= record->rounds_played; round++) {
            if (mirrors(reader, i, round))
                continue;
            int opponent = record_result(record, i, round)->opponent;
            return fault_set(reader->fault, reader->listed[i].line.number,
                             FIRST_ROUND_COLUMN + (round - 1) * ROUND_COLUMNS,
                             "player %d's game in round %d contradicts the line of player %d",
                             record->players[i].number, round, record->players[opponent].number);
        }
    return STATUS_OK;
}

/* Lists of points without any results are read as such. */
static bool points_follow_from_results(const struct trf_reader *reader)
{
    if (trf_is_to_pair(reader))
        return true;
    return !reader->any_other_points && reader->last_column_round > 0;
}

static enum status check_points(struct trf_reader *reader)
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

static enum status accelerate_by_baku(struct trf_reader *reader)
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
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < half; i++)
        status = record_accelerate(record, reader->arena, i);
    return status;
}

static enum status read_all(struct trf_reader *reader)
{
    int requests = 0;
    int forbidden = 0;
    count_lines(reader, &requests, &forbidden);
    enum status status = read_settings(reader);
    if (status == STATUS_OK)
        status = trf_list_players(reader);
    if (status == STATUS_OK)
        status = make_record(reader, requests, forbidden);
    if (status == STATUS_OK)
        status = trf_read_players(reader);
    if (status == STATUS_OK)
        status = trf_read_details(reader);
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
    struct trf_reader reader = {
        .bytes = bytes, .size = size, .purpose = purpose, .arena = arena, .fault = out_fault};
    enum status status = read_all(&reader);
    if (status != STATUS_OK)
        return arena_full(arena) ? STATUS_FULL : status;
    count_rounds(reader.record);
    status = check_mirrors(&reader);
    if (status == STATUS_OK && points_follow_from_results(&reader))
        status = check_points(&reader);
    if (arena_full(arena))
        return STATUS_FULL;
    if (status == STATUS_OK)
        *out_record = reader.record;
    return status;
}
