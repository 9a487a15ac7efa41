/* Orders players term by term: each term splits the groups the terms before left level. The values
 * come from the files beside; lots are the last term. */
#include "orchestrator/standing/standing.h"

#include "base/random.h"
#include "orchestrator/standing/field.h"

#include <assert.h>
#include <string.h>

/* Not yet told apart from the player before. */
static const int UNDECIDED = -100;

/* A player with the value he is being sorted by. */
struct entry {
    struct standing_value value;
    int player;
};

/* The order so far: players, and what told each from the one before. */
struct sorting {
    struct field *field;
    int *players;
    int *decided_by;
    int count;
    struct entry *entries;
    struct entry *spare;
};

static bool is_group_term(enum standing_code code)
{
    return code == STANDING_DE || code == STANDING_HH;
}

static bool lower_is_better(enum standing_code code)
{
    return code == STANDING_TPN || code == STANDING_LOSSES || code == STANDING_DE;
}

int standing_value_compare(const struct standing_term *term, const struct standing_value *a,
                           const struct standing_value *b)
{
    if (!a->exists || !b->exists)
        return (b->exists ? 1 : 0) - (a->exists ? 1 : 0);
    int64_t left = a->numerator * b->denominator;
    int64_t right = b->numerator * a->denominator;
    int more = left > right ? -1 : left < right ? 1 : 0;
    return lower_is_better(term->code) ? -more : more;
}

static enum status plain_values(struct field *field, const struct standing_term *term,
                                struct standing_value *out_values)
{
    switch (term->code) {
    case STANDING_BH:
    case STANDING_FB:
    case STANDING_AOB:
    case STANDING_SB:
    case STANDING_KS:
        return field_opponent_values(field, term, out_values);
    case STANDING_ARO:
    case STANDING_TPR:
    case STANDING_PTP:
    case STANDING_APRO:
    case STANDING_APPO:
    case STANDING_RTNG:
        return field_rating_values(field, term, out_values);
    case STANDING_PTS:
    case STANDING_RATIO:
    case STANDING_WIN:
    case STANDING_WON:
    case STANDING_BPG:
    case STANDING_BWG:
    case STANDING_PS:
    case STANDING_REP:
    case STANDING_STD:
    case STANDING_TPN:
    case STANDING_SPREAD:
    case STANDING_WINS:
    case STANDING_LOSSES:
    case STANDING_GP:
        return field_own_values(field, term, out_values);
    case STANDING_DE:
    case STANDING_HH:
    case STANDING_CODE_COUNT:
        break;
    }
    assert(!"group terms are asked for by group");
    return STATUS_INTERNAL;
}

/* Stable merge sort, leaders first. */
static void sort_entries(const struct standing_term *term, struct entry *list, struct entry *spare,
                         int count)
{
    for (int width = 1; width < count; width *= 2) {
        for (int start = 0; start < count; start += 2 * width) {
            int middle = start + width < count ? start + width : count;
            int end = start + 2 * width < count ? start + 2 * width : count;
            int left = start;
            int right = middle;
            for (int i = start; i < end; i++) {
                bool from_left = left < middle &&
                                 (right >= end || standing_value_compare(term, &list[left].value,
                                                                         &list[right].value) <= 0);
                spare[i] = from_left ? list[left++] : list[right++];
            }
        }
        memcpy(list, spare, (size_t)count * sizeof *list);
    }
}

/* Sorts the players from `start` on by their values and notes where they differ. */
static void split_group(struct sorting *sorting, const struct standing_term *term, int term_index,
                        int start, int count, const struct standing_value *values)
{
    struct entry *entries = sorting->entries;
    for (int i = 0; i < count; i++)
        entries[i] = (struct entry){.value = values[sorting->players[start + i]],
                                    .player = sorting->players[start + i]};
    sort_entries(term, entries, sorting->spare, count);
    for (int i = 0; i < count; i++) {
        sorting->players[start + i] = entries[i].player;
        if (i > 0 && standing_value_compare(term, &entries[i - 1].value, &entries[i].value) != 0)
            sorting->decided_by[start + i] = term_index;
    }
}

static int group_end(const struct sorting *sorting, int start)
{
    int end = start + 1;
    while (end < sorting->count && sorting->decided_by[end] == UNDECIDED)
        end++;
    return end;
}

/* Applies one term to every group still level. */
static enum status split_all(struct sorting *sorting, const struct standing_term *term,
                             int term_index, struct standing_value *values)
{
    enum status status = STATUS_OK;
    if (!is_group_term(term->code))
        status = plain_values(sorting->field, term, values);
    for (int start = 0, end; start < sorting->count && status == STATUS_OK; start = end) {
        end = group_end(sorting, start);
        if (end - start < 2)
            continue;
        if (is_group_term(term->code))
            status = field_group_values(sorting->field, term, sorting->players + start, end - start,
                                        values);
        if (status == STATUS_OK)
            split_group(sorting, term, term_index, start, end - start, values);
    }
    return status;
}

/* The last resort: a number drawn for each start number from the seed. */
static void draw_lots(struct sorting *sorting, struct standing_value *values)
{
    const struct standing_term lots = {.code = STANDING_PTS};
    const struct record *record = sorting->field->record;
    for (int i = 0; i < sorting->count; i++) {
        int player = sorting->players[i];
        struct random random;
        random_init_stream(&random, sorting->field->options->lots_seed, "lots",
                           (uint64_t)record->players[player].number);
        int64_t lot = (int64_t)(random_next(&random) >> 24);
        values[player] =
            (struct standing_value){.numerator = lot, .denominator = 1, .exists = true};
    }
    for (int start = 0, end; start < sorting->count; start = end) {
        end = group_end(sorting, start);
        split_group(sorting, &lots, STANDING_BY_LOTS, start, end - start, values);
        for (int i = start + 1; i < end; i++)
            sorting->decided_by[i] = STANDING_BY_LOTS; /* equal lots: by start number */
    }
}

