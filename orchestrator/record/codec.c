/* What the file formats share: lines, UTF-8, games put into both players' rounds, and the report of
 * what a format drops. */
#include "orchestrator/record/codec.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool codec_next_line(const struct codec_source *source, size_t *at, struct codec_line *line)
{
    if (*at >= source->size)
        return false;
    size_t start = *at;
    size_t end = start;
    while (end < source->size && source->bytes[end] != '\r' && source->bytes[end] != '\n')
        end++;
    *at = end + 1;
    if (end + 1 < source->size && source->bytes[end] == '\r' && source->bytes[end + 1] == '\n')
        *at = end + 2;
    line->text = source->bytes + start;
    line->size = end - start;
    line->number++;
    return true;
}

/* Returns the length of the valid UTF-8 sequence at `bytes`, 0 where there is none. */
static size_t sequence_length(const unsigned char *bytes, size_t left)
{
    static const unsigned char leads[] = {0xC2, 0xE0, 0xF0, 0xF5};
    unsigned char lead = bytes[0];
    if (lead < 0x80)
        return lead != 0;
    size_t length = lead < leads[0] ? 0 : lead < leads[1] ? 2 : lead < leads[2] ? 3 : 4;
    if (length == 0 || lead >= leads[3] || left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (lead == 0xE0 && bytes[1] < 0xA0) || (lead == 0xF0 && bytes[1] < 0x90);
    bool outside = (lead == 0xED && bytes[1] > 0x9F) || (lead == 0xF4 && bytes[1] > 0x8F);
    return overlong || outside ? 0 : length;
}

enum status codec_check_utf8(const struct codec_source *source)
{
    struct codec_line line = {0};
    for (size_t at = 0; codec_next_line(source, &at, &line);)
        for (size_t i = 0; i < line.size;) {
            const unsigned char *bytes = (const unsigned char *)line.text + i;
            size_t length = sequence_length(bytes, line.size - i);
            if (length == 0) {
                (void)fault_set(source->fault, line.number, (int)i + 1,
                                "byte 0x%02X is not valid UTF-8 text", bytes[0]);
                return STATUS_DATA_LOSS;
            }
            i += length;
        }
    return STATUS_OK;
}

static int compare_names(const void *one, const void *two)
{
    const struct record_player *const *a = one;
    const struct record_player *const *b = two;
    int order = strcmp((*a)->name, (*b)->name);
    return order != 0 ? order : (*a > *b) - (*a < *b);
}

static const struct record_player **sort_by_name(const struct record *record, struct arena *arena)
{
    size_t count = (size_t)record->player_count;
    const struct record_player **sorted = arena_array(arena, count + 1, sizeof *sorted);
    if (sorted == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &record->players[i];
    qsort(sorted, count, sizeof *sorted, compare_names);
    return sorted;
}

/* Players without a name are nobody's namesakes. */
static bool are_namesakes(const struct record_player *one, const struct record_player *two)
{
    return one->name[0] != '\0' && strcmp(one->name, two->name) == 0;
}

enum status codec_check_names(const struct codec_source *source, const struct codec_line *lines,
                              const struct record *record, size_t cut)
{
    const struct record_player **sorted = sort_by_name(record, source->arena);
    if (sorted == NULL)
        return STATUS_FULL;
    for (int i = 1; i < record->player_count; i++) {
        const char *name = sorted[i]->name;
        if (are_namesakes(sorted[i - 1], sorted[i]) && (cut == 0 || strlen(name) < cut))
            return fault_set(source->fault, lines[sorted[i] - record->players].number, 1,
                             "player %.60s is given twice, first on line %d", name,
                             lines[sorted[i - 1] - record->players].number);
    }
    return STATUS_OK;
}

enum status codec_add_division(struct book *book, struct arena *arena, const char *name,
                               struct record *record)
{
    if (book->count == BOOK_DIVISIONS_MAX)
        return STATUS_FULL;
    if (book->divisions == NULL)
        book->divisions = arena_array(arena, BOOK_DIVISIONS_MAX, sizeof *book->divisions);
    if (book->divisions == NULL)
        return STATUS_FULL;
    book->divisions[book->count++] = (struct book_division){.name = name, .record = record};
    return STATUS_OK;
}

enum record_outcome codec_mirrored(enum record_outcome outcome)
{
    switch (outcome) {
    case RECORD_WIN:
        return RECORD_LOSS;
    case RECORD_LOSS:
        return RECORD_WIN;
    case RECORD_DRAW:
    case RECORD_OUTCOME_NONE:
        break;
    }
    return outcome;
}

static enum record_outcome outcome_of(int64_t difference)
{
    return difference > 0 ? RECORD_WIN : difference < 0 ? RECORD_LOSS : RECORD_DRAW;
}

void codec_put_scores(struct record *record, int round, int player, int opponent, int32_t own,
                      int32_t other)
{
    enum record_outcome outcome = outcome_of((int64_t)own - other);
    struct record_result mine = {
        .opponent = opponent,
        .own_score = own,
        .other_score = other,
        .kind = RECORD_PLAYED,
        .outcome = (uint8_t)outcome,
        .has_scores = true,
    };
    struct record_result theirs = mine;
    theirs.opponent = player;
    theirs.own_score = other;
    theirs.other_score = own;
    theirs.outcome = (uint8_t)codec_mirrored(outcome);
    *record_result(record, player, round) = mine;
    *record_result(record, opponent, round) = theirs;
}

void codec_put_spread_bye(struct record *record, int round, int player, int32_t spread)
{
    *record_result(record, player, round) = (struct record_result){
        .opponent = RECORD_NOBODY,
        .own_score = spread,
        .kind = spread > 0   ? RECORD_BYE_PAIRING
                : spread < 0 ? RECORD_ABSENT
                             : RECORD_BYE_HALF,
        .outcome = (uint8_t)outcome_of(spread),
        .has_scores = true,
    };
}

void codec_finish(struct record *record)
{
    record->rounds_played = 0;
    for (int round = record->round_capacity; round > 0 && record->rounds_played == 0; round--)
        for (int player = 0; player < record->player_count; player++)
            if (record_result(record, player, round)->kind != RECORD_NONE) {
                record->rounds_played = round;
                break;
            }
    for (int round = 1; round <= record->rounds_played; round++)
        for (int player = 0; player < record->player_count; player++)
            if (record_result(record, player, round)->kind == RECORD_NONE)
                record_result(record, player, round)->kind = RECORD_ABSENT;
}

void book_lose(struct book_losses *losses, const char *format, ...)
{
    char text[256];
    if (losses == NULL || losses->count == BOOK_LOSSES_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (int i = 0; i < losses->count; i++)
        if (strcmp(losses->lines[i], text) == 0)
            return;
    char *copy = arena_copy(losses->arena, text, strlen(text));
    if (copy != NULL)
        losses->lines[losses->count++] = copy;
}

void codec_report_namesakes(const struct codec_target *target)
{
    for (int i = 0; i < target->book->count; i++) {
        const struct book_division *division = &target->book->divisions[i];
        const struct record_player **sorted = sort_by_name(division->record, target->arena);
        for (int k = 1; sorted != NULL && k < division->record->player_count; k++)
            if (are_namesakes(sorted[k - 1], sorted[k]))
                book_lose(target->losses,
                          "%s: who is who of those named %.60s; readers refuse them",
                          division->name, sorted[k]->name);
    }
}

/* How often a record has what a format may drop. */
struct contents {
    int ratings;
    int details;
    int groups; /* classes and teams */
    int sides;
    int sideless; /* halves of games without a side */
    int scores;
    int forfeits;
    int odd_points;
    int pending;
};

static void count_player(const struct record_player *player, struct contents *out)
{
    out->ratings += player->rating > 0;
    out->details += player->title[0] != '\0' || player->federation[0] != '\0' ||
                    player->id[0] != '\0' || player->birth[0] != '\0';
    out->groups += player->class_id[0] != '\0' || player->team != RECORD_NOBODY;
}

static void count_result(const struct record_result *result, struct contents *out)
{
    out->sides += result->side != RECORD_SIDE_NONE && result->opponent != RECORD_NOBODY;
    out->sideless += result->side == RECORD_SIDE_NONE && result->kind == RECORD_PLAYED;
    out->scores += result->has_scores;
    out->forfeits += result->kind == RECORD_FORFEIT;
    out->odd_points += result->points_override;
    out->pending += result->kind == RECORD_PENDING;
}

static bool is_chess(const struct record_points *points)
{
    struct record_points chess = record_points_chess();
    return memcmp(points, &chess, sizeof chess) == 0;
}

static void report_division(const struct codec_target *target, const struct book_division *division,
                            int keeps)
{
    const struct record *record = division->record;
    struct book_losses *losses = target->losses;
    struct contents has = {0};
    for (int player = 0; player < record->player_count; player++) {
        count_player(&record->players[player], &has);
        for (int round = 1; round <= record->rounds_played; round++)
            count_result(record_result(record, player, round), &has);
    }
    const char *name = division->name[0] != '\0' ? division->name : "the event";
    if (has.ratings > 0 && !(keeps & CODEC_KEEPS_RATINGS))
        book_lose(losses, "%s: ratings of %d players", name, has.ratings);
    if (has.details > 0 && !(keeps & CODEC_KEEPS_DETAILS))
        book_lose(losses, "%s: titles, ids or birth dates of %d players", name, has.details);
    if (has.groups > 0)
        book_lose(losses, "%s: classes or teams of %d players", name, has.groups);
    if (has.sides > 0 && !(keeps & CODEC_KEEPS_SIDES))
        book_lose(losses, "%s: who moved first in %d games", name, has.sides / 2);
    if (has.scores > 0 && !(keeps & CODEC_KEEPS_SCORES))
        book_lose(losses, "%s: scores and spread of games", name);
    if (has.forfeits > 0 && !(keeps & CODEC_KEEPS_FORFEITS))
        book_lose(losses, "%s: %d forfeits become byes", name, has.forfeits);
    if (has.pending > 0)
        book_lose(losses, "%s: %d results are not known yet", name, has.pending);
    if (!is_chess(&record->points) && !(keeps & CODEC_KEEPS_POINTS))
        book_lose(losses, "%s: the point system", name);
    if (has.odd_points > 0)
        book_lose(losses, "%s: points of their own for %d results", name, has.odd_points);
    bool chess = !(keeps & CODEC_KEEPS_SCORES); /* a format that is about white and black */
    if (has.sideless > 0 && chess)
        book_lose(losses, "%s: who moved first is not known in %d games; readers may refuse them",
                  name, has.sideless / 2);
    bool requests =
        record->request_count > 0 || record->forbidden_count > 0 || record->virtual_x10 != NULL;
    if (requests && !(keeps & CODEC_KEEPS_REQUESTS))
        book_lose(losses, "%s: requested byes, forbidden pairs or acceleration", name);
    if (record->match_game_count > 0)
        book_lose(losses, "%s: the %d single games of its matches; the matches are kept", name,
                  record->match_game_count);
}

void *codec_grown(struct arena *arena, void *list, int count, size_t size)
{
    bool power = (count & (count - 1)) == 0;
    if (!power)
        return list;
    char *wider = arena_array(arena, count == 0 ? 1 : 2 * (size_t)count, size);
    if (wider != NULL && count > 0)
        memcpy(wider, list, (size_t)count * size);
    return wider;
}

void codec_report_losses(const struct codec_target *target, int keeps)
{
    for (int i = 0; i < target->book->count; i++)
        report_division(target, &target->book->divisions[i], keeps);
}