static bool names_score(const struct standing_options *options)
{
    for (int i = 0; i < options->order_count; i++)
        if (options->order[i].code == STANDING_PTS || options->order[i].code == STANDING_RATIO)
            return true;
    return false;
}

static enum status sorting_init(struct sorting *sorting, struct field *field)
{
    size_t players = (size_t)field->player_count + 1;
    const bool *left_out = field->options->left_out;
    sorting->field = field;
    sorting->players = arena_array(field->arena, players, sizeof *sorting->players);
    sorting->decided_by = arena_array(field->arena, players, sizeof *sorting->decided_by);
    sorting->entries = arena_array(field->arena, players, sizeof *sorting->entries);
    sorting->spare = arena_array(field->arena, players, sizeof *sorting->spare);
    if (sorting->players == NULL || sorting->decided_by == NULL || sorting->entries == NULL ||
        sorting->spare == NULL)
        return STATUS_FULL;
    for (int player = 0; player < field->player_count; player++)
        if (left_out == NULL || !left_out[player]) {
            sorting->decided_by[sorting->count] = UNDECIDED;
            sorting->players[sorting->count++] = player;
        }
    return STATUS_OK;
}

/* Term after term; each one's values go into its column of the table's cells. */
static enum status sort_players(struct sorting *sorting, struct standing_value *columns)
{
    const struct standing_options *options = sorting->field->options;
    size_t players = (size_t)sorting->field->player_count;
    struct standing_value *scores = columns + (size_t)options->order_count * players;
    const struct standing_term score = {.code = STANDING_PTS};
    enum status status = STATUS_OK;
    if (!names_score(options))
        status = split_all(sorting, &score, STANDING_BY_SCORE, scores);
    for (int i = 0; i < options->order_count && status == STATUS_OK; i++)
        status = split_all(sorting, &options->order[i], i, columns + (size_t)i * players);
    if (status == STATUS_OK)
        draw_lots(sorting, scores);
    return status;
}

static void fill_rows(const struct sorting *sorting, const struct standing_value *columns,
                      struct standing_row *rows, struct standing_value *cells)
{
    int terms = sorting->field->options->order_count;
    for (int i = 0; i < sorting->count; i++) {
        int player = sorting->players[i];
        struct standing_value *own = cells + (size_t)i * (size_t)terms;
        for (int term = 0; term < terms; term++) {
            own[term] =
                columns[(size_t)term * (size_t)sorting->field->player_count + (size_t)player];
            if (own[term].denominator == 0)
                own[term].denominator = 1; /* a group term without a tie */
        }
        bool by_lots = i > 0 && sorting->decided_by[i] == STANDING_BY_LOTS;
        rows[i] = (struct standing_row){
            .player = player,
            .rank = i + 1,
            .tied_rank = by_lots ? rows[i - 1].tied_rank : i + 1,
            .decided_by = i == 0 ? STANDING_BY_NOTHING : sorting->decided_by[i],
            .values = own,
        };
        field_fill_row(sorting->field, player, &rows[i]);
    }
}

enum status standing_table_build(const struct record *record,
                                 const struct standing_options *options, struct arena *arena,
                                 struct standing_table *out_table)
{
    struct field field;
    struct sorting sorting = {0};
    enum status status = standing_field_init(&field, record, options, arena);
    if (status != STATUS_OK)
        return status;
    size_t players = (size_t)record->player_count;
    size_t terms = (size_t)options->order_count;
    struct standing_row *rows = arena_array(arena, players + 1, sizeof *rows);
    struct standing_value *cells = arena_array(arena, players * terms + 1, sizeof *cells);
    struct standing_value *columns = arena_array(arena, players * (terms + 1) + 1, sizeof *columns);
    struct standing_term *order = arena_array(arena, terms + 1, sizeof *order);
    if (rows == NULL || cells == NULL || columns == NULL || order == NULL)
        return STATUS_FULL;
    memcpy(order, options->order, terms * sizeof *order);
    status = sorting_init(&sorting, &field);
    if (status == STATUS_OK)
        status = sort_players(&sorting, columns);
    if (status != STATUS_OK)
        return status;
    fill_rows(&sorting, columns, rows, cells);
    *out_table = (struct standing_table){
        .rows = rows,
        .row_count = sorting.count,
        .after_round = field.rounds,
        .order_count = options->order_count,
        .order = order,
    };
    return STATUS_OK;
}

enum status standing_term_values(const struct record *record,
                                 const struct standing_options *options,
                                 const struct standing_term *term, struct arena *arena,
                                 struct standing_value *out_values)
{
    const struct standing_term score = {.code = STANDING_PTS};
    struct field field;
    struct sorting sorting = {0};
    enum status status = standing_field_init(&field, record, options, arena);
    if (status != STATUS_OK)
        return status;
    for (int player = 0; player < record->player_count; player++)
        out_values[player] = (struct standing_value){.denominator = 1};
    if (!is_group_term(term->code))
        return plain_values(&field, term, out_values);
    struct standing_value *scores =
        arena_array(arena, (size_t)record->player_count + 1, sizeof *scores);
    if (scores == NULL)
        return STATUS_FULL;
    status = sorting_init(&sorting, &field);
    if (status == STATUS_OK)
        status = split_all(&sorting, &score, STANDING_BY_SCORE, scores);
    if (status == STATUS_OK)
        status = split_all(&sorting, term, 0, out_values);
    return status;
}
